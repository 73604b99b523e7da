/* SPDX-License-Identifier: MIT */
/* Texts about a process or one of its threads, as proc(5) has them. */
#include <printf.h>
#include <tty.h>
#include <whitix/capability.h>
#include <whitix/mman.h>
#include <whitix/process.h>

#include "internal.h"

#define KIB(pages) ((unsigned long)((pages) * (PAGE_SIZE / 1024)))
#define TICKS(ns) ((unsigned long)((ns) / (NSEC_PER_SEC / LINUX_CLK_TCK)))
#define PRIORITY_NORMAL 20
#define FLAG_RANDOMIZED 0x400000	/* of field 9 of stat */
#define MAP_NAME_COLUMN 73
#define OOM_ADJUST_MAX 1000l	/* as much as all memory */
#define NO_FOREGROUND (-1)	/* where a session has no terminal */

typedef bool map_fn(const struct process_map *map, void *arg);

/* Calls fn for each mapping of the subject, with its pages if `count`. */
static void each_map(const struct subject *s, bool count, map_fn *fn, void *arg)
{
	struct process_map *maps = kmalloc(PROCESS_MAPS_MAX);
	u64 after = 0;
	long len;

	if (!maps)
		return;
	while ((len = process_maps_get(s->process.pid, after, maps, PROCESS_MAPS_MAX,
				       count)) > 0) {
		u32 count = (u32)len / sizeof(*maps), i;

		for (i = 0; i < count && fn(&maps[i], arg); i++)
			;
		if (i < count)
			break;
		after = maps[count - 1].end;
	}
	kfree(maps);
}

/* Sizes of kinds of mappings, in pages. */
struct sizes {
	u64 data, stack, text, library, locked;
	u64 resident, anonymous, shmem;	/* of what is in memory */
};

static bool size_add(const struct process_map *map, void *arg)
{
	u64 pages = (map->end - map->start) / PAGE_SIZE;
	struct sizes *sizes = arg;

	if (map->flags & MAP_INFO_LOCKED)
		sizes->locked += pages;
	sizes->resident += map->resident;
	sizes->anonymous += map->anonymous;
	if (!map->node)
		sizes->shmem += map->resident - map->anonymous;
	if (map->flags & MAP_INFO_STACK)
		sizes->stack += pages;
	else if ((map->prot & PROT_WRITE) && !(map->flags & MAP_INFO_SHARED))
		sizes->data += pages;
	else if ((map->prot & PROT_EXEC) && !sizes->text)
		sizes->text += pages;
	else if (map->prot & PROT_EXEC)
		sizes->library += pages;
	return true;
}

void show_pid_stat(struct text *t, const struct subject *s)
{
	const struct process_info *p = &s->process;
	struct tty_of_session tty = { 0 };
	bool has = p->sid && tty_session_terminal(p->sid, &tty) == 0;

	text_printf(t, "%u (%s) %c %u %u %u %u %d %u 0 0 0 0 %lu %lu %lu %lu %d %d %u 0 %lu ",
		    p->tid, p->name, (char)p->state, p->ppid, p->pgrp, p->sid, (u32)tty.rdev,
		    has ? (s32)tty.pgrp : NO_FOREGROUND, FLAG_RANDOMIZED,
		    TICKS(p->utime_ns), TICKS(p->stime_ns), TICKS(p->child_utime_ns),
		    TICKS(p->child_stime_ns),
		    PRIORITY_NORMAL + p->nice, p->nice, p->nthreads, TICKS(p->start_ns));
	text_printf(t, "%lu %lu %lu 0 0 %lu 0 0 %lu %lu %lu %lu 0 0 0 %u 0 0 0 0 0 0 0 0 "
		    "%lu %lu %lu %lu %lu %d\n", p->mapped * PAGE_SIZE, p->resident,
		    p->limit[RLIMIT_RSS].cur, p->stack_top, p->pending | p->shared_pending,
		    p->blocked, p->ignored, p->caught, p->exit_signal, p->heap_start,
		    p->arg_start, p->arg_end, p->arg_end, p->env_end,
		    p->visible ? p->exit_status : 0);
}

void show_pid_statm(struct text *t, const struct subject *s)
{
	struct sizes sizes = { 0 };

	each_map(s, true, size_add, &sizes);
	text_printf(t, "%lu %lu %lu %lu 0 %lu 0\n", s->process.mapped, s->process.resident,
		    sizes.resident - sizes.anonymous, sizes.text,
		    sizes.data + sizes.stack);
}

static const char *state_name(u32 state)
{
	switch (state) {
	case 'R':
		return "running";
	case 'T':
		return "stopped";
	case 'Z':
		return "zombie";
	}
	return "sleeping";
}

