/* SPDX-License-Identifier: MIT */
/* Timers and time. */
#include <cpu.h>
#include <entropy.h>
#include <ktest.h>
#include <string.h>

#include "join.h"

#define TIMERS 6
#define REPEATS 4

static struct timer timers[TIMERS];
static u32 fired[2 * TIMERS], nfired;
static u64 fired_at[2 * TIMERS];
static u32 repeats;
static u64 last_ns;

static void timer_note(struct timer *t)
{
	if (nfired < ARRAY_SIZE(fired)) {
		fired[nfired] = (u32)(t - timers);
		fired_at[nfired] = time_now_ns();
		nfired++;
	}
}

static void test_order(void)
{
	static const u32 ms[TIMERS] = { 50, 10, 90, 30, 70, 30 };
	static const u32 expected[TIMERS] = { 1, 3, 5, 0, 4, 2 };
	u64 start = time_now_ns();
	u32 i;

	nfired = 0;
	for (i = 0; i < TIMERS; i++) {
		timer_setup(&timers[i], timer_note, NULL);
		timer_start(&timers[i], start + ms[i] * MS);
		EXPECT(timers[i].armed);
	}
	test_sleep(150 * MS);
	EXPECT_OR_RETURN(nfired == TIMERS);
	for (i = 0; i < TIMERS; i++) {
		EXPECT(fired[i] == expected[i]);
		EXPECT(fired_at[i] >= start + ms[fired[i]] * MS);
		EXPECT(!timers[i].armed);
	}
}

static void test_stop_and_move(void)
{
	u64 start = time_now_ns();

	nfired = 0;
	timer_setup(&timers[0], timer_note, NULL);
	timer_setup(&timers[1], timer_note, NULL);
	timer_stop(&timers[0]);		/* was never started */
	timer_start(&timers[0], start + 20 * MS);
	timer_start(&timers[1], start + 20 * MS);
	timer_start(&timers[1], start + 60 * MS);
	timer_stop(&timers[0]);
	test_sleep(40 * MS);
	EXPECT(nfired == 0);
	test_sleep(60 * MS);
	EXPECT(nfired == 1 && fired[0] == 1);
}

static void timer_repeat(struct timer *t)
{
	if (++repeats < REPEATS)
		timer_start(t, t->deadline_ns + 10 * MS);
}

/* Starts itself in the past: must wait for the next interrupt all the same. */
static void timer_repeat_past(struct timer *t)
{
	u64 now = time_now_ns();

	EXPECT(now - last_ns >= SHORTEST / 2);
	last_ns = now;
	if (++repeats < REPEATS)
		timer_start(t, 1);
}

static void test_restart_in_callback(void)
{
	repeats = 0;
	timer_setup(&timers[0], timer_repeat, NULL);
	timer_start(&timers[0], time_now_ns() + 10 * MS);
	test_sleep(120 * MS);
	EXPECT(repeats == REPEATS);
	repeats = 0;
	timer_setup(&timers[0], timer_repeat_past, NULL);
	timer_start(&timers[0], 1);
	test_sleep(120 * MS);
	EXPECT(repeats == REPEATS);
}

static void test_clock(void)
{
	u64 last = time_now_ns(), now, ticks, i;

	for (i = 0; i < 1000; i++) {
		now = time_now_ns();
		EXPECT_OR_RETURN(now >= last);
		last = now;
	}
	/* A year of ticks neither overflows nor drifts by more than 1 in 10^6. */
	ticks = time_tsc_khz() * 1000 * 31536000;
	now = time_tsc_to_ns(ticks);
	EXPECT(now / 1000000 >= 31536000ull * 1000 - 31536);
	EXPECT(now / 1000000 <= 31536000ull * 1000 + 31536);
}

static void test_ticks_and_clock_agree(void)
{
	u64 ticks = this_cpu()->ticks, start = time_now_ns(), ns;

	test_sleep(300 * MS);
	ticks = this_cpu()->ticks - ticks;
	ns = time_now_ns() - start;
	/* A busy host may lose ticks, but none are made up. */
	EXPECT(ticks * TICK_NS <= ns + 2 * TICK_NS);
	EXPECT(ticks >= 10);
}

static void test_realtime(void)
{
	u64 saved = time_realtime_ns() - time_now_ns(), year_2020 = 1577836800;

	time_set_realtime_ns(year_2020 * NSEC_PER_SEC);
	EXPECT(time_realtime_ns() / NSEC_PER_SEC - year_2020 < 2);
	time_set_realtime_ns(saved + time_now_ns());
}

static void test_entropy(void)
{
	u8 a[32], b[32];

	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));
	entropy_fill(a, 31);
	entropy_fill(b, 31);
	EXPECT(memcmp(a, b, 31) != 0);
	EXPECT(a[31] == 0 && b[31] == 0);
}

const struct ktest timer_tests[] = {
	{ "order", test_order },
	{ "stop_and_move", test_stop_and_move },
	{ "restart_in_callback", test_restart_in_callback },
	{ "clock", test_clock },
	{ "ticks_and_clock_agree", test_ticks_and_clock_agree },
	{ "realtime", test_realtime },
	{ "entropy", test_entropy },
	{ NULL, NULL },
};
