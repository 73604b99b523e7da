/* SPDX-License-Identifier: MIT */
/*
 * epoll(7): the rules of epoll_ctl(2), and waiting. The watches are the core's.
 *
 * control_lock is held while a descriptor is added, since that looks at what
 * other epoll descriptors watch. It is taken before events_lock.
 */
#include <watch.h>

#include "internal.h"

#define FOREVER (~0ul)
#define EVENTS_LIMIT (INT32_MAX / (s32)sizeof(struct linux_epoll_event))
#define NESTING_MAX 5		/* epoll descriptors in a row */
#define EXCLUSIVE_EVENTS (POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLL_MODES)

static struct mutex control_lock = MUTEX_INIT;

bool epoll_ready(u32 wait)
{
	struct linux_epoll_event none;

	return watch_collect(wait, &none, 0) > 0;
}

/* The wait object of an epoll descriptor; 0: it is none. */
static u32 wait_of(u64 number)
{
	struct event *e;
	u32 wait;

	mutex_lock(&events_lock);
	e = event_find(number, EVENT_EPOLL);
	wait = e ? (u32)e->wait : 0;
	mutex_unlock(&events_lock);
	return wait;
}

/*
 * How many epoll descriptors there are in a row from `number` down, itself one;
 * 0 when `stop` is among them: a loop. What is deeper than NESTING_MAX is not
 * looked at.
 */
static u32 depth_below(u64 number, u64 stop)
{
	u64 at[NESTING_MAX] = { number }, after[NESTING_MAX] = { 0 };
	u32 depth = 1, deepest = 1;
	long child;

	if (number == stop)
		return 0;
	while (depth) {
		child = watch_own_number(THIS_MODULE, wait_of(at[depth - 1]), after[depth - 1]);
		if (child <= 0) {
			depth--;
			continue;
		}
		after[depth - 1] = (u64)child;
		if (!wait_of((u64)child))
			continue;
		if ((u64)child == stop)
			return 0;
		deepest = MAX(deepest, depth + 1);
		if (depth == NESTING_MAX)
			continue;
		at[depth] = (u64)child;
		after[depth++] = 0;
	}
	return deepest;
}

static bool watches(u64 above, u64 number)
{
	return watch_own_number(THIS_MODULE, wait_of(above), number - 1) == (long)number;
}

/* The same upwards, looking at `limit` of them. */
static u32 depth_above(u64 number, u32 limit)
{
	u32 index = 0, deepest = 1;
	u64 above;

	if (limit <= 1)
		return 1;
	while ((above = event_next_number(EVENT_EPOLL, &index)))
		if (watches(above, number))
			deepest = MAX(deepest, 1 + depth_above(above, limit - 1));
	return deepest;
}

static long nesting_check(u64 number, u64 target)
{
	u32 below = depth_below(target, number);

	return !below || below + depth_above(number, NESTING_MAX) > NESTING_MAX ? -ELOOP : 0;
}

static long add(u64 number, u32 set, u32 fd, u32 events, u64 data)
{
	long own = file_own_number(THIS_MODULE, fd), error = 0;
	bool epoll = own > 0 && wait_of((u64)own);

	if ((events & EPOLLEXCLUSIVE) && (epoll || (events & ~EXCLUSIVE_EVENTS)))
		return -EINVAL;
	mutex_lock(&control_lock);
	if (epoll)
		error = nesting_check(number, (u64)own);
	if (!error)
		error = watch_control(set, EPOLL_CTL_ADD, fd, events, data);
	/* It was added before the reset that interrupted this call. */
	if (error == -EEXIST && CONTEXT->rerun)
		error = 0;
	mutex_unlock(&control_lock);
	return error;
}

static long control(u64 number, u32 set, u32 op, u32 fd, const struct linux_epoll_event *event)
{
	u32 events = event->events | POLLERR | POLLHUP;
	long error;

	switch (op) {
	case EPOLL_CTL_ADD:
		return add(number, set, fd, events, event->data);
	case EPOLL_CTL_MOD:
		if (events & EPOLLEXCLUSIVE)
			return -EINVAL;
		return watch_control(set, op, fd, events, event->data);
	case EPOLL_CTL_DEL:
		error = watch_control(set, op, fd, 0, 0);
		return error == -ENOENT && CONTEXT->rerun ? 0 : error;
	default:
		return -EINVAL;
	}
}

