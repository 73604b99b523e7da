/* SPDX-License-Identifier: MIT */
/*
 * The gate layout's own structures. Offsets of what assembly uses are in
 * kernel/boundary/gate/gate-offsets.h and checked against these at build time.
 *
 * A *slot* is one function that can be called across: an export of the core or
 * of a module, or a callback that was bound. A call names its slot by number.
 * A *stack* is a module stack from a domain's pool with the call's staging area.
 *
 * Locking: slots, domains and pools change under boundary_lock; the gates read
 * them with interrupts off.
 */
#ifndef BOUNDARY_GATE_H
#define BOUNDARY_GATE_H

#include <boundary.h>
#include <cpu.h>
#include <errno.h>
#include <gate-offsets.h>
#include <mm.h>
#include <modules.h>
#include <thread.h>
#include <view.h>

/* How a call down to the slot goes. */
enum slot_mode {
	SLOT_SLOW,		/* through gate_down_slow(): buffers, or not live */
	SLOT_PLAIN,		/* values only, ring 3, live: assembly alone */
	SLOT_DIRECT,		/* target is in ring 0: a jump */
};

struct slot {
	u64 target;		/* 0: free, or provider not loaded */
	struct domain *domain;	/* where target runs; &core_domain: ring 0 */
	struct module *module;	/* provider; NULL: the core */
	u32 epoch;		/* of the module when the slot was (re)bound */
	u8 mode;		/* enum slot_mode */
	u8 up_plain;		/* core function of values only: assembly alone */
	u8 bound;		/* a callback, not an export */
	u8 used;		/* 0: free; 1 + number of arguments */
	struct contract *contract;	/* the core's copy */
	const char *name;
	u64 calls;		/* down */
	u64 version;
};
_Static_assert(sizeof(struct slot) == 1 << SLOT_SHIFT, "slots are indexed by shifts");

/* A module stack: STACK_UNIT bytes of a window, aligned to that. */
struct mstack {
	struct mstack *next;	/* free list */
	u64 top;		/* initial stack pointer */
	u64 unit;		/* address of the unit: staging, gap, stack */
	struct domain *domain;
	u32 staging_pages;	/* mapped so far */
	u32 stack_pages;
	u32 staging_used;	/* bytes, by the running call */
	u32 reserved;
};

#define STAGING_PAGES (CONTRACT_STAGING / PAGE_SIZE)

/* A ring and a view of memory. */
struct domain {
	u64 cr3;
	struct mstack *free_stack;	/* interrupts off */
	u32 id;
	u32 nmodules;
	struct view view;
	u64 *gate_table;	/* this view's leaf table of the gate window */
	u64 *light;		/* targets for calls within the domain, by slot */
	u64 light_phys[LIGHT_PAGES];
	u64 counter_phys;	/* page with the count of light calls */
	u64 io_phys[2];		/* I/O permission bitmap */
	u64 stack_window;	/* where the next stack unit goes */
	u32 stack_units;	/* used in that window */
	u32 nstacks;
	struct domain *next_spare;
};

/* What gate_down leaves on the kernel stack; the order of its pushes. */
struct gate_frame {
	struct mstack *stack;
	u64 ring3_cr3;		/* the thread's, before */
	u64 entry_rsp;
	struct gate_frame *prev;
	struct slot *slot;
	u32 epoch;		/* slot->epoch at entry */
	u32 flags;
	u64 arg[6];
	u64 r15, r14, r13, r12, rbx, rbp;
	u64 ret;
};

/* What a call up leaves below the gate frame; the order of gate_up's pushes. */
struct up_frame {
	u64 arg[6];
	struct up_window *window;
	u64 slot;
	u64 rip;		/* in the caller's stub section */
	u64 rsp;		/* module stack */
	u64 epoch;		/* of the calling module */
	u64 rbp;		/* the module's, set by gate_up_slow() */
	u64 pad;
};

/* One module image window, by index: who may call up from where. */
struct up_window {
	u64 stub_start, stub_end;
	struct module *module;
	const u16 *stub_slot;	/* the module's */
};

