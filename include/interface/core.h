/* SPDX-License-Identifier: MIT */
/*
 * What the core offers to modules. All of it is reached by plain C calls; the
 * boundary checks what comes up. Functions return 0 or a positive result, or a
 * negative error number. Handles are positive, below 2^31, and belong to the
 * module that made them; a module's handles are given back when it is reset.
 */
#ifndef INTERFACE_CORE_H
#define INTERFACE_CORE_H

#include <module.h>

INTERFACE_BEGIN

/* ---- log ------------------------------------------------------------- */

enum log_level { LOG_ERROR = 3, LOG_WARN = 4, LOG_NOTICE = 5, LOG_INFO = 6, LOG_DEBUG = 7 };

/*
 * Adds a line to the kernel log: `len` bytes of `msg` (at most 512), without a
 * newline, prefixed with time and module name. Does not sleep.
 */
long log_write(u32 self, u32 level, const char *msg, size_t len);
CONTRACT(log_write, 0, ARG_SELF(self), ARG_VALUE(level), ARG_IN(msg, len, 512),
	 ARG_VALUE(len));

/*
 * Log text from position *pos on, in the format of Linux's /dev/kmsg: bytes, 0 at
 * the end. *pos goes up to the oldest byte that is kept, and then past these.
 */
long log_fetch(u64 *pos, char *buf, size_t len);
CONTRACT(log_fetch, 0, ARG_STRUCT_INOUT(pos, u64), ARG_OUT_RETURN(buf, len, 4096),
	 ARG_VALUE(len));
/*
 * For module kmsg, whose lines in log_write() have no name, but a facility above
 * the level: which wait object new lines wake, and the most level that goes to
 * the serial line (below 0: only asks, for all modules; the old one). -EPERM.
 */
long log_watch(u32 self, u32 wait);
CONTRACT(log_watch, 0, ARG_SELF(self), ARG_HANDLE(wait, HANDLE_WAIT));
long log_console(u32 self, s32 level);
CONTRACT(log_console, 0, ARG_SELF(self), ARG_VALUE(level));

/*
 * Ends this module's run with a report: `msg` says what was broken. Never
 * returns; the module is reset. For broken invariants of one's own.
 */
long module_bug(u32 self, const char *msg);
CONTRACT(module_bug, CALL_NORETURN, ARG_SELF(self), ARG_STRING(msg, 200));

/* ---- memory ---------------------------------------------------------- */

/*
 * Maps `npages` zeroed pages in the heap window of module `owner` and returns
 * their address there, or a negative error number: -ENOMEM (no memory, or the
 * owner's quota is used up), -EINVAL. Only slab may name another owner
 * (-EPERM). Does not sleep.
 */
long heap_map(u32 self, u32 owner, u32 npages);
CONTRACT(heap_map, 0, ARG_SELF(self), ARG_VALUE(owner), ARG_VALUE(npages));

/*
 * As heap_map(self, self, npages), but the pages keep their contents and their
 * address when the module is reset; they go back by heap_unmap() and at unload.
 * For bookkeeping that a recovering init() checks and goes on with; it finds
 * them with heap_run_next().
 */
long heap_map_persistent(u32 self, u32 npages);
CONTRACT(heap_map_persistent, 0, ARG_SELF(self), ARG_VALUE(npages));

/*
 * Gives back the `npages` pages at `addr` that heap_map() returned, whole.
 * Only the module that mapped them may (-EPERM). -EINVAL: no such run.
 */
long heap_unmap(u32 self, u64 addr, u32 npages);
CONTRACT(heap_unmap, 0, ARG_SELF(self), ARG_VALUE(addr), ARG_VALUE(npages));

/* Flags of a heap run. */
#define HEAP_RUN_PERSISTENT 0x1	/* of heap_map_persistent() */

/*
 * heap_run_next() reports the runs of heap pages that exist, for slab to rebuild
 * from: the run with the lowest address above `after`; a walk with it misses
 * nothing while other modules map and unmap. -ENOENT past the last.
 */
