/* SPDX-License-Identifier: MIT */
/* System calls that make sockets, name and connect them, and their options. */
#include "internal.h"

#define TYPE_FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK)
#define SOCKET_MODE (S_IFSOCK | 0777)
/* No program has memory there: descriptors that are to be written to it are not made. */
#define NOWHERE (~0ul)

/* See internal.h. */
long offer_counted(u32 index, u64 addr, u64 len)
{
	long ret = ubuf_offer(index, addr, SOCKET_BUFFER_MAX, UBUF_WRITE);

	return ret ? ret : ubuf_offer(index + 1, len, sizeof(s32), UBUF_READ | UBUF_WRITE);
}

#define OP(name) (offsetof(struct socket_ops, name) / sizeof(socket_op *))

static long try_op(const struct socket *s, size_t op, u64 a, u64 b)
{
	return socket_try(s, ((socket_op *const *)s->ops)[op], a, b, 0);
}

/* One operation of a descriptor's socket, by its place in socket_ops. */
static long call_plain(u64 fd, size_t op, u64 a)
{
	struct socket s;
	long ret = socket_get(fd, &s);

	return ret ? ret : try_op(&s, op, a, 0);
}

/* The same with a name, or a value, of `len` bytes. */
static long call_with(u64 fd, size_t op, u64 addr, u64 len, u64 a, u64 b)
{
	struct socket s;
	long ret = socket_get(fd, &s);

	if (!ret)
		ret = len > SOCKET_BUFFER_MAX ? -EINVAL : ubuf_offer(1, addr, len, UBUF_READ);
	return ret ? ret : try_op(&s, op, a, b);
}

/* The same with a counted buffer to be filled. */
static long call_counted(u64 fd, size_t op, u64 addr, u64 len, u64 a)
{
	struct socket s;
	long ret = socket_get(fd, &s);

	if (!ret)
		ret = offer_counted(1, addr, len);
	return ret ? ret : try_op(&s, op, a, 0);
}

/* bind(2). */
long call_bind(u64 fd, u64 name, u64 len, u64 d, u64 e, u64 f)
{
	return call_with(fd, OP(bind), name, (u32)len, (u32)len, 0);
}

/* connect(2). */
long call_connect(u64 fd, u64 name, u64 len, u64 d, u64 e, u64 f)
{
	return call_with(fd, OP(connect), name, (u32)len, (u32)len, 0);
}

/* listen(2). */
long call_listen(u64 fd, u64 backlog, u64 c, u64 d, u64 e, u64 f)
{
	return call_plain(fd, OP(listen), (u32)backlog);
}

/* shutdown(2). */
long call_shutdown(u64 fd, u64 how, u64 c, u64 d, u64 e, u64 f)
{
	return call_plain(fd, OP(shutdown), (u32)how);
}

/* getsockname(2). */
long call_getsockname(u64 fd, u64 name, u64 len, u64 d, u64 e, u64 f)
{
	return call_counted(fd, OP(getname), name, len, 0);
}

/* getpeername(2). */
long call_getpeername(u64 fd, u64 name, u64 len, u64 d, u64 e, u64 f)
{
	return call_counted(fd, OP(getname), name, len, 1);
}

static u64 option_of(u64 level, u64 option)
{
	return level << 32 | (u32)option;
}

/* setsockopt(2). */
long call_setsockopt(u64 fd, u64 level, u64 option, u64 value, u64 len, u64 f)
{
	u64 n = MIN((u64)(u32)len, (u64)SOCKET_BUFFER_MAX);

	return (s32)len < 0 ? -EINVAL : call_with(fd, OP(setsockopt), value, n,
						  option_of(level, option), n);
}

/* getsockopt(2). */
long call_getsockopt(u64 fd, u64 level, u64 option, u64 value, u64 len, u64 f)
{
	return call_counted(fd, OP(getsockopt), value, len, option_of(level, option));
}

/* ---- making ------------------------------------------------------------- */

/*
 * Descriptors of `count` sockets of a family, from `number` on, as socket(2)'s type
 * says: the first; the numbers go to `user` if that is not 0.
 */
static long install(const struct socket_ops *ops, u64 number, u32 type, u32 count, u64 user)
{
	struct file_install files[INSTALL_MAX] = { { .mode = 0 } };
	long ret;

	for (u32 i = 0; i < count; i++) {
		ret = ops->open(number, i, &files[i].file);
		if (ret)
			return ret;
		files[i].mode = SOCKET_MODE;
		files[i].oflags = O_RDWR | (type & (O_NONBLOCK | O_CLOEXEC));
	}
	return file_install(THIS_MODULE, files, count * sizeof(files[0]), user);
}

/* The family that is to make sockets of the type; NULL: see *error. */
static const struct socket_ops *maker(u32 family, u32 type, long *error)
{
	const struct socket_ops *ops = family < AF_MAX ? family_ops(family) : NULL;

	*error = type & ~(u32)(SOCK_TYPE_MASK | TYPE_FLAGS) ||
		 (family < AF_MAX && (type & SOCK_TYPE_MASK) >= SOCK_MAX) ? -EINVAL :
		 ops ? 0 : -EAFNOSUPPORT;
	return *error ? NULL : ops;
}

/* socket(2). */
long call_socket(u64 family, u64 type, u64 protocol, u64 d, u64 e, u64 f)
{
	long ret;
	const struct socket_ops *ops = maker((u32)family, (u32)type, &ret);

	if (ops)
		ret = ops->create(0, 0, type & SOCK_TYPE_MASK, (u32)protocol, 0);
	return ret <= 0 ? ret : install(ops, (u64)ret, (u32)type, 1, 0);
}

/* socketpair(2). */
long call_socketpair(u64 family, u64 type, u64 protocol, u64 user, u64 e, u64 f)
{
	long ret;
	const struct socket_ops *ops = maker((u32)family, (u32)type, &ret);

	if (ops)
		ret = ops->pair(0, 0, type & SOCK_TYPE_MASK, (u32)protocol, 0);
	if (ret > 0)
		ret = install(ops, (u64)ret, (u32)type, 2, user ? user : NOWHERE);
	return MIN(ret, 0l);
}

/* accept4(2). */
long call_accept4(u64 fd, u64 name, u64 len, u64 flags, u64 e, u64 f)
{
	struct socket s;
	long number, error = (u32)flags & ~(u32)TYPE_FLAGS ? -EINVAL : socket_get(fd, &s);

	if (error)
		return error;
	number = socket_try(&s, s.ops->accept, 0, 0, 0);
	if (number <= 0)
		return number;
	if (name)
		error = offer_counted(1, name, len);
	if (name && !error)
		error = s.ops->getname((u64)number, 1, 1, 0, 0);
	if (!error)
		return install(s.ops, (u64)number, (u32)flags, 1, 0);
	install(s.ops, (u64)number, 0, 1, NOWHERE);
	return error;
}

/* accept(2). */
long call_accept(u64 fd, u64 name, u64 len, u64 d, u64 e, u64 f)
{
	return call_accept4(fd, name, len, 0, 0, 0);
}
