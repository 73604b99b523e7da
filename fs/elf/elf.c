/* SPDX-License-Identifier: MIT */
/*
 * elf: the binary formats. Looks at a program's first bytes and lets the format
 * fill the plan by which the core maps it: ELF (elf64.c) or a script (script.c).
 *
 * State: nothing to keep.
 */
#include <binfmt.h>
#include <errno.h>
#include <runtime.h>
#include <string.h>

#include "internal.h"

/* Read at once: enough for an ELF header and a program's usual table. */
#define HEAD_SIZE 1024

/*
 * Fills `plan` for the program in page object `file`: 0, -ENOEXEC (no known
 * format, or broken), -E2BIG (more segments than a plan holds), or what
 * reading gave. Nothing is held; does not sleep.
 */
long binfmt_plan(u32 file, struct binfmt_plan *plan)
{
	char head[HEAD_SIZE] __aligned(8);
	long len = pageobj_read(file, 0, head, sizeof(head));

	if (len < 0)
		return len;
	memset(head + len, 0, sizeof(head) - (size_t)len);
	memset(plan, 0, sizeof(*plan));
	if (head[0] == '#' && head[1] == '!')
		return script_plan(head, plan);
	return elf64_plan(file, head, (size_t)len, plan);
}
SYMBOL_EXPORT(binfmt_plan);

static long elf_init(u32 flags)
{
	return 0;
}

static void elf_exit(void)
{
}

MODULE("elf", .description = "binary formats: ELF programs and scripts",
       .init = elf_init, .exit = elf_exit, .rank = RANK_BINFMT);
