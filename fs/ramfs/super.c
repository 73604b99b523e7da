/* SPDX-License-Identifier: MIT */
/* Mounted instances, and the module's start. State: see store.c. */
#include <ramfs.h>

#include "internal.h"

#define ROOT_MODE 0755
#define TMPFS_ROOT_MODE 01777

struct mutex ramfs_lock = MUTEX_INIT;

static LIST_HEAD(supers);
static u32 last_id;

/* The instance of that number, or NULL. ramfs_lock is held. */
struct super *super_find(u64 id)
{
	struct super *sb;

	list_for_each_entry(sb, &supers, list)
		if (sb->id == id)
			return sb;
	return NULL;
}

/* Enters an instance in the books. NULL: no memory. */
struct super *super_add(u32 id, u64 root)
{
	struct super *sb = kzalloc(sizeof(*sb));

	if (!sb)
		return NULL;
	sb->id = id;
	sb->root = root;
	last_id = MAX(last_id, id);
	list_add_tail(&sb->list, &supers);
	return sb;
}

/* Takes it out again. */
void super_remove(struct super *sb)
{
	list_del(&sb->list);
	kfree(sb);
}

/* The value of option `key` ("mode=") in `options`, in base 8 or 10. */
static bool option(const char *options, const char *key, u32 base, u32 *value)
{
	size_t len = strlen(key);
	const char *p = options;
	u32 v = 0;

	while (strncmp(p, key, len)) {
		p = strchr(p, ',');
		if (!p++)
			return false;
	}
	for (p += len; *p >= '0' && *p < (char)('0' + base); p++)
		v = v * base + (u32)(*p - '0');
	*value = v;
	return true;
}

static void root_options(struct inode *root, const char *options)
{
	u32 mode;

	option(options, "uid=", 10, &root->uid);
	option(options, "gid=", 10, &root->gid);
	if (option(options, "mode=", 8, &mode))
		root->mode = S_IFDIR | (mode & 07777);
}

/* fs_ops.mount: a new, empty instance. */
long ramfs_mount(const char *source, const char *options, u64 flags, u64 *root)
{
	struct inode *inode;
	struct super *sb;
	u64 ino;
	u32 mode;
	long ret = -ENOMEM;

	mutex_lock(&ramfs_lock);
	ino = inode_number_next();
	mode = S_IFDIR | (list_empty(&supers) ? ROOT_MODE : TMPFS_ROOT_MODE);
	sb = super_add(last_id + 1, ino);
	if (!sb)
		goto out;
	inode = inode_new(sb, ino, mode);
	if (!inode)
		goto out_super;
	root_options(inode, options);
	ret = store_inode(inode, NULL);
	if (!ret)
		ret = store_super(sb);
	if (ret)
		goto out_inode;
	*root = ino;
	ret = sb->id;
	goto out;
out_inode:
	inode_free(inode);
out_super:
	super_remove(sb);
out:
	mutex_unlock(&ramfs_lock);
	return ret;
}

static struct super *leaving;

/* Links first: an inode is dropped when it has none left. */
static void drop_links(struct inode *inode)
{
	if (inode->sb != leaving)
		return;
	while (!list_empty(&inode->links)) {
		struct link *l = list_first_entry(&inode->links, struct link, of_inode);

		if (l->id != inode->recorded_link)
			store_link_gone(inode, l->id);
		link_detach(l);
		kfree(l);
	}
}

static void drop_inode(struct inode *inode)
{
	if (inode->sb == leaving)
		inode_drop(inode);
}

/* fs_ops.unmount: the instance goes with all that is in it. */
long ramfs_unmount(u64 id)
{
	struct super *sb;

	mutex_lock(&ramfs_lock);
	sb = super_find(id);
	if (sb) {
		store_super_gone(sb->id);
		leaving = sb;
		inodes_each(drop_links);
		inodes_each(drop_inode);
		super_remove(sb);
	}
	mutex_unlock(&ramfs_lock);
	return sb ? 0 : -ESTALE;
}

/* fs_ops.statfs: there is no limit of its own, so sizes are 0 as Linux's ramfs's. */
long ramfs_statfs(u64 id, void *buf, size_t len)
{
	struct linux_statfs fs = {
		.f_type = RAMFS_MAGIC, .f_bsize = PAGE_SIZE, .f_frsize = PAGE_SIZE,
		.f_namelen = NAME_LONGEST,
	};

	memcpy(buf, &fs, MIN(len, sizeof(fs)));
	return 0;
}

/* See ramfs.h. */
long ramfs_inodes(void)
{
	struct super *sb;
	long count = 0;

	mutex_lock(&ramfs_lock);
	list_for_each_entry(sb, &supers, list)
		count += (long)sb->inodes;
	mutex_unlock(&ramfs_lock);
	return count;
}
SYMBOL_EXPORT(ramfs_inodes);

static long ramfs_init(u32 flags)
{
	long ret;

	if (flags & INIT_RECOVERING) {
		mutex_lock(&ramfs_lock);
		store_recover();
		mutex_unlock(&ramfs_lock);
	}
	ret = vfs_register_fs(THIS_MODULE, "ramfs", VFS_FS_STABLE, &ramfs_ops);
	if (ret)
		return ret;
	return vfs_register_fs(THIS_MODULE, "tmpfs", VFS_FS_STABLE, &ramfs_ops);
}

MODULE("ramfs", .description = "file system in memory", .init = ramfs_init,
       .rank = RANK_VFS_CLIENT);
