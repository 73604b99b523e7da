/* SPDX-License-Identifier: MIT */
/* devfs: drivers put device files under /dev. */
#ifndef INTERFACE_DEVFS_H
#define INTERFACE_DEVFS_H

#include <file.h>
#include <module.h>

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
long devfs_unregister(u32 self, const char *name);
CONTRACT(devfs_unregister, 0, ARG_SELF(self), ARG_STRING(name, 64));

INTERFACE_END

#endif
