/* SPDX-License-Identifier: MIT */
/* Time and timers of the core: kernel/time.c, kernel/timer.c. */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include <asm/regs.h>
#include <list.h>
#include <types.h>

/* Nanoseconds since kernel entry (calibrated TSC). Any context. */
u64 time_now_ns(void);
/* Nanoseconds since 1970. */
u64 time_realtime_ns(void);
u64 time_tsc(void);
u64 time_tsc_to_ns(u64 ticks);
u64 time_tsc_khz(void);
void time_init(void);	/* calibrates; sets up the context page's base */
void time_init_programs(void);	/* their clocks, before the first runs */
struct wait;
extern struct wait clock_set;	/* woken when CLOCK_REALTIME is set */
void time_set_realtime_ns(u64 ns);

struct timer {
	struct list_head node;	/* timer_lock */
	u64 deadline_ns;
	void (*fn)(struct timer *t);	/* in interrupt context, must not sleep */
	void *arg;
	bool armed;
};
void timer_setup(struct timer *t, void (*fn)(struct timer *), void *arg);
void timer_start(struct timer *t, u64 deadline_ns);	/* absolute */
void timer_stop(struct timer *t);
/* The timer interrupt: runs what is due, accounts the tick. */
void timer_interrupt(struct regs *regs);

#define TICK_HZ 100
#define TICK_NS (NSEC_PER_SEC / TICK_HZ)

#endif
