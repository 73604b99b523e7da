/* SPDX-License-Identifier: MIT */
/*
 * Changes of names: mknod, mkdir, symlink, link, unlink, rmdir, rename. Each
 * holds names_lock from the walk to the end, so what was checked stays true.
 */
#include "internal.h"

#define MODE_MASK 07777

/* Copies the last component of a walk as a string. */
static void last_name(const struct walk *w, char name[VFS_NAME_MAX])
{
	memcpy(name, w->last, w->last_len);
	name[w->last_len] = 0;
}

/* Opens a change: takes names_lock and walks to the parent. */
static long change_begin(struct walk *w, u64 root, u64 at, const char *path)
{
	long ret;

	mutex_lock(&names_lock);
	ret = walk_begin(w, root, at, path);
	return ret ? ret : walk_parent(w);
}

static void change_end(struct walk *w)
{
	walk_end(w);
	mutex_unlock(&names_lock);
}

/* Internal result: the operation is run again, and was done the first time. */
#define ALREADY_DONE 1

static long done(long ret)
{
	return ret == ALREADY_DONE ? 0 : ret;
}

/*
 * The last component must not exist and may be made. `dir`: it is to be a
 * directory, so slashes may follow. As Linux's filename_create().
 */
static long must_be_new(struct walk *w, bool dir)
{
	struct node *n;
	long ret;

	if (w->last_type != LAST_NORM)
		return -EEXIST;
	ret = walk_child(w, &n);
	if (!ret) {
		node_put(n);
		return oplog_marked() ? ALREADY_DONE : -EEXIST;
	}
	if (ret != -ENOENT)
		return ret;
	if (w->slash && !dir)
		return -ENOENT;
	return new_allowed(w);
}

static long mknod_mode(u32 *mode)
{
	u32 permissions = *mode & MODE_MASK & ~cred_umask();

	switch (*mode & S_IFMT) {
	case 0:
		*mode = S_IFREG | permissions;
		return 0;
	case S_IFDIR:
		*mode = S_IFDIR | (permissions & ~(S_ISUID | S_ISGID));
		return 0;
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		*mode = (*mode & S_IFMT) | permissions;
		return 0;
	case S_IFCHR:
	case S_IFBLK:
		*mode = (*mode & S_IFMT) | permissions;
		return cred_fsuid() ? -EPERM : 0;
	default:
		return -EINVAL;
	}
}

/* mkdir(2), mknod(2): 0 or an error. */
long vfs_mknod(u64 root, u64 at, const char *path, u32 mode, u64 rdev)
{
	long type_error = mknod_mode(&mode), ret;
	struct node *n = NULL;
	struct walk w;

	if (type_error == -EINVAL)
		return type_error;
	ret = change_begin(&w, root, at, path);
	if (!ret)
		ret = must_be_new(&w, S_ISDIR(mode));
	if (!ret)
		ret = type_error;
	if (!ret)
		ret = open_new(&w, mode, rdev, &n);
	if (n)
		node_put(n);
	change_end(&w);
	return done(ret);
}
SYMBOL_EXPORT(vfs_mknod);

/* symlink(2): 0 or an error. */
long vfs_symlink(u64 root, u64 at, const char *path, const char *target)
{
	char name[VFS_NAME_MAX];
	struct walk w;
	long ret;

	if (!*target)
		return -ENOENT;
	ret = change_begin(&w, root, at, path);
	if (!ret)
		ret = must_be_new(&w, false);
	if (!ret) {
		last_name(&w, name);
		oplog_mark();
		ret = fs_result(FS_CALL(w.at->mount, symlink, w.at->ino, name,
					target));
		node_changed(w.at, false);
		if (!ret)
			notify_name(w.at, w.last, w.last_len, IN_CREATE, 0);
	}
	change_end(&w);
	return done(ret);
}
SYMBOL_EXPORT(vfs_symlink);

static long link_to(struct walk *w, struct node *n)
{
	char name[VFS_NAME_MAX];
	long ret = must_be_new(w, false);

	if (ret)
		return ret;
	if (n->mount != w->at->mount)
		return -EXDEV;
	ret = node_load(n, false);
	if (ret)
		return ret;
	if (node_is_dir(n))
		return -EPERM;
	if (n->gone && !n->linkable)
		return -ENOENT;
	last_name(w, name);
	oplog_mark();
	ret = fs_result(FS_CALL(n->mount, link, n->ino, w->at->ino, name));
	if (!ret && n->gone) {
		n->gone = n->linkable = false;
		node_drop_name(n);
	}
	node_changed(n, false);
	node_changed(w->at, false);
	if (!ret) {
		notify_node(n, IN_ATTRIB);
		notify_name(w->at, w->last, w->last_len, IN_CREATE, 0);
	}
	return ret;
}

