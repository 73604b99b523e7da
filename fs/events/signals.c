/* SPDX-License-Identifier: MIT */
/*
 * signalfd(2): reading takes pending signals of whoever reads. All of them share
 * the core's object, which is woken when any signal becomes pending.
 */
#include "internal.h"

#define UNBLOCKABLE (1ul << (SIGKILL - 1) | 1ul << (SIGSTOP - 1))

static u32 wait;

/* The object is kept in a place of the table of its own. */
long signals_init(void)
{
	long made;
	u32 index = 0;
	struct event *e;

	while ((e = event_next(&index)))
		if (e->kind == EVENT_SIGNAL_WAIT)
			break;
	if (!e) {
		made = wait_create(THIS_MODULE);
		e = made < 0 ? NULL : event_shared(EVENT_SIGNAL_WAIT, (u32)made);
	}
	if (!e)
		return -ENOMEM;
	wait = (u32)e->wait;
	return process_signal_wait(wait);
}

u32 signals_wait(void)
{
	return wait;
}

bool signals_ready(u64 set)
{
	struct linux_siginfo none;

	return process_signal_take(THIS_MODULE, set, false, &none) > 0;
}

/* What signalfd(2) shows of a signal; which fields depends on its origin. */
static struct linux_signalfd_siginfo convert(const struct linux_siginfo *i)
{
	struct linux_signalfd_siginfo s = {
		.ssi_signo = (u32)i->si_signo, .ssi_errno = i->si_errno,
		.ssi_code = i->si_code,
	};
	bool fault = i->si_signo == SIGSEGV || i->si_signo == SIGBUS ||
		     i->si_signo == SIGILL || i->si_signo == SIGFPE || i->si_signo == SIGTRAP;

	if (i->si_code == SI_TIMER) {
		s.ssi_tid = (u32)i->timer.id;
		s.ssi_overrun = (u32)i->timer.overrun;
		s.ssi_ptr = i->timer.value;
		s.ssi_int = (s32)i->timer.value;
	} else if (i->si_signo == SIGCHLD && i->si_code > 0 && i->si_code != SI_KERNEL) {
		s.ssi_pid = (u32)i->child.pid;
		s.ssi_uid = i->child.uid;
		s.ssi_status = i->child.status;
		s.ssi_utime = (u64)i->child.utime;
		s.ssi_stime = (u64)i->child.stime;
	} else if (fault && i->si_code > 0 && i->si_code != SI_KERNEL) {
		s.ssi_addr = i->fault.addr;
	} else if (i->si_code != SI_KERNEL) {
		s.ssi_pid = (u32)i->rt.pid;
		s.ssi_uid = i->rt.uid;
		s.ssi_ptr = i->rt.value;
		s.ssi_int = (s32)i->rt.value;
	}
	return s;
}

/* See internal.h: bytes of whole structures, -EINVAL, -EAGAIN, -EFAULT. */
long signals_read(u64 set, u32 ubuf, u64 off, u64 len)
{
	struct linux_signalfd_siginfo s;
	struct linux_siginfo info;
	u64 done = 0;
	long sig = 0, n;

	if (len < sizeof(s))
		return -EINVAL;
	while (len - done >= sizeof(s)) {
		sig = process_signal_take(THIS_MODULE, set, true, &info);
		if (sig <= 0)
			break;
		s = convert(&info);
		n = ubuf_write(ubuf, off + done, &s, sizeof(s));
		if (n != sizeof(s))
			return done ? (long)done : -EFAULT;
		done += sizeof(s);
	}
	return done ? (long)done : sig < 0 ? sig : -EAGAIN;
}

static long signals_set(u64 fd, u64 set)
{
	long number = file_own_number(THIS_MODULE, (u32)fd);
	struct event *e;

	if (number < 0)
		return number == -EBADF ? -EBADF : -EINVAL;
	mutex_lock(&events_lock);
	e = event_find((u64)number, EVENT_SIGNALS);
	if (e) {
		journal_set(&e->value, set);
		journal_commit((u32)fd);
		event_wake(e);
	}
	mutex_unlock(&events_lock);
	return e ? (long)(u32)fd : -EINVAL;
}

/* signalfd4(2). */
long call_signalfd4(u64 fd, u64 user, u64 size, u64 flags, u64 e, u64 f)
{
	u64 set;

	if (size != sizeof(set))
		return -EINVAL;
	if (user_read(user, &set, sizeof(set)))
		return -EFAULT;
	if ((u32)flags & ~EVENT_FLAGS)
		return -EINVAL;
	set &= ~UNBLOCKABLE;
	return (s32)fd == -1 ? event_open(EVENT_SIGNALS, set, 0, (u32)flags) :
	       signals_set(fd, set);
}

long call_signalfd(u64 fd, u64 user, u64 size, u64 d, u64 e, u64 f)
{
	return call_signalfd4(fd, user, size, 0, 0, 0);
}
