// SPDX-License-Identifier: MIT
/*
 * Getting threads out of a module that was reset.
 *
 * Where a thread is, inside modules, is told by its gate frames (kernel stack,
 * trusted) and, between two of them, by landing records (module stack, not
 * trusted: addresses within the stack, strictly rising, bounded in number, and
 * resumed only at constant labels of the gate text). Three kinds of place can
 * belong to a module m that is reset:
 *
 *  - the innermost: the thread runs in m, was preempted there, or waits in a
 *    call up that m made. It is marked (unwind, unwind_at) and goes back to the
 *    record or frame through which m was entered: at once if it is the thread
 *    that faulted, else when it next heads for ring 3;
 *  - between records: m called another module of its domain. That record's
 *    return address is changed to light_stale, so that the callee ends and then
 *    the thread comes to the core instead of to m;
 *  - between frames: m's call up led to another call down. gate_up sees on its
 *    way back that m's epoch has moved.
 *
 * A thread in ring 0 is never unwound; its waits for m are cancelled.
 */
#include <errno.h>
#include <frame.h>
#include <log.h>
#include <sched.h>
#include <string.h>
#include <mm.h>

#include "gate.h"
#include "../../module/internal.h"

#define CHAIN_MAX 64		/* landing records on one stack */

static bool in_stack(const struct mstack *s, u64 addr, u64 len)
{
	u64 low = s->unit + STACK_UNIT - s->stack_pages * PAGE_SIZE;

	return addr >= low && addr + len <= s->unit + STACK_UNIT && addr + len > addr;
}

/* The first landing record's address, 0: none. */
static u64 chain_head(const struct mstack *s)
{
	u64 head = 0;

	if (copy_from_module(&head, s->unit + STACK_UNIT - 8, 8))
		return 0;
	return head;
}

/* Reads the record at `addr`: false when it is no good. */
static bool chain_read(const struct mstack *s, u64 addr, u64 above, struct landing *r)
{
	return addr > above && addr % 8 == 0 && in_stack(s, addr, sizeof(*r)) &&
	       !copy_from_module(r, addr, sizeof(*r)) &&
	       r->magic == LANDING_MAGIC && r->slot < SLOTS_MAX &&
	       slots[r->slot].used && slots[r->slot].module;
}

/*
 * The module that the thread's innermost part is in: by the newest landing
 * record, or by the gate frame. *broken: the chain cannot be trusted.
 */
static struct module *innermost(const struct thread *t, bool *broken)
{
	struct gate_frame *f = t->gate;
	struct landing r;
	u64 head = chain_head(f->stack);

	*broken = head && !chain_read(f->stack, head, 0, &r);
	if (!head || *broken)
		return f->slot->module;
	return slots[r.slot].module;
}

/*
 * Which module the current thread runs, for a trap from ring 3: the one whose
 * text the instruction pointer is in, else the one that was entered last.
 */
struct module *module_running(const struct regs *regs)
{
	struct module *m = module_by_text(regs->rip);
	bool broken;

	if (m && m->domain != current->gate->slot->domain)
		m = NULL;
	return m ? m : innermost(current, &broken);
}

static void resume_ring0(struct regs *regs, struct gate_frame *f)
{
	regs->rip = (u64)gate_abort;
	regs->cs = SEL_KERNEL_CODE;
	regs->ss = SEL_KERNEL_DATA;
	regs->rsp = (u64)f;
	regs->rflags = RFLAGS_FIXED;
}

/* Runs the call of record `r` at `addr` again. */
static bool resume_again(struct regs *regs, struct mstack *s, u64 addr,
			 struct landing *r)
{
	struct slot *slot = &slots[r->slot];
	u64 back = RING3(light_return);

	if (!(slot->contract->flags & CALL_RESTARTABLE) ||
	    !module_wait_live(slot->module))
		return false;
	if (copy_to_module(addr - 8, &back, 8) ||
	    copy_to_module(s->unit + STACK_UNIT - 8, &addr, 8))
		return false;
	op_set_rerun(true);
	memset(regs, 0, offsetof(struct regs, vector));
	regs->rdi = r->arg[0];
	regs->rsi = r->arg[1];
	regs->rdx = r->arg[2];
	regs->rcx = r->arg[3];
	regs->r8 = r->arg[4];
	regs->r9 = r->arg[5];
	regs->rip = slot->target;
	regs->rsp = addr - 8;
	return true;
}

/* Back to record `r`: its call returns an error, or is run again. */
static void resume_landing(struct regs *regs, struct mstack *s, u64 addr,
			   struct landing *r)
{
	const struct contract *c = slots[r->slot].contract;
	bool live = slots[r->slot].module->state != MODULE_FAILED;

	regs->rflags = RFLAGS_FIXED | RFLAGS_IF;
	/* Once in an operation: what dies each time it is run must end. */
	if (current->rerun_in != current->op + 1) {
		current->rerun_in = current->op + 1;
		if (resume_again(regs, s, addr, r))
			return;
	}
	memset(regs, 0, offsetof(struct regs, vector));
	regs->rip = RING3(light_return);
	regs->rsp = addr;
	if (!(c->flags & (CALL_FAIL_ZERO | CALL_VOID)))
		regs->rax = live ? -EIO : -ENODEV;
}

/* Every module of the domain is at fault: its stack's records are broken. */
static void domain_fault(struct domain *d, struct module *except)
{
	for (u32 id = 1; id < MODULES_MAX; id++) {
		struct module *m = module_by_id(id);

		if (m && m != except && m->domain == d && m->state == MODULE_LIVE)
			module_fault(m, REASON_STACK, NULL,
				     "shares a stack whose landing records are broken");
	}
}

