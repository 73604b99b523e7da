/* SPDX-License-Identifier: MIT */
/*
 * The tree of /dev: entries in memory, each also a record "INO" (hexadecimal),
 * written when it changes. There are few entries: they are found by walking
 * through them. All is called with devfs_lock held.
 */
#include <printf.h>

#include "internal.h"

static struct entry root = {
	.list = LIST_HEAD_INIT(root.list),
	.children = LIST_HEAD_INIT(root.children), .dir = &root,
	.d = { .ino = ROOT_INO, .dir = ROOT_INO, .mode = S_IFDIR | 0755 },
};
static u64 last_ino = ROOT_INO;
static u64 last_seq;

/* The entry after `e` in the tree, depth first; NULL: it was the last. */
static struct entry *next_entry(struct entry *e)
{
	if (!list_empty(&e->children))
		return list_first_entry(&e->children, struct entry, list);
	while (e != &root && e->list.next == &e->dir->children)
		e = e->dir;
	return e == &root ? NULL : list_next_entry(e, list);
}

/* The entry with that inode number, or NULL. */
struct entry *entry_find(u64 ino)
{
	struct entry *e = &root;

	while (e && e->d.ino != ino)
		e = next_entry(e);
	return e;
}

/* The registered device of that type and number, or NULL. */
struct entry *device_find(u32 type, u64 rdev)
{
	struct entry *e = &root;

	while (e && !(e->d.owner && e->d.rdev == rdev &&
		      (e->d.mode & S_IFMT) == type))
		e = next_entry(e);
	return e;
}

/* The entry called `name` (of `len` bytes) in a directory, or NULL. */
struct entry *entry_child(const struct entry *dir, const char *name, size_t len)
{
	struct entry *e;

	list_for_each_entry(e, &dir->children, list)
		if (!strncmp(e->d.name, name, len) && !e->d.name[len])
			return e;
	return NULL;
}

static void record_name_of(const struct entry *e, char name[RECORD_NAME_MAX])
{
	snprintf(name, RECORD_NAME_MAX, "%llx", (unsigned long long)e->d.ino);
}

/* Writes an entry's record: 0 or an error. */
long entry_store(struct entry *e)
{
	char name[RECORD_NAME_MAX];

	record_name_of(e, name);
	return record_put(THIS_MODULE, name, &e->d,
			  offsetof(struct entry_data, target) + e->d.target_len);
}

static void attach(struct entry *e, struct entry *dir)
{
	struct list_head *before = dir->children.prev;

	while (before != &dir->children &&
	       list_entry(before, struct entry, list)->d.ino > e->d.ino)
		before = before->prev;
	list_add(&e->list, before);
	e->dir = dir;
	e->d.dir = dir->d.ino;
	if (S_ISDIR(e->d.mode))
		dir->subdirs++;
}

static void detach(struct entry *e)
{
	list_del(&e->list);
	if (S_ISDIR(e->d.mode))
		e->dir->subdirs--;
}

static struct entry *entry_new(void)
{
	struct entry *e = kzalloc(sizeof(*e));

	if (e) {
		list_init(&e->list);
		list_init(&e->children);
	}
	return e;
}

static void entry_free(struct entry *e)
{
	if (S_ISREG(e->d.mode))
		pageobj_release(e->d.file.pageobj);
	kfree(e);
}

/* The names in `dir` have changed. */
static void touch(struct entry *dir)
{
	dir->d.mtime_ns = dir->d.ctime_ns = krealtime_ns();
}

/* Makes an entry of the calling thread's: 0, -ENOMEM, -ENAMETOOLONG, -EEXIST. */
long entry_add(struct entry *dir, const char *name, size_t len, u32 mode,
	       u64 rdev, const char *target, struct entry **out)
{
	size_t target_len = target ? strlen(target) : 0;
	struct entry *e;
	long ret;

	if (len >= DEVFS_NAME_MAX || target_len > DEVFS_TARGET_MAX)
		return -ENAMETOOLONG;
	if (entry_child(dir, name, len))
		return -EEXIST;
	e = entry_new();
	if (!e)
		return -ENOMEM;
	e->d.ino = ++last_ino;
	e->d.dir = dir->d.ino;
	e->d.mode = mode;
	e->d.rdev = rdev;
	e->d.uid = cred_fsuid();
	e->d.gid = cred_fsgid();
	e->d.btime_ns = krealtime_ns();
	e->d.atime_ns = e->d.mtime_ns = e->d.ctime_ns = e->d.btime_ns;
	e->d.seq = ++last_seq;
	e->d.target_len = (u32)target_len;
	memcpy(e->d.name, name, len);
	memcpy(e->d.target, target ? target : "", target_len);
	if (S_ISREG(mode)) {
		ret = pageobj_create(THIS_MODULE);
		if (ret < 0) {
			kfree(e);
			return ret;
		}
		e->d.file = (struct file_open){ .pageobj = (u32)ret,
						.flags = FILE_SEEKABLE };
	}
	oplog_mark();
	ret = entry_store(e);
	if (ret) {
		entry_free(e);
		return ret;
	}
	attach(e, dir);
	touch(dir);
	*out = e;
	return 0;
}

