/* SPDX-License-Identifier: MIT */
/*
 * The gates: how a call changes ring. Both ways of changing it are here; what
 * differs is in the macro EXIT_RING3 and the entry points at the end.
 *
 * Down: a stub loads its slot's number and jumps to gate_down, which leaves a
 * struct gate_frame on the kernel stack, takes a module stack from the domain's
 * pool and enters ring 3 at ring3_enter, with the arguments in place (the fourth
 * in %r10). The way back is the syscall (int) instruction at ring3_return; it is
 * known by its address. Interrupts are off from the taking of the stack until
 * ring 3 runs, and again from the entry until the frame is gone.
 *
 * Up: an import stub of a module executes syscall (int) with its slot's number
 * in %eax. The instruction pointer must lie in the stub section of a module's
 * image; since only a view that holds a module can run its text, that also says
 * that the module is in the thread's domain.
 *
 * A program's system call is told apart by the thread's live gate frame alone.
 * SDM vol. 2, SYSCALL/SYSRET; vol. 3, 5.8.8 and 6.14.
 */
#include <asm-offsets.h>
#include <asm/memmap.h>
#include <asm/push.h>
#include <asm/trap.h>
#include <gate-offsets.h>

#define SEL_USER_DATA 0x1b
#define SEL_USER_CODE 0x23
#define FLAGS_RING0 0x2
#define FLAGS_RING3 0x202		/* IF and the bit that is always set */

/* Labels of the gate text at their ring-3 addresses. */
#define AT_RING3(label) (GATE_TEXT + (label - gate_text_start))

/* ---- ring 3's part, mapped at GATE_TEXT in every domain's view ------- */

	.section .gate_text, "ax", @progbits
	.balign 4096
	.globl gate_text_start
gate_text_start:

	/* %rax: the function; %r10: its fourth argument. */
	.globl ring3_enter
ring3_enter:
	mov	%r10, %rcx
	call	*%rax
	.globl ring3_return
ring3_return:
#ifdef CONFIG_GATE_SYSCALL
	syscall
#else
	int	$GATE_VECTOR
#endif
ring3_return_ip:
	ud2

	/*
	 * A call within the domain: %eax slot, %r11 function. Leaves a landing
	 * record (struct landing), linked at the top of the stack unit, from
	 * which the core can return an error for the callee.
	 */
	.balign 16
	.globl light_call
light_call:
	PUSH_KEPT
	PUSH_ARGS
	mov	%rsp, %r10
	or	$(STACK_UNIT - 1), %r10
	pushq	-7(%r10)
	push	%rax
	push	$LANDING_MAGIC
	mov	%rsp, -7(%r10)
	incq	GATE_COUNTER
	call	*%r11
	.globl light_return
light_return:
	mov	%rsp, %r10
	or	$(STACK_UNIT - 1), %r10
	add	$16, %rsp
	pop	-7(%r10)
	add	$48, %rsp
	POP_KEPT
	ret

	/* Where a callee returns to whose caller has been reset meanwhile. */
	.globl light_stale
light_stale:
#ifdef CONFIG_GATE_SYSCALL
	syscall
#else
	int	$GATE_VECTOR
#endif
	.globl light_stale_ip
light_stale_ip:
	ud2
	.globl gate_text_end
gate_text_end:

/* ---- leaving ring 0 -------------------------------------------------- */

/* To ring 3 at \rip (must be %rcx) on stack \rsp. All else is in place. */
.macro EXIT_RING3 rsp
#ifdef CONFIG_GATE_SYSCALL
	mov	$FLAGS_RING3, %r11d
	mov	\rsp, %rsp
	xor	%r9d, %r9d
	swapgs
	sysretq
#else
	pushq	$SEL_USER_DATA
	push	\rsp
	pushq	$FLAGS_RING3
	pushq	$SEL_USER_CODE
	push	%rcx
	xor	%r9d, %r9d
	swapgs
	iretq
#endif
.endm

/* Before ring 3: its view is loaded, and CR0.TS set. %r10: thread, %rax used. */
.macro ENTER_VIEW load, ts
	cmp	%gs:CPU_CR3, %rax
	jne	\load
	cmpl	$0, %gs:CPU_TS
	je	\ts
.endm


#define CR0_TS 8

.macro SET_TS back
	mov	%cr0, %rax
	or	$CR0_TS, %rax
	mov	%rax, %cr0
	movl	$1, %gs:CPU_TS
	jmp	\back
.endm

