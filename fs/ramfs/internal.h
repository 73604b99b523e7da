/* SPDX-License-Identifier: MIT */
/*
 * ramfs's own structures. An inode has *links*: its names in directories. All
 * is protected by ramfs_lock, which is held while the core is called (it never
 * calls back), and never otherwise.
 */
#ifndef RAMFS_INTERNAL_H
#define RAMFS_INTERNAL_H

#include <dirents.h>
#include <errno.h>
#include <list.h>
#include <runtime.h>
#include <string.h>
#include <vfs.h>
#include <whitix/fcntl.h>
#include <whitix/mount.h>
#include <whitix/stat.h>

#define NAME_LONGEST (VFS_NAME_MAX - 1)
#define POS_FIRST 2		/* readdir positions of "." and ".." are 0, 1 */

enum fs_kind { KIND_RAMFS, KIND_TMPFS, KIND_ROOTFS };

/* What an instance is mounted with, and how much of it is used. */
struct super {
	struct list_head list;
	u32 id;
	u32 kind;
	u64 op;			/* the operation that mounted it */
	u64 root;		/* inode number */
	u64 max_inodes;		/* 0: no limit; nor has KIND_RAMFS one */
	u64 max_pages;
	u64 inodes;		/* and names beyond the first of an inode, as Linux */
	u32 pages;		/* page object that counts the pages of all files */
	u32 mode, uid, gid;	/* options, of tmpfs */
};

struct inode {
	struct inode *hash_next;
	struct super *sb;
	u64 ino;
	u32 mode, uid, gid;
	u32 pageobj;		/* of a regular file */
	u64 rdev;
	u64 atime_ns, mtime_ns, ctime_ns, btime_ns;
	u32 holds;		/* vfs wants it to stay */
	bool nameless;		/* tmpfile made it, and it has not had a name */
	u32 last_link;		/* number of the newest link */
	u32 nlinks;
	u32 recorded_link;	/* the link that is in the inode's own record */
	struct list_head links;	/* struct link.of_inode */
	/* a directory */
	struct list_head entries;	/* struct link.of_dir, by position */
	struct inode *parent;	/* the root's: itself */
	u64 last_pos;
	u32 subdirs, nentries;
	u8 *xattrs;		/* xattr.c; NULL: it has none */
	u32 xattrs_len;
	/* a symbolic link */
	char *target;
	u32 target_len;
};

struct link {
	struct link *hash_next;
	struct list_head of_dir, of_inode;
	struct inode *dir, *inode;
	u64 pos;
	u64 seq;		/* of the change that made it: the later one holds */
	u32 id;			/* within the inode */
	u32 hash;
	u32 len;
	char name[];
};

extern struct mutex ramfs_lock;

/* tree.c: inodes and links in memory */
struct inode *inode_find(u64 ino);
struct inode *inode_new(struct super *sb, u64 ino, u32 mode);
void inode_free(struct inode *inode);
u64 inode_number_next(void);
void inode_number_used(u64 ino);
struct link *link_new(const char *name, u32 len);
void link_attach(struct link *l, struct inode *dir, struct inode *inode, u64 pos);
void link_detach(struct link *l);
struct link *link_find(const struct inode *dir, const char *name, u32 len);
struct inode *inode_any(void);
void inodes_each(void (*fn)(struct inode *inode));

/* super.c */
struct super *super_find(u64 id);
struct super *super_add(u32 id, u64 root);
bool super_full(const struct super *sb);
long ramfs_mount(const char *source, const char *options, u64 flags, u64 *root);
long tmpfs_mount(const char *source, const char *options, u64 flags, u64 *root);
long rootfs_mount(const char *source, const char *options, u64 flags, u64 *root);
long ramfs_remount(u64 sb, const char *options);
long ramfs_options(u64 sb, char *buf, size_t len);
long ramfs_unmount(u64 sb);
long ramfs_statfs(u64 sb, void *buf, size_t len);
void super_forget_inodes(struct super *sb);

/* options.c: the limits that options named */
#define SEEN_PAGES 0x1
#define SEEN_INODES 0x2
long options_parse(const char *options, struct super *o, u32 *seen);

/* xattr.c */
long xattr_do(struct inode *inode, u32 what, const char *name, u32 ubuf, size_t size);

/* store.c: records */
u64 store_seq_next(void);
long store_super(const struct super *sb);
void store_super_gone(u32 id);
long store_inode(const struct inode *inode, const struct link *l);
void store_inode_gone(const struct inode *inode);
long store_link(const struct link *l);
void store_link_gone(const struct inode *inode, u32 id);
long store_pair(const struct link *a, const struct link *b);
u64 store_pair_op(void);
long store_target(const struct inode *inode);
long store_xattrs(const struct inode *inode, const void *blob, size_t len);
void store_recover(void);

/* ops.c */
void inode_drop(struct inode *inode);
extern const struct fs_ops ramfs_ops, tmpfs_ops, rootfs_ops;

#endif
