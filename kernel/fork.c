/* SPDX-License-Identifier: MIT */
/*
 * fork, vfork, clone, clone3: a new process, or (CLONE_THREAD) a new thread of
 * this one. Supported are the combinations that C libraries use: threads share
 * everything; processes may share memory (CLONE_VM), descriptors (CLONE_FILES)
 * and directories (CLONE_FS), and may make the parent wait (CLONE_VFORK).
 */
#include <atomic.h>
#include <errno.h>
#include <files.h>
#include <frame.h>
#include <mm.h>
#include <pidfd.h>
#include <process.h>
#include <sched.h>
#include <string.h>
#include <syscall.h>

#define CLONE_SIGNAL_MASK 0xff	/* exit signal in clone()'s flags */
#define CLONE_THREAD_NEEDS (CLONE_VM | CLONE_SIGHAND)
#define CLONE_KNOWN \
	(CLONE_PIDFD | CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_VFORK | \
	 CLONE_PARENT | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS | \
	 CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED | \
	 CLONE_CHILD_SETTID | CLONE_CLEAR_SIGHAND)

/* Of unshare(2): what a process with one thread has for itself anyway. */
#define UNSHARE_ALONE (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)

static void user_entry(void *arg)
{
	struct task *task = current->task;
	u32 tid = current->tid;

	if (task->set_child_tid)
		(void)!put_user_bytes(task->set_child_tid, &tid, sizeof(tid));
	process_enter_user();
}

/* The flags as Linux wants them, and as far as they are known: 0, -EINVAL. */
static long flags_check(const struct linux_clone_args *a)
{
	u64 f = a->flags;

	if (f & ~(u64)CLONE_KNOWN || a->exit_signal > LINUX_NSIG)
		return -EINVAL;
	if ((f & CLONE_THREAD) &&
	    ((f & CLONE_THREAD_NEEDS) != CLONE_THREAD_NEEDS || (f & CLONE_VFORK)))
		return -EINVAL;
	/* Process 1 has no parent to give a sibling to. */
	if ((f & CLONE_PARENT) && !current->process->parent)
		return -EINVAL;
	/* Handlers are shared by the threads of a process only. */
	if ((f & CLONE_SIGHAND) && (!(f & CLONE_THREAD) || (f & CLONE_CLEAR_SIGHAND)))
		return -EINVAL;
	/* A thread shares all of these here. */
	if ((f & CLONE_THREAD) && (f & (CLONE_FS | CLONE_FILES)) != (CLONE_FS | CLONE_FILES))
		return -EINVAL;
	if ((f & CLONE_PIDFD) && (f & (CLONE_THREAD | CLONE_DETACHED)))
		return -EINVAL;
	if ((f & CLONE_SETTLS) && a->tls >= USER_END)
		return -EPERM;
	return 0;
}

/* What the new process shares or copies: 0, -ENOMEM. May sleep. */
static long process_fill(struct process *p, struct process *self, u64 f)
{
	u64 flags;

	if (f & CLONE_VM) {
		mm_get(self->mm);
		p->mm = self->mm;
	} else {
		p->mm = mm_fork(self->mm);
	}
	p->exe = self->exe;
	if (p->exe)
		file_get(p->exe);
	if (f & CLONE_FILES) {
		atomic_add(&self->fds->refs, 1);
		p->fds = self->fds;
	} else {
		p->fds = fdtable_copy(self->fds);
	}
	if (f & CLONE_FS) {
		flags = spin_lock_irq(&process_lock);
		self->fs->refs++;
		p->fs = self->fs;
		spin_unlock_irq(&process_lock, flags);
	} else {
		p->fs = fs_context_copy(self->fs);
	}
	return p->mm && p->fds && p->fs ? 0 : -ENOMEM;
}

/* A copy of the calling thread that will begin where its call returns, with 0. */
static struct thread *thread_copy(const struct linux_clone_args *a)
{
	struct thread *self = current, *t;
	struct task *task;
	u64 flags;

