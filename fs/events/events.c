/* SPDX-License-Identifier: MIT */
/*
 * events: eventfd(2), timerfd_create(2), signalfd(2), epoll(7), inotify(7), and the
 * timers that send signals: timer_create(2), setitimer(2), alarm(2).
 *
 * State: transactions (include/interface/persist.h). Each descriptor and timer is an object
 * in persistent memory that is changed through the journal, together with the
 * result of the call, so a call that a reset interrupts happens once. What an
 * epoll descriptor watches is with the core (include/interface/watch.h), and so are
 * pending signals: those that a read of a signalfd has taken when a reset
 * interrupts it are lost.
 */
#include <whitix/syscalls.h>

#include "internal.h"

#define TAG_EVENTS 1
#define EVENT_PAGES 4
#define INDEX_BITS 24
#define COUNT_MAX (~0ul - 1)

struct mutex events_lock = MUTEX_INIT;

static struct pool events = {
	.tag = TAG_EVENTS, .size = sizeof(struct event), .pages = EVENT_PAGES,
};
static long provider;

static u64 number_of(const struct event *e, u32 index)
{
	return e->generation << INDEX_BITS | index;
}

/* See internal.h. NULL: it is not. */
struct event *event_find(u64 number, enum event_kind kind)
{
	u32 index = number & ((1u << INDEX_BITS) - 1);
	struct event *e = pool_at(&events, index);

	if (!e || !e->kind || number_of(e, index) != number ||
	    (kind != EVENT_NONE && e->kind != kind))
		return NULL;
	return e;
}

/* See internal.h. */
struct event *event_next(u32 *index)
{
	struct event *e;

	while (*index < pool_count(&events)) {
		e = pool_at(&events, (*index)++);
		if (e && e->kind)
			return e;
	}
	return NULL;
}

/* See internal.h. */
u64 event_next_number(enum event_kind kind, u32 *index)
{
	struct event *e;
	u64 number = 0;

	mutex_lock(&events_lock);
	while (!number && (e = event_next(index)))
		if (e->kind == kind)
			number = number_of(e, *index - 1);
	mutex_unlock(&events_lock);
	return number;
}

/* What poll() answers may have changed. */
void event_wake(const struct event *e)
{
	wait_wake((u32)e->wait);
}

/* ---- opening and closing ------------------------------------------------ */

static void fill_open(const struct event *e, u64 number, struct file_open *file)
{
	*file = (struct file_open){
		.provider = (u32)provider, .wait = (u32)e->wait,
		.flags = FILE_STREAM | FILE_ANONYMOUS,
		.number = number,
	};
}

/* See internal.h. From init(). */
struct event *event_shared(enum event_kind kind, u32 wait)
{
	u32 index;
	struct event *e = pool_take(&events, &index);

	if (!e)
		return NULL;
	e->wait = wait;
	journal_set(&e->kind, kind);
	journal_commit_only();
	return e;
}

/* events_lock is held: the new event's number, or an error. */
static long event_make(enum event_kind kind, u64 value, u64 flags)
{
	u32 index;
	struct event *e = pool_take(&events, &index);
	long wait, error = 0;

	if (!e)
		return -ENOMEM;
	wait = kind == EVENT_SIGNALS ? (long)signals_wait() : wait_create(THIS_MODULE);
	if (wait < 0)
		return wait;
	e->wait = (u32)wait;
	e->timer = 0;
	if (kind == EVENT_TIMER)
		error = timer_prepare(value, e);
	if (error) {
		wait_destroy((u32)wait);
		return error;
	}
	e->generation++;
	journal_set(&e->value, value);
	journal_set(&e->flags, flags);
	journal_set(&e->relative, 0);
	journal_set(&e->expires, 0);
	journal_set(&e->interval, 0);
	journal_set(&e->clock_base, 0);
	journal_set(&e->last_wd, 0);
	journal_set(&e->lost, 0);
	journal_set(&e->kind, kind);
	return journal_commit((long)number_of(e, index));
}

/* See internal.h: a descriptor, or an error. */
long event_open(enum event_kind kind, u64 value, u64 flags, u32 oflags)
{
	struct file_install install = {
		.oflags = (kind == EVENT_INOTIFY ? O_RDONLY : O_RDWR) | oflags,
	};
	struct event *e;
	long number;

	mutex_lock(&events_lock);
	if (!journal_done(&number))
		number = event_make(kind, value, flags);
	e = number < 0 ? NULL : event_find((u64)number, kind);
	if (e)
		fill_open(e, (u64)number, &install.file);
	mutex_unlock(&events_lock);
	if (!e)
		return number < 0 ? number : -EIO;
	return file_install(THIS_MODULE, &install, sizeof(install), 0);
}

static long event_release(u64 number)
{
	struct event *e, old;
	long done;

	mutex_lock(&events_lock);
	e = event_find(number, EVENT_NONE);
	if (e && !journal_done(&done)) {
		old = *e;
		journal_set(&e->kind, EVENT_NONE);
		journal_commit(0);
		if (old.kind == EVENT_INOTIFY)
			inotify_closed(number);
		if (old.timer)
			timer_destroy((u32)old.timer);
		if (old.kind != EVENT_SIGNALS)
			wait_destroy((u32)old.wait);
	}
	mutex_unlock(&events_lock);
	return 0;
}

/* ---- eventfd -------------------------------------------------------------- */