/* Walks the second path of a change: nodes_lock is held already. */
static long walk_second(struct walk *w, u64 root, u64 at, const char *path)
{
	long ret;

	nodes_unlock();
	ret = walk_begin(w, root, at, path);
	return ret ? ret : walk_parent(w);
}

/* linkat(2): 0 or an error. */
long vfs_link(u64 root, u64 at, const char *path, u64 newat, const char *newpath,
	      u32 flags)
{
	struct node *n = NULL;
	struct walk from, to;
	long ret;

	mutex_lock(&names_lock);
	ret = walk_path(&from, root, at, path, flags, &n);
	if (!ret) {
		ret = walk_second(&to, root, newat, newpath);
		if (!ret)
			ret = link_to(&to, n);
		walk_end(&to);
		nodes_lock();
		node_put(n);
	}
	change_end(&from);
	return done(ret);
}
SYMBOL_EXPORT(vfs_link);

/* Is something mounted on `n`, seen through whichever mount? */
static bool is_mount_point(const struct node *n)
{
	struct mount *m;
	struct node *peer;

	/* A mounted root stands in the place of the node that it covers. */
	if (n == n->mount->root)
		return true;
	for_each_peer(m, n->mount) {
		peer = node_peer(n, m);
		if (peer && peer->covering)
			return true;
	}
	return false;
}

/* May `n` be taken out of `dir`? `isdir`: as a directory. Linux's may_delete(). */
static long may_remove(const struct cred *c, const struct node *dir,
		       const struct node *n, bool isdir)
{
	long ret = may(c, dir, W_OK | X_OK);

	if (ret)
		return ret;
	if ((dir->attr.mode & S_ISVTX) && c->uid && c->uid != n->attr.uid &&
	    c->uid != dir->attr.uid)
		return -EPERM;
	if (isdir && !node_is_dir(n))
		return -ENOTDIR;
	if (!isdir && node_is_dir(n))
		return -EISDIR;
	return is_mount_point(n) ? -EBUSY : 0;
}

static void hold_one(struct node *n)
{
	if (n->held)
		return;
	n->held = true;
	if (FS_CALL(n->mount, hold, n->ino, 1))
		n->held = false;
}

/* VFS_KEEP if somebody besides the caller uses `n`, through whichever mount. */
static u32 keep_flag(const struct node *n)
{
	struct mount *m;

	if (n->users > 1 || n->pins)
		return VFS_KEEP;
	for_each_peer(m, n->mount)
		if (node_peer(n, m))
			return VFS_KEEP;
	return 0;
}

/*
 * `n` has no name any more and was kept: that is one hold, of its node, which gives
 * it back when it is freed. Its peers need one each.
 */
static void hold_kept(struct node *n)
{
	struct mount *m;
	struct node *peer;

	n->held = true;
	for_each_peer(m, n->mount) {
		peer = node_peer(n, m);
		if (!peer)
			continue;
		node_get(peer);
		hold_one(peer);
		node_put(peer);
	}
}

/* The other mounts forget `name` of `n` in `dir`, which is changed. */
static void peers_lose_name(struct node *n, const struct node *dir, const char *name,
			    u32 len)
{
	struct mount *m;
	struct node *peer;

	for_each_peer(m, n->mount) {
		peer = node_peer(n, m);
		if (!peer)
			continue;
		peer->gone |= n->gone;
		if (peer->parent && peer->parent->ino == dir->ino &&
		    peer->name_len == len && !memcmp(peer->name, name, len))
			node_drop_name(peer);
	}
}

/* `n` has lost its name, the last component of `w`; VFS_KEEP: it may be kept. */
static void name_lost(struct node *n, const struct walk *w, u32 keep)
{
	if (node_is_dir(n) || n->attr.nlink <= 1)
		n->gone = true;
	peers_lose_name(n, w->at, w->last, w->last_len);
	if (n->gone)
		node_hide_name(n);
	else
		node_drop_name(n);
	node_changed(n, false);
	if (n->gone && keep)
		hold_kept(n);
}

