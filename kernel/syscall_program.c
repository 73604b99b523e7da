/* SPDX-License-Identifier: MIT */
/*
 * System calls that modules provide, and what they may do to the program that
 * makes one (include/interface/program.h).
 */
#include <errno.h>
#include <files.h>
#include <info.h>
#include <mm.h>
#include <modules.h>
#include <program.h>
#include <sched.h>
#include <signals.h>
#include <socket.h>
#include <syscall.h>
#include <timer.h>
#include <whitix/stat.h>
#include <whitix/syscalls.h>

static struct {
	syscall_handler *fn;
	u32 call;		/* which of the module's it is */
} handlers[SYSCALLS];

/* How far a system call is: modules see it. */
static void progress_set(u64 progress, u64 partial)
{
	current->progress = progress;
	context_page->progress = progress;	/* as in op_begin() */
	current->partial = partial;
}

/*
 * After SYSCALL_WAIT: sleeps until the held file is woken. True: the handler is called
 * again, else *result is the call's.
 */
static bool wait_held(struct task *task, u64 *deadline, long *result)
{
	struct file *f = task->path_hold[0];
	u32 ms = (u32)-*result;
	long error = -EIO;

	if (ms && !*deadline)
		*deadline = deadline_after(ms * NSEC_PER_MSEC);
	if (f && f->wait)
		error = wait_on(f->wait, task->held_seq, *deadline, true);
	if (!error)
		return true;
	*result = (long)current->partial > 0 ? (long)current->partial :
		  error == -ETIMEDOUT ? -EAGAIN : error == -EIO ? error :
		  *deadline ? -EINTR : -ERESTARTSYS;
	return false;
}

/* See include/core/syscall.h. */
bool syscall_by_module(u64 number, const struct regs *r, long *result)
{
	syscall_handler *fn = number < SYSCALLS ? READ_ONCE(handlers[number].fn) : NULL;
	struct task *task = current->task;
	u64 deadline = 0;

	if (!fn)
		return false;
	current->call = handlers[number].call;
	context_page->call = current->call;	/* as in op_begin() */
	current->again = context_page->again = 0;
	progress_set(0, 0);
	for (;;) {
		op_begin();
		*result = fn(r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9);
		if (*result > SYSCALL_WAIT(0) || !wait_held(task, &deadline, result))
			break;
		context_page->again = ++current->again;
	}
	if (*result > -ERESTARTSYS || *result < -ERESTART_RESTARTBLOCK)
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
	long fd = file_new(&i->file, 0, i->mode, i->oflags, &f);

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
long file_hold(u32 self, u32 fd, struct held_file *h)
{
	struct file *f = fd_get(fd);
	struct task *task = current->task;
	struct held_file held;

	if (!f || (f->oflags & O_PATH)) {
		file_put(f);
		return -EBADF;
	}
	held = (struct held_file){ f->number, f->provider ? f->provider->handle : 0,
				   f->mode, READ_ONCE(f->oflags), f->flags };
	task->held_seq = f->wait ? wait_read(f->wait) : 0;
	file_put(task->path_hold[0]);
	task->path_hold[0] = f;
	return copy_module_to(h, &held, sizeof(held)) ? -EFAULT :
	       f->provider && !READ_ONCE(f->provider->live) ? -EIO : 0;
}

/* include/interface/program.h. */
long operation_next(u64 progress, u64 result)
{
	progress_set(progress, result);
	op_begin();
	return 0;
}

/* ---- descriptors that are passed: include/interface/socket.h --------------- */

long file_handle_of(u32 self, u32 fd)
{
	struct file *f = fd_get(fd);
	long handle = f ? file_handle_new(module_by_id(self), f) : -EBADF;

	file_put(f);
	return handle;
}

long file_handle_install(u32 self, u32 file, u32 oflags)
{
	struct file *f = file_from_handle(file, module_by_id(self));
	long fd = f ? fd_install(f, 0, oflags & O_CLOEXEC) : -EBADF;

	if (fd < 0)
		file_put(f);
	return fd;
}

/* The reference that is taken here is not counted. */
long file_handle_socket(u32 self, u32 file, u64 *number)
{
	struct file *f = file_from_handle(file, module_by_id(self));
	bool ours = f && S_ISSOCK(f->mode) && f->provider && f->provider->module == self;
	long refs = ours ? (long)READ_ONCE(f->refs) - 1 : 0;

	if (ours)
		*number = f->number;
	file_put(f);
	return refs;
}

SYMBOL_EXPORT(file_hold);
SYMBOL_EXPORT(operation_next);
SYMBOL_EXPORT(file_handle_of);
SYMBOL_EXPORT(file_handle_install);
SYMBOL_EXPORT(file_handle_socket);
long descriptor_copy(u32 self, u32 pid, u32 fd)
{
	struct file *f;
	u64 node = 0;
	u32 which = fd;
	long error = fd < PROCESS_EXE ? process_file(pid, &which, &f, &node) : -EBADF;

	if (error)
		return error == -EACCES ? -EPERM : error == -ESRCH ? error : -EBADF;
	if (current->op_rerun && current->task->install_op == current->op) {
		file_put(f);
		return current->task->installed;
	}
	current->task->installed = which == fd ? fd_new(f, true) : -EBADF;
	current->task->install_op = current->op;
	if (which != fd)
		file_put(f);
	return current->task->installed;
}
SYMBOL_EXPORT(descriptor_copy);

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
