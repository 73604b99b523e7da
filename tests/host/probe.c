/* SPDX-License-Identifier: MIT */
/*
 * A module that exists on the host only: it offers the runtime that every
 * module is linked with, so that a test can use it from outside.
 */
#include "probe.h"

#include <runtime.h>

static struct mutex lock, other;
static u64 counter;

void *probe_kmalloc(size_t size)
{
	return kmalloc(size);
}

void *probe_kzalloc(size_t size)
{
	return kzalloc(size);
}

void *probe_kcalloc(size_t n, size_t size)
{
	return kcalloc(n, size);
}

void *probe_krealloc(void *p, size_t size)
{
	return krealloc(p, size);
}

void probe_kfree(void *p)
{
	kfree(p);
}

size_t probe_ksize(void *p)
{
	return ksize(p);
}

char *probe_kstrdup(const char *s)
{
	return kstrdup(s);
}

void probe_drain(void)
{
	kmalloc_drain();
}

/* Adds one, `count` times, each time under the lock, read and write apart. */
void probe_count(u64 count)
{
	while (count--) {
		mutex_lock(&lock);
		ASSERT(mutex_held(&lock));
		WRITE_ONCE(counter, READ_ONCE(counter) + 1);
		mutex_unlock(&lock);
	}
}

u64 probe_counter(void)
{
	return counter;
}

bool probe_trylock(void)
{
	return mutex_trylock(&lock);
}

void probe_lock(bool second)
{
	mutex_lock(second ? &other : &lock);
}

void probe_unlock(bool second)
{
	mutex_unlock(second ? &other : &lock);
}

void probe_log(const char *text, u32 number)
{
	pr_info("%s: %u\n", text, number);
}

void probe_bug_on(bool broken)
{
	BUG_ON(broken);
}

u64 probe_ktime(void)
{
	return ktime_ns();
}

u64 probe_realtime(void)
{
	return krealtime_ns();
}

static long probe_init(u32 flags)
{
	return 0;
}

MODULE("probe", .description = "the runtime, seen from outside",
       .init = probe_init, .rank = RANK_TOP);
