/* SPDX-License-Identifier: MIT */
/* alarm(2), setitimer(2), getitimer(2): three timers of a process. */
#include "internal.h"

#define ITIMERS 3
#define US_PER_S 1000000l
#define NS_PER_US 1000ul

static const struct {
	u8 signal, cpu;
} itimers[ITIMERS] = {
	[ITIMER_REAL] = { SIGALRM, CPU_NONE },
	[ITIMER_VIRTUAL] = { SIGVTALRM, CPU_USER },
	[ITIMER_PROF] = { SIGPROF, CPU_ALL },
};

/* The calling process's; NULL: it has none yet. events_lock is held. */
static struct sigtimer *find(u32 which)
{
	struct sigtimer *t;

	for (u32 i = 0; i < pool_count(&sigtimers); i++) {
		t = pool_at(&sigtimers, i);
		if (t && t->kind == SIGTIMER_ALARM && t->pid == current_pid() &&
		    t->signal == itimers[which].signal)
			return t;
	}
	return NULL;
}

/* Made, but not a timer yet: its `kind` is set by what changes it. */
static struct sigtimer *make(u32 which)
{
	u32 index;
	struct sigtimer *t = sigtimer_new(&index);

	if (!t)
		return NULL;
	t->pid = current_pid();
	t->tid = t->value = t->overrun = t->expires = t->interval = 0;
	t->clock = CLOCK_MONOTONIC;
	t->cpu = itimers[which].cpu;
	t->cpu_id = t->pid;
	t->signal = itimers[which].signal;
	return t;
}

/* Sets one and tells what was: 0, -ENOMEM. Times in ns. */
static long alarm_set(u32 which, u64 first, u64 interval, struct linux_itimerspec *was)
{
	struct sigtimer *t;
	long result;

	*was = (struct linux_itimerspec){ { 0, 0 }, { 0, 0 } };
	mutex_lock(&events_lock);
	t = find(which);
	if (journal_done(&result)) {
		if (t)
			sigtimer_arm(t);
	} else if (t || first) {
		if (t)
			sigtimer_fill(t, was);
		else
			t = make(which);
		if (t) {
			journal_set(&t->expires, first ? first + sigtimer_now(t) : 0);
			journal_set(&t->interval, interval);
			journal_set(&t->kind, SIGTIMER_ALARM);
			journal_commit(0);
			sigtimer_arm(t);
		}
		result = t ? 0 : -ENOMEM;
	} else {
		result = 0;
	}
	mutex_unlock(&events_lock);
	return result;
}

/* Seconds that were left, at least 1 if there was an alarm. */
long call_alarm(u64 seconds, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	struct linux_itimerspec was;
	long left;

	if (alarm_set(ITIMER_REAL, (u32)seconds * NS_PER_S, 0, &was))
		return 0;
	left = was.value.tv_sec + (was.value.tv_nsec >= (s64)NS_PER_S / 2);
	return left || !was.value.tv_nsec ? left : 1;
}

static bool timeval_valid(const struct linux_timeval *t)
{
	return t->tv_sec >= 0 && t->tv_usec >= 0 && t->tv_usec < US_PER_S;
}

static u64 timeval_ns(const struct linux_timeval *t)
{
	struct linux_timespec s = { t->tv_sec, t->tv_usec * (s64)NS_PER_US };

	return timespec_ns(&s);
}

static struct linux_itimerval itimerval_of(const struct linux_itimerspec *s)
{
	return (struct linux_itimerval){
		{ s->interval.tv_sec, s->interval.tv_nsec / (s64)NS_PER_US },
		{ s->value.tv_sec, s->value.tv_nsec / (s64)NS_PER_US },
	};
}

long call_setitimer(u64 which, u64 new, u64 old, u64 d, u64 e, u64 f)
{
	struct linux_itimerval value = { { 0, 0 }, { 0, 0 } };
	struct linux_itimerspec was;
	long error;

	if (new && user_read(new, &value, sizeof(value)))
		return -EFAULT;
	if (!timeval_valid(&value.value) || !timeval_valid(&value.interval) ||
	    (u32)which >= ITIMERS)
		return -EINVAL;
	error = alarm_set((u32)which, timeval_ns(&value.value), timeval_ns(&value.interval),
			  &was);
	value = itimerval_of(&was);
	return error || !old ? error : user_write(old, &value, sizeof(value));
}

long call_getitimer(u64 which, u64 user, u64 c, u64 d, u64 e, u64 f)
{
	struct linux_itimerspec now = { { 0, 0 }, { 0, 0 } };
	struct linux_itimerval value;
	struct sigtimer *t;

	if ((u32)which >= ITIMERS)
		return -EINVAL;
	mutex_lock(&events_lock);
	t = find((u32)which);
	if (t)
		sigtimer_fill(t, &now);
	mutex_unlock(&events_lock);
	value = itimerval_of(&now);
	return user_write(user, &value, sizeof(value));
}
