/* SPDX-License-Identifier: MIT */
/*
 * faulty: commits the fault that it is told to (faulty.h). Each one is real:
 * addresses go through volatiles and asm so that the compiler neither removes
 * nor replaces what is meant.
 *
 * A module can't tell its ring, so neither does this one: what hardware lets
 * pass in ring 0 (reading the core, hlt, a port) passes, and 0 is returned.
 *
 * State: records "init" (each recovering init fails while it is there) and
 * "once" (faulty_commit_once() has had its fault).
 */
#include <errno.h>
#include <faulty.h>
#include <io.h>
#include <module.h>
#include <runtime.h>

#define NON_CANONICAL 0x00dead0000000000ull
#define CORE_TEXT 0xffffffff80110000ull	/* in the core's image, 64 KiB into it */
#define UNOWNED_PORT 0x80		/* the POST code display: harmless */
#define NO_SUCH_SLOT 0x7fffffff
#define GATE_VECTOR 0x81
/* Stubs that ring 3 calls the core by: they begin with mov $number, %eax. */
#define STUB_FIRST 0xb8
#define STUB_SIZE 32
#define NESTED_ENOUGH 1000000	/* of a depth that only counts */
#define QUOTA_PIECE 4096
#define COMMITTED_ONCE 42

#define RECORD_INIT "init"
#define RECORD_ONCE "once"

static const u64 constant = 1;
static volatile u8 data_code[] = { 0xc3 };	/* ret */
static struct mutex lock = MUTEX_INIT;
static u32 calls;

static void read_at(u64 addr)
{
	u64 value;

	__asm__ volatile("movq (%1), %0" : "=r"(value) : "r"(addr) : "memory");
}

static void write_at(u64 addr)
{
	__asm__ volatile("movq %0, (%1)" : : "r"(0x90ull), "r"(addr) : "memory");
}

static void jump_to(u64 addr)
{
	__asm__ volatile("call *%0" : : "r"(addr) : "memory", "cc", "rax", "rcx", "rdx",
			 "rsi", "rdi", "r8", "r9", "r10", "r11");
}

/* `depth` is never 0, which the compiler must not find out. */
static __noinline u64 overflow_stack(u64 depth)
{
	volatile u8 frame[512];

	frame[depth % sizeof(frame)] = (u8)depth;
	__asm__ volatile("" : "+r"(depth));
	return depth ? overflow_stack(depth + 1) + frame[0] : 0;
}

/* The return address lies above the saved frame pointer. */
static __noinline void smash_stack(void)
{
	volatile u64 *frame = __builtin_frame_address(0);

	frame[0] = NON_CANONICAL;
	frame[1] = NON_CANONICAL;
}

static void divide_by_zero(void)
{
	u64 quotient, rest;

	__asm__ volatile("divq %4" : "=a"(quotient), "=d"(rest)
			 : "a"(1ull), "d"(0ull), "r"(0ull) : "cc");
}

static void loop_forever(void)
{
	for (;;)
		__asm__ volatile("pause" : : : "memory");
}

/* What ring 3's stubs do, with a slot that no export has. */
static void abuse_syscall(void)
{
	__asm__ volatile("syscall" : : "a"(NO_SUCH_SLOT)
			 : "rcx", "r11", "memory");
}

static void abuse_int(void)
{
	__asm__ volatile("int %1" : : "a"(NO_SUCH_SLOT), "i"(GATE_VECTOR)
			 : "rcx", "r11", "memory");
}

/* The instruction of `code`, which may be a stub of the gate's, that enters it. */
static u64 gate_of(const u8 *code)
{
	for (u32 i = 0; code[0] == STUB_FIRST && i < STUB_SIZE - 1; i++)
		if ((code[i] == 0x0f && code[i + 1] == 0x05) ||
		    (code[i] == 0xcd && code[i + 1] == GATE_VECTOR))
			return (u64)code + i;
	return 0;
}

