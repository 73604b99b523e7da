// SPDX-License-Identifier: MIT
/*
 * Module heaps: windows of 2 MiB that belong to one module (or, for stacks, one
 * domain), and runs of pages mapped in them. Every page is on its owner's
 * account. A run has one mapper, who alone may unmap it: the owner or slab.
 *
 * heap_lock (just below LOCK_MODULE) protects the window table and the runs.
 */
#include <boot.h>
#include <errno.h>
#include <frame.h>
#include <list.h>
#include <log.h>
#include <string.h>

#include <core.h>

#include "internal.h"

#define MAX_ERRNO 4095
#define WINDOW_PAGES (WINDOW_SIZE / PAGE_SIZE)
#define RUN_DEVICE 0x80000000	/* device memory: no frames, on no account */

/* Where the VGA text buffer is: cached by the CPU's default, as firmware has it. */
#define VGA_TEXT_START 0xb8000
#define VGA_TEXT_END 0xc0000
/* Interrupt controllers: the core's. */
#define IOAPIC_START 0xfec00000
#define APIC_END 0xfef00000

struct run {
	struct list_head node;	/* in address order */
	u16 first, count;	/* pages of the window */
	u32 mapper;		/* module id */
	u32 flags;
};

struct heap_window {
	struct module *owner;	/* NULL: a domain's stacks */
	struct domain *domain;
	struct list_head runs;
};

static struct spinlock heap_lock = SPINLOCK("heap", LOCK_MODULE - 1);
static struct heap_window **windows;
static u8 image_used[(IMAGE_END - IMAGE_BASE) >> WINDOW_SHIFT];

/* After view_init(): 0, -ENOMEM. */
int heap_init(void)
{
	windows = core_alloc(view_heap_windows * sizeof(*windows));
	return windows ? 0 : -ENOMEM;
}

/* A free window for a module's image, or 0. */
u64 image_window_alloc(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(image_used); i++)
		if (!image_used[i]) {
			image_used[i] = 1;
			return IMAGE_BASE + ((u64)i << WINDOW_SHIFT);
		}
	return 0;
}

void image_window_free(u64 base)
{
	image_used[(base - IMAGE_BASE) >> WINDOW_SHIFT] = 0;
}

/* Addresses of windows are negative as numbers, too: errors are -1 to -4095. */
static bool is_error(long result)
{
	return (u64)result >= (u64)-MAX_ERRNO;
}

static u64 window_base(u32 index)
{
	return HEAP_BASE + ((u64)index << WINDOW_SHIFT);
}

static struct heap_window *window_at(u64 addr)
{
	u64 index = (addr - HEAP_BASE) >> WINDOW_SHIFT;

	return addr >= HEAP_BASE && index < view_heap_windows ? windows[index] : NULL;
}

/* The domain (module) that the heap window around `addr` belongs to, or NULL. */
struct domain *heap_window_domain(u64 addr)
{
	struct heap_window *w = window_at(addr);

	if (!w)
		return NULL;
	return w->owner ? w->owner->domain : w->domain;
}

struct module *heap_window_module(u64 addr)
{
	struct heap_window *w = window_at(addr);

	return w ? w->owner : NULL;
}

/* Index of a new window of `m`, or of domain `d`; or -ENOMEM. */
static long window_new(struct module *m, struct domain *d)
{
	struct heap_window *w = core_alloc(sizeof(*w));
	u32 i;

	if (!w)
		return -ENOMEM;
	w->owner = m;
	w->domain = d;
	list_init(&w->runs);
	for (i = 0; i < view_heap_windows && windows[i]; i++)
		;
	if (i == view_heap_windows ||
	    (m ? boundary_window(m, window_base(i), false) :
		 domain_window(d, window_base(i), false))) {
		core_free(w);
		return -ENOMEM;
	}
	windows[i] = w;
	return i;
}

/* A window for stacks of domain `d`: its address, or 0. */
u64 heap_window_stack(struct domain *d)
{
	long i = window_new(NULL, d);

	return i < 0 ? 0 : window_base(i);
}