long call_epoll_create1(u64 flags, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return (u32)flags & ~(u32)O_CLOEXEC ? -EINVAL :
	       event_open(EVENT_EPOLL, 0, 0, (u32)flags);
}

long call_epoll_create(u64 size, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return (s32)size <= 0 ? -EINVAL : event_open(EVENT_EPOLL, 0, 0, 0);
}

/* epoll_ctl(2). What is wrong with `fd` is said before what is with `epfd`. */
long call_epoll_ctl(u64 epfd, u64 op, u64 fd, u64 user, u64 e, u64 f)
{
	struct linux_epoll_event event = { 0 };
	long number, target;
	u32 set;

	if ((u32)op != EPOLL_CTL_DEL && user_read(user, &event, sizeof(event)))
		return -EFAULT;
	number = file_own_number(THIS_MODULE, (u32)epfd);
	if (number == -EBADF)
		return -EBADF;
	target = file_own_number(THIS_MODULE, (u32)fd);
	if (target == -EBADF || target == -EPERM)
		return target;
	set = number > 0 && number != target ? wait_of((u64)number) : 0;
	return set ? control((u64)number, set, (u32)op, (u32)fd, &event) : -EINVAL;
}

/* Waits for at most `ns` until something is ready: how many, -EINTR. */
static long collect(u32 set, struct linux_epoll_event *events, u32 max, u64 ns)
{
	u64 end = ns == FOREVER ? 0 : ktime_ns() + ns, now;
	long seq, n, error = 0;

	for (;;) {
		seq = wait_seq(set);
		if (seq < 0)
			return seq;
		n = watch_collect(set, events, max * sizeof(*events));
		if (n || !ns || error)
			return n ? n : error == -ETIMEDOUT ? 0 : error;
		now = ktime_ns();
		if (end && now >= end)
			return 0;
		error = wait_sleep(set, (u32)seq, end ? end - now : 0);
	}
}

static long epoll_wait(u64 epfd, u64 user, s32 max, u64 ns)
{
	struct linux_epoll_event events[WATCH_EVENTS_MAX];
	long number, n;
	u32 set;

	if (max <= 0 || max > EVENTS_LIMIT)
		return -EINVAL;
	number = file_own_number(THIS_MODULE, (u32)epfd);
	set = number > 0 ? wait_of((u64)number) : 0;
	if (!set)
		return number == -EBADF ? -EBADF : -EINVAL;
	n = collect(set, events, MIN((u32)max, WATCH_EVENTS_MAX), ns);
	if (n > 0 && user_write(user, events, (u64)n * sizeof(*events)))
		return -EFAULT;
	return n;
}

static u64 timeout(u64 ms)
{
	return (s32)ms < 0 ? FOREVER : (u32)ms * NS_PER_MS;
}

long call_epoll_wait(u64 epfd, u64 user, u64 max, u64 ms, u64 e, u64 f)
{
	return epoll_wait(epfd, user, (s32)max, timeout(ms));
}

static long masked_wait(u64 epfd, u64 user, u64 max, u64 ns, u64 mask, u64 size)
{
	u64 set;

	if (mask && size != sizeof(set))
		return -EINVAL;
	if (mask && user_read(mask, &set, sizeof(set)))
		return -EFAULT;
	if (mask)
		process_mask(THIS_MODULE, set);
	return epoll_wait(epfd, user, (s32)max, ns);
}

long call_epoll_pwait(u64 epfd, u64 user, u64 max, u64 ms, u64 mask, u64 size)
{
	return masked_wait(epfd, user, max, timeout(ms), mask, size);
}

long call_epoll_pwait2(u64 epfd, u64 user, u64 max, u64 time, u64 mask, u64 size)
{
	struct linux_timespec t;

	if (!time)
		return masked_wait(epfd, user, max, FOREVER, mask, size);
	if (user_read(time, &t, sizeof(t)))
		return -EFAULT;
	return !timespec_valid(&t) ? -EINVAL :
	       masked_wait(epfd, user, max, timespec_ns(&t), mask, size);
}
