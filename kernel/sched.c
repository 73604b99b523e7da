/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: round robin among the threads of the best priority that are
 * ready, one run queue a CPU, time slices of SLICE_TICKS.
 *
 *	BLOCKED --wake--> READY --pick--> RUNNING --block--> BLOCKED
 *	                    ^----preempt/yield---'  '--exit--> DEAD
 *
 * A thread in a queue is READY; the running one is in no queue. A wake-up that
 * finds its thread not blocked is kept (wake_pending) and ends the next
 * thread_block() at once, so none is lost between looking and blocking; who
 * blocks must look again afterwards.
 *
 * A run queue's lock is held across the switch: who is switched to releases it
 * (a new thread in sched_first()). So each thread that is switched out has a
 * preempt_count of 1. Rank LOCK_SCHED; thread_dead()'s lock is above it.
 *
 * What belongs to programs only (FPU, FS and GS base) stays in the CPU until
 * another program's thread is switched to; cpu->fpu_owner tells whose it is.
 * CR3 is not touched here: ring 3's exit and the user-copy routines load what
 * they need.
 */
#include <asm/insn.h>
#include <bitops.h>
#include <boundary.h>
#include <log.h>
#include <sched.h>
#include <spinlock.h>
#include <string.h>
#include <thread.h>
#include <timer.h>

#undef current		/* it is a member's name here */

#define CPUS_MAX 1
#define SLICE_TICKS 2

/* Load averages, as Linux's: every 5 s, decay of 1, 5 and 15 minutes. */
#define LOAD_TICKS (5 * TICK_HZ)
#define LOAD_ONE (1u << SCHED_LOAD_SHIFT)
static const u32 load_decay[3] = { 1884, 2014, 2037 };

/* The fxsave area: Intel SDM vol. 1, 10.5.1. */
#define FPU_FCW_DEFAULT 0x037f
#define FPU_MXCSR_DEFAULT 0x1f80
#define FPU_MXCSR_OFFSET 24

struct run_queue {
	struct spinlock lock;
	u64 ready;			/* bit p: queue[p] has threads */
	struct list_head queue[PRIORITIES];
	struct thread *left;		/* who was switched away from last */
	u64 switches;
	u32 nready;
	u32 load[3];
};

static struct thread idle_thread = {
	.name = "idle",
	.state = THREAD_RUNNING,
	.priority = PRIORITY_WORST + 1,
};

static struct run_queue run_queues[CPUS_MAX] = {
	{ .lock = SPINLOCK("run queue", LOCK_SCHED) },
};

static struct run_queue *queue_of(const struct thread *t)
{
	return &run_queues[t->cpu];
}

/* ---- what programs have in the CPU ------------------------------------ */

static void ts_set(struct cpu *cpu, bool on)
{
	if (on)
		write_cr0(read_cr0() | CR0_TS);
	else
		clts();
	cpu->ts = on;
}

/* Interrupts off. The registers are t's. */
static void registers_save(struct cpu *cpu, struct thread *t)
{
	if (!t->fpu)
		return;
	if (cpu->ts)
		ts_set(cpu, false);
	if (cpu_features.avx)
		xsave(t->fpu, XFEATURES);
	else
		__asm__ volatile("fxsave64 (%0)" : : "r"(t->fpu) : "memory");
}

/* Interrupts off. The registers become t's, a program's thread. */
static void registers_load(struct cpu *cpu, struct thread *t)
{
	if (cpu->ts)
		ts_set(cpu, false);
	if (cpu_features.avx)
		xrstor(t->fpu, XFEATURES);
	else
		__asm__ volatile("fxrstor64 (%0)" : : "r"(t->fpu) : "memory");
	wrmsr(MSR_FS_BASE, t->fs_base);
	wrmsr(MSR_KERNEL_GS_BASE, t->gs_base);
	cpu->fpu_owner = t;
}

/* While a thread is inside a module, its FPU must not be within reach. */
static void registers_guard(struct cpu *cpu, const struct thread *t)
{
	if (t->gate && !cpu->ts)
		ts_set(cpu, true);
}

static void registers_switch(struct cpu *cpu, struct thread *next)
{
	if (next->fpu && cpu->fpu_owner != next) {
		if (cpu->fpu_owner)
			registers_save(cpu, cpu->fpu_owner);
		registers_load(cpu, next);
	}
	registers_guard(cpu, next);
}

/* See include/core/sched.h. */
void fpu_init_state(void *state)
{
	u16 *fcw = state;
	u32 *mxcsr = (u32 *)((u8 *)state + FPU_MXCSR_OFFSET);

	memset(state, 0, FPU_STATE_SIZE);
	*fcw = FPU_FCW_DEFAULT;
	*mxcsr = FPU_MXCSR_DEFAULT;
}

/* See include/core/sched.h. Any context. */
void fpu_save(struct thread *t)
{
	u64 flags = irq_save();
	struct cpu *cpu = this_cpu();

	if (cpu->fpu_owner == t)
		registers_save(cpu, t);
	registers_guard(cpu, current_thread());
	irq_restore(flags);
}

