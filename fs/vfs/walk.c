/* SPDX-License-Identifier: MIT */
/*
 * Paths and permissions. A walk goes from directory to directory up to the
 * parent of the last component (walk_parent()), which the caller then treats as
 * it must; links on the way are spliced into what is left of the path. Errors
 * and their order are Linux's (path_resolution(7)).
 *
 * All is called with nodes_lock held, which is dropped while a file system
 * looks something up.
 */
#include "internal.h"

#define LINK_SHORT 128		/* targets up to this are read into the stack */
#define PATH_SPLICED_MAX 32768	/* a link's target and the rest of the path */

/* Whom file accesses of the calling thread are checked for. */
struct cred cred_fs(void)
{
	return (struct cred){ .uid = cred_fsuid(), .gid = cred_fsgid() };
}

/* `gid` is the group, or one of the supplementary groups. */
bool cred_in_group(const struct cred *c, u32 gid)
{
	u32 n = MIN(CONTEXT->ngroups, (u32)CONTEXT_GROUPS);

	if (gid == c->gid)
		return true;
	for (u32 i = 0; i < n; i++)
		if (CONTEXT->groups[i] == gid)
			return true;
	return false;
}

/*
 * May `c` do `mask` (R_OK, W_OK, X_OK) to `n`, whose mode and owners are loaded?
 * 0, -EACCES, -EROFS.
 */