/* ---- down ------------------------------------------------------------ */

	.text
	.balign 16
	.globl down_stubs
down_stubs:
	.set	i, 0
	.rept	SLOTS_MAX
	.balign	DOWN_STUB_SIZE
	mov	$i, %eax
	jmp	gate_down
	.set	i, i + 1
	.endr
	.balign	DOWN_STUB_SIZE

	.globl gate_down
gate_down:
	shl	$SLOT_SHIFT, %rax
	lea	slots(%rax), %r11
	cmpb	$1, SLOT_MODE(%r11)
	jne	gate_down_other
	cli
	mov	%gs:CPU_CURRENT, %r10
	PUSH_KEPT
	PUSH_ARGS
	pushq	SLOT_EPOCH(%r11)
	push	%r11
	pushq	THREAD_GATE(%r10)
	pushq	THREAD_ENTRY_RSP(%r10)
	pushq	THREAD_RING3_CR3(%r10)
	mov	%rsp, %rax
	sub	THREAD_STACK_BASE(%r10), %rax
	cmp	$KERNEL_STACK_RESERVE, %rax
	jb	gate_down_undo
	mov	SLOT_DOMAIN(%r11), %rbx
	mov	DOMAIN_FREE_STACK(%rbx), %r12
	test	%r12, %r12
	jz	gate_down_undo
	mov	MSTACK_NEXT(%r12), %rax
	mov	%rax, DOMAIN_FREE_STACK(%rbx)
	push	%r12
gate_down_enter:
	mov	%rsp, THREAD_GATE(%r10)
	mov	%rsp, THREAD_ENTRY_RSP(%r10)
	mov	%gs:CPU_TSS, %rax
	mov	%rsp, TSS_RSP0(%rax)
	movq	$0, THREAD_MODULE_TICKS(%r10)
	mov	gate_downs(%rip), %rax
	incq	gate_downs(%rip)
	and	$(GATE_TRACE_ENTRIES - 1), %eax
	mov	%r11, gate_trace(, %rax, 8)
	mov	DOMAIN_CR3(%rbx), %rax
	mov	%rax, THREAD_RING3_CR3(%r10)
	ENTER_VIEW 8f, 9f
	/* Registers that carry no argument are cleared. */
1:	movzbl	SLOT_USED(%r11), %eax
	jmp	*down_clear - 8(, %rax, 8)
down_clear_0:
	xor	%edi, %edi
down_clear_1:
	xor	%esi, %esi
down_clear_2:
	xor	%edx, %edx
down_clear_3:
	xor	%ecx, %ecx
down_clear_4:
	xor	%r8d, %r8d
down_clear_5:
	xor	%r9d, %r9d
down_clear_6:
	mov	%rcx, %r10
	mov	SLOT_TARGET(%r11), %rax
	mov	MSTACK_TOP(%r12), %r11
	mov	$AT_RING3(ring3_enter), %rcx
	xor	%ebx, %ebx
	xor	%ebp, %ebp
	xor	%r12d, %r12d
	xor	%r13d, %r13d
	xor	%r14d, %r14d
	xor	%r15d, %r15d
#ifdef CONFIG_GATE_SYSCALL
	mov	%r11, %rsp
	mov	$FLAGS_RING3, %r11d
	swapgs
	sysretq
#else
	pushq	$SEL_USER_DATA
	push	%r11
	pushq	$FLAGS_RING3
	pushq	$SEL_USER_CODE
	push	%rcx
	swapgs
	iretq
#endif
8:	mov	%rax, %cr3
	mov	%rax, %gs:CPU_CR3
	incq	%gs:CPU_CR3_LOADS
	cmpl	$0, %gs:CPU_TS
	jne	1b
9:	SET_TS	1b

	/* No stack of either kind left: undo the frame, let C see to it. */
gate_down_undo:
	add	$40, %rsp
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%r8
	pop	%r9
	add	$24, %rsp
	pop	%r12
	pop	%rbx
	pop	%rbp
	sti
	jmp	gate_down_slow_entry

gate_down_other:
	cmpb	$2, SLOT_MODE(%r11)
	jne	gate_down_slow_entry
	jmp	*SLOT_TARGET(%r11)

	/* gate_down_slow(slot, args): arguments as an array. */
gate_down_slow_entry:
	push	%rbp
	mov	%rsp, %rbp
	PUSH_ARGS
	mov	%r11, %rdi
	mov	%rsp, %rsi
	call	gate_down_slow
	leave
	ret

	/*
	 * long gate_enter(slot, args, stack): the same for C, on a stack that
	 * the caller has taken and keeps (the frame's flags are negative).
	 */
	.globl gate_enter
