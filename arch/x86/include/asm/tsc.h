/* SPDX-License-Identifier: MIT */
/* Clocks of the machine (arch/x86/kernel/tsc.c) and its random numbers. */
#ifndef ASM_TSC_H
#define ASM_TSC_H

#include <asm/insn.h>
#include <types.h>

/* Ticks per second of the TSC; set by arch_start(), before kernel_main(). */
extern u64 tsc_hz;
/* Ticks per second of the local APIC's timer at divisor 1; 0: there is none. */
extern u64 apic_timer_hz;

/* Measures both, unless CPUID tells. */
void tsc_calibrate(void);

/* A random number from RDRAND: false when there is none (or it fails). */
bool rdrand64(u64 *value);

#endif
