/* SPDX-License-Identifier: MIT */
/*
 * System calls on sockets. What a program names is offered as user buffers to
 * the family's module (include/interface/socket.h), which never waits: that is
 * done here, on the file's wait object, whose count is read before each try.
 */
#include <errno.h>
#include <files.h>
#include <frame.h>
#include <mm.h>
#include <modules.h>
#include <sched.h>
#include <signals.h>
#include <socket.h>
#include <string.h>
#include <syscall.h>
#include <timer.h>
#include <whitix/stat.h>

#define TYPE_FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK)
#define SOCKET_MODE (S_IFSOCK | 0777)
#define CONTROL_MAX 20480u	/* Linux's optmem_max */
#define TRANSFER_MAX 0x7ffff000ul	/* Linux's most for one call */
#define BUFFERS 4

typedef long socket_op(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);

/* Memory of the program that goes along; `access` is UBUF_*. */
struct buffer {
	u64 addr, len;
	u8 access;
	bool kernel;
};

/* One call: what goes to the operation. */
struct socket_call {
	socket_op *op;
	u64 a, b;
	u32 flags;			/* MSG_* */
	struct linux_iovec *iov;	/* of data: what is left of it, a bytes; or NULL */
	bool send, kernel;		/* of data: the direction, whose memory */
	struct buffer buffer[BUFFERS];	/* others; the first without access ends */
};

static u32 families[AF_MAX];	/* handles of providers, which may be gone */

/* include/interface/socket.h. */
long socket_register(u32 self, u32 provider, u32 family, const struct socket_ops *ops)
{
	struct provider *p = family < AF_MAX ? provider_from_handle(provider) : NULL;
	struct provider *old = p ? provider_from_handle(families[family]) : NULL;
	struct socket_ops bound;
	long error = !p ? -EBADF : old && old != p ? -EEXIST : 0;
	u32 i;

	if (copy_module_from(&bound, ops, sizeof(bound)))
		error = -EFAULT;
	for (i = 0; !error && i < sizeof(bound) / sizeof(socket_op *); i++)
		error = ((socket_op **)&bound)[i] ? 0 : -EINVAL;
	if (!error) {
		p->socket = bound;
		families[family] = provider;
	}
	if (old)
		provider_put(old);
	if (p)
		provider_put(p);
	return error;
}
SYMBOL_EXPORT(socket_register);

/* include/interface/socket.h. */
long file_handle_of(u32 self, u32 fd)
{
	struct file *f = fd_get(fd);
	long handle = f ? file_handle_new(module_by_id(self), f) : -EBADF;

	file_put(f);
	return handle;
}
SYMBOL_EXPORT(file_handle_of);

/* include/interface/socket.h. */
long file_handle_install(u32 self, u32 file, u32 oflags)
{
	struct file *f = file_from_handle(file, module_by_id(self));
	long fd = f ? fd_install(f, 0, oflags & O_CLOEXEC) : -EBADF;

	if (fd < 0)
		file_put(f);
	return fd;
}
SYMBOL_EXPORT(file_handle_install);

/* include/interface/socket.h. The reference that is taken here is not counted. */
long file_handle_socket(u32 self, u32 file, u64 *number)
{
	struct file *f = file_from_handle(file, module_by_id(self));
	bool ours = f && file_is_socket(f) && f->provider->module == self;
	long refs = ours ? (long)READ_ONCE(f->refs) - 1 : 0;

	if (ours)
		*number = f->number;
	file_put(f);
	return refs;
}
SYMBOL_EXPORT(file_handle_socket);

/* ---- calling the family ------------------------------------------------ */

/* One call down; `number` is the socket's. */
static long call(const struct socket_call *c, u64 number, u32 flags)
{
	const struct buffer *b = c->buffer;
	u32 top = current->nubufs, ubuf = top + 1;
	struct op outer;
	long n = 0;

	if (c->iov)
		n = !ubuf_push_vector(c->iov, c->a, c->send ? UBUF_READ : UBUF_WRITE, c->kernel);
	for (; b < c->buffer + BUFFERS && b->access; b++)
		n |= !ubuf_push(b->addr, b->len, b->access, b->kernel);
	outer = op_begin();
	n = n ? -ENOBUFS : c->op(number, ubuf, c->a, c->b, flags);
	if (c->kernel)	/* a module asked for it, perhaps */
		op_end(outer);
	current->nubufs = top;
	return module_result(n, INT64_MAX);
}

