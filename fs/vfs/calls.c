/* SPDX-License-Identifier: MIT */
/*
 * System calls of vfs's own: those that make, name and change files by path, and
 * mount(2) and its kin. Others are in directories.c and xattr.c. (open(2), stat(2)
 * and unlink(2) are the core's, which calls vfs for them.)
 *
 * State: nothing to keep. A call that a reset interrupts is run again as a whole;
 * what it does to names is marked (runtime/oplog.c).
 */
#include <whitix/capability.h>
#include <whitix/syscalls.h>

#include "calls.h"

#define MODE_BITS 07777
#define ID_KEEP 0xffffffffu	/* chown: leave it */
#define USEC_PER_SEC (s64)(NSEC_PER_SEC / NSEC_PER_USEC)
/* Seconds of the latest time that nanoseconds in 64 bits can tell. */
#define TIME_MAX_SEC ((s64)(INT64_MAX / NSEC_PER_SEC) - 1)
#define STRING_CHUNK 64
#define FADVISE_LAST 5
#define MOUNT_STRING_MAX 1024
#define MOUNT_SOURCE_MAX 256
#define MOUNT_TYPE_MAX 32

/* ---- arguments --------------------------------------------------------- */

/* See calls.h. */
long path_get(struct path *p, u32 slot, u64 dirfd, u64 user, bool empty)
{
	struct path_arg arg = { .dirfd = (s32)dirfd, .how = empty ? PATH_EMPTY : 0,
				.slot = slot, .user = user };
	long ret;

	p->text = kmalloc(VFS_PATH_MAX);
	if (!p->text)
		return -ENOMEM;
	ret = path_read(THIS_MODULE, &arg, p->text, VFS_PATH_MAX);
	p->at = arg.at;
	return MIN(ret, 0l);
}

/* See calls.h. */
long path_done(struct path *p, long ret)
{
	kfree(p->text);
	return ret;
}

/* See calls.h. */
long descriptor_node(u64 fd, bool path_too, u64 *node)
{
	struct path_arg arg = { .dirfd = (s32)fd, .how = PATH_NONE };
	char none;
	long ret = path_read(THIS_MODULE, &arg, &none, sizeof(none));

	*node = arg.at;
	return ret ? ret : !path_too && (arg.oflags & O_PATH) ? -EBADF : 0;
}

/* See calls.h. */
long string_get(u64 user, char *buf, size_t max)
{
	size_t done = 0;

	while (done < max) {
		size_t n = MIN(max - done, STRING_CHUNK - (user + done) % STRING_CHUNK);
		char *end;

		if (user_read(user + done, buf + done, n))
			return -EFAULT;
		end = memchr(buf + done, 0, n);
		if (end)
			return end - buf;
		done += n;
	}
	return (long)max;
}

/* ---- attributes -------------------------------------------------------- */

/* Sets attributes of the file at a path. */
static long set_path(u64 dirfd, u64 user, u32 flags, u32 which, const struct vfs_attr *attr)
{
	struct path p;
	long ret = path_get(&p, 0, dirfd, user, flags & AT_EMPTY_PATH);

	if (!ret)
		ret = vfs_setattr_path(own_root(), p.at, p.text, lookup_flags(flags), which,
				       attr);
	return path_done(&p, ret);
}

static long set_fd(u64 fd, u32 which, const struct vfs_attr *attr)
{
	u64 node;
	long ret = descriptor_node(fd, false, &node);

	return ret ? ret : node ? vfs_setattr(node, which, attr) : -EINVAL;
}

static long set_mode(u64 dirfd, u64 user, u64 mode)
{
	struct vfs_attr attr = { .mode = (u32)mode & MODE_BITS };

	return set_path(dirfd, user, 0, VFS_SET_MODE, &attr);
}

long call_chmod(u64 path, u64 mode, u64 c, u64 d, u64 e, u64 f)
{
	return set_mode((u64)AT_FDCWD, path, mode);
}

long call_fchmodat(u64 dirfd, u64 path, u64 mode, u64 d, u64 e, u64 f)
{
	return set_mode(dirfd, path, mode);
}

long call_fchmod(u64 fd, u64 mode, u64 c, u64 d, u64 e, u64 f)
{
	struct vfs_attr attr = { .mode = (u32)mode & MODE_BITS };

	return set_fd(fd, VFS_SET_MODE, &attr);
}

