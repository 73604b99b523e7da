/* SPDX-License-Identifier: MIT */
/*
 * Views (include/core/view.h): the page tables of the core, of domains and of
 * processes.
 *
 * The core's own tables are made once, in view_init(): direct map, image and
 * vmap are the same tables in all views, and so are the leaf tables of module
 * windows, with U set. Each domain has directories of its own for the windows
 * (heap_pd, image_pd), where U and NX decide; all upper-level entries exist from
 * the start, so that a change is one write in each directory. A process shares
 * the core's directories and has a low half.
 *
 * Locking: view_lock for the windows and the list of domains; a process's low
 * half is under its address space's own lock.
 */
#include <asm/insn.h>
#include <boot.h>
#include <errno.h>
#include <log.h>
#include <spinlock.h>
#include <string.h>

#include "tables.h"

#define GIB 0x40000000ull
#define BIG_PAGE 0x200000ull
#define LOW_MEMORY 0x100000
#define HALF 256		/* entries of a PML4 for the low half */
#define UPPER (PTE_PRESENT | PTE_WRITE)
#define UPPER_USER (UPPER | PTE_USER)
/* How the core sees a window, and a domain its own modules'. */
#define WINDOW_CORE_BITS (UPPER | pte_nx)

u64 pte_nx, pte_global;

struct view core_view;
unsigned int view_heap_windows;

static struct spinlock view_lock = SPINLOCK("view", LOCK_TABLES);
static struct view *domains;		/* view_lock */

static unsigned int heap_pds(void)
{
	return view_heap_windows / TABLE_ENTRIES;
}

static u64 *table_alloc(void)
{
	u64 phys = frame_alloc_zeroed(0);

	return phys ? phys_to_virt(phys) : NULL;
}

static void table_free(u64 *table)
{
	if (table)
		frame_free(virt_to_phys(table), 0);
}

/* Frees the table that an entry names, if any. */
static void entry_free(u64 entry)
{
	if (entry)
		table_free(pte_table(entry));
}

/* See tables.h. */
u64 *table_walk(u64 *root, int root_level, u64 addr, int level, u64 upper)
{
	u64 *table = root;

	for (; root_level > level; root_level--) {
		u64 *entry = &table[table_index(addr, root_level)];

		if (!*entry) {
			u64 *made = upper ? table_alloc() : NULL;

			if (!made)
				return NULL;
			*entry = virt_to_phys(made) | upper;
		}
		if (*entry & PTE_BIG)
			return NULL;
		table = pte_table(*entry);
	}
	return &table[table_index(addr, level)];
}

static u64 leaf_bits(unsigned int prot)
{
	u64 bits = PTE_USER;

	if (prot & (MAP_READ | MAP_WRITE | MAP_EXEC))
		bits |= PTE_PRESENT;
	if (prot & MAP_WRITE)
		bits |= PTE_WRITE;
	if (!(prot & MAP_EXEC))
		bits |= pte_nx;
	if (prot & MAP_UNCACHED)
		bits |= PTE_UNCACHED;
	return bits;
}

static unsigned int leaf_prot(u64 pte)
{
	unsigned int prot = pte & PTE_PRESENT ? MAP_READ : 0;

	if (prot && pte & PTE_WRITE)
		prot |= MAP_WRITE;
	if (prot && !(pte & PTE_NX))
		prot |= MAP_EXEC;
	if (pte & PTE_UNCACHED)
		prot |= MAP_UNCACHED;
	return prot;
}

/* Writes a leaf entry of `v` (NULL: of all views); what was there is flushed. */
static u64 leaf_set(struct view *v, u64 addr, u64 *pte, u64 value)
{
	u64 old = *pte;

	*pte = value;
	if (old & PTE_PRESENT)
		tlb_flush(v, addr, addr + PAGE_SIZE);
	return old;
}

/* ---- windows --------------------------------------------------------------- */

static bool window_address(u64 addr)
{
	return (addr >= HEAP_BASE &&
		addr < HEAP_BASE + (u64)view_heap_windows * WINDOW_SIZE) ||
	       addr >= IMAGE_BASE;
}

/* The directory entry by which `v` sees the window that `addr` lies in. */
static u64 *window_entry(const struct view *v, u64 addr)
{
	unsigned int index = table_index(addr, 2);

	if (addr >= IMAGE_BASE)
		return &v->image_pd[index];
	return &v->heap_pd[(addr - HEAP_BASE) >> TABLE_SHIFT(3)][index];
}

