// SPDX-License-Identifier: MIT
/*
 * An allocator to preload into a program of the host: each block lies lower
 * than the one before, so a block that grows always moves down. Nothing is
 * given back. For test_build.py.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define SPACE (1UL << 32)	/* reserved, not used; bytes */
#define ALIGN 16UL

static char *start, *low;

void *realloc(void *old, size_t size)
{
	char *block;
	size_t had;

	if (!start) {
		start = mmap(NULL, SPACE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (start == MAP_FAILED)
			return NULL;
		low = start + SPACE;
	}
	/* The size stands before the block. */
	if (size > SPACE || (size_t)(low - start) < size + 3 * ALIGN)
		return NULL;
	block = (char *)((uintptr_t)(low - size) & ~(ALIGN - 1));
	low = block - ALIGN;
	memcpy(low, &size, sizeof(size));
	if (old) {
		memcpy(&had, (char *)old - ALIGN, sizeof(had));
		memcpy(block, old, had < size ? had : size);
	}
	return block;
}

void *malloc(size_t size)
{
	return realloc(NULL, size);
}

void *calloc(size_t count, size_t size)
{
	size_t all;

	return __builtin_mul_overflow(count, size, &all) ? NULL : realloc(NULL, all);
}

void free(void *block)
{
	(void)block;
}
