/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HOST_COVER_H
#define TESTS_HOST_COVER_H

#include <types.h>

/* Module code has taken a path since the last call that it never took before. */
bool cover_moved(void);

#endif
