/* SPDX-License-Identifier: MIT */
/*
 * The line discipline: what input and output bytes do, by the settings of
 * struct termios (POSIX.1-2017 chapter 11, and Linux's additions: IEXTEN's
 * word erase, literal next and reprint, ECHOCTL, ECHOKE, IUTF8).
 *
 * Pure: it works on a struct tty whose lock the caller holds, calls nothing
 * but tty_signal(), and never sleeps.
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

static bool iflag(const struct tty *t, u32 flag)
{
	return t->termios.c_iflag & flag;
}

static bool oflag(const struct tty *t, u32 flag)
{
	return t->termios.c_oflag & flag;
}

static bool lflag(const struct tty *t, u32 flag)
{
	return t->termios.c_lflag & flag;
}

/* `c` is control character number `which`, which is not switched off. */
static bool is_cc(const struct tty *t, u8 c, u32 which)
{
	return c == t->termios.c_cc[which] && c != DISABLED;
}

static bool is_continuation(const struct tty *t, u8 c)
{
	return iflag(t, IUTF8) && (c & 0xc0) == 0x80;
}

/* Sets the state of a terminal that was just made: Linux's defaults. */
void ldisc_init(struct tty *t)
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

	t->termios = initial;
}

/* ---- output ----------------------------------------------------------- */

/* Bytes that wait for the port. */
u32 ldisc_out_len(const struct tty *t)
{
	return t->out_head - t->out_tail;
}

/* Bytes that the output queue can take. */
u32 ldisc_out_room(const struct tty *t)
{
	return TTY_OUT_MAX - ldisc_out_len(t);
}

/* Queues one byte; the caller made sure that there is room. */
static void out_put(struct tty *t, u8 c)
{
	t->out[t->out_head++ % TTY_OUT_MAX] = c;
}

static void out_tab(struct tty *t)
{
	u32 width = TAB_WIDTH - t->column % TAB_WIDTH;

	t->column += width;
	if ((t->termios.c_oflag & TABDLY) != XTABS) {
		out_put(t, '\t');
		return;
	}
	while (width--)
		out_put(t, ' ');
}

static void out_newline(struct tty *t)
{
	if (oflag(t, ONLCR)) {
		t->column = 0;
		out_put(t, '\r');
	} else if (oflag(t, ONLRET)) {
		t->column = 0;
	}
	out_put(t, '\n');
}

static void out_return(struct tty *t)
{
	if (oflag(t, ONOCR) && t->column == 0)
		return;
	if (oflag(t, OCRNL)) {
		if (oflag(t, ONLRET))
			t->column = 0;
		out_put(t, '\n');
		return;
	}
	t->column = 0;
	out_put(t, '\r');
}

static void out_plain(struct tty *t, u8 c)
{
	if (oflag(t, OLCUC) && c >= 'a' && c <= 'z')
		c = (u8)(c - 'a' + 'A');
	if (c >= ' ' && c != DEL && !is_continuation(t, c))
		t->column++;
	out_put(t, c);
}

/* One byte through OPOST. It becomes at most TAB_WIDTH bytes. */
static void out_processed(struct tty *t, u8 c)
{
	switch (c) {
	case '\n':
		out_newline(t);
		break;
	case '\r':
		out_return(t);
		break;
	case '\t':
		out_tab(t);
		break;
	case '\b':
		if (t->column)
			t->column--;
		out_put(t, c);
		break;
	default:
		out_plain(t, c);
		break;
	}
}

/*
 * Queues a program's output as far as there is room. Returns how many bytes of
 * `buf` it took.
 */
size_t ldisc_output(struct tty *t, const u8 *buf, size_t len)
{
	size_t done;

	for (done = 0; done < len; done++) {
		if (ldisc_out_room(t) < TAB_WIDTH)
			break;
		if (oflag(t, OPOST))
			out_processed(t, buf[done]);
		else
			out_put(t, buf[done]);
	}
	return done;
}

/* Throws away what waits for the port. */
void ldisc_flush_output(struct tty *t)
{
	t->out_tail = t->out_head;
	t->out_epoch++;
}

/* ---- echo ------------------------------------------------------------- */

