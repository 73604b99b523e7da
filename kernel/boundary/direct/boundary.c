// SPDX-License-Identifier: MIT
/*
 * The direct layout: modules are in ring 0, their imports were resolved by ld
 * (or, for one that comes late, are resolved here to the functions themselves).
 * Nothing is crossed, so nothing is checked, counted or contained; a fault in a
 * module's code is reported as in the other layout and stops the machine.
 */
#include <boundary.h>
#include <builtin.h>
#include <cpu.h>
#include <errno.h>
#include <hash.h>
#include <log.h>
#include <sched.h>
#include <string.h>
#include <timer.h>
#include <view.h>

__noreturn void gate_syscall(void);

#include "../../module/internal.h"

struct symbol {
	const char *name;
	u64 addr, version;
	const struct contract *contract;
	u32 hash;
	struct module *module;
};

#define SYMBOLS_MAX 1024

static struct symbol symbols[SYMBOLS_MAX];
static u32 nsymbols;

const char *boundary_layout(void)
{
	return "drivers_in_kernel";
}

const char *boundary_domains(void)
{
	return NULL;
}

const char *boundary_gate(void)
{
	return NULL;
}

bool boundary_counts(void)
{
	return false;
}

void boundary_init(void)
{
	if (window_map(CONTEXT_PAGE, virt_to_phys(context_page), MAP_READ) ||
	    view_set_window(&core_view, GATE_WINDOW, WINDOW_CORE))
		panic("no memory for the context page");
}

bool boundary_in_module(const struct thread *t)
{
	return false;
}

void boundary_ring3_exit(struct regs *regs)
{
}

bool boundary_fault(struct regs *regs, u64 address)
{
	struct module *m = module_by_text(regs->rip);
	u64 *frame = (u64 *)regs->rbp;

	if (regs_ring3(regs))
		return false;
	/* A wild jump: the caller's frame tells whose it was. */
	if (!m && regs->rsp >= current->stack_base &&
	    regs->rsp + sizeof(u64) <= current->stack_base + KERNEL_STACK_SIZE)
		m = module_by_text(*(u64 *)regs->rsp);
	if (!m && regs->rbp >= current->stack_base &&
	    regs->rbp + 2 * sizeof(u64) <= current->stack_base + KERNEL_STACK_SIZE)
		m = module_by_text(frame[1]);
	if (!m)
		return false;
	module_report(m, REASON_TRAP, regs, address, NULL);
	panic("module %s, which runs in ring 0, is at fault", m->name);
}

/* The watchdog: ticks in a row, within a call, that met a module. */
void boundary_tick(struct regs *regs)
{
	struct module *m = regs_ring3(regs) ? NULL : module_by_text(regs->rip);
	u64 budget;

	current->module_ticks = m ? current->module_ticks + 1 : 0;
	if (!m)
		return;
	if (READ_ONCE(m->inject))
		module_fault(m, REASON_INJECTED, regs, INJECTED_TEXT);
	budget = m->manifest.budget_ms ? m->manifest.budget_ms : CONFIG_WATCHDOG_MS;
	if (current->module_ticks * (1000 / TICK_HZ) > budget) {
		module_report(m, REASON_WATCHDOG, regs, 0, "used up its time budget");
		panic("module %s, which runs in ring 0, is at fault", m->name);
	}
}

void boundary_counters_get(struct boundary_counters *c)
{
	memset(c, 0, sizeof(*c));
}

static void scan_thread(struct thread *t, void *arg)
{
	struct module **m = arg;

	if (*m && module_on_stack(*m, t))
		*m = NULL;
}

bool boundary_inside(const struct module *m)
{
	thread_for_each(scan_thread, &m);
	return !m;
}

bool boundary_up_regs(const struct module *m, struct regs *regs)
{
	return false;
}

void boundary_module_counters(const struct module *m, struct boundary_counters *c)
{
	memset(c, 0, sizeof(*c));
}

void boundary_placed(void)
{
}

bool boundary_contains(const struct module *m)
{
	return false;
}

/* ---- the loader's questions ------------------------------------------ */

int boundary_place(struct module *m, u32 imports)
{
	return 0;
}

u64 boundary_stub_bytes(struct module *m)
{
	return 0;
}

int boundary_window(struct module *m, u64 base, bool image)
{
	return view_set_window(&core_view, base, image ? WINDOW_RING0_EXEC : WINDOW_CORE);
}

int domain_window(struct domain *owner, u64 base, bool image)
{
	return -EINVAL;
}

void boundary_linked(struct module *m)
{
}

void boundary_unlinked(struct module *m)
{
	for (u32 i = 0; i < nsymbols; i++)
		if (symbols[i].module == m && m) {
			symbols[i].addr = 0;
			symbols[i].module = NULL;
			core_free((void *)symbols[i].contract);
			symbols[i].contract = NULL;
		}
}

void boundary_state(struct module *m)
{
}

void boundary_evict(struct module *m)
{
}

static struct symbol *symbol_find(const char *name)
{
	u32 hash = hash_gnu(name);

	for (u32 i = 0; i < nsymbols; i++)
		if (symbols[i].hash == hash && strcmp(symbols[i].name, name) == 0)
			return &symbols[i];
	return NULL;
}

/* What a call to a module that is switched off does. */
static long absent(void)
{
	return -ENODEV;
}

u64 boundary_import(struct module *m, const char *name, u64 version, int *error)
{
	struct symbol *s = symbol_find(name);

	*error = 0;
	if (!version)		/* of a module that was not built */
		return (u64)absent;
	if (!s || !s->addr)
		*error = -ENOENT;
	else if (s->version != version)
		*error = -EPROTO;
	else if (!module_may_import(m, s->module, s->contract))
		*error = -ENOEXEC;
	return *error ? 0 : s->addr;
}

int boundary_export(struct module *m, const char *name, u64 addr, u64 version,
		    const struct contract *contract)
{
	struct symbol *s = symbol_find(name);

	if (s && s->addr)
		return -EEXIST;
	if (!s) {
		if (nsymbols == SYMBOLS_MAX)
			return -ENOSPC;
		s = &symbols[nsymbols++];
		s->name = name;
		s->hash = hash_gnu(name);
	}
	s->addr = addr;
	s->version = version;
	s->module = m;
	s->contract = contract;
	return 0;
}

void *boundary_bind(struct module *m, u64 addr, const struct contract *contract)
{
	return (void *)addr;
}

void *boundary_symbol(const char *name)
{
	struct symbol *s = symbol_find(name);

	return s ? (void *)s->addr : NULL;
}

const char *boundary_placement(const struct module *m, u32 *domain)
{
	*domain = 0;
	return "core";
}

void boundary_trace_print(void)
{
}

/*
 * Where syscall_entry goes for a thread with a live gate frame: there is none
 * in this layout.
 */
__noreturn void gate_syscall(void)
{
	panic("a gate frame in a layout without gates");
}
