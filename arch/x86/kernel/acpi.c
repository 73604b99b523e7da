/* SPDX-License-Identifier: MIT */
/*
 * What the core needs of ACPI 6.4: interrupt controllers (MADT, 5.2.12), the PM
 * timer, power-off and reset (FADT, 5.2.9). Tables are mapped, their lengths
 * bounded, their checksums checked; a table that fails is as if not there. No
 * AML is run: power-off looks for the \_S5 package in the DSDT's bytes.
 */
#include <asm/machine.h>
#include <boot.h>
#include <frame.h>
#include <io.h>
#include <log.h>
#include <string.h>

#include "acpi_tables.h"

#define TABLE_MAX 0x100000
#define TABLES_MAX 64

struct acpi_info acpi_info;

static const struct fadt *fadt;
static const struct table *dsdt;

static bool checksum_ok(const void *p, size_t len)
{
	const u8 *byte = p;
	u8 sum = 0;

	while (len--)
		sum += *byte++;
	return sum == 0;
}

/* Maps a table whose length makes sense; NULL otherwise. Not yet summed. */
static const struct table *table_map(u64 phys)
{
	const struct table *t;
	u32 length;

	if (!phys)
		return NULL;
	t = vmap_device(phys, sizeof(*t), false);
	if (!t)
		return NULL;
	length = t->length;
	if (length < sizeof(*t) || length > TABLE_MAX)
		return NULL;
	if ((phys & (PAGE_SIZE - 1)) + length <= PAGE_SIZE)
		return t;
	return vmap_device(phys, length, false);
}

static const struct rsdp *rsdp_check(const void *p)
{
	const struct rsdp *r = p;

	if (memcmp(r->signature, "RSD PTR ", sizeof(r->signature)) ||
	    !checksum_ok(r, RSDP_SIZE_OLD))
		return NULL;
	return r;
}

/* Where the loader says, else in the BIOS's area (ACPI 6.4, 5.2.5.1). */
static const struct rsdp *rsdp_find(void)
{
	const char *p = phys_to_virt(BIOS_AREA);
	const struct rsdp *r = NULL;
	size_t at;

	if (boot_info.rsdp) {
		const void *mapped = vmap_device(boot_info.rsdp, RSDP_SIZE, false);

		r = mapped ? rsdp_check(mapped) : NULL;
	}
	for (at = 0; !r && at < BIOS_AREA_SIZE; at += RSDP_STEP)
		r = rsdp_check(p + at);
	return r;
}

static void madt_entry(const struct madt_entry *e)
{
	const struct madt_lapic *l = (const void *)e;
	const struct madt_ioapic *io = (const void *)e;
	const struct madt_override *o = (const void *)e;
	const struct madt_lapic_addr *a = (const void *)e;

	if (e->type == MADT_LAPIC && e->length >= sizeof(*l)) {
		acpi_info.cpus += (l->flags & LAPIC_USABLE) != 0;
	} else if (e->type == MADT_IOAPIC && e->length >= sizeof(*io)) {
		if (!acpi_info.ioapic || io->gsi < acpi_info.ioapic_gsi) {
			acpi_info.ioapic = io->addr;
			acpi_info.ioapic_gsi = io->gsi;
		}
	} else if (e->type == MADT_OVERRIDE && e->length >= sizeof(*o)) {
		if (o->bus == 0 && o->source < ARRAY_SIZE(acpi_info.line_gsi)) {
			acpi_info.line_gsi[o->source] = o->gsi;
			acpi_info.line_flags[o->source] = o->flags;
		}
	} else if (e->type == MADT_LAPIC_ADDR && e->length >= sizeof(*a)) {
		acpi_info.lapic = a->addr;
	}
}

static void madt_read(const struct table *t)
{
	const u8 *p = (const u8 *)t + sizeof(struct madt);
	const u8 *end = (const u8 *)t + t->length;

	if (t->length < sizeof(struct madt) || !checksum_ok(t, t->length))
		return;
	acpi_info.lapic = ((const struct madt *)t)->lapic;
	while ((size_t)(end - p) >= sizeof(struct madt_entry)) {
		const struct madt_entry *e = (const void *)p;

		if (e->length < sizeof(*e) || e->length > end - p)
			break;
		madt_entry(e);
		p += e->length;
	}
}

