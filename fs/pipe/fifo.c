/* SPDX-License-Identifier: MIT */
/*
 * FIFOs: a pipe that is known by device and inode number while it is open
 * (fifo(7)). Opening one end waits for the other, unless O_NONBLOCK (then only
 * the writing end needs a reader) or O_RDWR.
 */
#include "internal.h"

static struct pipe *fifos;	/* pipes_lock */

/* The pipe leaves the list; pipes_lock is held. */
void fifo_gone(struct pipe *p)
{
	struct pipe **q = &fifos;

	while (*q != p)
		q = &(*q)->next_fifo;
	*q = p->next_fifo;
}

/* The pipe of a FIFO, made if there is none, locked. NULL: no memory. */
static struct pipe *fifo_enter(u64 dev, u64 ino)
{
	struct pipe *p;

	mutex_lock(&pipes_lock);
	for (p = fifos; p && (p->dev != dev || p->ino != ino); p = p->next_fifo)
		;
	if (p) {
		p->users++;
	} else {
		p = pipe_new(dev, ino);
		if (p) {
			p->next_fifo = fifos;
			fifos = p;
		}
	}
	mutex_unlock(&pipes_lock);
	if (p)
		mutex_lock(&p->lock);
	return p;
}

/*
 * Waits until *opens has moved: the other end was opened, if only for a
 * moment. p->lock is held and let go while it sleeps.
 */
static long wait_for_open(struct pipe *p, const u32 *opens)
{
	u32 before = *opens;
	long ret = 0;

	while (!ret && *opens == before) {
		long seq = wait_seq(p->wait);

		mutex_unlock(&p->lock);
		ret = seq < 0 ? seq : wait_sleep(p->wait, (u32)seq, 0);
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

/* Counts ends that are opened. p->lock is held. */
void add_ends(struct pipe *p, u32 ends)
{
	if (ends & END_READ) {
		p->readers++;
		p->reader_opens++;
	}
	if (ends & END_WRITE) {
		p->writers++;
		p->writer_opens++;
	}
	pipe_wake(p);
}

static long open_ends(struct pipe *p, u32 ends, bool nonblock)
{
	long ret = 0;

	if (ends == END_WRITE && nonblock && !p->readers)
		return -ENXIO;
	add_ends(p, ends);
	if (ends == END_READ && !p->writers && !nonblock)
		ret = wait_for_open(p, &p->writer_opens);
	else if (ends == END_WRITE && !p->readers)
		ret = wait_for_open(p, &p->reader_opens);
	if (!ret)
		return 0;
	p->readers -= ends & END_READ ? 1 : 0;
	p->writers -= ends & END_WRITE ? 1 : 0;
	pipe_wake(p);
	return ret;
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
	if (!ret) {
		pipe_fill_open(p, ends, file);
		mutex_lock(&pipes_lock);
		p->users++;
		mutex_unlock(&pipes_lock);
	}
	pipe_leave(p);
	return ret;
}

const struct vfs_special_ops fifo_ops = {
	.open = fifo_open,
};
