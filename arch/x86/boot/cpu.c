/* SPDX-License-Identifier: MIT */
/*
 * The CPU's state: features, control registers, GDT, TSS, the MSRs of syscall,
 * and the per-CPU data behind GS. Intel SDM vol. 3, chapters 2 and 8.
 */
#include <asm/insn.h>
#include <asm/machine.h>
#include <asm/smap.h>
#include <asm/trap.h>
#include <log.h>
#include <sched.h>
#include <string.h>
#include <thread.h>

#define IST_STACK_SIZE 8192
#define GDT_ENTRIES 7

/* Descriptors without base and limit; the TSS has 16 bytes. */
#define GDT_KERNEL_CODE 0x00af9b000000ffff
#define GDT_KERNEL_DATA 0x00cf93000000ffff
#define GDT_USER_DATA 0x00cff3000000ffff
#define GDT_USER_CODE 0x00affb000000ffff
#define GDT_TSS_AVAILABLE 0x89ull

/* STAR: selectors that syscall loads, and the base of sysret's. */
#define STAR_SYSRET_BASE ((SEL_USER_DATA - 8ull) << 48)
#define STAR_SYSCALL_BASE ((u64)SEL_KERNEL_CODE << 32)

struct cpu_features cpu_features;

static struct cpu boot_cpu;
/* Current until sched_init() puts a real thread in its place. */
static struct thread boot_thread = {
	.name = "boot", .state = THREAD_RUNNING, .preempt_count = 1,
};
static u64 gdt[GDT_ENTRIES] = {
	[SEL_KERNEL_CODE / 8] = GDT_KERNEL_CODE,
	[SEL_KERNEL_DATA / 8] = GDT_KERNEL_DATA,
	[SEL_USER_DATA / 8] = GDT_USER_DATA,
	[SEL_USER_CODE / 8] = GDT_USER_CODE,
};

/* The TSS ends at a page's end, so that its I/O bitmap has pages of its own. */
static u8 tss_pages[2 * PAGE_SIZE + IO_BITMAP_BYTES] __aligned(4096);

static u8 ist_stack[4][IST_STACK_SIZE] __aligned(16);

extern void syscall_entry(void);

#undef current	/* it is a member's name here */

struct smap_site {
	u64 where, which;
};
extern const struct smap_site smap_sites_start[], smap_sites_end[];

/* Writes stac and clac over their no-ops (see asm/smap.h). */
static void smap_patch(void)
{
	static const u8 code[][3] = {
		[SMAP_SITE_CLAC] = { 0x0f, 0x01, 0xca },
		[SMAP_SITE_STAC] = { 0x0f, 0x01, 0xcb },
	};
	const struct smap_site *s;

	for (s = smap_sites_start; s < smap_sites_end; s++)
		memcpy((void *)s->where, code[s->which], sizeof(code[0]));
}

/* CPUID leaves: Intel SDM vol. 2, CPUID. */
static void read_features(void)
{
	u32 max = cpuid(0, 0).eax;
	struct cpuid one = cpuid(1, 0);
	struct cpuid ext = cpuid(0x80000001, 0);
	struct cpuid seven = { 0 };
	struct cpu_features *f = &cpu_features;

	if (max >= 7)
		seven = cpuid(7, 0);
	if (cpuid(0x80000000, 0).eax >= 0x80000007)
		f->invariant_tsc = cpuid(0x80000007, 0).edx & 1 << 8;
	f->nx = ext.edx & 1 << 20;
	f->gib_pages = ext.edx & 1 << 26;
	f->pge = one.edx & 1 << 13;
	f->apic = one.edx & 1 << 9;
	f->rdrand = one.ecx & 1 << 30;
	f->avx = (one.ecx & 1 << 26) && (one.ecx & 1 << 28);
	f->smep = seven.ebx & 1 << 7;
	f->smap = seven.ebx & 1 << 20;
	f->umip = seven.ecx & 1 << 2;
	/* Useful only with INVPCID: else flushing another view is not possible. */
	f->pcid = one.ecx & 1 << 17 && seven.ebx & 1 << 10;
}

