/* SPDX-License-Identifier: MIT */
/*
 * Timers that send signals: timer_create(2), and what alarm.c builds on. A timer's
 * id is its place in the pool. The core's timer calls when it may have expired;
 * timers of CPU time then look how much of it there is, and wait again.
 *
 * Overruns: as long as a timer's signal has not been taken, the core counts them
 * in the signal that is queued, and `overrun` does so here; what was counted by the
 * time it was taken is what timer_getoverrun(2) says.
 */
#include <events.h>
#include <info.h>

#include "internal.h"

#define TAG_SIGTIMERS 2
#define SIGTIMER_PAGES 2
#define CPU_LOOK_NS 10000000ul	/* CPU time is counted in ticks of this */
#define BUSY_LOOK_NS 1000000ul	/* until a program takes what it was sent */
#define OVERRUN_MAX 0x7fffffffl

struct pool sigtimers = {
	.tag = TAG_SIGTIMERS, .size = sizeof(struct sigtimer), .pages = SIGTIMER_PAGES,
};

/* Time by the timer's clock; -1: its process or thread is gone. */
u64 sigtimer_now(const struct sigtimer *t)
{
	struct process_info info;

	if (t->cpu == CPU_NONE)
		return !t->relative && (t->clock == CLOCK_REALTIME || t->clock == CLOCK_TAI) ?
		       krealtime_ns() : ktime_ns();
	if (process_info_get((u32)t->cpu_id, t->cpu == CPU_THREAD, &info))
		return 0;
	return info.utime_ns + (t->cpu == CPU_USER ? 0 : info.stime_ns);
}

static long send(const struct sigtimer *t, u32 id, u64 overrun, bool really)
{
	struct linux_siginfo info = {
		.si_signo = (s32)t->signal,
		.si_code = t->kind == SIGTIMER_POSIX ? SI_TIMER : SI_KERNEL,
	};

	if (t->kind == SIGTIMER_POSIX) {
		info.timer.id = (s32)id;
		info.timer.overrun = (s32)MIN(overrun, (u64)OVERRUN_MAX);
		info.timer.value = t->value;
	}
	return process_signal(THIS_MODULE, (u32)t->pid, (u32)t->tid, really, &info);
}

/* It has expired `count` times since the last one that was told: is that new? */
static bool tell(struct sigtimer *t, u32 id, u64 count)
{
	long sent = t->signal ? send(t, id, count - 1, true) : 1;

	if (sent == 0) {
		journal_set(&t->overrun, t->overrun + count);
	} else {
		journal_set(&t->last_overrun, t->overrun);
		journal_set(&t->overrun, count - 1);
	}
	return sent;
}

/* Lets the core call when it may have expired, but not within `least` ns. */
static void arm(const struct sigtimer *t, u64 least)
{
	u64 now = sigtimer_now(t), left = t->expires > now ? t->expires - now : 1;

	if (t->cpu != CPU_NONE)
		least = CPU_LOOK_NS;
	timer_arm((u32)t->timer, t->expires ? MAX(left, least) : 0, 0);
}

/*
 * Tells that the timer has expired, if it has, and has it look again when it will.
 * One that expires faster than its program runs leaves the program time.
 */
static void look(struct sigtimer *t, u32 id)
{
	u64 now = sigtimer_now(t), count = 1, least = 0;

	if (t->expires && t->expires <= now) {
		if (t->interval)
			count = (now - t->expires) / t->interval + 1;
		if (!tell(t, id, count))
			least = BUSY_LOOK_NS;
		journal_set(&t->expires, t->interval ? t->expires + count * t->interval : 0);
		journal_commit_only();
	}
	arm(t, least);
}

/* The core calls in a thread of its own; `cookie` is the place. */
static void expired(u64 cookie)
{
	struct sigtimer *t;

	mutex_lock(&events_lock);
	t = pool_at(&sigtimers, (u32)cookie);
	if (t && t->kind && t->expires)
		look(t, (u32)cookie);
	mutex_unlock(&events_lock);
}

/* Lets the core call when it may have expired. */
void sigtimer_arm(const struct sigtimer *t)
{
	arm(t, 0);
}

/* A free one with a timer of the core's; NULL: no memory. */
struct sigtimer *sigtimer_new(u32 *index)
{
	struct sigtimer *t = pool_take(&sigtimers, index);
	long timer = t ? timer_create(THIS_MODULE, expired, *index) : -ENOMEM;

	if (timer < 0)
		return NULL;
	t->timer = (u64)timer;
	process_has_timers(THIS_MODULE);
	return t;
}

