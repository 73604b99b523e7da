/* SPDX-License-Identifier: MIT */
/* Signals inside kernel/signal*.c. */
#ifndef CORE_SIGNALS_H
#define CORE_SIGNALS_H

#include <asm/regs.h>
#include <process.h>

#define SIGNAL_REALTIME 32	/* from here on signals are queued */
#define SIGNAL_BIT(sig) (1ul << ((sig) - 1))
#define SIGNALS_UNBLOCKABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))
#define SIGNALS_STOP \
	(SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | \
	 SIGNAL_BIT(SIGTTOU))
#define SIGNALS_IGNORE \
	(SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH) | \
	 SIGNAL_BIT(SIGCONT))
#define SIGNALS_FAULT \
	(SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGFPE) | \
	 SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP))
#define SYSCALL_INSTRUCTION 2	/* bytes of `syscall` */

/* The fxsave area: Intel SDM vol. 1, 10.5.1. */
#define FXSAVE_MXCSR 24
#define FXSAVE_MXCSR_MASK 28
#define MXCSR_MASK_SHIFT 7
#define MXCSR_MASK_DEFAULT 0xffbf

/*
 * Puts a frame for the handler on the program's stack and lets `regs` enter
 * it. `mask` is what sigreturn restores. False: the stack cannot be written.
 */
bool signal_frame_push(struct regs *regs, const struct linux_siginfo *info,
		       const struct linux_sigaction *action, u64 mask);
/* Sends `sig` to the calling thread: of a call that ends so (SIGPIPE). */
void signal_self(u32 sig);
extern struct wait *signal_wait;
extern struct wait *end_wait;		/* of process_end_wait(), or NULL */
/* May the calling process send `sig` to `p`? process_lock held. */
bool signal_allowed(const struct process *p, u32 sig);
/* The next signal of the calling thread out of `set`; process_lock. 0: none. */
u32 signal_take(u64 set, struct linux_siginfo *info);

#endif
