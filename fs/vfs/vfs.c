/* SPDX-License-Identifier: MIT */
/*
 * vfs: names, mounts, permissions (vfs.h). This file has the registry of file
 * systems and of the openers of special files, and the module's start.
 *
 * State: records for file systems, openers and mounts. Changes of names are marked
 * (runtime/oplog.c), so that one which a reset interrupted can be run again. Nodes
 * are not recorded: a node's number names mount and inode, and who has references
 * is known to the core (recover.c).
 */
#include <printf.h>

#include "internal.h"

#define TYPE_PREFIX "type."
#define SPECIAL_PREFIX "special."

struct special {
	u32 type;		/* S_IF* */
	u32 owner;		/* module; 0: nobody */
	struct vfs_special_ops ops;
};

struct type_record {
	u32 flags, owner;
	struct fs_ops ops;
};

struct mutex names_lock = MUTEX_INIT;

static LIST_HEAD(types);		/* added to, never removed from */
static struct special specials[] = {
	{ .type = S_IFIFO }, { .type = S_IFCHR }, { .type = S_IFBLK },
};

/* The file system called `name`, or NULL. */
struct fs_type *fs_type_find(const char *name)
{
	struct fs_type *t;

	list_for_each_entry(t, &types, list)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

/* Enters a file system in the books; nodes_lock is held. 0, -EEXIST, -ENOMEM. */
static long type_add(const char *name, const struct type_record *r)
{
	struct fs_type *t = fs_type_find(name);

	if (t && t->owner != r->owner)
		return -EEXIST;
	if (!t) {
		t = kzalloc(sizeof(*t));
		if (!t)
			return -ENOMEM;
		strlcpy(t->name, name, sizeof(t->name));
		list_add_tail(&t->list, &types);
	}
	t->owner = r->owner;
	t->flags = r->flags;
	t->ops = r->ops;
	return 0;
}

/* Registers a file system, or again after its module's reset (vfs.h). */
long vfs_register_fs(u32 self, const char *name, u32 flags,
		     const struct fs_ops *ops)
{
	struct type_record r = { .flags = flags, .owner = self, .ops = *ops };
	char record[RECORD_NAME_MAX];
	long ret;

	nodes_lock();
	ret = type_add(name, &r);
	nodes_unlock();
	if (ret)
		return ret;
	if (snprintf(record, sizeof(record), TYPE_PREFIX "%s", name) >=
	    (int)sizeof(record))
		return -ENAMETOOLONG;
	return record_put(THIS_MODULE, record, &r, sizeof(r));
}
SYMBOL_EXPORT(vfs_register_fs);

static struct special *special_find(u32 type)
{
	for (size_t i = 0; i < ARRAY_SIZE(specials); i++)
		if (specials[i].type == type)
			return &specials[i];
	return NULL;
}

/* Registers who opens special files of one type (vfs.h). */
long vfs_register_special(u32 self, u32 type, const struct vfs_special_ops *ops)
{
	struct special *s = special_find(type);
	char record[RECORD_NAME_MAX];
	long ret = 0;

	if (!s)
		return -EINVAL;
	nodes_lock();
	if (s->owner && s->owner != self) {
		ret = -EEXIST;
	} else {
		s->owner = self;
		s->ops = *ops;
	}
	nodes_unlock();
	if (ret)
		return ret;
	snprintf(record, sizeof(record), SPECIAL_PREFIX "%u", type);
	return record_put(THIS_MODULE, record, s, sizeof(*s));
}
SYMBOL_EXPORT(vfs_register_special);

/*
 * Opens a special file: 0, -ENXIO: nobody is there for it, or what its opener
 * says. nodes_lock is held, and dropped while it opens.
 */
long special_open(struct node *n, u32 oflags, struct file_open *file)
{
	struct special *s = special_find(n->attr.mode & S_IFMT);
	long ret;

	if (!s || !s->owner)
		return -ENXIO;
	nodes_unlock();
	ret = s->ops.open(n->attr.rdev, n->attr.dev, n->ino, oflags, file);
	nodes_lock();
	return fs_result(ret);
}

/* Text of /proc/filesystems from byte `off` on: bytes, 0 at the end. */
long vfs_filesystems(u64 off, char *buf, size_t len)
{
	char line[sizeof(((struct fs_type *)0)->name) + 8];
	struct fs_type *t;
	size_t done = 0;

	nodes_lock();
	list_for_each_entry(t, &types, list) {
		size_t n = (size_t)scnprintf(line, sizeof(line), "%s\t%s\n",
				t->flags & VFS_FS_DEVICE ? "" : "nodev", t->name);

		if (t->flags & VFS_FS_ROOT)
			continue;

		for (size_t i = 0; i < n; i++) {
			if (off)
				off--;
			else if (done < len)
				buf[done++] = line[i];
		}
	}
	nodes_unlock();
	return (long)done;
}
SYMBOL_EXPORT(vfs_filesystems);

static void special_recover(const char *record)
{
	struct special r, *s;

	if (record_get(THIS_MODULE, record, &r, sizeof(r)) != sizeof(r))
		return;
	s = special_find(r.type);
	if (s)
		*s = r;
}

static void type_recover(const char *record)
{
	struct type_record r;

	if (record_get(THIS_MODULE, record, &r, sizeof(r)) != sizeof(r) ||
	    type_add(record + sizeof(TYPE_PREFIX) - 1, &r))
		pr_warn("lost %s", record);
}

/* Brings the registry back. The functions in it are stubs that stay good. */
static void registry_recover(void)
{
	char name[RECORD_NAME_MAX];

	for (u32 i = 0; !record_name(THIS_MODULE, i, name, sizeof(name)); i++) {
		if (!strncmp(name, TYPE_PREFIX, sizeof(TYPE_PREFIX) - 1))
			type_recover(name);
		if (!strncmp(name, SPECIAL_PREFIX, sizeof(SPECIAL_PREFIX) - 1))
			special_recover(name);
	}
}

static long vfs_init(u32 flags)
{
	long ret = oplog_start();

	if (!ret)
		ret = calls_provide();
	if (ret)
		return ret;
	if (flags & INIT_RECOVERING) {
		registry_recover();
		notify_recover();
		mounts_recover();
		references_recover();
	}
	return 0;
}

MODULE("vfs", .description = "names, mounts, permissions", .init = vfs_init,
       .rank = RANK_VFS);
