// SPDX-License-Identifier: MIT
/*
 * The registry of modules: names, ids, states, addresses, accounts. Ids are
 * places in a table, from 1; an unloaded module's place is used again.
 *
 * States: LOADED -> STARTING -> LIVE; LIVE or STARTING -> RESETTING (a fault)
 * -> STARTING ...; FAILED when it is given up; any -> UNLOADED. Every change goes
 * through module_set_state(), which tells the boundary and wakes who waits.
 */
#include <errno.h>
#include <log.h>
#include <string.h>
#include <timer.h>

#include "elf_link.h"
#include "internal.h"

static struct module *modules[MODULES_MAX];	/* index: id; LOCK_MODULE to change */
static struct spinlock registry_lock = SPINLOCK("modules", LOCK_MODULE);

struct module *module_by_id(u32 id)
{
	return id < MODULES_MAX ? modules[id] : NULL;
}

struct module *module_by_name(const char *name)
{
	for (u32 i = 1; i < MODULES_MAX; i++)
		if (modules[i] && strcmp(modules[i]->name, name) == 0)
			return modules[i];
	return NULL;
}

static bool in_range(const struct module_range *r, u64 addr)
{
	return addr - r->start < r->size;
}

/* Whose code `addr` lies in (stubs count), or NULL. Any context. */
struct module *module_by_text(u64 addr)
{
	for (u32 i = 1; i < MODULES_MAX; i++)
		if (modules[i] && (in_range(&modules[i]->range[RANGE_TEXT], addr) ||
				   in_range(&modules[i]->range[RANGE_STUBS], addr)))
			return modules[i];
	return NULL;
}

struct module *module_by_address(u64 addr)
{
	for (u32 i = 1; i < MODULES_MAX; i++)
		for (u32 r = 0; modules[i] && r < RANGES; r++)
			if (in_range(&modules[i]->range[r], addr))
				return modules[i];
	return heap_window_module(addr);
}

/* Checks a manifest's own data: 0, -ENOEXEC. */
int manifest_check(const struct module_manifest *m)
{
	if (m->magic != MODULE_MAGIC || m->abi != MODULE_ABI || m->size != sizeof(*m))
		return -ENOEXEC;
	if (!m->name[0] || strnlen(m->name, MODULE_NAME_MAX) == MODULE_NAME_MAX)
		return -ENOEXEC;
	if (m->policy > POLICY_PANIC || m->stack_kib > CONFIG_MODULE_STACK_KIB)
		return -ENOEXEC;
	return 0;
}

/* A new entry with an id, state LOADED. NULL: the table or memory is full. */
struct module *module_new(const struct module_manifest *manifest)
{
	struct module *m = core_alloc(sizeof(*m));
	u64 irq;
	u32 id;

	if (!m)
		return NULL;
	m->manifest = *manifest;
	strlcpy(m->name, manifest->name, sizeof(m->name));
	m->quota_pages = manifest->quota_pages ? manifest->quota_pages :
			 CONFIG_MODULE_QUOTA_PAGES;
	list_init(&m->records);
	wait_init(&m->change);
	irq = spin_lock_irq(&registry_lock);
	for (id = 1; id < MODULES_MAX && modules[id]; id++)
		;
	if (id < MODULES_MAX) {
		m->id = id;
		modules[id] = m;
	}
	spin_unlock_irq(&registry_lock, irq);
	if (id < MODULES_MAX)
		return m;
	core_free(m);
	return NULL;
}

/* The entry goes; nothing may refer to it any more. */
void module_forget(struct module *m)
{
	modules[m->id] = NULL;
	if (m->late)
		core_free((void *)m->object);
	core_free(m->params);
	core_free(m->image);
	core_free(m->import_at);
	core_free(m);
}

void module_set_state(struct module *m, enum module_state state)
{
	m->state = state;
	boundary_state(m);
	wait_wake_all(&m->change);
}

/* A thread that runs m's init, or was called by it, may enter it early. */
static bool may_enter_early(const struct module *m)
{
	return m->starter == current;
}

/*
 * Waits until calls may enter `m` (NULL: the core, always): false when it has
 * failed, is gone, or does not come back in CONFIG_RESET_WAIT_MS. May sleep.
 */
bool module_wait_live(struct module *m)
{
	u64 deadline = 0;
	u32 seq;

	if (!m || m->state == MODULE_LIVE)
		return true;
	while (m->state != MODULE_LIVE) {
		if (may_enter_early(m))
			return m->state == MODULE_STARTING || m->state == MODULE_UNLOADING;
		if (m->state >= MODULE_FAILED || m->state == MODULE_LOADED)
			return false;
		if (!deadline)
			deadline = time_now_ns() + CONFIG_RESET_WAIT_MS * NSEC_PER_MSEC;
		seq = wait_read(&m->change);
		if (m->state != MODULE_LIVE &&
		    wait_on(&m->change, seq, deadline, false) == -ETIMEDOUT)
			return false;
	}
	return true;
}

/* See include/core/modules.h. */
int account_pages(struct module *m, long pages)
{
	u64 irq = spin_lock_irq(&registry_lock);
	int error = 0;

	if (pages > 0 && m->pages + pages > m->quota_pages)
		error = -ENOMEM;
	else
		m->pages += pages;
	spin_unlock_irq(&registry_lock, irq);
	return error;
}

/* Calls go to higher ranks only; what is exempt says so in its contract. */
bool module_may_import(const struct module *m, const struct module *provider,
		       const struct contract *contract)
{
	return !provider || (contract && contract->flags & (CALL_REENTRANT | CALL_RUNTIME)) ||
	       provider->manifest.rank > m->manifest.rank;
}

void *module_symbol(const char *name)
{
	return boundary_symbol(name);
}

/* GDB sets a breakpoint here to learn where a module's sections are. */
__noinline void module_linked_hook(struct module *m)
{
	__asm__ volatile("" : : "r"(m) : "memory");
}

/* "function" around `addr` in m, its start in *start; NULL: unknown. */
const char *module_function(const struct module *m, u64 addr, u64 *start)
{
	const char *name;
	u32 offset;

	if (!m->image)
		return NULL;
	name = elf_image_function(m->image, addr - m->window, &offset);
	*start = m->window + offset;
	return name;
}

static const char *const state_names[] = {
	"loaded", "starting", "live", "resetting", "failed", "unloading", "unloaded",
};

const char *module_state_name(const struct module *m)
{
	return state_names[m->state];
}

/* Registers what the core exports: 0 or an error number. */
int core_exports_register(void)
{
	extern struct symbol_export core_exports_start[], core_exports_end[];
	struct symbol_export *e;

	for (e = core_exports_start; e < core_exports_end; e++) {
		int error = boundary_export(NULL, e->name, (u64)e->addr,
					    e->version, e->contract);

		if (error)
			return error;
	}
	return 0;
}
