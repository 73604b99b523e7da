/* SPDX-License-Identifier: MIT */
/* devfs: drivers put device files under /dev. */
#ifndef INTERFACE_DEVFS_H
#define INTERFACE_DEVFS_H

#include <file.h>
#include <module.h>

/* A device file that a driver registered, directly in /dev. */
struct devfs_device {
	u64 rdev;
	u32 ino;
	u32 mode;
	char name[64];
};

INTERFACE_BEGIN

/*
 * Makes /dev/NAME (or gives it a new target after a reset). `mode` has type
 * and permissions; `rdev` is Linux's device number (makedev: minor bits 0-7 and
 * 20-31, major 8-19). Opening it gives `file` as it is. -EEXIST when another
 * module has the name.
 */
long devfs_register(u32 self, const char *name, u32 mode, u64 rdev,
		    const struct file_open *file);
CONTRACT(devfs_register, 0, ARG_SELF(self), ARG_STRING(name, 64),
	 ARG_VALUE(mode), ARG_VALUE(rdev), ARG_STRUCT_IN(file, struct file_open));
/*
 * Character devices `rdev` and the `count` - 1 after it are the caller's, though
 * devfs has no names for them: opening one, wherever its node is, gives `file`
 * with the distance from `rdev` added to its number. -ENOSPC, -EEXIST.
 */
long devfs_register_range(u32 self, u64 rdev, u32 count, const struct file_open *file);
CONTRACT(devfs_register_range, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(rdev),
	 ARG_VALUE(count), ARG_STRUCT_IN(file, struct file_open));
long devfs_unregister(u32 self, const char *name);
CONTRACT(devfs_unregister, 0, ARG_SELF(self), ARG_STRING(name, 64));

/* The device with the smallest inode number above `after`: 0, -ENOENT. */
long devfs_device_next(u32 after, struct devfs_device *device);
CONTRACT(devfs_device_next, CALL_RESTARTABLE, ARG_VALUE(after),
	 ARG_STRUCT_OUT(device, struct devfs_device));

INTERFACE_END

#endif
