/* SPDX-License-Identifier: MIT */
/*
 * Page objects: what files are made of. A radix tree of 64-fold nodes finds a
 * page by its index; the tree is as high as the file needs, so a file of one
 * page has no node. A slot is 0 (a hole) or the page's physical address.
 *
 * obj->lock protects tree and size, and is never held over a copy: a page is
 * taken out with a reference to its frame, which keeps the memory while it is
 * copied or mapped. Pages that are cut off are first taken from the tree, then
 * from every address space, then freed.
 *
 * A hole reads as zeroes without becoming a page.
 */
#include <atomic.h>
#include <boot.h>
#include <core.h>
#include <errno.h>
#include <frame.h>
#include <mm.h>
#include <modules.h>
#include <pageobj.h>
#include <string.h>
#include <whitix/fcntl.h>
#include <thread.h>
#include <timer.h>

#define NODE_SHIFT 6
#define NODE_SLOTS (1u << NODE_SHIFT)

/* A new, empty object; NULL when memory is out. Does not sleep. */
struct pageobj *pageobj_new(void)
{
	struct pageobj *obj = core_alloc(sizeof(*obj));

	if (!obj)
		return NULL;
	obj->refs = 1;
	obj->seals = F_SEAL_SEAL;
	obj->lock = (struct spinlock)SPINLOCK("pageobj", LOCK_OBJECT);
	core_mutex_init(&obj->write_lock);
	return obj;
}

void pageobj_get(struct pageobj *obj)
{
	atomic_add(&obj->refs, 1);
}

/* The frames of the boot archives are reserved memory: they have no count. */
static void page_get(struct pageobj *obj, u64 page)
{
	if (!obj->archive)
		frame_get(page);
}

static void page_put(struct pageobj *obj, u64 page)
{
	if (!obj->archive)
		frame_put(page);
}

static u64 cached;	/* pages of all objects; atomic */

/* See pageobj.h. */
u64 pageobj_cached(void)
{
	return READ_ONCE(cached);
}

/* `n` pages more. Needs obj->lock. */
static void count_pages(struct pageobj *obj, long n)
{
	obj->npages += (u64)n;
	if (!obj->archive)
		atomic_add(&cached, (u64)n);
}

/* Counts a page for the object's group: false when it is full. */
static bool page_charge(struct pageobj *obj)
{
	struct pageobj *group = obj->group;
	u64 limit = group ? READ_ONCE(group->limit) : 0;

	if (!group || atomic_add(&group->charged, 1) <= limit || !limit)
		return true;
	atomic_sub(&group->charged, 1);
	return false;
}

static void page_uncharge(struct pageobj *obj)
{
	if (obj->group)
		atomic_sub(&obj->group->charged, 1);
}

/* Pages that leave an object, to be freed when no lock is held. */
struct dropped {
	u64 page[32];
	u32 count;
};

/* First index that a node of `level` does not reach, from its first. */
static u64 level_span(u32 level)
{
	return 1ul << (NODE_SHIFT * level);
}

/*
 * Drops the pages from index `first` to before `end`, relative to the subtree,
 * until `dropped` is full. Frees nodes that are empty. True: all are gone.
 */
static bool tree_trim(struct pageobj *obj, u64 *slot, u32 level, u64 first, u64 end,
		      struct dropped *dropped)
{
	u64 *node = (u64 *)*slot;
	u64 span;
	u32 i;

	if (!*slot)
		return true;
	if (level == 0) {
		if (dropped->count == ARRAY_SIZE(dropped->page))
			return false;
		dropped->page[dropped->count++] = *slot;
		count_pages(obj, -1);
		page_uncharge(obj);
		*slot = 0;
		return true;
	}
	span = level_span(level - 1);
	for (i = first / span; i < NODE_SLOTS && i * span < end; i++) {
		if (!tree_trim(obj, &node[i], level - 1, i == first / span ? first % span : 0,
			       MIN(end - i * span, span), dropped))
			return false;
	}
	if (first == 0 && end >= level_span(level)) {
		*slot = 0;
		core_free(node);
	}
	return true;
}

