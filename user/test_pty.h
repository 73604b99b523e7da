/* SPDX-License-Identifier: MIT */
/*
 * What the tests of terminals share: pairs of a master, which plays the real
 * terminal, and a slave; their settings; what comes through.
 */
#ifndef USER_TEST_PTY_H
#define USER_TEST_PTY_H

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <termios.h>

#include "ktap.h"
#include "nap.h"

#define WAIT_MS 1000

static inline int master(void)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY);

	CHECK(fd >= 0);
	CHECK_EQ(grantpt(fd), 0);
	CHECK_EQ(unlockpt(fd), 0);
	return fd;
}

static inline int slave_of(int m)
{
	int fd = open(ptsname(m), O_RDWR | O_NOCTTY);

	CHECK(fd >= 0);
	return fd;
}

static inline void pair(int *m, int *s)
{
	*m = master();
	*s = slave_of(*m);
}

static inline void raw(int fd, int vmin, int vtime)
{
	struct termios t;

	CHECK_EQ(tcgetattr(fd, &t), 0);
	cfmakeraw(&t);
	t.c_cc[VMIN] = vmin;
	t.c_cc[VTIME] = vtime;
	CHECK_EQ(tcsetattr(fd, TCSANOW, &t), 0);
}

/* Changes flags: the four words' bits on and off. */
static inline void flags(int fd, int i_on, int i_off, int o_on, int o_off, int l_on, int l_off)
{
	struct termios t;

	CHECK_EQ(tcgetattr(fd, &t), 0);
	t.c_iflag = (t.c_iflag | i_on) & ~i_off;
	t.c_oflag = (t.c_oflag | o_on) & ~o_off;
	t.c_lflag = (t.c_lflag | l_on) & ~l_off;
	CHECK_EQ(tcsetattr(fd, TCSANOW, &t), 0);
}

static inline int ready(int fd, int events, int ms)
{
	struct pollfd p = { fd, events, 0 };

	return poll(&p, 1, ms) < 0 ? -1 : p.revents;
}

static inline void put(int fd, const char *text)
{
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
}

static inline void text_is(const char *what, const char *got, size_t n, const char *want)
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
static inline void get(int fd, const char *want)
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
static inline void echoed(int m, const char *want)
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

static inline void nothing(int fd)
{
	CHECK_EQ(ready(fd, POLLIN, 30) & POLLIN, 0);
}

static inline int reap(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

/* Mounts devpts if nothing is there, and runs the tests. */
static inline int pty_main(int argc, char **argv, const struct ktap_test *tests, int count)
{
	if (access("/dev/pts/ptmx", F_OK)) {
		mkdir("/dev/pts", 0755);
		if (mount("devpts", "/dev/pts", "devpts", 0, "mode=620,ptmxmode=666"))
			printf("# no devpts: errno %d\n", errno);
	}
	return ktap_main(argc, argv, tests, count);
}

#endif
