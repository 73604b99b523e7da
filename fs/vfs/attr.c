/* SPDX-License-Identifier: MIT */
/*
 * Calls on one node: references, attributes, access, contents of links and
 * directories.
 */
#include "internal.h"

#define DIRENTS_MAX 8192
#define DAY_NS (86400ull * 1000000000)
#define SET_TIMES (VFS_SET_ATIME | VFS_SET_MTIME)

/* Takes nodes_lock and finds a node: 0 with a reference; node_end() follows. */
static long node_begin(u64 number, struct node **out)
{
	nodes_lock();
	*out = NULL;
	return node_find(number, out);
}

static void node_end(struct node *n)
{
	if (n)
		node_put(n);
	nodes_unlock();
}

/* Finds a node and takes a reference for the caller. flags: VFS_*. */
long vfs_lookup(u64 root, u64 at, const char *path, u32 flags, u64 *node)
{
	struct node *n;
	struct walk w;
	long ret = walk_path(&w, root, at, path, flags, &n);

	if (!ret && (flags & VFS_DIRECTORY)) {
		ret = node_is_dir(n) ? may(&w.cred, n, X_OK) : -ENOTDIR;
		if (ret)
			node_put(n);
	}
	if (!ret)
		*node = node_number(n);
	walk_end(&w);
	return ret;
}
SYMBOL_EXPORT(vfs_lookup);

/* Takes a reference: 0, -ESTALE. */
long vfs_hold(u64 node)
{
	struct node *n;
	long ret = node_begin(node, &n);

	nodes_unlock();
	return ret;
}
SYMBOL_EXPORT(vfs_hold);

/*
 * Gives a reference back. One from before a reset of vfs is not in its books,
 * unless it was to a file without a name (node_revive()): that is no error, and
 * it is 0 too.
 */
long vfs_release(u64 node)
{
	struct node *n;

	nodes_lock();
	n = node_known(node);
	if (!n && module_self.epoch && !node_find(node, &n))
		node_put(n);
	if (n && n->users)
		node_put(n);
	nodes_unlock();
	return 0;
}
SYMBOL_EXPORT(vfs_release);

/* Attributes of a node: 0 or an error. */
long vfs_getattr(u64 node, struct vfs_attr *attr)
{
	struct node *n;
	long ret = node_begin(node, &n);

	if (!ret)
		ret = node_load(n, true);
	if (!ret)
		*attr = n->attr;
	node_end(n);
	return ret;
}
SYMBOL_EXPORT(vfs_getattr);

/* stat(2), lstat(2) without VFS_FOLLOW: 0 or an error. */
long vfs_stat(u64 root, u64 at, const char *path, u32 flags,
	      struct vfs_attr *attr)
{
	struct node *n;
	struct walk w;
	long ret = walk_path(&w, root, at, path, flags, &n);

	if (!ret) {
		ret = node_load(n, true);
		*attr = n->attr;
		node_put(n);
	}
	walk_end(&w);
	return ret;
}
SYMBOL_EXPORT(vfs_stat);

/* chown's rules, and what it does to the mode. */
static long set_owner(const struct cred *c, const struct node *n, u32 *which,
		      struct vfs_attr *attr)
{
	if (c->uid) {
		if (c->uid != n->attr.uid ||
		    ((*which & VFS_SET_UID) && attr->uid != n->attr.uid) ||
		    ((*which & VFS_SET_GID) && attr->gid != n->attr.gid &&
		     !cred_in_group(c, attr->gid)))
			return -EPERM;
	}
	if (!node_is_dir(n) && !(*which & VFS_SET_MODE) &&
	    (n->attr.mode & (S_ISUID | S_ISGID))) {
		attr->mode = n->attr.mode & ~S_ISUID;
		if (n->attr.mode & S_IXGRP)
			attr->mode &= ~S_ISGID;
		*which |= VFS_SET_MODE;
	}
	return 0;
}

static long set_times(const struct cred *c, const struct node *n, u32 which)
{
	if (!c->uid || c->uid == n->attr.uid)
		return 0;
	/* To set both to the present, who may write the file may do. */
	if ((which & SET_TIMES) == SET_TIMES && !(which & VFS_SET_GIVEN))
		return may(c, n, W_OK);
	return -EPERM;
}

/* Whoever writes a file, or makes it shorter, takes its set-id bits away. */
void clear_set_id(const struct cred *c, const struct node *n, u32 *which,
			 struct vfs_attr *attr)
{
	u32 bits = S_ISUID | (n->attr.mode & S_IXGRP ? S_ISGID : 0);

	if (!c->uid || (*which & VFS_SET_MODE) || !(n->attr.mode & bits))
		return;
	attr->mode = n->attr.mode & ~bits;
	*which |= VFS_SET_MODE;
}

