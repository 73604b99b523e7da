/* SPDX-License-Identifier: MIT */
/*
 * Page frames: a buddy allocator over the usable regions of boot_info.
 *
 * struct frame is an array in the direct map, one entry a frame up to the end
 * of memory. It is not initialised as a whole. Memory is opened in *chunks* of
 * 4 MiB (a block of the highest order), from the lowest up, when the free lists
 * have nothing that is large enough: only then are the chunk's entries cleared
 * and its usable parts freed. So starting costs the same with any amount of
 * memory, and entries of memory that was never used are never touched.
 *
 * Free blocks are chained by frame numbers; frame 0 (never free) ends a list.
 * Locking: frame_lock, innermost but for the log's. Any context.
 */
#include <asm/machine.h>
#include <atomic.h>
#include <boot.h>
#include <failalloc.h>
#include <frame.h>
#include <log.h>
#include <spinlock.h>
#include <string.h>

#define MAX_ORDER 10
#define CHUNK_SHIFT (PAGE_SHIFT + MAX_ORDER)
#define CHUNK_FRAMES (1u << MAX_ORDER)
#define CHUNKS_MAX (DIRECT_MAP_MAX >> CHUNK_SHIFT)
#define LOW_MEMORY 0x100000ull	/* firmware's and devices' */
/* What the early page tables map: where the frame array must lie. */
#define EARLY_LIMIT 0x100000000ull
#define SPANS_MAX (BOOT_MAX_REGIONS + BOOT_MAX_ARCHIVES + 4)

/* A run of frames. */
struct span {
	u32 start, end;
};

static struct spinlock frame_lock = SPINLOCK("frame", LOCK_FRAME);

static struct frame *frames;
static u32 frame_limit;			/* entries of `frames` */
static u32 free_head[MAX_ORDER + 1];	/* frame_lock */
static u64 free_pages;			/* frame_lock */
static u64 total_pages;
static u8 chunk_open[CHUNKS_MAX];	/* entries are valid; frame_lock */
static u32 next_chunk;			/* all below are open; frame_lock */

/* Usable memory without what is reserved; sorted, apart from each other. */
static struct span spans[SPANS_MAX];
static u32 nspans;

static void list_push(u32 n, unsigned int order)
{
	struct frame *f = &frames[n];
	u32 head = free_head[order];

	f->flags = FRAME_FREE;
	f->order = order;
	f->prev = 0;
	f->next = head;
	if (head)
		frames[head].prev = n;
	free_head[order] = n;
}

static void list_remove(u32 n, unsigned int order)
{
	struct frame *f = &frames[n];

	if (f->prev)
		frames[f->prev].next = f->next;
	else
		free_head[order] = f->next;
	if (f->next)
		frames[f->next].prev = f->prev;
	f->flags = 0;
}

/* Puts a block on the free lists, joined with its free neighbours. */
static void block_free(u32 n, unsigned int order)
{
	for (; order < MAX_ORDER; order++) {
		u32 buddy = n ^ (1u << order);

		if (buddy >= frame_limit || frames[buddy].flags != FRAME_FREE ||
		    frames[buddy].order != order)
			break;
		list_remove(buddy, order);
		n &= ~(1u << order);
	}
	list_push(n, order);
}

/* Frees frames [start, end) in the largest aligned blocks. */
static void range_free(u32 start, u32 end)
{
	while (start < end) {
		unsigned int order = MIN(start ? (u32)__builtin_ctz(start) : MAX_ORDER,
					 (u32)MAX_ORDER);

		while (start + (1u << order) > end)
			order--;
		block_free(start, order);
		start += 1u << order;
	}
}

static void mark_reserved(u32 start, u32 end)
{
	for (; start < end; start++)
		frames[start].flags = FRAME_RESERVED;
}

