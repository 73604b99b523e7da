/* SPDX-License-Identifier: MIT */
/*
 * FIFOs: a pipe that is known by device and inode number while it is open
 * (fifo(7)). Opening one end waits for the other, unless O_NONBLOCK (then only
 * the writing end needs a reader) or O_RDWR.
 *
 * An open that waits has counted its end, with how often the other one had been
 * opened as its result: run again after a reset it goes on waiting.
 */
#include "internal.h"

/* The pipe of a FIFO, made if there is none, locked. NULL: no memory. */
static struct pipe *fifo_enter(u64 dev, u64 ino)
{
	struct pipe *p = NULL;

	mutex_lock(&pipes_lock);
	for (u32 i = 0; i < pipe_slots(); i++) {
		p = pipe_at(i);
		if (p && p->dev == dev && p->ino == ino)
			break;
		p = NULL;
	}
	if (p) {
		p->inside++;
	} else {
		p = pipe_new(dev, ino);
		if (p)
			journal_commit_only();
	}
	mutex_unlock(&pipes_lock);
	if (p)
		mutex_lock(&p->lock);
	return p;
}

/*
 * Waits until *opens is not `before`: the other end was opened, if only for a
 * moment. p->lock is held and let go while it sleeps.
 */
static long wait_for_open(struct pipe *p, const u64 *opens, u64 before)
{
	long ret = 0;

	while (!ret && *opens == before) {
		long seq = wait_seq((u32)p->wait);

		mutex_unlock(&p->lock);
		ret = seq < 0 ? seq : wait_sleep((u32)p->wait, (u32)seq, 0);
		mutex_lock(&p->lock);
	}
	return *opens == before ? ret : 0;
}

/* The ends that opening with these flags gives. */
u32 ends_of(u32 oflags)
{
	switch (oflags & O_ACCMODE) {
	case O_RDONLY:
		return END_READ;
	case O_WRONLY:
		return END_WRITE;
	default:
		return END_READ | END_WRITE;
	}
}

/* Counts ends; `result` is what the operation has come to. */
static long count(struct pipe *p, u32 ends, s64 n, long result)
{
	mutex_lock(&pipes_lock);
	pipe_count_ends(p, ends, n, result);
	mutex_unlock(&pipes_lock);
	pipe_wake(p);
	return result;
}

static long open_ends(struct pipe *p, u32 ends, bool nonblock)
{
	const u64 *opens = ends == END_READ ? &p->writer_opens : &p->reader_opens;
	u64 others = ends == END_READ ? p->writers : p->readers;
	long before, ret;

	if (!journal_done(&before)) {
		if (ends == END_WRITE && nonblock && !p->readers)
			return -ENXIO;
		/* One more than there were: there is nobody to wait for. */
		before = (long)*opens;
		if (ends == (END_READ | END_WRITE) || others || nonblock)
			before = -1;
		count(p, ends, 1, before + 1);
	} else {
		before--;
	}
	if (before < -1)
		return before + 1;
	ret = before < 0 ? 0 : wait_for_open(p, opens, (u64)before);
	return ret ? count(p, ends, -1, ret) : 0;
}

/* vfs_special_ops.open: 0, -ENXIO, -EINTR, -ENOMEM. Sleeps. */
static long fifo_open(u64 rdev, u64 dev, u64 ino, u32 oflags, struct file_open *file)
{
	struct pipe *p = fifo_enter(dev, ino);
	u32 ends = ends_of(oflags);
	long ret;

	if (!p)
		return -ENOMEM;
	ret = open_ends(p, ends, oflags & O_NONBLOCK);
	if (!ret)
		pipe_fill_open(p, ends, file);
	pipe_leave(p);
	return ret;
}

const struct vfs_special_ops fifo_ops = {
	.open = fifo_open,
};
