/* SPDX-License-Identifier: MIT */
/* See tlb_rules.h. */
#include "tlb_rules.h"

/*
 * The cheapest operation after which no CPU that did it can use what `c` has
 * changed.
 *
 * - A CR3 write drops the view's entries but not global ones; with PCID it
 *   drops only those of the PCID that is loaded (bit 63 clear), so a view that
 *   is not loaded keeps its entries, and they count.
 * - invlpg drops the page's entries of the PCID that is loaded, and global ones.
 */
enum tlb_op tlb_decide(const struct tlb_cpu *cpu, const struct tlb_change *c)
{
	bool few = c->pages <= TLB_PAGES_MAX;

	if (c->kernel) {
		if (cpu->global)
			return few ? TLB_PAGES : TLB_EVERYTHING;
		if (cpu->pcid)
			return TLB_EVERYTHING;
		return few ? TLB_PAGES : TLB_LOADED;
	}
	if (c->all_views) {
		if (cpu->pcid)
			return TLB_ALL_VIEWS;
		return few ? TLB_PAGES : TLB_LOADED;
	}
	if (c->loaded) {
		if (few)
			return TLB_PAGES;
		return cpu->pcid ? TLB_VIEW : TLB_LOADED;
	}
	if (!cpu->pcid || !c->pcid)
		return TLB_NOTHING;
	return few ? TLB_PAGES_OF_VIEW : TLB_VIEW;
}
