/* SPDX-License-Identifier: MIT */
/*
 * Texts about the system and its processes, for procfs. A text is made anew at
 * each read and only the wanted part is kept, so it needs no buffer of its
 * own size. Formats are Linux's (proc(5)), except for `accounts`.
 */
#include <boot.h>
#include <boundary.h>
#include <core.h>
#include <errno.h>
#include <frame.h>
#include <irq.h>
#include <kalloc.h>
#include <log.h>
#include <mm.h>
#include <modules.h>
#include <pageobj.h>
#include <printf.h>
#include <process.h>
#include <sched.h>
#include <string.h>
#include <syscall.h>
#include <timer.h>
#include <whitix/mman.h>

#define TEXT_MAX 4096
#define LINE_MAX 512
#define KIB(pages) ((unsigned long)((pages) * (PAGE_SIZE / 1024)))
#define TICKS(ns) ((unsigned long)((ns) / (NSEC_PER_SEC / LINUX_CLK_TCK)))

/* The part [skip, skip + size) of a text. */
struct text {
	u64 skip;
	char *buf;
	size_t size, used;
};

static void text_put(struct text *t, const char *s, size_t len)
{
	if (t->skip >= len) {
		t->skip -= len;
		return;
	}
	s += t->skip;
	len = MIN(len - t->skip, t->size - t->used);
	t->skip = 0;
	memcpy(t->buf + t->used, s, len);
	t->used += len;
}

static void __printf(2, 3) text_printf(struct text *t, const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	text_put(t, line, len);
}

/* ---- the system -------------------------------------------------------- */

static void text_meminfo(struct text *t)
{
	u64 total = frame_total_count(), free = frame_free_count();

	text_printf(t, "MemTotal:       %8lu kB\nMemFree:        %8lu kB\n",
		    KIB(total), KIB(free));
	text_printf(t, "MemAvailable:   %8lu kB\nBuffers:        %8lu kB\n", KIB(free), 0ul);
	text_printf(t, "Cached:         %8lu kB\nSwapCached:     %8lu kB\n", 0ul, 0ul);
	text_printf(t, "SwapTotal:      %8lu kB\nSwapFree:       %8lu kB\n", 0ul, 0ul);
	text_printf(t, "Shmem:          %8lu kB\nSlab:           %8lu kB\n", 0ul,
		    KIB(kalloc_counters().pages));
}

static void text_modules(struct text *t, bool accounts)
{
	struct module *m;
	u64 size;
	u32 id, i, domain;
	struct boundary_counters c;

	for (id = 1; id < MODULES_MAX; id++) {
		m = module_by_id(id);
		if (!m)
			continue;
		for (i = 0, size = 0; i < RANGES; i++)
			size += m->range[i].size;
		boundary_module_counters(m, &c);
		if (accounts)
			text_printf(t, "%s state=%s placement=%s epoch=%u resets=%u "
				    "faults=%u pages=%u quota=%u handles=%u down=%lu "
				    "up=%lu across=%lu bytes=%lu\n", m->name,
				    module_state_name(m), boundary_placement(m, &domain), m->epoch,
				    m->resets, m->faults, m->pages, m->quota_pages,
				    m->handles, c.down, c.up, c.across, c.bytes);
		else
			text_printf(t, "%s %lu 0 - %s 0x%016lx\n", m->name, size,
				    m->state == MODULE_LIVE ? "Live" : "Loading",
				    m->range[RANGE_TEXT].start);
	}
}

static void text_uptime(struct text *t)
{
	struct sched_stats s;
	u64 now = time_now_ns() / (NSEC_PER_SEC / 100), idle;

	sched_stats_get(&s);
	idle = s.idle_ns / (NSEC_PER_SEC / 100);
	text_printf(t, "%lu.%02lu %lu.%02lu\n", now / 100, now % 100, idle / 100,
		    idle % 100);
}

