/* SPDX-License-Identifier: MIT */
/*
 * The line discipline: what input bytes do, by the settings of struct termios
 * (POSIX.1-2017 chapter 11, and Linux's additions: IEXTEN's word erase, literal
 * next and reprint, ECHOCTL, ECHOKE, ECHOPRT, IUTF8).
 *
 * Pure: it works on a struct tty whose lock the caller holds, calls nothing
 * but tty_signal() and pty_packet(), and commits where it must (internal.h).
 */
#include <string.h>
#include <whitix/signal.h>

#include "internal.h"

#define CTRL(c) ((c) & 0x1f)
#define DEL 0x7f
#define TAB_WIDTH 8
#define DISABLED 0		/* a control character that is switched off */
/* IXOFF: tell the other side to stop and to go on. */
#define IN_HIGH_WATER (TTY_IN_MAX * 3 / 4)
#define IN_LOW_WATER (TTY_IN_MAX / 4)
#define PARMRK_BYTES 3		/* most that one byte becomes under PARMRK */

static bool iflag(const struct tty *t, u32 flag)
{
	return t->s.termios.c_iflag & flag;
}

static bool lflag(const struct tty *t, u32 flag)
{
	return t->s.termios.c_lflag & flag;
}

static bool canonical(const struct tty *t)
{
	return lflag(t, ICANON);
}

/* `c` is control character number `which`, which is not switched off. */
static bool is_cc(const struct tty *t, u8 c, u32 which)
{
	return c == t->s.termios.c_cc[which] && c != DISABLED;
}

static bool is_control(u8 c)
{
	return c < ' ' || c == DEL;
}

/* Sets the state of a terminal that was just made: Linux's defaults. */
void ldisc_init(struct tty *t, bool pty)
{
	static const struct linux_termios initial = {
		.c_iflag = ICRNL | IXON,
		.c_oflag = OPOST | ONLCR,
		.c_cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL,
		.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL |
			   ECHOKE | IEXTEN,
		.c_cc = {
			[VINTR] = CTRL('C'), [VQUIT] = CTRL('\\'),
			[VERASE] = DEL, [VKILL] = CTRL('U'), [VEOF] = CTRL('D'),
			[VMIN] = 1, [VSTART] = CTRL('Q'), [VSTOP] = CTRL('S'),
			[VSUSP] = CTRL('Z'), [VREPRINT] = CTRL('R'),
			[VDISCARD] = CTRL('O'), [VWERASE] = CTRL('W'),
			[VLNEXT] = CTRL('V'),
		},
	};

	t->s.termios = initial;
	t->s.ispeed = t->s.ospeed = 115200;
	if (!pty)
		return;
	t->s.termios.c_cflag = B38400 | CS8 | CREAD;
	t->s.ispeed = t->s.ospeed = 38400;
}

/* ---- flow of output ----------------------------------------------------- */

/* Output goes on. */
void ldisc_start(struct tty *t)
{
	if (!t->s.stopped)
		return;
	t->s.stopped = false;
	pty_packet(t, TIOCPKT_START, TIOCPKT_STOP);
}

/* Output stops. */
void ldisc_stop(struct tty *t)
{
	if (t->s.stopped)
		return;
	t->s.stopped = true;
	pty_packet(t, TIOCPKT_STOP, TIOCPKT_START);
}

/* ---- echo ------------------------------------------------------------- */

static void echo_text(struct tty *t, const char *s)
{
	while (*s)
		opost_echo(t, (u8)*s++);
}

static bool echoes_as_control(const struct tty *t, u8 c)
{
	return lflag(t, ECHOCTL) && is_control(c) && c != '\t';
}

/* As ^X where ECHOCTL asks for it. */
static void echo_char(struct tty *t, u8 c)
{
	if (echoes_as_control(t, c)) {
		opost_echo(t, '^');
		opost_echo(t, c ^ 0x40);
		return;
	}
	opost_echo(t, c);
}

/* Ends what ECHOPRT shows of erased characters. */
static void finish_erasing(struct tty *t)
{
	if (!t->s.erasing)
		return;
	t->s.erasing = false;
	opost_echo(t, '/');
}

/* ---- the queue ----------------------------------------------------------- */

static u32 in_len(const struct tty *t)
{
	return t->s.in_end - t->s.in_tail;
}

static u8 in_at(const struct tty *t, u32 n)
{
	return t->in[n % TTY_IN_MAX];
}

