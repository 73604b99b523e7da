/* SPDX-License-Identifier: MIT */
/*
 * Scheduling policies of programs, as Linux has them on one CPU: real time above
 * all others, idle below, niceness between. Real time is not exact: those of a
 * band of RT_BAND priorities take turns. Who may ask for what is module system's
 * to say (drivers/system/sched.c).
 */
#include <errno.h>
#include <info.h>
#include <mm.h>
#include <modules.h>
#include <sched.h>
#include <syscall.h>

#define RT_BAND 25

/* See include/core/syscall.h. Needs process_lock. */
void sched_apply(struct thread *t)
{
	const struct task *task = t->task;
	u32 policy = task->sched_policy & ~SCHED_RESET_ON_FORK;
	int priority = PRIORITY_USER + t->process->nice / 2;

	if (policy == SCHED_FIFO || policy == SCHED_RR)
		priority = PRIORITY_CORE + 1 + (SCHED_BEST - task->sched_priority) / RT_BAND;
	else if (policy == SCHED_IDLE)
		priority = PRIORITY_WORST;
	WRITE_ONCE(t->priority, priority);
}

/* A new thread begins as its maker is, if that does not say otherwise. */
void sched_inherit(struct task *task, const struct task *from)
{
	task->io_priority = from->io_priority;
	if (from->sched_policy & SCHED_RESET_ON_FORK)
		return;
	task->sched_policy = from->sched_policy;
	task->sched_priority = from->sched_priority;
}

long sys_sched_yield(void)
{
	sched_yield_cpu();
	return 0;
}

/* include/interface/info.h. */
long thread_sched_get(u32 tid, struct thread_sched *s)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct thread *t = find_thread(tid ? tid : current->tid, 0);
	struct thread_sched told;

	if (t)
		told = (struct thread_sched){
			.tid = t->tid, .pid = t->process->pid,
			.policy = t->task->sched_policy,
			.priority = t->task->sched_priority, .nice = t->process->nice,
			.io_priority = t->task->io_priority,
			.uid = t->process->creds.uid, .euid = t->process->creds.euid,
			.limit_nice = process_rlimit(t->process, RLIMIT_NICE),
			.limit_priority = process_rlimit(t->process, RLIMIT_RTPRIO),
		};
	spin_unlock_irq(&process_lock, flags);
	return !t ? -ESRCH : copy_module_to(s, &told, sizeof(told)) ? -EFAULT : 0;
}
SYMBOL_EXPORT(thread_sched_get);

/* include/interface/info.h. */
long thread_sched_set(u32 tid, u32 policy, u32 priority)
{
	u64 flags;
	struct thread *t;

	if ((policy & ~SCHED_RESET_ON_FORK) > SCHED_IDLE || priority > SCHED_BEST)
		return -EINVAL;
	flags = spin_lock_irq(&process_lock);
	t = find_thread(tid, 0);
	if (t) {
		t->task->sched_policy = policy;
		t->task->sched_priority = priority;
		sched_apply(t);
	}
	spin_unlock_irq(&process_lock, flags);
	return t ? 0 : -ESRCH;
}
SYMBOL_EXPORT(thread_sched_set);

/* include/interface/info.h. */
long process_nice_set(u32 pid, s32 nice)
{
	struct process *p;
	struct thread *t;
	u64 flags;

	if (nice < NICE_LEAST || nice > NICE_MOST)
		return -EINVAL;
	flags = spin_lock_irq(&process_lock);
	p = process_find(pid);
	if (p) {
		p->nice = nice;
		list_for_each_entry(t, &p->threads, siblings)
			sched_apply(t);
	}
	spin_unlock_irq(&process_lock, flags);
	return p ? 0 : -ESRCH;
}
SYMBOL_EXPORT(process_nice_set);

/* include/interface/info.h. */
long process_value_set(u32 id, u32 which, s32 value)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct thread *t = find_thread(id, 0);

	if (t && which == THREAD_IO_PRIORITY)
		t->task->io_priority = value;
	else if (t && which == PROCESS_OOM_ADJUST)
		t->process->oom_adjust = value;
	spin_unlock_irq(&process_lock, flags);
	return t ? 0 : -ESRCH;
}
SYMBOL_EXPORT(process_value_set);
