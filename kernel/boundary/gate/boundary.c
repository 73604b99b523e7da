// SPDX-License-Identifier: MIT
/*
 * The gate layout's answers to the rest of the core (boundary.h), and the
 * loader's questions: where a module goes and what its imports become.
 */
#include <asm/trap.h>
#include <boot.h>
#include <errno.h>
#include <frame.h>
#include <generated/placement.h>
#include <log.h>
#include <sched.h>
#include <string.h>
#include <timer.h>

#include "gate.h"
#include "../../module/internal.h"

#define PLACEMENT_LIST 1024	/* bytes of placement=: all modules fit */

#define VECTOR_PAGE_FAULT 14
#define PF_WRITE 2

const char *boundary_layout(void)
{
	return "hybrid";
}

const char *boundary_domains(void)
{
	return strcmp(PLACEMENT_DEFAULT, "private") == 0 ? "private" : "shared";
}

const char *boundary_gate(void)
{
#ifdef CONFIG_GATE_SYSCALL
	return "syscall";
#else
	return "interrupt";
#endif
}

bool boundary_counts(void)
{
	return true;
}

void boundary_init(void)
{
	if (domain_init())
		panic("not enough memory for the first domain");
	slots_init();
#ifdef CONFIG_GATE_INTERRUPT
	idt_set_user_gate(GATE_VECTOR, gate_interrupt);
#endif
}

bool boundary_in_module(const struct thread *t)
{
	return t->gate != NULL;
}

static const char *fault_text(const struct regs *regs, u64 address)
{
	struct mstack *s = current->gate->stack;

	if (regs->vector == 14 && address >= s->unit &&
	    address < s->unit + STACK_UNIT - s->stack_pages * PAGE_SIZE)
		return "stack overflow";
	return NULL;
}

/* A fault of a module that is placed in the core, or NULL. */
static struct module *core_placed(const struct regs *regs)
{
	struct module *m = module_by_text(regs->rip);

	return m && m->domain == &core_domain ? m : NULL;
}

/*
 * Ring 0 (a module placed in the core) read the context page in a domain's
 * view, where it is ring 3's and SMAP hides it. In the core's view it is not.
 */
static bool context_page_hidden(const struct regs *regs, u64 address)
{
	struct view *v = current->mm ? &current->mm->view : &core_view;

	if (regs->vector != VECTOR_PAGE_FAULT || regs->error & PF_WRITE ||
	    ALIGN_DOWN(address, PAGE_SIZE) != CONTEXT_PAGE || view_is_loaded(v))
		return false;
	view_enter(v);
	return true;
}

bool boundary_fault(struct regs *regs, u64 address)
{
	struct module *m;
	const char *what;

	if (!regs_ring3(regs)) {
		if (context_page_hidden(regs, address))
			return true;
		m = core_placed(regs);
		if (m) {
			module_report(m, REASON_TRAP, regs, address, NULL);
			panic("module %s, placed in the core, is at fault", m->name);
		}
		return false;
	}
	if (!current->gate)
		return false;
	irq_enable();
	m = module_running(regs);
	what = fault_text(regs, address);
	module_fault_at(m, what ? REASON_STACK : REASON_TRAP, regs, address, what);
	unwind_regs(regs, m);
	return true;
}

/*
 * Where `m` is while the core serves a call of its: instruction, stack and
 * frame pointer, for a report. False: it does not wait for such a call here.
 */
bool boundary_up_regs(const struct module *m, struct regs *regs)
{
	const struct up_frame *f = current->up;

	if (!f || f->window->module != m)
		return false;
	memset(regs, 0, sizeof(*regs));
	/* The stub's return address says more than the stub. */
	if (!domain_owns(m->domain, f->rsp, sizeof(regs->rip), false) ||
	    copy_from_module(&regs->rip, f->rsp, sizeof(regs->rip)))
		regs->rip = f->rip;
	regs->rsp = f->rsp;
	regs->rbp = f->rbp;
	regs->cs = SEL_USER_CODE;
	regs->ss = SEL_USER_DATA;
	regs->rflags = RFLAGS_FIXED | RFLAGS_IF;
	return true;
}