static void fadt_read(const struct table *t)
{
	const struct fadt *f = (const void *)t;

	if (t->length < offsetof(struct fadt, reset_space) ||
	    !checksum_ok(t, t->length))
		return;
	fadt = f;
	acpi_info.pm_timer = f->pm_timer;
	acpi_info.pm_timer_32 = f->flags & FADT_TIMER_32;
	dsdt = table_map(f->dsdt);
}

/* All tables that the RSDT (4-byte entries) or XSDT (8) lists. */
static void root_read(const struct table *root, size_t entry)
{
	size_t i, n = (root->length - sizeof(*root)) / entry;

	for (i = 0; i < MIN(n, (size_t)TABLES_MAX); i++) {
		const struct table *t;
		u64 phys = 0;

		memcpy(&phys, (const u8 *)(root + 1) + i * entry, entry);
		t = table_map(phys);
		if (!t)
			continue;
		if (!memcmp(t->signature, "APIC", sizeof(t->signature)))
			madt_read(t);
		else if (!memcmp(t->signature, "FACP", sizeof(t->signature)))
			fadt_read(t);
	}
}

/* Reads the tables into acpi_info. Once, after view_init(). */
void acpi_init(void)
{
	const struct table *root = NULL;
	const struct rsdp *rsdp;
	size_t entry = sizeof(u64);
	u32 line;

	for (line = 0; line < ARRAY_SIZE(acpi_info.line_gsi); line++)
		acpi_info.line_gsi[line] = line;
	rsdp = rsdp_find();
	if (!rsdp)
		return;
	if (rsdp->revision >= 2 && checksum_ok(rsdp, RSDP_SIZE))
		root = table_map(rsdp->xsdt);
	if (!root) {
		root = table_map(rsdp->rsdt);
		entry = sizeof(u32);
	}
	if (root && checksum_ok(root, root->length))
		root_read(root, entry);
}

/* The sleep type of S5: \_S5 is Name(_S5_, Package{PM1a, PM1b, ...}). */
static bool s5_type(u8 *type)
{
	const u8 *p = (const u8 *)dsdt + sizeof(*dsdt);
	const u8 *end = (const u8 *)dsdt + dsdt->length;

	for (; end - p > 12; p++) {
		const u8 *q = p + 5;

		if (memcmp(p, "_S5_", 4) || p[4] != AML_PACKAGE ||
		    (p[-1] != AML_NAME && p[-1] != '\\'))
			continue;
		q += (*q >> 6) + 2;	/* package length, number of elements */
		if (q + 1 >= end)
			return false;
		*type = *q == AML_BYTE ? q[1] : *q == AML_ONE;
		return true;
	}
	return false;
}

static void pm1_sleep(u32 port, u8 type)
{
	if (port)
		outw(port, (inw(port) & ~PM1_SLEEP_TYPE_MASK) |
			   PM1_SLEEP_TYPE(type) | PM1_SLEEP_ENABLE);
}

/* Polls that the firmware may take to hand the hardware over. */
#define ENABLE_POLLS 100000

/* Enters S5 (ACPI 6.4, 16.1.7). Returns when that is not possible. */
void acpi_power_off(void)
{
	unsigned int i;
	u8 type;

	if (!fadt || !dsdt || !checksum_ok(dsdt, dsdt->length) || !s5_type(&type))
		return;
	if (fadt->smi_command && fadt->acpi_enable &&
	    !(inw(fadt->pm1a_control) & PM1_ENABLED)) {
		outb(fadt->smi_command, fadt->acpi_enable);
		for (i = 0; i < ENABLE_POLLS; i++)
			if (inw(fadt->pm1a_control) & PM1_ENABLED)
				break;
	}
	pm1_sleep(fadt->pm1a_control, type);
	pm1_sleep(fadt->pm1b_control, type);
}

/* Resets by the FADT's register (ACPI 6.4, 4.8.3.6). Returns if it has none. */
void acpi_reset(void)
{
	if (fadt && fadt->table.length >= sizeof(*fadt) &&
	    fadt->flags & FADT_RESET && fadt->reset_space == SPACE_IO)
		outb(fadt->reset_addr, fadt->reset_value);
}
