/* SPDX-License-Identifier: MIT */
/* Figures of the core's allocator (mm/kalloc.c); core_alloc() is in frame.h. */
#ifndef CORE_KALLOC_H
#define CORE_KALLOC_H

#include <types.h>

struct kalloc_counters {
	u64 pages;		/* taken from the frame allocator */
	u64 objects;		/* of up to 2 KiB, in use */
	u64 bytes;		/* their sizes */
};
struct kalloc_counters kalloc_counters(void);

#endif
