/* SPDX-License-Identifier: MIT */
/*
 * Processes: kernel/{process,fork,exec,exit,signal}.c. A process has one or
 * more threads (struct thread, with a struct task for what only programs need).
 *
 * process_lock (LOCK_PROCESS, interrupts off) protects the tree, groups and
 * sessions, states, and all signal state. Fields without a mark belong to the
 * process's own threads.
 */
#ifndef CORE_PROCESS_H
#define CORE_PROCESS_H

#include <identity.h>
#include <list.h>
#include <spinlock.h>
#include <thread.h>
#include <timer.h>
#include <types.h>
#include <wait.h>
#include <whitix/errno.h>
#include <whitix/process.h>
#include <whitix/signal.h>

struct fdtable;
struct mm;
struct pageobj;

#define PROCESS_NAME_MAX THREAD_NAME_MAX

/* Errors inside the core: what a signal does to an interrupted call. */
#define ERESTARTSYS 512		/* restart if SA_RESTART */
#define ERESTARTNOINTR 513	/* restart always */
#define ERESTARTNOHAND 514	/* restart if no handler runs */
#define ERESTART_RESTARTBLOCK 516	/* as NOHAND, with task->restart_ns */

/* Root and working directory (vfs nodes) and umask; shared by CLONE_FS. */
struct fs_context {
	u32 refs;
	u32 umask;
	u64 root, cwd;
};

/* A signal that is queued with its details; without memory it goes without. */
struct sigqueue {
	struct list_head node;
	struct linux_siginfo info;
};

enum process_state { PROCESS_ALIVE, PROCESS_ZOMBIE };

struct process {
	u32 pid;
	u32 refs;			/* process_lock */
	enum process_state state;	/* process_lock */
	struct list_head all;		/* process_list; process_lock */
	struct process *parent;		/* process_lock */
	struct list_head children;	/* process_lock */
	struct list_head sibling;	/* process_lock */
	struct list_head threads;	/* thread->siblings; process_lock */
	u32 nthreads;			/* process_lock */
	u32 pgrp, sid;			/* process_lock */
	char name[PROCESS_NAME_MAX];
	struct creds creds;
	struct mm *mm;
	struct fdtable *fds;
	struct fs_context *fs;
	struct file *exe;		/* the program, a reference; process_lock */
	struct linux_rlimit rlimit[RLIMITS];
	/* signals: process_lock */
	struct linux_sigaction action[LINUX_NSIG];
	u64 sigpending;			/* of the whole process */
	struct list_head sigqueue;
	u32 exit_signal;		/* to the parent when it ends */
	u32 stop_signal;		/* not 0: stopped by it */
	bool stop_report, continue_report;	/* waitid() has not seen it yet */
	bool exiting;			/* exit_group or a fatal signal */
	bool executed;			/* execve() after fork: setpgid refuses */
	u64 pref[PREFS];		/* enum process_pref */
	s32 exit_status;		/* as wait4() gives it */
	struct wait change;		/* a child changed; stop and continue */
	struct wait vfork;		/* vfork's parent waits for exec or exit */
	bool vforked;
	bool timers;			/* the events module has some of it */
	int nice;
	s32 oom_adjust;			/* of OOM_ADJUST_ALL: so much of all memory larger */
	u64 start_ns;
	/* times of ended threads, and of children that were waited for */
	u64 utime_ns, stime_ns, child_utime_ns, child_stime_ns;
	u64 faults, child_faults;
	u64 io_calls[2], io_bytes[2];	/* reads, writes */
	u64 max_resident, child_max_resident;	/* pages */
};

/* What a thread of a program has beyond struct thread. thread->task. */
struct task {
	u32 notify;			/* look at signals before ring 3 */
	u32 restart_armed;
	u64 restart_ns;			/* deadline of the sleep that is restarted */
	u64 saved_sigmask;		/* sigsuspend, ppoll: what to go back to */
	bool restore_sigmask;
	u64 awaited;			/* signals that sigtimedwait takes itself */
	u64 install_op;		/* operation in which a module got descriptor... */
	long installed;		/* ...this one */
	struct file *path_hold[2];	/* of path_read() and file_hold() */
	u32 held_seq;			/* count of path_hold[0]'s wait object then */
	struct linux_iovec *iov;	/* of ubuf_offer_vector() */
	bool mask_changed;	/* by a module, for the time of its system call */
	struct linux_stack altstack;
	struct list_head sigqueue;	/* process_lock */
	u64 robust_list;
	u32 sched_policy, sched_priority, io_priority;	/* process_lock */
	struct regs start;		/* with which ring 3 is first entered */
	u64 trap_vector, trap_error, trap_address;	/* of the last fault */
	u64 set_child_tid;		/* address to write the id to at first, or 0 */
};

