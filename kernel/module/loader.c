// SPDX-License-Identifier: MIT
/*
 * The loader: from an object NAME.ko (or a module that ld put into the kernel
 * image) to a module that can be started. Both layouts have it.
 *
 * An object is linked in two steps, so that a set of them can be put in order
 * between: module_prepare() checks it and gives it a window; module_link() binds
 * the imports, fills and maps the pages and offers the exports. What fails gives
 * everything back.
 *
 * The object stays in memory, where ring 3 does not reach: it is what a reset
 * makes the image from again, with the imports' addresses of the first time.
 */
#include <bitops.h>
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

/* Where the core can read [addr, addr + len) of m's content, or NULL. */
static void *content_at(struct module *m, u64 addr, size_t len)
{
	u64 offset = addr - m->window;

	return addr >= m->window && offset < m->image->file_bytes &&
	       len <= m->image->file_bytes - offset ? m->content + offset : NULL;
}

/* A pointer of m's table of parameters, where the core can follow it. */
const char *module_text(struct module *m, const char *s)
{
	return m->built_in ? s : content_at(m, (u64)s, 1);
}

/* A string of m's constants, which ring 3 cannot change; or NULL. */
static const char *content_string(struct module *m, const char *s, size_t max)
{
	u64 offset = (u64)s - m->range[RANGE_RODATA].start;

	if (offset >= m->range[RANGE_RODATA].size)
		return NULL;
	max = MIN(max, m->range[RANGE_RODATA].size - offset);
	s = content_at(m, (u64)s, 1);
	return strnlen(s, max) < max ? s : NULL;
}

/* The core's copy of a contract with its ops table, or NULL (bad pointers). */
static struct contract *contract_take(struct module *m, const struct contract *at)
{
	struct contract *c = content_at(m, (u64)at, sizeof(*c)), *copy, *calls;
	struct ops_contract *ops;
	const struct contract **call;

	if (!c || c->nargs > CONTRACT_MAX_ARGS)
		return NULL;
	ops = c->ops ? content_at(m, (u64)c->ops, sizeof(*ops)) : NULL;
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
		const struct contract **from = content_at(m, (u64)&ops->call[i], 8);
		struct contract *one = from ? content_at(m, (u64)*from, sizeof(*one)) : NULL;

		if (!one || one->nargs > CONTRACT_MAX_ARGS || one->ops) {
			core_free(copy);
			return NULL;
		}
		calls[i] = *one;
		call[i] = &calls[i];
	}
	return copy;
}

/* The manifest in the object, whose pointers mean nothing yet. */
static const struct module_manifest *read_manifest(struct elf_image *img)
{
	u32 size, offset;
	const struct module_manifest *m = elf_image_table(img, ELF_MANIFEST, &size, &offset);

	if (m && size == sizeof(*m) && manifest_check(m) == 0)
		return m;
	img->error = "no manifest, or one of another version";
	return NULL;
}

/* The import table and its strings, which stay in the object. */
static int read_imports(struct module *m, struct elf_image *img)
{
	u32 size, strings, unused;

	m->imports = elf_image_table(img, ELF_IMPORTS, &size, &unused);
	m->import_texts = elf_image_table(img, ELF_STRINGS, &strings, &unused);
	m->nimports = size / sizeof(struct symbol_import);
	if (!m->nimports)
		return 0;
	img->error = "the import table is broken";
	if (m->nimports >= LINK_OWN || !strings || m->import_texts[strings - 1])
		return -ENOEXEC;
	for (u32 i = 0; i < m->nimports; i++)
		if (m->imports[i].name >= strings || m->imports[i].provider >= strings)
			return -ENOEXEC;
	img->error = NULL;
	m->import_at = core_alloc(m->nimports * sizeof(*m->import_at));
	return m->import_at ? 0 : -ENOMEM;
}

/* Lays the image out in a window. */
static int prepare_image(struct module *m, const struct elf_image *img)
{
	static const unsigned int prot[ELF_RANGES] = {
		MAP_READ | MAP_EXEC, MAP_READ, MAP_READ | MAP_WRITE, MAP_READ | MAP_WRITE,
	};

	m->window = image_window_alloc();
	if (!m->window)
		return -ENOMEM;
	for (u32 r = 0; r < ELF_RANGES; r++) {
		m->range[r].start = m->window + img->start[r];
		m->range[r].size = img->bytes[r];
		m->range[r].prot = prot[r];
	}
	m->range[RANGE_STUBS].start = m->window + img->total;
	m->range[RANGE_STUBS].size = boundary_stub_bytes(m);
	m->range[RANGE_STUBS].prot = MAP_READ | MAP_EXEC;
	return 0;
}

