/* SPDX-License-Identifier: MIT */
/*
 * Watches: what epoll is made of. A set of watches belongs to a wait object of
 * the module's; a watch is about an open file by the descriptor under which it
 * was added. When the file's own wait object is woken the watch has fired, and
 * the set's object is woken. The core looks at the files that fired when somebody
 * asks what is ready. A watch does not keep its file open, and goes with it; all
 * of a set go with the wait object's handle.
 */
#ifndef INTERFACE_WATCH_H
#define INTERFACE_WATCH_H

#include <module.h>
#include <whitix/event.h>

INTERFACE_BEGIN

/*
 * Adds, changes or removes (`op`: EPOLL_CTL_*) the watch that `set` has of the
 * calling process's descriptor `fd`. `events` is what epoll_ctl(2) takes: bits
 * of poll, EPOLLET, EPOLLONESHOT; `data` is told with them. 0, -EBADF (no such
 * descriptor), -EPERM (such a file is always ready), -EEXIST, -ENOENT, -ENOMEM,
 * -EINVAL (one that was added with EPOLLEXCLUSIVE is not changed).
 */
long watch_control(u32 set, u32 op, u32 fd, u32 events, u64 data);
CONTRACT(watch_control, 0, ARG_HANDLE(set, HANDLE_WAIT), ARG_VALUE(op), ARG_VALUE(fd),
	 ARG_VALUE(events), ARG_VALUE(data));

/*
 * Among the files of the set that are this module's own: the smallest number
 * above `after`, -ENOENT.
 */
long watch_own_number(u32 self, u32 set, u64 after);
CONTRACT(watch_own_number, CALL_RESTARTABLE, ARG_SELF(self), ARG_HANDLE(set, HANDLE_WAIT),
	 ARG_VALUE(after));

/*
 * Fills `events` with what is ready: how many, 0. A level-triggered watch is looked
 * at again by the next call, others when they have fired again. With `len` 0 it
 * says only whether something is ready (1, 0), and nothing counts as told.
 */
#define WATCH_EVENTS_MAX 256
long watch_collect(u32 set, struct linux_epoll_event *events, size_t len);
CONTRACT(watch_collect, CALL_SLEEPS, ARG_HANDLE(set, HANDLE_WAIT),
	 ARG_OUT(events, len, WATCH_EVENTS_MAX * sizeof(struct linux_epoll_event)),
	 ARG_VALUE(len));

INTERFACE_END

#endif
