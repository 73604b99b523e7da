/* SPDX-License-Identifier: MIT */
/* What the binary formats share. */
#ifndef ELF_INTERNAL_H
#define ELF_INTERNAL_H

#include <binfmt.h>

/* A file is known by so many first bytes; so long may a script's line be. */
#define PROBE_SIZE 256

/* script.c: `line` is the file's start, zero padded. Fills interp. */
long script_plan(const char line[PROBE_SIZE], struct binfmt_plan *plan);
/* elf64.c: `file` is the page object, `head` its first `head_len` bytes. */
long elf64_plan(u32 file, const void *head, size_t head_len,
		struct binfmt_plan *plan);

#endif
