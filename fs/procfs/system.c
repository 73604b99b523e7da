/* SPDX-License-Identifier: MIT */
/* Texts about the machine and the system. */
#include <boottrace.h>
#include <printf.h>

#include "internal.h"

#define KIB(pages) ((unsigned long)((pages) * (PAGE_SIZE / 1024)))
#define HUNDREDTHS(ns) ((unsigned long)((ns) / (NSEC_PER_SEC / 100)))
#define LOAD_SHIFT 11		/* of system_info's averages */
#define CMDLINE_MAX 1024
/* Module states as /proc/modules has them. */
#define MODULE_STATE(m) (strcmp((m)->state, "live") ? "Loading" : "Live")

void show_accounts(struct text *t, const struct subject *s)
{
	struct module_info m = { .id = 0 };
	struct slab_usage usage;

	while (!text_full(t) && !module_info_get(m.id, &m)) {
		if (slab_usage_get(m.id, &usage))
			usage = (struct slab_usage){ 0 };
		text_printf(t, "%s state=%s placement=%s epoch=%u resets=%u faults=%u "
			    "pages=%u quota=%u handles=%u down=%lu up=%lu across=%lu "
			    "bytes=%lu objects=%lu cached=%u slab_pages=%lu\n", m.name, m.state,
			    m.placement, m.epoch, m.resets, m.faults, m.pages, m.quota_pages,
			    m.handles, m.down, m.up, m.across, m.bytes, usage.objects,
			    m.cached, usage.pages);
	}
}

void show_modules(struct text *t, const struct subject *s)
{
	struct module_info m = { .id = 0 };

	while (!text_full(t) && !module_info_get(m.id, &m))
		text_printf(t, "%s %lu %u %s %s 0x%016lx\n", m.name, m.size, m.users,
			    m.used_by[0] ? m.used_by : "-", MODULE_STATE(&m), m.address);
}

static long read_boottrace(u32 arg, u64 off, char *buf, size_t len)
{
	return boottrace_read(off, buf, len);
}

void show_boottrace(struct text *t, const struct subject *s)
{
	text_from(t, read_boottrace, 0);
}

void show_cmdline(struct text *t, const struct subject *s)
{
	char line[CMDLINE_MAX];

	if (cmdline_get(THIS_MODULE, "", line, sizeof(line)) >= 0)
		text_puts(t, line);
	text_puts(t, "\n");
}

static long read_filesystems(u32 arg, u64 off, char *buf, size_t len)
{
	return vfs_filesystems(off, buf, len);
}

void show_filesystems(struct text *t, const struct subject *s)
{
	text_from(t, read_filesystems, 0);
}

void show_meminfo(struct text *t, const struct subject *s)
{
	struct system_info i;

	if (system_info_get(&i))
		return;
	text_printf(t, "MemTotal:       %8lu kB\nMemFree:        %8lu kB\n"
		    "MemAvailable:   %8lu kB\nBuffers:               0 kB\n"
		    "Cached:         %8lu kB\nSwapCached:            0 kB\n",
		    KIB(i.pages_total), KIB(i.pages_free), KIB(i.pages_free),
		    KIB(i.pages_cached));
	/* All files are in memory, and there is nothing to write them to. */
	text_printf(t, "Unevictable:    %8lu kB\nMlocked:               0 kB\n"
		    "SwapTotal:             0 kB\nSwapFree:              0 kB\n"
		    "Dirty:                 0 kB\nWriteback:             0 kB\n",
		    KIB(i.pages_cached));
	text_printf(t, "Shmem:          %8lu kB\nSlab:           %8lu kB\n"
		    "SReclaimable:          0 kB\nSUnreclaim:     %8lu kB\n",
		    KIB(i.pages_cached), KIB(i.pages_slab), KIB(i.pages_slab));
}

void show_vmstat(struct text *t, const struct subject *s)
{
	struct system_info i;

	if (!system_info_get(&i))
		text_printf(t, "nr_free_pages %lu\nnr_file_pages %lu\nnr_shmem %lu\n"
			    "nr_slab_unreclaimable %lu\npgpgin 0\npgpgout 0\npswpin 0\n"
			    "pswpout 0\n", i.pages_free, i.pages_cached, i.pages_cached,
			    i.pages_slab);
}

void show_uptime(struct text *t, const struct subject *s)
{
	unsigned long now = HUNDREDTHS(ktime_ns()), idle;
	struct system_info i;

	if (system_info_get(&i))
		return;
	idle = HUNDREDTHS(i.idle_ns);
	text_printf(t, "%lu.%02lu %lu.%02lu\n", now / 100, now % 100, idle / 100, idle % 100);
}

