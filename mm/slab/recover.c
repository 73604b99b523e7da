/* SPDX-License-Identifier: MIT */
/*
 * After a reset: the books are found again among the pages that the core kept,
 * checked, and compared with the core's accounts; everything else is rebuilt
 * from them. What can't be believed counts as live: an object may be lost that
 * way, none is handed out twice.
 *
 *  1. adopt the persistent blocks;
 *  2. adopt the run entries whose check value and class are right;
 *  3. complete the calls that were prepared, then settle the live bits;
 *  4. walk the core's runs: each that slab mapped has an entry, or is the one
 *     that was being mapped (given back), or is frozen: kept, all of it live;
 *  5. drop entries whose pages the core no longer has; finish what was leaving.
 *
 * Each step leaves the books such that recovery may be cut off and begin again.
 */
#include "internal.h"

static u32 doubts;		/* entries, logs and objects not believed */
static u32 doubted_entries;	/* of them blocks and entries */

static void entry_doubt(void)
{
	doubts++;
	doubted_entries++;
}

static void blocks_adopt(void)
{
	struct heap_run core = { 0 };
	u64 after = 0;

	for (; !heap_run_next(THIS_MODULE, after, &core); after = core.addr) {
		if (core.owner != THIS_MODULE || !(core.flags & HEAP_RUN_PERSISTENT))
			continue;
		if (!book_adopt(core.addr, core.npages))
			entry_doubt();
	}
}

static bool entry_believed(const struct run *run)
{
	if (run->state != RUN_LIVE && run->state != RUN_LEAVING)
		return false;
	if (run->check != run_check(run) || run->owner >= SLAB_OWNERS ||
	    run->addr % PAGE_SIZE || !run->npages || run->npages > RUN_PAGES_MAX)
		return false;
	if (run->class == CLASS_FROZEN)
		return true;
	return run->class < SLAB_CLASS_COUNT &&
	       run->npages == class_pages(run->class) &&
	       run->count == class_objects(run->class);
}

/* Another entry speaks of one of the pages already. */
static bool entry_overlaps(const struct run *run)
{
	for (u32 i = 0; i < run->npages; i++)
		if (run_find(run->owner, run->addr + i * PAGE_SIZE))
			return true;
	return false;
}

static int entries_adopt(void)
{
	struct run *run, *next;
	int err;

	for (run = book_next(NULL); run; run = next) {
		next = book_next(run);
		run->next = NULL;
		run->prev = NULL;
		run->seen = 0;
		if (!entry_believed(run)) {
			entry_doubt();
			book_entry_free(run);
			continue;
		}
		err = index_reserve(run->npages);
		if (err)
			return err;
		if (entry_overlaps(run)) {
			entry_doubt();
			book_entry_free(run);
			continue;
		}
		run_index(run);
		if (run->owner == SLAB_OWNER_CORE && run->state == RUN_LIVE)
			arena_claim(run->addr, run->npages);
	}
	return 0;
}

/* A log's call was cut off in the middle: its effects are to be completed. */
static bool log_open(struct call_log *log)
{
	if (log->state == LOG_IDLE)
		return false;
	if (log_valid(log) && log->state == LOG_PREPARED)
		return true;
	if (!log_valid(log) || log->state != LOG_DONE) {
		doubts++;
		state_set(&log->state, LOG_IDLE);
	}
	return false;
}

/* Completes a call's bits; live_check follows when they have been settled. */
static void log_complete(u32 owner, const struct call_log *log)
{
	struct run *run;
	u32 object;

	for (u32 i = 0; i < log->count; i++) {
		object = log_object(owner, log, i, &run);
		if (object == OBJECT_NONE)
			continue;
		if (log->kind == LOG_ALLOC)
			bitmap_set(run->live, object);
		else
			bitmap_clear(run->live, object);
	}
}

static u32 live_check(const struct run *run)
{
	u32 check = 0;

	for (size_t i = bitmap_find_set(run->live, run->count, 0);
	     i != BITMAP_NONE; i = bitmap_find_set(run->live, run->count, i + 1))
		check ^= object_check((u32)i);
	return check;
}

/*
 * The bits of a run are those that were set. While a call was under way,
 * live_check lacks a tail of its objects.
 */
static bool live_believed(const struct run *run, const struct call_log *log)
{
	u32 wanted = live_check(run), check = run->live_check, object;
	struct run *touched;

	if (check == wanted)
		return true;
	for (u32 i = log ? (u32)log->count : 0; i-- > 0;) {
		object = log_object(run->owner, log, i, &touched);
		if (object == OBJECT_NONE || touched != run)
			continue;
		check ^= object_check(object);
		if (check == wanted)
			return true;
	}
	return false;
}

