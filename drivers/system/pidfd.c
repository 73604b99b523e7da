/* SPDX-License-Identifier: MIT */
/*
 * pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2), and other signals with details.
 * What a pidfd names is in its number (include/interface/pidfd.h). All of them wait for
 * one object, which the core wakes when any process ends; it is made, and its handle
 * recorded, with the first.
 */
#include <file.h>
#include <pidfd.h>
#include <string.h>
#include <vfs.h>
#include <whitix/fcntl.h>
#include <whitix/mount.h>
#include <whitix/signal.h>
#include <whitix/stat.h>

#include "internal.h"

#define RECORD_WAIT "pidfd"

static struct mutex lock = MUTEX_INIT;
static u32 ends;		/* handle of the wait object; 0: not yet */
static long provider;

/* Is process `number` there? `p` tells of it. */
static bool is_there(u64 number, struct process_info *p)
{
	return !process_info_get(PIDFD_PID(number), false, p) &&
	       PIDFD_NUMBER(p->pid, p->start_ns) == number;
}

/* ---- the open file ------------------------------------------------------- */

static long pidfd_transfer(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	return -EINVAL;
}

static long pidfd_ioctl(u64 number, u32 cmd, u64 arg, u32 ubuf)
{
	return -ENOTTY;
}

static long pidfd_poll(u64 number)
{
	struct process_info p;

	return is_there(number, &p) && p.state != 'Z' ? 0 : FILE_POLLIN;
}

static long pidfd_release(u64 number)
{
	return 0;
}

/* Registers the files, and finds or makes what they wait for: 0 or an error. */
static long prepare(void)
{
	static const struct file_ops ops = {
		.read = pidfd_transfer, .write = pidfd_transfer, .ioctl = pidfd_ioctl,
		.poll = pidfd_poll, .release = pidfd_release,
	};
	u32 wait;
	long ret;

	if (record_get(THIS_MODULE, RECORD_WAIT, &wait, sizeof(wait)) != sizeof(wait)) {
		ret = wait_create(THIS_MODULE);
		if (ret < 0)
			return ret;
		wait = (u32)ret;
		ret = record_put(THIS_MODULE, RECORD_WAIT, &wait, sizeof(wait));
		if (ret)
			return ret;
	}
	provider = provider_register(THIS_MODULE, &ops);
	if (provider < 0)
		return provider;
	ends = wait;
	return process_end_wait(wait);
}

static long descriptor_for(u64 number, u32 oflags)
{
	struct file_install install = { .oflags = O_RDWR | O_CLOEXEC | oflags };
	long ret = 0;

	mutex_lock(&lock);
	if (!ends)
		ret = prepare();
	mutex_unlock(&lock);
	if (ret)
		return ret;
	install.file = (struct file_open){
		.provider = (u32)provider, .wait = ends, .number = number,
		.flags = FILE_STREAM | FILE_ANONYMOUS,
	};
	return file_install(THIS_MODULE, &install, sizeof(install), 0);
}

/* See pidfd.h. */
long pidfd_new(u32 pid, u64 start_ns)
{
	return descriptor_for(PIDFD_NUMBER(pid, start_ns), 0);
}
SYMBOL_EXPORT(pidfd_new);

/* The number of a pidfd; -EBADF: it is none. */
static long number_of(u64 fd)
{
	long number = file_own_number(THIS_MODULE, (u32)fd);

	return number > 0 ? number : -EBADF;
}

/* See pidfd.h. One that is gone is no child of the caller's. */
long pidfd_process(u32 fd)
{
	long number = number_of(fd);
	struct process_info p;
	struct descriptor d;

	if (number < 0 || descriptor_get(THIS_MODULE, fd, &d))
		return -EBADF;
	if (!is_there((u64)number, &p))
		return -ECHILD;
	return p.pid | (d.oflags & O_NONBLOCK ? PIDFD_NO_WAIT : 0);
}
SYMBOL_EXPORT(pidfd_process);

/* ---- system calls ---------------------------------------------------------- */

/* pidfd_open(2). */
long call_pidfd_open(u64 pid, u64 flags, u64 c, u64 d, u64 e, u64 f)
{
	struct process_info p;

	if (((u32)flags & ~(u32)O_NONBLOCK) || (s32)pid <= 0)
		return -EINVAL;
	if (process_info_get((u32)pid, false, &p))
		return process_info_get((u32)pid, true, &p) ? -ESRCH : -EINVAL;
	return descriptor_for(PIDFD_NUMBER(p.pid, p.start_ns), (u32)flags);
}

