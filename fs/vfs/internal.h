/* SPDX-License-Identifier: MIT */
/*
 * vfs's own structures.
 *
 * A *node* is an inode of a mount that vfs knows at present, with the name by
 * which it was last found. Its number is made of the mount's and the inode's, so
 * a node that was forgotten (its cache is full, vfs was reset) is found again.
 * A *mount* is an instance of a file system and the node that it covers.
 *
 * Locks, in this order:
 *   names_lock: one change of names or mounts at a time; held over calls to file
 *               systems, which never call vfs while they serve one.
 *   nodes_lock: nodes, mounts, file system types. Never held over a call out:
 *               FS_CALL() drops it, so look again at what may have changed.
 */
#ifndef VFS_INTERNAL_H
#define VFS_INTERNAL_H

#include <errno.h>
#include <list.h>
#include <runtime.h>
#include <string.h>
#include <vfs.h>
#include <whitix/fcntl.h>
#include <whitix/inotify.h>
#include <whitix/mount.h>
#include <whitix/stat.h>

#define LINKS_MAX 40		/* symbolic links followed in one path, as Linux */
#define NAME_INLINE 32
#define NAME_LONGEST (VFS_NAME_MAX - 1)

struct fs_type {
	struct list_head list;
	char name[32];
	u32 flags;		/* VFS_FS_* */
	u32 owner;		/* module */
	struct fs_ops ops;
};

struct mount {
	struct list_head list;
	struct list_head peers;	/* ring of the mounts of one instance */
	struct fs_type *type;
	u64 sb;
	u64 root_ino;
	u64 flags;		/* MS_* of this mount */
	u64 sb_flags;		/* MS_* of the instance: the same in all peers */
	u64 op;			/* that put it where it is */
	u32 id;			/* from 1 */
	u32 dev;		/* st_dev's minor: the id of the instance's first mount */
	u32 users;		/* references to its nodes from outside */
	u32 nodes;		/* nodes that exist */
	bool detached;		/* goes away with its last node */
	bool expires;		/* MNT_EXPIRE was asked for, and nobody came since */
	struct node *root;
	struct node *covered;	/* NULL: the root of the name space, or detached */
	struct mount *origin;	/* of a copy that a recursive bind makes now */
	char source[128];
	char options[128];
	char bound[128];	/* path of its root in the instance, "/" */
};

struct node {
	struct node *number_next, *name_next;	/* hash chains */
	struct list_head lru;	/* not empty: may be forgotten */
	struct mount *mount;
	struct mount *covering;	/* what is mounted here */
	struct node *parent;	/* NULL: root of a mount, or not known */
	u64 ino;
	u32 users;		/* references of callers and of the core */
	u32 pins;		/* children, mounts */
	u32 name_hash;
	u32 name_len;		/* 0: not known by a name */
	bool perm_valid;	/* attr's mode, uid, gid are right */
	bool attr_valid;	/* all of attr is */
	bool gone;		/* its last name was removed */
	bool hidden;		/* its name is only remembered: nobody finds it by that */
	bool linkable;		/* O_TMPFILE made it: it may yet get a name */
	bool held;		/* the file system was asked to keep it */
	char *name;		/* name_inline or allocated; not terminated */
	struct vfs_attr attr;
	char name_inline[NAME_INLINE];
};

/* Whom permissions are asked for. */
struct cred {
	u32 uid, gid;
};

enum last_type { LAST_NORM, LAST_ROOT, LAST_DOT, LAST_DOTDOT };

/* A path on its way. */
struct walk {
	struct cred cred;
	struct node *root;	/* of the process */
	struct node *at;	/* where it is; the last component's parent */
	const char *path;	/* what is left */
	char *owned;		/* buffer that holds `path`, or NULL */
	u32 links;		/* followed so far */
	u32 resolve;		/* RESOLVE_* of openat2(2) */
	enum last_type last_type;
	const char *last;
	u32 last_len;
	bool slash;		/* slashes behind the last component */
};

extern struct mutex names_lock;
extern struct node *root_node;
extern u64 change_seq;		/* moves with each change of names, attributes */

/* Calls `op` of a mount's file system, without nodes_lock. */
#define FS_CALL(m, op, ...) __extension__({ \
	struct mount *fs_m = (m); \
	long fs_ret; \
	nodes_unlock(); \
	fs_ret = fs_m->type->ops.op(fs_m->sb __VA_OPT__(, ) __VA_ARGS__); \
	nodes_lock(); \
	fs_ret; \
})

static inline bool node_stable(const struct node *n)
{
	return n->mount->type->flags & VFS_FS_STABLE;
}

