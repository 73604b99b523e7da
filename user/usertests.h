/* SPDX-License-Identifier: MIT */
/* What the tests of processes, signals and memory share. */
#ifndef USER_USERTESTS_H
#define USER_USERTESTS_H

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include "ktap.h"
#include "nap.h"

#define PAGE 4096ul
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)

static volatile int signals;	/* how many came; after fault_of(): which one */

static inline void count_signal(int sig)
{
	(void)sig;
	signals++;
}

static inline void handle(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = flags };

	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

static inline void *map(size_t size, int prot, int flags)
{
	void *p = mmap(NULL, size, prot, flags, -1, 0);

	if (p == MAP_FAILED)
		FAIL("mmap of %zu bytes: errno %d", size, errno);
	return p;
}

/* ---- faults ------------------------------------------------------------- */

static sigjmp_buf back;
static volatile int fault_code;
static void *volatile fault_address;

static inline void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	signals = sig;
	fault_code = info->si_code;
	fault_address = info->si_addr;
	siglongjmp(back, 1);
}

/* Reads or writes p: the signal that it meets; 0: none. */
static inline int fault_of(volatile char *p, int write)
{
	struct sigaction sa = { .sa_sigaction = on_fault,
				.sa_flags = SA_SIGINFO | SA_NODEFER };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGFPE, &sa, NULL);
	sigaction(SIGILL, &sa, NULL);
	signals = 0;
	if (sigsetjmp(back, 1) == 0) {
		if (write)
			*p = 1;
		else
			(void)*p;
	}
	return signals;
}

#endif
