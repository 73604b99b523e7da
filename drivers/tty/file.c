/* SPDX-License-Identifier: MIT */
/*
 * Terminals as open files: read, write, poll and ioctl(2) as Linux answers.
 *
 * A file's number is the terminal's index with TTY_NUMBER_* flags, so open
 * files are the same after a reset.
 */
#include <devfs.h>
#include <errno.h>
#include <file.h>
#include <whitix/fcntl.h>
#include <whitix/ioctl.h>
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
#define DEFAULT_CONSOLE "ttyS0"
#define DEFAULT_MIRROR "tty0"

/* TCXONC's argument. */
enum { FLOW_OUT_OFF, FLOW_OUT_ON, FLOW_IN_OFF, FLOW_IN_ON };

static u32 provider;

/* Finds the terminal that an open file means. The lock is taken. */
static struct tty *tty_lock_number(u64 number)
{
	struct tty *t = number & TTY_NUMBER_CURRENT ? job_current() :
			tty_at(number & TTY_NUMBER_INDEX);

	if (!t)
		return NULL;
	mutex_lock(&t->lock);
	if (!(number & TTY_NUMBER_NOCTTY))
		tty_mirror_end(t);
	return t;
}

/* ---- read ------------------------------------------------------------- */

static void timer_expired(u64 cookie)
{
	wait_wake(tty_wait);
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

/* VMIN is 0 and nothing is there: 0 when VTIME has passed since the call. */
static long read_timed(struct tty *t)
{
	u64 now = ktime_ns();
	u64 limit = t->termios.c_cc[VTIME] * DECISECOND;

	if (!limit)
		return 0;
	if (t->deadline && now >= t->deadline && now - t->deadline < DEADLINE_STALE) {
		t->deadline = 0;
		return 0;
	}
	if (!t->deadline || now >= t->deadline)
		t->deadline = now + limit;
	return retry_after(t, t->deadline - now);
}

/* Fewer than VMIN bytes: those there are once VTIME passes between bytes. */
static long read_between(struct tty *t, size_t len)
{
	size_t have = ldisc_waiting(t);
	u64 limit = t->termios.c_cc[VTIME] * DECISECOND;
	u64 idle;

	if (!have || !limit)
		return -EAGAIN;
	idle = ktime_ns() - t->in_time;
	if (idle < limit)
		return retry_after(t, limit - idle);
	return (long)MIN(have, len);
}

/* Bytes that a read gets now, 0 (end or time is up), -EAGAIN, or an error. */
static long read_ready(struct tty *t, size_t len, bool nonblock)
{
	long n = ldisc_readable(t, len);

	if (t->termios.c_lflag & ICANON)
		return n == TTY_NOT_READY ? -EAGAIN : n;
	if (n > 0) {
		t->deadline = 0;
		return n;
	}
	if (n == 0) {
		if (nonblock && t->termios.c_cc[VTIME])
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
		size_t part = ldisc_peek(t, chunk, MIN(n - done, sizeof(chunk)));
		long copied = part ? ubuf_write(ubuf, off + done, chunk, part) : 0;

		if (copied < 0)
			return done ? (long)done : copied;
		ldisc_consume(t, (size_t)copied);
		done += (size_t)copied;
		if ((size_t)copied < part)
			break;
	} while (done < n);
	return (long)done;
}

static long file_read(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	struct tty *t = tty_lock_number(number);
	long result;

	if (!t)
		return -ENXIO;
	result = job_check(t, SIGTTIN);
	if (!result && len) {
		result = read_ready(t, len, oflags & O_NONBLOCK);
		if (result > 0 || (!result && (t->termios.c_lflag & ICANON)))
			result = read_copy(t, ubuf, off, (size_t)result);
	}
	state_save_input(t);
	tty_flush(t);		/* XON, when there is room again */
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
		if (taken == (size_t)got)
			continue;
		tty_flush(t);
		if (!taken)
			break;
	}
	return done ? (long)done : -EAGAIN;
}

