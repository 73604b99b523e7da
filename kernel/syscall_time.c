/* SPDX-License-Identifier: MIT */
/* System calls on time: clocks and sleeping. (Alarms, and setting the
 * clock, are the events module's.) */
#include <errno.h>
#include <mm.h>
#include <sched.h>
#include <syscall.h>
#include <timer.h>
#include <wait.h>
#include <whitix/event.h>

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

/* CPU time of a process. Needs process_lock. */
static u64 process_time(const struct process *p, bool user)
{
	u64 ns = p->utime_ns + (user ? 0 : p->stime_ns);
	const struct thread *t;

	list_for_each_entry(t, &p->threads, siblings)
		ns += t->utime_ns + (user ? 0 : t->stime_ns);
	return ns;
}

/* A clock that names a process, or a thread of the caller's: 0, -EINVAL. */
static long cpu_clock_read(s32 clock, u64 *ns)
{
	bool user = (clock & CPUCLOCK_KINDS) == CPUCLOCK_VIRT;
	u32 id = CPUCLOCK_ID(clock);
	struct process *p;
	struct thread *t;
	u64 flags;

	if ((clock & CPUCLOCK_KINDS) == CPUCLOCK_KINDS)
		return -EINVAL;
	flags = spin_lock_irq(&process_lock);
	p = id ? process_find(id) : current->process;
	t = !(clock & CPUCLOCK_THREAD) ? NULL : id ? thread_find(id) : current;
	if (clock & CPUCLOCK_THREAD)
		p = t && t->process == current->process ? t->process : NULL;
	if (p)
		*ns = t ? t->utime_ns + (user ? 0 : t->stime_ns) : process_time(p, user);
	spin_unlock_irq(&process_lock, flags);
	return p ? 0 : -EINVAL;
}

static long clock_read(s32 clock, u64 *ns)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:		/* nobody has told the leap seconds */
		*ns = time_realtime_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*ns = time_now_ns();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		return cpu_clock_read(CPUCLOCK_OWN, ns);
	case CLOCK_THREAD_CPUTIME_ID:
		return cpu_clock_read(CPUCLOCK_OWN | CPUCLOCK_THREAD, ns);
	}
	return clock < 0 ? cpu_clock_read(clock, ns) : -EINVAL;
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
	u32 seq;
	long error = get_timespec(request, &ns);

	if (error)
		return error;
	if (clock == CLOCK_THREAD_CPUTIME_ID || clock_read(clock, &now) != 0)
		return -EINVAL;
	if (clock == CLOCK_PROCESS_CPUTIME_ID || clock < 0 ||
	    (clock >= CLOCK_MONOTONIC_RAW && clock <= CLOCK_MONOTONIC_COARSE))
		return -EOPNOTSUPP;
	if (!(flags & TIMER_ABSTIME))
		return sleep_relative(ns, rest);
	do {
		seq = wait_read(&clock_set);
		if (clock_read(clock, &now) || ns <= now)
			return 0;
		error = wait_on(&clock_set, seq, deadline_after(ns - now), true);
	} while (!error);
	return error == -ETIMEDOUT ? 0 : -ERESTARTNOHAND;
}