static void text_stat(struct text *t)
{
	struct sched_stats s;
	u64 boot = (time_realtime_ns() - time_now_ns()) / NSEC_PER_SEC, interrupts = 0;
	u32 i;

	sched_stats_get(&s);
	for (i = 0; i <= IRQ_LINES; i++)
		interrupts += irq_count(i);
	for (i = 0; i < 2; i++)
		text_printf(t, "cpu%s %lu 0 %lu %lu 0 0 0 0 0 0\n", i ? "0" : " ",
			    TICKS(s.user_ns), TICKS(s.system_ns), TICKS(s.idle_ns));
	text_printf(t, "intr %lu\nctxt %lu\nbtime %lu\nprocesses %u\n", interrupts,
		    s.switches, boot, s.alive);
	text_printf(t, "procs_running %u\nprocs_blocked 0\n", s.ready);
}

static void text_loadavg(struct text *t)
{
	struct sched_stats s;
	u32 i;

	sched_stats_get(&s);
	for (i = 0; i < 3; i++)
		text_printf(t, "%u.%02u ", s.load[i] >> SCHED_LOAD_SHIFT,
			    ((s.load[i] & ((1u << SCHED_LOAD_SHIFT) - 1)) * 100) >>
			    SCHED_LOAD_SHIFT);
	text_printf(t, "%u/%u %u\n", s.ready, s.alive, current->tid);
}

