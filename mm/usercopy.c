/* SPDX-License-Identifier: MIT */
/*
 * Copies between the core and memory it does not trust: a program's (the low
 * half of the process's view, entered here) and a module's windows, which every
 * view maps. Whatever faults is told by its length, never by a panic.
 *
 * A copy of a program's memory sleeps when a page has to be found, unless
 * preemption is off: then it returns short (futexes use that).
 */
#include <errno.h>
#include <mm.h>
#include <string.h>
#include <thread.h>

size_t copy_faulting(void *dst, const void *src, size_t len);

#define STRING_CHUNK 64

/* A program's range lies in the low half and the thread has a low half. */
static bool user_range(u64 addr, size_t len)
{
	return current->mm && addr < USER_END && len <= USER_END - addr;
}

/*
 * Preemption is off so that the view stays the one that was entered; a fault
 * turns it on while it is repaired (mm_fault).
 */
static size_t user_copy(void *dst, const void *src, size_t len)
{
	size_t left;

	preempt_disable();
	view_enter(&current->mm->view);
	left = copy_faulting(dst, src, len);
	preempt_enable();
	return left;
}

/* Copies from the calling program: bytes that were not copied. May sleep. */
size_t copy_from_user(void *dst, const void __user *src, size_t len)
{
	return user_range((u64)src, len) ? user_copy(dst, src, len) : len;
}

/* Copies to the calling program: bytes that were not copied. May sleep. */
size_t copy_to_user(void __user *dst, const void *src, size_t len)
{
	return user_range((u64)dst, len) ? user_copy(dst, src, len) : len;
}

/* Memory of a module, checked by the boundary: bytes not copied. */
size_t copy_module_from(void *dst, const void *src, size_t len)
{
	return copy_faulting(dst, src, len);
}

/* As copy_module_from(), the other way. */
size_t copy_module_to(void *dst, const void *src, size_t len)
{
	return copy_faulting(dst, src, len);
}

/*
 * Copies a string of the program, with its NUL if that is among the first
 * `max` bytes: its length, `max` when it is longer, or -EFAULT. May sleep.
 */
long copy_string_from_user(char *dst, u64 src, size_t max)
{
	size_t done = 0;

	while (done < max) {
		size_t n = MIN(max - done, STRING_CHUNK - (src + done) % STRING_CHUNK);
		char *end;

		if (copy_from_user(dst + done, (void *)(src + done), n))
			return -EFAULT;
		end = memchr(dst + done, 0, n);
		if (end)
			return end - dst;
		done += n;
	}
	return max;
}

/* See include/core/mm.h: a later version of a struct has more, which must be 0. */
long get_user_struct(void *dst, size_t len, u64 user, u64 size)
{
	u64 i;
	u8 byte;

	if (size > PAGE_SIZE)
		return -E2BIG;
	for (i = len; i < size; i++) {
		if (get_user_bytes(&byte, user + i, sizeof(byte)))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	return get_user_bytes(dst, user, len) ? -EFAULT : 0;
}
