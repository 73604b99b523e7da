/* SPDX-License-Identifier: MIT */
/*
 * Views: page-table roots. Domain 0's view is the core's (and, with a low half,
 * every process's); each domain has one. Leaf tables of module windows are
 * shared by all views; a window's directory entry decides, per view, whether
 * ring 3 may use it. arch/x86/mm/view.c.
 */
#ifndef CORE_VIEW_H
#define CORE_VIEW_H

#include <asm/memmap.h>
#include <types.h>

struct view {
	u64 cr3;		/* physical address of the PML4 (PCID in the low bits) */
	u64 *pml4;
	bool core_half_only;	/* shares the core's directories (a process) */
	u64 *image_pd;		/* this view's directory of image windows */
	u64 **heap_pd;		/* its directories of heap windows, view_heap_pds */
	struct view *next;	/* list of all domains' views; view_lock */
};

extern struct view core_view;
extern unsigned int view_heap_windows;	/* how many heap windows exist */

/* How a view sees a window. */
enum window_access {
	WINDOW_CORE,		/* supervisor, no execute: the core may read and write */
	WINDOW_RING3,		/* user; leaf entries say what */
	WINDOW_RING0_EXEC,	/* supervisor, executable: placed in the core */
};

/* Leaf permissions. The U bit is always set in leaf entries. */
#define MAP_READ 0x1
#define MAP_WRITE 0x2
#define MAP_EXEC 0x4
#define MAP_UNCACHED 0x8

void view_init(void);			/* after frame_init() */
int view_create_domain(struct view *v);	/* 0, -ENOMEM */
/* A process's view: low half empty. */
int view_create_process(struct view *v);
void view_destroy(struct view *v);	/* low half must be empty */
/* Sets how `v` sees the window at `base`; flushes. core_view sets it for all processes. */
int view_set_window(struct view *v, u64 base, enum window_access access);
/*
 * Maps or unmaps one page in a window's shared leaf table (made on first use).
 * `phys` 0 unmaps. Returns 0, -ENOMEM. Flushes in all views.
 */
int window_map(u64 addr, u64 phys, unsigned int prot);
/* Physical address behind `addr` in a window, 0: not mapped; *prot if not NULL. */
u64 window_lookup(u64 addr, unsigned int *prot);

/* Low-half mappings of a process's view (mm/ uses these). */
int view_map_user(struct view *v, u64 addr, u64 phys, unsigned int prot);
u64 view_unmap_user(struct view *v, u64 addr);	/* physical address, 0: none */
u64 view_lookup_user(struct view *v, u64 addr, unsigned int *prot);
int view_protect_user(struct view *v, u64 addr, unsigned int prot);
void view_free_user_tables(struct view *v);

/* Loads `v` unless it is loaded; counts. Interrupts may be on. */
void view_enter(struct view *v);
void view_enter_cr3(u64 cr3);
bool view_is_loaded(const struct view *v);	/* on this CPU: cpu->cr3 says */

/* All flushing: `v` NULL means all views. */
void tlb_flush(struct view *v, u64 start, u64 end);

#endif
