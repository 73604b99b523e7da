/* SPDX-License-Identifier: MIT */
/*
 * The boundary: the only place where the layouts differ. The rest of the core
 * calls these unconditionally; kernel/boundary/gate/ and kernel/boundary/direct/
 * each have them all.
 */
#ifndef CORE_BOUNDARY_H
#define CORE_BOUNDARY_H

#include <asm/regs.h>
#include <modules.h>
#include <types.h>

struct thread;

void boundary_init(void);	/* after view_init(), sched_init() */

/*
 * A trap that is not a program's and was not repaired. If it is a module's
 * fault it is dealt with and `regs` changed so that returning from the trap
 * goes on where the call failed: true. False: the core's own, panic.
 * `address` is CR2 of a page fault.
 */
bool boundary_fault(struct regs *regs, u64 address);
/* Each timer tick, interrupts off: the watchdog. */
void boundary_tick(struct regs *regs);
/* Before ring 3 is entered again, interrupts on: unwinds from a reset module. */
void boundary_ring3_exit(struct regs *regs);
/* The thread is inside a module now (not a program). */
bool boundary_in_module(const struct thread *t);

/* "hybrid" or "drivers_in_kernel"; "shared", "private", NULL; and the gate. */
const char *boundary_layout(void);
const char *boundary_domains(void);
const char *boundary_gate(void);
/* Where `m` is: "core", "shared" or "private"; and its domain's number. */
const char *boundary_placement(const struct module *m, u32 *domain);
/* false: crossings cannot be counted (they are plain calls). */
bool boundary_counts(void);

/* Crossings so far, for the boot trace. */
struct boundary_counters {
	u64 down, up, across, bytes;
};
void boundary_counters_get(struct boundary_counters *c);
/* Of one module: calls into it by the core and by modules, its calls up. */
void boundary_module_counters(const struct module *m, struct boundary_counters *c);

#endif
