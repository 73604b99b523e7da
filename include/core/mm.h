/* SPDX-License-Identifier: MIT */
/*
 * Address spaces of programs (mm/), copies to and from them, and user buffers.
 *
 * Lock order: mm->lock (sleeps), pageobj->lock, frames. No user memory is
 * touched while mm->lock is held: a fault takes it.
 */
#ifndef CORE_MM_H
#define CORE_MM_H

#include <asm/regs.h>
#include <info.h>
#include <list.h>
#include <types.h>
#include <view.h>
#include <wait.h>

struct linux_iovec;
struct pageobj;
struct thread;

/* PROT_READ, PROT_WRITE and PROT_EXEC are the same bits as MAP_READ and so on. */
struct vma {
	u64 start, end;		/* bytes, page aligned */
	u32 prot;		/* PROT_* */
	u32 flags;		/* VMA_* */
	struct pageobj *obj;	/* a reference; NULL: anonymous */
	u64 offset;		/* of `start` in obj, bytes, page aligned */
};

#define VMA_SHARED 0x1
#define VMA_GROWS 0x2		/* downwards, at a fault below it: a stack */
#define VMA_MAYWRITE 0x4	/* mprotect() may allow writing */
#define VMA_DONTFORK 0x8	/* a child does not get it */
#define VMA_WIPEONFORK 0x10	/* a child gets it empty */
#define VMA_LOCKED 0x20		/* mlock(2): counts, but nothing is ever paged out */

struct mm {
	struct view view;
	struct core_mutex lock;
	struct list_head all;	/* of all address spaces; mm_list_lock */
	u32 refs;		/* atomic */
	u32 nvmas, capacity;	/* lock */
	struct vma *vma;	/* lock; sorted, not overlapping */
	u64 heap_start, heap_end;	/* brk(2) */
	u64 resident, max_resident;	/* pages mapped; lock */
	u64 mapped;		/* pages in VMAs; lock */
	struct {
		u64 start, end;
	} part[PROCESS_PARTS];	/* arguments and so on, for /proc */
	u64 stack_top;
	u32 map_flags;		/* VMA_LOCKED after mlockall(MCL_FUTURE); lock */
};

#define USER_STACK_TOP 0x00007ffffffff000ul
#define USER_MMAP_TOP 0x00007fffef000000ul	/* highest end of what mmap() chooses */
#define USER_MMAP_MIN 0x10000ul			/* lowest address that may be mapped */
#define STACK_GUARD (256 * PAGE_SIZE)		/* what is kept free below a stack */

/* ---- mm.c, vma.c ----------------------------------------------------- */

struct mm *mm_new(void);		/* refs = 1; NULL: no memory */
void mm_get(struct mm *mm);
void mm_put(struct mm *mm);		/* may sleep; not the loaded one's last */
struct mm *mm_fork(struct mm *parent);	/* copy on write; NULL: no memory */
/* Makes `mm` (NULL: none) the calling thread's and loads it. Puts nothing. */
void mm_switch(struct mm *mm);

/*
 * Maps `len` bytes: the address, or a negative error number. `flags` are
 * mmap()'s MAP_*, `vma_flags` are VMA_*. Takes a reference to `obj` itself.
 */
long mm_map(struct mm *mm, u64 addr, u64 len, u32 prot, u32 flags,
	    u32 vma_flags, struct pageobj *obj, u64 offset);
long mm_unmap(struct mm *mm, u64 addr, u64 len);
long mm_protect(struct mm *mm, u64 addr, u64 len, u32 prot);
long mm_remap(struct mm *mm, u64 addr, u64 old_len, u64 new_len, u64 flags,
	      u64 new_addr);
u64 mm_brk(struct mm *mm, u64 end);
/*
 * What madvise(2) and its kin do to the VMAs of [addr, end), page aligned: to
 * those that have none of the flags `refuse`, else -EINVAL.
 */
