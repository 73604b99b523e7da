/* SPDX-License-Identifier: MIT */
/*
 * What the core tells about processes, modules and the system, as structures:
 * procfs and sysfs make texts of them. Who calls for a program sees what that
 * program may see: -EACCES where Linux would not let it trace the other one.
 *
 * A process, or one of its threads, is named by an id; `thread` says which.
 */
#ifndef INTERFACE_INFO_H
#define INTERFACE_INFO_H

#include <module.h>

#define INFO_NAME_MAX 16	/* of processes and threads, with the NUL */
#define INFO_KIND_MAX 24
#define INFO_LIMITS 16	/* Linux's RLIMIT_*, in their order */
#define INFO_IRQS 16	/* ISA lines */
#define INFO_UNLIMITED (~0ul)

struct process_info {
	u32 pid, tid, ppid, pgrp, sid, nthreads;
	char name[INFO_NAME_MAX];
	u32 state;		/* Linux's letter: R, S, T, Z */
	u32 visible;		/* 1: the caller may see its memory and files */
	u32 uid[4], gid[4];	/* real, effective, saved, of files */
	u64 cap[4];		/* capabilities: inheritable, permitted, effective, bounding */
	u32 ngroups;
	u32 group[CONTEXT_GROUPS];
	u32 umask;
	u32 no_new_privs;
	u32 exit_signal;
	s32 exit_status;	/* as wait4() gives it */
	s32 nice;
	s32 oom_adjust;		/* /proc/PID/oom_score_adj */
	u64 shared[3];		/* numbers of memory, descriptors and directories */
	u64 io_calls[2], io_bytes[2];	/* reads, writes; not those of its children */
	u32 fd_size;		/* size of the descriptor table */
	u64 utime_ns, stime_ns, child_utime_ns, child_stime_ns, start_ns;
	u64 faults, child_faults;	/* of pages */
	/* signals, bit n - 1 for signal n */
	u64 pending, shared_pending, blocked, ignored, caught;
	struct {
		u64 cur, max;
	} limit[INFO_LIMITS];
	/* memory; all 0: it has none */
	u64 mapped, resident, max_resident;	/* pages */
	u64 child_max_resident;	/* of children that were waited for */
	u64 heap_start, heap_end, stack_top;
	u64 arg_start, arg_end, env_end;
};

/* A mapping of a process. */
struct process_map {
	u64 start, end;
	u64 offset;		/* in the file */
	u64 node;		/* vfs node of the file, 0: anonymous or not known */
	u32 prot;		/* PROT_* */
	u32 flags;		/* MAP_INFO_* */
	/*
	 * Pages in memory; of them those that others map too, and those that are not
	 * the file's; bytes, each page by how many map it. Counted when asked for. A
	 * copy of a file's page that a child shares counts as the file's.
	 */
	u64 resident, shared, anonymous, proportion;
};
#define MAP_INFO_SHARED 0x1
#define MAP_INFO_STACK 0x2
#define MAP_INFO_FILE 0x4
#define MAP_INFO_LOCKED 0x10
#define MAP_INFO_VDSO 0x8	/* offset 0: its data */
#define PROCESS_MAPS_MAX 4096	/* bytes of one call */

/* An open file of a process, its program, or one of its directories. */
struct process_file {
	u64 node;		/* of vfs, 0: it has none */
	u64 id;			/* of the open file, or of whom the directory is */
	u64 number;		/* st_ino, where it has no node */
	u64 pos;
	u32 fd;
	u32 mode;		/* S_IF* */
	u32 oflags;		/* O_* */
	char provider[MODULE_NAME_MAX];	/* whose file it is, "" the core's alone */
};
/* Instead of a descriptor. */
#define PROCESS_EXE 0xfffffffd
#define PROCESS_CWD 0xfffffffe
#define PROCESS_ROOT 0xffffffff

/* Parts of a process's memory that are texts of its own. */
enum process_memory_part { PROCESS_ARGUMENTS, PROCESS_ENVIRONMENT, PROCESS_AUXV, PROCESS_PARTS };

