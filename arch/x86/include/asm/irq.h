/* SPDX-License-Identifier: MIT */
/*
 * Interrupt lines and the tick (arch/x86/kernel/{irqchip,pic,apic}.c). A line
 * is an ISA interrupt, 0 to 15; its vector is IRQ_VECTOR_BASE + line.
 */
#ifndef ASM_IRQ_H
#define ASM_IRQ_H

#include <types.h>

#define IRQ_LINES 16
#define IRQ_VECTOR_BASE 32
#define IRQ_VECTOR_TIMER 48	/* local APIC */
#define IRQ_VECTOR_SPURIOUS 0xff

struct regs;

/* The vector that the tick arrives on: the local APIC's, or line 0's (PIT). */
extern u32 irq_timer_vector;

/* Finds the interrupt controllers; all lines masked. Once, after view_init(). */
void irqchip_init(void);
/*
 * A masked line delivers nothing. What an edge-triggered line brought while it
 * was masked is delivered when it is unmasked. Any context.
 */
void irq_mask_line(u32 line);
void irq_unmask_line(u32 line);
/* Tells the controller that `vector` was taken. Interrupts off. */
void irq_eoi(u32 vector);
/*
 * Starts the timer on irq_timer_vector: a first interrupt after a tick of `hz` a
 * second, and again with each irq_timer_shot().
 */
void irq_timer_start(u32 hz);
/*
 * Moves the next timer interrupt to `ns` (at most a second) from now. False: it
 * comes at every tick whatever is asked (8254). Interrupts off.
 */
bool irq_timer_shot(u64 ns);
/* "apic+ioapic", "apic+pic" or "pic". */
const char *irqchip_name(void);

/* For traps.c: false when an interrupt is spurious or must wait (line masked). */
bool irqchip_accept(u32 vector);

/* kernel/irq.c: serves an interrupt, interrupts off; calls irq_eoi(). */
void irq_dispatch(u32 vector, struct regs *regs);

#endif
