/* SPDX-License-Identifier: MIT */
/*
 * inotify(7). An instance is an event; its watches are *marks*, its queue is a chain
 * of *notices*, both in pools of their own. vfs says what happens to files
 * (vfs_watch()), if CONTEXT->watched has it: all that the marks ask for together.
 *
 * What the marks and the chain say is changed through the journal. A mark or notice
 * is taken by its first word, the number of its instance, before anything names it,
 * and given back by clearing that word when nothing does any more: those that a reset
 * leaves behind are found by inotify_recover(). Marks are found by inode through
 * chains that are made anew then.
 *
 * When there is no room the queue's end is an IN_Q_OVERFLOW, and nothing comes behind
 * that until it has been read.
 */
#include <events.h>
#include <hash.h>
#include <vfs.h>
#include <whitix/inotify.h>
#include <whitix/ioctl.h>
#include <whitix/stat.h>

#include "internal.h"

#define TAG_MARKS 3
#define TAG_NOTICES 4
#define TAG_LONG_NOTICES 5
#define POOL_PAGES 4
#define CHAIN_BITS 6
#define MASK_KNOWN (IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ISDIR | \
		    IN_WATCH_FLAGS)
#define NAME_SHORT 32		/* with the NUL */
#define NAME_ALIGN sizeof(struct linux_inotify_event)

struct mark {
	u64 owner;		/* number of its instance; 0: free */
	u64 wd;
	u64 mask;		/* as it was asked for; IN_ISDIR: it is a directory */
	u64 dev, ino;
	u64 next;		/* in its chain: index + 1; not kept */
};

struct notice {
	u64 owner;
	u64 next;		/* in the queue: a reference, see notice_at() */
	u32 wd, mask, cookie;
	u32 seen;		/* found by inotify_recover() */
	char name[];
};

struct pool marks = { .tag = TAG_MARKS, .size = sizeof(struct mark), .pages = POOL_PAGES };
struct pool notices = {
	.tag = TAG_NOTICES, .size = sizeof(struct notice) + NAME_SHORT, .pages = POOL_PAGES,
};
struct pool long_notices = {
	.tag = TAG_LONG_NOTICES, .size = sizeof(struct notice) + VFS_NAME_MAX,
	.pages = POOL_PAGES,
};

static u64 chains[1u << CHAIN_BITS];	/* first mark of each: index + 1 */
static u32 wanted;			/* what was said with files_watched() */

/* ---- marks --------------------------------------------------------------- */

static u64 *chain_of(u64 dev, u64 ino)
{
	return &chains[hash_u64(ino + (dev << VFS_INO_BITS), CHAIN_BITS)];
}

static struct mark *mark_at(u64 place)
{
	return place ? pool_at(&marks, (u32)place - 1) : NULL;
}

/* The next of `owner`'s marks from *index on, which is moved; NULL: no more. */
static struct mark *mark_next(u64 owner, u32 *index)
{
	struct mark *m;

	while (*index < pool_count(&marks)) {
		m = pool_at(&marks, (*index)++);
		if (m && m->owner && (!owner || m->owner == owner))
			return m;
	}
	return NULL;
}

/* Tells core and vfs what all marks ask for. */
static void want(u32 mask)
{
	wanted = mask;
	files_watched(THIS_MODULE, mask);
}

static void want_again(void)
{
	struct mark *m;
	u32 index = 0, mask = 0;

	while ((m = mark_next(0, &index)))
		mask |= (m->mask & IN_ALL_EVENTS) | IN_DELETE_SELF;
	want(mask);
}

static void mark_chain(struct mark *m, u32 index)
{
	u64 *chain = chain_of(m->dev, m->ino);

	m->next = *chain;
	*chain = index + 1;
}

static void mark_unchain(struct mark *m)
{
	u64 *at = chain_of(m->dev, m->ino);

	while (mark_at(*at) != m)
		at = &mark_at(*at)->next;
	*at = m->next;
}

