/* SPDX-License-Identifier: MIT */
/* The machine's names. */
#include <boundary.h>
#include <errno.h>
#include <info.h>
#include <mm.h>
#include <printf.h>
#include <sched.h>
#include <string.h>
#include <syscall.h>

#define NAME_LEN 64		/* of host and domain, without the NUL */
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
	    (current->process->pref[PREF_PERSONALITY] & PERSONALITY_MASK) == PERSONALITY_LINUX32)
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