static long counter_read(struct event *e, u32 ubuf, u64 off, u64 len)
{
	u64 value = e->flags & EFD_SEMAPHORE ? 1 : e->value;
	long n;

	if (len < sizeof(value))
		return -EINVAL;
	if (!e->value)
		return -EAGAIN;
	n = ubuf_write(ubuf, off, &value, sizeof(value));
	if (n != sizeof(value))
		return n < 0 ? n : -EFAULT;
	journal_set(&e->value, e->value - value);
	return journal_commit(n);
}

static long counter_write(struct event *e, u32 ubuf, u64 off, u64 len)
{
	u64 value;
	long n;

	if (len < sizeof(value))
		return -EINVAL;
	n = ubuf_read(ubuf, off, &value, sizeof(value));
	if (n != sizeof(value))
		return n < 0 ? n : -EFAULT;
	if (value > COUNT_MAX)
		return -EINVAL;
	if (value > COUNT_MAX - e->value)
		return -EAGAIN;
	journal_set(&e->value, e->value + value);
	return journal_commit(n);
}

static long counter_poll(const struct event *e)
{
	return (e->value ? FILE_POLLIN : 0) | (e->value < COUNT_MAX ? FILE_POLLOUT : 0);
}

/* eventfd2(2). */
long call_eventfd2(u64 count, u64 flags, u64 c, u64 d, u64 e, u64 f)
{
	if ((u32)flags & ~(EVENT_FLAGS | EFD_SEMAPHORE))
		return -EINVAL;
	return event_open(EVENT_COUNTER, (u32)count, flags & EFD_SEMAPHORE,
			  flags & EVENT_FLAGS);
}

long call_eventfd(u64 count, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return event_open(EVENT_COUNTER, (u32)count, 0, 0);
}

/* ---- the open file ---------------------------------------------------------- */

static long event_read(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	u64 set = 0;
	struct event *e;
	long n = -EINVAL;

	mutex_lock(&events_lock);
	e = event_find(number, EVENT_NONE);
	if (!e)
		n = -EIO;
	else if (journal_done(&n) || e->kind == EVENT_EPOLL)
		;
	else if (e->kind == EVENT_COUNTER)
		n = counter_read(e, ubuf, off, len);
	else if (e->kind == EVENT_TIMER)
		n = timer_read(e, ubuf, off, len);
	else if (e->kind == EVENT_INOTIFY)
		n = inotify_read(e, ubuf, off, len);
	else
		set = e->value;
	if (n > 0 && e->kind == EVENT_COUNTER)
		event_wake(e);
	mutex_unlock(&events_lock);
	return e && e->kind == EVENT_SIGNALS ? signals_read(set, ubuf, off, len) : n;
}

static long event_write(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	struct event *e;
	long n = -EINVAL;

	mutex_lock(&events_lock);
	e = event_find(number, EVENT_COUNTER);
	if (e && !journal_done(&n))
		n = counter_write(e, ubuf, off, len);
	if (n > 0)
		event_wake(e);
	mutex_unlock(&events_lock);
	return n;
}

static long event_ioctl(u64 number, u32 cmd, u64 arg, u32 ubuf)
{
	return inotify_ioctl(number, cmd, ubuf);
}

static long event_poll(u64 number)
{
	struct event *e, now = { .kind = EVENT_NONE };
	bool ready;

	mutex_lock(&events_lock);
	e = event_find(number, EVENT_NONE);
	if (e)
		now = *e;
	mutex_unlock(&events_lock);
	switch (now.kind) {
	case EVENT_COUNTER:
		return counter_poll(&now);
	case EVENT_TIMER:
		ready = timer_ready(&now);
		break;
	case EVENT_SIGNALS:
		ready = signals_ready(now.value);
		break;
	case EVENT_EPOLL:
		ready = epoll_ready((u32)now.wait);
		break;
	case EVENT_INOTIFY:
		ready = inotify_ready(&now);
		break;
	default:
		return FILE_POLLERR | FILE_POLLHUP;
	}
	return ready ? FILE_POLLIN : 0;
}

static const struct file_ops event_ops = {
	.read = event_read, .write = event_write, .ioctl = event_ioctl,
	.poll = event_poll, .release = event_release,
};

static long calls_register(void)
{
#define EVENT_ENTRY(name) { SYSCALL_##name, call_##name },
	static const struct syscall_entry calls[] = { EVENT_CALLS(EVENT_ENTRY) };

	return syscalls_register(calls, ARRAY_SIZE(calls));
}

static long events_init(u32 flags)
{
	struct pool *pools[] = { &events, &sigtimers, &marks, &notices, &long_notices };
	struct event *e;
	u32 i = 0;
	long error = journal_init(pools, ARRAY_SIZE(pools));

	if (!error)
		error = signals_init();
	if (error)
		return error;
	while ((e = event_next(&i))) {
		if (e->kind == EVENT_TIMER)
			timer_restore(e);
		/* Somebody may have been told nothing of the last change. */
		event_wake(e);
	}
	sigtimer_restore();
	if (flags & INIT_RECOVERING)
		inotify_recover();
	provider = provider_register(THIS_MODULE, &event_ops);
	return provider < 0 ? provider : calls_register();
}

MODULE("events", .description = "event descriptors, timers that signal", .init = events_init,
       .rank = RANK_VFS_CLIENT);
