/* SPDX-License-Identifier: MIT */
/* What the tests of UNIX sockets share: making them, names, options, poll. */
#ifndef USER_TEST_SOCKET_H
#define USER_TEST_SOCKET_H

#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "ktap.h"

#define NAMELEN offsetof(struct sockaddr_un, sun_path)
#define BIG (1 << 20)
#define SOCK_TYPES 3

/* The type number k, of SOCK_TYPES. */
static inline int type_of(int k)
{
	static const int types[SOCK_TYPES] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

	return types[k];
}

/* An abstract name of this process; its length. */
static inline socklen_t abstract_name(struct sockaddr_un *a, const char *text)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	return NAMELEN + 1 + (socklen_t)snprintf(a->sun_path + 1, 90, "%s-%d", text, getpid());
}

static inline int make(int type)
{
	int fd = socket(AF_UNIX, type, 0);

	CHECK(fd >= 0);
	return fd;
}

static inline void make_pair(int type, int fd[2])
{
	CHECK_EQ(socketpair(AF_UNIX, type, 0, fd), 0);
}

static inline short events(int fd, short wanted)
{
	struct pollfd p = { .fd = fd, .events = wanted };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

static inline int option(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	CHECK_EQ(getsockopt(fd, SOL_SOCKET, name, &value, &len), 0);
	CHECK_EQ(len, sizeof(value));
	return value;
}

static inline void set_option(int fd, int name, int value)
{
	CHECK_EQ(setsockopt(fd, SOL_SOCKET, name, &value, sizeof(value)), 0);
}

/* The partner of a ping-pong: sends each number back, one more, until the end. */
static inline void answer(int fd)
{
	unsigned int n;

	while (read(fd, &n, sizeof(n)) == sizeof(n)) {
		n++;
		CHECK_EQ(write(fd, &n, sizeof(n)), sizeof(n));
	}
}

#endif