static u32 owner_which(u32 uid, u32 gid)
{
	return (uid == ID_KEEP ? 0 : VFS_SET_UID) | (gid == ID_KEEP ? 0 : VFS_SET_GID);
}

/* fchownat(2). */
long call_fchownat(u64 dirfd, u64 path, u64 uid, u64 gid, u64 flags, u64 f)
{
	struct vfs_attr attr = { .uid = (u32)uid, .gid = (u32)gid };

	if ((u32)flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return set_path(dirfd, path, (u32)flags, owner_which((u32)uid, (u32)gid), &attr);
}

long call_chown(u64 path, u64 uid, u64 gid, u64 d, u64 e, u64 f)
{
	return call_fchownat((u64)AT_FDCWD, path, uid, gid, 0, 0);
}

long call_lchown(u64 path, u64 uid, u64 gid, u64 d, u64 e, u64 f)
{
	return call_fchownat((u64)AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW, 0);
}

long call_fchown(u64 fd, u64 uid, u64 gid, u64 d, u64 e, u64 f)
{
	struct vfs_attr attr = { .uid = (u32)uid, .gid = (u32)gid };

	return set_fd(fd, owner_which((u32)uid, (u32)gid), &attr);
}

/* ---- times ------------------------------------------------------------- */

/* One time of utimensat(): ns, now, or unchanged. */
static long time_choose(const struct linux_timespec *t, u64 *ns, u32 bit, u32 *which)
{
	if (t->tv_nsec == UTIME_OMIT)
		return 0;
	*which |= bit;
	*ns = krealtime_ns();
	if (t->tv_nsec == UTIME_NOW)
		return 0;
	*which |= bit << VFS_SET_GIVEN_SHIFT;
	if (t->tv_nsec < 0 || t->tv_nsec >= (s64)NSEC_PER_SEC)
		return -EINVAL;
	*ns = (u64)MIN(MAX(t->tv_sec, 0l), TIME_MAX_SEC) * NSEC_PER_SEC + (u64)t->tv_nsec;
	return 0;
}

/* Sets times, `t` being both or NULL: now. Without a path: those of the descriptor. */
static long times_set(u64 dirfd, u64 path, const struct linux_timespec *t, u32 flags)
{
	static const struct linux_timespec now = { 0, UTIME_NOW };
	struct vfs_attr attr = { .size = 0 };
	u32 which = 0;
	long ret = time_choose(t ? &t[0] : &now, &attr.atime_ns, VFS_SET_ATIME, &which);

	if (!ret)
		ret = time_choose(t ? &t[1] : &now, &attr.mtime_ns, VFS_SET_MTIME, &which);
	if (ret || !which)
		return ret;
	return path ? set_path(dirfd, path, flags, which, &attr) : set_fd(dirfd, which, &attr);
}

/* utimensat(2); path 0 is futimens(). */
long call_utimensat(u64 dirfd, u64 path, u64 times, u64 flags, u64 e, u64 f)
{
	struct linux_timespec t[2];

	if (times && user_read(times, t, sizeof(t)))
		return -EFAULT;
	if ((u32)flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) || (!path && (u32)flags))
		return -EINVAL;
	if (!path && (s32)dirfd == AT_FDCWD)
		return -EFAULT;
	return times_set(dirfd, path, times ? t : NULL, (u32)flags);
}

/* futimesat(2), in microseconds. */
long call_futimesat(u64 dirfd, u64 path, u64 times, u64 d, u64 e, u64 f)
{
	struct linux_timespec t[2];

	if (times && user_read(times, t, sizeof(t)))
		return -EFAULT;
	for (u32 i = 0; times && i < ARRAY_SIZE(t); i++) {
		if (t[i].tv_nsec < 0 || t[i].tv_nsec >= USEC_PER_SEC)
			return -EINVAL;
		t[i].tv_nsec *= (s64)NSEC_PER_USEC;
	}
	return times_set(dirfd, path, times ? t : NULL, 0);
}

long call_utimes(u64 path, u64 times, u64 c, u64 d, u64 e, u64 f)
{
	return path ? call_futimesat((u64)AT_FDCWD, path, times, 0, 0, 0) : -EFAULT;
}