struct heap_run {
	u64 addr;
	u32 npages;
	u32 owner;		/* module in whose window it lies */
	u32 mapper;		/* module that called heap_map(): owner or slab */
	u32 flags;		/* HEAP_RUN_* */
};
long heap_run_next(u32 self, u64 after, struct heap_run *run);
CONTRACT(heap_run_next, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(after),
	 ARG_STRUCT_OUT(run, struct heap_run));

/*
 * Copies between the caller's memory and a core-owned slab object is never
 * needed: core memory served by slab is mapped in no domain.
 */

/* ---- waiting --------------------------------------------------------- */

/* Makes a wait object (an event count) and returns its handle. */
long wait_create(u32 self);
CONTRACT(wait_create, 0, ARG_SELF(self));
long wait_destroy(u32 wait);
CONTRACT(wait_destroy, 0, ARG_HANDLE(wait, HANDLE_WAIT));
/* Returns the count's present value (30 bits). */
long wait_seq(u32 wait);
CONTRACT(wait_seq, 0, ARG_HANDLE(wait, HANDLE_WAIT));
/*
 * Sleeps until the count differs from `seq`, at most `timeout_ns` (0: no
 * limit). Returns 0, -ETIMEDOUT, -EINTR (a signal), or -ECANCELED (reset).
 */
long wait_sleep(u32 wait, u32 seq, u64 timeout_ns);
CONTRACT(wait_sleep, CALL_SLEEPS, ARG_HANDLE(wait, HANDLE_WAIT), ARG_VALUE(seq),
	 ARG_VALUE(timeout_ns));
/* Raises the count and wakes everybody who waits or polls. Does not sleep. */
long wait_wake(u32 wait);
CONTRACT(wait_wake, 0, ARG_HANDLE(wait, HANDLE_WAIT));

/*
 * Slow paths of runtime mutexes. lock_wait() sleeps while the u32 at `addr`
 * (in the caller's memory) equals `expected`; 0, -EAGAIN (it differs),
 * -ECANCELED, -EDEADLK (a cycle of waits was found). `holder` is the tid that
 * the lock names. lock_wake() wakes `count` sleepers.
 */
long lock_wait(u32 self, u64 addr, u32 expected, u32 holder);
CONTRACT(lock_wait, CALL_SLEEPS | CALL_RUNTIME, ARG_SELF(self), ARG_VALUE(addr),
	 ARG_VALUE(expected), ARG_VALUE(holder));
long lock_wake(u32 self, u64 addr, u32 count);
CONTRACT(lock_wake, CALL_RUNTIME, ARG_SELF(self), ARG_VALUE(addr),
	 ARG_VALUE(count));

/* ---- time ------------------------------------------------------------ */

/* Sleeps `ns` nanoseconds: 0, -EINTR, -ECANCELED. */
long time_sleep(u32 self, u64 ns);
CONTRACT(time_sleep, CALL_SLEEPS, ARG_SELF(self), ARG_VALUE(ns));

/*
 * Sets CLOCK_REALTIME: nanoseconds since 1970 now. `rtc` may, and `events` for a
 * program that may (-EPERM).
 */
long time_set_realtime(u32 self, u64 ns);
CONTRACT(time_set_realtime, 0, ARG_SELF(self), ARG_VALUE(ns));

/* Called in a core thread when a timer expires. */
typedef void timer_callback(u64 cookie);
CALLBACK_CONTRACT(timer_callback, CALL_VOID, ARG_VALUE(cookie));

long timer_create(u32 self, timer_callback *fn, u64 cookie);
CONTRACT(timer_create, 0, ARG_SELF(self), ARG_CALLBACK(fn, timer_callback),
	 ARG_VALUE(cookie));
/* Expires in `ns` nanoseconds (0: disarm), then every `period_ns` if not 0. */
long timer_arm(u32 timer, u64 ns, u64 period_ns);
CONTRACT(timer_arm, 0, ARG_HANDLE(timer, HANDLE_TIMER), ARG_VALUE(ns),
	 ARG_VALUE(period_ns));
long timer_destroy(u32 timer);
CONTRACT(timer_destroy, 0, ARG_HANDLE(timer, HANDLE_TIMER));

/* ---- threads and interrupts ------------------------------------------ */

