// SPDX-License-Identifier: MIT
/*
 * test_pty: pseudo terminals, line discipline, sessions and job control, as Linux
 * has them. What a real terminal types is played by a master.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <termios.h>
#include <time.h>

#include "ktap.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif
#define WAIT_MS 1000

static volatile int seen[65];

static void note(int sig)
{
	seen[sig]++;
}

static void handle(int sig, void (*fn)(int))
{
	struct sigaction sa = { .sa_handler = fn };

	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

static void nap_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- pairs ------------------------------------------------------------- */

static int master(void)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY);

	CHECK(fd >= 0);
	CHECK_EQ(grantpt(fd), 0);
	CHECK_EQ(unlockpt(fd), 0);
	return fd;
}

static int slave_of(int m)
{
	int fd = open(ptsname(m), O_RDWR | O_NOCTTY);

	CHECK(fd >= 0);
	return fd;
}

static void pair(int *m, int *s)
{
	*m = master();
	*s = slave_of(*m);
}

static void raw(int fd, int vmin, int vtime)
{
	struct termios t;

	CHECK_EQ(tcgetattr(fd, &t), 0);
	cfmakeraw(&t);
	t.c_cc[VMIN] = vmin;
	t.c_cc[VTIME] = vtime;
	CHECK_EQ(tcsetattr(fd, TCSANOW, &t), 0);
}

/* Changes flags: the four words' bits on and off. */
static void flags(int fd, int i_on, int i_off, int o_on, int o_off, int l_on, int l_off)
{
	struct termios t;

	CHECK_EQ(tcgetattr(fd, &t), 0);
	t.c_iflag = (t.c_iflag | i_on) & ~i_off;
	t.c_oflag = (t.c_oflag | o_on) & ~o_off;
	t.c_lflag = (t.c_lflag | l_on) & ~l_off;
	CHECK_EQ(tcsetattr(fd, TCSANOW, &t), 0);
}

static int ready(int fd, int events, int ms)
{
	struct pollfd p = { fd, events, 0 };

	return poll(&p, 1, ms) < 0 ? -1 : p.revents;
}

static void put(int fd, const char *text)
{
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
}

static void text_is(const char *what, const char *got, size_t n, const char *want)
{
	if (n == strlen(want) && !memcmp(got, want, n))
		return;
	printf("# %s gave %zu bytes:", what, n);
	for (size_t i = 0; i < n; i++)
		printf(" %02x", (unsigned char)got[i]);
	printf("\n");
	FAIL("%s is not '%s'", what, want);
}

/* One read gives exactly this. */
static void get(int fd, const char *want)
{
	char buf[256];
	ssize_t n;

	if (!(ready(fd, POLLIN, WAIT_MS) & POLLIN))
		FAIL("nothing to read, '%s' was to come", want);
	n = read(fd, buf, sizeof(buf));
	CHECK(n >= 0);
	text_is("read", buf, n, want);
}

/* What the master gets until nothing more comes. */
static void echoed(int m, const char *want)
{
	char buf[512];
	size_t n = 0;

	while (n < sizeof(buf) && (ready(m, POLLIN, n < strlen(want) ? WAIT_MS : 30) & POLLIN)) {
		ssize_t part = read(m, buf + n, sizeof(buf) - n);

		CHECK(part > 0);
		n += part;
	}
	text_is("echo", buf, n, want);
}

static void nothing(int fd)
{
	CHECK_EQ(ready(fd, POLLIN, 30) & POLLIN, 0);
}

/* Runs fn in a child that leads a session with the slave as its terminal. */
static pid_t session(int m, void (*fn)(int m, int s))
{
	pid_t pid = fork();
	int s;

	if (pid)
		return pid;
	CHECK_EQ(setsid(), getpid());
	s = open(ptsname(m), O_RDWR);
	CHECK(s >= 0);
	fn(m, s);
	fflush(stdout);
	_exit(0);
}

