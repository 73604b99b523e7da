// SPDX-License-Identifier: MIT
/*
 * gateabuse: a hostile program tries the module gate and what lies behind it.
 *
 * Linux's answer is the right one each time: SIGSEGV, at that instruction, with
 * the address that was touched; an unknown system call is -ENOSYS and changes
 * no register but rax, rcx and r11.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "ktap.h"

#define DIRECT_MAP 0xffff800000000000ul
#define KERNEL_STACKS 0xffffc00000000000ul
#define MODULE_HEAPS 0xffffe00000000000ul
#define CORE_IMAGE 0xffffffff80000000ul
#define CORE_TEXT 0xffffffff80100000ul
#define MODULE_IMAGES 0xffffffffc0000000ul
#define GATE_TEXT 0xffffffffffe00000ul
#define CONTEXT_PAGE 0xffffffffffe01000ul
#define WINDOW 0x200000ul
#define WINDOWS 24
#define EFLAGS_IOPL 0x3000ul
#define EFLAGS_NT 0x4000ul
#define EFLAGS_DF 0x400ul
#define EFLAGS_AC 0x40000ul
#define VECTOR_FIRST 0x20
#define VECTOR_LAST 0xff
#define VECTOR_LINUX32 0x80	/* Linux's 32-bit system calls */

static sigjmp_buf back;
static volatile int got_signal, got_code;
static volatile unsigned long got_rip, got_address;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	got_signal = sig;
	got_code = info->si_code;
	got_address = (unsigned long)info->si_addr;
	got_rip = uc->uc_mcontext.gregs[REG_RIP];
	siglongjmp(back, 1);
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_sigaction = on_signal,
				.sa_flags = SA_SIGINFO | SA_NODEFER };

	CHECK_EQ(sigaction(SIGSEGV, &sa, NULL), 0);
	CHECK_EQ(sigaction(SIGILL, &sa, NULL), 0);
	CHECK_EQ(sigaction(SIGBUS, &sa, NULL), 0);
	CHECK_EQ(sigaction(SIGTRAP, &sa, NULL), 0);
}

/* Calls fn(arg) and returns the signal that it ended with; 0: none. */
static int signal_of(void (*fn)(unsigned long), unsigned long arg)
{
	got_signal = 0;
	got_rip = got_address = 0;
	if (sigsetjmp(back, 1) == 0)
		fn(arg);
	return got_signal;
}

/* One `int n; ret` for each vector, 4 bytes apart. */
__asm__(".text\n"
	".balign 16\n"
	"int_table:\n"
	".set vector, 0\n"
	".rept 256\n"
	"	.byte 0xcd, vector\n"
	"	ret\n"
	"	nop\n"
	"	.set vector, vector + 1\n"
	".endr\n");
extern const char int_table[];

static void jump_to(unsigned long address)
{
	((void (*)(void))address)();
}

static void read_at(unsigned long address)
{
	(void)*(volatile uint8_t *)address;
}

static void write_at(unsigned long address)
{
	*(volatile uint8_t *)address = 0x55;
}

static void gate_interrupts(void)
{
	catch_signals();
	for (int v = VECTOR_FIRST; v <= VECTOR_LAST; v++) {
		unsigned long stub = (unsigned long)int_table + v * 4;

		if (v == VECTOR_LINUX32)
			continue;
		if (signal_of(jump_to, stub) != SIGSEGV)
			FAIL("int 0x%x: signal %d, not SIGSEGV", v, got_signal);
		if (got_rip != stub)
			FAIL("int 0x%x: at %#lx, not at the instruction %#lx", v,
			     got_rip, stub);
		if (got_address != 0)
			FAIL("int 0x%x: si_addr %#lx", v, got_address);
	}
}

static void int_81_kills(void)
{
	__asm__ volatile("int $0x81");
}

