/* SPDX-License-Identifier: MIT */
/* Boot archives, as far as the core reads them. */
#ifndef MODULE_ARCHIVE_H
#define MODULE_ARCHIVE_H

#include <types.h>

struct archive {
	const u8 *data;		/* one archive after the other */
	u64 size;
	u64 pos;		/* where the next entry is looked for */
	/* the entry that was found */
	const char *name;
	const u8 *entry;
	u64 entry_size;
};

bool archive_next(struct archive *a);

#endif
