/* SPDX-License-Identifier: MIT */
/*
 * devpts: the file system with the slaves of pseudo terminals, usually at
 * /dev/pts (Linux, Documentation/filesystems/devpts). There is one instance,
 * however often it is mounted; the names in it are the pairs that exist, so
 * owner, mode and times of a file are in its pair's state (pty.c). Nothing is made,
 * named or removed here but by opening /dev/ptmx.
 *
 * State: the options of mounting are the record "devpts".
 */
#include <devfs.h>
#include <errno.h>
#include <printf.h>
#include <pseudofs.h>
#include <string.h>
#include <vfs.h>
#include <whitix/fcntl.h>
#include <whitix/stat.h>

#include "internal.h"

#define PTMX_INO 2
#define PTY_INO 3		/* of pair 0 */
#define POS_PTMX 2		/* readdir positions of "." and ".." are 0, 1 */
#define POS_PTY 3
#define BLOCK_SIZE 1024
#define DEVPTS_MAGIC 0x1cd1
#define RECORD_OPTIONS "devpts"
#define PTS_MAJOR 136
#define RDEV_PTMX LINUX_MAKEDEV(5, 2)
#define MODE_DEFAULT 0600
#define PERMISSIONS 07777

static struct options {
	bool has_uid, has_gid;
	u32 uid, gid, mode, ptmxmode;
	u64 time_ns;		/* of mounting */
} options = { .mode = MODE_DEFAULT };

/* Who a new slave belongs to, where mounting said so, and its mode. */
void devpts_owner(u32 *gid, u32 *mode)
{
	if (options.has_gid)
		*gid = options.gid;
	*mode = options.mode;
}

/* ---- options ----------------------------------------------------------- */

/* A number in `base` up to the end or a comma: false: it is none. */
static bool number(const char *s, size_t len, u32 base, u32 *out)
{
	u64 value = 0;

	if (!len)
		return false;
	for (size_t i = 0; i < len; i++) {
		u32 digit = (u32)(s[i] - '0');

		if (digit >= base)
			return false;
		value = value * base + digit;
		if (value > 0xffffffffu)
			return false;
	}
	*out = (u32)value;
	return true;
}

/* One option of `len` bytes: 0, -EINVAL. */
static long option(struct options *o, const char *s, size_t len)
{
	u32 unused;

	if (!len || (len == 11 && !strncmp(s, "newinstance", len)))
		return 0;
	if (len > 4 && !strncmp(s, "uid=", 4)) {
		o->has_uid = true;
		return number(s + 4, len - 4, 10, &o->uid) ? 0 : -EINVAL;
	}
	if (len > 4 && !strncmp(s, "gid=", 4)) {
		o->has_gid = true;
		return number(s + 4, len - 4, 10, &o->gid) ? 0 : -EINVAL;
	}
	if (len > 5 && !strncmp(s, "mode=", 5))
		return number(s + 5, len - 5, 8, &o->mode) ? 0 : -EINVAL;
	if (len > 9 && !strncmp(s, "ptmxmode=", 9))
		return number(s + 9, len - 9, 8, &o->ptmxmode) ? 0 : -EINVAL;
	if (len > 4 && !strncmp(s, "max=", 4))
		return number(s + 4, len - 4, 10, &unused) ? 0 : -EINVAL;
	return -EINVAL;
}

static long devpts_mount(const char *source, const char *text, u64 flags, u64 *root)
{
	struct options fresh = { .mode = MODE_DEFAULT, .time_ns = krealtime_ns() };
	long err = 0;

	while (!err && *text) {
		const char *end = strchr(text, ',');
		size_t len = end ? (size_t)(end - text) : strlen(text);

		err = option(&fresh, text, len);
		text += len + (end ? 1 : 0);
	}
	if (err)
		return err;
	fresh.mode &= PERMISSIONS;
	fresh.ptmxmode &= PERMISSIONS;
	err = record_put(THIS_MODULE, RECORD_OPTIONS, &fresh, sizeof(fresh));
	if (err < 0)
		return err;
	options = fresh;
	*root = PSEUDOFS_ROOT;
	return PSEUDOFS_SUPER;
}

/* ---- files --------------------------------------------------------------- */

static struct tty *pty_of(u64 ino)
{
	return ino >= PTY_INO ? pty_at((u32)MIN(ino - PTY_INO, (u64)PTY_MAX)) : NULL;
}

/* Attributes of a number: 0, -ESTALE. */
static long fill_attr(u64 ino, struct vfs_attr *attr)
{
	const struct tty *t = pty_of(ino);

	*attr = (struct vfs_attr){
		.ino = ino, .nlink = ino == PSEUDOFS_ROOT ? 2 : 1, .blksize = BLOCK_SIZE,
		.atime_ns = options.time_ns, .mtime_ns = options.time_ns,
		.ctime_ns = options.time_ns,
	};
	if (ino == PSEUDOFS_ROOT) {
		attr->mode = S_IFDIR | 0755;
		return 0;
	}
	if (ino == PTMX_INO) {
		attr->mode = S_IFCHR | options.ptmxmode;
		attr->rdev = RDEV_PTMX;
		return 0;
	}
	if (!t)
		return -ESTALE;
	attr->mode = S_IFCHR | t->s.mode;
	attr->rdev = LINUX_MAKEDEV(PTS_MAJOR, pty_number(t));
	attr->uid = t->s.uid;
	attr->gid = t->s.gid;
	attr->atime_ns = t->s.atime_ns;
	attr->mtime_ns = t->s.mtime_ns;
	attr->ctime_ns = t->s.ctime_ns;
	return 0;
}

