/* SPDX-License-Identifier: MIT */
/*
 * Names of the image's functions, built-in modules' static ones included, for
 * backtraces. The table is made by scripts/ksyms.py from a first link.
 */
#include <ksyms.h>
#include <string.h>

#define KSYMS_STEP 16		/* NAMES_STEP in scripts/ksyms.py */

extern const u32 ksyms_count;
extern const u32 ksyms_offsets[];	/* from core_text_start, sorted */
extern const u32 ksyms_places[];	/* in ksyms_names, of each 16th name */
extern const char ksyms_names[];
extern const char core_text_start[], core_text_end[];

/*
 * The name of the function that `addr` lies in, and how far inside (*offset).
 * NULL when it is not in the image's text. Any context; takes no lock.
 */
const char *ksym_lookup(u64 addr, u64 *offset)
{
	u64 start = (u64)core_text_start;
	u32 low = 0, high = ksyms_count;
	const char *name;

	if (addr < start || addr >= (u64)core_text_end)
		return NULL;
	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (start + ksyms_offsets[mid] <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return NULL;
	low--;
	*offset = addr - start - ksyms_offsets[low];
	name = ksyms_names + ksyms_places[low / KSYMS_STEP];
	for (u32 i = low % KSYMS_STEP; i; i--)
		name += strlen(name) + 1;
	return name;
}
