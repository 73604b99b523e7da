/* SPDX-License-Identifier: MIT */
/*
 * Where the wrappers of CONFIG_DEBUG_POISON go in the direct layout: %eax is the
 * wrapped function's number, the arguments are in place.
 */
#include <asm/push.h>

	.text
	.globl boundary_wrap
	.type boundary_wrap, @function
boundary_wrap:
	push	%rbp
	mov	%rsp, %rbp
	PUSH_ARGS
	mov	%eax, %edi
	mov	%rsp, %rsi
	call	poison_call
	leave
	ret
	.section .note.GNU-stack, "", @progbits
