/* SPDX-License-Identifier: MIT */
/*
 * The mutex of modules: a word in the module's own memory.
 *
 *	0			free
 *	HELD | tid		held, nobody waits
 *	HELD | tid | WAITERS	held, somebody may wait in lock_wait()
 *
 * Taking a free one and letting go of one nobody waits for is one atomic
 * instruction. A thread that has waited takes the mutex with WAITERS set, since
 * it can't know whether others still wait: at worst one lock_wake() too many.
 *
 * The core knows the owner's tid, so it finds cycles of waits and says
 * -EDEADLK; the module that closes a cycle is at fault.
 */
#include <atomic.h>
#include <errno.h>
#include <runtime.h>

static u32 held_by_me(void)
{
	return MUTEX_HELD | (current_tid() & MUTEX_TID);
}

static __noinline void lock_slow(struct mutex *m, u32 mine)
{
	u32 state;

	for (;;) {
		state = READ_ONCE(m->state);
		if (!state) {
			if (atomic_cmpxchg(&m->state, 0, mine) == 0)
				return;
			continue;
		}
		if (!(state & MUTEX_WAITERS)) {
			if (atomic_cmpxchg(&m->state, state,
					   state | MUTEX_WAITERS) != state)
				continue;
			state |= MUTEX_WAITERS;
		}
		/*
		 * -EAGAIN: the word moved. -ECANCELED: the call that brought
		 * us here is thrown away later, but this module's data must
		 * stay whole, so the lock is waited for all the same.
		 */
		if (lock_wait(THIS_MODULE, (u64)&m->state, state,
			      state & MUTEX_TID) == -EDEADLK)
			BUG("deadlock: a cycle of waits for mutexes");
		mine |= MUTEX_WAITERS;
	}
}

/* Takes `m`, sleeping while another thread has it. A relock is a fault. */
void mutex_lock(struct mutex *m)
{
	u32 mine = held_by_me();

	if (unlikely(atomic_cmpxchg(&m->state, 0, mine) != 0))
		lock_slow(m, mine);
}

/* Takes `m` if it is free; false if it is not. Does not sleep. */
bool mutex_trylock(struct mutex *m)
{
	return atomic_cmpxchg(&m->state, 0, held_by_me()) == 0;
}

/* Lets go of `m`, which the caller holds, and wakes one that waits. */
void mutex_unlock(struct mutex *m)
{
	u32 old = atomic_xchg(&m->state, 0);

	if (unlikely((old & ~MUTEX_WAITERS) != held_by_me()))
		BUG("mutex_unlock() by a thread that does not hold it");
	if (unlikely(old & MUTEX_WAITERS))
		lock_wake(THIS_MODULE, (u64)&m->state, 1);
}

/* True when the calling thread holds `m`. */
bool mutex_held(const struct mutex *m)
{
	return (READ_ONCE(m->state) & ~MUTEX_WAITERS) == held_by_me();
}
