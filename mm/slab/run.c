/* SPDX-License-Identifier: MIT */
/*
 * Runs: adjacent pages in an owner's window that hold objects of one class. The
 * index finds the run of an address, the partial lists those with free objects.
 *
 * A run's life: book_reserve() and index_reserve() see to room, root->pending
 * says that heap_map() is under way, the entry is filled in and becomes
 * RUN_LIVE; when its last object goes it becomes RUN_LEAVING, heap_unmap() gives
 * the pages back, and the entry is free again.
 */
#include "internal.h"

struct owner_books books[SLAB_OWNERS];

#define CLASS_SIZE(bytes) bytes,
const u32 class_size[SLAB_CLASS_COUNT] = { SLAB_CLASSES(CLASS_SIZE) };

/* An empty run of classes up to this size is kept when it is the only one. */
#define KEEP_EMPTY_MAX 4096

/* ---- classes --------------------------------------------------------- */

/* Pages of a run of `class`: few, and little left over. */
u32 class_pages(u32 class)
{
	u32 size = class_size[class];

	if (size >= PAGE_SIZE)
		return size / (u32)PAGE_SIZE;
	if (size == 2048)
		return 2;
	return size % 3 == 0 && size >= 768 ? 3 : 1;
}

/* Objects in a run of `class`. */
u32 class_objects(u32 class)
{
	return class_pages(class) * (u32)PAGE_SIZE / class_size[class];
}

/* ---- index: page of an owner -> run ---------------------------------- */

struct slot {
	u64 key;		/* index_key(); 0: free */
	struct run *run;
};

#define INDEX_FIRST_BITS 7

static struct slot first_slots[1u << INDEX_FIRST_BITS];
static struct slot *slots = first_slots;
static u32 slot_bits = INDEX_FIRST_BITS;
static u32 slots_used;

#define KEY_USED (1ull << 63)
#define KEY_OWNER_SHIFT 54	/* page numbers have at most 52 bits */

static u64 index_key(u32 owner, u64 addr)
{
	return (addr >> PAGE_SHIFT) | (u64)owner << KEY_OWNER_SHIFT | KEY_USED;
}

static u32 slot_home(u64 key)
{
	return (u32)((key * 0x9e3779b97f4a7c15ull) >> (64 - slot_bits));
}

/* The slot that has `key`, or the free one where it belongs. */
static u32 slot_find(u64 key)
{
	u32 i = slot_home(key), mask = (1u << slot_bits) - 1;

	while (slots[i].key && slots[i].key != key)
		i = (i + 1) & mask;
	return i;
}

static void slot_put(u64 key, struct run *run)
{
	u32 i = slot_find(key);

	if (!slots[i].key)
		slots_used++;
	slots[i].key = key;
	slots[i].run = run;
}

/* Frees the slot of `key`, moving up those that a full slot pushed on. */
static void slot_clear(u64 key)
{
	u32 hole = slot_find(key), mask = (1u << slot_bits) - 1, i = hole;

	if (!slots[hole].key)
		return;
	slots_used--;
	for (;;) {
		i = (i + 1) & mask;
		if (!slots[i].key)
			break;
		/* May it move to the hole? Only if that is not before its home. */
		if (((i - slot_home(slots[i].key)) & mask) < ((i - hole) & mask))
			continue;
		slots[hole] = slots[i];
		hole = i;
	}
	slots[hole].key = 0;
}

static int index_grow(void)
{
	struct slot *old = slots;
	u32 old_count = 1u << slot_bits;
	u32 npages = (u32)DIV_ROUND_UP(2 * old_count * sizeof(*old), PAGE_SIZE);
	long addr = heap_map(THIS_MODULE, THIS_MODULE, npages);

	if (is_error(addr))
		return (int)addr;
	slots = (struct slot *)addr;
	slot_bits++;
	slots_used = 0;
	for (u32 i = 0; i < old_count; i++)
		if (old[i].key)
			slot_put(old[i].key, old[i].run);
	if (old != first_slots)
		heap_unmap(THIS_MODULE, (u64)old,
			   (u32)DIV_ROUND_UP(old_count * sizeof(*old), PAGE_SIZE));
	return 0;
}

/* Sees to it that run_index() has room for `npages` more: 0 or -ENOMEM. */
int index_reserve(u32 npages)
{
	int err = 0;

	while (!err && (slots_used + npages) * 4 > (3u << slot_bits))
		err = index_grow();
	return err;
}

/* The run of `owner` whose pages hold `addr`; NULL: none. */
struct run *run_find(u32 owner, u64 addr)
{
	u32 i = slot_find(index_key(owner, addr));

	return slots[i].key ? slots[i].run : NULL;
}

/* Makes a run findable, after index_reserve(). */
void run_index(struct run *run)
{
	for (u32 i = 0; i < run->npages; i++)
		slot_put(index_key(run->owner, run->addr + i * PAGE_SIZE), run);
}

void run_unindex(struct run *run)
{
	for (u32 i = 0; i < run->npages; i++)
		slot_clear(index_key(run->owner, run->addr + i * PAGE_SIZE));
}

/* ---- lists and books ------------------------------------------------- */

static void list_remove(struct run *run)
{
	struct run **head = &books[run->owner].partial[run->class];

	if (run->prev)
		run->prev->next = run->next;
	else if (*head == run)
		*head = run->next;
	if (run->next)
		run->next->prev = run->prev;
	run->next = NULL;
	run->prev = NULL;
}

/* Puts a run that has free objects first in its list. */
void run_list_add(struct run *run)
{
	struct run **head = &books[run->owner].partial[run->class];

	run->prev = NULL;
	run->next = *head;
	if (*head)
		(*head)->prev = run;
	*head = run;
}

