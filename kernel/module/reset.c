// SPDX-License-Identifier: MIT
/*
 * Faults and resets.
 *
 * module_fault() runs where the fault was found: it reports, raises the epoch,
 * bars the module to new calls and gets its threads out (the boundary's part).
 * The rest is done by one core thread, "reset", which takes faulted modules one
 * at a time: account given back, image restored, init with INIT_RECOVERING.
 *
 * A module that fails again within CONFIG_BACKOFF_MAX_MS of its last reset waits
 * twice as long as before, from CONFIG_BACKOFF_MIN_MS on; after
 * CONFIG_MAX_RESETS such failures in a row it is FAILED for good.
 */
#include <core.h>
#include <errno.h>
#include <log.h>
#include <process.h>
#include <slab.h>
#include <string.h>
#include <sched.h>
#include <timer.h>

#include "internal.h"

static struct wait reset_wait;

/* Gives back what is on m's account; records and, at a reset, what lives on, stay. */
void account_give_back(struct module *m, bool resetting)
{
	struct module *slab = module_by_name("slab");

	handle_close_all(m, resetting ? SWEEP_RESET : SWEEP_UNLOAD);
	heap_release(m, resetting);
	if (slab && slab != m && slab->state == MODULE_LIVE)
		slab_owner_gone(m->id, resetting ? m->epoch : 0);
	if (!resetting)
		records_free(m);
}

#if defined(CONFIG_FAULT_PANIC)
#define POLICY_DEFAULT POLICY_PANIC
#elif defined(CONFIG_FAULT_FAIL)
#define POLICY_DEFAULT POLICY_FAIL
#else
#define POLICY_DEFAULT POLICY_RESET
#endif

/* What happens at a fault: as the manifest says, else as Kconfig does. */
static enum module_policy policy_of(const struct module *m)
{
	return m->manifest.policy == POLICY_RESET ? POLICY_DEFAULT : m->manifest.policy;
}

static u64 backoff_next(struct module *m, u64 now)
{
	bool soon = m->last_reset_ns &&
		    now - m->last_reset_ns < CONFIG_BACKOFF_MAX_MS * NSEC_PER_MSEC;

	m->failures = soon ? m->failures + 1 : 1;
	if (!soon)
		return 0;
	if (!m->backoff_ns)
		return CONFIG_BACKOFF_MIN_MS * NSEC_PER_MSEC;
	return MIN(2 * m->backoff_ns, CONFIG_BACKOFF_MAX_MS * NSEC_PER_MSEC);
}

void module_fault_at(struct module *m, enum fault_reason reason,
		     const struct regs *regs, u64 address, const char *what)
{
	if (m->state == MODULE_RESETTING || m->state == MODULE_FAILED ||
	    m->state == MODULE_UNLOADED)
		return;		/* another thread came first; this one is evicted */
	m->inject = false;
	module_report(m, reason, regs, address, what);
	if (!boundary_contains(m) || policy_of(m) == POLICY_PANIC)
		panic("module %s is at fault and cannot be reset", m->name);
	m->faults++;
	m->epoch++;
	m->backoff_ns = backoff_next(m, time_now_ns());
	m->reset_due_ns = time_now_ns() + m->backoff_ns;
	m->fault_ns = time_now_ns();
	module_set_state(m, MODULE_RESETTING);
	boundary_evict(m);
	wait_wake_all(&reset_wait);
}

void module_fault(struct module *m, enum fault_reason reason,
		  const struct regs *regs, const char *what)
{
	module_fault_at(m, reason, regs, 0, what);
}

/* include/interface/core.h. */
long module_inject(u32 self, u32 module, u32 kind)
{
	struct module *m = module_by_id(module);

	if (!IS_ENABLED(CONFIG_FAULT_INJECT) || !current->process ||
	    current->process->creds.euid != 0)
		return -EPERM;
	if (!m)
		return -ENOENT;
	if (kind < INJECT_NOW || kind > INJECT_NEVER)
		return -EINVAL;
	if (m->state != MODULE_LIVE)
		return -EBUSY;
	WRITE_ONCE(m->inject, kind == INJECT_INSIDE);
	if (kind == INJECT_NOW)
		module_fault(m, REASON_INJECTED, NULL, INJECTED_TEXT);
	return 0;
}
SYMBOL_EXPORT(module_inject);

static void give_up(struct module *m, const char *why)
{
	pr_err("module %s: %s; it stays off, the system goes on without it",
	       m->name, why);
	account_give_back(m, false);
	module_set_state(m, MODULE_FAILED);
}

static void reset_one(struct module *m)
{
	bool never = policy_of(m) == POLICY_FAIL;
	int error;

	if (never || m->failures > CONFIG_MAX_RESETS) {
		give_up(m, never ? "its policy is not to be reset" :
				   "it failed too often in a row");
		return;
	}
	account_give_back(m, true);
	image_restore(m);
	params_apply(m);
	m->resets++;
	m->last_reset_ns = time_now_ns();
	error = module_start(m, INIT_RECOVERING);
	if (error)
		return;
	handle_close_all(m, SWEEP_UNCLAIMED);
	pr_notice("module %s: reset number %u done, %lu us after the fault",
		  m->name, m->resets,
		  (unsigned long)((time_now_ns() - m->fault_ns) / NSEC_PER_USEC));
}

/* The module whose reset is due first, and when; NULL: none waits. */
static struct module *next_due(void)
{
	struct module *first = NULL;

	for (u32 id = 1; id < MODULES_MAX; id++) {
		struct module *m = module_by_id(id);

		if (m && m->state == MODULE_RESETTING &&
		    (!first || m->reset_due_ns < first->reset_due_ns))
			first = m;
	}
	return first;
}

static void reset_thread(void *unused)
{
	for (;;) {
		u32 seq = wait_read(&reset_wait);
		struct module *m = next_due();

		if (m && m->reset_due_ns <= time_now_ns())
			reset_one(m);
		else
			wait_on(&reset_wait, seq, m ? m->reset_due_ns : 0, false);
	}
}

/* Starts the thread that resets modules. */
void reset_init(void)
{
	struct thread *t;

	wait_init(&reset_wait);
	t = thread_create_core("reset", reset_thread, NULL, PRIORITY_CORE);
	if (!t)
		panic("no memory for the thread that resets modules");
	thread_start(t);
}
