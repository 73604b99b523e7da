/* SPDX-License-Identifier: MIT */
/* Switching kernel stacks. */
#include <asm-offsets.h>
#include <asm/push.h>

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
	PUSH_KEPT
	mov %rsp, THREAD_RSP(%rdi)
	mov THREAD_RSP(%rsi), %rsp
	POP_KEPT
	ret
	.size context_switch_asm, . - context_switch_asm

	.section .note.GNU-stack, "", @progbits
