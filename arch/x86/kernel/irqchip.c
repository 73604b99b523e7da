/* SPDX-License-Identifier: MIT */
/*
 * Interrupt lines and the tick, on whichever controllers there are: local APIC
 * and I/O APIC by the MADT; a local APIC with the PICs behind LINT0; or the
 * PICs alone, with the 8254 as timer.
 *
 * An edge that reaches a masked I/O APIC pin is lost, so an edge-triggered line
 * is never masked there once it was unmasked: an interrupt that comes while it
 * should be masked is remembered, and sent again when the line is unmasked.
 *
 * State is changed with interrupts off; one CPU takes all interrupts.
 */
#include <asm/irq.h>
#include <asm/machine.h>
#include <asm/tsc.h>
#include <cpu.h>

#define HZ_PER_KHZ 1000

enum chip { CHIP_PIC, CHIP_APIC_PIC, CHIP_APIC };

static enum chip chip;
static u16 line_level, line_masked, line_pending, line_open;

u32 irq_timer_vector;

static u32 line_pin(u32 line)
{
	return acpi_info.line_gsi[line] - acpi_info.ioapic_gsi;
}

static void route_lines(void)
{
	u32 line;

	for (line = 0; line < IRQ_LINES; line++)
		if (ioapic_route(line_pin(line), IRQ_VECTOR_BASE + line,
				 acpi_info.line_flags[line]))
			line_level |= 1 << line;
}

/* See asm/irq.h. */
void irqchip_init(void)
{
	bool io = acpi_info.ioapic;

	pic_init();
	line_masked = 0xffff;
	if (!lapic_init(acpi_info.lapic, !io))
		chip = CHIP_PIC;
	else if (io && ioapic_init(acpi_info.ioapic))
		chip = CHIP_APIC;
	else
		chip = CHIP_APIC_PIC;
	if (chip == CHIP_APIC)
		route_lines();
	irq_timer_vector = chip == CHIP_PIC ? IRQ_VECTOR_BASE : IRQ_VECTOR_TIMER;
}

/* See asm/irq.h. */
const char *irqchip_name(void)
{
	static const char *const name[] = { "pic", "apic+pic", "apic+ioapic" };

	return name[chip];
}

/* See asm/irq.h. */
void irq_mask_line(u32 line)
{
	u64 flags = irq_save();

	line_masked |= 1 << line;
	if (chip != CHIP_APIC)
		pic_mask(line, true);
	else if (line_level & 1 << line)
		ioapic_mask(line_pin(line), true);
	irq_restore(flags);
}

/* See asm/irq.h. */
void irq_unmask_line(u32 line)
{
	u64 flags = irq_save();
	u16 bit = 1 << line;

	line_masked &= ~bit;
	if (chip != CHIP_APIC) {
		pic_mask(line, false);
	} else if (line_level & bit || !(line_open & bit)) {
		line_open |= bit;
		ioapic_mask(line_pin(line), false);
	} else if (line_pending & bit) {
		line_pending &= ~bit;
		lapic_self_interrupt(IRQ_VECTOR_BASE + line);
	}
	irq_restore(flags);
}

/* See asm/irq.h. */
bool irqchip_accept(u32 vector)
{
	u32 line = vector - IRQ_VECTOR_BASE;

	if (line >= IRQ_LINES)
		return true;
	if (chip != CHIP_APIC)
		return pic_accept(line);
	if (!(line_masked & 1 << line))
		return true;
	line_pending |= 1 << line;
	lapic_eoi();
	return false;
}

/* See asm/irq.h. */
void irq_eoi(u32 vector)
{
	if (chip == CHIP_APIC || vector == IRQ_VECTOR_TIMER)
		lapic_eoi();
	else
		pic_eoi(vector - IRQ_VECTOR_BASE);
}

/* See asm/irq.h. */
void irq_timer_start(u32 hz)
{
	if (chip != CHIP_PIC) {
		irq_timer_shot(NSEC_PER_SEC / hz);
	} else {
		pic_timer_start(hz);
		irq_unmask_line(0);
	}
}

/* See asm/irq.h. */
bool irq_timer_shot(u64 ns)
{
	u64 count = ns * (apic_timer_hz / HZ_PER_KHZ) / (NSEC_PER_SEC / HZ_PER_KHZ);

	if (chip == CHIP_PIC)
		return false;
	lapic_timer_start(IRQ_VECTOR_TIMER, MAX(count, 1ul));
	return true;
}
