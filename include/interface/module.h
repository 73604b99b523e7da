/* SPDX-License-Identifier: MIT */
/*
 * What every module includes: its manifest, its own id, and the context page.
 *
 * A module is compiled against include/interface, include/lib and include/uapi
 * alone. Nothing here tells it in which ring it runs.
 */
#ifndef INTERFACE_MODULE_H
#define INTERFACE_MODULE_H

#include <contract.h>
#include <types.h>

/*
 * Prototypes between these two are visible outside a module's object; all
 * else in it is hidden and made local when it is linked.
 */
#define INTERFACE_BEGIN _Pragma("GCC visibility push(default)")
#define INTERFACE_END _Pragma("GCC visibility pop")

#define MODULE_MAGIC 0x32444f4d58495457ull	/* "WTIXMOD2", little endian */
#define MODULE_ABI 1
#define MODULE_NAME_MAX 24
#define MODULE_MAX_PORTS 8
#define MODULE_MAX_IRQS 4

/* Flags of init(): the module is being started again after a reset. */
#define INIT_RECOVERING 0x1

/* What the core does when the module faults, unless Kconfig says otherwise. */
enum module_policy {
	POLICY_RESET,		/* reset, with growing pauses, then give up */
	POLICY_FAIL,		/* mark failed at the first fault */
	POLICY_PANIC,		/* the system cannot go on without its state */
};

struct port_range {
	u16 first;
	u16 count;		/* 0 ends the list */
};

/*
 * Ranks order calls: a module may import from modules of a higher rank only,
 * unless the export is CALL_REENTRANT. The loader checks. The core may call
 * any module and is called by all.
 */
enum module_rank {
	RANK_MEASURE = 5,	/* measure: it calls the test modules */
	RANK_TOP = 10,		/* nobody imports from it: test modules, initramfs */
	RANK_BINFMT = 20,
	RANK_VFS_CLIENT = 30,	/* registers with vfs: file systems, pipe */
	RANK_TTY_PORT = 35,	/* registers ports with tty: serial, console, keyboard */
	RANK_TTY = 40,		/* registers with devfs, drives serial, console */
	RANK_DEVICE = 50,	/* device drivers above tty's hardware */
	RANK_DEVFS = 60,
	RANK_SOCKET = 65,	/* families of sockets register with it */
	RANK_VFS = 70,
	RANK_HARDWARE = 80,
	RANK_SLAB = 100,	/* everybody may allocate */
};

/* One per module, in its data. The loader writes it before init runs. */
struct module_self {
	u32 id;			/* 1-based; index of the module in the registry */
	u32 epoch;		/* resets so far */
	u32 cached;		/* free objects that kmalloc() keeps: the module's to write */
} __aligned(16);

/* Versioned data that describes a module; section .whitix.manifest. */
struct module_manifest {
	u64 magic;		/* MODULE_MAGIC */
	u32 abi;		/* MODULE_ABI */
	u32 size;		/* sizeof(struct module_manifest) */
	char name[MODULE_NAME_MAX];
	const char *description;
	long (*init)(u32 flags);	/* 0 or a negative error number */
	void (*exit)(void);		/* before it is unloaded; NULL: it cannot be */
	struct module_self *self;
	u32 rank;		/* enum module_rank */
	u32 policy;		/* enum module_policy */
	u32 stack_kib;		/* 0: CONFIG_MODULE_STACK_KIB */
	u32 quota_pages;	/* most pages of heap; 0: CONFIG_MODULE_QUOTA_PAGES */
	u32 budget_ms;		/* time inside a call; 0: CONFIG_WATCHDOG_MS */
	u32 irqs[MODULE_MAX_IRQS];	/* ISA lines + 1; 0 ends the list */
	struct port_range ports[MODULE_MAX_PORTS];
};

extern struct module_self module_self;	/* runtime/self.c */

/* This module's id, for parameters that a contract calls ARG_SELF. */
#define THIS_MODULE (module_self.id)

/*
 * MODULE("ramfs", .init = ramfs_init, .rank = RANK_VFS_CLIENT, ...);
 * once in each module.
 */
#define MODULE(modname, ...) \
	static const struct module_manifest module_manifest __used \
		__section(".whitix.manifest") = { \
		.magic = MODULE_MAGIC, .abi = MODULE_ABI, \
		.size = sizeof(struct module_manifest), \
		.name = modname, .self = &module_self, __VA_ARGS__ \
	}

enum param_type { PARAM_BOOL = 1, PARAM_INT, PARAM_UINT, PARAM_STRING };

/* A parameter: an entry of section .whitix.params. */
struct module_param {
	const char *name;
	void *addr;		/* in the module's data */
	u32 type;		/* enum param_type: bool, s32, u32, char[] */
	u32 size;		/* of the variable, bytes */
	const char *description;
};

/*
 * PARAM(limit, PARAM_UINT, "most items"): the variable `limit` is set before init
 * runs, by `NAME.limit=...` on the kernel command line or by who loads the module;
 * after a reset, too. Not const, and not static when it is in another file.
 */
#define PARAM(variable, kind, text) \
	static const struct module_param param__##variable __used \
		__section(".whitix.params") = { \
		.name = #variable, .addr = &variable, .type = (kind), \
		.size = sizeof(variable), .description = (text), \
	}

/*
 * One import, written by scripts/modpost into section .whitix.imports. Texts are
 * offsets in .whitix.strings.
 */
struct symbol_import {
	u32 name;
	u32 provider;		/* a module, "core", or "": no such module was built */
	u64 version;
};

/*
 * The context page: read-only for modules, at the same address in every ring.
 * Kept current by the core when it switches threads.
 */
#ifndef CONTEXT_PAGE_ADDR	/* the host's tests have one per thread */
#define CONTEXT_PAGE_ADDR 0xffffffffffe01000ull
#endif

/* Most supplementary groups of a process. */
#define CONTEXT_GROUPS 32

struct context_page {
	u64 tsc_base;		/* TSC at ns_base */
	u64 ns_base;		/* nanoseconds since kernel entry at tsc_base */
	u32 tsc_mult;		/* ns = ns_base + ((tsc - tsc_base) * mult >> shift) */
	u32 tsc_shift;
	u64 realtime_base_ns;	/* CLOCK_REALTIME minus time since kernel entry */
	u32 tid;		/* of the running thread; 0: idle */
	u32 pid;		/* of its process; 0: a kernel thread */
	u32 uid, euid, fsuid;
	u32 gid, egid, fsgid;
	u32 umask;
	u32 memory_kib;		/* usable memory */
	/*
	 * The operation that the running thread is in: one try of a system call
	 * to do something to a file. Never 0 there, and never given again. A
	 * call that a reset interrupted is run again in the same operation,
	 * with `rerun` 1: a module that must not do a thing twice stores, in
	 * one step with the effect, the operation and its result, and when
	 * `rerun` is set and the stored operation (of that object, that kind of
	 * call) is the present one, it returns the stored result.
	 */
	u32 rerun;
	u64 op;
	u64 root;		/* vfs node of the process's root directory */
	u64 caps;		/* effective capabilities, BIT(CAP_*) */
	u32 call;		/* which of a module's system calls this is (program.h) */
	u32 again;		/* how often its handler was called again after a wait */
	u64 progress;		/* operation_next()'s, 0 at first */
	u32 watched;		/* what of files is watched anywhere: IN_* (files_watched()) */
	u32 ngroups;		/* supplementary groups that follow */
	u32 groups[CONTEXT_GROUPS];
};

#define CONTEXT ((const volatile struct context_page *)CONTEXT_PAGE_ADDR)

#endif
