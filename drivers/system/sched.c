/* SPDX-License-Identifier: MIT */
/*
 * Scheduling as Linux answers on one CPU: who may ask for which policy, priority
 * and niceness. What these mean is the core's (kernel/policy.c).
 */
#include <whitix/sched.h>

#include "internal.h"

#define RR_INTERVAL_NS (100 * NSEC_PER_MSEC)
#define OTHER_INTERVAL_NS (4 * NSEC_PER_MSEC)
#define POLICY_KEEP (-1)

static bool is_real_time(u32 policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

/* May the caller change the scheduling of this process, by its real and effective uid? */
static bool may_change(u32 uid, u32 euid)
{
	return cred_capable(CAP_SYS_NICE) || cred_euid() == uid || cred_euid() == euid;
}

/* May a process with this RLIMIT_NICE (20 - nice) be as nice as this? */
static bool may_nice(u64 limit, s32 nice)
{
	return cred_capable(CAP_SYS_NICE) || (u64)(NICE_MOST + 1 - nice) <= limit;
}

/* ---- CPUs -------------------------------------------------------------- */

/* sched_getaffinity(2): CPU 0. */
long call_sched_getaffinity(u64 pid, u64 len, u64 user, u64 d, u64 e, u64 f)
{
	struct thread_sched s;
	u64 mask = 1;
	long ret;

	if ((u32)len < sizeof(mask) || (u32)len % sizeof(mask))
		return -EINVAL;
	ret = thread_sched_get((u32)pid, &s);
	if (ret)
		return ret;
	return user_write(user, &mask, sizeof(mask)) ? -EFAULT : (long)sizeof(mask);
}

/* sched_setaffinity(2): what holds CPU 0 is what it is already. */
long call_sched_setaffinity(u64 pid, u64 len, u64 user, u64 d, u64 e, u64 f)
{
	struct thread_sched s;
	u64 mask = 0;
	long ret;

	if (user_read(user, &mask, MIN((u32)len, (u32)sizeof(mask))))
		return -EFAULT;
	ret = thread_sched_get((u32)pid, &s);
	return ret ? ret : !may_change(s.uid, s.euid) ? -EPERM : mask & 1 ? 0 : -EINVAL;
}

/* ---- policies ---------------------------------------------------------- */

/* Policy and priority of a thread: 0, -EINVAL, -ESRCH. */
static long sched_get(u64 pid, struct thread_sched *s)
{
	return (s32)pid < 0 ? -EINVAL : thread_sched_get((u32)pid, s);
}

/* getcpu(2): CPU 0 of node 0. */
long call_getcpu(u64 cpu, u64 node, u64 c, u64 d, u64 e, u64 f)
{
	u32 zero = 0;

	return (cpu && user_write(cpu, &zero, sizeof(zero))) ||
	       (node && user_write(node, &zero, sizeof(zero))) ? -EFAULT : 0;
}

long call_sched_getscheduler(u64 pid, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	struct thread_sched s;
	long ret = sched_get(pid, &s);

	return ret ? ret : (long)s.policy;
}

long call_sched_getparam(u64 pid, u64 user, u64 c, u64 d, u64 e, u64 f)
{
	struct thread_sched s;
	long ret = user ? sched_get(pid, &s) : -EINVAL;

	return ret ? ret : user_write(user, &s.priority, sizeof(s.priority));
}

long call_sched_rr_get_interval(u64 pid, u64 user, u64 c, u64 d, u64 e, u64 f)
{
	struct linux_timespec interval = { 0, 0 };
	struct thread_sched s;
	long ret = sched_get(pid, &s);

	if (ret)
		return ret;
	s.policy &= ~(u32)SCHED_RESET_ON_FORK;
	if (s.policy != SCHED_FIFO)
		interval.tv_nsec = s.policy == SCHED_RR ? RR_INTERVAL_NS : OTHER_INTERVAL_NS;
	return user_write(user, &interval, sizeof(interval));
}

/* Rights to a new policy and priority: 0 or -EPERM. */
static long sched_allowed(const struct thread_sched *s, u32 policy, s32 priority)
{
	if (cred_capable(CAP_SYS_NICE))
		return 0;
	if (!may_change(s->uid, s->euid) ||
	    (is_real_time(policy) && (u64)priority > s->limit_priority))
		return -EPERM;
	if (s->policy == SCHED_IDLE && policy != SCHED_IDLE)
		return may_nice(s->limit_nice, s->nice) ? 0 : -EPERM;
	return 0;
}

/* Is there such a policy, and has it such a priority? */
static bool is_sound(u32 policy, s32 priority)
{
	if (is_real_time(policy))
		return priority >= 1 && priority <= SCHED_BEST;
	return !priority && (policy == SCHED_OTHER || policy == SCHED_BATCH ||
			     policy == SCHED_IDLE);
}

/* Sets policy (POLICY_KEEP: as it is) and priority of a thread. */
static long sched_set(u64 pid, s32 policy, u64 user)
{
	struct thread_sched s;
	s32 priority;
	u32 plain;
	long ret;

	if (!user || (s32)pid < 0)
		return -EINVAL;
	if (user_read(user, &priority, sizeof(priority)))
		return -EFAULT;
	ret = sched_get(pid, &s);
	if (ret)
		return ret;
	if (policy == POLICY_KEEP)
		policy = (s32)s.policy;
	plain = (u32)policy & ~(u32)SCHED_RESET_ON_FORK;
	ret = is_sound(plain, priority) ? sched_allowed(&s, plain, priority) : -EINVAL;
	return ret ? ret : thread_sched_set(s.tid, (u32)policy, (u32)priority);
}

long call_sched_setscheduler(u64 pid, u64 policy, u64 user, u64 d, u64 e, u64 f)
{
	return (s32)policy < 0 ? -EINVAL : sched_set(pid, (s32)policy, user);
}

long call_sched_setparam(u64 pid, u64 user, u64 c, u64 d, u64 e, u64 f)
{
	return sched_set(pid, POLICY_KEEP, user);
}

long call_sched_get_priority_max(u64 policy, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	switch ((u32)policy) {
	case SCHED_FIFO:
	case SCHED_RR:
		return SCHED_BEST;
	case SCHED_OTHER:
	case SCHED_BATCH:
	case SCHED_IDLE:
	case SCHED_DEADLINE:
		return 0;
	}
	return -EINVAL;
}

long call_sched_get_priority_min(u64 policy, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return is_real_time((u32)policy) ? 1 :
	       call_sched_get_priority_max(policy, 0, 0, 0, 0, 0);
}

/* ---- niceness ------------------------------------------------------------ */

/* Is the process among those that `which` and `who` name? `self` is the caller. */
static bool is_meant(const struct process_info *p, const struct process_info *self, u32 which,
		     u32 who)
{
	switch (which) {
	case PRIO_PROCESS:
		return p->pid == (who ? who : self->pid);
	case PRIO_PGRP:
		return p->pgrp == (who ? who : self->pgrp);
	}
	return p->uid[0] == (who ? who : self->uid[0]);
}

static long nice_set(const struct process_info *p, s32 nice)
{
	struct thread_sched s;
	long ret;

	if (!may_change(p->uid[0], p->uid[1]))
		return -EPERM;
	ret = thread_sched_get(p->pid, &s);
	if (!ret && nice < p->nice && !may_nice(s.limit_nice, nice))
		ret = -EACCES;
	return ret ? ret : process_nice_set(p->pid, nice);
}

/* Asks (`set` is NULL) or sets the niceness of all that are meant. */
static long nice_all(u32 which, u32 who, const s32 *set)
{
	struct process_info p, self;
	long pid = 0, ret = -ESRCH, one;

	if (which > PRIO_USER)
		return -EINVAL;
	if (process_info_get(current_pid(), false, &self))
		return -ESRCH;
	while ((pid = process_next((u32)pid)) > 0) {
		if (process_info_get((u32)pid, false, &p) ||
		    !is_meant(&p, &self, which, who))
			continue;
		/* What getpriority() tells is 20 - nice, so that it is never negative. */
		one = set ? nice_set(&p, *set) : NICE_MOST + 1 - p.nice;
		if (set)
			ret = one || ret == -ESRCH ? one : ret;
		else
			ret = MAX(ret, one);
	}
	return ret;
}

long call_getpriority(u64 which, u64 who, u64 c, u64 d, u64 e, u64 f)
{
	return nice_all((u32)which, (u32)who, NULL);
}

long call_setpriority(u64 which, u64 who, u64 nice, u64 d, u64 e, u64 f)
{
	s32 to = MIN(MAX((s32)nice, NICE_LEAST), NICE_MOST);

	return nice_all((u32)which, (u32)who, &to);
}

/* ---- priorities of input and output -------------------------------------- */

/* As Linux takes them; nothing is done slower or faster for it. */
#define IOPRIO_CLASS(p) ((p) >> 13)
#define IOPRIO_LEVEL(p) ((p) & 7)
#define IOPRIO_OF(class, level) ((class) << 13 | (level))
enum { IOPRIO_NONE, IOPRIO_RT, IOPRIO_BE, IOPRIO_IDLE };
enum { IOPRIO_PROCESS = 1, IOPRIO_PGRP, IOPRIO_USER };

/* May the caller ask for it? 0, -EINVAL, -EPERM. */
static long io_allowed(u32 priority)
{
	switch (IOPRIO_CLASS(priority)) {
	case IOPRIO_RT:
		return cred_capable(CAP_SYS_NICE) || cred_capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
	case IOPRIO_BE:
	case IOPRIO_IDLE:
		return 0;
	case IOPRIO_NONE:
		return IOPRIO_LEVEL(priority) ? -EINVAL : 0;
	}
	return -EINVAL;
}

/* What counts among several: one that was not set follows policy and niceness. */
static u32 io_effective(const struct thread_sched *s)
{
	u32 policy = s->policy & ~(u32)SCHED_RESET_ON_FORK;

	if (IOPRIO_CLASS(s->io_priority) != IOPRIO_NONE)
		return s->io_priority;
	return IOPRIO_OF(policy == SCHED_IDLE ? IOPRIO_IDLE :
			 is_real_time(policy) ? IOPRIO_RT : IOPRIO_BE,
			 (u32)(s->nice - NICE_LEAST) / 5);
}

/* Asks (`set` is NULL) or sets it for one thread. */
static long io_one(u32 tid, const u32 *set, bool effective)
{
	struct thread_sched s;
	long ret = thread_sched_get(tid, &s);

	if (ret)
		return ret;
	if (!set)
		return effective ? io_effective(&s) : s.io_priority;
	if (cred_euid() != s.uid && cred_uid() != s.uid && !cred_capable(CAP_SYS_NICE))
		return -EPERM;
	return process_value_set(s.tid, THREAD_IO_PRIORITY, (s32)*set);
}

/* For all threads of the processes that `which` and `who` name; asked: the best. */
static long io_all(u32 which, u32 who, const u32 *set)
{
	struct process_info p, self;
	long pid = 0, tid, one, ret = -ESRCH;

	if (which < IOPRIO_PROCESS || which > IOPRIO_USER)
		return -EINVAL;
	if (which == IOPRIO_PROCESS)
		return io_one(who, set, false);
	if (process_info_get(current_pid(), false, &self))
		return -ESRCH;
	while ((pid = process_next((u32)pid)) > 0) {
		if (process_info_get((u32)pid, false, &p) ||
		    !is_meant(&p, &self, which == IOPRIO_PGRP ? PRIO_PGRP : PRIO_USER, who))
			continue;
		for (tid = 0; (tid = process_thread_next((u32)pid, (u32)tid)) > 0;) {
			one = io_one((u32)tid, set, true);
			if (set && one)
				return one;
			ret = ret < 0 ? one : MIN(ret, one);
		}
	}
	return ret;
}

long call_ioprio_get(u64 which, u64 who, u64 c, u64 d, u64 e, u64 f)
{
	return io_all((u32)which, (u32)who, NULL);
}

long call_ioprio_set(u64 which, u64 who, u64 priority, u64 d, u64 e, u64 f)
{
	u32 set = (u32)priority;
	long ret = io_allowed(set);

	return ret ? ret : io_all((u32)which, (u32)who, &set);
}
