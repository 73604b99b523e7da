/* SPDX-License-Identifier: MIT */
/* Threads that a kernel test starts and waits for. */
#ifndef TESTS_JOIN_H
#define TESTS_JOIN_H

#include <atomic.h>
#include <sched.h>
#include <thread.h>
#include <timer.h>
#include <wait.h>

#define TEST_TIMEOUT (5 * NSEC_PER_SEC)
#define MS NSEC_PER_MSEC
#define SHORTEST 50000ul	/* ns between timer interrupts (kernel/timer.c) */

struct group {
	struct wait done;
	u32 left;		/* atomic: threads that still run */
};

static inline void group_init(struct group *g)
{
	wait_init(&g->done);
	g->left = 0;
}

/* In a thread of the group, as its last act. */
static inline void group_leave(struct group *g)
{
	atomic_sub(&g->left, 1);
	wait_wake_all(&g->done);
}

static inline struct thread *group_start(struct group *g, const char *name,
					 void (*fn)(void *), void *arg,
					 int priority)
{
	struct thread *t = thread_create_core(name, fn, arg, priority);

	if (!t)
		return NULL;
	atomic_add(&g->left, 1);
	thread_start(t);
	return t;
}

/* False when a thread of the group does not end in time. */
static inline bool group_join(struct group *g)
{
	u64 deadline = time_now_ns() + TEST_TIMEOUT;

	while (atomic_load(&g->left)) {
		u32 seq = wait_read(&g->done);

		if (atomic_load(&g->left) &&
		    wait_on(&g->done, seq, deadline, false))
			return false;
	}
	return true;
}

static inline void test_sleep(u64 ns)
{
	wait_on_any(NULL, 0, time_now_ns() + ns, false);
}

#endif
