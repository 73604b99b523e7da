/* SPDX-License-Identifier: MIT */
/*
 * The core's arena (arena.h): blocks of frames, mapped in no domain. slab knows
 * them as offsets and says which are free; it can't touch them, and it is not
 * believed: the shadow has a bit for each GRANULE bytes that were given out, and
 * what slab gives must be inside the arena and free in the shadow. If it is not,
 * slab is at fault. What slab does not take back stays taken in the shadow.
 *
 * arena_lock serialises the calls, as slab's tickets want (interface/slab.h).
 */
#include <arena.h>
#include <bitops.h>
#include <errno.h>
#include <frame.h>
#include <log.h>
#include <modules.h>
#include <slab.h>
#include <string.h>
#include <wait.h>

#define GRANULE 16
#define BLOCK_ORDER 6		/* 256 KiB, frames in a row */
#define BLOCK_SIZE (PAGE_SIZE << BLOCK_ORDER)
#define BLOCKS_MAX 64		/* slab's table of ranges has no more */

struct arena_block {
	u8 *base;
	u64 shadow[BLOCK_SIZE / GRANULE / 64];
};

static struct core_mutex arena_lock = {
	.wait = {
		.lock = SPINLOCK("wait", LOCK_WAIT),
		.sleepers = LIST_HEAD_INIT(arena_lock.wait.sleepers),
		.refs = 1,
	},
};
static struct arena_block *blocks[BLOCKS_MAX];	/* arena_lock */
static u32 nblocks;
static u64 calls;		/* number of the last ticket */

/* Offsets start at one block, so that 0 is none. */
static u64 block_offset(u32 number)
{
	return (u64)(number + 1) * BLOCK_SIZE;
}

/* The block that holds all of [offset, offset + size), or NULL. */
static struct arena_block *block_at(u64 offset, size_t size)
{
	u64 number = offset / BLOCK_SIZE - 1;

	if (number >= nblocks || offset % GRANULE ||
	    size > BLOCK_SIZE - offset % BLOCK_SIZE)
		return NULL;
	return blocks[number];
}

/* True when all granules of the range are `live` in the shadow. */
static bool shadow_is(const struct arena_block *b, u64 offset, size_t size, bool live)
{
	size_t first = offset % BLOCK_SIZE / GRANULE;

	for (size_t i = first; i < first + DIV_ROUND_UP(size, GRANULE); i++)
		if (bitmap_test(b->shadow, i) != live)
			return false;
	return true;
}

static void shadow_set(struct arena_block *b, u64 offset, size_t size, bool live)
{
	size_t first = offset % BLOCK_SIZE / GRANULE;

	for (size_t i = first; i < first + DIV_ROUND_UP(size, GRANULE); i++) {
		if (live)
			bitmap_set(b->shadow, i);
		else
			bitmap_clear(b->shadow, i);
	}
}

/* Hands slab another block: 0, -ENOMEM, or slab's error. */
static long arena_grow(void)
{
	struct arena_block *b = nblocks < BLOCKS_MAX ? core_alloc(sizeof(*b)) : NULL;
	u64 phys = b ? frame_alloc(BLOCK_ORDER) : 0;
	long error = phys ? 0 : -ENOMEM;

	if (!error)
		error = slab_core_grow(block_offset(nblocks), BLOCK_SIZE);
	if (error) {
		if (phys)
			frame_free(phys, BLOCK_ORDER);
		core_free(b);
		return error;
	}
	b->base = phys_to_virt(phys);
	blocks[nblocks++] = b;
	return 0;
}

/* An offset from slab: > 0, or an error. */
static long offset_get(size_t size)
{
	u64 offset;
	long got = slab_core_alloc(++calls, (u32)size, 1, &offset, sizeof(offset));

	if (got == -ENOMEM) {
		got = arena_grow();
		if (!got)
			got = slab_core_alloc(++calls, (u32)size, 1, &offset,
					      sizeof(offset));
	}
	return got == 1 ? (long)offset : got < 0 ? got : -EIO;
}

/* See arena.h. */
void *arena_alloc(size_t size)
{
	struct arena_block *b = NULL;
	long offset;
	bool lie;

	if (!size || size > SLAB_OBJECT_MAX)
		return NULL;
	core_mutex_lock(&arena_lock);
	offset = offset_get(size);
	if (offset > 0)
		b = block_at((u64)offset, size);
	lie = offset > 0 && (!b || !shadow_is(b, (u64)offset, size, false));
	if (offset > 0 && !lie)
		shadow_set(b, (u64)offset, size, true);
	core_mutex_unlock(&arena_lock);
	if (lie)
		module_fault(module_by_name("slab"), REASON_CONTRACT, NULL,
			     "slab_core_alloc() gave memory that is not free");
	if (offset <= 0 || lie)
		return NULL;
	return memset(b->base + (u64)offset % BLOCK_SIZE, 0, size);
}

/* The offset of an address in the arena, or 0. */
static u64 offset_of(const u8 *p)
{
	for (u32 i = 0; i < nblocks; i++)
		if (p >= blocks[i]->base && p < blocks[i]->base + BLOCK_SIZE)
			return block_offset(i) + (u64)(p - blocks[i]->base);
	return 0;
}

/* See arena.h. */
void arena_free(void *p, size_t size)
{
	struct arena_block *b;
	u64 offset;

	if (!p)
		return;
	core_mutex_lock(&arena_lock);
	offset = offset_of(p);
	b = block_at(offset, size);
	ASSERT(b && shadow_is(b, offset, size, true));
	if (!slab_core_free(++calls, 1, &offset, sizeof(offset)))
		shadow_set(b, offset, size, false);
	core_mutex_unlock(&arena_lock);
}