static long devpts_lookup(u64 sb, u64 dir, const char *name, struct vfs_attr *attr)
{
	u32 n;
	u64 ino;

	if (dir != PSEUDOFS_ROOT)
		return -ENOTDIR;
	if (!strcmp(name, ".."))
		ino = PSEUDOFS_ROOT;
	else if (!strcmp(name, "ptmx"))
		ino = PTMX_INO;
	else if (number(name, strlen(name), 10, &n) && (name[0] != '0' || !name[1]) &&
		 pty_at(n))
		ino = PTY_INO + n;
	else
		return -ENOENT;
	return fill_attr(ino, attr) ? -ENOENT : 0;
}

static long devpts_getattr(u64 sb, u64 ino, struct vfs_attr *attr)
{
	return fill_attr(ino, attr);
}

static void set_attr(struct tty_state *s, u32 which, const struct vfs_attr *attr)
{
	if (which & VFS_SET_MODE)
		s->mode = attr->mode & PERMISSIONS;
	if (which & VFS_SET_UID)
		s->uid = attr->uid;
	if (which & VFS_SET_GID)
		s->gid = attr->gid;
	if (which & VFS_SET_ATIME)
		s->atime_ns = attr->atime_ns;
	if (which & VFS_SET_MTIME)
		s->mtime_ns = attr->mtime_ns;
	s->ctime_ns = krealtime_ns();
}

static long devpts_setattr(u64 sb, u64 ino, u32 which, const struct vfs_attr *attr)
{
	struct tty *t = pty_of(ino);
	struct options fresh = options;
	long err;

	if (t) {
		mutex_lock(&t->lock);
		set_attr(&t->s, which, attr);
		tty_commit(t);
		mutex_unlock(&t->lock);
		return 0;
	}
	if (ino != PTMX_INO || !(which & VFS_SET_MODE))
		return -EPERM;
	fresh.ptmxmode = attr->mode & PERMISSIONS;
	err = record_put(THIS_MODULE, RECORD_OPTIONS, &fresh, sizeof(fresh));
	if (!err)
		options = fresh;
	return err;
}

static bool put_entries(struct dirents *d, u64 pos)
{
	char name[8];
	size_t len;

	if (pos == 0 && !dirents_put(d, ".", 1, PSEUDOFS_ROOT, S_IFDIR, 1))
		return false;
	if (pos <= 1 && !dirents_put(d, "..", 2, PSEUDOFS_ROOT, S_IFDIR, POS_PTMX))
		return false;
	if (pos <= POS_PTMX && !dirents_put(d, "ptmx", 4, PTMX_INO, S_IFCHR, POS_PTY))
		return false;
	for (u64 at = MAX(pos, (u64)POS_PTY); at < POS_PTY + PTY_MAX; at++) {
		u32 n = (u32)(at - POS_PTY);

		len = (size_t)scnprintf(name, sizeof(name), "%u", n);
		if (pty_at(n) && !dirents_put(d, name, len, PTY_INO + n, S_IFCHR, at + 1))
			return false;
	}
	return true;
}

static long devpts_readdir(u64 sb, u64 ino, u64 pos, void *buf, size_t len)
{
	struct dirents d = { .buf = buf, .len = len };

	if (ino != PSEUDOFS_ROOT)
		return -ENOTDIR;
	if (!put_entries(&d, pos) && !d.done)
		return -EINVAL;
	return (long)d.done;
}

/* Nothing here but devices, which vfs has opened by their numbers. */
static long devpts_open(u64 sb, u64 ino, u32 oflags, struct file_open *file)
{
	return -ENXIO;
}

static long devpts_statfs(u64 sb, void *buf, size_t len)
{
	return pseudofs_statfs(buf, len, DEVPTS_MAGIC, BLOCK_SIZE);
}

/* Registers file system and devices, or again after a reset: 0 or an error. */
long devpts_init(bool recovering)
{
	static const struct fs_ops ops = {
		.mount = devpts_mount, .unmount = pseudofs_unmount,
		.lookup = devpts_lookup, .getattr = devpts_getattr,
		.setattr = devpts_setattr, .create = pseudofs_create,
		.symlink = pseudofs_symlink, .readlink = pseudofs_readlink,
		.link = pseudofs_link, .unlink = pseudofs_unlink,
		.rename = pseudofs_rename, .readdir = devpts_readdir,
		.open = devpts_open, .hold = pseudofs_hold,
		.statfs = devpts_statfs, .write_from = pseudofs_write_from,
	};
	struct file_open slaves = {
		.provider = tty_provider, .wait = tty_wait,
		.flags = FILE_STREAM, .number = PTY_FIRST,
	};
	long err;

	if (recovering)
		record_get(THIS_MODULE, RECORD_OPTIONS, &options, sizeof(options));
	err = devfs_register_range(THIS_MODULE, LINUX_MAKEDEV(PTS_MAJOR, 0), PTY_MAX,
				   &slaves);
	return err ? err : vfs_register_fs(THIS_MODULE, "devpts", 0, &ops);
}
