/* SPDX-License-Identifier: MIT */
/*
 * Traps in C: the IDT, who deals with what (trap_dispatch), and what must be
 * done before ring 3 runs again (ring3_prepare). Intel SDM vol. 3, chapter 6.
 */
#include <asm/insn.h>
#include <asm/irq.h>
#include <asm/memmap.h>
#include <asm/trap.h>
#include <boundary.h>
#include <io.h>
#include <log.h>
#include <thread.h>

#define IDT_ENTRIES 256
#define GATE_INTERRUPT_RING0 0x8e	/* present, DPL 0, interrupt gate */
#define GATE_INTERRUPT_RING3 0xee

/* System control port B: who raised an NMI. */
#define PORT_NMI_REASON 0x61
#define NMI_REASON_SERR 0x80
#define NMI_REASON_CHECK 0x40

/* What ring 3 may have in RFLAGS: arithmetic, TF, DF, NT, AC, ID. */
#define RFLAGS_RING3 0x244dd5ull

#define CANONICAL_SHIFT 47

struct idt_entry {
	u16 offset_low, selector;
	u8 ist, type;
	u16 offset_middle;
	u32 offset_high, reserved;
};

static struct idt_entry idt[IDT_ENTRIES] __aligned(16);

extern char trap_stubs[], trap_stub_spurious[];

struct exception_entry {
	u64 fault, fixup;
};
extern const struct exception_entry ex_table_start[], ex_table_end[];

static void set_gate(u8 vector, u64 entry, u8 type, u8 ist)
{
	idt[vector] = (struct idt_entry){
		.offset_low = entry, .selector = SEL_KERNEL_CODE,
		.ist = ist, .type = type,
		.offset_middle = entry >> 16, .offset_high = entry >> 32,
	};
}

/*
 * Builds and loads the IDT. Vectors without an entry give ring 3's `int` the
 * #GP that the hardware defines, as those that ring 3 may not use do.
 */
