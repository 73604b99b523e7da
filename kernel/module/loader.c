// SPDX-License-Identifier: MIT
/*
 * The loader: from an object NAME.ko (or a module that ld put into the kernel
 * image) to a module that can be started. Both layouts have it.
 *
 * An object is linked in two steps, so that a set of them can be put in order
 * between: module_prepare() checks it, gives it a window and applies the
 * relocations against its own symbols; module_link() resolves the imports, maps
 * the pages and offers the exports. What fails gives everything back.
 *
 * m->pristine keeps the linked text, rodata and data; a reset copies them again.
 */
#include <builtin.h>
#include <errno.h>
#include <log.h>
#include <string.h>

#include "elf_link.h"
#include "loader.h"

#define SYMBOL_MAX 128		/* bytes of an exported name, with NUL */

static int complain(const char *name, struct elf_image *img, int error)
{
	pr_err("module %s: %s%s%s (error %d); it is not loaded", name,
	       img->error ? img->error : "cannot be linked",
	       img->culprit ? ": " : "", img->culprit ? img->culprit : "", error);
	return error;
}

/* Where the core can read [addr, addr + len) of m's linked content, or NULL. */
static void *pristine_at(struct module *m, u64 addr, size_t len)
{
	u64 offset = addr - m->window;

	return addr >= m->window && offset < m->pristine_size &&
	       len <= m->pristine_size - offset ? (u8 *)m->pristine + offset : NULL;
}

static const char *pristine_string(struct module *m, const char *s, size_t max)
{
	u64 offset = (u64)s - m->window;
	const char *p = pristine_at(m, (u64)s, 1);

	if (!p)
		return NULL;
	max = MIN(max, m->pristine_size - offset);
	return strnlen(p, max) < max ? p : NULL;
}

/* The core's copy of a contract with its ops table, or NULL (bad pointers). */
static struct contract *contract_take(struct module *m, const struct contract *at)
{
	struct contract *c = pristine_at(m, (u64)at, sizeof(*c)), *copy, *calls;
	struct ops_contract *ops;
	const struct contract **call;

	if (!c || c->nargs > CONTRACT_MAX_ARGS)
		return NULL;
	ops = c->ops ? pristine_at(m, (u64)c->ops, sizeof(*ops)) : NULL;
	if (c->ops && (!ops || !ops->ncalls || ops->ncalls > 64 || ops->size != ops->ncalls * 8))
		return NULL;
	copy = core_alloc(sizeof(*c) + (ops ? sizeof(*ops) + ops->ncalls * (8 + sizeof(*c)) : 0));
	if (!copy)
		return NULL;
	*copy = *c;
	copy->names = NULL;
	if (!ops)
		return copy;
	copy->ops = memcpy(copy + 1, ops, sizeof(*ops));
	calls = (void *)((u8 *)(copy + 1) + sizeof(*ops));
	call = (void *)(calls + ops->ncalls);
	((struct ops_contract *)copy->ops)->call = call;
	((struct ops_contract *)copy->ops)->name = "ops";
	for (u32 i = 0; i < ops->ncalls; i++) {
		const struct contract **from = pristine_at(m, (u64)&ops->call[i], 8);
		struct contract *one = from ? pristine_at(m, (u64)*from, sizeof(*one)) : NULL;

		if (!one || one->nargs > CONTRACT_MAX_ARGS || one->ops) {
			core_free(copy);
			return NULL;
		}
		calls[i] = *one;
		call[i] = &calls[i];
	}
	return copy;
}

static int read_manifest(struct elf_image *img, struct module_manifest *manifest)
{
	size_t size = 0;
	u32 offset;
	const void *p = elf_image_section(img, ".whitix.manifest", &size, &offset);

	img->error = "no manifest, or one of another version";
	if (!p || size != sizeof(*manifest))
		return -ENOEXEC;
	memcpy(manifest, p, sizeof(*manifest));
	if (manifest_check(manifest))
		return -ENOEXEC;
	img->error = NULL;
	return 0;
}

/* Lays the image out in a window and applies what needs no imports. */
static int prepare_image(struct module *m, struct elf_image *img)
{
	static const unsigned int prot[ELF_RANGES] = {
		MAP_READ | MAP_EXEC, MAP_READ, MAP_READ | MAP_WRITE, MAP_READ | MAP_WRITE,
	};
	struct module_manifest *manifest;
	size_t size;
	u32 offset = 0;

	m->window = image_window_alloc();
	m->pristine_size = img->file_bytes;
	m->pristine = core_alloc(img->file_bytes);
	if (!m->window || !m->pristine)
		return -ENOMEM;
	for (u32 r = 0; r < ELF_RANGES; r++) {
		m->range[r].start = m->window + img->start[r];
		m->range[r].size = img->bytes[r];
		m->range[r].prot = prot[r];
	}
	m->range[RANGE_STUBS].start = m->window + img->total;
	m->range[RANGE_STUBS].size = boundary_stub_bytes(m);
	m->range[RANGE_STUBS].prot = MAP_READ | MAP_EXEC;
	elf_image_copy(img, m->pristine);
	if (elf_image_relocate(img, m->pristine, m->window, NULL, NULL))
		return -ENOEXEC;
	elf_image_section(img, ".whitix.manifest", &size, &offset);
	manifest = (void *)((u8 *)m->pristine + offset);
	m->manifest = *manifest;
	img->error = "the manifest's pointers lie outside the module";
	if ((u64)manifest->init - m->range[RANGE_TEXT].start >= m->range[RANGE_TEXT].size ||
	    !module_owns_self(m, (u64)manifest->self))
		return -ENOEXEC;
	img->error = "the import table is broken";
	for (u32 i = 0; i < m->nimports; i++)
		if (!pristine_string(m, module_import(m, i)->name, SYMBOL_MAX) ||
		    !pristine_string(m, module_import(m, i)->provider, MODULE_NAME_MAX))
			return -ENOEXEC;
	img->error = NULL;
	return 0;
}

