/* SPDX-License-Identifier: MIT */
/*
 * The line discipline's output side: what OPOST makes of a byte, and the output
 * queue. Pure, as ldisc.c.
 */
#include <string.h>

#include "internal.h"

#define DEL 0x7f
#define TAB_WIDTH 8

static bool oflag(const struct tty *t, u32 flag)
{
	return t->s.termios.c_oflag & flag;
}

/* A byte that goes on with a UTF-8 character, where IUTF8 says it is one. */
bool ldisc_continuation(const struct tty *t, u8 c)
{
	return (t->s.termios.c_iflag & IUTF8) && (c & 0xc0) == 0x80;
}

/* Bytes that wait for the port, or for the master. */
u32 ldisc_out_len(const struct tty *t)
{
	return t->s.out_head - t->s.out_tail;
}

/* Bytes that the output queue can take. A stopped pseudo terminal takes none. */
u32 ldisc_out_room(const struct tty *t)
{
	if (tty_is_pty(t) && (t->s.stopped || t->s.suspended))
		return 0;
	return TTY_OUT_MAX - ldisc_out_len(t);
}

/* Queues one byte; the caller made sure that there is room. */
void opost_put(struct tty *t, u8 c)
{
	t->out[t->s.out_head++ % TTY_OUT_MAX] = c;
	t->out_new = true;
}

static void out_tab(struct tty *t)
{
	u32 width = TAB_WIDTH - t->s.column % TAB_WIDTH;

	t->s.column += width;
	if ((t->s.termios.c_oflag & TABDLY) != XTABS) {
		opost_put(t, '\t');
		return;
	}
	while (width--)
		opost_put(t, ' ');
}

static void out_newline(struct tty *t)
{
	if (oflag(t, ONLRET) || oflag(t, ONLCR))
		t->s.column = 0;
	if (oflag(t, ONLCR))
		opost_put(t, '\r');
	t->s.line_column = t->s.column;
	opost_put(t, '\n');
}

static void out_return(struct tty *t)
{
	if (oflag(t, ONOCR) && t->s.column == 0)
		return;
	if (oflag(t, OCRNL)) {
		if (oflag(t, ONLRET))
			t->s.line_column = t->s.column = 0;
		opost_put(t, '\n');
		return;
	}
	t->s.line_column = t->s.column = 0;
	opost_put(t, '\r');
}

static void out_plain(struct tty *t, u8 c)
{
	if (oflag(t, OLCUC) && c >= 'a' && c <= 'z')
		c = (u8)(c - 'a' + 'A');
	if (c >= ' ' && c != DEL && !ldisc_continuation(t, c))
		t->s.column++;
	opost_put(t, c);
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
		if (t->s.column)
			t->s.column--;
		opost_put(t, c);
		break;
	default:
		out_plain(t, c);
		break;
	}
}

/* Bytes from `buf` on that OPOST leaves as they are, at most `len`. */
static size_t plain_run(const struct tty *t, const u8 *buf, size_t len)
{
	size_t n = 0;

	if (!oflag(t, OPOST))
		return len;
	if (oflag(t, OLCUC))
		return 0;
	while (n < len && buf[n] >= ' ' && buf[n] < DEL)
		n++;
	return n;
}

/* Queues a run that needs no look at each byte. */
static void put_run(struct tty *t, const u8 *buf, size_t len)
{
	size_t begin = t->s.out_head % TTY_OUT_MAX;
	size_t first = MIN(len, TTY_OUT_MAX - begin);

	memcpy(t->out + begin, buf, first);
	memcpy(t->out, buf + first, len - first);
	t->s.out_head += (u32)len;
	if (oflag(t, OPOST))
		t->s.column += (u32)len;
	t->out_new |= len != 0;
}

/*
 * Queues a program's output as far as there is room. Returns how many bytes of
 * `buf` it took.
 */
size_t ldisc_output(struct tty *t, const u8 *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		u32 room = ldisc_out_room(t);
		size_t run = plain_run(t, buf + done, MIN(len - done, (size_t)room));

		put_run(t, buf + done, run);
		done += run;
		if (done == len || ldisc_out_room(t) < TAB_WIDTH)
			break;
		if (oflag(t, OPOST))
			out_processed(t, buf[done++]);
	}
	return done;
}

/* Throws away the echo of input that is worked on now. */
void ldisc_flush_echo(struct tty *t)
{
	if ((s32)(t->echo_begin - t->s.out_tail) < 0)
		return;
	t->s.out_head = t->echo_begin;
	t->must_commit = true;
}

/*
 * Throws away what waits for the port. What a pseudo terminal has written is
 * with its master already, as on Linux.
 */
void ldisc_flush_output(struct tty *t)
{
	if (tty_is_pty(t))
		return;
	t->s.out_tail = t->s.out_head;
	t->out_epoch++;
	t->must_commit = true;
}

/* Echoes a byte as output. An echo that finds no room is lost. */
void opost_echo(struct tty *t, u8 c)
{
	if (TTY_OUT_MAX - ldisc_out_len(t) < TTY_ECHO_MAX)
		return;
	if (oflag(t, OPOST))
		out_processed(t, c);
	else
		opost_put(t, c);
}
