/* SPDX-License-Identifier: MIT */
/*
 * A small fuzzer: mutates inputs, keeps those that take module code down a path
 * that is new (cover.h), for a given number of runs. The same seed gives the
 * same runs. What it was at is written to a file when a run ends the test.
 */
#ifndef TESTS_HOST_FUZZ_H
#define TESTS_HOST_FUZZ_H

#include "test.h"

struct fuzz_input {
	const void *data;
	size_t len;
};

/*
 * Runs fn on mutations of `seeds`, none longer than `max` bytes. The data lies
 * in memory of exactly its length. RUNS= and SEED= choose more or others.
 */
void fuzz(const char *name, const struct fuzz_input *seeds, u32 nseeds,
	  size_t max, u64 runs, void (*fn)(const u8 *data, size_t len));
/* cmocka's teardown of a fuzzing test: reports the input that made it fail. */
int fuzz_teardown(void **state);

#endif