/* See include/core/sched.h. Any context. */
void fpu_load(struct thread *t)
{
	u64 flags = irq_save();
	struct cpu *cpu = this_cpu();

	if (t == current_thread()) {
		if (cpu->fpu_owner && cpu->fpu_owner != t)
			registers_save(cpu, cpu->fpu_owner);
		registers_load(cpu, t);
	} else if (cpu->fpu_owner == t) {
		cpu->fpu_owner = NULL;
	}
	registers_guard(cpu, current_thread());
	irq_restore(flags);
}

/* See include/core/sched.h. */
void thread_bases_load(struct thread *t)
{
	u64 flags = irq_save();

	if (this_cpu()->fpu_owner == t) {
		wrmsr(MSR_FS_BASE, t->fs_base);
		wrmsr(MSR_KERNEL_GS_BASE, t->gs_base);
	}
	irq_restore(flags);
}

/* ---- queues ------------------------------------------------------------ */

/* Needs rq->lock. */
static void enqueue(struct run_queue *rq, struct thread *t, bool front)
{
	struct list_head *queue = &rq->queue[t->priority];

	t->state = THREAD_READY;
	if (front)
		list_add(&t->run, queue);
	else
		list_add_tail(&t->run, queue);
	rq->ready |= BIT(t->priority);
	rq->nready++;
}

/* Takes out the first of the best; NULL: none is ready. Needs rq->lock. */
static struct thread *dequeue(struct run_queue *rq)
{
	u32 priority = bit_ffs(rq->ready) - 1;
	struct thread *t;

	if (!rq->ready)
		return NULL;
	t = list_first_entry(&rq->queue[priority], struct thread, run);
	list_del(&t->run);
	if (list_empty(&rq->queue[priority]))
		rq->ready &= ~BIT(priority);
	rq->nready--;
	return t;
}

/* True when somebody ready should run rather than t. Needs rq->lock. */
static bool better_ready(const struct run_queue *rq, const struct thread *t,
			 bool or_equal)
{
	u32 best = rq->ready ? bit_ffs(rq->ready) - 1 : PRIORITIES;

	return (int)best < t->priority + (or_equal ? 1 : 0);
}

/* ---- switching ---------------------------------------------------------- */

/* The end of a switch, in the thread that was switched to. Needs the lock. */
static void switch_finish(struct run_queue *rq)
{
	struct thread *left = rq->left;
	struct cpu *cpu = this_cpu();

	if (left->state != THREAD_DEAD)
		return;
	if (cpu->fpu_owner == left)
		cpu->fpu_owner = NULL;
	thread_dead(left);
}

/*
 * Runs the next thread; the present one goes back to the queue (in front of
 * its equals if `front`) unless its state says otherwise. Returns when it is
 * picked again. Needs rq->lock, interrupts off.
 */
static void switch_away(struct run_queue *rq, bool front)
{
	struct cpu *cpu = this_cpu();
	struct thread *prev = cpu->current, *next;

	if (prev->state == THREAD_RUNNING && prev != cpu->idle)
		enqueue(rq, prev, front);
	next = dequeue(rq);
	if (!next)
		next = cpu->idle;
	next->state = THREAD_RUNNING;
	cpu->need_resched = 0;
	if (next == prev)
		return;
	ASSERT(prev->preempt_count == 1);
	rq->left = prev;
	rq->switches++;
	registers_switch(cpu, next);
	cpu->tss->rsp0 = next->entry_rsp;
	context_page_update(next);
	cpu->current = next;
	context_switch_asm(prev, next);
	switch_finish(rq);
}

/* What a new thread does first: releases the lock that was held for it. */
void sched_first(void)
{
	struct run_queue *rq = queue_of(current_thread());

	switch_finish(rq);
	spin_unlock_irq(&rq->lock, RFLAGS_IF);
}

/* Lets others of the same priority run. No spinlock may be held. */
void schedule(void)
{
	struct run_queue *rq = queue_of(current_thread());
	u64 flags = spin_lock_irq(&rq->lock);

	switch_away(rq, false);
	spin_unlock_irq(&rq->lock, flags);
}

/* As schedule(). */
void sched_yield_cpu(void)
{
	schedule();
}

static void preempt(void)
{
	struct thread *t = current_thread();
	struct run_queue *rq = queue_of(t);
	u64 flags = spin_lock_irq(&rq->lock);
	bool front = t->slice != 0;

	if (!front)
		t->slice = SLICE_TICKS;
	switch_away(rq, front);
	spin_unlock_irq(&rq->lock, flags);
}

/* See include/core/thread.h. */
void preempt_check(void)
{
	if (this_cpu()->need_resched && current_thread()->preempt_count == 0)
		preempt();
}

