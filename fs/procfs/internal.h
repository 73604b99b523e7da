/* SPDX-License-Identifier: MIT */
/* What is in /proc, and how it is numbered. */
#ifndef PROCFS_INTERNAL_H
#define PROCFS_INTERNAL_H

#include <errno.h>
#include <runtime.h>
#include <string.h>
#include <vfs.h>
#include <whitix/fcntl.h>
#include <whitix/stat.h>

/*
 * Inode numbers: a process (0: none) and an item of a table, from 1. Item 0
 * (with bit 0 set for the root, whose number must not be 0) is the directory.
 */
#define ITEM_BITS 6
#define ROOT_INO 1
#define INO(pid, item) ((u64)(pid) << ITEM_BITS | (item))
#define INO_PID(ino) ((u32)((ino) >> ITEM_BITS))
#define INO_ITEM(ino) ((u32)((ino) & ((1u << ITEM_BITS) - 1)))
#define ITEM_FIRST 2

/* Where a file's text comes from, besides enum core_text. */
enum { TEXT_MOUNTS = 1000, TEXT_FILESYSTEMS, TEXT_LINK_SELF };

struct item {
	const char *name;
	u32 mode;
	u32 what;		/* enum core_text, or TEXT_* */
};

/* Items of the root (pid 0) or of a process; item i is at i - ITEM_FIRST. */
const struct item *items(u32 pid, u32 *count);
/* Item of an inode number; NULL: a directory, or there is none. */
const struct item *item_of(u64 ino);
/* There is such a process now. */
bool process_exists(u32 pid);

extern const struct fs_ops procfs_ops;
extern long text_provider;

#endif
