/* SPDX-License-Identifier: MIT */
/*
 * System calls that take paths and are made often, or end in something of the
 * core's. Each copies its path once, finds where it starts, and calls the vfs. The
 * other calls on paths are vfs's own (fs/vfs/calls.c, directories.c, xattr.c).
 */
#include <errno.h>
#include <files.h>
#include <frame.h>
#include <mm.h>
#include <sched.h>
#include <string.h>
#include <syscall.h>
#include <timer.h>
#include <vfs.h>
#include <whitix/stat.h>

#define MODE_BITS 07777
#define READDIR_MAX 8192
#define DIRENT_NAME offsetof(struct vfs_dirent, name)
/* What openat2(2) knows. */
#define O_TMPFILE_ONLY (O_TMPFILE & ~O_DIRECTORY)
#define OPEN_PATH_FLAGS (O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)
#define OPEN_FLAGS (O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | \
		    O_NONBLOCK | O_SYNC | O_ASYNC | O_DIRECT | O_LARGEFILE | O_NOATIME | \
		    O_TMPFILE_ONLY | OPEN_PATH_FLAGS)
#define RESOLVE_WITHIN (RESOLVE_BENEATH | RESOLVE_IN_ROOT)
#define RESOLVE_KNOWN (RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | \
		       RESOLVE_CACHED | RESOLVE_WITHIN)

/* ---- paths ------------------------------------------------------------- */

/* A path argument: its text, where it starts, and what keeps that. */
struct path_text {
	char *path;
	u64 at;
	struct file *hold;
};

static long path_open(int dirfd, u64 user, bool empty, struct path_text *a)
{
	long error = path_get(user, empty, &a->path);

	if (error)
		return error;
	error = path_at(dirfd, a->path, &a->at, &a->hold);
	if (error)
		path_put(a->path);
	else
		op_begin();
	return error;
}

static long path_close(struct path_text *a, long result)
{
	path_put(a->path);
	file_put(a->hold);
	return module_result(result, 0);
}

static u32 follow(bool yes)
{
	return yes ? VFS_FOLLOW : 0;
}

/* ---- open -------------------------------------------------------------- */

/* Opens what `a` names, which it lets go, as a descriptor. */
static long open_fd(struct path_text *a, u32 flags, u32 mode)
{
	struct file *f;
	long fd = file_open_path(a->at, a->path, flags, mode, &f, NULL);

	path_put(a->path);
	file_put(a->hold);
	return fd ? fd : fd_new(f, flags & O_CLOEXEC);
}

/* openat(2). */
long sys_openat(int dirfd, u64 path, u32 flags, u32 mode)
{
	struct path_text a;
	long error = path_open(dirfd, path, false, &a);

	return error ? error : open_fd(&a, flags & OPEN_FLAGS, mode & MODE_BITS);
}

static bool how_is_sound(const struct linux_open_how *how)
{
	u64 flags = how->flags;

	if ((flags & ~(u64)OPEN_FLAGS) || (how->resolve & ~(u64)RESOLVE_KNOWN) ||
	    (how->resolve & RESOLVE_WITHIN) == RESOLVE_WITHIN ||
	    ((flags & O_PATH) && (flags & ~(u64)OPEN_PATH_FLAGS)))
		return false;
	return !(how->mode & ~(u64)(flags & (O_CREAT | O_TMPFILE_ONLY) ? MODE_BITS : 0));
}

/* openat2(2). */
long sys_openat2(int dirfd, u64 path, u64 user, u64 size)
{
	struct linux_open_how how;
	struct path_text a;
	long error;

	if (size < sizeof(how))
		return -EINVAL;
	error = get_user_struct(&how, sizeof(how), user, size);
	if (!error && !how_is_sound(&how))
		error = -EINVAL;
	if (!error && (how.resolve & RESOLVE_CACHED) &&
	    (how.flags & (O_TRUNC | O_CREAT | O_TMPFILE_ONLY)))
		error = -EAGAIN;
	if (!error)
		error = path_open(dirfd, path, false, &a);
	if (error)
		return error;
	/* The root of the path is the directory, however it begins. */
	if ((how.resolve & RESOLVE_IN_ROOT) && a.path[0] == '/') {
		a.path[0] = '.';
		error = path_at(dirfd, a.path, &a.at, &a.hold);
		if (a.path[1] && a.path[1] != '/')
			memmove(a.path, a.path + 1, strlen(a.path));
	}
	return error ? path_close(&a, error) :
	       open_fd(&a, how.flags, how.mode | how.resolve << VFS_RESOLVE_SHIFT);
}

