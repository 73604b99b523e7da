/* SPDX-License-Identifier: MIT */
/*
 * pidfd_open(2): an open file that names a process. Its number says which, by pid and
 * the time of its start, so that nothing has to be kept.
 */
#ifndef INTERFACE_PIDFD_H
#define INTERFACE_PIDFD_H

#include <module.h>

#define PIDFD_MODULE "system"		/* whose files they are, and no others */
#define PIDFD_PID_BITS 22
#define PIDFD_TIME_BITS 40		/* of the start, in units of 1024 ns: 12 days */
#define PIDFD_PID(number) ((u32)(number) & ((1u << PIDFD_PID_BITS) - 1))
#define PIDFD_NUMBER(pid, start_ns) \
	(((start_ns) >> 10 & ((1ul << PIDFD_TIME_BITS) - 1)) << PIDFD_PID_BITS | (pid))

INTERFACE_BEGIN

/* A pidfd for the caller: its descriptor, or an error. */
long pidfd_new(u32 pid, u64 start_ns);
CONTRACT(pidfd_new, CALL_SLEEPS | CALL_RESTARTABLE, ARG_VALUE(pid), ARG_VALUE(start_ns));
/* The process of the caller's descriptor `fd`, with PIDFD_NO_WAIT; -EBADF, -ESRCH. */
#define PIDFD_NO_WAIT 0x80000000l	/* it is O_NONBLOCK */
long pidfd_process(u32 fd);
CONTRACT(pidfd_process, CALL_RESTARTABLE, ARG_VALUE(fd));

INTERFACE_END

#endif
