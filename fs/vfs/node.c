/* SPDX-License-Identifier: MIT */
/*
 * Nodes: found by number, and by (parent, name) where the file system lets
 * vfs remember names. A node that nobody uses stays for a while; at most
 * UNUSED_MAX of them do. Nodes that are freed and mounts that lost their last
 * node may owe their file system a call: it is made when nodes_lock is let go.
 *
 * All but nodes_lock() is called with nodes_lock held.
 */
#include <hash.h>

#include "internal.h"

#define TABLE_BITS 9
#define TABLE_SIZE (1u << TABLE_BITS)
#define UNUSED_MAX 512
/* No path is deeper; bounds walks up, should a file system give a circle. */
#define DEPTH_MAX 2048
/* What Linux's vfs says to know of each file (statx(2)). */
#define ATTR_MASK (STATX_ATTR_AUTOMOUNT | STATX_ATTR_MOUNT_ROOT | STATX_ATTR_DAX)
#define INO_MASK ((1ull << VFS_INO_BITS) - 1)

static struct mutex lock = MUTEX_INIT;
static struct node *by_number[TABLE_SIZE];
static struct node *by_name[TABLE_SIZE];
static LIST_HEAD(unused);		/* oldest first */
static u32 unused_count;
static LIST_HEAD(dead_nodes);		/* held by their file system, or watched */
static LIST_HEAD(dead_mounts);

struct node *root_node;
u64 change_seq;

void nodes_lock(void)
{
	mutex_lock(&lock);
}

static void node_finish(struct node *n)
{
	struct mount *m = n->mount;

	if (--m->nodes == 0 && m->detached) {
		list_del(&m->list);
		list_add_tail(&m->list, &dead_mounts);
	}
	if (n->name != n->name_inline)
		kfree(n->name);
	kfree(n);
}

/* Another mount of the instance has a node of the inode. */
static bool has_peer(const struct node *n)
{
	struct mount *m;

	for_each_peer(m, n->mount)
		if (node_peer(n, m))
			return true;
	return false;
}

/* Makes one of the calls that are owed. Drops the lock meanwhile. */
static void settle_one(void)
{
	if (!list_empty(&dead_nodes)) {
		struct node *n = list_first_entry(&dead_nodes, struct node, lru);

		bool gone = n->gone && !has_peer(n);

		list_del(&n->lru);
		mutex_unlock(&lock);
		if (gone)
			notify_gone(n->mount, n->ino, IN_DELETE_SELF);
		if (n->held)
			n->mount->type->ops.hold(n->mount->sb, n->ino, -1);
		mutex_lock(&lock);
		node_finish(n);
	} else {
		struct mount *m = list_first_entry(&dead_mounts, struct mount, list);
		bool last = list_empty(&m->peers);

		list_del(&m->list);
		list_del(&m->peers);
		mutex_unlock(&lock);
		if (last) {
			notify_gone(m, 0, IN_UNMOUNT);
			m->type->ops.unmount(m->sb);
		}
		mount_free(m);
		mutex_lock(&lock);
	}
}

/* The number by which callers know `n`. */
u64 node_number(const struct node *n)
{
	return n == root_node ? VFS_ROOT : (u64)n->mount->id << VFS_INO_BITS | n->ino;
}

static struct node **number_slot(u32 mount, u64 ino)
{
	return &by_number[hash_u64(ino + ((u64)mount << VFS_INO_BITS), TABLE_BITS)];
}

static struct node **name_slot(const struct node *parent, u32 hash)
{
	return &by_name[(hash ^ hash_u64((u64)parent, 32)) & (TABLE_SIZE - 1)];
}

static u32 name_hash(const char *name, u32 len)
{
	u32 hash = 0;

	while (len--)
		hash = hash * 31 + (u8)*name++;
	return hash ^ hash >> 15;
}

static struct node *find(u32 mount, u64 ino)
{
	struct node *n = *number_slot(mount, ino);

	while (n && (n->ino != ino || n->mount->id != mount))
		n = n->number_next;
	return n;
}

/* The node of the same inode in another mount of the instance, or NULL. */
struct node *node_peer(const struct node *n, const struct mount *m)
{
	return find(m->id, n->ino);
}