/* Takes out and frees the pages from index `first` to before `end`. No lock is held. */
static void pageobj_trim(struct pageobj *obj, u64 first, u64 end)
{
	struct dropped dropped;
	bool done;
	u32 i;

	do {
		dropped.count = 0;
		spin_lock(&obj->lock);
		done = first >= level_span(obj->height) ||
		       tree_trim(obj, &obj->root, obj->height, first, end, &dropped);
		spin_unlock(&obj->lock);
		for (i = 0; i < dropped.count; i++)
			page_put(obj, dropped.page[i]);
	} while (!done);
}

/* Drops a reference; frees the object with the last one. Does not sleep. */
void pageobj_put(struct pageobj *obj)
{
	if (!obj || atomic_sub(&obj->refs, 1) != 0)
		return;
	pageobj_trim(obj, 0, ~0ul);
	pageobj_put(obj->group);
	core_free(obj);
}

/*
 * The slot of a page; NULL when the tree does not reach it and `make` is not
 * set, or when memory is out. Needs obj->lock.
 */
static u64 *slot_find(struct pageobj *obj, u64 index, bool make)
{
	u64 *slot = &obj->root, *node;
	u32 level;

	while (index >= level_span(obj->height)) {
		if (!make)
			return NULL;
		if (obj->root) {
			node = core_alloc(NODE_SLOTS * sizeof(u64));
			if (!node)
				return NULL;
			node[0] = obj->root;
			obj->root = (u64)node;
		}
		obj->height++;
	}
	for (level = obj->height; level > 0; level--) {
		if (!*slot && make)
			*slot = (u64)core_alloc(NODE_SLOTS * sizeof(u64));
		if (!*slot)
			return NULL;
		node = (u64 *)*slot;
		slot = &node[(index >> (NODE_SHIFT * (level - 1))) %
			     NODE_SLOTS];
	}
	return slot;
}

/*
 * Takes a reference to page `index` and returns its physical address; 0 for a
 * hole, or with *error set. `write` makes a page where there is none. Does not
 * sleep.
 */
u64 pageobj_page(struct pageobj *obj, u64 index, bool write, long *error)
{
	u64 page = 0;
	u64 *slot = NULL;

	*error = 0;
	spin_lock(&obj->lock);
	if (index >= DIV_ROUND_UP(obj->size, PAGE_SIZE))
		*error = -EFAULT;
	else if (write && obj->read_only)
		*error = -EPERM;
	else
		slot = slot_find(obj, index, write);
	if (slot && !*slot && write) {
		if (!page_charge(obj)) {
			*error = -ENOSPC;
		} else {
			*slot = frame_alloc_zeroed(0);
			count_pages(obj, *slot != 0);
			if (!*slot)
				page_uncharge(obj);
		}
	}
	if (slot && *slot) {
		page = *slot;
		page_get(obj, page);
	}
	if (!page && write && !*error)
		*error = -ENOMEM;
	spin_unlock(&obj->lock);
	return page;
}

/* Puts `page` where there is a hole; its reference moves. False: no hole. */
static bool pageobj_insert(struct pageobj *obj, u64 index, u64 page)
{
	u64 *slot = NULL;
	bool done;

	spin_lock(&obj->lock);
	if (index < DIV_ROUND_UP(obj->size, PAGE_SIZE))
		slot = slot_find(obj, index, true);
	done = slot && !*slot && page_charge(obj);
	if (done) {
		*slot = page;
		count_pages(obj, 1);
	}
	spin_unlock(&obj->lock);
	return done;
}

static bool pageobj_hole(struct pageobj *obj, u64 index)
{
	u64 *slot;
	bool hole;

	spin_lock(&obj->lock);
	slot = slot_find(obj, index, false);
	hole = !slot || !*slot;
	spin_unlock(&obj->lock);
	return hole;
}

/* See include/core/pageobj.h. */
bool pageobj_claim(struct pageobj *obj, s32 kind, bool back)
{
	bool free;

	spin_lock(&obj->lock);
	free = obj->writers * kind >= 0;
	if (free)
		obj->writers += back ? -kind : kind;
	spin_unlock(&obj->lock);
	return free;
}