/* The machine and its load. */
struct system_info {
	u64 pages_total, pages_free, pages_slab;
	u64 pages_cached;	/* of files and shared memory */
	u64 user_ns, system_ns, idle_ns;
	u64 switches;
	u64 ticks;		/* timer interrupts */
	u64 tsc_khz;
	u32 ready, alive;	/* threads: that want to run, that exist */
	u32 load[3];		/* averages over 1, 5, 15 minutes in 1/2048 */
	u32 last_tid;
	char layout[INFO_KIND_MAX];	/* "hybrid", "drivers_in_kernel" */
	struct {
		u64 count;
		char owner[MODULE_NAME_MAX];	/* whose handler it is, or "" */
	} irq[INFO_IRQS];
};

/* What uname(2) says: Linux's struct new_utsname. */
struct system_names {
	char sysname[65], nodename[65], release[65], version[65], machine[65];
	char domainname[65];
};

/* How a thread is scheduled. */
struct thread_sched {
	u32 tid, pid;
	u32 policy;		/* SCHED_* */
	s32 priority;		/* of real-time policies */
	u32 io_priority;	/* kept and told, no more */
	s32 nice;		/* of its process, as the following */
	u32 uid, euid;
	u64 limit_nice, limit_priority;	/* RLIMIT_NICE, RLIMIT_RTPRIO */
};

#define INFO_USERS_MAX 100

struct module_info {
	u32 id;
	u32 domain;
	char name[MODULE_NAME_MAX];
	char state[INFO_KIND_MAX];	/* "live", "resetting", "failed", ... */
	char placement[INFO_KIND_MAX];	/* "core", "shared", "private" */
	u64 address, size;	/* of the text; of the image in bytes */
	u32 epoch, resets, faults;
	u32 pages, quota_pages, handles;
	u32 cached;		/* of its objects on slab's books: free, but kept by kmalloc() */
	u64 link_ticks, start_ticks;	/* what linking and starting it took */
	u32 users;		/* modules that import from it, and open files */
	char used_by[INFO_USERS_MAX];	/* the modules, each with a comma */
	u32 counted;		/* 0: the figures below can't be counted */
	u64 down, up, across, bytes;
};

/* A parameter of a module (PARAM()), as it is set. */
#define INFO_PARAM_NAME 64
#define INFO_PARAM_VALUE 256
struct module_param_info {
	char name[INFO_PARAM_NAME];
	u32 type;		/* enum param_type */
	u32 number;		/* its value, unless it is a string */
	char text[INFO_PARAM_VALUE];	/* of a string, cut to fit */
};

INTERFACE_BEGIN

/* Parameter `index` of module `id`: 0, -ENOENT. */
long module_param_get(u32 id, u32 index, struct module_param_info *info);
CONTRACT(module_param_get, CALL_RESTARTABLE, ARG_VALUE(id), ARG_VALUE(index),
	 ARG_STRUCT_OUT(info, struct module_param_info));
/* The smallest id above `after` of the threads of process `pid`, or -ENOENT. */
long process_thread_next(u32 pid, u32 after);
CONTRACT(process_thread_next, CALL_RESTARTABLE, ARG_VALUE(pid), ARG_VALUE(after));
/* Names a thread of the calling process, cut to fit: 0, -EINVAL. */
long process_name_set(u32 tid, const char *name);
CONTRACT(process_name_set, CALL_RESTARTABLE, ARG_VALUE(tid), ARG_STRING(name, 4096));
/* A process or thread: 0, -ESRCH. */
long process_info_get(u32 id, u32 thread, struct process_info *info);
CONTRACT(process_info_get, CALL_RESTARTABLE, ARG_VALUE(id), ARG_VALUE(thread),
	 ARG_STRUCT_OUT(info, struct process_info));
