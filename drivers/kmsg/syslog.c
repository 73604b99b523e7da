/* SPDX-License-Identifier: MIT */
/* syslog(2) and /proc/kmsg: lines as "<PRIORITY>[SECONDS] text". */
#include <printf.h>
#include <whitix/capability.h>

#include "internal.h"

#define LINE_SIZE (RECORD_SIZE + 32)
#define CONSOLE_LEVELS 8
#define CONSOLE_QUIET 0		/* only what is most urgent */

static s32 level_before = -1;	/* KMSG_CONSOLE_OFF; -1: it is on */

/* The line of a record: its length, without NUL. */
static size_t format(char line[LINE_SIZE], char *record, size_t size)
{
	char *text = memchr(record, ';', size);
	const char *p = record;
	u64 part[3];

	if (!text)
		return 0;
	for (u32 i = 0; i < ARRAY_SIZE(part); i++) {
		part[i] = string_to_u64(p, &p);
		p += *p == ',';
	}
	record[size - 1] = '\0';
	return (size_t)scnprintf(line, LINE_SIZE, "<%lu>[%5lu.%06lu] %s\n", part[0],
				 part[2] / 1000000, part[2] % 1000000, text + 1);
}

/* The line at *pos, which goes behind its record: its length, 0 at the end. */
static size_t next_line(u64 *pos, char line[LINE_SIZE])
{
	char record[RECORD_SIZE];
	bool lost;
	size_t size = record_at(pos, record, &lost);

	*pos += size;
	return size ? format(line, record, size) : 0;
}

/* Bytes that the lines from `pos` on have. */
static u64 lines_size(u64 pos)
{
	char line[LINE_SIZE];
	u64 sum = 0;
	size_t n;

	while ((n = next_line(&pos, line)))
		sum += n;
	return sum;
}

/* Where lines go: memory of the program that reads, or of a file's read. */
struct room {
	u32 ubuf;		/* 0: `user` */
	u64 user;
};

static long room_write(struct room to, u64 off, const char *line, size_t size)
{
	if (to.ubuf)
		return ubuf_write(to.ubuf, off, line, size);
	return user_write(to.user + off, line, size) ? -EFAULT : (long)size;
}

/* Copies lines from *pos on while they fit: bytes, or an error if there was none. */
static long copy_lines(u64 *pos, struct room to, u64 off, u64 len)
{
	char line[LINE_SIZE];
	u64 done = 0, next = *pos;
	size_t size;
	long n = 0;

	while ((size = next_line(&next, line)) && size <= len - done) {
		n = room_write(to, off + done, line, size);
		if (n < (long)size)
			break;
		done += size;
		*pos = next;
	}
	return done || n >= 0 ? (long)done : n;
}

static long stream_copy(struct room to, u64 off, u64 len)
{
	u64 pos = readers->stream;
	long n = copy_lines(&pos, to, off, len);

	readers->stream = pos;
	if (n)
		return n;
	return stream_has() ? -EINVAL : -EAGAIN;
}

/* See internal.h. readers_lock is held. */
long stream_read(u32 ubuf, u64 off, u64 len)
{
	return stream_copy((struct room){ .ubuf = ubuf }, off, len);
}

bool stream_has(void)
{
	return readers->stream < log_end();
}

/* The last lines since the log was cleared, as many as fit. */
static long read_all(struct room to, u64 len)
{
	char line[LINE_SIZE];
	u64 pos = readers->cleared, size = lines_size(pos);
	size_t n = 1;

	while (n && size > len) {
		n = next_line(&pos, line);
		size -= MIN(size, n);
	}
	return copy_lines(&pos, to, 0, len);
}

/* Sleeps until the stream has something; readers_lock is held, and dropped. */
static long read_wait(struct room to, u64 len)
{
	long n, seq;

	while ((n = stream_copy(to, 0, len)) == -EAGAIN) {
		seq = wait_seq(wait);
		mutex_unlock(&readers_lock);
		n = seq < 0 ? seq : wait_sleep(wait, (u32)seq, 0);
		mutex_lock(&readers_lock);
		if (n)
			break;
	}
	return n;
}

static long console(u32 action, u64 level)
{
	long old;

	if (action == KMSG_CONSOLE_LEVEL && (level < 1 || level > CONSOLE_LEVELS))
		return -EINVAL;
	if (action == KMSG_CONSOLE_ON)
		old = level_before < 0 ? 0 : log_console(THIS_MODULE, level_before);
	else
		old = log_console(THIS_MODULE, action == KMSG_CONSOLE_OFF ? CONSOLE_QUIET :
				  (s32)level - 1);
	if (old >= 0 && (action != KMSG_CONSOLE_OFF || level_before < 0))
		level_before = action == KMSG_CONSOLE_OFF ? (s32)old : -1;
	return old < 0 ? old : 0;
}

static long act(u32 action, struct room to, u64 len)
{
	long n;

	switch (action) {
	case KMSG_CLOSE:
	case KMSG_OPEN:
		return 0;
	case KMSG_READ:
		return len ? read_wait(to, len) : 0;
	case KMSG_READ_ALL:
		return read_all(to, len);
	case KMSG_READ_CLEAR:
		n = read_all(to, len);
		readers->cleared = log_end();
		return n;
	case KMSG_CLEAR:
		readers->cleared = log_end();
		return 0;
	case KMSG_CONSOLE_OFF:
	case KMSG_CONSOLE_ON:
	case KMSG_CONSOLE_LEVEL:
		return console(action, len);
	case KMSG_SIZE_UNREAD:
		return (long)lines_size(readers->stream);
	case KMSG_SIZE_BUFFER:
		return CONFIG_LOG_BUFFER_KIB * 1024;
	}
	return -EINVAL;
}

/* syslog(2). */
long call_syslog(u64 action, u64 user, u64 len, u64 d, u64 e, u64 f)
{
	u32 type = (u32)action;
	long n;

	if (!cred_capable(CAP_SYS_ADMIN) && type != KMSG_SIZE_BUFFER)
		return -EPERM;
	if (KMSG_READS(type) && (!user || (s32)len < 0))
		return -EINVAL;
	len = KMSG_READS(type) ? MIN((u32)len, KMSG_READ_MAX) : (u64)(s32)len;
	mutex_lock(&readers_lock);
	n = act(type, (struct room){ .user = user }, len);
	mutex_unlock(&readers_lock);
	return n == -EINTR ? SYSCALL_RESTART : n;
}
