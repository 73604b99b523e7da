/* SPDX-License-Identifier: MIT */
/*
 * slab: serves every module's objects in that module's own window, and keeps
 * books of the core's non-vital memory. It never touches what it hands out; a
 * free is checked against the books, and a wrong one is refused and logged.
 *
 * A call that changes something goes: choose or check the objects, write them
 * to the owner's log and prepare it, apply it to the runs' bits, mark it as
 * done. A crash before "prepared" leaves nothing, one after it is completed by
 * recovery (recover.c); either way the call is run again by the boundary and
 * finds its ticket in the log, or not.
 *
 * State: books in persistent pages (book.c). Rank: calls the core alone.
 */
#include "internal.h"

struct mutex slab_mutex;

static const char *const refused_text[] = {
	"no object of its", "not the start of an object", "free already",
	"named twice",
};

enum refusal {
	REFUSED_FOREIGN, REFUSED_INTERIOR, REFUSED_FREE, REFUSED_TWICE,
	REFUSALS, ACCEPTED,
};

/* ---- owners ---------------------------------------------------------- */

/* Drops all that is booked for `owner`, whose next epoch is `epoch`. */
static void owner_forget(u32 id, u32 epoch)
{
	struct owner *owner = &root->owner[id];
	struct run *run, *next;

	state_set(&owner->log.state, LOG_IDLE);
	for (run = book_next(NULL); run; run = next) {
		next = book_next(run);
		if (run->owner == id)
			run_forget(run);
	}
	owner->epoch_check = ~epoch;
	barrier();
	owner->epoch = epoch;
}

/*
 * Compares the ticket's epoch with the owner's: 0 or -ECANCELED. The core has
 * one life; its tickets are plain numbers.
 */
static long owner_enter(u32 id, u64 ticket)
{
	struct owner *owner = &root->owner[id];
	u32 epoch = SLAB_TICKET_EPOCH(ticket);

	if (id == SLAB_OWNER_CORE)
		return 0;
	if (unlikely(owner->epoch_check != ~owner->epoch)) {
		owner->epoch_check = ~epoch;
		barrier();
		owner->epoch = epoch;
	}
	if (unlikely(epoch > owner->epoch))
		owner_forget(id, epoch);
	return epoch < owner->epoch ? -ECANCELED : 0;
}

/* ---- alloc ----------------------------------------------------------- */

/* Lists up to `count` free objects of a class in `objects`; how many. */
static u32 pick(u32 owner, u32 class, u32 count, u64 *objects)
{
	struct run *run = books[owner].partial[class];
	u32 size = class_size[class], picked = 0;
	u64 mask;

	for (; run && picked < count; run = run->next) {
		for (u32 word = 0; word < RUN_WORDS && picked < count; word++) {
			if (!run_free_mask(run, word, &mask))
				continue;
			for (; mask && picked < count; mask &= mask - 1) {
				u32 object = word * 64 + bit_ffs(mask) - 1;

				objects[picked++] = run->addr + (u64)object * size;
			}
		}
	}
	return picked;
}

/* Makes a run, giving back empty ones elsewhere if memory is short. */
static long more(u32 owner, u32 class)
{
	long err = run_create(owner, class);

	if (err == -ENOMEM && run_reclaim())
		err = run_create(owner, class);
	return err;
}

static long objects_alloc_locked(u32 owner, u64 ticket, u32 class, u32 count,
				 u64 *objects)
{
	struct call_log *log = &root->owner[owner].log;
	long err = owner_enter(owner, ticket);
	u32 got;

	if (err)
		return err;
	if (!log_repeats(log, ticket, LOG_ALLOC)) {
		if (!books[owner].partial[class])
			err = more(owner, class);
		if (err)
			return err;
		state_set(&log->state, LOG_IDLE);
		got = pick(owner, class, count, log->object);
		log_prepare(log, ticket, LOG_ALLOC, got);
		log_apply(owner, log);
	}
	got = MIN(count, (u32)log->count);
	for (u32 i = 0; i < got; i++)
		objects[i] = log->object[i];
	return got;
}

static long objects_alloc(u32 owner, u64 ticket, u32 size, u32 count,
			  u64 *objects, size_t len)
{
	long got;

	if (owner >= SLAB_OWNERS || size - 1 >= SLAB_OBJECT_MAX || !count ||
	    count > SLAB_BATCH_MAX || len < count * sizeof(*objects))
		return -EINVAL;
	mutex_lock(&slab_mutex);
	got = objects_alloc_locked(owner, ticket, slab_class_of(size), count, objects);
	mutex_unlock(&slab_mutex);
	return got;
}

/* ---- free ------------------------------------------------------------ */

static enum refusal check_object(u32 owner, u64 addr)
{
	struct run *run = run_find(owner, addr);
	u64 offset, object;

	if (!run)
		return REFUSED_FOREIGN;
	/* Of a frozen run nothing is known, and nothing is given out again. */
	if (run->class == CLASS_FROZEN)
		return ACCEPTED;
	offset = addr - run->addr;
	object = offset / class_size[run->class];
	if (object >= run->count || object * class_size[run->class] != offset)
		return REFUSED_INTERIOR;
	return bitmap_test(run->live, object) ? ACCEPTED : REFUSED_FREE;
}

static long check_objects(u32 owner, u32 count, const u64 *objects)
{
	enum refusal refusal = ACCEPTED;
	u32 i;

	for (i = 0; i < count && refusal == ACCEPTED; i++) {
		refusal = check_object(owner, objects[i]);
		for (u32 j = 0; j < i; j++)
			if (objects[j] == objects[i])
				refusal = REFUSED_TWICE;
	}
	if (refusal == ACCEPTED)
		return 0;
	pr_err("module %u frees %#llx: %s", owner,
	       (unsigned long long)objects[i - 1], refused_text[refusal]);
	return -EINVAL;
}

