/* SPDX-License-Identifier: MIT */
/*
 * The books of mounts. The first file system that is mounted is the root of the
 * name space. Several mounts may show one instance (bind mounts, devtmpfs): they
 * are a ring of peers, and share st_dev and the flags of the instance. A mount that
 * was detached while nodes of it are used stays in the list until they are given
 * back.
 *
 * Mounts are changed under names_lock and nodes_lock; each is a record, written
 * when it is whole, from which it is rebuilt. A detached mount has none.
 */
#include <printf.h>

#include "internal.h"

#define MOUNT_ID_MAX 0xffff	/* what a node's number has room for */
#define RECORD_PREFIX "mount."

/* A mount as it is kept with the core. */
struct mount_record {
	u64 sb, root_ino, flags, sb_flags;
	u64 covered;		/* node number, 0: the root */
	u64 op;			/* that made it what it is */
	u32 id, dev;
	char type[32];
	char source[128];
	char options[128];
	char bound[128];
};

struct list_head mounts = LIST_HEAD_INIT(mounts);
static u32 last_id;

/* The mount of that number, or NULL. nodes_lock is held. */
struct mount *mount_by_id(u32 id)
{
	struct mount *m;

	list_for_each_entry(m, &mounts, list)
		if (m->id == id)
			return m;
	return NULL;
}

/* Frees a mount without nodes, which is on no list. */
void mount_free(struct mount *m)
{
	kfree(m);
}

static void record_of(u32 id, char name[RECORD_NAME_MAX])
{
	snprintf(name, RECORD_NAME_MAX, RECORD_PREFIX "%u", id);
}

/* Writes a mount's record. */
void mount_save(const struct mount *m)
{
	struct mount_record r = {
		.sb = m->sb, .root_ino = m->root_ino, .flags = m->flags,
		.sb_flags = m->sb_flags, .id = m->id, .dev = m->dev, .op = m->op,
		.covered = m->covered ? node_number(m->covered) : 0,
	};
	char name[RECORD_NAME_MAX];

	strlcpy(r.type, m->type->name, sizeof(r.type));
	strlcpy(r.source, m->source, sizeof(r.source));
	strlcpy(r.options, m->options, sizeof(r.options));
	strlcpy(r.bound, m->bound, sizeof(r.bound));
	record_of(m->id, name);
	if (record_put(THIS_MODULE, name, &r, sizeof(r)))
		pr_warn("mount %u has no record: it will not survive a reset", m->id);
}

/* Is it the number of a mount, or of the first mount of an instance? */
static bool id_taken(u32 id)
{
	struct mount *m;

	list_for_each_entry(m, &mounts, list)
		if (m->id == id || m->dev == id)
			return true;
	return false;
}

/* A number that no mount has; 0: there is none. */
static u32 id_new(void)
{
	for (u32 tries = 0; tries < MOUNT_ID_MAX; tries++) {
		last_id = last_id % MOUNT_ID_MAX + 1;
		if (!id_taken(last_id))
			return last_id;
	}
	return 0;
}

/* Finds the other mounts of the instance. */
static void find_peers(struct mount *m)
{
	struct mount *other;

	list_for_each_entry(other, &mounts, list) {
		if (other->type != m->type || other->sb != m->sb)
			continue;
		list_add(&m->peers, &other->peers);
		m->dev = other->dev;
		m->sb_flags = other->sb_flags;
		return;
	}
}

static struct mount *mount_make(struct fs_type *type, u32 id, u64 sb, u64 root_ino)
{
	struct mount *m = kzalloc(sizeof(*m));

	if (!m)
		return NULL;
	list_init(&m->list);
	list_init(&m->peers);
	m->type = type;
	m->id = m->dev = id;
	m->sb = sb;
	m->root_ino = root_ino;
	m->root = node_make(m, root_ino);
	if (!m->root) {
		kfree(m);
		return NULL;
	}
	node_pin(m->root);
	strlcpy(m->bound, "/", sizeof(m->bound));
	return m;
}

/* A mount of an inode of an instance, not attached yet. NULL: no memory. */
struct mount *mount_new(struct fs_type *type, u64 sb, u64 root_ino, u64 flags)
{
	u32 id = id_new();
	struct mount *m = id ? mount_make(type, id, sb, root_ino) : NULL;

	if (!m)
		return NULL;
	m->flags = flags;
	find_peers(m);
	list_add_tail(&m->list, &mounts);
	return m;
}

/* Ends a mount that is not attached: it goes with its last node. */
void mount_drop(struct mount *m)
{
	m->detached = true;
	node_unpin(m->root);
	nodes_forget(m);
}

/*
 * The mount that is nowhere in the name space and has files without names (memfd):
 * made when it is first needed. names_lock is held.
 */
