/* SPDX-License-Identifier: MIT */
/* System calls on the machine as a whole: names, figures, random bytes, power. */
#include <boot.h>
#include <boundary.h>
#include <entropy.h>
#include <errno.h>
#include <files.h>
#include <frame.h>
#include <info.h>
#include <kmsg.h>
#include <log.h>
#include <mm.h>
#include <printf.h>
#include <random.h>
#include <sched.h>
#include <string.h>
#include <syscall.h>
#include <timer.h>

#define NAME_LEN 64		/* of host and domain, without the NUL */
#define RANDOM_CHUNK 256	/* of one call to the module */
#define LOAD_SHIFT 16		/* of sysinfo's load averages */
#define RESTART_WORD 256

static struct linux_utsname uts = {
	.sysname = UTS_SYSNAME, .nodename = "whitix", .release = UTS_RELEASE,
	.version = UTS_VERSION, .machine = "x86_64", .domainname = "(none)",
};

_Static_assert(sizeof(struct system_names) == sizeof(uts), "one is told as the other");

/* The names now. The version says which layout runs. */
static void names_get(struct linux_utsname *names)
{
	const char *domains = boundary_domains();

	*names = uts;
	snprintf(names->version, sizeof(names->version), "%s %s%s%s", UTS_VERSION,
		 boundary_layout(), domains ? " " : "", domains ? domains : "");
}

long system_names_get(struct system_names *names)
{
	struct linux_utsname copy;

	names_get(&copy);
	return copy_module_to(names, &copy, sizeof(copy)) ? -EFAULT : 0;
}
SYMBOL_EXPORT(system_names_get);

/* uname(2). */
long sys_uname(u64 user)
{
	struct linux_utsname copy;

	names_get(&copy);
	return put_user_bytes(user, &copy, sizeof(copy));
}

static long name_set(char *name, u64 user, s32 len)
{
	char copy[NAME_LEN + 1] = { 0 };

	if (!privileged())
		return -EPERM;
	if (len < 0 || len > NAME_LEN)
		return -EINVAL;
	if (get_user_bytes(copy, user, len))
		return -EFAULT;
	memcpy(name, copy, sizeof(copy));
	return 0;
}

long system_name_set(u32 domain, const char *name)
{
	if (!privileged())
		return -EPERM;
	if (strlen(name) > NAME_LEN)
		return -EINVAL;
	strlcpy(domain ? uts.domainname : uts.nodename, name, NAME_LEN + 1);
	return 0;
}
SYMBOL_EXPORT(system_name_set);

/* sethostname(2). */
long sys_sethostname(u64 name, s32 len)
{
	return name_set(uts.nodename, name, len);
}

/* setdomainname(2). */
long sys_setdomainname(u64 name, s32 len)
{
	return name_set(uts.domainname, name, len);
}

/* sysinfo(2). */
long sys_sysinfo(u64 user)
{
	struct sched_stats s;
	struct linux_sysinfo info = {
		.uptime = time_now_ns() / NSEC_PER_SEC,
		.totalram = frame_total_count() * PAGE_SIZE,
		.freeram = frame_free_count() * PAGE_SIZE,
		.mem_unit = 1,
	};
	u32 i;

	sched_stats_get(&s);
	info.procs = s.alive;
	for (i = 0; i < ARRAY_SIZE(info.loads); i++)
		info.loads[i] = (u64)s.load[i] << (LOAD_SHIFT - SCHED_LOAD_SHIFT);
	return put_user_bytes(user, &info, sizeof(info));
}

/* getrandom(2): from the module, or the core's own while that is not there. */
long sys_getrandom(u64 user, u64 len, u32 flags)
{
	u8 bytes[RANDOM_CHUNK];
	u64 done = 0;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE) ||
	    (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	len = MIN(len, (u64)INT32_MAX);
	while (done < len) {
		u64 n = MIN(len - done, sizeof(bytes));

		if (random_bytes(bytes, n) < 0)
			entropy_fill(bytes, n);
		if (put_user_bytes(user + done, bytes, n))
			return done ? (long)done : -EFAULT;
		done += n;
		if (process_signal_pending(current))
			break;
	}
	return done;
}

/* reboot(2). */
long sys_reboot(u32 magic1, u32 magic2, u32 cmd, u64 user)
{
	char word[RESTART_WORD];

	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	if (magic1 != LINUX_REBOOT_MAGIC1 ||
	    (magic2 != LINUX_REBOOT_MAGIC2 && magic2 != LINUX_REBOOT_MAGIC2A &&
	     magic2 != LINUX_REBOOT_MAGIC2B && magic2 != LINUX_REBOOT_MAGIC2C))
		return -EINVAL;
	/* The word is the firmware's to understand: read, and no more. */
	if (cmd == LINUX_REBOOT_CMD_RESTART2 &&
	    copy_string_from_user(word, user, sizeof(word)) < 0)
		return -EFAULT;
	switch (cmd) {
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		return 0;
	case LINUX_REBOOT_CMD_RESTART:
	case LINUX_REBOOT_CMD_RESTART2:
		pr_notice("restarting");
		machine_reboot();
	case LINUX_REBOOT_CMD_POWER_OFF:
		pr_notice("powering off");
		machine_power_off();
	case LINUX_REBOOT_CMD_HALT:
		pr_notice("halted");
		machine_halt();
	}
	return -EINVAL;
}

/* syslog(2): module kmsg does it. */
long sys_syslog(u32 type, u64 user, s32 len)
{
	u64 room = 0;
	u32 ubuf = 0;
	long n;

	if (!privileged() && type != KMSG_SIZE_BUFFER)
		return -EPERM;
	if (KMSG_READS(type)) {
		if (!user || len < 0)
			return -EINVAL;
		room = mm_fault_in(current->mm, user, MIN((u64)len, KMSG_READ_MAX), true);
		ubuf = ubuf_push(user, room, UBUF_WRITE, false);
		if ((len && !room) || !ubuf)
			return -EFAULT;
	}
	n = module_result(kmsg_syslog(type, ubuf, KMSG_READS(type) ? room : (u64)len), INT32_MAX);
	if (ubuf)
		ubuf_pop(ubuf);
	return n == -EINTR ? -ERESTARTSYS : n;
}
