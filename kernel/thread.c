/* SPDX-License-Identifier: MIT */
/*
 * Threads: making, finding and freeing them.
 *
 * A thread is blocked when it is made, and thread_start() wakes it. It ends in
 * thread_exit(); as it can't free the stack it stands on, it goes onto the list
 * of the dead when the CPU has left that stack (thread_dead), and is freed when
 * the next thread is made or the CPU is idle (thread_reap).
 *
 * Thread ids are never 0 (idle). The first thread made has 1: the first
 * program. A few stacks are kept for reuse, since mapping one is dear.
 *
 * Locks: thread_lock (list and ids) below the run queues' locks in rank, so that
 * thread_for_each() may wake; dead_lock above them, since it is taken in a switch.
 */
#include <boundary.h>
#include <frame.h>
#include <sched.h>
#include <spinlock.h>
#include <string.h>
#include <thread.h>

#define TID_MAX 32767		/* below the pid_max that /proc has, as on Linux */
#define STACKS_KEPT 8

static struct spinlock thread_lock = SPINLOCK("threads", LOCK_SCHED - 1);
static LIST_HEAD(thread_list);
static u32 tid_last;

static struct spinlock dead_lock = SPINLOCK("dead threads", LOCK_SCHED + 1);
static LIST_HEAD(dead_threads);		/* by thread->run; dead_lock */
static u64 kept_stack[STACKS_KEPT];	/* dead_lock */
static u32 nkept_stacks;

static u64 stack_alloc(void)
{
	u64 flags = spin_lock_irq(&dead_lock);
	u64 base = 0;

	if (nkept_stacks)
		base = kept_stack[--nkept_stacks];
	spin_unlock_irq(&dead_lock, flags);
	return base ? base : vmap_alloc_stack(KERNEL_STACK_SIZE);
}

static void stack_free(u64 base)
{
	u64 flags = spin_lock_irq(&dead_lock);
	bool keep = nkept_stacks < STACKS_KEPT;

	if (keep)
		kept_stack[nkept_stacks++] = base;
	spin_unlock_irq(&dead_lock, flags);
	if (!keep)
		vmap_free_stack(base, KERNEL_STACK_SIZE);
}

/* Needs thread_lock. */
static struct thread *find_locked(u32 tid)
{
	struct thread *t;

	list_for_each_entry(t, &thread_list, all)
		if (t->tid == tid)
			return t;
	return NULL;
}

/*
 * The thread with this id, or NULL. It may end at any time unless the caller
 * knows better (a process's lock, preemption off). Any context.
 */
struct thread *thread_find(u32 tid)
{
	u64 flags = spin_lock_irq(&thread_lock);
	struct thread *t = find_locked(tid);

	spin_unlock_irq(&thread_lock, flags);
	return t;
}

/* See include/core/thread.h. */
void thread_for_each(void (*fn)(struct thread *t, void *arg), void *arg)
{
	u64 flags = spin_lock_irq(&thread_lock);
	struct thread *t;

	list_for_each_entry(t, &thread_list, all)
		fn(t, arg);
	spin_unlock_irq(&thread_lock, flags);
}

/* The id that was given out last. */
u32 thread_last(void)
{
	return READ_ONCE(tid_last);
}

static void thread_register(struct thread *t)
{
	u64 flags = spin_lock_irq(&thread_lock);

	do {
		tid_last = tid_last < TID_MAX ? tid_last + 1 : 1;
	} while (find_locked(tid_last));
	t->tid = tid_last;
	list_add_tail(&t->all, &thread_list);
	spin_unlock_irq(&thread_lock, flags);
}

/* Where a new thread begins; the switch to it is not finished yet. */
static void thread_begin(void)
{
	sched_first();
	current->entry(current->arg);
	thread_exit();
}

/* Lays out what context_switch_asm() pops: six registers, then returns. */
static void stack_prepare(struct thread *t)
{
	u64 *top = (u64 *)(t->stack_base + KERNEL_STACK_SIZE);

	*--top = 0;			/* where frame pointers end */
	*--top = (u64)thread_begin;
	top -= 6;
	memset(top, 0, 6 * sizeof(*top));
	t->rsp = (u64)top;
	t->entry_rsp = t->stack_base + KERNEL_STACK_SIZE;
}

/*
 * Makes a thread that will run entry(arg) in ring 0 when thread_start() lets
 * it; returning from entry ends it. Returns NULL when memory is out. Does not
 * sleep.
 */
struct thread *thread_create_core(const char *name, void (*entry)(void *),
				  void *arg, int priority)
{
	struct thread *t;

	thread_reap();
	t = core_alloc(sizeof(*t));
	if (!t)
		return NULL;
	t->stack_base = stack_alloc();
	if (!t->stack_base) {
		core_free(t);
		return NULL;
	}
	strlcpy(t->name, name, sizeof(t->name));
	t->state = THREAD_BLOCKED;
	t->priority = MIN(MAX(priority, PRIORITY_BEST), PRIORITY_WORST);
	t->preempt_count = 1;	/* the run queue's lock, until sched_first() */
	t->entry = entry;
	t->arg = arg;
	list_init(&t->run);
	list_init(&t->siblings);
	stack_prepare(t);
	thread_register(t);
	return t;
}

/* Lets a new thread run. Any context. */
void thread_start(struct thread *t)
{
	thread_wake(t);
}

/*
 * Ends the calling thread, which holds nothing any more. What process.c keeps
 * of it must be gone from there.
 */
__noreturn void thread_exit(void)
{
	u64 flags = spin_lock_irq(&thread_lock);

	list_del(&current->all);
	spin_unlock_irq(&thread_lock, flags);
	sched_exit();
	__builtin_unreachable();
}

/* From the scheduler, interrupts off: no CPU is on t's stack any more. */
void thread_dead(struct thread *t)
{
	u64 flags = spin_lock_irq(&dead_lock);

	list_add_tail(&t->run, &dead_threads);
	spin_unlock_irq(&dead_lock, flags);
}

static struct thread *dead_take(void)
{
	u64 flags = spin_lock_irq(&dead_lock);
	struct thread *t = NULL;

	if (!list_empty(&dead_threads)) {
		t = list_first_entry(&dead_threads, struct thread, run);
		list_del(&t->run);
	}
	spin_unlock_irq(&dead_lock, flags);
	return t;
}

/* Frees the threads that are dead. Does not sleep. */
void thread_reap(void)
{
	struct thread *t;

	while (!list_empty(&dead_threads) && (t = dead_take())) {
		core_free(t->fpu);
		stack_free(t->stack_base);
		core_free(t);
	}
}
