/* SPDX-License-Identifier: MIT */
/*
 * Pages of the core's arena: offsets that the core hands over in ranges. They
 * are numbers here and nothing else; which pages are used follows from the runs
 * of owner SLAB_OWNER_CORE.
 */
#include "internal.h"

static u32 range_check(const struct range *r)
{
	return ~((u32)(r->base >> PAGE_SHIFT) * 31 + r->npages);
}

static bool range_holds(const struct range *r, u64 addr, u32 npages)
{
	return r->npages && addr >= r->base &&
	       addr + npages * PAGE_SIZE <= r->base + r->npages * PAGE_SIZE;
}

static bool pages_clear(const struct range *r, u32 first, u32 npages)
{
	for (u32 i = 0; i < npages; i++)
		if (bitmap_test(r->used, first + i))
			return false;
	return true;
}

static void pages_set(struct range *r, u64 addr, u32 npages, bool used)
{
	u32 first = (u32)((addr - r->base) >> PAGE_SHIFT);

	for (u32 i = first; i < first + npages; i++) {
		if (used)
			bitmap_set(r->used, i);
		else
			bitmap_clear(r->used, i);
	}
}

/* Takes `npages` adjacent pages: their offset, or -ENOMEM. First fit. */
long arena_map(u32 npages)
{
	for (struct range *r = root->range; r < root->range + RANGES_MAX; r++) {
		for (u32 i = 0; i + npages <= r->npages; i++) {
			u64 addr = r->base + i * PAGE_SIZE;

			if (!pages_clear(r, i, npages))
				continue;
			pages_set(r, addr, npages, true);
			return (long)addr;
		}
	}
	return -ENOMEM;
}

/* Marks the pages of a run that recovery found as used. */
void arena_claim(u64 addr, u32 npages)
{
	for (struct range *r = root->range; r < root->range + RANGES_MAX; r++)
		if (range_holds(r, addr, npages))
			pages_set(r, addr, npages, true);
}

/* Gives pages back that arena_map() took. */
void arena_unmap(u64 addr, u32 npages)
{
	for (struct range *r = root->range; r < root->range + RANGES_MAX; r++)
		if (range_holds(r, addr, npages))
			pages_set(r, addr, npages, false);
}

/*
 * Adds a range: 0 (also when it is there already), -EINVAL, -EEXIST (it
 * overlaps another), -ENOSPC.
 */
long arena_grow(u64 base, u64 len)
{
	struct range *r, *free = NULL;

	if (!len || len > SLAB_GROW_MAX || base % PAGE_SIZE || len % PAGE_SIZE ||
	    base + len < base)
		return -EINVAL;
	for (r = root->range; r < root->range + RANGES_MAX; r++) {
		u64 size = r->npages * PAGE_SIZE;

		if (!r->npages)
			free = free ? free : r;
		else if (r->base == base && size == len)
			return 0;
		else if (base < r->base + size && r->base < base + len)
			return -EEXIST;
	}
	if (!free)
		return -ENOSPC;
	free->base = base;
	for (u32 i = 0; i < ARRAY_SIZE(free->used); i++)
		free->used[i] = 0;
	free->npages = (u32)(len >> PAGE_SHIFT);
	free->check = range_check(free);
	/* If the range was there in an earlier life, so may be its runs. */
	for (struct run *run = book_next(NULL); run; run = book_next(run))
		if (run->owner == SLAB_OWNER_CORE)
			arena_claim(run->addr, run->npages);
	return 0;
}

/*
 * After a reset: drops ranges that can't be believed (the core hands a range
 * over again if the call that did so first was cut off) and forgets what is
 * used, which the runs then claim again.
 */
void arena_recover(void)
{
	for (struct range *r = root->range; r < root->range + RANGES_MAX; r++) {
		if (r->npages && (r->npages > RANGE_PAGES_MAX ||
				  r->check != range_check(r))) {
			pr_warn("a range of the core's arena can't be believed");
			r->npages = 0;
		}
		for (u32 i = 0; i < ARRAY_SIZE(r->used); i++)
			r->used[i] = 0;
	}
}
