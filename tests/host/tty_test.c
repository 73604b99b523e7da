/* SPDX-License-Identifier: MIT */
/*
 * The line discipline (drivers/tty/ldisc.c) by a table: settings, what is typed,
 * what is echoed, what each read gives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../drivers/tty/ldisc.c"
#define oflag oflag_of_output
#undef DEL
#undef TAB_WIDTH
#include "../../drivers/tty/opost.c"

#define READS_MAX 4

static u32 last_signal;

void tty_signal(struct tty *t, u32 sig)
{
	last_signal = sig;
}

void tty_commit(struct tty *t)
{
	t->must_commit = false;
}

void pty_packet(struct tty *t, u8 set, u8 clear)
{
}

struct ldisc_case {
	const char *name;
	/* flags added to and taken from the defaults */
	u32 iflag, no_iflag, oflag, no_oflag, lflag, no_lflag;
	u8 vmin;
	const char *typed;
	const char *echoed;	/* NULL: not looked at */
	/* what reads give in turn; then there is nothing (NULL) */
	const char *read[READS_MAX];
	u32 signal;
};

static const struct ldisc_case cases[] = {
	{ .name = "a line", .typed = "hello\r", .echoed = "hello\r\n",
	  .read = { "hello\n" } },
	{ .name = "two lines", .typed = "a\rb\r", .read = { "a\n", "b\n" } },
	{ .name = "no whole line", .typed = "abc", .echoed = "abc" },
	{ .name = "erase", .typed = "abd\177c\r", .echoed = "abd\b \bc\r\n",
	  .read = { "abc\n" } },
	{ .name = "erase at the beginning", .typed = "\177\177x\r", .echoed = "x\r\n",
	  .read = { "x\n" } },
	{ .name = "erase without ECHOE", .no_lflag = ECHOE, .typed = "ab\177\r",
	  .echoed = "ab^?\r\n", .read = { "a\n" } },
	{ .name = "erase of a control character takes two columns",
	  .typed = "a\026\003\177\r", .echoed = "a^\b^C\b \b\b \b\r\n",
	  .read = { "a\n" } },
	{ .name = "erase of a tab", .typed = "ab\t\177\r",
	  .echoed = "ab\t\b\b\b\b\b\b\r\n", .read = { "ab\n" } },
	{ .name = "erase of UTF-8", .iflag = IUTF8, .typed = "a\303\244\177b\r",
	  .echoed = "a\303\244\b \bb\r\n", .read = { "ab\n" } },
	{ .name = "erase does not reach back over a line", .typed = "a\r\177\177b\r",
	  .read = { "a\n", "b\n" } },
	{ .name = "kill", .typed = "abc\025x\r", .echoed = "abc\b \b\b \b\b \bx\r\n",
	  .read = { "x\n" } },
	{ .name = "kill without ECHOKE", .no_lflag = ECHOKE, .typed = "abc\025x\r",
	  .echoed = "abc^U\r\nx\r\n", .read = { "x\n" } },
	{ .name = "word erase", .typed = "foo bar  \027x\r",
	  .read = { "foo x\n" } },
	{ .name = "word erase needs IEXTEN", .no_lflag = IEXTEN, .typed = "a\027\r",
	  .echoed = "a^W\r\n", .read = { "a\027\n" } },
	{ .name = "literal next", .typed = "\026\177\026\r\r",
	  .read = { "\177\r\n" } },
	{ .name = "reprint", .typed = "ab\022\r", .echoed = "ab^R\r\nab\r\n",
	  .read = { "ab\n" } },
	{ .name = "end of file after text", .typed = "abc\004", .echoed = "abc",
	  .read = { "abc" } },
	{ .name = "end of file alone", .typed = "\004", .echoed = "", .read = { "" } },
	{ .name = "end of file twice", .typed = "a\004\004", .read = { "a", "" } },
	{ .name = "line, then end of file", .typed = "a\r\004", .read = { "a\n", "" } },
	{ .name = "no echo", .no_lflag = ECHO, .typed = "pw\r", .echoed = "",
	  .read = { "pw\n" } },
	{ .name = "ECHONL", .no_lflag = ECHO, .lflag = ECHONL, .typed = "pw\r",
	  .echoed = "\r\n", .read = { "pw\n" } },
	{ .name = "no ECHOCTL", .no_lflag = ECHOCTL, .typed = "\001\r",
	  .echoed = "\001\r\n", .read = { "\001\n" } },
	{ .name = "IGNCR", .iflag = IGNCR, .typed = "a\rb\n", .read = { "ab\n" } },
	{ .name = "INLCR", .iflag = INLCR, .no_iflag = ICRNL, .no_lflag = ICANON,
	  .vmin = 1, .typed = "\n", .read = { "\r" } },
	{ .name = "no ICRNL", .no_iflag = ICRNL, .typed = "a\rb\n",
	  .read = { "a\rb\n" } },
	{ .name = "ISTRIP", .iflag = ISTRIP, .typed = "\341\r", .read = { "a\n" } },
	{ .name = "interrupt", .typed = "abc\003d\r", .echoed = "^Cd\r\n",
	  .read = { "d\n" }, .signal = SIGINT },
	{ .name = "interrupt with NOFLSH", .lflag = NOFLSH, .typed = "abc\003d\r",
	  .echoed = "abc^Cd\r\n", .read = { "abcd\n" }, .signal = SIGINT },
	{ .name = "quit", .typed = "\034", .echoed = "^\\", .signal = SIGQUIT },
	{ .name = "suspend", .typed = "\032", .echoed = "^Z", .signal = SIGTSTP },
	{ .name = "no ISIG", .no_lflag = ISIG, .typed = "\003\r",
	  .read = { "\003\n" } },
	{ .name = "raw", .no_lflag = ICANON | ECHO | ISIG | IEXTEN, .no_iflag = ICRNL,
	  .vmin = 1, .typed = "a\r\177\004", .echoed = "",
	  .read = { "a\r\177\004" } },
	{ .name = "VMIN not reached", .no_lflag = ICANON, .vmin = 3, .typed = "ab" },
	{ .name = "VMIN reached", .no_lflag = ICANON, .vmin = 3, .typed = "abc",
	  .read = { "abc" } },
	{ .name = "no OPOST", .no_oflag = OPOST, .typed = "a\r", .echoed = "a\n",
	  .read = { "a\n" } },
	{ .name = "ECHOPRT", .lflag = ECHOPRT, .typed = "abc\177\177d\r",
	  .echoed = "abc\\cb/d\r\n", .read = { "ad\n" } },
	{ .name = "PARMRK doubles 0xff", .iflag = PARMRK, .no_lflag = ICANON,
	  .vmin = 1, .typed = "\377", .read = { "\377\377" } },
};

