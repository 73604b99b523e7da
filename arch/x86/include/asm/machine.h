/* SPDX-License-Identifier: MIT */
/* What arch/x86/ offers beyond include/core: memory mappings, ACPI, the CPU. */
#ifndef ASM_MACHINE_H
#define ASM_MACHINE_H

#include <asm/memmap.h>
#include <cpu.h>
#include <types.h>

/* The image's parts, by the linker script; all at page boundaries. */
extern char core_text_start[], core_text_end[];
extern char core_rodata_start[], core_rodata_end[];
extern char core_data_start[], core_bss_end[], core_image_end[];

/* Physical address of something in the core image. */
static inline u64 core_phys(const void *p)
{
	return (u64)p - CORE_BASE;
}

/* Makes `tss` (with I/O bitmap, `limit` + 1 bytes in all) this CPU's. */
void cpu_set_tss(struct tss *tss, u32 limit);

/* Maps a page of the vmap area (or the core's image) in all views: 0, -ENOMEM. */
int kernel_map(u64 addr, u64 phys, u64 pte_flags);
/* Physical address behind a core address that is mapped, 0: none. */
u64 kernel_lookup(u64 addr);

/* 16550 on COM1, polled (arch/x86/kernel/serial_early.c). */
void serial_early_init(void);
/* Waits until the last byte has left. */
void serial_early_drain(void);

/* ACPI tables (arch/x86/kernel/acpi.c). */
struct acpi_info {
	u64 lapic;		/* physical addresses, 0: none */
	u64 ioapic;
	u32 ioapic_gsi;		/* first global interrupt of that IOAPIC */
	u32 line_gsi[16];	/* of each ISA line */
	u16 line_flags[16];	/* MADT's: polarity and trigger mode */
	u32 cpus;
	u16 pm_timer;		/* I/O port, 0: none */
	bool pm_timer_32;	/* it has 32 bits, not 24 */
};
extern struct acpi_info acpi_info;

void acpi_init(void);		/* after view_init() */
void acpi_power_off(void);	/* returns when it does not work */
void acpi_reset(void);

/* arch/x86/kernel/{pic,apic}.c, for irqchip.c. */
void pic_init(void);
void pic_mask(u32 line, bool masked);
bool pic_accept(u32 line);
void pic_eoi(u32 line);
void pic_timer_start(u32 hz);
bool lapic_init(u64 phys, bool extint);	/* false: there is none */
void lapic_eoi(void);
void lapic_self_interrupt(u32 vector);
void lapic_timer_start(u32 vector, u32 count);
u32 lapic_timer_count(void);
bool ioapic_init(u64 phys);
bool ioapic_route(u32 pin, u32 vector, u16 flags);	/* masked; true: level */
void ioapic_mask(u32 pin, bool masked);

#endif