bool module_owns_text(const struct module *m, u64 addr)
{
	return addr - m->range[RANGE_TEXT].start < m->range[RANGE_TEXT].size;
}

/* Whether the module's `struct module_self` at `addr` lies in its data or bss. */
bool module_owns_self(const struct module *m, u64 addr)
{
	for (u32 r = RANGE_DATA; r <= RANGE_BSS; r++)
		if (addr - m->range[r].start < m->range[r].size &&
		    m->range[r].size - (addr - m->range[r].start) >= sizeof(struct module_self) &&
		    IS_ALIGNED(addr, sizeof(struct module_self)))
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
	const struct module_manifest *manifest = NULL;
	struct module *m = NULL;
	int error = -ENOMEM;

	*out = NULL;
	if (!img)
		return -ENOMEM;
	error = elf_image_parse(img, object, size);
	if (!error)
		manifest = read_manifest(img);
	if (!manifest) {
		error = -ENOEXEC;
	} else if (module_by_name(manifest->name)) {
		img->error = "a module of this name is there";
		error = -EEXIST;
	} else {
		m = module_new(manifest);
		error = m ? 0 : -ENOMEM;
	}
	if (!m) {
		complain(file, img, error);
		core_free(img);
		return error;
	}
	m->object = object;
	m->object_size = size;
	m->image = img;
	error = read_imports(m, img);
	if (!error)
		error = boundary_place(m, m->nimports);
	if (!error)
		error = prepare_image(m, img);
	if (error) {
		complain(m->name, img, error);
		module_discard(m);
		return error;
	}
	*out = m;
	return 0;
}

/* Texts of the import table, which module_prepare() has checked. */
const char *module_import_name(const struct module *m, u32 i)
{
	return m->import_texts + m->imports[i].name;
}

const char *module_import_provider(const struct module *m, u32 i)
{
	return m->import_texts + m->imports[i].provider;
}

static int link_imports(struct module *m, struct elf_image *img)
{
	int error = 0;

	for (u32 i = 0; i < m->nimports; i++) {
		img->culprit = module_import_name(m, i);
		m->import_at[i] = boundary_import(m, img->culprit, m->imports[i].version, &error);
		if (error == -ENOENT)
			img->error = "nobody exports the import";
		else if (error == -EPROTO)
			img->error = "the import has another version";
		else if (error == -ENOEXEC)
			img->error = "the import is of a module that calls this one (rank)";
		if (error)
			return error;
	}
	img->culprit = NULL;
	return 0;
}

/* The parameters' table is in the module's constants. */
static int link_params(struct module *m, struct elf_image *img)
{
	u32 size, offset;

	if (!elf_image_table(img, ELF_PARAMS, &size, &offset))
		return 0;
	m->param = (void *)(m->content + offset);
	for (u32 i = 0; i < size / sizeof(*m->param); i++)
		if (!content_string(m, m->param[i].name, SYMBOL_MAX)) {
			img->error = "a parameter is broken";
			return -ENOEXEC;
		}
	m->nparams = size / sizeof(*m->param);
	return 0;
}

static int link_exports(struct module *m, struct elf_image *img)
{
	struct symbol_export *e;
	u32 size, offset;
	int error = 0;

	if (!elf_image_table(img, ELF_EXPORTS, &size, &offset))
		return 0;
	e = (void *)(m->content + offset);
	for (u32 n = size / sizeof(*e); n && !error; n--, e++) {
		const char *name = content_string(m, e->name, SYMBOL_MAX);
		struct contract *c = contract_take(m, e->contract);
		u64 addr = (u64)e->addr;

		img->error = "an export is broken";
		img->culprit = name;
		if (!name || !c || !module_owns_text(m, addr))
			return -ENOEXEC;
		error = boundary_export(m, name, addr, e->version, c);
		if (error == -EEXIST)
			img->error = "another module exports the name";
		else if (error == -EPROTO)
			img->error = "the core was built for another version of the export";
	}
	return error;
}

/*
 * Frames for the content, one after the other, so that it can be linked where it
 * lies: what the power of two is too large by goes back.
 */
static int content_alloc(struct module *m, u32 bytes)
{
	unsigned int order = bit_order(bytes / PAGE_SIZE);
	u64 phys = frame_alloc(order);

	if (!phys)
		return -ENOMEM;
	for (u64 at = bytes; at < PAGE_SIZE << order; at += PAGE_SIZE)
		frame_free(phys + at, 0);
	m->content = phys_to_virt(phys);
	return 0;
}

