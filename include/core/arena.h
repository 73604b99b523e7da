/* SPDX-License-Identifier: MIT */
/*
 * Memory that the core can afford to lose: served by the module slab through a
 * call down (mm/arena.c). For buffers of one system call, texts, caches. What
 * the core lives on comes from core_alloc().
 */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <types.h>

/*
 * Returns `size` zeroed bytes (at most 64 KiB), 16-byte aligned; NULL when
 * memory is out or slab can't serve. Sleeps; no spinlock may be held.
 */
void *arena_alloc(size_t size);
/* Gives back what arena_alloc(size) returned; NULL is allowed. Sleeps. */
void arena_free(void *p, size_t size);

#endif
