/* SPDX-License-Identifier: MIT */
/* The calls that vfs makes (fs_ops in vfs.h): one operation on the tree each. */
#include "internal.h"

#define SUPER 1			/* the one instance's number */
#define BLOCK_SIZE 4096

static long devfs_mount(const char *source, const char *options, u64 flags, u64 *root)
{
	*root = ROOT_INO;
	return SUPER;
}

static long devfs_unmount(u64 sb)
{
	return 0;
}

static void fill_attr(const struct entry *e, struct vfs_attr *attr)
{
	*attr = (struct vfs_attr){
		.ino = e->d.ino, .rdev = e->d.rdev, .mode = e->d.mode,
		.nlink = S_ISDIR(e->d.mode) ? 2 + e->subdirs : 1,
		.uid = e->d.uid, .gid = e->d.gid, .blksize = BLOCK_SIZE,
		.size = e->d.target_len, .atime_ns = e->d.atime_ns,
		.mtime_ns = e->d.mtime_ns, .ctime_ns = e->d.ctime_ns,
		.btime_ns = e->d.btime_ns,
		.pageobj = S_ISREG(e->d.mode) ? e->d.file.pageobj : 0,
	};
}

/* Takes the lock and finds an entry: 0, -ESTALE. */
static long begin(u64 ino, struct entry **e)
{
	mutex_lock(&devfs_lock);
	*e = entry_find(ino);
	return *e ? 0 : -ESTALE;
}

static long begin_dir(u64 ino, struct entry **e)
{
	long ret = begin(ino, e);

	return ret ? ret : S_ISDIR((*e)->d.mode) ? 0 : -ENOTDIR;
}

static long end(long ret)
{
	mutex_unlock(&devfs_lock);
	return ret;
}

static long devfs_lookup(u64 sb, u64 ino, const char *name, struct vfs_attr *attr)
{
	struct entry *dir, *e;
	long ret = begin_dir(ino, &dir);

	if (ret)
		return end(ret);
	e = strcmp(name, "..") ? entry_child(dir, name, strlen(name)) : dir->dir;
	if (e)
		fill_attr(e, attr);
	return end(e ? 0 : -ENOENT);
}

static long devfs_getattr(u64 sb, u64 ino, struct vfs_attr *attr)
{
	struct entry *e;
	long ret = begin(ino, &e);

	if (!ret)
		fill_attr(e, attr);
	return end(ret);
}

static long devfs_setattr(u64 sb, u64 ino, u32 which, const struct vfs_attr *attr)
{
	struct entry *e;
	long ret = begin(ino, &e);

	if (ret)
		return end(ret);
	if (which & VFS_SET_MODE)
		e->d.mode = (e->d.mode & S_IFMT) | (attr->mode & 07777);
	if (which & VFS_SET_UID)
		e->d.uid = attr->uid;
	if (which & VFS_SET_GID)
		e->d.gid = attr->gid;
	if (which & VFS_SET_SIZE)
		ret = pageobj_resize(e->d.file.pageobj, attr->size);
	if (ret)
		return end(ret);
	if (which & VFS_SET_ATIME)
		e->d.atime_ns = attr->atime_ns;
	if (which & VFS_SET_MTIME)
		e->d.mtime_ns = attr->mtime_ns;
	if (which & (VFS_SET_ATIME | VFS_SET_MTIME) && S_ISREG(e->d.mode))
		pageobj_forget_time(e->d.file.pageobj, !(which & VFS_SET_MTIME));
	if (!(which & VFS_SET_QUIET))
		e->d.ctime_ns = krealtime_ns();
	return end(entry_store(e));
}

static long devfs_create(u64 sb, u64 ino, const char *name, u32 mode, u64 rdev,
			 struct vfs_attr *attr)
{
	struct entry *dir, *e;
	long ret = begin_dir(ino, &dir);

	if (!ret && oplog_marked()) {
		e = entry_child(dir, name, strlen(name));
		if (e) {
			fill_attr(e, attr);
			return end(0);
		}
	}
	if (!ret)
		ret = entry_add(dir, name, strlen(name), mode, rdev, NULL, &e);
	if (!ret)
		fill_attr(e, attr);
	return end(ret);
}

static long devfs_symlink(u64 sb, u64 ino, const char *name, const char *target)
{
	struct entry *dir, *e;
	long ret = begin_dir(ino, &dir);

	if (!ret && oplog_marked() && entry_child(dir, name, strlen(name)))
		return end(0);
	if (!ret)
		ret = entry_add(dir, name, strlen(name), S_IFLNK | 0777, 0, target,
				&e);
	return end(ret);
}

static long devfs_readlink(u64 sb, u64 ino, char *buf, size_t len)
{
	struct entry *e;
	long ret = begin(ino, &e);

	if (ret)
		return end(ret);
	len = MIN(len, (size_t)e->d.target_len);
	memcpy(buf, e->d.target, len);
	return end((long)len);
}

