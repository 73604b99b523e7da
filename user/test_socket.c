// SPDX-License-Identifier: MIT
/*
 * test_socket: UNIX sockets as Linux has them: making, names, connections, options.
 * (Data are test_socket_data's, what is passed with them test_socket_passing's.)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "test_socket.h"

#define PATH "/tmp/test_socket"

static char big[BIG];

static struct sockaddr_un path_name(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, path);
	return a;
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

/* ---- options ------------------------------------------------------------ */

static void options(void)
{
	static const int switches[] = { SO_REUSEADDR, SO_KEEPALIVE, SO_BROADCAST, SO_OOBINLINE,
					SO_PASSCRED };
	struct linger linger = { 1, 3 };
	socklen_t len = sizeof(linger);

	for (int k = 0; k < SOCK_TYPES; k++) {
		int fd = make(type_of(k));

		CHECK_EQ(option(fd, SO_TYPE), type_of(k));
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

static const struct ktap_test tests[] = {
	TEST(wrong_arguments), TEST(stat_says_socket), TEST(flags_of_socket), TEST(path_names),
	TEST(path_follows_rename_and_link), TEST(path_permission), TEST(longest_path),
	TEST(abstract_names), TEST(autobind), TEST(bad_addresses), TEST(connection),
	TEST(accept_tells_name), TEST(backlog), TEST(listener_goes), TEST(accept_waits),
	TEST(wrong_type), TEST(not_connected), TEST(options), TEST(peer_credentials),
};

int main(int argc, char **argv)
{
	mkdir("/tmp", 01777);
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
