/* SPDX-License-Identifier: MIT */
#ifndef SOCKET_INTERNAL_H
#define SOCKET_INTERNAL_H

#include <errno.h>
#include <program.h>
#include <runtime.h>
#include <socket.h>
#include <string.h>
#include <whitix/fcntl.h>
#include <whitix/process.h>
#include <whitix/stat.h>
#include <whitix/syscalls.h>

/* All that the module provides: call_NAME is NAME(2). */
#define SOCKET_CALLS(X) \
	X(socket) X(socketpair) X(bind) X(connect) X(listen) X(accept) X(accept4) \
	X(getsockname) X(getpeername) X(shutdown) X(setsockopt) X(getsockopt) X(sendto) \
	X(recvfrom) X(sendmsg) X(recvmsg) X(sendmmsg) X(recvmmsg)

#define SOCKET_CALL(name) long call_##name(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);
SOCKET_CALLS(SOCKET_CALL)
#undef SOCKET_CALL

typedef long socket_op(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);

/* A family's operations; NULL: nobody has it. */
const struct socket_ops *family_ops(u32 family);

/* A socket that a call is about. */
struct socket {
	const struct socket_ops *ops;
	u64 number;
	bool messages;		/* not a stream */
	bool nonblock;
};

/* The socket of a descriptor, held until the call ends: 0, -EBADF, -ENOTSOCK, -EIO. */
long socket_get(u64 fd, struct socket *s);

/*
 * One try of an operation: its result, of the system call if it is to be waited for.
 * User buffers are from 1 on.
 */
long socket_try(const struct socket *s, socket_op *op, u64 a, u64 b, u32 flags);

/* A counted buffer (socket.h) as numbers `index` and index + 1: 0, -EFAULT. */
long offer_counted(u32 index, u64 addr, u64 len);

#endif
