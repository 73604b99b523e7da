/* SPDX-License-Identifier: MIT */
/*
 * Linking module objects (relocatable ELF64, System V gABI): pure code over a
 * buffer, so that the host's tests and fuzzers run it as well. Nothing of the
 * object is trusted: every offset, size and index is checked where it is used.
 *
 * The build has settled all distances inside a module (scripts/settle.py), for
 * the one layout that there is. Section .whitix.link lists the words that need
 * an address added, the image's own or that of an imported function:
 *
 *	struct link_header
 *	struct link_group, then `count` offsets from the image's start (u32)
 *	...
 */
#ifndef MODULE_ELF_LINK_H
#define MODULE_ELF_LINK_H

#include <types.h>

#define ELF_MAX_SECTIONS 64
#define ELF_IMAGE_MAX 0x180000u	/* text, rodata, data and bss together, bytes */

enum elf_range { ELF_TEXT, ELF_RODATA, ELF_DATA, ELF_BSS, ELF_RANGES };

/* Sections that the loader reads; the first ones are in the module's constants. */
enum elf_table {
	ELF_MANIFEST, ELF_EXPORTS, ELF_PARAMS, ELF_LOADED = ELF_PARAMS,
	ELF_IMPORTS, ELF_STRINGS, ELF_LINK, ELF_TABLES
};

#define LINK_MAGIC 0x4b4e494c	/* "LINK", little endian */
#define LINK_OWN 0xffff		/* in place of an import: the image */

struct link_header {
	u32 magic;
	u32 groups;
	u32 end[ELF_RANGES];	/* where the ranges end that it was made for */
};

enum link_kind {
	LINK_ABS64 = 1,		/* the word is 8 bytes */
	LINK_ABS32,
	LINK_REL32,		/* the image's address is taken away again */
};

struct link_group {
	u16 kind;
	u16 import;
	u32 count;
};

struct elf_section_place {
	u32 range;		/* enum elf_range, or ELF_RANGES: not loaded */
	u32 offset;		/* from the image's start */
};

struct elf_image {
	const u8 *object;
	size_t size;
	u32 nsections;
	struct elf_section_place place[ELF_MAX_SECTIONS];
	u32 table[ELF_TABLES];	/* section indices, 0: none */
	u32 start[ELF_RANGES];	/* page aligned offsets of the ranges */
	u32 bytes[ELF_RANGES];
	u32 file_bytes;		/* text, rodata and data: the part with content */
	u32 total;		/* with bss, page aligned */
	u32 symtab;		/* section index, 0: none */
	const char *error;	/* what was wrong, for the log */
	const char *culprit;	/* the symbol or section it was about, or NULL */
};

int elf_image_parse(struct elf_image *img, const void *object, size_t size);
/* A table's content in the object; NULL: none. *offset: in the image, if loaded. */
const void *elf_image_table(const struct elf_image *img, enum elf_table table,
			    u32 *size, u32 *offset);
/* Writes the content to `out` (img->file_bytes bytes), every byte of it. */
void elf_image_copy(const struct elf_image *img, u8 *out);
/*
 * Adds addresses to what elf_image_copy() wrote, for an image at `base` with
 * its `nimports` imports at `imports`. 0, or -ENOEXEC with img->error.
 */
int elf_image_link(struct elf_image *img, u8 *out, u64 base, const u64 *imports,
		   u32 nimports);
/* The function around image offset `offset`, or NULL; its start in *start. */
const char *elf_image_function(const struct elf_image *img, u32 offset, u32 *start);

#endif