/* Removes an entry that has no children. */
void entry_remove(struct entry *e)
{
	char name[RECORD_NAME_MAX];

	oplog_mark();
	record_name_of(e, name);
	record_delete(THIS_MODULE, name);
	touch(e->dir);
	detach(e);
	entry_free(e);
}

/*
 * Gives an entry another place; the name is not too long. `old` (or NULL) had it, and
 * goes once the entry's record is written.
 */
void entry_move(struct entry *e, struct entry *dir, const char *name, struct entry *old)
{
	oplog_mark();
	touch(e->dir);
	detach(e);
	memset(e->d.name, 0, sizeof(e->d.name));
	strlcpy(e->d.name, name, sizeof(e->d.name));
	e->d.ctime_ns = krealtime_ns();
	e->d.seq = ++last_seq;
	attach(e, dir);
	entry_store(e);
	if (old)
		entry_remove(old);
	touch(dir);
}

/* Reads all records into entries that hang on `loaded`, in no order. */
static void load(struct list_head *loaded)
{
	char name[RECORD_NAME_MAX];
	struct entry *e;
	long len;

	for (u32 i = 0; !record_name(THIS_MODULE, i, name, sizeof(name)); i++) {
		if (!strcmp(name, RECORD_RANGES))
			continue;
		e = entry_new();
		if (!e)
			return;
		len = record_get(THIS_MODULE, name, &e->d, sizeof(e->d));
		if (len < (long)offsetof(struct entry_data, target)) {
			kfree(e);
			continue;
		}
		if (e->d.ino == ROOT_INO) {
			root.d = e->d;
			kfree(e);
			continue;
		}
		last_ino = MAX(last_ino, e->d.ino);
		last_seq = MAX(last_seq, e->d.seq);
		list_add_tail(&e->list, loaded);
	}
}

/* A move over another name may have been left before that was gone. */
static void place_one(struct entry *e, struct entry *dir)
{
	struct entry *other = entry_child(dir, e->d.name, strlen(e->d.name)), *loser = NULL;

	if (other)
		loser = other->d.seq > e->d.seq ? e : other;
	attach(e, dir);
	if (loser)
		entry_remove(loser);
}

/* Puts loaded entries under their directories, until none finds one. */
static void place(struct list_head *loaded)
{
	struct entry *e, *next, *dir;
	bool progress = true;

	while (progress) {
		progress = false;
		list_for_each_entry_safe(e, next, loaded, list) {
			dir = entry_find(e->d.dir);
			if (!dir)
				continue;
			list_del(&e->list);
			place_one(e, dir);
			progress = true;
		}
	}
}

/* Makes the links that every /dev has, or brings the tree back. */
long tree_start(bool recovering)
{
	static const char *const links[][2] = {
		{ "fd", "/proc/self/fd" }, { "stdin", "/proc/self/fd/0" },
		{ "stdout", "/proc/self/fd/1" }, { "stderr", "/proc/self/fd/2" },
	};
	LIST_HEAD(loaded);
	struct entry *e;
	long ret = 0;

	root.d.btime_ns = krealtime_ns();
	root.d.atime_ns = root.d.mtime_ns = root.d.ctime_ns = root.d.btime_ns;
	if (recovering) {
		/* Its attributes are in a record once they were changed. */
		load(&loaded);
		place(&loaded);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(links) && !ret; i++)
		ret = entry_add(&root, links[i][0], strlen(links[i][0]),
				S_IFLNK | 0777, 0, links[i][1], &e);
	return ret;
}
