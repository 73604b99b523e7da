/* SPDX-License-Identifier: MIT */
/* clock_settime(2), settimeofday(2), gettimeofday(2), time(2), times(2). */
#include <info.h>

#include "internal.h"

#define NS_PER_US 1000ul
#define US_PER_S 1000000l
#define TICK_NS (NS_PER_S / LINUX_CLK_TCK)

/* Sets CLOCK_REALTIME: 0, -EPERM, -EINVAL. */
long clock_set(u64 ns)
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
	return clock_set(timespec_ns(&t));
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
	return clock_set(user ? (u64)t.tv_sec * NS_PER_S + (u64)t.tv_nsec * NS_PER_US :
			       krealtime_ns());
}

/* gettimeofday(2): the time zone is UTC. */
long call_gettimeofday(u64 user, u64 zone, u64 c, u64 d, u64 e, u64 f)
{
	u64 now = krealtime_ns();
	struct linux_timeval t = { (s64)(now / NS_PER_S), (s64)(now % NS_PER_S / NS_PER_US) };
	s32 utc[2] = { 0, 0 };

	if (user && user_write(user, &t, sizeof(t)))
		return -EFAULT;
	return zone ? user_write(zone, utc, sizeof(utc)) : 0;
}

long call_time(u64 user, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	s64 now = (s64)(krealtime_ns() / NS_PER_S);

	return user && user_write(user, &now, sizeof(now)) ? -EFAULT : now;
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
