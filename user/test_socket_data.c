// SPDX-License-Identifier: MIT
/*
 * test_socket_data: what goes through UNIX sockets, as on Linux: streams and
 * datagrams, their end, waiting for them, headers of messages.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

#include "test_socket.h"

static char big[BIG];
static volatile int signals;

static void count_signal(int sig)
{
	(void)sig;
	signals++;
}

/* ---- streams ------------------------------------------------------------ */

static void stream_joins_writes(void)
{
	int fd[2], count = -1;
	char buf[16];

	make_pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[0], "abc", 3), 3);
	CHECK_EQ(write(fd[0], "defg", 4), 4);
	CHECK_EQ(ioctl(fd[1], FIONREAD, &count), 0);
	CHECK_EQ(count, 7);
	CHECK_EQ(recv(fd[1], buf, 2, MSG_PEEK), 2);
	CHECK_EQ(read(fd[1], buf, 2), 2);
	CHECK_EQ(memcmp(buf, "ab", 2), 0);
	CHECK_EQ(recv(fd[1], buf, sizeof(buf), MSG_PEEK), 5);
	CHECK_EQ(memcmp(buf, "cdefg", 5), 0);
	CHECK_EQ(ioctl(fd[1], FIONREAD, &count), 0);
	CHECK_EQ(count, 5);
	CHECK_EQ(read(fd[1], buf, sizeof(buf)), 5);
	CHECK_EQ(memcmp(buf, "cdefg", 5), 0);
	CHECK_FAILS(recv(fd[1], buf, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(write(fd[0], "", 0), 0);
	CHECK_FAILS(recv(fd[1], buf, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(read(fd[1], buf, 0), 0);
}

static void stream_vectors(void)
{
	int fd[2];
	char a[3], b[20];
	struct iovec out[3] = { { "one", 3 }, { "", 0 }, { "twenty", 6 } };
	struct iovec in[2] = { { a, 3 }, { b, 20 } };

	make_pair(SOCK_STREAM, fd);
	CHECK_EQ(writev(fd[0], out, 3), 9);
	CHECK_EQ(readv(fd[1], in, 2), 9);
	CHECK_EQ(memcmp(a, "one", 3), 0);
	CHECK_EQ(memcmp(b, "twenty", 6), 0);
}

/* Data that exceed every buffer, checked byte by byte. */
static void stream_carries_much(void)
{
	int fd[2], status;
	size_t total = 0;
	pid_t pid;

	make_pair(SOCK_STREAM, fd);
	for (size_t i = 0; i < BIG; i++)
		big[i] = (char)(i * 7 + i / 1000);
	pid = fork();
	if (pid == 0) {
		close(fd[1]);
		for (int i = 0; i < 3; i++)
			CHECK_EQ(write(fd[0], big, BIG), BIG);
		_exit(0);
	}
	close(fd[0]);
	for (;;) {
		static char buf[70001];
		ssize_t n = read(fd[1], buf, 1 + total % sizeof(buf));

		CHECK(n >= 0);
		if (n == 0)
			break;
		for (ssize_t i = 0; i < n; i++, total++)
			if (buf[i] != big[total % BIG])
				FAIL("byte %zu is wrong", total);
	}
	CHECK_EQ(total, 3ul * BIG);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* From a file, by the kernel. */
static void sent_file(void)
{
	int fd[2], file = open("/tmp/test_socket_file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	static char buf[10000], got[10000];

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (char)(i * 11 + i / 300);
	CHECK_EQ(write(file, buf, sizeof(buf)), sizeof(buf));
	CHECK_EQ(lseek(file, 0, SEEK_SET), 0);
	make_pair(SOCK_STREAM, fd);
	CHECK_EQ(sendfile(fd[0], file, NULL, sizeof(buf)), sizeof(buf));
	CHECK_EQ(recv(fd[1], got, sizeof(got), MSG_WAITALL), sizeof(got));
	CHECK_EQ(memcmp(buf, got, sizeof(buf)), 0);
	unlink("/tmp/test_socket_file");
}

static void stream_fills(void)
{
	int fd[2];
	ssize_t n;
	size_t total = 0, got = 0;

	make_pair(SOCK_STREAM | SOCK_NONBLOCK, fd);
	CHECK_EQ(events(fd[0], POLLIN | POLLOUT), POLLOUT);
	while ((n = write(fd[0], big, 4096)) > 0)
		total += (size_t)n;
	CHECK_EQ(errno, EAGAIN);
	CHECK(total >= 65536);
	CHECK_EQ(events(fd[0], POLLIN | POLLOUT), 0);
	CHECK_EQ(events(fd[1], POLLIN | POLLOUT), POLLIN | POLLOUT);
	while ((n = read(fd[1], big, BIG)) > 0)
		got += (size_t)n;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(got, total);
	CHECK_EQ(events(fd[0], POLLIN | POLLOUT), POLLOUT);
}

static void waits_for_all(void)
{
	int fd[2], status;
	char buf[8];
	pid_t pid;

	make_pair(SOCK_STREAM, fd);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 8; i++) {
			CHECK_EQ(write(fd[0], "12345678" + i, 1), 1);
			poll(NULL, 0, 5);
		}
		_exit(0);
	}
	CHECK_EQ(recv(fd[1], buf, 8, MSG_WAITALL), 8);
	CHECK_EQ(memcmp(buf, "12345678", 8), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(write(fd[0], "123", 3), 3);
	close(fd[0]);
	CHECK_EQ(recv(fd[1], buf, 8, MSG_WAITALL), 3);
	CHECK_EQ(recv(fd[1], buf, 8, MSG_WAITALL), 0);
}

/* ---- datagrams ---------------------------------------------------------- */

static void packets_stay_apart(void)
{
	static const int kinds[] = { SOCK_DGRAM, SOCK_SEQPACKET };

	for (int k = 0; k < 2; k++) {
		int fd[2], count = -1;
		char buf[16];
		struct iovec out[2] = { { "ve", 2 }, { "ctor", 4 } };

		make_pair(kinds[k], fd);
		CHECK_EQ(write(fd[0], "abc", 3), 3);
		CHECK_EQ(write(fd[0], "defgh", 5), 5);
		CHECK_EQ(writev(fd[0], out, 2), 6);
		CHECK_EQ(write(fd[0], "", 0), 0);
		CHECK_EQ(ioctl(fd[1], FIONREAD, &count), 0);
		CHECK_EQ(count, kinds[k] == SOCK_DGRAM ? 3 : 14);
		CHECK_EQ(recv(fd[1], buf, 2, MSG_PEEK), 2);
		CHECK_EQ(recv(fd[1], buf, 2, MSG_PEEK | MSG_TRUNC), 3);
		CHECK_EQ(read(fd[1], buf, sizeof(buf)), 3);
		CHECK_EQ(recv(fd[1], buf, 2, MSG_TRUNC), 5);
		CHECK_EQ(memcmp(buf, "de", 2), 0);
		CHECK_EQ(recv(fd[1], buf, sizeof(buf), MSG_WAITALL), 6);
		CHECK_EQ(memcmp(buf, "vector", 6), 0);
		CHECK_EQ(recv(fd[1], buf, sizeof(buf), 0), 0);
		CHECK_FAILS(recv(fd[1], buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
		CHECK_FAILS(send(fd[0], big, BIG, 0), EMSGSIZE);
		CHECK_EQ(send(fd[0], big, 200000, 0), 200000);
		CHECK_EQ(recv(fd[1], big, BIG, 0), 200000);
	}
}

static void datagrams_to_names(void)
{
	struct sockaddr_un a, b, from;
	socklen_t len = abstract_name(&a, "to"), len2 = abstract_name(&b, "from");
	socklen_t got = sizeof(from);
	int to = make(SOCK_DGRAM), fd = make(SOCK_DGRAM), third = make(SOCK_DGRAM);
	char buf[8];

	CHECK_EQ(bind(to, (void *)&a, len), 0);
	CHECK_EQ(sendto(third, "unnamed", 7, 0, (void *)&a, len), 7);
	CHECK_EQ(bind(fd, (void *)&b, len2), 0);
	CHECK_EQ(sendto(fd, "named", 5, 0, (void *)&a, len), 5);
	CHECK_EQ(recvfrom(to, buf, 8, 0, (void *)&from, &got), 7);
	CHECK_EQ(got, 0);
	got = sizeof(from);
	CHECK_EQ(recvfrom(to, buf, 8, 0, (void *)&from, &got), 5);
	CHECK_EQ(got, len2);
	CHECK_EQ(memcmp(&from, &b, len2), 0);
	CHECK_EQ(sendto(to, "back", 4, 0, (void *)&from, got), 4);
	CHECK_EQ(read(fd, buf, 8), 4);
	/* A connected socket hears its peer only. */
	CHECK_EQ(connect(to, (void *)&b, len2), 0);
	CHECK_FAILS(sendto(third, "x", 1, 0, (void *)&a, len), EPERM);
	CHECK_FAILS(connect(third, (void *)&a, len), EPERM);
	CHECK_EQ(send(to, "straight", 8, 0), 8);
	CHECK_EQ(read(fd, buf, 8), 8);
	from.sun_family = AF_UNSPEC;
	CHECK_EQ(connect(to, (void *)&from, sizeof(from)), 0);
	CHECK_FAILS(send(to, "x", 1, 0), ENOTCONN);
	CHECK_EQ(sendto(third, "x", 1, 0, (void *)&a, len), 1);
	CHECK_EQ(read(to, buf, 8), 1);
	CHECK_EQ(connect(to, (void *)&b, len2), 0);
	close(fd);
	CHECK_FAILS(send(to, "x", 1, 0), ECONNREFUSED);
	CHECK_FAILS(send(to, "x", 1, 0), ENOTCONN);
}

static void datagram_queue_is_short(void)
{
	struct sockaddr_un a;
	socklen_t len = abstract_name(&a, "short");
	int to = make(SOCK_DGRAM), fd = make(SOCK_DGRAM | SOCK_NONBLOCK), n = 0, status;
	pid_t pid;

	CHECK_EQ(bind(to, (void *)&a, len), 0);
	CHECK_EQ(connect(fd, (void *)&a, len), 0);
	while (n < 1000 && send(fd, "x", 1, 0) == 1)
		n++;
	CHECK(n < 1000 && n >= 10);
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(events(fd, POLLOUT), 0);
	pid = fork();
	if (pid == 0) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		CHECK_EQ(poll(&p, 1, 5000), 1);
		CHECK_EQ(fcntl(fd, F_SETFL, 0), 0);
		CHECK_EQ(send(fd, "y", 1, 0), 1);
		CHECK_EQ(send(fd, "z", 1, 0), 1);
		_exit(0);
	}
	poll(NULL, 0, 20);
	for (int i = 0; i < n + 2; i++)
		CHECK_EQ(recv(to, big, 8, 0), 1);
	CHECK_EQ(big[0], 'z');
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* ---- the end ------------------------------------------------------------ */

static void peer_closes(void)
{
	for (int k = 0; k < SOCK_TYPES; k++) {
		int fd[2], type = type_of(k);

		make_pair(type, fd);
		CHECK_EQ(write(fd[0], "last", 4), 4);
		close(fd[0]);
		if (type != SOCK_DGRAM)
			CHECK_EQ(events(fd[1], POLLIN | POLLOUT | POLLRDHUP),
				 POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
		CHECK_EQ(read(fd[1], big, 10), 4);
		if (type == SOCK_DGRAM) {
			CHECK_FAILS(recv(fd[1], big, 10, MSG_DONTWAIT), EAGAIN);
			CHECK_FAILS(write(fd[1], "x", 1), ECONNREFUSED);
			CHECK_FAILS(write(fd[1], "x", 1), ENOTCONN);
			continue;
		}
		CHECK_EQ(read(fd[1], big, 10), 0);
		CHECK_EQ(read(fd[1], big, 10), 0);
		CHECK_FAILS(send(fd[1], "x", 1, MSG_NOSIGNAL), EPIPE);
		CHECK_EQ(option(fd[1], SO_ERROR), 0);
	}
}

static void peer_closes_unread(void)
{
	int fd[2];

	make_pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[1], "unread", 6), 6);
	close(fd[0]);
	CHECK_EQ(events(fd[1], POLLIN), POLLIN | POLLERR | POLLHUP);
	CHECK_EQ(option(fd[1], SO_ERROR), ECONNRESET);
	CHECK_EQ(option(fd[1], SO_ERROR), 0);
	CHECK_EQ(read(fd[1], big, 1), 0);
	make_pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[1], "unread", 6), 6);
	close(fd[0]);
	CHECK_FAILS(read(fd[1], big, 1), ECONNRESET);
	CHECK_EQ(read(fd[1], big, 1), 0);
}

static void sigpipe(void)
{
	int fd[2];

	signal(SIGPIPE, count_signal);
	make_pair(SOCK_STREAM, fd);
	close(fd[0]);
	CHECK_FAILS(send(fd[1], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(signals, 0);
	CHECK_FAILS(send(fd[1], "x", 1, 0), EPIPE);
	CHECK_EQ(signals, 1);
	CHECK_FAILS(write(fd[1], "x", 1), EPIPE);
	CHECK_EQ(signals, 2);
	make_pair(SOCK_SEQPACKET, fd);
	close(fd[0]);
	CHECK_FAILS(write(fd[1], "x", 1), EPIPE);
	CHECK_EQ(signals, 2);
}

static void sigpipe_kills(void)
{
	int fd[2];

	make_pair(SOCK_STREAM, fd);
	close(fd[0]);
	write(fd[1], "x", 1);
}

static void shut_down(void)
{
	int fd[2];

	signal(SIGPIPE, SIG_IGN);
	make_pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[0], "rest", 4), 4);
	CHECK_EQ(shutdown(fd[0], SHUT_WR), 0);
	CHECK_FAILS(write(fd[0], "x", 1), EPIPE);
	CHECK_EQ(events(fd[1], POLLIN | POLLOUT | POLLRDHUP), POLLIN | POLLOUT | POLLRDHUP);
	CHECK_EQ(read(fd[1], big, 10), 4);
	CHECK_EQ(read(fd[1], big, 10), 0);
	CHECK_EQ(write(fd[1], "still", 5), 5);
	CHECK_EQ(read(fd[0], big, 10), 5);
	CHECK_EQ(shutdown(fd[0], SHUT_RD), 0);
	CHECK_FAILS(write(fd[1], "x", 1), EPIPE);
	CHECK_EQ(read(fd[0], big, 10), 0);
	CHECK_EQ(events(fd[0], POLLIN | POLLOUT | POLLRDHUP),
		 POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
	make_pair(SOCK_DGRAM, fd);
	CHECK_EQ(shutdown(fd[0], SHUT_RD), 0);
	CHECK_FAILS(write(fd[1], "x", 1), EPIPE);
	CHECK_EQ(read(fd[0], big, 10), 0);
	CHECK_FAILS(recv(fd[0], big, 10, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(shutdown(fd[1], SHUT_WR), 0);
	CHECK_FAILS(write(fd[1], "x", 1), EPIPE);
}

/* ---- waiting ------------------------------------------------------------ */

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static void timeouts(void)
{
	struct timeval t = { 0, 60000 }, got, bad = { 0, 1000000 };
	socklen_t len = sizeof(got);
	long long start = now_ms();
	int fd[2];

	make_pair(SOCK_STREAM, fd);
	CHECK_EQ(setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)), 0);
	CHECK_EQ(setsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)), 0);
	CHECK_FAILS(setsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &bad, sizeof(bad)), EDOM);
	CHECK_FAILS(setsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &bad, 4), EINVAL);
	CHECK_EQ(getsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &got, &len), 0);
	CHECK_EQ(len, sizeof(got));
	CHECK_EQ(got.tv_sec, 0);
	CHECK_EQ(got.tv_usec, 60000);
	CHECK_FAILS(read(fd[0], big, 1), EAGAIN);
	CHECK(now_ms() - start >= 55);
	start = now_ms();
	CHECK(write(fd[0], big, BIG) > 0);
	CHECK_FAILS(write(fd[0], big, BIG), EAGAIN);
	CHECK(now_ms() - start >= 110);
}

