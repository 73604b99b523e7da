/* SPDX-License-Identifier: MIT */
/* System calls on time: clocks, sleeping, the process's alarm. */
#include <errno.h>
#include <mm.h>
#include <sched.h>
#include <syscall.h>
#include <timer.h>

#define SLEEP_MAX (INT64_MAX / 2)	/* ns; longer is as good as this */
#define TICK_NSEC (NSEC_PER_SEC / LINUX_CLK_TCK)

/* See include/core/syscall.h. */
long get_timespec(u64 user, u64 *ns)
{
	struct linux_timespec t;

	if (get_user_bytes(&t, user, sizeof(t)))
		return -EFAULT;
	if (t.tv_sec < 0 || t.tv_nsec < 0 || t.tv_nsec >= (s64)NSEC_PER_SEC)
		return -EINVAL;
	*ns = (u64)t.tv_sec >= SLEEP_MAX / NSEC_PER_SEC ? (u64)SLEEP_MAX :
	      t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
	return 0;
}

/* See include/core/syscall.h. Microseconds over a second carry, as in select(). */
long get_timeval(u64 user, u64 *ns)
{
	struct linux_timeval t;

	if (get_user_bytes(&t, user, sizeof(t)))
		return -EFAULT;
	if (t.tv_sec < 0 || t.tv_usec < 0)
		return -EINVAL;
	t.tv_sec += t.tv_usec / 1000000;
	*ns = (u64)t.tv_sec >= SLEEP_MAX / NSEC_PER_SEC ? (u64)SLEEP_MAX :
	      t.tv_sec * NSEC_PER_SEC + t.tv_usec % 1000000 * NSEC_PER_USEC;
	return 0;
}

/* See include/core/syscall.h. */
u64 deadline_after(u64 ns)
{
	return MAX(time_now_ns() + MIN(ns, (u64)SLEEP_MAX), 1ul);
}

/* See include/core/syscall.h. */
u64 restart_deadline(void)
{
	struct task *task = current->task;
	u64 deadline = task->restart_armed ? task->restart_ns : 0;

	task->restart_armed = 0;
	return deadline;
}

/* See include/core/syscall.h. */
long restart_sleep(u64 deadline_ns)
{
	current->task->restart_ns = deadline_ns;
	return -ERESTART_RESTARTBLOCK;
}

static u64 threads_time(bool user, bool system)
{
	struct process *p = current->process;
	u64 flags = spin_lock_irq(&process_lock);
	u64 ns = (user ? p->utime_ns : 0) + (system ? p->stime_ns : 0);
	struct thread *t;

	list_for_each_entry(t, &p->threads, siblings)
		ns += (user ? t->utime_ns : 0) + (system ? t->stime_ns : 0);
	spin_unlock_irq(&process_lock, flags);
	return ns;
}

static long clock_read(s32 clock, u64 *ns)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		*ns = time_realtime_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*ns = time_now_ns();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		*ns = threads_time(true, true);
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		*ns = current->utime_ns + current->stime_ns;
		return 0;
	}
	return -EINVAL;
}

static long put_timespec(u64 user, u64 ns)
{
	struct linux_timespec t = ns_to_timespec(ns);

	return put_user_bytes(user, &t, sizeof(t));
}

/* clock_gettime(2). */
long sys_clock_gettime(s32 clock, u64 user)
{
	u64 ns;
	long error = clock_read(clock, &ns);

	return error ? error : put_timespec(user, ns);
}

/* clock_getres(2). */
long sys_clock_getres(s32 clock, u64 user)
{
	bool ticks = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
	u64 ns;
	long error = clock_read(clock, &ns);

	if (error || !user)
		return error;
	return put_timespec(user, ticks ? TICK_NSEC : 1);
}

/* clock_settime(2). */
long sys_clock_settime(s32 clock, u64 user)
{
	u64 ns;
	long error = clock == CLOCK_REALTIME ? get_timespec(user, &ns) : -EINVAL;

	if (error)
		return error;
	if (!privileged())
		return -EPERM;
	time_set_realtime_ns(ns);
	return 0;
}

/* gettimeofday(2): the time zone is UTC. */
long sys_gettimeofday(u64 user, u64 zone)
{
	struct linux_timeval t = ns_to_timeval(time_realtime_ns());
	s32 utc[2] = { 0, 0 };

	if (user && put_user_bytes(user, &t, sizeof(t)))
		return -EFAULT;
	return zone ? put_user_bytes(zone, utc, sizeof(utc)) : 0;
}

/* settimeofday(2). */
long sys_settimeofday(u64 user, u64 zone)
{
	u64 ns;
	long error = user ? get_timeval(user, &ns) : 0;

	if (error)
		return error;
	if (!privileged())
		return -EPERM;
	if (user)
		time_set_realtime_ns(ns);
	return 0;
}

/* time(2). */
long sys_time(u64 user)
{
	s64 now = time_realtime_ns() / NSEC_PER_SEC;

	return user && put_user_bytes(user, &now, sizeof(now)) ? -EFAULT : now;
}

