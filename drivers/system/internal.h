/* SPDX-License-Identifier: MIT */
#ifndef SYSTEM_INTERNAL_H
#define SYSTEM_INTERNAL_H

#include <errno.h>
#include <identity.h>
#include <info.h>
#include <program.h>
#include <runtime.h>
#include <string.h>
#include <whitix/capability.h>
#include <whitix/process.h>
#include <whitix/syscalls.h>

/* All that the module provides: call_NAME is NAME(2). */
#define SYSTEM_CALLS(X) \
	X(uname) X(sethostname) X(setdomainname) X(sysinfo) X(reboot) X(vhangup) \
	X(sched_getaffinity) X(sched_setaffinity) X(sched_getscheduler) X(sched_getparam) \
	X(sched_rr_get_interval) X(sched_setscheduler) X(sched_setparam) \
	X(sched_get_priority_max) X(sched_get_priority_min) X(getcpu) X(getpriority) \
	X(setpriority) \
	X(setuid) X(setgid) X(setreuid) X(setregid) X(setresuid) X(setresgid) X(getresuid) \
	X(getresgid) X(setfsuid) X(setfsgid) X(getgroups) X(setgroups) X(capget) X(capset) \
	X(getpgid) X(getpgrp) X(getsid) X(prlimit64) X(getrlimit) X(setrlimit) X(getrusage) \
	X(prctl) X(membarrier) X(personality) \
	X(pidfd_open) X(pidfd_send_signal) X(pidfd_getfd) X(rt_sigqueueinfo) \
	X(rt_tgsigqueueinfo) X(kcmp) X(process_vm_readv) X(process_vm_writev) \
	X(ioprio_get) X(ioprio_set)

#define SYSTEM_CALL(name) long call_##name(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);
SYSTEM_CALLS(SYSTEM_CALL)
#undef SYSTEM_CALL

/* A set of capabilities as one word, and changing the bounding set (identity.c). */
long caps_bounding(u64 cap, bool drop);
/* Sets or asks creds.keep_caps: 0 or an error (identity.c). */
long keep_caps_set(u64 keep);
long keep_caps_get(void);

long pidfd_start(u32 flags);	/* pidfd.c; flags of init() */

#endif