struct range_change {
	u32 set, clear;		/* VMA_* */
	u32 refuse;
	u32 need;		/* PROT_*: others are refused */
	bool anonymous;		/* others are refused */
	bool discard;		/* drop the pages: zeroes, or the file, again */
};
/* 0, or -ENOMEM: there is a gap; the rest is changed all the same. */
long mm_change(struct mm *mm, u64 addr, u64 end, const struct range_change *change);
/* Pages in VMAs that have one of the flags, within a range. */
u64 mm_count(struct mm *mm, u64 addr, u64 end, u32 flags);
/* One byte for each page, 1: it is in memory. 0, -ENOMEM (a gap). */
long mm_resident(struct mm *mm, u64 addr, u8 *vec, u64 pages);
/* Makes a hole in the shared object that a range maps: 0, -EINVAL, -ENOMEM. */
long mm_punch(struct mm *mm, u64 addr, u64 end);
/* Takes pages first..last of `obj` out of every address space. */
void mm_zap_object(struct pageobj *obj, u64 first, u64 last);

/* Inside mm/, lock held. */
struct vma *vma_find(struct mm *mm, u64 addr);	/* the first that ends above */
void mm_zap(struct mm *mm, u64 start, u64 end);
/* First mapped page at or above `addr`, below `end`; `end` if there is none. */
u64 user_page_next(const struct view *v, u64 addr, u64 end);

/* ---- fault.c --------------------------------------------------------- */

/* A page fault of a program, or of the core on its memory: true, repaired. */
bool mm_fault(struct regs *regs, u64 addr, u64 error);
/*
 * Makes the pages of a range present and usable: how many bytes from `addr` on
 * are, less than `len` when a page cannot be had. May sleep.
 */
u64 mm_fault_in(struct mm *mm, u64 addr, u64 len, bool write);
/* Writes to an address space that need not be loaded: 0, -EFAULT, -ENOMEM. */
long mm_write(struct mm *mm, u64 addr, const void *buf, u64 len);
/* Reads likewise; returns the bytes read. */
u64 mm_read(struct mm *mm, u64 addr, void *buf, u64 len);
/* The page of zeroes (physical); made at the first call, 0: no memory. */
u64 zero_page(void);

/* ---- usercopy.c ------------------------------------------------------ */

#define __user

/* Bytes that were not copied. May sleep; the process's view is entered. */
size_t copy_from_user(void *dst, const void __user *src, size_t len) __must_check;
size_t copy_to_user(void __user *dst, const void *src, size_t len) __must_check;
/* Between core and module memory: bytes not copied. Do not sleep. */
size_t copy_module_from(void *dst, const void *src, size_t len) __must_check;
size_t copy_module_to(void *dst, const void *src, size_t len) __must_check;
/* Bytes of the string without NUL, `max` if there is none in `max`; -EFAULT. */
long copy_string_from_user(char *dst, u64 src, size_t max);
/* 0 or -EFAULT. */
/* The first `len` bytes of a struct of `size`: 0, -EFAULT, -E2BIG (not known). */
long get_user_struct(void *dst, size_t len, u64 user, u64 size);

static inline long get_user_bytes(void *dst, u64 src, size_t len)
{
	return copy_from_user(dst, (const void __user *)src, len) ? -14 : 0;
}

static inline long put_user_bytes(u64 dst, const void *src, size_t len)
{
	return copy_to_user((void __user *)dst, src, len) ? -14 : 0;
}

/* ---- ubuf.c ---------------------------------------------------------- */

/*
 * Offers memory to the module that is called next: index of the user buffer,
 * from 1 on, 0 when there are too many. UBUF_READ: the module may read it.
 */
u32 ubuf_push(u64 addr, u64 len, u8 flags, bool kernel);
/* The same of memory in pieces, `len` bytes together. */
u32 ubuf_push_vector(const struct linux_iovec *iov, u64 len, u8 flags, bool kernel);
void ubuf_pop(u32 index);		/* and all that were pushed after it */

#endif
