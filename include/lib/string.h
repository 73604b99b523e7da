/* SPDX-License-Identifier: MIT */
/* Memory and strings. The host's tests take the host's own where it has them. */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <types.h>

#if __STDC_HOSTED__
#include_next <string.h>
#else
void *memcpy(void *restrict dst, const void *restrict src, size_t len);
void *memmove(void *dst, const void *src, size_t len);
void *memset(void *dst, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);
void *memchr(const void *s, int byte, size_t len);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t max);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
#endif

/*
 * Copies a string, cutting it to `size` bytes with the NUL, which is always
 * written when size is not 0. Returns strlen(src): >= size means it was cut.
 */
size_t strlcpy(char *dst, const char *src, size_t size);

/*
 * Reads an unsigned number: decimal, 0x hexadecimal or 0 octal. `*end` (may be
 * NULL) is set to the first character that is not part of it, `s` if none is.
 */
u64 string_to_u64(const char *s, const char **end);

#endif
