/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes: all of an inode's are one blob, in memory and in one record
 * (INO.x), so a change is one store. The blob is a row of entries.
 */
#include "internal.h"

struct entry {
	u16 name_len, value_len;
	char name[];		/* then the value */
};

static u8 fresh[RECORD_MAX];	/* ramfs_lock: a blob that is being made */

static size_t entry_size(const struct entry *e)
{
	return sizeof(*e) + ALIGN_UP((size_t)e->name_len + e->value_len, 2ul);
}

static const struct entry *entry_at(const struct inode *inode, size_t at)
{
	return at < inode->xattrs_len ? (const void *)(inode->xattrs + at) : NULL;
}

static const struct entry *entry_find(const struct inode *inode, const char *name)
{
	size_t len = strlen(name), at = 0;
	const struct entry *e;

	for (; (e = entry_at(inode, at)); at += entry_size(e))
		if (e->name_len == len && !memcmp(e->name, name, len))
			return e;
	return NULL;
}

static long get(const struct inode *inode, const char *name, u32 ubuf, size_t size)
{
	const struct entry *e = entry_find(inode, name);

	if (!e)
		return -ENODATA;
	if (size && size < e->value_len)
		return -ERANGE;
	if (size && e->value_len &&
	    ubuf_write(ubuf, 0, e->name + e->name_len, e->value_len) != e->value_len)
		return -EFAULT;
	return e->value_len;
}

/* The names, each with a NUL; trusted ones are root's to see. */
static long list(const struct inode *inode, u32 ubuf, size_t size)
{
	const struct entry *e;
	size_t at = 0, done = 0;

	for (; (e = entry_at(inode, at)); at += entry_size(e)) {
		if (cred_fsuid() && !strncmp(e->name, "trusted.", 8))
			continue;
		if (size && (size - done < e->name_len + 1u ||
			     ubuf_write(ubuf, done, e->name, e->name_len) != e->name_len ||
			     ubuf_write(ubuf, done + e->name_len, "", 1) != 1))
			return size - done < e->name_len + 1u ? -ERANGE : -EFAULT;
		done += e->name_len + 1u;
	}
	return (long)done;
}

/* Copies all entries but `name` into `fresh`: their size. */
static size_t copy_others(const struct inode *inode, const char *name)
{
	const struct entry *without = entry_find(inode, name), *e;
	size_t at = 0, n = 0;

	for (; (e = entry_at(inode, at)); at += entry_size(e)) {
		if (e == without)
			continue;
		memcpy(fresh + n, e, entry_size(e));
		n += entry_size(e);
	}
	return n;
}

/* Makes the first `len` bytes of `fresh` the inode's attributes. */
static long replace(struct inode *inode, size_t len)
{
	u8 *blob = len ? kmemdup(fresh, len) : NULL;
	long ret = len && !blob ? -ENOMEM : store_xattrs(inode, fresh, len);

	if (ret) {
		kfree(blob);
		return ret;
	}
	kfree(inode->xattrs);
	inode->xattrs = blob;
	inode->xattrs_len = (u32)len;
	inode->ctime_ns = krealtime_ns();
	return 0;
}

static long set(struct inode *inode, u32 flags, const char *name, u32 ubuf, size_t size)
{
	const struct entry *old = entry_find(inode, name);
	size_t len = strlen(name), n = copy_others(inode, name);
	struct entry *e = (void *)(fresh + n);

	if (old && (flags & XATTR_CREATE))
		return oplog_marked() ? 0 : -EEXIST;
	if (!old && (flags & XATTR_REPLACE))
		return -ENODATA;
	if (n + sizeof(*e) + len + size + 1 > sizeof(fresh))
		return -ENOSPC;
	e->name_len = (u16)len;
	e->value_len = (u16)size;
	memcpy(e->name, name, len);
	if (size && ubuf_read(ubuf, 0, e->name + len, size) != (long)size)
		return -EFAULT;
	oplog_mark();
	return replace(inode, n + entry_size(e));
}

static long remove(struct inode *inode, const char *name)
{
	if (!entry_find(inode, name))
		return oplog_marked() ? 0 : -ENODATA;
	oplog_mark();
	return replace(inode, copy_others(inode, name));
}

/* See fs_ops.xattr in vfs.h. ramfs_lock is held. */
long xattr_do(struct inode *inode, u32 what, const char *name, u32 ubuf, size_t size)
{
	if (inode->sb->kind == KIND_RAMFS)
		return -EOPNOTSUPP;
	switch (what & VFS_XATTR_MASK) {
	case VFS_XATTR_GET:
		return get(inode, name, ubuf, size);
	case VFS_XATTR_SET:
		return set(inode, what >> VFS_XATTR_FLAGS_SHIFT, name, ubuf, size);
	case VFS_XATTR_LIST:
		return list(inode, ubuf, size);
	case VFS_XATTR_REMOVE:
		return remove(inode, name);
	}
	return -EINVAL;
}
