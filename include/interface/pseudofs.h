/* SPDX-License-Identifier: MIT */
/*
 * File systems whose names come and go by themselves: what stands for something
 * (a process, a module, a terminal) is there while that is there.
 */
#ifndef INTERFACE_PSEUDOFS_H
#define INTERFACE_PSEUDOFS_H

#include <dirents.h>
#include <file.h>
#include <text.h>
#include <types.h>

struct vfs_attr;

/* ---- calls of vfs that are alike in all (runtime/pseudofs.c) ---------- */

/* There is one instance, however often it is mounted. */
#define PSEUDOFS_SUPER 1
#define PSEUDOFS_ROOT 1		/* its root's inode number */

/* Members of fs_ops (vfs.h): nothing to do for these, */
long pseudofs_mount(const char *source, const char *options, u64 flags, u64 *root);
long pseudofs_unmount(u64 sb);
long pseudofs_hold(u64 sb, u64 ino, s64 count);
/* nothing but times and the size of texts, which aren't stored, may be set, */
long pseudofs_setattr(u64 sb, u64 ino, u32 which, const struct vfs_attr *attr);
/* and these are refused. There are no links to be read. */
long pseudofs_create(u64 sb, u64 dir, const char *name, u32 mode, u64 rdev,
		     struct vfs_attr *attr);
long pseudofs_symlink(u64 sb, u64 dir, const char *name, const char *target);
long pseudofs_readlink(u64 sb, u64 ino, char *buf, size_t len);
long pseudofs_link(u64 sb, u64 ino, u64 dir, const char *name);
long pseudofs_unlink(u64 sb, u64 dir, const char *name, u32 flags);
long pseudofs_rename(u64 sb, u64 dir, const char *name, u64 newdir,
		     const char *newname, u32 flags);
long pseudofs_write_from(u64 sb, u64 ino, u64 pos, u32 src, u64 src_pos, u64 len);

/* For fs_ops.statfs: `magic` and the size of a block are all that there is. 0. */
long pseudofs_statfs(void *buf, size_t len, u32 magic, u32 block);

/* ---- a table of directories and texts (runtime/items.c) --------------- */

/* The lowest bits of an inode number: which item; above: of what it is. */
#define ITEM_BITS 8
#define INO_ITEM(ino) ((u32)((ino) & ((1u << ITEM_BITS) - 1)))

struct subject;			/* the module's own: what it is of */

struct item {
	const char *name;
	u32 mode;
	u8 dir;			/* the directory where it is: the module's numbers, */
	u8 self;		/* and what it is itself; 0: no directory */
	u8 flags;		/* the module's */
	const char *constant;	/* its text, without newline, or */
	void (*show)(struct text *t, const struct subject *s);
	/* Takes a written text, without newline, NUL-terminated: 0 or an error. */
	long (*store)(const struct subject *s, const char *text);
};

/* What the module defines: the table, in the order of readdir, */
extern const struct item item_table[];
extern const struct item_limits {
	u32 count;		/* of the table */
	u32 first;		/* INO_ITEM() of its first */
	u32 text_max;		/* most bytes of a text that are made at once */
	u32 store_max;		/* bytes of a written text are less */
} item_limits;
/* and makes the text of an inode, or takes one as item.store does: 0 or an error. */
long item_make(struct text *t, u64 ino);
long item_store(u64 ino, const char *text);

/* A directory, for those below. */
struct item_dir {
	u64 ino;
	u64 base;		/* inode numbers in it are this and INO_ITEM() */
	u64 parent;		/* what ".." is: for positions 0 and 1 of readdir */
	u8 self;		/* which of the table's it is */
	u8 hidden;		/* items with one of these flags aren't in it */
};

/* The item of an inode number; NULL: none of the table. */
const struct item *item_of(u64 ino);
/* INO_ITEM() of the item that is directory `self`: there must be one. */
u32 item_of_dir(u32 self);
/* The inode number of `name`; 0: no item in the directory is called so. */
u64 item_find(const struct item_dir *dir, const char *name);
/*
 * Adds ".", ".." and the items of a directory from readdir position `pos` on; an
 * item's is its index and 2. False: the buffer is full.
 */
bool item_put_all(struct dirents *d, const struct item_dir *dir, u64 pos);

/* Of an open file whose number is its inode's: a text, made anew at each read. */
extern const struct file_ops item_files;

#endif
