/* SPDX-License-Identifier: MIT */
/*
 * Terminals as open files: open, read, write, poll and release as Linux answers.
 *
 * A file's number says which terminal it is, how it was reached, and which
 * opening it is (internal.h), so open files are the same after a reset, and a
 * hang-up ends all openings before it.
 */
#include <devfs.h>
#include <errno.h>
#include <file.h>
#include <string.h>
#include <whitix/fcntl.h>
#include <whitix/signal.h>
#include <whitix/stat.h>

#include "internal.h"

#define CHUNK 1024		/* bytes that go to or from a program at once */
#define DECISECOND (NSEC_PER_SEC / 10)
/* A read whose time was up this long ago is a new one, not its next try. */
#define DEADLINE_STALE NSEC_PER_SEC

#define TTY_MODE (S_IFCHR | 0620)
#define TTY_PUBLIC_MODE (S_IFCHR | 0666)
#define CONSOLE_MODE (S_IFCHR | 0600)
#define RDEV_TTY LINUX_MAKEDEV(5, 0)
#define RDEV_CONSOLE LINUX_MAKEDEV(5, 1)
#define RDEV_PTMX LINUX_MAKEDEV(5, 2)
#define RDEV_TTY0 LINUX_MAKEDEV(4, 0)
#define DEFAULT_CONSOLE "ttyS0"
#define DEFAULT_MIRROR "tty1"
#define ACTIVE_CONSOLE "tty0"

u32 tty_provider;
static struct tty *console;	/* /dev/console; NULL: the one that is shown */

/* Reads a value of the program's: 0 or an error. */
long tty_get(u32 ubuf, void *value, size_t size)
{
	long n = ubuf_read(ubuf, 0, value, size);

	if (n < 0)
		return n;
	return (size_t)n == size ? 0 : -EFAULT;
}

/* Gives the program a value: 0 or an error. */
long tty_put(u32 ubuf, const void *value, size_t size)
{
	long n = ubuf_write(ubuf, 0, value, size);

	if (n < 0)
		return n;
	return (size_t)n == size ? 0 : -EFAULT;
}

/* The number of a new opening. The lock is held. */
u64 tty_number(struct tty *t, u64 flags)
{
	t->s.serial = t->s.serial % NUMBER_SERIAL_MAX + 1;
	return t->index | flags | (u64)t->s.serial << NUMBER_SERIAL;
}

/* The opening `number` is at its end. */
static bool hung_up(const struct tty *t, u64 number)
{
	return !(number & NUMBER_CONSOLE) && number >> NUMBER_SERIAL <= t->s.hung;
}

/* Finds the terminal of an open file. The lock is taken. */
static struct tty *tty_enter(u64 number)
{
	struct tty *t = tty_at(number & NUMBER_INDEX);

	if (t)
		mutex_lock(&t->lock);
	return t;
}

/* ---- read ------------------------------------------------------------- */

static void timer_expired(u64 index)
{
	struct tty *t = tty_at((u32)index);

	if (t)
		tty_wake(t);
}

/* Has the reader of `t` try again in `ns`. Returns -EAGAIN for it. */
static long retry_after(struct tty *t, u64 ns)
{
	long timer = t->timer;

	if (!timer)
		timer = timer_create(THIS_MODULE, timer_expired, t->index);
	if (timer < 0)
		return timer;
	t->timer = (u32)timer;
	timer = timer_arm(t->timer, ns, 0);
	return timer < 0 ? timer : -EAGAIN;
}

/* Whether VTIME has passed since the first try of this read; else -EAGAIN. */
static long read_time(struct tty *t, u64 limit)
{
	u64 now = ktime_ns();

	if (t->deadline && now >= t->deadline && now - t->deadline < DEADLINE_STALE) {
		t->deadline = 0;
		return 0;
	}
	if (!t->deadline || now >= t->deadline)
		t->deadline = now + limit;
	return retry_after(t, t->deadline - now);
}

/* VMIN is 0 and nothing is there: 0 when VTIME has passed since the call. */
static long read_timed(struct tty *t)
{
	u64 limit = t->s.termios.c_cc[VTIME] * DECISECOND;

	return limit ? read_time(t, limit) : 0;
}

