/* SPDX-License-Identifier: MIT */
/*
 * Coverage for the fuzzers: modules are compiled with trace-pc, which calls
 * this at each basic block. A new pair of neighbours means a new path.
 */
#include "cover.h"

#define COVER_BITS 16

static u8 seen[1 << COVER_BITS];
static u64 last;
static bool moved;

__attribute__((no_sanitize("address", "undefined")))
void __sanitizer_cov_trace_pc(void)
{
	u64 pc = (u64)__builtin_return_address(0);
	u64 pair = (pc ^ last >> 1) * 0x9e3779b97f4a7c15ull >> (64 - COVER_BITS);

	last = pc;
	if (!seen[pair]) {
		seen[pair] = 1;
		moved = true;
	}
}

bool cover_moved(void)
{
	bool was = moved;

	moved = false;
	last = 0;
	return was;
}