/* Makes a chunk's entries valid and its usable parts free. */
static void chunk_make_valid(u32 chunk)
{
	u32 first = chunk << MAX_ORDER;
	u32 last = MIN(first + CHUNK_FRAMES, frame_limit);
	u32 done = first, i;

	chunk_open[chunk] = 1;
	memset(&frames[first], 0, (last - first) * sizeof(struct frame));
	for (i = 0; i < nspans; i++) {
		u32 start = MAX(spans[i].start, first);
		u32 end = MIN(spans[i].end, last);

		if (start >= end)
			continue;
		mark_reserved(done, start);
		range_free(start, end);
		done = end;
	}
	mark_reserved(done, last);
}

/* Opens the next chunk that has usable memory: false when there is none. */
static bool open_next_chunk(void)
{
	u32 i;

	for (i = 0; i < nspans; i++) {
		u32 chunk = MAX(spans[i].start >> MAX_ORDER, next_chunk);

		while (chunk << MAX_ORDER < spans[i].end && chunk_open[chunk])
			chunk++;
		if (chunk << MAX_ORDER >= spans[i].end)
			continue;
		chunk_make_valid(chunk);
		next_chunk = chunk + 1;
		return true;
	}
	return false;
}

/*
 * Takes 2^order contiguous frames: physical address, or 0. Not zeroed; refs is
 * 1 and owner 0 in the first frame. Any context.
 */
u64 frame_alloc(unsigned int order)
{
	unsigned int have;
	u32 n = 0;
	u64 flags;

	if (order > MAX_ORDER || alloc_refused())
		return 0;
	flags = spin_lock_irq(&frame_lock);
	do {
		for (have = order; have <= MAX_ORDER && !free_head[have]; have++)
			;
	} while (have > MAX_ORDER && open_next_chunk());
	if (have <= MAX_ORDER) {
		n = free_head[have];
		list_remove(n, have);
		while (have > order) {
			have--;
			list_push(n + (1u << have), have);
		}
		frames[n].refs = 1;
		frames[n].owner = 0;
		free_pages -= 1ull << order;
	}
	spin_unlock_irq(&frame_lock, flags);
	return (u64)n << PAGE_SHIFT;
}

/* As frame_alloc(), all bytes 0. */
u64 frame_alloc_zeroed(unsigned int order)
{
	u64 phys = frame_alloc(order);

	if (phys)
		memset(phys_to_virt(phys), 0, PAGE_SIZE << order);
	return phys;
}

/* Is [phys, phys + 2^order pages) memory that frame_alloc() can have given? */
static bool was_allocated(u64 phys, unsigned int order)
{
	struct frame *f = frame_of(phys);

	return f && order <= MAX_ORDER && f->flags != FRAME_FREE &&
	       IS_ALIGNED(phys, PAGE_SIZE << order);
}

/* Gives back what frame_alloc(order) returned. Any context. */
void frame_free(u64 phys, unsigned int order)
{
	u64 flags;

	ASSERT(was_allocated(phys, order));
	flags = spin_lock_irq(&frame_lock);
	free_pages += 1ull << order;
	block_free(phys >> PAGE_SHIFT, order);
	spin_unlock_irq(&frame_lock, flags);
}

/* The entry of the frame at `phys`; NULL: not memory, or never given out. */
struct frame *frame_of(u64 phys)
{
	u64 n = phys >> PAGE_SHIFT;

	if (n >= frame_limit || !chunk_open[n >> MAX_ORDER] ||
	    frames[n].flags & FRAME_RESERVED)
		return NULL;
	return &frames[n];
}

/* One more holder of an allocated frame. */
void frame_get(u64 phys)
{
	struct frame *f = frame_of(phys);

	ASSERT(f && f->refs);
	atomic_add(&f->refs, 1);
}

/* One holder less; the last one frees the (order 0) frame. */
void frame_put(u64 phys)
{
	struct frame *f = frame_of(phys);

	ASSERT(f && f->refs);
	if (atomic_sub(&f->refs, 1) == 0)
		frame_free(phys, 0);
}

