/* SPDX-License-Identifier: MIT */
/* The loader's steps, for start.c and the system calls that load modules. */
#ifndef MODULE_LOADER_H
#define MODULE_LOADER_H

#include "internal.h"

struct builtin_module;

int module_prepare(const char *file, const void *object, size_t size,
		   struct module **out);
const char *module_import_name(const struct module *m, u32 i);
const char *module_import_provider(const struct module *m, u32 i);
bool module_owns_text(const struct module *m, u64 addr);
bool module_owns_self(const struct module *m, u64 addr);
int module_link(struct module *m);
void module_discard(struct module *m);
extern struct core_mutex load_lock;
int module_adopt(const struct builtin_module *b, struct module **out);

#endif
