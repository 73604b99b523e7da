/* SPDX-License-Identifier: MIT */
/*
 * What a signal handler finds on its stack, and the way back (rt_sigreturn).
 * The layout is Linux's struct rt_sigframe for x86_64, with the FPU's state above
 * it: 512 bytes of fxsave and, where there is AVX, what xsave adds; then bytes that
 * fxsave leaves alone say so, and a magic number ends it.
 */
#include <asm/regs.h>
#include <errno.h>
#include <mm.h>
#include <process.h>
#include <sched.h>
#include <signals.h>
#include <string.h>
#include <syscall.h>

#define RED_ZONE 128
#define FPSTATE_ALIGN 64
/* UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS: ss is valid. */
#define UC_FLAGS 0x6
/* Flags that a program may set: CF PF AF ZF SF TF DF OF RF AC. */
#define RFLAGS_USER 0x50dd5ul

static bool on_altstack(const struct linux_stack *s, u64 sp)
{
	return s->ss_size && sp > s->ss_sp && sp - s->ss_sp <= s->ss_size;
}

/* Does a thread at `sp` use its alternate stack, as sigaltstack(2) tells? */
static bool uses_altstack(const struct linux_stack *s, u64 sp)
{
	return !(s->ss_flags & SS_AUTODISARM) && on_altstack(s, sp);
}

/* Where the handler's stack begins, downwards; *alt: on the alternate one. */
static u64 stack_choose(const struct regs *regs, u64 flags, bool *alt)
{
	const struct linux_stack *s = &current->task->altstack;

	*alt = uses_altstack(s, regs->rsp);
	if (!(flags & SA_ONSTACK) || !s->ss_size || *alt)
		return regs->rsp - RED_ZONE;
	*alt = true;
	return s->ss_sp + s->ss_size;
}

static void context_fill(struct linux_sigcontext *c, const struct regs *r)
{
	const struct task *task = current->task;

	*c = (struct linux_sigcontext){
		.r8 = r->r8, .r9 = r->r9, .r10 = r->r10, .r11 = r->r11,
		.r12 = r->r12, .r13 = r->r13, .r14 = r->r14, .r15 = r->r15,
		.rdi = r->rdi, .rsi = r->rsi, .rbp = r->rbp, .rbx = r->rbx,
		.rdx = r->rdx, .rax = r->rax, .rcx = r->rcx, .rsp = r->rsp,
		.rip = r->rip, .eflags = r->rflags, .cs = SEL_USER_CODE,
		.ss = SEL_USER_DATA, .err = task->trap_error,
		.trapno = task->trap_vector, .cr2 = task->trap_address,
	};
}

/* Bytes of the FPU's state on a program's stack. */
static u64 fpu_frame_size(void)
{
	return cpu_features.avx ? FPU_STATE_SIZE + sizeof(u32) : FXSAVE_SIZE;
}

/* Writes it to `fpstate`; false: it cannot be written. */
static bool fpu_frame_write(u64 fpstate)
{
	u8 state[FPU_STATE_SIZE + sizeof(u32)];
	struct linux_xstate_note note = {
		.magic1 = XSTATE_MAGIC1, .extended_size = sizeof(state),
		.features = XFEATURES, .size = FPU_STATE_SIZE,
	};
	u32 end = XSTATE_MAGIC2;

	fpu_save(current);
	memcpy(state, current->fpu, FPU_STATE_SIZE);
	if (cpu_features.avx) {
		memcpy(state + XSTATE_NOTE_AT, &note, sizeof(note));
		memcpy(state + FPU_STATE_SIZE, &end, sizeof(end));
	}
	return !put_user_bytes(fpstate, state, fpu_frame_size());
}

/*
 * Reads it. What xsave added counts only when it is whole, as on Linux; its header
 * is made such that xrstor cannot fault.
 */
static bool fpu_frame_read(u8 *state, u64 fpstate)
{
	u64 *header = (u64 *)(state + FXSAVE_SIZE);
	struct linux_xstate_note note;
	u32 end;

	if (get_user_bytes(state, fpstate, FXSAVE_SIZE))
		return false;
	memcpy(&note, state + XSTATE_NOTE_AT, sizeof(note));
	if (note.magic1 == XSTATE_MAGIC1 && note.size == FPU_STATE_SIZE &&
	    !get_user_bytes(&end, fpstate + FPU_STATE_SIZE, sizeof(end)) &&
	    end == XSTATE_MAGIC2) {
		if (get_user_bytes(header, fpstate + FXSAVE_SIZE,
				   FPU_STATE_SIZE - FXSAVE_SIZE))
			return false;
		*header &= XFEATURES;
	} else {
		*header = XFEATURES_FXSAVE;
	}
	memset(header + 1, 0, XSAVE_HEADER_SIZE - sizeof(*header));
	return true;
}