/* How the thread `tid` of a program (0: the caller) is scheduled: 0, -ESRCH. */
long thread_sched_get(u32 tid, struct thread_sched *s);
CONTRACT(thread_sched_get, CALL_RESTARTABLE, ARG_VALUE(tid),
	 ARG_STRUCT_OUT(s, struct thread_sched));
/* Sets its policy and priority, or a process's niceness: 0, -ESRCH, -EINVAL. */
long thread_sched_set(u32 tid, u32 policy, u32 priority);
CONTRACT(thread_sched_set, CALL_RESTARTABLE, ARG_VALUE(tid), ARG_VALUE(policy),
	 ARG_VALUE(priority));
long process_nice_set(u32 pid, s32 nice);
CONTRACT(process_nice_set, CALL_RESTARTABLE, ARG_VALUE(pid), ARG_VALUE(nice));
/* Sets a process's oom_score_adj, or a thread's io_priority: 0, -ESRCH, -EINVAL. */
enum process_value { PROCESS_OOM_ADJUST, THREAD_IO_PRIORITY };
long process_value_set(u32 id, u32 which, s32 value);
CONTRACT(process_value_set, CALL_RESTARTABLE, ARG_VALUE(id), ARG_VALUE(which),
	 ARG_VALUE(value));
/*
 * Fills `maps` with as many struct process_map as fit, those that end above
 * `after`, with their pages if `count`: bytes, 0 at the end, -ESRCH, -EACCES.
 * May sleep.
 */
long process_maps_get(u32 pid, u64 after, void *maps, size_t len, u32 count);
CONTRACT(process_maps_get, CALL_RESTARTABLE, ARG_VALUE(pid), ARG_VALUE(after),
	 ARG_OUT_RETURN(maps, len, PROCESS_MAPS_MAX), ARG_VALUE(len), ARG_VALUE(count));
/*
 * A part of a process's memory from byte `off` of it on (PROCESS_PARTS: all of it, by
 * address): bytes, 0 at the end, -ESRCH, -EACCES (arguments may be read by all). May
 * sleep. process_memory_set() writes at an address, all or an error (-EFAULT).
 */
long process_memory_get(u32 pid, u32 part, u64 off, void *buf, size_t len);
CONTRACT(process_memory_get, CALL_RESTARTABLE, ARG_VALUE(pid), ARG_VALUE(part),
	 ARG_VALUE(off), ARG_OUT_RETURN(buf, len, 4096), ARG_VALUE(len));
long process_memory_set(u32 pid, u64 addr, const void *buf, size_t len);
CONTRACT(process_memory_set, CALL_RESTARTABLE, ARG_VALUE(pid), ARG_VALUE(addr),
	 ARG_IN(buf, len, 4096), ARG_VALUE(len));

/*
 * The open file of the smallest descriptor from `which` on, or what PROCESS_EXE
 * and so on say: 0, -ENOENT, -ESRCH, -EACCES. May sleep.
 */
long process_file_get(u32 pid, u32 which, struct process_file *info);
CONTRACT(process_file_get, CALL_RESTARTABLE, ARG_VALUE(pid), ARG_VALUE(which),
	 ARG_STRUCT_OUT(info, struct process_file));

long system_info_get(struct system_info *info);
CONTRACT(system_info_get, CALL_RESTARTABLE, ARG_STRUCT_OUT(info, struct system_info));
long system_names_get(struct system_names *names);
CONTRACT(system_names_get, CALL_RESTARTABLE, ARG_STRUCT_OUT(names, struct system_names));
/* Sets nodename or (`domain`) domainname: 0, -EPERM, -EINVAL (too long). */
long system_name_set(u32 domain, const char *name);
CONTRACT(system_name_set, CALL_RESTARTABLE, ARG_VALUE(domain), ARG_STRING(name, 4096));
/* The module with the smallest id above `after`: 0, -ENOENT. */
long module_info_get(u32 after, struct module_info *info);
CONTRACT(module_info_get, CALL_RESTARTABLE, ARG_VALUE(after),
	 ARG_STRUCT_OUT(info, struct module_info));

INTERFACE_END

#endif
