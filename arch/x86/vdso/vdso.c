/* SPDX-License-Identifier: MIT */
/*
 * The vDSO: a small shared object that the core maps into each process, so that
 * programs read the clocks without entering it. It runs in ring 3, in the
 * program; names and versions are Linux's (vdso(7)). What it can't answer it
 * asks the core.
 */
#include <types.h>
#include <whitix/vdso.h>

#define PAGE 4096

#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_MONOTONIC_RAW 4
#define CLOCK_REALTIME_COARSE 5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME 7
#define CLOCK_TAI 11
#define SYS_clock_gettime 228
#define SYS_clock_getres 229

struct timespec {
	s64 sec, nsec;
};

struct timeval {
	s64 sec, usec;
};

/* The page below the ELF header (the linker's symbol). */
static inline const volatile struct vdso_data *data(void)
{
	const char *header;

	__asm__("lea __ehdr_start(%%rip), %0" : "=r"(header));
	return (const volatile struct vdso_data *)(header - PAGE);
}

static inline long ask(long number, long clock, void *out)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(clock), "S"(out)
			 : "rcx", "r11", "memory");
	return result;
}

static inline u64 monotonic_ns(void)
{
	const volatile struct vdso_data *d = data();
	u32 low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high));
	return (u64)(((unsigned __int128)(((u64)high << 32 | low) - d->tsc_base) *
		      d->tsc_mult) >> d->tsc_shift);
}

static inline u64 realtime_ns(void)
{
	return data()->realtime_base_ns + monotonic_ns();
}

long __vdso_clock_gettime(int clock, struct timespec *t);
long __vdso_clock_getres(int clock, struct timespec *t);
long __vdso_gettimeofday(struct timeval *t, int *zone);
long __vdso_time(s64 *t);
long __vdso_getcpu(u32 *cpu, u32 *node, void *unused);

long __vdso_clock_gettime(int clock, struct timespec *t)
{
	u64 ns;

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_TAI:
		ns = realtime_ns();
		break;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		ns = monotonic_ns();
		break;
	default:
		return ask(SYS_clock_gettime, clock, t);
	}
	t->sec = (s64)(ns / NSEC_PER_SEC);
	t->nsec = (s64)(ns % NSEC_PER_SEC);
	return 0;
}

long __vdso_clock_getres(int clock, struct timespec *t)
{
	return ask(SYS_clock_getres, clock, t);
}

long __vdso_gettimeofday(struct timeval *t, int *zone)
{
	if (t) {
		u64 ns = realtime_ns();

		t->sec = (s64)(ns / NSEC_PER_SEC);
		t->usec = (s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC);
	}
	if (zone)
		zone[0] = zone[1] = 0;
	return 0;
}

long __vdso_time(s64 *t)
{
	s64 now = (s64)(realtime_ns() / NSEC_PER_SEC);

	if (t)
		*t = now;
	return now;
}

/* One CPU is started. */
long __vdso_getcpu(u32 *cpu, u32 *node, void *unused)
{
	(void)unused;
	if (cpu)
		*cpu = 0;
	if (node)
		*node = 0;
	return 0;
}

#define ALIAS(name) \
	extern __typeof__(__vdso_##name) name __attribute__((weak, alias("__vdso_" #name)))
ALIAS(clock_gettime);
ALIAS(clock_getres);
ALIAS(gettimeofday);
ALIAS(time);
ALIAS(getcpu);
