/* SPDX-License-Identifier: MIT */
/* What is in /sys, and how it is numbered. */
#ifndef SYSFS_INTERNAL_H
#define SYSFS_INTERNAL_H

#include <core.h>
#include <devfs.h>
#include <errno.h>
#include <info.h>
#include <runtime.h>
#include <string.h>
#include <text.h>
#include <vfs.h>
#include <whitix/fcntl.h>
#include <whitix/stat.h>

/*
 * Inode numbers: a module's id or a device's number in devfs (0: neither), and an
 * item of the table from ITEM_FIRST on. Item 0 is the object's own directory.
 */
#define ITEM_BITS 8
#define ITEM_FIRST 1
#define OBJECT_BITS 32
#define INO_DEVICE (1ull << (ITEM_BITS + OBJECT_BITS))
#define INO_ITEM(ino) ((u32)((ino) & ((1u << ITEM_BITS) - 1)))
#define INO_OBJECT(ino) ((u32)((ino) >> ITEM_BITS))
#define INO_OF(object, device) \
	((u64)(object) << ITEM_BITS | ((device) ? INO_DEVICE : 0))
#define INO_WITH(ino, item) (((ino) & ~((1ull << ITEM_BITS) - 1)) | (item))
#define ROOT_INO ITEM_FIRST	/* the first of the table */

enum dir {
	DIR_NONE, DIR_ROOT, DIR_CLASS, DIR_DEVICES, DIR_SYSTEM, DIR_CPUS, DIR_CPU,
	DIR_FS, DIR_KERNEL,
	DIR_MODULES,		/* of modules */
	DIR_MODULE,
	DIR_CLASS_MEM, DIR_CLASS_TTY, DIR_CLASS_MISC,	/* of devices */
	DIR_DEVICE,
};

/* What an inode number names: of a module or a device, with its figures. */
struct subject {
	u64 ino;
	struct module_info module;
	struct devfs_device device;
};

struct item {
	const char *name;
	u32 mode;
	u8 dir;			/* where it is: enum dir */
	u8 self;		/* what it is, if it is a directory */
	const char *constant;	/* its text, without newline, or */
	void (*show)(struct text *t, const struct subject *s);
	long (*store)(const struct subject *s, const char *text);
};

/* table.c */
const struct item *item_at(u32 index);	/* from 0; NULL: past the last */
const struct item *item_of(u64 ino);	/* NULL: an object's directory, or none */
enum dir dir_of(u64 ino);		/* DIR_NONE: not a directory */
long subject_find(u64 ino, struct subject *s);	/* 0, -ENOENT */
enum dir class_of(const struct devfs_device *d);	/* DIR_NONE: not shown */

extern const struct fs_ops sysfs_ops;
extern long text_provider;

#endif
