/* SPDX-License-Identifier: MIT */
/*
 * ioctl(2) on terminals (ioctl_tty(2), termios(3)). What concerns the device
 * itself is the port's. On a master it is the slave's settings that are meant.
 */
#include <errno.h>
#include <string.h>
#include <whitix/ioctl.h>
#include <whitix/signal.h>

#include "internal.h"

#define BREAK_UNIT (NSEC_PER_SEC / 10)	/* TCSBRKP counts in these */
#define BREAK_TIME (NSEC_PER_SEC / 4)	/* TCSBRK */

/* TCXONC's argument. */
enum { FLOW_OUT_OFF, FLOW_OUT_ON, FLOW_IN_OFF, FLOW_IN_ON };


/* ---- settings ---------------------------------------------------------- */

/* Bits a second of CBAUD's code; 0: none, or BOTHER. */
static u32 rate_of(u32 code)
{
	static const u32 rates[] = {
		0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800,
		9600, 19200, 38400,
	};
	static const u32 high_rates[] = {
		0, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000,
		1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000,
	};
	u32 low = code & (CBAUD & ~CBAUDEX);

	return code & CBAUDEX ? high_rates[low] : rates[low];
}

/* Sleeps until all output is in the port; the lock is let go meanwhile. */
static long drain(struct tty *t)
{
	long err = 0;

	if (tty_is_pty(t))	/* what was written is with the master */
		return 0;
	tty_flush(t);
	while (!err && ldisc_out_len(t)) {
		u32 seq = (u32)wait_seq(t->wait);

		t->want_drain = true;
		mutex_unlock(&t->lock);
		err = wait_sleep(t->wait, seq, 0);
		mutex_lock(&t->lock);
	}
	return err;
}

/* Speeds follow c_cflag; BOTHER leaves those that were given, or were before. */
static void set_speeds(struct tty *t, u32 ispeed, u32 ospeed)
{
	u32 cflag = t->s.termios.c_cflag;
	u32 in = cflag >> IBSHIFT & CBAUD, out = cflag & CBAUD;

	t->s.ospeed = out == BOTHER ? ospeed : rate_of(out);
	if (in == B0)
		t->s.ispeed = t->s.ospeed;
	else
		t->s.ispeed = in == BOTHER ? ispeed : rate_of(in);
}

/* What TCSETS and the like do once they have read what the program gave. */
static long apply(struct tty *t, struct linux_termios2 *new, bool wait, bool flush)
{
	long err;

	if (flush)
		ldisc_flush_input(t);
	err = wait ? drain(t) : 0;
	if (err)
		return err;
	if (tty_is_pty(t))
		new->base.c_cflag = (new->base.c_cflag & ~(u32)(CSIZE | PARENB)) |
				    CS8 | CREAD;
	t->reconfigure |= new->base.c_cflag != t->s.termios.c_cflag ||
			  new->c_ospeed != t->s.ospeed;
	ldisc_set_termios(t, &new->base);
	set_speeds(t, new->c_ispeed, new->c_ospeed);
	return 0;
}

static long set_termios(struct tty *t, u32 ubuf, size_t size, bool wait, bool flush)
{
	struct linux_termios2 new = { .c_ispeed = t->s.ispeed, .c_ospeed = t->s.ospeed };
	long err = job_check(t, SIGTTOU);

	if (!err)
		err = tty_get(ubuf, &new, size);
	return err ? err : apply(t, &new, wait, flush);
}

static long get_termios2(struct tty *t, u32 ubuf)
{
	struct linux_termios2 old = { .base = t->s.termios, .c_ispeed = t->s.ispeed,
				      .c_ospeed = t->s.ospeed };

	return tty_put(ubuf, &old, sizeof(old));
}

static long get_termio(struct tty *t, u32 ubuf)
{
	const struct linux_termios *all = &t->s.termios;
	struct linux_termio old = {
		.c_iflag = (u16)all->c_iflag, .c_oflag = (u16)all->c_oflag,
		.c_cflag = (u16)all->c_cflag, .c_lflag = (u16)all->c_lflag,
		.c_line = all->c_line,
	};

	memcpy(old.c_cc, all->c_cc, sizeof(old.c_cc));
	return tty_put(ubuf, &old, sizeof(old));
}

static u32 low_half(u32 old, u16 low)
{
	return (old & 0xffff0000u) | low;
}

static long set_termio(struct tty *t, u32 ubuf, bool wait, bool flush)
{
	struct linux_termios2 new = { .base = t->s.termios, .c_ispeed = t->s.ispeed,
				      .c_ospeed = t->s.ospeed };
	struct linux_termio given;
	long err = job_check(t, SIGTTOU);

	if (!err)
		err = tty_get(ubuf, &given, sizeof(given));
	if (err)
		return err;
	new.base.c_iflag = low_half(new.base.c_iflag, given.c_iflag);
	new.base.c_oflag = low_half(new.base.c_oflag, given.c_oflag);
	new.base.c_cflag = low_half(new.base.c_cflag, given.c_cflag);
	new.base.c_lflag = low_half(new.base.c_lflag, given.c_lflag);
	new.base.c_line = given.c_line;
	memcpy(new.base.c_cc, given.c_cc, sizeof(given.c_cc));
	return apply(t, &new, wait, flush);
}

