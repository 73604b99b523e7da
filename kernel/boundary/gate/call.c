// SPDX-License-Identifier: MIT
/*
 * Calls whose arguments are more than values: marshalling by contract.
 *
 * gate_call() serves every direction. Strings and structs are copied once, to
 * the callee's side, and checked there; buffers are staged likewise (a module's
 * stack unit has CONTRACT_STAGING bytes for it, core functions get a block of
 * the same size). Core functions marked CALL_INPLACE copy their payload
 * themselves, through the exception table, and get the checked address.
 *
 * What comes back is copied to the caller when the call succeeded: never more
 * than the callee says, which is never more than the caller's buffer.
 */
#include <atomic.h>
#include <errno.h>
#include <frame.h>
#include <log.h>
#include <sched.h>
#include <string.h>
#include <mm.h>

#include "gate.h"
#include "../../module/internal.h"

/* One argument that was staged. */
struct staged {
	u64 caller;		/* where the caller has it */
	u64 callee;		/* where the callee gets it */
	u32 len;
	u32 back;		/* enum: how it goes back */
};

enum { BACK_NO, BACK_ALL, BACK_RETURNED };

struct marshal {
	const struct contract *contract;
	struct slot *slot;
	struct module *caller;	/* NULL: the core */
	u64 base;		/* staging area */
	u32 used;
	u32 count;
	bool gives;		/* a handle goes to the callee for good */
	u64 arg[CONTRACT_MAX_ARGS];
	struct staged staged[CONTRACT_MAX_ARGS];
	struct mstack *stack;	/* callee in ring 3 */
	void *block;		/* callee in ring 0, once something is staged */
};

u64 gate_bytes;			/* copied across, for the boot trace */
u64 gate_across;		/* calls from module to module through the core */

/* Blocks of staging for core functions: free list, interrupts off. */
static void *blocks;
#define BLOCK_ORDER 2

#define STRING_CHUNK 64u

static void *block_get(void)
{
	u64 flags = irq_save();
	void *b = blocks;
	u64 phys;

	if (b)
		blocks = *(void **)b;
	irq_restore(flags);
	if (b)
		return b;
	phys = frame_alloc(BLOCK_ORDER);
	return phys ? phys_to_virt(phys) : NULL;
}

static void block_put(void *b)
{
	u64 flags = irq_save();

	*(void **)b = blocks;
	blocks = b;
	irq_restore(flags);
}

/*
 * Whether [addr, addr + len) is memory of `d`'s modules, mapped, and (write)
 * theirs to change. Any context.
 */
bool domain_owns(struct domain *d, u64 addr, u64 len, bool write)
{
	u64 end = addr + len, page;
	unsigned int prot;

	if (end < addr)
		return false;
	for (page = ALIGN_DOWN(addr, PAGE_SIZE); page < end; page += PAGE_SIZE) {
		if (window_domain(page) != d)
			return false;
		if (!window_lookup(page, &prot) || (write && !(prot & MAP_WRITE)))
			return false;
	}
	return true;
}

static bool caller_owns(struct marshal *m, u64 addr, u64 len, bool write)
{
	return !m->caller || m->caller->domain == &core_domain ||
	       domain_owns(m->caller->domain, addr, len, write);
}

static int copy_module(u64 dst, u64 src, size_t len)
{
	return copy_from_module((void *)dst, src, len);
}

static int clear_module(u64 dst, size_t len)
{
	static const char zeros[PAGE_SIZE];
	size_t part;

	for (; len; len -= part, dst += part) {
		part = MIN(len, sizeof(zeros));
		if (copy_module(dst, (u64)zeros, part))
			return -EFAULT;
	}
	return 0;
}

/* Room for `len` bytes on the callee's side: its address, or 0. */
static u64 stage_room(struct marshal *m, u32 len)
{
	u32 at = ALIGN_UP(m->used, 16);

	if (!m->stack && !m->block) {
		m->block = block_get();
		m->base = (u64)m->block;
		if (!m->block)
			return 0;
	}
	if (at + len > CONTRACT_STAGING)
		return 0;
	if (m->stack && stack_stage(m->stack, at + len))
		return 0;
	m->used = at + len;
	return m->base + at;
}

