/* SPDX-License-Identifier: MIT */
/*
 * How fast the TSC and the local APIC's timer run. CPUID tells on some machines
 * (Intel SDM vol. 2, leaf 15H; hypervisors, leaf 40000010H); else both are
 * measured against the ACPI PM timer (ACPI 6.4, 4.8.3.3) or the 8254's counter.
 *
 * The measurement takes no longer than it must: each step of the reference
 * clock is seen between two readings of the TSC, whose distance is how uncertain
 * the moment is; it ends when the uncertainty of both ends is small against the
 * time between them. That is microseconds where reading a port is fast.
 */
#include <asm/irq.h>
#include <asm/machine.h>
#include <asm/tsc.h>
#include <cpu.h>
#include <io.h>
#include <log.h>

#include "isa_ports.h"

#define PM_TIMER_HZ 3579545

#define CPUID_TSC 0x15
#define CPUID_HYPERVISOR 0x40000000
#define CPUID_HYPERVISOR_TSC 0x40000010
#define CPUID_HYPERVISOR_BIT (1u << 31)	/* leaf 1, ecx */

/*
 * The time measured, in units of what is uncertain about it: as the middle is
 * taken, the error is at most half of that, 0.05 %.
 */
#define PRECISION 1000
/* Steps of the reference clock after which it must do; reads that find none. */
#define STEPS_MAX 40000
#define READS_MAX 1000000

u64 tsc_hz, apic_timer_hz;

/* A clock that counts up (or down, with the difference's sign). */
struct reference {
	u32 (*read)(void);
	u32 mask;
	u32 hz;
};

/* A moment: the reference had just come to `steps`. */
struct moment {
	u64 tsc;		/* at the latest */
	u64 width;		/* at most so much before */
	u32 steps;
	u32 apic;		/* the APIC timer's count then */
};

static u32 pm_read(void)
{
	return inl(acpi_info.pm_timer);
}

static u32 pit_read(void)
{
	u32 low;

	outb(PIT_COMMAND, PIT_LATCH);
	low = inb(PIT_CHANNEL0);
	return -(low | (u32)inb(PIT_CHANNEL0) << 8);
}

/* Waits for the reference's next step: false when it stands still. */
static bool next_step(const struct reference *ref, bool apic, struct moment *m)
{
	u64 before, between = rdtsc();	/* around the last read but one, and it */
	u32 first = ref->read() & ref->mask;
	u64 after = rdtsc();
	u32 reads;

	for (reads = 0; reads < READS_MAX; reads++) {
		before = between;
		between = after;
		m->steps = ref->read() & ref->mask;
		after = rdtsc();
		if (m->steps == first)
			continue;
		m->apic = apic ? lapic_timer_count() : 0;
		m->tsc = after;
		m->width = after - before;
		return true;
	}
	return false;
}

static u64 scale(u64 ticks, u32 hz, u32 steps)
{
	return ticks * hz / steps;
}

static bool measure(const struct reference *ref, bool apic)
{
	struct moment start, now;
	u32 steps;

	/* The first step only brings code and page tables into the caches. */
	if (!next_step(ref, apic, &start) || !next_step(ref, apic, &start))
		return false;
	do {
		if (!next_step(ref, apic, &now))
			return false;
		steps = (now.steps - start.steps) & ref->mask;
	} while (steps < STEPS_MAX &&
		 (start.width + now.width) * PRECISION > now.tsc - start.tsc);
	if (!steps)
		return false;
	tsc_hz = scale(now.tsc - now.width / 2 - (start.tsc - start.width / 2),
		       ref->hz, steps);
	if (apic)
		apic_timer_hz = scale(start.apic - now.apic, ref->hz, steps);
	return true;
}

/* What CPUID says, exactly; 0: nothing. */
static u64 cpuid_tsc_hz(void)
{
	struct cpuid r;

	if (cpuid(0, 0).eax >= CPUID_TSC) {
		r = cpuid(CPUID_TSC, 0);
		if (r.eax && r.ebx && r.ecx)
			return (u64)r.ecx * r.ebx / r.eax;
	}
	if (cpuid(1, 0).ecx & CPUID_HYPERVISOR_BIT &&
	    cpuid(CPUID_HYPERVISOR, 0).eax >= CPUID_HYPERVISOR_TSC)
		return cpuid(CPUID_HYPERVISOR_TSC, 0).eax * 1000ull;
	return 0;
}

/*
 * Sets tsc_hz and apic_timer_hz. Once, after irqchip_init(), interrupts off.
 * Panics when there is no clock to measure against.
 */
void tsc_calibrate(void)
{
	struct reference pm = {
		pm_read, acpi_info.pm_timer_32 ? ~0u : 0xffffff, PM_TIMER_HZ
	};
	struct reference pit = { pit_read, 0xffff, PIT_HZ };
	bool apic = irq_timer_vector == IRQ_VECTOR_TIMER;
	u64 told = cpuid_tsc_hz();

	if (apic)
		lapic_timer_start(0, ~0u);
	if (!acpi_info.pm_timer || !measure(&pm, apic)) {
		outb(PIT_COMMAND, PIT_RATE_GENERATOR);
		outb(PIT_CHANNEL0, 0);
		outb(PIT_CHANNEL0, 0);
		if (!measure(&pit, apic))
			panic("no clock to measure the TSC against");
	}
	if (told)
		tsc_hz = told;
}
