/* SPDX-License-Identifier: MIT */
/* Hashes of bytes, strings and integers; none of them withstands an attacker. */
#ifndef LIB_HASH_H
#define LIB_HASH_H

#include <types.h>

#define HASH_FNV_BASIS 0xcbf29ce484222325ull
#define HASH_FNV_PRIME 0x100000001b3ull

/* FNV-1a, 64 bits. Chain calls by passing the last result as `hash`. */
static inline u64 hash_fnv1a_more(u64 hash, const void *data, size_t len)
{
	const u8 *p = data;

	while (len--)
		hash = (hash ^ *p++) * HASH_FNV_PRIME;
	return hash;
}

static inline u64 hash_fnv1a(const void *data, size_t len)
{
	return hash_fnv1a_more(HASH_FNV_BASIS, data, len);
}

/* The hash of strings that GNU symbol tables use: h * 33 + c. */
static inline u32 hash_gnu(const char *s)
{
	u32 hash = 5381;

	while (*s)
		hash = hash * 33 + (u8)*s++;
	return hash;
}

/* Spreads an integer over the upper bits; keeps `bits` of them. */
static inline u32 hash_u64(u64 x, unsigned int bits)
{
	return (u32)((x * 0x9e3779b97f4a7c15ull) >> (64 - bits));
}

#endif
