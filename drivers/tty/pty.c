/* SPDX-License-Identifier: MIT */
/*
 * Pseudo terminals (pty(7), ioctl_tty(2)). A pair is one struct tty, the slave's:
 * its master writes into the line discipline as a keyboard would, and reads the
 * output queue in a port's place. Pairs are never freed: one that both sides have
 * closed is used again.
 */
#include <errno.h>
#include <file.h>
#include <printf.h>
#include <whitix/ioctl.h>
#include <whitix/signal.h>
#include <whitix/stat.h>

#include "internal.h"

#define PTS_MAJOR 136
#define CHUNK 1024

static struct mutex new_lock = MUTEX_INIT;	/* one pair is made at a time */

/* The number in /dev/pts. */
u32 pty_number(const struct tty *t)
{
	return t->index - PTY_FIRST;
}

/* The pair that is /dev/pts/NUMBER, or NULL. */
struct tty *pty_at(u32 number)
{
	struct tty *t = number < PTY_MAX ? tty_at(PTY_FIRST + number) : NULL;

	return t && t->s.used && t->s.master_open ? t : NULL;
}

/* An unused pair, made if there is none. */
static long find_unused(struct tty **out)
{
	char name[TTY_NAME_MAX];
	u32 i;

	for (i = 0; i < PTY_MAX; i++) {
		*out = tty_at(PTY_FIRST + i);
		if (!*out)
			break;
		if (!(*out)->s.used)
			return 0;
	}
	if (i == PTY_MAX)
		return -ENOSPC;
	scnprintf(name, sizeof(name), "pts/%u", i);
	return tty_add(PTY_FIRST + i, name, LINUX_MAKEDEV(PTS_MAJOR, i), out);
}

/* Makes an unused pair what a new one is, for the caller. */
static void begin(struct tty *t)
{
	u32 serial = t->s.serial, hung_sid = t->s.hung_sid, hung_pgrp = t->s.hung_pgrp;

	t->s = (struct tty_state){
		.serial = serial, .hung = serial, .used = true, .locked = true,
		.master_open = true, .uid = cred_fsuid(), .gid = cred_fsgid(),
		.hung_sid = hung_sid, .hung_pgrp = hung_pgrp,
	};
	t->s.atime_ns = t->s.mtime_ns = t->s.ctime_ns = krealtime_ns();
	devpts_owner(&t->s.gid, &t->s.mode);
	ldisc_init(t, true);
}

/* The pair that this operation made before a reset. */
static struct tty *made_before(void)
{
	for (u32 i = 0; CONTEXT->rerun && i < PTY_MAX; i++) {
		struct tty *t = tty_at(PTY_FIRST + i);

		if (t && t->s.used && t->s.op == CONTEXT->op)
			return t;
	}
	return NULL;
}

/* Opens /dev/ptmx: the number of the master's file, -ENOSPC, -ENOMEM. */
long pty_new(struct tty **out)
{
	long err = 0;

	mutex_lock(&new_lock);
	*out = made_before();
	if (*out) {
		err = (long)(*out)->s.op_result;
		goto out;
	}
	err = find_unused(out);
	if (err)
		goto out;
	mutex_lock(&(*out)->lock);
	begin(*out);
	err = state_done(*out, (long)tty_number(*out, NUMBER_MASTER));
	mutex_unlock(&(*out)->lock);
out:
	mutex_unlock(&new_lock);
	return err;
}

/* Packet mode: something that the master is to be told. */
void pty_packet(struct tty *t, u8 set, u8 clear)
{
	if (!t->s.packet)
		return;
	t->s.packet_status = (u8)((t->s.packet_status & ~clear) | set);
	t->out_new = true;
}

/* Copies `len` bytes of the slave's output to the program at `off`. */
static long copy_out(struct tty *t, u32 ubuf, u64 off, size_t len)
{
	size_t done = 0;

	while (done < len) {
		u32 begin = (t->s.out_tail + (u32)done) % TTY_OUT_MAX;
		size_t part = MIN(len - done, (size_t)(TTY_OUT_MAX - begin));
		long n = ubuf_write(ubuf, off + done, t->out + begin, part);

		if (n <= 0)
			return done ? (long)done : n;
		done += (size_t)n;
		if ((size_t)n < part)
			break;
	}
	return (long)done;
}

