/* SPDX-License-Identifier: MIT */
/* Failing allocations on purpose (mm/failalloc.c), for tests. */
#ifndef CORE_FAILALLOC_H
#define CORE_FAILALLOC_H

#include <types.h>

#ifdef CONFIG_DEBUG_FAILALLOC
void failalloc_init(void);	/* before the first program */
bool alloc_refused(void);	/* the allocation that asks is to fail; any context */
#else
static inline void failalloc_init(void)
{
}

static inline bool alloc_refused(void)
{
	return false;
}
#endif

#endif