typedef void thread_entry(u64 cookie);
CALLBACK_CONTRACT(thread_entry, CALL_VOID | CALL_SLEEPS, ARG_VALUE(cookie));
/* Starts a core thread that calls `fn`; it ends when fn returns. */
long thread_create(u32 self, thread_entry *fn, u64 cookie, const char *name);
CONTRACT(thread_create, 0, ARG_SELF(self), ARG_CALLBACK(fn, thread_entry),
	 ARG_VALUE(cookie), ARG_STRING(name, 16));

typedef void irq_handler(u64 cookie);
CALLBACK_CONTRACT(irq_handler, CALL_VOID, ARG_VALUE(cookie));
/*
 * Attaches to an ISA line (0-15) that the manifest lists. The core masks the
 * line at each interrupt, calls `fn` in a core thread, and unmasks it when fn
 * returns. Returns a handle, or -EPERM, -EBUSY, -EINVAL.
 */
long irq_attach(u32 self, u32 line, irq_handler *fn, u64 cookie);
CONTRACT(irq_attach, 0, ARG_SELF(self), ARG_VALUE(line),
	 ARG_CALLBACK(fn, irq_handler), ARG_VALUE(cookie));
long irq_detach(u32 irq);
CONTRACT(irq_detach, 0, ARG_HANDLE(irq, HANDLE_IRQ));

/* ---- devices --------------------------------------------------------- */

/*
 * Ports that can take the machine down are the core's; it checks the value.
 * 0x64 (keyboard controller commands): reads, and writes of the commands that
 * do not reset. Other ports: -EPERM. port_in8 returns the byte read.
 */
long port_in8(u32 self, u16 port);
CONTRACT(port_in8, 0, ARG_SELF(self), ARG_VALUE(port));
long port_out8(u32 self, u16 port, u8 value);
CONTRACT(port_out8, 0, ARG_SELF(self), ARG_VALUE(port), ARG_VALUE(value));
/* Reads or writes a CMOS register (0-127); NMI stays as it is. */
long cmos_read(u32 self, u8 reg);
CONTRACT(cmos_read, 0, ARG_SELF(self), ARG_VALUE(reg));
long cmos_write(u32 self, u8 reg, u8 value);
CONTRACT(cmos_write, 0, ARG_SELF(self), ARG_VALUE(reg), ARG_VALUE(value));

/*
 * Maps `len` bytes of device memory at physical `phys` (both page aligned) in
 * the module's window, uncached unless it is the VGA text buffer. Returns the
 * address, or -EPERM when the range is memory or the core's.
 */
long mmio_map(u32 self, u64 phys, u64 len);
CONTRACT(mmio_map, 0, ARG_SELF(self), ARG_VALUE(phys), ARG_VALUE(len));

/* The framebuffer that the boot loader has set up, in direct colours. */
struct framebuffer_info {
	u64 phys;
	u32 pitch, width, height;	/* bytes of a line; points */
	u8 bpp;			/* bits of a point */
	u8 red_shift, red_bits, green_shift, green_bits, blue_shift, blue_bits;
};
/* 0, or -ENODEV: there is none. */
long framebuffer_get(u32 self, struct framebuffer_info *info);
CONTRACT(framebuffer_get, CALL_RESTARTABLE, ARG_SELF(self),
	 ARG_STRUCT_OUT(info, struct framebuffer_info));

/* Fills `buf` with at most 256 random bytes from the core's start-up pool. */
long entropy_get(u32 self, void *buf, size_t len);
CONTRACT(entropy_get, 0, ARG_SELF(self), ARG_OUT(buf, len, 256), ARG_VALUE(len));

/* ---- records --------------------------------------------------------- */

#define RECORD_NAME_MAX 32
#define RECORD_MAX 4096

/*
 * A record is a blob of at most RECORD_MAX bytes that the module keeps with
 * the core under a name; replaced as a whole, it survives resets.
 */
long record_put(u32 self, const char *name, const void *data, size_t len);
CONTRACT(record_put, CALL_RESTARTABLE, ARG_SELF(self),
	 ARG_STRING(name, RECORD_NAME_MAX), ARG_IN(data, len, RECORD_MAX),
	 ARG_VALUE(len));
