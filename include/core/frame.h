/* SPDX-License-Identifier: MIT */
/*
 * Page frames (mm/frame.c), the core's own small allocator (mm/kalloc.c) and
 * mappings of the core (arch/x86/mm/).
 */
#ifndef CORE_FRAME_H
#define CORE_FRAME_H

#include <asm/memmap.h>
#include <types.h>

/* One per page frame of usable memory. */
struct frame {
	u32 refs;		/* mappings and objects that hold it; atomic */
	u16 order;		/* of a free block */
	u8 flags;		/* FRAME_* */
	u8 reserved;
	u32 owner;		/* module id on whose account it is, 0: the core */
	u32 next, prev;		/* free lists: frame numbers */
};
#define FRAME_FREE 1
#define FRAME_RESERVED 2

/* Physical address of 2^order contiguous pages, or 0. Not zeroed. No sleep. */
u64 frame_alloc(unsigned int order);
u64 frame_alloc_zeroed(unsigned int order);
void frame_free(u64 phys, unsigned int order);
struct frame *frame_of(u64 phys);	/* NULL: not memory */
void frame_get(u64 phys);		/* refs + 1 */
void frame_put(u64 phys);		/* refs - 1, frees an order-0 frame at 0 */
u64 frame_free_count(void);		/* pages */
u64 frame_total_count(void);
void frame_init(void);			/* from boot_info's memory map */

static inline void *phys_to_virt(u64 phys)
{
	return (void *)(phys + DIRECT_MAP_BASE);
}

static inline u64 virt_to_phys(const void *direct)
{
	return (u64)direct - DIRECT_MAP_BASE;
}

/* The core's vital objects: power-of-two classes on frames. 16-byte aligned. */
void *core_alloc(size_t size);		/* zeroed; NULL when memory is out */
void core_free(void *p);		/* NULL is allowed */

/* Kernel stacks and device memory. */
u64 vmap_alloc_stack(size_t size);	/* lowest usable address; guard page below; 0 */
void vmap_free_stack(u64 base, size_t size);
void *vmap_device(u64 phys, size_t len, bool uncached);

#endif
