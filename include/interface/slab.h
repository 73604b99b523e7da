/* SPDX-License-Identifier: MIT */
/*
 * The slab allocator. Modules do not call it object by object: runtime/alloc.c
 * (kmalloc, kfree) keeps a small front cache and asks for objects in batches.
 * Objects lie in the asking module's window; slab never touches them.
 *
 * Tickets. slab_alloc() and slab_free() are restartable because they are
 * logged: the caller gives each call a number, its epoch in the upper half, and
 * slab stores number and result with the effects, in one step. Running the last
 * call again returns what was stored. So an owner has at most one call under
 * way and never uses a number twice (runtime/alloc.c sees to it). A call with
 * an older epoch than the owner's is refused with -ECANCELED: it belongs to a
 * life of the owner that ended with a reset.
 */
#ifndef INTERFACE_SLAB_H
#define INTERFACE_SLAB_H

#include <module.h>

#define SLAB_BATCH_MAX 32
#define SLAB_OBJECT_MAX 65536	/* bytes; larger: heap_map() */
#define SLAB_OWNER_CORE 0
#define SLAB_OWNERS 65		/* owners are module ids below this, 0: the core */

#define SLAB_TICKET(epoch, number) ((u64)(epoch) << 32 | (u32)(number))
#define SLAB_TICKET_EPOCH(ticket) ((u32)((ticket) >> 32))

/*
 * Size classes: powers of two and the halves between; 16-byte aligned, page
 * aligned from a page on. X(bytes), in rising order.
 */
#define SLAB_CLASSES(X) \
	X(16) X(32) X(48) X(64) X(96) X(128) X(192) X(256) X(384) X(512) \
	X(768) X(1024) X(1536) X(2048) X(3072) X(4096) X(8192) X(12288) \
	X(16384) X(24576) X(32768) X(49152) X(65536)
#define SLAB_CLASS_COUNT 23

/* Index of the class that serves `size` (1 .. SLAB_OBJECT_MAX) bytes. */
static inline u32 slab_class_of(u32 size)
{
	u32 order, half;

	if (size <= 32)
		return size > 16;
	order = 32 - (u32)__builtin_clz(size - 1);
	half = size > 3u << (order - 2);
	if (order < 13)
		return 2 + (order - 6) * 2 + half;
	return order == 13 ? 16 : 17 + (order - 14) * 2 + half;
}

INTERFACE_BEGIN

/*
 * Gives `self` up to `count` objects of at least `size` bytes, 16-byte aligned
 * (page aligned from 4096 on): fills `objects` with addresses. Returns how
 * many (> 0), or -ENOMEM, -EINVAL, -ECANCELED.
 */
long slab_alloc(u32 self, u64 ticket, u32 size, u32 count, u64 *objects,
		size_t len);
CONTRACT(slab_alloc, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(ticket),
	 ARG_VALUE(size), ARG_VALUE(count),
	 ARG_OUT(objects, len, SLAB_BATCH_MAX * 8), ARG_VALUE(len));
/*
 * Takes back objects of `self`, all or none: 0, -EINVAL when one of them is not
 * a live object of `self` (logged), -ECANCELED.
 */
long slab_free(u32 self, u64 ticket, u32 count, const u64 *objects, size_t len);
CONTRACT(slab_free, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(ticket),
	 ARG_VALUE(count), ARG_IN(objects, len, SLAB_BATCH_MAX * 8),
	 ARG_VALUE(len));
/* Size of the object at `addr` (its class), or -EINVAL. */
long slab_size(u32 self, u64 addr);
CONTRACT(slab_size, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(addr));

/*
 * The core's non-vital memory: offsets into a core-only arena that slab keeps
 * books of but cannot see. slab_core_grow() hands over `len` bytes at offset
 * `base` (both page aligned, at most SLAB_GROW_MAX a call): 0 (also for the
 * same range again), -EINVAL, -EEXIST for an overlap, -ENOSPC when the table of
 * ranges is full. slab_core_alloc()
 * gives up to `count` objects of `size` bytes, as slab_alloc(). The core's
 * calls carry tickets too (plain numbers) and are made one at a time.
 */
#define SLAB_GROW_MAX 0x200000
long slab_core_grow(u64 base, u64 len);
CONTRACT(slab_core_grow, CALL_RESTARTABLE, ARG_VALUE(base), ARG_VALUE(len));
long slab_core_alloc(u64 ticket, u32 size, u32 count, u64 *objects, size_t len);
CONTRACT(slab_core_alloc, CALL_RESTARTABLE, ARG_VALUE(ticket), ARG_VALUE(size),
	 ARG_VALUE(count), ARG_OUT(objects, len, SLAB_BATCH_MAX * 8),
	 ARG_VALUE(len));
long slab_core_free(u64 ticket, u32 count, const u64 *objects, size_t len);
CONTRACT(slab_core_free, CALL_RESTARTABLE, ARG_VALUE(ticket), ARG_VALUE(count),
	 ARG_IN(objects, len, SLAB_BATCH_MAX * 8), ARG_VALUE(len));

/*
 * Called by the core while module `owner` is reset or unloaded, before it (or
 * another with its id) runs again: slab forgets all of its objects. `epoch` is
 * the owner's next epoch. The core has given back the owner's heap pages, those
 * that slab mapped among them, before the call. 0, -EINVAL.
 */
long slab_owner_gone(u32 owner, u32 epoch);
CONTRACT(slab_owner_gone, CALL_RESTARTABLE, ARG_VALUE(owner), ARG_VALUE(epoch));

/* Books of one module, for tests and /proc: live objects and their bytes. */
struct slab_usage {
	u64 objects;
	u64 bytes;
	u64 pages;
};
long slab_usage_get(u32 owner, struct slab_usage *usage);
CONTRACT(slab_usage_get, CALL_RESTARTABLE, ARG_VALUE(owner),
	 ARG_STRUCT_OUT(usage, struct slab_usage));

INTERFACE_END

#endif
