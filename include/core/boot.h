/* SPDX-License-Identifier: MIT */
/*
 * What the boot loader told us (arch/x86/boot/), the command line
 * (kernel/cmdline.c) and the boot trace (kernel/boottrace.c).
 */
#ifndef CORE_BOOT_H
#define CORE_BOOT_H

#include <core.h>
#include <types.h>

#define BOOT_MAX_REGIONS 64
#define BOOT_MAX_ARCHIVES 8
#define BOOT_CMDLINE_MAX 1024

struct boot_region {
	u64 start, end;		/* bytes */
	bool usable;
};

struct boot_archive {
	u64 phys, size;
};

struct boot_info {
	struct boot_region region[BOOT_MAX_REGIONS];
	u32 nregions;
	struct boot_archive archive[BOOT_MAX_ARCHIVES];
	u32 narchives;
	char cmdline[BOOT_CMDLINE_MAX];
	u64 rsdp;		/* physical address of a copy of the RSDP, 0: unknown */
	struct framebuffer_info framebuffer;	/* phys 0: none */
	const char *loader;	/* "multiboot2", "pvh" */
	u64 entry_tsc;		/* TSC at the kernel's first instruction */
};
extern struct boot_info boot_info;

/* A word of the command line, or of a module's parameters. */
struct word {
	const char *key, *value;	/* value NULL: there is no '=' */
	size_t key_len, value_len;
};
/* Reads the next word; NULL at the end, else where to go on. */
const char *word_next(const char *p, struct word *w);
/* Its value without quotes ("" if it has none), cut to `len` - 1 bytes. */
void word_value(const struct word *w, char *buf, size_t len);
/* Value of `key=...`; false when absent. A bare `key` gives "". */
bool cmdline_find(const char *key, char *buf, size_t len);
u64 cmdline_number(const char *key, u64 otherwise);

/*
 * Boot trace: stages by name, with the module they are about ("" none). Ends
 * at the first console read by a program, when the JSON line is printed.
 */
int boottrace_begin(const char *stage, const char *module);
void boottrace_end(int stage);
void boottrace_mark_user(void);		/* first user instruction is next */
void boottrace_mark_prompt(void);	/* first read of a console by a program */

/* kernel/main.c */
__noreturn void kernel_main(void);	/* called by arch/x86/boot on the boot stack */

/* kernel/power.c: panic=halt|reboot|exit and reboot(2). */
__noreturn void machine_power_off(void);
__noreturn void machine_reboot(void);
__noreturn void machine_halt(void);
/* QEMU's isa-debug-exit (0xf4) if it is there; returns if not. */
void machine_debug_exit(u32 code);

#endif
