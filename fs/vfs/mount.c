/* SPDX-License-Identifier: MIT */
/*
 * Mounts: mount(2), umount2(2), /proc/mounts. The first file system that is
 * mounted on "/" is the root of the name space. Mounts are changed under
 * names_lock and nodes_lock; each is a record, from which it is rebuilt.
 */
#include <printf.h>

#include "internal.h"

#define KEPT_FLAGS (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | \
		    MS_NODIRATIME | MS_RELATIME | MS_SYNCHRONOUS)
#define UNMOUNT_FLAGS (MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW)
#define MOUNT_ID_MAX 0xffff
#define RECORD_PREFIX "mount."

/* A mount as it is kept with the core. */
struct mount_record {
	u64 sb, root_ino, flags;
	u64 covered;		/* node number, 0: the root */
	u32 id;
	char type[32];
	char source[64];
	char options[128];
};

static LIST_HEAD(mounts);
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

static void mount_save(const struct mount *m)
{
	struct mount_record r = {
		.sb = m->sb, .root_ino = m->root_ino, .flags = m->flags,
		.covered = m->covered ? node_number(m->covered) : 0, .id = m->id,
	};
	char name[RECORD_NAME_MAX];

	strlcpy(r.type, m->type->name, sizeof(r.type));
	strlcpy(r.source, m->source, sizeof(r.source));
	strlcpy(r.options, m->options, sizeof(r.options));
	record_of(m->id, name);
	if (record_put(THIS_MODULE, name, &r, sizeof(r)))
		pr_warn("mount %u has no record: it will not survive a reset", m->id);
}

static struct mount *mount_new(struct fs_type *type, u32 id, u64 sb, u64 root_ino)
{
	struct mount *m = kzalloc(sizeof(*m));

	if (!m)
		return NULL;
	list_init(&m->list);
	m->type = type;
	m->id = id;
	m->sb = sb;
	m->root_ino = root_ino;
	m->root = node_make(m, root_ino);
	if (!m->root) {
		kfree(m);
		return NULL;
	}
	node_pin(m->root);
	return m;
}

/* Takes a mount without users out of the books; its end comes by itself. */
static void mount_drop(struct mount *m)
{
	list_del(&m->list);
	m->detached = true;
	node_unpin(m->root);
	nodes_forget(m);
}

/* Puts `m` over `covered` (whose reference it takes over), or at the root. */
static void mount_attach(struct mount *m, struct node *covered)
{
	m->covered = covered;
	if (covered) {
		covered->covering = m;
		node_pin(covered);
	} else {
		root_node = m->root;
	}
	list_add_tail(&m->list, &mounts);
}

static void mount_detach(struct mount *m)
{
	m->covered->covering = NULL;
	node_unpin(m->covered);
	node_put(m->covered);
	m->covered = NULL;
	mount_drop(m);
}

/* Mounts an instance of `type` over `covered`. nodes_lock is held. */
static long mount_on(struct fs_type *type, const char *source, u64 flags,
		     const char *options, struct node *covered)
{
	struct mount *m;
	u64 root = 0;
	long sb, ret;

	if (last_id == MOUNT_ID_MAX)
		return -ENOSPC;
	nodes_unlock();
	sb = type->ops.mount(source, options, flags, &root);
	nodes_lock();
	if (sb <= 0 || !root || root >> VFS_INO_BITS)
		return sb < 0 ? sb : -EIO;
	m = NULL;
	ret = -EBUSY;
	if (!covered || covered->mount->sb != (u64)sb ||
	    covered->mount->type != type || covered != covered->mount->root) {
		m = mount_new(type, ++last_id, (u64)sb, root);
		ret = -ENOMEM;
	}
	if (!m) {
		nodes_unlock();
		type->ops.unmount((u64)sb);
		nodes_lock();
		return ret;
	}
	m->flags = flags & KEPT_FLAGS;
	strlcpy(m->source, *source ? source : "none", sizeof(m->source));
	strlcpy(m->options, options, sizeof(m->options));
	node_get(m->root);
	ret = node_load(m->root, false);
	if (!ret && !node_is_dir(m->root))
		ret = -EIO;
	node_put(m->root);
	if (ret)
		mount_drop(m);
	else
		mount_attach(m, covered);
	if (!ret)
		mount_save(m);
	return ret;
}