static long file_write(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	struct tty *t = tty_lock_number(number);
	long result = 0;

	if (!t)
		return -ENXIO;
	if (t->termios.c_lflag & TOSTOP)
		result = job_check(t, SIGTTOU);
	if (!result && len)
		result = write_copy(t, ubuf, off, len);
	tty_flush(t);
	if (result == -EAGAIN) {
		/* room may have come with the last flush: then don't sleep */
		if (ldisc_out_room(t) >= TTY_OUT_WRITABLE)
			wait_wake(tty_wait);
		else
			t->want_room = true;
	}
	mutex_unlock(&t->lock);
	return result;
}

/* ---- ioctl ------------------------------------------------------------ */

static long get_value(u32 ubuf, void *value, size_t size)
{
	long n = ubuf_read(ubuf, 0, value, size);

	if (n < 0)
		return n;
	return (size_t)n == size ? 0 : -EFAULT;
}

static long put_value(u32 ubuf, const void *value, size_t size)
{
	long n = ubuf_write(ubuf, 0, value, size);

	if (n < 0)
		return n;
	return (size_t)n == size ? 0 : -EFAULT;
}

/* Sleeps until all output is in the port; the lock is let go meanwhile. */
static long drain(struct tty *t)
{
	long err = 0;

	tty_flush(t);
	while (!err && ldisc_out_len(t)) {
		u32 seq = (u32)wait_seq(tty_wait);

		t->want_drain = true;
		mutex_unlock(&t->lock);
		err = wait_sleep(tty_wait, seq, 0);
		mutex_lock(&t->lock);
	}
	return err;
}

static long set_termios(struct tty *t, u32 cmd, u32 ubuf)
{
	struct linux_termios termios;
	long err = job_check(t, SIGTTOU);

	if (!err)
		err = get_value(ubuf, &termios, sizeof(termios));
	if (!err && cmd != TCSETS)
		err = drain(t);
	if (err)
		return err;
	if (cmd == TCSETSF)
		ldisc_flush_input(t);
	t->reconfigure |= termios.c_cflag != t->termios.c_cflag;
	ldisc_set_termios(t, &termios);
	state_save_settings(t);
	return 0;
}

static long get_size(struct tty *t, u32 ubuf)
{
	struct linux_winsize size = t->winsize;
	long packed;

	if (!size.ws_row && !size.ws_col && t->owner) {
		mutex_unlock(&t->lock);
		packed = t->ops.size(t->port);
		mutex_lock(&t->lock);
		if (packed > 0) {
			size.ws_row = (u16)(packed >> 16);
			size.ws_col = (u16)packed;
		}
	}
	return put_value(ubuf, &size, sizeof(size));
}

static long set_size(struct tty *t, u32 ubuf)
{
	struct linux_winsize size, old = t->winsize;
	long err = get_value(ubuf, &size, sizeof(size));

	if (err)
		return err;
	t->winsize = size;
	state_save_settings(t);
	if (size.ws_row != old.ws_row || size.ws_col != old.ws_col)
		tty_signal(t, SIGWINCH);
	return 0;
}

static long set_flow(struct tty *t, u64 arg)
{
	long err = job_check(t, SIGTTOU);

	if (err)
		return err;
	switch (arg) {
	case FLOW_OUT_OFF:
		t->suspended = true;
		break;
	case FLOW_OUT_ON:
		t->suspended = false;
		break;
	case FLOW_IN_OFF:
		t->priority = t->termios.c_cc[VSTOP];
		break;
	case FLOW_IN_ON:
		t->priority = t->termios.c_cc[VSTART];
		break;
	default:
		return -EINVAL;
	}
	return 0;
}

static long flush_queues(struct tty *t, u64 arg)
{
	long err = job_check(t, SIGTTOU);

	if (err)
		return err;
	if (arg > TCIOFLUSH)
		return -EINVAL;
	if (arg != TCOFLUSH)
		ldisc_flush_input(t);
	if (arg != TCIFLUSH)
		ldisc_flush_output(t);
	return 0;
}

