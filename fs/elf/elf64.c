/* SPDX-License-Identifier: MIT */
/*
 * ELF for x86_64 (System V ABI: "Object files", "Program loading"; AMD64
 * supplement). The file is a hostile program's: every field is checked, sums
 * can't overflow, segments ascend and don't share a page.
 */
#include <errno.h>
#include <runtime.h>
#include <string.h>
#include <whitix/elf.h>

#include "internal.h"

/* Programs end here, and don't start below (Linux's mmap_min_addr). */
#define USER_LIMIT 0x00007ffffffff000ull
#define USER_FIRST 0x10000ull
/* Linux's limit: a program header table of 64 KiB. */
#define PHDRS_MAX (65536 / sizeof(struct elf64_phdr))
#define CHUNK_PHDRS 8

/* The program header table, read in chunks. */
struct table {
	u32 file;
	u64 offset;		/* of the table in the file */
	u64 file_size;
	u32 count;
	const u8 *head;		/* the file's first bytes */
	size_t head_len;
	u32 first, loaded;	/* chunk: headers [first, first + loaded) */
	struct elf64_phdr chunk[CHUNK_PHDRS];
};

static long check_header(const struct elf64_ehdr *eh, size_t len)
{
	if (len < sizeof(*eh) || memcmp(eh->e_ident, ELF_MAGIC, ELF_MAGIC_SIZE))
		return -ENOEXEC;
	if (eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh->e_ident[EI_VERSION] != EV_CURRENT ||
	    eh->e_machine != EM_X86_64)
		return -ENOEXEC;
	if (eh->e_type != ET_EXEC && eh->e_type != ET_DYN)
		return -ENOEXEC;
	if (eh->e_phentsize != sizeof(struct elf64_phdr) || !eh->e_phnum ||
	    eh->e_phnum > PHDRS_MAX || eh->e_entry >= USER_LIMIT)
		return -ENOEXEC;
	return 0;
}

static bool in_file(u64 offset, u64 size, u64 file_size)
{
	return offset <= file_size && size <= file_size - offset;
}

/* Header number `i` of the table, or NULL: it can't be read. */
static const struct elf64_phdr *table_get(struct table *t, u32 i)
{
	u64 offset = t->offset + i * sizeof(struct elf64_phdr);
	u32 n = MIN(t->count - i, (u32)CHUNK_PHDRS);
	size_t bytes = n * sizeof(struct elf64_phdr);

	if (i >= t->first && i - t->first < t->loaded)
		return &t->chunk[i - t->first];
	if (in_file(offset, bytes, t->head_len))
		memcpy(t->chunk, t->head + offset, bytes);
	else if (pageobj_read(t->file, offset, t->chunk, bytes) != (long)bytes)
		return NULL;
	t->first = i;
	t->loaded = n;
	return &t->chunk[0];
}

static u32 prot_of(u32 p_flags)
{
	return (p_flags & PF_R ? BINFMT_READ : 0) |
	       (p_flags & PF_W ? BINFMT_WRITE : 0) |
	       (p_flags & PF_X ? BINFMT_EXEC : 0);
}

/* Adds a PT_LOAD behind the segments that the plan has. */
static long add_segment(const struct table *t, const struct elf64_phdr *ph,
			struct binfmt_plan *plan)
{
	u64 lowest = plan->type == BINFMT_STATIC ? USER_FIRST : 0;
	struct binfmt_segment *last;

	if (!ph->p_memsz)
		return 0;
	if (ph->p_filesz > ph->p_memsz ||
	    !in_file(ph->p_offset, ph->p_filesz, t->file_size))
		return -ENOEXEC;
	if (ph->p_vaddr < lowest || ph->p_vaddr >= USER_LIMIT ||
	    ph->p_memsz > USER_LIMIT - ph->p_vaddr ||
	    (ph->p_vaddr - ph->p_offset) % PAGE_SIZE)
		return -ENOEXEC;
	if (plan->nsegments == BINFMT_MAX_SEGMENTS)
		return -E2BIG;
	last = plan->nsegments ? &plan->segment[plan->nsegments - 1] : NULL;
	if (last && ALIGN_DOWN(ph->p_vaddr, PAGE_SIZE) <
		    ALIGN_UP(last->vaddr + last->mem_size, PAGE_SIZE))
		return -ENOEXEC;
	plan->segment[plan->nsegments++] = (struct binfmt_segment){
		.vaddr = ph->p_vaddr, .file_off = ph->p_offset,
		.file_size = ph->p_filesz, .mem_size = ph->p_memsz,
		.prot = prot_of(ph->p_flags),
	};
	return 0;
}

/* The dynamic linker's path: the first PT_INTERP counts. */
static long set_interp(const struct table *t, const struct elf64_phdr *ph,
		       struct binfmt_plan *plan)
{
	u64 len = ph->p_filesz;

	if (plan->interp[0])
		return 0;
	if (len < 2 || len > sizeof(plan->interp) ||
	    !in_file(ph->p_offset, len, t->file_size))
		return -ENOEXEC;
	if (pageobj_read(t->file, ph->p_offset, plan->interp, len) != (long)len)
		return -EIO;
	if (plan->interp[len - 1] || !plan->interp[0])
		return -ENOEXEC;
	return 0;
}

static long use_phdr(const struct table *t, const struct elf64_phdr *ph,
		     struct binfmt_plan *plan)
{
	switch (ph->p_type) {
	case PT_LOAD:
		return add_segment(t, ph, plan);
	case PT_INTERP:
		return set_interp(t, ph, plan);
	case PT_GNU_STACK:
		plan->exec_stack = !!(ph->p_flags & PF_X);
		return 0;
	}
	return 0;
}

/* Where a program finds its program headers (AT_PHDR), if they are mapped. */
static u64 phdr_address(const struct binfmt_plan *plan, u64 offset, u64 size)
{
	for (u32 i = 0; i < plan->nsegments; i++) {
		const struct binfmt_segment *s = &plan->segment[i];

		if (offset >= s->file_off &&
		    in_file(offset - s->file_off, size, s->file_size))
			return s->vaddr + (offset - s->file_off);
	}
	return 0;
}

/* Fills `plan` from an ELF file: 0, -ENOEXEC, -E2BIG, -EIO. */
long elf64_plan(u32 file, const void *head, size_t head_len,
		struct binfmt_plan *plan)
{
	const struct elf64_ehdr *eh = head;
	struct table t = { .file = file, .head = head, .head_len = head_len };
	const struct elf64_phdr *ph;
	long ret = check_header(eh, head_len);

	if (ret)
		return ret;
	ret = pageobj_size(file);
	if (ret < 0)
		return ret;
	t.file_size = (u64)ret;
	t.offset = eh->e_phoff;
	t.count = eh->e_phnum;
	if (!in_file(t.offset, t.count * sizeof(*ph), t.file_size))
		return -ENOEXEC;
	plan->type = eh->e_type == ET_EXEC ? BINFMT_STATIC : BINFMT_PIE;
	for (u32 i = 0; i < t.count; i++) {
		ph = table_get(&t, i);
		if (!ph)
			return -EIO;
		ret = use_phdr(&t, ph, plan);
		if (ret)
			return ret;
	}
	if (!plan->nsegments)
		return -ENOEXEC;
	plan->entry = eh->e_entry;
	plan->phnum = eh->e_phnum;
	plan->phent = eh->e_phentsize;
	plan->phdr_vaddr = phdr_address(plan, t.offset, t.count * sizeof(*ph));
	return 0;
}
