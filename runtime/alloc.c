/* SPDX-License-Identifier: MIT */
/*
 * kmalloc() and its kin: the front cache that stands between a module and slab.
 *
 * For each size class up to CACHED_MAX a magazine holds up to CACHE_OBJECTS
 * free objects. kmalloc() and kfree() work on the magazine; an empty one is
 * refilled, a full one emptied by half, with one call of slab for the batch.
 * Larger objects are asked of slab one by one, and what is larger than
 * SLAB_OBJECT_MAX comes from heap_map().
 *
 * There are no headers. All objects of a page have one class for as long as one
 * of them is out (slab's rule), so a byte for each page of our heap windows says
 * how large the object at an address is; it is noted when slab hands out.
 *
 * Locks: slab_lock (one call of slab at a time, as its tickets want), then
 * cache_lock (the magazines and the page map). The cache's is never held while
 * slab is called, so a slow slab does not stop what the cache can serve.
 *
 * State: nothing to keep. After a reset the module's objects are gone with it.
 */
#include <errno.h>
#include <fail_nth.h>
#include <runtime.h>
#include <slab.h>
#include <string.h>

#define CACHE_OBJECTS 16
#define CACHE_BYTES 8192	/* a magazine keeps at most about this much */
#define CACHED_CLASSES 17	/* classes up to CACHE_BYTES */

#define WINDOW_SHIFT 21		/* heap windows of 2 MiB belong to one module */
#define WINDOW_PAGES (1u << (WINDOW_SHIFT - PAGE_SHIFT))

/* What the page map says of a page: 0 nothing, class + 1, or PAGE_BIG. */
#define PAGE_BIG 0xff

/* Marks a cached object's first word, so that a second kfree() is noticed. */
#define FREED_MARK 0x6672656564212121ull

struct magazine {
	u32 count;			/* all: cache_lock */
	u64 object[CACHE_OBJECTS];
};

struct window {
	u64 number;			/* address >> WINDOW_SHIFT */
	struct window *next;
	u8 page[WINDOW_PAGES];		/* cache_lock */
};

/* A block from heap_map(). */
struct big {
	struct big *next;
	u64 addr;
	u32 npages;
};

#define CLASS_SIZE(bytes) bytes,
static const u32 class_size[] = { SLAB_CLASSES(CLASS_SIZE) };
_Static_assert(ARRAY_SIZE(class_size) == SLAB_CLASS_COUNT, "classes are counted");

static struct mutex slab_lock;
static u32 slab_calls;			/* slab_lock: number of the last ticket */

static struct mutex cache_lock;
static struct magazine cache[CACHED_CLASSES];
static struct window first_window;	/* most modules need no more */
static struct window *windows;		/* last used first */
static struct window *spare_windows;	/* rest of a page of them */
static struct big *bigs;		/* cache_lock */

/* ---- the page map (cache_lock held) ---------------------------------- */

static struct window *window_find(u64 addr)
{
	u64 number = addr >> WINDOW_SHIFT;
	struct window **link = &windows, *w = windows;

	if (likely(w && w->number == number))
		return w;
	for (; w && w->number != number; w = w->next)
		link = &w->next;
	if (w) {
		*link = w->next;
		w->next = windows;
		windows = w;
	}
	return w;
}

static bool windows_grow(void)
{
	long page = heap_map(THIS_MODULE, THIS_MODULE, 1);
	struct window *w = (struct window *)page;

	if (is_error(page))
		return false;
	for (u32 i = 0; i < PAGE_SIZE / sizeof(*w); i++) {
		w[i].next = spare_windows;
		spare_windows = &w[i];
	}
	return true;
}

/* The window that `addr` lies in, made if there is none. NULL: no memory. */
static struct window *window_get(u64 addr)
{
	struct window *w = window_find(addr);

	if (w)
		return w;
	if (!first_window.number) {
		w = &first_window;
	} else {
		if (!spare_windows && !windows_grow())
			return NULL;
		w = spare_windows;
		spare_windows = w->next;
	}
	w->number = addr >> WINDOW_SHIFT;
	w->next = windows;
	windows = w;
	return w;
}

static u8 *page_mark(struct window *w, u64 addr)
{
	return &w->page[addr >> PAGE_SHIFT & (WINDOW_PAGES - 1)];
}

/* What stands at `addr`: class + 1, PAGE_BIG, or 0 (nothing of ours). */
static u32 page_kind(u64 addr)
{
	struct window *w = window_find(addr);

	return w ? *page_mark(w, addr) : 0;
}

