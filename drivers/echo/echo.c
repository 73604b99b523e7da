/* SPDX-License-Identifier: MIT */
/*
 * echo: calls that do nothing, in every shape a contract has, and the
 * measurement of what a crossing costs (echo.h).
 *
 * State: nothing to keep.
 */
#include <echo.h>
#include <errno.h>
#include <module.h>

/* One call of ECHO_WAY_*: six values, or a buffer. */
typedef long echo_six_fn(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);
typedef long echo_buffer_fn(const void *buf, size_t len);

static u8 buffer[ECHO_BUFFER_MAX];

/* Returns 0. */
long echo_0(void)
{
	return 0;
}
SYMBOL_EXPORT(echo_0);

/* Returns its argument. */
long echo_1(u64 a)
{
	return (long)a;
}
SYMBOL_EXPORT(echo_1);

/* Returns the sum of its arguments. */
long echo_2(u64 a, u64 b)
{
	return (long)(a + b);
}
SYMBOL_EXPORT(echo_2);

/* Returns the sum of its arguments. */
long echo_3(u64 a, u64 b, u64 c)
{
	return (long)(a + b + c);
}
SYMBOL_EXPORT(echo_3);

/* Returns the sum of its arguments. */
long echo_4(u64 a, u64 b, u64 c, u64 d)
{
	return (long)(a + b + c + d);
}
SYMBOL_EXPORT(echo_4);

/* Returns the sum of its arguments. */
long echo_5(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	return (long)(a + b + c + d + e);
}
SYMBOL_EXPORT(echo_5);

/* Returns the sum of its arguments. */
long echo_6(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return (long)(a + b + c + d + e + f);
}
SYMBOL_EXPORT(echo_6);

/* Returns `len`; looks at none of the bytes. */
long echo_in(const void *buf, size_t len)
{
	return (long)len;
}
SYMBOL_EXPORT(echo_in);

/* Fills `out` with the bytes of `in`, each plus one. Returns `len`. */
long echo_copy(const void *in, void *out, size_t len)
{
	const u8 *from = in;
	u8 *to = out;

	for (size_t i = 0; i < len; i++)
		to[i] = (u8)(from[i] + 1);
	return (long)len;
}
SYMBOL_EXPORT(echo_copy);

/* Returns the length of `s` without its NUL. */
long echo_string(const char *s)
{
	long len = 0;

	while (s[len])
		len++;
	return len;
}
SYMBOL_EXPORT(echo_string);

/* The plain C calls that the others are compared with. */
static long __attribute__((noipa)) local_6(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return (long)(a + b + c + d + e + f);
}

static long __attribute__((noipa)) local_in(const void *buf, size_t len)
{
	return (long)len;
}

/* Ticks of the TSC; the compiler keeps it where it stands. */
static __always_inline u64 ticks(void)
{
	u32 low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (u64)high << 32 | low;
}

/*
 * The ways are calls by name, since only those are linked through stubs as
 * every other module's calls are. `call` is one expression of type long.
 */
#define MEASURE(count, call, expected) ({ \
	u64 least = ~0ull; \
	for (u32 i = 0; i < (count); i++) { \
		u64 begin = ticks(); \
		long result = (call); \
		u64 took = ticks() - begin; \
		if (result != (expected)) \
			return result < 0 ? result : -EIO; \
		least = MIN(least, took); \
	} \
	(long)least; \
})

/* Arguments of the measured calls and their sum. */
#define SIX 1, 2, 3, 4, 5, 6
#define SIX_SUM 21

static long measure_six(u32 way, u32 count)
{
	switch (way) {
	case ECHO_WAY_LOCAL:
		return MEASURE(count, local_6(SIX), SIX_SUM);
	case ECHO_WAY_UP:
		return MEASURE(count, core_echo_6(SIX), SIX_SUM);
	case ECHO_WAY_ACROSS:
		return MEASURE(count, peer_echo_6(SIX), SIX_SUM);
	}
	return -EINVAL;
}

static long measure_buffer(u32 way, u32 count, u32 size)
{
	switch (way) {
	case ECHO_WAY_LOCAL:
		return MEASURE(count, local_in(buffer, size), (long)size);
	case ECHO_WAY_UP:
		return MEASURE(count, core_echo_in(buffer, size), (long)size);
	case ECHO_WAY_ACROSS:
		return MEASURE(count, peer_echo_in(buffer, size), (long)size);
	}
	return -EINVAL;
}

/*
 * Returns the smallest number of TSC ticks that one of `count` calls took, the
 * reading of the clock included: the same for ECHO_WAY_LOCAL, so callers take
 * the difference. -EINVAL; -EIO: a call returned nonsense. A module can't turn
 * interrupts off, so it is the minimum that is free of them.
 */
long echo_measure(u32 way, u32 count, u32 size)
{
	if (!count || size > ECHO_BUFFER_MAX)
		return -EINVAL;
	return size ? measure_buffer(way, count, size) : measure_six(way, count);
}
SYMBOL_EXPORT(echo_measure);

static long echo_init(u32 flags)
{
	return 0;
}

static void echo_exit(void)
{
}

MODULE("echo", .description = "calls that do nothing, for measuring",
       .init = echo_init, .exit = echo_exit, .rank = RANK_TOP);
