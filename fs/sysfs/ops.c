/* SPDX-License-Identifier: MIT */
/* The calls that vfs makes (fs_ops in vfs.h). Names come and go by themselves. */
#include "internal.h"

#define SUPER 1			/* the one instance's number */
#define SYSFS_MAGIC 0x62656572	/* as statfs(2) tells it */
#define DIRENT_NAME offsetof(struct vfs_dirent, name)
#define FILE_SIZE 4096		/* Linux says so of every file */
/* readdir positions: ".", "..", items, and objects from here on. */
#define POS_ITEMS 2
#define POS_OBJECTS 512

static long sysfs_mount(const char *source, const char *options, u64 flags, u64 *root)
{
	*root = ROOT_INO;
	return SUPER;
}

static long sysfs_unmount(u64 sb)
{
	return 0;
}

static long attr_of(u64 ino, struct vfs_attr *attr)
{
	const struct item *item = item_of(ino);
	u64 now = krealtime_ns();
	struct subject s;
	long error = subject_find(ino, &s);

	if (error)
		return error;
	*attr = (struct vfs_attr){
		.ino = ino, .mode = item ? item->mode : S_IFDIR | 0755,
		.nlink = 1, .blksize = PAGE_SIZE,
		.atime_ns = now, .mtime_ns = now, .ctime_ns = now,
	};
	if (S_ISDIR(attr->mode))
		attr->nlink = 2;
	else
		attr->size = FILE_SIZE;
	return 0;
}

/* The item that is directory `dir`: its inode number. */
static u64 dir_ino(enum dir dir)
{
	u32 i = 0;

	while (item_at(i)->self != dir)
		i++;
	return i + ITEM_FIRST;
}

/* The object after `after` in directory `dir`: its inode number and name. */
static long object_next(enum dir dir, u32 after, u64 *ino, char name[VFS_NAME_MAX])
{
	struct devfs_device device = { .ino = after };
	struct module_info module;
	long error;

	if (dir == DIR_MODULES) {
		error = module_info_get(after, &module);
		if (error)
			return error;
		*ino = INO_OF(module.id, false);
		strlcpy(name, module.name, VFS_NAME_MAX);
		return 0;
	}
	if (dir < DIR_CLASS_MEM || dir > DIR_CLASS_MISC)
		return -ENOENT;
	do {
		error = devfs_device_next(device.ino, &device);
	} while (!error && class_of(&device) != dir);
	if (error)
		return error;
	*ino = INO_OF(device.ino, true);
	strlcpy(name, device.name, VFS_NAME_MAX);
	return 0;
}

static u64 parent_of(u64 dir)
{
	const struct item *item = item_of(dir);
	struct subject s;

	if (item)
		return item->dir == DIR_NONE ? ROOT_INO : dir_ino(item->dir);
	if (!(dir & INO_DEVICE))
		return dir_ino(DIR_MODULES);
	return subject_find(dir, &s) ? ROOT_INO : dir_ino(class_of(&s.device));
}

static u64 find(u64 dir, const char *name)
{
	char other[VFS_NAME_MAX];
	const struct item *item;
	u64 ino = 0;

	if (!strcmp(name, ".."))
		return parent_of(dir);
	for (u32 i = 0; (item = item_at(i)); i++)
		if (item->dir == dir_of(dir) && !strcmp(item->name, name))
			return INO_WITH(dir, i + ITEM_FIRST);
	while (!object_next(dir_of(dir), INO_OBJECT(ino), &ino, other))
		if (!strcmp(other, name))
			return ino;
	return 0;
}

static long sysfs_lookup(u64 sb, u64 dir, const char *name, struct vfs_attr *attr)
{
	u64 ino = dir_of(dir) ? find(dir, name) : 0;

	return ino ? attr_of(ino, attr) : -ENOENT;
}

static long sysfs_getattr(u64 sb, u64 ino, struct vfs_attr *attr)
{
	return attr_of(ino, attr);
}

static long sysfs_setattr(u64 sb, u64 ino, u32 which, const struct vfs_attr *attr)
{
	return which & (VFS_SET_MODE | VFS_SET_UID | VFS_SET_GID) ? -EPERM : 0;
}

static long sysfs_create(u64 sb, u64 dir, const char *name, u32 mode, u64 rdev,
			 struct vfs_attr *attr)
{
	return S_ISREG(mode) ? -EACCES : -EPERM;	/* as Linux's /sys says */
}

static long sysfs_symlink(u64 sb, u64 dir, const char *name, const char *target)
{
	return -EPERM;
}

