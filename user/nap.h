/* SPDX-License-Identifier: MIT */
/* A sleep for programs of tests. */
#ifndef USER_NAP_H
#define USER_NAP_H

#include <time.h>

/* Sleeps for `ms`, over signals that are handled. */
static inline void nap_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) != 0)
		;
}

#endif
