/* SPDX-License-Identifier: MIT */
/* What every host test includes first: the C library, cmocka, then the shim. */
#ifndef TESTS_HOST_TEST_H
#define TESTS_HOST_TEST_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>

#include "shim.h"

/* Repeatable random numbers: splitmix64. */
struct random {
	u64 state;
};

static inline u64 random_u64(struct random *r)
{
	u64 x = r->state += 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

/* Below `n`, which is not 0. */
static inline u32 random_below(struct random *r, u32 n)
{
	return (u32)(random_u64(r) % n);
}

/* Number from the environment, for longer or other runs. */
static inline u64 env_number(const char *name, u64 otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

/*
 * How often a test repeats what it does at random: the variable `name`, or
 * `otherwise` times LONGER.
 */
static inline u64 env_runs(const char *name, u64 otherwise)
{
	return env_number(name, otherwise * env_number("LONGER", 1));
}

#endif
