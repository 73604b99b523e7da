// SPDX-License-Identifier: MIT
/*
 * Slots: the numbered functions that calls across the boundary name, and the
 * stubs through which each caller reaches them.
 *
 * The first slots belong to the names that the core calls (generated/stubs.S);
 * the others are given out as exports and callbacks are bound. A slot, once
 * bound, keeps its number and its stubs until its module is unloaded: holders
 * of a bound pointer go on after the provider's reset.
 *
 * mode says how a call down goes and is recomputed whenever the provider's
 * state changes. A domain's light table has the target of each slot that its
 * modules may call without the core, 0 where the call must come up.
 */
#include <errno.h>
#include <frame.h>
#include <hash.h>
#include <log.h>
#include <string.h>

#include "gate.h"

#define NAME_CHAINS 256
#define TARGET_BITS 8

struct down_name {
	const char *name;
	u64 index;
	u64 version;
};

extern const struct down_name down_names_start[], down_names_end[];

struct slot slots[SLOTS_MAX];
struct slot *slot_absent;
static u16 name_next[SLOTS_MAX];	/* chains of names, by hash; index + 1 */
static u16 name_chain[NAME_CHAINS];
static u16 version_next[SLOTS_MAX];	/* the same slots by version, which is a hash */
static u16 version_chain[NAME_CHAINS];
static u16 target_next[SLOTS_MAX];	/* chains of bound slots, by target */
static u16 target_chain[1 << TARGET_BITS];
static u16 module_next[SLOTS_MAX];	/* chains of modules' slots */
static u32 slots_next;		/* first index never used */
static u32 core_names;		/* slots that stay the core's names */

u32 slot_index(const struct slot *s)
{
	return s - slots;
}

static u16 *name_head(const char *name)
{
	return &name_chain[hash_gnu(name) % NAME_CHAINS];
}

static void name_insert(struct slot *s)
{
	u16 *head = name_head(s->name), *version = &version_chain[s->version % NAME_CHAINS];

	name_next[slot_index(s)] = *head;
	*head = slot_index(s) + 1;
	version_next[slot_index(s)] = *version;
	*version = slot_index(s) + 1;
}

/* Takes slot `index` out of the chain that begins at `link`. */
static void chain_remove(u16 *link, u16 *next, u32 index)
{
	while (*link && *link != index + 1)
		link = &next[*link - 1];
	if (*link)
		*link = next[index];
}

/* The slots of `m`, one after the other, from first_of(m) on: 0 ends them. */
static u32 first_of(const struct module *m)
{
	const struct module_boundary *b = m->boundary;

	return b ? b->slots : 0;
}

/* Calls into `m` that came through the core. */
u64 slots_count_of(const struct module *m)
{
	u64 calls = 0;

	for (u32 i = first_of(m); i; i = module_next[i - 1])
		calls += slots[i - 1].calls;
	return calls;
}

static u16 *target_head(u64 target)
{
	return &target_chain[hash_u64(target, TARGET_BITS)];
}

static bool contract_plain(const struct contract *c)
{
#ifdef CONFIG_DEBUG_CROSSINGS
	return false;		/* every crossing is to be checked in C */
#endif
	for (u32 i = 0; i < c->nargs; i++)
		if (ARG_WORD_KIND(c->arg[i]) != ARG_KIND_VALUE)
			return false;
	return !(c->flags & (CALL_FAIL_ZERO | CALL_NORETURN));
}

/*
 * Whether a call within the domain needs the core: callbacks must be bound, so
 * that calling them leaves a landing record; handles change their owner.
 */
static bool contract_light(const struct contract *c)
{
	for (u32 i = 0; i < c->nargs; i++)
		if (ARG_WORD_KIND(c->arg[i]) >= ARG_KIND_HANDLE_GIVE)
			return false;
	return true;
}

/* Reserves the core's slots, by name. Before any module is linked. */
void slots_init(void)
{
	const struct down_name *d;

	for (d = down_names_start; d < down_names_end; d++) {
		struct slot *s = &slots[d->index];

		s->name = d->name;
		s->version = d->version;
		s->used = 1;
		s->domain = &core_domain;
		name_insert(s);
		if (d->index >= slots_next)
			slots_next = d->index + 1;
	}
	slot_absent = slot_alloc();
	core_names = slots_next;
}

