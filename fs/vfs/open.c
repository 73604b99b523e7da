/* SPDX-License-Identifier: MIT */
/*
 * open(2): finds or makes the file, checks, and says what the core's open file
 * stands on: the file's page object, or who the file system or the opener of
 * special files names. A directory, and what O_PATH opens, stand on nothing.
 */
#include "internal.h"

/* What O_PATH leaves of the flags. */
#define O_PATH_FLAGS (O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)
/* Of O_TMPFILE, what is not O_DIRECTORY. */
#define O_TMPFILE_BIT (O_TMPFILE & ~O_DIRECTORY)

/* Internal results: names_lock is needed; or must not be held. */
#define OPEN_AGAIN 1

struct opening {
	struct walk walk;
	u32 oflags;
	u32 mode;
	u32 resolve;
	bool locked;		/* names_lock is held: files may be made */
	bool created;
};

static u32 access_of(u32 oflags)
{
	static const u8 access[] = { R_OK, W_OK, R_OK | W_OK, R_OK | W_OK };

	if (oflags & VFS_OPEN_EXEC)
		return X_OK;
	return access[oflags & O_ACCMODE] | (oflags & O_TRUNC ? W_OK : 0);
}

/* May an entry be made in the directory where the walk is? */
long new_allowed(struct walk *w)
{
	if (w->at->gone)
		return -ENOENT;
	return may(&w->cred, w->at, W_OK | X_OK);
}

/*
 * Makes the last component of a walk, which is not there. names_lock is held.
 * 0 with a reference to the new node, or an error.
 */
long open_new(struct walk *w, u32 mode, u64 rdev, struct node **out)
{
	char name[VFS_NAME_MAX];
	struct vfs_attr attr;
	long ret = new_allowed(w);

	if (ret)
		return ret;
	memcpy(name, w->last, w->last_len);
	name[w->last_len] = 0;
	memset(&attr, 0, sizeof(attr));
	oplog_mark();
	ret = fs_result(FS_CALL(w->at->mount, create, w->at->ino, name, mode, rdev,
				&attr));
	if (ret)
		return ret;
	node_changed(w->at, false);
	ret = node_add(w->at, w->last, w->last_len, &attr, change_seq, out);
	if (!ret)
		notify_name(w->at, w->last, w->last_len,
			    IN_CREATE | (S_ISDIR(mode) ? IN_ISDIR : 0), 0);
	return ret;
}

/*
 * The last component of the walk is not there: 0 with a new file, OPEN_AGAIN: it
 * may be made, but names_lock is needed, or why not.
 */
static long open_missing(struct opening *o, struct node **out)
{
	u32 mode = (o->mode & (07777 & ~cred_umask())) | S_IFREG;
	long ret;

	if (!(o->oflags & O_CREAT))
		return -ENOENT;
	if (!o->locked)
		return OPEN_AGAIN;
	ret = open_new(&o->walk, mode, 0, out);
	o->created = !ret;
	return ret;
}

/* What is there meets the flags of making and of the path's form? */
static long open_found(struct opening *o, const struct node *n, bool slash)
{
	/* Made by this very operation, before a reset. */
	if ((o->oflags & O_CREAT) && oplog_marked() && !node_is_dir(n)) {
		o->created = true;
	} else if (o->oflags & O_CREAT) {
		if (o->oflags & O_EXCL)
			return -EEXIST;
		if (node_is_dir(n))
			return -EISDIR;
	}
	if ((slash || o->oflags & O_DIRECTORY) && !node_is_dir(n))
		return -ENOTDIR;
	if (node_is_link(n) && !(o->oflags & O_PATH))
		return -ELOOP;
	/* Opening a FIFO may wait, and names_lock must not be held then. */
	return o->locked ? OPEN_AGAIN : 0;
}

static bool open_follows(const struct opening *o)
{
	if (o->walk.slash)
		return true;
	return !(o->oflags & O_NOFOLLOW) &&
	       !((o->oflags & O_CREAT) && (o->oflags & O_EXCL));
}

