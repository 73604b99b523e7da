/* SPDX-License-Identifier: MIT */
/* System calls on signals: actions, masks, sending, waiting for them. */
#include <errno.h>
#include <mm.h>
#include <program.h>
#include <signals.h>
#include <string.h>
#include <syscall.h>
#include <timer.h>

#define INIT_PID 1

static bool signal_valid(u32 sig)
{
	return sig >= 1 && sig <= LINUX_NSIG;
}

/* rt_sigaction(2). */
long sys_rt_sigaction(u32 sig, u64 new, u64 old, u64 size)
{
	struct process *p = current->process;
	struct linux_sigaction action, was;
	u64 flags;

	if (size != sizeof(u64) || !signal_valid(sig) ||
	    (new && (SIGNAL_BIT(sig) & SIGNALS_UNBLOCKABLE)))
		return -EINVAL;
	if (new && get_user_bytes(&action, new, sizeof(action)))
		return -EFAULT;
	flags = spin_lock_irq(&process_lock);
	was = p->action[sig - 1];
	if (new) {
		action.mask &= ~SIGNALS_UNBLOCKABLE;
		p->action[sig - 1] = action;
	}
	spin_unlock_irq(&process_lock, flags);
	return old ? put_user_bytes(old, &was, sizeof(was)) : 0;
}

/* rt_sigprocmask(2). */
long sys_rt_sigprocmask(u32 how, u64 new, u64 old, u64 size)
{
	u64 was = current->sigmask, mask;

	if (size != sizeof(u64))
		return -EINVAL;
	if (new) {
		if (get_user_bytes(&mask, new, sizeof(mask)))
			return -EFAULT;
		if (how > SIG_SETMASK)
			return -EINVAL;
		signal_set_mask(how == SIG_BLOCK ? was | mask :
				how == SIG_UNBLOCK ? was & ~mask : mask);
	}
	return old ? put_user_bytes(old, &was, sizeof(was)) : 0;
}

/* rt_sigpending(2). */
long sys_rt_sigpending(u64 user, u64 size)
{
	u64 pending = (current->sigpending | current->process->sigpending) &
		      current->sigmask;

	return size > sizeof(u64) ? -EINVAL : put_user_bytes(user, &pending, size);
}

/* rt_sigsuspend(2): the mask goes back when the handler has its frame. */
long sys_rt_sigsuspend(u64 user, u64 size)
{
	struct task *task = current->task;
	u64 mask;

	if (size != sizeof(mask))
		return -EINVAL;
	if (get_user_bytes(&mask, user, sizeof(mask)))
		return -EFAULT;
	task->saved_sigmask = current->sigmask;
	signal_set_mask(mask);
	wait_on_any(NULL, 0, 0, true);
	task->restore_sigmask = true;
	WRITE_ONCE(task->notify, 1);
	return -ERESTARTNOHAND;
}

/* pause(2). */
long sys_pause(void)
{
	wait_on_any(NULL, 0, 0, true);
	return -ERESTARTNOHAND;
}

static u32 take_locked(u64 set, struct linux_siginfo *info)
{
	u64 flags = spin_lock_irq(&process_lock);
	u32 sig = signal_take(set, info);

	spin_unlock_irq(&process_lock, flags);
	return sig;
}

/* rt_sigtimedwait(2): the signals are taken though they are blocked. */
long sys_rt_sigtimedwait(u64 set, u64 user, u64 timeout, u64 size)
{
	u64 wanted, ns, deadline = 0, mask = current->sigmask;
	struct linux_siginfo info;
	long error = 0;
	u32 sig;

	if (size != sizeof(wanted))
		return -EINVAL;
	if (get_user_bytes(&wanted, set, sizeof(wanted)))
		return -EFAULT;
	if (timeout) {
		error = get_timespec(timeout, &ns);
		if (error)
			return error;
		deadline = deadline_after(ns);
	}
	wanted &= ~SIGNALS_UNBLOCKABLE;
	sig = take_locked(wanted, &info);
	if (!sig) {
		current->task->awaited = wanted;
		signal_set_mask(mask & ~wanted);
		error = wait_on_any(NULL, 0, deadline, true);
		sig = take_locked(wanted, &info);
		current->task->awaited = 0;
		signal_set_mask(mask);
	}
	if (!sig)
		return error == -ETIMEDOUT ? -EAGAIN : -EINTR;
	return user && put_user_bytes(user, &info, sizeof(info)) ? -EFAULT : (long)sig;
}

/* ---- sending ----------------------------------------------------------- */

static void info_user(struct linux_siginfo *info, s32 code)
{
	memset(info, 0, sizeof(*info));
	info->si_code = code;
	info->rt.pid = current->process->pid;
	info->rt.uid = current->process->creds.uid;
}