gate_enter:
	cli
	mov	%gs:CPU_CURRENT, %r10
	PUSH_KEPT
	mov	%rdi, %r11
	mov	%rdx, %r12
	mov	%rsi, %rax
	mov	0(%rax), %rdi
	mov	8(%rax), %rsi
	mov	16(%rax), %rdx
	mov	24(%rax), %rcx
	mov	32(%rax), %r8
	mov	40(%rax), %r9
	PUSH_ARGS
	mov	$0x80000000, %eax
	shl	$32, %rax
	mov	SLOT_EPOCH(%r11), %ebx
	or	%rbx, %rax
	push	%rax
	push	%r11
	pushq	THREAD_GATE(%r10)
	pushq	THREAD_ENTRY_RSP(%r10)
	pushq	THREAD_RING3_CR3(%r10)
	mov	SLOT_DOMAIN(%r11), %rbx
	push	%r12
	jmp	gate_down_enter

	/* ---- the way back from down; %rsp: the gate frame ---- */
gate_return:
	mov	%gs:CPU_CURRENT, %r10
	cmpb	$0, THREAD_UNWIND(%r10)
	jne	gate_return_check
gate_return_pop:
	cmpl	$0, 44(%rsp)
	pop	%rcx
	pop	THREAD_RING3_CR3(%r10)
	pop	THREAD_ENTRY_RSP(%r10)
	pop	THREAD_GATE(%r10)
	pop	%r11
	js	1f
	mov	SLOT_DOMAIN(%r11), %rdx
	mov	DOMAIN_FREE_STACK(%rdx), %rsi
	mov	%rsi, MSTACK_NEXT(%rcx)
	mov	%rcx, DOMAIN_FREE_STACK(%rdx)
1:	mov	%gs:CPU_TSS, %rdx
	mov	THREAD_ENTRY_RSP(%r10), %rsi
	mov	%rsi, TSS_RSP0(%rdx)
	incq	SLOT_CALLS(%r11)
	add	$(8 + 48), %rsp
	POP_KEPT
	sti
	ret

	/* A reset was about this thread: about this very frame? */
gate_return_check:
	mov	%rax, %r14
	mov	%rsp, %rbx
	mov	%rsp, %rdi
	and	$-16, %rsp
	call	gate_return_stale
	mov	%rbx, %rsp
	mov	%gs:CPU_CURRENT, %r10
	test	%al, %al
	mov	%r14, %rax
	jz	gate_return_pop
	/* fall through */

	/* The call failed: an error, or the call again. %rsp: the gate frame. */
	.globl gate_abort
gate_abort:
	mov	%rsp, %rbx
	mov	%rsp, %rdi
	and	$-16, %rsp
	call	gate_aborted
	lea	GF_REGS(%rbx), %rsp
	POP_KEPT
	ret

/* ---- up -------------------------------------------------------------- */

	/*
	 * From ring 3 inside a module: %rcx its next instruction, CPU_SCRATCH
	 * its stack pointer, %rsp the live gate frame, interrupts off.
	 */
	.globl gate_syscall
gate_syscall:
	cmp	$AT_RING3(ring3_return_ip), %rcx
	je	gate_return
	lea	-IMAGE_BASE(%rcx), %r11
	shr	$21, %r11
	cmp	$511, %r11
	jae	gate_up_elsewhere
	shl	$UPW_SHIFT, %r11
	cmp	up_windows + UPW_START(%r11), %rcx
	jb	gate_up_elsewhere
	cmp	up_windows + UPW_END(%r11), %rcx
	jae	gate_up_elsewhere
	pushq	$0
	pushq	$0
	pushq	$0
	pushq	%gs:CPU_SCRATCH
	push	%rcx
	push	%rax
	lea	up_windows(%r11), %r11
	push	%r11
	push	%r9
	push	%r8
	push	%r10
	push	%rdx
	push	%rsi
	push	%rdi
	mov	UPW_MODULE(%r11), %rcx
	mov	MODULE_EPOCH(%rcx), %ecx
	mov	%rcx, 80(%rsp)
	cmp	$SLOTS_MAX, %rax
	jae	gate_up_slow_entry
	/* The stub must be this slot's: C says what is wrong if it is not. */
	mov	64(%rsp), %rcx
	sub	UPW_START(%r11), %rcx
	shr	$IMPORT_STUB_SHIFT, %rcx
	mov	UPW_SLOTS(%r11), %r11
	cmp	%ax, (%r11, %rcx, 2)
	jne	gate_up_slow_entry
	shl	$SLOT_SHIFT, %rax
	cmpb	$0, slots + SLOT_UP_PLAIN(%rax)
	je	gate_up_slow_entry
	incq	gate_ups(%rip)
	mov	%r10, %rcx
	sti
	call	*slots + SLOT_TARGET(%rax)
	cli