static long ioctl_settings(struct tty *t, u32 cmd, u64 arg, u32 ubuf)
{
	switch (cmd) {
	case TCGETS:
		return tty_put(ubuf, &t->s.termios, sizeof(t->s.termios));
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(t, ubuf, sizeof(struct linux_termios),
				   cmd != TCSETS, cmd == TCSETSF);
	case TCGETS2:
		return get_termios2(t, ubuf);
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return set_termios(t, ubuf, sizeof(struct linux_termios2),
				   cmd != TCSETS2, cmd == TCSETSF2);
	case TCGETA:
		return get_termio(t, ubuf);
	case TCSETA:
	case TCSETAW:
	case TCSETAF:
		return set_termio(t, ubuf, cmd != TCSETA, cmd == TCSETAF);
	}
	return -ENOTTY;
}

/* ---- window size ---------------------------------------------------------- */

static long get_size(struct tty *t, u32 ubuf)
{
	struct linux_winsize size = t->s.winsize;
	long packed;

	if (!size.ws_row && !size.ws_col && t->s.owner) {
		mutex_unlock(&t->lock);
		packed = t->s.ops.size(t->s.port);
		mutex_lock(&t->lock);
		if (packed > 0) {
			size.ws_row = (u16)(packed >> 16);
			size.ws_col = (u16)packed;
		}
	}
	return tty_put(ubuf, &size, sizeof(size));
}

static long set_size(struct tty *t, u32 ubuf)
{
	struct linux_winsize size;
	long err = tty_get(ubuf, &size, sizeof(size));

	if (err || !memcmp(&size, &t->s.winsize, sizeof(size)))
		return err;
	t->s.winsize = size;
	tty_commit(t);
	tty_signal(t, SIGWINCH);
	return 0;
}

/* ---- queues ------------------------------------------------------------------ */

static void send_priority(struct tty *t, u32 which)
{
	u8 c = t->s.termios.c_cc[which];

	if (!c)
		return;
	if (!tty_is_pty(t))
		t->priority = c;
	else if (ldisc_out_room(t))
		opost_put(t, c);
}

