/* SPDX-License-Identifier: MIT */
/*
 * Flushing, loading views, and PCIDs. What to flush is decided in tlb_rules.c.
 *
 * With PCID, a view's cr3 has bit 63 set, so that loading it keeps what the TLB
 * has of it; views beyond the last PCID share PCID 0, are loaded with the bit
 * clear, and so begin without entries each time.
 */
#include <asm/insn.h>
#include <asm/memmap.h>
#include <bitops.h>
#include <cpu.h>
#include <spinlock.h>
#include <view.h>

#include "tables.h"
#include "tlb_rules.h"

#define CR3_KEEP (1ull << 63)
#define PCIDS 4096

enum { INVPCID_PAGE, INVPCID_VIEW, INVPCID_EVERYTHING, INVPCID_ALL_VIEWS };

static struct spinlock pcid_lock = SPINLOCK("pcid", LOCK_TABLES);
static u64 pcid_map[BITMAP_WORDS(PCIDS)] = { 1 };	/* pcid_lock */

static void invpcid(u64 type, u64 pcid, u64 addr)
{
	struct { u64 pcid, addr; } descriptor = { pcid, addr };

	__asm__ volatile("invpcid %0, %1" : : "m"(descriptor), "r"(type) : "memory");
}

static void invlpg(u64 addr)
{
	__asm__ volatile("invlpg (%0)" : : "r"(addr) : "memory");
}

static void flush_everything(void)
{
	u64 cr4 = read_cr4();

	if (cpu_features.pcid) {
		invpcid(INVPCID_EVERYTHING, 0, 0);
		return;
	}
	write_cr4(cr4 & ~(u64)CR4_PGE);
	write_cr4(cr4);
}

/* Does the decided operation on this CPU, interrupts off. */
static void flush_this_cpu(enum tlb_op op, u16 pcid, u64 start, u64 end)
{
	switch (op) {
	case TLB_NOTHING:
		break;
	case TLB_PAGES:
		for (; start < end; start += PAGE_SIZE)
			invlpg(start);
		break;
	case TLB_LOADED:
		write_cr3(read_cr3());
		break;
	case TLB_PAGES_OF_VIEW:
		for (; start < end; start += PAGE_SIZE)
			invpcid(INVPCID_PAGE, pcid, start);
		break;
	case TLB_VIEW:
		invpcid(INVPCID_VIEW, pcid, 0);
		break;
	case TLB_ALL_VIEWS:
		invpcid(INVPCID_ALL_VIEWS, 0, 0);
		break;
	case TLB_EVERYTHING:
		flush_everything();
		break;
	}
}

/* Is `addr` where the views' own directories decide, or below? */
static bool kernel_address(u64 addr)
{
	return addr > USER_END && !(addr >= HEAP_BASE && addr < HEAP_BASE + HEAP_MAX) &&
	       addr < IMAGE_BASE;
}

/*
 * Makes sure that no CPU uses old translations of [start, end) in view `v`, or
 * in any view when v is NULL. Every flush goes through here. Any context.
 *
 * One CPU runs, so it is asked alone; with more, the same change is sent to
 * each, and each decides for itself by what it has loaded.
 */
void tlb_flush(struct view *v, u64 start, u64 end)
{
	const struct tlb_cpu cpu = {
		.global = cpu_features.pge, .pcid = cpu_features.pcid,
	};
	struct tlb_change change = {
		.kernel = kernel_address(start),
		/* A process's upper half is everybody's. */
		.all_views = !v || (start > USER_END && v->core_half_only),
		.pages = (end - start) >> PAGE_SHIFT,
	};
	u64 flags = irq_save();

	if (v) {
		change.loaded = view_is_loaded(v);
		change.pcid = v->cr3 & (PCIDS - 1);
	}
	flush_this_cpu(tlb_decide(&cpu, &change), change.pcid, start, end);
	irq_restore(flags);
}

/* What a CPU has to load for the tables at `pml4`; see pcid_free(). */
u64 view_make_cr3(u64 pml4)
{
	u64 flags, cr3 = pml4;
	size_t pcid;

	if (!cpu_features.pcid)
		return cr3;
	flags = spin_lock_irq(&pcid_lock);
	pcid = bitmap_find_clear(pcid_map, PCIDS, 1);
	if (pcid != BITMAP_NONE) {
		bitmap_set(pcid_map, pcid);
		cr3 |= CR3_KEEP | pcid;
	}
	spin_unlock_irq(&pcid_lock, flags);
	return cr3;
}

/* Gives back the PCID in `cr3`, if any: the next owner finds no entries. */
void view_free_cr3(u64 cr3)
{
	u64 pcid = cr3 & (PCIDS - 1);
	u64 flags;

	if (!cpu_features.pcid || !pcid)
		return;
	invpcid(INVPCID_VIEW, pcid, 0);
	flags = spin_lock_irq(&pcid_lock);
	bitmap_clear(pcid_map, pcid);
	spin_unlock_irq(&pcid_lock, flags);
}

/* Has this CPU loaded `v`? (Each CPU notes what it has in its cpu->cr3.) */
bool view_is_loaded(const struct view *v)
{
	return this_cpu()->cr3 == v->cr3;
}

/* Loads `cr3` (a view's) unless it is loaded; counted. Any context. */
void view_enter_cr3(u64 cr3)
{
	u64 flags = irq_save();
	struct cpu *cpu = this_cpu();

	if (cpu->cr3 != cr3) {
		cpu->cr3 = cr3;
		cpu->cr3_loads++;
		write_cr3(cr3);
	}
	irq_restore(flags);
}

/* Loads `v` unless it is loaded. Any context. */
void view_enter(struct view *v)
{
	view_enter_cr3(v->cr3);
}
