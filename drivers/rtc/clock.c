/* SPDX-License-Identifier: MIT */
/*
 * Time registers of the MC146818 (Motorola data sheet, "Time, calendar and
 * alarm locations"): binary or BCD, 12 or 24 hours, a century beside. Pure.
 */
#include <errno.h>

#include "clock.h"

#define HOUR_PM 0x80
#define NOON 12
#define CENTURY_YEARS 100
#define TM_YEAR_BASE 1900
#define EPOCH_YEAR 1970
/* Without a century register: years from here on are of the 20th century. */
#define PIVOT_YEAR 70
#define FIRST_CENTURY 19
#define LAST_CENTURY 21
#define DAYS_OF_WEEK 7
#define EPOCH_WEEKDAY 4		/* 1970 began on a Thursday */
#define SECONDS_PER_DAY 86400

static u8 from_bcd(u8 v)
{
	return (u8)((v >> 4) * 10 + (v & 0xf));
}

static u8 to_bcd(u8 v)
{
	return (u8)((v / 10) << 4 | v % 10);
}

static bool is_leap(s32 year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static s32 month_days(s32 year, s32 month)
{
	static const u8 days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month] + (month == 1 && is_leap(year));
}

/* Days since 1970 of the first of January. */
static s64 year_start(s32 year)
{
	s64 before = year - 1;
	s64 epoch = EPOCH_YEAR - 1;

	return (before - epoch) * 365 + (before / 4 - epoch / 4) -
	       (before / 100 - epoch / 100) + (before / 400 - epoch / 400);
}

static bool is_valid(const struct rtc_calendar *c)
{
	return c->second >= 0 && c->second < 60 && c->minute >= 0 && c->minute < 60 &&
	       c->hour >= 0 && c->hour < 24 && c->month >= 0 && c->month < 12 &&
	       c->year >= EPOCH_YEAR - TM_YEAR_BASE &&
	       c->year < (LAST_CENTURY + 1) * CENTURY_YEARS - TM_YEAR_BASE && c->day >= 1 &&
	       c->day <= month_days(c->year + TM_YEAR_BASE, c->month);
}

static void derive(struct rtc_calendar *c)
{
	s64 days = year_start(c->year + TM_YEAR_BASE);

	c->yearday = c->day - 1;
	for (s32 m = 0; m < c->month; m++)
		c->yearday += month_days(c->year + TM_YEAR_BASE, m);
	c->weekday = (s32)((days + c->yearday + EPOCH_WEEKDAY) % DAYS_OF_WEEK);
	c->dst = 0;
}

static s32 full_year(u8 year, u8 century)
{
	if (century >= FIRST_CENTURY && century <= LAST_CENTURY)
		return century * CENTURY_YEARS + year;
	return year + (year < PIVOT_YEAR ? 2000 : 1900);
}

static s32 decode_hour(u8 hour, bool binary, bool all_day)
{
	bool pm = !all_day && (hour & HOUR_PM);

	if (!all_day)
		hour &= (u8)~HOUR_PM;
	if (!binary)
		hour = from_bcd(hour);
	if (!all_day)
		hour = (u8)(hour % NOON + (pm ? NOON : 0));
	return hour;
}

long rtc_decode(const struct rtc_registers *r, struct rtc_calendar *c)
{
	bool binary = r->control & RTC_BINARY;
	u8 year = binary ? r->year : from_bcd(r->year);
	u8 century = binary ? r->century : from_bcd(r->century);

	c->second = binary ? r->second : from_bcd(r->second);
	c->minute = binary ? r->minute : from_bcd(r->minute);
	c->hour = decode_hour(r->hour, binary, r->control & RTC_24H);
	c->day = binary ? r->day : from_bcd(r->day);
	c->month = (binary ? r->month : from_bcd(r->month)) - 1;
	c->year = full_year(year, century) - TM_YEAR_BASE;
	if (!is_valid(c))
		return -EINVAL;
	derive(c);
	return 0;
}

long rtc_encode(const struct rtc_calendar *c, struct rtc_registers *r)
{
	bool binary = r->control & RTC_BINARY;
	bool all_day = r->control & RTC_24H;
	s32 year;
	u8 hour;

	if (!is_valid(c))
		return -EINVAL;
	year = c->year + TM_YEAR_BASE;
	hour = (u8)c->hour;
	if (!all_day)
		hour = hour % NOON ? hour % NOON : NOON;
	r->second = (u8)c->second;
	r->minute = (u8)c->minute;
	r->day = (u8)c->day;
	r->month = (u8)(c->month + 1);
	r->year = (u8)(year % CENTURY_YEARS);
	r->century = (u8)(year / CENTURY_YEARS);
	r->hour = hour;
	if (!binary) {
		r->second = to_bcd(r->second);
		r->minute = to_bcd(r->minute);
		r->hour = to_bcd(r->hour);
		r->day = to_bcd(r->day);
		r->month = to_bcd(r->month);
		r->year = to_bcd(r->year);
		r->century = to_bcd(r->century);
	}
	if (!all_day && c->hour >= NOON)
		r->hour |= HOUR_PM;
	return 0;
}

s64 rtc_seconds(const struct rtc_calendar *c)
{
	s64 days = year_start(c->year + TM_YEAR_BASE) + c->yearday;

	return days * SECONDS_PER_DAY + c->hour * 3600 + c->minute * 60 + c->second;
}