/* utime(2), in seconds. */
long call_utime(u64 path, u64 times, u64 c, u64 d, u64 e, u64 f)
{
	s64 s[2] = { 0 };
	struct linux_timespec t[2];

	if (!path || (times && user_read(times, s, sizeof(s))))
		return -EFAULT;
	for (u32 i = 0; i < ARRAY_SIZE(t); i++)
		t[i] = (struct linux_timespec){ .tv_sec = s[i] };
	return times_set((u64)AT_FDCWD, path, times ? t : NULL, 0);
}

/* ---- size and contents --------------------------------------------------- */

/* truncate(2). */
long call_truncate(u64 path, u64 size, u64 c, u64 d, u64 e, u64 f)
{
	struct vfs_attr attr = { .size = size };
	long ret = file_size_check(size);

	return ret ? ret : set_path((u64)AT_FDCWD, path, 0, VFS_SET_SIZE, &attr);
}

/* ftruncate(2). */
long call_ftruncate(u64 fd, u64 size, u64 c, u64 d, u64 e, u64 f)
{
	struct vfs_attr attr = { .size = size };
	struct descriptor own;
	u64 node;
	long ret = descriptor_node(fd, false, &node);

	if (!ret)
		ret = file_size_check(size);
	if (!ret)
		ret = descriptor_get(THIS_MODULE, (u32)fd, &own);
	if (!ret && ((own.oflags & O_ACCMODE) == O_RDONLY || !S_ISREG(own.mode)))
		ret = -EINVAL;
	return ret ? ret : vfs_setattr(node, VFS_SET_SIZE, &attr);
}

/* fsync(2), fdatasync(2): files are in memory, there is nothing behind them yet. */
long call_fsync(u64 fd, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	struct descriptor own;
	long ret = descriptor_get(THIS_MODULE, (u32)fd, &own);

	return ret ? ret : (own.kind & DESCRIPTOR_OBJECT) || S_ISDIR(own.mode) ? 0 : -EINVAL;
}

/* fdatasync(2). */
long call_fdatasync(u64 fd, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return call_fsync(fd, 0, 0, 0, 0, 0);
}

/* fadvise64(2): advice that changes nothing. */
long call_fadvise64(u64 fd, u64 off, u64 len, u64 advice, u64 e, u64 f)
{
	struct descriptor own;
	long ret = descriptor_get(THIS_MODULE, (u32)fd, &own);

	if (ret)
		return ret;
	if (S_ISFIFO(own.mode) || (!own.mode && !(own.kind & DESCRIPTOR_ANONYMOUS)))
		return -ESPIPE;
	return (s64)len < 0 || (u32)advice > FADVISE_LAST ? -EINVAL : 0;
}

/* ---- names ------------------------------------------------------------- */

static long make_node(u64 dirfd, u64 user, u32 mode, u64 rdev)
{
	struct path p;
	long ret = path_get(&p, 0, dirfd, user, false);

	if (!ret)
		ret = vfs_mknod(own_root(), p.at, p.text, mode, rdev);
	return path_done(&p, ret);
}

long call_mkdirat(u64 dirfd, u64 path, u64 mode, u64 d, u64 e, u64 f)
{
	return make_node(dirfd, path, S_IFDIR | ((u32)mode & (MODE_BITS & ~(S_ISUID | S_ISGID))),
			 0);
}

long call_mkdir(u64 path, u64 mode, u64 c, u64 d, u64 e, u64 f)
{
	return call_mkdirat((u64)AT_FDCWD, path, mode, 0, 0, 0);
}

/* mknodat(2). */
long call_mknodat(u64 dirfd, u64 path, u64 mode, u64 dev, u64 e, u64 f)
{
	u32 type = (u32)mode & S_IFMT;

	switch (type) {
	case S_IFDIR:
		return -EPERM;
	case S_IFCHR:
	case S_IFBLK:
		if (!cred_capable(CAP_SYS_ADMIN))
			return -EPERM;
		break;
	case 0:
		type = S_IFREG;
		break;
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	default:
		return -EINVAL;
	}
	return make_node(dirfd, path, type | ((u32)mode & MODE_BITS), (u32)dev);
}

