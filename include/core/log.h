/* SPDX-License-Identifier: MIT */
/* The kernel log (kernel/log.c) and panic (kernel/panic.c). */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <asm/regs.h>
#include <types.h>

struct wait;

/* Levels are Linux's: 0 most urgent. Any context; never sleeps. */
void log_printf(int level, const char *fmt, ...) __printf(2, 3);
/* As log_printf, "NAME: " in front; NULL: of a program. With a facility. */
void log_module(u32 priority, const char *name, const char *msg, size_t len);
/* Raw bytes to the serial line, no prefix (KTAP, boottrace). */
void log_raw(const char *s, size_t len);
/* Copies log text from position *off on, which is moved; for module kmsg. */
size_t log_read(u64 *off, char *buf, size_t len);
void log_tick(void);			/* each timer tick */
void log_set_readers(struct wait *w);	/* who is woken; takes the reference over */
int log_level(int level);		/* sets what is printed; below 0 asks. The old one */
void log_panic(void);	/* no lock is taken any more; for panic.c */
void log_init(void);
/*
 * The serial line's output is the core's until a console module takes it
 * over for programs; log lines always go to the UART, polled, also in panic.
 */
void log_serial_putc(char c);

#define pr_err(...) log_printf(3, __VA_ARGS__)
#define pr_warn(...) log_printf(4, __VA_ARGS__)
#define pr_notice(...) log_printf(5, __VA_ARGS__)
#define pr_info(...) log_printf(6, __VA_ARGS__)
#define pr_debug(...) log_printf(7, __VA_ARGS__)

__noreturn void panic(const char *fmt, ...) __printf(1, 2);
/* As panic, with the trap's registers and a backtrace from them. */
__noreturn void panic_regs(const struct regs *regs, const char *fmt, ...)
	__printf(2, 3);
/* Prints registers and a symbolised backtrace (also of module functions). */
void backtrace_print(const struct regs *regs);
/* "name+0x12 [module]" for an address, core or module. */
void symbol_format(u64 addr, char *buf, size_t len);

#define ASSERT(x) \
	do { \
		if (unlikely(!(x))) \
			panic("%s:%d: assertion '%s' is broken", __FILE__, \
			      __LINE__, #x); \
	} while (0)

#endif