/* The counterpart of preempt_disable(); the thread may be preempted here. */
void preempt_enable(void)
{
	struct thread *t = current_thread();

	__asm__ volatile("" : : : "memory");
	WRITE_ONCE(t->preempt_count, t->preempt_count - 1);
	if (unlikely(this_cpu()->need_resched) && t->preempt_count == 0 &&
	    irq_enabled())
		preempt();
}

/* See include/core/thread.h. */
void thread_wake(struct thread *t)
{
	struct run_queue *rq = queue_of(t);
	u64 flags = spin_lock_irq(&rq->lock);

	if (t->state == THREAD_BLOCKED) {
		t->slice = SLICE_TICKS;
		enqueue(rq, t, false);
		if (better_ready(rq, this_cpu()->current, false))
			this_cpu()->need_resched = 1;
	} else if (t->state != THREAD_DEAD) {
		t->wake_pending = true;
	}
	spin_unlock_irq(&rq->lock, flags);
}

static void wake_by_timer(struct timer *timer)
{
	thread_wake(timer->arg);
}

/*
 * Blocks the caller until thread_wake() or the deadline (ns since entry, 0:
 * none). May return early: the caller looks at its condition again.
 */
void thread_block(u64 deadline_ns)
{
	struct thread *t = current_thread();
	struct run_queue *rq = queue_of(t);
	struct timer timer;
	u64 flags;

	spin_assert_none();
	if (deadline_ns) {
		timer_setup(&timer, wake_by_timer, t);
		timer_start(&timer, deadline_ns);
	}
	flags = spin_lock_irq(&rq->lock);
	if (t->wake_pending) {
		t->wake_pending = false;
	} else {
		t->state = THREAD_BLOCKED;
		switch_away(rq, false);
	}
	spin_unlock_irq(&rq->lock, flags);
	if (deadline_ns)
		timer_stop(&timer);
}

/* The last act of thread_exit(): never returns. */
void sched_exit(void)
{
	struct thread *t = current_thread();
	struct run_queue *rq = queue_of(t);

	spin_lock_irq(&rq->lock);
	t->state = THREAD_DEAD;
	switch_away(rq, false);
	panic("a dead thread runs: %s", t->name);
}

/* ---- ticks, figures, start ---------------------------------------------- */

static void load_update(struct run_queue *rq, const struct cpu *cpu)
{
	u32 active = rq->nready + (cpu->current != cpu->idle);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rq->load); i++)
		rq->load[i] = (rq->load[i] * load_decay[i] + active * LOAD_ONE *
			       (LOAD_ONE - load_decay[i])) >> SCHED_LOAD_SHIFT;
}

/* Each timer tick, interrupts off; `ring3`: a program was interrupted. */
void sched_tick(bool ring3)
{
	struct cpu *cpu = this_cpu();
	struct thread *t = cpu->current;
	struct run_queue *rq = queue_of(t);
	u64 flags;

	if (ring3)
		t->utime_ns += TICK_NS;
	else
		t->stime_ns += TICK_NS;
	flags = spin_lock_irq(&rq->lock);
	if (t->slice)
		t->slice--;
	if (!t->slice && better_ready(rq, t, true))
		cpu->need_resched = 1;
	if (cpu->ticks % LOAD_TICKS == 0)
		load_update(rq, cpu);
	spin_unlock_irq(&rq->lock, flags);
}

static void stats_add(struct thread *t, void *arg)
{
	struct sched_stats *stats = arg;

	stats->alive++;
	stats->user_ns += t->utime_ns;
	stats->system_ns += t->stime_ns;
}

/* Times are those of living threads, and idle's. Any context. */
void sched_stats_get(struct sched_stats *stats)
{
	struct run_queue *rq = &run_queues[0];

	memset(stats, 0, sizeof(*stats));
	thread_for_each(stats_add, stats);
	stats->idle_ns = idle_thread.stime_ns;
	stats->switches = rq->switches;
	stats->ready = rq->nready + (this_cpu()->current != this_cpu()->idle);
	memcpy(stats->load, rq->load, sizeof(stats->load));
}

/* Makes the boot code a thread, the idle one. Before any other thread. */
void sched_init(void)
{
	struct cpu *cpu = this_cpu();
	u32 i;

	for (i = 0; i < PRIORITIES; i++)
		list_init(&run_queues[0].queue[i]);
	list_init(&idle_thread.run);
	list_init(&idle_thread.all);
	list_init(&idle_thread.siblings);
	idle_thread.stack_base = cpu->current->stack_base;
	cpu->current = &idle_thread;
	cpu->idle = &idle_thread;
}

/* Waits for interrupts when nothing else is to be done. */
__noreturn void sched_idle(void)
{
	for (;;) {
		thread_reap();
		irq_disable();
		if (this_cpu()->need_resched) {
			irq_enable();
			schedule();
			continue;
		}
		/* sti holds interrupts off for one more instruction. */
		__asm__ volatile("sti; hlt" : : : "memory");
		schedule();
	}
}
