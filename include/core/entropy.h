/* SPDX-License-Identifier: MIT */
/* Random bytes from the start on: kernel/time.c. */
#ifndef CORE_ENTROPY_H
#define CORE_ENTROPY_H

#include <types.h>

/*
 * Fills `buf` with bytes from RDRAND, where the CPU has it, and from the time
 * stamp counter. Any context.
 */
void entropy_fill(void *buf, size_t len);

#endif