static struct mark *mark_find(u64 owner, u64 dev, u64 ino)
{
	struct mark *m = mark_at(*chain_of(dev, ino));

	while (m && (m->owner != owner || m->dev != dev || m->ino != ino))
		m = mark_at(m->next);
	return m;
}

/* ---- the queue ------------------------------------------------------------- */

/* A notice by its reference: index + 1, and in the lowest bit which pool; 0: NULL. */
static struct notice *notice_at(u64 ref)
{
	return ref ? pool_at(ref & 1 ? &long_notices : &notices, (u32)(ref >> 1) - 1) : NULL;
}

static u32 name_len(const char *name)
{
	size_t len = strlen(name);

	return len ? (u32)((len + NAME_ALIGN) / NAME_ALIGN * NAME_ALIGN) : 0;
}

static u32 notice_size(const struct notice *n)
{
	return (u32)sizeof(struct linux_inotify_event) + name_len(n->name);
}

/* A notice for the queue of `owner`: its reference, 0: no memory. */
static u64 notice_new(u64 owner, const struct notice *as, const char *name)
{
	bool is_long = strlen(name) >= NAME_SHORT;
	u32 index;
	struct notice *n = pool_take(is_long ? &long_notices : &notices, &index);

	if (!n)
		return 0;
	*n = *as;
	strlcpy(n->name, name, VFS_NAME_MAX);
	n->owner = owner;
	return (u64)(index + 1) << 1 | is_long;
}

/* The queue's last notice says the same. */
static bool is_told(const struct event *e, const struct notice *as, const char *name)
{
	const struct notice *n = notice_at(e->tail);

	return n && n->wd == as->wd && n->mask == as->mask && n->mask != IN_IGNORED &&
	       !strcmp(n->name, name);
}

/* Adds to the change that is made: a notice at the end of the queue of `e`. */
static void queue_add(struct event *e, u64 owner, const struct notice *as, const char *name)
{
	u64 ref;

	event_wake(e);
	if (e->lost || is_told(e, as, name))
		return;
	ref = e->count < INOTIFY_QUEUE_MAX ? notice_new(owner, as, name) : 0;
	if (!ref) {
		journal_set(&e->lost, 1);
		return;
	}
	journal_set(e->tail ? &notice_at(e->tail)->next : &e->head, ref);
	journal_set(&e->tail, ref);
	journal_set(&e->count, e->count + 1);
	journal_set(&e->bytes, e->bytes + notice_size(notice_at(ref)));
}

/* Adds to the change that is made: `m` goes, which its instance is told. */
static void mark_end(struct event *e, struct mark *m)
{
	struct notice ignored = { .wd = (u32)m->wd, .mask = IN_IGNORED };

	mark_unchain(m);
	queue_add(e, m->owner, &ignored, "");
	journal_set(&m->owner, 0);
}

/* Gives back the notices from `ref` to `end`, which nothing names any more. */
static void notices_free(u64 ref, u64 end)
{
	struct notice *n;

	while (ref != end && (n = notice_at(ref))) {
		ref = n->next;
		n->owner = 0;
	}
}

/* ---- what happens ------------------------------------------------------------ */

/* One mark of the inode to which `mask` happened. */
static void mark_notify(struct mark *m, u32 mask, u32 cookie, const char *name)
{
	struct event *e = event_find(m->owner, EVENT_INOTIFY);
	u32 told = mask & IN_ALL_EVENTS & (u32)m->mask;
	struct notice n = { .wd = (u32)m->wd, .cookie = cookie };

	if (!e || (*name && (mask & (u32)m->mask & IN_EXCL_UNLINK)))
		return;
	if (mask & IN_UNMOUNT)
		mask |= (u32)m->mask & IN_ISDIR;
	n.mask = told | (mask & IN_UNMOUNT) |
		 (told & (IN_DELETE_SELF | IN_MOVE_SELF) ? 0 : mask & IN_ISDIR);
	if (told || (mask & IN_UNMOUNT)) {
		queue_add(e, m->owner, &n, name);
		journal_commit_only();
	}
	if ((mask & (IN_DELETE_SELF | IN_UNMOUNT)) || (told && (m->mask & IN_ONESHOT))) {
		mark_end(e, m);
		journal_commit_only();
		want_again();
	}
}

