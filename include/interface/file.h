/* SPDX-License-Identifier: MIT */
/*
 * Open files. An open file is a core object: a page object or a *provider*
 * (a module's file_ops, registered once), the provider's number for the file,
 * position and flags. Descriptor tables are the core's too.
 *
 * Providers never block for data: read and write return -EAGAIN, and the core
 * sleeps on the file's wait object (read its count, call, sleep, call again)
 * unless the file is O_NONBLOCK. A provider wakes that object (wait_wake)
 * whenever the answer of poll() may have changed.
 */
#ifndef INTERFACE_FILE_H
#define INTERFACE_FILE_H

#include <module.h>

/* poll() bits, as Linux numbers them. */
#define FILE_POLLIN 0x001
#define FILE_POLLPRI 0x002
#define FILE_POLLOUT 0x004
#define FILE_POLLERR 0x008
#define FILE_POLLHUP 0x010

/* How the core treats an open file. */
#define FILE_SEEKABLE 0x01
#define FILE_STREAM 0x02	/* pipes, ttys: no position */
#define FILE_REOPEN 0x1000	/* of an opening alone: the object of descriptor
				 * `number` & 0xffffffff of process `number` >> 32,
				 * opened anew */
#define FILE_ANONYMOUS 0x100	/* fstat(2) gives it no type */
#define FILE_CONSOLE 0x04	/* a terminal: the first read ends the boot trace */
/* The core reads and writes it without asking: null(4). */
#define FILE_NULL 0x08		/* nothing to read; takes what is written */
#define FILE_ZERO 0x10		/* zeroes to read; takes what is written */
/*
 * What poll() answers changes only with a wake of the file's wait object, or by
 * read, write and ioctl of files that have the same one: the core may keep it.
 */
#define FILE_POLL_STEADY 0x20
/* Reading does not change the time of access; or always does, not as relatime. */
#define FILE_NOATIME 0x40
#define FILE_STRICTATIME 0x80
#define FILE_NOSUID 0x100	/* set-id bits mean nothing when it is run */
/*
 * Each write is one message, also an empty one, and each read takes one: they come
 * down whole. A write to it never makes SIGPIPE.
 */
#define FILE_MESSAGES 0x40000000

/* Of read and write, instead of -EAGAIN: the core waits `ms` milliseconds at most. */
#define FILE_WAIT(ms) (1l << 32 | (u32)(ms))

/*
 * read, write and ioctl return -EINTR after they sent a signal to the caller,
 * or found one: it takes the signal, and the system call is run again as far as
 * Linux's rules of restarting say.
 */

/* What opening gives. Filled by a file system, passed through vfs to the core. */
struct file_open {
	u32 provider;		/* handle from provider_register(); 0: page object */
	u32 pageobj;		/* handle; 0: none */
	u32 wait;		/* handle of the file's wait object; 0: never waits */
	u32 flags;		/* FILE_* */
	u64 number;		/* the provider's number for this open file */
	u64 ino;		/* st_ino of one without a node; 0: its number */
};

/*
 * All but poll, which changes nothing, are run again when a reset interrupted
 * them. Who must not do them twice compares CONTEXT->op, as struct context_page
 * says.
 */
#define FILE_FCNTL(cmd) (0xffff0000u | (cmd))

