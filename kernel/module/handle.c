// SPDX-License-Identifier: MIT
/*
 * Handles: checked numbers that name core objects. A handle is an index into
 * one global table and the entry's generation, so that a number that was given
 * back is refused for the next HANDLE_GENERATIONS uses of its place.
 *
 * handle_lock (LOCK_MODULE) protects the table and the modules' counts.
 */
#include <errno.h>
#include <frame.h>
#include <log.h>
#include <string.h>

#include "internal.h"

#define HANDLE_INDEX_BITS 16
#define HANDLE_GENERATIONS 0x7fff	/* handles stay below 2^31 */
#define HANDLES_MAX 65536
#define HANDLES_FIRST 256		/* entries at first; doubled when full */

struct handle_entry {
	void *object;			/* NULL: free */
	handle_release_fn *release;
	struct module *owner;		/* NULL: the core */
	u16 generation;
	u8 type;
	bool unclaimed;			/* its owner was reset and has not asked for it */
	u32 next_free;
};

static struct spinlock handle_lock = SPINLOCK("handles", LOCK_MODULE);
static struct handle_entry *table;
static u32 table_size;
static u32 first_free;			/* 0: none; entry 0 is never used */

static int table_grow(void)
{
	u32 size = table_size ? 2 * table_size : HANDLES_FIRST;
	struct handle_entry *bigger;

	if (size > HANDLES_MAX)
		return -EMFILE;
	bigger = core_alloc(size * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	if (table)
		memcpy(bigger, table, table_size * sizeof(*table));
	for (u32 i = size - 1; i >= MAX(table_size, 1u); i--) {
		bigger[i].next_free = first_free;
		bigger[i].generation = 1;
		first_free = i;
	}
	core_free(table);
	table = bigger;
	table_size = size;
	return 0;
}

static struct handle_entry *entry_of(u32 handle)
{
	u32 index = handle & ((1 << HANDLE_INDEX_BITS) - 1);
	struct handle_entry *e;

	if (!index || index >= table_size)
		return NULL;
	e = &table[index];
	return e->object && e->generation == handle >> HANDLE_INDEX_BITS ? e : NULL;
}

/* See include/core/modules.h. */
long handle_new(struct module *m, enum handle_type type, void *object,
		handle_release_fn *release)
{
	u64 irq = spin_lock_irq(&handle_lock);
	struct handle_entry *e;
	long handle = 0;
	u32 index;

	if (!first_free)
		handle = table_grow();
	if (!handle) {
		index = first_free;
		e = &table[index];
		first_free = e->next_free;
		e->object = object;
		e->release = release;
		e->owner = m;
		e->type = type;
		e->unclaimed = false;
		if (m)
			m->handles++;
		handle = (long)e->generation << HANDLE_INDEX_BITS | index;
	}
	spin_unlock_irq(&handle_lock, irq);
	return handle;
}

void *handle_object(u32 handle, enum handle_type type, const struct module *m)
{
	u64 irq = spin_lock_irq(&handle_lock);
	struct handle_entry *e = entry_of(handle);
	void *object = NULL;

	if (e && (type == HANDLE_NONE || e->type == type) && (!m || e->owner == m))
		object = e->object;
	spin_unlock_irq(&handle_lock, irq);
	return object;
}

struct module *handle_owner(u32 handle)
{
	struct handle_entry *e = entry_of(handle);

	return e ? e->owner : NULL;
}

/* Frees the entry; the caller releases the object. */
static void entry_free(struct handle_entry *e)
{
	e->object = NULL;
	e->generation = e->generation == HANDLE_GENERATIONS ? 1 : e->generation + 1;
	if (e->owner)
		e->owner->handles--;
	e->next_free = first_free;
	first_free = e - table;
}

int handle_close(u32 handle, enum handle_type type, const struct module *m)
{
	u64 irq = spin_lock_irq(&handle_lock);
	struct handle_entry *e = entry_of(handle), old;
	bool found = e && e->type == type && (!m || e->owner == m);

	if (found) {
		old = *e;
		entry_free(e);
	}
	spin_unlock_irq(&handle_lock, irq);
	if (!found)
		return -EBADF;
	if (old.release)
		old.release(old.object);
	return 0;
}

void handle_give(u32 handle, struct module *to)
{
	u64 irq = spin_lock_irq(&handle_lock);
	struct handle_entry *e = entry_of(handle);

	if (e && e->owner != to) {
		if (e->owner)
			e->owner->handles--;
		e->owner = to;
		if (to)
			to->handles++;
	}
	spin_unlock_irq(&handle_lock, irq);
}

/* See include/core/modules.h. */
bool handle_claim(u32 handle, enum handle_type type, const struct module *m)
{
	u64 irq = spin_lock_irq(&handle_lock);
	struct handle_entry *e = entry_of(handle);
	bool found = e && e->type == type && e->owner == m;

	if (found)
		e->unclaimed = false;
	spin_unlock_irq(&handle_lock, irq);
	return found;
}

/* Objects that outlive their module's reset: files keep their pages. */
static bool survives(const struct handle_entry *e)
{
	return e->type == HANDLE_PAGEOBJ || e->type == HANDLE_PROVIDER ||
	       e->type == HANDLE_WAIT || e->type == HANDLE_FILE;
}

static bool sweeps(struct handle_entry *e, enum handle_sweep sweep)
{
	if (sweep == SWEEP_UNCLAIMED)
		return e->type == HANDLE_FILE && e->unclaimed;
	e->unclaimed = true;
	return sweep == SWEEP_UNLOAD || !survives(e);
}

/* See include/core/modules.h. May sleep if m holds open files. */
void handle_close_all(struct module *m, enum handle_sweep sweep)
{
	for (u32 i = 1; i < table_size; i++) {
		u64 irq = spin_lock_irq(&handle_lock);
		struct handle_entry *e = &table[i], old;
		bool mine = e->object && e->owner == m && sweeps(e, sweep);

		if (mine) {
			old = *e;
			entry_free(e);
		}
		spin_unlock_irq(&handle_lock, irq);
		if (mine && old.release)
			old.release(old.object);
	}
}
