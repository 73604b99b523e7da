/* SPDX-License-Identifier: MIT */
/*
 * Traps (arch/x86/entry/): what the entry code calls, and what it offers.
 *
 * Exception table: section __ex_table, pairs of u64 {instruction, where to go
 * on} for instructions in ring 0 that may fault on memory of others.
 */
#ifndef ASM_TRAP_H
#define ASM_TRAP_H

#define TRAP_DEBUG 1
#define TRAP_NMI 2
#define TRAP_BREAKPOINT 3
#define TRAP_OVERFLOW 4
#define TRAP_DOUBLE_FAULT 8
#define TRAP_PROTECTION 13
#define TRAP_PAGE_FAULT 14
#define TRAP_MACHINE_CHECK 18
#define TRAP_EXCEPTIONS 32

/* Page-fault error code (Intel SDM vol. 3, 4.7). */
#define FAULT_PRESENT 0x1
#define FAULT_WRITE 0x2
#define FAULT_USER 0x4
#define FAULT_RESERVED 0x8
#define FAULT_FETCH 0x10

#define TRAP_STUBS 49		/* vectors 0 to 48 */
#define TRAP_STUB_SIZE 16

#ifndef __ASSEMBLER__
#include <asm/regs.h>
#include <types.h>

/* What context_switch_asm() leaves on the stack of a thread switched out. */
struct switch_frame {
	u64 r15, r14, r13, r12, rbx, rbp;
	u64 rip;
};

/* Loads the IDT. */
void idt_init(void);
/* Lets ring 3 reach `entry` by `int vector`. */
void idt_set_user_gate(u8 vector, void (*entry)(void));
/* Sends regs to the fixup of the instruction at regs->rip, if it has one. */
bool exception_fixup(struct regs *regs);
/* Name of an exception, "#PF"; "" for other vectors. */
const char *trap_name(u64 vector);

/* entry.S, called by the entry code only. */
void trap_return(void);		/* label: rsp = regs */
void trap_dispatch(struct regs *regs);
void trap_nested(struct regs *regs);
void ring3_prepare(struct regs *regs);

/* The parts of others (mm/fault.c, kernel/signal.c). */
bool mm_fault(struct regs *regs, u64 address, u64 error);
void process_exception(struct regs *regs, u64 vector, u64 address);
void process_ring3_exit(struct regs *regs);
#endif

#endif
