// SPDX-License-Identifier: MIT
/*
 * test_socket_passing: files and credentials that are passed through UNIX sockets,
 * as on Linux; cycles of sockets that hold each other are collected.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>

#include "test_socket.h"

union control {
	struct cmsghdr h;
	char buf[CMSG_SPACE(256 * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
};

static ssize_t send_fds(int to, const int *fds, int count, const char *text)
{
	union control u = { 0 };
	struct iovec iov = { (char *)text, strlen(text) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf,
			    .msg_controllen = CMSG_SPACE(count * sizeof(int)) };

	u.h.cmsg_level = SOL_SOCKET;
	u.h.cmsg_type = SCM_RIGHTS;
	u.h.cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(&u.h), fds, count * sizeof(int));
	/* musl's own sendmsg() has a limit. */
	return syscall(SYS_sendmsg, to, &m, 0);
}

/* Receives; fills fds and *count, returns bytes; *flags is msg_flags. */
static ssize_t recv_fds(int from, int *fds, int *count, int room, int *flags, int call)
{
	union control u = { 0 };
	char buf[64];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf,
			    .msg_controllen = room ? CMSG_SPACE(room * sizeof(int)) : 0 };
	ssize_t n = recvmsg(from, &m, call);

	*count = 0;
	*flags = m.msg_flags;
	if (n >= 0 && m.msg_controllen >= sizeof(struct cmsghdr)) {
		CHECK_EQ(u.h.cmsg_level, SOL_SOCKET);
		CHECK_EQ(u.h.cmsg_type, SCM_RIGHTS);
		*count = (int)((u.h.cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(&u.h), *count * sizeof(int));
	}
	return n;
}

static int lowest_free(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static void passes_files(void)
{
	for (int k = 0; k < SOCK_TYPES; k++) {
		int fd[2], p[2], got[4], count, flags, before = lowest_free();
		char c;

		make_pair(type_of(k), fd);
		CHECK_EQ(pipe(p), 0);
		CHECK_EQ(send_fds(fd[0], p, 2, "two"), 3);
		close(p[0]);
		close(p[1]);
		CHECK_EQ(recv_fds(fd[1], got, &count, 4, &flags, 0), 3);
		CHECK_EQ(count, 2);
		CHECK_EQ(flags, 0);
		CHECK_EQ(fcntl(got[0], F_GETFD), 0);
		CHECK_EQ(write(got[1], "!", 1), 1);
		CHECK_EQ(read(got[0], &c, 1), 1);
		CHECK_EQ(c, '!');
		close(got[0]);
		CHECK_EQ(send_fds(fd[0], &got[1], 1, "one"), 3);
		CHECK_EQ(recv_fds(fd[1], got, &count, 4, &flags, MSG_CMSG_CLOEXEC), 3);
		CHECK_EQ(count, 1);
		CHECK_EQ(fcntl(got[0], F_GETFD), FD_CLOEXEC);
		close(got[0]);
		close(got[1]);
		close(fd[0]);
		close(fd[1]);
		CHECK_EQ(lowest_free(), before);
	}
}

/* The last writer is on its way: a reader sees the end when it is dropped. */
static void files_that_nobody_takes(void)
{
	int fd[2], p[2], got[4], count, flags;
	char c;

	make_pair(SOCK_STREAM, fd);
	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	CHECK_EQ(send_fds(fd[0], &p[1], 1, "x"), 1);
	close(p[1]);
	CHECK_FAILS(read(p[0], &c, 1), EAGAIN);
	CHECK_EQ(read(fd[1], &c, 1), 1);
	CHECK_EQ(read(p[0], &c, 1), 0);
	close(p[0]);
	/* No room for it. */
	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	CHECK_EQ(send_fds(fd[0], &p[1], 1, "x"), 1);
	close(p[1]);
	CHECK_EQ(recv_fds(fd[1], got, &count, 0, &flags, 0), 1);
	CHECK_EQ(count, 0);
	CHECK_EQ(flags, MSG_CTRUNC);
	CHECK_EQ(read(p[0], &c, 1), 0);
	close(p[0]);
	/* Room for one of two. */
	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	CHECK_EQ(send_fds(fd[0], p, 2, "x"), 1);
	CHECK_EQ(recv_fds(fd[1], got, &count, 1, &flags, 0), 1);
	CHECK_EQ(count >= 1, 1);
	/* The socket goes. */
	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	CHECK_EQ(send_fds(fd[0], &p[1], 1, "x"), 1);
	close(p[1]);
	CHECK_FAILS(read(p[0], &c, 1), EAGAIN);
	close(fd[1]);
	CHECK_EQ(read(p[0], &c, 1), 0);
}

static void files_are_peeked(void)
{
	int fd[2], p[2], got[4], count, flags, peeked;
	char two[8];

	make_pair(SOCK_DGRAM, fd);
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(send_fds(fd[0], &p[1], 1, "x"), 1);
	CHECK_EQ(recv_fds(fd[1], got, &count, 4, &flags, MSG_PEEK), 1);
	CHECK_EQ(count, 1);
	peeked = got[0];
	CHECK_EQ(recv_fds(fd[1], got, &count, 4, &flags, 0), 1);
	CHECK_EQ(count, 1);
	CHECK(got[0] != peeked);
	CHECK_EQ(write(peeked, "a", 1), 1);
	CHECK_EQ(write(got[0], "b", 1), 1);
	CHECK_EQ(read(p[0], two, sizeof(two)), 2);
}

/* Files mark a bound in a stream. */
static void files_split_stream(void)
{
	int fd[2], got[4], count, flags, zero = 0;

	make_pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[0], "before", 6), 6);
	CHECK_EQ(send_fds(fd[0], &zero, 1, "with"), 4);
	CHECK_EQ(write(fd[0], "after", 5), 5);
	CHECK_EQ(recv_fds(fd[1], got, &count, 4, &flags, 0), 10);
	CHECK_EQ(count, 1);
	CHECK_EQ(recv_fds(fd[1], got, &count, 4, &flags, 0), 5);
	CHECK_EQ(count, 0);
}