static void load_gdt(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed pointer = { sizeof(gdt) - 1, (u64)gdt };

	__asm__ volatile("lgdt %0\n\t"
			 "pushq %1\n\t"
			 "lea 1f(%%rip), %%rax\n\t"
			 "push %%rax\n\t"
			 "lretq\n"
			 "1:\tmov %2, %%ss\n\t"
			 "mov %3, %%ds\n\t"
			 "mov %3, %%es\n\t"
			 "mov %3, %%fs\n\t"
			 "mov %3, %%gs"
			 : : "m"(pointer), "i"(SEL_KERNEL_CODE),
			   "r"(SEL_KERNEL_DATA), "r"(0) : "rax", "memory");
}

/*
 * Makes `tss` this CPU's; `limit` is its size with the I/O bitmap, minus one.
 * The boundary uses it to move the TSS to where each view has its own bitmap.
 */
void cpu_set_tss(struct tss *tss, u32 limit)
{
	u64 base = (u64)tss;

	gdt[SEL_TSS / 8] = (limit & 0xffff) | (base & 0xffffff) << 16 |
			   GDT_TSS_AVAILABLE << 40 |
			   (u64)(limit >> 16 & 0xf) << 48 | (base >> 24 & 0xff) << 56;
	gdt[SEL_TSS / 8 + 1] = base >> 32;
	this_cpu()->tss = tss;
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
}

/* All ports denied: ring 3 has none until the boundary grants them. */
static void init_tss(struct cpu *cpu)
{
	struct tss *tss = (void *)(tss_pages + PAGE_SIZE - sizeof(*tss));
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ist_stack); i++)
		tss->ist[i] = (u64)ist_stack[i] + IST_STACK_SIZE;
	tss->iomap_base = sizeof(*tss);
	cpu->io_bitmap = tss_pages + PAGE_SIZE;
	memset(cpu->io_bitmap, 0xff, IO_BITMAP_BYTES + 1);
	cpu_set_tss(tss, sizeof(*tss) + IO_BITMAP_BYTES);
}

static void init_control_registers(void)
{
	const struct cpu_features *f = &cpu_features;
	u64 cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;

	cr4 |= f->pge ? CR4_PGE : 0;
	cr4 |= f->smep ? CR4_SMEP : 0;
	cr4 |= f->smap ? CR4_SMAP : 0;
	cr4 |= f->umip ? CR4_UMIP : 0;
	cr4 |= f->pcid ? CR4_PCIDE : 0;
	cr4 |= f->avx ? CR4_OSXSAVE : 0;
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | (f->nx ? EFER_NXE : 0));
	write_cr0(CR0_PG | CR0_AM | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE);
	/* The early page tables have pages at 0 that are not user pages: safe. */
	write_cr4(cr4);
	if (f->avx)
		xcr0_set(XFEATURES);
}

static void init_syscall(void)
{
	wrmsr(MSR_STAR, STAR_SYSRET_BASE | STAR_SYSCALL_BASE);
	wrmsr(MSR_LSTAR, (u64)syscall_entry);
	wrmsr(MSR_CSTAR, 0);
	wrmsr(MSR_SFMASK, RFLAGS_AC | RFLAGS_DF | RFLAGS_TF | RFLAGS_NT | RFLAGS_IF);
	wrmsr(MSR_SYSENTER_CS, 0);
}

/*
 * Sets up the CPU that runs, whose early page tables are loaded and writable
 * throughout. After it, this_cpu() and current may be used.
 */
void cpu_init(void)
{
	struct cpu *cpu = &boot_cpu;

	read_features();
	if (cpu_features.smap)
		smap_patch();
	load_gdt();
	cpu->self = cpu;
	cpu->current = &boot_thread;
	cpu->cr3 = read_cr3();
	wrmsr(MSR_GS_BASE, (u64)cpu);
	wrmsr(MSR_KERNEL_GS_BASE, 0);
	init_tss(cpu);
	init_control_registers();
	init_syscall();
}
