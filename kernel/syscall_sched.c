/* SPDX-License-Identifier: MIT */
/*
 * Scheduling as Linux answers on one CPU. Priorities of programs: real time
 * above all others, idle below, niceness between. Real time is not exact: those
 * of a band of RT_BAND priorities take turns.
 */
#include <errno.h>
#include <mm.h>
#include <sched.h>
#include <string.h>
#include <syscall.h>
#include <timer.h>
#include <whitix/capability.h>

#define NICE_LEAST (-20)
#define NICE_MOST 19
#define RT_BEST 99
#define RT_BAND 25
#define RR_INTERVAL_NS (100 * NSEC_PER_MSEC)
#define OTHER_INTERVAL_NS (4 * NSEC_PER_MSEC)
#define PRIO_PROCESS 0
#define PRIO_PGRP 1
#define PRIO_USER 2
#define SCHED_OTHER 0
#define SCHED_FIFO 1
#define SCHED_RR 2
#define SCHED_BATCH 3
#define SCHED_IDLE 5
#define SCHED_DEADLINE 6
#define SCHED_RESET_ON_FORK 0x40000000

static bool is_real_time(u32 policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

/* See include/core/syscall.h. Needs process_lock. */
void sched_apply(struct thread *t)
{
	const struct task *task = t->task;
	u32 policy = task->sched_policy & ~SCHED_RESET_ON_FORK;
	int priority = PRIORITY_USER + t->process->nice / 2;

	if (is_real_time(policy))
		priority = PRIORITY_CORE + 1 + (RT_BEST - task->sched_priority) / RT_BAND;
	else if (policy == SCHED_IDLE)
		priority = PRIORITY_WORST;
	WRITE_ONCE(t->priority, priority);
}

/* A new thread begins as its maker is, if that does not say otherwise. */
void sched_inherit(struct task *task, const struct task *from)
{
	if (from->sched_policy & SCHED_RESET_ON_FORK)
		return;
	task->sched_policy = from->sched_policy;
	task->sched_priority = from->sched_priority;
}

/* The thread with this id, 0: the caller. NULL. Needs process_lock. */
static struct thread *target(s32 tid)
{
	return tid ? find_thread(tid, 0) : current;
}

/* May the caller change the scheduling of this process? */
static bool may_change(const struct process *p)
{
	u32 euid = current->process->creds.euid;

	return capable(CAP_SYS_NICE) || euid == p->creds.uid || euid == p->creds.euid;
}

/* May a process be as nice as this, by RLIMIT_NICE (20 - nice)? */
static bool may_nice(struct process *p, s32 nice)
{
	return capable(CAP_SYS_NICE) ||
	       (u64)(NICE_MOST + 1 - nice) <= process_rlimit(p, RLIMIT_NICE);
}

long sys_sched_yield(void)
{
	sched_yield_cpu();
	return 0;
}

/* getcpu(2). */
long sys_getcpu(u64 cpu, u64 node)
{
	u32 number = this_cpu()->id, zero = 0;

	return (cpu && put_user_bytes(cpu, &number, sizeof(number))) ||
	       (node && put_user_bytes(node, &zero, sizeof(zero))) ? -EFAULT : 0;
}

/* sched_getaffinity(2): CPU 0. */
long sys_sched_getaffinity(s32 pid, u32 len, u64 user)
{
	u64 mask = 1, flags;
	bool found;

	if (len < sizeof(mask) || len % sizeof(mask))
		return -EINVAL;
	flags = spin_lock_irq(&process_lock);
	found = target(pid);
	spin_unlock_irq(&process_lock, flags);
	if (!found)
		return -ESRCH;
	return put_user_bytes(user, &mask, sizeof(mask)) ? -EFAULT : (long)sizeof(mask);
}

/* sched_setaffinity(2): what holds CPU 0 is what it is already. */
long sys_sched_setaffinity(s32 pid, u32 len, u64 user)
{
	u64 mask = 0, flags;
	struct thread *t;
	long error;

	if (get_user_bytes(&mask, user, MIN(len, (u32)sizeof(mask))))
		return -EFAULT;
	flags = spin_lock_irq(&process_lock);
	t = target(pid);
	error = !t ? -ESRCH : !may_change(t->process) ? -EPERM : mask & 1 ? 0 : -EINVAL;
	spin_unlock_irq(&process_lock, flags);
	return error;
}

/* Policy and priority of a thread: 0, -EINVAL, -ESRCH. */
static long sched_get(s32 pid, u32 *policy, s32 *priority)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct thread *t = pid < 0 ? NULL : target(pid);

	if (t) {
		*policy = t->task->sched_policy;
		*priority = t->task->sched_priority;
	}
	spin_unlock_irq(&process_lock, flags);
	return t ? 0 : pid < 0 ? -EINVAL : -ESRCH;
}

/* sched_getscheduler(2). */
long sys_sched_getscheduler(s32 pid)
{
	u32 policy;
	s32 priority;
	long error = sched_get(pid, &policy, &priority);

	return error ? error : (long)policy;
}

