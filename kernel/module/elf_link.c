// SPDX-License-Identifier: MIT
/* See elf_link.h. Numbers: System V gABI ch. 4, x86-64 psABI 4.4 (relocations). */
#include "elf_link.h"

#include <errno.h>
#include <string.h>

struct elf_header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_shdr {
	u32 name, type;
	u64 flags, addr, offset, size;
	u32 link, info;
	u64 addralign, entsize;
};

struct elf_sym {
	u32 name;
	u8 info, other;
	u16 shndx;
	u64 value, size;
};

struct elf_rela {
	u64 offset, info, addend;
};

#define TABLE_PREFIX ".whitix."	/* sections that the loader reads */
#define ET_REL 1
#define EM_X86_64 62
#define SHT_PROGBITS 1
#define SHT_SYMTAB 2
#define SHT_STRTAB 3
#define SHT_RELA 4
#define SHT_NOBITS 8
#define SHF_WRITE 1
#define SHF_ALLOC 2
#define SHF_EXECINSTR 4
#define SHN_UNDEF 0
#define SHN_LORESERVE 0xff00
#define SHN_ABS 0xfff1
#define STB_WEAK 2
#define STT_FUNC 2
#define SYM_BIND(info) ((info) >> 4)
#define SYM_TYPE(info) ((info) & 0xf)

enum { R_64 = 1, R_PC32 = 2, R_PLT32 = 4, R_32 = 10, R_32S = 11 };

static int fail(struct elf_image *img, const char *error, const char *culprit)
{
	img->error = error;
	img->culprit = culprit;
	return -ENOEXEC;
}

static const struct elf_shdr *shdr(const struct elf_image *img, u32 i)
{
	const struct elf_header *h = (const void *)img->object;

	return (const struct elf_shdr *)(img->object + h->shoff) + i;
}

static bool inside(const struct elf_image *img, u64 offset, u64 len)
{
	return offset <= img->size && len <= img->size - offset;
}

static int parse_header(struct elf_image *img)
{
	const struct elf_header *h = (const void *)img->object;
	static const u8 ident[7] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };

	if (img->size < sizeof(*h) || memcmp(h->ident, ident, sizeof(ident)) != 0)
		return fail(img, "not a 64-bit ELF file", NULL);
	if (h->type != ET_REL || h->machine != EM_X86_64)
		return fail(img, "not a relocatable x86-64 object", NULL);
	if (h->shentsize != sizeof(struct elf_shdr) || h->shoff % 8 ||
	    !h->shnum || h->shnum > ELF_MAX_SECTIONS ||
	    !inside(img, h->shoff, (u64)h->shnum * sizeof(struct elf_shdr)))
		return fail(img, "section headers cut off or too many", NULL);
	img->nsections = h->shnum;
	return 0;
}

static int check_section(struct elf_image *img, u32 i)
{
	const struct elf_shdr *s = shdr(img, i);

	if (s->type != SHT_NOBITS && !inside(img, s->offset, s->size))
		return fail(img, "a section lies outside the file", NULL);
	if (s->addralign > 4096 || (s->addralign & (s->addralign - 1)))
		return fail(img, "a section has a bad alignment", NULL);
	if (s->type == SHT_SYMTAB) {
		if (img->symtab)
			return fail(img, "two symbol tables", NULL);
		if (s->offset % 8 || s->entsize != sizeof(struct elf_sym) ||
		    s->link >= img->nsections || shdr(img, s->link)->type != SHT_STRTAB)
			return fail(img, "the symbol table is broken", NULL);
		img->symtab = i;
		img->nsymbols = s->size / sizeof(struct elf_sym);
	}
	return 0;
}

static enum elf_range range_of(const struct elf_shdr *s)
{
	if (!(s->flags & SHF_ALLOC) || !s->size)
		return ELF_RANGES;
	if (s->flags & SHF_EXECINSTR)
		return ELF_TEXT;
	if (s->type == SHT_NOBITS)
		return ELF_BSS;
	return s->flags & SHF_WRITE ? ELF_DATA : ELF_RODATA;
}

static const char *section_name(const struct elf_image *img, u32 i);
static const struct elf_sym *symbol(const struct elf_image *img, u64 i);
static const char *symbol_name(const struct elf_image *img, const struct elf_sym *s);