/* Calls until there is a result, waiting as the socket and MSG_DONTWAIT say. */
static long call_waiting(struct file *f, const struct socket_call *c, u64 *deadline)
{
	u32 seq, flags;
	long n;

	for (;;) {
		seq = wait_read(f->wait);
		flags = c->flags | (READ_ONCE(f->oflags) & O_NONBLOCK ? MSG_DONTWAIT : 0);
		n = call(c, f->number, flags);
		if (!(n > 0 && (n & SOCKET_WAIT(0))))
			return n;
		if (flags & MSG_DONTWAIT)
			return -EIO;
		if ((u32)n && !*deadline)
			*deadline = deadline_after((u32)n * NSEC_PER_MSEC);
		switch (wait_on(f->wait, seq, *deadline, true)) {
		case 0:
			break;
		case -ETIMEDOUT:
			return -EAGAIN;
		default:
			return (u32)n ? -EINTR : -ERESTARTSYS;
		}
	}
}

/* The first `n` bytes of the data are done; true: a stream goes on with the rest. */
static bool goes_on(struct file *f, struct socket_call *c, u64 n)
{
	n = MIN(n, c->a);
	c->a -= n;
	while (n) {
		u64 part = MIN(n, c->iov->len);

		c->iov->base += part;
		c->iov->len -= part;
		n -= part;
		if (!c->iov->len)
			c->iov++;
	}
	return c->a && !(f->flags & FILE_MESSAGES) &&
	       (c->send || (c->flags & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL);
}

/* Sends or receives: bytes or an error number. May sleep. */
static long move(struct file *f, struct socket_call *c)
{
	u64 deadline = 0;
	long n, done = 0;

	do {
		n = call_waiting(f, c, &deadline);
		if (n <= 0)
			break;
		done += (u32)n;
		if (c->send) {
			c->op = f->provider->socket.send;
			c->buffer[0].access = 0;
		}
	} while (goes_on(f, c, (u32)n) && n <= INT32_MAX);
	if (n == -EPIPE && c->send && !(c->flags & MSG_NOSIGNAL) && !(f->flags & FILE_MESSAGES))
		signal_self(SIGPIPE);
	return n > 0 || done ? done : n;
}

/* See include/core/files.h. */
long socket_transfer(struct file *f, struct linux_iovec *iov, u64 len, bool write, bool kernel)
{
	const struct socket_ops *ops = &f->provider->socket;
	struct socket_call c = { .op = write ? ops->send : ops->recv, .iov = iov,
				 .a = MIN(len, TRANSFER_MAX), .send = write, .kernel = kernel };

	return READ_ONCE(f->provider->live) ? move(f, &c) : -EIO;
}

/* The socket behind a descriptor with a reference; NULL: see *error. */
static struct file *socket_get(int fd, long *error)
{
	struct file *f = fd_get(fd);

	*error = !f || (f->oflags & O_PATH) ? -EBADF : !file_is_socket(f) ? -ENOTSOCK :
		 READ_ONCE(f->provider->live) ? 0 : -EIO;
	if (!*error)
		return f;
	file_put(f);
	return NULL;
}

/* The call of operation number `op` (in socket_ops) on a descriptor. */
static long call_fd(int fd, u32 op, struct socket_call *c)
{
	u64 deadline = 0;
	long n;
	struct file *f = socket_get(fd, &n);

	if (!f)
		return n;
	c->op = ((socket_op **)&f->provider->socket)[op];
	n = c->iov ? move(f, c) : call_waiting(f, c, &deadline);
	file_put(f);
	return n;
}

#define OP(name) (offsetof(struct socket_ops, name) / sizeof(socket_op *))
#define CALL(fd, name, ...) call_fd(fd, OP(name), &(struct socket_call){ __VA_ARGS__ })
#define IN(addr, len) { addr, len, UBUF_READ, false }
#define OUT(addr, len) { addr, len, UBUF_WRITE, false }
#define CORE(object) { (u64)(object), sizeof(*(object)), UBUF_WRITE, true }
#define COUNTED(addr, len) \
	OUT(addr, SOCKET_BUFFER_MAX), { len, sizeof(s32), UBUF_READ | UBUF_WRITE, false }

SYSCALL_AS(bind, (int fd, u64 name, u32 len),
	   len > SOCKET_BUFFER_MAX ? -EINVAL :
	   CALL(fd, bind, .a = len, .buffer = { IN(name, len) }))
SYSCALL_AS(connect, (int fd, u64 name, u32 len),
	   len > SOCKET_BUFFER_MAX ? -EINVAL :
	   CALL(fd, connect, .a = len, .buffer = { IN(name, len) }))
SYSCALL_AS(listen, (int fd, u32 backlog), CALL(fd, listen, .a = backlog))
SYSCALL_AS(shutdown, (int fd, u32 how), CALL(fd, shutdown, .a = how))
SYSCALL_AS(getsockname, (int fd, u64 name, u64 len),
	   CALL(fd, getname, .buffer = { COUNTED(name, len) }))
SYSCALL_AS(getpeername, (int fd, u64 name, u64 len),
	   CALL(fd, getname, .a = 1, .buffer = { COUNTED(name, len) }))
SYSCALL_AS(setsockopt, (int fd, u32 level, u32 option, u64 value, s32 len),
	   len < 0 ? -EINVAL : CALL(fd, setsockopt, .a = (u64)level << 32 | option,
				    .b = MIN(len, SOCKET_BUFFER_MAX),
				    .buffer = { IN(value, MIN(len, SOCKET_BUFFER_MAX)) }))
SYSCALL_AS(getsockopt, (int fd, u32 level, u32 option, u64 value, u64 len),
	   CALL(fd, getsockopt, .a = (u64)level << 32 | option,
		.buffer = { COUNTED(value, len) }))

/* ---- making sockets ---------------------------------------------------- */

/* Makes sockets of a family, by its operation number `op`: 0, or socket(2)'s error. */
static long make(u32 family, u32 type, u32 op, struct socket_call *c)
{
	struct provider *p;
	long error;

	if (type & ~(SOCK_TYPE_MASK | TYPE_FLAGS) ||
	    (family < AF_MAX && (type & SOCK_TYPE_MASK) >= SOCK_MAX))
		return -EINVAL;
	p = family < AF_MAX ? provider_from_handle(families[family]) : NULL;
	if (!p)
		return -EAFNOSUPPORT;
	c->op = ((socket_op **)&p->socket)[op];
	c->a = type & SOCK_TYPE_MASK;
	error = call(c, 0, 0);
	provider_put(p);
	return error;
}

/* A descriptor of the socket that a module made. */
static long socket_open(const struct file_open *fo, u32 type)
{
	struct file *f;
	long fd = file_new(fo, 0, SOCKET_MODE, O_RDWR | (type & SOCK_NONBLOCK), &f);

	if (fd)
		return fd;
	fd = file_is_socket(f) && f->wait ? fd_install(f, 0, type & SOCK_CLOEXEC) : -EIO;
	if (fd < 0)
		file_put(f);
	return fd;
}

/* socket(2). */
long sys_socket(u32 family, u32 type, u32 protocol)
{
	struct file_open fo = { 0 };
	struct socket_call c = { .b = protocol, .buffer = { CORE(&fo) } };
	long error = make(family, type, OP(create), &c);

	return error ? error : socket_open(&fo, type);
}

/* socketpair(2). */
long sys_socketpair(u32 family, u32 type, u32 protocol, u64 user)
{
	struct file_open fo[2] = { { 0 } };
	struct socket_call c = { .b = protocol, .buffer = { CORE(&fo) } };
	long error = make(family, type, OP(pair), &c);
	s32 fd[2];

	if (error)
		return error;
	fd[0] = socket_open(&fo[0], type);
	fd[1] = socket_open(&fo[1], type);
	error = MIN(fd[0], fd[1]) < 0 ? MIN(fd[0], fd[1]) :
		put_user_bytes(user, fd, sizeof(fd));
	if (error) {
		fd_close(fd[0]);
		fd_close(fd[1]);
	}
	return error;
}

/* accept4(2). */
long sys_accept4(int fd, u64 name, u64 len, u32 flags)
{
	struct file_open fo = { 0 };
	long new, error = flags & ~TYPE_FLAGS ? -EINVAL :
			  CALL(fd, accept, .buffer = { CORE(&fo) });

	if (error)
		return error;
	new = socket_open(&fo, flags);
	error = new >= 0 && name ? sys_getpeername(new, name, len) : 0;
	if (!error)
		return new;
	fd_close(new);
	return error;
}

SYSCALL_AS(accept, (int fd, u64 name, u64 len), sys_accept4(fd, name, len, 0))

/* ---- messages ---------------------------------------------------------- */

/* sendto(2). */
long sys_sendto(int fd, u64 data, u64 len, u32 flags, u64 name, u32 name_len)
{
	struct linux_iovec iov = { data, MIN(len, TRANSFER_MAX) };

	if (!name)
		return CALL(fd, send, .a = iov.len, .flags = flags, .iov = &iov, .send = true);
	if (name_len > SOCKET_BUFFER_MAX)
		return -EINVAL;
	return CALL(fd, sendmsg, .a = iov.len, .b = name_len, .flags = flags, .iov = &iov,
		    .send = true, .buffer = { IN(name, name_len), IN(0, 0) });
}

/* recvfrom(2). */
long sys_recvfrom(int fd, u64 data, u64 len, u32 flags, u64 name, u64 name_len)
{
	struct linux_iovec iov = { data, MIN(len, TRANSFER_MAX) };

	if (!name)
		return CALL(fd, recv, .a = iov.len, .flags = flags, .iov = &iov);
	return CALL(fd, recvfrom, .a = iov.len, .flags = flags, .iov = &iov,
		    .buffer = { COUNTED(name, name_len) });
}

/* sendmsg(2), recvmsg(2). */
static long message(int fd, u64 user, u32 flags, bool send)
{
	struct linux_iovec few[IOVS_ON_STACK], *iov;
	struct linux_msghdr h;
	u64 control, name;
	u8 access = send ? UBUF_READ : UBUF_WRITE;
	long n;

	if (get_user_bytes(&h, user, sizeof(h)))
		return -EFAULT;
	if (h.namelen < 0)
		return -EINVAL;
	if (send && h.controllen > CONTROL_MAX)
		return -ENOBUFS;
	n = h.iovlen > LINUX_IOV_MAX ? -EMSGSIZE : iov_get(h.iov, h.iovlen, few, &iov);
	if (n < 0)
		return n;
	name = h.name ? MIN((u32)h.namelen, SOCKET_BUFFER_MAX) : 0;
	control = h.control ? MIN(h.controllen, CONTROL_MAX) : 0;
	n = call_fd(fd, send ? OP(sendmsg) : OP(recvmsg), &(struct socket_call){
		.a = MIN((u64)n, TRANSFER_MAX), .b = control << 32 | name, .flags = flags,
		.iov = iov, .send = send, .buffer = {
			{ h.name, name, access, false }, { h.control, control, access, false },
			{ user, sizeof(h), access, false } } });
	if (iov != few)
		core_free(iov);
	return n;
}

SYSCALL_AS(sendmsg, (int fd, u64 user, u32 flags), message(fd, user, flags, true))
SYSCALL_AS(recvmsg, (int fd, u64 user, u32 flags), message(fd, user, flags, false))

/* sendmmsg(2), recvmmsg(2): how many, or the error of the first. */
static long messages(int fd, u64 user, u32 count, u32 flags, u64 deadline, bool send)
{
	u32 done, len;
	long n = 0;

	for (done = 0; done < MIN(count, (u32)LINUX_IOV_MAX); done++) {
		u64 at = user + done * sizeof(struct linux_mmsghdr);

		n = deadline && done && time_now_ns() >= deadline ? -EAGAIN :
		    message(fd, at, flags & ~MSG_WAITFORONE, send);
		len = n;
		if (n >= 0 && put_user_bytes(at + offsetof(struct linux_mmsghdr, len), &len,
					     sizeof(len)))
			n = -EFAULT;
		if (n < 0)
			break;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
	}
	return done ? done : n;
}

SYSCALL_AS(sendmmsg, (int fd, u64 user, u32 count, u32 flags),
	   messages(fd, user, count, flags, 0, true))

/* recvmmsg(2). The timeout is looked at after each message, as on Linux. */
long sys_recvmmsg(int fd, u64 user, u32 count, u32 flags, u64 timeout)
{
	u64 ns = 0;
	long error = timeout ? get_timespec(timeout, &ns) : 0;

	return error ? error : messages(fd, user, count, flags,
					timeout ? deadline_after(ns) : 0, false);
}
