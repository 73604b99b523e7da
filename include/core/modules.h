/* SPDX-License-Identifier: MIT */
/*
 * The core's side of modules: registry, loader, accounts, handles, records,
 * faults and resets (kernel/module/).
 */
#ifndef CORE_MODULES_H
#define CORE_MODULES_H

#include <list.h>
#include <module.h>
#include <spinlock.h>
#include <types.h>
#include <wait.h>

#define MODULES_MAX 64

struct domain;
struct elf_image;
struct regs;
struct thread;
struct frame_list;
struct regs;

enum module_state {
	MODULE_LOADED,		/* linked, init not run */
	MODULE_STARTING,	/* init runs */
	MODULE_LIVE,
	MODULE_RESETTING,
	MODULE_FAILED,
	MODULE_UNLOADING,	/* exit runs */
	MODULE_UNLOADED,
};

/* A range of a module's image. */
struct module_range {
	u64 start, size;
	unsigned int prot;	/* MAP_* */
};

enum module_range_kind {
	RANGE_TEXT, RANGE_RODATA, RANGE_DATA, RANGE_BSS, RANGE_STUBS, RANGES
};

struct module {
	u32 id;			/* index in the registry, from 1 */
	u32 epoch;		/* resets */
	char name[MODULE_NAME_MAX];
	enum module_state state;
	struct module_manifest manifest;	/* the core's copy */
	struct domain *domain;	/* domain 0: in the core */
	bool built_in;		/* linked into the kernel image */
	bool late;		/* loaded by a program; `object` is its own */
	u32 callers;		/* threads in C code on their way to it; atomic */
	u64 window;		/* image window, 0: built in */
	struct module_range range[RANGES];
	const u8 *object;	/* the .ko in memory; NULL: built in */
	size_t object_size;
	struct elf_image *image;	/* where what lies in it */
	u8 *content;		/* text, rodata, data, where the core can write them */
	const struct symbol_import *imports;	/* in the object */
	const char *import_texts;
	u32 nimports;
	u64 *import_at;		/* the imports' addresses */
	const struct module_param *param;	/* in the module's constants */
	u32 nparams;
	char *params;		/* what who loaded it said, or NULL */
	/* account: LOCK_MODULE */
	u32 pages, quota_pages;
	u32 handles;
	struct list_head records;	/* in the order of their making */
	struct list_head *record_chains;
	u32 nrecords;
	struct record *record_last;	/* what record_name() gave last, and its */
	u32 record_index;		/* index; NULL after records went */
	struct list_head heap_windows;
	struct list_head threads;
	/* policy */
	u32 resets, faults;
	u32 failures;		/* in a row */
	u64 last_reset_ns, backoff_ns;
	u64 reset_due_ns, fault_ns;
	bool inject;		/* to be made to fault when it runs */
	struct wait change;	/* state or epoch moved */
	struct thread *starter;	/* runs init now */
	/* figures */
	u64 calls_down, calls_up, calls_across, bytes_copied;
	u64 link_instr, start_instr;	/* TSC ticks */
	void *boundary;		/* kernel/boundary/'s own */
};

/* Registry. */
struct module *module_by_id(u32 id);		/* NULL: none */
struct module_self *module_self_of(const struct module *m);	/* m is linked */
struct module *module_by_name(const char *name);
/* Whose image (or heap or stack) `addr` lies in; NULL: nobody's. */
struct module *module_by_address(u64 addr);
struct module *module_by_text(u64 addr);
/* The function around `addr` in m and its start, or NULL. */
const char *module_function(const struct module *m, u64 addr, u64 *start);
/* Waits (bounded) until calls may enter `m`; false: it is off. May sleep. */
bool module_wait_live(struct module *m);
const char *module_state_name(const struct module *m);
/* Address that calling `name` reaches now, or NULL: names known at run time. */
void *module_symbol(const char *name);

/* Loads and starts all modules of the boot archive (or built in), in order. */
void modules_start(void);
/*
 * Links and starts one object for a program. Takes over `object` and `params`
 * (may be NULL), both core_alloc()'s. 0, -ENOEXEC, -EINVAL (versions, parameters),
 * -ENOENT (import), -EEXIST, -ENOMEM, or what init said. May sleep.
 */
int module_load(void *object, size_t size, char *params);
/*
 * Stops and takes out what module_load() brought in: 0, -ENOENT, -EBUSY (it came
 * at the start, or cannot stop), -EWOULDBLOCK (it is in use), -EIO (exit faulted).
 */
int module_unload(const char *name);
/* How many modules of programs import from `m`; their names in `buf`, a comma after each. */
u32 module_users(const struct module *m, char *buf, size_t len);

/* ---- handles (kernel/module/handle.c) -------------------------------- */

/* Called when the owner is reset or lets go. Only an open file's may sleep. */
typedef void handle_release_fn(void *object);

/* A positive handle on m's account, or -ENOMEM, -EMFILE. m NULL: the core's. */
long handle_new(struct module *m, enum handle_type type, void *object,
		handle_release_fn *release);
/* The object, if `handle` is live, of `type` and m's (m NULL: any owner's). */
void *handle_object(u32 handle, enum handle_type type, const struct module *m);
struct module *handle_owner(u32 handle);
int handle_close(u32 handle, enum handle_type type, const struct module *m);
void handle_give(u32 handle, struct module *to);
/* True if m (again) answers for a handle that came through its reset. */
bool handle_claim(u32 handle, enum handle_type type, const struct module *m);
/* Which of a module's handles go. */
enum handle_sweep {
	SWEEP_UNLOAD,		/* all */
	SWEEP_RESET,		/* those of types that do not outlive a reset */
	SWEEP_UNCLAIMED,	/* open files that a recovering init did not claim */
};
void handle_close_all(struct module *m, enum handle_sweep sweep);

/* ---- accounts -------------------------------------------------------- */

/* 0, or -ENOMEM when m's quota would be passed. */
int account_pages(struct module *m, long pages);
void account_give_back(struct module *m, bool resetting);

/* ---- faults and resets (kernel/module/reset.c) ------------------------ */

enum fault_reason {
	REASON_TRAP, REASON_WATCHDOG, REASON_CONTRACT, REASON_QUOTA, REASON_BUG,
	REASON_DEADLOCK, REASON_STACK, REASON_INIT, REASON_INJECTED,
};
#define INJECTED_TEXT "root told it to"
/* Records the fault, prints the report, and starts the reset. */
void module_fault(struct module *m, enum fault_reason reason,
		  const struct regs *regs, const char *what);

#endif