static int place_sections(struct elf_image *img)
{
	u64 at = 0;

	for (u32 range = 0; range < ELF_RANGES; range++) {
		img->start[range] = at;
		for (u32 i = 1; i < img->nsections; i++) {
			const struct elf_shdr *s = shdr(img, i);

			if (range_of(s) != range)
				continue;
			at = ALIGN_UP(at, s->addralign ? s->addralign : 1);
			img->place[i].range = range;
			img->place[i].offset = at;
			img->place[i].table = strncmp(section_name(img, i), TABLE_PREFIX,
						      sizeof(TABLE_PREFIX) - 1) == 0;
			at += s->size;
			if (s->size > ELF_IMAGE_MAX || at > ELF_IMAGE_MAX)
				return fail(img, "the image is too large", NULL);
		}
		img->bytes[range] = at - img->start[range];
		at = ALIGN_UP(at, (u64)PAGE_SIZE);
		if (range == ELF_DATA)
			img->file_bytes = at;
	}
	img->total = at;
	return 0;
}

/* Each symbol is undefined, absolute, or in a section that is there. */
static int check_symbols(struct elf_image *img)
{
	const struct elf_sym *s;

	for (u32 i = 1; (s = symbol(img, i)); i++)
		if (s->shndx >= img->nsections && s->shndx != SHN_ABS)
			return fail(img, "a symbol lies in no section", symbol_name(img, s));
	return 0;
}

/*
 * Checks the object's structure and works out where its sections go. 0 or
 * -ENOEXEC with img->error saying why. Keeps pointers to the object.
 */
int elf_image_parse(struct elf_image *img, const void *object, size_t size)
{
	const struct elf_shdr *str;
	int error;

	memset(img, 0, sizeof(*img));
	img->object = object;
	img->size = size;
	error = parse_header(img);
	for (u32 i = 0; i < ELF_MAX_SECTIONS; i++)
		img->place[i].range = ELF_RANGES;
	for (u32 i = 1; i < img->nsections && !error; i++)
		error = check_section(img, i);
	if (error)
		return error;
	if (!img->symtab)
		return fail(img, "no symbol table", NULL);
	str = shdr(img, shdr(img, img->symtab)->link);
	img->strtab = (const char *)img->object + str->offset;
	img->strtab_size = str->size;
	if (!str->size || img->strtab[str->size - 1])
		return fail(img, "the string table does not end", NULL);
	error = check_symbols(img);
	return error ? error : place_sections(img);
}

static const char *section_name(const struct elf_image *img, u32 i)
{
	const struct elf_header *h = (const void *)img->object;
	const struct elf_shdr *names;
	const char *text;

	if (!h->shstrndx || h->shstrndx >= img->nsections)
		return "";
	names = shdr(img, h->shstrndx);
	text = (const char *)img->object + names->offset;
	if (names->type != SHT_STRTAB || !names->size || text[names->size - 1] ||
	    shdr(img, i)->name >= names->size)
		return "";
	return text + shdr(img, i)->name;
}

const void *elf_image_section(const struct elf_image *img, const char *name,
			      size_t *size, u32 *offset)
{
	for (u32 i = 1; i < img->nsections; i++) {
		if (img->place[i].range >= ELF_BSS || strcmp(section_name(img, i), name) != 0)
			continue;
		*size = shdr(img, i)->size;
		*offset = img->place[i].offset;
		return img->object + shdr(img, i)->offset;
	}
	return NULL;
}

void elf_image_copy(const struct elf_image *img, u8 *out)
{
	for (u32 i = 1; i < img->nsections; i++)
		if (img->place[i].range < ELF_BSS)
			memcpy(out + img->place[i].offset,
			       img->object + shdr(img, i)->offset, shdr(img, i)->size);
}

static const struct elf_sym *symbol(const struct elf_image *img, u64 i)
{
	if (i >= img->nsymbols)
		return NULL;
	return (const struct elf_sym *)(img->object + shdr(img, img->symtab)->offset) + i;
}

static const char *symbol_name(const struct elf_image *img, const struct elf_sym *s)
{
	return s->name < img->strtab_size ? img->strtab + s->name : "?";
}

/* Value of a symbol of the object's own. */
static int symbol_value(struct elf_image *img, const struct elf_sym *s, u64 base, u64 *value)
{
	if (s->shndx == SHN_ABS) {
		*value = s->value;
		return 0;
	}
	if (s->shndx >= img->nsections || img->place[s->shndx].range == ELF_RANGES)
		return fail(img, "a symbol lies in no loaded section", symbol_name(img, s));
	if (s->value > shdr(img, s->shndx)->size)
		return fail(img, "a symbol lies outside its section", symbol_name(img, s));
	*value = base + img->place[s->shndx].offset + s->value;
	return 0;
}

