/* SPDX-License-Identifier: MIT */
/* Signals: numbers, sigaction, siginfo, ucontext (x86_64). */
#ifndef UAPI_WHITIX_SIGNAL_H
#define UAPI_WHITIX_SIGNAL_H

#include <types.h>

#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGBUS 7
#define SIGFPE 8
#define SIGKILL 9
#define SIGUSR1 10
#define SIGSEGV 11
#define SIGUSR2 12
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGSTKFLT 16
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGURG 23
#define SIGXCPU 24
#define SIGXFSZ 25
#define SIGVTALRM 26
#define SIGPROF 27
#define SIGWINCH 28
#define SIGIO 29
#define SIGPWR 30
#define SIGSYS 31
#define LINUX_NSIG 64	/* signals are 1 to 64 */

#define SIG_DFL 0ul
#define SIG_IGN 1ul
#define SIG_BLOCK 0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

#define SA_NOCLDSTOP 0x00000001
#define SA_NOCLDWAIT 0x00000002
#define SA_SIGINFO 0x00000004
#define SA_RESTORER 0x04000000
#define SA_ONSTACK 0x08000000
#define SA_RESTART 0x10000000
#define SA_NODEFER 0x40000000
#define SA_RESETHAND 0x80000000

#define SI_USER 0
#define SI_KERNEL 0x80
#define SI_QUEUE (-1)
#define SI_MESGQ (-3)
#define SI_TIMER (-2)
#define SI_TKILL (-6)
#define ILL_ILLOPN 2
#define FPE_INTDIV 1
#define FPE_FLTDIV 3
#define FPE_FLTOVF 4
#define FPE_FLTUND 5
#define FPE_FLTRES 6
#define FPE_FLTINV 7
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2
#define BUS_ADRALN 1
#define BUS_ADRERR 2
#define TRAP_BRKPT 1
#define TRAP_TRACE 2
#define CLD_EXITED 1
#define CLD_KILLED 2
#define CLD_DUMPED 3
#define CLD_STOPPED 5
#define CLD_CONTINUED 6

#define SS_ONSTACK 1
#define SS_DISABLE 2
#define SS_AUTODISARM (1u << 31)
#define MINSIGSTKSZ 2048

struct linux_sigaction {
	u64 handler;
	u64 flags;
	u64 restorer;
	u64 mask;
};

struct linux_siginfo {
	s32 si_signo, si_errno, si_code, pad0;
	union {
		struct {
			s32 pid;
			u32 uid;
			u64 value;
		} rt;		/* kill, sigqueue */
		struct {
			s32 id, overrun;
			u64 value;
		} timer;	/* timer_create */
		struct {
			s32 pid;
			u32 uid;
			s32 status, pad;
			s64 utime, stime;
		} child;
		struct {
			u64 addr;
		} fault;
		u8 size[112];
	};
};

struct linux_stack {
	u64 ss_sp;
	s32 ss_flags, pad;
	u64 ss_size;
};

/*
 * In the bytes of the fxsave area that the CPU leaves alone: what xsave added, and
 * that a magic number stands behind it (Linux's struct _fpx_sw_bytes).
 */
#define XSTATE_NOTE_AT 464
#define XSTATE_MAGIC1 0x46505853
#define XSTATE_MAGIC2 0x46505845
#define UC_FP_XSTATE 0x1	/* of uc_flags */

struct linux_xstate_note {
	u32 magic1, extended_size;
	u64 features;
	u32 size, unused[7];
};

struct linux_sigcontext {
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
	u64 rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
	u16 cs, gs, fs, ss;
	u64 err, trapno, oldmask, cr2;
	u64 fpstate;		/* address of 512 bytes of fxsave */
	u64 reserved[8];
};

struct linux_ucontext {
	u64 uc_flags, uc_link;
	struct linux_stack uc_stack;
	struct linux_sigcontext uc_mcontext;
	u64 uc_sigmask;
};

/* What a handler finds at its stack pointer. */
struct linux_rt_sigframe {
	u64 pretcode;
	struct linux_ucontext uc;
	struct linux_siginfo info;
};
_Static_assert(sizeof(struct linux_siginfo) == 128, "Linux's siginfo");
_Static_assert(sizeof(struct linux_sigcontext) == 256, "Linux's sigcontext");

#endif
