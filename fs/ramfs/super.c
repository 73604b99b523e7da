/* SPDX-License-Identifier: MIT */
/* Mounted instances, and the module's start. State: see store.c. */
#include <printf.h>
#include <ramfs.h>

#include "internal.h"

#define ROOT_MODE 0755
#define TMPFS_ROOT_MODE 01777
#define OPTIONS_MAX 256

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

static void super_set(struct super *sb, const struct super *options)
{
	sb->kind = options->kind;
	sb->max_inodes = options->max_inodes;
	sb->max_pages = options->max_pages;
	sb->mode = options->mode;
	sb->uid = options->uid;
	sb->gid = options->gid;
}

/* Takes it out again. */
static void super_remove(struct super *sb)
{
	list_del(&sb->list);
	kfree(sb);
}

/* No further inode or name fits. */
bool super_full(const struct super *sb)
{
	return sb->max_inodes && sb->inodes >= sb->max_inodes;
}

static u64 memory_pages(void)
{
	return CONTEXT->memory_kib / (PAGE_SIZE / 1024);
}

/*
 * Makes a new, empty instance. `sb` has its options; its books are made here.
 * ramfs_lock is held. Its number, or an error.
 */
static long instance_new(const struct super *options, u64 *root)
{
	u64 ino = inode_number_next();
	struct super *sb = super_add(last_id + 1, ino);
	struct inode *inode = NULL;
	long ret = -ENOMEM;

	if (!sb)
		return ret;
	super_set(sb, options);
	sb->op = CONTEXT->op;
	if (sb->kind != KIND_RAMFS) {
		ret = pageobj_create(THIS_MODULE);
		if (ret > 0)
			sb->pages = (u32)ret;
		if (ret > 0)
			ret = pageobj_limit(sb->pages, sb->max_pages);
		if (ret < 0)
			goto fail;
	}
	inode = inode_new(sb, ino, S_IFDIR | sb->mode);
	ret = -ENOMEM;
	if (!inode)
		goto fail;
	inode->uid = sb->uid;
	inode->gid = sb->gid;
	ret = store_inode(inode, NULL);
	if (!ret)
		ret = store_super(sb);
	if (ret)
		goto fail;
	*root = ino;
	return sb->id;
fail:
	if (inode)
		inode_free(inode);
	if (sb->pages)
		pageobj_release(sb->pages);
	super_remove(sb);
	return ret;
}

/* The instance that this operation made before a reset, or NULL. */
static struct super *made_before(void)
{
	struct super *sb;

	if (CONTEXT->rerun && CONTEXT->op)
		list_for_each_entry(sb, &supers, list)
			if (sb->op == CONTEXT->op)
				return sb;
	return NULL;
}

static long instance_mount(struct super *options, u64 *root)
{
	struct super *sb;
	long ret;

	mutex_lock(&ramfs_lock);
	sb = made_before();
	if (sb)
		*root = sb->root;
	ret = sb ? (long)sb->id : instance_new(options, root);
	mutex_unlock(&ramfs_lock);
	return ret;
}

/* fs_ops.mount of ramfs: no limits; of the options only "mode" counts. */
long ramfs_mount(const char *source, const char *options, u64 flags, u64 *root)
{
	struct super o = { .kind = KIND_RAMFS, .mode = ROOT_MODE, .uid = cred_fsuid(),
			   .gid = cred_fsgid() };
	struct super given = o;
	u32 seen;

	if (!options_parse(options, &given, &seen))
		o.mode = given.mode;
	return instance_mount(&o, root);
}

/* fs_ops.mount of the root of the name space: may take all of memory. */
long rootfs_mount(const char *source, const char *options, u64 flags, u64 *root)
{
	struct super o = { .kind = KIND_ROOTFS, .mode = ROOT_MODE,
			   .max_pages = memory_pages(), .max_inodes = memory_pages() };

	return instance_mount(&o, root);
}

/* fs_ops.mount of tmpfs: by default it may take half of memory. */
long tmpfs_mount(const char *source, const char *options, u64 flags, u64 *root)
{
	struct super o = { .kind = KIND_TMPFS, .mode = TMPFS_ROOT_MODE,
			   .max_pages = memory_pages() / 2,
			   .max_inodes = memory_pages() / 2,
			   .uid = cred_fsuid(), .gid = cred_fsgid() };
	u32 seen;
	long ret = options_parse(options, &o, &seen);

	return ret ? ret : instance_mount(&o, root);
}

/* May the limits be changed to those of `o`? */
static long limits_allowed(const struct super *sb, const struct super *o, u32 seen)
{
	if ((seen & SEEN_PAGES) && o->max_pages &&
	    (!sb->max_pages || pageobj_limit(sb->pages, PAGEOBJ_LIMIT_ASK) >
			       (long)o->max_pages))
		return -EINVAL;
	if ((seen & SEEN_INODES) && o->max_inodes &&
	    (!sb->max_inodes || sb->inodes > o->max_inodes))
		return -EINVAL;
	return 0;
}