static void alarm_interrupts(void)
{
	struct sigaction sa = { .sa_handler = count_signal };
	struct itimerval timer = { .it_value.tv_usec = 20000 };
	int fd[2];

	sigaction(SIGALRM, &sa, NULL);
	make_pair(SOCK_STREAM, fd);
	setitimer(ITIMER_REAL, &timer, NULL);
	CHECK_FAILS(read(fd[0], big, 1), EINTR);
	CHECK_EQ(signals, 1);
}

static void poll_wakes(void)
{
	struct pollfd p;
	int fd[2], status;
	pid_t pid;

	make_pair(SOCK_STREAM, fd);
	pid = fork();
	if (pid == 0) {
		poll(NULL, 0, 20);
		CHECK_EQ(write(fd[0], "x", 1), 1);
		close(fd[0]);
		poll(NULL, 0, 50);
		_exit(0);
	}
	close(fd[0]);
	p = (struct pollfd){ .fd = fd[1], .events = POLLIN };
	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK(p.revents & POLLIN);
	CHECK_EQ(read(fd[1], big, 1), 1);
	p.events = POLLRDHUP;
	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK_EQ(p.revents, POLLRDHUP | POLLHUP);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* ---- messages ----------------------------------------------------------- */

static void message_header(void)
{
	int fd[2];
	char a[2], b[2];
	struct sockaddr_un name;
	struct iovec iov[2] = { { a, 2 }, { b, 2 } };
	struct msghdr m = { .msg_name = &name, .msg_namelen = sizeof(name), .msg_iov = iov,
			    .msg_iovlen = 2, .msg_flags = -1 };

	make_pair(SOCK_DGRAM, fd);
	CHECK_EQ(write(fd[0], "toolong", 7), 7);
	CHECK_EQ(recvmsg(fd[1], &m, 0), 4);
	CHECK_EQ(m.msg_flags, MSG_TRUNC);
	CHECK_EQ(m.msg_namelen, 0);
	CHECK_EQ(memcmp(a, "to", 2), 0);
	CHECK_EQ(memcmp(b, "ol", 2), 0);
	CHECK_EQ(write(fd[0], "fits", 4), 4);
	CHECK_EQ(recvmsg(fd[1], &m, 0), 4);
	CHECK_EQ(m.msg_flags, 0);
	m = (struct msghdr){ .msg_iov = iov, .msg_iovlen = 2 };
	CHECK_EQ(sendmsg(fd[0], &m, 0), 4);
	CHECK_EQ(read(fd[1], big, 10), 4);
	CHECK_FAILS(send(fd[0], "x", 1, MSG_OOB), EOPNOTSUPP);
	CHECK_FAILS(recv(fd[1], big, 1, MSG_OOB), EOPNOTSUPP);
}

static void many_messages(void)
{
	int fd[2];
	char a[4][4];
	struct iovec iov[4];
	struct mmsghdr m[4] = { 0 };

	make_pair(SOCK_DGRAM, fd);
	for (int i = 0; i < 4; i++) {
		iov[i] = (struct iovec){ (char *)"abcd", (size_t)i + 1 };
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	CHECK_EQ(sendmmsg(fd[0], m, 3, 0), 3);
	CHECK_EQ(m[2].msg_len, 3);
	for (int i = 0; i < 4; i++)
		iov[i] = (struct iovec){ a[i], 4 };
	CHECK_EQ(recvmmsg(fd[1], m, 4, MSG_DONTWAIT, NULL), 3);
	CHECK_EQ(m[0].msg_len, 1);
	CHECK_EQ(m[2].msg_len, 3);
	CHECK_FAILS(recvmmsg(fd[1], m, 4, MSG_DONTWAIT, NULL), EAGAIN);
	CHECK_EQ(write(fd[0], "x", 1), 1);
	CHECK_EQ(recvmmsg(fd[1], m, 4, MSG_WAITFORONE, NULL), 1);
}

/* ---- many --------------------------------------------------------------- */

static void many_sockets(void)
{
	int fd[200][2];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 200; i++) {
			make_pair(type_of(i % SOCK_TYPES), fd[i]);
			CHECK_EQ(write(fd[i][0], &i, sizeof(i)), sizeof(i));
		}
		for (int i = 0; i < 200; i++) {
			int got;

			CHECK_EQ(read(fd[i][1], &got, sizeof(got)), sizeof(got));
			CHECK_EQ(got, i);
			close(fd[i][0]);
			close(fd[i][1]);
		}
	}
}