static int reap(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static void in_session(void (*fn)(int m, int s))
{
	CHECK_EQ(reap(session(master(), fn)), 0);
}

/* ---- making pairs --------------------------------------------------------- */

static void names(void)
{
	struct stat a, b;
	unsigned int n;
	int m, s;

	pair(&m, &s);
	CHECK_EQ(ioctl(m, TIOCGPTN, &n), 0);
	CHECK_EQ(isatty(m), 1);
	CHECK_EQ(isatty(s), 1);
	CHECK(!strncmp(ptsname(m), "/dev/pts/", 9));
	CHECK_EQ(atoi(ptsname(m) + 9), n);
	CHECK_EQ(fstat(s, &a), 0);
	CHECK_EQ(stat(ptsname(m), &b), 0);
	CHECK_EQ(a.st_rdev, makedev(136, n));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(a.st_uid, getuid());
	CHECK(S_ISCHR(a.st_mode));
	CHECK_FAILS(ioctl(s, TIOCGPTN, &n), ENOTTY);
	CHECK_EQ(fstat(m, &a), 0);
	CHECK_EQ(minor(a.st_rdev), 2);
}

static void names_go(void)
{
	char name[32];
	int m = master();

	snprintf(name, sizeof(name), "%s", ptsname(m));
	CHECK_EQ(access(name, F_OK), 0);
	close(m);
	CHECK_FAILS(access(name, F_OK), ENOENT);
	CHECK_FAILS(open(name, O_RDWR | O_NOCTTY), ENOENT);
}

static void locked(void)
{
	int m = posix_openpt(O_RDWR | O_NOCTTY), on = 1, got = 5;

	CHECK(m >= 0);
	CHECK_FAILS(open(ptsname(m), O_RDWR | O_NOCTTY), EIO);
	CHECK_EQ(ioctl(m, TIOCGPTLCK, &got), 0);
	CHECK_EQ(got, 1);
	CHECK_EQ(unlockpt(m), 0);
	close(slave_of(m));
	CHECK_EQ(ioctl(m, TIOCSPTLCK, &on), 0);
	CHECK_FAILS(open(ptsname(m), O_RDWR | O_NOCTTY), EIO);
}

static void lowest_number(void)
{
	unsigned int a, b, c;
	int m = master(), n = master(), o;

	CHECK_EQ(ioctl(m, TIOCGPTN, &a), 0);
	CHECK_EQ(ioctl(n, TIOCGPTN, &b), 0);
	CHECK(a != b);
	close(m);
	o = master();
	CHECK_EQ(ioctl(o, TIOCGPTN, &c), 0);
	CHECK_EQ(c, a);
}

static void peer(void)
{
	int m = master(), s = ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	unsigned int n;

	CHECK(s >= 0);
	CHECK_EQ(isatty(s), 1);
	put(m, "x\n");
	get(s, "x\n");
	CHECK_EQ(ioctl(m, TIOCGPTN, &n), 0);
	CHECK_FAILS(ioctl(s, TIOCGPTPEER, O_RDWR), EIO);
}

static void listed(void)
{
	DIR *d = opendir("/dev/pts");
	struct statfs fs;
	struct dirent *e;
	unsigned int n;
	int found = 0, m = master();

	CHECK(d != NULL);
	CHECK_EQ(statfs("/dev/pts", &fs), 0);
	CHECK_EQ(fs.f_type, 0x1cd1);
	CHECK_EQ(ioctl(m, TIOCGPTN, &n), 0);
	while ((e = readdir(d)))
		found += e->d_name[0] >= '0' && e->d_name[0] <= '9' &&
			 (unsigned int)atoi(e->d_name) == n;
	CHECK_EQ(found, 1);
	CHECK(mkdir("/dev/pts/x", 0755) == -1);
	CHECK(unlink(ptsname(m)) == -1 && errno == EPERM);
}

static void owner_and_mode(void)
{
	struct stat st;
	int m = master();

	CHECK_EQ(chmod(ptsname(m), 0600), 0);
	CHECK_EQ(chown(ptsname(m), 12, 34), 0);
	CHECK_EQ(stat(ptsname(m), &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0600);
	CHECK_EQ(st.st_uid, 12);
	CHECK_EQ(st.st_gid, 34);
}

/* ---- data and closing ----------------------------------------------------- */

static void both_ways(void)
{
	int m, s;

	pair(&m, &s);
	put(m, "one\ntwo\n");
	get(s, "one\n");
	get(s, "two\n");
	put(s, "out\n");
	echoed(m, "one\r\ntwo\r\nout\r\n");
}

static void master_before_slave(void)
{
	int m = master(), s;
	char c;

	CHECK_EQ(ready(m, POLLIN | POLLOUT, 0), POLLOUT);
	fcntl(m, F_SETFL, O_NONBLOCK);
	CHECK_FAILS(read(m, &c, 1), EAGAIN);
	put(m, "early\n");
	s = slave_of(m);
	get(s, "early\n");
}

static void slave_closed(void)
{
	char buf[16];
	int m, s;

	pair(&m, &s);
	put(s, "left");
	close(s);
	CHECK_EQ(ready(m, POLLIN, 0), POLLIN | POLLHUP);
	CHECK_EQ(read(m, buf, sizeof(buf)), 4);
	CHECK_FAILS(read(m, buf, sizeof(buf)), EIO);
	s = slave_of(m);
	CHECK_EQ(ready(m, POLLIN, 0), 0);
	put(s, "again");
	get(m, "again");
}

static void master_closed(void)
{
	char buf[16];
	int m, s, n;

	pair(&m, &s);
	put(m, "lost\n");
	close(m);
	CHECK_EQ(ready(s, POLLIN | POLLOUT, 0), POLLIN | POLLOUT | POLLERR | POLLHUP);
	CHECK_EQ(read(s, buf, sizeof(buf)), 0);
	CHECK_FAILS(write(s, "x", 1), EIO);
	CHECK_FAILS(ioctl(s, FIONREAD, &n), EIO);
	CHECK_FAILS(tcgetattr(s, (struct termios *)buf), EIO);
}

static void reader_wakes_at_hangup(void)
{
	int m, s;
	char c;
	pid_t pid;

	pair(&m, &s);
	pid = fork();
	if (pid == 0) {
		close(m);
		_exit(read(s, &c, 1) <= 0 ? 0 : 1);
	}
	nap_ms(50);
	close(m);
	CHECK_EQ(reap(pid), 0);
}

static void bulk(void)
{
	static char out[100000], in[100000];
	size_t n = 0;
	int m, s;
	pid_t pid;

	pair(&m, &s);
	raw(s, 1, 0);
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = i * 7 + i / 251;
	pid = fork();
	if (pid == 0)
		_exit(write(s, out, sizeof(out)) == sizeof(out) ? 0 : 1);
	while (n < sizeof(in)) {
		ssize_t part = read(m, in + n, sizeof(in) - n);

		CHECK(part > 0);
		n += part;
	}
	CHECK(!memcmp(in, out, sizeof(in)));
	CHECK_EQ(reap(pid), 0);
	pid = fork();
	if (pid == 0)
		_exit(write(m, out, sizeof(out)) == sizeof(out) ? 0 : 1);
	for (n = 0; n < sizeof(in);) {
		ssize_t part = read(s, in + n, sizeof(in) - n);

		CHECK(part > 0);
		n += part;
	}
	CHECK(!memcmp(in, out, sizeof(in)));
	CHECK_EQ(reap(pid), 0);
}

static void output_full(void)
{
	static char out[65536];
	ssize_t n;
	int m, s;

	pair(&m, &s);
	raw(s, 1, 0);
	fcntl(s, F_SETFL, O_NONBLOCK);
	n = write(s, out, sizeof(out));
	CHECK(n >= 4096 && n < (ssize_t)sizeof(out));
	while (write(s, out, sizeof(out)) > 0)
		;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(ready(s, POLLOUT, 0), 0);
	while (ready(m, POLLIN, 30) & POLLIN)
		CHECK(read(m, out, sizeof(out)) > 0);
	CHECK_EQ(ready(s, POLLOUT, WAIT_MS), POLLOUT);
}

static void packets(void)
{
	int m, s, on = 1;

	pair(&m, &s);
	CHECK_EQ(ioctl(m, TIOCPKT, &on), 0);
	put(s, "data");
	char buf[16];
	CHECK_EQ(read(m, buf, sizeof(buf)), 5);
	CHECK_EQ(buf[0], TIOCPKT_DATA);
	CHECK_EQ(tcflush(s, TCIFLUSH), 0);
	CHECK(ready(m, POLLPRI, WAIT_MS) & POLLPRI);
	CHECK_EQ(read(m, buf, sizeof(buf)), 1);
	CHECK_EQ(buf[0], TIOCPKT_FLUSHREAD);
	flags(s, 0, IXON, 0, 0, 0, 0);
	CHECK_EQ(read(m, buf, sizeof(buf)), 1);
	CHECK_EQ(buf[0], TIOCPKT_NOSTOP);
	flags(s, IXON, 0, 0, 0, 0, 0);
	CHECK_EQ(read(m, buf, sizeof(buf)), 1);
	CHECK_EQ(buf[0], TIOCPKT_DOSTOP);
	CHECK_EQ(tcflow(s, TCOOFF), 0);
	CHECK_EQ(read(m, buf, sizeof(buf)), 1);
	CHECK_EQ(buf[0], TIOCPKT_STOP);
	CHECK_EQ(tcflow(s, TCOON), 0);
	CHECK_EQ(read(m, buf, sizeof(buf)), 1);
	CHECK_EQ(buf[0], TIOCPKT_START);
}

static void stop_and_go(void)
{
	int m, s;

	pair(&m, &s);
	put(m, "\023");			/* ^S */
	nap_ms(30);
	fcntl(s, F_SETFL, O_NONBLOCK);
	CHECK_FAILS(write(s, "x", 1), EAGAIN);
	CHECK_EQ(ready(s, POLLOUT, 0), 0);
	put(m, "\021");			/* ^Q */
	CHECK_EQ(ready(s, POLLOUT, WAIT_MS), POLLOUT);
	put(s, "x");
	echoed(m, "x");
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

/* ---- sessions ------------------------------------------------------------------ */

static void becomes_controlling(int m, int s)
{
	pid_t id;
	int t;

	CHECK_EQ(tcgetpgrp(s), getpid());
	CHECK_EQ(tcgetsid(s), getpid());
	t = open("/dev/tty", O_RDWR);
	CHECK(t >= 0);
	put(t, "hello");
	echoed(m, "hello");
	CHECK_EQ(ioctl(m, TIOCGSID, &id), 0);
	CHECK_EQ(id, getpid());
	CHECK_EQ(ioctl(s, TIOCSCTTY, 0), 0);
	CHECK_FAILS(ioctl(slave_of(master()), TIOCSCTTY, 0), EPERM);
}

static void controlling(void)
{
	in_session(becomes_controlling);
}

static void no_terminal(void)
{
	pid_t pid = fork();
	int m, s, id;

	if (pid == 0) {
		CHECK_EQ(setsid(), getpid());
		CHECK_FAILS(open("/dev/tty", O_RDWR), ENXIO);
		pair(&m, &s);	/* with O_NOCTTY */
		CHECK_FAILS(open("/dev/tty", O_RDWR), ENXIO);
		CHECK_FAILS(tcgetpgrp(s), ENOTTY);
		CHECK_FAILS(tcgetsid(s), ENOTTY);
		CHECK_EQ(ioctl(m, TIOCGPGRP, &id), 0);
		CHECK_EQ(id, 0);
		CHECK_EQ(ioctl(s, TIOCSCTTY, 0), 0);
		CHECK_EQ(tcgetpgrp(s), getpid());
		CHECK_EQ(ioctl(s, TIOCNOTTY), 0);
		_exit(0);
	}
	CHECK_EQ(reap(pid) & ~SIGHUP, 0);	/* TIOCNOTTY hangs up its own group */
}

/* For a session that does nothing. */
static void nothing_at_all(int m, int s)
{
	(void)m;
	(void)s;
}

static void not_by_writing(void)
{
	pid_t pid = fork();
	int m = master();

	if (pid == 0) {
		CHECK_EQ(setsid(), getpid());
		CHECK(open(ptsname(m), O_WRONLY) >= 0);
		CHECK_FAILS(open("/dev/tty", O_RDWR), ENXIO);
		_exit(0);
	}
	CHECK_EQ(reap(pid), 0);
}

/* It came `times` times, if need be a moment later. */
static void came(int sig, int times)
{
	for (int i = 0; i < WAIT_MS / 5 && seen[sig] < times; i++)
		nap_ms(5);
	CHECK_EQ(seen[sig], times);
}

static void signal_keys(int m, int s)
{
	handle(SIGINT, note);
	handle(SIGQUIT, note);
	handle(SIGTSTP, note);
	handle(SIGWINCH, note);
	put(m, "abc\003");
	came(SIGINT, 1);
	put(m, "\034");
	came(SIGQUIT, 1);
	put(m, "\032");
	came(SIGTSTP, 1);
	echoed(m, "^C^\\^Z");
	nothing(s);
	CHECK_EQ(ioctl(m, TIOCSIG, SIGINT), 0);
	came(SIGINT, 2);
	CHECK_FAILS(ioctl(m, TIOCSIG, SIGKILL), EINVAL);
	struct winsize w = { .ws_row = 10, .ws_col = 10 };
	CHECK_EQ(ioctl(m, TIOCSWINSZ, &w), 0);
	came(SIGWINCH, 1);
	CHECK_EQ(ioctl(m, TIOCSWINSZ, &w), 0);
	came(SIGWINCH, 1);
}

static void signals(void)
{
	in_session(signal_keys);
}

/* A child in a group of its own; fn runs once the group is made. */
static pid_t background(int s, void (*fn)(int s))
{
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		fn(s);
		_exit(0);
	}
	setpgid(pid, pid);
	return pid;
}

static void read_one(int s)
{
	char c;

	_exit(read(s, &c, 1) == 1 && c == 'x' ? 0 : 1);
}

static void read_ignoring(int s)
{
	char c;

	signal(SIGTTIN, SIG_IGN);
	CHECK_FAILS(read(s, &c, 1), EIO);
}

static void write_one(int s)
{
	_exit(write(s, "x", 1) == 1 ? 0 : 1);
}

static void set_foreground(int s)
{
	_exit(tcsetpgrp(s, getpid()) == 0 ? 0 : 1);
}

static void background_rules(int m, int s)
{
	int status;
	pid_t pid;

	CHECK_EQ(reap(background(s, read_ignoring)), 0);
	pid = background(s, read_one);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
	signal(SIGTTOU, SIG_IGN);
	CHECK_EQ(tcsetpgrp(s, pid), 0);
	CHECK_EQ(kill(-pid, SIGCONT), 0);
	put(m, "x\n");
	CHECK_EQ(reap(pid), 0);
	CHECK_EQ(tcsetpgrp(s, getpid()), 0);
	signal(SIGTTOU, SIG_DFL);
	CHECK_EQ(reap(background(s, write_one)), 0);
	flags(s, 0, 0, 0, 0, TOSTOP, 0);
	pid = background(s, write_one);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU);
	kill(pid, SIGKILL);
	reap(pid);
	pid = background(s, set_foreground);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU);
	kill(pid, SIGKILL);
	reap(pid);
	CHECK_FAILS(tcsetpgrp(s, 99999), ESRCH);
	pid = fork();
	if (pid == 0) {
		setsid();
		pause();
	}
	nap_ms(20);
	CHECK_FAILS(tcsetpgrp(s, pid), EPERM);
	kill(pid, SIGKILL);
	reap(pid);
	CHECK_FAILS(tcsetpgrp(s, -3), EINVAL);
}