static void start(struct tty *t, const struct ldisc_case *c)
{
	memset(t, 0, sizeof(*t));
	ldisc_init(t, false);
	t->s.termios.c_iflag = (t->s.termios.c_iflag | c->iflag) & ~c->no_iflag;
	t->s.termios.c_oflag = (t->s.termios.c_oflag | c->oflag) & ~c->no_oflag;
	t->s.termios.c_lflag = (t->s.termios.c_lflag | c->lflag) & ~c->no_lflag;
	t->s.termios.c_cc[VMIN] = c->vmin;
	last_signal = 0;
}

static void take_output(struct tty *t, char *buf)
{
	while (t->s.out_tail != t->s.out_head)
		*buf++ = (char)t->out[t->s.out_tail++ % TTY_OUT_MAX];
	*buf = '\0';
}

static void read_expect(struct tty *t, const struct ldisc_case *c, const char *expected)
{
	char buf[128] = "";
	long n = ldisc_readable(t, sizeof(buf) - 1);

	if (!expected) {
		if (n > 0 || (n == 0 && canonical(t)))
			fail_msg("%s: %ld bytes too many", c->name, n);
		return;
	}
	if (n < 0)
		fail_msg("%s: nothing to read", c->name);
	ldisc_peek(t, 0, (u8 *)buf, (size_t)n);
	buf[n] = '\0';
	ldisc_consume(t, (size_t)n);
	if (strcmp(buf, expected))
		fail_msg("%s: read '%s', not '%s'", c->name, buf, expected);
}