/* Length of the caller's string, without NUL, below `max`; or an error. */
static long string_length(struct marshal *m, u64 src, u32 max)
{
	char part[STRING_CHUNK];
	u32 len = 0, n, size;

	while (len < max) {
		size = PAGE_SIZE - (src + len) % PAGE_SIZE;
		size = MIN(MIN(size, max - len), STRING_CHUNK);
		if (!caller_owns(m, src + len, size, false) ||
		    copy_from_module(part, src + len, size))
			return -EFAULT;
		n = strnlen(part, size);
		len += n;
		if (n < size)
			return len;
	}
	return -ENAMETOOLONG;
}

static long stage_string(struct marshal *m, u32 i, u32 max)
{
	u64 src = m->arg[i], dst;
	long len = string_length(m, src, max);

	if (len < 0)
		return len;
	dst = stage_room(m, len + 1);
	if (!dst)
		return -E2BIG;
	/* The caller may change it meanwhile: the NUL is ours. */
	if (copy_module(dst, src, len) || copy_module(dst + len, (u64)"", 1))
		return -EFAULT;
	gate_bytes += len + 1;
	m->arg[i] = dst;
	return 0;
}

static long stage_buffer(struct marshal *m, u32 i, u64 word)
{
	enum arg_kind kind = ARG_WORD_KIND(word);
	u64 len = ARG_WORD_SIZE(word), src = m->arg[i];
	struct staged *s = &m->staged[m->count];

	if (ARG_WORD_LEN(word) != ARG_LEN_CONST) {
		if (m->arg[ARG_WORD_LEN_INDEX(word)] > len)
			return -EINVAL;
		len = m->arg[ARG_WORD_LEN_INDEX(word)];
	}
	if (!len)
		return 0;
	if (!caller_owns(m, src, len, kind != ARG_KIND_IN))
		return -EFAULT;
	if (!m->stack && (m->contract->flags & CALL_INPLACE))
		return 0;
	s->caller = src;
	s->callee = stage_room(m, len);
	s->len = len;
	s->back = kind == ARG_KIND_IN ? BACK_NO :
		  ARG_WORD_LEN(word) == ARG_LEN_RETURN ? BACK_RETURNED : BACK_ALL;
	if (!s->callee)
		return -E2BIG;
	if (kind == ARG_KIND_OUT) {
		if (s->back == BACK_ALL && clear_module(s->callee, len))
			return -EFAULT;
	} else {
		if (copy_module(s->callee, src, len))
			return -EFAULT;
		gate_bytes += len;
	}
	m->arg[i] = s->callee;
	m->count++;
	return 0;
}

/* A bound stub for callback `fn` of the caller, or 0 with *error set. */
static u64 bind_one(struct marshal *m, u64 fn, const struct contract *c, long *error)
{
	struct module_range *text = &m->caller->range[RANGE_TEXT];
	struct slot *s;
	bool fresh;
	u64 stub;

	if (fn < text->start || fn >= text->start + text->size) {
		*error = -EFAULT;
		return 0;
	}
	s = slot_bind_callback(m->caller, fn, c, &fresh);
	stub = !s ? 0 : fresh ? slot_stub_new(s, m->slot->module) : slot_stub(s, m->slot->module);
	if (!stub)
		*error = -ENOMEM;
	return stub;
}

static long stage_callbacks(struct marshal *m, u32 i, bool table)
{
	const struct ops_contract *ops = m->contract->ops;
	u64 fn, dst = 0;
	long error = 0;

	if (!m->caller)		/* the core has no callbacks for modules */
		return -EINVAL;
	if (!table) {
		m->arg[i] = bind_one(m, m->arg[i], ops->call[0], &error);
		return error;
	}
	dst = stage_room(m, ops->size);
	if (!dst || !caller_owns(m, m->arg[i], ops->size, false))
		return dst ? -EFAULT : -E2BIG;
	for (u32 k = 0; k < ops->ncalls && !error; k++) {
		if (copy_from_module(&fn, m->arg[i] + 8 * k, 8))
			return -EFAULT;
		if (fn)
			fn = bind_one(m, fn, ops->call[k], &error);
		if (copy_to_module(dst + 8 * k, &fn, 8))
			return -EFAULT;
	}
	m->arg[i] = dst;
	return error;
}

/*
 * Whether `m` may name handle `h` now: its own, of its domain's, or lent to it
 * by a call that this thread is serving.
 */
static bool handle_allowed(struct module *m, u32 h, enum handle_type type)
{
	struct module *owner;
	struct gate_frame *f;

	if (!handle_object(h, type, NULL))
		return false;
	owner = handle_owner(h);
	if (owner == m || (owner && owner->domain == m->domain))
		return true;
	for (f = current->gate; f; f = f->prev)
		for (u32 i = 0; i < f->slot->contract->nargs; i++) {
			u64 word = f->slot->contract->arg[i];

			if ((ARG_WORD_KIND(word) == ARG_KIND_HANDLE ||
			     ARG_WORD_KIND(word) == ARG_KIND_HANDLE_GIVE) &&
			    f->arg[i] == h)
				return true;
		}
	return false;
}

