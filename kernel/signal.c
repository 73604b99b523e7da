/* SPDX-License-Identifier: MIT */
/*
 * Signals: sending, choosing and delivering them. A signal is pending for a
 * process or for one thread; details are queued with it while there is memory.
 * task->notify tells a thread to look before it sees ring 3 again; a thread
 * that sleeps interruptibly is woken.
 *
 * SIGKILL is never pending: it marks the process as dying at once. A stop
 * signal stops the process when a thread takes it; its threads then sleep on
 * their way to ring 3 until SIGCONT.
 *
 * Everything here that says so needs process_lock, interrupts off.
 */
#include <asm/trap.h>
#include <errno.h>
#include <frame.h>
#include <log.h>
#include <mm.h>
#include <process.h>
#include <sched.h>
#include <signals.h>
#include <string.h>
#include <syscall.h>

#define INIT_PID 1

/* Woken when any signal becomes pending: signalfd's; NULL: there is none. */
struct wait *signal_wait, *end_wait;

static bool signal_ignored(const struct process *p, u32 sig)
{
	u64 handler = p->action[sig - 1].handler;

	return handler == SIG_IGN ||
	       (handler == SIG_DFL &&
		((SIGNAL_BIT(sig) & SIGNALS_IGNORE) ||
		 (p->pid == INIT_PID && !(SIGNAL_BIT(sig) & SIGNALS_STOP))));
}

/* True when a signal interrupts the thread. Any context. */
bool process_signal_pending(struct thread *t)
{
	return READ_ONCE(t->kill) ||
	       ((READ_ONCE(t->sigpending) | READ_ONCE(t->process->sigpending)) &
		~t->sigmask);
}

static void thread_notify(struct thread *t)
{
	WRITE_ONCE(t->task->notify, 1);
	thread_wake(t);
}

/* Tells the threads that do not block the signal. */
static void process_notify(struct process *p, u32 sig)
{
	struct thread *t;

	list_for_each_entry(t, &p->threads, siblings)
		if (!(t->sigmask & SIGNAL_BIT(sig)))
			thread_notify(t);
}

/* Frees queued details. The queue is nobody else's. */
void signal_flush(struct list_head *queue)
{
	struct sigqueue *q, *next;

	list_for_each_entry_safe(q, next, queue, node) {
		list_del(&q->node);
		core_free(q);
	}
}

static void queue_remove(struct list_head *queue, u64 signals)
{
	struct sigqueue *q, *next;

	list_for_each_entry_safe(q, next, queue, node) {
		if (signals & SIGNAL_BIT(q->info.si_signo)) {
			list_del(&q->node);
			core_free(q);
		}
	}
}

/* Takes pending signals away from the whole process. */
static void pending_remove(struct process *p, u64 signals)
{
	struct thread *t;

	p->sigpending &= ~signals;
	queue_remove(&p->sigqueue, signals);
	list_for_each_entry(t, &p->threads, siblings) {
		t->sigpending &= ~signals;
		queue_remove(&t->task->sigqueue, signals);
	}
}

/* What a process's other signals do to one that is sent now. */
static void stop_or_continue(struct process *p, u32 sig)
{
	struct thread *t;

	if (SIGNAL_BIT(sig) & SIGNALS_STOP)
		pending_remove(p, SIGNAL_BIT(SIGCONT));
	if (sig != SIGCONT)
		return;
	pending_remove(p, SIGNALS_STOP);
	if (!p->stop_signal)
		return;
	p->stop_signal = 0;
	p->stop_report = false;
	p->continue_report = true;
	signal_parent(p, CLD_CONTINUED, SIGCONT);
	wait_wake_all(&p->change);
	list_for_each_entry(t, &p->threads, siblings)
		thread_notify(t);
}

/* Adds to a pending set; a standard signal that is there already is enough. */
static void pending_add(u64 *pending, struct list_head *queue, u32 sig,
			const struct linux_siginfo *info)
{
	struct sigqueue *q;

	if ((*pending & SIGNAL_BIT(sig)) && sig < SIGNAL_REALTIME)
		return;
	q = info ? core_alloc(sizeof(*q)) : NULL;
	if (q) {
		q->info = *info;
		q->info.si_signo = sig;
		list_add_tail(&q->node, queue);
	}
	*pending |= SIGNAL_BIT(sig);
	if (signal_wait)
		wait_wake_all(signal_wait);
}

/* What keeps a signal from being dropped though nobody handles it. */
static u64 kept_mask(const struct thread *t)
{
	return t->sigmask | t->task->awaited;
}

/* Before a signal is added: false when there is nothing to add. */
static bool send_prepare(struct process *p, u32 sig, u64 mask)
{
	if (p->state != PROCESS_ALIVE || p->exiting)
		return false;
	stop_or_continue(p, sig);
	if (sig == SIGKILL) {
		if (p->pid != INIT_PID)
			process_kill(p, SIGKILL);
		return false;
	}
	return !signal_ignored(p, sig) || (mask & SIGNAL_BIT(sig));
}