	t = thread_create_core(self->name, user_entry, NULL, self->priority);
	if (!t)
		return NULL;
	if (!process_task_new(t)) {
		t->entry = (void (*)(void *))thread_exit;
		thread_start(t);
		return NULL;
	}
	task = t->task;
	flags = irq_save();
	fpu_save(self);
	memcpy(t->fpu, self->fpu, FPU_STATE_SIZE);
	irq_restore(flags);
	task->start = *self->user_regs;
	task->start.rax = 0;
	task->start.vector = 0;
	if (a->stack)
		task->start.rsp = a->stack + a->stack_size;
	else if (!(a->flags & CLONE_VM) || (a->flags & CLONE_VFORK))
		task->altstack = self->task->altstack;
	t->fs_base = a->flags & CLONE_SETTLS ? a->tls : self->fs_base;
	t->gs_base = self->gs_base;
	t->sigmask = self->sigmask;
	sched_inherit(task, self->task);
	if (a->flags & CLONE_CHILD_CLEARTID)
		t->clear_child_tid = a->child_tid;
	if (a->flags & CLONE_CHILD_SETTID)
		task->set_child_tid = a->child_tid;
	return t;
}

static bool too_many(struct process *self)
{
	struct process *p;
	u64 count = 0;

	if (self->creds.uid == 0)
		return false;
	list_for_each_entry(p, &process_list, all)
		if (p->creds.uid == self->creds.uid)
			count += p->nthreads;
	return count >= process_rlimit(self, RLIMIT_NPROC);
}

/* Links the new thread and, with it, the new process: 0, -EAGAIN, -EINTR. */
static long clone_link(struct process *self, struct process *p, struct thread *t,
		       const struct linux_clone_args *a)
{
	u64 flags = spin_lock_irq(&process_lock);
	long error = 0;

	if (too_many(self)) {
		error = -EAGAIN;
	} else if (current->kill || self->exiting) {
		error = -ERESTARTNOINTR;
	} else {
		if (p != self) {
			p->pgrp = self->pgrp;
			p->sid = self->sid;
			p->parent = a->flags & CLONE_PARENT ? self->parent : self;
			p->exit_signal = a->flags & CLONE_PARENT ? self->exit_signal :
					 a->exit_signal;
			p->vforked = a->flags & CLONE_VFORK;
			process_get(p);
			if (a->flags & CLONE_CLEAR_SIGHAND)
				memset(p->action, 0, sizeof(p->action));
		}
		process_thread_link(p, t);
		sched_apply(t);
	}
	spin_unlock_irq(&process_lock, flags);
	return error;
}

static void thread_discard(struct thread *t)
{
	process_task_free(t);
	t->entry = (void (*)(void *))thread_exit;
	thread_start(t);
}

/* vfork: sleeps until the child has a memory of its own, or is gone. */
static void vfork_wait(struct process *p)
{
	u64 mask = current->sigmask;
	u32 seq;

	current->sigmask = ~0ul;
	for (;;) {
		seq = wait_read(&p->vfork);
		if (!READ_ONCE(p->vforked) || wait_on(&p->vfork, seq, 0, true) != 0)
			break;
	}
	signal_set_mask(mask);
}

/* CLONE_PIDFD: a descriptor for the process that will be `pid`, told to the caller. */
static long clone_pidfd(const struct process *p, u32 pid, const struct linux_clone_args *a,
			long *pidfd)
{
	if (!(a->flags & CLONE_PIDFD))
		return 0;
	op_begin();
	*pidfd = module_result(pidfd_new(pid, p->start_ns), INT32_MAX);
	if (*pidfd < 0)
		return *pidfd;
	return put_user_bytes(a->pidfd, pidfd, sizeof(s32)) ? -EFAULT : 0;
}