/*
 * Fewer than VMIN bytes: those there are once VTIME has passed since the last
 * one, or since the call, whichever is later.
 */
static long read_between(struct tty *t, size_t len)
{
	size_t have = ldisc_waiting(t);
	u64 limit = t->s.termios.c_cc[VTIME] * DECISECOND;
	long err;

	if (!have || !limit)
		return -EAGAIN;
	if (t->deadline && t->in_time + limit > t->deadline)
		t->deadline = t->in_time + limit;
	err = read_time(t, limit);
	return err ? err : (long)MIN(have, len);
}

/* Bytes that a read gets now, 0 (end or time is up), -EAGAIN, or an error. */
static long read_ready(struct tty *t, size_t len, bool nonblock)
{
	long n = ldisc_readable(t, len);

	if (t->s.termios.c_lflag & ICANON)
		return n == TTY_NOT_READY ? -EAGAIN : n;
	if (n > 0) {
		t->deadline = 0;
		return n;
	}
	if (n == 0) {
		if (nonblock && t->s.termios.c_cc[VTIME])
			return -EAGAIN;
		return read_timed(t);
	}
	if (nonblock) {
		n = (long)MIN(ldisc_waiting(t), len);
		return n ? n : -EAGAIN;
	}
	return read_between(t, len);
}

/* Copies `n` bytes of input into the user buffer and takes them off. */
static long read_copy(struct tty *t, u32 ubuf, u64 off, size_t n)
{
	u8 chunk[CHUNK];
	size_t done = 0;

	do {
		size_t part = ldisc_peek(t, done, chunk, MIN(n - done, sizeof(chunk)));
		long copied = part ? ubuf_write(ubuf, off + done, chunk, part) : 0;

		if (copied < 0)
			return done ? (long)done : copied;
		done += (size_t)copied;
		if ((size_t)copied < part)
			break;
	} while (done < n);
	ldisc_consume(t, done);
	return (long)done;
}

/* What a slave or a terminal with a port reads. */
static long read_input(struct tty *t, u32 ubuf, u64 off, u64 len, u32 oflags)
{
	long result = job_check(t, SIGTTIN);

	if (result || !len)
		return result;
	result = read_ready(t, len, oflags & O_NONBLOCK);
	if (result > 0 || (!result && (t->s.termios.c_lflag & ICANON)))
		result = read_copy(t, ubuf, off, (size_t)result);
	return result;
}

static long file_read(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	struct tty *t = tty_enter(number);
	long result;

	if (!t)
		return -EIO;
	if (state_is_rerun(t, &result))
		goto out;
	if (number & NUMBER_MASTER)
		result = pty_read(t, ubuf, off, len);
	else if (hung_up(t, number))
		result = 0;
	else
		result = read_input(t, ubuf, off, len, oflags);
	if (result != -EAGAIN)
		state_done(t, result);
out:
	tty_flush(t);		/* XON, when there is room again */
	if (tty_is_pty(t) && result > 0)
		tty_wake(t);
	mutex_unlock(&t->lock);
	return result;
}

/* ---- write ------------------------------------------------------------ */

static long write_copy(struct tty *t, u32 ubuf, u64 off, u64 len)
{
	u8 chunk[CHUNK];
	u64 done = 0;

	while (done < len) {
		long got = ubuf_read(ubuf, off + done, chunk, MIN(len - done, (u64)CHUNK));
		size_t taken;

		if (got <= 0)
			return done ? (long)done : got;
		taken = ldisc_output(t, chunk, (size_t)got);
		done += taken;
		if (taken < (size_t)got)
			break;
	}
	return done ? (long)done : -EAGAIN;
}

/* What a slave or a terminal with a port writes. */
static long write_output(struct tty *t, u64 number, u32 ubuf, u64 off, u64 len)
{
	long result = 0;

	if (hung_up(t, number) || (tty_is_pty(t) && !t->s.master_open))
		return -EIO;
	if (t->s.termios.c_lflag & TOSTOP)
		result = job_check(t, SIGTTOU);
	if (!result && len)
		result = write_copy(t, ubuf, off, len);
	if (result == -EAGAIN) {
		tty_flush(t);
		/* room may have come with this: then don't sleep */
		if (ldisc_out_room(t) >= TTY_OUT_WRITABLE)
			tty_wake(t);
		else
			t->want_room = true;
	}
	return result;
}

