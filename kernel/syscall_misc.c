/* SPDX-License-Identifier: MIT */
/* The machine's names, and reboot(2). */
#include <boot.h>
#include <boundary.h>
#include <errno.h>
#include <info.h>
#include <log.h>
#include <mm.h>
#include <printf.h>
#include <sched.h>
#include <string.h>
#include <syscall.h>

#define NAME_LEN 64		/* of host and domain, without the NUL */
#define RESTART_WORD 256
#define PERSONALITY_MASK 0xff	/* of personality(2): whose it is, without flags */
#define PERSONALITY_LINUX32 8

static struct linux_utsname uts = {
	.sysname = UTS_SYSNAME, .nodename = "whitix", .release = UTS_RELEASE,
	.version = UTS_VERSION, .machine = "x86_64", .domainname = "(none)",
};

_Static_assert(sizeof(struct system_names) == sizeof(uts), "one is told as the other");

/* include/interface/info.h. The version says which layout runs. */
long system_names_get(struct system_names *names)
{
	const char *domains = boundary_domains();
	struct linux_utsname copy = uts;

	snprintf(copy.version, sizeof(copy.version), "%s %s%s%s", UTS_VERSION,
		 boundary_layout(), domains ? " " : "", domains ? domains : "");
	if (current->process &&
	    (current->process->personality & PERSONALITY_MASK) == PERSONALITY_LINUX32)
		memcpy(copy.machine, "i686", sizeof("i686"));
	return copy_module_to(names, &copy, sizeof(copy)) ? -EFAULT : 0;
}
SYMBOL_EXPORT(system_names_get);

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