/* Free pages, also those of chunks that are not open yet. */
u64 frame_free_count(void)
{
	return READ_ONCE(free_pages);
}

/* Pages that the allocator has to give, free or not. */
u64 frame_total_count(void)
{
	return READ_ONCE(total_pages);
}

/* ---- start ----------------------------------------------------------------- */

/* Adds usable frames, keeping spans sorted and joined. */
static void span_add(u32 start, u32 end)
{
	u32 i = 0, j;

	while (i < nspans && spans[i].end < start)
		i++;
	for (j = i; j < nspans && spans[j].start <= end; j++) {
		start = MIN(start, spans[j].start);
		end = MAX(end, spans[j].end);
	}
	memmove(&spans[i + 1], &spans[j], (nspans - j) * sizeof(spans[0]));
	nspans = nspans - (j - i) + 1;
	spans[i] = (struct span){ start, end };
}

/* Takes frames out of the spans. */
static void span_cut(u64 start_byte, u64 end_byte)
{
	u32 start = MIN(start_byte, DIRECT_MAP_MAX) >> PAGE_SHIFT;
	u32 end = ALIGN_UP(MIN(end_byte, DIRECT_MAP_MAX), PAGE_SIZE) >> PAGE_SHIFT;
	u32 i;

	for (i = 0; i < nspans; i++) {
		struct span s = spans[i];

		if (s.end <= start || s.start >= end)
			continue;
		if (s.start < start && s.end > end) {
			ASSERT(nspans < SPANS_MAX);
			memmove(&spans[i + 1], &spans[i],
				(nspans++ - i) * sizeof(s));
			spans[i].end = start;
			spans[++i].start = end;
		} else if (s.start < start) {
			spans[i].end = start;
		} else if (s.end > end) {
			spans[i].start = end;
		} else {
			memmove(&spans[i], &spans[i + 1],
				(--nspans - i) * sizeof(s));
			i--;
		}
	}
}

/* Usable frames by the memory map: what overlaps an unusable region is not. */
static void read_memory_map(void)
{
	const struct boot_region *r = boot_info.region;
	const struct boot_region *end = r + boot_info.nregions;

	for (; r < end; r++) {
		u64 first = ALIGN_UP(MIN(r->start, DIRECT_MAP_MAX), PAGE_SIZE);
		u64 last = ALIGN_DOWN(MIN(r->end, DIRECT_MAP_MAX), PAGE_SIZE);

		if (r->usable && first < last && nspans < SPANS_MAX)
			span_add(first >> PAGE_SHIFT, last >> PAGE_SHIFT);
	}
	for (r = boot_info.region; r < end; r++)
		if (!r->usable)
			span_cut(r->start, r->end);
}

/* Takes the frame array out of the lowest span that has room for it. */
static void place_frame_array(void)
{
	u64 pages, i;

	frame_limit = nspans ? spans[nspans - 1].end : 0;
	pages = DIV_ROUND_UP((u64)frame_limit * sizeof(struct frame), PAGE_SIZE);
	for (i = 0; i < nspans; i++) {
		u64 start = spans[i].start, end = start + pages;

		if (end <= spans[i].end && end <= EARLY_LIMIT >> PAGE_SHIFT) {
			frames = phys_to_virt(start << PAGE_SHIFT);
			span_cut(start << PAGE_SHIFT, end << PAGE_SHIFT);
			return;
		}
	}
	panic("no memory for %u page frames", frame_limit);
}

/* Reads boot_info's memory map. Once, on the early page tables. */
void frame_init(void)
{
	u32 i;

	read_memory_map();
	span_cut(0, MAX(LOW_MEMORY, core_phys(core_image_end)));
	for (i = 0; i < boot_info.narchives; i++)
		span_cut(boot_info.archive[i].phys,
			 boot_info.archive[i].phys + boot_info.archive[i].size);
	place_frame_array();
	for (i = 0; i < nspans; i++)
		total_pages += spans[i].end - spans[i].start;
	free_pages = total_pages;
}
