/* SPDX-License-Identifier: MIT */
/* The names in /proc, except those that are numbers, and what they stand for. */
#include <events.h>

#include "internal.h"

#define DIR_MODE (S_IFDIR | 0555)
#define FILE_MODE (S_IFREG | 0444)
#define TEXT_OF_(x) #x
#define TEXT_OF(x) TEXT_OF_(x)

/* Order is that of readdir. */
const struct item item_table[] = {
	[ITEM_KMSG] = { "kmsg", S_IFREG | 0400, DIR_ROOT, .constant = NULL },
	[ITEM_FD_LINK] = { "", S_IFLNK | 0700, DIR_NUMBERED, .constant = NULL },
	[ITEM_FD_OBJECT] = { "", S_IFREG | 0600, DIR_NUMBERED, .constant = NULL },
	[ITEM_FD_INFO] = { "", FILE_MODE, DIR_NUMBERED, .flags = ITEM_PROTECTED,
			   .show = show_fdinfo },
	[ITEM_EXE] = { "exe", S_IFLNK | 0777, DIR_PROCESS, .constant = NULL },
	[ITEM_CWD] = { "cwd", S_IFLNK | 0777, DIR_PROCESS, .constant = NULL },
	[ITEM_PROCESS_ROOT] = { "root", S_IFLNK | 0777, DIR_PROCESS, .constant = NULL },

	{ "self", S_IFLNK | 0777, DIR_ROOT, .constant = NULL },
	{ "thread-self", S_IFLNK | 0777, DIR_ROOT, .constant = NULL },
	{ "mounts", S_IFLNK | 0777, DIR_ROOT, .constant = NULL },
	{ "accounts", FILE_MODE, DIR_ROOT, .show = show_accounts },
	{ "boottrace", FILE_MODE, DIR_ROOT, .show = show_boottrace },
	{ "cmdline", FILE_MODE, DIR_ROOT, .show = show_cmdline },
	{ "consoles", FILE_MODE, DIR_ROOT, .show = show_consoles },
	{ "cpuinfo", FILE_MODE, DIR_ROOT, .show = show_cpuinfo },
	{ "devices", FILE_MODE, DIR_ROOT, .show = show_devices },
	{ "diskstats", FILE_MODE, DIR_ROOT, .show = show_nothing },
	{ "filesystems", FILE_MODE, DIR_ROOT, .show = show_filesystems },
	{ "interrupts", FILE_MODE, DIR_ROOT, .show = show_interrupts },
	{ "loadavg", FILE_MODE, DIR_ROOT, .show = show_loadavg },
	{ "meminfo", FILE_MODE, DIR_ROOT, .show = show_meminfo },
	{ "modules", FILE_MODE, DIR_ROOT, .show = show_modules },
	{ "partitions", FILE_MODE, DIR_ROOT, .show = show_partitions },
	{ "stat", FILE_MODE, DIR_ROOT, .show = show_stat },
	{ "swaps", FILE_MODE, DIR_ROOT, .show = show_swaps },
	{ "sys", DIR_MODE, DIR_ROOT, .self = DIR_SYS },
	{ "tty", DIR_MODE, DIR_ROOT, .self = DIR_TTY },
	{ "uptime", FILE_MODE, DIR_ROOT, .show = show_uptime },
	{ "version", FILE_MODE, DIR_ROOT, .show = show_version },
	{ "vmstat", FILE_MODE, DIR_ROOT, .show = show_vmstat },

	{ "drivers", FILE_MODE, DIR_TTY, .show = show_tty_drivers },

	{ "fs", DIR_MODE, DIR_SYS, .self = DIR_FS },
	{ "kernel", DIR_MODE, DIR_SYS, .self = DIR_KERNEL },
	{ "vm", DIR_MODE, DIR_SYS, .self = DIR_VM },

	{ "cap_last_cap", FILE_MODE, DIR_KERNEL, .constant = "40" },
	{ "core_pattern", FILE_MODE, DIR_KERNEL, .constant = "core" },
	{ "domainname", S_IFREG | 0644, DIR_KERNEL, .show = show_domainname,
	  .store = store_domainname },
	{ "hostname", S_IFREG | 0644, DIR_KERNEL, .show = show_hostname,
	  .store = store_hostname },
	{ "ngroups_max", FILE_MODE, DIR_KERNEL, .constant = TEXT_OF(CONTEXT_GROUPS) },
	{ "osrelease", FILE_MODE, DIR_KERNEL, .show = show_osrelease },
	{ "ostype", FILE_MODE, DIR_KERNEL, .show = show_ostype },
	{ "overflowgid", FILE_MODE, DIR_KERNEL, .constant = "65534" },
	{ "overflowuid", FILE_MODE, DIR_KERNEL, .constant = "65534" },
	{ "panic", FILE_MODE, DIR_KERNEL, .constant = "0" },
	{ "pid_max", FILE_MODE, DIR_KERNEL, .constant = "32768" },
	{ "printk", FILE_MODE, DIR_KERNEL, .show = show_printk },
	{ "random", DIR_MODE, DIR_KERNEL, .self = DIR_RANDOM },
	{ "threads-max", FILE_MODE, DIR_KERNEL, .show = show_threads_max },
	{ "version", FILE_MODE, DIR_KERNEL, .show = show_sys_version },

	{ "boot_id", FILE_MODE, DIR_RANDOM, .show = show_boot_id },
	{ "entropy_avail", FILE_MODE, DIR_RANDOM, .constant = "256" },
	{ "poolsize", FILE_MODE, DIR_RANDOM, .constant = "256" },
	{ "uuid", FILE_MODE, DIR_RANDOM, .show = show_uuid },

	{ "file-max", FILE_MODE, DIR_FS, .constant = "9223372036854775807" },
	{ "inotify", DIR_MODE, DIR_FS, .self = DIR_INOTIFY },
	{ "nr_open", FILE_MODE, DIR_FS, .constant = "4096" },
	{ "pipe-max-size", FILE_MODE, DIR_FS, .constant = "1048576" },

	{ "max_queued_events", FILE_MODE, DIR_INOTIFY,
	  .constant = TEXT_OF(INOTIFY_QUEUE_MAX) },
	{ "max_user_instances", FILE_MODE, DIR_INOTIFY,
	  .constant = TEXT_OF(INOTIFY_INSTANCES_MAX) },
	{ "max_user_watches", FILE_MODE, DIR_INOTIFY,
	  .constant = TEXT_OF(INOTIFY_WATCHES_MAX) },

	{ "max_map_count", FILE_MODE, DIR_VM, .constant = "65530" },
	{ "mmap_min_addr", FILE_MODE, DIR_VM, .constant = "65536" },
	{ "overcommit_memory", FILE_MODE, DIR_VM, .constant = "1" },
	{ "overcommit_ratio", FILE_MODE, DIR_VM, .constant = "50" },

	{ "auxv", S_IFREG | 0400, DIR_PROCESS, .flags = ITEM_PROTECTED, .show = show_pid_auxv },
	{ "cgroup", FILE_MODE, DIR_PROCESS, .show = show_pid_cgroup },
	{ "cmdline", FILE_MODE, DIR_PROCESS, .show = show_pid_cmdline },
	{ "comm", S_IFREG | 0644, DIR_PROCESS, .show = show_pid_comm,
	  .store = store_pid_comm },
	{ "environ", S_IFREG | 0400, DIR_PROCESS, .flags = ITEM_PROTECTED,
	  .show = show_pid_environ },
	{ "fd", S_IFDIR | 0500, DIR_PROCESS, .self = DIR_FD },
	{ "fdinfo", DIR_MODE, DIR_PROCESS, .self = DIR_FDINFO },
	{ "io", S_IFREG | 0400, DIR_PROCESS, .flags = ITEM_PROTECTED, .show = show_pid_io },
	{ "limits", FILE_MODE, DIR_PROCESS, .show = show_pid_limits },
	{ "loginuid", S_IFREG | 0644, DIR_PROCESS, .show = show_pid_loginuid },
	{ "maps", FILE_MODE, DIR_PROCESS, .flags = ITEM_PROTECTED, .show = show_pid_maps },
	{ "mountinfo", FILE_MODE, DIR_PROCESS, .show = show_pid_mountinfo },
	{ "mounts", FILE_MODE, DIR_PROCESS, .show = show_pid_mounts },
	{ "oom_score", FILE_MODE, DIR_PROCESS, .show = show_pid_oom_score },
	{ "oom_score_adj", S_IFREG | 0644, DIR_PROCESS, .show = show_pid_oom_score_adj,
	  .store = store_pid_oom_score_adj },
	{ "smaps", FILE_MODE, DIR_PROCESS, .flags = ITEM_PROTECTED,
	  .show = show_pid_smaps },
	{ "smaps_rollup", FILE_MODE, DIR_PROCESS, .flags = ITEM_PROTECTED,
	  .show = show_pid_smaps_rollup },
	{ "stat", FILE_MODE, DIR_PROCESS, .show = show_pid_stat },
	{ "statm", FILE_MODE, DIR_PROCESS, .show = show_pid_statm },
	{ "status", FILE_MODE, DIR_PROCESS, .show = show_pid_status },
	{ "task", DIR_MODE, DIR_PROCESS, .self = DIR_TASK, .flags = ITEM_PROCESS_ONLY },
	{ "wchan", FILE_MODE, DIR_PROCESS, .show = show_pid_wchan },
};

_Static_assert(ARRAY_SIZE(item_table) + ITEM_FIRST <= 1u << ITEM_BITS, "items fit");

const struct item_limits item_limits = {
	.count = ARRAY_SIZE(item_table), .first = ITEM_FIRST,
	.text_max = 16384, .store_max = 4096,
};

/* See internal.h. */
enum dir dir_of(u64 ino)
{
	const struct item *item = item_of(ino);

	if (INO_ITEM(ino) == ITEM_TOP)
		return INO_ID(ino) ? DIR_PROCESS : DIR_ROOT;
	return item ? item->self : DIR_NONE;
}

/* See internal.h. */
long subject_find(u64 ino, struct subject *s)
{
	const struct item *item = item_of(ino);
	bool of_process = item && item->dir >= DIR_PROCESS;

	if (!item && INO_ITEM(ino) != ITEM_TOP)
		return -ENOENT;
	if (item && of_process != !!INO_ID(ino))
		return -ENOENT;
	s->ino = ino;
	if (INO_ID(ino) && process_info_get(INO_ID(ino), !!(ino & INO_THREAD), &s->process))
		return -ENOENT;
	return 0;
}