static void test_table(void **state)
{
	static struct tty t;
	char echoed[256];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct ldisc_case *c = &cases[i];

		start(&t, c);
		ldisc_input(&t, (const u8 *)c->typed, strlen(c->typed));
		take_output(&t, echoed);
		if (c->echoed && strcmp(echoed, c->echoed))
			fail_msg("%s: echoed '%s', not '%s'", c->name, echoed, c->echoed);
		if (last_signal != c->signal)
			fail_msg("%s: signal %u", c->name, last_signal);
		for (u32 r = 0; r < READS_MAX; r++) {
			read_expect(&t, c, c->read[r]);
			if (!c->read[r])
				break;
		}
	}
}

static void output_expect(u32 set, u32 clear, const char *in, const char *out)
{
	static struct tty t;
	char got[256];

	memset(&t, 0, sizeof(t));
	ldisc_init(&t, false);
	t.s.termios.c_oflag = (t.s.termios.c_oflag | set) & ~clear;
	assert_int_equal(ldisc_output(&t, (const u8 *)in, strlen(in)), strlen(in));
	take_output(&t, got);
	assert_string_equal(got, out);
}

static void test_output(void **state)
{
	output_expect(0, 0, "a\nb", "a\r\nb");
	output_expect(0, ONLCR, "a\nb", "a\nb");
	output_expect(OCRNL, 0, "a\rb", "a\nb");
	output_expect(ONOCR, 0, "\ra\r", "a\r");
	output_expect(ONLRET | ONOCR, ONLCR, "a\n\r", "a\n");
	output_expect(XTABS, 0, "ab\tc\t", "ab      c       ");
	output_expect(XTABS, 0, "ab\b\tc", "ab\b       c");
	output_expect(OLCUC, 0, "aZ", "AZ");
	output_expect(0, OPOST, "a\n\t", "a\n\t");
}

static void test_output_full(void **state)
{
	static struct tty t;
	static u8 text[TTY_OUT_MAX * 2];
	size_t taken;

	memset(&t, 0, sizeof(t));
	memset(text, '\n', sizeof(text));
	ldisc_init(&t, false);
	taken = ldisc_output(&t, text, sizeof(text));
	assert_true(taken < sizeof(text));
	assert_true(ldisc_out_len(&t) <= TTY_OUT_MAX);
	assert_int_equal(ldisc_out_len(&t), 2 * taken);
	/* echo finds no room and loses nothing else */
	ldisc_input(&t, (const u8 *)"abc\r", 4);
	assert_int_equal(ldisc_readable(&t, 10), 4);
}

/* A line that is too long still ends. */
static void test_input_full(void **state)
{
	static struct tty t;
	static u8 text[TTY_IN_MAX * 2];

	memset(&t, 0, sizeof(t));
	memset(text, 'x', sizeof(text));
	ldisc_init(&t, false);
	t.s.termios.c_lflag &= ~(u32)ECHO;
	assert_int_equal(ldisc_input(&t, text, sizeof(text)), sizeof(text));
	assert_int_equal(ldisc_readable(&t, 1), TTY_NOT_READY);
	ldisc_input(&t, (const u8 *)"\r", 1);
	assert_int_equal(ldisc_readable(&t, sizeof(text)), TTY_IN_MAX);
	ldisc_consume(&t, TTY_IN_MAX);
	assert_int_equal(ldisc_readable(&t, 1), TTY_NOT_READY);
}

