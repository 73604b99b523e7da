/* SPDX-License-Identifier: MIT */
/*
 * What the test programs share: tables of named tests, reported as KTAP, the
 * format that Linux's kernel tests speak. Each test runs in a process of its
 * own, so that one that dies takes nothing along; `main` only counts.
 *
 * A test is `static void name(void)`; CHECK() and friends end its process with
 * a diagnostic. The programs are plain Linux programs: run on Linux they pass
 * too, which is how the tests themselves are checked.
 */
#ifndef USER_KTAP_H
#define USER_KTAP_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define KTAP_FAIL 1
#define KTAP_SKIP 4		/* as Linux's kselftest */

struct ktap_test {
	const char *name;
	void (*run)(void);
	int dies_of;		/* signal that must end the process; 0: none */
};

#define TEST(fn) { #fn, fn, 0 }
#define TEST_DIES(fn, sig) { #fn, fn, sig }

/* Prints a diagnostic and ends the test with `status`. */
static inline void __attribute__((noreturn, format(printf, 4, 5)))
ktap_end(int status, const char *file, int line, const char *fmt, ...)
{
	va_list args;

	printf("# %s:%d: ", file, line);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	_exit(status);
}

#define FAIL(...) ktap_end(KTAP_FAIL, __FILE__, __LINE__, __VA_ARGS__)
#define SKIP(...) ktap_end(KTAP_SKIP, __FILE__, __LINE__, __VA_ARGS__)

#define CHECK(cond) \
	do { \
		if (!(cond)) \
			FAIL("'%s' is false (errno %d)", #cond, errno); \
	} while (0)

#define CHECK_EQ(got, want) \
	do { \
		long long got_ = (long long)(got), want_ = (long long)(want); \
		if (got_ != want_) \
			FAIL("%s is %lld, not %lld (errno %d)", #got, got_, \
			     want_, errno); \
	} while (0)

/* The call must fail with error number `number`. */
#define CHECK_FAILS(call, number) \
	do { \
		errno = 0; \
		if ((long)(call) != -1 || errno != (number)) \
			FAIL("%s: errno %d, not %d", #call, errno, number); \
	} while (0)

/* Runs one test in a child and prints its line; true unless it failed. */
static inline int ktap_run(int number, const struct ktap_test *test)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		test->run();
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		printf("not ok %d %s # fork or wait failed: errno %d\n", number,
		       test->name, errno);
		return 0;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == KTAP_SKIP) {
		printf("ok %d %s # SKIP\n", number, test->name);
		return 1;
	}
	if (test->dies_of ? WIFSIGNALED(status) && WTERMSIG(status) == test->dies_of
			  : WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		printf("ok %d %s\n", number, test->name);
		return 1;
	}
	printf("not ok %d %s # wait status 0x%x\n", number, test->name, status);
	return 0;
}

/* Runs the tests named on the command line, or all; main's exit status. */
static inline int ktap_main(int argc, char **argv, const struct ktap_test *tests,
			    int count)
{
	int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n");
	if (argc < 2)
		printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		int wanted = argc < 2;

		for (int a = 1; a < argc; a++)
			wanted |= strcmp(argv[a], tests[i].name) == 0;
		if (wanted)
			failed += !ktap_run(i + 1, &tests[i]);
	}
	printf("# failed: %d\n", failed);
	return failed != 0;
}

#endif
