/* SPDX-License-Identifier: MIT */
/*
 * Terminals over a reset: the pages they lie in, and their kept state, which
 * one store replaces (internal.h). The handle of the common wait object is in the
 * record "wait".
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

#define TTY_MAGIC 0x7974746e69676562ull

static const char record_wait[] = "wait";

/*
 * A terminal that is not in the table yet, with its own wait object. NULL: no
 * memory. It exists from the moment that its magic number is written.
 */
struct tty *state_new(u32 index, const char *name, u64 rdev)
{
	long addr = heap_map_persistent(THIS_MODULE, TTY_PAGES);
	struct tty *t;
	long wait;

	if (is_error(addr))
		return NULL;
	t = (struct tty *)addr;
	wait = wait_create(THIS_MODULE);
	if (wait < 0) {
		heap_unmap(THIS_MODULE, (u64)addr, TTY_PAGES);
		return NULL;
	}
	t->wait = (u32)wait;
	t->index = index;
	t->rdev = rdev;
	strlcpy(t->name, name, sizeof(t->name));
	ldisc_init(t, tty_is_pty(t));
	t->kept[0] = t->s;
	__atomic_store_n(&t->magic, TTY_MAGIC, __ATOMIC_RELEASE);
	return t;
}

/* What begins anew after a reset. */
static void restart(struct tty *t)
{
	t->s = t->kept[t->which & 1];
	memset(&t->lock, 0, offsetof(struct tty, in) - offsetof(struct tty, lock));
	t->reconfigure = true;
	t->shared_wait = true;
}

/*
 * The next terminal that came through a reset, by address above *after; NULL:
 * there are no more. Pages in which none was finished are given back.
 */
struct tty *state_next(u64 *after)
{
	struct heap_run run;

	while (heap_run_next(THIS_MODULE, *after, &run) == 0) {
		struct tty *t = (struct tty *)run.addr;

		*after = run.addr;
		if (run.owner != THIS_MODULE || !(run.flags & HEAP_RUN_PERSISTENT) ||
		    run.npages != TTY_PAGES)
			continue;
		if (t->magic == TTY_MAGIC && t->index < TTY_MAX) {
			restart(t);
			return t;
		}
		heap_unmap(THIS_MODULE, run.addr, run.npages);
	}
	return NULL;
}

/* Makes the present state the kept one. The lock is held. */
void tty_commit(struct tty *t)
{
	u32 next = t->which ^ 1;

	t->kept[next] = t->s;
	__atomic_store_n(&t->which, next, __ATOMIC_RELEASE);
	t->must_commit = false;
}

/* Whether a reset came after this operation was done on `t`: with what result. */
bool state_is_rerun(const struct tty *t, long *result)
{
	if (!CONTEXT->rerun || t->s.op != CONTEXT->op)
		return false;
	*result = (long)t->s.op_result;
	return true;
}

/* Commits what this operation did. Returns its result. */
long state_done(struct tty *t, long result)
{
	t->s.op = CONTEXT->op;
	t->s.op_result = result;
	tty_commit(t);
	return result;
}

/*
 * The wait object of before, which open files sleep on: a handle that outlives
 * resets. 0: there is none.
 */
u32 state_restore_wait(void)
{
	u32 handle;

	if (record_get(THIS_MODULE, record_wait, &handle, sizeof(handle)) !=
	    sizeof(handle) || wait_seq(handle) < 0)
		return 0;
	return handle;
}

void state_save_wait(u32 handle)
{
	if (record_put(THIS_MODULE, record_wait, &handle, sizeof(handle)) < 0)
		pr_warn("the wait object is not kept");
}
