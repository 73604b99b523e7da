/* SPDX-License-Identifier: MIT */
/* Time from the context page and the TSC: no call leaves the module. */
#include <runtime.h>

static inline u64 tsc_read(void)
{
	u32 low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (u64)high << 32 | low;
}

/*
 * Returns the nanoseconds since kernel entry. The core may set a new time base
 * between two of our reads, so they are repeated until the base stood still.
 */
u64 ktime_ns(void)
{
	const volatile struct context_page *page = CONTEXT;
	u64 base, ns, ticks;
	u32 mult, shift;

	do {
		base = page->tsc_base;
		ns = page->ns_base;
		mult = page->tsc_mult;
		shift = page->tsc_shift;
		ticks = tsc_read();
	} while (page->tsc_base != base || page->ns_base != ns);

	/* A read that raced with the base's last tick counts as none passed. */
	if ((s64)(ticks - base) < 0)
		return ns;
	return ns + (u64)(((unsigned __int128)(ticks - base) * mult) >> shift);
}

/* Returns CLOCK_REALTIME: nanoseconds since 1970. */
u64 krealtime_ns(void)
{
	return CONTEXT->realtime_base_ns + ktime_ns();
}
