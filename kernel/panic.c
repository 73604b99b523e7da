/* SPDX-License-Identifier: MIT */
/*
 * The end: a message, registers and a backtrace with names, then what panic= on
 * the command line says. Needs no module, no memory, no lock, no interrupts. The
 * stack is read only where page tables say that something is mapped.
 */
#include <asm/insn.h>
#include <asm/machine.h>
#include <asm/trap.h>
#include <boot.h>
#include <boundary.h>
#include <frame.h>
#include <io.h>
#include <ksyms.h>
#include <log.h>
#include <modules.h>
#include <printf.h>
#include <string.h>
#include <thread.h>
#include <view.h>

#define BACKTRACE_MAX 32
#define MESSAGE_MAX 256
#define SYMBOL_MAX 96
#define DEBUG_EXIT_PANIC 1

static bool panicking;

/* Reads a word of the core's or of a module's memory, if it is mapped. */
static bool peek(u64 addr, u64 *value)
{
	u64 phys;

	if (!IS_ALIGNED(addr, 8) || addr < VMAP_BASE)
		return false;
	if (addr >= IMAGE_BASE || (addr >= HEAP_BASE && addr < CORE_BASE))
		phys = window_lookup(addr, NULL);
	else
		phys = kernel_lookup(addr);
	if (!phys)
		return false;
	*value = *(const u64 *)phys_to_virt(phys);
	return true;
}

/*
 * Writes what `addr` is: "name+0x12", with " [module]" for a module's text, or
 * the number when there is no name. Any context; takes no lock.
 */
void symbol_format(u64 addr, char *buf, size_t len)
{
	const struct module *m = module_by_text(addr);
	u64 offset = 0, start = 0;
	const char *name = ksym_lookup(addr, &offset);
	size_t at;

	if (!name && m) {
		name = module_function(m, addr, &start);
		offset = addr - start;
	}
	if (name)
		at = scnprintf(buf, len, "%s+%#lx", name, offset);
	else
		at = scnprintf(buf, len, "%#lx", addr);
	if (m)
		scnprintf(buf + at, len - at, " [%s]", m->name);
}

static void print_symbol(u64 addr)
{
	char name[SYMBOL_MAX];

	symbol_format(addr, name, sizeof(name));
	pr_err("  %016lx  %s", addr, name);
}

/* Return addresses by frame pointers, which must go up the stack. */
static void print_frames(u64 rbp)
{
	unsigned int i;

	for (i = 0; i < BACKTRACE_MAX; i++) {
		u64 next, ret;

		if (!peek(rbp, &next) || !peek(rbp + 8, &ret) || !ret)
			return;
		print_symbol(ret);
		if (next <= rbp)
			return;
		rbp = next;
	}
}

/*
 * Prints registers and a symbolised backtrace from them to the log. A program's
 * stack is not looked at. Any context.
 */
void backtrace_print(const struct regs *r)
{
	pr_err("rip %016lx  rsp %016lx  rflags %08lx  cs %lx", r->rip, r->rsp,
	       r->rflags, r->cs);
	pr_err("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx", r->rax, r->rbx,
	       r->rcx, r->rdx);
	pr_err("rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx", r->rsi, r->rdi,
	       r->rbp, r->r8);
	pr_err("r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx", r->r9, r->r10,
	       r->r11, r->r12);
	pr_err("r13 %016lx  r14 %016lx  r15 %016lx", r->r13, r->r14, r->r15);
	pr_err("backtrace:");
	print_symbol(r->rip);
	print_frames(r->rbp);
}

/* What panic= says: "halt" (also when it says nothing), "reboot", "exit". */
__noreturn static void panic_end(void)
{
	char what[8] = "";

	cmdline_find("panic", what, sizeof(what));
	serial_early_drain();
	if (!strcmp(what, "exit")) {
		machine_debug_exit(DEBUG_EXIT_PANIC);
		machine_power_off();
	}
	if (!strcmp(what, "reboot"))
		machine_reboot();
	machine_halt();
}

__noreturn static void panic_args(const struct regs *regs, const char *fmt,
				  va_list args)
{
	char message[MESSAGE_MAX];

	irq_disable();
	log_panic();
	vsnprintf(message, sizeof(message), fmt, args);
	pr_err("panic: %s", message);
	if (panicking) {
		pr_err("panic while panicking: no more details");
		panic_end();
	}
	panicking = true;
	pr_err("thread %u (%s), %s", current->tid, current->name, boundary_layout());
	if (regs) {
		backtrace_print(regs);
	} else {
		pr_err("backtrace:");
		print_frames((u64)__builtin_frame_address(0));
	}
	panic_end();
}

/* Stops the machine with a message. Any context. */
void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	panic_args(NULL, fmt, args);
}

/* As panic(), with a trap's registers. */
void panic_regs(const struct regs *regs, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	panic_args(regs, fmt, args);
}
