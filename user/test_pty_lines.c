// SPDX-License-Identifier: MIT
/*
 * test_pty_lines: settings of terminals and the line discipline, as Linux has them.
 * What a real terminal types is played by a master.
 */
#define _GNU_SOURCE
#include "test_pty.h"

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- settings ----------------------------------------------------------------- */

static void defaults(void)
{
	struct winsize w;
	struct termios t, u;
	int m, s, n;

	pair(&m, &s);
	CHECK_EQ(tcgetattr(s, &t), 0);
	CHECK_EQ(t.c_iflag, ICRNL | IXON);
	CHECK_EQ(t.c_oflag, OPOST | ONLCR);
	CHECK_EQ(t.c_cflag, B38400 | CS8 | CREAD);
	CHECK_EQ(t.c_lflag, ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN);
	CHECK_EQ(t.c_cc[VMIN], 1);
	CHECK_EQ(t.c_cc[VINTR], 3);
	CHECK_EQ(t.c_cc[VERASE], 127);
	CHECK_EQ(t.c_cc[VEOL], 0);
	CHECK_EQ(tcgetattr(m, &u), 0);
	CHECK_EQ(u.c_lflag, t.c_lflag);
	CHECK_EQ(ioctl(s, TIOCGWINSZ, &w), 0);
	CHECK_EQ(w.ws_row, 0);
	CHECK_EQ(ioctl(s, TIOCGETD, &n), 0);
	CHECK_EQ(n, 0);
	n = 77;
	CHECK_EQ(ioctl(s, TIOCOUTQ, &n), 0);
	CHECK_EQ(n, 0);
	CHECK_FAILS(ioctl(s, TIOCMGET, &n), ENOTTY);
	CHECK_FAILS(ioctl(s, 0x54ff, &n), ENOTTY);
	CHECK_EQ(tcsendbreak(s, 0), 0);
	CHECK_EQ(tcdrain(s), 0);
}

static void master_sets_the_slave(void)
{
	struct termios t;
	int m, s;

	pair(&m, &s);
	flags(m, 0, 0, 0, 0, 0, ECHO);
	CHECK_EQ(tcgetattr(s, &t), 0);
	CHECK_EQ(t.c_lflag & ECHO, 0);
	t.c_cflag = CS5 | PARENB;
	CHECK_EQ(tcsetattr(s, TCSANOW, &t), 0);
	CHECK_EQ(tcgetattr(s, &t), 0);
	CHECK_EQ(t.c_cflag & (CSIZE | PARENB | CREAD), CS8 | CREAD);
}

struct termios2_kernel {
	unsigned int iflag, oflag, cflag, lflag;
	unsigned char line, cc[19];
	unsigned int ispeed, ospeed;
};

static void speeds(void)
{
	struct termios2_kernel t;
	struct termios plain;
	int m, s;

	pair(&m, &s);
	CHECK_EQ(ioctl(s, 0x802c542a, &t), 0);
	CHECK_EQ(t.ospeed, 38400);
	t.cflag = (t.cflag & ~CBAUD) | 0010000;	/* BOTHER */
	t.ospeed = t.ispeed = 12345;
	CHECK_EQ(ioctl(s, 0x402c542b, &t), 0);
	memset(&t, 0, sizeof(t));
	CHECK_EQ(ioctl(s, 0x802c542a, &t), 0);
	CHECK_EQ(t.ospeed, 12345);
	CHECK_EQ(tcgetattr(s, &plain), 0);
	cfsetospeed(&plain, B9600);
	CHECK_EQ(tcsetattr(s, TCSANOW, &plain), 0);
	CHECK_EQ(ioctl(s, 0x802c542a, &t), 0);
	CHECK_EQ(t.ospeed, 9600);
}

static void window_size(void)
{
	struct winsize w = { .ws_row = 30, .ws_col = 100 }, got;
	int m, s;

	pair(&m, &s);
	CHECK_EQ(ioctl(m, TIOCSWINSZ, &w), 0);
	CHECK_EQ(ioctl(s, TIOCGWINSZ, &got), 0);
	CHECK_EQ(got.ws_row, 30);
	CHECK_EQ(got.ws_col, 100);
}