static long devfs_link(u64 sb, u64 ino, u64 dir, const char *name)
{
	return -EPERM;
}

static long devfs_unlink(u64 sb, u64 ino, const char *name, u32 flags)
{
	struct entry *dir, *e = NULL;
	long ret = begin_dir(ino, &dir);

	if (!ret)
		e = entry_child(dir, name, strlen(name));
	if (!ret && !e)
		return end(oplog_marked() ? 0 : -ENOENT);
	if (!ret && !list_empty(&e->children))
		ret = -ENOTEMPTY;
	if (!ret)
		entry_remove(e);
	return end(ret);
}

/* May `e` be called `name` in `dir`, where `old` may be? */
static long may_move(struct entry *e, struct entry *dir, const char *name,
		     struct entry *old, u32 flags)
{
	struct entry *up = dir;

	if (strlen(name) >= DEVFS_NAME_MAX)
		return -ENAMETOOLONG;
	for (; up != e && up->dir != up; up = up->dir)
		;
	if (up == e)
		return -EINVAL;
	if (!old || old == e)
		return 0;
	if (flags & RENAME_NOREPLACE)
		return -EEXIST;
	return list_empty(&old->children) ? 0 : -ENOTEMPTY;
}

static long devfs_rename(u64 sb, u64 ino, const char *name, u64 newino,
			 const char *newname, u32 flags)
{
	struct entry *dir, *newdir, *old, *e = NULL;
	long ret;

	if (flags & ~(u32)(RENAME_NOREPLACE | VFS_KEEP))
		return -EINVAL;
	ret = begin_dir(ino, &dir);
	newdir = entry_find(newino);
	if (!ret)
		e = entry_child(dir, name, strlen(name));
	if (!ret && (!e || !newdir))
		return end(newdir && oplog_marked() ? 0 : -ENOENT);
	if (ret)
		return end(ret);
	old = entry_child(newdir, newname, strlen(newname));
	ret = may_move(e, newdir, newname, old, flags);
	if (!ret && old != e)
		entry_move(e, newdir, newname, old);
	return end(ret);
}

static bool put(struct dirents *d, const char *name, const struct entry *e, u64 next)
{
	return dirents_put(d, name, strlen(name), e->d.ino, e->d.mode, next);
}

/* An entry's position is its inode number and one: they are above POS_FIRST. */
static bool put_entries(struct dirents *d, const struct entry *dir, u64 pos)
{
	struct entry *e;

	if (pos == 0 && !put(d, ".", dir, 1))
		return false;
	if (pos <= 1 && !put(d, "..", dir->dir, POS_FIRST))
		return false;
	list_for_each_entry(e, &dir->children, list)
		if (e->d.ino >= pos && !put(d, e->d.name, e, e->d.ino + 1))
			return false;
	return true;
}

static long devfs_readdir(u64 sb, u64 ino, u64 pos, void *buf, size_t len)
{
	struct dirents d = { .buf = buf, .len = len };
	struct entry *dir;
	long ret = begin_dir(ino, &dir);

	if (!ret && !put_entries(&d, dir, pos) && !d.done)
		ret = -EINVAL;
	return end(ret ? ret : (long)d.done);
}

/* Devices are opened by their numbers: what is opened here is a regular file. */
static long devfs_open(u64 sb, u64 ino, u32 oflags, struct file_open *file)
{
	struct entry *e;
	long ret = begin(ino, &e);

	if (!ret && !S_ISREG(e->d.mode))
		ret = -ENXIO;
	if (!ret)
		*file = e->d.file;
	return end(ret);
}

/* An open device needs nothing of its entry. */
static long devfs_hold(u64 sb, u64 ino, s64 count)
{
	return 0;
}

static long devfs_statfs(u64 sb, void *buf, size_t len)
{
	struct linux_statfs fs = {
		.f_type = TMPFS_MAGIC, .f_bsize = BLOCK_SIZE, .f_frsize = BLOCK_SIZE,
		.f_namelen = DEVFS_NAME_MAX - 1,
	};

	memcpy(buf, &fs, MIN(len, sizeof(fs)));
	return 0;
}

static long devfs_write_from(u64 sb, u64 ino, u64 pos, u32 src, u64 src_pos, u64 len)
{
	return -EINVAL;
}

const struct fs_ops devfs_ops = {
	.mount = devfs_mount, .unmount = devfs_unmount,
	.lookup = devfs_lookup, .getattr = devfs_getattr,
	.setattr = devfs_setattr, .create = devfs_create,
	.symlink = devfs_symlink, .readlink = devfs_readlink,
	.link = devfs_link, .unlink = devfs_unlink, .rename = devfs_rename,
	.readdir = devfs_readdir, .open = devfs_open, .hold = devfs_hold,
	.statfs = devfs_statfs, .write_from = devfs_write_from,
};
