/* SPDX-License-Identifier: MIT */
/*
 * System calls that modules provide, and what they may do to the program that
 * makes one (include/interface/program.h).
 */
#include <atomic.h>
#include <errno.h>
#include <files.h>
#include <mm.h>
#include <modules.h>
#include <program.h>
#include <sched.h>
#include <signals.h>
#include <syscall.h>
#include <whitix/syscalls.h>

static syscall_handler *handlers[SYSCALLS];

/* See include/core/syscall.h. */
bool syscall_by_module(u64 number, const struct regs *r, long *result)
{
	syscall_handler *fn = number < SYSCALLS ? READ_ONCE(handlers[number]) : NULL;
	struct task *task = current->task;

	if (!fn)
		return false;
	op_begin();
	*result = fn(r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9);
	if (*result != SYSCALL_RESTART)
		*result = module_result(*result, INT64_MAX);
	if (task->mask_changed)
		*result = mask_leave(true, *result);
	task->mask_changed = false;
	path_release(task);
	return true;
}

/* include/interface/program.h. */
long syscall_provide(u32 self, u32 number, syscall_handler *fn)
{
	if (number >= SYSCALLS || !fn)
		return -EINVAL;
	if (syscall_in_core(number))
		return -EEXIST;
	/* After a reset the module comes again, with the same stub. */
	return atomic_cmpxchg(&handlers[number], (syscall_handler *)NULL, fn) == NULL ||
	       handlers[number] == fn ? 0 : -EEXIST;
}

/* include/interface/program.h. */
long user_read(u64 addr, void *buf, size_t len)
{
	return get_user_bytes(buf, addr, len);
}

/* include/interface/program.h. */
long user_write(u64 addr, const void *buf, size_t len)
{
	return put_user_bytes(addr, buf, len);
}

/* One more descriptor, or the file is released. */
static long install(const struct file_install *i)
{
	struct file *f;
	long fd = file_new(&i->file, 0, 0, i->oflags, &f);

	if (fd)
		return fd;
	fd = fd_install(f, 0, i->oflags & O_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

/* include/interface/program.h. */
long file_install(u32 self, const struct file_install *files, size_t len, u64 user)
{
	u32 i, n = MIN(len / sizeof(*files), (size_t)INSTALL_MAX);
	struct task *task = current->task;
	s32 fd[INSTALL_MAX] = { 0 };
	struct file *f;
	long error = 0;

	if (!task)
		return -ESRCH;
	/* The module was reset after it had been told of the descriptors. */
	if (current->op_rerun && task->install_op == current->op)
		return task->installed;
	for (i = 0; i < n; i++) {
		if (error && file_new(&files[i].file, 0, 0, files[i].oflags, &f) == 0)
			file_put(f);
		fd[i] = error ? error : install(&files[i]);
		error = MIN(fd[i], 0);
	}
	if (!error && user)
		error = put_user_bytes(user, fd, n * sizeof(*fd));
	for (i = 0; i < n && error; i++)
		if (fd[i] >= 0)
			fd_close(fd[i]);
	task->installed = error ? error : fd[0];
	task->install_op = current->op;
	return task->installed;
}

/* include/interface/program.h. */
long process_mask(u32 self, u64 mask)
{
	struct task *task = current->task;

	if (!task)
		return -ESRCH;
	if (!task->mask_changed)
		task->saved_sigmask = current->sigmask;
	task->mask_changed = true;
	signal_set_mask(mask);
	return 0;
}

SYMBOL_EXPORT(syscall_provide);
SYMBOL_EXPORT(user_read);
SYMBOL_EXPORT(user_write);
SYMBOL_EXPORT(file_install);
SYMBOL_EXPORT(process_mask);
