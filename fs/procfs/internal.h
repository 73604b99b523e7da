/* SPDX-License-Identifier: MIT */
/* What is in /proc, and how it is numbered. */
#ifndef PROCFS_INTERNAL_H
#define PROCFS_INTERNAL_H

#include <errno.h>
#include <core.h>
#include <info.h>
#include <pseudofs.h>
#include <runtime.h>
#include <slab.h>
#include <string.h>
#include <text.h>
#include <vfs.h>
#include <whitix/fcntl.h>
#include <whitix/stat.h>

/*
 * Inode numbers, from the top: the id of a process (0: none) or, with
 * INO_THREAD, of a thread; a descriptor; and an item, ITEM_FIRST being the first
 * of the table. Item ITEM_TOP is the directory itself: the root, a process's, or
 * a thread's.
 */
#define FD_BITS 16
#define INO_THREAD (1ull << (ITEM_BITS + FD_BITS))
#define ID_SHIFT (ITEM_BITS + FD_BITS + 1)
#define ITEM_TOP PSEUDOFS_ROOT
#define ITEM_FIRST 2

#define INO_ID(ino) ((u32)((ino) >> ID_SHIFT))
#define INO_FD(ino) ((u32)((ino) >> ITEM_BITS & ((1u << FD_BITS) - 1)))
#define INO_OF(id, thread) \
	((u64)(id) << ID_SHIFT | ((thread) ? INO_THREAD : 0) | ITEM_TOP)
#define INO_WITH(ino, item) (((ino) & ~(INO_THREAD - 1)) | (item))
/* Item `item` of descriptor `fd`, in the same process or thread as `ino`. */
#define INO_FILE(ino, fd, item) \
	(((ino) & ~(INO_THREAD - 1)) | (u64)(fd) << ITEM_BITS | ((item) + ITEM_FIRST))

/* Directories. Items of DIR_PROCESS are in those of threads too. */
enum dir {
	DIR_NONE, DIR_ROOT, DIR_TTY, DIR_SYS, DIR_KERNEL, DIR_RANDOM, DIR_FS, DIR_VM,
	DIR_INOTIFY,
	DIR_PROCESS, DIR_TASK, DIR_FD, DIR_FDINFO,
	DIR_NUMBERED,		/* of items whose names are numbers: in DIR_FD, DIR_FDINFO */
};

/* Whose text is made: what `id` of an inode number names. */
struct subject {
	u64 ino;
	struct process_info process;	/* if there is one */
};

/* item.flags */
#define ITEM_PROTECTED 0x1	/* for those who may see into the process */
#define ITEM_PROCESS_ONLY 0x2	/* not in a thread's directory */

/* Items that are known by their place in the table. */
enum {
	ITEM_KMSG, ITEM_FD_LINK, ITEM_FD_OBJECT, ITEM_FD_INFO, ITEM_EXE, ITEM_CWD,
	ITEM_PROCESS_ROOT,
};

/* links.c */
long link_file(const struct subject *s, struct process_file *file);
bool link_is_magic(u64 ino);
long link_target(u64 ino, u64 *target);
long link_text(u64 ino, char *buf, size_t len);

/* table.c */
enum dir dir_of(u64 ino);		/* DIR_NONE: not a directory */
/* Fills in `s` for an inode number: 0, -ENOENT: there is no such process. */
long subject_find(u64 ino, struct subject *s);

/* system.c, process.c, sys.c: what the table is made of */
typedef void show_fn(struct text *t, const struct subject *s);
show_fn show_accounts, show_boottrace, show_cmdline, show_consoles, show_cpuinfo,
	show_devices, show_filesystems, show_nothing, show_interrupts, show_loadavg,
	show_meminfo, show_modules, show_partitions, show_stat, show_swaps,
	show_tty_drivers, show_uptime, show_version, show_vmstat;
show_fn show_fdinfo, show_pid_auxv, show_pid_cgroup, show_pid_cmdline, show_pid_comm,
	show_pid_environ,
	show_pid_limits, show_pid_loginuid, show_pid_maps, show_pid_mounts, show_pid_mountinfo,
	show_pid_io,
	show_pid_oom_score, show_pid_oom_score_adj, show_pid_smaps, show_pid_smaps_rollup,
	show_pid_stat, show_pid_statm, show_pid_status, show_pid_wchan;
show_fn show_printk, show_boot_id, show_domainname, show_hostname, show_ostype, show_osrelease,
	show_uuid, show_sys_version, show_threads_max;
typedef long store_fn(const struct subject *s, const char *text);
store_fn store_pid_comm, store_pid_oom_score_adj, store_hostname, store_domainname;
/* Makes or finds again what boot_id shows. 0 or an error. */
long boot_id_init(void);

/* A text that is read by offset elsewhere: of `read`, with `arg`. */
typedef long reader_fn(u32 arg, u64 off, char *buf, size_t len);
void text_from(struct text *t, reader_fn *read, u32 arg);

extern const struct fs_ops procfs_ops;
extern long text_provider;

#endif