static long stage_arg(struct marshal *m, u32 i)
{
	u64 word = m->contract->arg[i];

	switch (ARG_WORD_KIND(word)) {
	case ARG_KIND_VALUE:
	case ARG_KIND_UBUF:
		return 0;
	case ARG_KIND_SELF:
		return m->caller && m->arg[i] != m->caller->id ? -EPERM : 0;
	case ARG_KIND_STRING:
		return stage_string(m, i, ARG_WORD_SIZE(word));
	case ARG_KIND_IN:
	case ARG_KIND_OUT:
	case ARG_KIND_INOUT:
		return stage_buffer(m, i, word);
	case ARG_KIND_HANDLE_GIVE:
		m->gives = true;
		/* fallthrough */
	case ARG_KIND_HANDLE:
		return m->caller &&
		       !handle_allowed(m->caller, m->arg[i], ARG_WORD_HANDLE(word)) ?
		       -EBADF : 0;
	case ARG_KIND_CALLBACK:
	case ARG_KIND_OPS:
		return stage_callbacks(m, i, ARG_WORD_KIND(word) == ARG_KIND_OPS);
	}
	return -EINVAL;
}

/* The callee's results back to the caller: 0, -EIO (it lied), -EFAULT. */
static long unstage(struct marshal *m, long ret)
{
	for (u32 i = 0; i < m->count; i++) {
		struct staged *s = &m->staged[i];
		u64 len = s->len;

		if (s->back == BACK_NO || ret < 0)
			continue;
		if (s->back == BACK_RETURNED)
			len = ret;
		if (len > s->len)
			return -EIO;
		if (copy_module(s->caller, s->callee, len))
			return -EFAULT;
		gate_bytes += len;
	}
	return 0;
}

static void give_handles(struct marshal *m, const u64 *args)
{
	for (u32 i = 0; i < m->contract->nargs; i++)
		if (ARG_WORD_KIND(m->contract->arg[i]) == ARG_KIND_HANDLE_GIVE)
			handle_give(args[i], m->slot->module);
}

/* What a failed call returns by its contract. */
static long failure(const struct contract *c, long error)
{
	return c->flags & (CALL_FAIL_ZERO | CALL_VOID) ? 0 : error;
}

static long call_staged(struct marshal *m)
{
	typedef long fn6(u64, u64, u64, u64, u64, u64);
	struct slot *s = m->slot;

	if (m->stack)
		return gate_enter(s, m->arg, m->stack);
	if (s->module) {	/* placed in the core */
		s->calls++;
		gate_trace[gate_downs++ % GATE_TRACE_ENTRIES] = s;
	} else {
		gate_ups++;
	}
	return ((fn6 *)s->target)(m->arg[0], m->arg[1], m->arg[2], m->arg[3],
				  m->arg[4], m->arg[5]);
}

static long marshal_begin(struct marshal *m, struct slot *s, const u64 *args,
			  struct module *caller)
{
	m->contract = s->contract;
	m->slot = s;
	m->caller = caller;
	m->used = m->count = 0;
	m->stack = NULL;
	m->block = NULL;
	m->gives = false;
	m->base = 0;
	memcpy(m->arg, args, sizeof(m->arg));
	if (s->domain == &core_domain)
		return 0;
	m->stack = stack_get(s->domain);
	if (!m->stack)
		return -ENOMEM;
	m->base = m->stack->unit;
	return 0;
}

static void marshal_end(struct marshal *m)
{
#ifdef CONFIG_DEBUG_POISON
	/* What was passed is nonsense when the call is over. */
	static const u8 poison[16] = {
		[0 ... 15] = 0xa5,
	};

	for (u64 at = m->base; at + sizeof(poison) <= m->base + m->used; at += sizeof(poison))
		(void)!copy_module(at, (u64)poison, sizeof(poison));
#endif
	if (m->stack)
		stack_put(m->stack);
	if (m->block)
		block_put(m->block);
}

