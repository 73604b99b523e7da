// SPDX-License-Identifier: MIT
/*
 * Looks through boot archives (cpio newc) for the modules in them: pure code over
 * memory, which knows no more of the format than that takes. Where an archive is
 * broken it ends; initramfs, which reads all of it, says why.
 */
#include "archive.h"

#include <string.h>

#define HEADER_SIZE 110
#define MAGIC "07070"		/* then 1, or 2 with checksums */
#define MAGIC_SIZE 5
#define FIELD_SIZE 54		/* where the fields are that are read */
#define FIELD_NAME_SIZE 94
#define FIELD_DIGITS 8
#define NAME_SIZE_MAX 4096	/* with NULs */

static bool hex(const u8 *digits, u32 *value)
{
	*value = 0;
	for (u32 i = 0; i < FIELD_DIGITS; i++) {
		u32 c = digits[i];

		if (c - '0' > 9)
			c = (c | 0x20) - 'a' <= 5 ? (c | 0x20) - 'a' + 10 + '0' : 0;
		if (!c)
			return false;
		*value = *value << 4 | (c - '0');
	}
	return true;
}

/* Passes the zeroes between archives: false at the end of all. */
static bool skip_zeroes(const struct archive *a, u64 *pos)
{
	for (*pos = ALIGN_UP(*pos, 4ul); *pos < a->size && !a->data[*pos]; *pos += 4)
		;
	return *pos < a->size && a->size - *pos >= HEADER_SIZE;
}

/* The next entry: its name, and its data in the archives' memory. False: no more. */
bool archive_next(struct archive *a)
{
	u64 pos = a->pos, left;
	const u8 *header;
	u32 size, name_size;

	if (!skip_zeroes(a, &pos))
		return false;
	header = a->data + pos;
	left = a->size - pos - HEADER_SIZE;
	a->pos = a->size;
	if (memcmp(header, MAGIC, MAGIC_SIZE) != 0 || !hex(header + FIELD_SIZE, &size) ||
	    !hex(header + FIELD_NAME_SIZE, &name_size) || !name_size || name_size > left ||
	    !memchr(header + HEADER_SIZE, 0, MIN(name_size, (u32)NAME_SIZE_MAX)))
		return false;
	pos = ALIGN_UP(pos + HEADER_SIZE + name_size, 4ul);
	if (size && (pos > a->size || size > a->size - pos))
		return false;
	a->name = (const char *)header + HEADER_SIZE;
	a->entry = a->data + pos;
	a->entry_size = size;
	a->pos = pos + size;
	return true;
}
