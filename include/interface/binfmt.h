/* SPDX-License-Identifier: MIT */
/*
 * Binary formats. The core maps a program; the module `elf` says how: it reads
 * the file's page object and fills a plan, which the core checks again.
 */
#ifndef INTERFACE_BINFMT_H
#define INTERFACE_BINFMT_H

#include <module.h>

#define BINFMT_MAX_SEGMENTS 16
#define BINFMT_PATH_MAX 256

#define BINFMT_READ 0x1
#define BINFMT_WRITE 0x2
#define BINFMT_EXEC 0x4

/* One PT_LOAD: file bytes, then zeroes up to mem_size. */
struct binfmt_segment {
	u64 vaddr;		/* not biased; congruent to file_off modulo 4096 */
	u64 file_off;
	u64 file_size;
	u64 mem_size;
	u32 prot;		/* BINFMT_* */
	u32 reserved;
};

enum binfmt_type { BINFMT_STATIC, BINFMT_PIE, BINFMT_SCRIPT };

struct binfmt_plan {
	u32 type;		/* enum binfmt_type */
	u32 nsegments;
	u64 entry;		/* not biased */
	u64 phdr_vaddr;		/* for AT_PHDR; 0: not mapped */
	u32 phnum, phent;
	u32 exec_stack;		/* PT_GNU_STACK asks for an executable stack */
	u32 reserved;
	char interp[BINFMT_PATH_MAX];	/* PT_INTERP or the script's; "" : none */
	char interp_arg[BINFMT_PATH_MAX];	/* a script's one argument, or "" */
	struct binfmt_segment segment[BINFMT_MAX_SEGMENTS];
};

INTERFACE_BEGIN

/*
 * Fills `plan` for the program in page object `file`: 0, -ENOEXEC (no format
 * that is known, or broken), -EIO, -E2BIG (too many segments), -EINVAL.
 */
long binfmt_plan(u32 file, struct binfmt_plan *plan);
CONTRACT(binfmt_plan, CALL_RESTARTABLE, ARG_HANDLE(file, HANDLE_PAGEOBJ),
	 ARG_STRUCT_OUT(plan, struct binfmt_plan));

INTERFACE_END

#endif