/* First page of a gap of `count` pages in w; *before: the run behind it. */
static long gap_find(struct heap_window *w, u32 count, struct list_head **before)
{
	struct run *r;
	u32 first = 0;

	list_for_each_entry(r, &w->runs, node) {
		if (r->first - first >= count) {
			*before = &r->node;
			return first;
		}
		first = r->first + r->count;
	}
	*before = &w->runs;
	return WINDOW_PAGES - first >= count ? (long)first : -ENOSPC;
}

static void pages_unmap(u64 addr, u32 count, bool device)
{
	for (u32 i = 0; i < count; i++) {
		u64 phys = window_lookup(addr + i * PAGE_SIZE, NULL);

		if (!phys)
			continue;
		window_map(addr + i * PAGE_SIZE, 0, 0);
		if (!device)
			frame_free(phys, 0);
	}
}

static int device_map(u64 addr, u64 phys, u32 count)
{
	unsigned int prot = MAP_READ | MAP_WRITE;

	if (phys < VGA_TEXT_START || phys >= VGA_TEXT_END)
		prot |= MAP_UNCACHED;
	for (u32 i = 0; i < count; i++)
		if (window_map(addr + i * PAGE_SIZE, phys + i * PAGE_SIZE, prot)) {
			pages_unmap(addr, i, true);
			return -ENOMEM;
		}
	return 0;
}

static int pages_map(u64 addr, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		u64 phys = frame_alloc_zeroed(0);

		if (!phys || window_map(addr + i * PAGE_SIZE, phys, MAP_READ | MAP_WRITE)) {
			if (phys)
				frame_free(phys, 0);
			pages_unmap(addr, i, false);
			return -ENOMEM;
		}
	}
	return 0;
}

static long map_locked(struct module *mapper, struct module *owner, u32 count, u32 flags,
		       u64 phys)
{
	struct list_head *before = NULL;
	struct run *r = core_alloc(sizeof(*r));
	long first = -ENOSPC, i;

	if (!r)
		return -ENOMEM;
	for (i = 0; i < view_heap_windows; i++) {
		if (!windows[i] || windows[i]->owner != owner)
			continue;
		first = gap_find(windows[i], count, &before);
		if (first >= 0)
			break;
	}
	if (first < 0) {
		i = window_new(owner, NULL);
		if (i < 0)
			goto fail;
		first = gap_find(windows[i], count, &before);
	}
	if (flags & RUN_DEVICE ?
	    device_map(window_base(i) + first * PAGE_SIZE, phys, count) :
	    pages_map(window_base(i) + first * PAGE_SIZE, count))
		goto fail;
	r->first = first;
	r->count = count;
	r->mapper = mapper->id;
	r->flags = flags;
	list_add_tail(&r->node, before);
	return window_base(i) + first * PAGE_SIZE;
fail:
	core_free(r);
	return -ENOMEM;
}

static long heap_map_for(u32 self, u32 owner, u32 npages, u32 flags)
{
	struct module *mapper = module_by_id(self), *m = module_by_id(owner);
	long addr;
	u64 irq;

	if (!mapper || !m || !npages || npages > WINDOW_PAGES)
		return -EINVAL;
	if (mapper != m && mapper->manifest.rank != RANK_SLAB)
		return -EPERM;
	if (account_pages(m, npages))
		return -ENOMEM;
	irq = spin_lock_irq(&heap_lock);
	addr = map_locked(mapper, m, npages, flags, 0);
	spin_unlock_irq(&heap_lock, irq);
	if (is_error(addr))
		account_pages(m, -(long)npages);
	return addr;
}

/* See interface/core.h. */
long heap_map(u32 self, u32 owner, u32 npages)
{
	return heap_map_for(self, owner, npages, 0);
}
SYMBOL_EXPORT(heap_map);

long heap_map_persistent(u32 self, u32 npages)
{
	return heap_map_for(self, self, npages, HEAP_RUN_PERSISTENT);
}
SYMBOL_EXPORT(heap_map_persistent);

