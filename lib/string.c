/* SPDX-License-Identifier: MIT */
/*
 * Memory and strings for the core and the modules (include/lib/string.h).
 *
 * Copying and filling use the quadword forms of the string instructions: each
 * iteration is one instruction, so they are the shortest way to move memory on
 * an emulator that counts instructions, and the CPU's own fast path elsewhere.
 * What does not fill a quadword is done with two overlapping accesses.
 */
#include <string.h>

/* The compiler must not turn a loop here into a call of the function it is in. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

struct word64 { u64 v; } __packed __attribute__((may_alias));
struct word32 { u32 v; } __packed __attribute__((may_alias));
struct word16 { u16 v; } __packed __attribute__((may_alias));

#define LOAD(bits, p) (((const struct word##bits *)(p))->v)
#define STORE(bits, p, x) (((struct word##bits *)(p))->v = (x))

/* Copies 0 to 7 bytes; all loads come before the stores, so overlap is fine. */
static inline void copy_small(u8 *d, const u8 *s, size_t len)
{
	if (len >= 4) {
		u32 first = LOAD(32, s), last = LOAD(32, s + len - 4);

		STORE(32, d, first);
		STORE(32, d + len - 4, last);
	} else if (len >= 2) {
		u16 first = LOAD(16, s), last = LOAD(16, s + len - 2);

		STORE(16, d, first);
		STORE(16, d + len - 2, last);
	} else if (len) {
		*d = *s;
	}
}

/* Copies upwards: right when dst is not inside [src, src + len). */
static inline void copy_up(u8 *d, const u8 *s, size_t len)
{
	size_t words = len / 8;
	u64 last = LOAD(64, s + len - 8);
	u8 *end = d + len - 8;

	__asm__ volatile("rep movsq"
			 : "+D"(d), "+S"(s), "+c"(words) : : "memory");
	STORE(64, end, last);
}

/* Copies downwards: right when src is not inside [dst, dst + len). */
static inline void copy_down(u8 *d, const u8 *s, size_t len)
{
	size_t words = len / 8;
	u64 first = LOAD(64, s);
	u8 *dst_last = d + len - 8;
	const u8 *src_last = s + len - 8;

	__asm__ volatile("std; rep movsq; cld"
			 : "+D"(dst_last), "+S"(src_last), "+c"(words)
			 : : "memory", "cc");
	STORE(64, d, first);
}

/* As in C. No sleep; any context. */
void *memcpy(void *restrict dst, const void *restrict src, size_t len)
{
	if (len < 8)
		copy_small(dst, src, len);
	else
		copy_up(dst, src, len);
	return dst;
}

/* As in C. */
void *memmove(void *dst, const void *src, size_t len)
{
	if (len < 8)
		copy_small(dst, src, len);
	else if ((uintptr_t)dst - (uintptr_t)src >= len)
		copy_up(dst, src, len);
	else
		copy_down(dst, src, len);
	return dst;
}

/* As in C. */
void *memset(void *dst, int byte, size_t len)
{
	u64 word = (u8)byte * 0x0101010101010101ull;
	u8 *d = dst;
	size_t words = len / 8;

	if (len < 8) {
		while (len--)
			*d++ = (u8)byte;
		return dst;
	}
	STORE(64, d + len - 8, word);
	__asm__ volatile("rep stosq"
			 : "+D"(d), "+c"(words) : "a"(word) : "memory");
	return dst;
}

/* As in C. */
int memcmp(const void *a, const void *b, size_t len)
{
	const u8 *p = a, *q = b;

	while (len >= 8 && LOAD(64, p) == LOAD(64, q)) {
		p += 8;
		q += 8;
		len -= 8;
	}
	for (; len; len--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

/* As in C. */
void *memchr(const void *s, int byte, size_t len)
{
	const u8 *p = s;

	for (; len; len--, p++)
		if (*p == (u8)byte)
			return (void *)p;
	return NULL;
}

/* As in C. */
size_t strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return (size_t)(p - s);
}

/* As in C. */
size_t strnlen(const char *s, size_t max)
{
	size_t len = 0;

	while (len < max && s[len])
		len++;
	return len;
}

/* As in C. */
int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
}

/* As in C. */
int strncmp(const char *a, const char *b, size_t max)
{
	for (; max; max--, a++, b++)
		if (!*a || *a != *b)
			return (u8)*a - (u8)*b;
	return 0;
}

/* As in C: the NUL counts as part of the string. */
char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

/* As in C: the NUL counts as part of the string. */
char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	for (;; s++) {
		if (*s == (char)c)
			found = s;
		if (!*s)
			return (char *)found;
	}
}

/* See include/lib/string.h. */
size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size) {
		size_t n = MIN(len, size - 1);

		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return len;
}

/* Value of a digit in bases up to 16; 16 when it is none. */
static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	c |= 0x20;
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	return 16;
}

/* See include/lib/string.h. */
u64 string_to_u64(const char *s, const char **end)
{
	unsigned int base = 10;
	u64 value = 0;

	if (s[0] == '0' && (s[1] | 0x20) == 'x' && digit_value(s[2]) < 16) {
		base = 16;
		s += 2;
	} else if (s[0] == '0') {
		base = 8;
	}
	for (; digit_value(*s) < base; s++)
		value = value * base + digit_value(*s);
	if (end)
		*end = s;
	return value;
}
