/* SPDX-License-Identifier: MIT */
/*
 * The pure parts of small drivers: ChaCha20 (random), the clock's registers
 * (rtc), scan codes (keyboard).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../../drivers/keyboard/decode.c"
#include "../../drivers/random/chacha20.c"
#include "../../drivers/rtc/clock.c"

/* RFC 8439, 2.3.2. */
static void test_chacha20(void **state)
{
	static const u32 nonce[3] = { 0x09000000, 0x4a000000, 0x00000000 };
	static const u32 expected[16] = {
		0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3,
		0xc7f4d1c7, 0x0368c033, 0x9aaa2204, 0x4e6cd4c3,
		0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9,
		0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2,
	};
	u8 bytes[32];
	u32 key[8], out[16];

	for (u32 i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)i;
	memcpy(key, bytes, sizeof(key));
	chacha20_block(key, 1, nonce, out);
	assert_memory_equal(out, expected, sizeof(out));
}

/* RFC 8439, A.1, test vector 1: key, nonce and counter 0. */
static void test_chacha20_zero(void **state)
{
	static const u32 key[8], nonce[3];
	static const u32 expected[16] = {
		0xade0b876, 0x903df1a0, 0xe56a5d40, 0x28bd8653,
		0xb819d2bd, 0x1aed8da0, 0xccef36a8, 0xc70d778b,
		0x7c5941da, 0x8d485751, 0x3fe02477, 0x374ad8b8,
		0xf4b8436a, 0x1ca11815, 0x69b687c3, 0x8665eeb2,
	};
	u32 out[16];

	chacha20_block(key, 0, nonce, out);
	assert_memory_equal(out, expected, sizeof(out));
}

static const struct {
	struct rtc_registers r;
	s64 seconds;		/* -1: no date */
} dates[] = {
	{ { 0, 0, 0, 1, 1, 0x70, 0x19, RTC_24H }, 0 },
	{ { 0x59, 0x59, 0x23, 0x31, 0x12, 0x99, 0x19, RTC_24H }, 946684799 },
	{ { 0, 0, 0, 0x29, 0x02, 0x24, 0x20, RTC_24H }, 1709164800 },
	{ { 30, 45, 13, 29, 2, 24, 20, RTC_24H | RTC_BINARY }, 1709214330 },
	{ { 0x30, 0x45, 0x81, 0x29, 0x02, 0x24, 0x20, 0 }, 1709214330 },
	{ { 0, 0, 0x92, 0x01, 0x01, 0x20, 0x20, 0 }, 1577880000 },
	{ { 0, 0, 0x12, 0x01, 0x01, 0x20, 0x20, 0 }, 1577836800 },
	{ { 0, 0, 0, 0x01, 0x01, 0x20, 0xff, RTC_24H }, 1577836800 },
	{ { 0, 0, 0, 0x30, 0x02, 0x24, 0x20, RTC_24H }, -1 },
	{ { 0, 0, 0, 0x29, 0x02, 0x23, 0x20, RTC_24H }, -1 },
	{ { 0x60, 0, 0, 0x01, 0x01, 0x20, 0x20, RTC_24H }, -1 },
	{ { 0, 0, 0, 0, 0, 0, 0, RTC_24H }, -1 },
	{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, -1 },
};

static void test_rtc_decode(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(dates); i++) {
		struct rtc_calendar c;
		long err = rtc_decode(&dates[i].r, &c);

		assert_int_equal(err, dates[i].seconds < 0 ? -EINVAL : 0);
		if (!err)
			assert_int_equal(rtc_seconds(&c), dates[i].seconds);
	}
}

/* Against the C library, and back to registers, in all four formats. */
static void test_rtc_round_trip(void **state)
{
	static const u8 formats[] = { 0, RTC_24H, RTC_BINARY, RTC_24H | RTC_BINARY };

	for (s64 t = 0; t < 6000000000; t += 12345677) {
		time_t time = (time_t)t;
		struct tm tm;

		gmtime_r(&time, &tm);
		for (size_t f = 0; f < ARRAY_SIZE(formats); f++) {
			struct rtc_registers r = { .control = formats[f] };
			struct rtc_calendar c = {
				tm.tm_sec, tm.tm_min, tm.tm_hour, tm.tm_mday,
				tm.tm_mon, tm.tm_year, 0, 0, 0,
			};

			assert_int_equal(rtc_encode(&c, &r), 0);
			assert_int_equal(rtc_decode(&r, &c), 0);
			assert_int_equal(rtc_seconds(&c), t);
			assert_int_equal(c.weekday, tm.tm_wday);
			assert_int_equal(c.yearday, tm.tm_yday);
		}
	}
}

