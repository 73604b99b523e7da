/* SPDX-License-Identifier: MIT */
/*
 * pipe: pipes and FIFOs (pipe(7)). A pipe is a ring of chunks that are
 * allocated as they are written to. A write of at most PIPE_BUF bytes is done as
 * a whole or waits; the core does the waiting on the pipe's wait object, which
 * is woken when somebody who was told to wait may go on.
 *
 * State: nothing to keep. Pipes of before a reset are gone: reading and
 * writing them gives -EIO (a number has the generation in it, which does not
 * come again).
 */
#include "internal.h"

#define GENERATIONS_PER_EPOCH (1u << 20)

struct mutex pipes_lock = MUTEX_INIT;
long pipe_provider;

static struct pipe *pipes[PIPES_MAX];
static u32 last_generation;
static u32 next_slot;

/* A number: generation, slot, ends. */
static u64 number_of(const struct pipe *p, u32 ends)
{
	return (u64)p->generation << 32 | p->slot << 2 | ends;
}

/* pipes_lock is held: an entry of the table, or PIPES_MAX. */
static u32 find_slot(void)
{
	for (u32 i = 0; i < PIPES_MAX; i++) {
		u32 slot = (next_slot + i) % PIPES_MAX;

		if (!pipes[slot]) {
			next_slot = slot + 1;
			return slot;
		}
	}
	return PIPES_MAX;
}

/* A pipe without open ends, entered once; pipes_lock is held. NULL: no room. */
struct pipe *pipe_new(u64 dev, u64 ino)
{
	struct pipe *p = kzalloc(sizeof(*p));
	u32 slot = find_slot();
	long wait;

	if (!p || slot == PIPES_MAX)
		goto fail;
	wait = wait_create(THIS_MODULE);
	if (wait < 0)
		goto fail;
	p->wait = (u32)wait;
	p->slot = slot;
	p->generation = ++last_generation;
	p->dev = dev;
	p->ino = ino;
	p->users = 1;
	pipes[slot] = p;
	return p;
fail:
	kfree(p);
	return NULL;
}

/* pipes_lock is held and nobody uses it. */
static void pipe_free(struct pipe *p)
{
	if (p->dev)
		fifo_gone(p);
	pipes[p->slot] = NULL;
	for (u32 i = 0; i < CHUNKS; i++)
		kfree(p->chunk[i]);
	wait_destroy(p->wait);
	kfree(p);
}

/* The pipe of an open file, locked; NULL: it is from before a reset. */
struct pipe *pipe_enter(u64 number)
{
	u32 slot = (u32)number >> 2;
	struct pipe *p = NULL;

	mutex_lock(&pipes_lock);
	if (slot < PIPES_MAX)
		p = pipes[slot];
	if (p && p->generation != (u32)(number >> 32))
		p = NULL;
	if (p)
		p->users++;
	mutex_unlock(&pipes_lock);
	if (p)
		mutex_lock(&p->lock);
	return p;
}

/* Unlocks the pipe; it goes with its last user. */
void pipe_leave(struct pipe *p)
{
	mutex_unlock(&p->lock);
	mutex_lock(&pipes_lock);
	if (--p->users == 0)
		pipe_free(p);
	mutex_unlock(&pipes_lock);
}

/* Wakes everybody who waits for something of the pipe. p->lock is held. */
void pipe_wake(struct pipe *p)
{
	p->want_in = p->want_out = false;
	wait_wake(p->wait);
}

/* What opening the given ends gives. */
void pipe_fill_open(const struct pipe *p, u32 ends, struct file_open *file)
{
	*file = (struct file_open){
		.provider = (u32)pipe_provider, .wait = p->wait,
		.flags = FILE_STREAM | FILE_POLL_STEADY, .number = number_of(p, ends),
		.ino = p->generation,
	};
}

static u32 used(const struct pipe *p)
{
	return (u32)(p->wpos - p->rpos);
}

static u8 **chunk_of(struct pipe *p, u64 pos)
{
	return &p->chunk[pos / CHUNK_SIZE % CHUNKS];
}

/* An empty pipe begins again at its first chunk and keeps only that. */
static void pipe_emptied(struct pipe *p)
{
	if (p->wpos > CHUNK_SIZE)
		for (u32 i = 1; i < CHUNKS; i++) {
			kfree(p->chunk[i]);
			p->chunk[i] = NULL;
		}
	p->rpos = p->wpos = 0;
}

/* Copies out up to `len` bytes: bytes, or an error if there was none. */
static long copy_out(struct pipe *p, u32 ubuf, u64 off, u64 len)
{
	u64 done = 0;
	long n = 0;

	while (done < len && used(p)) {
		u32 at = p->rpos % CHUNK_SIZE;
		u64 part = MIN(len - done, MIN(CHUNK_SIZE - at, used(p)));

		n = ubuf_write(ubuf, off + done, *chunk_of(p, p->rpos) + at, part);
		if (n <= 0)
			break;
		p->rpos += (u64)n;
		done += (u64)n;
		if ((u64)n < part)
			break;
	}
	if (!used(p))
		pipe_emptied(p);
	return done ? (long)done : n;
}

