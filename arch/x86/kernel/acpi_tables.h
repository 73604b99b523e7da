/* SPDX-License-Identifier: MIT */
/* ACPI tables as they lie in memory, and the AML that power-off needs (ACPI 6.4). */
#ifndef KERNEL_ACPI_TABLES_H
#define KERNEL_ACPI_TABLES_H

#include <types.h>

#define RSDP_SIZE_OLD 20
#define RSDP_SIZE 36
#define RSDP_STEP 16
#define BIOS_AREA 0xe0000
#define BIOS_AREA_SIZE 0x20000

struct rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 length;
	u64 xsdt;
	u8 checksum_all, reserved[3];
} __packed;

struct table {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem[6], oem_table[8];
	u32 oem_revision, creator, creator_revision;
} __packed;

struct madt {
	struct table table;
	u32 lapic, flags;
} __packed;

struct madt_entry {
	u8 type, length;
} __packed;

enum { MADT_LAPIC = 0, MADT_IOAPIC = 1, MADT_OVERRIDE = 2, MADT_LAPIC_ADDR = 5 };

struct madt_lapic {
	struct madt_entry entry;
	u8 processor, id;
	u32 flags;
} __packed;

struct madt_ioapic {
	struct madt_entry entry;
	u8 id, reserved;
	u32 addr, gsi;
} __packed;

struct madt_override {
	struct madt_entry entry;
	u8 bus, source;
	u32 gsi;
	u16 flags;
} __packed;

struct madt_lapic_addr {
	struct madt_entry entry;
	u16 reserved;
	u64 addr;
} __packed;

#define LAPIC_USABLE 0x3	/* enabled, or can be */

/* Only what is used; a table may be shorter. */
struct fadt {
	struct table table;
	u32 facs, dsdt;
	u8 reserved0, profile;
	u16 sci;
	u32 smi_command;
	u8 acpi_enable, acpi_disable, s4bios, pstate;
	u32 pm1a_event, pm1b_event, pm1a_control, pm1b_control;
	u32 pm2_control, pm_timer;
	u8 skip[112 - 80];
	u32 flags;
	u8 reset_space, reset_width, reset_offset, reset_access;
	u64 reset_addr;
	u8 reset_value;
} __packed;

#define FADT_TIMER_32 0x100
#define FADT_RESET 0x400
#define SPACE_IO 1
#define PM1_ENABLED 0x1		/* SCI_EN */
#define PM1_SLEEP_ENABLE 0x2000
#define PM1_SLEEP_TYPE(t) (((t) & 7) << 10)
#define PM1_SLEEP_TYPE_MASK 0x1c00

/* AML: ACPI 6.4, 20.2. */
#define AML_NAME 0x08
#define AML_PACKAGE 0x12
#define AML_BYTE 0x0a
#define AML_ONE 0x01

#endif