/* Many small lines and reads go round the buffer. */
static void test_input_wraps(void **state)
{
	static struct tty t;
	u8 buf[8];

	memset(&t, 0, sizeof(t));
	ldisc_init(&t, false);
	ldisc_input(&t, (const u8 *)"first\r", 6);
	for (u32 i = 0; i < TTY_IN_MAX; i++) {
		ldisc_input(&t, (const u8 *)"abcde\r", 6);
		assert_int_equal(ldisc_readable(&t, sizeof(buf)), 6);
		assert_int_equal(ldisc_peek(&t, 0, buf, 6), 6);
		assert_memory_equal(buf, i ? "abcde\n" : "first\n", 6);
		ldisc_consume(&t, 6);
		t.s.out_tail = t.s.out_head;
	}
}

static void test_partial_reads(void **state)
{
	static struct tty t;

	memset(&t, 0, sizeof(t));
	ldisc_init(&t, false);
	ldisc_input(&t, (const u8 *)"abc\004x\r", 6);
	assert_int_equal(ldisc_readable(&t, 2), 2);
	ldisc_consume(&t, 2);
	assert_int_equal(ldisc_readable(&t, 1), 1);
	ldisc_consume(&t, 1);	/* and the end of file behind it */
	assert_int_equal(ldisc_readable(&t, 9), 2);
	assert_int_equal(ldisc_waiting(&t), 2);
}

static void test_flow(void **state)
{
	static struct tty t;

	memset(&t, 0, sizeof(t));
	ldisc_init(&t, false);
	ldisc_input(&t, (const u8 *)"\023", 1);
	assert_true(t.s.stopped);
	ldisc_input(&t, (const u8 *)"\021", 1);
	assert_false(t.s.stopped);
	assert_int_equal(ldisc_waiting(&t), 0);
	t.s.termios.c_iflag |= IXANY;
	ldisc_input(&t, (const u8 *)"\023a\r", 3);
	assert_false(t.s.stopped);
	assert_int_equal(ldisc_waiting(&t), 2);
}

static void test_throttle(void **state)
{
	static struct tty t;
	u8 x = 'x';

	memset(&t, 0, sizeof(t));
	ldisc_init(&t, false);
	t.s.termios.c_iflag |= IXOFF;
	t.s.termios.c_lflag = 0;
	for (u32 i = 0; i < TTY_IN_MAX - 1; i++)
		ldisc_input(&t, &x, 1);
	assert_true(t.s.throttled);
	assert_int_equal(t.priority, CTRL('S'));
	ldisc_consume(&t, TTY_IN_MAX - 1);
	assert_false(t.s.throttled);
	assert_int_equal(t.priority, CTRL('Q'));
}

/* Switching ICANON off makes typed-ahead text readable, and back. */
static void test_mode_change(void **state)
{
	static struct tty t;
	struct linux_termios raw;

	memset(&t, 0, sizeof(t));
	ldisc_init(&t, false);
	ldisc_input(&t, (const u8 *)"ab", 2);
	raw = t.s.termios;
	raw.c_lflag &= ~(u32)ICANON;
	ldisc_set_termios(&t, &raw);
	assert_int_equal(ldisc_readable(&t, 9), 2);
	raw.c_lflag |= ICANON;
	ldisc_set_termios(&t, &raw);
	assert_int_equal(ldisc_readable(&t, 9), 2);
	ldisc_consume(&t, 2);
	assert_int_equal(ldisc_readable(&t, 9), TTY_NOT_READY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_output_full),
		cmocka_unit_test(test_input_full),
		cmocka_unit_test(test_input_wraps),
		cmocka_unit_test(test_partial_reads),
		cmocka_unit_test(test_flow),
		cmocka_unit_test(test_throttle),
		cmocka_unit_test(test_mode_change),
	};

	return cmocka_run_group_tests_name("tty", tests, NULL, NULL);
}
