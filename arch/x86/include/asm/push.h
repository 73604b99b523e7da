/* SPDX-License-Identifier: MIT */
/* For assembly: the registers of the System V ABI that are pushed together. */
#ifndef ASM_PUSH_H
#define ASM_PUSH_H

/* What a called function keeps. */
.macro PUSH_KEPT
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
.endm

.macro POP_KEPT
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
.endm

/* The six arguments, as an array: the first at the lowest address. */
.macro PUSH_ARGS
	push	%r9
	push	%r8
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
.endm

#endif
