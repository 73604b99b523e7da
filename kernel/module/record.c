// SPDX-License-Identifier: MIT
/*
 * Records: small named blobs that modules keep with the core. Replaced as a
 * whole: the new blob is complete before the old one goes. They survive resets
 * and go when the module is unloaded.
 */
#include <errno.h>
#include <frame.h>
#include <hash.h>
#include <list.h>
#include <string.h>

#include <core.h>

#include "internal.h"

#define RECORDS_MAX 65536	/* of one module */
#define RECORD_CHAINS 128

struct record {
	struct list_head node;	/* m->records; record_lock */
	struct list_head chain;	/* m->record_chains, by hash */
	char name[RECORD_NAME_MAX];
	u32 hash, len;
	u8 data[];
};

static struct spinlock record_lock = SPINLOCK("records", LOCK_MODULE);

static struct record *find(struct module *m, const char *name)
{
	u32 hash = hash_gnu(name);
	struct record *r;

	if (!m->record_chains)
		return NULL;
	list_for_each_entry(r, &m->record_chains[hash % RECORD_CHAINS], chain)
		if (r->hash == hash && strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

/* The chains are made with the first record: false when memory is out. */
static bool chains_ready(struct module *m)
{
	if (m->record_chains)
		return true;
	m->record_chains = core_alloc(RECORD_CHAINS * sizeof(*m->record_chains));
	for (u32 i = 0; m->record_chains && i < RECORD_CHAINS; i++)
		list_init(&m->record_chains[i]);
	return m->record_chains != NULL;
}

static void forget(struct module *m, struct record *r)
{
	list_del(&r->node);
	list_del(&r->chain);
	m->record_last = NULL;
	m->nrecords--;
	core_free(r);
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
	r = !old && m->nrecords >= RECORDS_MAX ? NULL : core_alloc(sizeof(*r) + len);
	if (r && chains_ready(m)) {
		strlcpy(r->name, name, sizeof(r->name));
		r->len = len;
		memcpy(r->data, data, len);
		r->hash = hash_gnu(name);
		list_add_tail(&r->node, &m->records);
		list_add(&r->chain, &m->record_chains[r->hash % RECORD_CHAINS]);
		m->nrecords++;
		if (old)
			forget(m, old);
	} else {
		core_free(r);
		r = NULL;
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
		forget(m, r);
	spin_unlock_irq(&record_lock, irq);
	return r ? 0 : -ENOENT;
}
SYMBOL_EXPORT(record_delete);

long record_name(u32 self, u32 index, char *buf, size_t len)
{
	struct module *m = module_by_id(self);
	struct list_head *at;
	struct record *r = NULL;
	u64 irq;
	u32 i = 0;

	if (!m || len < RECORD_NAME_MAX)
		return -EINVAL;
	irq = spin_lock_irq(&record_lock);
	at = m->records.next;
	/* One after the other is how they are asked for. */
	if (m->record_last && index >= m->record_index) {
		at = &m->record_last->node;
		i = m->record_index;
	}
	for (; i < index && at != &m->records; i++)
		at = at->next;
	if (at != &m->records) {
		r = list_entry(at, struct record, node);
		strlcpy(buf, r->name, len);
		m->record_last = r;
		m->record_index = index;
	}
	spin_unlock_irq(&record_lock, irq);
	return r ? 0 : -ENOENT;
}
SYMBOL_EXPORT(record_name);

/* All of m's records go. */
void records_free(struct module *m)
{
	struct record *r, *next;

	list_for_each_entry_safe(r, next, &m->records, node)
		forget(m, r);
	core_free(m->record_chains);
	m->record_chains = NULL;
}
