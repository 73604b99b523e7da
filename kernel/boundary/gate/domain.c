// SPDX-License-Identifier: MIT
/*
 * Domains: a view of memory each, a pool of module stacks, and the pages of the
 * gate window that are a domain's own (I/O permission bitmap, light table).
 *
 * The gate window (memmap.h) is mapped in every view through a leaf table of
 * its own: gate text and context page are ring 3's to read, the TSS is the
 * core's, and the I/O bitmap behind the TSS is a different page in each domain,
 * so that loading a view changes the permitted ports, too.
 *
 * Stacks lie in heap windows of the domain, in units of STACK_UNIT bytes:
 *
 *	0	staging, mapped page by page as calls need it
 *	16 KiB	never mapped: a stack that overflows faults here
 *	...	the stack; the last 8 bytes link the landing records
 */
#include <asm/machine.h>
#include <cpu.h>
#include <errno.h>
#include <frame.h>
#include <log.h>
#include <string.h>
#include <sched.h>
#include <timer.h>

#include "gate.h"
#include "../../module/internal.h"

#define PTE_PRESENT 0x1ull
#define PTE_WRITE 0x2ull
#define PTE_USER 0x4ull
#define PTE_ADDRESS 0x000ffffffffff000ull
#define PTE_NX (cpu_features.nx ? 1ull << 63 : 0)

#define DOMAINS_MAX (MODULES_MAX + 1)

struct domain core_domain;
static struct domain *domains[DOMAINS_MAX];
static u32 ndomains;
static struct domain *shared_domain;
static u64 *core_gate_table;

/* Domain number i, NULL past the last. Number 0 is the core's. */
struct domain *domain_by_index(u32 i)
{
	return i < ndomains ? domains[i] : NULL;
}

static u64 *gate_directory(struct view *v)
{
	return &v->image_pd[(GATE_WINDOW - IMAGE_BASE) >> WINDOW_SHIFT];
}

static void gate_pte(u64 *table, u32 page, u64 phys, u64 bits)
{
	table[page] = phys | bits | PTE_PRESENT;
}

/*
 * Makes the core's gate window: text, context page, and the TSS moved before an
 * all-ones I/O bitmap. Once, at start.
 */
int domain_init(void)
{
	u64 tss = frame_alloc_zeroed(0), ones = frame_alloc(0);
	u64 table = frame_alloc_zeroed(0);
	u64 text = (u64)gate_text_start - CORE_BASE, at;

	if (!tss || !ones || !table)
		return -ENOMEM;
	memset(phys_to_virt(ones), 0xff, PAGE_SIZE);
	core_gate_table = phys_to_virt(table);
	gate_pte(core_gate_table, GATE_PAGE_TEXT, text, PTE_USER);
	gate_pte(core_gate_table, GATE_PAGE_CONTEXT,
		 virt_to_phys(context_page), PTE_USER | PTE_NX);
	gate_pte(core_gate_table, GATE_PAGE_TSS, tss, PTE_WRITE | PTE_NX);
	for (u32 i = 0; i < 3; i++)
		gate_pte(core_gate_table, GATE_PAGE_IO + i, ones, PTE_NX);
	*gate_directory(&core_view) = table | PTE_PRESENT | PTE_WRITE | PTE_NX;
	tlb_flush(NULL, GATE_WINDOW, GATE_WINDOW + WINDOW_SIZE);
	core_domain.view = core_view;
	core_domain.cr3 = core_view.cr3;
	domains[ndomains++] = &core_domain;
	/* The TSS ends its page, so that the bitmap begins the next. */
	at = PAGE_SIZE - sizeof(struct tss);
	memcpy((u8 *)phys_to_virt(tss) + at, this_cpu()->tss, sizeof(struct tss));
	cpu_set_tss((void *)(GATE_TEXT + GATE_PAGE_TSS * PAGE_SIZE + at),
		    sizeof(struct tss) + IO_BITMAP_BYTES);
	return 0;
}

static int domain_gate_window(struct domain *d)
{
	u64 table = frame_alloc(0);

	if (!table)
		return -ENOMEM;
	d->gate_table = phys_to_virt(table);
	memcpy(d->gate_table, core_gate_table, PAGE_SIZE);
	for (u32 i = 0; i < 2; i++) {
		d->io_phys[i] = frame_alloc(0);
		if (!d->io_phys[i])
			return -ENOMEM;
		memset(phys_to_virt(d->io_phys[i]), 0xff, PAGE_SIZE);
		gate_pte(d->gate_table, GATE_PAGE_IO + i, d->io_phys[i], PTE_NX);
	}
	d->counter_phys = frame_alloc_zeroed(0);
	d->light_phys[0] = frame_alloc_zeroed(1);
	if (!d->counter_phys || !d->light_phys[0])
		return -ENOMEM;
	d->light = phys_to_virt(d->light_phys[0]);
	for (u32 i = 0; i < LIGHT_PAGES; i++)
		gate_pte(d->gate_table, GATE_PAGE_LIGHT + i,
			 d->light_phys[0] + i * PAGE_SIZE, PTE_USER | PTE_NX);
	gate_pte(d->gate_table, GATE_PAGE_COUNTER, d->counter_phys,
		 PTE_USER | PTE_WRITE | PTE_NX);
	*gate_directory(&d->view) = table | PTE_PRESENT | PTE_WRITE | PTE_USER;
	return 0;
}

