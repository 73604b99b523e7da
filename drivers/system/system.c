/* SPDX-License-Identifier: MIT */
/*
 * system: system calls that ask for figures and names of the machine, end it, and
 * those on scheduling (sched.c), ids and capabilities (identity.c), limits and what
 * a process has set for itself (limits.c), and processes (pidfd.c, compare.c).
 *
 * State: nothing to keep, but a record of what pidfds wait for. Names, ids and policies
 * are with the core; each call is done in one step there, and may be made again.
 */
#include <tty.h>
#include <whitix/process.h>

#include "internal.h"

#define LOAD_SHIFT 16		/* of sysinfo's load averages */
#define INFO_LOAD_SHIFT 11	/* of struct system_info's */

/* uname(2). */
long call_uname(u64 user, u64 b, u64 c, u64 d, u64 e, u64 f)
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
long call_sethostname(u64 name, u64 len, u64 c, u64 d, u64 e, u64 f)
{
	return cred_capable(CAP_SYS_ADMIN) ? name_set(false, name, (s32)len) : -EPERM;
}

/* setdomainname(2). */
long call_setdomainname(u64 name, u64 len, u64 c, u64 d, u64 e, u64 f)
{
	return cred_capable(CAP_SYS_ADMIN) ? name_set(true, name, (s32)len) : -EPERM;
}

/* sysinfo(2). */
long call_sysinfo(u64 user, u64 b, u64 c, u64 d, u64 e, u64 f)
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

/* reboot(2). */
long call_reboot(u64 magic1, u64 magic2, u64 cmd, u64 user, u64 e, u64 f)
{
	u32 magic = (u32)magic2;
	char byte;

	if (!cred_capable(CAP_SYS_BOOT))
		return -EPERM;
	if ((u32)magic1 != LINUX_REBOOT_MAGIC1 ||
	    (magic != LINUX_REBOOT_MAGIC2 && magic != LINUX_REBOOT_MAGIC2A &&
	     magic != LINUX_REBOOT_MAGIC2B && magic != LINUX_REBOOT_MAGIC2C))
		return -EINVAL;
	switch ((u32)cmd) {
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		return 0;
	case LINUX_REBOOT_CMD_RESTART2:	/* the word is the firmware's to understand */
		if (user_read(user, &byte, sizeof(byte)))
			return -EFAULT;
		return machine_end(MACHINE_RESTART);
	case LINUX_REBOOT_CMD_RESTART:
		return machine_end(MACHINE_RESTART);
	case LINUX_REBOOT_CMD_POWER_OFF:
		return machine_end(MACHINE_POWER_OFF);
	case LINUX_REBOOT_CMD_HALT:
		return machine_end(MACHINE_HALT);
	}
	return -EINVAL;
}

/* vhangup(2): of the caller's controlling terminal. */
long call_vhangup(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	long sid = call_getsid(0, 0, 0, 0, 0, 0);

	return !cred_capable(CAP_SYS_TTY_CONFIG) ? -EPERM : sid < 0 ? sid : tty_hangup((u32)sid);
}

static long system_init(u32 flags)
{
#define ENTRY(name) { SYSCALL_##name, call_##name },
	static const struct syscall_entry calls[] = { SYSTEM_CALLS(ENTRY) };
	long ret = syscalls_register(calls, ARRAY_SIZE(calls));

	return ret ? ret : pidfd_start(flags);
}

MODULE("system", .description = "system calls on ids, limits, scheduling, names and figures",
       .init = system_init, .rank = RANK_TOP);
