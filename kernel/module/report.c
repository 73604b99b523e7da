// SPDX-License-Identifier: MIT
/* The report of a module's fault: one readable piece of the log. */
#include <log.h>
#include <printf.h>
#include <string.h>

#include "internal.h"

#define VECTOR_PAGE_FAULT 14
#define PF_PRESENT 1
#define PF_WRITE 2
#define PF_FETCH 16

static const char *const exceptions[] = {
	"division error", "debug exception", "NMI", "breakpoint", "overflow",
	"bound range exceeded", "illegal instruction", "use of the FPU",
	"double fault", "coprocessor overrun", "invalid TSS", "segment not present",
	"stack-segment fault", "general protection fault", "page fault",
	"reserved exception", "floating-point error", "alignment check",
	"machine check", "SIMD error",
};

static const char *const reasons[] = {
	[REASON_TRAP] = "trap", [REASON_WATCHDOG] = "watchdog",
	[REASON_CONTRACT] = "contract", [REASON_QUOTA] = "quota",
	[REASON_BUG] = "bug", [REASON_DEADLOCK] = "deadlock",
	[REASON_STACK] = "stack", [REASON_INIT] = "init",
	[REASON_INJECTED] = "injected",
};

static void describe_trap(const struct regs *regs, u64 address, char *buf, size_t len)
{
	const char *name = regs->vector < ARRAY_SIZE(exceptions) ?
			   exceptions[regs->vector] : "unknown exception";

	if (regs->vector != VECTOR_PAGE_FAULT) {
		snprintf(buf, len, "%s", name);
		return;
	}
	snprintf(buf, len, "page fault: %s of %016lx (%s)",
		 regs->error & PF_FETCH ? "execution" :
		 regs->error & PF_WRITE ? "write" : "read", (unsigned long)address,
		 regs->error & PF_PRESENT ? "not permitted" : "not mapped");
}

/*
 * Logs who failed, why, where, with registers, backtrace and the last calls.
 * `regs` and `what` may be NULL. Any context; needs no module.
 */
void module_report(struct module *m, enum fault_reason reason,
		   const struct regs *regs, u64 address, const char *what)
{
	char text[96], where[80] = "";
	struct regs up;
	u32 domain;

	if (!regs && boundary_up_regs(m, &up))
		regs = &up;
	if (!what && regs) {
		describe_trap(regs, address, text, sizeof(text));
		what = text;
	}
	if (regs)
		symbol_format(regs->rip, where, sizeof(where));
	pr_err("module %s: fault (%s): %s%s%s", m->name, reasons[reason],
	       what ? what : "?", regs ? " at " : "", where);
	pr_err("  epoch %u, resets %u, placement %s, thread %u (%s)", m->epoch,
	       m->resets, boundary_placement(m, &domain), current->tid, current->name);
	if (regs)
		backtrace_print(regs);
	boundary_trace_print();
}