SYSCALL_AS(open, (u64 path, u32 flags, u32 mode), sys_openat(AT_FDCWD, path, flags, mode))
SYSCALL_AS(creat, (u64 path, u32 mode),
	   sys_openat(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode))

/* ---- attributes -------------------------------------------------------- */

/* Attributes of an open file, also for AT_FDCWD and an empty path. */
static long attr_of_fd(int fd, struct vfs_attr *attr)
{
	struct file *f;
	long error;

	if (fd == AT_FDCWD) {
		error = module_result(vfs_getattr(current->process->fs->cwd, attr), 0);
		if (!error)
			file_fix_attr(attr);
		return error;
	}
	f = fd_get(fd);
	if (!f)
		return -EBADF;
	error = file_getattr(f, attr);
	file_put(f);
	return error;
}

static long attr_of_path(int dirfd, u64 path, u32 flags, struct vfs_attr *attr)
{
	struct path_text a;
	long error = path_open(dirfd, path, flags & AT_EMPTY_PATH, &a);

	if (error)
		return error;
	*attr = (struct vfs_attr){ 0 };
	if (!a.path[0]) {
		error = path_close(&a, 0);
		return error ? error : attr_of_fd(dirfd, attr);
	}
	error = path_close(&a, vfs_stat(path_root(), a.at, a.path,
					follow(!(flags & AT_SYMLINK_NOFOLLOW)), attr));
	if (!error)
		file_fix_attr(attr);
	return error;
}

static long put_stat(u64 user, const struct vfs_attr *a)
{
	struct linux_stat s = {
		.st_dev = a->dev, .st_ino = a->ino, .st_nlink = a->nlink,
		.st_mode = a->mode, .st_uid = a->uid, .st_gid = a->gid,
		.st_rdev = a->rdev, .st_size = a->size, .st_blksize = a->blksize,
		.st_blocks = a->blocks,
		.atime = a->atime_ns / NSEC_PER_SEC,
		.atime_nsec = a->atime_ns % NSEC_PER_SEC,
		.mtime = a->mtime_ns / NSEC_PER_SEC,
		.mtime_nsec = a->mtime_ns % NSEC_PER_SEC,
		.ctime = a->ctime_ns / NSEC_PER_SEC,
		.ctime_nsec = a->ctime_ns % NSEC_PER_SEC,
	};

	return put_user_bytes(user, &s, sizeof(s));
}

/* newfstatat(2). */
long sys_newfstatat(int dirfd, u64 path, u64 user, u32 flags)
{
	struct vfs_attr attr;
	long error;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	error = attr_of_path(dirfd, path, flags, &attr);
	return error ? error : put_stat(user, &attr);
}

SYSCALL_AS(stat, (u64 path, u64 user), sys_newfstatat(AT_FDCWD, path, user, 0))
SYSCALL_AS(lstat, (u64 path, u64 user),
	   sys_newfstatat(AT_FDCWD, path, user, AT_SYMLINK_NOFOLLOW))

/* fstat(2). */
long sys_fstat(int fd, u64 user)
{
	struct vfs_attr attr;
	long error = fd < 0 ? -EBADF : attr_of_fd(fd, &attr);

	return error ? error : put_stat(user, &attr);
}

static struct linux_statx_timestamp statx_time(u64 ns)
{
	return (struct linux_statx_timestamp){ .tv_sec = ns / NSEC_PER_SEC,
					       .tv_nsec = ns % NSEC_PER_SEC };
}