/* All registers across a system call that does not exist. */
static void check_syscall(unsigned long number)
{
	uint64_t in[12], out[12], *from = in, *to = out, ret = number;

	for (int i = 0; i < 12; i++)
		in[i] = 0x1111111111111111ul * (i + 1);
	__asm__ volatile(
		"push %%rbp; push %%rbx\n\t"
		"push %%rdx\n\t"		/* out */
		"mov 0(%%rcx), %%rdi; mov 8(%%rcx), %%rsi\n\t"
		"mov 16(%%rcx), %%rdx; mov 24(%%rcx), %%r8\n\t"
		"mov 32(%%rcx), %%r9; mov 40(%%rcx), %%r10\n\t"
		"mov 48(%%rcx), %%r12; mov 56(%%rcx), %%r13\n\t"
		"mov 64(%%rcx), %%r14; mov 72(%%rcx), %%r15\n\t"
		"mov 80(%%rcx), %%rbx; mov 88(%%rcx), %%rbp\n\t"
		"syscall\n\t"
		"xchg %%rcx, 0(%%rsp)\n\t"	/* out again */
		"mov %%rdi, 0(%%rcx); mov %%rsi, 8(%%rcx)\n\t"
		"mov %%rdx, 16(%%rcx); mov %%r8, 24(%%rcx)\n\t"
		"mov %%r9, 32(%%rcx); mov %%r10, 40(%%rcx)\n\t"
		"mov %%r12, 48(%%rcx); mov %%r13, 56(%%rcx)\n\t"
		"mov %%r14, 64(%%rcx); mov %%r15, 72(%%rcx)\n\t"
		"mov %%rbx, 80(%%rcx); mov %%rbp, 88(%%rcx)\n\t"
		"pop %%rcx; pop %%rbx; pop %%rbp\n\t"
		: "+a"(ret), "+c"(from), "+d"(to)
		:
		: "rdi", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
		  "r15", "memory", "cc");
	if ((long)ret != -ENOSYS)
		FAIL("system call %#lx: %ld, not -ENOSYS", number, (long)ret);
	if (memcmp(in, out, sizeof(in)) != 0)
		FAIL("system call %#lx changed a register", number);
}

static void gate_numbers(void)
{
	static const unsigned long numbers[] = {
		1000, 4096, 0x81, 0xffff, 0x10000, 0x1000000, 0x7fffffff,
		0x80000000, 0xffffffff, 0x100000000, 0x8000000000000000,
		0xffffffffffffffff, 0xfffffffffffffffe,
		MODULE_IMAGES, GATE_TEXT, CORE_TEXT,
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		unsigned long n = numbers[i];

		/* Linux looks at the low 32 bits, as a signed number. */
		if ((int)n >= 0 && (int)n < 1000)
			continue;
		check_syscall(n);
	}
	for (unsigned long n = 500; n < 1500; n++)
		check_syscall(n);
}

/* A `syscall` whose stack pointer points at the gate's and the core's pages. */
static void syscall_with_wild_stack(void)
{
	static const unsigned long stacks[] = {
		0, 8, 0x00007ffffffff000ul, 0x0000800000000000ul, MODULE_HEAPS,
		MODULE_IMAGES + 0x1000, GATE_TEXT, CONTEXT_PAGE, CORE_TEXT, ~0ul,
	};

	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		unsigned long ret = SYS_getpid;

		__asm__ volatile("mov %%rsp, %%r12; mov %1, %%rsp; syscall;"
				 "mov %%r12, %%rsp"
				 : "+a"(ret) : "r"(stacks[i])
				 : "rcx", "r11", "r12", "memory");
		CHECK_EQ(ret, getpid());
	}
}

static const struct {
	unsigned long address;
	const char *what;
} places[] = {
	{ DIRECT_MAP, "direct map" },
	{ DIRECT_MAP + 0x100000, "core, by the direct map" },
	{ KERNEL_STACKS, "kernel stacks" },
	{ KERNEL_STACKS + 0x4000, "kernel stacks, further on" },
	{ MODULE_HEAPS, "module heap" },
	{ MODULE_HEAPS + WINDOW, "second module heap" },
	{ CORE_IMAGE, "core image" },
	{ CORE_TEXT, "core text" },
	{ CORE_TEXT + 0x1000, "core text, page 1" },
	{ CORE_TEXT + 0x40000, "core data" },
	{ GATE_TEXT, "gate text" },
	{ GATE_TEXT + 16, "inside the gate text" },
	{ CONTEXT_PAGE, "context page" },
	{ ~4095ul, "last page" },
	{ ~0ul, "last byte" },
};

