/* SPDX-License-Identifier: MIT */
/* Allocations that fail on purpose: in a kernel with CONFIG_DEBUG_FAILALLOC only. */
#ifndef INTERFACE_FAIL_NTH_H
#define INTERFACE_FAIL_NTH_H

#include <module.h>

INTERFACE_BEGIN

/*
 * The nth allocation from now on that is made for a program of another user than
 * root fails, and that one only. 0: none does. How many of the number given last
 * were still to come: 0 when it has failed.
 */
long alloc_fail_nth(u32 self, u64 nth);
CONTRACT(alloc_fail_nth, 0, ARG_SELF(self), ARG_VALUE(nth));
/* Whether an allocation from the module's own heap, made now, is to fail: 1, 0. */
long alloc_fails(u32 self);
CONTRACT(alloc_fails, 0, ARG_SELF(self));

INTERFACE_END

#endif
