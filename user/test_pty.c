// SPDX-License-Identifier: MIT
/*
 * test_pty: pseudo terminals, as Linux has them: pairs, their names, data, closing,
 * packet mode. (Settings and the line discipline are test_pty_lines', sessions and
 * hang-ups test_pty_jobs'.)
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "test_pty.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

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
	TEST(output_full), TEST(packets), TEST(stop_and_go), TEST(bad_pointers), TEST(many),
};

int main(int argc, char **argv)
{
	return pty_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
