/* SPDX-License-Identifier: MIT */
/*
 * Event descriptors: events.c has the table and the open files, calls.c the
 * system calls that make them, the others what is particular to a kind.
 *
 * events_lock protects all of it. It is not held over calls that ask other files
 * (epoll) or wait.
 */
#ifndef EVENTS_INTERNAL_H
#define EVENTS_INTERNAL_H

#include <errno.h>
#include <persist.h>
#include <program.h>
#include <runtime.h>
#include <string.h>
#include <whitix/event.h>
#include <whitix/fcntl.h>
#include <whitix/poll.h>
#include <whitix/signal.h>

enum event_kind {
	EVENT_NONE,
	EVENT_COUNTER,		/* eventfd: `value` is the count */
	EVENT_TIMER,		/* timerfd: `value` is the clock */
	EVENT_SIGNALS,		/* signalfd: `value` is the set */
	EVENT_EPOLL,
	EVENT_SIGNAL_WAIT,	/* no descriptor: what all of EVENT_SIGNALS wait for */
	EVENT_INOTIFY,		/* inotify: `value` is who made it */
};

/*
 * An open event descriptor, in persistent memory. What counts is changed by the
 * journal; `timer` is made anew after a reset.
 */
struct event {
	u64 kind;		/* enum event_kind; 0: free */
	u64 generation;		/* so many descriptors had this place */
	u64 wait;		/* handle */
	u64 value;		/* count, clock or set of signals */
	u64 flags;		/* EFD_SEMAPHORE */
	union {
		struct {
			u64 expires;	/* timer: ns by its clock, 0: not armed */
			u64 interval;	/* ns; 0: once */
			u64 clock_base;	/* timer: CLOCK_REALTIME's base when it was set, 0 */
			u64 timer;	/* handle of the core's timer, 0 */
			u64 relative;	/* 1: set by a duration, which setting the clock
					 * does not change */
		};
		struct {
			u64 head, tail;	/* inotify: the queue, see inotify.c */
			u64 count;	/* notices in it */
			u64 none;	/* 0: no timer */
			u64 bytes;	/* that a read of all of them gives */
		};
	};
	u64 last_wd;
	u64 lost;		/* 1: there was no room for more notices */
};

#define EVENT_FLAGS (O_CLOEXEC | O_NONBLOCK)
#define NS_PER_S 1000000000ul
#define NS_PER_MS 1000000ul

extern struct mutex events_lock;

/* events.c */

/* A new one and a descriptor for it; `oflags` are EVENT_FLAGS. */
long event_open(enum event_kind kind, u64 value, u64 flags, u32 oflags);
/* The event of an open file, if it is of `kind`. events_lock is held. */
struct event *event_find(u64 number, enum event_kind kind);
void event_wake(const struct event *e);
/* One without a descriptor; NULL: no memory. */
struct event *event_shared(enum event_kind kind, u32 wait);
/* All in turn: from 0 on. NULL: no more. events_lock is held. */
struct event *event_next(u32 *index);
/* Number of the next of `kind`, 0: no more. Takes events_lock. */
u64 event_next_number(enum event_kind kind, u32 *index);

/* timer.c */
long timer_prepare(u64 clock, struct event *e);
void timer_restore(struct event *e);
long timer_read(struct event *e, u32 ubuf, u64 off, u64 len);
bool timer_ready(const struct event *e);
bool timespec_valid(const struct linux_timespec *t);
u64 timespec_ns(const struct linux_timespec *t);
struct linux_timespec ns_timespec(u64 ns);
void events_clock_set(void);

/* signals.c */
long signals_init(void);
u32 signals_wait(void);
long signals_read(u64 set, u32 ubuf, u64 off, u64 len);
bool signals_ready(u64 set);

/* posix.c */

/* A timer that sends signals, in persistent memory. */
struct sigtimer {
	u64 kind;		/* enum sigtimer_kind; 0: free */
	u64 pid;		/* whose it is */
	u64 tid;		/* the thread that gets the signal, 0: the process */
	u64 clock;		/* CLOCK_*, without those of CPU time */
	u64 cpu;		/* enum cpu_clock */
	u64 cpu_id;		/* of the process or thread whose time it is */
	u64 signal;		/* 0: none is sent */
	u64 value;		/* for the handler */
	u64 expires;		/* ns by the clock, 0: not armed */
	u64 interval;		/* ns; 0: once */
	u64 overrun;		/* of the last signal, as far as it is known */
	u64 last_overrun;	/* of the one before */
	u64 timer;		/* handle of the core's timer */
	u64 relative;		/* 1: set by a duration, as above */
	u64 spare[2];
};

enum sigtimer_kind { SIGTIMER_FREE, SIGTIMER_POSIX, SIGTIMER_ALARM };
enum cpu_clock { CPU_NONE, CPU_ALL, CPU_USER, CPU_THREAD };

extern struct pool sigtimers;

/* All of them take events_lock as held. */
struct sigtimer *sigtimer_new(u32 *index);
void sigtimer_arm(const struct sigtimer *t);
void sigtimer_restore(void);
u64 sigtimer_now(const struct sigtimer *t);
void sigtimer_fill(const struct sigtimer *t, struct linux_itimerspec *value);
void sigtimers_clock_set(void);

/* epoll.c */
bool epoll_ready(u32 wait);

/* inotify.c */
extern struct pool marks, notices, long_notices;
void inotify_recover(void);
long inotify_read(struct event *e, u32 ubuf, u64 off, u64 len);
long inotify_ioctl(u64 number, u32 cmd, u32 ubuf);
/* Instance `number` is closed: what it had is given back. */
void inotify_closed(u64 number);

static inline bool inotify_ready(const struct event *e)
{
	return e->head || e->lost;
}

/* The system calls, in these files: as syscall_handler, unless they have none. */
long clock_set(u64 ns);

#define EVENT_CALLS(X) \
	X(timerfd_create) X(timerfd_settime) X(timerfd_gettime) \
	X(eventfd) X(eventfd2) X(signalfd) X(signalfd4) \
	X(epoll_create) X(epoll_create1) X(epoll_ctl) \
	X(epoll_wait) X(epoll_pwait) X(epoll_pwait2) \
	X(timer_create) X(timer_settime) X(timer_gettime) X(timer_getoverrun) \
	X(inotify_init) X(inotify_init1) X(inotify_add_watch) X(inotify_rm_watch) \
	X(timer_delete) X(clock_settime) X(settimeofday) X(gettimeofday) X(time) \
	X(times) X(alarm) X(setitimer) X(getitimer) X(adjtimex) X(clock_adjtime)
#define EVENT_CALL(name) long call_##name(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);
EVENT_CALLS(EVENT_CALL)

#endif
