/* SPDX-License-Identifier: MIT */
/* The names in /sys, except those of modules and devices, and their texts. */
#include <fail_nth.h>

#include "internal.h"

#define DIR_MODE (S_IFDIR | 0755)
#define FILE_MODE (S_IFREG | 0444)
#define MAJOR_MEM 1
#define MAJOR_TTY 4
#define MAJOR_TTY_AUX 5
#define MAJOR_MISC 10
#define NTH_MAX 100000000	/* more allocations than a test waits for */

/* ---- modules ----------------------------------------------------------------- */

static void show_initstate(struct text *t, const struct subject *s)
{
	text_puts(t, strcmp(s->module.state, "live") ? "coming\n" : "live\n");
}

static void show_state(struct text *t, const struct subject *s)
{
	text_printf(t, "%s\n", s->module.state);
}

static void show_placement(struct text *t, const struct subject *s)
{
	text_printf(t, "%s\n", s->module.placement);
}

static void show_domain(struct text *t, const struct subject *s)
{
	text_printf(t, "%u\n", s->module.domain);
}

static void show_resets(struct text *t, const struct subject *s)
{
	text_printf(t, "%u\n", s->module.resets);
}

static void show_refcnt(struct text *t, const struct subject *s)
{
	text_printf(t, "%u\n", s->module.users);
}

static void show_coresize(struct text *t, const struct subject *s)
{
	text_printf(t, "%lu\n", s->module.size);
}

static void show_pages(struct text *t, const struct subject *s)
{
	text_printf(t, "%u\n", s->module.pages);
}

/* Calls between ring 0 and ring 0 can't be counted: null, not 0. */
static void show_calls(struct text *t, const struct subject *s)
{
	const struct module_info *m = &s->module;

	if (m->counted)
		text_printf(t, "down %lu\nup %lu\nacross %lu\n", m->down, m->up, m->across);
	else
		text_puts(t, "null\n");
}

static void show_bytes(struct text *t, const struct subject *s)
{
	if (s->module.counted)
		text_printf(t, "%lu\n", s->module.bytes);
	else
		text_puts(t, "null\n");
}

/* See internal.h. */
u64 param_inode(u32 id, u32 index, struct module_param_info *p)
{
	/* Its item is the one behind that of the directory. */
	u32 item = item_of_dir(DIR_PARAMETERS) + 1;

	return index >= PARAMS_MAX || module_param_get(id, index, p) ? 0 :
	       (u64)(index + 1) << PARAM_SHIFT | INO_OF(id, false) | item;
}

static void show_parameter(struct text *t, const struct subject *s)
{
	struct module_param_info p;

	if (module_param_get(s->module.id, INO_PARAM(s->ino) - 1, &p))
		return;
	if (p.type == PARAM_STRING)
		text_printf(t, "%s\n", p.text);
	else if (p.type == PARAM_BOOL)
		text_puts(t, p.number & 0xff ? "Y\n" : "N\n");
	else
		text_printf(t, p.type == PARAM_INT ? "%d\n" : "%u\n", p.number);
}

#ifdef CONFIG_FAULT_INJECT
static long store_inject(const struct subject *s, const char *text)
{
	static const char *const kinds[] = {
		[INJECT_NOW] = "now", [INJECT_INSIDE] = "inside", [INJECT_NEVER] = "never",
	};

	/* It was this module, which comes here again after its reset. */
	if (CONTEXT->rerun && s->module.id == THIS_MODULE)
		return 0;
	for (u32 kind = 1; kind < ARRAY_SIZE(kinds); kind++)
		if (!strcmp(text, kinds[kind]))
			return module_inject(THIS_MODULE, s->module.id, kind);
	return -EINVAL;
}
#endif

#ifdef CONFIG_DEBUG_FAILALLOC
static void show_fail_nth(struct text *t, const struct subject *s)
{
	text_printf(t, "%ld\n", alloc_fail_nth(THIS_MODULE, 0));
}

static long store_fail_nth(const struct subject *s, const char *text)
{
	u64 nth = 0;

	for (; *text >= '0' && *text <= '9' && nth < NTH_MAX; text++)
		nth = nth * 10 + (u64)(*text - '0');
	if (*text)
		return -EINVAL;
	alloc_fail_nth(THIS_MODULE, nth);
	return 0;
}
#endif

/* ---- devices ------------------------------------------------------------------ */

static void show_dev(struct text *t, const struct subject *s)
{
	text_printf(t, "%u:%u\n", (u32)LINUX_MAJOR(s->device.rdev),
		    (u32)LINUX_MINOR(s->device.rdev));
}

static void show_uevent(struct text *t, const struct subject *s)
{
	text_printf(t, "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\n", (u32)LINUX_MAJOR(s->device.rdev),
		    (u32)LINUX_MINOR(s->device.rdev), s->device.name);
}

/* See internal.h. */
enum dir class_of(const struct devfs_device *d)
{
	if (!S_ISCHR(d->mode))
		return DIR_NONE;
	switch (LINUX_MAJOR(d->rdev)) {
	case MAJOR_MEM:
		return DIR_CLASS_MEM;
	case MAJOR_TTY:
	case MAJOR_TTY_AUX:
		return DIR_CLASS_TTY;
	case MAJOR_MISC:
		return DIR_CLASS_MISC;
	}
	return DIR_NONE;
}