static void job_control(void)
{
	in_session(background_rules);
}

/* ---- hang-up --------------------------------------------------------------------- */

static int report[2];

static void wait_for_hangup(int m, int s)
{
	char c = 0;

	close(m);
	handle(SIGHUP, note);
	handle(SIGCONT, note);
	write(report[1], "r", 1);
	while (!seen[SIGHUP])
		nap_ms(5);
	nap_ms(20);
	CHECK_EQ(seen[SIGCONT], 1);
	CHECK_EQ(read(s, &c, 1), 0);
	CHECK_FAILS(write(s, &c, 1), EIO);
	CHECK_FAILS(open("/dev/tty", O_RDWR), ENXIO);
}

static void hangup_of_a_session(void)
{
	int m = master();
	char c;
	pid_t pid;

	CHECK_EQ(pipe(report), 0);
	pid = session(m, wait_for_hangup);
	CHECK_EQ(read(report[0], &c, 1), 1);
	close(m);
	CHECK_EQ(reap(pid), 0);
}

static void wait_as_foreground(int s)
{
	(void)s;
	handle(SIGHUP, note);
	handle(SIGCONT, note);
	write(report[1], "r", 1);
	while (!seen[SIGHUP])
		nap_ms(5);
	write(report[1], "h", 1);
}