void boundary_tick(struct regs *regs)
{
	struct thread *t = current;
	struct module *m;
	u64 budget;

	if (!t->gate || !regs_ring3(regs))
		return;
	m = module_running(regs);
	budget = m->manifest.budget_ms ? m->manifest.budget_ms : CONFIG_WATCHDOG_MS;
	if (++t->module_ticks * (1000 / TICK_HZ) > budget || READ_ONCE(m->inject))
		t->overrun = t->unwind = true;
}

void boundary_ring3_exit(struct regs *regs)
{
	struct thread *t = current;
	struct module *m;

	if (!t->gate || !t->unwind)
		return;
	if (t->overrun) {
		t->overrun = false;
		m = module_running(regs);
		if (m->inject)
			module_fault(m, REASON_INJECTED, regs, INJECTED_TEXT);
		else
			module_fault(m, REASON_WATCHDOG, regs, "used up its time budget");
		unwind_regs(regs, m);
	} else if (t->unwind_at == t->gate) {
		unwind_regs(regs, module_running(regs));
	}
}

void boundary_counters_get(struct boundary_counters *c)
{
	struct domain *d;

	memset(c, 0, sizeof(*c));
	c->down = gate_downs - MIN(gate_across, gate_downs);
	c->up = gate_ups;
	c->across = gate_across;
	for (u32 i = 1; (d = domain_by_index(i)); i++)
		c->across += *(u64 *)phys_to_virt(d->counter_phys);
	c->bytes = gate_bytes;
}

/* m's own part of the figures. */
void boundary_module_counters(const struct module *m, struct boundary_counters *c)
{
	u64 calls = slots_count_of(m);

	c->down = calls - MIN(m->calls_across, calls);
	c->up = m->calls_up;
	c->across = m->calls_across;
	c->bytes = m->bytes_copied;
}

/* ---- the loader's questions ------------------------------------------ */

/* Value for `name` in a list "a:x,b:y"; false: not in it. */
static bool placement_find(const char *list, const char *name, char *buf, size_t len)
{
	size_t n = strlen(name);

	while (*list) {
		const char *end = strchr(list, ',');

		if (!end)
			end = list + strlen(list);
		if (strncmp(list, name, n) == 0 && list[n] == ':') {
			size_t l = MIN((size_t)(end - list) - n - 1, len - 1);

			memcpy(buf, list + n + 1, l);
			buf[l] = 0;
			return true;
		}
		list = *end ? end + 1 : end;
	}
	return false;
}

static bool placement_known(const char *p)
{
	return strcmp(p, "default") == 0 || strcmp(p, "core") == 0 ||
	       strcmp(p, "shared") == 0 || strcmp(p, "private") == 0;
}

/* Says which names in placement= were no module's. After all were placed. */
void boundary_placed(void)
{
	char list[PLACEMENT_LIST], *item, *end, *next;

	if (!cmdline_find("placement", list, sizeof(list)))
		return;
	for (item = list; item && *item; item = next) {
		next = strchr(item, ',');
		if (next)
			*next++ = 0;
		end = strchr(item, ':');
		if (end)
			*end = 0;
		if (!end || !module_by_name(item))
			pr_warn("placement: '%s' names no module", item);
	}
}

/*
 * Chooses m's domain by the command line, then Kconfig, then the layout, and
 * gives it room for `imports` stubs. 0, -ENOMEM.
 */
