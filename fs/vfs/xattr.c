/* SPDX-License-Identifier: MIT */
/* Extended attributes (xattr(7)): who may do what; file systems keep them. */
#include "internal.h"

#define ALL_FLAGS (XATTR_CREATE | XATTR_REPLACE)
#define TRUSTED "trusted."
#define SECURITY "security."
#define ACL "system.posix_acl_"

static bool has_prefix(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

/* May the attribute be asked for, or (`write`) changed? */
static long name_allowed(const char *name, bool write)
{
	bool trusted = has_prefix(name, TRUSTED);

	/* Access control lists are not there: files have none, and get none. */
	if (has_prefix(name, ACL))
		return write ? -EOPNOTSUPP : -ENODATA;
	if (!trusted && !has_prefix(name, SECURITY))
		return -EOPNOTSUPP;
	if (!name[strlen(trusted ? TRUSTED : SECURITY)])
		return -EINVAL;
	if (cred_fsuid() && (trusted || write))
		return write ? -EPERM : -ENODATA;
	return 0;
}

static long do_xattr(struct node *n, u32 what, const char *name, u32 ubuf, size_t size)
{
	u32 call = what & VFS_XATTR_MASK;
	bool write = call == VFS_XATTR_SET || call == VFS_XATTR_REMOVE;
	long ret;

	if ((what >> VFS_XATTR_FLAGS_SHIFT) & ~(u32)ALL_FLAGS)
		return -EINVAL;
	if (write && mount_is_ro(n->mount))
		return -EROFS;
	if (!n->mount->type->ops.xattr)
		return call == VFS_XATTR_LIST ? 0 : -EOPNOTSUPP;
	ret = call == VFS_XATTR_LIST ? 0 : name_allowed(name, write);
	if (ret)
		return ret;
	oplog_mark();
	ret = FS_CALL(n->mount, xattr, n->ino, what, name, ubuf, size);
	if (write)
		node_changed(n, false);
	return size && ret > (long)size ? -EIO : ret;
}

/* See vfs.h: bytes, 0, or an error. */
long vfs_xattr(u64 node, u32 what, const char *name, u32 ubuf, size_t size)
{
	struct node *n;
	long ret;

	nodes_lock();
	ret = node_find(node, &n);
	if (!ret) {
		ret = node_load(n, false);
		if (!ret)
			ret = do_xattr(n, what, name, ubuf, size);
		node_put(n);
	}
	nodes_unlock();
	return ret;
}
SYMBOL_EXPORT(vfs_xattr);
