/* SPDX-License-Identifier: MIT */
/*
 * Which flush a change of page tables needs. Pure: no state of its own, so that
 * tests/host/tlb_test.c can run it against a model of a TLB that forgives
 * nothing. The rules are those of Intel SDM vol. 3, 4.10.4.
 */
#ifndef MM_TLB_RULES_H
#define MM_TLB_RULES_H

#include <types.h>

/* Above so many pages, everything of the view goes. */
#define TLB_PAGES_MAX 32

/* What a CPU can do and has loaded. */
struct tlb_cpu {
	bool global;		/* CR4.PGE: global pages outlive a CR3 write */
	bool pcid;		/* CR4.PCIDE, and INVPCID is there */
};

/* What was changed. Entries that were not present need no flush at all. */
struct tlb_change {
	bool kernel;		/* in the part that all views share as global pages */
	bool all_views;		/* in a leaf table or directory that views share */
	bool loaded;		/* the one view that changed is loaded on the CPU */
	u16 pcid;		/* of that view; 0: flushed whenever it is loaded */
	u64 pages;
};

enum tlb_op {
	TLB_NOTHING,
	TLB_PAGES,		/* invlpg each page */
	TLB_LOADED,		/* write CR3: all of the loaded view but global */
	TLB_PAGES_OF_VIEW,	/* invpcid 0: each page of view `pcid` */
	TLB_VIEW,		/* invpcid 1: all of view `pcid` but global */
	TLB_ALL_VIEWS,		/* invpcid 3: all of all views but global */
	TLB_EVERYTHING,		/* also global: toggle CR4.PGE, or invpcid 2 */
};

enum tlb_op tlb_decide(const struct tlb_cpu *cpu, const struct tlb_change *c);

#endif
