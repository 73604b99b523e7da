/* SPDX-License-Identifier: MIT */
/*
 * pipe: pipes and FIFOs (pipe(7)). A write of at most PIPE_BUF bytes is done as
 * a whole or waits; the core does the waiting on the pipe's wait object, which
 * is woken when somebody who was told to wait may go on.
 *
 * State: transactions (include/interface/persist.h). Pipes and their bytes lie in
 * persistent memory. That bytes are there or gone, and that an end was opened or
 * closed, is one change together with the call's result, so a call that a reset
 * interrupts happens once. Which pages are free is worked out anew.
 */
#include "internal.h"

#define TAG_PIPES 1
#define TAG_PAGES 2
#define PIPE_RUN_PAGES 4
#define PAGE_RUN_PAGES 32	/* one of them is the run's header */
#define PAGES_PER_RUN (PAGE_RUN_PAGES - 1)
#define RUN_FREE ((1u << PAGES_PER_RUN) - 1)
#define SLOT_BITS 24
#define QUOTA_PAGES (POOL_RUNS * PAGE_RUN_PAGES + 1024)

struct mutex pipes_lock = MUTEX_INIT;
long pipe_provider;

static struct pool pipes = {
	.tag = TAG_PIPES, .size = sizeof(struct pipe), .pages = PIPE_RUN_PAGES,
};
static struct pool pages = {
	.tag = TAG_PAGES, .size = CHUNK_SIZE, .pages = PAGE_RUN_PAGES,
};
static u32 free_pages[POOL_RUNS];	/* a bit each; pipes_lock */
static u32 nfree;			/* pipes_lock */

/* ---- pages ------------------------------------------------------------------ */

/* See internal.h. */
void *page_at(u32 page)
{
	return pool_at(&pages, page - 1);
}

/* See internal.h. pipes_lock is held. */
void *page_take(u32 *page)
{
	u32 run, bit;

	for (run = 0; run < pages.runs && !free_pages[run]; run++)
		;
	if (run == pages.runs) {
		long grown = pool_grow(&pages);

		if (grown < 0)
			return NULL;
		run = (u32)grown;
		free_pages[run] = RUN_FREE;
		nfree += PAGES_PER_RUN;
	}
	bit = (u32)__builtin_ctz(free_pages[run]);
	free_pages[run] &= ~(1u << bit);
	nfree--;
	*page = run * PAGES_PER_RUN + bit + 1;
	return page_at(*page);
}

/* See internal.h. A run that is free goes back while there are others. */
void page_give(u32 page)
{
	u32 run = (page - 1) / PAGES_PER_RUN;

	free_pages[run] |= 1u << (page - 1) % PAGES_PER_RUN;
	nfree++;
	if (free_pages[run] == RUN_FREE && nfree >= 2 * PAGES_PER_RUN) {
		free_pages[run] = 0;
		nfree -= PAGES_PER_RUN;
		pool_drop(&pages, run);
	}
}

static void page_mark(u32 page)
{
	u32 run = (page - 1) / PAGES_PER_RUN, bit = 1u << (page - 1) % PAGES_PER_RUN;

	if (!page || !page_at(page) || !(free_pages[run] & bit))
		return;
	free_pages[run] &= ~bit;
	nfree--;
}

/* ---- life ---------------------------------------------------------------------- */

/* See internal.h. A number: generation, slot, ends. */
u64 pipe_number(const struct pipe *p, u32 ends)
{
	return (p->generation << SLOT_BITS | p->slot) << 2 | ends;
}

u32 pipe_slots(void)
{
	return pool_count(&pipes);
}

struct pipe *pipe_at(u32 slot)
{
	struct pipe *p = pool_at(&pipes, slot);

	return p && p->generation ? p : NULL;
}

/* See internal.h. */
struct pipe *pipe_new(u64 dev, u64 ino)
{
	u32 slot;
	struct pipe *p = pool_take(&pipes, &slot);
	long wait = p ? wait_create(THIS_MODULE) : -ENOMEM;
	u64 generation;

	if (wait < 0)
		return NULL;
	generation = p->last_generation + 1;
	memset(p, 0, sizeof(*p));
	p->last_generation = generation;
	p->wait = (u64)wait;
	p->dev = dev;
	p->ino = ino;
	p->chunks = CHUNKS_DEFAULT;
	p->slot = slot;
	p->inside = 1;
	journal_set(&p->generation, generation);
	return p;
}

/* pipes_lock is held, and nobody uses it. */
static void pipe_free(struct pipe *p)
{
	u32 wait = (u32)p->wait;

	journal_set(&p->generation, 0);
	journal_commit_only();
	ring_free(p);
	wait_destroy(wait);
}

