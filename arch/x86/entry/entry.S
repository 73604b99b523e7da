/* SPDX-License-Identifier: MIT */
/*
 * Entries from traps and interrupts, and the way back. Each entry builds a
 * struct regs on the kernel stack and calls trap_dispatch() in C. The ring that
 * was left is read from CS.
 *
 * From ring 3 the stack is TSS.RSP0, which is the thread's entry_rsp: below the
 * live gate frame, if the thread is inside a module. NMI, debug, machine check
 * and double fault have stacks of their own (IST), since they may come where
 * ring 0 still has ring 3's GS or stack. There GS_BASE itself tells whose it is:
 * the core's is negative, and ring 3 can only have addresses of the low half
 * (CR4.FSGSBASE is off; arch_prctl checks). Intel SDM vol. 3, 6.14.
 */
#include <asm-offsets.h>
#include <asm/insn.h>
#include <asm/regs.h>
#include <asm/smap.h>
#include <asm/trap.h>

#define IST_VECTORS (1 << TRAP_DEBUG | 1 << TRAP_NMI | 1 << TRAP_DOUBLE_FAULT \
		     | 1 << TRAP_MACHINE_CHECK)
/* Exceptions for which the CPU pushes an error code. */
#define ERROR_VECTORS (1 << 8 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 \
		       | 1 << 14 | 1 << 17 | 1 << 21)

	.text

/* One stub of TRAP_STUB_SIZE bytes for each vector. */
	.balign TRAP_STUB_SIZE
	.global trap_stubs
trap_stubs:
	.set vector, 0
	.rept TRAP_STUBS
	.balign TRAP_STUB_SIZE
	.if vector >= 32 || !(ERROR_VECTORS >> (vector & 31) & 1)
	push $0
	.endif
	push $vector
	.if vector < 32 && (IST_VECTORS >> (vector & 31) & 1)
	jmp trap_ist
	.else
	jmp trap_common
	.endif
	.set vector, vector + 1
	.endr

	.balign TRAP_STUB_SIZE
	.global trap_stub_spurious
trap_stub_spurious:
	iretq

/* Saves the general registers as struct regs has them; rsp: at `vector`. */
.macro PUSH_REGS
	push %rdi
	push %rsi
	push %rdx
	push %rcx
	push %rax
	push %r8
	push %r9
	push %r10
	push %r11
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
.endm

.macro POP_REGS
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rax
	pop %rcx
	pop %rdx
	pop %rsi
	pop %rdi
.endm

/* rsp: at `vector` of a struct regs that still lacks the registers. */
	.global trap_common
trap_common:
	cld
	CLAC
	testb $3, REGS_CS - REGS_VECTOR(%rsp)
	jz 1f
	swapgs
1:	PUSH_REGS
	mov %rsp, %rdi
	/* Backtraces go on at the place that was interrupted. */
	push REGS_RIP(%rsp)
	push %rbp
	mov %rsp, %rbp
	call trap_dispatch
	add $16, %rsp
	/* fall through */

/* rsp: struct regs. Interrupts may be on or off. */
	.global trap_return
trap_return:
	testb $3, REGS_CS(%rsp)
	jz return_ring0
	mov %rsp, %rdi
	xor %ebp, %ebp
	call ring3_prepare	/* interrupts are off now */
	testb $3, REGS_CS(%rsp)	/* a module's thread may go on in ring 0 */
	jz return_ring0

	mov %gs:CPU_CURRENT, %rax
	mov THREAD_RING3_CR3(%rax), %rcx
	test %rcx, %rcx
	jz 1f
	cmp %rcx, %gs:CPU_CR3
	je 1f
	mov %rcx, %gs:CPU_CR3
	mov %rcx, %cr3
	incq %gs:CPU_CR3_LOADS
1:	/* CR0.TS is set in modules and clear in programs. */
	xor %ecx, %ecx
	cmpq $0, THREAD_GATE(%rax)
	setne %cl
	cmp %ecx, %gs:CPU_TS
	je 3f
	mov %ecx, %gs:CPU_TS
	test %ecx, %ecx
	jnz 2f
	clts
	jmp 3f
2:	mov %cr0, %rcx
	or $CR0_TS, %rcx
	mov %rcx, %cr0
3:	POP_REGS
	add $16, %rsp		/* vector, error */
	swapgs
	iretq

return_ring0:
	cli
	testl $RFLAGS_IF, REGS_RFLAGS(%rsp)
	jz 4f
	cmpl $0, %gs:CPU_NEED_RESCHED
	je 4f
	mov %gs:CPU_CURRENT, %rax
	cmpl $0, THREAD_PREEMPT_COUNT(%rax)
	jne 4f
	mov %rsp, %rdi
	call preempt_check
4:	POP_REGS
	add $16, %rsp
	iretq

/*
 * On an IST stack. From ring 3 nothing is special: go on as an ordinary trap,
 * on the thread's own stack, where it may sleep.
 */
trap_ist:
	cld
	CLAC
	testb $3, REGS_CS - REGS_VECTOR(%rsp)
	jz 5f
	swapgs
	push %rax
	push %rcx
	mov %rsp, %rcx		/* rcx: saved rcx, rax, then vector .. ss */
	mov %gs:CPU_TSS, %rax
	mov TSS_RSP0(%rax), %rsp
	and $-16, %rsp
	.irp off, 64, 56, 48, 40, 32, 24, 16
	push \off(%rcx)
	.endr
	mov 8(%rcx), %rax
	mov (%rcx), %rcx
	swapgs			/* trap_common does it again */
	jmp trap_common

5:	PUSH_REGS
	mov $MSR_GS_BASE, %ecx
	rdmsr
	xor %ebx, %ebx
	test %edx, %edx
	js 6f
	swapgs
	inc %ebx
6:	mov %rsp, %rdi
	push REGS_RIP(%rsp)
	push %rbp
	mov %rsp, %rbp
	call trap_nested
	add $16, %rsp
	test %ebx, %ebx
	jz 7f
	swapgs
7:	POP_REGS
	add $16, %rsp
	iretq

	.section .note.GNU-stack, "", @progbits
