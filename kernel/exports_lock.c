/* SPDX-License-Identifier: MIT */
/*
 * The slow path of modules' mutexes: lock_wait() and lock_wake(), a futex on
 * module memory. The lock's word names its holder, and changes when the holder
 * does; `expected` is the word that the caller saw.
 *
 * A waiter is on a list by the word's address. Waking wakes all who wait there,
 * however few are asked for: each looks again, and comes back naming the holder
 * of that moment. So what the list says about holders is never old, and a cycle
 * of waits is seen by whoever closes it. The module whose wait closes the cycle
 * was the last to enter, and is at fault.
 *
 * Locks: lock_lock, rank LOCK_WAIT.
 */
#include <core.h>
#include <errno.h>
#include <hash.h>
#include <log.h>
#include <mm.h>
#include <modules.h>
#include <spinlock.h>
#include <thread.h>

#define BUCKET_BITS 6
#define CHAIN_MAX 64		/* longest cycle that is looked for */

struct lock_waiter {
	struct list_head node;	/* bucket; lock_lock */
	u64 addr;
	struct thread *thread;
	bool woken;		/* lock_lock */
};

static struct spinlock lock_lock = SPINLOCK("module locks", LOCK_WAIT);
static struct list_head buckets[1 << BUCKET_BITS];	/* lock_lock; lazily made */

static struct list_head *bucket_of(u64 addr)
{
	struct list_head *bucket = &buckets[hash_u64(addr, BUCKET_BITS)];

	if (!bucket->next)
		list_init(bucket);
	return bucket;
}

static long check_address(const struct module *m, u64 addr)
{
	if (!m || !IS_ALIGNED(addr, sizeof(u32)) || module_by_address(addr) != m)
		return -EFAULT;
	return 0;
}

/* True when `holder` waits, through others, for the caller. Needs lock_lock. */
static bool closes_cycle(u32 holder)
{
	struct thread *t;
	u32 steps;

	for (steps = 0; holder && steps < CHAIN_MAX; steps++) {
		if (holder == current->tid)
			return true;
		t = thread_find(holder);
		holder = t ? t->waiting_tid : 0;
	}
	return false;
}

/* Goes onto the list, unless that would make a cycle. */
static bool waiter_add(struct lock_waiter *w, u32 holder)
{
	u64 flags = spin_lock_irq(&lock_lock);
	bool cycle = closes_cycle(holder);

	if (!cycle) {
		list_add_tail(&w->node, bucket_of(w->addr));
		w->thread->waiting_tid = holder;
	}
	spin_unlock_irq(&lock_lock, flags);
	return !cycle;
}

static void waiter_remove(struct lock_waiter *w)
{
	u64 flags = spin_lock_irq(&lock_lock);

	list_del(&w->node);
	w->thread->waiting_tid = 0;
	spin_unlock_irq(&lock_lock, flags);
}

/*
 * Cancelled is the wait only when the module itself is reset: one that was
 * merely called by a module that is has its own data to keep whole.
 */
static long waiter_sleep(struct lock_waiter *w, const struct module *m, u32 epoch)
{
	while (!READ_ONCE(w->woken)) {
		if (READ_ONCE(m->epoch) != epoch)
			return -ECANCELED;
		thread_block(0);
	}
	return 0;
}

/*
 * Interface: sleeps. 0, -EAGAIN, -ECANCELED, -EDEADLK (and the module is
 * reset), -EFAULT (`addr` is not a word of the caller's memory).
 */
long lock_wait(u32 self, u64 addr, u32 expected, u32 holder)
{
	struct lock_waiter w = { .addr = addr, .thread = current };
	struct module *m = module_by_id(self);
	long result = check_address(m, addr);
	u32 epoch, word;

	if (result)
		return result;
	epoch = READ_ONCE(m->epoch);
	if (!waiter_add(&w, holder)) {
		module_fault(m, REASON_DEADLOCK, NULL,
			     "its wait for a lock closes a cycle of waits");
		return -EDEADLK;
	}
	/* On the list first, then look: a release after this finds us there. */
	if (copy_module_from(&word, (const void *)addr, sizeof(word)))
		result = -EFAULT;
	else if (word != expected)
		result = -EAGAIN;
	else
		result = waiter_sleep(&w, m, epoch);
	waiter_remove(&w);
	return result;
}
SYMBOL_EXPORT(lock_wait);

/* Interface: how many were woken, or -EFAULT. Does not sleep. */
long lock_wake(u32 self, u64 addr, u32 count)
{
	long result = check_address(module_by_id(self), addr);
	struct lock_waiter *w;
	u64 flags;

	if (result || !count)
		return result;
	flags = spin_lock_irq(&lock_lock);
	list_for_each_entry(w, bucket_of(addr), node) {
		if (w->addr != addr || w->woken)
			continue;
		w->thread->waiting_tid = 0;
		WRITE_ONCE(w->woken, true);
		thread_wake(w->thread);
		result++;
	}
	spin_unlock_irq(&lock_lock, flags);
	return result;
}
SYMBOL_EXPORT(lock_wake);
