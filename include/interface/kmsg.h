/* SPDX-License-Identifier: MIT */
/* The kernel log for programs: /dev/kmsg, /proc/kmsg, syslog(2). */
#ifndef INTERFACE_KMSG_H
#define INTERFACE_KMSG_H

#include <file.h>
#include <module.h>

/* syslog(2): what is wanted. Numbers are Linux's. */
enum kmsg_action {
	KMSG_CLOSE, KMSG_OPEN, KMSG_READ, KMSG_READ_ALL, KMSG_READ_CLEAR, KMSG_CLEAR,
	KMSG_CONSOLE_OFF, KMSG_CONSOLE_ON, KMSG_CONSOLE_LEVEL, KMSG_SIZE_UNREAD,
	KMSG_SIZE_BUFFER,
};
#define KMSG_READS(action) ((action) >= KMSG_READ && (action) <= KMSG_READ_CLEAR)
#define KMSG_READ_MAX 131072ul	/* bytes of one call */

INTERFACE_BEGIN

/* syslog(2): `len` bytes of room in `ubuf` when it reads, else the argument. */
long kmsg_syslog(u32 action, u32 ubuf, u64 len);
CONTRACT(kmsg_syslog, CALL_SLEEPS, ARG_VALUE(action), ARG_UBUF(ubuf), ARG_VALUE(len));
/* What opening /proc/kmsg gives: 0. */
long kmsg_stream(struct file_open *file);
CONTRACT(kmsg_stream, CALL_RESTARTABLE, ARG_STRUCT_OUT(file, struct file_open));

INTERFACE_END

#endif