extern struct spinlock process_lock;
extern struct list_head process_list;	/* by pid, ascending; process_lock */

/* ---- process.c ------------------------------------------------------- */

/* Starts process 1; does not return before it runs. From the init thread. */
void process_start_init(const char *path);
struct process *process_find(u32 pid);		/* process_lock held; NULL */
void process_get(struct process *p);		/* process_lock held */
void process_put(struct process *p);		/* takes process_lock */
u64 process_rlimit(struct process *p, u32 which);
/* Like `parent` (NULL: the first), without memory, files, threads. NULL. */
struct process *process_new(struct process *parent);
void process_release(struct process *p);	/* its memory, files, directories */
void process_free(struct process *p);		/* one that never had a thread */
/* Gives `t` what programs need: task and FPU state. False: no memory. */
bool process_task_new(struct thread *t);
void process_task_free(struct thread *t);
/* Makes `t` a thread of `p`; the first makes p known under t's id. */
void process_thread_link(struct process *p, struct thread *t);
/* A zombie that was waited for leaves the tree. process_lock held. */
void process_unlink(struct process *p);
/* Enters ring 3 with current->task->start. */
__noreturn void process_enter_user(void);
struct fs_context *fs_context_copy(const struct fs_context *fs);
void fs_context_put(struct fs_context *fs);
long process_unshare(u64 flags);	/* fork.c; CLONE_FILES, CLONE_FS */
bool process_is_orphaned(struct process *p);	/* its group; process_lock held */

struct thread *find_thread(u32 tid, u32 tgid);	/* of a program; process_lock held */

#define TIMER_SLACK_NS 50000
#define OOM_ADJUST_ALL 1000	/* all memory; less it: is never killed */

/* ---- caps.c ---------------------------------------------------------- */


/* ---- exit.c ---------------------------------------------------------- */

/* Ends the calling thread; the process with the last one. */
__noreturn void process_exit_thread(int code);
/* Marks the process as dying with `status`; its threads end by themselves. */
void process_kill(struct process *p, s32 status);	/* process_lock held */

/* ---- exec.c ---------------------------------------------------------- */

/*
 * Replaces the calling thread's program. `argv`, `envp`: user addresses of
 * vectors, or core arrays when `kernel`. On success `regs` enter the new one.
 */
struct exec_path {
	u64 at;
	const char *path;	/* "": `at` itself */
	const char *shown;	/* to the program and to its interpreter */
	u32 oflags;		/* O_NOFOLLOW, or 0 */
};
long process_exec(const struct exec_path *path, u64 argv, u64 envp, bool kernel,
		  struct regs *regs);

/* ---- signal.c -------------------------------------------------------- */

/* Sends `sig` to a process or to one thread. `info` NULL: from the kernel. */
void signal_send_process(struct process *p, u32 sig,
			 const struct linux_siginfo *info);	/* process_lock */
void signal_send_thread(struct thread *t, u32 sig,
			const struct linux_siginfo *info);	/* process_lock */
/* A fault of the calling thread: cannot be blocked or ignored. */
void signal_force(u32 sig, s32 code, u64 addr);
/* Sends to every process of a group: 0, -ESRCH, -EPERM (`check`: rights). */
long signal_send_group(u32 pgrp, u32 sig, const struct linux_siginfo *info,
		       bool check);
bool process_signal_pending(struct thread *t);
void process_exception(struct regs *regs, u64 vector, u64 address);
void process_ring3_exit(struct regs *regs);
void signal_set_mask(u64 mask);			/* of the calling thread */
void signal_flush(struct list_head *queue);	/* frees what is queued */
void signal_exec(struct process *p);		/* handlers back to default */
void signal_parent(struct process *p, s32 code, s32 status);	/* process_lock */

/* ---- futex.c --------------------------------------------------------- */

long futex_wake(u64 addr, u32 count, u32 bitset, bool shared);
void futex_exit_thread(struct thread *t);	/* robust list, clear_child_tid */

#endif
