/* SPDX-License-Identifier: MIT */
/*
 * The core, played on the host: a Linux process is just another placement.
 * Modules are shared objects made of the same sources; the shim offers the
 * exports of core.h and file.h, and to the tests what the core does with
 * modules: start them, reset them, call their ops tables, fire their timers.
 *
 * Include the C library's headers and cmocka.h first, then this.
 */
#ifndef TESTS_HOST_SHIM_H
#define TESTS_HOST_SHIM_H

#include <core.h>
#include <file.h>
#include <module.h>
#include <socket.h>
#include <types.h>

/* ---- modules (module.c) ---------------------------------------------- */

/* Module number of `name`; ends the test when it is not linked. */
u32 shim_module(const char *name);
const struct module_manifest *shim_manifest(const char *name);
/* Runs init(0), for all: in the order of ranks. What init returned (first error). */
long shim_start(const char *name);
long shim_start_all(void);
/*
 * What the core does at a reset: gives back the module's handles and pages
 * (not its persistent ones), tells slab if slab is linked and started, restores
 * the image, raises the epoch and runs init(INIT_RECOVERING).
 */
long shim_reset(const char *name);
/* The first part of it: all but init. */
void shim_reset_image(const char *name);
long shim_recover(const char *name);
/* Everything as at the start of the process: no pages, handles, records. */
void shim_clear(void);

/* ---- faults (module.c) ----------------------------------------------- */

/*
 * Runs fn(arg). Returns NULL if it came back, else what module_bug() was told:
 * the call was left in the middle, and the module wants a reset.
 */
const char *shim_try(void (*fn)(void *arg), void *arg);

/*
 * Runs fn(arg) and leaves it just before its event number `at` (from 1): a
 * write to persistent pages, or the begin or end of a call that maps or unmaps
 * pages, or changes a record. True: it was left; false: it ended before. (crash.c)
 */
bool shim_crash_at(u32 at, void (*fn)(void *arg), void *arg);
void shim_crash_point(void);
void shim_crash_pages(u64 addr, u64 len);	/* new persistent pages */

/* ---- heap (heap.c) --------------------------------------------------- */

/* At most `pages` heap pages exist at a time from now on; 0: no limit. */
void shim_heap_limit(u32 pages);
u32 shim_heap_pages(u32 owner);		/* pages in the owner's window */
bool shim_heap_holds(u32 owner, u64 addr, u64 len);
/* All persistent pages, one call each. */
void shim_heap_each_persistent(void (*fn)(u64 addr, u64 len));
void shim_heap_drop(u32 owner, bool persistent_too);	/* 0: of all */

/* ---- threads and time (shim.c) --------------------------------------- */

/* The calling thread's context page, to be changed as a test wants. */
struct context_page *shim_context(void);
/* Nodes of files that process 1 has open (process_file_get()). */
void shim_files_set(const u64 *nodes, size_t count);
void shim_thread_start(void (*fn)(void *arg), void *arg);
void shim_threads_join(void);

/* ---- handles and what they stand for (shim.c) ------------------------ */

/* How many handles of a type (HANDLE_NONE: all) a module has. */
u32 shim_handles(u32 owner, enum handle_type type);
/* A handle of an open file, as the core makes them; 0: no place. */
u32 shim_file_handle(u32 owner);
void shim_handles_drop(u32 owner);	/* 0: everybody's */
void shim_handles_sweep(u32 owner);	/* open files that nobody claimed */
/* What a family of sockets registered. */
const struct socket_ops *shim_socket_ops(u32 family);
u32 shim_socket_provider(u32 family);	/* its provider's handle */
/* From now on files that are passed are this socket, with no other reference; 0: none. */
void shim_handle_is_socket(u64 number);
const struct file_ops *shim_provider(u32 handle);
/* Fires an armed timer; false: it is not armed. */
bool shim_timer_fire(u32 handle);
bool shim_timers_fire(void);		/* all that are armed; false: none */
bool shim_irq(u32 line);		/* false: nobody is attached */
u32 shim_wait_count(u32 handle);	/* how often it was woken */

/* ---- user buffers ---------------------------------------------------- */

#define SHIM_UBUF_READ 1	/* the module may read it */
#define SHIM_UBUF_WRITE 2
u32 shim_ubuf(void *buf, size_t len, u32 flags);
void shim_ubufs_end(void);

/* ---- what the machine holds ------------------------------------------ */

void shim_archive_set(const void *data, size_t len);	/* kept, not copied */
void shim_cmdline_set(const char *text);
void shim_session_set(u32 sid, u32 pgrp);
void shim_signal_state_set(u32 state);	/* what process_signal_state() says */
/* The last process_signal_group(): its group << 32 | signal; 0: none. */
u64 shim_last_signal(void);
/* Port access of drivers: NULL means reads of ~0 and writes without effect. */
typedef u32 shim_port_fn(u16 port, bool write, u32 value, u32 bytes);
void shim_ports_set(shim_port_fn *fn);
u8 *shim_cmos(void);			/* 128 registers */

/* ---- log ------------------------------------------------------------- */

bool shim_log_has(const char *text);
void shim_log_clear(void);

#endif
