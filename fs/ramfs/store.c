/* SPDX-License-Identifier: MIT */
/*
 * What ramfs keeps with the core, so that it survives its own reset. Each
 * operation becomes final by writing or deleting one record, before anything in
 * memory changes; a reset at any point leaves the state after the last finished
 * operation. Records (numbers in hexadecimal):
 *
 *   INO.i	an inode, with one of its links in it
 *   INO.LINK.l	a further link of an inode
 *   INO.t	a long target of a symbolic link, written before its inode
 *   INO.x	extended attributes, all of them
 *   ID.s	a mounted instance
 *   0.p	two links that changed together, last
 *
 * A rename over an existing name takes two records: first the moved link is
 * written, then the old one goes. If both are found, the link with the higher
 * sequence number holds. Two links that change places are written to one record
 * first, which makes it final, then to their own; what is found there holds.
 * File contents are page objects
 * of the core; times of directories are as new as their newest entry.
 */
#include "internal.h"

#define KIND_INODE 'i'
#define KIND_LINK 'l'
#define KIND_TARGET 't'
#define KIND_SUPER 's'
#define KIND_XATTRS 'x'
#define KIND_PAIR 'p'
#define PAIR 2

/* Targets up to this are in the inode's record. */
#define TARGET_INLINE 1024

struct link_record {
	u64 dir;		/* inode number; 0: no link */
	u64 pos, seq;
	u32 id, len;
};

struct inode_record {
	u64 ino, rdev;
	u64 atime_ns, mtime_ns, ctime_ns, btime_ns;
	u32 sb, mode, uid, gid;
	u32 pageobj, holds;
	u32 last_link, target_len;
	u32 nameless, reserved;
	struct link_record link;
	char text[];		/* name of the link, then a short target */
};

struct super_record {
	u64 op, root, max_inodes, max_pages;
	u32 id, kind, pages, mode, uid, gid;
};

struct pair_record {
	u64 op;			/* the operation that it was */
	bool open;		/* the links are not in their own records yet */
	struct {
		u64 ino;
		struct link_record link;
		char name[VFS_NAME_MAX];
	} half[PAIR];
};

_Static_assert(sizeof(struct inode_record) + VFS_NAME_MAX + TARGET_INLINE <= RECORD_MAX,
	       "an inode's record holds a name and a short target");

static union {
	struct inode_record inode;
	u8 bytes[RECORD_MAX];
} buffer;			/* ramfs_lock */
static struct pair_record pair;	/* ramfs_lock: the last change of two links */
static u64 last_seq;		/* ramfs_lock */

/*
 * The name of a record: numbers in hexadecimal with dots between, and its kind.
 * `id` is left out for kinds that have one number. No printf: it is called for
 * each change.
 */
static void record_name_of(char name[RECORD_NAME_MAX], u64 ino, u32 id, char kind)
{
	static const char digits[] = "0123456789abcdef";
	char text[RECORD_NAME_MAX];
	u32 at = RECORD_NAME_MAX;

	text[--at] = 0;
	text[--at] = kind;
	text[--at] = '.';
	if (kind == KIND_LINK) {
		do
			text[--at] = digits[id & 15];
		while (id >>= 4);
		text[--at] = '.';
	}
	do
		text[--at] = digits[ino & 15];
	while (ino >>= 4);
	memcpy(name, text + at, RECORD_NAME_MAX - at);
}

/* The sequence number of a change. */
u64 store_seq_next(void)
{
	return ++last_seq;
}

static long put(const char *name, const void *data, size_t len)
{
	static bool warned;
	long ret = record_put(THIS_MODULE, name, data, len);

	/* The core's limit on records: go on without the promise. */
	if (ret == -ENOMEM) {
		if (!warned)
			pr_warn("no room for records: new files will not survive a reset of ramfs");
		warned = true;
		ret = 0;
	}
	return ret;
}

static void link_record(struct link_record *r, const struct link *l)
{
	*r = (struct link_record){
		.dir = l->dir->ino, .pos = l->pos, .seq = l->seq, .id = l->id,
		.len = l->len,
	};
}

/*
 * Writes an inode with its link `l` (NULL: it has none): 0 or an error.
 * l->dir and l->pos are what they are to be.
 */
