/* SPDX-License-Identifier: MIT */
/*
 * The end of threads and processes, and waiting for it.
 *
 * A process dies by exit_group() or a signal: it is marked and each of its
 * threads ends before it would see ring 3 again. The last one gives everything
 * back and leaves a zombie, which the parent's wait4() takes; children go to
 * process 1. A parent that ignores SIGCHLD leaves no zombies.
 */
#include <errno.h>
#include <events.h>
#include <files.h>
#include <log.h>
#include <mm.h>
#include <pidfd.h>
#include <process.h>
#include <sched.h>
#include <signals.h>
#include <string.h>
#include <syscall.h>
#include <tty.h>

#define EXIT_STATUS(code) (((code) & 0xff) << 8)
#define STATUS_STOPPED 0x7f
#define STATUS_CONTINUED 0xffff
#define INIT_PID 1

/* Marks a process as dying with a wait4() status. Needs process_lock. */
void process_kill(struct process *p, s32 status)
{
	struct thread *t;

	if (!p->exiting) {
		p->exiting = true;
		p->exit_status = status;
	}
	p->stop_signal = 0;
	list_for_each_entry(t, &p->threads, siblings) {
		WRITE_ONCE(t->kill, true);
		WRITE_ONCE(t->task->notify, 1);
		thread_wake(t);
	}
	wait_wake_all(&p->change);
}

/* Parent's choice: no zombie is wanted. Needs process_lock. */
static bool parent_ignores(const struct process *parent)
{
	const struct linux_sigaction *a = &parent->action[SIGCHLD - 1];

	return a->handler == SIG_IGN || (a->flags & SA_NOCLDWAIT);
}

/* Who takes the children: the next reaper above, at last process 1. */
static struct process *reaper_of(struct process *p)
{
	do {
		p = p->parent;
	} while (p && (!p->pref[PREF_SUBREAPER] || p->exiting));
	return p ? p : process_find(INIT_PID);
}

/* Gives the children to a reaper. Needs process_lock. */
static void children_give(struct process *p)
{
	struct process *reaper = reaper_of(p), *child, *next;

	list_for_each_entry_safe(child, next, &p->children, sibling) {
		child->parent = reaper;
		child->exit_signal = SIGCHLD;
		list_move_tail(&child->sibling, &reaper->children);
		if (child->state == PROCESS_ZOMBIE)
			signal_parent(child, CLD_EXITED, child->exit_status);
		else if (child->pref[PREF_DEATH_SIGNAL])
			signal_send_process(child, child->pref[PREF_DEATH_SIGNAL], NULL);
	}
}

/*
 * `of` and its parent are parted: hangs up its group, if they were the last link of
 * it and it has stopped members.
 */
static void group_orphaned(const struct process *of)
{
	struct process *p, *stopped = NULL;
	u32 pgrp = of->pgrp;

	if (!of->parent || of->parent->pgrp == pgrp || of->parent->sid != of->sid)
		return;
	list_for_each_entry(p, &process_list, all)
		if (p->pgrp == pgrp && p->stop_signal)
			stopped = p;
	if (!stopped || !process_is_orphaned(stopped))
		return;
	list_for_each_entry(p, &process_list, all) {
		if (p->pgrp == pgrp) {
			signal_send_process(p, SIGHUP, NULL);
			signal_send_process(p, SIGCONT, NULL);
		}
	}
}

/* Turns the process into a zombie, or lets it vanish. */
static void process_finish(struct process *p)
{
	struct process *child;
	s32 status = p->exit_status;
	bool reap;
	u64 flags = spin_lock_irq(&process_lock);

	p->state = PROCESS_ZOMBIE;
	current->process = NULL;
	list_for_each_entry(child, &p->children, sibling)
		group_orphaned(child);
	children_give(p);
	group_orphaned(p);
	reap = p->exit_signal == SIGCHLD && parent_ignores(p->parent);
	signal_parent(p, (status & 0x7f) ? CLD_KILLED : CLD_EXITED, status);
	if (reap)
		process_unlink(p);
	if (end_wait)
		wait_wake_all(end_wait);
	spin_unlock_irq(&process_lock, flags);
	if (reap)
		process_put(p);
}

static void process_give_back(struct process *p)
{
	if (p->timers)
		events_process_end(p->pid, false);
	p->max_resident = p->mm ? p->mm->max_resident : 0;
	mm_switch(NULL);
	process_release(p);
	if (p->vforked) {
		p->vforked = false;
		wait_wake_all(&p->vfork);
	}
}

