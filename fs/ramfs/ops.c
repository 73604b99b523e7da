/* SPDX-License-Identifier: MIT */
/*
 * The calls that vfs makes (fs_ops in vfs.h): one operation on the tree each.
 * Order within a change: check, allocate, write the record, change memory. vfs
 * has checked permissions and types; what would break the tree is checked again.
 */
#include "internal.h"

#define BLOCK_SIZE 4096
#define SECTORS 8		/* of 512 bytes in a block */
/* What a directory's size counts for each entry, and a link's target in place. */
#define TMPFS_ENTRY_SIZE 20
#define TMPFS_SHORT_LINK 128

static struct inode *get(u64 sb, u64 ino)
{
	struct inode *inode = inode_find(ino);

	return inode && inode->sb->id == sb ? inode : NULL;
}

/* A directory that is there and has not been removed: 0, -ESTALE, ... */
static long get_dir(u64 sb, u64 ino, struct inode **dir)
{
	*dir = get(sb, ino);
	if (!*dir)
		return -ESTALE;
	if (!S_ISDIR((*dir)->mode))
		return -ENOTDIR;
	if (!(*dir)->nlinks && ino != (*dir)->sb->root)
		return -ENOENT;
	return 0;
}

static u32 link_count(const struct inode *inode)
{
	bool root = inode->ino == inode->sb->root;

	if (!S_ISDIR(inode->mode))
		return inode->nlinks;
	return inode->nlinks || root ? 2 + inode->subdirs : 0;
}

/* Size and blocks of what has no page object: as on Linux's tmpfs and ramfs. */
static void fill_size(const struct inode *inode, struct vfs_attr *attr)
{
	bool tmpfs = inode->sb->kind != KIND_RAMFS;

	if (S_ISDIR(inode->mode))
		attr->size = tmpfs ? (inode->nentries + 2) * TMPFS_ENTRY_SIZE : 0;
	else
		attr->size = inode->target_len;
	if (inode->target_len >= TMPFS_SHORT_LINK)
		attr->blocks = SECTORS;
}

static void fill_attr(const struct inode *inode, struct vfs_attr *attr)
{
	*attr = (struct vfs_attr){
		.ino = inode->ino, .rdev = inode->rdev, .mode = inode->mode,
		.nlink = link_count(inode),
		.uid = inode->uid, .gid = inode->gid, .blksize = BLOCK_SIZE,
		.pageobj = inode->pageobj, .btime_ns = inode->btime_ns,
		.atime_ns = inode->atime_ns, .mtime_ns = inode->mtime_ns,
		.ctime_ns = inode->ctime_ns,
	};
	if (inode->sb->kind != KIND_RAMFS)
		attr->attributes_mask = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND |
					STATX_ATTR_NODUMP;
	fill_size(inode, attr);
}

static void touch(struct inode *inode)
{
	inode->mtime_ns = inode->ctime_ns = krealtime_ns();
}

/* The link that is in the inode's record, or NULL. */
static struct link *recorded_link(const struct inode *inode)
{
	struct link *l;

	list_for_each_entry(l, &inode->links, of_inode)
		if (l->id == inode->recorded_link)
			return l;
	return NULL;
}

/* Ends an inode that has no link and nobody holds. */
void inode_drop(struct inode *inode)
{
	store_inode_gone(inode);
	if (inode->pageobj)
		pageobj_release(inode->pageobj);
	inode_free(inode);
}

static long ramfs_lookup(u64 sb, u64 ino, const char *name, struct vfs_attr *attr)
{
	struct inode *dir;
	struct link *l;
	long ret;

	mutex_lock(&ramfs_lock);
	ret = get_dir(sb, ino, &dir);
	if (!ret && !strcmp(name, "..")) {
		fill_attr(dir->parent, attr);
	} else if (!ret) {
		l = link_find(dir, name, (u32)strlen(name));
		if (l)
			fill_attr(l->inode, attr);
		else
			ret = -ENOENT;
	}
	mutex_unlock(&ramfs_lock);
	return ret;
}