/* Zeroes bytes [from, to) of one page, if it is there. */
static void pageobj_clear(struct pageobj *obj, u64 from, u64 to)
{
	long error;
	u64 page;

	if (from >= to || pageobj_hole(obj, from / PAGE_SIZE))
		return;
	page = pageobj_page(obj, from / PAGE_SIZE, true, &error);
	if (!page)
		return;
	memset((u8 *)phys_to_virt(page) + from % PAGE_SIZE, 0, to - from);
	frame_put(page);
}

/* Drops whole pages, also where they are mapped. */
static void pageobj_drop(struct pageobj *obj, u64 first, u64 end)
{
	if (READ_ONCE(obj->mappings))
		mm_zap_object(obj, first, end);
	pageobj_trim(obj, first, end);
}

/*
 * Sets the size in bytes and drops the pages behind it, also where they are
 * mapped: 0, -EFBIG, -EPERM, -ETXTBSY. Sleeps when pages are mapped.
 */
long pageobj_set_size(struct pageobj *obj, u64 size)
{
	u64 old, first = DIV_ROUND_UP(size, PAGE_SIZE);

	if (size > PAGEOBJ_SIZE_MAX)
		return -EFBIG;
	if (obj->read_only)
		return -EPERM;
	if (READ_ONCE(obj->writers) < 0)
		return -ETXTBSY;
	spin_lock(&obj->lock);
	old = obj->size;
	if (size > old && !(obj->seals & F_SEAL_GROW))
		obj->size = size;
	spin_unlock(&obj->lock);
	if (size > old && (obj->seals & F_SEAL_GROW))
		return -EPERM;
	if (size < old && (obj->seals & F_SEAL_SHRINK))
		return -EPERM;
	if (size < old) {
		pageobj_clear(obj, size, MIN(old, ALIGN_UP(size, PAGE_SIZE)));
		spin_lock(&obj->lock);
		obj->size = size;
		spin_unlock(&obj->lock);
		pageobj_drop(obj, first, ~0ul);
	}
	obj->mtime_ns = time_realtime_ns();
	return 0;
}

/* See include/core/pageobj.h. */
long pageobj_punch(struct pageobj *obj, u64 from, u64 to)
{
	u64 first = ALIGN_UP(from, PAGE_SIZE), end = ALIGN_DOWN(to, PAGE_SIZE);

	if (first > end) {
		pageobj_clear(obj, from, to);
	} else {
		pageobj_clear(obj, from, first);
		pageobj_clear(obj, end, to);
		if (first < end)
			pageobj_drop(obj, first / PAGE_SIZE, end / PAGE_SIZE);
	}
	obj->mtime_ns = time_realtime_ns();
	return 0;
}

/* See include/core/pageobj.h. Pages behind the end are not kept, so none are made. */
long pageobj_fill(struct pageobj *obj, u64 from, u64 to, bool keep)
{
	u64 old = READ_ONCE(obj->size), at, page;
	long error = 0;

	if (to > old && !keep)
		error = pageobj_set_size(obj, to);
	to = MIN(to, READ_ONCE(obj->size));
	for (at = from / PAGE_SIZE; !error && at < DIV_ROUND_UP(to, PAGE_SIZE); at++) {
		page = pageobj_page(obj, at, true, &error);
		if (page)
			frame_put(page);
	}
	if (error && to > old)
		pageobj_set_size(obj, old);
	return error == -ENOMEM ? -ENOSPC : error;
}

/*
 * The first index from `index` on, relative to the subtree, that has a page
 * (`data`) or has none; what the subtree spans: it has none such.
 */
static u64 tree_seek(u64 slot, u32 level, u64 index, bool data)
{
	u64 span = level ? level_span(level - 1) : 0, i, at;

	if (!slot || !level)
		return !slot == !data ? index : level_span(level);
	for (i = index / span; i < NODE_SLOTS; i++) {
		at = tree_seek(((u64 *)slot)[i], level - 1, i == index / span ? index % span : 0,
			       data);
		if (at < span)
			return i * span + at;
	}
	return level_span(level);
}

/* See include/core/pageobj.h. */
long pageobj_seek(struct pageobj *obj, u64 pos, bool data)
{
	u64 index = pos / PAGE_SIZE, at = index;

	spin_lock(&obj->lock);
	if (index < level_span(obj->height))
		at = tree_seek(obj->root, obj->height, index, data);
	else if (data)
		at = ~0ul / PAGE_SIZE;
	pos = MAX(pos, at * PAGE_SIZE);
	at = obj->size;
	spin_unlock(&obj->lock);
	if (data && pos >= at)
		return -ENXIO;
	return MIN(pos, at);
}

