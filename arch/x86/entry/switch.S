/* SPDX-License-Identifier: MIT */
/* Switching kernel stacks. */
#include <asm-offsets.h>

	.text
/*
 * void context_switch_asm(struct thread *prev, struct thread *next)
 *
 * Leaves a struct switch_frame (asm/trap.h) on prev's stack and goes on with
 * next's. Interrupts off. RFLAGS, FPU state and CR3 are the caller's affair.
 */
	.global context_switch_asm
	.type context_switch_asm, @function
context_switch_asm:
	push %rbp
	push %rbx
	push %r12
	push %r13
	push %r14
	push %r15
	mov %rsp, THREAD_RSP(%rdi)
	mov THREAD_RSP(%rsi), %rsp
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbx
	pop %rbp
	ret
	.size context_switch_asm, . - context_switch_asm

	.section .note.GNU-stack, "", @progbits
