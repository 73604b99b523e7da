/* SPDX-License-Identifier: MIT */
/*
 * Formatted text: %d %i %u %x %X %o %c %s %p %%, with h hh l ll z t j, width
 * and precision (also *), and the flags 0 - + space #. No floating point.
 */
#ifndef LIB_PRINTF_H
#define LIB_PRINTF_H

#include <stdarg.h>
#include <types.h>

#if __STDC_HOSTED__
#include <stdio.h>
#else
/*
 * Write at most `size` bytes, the NUL among them (always, if size is not 0).
 * Return the length that the whole text has, as C's do.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
	__printf(3, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
#endif

/*
 * As snprintf, but return what was written: at most size - 1. For texts that
 * are built piece by piece.
 */
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
	__printf(3, 0);
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

#endif