static long sysfs_readlink(u64 sb, u64 ino, char *buf, size_t len)
{
	return -EINVAL;
}

static long sysfs_link(u64 sb, u64 ino, u64 dir, const char *name)
{
	return -EPERM;
}

static long sysfs_unlink(u64 sb, u64 dir, const char *name, u32 flags)
{
	return -EPERM;
}

static long sysfs_rename(u64 sb, u64 dir, const char *name, u64 newdir,
			 const char *newname, u32 flags)
{
	return -EPERM;
}

struct dirents {
	u8 *buf;
	size_t len, done;
};

static bool put_dirent(struct dirents *d, const char *name, u64 ino, u32 mode,
		       u64 next)
{
	struct vfs_dirent *e = (void *)(d->buf + d->done);
	size_t len = strlen(name);
	size_t reclen = ALIGN_UP(DIRENT_NAME + len + 1, 8ul);

	if (reclen > d->len - d->done)
		return false;
	e->ino = ino;
	e->next = next;
	e->reclen = (u16)reclen;
	e->type = LINUX_IFTODT(mode);
	memset(e->name + len, 0, reclen - DIRENT_NAME - len);
	memcpy(e->name, name, len);
	d->done += reclen;
	return true;
}

/* The entries of the table: false when the buffer is full. */
static bool put_items(struct dirents *d, u64 dir, u64 pos)
{
	const struct item *item;

	if (pos == 0 && !put_dirent(d, ".", dir, S_IFDIR, 1))
		return false;
	if (pos <= 1 && !put_dirent(d, "..", parent_of(dir), S_IFDIR, POS_ITEMS))
		return false;
	for (u32 i = 0; (item = item_at(i)); i++) {
		u64 at = i + POS_ITEMS;

		if (at >= pos && item->dir == dir_of(dir) &&
		    !put_dirent(d, item->name, INO_WITH(dir, i + ITEM_FIRST), item->mode,
				at + 1))
			return false;
	}
	return true;
}

static long sysfs_readdir(u64 sb, u64 dir, u64 pos, void *buf, size_t len)
{
	u64 ino = pos > POS_OBJECTS ? INO_OF(pos - POS_OBJECTS, false) : 0;
	struct dirents d = { .buf = buf, .len = len };
	char name[VFS_NAME_MAX];
	struct vfs_attr attr;
	long error = attr_of(dir, &attr);

	if (error)
		return error;
	if (dir_of(dir) == DIR_NONE)
		return -ENOTDIR;
	if (!put_items(&d, dir, pos))
		return (long)d.done;
	while (!object_next(dir_of(dir), INO_OBJECT(ino), &ino, name) &&
	       put_dirent(&d, name, ino, S_IFDIR, POS_OBJECTS + INO_OBJECT(ino)))
		;
	return (long)d.done;
}

static long sysfs_open(u64 sb, u64 ino, u32 oflags, struct file_open *file)
{
	const struct item *item = item_of(ino);

	if (!item)
		return -ENXIO;
	if ((oflags & O_ACCMODE) != O_RDONLY && !item->store)
		return -EACCES;
	if ((oflags & O_ACCMODE) != O_WRONLY && !item->show && !item->constant)
		return -EACCES;
	*file = (struct file_open){
		.provider = (u32)text_provider, .flags = FILE_SEEKABLE, .number = ino,
	};
	return 0;
}

static long sysfs_hold(u64 sb, u64 ino, s64 count)
{
	return 0;
}

static long sysfs_statfs(u64 sb, void *buf, size_t len)
{
	struct linux_statfs fs = {
		.f_type = SYSFS_MAGIC, .f_bsize = PAGE_SIZE,
		.f_frsize = PAGE_SIZE, .f_namelen = VFS_NAME_MAX - 1,
	};

	memcpy(buf, &fs, MIN(len, sizeof(fs)));
	return 0;
}

static long sysfs_write_from(u64 sb, u64 ino, u64 pos, u32 src, u64 src_pos, u64 len)
{
	return -EINVAL;
}

const struct fs_ops sysfs_ops = {
	.mount = sysfs_mount, .unmount = sysfs_unmount, .lookup = sysfs_lookup,
	.getattr = sysfs_getattr, .setattr = sysfs_setattr, .create = sysfs_create,
	.symlink = sysfs_symlink, .readlink = sysfs_readlink, .link = sysfs_link,
	.unlink = sysfs_unlink, .rename = sysfs_rename, .readdir = sysfs_readdir,
	.open = sysfs_open, .hold = sysfs_hold, .statfs = sysfs_statfs,
	.write_from = sysfs_write_from,
};