/* Takes the calling thread out of its process: true, it was the last. */
static bool thread_leave(struct process *p, int code)
{
	struct thread *t = current;
	u64 flags = spin_lock_irq(&process_lock);
	bool last = --p->nthreads == 0;

	list_del(&t->siblings);
	p->utime_ns += t->utime_ns;
	p->stime_ns += t->stime_ns;
	p->faults += t->faults;
	t->sigmask = ~0ul;
	t->kill = false;
	if (last && !p->exiting) {
		p->exiting = true;
		p->exit_status = EXIT_STATUS(code);
	}
	spin_unlock_irq(&process_lock, flags);
	return last;
}

/* See include/core/process.h. Holds nothing; does not return. */
__noreturn void process_exit_thread(int code)
{
	struct process *p = current->process;
	u64 flags;

	futex_exit_thread(current);
	if (thread_leave(p, code)) {
		if (p->pid == INIT_PID)
			panic("init has ended with status 0x%x", p->exit_status);
		process_give_back(p);
		if (p->pid == p->sid)
			tty_session_end(p->sid);
		process_finish(p);
	} else {
		mm_switch(NULL);
		flags = spin_lock_irq(&process_lock);
		current->process = NULL;
		wait_wake_all(&p->change);
		spin_unlock_irq(&process_lock, flags);
	}
	process_task_free(current);
	thread_exit();
}

/* exit(2): ends one thread. */
long sys_exit(int code)
{
	process_exit_thread(code);
}

/* exit_group(2): ends all threads. */
long sys_exit_group(int code)
{
	u64 flags = spin_lock_irq(&process_lock);

	process_kill(current->process, EXIT_STATUS(code));
	spin_unlock_irq(&process_lock, flags);
	process_exit_thread(code);
}

/* ---- waiting ----------------------------------------------------------- */

struct wait_query {
	u32 type, id;		/* P_* */
	u32 options;
};

struct wait_result {
	u32 pid, uid;
	s32 status;		/* as wait4() gives it */
	s32 code;		/* CLD_* */
	u64 utime_ns, stime_ns, max_resident, faults;
};

static bool query_matches(const struct wait_query *q, const struct process *p)
{
	bool other = p->exit_signal != SIGCHLD;

	if (!(q->options & LINUX_WALL) && other != !!(q->options & LINUX_WCLONE))
		return false;
	return q->type == P_ALL || (q->type == P_PID && p->pid == q->id) ||
	       (q->type == P_PGID && p->pgrp == q->id);
}

/* Has `p` something to report? Marks it as seen. Needs process_lock. */
static bool query_report(const struct wait_query *q, struct process *p,
			 struct wait_result *r)
{
	bool keep = q->options & WNOWAIT;

	r->pid = p->pid;
	r->uid = p->creds.uid;
	if (p->state == PROCESS_ZOMBIE && (q->options & WEXITED)) {
		r->status = p->exit_status;
		r->code = (r->status & 0x7f) ? CLD_KILLED : CLD_EXITED;
		r->utime_ns = p->utime_ns + p->child_utime_ns;
		r->stime_ns = p->stime_ns + p->child_stime_ns;
		r->max_resident = MAX(p->max_resident, p->child_max_resident);
		r->faults = p->faults + p->child_faults;
		return true;
	}
	if (p->stop_report && p->stop_signal && (q->options & WSTOPPED)) {
		r->status = EXIT_STATUS(p->stop_signal) | STATUS_STOPPED;
		r->code = CLD_STOPPED;
		p->stop_report = keep;
		return true;
	}
	if (p->continue_report && (q->options & WCONTINUED)) {
		r->status = STATUS_CONTINUED;
		r->code = CLD_CONTINUED;
		p->continue_report = keep;
		return true;
	}
	return false;
}

/* One look at the children: 1 found, 0 not yet, -ECHILD. */
static long children_look(const struct wait_query *q, struct wait_result *r)
{
	struct process *self = current->process, *p, *zombie = NULL;
	u64 flags = spin_lock_irq(&process_lock);
	long found = -ECHILD;

	list_for_each_entry(p, &self->children, sibling) {
		if (!query_matches(q, p))
			continue;
		found = query_report(q, p, r);
		if (found) {
			if (p->state == PROCESS_ZOMBIE && !(q->options & WNOWAIT))
				zombie = p;
			break;
		}
	}
	if (zombie) {
		self->child_utime_ns += r->utime_ns;
		self->child_stime_ns += r->stime_ns;
		self->child_faults += r->faults;
		self->child_max_resident = MAX(self->child_max_resident,
					       r->max_resident);
		process_unlink(zombie);
	}
	spin_unlock_irq(&process_lock, flags);
	if (zombie)
		process_put(zombie);
	return found;
}

