/* SPDX-License-Identifier: MIT */
/*
 * System calls that a module provides, and what it may do to the program that
 * makes one: its memory, its descriptors, its mask of signals. The core knows
 * nothing of such a call but its number.
 */
#ifndef INTERFACE_PROGRAM_H
#define INTERFACE_PROGRAM_H

#include <file.h>
#include <module.h>
#include <whitix/signal.h>

/*
 * One of Linux's system calls: arguments as the program gave them, those that it
 * does not have are rubbish. The result or a negative error number. It may sleep
 * (wait_sleep()), and is run again when a reset interrupted it (CONTEXT->op).
 */
typedef long syscall_handler(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);
CALLBACK_CONTRACT(syscall_handler, CALL_SLEEPS | CALL_RESTARTABLE, ARG_VALUE(a), ARG_VALUE(b),
		  ARG_VALUE(c), ARG_VALUE(d), ARG_VALUE(e), ARG_VALUE(f));

/* A result: the call is made again if Linux's rules of restarting say so, or -EINTR. */
#define SYSCALL_RESTART (-512)

/*
 * A result: the core waits until the file of file_hold() is woken, and calls the
 * handler again, in a new operation; `ms` milliseconds at most in all (0: as long as
 * it takes), then the call's result is -EAGAIN. What operation_next() said comes
 * before that, and before the restart that a signal asks for.
 */
#define SYSCALL_WAIT(ms) (-(1l << 32 | (u32)(ms)))

#define USER_COPY_MAX 4096

INTERFACE_BEGIN

/*
 * From now on `fn` serves the system calls `numbers` (SYSCALL_*), and CONTEXT->call
 * says which, by its place among them (syscalls_register() of runtime.h does all
 * that): 0, -EINVAL, -EEXIST (one is the core's, or another module's). A module
 * that does so is never unloaded.
 */
#define SYSCALLS_PROVIDED_MAX 64
long syscalls_provide(u32 self, const u32 *numbers, size_t len, syscall_handler *fn);
CONTRACT(syscalls_provide, 0, ARG_SELF(self),
	 ARG_IN(numbers, len, SYSCALLS_PROVIDED_MAX * sizeof(u32)), ARG_VALUE(len),
	 ARG_CALLBACK(fn, syscall_handler));

/* Memory of the calling program at `addr`: 0, -EFAULT. */
long user_read(u64 addr, void *buf, size_t len);
CONTRACT(user_read, CALL_SLEEPS | CALL_RESTARTABLE, ARG_VALUE(addr),
	 ARG_OUT(buf, len, USER_COPY_MAX), ARG_VALUE(len));
long user_write(u64 addr, const void *buf, size_t len);
CONTRACT(user_write, CALL_SLEEPS | CALL_RESTARTABLE, ARG_VALUE(addr),
	 ARG_IN(buf, len, USER_COPY_MAX), ARG_VALUE(len));

/*
 * A path that the program gave, at `user`: its text goes to `buf`, and `at` is the
 * vfs node where it starts, 0 where an empty one means a file without a node. With
 * PATH_NONE there is no path: `at` is the node of descriptor `dirfd`, `oflags` its
 * O_*. What `dirfd` names stays open until the system call ends, or the slot is
 * used again. Bytes with the NUL, 0 with PATH_NONE, -EFAULT, -ENAMETOOLONG, -ENOENT
 * (empty, without PATH_EMPTY), -EBADF, -ENOTDIR.
 */
#define PATH_EMPTY 1
#define PATH_NONE 2
#define PATH_SLOTS 2
struct path_arg {
	s32 dirfd;
	u32 how;		/* PATH_* */
	u32 slot;
	u32 oflags;
	u64 user;
	u64 at;
};
long path_read(u32 self, struct path_arg *arg, char *buf, size_t len);
CONTRACT(path_read, CALL_SLEEPS | CALL_RESTARTABLE, ARG_SELF(self),
	 ARG_STRUCT_INOUT(arg, struct path_arg), ARG_OUT_RETURN(buf, len, USER_COPY_MAX),
	 ARG_VALUE(len));

/* Nodes (vfs.h) of the calling process's root and working directory: 0, -ESRCH. */
long process_directories(u32 self, u64 *root, u64 *cwd);
CONTRACT(process_directories, CALL_RESTARTABLE, ARG_SELF(self), ARG_STRUCT_OUT(root, u64),
	 ARG_STRUCT_OUT(cwd, u64));
/*
 * Makes `node`, a reference that the core takes over, the working directory, or the
 * root: 0, -ESRCH, -EPERM (a root without CAP_SYS_CHROOT; the reference stays). The
 * one before is given back, which calls vfs. CONTEXT->progress is 1 from then on: a
 * system call that is run again has had its effect.
 */