long call_mknod(u64 path, u64 mode, u64 dev, u64 d, u64 e, u64 f)
{
	return call_mknodat((u64)AT_FDCWD, path, mode, dev, 0, 0);
}

/* Both paths of a call. pair_done() whatever it returns. */
static long pair_get(struct path p[2], u64 dirfd, u64 user, bool empty, u64 newdirfd,
		     u64 newuser)
{
	long ret = path_get(&p[0], 0, dirfd, user, empty);

	p[1].text = NULL;
	return ret ? ret : path_get(&p[1], 1, newdirfd, newuser, false);
}

static long pair_done(struct path p[2], long ret)
{
	path_done(&p[1], 0);
	return path_done(&p[0], ret);
}

/* renameat2(2). */
long call_renameat2(u64 dirfd, u64 path, u64 newdirfd, u64 newpath, u64 flags, u64 f)
{
	struct path p[2];
	long ret;

	flags = (u32)flags;
	if (flags & ~(u64)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT) ||
	    ((flags & RENAME_EXCHANGE) && flags != RENAME_EXCHANGE))
		return -EINVAL;
	ret = pair_get(p, dirfd, path, false, newdirfd, newpath);
	if (!ret)
		ret = vfs_rename(own_root(), p[0].at, p[0].text, p[1].at, p[1].text, (u32)flags);
	return pair_done(p, ret);
}

long call_renameat(u64 dirfd, u64 path, u64 newdirfd, u64 newpath, u64 e, u64 f)
{
	return call_renameat2(dirfd, path, newdirfd, newpath, 0, 0);
}

long call_rename(u64 path, u64 newpath, u64 c, u64 d, u64 e, u64 f)
{
	return call_renameat2((u64)AT_FDCWD, path, (u64)AT_FDCWD, newpath, 0, 0);
}