/* Counts free objects; all of a run that is not believed are live. */
static void live_settle(struct run *run, const struct call_log *log)
{
	u64 mask;

	run->free = 0;
	if (run->class == CLASS_FROZEN)
		return;
	if (!live_believed(run, log)) {
		doubts++;
		for (u32 i = 0; i < run->count; i++)
			bitmap_set(run->live, i);
	}
	barrier();
	run->live_check = live_check(run);
	for (u32 word = 0; word < RUN_WORDS; word++)
		if (run_free_mask(run, word, &mask))
			run->free += bit_count(mask);
}

/* Completes calls that were prepared, and settles the runs' bits. */
static void calls_complete(void)
{
	struct call_log *open[SLAB_OWNERS] = { NULL };
	struct run *run;

	for (u32 id = 0; id < SLAB_OWNERS; id++) {
		if (!log_open(&root->owner[id].log))
			continue;
		open[id] = &root->owner[id].log;
		log_complete(id, open[id]);
	}
	for (run = book_next(NULL); run; run = book_next(run))
		live_settle(run, open[run->owner]);
	for (u32 id = 0; id < SLAB_OWNERS; id++)
		if (open[id])
			state_set(&open[id]->state, LOG_DONE);
}

/* Books a run of the core that no entry speaks of as frozen: 0 or -ENOMEM. */
static int run_freeze(const struct heap_run *core)
{
	struct run *run;
	int err = index_reserve(core->npages);

	if (!err)
		err = book_reserve();
	if (err)
		return err;
	doubts++;
	run = book_entry_take();
	run->addr = core->addr;
	run->npages = core->npages;
	run->owner = (u8)core->owner;
	run->class = CLASS_FROZEN;
	run->count = 0;
	run->free = 0;
	run->seen = 1;
	run->next = NULL;
	run->prev = NULL;
	run->check = run_check(run);
	state_set(&run->state, RUN_LIVE);
	run_index(run);
	return 0;
}

/*
 * The run that the crash interrupted the mapping of: nothing is in it. While an
 * entry or a block was not believed, it may be that one's run instead.
 */
static bool is_pending(const struct heap_run *core)
{
	return !doubted_entries && root->pending.npages == core->npages &&
	       root->pending.owner == core->owner;
}

/*
 * Looks at one run that slab mapped for another module. `lost` gets the one
 * that is to be given back.
 */
static int core_run_compare(const struct heap_run *core, u64 *lost)
{
	struct run *run = run_find(core->owner, core->addr);

	if (run && run->addr == core->addr && run->npages == core->npages) {
		run->seen = 1;
		return 0;
	}
	if (!run && !*lost && is_pending(core)) {
		*lost = core->addr;
		return 0;
	}
	if (run) {
		doubts++;
		run_unindex(run);
		book_entry_free(run);
	}
	return run_freeze(core);
}

static int core_compare(void)
{
	struct heap_run core = { 0 };
	u64 after = 0, lost = 0;
	int err;

	for (; !heap_run_next(THIS_MODULE, after, &core); after = core.addr) {
		if (core.mapper != THIS_MODULE || core.owner == THIS_MODULE ||
		    core.owner >= SLAB_OWNERS)
			continue;
		err = core_run_compare(&core, &lost);
		if (err)
			return err;
	}
	if (lost)
		heap_unmap(THIS_MODULE, lost, root->pending.npages);
	state_set(&root->pending.npages, 0);
	return 0;
}

/* Lists and figures of the runs that are there; the others are dropped. */
static void runs_settle(void)
{
	struct run *run, *next;

	for (run = book_next(NULL); run; run = next) {
		next = book_next(run);
		if (run->owner == SLAB_OWNER_CORE)
			run->seen = run->state == RUN_LIVE;
		if (!run->seen) {
			run_unindex(run);
			book_entry_free(run);
			continue;
		}
		if (run->free)
			run_list_add(run);
		run_book(run);
		if (run->state != RUN_LEAVING)
			continue;
		if (run->free == run->count)
			run_release(run);
		else
			state_set(&run->state, RUN_LIVE);
	}
}

/*
 * Rebuilds everything after a reset: 0, or -ENOMEM (the core tries again
 * later).
 */
int recover(void)
{
	int err;

	blocks_adopt();
	err = book_init();
	if (err)
		return err;
	arena_recover();
	err = entries_adopt();
	if (err)
		return err;
	calls_complete();
	err = core_compare();
	if (err)
		return err;
	runs_settle();
	if (doubts)
		pr_warn("recovery did not believe %u entries or objects; "
			"they count as live", doubts);
	return 0;
}