void show_stat(struct text *t, const struct subject *s)
{
	struct system_info i;
	u64 sum;

	if (system_info_get(&i))
		return;
	for (int cpu = 0; cpu < 2; cpu++)
		text_printf(t, "cpu%s %lu 0 %lu %lu 0 0 0 0 0 0\n", cpu ? "0" : " ",
			    HUNDREDTHS(i.user_ns), HUNDREDTHS(i.system_ns),
			    HUNDREDTHS(i.idle_ns));
	sum = i.ticks;
	for (u32 n = 0; n < INFO_IRQS; n++)
		sum += i.irq[n].count;
	text_printf(t, "intr %lu", sum);
	for (u32 n = 0; n < INFO_IRQS; n++)
		text_printf(t, " %lu", i.irq[n].count);
	text_printf(t, "\nctxt %lu\nbtime %lu\nprocesses %u\nprocs_running %u\n"
		    "procs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n", i.switches,
		    HUNDREDTHS(krealtime_ns() - ktime_ns()) / 100, i.last_tid, i.ready);
}

void show_loadavg(struct text *t, const struct subject *s)
{
	struct system_info i;

	if (system_info_get(&i))
		return;
	for (u32 n = 0; n < ARRAY_SIZE(i.load); n++)
		text_printf(t, "%u.%02u ", i.load[n] >> LOAD_SHIFT,
			    ((i.load[n] & ((1u << LOAD_SHIFT) - 1)) * 100) >> LOAD_SHIFT);
	text_printf(t, "%u/%u %u\n", i.ready, i.alive, i.last_tid);
}

void show_version(struct text *t, const struct subject *s)
{
	struct system_names u;
	struct system_info i;

	if (!system_names_get(&u) && !system_info_get(&i))
		text_printf(t, "%s version %s (%s) %s\n", u.sysname, u.release, i.layout,
			    u.version);
}

void show_interrupts(struct text *t, const struct subject *s)
{
	struct system_info sys;

	if (system_info_get(&sys))
		return;
	text_puts(t, "           CPU0       \n");
	for (u32 i = 0; i < INFO_IRQS; i++)
		if (sys.irq[i].count || sys.irq[i].owner[0])
			text_printf(t, "%3u: %10lu   IO-APIC  %2u-edge      %s\n", i,
				    sys.irq[i].count, i, sys.irq[i].owner);
	text_printf(t, "LOC: %10lu   Local timer interrupts\n", sys.ticks);
}

/* ---- tables of what is built in ------------------------------------------ */

void show_devices(struct text *t, const struct subject *s)
{
	text_puts(t, "Character devices:\n  1 mem\n  4 tty\n  4 ttyS\n  5 /dev/tty\n"
		  "  5 /dev/console\n  5 /dev/ptmx\n 10 misc\n136 pts\n\nBlock devices:\n");
}

/* There is none of what the file tells of. */
void show_nothing(struct text *t, const struct subject *s)
{
}

void show_partitions(struct text *t, const struct subject *s)
{
	text_puts(t, "major minor  #blocks  name\n\n");
}

void show_swaps(struct text *t, const struct subject *s)
{
	text_puts(t, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
}

void show_consoles(struct text *t, const struct subject *s)
{
	text_puts(t, "ttyS0                -W- (EC p a)    4:64\n");
}

void show_tty_drivers(struct text *t, const struct subject *s)
{
	static const struct {
		const char *driver, *name, *type;
		u32 major, first, last;
	} drivers[] = {
		{ "/dev/tty", "tty", "system:/dev/tty", 5, 0, 0 },
		{ "/dev/console", "console", "system:console", 5, 1, 1 },
		{ "/dev/ptmx", "ptmx", "system", 5, 2, 2 },
		{ "/dev/vc/0", "vc/0", "system:vtmaster", 4, 0, 0 },
		{ "serial", "ttyS", "serial", 4, 64, 95 },
		{ "pty_slave", "pts", "pty:slave", 136, 0, 1048575 },
		{ "pty_master", "ptm", "pty:master", 128, 0, 1048575 },
		{ "unknown", "tty", "console", 4, 1, 63 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(drivers); i++) {
		text_printf(t, "%-20s /dev/%-8s %3u ", drivers[i].driver, drivers[i].name,
			    drivers[i].major);
		if (drivers[i].first < drivers[i].last)
			text_printf(t, "%u-%u ", drivers[i].first, drivers[i].last);
		else
			text_printf(t, "%7u ", drivers[i].first);
		text_printf(t, "%s\n", drivers[i].type);
	}
}
