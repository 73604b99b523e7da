/* SPDX-License-Identifier: MIT */
/*
 * Allocations that fail, in the core or in a module, if they are made for a
 * program of another user than root: every Nth one with failalloc=N on the command
 * line, or the nth from now on when root says so (/sys/kernel/fail_nth). So a
 * test's master, who is root, sees what becomes of its children.
 */
#include <atomic.h>
#include <boot.h>
#include <fail_nth.h>
#include <failalloc.h>
#include <process.h>

static u64 every, only, count;

/* See include/core/failalloc.h. */
void failalloc_init(void)
{
	every = cmdline_number("failalloc", 0);
}

/* See include/core/failalloc.h. */
bool alloc_refused(void)
{
	const struct process *p = every || READ_ONCE(only) ? current->process : NULL;
	u64 n;

	if (!p || p->creds.euid == 0)
		return false;
	n = atomic_add(&count, 1);
	return every ? n % every == 0 : n == READ_ONCE(only);
}

/* See include/interface/core.h. */
long alloc_fails(u32 self)
{
	return alloc_refused();
}
SYMBOL_EXPORT(alloc_fails);

/* See include/interface/core.h. */
long alloc_fail_nth(u32 self, u64 nth)
{
	u64 left = READ_ONCE(only) - MIN(READ_ONCE(count), READ_ONCE(only));

	WRITE_ONCE(count, 0);
	WRITE_ONCE(only, nth);
	return left;
}
SYMBOL_EXPORT(alloc_fail_nth);
