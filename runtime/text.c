/* SPDX-License-Identifier: MIT */
/* Parts of texts (text.h). */
#include <printf.h>
#include <string.h>
#include <text.h>

#define PIECE_MAX 512		/* longest piece that is formatted */

/* Adds `len` bytes. */
void text_put(struct text *t, const char *s, size_t len)
{
	if (t->skip >= len) {
		t->skip -= len;
		return;
	}
	s += t->skip;
	len = MIN(len - (size_t)t->skip, t->size - t->len);
	t->skip = 0;
	memcpy(t->buf + t->len, s, len);
	t->len += len;
}

/* Adds a string. */
void text_puts(struct text *t, const char *s)
{
	text_put(t, s, strlen(s));
}

/* Adds a formatted piece. */
void text_printf(struct text *t, const char *fmt, ...)
{
	char piece[PIECE_MAX];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(piece, sizeof(piece), fmt, args);
	va_end(args);
	text_put(t, piece, (size_t)len);
}

/* Adds bytes, those in `which` in octal, as Linux does in its tables. */
void text_put_escaped(struct text *t, const char *s, size_t len, const char *which)
{
	for (; len--; s++) {
		if (*s && strchr(which, *s))
			text_printf(t, "\\%03o", (unsigned char)*s);
		else
			text_put(t, s, 1);
	}
}
