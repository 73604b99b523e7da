/* SPDX-License-Identifier: MIT */
/*
 * Inodes and links in memory, found by number and by (directory, name). All is
 * called with ramfs_lock held.
 */
#include <hash.h>

#include "internal.h"

#define TABLE_BITS 10
#define TABLE_SIZE (1u << TABLE_BITS)

static struct inode *inodes[TABLE_SIZE];
static struct link *links[TABLE_SIZE];
static u64 last_ino;

static struct inode **inode_slot(u64 ino)
{
	return &inodes[ino & (TABLE_SIZE - 1)];
}

static struct link **link_slot(const struct inode *dir, u32 hash)
{
	return &links[(hash + (u32)dir->ino * 0x9e3779b1u) >> (32 - TABLE_BITS)];
}

static u32 name_hash(const char *name, u32 len)
{
	u32 hash = 0;

	while (len--)
		hash = hash * 31 + (u8)*name++;
	return hash * 0x9e3779b1u;
}

/* The inode of that number, or NULL. */
struct inode *inode_find(u64 ino)
{
	struct inode *inode = *inode_slot(ino);

	while (inode && inode->ino != ino)
		inode = inode->hash_next;
	return inode;
}

/* A number that no inode has had. */
u64 inode_number_next(void)
{
	return ++last_ino;
}

/* `ino` is taken (it was found in a record). */
void inode_number_used(u64 ino)
{
	last_ino = MAX(last_ino, ino);
}

/* An inode without links, its owner the calling thread, its times now. */
struct inode *inode_new(struct super *sb, u64 ino, u32 mode)
{
	struct inode *inode = kzalloc(sizeof(*inode));
	struct inode **slot = inode_slot(ino);

	if (!inode)
		return NULL;
	inode->sb = sb;
	inode->ino = ino;
	inode->mode = mode;
	inode->uid = cred_fsuid();
	inode->gid = cred_fsgid();
	inode->btime_ns = krealtime_ns();
	inode->atime_ns = inode->mtime_ns = inode->ctime_ns = inode->btime_ns;
	list_init(&inode->links);
	list_init(&inode->entries);
	inode->parent = inode;
	inode->last_pos = POS_FIRST - 1;
	inode->hash_next = *slot;
	*slot = inode;
	sb->inodes++;
	return inode;
}

/* Frees an inode without links and entries. */
void inode_free(struct inode *inode)
{
	struct inode **p = inode_slot(inode->ino);

	ASSERT(list_empty(&inode->links) && list_empty(&inode->entries));
	while (*p != inode)
		p = &(*p)->hash_next;
	*p = inode->hash_next;
	inode->sb->inodes--;
	kfree(inode->target);
	kfree(inode->xattrs);
	kfree(inode);
}

/* Calls `fn`, which may free the inode it is given, for each inode. */
void inodes_each(void (*fn)(struct inode *inode))
{
	struct inode *inode, *next;

	for (u32 i = 0; i < TABLE_SIZE; i++)
		for (inode = inodes[i]; inode; inode = next) {
			next = inode->hash_next;
			fn(inode);
		}
}

/* A name that is not in a directory yet. NULL: no memory. */
struct link *link_new(const char *name, u32 len)
{
	struct link *l = kzalloc(sizeof(*l) + len + 1);

	if (!l)
		return NULL;
	list_init(&l->of_dir);
	list_init(&l->of_inode);
	l->len = len;
	l->hash = name_hash(name, len);
	memcpy(l->name, name, len);
	return l;
}

/* Keeps a directory's entries in the order of their positions. */
static void insert_entry(struct link *l, struct inode *dir)
{
	struct list_head *before = dir->entries.prev;

	while (before != &dir->entries &&
	       list_entry(before, struct link, of_dir)->pos > l->pos)
		before = before->prev;
	list_add(&l->of_dir, before);
}

/* Puts the name into a directory, at position `pos`, or (0) at the end. */
void link_attach(struct link *l, struct inode *dir, struct inode *inode, u64 pos)
{
	struct link **slot = link_slot(dir, l->hash);

	l->dir = dir;
	l->inode = inode;
	l->pos = pos ? pos : dir->last_pos + 1;
	dir->last_pos = MAX(dir->last_pos, l->pos);
	insert_entry(l, dir);
	list_add_tail(&l->of_inode, &inode->links);
	if (inode->nlinks++)
		inode->sb->inodes++;
	dir->nentries++;
	inode->last_link = MAX(inode->last_link, l->id);
	if (S_ISDIR(inode->mode)) {
		inode->parent = dir;
		dir->subdirs++;
	}
	l->hash_next = *slot;
	*slot = l;
}

/* Takes the name out of its directory; it may be attached again, or freed. */
void link_detach(struct link *l)
{
	struct link **p = link_slot(l->dir, l->hash);

	while (*p != l)
		p = &(*p)->hash_next;
	*p = l->hash_next;
	list_del(&l->of_dir);
	list_del(&l->of_inode);
	if (--l->inode->nlinks)
		l->inode->sb->inodes--;
	l->dir->nentries--;
	if (S_ISDIR(l->inode->mode))
		l->dir->subdirs--;
}

/* The entry of a directory, or NULL. */
struct link *link_find(const struct inode *dir, const char *name, u32 len)
{
	u32 hash = name_hash(name, len);
	struct link *l = *link_slot(dir, hash);

	while (l && (l->hash != hash || l->dir != dir || l->len != len ||
		     memcmp(l->name, name, len)))
		l = l->hash_next;
	return l;
}
