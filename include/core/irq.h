/* SPDX-License-Identifier: MIT */
/*
 * Interrupt handlers of modules, and what is counted (kernel/irq.c). The lines
 * and controllers are in asm/irq.h.
 */
#ifndef CORE_IRQ_H
#define CORE_IRQ_H

#include <asm/irq.h>
#include <module.h>
#include <types.h>

struct module;

/*
 * Attaches fn(cookie) to an ISA line on account of `m` (NULL: the core). The
 * line is masked at each interrupt, fn is called in a core thread of the best
 * priority, where it may sleep, and the line is unmasked when it returns.
 * `*out` names the attachment. 0, -EINVAL (no such line), -EBUSY, -ENOMEM.
 */
int irq_attach_core(u32 line, void (*fn)(u64 cookie), u64 cookie,
		    struct module *m, void **out);
/* Ends it; a call that is running goes on to its end. Any context. */
void irq_detach_core(void *attachment);

/* Interrupts on a line so far; IRQ_LINES: timer ticks. */
u64 irq_count(u32 line);
/* Whose handler it is, "": of a line that nobody, or the core, has. */
void irq_owner_name(u32 line, char name[MODULE_NAME_MAX]);

#endif
