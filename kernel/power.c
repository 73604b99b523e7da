/* SPDX-License-Identifier: MIT */
/*
 * Turning the machine off, resetting it, stopping it: for reboot(2) and panics.
 * The serial line is drained first. Works with interrupts off.
 */
#include <asm/machine.h>
#include <boot.h>
#include <cpu.h>
#include <io.h>

#define DEBUG_EXIT_PORT 0xf4	/* QEMU: -device isa-debug-exit,iobase=0xf4 */

#define PORT_RESET 0xcf9	/* Intel chipsets' reset control */
#define RESET_HARD 0x06
#define PORT_KEYBOARD 0x64	/* 8042: pulse the reset line */
#define KEYBOARD_RESET 0xfe

/* Stops for good. */
__noreturn void machine_halt(void)
{
	serial_early_drain();
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* Resets the machine by whatever works, a triple fault at last. */
__noreturn void machine_reboot(void)
{
	static const struct {
		u16 limit;
		u64 base;
	} __packed no_idt;

	irq_disable();
	serial_early_drain();
	acpi_reset();
	outb(PORT_RESET, RESET_HARD);
	outb(PORT_KEYBOARD, KEYBOARD_RESET);
	__asm__ volatile("lidt %0; int3" : : "m"(no_idt));
	machine_halt();
}

/* Turns the machine off; where that is not possible, resets it. */
__noreturn void machine_power_off(void)
{
	irq_disable();
	serial_early_drain();
	acpi_power_off();
	machine_reboot();
}

/* QEMU ends with status code * 2 + 1; returns if the device is not there. */
void machine_debug_exit(u32 code)
{
	serial_early_drain();
	outl(DEBUG_EXIT_PORT, code);
}