long store_inode(const struct inode *inode, const struct link *l)
{
	struct inode_record *r = &buffer.inode;
	char name[RECORD_NAME_MAX];
	size_t len = sizeof(*r);

	*r = (struct inode_record){
		.ino = inode->ino, .rdev = inode->rdev, .sb = inode->sb->id,
		.atime_ns = inode->atime_ns, .mtime_ns = inode->mtime_ns,
		.ctime_ns = inode->ctime_ns, .btime_ns = inode->btime_ns,
		.mode = inode->mode,
		.uid = inode->uid, .gid = inode->gid, .pageobj = inode->pageobj,
		.holds = inode->holds, .last_link = inode->last_link,
		.target_len = inode->target_len, .nameless = inode->nameless,
	};
	if (l) {
		link_record(&r->link, l);
		memcpy(r->text, l->name, l->len);
		len += l->len;
	}
	if (inode->target_len && inode->target_len <= TARGET_INLINE) {
		memcpy(buffer.bytes + len, inode->target, inode->target_len);
		len += inode->target_len;
	}
	record_name_of(name, inode->ino, 0, KIND_INODE);
	return put(name, r, len);
}

/* Writes a long target, before the inode: 0 or an error. */
long store_target(const struct inode *inode)
{
	char name[RECORD_NAME_MAX];

	if (inode->target_len <= TARGET_INLINE)
		return 0;
	record_name_of(name, inode->ino, 0, KIND_TARGET);
	return put(name, inode->target, inode->target_len);
}

static void delete(u64 ino, u32 id, char kind)
{
	char name[RECORD_NAME_MAX];

	record_name_of(name, ino, id, kind);
	record_delete(THIS_MODULE, name);
}

/* Writes all extended attributes of an inode; none: `len` 0. 0 or an error. */
long store_xattrs(const struct inode *inode, const void *blob, size_t len)
{
	char name[RECORD_NAME_MAX];

	if (!len) {
		delete(inode->ino, 0, KIND_XATTRS);
		return 0;
	}
	record_name_of(name, inode->ino, 0, KIND_XATTRS);
	return put(name, blob, len);
}

/* The inode is no more: its record goes, which makes it final. */
void store_inode_gone(const struct inode *inode)
{
	delete(inode->ino, 0, KIND_INODE);
	if (inode->target_len > TARGET_INLINE)
		delete(inode->ino, 0, KIND_TARGET);
	if (inode->xattrs_len)
		delete(inode->ino, 0, KIND_XATTRS);
}

/* Writes a link that is not in its inode's record: 0 or an error. */
long store_link(const struct link *l)
{
	struct {
		struct link_record r;
		char text[VFS_NAME_MAX];
	} record;
	char name[RECORD_NAME_MAX];

	link_record(&record.r, l);
	memcpy(record.text, l->name, l->len);
	record_name_of(name, l->inode->ino, l->id, KIND_LINK);
	return put(name, &record, sizeof(record.r) + l->len);
}

/* Writes a link where it belongs: into its inode's record, or one of its own. */
static long store_any_link(const struct link *l)
{
	return l->id == l->inode->recorded_link ? store_inode(l->inode, l) : store_link(l);
}

static long pair_put(void)
{
	char name[RECORD_NAME_MAX];

	record_name_of(name, 0, 0, KIND_PAIR);
	return put(name, &pair, sizeof(pair));
}

/* Writes two links that change in one step: 0 or an error. */
long store_pair(const struct link *a, const struct link *b)
{
	const struct link *both[PAIR] = { a, b };
	long ret;

	memset(&pair, 0, sizeof(pair));
	for (u32 i = 0; i < PAIR; i++) {
		pair.half[i].ino = both[i]->inode->ino;
		link_record(&pair.half[i].link, both[i]);
		memcpy(pair.half[i].name, both[i]->name, both[i]->len);
	}
	pair.op = CONTEXT->op;
	pair.open = true;
	ret = pair_put();
	for (u32 i = 0; i < PAIR && !ret; i++)
		store_any_link(both[i]);
	pair.open = false;
	if (!ret)
		ret = pair_put();
	return ret;
}

/* The operation that last changed two links. */
u64 store_pair_op(void)
{
	return pair.op;
}

