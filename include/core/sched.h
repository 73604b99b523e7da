/* SPDX-License-Identifier: MIT */
/*
 * What a switch of threads carries with it beyond the kernel stack (FPU and
 * segment bases of programs, the context page), and what the scheduler counts.
 */
#ifndef CORE_SCHED_H
#define CORE_SCHED_H

#include <module.h>
#include <thread.h>
#include <types.h>

#define PRIORITY_BEST 0		/* interrupt threads */
#define PRIORITY_CORE 4		/* the core's own workers */
#define PRIORITY_USER 20	/* programs; nice -20..19 shifts it by half */
#define PRIORITY_WORST 39
#define PRIORITIES 40

/*
 * What programs have in the CPU, as XSAVE writes it (Intel SDM vol. 1, 13.4):
 * the FXSAVE area, a header, the upper halves of the AVX registers. Where the
 * CPU has no AVX only the first is used.
 */
#define FXSAVE_SIZE 512
#define XSAVE_HEADER_SIZE 64
#define FPU_STATE_SIZE (FXSAVE_SIZE + XSAVE_HEADER_SIZE + 256)
#define XFEATURES_FXSAVE 3	/* x87, SSE */
#define XFEATURES (XFEATURES_FXSAVE | 4)

/*
 * t->fpu comes from core_alloc(FPU_STATE_SIZE) and is freed with the thread. It
 * lags behind the registers while these hold t's state.
 */
/* Writes the state that a new program starts with to FPU_STATE_SIZE bytes. */
void fpu_init_state(void *state);
/* Brings t->fpu up to date with the registers if these hold t's state. */
void fpu_save(struct thread *t);
/* t->fpu was written: the registers take it before t sees ring 3 again. */
void fpu_load(struct thread *t);
/* As fpu_load for t->fs_base and t->gs_base. */
void thread_bases_load(struct thread *t);

/*
 * The context page, through the core's mapping (the modules' is read-only).
 * kernel/time.c allocates it; valid from time_init() on.
 */
extern struct context_page *context_page;
/* Sets thread id, process id and credentials to those of `t`. */
void context_page_update(struct thread *t);
struct op {
	u64 number;
	bool rerun;
};
/*
 * The running thread begins an operation: see struct context_page. Where a module
 * may have asked for it in one of its own, op_end() goes back to that.
 */
struct op op_begin(void);
void op_end(struct op outer);
/* Says whether a call of it is run again; returns what was said before. */
bool op_set_rerun(bool rerun);

struct sched_stats {
	u64 user_ns, system_ns, idle_ns;
	u64 switches;
	u32 ready;		/* running or ready, without idle */
	u32 alive;
	u32 load[3];		/* averages over 1, 5, 15 min. in 1/2048 */
};
#define SCHED_LOAD_SHIFT 11
void sched_stats_get(struct sched_stats *stats);

/* Of kernel/sched.c, thread.c and timer.c alone. */
void sched_tick(bool ring3);
void sched_first(void);		/* ends the switch to a new thread */
void sched_exit(void);		/* switches away from a dead thread for good */
__noreturn void sched_idle(void);	/* the boot thread's end */
void thread_reap(void);		/* frees threads that are dead */
void thread_dead(struct thread *t);	/* it is off its stack: may be freed */

#endif