int boundary_place(struct module *m, u32 imports)
{
	struct module_boundary *b = core_alloc(sizeof(*b));
	char list[PLACEMENT_LIST], placement[16] = "default";

	if (!b)
		return -ENOMEM;
	if (!cmdline_find("placement", list, sizeof(list)) ||
	    !placement_find(list, m->name, placement, sizeof(placement)))
		placement_find(CONFIG_PLACEMENTS, m->name, placement, sizeof(placement));
	m->boundary = b;
	if (!placement_known(placement)) {
		pr_warn("placement: '%s' is no place for %s: core, shared, private or default",
			placement, m->name);
		strlcpy(placement, "default", sizeof(placement));
	}
	m->domain = domain_for(m, placement);
	if (!m->domain)
		return -ENOMEM;
	if (m->domain == &core_domain)
		return 0;
	b->max_stubs = ALIGN_UP(imports * IMPORT_STUB_SIZE, PAGE_SIZE) / IMPORT_STUB_SIZE;
	if (b->max_stubs - imports < BOUND_STUBS_MIN)
		b->max_stubs += PAGE_SIZE / IMPORT_STUB_SIZE;
	b->stub_slot = core_alloc(b->max_stubs * sizeof(*b->stub_slot));
	return b->stub_slot ? 0 : -ENOMEM;
}

/* Bytes of stub section that m's image needs: whole pages. */
u64 boundary_stub_bytes(struct module *m)
{
	struct module_boundary *b = m->boundary;

	return b->max_stubs * IMPORT_STUB_SIZE;
}

/* How the window at `base` of m (image or heap) is seen from where. */
int boundary_window(struct module *m, u64 base, bool image)
{
	return domain_window(m->domain, base, image);
}

int domain_window(struct domain *owner, u64 base, bool image)
{
	struct domain *d;
	int error = 0;

	for (u32 i = 0; (d = domain_by_index(i)) && !error; i++) {
		enum window_access a = WINDOW_CORE;

		if (owner == &core_domain && image)
			a = WINDOW_RING0_EXEC;
		else if (owner != &core_domain && d == owner)
			a = WINDOW_RING3;
		error = view_set_window(i ? &d->view : &core_view, base, a);
	}
	return error;
}

/* The domain whose modules may use the page at `addr` of a window, or NULL. */
struct domain *window_domain(u64 addr)
{
	if (addr >= IMAGE_BASE && addr < IMAGE_END) {
		struct module *m = up_windows[(addr - IMAGE_BASE) >> WINDOW_SHIFT].module;

		return m ? m->domain : NULL;
	}
	return heap_window_domain(addr);
}

/* Ports that can take the machine down, and those the core drives itself. */
static bool port_is_core(u32 port)
{
	static const struct port_range core_ports[] = {
		{ 0x20, 2 }, { 0xa0, 2 },	/* interrupt controllers */
		{ 0x40, 4 },			/* timer */
		{ 0x64, 1 },			/* keyboard controller: reset line */
		{ 0x70, 2 },			/* NMI mask and CMOS index */
		{ 0x92, 1 },			/* fast reset */
		{ 0xcf8, 8 },			/* PCI configuration, reset control */
	};

	for (u32 i = 0; i < ARRAY_SIZE(core_ports); i++)
		if (port - core_ports[i].first < core_ports[i].count)
			return true;
	return port > 0xffff;
}

/* The ports of m's manifest, but for the core's own. */
static void ports_allow(struct module *m)
{
	const struct port_range *p;

	for (p = m->manifest.ports; p < m->manifest.ports + MODULE_MAX_PORTS && p->count; p++)
		for (u32 i = 0; i < p->count; i++)
			if (!port_is_core(p->first + i))
				domain_allow_port(m->domain, p->first + i);
}

/* The image is mapped: calls up from its stubs are accepted from here on. */
void boundary_linked(struct module *m)
{
	struct up_window *w = &up_windows[(m->window - IMAGE_BASE) >> WINDOW_SHIFT];

	w->module = m;
	w->stub_slot = ((struct module_boundary *)m->boundary)->stub_slot;
	w->stub_start = m->range[RANGE_STUBS].start;
	w->stub_end = w->stub_start + m->range[RANGE_STUBS].size;
	ports_allow(m);
}

bool boundary_inside(const struct module *m)
{
	return unwind_inside(m);
}

