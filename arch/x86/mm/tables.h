/* SPDX-License-Identifier: MIT */
/* Between the files of arch/x86/mm/: page-table entries (Intel SDM vol. 3, 4.5). */
#ifndef MM_TABLES_H
#define MM_TABLES_H

#include <asm/machine.h>
#include <frame.h>
#include <types.h>
#include <view.h>

#define PTE_PRESENT 0x1ull
#define PTE_WRITE 0x2ull
#define PTE_USER 0x4ull
#define PTE_UNCACHED 0x18ull	/* PCD, PWT */
#define PTE_BIG 0x80ull		/* 2 MiB or 1 GiB page */
#define PTE_GLOBAL 0x100ull
#define PTE_NX (1ull << 63)
#define PTE_ADDR 0x000ffffffffff000ull
#define TABLE_ENTRIES 512

#define TABLE_SHIFT(level) (12 + 9 * ((level) - 1))	/* level 1: leaf tables */

static inline unsigned int table_index(u64 addr, int level)
{
	return addr >> TABLE_SHIFT(level) & (TABLE_ENTRIES - 1);
}

static inline u64 *pte_table(u64 pte)
{
	return phys_to_virt(pte & PTE_ADDR);
}

extern u64 pte_nx;		/* PTE_NX, or 0 on a CPU without it */
extern u64 pte_global;		/* PTE_GLOBAL, or 0 */

u64 view_make_cr3(u64 pml4);
void view_free_cr3(u64 cr3);

/*
 * The entry of `addr` at `level`, in the table of `root_level` that `root` is.
 * NULL: a table on the way is missing, and `upper` is 0 or memory is out. Else
 * missing tables are made, with `upper` in their entries.
 */
u64 *table_walk(u64 *root, int root_level, u64 addr, int level, u64 upper);

#endif
