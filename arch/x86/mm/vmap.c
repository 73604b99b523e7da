/* SPDX-License-Identifier: MIT */
/*
 * The vmap area: the first half in slots for kernel stacks, each with unmapped
 * pages below it, the second half for device memory, which is mapped for good.
 * Its tables are shared by all views; leaf tables are made when needed and stay.
 *
 * Locking: vmap_lock. Any context.
 */
#include <bitops.h>
#include <errno.h>
#include <log.h>
#include <spinlock.h>

#include "tables.h"

#define SLOT_SIZE 0x10000ull	/* the guard is what the stack leaves of it */
#define STACK_SLOTS (VMAP_SIZE / 2 / SLOT_SIZE)
#define DEVICE_BASE (VMAP_BASE + VMAP_SIZE / 2)
#define DEVICE_END (VMAP_BASE + VMAP_SIZE)

static struct spinlock vmap_lock = SPINLOCK("vmap", LOCK_TABLES);
static u64 stack_map[BITMAP_WORDS(STACK_SLOTS)];	/* vmap_lock */
static u64 device_next = DEVICE_BASE;			/* vmap_lock */

/*
 * Maps a page of the vmap area or of the image, supervisor, in all views.
 * `bits` are PTE_* beside present. 0, -ENOMEM. Nothing was mapped there.
 */
int kernel_map(u64 addr, u64 phys, u64 bits)
{
	u64 *pte = table_walk(core_view.pml4, 4, addr, 1, PTE_PRESENT | PTE_WRITE);

	if (!pte)
		return -ENOMEM;
	*pte = phys | PTE_PRESENT | bits;
	return 0;
}

/*
 * The physical address behind an address of vmap or image, 0: not mapped.
 * Takes no lock, so it also serves a panic.
 */
u64 kernel_lookup(u64 addr)
{
	u64 *pte = table_walk(core_view.pml4, 4, addr, 1, 0);

	if (!pte || !(*pte & PTE_PRESENT))
		return 0;
	return (*pte & PTE_ADDR) | (addr & (PAGE_SIZE - 1));
}

/* Unmaps and frees the pages in [start, end). Needs vmap_lock. */
static void unmap_pages(u64 start, u64 end)
{
	u64 addr;

	for (addr = start; addr < end; addr += PAGE_SIZE) {
		u64 *pte = table_walk(core_view.pml4, 4, addr, 1, 0);

		if (!pte || !*pte)
			continue;
		u64 phys = *pte & PTE_ADDR;

		*pte = 0;
		tlb_flush(NULL, addr, addr + PAGE_SIZE);
		frame_free(phys, 0);
	}
}

/*
 * A kernel stack of `size` bytes (whole pages, less than a slot) at the top of a
 * slot. Returns its lowest address, 0: no memory. Not zeroed.
 */
u64 vmap_alloc_stack(size_t size)
{
	u64 addr, base = 0, flags;
	size_t slot;

	if (size >= SLOT_SIZE || !IS_ALIGNED(size, PAGE_SIZE))
		return 0;
	flags = spin_lock_irq(&vmap_lock);
	slot = bitmap_find_clear(stack_map, STACK_SLOTS, 0);
	if (slot == BITMAP_NONE)
		goto out;
	base = VMAP_BASE + (slot + 1) * SLOT_SIZE - size;
	for (addr = base; addr < base + size; addr += PAGE_SIZE) {
		u64 phys = frame_alloc(0);

		if (!phys || kernel_map(addr, phys, PTE_WRITE | pte_global | pte_nx)) {
			if (phys)
				frame_free(phys, 0);
			unmap_pages(base, addr);
			base = 0;
			goto out;
		}
	}
	bitmap_set(stack_map, slot);
out:
	spin_unlock_irq(&vmap_lock, flags);
	return base;
}

/* Frees what vmap_alloc_stack(size) returned. */
void vmap_free_stack(u64 base, size_t size)
{
	u64 flags = spin_lock_irq(&vmap_lock);

	unmap_pages(base, base + size);
	bitmap_clear(stack_map, (base - VMAP_BASE) / SLOT_SIZE);
	spin_unlock_irq(&vmap_lock, flags);
}

/*
 * Maps `len` bytes at `phys` (any address) for the core, writable, for good.
 * NULL: no room or no memory.
 */
void *vmap_device(u64 phys, size_t len, bool uncached)
{
	u64 bits = PTE_WRITE | pte_global | pte_nx | (uncached ? PTE_UNCACHED : 0);
	u64 offset = phys & (PAGE_SIZE - 1);
	u64 flags, addr, end;
	void *result = NULL;

	flags = spin_lock_irq(&vmap_lock);
	addr = device_next;
	if (!len || len > DEVICE_END - addr || phys + len < phys)
		goto out;
	end = addr + ALIGN_UP(offset + len, PAGE_SIZE);
	if (end > DEVICE_END)
		goto out;
	result = (void *)(addr + offset);
	device_next = end;
	for (phys -= offset; addr < end; addr += PAGE_SIZE, phys += PAGE_SIZE)
		if (kernel_map(addr, phys, bits) < 0)
			result = NULL;
out:
	spin_unlock_irq(&vmap_lock, flags);
	return result;
}
