/* SPDX-License-Identifier: MIT */
/* The shared object by which programs read the clocks (kernel/vdso.c). */
#ifndef CORE_VDSO_H
#define CORE_VDSO_H

#include <types.h>

struct mm;
struct pageobj;
struct vdso_data;

void vdso_init(const struct vdso_data *first);	/* once, before the first program */
void vdso_set_realtime(u64 base_ns);
/* Maps it: where its ELF header is, or -ENOMEM. May sleep. */
long vdso_map(struct mm *mm);
/* Is this what it is mapped from? Offset 0 is the data, behind it the code. */
bool vdso_is(const struct pageobj *obj);

#endif