/* The node of a number if it is at hand, or NULL. Takes no reference. */
struct node *node_known(u64 number)
{
	if (number == VFS_ROOT)
		return root_node;
	return find((u32)(number >> VFS_INO_BITS), number & INO_MASK);
}

/* Makes the node of an inode, without name and attributes. NULL: no memory. */
struct node *node_make(struct mount *m, u64 ino)
{
	struct node *n = kzalloc(sizeof(*n));
	struct node **slot = number_slot(m->id, ino);

	if (!n)
		return NULL;
	n->mount = m;
	n->ino = ino;
	n->name = n->name_inline;
	list_init(&n->lru);
	n->number_next = *slot;
	*slot = n;
	m->nodes++;
	return n;
}

static void unchain_name(struct node *n)
{
	struct node **p = name_slot(n->parent, n->name_hash);

	while (*p != n)
		p = &(*p)->name_next;
	*p = n->name_next;
}

/* Forgets the name of `n`. */
void node_drop_name(struct node *n)
{
	struct node *parent = n->parent;

	if (parent && !n->hidden)
		unchain_name(n);
	n->hidden = false;
	if (n->name != n->name_inline)
		kfree(n->name);
	n->name = n->name_inline;
	n->name_len = 0;
	n->parent = NULL;
	if (parent)
		node_unpin(parent);
}

/* `n` is not found by its name any more; the name is remembered, to be shown. */
void node_hide_name(struct node *n)
{
	if (n->parent && !n->hidden) {
		unchain_name(n);
		n->hidden = true;
	}
}

/* Gives `n`, which no directory has, a name for show: 0, -ENOMEM. */
long node_show_name(struct node *n, const char *name, u32 len)
{
	char *copy = len > NAME_INLINE ? kmalloc(len) : n->name_inline;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, name, len);
	n->name = copy;
	n->name_len = len;
	n->hidden = true;
	return 0;
}

/* Makes `n` known as `name` in `parent`: 0, -ENOMEM. */
long node_set_name(struct node *n, struct node *parent, const char *name, u32 len)
{
	u32 hash = name_hash(name, len);
	char *copy = NULL;
	struct node **slot;

	if (!n->hidden && n->parent == parent && n->name_len == len && !memcmp(n->name, name, len))
		return 0;
	if (len > NAME_INLINE) {
		copy = kmalloc(len);
		if (!copy)
			return -ENOMEM;
	}
	node_pin(parent);
	node_drop_name(n);
	n->name = copy ? copy : n->name_inline;
	memcpy(n->name, name, len);
	n->name_len = len;
	n->name_hash = hash;
	n->parent = parent;
	slot = name_slot(parent, hash);
	n->name_next = *slot;
	*slot = n;
	return 0;
}

static void node_free(struct node *n)
{
	struct node **p = number_slot(n->mount->id, n->ino);

	while (*p != n)
		p = &(*p)->number_next;
	*p = n->number_next;
	node_drop_name(n);
	if (n->held || (n->gone && CONTEXT->watched))
		list_add_tail(&n->lru, &dead_nodes);
	else
		node_finish(n);
}

static void node_wanted(struct node *n)
{
	if (!list_empty(&n->lru)) {
		list_del(&n->lru);
		unused_count--;
	}
}

/* Not worth keeping: nobody can find it, or its file system waits for the end. */
static bool must_go(const struct node *n)
{
	return n->gone || n->held || n->mount->detached;
}

/* Freeing waits for nodes_unlock(), where one node after another can go. */
static void node_unwanted(struct node *n)
{
	if (n->users || n->pins)
		return;
	if (must_go(n))
		list_add(&n->lru, &unused);
	else
		list_add_tail(&n->lru, &unused);
	unused_count++;
}

/* A reference of a caller. */
void node_get(struct node *n)
{
	node_wanted(n);
	n->users++;
	n->mount->users++;
}

/* Gives it back; `n` is good until nodes_lock is let go. */
void node_put(struct node *n)
{
	ASSERT(n->users && n->mount->users);
	n->users--;
	n->mount->users--;
	node_unwanted(n);
}