/* May the caller set what it asks for? Adapts `attr` to Linux's rules. */
static long setattr_allowed(const struct node *n, u32 *which, struct vfs_attr *attr)
{
	struct cred c = cred_fs();
	long ret = 0;

	if (mount_is_ro(n->mount))
		return -EROFS;
	if ((*which & VFS_SET_MODE) && node_is_link(n))
		return -EOPNOTSUPP;
	if (*which & (VFS_SET_UID | VFS_SET_GID))
		ret = set_owner(&c, n, which, attr);
	else if (*which & VFS_SET_MODE) {
		if (c.uid && c.uid != n->attr.uid)
			ret = -EPERM;
		else if (c.uid && !cred_in_group(&c, n->attr.gid))
			attr->mode &= ~S_ISGID;
	}
	if (*which & VFS_SET_SIZE)
		clear_set_id(&c, n, which, attr);
	if (!ret && (*which & SET_TIMES))
		ret = set_times(&c, n, *which);
	return ret;
}

/* What a change of attributes is to those who watch: IN_*. */
static u32 change_event(u32 which)
{
	u32 event = which & (VFS_SET_UID | VFS_SET_GID | VFS_SET_MODE) ? IN_ATTRIB : 0;

	if (which & VFS_SET_SIZE)
		event |= IN_MODIFY;
	if ((which & SET_TIMES) == SET_TIMES)
		return event | IN_ATTRIB;
	return event | (which & VFS_SET_ATIME ? IN_ACCESS : 0) |
	       (which & VFS_SET_MTIME ? IN_MODIFY : 0);
}

/* Sets attributes of a node that may be let go. */
static long set_attributes(struct node *n, u32 which, const struct vfs_attr *attr)
{
	struct vfs_attr set = *attr;
	long ret = node_load(n, false);

	if (!ret && (which & VFS_SET_SIZE) && !S_ISREG(n->attr.mode))
		ret = node_is_dir(n) ? -EISDIR : -EINVAL;
	if (!ret && (which & VFS_SET_MODE))
		set.mode = (n->attr.mode & S_IFMT) | (attr->mode & ~S_IFMT);
	if (!ret && !(which & VFS_SET_UNCHECKED))
		ret = setattr_allowed(n, &which, &set);
	if (which & VFS_SET_KEEP)
		which &= ~(u32)(VFS_SET_KEEP | VFS_SET_SIZE);
	which &= ~(u32)(VFS_SET_GIVEN | VFS_SET_UNCHECKED);
	if (!ret && which) {
		ret = fs_result(FS_CALL(n->mount, setattr, n->ino, which, &set));
		node_changed(n, which & (VFS_SET_MODE | VFS_SET_UID | VFS_SET_GID));
		if (!ret)
			notify_file(n, change_event(which));
	}
	return ret;
}

/*
 * chmod, chown, utimes, truncate of a node: 0 or an error. VFS_SET_SIZE asks
 * for no permission: the caller has the file open for writing.
 */
long vfs_setattr(u64 node, u32 which, const struct vfs_attr *attr)
{
	struct node *n;
	long ret = node_begin(node, &n);

	if (!ret)
		ret = set_attributes(n, which, attr);
	node_end(n);
	return ret;
}
SYMBOL_EXPORT(vfs_setattr);

/* The same of what a path names; truncate(2) asks for permission to write. */
long vfs_setattr_path(u64 root, u64 at, const char *path, u32 flags, u32 which,
		      const struct vfs_attr *attr)
{
	struct node *n;
	struct walk w;
	long ret = walk_path(&w, root, at, path, flags, &n);

	if (!ret) {
		if ((which & VFS_SET_SIZE) && node_is_dir(n))
			ret = -EISDIR;
		else if ((which & VFS_SET_SIZE) && S_ISREG(n->attr.mode))
			ret = may(&w.cred, n, W_OK);
		if (!ret)
			ret = set_attributes(n, which, attr);
		node_put(n);
	}
	walk_end(&w);
	return ret;
}
SYMBOL_EXPORT(vfs_setattr_path);

/* access(2), faccessat2(2): 0 or an error. */
long vfs_access(u64 root, u64 at, const char *path, u32 mode, u32 flags)
{
	bool self = !*path && (flags & VFS_EMPTY_PATH);
	struct cred real = { .uid = cred_uid(), .gid = cred_gid() };
	struct node *n = NULL;
	struct walk w;
	long ret;

	if (mode & ~(u32)(R_OK | W_OK | X_OK))
		return -EINVAL;
	ret = walk_begin(&w, root, at, self ? "." : path);
	if (!(flags & VFS_EFFECTIVE))
		w.cred = real;
	if (!ret && self) {
		ret = node_load(w.at, false);
		node_get(n = w.at);
	} else if (!ret) {
		ret = walk_parent(&w);
		if (!ret)
			ret = walk_last(&w, flags & VFS_FOLLOW, &n);
	}
	if (!ret)
		ret = mode ? may(&w.cred, n, mode) : 0;
	if (n)
		node_put(n);
	walk_end(&w);
	return ret;
}
SYMBOL_EXPORT(vfs_access);