/* Writes `value` at `out` as relocation `type` of place `place` wants. */
static int apply(struct elf_image *img, u8 *out, u32 type, u64 value, u64 place,
		 const char *name)
{
	u32 low;

	switch (type) {
	case R_64:
		memcpy(out, &value, 8);
		return 0;
	case R_PC32:
	case R_PLT32:
		value -= place;
		if ((u64)(s64)(s32)value != value)
			return fail(img, "a relocation does not reach", name);
		break;
	case R_32:
		if (value >> 32)
			return fail(img, "a relocation overflows", name);
		break;
	case R_32S:
		if ((u64)(s64)(s32)value != value)
			return fail(img, "a relocation overflows", name);
		break;
	default:
		return fail(img, "a relocation of an unknown type", name);
	}
	low = (u32)value;
	memcpy(out, &low, 4);
	return 0;
}

static u64 resolve_once(struct elf_image *img, u32 index, elf_resolve_fn *resolve,
			void *context, int *error)
{
	const char *name = symbol_name(img, symbol(img, index));
	u64 value = img->resolved ? img->resolved[index] : 0;

	if (value)
		return value;
	value = resolve(context, name, error);
	if (*error)
		img->culprit = name;
	else if (img->resolved)
		img->resolved[index] = value;
	return value;
}

static int relocate_one(struct elf_image *img, u8 *out, u64 base, u32 target,
			const struct elf_rela *r, elf_resolve_fn *resolve, void *context)
{
	const struct elf_sym *s = symbol(img, r->info >> 32);
	u32 type = (u32)r->info, offset = img->place[target].offset;
	u64 value, width = type == R_64 ? 8 : 4;
	int error = 0;

	if (!s)
		return fail(img, "a relocation names no symbol", NULL);
	if (r->offset > shdr(img, target)->size ||
	    width > shdr(img, target)->size - r->offset)
		return fail(img, "a relocation lies outside its section", symbol_name(img, s));
	if (s->shndx == SHN_UNDEF) {
		if (!resolve)
			return fail(img, "a table names an undefined symbol",
				    symbol_name(img, s));
		if (SYM_BIND(s->info) == STB_WEAK || !*symbol_name(img, s))
			return fail(img, "an undefined weak or nameless symbol",
				    symbol_name(img, s));
		value = resolve_once(img, r->info >> 32, resolve, context, &error);
	} else {
		error = symbol_value(img, s, base, &value);
	}
	if (error)
		return error;
	return apply(img, out + offset + r->offset, type, value + r->addend,
		     base + offset + r->offset, symbol_name(img, s));
}

int elf_image_relocate(struct elf_image *img, u8 *out, u64 base,
		       elf_resolve_fn *resolve, void *context)
{
	for (u32 i = 1; i < img->nsections; i++) {
		const struct elf_shdr *s = shdr(img, i);
		const struct elf_rela *r;
		int error;

		if (s->type != SHT_RELA)
			continue;
		if (s->info >= img->nsections || s->entsize != sizeof(*r) || s->offset % 8)
			return fail(img, "a relocation section is broken", NULL);
		if (img->place[s->info].range >= ELF_BSS ||
		    img->place[s->info].table != !resolve)
			continue;
		r = (const void *)(img->object + s->offset);
		for (u64 n = s->size / sizeof(*r); n; n--, r++) {
			error = relocate_one(img, out, base, s->info, r, resolve, context);
			if (error)
				return error;
		}
	}
	return 0;
}

const char *elf_image_function(const struct elf_image *img, u32 offset, u32 *start)
{
	const char *name = NULL;

	*start = 0;
	for (u32 i = 1; i < img->nsymbols; i++) {
		const struct elf_sym *s = symbol(img, i);
		u32 at;

		if (SYM_TYPE(s->info) != STT_FUNC || s->shndx >= img->nsections ||
		    s->shndx == SHN_UNDEF || img->place[s->shndx].range != ELF_TEXT)
			continue;
		at = img->place[s->shndx].offset + s->value;
		if (at <= offset && (!name || at >= *start)) {
			name = symbol_name(img, s);
			*start = at;
		}
	}
	return name;
}
