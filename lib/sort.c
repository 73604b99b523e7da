/* SPDX-License-Identifier: MIT */
/* Heap sort (include/lib/sort.h). */
#include <sort.h>

static void swap_bytes(u8 *a, u8 *b, size_t size)
{
	for (; size; size--, a++, b++) {
		u8 t = *a;

		*a = *b;
		*b = t;
	}
}

/* Lets element `i` of a heap of `count` sink below its larger children. */
static void sift_down(u8 *base, size_t i, size_t count, size_t size,
		      int (*compare)(const void *, const void *))
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= count)
			return;
		if (child + 1 < count &&
		    compare(base + child * size, base + (child + 1) * size) < 0)
			child++;
		if (compare(base + i * size, base + child * size) >= 0)
			return;
		swap_bytes(base + i * size, base + child * size, size);
		i = child;
	}
}

/* See include/lib/sort.h. */
void sort(void *base, size_t count, size_t size,
	  int (*compare)(const void *a, const void *b))
{
	u8 *b = base;
	size_t i;

	for (i = count / 2; i > 0; i--)
		sift_down(b, i - 1, count, size, compare);
	for (i = count; i > 1; i--) {
		swap_bytes(b, b + (i - 1) * size, size);
		sift_down(b, 0, i - 1, size, compare);
	}
}