long process_directory_set(u32 self, u64 node, bool root);
CONTRACT(process_directory_set, CALL_SLEEPS | CALL_RESTARTABLE, ARG_SELF(self),
	 ARG_VALUE(node), ARG_VALUE(root));
/* Who has `from` as its root or working directory has `to` from now on. Calls vfs. */
long process_directories_move(u64 from, u64 to);
CONTRACT(process_directories_move, CALL_SLEEPS | CALL_RESTARTABLE, ARG_VALUE(from),
	 ARG_VALUE(to));
/* Sets the caller's umask: what it was, -ESRCH. */
long process_umask_set(u32 mask);
CONTRACT(process_umask_set, 0, ARG_VALUE(mask));

/*
 * Memory of the program as user buffer number `index` (from 1 on, without gaps)
 * until the system call ends, for what it may hand to another module; `access` is
 * UBUF_READ, UBUF_WRITE or both, with UBUF_WHOLE if all of it must be there (else
 * a copy will find out). 0, -EINVAL, -EFAULT.
 */
#define UBUF_WHOLE 0x80
long ubuf_offer(u32 index, u64 addr, size_t len, u32 access);
CONTRACT(ubuf_offer, CALL_SLEEPS | CALL_RESTARTABLE, ARG_VALUE(index), ARG_VALUE(addr),
	 ARG_VALUE(len), ARG_VALUE(access));

/*
 * The same for the pieces of an iovec array of the program, without the first `skip`
 * bytes: bytes that it has, -EINVAL, -EFAULT, -ENOMEM. One at a time.
 */
long ubuf_offer_vector(u32 index, u64 user, u64 count, u64 skip, u32 access);
CONTRACT(ubuf_offer_vector, CALL_SLEEPS | CALL_RESTARTABLE, ARG_VALUE(index),
	 ARG_VALUE(user), ARG_VALUE(count), ARG_VALUE(skip), ARG_VALUE(access));

/*
 * What descriptor `fd` names: it stays open until the system call ends, or another
 * is held. 0, -EBADF (so too of O_PATH), -EIO (its module is gone).
 */
struct held_file {
	u64 number;
	u32 provider;		/* handle; 0: it has none */
	u32 mode, oflags;	/* of stat(2), of open(2) */
	u32 flags;		/* FILE_* */
};
long file_hold(u32 self, u32 fd, struct held_file *h);
CONTRACT(file_hold, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(fd),
	 ARG_STRUCT_OUT(h, struct held_file));

/*
 * A part of the system call is done, and a new operation begins: when the handler is
 * called again, after a wait or a reset, CONTEXT->progress says how far it was. The
 * call's result is `result` (if above 0) when a wait ends without a wake.
 */
long operation_next(u64 progress, u64 result);
CONTRACT(operation_next, CALL_RESTARTABLE, ARG_VALUE(progress), ARG_VALUE(result));

/*
 * Descriptors in the calling process for all of `files`, or for none: the first of
 * them, and if `user` is not 0 they are written there, 4 bytes each. -EMFILE,
 * -ENFILE, -EIO, -EFAULT; the files have been released then. Run again in the same
 * operation it gives what it gave.
 */
#define INSTALL_MAX 2
struct file_install {
	struct file_open file;
	u32 oflags;		/* of open(2) */
	u32 mode;		/* of stat(2); 0: a pipe's */
};
long file_install(u32 self, const struct file_install *files, size_t len, u64 user);
CONTRACT(file_install, CALL_SLEEPS, ARG_SELF(self),
	 ARG_IN(files, len, INSTALL_MAX * sizeof(struct file_install)), ARG_VALUE(len),
	 ARG_VALUE(user));

/* What an open descriptor of the calling process is: 0, -EBADF. */
#define DESCRIPTOR_ANONYMOUS 1	/* an eventfd or its like, of no type */
#define DESCRIPTOR_OBJECT 2	/* its contents are a page object */
struct descriptor {
	u32 mode, oflags;	/* of stat(2), of open(2) */
	u32 seeks;		/* 1: it has a position */
	u32 kind;		/* DESCRIPTOR_* */
	u64 pos;
};
long descriptor_get(u32 self, u32 fd, struct descriptor *d);
CONTRACT(descriptor_get, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(fd),
	 ARG_STRUCT_OUT(d, struct descriptor));

/*
 * Reads and writes it, as the program could, at `pos`, or where it stands with
 * DESCRIPTOR_POS: bytes, or an error. May wait.
 */
