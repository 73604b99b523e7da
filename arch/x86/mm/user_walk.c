/* SPDX-License-Identifier: MIT */
/*
 * Finds the pages that are mapped in the low half of a view, so that unmapping
 * a large range costs what is in it and not its size (Intel SDM vol. 3, 4.5).
 */
#include <frame.h>
#include <mm.h>

#define ENTRY_TABLE 0x000ffffffffff000ul	/* physical address in an entry */
#define LEVEL_BITS 9
#define LEVELS 4

/*
 * The first page at or above `addr` and below `end` that has a leaf entry;
 * `end` if there is none. Needs the address space's lock. Does not sleep.
 */
u64 user_page_next(const struct view *v, u64 addr, u64 end)
{
	while (addr < end) {
		const u64 *table = v->pml4;
		int level = LEVELS - 1;
		u64 entry;

		for (;; level--) {
			u32 shift = PAGE_SHIFT + LEVEL_BITS * level;

			entry = table[(addr >> shift) & ((1u << LEVEL_BITS) - 1)];
			if (!entry || level == 0) {
				if (entry)
					return addr;
				addr = ALIGN_DOWN(addr, 1ul << shift) + (1ul << shift);
				break;
			}
			table = phys_to_virt(entry & ENTRY_TABLE);
		}
	}
	return end;
}
