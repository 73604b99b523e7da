/* SPDX-License-Identifier: MIT */
/* Limits and figures of processes, and what prctl(2) and its like only keep. */
#include "internal.h"

#define PERSONALITY_ASK 0xffffffffu
#define KIB_PER_PAGE (PAGE_SIZE / 1024)
#define NS_PER_S 1000000000ul
#define NS_PER_US 1000ul
#define TIMER_SLACK_NS 50000

static u32 pid_or_own(u64 pid)
{
	return (u32)pid ? (u32)pid : current_pid();
}

/* Linux's rule of whose limits the caller may see and set. */
static bool limits_are_open(const struct process_info *p)
{
	return p->pid == current_pid() || cred_capable(CAP_SYS_RESOURCE) ||
	       (cred_uid() == p->uid[0] && cred_uid() == p->uid[1] && cred_uid() == p->uid[2] &&
		cred_gid() == p->gid[0] && cred_gid() == p->gid[1] && cred_gid() == p->gid[2]);
}

/* prlimit64(2). */
long call_prlimit64(u64 pid, u64 which, u64 new, u64 old, u64 e, u64 f)
{
	struct process_info info;
	struct linux_rlimit limit, was;
	long ret = 0;

	if ((u32)which >= RLIMITS)
		return -EINVAL;
	if (new && user_read(new, &limit, sizeof(limit)))
		return -EFAULT;
	ret = process_info_get(pid_or_own(pid), false, &info);
	if (ret)
		return ret;
	if (!limits_are_open(&info))
		return -EPERM;
	was = (struct linux_rlimit){ info.limit[(u32)which].cur, info.limit[(u32)which].max };
	if (new)
		ret = process_limit_set(info.pid, (u32)which, limit.cur, limit.max);
	return ret || !old ? ret : user_write(old, &was, sizeof(was));
}

/* getrlimit(2). */
long call_getrlimit(u64 which, u64 user, u64 c, u64 d, u64 e, u64 f)
{
	return (u32)which >= RLIMITS ? -EINVAL :
	       user ? call_prlimit64(0, which, 0, user, 0, 0) : -EFAULT;
}

/* setrlimit(2). */
long call_setrlimit(u64 which, u64 user, u64 c, u64 d, u64 e, u64 f)
{
	return user ? call_prlimit64(0, which, user, 0, 0, 0) : -EFAULT;
}

static struct linux_timeval timeval(u64 ns)
{
	return (struct linux_timeval){ (s64)(ns / NS_PER_S),
				       (s64)(ns % NS_PER_S / NS_PER_US) };
}

/* getrusage(2). */
long call_getrusage(u64 who, u64 user, u64 c, u64 d, u64 e, u64 f)
{
	bool children = (s32)who == RUSAGE_CHILDREN, thread = (s32)who == RUSAGE_THREAD;
	struct linux_rusage r = { .ru_maxrss = 0 };
	struct process_info p;
	long ret;

	if ((s32)who != RUSAGE_SELF && !children && !thread)
		return -EINVAL;
	ret = process_info_get(thread ? current_tid() : current_pid(), thread, &p);
	if (ret)
		return ret;
	r.ru_utime = timeval(children ? p.child_utime_ns : p.utime_ns);
	r.ru_stime = timeval(children ? p.child_stime_ns : p.stime_ns);
	r.ru_maxrss = (s64)((children ? p.child_max_resident : p.max_resident) * KIB_PER_PAGE);
	r.ru_minflt = (s64)(children ? p.child_faults : p.faults);
	return user_write(user, &r, sizeof(r));
}

/* Group and session: of process_info's fields, -ESRCH. */
static long place_of(u32 pid, bool session)
{
	struct process_info info;
	long ret = process_info_get(pid, false, &info);

	return ret ? ret : session ? (long)info.sid : (long)info.pgrp;
}

/* getpgid(2). */
long call_getpgid(u64 pid, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return place_of(pid_or_own(pid), false);
}

/* getpgrp(2). */
long call_getpgrp(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return place_of(current_pid(), false);
}

/* getsid(2). */
long call_getsid(u64 pid, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return place_of(pid_or_own(pid), true);
}

/* ---- what is kept ----------------------------------------------------------- */

static long name_set(u64 user)
{
	char name[INFO_NAME_MAX] = "";
	u32 n;

	for (n = 0; n < sizeof(name) - 1; n++) {
		if (user_read(user + n, &name[n], 1))
			return -EFAULT;
		if (!name[n])
			break;
	}
	name[n] = 0;
	return process_name_set(current_tid(), name);
}