/* Sockets that only messages to themselves keep open, and a pipe with them. */
static void lost_cycles_are_collected(void)
{
	int fd[2], other[2], p[2], fds[3];
	char c;

	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	make_pair(SOCK_STREAM, fd);
	make_pair(SOCK_DGRAM, other);
	memcpy(fds, (int[]){ fd[0], fd[1], other[1] }, sizeof(fds));
	CHECK_EQ(send_fds(other[0], fds, 3, "x"), 1);
	memcpy(fds, (int[]){ other[0], other[1], p[1] }, sizeof(fds));
	CHECK_EQ(send_fds(fd[0], fds, 3, "y"), 1);
	close(p[1]);
	close(fd[0]);
	close(fd[1]);
	close(other[0]);
	CHECK_FAILS(read(p[0], &c, 1), EAGAIN);
	close(other[1]);
	/* Newer kernels take their time. */
	for (int i = 0; i < 100 && read(p[0], &c, 1) < 0; i++) {
		close(make(SOCK_STREAM));
		poll(NULL, 0, 10);
	}
	CHECK_EQ(read(p[0], &c, 1), 0);
}

/* What a program still holds is not collected. */
static void reachable_cycles_stay(void)
{
	int fd[2], got[4], count, flags;
	char c;

	make_pair(SOCK_STREAM, fd);
	CHECK_EQ(send_fds(fd[0], fd, 2, "x"), 1);
	close(fd[0]);
	for (int i = 0; i < 3; i++)
		close(make(SOCK_STREAM));
	CHECK_EQ(recv_fds(fd[1], got, &count, 4, &flags, 0), 1);
	CHECK_EQ(count, 2);
	CHECK_EQ(write(got[0], "z", 1), 1);
	CHECK_EQ(read(got[1], &c, 1), 1);
}