static long remount(const char *target, u64 flags)
{
	struct node *n;
	struct walk w;
	long ret = walk_path(&w, VFS_ROOT, VFS_ROOT, target, VFS_FOLLOW, &n);

	if (!ret && n != n->mount->root)
		ret = -EINVAL;
	if (!ret) {
		n->mount->flags = flags & KEPT_FLAGS;
		mount_save(n->mount);
		node_put(n);
	}
	walk_end(&w);
	return ret;
}

/* The root of the name space. names_lock is held. */
static long mount_first(struct fs_type *type, const char *source, u64 flags,
			const char *options)
{
	long ret;

	nodes_lock();
	ret = mount_on(type, source, flags, options, NULL);
	nodes_unlock();
	return ret;
}

static long mount_new_at(struct fs_type *type, const char *source,
			 const char *target, u64 flags, const char *options)
{
	struct node *n;
	struct walk w;
	long ret = walk_path(&w, VFS_ROOT, VFS_ROOT, target, VFS_FOLLOW, &n);

	if (!ret) {
		ret = node_is_dir(n) ? 0 : -ENOTDIR;
		if (!ret && n == root_node)
			ret = -EBUSY;
		if (!ret)
			ret = mount_on(type, source, flags, options, n);
		if (ret)
			node_put(n);
	}
	walk_end(&w);
	return ret;
}

/* mount(2): 0 or an error. Binding and moving are not there: -ENOSYS. */
long vfs_mount(const char *source, const char *target, const char *type,
	       u64 flags, const char *options)
{
	struct fs_type *t;
	long ret;

	if (cred_euid())
		return -EPERM;
	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~(u64)MS_MGC_MSK;
	if (flags & (MS_BIND | MS_MOVE | MS_SHARED | MS_SLAVE | MS_UNBINDABLE))
		return -ENOSYS;
	if (flags & MS_PRIVATE)	/* they all are */
		return 0;
	mutex_lock(&names_lock);
	t = fs_type_find(type);
	if (flags & MS_REMOUNT)
		ret = remount(target, flags);
	else if (!t)
		ret = -ENODEV;
	else if (!root_node)
		ret = strcmp(target, "/") ? -ENOENT :
		      mount_first(t, source, flags, options);
	else
		ret = mount_new_at(t, source, target, flags, options);
	mutex_unlock(&names_lock);
	return ret;
}
SYMBOL_EXPORT(vfs_mount);

/* Unmounts what has its root at `n`; takes over the reference. */
static long unmount_node(struct node *n, u32 flags)
{
	struct mount *m = n->mount;
	char name[RECORD_NAME_MAX];
	long ret = 0;

	if (n != m->root || !m->covered)
		ret = -EINVAL;
	else if (m->users > 1 && !(flags & MNT_DETACH))
		ret = -EBUSY;
	if (!ret) {
		record_of(m->id, name);
		record_delete(THIS_MODULE, name);
		mount_detach(m);
	}
	node_put(n);
	return ret;
}

/* umount2(2): 0, -EBUSY (MNT_DETACH does it all the same), -EINVAL, ... */
long vfs_unmount(const char *target, u32 flags)
{
	struct node *n = NULL;
	struct walk w;
	long ret;

	if (cred_euid())
		return -EPERM;
	if (flags & ~(u32)UNMOUNT_FLAGS)
		return -EINVAL;
	mutex_lock(&names_lock);
	ret = walk_path(&w, VFS_ROOT, VFS_ROOT, target,
			flags & UMOUNT_NOFOLLOW ? 0 : VFS_FOLLOW, &n);
	walk_end(&w);
	if (!ret) {
		nodes_lock();
		ret = unmount_node(n, flags);
		nodes_unlock();
	}
	mutex_unlock(&names_lock);
	return ret;
}
SYMBOL_EXPORT(vfs_unmount);

/* ---- /proc/mounts ----------------------------------------------------- */

/* A text of which a part is wanted. */
struct text {
	u64 skip;
	char *buf;
	size_t len, done;
};

static void put_char(struct text *t, char c)
{
	if (t->skip)
		t->skip--;
	else if (t->done < t->len)
		t->buf[t->done++] = c;
}