static void sigtimer_free(struct sigtimer *t)
{
	u32 timer = (u32)t->timer;

	journal_set(&t->kind, SIGTIMER_FREE);
	journal_commit(0);
	timer_destroy(timer);
}

/* After a reset. */
void sigtimer_restore(void)
{
	struct sigtimer *t;
	long timer;

	for (u32 i = 0; i < pool_count(&sigtimers); i++) {
		t = pool_at(&sigtimers, i);
		if (!t || !t->kind)
			continue;
		timer = timer_create(THIS_MODULE, expired, i);
		t->timer = timer < 0 ? 0 : (u64)timer;
		sigtimer_arm(t);
	}
}

void sigtimers_clock_set(void)
{
	struct sigtimer *t;

	for (u32 i = 0; i < pool_count(&sigtimers); i++) {
		t = pool_at(&sigtimers, i);
		if (t && t->kind && t->cpu == CPU_NONE && t->expires)
			sigtimer_arm(t);
	}
}

/* See include/interface/events.h. */
long events_process_end(u32 pid, bool exec)
{
	struct sigtimer *t;

	mutex_lock(&events_lock);
	for (u32 i = 0; i < pool_count(&sigtimers); i++) {
		t = pool_at(&sigtimers, i);
		if (t && t->kind && t->pid == pid && !(exec && t->kind == SIGTIMER_ALARM))
			sigtimer_free(t);
	}
	mutex_unlock(&events_lock);
	return 0;
}
SYMBOL_EXPORT(events_process_end);

/* ---- timer_create(2) ------------------------------------------------------- */

/* Which clock it is: 0, -EINVAL, -EOPNOTSUPP. */
static long clock_choose(struct sigtimer *t, s32 clock)
{
	struct process_info info;
	bool thread = clock & CPUCLOCK_THREAD;

	t->clock = (u64)clock;
	t->cpu = CPU_NONE;
	t->cpu_id = current_pid();
	if (clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID) {
		t->cpu = clock == CLOCK_PROCESS_CPUTIME_ID ? CPU_ALL : CPU_THREAD;
		if (t->cpu == CPU_THREAD)
			t->cpu_id = current_tid();
		return 0;
	}
	if (clock < 0) {
		if ((clock & CPUCLOCK_KINDS) == CPUCLOCK_KINDS)
			return -EINVAL;
		t->cpu = thread ? CPU_THREAD :
			 (clock & CPUCLOCK_KINDS) == CPUCLOCK_VIRT ? CPU_USER : CPU_ALL;
		if (CPUCLOCK_ID(clock))
			t->cpu_id = CPUCLOCK_ID(clock);
		else if (thread)
			t->cpu_id = current_tid();
		return process_info_get((u32)t->cpu_id, thread, &info) ? -EINVAL : 0;
	}
	if (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
	    clock == CLOCK_TAI)
		return 0;
	return clock <= CLOCK_TAI && clock != CLOCK_TAI - 1 ? -EOPNOTSUPP : -EINVAL;
}

/* How it tells: 0, -EINVAL. */
static long event_choose(struct sigtimer *t, const struct linux_sigevent *event)
{
	struct process_info info;

	t->tid = 0;
	t->value = event->value;
	t->signal = (u64)event->signo;
	switch (event->notify) {
	case SIGEV_NONE:
		t->signal = 0;
		return 0;
	case SIGEV_SIGNAL | SIGEV_THREAD_ID:
		if (process_info_get((u32)event->tid, true, &info) || info.pid != current_pid())
			return -EINVAL;
		t->tid = (u32)event->tid;
		break;
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
		break;
	default:
		return -EINVAL;
	}
	return event->signo >= 1 && event->signo <= LINUX_NSIG ? 0 : -EINVAL;
}

static u32 timers_of(u32 pid)
{
	struct sigtimer *t;
	u32 count = 0;

	for (u32 i = 0; i < pool_count(&sigtimers); i++) {
		t = pool_at(&sigtimers, i);
		count += t && t->kind && t->pid == pid;
	}
	return count;
}

