/* SPDX-License-Identifier: MIT */
/*
 * What the command line can ask of the test modules before the first program:
 *
 *	echo_measure=1		the cost of calls: one serial line "calls: {JSON}"
 *	faulty=KIND[*N],...	commits faults: a line for each,
 *				"faulty: KIND: result=-5 resets=1 state=live"
 *
 * Costs are TSC ticks (instructions under QEMU's -icount), the smallest of many,
 * less those of a plain C call of the same shape.
 */
#include <boot.h>
#include <boundary.h>
#include <echo.h>
#include <errno.h>
#include <faulty.h>
#include <frame.h>
#include <log.h>
#include <measure.h>
#include <modules.h>
#include <printf.h>
#include <sched.h>
#include <string.h>
#include <timer.h>

#define MEASURE_CALLS 1000
#define MEASURE_BUFFER 4096
#define FAULTS_LINE 512

static __noinline long plain_6(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	__asm__ volatile("" : : : "memory");
	return a + b + c + d + e + f;
}

static __noinline long plain_in(const void *buf, size_t len)
{
	__asm__ volatile("" : : : "memory");
	return len;
}

/* The smallest cost of MEASURE_CALLS calls of a function of six arguments. */
static u64 measure_6(long (*volatile fn)(u64, u64, u64, u64, u64, u64))
{
	u64 best = ~0ull;

	for (u32 i = 0; i < MEASURE_CALLS; i++) {
		u64 before = time_tsc();

		fn(1, 2, 3, 4, 5, 6);
		best = MIN(best, time_tsc() - before);
	}
	return best;
}

static u64 measure_in(long (*volatile fn)(const void *, size_t), const void *buf)
{
	u64 best = ~0ull;

	for (u32 i = 0; i < MEASURE_CALLS; i++) {
		u64 before = time_tsc();

		fn(buf, MEASURE_BUFFER);
		best = MIN(best, time_tsc() - before);
	}
	return best;
}

static long measure_module(u32 way, u32 size)
{
	return echo_measure(way, MEASURE_CALLS, size) -
	       echo_measure(ECHO_WAY_LOCAL, MEASURE_CALLS, size);
}

static void measure_calls(void)
{
	u64 plain = measure_6(plain_6);
	void *buf = core_alloc(MEASURE_BUFFER);
	char line[256];
	int n;

	if (!buf)
		return;
	n = snprintf(line, sizeof(line),
		     "calls: {\"down_empty\":%ld,\"up_empty\":%ld,\"across_empty\":%ld,"
		     "\"down_4k\":%ld,\"up_4k\":%ld,\"across_4k\":%ld,\"plain\":%ld}\n",
		     (long)(measure_6(echo_6) - plain),
		     measure_module(ECHO_WAY_UP, 0), measure_module(ECHO_WAY_ACROSS, 0),
		     (long)(measure_in(echo_in, buf) - measure_in(plain_in, buf)),
		     measure_module(ECHO_WAY_UP, MEASURE_BUFFER),
		     measure_module(ECHO_WAY_ACROSS, MEASURE_BUFFER), (long)plain);
	log_raw(line, n);
	core_free(buf);
}

/* Names of enum fault_kind, in its order. */
static const char *const fault_names[FAULT_KINDS] = {
	"none", "null_read", "null_write", "wild_read", "wild_write", "core_read",
	"core_write", "text_write", "rodata_write", "exec_data", "jump_null",
	"jump_wild", "stack_overflow", "stack_smash", "divide", "illegal",
	"privileged", "port", "breakpoint", "fpu", "loop", "deadlock", "bug",
	"abuse_gate", "bad_pointer_up", "nested", "lie", "quota", "init",
	"sleep_forever", "abuse_int",
};

static void sleep_forever(void *unused)
{
	faulty_commit(FAULT_SLEEP_FOREVER);
}

/* In a thread of its own: the start goes on. */
static long commit_sleep(void)
{
	struct thread *t = thread_create_core("sleeper", sleep_forever, NULL, PRIORITY_USER);

	if (!t)
		return -ENOMEM;
	thread_start(t);
	return 0;
}

static long commit(u32 kind, bool once)
{
	char buf[64];

	if (kind == FAULT_SLEEP_FOREVER)
		return commit_sleep();

	if (kind == FAULT_LIE)
		return faulty_lie(buf, sizeof(buf));
	return once ? faulty_commit_once(kind) : faulty_commit(kind);
}

/* `item` is KIND, KIND*N (N times in a row), or once:KIND (restartable). */
static void commit_item(char *item)
{
	struct module *m = module_by_name("faulty");
	char *times = strchr(item, '*');
	bool once = strncmp(item, "once:", 5) == 0;
	u32 n = 1, kind = 0;
	long result;

	if (times) {
		*times = 0;
		n = 0;
		for (times++; *times >= '0' && *times <= '9'; times++)
			n = n * 10 + *times - '0';
	}
	while (kind < FAULT_KINDS && strcmp(fault_names[kind], item + (once ? 5 : 0)) != 0)
		kind++;
	if (kind == FAULT_KINDS || !m) {
		pr_err("faulty: %s: %s", item, m ? "no such kind" : "the module is not there");
		return;
	}
	m->failures = 0;
	m->last_reset_ns = 0;
	while (n--) {
		char line[128];

		result = commit(kind, once);
		module_wait_live(m);
		snprintf(line, sizeof(line),
			 "faulty: %s: result=%ld resets=%u state=%s count=%ld\n", item,
			 result, m->resets, module_state_name(m), faulty_count());
		log_raw(line, strlen(line));
	}
}

static void commit_faults(void)
{
	char *list = core_alloc(FAULTS_LINE), *item = list, *next;

	if (!list)
		return;
	if (cmdline_find("faulty", list, FAULTS_LINE))
		for (; item && *item; item = next) {
			next = strchr(item, ',');
			if (next)
				*next++ = 0;
			commit_item(item);
		}
	core_free(list);
}

/* Does what the command line asks for. In the first thread; may sleep. */
void measure_run(void)
{
	if (cmdline_number("echo_measure", 0))
		measure_calls();
	commit_faults();
}