/* m leaves its domain: what the domain's other modules have not is taken from it. */
static void boundary_leave(struct module *m)
{
	struct domain *d = m->domain;

	m->domain = &core_domain;
	if (!domain_leave(d))
		return;
	for (u32 id = 1; id < MODULES_MAX; id++) {
		struct module *other = module_by_id(id);

		if (other && other->domain == d)
			ports_allow(other);
	}
}

struct up_window up_windows[512];

/* The module is gone. */
void boundary_unlinked(struct module *m)
{
	struct module_boundary *b = m->boundary;

	if (!b)
		return;
	slots_release(m);
	if (m->window)
		memset(&up_windows[(m->window - IMAGE_BASE) >> WINDOW_SHIFT], 0,
		       sizeof(up_windows[0]));
	if (m->domain)
		boundary_leave(m);
	core_free(b->stub_slot);
	core_free(b);
	m->boundary = NULL;
}

/* m->state changed. */
void boundary_state(struct module *m)
{
	slots_module_state(m);
}

/* m's epoch was raised: its threads must leave it. */
void boundary_evict(struct module *m)
{
	slots_module_state(m);
	unwind_scan(m);
}

/*
 * The address that m's import `name` becomes: 0 and *error -ENOENT (nobody
 * exports it), -EPROTO (another version), -ENOSPC.
 */
u64 boundary_import(struct module *m, const char *name, u64 version, int *error)
{
	struct slot *s = version ? slot_by_version(version) : slot_absent;
	u64 stub;

	/* Not found, or under another name: by name, for the error. */
	if (!s || (version && strcmp(s->name, name) != 0))
		s = slot_by_name(name);

	*error = 0;
	if (!s || (version && !s->target))
		*error = -ENOENT;
	else if (s->version != version)
		*error = -EPROTO;
	else if (!module_may_import(m, s->module, s->contract))
		*error = -ENOEXEC;
	if (*error)
		return 0;
	stub = slot_stub_new(s, m);
	if (!stub)
		*error = -ENOSPC;
	return stub;
}

/*
 * Export `name` of `m` (NULL: the core) at `addr` with the core's copy of its
 * contract: 0, -EEXIST, -EPROTO (the core was built for another version),
 * -ENOSPC.
 */
int boundary_export(struct module *m, const char *name, u64 addr, u64 version,
		    const struct contract *contract)
{
	struct slot *s = slot_by_name(name);

	if (s && s->target && s->module != m)
		return -EEXIST;
	if (s && s->version != version)
		return -EPROTO;
	if (!s) {
		s = slot_alloc();
		if (!s)
			return -ENOSPC;
		slot_set_name(s, name, version);
	}
	slot_bind(s, m, addr, contract);
	return 0;
}

/* A plain function pointer for the core to call m's function at `addr`. */
void *boundary_bind(struct module *m, u64 addr, const struct contract *contract)
{
	bool fresh;
	struct slot *s = slot_bind_callback(m, addr, contract, &fresh);

	return s ? (void *)slot_stub(s, NULL) : NULL;
}

void *boundary_symbol(const char *name)
{
	struct slot *s = slot_by_name(name);

	return s && s->target ? (void *)slot_stub(s, NULL) : NULL;
}

const char *boundary_placement(const struct module *m, u32 *domain)
{
	*domain = m->domain ? m->domain->id : 0;
	if (!*domain)
		return "core";
	return domain_is_shared(m->domain) ? "shared" : "private";
}

/* Prints the last calls that crossed, newest last. */
void boundary_trace_print(void)
{
	pr_err("  last calls down:");
	for (u32 i = 0; i < GATE_TRACE_ENTRIES; i++) {
		struct slot *s = gate_trace[(gate_downs + i) % GATE_TRACE_ENTRIES];

		if (s && s->used)
			pr_err("    %s: %s", s->module ? s->module->name : "core",
			       s->name ? s->name : "(callback)");
	}
}

bool boundary_contains(const struct module *m)
{
	return m->domain != &core_domain;
}