/* Whether the module's `struct module_self` at `addr` lies in its data or bss. */
bool module_owns_self(const struct module *m, u64 addr)
{
	for (u32 r = RANGE_DATA; r <= RANGE_BSS; r++)
		if (addr - m->range[r].start < m->range[r].size &&
		    m->range[r].size - (addr - m->range[r].start) >= sizeof(struct module_self))
			return true;
	return false;
}

/*
 * First step for the object of `size` bytes (kept: it must stay in memory).
 * `file` names it in errors. 0; -ENOEXEC, -EEXIST, -ENOMEM. May sleep.
 */
int module_prepare(const char *file, const void *object, size_t size, struct module **out)
{
	struct elf_image *img = core_alloc(sizeof(*img));
	struct module_manifest *manifest = core_alloc(sizeof(*manifest));
	struct module *m = NULL;
	size_t imports = 0;
	int error = -ENOMEM;

	if (!img || !manifest)
		goto out;
	error = elf_image_parse(img, object, size);
	if (!error)
		error = read_manifest(img, manifest);
	if (error)
		goto out;
	error = module_by_name(manifest->name) ? -EEXIST : -ENOMEM;
	img->error = error == -EEXIST ? "a module of this name is there" : NULL;
	if (error == -ENOMEM)
		m = module_new(manifest);
	if (!m)
		goto out;
	m->object = object;
	m->object_size = size;
	elf_image_section(img, ".whitix.imports", &imports, &m->imports_at);
	m->nimports = imports / sizeof(struct symbol_import);
	error = boundary_place(m, m->nimports);
	if (!error)
		error = prepare_image(m, img);
	if (!error) {
		m->image = img;
		img->resolved = core_alloc(img->nsymbols * sizeof(u64));
	}
out:
	if (error) {
		if (img)
			complain(m ? m->name : file, img, error);
		if (m)
			module_discard(m);
		core_free(img);
	}
	core_free(manifest);
	*out = error ? NULL : m;
	return error;
}

/* A string of the import table, which module_prepare() has checked. */
static const char *import_text(struct module *m, const char *s)
{
	return (const char *)m->pristine + ((u64)s - m->window);
}

/* m's import number i, or NULL past the last. */
const struct symbol_import *module_import(struct module *m, u32 i)
{
	const struct symbol_import *imports = (void *)((u8 *)m->pristine + m->imports_at);

	return i < m->nimports ? &imports[i] : NULL;
}

const char *module_import_provider(struct module *m, const struct symbol_import *import)
{
	return import_text(m, import->provider);
}

static u64 resolve(void *context, const char *name, int *error)
{
	struct module *m = context;
	const struct symbol_import *import;

	for (u32 i = 0; (import = module_import(m, i)); i++)
		if (strcmp(import_text(m, import->name), name) == 0)
			return boundary_import(m, name, import->version, error);
	*error = -ENOEXEC;
	return 0;
}

static int link_imports(struct module *m, struct elf_image *img)
{
	int error = elf_image_relocate(img, m->pristine, m->window, resolve, m);

	if (error == -ENOENT)
		img->error = "nobody exports the import";
	else if (error == -EPROTO)
		img->error = "the import has another version";
	else if (error && !img->error)
		img->error = "the import is not in the import table";
	return error;
}

static int link_exports(struct module *m, struct elf_image *img)
{
	struct symbol_export *e;
	size_t size = 0;
	u32 offset = 0;
	int error = 0;

	if (!elf_image_section(img, ".whitix.exports", &size, &offset))
		return 0;
	e = (void *)((u8 *)m->pristine + offset);
	for (u32 n = size / sizeof(*e); n && !error; n--, e++) {
		const char *name = pristine_string(m, e->name, SYMBOL_MAX);
		struct contract *c = contract_take(m, e->contract);
		u64 addr = (u64)e->addr;

		img->error = "an export is broken";
		img->culprit = name;
		if (!name || !c || addr - m->range[RANGE_TEXT].start >= m->range[RANGE_TEXT].size)
			return -ENOEXEC;
		error = boundary_export(m, name, addr, e->version, c);
		if (error == -EEXIST)
			img->error = "another module exports the name";
		else if (error == -EPROTO)
			img->error = "the core was built for another version of the export";
	}
	return error;
}

