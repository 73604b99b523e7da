/* SPDX-License-Identifier: MIT */
/*
 * Copies that may fault on either side: the exception table says where to go
 * on when the fault could not be repaired (mm/fault.c). The quadword form of
 * rep movs is used because each of its steps counts as one instruction where
 * instructions are counted; a fault in it is tried again by bytes, so that the
 * count of what was left is exact.
 */
#include <asm/smap.h>

	.macro	FAULTS at, go_on
	.pushsection __ex_table, "a"
	.quad	\at, \go_on
	.popsection
	.endm

	.text

/* size_t copy_faulting(void *dst, const void *src, size_t len): bytes left. */
	.globl	copy_faulting
	.type	copy_faulting, @function
	.balign	16
copy_faulting:
	STAC
	mov	%rdx, %rcx
	shr	$3, %rcx
	and	$7, %edx
1:	rep movsq
	mov	%edx, %ecx
2:	rep movsb
4:	mov	%rcx, %rax
	CLAC
	ret
3:	lea	(%rdx,%rcx,8), %rcx
	jmp	2b
	FAULTS	1b, 3b
	FAULTS	2b, 4b
	.size	copy_faulting, . - copy_faulting

/* long load_faulting_u32(const u32 *src, u32 *value): 0, or 1 for a fault. */
	.globl	load_faulting_u32
	.type	load_faulting_u32, @function
load_faulting_u32:
	STAC
	mov	$1, %eax
1:	mov	(%rdi), %ecx
	mov	%ecx, (%rsi)
	xor	%eax, %eax
2:	CLAC
	ret
	FAULTS	1b, 2b
	.size	load_faulting_u32, . - load_faulting_u32

/*
 * long cmpxchg_faulting_u32(u32 *at, u32 old, u32 new, u32 *found): 0, or 1.
 */
	.globl	cmpxchg_faulting_u32
	.type	cmpxchg_faulting_u32, @function
cmpxchg_faulting_u32:
	STAC
	mov	%rcx, %r8
	mov	%esi, %eax
	mov	$1, %ecx
1:	lock cmpxchg %edx, (%rdi)
	mov	%eax, (%r8)
	xor	%ecx, %ecx
2:	mov	%ecx, %eax
	CLAC
	ret
	FAULTS	1b, 2b
	.size	cmpxchg_faulting_u32, . - cmpxchg_faulting_u32

	.section .note.GNU-stack, "", @progbits