/* sched_getparam(2). */
long sys_sched_getparam(s32 pid, u64 user)
{
	u32 policy;
	s32 priority;
	long error = user ? sched_get(pid, &policy, &priority) : -EINVAL;

	return error ? error : put_user_bytes(user, &priority, sizeof(priority));
}

/* sched_rr_get_interval(2). */
long sys_sched_rr_get_interval(s32 pid, u64 user)
{
	struct linux_timespec interval;
	u32 policy;
	s32 priority;
	long error = sched_get(pid, &policy, &priority);

	if (error)
		return error;
	policy &= ~SCHED_RESET_ON_FORK;
	interval = ns_to_timespec(policy == SCHED_RR ? RR_INTERVAL_NS :
				  policy == SCHED_FIFO ? 0 : OTHER_INTERVAL_NS);
	return put_user_bytes(user, &interval, sizeof(interval));
}

/* Rights to a new policy and priority: 0 or -EPERM. */
static long sched_allowed(struct thread *t, u32 policy, s32 priority)
{
	struct process *p = t->process;

	if (capable(CAP_SYS_NICE))
		return 0;
	if (!may_change(p) || (is_real_time(policy) &&
			       (u64)priority > process_rlimit(p, RLIMIT_RTPRIO)))
		return -EPERM;
	if (t->task->sched_policy == SCHED_IDLE && policy != SCHED_IDLE)
		return may_nice(p, p->nice) ? 0 : -EPERM;
	return 0;
}

/* Sets policy (-1: as it is) and priority of a thread. */
static long sched_set(s32 pid, s32 policy, u64 user)
{
	struct thread *t;
	s32 priority, plain;
	u64 flags;
	long error = 0;

	if (!user || pid < 0)
		return -EINVAL;
	if (get_user_bytes(&priority, user, sizeof(priority)))
		return -EFAULT;
	flags = spin_lock_irq(&process_lock);
	t = target(pid);
	if (t && policy == -1)
		policy = t->task->sched_policy;
	plain = policy & ~SCHED_RESET_ON_FORK;
	if (!t)
		error = -ESRCH;
	else if (is_real_time(plain) ? priority < 1 || priority > RT_BEST :
		 priority || (plain != SCHED_OTHER && plain != SCHED_BATCH &&
			      plain != SCHED_IDLE))
		error = -EINVAL;
	if (!error)
		error = sched_allowed(t, plain, priority);
	if (!error) {
		t->task->sched_policy = policy;
		t->task->sched_priority = priority;
		sched_apply(t);
	}
	spin_unlock_irq(&process_lock, flags);
	return error;
}

SYSCALL_AS(sched_setscheduler, (s32 pid, s32 policy, u64 user),
	   policy < 0 ? -EINVAL : sched_set(pid, policy, user))
SYSCALL_AS(sched_setparam, (s32 pid, u64 user), sched_set(pid, -1, user))

long sys_sched_get_priority_max(s32 policy)
{
	return is_real_time(policy) ? RT_BEST :
	       policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE ||
	       policy == SCHED_DEADLINE ? 0 : -EINVAL;
}

SYSCALL_AS(sched_get_priority_min, (s32 policy),
	   is_real_time(policy) ? 1 : sys_sched_get_priority_max(policy))

/* ---- niceness ------------------------------------------------------------ */

/* Is `p` among those that `which` and `who` name? */
static bool is_meant(const struct process *p, u32 which, u32 who)
{
	const struct process *self = current->process;

	switch (which) {
	case PRIO_PROCESS:
		return who ? p->pid == who : p == self;
	case PRIO_PGRP:
		return p->pgrp == (who ? who : self->pgrp);
	}
	return p->creds.uid == (who ? who : self->creds.uid);
}

static long nice_set(struct process *p, s32 nice)
{
	struct thread *t;

	if (!may_change(p))
		return -EPERM;
	if (nice < p->nice && !may_nice(p, nice))
		return -EACCES;
	p->nice = nice;
	list_for_each_entry(t, &p->threads, siblings)
		sched_apply(t);
	return 0;
}

/* getpriority(2): 20 - nice of the least nice, so that it is never negative. */
long sys_getpriority(u32 which, u32 who)
{
	struct process *p;
	long result = -ESRCH;
	u64 flags;

	if (which > PRIO_USER)
		return -EINVAL;
	flags = spin_lock_irq(&process_lock);
	list_for_each_entry(p, &process_list, all)
		if (is_meant(p, which, who))
			result = MAX(result, (long)(NICE_MOST + 1 - p->nice));
	spin_unlock_irq(&process_lock, flags);
	return result;
}

/* setpriority(2). */
long sys_setpriority(u32 which, u32 who, s32 nice)
{
	struct process *p;
	long error = -ESRCH;
	u64 flags;

	if (which > PRIO_USER)
		return -EINVAL;
	nice = MIN(MAX(nice, NICE_LEAST), NICE_MOST);
	flags = spin_lock_irq(&process_lock);
	list_for_each_entry(p, &process_list, all) {
		if (is_meant(p, which, who)) {
			long one = nice_set(p, nice);

			error = one || error == -ESRCH ? one : error;
		}
	}
	spin_unlock_irq(&process_lock, flags);
	return error;
}
