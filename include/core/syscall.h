/* SPDX-License-Identifier: MIT */
/*
 * System calls of programs: the table (kernel/syscall.c), and what the files
 * that implement them share. Each sys_NAME is Linux's call of that name for
 * x86_64: arguments as they come in registers, the result or a negative error
 * number; they run with interrupts on, hold nothing, and may sleep. Addresses
 * of the program are u64 and go through mm.h's copies only.
 */
#ifndef CORE_SYSCALL_H
#define CORE_SYSCALL_H

#include <process.h>
#include <types.h>
#include <whitix/capability.h>
#include <whitix/sched.h>

/* What uname(2) says; programs look for this system's ABI by the name. */
#define UTS_SYSNAME "Linux"
#define UTS_RELEASE "6.1.0-whitix"
#define UTS_VERSION "#1 Whitix"

/* A call that is one expression: NAME(2) in terms of others. */
#define SYSCALL_AS(name, params, result) \
	long sys_##name params { return result; }

/* Some module's call: true and its result. */
bool syscall_by_module(u64 number, const struct regs *regs, long *result);
bool syscall_in_core(u32 number);	/* below SYSCALLS */
/* From the entry code, interrupts on: runs the call that `regs` ask for. */
void syscall_dispatch(struct regs *regs);

static inline struct linux_timeval ns_to_timeval(u64 ns)
{
	return (struct linux_timeval){ ns / NSEC_PER_SEC,
				       ns % NSEC_PER_SEC / NSEC_PER_USEC };
}

static inline struct linux_timespec ns_to_timespec(u64 ns)
{
	return (struct linux_timespec){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };
}

/* A timespec in ns, cut at about 292 years: 0, -EFAULT, -EINVAL. */
long get_timespec(u64 user, u64 *ns);
long get_timeval(u64 user, u64 *ns);
/* The deadline `ns` from now; never 0, which would mean none. */
u64 deadline_after(u64 ns);
/* The calling process's ids or umask changed: modules see it. */
void creds_changed(void);
/* What a sleep that a signal ended returns, to go on until `deadline_ns`. */
long restart_sleep(u64 deadline_ns);
/* Deadline of the sleep that is being restarted; 0: this is a new one. */
u64 restart_deadline(void);

/* The mask goes back to what it was, now or when a handler has its frame. */
long mask_leave(u64 changed, long result);
/* May the caller do what capability `cap` is for? */
static inline bool capable(u32 cap)
{
	return current->process->creds.cap_effective >> cap & 1;
}

/* Super-user, for what has no capability of its own. */
static inline bool privileged(void)
{
	return capable(CAP_SYS_ADMIN);
}

/* Gives a thread the priority that its policy and niceness ask for. */
void sched_apply(struct thread *t);
void sched_inherit(struct task *task, const struct task *from);

#endif