static void text_cpuinfo(struct text *t)
{
	u32 a, b = 0, c = 0, d = 0, i;
	char vendor[13] = "", model[49] = "";

	a = 0;
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
	memcpy(vendor, &b, 4);
	memcpy(vendor + 4, &d, 4);
	memcpy(vendor + 8, &c, 4);
	for (i = 0; i < 3; i++) {
		u32 r[4] = { 0x80000002 + i };

		__asm__ volatile("cpuid" : "+a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]));
		memcpy(model + i * sizeof(r), r, sizeof(r));
	}
	text_printf(t, "processor\t: 0\nvendor_id\t: %s\nmodel name\t: %s\n", vendor, model);
	text_printf(t, "fpu\t\t: yes\nflags\t\t: fpu tsc msr pae cx8 sep mmx fxsr sse sse2 "
		    "syscall nx lm%s%s%s\n\n", cpu_features.smep ? " smep" : "",
		    cpu_features.smap ? " smap" : "", cpu_features.umip ? " umip" : "");
}

static void text_interrupts(struct text *t)
{
	u32 i;

	text_printf(t, "           CPU0\n");
	for (i = 0; i < IRQ_LINES; i++)
		if (irq_count(i))
			text_printf(t, "%3u: %10lu   ISA\n", i, irq_count(i));
	text_printf(t, "LOC: %10lu   timer\n", irq_count(IRQ_LINES));
}

static void text_kmsg(struct text *t)
{
	char part[LINE_MAX];
	u64 off = 0;
	size_t len;

	while (t->used < t->size && (len = log_read(&off, part, sizeof(part))) > 0)
		text_put(t, part, len);
}

/* ---- processes --------------------------------------------------------- */

/* What is copied of a process under its lock. */
struct snapshot {
	u32 pid, ppid, pgrp, sid, nthreads;
	char name[PROCESS_NAME_MAX], state;
	struct creds creds;
	u64 utime_ns, stime_ns, child_utime_ns, child_stime_ns, start_ns;
	u64 pending, blocked, ignored, caught;
	int nice;
	struct mm *mm;		/* a reference, or NULL */
};

static void snapshot_signals(struct snapshot *s, const struct process *p)
{
	u32 i;

	s->pending = p->sigpending;
	for (i = 0; i < LINUX_NSIG; i++) {
		if (p->action[i].handler == SIG_IGN)
			s->ignored |= 1ul << i;
		else if (p->action[i].handler != SIG_DFL)
			s->caught |= 1ul << i;
	}
}

static void snapshot_take(struct snapshot *s, struct process *p)
{
	struct thread *t;

	*s = (struct snapshot){
		.pid = p->pid, .ppid = p->parent ? p->parent->pid : 0,
		.pgrp = p->pgrp, .sid = p->sid, .nthreads = p->nthreads,
		.state = 'S', .creds = p->creds, .utime_ns = p->utime_ns,
		.stime_ns = p->stime_ns, .child_utime_ns = p->child_utime_ns,
		.child_stime_ns = p->child_stime_ns, .start_ns = p->start_ns,
		.nice = p->nice, .mm = p->mm,
	};
	memcpy(s->name, p->name, sizeof(s->name));
	snapshot_signals(s, p);
	list_for_each_entry(t, &p->threads, siblings) {
		s->utime_ns += t->utime_ns;
		s->stime_ns += t->stime_ns;
		s->blocked |= t->sigmask;
		if (t->state != THREAD_BLOCKED)
			s->state = 'R';
	}
	if (p->state == PROCESS_ZOMBIE)
		s->state = 'Z';
	else if (p->stop_signal)
		s->state = 'T';
	if (s->mm)
		mm_get(s->mm);
}

static void text_pid_stat(struct text *t, const struct snapshot *s)
{
	u64 pages = s->mm ? s->mm->mapped : 0, resident = s->mm ? s->mm->resident : 0;

	text_printf(t, "%u (%s) %c %u %u %u 0 -1 0 0 0 0 0 %lu %lu %lu %lu %d %d %u 0 %lu "
		    "%lu %lu 18446744073709551615 0 0 %lu 0 0 %lu %lu %lu %lu 0 0 0 17 0 "
		    "0 0 0 0 0 0 0 0 0 0 0 0 0\n",
		    s->pid, s->name, s->state, s->ppid, s->pgrp, s->sid,
		    TICKS(s->utime_ns), TICKS(s->stime_ns), TICKS(s->child_utime_ns),
		    TICKS(s->child_stime_ns), 20 + s->nice, s->nice, s->nthreads,
		    TICKS(s->start_ns), pages * PAGE_SIZE, resident,
		    s->mm ? s->mm->stack_top : 0, s->pending, s->blocked, s->ignored,
		    s->caught);
}

static const char *state_name(char state)
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

static void text_pid_status(struct text *t, const struct snapshot *s)
{
	const struct creds *c = &s->creds;

	text_printf(t, "Name:\t%s\nState:\t%c (%s)\nTgid:\t%u\nPid:\t%u\nPPid:\t%u\n",
		    s->name, s->state, state_name(s->state), s->pid, s->pid, s->ppid);
	text_printf(t, "TracerPid:\t0\nUid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", c->uid,
		    c->euid, c->suid, c->fsuid, c->gid, c->egid, c->sgid, c->fsgid);
	if (s->mm)
		text_printf(t, "VmHWM:\t%8lu kB\nVmSize:\t%8lu kB\nVmRSS:\t%8lu kB\n",
			    KIB(s->mm->max_resident), KIB(s->mm->mapped),
			    KIB(s->mm->resident));
	text_printf(t, "Threads:\t%u\nShdPnd:\t%016lx\nSigBlk:\t%016lx\n", s->nthreads,
		    s->pending, s->blocked);
	text_printf(t, "SigIgn:\t%016lx\nSigCgt:\t%016lx\n", s->ignored, s->caught);
}

static void text_pid_cmdline(struct text *t, const struct snapshot *s)
{
	u64 at, len, size;

	if (!s->mm)
		return;
	size = s->mm->arg_end - s->mm->arg_start;
	at = MIN(t->skip, size);
	len = MIN(size - at, t->size);
	t->used = mm_read(s->mm, s->mm->arg_start + at, t->buf, len);
}

static const char *vma_name(const struct mm *mm, const struct vma *v)
{
	if (v->flags & VMA_GROWS)
		return "                          [stack]";
	if (!v->obj && v->start >= mm->heap_start && v->end <= ALIGN_UP(mm->heap_end, PAGE_SIZE))
		return "                          [heap]";
	return "";
}

static void text_pid_maps(struct text *t, const struct snapshot *s)
{
	u32 i;

	if (!s->mm)
		return;
	core_mutex_lock(&s->mm->lock);
	for (i = 0; i < s->mm->nvmas && t->used < t->size; i++) {
		const struct vma *v = &s->mm->vma[i];

		text_printf(t, "%08lx-%08lx %c%c%c%c %08lx 00:00 0 %s\n", v->start, v->end,
			    v->prot & PROT_READ ? 'r' : '-', v->prot & PROT_WRITE ? 'w' : '-',
			    v->prot & PROT_EXEC ? 'x' : '-', v->flags & VMA_SHARED ? 's' : 'p',
			    v->obj ? v->offset : 0, vma_name(s->mm, v));
	}
	core_mutex_unlock(&s->mm->lock);
}

/* A text about a process: 0, -ESRCH. */
static long text_process(struct text *t, u32 what, u32 pid)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p = process_find(pid);
	struct snapshot s;

	if (p)
		snapshot_take(&s, p);
	spin_unlock_irq(&process_lock, flags);
	if (!p)
		return -ESRCH;
	if (what == CORE_TEXT_PID_STAT)
		text_pid_stat(t, &s);
	else if (what == CORE_TEXT_PID_STATUS)
		text_pid_status(t, &s);
	else if (what == CORE_TEXT_PID_CMDLINE)
		text_pid_cmdline(t, &s);
	else if (what == CORE_TEXT_PID_MAPS)
		text_pid_maps(t, &s);
	else
		text_printf(t, "%s\n", s.name);
	mm_put(s.mm);
	return 0;
}