long mount_hidden(struct mount **out)
{
	struct fs_type *type = fs_type_find("tmpfs");
	struct mount *m;
	u64 root = 0;
	long sb;

	list_for_each_entry(m, &mounts, list)
		if (m->flags & MS_KERNMOUNT) {
			*out = m;
			return 0;
		}
	if (!type)
		return -ENOSYS;
	nodes_unlock();
	sb = type->ops.mount("shm", "size=0,nr_inodes=0", 0, &root);
	nodes_lock();
	if (sb <= 0 || !root || root >> VFS_INO_BITS)
		return sb < 0 ? sb : -EIO;
	m = mount_new(type, (u64)sb, root, MS_KERNMOUNT);
	if (!m)
		return -ENOMEM;
	m->detached = true;
	mount_save(m);
	*out = m;
	return 0;
}

static void cover(struct mount *m, struct node *covered)
{
	m->covered = covered;
	if (covered) {
		covered->covering = m;
		node_pin(covered);
	} else {
		root_node = m->root;
	}
}

static void uncover(struct mount *m)
{
	m->covered->covering = NULL;
	node_unpin(m->covered);
	node_put(m->covered);
	m->covered = NULL;
}

/* Puts `m` over `covered` (whose reference it takes over), or at the root. */
void mount_attach(struct mount *m, struct node *covered)
{
	cover(m, covered);
	m->op = CONTEXT->op;
	mount_save(m);
}

/* The present operation was run before a reset, and had put a mount where it is. */
bool mount_was_done(void)
{
	struct mount *m;

	if (likely(!CONTEXT->rerun))
		return false;
	list_for_each_entry(m, &mounts, list)
		if (m->op == CONTEXT->op && !m->detached)
			return true;
	return false;
}

/* Puts an attached mount over another node, whose reference it takes over. */
void mount_move(struct mount *m, struct node *covered)
{
	uncover(m);
	cover(m, covered);
	m->op = CONTEXT->op;
	mount_save(m);
}

/* A mount on or below `m` that has none on it itself. */
static struct mount *leaf_of(struct mount *m)
{
	struct mount *c;

again:
	list_for_each_entry(c, &mounts, list) {
		if (c->covered && c->covered->mount == m) {
			m = c;
			goto again;
		}
	}
	return m;
}

/* Takes `m`, and what is mounted on it, out of the name space. */
void mount_detach(struct mount *m)
{
	char name[RECORD_NAME_MAX];
	struct mount *leaf;

	do {
		leaf = leaf_of(m);
		record_of(leaf->id, name);
		record_delete(THIS_MODULE, name);
		uncover(leaf);
		mount_drop(leaf);
	} while (leaf != m);
}

/* ---- after a reset ---------------------------------------------------- */

static struct mount *mount_load(const struct mount_record *r)
{
	struct fs_type *type = fs_type_find(r->type);
	struct mount *m = type ? mount_make(type, r->id, r->sb, r->root_ino) : NULL;

	if (!m)
		return NULL;
	find_peers(m);
	m->dev = r->dev;
	m->flags = r->flags;
	m->sb_flags = r->sb_flags;
	m->op = r->op;
	memcpy(m->source, r->source, sizeof(m->source));
	memcpy(m->options, r->options, sizeof(m->options));
	memcpy(m->bound, r->bound, sizeof(m->bound));
	list_add_tail(&m->list, &mounts);
	last_id = MAX(last_id, r->id);
	return m;
}

/* Puts a mount where it was, once all are there. */
static void mount_place(struct mount *m)
{
	struct mount_record r;
	char name[RECORD_NAME_MAX];
	struct node *covered;
	struct mount *under;

	record_of(m->id, name);
	if (record_get(THIS_MODULE, name, &r, sizeof(r)) != sizeof(r) || !r.covered)
		return;
	covered = node_known(r.covered);
	under = mount_by_id((u32)(r.covered >> VFS_INO_BITS));
	if (!covered && under)
		covered = node_make(under, r.covered & ((1ull << VFS_INO_BITS) - 1));
	if (!covered)
		return;
	node_get(covered);
	cover(m, covered);
}

/* Rebuilds the mounts from their records. */
void mounts_recover(void)
{
	struct mount_record r;
	char name[RECORD_NAME_MAX];
	struct mount *m;

	nodes_lock();
	for (u32 i = 0; !record_name(THIS_MODULE, i, name, sizeof(name)); i++) {
		if (strncmp(name, RECORD_PREFIX, sizeof(RECORD_PREFIX) - 1) ||
		    record_get(THIS_MODULE, name, &r, sizeof(r)) != sizeof(r))
			continue;
		m = mount_load(&r);
		if (m && !r.covered && !(r.flags & MS_KERNMOUNT))
			root_node = m->root;
		if (m && (r.flags & MS_KERNMOUNT))
			m->detached = true;
	}
	list_for_each_entry(m, &mounts, list)
		mount_place(m);
	nodes_unlock();
}