static long remove_last(struct walk *w, struct node *n, bool dir)
{
	char name[VFS_NAME_MAX];
	u32 keep;
	long ret;

	if (w->slash && !dir)
		return node_is_dir(n) ? -EISDIR : -ENOTDIR;
	ret = may_remove(&w->cred, w->at, n, dir);
	if (!ret)
		ret = node_load(n, true);
	if (ret)
		return ret;
	last_name(w, name);
	keep = keep_flag(n);
	oplog_mark();
	ret = fs_result(FS_CALL(w->at->mount, unlink, w->at->ino, name,
				(dir ? VFS_REMOVE_DIR : 0) | keep));
	if (!ret) {
		name_lost(n, w, keep);
		node_changed(w->at, false);
		if (!dir)
			notify_node(n, IN_ATTRIB);
	}
	return ret;
}

static long remove_special(enum last_type type, bool dir)
{
	if (!dir)
		return -EISDIR;
	if (type == LAST_DOT)
		return -EINVAL;
	return type == LAST_DOTDOT ? -ENOTEMPTY : -EBUSY;
}

/* unlink(2), or rmdir(2) with VFS_REMOVE_DIR: 0 or an error. */
long vfs_remove(u64 root, u64 at, const char *path, u32 flags)
{
	bool dir = flags & VFS_REMOVE_DIR;
	struct node *n;
	struct walk w;
	long ret = change_begin(&w, root, at, path);

	if (!ret && w.last_type != LAST_NORM)
		ret = remove_special(w.last_type, dir);
	if (!ret && mount_is_ro(w.at->mount))
		ret = -EROFS;
	if (!ret)
		ret = walk_child(&w, &n);
	if (!ret) {
		ret = remove_last(&w, n, dir);
		node_put(n);
		if (!ret)
			notify_name(w.at, w.last, w.last_len,
				    IN_DELETE | (dir ? IN_ISDIR : 0), 0);
	} else if (ret == -ENOENT && oplog_marked()) {
		ret = 0;
	}
	change_end(&w);
	return ret;
}
SYMBOL_EXPORT(vfs_remove);

/* A rename on its way. */
struct renaming {
	struct walk from, to;
	struct node *source;
	struct node *target;	/* NULL: there is none */
	u32 keep;		/* VFS_KEEP: of the target */
	u32 flags;
};