/* Byte number `n` ends a line. */
static bool is_marked(const struct tty *t, u32 n)
{
	u32 at = n % TTY_IN_MAX;

	if ((s32)(n - t->s.mark_from) < 0)
		return t->s.push && n + 1 == t->s.push;
	return t->mark[at / 8] >> at % 8 & 1;
}

static bool is_eof(const struct tty *t, u32 n)
{
	return is_marked(t, n) && in_at(t, n) == DISABLED;
}

static void throttle(struct tty *t)
{
	if (iflag(t, IXOFF) && !t->s.throttled && in_len(t) > IN_HIGH_WATER) {
		t->s.throttled = true;
		t->priority = t->s.termios.c_cc[VSTOP];
	}
}

static void unthrottle(struct tty *t)
{
	if (t->s.throttled && (in_len(t) < IN_LOW_WATER || !iflag(t, IXOFF))) {
		t->s.throttled = false;
		t->priority = t->s.termios.c_cc[VSTART];
	}
}

/* Queues a byte, if there is room, marked or not. */
static void in_put(struct tty *t, u8 c, bool marked)
{
	u32 at = t->s.in_end % TTY_IN_MAX;
	u8 bit = (u8)(1u << at % 8);

	if (in_len(t) >= TTY_IN_MAX)
		return;
	t->in[at] = c;
	if (marked)
		t->mark[at / 8] |= bit;
	else
		t->mark[at / 8] &= (u8)~bit;
	t->s.in_end++;
	throttle(t);
}

/*
 * Bytes that can be queued now. One place is kept for the end of a line; where
 * that is all there is, and no line is complete, input goes on and is lost, so
 * that the end of the line is found.
 */
size_t ldisc_in_room(const struct tty *t)
{
	u32 room = TTY_IN_MAX - in_len(t);

	if (iflag(t, PARMRK))
		room = DIV_ROUND_UP(room, PARMRK_BYTES);
	room = room ? room - 1 : 0;
	if (!room && canonical(t) && t->s.in_ready == t->s.in_tail)
		return 1;
	return room;
}

/* Throws away all input. */
void ldisc_flush_input(struct tty *t)
{
	t->s.in_tail = t->s.in_ready = t->s.in_end;
	t->s.push = 0;
	t->s.literal_next = false;
	t->s.erasing = false;
	t->must_commit = true;
	unthrottle(t);
}

/* ---- editing --------------------------------------------------------------- */

