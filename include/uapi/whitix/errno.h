/* SPDX-License-Identifier: MIT */
/* Linux's error numbers: include/lib/errno.h has them. */
#ifndef UAPI_WHITIX_ERRNO_H
#define UAPI_WHITIX_ERRNO_H

#include <errno.h>

/* The largest error number: what a result above -4096 means. */
#define ERRNO_MAX 4095

#endif