/* fs_ops.remount: other limits, which must be no smaller than what is used. */
long ramfs_remount(u64 id, const char *options)
{
	struct super o = { 0 }, *sb;
	u32 seen;
	long ret;

	mutex_lock(&ramfs_lock);
	sb = super_find(id);
	if (!sb || sb->kind != KIND_TMPFS) {
		mutex_unlock(&ramfs_lock);
		return sb ? 0 : -ESTALE;
	}
	ret = options_parse(options, &o, &seen);
	if (!ret)
		ret = limits_allowed(sb, &o, seen);
	if (!ret && (seen & SEEN_PAGES))
		sb->max_pages = o.max_pages;
	if (!ret && (seen & SEEN_INODES))
		sb->max_inodes = o.max_inodes;
	if (!ret)
		ret = store_super(sb);
	if (!ret)
		ret = MIN(pageobj_limit(sb->pages, sb->max_pages), 0l);
	mutex_unlock(&ramfs_lock);
	return ret;
}

static const char *options_text(const struct super *sb, char *buf, size_t len)
{
	u64 usual = memory_pages() / 2;
	size_t n = 0;

	if (sb->max_pages != usual)
		n += (size_t)scnprintf(buf + n, len - n, "size=%luk,",
				       sb->max_pages * (PAGE_SIZE / 1024));
	if (sb->max_inodes != usual)
		n += (size_t)scnprintf(buf + n, len - n, "nr_inodes=%lu,", sb->max_inodes);
	if (sb->mode != TMPFS_ROOT_MODE)
		n += (size_t)scnprintf(buf + n, len - n, "mode=%03o,", sb->mode);
	if (sb->uid)
		n += (size_t)scnprintf(buf + n, len - n, "uid=%u,", sb->uid);
	if (sb->gid)
		n += (size_t)scnprintf(buf + n, len - n, "gid=%u,", sb->gid);
	scnprintf(buf + n, len - n, "inode64");
	return buf;
}

/* fs_ops.options: what /proc/mounts says of a tmpfs. */
long ramfs_options(u64 id, char *buf, size_t len)
{
	char text[OPTIONS_MAX] = "";
	struct super *sb;
	size_t n;

	mutex_lock(&ramfs_lock);
	sb = super_find(id);
	if (sb && sb->kind == KIND_TMPFS)
		options_text(sb, text, sizeof(text));
	else if (sb && sb->kind == KIND_RAMFS && sb->mode != ROOT_MODE)
		scnprintf(text, sizeof(text), "mode=%o", sb->mode);
	mutex_unlock(&ramfs_lock);
	n = MIN(strlen(text), len);
	memcpy(buf, text, n);
	return (long)n;
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
		if (sb->pages)
			pageobj_release(sb->pages);
		super_remove(sb);
	}
	mutex_unlock(&ramfs_lock);
	return sb ? 0 : -ESTALE;
}

/* fs_ops.statfs: limits and use of a tmpfs; a ramfs has no figures, as on Linux. */
long ramfs_statfs(u64 id, void *buf, size_t len)
{
	struct linux_statfs fs = {
		.f_type = RAMFS_MAGIC, .f_bsize = PAGE_SIZE, .f_frsize = PAGE_SIZE,
		.f_namelen = NAME_LONGEST,
	};
	struct super *sb;
	u64 used;

	mutex_lock(&ramfs_lock);
	sb = super_find(id);
	if (sb && sb->kind != KIND_RAMFS) {
		fs.f_type = TMPFS_MAGIC;
		used = (u64)MAX(pageobj_limit(sb->pages, PAGEOBJ_LIMIT_ASK), 0l);
		fs.f_blocks = sb->max_pages;
		fs.f_bfree = fs.f_bavail = sb->max_pages - MIN(sb->max_pages, used);
		fs.f_files = sb->max_inodes;
		fs.f_ffree = sb->max_inodes - MIN(sb->max_inodes, sb->inodes);
	}
	mutex_unlock(&ramfs_lock);
	memcpy(buf, &fs, MIN(len, sizeof(fs)));
	return sb ? 0 : -ESTALE;
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
	long ret = oplog_start();

	if (ret)
		return ret;
	if (flags & INIT_RECOVERING) {
		mutex_lock(&ramfs_lock);
		store_recover();
		mutex_unlock(&ramfs_lock);
	}
	ret = vfs_register_fs(THIS_MODULE, "rootfs", VFS_FS_STABLE | VFS_FS_ROOT,
			      &rootfs_ops);
	if (!ret)
		ret = vfs_register_fs(THIS_MODULE, "ramfs", VFS_FS_STABLE, &ramfs_ops);
	if (!ret)
		ret = vfs_register_fs(THIS_MODULE, "tmpfs", VFS_FS_STABLE, &tmpfs_ops);
	return ret;
}

MODULE("ramfs", .description = "file system in memory", .init = ramfs_init,
       .rank = RANK_VFS_CLIENT);
