/* SPDX-License-Identifier: MIT */
/* Between the files of arch/x86/boot/. */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include <types.h>

#define BOOT_MAGIC_PVH 0x336ec578
#define BOOT_MAGIC_MULTIBOOT2 0x36d76289

/* The early page tables reach this far. */
#define EARLY_LIMIT 0x100000000ull

extern u64 boot_tsc;
extern char boot_stack[], boot_stack_top[];

/*
 * Fill boot_info from what the loader left at physical address `info`, which
 * is not trusted: false when it makes no sense.
 */
bool boot_info_multiboot2(u64 info);
bool boot_info_pvh(u64 info);

#endif
