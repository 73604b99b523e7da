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

static struct {
	syscall_handler *fn;
	u32 call;		/* which of the module's it is */
} handlers[SYSCALLS];

/* See include/core/syscall.h. */
bool syscall_by_module(u64 number, const struct regs *r, long *result)
{
	syscall_handler *fn = number < SYSCALLS ? READ_ONCE(handlers[number].fn) : NULL;
	struct task *task = current->task;

	if (!fn)
		return false;
	current->call = handlers[number].call;
	context_page->call = current->call;	/* as in op_begin() */
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

/* include/interface/program.h. After a reset the module comes with the same stub. */
long syscalls_provide(u32 self, const u32 *numbers, size_t len, syscall_handler *fn)
{
	u32 number, i, count = MIN(len / sizeof(number), (size_t)SYSCALLS_PROVIDED_MAX);

	for (i = 0; i < count; i++) {
		if (copy_module_from(&number, &numbers[i], sizeof(number)))
			return -EFAULT;
		if (number >= SYSCALLS || !fn)
			return -EINVAL;
		if (syscall_in_core(number) || (handlers[number].fn && handlers[number].fn != fn))
			return -EEXIST;
		handlers[number].call = i;
		WRITE_ONCE(handlers[number].fn, fn);
	}
	return 0;
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

SYMBOL_EXPORT(syscalls_provide);
SYMBOL_EXPORT(user_read);
SYMBOL_EXPORT(user_write);
SYMBOL_EXPORT(file_install);
SYMBOL_EXPORT(process_mask);