/* ---- the table ----------------------------------------------------------------- */

const struct item item_table[] = {
	{ "", DIR_MODE, DIR_NONE, .self = DIR_ROOT },
	{ "class", DIR_MODE, DIR_ROOT, .self = DIR_CLASS },
	{ "devices", DIR_MODE, DIR_ROOT, .self = DIR_DEVICES },
	{ "fs", DIR_MODE, DIR_ROOT, .self = DIR_FS },
	{ "kernel", DIR_MODE, DIR_ROOT, .self = DIR_KERNEL },
	{ "module", DIR_MODE, DIR_ROOT, .self = DIR_MODULES },

	{ "mem", DIR_MODE, DIR_CLASS, .self = DIR_CLASS_MEM },
	{ "misc", DIR_MODE, DIR_CLASS, .self = DIR_CLASS_MISC },
	{ "tty", DIR_MODE, DIR_CLASS, .self = DIR_CLASS_TTY },

	{ "system", DIR_MODE, DIR_DEVICES, .self = DIR_SYSTEM },
	{ "cpu", DIR_MODE, DIR_SYSTEM, .self = DIR_CPUS },
	{ "cpu0", DIR_MODE, DIR_CPUS, .self = DIR_CPU },
	{ "online", FILE_MODE, DIR_CPUS, .constant = "0" },
	{ "possible", FILE_MODE, DIR_CPUS, .constant = "0" },
	{ "present", FILE_MODE, DIR_CPUS, .constant = "0" },
	{ "kernel_max", FILE_MODE, DIR_CPUS, .constant = "0" },
	{ "online", FILE_MODE, DIR_CPU, .constant = "1" },

#ifdef CONFIG_DEBUG_FAILALLOC
	{ "fail_nth", S_IFREG | 0600, DIR_KERNEL, .show = show_fail_nth,
	  .store = store_fail_nth },
#endif
	{ "uevent_seqnum", FILE_MODE, DIR_KERNEL, .constant = "0" },

	{ "bytes", FILE_MODE, DIR_MODULE, .show = show_bytes },
	{ "calls", FILE_MODE, DIR_MODULE, .show = show_calls },
	{ "coresize", FILE_MODE, DIR_MODULE, .show = show_coresize },
	{ "domain", FILE_MODE, DIR_MODULE, .show = show_domain },
	{ "initstate", FILE_MODE, DIR_MODULE, .show = show_initstate },
#ifdef CONFIG_FAULT_INJECT
	{ "inject", S_IFREG | 0200, DIR_MODULE, .store = store_inject },
#endif
	{ "pages", FILE_MODE, DIR_MODULE, .show = show_pages },
	{ "parameters", DIR_MODE, DIR_MODULE, .self = DIR_PARAMETERS },
	{ "", FILE_MODE, DIR_NUMBERED, .show = show_parameter },
	{ "placement", FILE_MODE, DIR_MODULE, .show = show_placement },
	{ "refcnt", FILE_MODE, DIR_MODULE, .show = show_refcnt },
	{ "resets", FILE_MODE, DIR_MODULE, .show = show_resets },
	{ "state", FILE_MODE, DIR_MODULE, .show = show_state },

	{ "dev", FILE_MODE, DIR_DEVICE, .show = show_dev },
	{ "uevent", FILE_MODE, DIR_DEVICE, .show = show_uevent },
};

_Static_assert(ARRAY_SIZE(item_table) + ITEM_FIRST <= 1u << ITEM_BITS, "items fit");

const struct item_limits item_limits = {
	.count = ARRAY_SIZE(item_table), .first = ITEM_FIRST,
	.text_max = 4096, .store_max = 256,
};

/* See internal.h. */
enum dir dir_of(u64 ino)
{
	const struct item *item = item_of(ino);

	if (item)
		return item->self;
	if (INO_ITEM(ino) || !INO_OBJECT(ino))
		return DIR_NONE;
	return ino & INO_DEVICE ? DIR_DEVICE : DIR_MODULE;
}

/* See internal.h. */
long subject_find(u64 ino, struct subject *s)
{
	const struct item *item = item_of(ino);
	enum dir of = ino & INO_DEVICE ? DIR_DEVICE : INO_OBJECT(ino) ? DIR_MODULE : DIR_NONE;
	u32 object = INO_OBJECT(ino);
	enum dir holder = of;

	s->ino = ino;
	if (item)
		holder = item->dir == DIR_MODULE || item->dir == DIR_DEVICE ? item->dir :
			 item->dir == DIR_NUMBERED ? DIR_MODULE : DIR_NONE;
	if (holder != of || (!item && (INO_ITEM(ino) || !object)))
		return -ENOENT;
	if (of == DIR_DEVICE)
		return devfs_device_next(object - 1, &s->device) ||
		       s->device.ino != object ? -ENOENT : 0;
	if (of == DIR_MODULE)
		return module_info_get(object - 1, &s->module) ||
		       s->module.id != object ? -ENOENT : 0;
	return 0;
}