static long clone_process(struct process *self, struct process *p,
			  const struct linux_clone_args *a)
{
	struct thread *t = thread_copy(a);
	u32 tid;
	long error, pidfd = -1;

	if (!t)
		return -ENOMEM;
	tid = t->tid;
	error = clone_pidfd(p, tid, a, &pidfd);
	if (!error)
		error = clone_link(self, p, t, a);
	if (error) {
		if (pidfd >= 0)
			fd_close(pidfd);
		thread_discard(t);
		return error;
	}
	if (a->flags & CLONE_PARENT_SETTID)
		(void)!put_user_bytes(a->parent_tid, &tid, sizeof(tid));
	thread_start(t);
	if (p != self) {
		if (a->flags & CLONE_VFORK)
			vfork_wait(p);
		process_put(p);
	}
	return tid;
}

static long clone_any(const struct linux_clone_args *a)
{
	struct process *self = current->process, *p = self;
	long result = flags_check(a);

	if (result)
		return result;
	if (!(a->flags & CLONE_THREAD)) {
		p = process_new(self);
		if (!p)
			return -ENOMEM;
		result = process_fill(p, self, a->flags);
	}
	if (!result)
		result = clone_process(self, p, a);
	if (result < 0 && p != self)
		process_free(p);
	return result;
}

/* clone(2). */
long sys_clone(u64 flags, u64 stack, u64 parent_tid, u64 child_tid, u64 tls)
{
	struct linux_clone_args a = {
		.flags = flags & 0xffffffff & ~(u64)CLONE_SIGNAL_MASK,
		.exit_signal = flags & CLONE_SIGNAL_MASK,
		.stack = stack, .parent_tid = parent_tid, .child_tid = child_tid,
		.tls = tls, .pidfd = parent_tid,
	};

	return (flags & CLONE_PIDFD) && (flags & CLONE_PARENT_SETTID) ? -EINVAL : clone_any(&a);
}

/* clone3(2), the first version's fields. */
long sys_clone3(u64 user, u64 size)
{
	struct linux_clone_args a;
	long error;

	if (size < sizeof(a))
		return -EINVAL;
	error = get_user_struct(&a, sizeof(a), user, size);
	if (error)
		return error;
	if (!a.stack != !a.stack_size || (a.flags & (CLONE_DETACHED | CLONE_SIGNAL_MASK)))
		return -EINVAL;
	return clone_any(&a);
}

/*
 * Own copies of what the process shares with others (CLONE_FILES, CLONE_FS): 0, -ENOMEM.
 * Its threads go on sharing them.
 */
long process_unshare(u64 f)
{
	struct process *p = current->process;
	struct fdtable *fds = NULL;
	struct fs_context *fs = NULL;
	u64 flags;

	if ((f & CLONE_FILES) && p->fds->refs > 1 && !(fds = fdtable_copy(p->fds)))
		return -ENOMEM;
	if ((f & CLONE_FS) && p->fs->refs > 1 && !(fs = fs_context_copy(p->fs))) {
		fdtable_put(fds);
		return -ENOMEM;
	}
	flags = spin_lock_irq(&process_lock);
	if (fds)
		SWAP(p->fds, fds);
	if (fs)
		SWAP(p->fs, fs);
	spin_unlock_irq(&process_lock, flags);
	if (fds)
		fdtable_put(fds);
	if (fs)
		fs_context_put(fs);
	return 0;
}

/* unshare(2). What threads share among themselves can't be divided. */
long sys_unshare(u64 f)
{
	bool alone = current->process->nthreads == 1;

	if (f & ~(u64)(UNSHARE_ALONE | CLONE_FILES | CLONE_FS | CLONE_SYSVSEM) ||
	    ((f & UNSHARE_ALONE) && !alone))
		return -EINVAL;
	return (f & (CLONE_FILES | CLONE_FS)) && !alone ? -ENOSYS : process_unshare(f);
}

/* fork(2). */
long sys_fork(void)
{
	struct linux_clone_args a = { .exit_signal = SIGCHLD };

	return clone_any(&a);
}

/* vfork(2). */
long sys_vfork(void)
{
	struct linux_clone_args a = {
		.flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD,
	};

	return clone_any(&a);
}
