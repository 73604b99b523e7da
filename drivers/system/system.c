/* SPDX-License-Identifier: MIT */
/*
 * system: system calls that ask for figures and names of the machine, and those on
 * scheduling (sched.c).
 *
 * State: nothing to keep. Names and policies are with the core; each call is done in
 * one step there, and may be made again.
 */
#include "internal.h"

#define LOAD_SHIFT 16		/* of sysinfo's load averages */
#define INFO_LOAD_SHIFT 11	/* of struct system_info's */

/* uname(2). */
static long call_uname(u64 user, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	struct system_names names;
	long ret = system_names_get(&names);

	return ret ? ret : user_write(user, &names, sizeof(names));
}

static long name_set(u32 domain, u64 user, s32 len)
{
	char name[sizeof(((struct system_names *)0)->nodename)] = { 0 };

	if (len < 0 || len >= (s32)sizeof(name))
		return -EINVAL;
	if (user_read(user, name, (size_t)len))
		return -EFAULT;
	return system_name_set(domain, name);
}

/* sethostname(2). */
static long call_sethostname(u64 name, u64 len, u64 c, u64 d, u64 e, u64 f)
{
	return cred_capable(CAP_SYS_ADMIN) ? name_set(false, name, (s32)len) : -EPERM;
}

/* setdomainname(2). */
static long call_setdomainname(u64 name, u64 len, u64 c, u64 d, u64 e, u64 f)
{
	return cred_capable(CAP_SYS_ADMIN) ? name_set(true, name, (s32)len) : -EPERM;
}

/* sysinfo(2). */
static long call_sysinfo(u64 user, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	struct linux_sysinfo told = { .mem_unit = 1 };
	struct system_info info;
	long ret = system_info_get(&info);

	if (ret)
		return ret;
	told.uptime = (s64)(ktime_ns() / NSEC_PER_SEC);
	told.totalram = info.pages_total * PAGE_SIZE;
	told.freeram = info.pages_free * PAGE_SIZE;
	told.procs = (u16)info.alive;
	for (u32 i = 0; i < ARRAY_SIZE(told.loads); i++)
		told.loads[i] = (u64)info.load[i] << (LOAD_SHIFT - INFO_LOAD_SHIFT);
	return user_write(user, &told, sizeof(told));
}

/* See internal.h. */
long calls_provide(const struct call *calls, size_t count)
{
	long ret = 0;

	for (size_t i = 0; i < count && !ret; i++)
		ret = syscall_provide(THIS_MODULE, calls[i].number, calls[i].fn);
	return ret;
}

static long system_init(u32 flags)
{
	static const struct call calls[] = {
		CALL(uname), CALL(sethostname), CALL(setdomainname), CALL(sysinfo),
	};
	long ret = calls_provide(calls, ARRAY_SIZE(calls));

	return ret ? ret : sched_start();
}

MODULE("system", .description = "system calls on scheduling, names and figures",
       .init = system_init, .rank = RANK_TOP);
