/* SPDX-License-Identifier: MIT */
/*
 * timerfd_create(2). A timer is the time at which it expires next; how often it
 * has expired is worked out when somebody asks. The core's timer only wakes.
 */
#include "internal.h"

#define NS_MAX (~0ul >> 2)	/* 146 years: as good as never */

static bool is_realtime(u64 clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;
}

static u64 now_of(const struct event *e)
{
	return is_realtime(e->value) && !e->relative ? krealtime_ns() : ktime_ns();
}

bool timespec_valid(const struct linux_timespec *t)
{
	return t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec < (s64)NS_PER_S;
}

u64 timespec_ns(const struct linux_timespec *t)
{
	return (u64)t->tv_sec >= NS_MAX / NS_PER_S ? NS_MAX :
	       (u64)t->tv_sec * NS_PER_S + (u64)t->tv_nsec;
}

struct linux_timespec ns_timespec(u64 ns)
{
	return (struct linux_timespec){ (s64)(ns / NS_PER_S), (s64)(ns % NS_PER_S) };
}

static void expired(u64 cookie)
{
	wait_wake((u32)cookie);
}

/* Lets the core wake when the timer expires. events_lock is held. */
static void arm(const struct event *e)
{
	u64 now = now_of(e);

	timer_arm((u32)e->timer, !e->expires ? 0 : e->expires > now ? e->expires - now : 1, 0);
}

/* For a new one on `clock`: 0, -EINVAL, -EPERM, -ENOMEM. */
long timer_prepare(u64 clock, struct event *e)
{
	bool alarm = clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM;
	long timer;

	if (!alarm && clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC &&
	    clock != CLOCK_BOOTTIME)
		return -EINVAL;
	if (alarm && cred_euid() != 0)
		return -EPERM;
	timer = timer_create(THIS_MODULE, expired, e->wait);
	if (timer < 0)
		return timer;
	e->timer = (u64)timer;
	return 0;
}

/* After a reset. */
void timer_restore(struct event *e)
{
	long timer = timer_create(THIS_MODULE, expired, e->wait);

	e->timer = timer < 0 ? 0 : (u64)timer;
	arm(e);
}

/* How often it has expired and nobody was told. */
static u64 ticks(const struct event *e, u64 now)
{
	if (!e->expires || e->expires > now)
		return 0;
	return e->interval ? (now - e->expires) / e->interval + 1 : 1;
}

/* The clock was set since a timer that wants to know of it was. */
static bool canceled(const struct event *e)
{
	return e->clock_base && e->clock_base != CONTEXT->realtime_base_ns;
}

/* See internal.h: bytes, or what read(2) fails with. */
long timer_read(struct event *e, u32 ubuf, u64 off, u64 len)
{
	u64 count;
	long n;

	if (len < sizeof(count))
		return -EINVAL;
	if (canceled(e)) {
		journal_set(&e->clock_base, CONTEXT->realtime_base_ns);
		return journal_commit(-ECANCELED);
	}
	count = ticks(e, now_of(e));
	if (!count)
		return -EAGAIN;
	n = ubuf_write(ubuf, off, &count, sizeof(count));
	if (n != sizeof(count))
		return n < 0 ? n : -EFAULT;
	journal_set(&e->expires, e->interval ? e->expires + count * e->interval : 0);
	journal_commit(n);
	arm(e);
	return n;
}

bool timer_ready(const struct event *e)
{
	return canceled(e) || ticks(e, now_of(e));
}

static void fill(const struct event *e, struct linux_itimerspec *value)
{
	u64 now = now_of(e), left = 0;

	if (e->expires > now)
		left = e->expires - now;
	else if (e->expires && e->interval)
		left = e->interval - (now - e->expires) % e->interval;
	value->value = ns_timespec(left);
	value->interval = ns_timespec(e->interval);
}

static long set(struct event *e, u32 flags, const struct linux_itimerspec *value)
{
	u64 first = timespec_ns(&value->value);
	bool watched = is_realtime(e->value) && (flags & TFD_TIMER_ABSTIME) &&
		       (flags & TFD_TIMER_CANCEL_ON_SET);
	long result = canceled(e) ? -ECANCELED : 0;

	if (first && !(flags & TFD_TIMER_ABSTIME))
		first += ktime_ns();
	journal_set(&e->relative, !(flags & TFD_TIMER_ABSTIME));
	journal_set(&e->expires, first);
	journal_set(&e->interval, timespec_ns(&value->interval));
	journal_set(&e->clock_base, watched ? CONTEXT->realtime_base_ns : 0);
	return journal_commit(result);
}

/* timerfd_create(2). */
long call_timerfd_create(u64 clock, u64 flags, u64 c, u64 d, u64 e, u64 f)
{
	return (u32)flags & ~EVENT_FLAGS ? -EINVAL :
	       event_open(EVENT_TIMER, (u32)clock, 0, (u32)flags);
}

/* The timer behind a descriptor, with events_lock held; NULL and *error: none. */
static struct event *timer_enter(u64 fd, long *error)
{
	long number = file_own_number(THIS_MODULE, (u32)fd);
	struct event *e = NULL;

	*error = number == -EBADF ? -EBADF : -EINVAL;
	if (number < 0)
		return NULL;
	mutex_lock(&events_lock);
	e = event_find((u64)number, EVENT_TIMER);
	if (!e)
		mutex_unlock(&events_lock);
	return e;
}

/* timerfd_settime(2). */
long call_timerfd_settime(u64 fd, u64 flags, u64 new, u64 old, u64 e, u64 f)
{
	struct linux_itimerspec value, was;
	struct event *timer;
	long result;

	if (user_read(new, &value, sizeof(value)))
		return -EFAULT;
	if (((u32)flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) ||
	    !timespec_valid(&value.value) || !timespec_valid(&value.interval))
		return -EINVAL;
	timer = timer_enter(fd, &result);
	if (!timer)
		return result;
	fill(timer, &was);
	if (!journal_done(&result))
		result = set(timer, (u32)flags, &value);
	arm(timer);
	mutex_unlock(&events_lock);
	if (result)
		return result;
	return old ? user_write(old, &was, sizeof(was)) : 0;
}

/* timerfd_gettime(2). */
long call_timerfd_gettime(u64 fd, u64 user, u64 c, u64 d, u64 e, u64 f)
{
	struct linux_itimerspec value;
	long error;
	struct event *timer = timer_enter(fd, &error);

	if (!timer)
		return error;
	fill(timer, &value);
	mutex_unlock(&events_lock);
	return user_write(user, &value, sizeof(value));
}

/* CLOCK_REALTIME was set: timers by it expire at other times. */
void events_clock_set(void)
{
	struct event *e;
	u32 i = 0;

	mutex_lock(&events_lock);
	while ((e = event_next(&i))) {
		if (e->kind != EVENT_TIMER || !is_realtime(e->value))
			continue;
		arm(e);
		if (canceled(e))
			event_wake(e);
	}
	sigtimers_clock_set();
	mutex_unlock(&events_lock);
}
