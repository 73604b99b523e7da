/* SPDX-License-Identifier: MIT */
/* The clock's registers as calendar time: clock.c, apart from the chip (rtc.c). */
#ifndef RTC_CLOCK_H
#define RTC_CLOCK_H

#include <types.h>

/* The time registers, as they are read. */
struct rtc_registers {
	u8 second, minute, hour, day, month, year, century;
	u8 control;		/* register B: RTC_BINARY, RTC_24H */
};

#define RTC_24H 0x02
#define RTC_BINARY 0x04

/* Linux's struct rtc_time: month from 0, year from 1900. */
struct rtc_calendar {
	s32 second, minute, hour, day, month, year;
	s32 weekday, yearday, dst;
};

/* Registers to calendar: 0, or -EINVAL when they make no date. */
long rtc_decode(const struct rtc_registers *r, struct rtc_calendar *c);
/* Calendar to registers, in the format that r->control says: 0 or -EINVAL. */
long rtc_encode(const struct rtc_calendar *c, struct rtc_registers *r);
/* Seconds since 1970. */
s64 rtc_seconds(const struct rtc_calendar *c);

#endif
