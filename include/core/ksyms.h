/* SPDX-License-Identifier: MIT */
/* Names of functions in the kernel image (kernel/ksyms.c). */
#ifndef CORE_KSYMS_H
#define CORE_KSYMS_H

#include <types.h>

const char *ksym_lookup(u64 addr, u64 *offset);

#endif
