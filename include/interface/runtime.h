/* SPDX-License-Identifier: MIT */
/*
 * The runtime that every module is linked with (runtime/): memory, mutexes,
 * log lines, BUG(), time and credentials. A module includes this header, the
 * interfaces that it calls, and include/lib's headers (string.h, printf.h,
 * list.h). All of it lies in the module's own image; the usual paths do not
 * leave the module.
 */
#ifndef INTERFACE_RUNTIME_H
#define INTERFACE_RUNTIME_H

#include <core.h>
#include <module.h>
#include <types.h>

/* ---- broken invariants of one's own ---------------------------------- */

#define BUG_TEXT_(x) #x
#define BUG_TEXT(x) BUG_TEXT_(x)

/* Reports `msg` (at most 199 bytes) and ends this module's run: it is reset. */
static inline __noreturn void bug_report(const char *msg)
{
	module_bug(THIS_MODULE, msg);
	__builtin_trap();
}

#define BUG(text) bug_report(__FILE__ ":" BUG_TEXT(__LINE__) ": " text)
#define BUG_ON(x) \
	do { \
		if (unlikely(x)) \
			BUG("'" #x "' must not be"); \
	} while (0)
#define ASSERT(x) \
	do { \
		if (unlikely(!(x))) \
			BUG("assertion '" #x "' is broken"); \
	} while (0)

/*
 * A result that is an error number rather than an address or a length: for
 * heap_map() and others that return addresses, which are negative as a long.
 */
static inline bool is_error(long result)
{
	return result < 0 && result >= -4095;
}

/* ---- log (runtime/log.c) --------------------------------------------- */

/*
 * Adds a line to the kernel log (enum log_level), cut at 511 bytes; a newline
 * at its end is dropped. Does not sleep.
 */
void module_log(u32 level, const char *fmt, ...) __printf(2, 3);

#define pr_err(...) module_log(LOG_ERROR, __VA_ARGS__)
#define pr_warn(...) module_log(LOG_WARN, __VA_ARGS__)
#define pr_notice(...) module_log(LOG_NOTICE, __VA_ARGS__)
#define pr_info(...) module_log(LOG_INFO, __VA_ARGS__)
#define pr_debug(...) module_log(LOG_DEBUG, __VA_ARGS__)

/* ---- memory (runtime/alloc.c) ---------------------------------------- */

/*
 * Memory in this module's heap, 16-byte aligned (page aligned from 4096 bytes
 * on), not zeroed. NULL when there is none or `size` is 0. Takes from the
 * front cache; a miss calls slab for a batch. May sleep for a mutex.
 */
void *kmalloc(size_t size) __attribute__((malloc, alloc_size(1)));
/* The same, zeroed. */
void *kzalloc(size_t size) __attribute__((malloc, alloc_size(1)));
/* Zeroed array of n elements; NULL also when n * size overflows. */
void *kcalloc(size_t n, size_t size) __attribute__((malloc, alloc_size(1, 2)));
/*
 * Grows or shrinks; the old block stays valid when NULL is returned. A NULL
 * `p` allocates; size 0 frees and returns NULL.
 */
void *krealloc(void *p, size_t size) __attribute__((alloc_size(2)));
/* Frees what the functions above gave; NULL is allowed; anything else: BUG. */
void kfree(const void *p);
/* Copies of `len` bytes, of a string. NULL: out of memory. */
void *kmemdup(const void *p, size_t len) __attribute__((malloc, alloc_size(2)));
char *kstrdup(const char *s) __attribute__((malloc));
/* Bytes usable at `p`: the size class that serves it. */
size_t ksize(const void *p);
/* Gives the whole front cache back to slab. */
void kmalloc_drain(void);

/* ---- mutex (runtime/mutex.c) ----------------------------------------- */

/*
 * A sleeping lock in the module's own memory; zeroed memory is a free mutex.
 * The fast path is one atomic instruction. Not recursive: taking it twice is a
 * fault of the module, so is a cycle of waits and an unlock by another thread.
 */
struct mutex {
	u32 state;		/* MUTEX_HELD | MUTEX_WAITERS | tid of the owner */
};

#define MUTEX_HELD 0x40000000u
#define MUTEX_WAITERS 0x80000000u
#define MUTEX_TID 0x3fffffffu
#define MUTEX_INIT { 0 }

void mutex_lock(struct mutex *m);
bool mutex_trylock(struct mutex *m) __must_check;
void mutex_unlock(struct mutex *m);
/* The calling thread holds `m`. For ASSERT. */
bool mutex_held(const struct mutex *m);

static inline void mutex_init(struct mutex *m)
{
	m->state = 0;
}

/* ---- operations that are run again (runtime/oplog.c) ------------------ */

/* In init(): 0 or an error. */
long oplog_start(void);
/* All is checked, the effect comes next. */
void oplog_mark(void);
/* The operation was marked, and a reset came: its effect may be there already. */
bool oplog_marked(void);

/* ---- system calls (runtime/syscalls.c) --------------------------------- */

/* One of the module's, as program.h says. */
struct syscall_entry {
	u32 number;		/* SYSCALL_* */
	long (*fn)(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);
};

/* Offers all that the module has to programs; `calls` stays. 0 or an error. */
long syscalls_register(const struct syscall_entry *calls, size_t count);

/* ---- time (runtime/time.c) ------------------------------------------- */

/* Nanoseconds since kernel entry. Does not leave the module. */
u64 ktime_ns(void);
/* CLOCK_REALTIME in nanoseconds since 1970. */
u64 krealtime_ns(void);

/* ---- the calling thread ---------------------------------------------- */

static inline u32 current_tid(void)
{
	return CONTEXT->tid;
}

/* Process of the calling thread; 0: a kernel thread. */
static inline u32 current_pid(void)
{
	return CONTEXT->pid;
}

static inline u32 cred_uid(void)
{
	return CONTEXT->uid;
}

static inline u32 cred_euid(void)
{
	return CONTEXT->euid;
}

static inline u32 cred_fsuid(void)
{
	return CONTEXT->fsuid;
}

static inline u32 cred_gid(void)
{
	return CONTEXT->gid;
}

static inline u32 cred_egid(void)
{
	return CONTEXT->egid;
}

static inline u32 cred_fsgid(void)
{
	return CONTEXT->fsgid;
}

/* May the calling thread do what capability `cap` (CAP_*) is for? */
static inline bool cred_capable(u32 cap)
{
	return CONTEXT->caps >> cap & 1;
}

static inline u32 cred_umask(void)
{
	return CONTEXT->umask;
}

#endif