/* What a link shows: the path of the node where it leads, or its text. */
static long read_target(const struct walk *w, struct node *link, char *buf, size_t len)
{
	struct node *target;
	long ret = walk_target(link, &target);

	if (ret >= 0) {
		ret = ret ? -EINVAL : path_shown(w->root, target, buf, len);
		node_put(target);
	}
	if (ret == -EINVAL)
		ret = FS_CALL(link->mount, readlink, link->ino, buf, len);
	return ret;
}

/* `n` was read: its time of access is the present, as often as its mount wants it. */
void node_accessed(struct node *n)
{
	u64 flags = n->mount->flags, now;
	struct vfs_attr attr = { .size = 0 };

	if (!node_stable(n) || mount_is_ro(n->mount) || (flags & MS_NOATIME) ||
	    (node_is_dir(n) && (flags & MS_NODIRATIME)) || node_load(n, true))
		return;
	now = krealtime_ns();
	if (!(flags & MS_STRICTATIME) && n->attr.atime_ns > n->attr.mtime_ns &&
	    n->attr.atime_ns > n->attr.ctime_ns && now - n->attr.atime_ns < DAY_NS)
		return;
	attr.atime_ns = now;
	if (!FS_CALL(n->mount, setattr, n->ino, VFS_SET_ATIME | VFS_SET_QUIET, &attr))
		node_changed(n, false);
}

/* readlink(2): bytes of the target, cut to `len`, or an error. */
long vfs_readlink(u64 root, u64 at, const char *path, char *buf, size_t len)
{
	struct node *n;
	struct walk w;
	long ret = walk_path(&w, root, at, path, VFS_EMPTY_PATH, &n);

	if (!ret) {
		if (node_is_link(n))
			ret = read_target(&w, n, buf, len);
		else
			ret = *path ? -EINVAL : -ENOENT;
		if (ret > (long)len)
			ret = -EIO;
		if (ret > 0)
			node_accessed(n);
		node_put(n);
	}
	walk_end(&w);
	return ret;
}
SYMBOL_EXPORT(vfs_readlink);

/* Directory entries from `pos` on: bytes, 0 at the end, or an error. */
long vfs_readdir(u64 node, u64 pos, void *buf, size_t len)
{
	struct node *n;
	long ret = node_begin(node, &n);

	len = MIN(len, (size_t)DIRENTS_MAX);
	if (!ret)
		ret = node_load(n, false);
	if (!ret && !node_is_dir(n))
		ret = -ENOTDIR;
	if (!ret && n->gone)
		ret = -ENOENT;
	if (!ret)
		ret = FS_CALL(n->mount, readdir, n->ino, pos, buf, len);
	if (ret > (long)len)
		ret = -EIO;
	if (ret >= 0 && !pos)
		node_accessed(n);
	node_end(n);
	return ret;
}
SYMBOL_EXPORT(vfs_readdir);

/* Flags of statfs(2), which has bits of its own for two things. */
static u64 statfs_flags(const struct mount *m)
{
	u64 flags = (m->flags | m->sb_flags) &
		    (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_SYNCHRONOUS |
		     MS_NOATIME | MS_NODIRATIME);

	return flags | ST_VALID | (m->flags & MS_RELATIME ? ST_RELATIME : 0);
}

/* statfs(2), fstatfs(2) with an empty path: 0 or an error. */
long vfs_statfs(u64 root, u64 at, const char *path, u32 flags, void *buf, size_t len)
{
	struct linux_statfs *fs = buf;
	struct node *n;
	struct walk w;
	long ret;

	if (len < sizeof(*fs))
		return -EINVAL;
	ret = walk_path(&w, root, at, path, flags, &n);
	if (!ret) {
		ret = fs_result(FS_CALL(n->mount, statfs, buf, sizeof(*fs)));
		fs->f_flags = (s64)statfs_flags(n->mount);
		fs->f_fsid[0] = (s32)n->mount->dev;
		node_put(n);
	}
	walk_end(&w);
	return ret;
}
SYMBOL_EXPORT(vfs_statfs);

/* Copies a part of page object `src` into a regular file: bytes, or an error. */
long vfs_write_from(u64 node, u64 pos, u32 src, u64 src_pos, u64 len)
{
	struct node *n;
	long ret;

	if (cred_fsuid())
		return -EPERM;
	ret = node_begin(node, &n);
	if (!ret)
		ret = node_load(n, false);
	if (!ret && !S_ISREG(n->attr.mode))
		ret = -EINVAL;
	if (!ret) {
		ret = FS_CALL(n->mount, write_from, n->ino, pos, src, src_pos, len);
		node_changed(n, false);
	}
	node_end(n);
	return ret;
}
SYMBOL_EXPORT(vfs_write_from);
