/* SPDX-License-Identifier: MIT */
/*
 * locks: record locks, locks of open files, and flock's (locks.h). Nobody waits
 * here: the core does, and asks again when any lock was given up.
 *
 * State: a record for each file that has locks, replaced as a whole with each
 * change. Who waits for whom is not kept: after a reset a circle of waits is found
 * only when somebody in it asks anew.
 */
#include "internal.h"

/* No circle of waits is followed further; Linux has the same limit. */
#define WAITS_DEPTH 10

/* Owner `owner` waits for a record lock of `holder`. */
struct waiting {
	struct list_head list;
	u64 owner, holder;
};

struct mutex locks_lock = MUTEX_INIT;

static LIST_HEAD(waits);
static struct lock work[LOCKS_MAX + 2];	/* locks_lock */

static bool overlaps(const struct lock *l, const struct request *r)
{
	return l->start <= r->end && r->start <= l->end;
}

/* flock's locks and the others do not know of each other. */
static bool same_family(const struct lock *l, const struct request *r)
{
	return (l->kind == LOCK_FLOCK) == (r->kind == LOCK_FLOCK);
}

static bool is_own(const struct lock *l, const struct request *r)
{
	return l->owner == r->owner && l->kind == r->kind;
}

/* A lock of another owner that `r` must not go together with, or NULL. */
const struct lock *lock_conflict(const struct request *r)
{
	const struct locked_file *f = file_find(r->file);

	for (u32 i = 0; f && i < f->count; i++) {
		const struct lock *l = &f->lock[i];

		if (same_family(l, r) && !is_own(l, r) && overlaps(l, r) &&
		    (l->type == F_WRLCK || r->type == F_WRLCK))
			return l;
	}
	return NULL;
}

/* ---- who waits for whom ------------------------------------------------ */

static struct waiting *waiting_of(u64 owner)
{
	struct waiting *w;

	list_for_each_entry(w, &waits, list)
		if (w->owner == owner)
			return w;
	return NULL;
}

static void stop_waiting(u64 owner)
{
	struct waiting *w = waiting_of(owner);

	if (w) {
		list_del(&w->list);
		kfree(w);
	}
}

/* Notes that the request waits for `holder`: -EAGAIN, or -EDEADLK: for ever. */
static long wait_for(const struct request *r, u64 holder)
{
	struct waiting *w;
	u64 next = holder;

	if (r->kind != LOCK_RECORD || !r->waits)
		return -EAGAIN;
	stop_waiting(r->owner);
	for (u32 depth = 0; depth < WAITS_DEPTH; depth++) {
		if (next == r->owner)
			return -EDEADLK;
		w = waiting_of(next);
		if (!w)
			break;
		next = w->holder;
	}
	w = kzalloc(sizeof(*w));
	if (!w)
		return -ENOLCK;
	w->owner = r->owner;
	w->holder = holder;
	list_add_tail(&w->list, &waits);
	return -EAGAIN;
}

/* ---- changes ----------------------------------------------------------- */

static void put(u32 *count, const struct lock *like, s64 start, s64 end)
{
	work[*count] = *like;
	work[*count].start = start;
	work[(*count)++].end = end;
}

/* `l` is of the request's type and reaches or touches it: they become one. */
static bool joins(const struct lock *l, const struct request *r)
{
	return l->type == r->type && (l->end == INT64_MAX || l->end + 1 >= r->start) &&
	       (r->end == INT64_MAX || r->end + 1 >= l->start);
}

/*
 * Puts the file's locks, as they are after the request, into `work`: how many, or
 * -ENOLCK.
 */
static long apply(struct request r)
{
	struct lock own = { .owner = r.owner, .kind = r.kind, .type = r.type, .pid = r.pid };
	const struct locked_file *f = file_find(r.file);
	u32 n = 0;

	for (u32 i = 0; f && i < f->count; i++) {
		const struct lock *l = &f->lock[i];

		if (n >= LOCKS_MAX)
			return -ENOLCK;
		if (!is_own(l, &r)) {
			work[n++] = *l;
		} else if (joins(l, &r)) {
			r.start = MIN(r.start, l->start);
			r.end = MAX(r.end, l->end);
		} else if (!overlaps(l, &r)) {
			work[n++] = *l;
		} else {
			if (l->start < r.start)
				put(&n, l, l->start, r.start - 1);
			if (l->end > r.end)
				put(&n, l, r.end + 1, l->end);
		}
	}
	if (r.type != F_UNLCK)
		put(&n, &own, r.start, r.end);
	return n > LOCKS_MAX ? -ENOLCK : (long)n;
}

static long change(const struct request *r)
{
	long n = apply(*r);

	return n < 0 ? n : file_store(r->file, work, (u32)n);
}

static bool holds(const struct request *r)
{
	const struct locked_file *f = file_find(r->file);

	for (u32 i = 0; f && i < f->count; i++)
		if (is_own(&f->lock[i], r) && f->lock[i].type == r->type)
			return true;
	return false;
}

/* flock(2) gives an owner's lock up before it asks for one of the other type. */
long lock_set_flock(const struct request *r)
{
	struct request none = *r;

	if (holds(r))
		return 0;
	none.type = F_UNLCK;
	change(&none);
	return r->type != F_UNLCK && lock_conflict(r) ? -EAGAIN : change(r);
}

/* Sets or takes away a record lock: 0, -EAGAIN, -EDEADLK, -ENOLCK. */
long lock_set_record(const struct request *r)
{
	const struct lock *other = r->type == F_UNLCK ? NULL : lock_conflict(r);

	if (other)
		return wait_for(r, other->owner);
	if (r->kind == LOCK_RECORD)
		stop_waiting(r->owner);
	return change(r);
}

/* See locks.h. */
long locks_release(u64 file, u64 owner)
{
	const struct locked_file *f;
	u32 n = 0;

	mutex_lock(&locks_lock);
	f = file_find(file);
	for (u32 i = 0; f && i < f->count; i++)
		if (f->lock[i].owner != owner)
			work[n++] = f->lock[i];
	if (f && n != f->count)
		file_keep(file, work, n);
	mutex_unlock(&locks_lock);
	return 0;
}
SYMBOL_EXPORT(locks_release);

long locks_give_up(u64 owner)
{
	mutex_lock(&locks_lock);
	stop_waiting(owner);
	mutex_unlock(&locks_lock);
	return 0;
}
SYMBOL_EXPORT(locks_give_up);

static long locks_init(u32 flags)
{
	if (flags & INIT_RECOVERING) {
		mutex_lock(&locks_lock);
		table_recover();
		mutex_unlock(&locks_lock);
	}
	return 0;
}

MODULE("locks", .description = "locks on files", .init = locks_init,
       .rank = RANK_VFS_CLIENT);