/* Maps a range: its part of the content, or new frames. */
static int map_range(struct module *m, enum module_range_kind kind)
{
	const struct module_range *r = &m->range[kind];
	u64 end = ALIGN_UP(r->start + r->size, PAGE_SIZE), phys;

	for (u64 addr = r->start; addr < end; addr += PAGE_SIZE) {
		phys = kind <= RANGE_DATA ? virt_to_phys(m->content + (addr - m->window)) :
		       frame_alloc_zeroed(0);
		if (!phys)
			return -ENOMEM;
		if (window_map(addr, phys, r->prot)) {
			if (kind > RANGE_DATA)
				frame_free(phys, 0);
			return -ENOMEM;
		}
	}
	return 0;
}

/* Takes all pages of m's image out of its window, and gives the frames back. */
static void unmap_image(struct module *m)
{
	u64 end = m->range[RANGE_STUBS].start + m->range[RANGE_STUBS].size;
	u32 content = m->content ? m->image->file_bytes : 0;

	for (u64 addr = m->window; addr < end; addr += PAGE_SIZE) {
		u64 phys = window_lookup(addr, NULL);

		if (phys)
			window_map(addr, 0, 0);
		if (phys && addr >= m->window + content)
			frame_free(phys, 0);
	}
	for (u64 at = 0; at < content; at += PAGE_SIZE)
		frame_free(virt_to_phys(m->content + at), 0);
	m->content = NULL;
}

/* Clears bss, whose pages are where their window says. */
static void clear_bss(const struct module_range *r)
{
	for (u64 addr = r->start; addr < r->start + r->size; addr += PAGE_SIZE)
		memset(phys_to_virt(window_lookup(addr, NULL)), 0, PAGE_SIZE);
}

/* The module's own words, in its data or bss: on one page, by alignment. */
struct module_self *module_self_of(const struct module *m)
{
	if (m->built_in)
		return m->manifest.self;
	return phys_to_virt(window_lookup((u64)m->manifest.self, NULL));
}

static void write_self(struct module *m)
{
	struct module_self *self = module_self_of(m);

	self->id = m->id;
	self->epoch = m->epoch;
}

/* Writes the content as it was linked: what worked once works again. */
static int fill(struct module *m)
{
	elf_image_copy(m->image, m->content);
	return elf_image_link(m->image, m->content, m->window, m->import_at, m->nimports);
}

/*
 * Puts the image into its first state: content as it was linked, bss cleared,
 * and the module's own id and epoch. Nothing may run in it.
 */
void image_restore(struct module *m)
{
	if (m->built_in)
		return;
	fill(m);
	clear_bss(&m->range[RANGE_BSS]);
	write_self(m);
}

/* The manifest again, with its pointers. */
static int link_manifest(struct module *m, struct elf_image *img)
{
	u32 size, offset;

	elf_image_table(img, ELF_MANIFEST, &size, &offset);
	m->manifest = *(struct module_manifest *)(m->content + offset);
	if (module_owns_text(m, (u64)m->manifest.init) &&
	    (!m->manifest.exit || module_owns_text(m, (u64)m->manifest.exit)) &&
	    module_owns_self(m, (u64)m->manifest.self)) {
		write_self(m);
		return 0;
	}
	img->error = "the manifest's pointers lie outside the module";
	return -ENOEXEC;
}

/* Second step: m is LOADED afterwards, or gone. 0 or a negative error. */
int module_link(struct module *m)
{
	struct elf_image *img = m->image;
	int error = boundary_window(m, m->window, true);

	if (!error)
		error = content_alloc(m, img->file_bytes);
	for (u32 r = 0; r < RANGES && !error; r++)
		error = map_range(m, r);
	if (!error)
		error = link_imports(m, img);
	if (!error)
		error = fill(m);
	if (!error)
		error = link_manifest(m, img);
	if (!error)
		error = link_params(m, img);
	if (!error) {
		error = params_apply(m);
		img->error = error ? "a parameter has a wrong value" : NULL;
	}
	if (!error) {
		boundary_linked(m);
		error = link_exports(m, img);
	}
	if (error) {
		complain(m->name, img, error);
		module_discard(m);
		return error;
	}
	module_linked_hook(m);
	return 0;
}

/* Takes everything of a module that is not running back, and the entry. */
void module_discard(struct module *m)
{
	module_set_state(m, MODULE_UNLOADED);
	account_give_back(m, false);
	boundary_unlinked(m);
	if (m->window) {
		unmap_image(m);
		image_window_free(m->window);
	}
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
	m->param = b->params_start;
	m->nparams = b->params_end - b->params_start;
	params_apply(m);
	error = boundary_place(m, 0);
	for (e = b->exports_start; e < b->exports_end && !error; e++)
		error = boundary_export(m, e->name, (u64)e->addr, e->version, e->contract);
	*out = m;
	return error;
}
