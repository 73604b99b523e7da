/* SPDX-License-Identifier: MIT */
/*
 * Pools and journal (include/interface/persist.h). Persistent runs are told
 * apart by their headers; one whose header is not whole is given back. A change
 * is gathered in the journal, then `committed` is set, which is the moment at
 * which it has happened; then the words are written. A reset before that moment
 * leaves nothing, one after it is made good by writing the words again.
 */
#include <errno.h>
#include <persist.h>
#include <runtime.h>
#include <string.h>

#define RUN_MAGIC 0x4e55525445525057ull	/* "WPRETRUN" */
#define RUN_HEADER 64			/* bytes before the first object */
#define TAG_JOURNAL 0
#define CHANGES_MAX 48
#define DONE_THREADS 512	/* more threads at once than that share places */

struct run_header {
	u64 magic;		/* written last */
	u32 tag, index, size, pages;
};

struct done {
	u64 op;
	long result;
};

struct journal {
	struct run_header header;
	u64 committed;		/* changes that count; 0: none */
	struct {
		u64 *word;
		u64 value;
	} change[CHANGES_MAX];
	struct done done[DONE_THREADS];	/* by thread id */
};

#define JOURNAL_PAGES ((sizeof(struct journal) + PAGE_SIZE - 1) / PAGE_SIZE)

static struct journal *journal;
static u32 gathered;

static u32 header_size(const struct pool *p)
{
	return p->size % PAGE_SIZE ? RUN_HEADER : PAGE_SIZE;
}

static u32 per_run(const struct pool *p)
{
	return (p->pages * PAGE_SIZE - header_size(p)) / p->size;
}

/* Maps a run and gives it its header; NULL: no memory. */
static void *run_map(u32 tag, u32 index, u32 size, u32 pages)
{
	long addr = heap_map_persistent(THIS_MODULE, pages);
	struct run_header *h = (struct run_header *)addr;

	if (is_error(addr))
		return NULL;
	h->tag = tag;
	h->index = index;
	h->size = size;
	h->pages = pages;
	__atomic_store_n(&h->magic, RUN_MAGIC, __ATOMIC_RELEASE);
	return h;
}

/* Finds the place of a run of before the reset; false: it is of no use. */
static bool run_adopt(struct run_header *h, struct pool *const *pools, u32 npools)
{
	if (h->magic != RUN_MAGIC)
		return false;
	if (h->tag == TAG_JOURNAL) {
		journal = (struct journal *)h;
		return true;
	}
	for (u32 i = 0; i < npools; i++) {
		struct pool *p = pools[i];

		if (p->tag != h->tag || p->size != h->size || p->pages != h->pages ||
		    h->index >= POOL_RUNS)
			continue;
		p->run[h->index] = (u8 *)h;
		p->runs = MAX(p->runs, h->index + 1);
		return true;
	}
	return false;
}

static void apply(void)
{
	for (u32 i = 0; i < journal->committed; i++)
		*journal->change[i].word = journal->change[i].value;
	__atomic_store_n(&journal->committed, 0, __ATOMIC_RELEASE);
}

/* See include/interface/persist.h. */
long journal_init(struct pool *const *pools, u32 npools)
{
	struct heap_run run;
	u64 after = 0;

	for (; !heap_run_next(THIS_MODULE, after, &run); after = run.addr) {
		if (run.owner != THIS_MODULE || !(run.flags & HEAP_RUN_PERSISTENT))
			continue;
		if (!run_adopt((struct run_header *)run.addr, pools, npools))
			heap_unmap(THIS_MODULE, run.addr, run.npages);
	}
	if (!journal)
		journal = run_map(TAG_JOURNAL, 0, 0, JOURNAL_PAGES);
	if (!journal)
		return -ENOMEM;
	if (journal->committed > CHANGES_MAX) {
		pr_warn("the journal cannot be believed: a change is lost");
		journal->committed = 0;
	}
	apply();
	return 0;
}

/* See include/interface/persist.h. */
u32 pool_count(const struct pool *p)
{
	return p->runs * per_run(p);
}

/* See include/interface/persist.h. */
void *pool_at(const struct pool *p, u32 index)
{
	u32 n = per_run(p), run = index / n;

	if (run >= p->runs || !p->run[run])
		return NULL;
	return p->run[run] + header_size(p) + index % n * p->size;
}

/* See include/interface/persist.h. */
long pool_grow(struct pool *p)
{
	u32 i;

	for (i = 0; i < p->runs && p->run[i]; i++)
		;
	if (i == POOL_RUNS)
		return -ENOMEM;
	p->run[i] = run_map(p->tag, i, p->size, p->pages);
	if (!p->run[i])
		return -ENOMEM;
	p->runs = MAX(p->runs, i + 1);
	return i;
}

/* See include/interface/persist.h. */
void pool_drop(struct pool *p, u32 run)
{
	heap_unmap(THIS_MODULE, (u64)p->run[run], p->pages);
	p->run[run] = NULL;
}

/* See include/interface/persist.h. */
void *pool_take(struct pool *p, u32 *index)
{
	for (;;) {
		u32 count = pool_count(p);

		for (u32 i = 0; i < count; i++) {
			u32 at = (p->hint + i) % count;
			u64 *object = pool_at(p, at);

			if (!object || *object)
				continue;
			p->hint = at + 1;
			*index = at;
			return object;
		}
		p->hint = count;
		if (pool_grow(p) < 0)
			return NULL;
	}
}

/* See include/interface/persist.h. */
void journal_set(u64 *word, u64 value)
{
	BUG_ON(gathered == CHANGES_MAX);
	journal->change[gathered].word = word;
	journal->change[gathered++].value = value;
}

/* See include/interface/persist.h. */
void journal_commit_only(void)
{
	__atomic_store_n(&journal->committed, gathered, __ATOMIC_RELEASE);
	apply();
	gathered = 0;
}

/* See include/interface/persist.h. */
long journal_commit(long result)
{
	struct done *done = &journal->done[current_tid() % DONE_THREADS];

	if (CONTEXT->op) {
		journal_set(&done->op, CONTEXT->op);
		journal_set((u64 *)&done->result, (u64)result);
	}
	journal_commit_only();
	return result;
}

/* See include/interface/persist.h. */
bool journal_done(long *result)
{
	const struct done *done = &journal->done[current_tid() % DONE_THREADS];

	if (!CONTEXT->rerun || done->op != CONTEXT->op)
		return false;
	*result = done->result;
	return true;
}