/* The shared leaf table of a window; made on first use. Needs view_lock. */
static u64 *window_table(u64 addr)
{
	u64 *entry = window_entry(&core_view, addr);
	struct view *v;
	u64 *table;

	if (*entry)
		return pte_table(*entry);
	table = table_alloc();
	if (!table)
		return NULL;
	*entry = virt_to_phys(table) | WINDOW_CORE_BITS;
	for (v = domains; v; v = v->next)
		*window_entry(v, addr) = *entry;
	return table;
}

/*
 * Sets how `v` sees the window at `base`, and flushes. For the core's view that
 * is how all processes see it; what it may execute there in ring 0, it may also
 * while a domain's view is loaded. 0, -EINVAL (no such window, or a ring-3
 * window in the core's view), -ENOMEM. Any context.
 */
int view_set_window(struct view *v, u64 base, enum window_access access)
{
	bool core = v == &core_view;
	u64 flags, table, bits;
	int err = -ENOMEM;

	if (!window_address(base) || v->core_half_only ||
	    (core && access == WINDOW_RING3))
		return -EINVAL;
	flags = spin_lock_irq(&view_lock);
	if (!window_table(base))
		goto out;
	table = *window_entry(v, base) & PTE_ADDR;
	bits = access == WINDOW_RING3 ? UPPER_USER :
	       access == WINDOW_RING0_EXEC ? UPPER : WINDOW_CORE_BITS;
	if (!core && access == WINDOW_CORE)
		bits = *window_entry(&core_view, base) & ~PTE_ADDR;
	*window_entry(v, base) = table | bits;
	if (core) {
		for (v = domains; v; v = v->next) {
			u64 *entry = window_entry(v, base);

			if (!(*entry & PTE_USER))
				*entry = (*entry & PTE_ADDR) | bits;
		}
		v = NULL;
	}
	base = ALIGN_DOWN(base, WINDOW_SIZE);
	tlb_flush(v, base, base + WINDOW_SIZE);
	err = 0;
out:
	spin_unlock_irq(&view_lock, flags);
	return err;
}

/* See view.h. -EINVAL: no window lies there. Any context. */
int window_map(u64 addr, u64 phys, unsigned int prot)
{
	u64 flags, *table;

	if (!window_address(addr))
		return -EINVAL;
	flags = spin_lock_irq(&view_lock);
	table = window_table(addr);
	if (table)
		leaf_set(NULL, addr, &table[table_index(addr, 1)],
			 phys ? phys | leaf_bits(prot) : 0);
	spin_unlock_irq(&view_lock, flags);
	return table ? 0 : -ENOMEM;
}

/* See view.h. Any context; takes no lock, so it also serves a panic. */
u64 window_lookup(u64 addr, unsigned int *prot)
{
	u64 entry, pte;

	if (!window_address(addr))
		return 0;
	entry = *window_entry(&core_view, addr);
	if (!entry)
		return 0;
	pte = pte_table(entry)[table_index(addr, 1)];
	if (prot)
		*prot = leaf_prot(pte);
	return pte & PTE_ADDR ? (pte & PTE_ADDR) | (addr & (PAGE_SIZE - 1)) : 0;
}

/* ---- making views ------------------------------------------------------------ */

/* Frees what view_create_domain() made so far. */
static void domain_tables_free(struct view *v)
{
	unsigned int i;

	if (v->pml4) {
		entry_free(v->pml4[table_index(HEAP_BASE, 4)]);
		entry_free(v->pml4[table_index(IMAGE_BASE, 4)]);
	}
	for (i = 0; v->heap_pd && i < heap_pds(); i++)
		table_free(v->heap_pd[i]);
	core_free(v->heap_pd);
	table_free(v->image_pd);
	table_free(v->pml4);
}

/* A copy of the table that `v` has at `entry`, put there: NULL, no memory. */
static u64 *table_copy(u64 *entry, u64 bits)
{
	u64 *copy = table_alloc();

	if (copy)
		memcpy(copy, pte_table(*entry), PAGE_SIZE);
	*entry = copy ? virt_to_phys(copy) | bits : 0;
	return copy;
}

/*
 * Makes the view of a domain: as the core's, with an empty low half, and no
 * window open to ring 3. 0, -ENOMEM. Does not sleep.
 */
