// SPDX-License-Identifier: MIT
/* See elf_link.h. Numbers: System V gABI ch. 4. */
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

/* Words at any address. */
struct word32 { u32 v; } __packed __attribute__((may_alias));
struct word64 { u64 v; } __packed __attribute__((may_alias));

#define TABLE_PREFIX ".whitix."	/* sections that the loader reads */
#define ET_REL 1
#define EM_X86_64 62
#define SHT_PROGBITS 1
#define SHT_SYMTAB 2
#define SHT_STRTAB 3
#define SHT_NOBITS 8
#define SHF_WRITE 1
#define SHF_ALLOC 2
#define SHF_EXECINSTR 4
#define STT_FUNC 2
#define SYM_TYPE(info) ((info) & 0xf)

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

static enum elf_range range_of(const struct elf_shdr *s)
{
	if (!(s->flags & SHF_ALLOC) || !s->size)
		return ELF_RANGES;
	if (s->type == SHT_NOBITS)
		return ELF_BSS;
	if (s->flags & SHF_EXECINSTR)
		return ELF_TEXT;
	return s->flags & SHF_WRITE ? ELF_DATA : ELF_RODATA;
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

/* One section header: bounds, range, and whether it is a table of the loader's. */
static int check_section(struct elf_image *img, u32 i)
{
	const struct elf_shdr *s = shdr(img, i);

	img->place[i].range = range_of(s);
	if (s->type != SHT_NOBITS && !inside(img, s->offset, s->size))
		return fail(img, "a section lies outside the file", NULL);
	if (s->addralign > PAGE_SIZE || (s->addralign & (s->addralign - 1)))
		return fail(img, "a section has a bad alignment", NULL);
	if (s->type == SHT_SYMTAB) {
		if (img->symtab)
			return fail(img, "two symbol tables", NULL);
		if (s->offset % 8 || s->entsize != sizeof(struct elf_sym) ||
		    s->link >= img->nsections || shdr(img, s->link)->type != SHT_STRTAB)
			return fail(img, "the symbol table is broken", NULL);
		img->symtab = i;
	}
	return 0;
}

static int find_table(struct elf_image *img, u32 i)
{
	static const char *const names[ELF_TABLES] = {
		"manifest", "exports", "params", "imports", "strings", "link",
	};
	const char *name = section_name(img, i);

	if (name[0] != TABLE_PREFIX[0] || name[1] != TABLE_PREFIX[1] ||
	    strncmp(name, TABLE_PREFIX, sizeof(TABLE_PREFIX) - 1) != 0)
		return 0;
	for (u32 t = 0; t < ELF_TABLES; t++) {
		if (strcmp(name + sizeof(TABLE_PREFIX) - 1, names[t]) != 0)
			continue;
		if (img->table[t] || shdr(img, i)->type != SHT_PROGBITS ||
		    (t != ELF_STRINGS && shdr(img, i)->offset % sizeof(u64)) ||
		    (t <= ELF_LOADED && img->place[i].range != ELF_RODATA))
			return fail(img, "a table of the module is broken", name);
		img->table[t] = i;
	}
	return 0;
}

/* A range ends at `at`; the next begins on a page of its own, at what is returned. */
static u64 end_range(struct elf_image *img, u32 range, u64 at)
{
	img->bytes[range] = at - img->start[range];
	at = ALIGN_UP(at, (u64)PAGE_SIZE);
	if (range + 1 < ELF_RANGES)
		img->start[range + 1] = at;
	return at;
}

/* Text, constants, data, bss: in this order, as scripts/module.lds has them. */
static int place_sections(struct elf_image *img)
{
	const struct elf_shdr *s = shdr(img, 1);
	u32 range = ELF_TEXT;
	u64 at = 0;

	for (u32 i = 1; i < img->nsections; i++, s++) {
		if (img->place[i].range == ELF_RANGES)
			continue;
		if (img->place[i].range < range)
			return fail(img, "the sections are not in order", NULL);
		while (range < img->place[i].range)
			at = end_range(img, range++, at);
		at = ALIGN_UP(at, s->addralign ? s->addralign : 1);
		img->place[i].offset = at;
		at += s->size;
		if (s->size > ELF_IMAGE_MAX || at > ELF_IMAGE_MAX)
			return fail(img, "the image is too large", NULL);
	}
	while (range < ELF_RANGES)
		at = end_range(img, range++, at);
	img->file_bytes = img->start[ELF_BSS];
	img->total = at;
	return 0;
}

/*
 * Checks the object's structure and works out where its sections go. 0 or
 * -ENOEXEC with img->error saying why. Keeps pointers to the object.
 */
int elf_image_parse(struct elf_image *img, const void *object, size_t size)
{
	int error;

	memset(img, 0, sizeof(*img));
	img->object = object;
	img->size = size;
	error = parse_header(img);
	for (u32 i = 1; i < img->nsections && !error; i++)
		error = check_section(img, i);
	for (u32 i = 1; i < img->nsections && !error; i++)
		error = find_table(img, i);
	return error ? error : place_sections(img);
}

const void *elf_image_table(const struct elf_image *img, enum elf_table table,
			    u32 *size, u32 *offset)
{
	u32 i = img->table[table];

	*size = i ? shdr(img, i)->size : 0;
	*offset = img->place[i].offset;
	return i ? img->object + shdr(img, i)->offset : NULL;
}

void elf_image_copy(const struct elf_image *img, u8 *out)
{
	u32 at = 0;

	for (u32 i = 1; i < img->nsections; i++) {
		const struct elf_shdr *s = shdr(img, i);
		u32 offset = img->place[i].offset;

		if (img->place[i].range >= ELF_BSS)
			continue;
		memset(out + at, 0, offset - at);
		memcpy(out + offset, img->object + s->offset, s->size);
		at = offset + s->size;
	}
	memset(out + at, 0, img->file_bytes - at);
}

/* Adds to the words of one group: false if one lies outside the image. */
static bool link_group(u8 *out, u32 bytes, const u32 *site, const struct link_group *g,
		       u64 value)
{
	u32 width = g->kind == LINK_ABS64 ? 8 : 4;

	const u32 *end = site + g->count;
	u32 most = bytes - width;

	if (bytes < width)
		return !g->count;
	for (; width == 8 && site < end && *site <= most; site++)
		((struct word64 *)(out + *site))->v += value;
	for (; width == 4 && site < end && *site <= most; site++)
		((struct word32 *)(out + *site))->v += (u32)value;
	return site == end;
}

int elf_image_link(struct elf_image *img, u8 *out, u64 base, const u64 *imports,
		   u32 nimports)
{
	const struct link_header *h;
	const struct link_group *g;
	u32 left, unused;
	u64 value;

	h = elf_image_table(img, ELF_LINK, &left, &unused);
	if (!h || left < sizeof(*h) || h->magic != LINK_MAGIC)
		return fail(img, "no link table, or one of another version", NULL);
	for (u32 r = 0; r < ELF_RANGES; r++)
		if (h->end[r] != ALIGN_UP(img->start[r] + img->bytes[r], PAGE_SIZE))
			return fail(img, "the link table is for other sections", NULL);
	g = (const void *)(h + 1);
	left -= sizeof(*h);
	for (u32 n = h->groups; n; n--) {
		if (left < sizeof(*g) || (left - sizeof(*g)) / sizeof(u32) < g->count)
			return fail(img, "the link table is cut off", NULL);
		if (g->kind < LINK_ABS64 || g->kind > LINK_REL32)
			return fail(img, "a word to be linked is of an unknown type", NULL);
		if (g->import != LINK_OWN && g->import >= nimports)
			return fail(img, "a word to be linked names no import", NULL);
		value = g->import == LINK_OWN ? base : imports[g->import];
		if (g->kind == LINK_REL32)
			value -= base;
		if (!link_group(out, img->file_bytes, (const u32 *)(g + 1), g, value))
			return fail(img, "a word to be linked lies outside the image", NULL);
		left -= sizeof(*g) + g->count * sizeof(u32);
		g = (const void *)((const u32 *)(g + 1) + g->count);
	}
	return 0;
}

const char *elf_image_function(const struct elf_image *img, u32 offset, u32 *start)
{
	const struct elf_shdr *table = shdr(img, img->symtab), *str;
	const char *name = NULL, *text;
	const struct elf_sym *s;

	*start = 0;
	if (!img->symtab)
		return NULL;
	s = (const void *)(img->object + table->offset);
	str = shdr(img, table->link);
	text = (const char *)img->object + str->offset;
	if (!str->size || text[str->size - 1])
		return NULL;
	for (u64 n = table->size / sizeof(*s); n; n--, s++) {
		u32 at;

		if (SYM_TYPE(s->info) != STT_FUNC || !s->shndx || s->shndx >= img->nsections ||
		    img->place[s->shndx].range != ELF_TEXT || s->name >= str->size)
			continue;
		at = img->place[s->shndx].offset + s->value;
		if (at <= offset && (!name || at >= *start)) {
			name = text + s->name;
			*start = at;
		}
	}
	return name;
}
