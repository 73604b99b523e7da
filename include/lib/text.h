/* SPDX-License-Identifier: MIT */
/*
 * A text that is made anew each time it is read: only the part of it that is
 * wanted, `size` bytes from byte `skip` on, is kept.
 */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

#include <types.h>

struct text {
	char *buf;
	size_t size;		/* of buf */
	size_t len;		/* bytes in it */
	u64 skip;		/* bytes of the text before it that are still to come */
};

/* The wanted part is there: what else the text has need not be made. */
static inline bool text_full(const struct text *t)
{
	return t->len == t->size;
}

void text_put(struct text *t, const char *s, size_t len);
void text_puts(struct text *t, const char *s);
/* At most 511 bytes. */
void text_printf(struct text *t, const char *fmt, ...) __printf(2, 3);
/* Bytes, those in `which` as \\ooo, as in the tables of mounts. */
void text_put_escaped(struct text *t, const char *s, size_t len, const char *which);

#endif