/* Gives slot `s` a name to be found by; the string must stay. */
void slot_set_name(struct slot *s, const char *name, u64 version)
{
	s->name = name;
	s->version = version;
	name_insert(s);
}

/* The slot of the export `name`, or NULL. */
struct slot *slot_by_name(const char *name)
{
	for (u32 i = *name_head(name); i; i = name_next[i - 1])
		if (strcmp(slots[i - 1].name, name) == 0)
			return &slots[i - 1];
	return NULL;
}

/* The slot of the export of this version, which the name is part of; or NULL. */
struct slot *slot_by_version(u64 version)
{
	for (u32 i = version_chain[version % NAME_CHAINS]; i; i = version_next[i - 1])
		if (slots[i - 1].version == version)
			return &slots[i - 1];
	return NULL;
}

/* A free slot, or NULL when all SLOTS_MAX are taken. */
struct slot *slot_alloc(void)
{
	u32 i = slots_next;

	if (i < SLOTS_MAX)
		slots_next++;
	else	/* all were used once: look for one that was given back */
		for (i = core_names; i < SLOTS_MAX && slots[i].used; i++)
			;
	if (i == SLOTS_MAX)
		return NULL;
	memset(&slots[i], 0, sizeof(slots[i]));
	slots[i].used = 1;
	slots[i].domain = &core_domain;
	return &slots[i];
}

/* Whether calls may enter the slot's module without waiting. */
static bool slot_live(const struct slot *s)
{
	return !s->module || s->module->state == MODULE_LIVE;
}

/* Recomputes mode, and the light tables' entries, from the provider's state. */
void slot_refresh(struct slot *s)
{
	struct domain *d = s->domain;
	bool live = s->target && slot_live(s);

	if (d == &core_domain)
		s->mode = s->target ? SLOT_DIRECT : SLOT_SLOW;
	else
		s->mode = live && contract_plain(s->contract) ? SLOT_PLAIN : SLOT_SLOW;
	s->up_plain = !s->module && s->target && contract_plain(s->contract);
	if (s->module)
		s->epoch = s->module->epoch;
	if (d->light)
		d->light[slot_index(s)] = live && contract_light(s->contract) ? s->target : 0;
}

/* Says what slot `s` calls. */
void slot_bind(struct slot *s, struct module *m, u64 target,
	       const struct contract *contract)
{
	struct module_boundary *b = m ? m->boundary : NULL;

	if (b && s->module != m) {
		module_next[slot_index(s)] = b->slots;
		b->slots = slot_index(s) + 1;
	}
	if (m && s->contract != contract)
		core_free(s->contract);	/* of a module that was unloaded */
	s->module = m;
	s->domain = m ? m->domain : &core_domain;
	s->target = target;
	s->contract = (struct contract *)contract;
	s->used = 1 + (contract ? contract->nargs : CONTRACT_MAX_ARGS);
	slot_refresh(s);
}

/* The state of `m` changed: calls into it go another way now. */
void slots_module_state(struct module *m)
{
	u64 flags = irq_save();

	for (u32 i = first_of(m); i; i = module_next[i - 1])
		slot_refresh(&slots[i - 1]);
	irq_restore(flags);
}

static void stub_write(u8 *code, u64 at, u32 index);

/* Makes stub number i of m one for slot `index`: its address. */
static u64 stub_set(struct module *m, u32 i, u32 index)
{
	struct module_boundary *b = m->boundary;
	u64 at = m->range[RANGE_STUBS].start + i * IMPORT_STUB_SIZE;

	stub_write(phys_to_virt(window_lookup(at, NULL)), at, index);
	b->stub_slot[i] = index;
	return at;
}

/* Slot `index` is no more: stubs that others were given for it fail from now on. */
static void stubs_forget(u32 index)
{
	for (u32 id = 1; id < MODULES_MAX; id++) {
		struct module *m = module_by_id(id);
		struct module_boundary *b = m ? m->boundary : NULL;

		for (u32 i = 0; b && i < b->nstubs; i++)
			if (b->stub_slot[i] == index)
				stub_set(m, i, slot_index(slot_absent));
	}
}

