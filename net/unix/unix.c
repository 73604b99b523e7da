/* SPDX-License-Identifier: MIT */
/*
 * unix: sockets between the processes of one machine (unix(7)): streams,
 * datagrams and sequenced packets; path names, abstract names and none; open
 * files and credentials as control messages.
 *
 * A socket has a queue of what was sent to it, a row of bytes with positions that
 * only grow, which lies in blocks of a page. A connection is a socket that waits
 * at its listener (an embryo) until accept() gives it to a program.
 *
 * State: sockets, queues and blocks lie in persistent heap, and come through a
 * reset with all that is in them. Every operation prepares what nobody looks at
 * yet (bytes behind a queue's tail, a reserved socket) and then happens by one
 * store of a word: a queue's tail (sending), its head (receiving), a socket's
 * state (making one, connecting, closing), an embryo's listener (accepting). So
 * one that a reset interrupts at any instruction is done or not, and commit()
 * (store.c) keeps for each thread what its last one returned: run again, it
 * returns that. What follows from these words (lists, counts, which blocks are
 * free) is marked (d) in internal.h and made anew by recover.c.
 *
 * What may be lost: the pair of a vfs reference and a name when the reset comes
 * between taking one and noting it (the file system stays busy); descriptors
 * that an interrupted recvmsg() had installed, which it installs again.
 */
#include "internal.h"

struct mutex lock = MUTEX_INIT;
long unix_provider;

static const struct file_ops files_ops = {
	.read = unix_read, .write = unix_write, .ioctl = unix_ioctl,
	.poll = unix_poll, .release = unix_release,
};

static const struct socket_ops ops = {
	.create = unix_create, .pair = unix_pair, .bind = unix_bind,
	.listen = unix_listen, .accept = unix_accept, .connect = unix_connect,
	.getname = unix_getname, .shutdown = unix_shutdown,
	.setsockopt = unix_setsockopt, .getsockopt = unix_getsockopt,
	.send = unix_send, .sendmsg = unix_sendmsg, .recv = unix_recv,
	.recvfrom = unix_recvfrom, .recvmsg = unix_recvmsg, .open = unix_open,
};

static long unix_init(u32 flags)
{
	if (flags & INIT_RECOVERING)
		recover();
	unix_provider = provider_register(THIS_MODULE, &files_ops);
	if (unix_provider < 0)
		return unix_provider;
	return socket_register(THIS_MODULE, (u32)unix_provider, AF_UNIX, &ops);
}

/* Nobody has a socket then: there is nothing but memory, which is taken back. */
static void unix_exit(void)
{
}

MODULE("unix", .description = "UNIX sockets", .init = unix_init, .exit = unix_exit,
       .rank = RANK_VFS_CLIENT, .quota_pages = 10240);