static void put_ids(struct text *t, const struct process_info *p)
{
	text_printf(t, "Name:\t%s\nUmask:\t%04o\nState:\t%c (%s)\nTgid:\t%u\nNgid:\t0\n"
		    "Pid:\t%u\nPPid:\t%u\nTracerPid:\t0\n", p->name, p->umask,
		    (char)p->state, state_name(p->state), p->pid, p->tid, p->ppid);
	text_printf(t, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nFDSize:\t%u\nGroups:\t",
		    p->uid[0], p->uid[1], p->uid[2], p->uid[3], p->gid[0], p->gid[1],
		    p->gid[2], p->gid[3], p->fd_size);
	if (!p->ngroups)
		text_puts(t, " ");
	for (u32 i = 0; i < MIN(p->ngroups, (u32)CONTEXT_GROUPS); i++)
		text_printf(t, "%u ", p->group[i]);
	text_printf(t, "\nNStgid:\t%u\nNSpid:\t%u\nNSpgid:\t%u\nNSsid:\t%u\n", p->pid,
		    p->tid, p->pgrp, p->sid);
}

static void put_memory(struct text *t, const struct subject *s)
{
	const struct process_info *p = &s->process;
	struct sizes sizes = { 0 };

	if (!p->mapped)
		return;
	each_map(s, true, size_add, &sizes);
	text_printf(t, "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\nVmLck:\t%8lu kB\n"
		    "VmPin:\t       0 kB\nVmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\n",
		    KIB(p->mapped), KIB(p->mapped), KIB(sizes.locked),
		    KIB(p->max_resident), KIB(p->resident));
	text_printf(t, "RssAnon:\t%8lu kB\nRssFile:\t%8lu kB\nRssShmem:\t%8lu kB\n",
		    KIB(sizes.anonymous),
		    KIB(sizes.resident - sizes.anonymous - sizes.shmem), KIB(sizes.shmem));
	text_printf(t, "VmData:\t%8lu kB\nVmStk:\t%8lu kB\nVmExe:\t%8lu kB\nVmLib:\t%8lu kB\n"
		    "VmSwap:\t       0 kB\n", KIB(sizes.data), KIB(sizes.stack),
		    KIB(sizes.text), KIB(sizes.library));
}

void show_pid_status(struct text *t, const struct subject *s)
{
	const struct process_info *p = &s->process;

	put_ids(t, p);
	put_memory(t, s);
	text_printf(t, "Threads:\t%u\nSigQ:\t0/%lu\nSigPnd:\t%016lx\nShdPnd:\t%016lx\n"
		    "SigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n", p->nthreads,
		    p->limit[RLIMIT_SIGPENDING].cur, p->pending, p->shared_pending,
		    p->blocked, p->ignored, p->caught);
	text_printf(t, "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\n"
		    "CapAmb:\t%016lx\nNoNewPrivs:\t%u\nSeccomp:\t0\n", p->cap[0], p->cap[1],
		    p->cap[2], p->cap[3], 0ul, p->no_new_privs);
	text_puts(t, "Cpus_allowed:\t1\nCpus_allowed_list:\t0\n");
}

static long read_memory(u32 pid, u32 part, u64 off, char *buf, size_t len)
{
	long n = process_memory_get(pid, part, off, buf, len);

	return n == -ESRCH ? 0 : n;	/* a zombie has none */
}

static long read_arguments(u32 pid, u64 off, char *buf, size_t len)
{
	return read_memory(pid, PROCESS_ARGUMENTS, off, buf, len);
}

static long read_environment(u32 pid, u64 off, char *buf, size_t len)
{
	return read_memory(pid, PROCESS_ENVIRONMENT, off, buf, len);
}

static long read_auxv(u32 pid, u64 off, char *buf, size_t len)
{
	return read_memory(pid, PROCESS_AUXV, off, buf, len);
}

void show_pid_cmdline(struct text *t, const struct subject *s)
{
	text_from(t, read_arguments, s->process.pid);
}

void show_pid_environ(struct text *t, const struct subject *s)
{
	text_from(t, read_environment, s->process.pid);
}

void show_pid_auxv(struct text *t, const struct subject *s)
{
	text_from(t, read_auxv, s->process.pid);
}

void show_pid_comm(struct text *t, const struct subject *s)
{
	text_printf(t, "%s\n", s->process.name);
}

long store_pid_comm(const struct subject *s, const char *text)
{
	return process_name_set(s->process.tid, text);
}

/* ---- maps ------------------------------------------------------------------ */

struct maps_text {
	struct text *text;
	const struct process_info *process;
	char *path;		/* VFS_PATH_MAX */
};

