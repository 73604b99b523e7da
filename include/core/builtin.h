/* SPDX-License-Identifier: MIT */
/*
 * The modules that are linked into the kernel image, in start order. The table
 * is written by scripts/modpost.py; it is empty where modules come as objects.
 */
#ifndef CORE_BUILTIN_H
#define CORE_BUILTIN_H

#include <module.h>
#include <types.h>

struct builtin_module {
	const struct module_manifest *manifest;
	u64 text_start, text_end;
	u64 rodata_start, rodata_end;
	u64 data_start, data_end;
	u64 bss_start, bss_end;
	const struct symbol_export *exports_start, *exports_end;
	const struct module_param *params_start, *params_end;
};

extern const struct builtin_module builtin_modules[];
extern const u32 builtin_modules_count;

#endif