/*
 * Changes `regs` (of a trap from ring 3) so that the thread goes on where `m`
 * was entered from. May sleep (a restartable call waits for the reset).
 */
void unwind_regs(struct regs *regs, struct module *m)
{
	struct gate_frame *f = current->gate;
	struct mstack *s = f->stack;
	struct landing r;
	u64 addr, above = 0;
	u32 n;

	current->unwind = current->cancel = false;
	current->unwind_at = NULL;
	addr = chain_head(s);
	for (n = 0; addr && n < CHAIN_MAX; n++, above = addr, addr = r.prev) {
		if (!chain_read(s, addr, above, &r))
			break;
		if (slots[r.slot].module == m) {
			resume_landing(regs, s, addr, &r);
			return;
		}
	}
	if (addr || f->slot->module != m)
		domain_fault(f->slot->domain, m);
	resume_ring0(regs, f);
}

static void scan_chain(struct gate_frame *f, struct module *m)
{
	struct module_range *stubs = &m->range[RANGE_STUBS];
	u64 stale = RING3(light_stale), addr, above = 0;
	struct landing r;

	addr = chain_head(f->stack);
	for (u32 n = 0; addr && n < CHAIN_MAX; n++, above = addr, addr = r.prev) {
		if (!chain_read(f->stack, addr, above, &r))
			return;
		if (r.ret - stubs->start < stubs->size &&
		    slots[r.slot].module != m)
			copy_to_module(addr + offsetof(struct landing, ret),
				       &stale, 8);
	}
}

static void scan_thread(struct thread *t, void *arg)
{
	struct module *m = arg;
	struct gate_frame *f;
	bool broken;

	if (!t->gate)
		return;
	for (f = t->gate; f; f = f->prev)
		scan_chain(f, m);
	if (innermost(t, &broken) != m)
		return;
	t->unwind = true;
	t->unwind_at = t->gate;
	if (t != current) {
		t->cancel = true;
		if (t->state == THREAD_BLOCKED)
			thread_wake(t);
	}
}

/* *arg: the module, or NULL once a thread was found that has it on its way back. */
static void scan_inside(struct thread *t, void *arg)
{
	const struct module **m = arg;
	struct gate_frame *f;
	struct landing r;
	u64 addr, above;

	for (f = t->gate; f && *m; f = f->prev) {
		if (f->slot->module == *m)
			*m = NULL;
		addr = chain_head(f->stack);
		for (above = 0; addr && *m && chain_read(f->stack, addr, above, &r);
		     above = addr, addr = r.prev)
			if (slots[r.slot].module == *m)
				*m = NULL;
	}
	if (*m && (*m)->domain == &core_domain && module_on_stack(*m, t))
		*m = NULL;
}

/* Whether a thread is inside `m`, or will return into it. */
bool unwind_inside(const struct module *m)
{
	thread_for_each(scan_inside, &m);
	return !m;
}

/* Marks all threads that are inside `m`; its epoch has been raised. */
void unwind_scan(struct module *m)
{
	thread_for_each(scan_thread, m);
}

/*
 * gate_return: a function came back while the thread was marked. True: its
 * module was reset under it, the call failed.
 */
bool gate_return_stale(struct gate_frame *f)
{
	bool stale = current->unwind_at == f && f->slot->module &&
		     f->epoch != f->slot->module->epoch;

	if (current->unwind_at == f || !current->unwind_at) {
		current->unwind = false;
		current->unwind_at = NULL;
	}
	return stale;
}

/*
 * The call of frame `f` failed. Takes the frame off the thread; returns what
 * the caller gets. For a call by gate_enter() the C caller decides; else a
 * restartable call is run once more when its module lives again. Interrupts
 * are off on entry and on when it returns.
 */
long gate_aborted(struct gate_frame *f)
{
	struct thread *t = current;
	struct slot *s = f->slot;
	bool kept = f->flags >> 31;

	if (t->unwind_at == f) {
		t->unwind = false;
		t->unwind_at = NULL;
	}
	t->cancel = false;
	t->ring3_cr3 = f->ring3_cr3;
	t->entry_rsp = f->entry_rsp;
	t->gate = f->prev;
	this_cpu()->tss->rsp0 = f->entry_rsp;
	irq_enable();
	if (kept) {
		t->gate_failed = true;
		return -EIO;
	}
	stack_put(f->stack);
	if (!s->contract)
		return -EIO;
	if ((s->contract->flags & CALL_RESTARTABLE) && module_wait_live(s->module)) {
		/* Not through gate_down: once is enough. */
		struct mstack *stack = stack_get(s->domain);
		bool rerun;
		long ret;

		if (!stack)
			return -ENOMEM;
		t->gate_failed = false;
		rerun = op_set_rerun(true);
		ret = gate_enter(s, f->arg, stack);
		op_set_rerun(rerun);
		stack_put(stack);
		if (!t->gate_failed)
			return ret;
		t->gate_failed = false;
	}
	if (s->contract->flags & (CALL_FAIL_ZERO | CALL_VOID))
		return 0;
	return s->module->state == MODULE_FAILED ? -ENODEV : -EIO;
}

/*
 * A module came up from where it may not (`stale` 0), or its caller was reset
 * meanwhile (1). `regs` are those of a trap there.
 */
void gate_trapped(struct regs *regs, u64 stale)
{
	struct module *m;
	bool broken;

	if (!stale) {
		m = module_running(regs);
		module_fault(m, REASON_CONTRACT, regs,
			     "executed the gate's instruction outside its stubs");
		unwind_regs(regs, m);
		return;
	}
	/* light_return has taken the callee's record off: the caller is next. */
	m = innermost(current, &broken);
	unwind_regs(regs, m);
}
