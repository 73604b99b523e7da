/* SPDX-License-Identifier: MIT */
/*
 * What an address space maps: a sorted array of VMAs, found by bisection.
 * Every change first makes room for the entries that splitting can add, then
 * cannot fail half way. Neighbours that continue each other are joined.
 *
 * Errors are those of Linux's mmap(2), munmap(2), mprotect(2), mremap(2).
 */
#include <atomic.h>
#include <errno.h>
#include <frame.h>
#include <mm.h>
#include <pageobj.h>
#include <process.h>
#include <string.h>
#include <whitix/capability.h>
#include <whitix/mman.h>

#define VMAS_MAX 65530		/* Linux's max_map_count */
#define VMAS_FIRST 16
#define MAP_32BIT_TOP 0x80000000ul

/* The first VMA that ends above `addr`; may lie behind it. NULL: none. */
struct vma *vma_find(struct mm *mm, u64 addr)
{
	u32 low = 0, high = mm->nvmas;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (mm->vma[mid].end > addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low < mm->nvmas ? &mm->vma[low] : NULL;
}

static u32 vma_index(struct mm *mm, u64 addr)
{
	struct vma *v = vma_find(mm, addr);

	return v ? (u32)(v - mm->vma) : mm->nvmas;
}

/* Makes room for `extra` more VMAs. */
static long vma_reserve(struct mm *mm, u32 extra)
{
	u32 capacity = MAX(mm->capacity, VMAS_FIRST);
	struct vma *vma;

	if (mm->nvmas + extra > VMAS_MAX)
		return -ENOMEM;
	if (mm->nvmas + extra <= mm->capacity)
		return 0;
	while (capacity < mm->nvmas + extra)
		capacity *= 2;
	vma = core_alloc(capacity * sizeof(*vma));
	if (!vma)
		return -ENOMEM;
	if (mm->vma)
		memcpy(vma, mm->vma, mm->nvmas * sizeof(*vma));
	core_free(mm->vma);
	mm->vma = vma;
	mm->capacity = capacity;
	return 0;
}

static void vma_hold(const struct vma *v)
{
	if (v->obj) {
		pageobj_get(v->obj);
		atomic_add(&v->obj->mappings, 1);
		if (v->flags & VMA_MAYWRITE)
			atomic_add(&v->obj->writable, 1);
	}
}

static void vma_drop(const struct vma *v)
{
	if (v->obj) {
		atomic_sub(&v->obj->mappings, 1);
		if (v->flags & VMA_MAYWRITE)
			atomic_sub(&v->obj->writable, 1);
		pageobj_put(v->obj);
	}
}

static void vma_insert_at(struct mm *mm, u32 i, const struct vma *v)
{
	memmove(&mm->vma[i + 1], &mm->vma[i], (mm->nvmas - i) * sizeof(*v));
	mm->vma[i] = *v;
	mm->nvmas++;
}

static void vma_remove_at(struct mm *mm, u32 i, u32 count)
{
	memmove(&mm->vma[i], &mm->vma[i + count],
		(mm->nvmas - i - count) * sizeof(struct vma));
	mm->nvmas -= count;
}

/* Makes `addr` a border between VMAs. Room is reserved. */
static void vma_split(struct mm *mm, u64 addr)
{
	u32 i = vma_index(mm, addr);
	struct vma upper;

	if (i == mm->nvmas || mm->vma[i].start >= addr)
		return;
	upper = mm->vma[i];
	upper.offset += addr - upper.start;
	upper.start = addr;
	upper.flags &= ~VMA_GROWS;
	vma_hold(&upper);
	vma_insert_at(mm, i + 1, &upper);
	if (mm->vma[i].flags & VMA_GROWS)
		mm->vma[i + 1].flags |= VMA_GROWS;
	mm->vma[i].end = addr;
}

/* Joins VMA i with the one before it if they continue each other. */
static bool vma_join(struct mm *mm, u32 i)
{
	struct vma *a, *b;

	if (i == 0 || i >= mm->nvmas)
		return false;
	a = &mm->vma[i - 1];
	b = &mm->vma[i];
	if (a->end != b->start || a->prot != b->prot || a->flags != b->flags ||
	    a->obj != b->obj ||
	    (a->obj && a->offset + (a->end - a->start) != b->offset))
		return false;
	a->end = b->end;
	vma_drop(b);
	vma_remove_at(mm, i, 1);
	return true;
}

/* Unmaps a range; room for two more VMAs is reserved. */
static void range_remove(struct mm *mm, u64 start, u64 end)
{
	u32 first, i;

	vma_split(mm, start);
	vma_split(mm, end);
	first = vma_index(mm, start);
	for (i = first; i < mm->nvmas && mm->vma[i].start < end; i++) {
		mm_zap(mm, mm->vma[i].start, mm->vma[i].end);
		mm->mapped -= (mm->vma[i].end - mm->vma[i].start) / PAGE_SIZE;
		vma_drop(&mm->vma[i]);
	}
	if (i > first)
		vma_remove_at(mm, first, i - first);
}

static bool range_free(struct mm *mm, u64 start, u64 len)
{
	struct vma *v = vma_find(mm, start);

	return !v || v->start >= start + len;
}

/* The highest gap of `len` bytes below `top`; 0: there is none. */
static u64 gap_find(struct mm *mm, u64 top, u64 len)
{
	u32 i;

	for (i = vma_index(mm, top - 1) + 1; i-- > 0;) {
		struct vma *v = &mm->vma[i];

		if (i >= mm->nvmas || v->start >= top)
			continue;
		if (v->end <= top && top - v->end >= len)
			return top - len;
		top = v->start;
	}
	return top >= USER_MMAP_MIN + len ? top - len : 0;
}

/* Where a new mapping goes: the address or a negative error number. */
static long place_find(struct mm *mm, u64 addr, u64 len, u32 flags)
{
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		if (addr % PAGE_SIZE)
			return -EINVAL;
		if (addr > USER_END - len)
			return -ENOMEM;
		if (addr < USER_MMAP_MIN)
			return -EPERM;
		if ((flags & MAP_FIXED_NOREPLACE) && !range_free(mm, addr, len))
			return -EEXIST;
		return addr;
	}
	addr = ALIGN_DOWN(addr, PAGE_SIZE);
	if (addr >= USER_MMAP_MIN && addr <= USER_END - len &&
	    range_free(mm, addr, len))
		return addr;
	addr = gap_find(mm, flags & MAP_32BIT ? MAP_32BIT_TOP : USER_MMAP_TOP, len);
	return addr ? (long)addr : -ENOMEM;
}

