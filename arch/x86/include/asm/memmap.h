/* SPDX-License-Identifier: MIT */
/*
 * The memory map. All views share the upper half but for the two marked (*),
 * where a view's own directory decides what ring 3 may touch (docs/memory-map.md).
 *
 *   0                   programs (each process its own; empty in domains' views)
 *   ffff8000_00000000   direct map of physical memory, no execute
 *   ffffc000_00000000   kernel stacks and device mappings (vmap), guard pages
 *   ffffe000_00000000   module heaps and stacks, windows of 2 MiB (*)
 *   ffffffff_80000000   core image (linked here, loaded at 1 MiB or above)
 *   ffffffff_c0000000   module images, windows of 2 MiB (*)
 *   ffffffff_ffe00000   the last image window: ring 3's gate text, context page
 */
#ifndef ASM_MEMMAP_H
#define ASM_MEMMAP_H

#define USER_END 0x00007ffffffff000
#define DIRECT_MAP_BASE 0xffff800000000000
#define DIRECT_MAP_MAX 0x0000002000000000	/* 128 GiB: 64 of memory, and holes */
#define VMAP_BASE 0xffffc00000000000
#define VMAP_SIZE 0x0000000040000000		/* 1 GiB */
#define HEAP_BASE 0xffffe00000000000
#define HEAP_MAX 0x0000004000000000		/* 256 GiB: half a PDPT */
#define CORE_BASE 0xffffffff80000000
#define CORE_LOAD_PHYS 0x0000000000100000
#define IMAGE_BASE 0xffffffffc0000000
#define IMAGE_END 0xffffffffffe00000		/* of the modules' windows */
#define GATE_WINDOW 0xffffffffffe00000
#define GATE_TEXT 0xffffffffffe00000		/* ring 3's trampolines, one page */
#define CONTEXT_PAGE 0xffffffffffe01000

#define WINDOW_SHIFT 21
#define WINDOW_SIZE 0x200000

#endif
