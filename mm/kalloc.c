/* SPDX-License-Identifier: MIT */
/*
 * The core's own allocator, for vital objects: classes of 16 to 2048 bytes in
 * pages that hold one class each, above that whole blocks of frames. An
 * object's class is in its frame's entry, so freeing needs the address only.
 *
 * In a page of class c, `refs` counts the objects in use, `reserved` is the
 * number of the first free one and each free object begins with the number of
 * the next. Pages with free objects are chained by `next` and `prev`; a page
 * without objects goes back to the frame allocator.
 *
 * Locking: kalloc_lock. Any context.
 */
#include <atomic.h>
#include <bitops.h>
#include <failalloc.h>
#include <frame.h>
#include <kalloc.h>
#include <log.h>
#include <spinlock.h>
#include <string.h>

#define SHIFT_MIN 4
#define SHIFT_MAX 11
#define CLASSES (SHIFT_MAX - SHIFT_MIN + 1)
#define FRAME_KALLOC 0x10	/* frame flag: a page of objects */
#define FRAME_KALLOC_BLOCK 0x20	/* first frame of a block */

static struct spinlock kalloc_lock = SPINLOCK("kalloc", LOCK_KALLOC);
static u32 partial[CLASSES];		/* frame numbers, 0: none; kalloc_lock */
static struct kalloc_counters counters;	/* kalloc_lock */

static struct frame *frame_number(u32 n)
{
	return frame_of((u64)n << PAGE_SHIFT);
}

static unsigned int objects_per_page(unsigned int class)
{
	return PAGE_SIZE >> (class + SHIFT_MIN);
}

static void partial_push(u32 n, unsigned int class)
{
	struct frame *f = frame_number(n);

	f->prev = 0;
	f->next = partial[class];
	if (f->next)
		frame_number(f->next)->prev = n;
	partial[class] = n;
}

static void partial_remove(u32 n, unsigned int class)
{
	struct frame *f = frame_number(n);

	if (f->prev)
		frame_number(f->prev)->next = f->next;
	else
		partial[class] = f->next;
	if (f->next)
		frame_number(f->next)->prev = f->prev;
}

/* A new page of objects, first of the class's partial pages: 0 or -ENOMEM. */
static bool page_add(unsigned int class)
{
	u64 phys = frame_alloc(0);
	struct frame *f = frame_of(phys);
	u8 *page = phys_to_virt(phys);
	unsigned int i;

	if (!phys)
		return false;
	/* The last object's next number is never used: the page is full then. */
	for (i = 0; i < objects_per_page(class); i++)
		page[i << (class + SHIFT_MIN)] = i + 1;
	f->flags = FRAME_KALLOC;
	f->order = class;
	f->refs = 0;
	f->reserved = 0;
	partial_push(phys >> PAGE_SHIFT, class);
	counters.pages++;
	return true;
}

static void *object_alloc(unsigned int class)
{
	struct frame *f;
	u8 *object;

	if (!partial[class] && !page_add(class))
		return NULL;
	f = frame_number(partial[class]);
	object = (u8 *)phys_to_virt((u64)partial[class] << PAGE_SHIFT) +
		 ((u32)f->reserved << (class + SHIFT_MIN));
	f->reserved = *object;
	if (++f->refs == objects_per_page(class))
		partial_remove(partial[class], class);
	counters.objects++;
	counters.bytes += 1ull << (class + SHIFT_MIN);
	return object;
}

static void object_free(u8 *object, u64 phys, struct frame *f)
{
	unsigned int class = f->order;
	u32 n = phys >> PAGE_SHIFT;

	ASSERT(f->refs && IS_ALIGNED((u64)object, 1ul << (class + SHIFT_MIN)));
	if (f->refs == objects_per_page(class))
		partial_push(n, class);
	*object = f->reserved;
	f->reserved = (phys & (PAGE_SIZE - 1)) >> (class + SHIFT_MIN);
	counters.objects--;
	counters.bytes -= 1ull << (class + SHIFT_MIN);
	if (--f->refs == 0) {
		partial_remove(n, class);
		f->flags = 0;
		counters.pages--;
		frame_free((u64)n << PAGE_SHIFT, 0);
	}
}

static void *block_alloc(size_t size)
{
	unsigned int order = bit_order(DIV_ROUND_UP(size, PAGE_SIZE));
	u64 phys = frame_alloc_zeroed(order);
	struct frame *f = frame_of(phys);

	if (!phys)
		return NULL;
	f->flags = FRAME_KALLOC_BLOCK;
	f->order = order;
	atomic_add(&counters.pages, 1ull << order);
	return phys_to_virt(phys);
}

/*
 * Zeroed memory of at least `size` bytes, aligned to the power of two that
 * size is rounded up to (at least 16, at most a page); NULL when memory is out.
 */
void *core_alloc(size_t size)
{
	unsigned int shift = MAX(bit_order(size), (unsigned int)SHIFT_MIN);
	void *object;
	u64 flags;

	if (shift > SHIFT_MAX)
		return block_alloc(size);
	if (alloc_refused())
		return NULL;
	flags = spin_lock_irq(&kalloc_lock);
	object = object_alloc(shift - SHIFT_MIN);
	spin_unlock_irq(&kalloc_lock, flags);
	if (object)
		memset(object, 0, 1ul << shift);
	return object;
}

/* Frees what core_alloc() gave. NULL is allowed. Any context. */
void core_free(void *p)
{
	u64 phys = virt_to_phys(p), flags;
	struct frame *f;

	if (!p)
		return;
	f = frame_of(phys);
	ASSERT(f && f->flags & (FRAME_KALLOC | FRAME_KALLOC_BLOCK));
	if (f->flags & FRAME_KALLOC_BLOCK) {
		f->flags = 0;
		atomic_sub(&counters.pages, 1ull << f->order);
		frame_free(phys, f->order);
		return;
	}
	flags = spin_lock_irq(&kalloc_lock);
	object_free(p, phys, f);
	spin_unlock_irq(&kalloc_lock, flags);
}

/* What is allocated now. */
struct kalloc_counters kalloc_counters(void)
{
	return counters;
}
