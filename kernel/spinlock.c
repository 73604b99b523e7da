/* SPDX-License-Identifier: MIT */
/*
 * Spinlocks (include/core/spinlock.h). A lock's holder cannot be preempted, so
 * with one CPU nobody ever spins. Debug builds keep a list of the locks that a
 * CPU holds and check ranks against it. A lock taken in an interrupt is only
 * compared with locks of that interrupt: what the interrupted thread holds
 * can't be wanted there, or it would have been taken with interrupts off.
 */
#include <atomic.h>
#include <cpu.h>
#include <log.h>
#include <spinlock.h>
#include <thread.h>

#ifdef CONFIG_DEBUG_LOCKS
static void debug_take(struct spinlock *lock)
{
	struct cpu *cpu = this_cpu();
	u32 i;

	for (i = 0; i < cpu->nlocks; i++) {
		struct cpu_lock *held = &cpu->locks[i];

		if (held->lock == lock)
			panic("lock %s is taken twice", lock->name);
		if (held->irq_depth == cpu->irq_depth &&
		    held->lock->rank >= lock->rank)
			panic("lock %s (rank %u) is taken while %s (rank %u) is held",
			      lock->name, lock->rank, held->lock->name,
			      held->lock->rank);
	}
	if (cpu->nlocks == CPU_LOCKS_MAX)
		panic("lock %s: too many locks are held", lock->name);
}

static void debug_taken(struct spinlock *lock)
{
	struct cpu *cpu = this_cpu();
	u64 flags = irq_save();

	cpu->locks[cpu->nlocks].lock = lock;
	cpu->locks[cpu->nlocks].irq_depth = cpu->irq_depth;
	cpu->nlocks++;
	irq_restore(flags);
}

static void debug_release(struct spinlock *lock)
{
	struct cpu *cpu = this_cpu();
	u64 flags = irq_save();
	u32 i = cpu->nlocks;

	while (i > 0 && cpu->locks[i - 1].lock != lock)
		i--;
	if (i == 0)
		panic("lock %s is released but not held", lock->name);
	for (; i < cpu->nlocks; i++)
		cpu->locks[i - 1] = cpu->locks[i];
	cpu->nlocks--;
	irq_restore(flags);
}

/* See include/core/spinlock.h. */
void spin_assert_none(void)
{
	struct cpu *cpu = this_cpu();

	if (cpu->nlocks)
		panic("a call would cross while lock %s is held",
		      cpu->locks[cpu->nlocks - 1].lock->name);
}
#else
static inline void debug_take(struct spinlock *lock)
{
}

static inline void debug_taken(struct spinlock *lock)
{
}

static inline void debug_release(struct spinlock *lock)
{
}

/* See include/core/spinlock.h. */
void spin_assert_none(void)
{
}
#endif

/* Takes a lock that interrupt handlers do not take. Preemption is off then. */
void spin_lock(struct spinlock *lock)
{
	preempt_disable();
	debug_take(lock);
	while (unlikely(atomic_xchg(&lock->held, 1)))
		__asm__ volatile("pause");
	debug_taken(lock);
}

/* Releases a lock; the thread may be preempted here. */
void spin_unlock(struct spinlock *lock)
{
	debug_release(lock);
	atomic_store_release(&lock->held, 0);
	preempt_enable();
}

/* Takes a lock with interrupts off; returns what spin_unlock_irq() wants. */
u64 spin_lock_irq(struct spinlock *lock)
{
	u64 flags = irq_save();

	spin_lock(lock);
	return flags;
}

/* Releases a lock and puts interrupts as they were; may be preempted. */
void spin_unlock_irq(struct spinlock *lock, u64 flags)
{
	debug_release(lock);
	atomic_store_release(&lock->held, 0);
	irq_restore(flags);
	preempt_enable();
}
