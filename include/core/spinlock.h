/* SPDX-License-Identifier: MIT */
/*
 * Spinlocks with ranks: a lock may be taken only while locks of lower rank are
 * held (checked when CONFIG_DEBUG_LOCKS). Holding one disables preemption; the
 * irq forms disable interrupts as well. No crossing while one is held.
 */
#ifndef CORE_SPINLOCK_H
#define CORE_SPINLOCK_H

#include <types.h>

enum lock_rank {
	LOCK_PROCESS = 10,	/* process tree, descriptor tables */
	LOCK_MODULE = 20,	/* registry, accounts, handles */
	LOCK_OBJECT = 30,	/* page objects, address spaces, files */
	LOCK_WAIT = 40,		/* wait objects */
	LOCK_WATCH = 45,	/* inside a wait object */
	LOCK_TIMER = 50,
	LOCK_SCHED = 60,
	LOCK_KALLOC = 64,	/* the core's own allocator */
	LOCK_TABLES = 66,	/* page tables of the core's half */
	LOCK_FRAME = 70,	/* page frames */
	LOCK_LOG = 80,
};

struct spinlock {
	u32 held;
	u32 rank;
	const char *name;
};

#define SPINLOCK(lockname, lockrank) \
	{ .held = 0, .rank = (lockrank), .name = (lockname) }

void spin_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);
u64 spin_lock_irq(struct spinlock *lock);		/* returns flags */
void spin_unlock_irq(struct spinlock *lock, u64 flags);
/* Debug builds: panics when this CPU holds a spinlock. */
void spin_assert_none(void);

/* A sleeping lock for the core. Not for interrupt context. */
struct core_mutex;

#endif
