/* SPDX-License-Identifier: MIT */
/*
 * Processes: making them, finding them, and the first one. A process is known
 * under the id of its first thread from process_thread_link() on until a parent
 * has waited for it (process_unlink); references keep the memory longer.
 *
 *	ALIVE --last thread ends--> ZOMBIE --waited for--> gone
 */
#include <asm/trap.h>
#include <boot.h>
#include <boundary.h>
#include <errno.h>
#include <failalloc.h>
#include <files.h>
#include <frame.h>
#include <log.h>
#include <mm.h>
#include <process.h>
#include <sched.h>
#include <string.h>
#include <vfs.h>
#include <whitix/capability.h>
#include <whitix/stat.h>

struct spinlock process_lock = SPINLOCK("process", LOCK_PROCESS);
LIST_HEAD(process_list);

#define DEFAULT_STACK ((u64)CONFIG_USER_STACK_KIB << 10)
#define DEFAULT_FILES 1024
#define DEFAULT_MEMLOCK (8ul << 20)
#define DEFAULT_MSGQUEUE 819200
#define DEFAULT_UMASK 022

/* The process with this id, or NULL. Needs process_lock. */
struct process *process_find(u32 pid)
{
	struct process *p;

	list_for_each_entry(p, &process_list, all)
		if (p->pid == pid)
			return p;
	return NULL;
}

/* One reference more. Needs process_lock. */
void process_get(struct process *p)
{
	p->refs++;
}

/* One reference less; the last one frees. Takes process_lock. */
void process_put(struct process *p)
{
	u64 flags = spin_lock_irq(&process_lock);
	bool last = --p->refs == 0;

	spin_unlock_irq(&process_lock, flags);
	if (last)
		process_free(p);
}

/* A limit's present value. */
u64 process_rlimit(struct process *p, u32 which)
{
	return READ_ONCE(p->rlimit[which].cur);
}

static void limits_default(struct process *p)
{
	u64 threads = frame_total_count() / 16;
	const struct { u32 which; struct linux_rlimit limit; } limits[] = {
		{ RLIMIT_STACK, { DEFAULT_STACK, RLIM_INFINITY } },
		{ RLIMIT_CORE, { 0, RLIM_INFINITY } },
		{ RLIMIT_NPROC, { threads, threads } },
		{ RLIMIT_NOFILE, { DEFAULT_FILES, FD_LIMIT } },
		{ RLIMIT_MEMLOCK, { DEFAULT_MEMLOCK, DEFAULT_MEMLOCK } },
		{ RLIMIT_SIGPENDING, { threads, threads } },
		{ RLIMIT_MSGQUEUE, { DEFAULT_MSGQUEUE, DEFAULT_MSGQUEUE } },
		{ RLIMIT_NICE, { 0, 0 } },
		{ RLIMIT_RTPRIO, { 0, 0 } },
	};
	u32 i;

	for (i = 0; i < RLIMITS; i++)
		p->rlimit[i] = (struct linux_rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	for (i = 0; i < ARRAY_SIZE(limits); i++)
		p->rlimit[limits[i].which] = limits[i].limit;
	p->creds.cap_bounding = CAPS_ALL;
	p->pref[PREF_TIMER_SLACK] = TIMER_SLACK_NS;
}

static void process_inherit(struct process *p, const struct process *from)
{
	p->pgrp = from->pgrp;
	p->sid = from->sid;
	p->creds = from->creds;
	p->nice = from->nice;
	p->oom_adjust = from->oom_adjust;
	memcpy(p->pref, from->pref, sizeof(p->pref));
	p->pref[PREF_DEATH_SIGNAL] = p->pref[PREF_SUBREAPER] = p->pref[PREF_MEMBARRIER] = 0;
	memcpy(p->name, from->name, sizeof(p->name));
	memcpy(p->rlimit, from->rlimit, sizeof(p->rlimit));
	memcpy(p->action, from->action, sizeof(p->action));
}

/* See include/core/process.h. Does not sleep. */
struct process *process_new(struct process *parent)
{
	struct process *p = core_alloc(sizeof(*p));

	if (!p)
		return NULL;
	p->refs = 1;
	list_init(&p->all);
	list_init(&p->children);
	list_init(&p->sibling);
	list_init(&p->threads);
	list_init(&p->sigqueue);
	wait_init(&p->change);
	wait_init(&p->vfork);
	p->exit_signal = SIGCHLD;
	p->start_ns = time_now_ns();
	if (parent)
		process_inherit(p, parent);
	else
		limits_default(p);
	return p;
}

/* See include/core/process.h. May sleep. */
void process_release(struct process *p)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process had = { .fds = p->fds, .fs = p->fs, .mm = p->mm, .exe = p->exe };

	p->fds = NULL;
	p->fs = NULL;
	p->mm = NULL;
	p->exe = NULL;
	spin_unlock_irq(&process_lock, flags);
	if (had.fds)
		fdtable_put(had.fds);
	if (had.fs)
		fs_context_put(had.fs);
	mm_put(had.mm);
	file_put(had.exe);
}