/* ---- reading and writing --------------------------------------------- */

enum memory { MEMORY_CORE, MEMORY_MODULE, MEMORY_USER, MEMORY_OBJECT };

/* The other side of a copy between objects. */
struct source {
	struct pageobj *obj;
	u64 pos;
};

/* Copies to (`write` of the object: from) memory of a kind: bytes not copied. */
static size_t page_copy(enum memory kind, void *page, u64 addr, size_t len,
			bool write)
{
	void *mem = (void *)addr;

	switch (kind) {
	case MEMORY_CORE:
		memcpy(write ? page : mem, write ? mem : page, len);
		return 0;
	case MEMORY_OBJECT:
		return len - pageobj_read_core(((struct source *)mem)->obj,
					       ((struct source *)mem)->pos,
					       page, len);
	case MEMORY_MODULE:
		return write ? copy_module_from(page, mem, len) :
			       copy_module_to(mem, page, len);
	default:
		return write ? copy_from_user(page, mem, len) :
			       copy_to_user(mem, page, len);
	}
}

/* Copies part of one page to memory: bytes not copied. */
static size_t page_read(struct pageobj *obj, u64 pos, u64 addr, size_t len,
			enum memory kind)
{
	u64 page, from;
	size_t left;
	long error;

	page = pageobj_page(obj, pos / PAGE_SIZE, false, &error);
	from = page ? page : zero_page();
	if (error || !from)
		return len;
	left = page_copy(kind, (u8 *)phys_to_virt(from) + pos % PAGE_SIZE,
			 addr, len, false);
	if (page)
		page_put(obj, page);
	return left;
}

static long pageobj_read_any(struct pageobj *obj, u64 pos, u64 addr, u64 len,
			     enum memory kind)
{
	u64 size = READ_ONCE(obj->size), done = 0;

	if (pos >= size)
		return 0;
	len = MIN(len, size - pos);
	while (done < len) {
		u64 n = MIN(len - done, PAGE_SIZE - (pos + done) % PAGE_SIZE);
		size_t left = page_read(obj, pos + done, addr + done, n, kind);

		done += n - left;
		if (left)
			return done ? (long)done : -EFAULT;
	}
	return done;
}

/* Makes the object reach to `end`. */
static void pageobj_grow(struct pageobj *obj, u64 end)
{
	spin_lock(&obj->lock);
	if (end > obj->size)
		obj->size = end;
	spin_unlock(&obj->lock);
}

/*
 * Writes a whole page where there is a hole without zeroing it first: nobody
 * sees it before it is full. False: there is no hole, or no memory.
 */
static bool page_write_new(struct pageobj *obj, u64 index, u64 addr,
			   enum memory kind, size_t *left)
{
	u64 page;
	u8 *mem;

	if (!pageobj_hole(obj, index))
		return false;
	page = frame_alloc(0);
	if (!page)
		return false;
	mem = phys_to_virt(page);
	*left = page_copy(kind, mem, addr, PAGE_SIZE, true);
	memset(mem + PAGE_SIZE - *left, 0, *left);
	if (pageobj_insert(obj, index, page))
		return true;
	frame_put(page);
	return false;
}

/* Writes part of one page: 0, -EFAULT, -ENOSPC; *left bytes are not written. */
static long page_write(struct pageobj *obj, u64 pos, u64 addr, size_t len,
		       enum memory kind, size_t *left)
{
	u64 page;
	long error;

	*left = len;
	if (len == PAGE_SIZE &&
	    page_write_new(obj, pos / PAGE_SIZE, addr, kind, left))
		return *left ? -EFAULT : 0;
	*left = len;
	page = pageobj_page(obj, pos / PAGE_SIZE, true, &error);
	if (error)
		return error == -EFAULT ? -EIO : error == -ENOMEM ? -ENOSPC : error;
	*left = page_copy(kind, (u8 *)phys_to_virt(page) + pos % PAGE_SIZE,
			  addr, len, true);
	page_put(obj, page);
	return *left ? -EFAULT : 0;
}

