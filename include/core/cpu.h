/* SPDX-License-Identifier: MIT */
/*
 * Per-CPU data, reached through GS in ring 0. Assembly uses the fields above
 * the line through generated offsets (arch/x86/asm-offsets.c, CPU_*).
 */
#ifndef CORE_CPU_H
#define CORE_CPU_H

#include <asm/regs.h>
#include <types.h>

struct spinlock;
struct thread;

/* Hardware TSS (Intel SDM vol. 3, 8.7) with an I/O bitmap behind it. */
struct tss {
	u32 reserved0;
	u64 rsp0, rsp1, rsp2;
	u64 reserved1;
	u64 ist[7];		/* ist[0] is IST1 */
	u64 reserved2;
	u16 reserved3;
	u16 iomap_base;
} __packed;

#define IO_BITMAP_BYTES 8192
#define CPU_LOCKS_MAX 12

struct cpu {
	struct cpu *self;
	struct thread *current;
	u64 cr3;		/* loaded now */
	u64 scratch;		/* for entry code */
	u32 need_resched;	/* switch at the next chance */
	u32 ts;			/* CR0.TS is set */
	u64 cr3_loads;		/* how often CR3 was changed */
	u32 irq_depth;		/* interrupts being served */
	u32 id;
	struct tss *tss;
	/* ---- below: C only ---- */
	struct thread *idle;
	struct thread *fpu_owner;	/* whose FPU state is in the registers */
	u64 ticks;
	u8 *io_bitmap;		/* behind the TSS; IO_BITMAP_BYTES + 1 bytes */
	void *io_domain;	/* domain whose bitmap is loaded */
	struct cpu_lock {	/* spinlocks held, for kernel/spinlock.c's checks */
		struct spinlock *lock;
		u32 irq_depth;	/* in which interrupt it was taken */
	} locks[CPU_LOCKS_MAX];
	u32 nlocks;
};

static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

static inline struct thread *current_thread(void)
{
	struct thread *t;

	__asm__ volatile("mov %%gs:8, %0" : "=r"(t));
	return t;
}

#define current current_thread()

/* arch/x86/boot/cpu.c: GDT, TSS, MSRs, CR4 bits that CPUID offers. */
void cpu_init(void);

struct cpu_features {
	bool nx, smep, smap, umip, pcid, pge, gib_pages, rdrand, invariant_tsc, apic;
	bool avx;	/* and with it XSAVE */
};
extern struct cpu_features cpu_features;

/* Interrupt state. */
static inline u64 irq_save(void)
{
	u64 flags;

	__asm__ volatile("pushf; pop %0; cli" : "=r"(flags) : : "memory");
	return flags;
}

static inline void irq_restore(u64 flags)
{
	if (flags & RFLAGS_IF)
		__asm__ volatile("sti" : : : "memory");
}

static inline void irq_enable(void)
{
	__asm__ volatile("sti" : : : "memory");
}

static inline void irq_disable(void)
{
	__asm__ volatile("cli" : : : "memory");
}

static inline bool irq_enabled(void)
{
	u64 flags;

	__asm__ volatile("pushf; pop %0" : "=r"(flags));
	return flags & RFLAGS_IF;
}

#endif
