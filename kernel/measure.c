/* SPDX-License-Identifier: MIT */
/*
 * The core's part in what module measure does (measure.h): calls down to the test
 * modules, timed, or so that faulty commits a fault in them.
 *
 * Costs are TSC ticks (instructions under QEMU's -icount), the smallest of many,
 * less those of a plain C call of the same shape.
 */
#include <echo.h>
#include <errno.h>
#include <faulty.h>
#include <frame.h>
#include <measure.h>
#include <mm.h>
#include <modules.h>
#include <sched.h>
#include <string.h>
#include <timer.h>

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

long core_measure(u32 way)
{
	void *buf;
	long ticks;

	if (way == MEASURE_PLAIN)
		return measure_6(plain_6);
	if (way == MEASURE_DOWN)
		return measure_6(echo_6) - measure_6(plain_6);
	buf = core_alloc(MEASURE_BUFFER);
	if (!buf)
		return -ENOMEM;
	ticks = measure_in(echo_in, buf) - measure_in(plain_in, buf);
	core_free(buf);
	return ticks;
}
SYMBOL_EXPORT(core_measure);

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

long core_fault(u32 kind, u32 flags, struct fault_outcome *outcome)
{
	struct module *m = module_by_name("faulty");
	struct fault_outcome told = { 0 };

	if (!m)
		return -ENOENT;
	if (flags & FAULT_FRESH) {
		m->failures = 0;
		m->last_reset_ns = 0;
	}
	told.result = commit(kind, flags & FAULT_ONCE);
	module_wait_live(m);
	told.resets = m->resets;
	told.count = faulty_count();
	strlcpy(told.state, module_state_name(m), sizeof(told.state));
	return copy_module_to(outcome, &told, sizeof(told)) ? -EFAULT : 0;
}
SYMBOL_EXPORT(core_fault);