static void leader_leaves(int m, int s)
{
	char c;
	pid_t pid;

	(void)m;
	signal(SIGTTOU, SIG_IGN);
	pid = background(s, wait_as_foreground);
	CHECK_EQ(tcsetpgrp(s, pid), 0);
	CHECK_EQ(read(report[0], &c, 1), 1);
}

static void leader_ends(void)
{
	int m = master();
	char c = 0;

	CHECK_EQ(pipe(report), 0);
	CHECK_EQ(reap(session(m, leader_leaves)), 0);
	CHECK(ready(report[0], POLLIN, WAIT_MS) & POLLIN);
	CHECK_EQ(read(report[0], &c, 1), 1);
	CHECK_EQ(c, 'h');
}

static void terminal_is_free_after(void)
{
	int m = master(), s = slave_of(m);
	pid_t pid = session(m, nothing_at_all);

	CHECK_EQ(reap(pid), 0);
	CHECK_EQ(ioctl(m, TIOCGPGRP, &pid), 0);
	CHECK_EQ(pid, 0);
	pid = session(m, becomes_controlling);
	CHECK_EQ(reap(pid), 0);
	close(s);
}

static void hang_up_self(int m, int s)
{
	char c;

	(void)m;
	signal(SIGHUP, SIG_IGN);
	CHECK_EQ(vhangup(), 0);
	CHECK_EQ(read(s, &c, 1), 0);
	CHECK_FAILS(write(s, &c, 1), EIO);
	CHECK_FAILS(open("/dev/tty", O_RDWR), ENXIO);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	CHECK(s >= 0);
	put(s, "new");
}

