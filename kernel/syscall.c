/* SPDX-License-Identifier: MIT */
/*
 * The table of system calls and the way through it. Calls that are not there
 * give -ENOSYS and are logged once per name.
 */
#include <asm/regs.h>
#include <bitops.h>
#include <errno.h>
#include <log.h>
#include <syscall.h>
#include <whitix/syscalls.h>

/* What is here: the others of SYSCALL_LIST are modules', or not there. */
#define IMPLEMENTED(X) \
	X(read) X(write) X(open) X(close) X(stat) X(fstat) X(lstat) X(poll) \
	X(lseek) X(mmap) X(mprotect) X(munmap) X(brk) X(rt_sigaction) \
	X(rt_sigprocmask) X(rt_sigreturn) X(ioctl) X(pread64) X(pwrite64) \
	X(readv) X(writev) X(select) X(sched_yield) X(mremap) X(msync) \
	X(madvise) X(mincore) X(mlock2) X(dup) X(dup2) X(pause) X(nanosleep) \
	X(getpid) X(clone) X(fork) X(vfork) X(execve) X(exit) X(wait4) \
	X(kill) X(fcntl) X(flock) X(fallocate) X(memfd_create) X(openat2) \
	X(preadv2) X(pwritev2) X(rmdir) X(creat) X(unlink) X(getuid) \
	X(getgid) X(geteuid) X(getegid) X(setpgid) X(getppid) X(setsid) \
	X(rt_sigpending) X(rt_sigtimedwait) X(rt_sigsuspend) X(sigaltstack) \
	X(mlock) X(munlock) X(mlockall) X(munlockall) X(arch_prctl) X(gettid) \
	X(tkill) X(futex) X(getdents64) X(set_tid_address) X(clock_gettime) \
	X(clock_getres) X(clock_nanosleep) X(exit_group) X(tgkill) X(waitid) \
	X(openat) X(newfstatat) X(unlinkat) X(pselect6) X(ppoll) \
	X(set_robust_list) X(get_robust_list) X(dup3) X(preadv) X(pwritev) \
	X(execveat) X(statx) X(clone3) X(close_range) X(init_module) \
	X(finit_module) X(delete_module) X(unshare) X(futex_waitv)

/* Arguments are Linux's: a function takes as many of the six as it wants. */
typedef long syscall_fn();

#define DECLARE(name) extern syscall_fn sys_##name;
IMPLEMENTED(DECLARE)
#undef DECLARE

#define ENTRY(name) [SYSCALL_##name] = sys_##name,
static syscall_fn *const table[SYSCALLS] = { IMPLEMENTED(ENTRY) };
#undef ENTRY

#define NAME(number, name) [number] = #name,
static const char *const names[SYSCALLS] = { SYSCALL_LIST(NAME) };
#undef NAME

/* See include/core/syscall.h. */
bool syscall_in_core(u32 number)
{
	return table[number];
}

static long syscall_absent(u64 number)
{
	static u64 seen[BITMAP_WORDS(SYSCALLS)];
	u64 word, bit;

	if (number >= SYSCALLS || !names[number])
		return -ENOSYS;
	word = number / 64;
	bit = BIT(number % 64);
	if (!(__atomic_fetch_or(&seen[word], bit, __ATOMIC_RELAXED) & bit))
		pr_info("%s[%u]: system call %s is not there", current->name,
			current->tid, names[number]);
	return -ENOSYS;
}

/* See include/core/syscall.h. */
void syscall_dispatch(struct regs *regs)
{
	struct thread *t = current;
	u32 number = (u32)regs->error;	/* all that Linux looks at */
	syscall_fn *fn = number < SYSCALLS ? table[number] : NULL;
	long result;

	t->user_regs = regs;
	t->nubufs = 0;
	t->module_ticks = 0;	/* for modules that no gate leads to */
	if (fn)
		result = fn(regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8, regs->r9);
	else if (!syscall_by_module(number, regs, &result))
		result = syscall_absent(number);
	/* A call that a signal interrupted is decided on before ring 3. */
	if (unlikely(result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK))
		WRITE_ONCE(t->task->notify, 1);
	regs->rax = result;
}