/* Letters of ASCII and of Latin-1, as Linux counts them, digits and _. */
static bool is_word(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_' ||
	       (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

/* The number of the first byte of the open line's last character. */
static u32 last_character(const struct tty *t)
{
	u32 head = t->s.in_end;

	do {
		head--;
	} while (ldisc_continuation(t, in_at(t, head)) && head != t->s.in_ready);
	return head;
}

/* Goes back over a tab: as far as what stands before it on the line says. */
static void echo_erase_tab(struct tty *t)
{
	u32 columns = 0, at = t->s.in_end;
	bool after_tab = false;

	while (at != t->s.in_ready && !after_tab) {
		u8 c = in_at(t, --at);

		if (c == '\t')
			after_tab = true;
		else if (is_control(c))
			columns += lflag(t, ECHOCTL) ? 2 : 0;
		else if (!ldisc_continuation(t, c))
			columns++;
	}
	if (!after_tab)
		columns += t->s.line_column;
	for (columns = TAB_WIDTH - columns % TAB_WIDTH; columns; columns--)
		opost_echo(t, '\b');
}

/* ECHOPRT: shows `len` erased bytes that begin at `at`, after a \. */
static void echo_printed(struct tty *t, u32 at, u32 len)
{
	if (!t->s.erasing)
		opost_echo(t, '\\');
	t->s.erasing = true;
	echo_char(t, in_at(t, at));
	while (--len)
		opost_echo(t, in_at(t, ++at));
}

/* Takes the character that was just erased off the screen. */
static void echo_erased(struct tty *t, u8 c)
{
	if (c == '\t') {
		echo_erase_tab(t);
		return;
	}
	if (is_control(c) && lflag(t, ECHOCTL))
		echo_text(t, "\b \b");
	if (!is_control(c) || lflag(t, ECHOCTL))
		echo_text(t, "\b \b");
}

/* Takes the last character off the open line; `typed` erased it, 0: several. */
static void erase_one(struct tty *t, u8 typed)
{
	u32 head = last_character(t), len = t->s.in_end - head;
	u8 c = in_at(t, head);

	t->s.in_end = head;
	t->must_commit = true;
	if (!lflag(t, ECHO))
		return;
	if (lflag(t, ECHOPRT))
		echo_printed(t, head, len);
	else if (typed && !lflag(t, ECHOE))
		echo_char(t, typed);
	else
		echo_erased(t, c);
}

/* The open line has a whole character at its end. */
static bool can_erase(const struct tty *t)
{
	return t->s.in_end != t->s.in_ready &&
	       !ldisc_continuation(t, in_at(t, last_character(t)));
}

/* Erases blanks and other signs up to a word, then the word. */
static void edit_word_erase(struct tty *t)
{
	bool seen = false;

	while (can_erase(t)) {
		bool word = is_word(in_at(t, last_character(t)));

		if (seen && !word)
			break;
		seen |= word;
		erase_one(t, 0);
	}
}

static void edit_kill(struct tty *t, u8 c)
{
	if (lflag(t, ECHO) && lflag(t, ECHOK) && lflag(t, ECHOKE) && lflag(t, ECHOE)) {
		while (can_erase(t))
			erase_one(t, 0);
		return;
	}
	t->s.in_end = t->s.in_ready;
	t->must_commit = true;
	if (!lflag(t, ECHO))
		return;
	finish_erasing(t);
	echo_char(t, c);
	if (lflag(t, ECHOK))
		opost_echo(t, '\n');
}

static void edit_erase(struct tty *t, u8 c)
{
	if (t->s.in_end == t->s.in_ready)
		return;
	if (is_cc(t, c, VERASE)) {
		if (can_erase(t))
			erase_one(t, c);
	} else if (is_cc(t, c, VKILL)) {
		edit_kill(t, c);
	} else {
		edit_word_erase(t);
	}
	if (t->s.in_end == t->s.in_ready && lflag(t, ECHO))
		finish_erasing(t);
}

static void edit_reprint(struct tty *t, u8 c)
{
	finish_erasing(t);
	echo_char(t, c);
	opost_echo(t, '\n');
	for (u32 i = t->s.in_ready; i != t->s.in_end; i++)
		echo_char(t, in_at(t, i));
}

static void edit_literal_next(struct tty *t)
{
	t->s.literal_next = true;
	if (!lflag(t, ECHO))
		return;
	finish_erasing(t);
	if (lflag(t, ECHOCTL))
		echo_text(t, "^\b");
}

/* The editing characters. Returns whether `c` was one. */
static bool input_edit(struct tty *t, u8 c)
{
	bool extended = lflag(t, IEXTEN);

	if (is_cc(t, c, VERASE) || is_cc(t, c, VKILL) ||
	    (extended && is_cc(t, c, VWERASE)))
		edit_erase(t, c);
	else if (extended && is_cc(t, c, VLNEXT))
		edit_literal_next(t);
	else if (extended && lflag(t, ECHO) && is_cc(t, c, VREPRINT))
		edit_reprint(t, c);
	else
		return false;
	return true;
}

/* Ends the open line with `c`. */
static void end_line(struct tty *t, u8 c)
{
	in_put(t, c, true);
	t->s.in_ready = t->s.in_end;
}

/* Where the open line begins on the screen, before its first echo. */
static void note_column(struct tty *t)
{
	if (t->s.in_end == t->s.in_ready)
		t->s.line_column = t->s.column;
}

/* The characters that end a line. Returns whether `c` was one. */
static bool input_line_end(struct tty *t, u8 c)
{
	if (c == '\n') {
		if (lflag(t, ECHO) || lflag(t, ECHONL))
			opost_echo(t, '\n');
		end_line(t, c);
		return true;
	}
	if (is_cc(t, c, VEOF)) {
		end_line(t, DISABLED);
		return true;
	}
	if (is_cc(t, c, VEOL) || (lflag(t, IEXTEN) && is_cc(t, c, VEOL2))) {
		if (lflag(t, ECHO)) {
			note_column(t);
			echo_char(t, c);
		}
		if (iflag(t, PARMRK) && c == 0xff)
			in_put(t, c, false);
		end_line(t, c);
		return true;
	}
	return false;
}

/* ---- bytes ------------------------------------------------------------------- */

/* An ordinary byte: echoed and queued. */
static void input_plain(struct tty *t, u8 c)
{
	if (lflag(t, ECHO)) {
		finish_erasing(t);
		if (c == '\n') {
			opost_echo(t, c);
		} else {
			note_column(t);
			echo_char(t, c);
		}
	}
	if (iflag(t, PARMRK) && c == 0xff)
		in_put(t, c, false);
	in_put(t, c, false);
}

/* XON and XOFF. Returns whether `c` was one. */
static bool input_flow(struct tty *t, u8 c)
{
	if (!iflag(t, IXON))
		return false;
	if (is_cc(t, c, VSTART)) {
		ldisc_start(t);
		return true;
	}
	if (is_cc(t, c, VSTOP)) {
		ldisc_stop(t);
		return true;
	}
	return false;
}

/* A signal for the foreground, and what it flushes. */
static void send_signal(struct tty *t, u32 sig)
{
	if (!lflag(t, NOFLSH)) {
		ldisc_flush_input(t);
		ldisc_flush_echo(t);
		ldisc_flush_output(t);
		pty_packet(t, TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE, 0);
	}
	tty_signal(t, sig);
}

/* Characters that send signals. Returns whether `c` was one. */
static bool input_signal(struct tty *t, u8 c)
{
	u32 sig;

	if (!lflag(t, ISIG))
		return false;
	if (is_cc(t, c, VINTR))
		sig = SIGINT;
	else if (is_cc(t, c, VQUIT))
		sig = SIGQUIT;
	else if (is_cc(t, c, VSUSP))
		sig = SIGTSTP;
	else
		return false;
	send_signal(t, sig);
	if (iflag(t, IXON))
		ldisc_start(t);
	if (lflag(t, ECHO))
		echo_char(t, c);
	return true;
}

/* Carriage return and newline as the settings exchange them; false: dropped. */
static bool input_translate(const struct tty *t, u8 *c)
{
	if (*c == '\r') {
		if (iflag(t, IGNCR))
			return false;
		if (iflag(t, ICRNL))
			*c = '\n';
	} else if (*c == '\n' && iflag(t, INLCR)) {
		*c = '\r';
	}
	return true;
}

static void input_byte(struct tty *t, u8 c)
{
	if (iflag(t, ISTRIP))
		c &= 0x7f;
	if (iflag(t, IUCLC) && lflag(t, IEXTEN) && c >= 'A' && c <= 'Z')
		c = (u8)(c - 'A' + 'a');
	if (t->s.literal_next) {
		t->s.literal_next = false;
		input_plain(t, c);
		return;
	}
	if (input_flow(t, c) || input_signal(t, c))
		return;
	if (t->s.stopped && iflag(t, IXON) && iflag(t, IXANY))
		ldisc_start(t);
	if (!input_translate(t, &c))
		return;
	if (canonical(t) && (input_edit(t, c) || input_line_end(t, c)))
		return;
	input_plain(t, c);
}

/* Nothing but the queue is concerned by any byte. */
static bool is_transparent(const struct tty *t)
{
	return !lflag(t, ICANON | ECHO | ISIG) &&
	       !iflag(t, ISTRIP | IUCLC | IXON | INLCR | IGNCR | ICRNL | PARMRK) &&
	       !t->s.literal_next;
}

/* The same for many bytes that are only queued. */
static size_t input_run(struct tty *t, const u8 *buf, size_t len)
{
	len = MIN(len, ldisc_in_room(t));
	for (size_t i = 0; i < len; i++)
		in_put(t, buf[i], false);
	return len;
}

/*
 * Bytes that arrived. Returns how many there was room for. `s.input_done` counts
 * on, for who calls again after a reset.
 */
size_t ldisc_input(struct tty *t, const u8 *buf, size_t len)
{
	size_t i;

	t->echo_begin = t->s.out_head;
	if (is_transparent(t)) {
		len = input_run(t, buf, len);
		t->s.input_done += (u32)len;
		return len;
	}
	for (i = 0; i < len && ldisc_in_room(t); i++) {
		if (in_len(t) == TTY_IN_MAX) {	/* it gives way: see ldisc_in_room() */
			t->s.in_end--;
			tty_commit(t);
		}
		input_byte(t, buf[i]);
		t->s.input_done++;
		if (t->must_commit)
			tty_commit(t);
	}
	return i;
}

/* A break, or a byte with an error, as TTY_INPUT_* in tty.h. */
void ldisc_input_error(struct tty *t, u32 kind, u8 c)
{
	t->echo_begin = t->s.out_head;
	if (kind == TTY_INPUT_BREAK) {
		if (iflag(t, IGNBRK))
			return;
		if (iflag(t, BRKINT)) {
			send_signal(t, SIGINT);
			return;
		}
		c = DISABLED;
	} else if (!iflag(t, INPCK)) {
		in_put(t, c, false);
		return;
	} else if (iflag(t, IGNPAR)) {
		return;
	}
	if (iflag(t, PARMRK)) {
		in_put(t, 0xff, false);
		in_put(t, DISABLED, false);
		in_put(t, c, false);
	} else {
		in_put(t, DISABLED, false);
	}
}

/* ---- reading ----------------------------------------------------------- */

/* Bytes that a read could get now, without VMIN and VTIME: FIONREAD. */
size_t ldisc_waiting(const struct tty *t)
{
	size_t n = 0;

	if (!canonical(t))
		return in_len(t);
	for (u32 i = t->s.in_tail; i != t->s.in_ready; i++)
		n += !is_eof(t, i);
	return n;
}

/*
 * Whether a read of `len` bytes can be answered: the bytes that it would get
 * (0: end of file), or TTY_NOT_READY. Canonical: a line is there. Else: VMIN
 * bytes are, or as many as are wanted.
 */
long ldisc_readable(const struct tty *t, size_t len)
{
	size_t want = t->s.termios.c_cc[VMIN];
	u32 n = 0;

	if (canonical(t)) {
		if (t->s.in_tail == t->s.in_ready)
			return TTY_NOT_READY;
		for (; t->s.in_tail + n != t->s.in_ready; n++) {
			if (n == len || is_eof(t, t->s.in_tail + n))
				return n;
			if (is_marked(t, t->s.in_tail + n))
				return n + 1;
		}
		return n;
	}
	n = in_len(t);
	if (n < MIN(want, len))
		return TTY_NOT_READY;
	return (long)MIN((size_t)n, len);
}

/* Copies `len` readable bytes after the first `skip`; they stay in the queue. */
size_t ldisc_peek(const struct tty *t, size_t skip, u8 *buf, size_t len)
{
	size_t n = MIN(len, in_len(t) - MIN(skip, (size_t)in_len(t)));

	for (size_t i = 0; i < n; i++)
		buf[i] = in_at(t, t->s.in_tail + (u32)(skip + i));
	return n;
}

/*
 * Takes `len` bytes off the queue, and an end-of-file mark that follows them:
 * it ends their line, or is itself what was read.
 */
void ldisc_consume(struct tty *t, size_t len)
{
	bool ended = len && is_marked(t, t->s.in_tail + (u32)len - 1);

	t->s.in_tail += (u32)len;
	if (canonical(t) && !ended && (s32)(t->s.in_ready - t->s.in_tail) > 0 &&
	    is_eof(t, t->s.in_tail))
		t->s.in_tail++;
	if ((s32)(t->s.in_ready - t->s.in_tail) < 0)
		t->s.in_ready = t->s.in_tail;
	unthrottle(t);
}

/* IXON with the usual characters: what packet mode tells the master. */
static bool usual_flow(const struct tty *t)
{
	return iflag(t, IXON) && t->s.termios.c_cc[VSTOP] == CTRL('S') &&
	       t->s.termios.c_cc[VSTART] == CTRL('Q');
}

/*
 * Changes the settings. Where ICANON changes, what is in the queue becomes one
 * line, or loses its ends of lines.
 */
void ldisc_set_termios(struct tty *t, const struct linux_termios *termios)
{
	bool was = canonical(t), flow = usual_flow(t), xon = iflag(t, IXON);

	t->s.termios = *termios;
	if (xon && !iflag(t, IXON) && !t->s.suspended)
		ldisc_start(t);
	if (flow != usual_flow(t))
		pty_packet(t, flow ? TIOCPKT_NOSTOP : TIOCPKT_DOSTOP,
			   flow ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP);
	unthrottle(t);
	if (was == canonical(t))
		return;
	t->s.literal_next = false;
	t->s.erasing = false;
	t->s.mark_from = t->s.in_end;
	t->s.push = canonical(t) && in_len(t) ? t->s.in_end : 0;
	t->s.in_ready = t->s.push ? t->s.in_end : t->s.in_tail;
}