static long ramfs_getattr(u64 sb, u64 ino, struct vfs_attr *attr)
{
	struct inode *inode;

	mutex_lock(&ramfs_lock);
	inode = get(sb, ino);
	if (inode)
		fill_attr(inode, attr);
	mutex_unlock(&ramfs_lock);
	return inode ? 0 : -ESTALE;
}

static long set_size(struct inode *inode, u64 size)
{
	long ret = inode->pageobj ? pageobj_resize(inode->pageobj, size) : -EINVAL;

	if (!ret)
		touch(inode);
	return ret;
}

static void set_times(struct inode *inode, u32 which, const struct vfs_attr *attr)
{
	if (which & VFS_SET_ATIME)
		inode->atime_ns = attr->atime_ns;
	if (which & VFS_SET_MTIME)
		inode->mtime_ns = attr->mtime_ns;
	if (inode->pageobj && (which & VFS_SET_ATIME))
		pageobj_forget_time(inode->pageobj, true);
	if (inode->pageobj && (which & VFS_SET_MTIME))
		pageobj_forget_time(inode->pageobj, false);
}

static long ramfs_setattr(u64 sb, u64 ino, u32 which, const struct vfs_attr *attr)
{
	struct inode *inode;
	long ret = -ESTALE;

	mutex_lock(&ramfs_lock);
	inode = get(sb, ino);
	if (!inode)
		goto out;
	ret = which & VFS_SET_SIZE ? set_size(inode, attr->size) : 0;
	if (ret)
		goto out;
	if (which & VFS_SET_MODE)
		inode->mode = (inode->mode & S_IFMT) | (attr->mode & 07777);
	if (which & VFS_SET_UID)
		inode->uid = attr->uid;
	if (which & VFS_SET_GID)
		inode->gid = attr->gid;
	set_times(inode, which, attr);
	if (!(which & VFS_SET_QUIET))
		inode->ctime_ns = krealtime_ns();
	ret = store_inode(inode, recorded_link(inode));
out:
	mutex_unlock(&ramfs_lock);
	return ret;
}

/* A new name for `dir`, not in it yet: 0, -EEXIST, -ENAMETOOLONG, -ENOMEM. */
static long new_name(struct inode *dir, const char *name, struct link **out)
{
	size_t len = strnlen(name, VFS_NAME_MAX);
	struct link *l;

	if (len > NAME_LONGEST)
		return -ENAMETOOLONG;
	if (link_find(dir, name, (u32)len))
		return -EEXIST;
	l = link_new(name, (u32)len);
	if (!l)
		return -ENOMEM;
	l->seq = store_seq_next();
	l->dir = dir;
	l->pos = dir->last_pos + 1;
	*out = l;
	return 0;
}

/* Group and set-group-id bit of a new inode in a set-group-id directory. */
static void inherit_group(struct inode *inode, const struct inode *dir)
{
	if (!(dir->mode & S_ISGID))
		return;
	inode->gid = dir->gid;
	if (S_ISDIR(inode->mode))
		inode->mode |= S_ISGID;
}

/* What a new inode has besides its attributes: pages, or a target. */
static long new_content(struct inode *inode, const char *target)
{
	long obj;

	if (target) {
		inode->target = kstrdup(target);
		if (!inode->target)
			return -ENOMEM;
		inode->target_len = (u32)strlen(target);
		return store_target(inode);
	}
	if (!S_ISREG(inode->mode))
		return 0;
	obj = inode->sb->pages ? pageobj_create_in(THIS_MODULE, inode->sb->pages) :
				 pageobj_create(THIS_MODULE);
	if (obj < 0)
		return obj;
	inode->pageobj = (u32)obj;
	return 0;
}

