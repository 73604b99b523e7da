/* SPDX-License-Identifier: MIT */
/*
 * arch_start(): the first C code. It brings up what the rest of the core needs
 * to be ordinary C: log, CPU state, traps, page frames, views, interrupt
 * controllers and clocks. Nothing here waits longer than a clock needs to be
 * measured.
 */
#include <asm/irq.h>
#include <asm/machine.h>
#include <asm/trap.h>
#include <asm/tsc.h>
#include <boot.h>
#include <frame.h>
#include <log.h>
#include <string.h>
#include <thread.h>
#include <view.h>

#include "boot.h"

__noreturn void arch_start(u64 magic, u64 info);

static bool read_boot_info(u64 magic, u64 info)
{
	bool known = false;

	boot_info.entry_tsc = boot_tsc;
	if (magic == BOOT_MAGIC_MULTIBOOT2)
		known = boot_info_multiboot2(info);
	else if (magic == BOOT_MAGIC_PVH)
		known = boot_info_pvh(info);
	if (!boot_info.cmdline[0])
		strlcpy(boot_info.cmdline, CONFIG_COMMAND_LINE, BOOT_CMDLINE_MAX);
	return known;
}

/* The first mark on the serial line: what came before is the firmware's time. */
static void mark_entry(void)
{
	for (const char *s = "whitix: entry\n"; *s; s++)
		log_serial_putc(*s);
}

/*
 * Called by head.S on the boot stack, interrupts off, early page tables.
 * `magic` says which loader, `info` is the physical address of what it left.
 */
void arch_start(u64 magic, u64 info)
{
	bool known;

	serial_early_init();
	mark_entry();
	cpu_init();
	current->stack_base = (u64)boot_stack;
	idt_init();
	known = read_boot_info(magic, info);
	if (!known)
		panic("the boot loader (magic %#lx) gave no memory map", magic);
	frame_init();
	view_init();
	acpi_init();
	irqchip_init();
	tsc_calibrate();
	pr_info("boot: %s, %lu KiB free, %s, TSC %lu kHz", boot_info.loader,
		frame_free_count() * 4, irqchip_name(), tsc_hz / 1000);
	kernel_main();
}
