/* SPDX-License-Identifier: MIT */
/*
 * Modules on the host: shared objects that the test was linked with. Each is
 * found by its .whitix.manifest section; a copy of its writable image, taken
 * before init ran, is what a reset restores.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shim.h"
#include <slab.h>

#define MODULES_MAX 32
#define SEGMENTS_MAX 4

struct segment {
	u64 addr, len;
	u8 *pristine;
};

struct module {
	const struct module_manifest *manifest;
	u32 id;
	u32 epoch;
	bool started;
	struct segment segment[SEGMENTS_MAX];
	u32 nsegments;
};

static struct module module[MODULES_MAX];
static u32 nmodules;

/* Slab's, if the test is linked with it. */
extern __attribute__((weak)) long slab_owner_gone(u32 owner, u32 epoch);

/* ---- faults ---------------------------------------------------------- */

static _Thread_local sigjmp_buf *catch;
static _Thread_local char bug_text[256];

const char *shim_try(void (*fn)(void *arg), void *arg)
{
	sigjmp_buf *volatile outer = catch, here;
	const char *volatile text = NULL;

	if (!sigsetjmp(here, 0)) {
		catch = &here;
		fn(arg);
	} else {
		text = bug_text;
	}
	catch = outer;
	return text;
}

long module_bug(u32 self, const char *msg)
{
	snprintf(bug_text, sizeof(bug_text), "%s", msg);
	if (catch)
		siglongjmp(*catch, 1);
	fprintf(stderr, "shim: module %u: %s\n", self, msg);
	abort();
}

/* ---- images ---------------------------------------------------------- */

/* Byte by byte, past the sanitizer's red zones between variables. */
static __attribute__((no_sanitize("address", "undefined"), noinline))
void image_copy(volatile u8 *to, const volatile u8 *from, u64 len)
{
	for (u64 i = 0; i + 8 <= len; i += 8)
		*(volatile u64 *)(to + i) = *(const volatile u64 *)(from + i);
	for (u64 i = len & ~7ull; i < len; i++)
		to[i] = from[i];
}

/* Writable and not closed after relocation. */
static void segment_add(struct module *m, u64 start, u64 end)
{
	struct segment *s = &m->segment[m->nsegments];

	if (start >= end)
		return;
	if (m->nsegments++ == SEGMENTS_MAX)
		abort();
	s->addr = start;
	s->len = end - start;
	s->pristine = malloc(s->len);
	image_copy(s->pristine, (u8 *)start, s->len);
}

static void segments_find(struct module *m, const struct dl_phdr_info *info)
{
	u64 relro = 0, relro_end = 0;

	for (int i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type != PT_GNU_RELRO)
			continue;
		relro = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		relro_end = ALIGN_UP(relro + info->dlpi_phdr[i].p_memsz, PAGE_SIZE);
		relro = ALIGN_DOWN(relro, PAGE_SIZE);
	}
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		u64 start = info->dlpi_addr + p->p_vaddr, end = start + p->p_memsz;

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_W))
			continue;
		segment_add(m, start, MIN(end, MAX(start, relro)));
		segment_add(m, MAX(start, relro_end), end);
	}
}

/* ---- finding them ---------------------------------------------------- */

static const struct module_manifest *manifest_in(const u8 *file, u64 base)
{
	const Elf64_Ehdr *eh = (const void *)file;
	const Elf64_Shdr *sh = (const void *)(file + eh->e_shoff);
	const char *names = (const char *)file + sh[eh->e_shstrndx].sh_offset;

	for (u32 i = 0; i < eh->e_shnum; i++)
		if (!strcmp(names + sh[i].sh_name, ".whitix.manifest"))
			return (const void *)(base + sh[i].sh_addr);
	return NULL;
}

static const struct module_manifest *manifest_find(const struct dl_phdr_info *info)
{
	const struct module_manifest *manifest = NULL;
	int fd = open(info->dlpi_name, O_RDONLY);
	struct stat st;
	void *file;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st)) {
		file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (file != MAP_FAILED) {
			manifest = manifest_in(file, info->dlpi_addr);
			munmap(file, (size_t)st.st_size);
		}
	}
	close(fd);
	return manifest;
}

static int module_found(struct dl_phdr_info *info, size_t size, void *data)
{
	const struct module_manifest *manifest = manifest_find(info);
	struct module *m = &module[nmodules];

	if (!manifest || manifest->magic != MODULE_MAGIC)
		return 0;
	if (nmodules == MODULES_MAX)
		abort();
	m->manifest = manifest;
	m->id = ++nmodules;
	segments_find(m, info);
	return 0;
}

static void __attribute__((constructor)) modules_find(void)
{
	dl_iterate_phdr(module_found, NULL);
}

static struct module *find(const char *name)
{
	for (u32 i = 0; i < nmodules; i++)
		if (!strcmp(module[i].manifest->name, name))
			return &module[i];
	return NULL;
}

static struct module *must_find(const char *name)
{
	struct module *m = find(name);

	if (m)
		return m;
	fprintf(stderr, "shim: the test is not linked with module %s\n", name);
	abort();
}

u32 shim_module(const char *name)
{
	struct module *m = find(name);

	return m ? m->id : 0;
}

const struct module_manifest *shim_manifest(const char *name)
{
	return must_find(name)->manifest;
}

/* ---- lives ----------------------------------------------------------- */

static void image_restore(struct module *m)
{
	for (u32 i = 0; i < m->nsegments; i++)
		image_copy((u8 *)m->segment[i].addr, m->segment[i].pristine,
			   m->segment[i].len);
	m->started = false;
}

static long start(struct module *m, u32 flags)
{
	m->manifest->self->id = m->id;
	m->manifest->self->epoch = m->epoch;
	m->started = true;
	return m->manifest->init(flags);
}

long shim_start(const char *name)
{
	return start(must_find(name), 0);
}

long shim_start_all(void)
{
	struct module *best;
	long err;

	for (;;) {
		best = NULL;
		for (u32 i = 0; i < nmodules; i++)
			if (!module[i].started &&
			    (!best || module[i].manifest->rank > best->manifest->rank))
				best = &module[i];
		if (!best)
			return 0;
		err = start(best, 0);
		if (err)
			return err;
	}
}

void shim_reset_image(const char *name)
{
	struct module *m = must_find(name), *slab = find("slab");

	shim_handles_drop(m->id);
	shim_heap_drop(m->id, false);
	image_restore(m);
	m->epoch++;
	if (slab && slab != m && slab->started && slab_owner_gone)
		slab_owner_gone(m->id, m->epoch);
}

long shim_recover(const char *name)
{
	struct module *m = must_find(name);
	long ret = start(m, INIT_RECOVERING);

	shim_handles_sweep(m->id);
	return ret;
}

long shim_reset(const char *name)
{
	shim_reset_image(name);
	return shim_recover(name);
}

void shim_clear(void)
{
	shim_handles_drop(0);
	shim_heap_drop(0, true);
	for (u32 i = 0; i < nmodules; i++) {
		image_restore(&module[i]);
		module[i].epoch = 0;
	}
}