/* True for what RLIMIT_DATA counts: private, writable, no stack. */
static bool counts_as_data(u32 prot, u32 vma_flags)
{
	return (prot & PROT_WRITE) && !(vma_flags & (VMA_SHARED | VMA_GROWS));
}

static u64 data_pages(struct mm *mm)
{
	u64 pages = 0;
	u32 i;

	for (i = 0; i < mm->nvmas; i++)
		if (counts_as_data(mm->vma[i].prot, mm->vma[i].flags))
			pages += (mm->vma[i].end - mm->vma[i].start) / PAGE_SIZE;
	return pages;
}

/* Limits that a program has, and what can never be had: 0, -ENOMEM, -EAGAIN. */
static long size_check(struct mm *mm, u64 pages, const struct vma *like, u32 flags)
{
	struct process *p = current->process;
	bool data = counts_as_data(like->prot, like->flags);
	u64 limit;

	if (data && !(flags & MAP_NORESERVE) && pages > frame_total_count())
		return -ENOMEM;
	if (!p || mm != p->mm)
		return 0;
	if (mm->mapped + pages > process_rlimit(p, RLIMIT_AS) / PAGE_SIZE)
		return -ENOMEM;
	limit = process_rlimit(p, RLIMIT_DATA);
	if (data && limit != RLIM_INFINITY && data_pages(mm) + pages > limit / PAGE_SIZE)
		return -ENOMEM;
	limit = process_rlimit(p, RLIMIT_MEMLOCK) / PAGE_SIZE;
	if ((like->flags & VMA_LOCKED) && !(p->creds.cap_effective >> CAP_IPC_LOCK & 1) &&
	    mm_count(mm, 0, USER_END, VMA_LOCKED) + pages > limit)
		return -EAGAIN;
	return 0;
}

