/* SPDX-License-Identifier: MIT */
/*
 * kmsg: the kernel log for programs. The core keeps the lines, in the format of
 * /dev/kmsg; here are the readers' positions, and the forms of syslog(2).
 *
 * State: the positions, in a persistent page (internal.h). A line that was being
 * read at a reset may come twice.
 */
#include <devfs.h>
#include <string.h>
#include <whitix/fcntl.h>
#include <whitix/stat.h>
#include <whitix/syscalls.h>

#include "internal.h"

#define KMSG_MODE (S_IFCHR | 0644)
#define MEM_MAJOR 1
#define KMSG_MINOR 11
#define NUMBER_STREAM READERS	/* open file number of /proc/kmsg */
#define WRITE_MAX 512		/* of log_write() */
#define FACILITY_USER (1u << 3)
#define LEVEL_DEFAULT 4u
#define SEEK_SET 0
#define SEEK_END 2
#define SEEK_DATA 3

struct readers *readers;
struct mutex readers_lock = MUTEX_INIT;
u32 wait;
static long provider;

/* See internal.h. */
size_t record_at(u64 *pos, char buf[RECORD_SIZE], bool *lost)
{
	u64 at = *pos;
	long n = log_fetch(&at, buf, RECORD_SIZE);
	const char *end;

	*lost = false;
	if (n <= 0)
		return 0;
	end = memchr(buf, '\n', (size_t)n);
	if (at - (u64)n == *pos)
		return end ? (size_t)(end - buf) + 1 : 0;
	/* The oldest byte is somewhere in a line that is partly gone. */
	*lost = true;
	*pos = at - (u64)n + (end ? (u64)(end - buf) + 1 : (u64)n);
	at = *pos;
	n = log_fetch(&at, buf, RECORD_SIZE);
	end = n > 0 ? memchr(buf, '\n', (size_t)n) : NULL;
	return end && at - (u64)n == *pos ? (size_t)(end - buf) + 1 : 0;
}

/* Position behind the last line. */
u64 log_end(void)
{
	u64 pos = ~0ull;
	char none;

	log_fetch(&pos, &none, 0);
	return pos;
}

static long kmsg_open(u64 number, u32 oflags, u32 *own_wait)
{
	char buf[RECORD_SIZE];
	u64 pos = 0;
	bool lost;
	u32 i;

	if ((oflags & O_ACCMODE) != O_WRONLY && cred_euid())
		return -EPERM;
	if (number == NUMBER_STREAM)
		return NUMBER_STREAM;
	record_at(&pos, buf, &lost);
	mutex_lock(&readers_lock);
	for (i = 0; i < READERS && readers->reader[i]; i++)
		;
	if (i < READERS)
		readers->reader[i] = pos + 1;
	mutex_unlock(&readers_lock);
	return i < READERS ? (long)i : -ENFILE;
}

/* One record; *cursor is behind it then. readers_lock is held. */
static long read_record(u64 *cursor, u32 ubuf, u64 off, u64 len)
{
	char buf[RECORD_SIZE];
	u64 pos = *cursor - 1;
	bool lost;
	size_t size = record_at(&pos, buf, &lost);
	long n;

	if (lost) {
		*cursor = pos + 1;
		return -EPIPE;
	}
	if (!size)
		return -EAGAIN;
	if (size > len)
		return -EINVAL;
	n = ubuf_write(ubuf, off, buf, size);
	if (n < (long)size)
		return n < 0 ? n : -EFAULT;
	*cursor = pos + size + 1;
	return n;
}

static long kmsg_read(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	long n = -EIO;

	mutex_lock(&readers_lock);
	if (number == NUMBER_STREAM)
		n = stream_read(ubuf, off, len);
	else if (number < READERS && readers->reader[number])
		n = read_record(&readers->reader[number], ubuf, off, len);
	mutex_unlock(&readers_lock);
	return n;
}