/* Makes an inode with its first name. ramfs_lock is held. */
static long make(u64 sb, u64 ino, const char *name, u32 mode, u64 rdev,
		 const char *target, struct vfs_attr *attr)
{
	struct inode *dir, *inode;
	struct link *l;
	long ret = get_dir(sb, ino, &dir);

	if (!ret && oplog_marked()) {
		l = link_find(dir, name, (u32)strlen(name));
		if (l && attr)
			fill_attr(l->inode, attr);
		if (l)
			return 0;
	}
	if (!ret && super_full(dir->sb))
		ret = -ENOSPC;
	if (!ret)
		ret = new_name(dir, name, &l);
	if (ret)
		return ret;
	inode = inode_new(dir->sb, inode_number_next(), mode);
	if (!inode) {
		kfree(l);
		return -ENOMEM;
	}
	inode->rdev = rdev;
	inherit_group(inode, dir);
	ret = new_content(inode, target);
	oplog_mark();
	if (!ret)
		ret = store_inode(inode, l);
	if (ret) {
		inode_drop(inode);
		kfree(l);
		return ret;
	}
	link_attach(l, dir, inode, l->pos);
	touch(dir);
	if (attr)
		fill_attr(inode, attr);
	return 0;
}

/* fs_ops.tmpfile: an inode without a name, held by vfs from the start. */
static long ramfs_tmpfile(u64 id, u32 mode, struct vfs_attr *attr)
{
	struct super *sb;
	struct inode *inode;
	long ret = -ENOMEM;

	mutex_lock(&ramfs_lock);
	sb = super_find(id);
	inode = sb && !super_full(sb) ? inode_new(sb, inode_number_next(), mode) : NULL;
	if (!sb || super_full(sb))
		ret = sb ? -ENOSPC : -ESTALE;
	if (inode) {
		inode->holds = 1;
		inode->nameless = true;
		ret = new_content(inode, NULL);
		if (!ret)
			ret = store_inode(inode, NULL);
		if (ret) {
			inode->holds = 0;
			inode_drop(inode);
		} else {
			fill_attr(inode, attr);
		}
	}
	mutex_unlock(&ramfs_lock);
	return ret;
}

static long ramfs_create(u64 sb, u64 dir, const char *name, u32 mode, u64 rdev,
			 struct vfs_attr *attr)
{
	long ret;

	mutex_lock(&ramfs_lock);
	ret = make(sb, dir, name, mode, rdev, NULL, attr);
	mutex_unlock(&ramfs_lock);
	return ret;
}

static long ramfs_symlink(u64 sb, u64 dir, const char *name, const char *target)
{
	long ret;

	mutex_lock(&ramfs_lock);
	ret = make(sb, dir, name, S_IFLNK | 0777, 0, target, NULL);
	mutex_unlock(&ramfs_lock);
	return ret;
}

static long ramfs_readlink(u64 sb, u64 ino, char *buf, size_t len)
{
	struct inode *inode;
	long ret = -EINVAL;

	mutex_lock(&ramfs_lock);
	inode = get(sb, ino);
	if (inode && inode->target) {
		len = MIN(len, (size_t)inode->target_len);
		memcpy(buf, inode->target, len);
		ret = (long)len;
	}
	mutex_unlock(&ramfs_lock);
	return ret;
}

/* The first name of an inode that had none goes into its own record. */
static long store_first_link(struct inode *inode, struct link *l)
{
	long ret;

	l->id = 0;
	inode->nameless = false;
	ret = store_inode(inode, l);
	inode->nameless = ret != 0;
	return ret;
}

static long add_link(struct inode *inode, struct inode *dir, const char *name)
{
	struct link *l;
	long ret;

	if (oplog_marked()) {
		l = link_find(dir, name, (u32)strlen(name));
		if (l && l->inode == inode)
			return 0;
	}
	if (S_ISDIR(inode->mode))
		return -EPERM;
	if (!inode->nlinks && !inode->nameless)
		return -ENOENT;
	if (super_full(dir->sb))
		return -ENOSPC;
	ret = new_name(dir, name, &l);
	if (ret)
		return ret;
	l->id = inode->last_link + 1;
	l->inode = inode;
	oplog_mark();
	ret = inode->nlinks ? store_link(l) : store_first_link(inode, l);
	if (ret) {
		kfree(l);
		return ret;
	}
	link_attach(l, dir, inode, l->pos);
	inode->ctime_ns = krealtime_ns();
	touch(dir);
	return 0;
}

static long ramfs_link(u64 sb, u64 ino, u64 dir_ino, const char *name)
{
	struct inode *inode, *dir;
	long ret;

	mutex_lock(&ramfs_lock);
	inode = get(sb, ino);
	ret = inode ? get_dir(sb, dir_ino, &dir) : -ESTALE;
	if (!ret)
		ret = add_link(inode, dir, name);
	mutex_unlock(&ramfs_lock);
	return ret;
}