#define SHIFT_DOWN "\x2a"
#define SHIFT_UP "\xaa"
#define CTRL_DOWN "\x1d"
#define CTRL_UP "\x9d"
#define ALT_DOWN "\x38"
#define ALT_UP "\xb8"

static const struct {
	const char *codes, *bytes;
	size_t len;		/* of bytes; 0: up to NUL */
} keys[] = {
	{ "\x1e\x9e\x30\xb0", "ab", 0 },
	{ SHIFT_DOWN "\x1e" SHIFT_UP "\x1e", "Aa", 0 },
	{ SHIFT_DOWN "\x02\x03\x0d" SHIFT_UP, "!@+", 0 },
	{ CTRL_DOWN "\x2e" CTRL_UP "\x2e", "\003c", 0 },
	{ "\xe0\x1d\x2e\xe0\x9d\x2e", "\003c", 0 },
	{ CTRL_DOWN "\x39" CTRL_UP, "\0", 1 },
	{ CTRL_DOWN "\x2b" CTRL_UP, "\034", 0 },
	{ ALT_DOWN "\x30" ALT_UP "\x30", "\033bb", 0 },
	{ "\x3a\xba\x1e" SHIFT_DOWN "\x1e\x02" SHIFT_UP "\x3a\xba\x1e", "Aa!a", 0 },
	{ "\x1c\x0e\x0f\x01", "\r\177\t\033", 0 },
	{ SHIFT_DOWN "\x0f" SHIFT_UP, "\033[Z", 0 },
	{ "\xe0\x48\xe0\xc8\xe0\x50\xe0\x4d\xe0\x4b", "\033[A\033[B\033[C\033[D", 0 },
	{ "\xe0\x2a\xe0\x48\xe0\xc8\xe0\xaa\x1e", "\033[Aa", 0 },
	{ "\xe0\x47\xe0\x4f\xe0\x49\xe0\x51\xe0\x52\xe0\x53",
	  "\033[1~\033[4~\033[5~\033[6~\033[2~\033[3~", 0 },
	{ "\x3b\x3f\x40\x44\x57\x58", "\033[[A\033[[E\033[17~\033[21~\033[23~\033[24~", 0 },
	{ SHIFT_DOWN "\x3b" SHIFT_UP, "\033[25~", 0 },
	{ "\x48\x4c", "\033[A\033[G", 0 },
	{ "\x45\xc5\x48\x4c\x53\x45\xc5\x48", "85.\033[A", 0 },
	{ "\xe0\x1c\xe0\x35\x37\x4a\x4e", "\r/*-+", 0 },
	{ "\xe1\x1d\x45\xe1\x9d\xc5\x1e", "a", 0 },
	{ "\x56" SHIFT_DOWN "\x56" SHIFT_UP, "<>", 0 },
	{ "\x38\x3c\xbc\xb8", "K0,2", 0 },			/* Alt F2 */
	{ "\x38\xe0\x4d\xb8", "K1,1", 0 },			/* Alt Right */
	{ SHIFT_DOWN "\xe0\x49" SHIFT_UP "\xe0\x49", "K2,1\033[5~", 0 },
	{ "\xe0\x5b\xe0\xdb\x7f\x1e", "a", 0 },
};

static void test_keyboard(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct keyboard k = { 0 };
		char out[64];
		size_t n = 0, len = keys[i].len ? keys[i].len : strlen(keys[i].bytes);

		for (const char *c = keys[i].codes; *c; c++) {
			n += keyboard_decode(&k, (u8)*c, out + n);
			/* as the console types it, or K, kind and value */
			if (k.key == TTY_KEY_CURSOR)
				n += (size_t)sprintf(out + n, "\033[%c", (char)k.value);
			else if (k.key != NO_KEY)
				n += (size_t)sprintf(out + n, "K%u,%u", k.key, k.value);
		}
		if (n != len || memcmp(out, keys[i].bytes, n))
			fail_msg("case %zu: %zu bytes: '%.*s'", i, n, (int)n, out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chacha20),
		cmocka_unit_test(test_chacha20_zero),
		cmocka_unit_test(test_rtc_decode),
		cmocka_unit_test(test_rtc_round_trip),
		cmocka_unit_test(test_keyboard),
	};

	return cmocka_run_group_tests_name("drivers", tests, NULL, NULL);
}