/* Private domains that lost their module, to be used again: views and stacks stay. */
static struct domain *spare_domains;

static struct domain *domain_new(void)
{
	struct domain *d = spare_domains;

	if (d) {
		spare_domains = d->next_spare;
		return d;
	}
	if (ndomains == DOMAINS_MAX)
		return NULL;
	d = core_alloc(sizeof(*d));
	if (!d)
		return NULL;
	if (view_create_domain(&d->view) || domain_gate_window(d)) {
		core_free(d);
		return NULL;
	}
	d->cr3 = d->view.cr3;
	d->id = ndomains;
	domains[ndomains++] = d;
	return d;
}

/*
 * The domain for `m` by `placement`: "core", "shared", "private" or "default".
 * NULL when memory is out. Counts the module there.
 */
struct domain *domain_for(struct module *m, const char *placement)
{
	struct domain *d;

	if (strcmp(placement, "default") == 0)
		placement = PLACEMENT_DEFAULT;
	if (strcmp(placement, "core") == 0) {
		d = &core_domain;
	} else if (strcmp(placement, "private") == 0) {
		d = domain_new();
	} else {
		if (!shared_domain)
			shared_domain = domain_new();
		d = shared_domain;
	}
	if (d)
		d->nmodules++;
	return d;
}

/*
 * A module leaves `d`, and all ports are taken from it. True: modules are left,
 * whose ports must be allowed again.
 */
bool domain_leave(struct domain *d)
{
	d->nmodules--;
	if (d == &core_domain)
		return false;
	for (u32 i = 0; i < 2; i++)
		memset(phys_to_virt(d->io_phys[i]), 0xff, PAGE_SIZE);
	if (d->nmodules || d == shared_domain)
		return d->nmodules;
	d->next_spare = spare_domains;
	spare_domains = d;
	return false;
}

bool domain_is_shared(const struct domain *d)
{
	return d == shared_domain;
}

/* Lets modules of `d` use port `port` themselves. */
void domain_allow_port(struct domain *d, u16 port)
{
	u8 *bitmap;

	if (d == &core_domain)
		return;
	bitmap = phys_to_virt(d->io_phys[port >> 15]);
	bitmap[(port & 0x7fff) >> 3] &= ~(1 << (port & 7));
}

/* ---- stacks ---------------------------------------------------------- */

#define LANDING_HEAD 16		/* bytes kept free at the top of a stack */

static int unit_map(u64 addr, u32 pages)
{
	for (u32 i = 0; i < pages; i++) {
		u64 phys = frame_alloc_zeroed(0);

		if (!phys)
			return -ENOMEM;
		if (window_map(addr + i * PAGE_SIZE, phys, MAP_READ | MAP_WRITE)) {
			frame_free(phys, 0);
			return -ENOMEM;
		}
	}
	return 0;
}

static u64 unit_alloc(struct domain *d)
{
	if (!d->stack_window || d->stack_units == WINDOW_SIZE / STACK_UNIT) {
		u64 window = heap_window_stack(d);

		if (!window)
			return 0;
		d->stack_window = window;
		d->stack_units = 0;
	}
	return d->stack_window + STACK_UNIT * d->stack_units++;
}

static struct mstack *stack_new(struct domain *d)
{
	struct mstack *s;
	u32 pages = CONFIG_MODULE_STACK_KIB * 1024 / PAGE_SIZE;

	s = core_alloc(sizeof(*s));
	if (!s)
		return NULL;
	s->unit = unit_alloc(d);
	if (!s->unit || unit_map(s->unit + STACK_UNIT - pages * PAGE_SIZE, pages)) {
		core_free(s);
		return NULL;
	}
	s->domain = d;
	s->stack_pages = pages;
	s->top = s->unit + STACK_UNIT - LANDING_HEAD;
	d->nstacks++;
	return s;
}

/* A module stack of domain `d`, or NULL when memory is out. May not sleep. */
struct mstack *stack_get(struct domain *d)
{
	u64 flags = irq_save();
	struct mstack *s = d->free_stack;

	if (s)
		d->free_stack = s->next;
	irq_restore(flags);
	return s ? s : stack_new(d);
}

/* Gives a stack back, with its chain of landing records empty. */
void stack_put(struct mstack *s)
{
	u64 phys = window_lookup(s->unit + STACK_UNIT - PAGE_SIZE, NULL);
	u64 flags = irq_save();

	*(u64 *)((u8 *)phys_to_virt(phys) + PAGE_SIZE - 8) = 0;
	s->staging_used = 0;
	s->next = s->domain->free_stack;
	s->domain->free_stack = s;
	irq_restore(flags);
}

/* Has `bytes` of the stack's staging area mapped: 0, -ENOMEM, -E2BIG. */
int stack_stage(struct mstack *s, u32 bytes)
{
	u32 need = DIV_ROUND_UP(bytes, PAGE_SIZE);

	if (need > STAGING_PAGES)
		return -E2BIG;
	while (s->staging_pages < need) {
		if (unit_map(s->unit + s->staging_pages * PAGE_SIZE, 1))
			return -ENOMEM;
		s->staging_pages++;
	}
	return 0;
}