static long file_write(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	struct tty *t = tty_enter(number);
	long result;

	if (!t)
		return -EIO;
	if (state_is_rerun(t, &result))
		goto out;
	if (number & NUMBER_MASTER)
		result = pty_write(t, ubuf, off, len);
	else
		result = write_output(t, number, ubuf, off, len);
	if (result != -EAGAIN)
		state_done(t, result);
out:
	tty_flush(t);
	if ((number & NUMBER_MASTER) && result > 0)
		tty_wake(t);
	mutex_unlock(&t->lock);
	return result;
}

/* ---- ioctl, poll ---------------------------------------------------------- */

static long file_ioctl(u64 number, u32 cmd, u64 arg, u32 ubuf)
{
	struct tty *t = tty_enter(number);
	long result;

	if (!t)
		return -EIO;
	if (state_is_rerun(t, &result))
		goto out;
	if (!(number & NUMBER_MASTER) && hung_up(t, number))
		result = -EIO;
	else
		result = tty_ioctl(t, number, cmd, arg, ubuf);
	state_done(t, result);
out:
	tty_flush(t);
	mutex_unlock(&t->lock);
	return result;
}

/* Input counts for poll when a read would be answered: VMIN without VTIME. */
static bool poll_readable(const struct tty *t)
{
	size_t least = 1;

	if (!(t->s.termios.c_lflag & ICANON)) {
		if (!t->s.termios.c_cc[VTIME] && t->s.termios.c_cc[VMIN])
			least = t->s.termios.c_cc[VMIN];
		return ldisc_waiting(t) >= least;
	}
	return ldisc_readable(t, least) != TTY_NOT_READY;
}

static long poll_input(struct tty *t, u64 number)
{
	long ready = 0;

	if (hung_up(t, number))
		return FILE_POLLIN | FILE_POLLOUT | FILE_POLLERR | FILE_POLLHUP;
	if (poll_readable(t))
		ready |= FILE_POLLIN;
	if (ldisc_out_room(t) >= TTY_OUT_WRITABLE)
		ready |= FILE_POLLOUT;
	else
		t->want_room = true;
	return ready;
}

static long file_poll(u64 number)
{
	struct tty *t = tty_enter(number);
	long ready;

	if (!t)
		return FILE_POLLERR;
	ready = number & NUMBER_MASTER ? pty_poll(t) : poll_input(t, number);
	mutex_unlock(&t->lock);
	return ready;
}

/* ---- open, release --------------------------------------------------------- */

/* The terminal that a device file means now, or NULL. */
static struct tty *device(u64 number)
{
	if (number & NUMBER_CURRENT)
		return job_current();
	if (number & NUMBER_ACTIVE)
		return tty_active();
	if (number & NUMBER_CONSOLE)
		return console ? console : tty_active();
	return tty_at(number & NUMBER_INDEX);
}

/* Why a terminal can't be opened now: 0: it can. */
static long refused(const struct tty *t)
{
	if (tty_is_pty(t) && (!t->s.used || !t->s.master_open || t->s.locked))
		return -EIO;
	return t->s.exclusive && t->s.opens && cred_euid() != 0 ? -EBUSY : 0;
}

static long open_locked(struct tty *t, u64 number, u32 oflags)
{
	u64 flags = number & NUMBER_CONSOLE;
	bool noctty = (oflags & O_NOCTTY) ||
		      (number & (NUMBER_CURRENT | NUMBER_ACTIVE | NUMBER_CONSOLE));
	long result = refused(t);

	if (result)
		return result;
	t->s.opens++;
	t->s.slave_closed = false;
	result = state_done(t, (long)tty_number(t, flags));
	if (!noctty && (oflags & O_ACCMODE) != O_WRONLY)
		job_adopt(t);
	return result;
}

/*
 * Opens what a device file means: the number of the file. /dev/tty: -ENXIO when
 * the caller has none.
 */
