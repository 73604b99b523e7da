/* SPDX-License-Identifier: MIT */
/*
 * Open files and descriptor tables (kernel/file.c, kernel/fd.c). An open file
 * is a page object or a provider's; it may name a vfs node besides.
 */
#ifndef CORE_FILES_H
#define CORE_FILES_H

#include <file.h>
#include <list.h>
#include <sched.h>
#include <spinlock.h>
#include <types.h>
#include <wait.h>
#include <whitix/fcntl.h>
#include <whitix/inotify.h>

struct linux_iovec;
struct module;
struct pageobj;
struct process;
struct task;
struct vfs_attr;
struct vfs_opened;

/* A module's file_ops, as bound by the boundary. Outlives the module's reset. */
struct provider {
	struct file_ops ops;
	struct list_head node;	/* provider_lock */
	u32 refs;		/* provider_lock */
	u32 module;		/* owner's id */
	u32 handle;
	bool live;		/* false: its handle is gone, the module unloaded */
};

/* Flags that only the core sets. */
#define FILE_WRITER 0x10000	/* counted as a writer of its object */
#define FILE_RUNNING 0x20000	/* counted as a running program */

struct file {
	u32 refs;		/* atomic */
	u32 oflags;		/* O_* without creation flags */
	u32 flags;		/* FILE_* */
	u32 mode;		/* S_IF*; 0: a pipe or other file without a node */
	struct pageobj *obj;
	struct provider *provider;
	struct wait *wait;
	u64 number;		/* the provider's */
	u64 polled;		/* of file_poll(): an answer, and when it was so */
	u64 watched;		/* of file_event(): IN_*, and when it was so */
	u64 ino;		/* what fstat() says where there is no node; 0: number */
	u64 node;		/* a vfs node's reference, 0: none */
	u64 pos;		/* pos_lock */
	s32 owner;		/* F_SETOWN: a process, or minus a group */
	struct list_head watches;	/* epoll's: kernel/watch.c */
	struct core_mutex pos_lock;
};

/* Of `flags`, besides those of file.h: the file was locked through this one. */
#define FILE_LOCKS 0x80000000

#define FD_LIMIT 4096		/* most descriptors of a process */

struct fdtable {
	u32 refs;		/* atomic */
	struct spinlock lock;	/* LOCK_OBJECT */
	u32 size;		/* lock */
	struct file **file;	/* lock; entries may be NULL */
	u64 cloexec[FD_LIMIT / 64];	/* lock */
};

/* ---- file.c ---------------------------------------------------------- */

/*
 * An open file from what a module gave. On failure everything `fo` names, and
 * the node, is given back. -EIO when a handle is not what it should be.
 */
long file_new(const struct file_open *fo, u64 node, u32 mode, u32 oflags,
	      struct file **out);
/* Opens by path, with the calling process's root: for openat, exec. */
long file_open_path(u64 at, const char *path, u32 oflags, u32 mode,
		    struct file **out, u32 *pageobj);
/* A handle of m's that keeps `f`, for include/interface/file.h; -ENOMEM, -EMFILE. */
long file_handle_new(struct module *m, struct file *f);
/* The file that m holds, with a reference; NULL: not m's, or no file's. */
struct file *file_from_handle(u32 handle, const struct module *m);
/* How many files of providers of module number `module` are open. */
u32 provider_in_use(u32 module);
/* It is run: nobody may write it meanwhile. 0, -ETXTBSY. */
long file_claim_running(struct file *f);
void file_get(struct file *f);
bool file_get_living(struct file *f);
void file_put(struct file *f);		/* may sleep */
/* Where transfer starts: *pos is used, not moved. Bytes or an error. */
long file_read(struct file *f, u64 addr, u64 len, u64 pos, bool kernel);
long file_write(struct file *f, u64 addr, u64 len, u64 *pos, bool kernel);
/* The same for the pieces of the program's memory, of a provider's file without position. */
long file_transfer_vector(struct file *f, const struct linux_iovec *iov, u64 len, bool write);
u32 file_poll(struct file *f);		/* POLL* */
/* A module did something to the file: what poll() said may be wrong now. */
void file_touched(struct file *f);
/* `event` (IN_*) happened to it: whoever watches it is told. May sleep. */
void file_notify(struct file *f, u32 event);
static inline void file_event(struct file *f, u32 event)
{
	if (unlikely(context_page->watched & event))
		file_notify(f, event);
}
/* Notes that a file with an object was read, or mapped. */
void file_note_read(const struct file *f);
/* The module's provider by its handle, with a reference; NULL: none. */
struct provider *provider_from_handle(u32 handle);
void provider_put(struct provider *p);
/* Attributes; sizes and times of page objects are the core's. */
long file_getattr(struct file *f, struct vfs_attr *attr);
void file_fix_attr(struct vfs_attr *attr);
/* Limits what a module returned: an error number, or 0..max; else -EIO. */
long module_result(long result, long max);
/* The program waits for a terminal's input: ends the boot trace. */
void file_console_wait(struct file *f);