/* The file system `dev` goes, and all of its inodes. */
static void dev_gone(u64 dev)
{
	struct mark *m;
	u32 index = 0;

	while ((m = mark_next(0, &index)))
		if (m->dev == dev)
			mark_notify(m, IN_UNMOUNT, 0, "");
}

/* vfs_watcher. */
static long inotify_told(u64 dev, u64 ino, u32 mask, u32 cookie, const char *name)
{
	struct mark *m, *next;
	u32 watched = 0;

	mutex_lock(&events_lock);
	if (!ino)
		dev_gone(dev);
	for (m = mark_at(*chain_of(dev, ino)); m; m = next) {
		next = mark_at(m->next);
		if (m->dev != dev || m->ino != ino)
			continue;
		watched |= (u32)m->mask & IN_ALL_EVENTS;
		mark_notify(m, mask, cookie, name);
	}
	mutex_unlock(&events_lock);
	return watched;
}

/* ---- the descriptor ------------------------------------------------------------ */

/* Writes one event to a reader: its bytes, 0 when there is no room, -EFAULT. */
static long notice_write(const struct notice *n, u32 ubuf, u64 off, u64 len)
{
	struct {
		struct linux_inotify_event event;
		char name[VFS_NAME_MAX];
	} out = { .event = { (s32)n->wd, n->mask, n->cookie, name_len(n->name) } };
	u32 size = notice_size(n);

	if (size > len)
		return 0;
	strlcpy(out.name, n->name, sizeof(out.name));
	return ubuf_write(ubuf, off, &out, size) == size ? (long)size : -EFAULT;
}

/* See internal.h: bytes of whole events, -EAGAIN, -EINVAL (no room), -EFAULT. */
long inotify_read(struct event *e, u32 ubuf, u64 off, u64 len)
{
	static const struct {
		struct notice n;
		char name[1];
	} overflow = { .n = { .wd = (u32)-1, .mask = IN_Q_OVERFLOW } };
	u64 ref = e->head, first = ref, done = 0, taken = 0;
	struct notice *n;
	long size = 0;
	bool all;

	if (!inotify_ready(e))
		return -EAGAIN;
	for (; (n = notice_at(ref)); ref = n->next, taken++) {
		size = notice_write(n, ubuf, off + done, len - done);
		if (size <= 0)
			break;
		done += (u64)size;
	}
	all = !ref;
	journal_set(&e->head, ref);
	journal_set(&e->tail, all ? 0 : e->tail);
	journal_set(&e->count, e->count - taken);
	journal_set(&e->bytes, e->bytes - done);
	if (all && e->lost) {
		size = notice_write(&overflow.n, ubuf, off + done, len - done);
		done += size > 0 ? (u64)size : 0;
		journal_set(&e->lost, size <= 0);
	}
	size = done ? (long)done : size ? size : -EINVAL;
	size = journal_commit(size);
	notices_free(first, ref);
	return size;
}

/* See internal.h: FIONREAD. */
long inotify_ioctl(u64 number, u32 cmd, u32 ubuf)
{
	struct event *e;
	s32 bytes = 0;

	mutex_lock(&events_lock);
	e = event_find(number, EVENT_INOTIFY);
	if (e)
		bytes = (s32)e->bytes +
			(e->lost ? (s32)sizeof(struct linux_inotify_event) : 0);
	mutex_unlock(&events_lock);
	if (!e || cmd != FIONREAD)
		return -ENOTTY;
	return ubuf_write(ubuf, 0, &bytes, sizeof(bytes)) == sizeof(bytes) ? 0 : -EFAULT;
}