static long text_make(struct text *t, u32 what, u32 arg)
{
	switch (what) {
	case CORE_TEXT_BOOTTRACE:
		t->used = boottrace_text(t->skip, t->buf, t->size);
		return 0;
	case CORE_TEXT_MEMINFO:
		text_meminfo(t);
		return 0;
	case CORE_TEXT_MODULES:
	case CORE_TEXT_ACCOUNTS:
		text_modules(t, what == CORE_TEXT_ACCOUNTS);
		return 0;
	case CORE_TEXT_UPTIME:
		text_uptime(t);
		return 0;
	case CORE_TEXT_STAT:
		text_stat(t);
		return 0;
	case CORE_TEXT_LOADAVG:
		text_loadavg(t);
		return 0;
	case CORE_TEXT_VERSION:
		text_printf(t, "%s version %s (%s) %s\n", UTS_SYSNAME, UTS_RELEASE,
			    boundary_layout(), UTS_VERSION);
		return 0;
	case CORE_TEXT_CMDLINE:
		text_put(t, boot_info.cmdline, strlen(boot_info.cmdline));
		text_put(t, "\n", 1);
		return 0;
	case CORE_TEXT_CPUINFO:
		text_cpuinfo(t);
		return 0;
	case CORE_TEXT_INTERRUPTS:
		text_interrupts(t);
		return 0;
	case CORE_TEXT_KMSG:
		text_kmsg(t);
		return 0;
	case CORE_TEXT_PID_STAT ... CORE_TEXT_PID_COMM:
		return text_process(t, what, arg);
	}
	return -EINVAL;
}

/* include/interface/core.h. `buf` is the module's. May sleep. */
long core_text_read(u32 what, u32 arg, u64 off, char *buf, size_t len)
{
	struct text t = { .skip = off, .size = MIN(len, (size_t)TEXT_MAX) };
	long error;

	t.buf = core_alloc(TEXT_MAX);
	if (!t.buf)
		return -ENOMEM;
	error = text_make(&t, what, arg);
	if (!error && copy_module_to(buf, t.buf, t.used))
		error = -EFAULT;
	core_free(t.buf);
	return error ? error : (long)t.used;
}