static long map_locked(struct mm *mm, u64 addr, u64 len, u32 flags,
		       const struct vma *like)
{
	struct vma v = *like;
	long error;
	u32 i;

	v.flags |= mm->map_flags;
	error = size_check(mm, len / PAGE_SIZE, &v, flags);
	if (!error)
		error = vma_reserve(mm, 3);
	if (error)
		return error;
	error = place_find(mm, addr, len, flags);
	if (error < 0)
		return error;
	v.start = error;
	v.end = v.start + len;
	if (flags & MAP_FIXED)
		range_remove(mm, v.start, v.end);
	vma_hold(&v);
	i = vma_index(mm, v.start);
	vma_insert_at(mm, i, &v);
	mm->mapped += len / PAGE_SIZE;
	vma_join(mm, i + 1);
	vma_join(mm, i);
	return v.start;
}

/* See include/core/mm.h. -EINVAL, -ENOMEM, -EPERM, -EEXIST. May sleep. */
long mm_map(struct mm *mm, u64 addr, u64 len, u32 prot, u32 flags,
	    u32 vma_flags, struct pageobj *obj, u64 offset)
{
	struct vma like = {
		.prot = prot, .flags = vma_flags, .obj = obj, .offset = offset,
	};
	long result;

	if (len == 0)
		return -EINVAL;
	if (len > USER_END)
		return -ENOMEM;
	len = ALIGN_UP(len, PAGE_SIZE);
	core_mutex_lock(&mm->lock);
	result = map_locked(mm, addr, len, flags, &like);
	core_mutex_unlock(&mm->lock);
	return result;
}

/* A page-aligned range of the low half: 0 and *end, or -EINVAL. */
static long range_check(u64 addr, u64 len, u64 *end)
{
	if (addr % PAGE_SIZE || addr > USER_END || len > USER_END - addr)
		return -EINVAL;
	*end = addr + ALIGN_UP(len, PAGE_SIZE);
	return 0;
}

/* Unmaps what there is in a range: 0, -EINVAL, -ENOMEM. */
long mm_unmap(struct mm *mm, u64 addr, u64 len)
{
	u64 end;
	long error = len ? range_check(addr, len, &end) : -EINVAL;

	if (error)
		return error;
	core_mutex_lock(&mm->lock);
	error = vma_reserve(mm, 2);
	if (!error)
		range_remove(mm, addr, end);
	core_mutex_unlock(&mm->lock);
	return error;
}

/* Gives the present pages of a VMA its permissions; writing comes by a fault. */
static void pages_protect(struct mm *mm, const struct vma *v)
{
	u64 addr = v->start;
	u32 least = v->prot ? PROT_READ : 0;

	while ((addr = user_page_next(&mm->view, addr, v->end)) < v->end) {
		unsigned int prot = 0;

		if (view_lookup_user(&mm->view, addr, &prot))
			view_protect_user(&mm->view, addr, least |
					  (v->prot & (prot | PROT_READ | PROT_EXEC)));
		addr += PAGE_SIZE;
	}
}

static long protect_locked(struct mm *mm, u64 start, u64 end, u32 prot)
{
	u64 addr = start;
	u32 i;

	vma_split(mm, start);
	vma_split(mm, end);
	for (i = vma_index(mm, start); i < mm->nvmas && addr < end; i++) {
		struct vma *v = &mm->vma[i];

		if (v->start != addr)
			return -ENOMEM;
		if ((prot & PROT_WRITE) && (v->flags & VMA_SHARED) &&
		    !(v->flags & VMA_MAYWRITE))
			return -EACCES;
		addr = v->end;
		if (v->prot != prot) {
			v->prot = prot;
			pages_protect(mm, v);
		}
		if (vma_join(mm, i))
			i--;
	}
	vma_join(mm, i);
	return addr < end ? -ENOMEM : 0;
}

/* Changes permissions: 0, -EINVAL, -ENOMEM (a gap), -EACCES. */
long mm_protect(struct mm *mm, u64 addr, u64 len, u32 prot)
{
	u64 end;
	long error = range_check(addr, len, &end);

	if (addr % PAGE_SIZE == 0 && error)
		error = -ENOMEM;
	if (error || len == 0)
		return error;
	core_mutex_lock(&mm->lock);
	error = vma_reserve(mm, 2);
	if (!error)
		error = protect_locked(mm, addr, end, prot);
	core_mutex_unlock(&mm->lock);
	return error;
}

