/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes (xattr(7)): the system calls, and who may do what; file systems
 * keep them.
 */
#include "calls.h"

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
	if (write && ret >= 0)
		notify_file(n, IN_ATTRIB);
	return size && ret > (long)size ? -EIO : ret;
}

/* Bytes, 0, or an error. */
static long node_xattr(u64 node, u32 what, const char *name, u32 ubuf,
		       size_t size)
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

/* ---- system calls ------------------------------------------------------- */

#define UBUF 1			/* of the value */

struct xattr_args {
	u32 what;		/* VFS_XATTR_* */
	u64 name, value, size;	/* name 0: it takes none */
	u32 flags;
};

/* Of a node that is held, or 0: a file that has none. */
static long xattr_at(u64 node, const struct xattr_args *x)
{
	u32 access = x->what == VFS_XATTR_SET ? UBUF_READ : UBUF_WRITE;
	u64 size = MIN(x->size, (u64)XATTR_SIZE_MAX);
	char name[XATTR_NAME_MAX + 1] = "";
	long n = x->what != VFS_XATTR_LIST ? string_get(x->name, name, sizeof(name)) : 1;

	if (!node)
		return -EOPNOTSUPP;
	if (x->flags & ~(u32)ALL_FLAGS)
		return -EINVAL;
	if (n <= 0 || n == sizeof(name))
		return n < 0 ? n : -ERANGE;
	if (x->size > size && x->what == VFS_XATTR_SET)
		return -E2BIG;
	n = size ? ubuf_offer(UBUF, x->value, size, access | UBUF_WHOLE) : 0;
	return n ? n : node_xattr(node, x->what | x->flags << VFS_XATTR_FLAGS_SHIFT, name,
				  size ? UBUF : 0, size);
}

static long xattr_path(u64 path, bool links, struct xattr_args x)
{
	u64 node;
	long n = node_of_path(path, links, &node);

	if (n)
		return n;
	n = xattr_at(node, &x);
	vfs_release(node);
	return n;
}

static long xattr_fd(u64 fd, struct xattr_args x)
{
	u64 node;
	long n = descriptor_node(fd, false, &node);

	return n ? n : xattr_at(node, &x);
}

#define XATTR_CALL(name, result) \
	long call_##name(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f) \
	{ \
		return result; \
	}
/* op##xattr(2) on a path, a link, a descriptor; the arguments are struct xattr_args'. */
#define XATTR_CALLS(op, ...) \
	XATTR_CALL(op##xattr, xattr_path(a, true, (struct xattr_args){ __VA_ARGS__ })) \
	XATTR_CALL(l##op##xattr, xattr_path(a, false, (struct xattr_args){ __VA_ARGS__ })) \
	XATTR_CALL(f##op##xattr, xattr_fd(a, (struct xattr_args){ __VA_ARGS__ }))

XATTR_CALLS(get, VFS_XATTR_GET, b, c, d, 0)
XATTR_CALLS(set, VFS_XATTR_SET, b, c, d, (u32)e)
XATTR_CALLS(list, VFS_XATTR_LIST, 0, b, c, 0)
XATTR_CALLS(remove, VFS_XATTR_REMOVE, b, 0, 0, 0)