/* That link of the inode is no more. */
void store_link_gone(const struct inode *inode, u32 id)
{
	delete(inode->ino, id, KIND_LINK);
}

/* Writes a mounted instance: 0 or an error. */
long store_super(const struct super *sb)
{
	struct super_record r = {
		.op = sb->op, .root = sb->root, .max_inodes = sb->max_inodes,
		.max_pages = sb->max_pages, .id = sb->id, .kind = sb->kind,
		.pages = sb->pages, .mode = sb->mode, .uid = sb->uid, .gid = sb->gid,
	};
	char name[RECORD_NAME_MAX];

	record_name_of(name, sb->id, 0, KIND_SUPER);
	return put(name, &r, sizeof(r));
}

/* The instance is unmounted: its inodes' records no longer count. */
void store_super_gone(u32 id)
{
	delete(id, 0, KIND_SUPER);
}

/* ---- after a reset ---------------------------------------------------- */

static bool is_kind(const char *name, char kind)
{
	size_t len = strlen(name);

	return len > 2 && name[len - 1] == kind && name[len - 2] == '.';
}

/* The inode number that a record's name begins with. */
static u64 number_of(const char *name)
{
	u64 n = 0;

	for (; *name && *name != '.'; name++)
		n = n << 4 | (u64)(*name <= '9' ? *name - '0' : *name - 'a' + 10);
	return n;
}

/* Calls `fn` for each record of a kind, which it has read into `buffer`. */
static void each_record(char kind, void (*fn)(const char *name, size_t len))
{
	char name[RECORD_NAME_MAX];
	long len;

	for (u32 i = 0; !record_name(THIS_MODULE, i, name, sizeof(name)); i++) {
		if (!is_kind(name, kind))
			continue;
		len = record_get(THIS_MODULE, name, &buffer, sizeof(buffer));
		if (len > 0)
			fn(name, (size_t)len);
	}
}

static void super_load(const char *name, size_t len)
{
	const struct super_record *r = (const void *)buffer.bytes;
	struct super *sb = len == sizeof(*r) ? super_add(r->id, r->root) : NULL;

	if (!sb)
		return;
	sb->op = r->op;
	sb->kind = r->kind;
	sb->max_inodes = r->max_inodes;
	sb->max_pages = r->max_pages;
	sb->pages = r->pages;
	sb->mode = r->mode;
	sb->uid = r->uid;
	sb->gid = r->gid;
}

static char *target_load(const struct inode_record *r)
{
	char *target = kmalloc(r->target_len + 1);
	char name[RECORD_NAME_MAX];
	u64 ino = r->ino;

	if (!target)
		return NULL;
	if (r->target_len <= TARGET_INLINE) {
		memcpy(target, r->text + r->link.len, r->target_len);
		return target;
	}
	record_name_of(name, ino, 0, KIND_TARGET);
	if (record_get(THIS_MODULE, name, target, r->target_len) !=
	    (long)r->target_len) {
		kfree(target);
		return NULL;
	}
	return target;
}

/* The link in an inode's record, until all inodes are there. */
struct pending {
	struct list_head list;
	struct inode *inode;
	struct link_record link;
	char text[];
};

static LIST_HEAD(pendings);

static void pending_add(struct inode *inode, const struct inode_record *r, size_t len)
{
	struct pending *p;

	if (!r->link.dir || r->link.len > NAME_LONGEST || len < sizeof(*r) + r->link.len)
		return;
	p = kmalloc(sizeof(*p) + r->link.len);
	if (!p)
		return;
	p->inode = inode;
	p->link = r->link;
	memcpy(p->text, r->text, r->link.len);
	list_add_tail(&p->list, &pendings);
}

static void inode_load(const char *name, size_t len)
{
	const struct inode_record *r = &buffer.inode;
	struct super *sb = super_find(r->sb);
	struct inode *inode;

	if (len < sizeof(*r))
		return;
	inode_number_used(r->ino);
	last_seq = MAX(last_seq, r->link.seq);
	inode = sb ? inode_new(sb, r->ino, r->mode) : NULL;
	if (!inode)
		return;
	inode->rdev = r->rdev;
	inode->uid = r->uid;
	inode->gid = r->gid;
	inode->pageobj = r->pageobj;
	inode->holds = r->holds;
	inode->nameless = r->nameless;
	inode->last_link = r->last_link;
	inode->recorded_link = r->link.dir ? r->link.id : 0;
	inode->atime_ns = r->atime_ns;
	inode->mtime_ns = r->mtime_ns;
	inode->ctime_ns = r->ctime_ns;
	inode->btime_ns = r->btime_ns;
	inode->target_len = r->target_len;
	pending_add(inode, r, len);
	if (r->target_len)
		inode->target = target_load(r);
}

