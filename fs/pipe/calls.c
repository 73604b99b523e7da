/* SPDX-License-Identifier: MIT */
/*
 * System calls: pipe(2), and those that move bytes between descriptors: splice(2),
 * tee(2), vmsplice(2), sendfile(2), copy_file_range(2). Bytes are copied, through a
 * page of this module.
 *
 * Between two pipes bytes move in one step. A reset while bytes move between a pipe
 * and another file may repeat a page of them.
 */
#include <program.h>
#include <whitix/process.h>
#include <whitix/signal.h>
#include <whitix/syscalls.h>

#include "internal.h"

#define SPLICE_NONBLOCK 2
#define SPLICE_FLAGS 15
#define POS_MAX 0x7fffffffffffffffl
#define MOVE_MAX 0x7ffff000ul	/* Linux's most for one call */
#define MOVE_PAUSE 0x400000ul	/* bytes after which others, and signals, have a turn */
#define IOV_MAX 1024

/* pipe2(2). */
static long call_pipe2(u64 user, u64 flags, u64 c, u64 d, u64 e, u64 f)
{
	struct file_install ends[2] = { { .oflags = 0 } };
	long error;

	if ((u32)flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	if (!user)
		return -EFAULT;
	error = pipe_create(&ends[0].file, &ends[1].file);
	if (error)
		return error;
	ends[0].oflags = O_RDONLY | (u32)flags;
	ends[1].oflags = O_WRONLY | (u32)flags;
	error = file_install(THIS_MODULE, ends, sizeof(ends), user);
	return error < 0 ? error : 0;
}

static long call_pipe(u64 user, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return call_pipe2(user, 0, 0, 0, 0, 0);
}

/* ---- ends of a move ------------------------------------------------------------ */

struct end {
	u32 fd;
	u64 number;		/* of a pipe's end, 0: another file */
	struct descriptor d;
	u64 at;			/* of another file: where; DESCRIPTOR_POS */
	bool wait;		/* it may be waited for */
};

/* Looks at a descriptor, which must allow `access` (END_*): 0, -EBADF. */
static long end_get(struct end *end, u64 fd, u32 access, bool wait)
{
	u32 mode = access == END_READ ? O_WRONLY : O_RDONLY;
	long number;

	*end = (struct end){ .fd = (u32)fd, .at = DESCRIPTOR_POS };
	if (descriptor_get(THIS_MODULE, end->fd, &end->d) ||
	    (end->d.oflags & O_ACCMODE) == mode)
		return -EBADF;
	number = file_own_number(THIS_MODULE, end->fd);
	if (number > 0 && ((u64)number & access))
		end->number = (u64)number;
	end->wait = wait && !(end->d.oflags & O_NONBLOCK);
	return 0;
}

/* Takes the position that the program names (0: its own): 0, or an error. */
static long end_at(struct end *end, u64 user)
{
	if (!user)
		return 0;
	if (end->number)
		return -ESPIPE;
	if (!end->d.seeks)
		return -EINVAL;
	if (user_read(user, &end->at, sizeof(end->at)))
		return -EFAULT;
	return (s64)end->at < 0 ? -EINVAL : 0;
}

/* Where it is after `done` bytes; own positions have moved by themselves. */
static long end_tell(const struct end *end, u64 user, long done)
{
	u64 at = end->at + (done > 0 ? (u64)done : 0);

	return user && user_write(user, &at, sizeof(at)) ? -EFAULT : done;
}

static u64 part_at(const struct end *end, u64 done)
{
	return end->at == DESCRIPTOR_POS ? DESCRIPTOR_POS : end->at + done;
}

/* Waits until the pipe was woken since `seq`: 0, -EAGAIN, SYSCALL_RESTART. */
static long end_wait(const struct end *end, u32 wait, long seq)
{
	if (!end->wait)
		return -EAGAIN;
	return seq < 0 ? seq : wait_sleep(wait, (u32)seq, 0) ? SYSCALL_RESTART : 0;
}

/* What ends a write to a pipe that nobody reads. */
static long broken_pipe(long error)
{
	struct linux_siginfo info = { .si_signo = SIGPIPE };

	if (error == -EPIPE)
		process_signal(THIS_MODULE, current_pid(), current_tid(), true, &info);
	return error;
}

/* ---- out of a pipe --------------------------------------------------------------- */

/* Enters a pipe that has bytes for a single reader: NULL and *error (0: the end). */
static struct pipe *enter_full(const struct end *in, long *error)
{
	struct pipe *p;
	u32 wait;
	long seq;

	for (;;) {
		p = pipe_enter(in->number);
		*error = p ? 0 : -EIO;
		if (!p || (pipe_used(p) && !p->reading))
			return p;
		wait = (u32)p->wait;
		seq = wait_seq(wait);
		p->want_in = true;
		*error = p->writers || p->reading ? 1 : 0;
		pipe_leave(p);
		if (*error)
			*error = end_wait(in, wait, seq);
		else
			return NULL;
		if (*error)
			return NULL;
	}
}

/* Moves up to `len` bytes to another file; others do not read meanwhile. */
static long pipe_to_file(struct end *in, struct end *out, u64 len, u8 *buf)
{
	u64 done = 0;
	long n = 0, put;
	struct pipe *p = enter_full(in, &n);

	while (p) {
		n = ring_peek(p, 0, (struct place){ .mem = buf }, MIN(len - done, CHUNK_SIZE));
		p->reading = true;
		mutex_unlock(&p->lock);
		put = n <= 0 ? n : descriptor_write(THIS_MODULE, out->fd, part_at(out, done),
						    buf, (size_t)n);
		mutex_lock(&p->lock);
		p->reading = false;
		if (put > 0) {
			done += (u64)put;
			ring_commit(p, (u64)put, NULL, 0, (long)done);
		}
		pipe_wake(p);
		if (put < n || done == len || !pipe_used(p)) {
			pipe_leave(p);
			n = put;
			break;
		}
	}
	return done ? (long)done : n;
}

/* ---- into a pipe ------------------------------------------------------------------- */

/* Enters a pipe that has room: NULL and *error. */
static struct pipe *enter_empty(const struct end *out, long *error)
{
	struct pipe *p;
	u32 wait;
	long seq;

	for (;;) {
		p = pipe_enter(out->number);
		*error = !p ? -EIO : !p->readers ? -EPIPE : 0;
		if (!p || (!*error && pipe_room(p)))
			return p;
		wait = (u32)p->wait;
		seq = wait_seq(wait);
		p->want_out = true;
		pipe_leave(p);
		if (!*error)
			*error = end_wait(out, wait, seq);
		if (*error)
			return NULL;
	}
}

/* Puts all `len` bytes of `buf`, which have been read and must not be lost. */
static long put_all(struct end *out, u8 *buf, u64 len, u64 before)
{
	struct end patient = *out;
	u64 done = 0;
	struct pipe *p;
	long n = 0;

	patient.wait = true;
	while (done < len) {
		p = enter_empty(&patient, &n);
		if (!p)
			break;
		n = ring_fill(p, (struct place){ .mem = buf, .off = done },
			      MIN(len - done, pipe_room(p)));
		if (n > 0) {
			done += (u64)n;
			ring_commit(NULL, 0, p, (u64)n, (long)(before + done));
			pipe_wake(p);
		}
		pipe_leave(p);
		if (n <= 0)
			break;
	}
	return done ? (long)done : n;
}

/* Moves up to `len` bytes from another file, as many as there is room for. */
static long file_to_pipe(struct end *in, struct end *out, u64 len, u8 *buf)
{
	u64 done = 0, room;
	long n = 0;
	struct pipe *p = enter_empty(out, &n);

	if (!p)
		return broken_pipe(n);
	room = MIN(len, pipe_room(p));
	pipe_leave(p);
	while (done < room) {
		u64 part = MIN(room - done, CHUNK_SIZE);

		n = descriptor_read(THIS_MODULE, in->fd, part_at(in, done), buf, part);
		if (n <= 0)
			break;
		n = put_all(out, buf, (u64)n, done);
		if (n <= 0)
			break;
		done += (u64)n;
		if ((u64)n < part)
			break;
	}
	return done ? (long)done : broken_pipe(n);
}

/* ---- between pipes ------------------------------------------------------------------- */

/* One step between two pipes that are locked: bytes, or an error. */
static long pipe_step(struct pipe *in, struct pipe *out, u64 len, u64 done, bool keep, u8 *buf)
{
	struct place mem = { .mem = buf };
	long n;

	len = MIN(len, MIN(pipe_room(out), (u64)CHUNK_SIZE));
	n = ring_peek(in, keep ? done : 0, mem, len);
	if (n > 0)
		n = ring_fill(out, mem, (u64)n);
	if (n > 0)
		ring_commit(keep ? NULL : in, (u64)n, out, (u64)n, (long)done + n);
	return n;
}

/* Locks both, the lower number first, so that two threads never wait for each other. */
static bool enter_both(u64 a, u64 b, struct pipe **pa, struct pipe **pb)
{
	*pa = *pb = NULL;
	if (a > b)
		return enter_both(b, a, pb, pa);
	*pa = pipe_enter(a);
	*pb = pipe_enter(b);
	if (*pa && *pb)
		return true;
	if (*pa)
		pipe_leave(*pa);
	if (*pb)
		pipe_leave(*pb);
	return false;
}

/* Moves, or copies (`keep`), what is there and has room. */
static long pipe_to_pipe(struct end *in, struct end *out, u64 len, bool keep, u8 *buf)
{
	struct pipe *p, *from, *to;
	u64 done = 0;
	long n;

	do {
		p = enter_full(in, &n);
		if (!p)
			return n;
		pipe_leave(p);
		p = enter_empty(out, &n);
		if (!p)
			return broken_pipe(n);
		pipe_leave(p);
		if (!enter_both(in->number, out->number, &from, &to))
			return -EIO;
		while (done < len && !from->reading && to->readers &&
		       (n = pipe_step(from, to, len - done, done, keep, buf)) > 0)
			done += (u64)n;
		if (done) {
			pipe_wake(from);
			pipe_wake(to);
		}
		pipe_leave(from);
		pipe_leave(to);
	} while (!done && !n);
	return done ? (long)done : n;
}

/* ---- the calls ------------------------------------------------------------------------- */

typedef long move_fn(struct end *in, struct end *out, u64 len, u8 *buf);

static long run_move(move_fn *move, struct end *in, struct end *out, u64 len)
{
	u8 *buf = kmalloc(CHUNK_SIZE);
	long n;

	if (!buf)
		return -ENOMEM;
	if (!journal_done(&n))
		n = move(in, out, MIN(len, MOVE_MAX), buf);
	kfree(buf);
	return n;
}

static long splice_pipes(struct end *in, struct end *out, u64 len, u8 *buf)
{
	return pipe_to_pipe(in, out, len, false, buf);
}

static long tee_pipes(struct end *in, struct end *out, u64 len, u8 *buf)
{
	return pipe_to_pipe(in, out, len, true, buf);
}

static bool same_pipe(const struct end *a, const struct end *b)
{
	return a->number >> 2 == b->number >> 2;
}

/* splice(2). */
static long call_splice(u64 in_fd, u64 in_at, u64 out_fd, u64 out_at, u64 len, u64 flags)
{
	bool wait = !(flags & SPLICE_NONBLOCK);
	struct end in, out;
	long error, n;

	if (!len)
		return 0;
	if ((u32)flags & ~SPLICE_FLAGS)
		return -EINVAL;
	if (end_get(&in, in_fd, END_READ, wait) || end_get(&out, out_fd, END_WRITE, wait))
		return -EBADF;
	if (!in.number && !out.number)
		return -EINVAL;
	error = end_at(&in, in_at);
	if (!error)
		error = end_at(&out, out_at);
	if (error)
		return error;
	if (in.number && out.number)
		return same_pipe(&in, &out) ? -EINVAL : run_move(splice_pipes, &in, &out, len);
	if (S_ISDIR(in.d.mode) || (in.number && (out.d.oflags & O_APPEND || (s64)len < 0)) ||
	    !((in.number ? out.d.mode : in.d.mode) & S_IFMT))
		return -EINVAL;
	n = run_move(in.number ? pipe_to_file : file_to_pipe, &in, &out, len);
	return in.number ? end_tell(&out, out_at, n) : end_tell(&in, in_at, n);
}

/* tee(2). */
static long call_tee(u64 in_fd, u64 out_fd, u64 len, u64 flags, u64 e, u64 f)
{
	bool wait = !(flags & SPLICE_NONBLOCK);
	struct end in, out;

	if ((u32)flags & ~SPLICE_FLAGS)
		return -EINVAL;
	if (!len)
		return 0;
	if (end_get(&in, in_fd, END_READ, wait) || end_get(&out, out_fd, END_WRITE, wait))
		return -EBADF;
	if (!in.number || !out.number || same_pipe(&in, &out))
		return -EINVAL;
	return run_move(tee_pipes, &in, &out, len);
}

/* One piece of a program's memory, into or out of a pipe: bytes, or an error. */
static long vmsplice_part(struct end *end, bool in, u64 addr, u64 len, u64 done, u8 *buf)
{
	struct pipe *p;
	long n = 0;

	len = MIN(len, CHUNK_SIZE);
	if (!in) {
		if (user_read(addr, buf, len))
			return -EFAULT;
		p = enter_empty(end, &n);
		if (!p)
			return broken_pipe(n);
		n = ring_fill(p, (struct place){ .mem = buf }, MIN(len, pipe_room(p)));
		if (n > 0)
			ring_commit(NULL, 0, p, (u64)n, (long)done + n);
	} else {
		p = enter_full(end, &n);
		if (!p)
			return n;
		n = ring_peek(p, 0, (struct place){ .mem = buf }, len);
		if (n > 0 && user_write(addr, buf, (size_t)n))
			n = -EFAULT;
		if (n > 0)
			ring_commit(p, (u64)n, NULL, 0, (long)done + n);
	}
	pipe_wake(p);
	pipe_leave(p);
	return n;
}

static long vmsplice_all(struct end *end, bool in, const struct linux_iovec *iov, u64 count,
			 u8 *buf)
{
	u64 done = 0, part;
	long n = 0;

	for (u64 i = 0; i < count; i++) {
		for (part = 0; part < iov[i].len; part += (u64)n) {
			n = vmsplice_part(end, in, iov[i].base + part, iov[i].len - part,
					  done, buf);
			if (n <= 0)
				return done ? (long)done : n;
			done += (u64)n;
			/* Out of a pipe it takes what is there. */
			end->wait = end->wait && !in;
		}
	}
	return (long)done;
}

/* vmsplice(2). */
static long call_vmsplice(u64 fd, u64 user, u64 count, u64 flags, u64 e, u64 f)
{
	struct linux_iovec *iov;
	struct end end;
	bool in;
	u8 *buf;
	long n;

	if ((u32)flags & ~SPLICE_FLAGS)
		return -EINVAL;
	count = (u32)count;
	if (count > IOV_MAX)
		return -EINVAL;
	if (!count)
		return descriptor_get(THIS_MODULE, (u32)fd, &end.d);
	in = end_get(&end, fd, END_WRITE, !(flags & SPLICE_NONBLOCK)) || !end.number;
	if (in && (end_get(&end, fd, END_READ, !(flags & SPLICE_NONBLOCK)) || !end.number))
		return -EBADF;
	iov = kcalloc(count, sizeof(*iov));
	buf = kmalloc(CHUNK_SIZE);
	n = !iov || !buf ? -ENOMEM : 0;
	for (u64 i = 0; i < count && !n; i++) {
		n = user_read(user + i * sizeof(*iov), &iov[i], sizeof(*iov));
		if (!n && (s64)iov[i].len < 0)
			n = -EINVAL;
	}
	if (!n && !journal_done(&n))
		n = vmsplice_all(&end, in, iov, count, buf);
	kfree(buf);
	kfree(iov);
	return n;
}

/*
 * After `n` bytes more, `done` in all: sleeps for a moment now and then, so that a
 * long copy can be ended and is not taken for a loop. True: a signal is there.
 */
static bool interrupted(u64 done, u64 n)
{
	return done / MOVE_PAUSE != (done - n) / MOVE_PAUSE && time_sleep(THIS_MODULE, 1);
}

/* Copies between files at the positions of `in` and `out`. */
static long file_to_file(struct end *in, struct end *out, u64 len, u8 *buf)
{
	u64 done = 0;
	long n = 0, put = 0;

	while (done < len) {
		n = descriptor_read(THIS_MODULE, in->fd, in->at + done, buf,
				    MIN(len - done, (u64)CHUNK_SIZE));
		if (n <= 0)
			break;
		put = descriptor_write(THIS_MODULE, out->fd, part_at(out, done), buf, (size_t)n);
		done += put > 0 ? (u64)put : 0;
		if (put < n) {
			n = put;
			break;
		}
		if (interrupted(done, (u64)n))
			break;
	}
	return done ? (long)done : n;
}

/* Copies out of a file with a position, which is told to `in_at` or moved. */
static long copy_from(struct end *in, u64 in_at, struct end *out, u64 len)
{
	bool own = in->at == DESCRIPTOR_POS;
	long n;

	if (own)
		in->at = in->d.pos;
	n = run_move(out->number ? file_to_pipe : file_to_file, in, out, len);
	if (n > 0 && own)
		descriptor_move(THIS_MODULE, in->fd, in->at + (u64)n);
	return end_tell(in, in_at, n);
}

/* sendfile(2). */
static long call_sendfile(u64 out_fd, u64 in_fd, u64 at, u64 len, u64 e, u64 f)
{
	struct end in, out;
	u64 start;

	if (at && user_read(at, &start, sizeof(start)))
		return -EFAULT;
	if (end_get(&in, in_fd, END_READ, true) || (at && in.number))
		return in.number ? -ESPIPE : -EBADF;
	if (at && !in.d.seeks)
		return -ESPIPE;
	if ((at && (s64)start < 0) || (s64)len < 0)
		return -EINVAL;
	if (end_get(&out, out_fd, END_WRITE, true))
		return -EBADF;
	if (in.number || !in.d.seeks || S_ISDIR(in.d.mode) ||
	    (!out.number && (out.d.oflags & O_APPEND)))
		return -EINVAL;
	if (at)
		in.at = start;
	return copy_from(&in, at, &out, len);
}

/* copy_file_range(2). */
static long call_copy_file_range(u64 in_fd, u64 in_at, u64 out_fd, u64 out_at, u64 len, u64 flags)
{
	struct end in, out;
	long n;

	if (descriptor_get(THIS_MODULE, (u32)in_fd, &in.d) ||
	    descriptor_get(THIS_MODULE, (u32)out_fd, &out.d))
		return -EBADF;
	if ((u32)flags)
		return -EINVAL;
	n = end_get(&in, in_fd, END_READ, true);
	if (!n)
		n = end_get(&out, out_fd, END_WRITE, true);
	if (S_ISDIR(in.d.mode) || S_ISDIR(out.d.mode))
		return -EISDIR;
	if (!S_ISREG(in.d.mode) || !S_ISREG(out.d.mode))
		return -EINVAL;
	if (n || (out.d.oflags & O_APPEND))
		return -EBADF;
	n = end_at(&in, in_at);
	if (!n)
		n = end_at(&out, out_at);
	if (n)
		return n;
	n = copy_from(&in, in_at, &out, len);
	return end_tell(&out, out_at, n);
}

long calls_register(void)
{
	static const struct syscall_entry calls[] = {
		{ SYSCALL_pipe, call_pipe }, { SYSCALL_pipe2, call_pipe2 },
		{ SYSCALL_splice, call_splice }, { SYSCALL_tee, call_tee },
		{ SYSCALL_vmsplice, call_vmsplice }, { SYSCALL_sendfile, call_sendfile },
		{ SYSCALL_copy_file_range, call_copy_file_range },
	};

	return syscalls_register(calls, ARRAY_SIZE(calls));
}