static inline bool node_is_dir(const struct node *n)
{
	return S_ISDIR(n->attr.mode);
}

static inline bool node_is_link(const struct node *n)
{
	return S_ISLNK(n->attr.mode);
}

/* Goes over the other mounts of the instance that `mount` shows. */
#define for_each_peer(p, mount) list_for_each_entry(p, &(mount)->peers, peers)

/* A result of a call that gives 0 or an error: nothing else is believed. */
static inline long fs_result(long ret)
{
	return ret > 0 || ret < -4095 ? -EIO : ret;
}

/* node.c: nodes_lock is held; (*) may drop it for a while */
void nodes_lock(void);
void nodes_unlock(void);	/* and does what was put off: calls out */
u64 node_number(const struct node *n);
struct node *node_known(u64 number);
struct node *node_make(struct mount *m, u64 ino);
long node_find(u64 number, struct node **out);				/* (*) */
void node_get(struct node *n);
void node_put(struct node *n);
void node_pin(struct node *n);
void node_unpin(struct node *n);
long node_load(struct node *n, bool all);				/* (*) */
long node_child(struct node *dir, const char *name, u32 len,
		struct node **out);					/* (*) */
long node_parent(struct node *n, struct node **out);			/* (*) */
long node_add(struct node *dir, const char *name, u32 len,
	      const struct vfs_attr *attr, u64 seq, struct node **out);
long node_set_name(struct node *n, struct node *parent, const char *name, u32 len);
void node_drop_name(struct node *n);
void node_hide_name(struct node *n);
long node_show_name(struct node *n, const char *name, u32 len);
void node_changed(struct node *n, bool perm);
bool node_is_ancestor(const struct node *up, const struct node *n);
struct node *node_peer(const struct node *n, const struct mount *m);
void nodes_forget(struct mount *m);

/* walk.c: nodes_lock is held and may be dropped for a while */
struct cred cred_fs(void);
bool cred_in_group(const struct cred *c, u32 gid);
long may(const struct cred *c, const struct node *n, u32 mask);
struct node *cross_mounts(struct node *n);
long walk_begin(struct walk *w, u64 root, u64 at, const char *path);
void walk_end(struct walk *w);
long walk_parent(struct walk *w);
long walk_last(struct walk *w, bool follow, struct node **out);
long walk_child(struct walk *w, struct node **out);
long walk_follow(struct walk *w, struct node *link, const char *rest);
long walk_target(const struct node *link, struct node **out);
long walk_path(struct walk *w, u64 root, u64 at, const char *path, u32 flags,
	       struct node **out);

/* recover.c */
extern bool references_return;	/* the core's references are being counted */
void references_recover(void);
bool mount_is_written(const struct mount *m, bool peers);	/* nodes_lock not held */

/* open.c */
long open_new(struct walk *w, u32 mode, u64 rdev, struct node **out);
long new_allowed(struct walk *w);

/* vfs.c */
struct fs_type *fs_type_find(const char *name);
long special_open(struct node *n, u32 oflags, struct file_open *file);	/* (*) */

/* mount.c: mounts are changed with names_lock and nodes_lock held */
extern struct list_head mounts;
struct mount *mount_by_id(u32 id);
struct mount *mount_new(struct fs_type *type, u64 sb, u64 root_ino, u64 flags);
void mount_free(struct mount *m);
void mount_attach(struct mount *m, struct node *covered);
void mount_move(struct mount *m, struct node *covered);
void mount_detach(struct mount *m);
void mount_drop(struct mount *m);
bool mount_was_done(void);
void mount_save(const struct mount *m);
void mounts_recover(void);
long mount_hidden(struct mount **out);					/* (*) */

static inline bool mount_is_ro(const struct mount *m)
{
	return (m->flags | m->sb_flags) & MS_RDONLY;
}

/* attr.c */
void clear_set_id(const struct cred *c, const struct node *n, u32 *which,
		  struct vfs_attr *attr);
void node_accessed(struct node *n);					/* (*) */

/* notify.c: (*) */
void notify_name(struct node *dir, const char *name, u32 len, u32 mask, u32 cookie);
void notify_node(struct node *n, u32 mask);
long notify_file(struct node *n, u32 mask);
void notify_gone(const struct mount *m, u64 ino, u32 mask);	/* nodes_lock not held */
void notify_recover(void);

/* path.c */
long path_build(struct node *root, struct node *n, char *buf, size_t len);
long path_shown(struct node *root, struct node *n, char *buf, size_t len);

/* ---- calls.c ----------------------------------------------------------- */

long calls_provide(void);	/* system calls of vfs's own: 0 or an error */

#endif
