/* SPDX-License-Identifier: MIT */
/*
 * Who watches files is told what happens to them (vfs_watch()): the events module,
 * for inotify(7). A file's directory is told of it by name as well, by the one that
 * vfs knows the file by.
 *
 * State: the watcher is a record. An event of a call that a reset of vfs interrupts
 * may come twice, or not at all.
 */
#include "internal.h"

#define WATCHER_RECORD "watcher"

static struct {
	u32 owner;		/* module; 0: nobody */
	vfs_watcher *fn;
} watcher;

/* Tells the watcher: what is watched. nodes_lock is not held. */
static u32 tell(const struct mount *m, u64 ino, u32 mask, u32 cookie, const char *name)
{
	long ret = watcher.owner ?
		   watcher.fn(LINUX_MAKEDEV(0, m->dev), ino, mask, cookie, name) : 0;

	return ret < 0 ? 0 : (u32)ret;
}

static bool is_watched(u32 mask)
{
	return unlikely(CONTEXT->watched & mask & IN_ALL_EVENTS);
}

/* Nodes_lock is held, and dropped meanwhile, with a reference to `n`. */
static u32 tell_of(struct node *n, u32 mask, u32 cookie, const char *name, u32 len)
{
	char text[VFS_NAME_MAX];
	u32 watched;

	len = MIN(len, (u32)NAME_LONGEST);
	memcpy(text, name, len);
	text[len] = 0;
	node_get(n);
	nodes_unlock();
	watched = tell(n->mount, n->ino, mask, cookie, text);
	nodes_lock();
	node_put(n);
	return watched;
}

/* Something happened to `name` in `dir`. */
void notify_name(struct node *dir, const char *name, u32 len, u32 mask, u32 cookie)
{
	if (is_watched(mask))
		tell_of(dir, mask, cookie, name, len);
}

/* Something happened to an inode, whatever its name. */
void notify_node(struct node *n, u32 mask)
{
	if (is_watched(mask))
		tell_of(n, mask | (node_is_dir(n) ? IN_ISDIR : 0), 0, "", 0);
}

/* Something happened to a file: its directory hears of it first. What is watched. */
long notify_file(struct node *n, u32 mask)
{
	struct node *dir = n->parent;
	u32 watched = 0;

	if (!is_watched(mask))
		return 0;
	mask |= node_is_dir(n) ? IN_ISDIR : 0;
	if (dir)
		watched = tell_of(dir, mask | (n->hidden ? IN_EXCL_UNLINK : 0), 0, n->name,
				  n->name_len);
	return watched | tell_of(n, mask, 0, "", 0);
}

/* An inode, or with `ino` 0 a whole file system, is there no longer. */
void notify_gone(const struct mount *m, u64 ino, u32 mask)
{
	if (unlikely(CONTEXT->watched))
		tell(m, ino, mask, 0, "");
}

/* See vfs.h. */
long vfs_notify(u64 node, u32 event)
{
	struct node *n;
	long ret;

	nodes_lock();
	ret = node_find(node, &n);
	if (!ret) {
		ret = node_load(n, false);
		if (!ret)
			ret = notify_file(n, event);
		node_put(n);
	}
	nodes_unlock();
	return ret;
}
SYMBOL_EXPORT(vfs_notify);

/* See vfs.h. */
long vfs_watch(u32 self, vfs_watcher *fn)
{
	if (watcher.owner && watcher.owner != self)
		return -EEXIST;
	watcher.fn = fn;
	watcher.owner = self;
	return record_put(THIS_MODULE, WATCHER_RECORD, &watcher, sizeof(watcher));
}
SYMBOL_EXPORT(vfs_watch);

void notify_recover(void)
{
	record_get(THIS_MODULE, WATCHER_RECORD, &watcher, sizeof(watcher));
}
