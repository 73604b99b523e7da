/* SPDX-License-Identifier: MIT */
/*
 * The boot trace: what the start is made of, and what each part costs. Stages
 * are begun and ended by name; the first read of a console by a program ends the
 * trace, which is then printed as module boottrace writes it. Times are TSC ticks
 * (under QEMU's -icount: instructions).
 *
 * Stages come from one thread at a time, the one that starts the system, so
 * there is no lock.
 */
#include <boot.h>
#include <boottrace.h>
#include <boundary.h>
#include <cpu.h>
#include <errno.h>
#include <files.h>
#include <frame.h>
#include <log.h>
#include <mm.h>
#include <modules.h>
#include <string.h>
#include <thread.h>
#include <timer.h>

#define STAGES_MAX 128
#define LINE_MOST (256 << 10)	/* bytes of the printed line */
#define LINE_PART 4096		/* fetched by one call */
#define PRINT_PART 256		/* printed with interrupts off */

struct stage {
	char name[TRACE_NAME_MAX];
	char module[MODULE_NAME_MAX];
	u64 begin, end;		/* TSC; end 0: open */
	struct boundary_counters cost;	/* while open: what there was before */
};

static struct stage stages[STAGES_MAX];
static u32 nstages;
static u64 user_tsc, prompt_tsc;
static int user_stage = -1;

/*
 * Begins a stage, about module `module` ("" none). Returns what
 * boottrace_end() takes, -1 when the trace is full. The first stage of all
 * began at kernel entry.
 */
int boottrace_begin(const char *name, const char *module)
{
	struct stage *s = &stages[nstages];

	if (nstages == STAGES_MAX || prompt_tsc)
		return -1;
	strlcpy(s->name, name, sizeof(s->name));
	strlcpy(s->module, module ? module : "", sizeof(s->module));
	boundary_counters_get(&s->cost);
	s->begin = nstages ? time_tsc() : boot_info.entry_tsc;
	return (int)nstages++;
}

/* Ends a stage. */
void boottrace_end(int stage)
{
	struct boundary_counters now;
	struct stage *s;

	if (stage < 0 || stages[stage].end || prompt_tsc)
		return;
	s = &stages[stage];
	s->end = time_tsc();
	boundary_counters_get(&now);
	s->cost.down = now.down - s->cost.down;
	s->cost.up = now.up - s->cost.up;
	s->cost.across = now.across - s->cost.across;
	s->cost.bytes = now.bytes - s->cost.bytes;
}

/* ---- for module boottrace (boottrace.h) ----------------------------------- */

static struct trace_span span_of(u64 from, u64 to)
{
	u64 ticks = to ? to - from : 0;

	return (struct trace_span){ ticks, time_tsc_to_ns(ticks) };
}

long trace_info_get(struct trace_info *info)
{
	struct trace_info told = {
		.to_user = span_of(boot_info.entry_tsc, user_tsc),
		.to_prompt = span_of(boot_info.entry_tsc, prompt_tsc),
		.cr3_loads = this_cpu()->cr3_loads, .counted = boundary_counts(),
	};

	if (boundary_domains())
		strlcpy(told.domains, boundary_domains(), sizeof(told.domains));
	if (boundary_gate())
		strlcpy(told.gate, boundary_gate(), sizeof(told.gate));
	return copy_module_to(info, &told, sizeof(told)) ? -EFAULT : 0;
}
SYMBOL_EXPORT(trace_info_get);

long trace_stage_get(u32 index, struct trace_stage *stage)
{
	struct trace_stage told = { .name = "" };
	const struct stage *s = &stages[index];

	if (index >= nstages)
		return -ENOENT;
	if (s->end) {
		memcpy(told.name, s->name, sizeof(told.name));
		memcpy(told.module, s->module, sizeof(told.module));
		told.begin_ns = time_tsc_to_ns(s->begin - boot_info.entry_tsc);
		told.span = span_of(s->begin, s->end);
		told.calls = (struct trace_calls){ s->cost.down, s->cost.up,
						   s->cost.across, s->cost.bytes };
	}
	return copy_module_to(stage, &told, sizeof(told)) ? -EFAULT : 0;
}
SYMBOL_EXPORT(trace_stage_get);

long trace_write(u32 self, const char *buf, size_t len)
{
	const struct module *m = module_by_id(self);

	if (!m || strcmp(m->name, "measure") != 0)
		return -EPERM;
	log_raw(buf, len);
	return 0;
}
SYMBOL_EXPORT(trace_write);

/* ---- marks --------------------------------------------------------------- */

static void print_line(const char *line)
{
	log_raw(line, strlen(line));
}

/*
 * One line, as a whole: the terminals' output, which a module sends on the same
 * line, cannot come between while no other thread runs.
 */
static void print_json(long len)
{
	char *line = len > 0 ? core_alloc(len) : NULL;
	long at = 0, n = 1;

	if (!line)
		return;
	while (at < len && n > 0) {
		n = module_result(boottrace_read(at, line + at, MIN(len - at, LINE_PART)),
				  MIN(len - at, LINE_PART));
		at += MAX(n, 0);
	}
	preempt_disable();
	log_raw("boottrace: ", strlen("boottrace: "));
	for (n = 0; n < at; n += PRINT_PART)
		log_raw(line + n, MIN(at - n, PRINT_PART));
	preempt_enable();
	core_free(line);
}

/* The first user instruction is next: ends all stages. Counts once. */
void boottrace_mark_user(void)
{
	u32 i;

	if (user_tsc)
		return;
	user_tsc = time_tsc();
	for (i = 0; i < nstages; i++)
		boottrace_end((int)i);
	print_line("whitix: first user instruction\n");
	user_stage = boottrace_begin("userland", "");
}

/* A program waits for a console for the first time: the trace is printed. */
void boottrace_mark_prompt(void)
{
	if (prompt_tsc)
		return;
	boottrace_end(user_stage);
	prompt_tsc = time_tsc();
	print_line("\nwhitix: prompt\n");
	print_json(module_result(boottrace_keep(), LINE_MOST));
}