struct file_ops {
	/*
	 * At most `len` bytes at `pos` into user buffer `ubuf`, from its
	 * offset `off` on. Bytes, 0 at the end, -EAGAIN: wait.
	 */
	long (*read)(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags);
	long (*write)(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags);
	/*
	 * Linux ioctl, and as FILE_FCNTL(cmd) what fcntl(2) has of its own for
	 * some files (then `ubuf` is 0, and -ENOTTY refuses). `ubuf` is
	 * a read-write user buffer of the size that the command's argument has
	 * (file_ioctl_size()), 0 where it is a plain value.
	 */
	long (*ioctl)(u64 number, u32 cmd, u64 arg, u32 ubuf);
	/* Which FILE_POLL* are ready. */
	long (*poll)(u64 number);
	/* The last reference to the open file is gone. */
	long (*release)(u64 number);
	/*
	 * May be NULL. Somebody opens file `number` with Linux's `oflags`: the
	 * number that the open file is to have, or the error of open(2). No
	 * release() follows an error. *wait is 0, or the wait object that it is
	 * to have instead of the one in struct file_open.
	 */
	long (*open)(u64 number, u32 oflags, u32 *wait);
	/*
	 * May be NULL (-ENXIO). Open file `number`, which has no node, is opened
	 * anew through /proc/PID/fd: the number of the new open file, or an error.
	 */
	long (*reopen)(u64 number, u32 oflags);
	/*
	 * May be NULL. lseek(2) on a file whose place is not the core's affair: the
	 * new position, or an error.
	 */
	long (*seek)(u64 number, s64 offset, u32 whence);
};
CONTRACT(file_ops__read, CALL_RESTARTABLE, ARG_VALUE(number), ARG_UBUF(ubuf), ARG_VALUE(off),
	 ARG_VALUE(len), ARG_VALUE(pos), ARG_VALUE(oflags));
CONTRACT(file_ops__write, CALL_RESTARTABLE, ARG_VALUE(number), ARG_UBUF(ubuf), ARG_VALUE(off),
	 ARG_VALUE(len), ARG_VALUE(pos), ARG_VALUE(oflags));
CONTRACT(file_ops__ioctl, CALL_SLEEPS | CALL_RESTARTABLE, ARG_VALUE(number),
	 ARG_VALUE(cmd), ARG_VALUE(arg), ARG_UBUF(ubuf));
CONTRACT(file_ops__poll, CALL_RESTARTABLE, ARG_VALUE(number));
CONTRACT(file_ops__release, CALL_RESTARTABLE, ARG_VALUE(number));
CONTRACT(file_ops__open, CALL_RESTARTABLE, ARG_VALUE(number), ARG_VALUE(oflags),
	 ARG_STRUCT_OUT(wait, u32));
CONTRACT(file_ops__reopen, CALL_SLEEPS, ARG_VALUE(number), ARG_VALUE(oflags));
CONTRACT(file_ops__seek, CALL_RESTARTABLE, ARG_VALUE(number), ARG_VALUE(offset),
	 ARG_VALUE(whence));
OPS_TABLE(file_ops, read, write, ioctl, poll, release, open, reopen,
	  seek);

INTERFACE_BEGIN

/* Registers a provider with the core. Returns a handle (HANDLE_PROVIDER). */
long provider_register(u32 self, const struct file_ops *ops);
CONTRACT(provider_register, 0, ARG_SELF(self), ARG_OPS(ops, file_ops));

/*
 * Programs watch files for IN_* of `mask`, all watches together (it becomes
 * CONTEXT->watched): the core tells vfs_notify() of them when they happen to an open
 * file. What it knows of single files is asked anew, with FILES_WATCHED_SAME as well.
 */
#define FILES_WATCHED_SAME 0xffffffffu
long files_watched(u32 self, u32 mask);
CONTRACT(files_watched, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(mask));

/*
 * A handle of type HANDLE_FILE keeps an open file for the module that owns it: a
 * descriptor on its way to another process. The core makes it and passes it
 * down; whoever it is handed back to takes a reference of its own. Such handles
 * come through a reset with their numbers, but the recovering init() must claim
 * those that it finds in its state; when it has returned, the others are given
 * back.
 */

/* 0; -EBADF: not an open file's handle of this module. */
long file_handle_claim(u32 self, u32 file);
CONTRACT(file_handle_claim, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(file));

/*
 * Gives the handle back; the last reference to a file closes it, which may call
 * the module itself: hold no mutex. 0, -EBADF.
 */
long file_handle_release(u32 file);
CONTRACT(file_handle_release, CALL_SLEEPS, ARG_HANDLE(file, HANDLE_FILE));

INTERFACE_END

#endif
