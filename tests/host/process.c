/* SPDX-License-Identifier: MIT */
/* What the core tells of the machine and its processes: process 1 with one thread. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim.h"
#include <boottrace.h>
#include <echo.h>
#include <info.h>
#include <kmsg.h>
#include <tty.h>
#include <vfs.h>

/* ---- configuration and state ----------------------------------------- */

static char cmdline[256];
static u32 session_sid = 1, session_pgrp = 1;
static u32 signal_state;	/* SIGNAL_* */
static u64 last_signal;

void shim_cmdline_set(const char *text)
{
	snprintf(cmdline, sizeof(cmdline), "%s", text);
}

void shim_signal_state_set(u32 state)
{
	signal_state = state;
}

void shim_session_set(u32 sid, u32 pgrp)
{
	session_sid = sid;
	session_pgrp = pgrp;
}

u64 shim_last_signal(void)
{
	u64 sig = last_signal;

	last_signal = 0;
	return sig;
}

long cmdline_get(u32 self, const char *key, char *buf, size_t len)
{
	size_t keylen = strlen(key);
	const char *p = cmdline;

	while (*p) {
		const char *end = p + strcspn(p, " ");

		if (!strncmp(p, key, keylen) && p[keylen] == '=') {
			p += keylen + 1;
			snprintf(buf, len, "%.*s", (int)(end - p), p);
			return end - p;
		}
		p = end + strspn(end, " ");
	}
	return -ENOENT;
}

/* ---- figures: process 1 with one thread, of which the texts are made ------ */

long boottrace_read(u64 off, char *buf, size_t len)
{
	static const char text[] = "trace\n";

	if (off >= sizeof(text) - 1)
		return 0;
	len = MIN(len, sizeof(text) - 1 - off);
	memcpy(buf, text + off, len);
	return (long)len;
}

long kmsg_stream(struct file_open *file)
{
	return -ENODEV;
}

long log_console(u32 self, s32 level)
{
	return 6;
}

long process_info_get(u32 id, u32 thread, struct process_info *info)
{
	if (id != 1)
		return -ESRCH;
	*info = (struct process_info){
		.pid = 1, .tid = 1, .nthreads = 1, .name = "init", .state = 'S',
		.visible = 1, .umask = 022, .mapped = 3, .resident = 2,
	};
	return 0;
}

long process_name_set(u32 tid, const char *name)
{
	return -EINVAL;
}

long system_name_set(u32 domain, const char *name)
{
	return -EPERM;
}

long process_maps_get(u32 pid, u64 after, void *maps, size_t len, u32 count)
{
	struct process_map map = { .start = 0x400000, .end = 0x403000, .prot = 5,
				   .resident = 2, .anonymous = 2,
				   .proportion = 2 * PAGE_SIZE };

	if (after >= map.end)
		return 0;
	memcpy(maps, &map, sizeof(map));
	return sizeof(map);
}

long process_memory_get(u32 pid, u32 part, u64 off, void *buf, size_t len)
{
	return 0;
}

long process_thread_next(u32 pid, u32 after)
{
	return after || pid != 1 ? -ENOENT : 1;
}

/* Descriptor 0 is of /, 1 a pipe; the program is not known. */
/* Nodes of files that the one process has open besides, from descriptor 10 on. */
#define MORE_FILES 10
static u64 more_files[8];

void shim_files_set(const u64 *nodes, size_t count)
{
	memset(more_files, 0, sizeof(more_files));
	memcpy(more_files, nodes, count * sizeof(*nodes));
}

long process_file_get(u32 pid, u32 which, struct process_file *info)
{
	u32 more = MAX(which, (u32)MORE_FILES) - MORE_FILES;

	if (pid != 1)
		return -ESRCH;
	if (which >= 2 && more < ARRAY_SIZE(more_files) && more_files[more]) {
		*info = (struct process_file){
			.fd = more + MORE_FILES, .mode = 0100000, .id = more + 1,
			.node = more_files[more],
		};
		return 0;
	}
	if (which >= 2 && which < PROCESS_CWD)
		return -ENOENT;
	*info = (struct process_file){
		.fd = which, .mode = which == 1 ? 0010000 : 0040000,	/* FIFO, directory */
		.node = which == 1 ? 0 : VFS_ROOT, .number = 77,
	};
	return 0;
}

long system_info_get(struct system_info *info)
{
	*info = (struct system_info){ .pages_total = 1000, .pages_free = 400 };
	return 0;
}

long system_names_get(struct system_names *names)
{
	*names = (struct system_names){ .sysname = "Linux", .nodename = "host" };
	return 0;
}

long module_info_get(u32 after, struct module_info *info)
{
	return -ENOENT;
}

long process_next(u32 after)
{
	return after ? -ENOENT : 1;
}

long process_signal_group(u32 self, u32 pgrp, u32 sig)
{
	last_signal = (u64)pgrp << 32 | sig;
	return 0;
}

/* procfs asks; weak, since tty itself is linked where it is tested */
__attribute__((weak)) long tty_session_terminal(u32 sid, struct tty_of_session *of)
{
	return -ENXIO;
}

long process_signal_leader(u32 self, u32 sid, u32 sig)
{
	return process_signal_group(self, sid, sig);
}

long process_group_session(u32 self, u32 pgrp)
{
	return session_sid;
}

long process_signal_state(u32 self, u32 sig)
{
	return signal_state;
}

long process_session(u32 self, u32 *sid, u32 *pgrp)
{
	*sid = session_sid;
	*pgrp = session_pgrp;
	return 0;
}

long core_echo_6(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return (long)(a + b + c + d + e + f);
}

long core_echo_in(const void *buf, size_t len)
{
	return (long)len;
}
