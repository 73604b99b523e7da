/* SPDX-License-Identifier: MIT */
/*
 * devfs: /dev. Drivers register device files; programs may add directories,
 * links and nodes. Special files of all file systems are opened here by their
 * device number: what the driver registered is what the opening gives.
 *
 * State: a record for each entry (tree.c), and one for each range of numbers.
 */
#include "internal.h"

struct mutex devfs_lock = MUTEX_INIT;

/* The directory for a path such as "pts/0", made as needed; *name: the rest. */
static long dir_for(const char **name, struct entry **dir)
{
	struct entry *e;
	const char *slash;
	long ret = 0;

	*dir = entry_find(ROOT_INO);
	while (!ret && (slash = strchr(*name, '/'))) {
		size_t len = (size_t)(slash - *name);

		e = entry_child(*dir, *name, len);
		if (!e)
			ret = entry_add(*dir, *name, len, S_IFDIR | 0755, 0, NULL, &e);
		else if (!S_ISDIR(e->d.mode))
			ret = -ENOTDIR;
		*dir = e;
		*name = slash + 1;
	}
	return ret;
}

static long register_locked(u32 owner, const char *name, u32 mode, u64 rdev,
			    const struct file_open *file)
{
	struct entry *dir, *e;
	long ret = dir_for(&name, &dir);

	if (ret)
		return ret;
	if (!*name || (!S_ISCHR(mode) && !S_ISBLK(mode)))
		return -EINVAL;
	e = entry_child(dir, name, strlen(name));
	if (e && e->d.owner != owner)
		return -EEXIST;
	if (!e)
		ret = entry_add(dir, name, strlen(name), mode, rdev, NULL, &e);
	if (ret)
		return ret;
	e->d.owner = owner;
	e->d.file = *file;
	e->d.rdev = rdev;
	return entry_store(e);
}

/* Makes /dev/NAME or gives it a new target: 0 or an error (devfs.h). */
long devfs_register(u32 self, const char *name, u32 mode, u64 rdev,
		    const struct file_open *file)
{
	long ret;

	mutex_lock(&devfs_lock);
	ret = register_locked(self, name, mode, rdev, file);
	mutex_unlock(&devfs_lock);
	return ret;
}
SYMBOL_EXPORT(devfs_register);

/* Removes a device file that the caller registered: 0, -ENOENT. */
long devfs_unregister(u32 self, const char *name)
{
	struct entry *dir, *e = NULL;

	mutex_lock(&devfs_lock);
	if (!dir_for(&name, &dir))
		e = entry_child(dir, name, strlen(name));
	if (e && e->d.owner != self)
		e = NULL;
	if (e)
		entry_remove(e);
	mutex_unlock(&devfs_lock);
	return e ? 0 : -ENOENT;
}
SYMBOL_EXPORT(devfs_unregister);

/* The next device, for sysfs (devfs.h). Entries are in the order of their numbers. */
long devfs_device_next(u32 after, struct devfs_device *device)
{
	struct entry *e;
	long ret = -ENOENT;

	mutex_lock(&devfs_lock);
	list_for_each_entry(e, &entry_find(ROOT_INO)->children, list) {
		if (e->d.ino <= after || !e->d.owner)
			continue;
		*device = (struct devfs_device){
			.rdev = e->d.rdev, .ino = (u32)e->d.ino, .mode = e->d.mode,
		};
		strlcpy(device->name, e->d.name, sizeof(device->name));
		ret = 0;
		break;
	}
	mutex_unlock(&devfs_lock);
	return ret;
}
SYMBOL_EXPORT(devfs_device_next);

/* ---- ranges --------------------------------------------------------------- */

#define RANGES_MAX 4

/* Numbers without names here; owner 0: a free place. devfs_lock */
static struct range {
	u32 owner, count;
	u64 rdev;
	struct file_open file;
} ranges[RANGES_MAX];

static bool range_find(u64 rdev, struct file_open *file)
{
	for (size_t i = 0; i < RANGES_MAX; i++) {
		const struct range *r = &ranges[i];

		if (!r->owner || LINUX_MAJOR(rdev) != LINUX_MAJOR(r->rdev) ||
		    LINUX_MINOR(rdev) - LINUX_MINOR(r->rdev) >= r->count)
			continue;
		*file = r->file;
		file->number += LINUX_MINOR(rdev) - LINUX_MINOR(r->rdev);
		return true;
	}
	return false;
}

/* Claims a range of device numbers (devfs.h). */
long devfs_register_range(u32 self, u64 rdev, u32 count, const struct file_open *file)
{
	struct range *r = NULL;
	long ret;

	mutex_lock(&devfs_lock);
	for (size_t i = 0; i < RANGES_MAX; i++) {
		if (ranges[i].owner && ranges[i].rdev == rdev)
			r = &ranges[i];
		else if (!ranges[i].owner && !r)
			r = &ranges[i];
	}
	ret = !r ? -ENOSPC : r->owner && r->owner != self ? -EEXIST : 0;
	if (!ret) {
		*r = (struct range){ self, count, rdev, *file };
		ret = record_put(THIS_MODULE, RECORD_RANGES, ranges, sizeof(ranges));
	}
	mutex_unlock(&devfs_lock);
	return ret;
}
SYMBOL_EXPORT(devfs_register_range);

/* ---- opening ------------------------------------------------------------------ */

static long open_device(u32 type, u64 rdev, struct file_open *file)
{
	struct entry *e;
	bool found = false;

	mutex_lock(&devfs_lock);
	e = device_find(type, rdev);
	if (e)
		*file = e->d.file;
	else if (type == S_IFCHR)
		found = range_find(rdev, file);
	mutex_unlock(&devfs_lock);
	return e || found ? 0 : -ENXIO;
}

static long open_char(u64 rdev, u64 dev, u64 ino, u32 oflags, struct file_open *file)
{
	return open_device(S_IFCHR, rdev, file);
}

static long open_block(u64 rdev, u64 dev, u64 ino, u32 oflags, struct file_open *file)
{
	return open_device(S_IFBLK, rdev, file);
}

static const struct vfs_special_ops char_ops = { .open = open_char };
static const struct vfs_special_ops block_ops = { .open = open_block };

static long devfs_init(u32 flags)
{
	static const char *const names[] = { "devtmpfs", "devfs" };
	long ret = oplog_start();

	if (ret)
		return ret;
	mutex_lock(&devfs_lock);
	if (flags & INIT_RECOVERING)
		record_get(THIS_MODULE, RECORD_RANGES, ranges, sizeof(ranges));
	ret = tree_start(flags & INIT_RECOVERING);
	mutex_unlock(&devfs_lock);
	if (!ret)
		ret = basic_start();
	for (size_t i = 0; i < ARRAY_SIZE(names) && !ret; i++)
		ret = vfs_register_fs(THIS_MODULE, names[i], 0, &devfs_ops);
	if (!ret)
		ret = vfs_register_special(THIS_MODULE, S_IFCHR, &char_ops);
	if (!ret)
		ret = vfs_register_special(THIS_MODULE, S_IFBLK, &block_ops);
	return ret;
}

MODULE("devfs", .description = "device files", .init = devfs_init,
       .rank = RANK_DEVFS);