static void put_map_name(struct maps_text *m, const struct process_map *map)
{
	const struct process_info *p = m->process;
	long len = map->node ? vfs_path_shown(VFS_ROOT, map->node, m->path, VFS_PATH_MAX) : 0;

	if (len > 0)
		text_put_escaped(m->text, m->path, (size_t)len, "\n");
	else if (map->flags & MAP_INFO_VDSO)
		text_puts(m->text, map->offset ? "[vdso]" : "[vvar]");
	else if (map->flags & MAP_INFO_STACK)
		text_puts(m->text, "[stack]");
	else if (!(map->flags & MAP_INFO_FILE) && map->start < p->heap_end &&
		 map->end > p->heap_start)
		text_puts(m->text, "[heap]");
}

static bool put_map(const struct process_map *map, void *arg)
{
	struct maps_text *m = arg;
	struct vfs_attr attr = { 0 };
	char line[MAP_NAME_COLUMN + 40];
	int len;

	if (map->node && vfs_getattr(map->node, &attr))
		attr = (struct vfs_attr){ 0 };
	len = scnprintf(line, sizeof(line), "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ",
			map->start, map->end, map->prot & PROT_READ ? 'r' : '-',
			map->prot & PROT_WRITE ? 'w' : '-',
			map->prot & PROT_EXEC ? 'x' : '-',
			map->flags & MAP_INFO_SHARED ? 's' : 'p', map->offset,
			LINUX_MAJOR(attr.dev), LINUX_MINOR(attr.dev), attr.ino);
	text_put(m->text, line, (size_t)len);
	if (map->node || (map->flags & (MAP_INFO_STACK | MAP_INFO_VDSO)) ||
	    (map->start < m->process->heap_end && map->end > m->process->heap_start))
		text_printf(m->text, "%*s", MAX(MAP_NAME_COLUMN - len, 0), "");
	put_map_name(m, map);
	text_puts(m->text, "\n");
	return !text_full(m->text);
}

void show_pid_maps(struct text *t, const struct subject *s)
{
	struct maps_text m = { t, &s->process, kmalloc(VFS_PATH_MAX) };

	if (m.path)
		each_map(s, false, put_map, &m);
	kfree(m.path);
}

/*
 * What smaps has below a line of maps. A page that is the file's was not written
 * to here: clean; all others are dirty, as none is ever written out.
 */
static void put_pages(struct text *t, const struct process_map *map)
{
	bool shm = (map->flags & MAP_INFO_SHARED) && (map->prot & PROT_WRITE);
	u64 lone = map->resident - map->shared;
	u64 dirty = shm ? map->resident : map->anonymous;
	u64 lone_dirty = MIN(lone, dirty);

	text_printf(t, "Size:           %8lu kB\nKernelPageSize:        4 kB\n"
		    "MMUPageSize:           4 kB\nRss:            %8lu kB\n"
		    "Pss:            %8lu kB\n", (map->end - map->start) / 1024,
		    KIB(map->resident), map->proportion / 1024);
	text_printf(t, "Shared_Clean:   %8lu kB\nShared_Dirty:   %8lu kB\n"
		    "Private_Clean:  %8lu kB\nPrivate_Dirty:  %8lu kB\n",
		    KIB(map->shared - (dirty - lone_dirty)), KIB(dirty - lone_dirty),
		    KIB(lone - lone_dirty), KIB(lone_dirty));
	text_printf(t, "Referenced:     %8lu kB\nAnonymous:      %8lu kB\n"
		    "Swap:                  0 kB\nSwapPss:               0 kB\n"
		    "Locked:         %8lu kB\n", KIB(map->resident), KIB(map->anonymous),
		    map->flags & MAP_INFO_LOCKED ? map->proportion / 1024 : 0);
}

static bool put_smap(const struct process_map *map, void *arg)
{
	struct maps_text *m = arg;

	put_map(map, arg);
	put_pages(m->text, map);
	text_printf(m->text, "VmFlags:%s%s%s%s%s%s\n", map->prot & PROT_READ ? " rd" : "",
		    map->prot & PROT_WRITE ? " wr" : "",
		    map->prot & PROT_EXEC ? " ex" : "",
		    map->flags & MAP_INFO_SHARED ? " sh" : "",
		    map->flags & MAP_INFO_STACK ? " gd" : "",
		    map->flags & MAP_INFO_LOCKED ? " lo" : "");
	return !text_full(m->text);
}

void show_pid_smaps(struct text *t, const struct subject *s)
{
	struct maps_text m = { t, &s->process, kmalloc(VFS_PATH_MAX) };

	if (m.path)
		each_map(s, true, put_smap, &m);
	kfree(m.path);
}

static bool sum_pages(const struct process_map *map, void *arg)
{
	struct process_map *sum = arg;

	sum->start = sum->start ? sum->start : map->start;
	sum->end = map->end;
	sum->resident += map->resident;
	sum->shared += map->shared;
	sum->anonymous += map->anonymous;
	sum->proportion += map->proportion;
	return true;
}