static void bad_control(void)
{
	int fd[2], fds[300] = { 0 }, bad = 99;
	union control u = { 0 };
	struct iovec iov = { "x", 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf,
			    .msg_controllen = CMSG_SPACE(sizeof(int)) };

	make_pair(SOCK_STREAM, fd);
	CHECK_FAILS(send_fds(fd[0], &bad, 1, "x"), EBADF);
	CHECK_EQ(send_fds(fd[0], fds, 253, "x"), 1);
	CHECK_FAILS(send_fds(fd[0], fds, 254, "x"), EINVAL);
	u.h.cmsg_level = SOL_SOCKET;
	u.h.cmsg_type = 77;
	u.h.cmsg_len = CMSG_LEN(sizeof(int));
	CHECK_FAILS(syscall(SYS_sendmsg, fd[0], &m, 0), EINVAL);
	u.h.cmsg_type = SCM_RIGHTS;
	u.h.cmsg_len = 3;
	CHECK_FAILS(syscall(SYS_sendmsg, fd[0], &m, 0), EINVAL);
	u.h.cmsg_len = 5000;
	CHECK_FAILS(syscall(SYS_sendmsg, fd[0], &m, 0), EINVAL);
	m.msg_control = (void *)8;
	CHECK_FAILS(syscall(SYS_sendmsg, fd[0], &m, 0), EFAULT);
	m.msg_controllen = 1 << 20;
	CHECK_FAILS(syscall(SYS_sendmsg, fd[0], &m, 0), ENOBUFS);
	m.msg_controllen = 0;
	m.msg_iovlen = 1025;
	CHECK_FAILS(syscall(SYS_sendmsg, fd[0], &m, 0), EMSGSIZE);
	CHECK_FAILS(syscall(SYS_sendmsg, fd[0], (void *)8, 0), EFAULT);
	CHECK_FAILS(syscall(SYS_recvmsg, fd[0], (void *)8, 0), EFAULT);
}

static void passes_credentials(void)
{
	for (int k = 0; k < SOCK_TYPES; k++) {
		union control u = { 0 };
		char buf[8];
		struct iovec iov = { buf, sizeof(buf) };
		struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf,
				    .msg_controllen = sizeof(u.buf) };
		struct ucred c;
		int fd[2];

		make_pair(type_of(k), fd);
		CHECK_EQ(write(fd[0], "early", 5), 5);
		set_option(fd[1], SO_PASSCRED, 1);
		CHECK_EQ(write(fd[0], "later", 5), 5);
		CHECK_EQ(recvmsg(fd[1], &m, 0), 5);
		CHECK_EQ(u.h.cmsg_type, SCM_CREDENTIALS);
		CHECK_EQ(u.h.cmsg_len, CMSG_LEN(sizeof(c)));
		memcpy(&c, CMSG_DATA(&u.h), sizeof(c));
		CHECK_EQ(c.pid, 0);
		CHECK_EQ(c.uid, 65534);
		m.msg_controllen = sizeof(u.buf);
		CHECK_EQ(recvmsg(fd[1], &m, 0), 5);
		memcpy(&c, CMSG_DATA(&u.h), sizeof(c));
		CHECK_EQ(c.pid, getpid());
		CHECK_EQ(c.uid, getuid());
		CHECK_EQ(c.gid, getgid());
		/* Said by the sender. */
		c = (struct ucred){ getpid(), getuid(), getgid() };
		memcpy(CMSG_DATA(&u.h), &c, sizeof(c));
		m.msg_controllen = CMSG_SPACE(sizeof(c));
		CHECK_EQ(sendmsg(fd[0], &m, 0), 8);
		m.msg_controllen = sizeof(u.buf);
		CHECK_EQ(recvmsg(fd[1], &m, 0), 8);
		m.msg_control = NULL;
		m.msg_controllen = 0;
		CHECK_EQ(write(fd[0], "none", 4), 4);
		CHECK_EQ(recvmsg(fd[1], &m, 0), 4);
		CHECK_EQ(m.msg_flags, MSG_CTRUNC);
		close(fd[0]);
		close(fd[1]);
	}
}

static void credentials_are_checked(void)
{
	union control u = { 0 };
	struct iovec iov = { "x", 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf,
			    .msg_controllen = CMSG_SPACE(sizeof(struct ucred)) };
	struct ucred c = { 1, 0, 0 };
	int fd[2];

	if (getuid() == 0)
		CHECK_EQ(setuid(1000), 0);
	make_pair(SOCK_DGRAM, fd);
	u.h = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_CREDENTIALS,
				.cmsg_len = CMSG_LEN(sizeof(c)) };
	memcpy(CMSG_DATA(&u.h), &c, sizeof(c));
	CHECK_FAILS(sendmsg(fd[0], &m, 0), EPERM);
	c = (struct ucred){ getpid(), getuid(), getgid() };
	memcpy(CMSG_DATA(&u.h), &c, sizeof(c));
	CHECK_EQ(sendmsg(fd[0], &m, 0), 1);
}

static const struct ktap_test tests[] = {
	TEST(passes_files), TEST(files_that_nobody_takes), TEST(files_are_peeked),
	TEST(files_split_stream), TEST(lost_cycles_are_collected), TEST(reachable_cycles_stay),
	TEST(bad_control), TEST(passes_credentials), TEST(credentials_are_checked),
};

int main(int argc, char **argv)
{
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