static void expect_fault(void (*fn)(unsigned long), unsigned long address,
			 const char *how, const char *what)
{
	if (signal_of(fn, address) != SIGSEGV)
		FAIL("%s %s (%#lx): signal %d, not SIGSEGV", how, what, address,
		     got_signal);
	if (got_address != address)
		FAIL("%s %s (%#lx): si_addr %#lx", how, what, address, got_address);
	if (fn == jump_to && got_rip != address)
		FAIL("%s %s (%#lx): at %#lx", how, what, address, got_rip);
}

static void all_places(void (*fn)(unsigned long), const char *how)
{
	catch_signals();
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		expect_fault(fn, places[i].address, how, places[i].what);
	for (unsigned long w = 0; w < WINDOWS; w++) {
		unsigned long base = MODULE_IMAGES + w * WINDOW;

		expect_fault(fn, base, how, "a module image");
		expect_fault(fn, base + 0x40, how, "inside a module image");
		expect_fault(fn, base + 0x1000, how, "a module image, page 1");
		expect_fault(fn, MODULE_HEAPS + w * WINDOW, how, "a module heap");
	}
}

static void reads_of_kernel_memory(void)
{
	all_places(read_at, "read of");
}

static void writes_of_kernel_memory(void)
{
	all_places(write_at, "write to");
}

static void jumps_into_kernel_memory(void)
{
	all_places(jump_to, "jump to");
}

static void non_canonical(void)
{
	catch_signals();
	CHECK_EQ(signal_of(read_at, 0x0000800000000000ul), SIGSEGV);
	CHECK_EQ(got_address, 0);
	CHECK_EQ(signal_of(jump_to, 0x0000800000000000ul), SIGSEGV);
	CHECK_EQ(signal_of(write_at, 0xff00000000000000ul), SIGSEGV);
}

#define PRIVILEGED(name, code) \
	static void do_##name(unsigned long arg) \
	{ \
		(void)arg; \
		__asm__ volatile(code : : "a"(0), "d"(0xf4), "c"(0) : "memory"); \
	}
PRIVILEGED(hlt, "hlt")
PRIVILEGED(cli, "cli")
PRIVILEGED(in, "inb %%dx, %%al")
PRIVILEGED(out, "outb %%al, %%dx")
PRIVILEGED(read_cr3, "mov %%cr3, %%rax")
PRIVILEGED(write_cr3, "mov %%rax, %%cr3")
PRIVILEGED(rdmsr, "rdmsr")
PRIVILEGED(wrmsr, "wrmsr")
PRIVILEGED(invlpg, "invlpg (%%rsp)")
PRIVILEGED(clts, "clts")
PRIVILEGED(lidt, "lidt (%%rsp)")
PRIVILEGED(ltr, "ltr %%ax")

static void privileged_instructions(void)
{
	static const struct {
		void (*run)(unsigned long);
		const char *name;
	} list[] = {
		{ do_hlt, "hlt" }, { do_cli, "cli" }, { do_in, "in" },
		{ do_out, "out" }, { do_read_cr3, "read of cr3" },
		{ do_write_cr3, "write to cr3" }, { do_rdmsr, "rdmsr" },
		{ do_wrmsr, "wrmsr" }, { do_invlpg, "invlpg" },
		{ do_clts, "clts" }, { do_lidt, "lidt" }, { do_ltr, "ltr" },
	};

	catch_signals();
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (signal_of(list[i].run, 0) != SIGSEGV)
			FAIL("%s: signal %d, not SIGSEGV", list[i].name, got_signal);
}

/* Handlers that change the frame they return to. */
static volatile int frame_field;
static volatile unsigned long frame_value;