static void trim(u32 owner, const struct call_log *log)
{
	struct run *run;

	for (u32 i = 0; i < log->count; i++) {
		run = run_find(owner, log->object[i]);
		if (run && run->class != CLASS_FROZEN)
			run_trim(run);
	}
}

static long objects_free_locked(u32 owner, u64 ticket, u32 count,
				const u64 *objects)
{
	struct call_log *log = &root->owner[owner].log;
	long err = owner_enter(owner, ticket);

	if (err || log_repeats(log, ticket, LOG_FREE))
		return err;
	state_set(&log->state, LOG_IDLE);
	/* What is checked is the copy: the caller may change its own meanwhile. */
	for (u32 i = 0; i < count; i++)
		log->object[i] = objects[i];
	err = check_objects(owner, count, log->object);
	if (err)
		return err;
	log_prepare(log, ticket, LOG_FREE, count);
	log_apply(owner, log);
	trim(owner, log);
	return 0;
}

static long objects_free(u32 owner, u64 ticket, u32 count, const u64 *objects,
			 size_t len)
{
	long err;

	if (owner >= SLAB_OWNERS || !count || count > SLAB_BATCH_MAX ||
	    len < count * sizeof(*objects))
		return -EINVAL;
	mutex_lock(&slab_mutex);
	err = objects_free_locked(owner, ticket, count, objects);
	mutex_unlock(&slab_mutex);
	return err;
}

/* ---- calls ----------------------------------------------------------- */

/*
 * Gives `self` up to `count` objects of at least `size` bytes in its window.
 * Returns how many (> 0), -ENOMEM, -EINVAL, -ECANCELED (a ticket of an earlier
 * life). Sleeps only for slab's mutex.
 */
long slab_alloc(u32 self, u64 ticket, u32 size, u32 count, u64 *objects,
		size_t len)
{
	if (self == SLAB_OWNER_CORE)
		return -EINVAL;
	return objects_alloc(self, ticket, size, count, objects, len);
}
SYMBOL_EXPORT(slab_alloc);

/*
 * Takes back `count` objects of `self`, all or none: 0, -EINVAL (one of them
 * is not a live object of `self`), -ECANCELED. Sleeps only for slab's mutex.
 */
long slab_free(u32 self, u64 ticket, u32 count, const u64 *objects, size_t len)
{
	if (self == SLAB_OWNER_CORE)
		return -EINVAL;
	return objects_free(self, ticket, count, objects, len);
}
SYMBOL_EXPORT(slab_free);

/* Size of `self`'s live object at `addr`: its class. -EINVAL: there is none. */
long slab_size(u32 self, u64 addr)
{
	long size = -EINVAL;

	if (self >= SLAB_OWNERS)
		return size;
	mutex_lock(&slab_mutex);
	if (check_object(self, addr) == ACCEPTED) {
		struct run *run = run_find(self, addr);

		if (run->class != CLASS_FROZEN)
			size = class_size[run->class];
	}
	mutex_unlock(&slab_mutex);
	return size;
}
SYMBOL_EXPORT(slab_size);

/* The core hands over `len` bytes of its arena at offset `base`: see slab.h. */
long slab_core_grow(u64 base, u64 len)
{
	long err;

	mutex_lock(&slab_mutex);
	err = arena_grow(base, len);
	mutex_unlock(&slab_mutex);
	return err;
}
SYMBOL_EXPORT(slab_core_grow);

/* As slab_alloc(), for the core: offsets into its arena. */
long slab_core_alloc(u64 ticket, u32 size, u32 count, u64 *objects, size_t len)
{
	return objects_alloc(SLAB_OWNER_CORE, ticket, size, count, objects, len);
}
SYMBOL_EXPORT(slab_core_alloc);

/* As slab_free(), for the core. */
long slab_core_free(u64 ticket, u32 count, const u64 *objects, size_t len)
{
	return objects_free(SLAB_OWNER_CORE, ticket, count, objects, len);
}
SYMBOL_EXPORT(slab_core_free);

/* Forgets all objects of `owner`, whose pages are gone: 0 or -EINVAL. */
long slab_owner_gone(u32 owner, u32 epoch)
{
	if (owner == SLAB_OWNER_CORE || owner >= SLAB_OWNERS)
		return -EINVAL;
	mutex_lock(&slab_mutex);
	owner_forget(owner, epoch);
	mutex_unlock(&slab_mutex);
	return 0;
}
SYMBOL_EXPORT(slab_owner_gone);

/* Fills `usage` with the live objects of `owner`: 0 or -EINVAL. */
long slab_usage_get(u32 owner, struct slab_usage *usage)
{
	if (owner >= SLAB_OWNERS)
		return -EINVAL;
	mutex_lock(&slab_mutex);
	usage->objects = books[owner].objects;
	usage->bytes = books[owner].bytes;
	usage->pages = books[owner].pages;
	mutex_unlock(&slab_mutex);
	return 0;
}
SYMBOL_EXPORT(slab_usage_get);

static long slab_init(u32 flags)
{
	return flags & INIT_RECOVERING ? recover() : book_init();
}

/* Pages of books that slab may have: enough for a million pages of objects. */
#define SLAB_QUOTA_PAGES 32768

MODULE("slab", .description = "object allocator of the modules",
       .init = slab_init, .rank = RANK_SLAB, .quota_pages = SLAB_QUOTA_PAGES);
