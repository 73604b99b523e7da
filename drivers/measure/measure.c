/* SPDX-License-Identifier: MIT */
/*
 * measure: what the command line asks of the test modules:
 *
 *	echo_measure=1		the cost of calls: one serial line "calls: {JSON}"
 *	faulty=KIND[*N],...	commits faults: a line for each,
 *				"faulty: KIND: result=-5 resets=1 state=live"
 *
 * KIND is a name, or once:NAME for a call that may be restarted.
 *
 * State: nothing to keep; it runs once, at the start.
 */
#include <boottrace.h>
#include <echo.h>
#include <errno.h>
#include <faulty.h>
#include <measure.h>
#include <printf.h>
#include <runtime.h>
#include <string.h>

#define LINE_MAX 256
#define LIST_MAX 512

/* Names of enum fault_kind, in its order. */
static const char *const fault_names[FAULT_KINDS] = {
	"none", "null_read", "null_write", "wild_read", "wild_write", "core_read",
	"core_write", "text_write", "rodata_write", "exec_data", "jump_null",
	"jump_wild", "stack_overflow", "stack_smash", "divide", "illegal",
	"privileged", "port", "breakpoint", "fpu", "loop", "deadlock", "bug",
	"abuse_gate", "bad_pointer_up", "nested", "lie", "quota", "init",
	"sleep_forever", "abuse_int", "wrong_stub",
};

static void put_line(const char *line)
{
	trace_write(THIS_MODULE, line, strlen(line));
}

static long measure_module(u32 way, u32 size)
{
	return echo_measure(way, MEASURE_CALLS, size) -
	       echo_measure(ECHO_WAY_LOCAL, MEASURE_CALLS, size);
}

static void measure_calls(void)
{
	char line[LINE_MAX];

	snprintf(line, sizeof(line),
		 "calls: {\"down_empty\":%ld,\"up_empty\":%ld,\"across_empty\":%ld,"
		 "\"down_4k\":%ld,\"up_4k\":%ld,\"across_4k\":%ld,\"plain\":%ld}\n",
		 core_measure(MEASURE_DOWN),
		 measure_module(ECHO_WAY_UP, 0), measure_module(ECHO_WAY_ACROSS, 0),
		 core_measure(MEASURE_DOWN_BUFFER),
		 measure_module(ECHO_WAY_UP, MEASURE_BUFFER),
		 measure_module(ECHO_WAY_ACROSS, MEASURE_BUFFER), core_measure(MEASURE_PLAIN));
	put_line(line);
}

/* `item` is KIND, KIND*N (N times in a row), or once:KIND. */
static void commit_item(char *item)
{
	char *times = strchr(item, '*'), line[LINE_MAX];
	bool once = strncmp(item, "once:", 5) == 0;
	struct fault_outcome o;
	u64 n = 1;
	u32 kind = 0;

	if (times) {
		*times = '\0';
		n = string_to_u64(times + 1, NULL);
	}
	while (kind < FAULT_KINDS && strcmp(fault_names[kind], item + (once ? 5 : 0)) != 0)
		kind++;
	if (kind == FAULT_KINDS) {
		pr_err("%s: no such kind of fault", item);
		return;
	}
	for (bool first = true; n; n--, first = false) {
		if (core_fault(kind, (once ? FAULT_ONCE : 0) | (first ? FAULT_FRESH : 0), &o)) {
			pr_err("%s: the module is not there", item);
			return;
		}
		snprintf(line, sizeof(line),
			 "faulty: %s: result=%ld resets=%u state=%s count=%ld\n", item,
			 (long)o.result, o.resets, o.state, (long)o.count);
		put_line(line);
	}
}

static void commit_faults(char *list)
{
	char *next;

	for (char *item = list; item && *item; item = next) {
		next = strchr(item, ',');
		if (next)
			*next++ = '\0';
		commit_item(item);
	}
}

/* Interface. */
long measure_run(void)
{
	char value[LIST_MAX];

	if (cmdline_get(THIS_MODULE, "echo_measure", value, sizeof(value)) > 0 &&
	    string_to_u64(value, NULL))
		measure_calls();
	if (cmdline_get(THIS_MODULE, "faulty", value, sizeof(value)) > 0)
		commit_faults(value);
	return 0;
}
SYMBOL_EXPORT(measure_run);

static long measure_init(u32 flags)
{
	return 0;
}

MODULE("measure", .description = "costs of calls, faults on demand",
       .init = measure_init, .rank = RANK_MEASURE);
