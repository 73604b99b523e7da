// SPDX-License-Identifier: MIT
/*
 * Starting modules: those in the kernel image in the order that the build
 * worked out, and those in the boot archives in the order that their imports
 * ask for. A module that cannot be linked or started is reported and left out;
 * the start goes on.
 */
#include <boot.h>
#include <builtin.h>
#include <errno.h>
#include <log.h>
#include <printf.h>
#include <string.h>
#include <timer.h>

#include "archive.h"
#include "loader.h"

#define MODULE_DIR "modules/"
#define MODULE_SUFFIX ".ko"
#define ORDER_LINE 512

static const struct contract init_contract = {
	.arg = { ARG_WORD(ARG_KIND_VALUE, 0, 0, 0, 0) },
	.flags = CALL_SLEEPS,
	.nargs = 1,
};

static char order_line[ORDER_LINE];
static u32 order_len;

/*
 * Runs m's init with `flags` (INIT_RECOVERING). LIVE afterwards: 0; else the
 * error, and m is FAILED, or RESETTING if it faulted.
 */
int module_start(struct module *m, u32 flags)
{
	long (*init)(u32 flags);
	u32 epoch = m->epoch;
	long error;

	init = boundary_bind(m, (u64)m->manifest.init, &init_contract);
	if (!init)
		return -ENOMEM;
	m->starter = current;
	module_set_state(m, MODULE_STARTING);
	error = init(flags);
	m->starter = NULL;
	if (m->epoch != epoch || m->state != MODULE_STARTING)
		return -EIO;
	if (error) {
		pr_warn("module %s: init returned %ld; the system goes on without it",
			m->name, error);
		account_give_back(m, false);
		module_set_state(m, MODULE_FAILED);
		return error < 0 ? (int)error : -EINVAL;
	}
	module_set_state(m, MODULE_LIVE);
	return 0;
}

static void start_one(struct module *m)
{
	int stage = boottrace_begin("start", m->name);
	u64 before = time_tsc();

	order_len += scnprintf(order_line + order_len, sizeof(order_line) - order_len, " %s",
			       m->name);
	module_start(m, 0);
	m->start_instr = time_tsc() - before;
	boottrace_end(stage);
}

static void start_builtin(void)
{
	for (u32 i = 0; i < builtin_modules_count; i++) {
		struct module *m = NULL;

		if (module_adopt(&builtin_modules[i], &m))
			panic("module number %u of the kernel image cannot be entered", i);
	}
	for (u32 i = 0; i < builtin_modules_count; i++)
		start_one(module_by_name(builtin_modules[i].manifest->name));
}

/* "modules/NAME.ko": copies NAME, true. */
static bool module_file(const char *path, char *name, size_t len)
{
	const char *end = strrchr(path, '.');

	while (path[0] == '.' && path[1] == '/')
		path += 2;
	if (strncmp(path, MODULE_DIR, strlen(MODULE_DIR)) != 0)
		return false;
	path += strlen(MODULE_DIR);
	if (end <= path || (size_t)(end - path) >= len || strchr(path, '/') ||
	    strcmp(end, MODULE_SUFFIX) != 0)
		return false;
	strlcpy(name, path, (size_t)(end - path) + 1);
	return true;
}

struct object {
	char name[MODULE_NAME_MAX];
	const void *data;
	u64 size;
	struct module *m;
	u64 needs;		/* bit i: a provider of its imports is object i */
};

/* Notes the module objects of an archive; a later one of a name replaces. */
static u32 objects_find(struct boot_archive *a, struct object *objects, u32 count)
{
	struct archive r = { .data = phys_to_virt(a->phys), .size = a->size };
	char name[MODULE_NAME_MAX];
	u32 i;

	while (archive_next(&r)) {
		if (!module_file(r.name, name, sizeof(name)))
			continue;
		for (i = 0; i < count && strcmp(objects[i].name, name) != 0; i++)
			;
		if (i == MODULES_MAX - 1)
			continue;
		strlcpy(objects[i].name, name, sizeof(objects[i].name));
		objects[i].data = r.entry;
		objects[i].size = r.entry_size;
		count = MAX(count, i + 1);
	}
	return count;
}

/* Which objects must be started before `m`, by its imports' providers. */
static u64 providers_of(struct module *m, struct object *objects, u32 count)
{
	u64 needs = 0;

	for (u32 i = 0; i < m->nimports; i++) {
		const char *provider = module_import_provider(m, i);

		if (i && m->imports[i].provider == m->imports[i - 1].provider)
			continue;
		for (u32 k = 0; k < count; k++)
			if (objects[k].m && objects[k].m != m &&
			    strcmp(objects[k].m->name, provider) == 0)
				needs |= 1ull << k;
	}
	return needs;
}

static void link_and_start(struct object *o)
{
	int stage = boottrace_begin("link", o->m->name);
	u64 before = time_tsc();
	struct module *m = o->m;
	int error = module_link(m);

	boottrace_end(stage);
	if (error) {
		o->m = NULL;
		return;
	}
	m->link_instr += time_tsc() - before;
	start_one(m);
}

static void start_objects(struct object *objects, u32 count)
{
	u64 waiting = 0, before, progress;

	for (u32 i = 0; i < count; i++) {
		before = time_tsc();
		if (module_by_name(objects[i].name))
			continue;	/* in the kernel image */
		module_prepare(objects[i].name, objects[i].data, objects[i].size,
			       &objects[i].m);
		if (objects[i].m)
			objects[i].m->link_instr = time_tsc() - before;
	}
	for (u32 i = 0; i < count; i++)
		if (objects[i].m) {
			objects[i].needs = providers_of(objects[i].m, objects, count);
			waiting |= 1ull << i;
		}
	do {
		progress = 0;
		for (u32 i = 0; i < count; i++) {
			if (!(waiting >> i & 1) || objects[i].needs & waiting)
				continue;
			link_and_start(&objects[i]);
			waiting &= ~(1ull << i);
			progress = 1;
		}
	} while (progress);
	for (u32 i = 0; i < count; i++)
		if (waiting >> i & 1) {
			pr_err("module %s: it and a provider of its imports wait for "
			       "each other; it is not loaded", objects[i].name);
			module_discard(objects[i].m);
		}
}

void modules_start(void)
{
	struct object *objects;
	u32 count = 0;
	int stage;

	if (heap_init())
		panic("no memory for the modules' windows");
	if (core_exports_register())
		panic("the core's exports do not fit");
	reset_init();
	core_mutex_init(&load_lock);
	start_builtin();
	objects = core_alloc(MODULES_MAX * sizeof(*objects));
	if (!objects)
		panic("no memory for the list of modules");
	stage = boottrace_begin("archive", "");
	for (u32 i = 0; i < boot_info.narchives; i++)
		count = objects_find(&boot_info.archive[i], objects, count);
	boottrace_end(stage);
	start_objects(objects, count);
	core_free(objects);
	boundary_placed();
	pr_info("modules: order%s", order_line);
}