static void change_frame(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	uc->uc_mcontext.gregs[frame_field] = frame_value;
}

static void raise_with_frame(int field, unsigned long value)
{
	struct sigaction sa = { .sa_sigaction = change_frame,
				.sa_flags = SA_SIGINFO };

	frame_field = field;
	frame_value = value;
	CHECK_EQ(sigaction(SIGUSR1, &sa, NULL), 0);
	CHECK_EQ(raise(SIGUSR1), 0);
}

static void frame_with_non_canonical_rip(void)
{
	raise_with_frame(REG_RIP, 0x0000800000000000ul);
}

static void frame_with_core_rip(void)
{
	raise_with_frame(REG_RIP, CORE_TEXT);
}

static void frame_with_gate_rip(void)
{
	raise_with_frame(REG_RIP, GATE_TEXT);
}

static void frame_with_all_flags(void)
{
	unsigned long flags;

	catch_signals();
	raise_with_frame(REG_EFL, EFLAGS_IOPL | 0x202 | EFLAGS_NT);
	__asm__ volatile("pushf; pop %0" : "=r"(flags));
	if (flags & EFLAGS_IOPL)
		FAIL("a signal frame set IOPL: flags %#lx", flags);
	CHECK_EQ(signal_of(do_cli, 0), SIGSEGV);
	CHECK_EQ(signal_of(do_in, 0), SIGSEGV);
}

/* Ring 0 selectors in a frame: whatever happens, ring 3 is where it ends. */
static void frame_with_kernel_selectors(void)
{
	unsigned short cs;

	raise_with_frame(REG_CSGSFS, 0x0008);
	__asm__ volatile("mov %%cs, %0" : "=r"(cs));
	if ((cs & 3) == 3)
		raise(SIGSEGV);
	FAIL("cs is %#x", cs);
}

/* Flags that must not leak into the kernel: it must not crash, and answer. */
static void syscall_with_flags(void)
{
	static const unsigned long flags[] = { EFLAGS_DF, EFLAGS_NT, EFLAGS_AC };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		unsigned long ret = SYS_getpid;

		__asm__ volatile("pushf; orq %1, (%%rsp); popf; syscall; cld;"
				 "pushf; andq $~0x44500, (%%rsp); popf"
				 : "+a"(ret) : "r"(flags[i])
				 : "rcx", "r11", "memory", "cc");
		CHECK_EQ(ret, getpid());
	}
}

static void cannot_map_over_the_kernel(void)
{
	static const unsigned long addresses[] = {
		0x00007ffffffff000ul, 0x0000800000000000ul, MODULE_HEAPS,
		CORE_IMAGE, MODULE_IMAGES, GATE_TEXT, ~4095ul,
	};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		void *p = mmap((void *)addresses[i], 4096, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

		if (p != MAP_FAILED)
			FAIL("mmap at %#lx worked", addresses[i]);
		if (munmap((void *)addresses[i], 4096) == 0)
			FAIL("munmap at %#lx worked", addresses[i]);
		if (mprotect((void *)addresses[i], 4096, PROT_READ) == 0)
			FAIL("mprotect at %#lx worked", addresses[i]);
	}
}

static const struct ktap_test tests[] = {
	TEST_DIES(int_81_kills, SIGSEGV), TEST(gate_interrupts), TEST(gate_numbers),
	TEST(syscall_with_wild_stack), TEST(syscall_with_flags),
	TEST(reads_of_kernel_memory), TEST(writes_of_kernel_memory),
	TEST(jumps_into_kernel_memory), TEST(non_canonical),
	TEST(privileged_instructions), TEST(cannot_map_over_the_kernel),
	TEST_DIES(frame_with_non_canonical_rip, SIGSEGV),
	TEST_DIES(frame_with_core_rip, SIGSEGV),
	TEST_DIES(frame_with_gate_rip, SIGSEGV),
	TEST(frame_with_all_flags),
	TEST_DIES(frame_with_kernel_selectors, SIGSEGV),
};

int main(int argc, char **argv)
{
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