/* Moves the end of the heap; returns where it is then. */
u64 mm_brk(struct mm *mm, u64 end)
{
	struct vma like = { .prot = PROT_READ | PROT_WRITE };
	u64 old, new, limit = mm->heap_start;

	core_mutex_lock(&mm->lock);
	limit += MIN(process_rlimit(current->process, RLIMIT_DATA), USER_END - limit);
	if (end < mm->heap_start || end > limit)
		goto out;
	old = ALIGN_UP(mm->heap_end, PAGE_SIZE);
	new = ALIGN_UP(end, PAGE_SIZE);
	if (vma_reserve(mm, 2) != 0)
		goto out;
	if (new < old)
		range_remove(mm, new, old);
	else if (new > old && map_locked(mm, old, new - old, MAP_FIXED_NOREPLACE, &like) < 0)
		goto out;
	mm->heap_end = end;
out:
	end = mm->heap_end;
	core_mutex_unlock(&mm->lock);
	return end;
}

/* Moves the pages of a range to another place; tables may lack memory. */
static void pages_move(struct mm *mm, u64 from, u64 to, u64 len)
{
	u64 addr = from, end = from + len;

	while ((addr = user_page_next(&mm->view, addr, end)) < end) {
		unsigned int prot = 0;
		u64 phys = view_lookup_user(&mm->view, addr, &prot);

		if (phys && view_map_user(&mm->view, addr - from + to, phys, prot) == 0)
			view_unmap_user(&mm->view, addr);
		addr += PAGE_SIZE;
	}
}

static long remap_move(struct mm *mm, u64 addr, u64 old_len, u64 new_len,
		       u32 flags, u64 new_addr)
{
	struct vma like = *vma_find(mm, addr);
	long to;

	like.offset += addr - like.start;
	like.flags &= ~VMA_GROWS;
	to = map_locked(mm, new_addr, new_len,
			flags & MREMAP_FIXED ? MAP_FIXED : 0, &like);
	if (to < 0)
		return to;
	pages_move(mm, addr, to, MIN(old_len, new_len));
	if (old_len && !(flags & MREMAP_DONTUNMAP) && vma_reserve(mm, 2) == 0)
		range_remove(mm, addr, addr + old_len);
	return to;
}

static long remap_locked(struct mm *mm, u64 addr, u64 old_len, u64 new_len,
			 u32 flags, u64 new_addr)
{
	struct vma *v = vma_find(mm, addr);
	u64 old_end = addr + old_len;

	/* What is cut off the end need not be there. */
	if (!v || v->start > addr || (old_end > v->end &&
	    (new_len > old_len || flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))))
		return -EFAULT;
	/* Nothing old: a second mapping of what is shared. */
	if (!old_len && !(v->flags & VMA_SHARED))
		return -EINVAL;
	if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)))
		return remap_move(mm, addr, old_len, new_len, flags, new_addr);
	if (vma_reserve(mm, 2) != 0)
		return -ENOMEM;
	if (new_len <= old_len) {
		if (new_len < old_len)
			range_remove(mm, addr + new_len, old_end);
		return addr;
	}
	v = vma_find(mm, addr);
	if (old_len && old_end == v->end && new_len <= USER_END - addr &&
	    range_free(mm, old_end, new_len - old_len)) {
		long error = size_check(mm, (new_len - old_len) / PAGE_SIZE, v, 0);

		if (error)
			return error;
		mm->mapped += (new_len - old_len) / PAGE_SIZE;
		v->end = addr + new_len;
		vma_join(mm, v - mm->vma + 1);
		return addr;
	}
	if (!(flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	return remap_move(mm, addr, old_len, new_len, 0, 0);
}

/* mremap(2): the address or an error. */
long mm_remap(struct mm *mm, u64 addr, u64 old_len, u64 new_len, u64 flags,
	      u64 new_addr)
{
	u64 end;
	long result;

	if (flags & ~(u64)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP) ||
	    !ALIGN_UP(new_len, PAGE_SIZE) || addr % PAGE_SIZE)
		return -EINVAL;
	if (range_check(addr, old_len, &end))
		return addr >= USER_END ? -EFAULT : -EINVAL;
	if (new_len > USER_END)
		return flags & MREMAP_FIXED ? -EINVAL : -ENOMEM;
	old_len = end - addr;
	new_len = ALIGN_UP(new_len, PAGE_SIZE);
	if ((flags & MREMAP_DONTUNMAP) &&
	    (!(flags & MREMAP_MAYMOVE) || new_len != old_len))
		return -EINVAL;
	if (flags & MREMAP_FIXED) {
		if (!(flags & MREMAP_MAYMOVE) || new_addr % PAGE_SIZE ||
		    new_addr > USER_END - new_len ||
		    (new_addr < end && addr < new_addr + new_len))
			return -EINVAL;
	}
	core_mutex_lock(&mm->lock);
	result = remap_locked(mm, addr, old_len, new_len, flags, new_addr);
	core_mutex_unlock(&mm->lock);
	return result;
}

