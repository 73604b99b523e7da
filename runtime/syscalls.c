/* SPDX-License-Identifier: MIT */
/*
 * The system calls that a module provides: one handler for the core, which the
 * context page tells which of them a program makes.
 */
#include <errno.h>
#include <program.h>
#include <runtime.h>

static const struct syscall_entry *table;
static size_t entries;

static long dispatch(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	u32 i = CONTEXT->call;

	return i < entries ? table[i].fn(a, b, c, d, e, f) : -ENOSYS;
}

/* See runtime.h. */
long syscalls_register(const struct syscall_entry *calls, size_t count)
{
	u32 numbers[SYSCALLS_PROVIDED_MAX];

	if (count > SYSCALLS_PROVIDED_MAX)
		return -EINVAL;
	for (size_t i = 0; i < count; i++)
		numbers[i] = calls[i].number;
	table = calls;
	entries = count;
	return syscalls_provide(THIS_MODULE, numbers, count * sizeof(*numbers), dispatch);
}
