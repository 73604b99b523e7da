/* SPDX-License-Identifier: MIT */
/*
 * Offsets and sizes that assembly needs. Never linked: the build reads the
 * numbers from the compiler's output and writes generated/asm-offsets.h. One
 * line each: OFFSET(NAME, struct type, member) or SIZE(NAME, struct type).
 */
#include <asm/regs.h>
#include <cpu.h>
#include <thread.h>

#undef current	/* it is a member's name here */

#define VALUE(name, value) \
	__asm__ volatile("\n.ascii \"->" #name " %0\"" : : "i"(value))
#define OFFSET(name, type, member) VALUE(name, offsetof(type, member))
#define SIZE(name, type) VALUE(name, sizeof(type))

void asm_offsets(void);

void asm_offsets(void)
{
	OFFSET(CPU_SELF, struct cpu, self);
	OFFSET(CPU_CURRENT, struct cpu, current);
	OFFSET(CPU_CR3, struct cpu, cr3);
	OFFSET(CPU_SCRATCH, struct cpu, scratch);
	OFFSET(CPU_NEED_RESCHED, struct cpu, need_resched);
	OFFSET(CPU_TS, struct cpu, ts);
	OFFSET(CPU_CR3_LOADS, struct cpu, cr3_loads);
	OFFSET(CPU_IRQ_DEPTH, struct cpu, irq_depth);
	OFFSET(CPU_ID, struct cpu, id);
	OFFSET(CPU_TSS, struct cpu, tss);
	SIZE(CPU_SIZE, struct cpu);

	OFFSET(TSS_RSP0, struct tss, rsp0);
	SIZE(TSS_SIZE, struct tss);

	OFFSET(THREAD_RSP, struct thread, rsp);
	OFFSET(THREAD_ENTRY_RSP, struct thread, entry_rsp);
	OFFSET(THREAD_RING3_CR3, struct thread, ring3_cr3);
	OFFSET(THREAD_GATE, struct thread, gate);
	OFFSET(THREAD_STACK_BASE, struct thread, stack_base);
	OFFSET(THREAD_GATE_DEPTH, struct thread, gate_depth);
	OFFSET(THREAD_PREEMPT_COUNT, struct thread, preempt_count);
	OFFSET(THREAD_MODULE_TICKS, struct thread, module_ticks);
	OFFSET(THREAD_UNWIND, struct thread, unwind);
	OFFSET(THREAD_TID, struct thread, tid);
	OFFSET(THREAD_FPU, struct thread, fpu);

	OFFSET(REGS_R15, struct regs, r15);
	OFFSET(REGS_R14, struct regs, r14);
	OFFSET(REGS_R13, struct regs, r13);
	OFFSET(REGS_R12, struct regs, r12);
	OFFSET(REGS_RBP, struct regs, rbp);
	OFFSET(REGS_RBX, struct regs, rbx);
	OFFSET(REGS_R11, struct regs, r11);
	OFFSET(REGS_R10, struct regs, r10);
	OFFSET(REGS_R9, struct regs, r9);
	OFFSET(REGS_R8, struct regs, r8);
	OFFSET(REGS_RAX, struct regs, rax);
	OFFSET(REGS_RCX, struct regs, rcx);
	OFFSET(REGS_RDX, struct regs, rdx);
	OFFSET(REGS_RSI, struct regs, rsi);
	OFFSET(REGS_RDI, struct regs, rdi);
	OFFSET(REGS_VECTOR, struct regs, vector);
	OFFSET(REGS_ERROR, struct regs, error);
	OFFSET(REGS_RIP, struct regs, rip);
	OFFSET(REGS_CS, struct regs, cs);
	OFFSET(REGS_RFLAGS, struct regs, rflags);
	OFFSET(REGS_RSP, struct regs, rsp);
	OFFSET(REGS_SS, struct regs, ss);
	SIZE(REGS_SIZE, struct regs);
}
