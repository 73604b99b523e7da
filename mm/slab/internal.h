/* SPDX-License-Identifier: MIT */
/*
 * slab's own declarations. README has the design.
 *
 * Everything here is protected by slab_mutex. Fields marked p: are books: they
 * lie in persistent pages, are written in an order that a crash at any point
 * leaves readable, and are checked before they are believed. Fields marked v:
 * and all other data are rebuilt from them.
 */
#ifndef SLAB_INTERNAL_H
#define SLAB_INTERNAL_H

#include <atomic.h>
#include <bitops.h>
#include <errno.h>
#include <runtime.h>
#include <slab.h>

/* ---- books ----------------------------------------------------------- */

#define RUN_WORDS 4
#define RUN_OBJECTS_MAX (RUN_WORDS * 64)
#define RUN_PAGES_MAX (SLAB_OBJECT_MAX / PAGE_SIZE)

#define OBJECT_NONE (~0u)

/* The class of a run whose objects are not known: all of it is live. */
#define CLASS_FROZEN 0xff

enum run_state {
	RUN_NONE = 0,			/* entry is free */
	RUN_LIVE = 0x6576694c,
	RUN_LEAVING = 0x7661654c,	/* empty, heap_unmap() under way */
};

/* A run of pages that holds the objects of one owner and class. */
struct run {
	u64 addr;			/* p: */
	u32 npages;			/* p: */
	u8 owner;			/* p: */
	u8 class;			/* p: or CLASS_FROZEN */
	u16 count;			/* p: objects that fit */
	u32 check;			/* p: run_check() of the above */
	u32 state;			/* p: enum run_state; written last */
	u64 live[RUN_WORDS];		/* p: bit set: object is handed out */
	u32 live_check;			/* p: object_check() of those, xored */
	u16 free;			/* v: free objects */
	u16 seen;			/* v: recovery: the core has the run */
	struct run *next, *prev;	/* v: list of runs with free objects */
};

enum log_state {
	LOG_IDLE = 0,
	LOG_PREPARED = 0x70657250,	/* effects under way: to be completed */
	LOG_DONE = 0x656e6f44,
};

enum log_kind { LOG_ALLOC = 1, LOG_FREE = 2 };

/* An owner's last call: redo log and stored result in one. */
struct call_log {
	u32 state;			/* p: enum log_state; written last */
	u32 kind;			/* p: enum log_kind */
	u64 ticket;			/* p: */
	u64 check;			/* p: log_check() of the rest */
	u64 count;			/* p: */
	u64 object[SLAB_BATCH_MAX];	/* p: */
};

struct owner {
	u32 epoch;			/* p: */
	u32 epoch_check;		/* p: ~epoch, else epoch is not known */
	struct call_log log;
};

#define RANGES_MAX 64
#define RANGE_PAGES_MAX (SLAB_GROW_MAX / PAGE_SIZE)

/* A range of the core's arena. */
struct range {
	u64 base;			/* p: */
	u32 npages;			/* p: 0: entry is free */
	u32 check;			/* p: range_check(); written last */
	u64 used[RANGE_PAGES_MAX / 64];	/* v: a bit a page */
};

enum block_kind { BLOCK_ROOT = 1, BLOCK_RUNS = 2 };

/* At the start of each block of persistent pages. */
struct block_header {
	u64 magic;			/* p: BLOCK_MAGIC; written last */
	u64 addr;			/* p: its own */
	u32 kind;			/* p: enum block_kind */
	u32 check;			/* p: block_check() */
	struct run_block *next;		/* v: */
};

/* heap_map() for an owner is under way: what it maps is nobody's yet. */
struct pending {
	u32 npages;			/* p: 0: nothing; written last */
	u32 owner;			/* p: */
};

struct root_block {
	struct block_header header;
	struct pending pending;
	struct owner owner[SLAB_OWNERS];
	struct range range[RANGES_MAX];
};

#define ROOT_PAGES ((u32)DIV_ROUND_UP(sizeof(struct root_block), PAGE_SIZE))

#define RUNS_PER_BLOCK \
	((PAGE_SIZE - sizeof(struct block_header)) / sizeof(struct run))

struct run_block {
	struct block_header header;
	struct run run[RUNS_PER_BLOCK];
};

_Static_assert(sizeof(struct run_block) <= PAGE_SIZE, "a block is one page");

/* ---- what is rebuilt ------------------------------------------------- */

struct owner_books {
	struct run *partial[SLAB_CLASS_COUNT];	/* runs with free objects */
	u64 objects, bytes, pages;
};

extern struct mutex slab_mutex;
extern struct root_block *root;
extern struct owner_books books[SLAB_OWNERS];
extern const u32 class_size[SLAB_CLASS_COUNT];

/* book.c: the persistent blocks. */
int book_init(void);
bool book_adopt(u64 addr, u32 npages);
int book_reserve(void);
struct run *book_entry_take(void);
void book_entry_free(struct run *run);
struct run *book_next(struct run *run);
u32 run_check(const struct run *run);
u32 object_check(u32 object);
bool log_valid(const struct call_log *log);
void log_prepare(struct call_log *log, u64 ticket, enum log_kind kind, u32 count);
bool log_repeats(const struct call_log *log, u64 ticket, enum log_kind kind);

/* run.c: runs, the index of their pages, their objects. */
u32 class_pages(u32 class);
u32 class_objects(u32 class);
int index_reserve(u32 npages);
struct run *run_find(u32 owner, u64 addr);
void run_index(struct run *run);
void run_unindex(struct run *run);
int run_create(u32 owner, u32 class);
void run_release(struct run *run);
void run_forget(struct run *run);
void run_list_add(struct run *run);
void run_book(struct run *run);
bool run_free_mask(const struct run *run, u32 word, u64 *mask);
u32 log_object(u32 owner, const struct call_log *log, u32 i, struct run **run);
void log_apply(u32 owner, struct call_log *log);
void run_trim(struct run *run);
u32 run_reclaim(void);

/* arena.c: pages of the core's arena. */
long arena_map(u32 npages);
void arena_claim(u64 addr, u32 npages);
void arena_unmap(u64 addr, u32 npages);
long arena_grow(u64 base, u64 len);
void arena_recover(void);

/* recover.c */
int recover(void);

static inline void state_set(u32 *state, u32 value)
{
	barrier();
	WRITE_ONCE(*state, value);
	barrier();
}

#endif