/* TIOCSTI: as if the byte had been typed. For root, or on one's own terminal. */
static long type_byte(struct tty *t, u32 ubuf)
{
	u8 c;
	long err;

	if (cred_euid() != 0 && job_current() != t)
		return -EPERM;
	err = get_value(ubuf, &c, sizeof(c));
	if (!err) {
		ldisc_input(t, &c, 1);
		wait_wake(tty_wait);
	}
	return err;
}

static long ioctl_settings(struct tty *t, u32 cmd, u64 arg, u32 ubuf)
{
	switch (cmd) {
	case TCGETS:
		return put_value(ubuf, &t->termios, sizeof(t->termios));
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(t, cmd, ubuf);
	case TIOCGWINSZ:
		return get_size(t, ubuf);
	case TIOCSWINSZ:
		return set_size(t, ubuf);
	}
	return -ENOTTY;
}

static long ioctl_queues(struct tty *t, u32 cmd, u64 arg, u32 ubuf)
{
	u32 value;

	switch (cmd) {
	case TCSBRK:		/* no port sends breaks; else: drain */
	case TCSBRKP:
		return drain(t);
	case TCXONC:
		return set_flow(t, arg);
	case TCFLSH:
		return flush_queues(t, arg);
	case TIOCSTI:
		return type_byte(t, ubuf);
	case FIONREAD:
		value = (u32)ldisc_waiting(t);
		return put_value(ubuf, &value, sizeof(value));
	case TIOCOUTQ:
		value = ldisc_out_len(t);
		return put_value(ubuf, &value, sizeof(value));
	}
	return -ENOTTY;
}

static long ioctl_job(struct tty *t, u32 cmd, u64 arg, u32 ubuf)
{
	u32 value = 0;
	long err;

	switch (cmd) {
	case TIOCSCTTY:
		return job_set_controlling(t, arg);
	case TIOCNOTTY:
		return job_give_up(t);
	case TIOCGPGRP:
		err = job_get_group(t, &value);
		return err ? err : put_value(ubuf, &value, sizeof(value));
	case TIOCGSID:
		err = job_get_session(t, &value);
		return err ? err : put_value(ubuf, &value, sizeof(value));
	case TIOCSPGRP:
		err = get_value(ubuf, &value, sizeof(value));
		return err ? err : job_set_group(t, (s32)value);
	}
	return -ENOTTY;
}

/* Line disciplines: there is number 0, N_TTY. */
static long ioctl_discipline(u32 cmd, u32 ubuf)
{
	u32 value = 0;
	long err;

	switch (cmd) {
	case TIOCGETD:
		return put_value(ubuf, &value, sizeof(value));
	case TIOCSETD:
		err = get_value(ubuf, &value, sizeof(value));
		return err ? err : value ? -EINVAL : 0;
	}
	return -ENOTTY;
}

static long file_ioctl(u64 number, u32 cmd, u64 arg, u32 ubuf)
{
	struct tty *t = tty_lock_number(number);
	long result;

	if (!t)
		return -ENXIO;
	result = ioctl_settings(t, cmd, arg, ubuf);
	if (result == -ENOTTY)
		result = ioctl_queues(t, cmd, arg, ubuf);
	if (result == -ENOTTY)
		result = ioctl_job(t, cmd, arg, ubuf);
	if (result == -ENOTTY)
		result = ioctl_discipline(cmd, ubuf);
	state_save_input(t);
	tty_flush(t);
	mutex_unlock(&t->lock);
	return result;
}

/* ---- poll, open, release ----------------------------------------------------- */

