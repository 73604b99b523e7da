/* SPDX-License-Identifier: MIT */
/* Mount options of tmpfs (tmpfs(5)). */
#include "internal.h"

#define PERCENT 100

/* A number with a suffix k, m, g, t, p, e: what follows it, NULL: it is none. */
static const char *number(const char *p, u64 *value)
{
	static const char units[] = "kmgtpe";
	const char *end;
	const char *unit;

	*value = string_to_u64(p, &end);
	if (end == p)
		return NULL;
	unit = *end && *end != ',' ? strchr(units, *end | 0x20) : NULL;
	if (!unit)
		return end;
	*value <<= 10 * (unit - units + 1);
	return end + 1;
}

/* A number in octal or decimal without a suffix. */
static const char *plain(const char *p, u32 base, u64 max, u32 *value)
{
	u64 v = 0;
	const char *start = p;

	for (; *p >= '0' && *p < (char)('0' + base) && v <= max; p++)
		v = v * base + (u64)(*p - '0');
	*value = (u32)v;
	return p == start || v > max ? NULL : p;
}

static const char *size_option(const char *p, struct super *o)
{
	u64 v;

	p = number(p, &v);
	if (p && *p == '%') {
		v = v * CONTEXT->memory_kib * 1024 / PERCENT;
		p++;
	}
	o->max_pages = v / PAGE_SIZE + (v % PAGE_SIZE != 0);
	return p;
}

static bool starts(const char **p, const char *key)
{
	size_t len = strlen(key);

	if (strncmp(*p, key, len))
		return false;
	*p += len;
	return true;
}

/* One option: what follows it, or NULL: it is not known, or wrong. */
static const char *one_option(const char *p, struct super *o, u32 *seen)
{
	if (starts(&p, "size=")) {
		*seen |= SEEN_PAGES;
		return size_option(p, o);
	}
	if (starts(&p, "nr_blocks=")) {
		*seen |= SEEN_PAGES;
		return number(p, &o->max_pages);
	}
	if (starts(&p, "nr_inodes=")) {
		*seen |= SEEN_INODES;
		return number(p, &o->max_inodes);
	}
	if (starts(&p, "mode=")) {
		p = plain(p, 8, ~0u, &o->mode);
		o->mode &= 07777;
		return p;
	}
	if (starts(&p, "uid="))
		return plain(p, 10, ~0u - 1, &o->uid);
	if (starts(&p, "gid="))
		return plain(p, 10, ~0u - 1, &o->gid);
	if (starts(&p, "inode64") || starts(&p, "inode32") || starts(&p, "huge=never"))
		return p;
	return NULL;
}

/* Reads `options` into `o`; *seen says which limits were among them. -EINVAL. */
long options_parse(const char *options, struct super *o, u32 *seen)
{
	const char *p = options;

	*seen = 0;
	while (*p) {
		if (*p == ',') {
			p++;
			continue;
		}
		p = one_option(p, o, seen);
		if (!p || (*p && *p != ','))
			return -EINVAL;
	}
	return 0;
}
