/* SPDX-License-Identifier: MIT */
/* The kernel log for programs: /dev/kmsg, /proc/kmsg, syslog(2). */
#ifndef INTERFACE_KMSG_H
#define INTERFACE_KMSG_H

#include <file.h>
#include <module.h>

INTERFACE_BEGIN

/* What opening /proc/kmsg gives: 0. */
long kmsg_stream(struct file_open *file);
CONTRACT(kmsg_stream, CALL_RESTARTABLE, ARG_STRUCT_OUT(file, struct file_open));

INTERFACE_END

#endif
