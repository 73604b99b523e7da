/* SPDX-License-Identifier: MIT */
/*
 * Timers of the core: a list ordered by deadline. The timer interrupt is set to
 * the first deadline, or to the next tick if that is sooner; so a timer is never
 * early, and late by SHOT_MIN_NS at most (by a tick where the 8254 is all there
 * is). Callbacks run in the interrupt, without a lock held: a callback may start
 * its timer again, or free what it lies in.
 *
 * Locks: timer_lock, rank LOCK_TIMER.
 */
#include <asm/irq.h>
#include <atomic.h>
#include <boundary.h>
#include <cpu.h>
#include <log.h>
#include <sched.h>
#include <spinlock.h>
#include <thread.h>
#include <timer.h>

static struct spinlock timer_lock = SPINLOCK("timers", LOCK_TIMER);
static LIST_HEAD(timers);		/* ascending; timer_lock */
static struct timer *timer_running;	/* timer_lock */
static u64 tick_ns;			/* time of the last interrupt */
static u64 tick_next_ns;		/* when a tick is due */
static u64 shot_ns;			/* what the interrupt is set to; timer_lock */

static bool shots;			/* it can be set; else each is a tick */

/* Interrupts come no denser, so that short timers leave time to others. */
#define SHOT_MIN_NS 50000ul

/* Sets the interrupt to `deadline_ns`. timer_lock is held. */
static void shot_set(u64 deadline_ns)
{
	u64 now = time_now_ns();

	shot_ns = MAX(deadline_ns, now + SHOT_MIN_NS);
	shots = irq_timer_shot(shot_ns - now);
}

/* Prepares a timer that is not running; fn is called in interrupt context. */
void timer_setup(struct timer *t, void (*fn)(struct timer *), void *arg)
{
	list_init(&t->node);
	t->fn = fn;
	t->arg = arg;
	t->armed = false;
	t->deadline_ns = 0;
}

/* Starts, or moves, a timer to `deadline_ns` since kernel entry. Any context. */
void timer_start(struct timer *t, u64 deadline_ns)
{
	u64 flags = spin_lock_irq(&timer_lock);
	struct list_head *behind;

	/* A callback that starts its timer in the past has to wait for a tick. */
	if (this_cpu()->irq_depth && deadline_ns <= tick_ns)
		deadline_ns = tick_ns + 1;
	list_del(&t->node);
	t->deadline_ns = deadline_ns;
	t->armed = true;
	/* From the end: most timers are later than those that wait already. */
	for (behind = timers.prev; behind != &timers; behind = behind->prev)
		if (list_entry(behind, struct timer, node)->deadline_ns <=
		    deadline_ns)
			break;
	list_add(&t->node, behind);
	if (deadline_ns < shot_ns && !this_cpu()->irq_depth)
		shot_set(deadline_ns);
	spin_unlock_irq(&timer_lock, flags);
}

/*
 * Stops a timer. When it returns the callback is not running, unless it is the
 * callback that calls. Any context.
 */
void timer_stop(struct timer *t)
{
	u64 flags;

	for (;;) {
		flags = spin_lock_irq(&timer_lock);
		list_del(&t->node);
		t->armed = false;
		if (timer_running != t || this_cpu()->irq_depth)
			break;
		spin_unlock_irq(&timer_lock, flags);
		__asm__ volatile("pause");
	}
	spin_unlock_irq(&timer_lock, flags);
}

/* Takes out the first timer that is due, or NULL. */
static struct timer *timer_take(u64 now)
{
	u64 flags = spin_lock_irq(&timer_lock);
	struct timer *t = NULL;

	if (!list_empty(&timers)) {
		t = list_first_entry(&timers, struct timer, node);
		if (t->deadline_ns > now) {
			t = NULL;
		} else {
			list_del(&t->node);
			t->armed = false;
		}
	}
	timer_running = t;
	spin_unlock_irq(&timer_lock, flags);
	return t;
}

/* A tick, if one is due; those that were missed count as one. */
static void tick(struct regs *regs, u64 now)
{
	if (shots && now < tick_next_ns)
		return;
	tick_next_ns += TICK_NS;
	if (tick_next_ns <= now)
		tick_next_ns = now + TICK_NS;
	this_cpu()->ticks++;
	sched_tick(regs_ring3(regs) && !boundary_in_module(current));
	boundary_tick(regs);
	log_tick();
}

static void shot_next(void)
{
	u64 flags = spin_lock_irq(&timer_lock), next = tick_next_ns;

	if (!list_empty(&timers))
		next = MIN(next, list_first_entry(&timers, struct timer, node)->deadline_ns);
	shot_set(next);
	spin_unlock_irq(&timer_lock, flags);
}

/* See include/core/timer.h. Interrupts off. */
void timer_interrupt(struct regs *regs)
{
	u64 now = time_now_ns();
	struct timer *t;

	tick_ns = now;
	while ((t = timer_take(now)))
		t->fn(t);
	tick(regs, now);
	shot_next();
}