/* What the forms of the paths forbid, and directories in themselves. */
static long rename_forms(const struct renaming *r)
{
	bool exchange = r->flags & RENAME_EXCHANGE;

	if (r->target && (r->flags & RENAME_NOREPLACE))
		return -EEXIST;
	if (!r->target && exchange)
		return -ENOENT;
	if (exchange && r->to.slash && !node_is_dir(r->target))
		return -ENOTDIR;
	if (!node_is_dir(r->source) &&
	    (r->from.slash || (!exchange && r->to.slash)))
		return -ENOTDIR;
	if (node_is_dir(r->source) && node_is_ancestor(r->source, r->to.at))
		return -EINVAL;
	if (r->target && node_is_dir(r->target) &&
	    node_is_ancestor(r->target, r->from.at))
		return exchange ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static long rename_allowed(const struct renaming *r)
{
	const struct cred *c = &r->from.cred;
	bool dir = node_is_dir(r->source);
	long ret = may_remove(c, r->from.at, r->source, dir);

	if (ret)
		return ret;
	if (!r->target)
		ret = r->to.at->gone ? -ENOENT : may(c, r->to.at, W_OK | X_OK);
	else
		ret = may_remove(c, r->to.at, r->target,
				 r->flags & RENAME_EXCHANGE ?
				 node_is_dir(r->target) : dir);
	if (ret || r->from.at == r->to.at)
		return ret;
	/* A directory that moves gets another "..". */
	if (dir)
		ret = may(c, r->source, W_OK);
	if (!ret && (r->flags & RENAME_EXCHANGE) && node_is_dir(r->target))
		ret = may(c, r->target, W_OK);
	return ret;
}

/* The file system has renamed: what vfs remembers follows. */
static long rename_done(struct renaming *r)
{
	long ret;

	node_changed(r->from.at, false);
	node_changed(r->to.at, false);
	node_changed(r->source, false);
	/* Run again after a reset: which of them has which name is seen anew. */
	if (oplog_marked() && (r->flags & (RENAME_EXCHANGE | RENAME_WHITEOUT))) {
		node_drop_name(r->source);
		if (r->target) {
			node_drop_name(r->target);
			node_changed(r->target, false);
		}
		return 0;
	}
	if (r->target && !(r->flags & RENAME_EXCHANGE))
		name_lost(r->target, &r->to, r->keep);
	peers_lose_name(r->source, r->from.at, r->from.last, r->from.last_len);
	if (r->target && (r->flags & RENAME_EXCHANGE)) {
		peers_lose_name(r->target, r->to.at, r->to.last, r->to.last_len);
		node_changed(r->target, false);
		ret = node_set_name(r->target, r->from.at, r->from.last,
				    r->from.last_len);
		if (ret)
			node_drop_name(r->target);
	}
	ret = node_set_name(r->source, r->to.at, r->to.last, r->to.last_len);
	if (ret)
		node_drop_name(r->source);
	return 0;
}

/* `n` went from one place to another. */
static void notify_move(const struct walk *from, const struct walk *to, struct node *n)
{
	static u32 cookies;
	u32 dir = node_is_dir(n) ? IN_ISDIR : 0, cookie = ++cookies;

	notify_name(from->at, from->last, from->last_len, IN_MOVED_FROM | dir, cookie);
	notify_name(to->at, to->last, to->last_len, IN_MOVED_TO | dir, cookie);
}

static void notify_rename(struct renaming *r)
{
	if (likely(!CONTEXT->watched))
		return;
	notify_move(&r->from, &r->to, r->source);
	if (r->target && !(r->flags & RENAME_EXCHANGE))
		notify_node(r->target, IN_ATTRIB);
	notify_node(r->source, IN_MOVE_SELF);
	if (r->target && (r->flags & RENAME_EXCHANGE)) {
		notify_move(&r->to, &r->from, r->target);
		notify_node(r->target, IN_MOVE_SELF);
	}
	/* They may be in directories that are watched now. */
	files_watched(THIS_MODULE, FILES_WATCHED_SAME);
}

static long rename_nodes(struct renaming *r)
{
	char name[VFS_NAME_MAX], newname[VFS_NAME_MAX];
	long ret = rename_forms(r);

	if (ret)
		return ret;
	if (r->source == r->target)
		return 0;
	ret = rename_allowed(r);
	if (!ret && r->target)
		ret = node_load(r->target, true);
	if (ret)
		return ret;
	if (r->target && !(r->flags & RENAME_EXCHANGE))
		r->keep = keep_flag(r->target);
	last_name(&r->from, name);
	last_name(&r->to, newname);
	oplog_mark();
	ret = fs_result(FS_CALL(r->source->mount, rename, r->from.at->ino, name,
				r->to.at->ino, newname, r->flags | r->keep));
	if (ret)
		return ret;
	ret = rename_done(r);
	notify_rename(r);
	return ret;
}

static long rename_walked(struct renaming *r)
{
	long ret;

	if (r->from.at->mount != r->to.at->mount)
		return -EXDEV;
	if (r->from.last_type != LAST_NORM)
		return -EBUSY;
	if (r->to.last_type != LAST_NORM)
		return r->flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	if (mount_is_ro(r->from.at->mount))
		return -EROFS;
	ret = walk_child(&r->from, &r->source);
	if (ret)
		return ret == -ENOENT && oplog_marked() ? 0 : ret;
	ret = walk_child(&r->to, &r->target);
	if (ret == -ENOENT)
		r->target = NULL;
	if (!ret || ret == -ENOENT)
		ret = rename_nodes(r);
	if (r->target)
		node_put(r->target);
	node_put(r->source);
	return ret;
}

/* rename(2), renameat2(2): 0 or an error. */
long vfs_rename(u64 root, u64 at, const char *path, u64 newat,
		const char *newpath, u32 flags)
{
	struct renaming *r;
	long ret;

	if (flags & ~(u32)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT) ||
	    ((flags & RENAME_EXCHANGE) && flags != RENAME_EXCHANGE))
		return -EINVAL;
	if ((flags & RENAME_WHITEOUT) && cred_fsuid())
		return -EPERM;
	r = kzalloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->flags = flags;
	ret = change_begin(&r->from, root, at, path);
	if (!ret) {
		ret = walk_second(&r->to, root, newat, newpath);
		if (!ret)
			ret = rename_walked(r);
		walk_end(&r->to);
		nodes_lock();
	}
	change_end(&r->from);
	kfree(r);
	return ret;
}
SYMBOL_EXPORT(vfs_rename);