/* Blanks and backslashes are written in octal, as Linux does. */
static void put_escaped(struct text *t, const char *s, size_t len)
{
	for (; len--; s++) {
		if (*s != ' ' && *s != '\t' && *s != '\n' && *s != '\\') {
			put_char(t, *s);
			continue;
		}
		put_char(t, '\\');
		put_char(t, '0' + ((u8)*s >> 6));
		put_char(t, '0' + ((u8)*s >> 3 & 7));
		put_char(t, '0' + ((u8)*s & 7));
	}
}

static void put_string(struct text *t, const char *s)
{
	while (*s)
		put_char(t, *s++);
}

static void put_options(struct text *t, const struct mount *m)
{
	static const struct {
		u64 flag;
		const char *name;
	} names[] = {
		{ MS_NOSUID, ",nosuid" }, { MS_NODEV, ",nodev" },
		{ MS_NOEXEC, ",noexec" }, { MS_SYNCHRONOUS, ",sync" },
		{ MS_NOATIME, ",noatime" }, { MS_NODIRATIME, ",nodiratime" },
		{ MS_RELATIME, ",relatime" },
	};

	put_string(t, m->flags & MS_RDONLY ? "ro" : "rw");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (m->flags & names[i].flag)
			put_string(t, names[i].name);
	if (m->options[0]) {
		put_char(t, ',');
		put_escaped(t, m->options, strlen(m->options));
	}
}

static void put_mount(struct text *t, struct mount *m, char *path)
{
	long len = path_build(root_node, m->root, path, VFS_PATH_MAX);

	if (len < 0)
		return;
	put_escaped(t, m->source, strlen(m->source));
	put_char(t, ' ');
	put_escaped(t, path, (size_t)len);
	put_char(t, ' ');
	put_string(t, m->type->name);
	put_char(t, ' ');
	put_options(t, m);
	put_string(t, " 0 0\n");
}

/* Text of /proc/mounts from byte `off` on: bytes, 0 at the end. */
long vfs_mounts(u64 off, char *buf, size_t len)
{
	struct text t = { .skip = off, .buf = buf, .len = len };
	char *path = kmalloc(VFS_PATH_MAX);
	struct mount *m;

	if (!path)
		return -ENOMEM;
	mutex_lock(&names_lock);	/* the list stays as it is */
	nodes_lock();
	list_for_each_entry(m, &mounts, list)
		put_mount(&t, m, path);
	nodes_unlock();
	mutex_unlock(&names_lock);
	kfree(path);
	return (long)t.done;
}
SYMBOL_EXPORT(vfs_mounts);

/* ---- after a reset ---------------------------------------------------- */

static void mount_recover(const struct mount_record *r)
{
	struct fs_type *type = fs_type_find(r->type);
	struct node *covered = NULL;
	struct mount *under, *m;

	last_id = MAX(last_id, r->id);
	if (!type)
		return;
	if (r->covered) {
		covered = node_known(r->covered);
		under = mount_by_id((u32)(r->covered >> VFS_INO_BITS));
		if (!covered && under)
			covered = node_make(under, r->covered &
					    ((1ull << VFS_INO_BITS) - 1));
		if (!covered)
			return;
		node_get(covered);
	}
	m = mount_new(type, r->id, r->sb, r->root_ino);
	if (!m) {
		if (covered)
			node_put(covered);
		return;
	}
	m->flags = r->flags;
	memcpy(m->source, r->source, sizeof(m->source));
	memcpy(m->options, r->options, sizeof(m->options));
	mount_attach(m, covered);
}

/* Rebuilds the mounts from their records, in the order they were made in. */
void mounts_recover(void)
{
	struct mount_record r;
	char name[RECORD_NAME_MAX];
	u32 most = 0;

	for (u32 i = 0; !record_name(THIS_MODULE, i, name, sizeof(name)); i++)
		if (!strncmp(name, RECORD_PREFIX, sizeof(RECORD_PREFIX) - 1))
			most = MAX(most, (u32)string_to_u64(
				   name + sizeof(RECORD_PREFIX) - 1, NULL));
	nodes_lock();
	for (u32 id = 1; id <= MIN(most, (u32)MOUNT_ID_MAX); id++) {
		record_of(id, name);
		if (record_get(THIS_MODULE, name, &r, sizeof(r)) == sizeof(r))
			mount_recover(&r);
	}
	nodes_unlock();
}
