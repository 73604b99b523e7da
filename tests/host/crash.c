/* SPDX-License-Identifier: MIT */
/*
 * A crash at any point: while shim_crash_at() runs, persistent pages are read
 * only. Each write to them faults; the handler counts it, lets the one
 * instruction through with the trap flag set, and closes the pages again. At
 * the event asked for, the call is left for good, as a reset would.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "os.h"
#include "shim.h"

#define EFLAGS_TRAP 0x100

static sigjmp_buf leave;
static volatile bool active;
static volatile u32 event, stop_at;
static u64 fault_addr;
static bool fault_ours;

static void pages_close(u64 addr, u64 len)
{
	os_pages_protect(addr, len, false);
}

static void pages_open(u64 addr, u64 len)
{
	os_pages_protect(addr, len, true);
}

static void pages_match(u64 addr, u64 len)
{
	if (fault_addr >= addr && fault_addr < addr + len)
		fault_ours = true;
}

void shim_crash_point(void)
{
	if (active && ++event == stop_at)
		siglongjmp(leave, 1);
}

void shim_crash_pages(u64 addr, u64 len)
{
	if (active)
		pages_close(addr, len);
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	fault_addr = (u64)info->si_addr;
	fault_ours = false;
	shim_heap_each_persistent(pages_match);
	if (!active || !fault_ours) {
		fprintf(stderr, "shim: fault at %p, instruction %#llx\n",
			info->si_addr,
			(unsigned long long)uc->uc_mcontext.gregs[REG_RIP]);
		signal(sig, SIG_DFL);
		return;
	}
	shim_crash_point();
	shim_heap_each_persistent(pages_open);
	uc->uc_mcontext.gregs[REG_EFL] |= EFLAGS_TRAP;
}

static void on_step(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	uc->uc_mcontext.gregs[REG_EFL] &= ~EFLAGS_TRAP;
	if (active)
		shim_heap_each_persistent(pages_close);
}

bool shim_crash_at(u32 at, void (*fn)(void *arg), void *arg)
{
	struct sigaction fault = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	struct sigaction step = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO };
	struct sigaction old_fault, old_step;
	volatile bool left = false;

	sigaction(SIGSEGV, &fault, &old_fault);
	sigaction(SIGTRAP, &step, &old_step);
	event = 0;
	stop_at = at;
	if (!sigsetjmp(leave, 1)) {
		shim_heap_each_persistent(pages_close);
		active = true;
		fn(arg);
	} else {
		left = true;
	}
	active = false;
	shim_heap_each_persistent(pages_open);
	sigaction(SIGSEGV, &old_fault, NULL);
	sigaction(SIGTRAP, &old_step, NULL);
	return left;
}
