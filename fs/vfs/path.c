/* SPDX-License-Identifier: MIT */
/*
 * From a node to its path: getcwd(2) and /proc/mounts. A node that was found
 * by number has no name: its directory is read until its inode turns up.
 */
#include "internal.h"

#define SCAN_BUFFER 1024
#define DEPTH_MAX 2048

/* The entry of inode `ino` in one buffer of a directory, or NULL. */
static const struct vfs_dirent *scan(const u8 *buf, size_t len, u64 ino, u64 *pos)
{
	size_t off = 0;

	while (len - off >= sizeof(struct vfs_dirent)) {
		const struct vfs_dirent *d = (const void *)(buf + off);

		if (d->reclen <= offsetof(struct vfs_dirent, name) ||
		    d->reclen > len - off)
			break;
		*pos = d->next;
		if (d->ino == ino && strcmp(d->name, ".") && strcmp(d->name, ".."))
			return d;
		off += d->reclen;
	}
	return NULL;
}

/* Gives `n` its name in `dir` by reading the directory: 0, -ENOENT, errors. */
static long find_name(struct node *dir, struct node *n)
{
	u8 *buf = kmalloc(SCAN_BUFFER);
	const struct vfs_dirent *d;
	u64 pos = 0, before;
	long ret = -ENOENT;

	if (!buf)
		return -ENOMEM;
	do {
		before = pos;
		ret = FS_CALL(dir->mount, readdir, dir->ino, pos, buf,
			      (size_t)SCAN_BUFFER);
		if (ret <= 0 || ret > SCAN_BUFFER) {
			ret = ret < 0 ? ret : -ENOENT;
			break;
		}
		d = scan(buf, (size_t)ret, n->ino, &pos);
		ret = d ? node_set_name(n, dir, d->name,
					(u32)strnlen(d->name, NAME_LONGEST)) :
			  -EAGAIN;
	} while (ret == -EAGAIN && pos != before);
	kfree(buf);
	return ret == -EAGAIN ? -ENOENT : ret;
}

/* Makes sure that `n`, not the root of a mount, knows its parent and name. */
static long know_name(struct node *n)
{
	struct node *dir;
	long ret;

	if (n->parent || n->hidden)
		return 0;
	ret = node_load(n, false);
	if (!ret && !node_is_dir(n))
		ret = -ENOENT;
	if (!ret)
		ret = node_parent(n, &dir);
	if (ret)
		return ret;
	ret = find_name(dir, n);
	node_put(dir);
	return ret;
}

/* Puts "/NAME" before what is in buf from *at on. */
static long put_name(const struct node *n, char *buf, size_t *at)
{
	if (*at < n->name_len + 1)
		return -ERANGE;
	*at -= n->name_len;
	memcpy(buf + *at, n->name, n->name_len);
	buf[--*at] = '/';
	return 0;
}

/*
 * Writes the path of `n` as seen from `root` to the end of `buf`, backwards.
 * Returns where it begins, or an error; "(unreachable)" is before a path that
 * does not lead to `root`, as with Linux. nodes_lock is held; may drop it.
 */
static long build_back(struct node *root, struct node *n, char *buf, size_t len)
{
	static const char unreachable[] = "(unreachable)";
	size_t at = len, extra = 0;
	long ret = 0;

	node_get(n);
	for (int depth = 0; n != root && !extra; depth++) {
		struct node *up = n->mount->covered;

		if (n != n->mount->root) {
			ret = depth < DEPTH_MAX ? know_name(n) : -ELOOP;
			if (!ret)
				ret = put_name(n, buf, &at);
			if (ret)
				break;
			up = n->parent;
			/* A file that never had a name: it has one for show. */
			if (!up)
				break;
		} else if (!up) {
			extra = sizeof(unreachable) - 1;
			break;
		}
		node_get(up);
		node_put(n);
		n = up;
	}
	node_put(n);
	if (ret)
		return ret;
	if (at == len) {
		if (!at)
			return -ERANGE;
		buf[--at] = '/';
	}
	if (at < extra)
		return -ERANGE;
	memcpy(buf + at - extra, unreachable, extra);
	return (long)(at - extra);
}

/* Path of `n` below `root` in `buf`, no NUL: its length, -ERANGE, -ENOENT. */
long path_build(struct node *root, struct node *n, char *buf, size_t len)
{
	long at = build_back(root, n, buf, len);

	if (at < 0)
		return at;
	memmove(buf, buf + at, len - (size_t)at);
	return (long)len - at;
}

/* Path of `n` as links in /proc show it, no NUL: its length, or an error. */
long path_shown(struct node *root, struct node *n, char *buf, size_t len)
{
	static const char deleted[] = " (deleted)";
	long ret = path_build(root, n, buf, len);

	if (ret >= 0 && n->gone && len - (size_t)ret >= sizeof(deleted) - 1) {
		memcpy(buf + ret, deleted, sizeof(deleted) - 1);
		ret += (long)sizeof(deleted) - 1;
	}
	return ret;
}

static long path_of(u64 root, u64 node, bool shown, char *buf, size_t len)
{
	struct node *r = NULL, *n = NULL;
	long ret;

	nodes_lock();
	ret = node_find(root, &r);
	if (!ret)
		ret = node_find(node, &n);
	if (!ret && shown)
		ret = path_shown(r, n, buf, len);
	else if (!ret)
		ret = n->gone ? -ENOENT : path_build(r, n, buf, len);
	if (ret >= 0 && (size_t)ret < len)
		buf[ret] = 0;
	if (n)
		node_put(n);
	if (r)
		node_put(r);
	nodes_unlock();
	return ret;
}

/* Absolute path of a node below `root`: bytes without NUL, or an error. */
long vfs_path(u64 root, u64 node, char *buf, size_t len)
{
	return path_of(root, node, false, buf, len);
}
SYMBOL_EXPORT(vfs_path);

/* The same as links in /proc show it (vfs.h). */
long vfs_path_shown(u64 root, u64 node, char *buf, size_t len)
{
	return path_of(root, node, true, buf, len);
}
SYMBOL_EXPORT(vfs_path_shown);