static int map_range(const struct module_range *r, bool zeroed)
{
	u64 end = ALIGN_UP(r->start + r->size, PAGE_SIZE);

	for (u64 addr = r->start; addr < end; addr += PAGE_SIZE) {
		/* image_restore() writes every byte of pages with content. */
		u64 phys = zeroed ? frame_alloc_zeroed(0) : frame_alloc(0);

		if (!phys || window_map(addr, phys, r->prot)) {
			if (phys)
				frame_free(phys, 0);
			return -ENOMEM;
		}
	}
	return 0;
}

static void unmap_range(const struct module_range *r)
{
	u64 end = ALIGN_UP(r->start + r->size, PAGE_SIZE);

	for (u64 addr = r->start; addr < end; addr += PAGE_SIZE) {
		u64 phys = window_lookup(addr, NULL);

		if (!phys)
			continue;
		window_map(addr, 0, 0);
		frame_free(phys, 0);
	}
}

/* Writes `len` bytes (NULL: zeroes) to m's pages at `addr`, through the direct map. */
static void image_write(u64 addr, const void *from, u64 len)
{
	while (len) {
		u64 part = MIN(PAGE_SIZE - addr % PAGE_SIZE, len);
		u8 *to = phys_to_virt(window_lookup(ALIGN_DOWN(addr, PAGE_SIZE), NULL));

		if (from) {
			memcpy(to + addr % PAGE_SIZE, from, part);
			from = (const u8 *)from + part;
		} else {
			memset(to + addr % PAGE_SIZE, 0, part);
		}
		addr += part;
		len -= part;
	}
}

/*
 * Puts the image into its first state: pristine content, bss cleared, and the
 * module's own id and epoch. Nothing may run in it.
 */
int image_restore(struct module *m)
{
	struct module_self self = { .id = m->id, .epoch = m->epoch };

	if (m->built_in)
		return 0;
	for (u32 r = RANGE_TEXT; r <= RANGE_DATA; r++)
		image_write(m->range[r].start,
			    (u8 *)m->pristine + (m->range[r].start - m->window),
			    ALIGN_UP(m->range[r].size, PAGE_SIZE));
	if (m->epoch)		/* at first its pages are fresh */
		image_write(m->range[RANGE_BSS].start, NULL, m->range[RANGE_BSS].size);
	image_write((u64)m->manifest.self, &self, sizeof(self));
	return 0;
}

static void image_release(struct module *m)
{
	if (m->image)
		core_free(m->image->resolved);
	core_free(m->image);
	m->image = NULL;
}

/* Second step: m is LOADED afterwards, or gone. 0 or a negative error. */
int module_link(struct module *m)
{
	struct elf_image *img = m->image;
	int error = boundary_window(m, m->window, true);

	for (u32 r = 0; r < RANGES && !error; r++)
		error = map_range(&m->range[r], r > RANGE_DATA);
	if (!error)
		error = link_imports(m, img);
	if (!error) {
		boundary_linked(m);
		error = link_exports(m, img);
	}
	if (error) {
		complain(m->name, img, error);
		module_discard(m);
		return error;
	}
	image_release(m);
	image_restore(m);
	module_linked_hook(m);
	return 0;
}

/* Takes everything of a module that is not running back, and the entry. */
void module_discard(struct module *m)
{
	module_set_state(m, MODULE_UNLOADED);
	image_release(m);
	account_give_back(m, false);
	boundary_unlinked(m);
	for (u32 r = 0; r < RANGES && m->window; r++)
		unmap_range(&m->range[r]);
	if (m->window)
		image_window_free(m->window);
	module_forget(m);
}

/* Enters a module of the kernel image into the registry. */
int module_adopt(const struct builtin_module *b, struct module **out)
{
	struct module *m = manifest_check(b->manifest) ? NULL : module_new(b->manifest);
	const struct symbol_export *e;
	int error;

	if (!m)
		return -ENOEXEC;
	m->built_in = true;
	m->source_lines = b->source_lines;
	m->range[RANGE_TEXT] = (struct module_range){
		b->text_start, b->text_end - b->text_start, MAP_READ | MAP_EXEC };
	m->range[RANGE_RODATA] = (struct module_range){
		b->rodata_start, b->rodata_end - b->rodata_start, MAP_READ };
	m->range[RANGE_DATA] = (struct module_range){
		b->data_start, b->data_end - b->data_start, MAP_READ | MAP_WRITE };
	m->range[RANGE_BSS] = (struct module_range){
		b->bss_start, b->bss_end - b->bss_start, MAP_READ | MAP_WRITE };
	m->manifest.self->id = m->id;
	m->manifest.self->epoch = 0;
	error = boundary_place(m, 0);
	for (e = b->exports_start; e < b->exports_end && !error; e++)
		error = boundary_export(m, e->name, (u64)e->addr, e->version, e->contract);
	*out = m;
	return error;
}