/* One attempt. *failed: the callee was reset under the call. */
static long call_once(struct slot *s, u64 *args, struct module *caller, bool *failed)
{
	u32 epoch = caller ? caller->epoch : 0;
	u64 bytes = gate_bytes;
	struct marshal m;
	long ret, error;

	ret = marshal_begin(&m, s, args, caller);
	if (ret)
		return failure(s->contract, ret);
	for (u32 i = 0; i < m.contract->nargs; i++) {
		error = stage_arg(&m, i);
		if (error) {
			marshal_end(&m);
			return failure(m.contract, error);
		}
	}
	current->gate_failed = false;
	ret = call_staged(&m);
	*failed = m.stack && current->gate_failed;
	if (*failed) {
		current->gate_failed = false;
	} else if (caller && caller->epoch != epoch) {
		/* The caller was reset meanwhile: its buffers are no more. */
		ret = failure(m.contract, -ECANCELED);
	} else {
		error = unstage(&m, ret);
		if (error == -EIO && s->module)
			module_fault(s->module, REASON_CONTRACT, NULL,
				     "claims to have filled more than the buffer holds");
		if (error)
			ret = failure(m.contract, error);
		else if (m.gives && ret >= 0)
			give_handles(&m, args);
	}
	marshal_end(&m);
	if (s->module)
		s->module->bytes_copied += gate_bytes - bytes;
	return ret;
}

static long call_live(struct slot *s, u64 *args, struct module *caller)
{
	bool failed = false, rerun = current->op_rerun;
	long ret;

	for (u32 attempt = 0; attempt < 2; attempt++) {
		if (!s->target || !module_wait_live(s->module))
			return s->contract ? failure(s->contract, -ENODEV) : -ENODEV;
		if (caller && s->module) {
			gate_across++;
			s->module->calls_across++;
		}
		if (attempt)
			op_set_rerun(true);
		failed = false;
		ret = call_once(s, args, caller, &failed);
		if (attempt)
			op_set_rerun(rerun);
		if (!failed)
			return ret;
		if (!(s->contract->flags & CALL_RESTARTABLE))
			break;
	}
	return failure(s->contract, -EIO);
}

/*
 * Calls slot `s` for `caller` (NULL: the core) with six arguments. Waits
 * (bounded) while the callee is being reset; a restartable call that a reset
 * interrupted is run once more. May sleep; interrupts are on. The callee is not
 * unloaded meanwhile.
 */
long gate_call(struct slot *s, u64 *args, struct module *caller)
{
	struct module *m;
	long ret;
	u64 irq;

	if ((u64)__builtin_frame_address(0) - current->stack_base < 2 * KERNEL_STACK_RESERVE)
		return s->contract ? failure(s->contract, -ELOOP) : -ELOOP;
	if (!s->module)
		return call_live(s, args, caller);
	irq = irq_save();
	m = s->module;
	if (m)
		atomic_add(&m->callers, 1);
	irq_restore(irq);
	ret = call_live(s, args, caller);
	if (m)
		atomic_sub(&m->callers, 1);
	return ret;
}

/* What gate_down_slow_entry leaves above the six arguments: %rbp, return address. */
#define ARGS_RETURN 7

/*
 * Who called a stub of the core: a module that is placed there, or the core.
 * (Modules are compiled without sibling calls: the return address is theirs.)
 */
static struct module *caller_in_ring0(const u64 *args)
{
	return core_domain.nmodules ? module_by_text(args[ARGS_RETURN]) : NULL;
}

/* From gate_down: buffers, a callee that is not live, or no stack at hand. */
long gate_down_slow(struct slot *s, u64 *args)
{
#ifdef CONFIG_DEBUG_CROSSINGS
	spin_assert_none();
	ASSERT(irq_enabled());
#endif
	return gate_call(s, args, caller_in_ring0(args));
}

/*
 * From gate_up: a call of a module that needs more than registers. The stub
 * that it came through must be the slot's own.
 */
long gate_up_slow(struct up_frame *f)
{
	struct module *m = f->window->module;
	struct module_boundary *b = m->boundary;
	u64 stub = (f->rip - m->range[RANGE_STUBS].start) / IMPORT_STUB_SIZE;
	struct up_frame *outer = current->up;
	struct slot *s;
	long ret;

	if (stub >= b->nstubs || b->stub_slot[stub] != f->slot)
		return -EPERM;
	s = &slots[f->slot];
	if (!s->used || !s->contract)
		return -ENODEV;
	m->calls_up++;
	/* gate_up leaves %rbp alone, so this function's frame has the module's. */
	f->rbp = *(u64 *)__builtin_frame_address(0);
	current->up = f;
	ret = gate_call(s, f->arg, m);
	current->up = outer;
	return ret;
}