/* See internal.h. */
struct pipe *pipe_enter(u64 number)
{
	u32 slot = (u32)(number >> 2) & ((1u << SLOT_BITS) - 1);
	struct pipe *p;

	mutex_lock(&pipes_lock);
	p = pipe_at(slot);
	if (p && p->generation != number >> (SLOT_BITS + 2))
		p = NULL;
	if (p)
		p->inside++;
	mutex_unlock(&pipes_lock);
	if (p)
		mutex_lock(&p->lock);
	return p;
}

/* Unlocks the pipe; it goes with its last user. */
void pipe_leave(struct pipe *p)
{
	mutex_unlock(&p->lock);
	mutex_lock(&pipes_lock);
	if (--p->inside == 0 && !p->readers && !p->writers)
		pipe_free(p);
	mutex_unlock(&pipes_lock);
}

/* See internal.h. pipes_lock is held. */
long pipe_count_ends(struct pipe *p, u32 ends, s64 count, long result)
{
	if (ends & END_READ) {
		journal_set(&p->readers, p->readers + (u64)count);
		if (count > 0)
			journal_set(&p->reader_opens, p->reader_opens + 1);
	}
	if (ends & END_WRITE) {
		journal_set(&p->writers, p->writers + (u64)count);
		if (count > 0)
			journal_set(&p->writer_opens, p->writer_opens + 1);
	}
	return journal_commit(result);
}

/* See internal.h. */
void pipe_wake(struct pipe *p)
{
	p->want_in = p->want_out = false;
	wait_wake((u32)p->wait);
}

/* See internal.h. */
void pipe_fill_open(const struct pipe *p, u32 ends, struct file_open *file)
{
	*file = (struct file_open){
		.provider = (u32)pipe_provider, .wait = (u32)p->wait,
		.flags = FILE_STREAM | FILE_POLL_STEADY, .number = pipe_number(p, ends),
		.ino = p->generation << SLOT_BITS | p->slot,
	};
}

/* Makes a pipe with both ends open: 0, -ENFILE. Does not sleep. */
long pipe_create(struct file_open *reader, struct file_open *writer)
{
	struct pipe *p;
	long slot;

	mutex_lock(&pipes_lock);
	if (journal_done(&slot)) {
		p = pipe_at((u32)slot);
	} else {
		p = pipe_new(0, 0);
		if (p) {
			pipe_count_ends(p, END_READ | END_WRITE, 1, p->slot);
			p->inside = 0;
		}
	}
	if (p) {
		pipe_fill_open(p, END_READ, reader);
		pipe_fill_open(p, END_WRITE, writer);
	}
	mutex_unlock(&pipes_lock);
	return p ? 0 : -ENFILE;
}
SYMBOL_EXPORT(pipe_create);

/* ---- start ----------------------------------------------------------------------- */

static void recover_pages(void)
{
	struct pipe *p;
	u32 i, k;

	for (i = 0; i < pages.runs; i++) {
		free_pages[i] = pages.run[i] ? RUN_FREE : 0;
		nfree += pages.run[i] ? PAGES_PER_RUN : 0;
	}
	for (i = 0; i < pipe_slots(); i++) {
		u32 *table;

		p = pipe_at(i);
		if (!p)
			continue;
		page_mark((u32)p->map);
		table = p->map ? page_at((u32)p->map) : p->chunk;
		for (k = 0; k < p->chunks; k++)
			page_mark(CHUNK_PAGE(table[k]));
	}
}

/* After a reset: calls inside are no more, and whoever waits looks again. */
static void recover(void)
{
	struct pipe *p;

	recover_pages();
	for (u32 i = 0; i < pipe_slots(); i++) {
		p = pipe_at(i);
		if (!p)
			continue;
		mutex_init(&p->lock);
		p->inside = 0;
		p->polled = p->packets = true;
		pipe_wake(p);
		p->want_in = p->want_out = true;
		if (!p->readers && !p->writers)
			pipe_free(p);
	}
}

static long pipe_init(u32 flags)
{
	struct pool *pools[] = { &pipes, &pages };
	long error = journal_init(pools, ARRAY_SIZE(pools));

	if (error)
		return error;
	recover();
	pipe_provider = provider_register(THIS_MODULE, &pipe_ops);
	if (pipe_provider < 0)
		return pipe_provider;
	error = calls_register();
	return error ? error : vfs_register_special(THIS_MODULE, S_IFIFO, &fifo_ops);
}

MODULE("pipe", .description = "pipes and named pipes", .init = pipe_init,
       .rank = RANK_VFS_CLIENT, .quota_pages = QUOTA_PAGES);
