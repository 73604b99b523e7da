/* SPDX-License-Identifier: MIT */
/*
 * devfs's own structures. There is one tree, however often it is mounted; all
 * of it is protected by devfs_lock, which is held over calls of the core.
 */
#ifndef DEVFS_INTERNAL_H
#define DEVFS_INTERNAL_H

#include <devfs.h>
#include <dirents.h>
#include <errno.h>
#include <list.h>
#include <runtime.h>
#include <string.h>
#include <vfs.h>
#include <whitix/fcntl.h>
#include <whitix/stat.h>

#define DEVFS_NAME_MAX 64	/* of one component, with the NUL */
#define DEVFS_TARGET_MAX 256
#define ROOT_INO 1
#define RECORD_RANGES "ranges"	/* the other records are entries */
#define POS_FIRST 2		/* readdir positions of "." and ".." are 0, 1 */

/* What is kept of an entry with the core. */
struct entry_data {
	u64 ino;
	u64 dir;		/* inode number of the directory it is in */
	u64 rdev;
	u64 atime_ns, mtime_ns, ctime_ns, btime_ns;
	u64 seq;		/* of its last move: of two with one name the later holds */
	u32 mode, uid, gid;
	u32 owner;		/* module that registered it; 0: a program's */
	struct file_open file;	/* of a registered device; pages of a regular file */
	char name[DEVFS_NAME_MAX];
	u32 target_len;
	char target[DEVFS_TARGET_MAX];	/* of a link; last, cut in the record */
};

struct entry {
	struct list_head list;	/* of its directory, by inode number */
	struct list_head children;
	struct entry *dir;	/* the root's: itself */
	u32 subdirs;
	struct entry_data d;
};

extern struct mutex devfs_lock;
extern const struct fs_ops devfs_ops;

/* tree.c: devfs_lock is held */
struct entry *entry_find(u64 ino);
struct entry *entry_child(const struct entry *dir, const char *name, size_t len);
long entry_add(struct entry *dir, const char *name, size_t len, u32 mode,
	       u64 rdev, const char *target, struct entry **out);
void entry_remove(struct entry *e);
void entry_move(struct entry *e, struct entry *dir, const char *name, struct entry *old);
long entry_store(struct entry *e);
struct entry *device_find(u32 type, u64 rdev);
long tree_start(bool recovering);

/* basic.c: /dev/null and its like */
long basic_start(void);

#endif