static void pool_forget(struct pool *p, u64 owner)
{
	struct notice *n;

	for (u32 i = 0; i < pool_count(p); i++) {
		n = pool_at(p, i);
		if (n && n->owner == owner)
			n->owner = 0;
	}
}

/* See internal.h. events_lock is held. */
void inotify_closed(u64 number)
{
	struct mark *m;
	u32 index = 0;

	pool_forget(&notices, number);
	pool_forget(&long_notices, number);
	while ((m = mark_next(number, &index))) {
		mark_unchain(m);
		m->owner = 0;
	}
	if (wanted)
		want_again();
}

/* ---- after a reset ------------------------------------------------------------- */

static void pool_unsee(struct pool *p)
{
	struct notice *n;

	for (u32 i = 0; i < pool_count(p); i++)
		if ((n = pool_at(p, i)))
			n->seen = 0;
}

static void pool_free_unseen(struct pool *p)
{
	struct notice *n;

	for (u32 i = 0; i < pool_count(p); i++)
		if ((n = pool_at(p, i)) && !n->seen)
			n->owner = 0;
}

/* What is in no queue, and whose instance is gone, is free; marks are chained. */
void inotify_recover(void)
{
	struct event *e;
	struct notice *n;
	struct mark *m;
	u32 index = 0;

	pool_unsee(&notices);
	pool_unsee(&long_notices);
	while ((e = event_next(&index)))
		if (e->kind == EVENT_INOTIFY)
			for (n = notice_at(e->head); n && !n->seen; n = notice_at(n->next))
				n->seen = 1;
	pool_free_unseen(&notices);
	pool_free_unseen(&long_notices);
	for (index = 0; (m = mark_next(0, &index));)
		if (event_find(m->owner, EVENT_INOTIFY))
			mark_chain(m, index - 1);
		else
			m->owner = 0;
	want_again();
}

/* ---- system calls ---------------------------------------------------------------- */

static u32 instances_of(u32 uid)
{
	struct event *e;
	u32 index = 0, n = 0;

	mutex_lock(&events_lock);
	while ((e = event_next(&index)))
		n += e->kind == EVENT_INOTIFY && e->value == uid;
	mutex_unlock(&events_lock);
	return n;
}

long call_inotify_init1(u64 flags, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	long error;

	if ((u32)flags & ~(u32)EVENT_FLAGS)
		return -EINVAL;
	if (!CONTEXT->rerun && instances_of(CONTEXT->euid) >= INOTIFY_INSTANCES_MAX)
		return -EMFILE;
	error = vfs_watch(THIS_MODULE, inotify_told);
	return error ? error : event_open(EVENT_INOTIFY, CONTEXT->euid, 0, (u32)flags);
}

long call_inotify_init(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return call_inotify_init1(0, 0, 0, 0, 0, 0);
}

/* How many watches a user has. events_lock is held. */
static u32 watches_of(u64 uid)
{
	const struct event *e;
	struct mark *m;
	u32 index = 0, n = 0;

	while ((m = mark_next(0, &index))) {
		e = event_find(m->owner, EVENT_INOTIFY);
		n += e && e->value == uid;
	}
	return n;
}

static long mark_new(struct event *e, u64 number, u32 mask, const struct vfs_attr *attr)
{
	u32 index;
	struct mark *m = NULL;

	if (watches_of(e->value) >= INOTIFY_WATCHES_MAX || e->last_wd == INT32_MAX)
		return -ENOSPC;
	m = pool_take(&marks, &index);
	if (!m)
		return -ENOMEM;
	m->wd = e->last_wd + 1;
	m->mask = mask;
	m->dev = attr->dev;
	m->ino = attr->ino;
	mark_chain(m, index);
	journal_set(&e->last_wd, m->wd);
	journal_set(&m->owner, number);
	journal_commit((long)m->wd);
	want(wanted | (mask & IN_ALL_EVENTS) | IN_DELETE_SELF);
	return (long)m->wd;
}