static long set_flow(struct tty *t, u64 arg)
{
	long err = job_check(t, SIGTTOU);

	if (err)
		return err;
	switch (arg) {
	case FLOW_OUT_OFF:
		t->s.suspended = true;
		ldisc_stop(t);
		break;
	case FLOW_OUT_ON:
		if (t->s.suspended)
			ldisc_start(t);
		t->s.suspended = false;
		break;
	case FLOW_IN_OFF:
		send_priority(t, VSTOP);
		break;
	case FLOW_IN_ON:
		send_priority(t, VSTART);
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
	if (arg != TCOFLUSH) {
		ldisc_flush_input(t);
		pty_packet(t, TIOCPKT_FLUSHREAD, 0);
	}
	if (arg != TCIFLUSH) {
		ldisc_flush_output(t);
		pty_packet(t, TIOCPKT_FLUSHWRITE, 0);
	}
	return 0;
}

/* TIOCSTI: as if the byte had been typed. For root, or on one's own terminal. */
static long type_byte(struct tty *t, u64 number, u32 ubuf)
{
	u8 c;
	long err;

	if (cred_euid() != 0 && job_current() != t)
		return -EPERM;
	err = tty_get(ubuf, &c, sizeof(c));
	if (err)
		return err;
	if (number & NUMBER_MASTER) {
		if (ldisc_out_room(t))
			opost_put(t, c);
	} else {
		ldisc_input(t, &c, 1);
	}
	tty_wake(t);
	return 0;
}

/* Console commands that are for the terminal's own session, or root. */
static bool is_restricted(u32 cmd)
{
	static const u32 restricted[] = {
		KDSETMODE, KDSKBMODE, KDSKBMETA, KDSETLED, KDSKBLED, VT_SETMODE,
		VT_RELDISP, VT_ACTIVATE, VT_WAITACTIVE, TIOCLINUX,
	};

	for (size_t i = 0; i < ARRAY_SIZE(restricted); i++)
		if (restricted[i] == cmd)
			return true;
	return false;
}

static long device_ioctl(struct tty *t, u32 cmd, u64 arg, u32 ubuf)
{
	long result = -ENOTTY;

	if (is_restricted(cmd) && t->s.owner && cred_euid() != 0 && job_current() != t)
		return -EPERM;

	for (;;) {
		u32 seq = (u32)wait_seq(tty_wait);

		if (!t->s.owner)
			return -ENOTTY;
		mutex_unlock(&t->lock);
		result = t->s.ops.ioctl(t->s.port, cmd, arg, ubuf);
		if (result == -EAGAIN)
			result = wait_sleep(tty_wait, seq, 0) ? -EINTR : -EAGAIN;
		mutex_lock(&t->lock);
		if (result != -EAGAIN)
			return result;
	}
}

/* Sends a break for `ns`, where the port can, after all output. */
static long send_break(struct tty *t, u64 ns)
{
	long err = job_check(t, SIGTTOU);

	if (!err)
		err = drain(t);
	if (err || !ns || device_ioctl(t, TIOCSBRK, 0, 0))
		return err;
	mutex_unlock(&t->lock);
	time_sleep(THIS_MODULE, ns);
	mutex_lock(&t->lock);
	device_ioctl(t, TIOCCBRK, 0, 0);
	return 0;
}

static long ioctl_queues(struct tty *t, u64 number, u32 cmd, u64 arg, u32 ubuf)
{
	u32 value;

	switch (cmd) {
	case TCSBRK:		/* not 0: tcdrain() */
		return send_break(t, arg ? 0 : BREAK_TIME);
	case TCSBRKP:
		return send_break(t, arg ? MIN(arg, 255ul) * BREAK_UNIT : BREAK_TIME);
	case TCXONC:
		return set_flow(t, arg);
	case TCFLSH:
		return flush_queues(t, arg);
	case TIOCSTI:
		return type_byte(t, number, ubuf);
	case FIONREAD:
		value = number & NUMBER_MASTER ? ldisc_out_len(t) : (u32)ldisc_waiting(t);
		return tty_put(ubuf, &value, sizeof(value));
	case TIOCOUTQ:
		value = tty_is_pty(t) ? 0 : ldisc_out_len(t);
		return tty_put(ubuf, &value, sizeof(value));
	}
	return -ENOTTY;
}

/* ---- sessions and the rest ---------------------------------------------------- */

static long ioctl_job(struct tty *t, bool master, u32 cmd, u64 arg, u32 ubuf)
{
	u32 value = 0;
	long err;

	switch (cmd) {
	case TIOCSCTTY:
		return job_set_controlling(t, arg);
	case TIOCNOTTY:
		return master ? -ENOTTY : job_give_up(t);
	case TIOCGPGRP:
		err = job_get_group(t, master, &value);
		return err ? err : tty_put(ubuf, &value, sizeof(value));
	case TIOCGSID:
		err = job_get_session(t, master, &value);
		return err ? err : tty_put(ubuf, &value, sizeof(value));
	case TIOCSPGRP:
		err = tty_get(ubuf, &value, sizeof(value));
		return err ? err : job_set_group(t, (s32)value);
	case TIOCVHANGUP:
		if (cred_euid() != 0)
			return -EPERM;
		job_hang_up(t, false);
		return 0;
	}
	return -ENOTTY;
}

static long ioctl_exclusive(struct tty *t, u32 cmd, u32 ubuf)
{
	u32 value = t->s.exclusive;

	switch (cmd) {
	case TIOCEXCL:
	case TIOCNXCL:
		t->s.exclusive = cmd == TIOCEXCL;
		return 0;
	case TIOCGEXCL:
		return tty_put(ubuf, &value, sizeof(value));
	}
	return -ENOTTY;
}

/* Line disciplines: there is number 0, N_TTY. */
static long ioctl_discipline(struct tty *t, u32 cmd, u32 ubuf)
{
	u32 value = 0;
	long err;

	switch (cmd) {
	case TIOCGETD:
		return tty_put(ubuf, &value, sizeof(value));
	case TIOCSETD:
		err = tty_get(ubuf, &value, sizeof(value));
		return err ? err : value ? -EINVAL : 0;
	case TIOCGDEV:
		value = (u32)t->rdev;
		return tty_put(ubuf, &value, sizeof(value));
	case TIOCGSOFTCAR:
		value = (t->s.termios.c_cflag & CLOCAL) != 0;
		return tty_put(ubuf, &value, sizeof(value));
	case TIOCSSOFTCAR:
		err = tty_get(ubuf, &value, sizeof(value));
		if (!err)
			t->s.termios.c_cflag = (t->s.termios.c_cflag & ~(u32)CLOCAL) |
					       (value ? CLOCAL : 0);
		return err;
	}
	return -ENOTTY;
}

/* ioctl(2) on file `number` of a terminal whose lock is held. */
long tty_ioctl(struct tty *t, u64 number, u32 cmd, u64 arg, u32 ubuf)
{
	bool master = number & NUMBER_MASTER;
	long result = master ? pty_ioctl(t, cmd, arg, ubuf) : -ENOTTY;

	if (cmd == TIOCGPTPEER && !master)
		return -EIO;
	if (cmd == TIOCGWINSZ)
		return get_size(t, ubuf);
	if (cmd == TIOCSWINSZ)
		return set_size(t, ubuf);
	if (result == -ENOTTY)
		result = ioctl_settings(t, cmd, arg, ubuf);
	if (result == -ENOTTY)
		result = ioctl_queues(t, number, cmd, arg, ubuf);
	if (result == -ENOTTY)
		result = ioctl_job(t, master, cmd, arg, ubuf);
	if (result == -ENOTTY)
		result = ioctl_exclusive(t, cmd, ubuf);
	if (result == -ENOTTY)
		result = ioctl_discipline(t, cmd, ubuf);
	return result == -ENOTTY ? device_ioctl(t, cmd, arg, ubuf) : result;
}