static void exclusive(void)
{
	int m, s, n = 7;

	pair(&m, &s);
	CHECK_EQ(ioctl(s, TIOCGEXCL, &n), 0);
	CHECK_EQ(n, 0);
	CHECK_EQ(ioctl(s, TIOCEXCL), 0);
	CHECK_EQ(ioctl(s, TIOCGEXCL, &n), 0);
	CHECK_EQ(n, 1);
	close(slave_of(m));	/* root may */
	CHECK_EQ(chmod(ptsname(m), 0666), 0);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(setuid(1000), 0);
		CHECK_FAILS(open(ptsname(m), O_RDWR | O_NOCTTY), EBUSY);
		_exit(0);
	}
	CHECK_EQ(reap(pid), 0);
	CHECK_EQ(ioctl(s, TIOCNXCL), 0);
}

/* ---- the line discipline ---------------------------------------------------- */

/* Settings, what is typed, what is echoed, what the first reads give. */
static const struct line {
	const char *name;
	int i_on, i_off, o_on, o_off, l_on, l_off;
	const char *typed, *echo, *read1, *read2;
} lines[] = {
	{ "erase", .typed = "abd\177c\n", .echo = "abd\b \bc\r\n", .read1 = "abc\n" },
	{ "kill", .typed = "abc\025x\n", .echo = "abc\b \b\b \b\b \bx\r\n", .read1 = "x\n" },
	{ "kill, no ECHOKE", .l_off = ECHOKE, .typed = "abc\025x\n", .echo = "abc^U\r\nx\r\n",
	  .read1 = "x\n" },
	{ "kill, no ECHOK", .l_off = ECHOK, .typed = "abc\025x\n", .echo = "abc^Ux\r\n",
	  .read1 = "x\n" },
	{ "word erase", .typed = "foo bar  \027x\n",
	  .echo = "foo bar  \b \b\b \b\b \b\b \b\b \bx\r\n", .read1 = "foo x\n" },
	{ "word erase of signs", .typed = "a b--\027x\n",
	  .echo = "a b--\b \b\b \b\b \bx\r\n", .read1 = "a x\n" },
	{ "erase, no ECHOE", .l_off = ECHOE, .typed = "ab\177\n", .echo = "ab^?\r\n",
	  .read1 = "a\n" },
	{ "ECHOPRT", .l_on = ECHOPRT, .typed = "abc\177\177d\n", .echo = "abc\\cb/d\r\n",
	  .read1 = "ad\n" },
	{ "erase of a tab", .typed = "ab\t\177\n", .echo = "ab\t\b\b\b\b\b\b\r\n",
	  .read1 = "ab\n" },
	{ "erase of a control", .typed = "a\026\003\177\n",
	  .echo = "a^\b^C\b \b\b \b\r\n", .read1 = "a\n" },
	{ "UTF-8", .i_on = IUTF8, .typed = "a\303\244\177b\n", .echo = "a\303\244\b \bb\r\n",
	  .read1 = "ab\n" },
	{ "UTF-8 word erase", .i_on = IUTF8, .typed = "x \303\244\303\266\027\n",
	  .echo = "x \303\244\303\266\b \b\b \b\r\n", .read1 = "x \n" },
	{ "no IUTF8", .typed = "\303\244\177\n", .echo = "\303\244\b \b\r\n",
	  .read1 = "\303\n" },
	{ "literal next", .typed = "\026\177\026\004\n", .echo = "^\b^?^\b^D\r\n",
	  .read1 = "\177\004\n" },
	{ "reprint", .typed = "ab\022\n", .echo = "ab^R\r\nab\r\n", .read1 = "ab\n" },
	{ "end of file after text", .typed = "abc\004", .echo = "abc", .read1 = "abc" },
	{ "end of file", .typed = "\004", .echo = "", .read1 = "" },
	{ "end of file twice", .typed = "a\004\004", .echo = "a", .read1 = "a", .read2 = "" },
	{ "no echo", .l_off = ECHO, .typed = "pw\n", .echo = "", .read1 = "pw\n" },
	{ "ECHONL", .l_off = ECHO, .l_on = ECHONL, .typed = "pw\n", .echo = "\r\n",
	  .read1 = "pw\n" },
	{ "no ECHOCTL", .l_off = ECHOCTL, .typed = "\001\n", .echo = "\001\r\n",
	  .read1 = "\001\n" },
	{ "ICRNL", .typed = "a\r", .echo = "a\r\n", .read1 = "a\n" },
	{ "IGNCR", .i_on = IGNCR, .typed = "a\rb\n", .echo = "ab\r\n", .read1 = "ab\n" },
	{ "INLCR", .i_on = INLCR, .i_off = ICRNL, .typed = "a\n\r\004", .echo = "a^M^M",
	  .read1 = "a\r\r" },
	{ "ISTRIP", .i_on = ISTRIP, .typed = "\341\n", .echo = "a\r\n", .read1 = "a\n" },
	{ "IUCLC", .i_on = IUCLC, .typed = "AbC\n", .echo = "abc\r\n", .read1 = "abc\n" },
	{ "PARMRK", .i_on = PARMRK, .typed = "\377\n", .echo = "\377\r\n",
	  .read1 = "\377\377\n" },
	{ "no OPOST", .o_off = OPOST, .typed = "a\n", .echo = "a\n", .read1 = "a\n" },
	{ "no ONLCR", .o_off = ONLCR, .typed = "a\n", .echo = "a\n", .read1 = "a\n" },
	{ "no ISIG", .l_off = ISIG, .typed = "\003\n", .echo = "^C\r\n", .read1 = "\003\n" },
	{ "no IEXTEN", .l_off = IEXTEN, .typed = "a\027\026\n", .echo = "a^W^V\r\n",
	  .read1 = "a\027\026\n" },
	{ "IXANY", .i_on = IXANY, .typed = "\023a\n", .echo = "a\r\n", .read1 = "a\n" },
	{ "^C flushes", .typed = "abc\003d\n", .echo = "^Cd\r\n", .read1 = "d\n" },
	{ "^C with NOFLSH", .l_on = NOFLSH, .typed = "abc\003d\n", .echo = "abc^Cd\r\n",
	  .read1 = "abcd\n" },
};