/* "<N>text": a line of priority N; without it, of the default level. */
static long kmsg_write(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	char buf[WRITE_MAX + 1];
	const char *text = buf, *end;
	u32 priority = FACILITY_USER | LEVEL_DEFAULT;
	long n = len > WRITE_MAX ? -EINVAL : ubuf_read(ubuf, off, buf, len), error;

	if (n <= 0)
		return n;
	buf[n] = '\0';
	if (buf[0] == '<') {
		u64 value = string_to_u64(buf + 1, &end);

		if (end != buf + 1 && *end == '>') {
			priority = (u32)value & 0xff;
			priority |= priority < FACILITY_USER ? FACILITY_USER : 0;
			text = end + 1;
		}
	}
	len = strlen(text);
	if (len && text[len - 1] == '\n')
		len--;
	error = log_write(THIS_MODULE, priority, text, len);
	return error ? error : n;
}

static long kmsg_ioctl(u64 number, u32 cmd, u64 arg, u32 ubuf)
{
	return -ENOTTY;
}

static long kmsg_poll(u64 number)
{
	long ready = 0;

	mutex_lock(&readers_lock);
	if (number == NUMBER_STREAM ? stream_has() :
	    number < READERS && readers->reader[number] - 1 < log_end())
		ready = FILE_POLLIN;
	mutex_unlock(&readers_lock);
	return ready;
}

static long kmsg_release(u64 number)
{
	mutex_lock(&readers_lock);
	if (number < READERS)
		readers->reader[number] = 0;
	mutex_unlock(&readers_lock);
	return 0;
}

static long kmsg_seek(u64 number, s64 offset, u32 whence)
{
	long ret = 0;
	u64 pos = 0;

	if (offset || number >= READERS)
		return -ESPIPE;
	mutex_lock(&readers_lock);
	if (whence == SEEK_DATA)
		pos = readers->cleared;
	else if (whence == SEEK_END)
		pos = log_end();
	else if (whence != SEEK_SET)
		ret = -EINVAL;
	if (!ret && !pos) {
		char buf[RECORD_SIZE];
		bool lost;

		record_at(&pos, buf, &lost);
	}
	if (!ret)
		readers->reader[number] = pos + 1;
	mutex_unlock(&readers_lock);
	return ret;
}

static const struct file_ops ops = {
	.read = kmsg_read, .write = kmsg_write, .ioctl = kmsg_ioctl, .poll = kmsg_poll,
	.release = kmsg_release, .open = kmsg_open, .seek = kmsg_seek,
};

/* Interface: what opening /proc/kmsg gives. */
long kmsg_stream(struct file_open *file)
{
	*file = (struct file_open){
		.provider = (u32)provider, .wait = wait, .flags = FILE_STREAM,
		.number = NUMBER_STREAM,
	};
	return 0;
}
SYMBOL_EXPORT(kmsg_stream);

/* The page of before a reset, or a new one: 0, or an error. */
static long readers_find(void)
{
	struct heap_run run = { .addr = 0 };
	long addr;

	while (!heap_run_next(THIS_MODULE, run.addr, &run))
		if (run.mapper == THIS_MODULE && (run.flags & HEAP_RUN_PERSISTENT)) {
			readers = (struct readers *)run.addr;
			return 0;
		}
	addr = heap_map_persistent(THIS_MODULE, 1);
	if (is_error(addr))
		return addr;
	readers = (struct readers *)addr;
	return 0;
}

static long kmsg_init(u32 flags)
{
	static const struct syscall_entry calls[] = { { SYSCALL_syslog, call_syslog } };
	struct file_open file;
	long ret = readers_find();

	if (ret)
		return ret;
	ret = wait_create(THIS_MODULE);
	if (ret < 0)
		return ret;
	wait = (u32)ret;
	ret = log_watch(THIS_MODULE, wait);
	if (!ret)
		ret = syscalls_register(calls, ARRAY_SIZE(calls));
	if (!ret)
		ret = provider = provider_register(THIS_MODULE, &ops);
	if (ret < 0)
		return ret;
	kmsg_stream(&file);
	file.number = 0;
	return devfs_register(THIS_MODULE, "kmsg", KMSG_MODE,
			      LINUX_MAKEDEV(MEM_MAJOR, KMSG_MINOR), &file);
}

_Static_assert(sizeof(struct readers) <= PAGE_SIZE, "readers fit");

MODULE("kmsg", .description = "the kernel log for programs", .init = kmsg_init,
       .rank = RANK_DEVICE);