static struct run *run_find(struct heap_window *w, u32 first)
{
	struct run *r;

	list_for_each_entry(r, &w->runs, node)
		if (r->first == first)
			return r;
	return NULL;
}

static void run_free(u32 index, struct run *r)
{
	bool device = r->flags & RUN_DEVICE;

	pages_unmap(window_base(index) + r->first * PAGE_SIZE, r->count, device);
	if (windows[index]->owner && !device)
		account_pages(windows[index]->owner, -(long)r->count);
	list_del(&r->node);
	core_free(r);
}

long heap_unmap(u32 self, u64 addr, u32 npages)
{
	struct heap_window *w = window_at(addr);
	struct run *r = NULL;
	long result = -EINVAL;
	u64 irq;

	if (!w || !w->owner || addr % PAGE_SIZE)
		return -EINVAL;
	irq = spin_lock_irq(&heap_lock);
	r = run_find(w, (addr % WINDOW_SIZE) / PAGE_SIZE);
	if (r && r->count == npages) {
		result = r->mapper == self ? 0 : -EPERM;
		if (!result)
			run_free((addr - HEAP_BASE) >> WINDOW_SHIFT, r);
	}
	spin_unlock_irq(&heap_lock, irq);
	return result;
}
SYMBOL_EXPORT(heap_unmap);

/* Interface: the first run above `after`, or -ENOENT. */
long heap_run_next(u32 self, u64 after, struct heap_run *run)
{
	long result = -ENOENT;
	struct run *r;
	u64 irq = spin_lock_irq(&heap_lock);

	for (u32 i = 0; i < view_heap_windows && result; i++) {
		if (!windows[i] || !windows[i]->owner)
			continue;
		list_for_each_entry(r, &windows[i]->runs, node) {
			u64 addr = window_base(i) + r->first * PAGE_SIZE;

			if (r->flags & RUN_DEVICE || addr <= after)
				continue;
			*run = (struct heap_run){
				addr, r->count, windows[i]->owner->id, r->mapper, r->flags,
			};
			result = 0;
			break;
		}
	}
	spin_unlock_irq(&heap_lock, irq);
	return result;
}
SYMBOL_EXPORT(heap_run_next);

/* Whether [phys, end) is memory, or a device that the core drives. */
static bool device_refused(u64 phys, u64 end)
{
	for (u32 i = 0; i < boot_info.nregions; i++)
		if (boot_info.region[i].usable && phys < boot_info.region[i].end &&
		    end > boot_info.region[i].start)
			return true;
	return phys < APIC_END && end > IOAPIC_START;
}

long mmio_map(u32 self, u64 phys, u64 len)
{
	struct module *m = module_by_id(self);
	long addr;
	u64 irq;

	if (!m || !len || len > WINDOW_SIZE || phys % PAGE_SIZE || len % PAGE_SIZE ||
	    phys + len < phys)
		return -EINVAL;
	if (device_refused(phys, phys + len))
		return -EPERM;
	irq = spin_lock_irq(&heap_lock);
	addr = map_locked(m, m, len / PAGE_SIZE, RUN_DEVICE, phys);
	spin_unlock_irq(&heap_lock, irq);
	return addr;
}
SYMBOL_EXPORT(mmio_map);

/*
 * Gives back the pages in m's windows: all, or (resetting) all but the
 * persistent ones. The windows stay m's until it is unloaded.
 */
void heap_release(struct module *m, bool resetting)
{
	struct run *r, *next;
	u64 irq = spin_lock_irq(&heap_lock);

	for (u32 i = 0; i < view_heap_windows; i++) {
		if (!windows[i] || windows[i]->owner != m)
			continue;
		list_for_each_entry_safe(r, next, &windows[i]->runs, node)
			if (!resetting || !(r->flags & HEAP_RUN_PERSISTENT))
				run_free(i, r);
		if (!resetting) {
			core_free(windows[i]);
			windows[i] = NULL;
		}
	}
	spin_unlock_irq(&heap_lock, irq);
}
