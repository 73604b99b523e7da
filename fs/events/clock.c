/* SPDX-License-Identifier: MIT */
/* clock_settime(2), settimeofday(2), times(2). */
#include <info.h>

#include "internal.h"

#define NS_PER_US 1000ul
#define US_PER_S 1000000l
#define TICK_NS (NS_PER_S / LINUX_CLK_TCK)

static long set(u64 ns)
{
	long error = time_set_realtime(THIS_MODULE, ns);

	if (!error)
		events_clock_set();
	return error;
}

long call_clock_settime(u64 clock, u64 user, u64 c, u64 d, u64 e, u64 f)
{
	struct linux_timespec t;

	if (user_read(user, &t, sizeof(t)))
		return -EFAULT;
	if ((s32)clock != CLOCK_REALTIME || !timespec_valid(&t))
		return -EINVAL;
	return set(timespec_ns(&t));
}

/* The time zone is taken and forgotten. */
long call_settimeofday(u64 user, u64 zone, u64 c, u64 d, u64 e, u64 f)
{
	struct linux_timespec t;
	s32 zones[2];

	if (user && user_read(user, &t, sizeof(t)))
		return -EFAULT;
	if (user && (t.tv_sec < 0 || t.tv_nsec < 0 || t.tv_nsec >= US_PER_S))
		return -EINVAL;
	if (zone && user_read(zone, zones, sizeof(zones)))
		return -EFAULT;
	return set(user ? (u64)t.tv_sec * NS_PER_S + (u64)t.tv_nsec * NS_PER_US :
			  krealtime_ns());
}

long call_times(u64 user, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	struct process_info info;
	struct linux_tms t;
	long error = process_info_get(current_pid(), false, &info);

	if (error)
		return error;
	t = (struct linux_tms){
		.utime = (s64)(info.utime_ns / TICK_NS),
		.stime = (s64)(info.stime_ns / TICK_NS),
		.cutime = (s64)(info.child_utime_ns / TICK_NS),
		.cstime = (s64)(info.child_stime_ns / TICK_NS),
	};
	if (user && user_write(user, &t, sizeof(t)))
		return -EFAULT;
	return (long)(ktime_ns() / TICK_NS);
}