/* A reference within vfs's own structures. */
void node_pin(struct node *n)
{
	node_wanted(n);
	n->pins++;
}

void node_unpin(struct node *n)
{
	ASSERT(n->pins);
	n->pins--;
	node_unwanted(n);
}

/* Lets the lock go, after what was put off: forgetting nodes, calls out. */
void nodes_unlock(void)
{
	while (!list_empty(&unused)) {
		struct node *n = list_first_entry(&unused, struct node, lru);

		if (likely(unused_count <= UNUSED_MAX && !must_go(n)))
			break;
		node_wanted(n);
		node_free(n);
	}
	while (unlikely(!list_empty(&dead_nodes) || !list_empty(&dead_mounts)))
		settle_one();
	mutex_unlock(&lock);
}

static bool attr_sane(const struct vfs_attr *attr)
{
	u32 type = attr->mode & S_IFMT;

	return attr->ino && attr->ino <= INO_MASK &&
	       (type == S_IFREG || type == S_IFDIR || type == S_IFLNK ||
		type == S_IFCHR || type == S_IFBLK || type == S_IFIFO ||
		type == S_IFSOCK);
}

static void set_attr(struct node *n, const struct vfs_attr *attr, u64 seq)
{
	n->attr = *attr;
	n->attr.dev = LINUX_MAKEDEV(0, n->mount->dev);
	n->attr.mount = n->mount->id;
	n->attr.attributes_mask |= ATTR_MASK;
	if (n == n->mount->root)
		n->attr.attributes |= STATX_ATTR_MOUNT_ROOT;
	n->perm_valid = n->attr_valid = seq == change_seq;
}

/*
 * Gets the node's attributes from its file system unless they are remembered:
 * those that permissions depend on, or all. The caller has a reference.
 */
long node_load(struct node *n, bool all)
{
	u64 seq = change_seq;
	struct vfs_attr attr;
	long ret;

	if (all ? n->attr_valid && node_stable(n) : n->perm_valid)
		return 0;
	memset(&attr, 0, sizeof(attr));
	ret = fs_result(FS_CALL(n->mount, getattr, n->ino, &attr));
	if (ret == -ESTALE && n->gone && n->attr.ino) {
		/* Its file system does not keep what has no name: what is known stays. */
		n->attr.nlink = 0;
		return 0;
	}
	if (ret)
		return ret;
	if (!attr_sane(&attr) || attr.ino != n->ino)
		return -EIO;
	set_attr(n, &attr, seq);
	return 0;
}

/*
 * A node that was not at hand: it had been forgotten, or vfs was reset. An
 * inode without a name is there only since its file system still holds it for
 * the vfs of before the reset: that hold is taken over, and a reference of the
 * core's with it, which it will give back.
 */
static long node_revive(u64 number, struct node **out)
{
	struct mount *m = mount_by_id((u32)(number >> VFS_INO_BITS));
	struct node *n;
	long ret;

	if (!m || !(number & INO_MASK))
		return -ESTALE;
	n = node_make(m, number & INO_MASK);
	if (!n)
		return -ENOMEM;
	node_get(n);
	ret = node_load(n, false);
	if (ret) {
		n->gone = true;
		node_put(n);
		return ret;
	}
	if (!n->attr.nlink && !n->gone) {
		n->gone = n->held = true;
		if (!references_return)
			node_get(n);
	}
	*out = n;
	return 0;
}

/* The node of `number` with a reference: 0, -ESTALE, -ENOMEM, or an error. */
long node_find(u64 number, struct node **out)
{
	struct node *n = node_known(number);

	if (!n)
		return node_revive(number, out);
	node_get(n);
	*out = n;
	return 0;
}

/* `up` is `n`, or above it in the same mount. */
bool node_is_ancestor(const struct node *up, const struct node *n)
{
	for (int depth = 0; n && depth < DEPTH_MAX; depth++, n = n->parent)
		if (n == up)
			return true;
	return n != NULL;
}

/*
 * The node of the inode that `attr` describes, found as `name` in `dir` when
 * change_seq was `seq`: 0 with a reference, -ENOMEM, -EIO.
 */
