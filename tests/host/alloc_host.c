/* SPDX-License-Identifier: MIT */
/*
 * runtime/alloc.c's interface on the host's own allocator, so that the address
 * sanitizer sees every object of a module. For all but the tests of slab and
 * of the front cache.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <runtime.h>

/* Page alignment from a page on, as kmalloc() promises; else malloc's 16. */
void *kmalloc(size_t size)
{
	if (size >= PAGE_SIZE)
		return aligned_alloc(PAGE_SIZE, ALIGN_UP(size, PAGE_SIZE));
	return size ? malloc(size) : NULL;
}

void *kzalloc(size_t size)
{
	void *p = kmalloc(size);

	return p ? memset(p, 0, size) : NULL;
}

void *kcalloc(size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : kzalloc(bytes);
}

void kfree(const void *p)
{
	free((void *)p);
}

size_t ksize(const void *p)
{
	return malloc_usable_size((void *)p);
}

void *krealloc(void *p, size_t size)
{
	size_t old = p ? ksize(p) : 0;
	void *new = kmalloc(size);

	if (!size)
		kfree(p);
	if (!new || !p)
		return new;
	memcpy(new, p, MIN(old, size));
	kfree(p);
	return new;
}

void *kmemdup(const void *p, size_t len)
{
	void *new = kmalloc(len);

	return new ? memcpy(new, p, len) : NULL;
}

char *kstrdup(const char *s)
{
	return kmemdup(s, strlen(s) + 1);
}

void kmalloc_drain(void)
{
}
