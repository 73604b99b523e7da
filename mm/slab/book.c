/* SPDX-License-Identifier: MIT */
/*
 * The books: persistent pages that survive slab's reset. One root block (the
 * owners' epochs and call logs, the ranges of the core's arena) and any number
 * of run blocks, each a page of struct run entries.
 */
#include "internal.h"

#define BLOCK_MAGIC 0x6b6f6f4262616c53ull	/* "SlabBook", little endian */

struct root_block *root;

static struct run_block *run_blocks;
static struct run *free_entries;	/* through run->next */

/* ---- checks ---------------------------------------------------------- */

#define CHECK_SEED 0x736c6162u

static u64 check_mix(u64 check, u64 word)
{
	check = (check ^ word) * 0x9e3779b97f4a7c15ull;
	return check ^ check >> 29;
}

/* Returns the check value of what does not change in a run's entry. */
u32 run_check(const struct run *run)
{
	u64 check = check_mix(CHECK_SEED, run->addr);

	check = check_mix(check, (u64)run->npages << 32 | (u64)run->owner << 24 |
			  (u64)run->class << 16 | run->count);
	return (u32)(check >> 32);
}

/*
 * Returns what a live object adds to its run's live_check. One word says of all
 * bits of a run whether they are those that were set.
 */
u32 object_check(u32 object)
{
	return (u32)(check_mix(CHECK_SEED, object) >> 32);
}

static u64 log_check(const struct call_log *log)
{
	u64 check = check_mix(check_mix(CHECK_SEED, log->ticket),
			      log->count << 32 | log->kind);

	for (u32 i = 0; i < log->count; i++)
		check = check_mix(check, log->object[i]);
	return check;
}

static u32 block_check(const struct block_header *header)
{
	return (u32)(check_mix(header->addr, header->kind) >> 32);
}

/* ---- call logs ------------------------------------------------------- */

/* What stands in the log can be believed. */
bool log_valid(const struct call_log *log)
{
	return (log->kind == LOG_ALLOC || log->kind == LOG_FREE) &&
	       log->count && log->count <= SLAB_BATCH_MAX &&
	       log->check == log_check(log);
}

/* Makes the log, whose objects are filled in, the record of a call under way. */
void log_prepare(struct call_log *log, u64 ticket, enum log_kind kind, u32 count)
{
	log->ticket = ticket;
	log->kind = kind;
	log->count = count;
	log->check = log_check(log);
	state_set(&log->state, LOG_PREPARED);
}

/* The call has been made already: the log holds its result. */
bool log_repeats(const struct call_log *log, u64 ticket, enum log_kind kind)
{
	return log->state == LOG_DONE && log->ticket == ticket &&
	       log->kind == kind;
}

/* ---- blocks ---------------------------------------------------------- */

static void header_write(struct block_header *header, enum block_kind kind)
{
	header->addr = (u64)header;
	header->kind = kind;
	header->check = block_check(header);
	barrier();
	WRITE_ONCE(header->magic, BLOCK_MAGIC);
	barrier();
}

static bool header_valid(const struct block_header *header, enum block_kind kind)
{
	return header->magic == BLOCK_MAGIC && header->addr == (u64)header &&
	       header->kind == (u32)kind && header->check == block_check(header);
}

static void block_link(struct run_block *block)
{
	block->header.next = run_blocks;
	run_blocks = block;
	for (u32 i = 0; i < RUNS_PER_BLOCK; i++) {
		if (block->run[i].state != RUN_NONE)
			continue;
		block->run[i].next = free_entries;
		free_entries = &block->run[i];
	}
}

/*
 * Takes over a persistent block after a reset. A header whose magic is still
 * zero was never completed: the block is empty. False: it can't be believed
 * and is left alone.
 */
bool book_adopt(u64 addr, u32 npages)
{
	struct block_header *header = (struct block_header *)addr;
	enum block_kind kind = npages == ROOT_PAGES ? BLOCK_ROOT : BLOCK_RUNS;

	if ((npages != ROOT_PAGES && npages != 1) || (root && npages != 1))
		return false;
	if (!header->magic)
		header_write(header, kind);
	if (!header_valid(header, kind))
		return false;
	if (kind == BLOCK_ROOT)
		root = (struct root_block *)addr;
	else
		block_link((struct run_block *)addr);
	return true;
}

/* Makes the root block if recovery found none: 0 or -ENOMEM. */
int book_init(void)
{
	long addr;

	if (root)
		return 0;
	addr = heap_map_persistent(THIS_MODULE, ROOT_PAGES);
	if (is_error(addr))
		return (int)addr;
	root = (struct root_block *)addr;
	header_write(&root->header, BLOCK_ROOT);
	return 0;
}

/* Sees to it that book_entry_take() succeeds: 0 or -ENOMEM. */
int book_reserve(void)
{
	struct run_block *block;
	long addr;

	if (free_entries)
		return 0;
	addr = heap_map_persistent(THIS_MODULE, 1);
	if (is_error(addr))
		return (int)addr;
	block = (struct run_block *)addr;
	header_write(&block->header, BLOCK_RUNS);
	block_link(block);
	return 0;
}

/* Returns a free entry, after book_reserve(). */
struct run *book_entry_take(void)
{
	struct run *run = free_entries;

	ASSERT(run && run->state == RUN_NONE);
	free_entries = run->next;
	return run;
}

/* Gives an entry back: the run that it spoke of is no more. */
void book_entry_free(struct run *run)
{
	state_set(&run->state, RUN_NONE);
	run->next = free_entries;
	free_entries = run;
}

/* The entry behind `run` (NULL: the first) that is in use; NULL at the end. */
struct run *book_next(struct run *run)
{
	struct run_block *block = run_blocks;
	u32 i = 0;

	if (run) {
		block = (struct run_block *)ALIGN_DOWN((u64)run, PAGE_SIZE);
		i = (u32)(run - block->run) + 1;
	}
	for (; block; block = block->header.next, i = 0)
		for (; i < RUNS_PER_BLOCK; i++)
			if (block->run[i].state != RUN_NONE)
				return &block->run[i];
	return NULL;
}
