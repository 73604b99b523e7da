/* SPDX-License-Identifier: MIT */
/*
 * The core's sleeping lock (include/core/wait.h). Who finds it held marks it as
 * waited for and sleeps; the release then wakes all who do, and they try anew.
 * Waiting for it can't be broken off: its holder is in ring 0 and goes on.
 */
#include <atomic.h>
#include <log.h>
#include <thread.h>
#include <wait.h>

enum { MUTEX_FREE, MUTEX_HELD, MUTEX_WAITED };

/* Makes a lock that is free. */
void core_mutex_init(struct core_mutex *m)
{
	m->state = MUTEX_FREE;
	m->owner = NULL;
	wait_init(&m->wait);
}

/* Takes the lock. Sleeps; not from interrupts, no spinlock held. */
void core_mutex_lock(struct core_mutex *m)
{
	u32 seq;

	spin_assert_none();
	ASSERT(m->owner != current);
	if (atomic_cmpxchg(&m->state, MUTEX_FREE, MUTEX_HELD) != MUTEX_FREE) {
		for (;;) {
			seq = wait_read(&m->wait);
			if (atomic_xchg(&m->state, MUTEX_WAITED) == MUTEX_FREE)
				break;
			wait_on_lock(&m->wait, seq);
		}
	}
	m->owner = current;
}

/* Gives the lock back. Does not sleep. */
void core_mutex_unlock(struct core_mutex *m)
{
	ASSERT(m->owner == current);
	m->owner = NULL;
	if (atomic_xchg(&m->state, MUTEX_FREE) == MUTEX_WAITED)
		wait_wake_all(&m->wait);
}
