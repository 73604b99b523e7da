/* SPDX-License-Identifier: MIT */
/*
 * Kernel tests: run inside the kernel, reported in KTAP on the serial line.
 * Built with CONFIG_KTEST, run by `ktest=1` on the kernel command line.
 *
 * A test is a void function that uses EXPECT(); a suite is an array of them,
 * closed by an empty entry, listed in kernel/tests/ktest.c. It runs in the first
 * thread, after the modules were started.
 */
#ifndef CORE_KTEST_H
#define CORE_KTEST_H

#include <types.h>

#ifdef CONFIG_KTEST
/* Runs the tests if they are asked for; the machine is off then. */
void ktest_run(void);
#else
static inline void ktest_run(void)
{
}
#endif

struct ktest {
	const char *name;
	void (*run)(void);
};

/* Notes a failure of the running test. */
void ktest_fail(const char *file, int line, const char *what);
/* Marks the running test as skipped. */
void ktest_skip(const char *why);

/* Goes on after a failure; EXPECT_OR_RETURN leaves the test. */
#define EXPECT(x) \
	do { \
		if (!(x)) \
			ktest_fail(__FILE__, __LINE__, #x); \
	} while (0)
#define EXPECT_OR_RETURN(x) \
	do { \
		if (!(x)) { \
			ktest_fail(__FILE__, __LINE__, #x); \
			return; \
		} \
	} while (0)

extern const struct ktest sched_tests[], wait_tests[], timer_tests[];
extern const struct ktest frame_tests[], handle_tests[], irq_tests[];
extern const struct ktest exports_tests[], fs_tests[], slab_tests[], mm_tests[];

#endif