long may(const struct cred *c, const struct node *n, u32 mask)
{
	u32 mode = n->attr.mode, type = mode & S_IFMT;

	if ((mask & W_OK) && mount_is_ro(n->mount) &&
	    (type == S_IFREG || type == S_IFDIR || type == S_IFLNK))
		return -EROFS;
	if ((mask & X_OK) && type == S_IFREG && (n->mount->flags & MS_NOEXEC))
		return -EACCES;
	if (c->uid == 0) {
		if ((mask & X_OK) && type != S_IFDIR &&
		    !(mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
			return -EACCES;
		return 0;
	}
	if (c->uid == n->attr.uid)
		mode >>= 6;
	else if (cred_in_group(c, n->attr.gid))
		mode >>= 3;
	return (mode & mask) == mask ? 0 : -EACCES;
}

/* Moves a walk to `n`, whose reference it takes over. */
static void walk_to(struct walk *w, struct node *n)
{
	node_put(w->at);
	w->at = n;
}

/* Puts what is mounted on `n` in its place; references go along. */
struct node *cross_mounts(struct node *n)
{
	while (n->covering) {
		struct node *root = n->covering->root;

		node_get(root);
		node_put(n);
		n = root;
	}
	return n;
}

/*
 * Takes nodes_lock and starts a walk at the process's root or at `at`. On an
 * error, too, walk_end() must follow.
 */
long walk_begin(struct walk *w, u64 root, u64 at, const char *path)
{
	long ret;

	*w = (struct walk){ .cred = cred_fs(), .path = path };
	nodes_lock();
	if (!root_node || !*path)
		return -ENOENT;
	ret = node_find(root, &w->root);
	if (ret)
		return ret;
	if (*path == '/') {
		w->at = w->root;
		node_get(w->at);
		return 0;
	}
	return node_find(at, &w->at);
}

/* Gives back what a walk holds, and nodes_lock. */
void walk_end(struct walk *w)
{
	if (w->at)
		node_put(w->at);
	if (w->root)
		node_put(w->root);
	nodes_unlock();
	kfree(w->owned);
}

/* The walk's place must be a directory that may be searched. */
static long walk_search(struct walk *w)
{
	long ret = node_load(w->at, false);

	if (ret)
		return ret;
	return node_is_dir(w->at) ? may(&w->cred, w->at, X_OK) : -ENOTDIR;
}

/* Moves a walk to what is mounted on `n`, or to `n`. */
static long walk_across(struct walk *w, struct node *n)
{
	if (n->covering && (w->resolve & RESOLVE_NO_XDEV)) {
		node_put(n);
		return -EXDEV;
	}
	walk_to(w, cross_mounts(n));
	return 0;
}

/* "..": stops at the process's root, leaves mounts by what they cover. */
static long walk_up(struct walk *w)
{
	struct node *up;
	long ret;

	for (;;) {
		if (w->at == w->root || w->at == root_node)
			return w->resolve & RESOLVE_BENEATH ? -EXDEV : 0;
		if (w->at != w->at->mount->root)
			break;
		up = w->at->mount->covered;
		if (!up)
			return 0;
		if (w->resolve & RESOLVE_NO_XDEV)
			return -EXDEV;
		node_get(up);
		walk_to(w, up);
	}
	ret = node_parent(w->at, &up);
	if (ret)
		return ret;
	return walk_across(w, up);
}

/* Puts a link's target before `rest`: *path is allocated. */
static long splice(const char *target, size_t target_len, const char *rest, char **path)
{
	size_t rest_len = strlen(rest);

	if (target_len + rest_len >= PATH_SPLICED_MAX)
		return -ENAMETOOLONG;
	*path = kmalloc(target_len + rest_len + 1);
	if (!*path)
		return -ENOMEM;
	memcpy(*path, target, target_len);
	memcpy(*path + target_len, rest, rest_len + 1);
	return 0;
}

/* Reads a link's target and puts it before `rest`; *path is allocated. */
static long read_link(struct node *link, const char *rest, char **path)
{
	char text[LINK_SHORT], *buf = text;
	size_t size = sizeof(text);
	long len = FS_CALL(link->mount, readlink, link->ino, buf, size);

	if (len == (long)size) {
		size = VFS_PATH_MAX;
		buf = kmalloc(size);
		if (!buf)
			return -ENOMEM;
		len = FS_CALL(link->mount, readlink, link->ino, buf, size);
	}
	if (len > 0) {
		len = len < (long)size ? splice(buf, (size_t)len, rest, path) : -ENAMETOOLONG;
	} else if (len == 0) {
		len = -ENOENT;
	}
	if (buf != text)
		kfree(buf);
	return len;
}

/* An absolute path begins at the root, if the walk may leave where it is. */
static long walk_to_root(struct walk *w)
{
	if ((w->resolve & RESOLVE_BENEATH) ||
	    ((w->resolve & RESOLVE_NO_XDEV) && w->root->mount != w->at->mount))
		return -EXDEV;
	node_get(w->root);
	walk_to(w, w->root);
	return 0;
}

/*
 * The node to which a link leads directly, not by a path, with a reference: 0 or
 * VFS_OWN_INODE, -EINVAL (it has a path), or an error.
 */
long walk_target(const struct node *link, struct node **out)
{
	struct mount *m = link->mount;
	u64 target = 0;
	long ret, error;

	if (!m->type->ops.follow)
		return -EINVAL;
	ret = FS_CALL(m, follow, link->ino, &target);
	if (ret == VFS_OWN_INODE)
		target |= (u64)m->id << VFS_INO_BITS;
	else if (ret)
		return fs_result(ret);
	error = node_find(target, out);
	return error ? error : ret;
}

/* Goes where a link leads directly, if the walk may. */
static long walk_jump(struct walk *w, struct node *target)
{
	long ret = 0;

	if (w->resolve & RESOLVE_NO_MAGICLINKS)
		ret = -ELOOP;
	else if ((w->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) ||
		 ((w->resolve & RESOLVE_NO_XDEV) && target->mount != w->at->mount))
		ret = -EXDEV;
	if (ret)
		node_put(target);
	else
		walk_to(w, target);
	return ret;
}

/*
 * Goes on with a link's target and then `rest`. Takes over the reference to
 * `link`. 0, -ELOOP, or an error.
 */
long walk_follow(struct walk *w, struct node *link, const char *rest)
{
	char *path = NULL;
	struct node *target;
	long ret = w->links >= LINKS_MAX || (w->resolve & RESOLVE_NO_SYMLINKS) ?
		   -ELOOP : walk_target(link, &target);

	if (ret >= 0) {
		node_put(link);
		w->links++;
		w->path = rest;
		return walk_jump(w, target);
	}
	if (ret == -EINVAL)
		ret = read_link(link, rest, &path);
	if (!ret)
		node_accessed(link);
	node_put(link);
	if (ret)
		return ret;
	w->links++;
	kfree(w->owned);
	w->owned = path;
	w->path = path;
	return *path == '/' ? walk_to_root(w) : 0;
}

static const char *skip_slashes(const char *p)
{
	while (*p == '/')
		p++;
	return p;
}

static enum last_type component_type(const char *p, u32 len)
{
	if (p[0] != '.' || len > 2)
		return LAST_NORM;
	if (len == 1)
		return LAST_DOT;
	return p[1] == '.' ? LAST_DOTDOT : LAST_NORM;
}

/* Goes into a component that is not the last; w->path is set behind it. */
static long walk_into(struct walk *w, const char *name, u32 len)
{
	struct node *n;
	long ret;

	w->path = name + len;
	switch (component_type(name, len)) {
	case LAST_DOT:
		return 0;
	case LAST_DOTDOT:
		return walk_up(w);
	default:
		break;
	}
	ret = node_child(w->at, name, len, &n);
	if (ret)
		return ret;
	if (node_is_link(n))
		return walk_follow(w, n, w->path);
	return walk_across(w, n);
}

/*
 * Walks to the parent of the last component, which may be searched, and says
 * what the component is. 0 or an error.
 */
long walk_parent(struct walk *w)
{
	const char *name, *end;
	long ret;

	for (;;) {
		name = skip_slashes(w->path);
		if (!*name) {
			w->last_type = LAST_ROOT;
			return node_load(w->at, false);
		}
		ret = walk_search(w);
		if (ret)
			return ret;
		for (end = name; *end && *end != '/'; end++)
			;
		if (!*skip_slashes(end))
			break;
		ret = walk_into(w, name, (u32)(end - name));
		if (ret)
			return ret;
	}
	w->last = name;
	w->last_len = (u32)(end - name);
	w->last_type = component_type(name, w->last_len);
	w->slash = *end == '/';
	return 0;
}

/* The last component (LAST_NORM) itself, links not followed; referenced. */
long walk_child(struct walk *w, struct node **out)
{
	long ret = node_child(w->at, w->last, w->last_len, out);

	if (ret)
		return ret;
	if ((*out)->covering && (w->resolve & RESOLVE_NO_XDEV)) {
		node_put(*out);
		return -EXDEV;
	}
	*out = cross_mounts(*out);
	ret = node_load(*out, false);
	if (ret)
		node_put(*out);
	return ret;
}

/* After walk_parent(): the node of the last component, with a reference. */
long walk_last(struct walk *w, bool follow, struct node **out)
{
	struct node *n;
	long ret;

	for (;;) {
		if (w->last_type != LAST_NORM) {
			ret = w->last_type == LAST_DOTDOT ? walk_up(w) : 0;
			if (!ret)
				ret = node_load(w->at, false);
			if (!ret)
				node_get(*out = w->at);
			return ret;
		}
		ret = walk_child(w, &n);
		if (ret)
			return ret;
		if (!node_is_link(n) || !(follow || w->slash))
			break;
		ret = walk_follow(w, n, w->last + w->last_len);
		if (!ret)
			ret = walk_parent(w);
		if (ret)
			return ret;
	}
	if (w->slash && !node_is_dir(n)) {
		node_put(n);
		return -ENOTDIR;
	}
	*out = n;
	return 0;
}

/*
 * The node that a path names, with a reference, nodes_lock taken: the whole
 * walk. walk_end() must follow. flags: VFS_FOLLOW, VFS_EMPTY_PATH.
 */
long walk_path(struct walk *w, u64 root, u64 at, const char *path, u32 flags,
	       struct node **out)
{
	bool self = !*path && (flags & VFS_EMPTY_PATH);
	long ret = walk_begin(w, root, at, self ? "." : path);

	if (ret)
		return ret;
	if (self) {
		ret = node_load(w->at, false);
		if (!ret)
			node_get(*out = w->at);
		return ret;
	}
	ret = walk_parent(w);
	return ret ? ret : walk_last(w, flags & VFS_FOLLOW, out);
}
