/* SPDX-License-Identifier: MIT */
/*
 * The syscall instruction's entry (SDM vol. 2, SYSCALL): %rcx is the next
 * instruction, %r11 the flags, %rsp still ring 3's, interrupts off by SFMASK.
 *
 * A thread with a live gate frame is inside a module: the gate's business. All
 * else is a program's system call: struct regs, syscall_dispatch(), and back,
 * by sysret where nothing stands against it.
 */
#include <asm-offsets.h>
#include <asm/memmap.h>

#define SEL_USER_DATA 0x1b
#define SEL_USER_CODE 0x23
#define VECTOR_SYSCALL 0x100
#define ENOSYS 38
#define USER_CANONICAL_BITS 47
#define RFLAGS_TF 0x100

	.text
	.balign 16
	.globl syscall_entry
syscall_entry:
	swapgs
	mov	%rsp, %gs:CPU_SCRATCH
	mov	%gs:CPU_CURRENT, %rsp
	cmpq	$0, THREAD_GATE(%rsp)
	mov	THREAD_ENTRY_RSP(%rsp), %rsp
	jne	gate_syscall
	pushq	$SEL_USER_DATA
	pushq	%gs:CPU_SCRATCH
	push	%r11
	pushq	$SEL_USER_CODE
	push	%rcx
	push	%rax
	pushq	$VECTOR_SYSCALL
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	pushq	$-ENOSYS
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	sti
	mov	%rsp, %rdi
	call	syscall_dispatch
	mov	%rsp, %rdi
	call	ring3_prepare

	/* Interrupts are off. sysret needs %rcx and %r11 as they would be. */
	mov	REGS_RIP(%rsp), %rcx
	cmp	REGS_RCX(%rsp), %rcx
	jne	1f
	mov	REGS_RFLAGS(%rsp), %r11
	cmp	REGS_R11(%rsp), %r11
	jne	1f
	test	$RFLAGS_TF, %r11d
	jnz	1f
	cmpq	$SEL_USER_CODE, REGS_CS(%rsp)
	jne	1f
	mov	%rcx, %rdx
	shr	$USER_CANONICAL_BITS, %rdx
	jnz	1f
	mov	%gs:CPU_CURRENT, %rdx
	mov	THREAD_RING3_CR3(%rdx), %rdx
	cmp	%gs:CPU_CR3, %rdx
	jne	2f
3:	cmpl	$0, %gs:CPU_TS
	jne	4f
5:	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	add	$8, %rsp
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	add	$8, %rsp
	pop	%rdx
	pop	%rsi
	pop	%rdi
	mov	40(%rsp), %rsp
	swapgs
	sysretq
2:	mov	%rdx, %cr3
	mov	%rdx, %gs:CPU_CR3
	incq	%gs:CPU_CR3_LOADS
	jmp	3b
4:	clts
	movl	$0, %gs:CPU_TS
	jmp	5b

	/* By iret, for what sysret cannot give back. */
1:	sti
	jmp	trap_return

	.section .note.GNU-stack, "", @progbits