static void vhangup_ends_openings(void)
{
	in_session(hang_up_self);
}

static void type_into(int m, int s)
{
	CHECK_EQ(ioctl(s, TIOCSTI, "h"), 0);
	CHECK_EQ(ioctl(s, TIOCSTI, "\n"), 0);
	get(s, "h\n");
	echoed(m, "h\r\n");
}

static void tiocsti(void)
{
	in_session(type_into);
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

static void bad_pointers(void)
{
	int m, s;

	pair(&m, &s);
	CHECK_FAILS(ioctl(s, TCGETS, 8), EFAULT);
	CHECK_FAILS(ioctl(s, TCSETS, 8), EFAULT);
	CHECK_FAILS(ioctl(s, TIOCGWINSZ, 8), EFAULT);
	CHECK_FAILS(ioctl(m, TIOCGPTN, 8), EFAULT);
	CHECK_FAILS(ioctl(m, TIOCSPTLCK, 8), EFAULT);
	put(m, "x\n");
	CHECK_EQ(ready(s, POLLIN, WAIT_MS), POLLIN);
	CHECK_FAILS(read(s, (void *)8, 5), EFAULT);
	CHECK_FAILS(write(s, (void *)8, 5), EFAULT);
	CHECK_FAILS(write(m, (void *)8, 5), EFAULT);
}

static void many(void)
{
	int fd[64];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 64; i++) {
			fd[i] = master();
			close(slave_of(fd[i]));
		}
		for (int i = 0; i < 64; i++)
			close(fd[i]);
	}
}

