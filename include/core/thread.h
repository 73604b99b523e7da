/* SPDX-License-Identifier: MIT */
/*
 * Threads and the scheduler. A thread keeps its identity while it runs inside
 * a module; `gate` is the innermost live gate frame on its kernel stack, NULL
 * when it is not in a module (always NULL when modules are in ring 0).
 */
#ifndef CORE_THREAD_H
#define CORE_THREAD_H

#include <core.h>
#include <cpu.h>
#include <list.h>
#include <types.h>

struct gate_frame;
struct up_frame;
struct process;
struct mm;
struct module;
struct linux_iovec;
struct wait;

#define KERNEL_STACK_SIZE 32768	/* no smaller than a module's stack */
#define THREAD_NAME_MAX 16
#define THREAD_UBUFS 8

enum thread_state { THREAD_READY, THREAD_RUNNING, THREAD_BLOCKED, THREAD_DEAD };

/* Memory that the running system call named (mm/ubuf.c). */
struct ubuf {
	u64 addr;		/* user address, or core address if kernel */
	u64 len;
	const struct linux_iovec *iov;	/* not NULL: in pieces */
	u8 flags;		/* UBUF_READ (module may read), UBUF_WRITE */
	bool kernel;
};

struct thread {
	/* offsets known to assembly (THREAD_*) */
	u64 rsp;		/* while switched out */
	u64 entry_rsp;		/* where the next entry from ring 3 starts */
	u64 ring3_cr3;		/* view that ring 3 must find; 0: none */
	struct gate_frame *gate;
	u64 stack_base;		/* lowest address of the kernel stack */
	u32 gate_depth;		/* nesting of calls down */
	u32 preempt_count;	/* not 0: no switch (spinlocks held) */
	u64 module_ticks;	/* watchdog: ticks inside the module */
	/* C only */
	u32 tid;
	enum thread_state state;
	char name[THREAD_NAME_MAX];
	int priority;		/* 0 best .. 39; modules' irq threads are 0 */
	u32 slice;		/* ticks left */
	bool unwind;		/* its module was reset: unwind before ring 3 */
	bool cancel;		/* waits return -ECANCELED */
	bool kill;		/* the process is dying: waits return -EINTR */
	struct list_head run;	/* run queue; sched_lock */
	struct list_head all;	/* thread_list; sched_lock */
	struct list_head siblings;	/* process->threads; process lock */
	struct wait *waiting;	/* what it sleeps on, or NULL */
	u64 wake_deadline_ns;
	struct process *process;	/* NULL: kernel thread */
	struct mm *mm;		/* address space; NULL: kernel thread */
	struct task *task;	/* process.h; NULL: kernel thread */
	struct regs *user_regs;	/* of the running system call or trap from a program */
	u64 fs_base, gs_base;
	void *fpu;		/* FPU_STATE_SIZE bytes, 64-aligned; NULL: kernel */
	struct module *waiting_for;	/* holder cycle detection, lock_wait() */
	struct module *module;	/* account it stands on, or NULL */
	void (*entry)(void *arg);
	void *arg;
	struct ubuf ubuf[THREAD_UBUFS];
	u32 nubufs;
	u64 utime_ns, stime_ns;
	u64 faults;		/* pages that were made present for it */
	/* kernel/boundary/'s own */
	struct gate_frame *unwind_at;	/* with `unwind`: at which nesting */
	struct up_frame *up;	/* innermost call up that is being served in C */
	bool gate_failed;	/* gate_enter() ended by a reset */
	u64 rerun_in;		/* 1 + the operation in which a light call was run again */
	bool overrun;		/* the watchdog's budget is used up */
	u32 call;		/* of a module, which this system call is */
	u32 again;		/* how often its handler was called again */
	u64 progress, partial;	/* operation_next()'s, of this system call */
	bool op_rerun;		/* a call of operation `op` is run again */
	u64 op;			/* see struct context_page */
	u64 clear_child_tid;
	u64 sigmask, sigpending;	/* kernel/signal.c */
	int exit_code;
	u32 lock_addr_epoch;
	bool wake_pending;	/* woken before it blocked; run queue lock */
	u32 waiting_tid;	/* holder of the module lock it waits for, or 0 */
	u32 cpu;		/* whose run queue it is in */
};

/* kernel/thread.c, kernel/sched.c */

/*
 * Makes a thread that runs entry(arg) in ring 0 and starts it when `start`.
 * NULL when memory is out. `t->module` accounts for it if not NULL.
 */
struct thread *thread_create_core(const char *name, void (*entry)(void *),
				  void *arg, int priority);
void thread_start(struct thread *t);
__noreturn void thread_exit(void);
struct thread *thread_find(u32 tid);
u32 thread_last(void);		/* the id that was given out last */
/* Calls fn for each thread, with the list's lock held: it must not sleep. */
void thread_for_each(void (*fn)(struct thread *t, void *arg), void *arg);

/* Gives up the CPU; interrupts may be on or off, no spinlock may be held. */
void schedule(void);
void sched_init(void);
/* Called with interrupts off at the end of an interrupt: may switch. */
void preempt_check(void);
/* Makes a blocked thread ready. Any context. */
void thread_wake(struct thread *t);
/* Blocks the caller until thread_wake() or deadline (0: none); see wait.h. */
void thread_block(u64 deadline_ns);
void sched_yield_cpu(void);
/* arch/x86/entry/switch.S */
void context_switch_asm(struct thread *prev, struct thread *next);

static inline void preempt_disable(void)
{
	WRITE_ONCE(current->preempt_count, current->preempt_count + 1);
	__asm__ volatile("" : : : "memory");
}

void preempt_enable(void);

#endif