/* linkat(2). */
long call_linkat(u64 dirfd, u64 path, u64 newdirfd, u64 newpath, u64 flags, u64 f)
{
	struct path p[2];
	long ret;

	if ((u32)flags & ~(u32)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	ret = pair_get(p, dirfd, path, flags & AT_EMPTY_PATH, newdirfd, newpath);
	if (!ret)
		ret = vfs_link(own_root(), p[0].at, p[0].text, p[1].at, p[1].text,
			       follow(flags & AT_SYMLINK_FOLLOW) |
			       (flags & AT_EMPTY_PATH ? VFS_EMPTY_PATH : 0));
	return pair_done(p, ret);
}

long call_link(u64 path, u64 newpath, u64 c, u64 d, u64 e, u64 f)
{
	return call_linkat((u64)AT_FDCWD, path, (u64)AT_FDCWD, newpath, 0, 0);
}

/* symlinkat(2). */
long call_symlinkat(u64 target, u64 dirfd, u64 path, u64 d, u64 e, u64 f)
{
	struct path p[2];
	long ret = pair_get(p, (u64)AT_FDCWD, target, false, dirfd, path);

	if (!ret)
		ret = vfs_symlink(own_root(), p[1].at, p[1].text, p[0].text);
	return pair_done(p, ret);
}

long call_symlink(u64 target, u64 path, u64 c, u64 d, u64 e, u64 f)
{
	return call_symlinkat(target, (u64)AT_FDCWD, path, 0, 0, 0);
}

/* readlinkat(2). */
long call_readlinkat(u64 dirfd, u64 user, u64 to, u64 size, u64 e, u64 f)
{
	size_t len = MIN((u32)size, (u32)VFS_PATH_MAX);
	struct path p;
	char *buf;
	long ret;

	if ((s32)size <= 0)
		return -EINVAL;
	ret = path_get(&p, 0, dirfd, user, true);
	if (ret)
		return path_done(&p, ret);
	buf = kmalloc(len);
	ret = buf ? vfs_readlink(own_root(), p.at, p.text, buf, len) : -ENOMEM;
	if (ret > 0 && user_write(to, buf, (size_t)ret))
		ret = -EFAULT;
	kfree(buf);
	return path_done(&p, ret);
}

long call_readlink(u64 path, u64 to, u64 size, u64 d, u64 e, u64 f)
{
	return call_readlinkat((u64)AT_FDCWD, path, to, size, 0, 0);
}

/* See calls.h. */
long node_of_path(u64 user, bool links, u64 *node)
{
	struct path p;
	long ret = path_get(&p, 0, (u64)AT_FDCWD, user, false);

	if (!ret)
		ret = vfs_lookup(own_root(), p.at, p.text, follow(links), node);
	return path_done(&p, ret);
}

/* ---- file systems ------------------------------------------------------ */

/* A string of at most `max` bytes with the NUL; address 0 gives "". */
static long mount_string(u64 user, size_t max, char *buf)
{
	long len = user ? string_get(user, buf, max) : 0;

	if (!user)
		buf[0] = 0;
	return len < 0 ? len : len == (long)max ? -EINVAL : 0;
}

struct mount_args {
	char source[MOUNT_SOURCE_MAX], type[MOUNT_TYPE_MAX], options[MOUNT_STRING_MAX];
};

static long mount_nodes(const struct mount_args *m, u64 source, u64 target, u64 flags)
{
	u64 node, from = 0;
	long ret = node_of_path(target, true, &node);

	if (ret)
		return ret;
	if (!cred_capable(CAP_SYS_ADMIN))
		ret = -EPERM;
	else if ((flags & (MS_BIND | MS_MOVE)) && !(flags & MS_REMOUNT) && m->source[0])
		ret = node_of_path(source, true, &from);
	if (!ret)
		ret = vfs_mount(node, from, m->source, m->type, flags, m->options);
	vfs_release(node);
	if (from)
		vfs_release(from);
	return ret;
}

/* mount(2). */
long call_mount(u64 source, u64 target, u64 type, u64 flags, u64 data, u64 f)
{
	struct mount_args *m = kmalloc(sizeof(*m));
	long ret = m ? mount_string(type, sizeof(m->type), m->type) : -ENOMEM;

	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~(u64)MS_MGC_MSK;
	if (!ret)
		ret = mount_string(source, sizeof(m->source), m->source);
	if (!ret)
		ret = mount_string(data, sizeof(m->options), m->options);
	if (!ret)
		ret = mount_nodes(m, source, target, flags);
	kfree(m);
	return ret;
}

/* umount2(2). */
long call_umount2(u64 target, u64 flags, u64 c, u64 d, u64 e, u64 f)
{
	u64 node;
	long ret;

	if ((u32)flags & ~(u32)(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	if (!cred_capable(CAP_SYS_ADMIN))
		return -EPERM;
	ret = node_of_path(target, !(flags & UMOUNT_NOFOLLOW), &node);
	if (ret)
		return ret;
	ret = vfs_unmount(node, (u32)flags);
	vfs_release(node);
	return ret;
}

static long tell_statfs(u64 at, const char *path, u64 user)
{
	struct linux_statfs s = { 0 };
	long ret = vfs_statfs(own_root(), at, path, VFS_FOLLOW | VFS_EMPTY_PATH, &s, sizeof(s));

	return ret ? ret : user_write(user, &s, sizeof(s));
}

/* statfs(2). */
long call_statfs(u64 path, u64 user, u64 c, u64 d, u64 e, u64 f)
{
	struct path p;
	long ret = path_get(&p, 0, (u64)AT_FDCWD, path, false);

	return path_done(&p, ret ? ret : tell_statfs(p.at, p.text, user));
}

/* fstatfs(2). What has no node is a pipe or the like. */
long call_fstatfs(u64 fd, u64 user, u64 c, u64 d, u64 e, u64 f)
{
	struct linux_statfs pipe = { .f_type = PIPEFS_MAGIC, .f_bsize = PAGE_SIZE,
				     .f_frsize = PAGE_SIZE, .f_namelen = VFS_NAME_MAX - 1 };
	u64 node;
	long ret = descriptor_node(fd, true, &node);

	return ret ? ret : node ? tell_statfs(node, "", user) :
		     user_write(user, &pipe, sizeof(pipe));
}

/* sync(2), syncfs(2): nothing is behind memory yet. */
long call_sync(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return 0;
}

long call_syncfs(u64 fd, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	u64 node;

	return descriptor_node(fd, true, &node);
}

/* See internal.h. */
long calls_provide(void)
{
#define ENTRY(name) { SYSCALL_##name, call_##name },
	static const struct syscall_entry calls[] = { VFS_CALLS(ENTRY) };

	return syscalls_register(calls, ARRAY_SIZE(calls));
}