/* Adds a run to its owner's figures. */
void run_book(struct run *run)
{
	struct owner_books *b = &books[run->owner];
	u32 used = run->count - run->free;

	b->pages += run->npages;
	if (run->class == CLASS_FROZEN)
		return;
	b->objects += used;
	b->bytes += (u64)used * class_size[run->class];
}

static void run_unbook(struct run *run)
{
	struct owner_books *b = &books[run->owner];
	u32 used = run->count - run->free;

	b->pages -= run->npages;
	if (run->class == CLASS_FROZEN)
		return;
	b->objects -= used;
	b->bytes -= (u64)used * class_size[run->class];
}

/* ---- objects of a run ------------------------------------------------ */

/* Free objects of word `word` of the bitmap, as bits; false: none. */
bool run_free_mask(const struct run *run, u32 word, u64 *mask)
{
	u32 rest = run->count - MIN(run->count, word * 64u);

	*mask = ~run->live[word];
	if (rest < 64)
		*mask &= (1ull << rest) - 1;
	return *mask != 0;
}

/* Takes an object into the figures, and its run in or out of the list. */
static void object_book(struct run *run, bool live)
{
	struct owner_books *b = &books[run->owner];

	if (live) {
		b->objects++;
		b->bytes += class_size[run->class];
		if (--run->free == 0)
			list_remove(run);
	} else {
		b->objects--;
		b->bytes -= class_size[run->class];
		if (run->free++ == 0)
			run_list_add(run);
	}
}

/*
 * Returns the number in its run of object `i` of a log, and the run in `run`;
 * OBJECT_NONE when there is no such object or its run is frozen.
 */
u32 log_object(u32 owner, const struct call_log *log, u32 i, struct run **run)
{
	struct run *r = run_find(owner, log->object[i]);
	u32 object;

	if (!r || r->class == CLASS_FROZEN)
		return OBJECT_NONE;
	object = (u32)(log->object[i] - r->addr) / class_size[r->class];
	*run = r;
	return object < r->count ? object : OBJECT_NONE;
}

/*
 * Brings the effects of a prepared call into the books and marks it as done.
 * Objects are taken in the log's order, each first in `live`, then in
 * `live_check`: recovery goes by that.
 */
void log_apply(u32 owner, struct call_log *log)
{
	struct run *run;
	u32 object;

	for (u32 i = 0; i < log->count; i++) {
		object = log_object(owner, log, i, &run);
		if (object == OBJECT_NONE)
			continue;
		run->live[object / 64] ^= BIT(object % 64);
		barrier();
		run->live_check ^= object_check(object);
		barrier();
		object_book(run, log->kind == LOG_ALLOC);
	}
	state_set(&log->state, LOG_DONE);
}

/* ---- making and releasing -------------------------------------------- */

static long pages_map(u32 owner, u32 npages)
{
	if (owner == SLAB_OWNER_CORE)
		return arena_map(npages);
	root->pending.owner = owner;
	state_set(&root->pending.npages, npages);
	return heap_map(THIS_MODULE, owner, npages);
}

static void entry_fill(struct run *run, u32 owner, u32 class, u64 addr)
{
	run->addr = addr;
	run->npages = class_pages(class);
	run->owner = (u8)owner;
	run->class = (u8)class;
	run->count = (u16)class_objects(class);
	run->free = run->count;
	run->seen = 0;
	for (u32 i = 0; i < RUN_WORDS; i++)
		run->live[i] = 0;
	run->live_check = 0;
	run->check = run_check(run);
	state_set(&run->state, RUN_LIVE);
}

/* Makes an empty run and puts it in its list: 0, or an error of heap_map(). */
int run_create(u32 owner, u32 class)
{
	u32 npages = class_pages(class);
	struct run *run;
	long addr;
	int err;

	err = index_reserve(npages);
	if (!err)
		err = book_reserve();
	if (err)
		return err;
	addr = pages_map(owner, npages);
	if (!is_error(addr)) {
		run = book_entry_take();
		entry_fill(run, owner, class, (u64)addr);
		run_index(run);
		run_list_add(run);
		run_book(run);
	}
	state_set(&root->pending.npages, 0);
	return is_error(addr) ? (int)addr : 0;
}

/* Forgets a run whose pages the core has given back already. */
void run_forget(struct run *run)
{
	run_unbook(run);
	if (run->class != CLASS_FROZEN && run->free)
		list_remove(run);
	run_unindex(run);
	book_entry_free(run);
}

/* Gives an empty run's pages back and forgets it. */
void run_release(struct run *run)
{
	state_set(&run->state, RUN_LEAVING);
	if (run->owner == SLAB_OWNER_CORE)
		arena_unmap(run->addr, run->npages);
	else
		heap_unmap(THIS_MODULE, run->addr, run->npages);
	run_forget(run);
}

/*
 * An object of the run was freed: gives the run back if it is empty now and
 * not worth keeping.
 */
void run_trim(struct run *run)
{
	if (run->free != run->count)
		return;
	if (class_size[run->class] <= KEEP_EMPTY_MAX && !run->next && !run->prev)
		return;
	run_release(run);
}

/* Gives back all empty runs: pages that went to the core or the arena. */
u32 run_reclaim(void)
{
	struct run *run, *next;
	u32 pages = 0;

	for (run = book_next(NULL); run; run = next) {
		next = book_next(run);
		if (run->class == CLASS_FROZEN || run->free != run->count)
			continue;
		pages += run->npages;
		run_release(run);
	}
	return pages;
}