/* Changes the instance's watch of an inode, or adds one: its number. */
static long mark_set(u64 number, u32 mask, const struct vfs_attr *attr)
{
	struct event *e = event_find(number, EVENT_INOTIFY);
	struct mark *m;
	long wd;

	if (!e)
		return -EINVAL;
	if (journal_done(&wd))
		return wd;
	m = mark_find(number, attr->dev, attr->ino);
	if (!m)
		return mark_new(e, number, mask, attr);
	if (mask & IN_MASK_CREATE)
		return -EEXIST;
	journal_set(&m->mask, (mask & IN_MASK_ADD ? m->mask : 0) | mask);
	wd = journal_commit((long)m->wd);
	want_again();
	return wd;
}

/* What the path of a watch names, if the caller may read it. */
static long watch_path(u64 user, u32 mask, struct vfs_attr *attr)
{
	struct path_arg arg = { .dirfd = AT_FDCWD, .user = user };
	u32 flags = mask & IN_DONT_FOLLOW ? 0 : VFS_FOLLOW;
	char *path = kmalloc(VFS_PATH_MAX);
	long ret = path ? path_read(THIS_MODULE, &arg, path, VFS_PATH_MAX) : -ENOMEM;

	if (ret >= 0)
		ret = vfs_stat(CONTEXT->root, arg.at, path, flags, attr);
	if (!ret && (mask & IN_ONLYDIR) && !S_ISDIR(attr->mode))
		ret = -ENOTDIR;
	if (!ret)
		ret = vfs_access(CONTEXT->root, arg.at, path, R_OK, flags | VFS_EFFECTIVE);
	kfree(path);
	return ret;
}

/* The instance of a descriptor: its number, -EBADF, -EINVAL. */
static long instance_of(u64 fd)
{
	long number = file_own_number(THIS_MODULE, (u32)fd);
	struct event *e;

	if (number < 0)
		return number == -EBADF ? -EBADF : -EINVAL;
	mutex_lock(&events_lock);
	e = event_find((u64)number, EVENT_INOTIFY);
	mutex_unlock(&events_lock);
	return e ? number : -EINVAL;
}

/* inotify_add_watch(2). */
long call_inotify_add_watch(u64 fd, u64 path, u64 mask64, u64 d, u64 e, u64 f)
{
	u32 mask = (u32)mask64;
	struct vfs_attr attr;
	long number, ret;

	if (!mask || (mask & ~MASK_KNOWN))
		return -EINVAL;
	number = instance_of(fd);
	if (number == -EBADF || (mask & (IN_MASK_ADD | IN_MASK_CREATE)) ==
				(IN_MASK_ADD | IN_MASK_CREATE))
		return number == -EBADF ? -EBADF : -EINVAL;
	if (number < 0)
		return number;
	ret = watch_path(path, mask, &attr);
	if (ret)
		return ret;
	mask &= ~IN_ISDIR;
	mask |= S_ISDIR(attr.mode) ? IN_ISDIR : 0;
	mutex_lock(&events_lock);
	ret = mark_set((u64)number, mask, &attr);
	mutex_unlock(&events_lock);
	return ret;
}

static long mark_remove(struct event *e, u64 number, u32 wd)
{
	struct mark *m;
	u32 index = 0;

	while ((m = mark_next(number, &index)) && m->wd != wd)
		;
	if (!m)
		return -EINVAL;
	mark_end(e, m);
	journal_commit(0);
	want_again();
	return 0;
}

/* inotify_rm_watch(2). */
long call_inotify_rm_watch(u64 fd, u64 wd, u64 c, u64 d, u64 e, u64 f)
{
	long number = instance_of(fd), ret;
	struct event *event;

	if (number < 0)
		return number;
	mutex_lock(&events_lock);
	event = event_find((u64)number, EVENT_INOTIFY);
	if (!journal_done(&ret))
		ret = event ? mark_remove(event, (u64)number, (u32)wd) : -EINVAL;
	mutex_unlock(&events_lock);
	return ret;
}
