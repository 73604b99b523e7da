/* SPDX-License-Identifier: MIT */
/*
 * Local APIC (Intel SDM vol. 3, chapter 11) and I/O APIC (Intel 82093AA).
 */
#include <asm/insn.h>
#include <asm/irq.h>
#include <asm/machine.h>
#include <frame.h>

#include "apic_regs.h"

static volatile u32 *lapic, *ioapic;
static u32 ioapic_pins;

static u32 lapic_read(u32 reg)
{
	return lapic[reg / 4];
}

static void lapic_write(u32 reg, u32 value)
{
	lapic[reg / 4] = value;
}

/*
 * Enables this CPU's local APIC at `phys` (0: where the MSR says). With
 * `extint` the PICs' interrupts come through LINT0. False: it has none.
 */
bool lapic_init(u64 phys, bool extint)
{
	u64 base;

	if (!cpu_features.apic)
		return false;
	base = rdmsr(MSR_APIC_BASE);
	if (base & APIC_BASE_X2APIC)	/* to xAPIC, by way of disabled */
		wrmsr(MSR_APIC_BASE, base & ~(u64)(APIC_BASE_X2APIC | APIC_BASE_ENABLE));
	wrmsr(MSR_APIC_BASE, (base & ~(u64)APIC_BASE_X2APIC) | APIC_BASE_ENABLE);
	lapic = vmap_device(phys ? phys : base & APIC_BASE_ADDR, LAPIC_SIZE, true);
	if (!lapic)
		return false;
	lapic_write(LAPIC_LVT_TIMER, LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT0, extint ? LVT_EXTINT : LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT1, LVT_NMI);
	lapic_write(LAPIC_LVT_ERROR, LVT_MASKED);
	lapic_write(LAPIC_TPR, 0);
	lapic_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_1);
	lapic_write(LAPIC_SPURIOUS, SPURIOUS_ENABLE | IRQ_VECTOR_SPURIOUS);
	return true;
}

/* Ends the interrupt that is being served. */
void lapic_eoi(void)
{
	lapic_write(LAPIC_EOI, 0);
}

/* This CPU's number, as the I/O APIC addresses it. */
static u32 lapic_id(void)
{
	return lapic_read(LAPIC_ID) >> 24;
}

/* Makes this CPU take `vector` when interrupts are on. */
void lapic_self_interrupt(u32 vector)
{
	lapic_write(LAPIC_ICR_LOW, ICR_SELF | vector);
}

/*
 * Starts the timer: one interrupt on `vector` after `count` ticks; vector 0: it
 * only counts down.
 */
void lapic_timer_start(u32 vector, u32 count)
{
	lapic_write(LAPIC_LVT_TIMER, vector ? vector : LVT_MASKED);
	lapic_write(LAPIC_TIMER_INITIAL, count);
}

/* What is left of the count. */
u32 lapic_timer_count(void)
{
	return lapic_read(LAPIC_TIMER_CURRENT);
}

static u32 ioapic_read(u32 reg)
{
	ioapic[IOAPIC_SELECT / 4] = reg;
	return ioapic[IOAPIC_WINDOW / 4];
}

static void ioapic_write(u32 reg, u32 value)
{
	ioapic[IOAPIC_SELECT / 4] = reg;
	ioapic[IOAPIC_WINDOW / 4] = value;
}

/* Maps the I/O APIC at `phys` and masks all its pins: false, no room for it. */
bool ioapic_init(u64 phys)
{
	u32 pin;

	ioapic = vmap_device(phys, IOAPIC_WINDOW + 4, true);
	if (!ioapic)
		return false;
	ioapic_pins = (ioapic_read(IOAPIC_VERSION) >> 16 & 0xff) + 1;
	for (pin = 0; pin < ioapic_pins; pin++)
		ioapic_mask(pin, true);
	return true;
}

/*
 * Sends `pin` to this CPU as `vector`, masked; `flags` are the MADT's. True
 * when the pin is level-triggered.
 */
bool ioapic_route(u32 pin, u32 vector, u16 flags)
{
	u32 low = REDIRECT_MASKED | vector;

	if (pin >= ioapic_pins)
		return false;
	if ((flags & MADT_POLARITY_LOW) == MADT_POLARITY_LOW)
		low |= REDIRECT_LOW_ACTIVE;
	if ((flags & MADT_TRIGGER_LEVEL) == MADT_TRIGGER_LEVEL)
		low |= REDIRECT_LEVEL;
	ioapic_write(IOAPIC_REDIRECT + 2 * pin + 1, lapic_id() << 24);
	ioapic_write(IOAPIC_REDIRECT + 2 * pin, low);
	return low & REDIRECT_LEVEL;
}

/* Masks or unmasks a pin. An edge on a masked pin is lost. */
void ioapic_mask(u32 pin, bool mask)
{
	u32 reg = IOAPIC_REDIRECT + 2 * pin;

	if (pin < ioapic_pins)
		ioapic_write(reg, (ioapic_read(reg) & ~REDIRECT_MASKED) |
				  (mask ? REDIRECT_MASKED : 0));
}
