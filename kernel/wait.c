/* SPDX-License-Identifier: MIT */
/*
 * Wait objects (include/core/wait.h): event counts. A sleeper puts an entry on
 * each object's list while it finds the count as it expects it, blocks, and
 * takes the entries off again; it is never taken off by the waker. So the
 * object must outlive the sleep: who sleeps on one that may go away holds a
 * reference.
 *
 * Of the count modules see 30 bits, so that it fits a positive result.
 *
 * Locks: wait->lock, rank LOCK_WAIT, one at a time.
 */
#include <atomic.h>
#include <errno.h>
#include <frame.h>
#include <process.h>
#include <string.h>
#include <thread.h>
#include <timer.h>
#include <wait.h>

#define ENTRIES_ON_STACK 8

enum wait_breaks {
	BREAK_NEVER,		/* the core's own locks */
	BREAK_CANCEL,		/* a reset of the module that the thread is in */
	BREAK_SIGNAL,		/* that, signals and the end of the process */
};

/* Makes an object that lies in another one; it has no use for references. */
void wait_init(struct wait *w)
{
	memset(w, 0, sizeof(*w));
	w->lock = (struct spinlock)SPINLOCK("wait", LOCK_WAIT);
	w->refs = 1;
	list_init(&w->sleepers);
}

/* A new object with one reference, or NULL when memory is out. */
struct wait *wait_new(void)
{
	struct wait *w = core_alloc(sizeof(*w));

	if (w)
		wait_init(w);
	return w;
}

/* One reference more. Any context. */
void wait_get(struct wait *w)
{
	atomic_add(&w->refs, 1);
}

/* One reference less; the last frees what wait_new() made. Any context. */
void wait_put(struct wait *w)
{
	if (atomic_sub(&w->refs, 1) != 0)
		return;
	core_free(w->set);
	core_free(w);
}

/* Raises the count and wakes all sleepers. Any context. */
void wait_wake_all(struct wait *w)
{
	u64 flags = spin_lock_irq(&w->lock);
	struct wait_entry *e;
	bool watched = false, given = false;

	atomic_add(&w->seq, 1);
	list_for_each_entry(e, &w->sleepers, node) {
		if (e->thread) {
			thread_wake(e->thread);
		} else {
			watch_fire(e, &given);
			watched = true;
		}
	}
	spin_unlock_irq(&w->lock, flags);
	if (watched)
		watch_wake_sets();
}

/* Puts e on the list of e->wait. */
void wait_entry_add(struct wait_entry *e)
{
	u64 flags = spin_lock_irq(&e->wait->lock);

	list_add_tail(&e->node, &e->wait->sleepers);
	spin_unlock_irq(&e->wait->lock, flags);
}

/* Puts the caller on the list; false when the count has moved already. */
static bool entry_add(struct wait_entry *e, struct wait_poll *poll)
{
	struct wait *w = poll->wait;
	u64 flags = spin_lock_irq(&w->lock);
	bool same = wait_read(w) == poll->seq;

	if (same) {
		e->thread = current;
		e->wait = w;
		list_add_tail(&e->node, &w->sleepers);
	}
	spin_unlock_irq(&w->lock, flags);
	return same;
}

/* Takes e off again. */
void wait_entry_remove(struct wait_entry *e)
{
	struct wait *w = e->wait;
	u64 flags = spin_lock_irq(&w->lock);

	list_del(&e->node);
	spin_unlock_irq(&w->lock, flags);
}

static bool any_moved(const struct wait_poll *polls, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (wait_read(polls[i].wait) != polls[i].seq)
			return true;
	return false;
}

/* What ends a wait besides its event: a negative error number, or 0. */
static long wait_broken(u64 deadline_ns, enum wait_breaks breaks)
{
	struct thread *t = current;

	if (breaks >= BREAK_CANCEL && READ_ONCE(t->cancel))
		return -ECANCELED;
	if (breaks >= BREAK_SIGNAL &&
	    (READ_ONCE(t->kill) || (t->process && process_signal_pending(t))))
		return -EINTR;
	if (deadline_ns && time_now_ns() >= deadline_ns)
		return -ETIMEDOUT;
	return 0;
}

static long wait_loop(struct wait_poll *polls, u32 count, u64 deadline_ns,
		      enum wait_breaks breaks)
{
	long result;

	for (;;) {
		if (any_moved(polls, count))
			return 0;
		result = wait_broken(deadline_ns, breaks);
		if (result)
			return result;
		thread_block(deadline_ns);
	}
}

static long wait_entries(struct wait_entry *entries, struct wait_poll *polls,
			 u32 count, u64 deadline_ns, enum wait_breaks breaks)
{
	long result = 0;
	u32 added = 0;

	while (added < count && entry_add(&entries[added], &polls[added]))
		added++;
	if (added == count) {
		current->waiting = count ? polls[0].wait : NULL;
		result = wait_loop(polls, count, deadline_ns, breaks);
		current->waiting = NULL;
	}
	while (added > 0)
		wait_entry_remove(&entries[--added]);
	return result;
}

static long wait_one(struct wait *w, u32 seq, u64 deadline_ns,
		     enum wait_breaks breaks)
{
	struct wait_poll poll = { .wait = w, .seq = seq };
	struct wait_entry entry;

	return wait_entries(&entry, &poll, 1, deadline_ns, breaks);
}

/* See include/core/wait.h. Sleeps. */
long wait_on(struct wait *w, u32 seq, u64 deadline_ns, bool interruptible)
{
	return wait_one(w, seq, deadline_ns,
			interruptible ? BREAK_SIGNAL : BREAK_CANCEL);
}

/*
 * See include/core/wait.h. With no objects it only waits for the deadline or a
 * signal. -ENOMEM when there are many and memory is out. Sleeps.
 */
long wait_on_any(struct wait_poll *polls, u32 count, u64 deadline_ns,
		 bool interruptible)
{
	struct wait_entry few[ENTRIES_ON_STACK];
	struct wait_entry *entries = few;
	long result;

	if (count > ENTRIES_ON_STACK) {
		entries = core_alloc(count * sizeof(*entries));
		if (!entries)
			return -ENOMEM;
	}
	result = wait_entries(entries, polls, count, deadline_ns,
			      interruptible ? BREAK_SIGNAL : BREAK_CANCEL);
	if (entries != few)
		core_free(entries);
	return result;
}

/* Waits for the lock's next change; nothing breaks it. For core_mutex.c. */
void wait_on_lock(struct wait *w, u32 seq)
{
	wait_one(w, seq, 0, BREAK_NEVER);
}
