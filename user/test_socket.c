// SPDX-License-Identifier: MIT
/*
 * test_socket: UNIX sockets as Linux has them: names, connections, datagrams,
 * options, files and credentials that are passed, errors, poll.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

#include "ktap.h"

#ifndef SOCK_TYPES
#define SOCK_TYPES 3
#endif
#define PATH "/tmp/test_socket"
#define NAMELEN offsetof(struct sockaddr_un, sun_path)
#define BIG (1 << 20)

static const int types[SOCK_TYPES] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
static char big[BIG];
static volatile int signals;

static void count_signal(int sig)
{
	(void)sig;
	signals++;
}

static struct sockaddr_un path_name(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, path);
	return a;
}

/* An abstract name of this process; its length. */
static socklen_t abstract_name(struct sockaddr_un *a, const char *text)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	return NAMELEN + 1 + (socklen_t)snprintf(a->sun_path + 1, 90, "%s-%d", text, getpid());
}

static int make(int type)
{
	int fd = socket(AF_UNIX, type, 0);

	CHECK(fd >= 0);
	return fd;
}

static void make_pair(int type, int fd[2])
{
	CHECK_EQ(socketpair(AF_UNIX, type, 0, fd), 0);
}

/* A listening socket and one connected to it: fd[0], and the accepted fd[1]. */
static int make_connection(int type, int fd[2], const char *text)
{
	struct sockaddr_un a;
	socklen_t len = abstract_name(&a, text);
	int listener = make(type);

	CHECK_EQ(bind(listener, (void *)&a, len), 0);
	CHECK_EQ(listen(listener, 5), 0);
	fd[0] = make(type);
	CHECK_EQ(connect(fd[0], (void *)&a, len), 0);
	fd[1] = accept(listener, NULL, NULL);
	CHECK(fd[1] >= 0);
	return listener;
}

