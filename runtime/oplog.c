/* SPDX-License-Identifier: MIT */
/*
 * Marks of operations, for calls that may be run again after a reset though doing
 * them twice is an error: what makes a name finds it there, what removes one finds
 * it gone. An operation (struct context_page) is marked when all was checked, just
 * before its effect; when it is run again, marked, and finds its effect, it was done.
 *
 * Marks are in a page that survives resets, one word each, found by the operation's
 * number: as many operations can be under way at once.
 */
#include <errno.h>
#include <runtime.h>

#define MARKS (PAGE_SIZE / sizeof(u64))

static volatile u64 *marks;

/* Finds the page, or makes it: 0 or an error. Once in init(). */
long oplog_start(void)
{
	struct heap_run run = { 0 };
	u64 after = 0;
	long addr;

	for (; !heap_run_next(THIS_MODULE, after, &run); after = run.addr)
		if (run.mapper == THIS_MODULE && (run.flags & HEAP_RUN_PERSISTENT)) {
			marks = (volatile u64 *)run.addr;
			return 0;
		}
	addr = heap_map_persistent(THIS_MODULE, 1);
	if (is_error(addr))
		return addr;
	marks = (volatile u64 *)addr;
	return 0;
}

/* The calling thread's operation is about to have its effect. */
void oplog_mark(void)
{
	marks[CONTEXT->op % MARKS] = CONTEXT->op;
}

/* It was marked before a reset, and is run again now. */
bool oplog_marked(void)
{
	return unlikely(CONTEXT->rerun) && CONTEXT->op &&
	       marks[CONTEXT->op % MARKS] == CONTEXT->op;
}