static void editing(void)
{
	char buf[64];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const struct line *l = &lines[i];
		ssize_t n;
		int m, s;

		pair(&m, &s);
		printf("# %s\n", l->name);
		flags(s, l->i_on, l->i_off, l->o_on, l->o_off, l->l_on, l->l_off);
		put(m, l->typed);
		if (l->echo[0])
			echoed(m, l->echo);
		CHECK(ready(s, POLLIN, WAIT_MS) & POLLIN);
		n = read(s, buf, sizeof(buf));
		CHECK(n >= 0);
		text_is(l->name, buf, n, l->read1);
		if (l->read2)
			get(s, l->read2);
		nothing(s);
		close(s);
		close(m);
	}
}

static const struct {
	const char *name;
	int on, off;
	const char *out, *got;
} outputs[] = {
	{ "ONLCR", 0, 0, "a\nb", "a\r\nb" },
	{ "OCRNL", OCRNL, ONLCR, "a\rb", "a\nb" },
	{ "ONOCR", ONOCR, 0, "\ra\rb", "a\rb" },
	{ "ONLRET", ONLRET | ONOCR, ONLCR, "ab\n\rc", "ab\nc" },
	{ "XTABS", XTABS, 0, "ab\tc\td", "ab      c       d" },
	{ "OLCUC", OLCUC, 0, "abC", "ABC" },
	{ "no OPOST", 0, OPOST, "a\nb\t", "a\nb\t" },
};

static void output(void)
{
	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		int m, s;

		pair(&m, &s);
		printf("# %s\n", outputs[i].name);
		flags(s, 0, 0, outputs[i].on, outputs[i].off, 0, 0);
		put(s, outputs[i].out);
		echoed(m, outputs[i].got);
		close(s);
		close(m);
	}
}

static void line_ends(void)
{
	struct termios t;
	int m, s;

	pair(&m, &s);
	CHECK_EQ(tcgetattr(s, &t), 0);
	t.c_cc[VEOL] = '.';
	t.c_cc[VEOL2] = ';';
	CHECK_EQ(tcsetattr(s, TCSANOW, &t), 0);
	put(m, "a.b;c\n");
	get(s, "a.");
	get(s, "b;");
	get(s, "c\n");
}

static void short_reads(void)
{
	char buf[4];
	int m, s, n;

	pair(&m, &s);
	put(m, "abcdef\nx\n");
	CHECK_EQ(ready(s, POLLIN, WAIT_MS), POLLIN);
	CHECK_EQ(ioctl(s, FIONREAD, &n), 0);
	CHECK_EQ(n, 9);
	CHECK_EQ(read(s, buf, 3), 3);
	CHECK_EQ(read(s, buf, 3), 3);
	CHECK_EQ(read(s, buf, 3), 1);
	CHECK_EQ(read(s, buf, 3), 2);
	nothing(s);
}

