/* SPDX-License-Identifier: MIT */
/* What is in /sys, and how it is numbered. */
#ifndef SYSFS_INTERNAL_H
#define SYSFS_INTERNAL_H

#include <core.h>
#include <devfs.h>
#include <errno.h>
#include <info.h>
#include <pseudofs.h>
#include <runtime.h>
#include <string.h>
#include <text.h>
#include <vfs.h>
#include <whitix/fcntl.h>
#include <whitix/stat.h>

/*
 * Inode numbers: a module's id or a device's number in devfs (0: neither), and an
 * item of the table from ITEM_FIRST on (one for all parameters). Item 0 is the object's
 * own directory. The first of the table is the root.
 */
#define ITEM_FIRST PSEUDOFS_ROOT
#define OBJECT_BITS 32
#define INO_DEVICE (1ull << (ITEM_BITS + OBJECT_BITS))
#define INO_OBJECT(ino) ((u32)((ino) >> ITEM_BITS))
/* Of a module's parameters, above: which, from 1. */
#define PARAM_SHIFT (ITEM_BITS + OBJECT_BITS + 1)
#define INO_PARAM(ino) ((u32)((ino) >> PARAM_SHIFT))
#define PARAMS_MAX ((1u << (VFS_INO_BITS - PARAM_SHIFT)) - 1)
#define INO_OF(object, device) \
	((u64)(object) << ITEM_BITS | ((device) ? INO_DEVICE : 0))

enum dir {
	DIR_NONE, DIR_ROOT, DIR_CLASS, DIR_DEVICES, DIR_SYSTEM, DIR_CPUS, DIR_CPU,
	DIR_FS, DIR_KERNEL,
	DIR_MODULES,		/* of modules */
	DIR_MODULE,
	DIR_PARAMETERS,		/* of a module: what is in it is in no directory of the table */
	DIR_NUMBERED,
	DIR_CLASS_MEM, DIR_CLASS_TTY, DIR_CLASS_MISC,	/* of devices */
	DIR_DEVICE,
};

/* What an inode number names: of a module or a device, with its figures. */
struct subject {
	u64 ino;
	struct module_info module;
	struct devfs_device device;
};

/* table.c */
enum dir dir_of(u64 ino);		/* DIR_NONE: not a directory */
long subject_find(u64 ino, struct subject *s);	/* 0, -ENOENT */
/* Parameter `index` of module `id`, as an inode number; 0: there is none. */
u64 param_inode(u32 id, u32 index, struct module_param_info *p);
enum dir class_of(const struct devfs_device *d);	/* DIR_NONE: not shown */

extern const struct fs_ops sysfs_ops;
extern long text_provider;

#endif
