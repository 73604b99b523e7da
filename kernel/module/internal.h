/* SPDX-License-Identifier: MIT */
/* What kernel/module/ and kernel/boundary/ share, and nobody else needs. */
#ifndef MODULE_INTERNAL_H
#define MODULE_INTERNAL_H

#include <boundary.h>
#include <frame.h>
#include <modules.h>
#include <thread.h>
#include <view.h>

#define BOUND_STUBS_MIN 64	/* room for callbacks that are bound at run time */

/* ---- the boundary's side of loading (kernel/boundary/) --------------- */
int boundary_place(struct module *m, u32 imports);
u64 boundary_stub_bytes(struct module *m);
int boundary_window(struct module *m, u64 base, bool image);
void boundary_linked(struct module *m);
void boundary_unlinked(struct module *m);
void boundary_placed(void);
void boundary_state(struct module *m);
void boundary_evict(struct module *m);
u64 boundary_import(struct module *m, const char *name, u64 version, int *error);
int boundary_export(struct module *m, const char *name, u64 addr, u64 version,
		    const struct contract *contract);
void *boundary_bind(struct module *m, u64 addr, const struct contract *contract);
void *boundary_symbol(const char *name);
/* Whether some thread is inside m, or will return into it. */
bool boundary_inside(const struct module *m);
bool boundary_up_regs(const struct module *m, struct regs *regs);
void boundary_trace_print(void);
/* A fault of m leads to a reset (false: the machine stops with it). */
bool boundary_contains(const struct module *m);
int domain_window(struct domain *owner, u64 base, bool image);
struct domain *window_domain(u64 addr);

/* ---- registry.c ------------------------------------------------------ */
struct module *module_new(const struct module_manifest *manifest);
void module_forget(struct module *m);
void module_set_state(struct module *m, enum module_state state);
void module_linked_hook(struct module *m);
int manifest_check(const struct module_manifest *manifest);
int core_exports_register(void);

/* Whether m may call what `provider` (NULL: the core) exports by `contract`. */
bool module_may_import(const struct module *m, const struct module *provider,
		       const struct contract *contract);

/* ---- heap.c ---------------------------------------------------------- */
int heap_init(void);
u64 heap_window_stack(struct domain *d);
struct domain *heap_window_domain(u64 addr);
struct module *heap_window_module(u64 addr);
void heap_release(struct module *m, bool resetting);
u64 image_window_alloc(void);
void image_window_free(u64 base);

/* ---- report.c, reset.c ----------------------------------------------- */
void module_report(struct module *m, enum fault_reason reason,
		   const struct regs *regs, u64 address, const char *what);
void module_fault_at(struct module *m, enum fault_reason reason,
		     const struct regs *regs, u64 address, const char *what);
void reset_init(void);
int module_start(struct module *m, u32 flags);
void image_restore(struct module *m);
int params_apply(struct module *m);
const char *module_text(struct module *m, const char *s);
bool module_on_stack(const struct module *m, const struct thread *t);

/* ---- record.c -------------------------------------------------------- */
void records_free(struct module *m);

#endif