/* A landing record on a module stack, left by light_call (ring-3 memory!). */
struct landing {
	u64 magic;
	u64 slot;
	u64 prev;		/* address of the outer record, 0: none */
	u64 arg[6];		/* rdi rsi rdx rcx r8 r9 */
	u64 r15, r14, r13, r12, rbx, rbp;
	u64 ret;		/* in the caller's stub */
};

#ifdef CONFIG_DOMAINS_PRIVATE
#define PLACEMENT_DEFAULT "private"
#else
#define PLACEMENT_DEFAULT "shared"
#endif

extern struct slot slots[SLOTS_MAX];
extern struct slot *slot_absent;	/* what modules that were not built export */
extern struct slot *gate_trace[GATE_TRACE_ENTRIES];
extern u64 gate_downs, gate_ups, gate_across, gate_bytes;
extern struct up_window up_windows[512];
extern struct domain core_domain;
extern char down_stubs[];	/* SLOTS_MAX stubs of DOWN_STUB_SIZE bytes */

struct module_boundary {	/* struct module.boundary */
	u32 nstubs, max_stubs;	/* in the stub section */
	u16 *stub_slot;		/* which slot each is for; the imports' come first */
	u16 slots;		/* chain of the module's slots: index + 1 */
};

/* Module memory, through the exception table: 0 or -EFAULT. */
static inline int copy_from_module(void *dst, u64 src, size_t len)
{
	return copy_module_from(dst, (const void *)src, len) ? -EFAULT : 0;
}

static inline int copy_to_module(u64 dst, const void *src, size_t len)
{
	return copy_module_to((void *)dst, src, len) ? -EFAULT : 0;
}

/* slot.c */
struct slot *slot_by_name(const char *name);
struct slot *slot_by_version(u64 version);
struct slot *slot_alloc(void);
u32 slot_index(const struct slot *s);
void slots_init(void);
u64 slots_count_of(const struct module *m);
void slots_release(struct module *m);
void slot_set_name(struct slot *s, const char *name, u64 version);
void slot_bind(struct slot *s, struct module *m, u64 target,
	       const struct contract *contract);
void slot_refresh(struct slot *s);
void slots_module_state(struct module *m);	/* its state changed: set modes */
/* Address through which `caller` (NULL: core) calls slot `s`; 0: no room. */
u64 slot_stub_new(struct slot *s, struct module *caller);	/* it has none yet */
u64 slot_stub(struct slot *s, struct module *caller);
/*
 * A slot for function `target` of `owner`, found again after a reset; *fresh: it
 * was not, so nobody has a stub for it.
 */
struct slot *slot_bind_callback(struct module *owner, u64 target,
				const struct contract *contract, bool *fresh);

/* domain.c */
int domain_init(void);
struct domain *domain_by_index(u32 i);
bool domain_is_shared(const struct domain *d);
struct domain *domain_for(struct module *m, const char *placement);
bool domain_leave(struct domain *d);
struct mstack *stack_get(struct domain *d);
void stack_put(struct mstack *s);
int stack_stage(struct mstack *s, u32 bytes);	/* maps staging pages */
struct mstack *stack_of(struct domain *d, u64 addr);
void domain_allow_port(struct domain *d, u16 port);

/* call.c */
long gate_down_slow(struct slot *s, u64 *args);
long gate_up_slow(struct up_frame *f);
long gate_call(struct slot *s, u64 *args, struct module *caller);
bool domain_owns(struct domain *d, u64 addr, u64 len, bool write);

/* gate.S */
void gate_interrupt(void);
long gate_enter(struct slot *s, const u64 *args, struct mstack *stack);
extern char gate_abort[];

/* unwind.c */
long gate_aborted(struct gate_frame *f);
bool gate_return_stale(struct gate_frame *f);
void gate_trapped(struct regs *regs, u64 stale);
void unwind_scan(struct module *m);
bool unwind_inside(const struct module *m);
void unwind_regs(struct regs *regs, struct module *m);
struct module *module_running(const struct regs *regs);

/* Ring-3 addresses of labels in the gate text. */
extern char gate_text_start[], gate_text_end[];
extern char ring3_enter[], ring3_return[];
extern char light_call[], light_return[], light_stale[], light_stale_ip[];
#define RING3(label) ((u64)(label) - (u64)gate_text_start + GATE_TEXT)

#endif
