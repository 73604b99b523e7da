/* SPDX-License-Identifier: MIT */
/*
 * mount(2) and umount2(2). Each mount is private: changes of one are not passed on
 * to its peers, so MS_SHARED is not there (-ENOSYS); MS_PRIVATE and MS_SLAVE change
 * nothing, as on Linux for a private mount.
 */
#include "internal.h"

#define MOUNT_FLAGS (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | \
		     MS_NODIRATIME | MS_RELATIME)
#define ATIME_FLAGS (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME)
#define INSTANCE_FLAGS (MS_RDONLY | MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME)
#define PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)
#define UNMOUNT_FLAGS (MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW)
/* References that umount2(2) itself has: the core's and one of its own. */
#define OWN_REFERENCES 2

/* A mount on its way. */
struct mounting {
	struct node *target;	/* a reference, which the new mount takes over */
	u64 from;
	const char *source, *type, *options;
	u64 flags;
};

/* Flags of a mount from those of mount(2): relatime unless something else is said. */
static u64 mount_flags(u64 flags)
{
	u64 kept = flags & MOUNT_FLAGS;

	if (!(flags & MS_NOATIME))
		kept |= MS_RELATIME;
	if (flags & MS_STRICTATIME)
		kept = (kept & ~(u64)(MS_RELATIME | MS_NOATIME)) | MS_STRICTATIME;
	return kept;
}

/* The root of a mount must fit what it covers: both directories, or neither. */
static long fits(struct node *root, struct node *target)
{
	long ret = node_load(root, false);

	if (!ret && node_is_dir(root) != (!target || node_is_dir(target)))
		ret = -ENOTDIR;
	if (!ret && target && target->gone)
		ret = -ENOENT;
	return ret;
}

/* Attaches a new mount, or drops it with an error. */
static long finish(struct mount *m, struct node *target)
{
	long ret;

	node_get(m->root);
	ret = fits(m->root, target);
	node_put(m->root);
	if (ret)
		mount_drop(m);
	else
		mount_attach(m, target);
	return ret;
}

static bool mounted_there(const struct node *target, const struct fs_type *type, u64 sb)
{
	return target && target == target->mount->root && target->mount->sb == sb &&
	       target->mount->type == type;
}

/* A new instance of a file system, or another mount of the one there is. */
static long mount_type(const struct mounting *a)
{
	struct fs_type *type = *a->type ? fs_type_find(a->type) : NULL;
	struct mount *m = NULL;
	u64 root = 0;
	long sb, ret = -ENOMEM;

	if (!type || (a->target && (type->flags & VFS_FS_ROOT)))
		return *a->type ? -ENODEV : -EINVAL;
	nodes_unlock();
	sb = type->ops.mount(a->source, a->options, a->flags, &root);
	nodes_lock();
	if (sb <= 0 || !root || root >> VFS_INO_BITS)
		return sb < 0 ? sb : -EIO;
	if (mounted_there(a->target, type, (u64)sb))
		ret = -EBUSY;
	else
		m = mount_new(type, (u64)sb, root, a->target ? mount_flags(a->flags) : 0);
	if (!m) {
		nodes_unlock();
		type->ops.unmount((u64)sb);
		nodes_lock();
		return ret;
	}
	if (list_empty(&m->peers))
		m->sb_flags = a->flags & INSTANCE_FLAGS;
	strlcpy(m->source, *a->source ? a->source : "none", sizeof(m->source));
	strlcpy(m->options, a->options, sizeof(m->options));
	return finish(m, a->target);
}

/* A mount of what `m` shows, from inode `ino` on. NULL: no memory. */
static struct mount *clone(const struct mount *m, u64 ino)
{
	struct mount *copy = mount_new(m->type, m->sb, ino, m->flags);

	if (copy) {
		memcpy(copy->source, m->source, sizeof(m->source));
		memcpy(copy->options, m->options, sizeof(m->options));
		memcpy(copy->bound, m->bound, sizeof(m->bound));
	}
	return copy;
}

/* Notes where in its instance the root of a bind mount lies. */
static void name_root(struct mount *copy, struct node *from)
{
	char *path = kmalloc(VFS_PATH_MAX);
	long len = path ? path_build(from->mount->root, from, path, VFS_PATH_MAX - 1) : 0;
	size_t have = strlen(copy->bound);

	if (len > 1) {
		path[len] = 0;
		if (have == 1)
			have = 0;
		strlcpy(copy->bound + have, path, sizeof(copy->bound) - have);
	}
	kfree(path);
}

/* Makes a copy of mount `c` at the node of `x` that is the one it covers. */
static long copy_below(struct mount *x, struct mount *c)
{
	struct mount *copy = clone(c, c->root_ino);
	struct node *at = copy ? node_peer(c->covered, x) : NULL;

	if (copy && !at)
		at = node_make(x, c->covered->ino);
	if (!at) {
		if (copy)
			mount_drop(copy);
		return -ENOMEM;
	}
	node_get(at);
	copy->origin = c;
	mount_attach(copy, at);
	return 0;
}