/* See include/core/process.h. Needs process_lock. Any context. */
void signal_send_process(struct process *p, u32 sig,
			 const struct linux_siginfo *info)
{
	u64 mask = 0;

	if (!list_empty(&p->threads))
		mask = kept_mask(list_first_entry(&p->threads, struct thread, siblings));
	if (!send_prepare(p, sig, mask))
		return;
	pending_add(&p->sigpending, &p->sigqueue, sig, info);
	process_notify(p, sig);
}

/* See include/core/process.h. Needs process_lock. Any context. */
void signal_send_thread(struct thread *t, u32 sig,
			const struct linux_siginfo *info)
{
	if (!send_prepare(t->process, sig, kept_mask(t)))
		return;
	pending_add(&t->sigpending, &t->task->sigqueue, sig, info);
	if (!(t->sigmask & SIGNAL_BIT(sig)))
		thread_notify(t);
}

/*
 * Gives the calling thread a signal that it caused by a fault at `addr`. One
 * that is blocked or ignored kills, as on Linux.
 */
void signal_force(u32 sig, s32 code, u64 addr)
{
	struct thread *t = current;
	struct process *p = t->process;
	struct linux_sigaction *a = &p->action[sig - 1];
	struct linux_siginfo info = { .si_code = code, .fault.addr = addr };
	u64 flags = spin_lock_irq(&process_lock);

	if (a->handler == SIG_IGN || (t->sigmask & SIGNAL_BIT(sig)))
		a->handler = SIG_DFL;
	t->sigmask &= ~SIGNAL_BIT(sig);
	if (a->handler == SIG_DFL) {
		pr_info("%s[%u]: signal %u, code %d, at 0x%llx, ip 0x%llx", p->name,
			p->pid, sig, code, (unsigned long long)addr,
			(unsigned long long)(t->user_regs ? t->user_regs->rip : 0));
		process_kill(p, sig);
	} else {
		pending_add(&t->sigpending, &t->task->sigqueue, sig, &info);
		thread_notify(t);
	}
	spin_unlock_irq(&process_lock, flags);
}

/* May the calling process send `sig` to `p`? Needs process_lock. */
bool signal_allowed(const struct process *p, u32 sig)
{
	const struct creds *a = &current->process->creds, *b = &p->creds;

	return (a->cap_effective >> CAP_KILL & 1) || a->euid == b->suid || a->euid == b->uid ||
	       a->uid == b->suid || a->uid == b->uid ||
	       (sig == SIGCONT && p->sid == current->process->sid);
}

/* See include/core/process.h. `sig` 0 only looks. */
long signal_send_group(u32 pgrp, u32 sig, const struct linux_siginfo *info,
		       bool check)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p;
	long error = -ESRCH;

	list_for_each_entry(p, &process_list, all) {
		if (p->pgrp != pgrp)
			continue;
		if (check && !signal_allowed(p, sig)) {
			error = error == 0 ? 0 : -EPERM;
			continue;
		}
		error = 0;
		if (sig)
			signal_send_process(p, sig, info);
	}
	spin_unlock_irq(&process_lock, flags);
	return error;
}

/* Tells the parent of a child's end, stop or going on. Needs process_lock. */
void signal_parent(struct process *p, s32 code, s32 status)
{
	struct process *parent = p->parent;
	struct linux_siginfo info = {
		.si_code = code,
		.child = {
			.pid = p->pid, .uid = p->creds.uid,
			.status = code == CLD_EXITED ? status >> 8 :
				  code == CLD_KILLED ? status & 0x7f : status,
		},
	};
	bool stop = code == CLD_STOPPED || code == CLD_CONTINUED;

	if (!parent)
		return;
	if (p->exit_signal && !(stop && (parent->action[SIGCHLD - 1].flags &
					 SA_NOCLDSTOP)))
		signal_send_process(parent, p->exit_signal, &info);
	wait_wake_all(&parent->change);
}

/* ---- taking signals --------------------------------------------------- */

/* Takes the details of `sig` from a queue; true if more of it are there. */
static bool queue_take(struct list_head *queue, u32 sig, struct linux_siginfo *info)
{
	struct sigqueue *q, *next;
	bool taken = false;

	memset(info, 0, sizeof(*info));
	info->si_signo = sig;
	info->si_code = SI_KERNEL;
	list_for_each_entry_safe(q, next, queue, node) {
		if (q->info.si_signo != (s32)sig)
			continue;
		if (taken)
			return true;
		*info = q->info;
		list_del(&q->node);
		core_free(q);
		taken = true;
	}
	return false;
}

