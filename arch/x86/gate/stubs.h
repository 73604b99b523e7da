/* SPDX-License-Identifier: MIT */
/*
 * What generated/stubs.S is made of. A core file calls a module by its name;
 * the name is one of the stubs in gate.S. The table tells the boundary which
 * slot has which name.
 */
#ifndef GATE_STUBS_H
#define GATE_STUBS_H

#include <gate-offsets.h>

#define ENODEV 19

/* The name of a module's function, for the core: as stub number `index`. */
.macro DOWN_STUB name, index
	.text
	.balign	DOWN_STUB_SIZE
	.globl	\name
	.type	\name, @function
\name:
	mov	$\index, %eax
	jmp	gate_down
.endm

/* One entry of struct down_name { const char *name; u64 index, version; }. */
.macro DOWN_NAME name, index, version
	.section .rodata.str, "a"
7:	.asciz	"\name"
	.section .down_names, "a"
	.quad	7b, \index, \version
	.text
.endm

/* A function of a module that is switched off. */
.macro FAILING_STUB name
	.text
	.globl	\name
	.type	\name, @function
\name:
	mov	$-ENODEV, %rax
	ret
.endm

/*
 * A call between units that goes through the debug wrapper (ld --wrap): number
 * `index` of the table of wrapped functions.
 */
.macro WRAP_STUB name, index
	.text
	.globl	__wrap_\name
	.type	__wrap_\name, @function
__wrap_\name:
	mov	$\index, %eax
	jmp	boundary_wrap
	.section wrap_table, "a"
	.quad	__real_\name
	.text
.endm

#endif