/* Returns the record's length and fills `buf`; -ENOENT, -ERANGE (too small). */
long record_get(u32 self, const char *name, void *buf, size_t len);
CONTRACT(record_get, CALL_RESTARTABLE, ARG_SELF(self),
	 ARG_STRING(name, RECORD_NAME_MAX), ARG_OUT_RETURN(buf, len, RECORD_MAX),
	 ARG_VALUE(len));
long record_delete(u32 self, const char *name);
CONTRACT(record_delete, CALL_RESTARTABLE, ARG_SELF(self),
	 ARG_STRING(name, RECORD_NAME_MAX));
/* Name of this module's record number `index`, from 0; -ENOENT past the last. */
long record_name(u32 self, u32 index, char *buf, size_t len);
CONTRACT(record_name, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(index),
	 ARG_OUT(buf, len, RECORD_NAME_MAX), ARG_VALUE(len));

/* ---- page objects ---------------------------------------------------- */

/*
 * A page object holds the bytes of a file. Its pages and its size are the
 * core's; programs' reads, writes and mappings of it never leave ring 0.
 */
long pageobj_create(u32 self);
CONTRACT(pageobj_create, 0, ARG_SELF(self));
/*
 * The same, in a group: the pages of all objects in it are counted together.
 * `group` is an object that is used for nothing else.
 */
long pageobj_create_in(u32 self, u32 group);
CONTRACT(pageobj_create_in, 0, ARG_SELF(self), ARG_HANDLE(group, HANDLE_PAGEOBJ));
/*
 * Limits a group to so many pages (0: no limit): writing gives -ENOSPC then. How
 * many pages it has. PAGEOBJ_LIMIT_ASK changes nothing.
 */
#define PAGEOBJ_LIMIT_ASK (~0ull)
long pageobj_limit(u32 group, u64 pages);
CONTRACT(pageobj_limit, CALL_RESTARTABLE, ARG_HANDLE(group, HANDLE_PAGEOBJ),
	 ARG_VALUE(pages));
/* Drops the owner's reference; open files and mappings keep it alive. */
long pageobj_release(u32 handle);
CONTRACT(pageobj_release, 0, ARG_HANDLE(handle, HANDLE_PAGEOBJ));
long pageobj_size(u32 handle);
CONTRACT(pageobj_size, 0, ARG_HANDLE(handle, HANDLE_PAGEOBJ));
/* Sets the size in bytes, dropping pages past it: 0, -ENOMEM, -EFBIG. */
long pageobj_resize(u32 handle, u64 size);
CONTRACT(pageobj_resize, 0, ARG_HANDLE(handle, HANDLE_PAGEOBJ), ARG_VALUE(size));
/*
 * The core forgets when the object was last written, or (`read`) read: the owner of
 * the file has set that time.
 */
long pageobj_forget_time(u32 handle, u32 read);
CONTRACT(pageobj_forget_time, CALL_RESTARTABLE, ARG_HANDLE(handle, HANDLE_PAGEOBJ),
	 ARG_VALUE(read));
/* Bytes read, 0 at the end. */
long pageobj_read(u32 handle, u64 pos, void *buf, size_t len);
CONTRACT(pageobj_read, CALL_RESTARTABLE | CALL_INPLACE, ARG_HANDLE(handle, HANDLE_PAGEOBJ),
	 ARG_VALUE(pos), ARG_OUT_RETURN(buf, len, 8192), ARG_VALUE(len));
/* Bytes written; grows the object. */
long pageobj_write(u32 handle, u64 pos, const void *buf, size_t len);
CONTRACT(pageobj_write, CALL_RESTARTABLE | CALL_INPLACE, ARG_HANDLE(handle, HANDLE_PAGEOBJ),
	 ARG_VALUE(pos), ARG_IN(buf, len, 8192), ARG_VALUE(len));
/* Copies `len` bytes inside the core; returns the bytes copied. */
long pageobj_copy(u32 dst, u64 dst_pos, u32 src, u64 src_pos, u64 len);
CONTRACT(pageobj_copy, CALL_RESTARTABLE, ARG_HANDLE(dst, HANDLE_PAGEOBJ),
	 ARG_VALUE(dst_pos), ARG_HANDLE(src, HANDLE_PAGEOBJ), ARG_VALUE(src_pos),
	 ARG_VALUE(len));

