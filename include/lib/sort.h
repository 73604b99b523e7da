/* SPDX-License-Identifier: MIT */
/* Sorting and searching arrays in place, without memory and without recursion. */
#ifndef LIB_SORT_H
#define LIB_SORT_H

#include <types.h>

/*
 * Heap sort: `count` elements of `size` bytes, ascending by `compare` (negative,
 * 0, positive). Not stable. O(n log n) in the worst case too.
 */
void sort(void *base, size_t count, size_t size,
	  int (*compare)(const void *a, const void *b));

#endif