static void ping_pong(void)
{
	int fd[2], status;
	pid_t pid;

	make_pair(SOCK_STREAM, fd);
	pid = fork();
	if (pid == 0) {
		close(fd[0]);
		answer(fd[1]);
		_exit(0);
	}
	close(fd[1]);
	for (unsigned int i = 0; i < 2000; i += 2) {
		unsigned int n = i;

		CHECK_EQ(write(fd[0], &n, sizeof(n)), sizeof(n));
		CHECK_EQ(read(fd[0], &n, sizeof(n)), sizeof(n));
		CHECK_EQ(n, i + 1);
	}
	close(fd[0]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* SO_PEEK_OFF: each look begins where the last one ended. */
static void peeks_with_an_offset(void)
{
	char buf[32];
	int p[2], off = -5;
	socklen_t len = sizeof(off);

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p), 0);
	CHECK_EQ(getsockopt(p[0], SOL_SOCKET, SO_PEEK_OFF, &off, &len), 0);
	CHECK_EQ(off, -1);
	CHECK_EQ(write(p[1], "aaaa", 4), 4);
	CHECK_EQ(write(p[1], "bbbb", 4), 4);
	CHECK_EQ(recv(p[0], buf, 3, MSG_PEEK), 3);
	CHECK_EQ(recv(p[0], buf, 3, MSG_PEEK), 3);
	off = 1;
	CHECK_EQ(setsockopt(p[0], SOL_SOCKET, SO_PEEK_OFF, &off, sizeof(off)), 0);
	CHECK_EQ(recv(p[0], buf, 4, MSG_PEEK), 4);
	CHECK(memcmp(buf, "aaab", 4) == 0);
	CHECK_EQ(getsockopt(p[0], SOL_SOCKET, SO_PEEK_OFF, &off, &len), 0);
	CHECK_EQ(off, 5);
	CHECK_EQ(read(p[0], buf, 2), 2);
	CHECK_EQ(getsockopt(p[0], SOL_SOCKET, SO_PEEK_OFF, &off, &len), 0);
	CHECK_EQ(off, 3);
	CHECK_EQ(recv(p[0], buf, sizeof(buf), MSG_PEEK), 3);
	CHECK(memcmp(buf, "bbb", 3) == 0);
	CHECK_FAILS(recv(p[0], buf, 1, MSG_PEEK), EAGAIN);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 6);
	CHECK_EQ(getsockopt(p[0], SOL_SOCKET, SO_PEEK_OFF, &off, &len), 0);
	CHECK_EQ(off, 0);

	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, p), 0);
	CHECK_EQ(setsockopt(p[0], SOL_SOCKET, SO_PEEK_OFF, &off, sizeof(off)), 0);
	CHECK_EQ(write(p[1], "one", 3), 3);
	CHECK_EQ(write(p[1], "second", 6), 6);
	CHECK_EQ(recv(p[0], buf, 2, MSG_PEEK), 2);
	CHECK_EQ(recv(p[0], buf, sizeof(buf), MSG_PEEK), 1);
	CHECK_EQ(recv(p[0], buf, 4, MSG_PEEK | MSG_TRUNC), 6);
	CHECK_EQ(recv(p[0], buf, sizeof(buf), MSG_PEEK), 2);
	CHECK(memcmp(buf, "nd", 2) == 0);
	CHECK_EQ(recv(p[0], buf, sizeof(buf), 0), 3);
	CHECK_EQ(recv(p[0], buf, sizeof(buf), 0), 6);
	CHECK_FAILS(recv(p[0], buf, sizeof(buf), MSG_PEEK), EAGAIN);
}

static const struct ktap_test tests[] = {
	TEST(peeks_with_an_offset),
	TEST(stream_joins_writes), TEST(stream_vectors), TEST(stream_carries_much),
	TEST(sent_file), TEST(stream_fills), TEST(waits_for_all), TEST(packets_stay_apart),
	TEST(datagrams_to_names), TEST(datagram_queue_is_short), TEST(peer_closes),
	TEST(peer_closes_unread), TEST(sigpipe), TEST_DIES(sigpipe_kills, SIGPIPE),
	TEST(shut_down), TEST(timeouts), TEST(alarm_interrupts), TEST(poll_wakes),
	TEST(message_header), TEST(many_messages), TEST(many_sockets), TEST(ping_pong),
};

int main(int argc, char **argv)
{
	mkdir("/tmp", 01777);
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