static long pageobj_write_any(struct pageobj *obj, u64 pos, u64 addr, u64 len,
			      enum memory kind)
{
	u64 size = READ_ONCE(obj->size), done = 0;
	long error = 0;

	if (pos > PAGEOBJ_SIZE_MAX || len > PAGEOBJ_SIZE_MAX - pos)
		return -EFBIG;
	if (obj->read_only || (obj->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))
		return -EPERM;
	if (len && !(obj->seals & F_SEAL_GROW))
		pageobj_grow(obj, pos + len);
	while (done < len && !error) {
		u64 n = MIN(len - done, PAGE_SIZE - (pos + done) % PAGE_SIZE);
		size_t left;

		if ((obj->seals & F_SEAL_GROW) && pos + done + n > size) {
			error = -EPERM;
			break;
		}
		error = page_write(obj, pos + done, addr + done, n, kind, &left);
		done += n - left;
	}
	if (error && pos + len > size && pos + len == READ_ONCE(obj->size))
		pageobj_set_size(obj, MAX(size, done ? pos + done : 0));
	if (done)
		obj->mtime_ns = time_realtime_ns();
	return done ? (long)done : error;
}

/* Reads into core memory: bytes, 0 at the end. */
long pageobj_read_core(struct pageobj *obj, u64 pos, void *buf, u64 len)
{
	return pageobj_read_any(obj, pos, (u64)buf, len, MEMORY_CORE);
}

/* Writes from core memory, growing the object: bytes, -ENOSPC, -EFBIG. */
long pageobj_write_core(struct pageobj *obj, u64 pos, const void *buf, u64 len)
{
	return pageobj_write_any(obj, pos, (u64)buf, len, MEMORY_CORE);
}

/* Reads into the calling program's memory: bytes, or -EFAULT. May sleep. */
long pageobj_read_user(struct pageobj *obj, u64 pos, u64 user, u64 len)
{
	return pageobj_read_any(obj, pos, user, len, MEMORY_USER);
}

/* Writes from the program's memory: bytes, -EFAULT, -ENOSPC. May sleep. */
long pageobj_write_user(struct pageobj *obj, u64 pos, u64 user, u64 len)
{
	return pageobj_write_any(obj, pos, user, len, MEMORY_USER);
}

/* ---- handles and exports --------------------------------------------- */

/* The object behind any module's handle, with a reference; NULL if it is none. */
struct pageobj *pageobj_from_handle(u32 handle)
{
	struct pageobj *obj;

	preempt_disable();
	obj = handle_object(handle, HANDLE_PAGEOBJ, NULL);
	if (obj)
		pageobj_get(obj);
	preempt_enable();
	return obj;
}

static void pageobj_release_handle(void *object)
{
	pageobj_put(object);
}

static long pageobj_handle(u32 self, struct pageobj *obj)
{
	long handle;

	if (!obj)
		return -ENOMEM;
	handle = handle_new(module_by_id(self), HANDLE_PAGEOBJ, obj,
			    pageobj_release_handle);
	if (handle < 0)
		pageobj_put(obj);
	return handle;
}

/* include/interface/core.h: an empty object on the caller's account. */
long pageobj_create(u32 self)
{
	return pageobj_handle(self, pageobj_new());
}

long pageobj_create_in(u32 self, u32 group)
{
	struct pageobj *obj = pageobj_new();

	if (obj)
		obj->group = pageobj_from_handle(group);
	return pageobj_handle(self, obj);
}

long pageobj_limit(u32 group, u64 pages)
{
	struct pageobj *obj = pageobj_from_handle(group);
	long charged;

	if (!obj)
		return -EBADF;
	if (pages != PAGEOBJ_LIMIT_ASK)
		WRITE_ONCE(obj->limit, pages);
	charged = READ_ONCE(obj->charged);
	pageobj_put(obj);
	return charged;
}

long pageobj_forget_time(u32 handle, u32 read)
{
	struct pageobj *obj = pageobj_from_handle(handle);

	if (!obj)
		return -EBADF;
	*(read ? &obj->atime_ns : &obj->mtime_ns) = 0;
	pageobj_put(obj);
	return 0;
}

long pageobj_release(u32 handle)
{
	return handle_close(handle, HANDLE_PAGEOBJ, NULL);
}

