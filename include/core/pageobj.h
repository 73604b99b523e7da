/* SPDX-License-Identifier: MIT */
/*
 * Page objects (mm/pageobj.c): the bytes of a file, of shared memory, of the
 * boot archives. Pages are found in a radix tree that grows with the file; a
 * page that was never written is a hole and reads as zeroes.
 */
#ifndef CORE_PAGEOBJ_H
#define CORE_PAGEOBJ_H

#include <spinlock.h>
#include <types.h>
#include <wait.h>

struct pageobj {
	u32 refs;		/* atomic: handle, open files, mappings */
	u32 mappings;		/* atomic: VMAs that name it */
	struct spinlock lock;	/* LOCK_OBJECT */
	struct core_mutex write_lock;	/* held by a program's write() */
	u64 size;		/* bytes; lock */
	u64 root;		/* a slot, or a node of `height` levels; lock */
	u32 height;
	u32 seals;		/* F_SEAL_*; write_lock */
	u32 writable;		/* atomic: VMAs that may write to it */
	bool read_only;
	bool locks;		/* may have record locks; stays set */
	bool archive;		/* the boot archives: reserved memory */
	u64 npages;		/* lock */
	s32 writers;		/* files that may write it; < 0: programs that it runs as; lock */
	u64 node;		/* vfs node of who opened it last, for its name; no reference */
	struct pageobj *group;	/* counts pages for this one, or NULL */
	u64 charged, limit;	/* of a group: pages (atomic), and at most (0: any) */
	/* Since 1970; 0: not written, or not read, since it was set. */
	u64 mtime_ns, atime_ns;
};

#define PAGEOBJ_SIZE_MAX (1ul << 47)

struct pageobj *pageobj_new(void);	/* refs = 1; NULL: no memory */
void pageobj_get(struct pageobj *obj);
void pageobj_put(struct pageobj *obj);	/* does not sleep */
/*
 * Physical address of page `index` with a reference taken, 0 for a hole.
 * `write`: one of its own, made when it is a hole; *error is -ENOSPC (its group is full),
 * -ENOMEM, -EPERM, -EFAULT (past the end).
 */
u64 pageobj_page(struct pageobj *obj, u64 index, bool write, long *error);
u64 pageobj_cached(void);	/* pages of all objects */
long pageobj_set_size(struct pageobj *obj, u64 size);
/* Makes [from, to) a hole: 0. Sleeps when pages are mapped. */
long pageobj_punch(struct pageobj *obj, u64 from, u64 to);
/* Makes pages of [from, to), and the object as large unless `keep`: 0, -ENOSPC. */
long pageobj_fill(struct pageobj *obj, u64 from, u64 to, bool keep);
/* Where data (or a hole) begins from `pos` on: -ENXIO, there is none. */
long pageobj_seek(struct pageobj *obj, u64 pos, bool data);
/*
 * Counts a writer (1) or a running program (-1): false, it is the other already.
 * `back`: one less.
 */
bool pageobj_claim(struct pageobj *obj, s32 kind, bool back);
/* Core memory to and from the object: bytes, -ENOSPC, -EFBIG, -EPERM. */
long pageobj_read_core(struct pageobj *obj, u64 pos, void *buf, u64 len);
long pageobj_write_core(struct pageobj *obj, u64 pos, const void *buf, u64 len);
/* A program's memory; fewer bytes than asked where a page is missing. */
long pageobj_read_user(struct pageobj *obj, u64 pos, u64 user, u64 len);
long pageobj_write_user(struct pageobj *obj, u64 pos, u64 user, u64 len);
/* The object behind a handle with a reference taken, NULL. */
struct pageobj *pageobj_from_handle(u32 handle);

#endif
