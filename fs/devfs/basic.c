/* SPDX-License-Identifier: MIT */
/* /dev/null, /dev/zero, /dev/full (null(4), full(4)): devfs's own devices. */
#include "internal.h"

#define MEM_MAJOR 1
#define ZERO_CHUNK 4096

enum basic { BASIC_NULL, BASIC_ZERO, BASIC_FULL };

static const struct {
	const char *name;
	u32 minor;
	u32 flags;		/* FILE_*: what the core does itself */
} devices[] = {
	[BASIC_NULL] = { "null", 3, FILE_NULL },
	[BASIC_ZERO] = { "zero", 5, FILE_ZERO },
	[BASIC_FULL] = { "full", 7, 0 },
};

static long basic_read(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	static const u8 zeroes[ZERO_CHUNK];
	u64 done = 0;
	long n = 0;

	if (number == BASIC_NULL)
		return 0;
	while (done < len) {
		u64 part = MIN(len - done, (u64)ZERO_CHUNK);

		n = ubuf_write(ubuf, off + done, zeroes, part);
		if (n <= 0)
			break;
		done += (u64)n;
		if ((u64)n < part)
			break;
	}
	return done ? (long)done : n;
}

static long basic_write(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	return number == BASIC_FULL ? -ENOSPC : (long)len;
}

static long basic_ioctl(u64 number, u32 cmd, u64 arg, u32 ubuf)
{
	return -ENOTTY;
}

static long basic_poll(u64 number)
{
	return FILE_POLLIN | FILE_POLLOUT;
}

static long basic_release(u64 number)
{
	return 0;
}

/* They are the same everywhere. */
static long basic_seek(u64 number, s64 offset, u32 whence)
{
	return whence > SEEK_HOLE ? -EINVAL : 0;
}

static const struct file_ops basic_ops = {
	.read = basic_read, .write = basic_write, .ioctl = basic_ioctl,
	.poll = basic_poll, .release = basic_release, .seek = basic_seek,
};

/* Registers the devices, or again after a reset: 0 or an error. */
long basic_start(void)
{
	struct file_open file = { 0 };
	long ret = provider_register(THIS_MODULE, &basic_ops);

	if (ret < 0)
		return ret;
	file.provider = (u32)ret;
	ret = 0;
	for (size_t i = 0; i < ARRAY_SIZE(devices) && !ret; i++) {
		file.number = i;
		file.flags = FILE_SEEKABLE | devices[i].flags;
		ret = devfs_register(THIS_MODULE, devices[i].name, S_IFCHR | 0666,
				     LINUX_MAKEDEV(MEM_MAJOR, devices[i].minor),
				     &file);
	}
	return ret;
}