/* Finds or makes the file that is opened: 0 with a reference. */
static long open_node(struct opening *o, struct node **out)
{
	struct walk *w = &o->walk;
	struct node *n;
	long ret;

	for (;;) {
		ret = walk_parent(w);
		if (ret)
			return ret;
		if (w->last_type != LAST_NORM) {
			w->slash = false;
			ret = walk_last(w, true, &n);
			if (ret)
				return ret;
			break;
		}
		if ((o->oflags & O_CREAT) && w->slash)
			return -EISDIR;
		ret = walk_child(w, &n);
		if (ret == -ENOENT)
			return open_missing(o, out);
		if (ret)
			return ret;
		if (!node_is_link(n) || !open_follows(o))
			break;
		ret = walk_follow(w, n, w->last + w->last_len);
		if (ret)
			return ret;
	}
	ret = open_found(o, n, w->slash);
	if (ret)
		node_put(n);
	else
		*out = n;
	return ret;
}

/* Type and permissions allow the opening? Order of errors as Linux's. */
static long open_allowed(const struct opening *o, struct node *n)
{
	u32 access = access_of(o->oflags);
	long ret;

	if (node_is_dir(n) && (access & W_OK))
		return -EISDIR;
	if ((S_ISCHR(n->attr.mode) || S_ISBLK(n->attr.mode)) &&
	    (n->mount->flags & MS_NODEV))
		return -EACCES;
	if (o->created)
		return 0;
	ret = may(&o->walk.cred, n, access);
	if (ret)
		return ret;
	if ((o->oflags & O_NOATIME) && o->walk.cred.uid &&
	    o->walk.cred.uid != n->attr.uid)
		return -EPERM;
	return 0;
}

static long truncate(const struct cred *c, struct node *n)
{
	struct vfs_attr attr = { .size = 0 };
	u32 which = VFS_SET_SIZE;
	long ret;

	clear_set_id(c, n, &which, &attr);
	ret = fs_result(FS_CALL(n->mount, setattr, n->ino, which, &attr));
	node_changed(n, which & VFS_SET_MODE);
	if (!ret)
		notify_file(n, IN_MODIFY);
	return ret;
}

/* What the mount says of reading the file, and of running it. */
static u32 mount_file_flags(const struct node *n)
{
	u32 flags = n->mount->flags & MS_NOSUID ? FILE_NOSUID : 0;

	if (mount_is_ro(n->mount) || (n->mount->flags & MS_NOATIME))
		return flags | FILE_NOATIME;
	return flags | (n->mount->flags & MS_STRICTATIME ? FILE_STRICTATIME : 0);
}

/* Fills `file` with what a regular file, or one of the file system's, is. */
static long open_regular(struct node *n, u32 oflags, struct file_open *file)
{
	if (node_stable(n) && S_ISREG(n->attr.mode) && n->attr.pageobj) {
		file->pageobj = n->attr.pageobj;
		file->flags = FILE_SEEKABLE | mount_file_flags(n);
		return 0;
	}
	return fs_result(FS_CALL(n->mount, open, n->ino, oflags, file));
}

static long open_file(struct opening *o, struct node *n, struct file_open *file)
{
	long ret;

	if (!node_is_dir(n) && (n->mount->type->flags & VFS_FS_OPENS))
		return fs_result(FS_CALL(n->mount, open, n->ino, o->oflags, file));
	/* Nothing here can be read but through the cache. */
	if ((o->oflags & O_DIRECT) && !S_ISFIFO(n->attr.mode))
		return -EINVAL;
	switch (n->attr.mode & S_IFMT) {
	case S_IFDIR:
		return 0;
	case S_IFREG:
		if ((o->oflags & O_TRUNC) && !o->created) {
			ret = truncate(&o->walk.cred, n);
			if (ret)
				return ret;
		}
		return open_regular(n, o->oflags, file);
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
		return special_open(n, o->oflags, file);
	default:
		return -ENXIO;
	}
}

/* A node for an inode that has no name, with a reference. */
static long nameless_node(struct mount *m, u32 mode, struct node **out)
{
	struct vfs_attr attr;
	struct node *n;
	long ret;

	if (!m->type->ops.tmpfile)
		return -EOPNOTSUPP;
	memset(&attr, 0, sizeof(attr));
	ret = fs_result(FS_CALL(m, tmpfile, mode, &attr));
	if (ret)
		return ret;
	n = attr.ino ? node_make(m, attr.ino) : NULL;
	if (!n) {
		FS_CALL(m, hold, attr.ino, -1);
		return -ENOMEM;
	}
	node_get(n);
	n->gone = n->held = true;
	ret = node_load(n, true);
	if (ret)
		node_put(n);
	else
		*out = n;
	return ret;
}

