/* SPDX-License-Identifier: MIT */
/*
 * The kernel image. The first part has the loaders' headers and the 32-bit code,
 * linked at its physical address; all else is linked at its physical address
 * plus CORE_BASE. What runs, what is read, and what is written lie on pages of
 * their own. Each built-in module has a range in each part (MODULES_*, made by
 * scripts/modpost.py), by which faults are attributed.
 *
 * The symbol table for backtraces is the last of the read-only part: it is made
 * from a first link, and no function may move when it grows.
 */
#include <asm/memmap.h>
#include <generated/modules.lds.h>

#define PAGE 4096
/* Of everything but modules, which have ranges of their own. */
#define CORE(section) EXCLUDE_FILE(*.ko.debug) section

OUTPUT_FORMAT(elf64-x86-64)
OUTPUT_ARCH(i386:x86-64)
ENTRY(multiboot_entry)

PHDRS {
	note PT_NOTE FLAGS(4);
	boot PT_LOAD FLAGS(5);
	text PT_LOAD FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
}

SECTIONS {
	. = CORE_LOAD_PHYS;
	core_image_start = . + CORE_BASE;
	.boot : {
		KEEP(*(.multiboot))
		*(.boot.text)
		*(.boot.data)
	} :boot
	.notes : {
		KEEP(*(.note.pvh))
	} :boot :note

	. = ALIGN(PAGE) + CORE_BASE;
	.text : AT(ADDR(.text) - CORE_BASE) {
		core_text_start = .;
		*(CORE(.text) CORE(.text.*))
		. = ALIGN(16);
		builtin_text_start = .;
		MODULES_TEXT
		builtin_text_end = .;
		/* Ring 3's part of the gates: mapped elsewhere, too. */
		. = ALIGN(PAGE);
		*(.gate_text)
		. = ALIGN(PAGE);
		core_text_end = .;
	} :text

	.rodata : AT(ADDR(.rodata) - CORE_BASE) {
		core_rodata_start = .;
		*(CORE(.rodata) CORE(.rodata.*))
		. = ALIGN(8);
		ex_table_start = .;
		KEEP(*(__ex_table))
		ex_table_end = .;
		smap_sites_start = .;
		KEEP(*(smap_sites))
		smap_sites_end = .;
		down_names_start = .;
		KEEP(*(.down_names))
		down_names_end = .;
		__start_wrap_table = .;
		KEEP(*(wrap_table))
		__stop_wrap_table = .;
		/* GCC aligns what has 32 bytes to 32: no gap before the first. */
		. = ALIGN(64);
		core_exports_start = .;
		KEEP(*(CORE(.whitix.exports)))
		core_exports_end = .;
		MODULES_RODATA
		MODULES_MANIFEST
		MODULES_EXPORTS
		MODULES_PARAMS
		. = ALIGN(8);
		*(.ksyms)
		. = ALIGN(PAGE);
		core_rodata_end = .;
	} :rodata

	.data : AT(ADDR(.data) - CORE_BASE) {
		core_data_start = .;
		*(CORE(.data) CORE(.data.*))
		builtin_data_start = .;
		MODULES_DATA
		builtin_data_end = .;
		. = ALIGN(16);
		core_data_end = .;
	} :data

	.bss : AT(ADDR(.bss) - CORE_BASE) {
		core_bss_start = .;
		*(CORE(.bss) CORE(.bss.*) CORE(COMMON))
		MODULES_BSS
		. = ALIGN(PAGE);
		core_bss_end = .;
	} :data
	core_image_end = .;

	/* What position-independent code would need; there is none. */
	.dynamic 0 : {
		*(.got) *(.got.plt) *(.plt) *(.iplt) *(.igot.plt) *(.rela.*)
	}
	ASSERT(SIZEOF(.dynamic) == 0, "the image must not need a GOT or PLT")

	.comment 0 : { *(.comment) }
	.symtab 0 : { *(.symtab) }
	.strtab 0 : { *(.strtab) }
	.shstrtab 0 : { *(.shstrtab) }
	.debug_abbrev 0 : { *(.debug_abbrev) }
	.debug_addr 0 : { *(.debug_addr) }
	.debug_aranges 0 : { *(.debug_aranges) }
	.debug_frame 0 : { *(.debug_frame) }
	.debug_info 0 : { *(.debug_info) }
	.debug_line 0 : { *(.debug_line) }
	.debug_line_str 0 : { *(.debug_line_str) }
	.debug_loclists 0 : { *(.debug_loclists) }
	.debug_macro 0 : { *(.debug_macro) }
	.debug_rnglists 0 : { *(.debug_rnglists) }
	.debug_str 0 : { *(.debug_str) }
	.debug_str_offsets 0 : { *(.debug_str_offsets) }

	/DISCARD/ : {
		*(.note.GNU-stack)
		*(.note.gnu.property)
		*(.whitix.imports)
		*(.whitix.strings)
		*(.whitix.link)
		*(.modinfo)
		*(.eh_frame)
	}
}