/* ---- advice and locks --------------------------------------------------- */

static long change_locked(struct mm *mm, u64 addr, u64 end,
			  const struct range_change *c)
{
	long error = vma_reserve(mm, 2);
	u64 at = addr;
	u32 i;

	if (error)
		return error;
	vma_split(mm, addr);
	vma_split(mm, end);
	for (i = vma_index(mm, addr); i < mm->nvmas && mm->vma[i].start < end; i++) {
		struct vma *v = &mm->vma[i];

		if (v->start != at)
			error = -ENOMEM;
		if ((v->flags & c->refuse) || (c->anonymous && v->obj) ||
		    (v->prot & c->need) != c->need)
			return -EINVAL;
		at = v->end;
		if (c->discard)
			mm_zap(mm, v->start, v->end);
		v->flags = (v->flags & ~c->clear) | c->set;
		if (vma_join(mm, i))
			i--;
	}
	vma_join(mm, i);
	return at < end ? -ENOMEM : error;
}

/* See include/core/mm.h. */
long mm_change(struct mm *mm, u64 addr, u64 end, const struct range_change *change)
{
	long error;

	core_mutex_lock(&mm->lock);
	error = change_locked(mm, addr, end, change);
	core_mutex_unlock(&mm->lock);
	return error;
}

/* See include/core/mm.h. Needs mm->lock. */
u64 mm_count(struct mm *mm, u64 addr, u64 end, u32 flags)
{
	struct vma *v = vma_find(mm, addr);
	u64 pages = 0;

	for (; v && v < mm->vma + mm->nvmas && v->start < end; v++)
		if (v->flags & flags)
			pages += (MIN(v->end, end) - MAX(v->start, addr)) / PAGE_SIZE;
	return pages;
}

/* Is the page at `addr` of a VMA mapped, or in its object? */
static bool page_present(struct mm *mm, const struct vma *v, u64 addr)
{
	long error;
	u64 page;

	if (view_lookup_user(&mm->view, addr, NULL))
		return true;
	page = v->obj ? pageobj_page(v->obj, (v->offset + addr - v->start) / PAGE_SIZE,
				     false, &error) : 0;
	if (page && !v->obj->archive)
		frame_put(page);
	return page;
}

/* See include/core/mm.h. */
long mm_resident(struct mm *mm, u64 addr, u8 *vec, u64 pages)
{
	long error = 0;
	u64 i;

	core_mutex_lock(&mm->lock);
	for (i = 0; i < pages && !error; i++, addr += PAGE_SIZE) {
		struct vma *v = vma_find(mm, addr);

		if (!v || v->start > addr)
			error = -ENOMEM;
		else
			vec[i] = page_present(mm, v, addr);
	}
	core_mutex_unlock(&mm->lock);
	return error;
}

/* See include/core/mm.h. */
long mm_punch(struct mm *mm, u64 addr, u64 end)
{
	struct pageobj *obj = NULL;
	struct vma *v;
	u64 from = 0;

	core_mutex_lock(&mm->lock);
	v = vma_find(mm, addr);
	if (v && v->start <= addr && end <= v->end && (v->flags & VMA_MAYWRITE)) {
		obj = v->obj;
		from = v->offset + addr - v->start;
		pageobj_get(obj);
	}
	core_mutex_unlock(&mm->lock);
	if (!obj)
		return v ? -EINVAL : -ENOMEM;
	pageobj_punch(obj, from, from + end - addr);
	pageobj_put(obj);
	return 0;
}
