/* SPDX-License-Identifier: MIT */
/* User buffers, as the core gives them to a call (shim.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim.h"
#include <core.h>

#define UBUFS_MAX 8

static struct {
	u8 *data;
	size_t len;
	u32 flags;
} ubufs[UBUFS_MAX];
static u32 nubufs;

u32 shim_ubuf(void *buf, size_t len, u32 flags)
{
	if (nubufs == UBUFS_MAX)
		abort();	/* a test has more than a call can */
	ubufs[nubufs].data = buf;
	ubufs[nubufs].len = len;
	ubufs[nubufs].flags = flags;
	return nubufs++;
}

void shim_ubufs_end(void)
{
	nubufs = 0;
}

static long ubuf_check(u32 ubuf, u64 off, size_t *len, u32 flag)
{
	if (ubuf >= nubufs || !(ubufs[ubuf].flags & flag))
		return -EBADF;
	if (off > ubufs[ubuf].len)
		return -EFAULT;
	*len = MIN(*len, ubufs[ubuf].len - off);
	return 0;
}

long ubuf_read(u32 ubuf, u64 off, void *buf, size_t len)
{
	long err = ubuf_check(ubuf, off, &len, SHIM_UBUF_READ);

	if (err)
		return err;
	memcpy(buf, ubufs[ubuf].data + off, len);
	return (long)len;
}

long ubuf_write(u32 ubuf, u64 off, const void *buf, size_t len)
{
	long err = ubuf_check(ubuf, off, &len, SHIM_UBUF_WRITE);

	if (err)
		return err;
	memcpy(ubufs[ubuf].data + off, buf, len);
	return (long)len;
}