static long file_opened(u64 number, u32 oflags, u32 *wait)
{
	struct tty *t;
	long result;

	if (number & NUMBER_PTMX) {
		result = pty_new(&t);
		if (result >= 0)
			*wait = t->wait;
		return result;
	}
	t = device(number);
	if (!t)
		return number & NUMBER_CURRENT ? -ENXIO : -EIO;
	mutex_lock(&t->lock);
	if (!(number & NUMBER_CONSOLE))
		tty_mirror_end(t);
	if (!state_is_rerun(t, &result))
		result = open_locked(t, number, oflags);
	mutex_unlock(&t->lock);
	*wait = t->wait;
	return result;
}

/* The last opening of a terminal is gone: no session has it any more. */
static void closed(struct tty *t)
{
	t->s.sid = t->s.pgrp = 0;
	t->s.exclusive = false;
	if (!tty_is_pty(t))
		return;
	t->s.slave_closed = true;
	t->s.used = t->s.master_open;
	t->out_new = true;
}

/* A call that is run again finds that it was done by the file's number. */
static long file_release(u64 number)
{
	struct tty *t = tty_enter(number);

	if (!t)
		return 0;
	if (t->s.released != number) {
		t->s.released = number;
		if (number & NUMBER_MASTER)
			pty_close_master(t);
		else if (t->s.opens && --t->s.opens == 0)
			closed(t);
		tty_commit(t);
	}
	tty_flush(t);
	mutex_unlock(&t->lock);
	return 0;
}

/* ---- device files ------------------------------------------------------ */

static long publish(const char *name, u32 mode, u64 rdev, u64 number)
{
	struct file_open file = {
		.provider = tty_provider,
		.wait = tty_wait,
		.flags = FILE_STREAM | (number & NUMBER_PTMX ? 0 : FILE_CONSOLE),
		.number = number,
	};

	return devfs_register(THIS_MODULE, name, mode, rdev, &file);
}

/* Bytes of the terminal's name in the value of `console=`: "ttyS0,115200". */
static size_t name_length(const char *value)
{
	const char *comma = strchr(value, ',');

	return comma ? (size_t)(comma - value) : strlen(value);
}

/*
 * /dev/console is the terminal that `console=` names. Without it: the serial
 * line, and the screen shows and types the same until it is used by itself.
 * Where that terminal isn't there (yet): the first that registered.
 */
static void choose_console(struct tty *t)
{
	char value[32];
	bool chosen = cmdline_get(THIS_MODULE, "console", value, sizeof(value)) > 0;
	struct tty *mirror = tty_named(DEFAULT_MIRROR, strlen(DEFAULT_MIRROR));

	value[sizeof(value) - 1] = '\0';
	if (chosen && !strncmp(value, ACTIVE_CONSOLE, name_length(value)) && tty_active()) {
		console = NULL;
		return;
	}
	console = chosen ? tty_named(value, name_length(value)) :
			   tty_named(DEFAULT_CONSOLE, strlen(DEFAULT_CONSOLE));
	if (!console)
		console = t->index ? tty_at(0) : t;
	if (!chosen && mirror && console != mirror && !mirror->s.serial)
		tty_mirror_set(console, mirror);
}

/* Makes the device files of a terminal. The table's lock is held. */
long tty_files_publish(struct tty *t)
{
	choose_console(t);
	return publish(t->name, TTY_MODE, t->rdev, t->index);
}

/* Registers with core and devfs. Returns 0 or an error. */
long tty_files_init(void)
{
	static const struct file_ops ops = {
		.read = file_read, .write = file_write, .ioctl = file_ioctl,
		.poll = file_poll, .release = file_release, .open = file_opened,
	};
	long handle = provider_register(THIS_MODULE, &ops), err;

	if (handle < 0)
		return handle;
	tty_provider = (u32)handle;
	err = publish("tty", TTY_PUBLIC_MODE, RDEV_TTY, NUMBER_CURRENT);
	if (!err)
		err = publish("console", CONSOLE_MODE, RDEV_CONSOLE, NUMBER_CONSOLE);
	if (!err)
		err = publish("ptmx", TTY_PUBLIC_MODE, RDEV_PTMX, NUMBER_PTMX);
	return err ? err : publish("tty0", TTY_MODE, RDEV_TTY0, NUMBER_ACTIVE);
}