static long name_get(u64 user)
{
	struct process_info info;
	long ret = process_info_get(current_tid(), true, &info);

	return ret ? ret : user_write(user, info.name, sizeof(info.name));
}

/* A PREF_*: to `user`, `size` bytes of it. */
static long pref_tell(u32 which, u64 user, size_t size)
{
	u64 value = (u64)process_pref_get(which);

	return user_write(user, &value, size);
}

static long dumpable_set(u64 dumpable)
{
	return dumpable > 1 ? -EINVAL : process_pref_set(PREF_UNDUMPABLE, !dumpable);
}

/* Those of prctl(2) that end with an undefined word, or look at it. */
static long prctl_kept(u32 option, u64 a, bool more)
{
	switch (option) {
	case PR_SET_PDEATHSIG:
		return process_pref_set(PREF_DEATH_SIGNAL, a);
	case PR_GET_PDEATHSIG:
		return pref_tell(PREF_DEATH_SIGNAL, a, sizeof(u32));
	case PR_SET_CHILD_SUBREAPER:
		return process_pref_set(PREF_SUBREAPER, a != 0);
	case PR_GET_CHILD_SUBREAPER:
		return pref_tell(PREF_SUBREAPER, a, sizeof(u32));
	case PR_SET_NO_NEW_PRIVS:
		return a != 1 || more ? -EINVAL : process_pref_set(PREF_NO_NEW_PRIVS, 1);
	case PR_GET_NO_NEW_PRIVS:
		return a || more ? -EINVAL : process_pref_get(PREF_NO_NEW_PRIVS);
	case PR_GET_TID_ADDRESS:
		return pref_tell(PREF_TID_ADDRESS, a, sizeof(u64));
	case PR_GET_DUMPABLE:
		return !process_pref_get(PREF_UNDUMPABLE);
	case PR_SET_DUMPABLE:
		return dumpable_set(a);
	case PR_GET_TIMERSLACK:
		return process_pref_get(PREF_TIMER_SLACK);
	case PR_SET_TIMERSLACK:
		return process_pref_set(PREF_TIMER_SLACK, (s64)a > 0 ? a : TIMER_SLACK_NS);
	}
	return -EINVAL;
}

/* prctl(2). */
long call_prctl(u64 option, u64 a, u64 b, u64 c, u64 d, u64 f)
{
	switch ((u32)option) {
	case PR_SET_NAME:
		return name_set(a);
	case PR_GET_NAME:
		return name_get(a);
	case PR_GET_KEEPCAPS:
		return keep_caps_get();
	case PR_SET_KEEPCAPS:
		return keep_caps_set(a);
	case PR_CAPBSET_READ:
	case PR_CAPBSET_DROP:
		return caps_bounding(a, (u32)option == PR_CAPBSET_DROP);
	}
	return prctl_kept((u32)option, a, b || c || d);
}

/* membarrier(2): with one CPU started, every switch of threads is a barrier. */
long call_membarrier(u64 command, u64 flags, u64 c, u64 d, u64 e, u64 f)
{
	enum { QUERY, GLOBAL, EXPEDITED, REGISTER = 4, PRIVATE = 8, REGISTER_PRIVATE = 16,
	       PRIVATE_CODE = 32, REGISTER_CODE = 64 };
	u64 asked = (u64)process_pref_get(PREF_MEMBARRIER);

	if ((u32)flags)
		return -EINVAL;
	switch ((s32)command) {
	case QUERY:
		return GLOBAL | EXPEDITED | REGISTER | PRIVATE | REGISTER_PRIVATE |
		       PRIVATE_CODE | REGISTER_CODE;
	case PRIVATE:
	case PRIVATE_CODE:
		return asked & command ? 0 : -EPERM;
	case REGISTER_PRIVATE:
	case REGISTER_CODE:	/* half of it is what may be used now */
		return process_pref_set(PREF_MEMBARRIER, asked | command / 2);
	case GLOBAL:
	case EXPEDITED:
	case REGISTER:
		return 0;
	}
	return -EINVAL;
}

/* personality(2): kept and told; there is only Linux's own. */
long call_personality(u64 persona, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	long old = process_pref_get(PREF_PERSONALITY);

	if ((u32)persona != PERSONALITY_ASK)
		process_pref_set(PREF_PERSONALITY, (u32)persona);
	return old;
}
