/* SPDX-License-Identifier: MIT */
/*
 * What boot loaders leave in memory: Multiboot2 Specification 2.0, 3.6; Xen
 * public/arch-x86/hvm/start_info.h. Memory types are those of ACPI 6.4, 15.
 */
#ifndef BOOT_LOADER_H
#define BOOT_LOADER_H

#include <types.h>

#define E820_USABLE 1

struct multiboot_tag {
	u32 type, size;
};

enum { TAG_END = 0, TAG_CMDLINE = 1, TAG_MODULE = 3, TAG_MEMORY_MAP = 6, TAG_FRAMEBUFFER = 8,
       TAG_RSDP_OLD = 14, TAG_RSDP_NEW = 15 };

#define MULTIBOOT_MAX_INFO 0x100000

struct multiboot_module {
	struct multiboot_tag tag;
	u32 start, end;
};

#define FRAMEBUFFER_DIRECT 1	/* type: no palette */

struct multiboot_framebuffer {
	struct multiboot_tag tag;
	u64 addr;
	u32 pitch, width, height;
	u8 bpp, type;
	u16 reserved;
	u8 red_shift, red_bits, green_shift, green_bits, blue_shift, blue_bits;
} __packed;

struct multiboot_map {
	struct multiboot_tag tag;
	u32 entry_size, version;
};

struct multiboot_entry {
	u64 start, len;
	u32 type, reserved;
};

struct pvh_info {
	u32 magic, version, flags, nmodules;
	u64 modules, cmdline, rsdp;
	u64 memmap;		/* from version 1 on */
	u32 nmemmap, reserved;
};

struct pvh_module {
	u64 start, size, cmdline, reserved;
};

struct pvh_memory {
	u64 start, len;
	u32 type, reserved;
};

#endif
