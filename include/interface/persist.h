/* SPDX-License-Identifier: MIT */
/*
 * State that outlives a reset, for modules that keep it in the way of
 * transactions (runtime/persist.c): pools of objects in pages that the core
 * keeps, and a journal through which they are changed. All the words of a change
 * become what they are to be in one step, together with the operation that it
 * belongs to (CONTEXT->op) and that operation's result.
 *
 * A module has one journal. It changes, and looks at what it changes, under one
 * mutex; what is in a pool is changed by journal_set() only, but for bytes that
 * nothing names yet.
 *
 *	mutex_lock(&lock);
 *	if (!journal_done(&result)) {
 *		...
 *		journal_set(&object->count, count);
 *		result = journal_commit(0);
 *	}
 *	mutex_unlock(&lock);
 */
#ifndef INTERFACE_PERSIST_H
#define INTERFACE_PERSIST_H

#include <types.h>

#define POOL_RUNS 512

/*
 * A pool of objects of one size, numbered from 0. It grows by runs of pages, in
 * which no object is moved. An object whose first word is 0 is free. (A pool
 * whose objects are taken note of elsewhere uses pool_grow() only.)
 */
struct pool {
	u32 tag;		/* tells a module's pools apart; not 0 */
	u32 size;		/* of an object: a multiple of 8, at most a page */
	u32 pages;		/* of a run */
	/* the rest is persist.c's */
	u32 runs, hint;
	u8 *run[POOL_RUNS];
};

/* In init(): finds what was kept, or begins anew. 0, -ENOMEM. */
long journal_init(struct pool *const *pools, u32 npools);

/* For how many objects a pool has places. */
u32 pool_count(const struct pool *p);
/* Object number `index`; NULL: there is no such place. */
void *pool_at(const struct pool *p, u32 index);
/*
 * A free object, zeroed but for what a broken-off change left in it; it is taken
 * by a change that makes its first word something. NULL: no memory.
 */
void *pool_take(struct pool *p, u32 *index);
/* Adds a run: its number, -ENOMEM. */
long pool_grow(struct pool *p);
/* Gives a run back, of whose objects none is used any more. */
void pool_drop(struct pool *p, u32 run);

/* Adds to the change that is being made. */
void journal_set(u64 *word, u64 value);
/* Makes it, and notes `result` for this thread's operation. Returns `result`. */
long journal_commit(long result);
/* Makes it, without a note: for what is not the work of an operation. */
void journal_commit_only(void);
/* The operation was done before the reset that interrupted it: its result. */
bool journal_done(long *result);

#endif