/* The next signal out of `set`, 0: none. Needs process_lock. */
u32 signal_take(u64 set, struct linux_siginfo *info)
{
	struct thread *t = current;
	struct process *p = t->process;
	u64 own = t->sigpending & set, shared = p->sigpending & set;
	u32 sig;

	if (own) {
		/* Faults first: they are about the instruction at hand. */
		sig = __builtin_ctzl(own & SIGNALS_FAULT ? own & SIGNALS_FAULT : own) + 1;
		if (!queue_take(&t->task->sigqueue, sig, info))
			t->sigpending &= ~SIGNAL_BIT(sig);
		return sig;
	}
	if (!shared)
		return 0;
	sig = __builtin_ctzl(shared) + 1;
	if (!queue_take(&p->sigqueue, sig, info))
		p->sigpending &= ~SIGNAL_BIT(sig);
	return sig;
}

/* Sleeps until the process goes on or dies. */
static void stopped_wait(struct process *p)
{
	u64 mask = current->sigmask;
	u32 seq;

	current->sigmask = ~0ul;
	for (;;) {
		seq = wait_read(&p->change);
		if (!READ_ONCE(p->stop_signal) || current->kill)
			break;
		wait_on(&p->change, seq, 0, true);
	}
	current->sigmask = mask;
}

/* Default action of a stop signal. Needs process_lock. */
static void process_stop(struct process *p, u32 sig)
{
	struct thread *t;

	if (sig != SIGSTOP && process_is_orphaned(p))
		return;
	p->stop_signal = sig;
	p->stop_report = true;
	p->continue_report = false;
	list_for_each_entry(t, &p->threads, siblings)
		thread_notify(t);
	signal_parent(p, CLD_STOPPED, sig);
}

/*
 * Takes signals until one has a handler: its number, with `info` and a copy of
 * the action; 0 when none is left. Default actions are done here.
 */
static u32 signal_next(struct linux_siginfo *info, struct linux_sigaction *action)
{
	struct process *p = current->process;
	u64 flags = spin_lock_irq(&process_lock);
	u32 sig;

	while (!p->stop_signal && !p->exiting &&
	       (sig = signal_take(~current->sigmask, info)) != 0) {
		struct linux_sigaction *a = &p->action[sig - 1];

		if (a->handler > SIG_IGN) {
			*action = *a;
			if (a->flags & SA_RESETHAND)
				a->handler = SIG_DFL;
			spin_unlock_irq(&process_lock, flags);
			return sig;
		}
		if (signal_ignored(p, sig))
			continue;
		if (SIGNAL_BIT(sig) & SIGNALS_STOP)
			process_stop(p, sig);
		else
			process_kill(p, sig);
	}
	spin_unlock_irq(&process_lock, flags);
	return 0;
}

/* ---- the way to ring 3 ------------------------------------------------- */

/* Goes back to the syscall instruction. */
static void call_again(struct regs *regs)
{
	regs->rax = regs->error;
	regs->rip -= SYSCALL_INSTRUCTION;
}

static bool is_restart(u64 rax)
{
	s64 error = -(s64)rax;

	return error == ERESTARTSYS || error == ERESTARTNOINTR ||
	       error == ERESTARTNOHAND || error == ERESTART_RESTARTBLOCK;
}

/* A call was interrupted: what it returns to, given the handler (NULL: none). */
static void restart_decide(struct regs *regs, const struct linux_sigaction *handler)
{
	s64 error = -(s64)regs->rax;

	if (regs->vector != VECTOR_SYSCALL || !is_restart(regs->rax))
		return;
	if (!handler || error == ERESTARTNOINTR ||
	    (error == ERESTARTSYS && (handler->flags & SA_RESTART))) {
		current->task->restart_armed = !handler && error == ERESTART_RESTARTBLOCK;
		call_again(regs);
	} else {
		regs->rax = -EINTR;
	}
}

/* Runs the handler of `sig` when ring 3 goes on; a bad stack kills. */
static void signal_deliver(struct regs *regs, u32 sig, struct linux_siginfo *info,
			   const struct linux_sigaction *action)
{
	struct task *task = current->task;
	u64 old = task->restore_sigmask ? task->saved_sigmask : current->sigmask;
	u64 mask = current->sigmask | action->mask;

	if (!signal_frame_push(regs, info, action, old)) {
		if (sig == SIGSEGV)
			current->process->action[SIGSEGV - 1].handler = SIG_DFL;
		signal_force(SIGSEGV, SI_KERNEL, 0);
		return;
	}
	task->restore_sigmask = false;
	if (!(action->flags & SA_NODEFER))
		mask |= SIGNAL_BIT(sig);
	signal_set_mask(mask);
}