/* Copies what is mounted below `from` to below its copy `first` (MS_REC). */
static long copy_tree(struct mount *first, struct node *from)
{
	struct mount *x, *c;
	long ret = 0;

	first->origin = from->mount;
	/* Copies are added at the end of the list: they have their turn, too. */
	list_for_each_entry(x, &mounts, list) {
		if (!x->origin)
			continue;
		list_for_each_entry(c, &mounts, list) {
			if (ret || c->origin || !c->covered ||
			    c->covered->mount != x->origin ||
			    (c->flags & MS_UNBINDABLE) ||
			    (x == first && !node_is_ancestor(from, c->covered)))
				continue;
			ret = copy_below(x, c);
		}
	}
	list_for_each_entry(x, &mounts, list)
		x->origin = NULL;
	return ret;
}

/* MS_BIND: what is at `from` is seen at the target, too. */
static long mount_bind(const struct mounting *a, struct node *from)
{
	struct mount *m;
	long ret;

	if (from->mount->detached || (from->mount->flags & MS_UNBINDABLE))
		return -EINVAL;
	m = clone(from->mount, from->ino);
	if (!m)
		return -ENOMEM;
	name_root(m, from);
	ret = finish(m, a->target);
	if (!ret && (a->flags & MS_REC) && copy_tree(m, from))
		pr_warn("no memory for all mounts of a recursive bind");
	return ret;
}

/* MS_MOVE: the mount whose root is `from` goes to the target. */
static long mount_elsewhere(const struct mounting *a, struct node *from)
{
	struct mount *m = from->mount, *up = a->target->mount;

	if (from != m->root || !m->covered)
		return -EINVAL;
	if (node_is_dir(from) != node_is_dir(a->target))
		return -EINVAL;
	for (; up; up = up->covered ? up->covered->mount : NULL)
		if (up == m)
			return -ELOOP;
	mount_move(m, a->target);
	return 0;
}

static long mount_from(const struct mounting *a)
{
	struct node *from;
	long ret = *a->source ? node_find(a->from, &from) : -EINVAL;

	if (ret)
		return ret;
	ret = node_load(from, false);
	if (!ret)
		ret = a->flags & MS_BIND ? mount_bind(a, from) : mount_elsewhere(a, from);
	node_put(from);
	return ret;
}

/* Flags and options of the instance: all its mounts have them. */
static long remount_instance(struct mount *m, const struct mounting *a)
{
	struct mount *peer;
	long ret = 0;

	if (m->type->ops.remount)
		ret = fs_result(FS_CALL(m, remount, a->options));
	if (ret)
		return ret;
	m->sb_flags = a->flags & INSTANCE_FLAGS;
	for_each_peer(peer, m) {
		peer->sb_flags = m->sb_flags;
		if (!peer->detached)
			mount_save(peer);
	}
	return 0;
}

/* MS_REMOUNT: of the mount alone with MS_BIND, else of its instance, too. */
static long remount(const struct mounting *a)
{
	struct mount *m = a->target->mount;
	u64 flags = mount_flags(a->flags);
	long ret = 0;

	if (a->target != m->root || m->detached)
		return -EINVAL;
	if ((a->flags & MS_RDONLY) && !mount_is_ro(m)) {
		bool written;

		nodes_unlock();
		written = mount_is_written(m, !(a->flags & MS_BIND));
		nodes_lock();
		if (written)
			return -EBUSY;
	}
	if (!(a->flags & ATIME_FLAGS))
		flags = (flags & ~(u64)ATIME_FLAGS) | (m->flags & ATIME_FLAGS);
	if (!(a->flags & MS_BIND))
		ret = remount_instance(m, a);
	if (ret)
		return ret;
	m->flags = flags | (m->flags & MS_UNBINDABLE);
	mount_save(m);
	return 0;
}

/* MS_PRIVATE and its like. */
static long change_type(const struct mounting *a)
{
	u64 type = a->flags & ~(u64)(MS_REC | MS_SILENT);
	struct mount *m = a->target->mount;

	if ((type & (type - 1)) || (type & ~(u64)PROPAGATION) || a->target != m->root)
		return -EINVAL;
	if (type == MS_SHARED)
		return -ENOSYS;
	if (type != MS_SLAVE)
		m->flags = (m->flags & ~(u64)MS_UNBINDABLE) | (type & MS_UNBINDABLE);
	mount_save(m);
	return 0;
}

/* Does what the flags say. *taken: a mount has the target's reference now. */
static long mount_any(const struct mounting *a, bool *taken)
{
	long ret;

	*taken = false;
	if (a->flags & MS_REMOUNT)
		return remount(a);
	if (!(a->flags & MS_BIND) && (a->flags & PROPAGATION))
		return change_type(a);
	ret = a->flags & (MS_BIND | MS_MOVE) ? mount_from(a) : mount_type(a);
	*taken = !ret;
	return ret;
}