static long wait_for_child(const struct wait_query *q, struct wait_result *r)
{
	struct process *self = current->process;
	long found;
	u32 seq;

	memset(r, 0, sizeof(*r));
	for (;;) {
		seq = wait_read(&self->change);
		found = children_look(q, r);
		if (found != 0 || (q->options & WNOHANG))
			return found;
		if (wait_on(&self->change, seq, 0, true) != 0)
			return -ERESTARTSYS;
	}
}

static long put_rusage(u64 user, const struct wait_result *r)
{
	struct linux_rusage usage = {
		.ru_utime = ns_to_timeval(r->utime_ns),
		.ru_stime = ns_to_timeval(r->stime_ns),
		.ru_maxrss = r->max_resident * (PAGE_SIZE / 1024),
		.ru_minflt = r->faults,
	};

	return user ? put_user_bytes(user, &usage, sizeof(usage)) : 0;
}

/* wait4(2). */
long sys_wait4(s32 pid, u64 status, u32 options, u64 rusage)
{
	struct wait_query q = { .type = P_ALL, .options = options | WEXITED };
	struct wait_result r;
	long found;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | LINUX_WNOTHREAD |
			LINUX_WALL | LINUX_WCLONE))
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	if (pid > 0) {
		q.type = P_PID;
		q.id = pid;
	} else if (pid != -1) {
		q.type = P_PGID;
		q.id = pid ? (u32)-pid : current->process->pgrp;
	}
	found = wait_for_child(&q, &r);
	if (found <= 0)
		return found;
	if (status && put_user_bytes(status, &r.status, sizeof(r.status)))
		return -EFAULT;
	return put_rusage(rusage, &r) ? -EFAULT : (long)r.pid;
}

static s32 siginfo_status(const struct wait_result *r)
{
	if (r->code == CLD_EXITED || r->code == CLD_STOPPED)
		return (r->status >> 8) & 0xff;
	return r->code == CLD_CONTINUED ? SIGCONT : r->status & 0x7f;
}

/* The process of a pidfd, and WNOHANG if it is O_NONBLOCK; or an error. */
static long query_pidfd(struct wait_query *q)
{
	long pid = (s32)q->id < 0 ? -EINVAL : module_result(pidfd_process(q->id), UINT32_MAX);

	if (pid < 0)
		return pid == -ENOSYS ? -EINVAL : pid;
	q->type = P_PID;
	q->id = pid & ~PIDFD_NO_WAIT;
	return pid & PIDFD_NO_WAIT && !(q->options & WNOHANG) ? WNOHANG : 0;
}

/* waitid(2). */
long sys_waitid(u32 type, u32 id, u64 infop, u32 options, u64 rusage)
{
	struct wait_query q = { .type = type, .id = id, .options = options };
	struct linux_siginfo info = { 0 };
	struct wait_result r;
	long found, no_wait = 0;

	if ((options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED |
			 LINUX_WNOTHREAD | LINUX_WALL | LINUX_WCLONE)) ||
	    !(options & (WEXITED | WSTOPPED | WCONTINUED)) || type > P_PIDFD ||
	    (type == P_PID && (s32)id <= 0) || (type == P_PGID && (s32)id < 0))
		return -EINVAL;
	if (type == P_PGID && id == 0)
		q.id = current->process->pgrp;
	if (type == P_PIDFD)
		no_wait = query_pidfd(&q);
	if (no_wait < 0)
		return no_wait;
	q.options |= no_wait;
	found = wait_for_child(&q, &r);
	if (found < 0 || (!found && no_wait))
		return found ? found : -EAGAIN;
	if (found) {
		info.si_signo = SIGCHLD;
		info.si_code = r.code;
		info.child.pid = r.pid;
		info.child.uid = r.uid;
		info.child.status = siginfo_status(&r);
	}
	if (infop && put_user_bytes(infop, &info, sizeof(info)))
		return -EFAULT;
	return found && put_rusage(rusage, &r) ? -EFAULT : 0;
}