/* What stands between the calling thread and ring 3, other than handlers. */
static void thread_detained(void)
{
	struct process *p = current->process;

	while (READ_ONCE(current->kill) || READ_ONCE(p->stop_signal)) {
		if (READ_ONCE(current->kill))
			process_exit_thread(p->exit_status >> 8);
		stopped_wait(p);
	}
}

static void signals_handle(struct regs *regs)
{
	struct task *task = current->task;
	struct linux_sigaction action;
	struct linux_siginfo info;
	bool decided = false;
	u32 sig;

	WRITE_ONCE(task->notify, 0);
	thread_detained();
	while ((sig = signal_next(&info, &action)) != 0) {
		if (!decided)
			restart_decide(regs, &action);
		decided = true;
		signal_deliver(regs, sig, &info, &action);
	}
	thread_detained();
	if (!decided)
		restart_decide(regs, NULL);
	if (task->restore_sigmask) {
		task->restore_sigmask = false;
		signal_set_mask(task->saved_sigmask);
	}
	/* The call is done with: nothing is restarted twice. */
	regs->vector = 0;
}

/*
 * Before a program is entered again, interrupts on: signals, stops, the end of
 * the process. Returns when nothing is left to do.
 */
void process_ring3_exit(struct regs *regs)
{
	while (unlikely(READ_ONCE(current->task->notify))) {
		current->user_regs = regs;
		signals_handle(regs);
	}
}

/* Sets the calling thread's mask of blocked signals. */
void signal_set_mask(u64 mask)
{
	struct thread *t = current;

	t->sigmask = mask & ~SIGNALS_UNBLOCKABLE;
	if (process_signal_pending(t))
		WRITE_ONCE(t->task->notify, 1);
}

/* exec: handlers go, ignored signals stay ignored. */
void signal_exec(struct process *p)
{
	u64 flags = spin_lock_irq(&process_lock);
	u32 i;

	for (i = 0; i < LINUX_NSIG; i++) {
		u64 handler = p->action[i].handler;

		memset(&p->action[i], 0, sizeof(p->action[i]));
		if (handler == SIG_IGN)
			p->action[i].handler = SIG_IGN;
	}
	spin_unlock_irq(&process_lock, flags);
	current->task->altstack = (struct linux_stack){ .ss_flags = SS_DISABLE };
}

/* ---- exceptions -------------------------------------------------------- */

/* Signal and code of an exception (Intel SDM vol. 3, 6.15; as Linux maps it). */
static const struct {
	u8 sig;
	u8 code;		/* 0: SI_KERNEL and no address */
} exception_signal[TRAP_EXCEPTIONS] = {
	[0] = { SIGFPE, FPE_INTDIV }, [1] = { SIGTRAP, TRAP_TRACE },
	[3] = { SIGTRAP, 0 }, [4] = { SIGSEGV, 0 }, [5] = { SIGSEGV, 0 },
	[6] = { SIGILL, ILL_ILLOPN }, [9] = { SIGFPE, 0 }, [10] = { SIGSEGV, 0 },
	[11] = { SIGBUS, 0 }, [12] = { SIGBUS, 0 }, [13] = { SIGSEGV, 0 },
	[14] = { SIGSEGV, SEGV_MAPERR }, [16] = { SIGFPE, FPE_FLTINV },
	[17] = { SIGBUS, BUS_ADRALN }, [19] = { SIGFPE, FPE_FLTINV },
};

/* Code of an SSE exception by the flags that are set and not masked. */
static s32 simd_code(void)
{
	static const u8 codes[] = { FPE_FLTINV, FPE_FLTUND, FPE_FLTDIV, FPE_FLTOVF,
				    FPE_FLTUND, FPE_FLTRES };
	u32 mxcsr, i;

	fpu_save(current);
	memcpy(&mxcsr, (u8 *)current->fpu + FXSAVE_MXCSR, sizeof(mxcsr));
	for (i = 0; i < ARRAY_SIZE(codes); i++)
		if (mxcsr & ~(mxcsr >> MXCSR_MASK_SHIFT) & (1u << i))
			return codes[i];
	return 0;
}

/* An exception of a program that is nobody else's: a signal. Interrupts on. */
void process_exception(struct regs *regs, u64 vector, u64 address)
{
	struct task *task = current->task;
	u32 sig = SIGSEGV;
	s32 code = 0;

	if (vector < TRAP_EXCEPTIONS && exception_signal[vector].sig) {
		sig = exception_signal[vector].sig;
		code = exception_signal[vector].code;
	}
	if (vector == 19)
		code = simd_code();
	if (vector != TRAP_PAGE_FAULT)
		address = code ? regs->rip : 0;
	task->trap_vector = vector;
	task->trap_error = regs->error;
	task->trap_address = address;
	current->user_regs = regs;
	signal_force(sig, code ? code : SI_KERNEL, address);
}