/*
 * Takes a link away, in the records and in memory; the last ends the inode, unless
 * vfs wants it kept: then it holds it once.
 */
static void remove_link(struct link *l, bool keep)
{
	struct inode *inode = l->inode;
	bool recorded = l->id == inode->recorded_link;
	struct link *other;

	touch(l->dir);
	link_detach(l);
	inode->ctime_ns = krealtime_ns();
	if (!inode->nlinks) {
		inode->holds += keep;
		if (inode->holds)
			store_inode(inode, NULL);
		else
			inode_drop(inode);
	} else if (recorded) {
		other = list_first_entry(&inode->links, struct link, of_inode);
		inode->recorded_link = other->id;
		store_inode(inode, other);
		store_link_gone(inode, other->id);
	} else {
		store_link_gone(inode, l->id);
	}
	kfree(l);
}

static long ramfs_unlink(u64 sb, u64 ino, const char *name, u32 flags)
{
	struct inode *dir;
	struct link *l;
	long ret;

	mutex_lock(&ramfs_lock);
	ret = get_dir(sb, ino, &dir);
	l = ret ? NULL : link_find(dir, name, (u32)strlen(name));
	if (!ret && !l)
		ret = oplog_marked() ? 0 : -ENOENT;
	else if (!ret && S_ISDIR(l->inode->mode) && !(flags & VFS_REMOVE_DIR))
		ret = -EISDIR;
	else if (!ret && !list_empty(&l->inode->entries))
		ret = -ENOTEMPTY;
	oplog_mark();
	if (!ret && l)
		remove_link(l, flags & VFS_KEEP);
	mutex_unlock(&ramfs_lock);
	return ret;
}

/* `dir` is `inode`, or lies below it. */
static bool is_below(const struct inode *dir, const struct inode *inode)
{
	while (dir != inode && dir->parent != dir)
		dir = dir->parent;
	return dir == inode;
}

/* May `l` take the place of `target` (NULL: none) in `newdir`? */
static long rename_check(const struct link *l, const struct inode *newdir,
			 const struct link *target, u32 flags)
{
	bool dir = S_ISDIR(l->inode->mode);

	if (dir && is_below(newdir, l->inode))
		return -EINVAL;
	if (!target)
		return 0;
	if (flags & RENAME_NOREPLACE)
		return -EEXIST;
	if (dir != S_ISDIR(target->inode->mode))
		return dir ? -ENOTDIR : -EISDIR;
	return list_empty(&target->inode->entries) ? 0 : -ENOTEMPTY;
}

/* Gives link `l` another name: one record, and `target` goes afterwards. */
static long move_link(struct link *l, struct inode *newdir, const char *newname,
		      struct link *target, bool keep)
{
	struct link *moved = link_new(newname, (u32)strlen(newname));
	struct inode *inode = l->inode;
	long ret;

	if (!moved)
		return -ENOMEM;
	moved->id = l->id;
	moved->seq = store_seq_next();
	moved->dir = newdir;
	moved->inode = inode;
	moved->pos = newdir->last_pos + 1;
	inode->ctime_ns = krealtime_ns();
	ret = l->id == inode->recorded_link ? store_inode(inode, moved) :
	      store_link(moved);
	if (ret) {
		kfree(moved);
		return ret;
	}
	touch(l->dir);
	touch(newdir);
	link_detach(l);
	kfree(l);
	if (target)
		remove_link(target, keep);
	link_attach(moved, newdir, inode, moved->pos);
	return 0;
}

/* Both or neither name may hang below the other's inode. */
static long exchange_check(const struct link *a, const struct link *b)
{
	if ((S_ISDIR(a->inode->mode) && is_below(b->dir, a->inode)) ||
	    (S_ISDIR(b->inode->mode) && is_below(a->dir, b->inode)))
		return -EINVAL;
	return 0;
}

/* A link like `l` in the place of `other`, not attached. NULL: no memory. */
static struct link *link_in_place_of(const struct link *l, const struct link *other)
{
	struct link *moved = link_new(other->name, other->len);

