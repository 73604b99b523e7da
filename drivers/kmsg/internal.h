/* SPDX-License-Identifier: MIT */
/* kmsg's own: where its readers are in the log. */
#ifndef KMSG_INTERNAL_H
#define KMSG_INTERNAL_H

#include <errno.h>
#include <kmsg.h>
#include <program.h>
#include <runtime.h>
#include <string.h>

/* syslog(2): what is wanted. Numbers are Linux's. */
enum kmsg_action {
	KMSG_CLOSE, KMSG_OPEN, KMSG_READ, KMSG_READ_ALL, KMSG_READ_CLEAR, KMSG_CLEAR,
	KMSG_CONSOLE_OFF, KMSG_CONSOLE_ON, KMSG_CONSOLE_LEVEL, KMSG_SIZE_UNREAD,
	KMSG_SIZE_BUFFER,
};
#define KMSG_READS(action) ((action) >= KMSG_READ && (action) <= KMSG_READ_CLEAR)
#define KMSG_READ_MAX 131072ul	/* bytes of one call */

#define RECORD_SIZE 1024	/* no line of the log is longer */

/*
 * One persistent page. Positions count the bytes of the log since the start; each
 * is changed by one store, once what it stands for was read.
 */
#define READERS 510
struct readers {
	u64 stream;		/* of /proc/kmsg and syslog(2), for all together */
	u64 cleared;		/* what SYSLOG_ACTION_CLEAR hides ends here */
	u64 reader[READERS];	/* of an open file, plus 1; 0: free */
};

extern struct readers *readers;
extern struct mutex readers_lock;
extern u32 wait;		/* handle: woken by new lines */

/*
 * Reads the record at *pos, which goes up to the oldest one that is kept: its
 * length, 0 at the end. *lost: there was something before it.
 */
size_t record_at(u64 *pos, char buf[RECORD_SIZE], bool *lost);
u64 log_end(void);
/* Reads what has come to the stream: bytes, or -EAGAIN: nothing has. */
long stream_read(u32 ubuf, u64 off, u64 len);
bool stream_has(void);
syscall_handler call_syslog;

#endif