int view_create_domain(struct view *v)
{
	u64 *heap, *image;
	unsigned int i;
	u64 flags;

	memset(v, 0, sizeof(*v));
	v->pml4 = table_alloc();
	v->heap_pd = core_alloc(heap_pds() * sizeof(u64 *));
	if (!v->pml4 || !v->heap_pd)
		goto no_memory;
	flags = spin_lock_irq(&view_lock);
	memcpy(v->pml4 + HALF, core_view.pml4 + HALF, PAGE_SIZE / 2);
	heap = table_copy(&v->pml4[table_index(HEAP_BASE, 4)], UPPER_USER);
	image = table_copy(&v->pml4[table_index(IMAGE_BASE, 4)], UPPER_USER);
	for (i = 0; heap && i < heap_pds(); i++) {
		v->heap_pd[i] = table_copy(&heap[i], UPPER_USER);
		if (!v->heap_pd[i])
			heap = NULL;
	}
	if (image)
		v->image_pd = table_copy(&image[table_index(IMAGE_BASE, 3)], UPPER_USER);
	if (heap && v->image_pd) {
		v->next = domains;
		domains = v;
	}
	spin_unlock_irq(&view_lock, flags);
	if (!heap || !v->image_pd)
		goto no_memory;
	v->cr3 = view_make_cr3(virt_to_phys(v->pml4));
	return 0;

no_memory:
	domain_tables_free(v);
	return -ENOMEM;
}

/* Makes a process's view, low half empty: 0, -ENOMEM. Does not sleep. */
int view_create_process(struct view *v)
{
	*v = core_view;
	v->core_half_only = true;
	v->pml4 = table_alloc();
	if (!v->pml4)
		return -ENOMEM;
	memcpy(v->pml4 + HALF, core_view.pml4 + HALF, PAGE_SIZE / 2);
	v->cr3 = view_make_cr3(virt_to_phys(v->pml4));
	return 0;
}

static void domain_unlink(struct view *v)
{
	u64 flags = spin_lock_irq(&view_lock);
	struct view **p = &domains;

	while (*p && *p != v)
		p = &(*p)->next;
	if (*p)
		*p = v->next;
	spin_unlock_irq(&view_lock, flags);
}

/* Frees a view whose low half is empty. It may be loaded: then it is left. */
void view_destroy(struct view *v)
{
	u64 flags;

	if (!v->core_half_only)
		domain_unlink(v);
	flags = irq_save();
	if (view_is_loaded(v))
		view_enter(&core_view);
	irq_restore(flags);
	view_free_cr3(v->cr3);
	if (v->core_half_only)
		table_free(v->pml4);
	else
		domain_tables_free(v);
	v->pml4 = NULL;
}

/* ---- low half ------------------------------------------------------------------ */

/*
 * Maps `phys` at `addr` of v's low half, in place of what is there (flushed
 * then). With no permission the entry only remembers the page. 0, -ENOMEM.
 * Needs the address space's lock.
 */
int view_map_user(struct view *v, u64 addr, u64 phys, unsigned int prot)
{
	u64 *pte = table_walk(v->pml4, 4, addr, 1, UPPER_USER);

	if (!pte)
		return -ENOMEM;
	leaf_set(v, addr, pte, phys | leaf_bits(prot));
	return 0;
}

/* Unmaps and flushes; the page's address, 0: none. Needs the space's lock. */
u64 view_unmap_user(struct view *v, u64 addr)
{
	u64 *pte = table_walk(v->pml4, 4, addr, 1, 0);

	return pte ? leaf_set(v, addr, pte, 0) & PTE_ADDR : 0;
}

/* The page mapped at `addr` and its permissions; 0: none. Needs the lock. */
u64 view_lookup_user(struct view *v, u64 addr, unsigned int *prot)
{
	u64 *pte = table_walk(v->pml4, 4, addr, 1, 0);

	if (!pte || !*pte)
		return 0;
	if (prot)
		*prot = leaf_prot(*pte);
	return *pte & PTE_ADDR;
}

/* Changes permissions and flushes: 0, -EFAULT (not mapped). Needs the lock. */
int view_protect_user(struct view *v, u64 addr, unsigned int prot)
{
	u64 *pte = table_walk(v->pml4, 4, addr, 1, 0);

	if (!pte || !*pte)
		return -EFAULT;
	leaf_set(v, addr, pte, (*pte & PTE_ADDR) | leaf_bits(prot));
	return 0;
}

static void user_tables_free(u64 *table, unsigned int entries, int level)
{
	unsigned int i;

	for (i = 0; i < entries; i++) {
		if (!table[i])
			continue;
		if (level > 2)
			user_tables_free(pte_table(table[i]), TABLE_ENTRIES, level - 1);
		table_free(pte_table(table[i]));
		table[i] = 0;
	}
}

