/* SPDX-License-Identifier: MIT */
/* Bits of words and bitmaps (arrays of u64; bit 0 is the lowest of word 0). */
#ifndef LIB_BITOPS_H
#define LIB_BITOPS_H

#include <types.h>

#define BIT(n) (1ull << (n))
#define BITMAP_WORDS(bits) DIV_ROUND_UP(bits, 64)
#define BITMAP_NONE (~(size_t)0)

/* Number of the lowest set bit, from 1; 0 when none is set. */
static inline unsigned int bit_ffs(u64 x)
{
	return (unsigned int)__builtin_ffsll((long long)x);
}

/* Number of the highest set bit, from 1; 0 when none is set. */
static inline unsigned int bit_fls(u64 x)
{
	return x ? 64 - (unsigned int)__builtin_clzll(x) : 0;
}

/* The smallest n with 2^n >= x. */
static inline unsigned int bit_order(u64 x)
{
	return x <= 1 ? 0 : bit_fls(x - 1);
}

static inline unsigned int bit_count(u64 x)
{
	unsigned int n = 0;

	for (; x; x &= x - 1)
		n++;
	return n;
}

static inline bool bitmap_test(const u64 *map, size_t bit)
{
	return map[bit / 64] >> (bit % 64) & 1;
}

static inline void bitmap_set(u64 *map, size_t bit)
{
	map[bit / 64] |= BIT(bit % 64);
}

static inline void bitmap_clear(u64 *map, size_t bit)
{
	map[bit / 64] &= ~BIT(bit % 64);
}

/* The first clear bit at or behind `from`, below `bits`; or BITMAP_NONE. */
static inline size_t bitmap_find_clear(const u64 *map, size_t bits, size_t from)
{
	while (from < bits) {
		u64 word = ~map[from / 64] >> (from % 64);

		if (word) {
			from += bit_ffs(word) - 1;
			return from < bits ? from : BITMAP_NONE;
		}
		from = ALIGN_DOWN(from, 64) + 64;
	}
	return BITMAP_NONE;
}

/* The first set bit at or behind `from`, below `bits`; or BITMAP_NONE. */
static inline size_t bitmap_find_set(const u64 *map, size_t bits, size_t from)
{
	while (from < bits) {
		u64 word = map[from / 64] >> (from % 64);

		if (word) {
			from += bit_ffs(word) - 1;
			return from < bits ? from : BITMAP_NONE;
		}
		from = ALIGN_DOWN(from, 64) + 64;
	}
	return BITMAP_NONE;
}

#endif