/* A link that a record has; the inode and its directory are loaded. */
static void link_load_from(struct inode *inode, const struct link_record *r,
		      const char *text)
{
	struct inode *dir = inode_find(r->dir);
	struct link *l, *old;

	last_seq = MAX(last_seq, r->seq);
	if (!inode || !dir || !S_ISDIR(dir->mode) || r->len > NAME_LONGEST)
		return;
	old = link_find(dir, text, r->len);
	if (old && (old->inode == inode || old->seq > r->seq))
		return;
	l = link_new(text, r->len);
	if (!l)
		return;
	if (old) {
		/* Renamed over, but the reset came before the old one went. */
		link_detach(old);
		kfree(old);
	}
	l->id = r->id;
	l->seq = r->seq;
	link_attach(l, dir, inode, r->pos);
	dir->mtime_ns = MAX(dir->mtime_ns, inode->ctime_ns);
	dir->ctime_ns = MAX(dir->ctime_ns, inode->ctime_ns);
}

/* The same, unless an unfinished change of two links says something else of it. */
static void link_load(struct inode *inode, const struct link_record *r, const char *text)
{
	for (u32 i = 0; i < PAIR; i++)
		if (pair.open && inode && pair.half[i].ino == inode->ino &&
		    pair.half[i].link.id == r->id)
			return;
	link_load_from(inode, r, text);
}

/* Finishes a change of two links that a reset came into. */
static void pair_finish(void)
{
	struct inode *inode;
	struct link *l;

	if (!pair.open)
		return;
	for (u32 i = 0; i < PAIR; i++) {
		inode = inode_find(pair.half[i].ino);
		if (!inode)
			continue;
		link_load_from(inode, &pair.half[i].link, pair.half[i].name);
		list_for_each_entry(l, &inode->links, of_inode)
			if (l->id == pair.half[i].link.id)
				store_any_link(l);
	}
	pair.open = false;
	pair_put();
}

static void first_links_load(void)
{
	struct pending *p, *next;

	list_for_each_entry_safe(p, next, &pendings, list) {
		link_load(p->inode, &p->link, p->text);
		list_del(&p->list);
		kfree(p);
	}
}

static void other_link_load(const char *name, size_t len)
{
	const struct link_record *r = (const void *)buffer.bytes;
	struct inode *inode = inode_find(number_of(name));

	/* The inode's own record may have taken it over. */
	if (inode && len >= sizeof(*r) && len == sizeof(*r) + r->len &&
	    r->id != inode->recorded_link)
		link_load(inode, r, (const char *)(r + 1));
}

static void pair_load(void)
{
	char name[RECORD_NAME_MAX];

	record_name_of(name, 0, 0, KIND_PAIR);
	if (record_get(THIS_MODULE, name, &pair, sizeof(pair)) != sizeof(pair))
		memset(&pair, 0, sizeof(pair));
}

static void xattrs_load(const char *name, size_t len)
{
	struct inode *inode = inode_find(number_of(name));

	if (inode)
		inode->xattrs = kmemdup(&buffer, len);
	if (inode && inode->xattrs)
		inode->xattrs_len = (u32)len;
}

static void drop_unused(struct inode *inode)
{
	if (list_empty(&inode->links) && !inode->holds &&
	    inode->ino != inode->sb->root && list_empty(&inode->entries))
		inode_drop(inode);
}

/* Rebuilds everything from the records. ramfs_lock is held. */
void store_recover(void)
{
	each_record(KIND_SUPER, super_load);
	each_record(KIND_INODE, inode_load);
	pair_load();
	first_links_load();
	each_record(KIND_LINK, other_link_load);
	pair_finish();
	each_record(KIND_XATTRS, xattrs_load);
	inodes_each(drop_unused);
}