static bool page_note(u64 addr, u8 kind)
{
	struct window *w = window_get(addr);

	if (!w)
		return false;
	*page_mark(w, addr) = kind;
	return true;
}

/* ---- slab ------------------------------------------------------------ */

static u64 ticket_next(void)
{
	return SLAB_TICKET(module_self.epoch, ++slab_calls);
}

static long slab_take(u32 class, u32 count, u64 *objects)
{
	long got;

	mutex_lock(&slab_lock);
	got = slab_alloc(THIS_MODULE, ticket_next(), class_size[class], count,
			 objects, count * sizeof(*objects));
	mutex_unlock(&slab_lock);
	return got > (long)count ? 0 : got;
}

static void slab_put(const u64 *objects, u32 count)
{
	long err;

	if (!count)
		return;
	mutex_lock(&slab_lock);
	err = slab_free(THIS_MODULE, ticket_next(), count, objects,
			count * sizeof(*objects));
	mutex_unlock(&slab_lock);
	/* Other errors mean that slab is out of order: the objects are lost. */
	if (err == -EINVAL)
		BUG("kfree: slab does not know the object as ours");
}

/* How many objects of a class its magazine holds; 0: it has none. */
static u32 magazine_room(u32 class)
{
	if (class >= CACHED_CLASSES)
		return 0;
	return MIN(CACHE_BYTES / class_size[class], CACHE_OBJECTS);
}

/*
 * Gets a batch of objects, keeps all but one in the magazine and returns that
 * one. NULL: out of memory.
 */
static __noinline void *refill(u32 class)
{
	u32 room = magazine_room(class), want = MAX(room / 2, 1);
	u64 batch[CACHE_OBJECTS / 2];
	long got = slab_take(class, want, batch);
	bool noted = true;
	u32 kept = 1;

	if (got <= 0)
		return NULL;
	mutex_lock(&cache_lock);
	for (long i = 0; i < got; i++)
		noted = page_note(batch[i], (u8)(class + 1)) && noted;
	if (!noted)
		kept = 0;
	while (noted && kept < got && cache[class].count < room)
		cache[class].object[cache[class].count++] = batch[kept++];
	module_self.cached += kept ? kept - 1 : 0;
	mutex_unlock(&cache_lock);
	slab_put(batch + kept, (u32)got - kept);
	return noted ? (void *)batch[0] : NULL;
}

/* ---- blocks larger than slab's largest object ------------------------- */

static __noinline void *big_alloc(size_t size)
{
	u64 npages = DIV_ROUND_UP((u64)size, PAGE_SIZE);
	struct big *big;
	bool noted;
	long addr;

	if (size > (size_t)0xffffffff)
		return NULL;
	big = kmalloc(sizeof(*big));
	if (!big)
		return NULL;
	addr = heap_map(THIS_MODULE, THIS_MODULE, (u32)npages);
	if (is_error(addr))
		goto out_free;
	big->addr = (u64)addr;
	big->npages = (u32)npages;

	mutex_lock(&cache_lock);
	noted = page_note(big->addr, PAGE_BIG);
	if (noted) {
		big->next = bigs;
		bigs = big;
	}
	mutex_unlock(&cache_lock);
	if (noted)
		return (void *)addr;
	heap_unmap(THIS_MODULE, (u64)addr, (u32)npages);
out_free:
	kfree(big);
	return NULL;
}

/* The link that leads to the block at `addr`; cache_lock held. */
static struct big **big_find(u64 addr)
{
	struct big **link = &bigs;

	while (*link && (*link)->addr != addr)
		link = &(*link)->next;
	return link;
}

static __noinline void big_free(u64 addr)
{
	struct big **link, *big;

	mutex_lock(&cache_lock);
	link = big_find(addr);
	big = *link;
	if (big) {
		*link = big->next;
		page_note(addr, 0);
	}
	mutex_unlock(&cache_lock);
	if (!big)
		BUG("kfree: not the start of a block");
	heap_unmap(THIS_MODULE, addr, big->npages);
	kfree(big);
}

/* ---- the interface --------------------------------------------------- */

/*
 * Returns `size` bytes, 16-byte aligned, not zeroed; NULL when memory is out or
 * size is 0. May sleep for a mutex.
 */