/* Frees a process that nobody knows any more. May sleep. */
void process_free(struct process *p)
{
	signal_flush(&p->sigqueue);
	process_release(p);
	core_free(p);
}

/* See include/core/process.h. The thread does not run, or is the caller. */
bool process_task_new(struct thread *t)
{
	struct task *task = core_alloc(sizeof(*task));
	void *fpu = core_alloc(FPU_STATE_SIZE);

	if (!task || !fpu) {
		core_free(task);
		core_free(fpu);
		return false;
	}
	list_init(&task->sigqueue);
	task->altstack.ss_flags = SS_DISABLE;
	fpu_init_state(fpu);
	t->task = task;
	t->fpu = fpu;
	return true;
}

/* Gives back what process_task_new() made. */
void process_task_free(struct thread *t)
{
	u64 flags = irq_save();
	void *fpu = t->fpu;

	t->fpu = NULL;
	irq_restore(flags);
	core_free(fpu);
	signal_flush(&t->task->sigqueue);
	core_free(t->task);
	t->task = NULL;
}

/* Keeps the list sorted; new ids are nearly always the highest. */
static void list_insert_process(struct process *p)
{
	struct list_head *at = process_list.prev;

	while (at != &process_list &&
	       list_entry(at, struct process, all)->pid > p->pid)
		at = at->prev;
	list_add(&p->all, at);
}

/* See include/core/process.h. Needs process_lock; t does not run yet. */
void process_thread_link(struct process *p, struct thread *t)
{
	t->process = p;
	t->mm = p->mm;
	t->ring3_cr3 = p->mm ? p->mm->view.cr3 : 0;
	list_add_tail(&t->siblings, &p->threads);
	p->nthreads++;
	if (p->pid)
		return;
	p->pid = t->tid;
	list_insert_process(p);
	if (p->parent)
		list_add_tail(&p->sibling, &p->parent->children);
}

/* See include/core/process.h. Needs process_lock. */
void process_unlink(struct process *p)
{
	list_del(&p->all);
	list_del(&p->sibling);
	p->parent = NULL;
}

/*
 * A group is orphaned when no member has a parent in another group of the same
 * session. Needs process_lock.
 */
bool process_is_orphaned(struct process *of)
{
	struct process *p;

	list_for_each_entry(p, &process_list, all)
		if (p->pgrp == of->pgrp && p->state == PROCESS_ALIVE &&
		    p->parent && p->parent->state == PROCESS_ALIVE &&
		    p->parent->pgrp != p->pgrp && p->parent->sid == p->sid)
			return false;
	return true;
}

/* ---- root and working directory --------------------------------------- */

static void node_hold(u64 node)
{
	if (node != VFS_ROOT)
		vfs_hold(node);
}

static void node_release(u64 node)
{
	if (node && node != VFS_ROOT)
		vfs_release(node);
}

/* A copy with references of its own (`fs` NULL: the first). NULL: no memory. */
struct fs_context *fs_context_copy(const struct fs_context *fs)
{
	struct fs_context *copy = core_alloc(sizeof(*copy));