/* What mount(2) acts on: the topmost mount there, but for MS_REMOUNT the one seen. */
static long target_find(struct mounting *a, u64 node)
{
	long ret;

	if (!root_node)
		return 0;
	ret = node_find(node, &a->target);
	if (ret)
		return ret;
	if (!(a->flags & MS_REMOUNT))
		a->target = cross_mounts(a->target);
	return node_load(a->target, false);
}

/* mount(2): 0 or an error (vfs.h). */
long vfs_mount(u64 node, u64 from, const char *source, const char *type, u64 flags,
	       const char *options)
{
	struct mounting a = { .from = from, .source = source, .type = type,
			      .options = options };
	bool taken = false;
	long ret;

	if (cred_euid())
		return -EPERM;
	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~(u64)MS_MGC_MSK;
	a.flags = flags;
	mutex_lock(&names_lock);
	nodes_lock();
	ret = target_find(&a, node);
	if (mount_was_done())
		ret = 0;
	else if (!ret)
		ret = a.target || node == VFS_ROOT ? mount_any(&a, &taken) : -ENOENT;
	if (a.target && !taken)
		node_put(a.target);
	nodes_unlock();
	mutex_unlock(&names_lock);
	return ret;
}
SYMBOL_EXPORT(vfs_mount);

/* Unmounts what has its root at `n`. */
static long unmount_node(struct node *n, u32 flags)
{
	struct mount *m = n->mount;

	if (n != m->root || !m->covered)
		return -EINVAL;
	if (m->users > OWN_REFERENCES && !(flags & MNT_DETACH))
		return -EBUSY;
	if ((flags & MNT_EXPIRE) && !m->expires) {
		m->expires = true;
		return -EAGAIN;
	}
	oplog_mark();
	mount_detach(m);
	return 0;
}

/* umount2(2): 0, -EBUSY (MNT_DETACH does it all the same), -EINVAL, ... */
long vfs_unmount(u64 node, u32 flags)
{
	struct node *n;
	long ret;

	if (cred_euid())
		return -EPERM;
	if ((flags & ~(u32)UNMOUNT_FLAGS) ||
	    ((flags & MNT_EXPIRE) && (flags & (MNT_FORCE | MNT_DETACH))))
		return -EINVAL;
	mutex_lock(&names_lock);
	nodes_lock();
	ret = node_find(node, &n);
	if (!ret) {
		ret = unmount_node(n, flags);
		node_put(n);
	} else if (ret == -ESTALE && oplog_marked()) {
		ret = 0;
	}
	nodes_unlock();
	mutex_unlock(&names_lock);
	return ret;
}
SYMBOL_EXPORT(vfs_unmount);

/* `up` is `m`, or `m` is mounted below it. */
static bool mount_is_below(const struct mount *m, const struct mount *up)
{
	for (; m; m = m->covered ? m->covered->mount : NULL)
		if (m == up)
			return true;
	return false;
}

static long pivot_allowed(const struct node *root, const struct node *to,
			  const struct node *old)
{
	if (!node_is_dir(to) || !node_is_dir(old))
		return -ENOTDIR;
	if (to->gone)
		return -ENOENT;
	if (to->mount == root->mount || old->mount == root->mount)
		return -EBUSY;
	if (root != root->mount->root || !root->mount->covered ||
	    to != to->mount->root || !to->mount->covered ||
	    !mount_is_below(old->mount, to->mount) ||
	    (old->mount == to->mount && !node_is_ancestor(to, old)) ||
	    !mount_is_below(to->mount, root->mount))
		return -EINVAL;
	return 0;
}

static long pivot(struct node *root, struct node *to, struct node *old)
{
	long ret = node_load(to, false);
	struct node *place;

	if (!ret)
		ret = node_load(old, false);
	if (!ret)
		ret = pivot_allowed(root, to, old);
	if (ret)
		return ret;
	place = root->mount->covered;
	node_get(place);
	node_get(old);
	mount_move(root->mount, old);
	mount_move(to->mount, place);
	return 0;
}

/* pivot_root(2): 0 or an error (vfs.h). */
long vfs_pivot(u64 root, u64 to, u64 old)
{
	struct node *n[3] = { NULL };
	u64 numbers[3] = { root, to, old };
	long ret = 0;

	mutex_lock(&names_lock);
	nodes_lock();
	for (u32 i = 0; i < ARRAY_SIZE(n) && !ret; i++)
		ret = node_find(numbers[i], &n[i]);
	if (!ret && !(CONTEXT->rerun && n[1]->mount->op == CONTEXT->op))
		ret = pivot(n[0], n[1], n[2]);
	for (u32 i = 0; i < ARRAY_SIZE(n); i++)
		if (n[i])
			node_put(n[i]);
	nodes_unlock();
	mutex_unlock(&names_lock);
	return ret;
}
SYMBOL_EXPORT(vfs_pivot);