/* An echo that finds no room is lost. */
static void echo_byte(struct tty *t, u8 c)
{
	if (ldisc_out_room(t) < TTY_ECHO_MAX)
		return;
	if (oflag(t, OPOST))
		out_processed(t, c);
	else
		out_put(t, c);
}

static void echo_text(struct tty *t, const char *s)
{
	while (*s)
		echo_byte(t, (u8)*s++);
}

static bool echoes_as_control(const struct tty *t, u8 c)
{
	return lflag(t, ECHOCTL) && (c < ' ' || c == DEL) && c != '\t';
}

/* As ^X where ECHOCTL asks for it. */
static void echo_char(struct tty *t, u8 c)
{
	if (echoes_as_control(t, c)) {
		echo_byte(t, '^');
		echo_byte(t, c ^ 0x40);
		return;
	}
	echo_byte(t, c);
}

/* Column after `c` is echoed at `column`. */
static u32 column_after(const struct tty *t, u32 column, u8 c)
{
	if (c == '\t')
		return column + TAB_WIDTH - column % TAB_WIDTH;
	if (echoes_as_control(t, c))
		return column + 2;
	if (c < ' ' || c == DEL || is_continuation(t, c))
		return column;
	return column + 1;
}

/* Width on the screen of the open line's byte at `at`. */
static u32 width_at(const struct tty *t, u32 at)
{
	u32 column = t->line_column;

	for (u32 i = t->in_ready; i < at; i++)
		column = column_after(t, column, (u8)t->in[i]);
	return column_after(t, column, (u8)t->in[at]) - column;
}

static void echo_erase(struct tty *t, u8 c, u32 width)
{
	while (width--)
		echo_text(t, c == '\t' ? "\b" : "\b \b");
}

/* ---- input: the queue -------------------------------------------------- */

static bool canonical(const struct tty *t)
{
	return lflag(t, ICANON);
}

static u32 in_len(const struct tty *t)
{
	return t->in_end - t->in_first;
}

/* Moves the queue to the front of its buffer, to have all the room behind it. */
static void in_compact(struct tty *t)
{
	if (!t->in_first)
		return;
	memmove(t->in, t->in + t->in_first, in_len(t) * sizeof(t->in[0]));
	t->in_ready -= t->in_first;
	t->in_end -= t->in_first;
	t->in_first = 0;
}

static void throttle(struct tty *t)
{
	if (iflag(t, IXOFF) && !t->throttled && in_len(t) > IN_HIGH_WATER) {
		t->throttled = true;
		t->priority = t->termios.c_cc[VSTOP];
	}
}

static void unthrottle(struct tty *t)
{
	if (t->throttled && (in_len(t) < IN_LOW_WATER || !iflag(t, IXOFF))) {
		t->throttled = false;
		t->priority = t->termios.c_cc[VSTART];
	}
}

/*
 * Queues a byte, with or without TTY_IN_MARK. One place is kept for the end of
 * a line. Returns whether there was room.
 */
static bool in_put(struct tty *t, u16 c)
{
	u32 keep = canonical(t) && !(c & TTY_IN_MARK) ? 1 : 0;

	if (t->in_end + keep >= TTY_IN_MAX)
		in_compact(t);
	if (t->in_end + keep >= TTY_IN_MAX) {
		if (iflag(t, IMAXBEL))
			echo_byte(t, '\a');
		return false;
	}
	t->in[t->in_end++] = c;
	t->in_changed = true;
	throttle(t);
	return true;
}

/* Throws away all input. */
void ldisc_flush_input(struct tty *t)
{
	t->in_first = 0;
	t->in_ready = 0;
	t->in_end = 0;
	t->in_changed = true;
	t->literal_next = false;
	unthrottle(t);
}

/* ---- input: editing ---------------------------------------------------- */

