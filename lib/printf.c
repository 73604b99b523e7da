/* SPDX-License-Identifier: MIT */
/*
 * Formatted text (include/lib/printf.h), after C11 7.21.6.1 without floating
 * point. An unknown conversion is copied as it stands and takes no argument.
 */
#include <printf.h>
#include <string.h>

struct out {
	char *buf;
	size_t size;
	size_t len;		/* what the whole text has so far */
};

struct spec {
	bool left, zero, plus, space, alt, upper;
	int width;
	int precision;		/* -1: not given */
	int length;		/* bytes of the integer */
};

#define DIGITS_MAX 24		/* 64 bits in octal are 22 digits */

static void out_char(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void out_fill(struct out *o, char c, int count)
{
	while (count-- > 0)
		out_char(o, c);
}

static void out_text(struct out *o, const char *s, size_t len)
{
	while (len--)
		out_char(o, *s++);
}

/* A field: `prefix` and `body`, `zeros` between them, padded to the width. */
static void out_field(struct out *o, const struct spec *spec, const char *prefix,
		      const char *body, size_t len, int zeros)
{
	int pad;

	zeros = MAX(zeros, 0);
	pad = spec->width - (int)(strlen(prefix) + len) - zeros;
	if (!spec->left)
		out_fill(o, ' ', pad);
	out_text(o, prefix, strlen(prefix));
	out_fill(o, '0', zeros);
	out_text(o, body, len);
	if (spec->left)
		out_fill(o, ' ', pad);
}

static void out_number(struct out *o, const struct spec *spec, u64 value,
		       unsigned int base, const char *prefix)
{
	const char *set = spec->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char digits[DIGITS_MAX];
	int at = DIGITS_MAX;
	int len, zeros;

	for (; value; value /= base)
		digits[--at] = set[value % base];
	if (at == DIGITS_MAX && spec->precision != 0)
		digits[--at] = '0';
	len = DIGITS_MAX - at;
	zeros = spec->precision - len;
	if (spec->precision < 0 && spec->zero && !spec->left)
		zeros = spec->width - len - (int)strlen(prefix);
	out_field(o, spec, prefix, digits + at, (size_t)len, zeros);
}

/* The argument, an integer of spec->length bytes, extended to 64 bits. */
static u64 next_integer(const struct spec *spec, bool is_signed, va_list *args)
{
	u64 value = spec->length == 8 ? va_arg(*args, u64) : va_arg(*args, u32);
	int shift = 64 - spec->length * 8;

	value <<= shift;
	return is_signed ? (u64)((s64)value >> shift) : value >> shift;
}

static void out_signed(struct out *o, const struct spec *spec, s64 value)
{
	const char *prefix = spec->plus ? "+" : spec->space ? " " : "";

	out_number(o, spec, value < 0 ? 0 - (u64)value : (u64)value, 10,
		   value < 0 ? "-" : prefix);
}

static void out_hex(struct out *o, const struct spec *spec, u64 value)
{
	const char *prefix = spec->upper ? "0X" : "0x";

	out_number(o, spec, value, 16, spec->alt && value ? prefix : "");
}

static void out_string(struct out *o, const struct spec *spec, const char *s)
{
	size_t max = spec->precision < 0 ? SIZE_MAX : (size_t)spec->precision;

	s = s ? s : "(null)";
	out_field(o, spec, "", s, strnlen(s, max), 0);
}

static const char *parse_flags(const char *p, struct spec *spec)
{
	for (;; p++) {
		switch (*p) {
		case '-': spec->left = true; break;
		case '0': spec->zero = true; break;
		case '+': spec->plus = true; break;
		case ' ': spec->space = true; break;
		case '#': spec->alt = true; break;
		default: return p;
		}
	}
}

static const char *parse_count(const char *p, int *count, int star)
{
	if (*p == '*') {
		*count = star;
		return p + 1;
	}
	for (*count = 0; *p >= '0' && *p <= '9'; p++)
		*count = *count * 10 + (*p - '0');
	return p;
}

static const char *parse_length(const char *p, int *length)
{
	*length = sizeof(int);
	if (*p == 'h') {
		*length = p[1] == 'h' ? 1 : 2;
		return p + (p[1] == 'h' ? 2 : 1);
	}
	if (*p == 'l' || *p == 'z' || *p == 't' || *p == 'j') {
		*length = 8;
		return p + (p[0] == 'l' && p[1] == 'l' ? 2 : 1);
	}
	return p;
}

/* One conversion; false when it is not known. */
static bool convert(struct out *o, struct spec *spec, char c, va_list *args)
{
	char one;

	switch (c) {
	case 'd':
	case 'i':
		out_signed(o, spec, (s64)next_integer(spec, true, args));
		return true;
	case 'u':
		out_number(o, spec, next_integer(spec, false, args), 10, "");
		return true;
	case 'o':
		out_number(o, spec, next_integer(spec, false, args), 8, "");
		return true;
	case 'X':
	case 'x':
		spec->upper = c == 'X';
		out_hex(o, spec, next_integer(spec, false, args));
		return true;
	case 'p':
		out_number(o, spec, (uintptr_t)va_arg(*args, void *), 16, "0x");
		return true;
	case 's':
		out_string(o, spec, va_arg(*args, const char *));
		return true;
	case 'c':
		one = (char)va_arg(*args, int);
		out_field(o, spec, "", &one, 1, 0);
		return true;
	case '%':
		out_char(o, '%');
		return true;
	}
	return false;
}

/* Formats what follows a '%'; returns the first character behind it. */
static const char *format_one(struct out *o, const char *p, va_list *args)
{
	struct spec spec = { .precision = -1 };
	const char *start = p;

	p = parse_flags(p, &spec);
	p = parse_count(p, &spec.width, *p == '*' ? va_arg(*args, int) : 0);
	if (spec.width < 0) {
		spec.left = true;
		spec.width = -spec.width;
	}
	if (*p == '.') {
		p++;
		p = parse_count(p, &spec.precision,
				*p == '*' ? va_arg(*args, int) : 0);
	}
	p = parse_length(p, &spec.length);
	if (*p && convert(o, &spec, *p, args))
		return p + 1;
	out_char(o, '%');
	return start;
}

/* See include/lib/printf.h. Any context. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = { .buf = buf, .size = size };
	va_list copy;

	va_copy(copy, args);
	while (*fmt) {
		if (*fmt != '%')
			out_char(&o, *fmt++);
		else
			fmt = format_one(&o, fmt + 1, &copy);
	}
	va_end(copy);
	if (size)
		buf[MIN(o.len, size - 1)] = '\0';
	return (int)o.len;
}

/* See include/lib/printf.h. */
int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

/* See include/lib/printf.h. */
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int len = vsnprintf(buf, size, fmt, args);

	if (!size)
		return 0;
	return MIN(len, (int)(size - 1));
}

/* See include/lib/printf.h. */
int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}
