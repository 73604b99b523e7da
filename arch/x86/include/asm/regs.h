/* SPDX-License-Identifier: MIT */
/* The trap frame: what every entry from a trap, interrupt or system call saves. */
#ifndef ASM_REGS_H
#define ASM_REGS_H

#ifndef __ASSEMBLER__
#include <types.h>

struct regs {
	u64 r15, r14, r13, r12, rbp, rbx;
	u64 r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 vector;		/* exception or interrupt; VECTOR_SYSCALL */
	u64 error;		/* error code; of a system call: its number (orig_rax) */
	u64 rip, cs, rflags, rsp, ss;	/* as the CPU pushes them */
};
#endif

#define VECTOR_SYSCALL 0x100

/* Segment selectors: the order that syscall and sysret want. */
#define SEL_KERNEL_CODE 0x08
#define SEL_KERNEL_DATA 0x10
#define SEL_USER_DATA 0x1b	/* ring 3 */
#define SEL_USER_CODE 0x23
#define SEL_TSS 0x28

#define RFLAGS_CF 0x1
#define RFLAGS_FIXED 0x2
#define RFLAGS_TF 0x100
#define RFLAGS_IF 0x200
#define RFLAGS_DF 0x400
#define RFLAGS_IOPL 0x3000
#define RFLAGS_NT 0x4000
#define RFLAGS_AC 0x40000

#ifndef __ASSEMBLER__
static inline bool regs_ring3(const struct regs *regs)
{
	return (regs->cs & 3) == 3;
}
#endif

#endif