static bool is_word(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

/* Takes the last character off the open line, and off the screen. */
static void erase_one(struct tty *t)
{
	u32 width = 0;
	u8 c;

	do {
		c = (u8)t->in[t->in_end - 1];
		width += width_at(t, t->in_end - 1);
		t->in_end--;
	} while (is_continuation(t, c) && t->in_end > t->in_ready);
	t->in_changed = true;
	if (lflag(t, ECHO) && lflag(t, ECHOE))
		echo_erase(t, c, width);
}

static void edit_erase(struct tty *t, u8 c)
{
	if (t->in_end == t->in_ready)
		return;
	erase_one(t);
	if (lflag(t, ECHO) && !lflag(t, ECHOE))
		echo_char(t, c);
}

/* Erases blanks and other signs up to a word, then the word. */
static void edit_word_erase(struct tty *t)
{
	bool seen = false;

	while (t->in_end > t->in_ready) {
		bool word = is_word((u8)t->in[t->in_end - 1]);

		if (seen && !word)
			break;
		seen |= word;
		erase_one(t);
	}
}

static void edit_kill(struct tty *t, u8 c)
{
	if (lflag(t, ECHO) && lflag(t, ECHOK) && lflag(t, ECHOKE) && lflag(t, ECHOE)) {
		while (t->in_end > t->in_ready)
			erase_one(t);
		return;
	}
	t->in_end = t->in_ready;
	t->in_changed = true;
	if (!lflag(t, ECHO))
		return;
	echo_char(t, c);
	if (lflag(t, ECHOK))
		echo_byte(t, '\n');
}

static void edit_reprint(struct tty *t, u8 c)
{
	echo_char(t, c);
	echo_byte(t, '\n');
	t->line_column = t->column;
	for (u32 i = t->in_ready; i < t->in_end; i++)
		echo_char(t, (u8)t->in[i]);
}

static void edit_literal_next(struct tty *t)
{
	t->literal_next = true;
	if (lflag(t, ECHO) && lflag(t, ECHOCTL))
		echo_text(t, "^\b");
}

/* The editing characters. Returns whether `c` was one. */
static bool input_edit(struct tty *t, u8 c)
{
	bool extended = lflag(t, IEXTEN);

	if (is_cc(t, c, VERASE))
		edit_erase(t, c);
	else if (is_cc(t, c, VKILL))
		edit_kill(t, c);
	else if (extended && is_cc(t, c, VWERASE))
		edit_word_erase(t);
	else if (extended && is_cc(t, c, VLNEXT))
		edit_literal_next(t);
	else if (extended && lflag(t, ECHO) && is_cc(t, c, VREPRINT))
		edit_reprint(t, c);
	else
		return false;
	return true;
}

/* Ends the open line with `c`, which is marked. */
static void end_line(struct tty *t, u8 c)
{
	if (in_put(t, c | TTY_IN_MARK))
		t->in_ready = t->in_end;
}

/* The characters that end a line. Returns whether `c` was one. */
static bool input_line_end(struct tty *t, u8 c)
{
	if (c == '\n') {
		if (lflag(t, ECHO) || lflag(t, ECHONL))
			echo_byte(t, '\n');
		end_line(t, c);
		return true;
	}
	if (is_cc(t, c, VEOF)) {
		end_line(t, DISABLED);
		return true;
	}
	if (is_cc(t, c, VEOL) || (lflag(t, IEXTEN) && is_cc(t, c, VEOL2))) {
		if (lflag(t, ECHO))
			echo_char(t, c);
		end_line(t, c);
		return true;
	}
	return false;
}

/* ---- input: bytes ------------------------------------------------------ */

/* An ordinary byte: echoed and queued. */
static void input_plain(struct tty *t, u8 c)
{
	if (canonical(t) && t->in_end == t->in_ready)
		t->line_column = t->column;
	if (iflag(t, PARMRK) && c == 0xff && !in_put(t, c))
		return;
	if (!in_put(t, c) || !lflag(t, ECHO))
		return;
	if (c == '\n')
		echo_byte(t, c);
	else
		echo_char(t, c);
}

/* XON and XOFF. Returns whether `c` was one. */
static bool input_flow(struct tty *t, u8 c)
{
	if (!iflag(t, IXON))
		return false;
	if (is_cc(t, c, VSTART) && (t->stopped || !is_cc(t, c, VSTOP))) {
		t->stopped = false;
		return true;
	}
	if (is_cc(t, c, VSTOP)) {
		t->stopped = true;
		return true;
	}
	return false;
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

	if (!lflag(t, NOFLSH)) {
		ldisc_flush_input(t);
		ldisc_flush_output(t);
	}
	if (iflag(t, IXON))
		t->stopped = false;
	if (lflag(t, ECHO))
		echo_char(t, c);
	tty_signal(t, sig);
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
	if (t->literal_next) {
		t->literal_next = false;
		input_plain(t, c);
		return;
	}
	if (input_flow(t, c))
		return;
	if (input_signal(t, c))
		return;
	if (t->stopped && iflag(t, IXON) && iflag(t, IXANY))
		t->stopped = false;
	if (!input_translate(t, &c))
		return;
	if (canonical(t) && (input_edit(t, c) || input_line_end(t, c)))
		return;
	input_plain(t, c);
}

/* Bytes that arrived from the hardware. */
void ldisc_input(struct tty *t, const u8 *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		input_byte(t, buf[i]);
}

/* ---- reading ----------------------------------------------------------- */

/* Bytes that a read could get now, without VMIN and VTIME: FIONREAD. */
size_t ldisc_waiting(const struct tty *t)
{
	u32 end = canonical(t) ? t->in_ready : t->in_end;
	size_t n = 0;

	for (u32 i = t->in_first; i < end; i++)
		n += t->in[i] != (DISABLED | TTY_IN_MARK);
	return n;
}

/*
 * Whether a read of `len` bytes can be answered: the bytes that it would get
 * (0: end of file), or TTY_NOT_READY. Canonical: a line is there. Else: VMIN
 * bytes are, or as many as are wanted.
 */
long ldisc_readable(const struct tty *t, size_t len)
{
	size_t want = t->termios.c_cc[VMIN];
	u32 n;

	if (canonical(t)) {
		if (t->in_first == t->in_ready)
			return TTY_NOT_READY;
		for (n = 0; t->in_first + n < t->in_ready; n++) {
			u16 c = t->in[t->in_first + n];

			if (n == len || c == (DISABLED | TTY_IN_MARK))
				return n;
			if (c & TTY_IN_MARK)
				return n + 1;
		}
		return n;
	}
	n = in_len(t);
	if (n < MIN(want, len))
		return TTY_NOT_READY;
	return (long)MIN((size_t)n, len);
}

/* Copies the first `len` bytes that are readable; they stay in the queue. */
size_t ldisc_peek(const struct tty *t, u8 *buf, size_t len)
{
	size_t n = MIN(len, (size_t)in_len(t));

	for (size_t i = 0; i < n; i++)
		buf[i] = (u8)t->in[t->in_first + i];
	return n;
}

/*
 * Takes `len` bytes off the queue, and an end-of-file mark that follows them:
 * it ends their line, or is itself what was read.
 */
void ldisc_consume(struct tty *t, size_t len)
{
	bool ended = len && (t->in[t->in_first + len - 1] & TTY_IN_MARK);

	t->in_first += (u32)len;
	if (canonical(t) && !ended && t->in_first < t->in_ready &&
	    t->in[t->in_first] == (DISABLED | TTY_IN_MARK))
		t->in_first++;
	if (t->in_ready < t->in_first)
		t->in_ready = t->in_first;
	if (t->in_first == t->in_end)
		t->in_first = t->in_ready = t->in_end = 0;
	t->in_changed = true;
	unthrottle(t);
}

/*
 * Changes the settings. Where ICANON changes, what is in the queue becomes one
 * line, or loses its ends of lines.
 */
void ldisc_set_termios(struct tty *t, const struct linux_termios *termios)
{
	bool was = canonical(t);

	t->termios = *termios;
	t->literal_next = false;
	if (!iflag(t, IXON))
		t->stopped = false;
	if (was == canonical(t))
		return;
	for (u32 i = t->in_first; i < t->in_end; i++)
		t->in[i] &= 0xff;
	if (canonical(t) && in_len(t)) {
		t->in[t->in_end - 1] |= TTY_IN_MARK;
		t->in_ready = t->in_end;
	} else if (!canonical(t)) {
		t->in_ready = t->in_first;
	}
	t->in_changed = true;
	unthrottle(t);
}