/* Copies in `len` bytes, for which there is room: bytes, or an error. */
static long copy_in(struct pipe *p, u32 ubuf, u64 off, u64 len)
{
	u64 done = 0;
	long n = 0;

	while (done < len) {
		u32 at = p->wpos % CHUNK_SIZE;
		u64 part = MIN(len - done, CHUNK_SIZE - at);
		u8 **chunk = chunk_of(p, p->wpos);

		if (!*chunk)
			*chunk = kmalloc(CHUNK_SIZE);
		n = *chunk ? ubuf_read(ubuf, off + done, *chunk + at, part) : -ENOMEM;
		if (n <= 0)
			break;
		p->wpos += (u64)n;
		done += (u64)n;
		if ((u64)n < part)
			break;
	}
	return done ? (long)done : n;
}

static long pipe_read(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	struct pipe *p = pipe_enter(number);
	long ret = 0;

	if (!p)
		return -EIO;
	if (used(p)) {
		ret = copy_out(p, ubuf, off, len);
		if (ret > 0 && p->want_out)
			pipe_wake(p);
	} else if (p->writers) {
		p->want_in = true;
		ret = -EAGAIN;
	}
	pipe_leave(p);
	return ret;
}

static long pipe_write(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	struct pipe *p = pipe_enter(number);
	u32 room;
	long ret;

	if (!p)
		return -EIO;
	room = PIPE_CAPACITY - used(p);
	if (!p->readers) {
		ret = -EPIPE;
	} else if (!room || (len <= PIPE_ATOMIC && len > room)) {
		p->want_out = true;
		ret = -EAGAIN;
	} else {
		ret = copy_in(p, ubuf, off, MIN(len, room));
		if (ret > 0 && p->want_in)
			pipe_wake(p);
	}
	pipe_leave(p);
	return ret;
}

static long pipe_ioctl(u64 number, u32 cmd, u64 arg, u32 ubuf)
{
	struct pipe *p;
	u32 count;
	long ret;

	if (cmd != FIONREAD)
		return -ENOTTY;
	p = pipe_enter(number);
	if (!p)
		return -EIO;
	count = used(p);
	pipe_leave(p);
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
		if (used(p))
			ready |= FILE_POLLIN;
		/* A FIFO that nobody has opened for writing did not hang up. */
		if (!p->writers && p->writer_opens)
			ready |= FILE_POLLHUP;
		p->want_in |= !used(p);
	}
	if (ends & END_WRITE) {
		if (PIPE_CAPACITY - used(p) >= PIPE_ATOMIC)
			ready |= FILE_POLLOUT;
		else
			p->want_out = true;
		if (!p->readers)
			ready |= FILE_POLLERR;
	}
	pipe_leave(p);
	return ready;
}

static long pipe_release(u64 number)
{
	struct pipe *p = pipe_enter(number);

	if (!p)
		return 0;
	if (number & END_READ)
		p->readers--;
	if (number & END_WRITE)
		p->writers--;
	pipe_wake(p);
	mutex_lock(&pipes_lock);
	p->users--;
	mutex_unlock(&pipes_lock);
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
	add_ends(p, ends);
	mutex_lock(&pipes_lock);
	p->users++;
	mutex_unlock(&pipes_lock);
	ret = (long)number_of(p, ends);
	pipe_leave(p);
	return ret;
}

/* Makes a pipe with both ends open: 0, -ENFILE. Does not sleep. */
long pipe_create(struct file_open *reader, struct file_open *writer)
{
	struct pipe *p;

	mutex_lock(&pipes_lock);
	p = pipe_new(0, 0);
	if (p) {
		p->users = 2;
		p->readers = p->writers = 1;
		p->reader_opens = p->writer_opens = 1;
		pipe_fill_open(p, END_READ, reader);
		pipe_fill_open(p, END_WRITE, writer);
	}
	mutex_unlock(&pipes_lock);
	return p ? 0 : -ENFILE;
}
SYMBOL_EXPORT(pipe_create);

static const struct file_ops pipe_ops = {
	.read = pipe_read, .write = pipe_write, .ioctl = pipe_ioctl,
	.poll = pipe_poll, .release = pipe_release, .reopen = pipe_reopen,
};

static long pipe_init(u32 flags)
{
	last_generation = module_self.epoch * GENERATIONS_PER_EPOCH;
	pipe_provider = provider_register(THIS_MODULE, &pipe_ops);
	if (pipe_provider < 0)
		return pipe_provider;
	return vfs_register_special(THIS_MODULE, S_IFIFO, &fifo_ops);
}

MODULE("pipe", .description = "pipes and named pipes", .init = pipe_init,
       .rank = RANK_VFS_CLIENT);