long pageobj_size(u32 handle)
{
	struct pageobj *obj = pageobj_from_handle(handle);
	long size;

	if (!obj)
		return -EBADF;
	size = READ_ONCE(obj->size);
	pageobj_put(obj);
	return size;
}

long pageobj_resize(u32 handle, u64 size)
{
	struct pageobj *obj = pageobj_from_handle(handle);
	long error;

	if (!obj)
		return -EBADF;
	error = pageobj_set_size(obj, size);
	pageobj_put(obj);
	return error;
}

long pageobj_read(u32 handle, u64 pos, void *buf, size_t len)
{
	struct pageobj *obj = pageobj_from_handle(handle);
	long n;

	if (!obj)
		return -EBADF;
	n = pageobj_read_any(obj, pos, (u64)buf, len, MEMORY_MODULE);
	pageobj_put(obj);
	return n;
}

long pageobj_write(u32 handle, u64 pos, const void *buf, size_t len)
{
	struct pageobj *obj = pageobj_from_handle(handle);
	long n;

	if (!obj)
		return -EBADF;
	n = pageobj_write_any(obj, pos, (u64)buf, len, MEMORY_MODULE);
	pageobj_put(obj);
	return n;
}

static long pageobj_copy_objects(struct pageobj *dst, u64 dst_pos,
				 struct pageobj *src, u64 src_pos, u64 len)
{
	u64 size = READ_ONCE(src->size), done = 0;
	long error = 0;

	len = src_pos < size ? MIN(len, size - src_pos) : 0;
	if (dst_pos > PAGEOBJ_SIZE_MAX || len > PAGEOBJ_SIZE_MAX - dst_pos)
		return -EFBIG;
	if (len)
		pageobj_grow(dst, dst_pos + len);
	while (done < len && !error) {
		u64 n = MIN(len - done, PAGE_SIZE - (dst_pos + done) % PAGE_SIZE);
		struct source from = { .obj = src, .pos = src_pos + done };
		size_t left;

		error = page_write(dst, dst_pos + done, (u64)&from, n,
				   MEMORY_OBJECT, &left);
		done += n - left;
	}
	return done ? (long)done : error;
}

long pageobj_copy(u32 dst, u64 dst_pos, u32 src, u64 src_pos, u64 len)
{
	struct pageobj *to = pageobj_from_handle(dst);
	struct pageobj *from = pageobj_from_handle(src);
	long n = -EBADF;

	if (to && from)
		n = to->read_only ? -EPERM :
		    pageobj_copy_objects(to, dst_pos, from, src_pos, len);
	pageobj_put(to);
	pageobj_put(from);
	return n;
}

/* ---- the boot archives ------------------------------------------------ */

/* Adds an archive at `pos` (page aligned): its pages where they lie. */
static bool archive_add(struct pageobj *obj, u64 pos, const struct boot_archive *a)
{
	u64 at;

	obj->size = pos + a->size;
	for (at = 0; at < a->size; at += PAGE_SIZE) {
		u64 *slot = slot_find(obj, (pos + at) / PAGE_SIZE, true);

		if (!slot)
			return false;
		*slot = a->phys + at;
	}
	memset((u8 *)phys_to_virt(a->phys) + a->size, 0, at - a->size);
	return true;
}

/*
 * include/interface/core.h: the archives as one object, each from a page's
 * start on with zeroes between. The memory stays: modules are linked from it.
 */
long boot_archive_get(u32 self)
{
	struct module *m = module_by_id(self);
	struct pageobj *obj;
	u64 pos = 0;
	u32 i;

	if (!m || strcmp(m->name, "initramfs") != 0)
		return -EPERM;
	obj = pageobj_new();
	if (!obj)
		return -ENOMEM;
	obj->archive = true;
	obj->read_only = true;
	for (i = 0; i < boot_info.narchives; i++) {
		const struct boot_archive *a = &boot_info.archive[i];

		if (a->phys % PAGE_SIZE || !archive_add(obj, pos, a)) {
			pageobj_put(obj);
			return a->phys % PAGE_SIZE ? -EINVAL : -ENOMEM;
		}
		pos = ALIGN_UP(obj->size, PAGE_SIZE);
	}
	return pageobj_handle(self, obj);
}