/* ---- syscall_io.c ---------------------------------------------------- */

#define IOVS_ON_STACK 8

/*
 * Copies an iovec array: its bytes, -EINVAL, -EFAULT, -ENOMEM. *iov may be `few`
 * (IOVS_ON_STACK of them, or NULL), else it is the caller's to free.
 */
long iov_get(u64 user, u64 count, struct linux_iovec *few, struct linux_iovec **iov);

/* An eventfd and its like: no type, no position, and what is written is a value. */
static inline bool file_is_anonymous(const struct file *f)
{
	return !f->mode && (f->flags & FILE_ANONYMOUS);
}

/* ---- fd.c ------------------------------------------------------------ */

struct fdtable *fdtable_new(void);
struct fdtable *fdtable_copy(struct fdtable *from);	/* NULL: no memory */
void fdtable_put(struct fdtable *fds);			/* may sleep */
void fdtable_exec(struct fdtable *fds);			/* close-on-exec */
/* The first file from descriptor *fd on, which is moved; NULL: none. */
struct file *fdtable_next(struct fdtable *fds, u32 *fd);
/*
 * The same of a process, or its program (PROCESS_EXE), if the caller may see it;
 * *node of a directory (PROCESS_CWD, PROCESS_ROOT). 0, -ESRCH, -EACCES, -ENOENT.
 */
long process_file(u32 pid, u32 *which, struct file **file, u64 *node);
/* The file behind a descriptor with a reference; NULL: -EBADF. */
struct file *fd_get(int fd);
/* One descriptor that is polled. */
struct polled {
	s32 fd;			/* below 0: none */
	u32 events, revents;	/* POLL* */
	struct file *file;
};
/* The files behind many descriptors, each with a reference or NULL. */
void fd_get_polled(struct polled *polled, u32 count);
/* Lowest free descriptor from `from` on for `f` (its reference moves): -EMFILE. */
long fd_install(struct file *f, u32 from, bool cloexec);
/* The same from 0 on; `f` is put when there is none. May sleep. */
long fd_new(struct file *f, bool cloexec);
/* Replaces what `fd` is: 0, -EBADF, -ENOMEM. */
long fd_replace(struct file *f, u32 fd, bool cloexec);
long fd_close(u32 fd);
bool fd_is(int fd, const struct file *f);	/* it names `f` */

/* ---- locks.c --------------------------------------------------------- */

long file_lock(struct file *f, int fd, u32 cmd, u64 user);	/* of fcntl(2) */
/* `owner`, a descriptor table or `f` itself, has no locks of the file any more. */
void file_locks_drop(struct file *f, const void *owner);

/* ---- space.c --------------------------------------------------------- */

long file_seals(struct file *f, u32 cmd, u64 seals);	/* of fcntl(2) */

/* ---- path.c ---------------------------------------------------------- */

/*
 * Copies a path: 0, -EFAULT, -ENAMETOOLONG, -ENOENT (empty, unless allowed).
 */
long path_get(u64 user, bool empty, char **path);
void path_put(char *path);
/* Where a path starts: node of `dirfd`; *hold is a file to put, or NULL. */
long path_at(int dirfd, const char *path, u64 *node, struct file **hold);
/* The calling process's root directory. */
u64 path_root(void);
/* What path_read() holds for a module's system call is let go. May sleep. */
void path_release(struct task *task);

#endif