/* The sums of smaps, without Size and what is not a sum. */
void show_pid_smaps_rollup(struct text *t, const struct subject *s)
{
	struct process_map sum = { 0 };

	each_map(s, true, sum_pages, &sum);
	if (sum.end)
		text_printf(t, "%08lx-%08lx ---p 00000000 00:00 0%*s[rollup]\n", sum.start,
			    sum.end, 32, "");
	put_pages(t, &sum);
}

/* ---- others ---------------------------------------------------------------- */

static long read_mounts(u32 arg, u64 off, char *buf, size_t len)
{
	return vfs_mounts(off, buf, len);
}

void show_pid_mounts(struct text *t, const struct subject *s)
{
	text_from(t, read_mounts, 0);
}

static long read_mountinfo(u32 arg, u64 off, char *buf, size_t len)
{
	return vfs_mountinfo(off, buf, len);
}

void show_pid_mountinfo(struct text *t, const struct subject *s)
{
	text_from(t, read_mountinfo, 0);
}

void show_pid_cgroup(struct text *t, const struct subject *s)
{
	text_puts(t, "0::/\n");
}

/* Nobody logged in, as far as audit knows. */
void show_pid_loginuid(struct text *t, const struct subject *s)
{
	text_printf(t, "%u", UINT32_MAX);
}

/* Nothing comes from a disk or goes there. */
void show_pid_io(struct text *t, const struct subject *s)
{
	const struct process_info *p = &s->process;

	text_printf(t, "rchar: %lu\nwchar: %lu\nsyscr: %lu\nsyscw: %lu\n"
		    "read_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n",
		    p->io_bytes[0], p->io_bytes[1], p->io_calls[0], p->io_calls[1]);
}

void show_pid_wchan(struct text *t, const struct subject *s)
{
	text_puts(t, "0");
}

/* As Linux: of 2000, in proportion to the memory in use. */
void show_pid_oom_score(struct text *t, const struct subject *s)
{
	s64 points = (s64)s->process.resident * OOM_ADJUST_MAX;
	struct system_info i;

	if (system_info_get(&i) || !i.pages_total)
		return;
	points = points / (s64)i.pages_total + s->process.oom_adjust;
	text_printf(t, "%ld\n", s->process.oom_adjust == -OOM_ADJUST_MAX ? 0 :
		    MAX((OOM_ADJUST_MAX + points) * 2 / 3, 0l));
}

void show_pid_oom_score_adj(struct text *t, const struct subject *s)
{
	text_printf(t, "%d\n", s->process.oom_adjust);
}

/* Less than it was is for who may take resources from others. */
long store_pid_oom_score_adj(const struct subject *s, const char *text)
{
	bool minus = *text == '-';
	s64 value = 0;

	text += minus;
	if (!*text)
		return -EINVAL;
	for (; *text >= '0' && *text <= '9' && value <= OOM_ADJUST_MAX; text++)
		value = value * 10 + *text - '0';
	if (*text || value > OOM_ADJUST_MAX)
		return -EINVAL;
	value = minus ? -value : value;
	if (value < s->process.oom_adjust && !cred_capable(CAP_SYS_RESOURCE))
		return -EACCES;
	return process_value_set(s->process.pid, PROCESS_OOM_ADJUST, (s32)value);
}

static void put_limit(struct text *t, u64 value)
{
	if (value == INFO_UNLIMITED)
		text_printf(t, "%-20s ", "unlimited");
	else
		text_printf(t, "%-20lu ", value);
}

void show_pid_limits(struct text *t, const struct subject *s)
{
	static const struct {
		const char *name, *unit;
	} limits[INFO_LIMITS] = {
		{ "Max cpu time", "seconds" }, { "Max file size", "bytes" },
		{ "Max data size", "bytes" }, { "Max stack size", "bytes" },
		{ "Max core file size", "bytes" }, { "Max resident set", "bytes" },
		{ "Max processes", "processes" }, { "Max open files", "files" },
		{ "Max locked memory", "bytes" }, { "Max address space", "bytes" },
		{ "Max file locks", "locks" }, { "Max pending signals", "signals" },
		{ "Max msgqueue size", "bytes" }, { "Max nice priority", NULL },
		{ "Max realtime priority", NULL }, { "Max realtime timeout", "us" },
	};

	text_printf(t, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit",
		    "Units");
	for (u32 i = 0; i < INFO_LIMITS; i++) {
		text_printf(t, "%-25s ", limits[i].name);
		put_limit(t, s->process.limit[i].cur);
		put_limit(t, s->process.limit[i].max);
		if (limits[i].unit)
			text_printf(t, "%-10s", limits[i].unit);
		text_puts(t, "\n");
	}
}
