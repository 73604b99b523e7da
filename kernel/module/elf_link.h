/* SPDX-License-Identifier: MIT */
/*
 * Linking relocatable ELF64 objects (System V gABI and the x86-64 psABI): pure
 * code over a buffer, so that the host's tests and fuzzers run it as well.
 * Nothing of the object is trusted: every offset, size and index is checked
 * where it is used first.
 */
#ifndef MODULE_ELF_LINK_H
#define MODULE_ELF_LINK_H

#include <types.h>

#define ELF_MAX_SECTIONS 64
#define ELF_IMAGE_MAX 0x180000u	/* text, rodata, data and bss together, bytes */

enum elf_range { ELF_TEXT, ELF_RODATA, ELF_DATA, ELF_BSS, ELF_RANGES };

struct elf_section_place {
	u16 range;		/* enum elf_range, or ELF_RANGES: not loaded */
	bool table;		/* .whitix.* */
	u32 offset;		/* from the image's start */
};

struct elf_image {
	const u8 *object;
	size_t size;
	u32 nsections;
	struct elf_section_place place[ELF_MAX_SECTIONS];
	u32 start[ELF_RANGES];	/* page aligned offsets of the ranges */
	u32 bytes[ELF_RANGES];
	u32 file_bytes;		/* text, rodata and data: the part with content */
	u32 total;		/* with bss, page aligned */
	u32 symtab;		/* section index */
	u32 nsymbols;
	const char *strtab;
	size_t strtab_size;
	u64 *resolved;		/* nsymbols values, 0: not yet; or NULL: no cache */
	const char *error;	/* what was wrong, for the log */
	const char *culprit;	/* the symbol or section it was about, or NULL */
};

/* Value of undefined symbol `name`, or 0 with *error negative. */
typedef u64 elf_resolve_fn(void *context, const char *name, int *error);

int elf_image_parse(struct elf_image *img, const void *object, size_t size);
/* Section `name`'s content in the object; NULL: none. *offset: in the image. */
const void *elf_image_section(const struct elf_image *img, const char *name,
			      size_t *size, u32 *offset);
/* Copies the content into `out` (img->file_bytes bytes). */
void elf_image_copy(const struct elf_image *img, u8 *out);
/*
 * Applies relocations to `out` for an image at address `base`: of the tables
 * that the loader reads (sections .whitix.*; resolve NULL, they import nothing),
 * or of all else.
 */
int elf_image_relocate(struct elf_image *img, u8 *out, u64 base,
		       elf_resolve_fn *resolve, void *context);
/* The function around image offset `offset`, or NULL; its start in *start. */
const char *elf_image_function(const struct elf_image *img, u32 offset, u32 *start);

#endif