/*
 * Frees the tables of v's low half, where nothing is mapped any more. The CPU
 * may hold on to tables, not only to leaf entries, so the view is left first.
 */
void view_free_user_tables(struct view *v)
{
	u64 flags = irq_save();

	if (view_is_loaded(v))
		view_enter(&core_view);
	irq_restore(flags);
	user_tables_free(v->pml4, HALF, 4);
	tlb_flush(v, 0, USER_END);
}

/* ---- start ----------------------------------------------------------------------- */

static u64 *init_table(u64 *entry)
{
	u64 *table;

	if (*entry)
		return pte_table(*entry);
	table = table_alloc();
	if (!table)
		panic("no memory for page tables");
	*entry = virt_to_phys(table) | UPPER;
	return table;
}

/* Maps [start, end) in the direct map, with the largest pages there are. */
static void map_direct(u64 *pdpt, u64 start, u64 end)
{
	const u64 bits = PTE_PRESENT | PTE_WRITE | PTE_BIG | pte_global | pte_nx;

	start = ALIGN_DOWN(start, BIG_PAGE);
	end = MIN(end, DIRECT_MAP_MAX);
	while (start < end) {
		u64 *entry = &pdpt[start / GIB];

		if (*entry & PTE_BIG) {
			start = ALIGN_DOWN(start, GIB) + GIB;
		} else if (!*entry && cpu_features.gib_pages &&
			   IS_ALIGNED(start, GIB) && end - start >= GIB) {
			*entry = start | bits;
			start += GIB;
		} else {
			init_table(entry)[table_index(start, 2)] = start | bits;
			start += BIG_PAGE;
		}
	}
}

/* Memory that can be given out, the archives, and the firmware's low memory. */
static void map_memory(void)
{
	u64 *pdpt = init_table(&core_view.pml4[table_index(DIRECT_MAP_BASE, 4)]);
	u32 i;

	map_direct(pdpt, 0, LOW_MEMORY);
	for (i = 0; i < boot_info.nregions; i++)
		if (boot_info.region[i].usable)
			map_direct(pdpt, boot_info.region[i].start,
				   boot_info.region[i].end);
	for (i = 0; i < boot_info.narchives; i++)
		map_direct(pdpt, boot_info.archive[i].phys,
			   boot_info.archive[i].phys + boot_info.archive[i].size);
}

static void map_image(const char *start, const char *end, u64 bits)
{
	u64 addr;

	for (addr = (u64)start; addr < (u64)end; addr += PAGE_SIZE)
		if (kernel_map(addr, core_phys((void *)addr), bits) < 0)
			panic("no memory for page tables");
}

/* Upper-level tables of the windows: all that will ever be. */
static void make_window_directories(void)
{
	u64 *heap = init_table(&core_view.pml4[table_index(HEAP_BASE, 4)]);
	u64 *top = init_table(&core_view.pml4[table_index(IMAGE_BASE, 4)]);
	unsigned int pds, i;

	pds = DIV_ROUND_UP(frame_total_count() * PAGE_SIZE, GIB);
	pds = MAX(1u, MIN(pds, (unsigned int)(HEAP_MAX / GIB)));
	view_heap_windows = pds * TABLE_ENTRIES;
	core_view.heap_pd = core_alloc(pds * sizeof(u64 *));
	ASSERT(core_view.heap_pd);
	for (i = 0; i < pds; i++)
		core_view.heap_pd[i] = init_table(&heap[i]);
	core_view.image_pd = init_table(&top[table_index(IMAGE_BASE, 3)]);
}

/*
 * Makes the core's view and loads it; the early tables are not used any more.
 * Once, after frame_init(), interrupts off. Panics without memory.
 */
void view_init(void)
{
	pte_nx = cpu_features.nx ? PTE_NX : 0;
	pte_global = cpu_features.pge ? PTE_GLOBAL : 0;
	core_view.pml4 = table_alloc();
	ASSERT(core_view.pml4);
	map_memory();
	make_window_directories();
	init_table(&core_view.pml4[table_index(VMAP_BASE, 4)]);
	map_image(core_text_start, core_text_end, pte_global);
	map_image(core_rodata_start, core_rodata_end, pte_global | pte_nx);
	map_image(core_data_start, core_bss_end, pte_global | pte_nx | PTE_WRITE);
	core_view.cr3 = view_make_cr3(virt_to_phys(core_view.pml4));
	view_enter(&core_view);
}
