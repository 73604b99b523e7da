/* SPDX-License-Identifier: MIT */
/* What the core tells the module of event descriptors. */
#ifndef INTERFACE_EVENTS_H
#define INTERFACE_EVENTS_H

#include <module.h>

/* Limits of inotify(7), as /proc/sys/fs/inotify tells them. */
#define INOTIFY_QUEUE_MAX 16384
#define INOTIFY_INSTANCES_MAX 128	/* of a user */
#define INOTIFY_WATCHES_MAX 8192	/* of a user */

INTERFACE_BEGIN

/*
 * Process `pid`, for which process_has_timers() was called, ends, or runs another
 * program (`exec`), which keeps alarms only.
 */
long events_process_end(u32 pid, bool exec);
CONTRACT(events_process_end, CALL_RESTARTABLE, ARG_VALUE(pid), ARG_VALUE(exec));

INTERFACE_END

#endif
