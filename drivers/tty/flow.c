/* SPDX-License-Identifier: MIT */
/*
 * Moves a terminal's output into its port, and copies the console's output to
 * a second port where nobody chose a console.
 *
 * One thread at a time is in a port with a terminal's bytes (`flushing`); the
 * lock is not held then. Others only add to the queue, and that thread finds
 * it when it comes back.
 */
#include <errno.h>

#include "internal.h"

#define PORT_WRITE_MAX 4096	/* tty_port_ops.write's contract */

/* The terminal that shows mirror_from's output too. set with the table's lock held */
static struct tty *mirror_from, *mirror_to;

/* Makes `to` show what `from` shows; its keys go to `from`. */
void tty_mirror_set(struct tty *from, struct tty *to)
{
	mirror_from = from;
	mirror_to = to;
}

/* `t` is used in its own right now: it mirrors no longer. */
void tty_mirror_end(const struct tty *t)
{
	if (t == mirror_to)
		mirror_to = NULL;
}

/* Whether `t` is a mirror. */
bool tty_mirrored(const struct tty *t)
{
	return t == READ_ONCE(mirror_to);
}

/* The terminal that the mirror's keys go to. */
struct tty *tty_mirror(void)
{
	return mirror_from;
}

/* What the mirror does not take is lost: it must not hold up the console. */
static void mirror_write(const struct tty *t, const u8 *buf, size_t len)
{
	struct tty *to = READ_ONCE(mirror_to);

	if (t == mirror_from && to && to->s.owner)
		to->s.ops.write(to->s.port, TTY_NO_SEQ, (const char *)buf, len);
}

/* Tells the port its line settings, when they changed. */
static void flush_settings(struct tty *t)
{
	u32 cflag = t->s.termios.c_cflag, rate = t->s.ospeed;

	t->reconfigure = false;
	mutex_unlock(&t->lock);
	t->s.ops.configure(t->s.port, rate, cflag);
	mutex_lock(&t->lock);
}

static bool flush_priority(struct tty *t)
{
	char c = (char)t->priority;

	t->priority = 0;
	mutex_unlock(&t->lock);
	if (t->s.ops.write(t->s.port, TTY_NO_SEQ, &c, 1) == 0) {
		mutex_lock(&t->lock);
		t->priority = (u8)c;
		return false;
	}
	mutex_lock(&t->lock);
	return true;
}

/* Writes one run of the ring. Returns whether the port may take more. */
static bool flush_run(struct tty *t)
{
	u32 seq = t->s.out_tail;
	u32 begin = seq % TTY_OUT_MAX;
	u32 len = MIN(ldisc_out_len(t), (u32)TTY_OUT_MAX - begin);
	u32 epoch = t->out_epoch;
	long done;

	len = MIN(len, (u32)PORT_WRITE_MAX);
	mutex_unlock(&t->lock);
	done = t->s.ops.write(t->s.port, seq, (const char *)t->out + begin, len);
	if (done > 0)
		mirror_write(t, t->out + begin, MIN((size_t)done, (size_t)len));
	mutex_lock(&t->lock);

	if (done == -ENODEV)	/* its module is gone for good */
		done = len;
	if (done <= 0)
		return false;
	if (epoch == t->out_epoch) {
		t->s.out_tail += MIN((u32)done, len);
		tty_commit(t);
	}
	return done >= (long)len;
}

static bool flush_one(struct tty *t)
{
	if (t->reconfigure) {
		flush_settings(t);
		return true;
	}
	if (t->priority)
		return flush_priority(t);
	if (t->s.stopped || t->s.suspended || !ldisc_out_len(t))
		return false;
	return flush_run(t);
}

static void flush_port(struct tty *t)
{
	if (t->flushing || !t->s.owner)
		return;
	t->flushing = true;
	while (flush_one(t))
		;
	t->flushing = false;
}

/*
 * Gives the port what it takes of the output queue, and wakes who waits for
 * room, or for what a pseudo terminal wrote. The lock is held, but let go while
 * the port is called. The state is committed.
 */
void tty_flush(struct tty *t)
{
	bool wake = t->out_new && tty_is_pty(t);

	flush_port(t);
	t->out_new = false;
	if ((t->want_room && ldisc_out_room(t) >= TTY_OUT_WRITABLE) ||
	    (t->want_drain && !ldisc_out_len(t))) {
		t->want_room = false;
		t->want_drain = false;
		wake = true;
	}
	if (wake)
		tty_wake(t);
}
