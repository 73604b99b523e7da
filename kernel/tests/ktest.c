/* SPDX-License-Identifier: MIT */
/*
 * The runner of kernel tests (include/core/ktest.h). Output is KTAP, version 1
 * (Linux's Documentation/dev-tools/ktap.rst), straight to the serial line; at
 * the end the machine goes off: exit code 0 of isa-debug-exit when all passed.
 */
#include <boot.h>
#include <ktest.h>
#include <log.h>
#include <printf.h>
#include <string.h>
#include <types.h>

#define LINE_MAX 256

struct suite {
	const char *name;
	const struct ktest *tests;
};

static const struct suite suites[] = {
	{ "exports", exports_tests },
	{ "frame", frame_tests },
	{ "fs", fs_tests },
	{ "handle", handle_tests },
	{ "irq", irq_tests },
	{ "sched", sched_tests },
	{ "mm", mm_tests },
	{ "slab", slab_tests },
	{ "timer", timer_tests },
	{ "wait", wait_tests },
};

static u32 failures;		/* of the running test */
static const char *skipped;	/* why the running test is */

static void __printf(1, 2) print(const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	log_raw(line, (size_t)len);
}

/* See include/core/ktest.h. */
void ktest_fail(const char *file, int line, const char *what)
{
	failures++;
	print("    # %s:%d: expected %s\n", file, line, what);
}

/* See include/core/ktest.h. */
void ktest_skip(const char *why)
{
	skipped = why;
}

/* False when it failed. */
static bool run_test(const struct ktest *test, u32 number)
{
	failures = 0;
	skipped = NULL;
	test->run();
	print("    %s %u %s%s%s\n", failures ? "not ok" : "ok", number,
	      test->name, skipped ? " # SKIP " : "", skipped ? skipped : "");
	return !failures;
}

static bool run_suite(const struct suite *suite, u32 number)
{
	bool passed = true;
	u32 count = 0, i;

	while (suite->tests[count].name)
		count++;
	print("    KTAP version 1\n    # Subtest: %s\n    1..%u\n", suite->name,
	      count);
	for (i = 0; i < count; i++)
		if (!run_test(&suite->tests[i], i + 1))
			passed = false;
	print("%s %u %s\n", passed ? "ok" : "not ok", number, suite->name);
	return passed;
}

/* See include/core/ktest.h. */
void ktest_run(void)
{
	bool passed = true;
	u32 i;

	if (!cmdline_number("ktest", 0))
		return;
	print("KTAP version 1\n1..%u\n", (u32)ARRAY_SIZE(suites));
	for (i = 0; i < ARRAY_SIZE(suites); i++)
		if (!run_suite(&suites[i], i + 1))
			passed = false;
	print("# ktest: %s\n", passed ? "all passed" : "some failed");
	machine_debug_exit(passed ? 0 : 1);
	machine_power_off();
}