long node_add(struct node *dir, const char *name, u32 len,
	      const struct vfs_attr *attr, u64 seq, struct node **out)
{
	struct node *n;
	long ret = 0;

	if (!attr_sane(attr))
		return -EIO;
	n = find(dir->mount->id, attr->ino);
	if (n && S_ISDIR(attr->mode) && node_is_ancestor(n, dir))
		return -EIO;
	if (!n)
		n = node_make(dir->mount, attr->ino);
	if (!n)
		return -ENOMEM;
	node_get(n);
	set_attr(n, attr, seq);
	if (seq == change_seq)
		ret = node_set_name(n, dir, name, len);
	if (ret)
		node_put(n);
	else
		*out = n;
	return ret;
}

static struct node *find_name(struct node *dir, const char *name, u32 len)
{
	u32 hash = name_hash(name, len);
	struct node *n = *name_slot(dir, hash);

	while (n && (n->name_hash != hash || n->parent != dir ||
		     n->name_len != len || memcmp(n->name, name, len)))
		n = n->name_next;
	return n;
}

/*
 * The entry `name` of directory `dir`, with a reference; what is mounted on it
 * is not looked at. 0, -ENOENT, or an error.
 */
long node_child(struct node *dir, const char *name, u32 len, struct node **out)
{
	char text[VFS_NAME_MAX];
	struct vfs_attr attr;
	u64 seq = change_seq;
	struct node *n = NULL;
	long ret;

	if (len > NAME_LONGEST)
		return -ENAMETOOLONG;
	dir->mount->expires = false;
	/* A covered node must be found as the same node in any case. */
	if (node_stable(dir))
		n = find_name(dir, name, len);
	if (n) {
		node_get(n);
		ret = node_load(n, false);
		if (ret)
			node_put(n);
		else
			*out = n;
		return ret;
	}
	if (dir->gone)
		return -ENOENT;
	memcpy(text, name, len);
	text[len] = 0;
	memset(&attr, 0, sizeof(attr));
	ret = fs_result(FS_CALL(dir->mount, lookup, dir->ino, text, &attr));
	if (ret)
		return ret;
	ret = node_add(dir, name, len, &attr, seq, out);
	if (!ret && !(*out)->perm_valid) {
		ret = node_load(*out, false);
		if (ret)
			node_put(*out);
	}
	return ret;
}

/* The directory above `n` in its mount (the root's: the root), referenced. */
long node_parent(struct node *n, struct node **out)
{
	u64 seq = change_seq;
	struct vfs_attr attr;
	struct node *up;
	long ret;

	if (n->parent || n == n->mount->root) {
		*out = n->parent ? n->parent : n;
		node_get(*out);
		return 0;
	}
	memset(&attr, 0, sizeof(attr));
	ret = fs_result(FS_CALL(n->mount, lookup, n->ino, "..", &attr));
	if (ret)
		return ret;
	if (!attr_sane(&attr) || !S_ISDIR(attr.mode))
		return -EIO;
	up = find(n->mount->id, attr.ino);
	if (!up)
		up = node_make(n->mount, attr.ino);
	if (!up)
		return -ENOMEM;
	node_get(up);
	set_attr(up, &attr, seq);
	*out = up;
	return 0;
}

/* Something about `n` was changed; `perm`: mode or owners. */
void node_changed(struct node *n, bool perm)
{
	struct mount *m;
	struct node *peer;

	change_seq++;
	n->attr_valid = false;
	if (perm)
		n->perm_valid = false;
	for_each_peer(m, n->mount) {
		peer = node_peer(n, m);
		if (!peer)
			continue;
		peer->attr_valid = false;
		if (perm)
			peer->perm_valid = false;
	}
}

/* Frees the nodes of `m` that nobody uses. */
void nodes_forget(struct mount *m)
{
	struct node *n, *next;
	bool again = true;

	while (again) {
		again = false;
		for (u32 i = 0; i < TABLE_SIZE; i++)
			for (n = by_number[i]; n; n = next) {
				next = n->number_next;
				if (n->mount != m || n->users || n->pins)
					continue;
				node_wanted(n);
				node_free(n);
				again = true;
				break;
			}
	}
}