/*
 * The boot archives, one after the other, as a read-only page object. Only
 * `initramfs` may ask (-EPERM). Returns a handle.
 */
long boot_archive_get(u32 self);
CONTRACT(boot_archive_get, 0, ARG_SELF(self));

/* ---- user buffers ---------------------------------------------------- */

/* What a module may do with one. */
#define UBUF_READ 1
#define UBUF_WRITE 2

/*
 * A user buffer is memory that a system call named, good for this thread and
 * this call. Bytes copied (fewer than asked when the program's page is gone:
 * return what was done), or -EFAULT, -EBADF (not a live user buffer, or of the
 * other direction).
 */
long ubuf_read(u32 ubuf, u64 off, void *buf, size_t len);
CONTRACT(ubuf_read, CALL_INPLACE, ARG_UBUF(ubuf), ARG_VALUE(off),
	 ARG_OUT_RETURN(buf, len, 8192), ARG_VALUE(len));
long ubuf_write(u32 ubuf, u64 off, const void *buf, size_t len);
CONTRACT(ubuf_write, CALL_INPLACE, ARG_UBUF(ubuf), ARG_VALUE(off), ARG_IN(buf, len, 8192),
	 ARG_VALUE(len));

/* ---- configuration and state ----------------------------------------- */

/* Value of `key=` on the kernel command line, "" the line: its length, or -ENOENT. */
long cmdline_get(u32 self, const char *key, char *buf, size_t len);
CONTRACT(cmdline_get, CALL_RESTARTABLE, ARG_SELF(self), ARG_STRING(key, 32),
	 ARG_OUT(buf, len, 1024), ARG_VALUE(len));

/*
 * Makes module number `module` fault, for tests of recovery: 0; -EPERM (the
 * calling program is not root's, or CONFIG_FAULT_INJECT is off), -ENOENT,
 * -EINVAL, -EBUSY (it is not live). Of modules in ring 0 it makes a panic.
 */
enum inject_kind {
	INJECT_NOW = 1,		/* wherever its threads are */
	INJECT_INSIDE,		/* at the next timer tick that finds it running */
	INJECT_NEVER,		/* takes the last one back */
};
long module_inject(u32 self, u32 module, u32 kind);
CONTRACT(module_inject, 0, ARG_SELF(self), ARG_VALUE(module), ARG_VALUE(kind));
/* The smallest pid above `after`, or -ENOENT. */
long process_next(u32 after);
CONTRACT(process_next, CALL_RESTARTABLE, ARG_VALUE(after));
/*
 * Sends signal `sig` to process group `pgrp` (for a terminal: Ctrl-C and the
 * like): 0, -ESRCH, -EINVAL.
 */
long process_signal_group(u32 self, u32 pgrp, u32 sig);
CONTRACT(process_signal_group, 0, ARG_SELF(self), ARG_VALUE(pgrp),
	 ARG_VALUE(sig));
/* The same to the leader of session `sid`: 0, -ESRCH. */
long process_signal_leader(u32 self, u32 sid, u32 sig);
CONTRACT(process_signal_leader, 0, ARG_SELF(self), ARG_VALUE(sid), ARG_VALUE(sig));
/* The session of process group `pgrp`, or -ESRCH. */
long process_group_session(u32 self, u32 pgrp);
CONTRACT(process_group_session, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(pgrp));
/* Session id and process group of the calling process. */
long process_session(u32 self, u32 *sid, u32 *pgrp);
CONTRACT(process_session, 0, ARG_SELF(self), ARG_STRUCT_OUT(sid, u32),
	 ARG_STRUCT_OUT(pgrp, u32));
/* How the calling process takes signal `sig`: SIGNAL_* or -EINVAL. */
#define SIGNAL_IGNORED 0x1	/* it ignores or blocks it */
#define SIGNAL_ORPHANED 0x2	/* its process group is orphaned */
long process_signal_state(u32 self, u32 sig);
CONTRACT(process_signal_state, 0, ARG_SELF(self), ARG_VALUE(sig));

INTERFACE_END

#endif