#define DESCRIPTOR_POS (~0ul)
#define DESCRIPTOR_MAX 4096
long descriptor_read(u32 self, u32 fd, u64 pos, void *buf, size_t len);
CONTRACT(descriptor_read, CALL_SLEEPS, ARG_SELF(self), ARG_VALUE(fd), ARG_VALUE(pos),
	 ARG_OUT_RETURN(buf, len, DESCRIPTOR_MAX), ARG_VALUE(len));
long descriptor_write(u32 self, u32 fd, u64 pos, const void *buf, size_t len);
CONTRACT(descriptor_write, CALL_SLEEPS, ARG_SELF(self), ARG_VALUE(fd), ARG_VALUE(pos),
	 ARG_IN(buf, len, DESCRIPTOR_MAX), ARG_VALUE(len));
/* Sets its position: 0, -EBADF, -EINVAL. */
long descriptor_move(u32 self, u32 fd, u64 pos);
CONTRACT(descriptor_move, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(fd), ARG_VALUE(pos));
/* Sets or clears its O_NONBLOCK: 0, -EBADF. */
long descriptor_nonblock(u32 self, u32 fd, bool on);
CONTRACT(descriptor_nonblock, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(fd), ARG_VALUE(on));

/*
 * May a file of the calling program get so large? 0, -EINVAL (below 0), or -EFBIG
 * and SIGXFSZ: it is over RLIMIT_FSIZE.
 */
long file_size_check(u64 size);
CONTRACT(file_size_check, CALL_RESTARTABLE, ARG_VALUE(size));

/*
 * The module's number for the calling process's descriptor `fd`: -EBADF, -EPERM
 * (a file that never has to be waited for), -EINVAL (not the module's).
 */
long file_own_number(u32 self, u32 fd);
CONTRACT(file_own_number, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(fd));

/*
 * Blocks the signals of `mask` instead of those that are blocked, until the system
 * call returns; if it returns -EINTR, until a handler has been entered.
 */
long process_mask(u32 self, u64 mask);
CONTRACT(process_mask, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(mask));

/*
 * From now on `wait` is woken whenever a signal becomes pending, of whatever
 * process; only the last one that was named is.
 */
long process_signal_wait(u32 wait);
CONTRACT(process_signal_wait, CALL_RESTARTABLE, ARG_HANDLE(wait, HANDLE_WAIT));
/* The same for each process that ends. */
long process_end_wait(u32 wait);
CONTRACT(process_end_wait, CALL_RESTARTABLE, ARG_HANDLE(wait, HANDLE_WAIT));
/*
 * Sends process `pid`, or its thread `tid` if not 0, signal `sig`, if the calling
 * program may (0: only that is asked): 0, -ESRCH, -EPERM, -EINVAL.
 */
long process_kill_as(u32 self, u32 pid, u32 tid, u32 sig, const struct linux_siginfo *info);
CONTRACT(process_kill_as, 0, ARG_SELF(self), ARG_VALUE(pid), ARG_VALUE(tid), ARG_VALUE(sig),
	 ARG_STRUCT_IN(info, struct linux_siginfo));
/*
 * A descriptor, closed on exec, for the file of descriptor `fd` of process `pid`, if
 * the calling program may trace it: -ESRCH, -EPERM, -EBADF, -EMFILE.
 */
long descriptor_copy(u32 self, u32 pid, u32 fd);
CONTRACT(descriptor_copy, CALL_SLEEPS, ARG_SELF(self), ARG_VALUE(pid), ARG_VALUE(fd));
/*
 * With `take`: takes the next pending signal of `set` from the calling thread or
 * its process and fills `info`; its number, 0: none. Else 1 if there is one, 0.
 */
long process_signal_take(u32 self, u64 set, bool take, struct linux_siginfo *info);
CONTRACT(process_signal_take, 0, ARG_SELF(self), ARG_VALUE(set), ARG_VALUE(take),
	 ARG_STRUCT_OUT(info, struct linux_siginfo));

/* The calling process has timers: events_process_end() is to be called. */
long process_has_timers(u32 self);
CONTRACT(process_has_timers, CALL_RESTARTABLE, ARG_SELF(self));

/*
 * Sends a signal with details. Of a timer that expired info->timer.overrun + 1 times. To process
 * `pid`, or its thread `tid` if not 0. 1: sent; 0: the timer's last signal has not
 * been taken yet, so that it counts more overruns now; -ESRCH, -EINVAL. Without
 * `send` it only says which.
 */
long process_signal(u32 self, u32 pid, u32 tid, bool send,
			  const struct linux_siginfo *info);
CONTRACT(process_signal, 0, ARG_SELF(self), ARG_VALUE(pid), ARG_VALUE(tid),
	 ARG_VALUE(send), ARG_STRUCT_IN(info, struct linux_siginfo));

INTERFACE_END

#endif