static short events(int fd, short wanted)
{
	struct pollfd p = { .fd = fd, .events = wanted };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

static int option(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	CHECK_EQ(getsockopt(fd, SOL_SOCKET, name, &value, &len), 0);
	CHECK_EQ(len, sizeof(value));
	return value;
}

static void set_option(int fd, int name, int value)
{
	CHECK_EQ(setsockopt(fd, SOL_SOCKET, name, &value, sizeof(value)), 0);
}

/* ---- making ------------------------------------------------------------- */

static void wrong_arguments(void)
{
	int fd[2], value = 0;
	char c;
	socklen_t len = sizeof(value);

	CHECK_FAILS(socket(AF_UNIX, SOCK_RDM, 0), ESOCKTNOSUPPORT);
	CHECK_FAILS(socket(AF_UNIX, 0, 0), ESOCKTNOSUPPORT);
	CHECK_FAILS(socket(AF_UNIX, 12, 0), EINVAL);
	CHECK_FAILS(socket(AF_UNIX, SOCK_STREAM | 0x100, 0), EINVAL);
	CHECK_FAILS(socket(AF_UNIX, SOCK_STREAM, 7), EPROTONOSUPPORT);
	CHECK_FAILS(socket(99, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_FAILS(socket(-1, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_FAILS(socketpair(AF_UNIX, SOCK_STREAM, 7, fd), EPROTONOSUPPORT);
	CHECK_FAILS(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, 8), EFAULT);
	CHECK_FAILS(listen(-1, 1), EBADF);
	CHECK_FAILS(listen(1, 1), ENOTSOCK);
	CHECK_FAILS(shutdown(1, 0), ENOTSOCK);
	CHECK_FAILS(recv(1, &c, 1, 0), ENOTSOCK);
	CHECK_FAILS(send(-1, &c, 1, 0), EBADF);
	CHECK_FAILS(getsockname(1, (void *)&value, &len), ENOTSOCK);
	make_pair(SOCK_STREAM, fd);
	CHECK_FAILS(getsockopt(fd[0], SOL_SOCKET, 9999, &value, &len), ENOPROTOOPT);
	CHECK_FAILS(setsockopt(fd[0], SOL_SOCKET, 9999, &value, sizeof(value)), ENOPROTOOPT);
	CHECK_FAILS(setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &value, 1), EINVAL);
	CHECK_FAILS(getsockopt(fd[0], 6, 1, &value, &len), EOPNOTSUPP);
	CHECK_FAILS(send(fd[0], (void *)8, 1, 0), EFAULT);
	CHECK_FAILS(write(fd[0], (void *)8, 1), EFAULT);
	CHECK_FAILS(lseek(fd[0], 0, SEEK_SET), ESPIPE);
	CHECK_FAILS(pread(fd[0], &c, 1, 0), ESPIPE);
	CHECK_FAILS(ioctl(fd[0], 0x5401, &value), ENOTTY);
	CHECK_FAILS(shutdown(fd[0], 3), EINVAL);
}

static void stat_says_socket(void)
{
	struct stat st;
	int fd[2];

	make_pair(SOCK_STREAM, fd);
	CHECK_EQ(fstat(fd[0], &st), 0);
	CHECK(S_ISSOCK(st.st_mode));
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(fcntl(fd[0], F_GETFL) & O_ACCMODE, O_RDWR);
}

static void flags_of_socket(void)
{
	int fd = make(SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK), on = 0, pair[2];
	char c;

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	make_pair(SOCK_STREAM | SOCK_NONBLOCK, pair);
	CHECK_EQ(fcntl(pair[1], F_GETFD), 0);
	CHECK_FAILS(read(pair[0], &c, 1), EAGAIN);
	CHECK_EQ(ioctl(pair[0], FIONBIO, &on), 0);
	CHECK(!(fcntl(pair[0], F_GETFL) & O_NONBLOCK));
}

/* ---- names -------------------------------------------------------------- */

static void path_names(void)
{
	struct sockaddr_un a = path_name(PATH), b;
	socklen_t len = sizeof(b);
	struct stat st;
	int fd = make(SOCK_STREAM), other = make(SOCK_STREAM);
	mode_t mask = umask(022);

	unlink(PATH);
	CHECK_FAILS(connect(other, (void *)&a, sizeof(a)), ENOENT);
	CHECK_EQ(bind(fd, (void *)&a, sizeof(a)), 0);
	CHECK_EQ(stat(PATH, &st), 0);
	CHECK_EQ(st.st_mode, S_IFSOCK | 0755);
	CHECK_EQ(getsockname(fd, (void *)&b, &len), 0);
	CHECK_EQ(len, NAMELEN + sizeof(PATH));
	CHECK(strcmp(b.sun_path, PATH) == 0);
	CHECK_FAILS(bind(other, (void *)&a, sizeof(a)), EADDRINUSE);
	CHECK_FAILS(bind(fd, (void *)&a, sizeof(a)), EADDRINUSE);
	CHECK_FAILS(connect(other, (void *)&a, sizeof(a)), ECONNREFUSED);
	CHECK_FAILS(open(PATH, O_RDWR), ENXIO);
	CHECK_EQ(listen(fd, 1), 0);
	CHECK_EQ(connect(other, (void *)&a, sizeof(a)), 0);
	CHECK_EQ(unlink(PATH), 0);
	close(other);
	other = make(SOCK_STREAM);
	CHECK_FAILS(connect(other, (void *)&a, sizeof(a)), ENOENT);
	/* The socket is gone, its name is not. */
	CHECK_EQ(bind(other, (void *)&a, sizeof(a)), 0);
	close(other);
	close(fd);
	fd = make(SOCK_STREAM);
	CHECK_FAILS(connect(fd, (void *)&a, sizeof(a)), ECONNREFUSED);
	a = path_name("/tmp");
	CHECK_FAILS(connect(fd, (void *)&a, sizeof(a)), ECONNREFUSED);
	a = path_name("/no/such/folder/socket");
	CHECK_FAILS(bind(fd, (void *)&a, sizeof(a)), ENOENT);
	a = path_name(PATH "-other");
	unlink(PATH "-other");
	CHECK_EQ(bind(fd, (void *)&a, sizeof(a)), 0);
	a = path_name(PATH "-more");
	unlink(PATH "-more");
	CHECK_FAILS(bind(fd, (void *)&a, sizeof(a)), EINVAL);
	CHECK_FAILS(stat(PATH "-more", &st), ENOENT);
	unlink(PATH);
	unlink(PATH "-other");
	umask(mask);
}

static void path_follows_rename_and_link(void)
{
	struct sockaddr_un a = path_name(PATH), b = path_name(PATH "-new");
	int fd = make(SOCK_STREAM), other;

	unlink(PATH);
	unlink(PATH "-new");
	unlink(PATH "-link");
	CHECK_EQ(bind(fd, (void *)&a, sizeof(a)), 0);
	CHECK_EQ(listen(fd, 3), 0);
	CHECK_EQ(rename(PATH, PATH "-new"), 0);
	other = make(SOCK_STREAM);
	CHECK_EQ(connect(other, (void *)&b, sizeof(b)), 0);
	CHECK_EQ(symlink(PATH "-new", PATH "-link"), 0);
	other = make(SOCK_STREAM);
	a = path_name(PATH "-link");
	CHECK_EQ(connect(other, (void *)&a, sizeof(a)), 0);
	unlink(PATH "-new");
	unlink(PATH "-link");
}

static void path_permission(void)
{
	struct sockaddr_un a = path_name(PATH);
	int fd = make(SOCK_DGRAM), status;
	pid_t pid;

	if (getuid() != 0)
		SKIP("needs root");
	unlink(PATH);
	CHECK_EQ(bind(fd, (void *)&a, sizeof(a)), 0);
	CHECK_EQ(chmod(PATH, 0755), 0);
	pid = fork();
	if (pid == 0) {
		CHECK_EQ(setuid(1000), 0);
		fd = make(SOCK_DGRAM);
		CHECK_FAILS(connect(fd, (void *)&a, sizeof(a)), EACCES);
		CHECK_FAILS(sendto(fd, "x", 1, 0, (void *)&a, sizeof(a)), EACCES);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	unlink(PATH);
}

static void longest_path(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char name[256];
	socklen_t len = sizeof(name);
	int fd = make(SOCK_STREAM);

	memset(a.sun_path, 'x', sizeof(a.sun_path));
	memcpy(a.sun_path, "/tmp/", 5);
	memset(name, 0, sizeof(name));
	memcpy(name, a.sun_path, sizeof(a.sun_path));
	unlink(name);
	CHECK_EQ(bind(fd, (void *)&a, sizeof(a)), 0);
	CHECK_EQ(unlink(name), 0);
	CHECK_EQ(getsockname(fd, (void *)name, &len), 0);
	CHECK_EQ(len, sizeof(a) + 1);
	CHECK_FAILS(bind(make(SOCK_STREAM), (void *)name, sizeof(a) + 1), EINVAL);
}

static void abstract_names(void)
{
	struct sockaddr_un a, b;
	socklen_t len = abstract_name(&a, "abstract"), got = sizeof(b);
	int fd = make(SOCK_STREAM), other = make(SOCK_STREAM), dgram = make(SOCK_DGRAM);

	CHECK_EQ(bind(fd, (void *)&a, len), 0);
	CHECK_EQ(getsockname(fd, (void *)&b, &got), 0);
	CHECK_EQ(got, len);
	CHECK(memcmp(&a, &b, len) == 0);
	CHECK_FAILS(bind(other, (void *)&a, len), EADDRINUSE);
	CHECK_FAILS(bind(fd, (void *)&a, len), EINVAL);
	CHECK_FAILS(connect(dgram, (void *)&a, len), ECONNREFUSED);
	CHECK_EQ(bind(dgram, (void *)&a, len), 0);
	CHECK_FAILS(connect(other, (void *)&a, len), ECONNREFUSED);
	CHECK_EQ(listen(fd, 0), 0);
	CHECK_FAILS(connect(other, (void *)&a, len - 1), ECONNREFUSED);
	CHECK_EQ(connect(other, (void *)&a, len), 0);
	close(fd);
	fd = make(SOCK_STREAM);
	CHECK_EQ(bind(fd, (void *)&a, len), 0);
}

static void autobind(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX }, b, c;
	socklen_t len = sizeof(b), len2 = sizeof(c);
	int fd = make(SOCK_DGRAM), other = make(SOCK_DGRAM);

	CHECK_EQ(getsockname(fd, (void *)&b, &len), 0);
	CHECK_EQ(len, NAMELEN);
	CHECK_EQ(b.sun_family, AF_UNIX);
	CHECK_EQ(bind(fd, (void *)&a, NAMELEN), 0);
	CHECK_EQ(bind(other, (void *)&a, NAMELEN), 0);
	len = sizeof(b);
	CHECK_EQ(getsockname(fd, (void *)&b, &len), 0);
	CHECK_EQ(getsockname(other, (void *)&c, &len2), 0);
	CHECK_EQ(len, NAMELEN + 6);
	CHECK_EQ(b.sun_path[0], 0);
	CHECK(strspn(b.sun_path + 1, "0123456789abcdef") >= 5);
	CHECK(memcmp(&b, &c, len) != 0);
	CHECK_EQ(connect(other, (void *)&b, len), 0);
	CHECK_EQ(bind(fd, (void *)&a, NAMELEN), 0);
	CHECK_FAILS(bind(fd, (void *)&b, len), EINVAL);
}

static void bad_addresses(void)
{
	struct sockaddr_un a = path_name(PATH);
	int fd = make(SOCK_STREAM);
	socklen_t len = sizeof(a);

	CHECK_FAILS(bind(fd, (void *)&a, 1), EINVAL);
	CHECK_FAILS(bind(fd, (void *)&a, 1000), EINVAL);
	CHECK_FAILS(bind(fd, (void *)&a, -1), EINVAL);
	CHECK_FAILS(bind(fd, (void *)8, sizeof(a)), EFAULT);
	CHECK_FAILS(connect(fd, (void *)&a, 1), EINVAL);
	CHECK_FAILS(connect(fd, (void *)&a, 2), EINVAL);
	a.sun_family = AF_INET;
	CHECK_FAILS(bind(fd, (void *)&a, sizeof(a)), EINVAL);
	CHECK_FAILS(connect(fd, (void *)&a, sizeof(a)), EINVAL);
	CHECK_FAILS(getsockname(fd, (void *)8, &len), EFAULT);
	CHECK_FAILS(getsockname(fd, (void *)&a, (void *)8), EFAULT);
	len = -1;
	CHECK_FAILS(getsockname(fd, (void *)&a, &len), EINVAL);
	len = 1;
	CHECK_EQ(getsockname(fd, (void *)&a, &len), 0);
	CHECK_EQ(len, NAMELEN);
}

/* ---- connections -------------------------------------------------------- */

static void connection(void)
{
	static const int kinds[] = { SOCK_STREAM, SOCK_SEQPACKET };

	for (int k = 0; k < 2; k++) {
		struct sockaddr_un a, b;
		socklen_t len = abstract_name(&a, "connection"), got = sizeof(b);
		int fd[2], listener = make_connection(kinds[k], fd, "connection");
		char buf[8];

		CHECK_EQ(option(listener, SO_ACCEPTCONN), 1);
		CHECK_EQ(option(fd[1], SO_ACCEPTCONN), 0);
		CHECK_EQ(write(fd[0], "hello", 5), 5);
		CHECK_EQ(read(fd[1], buf, sizeof(buf)), 5);
		CHECK_EQ(memcmp(buf, "hello", 5), 0);
		CHECK_EQ(write(fd[1], "you", 3), 3);
		CHECK_EQ(read(fd[0], buf, sizeof(buf)), 3);
		CHECK_EQ(getpeername(fd[0], (void *)&b, &got), 0);
		CHECK_EQ(got, len);
		CHECK_EQ(memcmp(&a, &b, len), 0);
		got = sizeof(b);
		CHECK_EQ(getsockname(fd[1], (void *)&b, &got), 0);
		CHECK_EQ(got, len);
		got = sizeof(b);
		CHECK_EQ(getpeername(fd[1], (void *)&b, &got), 0);
		CHECK_EQ(got, NAMELEN);
		CHECK_FAILS(getpeername(listener, (void *)&b, &got), ENOTCONN);
		CHECK_FAILS(connect(fd[0], (void *)&a, len), EISCONN);
		CHECK_FAILS(listen(fd[0], 1), EINVAL);
		CHECK_FAILS(accept(fd[0], NULL, NULL), EINVAL);
		CHECK_FAILS(syscall(SYS_accept4, listener, NULL, NULL, 1), EINVAL);
		close(listener);
		CHECK_EQ(write(fd[0], "x", 1), 1);
	}
	CHECK_FAILS(accept(make(SOCK_DGRAM), NULL, NULL), EOPNOTSUPP);
	CHECK_FAILS(listen(make(SOCK_DGRAM), 1), EOPNOTSUPP);
	CHECK_FAILS(listen(make(SOCK_STREAM), 1), EINVAL);
	CHECK_FAILS(accept(make(SOCK_STREAM), NULL, NULL), EINVAL);
}

static void accept_tells_name(void)
{
	struct sockaddr_un a, b, c;
	socklen_t len = abstract_name(&a, "named"), len2 = abstract_name(&b, "client");
	socklen_t got = sizeof(c);
	int listener = make(SOCK_STREAM), fd = make(SOCK_STREAM), new;

	CHECK_EQ(bind(listener, (void *)&a, len), 0);
	CHECK_EQ(bind(fd, (void *)&b, len2), 0);
	CHECK_EQ(listen(listener, 5), 0);
	CHECK_EQ(connect(fd, (void *)&a, len), 0);
	new = accept4(listener, (void *)&c, &got, SOCK_CLOEXEC | SOCK_NONBLOCK);
	CHECK(new >= 0);
	CHECK_EQ(got, len2);
	CHECK_EQ(memcmp(&b, &c, len2), 0);
	CHECK_EQ(fcntl(new, F_GETFD), FD_CLOEXEC);
	CHECK(fcntl(new, F_GETFL) & O_NONBLOCK);
}

static void backlog(void)
{
	struct sockaddr_un a;
	socklen_t len = abstract_name(&a, "backlog");
	int listener = make(SOCK_STREAM | SOCK_NONBLOCK), fd[4], status, new;
	pid_t pid;

	CHECK_EQ(bind(listener, (void *)&a, len), 0);
	CHECK_EQ(listen(listener, 1), 0);
	CHECK_FAILS(accept(listener, NULL, NULL), EAGAIN);
	CHECK_EQ(events(listener, POLLIN | POLLOUT), 0);
	for (int i = 0; i < 4; i++)
		fd[i] = make(SOCK_STREAM | SOCK_NONBLOCK);
	CHECK_EQ(connect(fd[0], (void *)&a, len), 0);
	CHECK_EQ(connect(fd[1], (void *)&a, len), 0);
	CHECK_FAILS(connect(fd[2], (void *)&a, len), EAGAIN);
	CHECK_EQ(events(listener, POLLIN | POLLOUT), POLLIN);
	/* What is sent before accept() arrives after it. */
	CHECK_EQ(write(fd[0], "early", 5), 5);
	pid = fork();
	if (pid == 0) {
		char buf[8];

		fd[3] = make(SOCK_STREAM);
		CHECK_EQ(connect(fd[3], (void *)&a, len), 0);
		CHECK_EQ(read(fd[3], buf, 8), 2);
		_exit(0);
	}
	poll(NULL, 0, 30);
	new = accept(listener, NULL, NULL);
	CHECK_EQ(read(new, big, 8), 5);
	new = accept(listener, NULL, NULL);
	CHECK(new >= 0);
	while ((new = accept(listener, NULL, NULL)) < 0)
		CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(write(new, "ok", 2), 2);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void listener_goes(void)
{
	struct sockaddr_un a;
	socklen_t len = abstract_name(&a, "goes");
	int listener = make(SOCK_STREAM), fd = make(SOCK_STREAM);

	CHECK_EQ(bind(listener, (void *)&a, len), 0);
	CHECK_EQ(listen(listener, 1), 0);
	CHECK_EQ(connect(fd, (void *)&a, len), 0);
	close(listener);
	CHECK(events(fd, POLLIN | POLLOUT | POLLRDHUP) & (POLLHUP | POLLERR));
	CHECK_FAILS(read(fd, big, 1), ECONNRESET);
	CHECK_EQ(read(fd, big, 1), 0);
	signal(SIGPIPE, SIG_IGN);
	CHECK_FAILS(write(fd, big, 1), EPIPE);
}

static void accept_waits(void)
{
	struct sockaddr_un a;
	socklen_t len = abstract_name(&a, "waits");
	int listener = make(SOCK_SEQPACKET), fd, status;
	pid_t pid;

	CHECK_EQ(bind(listener, (void *)&a, len), 0);
	CHECK_EQ(listen(listener, 1), 0);
	pid = fork();
	if (pid == 0) {
		fd = accept(listener, NULL, NULL);
		CHECK_EQ(read(fd, big, 10), 4);
		CHECK_EQ(read(fd, big, 10), 0);
		_exit(0);
	}
	poll(NULL, 0, 20);
	fd = make(SOCK_SEQPACKET);
	CHECK_EQ(connect(fd, (void *)&a, len), 0);
	poll(NULL, 0, 20);
	CHECK_EQ(write(fd, "ping", 4), 4);
	close(fd);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void wrong_type(void)
{
	struct sockaddr_un a = path_name(PATH);
	int listener = make(SOCK_STREAM);

	unlink(PATH);
	CHECK_EQ(bind(listener, (void *)&a, sizeof(a)), 0);
	CHECK_EQ(listen(listener, 1), 0);
	CHECK_FAILS(connect(make(SOCK_DGRAM), (void *)&a, sizeof(a)), EPROTOTYPE);
	CHECK_FAILS(connect(make(SOCK_SEQPACKET), (void *)&a, sizeof(a)), EPROTOTYPE);
	CHECK_FAILS(sendto(make(SOCK_DGRAM), "x", 1, 0, (void *)&a, sizeof(a)), EPROTOTYPE);
	unlink(PATH);
}

static void not_connected(void)
{
	int stream = make(SOCK_STREAM), packet = make(SOCK_SEQPACKET), dgram = make(SOCK_DGRAM);
	struct sockaddr_un a;
	socklen_t len = abstract_name(&a, "nobody"), got = sizeof(a);

	CHECK_FAILS(send(stream, "x", 1, 0), ENOTCONN);
	CHECK_FAILS(recv(stream, big, 1, 0), EINVAL);
	CHECK_FAILS(send(packet, "x", 1, 0), ENOTCONN);
	CHECK_FAILS(recv(packet, big, 1, 0), ENOTCONN);
	CHECK_FAILS(send(dgram, "x", 1, 0), ENOTCONN);
	CHECK_FAILS(recv(dgram, big, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_FAILS(sendto(stream, "x", 1, 0, (void *)&a, len), EOPNOTSUPP);
	CHECK_FAILS(sendto(dgram, "x", 1, 0, (void *)&a, len), ECONNREFUSED);
	CHECK_FAILS(getpeername(dgram, (void *)&a, &got), ENOTCONN);
	CHECK_EQ(shutdown(stream, SHUT_RDWR), 0);
	CHECK_EQ(events(make(SOCK_STREAM), POLLIN | POLLOUT), POLLOUT | POLLHUP);
	CHECK_EQ(events(make(SOCK_DGRAM), POLLIN | POLLOUT), POLLOUT);
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
		int fd[2], type = types[k];

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

/* ---- options ------------------------------------------------------------ */

static void options(void)
{
	static const int switches[] = { SO_REUSEADDR, SO_KEEPALIVE, SO_BROADCAST, SO_OOBINLINE,
					SO_PASSCRED };
	struct linger linger = { 1, 3 };
	socklen_t len = sizeof(linger);

	for (int k = 0; k < SOCK_TYPES; k++) {
		int fd = make(types[k]);

		CHECK_EQ(option(fd, SO_TYPE), types[k]);
		CHECK_EQ(option(fd, SO_DOMAIN), AF_UNIX);
		CHECK_EQ(option(fd, SO_PROTOCOL), 0);
		CHECK_EQ(option(fd, SO_ERROR), 0);
		CHECK_EQ(option(fd, SO_ACCEPTCONN), 0);
		CHECK_EQ(option(fd, SO_RCVLOWAT), 1);
		for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
			CHECK_EQ(option(fd, switches[i]), 0);
			set_option(fd, switches[i], 5);
			CHECK_EQ(option(fd, switches[i]), 1);
		}
		set_option(fd, SO_SNDBUF, 10000);
		CHECK_EQ(option(fd, SO_SNDBUF), 20000);
		set_option(fd, SO_SNDBUF, 1);
		CHECK_EQ(option(fd, SO_SNDBUF), 4608);
		set_option(fd, SO_RCVBUF, 10000);
		CHECK_EQ(option(fd, SO_RCVBUF), 20000);
		CHECK_EQ(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
		linger.l_linger = 0;
		CHECK_EQ(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len), 0);
		CHECK_EQ(linger.l_linger, 3);
		CHECK_FAILS(setsockopt(fd, SOL_SOCKET, SO_TYPE, &len, sizeof(len)), ENOPROTOOPT);
		len = 2;
		CHECK_EQ(getsockopt(fd, SOL_SOCKET, SO_TYPE, &linger, &len), 0);
		CHECK_EQ(len, 2);
		len = sizeof(linger);
	}
}

static void peer_credentials(void)
{
	struct ucred c;
	socklen_t len = sizeof(c);
	int fd[2], status;
	struct sockaddr_un a;
	socklen_t alen = abstract_name(&a, "peercred");
	pid_t pid;

	make_pair(SOCK_STREAM, fd);
	CHECK_EQ(getsockopt(fd[0], SOL_SOCKET, SO_PEERCRED, &c, &len), 0);
	CHECK_EQ(len, sizeof(c));
	CHECK_EQ(c.pid, getpid());
	CHECK_EQ(c.uid, geteuid());
	fd[0] = make(SOCK_STREAM);
	CHECK_EQ(getsockopt(fd[0], SOL_SOCKET, SO_PEERCRED, &c, &len), 0);
	CHECK_EQ(c.pid, 0);
	CHECK_EQ((int)c.uid, -1);
	CHECK_EQ(bind(fd[0], (void *)&a, alen), 0);
	CHECK_EQ(listen(fd[0], 1), 0);
	fd[1] = make(SOCK_DGRAM);
	CHECK_EQ(bind(fd[1], (void *)&a, alen), 0);
	fd[1] = make(SOCK_DGRAM);
	CHECK_EQ(connect(fd[1], (void *)&a, alen), 0);
	CHECK_EQ(getsockopt(fd[1], SOL_SOCKET, SO_PEERCRED, &c, &len), 0);
	CHECK_EQ(c.pid, 0);
	CHECK_EQ((int)c.uid, -1);
	pid = fork();
	if (pid == 0) {
		fd[1] = make(SOCK_STREAM);
		CHECK_EQ(connect(fd[1], (void *)&a, alen), 0);
		CHECK_EQ(getsockopt(fd[1], SOL_SOCKET, SO_PEERCRED, &c, &len), 0);
		CHECK_EQ(c.pid, getppid());
		CHECK_EQ(read(fd[1], big, 1), 0);
		_exit(0);
	}
	fd[1] = accept(fd[0], NULL, NULL);
	CHECK_EQ(getsockopt(fd[1], SOL_SOCKET, SO_PEERCRED, &c, &len), 0);
	CHECK_EQ(c.pid, pid);
	close(fd[1]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* ---- control messages --------------------------------------------------- */

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

		make_pair(types[k], fd);
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
	CHECK_EQ(read(p[0], big, 8), 2);
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

	make_pair(SOCK_STREAM, fd);
	CHECK_EQ(send_fds(fd[0], fd, 2, "x"), 1);
	close(fd[0]);
	for (int i = 0; i < 3; i++)
		close(make(SOCK_STREAM));
	CHECK_EQ(recv_fds(fd[1], got, &count, 4, &flags, 0), 1);
	CHECK_EQ(count, 2);
	CHECK_EQ(write(got[0], "z", 1), 1);
	CHECK_EQ(read(got[1], big, 8), 1);
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

		make_pair(types[k], fd);
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
			make_pair(types[i % 3], fd[i]);
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
		unsigned int n;

		close(fd[0]);
		while (read(fd[1], &n, sizeof(n)) == sizeof(n)) {
			n++;
			CHECK_EQ(write(fd[1], &n, sizeof(n)), sizeof(n));
		}
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

static const struct ktap_test tests[] = {
	TEST(wrong_arguments), TEST(stat_says_socket), TEST(flags_of_socket),
	TEST(path_names), TEST(path_follows_rename_and_link), TEST(path_permission),
	TEST(longest_path), TEST(abstract_names), TEST(autobind), TEST(bad_addresses),
	TEST(connection), TEST(accept_tells_name), TEST(backlog), TEST(listener_goes),
	TEST(accept_waits), TEST(wrong_type), TEST(not_connected),
	TEST(stream_joins_writes), TEST(stream_vectors), TEST(stream_carries_much),
	TEST(sent_file), TEST(stream_fills), TEST(waits_for_all), TEST(packets_stay_apart),
	TEST(datagrams_to_names), TEST(datagram_queue_is_short), TEST(peer_closes),
	TEST(peer_closes_unread), TEST(sigpipe), TEST_DIES(sigpipe_kills, SIGPIPE),
	TEST(shut_down), TEST(timeouts), TEST(alarm_interrupts), TEST(poll_wakes),
	TEST(options), TEST(peer_credentials), TEST(passes_files),
	TEST(files_that_nobody_takes), TEST(files_are_peeked), TEST(files_split_stream),
	TEST(lost_cycles_are_collected), TEST(reachable_cycles_stay), TEST(bad_control),
	TEST(passes_credentials), TEST(credentials_are_checked),
	TEST(message_header), TEST(many_messages), TEST(many_sockets), TEST(ping_pong),
};

int main(int argc, char **argv)
{
	mkdir("/tmp", 01777);
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