/* What is free is filled; one word makes it a timer. */
static long create(s32 clock, const struct linux_sigevent *event, u32 *id)
{
	struct process_info info;
	struct sigtimer *t;
	long error;

	if (process_info_get(current_pid(), false, &info) ||
	    timers_of(current_pid()) >= info.limit[RLIMIT_SIGPENDING].cur)
		return -EAGAIN;
	t = sigtimer_new(id);
	if (!t)
		return -EAGAIN;
	error = clock_choose(t, clock);
	if (!error && event)
		error = event_choose(t, event);
	if (!event) {
		t->tid = 0;
		t->signal = SIGALRM;
		t->value = *id;
	}
	if (error) {
		timer_destroy((u32)t->timer);
		return error;
	}
	t->pid = current_pid();
	t->relative = 0;
	t->expires = t->interval = t->overrun = t->last_overrun = 0;
	journal_set(&t->kind, SIGTIMER_POSIX);
	return journal_commit(*id);
}

long call_timer_create(u64 clock, u64 event, u64 user, u64 d, u64 e, u64 f)
{
	struct linux_sigevent sigevent;
	s32 written;
	long result;
	u32 id;

	if (event && user_read(event, &sigevent, sizeof(sigevent)))
		return -EFAULT;
	mutex_lock(&events_lock);
	if (!journal_done(&result))
		result = create((s32)clock, event ? &sigevent : NULL, &id);
	mutex_unlock(&events_lock);
	written = (s32)result;
	if (result < 0)
		return result;
	if (!user_write(user, &written, sizeof(written)))
		return 0;
	call_timer_delete((u64)result, 0, 0, 0, 0, 0);
	return -EFAULT;
}

/* The calling process's timer with this id; events_lock is held. NULL: none. */
static struct sigtimer *find(u64 id)
{
	struct sigtimer *t = (s32)id < 0 ? NULL : pool_at(&sigtimers, (u32)id);

	return t && t->kind == SIGTIMER_POSIX && t->pid == current_pid() ? t : NULL;
}

/* What timer_gettime(2) tells. */
void sigtimer_fill(const struct sigtimer *t, struct linux_itimerspec *value)
{
	u64 now = sigtimer_now(t), left = 0;

	if (t->expires > now)
		left = t->expires - now;
	else if (t->expires && t->interval)
		left = t->interval - (now - t->expires) % t->interval;
	else if (t->expires && t->signal)
		left = 1;	/* it has expired, the signal is on its way */
	value->value = ns_timespec(left);
	value->interval = ns_timespec(t->interval);
}

long call_timer_settime(u64 id, u64 flags, u64 new, u64 old, u64 e, u64 f)
{
	struct linux_itimerspec value, was;
	struct sigtimer *t;
	long result = -EINVAL;
	u64 first;

	if (!new)
		return -EINVAL;
	if (user_read(new, &value, sizeof(value)))
		return -EFAULT;
	if (!timespec_valid(&value.value) || !timespec_valid(&value.interval))
		return -EINVAL;
	mutex_lock(&events_lock);
	t = find(id);
	if (t && !journal_done(&result)) {
		sigtimer_fill(t, &was);
		first = timespec_ns(&value.value);
		if (first && !(flags & TIMER_ABSTIME))
			first += t->cpu == CPU_NONE ? ktime_ns() : sigtimer_now(t);
		journal_set(&t->relative, !(flags & TIMER_ABSTIME));
		journal_set(&t->expires, first);
		journal_set(&t->interval, timespec_ns(&value.interval));
		journal_set(&t->overrun, 0);
		result = journal_commit(0);
	}
	if (t)
		look(t, (u32)id);
	mutex_unlock(&events_lock);
	return result || !old ? result : user_write(old, &was, sizeof(was));
}

long call_timer_gettime(u64 id, u64 user, u64 c, u64 d, u64 e, u64 f)
{
	struct linux_itimerspec value;
	struct sigtimer *t;

	mutex_lock(&events_lock);
	t = find(id);
	if (t)
		sigtimer_fill(t, &value);
	mutex_unlock(&events_lock);
	return t ? user_write(user, &value, sizeof(value)) : -EINVAL;
}

long call_timer_getoverrun(u64 id, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	struct sigtimer *t;
	long overrun = -EINVAL;

	mutex_lock(&events_lock);
	t = find(id);
	if (t) {
		bool waits = t->signal && send(t, (u32)id, 0, false) == 0;

		overrun = (long)(waits ? t->last_overrun : t->overrun);
		overrun = MIN(overrun, OVERRUN_MAX);
	}
	mutex_unlock(&events_lock);
	return overrun;
}

long call_timer_delete(u64 id, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	struct sigtimer *t;
	long result = -EINVAL;

	mutex_lock(&events_lock);
	t = find(id);
	if (t) {
		sigtimer_free(t);
		result = 0;
	} else {
		(void)!journal_done(&result);
	}
	mutex_unlock(&events_lock);
	return result;
}