/* times(2). */
long sys_times(u64 user)
{
	struct process *p = current->process;
	struct linux_tms t = {
		.utime = threads_time(true, false) / TICK_NSEC,
		.stime = threads_time(false, true) / TICK_NSEC,
		.cutime = p->child_utime_ns / TICK_NSEC,
		.cstime = p->child_stime_ns / TICK_NSEC,
	};

	if (user && put_user_bytes(user, &t, sizeof(t)))
		return -EFAULT;
	return time_now_ns() / TICK_NSEC;
}

/* ---- sleeping ---------------------------------------------------------- */

/* Sleeps until `deadline`; -ETIMEDOUT is what is hoped for. */
static long sleep_until(u64 deadline)
{
	return wait_on_any(NULL, 0, deadline, true);
}

/* A relative sleep; what is left of it goes to `rest` when a signal ends it. */
static long sleep_relative(u64 ns, u64 rest)
{
	u64 deadline = restart_deadline(), now;

	if (!deadline)
		deadline = deadline_after(ns);
	if (sleep_until(deadline) == -ETIMEDOUT)
		return 0;
	now = time_now_ns();
	if (rest && put_timespec(rest, deadline > now ? deadline - now : 0))
		return -EFAULT;
	return restart_sleep(deadline);
}

/* nanosleep(2). */
long sys_nanosleep(u64 request, u64 rest)
{
	u64 ns;
	long error = get_timespec(request, &ns);

	return error ? error : sleep_relative(ns, rest);
}

/* clock_nanosleep(2). */
long sys_clock_nanosleep(s32 clock, u32 flags, u64 request, u64 rest)
{
	u64 ns, now;
	long error = get_timespec(request, &ns);

	if (error)
		return error;
	if (clock == CLOCK_THREAD_CPUTIME_ID || clock_read(clock, &now) != 0)
		return -EINVAL;
	if (clock == CLOCK_PROCESS_CPUTIME_ID)
		return -EOPNOTSUPP;
	if (!(flags & TIMER_ABSTIME))
		return sleep_relative(ns, rest);
	if (ns <= now)
		return 0;
	return sleep_until(deadline_after(ns - now)) == -ETIMEDOUT ? 0 : -ERESTARTNOHAND;
}

/* ---- the alarm --------------------------------------------------------- */

/* Sets ITIMER_REAL and tells what was left of it, both in ns. */
static void alarm_set(u64 value, u64 period, u64 *left, u64 *old_period)
{
	struct process *p = current->process;
	u64 now, flags;

	timer_stop(&p->alarm);
	flags = spin_lock_irq(&process_lock);
	now = time_now_ns();
	*old_period = p->alarm_period_ns;
	*left = p->alarm_ns > now ? p->alarm_ns - now : 0;
	p->alarm_period_ns = period;
	p->alarm_ns = value ? deadline_after(value) : 0;
	spin_unlock_irq(&process_lock, flags);
	if (value)
		timer_start(&p->alarm, p->alarm_ns);
}

/* alarm(2): seconds that were left, at least 1 if there was an alarm. */
long sys_alarm(u32 seconds)
{
	u64 left, period;

	alarm_set(seconds * NSEC_PER_SEC, 0, &left, &period);
	return left ? MAX((left + NSEC_PER_SEC / 2) / NSEC_PER_SEC, 1ul) : 0;
}

/* setitimer(2): ITIMER_REAL only; the others are -ENOSYS. */
long sys_setitimer(u32 which, u64 new, u64 old)
{
	struct linux_itimerval v = { 0 }, was;
	u64 left, period;

	if (which > 2)
		return -EINVAL;
	if (which != ITIMER_REAL)
		return -ENOSYS;
	if (new && get_user_bytes(&v, new, sizeof(v)))
		return -EFAULT;
	if ((u64)v.value.tv_usec >= 1000000 || (u64)v.interval.tv_usec >= 1000000 ||
	    v.value.tv_sec < 0 || v.interval.tv_sec < 0)
		return -EINVAL;
	alarm_set(MIN((u64)v.value.tv_sec, SLEEP_MAX / NSEC_PER_SEC) * NSEC_PER_SEC +
		  v.value.tv_usec * NSEC_PER_USEC,
		  MIN((u64)v.interval.tv_sec, SLEEP_MAX / NSEC_PER_SEC) * NSEC_PER_SEC +
		  v.interval.tv_usec * NSEC_PER_USEC, &left, &period);
	was = (struct linux_itimerval){ ns_to_timeval(period), ns_to_timeval(left) };
	return old ? put_user_bytes(old, &was, sizeof(was)) : 0;
}

/* getitimer(2). */
long sys_getitimer(u32 which, u64 user)
{
	struct process *p = current->process;
	struct linux_itimerval v = { 0 };
	u64 now = time_now_ns(), at = READ_ONCE(p->alarm_ns);

	if (which > 2)
		return -EINVAL;
	if (which == ITIMER_REAL) {
		v.interval = ns_to_timeval(p->alarm_period_ns);
		v.value = ns_to_timeval(at > now ? at - now : 0);
	}
	return put_user_bytes(user, &v, sizeof(v));
}