/* The process of a directory /proc/PID with that path; 0: it is none. */
static u32 pid_of_path(const char *path)
{
	const char *digits = strrchr(path, '/');
	u32 pid = 0;

	if (!digits || (digits - path >= 5 && !strncmp(digits - 5, "/task", 5)))
		return 0;
	for (digits++; *digits >= '0' && *digits <= '9'; digits++)
		pid = pid * 10 + (u32)(*digits - '0');
	return *digits ? 0 : pid;
}

/* The process whose directory in /proc a descriptor is: its number, -EBADF, -ESRCH. */
static long number_of_directory(u64 fd)
{
	struct path_arg arg = { .dirfd = (s32)fd, .how = PATH_NONE };
	struct linux_statfs s = { 0 };
	struct process_info p;
	char path[64];
	u32 pid;
	long n = path_read(THIS_MODULE, &arg, path, sizeof(path));

	if (n || !arg.at || (arg.oflags & O_PATH) ||
	    vfs_statfs(CONTEXT->root, arg.at, "", VFS_EMPTY_PATH, &s, sizeof(s)) ||
	    s.f_type != PROC_SUPER_MAGIC)
		return -EBADF;
	n = vfs_path_shown(CONTEXT->root, arg.at, path, sizeof(path));
	if (n <= 0 || n >= (long)sizeof(path))
		return -EBADF;
	path[n] = 0;
	pid = pid_of_path(path);
	if (!pid)
		return -EBADF;
	return process_info_get(pid, false, &p) ? -ESRCH :
	       (long)PIDFD_NUMBER(p.pid, p.start_ns);
}

/* What is sent: what the program gave, which may not look like the kernel's. */
static long info_get(u64 user, u32 sig, bool own, struct linux_siginfo *info)
{
	*info = (struct linux_siginfo){ .si_signo = (s32)sig, .si_code = SI_USER };
	info->rt.pid = current_pid();
	info->rt.uid = cred_uid();
	if (!user)
		return 0;
	if (user_read(user, info, sizeof(*info)))
		return -EFAULT;
	return !own && (info->si_code >= 0 || info->si_code == SI_TKILL) ? -EPERM : 0;
}

/* pidfd_send_signal(2). */
long call_pidfd_send_signal(u64 fd, u64 sig, u64 user, u64 flags, u64 e, u64 f)
{
	struct linux_siginfo info;
	struct process_info p;
	long number, ret;

	if ((u32)flags)
		return -EINVAL;
	number = number_of(fd);
	if (number < 0)
		number = number_of_directory(fd);
	if (number < 0)
		return number;
	ret = info_get(user, (u32)sig, PIDFD_PID(number) == current_pid(), &info);
	if (ret != -EFAULT && info.si_signo != (s32)sig)
		ret = -EINVAL;
	if (ret)
		return ret;
	if (!is_there((u64)number, &p))
		return -ESRCH;
	return process_kill_as(THIS_MODULE, p.pid, 0, (u32)sig, &info);
}

/* pidfd_getfd(2). */
long call_pidfd_getfd(u64 pidfd, u64 fd, u64 flags, u64 d, u64 e, u64 f)
{
	struct process_info p;
	long number;

	if ((u32)flags)
		return -EINVAL;
	number = number_of(pidfd);
	if (number < 0)
		return number;
	if (!is_there((u64)number, &p) || p.state == 'Z')
		return -ESRCH;
	return descriptor_copy(THIS_MODULE, p.pid, (u32)fd);
}

/* rt_sigqueueinfo(2). */
long call_rt_sigqueueinfo(u64 pid, u64 sig, u64 user, u64 d, u64 e, u64 f)
{
	struct linux_siginfo info;
	long ret = user ? info_get(user, (u32)sig, (u32)pid == current_pid(), &info) : -EFAULT;

	if (ret)
		return ret;
	return process_kill_as(THIS_MODULE, (s32)pid > 0 ? (u32)pid : 0, 0, (u32)sig, &info);
}

/* rt_tgsigqueueinfo(2). */
long call_rt_tgsigqueueinfo(u64 tgid, u64 tid, u64 sig, u64 user, u64 e, u64 f)
{
	struct linux_siginfo info;
	long ret = user ? info_get(user, (u32)sig, (u32)tgid == current_pid(), &info) : -EFAULT;

	if (ret)
		return ret;
	return (s32)tgid <= 0 || (s32)tid <= 0 ? -EINVAL :
	       process_kill_as(THIS_MODULE, (u32)tgid, (u32)tid, (u32)sig, &info);
}

/* See internal.h. */
long pidfd_start(u32 flags)
{
	u32 wait;

	/* There were some before the reset. */
	if ((flags & INIT_RECOVERING) &&
	    record_get(THIS_MODULE, RECORD_WAIT, &wait, sizeof(wait)) == sizeof(wait))
		prepare();
	return 0;
}