gate_up_return:
	mov	48(%rsp), %rcx
	mov	UPW_MODULE(%rcx), %rcx
	mov	MODULE_EPOCH(%rcx), %ecx
	cmp	%ecx, 80(%rsp)
	jne	gate_up_stale_entry
	mov	%rax, %r8
	mov	%gs:CPU_CURRENT, %r10
	mov	THREAD_RING3_CR3(%r10), %rax
	ENTER_VIEW 8f, 9f
1:	mov	%r8, %rax
	mov	64(%rsp), %rcx
	mov	72(%rsp), %r9
	xor	%edi, %edi
	xor	%esi, %esi
	xor	%edx, %edx
	xor	%r8d, %r8d
	xor	%r10d, %r10d
	EXIT_RING3 %r9
8:	mov	%rax, %cr3
	mov	%rax, %gs:CPU_CR3
	incq	%gs:CPU_CR3_LOADS
	cmpl	$0, %gs:CPU_TS
	jne	1b
9:	SET_TS	1b

gate_up_slow_entry:
	mov	%rsp, %rdi
	sti
	call	gate_up_slow
	cli
	jmp	gate_up_return

	/* The caller was reset while the core worked for it. */
gate_up_stale_entry:
	mov	72(%rsp), %rdx
	mov	64(%rsp), %rcx
	mov	$1, %esi
	jmp	gate_trap

	/* From the gate text's stale label, or from where no stub is. */
gate_up_elsewhere:
	mov	%gs:CPU_SCRATCH, %rdx
	xor	%esi, %esi
	cmp	$AT_RING3(light_stale_ip), %rcx
	sete	%sil
	and	$-16, %rsp
	/* fall through */

	/* As a trap at %rcx on stack %rdx: gate_trapped(regs, stale). */
gate_trap:
	mov	%gs:CPU_CURRENT, %r10
	mov	THREAD_ENTRY_RSP(%r10), %rsp
	and	$-16, %rsp
	pushq	$SEL_USER_DATA
	push	%rdx
	pushq	$FLAGS_RING3
	pushq	$SEL_USER_CODE
	push	%rcx
	pushq	$0
	pushq	$GATE_VECTOR
	.rept	15
	pushq	$0
	.endr
	mov	%rsp, %rdi
	sti
	call	gate_trapped
	jmp	trap_return

#ifdef CONFIG_GATE_INTERRUPT
	/*
	 * int GATE_VECTOR. A module's: as gate_syscall. A program's: what the
	 * instruction does where no gate allows it, #GP at itself (SDM vol. 3,
	 * 6.13: the error code names the vector, bit 1: IDT).
	 */
#define INT_LENGTH 2
	.globl gate_interrupt
gate_interrupt:
	pushq	$FLAGS_RING0
	popfq				/* clears AC and DF, too */
	testb	$3, 8(%rsp)
	jz	1f
	swapgs
	push	%r11
	mov	%gs:CPU_CURRENT, %r11
	cmpq	$0, THREAD_GATE(%r11)
	je	2f
	mov	8(%rsp), %rcx
	mov	32(%rsp), %rsp
	mov	%rsp, %gs:CPU_SCRATCH
	mov	THREAD_ENTRY_RSP(%r11), %rsp
	jmp	gate_syscall
2:	pop	%r11
	swapgs
1:	subq	$INT_LENGTH, (%rsp)
	pushq	$(GATE_VECTOR * 8 + 2)
	pushq	$TRAP_PROTECTION
	jmp	trap_common
#endif

	.section .rodata, "a"
	.balign 8
down_clear:
	.quad	down_clear_0, down_clear_1, down_clear_2, down_clear_3
	.quad	down_clear_4, down_clear_5, down_clear_6

	.bss
	.balign 8
	.globl gate_trace, gate_downs, gate_ups
gate_trace:
	.skip	GATE_TRACE_ENTRIES * 8
gate_downs:			/* calls down so far */
	.skip	8
gate_ups:			/* calls up to the core's own functions */
	.skip	8
	.section .note.GNU-stack, "", @progbits