/* statx(2). */
long sys_statx(int dirfd, u64 path, u32 flags, u32 mask, u64 user)
{
	struct vfs_attr a;
	struct linux_statx s;
	long error;

	if (mask & STATX_RESERVED || flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT |
						AT_EMPTY_PATH | AT_STATX_SYNC_TYPE) ||
	    (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	error = attr_of_path(dirfd, path, flags, &a);
	if (error)
		return error;
	s = (struct linux_statx){
		.stx_mask = STATX_BASIC_STATS | (a.mount ? STATX_MNT_ID : 0) |
			    (a.btime_ns ? mask & STATX_BTIME : 0),
		.stx_blksize = a.blksize, .stx_attributes = a.attributes,
		.stx_attributes_mask = a.attributes_mask, .stx_mnt_id = a.mount,
		.stx_nlink = a.nlink, .stx_uid = a.uid, .stx_gid = a.gid,
		.stx_mode = a.mode, .stx_ino = a.ino, .stx_size = a.size,
		.stx_blocks = a.blocks, .stx_atime = statx_time(a.atime_ns),
		.stx_ctime = statx_time(a.ctime_ns), .stx_mtime = statx_time(a.mtime_ns),
		.stx_btime = statx_time(mask & STATX_BTIME ? a.btime_ns : 0),
		.stx_rdev_major = LINUX_MAJOR(a.rdev), .stx_rdev_minor = LINUX_MINOR(a.rdev),
		.stx_dev_major = LINUX_MAJOR(a.dev), .stx_dev_minor = LINUX_MINOR(a.dev),
	};
	return put_user_bytes(user, &s, sizeof(s));
}

/* ---- names ------------------------------------------------------------- */

/* unlinkat(2). */
long sys_unlinkat(int dirfd, u64 path, u32 flags)
{
	struct path_text a;
	long error = flags & ~AT_REMOVEDIR ? -EINVAL : path_open(dirfd, path, false, &a);

	return error ? error :
	       path_close(&a, vfs_remove(path_root(), a.at, a.path,
					 flags ? VFS_REMOVE_DIR : 0));
}

SYSCALL_AS(unlink, (u64 path), sys_unlinkat(AT_FDCWD, path, 0))
SYSCALL_AS(rmdir, (u64 path), sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR))

/* ---- directories ------------------------------------------------------- */

/* Are these whole, sound records? Returns the position after them, or -EIO. */
static long dirents_check(const u8 *buf, u64 len)
{
	long next = -EIO;
	u64 at = 0;

	while (at < len) {
		const struct vfs_dirent *d = (const struct vfs_dirent *)(buf + at);

		if (len - at < DIRENT_NAME + 2 || d->reclen < DIRENT_NAME + 2 ||
		    d->reclen % 8 || d->reclen > len - at ||
		    strnlen(d->name, d->reclen - DIRENT_NAME) == d->reclen - DIRENT_NAME)
			return -EIO;
		next = d->next;
		at += d->reclen;
	}
	return next;
}

static long directory_read(struct file *f, u64 user, u8 *buf, u64 len)
{
	long next, n = module_result(vfs_readdir(f->node, f->pos, buf, len), len);

	if (n <= 0)
		return n;
	next = dirents_check(buf, n);
	if (next == -EIO)
		return -EIO;
	if (put_user_bytes(user, buf, n))
		return -EFAULT;
	f->pos = next;
	return n;
}

/* getdents64(2): records of the vfs are Linux's. */
long sys_getdents64(int fd, u64 user, u32 count)
{
	struct file *f = fd_get(fd);
	u32 len = MIN(count, (u32)READDIR_MAX);
	u8 *buf = NULL;
	long n = -EBADF;

	if (!f || (f->oflags & O_PATH))
		goto put;
	n = -ENOTDIR;
	if (!S_ISDIR(f->mode))
		goto put;
	n = -EINVAL;
	if ((s32)count < 0 || len < DIRENT_NAME + 2)
		goto put;
	n = -ENOMEM;
	buf = core_alloc(len);
	if (!buf)
		goto put;
	core_mutex_lock(&f->pos_lock);
	n = directory_read(f, user, buf, len);
	file_event(f, IN_ACCESS);
	core_mutex_unlock(&f->pos_lock);
put:
	core_free(buf);
	file_put(f);
	return n;
}
