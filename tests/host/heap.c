/* SPDX-License-Identifier: MIT */
/* Heap pages of modules on the host: windows of 2 MiB, one owner each. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os.h"
#include "shim.h"

#define HEAP_ADDR 0x300000000000ull
#define WINDOW_SIZE 0x200000ull
#define WINDOW_PAGES 512u
#define WINDOWS 1024u
#define RUNS_MAX 65536u

static u32 window_owner[WINDOWS];		/* 0: free */
static u8 page_used[WINDOWS * WINDOW_PAGES];
static struct heap_run run[RUNS_MAX];		/* npages 0: free entry */
static u32 nruns;				/* entries in use are below */
static u32 limit;

static u64 page_addr(u32 page)
{
	return HEAP_ADDR + (u64)page * PAGE_SIZE;
}

static bool pages_free(u32 owner, u32 first, u32 npages)
{
	for (u32 i = first; i < first + npages; i++)
		if (i >= WINDOWS * WINDOW_PAGES || page_used[i] ||
		    (window_owner[i / WINDOW_PAGES] != owner &&
		     window_owner[i / WINDOW_PAGES] != 0))
			return false;
	return true;
}

/* First fit: in the owner's windows, then in windows that are nobody's. */
static bool place(u32 owner, u32 npages, u32 *first)
{
	for (u32 pass = 0; pass < 2; pass++) {
		for (u32 i = 0; i < WINDOWS * WINDOW_PAGES; i++) {
			u32 of = window_owner[i / WINDOW_PAGES];

			if (pass == 0 ? of != owner : of != 0) {
				i += WINDOW_PAGES - 1;
				continue;
			}
			if (pages_free(owner, i, npages)) {
				*first = i;
				return true;
			}
		}
	}
	return false;
}

static bool limit_reached(u32 npages)
{
	u64 pages = npages;

	for (u32 i = 0; i < nruns; i++)
		pages += run[i].npages;
	return limit && pages > limit;
}

static struct heap_run *entry_new(void)
{
	for (u32 i = 0; i < nruns; i++)
		if (!run[i].npages)
			return &run[i];
	return nruns < RUNS_MAX ? &run[nruns++] : NULL;
}

static long map(u32 self, u32 owner, u32 npages, u32 flags)
{
	struct heap_run *r;
	u32 first;

	if (!npages || npages > WINDOWS * WINDOW_PAGES || !owner)
		return -EINVAL;
	if (owner != self && self != shim_module("slab"))
		return -EPERM;
	if (limit_reached(npages) || !place(owner, npages, &first))
		return -ENOMEM;
	r = entry_new();
	if (!r || !os_pages_map(page_addr(first), npages * PAGE_SIZE))
		return -ENOMEM;
	memset(page_used + first, 1, npages);
	for (u32 i = first; i < first + npages; i++)
		window_owner[i / WINDOW_PAGES] = owner;
	*r = (struct heap_run){ page_addr(first), npages, owner, self, flags };
	return (long)r->addr;
}

static void unmap(struct heap_run *r)
{
	memset(page_used + (r->addr - HEAP_ADDR) / PAGE_SIZE, 0, r->npages);
	os_pages_unmap(r->addr, r->npages * PAGE_SIZE);
	r->npages = 0;
}

long heap_map(u32 self, u32 owner, u32 npages)
{
	long addr;

	shim_crash_point();
	os_lock();
	addr = map(self, owner, npages, 0);
	os_unlock();
	shim_crash_point();
	return addr;
}

long heap_map_persistent(u32 self, u32 npages)
{
	long addr;

	shim_crash_point();
	os_lock();
	addr = map(self, self, npages, HEAP_RUN_PERSISTENT);
	os_unlock();
	if (addr > 0)
		shim_crash_pages((u64)addr, npages * PAGE_SIZE);
	shim_crash_point();
	return addr;
}

long heap_unmap(u32 self, u64 addr, u32 npages)
{
	long err = -EINVAL;

	shim_crash_point();
	os_lock();
	for (u32 i = 0; i < nruns; i++) {
		if (!run[i].npages || run[i].addr != addr || run[i].npages != npages)
			continue;
		err = run[i].mapper == self ? 0 : -EPERM;
		if (!err)
			unmap(&run[i]);
		break;
	}
	os_unlock();
	shim_crash_point();
	return err;
}

long heap_run_next(u32 self, u64 after, struct heap_run *out)
{
	struct heap_run *best = NULL;

	os_lock();
	for (u32 i = 0; i < nruns; i++)
		if (run[i].npages && run[i].addr > after &&
		    (!best || run[i].addr < best->addr))
			best = &run[i];
	if (best)
		*out = *best;
	os_unlock();
	return best ? 0 : -ENOENT;
}

void shim_heap_limit(u32 pages)
{
	limit = pages;
}

u32 shim_heap_pages(u32 owner)
{
	u32 pages = 0;

	for (u32 i = 0; i < nruns; i++)
		if (run[i].npages && run[i].owner == owner)
			pages += run[i].npages;
	return pages;
}

bool shim_heap_holds(u32 owner, u64 addr, u64 len)
{
	for (u32 i = 0; i < nruns; i++)
		if (run[i].npages && run[i].owner == owner && addr >= run[i].addr &&
		    addr + len <= run[i].addr + run[i].npages * PAGE_SIZE)
			return true;
	return false;
}

void shim_heap_each_persistent(void (*fn)(u64 addr, u64 len))
{
	for (u32 i = 0; i < nruns; i++)
		if (run[i].npages && run[i].flags & HEAP_RUN_PERSISTENT)
			fn(run[i].addr, run[i].npages * PAGE_SIZE);
}

void shim_heap_drop(u32 owner, bool persistent_too)
{
	for (u32 i = 0; i < nruns; i++) {
		if (!run[i].npages || (owner && run[i].owner != owner) ||
		    (!persistent_too && run[i].flags & HEAP_RUN_PERSISTENT))
			continue;
		unmap(&run[i]);
	}
	if (!owner) {
		memset(window_owner, 0, sizeof(window_owner));
		nruns = 0;
		limit = 0;
	}
}
