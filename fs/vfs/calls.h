/* SPDX-License-Identifier: MIT */
/* What the files with vfs's system calls share. */
#ifndef VFS_CALLS_H
#define VFS_CALLS_H

#include <program.h>
#include <whitix/process.h>

#include "internal.h"

/* All that vfs provides: call_NAME is NAME(2). */
#define VFS_CALLS(X) \
	X(chmod) X(fchmod) X(fchmodat) X(chown) X(lchown) X(fchown) X(fchownat) \
	X(utimensat) X(futimesat) X(utimes) X(utime) X(mkdir) X(mkdirat) X(mknod) \
	X(mknodat) X(rename) X(renameat) X(renameat2) X(link) X(linkat) X(symlink) \
	X(symlinkat) X(readlink) X(readlinkat) X(mount) X(umount2) X(statfs) X(fstatfs) \
	X(sync) X(syncfs) X(truncate) X(ftruncate) X(fsync) X(fdatasync) X(fadvise64) \
	X(access) X(faccessat) X(faccessat2) X(chdir) X(fchdir) \
	X(chroot) X(getcwd) X(umask) X(pivot_root) \
	X(getxattr) X(lgetxattr) X(fgetxattr) X(setxattr) X(lsetxattr) X(fsetxattr) \
	X(listxattr) X(llistxattr) X(flistxattr) X(removexattr) X(lremovexattr) \
	X(fremovexattr)

#define VFS_CALL(name) long call_##name(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);
VFS_CALLS(VFS_CALL)
#undef VFS_CALL

/* A path argument: its text, and where it starts. */
struct path {
	char *text;		/* of kmalloc(), also when it could not be read */
	u64 at;
};

/* Reads a path; path_done() whatever it returns. `slot`: first or second path. */
long path_get(struct path *p, u32 slot, u64 dirfd, u64 user, bool empty);
long path_done(struct path *p, long ret);	/* returns `ret` */
/* The node of an open descriptor, 0: it has none. -EBADF, so too of O_PATH alone. */
long descriptor_node(u64 fd, bool path_too, u64 *node);
/*
 * A string of the program with its NUL, if that is among the first `max` bytes: its
 * length, `max` when it is longer, or -EFAULT.
 */
long string_get(u64 user, char *buf, size_t max);
/* The node that a path names, with a reference; links are followed if `links`. */
long node_of_path(u64 user, bool links, u64 *node);

static inline u64 own_root(void)
{
	return CONTEXT->root;
}

static inline u32 follow(bool yes)
{
	return yes ? VFS_FOLLOW : 0;
}

/* VFS_* for the AT_* of a call, links followed unless AT_SYMLINK_NOFOLLOW. */
static inline u32 lookup_flags(u32 flags)
{
	return follow(!(flags & AT_SYMLINK_NOFOLLOW)) |
	       (flags & AT_EMPTY_PATH ? VFS_EMPTY_PATH : 0);
}

#endif