	if (moved) {
		moved->id = l->id;
		moved->seq = store_seq_next();
		moved->dir = other->dir;
		moved->inode = l->inode;
		moved->pos = other->pos;
	}
	return moved;
}

static void replace_link(struct link *old, struct link *fresh)
{
	touch(old->dir);
	fresh->inode->ctime_ns = krealtime_ns();
	link_detach(old);
	kfree(old);
}

/* Two names change what they name. */
static long exchange_links(struct link *a, struct link *b)
{
	struct link *to = link_in_place_of(a, b), *back = link_in_place_of(b, a);
	long ret = exchange_check(a, b);

	if (!ret)
		ret = to && back ? store_pair(to, back) : -ENOMEM;
	if (ret) {
		kfree(to);
		kfree(back);
		return ret;
	}
	replace_link(a, to);
	replace_link(b, back);
	link_attach(to, to->dir, to->inode, to->pos);
	link_attach(back, back->dir, back->inode, back->pos);
	return 0;
}

/* A name moves, and a character device 0:0 remains where it was. */
static long move_leaving_whiteout(struct link *l, struct inode *newdir, const char *newname,
				  struct link *target, bool keep)
{
	struct link *moved = link_new(newname, (u32)strlen(newname));
	struct inode *white = super_full(newdir->sb) ? NULL :
			      inode_new(newdir->sb, inode_number_next(), S_IFCHR);
	struct link *left = NULL;
	long ret = -ENOMEM;

	if (moved && white && !store_inode(white, NULL)) {
		moved->id = l->id;
		moved->seq = store_seq_next();
		moved->dir = newdir;
		moved->inode = l->inode;
		moved->pos = newdir->last_pos + 1;
		left = link_in_place_of(l, l);
	}
	if (left) {
		left->id = 0;
		left->inode = white;
		ret = store_pair(moved, left);
	}
	if (ret) {
		if (white)
			inode_drop(white);
		kfree(moved);
		kfree(left);
		return ret;
	}
	replace_link(l, moved);
	touch(newdir);
	if (target)
		remove_link(target, keep);
	link_attach(moved, newdir, moved->inode, moved->pos);
	link_attach(left, left->dir, white, left->pos);
	return 0;
}

static long rename_links(struct link *l, struct inode *newdir, const char *newname,
			 struct link *target, u32 flags)
{
	long ret;

	if (target && target->inode == l->inode)
		return 0;
	/* An exchange that is run again would undo itself. */
	if ((flags & (RENAME_EXCHANGE | RENAME_WHITEOUT)) && CONTEXT->rerun &&
	    store_pair_op() == CONTEXT->op)
		return 0;
	if (flags & RENAME_EXCHANGE)
		return target ? exchange_links(l, target) : -ENOENT;
	ret = rename_check(l, newdir, target, flags);
	if (ret)
		return ret;
	oplog_mark();
	return (flags & RENAME_WHITEOUT ? move_leaving_whiteout : move_link)
	       (l, newdir, newname, target, flags & VFS_KEEP);
}

static long ramfs_rename(u64 sb, u64 ino, const char *name, u64 newino,
			 const char *newname, u32 flags)
{
	struct inode *dir, *newdir;
	struct link *l, *target;
	long ret;

	if (strnlen(newname, VFS_NAME_MAX) > NAME_LONGEST)
		return -ENAMETOOLONG;
	mutex_lock(&ramfs_lock);
	ret = get_dir(sb, ino, &dir);
	if (!ret)
		ret = get_dir(sb, newino, &newdir);
	if (!ret) {
		l = link_find(dir, name, (u32)strlen(name));
		target = link_find(newdir, newname, (u32)strlen(newname));
		ret = l ? rename_links(l, newdir, newname, target, flags) :
			  oplog_marked() ? 0 : -ENOENT;
	}
	mutex_unlock(&ramfs_lock);
	return ret;
}

static bool put(struct dirents *d, const char *name, u32 len, const struct inode *inode,
		u64 next)
{
	return dirents_put(d, name, len, inode->ino, inode->mode, next);
}