	if (!copy)
		return NULL;
	copy->refs = 1;
	copy->umask = fs ? fs->umask : DEFAULT_UMASK;
	copy->root = fs ? fs->root : VFS_ROOT;
	copy->cwd = fs ? fs->cwd : VFS_ROOT;
	node_hold(copy->root);
	node_hold(copy->cwd);
	return copy;
}

/* Drops a reference. May sleep. */
void fs_context_put(struct fs_context *fs)
{
	u64 flags = spin_lock_irq(&process_lock);
	bool last = --fs->refs == 0;

	spin_unlock_irq(&process_lock, flags);
	if (!last)
		return;
	node_release(fs->root);
	node_release(fs->cwd);
	core_free(fs);
}

/* ---- entering ring 3 --------------------------------------------------- */

/*
 * Enters ring 3 with current->task->start. The trap frame is put at the top of
 * the kernel stack, over the frames of functions that never return.
 */
__noreturn void process_enter_user(void)
{
	struct regs *top = (struct regs *)current->entry_rsp - 1;

	__asm__ volatile("mov %0, %%rsp\n\t"
			 "rep movsq\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "jmp trap_return"
			 : : "r"(top), "D"(top), "S"(&current->task->start),
			   "c"(sizeof(struct regs) / sizeof(u64)) : "memory");
	__builtin_unreachable();
}

/* ---- the first process ------------------------------------------------- */

static const char *const init_paths[] = { "/init", "/sbin/init", "/bin/init", "/bin/sh" };
static const char *const init_environment[] = {
	"HOME=/", "TERM=linux", "PATH=/sbin:/usr/sbin:/bin:/usr/bin", NULL
};

/*
 * Makes the calling kernel thread the first process, without a program. As on
 * Linux its group and session are 0 until it calls setsid().
 */
static struct process *init_process(void)
{
	struct process *p = process_new(NULL);
	u64 flags;

	if (!p || !process_task_new(current))
		panic("no memory for the first process");
	p->fds = fdtable_new();
	p->fs = fs_context_copy(NULL);
	if (!p->fds || !p->fs)
		panic("no memory for the first process");
	memcpy(p->name, "init", sizeof("init"));
	flags = spin_lock_irq(&process_lock);
	process_thread_link(p, current);
	spin_unlock_irq(&process_lock, flags);
	current->priority = PRIORITY_USER;
	preempt_disable();
	context_page_update(current);
	preempt_enable();
	fpu_load(current);
	return p;
}

static void init_open_console(void)
{
	struct file *f;
	long error = file_open_path(VFS_ROOT, "/dev/console", O_RDWR, 0, &f, NULL);
	u32 fd;

	if (error) {
		pr_warn("init has no console: /dev/console gives error %ld", -error);
		return;
	}
	for (fd = 0; fd < 3; fd++) {
		file_get(f);
		if (fd_install(f, fd, false) < 0)
			file_put(f);
	}
	file_put(f);
}

static long init_exec(const char *path)
{
	const char *argv[] = { path, NULL };

	return process_exec(&(struct exec_path){ VFS_ROOT, path, path, 0 },
			    (u64)argv, (u64)init_environment, true,
			    &current->task->start);
}

/*
 * Runs `path` (NULL or "": the usual names) as process 1 in the calling kernel
 * thread, which must be the first thread made. Does not return: without a
 * program there is nothing to do.
 */
void process_start_init(const char *path)
{
	long error = -ENOENT;
	u32 i;

	failalloc_init();
	time_init_programs();
	init_process();
	init_open_console();
	if (path && *path) {
		error = init_exec(path);
		if (error)
			panic("init=%s cannot be run: error %ld", path, -error);
	}
	for (i = 0; error && i < ARRAY_SIZE(init_paths); i++) {
		error = init_exec(init_paths[i]);
		if (error && error != -ENOENT)
			pr_err("%s cannot be run: error %ld", init_paths[i], -error);
	}
	if (error)
		panic("no program to run as init");
	boottrace_mark_user();
	process_enter_user();
}