/* Where imports are called through stubs: what the core says. Else 0. */
static long abuse_stub(void)
{
	const u8 *other = (const u8 *)core_call_faulty;
	u64 gate = gate_of((const u8 *)record_put), depth = NESTED_ENOUGH;
	u32 number;
	long result;

	if (!gate || !gate_of(other))
		return 0;
	__builtin_memcpy(&number, other + 1, sizeof(number));
	__asm__ volatile("call *%3" : "=a"(result), "+D"(depth) : "0"((u64)number), "r"(gate)
			 : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
	return result;
}

/* What was allocated stays on the account until the next reset. */
static long exhaust_quota(void)
{
	while (kmalloc(QUOTA_PIECE))
		;
	return -ENOMEM;
}

static long sleep_forever(void)
{
	long wait = wait_create(THIS_MODULE);

	if (wait < 0)
		return wait;
	return wait_sleep((u32)wait, (u32)wait_seq((u32)wait), 0);
}

static long deadlock(void)
{
	mutex_lock(&lock);
	mutex_lock(&lock);
	return -EDEADLK;
}

static long fail_each_init(void)
{
	long err = record_put(THIS_MODULE, RECORD_INIT, "1", 1);

	if (err < 0)
		return err;
	return module_bug(THIS_MODULE, "told to fail, and in each init to come");
}

static void commit_memory(u32 kind)
{
	switch (kind) {
	case FAULT_NULL_READ:
		read_at(0);
		break;
	case FAULT_NULL_WRITE:
		write_at(0);
		break;
	case FAULT_WILD_READ:
		read_at(NON_CANONICAL);
		break;
	case FAULT_WILD_WRITE:
		write_at(NON_CANONICAL);
		break;
	case FAULT_CORE_READ:
		read_at(CORE_TEXT);
		break;
	case FAULT_CORE_WRITE:
		write_at(CORE_TEXT);
		break;
	case FAULT_TEXT_WRITE:
		write_at((u64)loop_forever);
		break;
	case FAULT_RODATA_WRITE:
		write_at((u64)&constant);
		break;
	}
}

static void commit_flow(u32 kind)
{
	switch (kind) {
	case FAULT_EXEC_DATA:
		jump_to((u64)data_code);
		break;
	case FAULT_JUMP_NULL:
		jump_to(0);
		break;
	case FAULT_JUMP_WILD:
		jump_to(NON_CANONICAL);
		break;
	case FAULT_STACK_OVERFLOW:
		overflow_stack(1);
		break;
	case FAULT_STACK_SMASH:
		smash_stack();
		break;
	case FAULT_LOOP:
		loop_forever();
		break;
	}
}

static void commit_instruction(u32 kind)
{
	switch (kind) {
	case FAULT_DIVIDE:
		divide_by_zero();
		break;
	case FAULT_ILLEGAL:
		__asm__ volatile("ud2");
		break;
	case FAULT_PRIVILEGED:
		__asm__ volatile("hlt" : : : "memory");
		break;
	case FAULT_PORT:
		outb(UNOWNED_PORT, 0);
		break;
	case FAULT_BREAKPOINT:
		__asm__ volatile("int3");
		break;
	case FAULT_FPU:
		/* changes no register where it is let through */
		__asm__ volatile("movaps %xmm0, %xmm0");
		break;
	case FAULT_ABUSE_GATE:
		abuse_syscall();
		break;
	case FAULT_ABUSE_INT:
		abuse_int();
		break;
	}
}

static long commit_call(u32 kind)
{
	switch (kind) {
	case FAULT_DEADLOCK:
		return deadlock();
	case FAULT_BUG:
		return module_bug(THIS_MODULE, "told to fail");
	case FAULT_BAD_POINTER_UP:
		return log_write(THIS_MODULE, LOG_INFO, (const char *)CORE_TEXT, 64);
	case FAULT_NESTED:
		return faulty_nest(0);
	case FAULT_WRONG_STUB:
		return abuse_stub();
	case FAULT_QUOTA:
		return exhaust_quota();
	case FAULT_INIT:
		return fail_each_init();
	case FAULT_SLEEP_FOREVER:
		return sleep_forever();
	case FAULT_LIE:		/* takes a buffer: faulty_lie() */
		return -EINVAL;
	}
	return 0;
}

/*
 * Commits `kind`. 0: nothing happened; else what the call that was abused
 * returned. May sleep for ever.
 */
long faulty_commit(u32 kind)
{
	if (kind >= FAULT_KINDS)
		return -EINVAL;
	commit_memory(kind);
	commit_flow(kind);
	commit_instruction(kind);
	return commit_call(kind);
}
SYMBOL_EXPORT(faulty_commit);

/*
 * Commits `kind` when record "once" is absent, leaving it; when it is there,
 * removes it and returns 42: what a restarted call does.
 */
long faulty_commit_once(u32 kind)
{
	char mark;
	long err = record_get(THIS_MODULE, RECORD_ONCE, &mark, sizeof(mark));

	if (err > 0) {
		record_delete(THIS_MODULE, RECORD_ONCE);
		return COMMITTED_ONCE;
	}
	err = record_put(THIS_MODULE, RECORD_ONCE, "1", 1);
	if (err < 0)
		return err;
	return faulty_commit(kind);
}
SYMBOL_EXPORT(faulty_commit_once);

/* Claims to have filled twice `len` bytes and one. */
long faulty_lie(void *buf, size_t len)
{
	return (long)(2 * len + 1);
}
SYMBOL_EXPORT(faulty_lie);

/* Returns how many times it has been called since data was last set up. */
long faulty_count(void)
{
	return ++calls;
}
SYMBOL_EXPORT(faulty_count);

/* Calls itself through the core until somebody stops it. */
long faulty_nest(u32 depth)
{
	long result = core_call_faulty(depth + 1);

	__asm__ volatile("" : "+r"(result));	/* no tail call: it takes stack */
	return result;
}
SYMBOL_EXPORT(faulty_nest);

static long faulty_init(u32 flags)
{
	char mark;

	if ((flags & INIT_RECOVERING) &&
	    record_get(THIS_MODULE, RECORD_INIT, &mark, sizeof(mark)) > 0)
		return module_bug(THIS_MODULE, "told to fail in each init");
	return 0;
}

static void faulty_exit(void)
{
}

MODULE("faulty", .description = "commits the fault that it is told to",
       .init = faulty_init, .exit = faulty_exit, .rank = RANK_TOP);
