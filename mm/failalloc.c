/* SPDX-License-Identifier: MIT */
/*
 * failalloc=N on the command line: every Nth allocation fails that is made, in
 * the core or by a module, for a program of another user than root. So a test's
 * master, who is root, sees what becomes of its children.
 */
#include <atomic.h>
#include <boot.h>
#include <failalloc.h>
#include <process.h>

static u64 every, count;

/* See include/core/failalloc.h. */
void failalloc_init(void)
{
	every = cmdline_number("failalloc", 0);
}

/* See include/core/failalloc.h. */
bool alloc_refused(void)
{
	const struct process *p = every ? current->process : NULL;

	return p && p->creds.euid != 0 && atomic_add(&count, 1) % every == 0;
}