/* O_TMPFILE: a file in the directory that the path names, but without a name. */
static long open_tmpfile(struct opening *o, struct node **out)
{
	u32 mode = (o->mode & (07777 & ~cred_umask())) | S_IFREG;
	char name[16] = "#";
	struct node *dir;
	long ret = walk_parent(&o->walk);

	if (!ret)
		ret = walk_last(&o->walk, !(o->oflags & O_NOFOLLOW), &dir);
	if (ret)
		return ret;
	ret = node_is_dir(dir) ? may(&o->walk.cred, dir, W_OK | X_OK) : -ENOTDIR;
	if (!ret)
		ret = nameless_node(dir->mount, mode, out);
	node_put(dir);
	if (ret)
		return ret;
	o->created = true;
	(*out)->linkable = !(o->oflags & O_EXCL);
	/* It is shown by a number, as on Linux. */
	return node_show_name(*out, name, (u32)strlen(name));
}

static long open_path(struct opening *o, u64 root, u64 at, const char *path,
		      struct vfs_opened *opened)
{
	bool self = !*path && (o->oflags & VFS_OPEN_EXEC);
	struct node *n = NULL;
	long ret = walk_begin(&o->walk, root, at, self ? "." : path);

	o->walk.resolve = o->resolve;
	if (!ret && *path == '/' && (o->resolve & RESOLVE_BENEATH))
		ret = -EXDEV;
	if (!ret && self) {
		ret = node_load(o->walk.at, false);
		node_get(n = o->walk.at);
	} else if (!ret) {
		ret = o->oflags & O_TMPFILE_BIT ? open_tmpfile(o, &n) : open_node(o, &n);
	}
	if (!ret && !(o->oflags & O_PATH)) {
		ret = open_allowed(o, n);
		if (!ret)
			ret = open_file(o, n, &opened->file);
	}
	if (ret && n)
		node_put(n);
	if (!ret) {
		opened->node = node_number(n);
		opened->mode = n->attr.mode;
		opened->created = o->created;
	}
	walk_end(&o->walk);
	return ret;
}

static long open_flags(u32 oflags)
{
	if (!(oflags & O_TMPFILE_BIT))
		return (oflags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY) ?
		       -EINVAL : 0;
	if (!(oflags & O_DIRECTORY) || (oflags & O_CREAT) ||
	    (oflags & O_ACCMODE) == O_RDONLY)
		return -EINVAL;
	return 0;
}

/*
 * open(2). Fills `opened`, whose node is a reference: 0 or an error. Opening a
 * FIFO may wait (-EINTR); nothing is held then.
 */
long vfs_open(u64 root, u64 at, const char *path, u32 oflags, u32 mode,
	      struct vfs_opened *opened)
{
	u32 resolve = mode >> VFS_RESOLVE_SHIFT;
	struct opening o;
	bool locked = false;
	long ret;

	if (oflags & O_PATH)
		oflags &= O_PATH_FLAGS;
	ret = open_flags(oflags);
	if (ret)
		return ret;
	/* Both stay below where they start: it is the walk's root. */
	if (resolve & (RESOLVE_IN_ROOT | RESOLVE_BENEATH))
		root = at;
	do {
		o = (struct opening){ .oflags = oflags, .mode = mode, .locked = locked,
				      .resolve = resolve };
		memset(opened, 0, sizeof(*opened));
		if (locked)
			mutex_lock(&names_lock);
		ret = open_path(&o, root, at, path, opened);
		if (locked)
			mutex_unlock(&names_lock);
		locked = !locked;
	} while (ret == OPEN_AGAIN);
	return ret;
}
SYMBOL_EXPORT(vfs_open);

/* See vfs.h: as memfd_create(2) makes it, with a mode of 0777. */
long vfs_memfd(const char *name, struct vfs_opened *opened)
{
	char shown[VFS_NAME_MAX + 8] = "memfd:";
	struct mount *m;
	struct node *n = NULL;
	long ret;

	strlcpy(shown + strlen(shown), name, VFS_NAME_MAX);
	mutex_lock(&names_lock);
	nodes_lock();
	ret = mount_hidden(&m);
	if (!ret)
		ret = nameless_node(m, S_IFREG | 0777, &n);
	if (!ret)
		ret = node_show_name(n, shown, (u32)strlen(shown));
	if (!ret)
		ret = open_regular(n, O_RDWR, &opened->file);
	if (!ret) {
		opened->node = node_number(n);
		opened->mode = n->attr.mode;
		opened->created = 1;
	} else if (n) {
		node_put(n);
	}
	nodes_unlock();
	mutex_unlock(&names_lock);
	return ret;
}
SYMBOL_EXPORT(vfs_memfd);
