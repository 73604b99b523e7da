/* SPDX-License-Identifier: MIT */
#ifndef SYSTEM_INTERNAL_H
#define SYSTEM_INTERNAL_H

#include <errno.h>
#include <info.h>
#include <program.h>
#include <runtime.h>
#include <whitix/capability.h>
#include <whitix/process.h>
#include <whitix/syscalls.h>

struct call {
	u32 number;		/* SYSCALL_* */
	syscall_handler *fn;
};
#define CALL(name) { SYSCALL_##name, call_##name }
/* Offers `count` calls to programs: 0 or an error. */
long calls_provide(const struct call *calls, size_t count);

long sched_start(void);		/* sched.c */

#endif