/* See include/core/signals.h. May sleep. */
bool signal_frame_push(struct regs *regs, const struct linux_siginfo *info,
		       const struct linux_sigaction *action, u64 mask)
{
	struct linux_stack *s = &current->task->altstack;
	struct linux_rt_sigframe frame = { 0 };
	u64 sp, fpstate;
	bool alt;

	sp = stack_choose(regs, action->flags, &alt);
	fpstate = ALIGN_DOWN(sp - fpu_frame_size(), FPSTATE_ALIGN);
	sp = ALIGN_DOWN(fpstate - sizeof(frame), 16) - sizeof(u64);
	if (!(action->flags & SA_RESTORER) || (alt && !on_altstack(s, sp)))
		return false;
	frame.pretcode = action->restorer;
	frame.uc.uc_flags = UC_FLAGS | (cpu_features.avx ? UC_FP_XSTATE : 0);
	frame.uc.uc_stack = *s;
	context_fill(&frame.uc.uc_mcontext, regs);
	frame.uc.uc_mcontext.oldmask = mask;
	frame.uc.uc_mcontext.fpstate = fpstate;
	frame.uc.uc_sigmask = mask;
	frame.info = *info;
	if (!fpu_frame_write(fpstate) ||
	    put_user_bytes(sp, &frame, sizeof(frame)))
		return false;
	if (s->ss_flags & SS_AUTODISARM)
		*s = (struct linux_stack){ .ss_flags = SS_DISABLE };
	regs->rdi = info->si_signo;
	regs->rsi = sp + offsetof(struct linux_rt_sigframe, info);
	regs->rdx = sp + offsetof(struct linux_rt_sigframe, uc);
	regs->rax = 0;
	regs->rsp = sp;
	regs->rip = action->handler;
	regs->rflags &= ~(RFLAGS_DF | RFLAGS_TF);
	regs->rcx = 0;
	return true;
}

/*
 * Takes the FPU state that the handler left; false: it cannot be read. A switch
 * of threads writes current->fpu: it changes only with interrupts off.
 */
static bool fpu_restore(u64 fpstate)
{
	u8 state[FPU_STATE_SIZE] __aligned(16);
	u32 mxcsr, mask;
	u64 flags;

	fpu_init_state(state);
	if (fpstate && !fpu_frame_read(state, fpstate))
		return false;
	flags = irq_save();
	fpu_save(current);
	memcpy(&mask, (u8 *)current->fpu + FXSAVE_MXCSR_MASK, sizeof(mask));
	memcpy(&mxcsr, state + FXSAVE_MXCSR, sizeof(mxcsr));
	mxcsr &= mask ? mask : MXCSR_MASK_DEFAULT;
	memcpy(state + FXSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
	memcpy(current->fpu, state, sizeof(state));
	fpu_load(current);
	irq_restore(flags);
	return true;
}

static void context_restore(struct regs *r, const struct linux_sigcontext *c)
{
	r->r8 = c->r8;
	r->r9 = c->r9;
	r->r10 = c->r10;
	r->r11 = c->r11;
	r->r12 = c->r12;
	r->r13 = c->r13;
	r->r14 = c->r14;
	r->r15 = c->r15;
	r->rdi = c->rdi;
	r->rsi = c->rsi;
	r->rbp = c->rbp;
	r->rbx = c->rbx;
	r->rdx = c->rdx;
	r->rax = c->rax;
	r->rcx = c->rcx;
	r->rsp = c->rsp;
	r->rip = c->rip;
	r->rflags = (r->rflags & ~RFLAGS_USER) | (c->eflags & RFLAGS_USER);
	r->cs = SEL_USER_CODE;
	r->ss = SEL_USER_DATA;
}

/* Sets the alternate stack: 0, -EINVAL, -EPERM (standing on it), -ENOMEM. */
static long altstack_set(const struct linux_stack *s, u64 sp)
{
	struct linux_stack *now = &current->task->altstack;
	u32 mode = s->ss_flags & ~SS_AUTODISARM;

	if (uses_altstack(now, sp))
		return -EPERM;
	if (mode > SS_DISABLE)
		return -EINVAL;
	if (mode != SS_DISABLE && s->ss_size < MINSIGSTKSZ)
		return -ENOMEM;
	*now = (struct linux_stack){ .ss_flags = s->ss_flags };
	if (mode != SS_DISABLE) {
		now->ss_sp = s->ss_sp;
		now->ss_size = s->ss_size;
	}
	return 0;
}

/* sigaltstack(2). */
long sys_sigaltstack(u64 new, u64 old)
{
	u64 sp = current->user_regs->rsp;
	struct linux_stack s = current->task->altstack, wanted;
	long error = 0;

	s.ss_flags &= SS_AUTODISARM;
	s.ss_flags |= !s.ss_size ? SS_DISABLE : uses_altstack(&s, sp) ? SS_ONSTACK : 0;
	if (new) {
		if (get_user_bytes(&wanted, new, sizeof(wanted)))
			return -EFAULT;
		error = altstack_set(&wanted, sp);
	}
	if (!error && old)
		error = put_user_bytes(old, &s, sizeof(s));
	return error;
}

/* rt_sigreturn(2): back to where the signal came; a bad frame is SIGSEGV. */
long sys_rt_sigreturn(void)
{
	struct regs *regs = current->user_regs;
	struct linux_ucontext uc;
	u64 at = regs->rsp - sizeof(u64) + offsetof(struct linux_rt_sigframe, uc);

	if (get_user_bytes(&uc, at, sizeof(uc)) ||
	    !fpu_restore(uc.uc_mcontext.fpstate)) {
		signal_force(SIGSEGV, SI_KERNEL, 0);
		return 0;
	}
	context_restore(regs, &uc.uc_mcontext);
	altstack_set(&uc.uc_stack, regs->rsp);
	signal_set_mask(uc.uc_sigmask);
	/* Its registers are whole: not a system call any more. */
	regs->vector = 0;
	return regs->rax;
}
