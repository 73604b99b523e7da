/* SPDX-License-Identifier: MIT */
/*
 * Sockets. The module `socket` has the system calls; a *family* (AF_UNIX, ...) is a
 * module's: it registers a provider of files (file.h) and, for it, these operations.
 * A socket is an open file of that provider: read(2) and write(2) come by file_ops.
 *
 * What a program passes comes as user buffers in a row from `ubuf` on, in the
 * order that an operation names; one that the program left out is empty. The
 * family copies, checks, and fills them by Linux's rules. A *counted* buffer is
 * two: memory of at most SOCKET_BUFFER_MAX bytes, and an int that says how much
 * room there is and is to say how much there was.
 *
 * Families never block. An operation that has to wait returns SOCKET_WAIT, and is
 * called again when the file's wait object was woken; not if MSG_DONTWAIT is among
 * `flags`: then it is -EAGAIN. -EPIPE from a stream's send makes SIGPIPE unless the
 * program said MSG_NOSIGNAL.
 *
 * All are run again when a reset interrupted them: a family that must not do a
 * thing twice looks at CONTEXT->op and rerun (struct context_page).
 */
#ifndef INTERFACE_SOCKET_H
#define INTERFACE_SOCKET_H

#include <file.h>
#include <module.h>
#include <whitix/socket.h>

#define SOCKET_BUFFER_MAX 128	/* of addresses and options */

/* Nothing yet: it waits `ms` milliseconds at most (0: as long as it takes). */
#define SOCKET_WAIT(ms) FILE_WAIT(ms)
/* Bytes, and that a stream's recv is not to be called for more (MSG_WAITALL). */
#define SOCKET_ENOUGH(bytes) (1l << 33 | (u32)(bytes))

/* All have the same parameters: a and b are each operation's own. */
struct socket_ops {
	/* a: SOCK_*, b: protocol. The number of a new socket, which open() tells more of. */
	long (*create)(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
	/* The same for two that are connected: the number of the first. */
	long (*pair)(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
	/* a: length of the address. Buffers: the address. */
	long (*bind)(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
	long (*connect)(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
	/* a: backlog. */
	long (*listen)(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
	/* The number of the socket that was connected. */
	long (*accept)(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
	/* a: 0 its own address, 1 its peer's. Buffers: counted. */
	long (*getname)(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
	/* a: SHUT_*. */
	long (*shutdown)(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
	/* a: level << 32 | option, b: length. Buffers: the value; counted. */
	long (*setsockopt)(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
	long (*getsockopt)(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
	/*
	 * a: bytes of data. Bytes that were sent; what keeps messages apart
	 * sends all or nothing. Buffers: data.
	 */
	long (*send)(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
	/*
	 * The same. b: length of the address, and, above bit 32, of the control
	 * messages (cmsg(3)). Buffers: data, address, control messages.
	 */
	long (*sendmsg)(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
	/* a: bytes of data. Bytes received, or more with MSG_TRUNC. Buffers: data. */
	long (*recv)(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
	/* The same. Buffers: data, the sender's address, counted. */
	long (*recvfrom)(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
	/*
	 * The same. b: room for the address, and, above bit 32, for control
	 * messages. Buffers: data, address, control messages, and the struct
	 * linux_msghdr, whose lengths and flags are to be set.
	 */
	long (*recvmsg)(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
	/* What the core is to open for a socket, or for the other one of a pair. */
	long (*open)(u64 number, bool other, struct file_open *file);
};
#define SOCKET_OP(name) \
	CONTRACT(socket_ops__##name, CALL_RESTARTABLE, ARG_VALUE(number), ARG_UBUF(ubuf), \
		 ARG_VALUE(a), ARG_VALUE(b), ARG_VALUE(flags))
SOCKET_OP(create);
SOCKET_OP(pair);
SOCKET_OP(bind);
SOCKET_OP(connect);
SOCKET_OP(listen);
SOCKET_OP(accept);
SOCKET_OP(getname);
SOCKET_OP(shutdown);
SOCKET_OP(setsockopt);
SOCKET_OP(getsockopt);
SOCKET_OP(send);
SOCKET_OP(sendmsg);
SOCKET_OP(recv);
SOCKET_OP(recvfrom);
SOCKET_OP(recvmsg);
CONTRACT(socket_ops__open, CALL_RESTARTABLE, ARG_VALUE(number), ARG_VALUE(other),
	 ARG_STRUCT_OUT(file, struct file_open));
OPS_TABLE(socket_ops, create, pair, bind, connect, listen, accept, getname, shutdown,
	  setsockopt, getsockopt, send, sendmsg, recv, recvfrom, recvmsg, open);

INTERFACE_BEGIN

/*
 * Offers sockets of `family` (AF_*), whose files are `provider`'s: a call to the
 * module `socket`. After a reset the same again. 0, -EINVAL, -ENOSPC, -EEXIST: another
 * module has the family.
 */
long socket_register(u32 self, u32 provider, u32 family, const struct socket_ops *ops);
CONTRACT(socket_register, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(provider),
	 ARG_VALUE(family), ARG_OPS(ops, socket_ops));

/* ---- the core's, for families that pass descriptors ------------------------ */

/*
 * A handle (HANDLE_FILE) of what descriptor `fd` of the calling process names,
 * to be passed to another. -EBADF, -ENOMEM, -EMFILE.
 */
long file_handle_of(u32 self, u32 fd);
CONTRACT(file_handle_of, 0, ARG_SELF(self), ARG_VALUE(fd));
/*
 * A new descriptor of the calling process for the file of a handle, which stays
 * the module's: its number, -EMFILE, -ENOMEM. oflags: O_CLOEXEC.
 */
long file_handle_install(u32 self, u32 file, u32 oflags);
CONTRACT(file_handle_install, 0, ARG_SELF(self), ARG_HANDLE(file, HANDLE_FILE),
	 ARG_VALUE(oflags));
/*
 * Whether a handle's file is a socket of the module: how many references it has,
 * and its number; 0: it is none.
 */
long file_handle_socket(u32 self, u32 file, u64 *number);
CONTRACT(file_handle_socket, CALL_RESTARTABLE, ARG_SELF(self),
	 ARG_HANDLE(file, HANDLE_FILE), ARG_STRUCT_OUT(number, u64));

INTERFACE_END

#endif