static long read_status(struct tty *t, u32 ubuf, u64 off)
{
	long n = ubuf_write(ubuf, off, &t->s.packet_status, 1);

	if (n > 0)
		t->s.packet_status = 0;
	return n;
}

/* What the master reads: bytes, -EAGAIN, -EIO: no slave is open any more. */
long pty_read(struct tty *t, u32 ubuf, u64 off, u64 len)
{
	static const u8 data = TIOCPKT_DATA;
	size_t waiting = ldisc_out_len(t), head = t->s.packet ? 1 : 0;
	long n;

	if (!len)
		return 0;
	if (t->s.packet && t->s.packet_status)
		return read_status(t, ubuf, off);
	if (!waiting)
		return t->s.slave_closed ? -EIO : -EAGAIN;
	if (head) {
		n = ubuf_write(ubuf, off, &data, 1);
		if (n <= 0)
			return n;
	}
	n = copy_out(t, ubuf, off + head, MIN(waiting, (size_t)len - head));
	if (n < 0)
		return n;
	t->s.out_tail += (u32)n;
	if (t->want_room || t->want_drain)
		t->out_new = true;
	return n + (long)head;
}

/* What the master writes is typed: bytes taken, or -EAGAIN. */
long pty_write(struct tty *t, u32 ubuf, u64 off, u64 len)
{
	u8 chunk[CHUNK];
	u64 done = 0;

	t->in_time = ktime_ns();
	while (done < len) {
		long got = ubuf_read(ubuf, off + done, chunk, MIN(len - done, (u64)CHUNK));
		size_t taken;

		if (got <= 0)
			return done ? (long)done : got;
		taken = ldisc_input(t, chunk, (size_t)got);
		done += taken;
		if (taken < (size_t)got)
			break;
	}
	return done ? (long)done : -EAGAIN;
}

/* What poll(2) says of a master. */
long pty_poll(const struct tty *t)
{
	long ready = 0;

	if (ldisc_out_len(t))
		ready |= FILE_POLLIN;
	if (t->s.packet && t->s.packet_status)
		ready |= FILE_POLLIN | FILE_POLLPRI;
	if (ldisc_in_room(t))
		ready |= FILE_POLLOUT;
	if (t->s.slave_closed)
		ready |= FILE_POLLHUP;
	return ready;
}

/* The master is closed: the slave hangs up, and its name is gone. */
void pty_close_master(struct tty *t)
{
	t->s.master_open = false;
	t->s.slave_closed = true;
	t->s.used = t->s.opens != 0;
	job_hang_up(t, false);
}

static long set_flag(u32 ubuf, bool *flag)
{
	s32 value;
	long err = tty_get(ubuf, &value, sizeof(value));

	if (!err)
		*flag = value != 0;
	return err;
}

static long set_packet(struct tty *t, u32 ubuf)
{
	bool packet = t->s.packet;
	long err = set_flag(ubuf, &packet);

	if (err)
		return err;
	if (packet && !t->s.packet)
		t->s.packet_status = 0;
	t->s.packet = packet;
	return 0;
}

/* TIOCSIG: to the slave's foreground. */
static long send_signal(struct tty *t, u64 sig)
{
	if (sig != SIGINT && sig != SIGQUIT && sig != SIGTSTP)
		return -EINVAL;
	tty_signal(t, (u32)sig);
	return 0;
}

/* What only masters answer: -ENOTTY for the rest. */
long pty_ioctl(struct tty *t, u32 cmd, u64 arg, u32 ubuf)
{
	u32 value;

	switch (cmd) {
	case TIOCGPTN:
		value = pty_number(t);
		return tty_put(ubuf, &value, sizeof(value));
	case TIOCGPTPEER:	/* the core opens it */
		return pty_number(t);
	case TIOCSPTLCK:
		return set_flag(ubuf, &t->s.locked);
	case TIOCGPTLCK:
		value = t->s.locked;
		return tty_put(ubuf, &value, sizeof(value));
	case TIOCPKT:
		return set_packet(t, ubuf);
	case TIOCGPKT:
		value = t->s.packet;
		return tty_put(ubuf, &value, sizeof(value));
	case TIOCSIG:
		return send_signal(t, arg);
	}
	return -ENOTTY;
}
