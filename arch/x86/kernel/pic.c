/* SPDX-License-Identifier: MIT */
/*
 * The pair of 8259A interrupt controllers and the 8254 timer: what interrupts
 * come from on machines without APICs. With APICs the PICs stay masked. Intel
 * 8259A data sheet; Intel 8254 data sheet.
 */
#include <asm/irq.h>
#include <asm/machine.h>
#include <io.h>

#include "isa_ports.h"

static u16 masked = 0xffff;	/* interrupts off */

static void write_mask(void)
{
	outb(PIC1 + PIC_DATA, masked);
	outb(PIC2 + PIC_DATA, masked >> PIC_LINES);
}

/* Sets both up for vectors IRQ_VECTOR_BASE on, all lines masked. */
void pic_init(void)
{
	outb(PIC1, ICW1_INIT);
	outb(PIC2, ICW1_INIT);
	outb(PIC1 + PIC_DATA, IRQ_VECTOR_BASE);
	outb(PIC2 + PIC_DATA, IRQ_VECTOR_BASE + PIC_LINES);
	outb(PIC1 + PIC_DATA, 1 << PIC_CASCADE);
	outb(PIC2 + PIC_DATA, PIC_CASCADE);
	outb(PIC1 + PIC_DATA, ICW4_8086);
	outb(PIC2 + PIC_DATA, ICW4_8086);
	masked = 0xffff;
	write_mask();
}

/* Masks or unmasks a line; the PIC keeps an edge that comes meanwhile. */
void pic_mask(u32 line, bool mask)
{
	u16 bits = 1 << line;

	masked = mask ? masked | bits : masked & ~bits;
	if (masked >> PIC_LINES != 0xff)
		masked &= ~(1 << PIC_CASCADE);
	write_mask();
}

/*
 * False when the interrupt on `line` is spurious (Intel 8259A, "default IR7"):
 * then it gets no EOI, but the first PIC does for the second's.
 */
bool pic_accept(u32 line)
{
	u16 port = line < PIC_LINES ? PIC1 : PIC2;

	if (line % PIC_LINES != PIC_LINES - 1)
		return true;
	outb(port, OCW3_READ_ISR);
	if (inb(port) & 1 << (PIC_LINES - 1))
		return true;
	if (port == PIC2)
		outb(PIC1, OCW2_EOI);
	return false;
}

/* Ends the interrupt on `line`. */
void pic_eoi(u32 line)
{
	if (line >= PIC_LINES)
		outb(PIC2, OCW2_EOI);
	outb(PIC1, OCW2_EOI);
}

/* Lets the 8254 interrupt on line 0, `hz` times a second. */
void pic_timer_start(u32 hz)
{
	u32 count = (PIT_HZ + hz / 2) / hz;

	outb(PIT_COMMAND, PIT_RATE_GENERATOR);
	outb(PIT_CHANNEL0, count);
	outb(PIT_CHANNEL0, count >> 8);
}