static const struct ktap_test tests[] = {
	TEST(names), TEST(names_go), TEST(locked), TEST(lowest_number), TEST(peer),
	TEST(listed), TEST(owner_and_mode), TEST(both_ways), TEST(master_before_slave),
	TEST(slave_closed), TEST(master_closed), TEST(reader_wakes_at_hangup), TEST(bulk),
	TEST(output_full), TEST(packets), TEST(stop_and_go), TEST(defaults),
	TEST(master_sets_the_slave), TEST(speeds), TEST(window_size), TEST(exclusive),
	TEST(editing), TEST(output), TEST(line_ends), TEST(short_reads), TEST(long_line),
	TEST(mode_change), TEST(vmin), TEST(vtime_only), TEST(neither), TEST(between_bytes),
	TEST(controlling), TEST(no_terminal), TEST(not_by_writing), TEST(signals),
	TEST(job_control), TEST(hangup_of_a_session), TEST(leader_ends),
	TEST(terminal_is_free_after), TEST(vhangup_ends_openings), TEST(tiocsti),
	TEST(flushing), TEST(bad_pointers), TEST(many),
};

int main(int argc, char **argv)
{
	if (access("/dev/pts/ptmx", F_OK)) {
		mkdir("/dev/pts", 0755);
		if (mount("devpts", "/dev/pts", "devpts", 0, "mode=620,ptmxmode=666"))
			printf("# no devpts: errno %d\n", errno);
	}
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
