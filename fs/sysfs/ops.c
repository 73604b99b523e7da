/* SPDX-License-Identifier: MIT */
/* The calls that vfs makes (fs_ops in vfs.h). Names come and go by themselves. */
#include "internal.h"

#define SYSFS_MAGIC 0x62656572	/* as statfs(2) tells it */
#define FILE_SIZE 4096		/* Linux says so of every file */
/* readdir positions: after those of items, objects from here on. */
#define POS_OBJECTS 512

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

	if (item && item->dir == DIR_MODULE)
		return dir - INO_ITEM(dir);
	if (item)
		return item->dir == DIR_NONE ? PSEUDOFS_ROOT : item_of_dir(item->dir);
	if (!(dir & INO_DEVICE))
		return item_of_dir(DIR_MODULES);
	return subject_find(dir, &s) ? PSEUDOFS_ROOT : item_of_dir(class_of(&s.device));
}

static struct item_dir item_dir(u64 dir)
{
	return (struct item_dir){ .ino = dir, .base = dir - INO_ITEM(dir), .self = dir_of(dir) };
}

static u64 find(u64 dir, const char *name)
{
	char other[VFS_NAME_MAX];
	struct module_param_info p;
	struct item_dir of = item_dir(dir);
	u64 ino;

	if (!strcmp(name, ".."))
		return parent_of(dir);
	ino = item_find(&of, name);
	if (ino)
		return ino;
	while (!object_next(dir_of(dir), INO_OBJECT(ino), &ino, other))
		if (!strcmp(other, name))
			return ino;
	if (dir_of(dir) != DIR_PARAMETERS)
		return 0;
	for (u32 i = 0; (ino = param_inode(INO_OBJECT(dir), i, &p)); i++)
		if (!strcmp(p.name, name))
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

static long sysfs_readdir(u64 sb, u64 dir, u64 pos, void *buf, size_t len)
{
	u64 ino = pos > POS_OBJECTS ? INO_OF(pos - POS_OBJECTS, false) : 0;
	struct dirents d = { .buf = buf, .len = len };
	struct item_dir of = item_dir(dir);
	char name[VFS_NAME_MAX];
	struct module_param_info p;
	struct vfs_attr attr;
	long error = attr_of(dir, &attr);

	if (error)
		return error;
	if (dir_of(dir) == DIR_NONE)
		return -ENOTDIR;
	if (pos <= 1)
		of.parent = parent_of(dir);
	if (!item_put_all(&d, &of, pos))
		return (long)d.done;
	while (!object_next(dir_of(dir), INO_OBJECT(ino), &ino, name) &&
	       dirents_put(&d, name, strlen(name), ino, S_IFDIR, POS_OBJECTS + INO_OBJECT(ino)))
		;
	for (u32 i = pos > POS_OBJECTS ? (u32)(pos - POS_OBJECTS) : 0;
	     dir_of(dir) == DIR_PARAMETERS && (ino = param_inode(INO_OBJECT(dir), i, &p)); i++)
		if (!dirents_put(&d, p.name, strlen(p.name), ino, S_IFREG, POS_OBJECTS + i + 1))
			break;
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

static long sysfs_statfs(u64 sb, void *buf, size_t len)
{
	return pseudofs_statfs(buf, len, SYSFS_MAGIC, PAGE_SIZE);
}

const struct fs_ops sysfs_ops = {
	.mount = pseudofs_mount, .unmount = pseudofs_unmount, .lookup = sysfs_lookup,
	.getattr = sysfs_getattr, .setattr = pseudofs_setattr, .create = pseudofs_create,
	.symlink = pseudofs_symlink, .readlink = pseudofs_readlink, .link = pseudofs_link,
	.unlink = pseudofs_unlink, .rename = pseudofs_rename, .readdir = sysfs_readdir,
	.open = sysfs_open, .hold = pseudofs_hold, .statfs = sysfs_statfs,
	.write_from = pseudofs_write_from,
};