static void put_entries(struct dirents *d, const struct inode *dir, u64 pos)
{
	struct link *l;

	if (pos == 0 && !put(d, ".", 1, dir, 1))
		return;
	if (pos <= 1 && !put(d, "..", 2, dir->parent, POS_FIRST))
		return;
	list_for_each_entry(l, &dir->entries, of_dir)
		if (l->pos >= pos &&
		    !put(d, l->name, l->len, l->inode, l->pos + 1))
			return;
}

static long ramfs_readdir(u64 sb, u64 ino, u64 pos, void *buf, size_t len)
{
	struct dirents d = { .buf = buf, .len = len };
	struct inode *dir;
	long ret;

	mutex_lock(&ramfs_lock);
	ret = get_dir(sb, ino, &dir);
	if (!ret) {
		put_entries(&d, dir, pos);
		ret = (long)d.done;
		/* Something is left that did not fit into an empty buffer. */
		if (!ret && pos <= dir->last_pos && !list_empty(&dir->entries) &&
		    list_last_entry(&dir->entries, struct link, of_dir)->pos >= pos)
			ret = -EINVAL;
	}
	mutex_unlock(&ramfs_lock);
	return ret;
}

static long ramfs_open(u64 sb, u64 ino, u32 oflags, struct file_open *file)
{
	struct inode *inode;
	long ret = -ESTALE;

	mutex_lock(&ramfs_lock);
	inode = get(sb, ino);
	if (inode) {
		*file = (struct file_open){
			.pageobj = inode->pageobj, .flags = FILE_SEEKABLE,
		};
		ret = inode->pageobj ? 0 : -ENXIO;
	}
	mutex_unlock(&ramfs_lock);
	return ret;
}

static long ramfs_hold(u64 sb, u64 ino, s64 count)
{
	struct inode *inode;

	mutex_lock(&ramfs_lock);
	inode = get(sb, ino);
	if (inode) {
		/* vfs forgets its holds at a reset; it may give back one less. */
		inode->holds = (u32)MAX((s64)inode->holds + count, 0);
		if (!inode->nlinks && ino != inode->sb->root) {
			if (inode->holds)
				store_inode(inode, NULL);
			else
				inode_drop(inode);
		}
	}
	mutex_unlock(&ramfs_lock);
	return inode ? 0 : -ESTALE;
}

static long ramfs_xattr(u64 sb, u64 ino, u32 what, const char *name, u32 ubuf, size_t size)
{
	struct inode *inode;
	long ret = -ESTALE;

	mutex_lock(&ramfs_lock);
	inode = get(sb, ino);
	if (inode)
		ret = xattr_do(inode, what, name, ubuf, size);
	mutex_unlock(&ramfs_lock);
	return ret;
}

static long ramfs_write_from(u64 sb, u64 ino, u64 pos, u32 src, u64 src_pos, u64 len)
{
	struct inode *inode;
	long ret = -ESTALE;

	mutex_lock(&ramfs_lock);
	inode = get(sb, ino);
	if (inode) {
		ret = inode->pageobj ? pageobj_copy(inode->pageobj, pos, src,
						    src_pos, len) : -EINVAL;
		touch(inode);
	}
	mutex_unlock(&ramfs_lock);
	return ret;
}

#define OPS(mount_fn) { \
	.mount = mount_fn, .unmount = ramfs_unmount, \
	.lookup = ramfs_lookup, .getattr = ramfs_getattr, \
	.setattr = ramfs_setattr, .create = ramfs_create, \
	.symlink = ramfs_symlink, .readlink = ramfs_readlink, \
	.link = ramfs_link, .unlink = ramfs_unlink, .rename = ramfs_rename, \
	.readdir = ramfs_readdir, .open = ramfs_open, .hold = ramfs_hold, \
	.statfs = ramfs_statfs, .write_from = ramfs_write_from, \
	.tmpfile = ramfs_tmpfile, .xattr = ramfs_xattr, \
	.remount = ramfs_remount, .options = ramfs_options, \
}

const struct fs_ops ramfs_ops = OPS(ramfs_mount);
const struct fs_ops tmpfs_ops = OPS(tmpfs_mount);
const struct fs_ops rootfs_ops = OPS(rootfs_mount);