static void long_line(void)
{
	static char text[6000], got[6000];
	int m, s;

	pair(&m, &s);
	flags(s, 0, 0, 0, 0, 0, ECHO);
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\n';
	for (size_t i = 0; i < sizeof(text);) {
		ssize_t n = write(m, text + i, sizeof(text) - i < 500 ? sizeof(text) - i : 500);

		CHECK(n > 0);
		i += n;
	}
	nap_ms(50);
	CHECK_EQ(read(s, got, sizeof(got)), 4096);
	CHECK_EQ(got[4094], 'a');
	CHECK_EQ(got[4095], '\n');
}

static void mode_change(void)
{
	int m, s;

	pair(&m, &s);
	put(m, "half");
	nap_ms(20);
	nothing(s);
	flags(s, 0, 0, 0, 0, 0, ICANON);
	get(s, "half");
	put(m, "a\nb");
	nap_ms(20);
	flags(s, 0, 0, 0, 0, ICANON, 0);
	get(s, "a\nb");
}

static void flushing(void)
{
	int m, s, n;

	pair(&m, &s);
	put(m, "abc\n");
	nap_ms(20);
	CHECK_EQ(tcflush(s, TCIFLUSH), 0);
	CHECK_EQ(ioctl(s, FIONREAD, &n), 0);
	CHECK_EQ(n, 0);
	CHECK_FAILS(ioctl(s, TCFLSH, 5), EINVAL);
	CHECK_FAILS(ioctl(s, TCXONC, 9), EINVAL);
	CHECK_EQ(tcflow(s, TCIOFF), 0);
	echoed(m, "abc\r\n\023");
}

/* ---- VMIN and VTIME ----------------------------------------------------------- */

static void vmin(void)
{
	char buf[8];
	int m, s;

	pair(&m, &s);
	raw(s, 3, 0);
	put(m, "ab");
	CHECK_EQ(ready(s, POLLIN, 30), 0);
	put(m, "cd");
	CHECK_EQ(ready(s, POLLIN, WAIT_MS), POLLIN);
	CHECK_EQ(read(s, buf, 8), 4);
	put(m, "ab");
	CHECK_EQ(read(s, buf, 2), 2);
	put(m, "ab");
	fcntl(s, F_SETFL, O_NONBLOCK);
	nap_ms(20);
	CHECK_EQ(read(s, buf, 8), 2);
	CHECK_FAILS(read(s, buf, 8), EAGAIN);
}

static void vtime_only(void)
{
	char buf[8];
	long before;
	int m, s;

	pair(&m, &s);
	raw(s, 0, 2);
	before = now_ms();
	CHECK_EQ(read(s, buf, 8), 0);
	CHECK(now_ms() - before >= 180 && now_ms() - before < 900);
	put(m, "x");
	nap_ms(20);
	CHECK_EQ(read(s, buf, 8), 1);
	fcntl(s, F_SETFL, O_NONBLOCK);
	CHECK_FAILS(read(s, buf, 8), EAGAIN);
}

static void neither(void)
{
	char buf[8];
	int m, s;

	pair(&m, &s);
	raw(s, 0, 0);
	CHECK_EQ(read(s, buf, 8), 0);
	put(m, "x");
	nap_ms(20);
	CHECK_EQ(read(s, buf, 8), 1);
}

static void between_bytes(void)
{
	char buf[8];
	long before;
	int m, s;
	pid_t pid;

	pair(&m, &s);
	raw(s, 5, 2);
	put(m, "ab");
	nap_ms(300);
	before = now_ms();
	CHECK_EQ(read(s, buf, 8), 2);
	CHECK(now_ms() - before >= 180 && now_ms() - before < 900);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 3; i++) {
			nap_ms(100);
			put(m, "x");
		}
		nap_ms(500);
		_exit(0);
	}
	CHECK_EQ(read(s, buf, 8), 3);
	CHECK_EQ(reap(pid), 0);
}

static const struct ktap_test tests[] = {
	TEST(defaults), TEST(master_sets_the_slave), TEST(speeds), TEST(window_size),
	TEST(exclusive), TEST(editing), TEST(output), TEST(line_ends), TEST(short_reads),
	TEST(long_line), TEST(mode_change), TEST(vmin), TEST(vtime_only), TEST(neither),
	TEST(between_bytes), TEST(flushing),
};

int main(int argc, char **argv)
{
	return pty_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