/* To one process: 0, -ESRCH, -EPERM. `sig` 0 only looks. */
static long kill_process(u32 pid, u32 sig, const struct linux_siginfo *info)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p = process_find(pid);
	long error = !p ? -ESRCH : !signal_allowed(p, sig) ? -EPERM : 0;

	if (!error && sig)
		signal_send_process(p, sig, info);
	spin_unlock_irq(&process_lock, flags);
	return error;
}

/* To all but process 1 and the caller. */
static long kill_all(u32 sig, const struct linux_siginfo *info)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p;
	long error = -ESRCH;

	list_for_each_entry(p, &process_list, all) {
		if (p->pid == INIT_PID || p == current->process)
			continue;
		if (!signal_allowed(p, sig)) {
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

/* kill(2). */
long sys_kill(s32 pid, u32 sig)
{
	struct linux_siginfo info;

	if (sig && !signal_valid(sig))
		return -EINVAL;
	info_user(&info, SI_USER);
	if (pid > 0)
		return kill_process(pid, sig, &info);
	if (pid == -1)
		return kill_all(sig, &info);
	if (pid == INT32_MIN)
		return -ESRCH;
	return signal_send_group(pid ? (u32)-pid : current->process->pgrp, sig, &info, true);
}

/* The thread of any process with this id. Needs process_lock; NULL. */
struct thread *find_thread(u32 tid, u32 tgid)
{
	struct process *p;
	struct thread *t;

	list_for_each_entry(p, &process_list, all) {
		if (tgid && p->pid != tgid)
			continue;
		list_for_each_entry(t, &p->threads, siblings)
			if (t->tid == tid)
				return t;
	}
	return NULL;
}

static long kill_thread(u32 tgid, s32 tid, u32 sig, const struct linux_siginfo *info)
{
	struct thread *t;
	u64 flags;
	long error;

	if (tid <= 0 || (sig && !signal_valid(sig)))
		return -EINVAL;
	flags = spin_lock_irq(&process_lock);
	t = find_thread(tid, tgid);
	error = !t ? -ESRCH : !signal_allowed(t->process, sig) ? -EPERM : 0;
	if (!error && sig)
		signal_send_thread(t, sig, info);
	spin_unlock_irq(&process_lock, flags);
	return error;
}

/* tgkill(2). */
long sys_tgkill(s32 tgid, s32 tid, u32 sig)
{
	struct linux_siginfo info;

	info_user(&info, SI_TKILL);
	return tgid <= 0 ? -EINVAL : kill_thread(tgid, tid, sig, &info);
}

/* tkill(2). */
long sys_tkill(s32 tid, u32 sig)
{
	struct linux_siginfo info;

	info_user(&info, SI_TKILL);
	return kill_thread(0, tid, sig, &info);
}

/* ---- of timers ----------------------------------------------------------- */

/* The signal of the same timer that is queued already; NULL. */
static struct sigqueue *timer_queued(struct list_head *queue, const struct linux_siginfo *info)
{
	struct sigqueue *q;

	list_for_each_entry(q, queue, node)
		if (info->si_code == SI_TIMER && q->info.si_code == SI_TIMER &&
		    q->info.timer.id == info->timer.id)
			return q;
	return NULL;
}

/* include/interface/program.h. */
long process_signal(u32 self, u32 pid, u32 tid, bool send,
			  const struct linux_siginfo *info)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p = process_find(pid);
	struct thread *t = tid ? find_thread(tid, pid) : NULL;
	struct sigqueue *q = NULL;
	bool gone = !p || p->exiting || (tid && !t);

	if (!gone)
		q = timer_queued(t ? &t->task->sigqueue : &p->sigqueue, info);
	if (q && send)
		q->info.timer.overrun += info->timer.overrun + 1;
	else if (!gone && send && signal_valid(info->si_signo))
		(t ? signal_send_thread(t, info->si_signo, info) :
		     signal_send_process(p, info->si_signo, info));
	spin_unlock_irq(&process_lock, flags);
	return gone ? -ESRCH : !q;
}

/* include/interface/program.h. */
long process_kill_as(u32 self, u32 pid, u32 tid, u32 sig, const struct linux_siginfo *info)
{
	if (tid)
		return kill_thread(pid, tid, sig, info);
	return sig && !signal_valid(sig) ? -EINVAL : kill_process(pid, sig, info);
}
SYMBOL_EXPORT(process_kill_as);

/* include/interface/program.h. */
long process_has_timers(u32 self)
{
	if (current->process)
		current->process->timers = true;
	return 0;
}

SYMBOL_EXPORT(process_signal);
SYMBOL_EXPORT(process_has_timers);