/* Input counts for poll when a read would be answered: VMIN without VTIME. */
static bool poll_readable(const struct tty *t)
{
	size_t least = 1;

	if (!(t->termios.c_lflag & ICANON)) {
		if (!t->termios.c_cc[VTIME] && t->termios.c_cc[VMIN])
			least = t->termios.c_cc[VMIN];
		return ldisc_waiting(t) >= least;
	}
	return ldisc_readable(t, least) != TTY_NOT_READY;
}

static long file_poll(u64 number)
{
	struct tty *t = tty_lock_number(number);
	long ready = 0;

	if (!t)
		return FILE_POLLERR;
	if (poll_readable(t))
		ready |= FILE_POLLIN;
	if (ldisc_out_room(t) >= TTY_OUT_WRITABLE)
		ready |= FILE_POLLOUT;
	else
		t->want_room = true;
	mutex_unlock(&t->lock);
	return ready;
}

/*
 * /dev/tty becomes the terminal that it means now (-ENXIO: none). Other
 * terminals may become the caller's controlling terminal.
 */
static long file_opened(u64 number, u32 oflags)
{
	struct tty *t = tty_lock_number(number);

	if (!t)
		return -ENXIO;
	if (number & TTY_NUMBER_CURRENT)
		number = t->index | TTY_NUMBER_NOCTTY;
	else if (!(number & TTY_NUMBER_NOCTTY) && !(oflags & O_NOCTTY))
		job_adopt(t);
	mutex_unlock(&t->lock);
	return (long)number;
}

static long file_release(u64 number)
{
	return 0;
}

/* ---- device files ------------------------------------------------------ */

static long publish(const char *name, u32 mode, u64 rdev, u64 number)
{
	struct file_open file = {
		.provider = provider,
		.wait = tty_wait,
		.flags = FILE_STREAM | FILE_CONSOLE,
		.number = number,
	};

	return devfs_register(THIS_MODULE, name, mode, rdev, &file);
}

/*
 * `value` (of `console=`: "ttyS0,115200") names `t`.
 */
static bool names(const char *value, const struct tty *t)
{
	size_t i = 0;

	while (t->name[i] && value[i] == t->name[i])
		i++;
	return !t->name[i] && (!value[i] || value[i] == ',');
}

static struct tty *tty_named(const char *value)
{
	for (u32 i = 0; i < TTY_MAX; i++) {
		struct tty *t = tty_at(i);

		if (t && names(value, t))
			return t;
	}
	return NULL;
}

/*
 * /dev/console is the terminal that `console=` names. Without it: the serial
 * line, and the screen shows and types the same until it is used by itself.
 * Where that terminal isn't there (yet): the first that registered.
 */
static long publish_console(struct tty *t)
{
	char value[32];
	struct tty *console;
	bool chosen = cmdline_get(THIS_MODULE, "console", value, sizeof(value)) > 0;

	value[sizeof(value) - 1] = '\0';
	console = tty_named(chosen ? value : DEFAULT_CONSOLE);
	if (!console)
		console = t->index ? tty_at(0) : t;
	if (!chosen && console != tty_named(DEFAULT_MIRROR))
		tty_mirror_set(console, tty_named(DEFAULT_MIRROR));
	return publish("console", CONSOLE_MODE, RDEV_CONSOLE,
		       console->index | TTY_NUMBER_NOCTTY);
}

/* Makes the device files of a terminal. The table's lock is held. */
long tty_files_publish(struct tty *t)
{
	long err = publish(t->name, TTY_MODE, t->rdev, t->index);

	return err < 0 ? err : publish_console(t);
}

/* Registers with core and devfs. Returns 0 or an error. */
long tty_files_init(void)
{
	static const struct file_ops ops = {
		.read = file_read, .write = file_write, .ioctl = file_ioctl,
		.poll = file_poll, .release = file_release, .open = file_opened,
	};
	long handle = provider_register(THIS_MODULE, &ops);

	if (handle < 0)
		return handle;
	provider = (u32)handle;
	return publish("tty", TTY_PUBLIC_MODE, RDEV_TTY, TTY_NUMBER_CURRENT);
}
