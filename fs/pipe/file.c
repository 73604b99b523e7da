/* SPDX-License-Identifier: MIT */
/* A pipe's ends as open files. */
#include "internal.h"

/* read(2) without waiting: bytes, 0 at the end, -EAGAIN, or the error of a copy. */
static long take(struct pipe *p, struct place to, u64 len)
{
	u32 packet;
	long n;

	if (!pipe_used(p) || p->reading) {
		p->want_in = true;
		return p->writers || p->reading ? -EAGAIN : 0;
	}
	packet = ring_packet(p);
	n = ring_peek(p, 0, to, len);
	/* What there is no room for of a packet is lost. */
	return n > 0 ? ring_commit(p, packet ? packet : (u64)n, NULL, 0, n) : n;
}

/* write(2) without waiting: bytes, -EPIPE, -EAGAIN, or the error of a copy. */
static long put(struct pipe *p, struct place from, u64 len, bool packets)
{
	u32 room = pipe_room(p);
	long n;

	if (!p->readers)
		return -EPIPE;
	if (!room || (len <= PIPE_ATOMIC && len > room)) {
		p->want_out = true;
		return -EAGAIN;
	}
	/* One that fits behind bytes that are no packet is none, as on Linux. */
	if (packets && !(p->rpos < p->wpos && len <= -p->wpos % CHUNK_SIZE)) {
		n = ring_put_packets(p, from, len);
		p->want_out = p->want_out || n == -EAGAIN;
		return n;
	}
	n = ring_fill(p, from, MIN(len, room));
	return n > 0 ? ring_commit(NULL, 0, p, (u64)n, n) : n;
}

static long pipe_read(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	struct pipe *p = pipe_enter(number);
	struct place to = { .ubuf = ubuf, .off = off };
	long n;

	if (!p)
		return -EIO;
	if (!journal_done(&n))
		n = take(p, to, len);
	if (n > 0 && (p->want_out || p->polled))
		pipe_wake(p);
	pipe_leave(p);
	return n;
}

static long pipe_write(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	struct pipe *p = pipe_enter(number);
	struct place from = { .ubuf = ubuf, .off = off };
	long n;

	if (!p)
		return -EIO;
	if (!journal_done(&n))
		n = put(p, from, len, oflags & O_DIRECT);
	if (n > 0 && (p->want_in || p->polled))
		pipe_wake(p);
	pipe_leave(p);
	return n;
}

/* F_SETPIPE_SZ: the size in bytes that it has then. */
static long set_size(struct pipe *p, u64 size)
{
	u64 bytes = CHUNK_SIZE;

	if (size > 1ul << 31)
		return -EINVAL;
	while (bytes < size)
		bytes *= 2;
	if (bytes > PIPE_SIZE_MAX && cred_euid() != 0)
		return -EPERM;
	if (bytes > CHUNKS_MAX * (u64)CHUNK_SIZE)
		return -ENOMEM;
	return ring_resize(p, (u32)(bytes / CHUNK_SIZE));
}

static long pipe_ioctl(u64 number, u32 cmd, u64 arg, u32 ubuf)
{
	struct pipe *p = pipe_enter(number);
	long ret;
	u32 count;

	if (!p)
		return -EIO;
	count = (u32)ring_count(p);
	/* What fcntl(2) asks comes without a buffer. */
	if (cmd != FIONREAD && ubuf)
		cmd = 0;
	ret = cmd == FILE_FCNTL(F_GETPIPE_SZ) ? (long)(p->chunks * CHUNK_SIZE) :
	      cmd == FILE_FCNTL(F_SETPIPE_SZ) ? set_size(p, arg) :
	      cmd == FIONREAD ? 0 : -ENOTTY;
	if (cmd == FILE_FCNTL(F_SETPIPE_SZ) && ret > 0)
		pipe_wake(p);
	pipe_leave(p);
	if (cmd != FIONREAD)
		return ret;
	ret = ubuf_write(ubuf, 0, &count, sizeof(count));
	return ret == sizeof(count) ? 0 : ret < 0 ? ret : -EFAULT;
}

static long pipe_poll(u64 number)
{
	struct pipe *p = pipe_enter(number);
	u32 ends = number & (END_READ | END_WRITE);
	long ready = 0;

	if (!p)
		return FILE_POLLERR | FILE_POLLHUP;
	if (ends & END_READ) {
		if (pipe_used(p))
			ready |= FILE_POLLIN;
		/* A FIFO that nobody has opened for writing did not hang up. */
		if (!p->writers && p->writer_opens)
			ready |= FILE_POLLHUP;
	}
	if (ends & END_WRITE) {
		if (pipe_room(p) >= PIPE_ATOMIC)
			ready |= FILE_POLLOUT;
		if (!p->readers)
			ready |= FILE_POLLERR;
	}
	p->polled = true;
	pipe_leave(p);
	return ready;
}

static long pipe_release(u64 number)
{
	struct pipe *p = pipe_enter(number);
	long done;

	if (!p)
		return 0;
	mutex_lock(&pipes_lock);
	if (!journal_done(&done))
		pipe_count_ends(p, number & (END_READ | END_WRITE), -1, 0);
	mutex_unlock(&pipes_lock);
	pipe_wake(p);
	pipe_leave(p);
	return 0;
}

/* The pipe of an open end is opened once more (file.h): that never waits. */
static long pipe_reopen(u64 number, u32 oflags)
{
	struct pipe *p = pipe_enter(number);
	u32 ends = ends_of(oflags);
	long ret;

	if (!p)
		return -EIO;
	mutex_lock(&pipes_lock);
	if (!journal_done(&ret))
		ret = pipe_count_ends(p, ends, 1, (long)pipe_number(p, ends));
	mutex_unlock(&pipes_lock);
	pipe_wake(p);
	pipe_leave(p);
	return ret;
}

const struct file_ops pipe_ops = {
	.read = pipe_read, .write = pipe_write, .ioctl = pipe_ioctl,
	.poll = pipe_poll, .release = pipe_release, .reopen = pipe_reopen,
};