void *kmalloc(size_t size)
{
	struct magazine *m;
	void *p = NULL;
	u32 class;

	if (IS_ENABLED(CONFIG_DEBUG_FAILALLOC) && alloc_fails(THIS_MODULE))
		return NULL;
	if (unlikely(size - 1 >= SLAB_OBJECT_MAX))
		return size ? big_alloc(size) : NULL;
	class = slab_class_of((u32)size);
	if (class >= CACHED_CLASSES)
		return refill(class);
	m = &cache[class];
	mutex_lock(&cache_lock);
	if (likely(m->count)) {
		p = (void *)m->object[--m->count];
		module_self.cached--;
	}
	mutex_unlock(&cache_lock);
	return likely(p) ? p : refill(class);
}

/* As kmalloc(), zeroed. */
void *kzalloc(size_t size)
{
	void *p = kmalloc(size);

	return p ? memset(p, 0, size) : NULL;
}

/* Returns a zeroed array of n elements; NULL also when n * size overflows. */
void *kcalloc(size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : kzalloc(bytes);
}

/* A second kfree() of an object that is still in the magazine. */
static bool freed_twice(const struct magazine *m, u64 addr)
{
	if (likely(*(u64 *)addr != (FREED_MARK ^ addr)))
		return false;
	for (u32 i = 0; i < m->count; i++)
		if (m->object[i] == addr)
			return true;
	return false;
}

/* Frees what kmalloc() and its kin gave; NULL is allowed; anything else: BUG. */
void kfree(const void *p)
{
	u64 addr = (u64)p, spill[CACHE_OBJECTS / 2];
	u32 kind, class, room, spilled = 0;
	struct magazine *m;
	bool twice;

	if (!p)
		return;
	mutex_lock(&cache_lock);
	kind = page_kind(addr);
	class = kind - 1;
	room = magazine_room(class);
	if (unlikely(!kind || addr % 16 || !room)) {
		mutex_unlock(&cache_lock);
		if (!kind || addr % 16)
			BUG("kfree: not an address of this module's heap");
		if (kind == PAGE_BIG)
			big_free(addr);
		else
			slab_put(&addr, 1);
		return;
	}
	m = &cache[class];
	twice = freed_twice(m, addr);
	if (unlikely(m->count == room) && !twice) {
		spilled = MAX(room / 2, 1);
		memcpy(spill, m->object, spilled * sizeof(u64));
		m->count -= spilled;
		module_self.cached -= spilled;
		memmove(m->object, m->object + spilled, m->count * sizeof(u64));
	}
	if (!twice) {
		*(u64 *)addr = FREED_MARK ^ addr;
		m->object[m->count++] = addr;
		module_self.cached++;
	}
	mutex_unlock(&cache_lock);
	if (unlikely(twice))
		BUG("kfree: the object is free already");
	if (unlikely(spilled))
		slab_put(spill, spilled);
}

/* Returns how many bytes are usable at `p`, which kmalloc() gave. */
size_t ksize(const void *p)
{
	size_t size = 0;
	struct big *big;
	u32 kind;

	if (!p)
		return 0;
	mutex_lock(&cache_lock);
	kind = page_kind((u64)p);
	if (kind == PAGE_BIG) {
		big = *big_find((u64)p);
		size = big ? (size_t)big->npages * PAGE_SIZE : 0;
	} else if (kind) {
		size = class_size[kind - 1];
	}
	mutex_unlock(&cache_lock);
	if (!size)
		BUG("ksize: not an address of this module's heap");
	return size;
}

/*
 * Makes the block `size` bytes large, moving it if need be. NULL: out of
 * memory, the old block is as it was (or size is 0: it is freed).
 */
void *krealloc(void *p, size_t size)
{
	size_t old = ksize(p);
	void *new;

	if (!size) {
		kfree(p);
		return NULL;
	}
	if (size <= old && size > old / 2)
		return p;
	new = kmalloc(size);
	if (!new || !p)
		return new;
	memcpy(new, p, MIN(old, size));
	kfree(p);
	return new;
}

/* Returns a copy of `len` bytes at `p`; NULL: out of memory. */
void *kmemdup(const void *p, size_t len)
{
	void *new = kmalloc(len);

	return new ? memcpy(new, p, len) : NULL;
}

/* Returns a copy of a string; NULL: out of memory. */
char *kstrdup(const char *s)
{
	return kmemdup(s, strlen(s) + 1);
}

/* Gives everything in the front cache back to slab. */
void kmalloc_drain(void)
{
	u64 batch[CACHE_OBJECTS];
	u32 count;

	for (u32 class = 0; class < CACHED_CLASSES; class++) {
		mutex_lock(&cache_lock);
		count = cache[class].count;
		memcpy(batch, cache[class].object, count * sizeof(u64));
		cache[class].count = 0;
		module_self.cached -= count;
		mutex_unlock(&cache_lock);
		slab_put(batch, count);
	}
}
