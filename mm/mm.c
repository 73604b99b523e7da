/* SPDX-License-Identifier: MIT */
/*
 * Address spaces: making, copying and ending them. Pages are counted by their
 * frames: each mapping holds one reference, a page object another. A private
 * page that more than one holds is mapped read-only and copied at the first
 * write (fault.c); fork only takes references.
 *
 * mm_list_lock is taken before any mm->lock.
 */
#include <atomic.h>
#include <errno.h>
#include <frame.h>
#include <mm.h>
#include <pageobj.h>
#include <string.h>
#include <thread.h>
#include <whitix/mman.h>

static struct core_mutex mm_list_lock = {
	.wait = { .lock = SPINLOCK("address spaces", LOCK_WAIT),
		  .sleepers = LIST_HEAD_INIT(mm_list_lock.wait.sleepers) },
};
static LIST_HEAD(mm_list);

/* An empty address space; NULL when memory is out. May sleep. */
struct mm *mm_new(void)
{
	struct mm *mm = core_alloc(sizeof(*mm));

	if (!mm)
		return NULL;
	if (view_create_process(&mm->view) != 0) {
		core_free(mm);
		return NULL;
	}
	mm->refs = 1;
	core_mutex_init(&mm->lock);
	core_mutex_lock(&mm_list_lock);
	list_add_tail(&mm->all, &mm_list);
	core_mutex_unlock(&mm_list_lock);
	return mm;
}

void mm_get(struct mm *mm)
{
	atomic_add(&mm->refs, 1);
}

/* Unmaps the pages of a range; VMAs stay. Needs mm->lock. */
void mm_zap(struct mm *mm, u64 start, u64 end)
{
	u64 addr = start, phys;

	while ((addr = user_page_next(&mm->view, addr, end)) < end) {
		phys = view_unmap_user(&mm->view, addr);
		if (phys) {
			frame_put(phys);
			mm->resident--;
		}
		addr += PAGE_SIZE;
	}
}

static void mm_free(struct mm *mm)
{
	u32 i;

	core_mutex_lock(&mm_list_lock);
	list_del(&mm->all);
	core_mutex_unlock(&mm_list_lock);
	for (i = 0; i < mm->nvmas; i++) {
		mm_zap(mm, mm->vma[i].start, mm->vma[i].end);
		if (mm->vma[i].obj) {
			atomic_sub(&mm->vma[i].obj->mappings, 1);
			pageobj_put(mm->vma[i].obj);
		}
	}
	core_free(mm->vma);
	view_free_user_tables(&mm->view);
	view_destroy(&mm->view);
	core_free(mm);
}

/* Drops a reference; with the last one, which must not be loaded, all goes. */
void mm_put(struct mm *mm)
{
	if (mm && atomic_sub(&mm->refs, 1) == 0)
		mm_free(mm);
}

/* Makes `mm` the calling thread's, NULL: none. Does not sleep. */
void mm_switch(struct mm *mm)
{
	preempt_disable();
	current->mm = mm;
	current->ring3_cr3 = mm ? mm->view.cr3 : 0;
	view_enter(mm ? &mm->view : &core_view);
	preempt_enable();
}

/* Shares the pages of a private VMA with the child's; false: no memory. */
static bool fork_pages(struct mm *parent, struct mm *child, const struct vma *v)
{
	u64 addr = v->start;

	while ((addr = user_page_next(&parent->view, addr, v->end)) < v->end) {
		unsigned int prot;
		u64 phys = view_lookup_user(&parent->view, addr, &prot);

		if (phys) {
			if (prot & PROT_WRITE) {
				prot &= ~PROT_WRITE;
				view_protect_user(&parent->view, addr, prot);
			}
			if (view_map_user(&child->view, addr, phys, prot) != 0)
				return false;
			frame_get(phys);
			child->resident++;
		}
		addr += PAGE_SIZE;
	}
	return true;
}

static bool fork_vmas(struct mm *parent, struct mm *child)
{
	u32 i;

	child->vma = core_alloc(MAX(parent->nvmas, 16u) * sizeof(struct vma));
	if (!child->vma)
		return false;
	child->capacity = MAX(parent->nvmas, 16u);
	for (i = 0; i < parent->nvmas; i++) {
		struct vma *v = &child->vma[child->nvmas];

		if (parent->vma[i].flags & VMA_DONTFORK)
			continue;
		*v = parent->vma[i];
		v->flags &= ~VMA_LOCKED;
		child->nvmas++;
		child->mapped += (v->end - v->start) / PAGE_SIZE;
		if (v->obj) {
			pageobj_get(v->obj);
			atomic_add(&v->obj->mappings, 1);
		}
		if (!(v->flags & (VMA_SHARED | VMA_WIPEONFORK)) &&
		    !fork_pages(parent, child, v))
			return false;
	}
	return true;
}

/* A copy of `parent`, sharing its pages until one writes. NULL: no memory. */
struct mm *mm_fork(struct mm *parent)
{
	struct mm *child = mm_new();
	bool done;

	if (!child)
		return NULL;
	core_mutex_lock(&parent->lock);
	done = fork_vmas(parent, child);
	child->heap_start = parent->heap_start;
	child->heap_end = parent->heap_end;
	child->max_resident = child->resident;
	memcpy(child->part, parent->part, sizeof(child->part));
	child->stack_top = parent->stack_top;
	core_mutex_unlock(&parent->lock);
	if (!done) {
		mm_put(child);
		return NULL;
	}
	return child;
}

static void zap_object_in(struct mm *mm, struct pageobj *obj, u64 first, u64 last)
{
	u32 i;

	for (i = 0; i < mm->nvmas; i++) {
		struct vma *v = &mm->vma[i];
		u64 pages = (v->end - v->start) / PAGE_SIZE;
		u64 base = v->offset / PAGE_SIZE;

		if (v->obj != obj || last < base || first >= base + pages)
			continue;
		mm_zap(mm, v->start + (first > base ? first - base : 0) * PAGE_SIZE,
		       last - base < pages ?
		       v->start + (last - base + 1) * PAGE_SIZE : v->end);
	}
}

/*
 * Takes the object's pages `first` to `last` out of every address space. A
 * private copy in that range goes too, as on Linux. No mm->lock may be held.
 */
void mm_zap_object(struct pageobj *obj, u64 first, u64 last)
{
	struct mm *mm;

	core_mutex_lock(&mm_list_lock);
	list_for_each_entry(mm, &mm_list, all) {
		core_mutex_lock(&mm->lock);
		zap_object_in(mm, obj, first, last);
		core_mutex_unlock(&mm->lock);
	}
	core_mutex_unlock(&mm_list_lock);
}
