// SPDX-License-Identifier: MIT
/*
 * Records: small named blobs that modules keep with the core. Replaced as a
 * whole: the new blob is complete before the old one goes. They survive resets
 * and go when the module is unloaded.
 */
#include <errno.h>
#include <frame.h>
#include <list.h>
#include <string.h>

#include <core.h>

#include "internal.h"

#define RECORDS_MAX 4096	/* of one module */

struct record {
	struct list_head node;	/* m->records; record_lock */
	char name[RECORD_NAME_MAX];
	u32 len;
	u8 data[];
};

static struct spinlock record_lock = SPINLOCK("records", LOCK_MODULE);

static struct record *find(struct module *m, const char *name)
{
	struct record *r;

	list_for_each_entry(r, &m->records, node)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

static u32 count(struct module *m)
{
	struct record *r;
	u32 n = 0;

	list_for_each_entry(r, &m->records, node)
		n++;
	return n;
}

/* See interface/core.h. */
long record_put(u32 self, const char *name, const void *data, size_t len)
{
	struct module *m = module_by_id(self);
	struct record *r, *old;
	u64 irq;

	if (!m || len > RECORD_MAX || !*name || strnlen(name, RECORD_NAME_MAX) == RECORD_NAME_MAX)
		return -EINVAL;
	irq = spin_lock_irq(&record_lock);
	old = find(m, name);
	if (old && old->len == len) {
		memcpy(old->data, data, len);
		spin_unlock_irq(&record_lock, irq);
		return 0;
	}
	r = !old && count(m) >= RECORDS_MAX ? NULL : core_alloc(sizeof(*r) + len);
	if (r) {
		strlcpy(r->name, name, sizeof(r->name));
		r->len = len;
		memcpy(r->data, data, len);
		list_add_tail(&r->node, &m->records);
		if (old) {
			list_del(&old->node);
			core_free(old);
		}
	}
	spin_unlock_irq(&record_lock, irq);
	return r ? 0 : -ENOMEM;
}
SYMBOL_EXPORT(record_put);

long record_get(u32 self, const char *name, void *buf, size_t len)
{
	struct module *m = module_by_id(self);
	struct record *r;
	long result = -ENOENT;
	u64 irq;

	if (!m)
		return -EINVAL;
	irq = spin_lock_irq(&record_lock);
	r = find(m, name);
	if (r) {
		result = r->len <= len ? (long)r->len : -ERANGE;
		if (result > 0)
			memcpy(buf, r->data, r->len);
	}
	spin_unlock_irq(&record_lock, irq);
	return result;
}
SYMBOL_EXPORT(record_get);

long record_delete(u32 self, const char *name)
{
	struct module *m = module_by_id(self);
	struct record *r;
	u64 irq;

	if (!m)
		return -EINVAL;
	irq = spin_lock_irq(&record_lock);
	r = find(m, name);
	if (r)
		list_del(&r->node);
	spin_unlock_irq(&record_lock, irq);
	core_free(r);
	return r ? 0 : -ENOENT;
}
SYMBOL_EXPORT(record_delete);

long record_name(u32 self, u32 index, char *buf, size_t len)
{
	struct module *m = module_by_id(self);
	struct record *r;
	long result = -ENOENT;
	u64 irq;

	if (!m || len < RECORD_NAME_MAX)
		return -EINVAL;
	irq = spin_lock_irq(&record_lock);
	list_for_each_entry(r, &m->records, node)
		if (!index--) {
			strlcpy(buf, r->name, len);
			result = 0;
			break;
		}
	spin_unlock_irq(&record_lock, irq);
	return result;
}
SYMBOL_EXPORT(record_name);

/* All of m's records go. */
void records_free(struct module *m)
{
	struct record *r, *next;

	list_for_each_entry_safe(r, next, &m->records, node) {
		list_del(&r->node);
		core_free(r);
	}
}