void idt_init(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed pointer = { sizeof(idt) - 1, (u64)idt };
	unsigned int i;

	for (i = 0; i < TRAP_STUBS; i++)
		set_gate(i, (u64)trap_stubs + i * TRAP_STUB_SIZE,
			 i == TRAP_BREAKPOINT || i == TRAP_OVERFLOW ?
			 GATE_INTERRUPT_RING3 : GATE_INTERRUPT_RING0, 0);
	set_gate(IRQ_VECTOR_SPURIOUS, (u64)trap_stub_spurious, GATE_INTERRUPT_RING0, 0);
	idt[TRAP_DEBUG].ist = 1;
	idt[TRAP_NMI].ist = 2;
	idt[TRAP_DOUBLE_FAULT].ist = 3;
	idt[TRAP_MACHINE_CHECK].ist = 4;
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

/* Lets ring 3 enter ring 0 at `entry` by `int vector`, interrupts off. */
void idt_set_user_gate(u8 vector, void (*entry)(void))
{
	set_gate(vector, (u64)entry, GATE_INTERRUPT_RING3, 0);
}

/* Name of an exception, as manuals abbreviate it; "" for other vectors. */
const char *trap_name(u64 vector)
{
	static const char names[][4] = {
		"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM",
		"#DF", "#9", "#TS", "#NP", "#SS", "#GP", "#PF", "#15",
		"#MF", "#AC", "#MC", "#XM", "#VE", "#CP",
	};

	return vector < ARRAY_SIZE(names) ? names[vector] : "";
}

/*
 * If the instruction at regs->rip is in the exception table, makes regs go on
 * at its fixup: true. Ring 0 only; any context.
 */
bool exception_fixup(struct regs *regs)
{
	const struct exception_entry *e;

	for (e = ex_table_start; e < ex_table_end; e++) {
		if (e->fault == regs->rip) {
			regs->rip = e->fixup;
			return true;
		}
	}
	return false;
}

/*
 * May mm_fault() repair this page fault of ring 0? Only one on a program's
 * memory, from code that opened it (AC), has interrupts on, and did not run it.
 */
static bool ring0_user_fault(const struct regs *regs, u64 address)
{
	if (address >= USER_END || !current->mm)
		return false;
	if (regs->error & (FAULT_FETCH | FAULT_RESERVED))
		return false;
	if (cpu_features.smap && !(regs->rflags & RFLAGS_AC))
		return false;
	return regs->rflags & RFLAGS_IF;
}

static void page_fault(struct regs *regs, u64 address, bool program)
{
	if (program || (!regs_ring3(regs) && ring0_user_fault(regs, address))) {
		if (mm_fault(regs, address, regs->error))
			return;
	}
	if (program) {
		process_exception(regs, TRAP_PAGE_FAULT, address);
		return;
	}
	if (!regs_ring3(regs) && exception_fixup(regs))
		return;
	if (boundary_fault(regs, address))
		return;
	panic_regs(regs, "page fault at %#lx (error %#lx)", address, regs->error);
}

static void exception(struct regs *regs, bool program)
{
	if (regs->vector == TRAP_MACHINE_CHECK)
		panic_regs(regs, "machine check");
	if (program) {
		process_exception(regs, regs->vector, 0);
		return;
	}
	if (!regs_ring3(regs) && exception_fixup(regs))
		return;
	if (boundary_fault(regs, 0))
		return;
	panic_regs(regs, "%s (vector %lu, error %#lx)", trap_name(regs->vector),
		   regs->vector, regs->error);
}

/* A hardware failure, or somebody's button: only the former is fatal. */
static void nmi(struct regs *regs)
{
	u8 reason = inb(PORT_NMI_REASON);

	if (reason & (NMI_REASON_SERR | NMI_REASON_CHECK))
		panic_regs(regs, "NMI: hardware error (reason %#x)", reason);
}

/*
 * Every exception and interrupt but those that nested in ring 0 on a stack of
 * their own. Interrupts are off; they go on again if they were on before.
 */
void trap_dispatch(struct regs *regs)
{
	u64 address;
	bool program;

	if (regs->vector >= TRAP_EXCEPTIONS) {
		if (irqchip_accept(regs->vector))
			irq_dispatch(regs->vector, regs);
		return;
	}
	if (regs->vector == TRAP_NMI) {
		nmi(regs);
		return;
	}
	address = regs->vector == TRAP_PAGE_FAULT ? read_cr2() : 0;
	program = regs_ring3(regs) && !boundary_in_module(current);
	if (program)
		current->user_regs = regs;
	if (regs->rflags & RFLAGS_IF)
		irq_enable();
	if (regs->vector == TRAP_PAGE_FAULT)
		page_fault(regs, address, program);
	else
		exception(regs, program);
}

/*
 * NMI, debug, machine check or double fault that came while ring 0 ran, on its
 * IST stack. Must not sleep or enable interrupts.
 */
void trap_nested(struct regs *regs)
{
	switch (regs->vector) {
	case TRAP_NMI:
		nmi(regs);
		break;
	case TRAP_DEBUG:
		/* A breakpoint register or TF that nobody here has set. */
		regs->rflags &= ~(u64)RFLAGS_TF;
		__asm__ volatile("mov %0, %%dr7" : : "r"(0x400ul));
		break;
	case TRAP_DOUBLE_FAULT:
		panic_regs(regs, "double fault, CR2 %#lx%s", read_cr2(),
			   read_cr2() - current->stack_base + PAGE_SIZE < PAGE_SIZE ?
			   ": kernel stack overflow" : "");
	default:
		panic_regs(regs, "%s", trap_name(regs->vector));
	}
}

/* Is there something to do before `t` may go back to ring 3? */
static bool work_pending(const struct thread *t)
{
	if (READ_ONCE(t->unwind) && t->gate && (t->overrun || t->unwind_at == t->gate))
		return true;
	return !boundary_in_module(t) &&
	       (READ_ONCE(t->kill) || READ_ONCE(t->sigpending) & ~t->sigmask);
}

/*
 * Before ring 3 is entered with `regs`: lets others run, unwinds from reset
 * modules, delivers signals. Returns with interrupts off and nothing left to
 * do. iretq cannot fault on what it finds here: segments and flags are forced,
 * an address that is not canonical is the program's #GP.
 */
void ring3_prepare(struct regs *regs)
{
	struct thread *t = current;

	for (;;) {
		irq_enable();
		boundary_ring3_exit(regs);
		if (!regs_ring3(regs)) {	/* unwound to the caller in ring 0 */
			irq_disable();
			return;
		}
		if (!boundary_in_module(t)) {
			process_ring3_exit(regs);
			/* Where the program, or a signal, sent it. */
			if (regs->rip >> CANONICAL_SHIFT) {
				process_exception(regs, TRAP_PROTECTION, 0);
				continue;
			}
		}
		irq_disable();
		if (!this_cpu()->need_resched && !work_pending(t))
			break;
		preempt_check();
	}
	regs->cs = SEL_USER_CODE;
	regs->ss = SEL_USER_DATA;
	regs->rflags = (regs->rflags & RFLAGS_RING3) | RFLAGS_FIXED | RFLAGS_IF;
}