/* All of m's slots are free again: it is unloaded. */
void slots_release(struct module *m)
{
	u64 flags = irq_save();

	for (u32 i = first_of(m); i; i = module_next[i - 1]) {
		struct slot *s = &slots[i - 1];

		if (s->bound)
			chain_remove(target_head(s->target), target_next, i - 1);
		s->target = 0;
		s->module = NULL;
		slot_refresh(s);
		s->domain = &core_domain;
		stubs_forget(i - 1);
		if (i > core_names) {
			core_free(s->contract);
			s->contract = NULL;
			if (s->name) {
				chain_remove(name_head(s->name), name_next, i - 1);
				chain_remove(&version_chain[s->version % NAME_CHAINS],
					     version_next, i - 1);
			}
			s->name = NULL;
			s->used = 0;
		}
	}
	irq_restore(flags);
}

/*
 * The slot of callback `target` of `owner`; the same one when it was bound
 * before. NULL when slots or memory are out. Takes over nothing of `contract`.
 */
struct slot *slot_bind_callback(struct module *owner, u64 target,
				const struct contract *contract, bool *fresh)
{
	struct slot *s;
	struct contract *copy;

	*fresh = false;
	for (u32 i = *target_head(target); i; i = target_next[i - 1]) {
		s = &slots[i - 1];
		if (s->target == target && s->module == owner &&
		    memcmp(s->contract->arg, contract->arg,
			   sizeof(contract->arg)) == 0)
			return s;
	}
	copy = core_alloc(sizeof(*copy));
	s = copy ? slot_alloc() : NULL;
	if (!s) {
		core_free(copy);
		return NULL;
	}
	*copy = *contract;
	*fresh = true;
	s->bound = 1;
	slot_bind(s, owner, target, copy);
	target_next[slot_index(s)] = *target_head(target);
	*target_head(target) = slot_index(s) + 1;
	return s;
}

/*
 * Writes an import stub for slot `index` at `at` in the caller's stub section:
 *
 *	mov	$index, %eax
 *	mov	GATE_LIGHT_TABLE + 8 * index, %r11
 *	test	%r11, %r11
 *	jnz	light_call
 *	mov	%rcx, %r10
 *	syscall | int $GATE_VECTOR
 *	ret
 *
 * `code` is where the core can write it.
 */
static void stub_write(u8 *code, u64 at, u32 index)
{
	u32 entry = (u32)(GATE_LIGHT_TABLE + 8 * index);
	u32 rel = (u32)(RING3(light_call) - (at + 22));
	u8 *p = code;

	*p++ = 0xb8;
	memcpy(p, &index, 4), p += 4;
	*p++ = 0x4c, *p++ = 0x8b, *p++ = 0x1c, *p++ = 0x25;
	memcpy(p, &entry, 4), p += 4;
	*p++ = 0x4d, *p++ = 0x85, *p++ = 0xdb;
	*p++ = 0x0f, *p++ = 0x85;
	memcpy(p, &rel, 4), p += 4;
	*p++ = 0x49, *p++ = 0x89, *p++ = 0xca;
#ifdef CONFIG_GATE_SYSCALL
	*p++ = 0x0f, *p++ = 0x05;
#else
	*p++ = 0xcd, *p++ = GATE_VECTOR;
#endif
	*p++ = 0xc3;
}

/*
 * The address through which `caller` reaches slot `s`: a stub in the caller's
 * image; the core's (and core-placed modules') is a stub in core text, or the
 * target itself. 0 when the stub section is full.
 */
u64 slot_stub_new(struct slot *s, struct module *caller)
{
	struct module_boundary *b;
	u32 i;

	if (!caller || caller->domain == &core_domain) {
		if (s->domain == &core_domain && s->target)
			return s->target;
		return (u64)down_stubs + slot_index(s) * DOWN_STUB_SIZE;
	}
	b = caller->boundary;
	i = b->nstubs;
	if (i == b->max_stubs)	/* one whose callback's module was unloaded */
		for (i = caller->nimports; i < b->nstubs; i++)
			if (b->stub_slot[i] == slot_index(slot_absent))
				break;
	if (i == b->max_stubs)
		return 0;
	b->nstubs = MAX(b->nstubs, i + 1);
	return stub_set(caller, i, slot_index(s));
}

/* The same; the stub that the caller has, if it has one. */
u64 slot_stub(struct slot *s, struct module *caller)
{
	struct module_boundary *b = caller ? caller->boundary : NULL;

	for (u32 i = 0; b && i < b->nstubs; i++)
		if (b->stub_slot[i] == slot_index(s))
			return caller->range[RANGE_STUBS].start + i * IMPORT_STUB_SIZE;
	return slot_stub_new(s, caller);
}
