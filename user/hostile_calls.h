/* SPDX-License-Identifier: MIT */
/*
 * The rows of user/hostile.c: each system call with good arguments, which stand
 * here, and what each of them is. Good arguments do as little as they can: what a
 * call does with them is tested elsewhere.
 */
#ifndef USER_HOSTILE_CALLS_H
#define USER_HOSTILE_CALLS_H

static char text[64] = "0123456789abcdef", out[512];
static int word, number = 1, pair[2] = { -1, -1 };
static long position, elsewhere = 100;
static uint64_t no_signals, usr2 = 1ul << (SIGUSR2 - 1);
static struct iovec from_text[2] = { { text, 8 }, { text, 8 } };
static struct iovec to_wide[2] = { { (void *)ARENA, 8 }, { (void *)(ARENA + 8), 8 } };
static struct timespec none, soon = { 0, 1000 };
static struct timespec no_time = { 1000, -1 };	/* no clock is set to it */
static char clock_state[208];	/* struct timex, that asks for nothing */
static struct itimerval no_timer;
static struct itimerspec no_itimer;
static struct timeval no_timeval[2];
static struct pollfd one_poll[1];
static struct rlimit limit = { 64, 64 };
static struct epoll_event event = { .events = EPOLLIN };
static struct { void *handler; unsigned long flags; void *restorer; uint64_t mask; }
	action = { SIG_DFL, 0, NULL, 0 };
static stack_t altstack = { .ss_flags = SS_DISABLE };
static struct sockaddr_un abstract = { AF_UNIX, "\0hostile2" };
static socklen_t length = sizeof(struct sockaddr_un);
static struct msghdr send_one = { .msg_iov = from_text, .msg_iovlen = 2 };
static struct msghdr receive_one = { .msg_iov = to_wide, .msg_iovlen = 2 };
static struct mmsghdr send_many[2], receive_many[2];
static struct termios terminal;
static struct winsize window = { 24, 80, 0, 0 };
static struct flock lock = { .l_type = F_WRLCK };
static struct sigevent quiet = { .sigev_notify = SIGEV_NONE };
static struct mq_attr queue_attr = { .mq_maxmsg = 4, .mq_msgsize = 64 };
static gid_t some_groups[2] = { 1, 2 };
static siginfo_t info = { .si_signo = SIGUSR2, .si_code = SI_QUEUE };
static char *program[] = { "x", NULL };
static uint64_t cap_header[1] = { 0x20080522 }, cap_data[3];
static struct { uint64_t flags, mode, resolve; } how;
static struct { int priority; } sched_param;
static uint64_t clone_args[8] = { 0, 0, 0, 0, SIGCHLD };
static uint64_t robust_head[3];
static struct { uint64_t set, size; } mask_arg = { 0, 8 };
static struct utimbuf_like { long access, modification; } utime_buf;
static char dents[512] __attribute__((aligned(8)));

static int made;

static long opened(enum opened what);

/* musl has no names for these. */
#define SYS_futex_waitv SYSCALL_futex_waitv
static struct { uint64_t val, addr; uint32_t flags, reserved; } waiter = { 5, ARENA, 2, 0 };

/* ---- what a call needs first ---------------------------------------------------- */

static void a_child(void)
{
	if (fork() == 0)
		_exit(3);
}

static void a_timer(void)
{
	syscall(SYS_timer_create, CLOCK_MONOTONIC, &quiet, &made);
}

static void self(void)
{
	made = getpid();
}

static void a_pidfd(void)
{
	made = (int)syscall(SYS_pidfd_open, getpid(), 0);
}

static void a_watch(void)
{
	made = inotify_init1(IN_NONBLOCK);
	inotify_add_watch(made, "d", IN_MODIFY);
}

static void polled(void)
{
	one_poll[0].fd = (int)opened(A_PIPE_END);
	one_poll[0].events = POLLIN;
}

static void broken_program(void)
{
	int fd = open("x", O_CREAT | O_WRONLY, 0755);

	write(fd, "\x01no program", 11);
	close(fd);
}

static void a_name(void)
{
	setxattr("f", "trusted.name", "value", 5, 0);
}

static void usr2_waits(void)
{
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &usr2, NULL, 8);
	raise(SIGUSR2);
}

static void sockets_ready(void)
{
	for (int i = 0; i < 2; i++) {
		send_many[i].msg_hdr = send_one;
		receive_many[i].msg_hdr = receive_one;
	}
}

static const struct row call_rows[] = {
	/* Reading and writing. */
	ROW(read, COUNT, F(A_FILE), O(WIDE, 64), N(64)),
	AS(pipe, read, COUNT, SF(A_PIPE_END), O(WIDE, 64), N(64)),
	AS(stream, read, COUNT, SF(A_STREAM), O(WIDE, 64), N(64)),
	AS(dgram, read, COUNT, SF(A_DGRAM), O(WIDE, 64), N(64)),
	AS(event, read, COUNT, SF(AN_EVENT), O(WIDE, 8), N(8)),
	AS(tty, read, COUNT, SF(A_TTY), O(WIDE, 64), N(64)),
	AS(ptmx, read, COUNT, SF(A_PTMX), O(WIDE, 64), N(64)),
	AS(zero, read, COUNT, SF(A_ZERO), O(WIDE, 64), N(64)),
	AS(proc, read, 0, SF(A_PROC), O(WIDE, 64), N(64)),
	WITH_AS(usr2_waits, signal, read, COUNT, SF(A_SIGNAL), O(WIDE, 128), N(128)),
	ROW(write, COUNT, F(A_FILE), I(WIDE, 64), N(64)),
	AS(pipe, write, COUNT, SF(A_PIPE_START), I(WIDE, 64), N(64)),
	AS(stream, write, COUNT, SF(A_STREAM), I(WIDE, 64), N(64)),
	AS(dgram, write, COUNT, SF(A_DGRAM), I(WIDE, 64), N(64)),
	AS(event, write, COUNT, SF(AN_EVENT), I(&usr2, 8), N(8)),
	AS(tty, write, 0, SF(A_TTY), I(WIDE, 64), N(64)),
	AS(ptmx, write, 0, SF(A_PTMX), I(WIDE, 64), N(64)),
	AS(null, write, COUNT, SF(A_NULL), I(WIDE, 64), N(64)),
	AS(full, write, COUNT, SF(A_FULL), I(WIDE, 64), N(64)),
	ROW(pread64, COUNT, F(A_FILE), O(WIDE, 64), N(64), OFF(8)),
	ROW(pwrite64, COUNT, F(A_FILE), I(WIDE, 64), N(64), OFF(8)),
	ROW(readv, COUNT, F(A_FILE), VECTOR(to_wide), X(1)),
	AS(pipe, readv, COUNT, SF(A_PIPE_END), VECTOR(to_wide), X(1)),
	ROW(writev, COUNT, F(A_FILE), VECTOR(from_text), X(1)),
	AS(pipe, writev, COUNT, SF(A_PIPE_START), VECTOR(from_text), X(1)),
	ROW(preadv, COUNT, F(A_FILE), VECTOR(to_wide), X(1), OFF(8), X(0)),
	ROW(pwritev, COUNT, F(A_FILE), VECTOR(from_text), X(1), OFF(8), X(0)),
	ROW(preadv2, COUNT, F(A_FILE), VECTOR(to_wide), X(1), OFF(8), X(0), B(0)),
	ROW(pwritev2, COUNT, F(A_FILE), VECTOR(from_text), X(1), OFF(8), X(0), B(0)),
	ROW(lseek, COUNT, F(A_FILE), OFF(8), X(SEEK_SET)),
	AS(cur, lseek, COUNT, SF(A_FILE), OFF(8), V(SEEK_CUR)),
	AS(end, lseek, COUNT, SF(A_FILE), OFF(8), V(SEEK_END)),
	AS(data, lseek, COUNT, F(A_FILE), OFF(8), V(SEEK_DATA)),
	AS(hole, lseek, COUNT, F(A_FILE), OFF(8), V(SEEK_HOLE)),
	ROW(sendfile, COUNT, F(A_PIPE_START), F(A_FILE), O(&position, 8), N(64)),
	ROW(splice, COUNT, F(A_FILE), O(&position, 8), F(A_PIPE_START), V(0), N(16), B(0)),
	AS(out, splice, COUNT, SF(A_PIPE_END), V(0), F(A_FILE), O(&position, 8), N(8), B(0)),
	ROW(tee, COUNT, F(A_PIPE_END), F(A_PIPE_START), N(8), B(0)),
	ROW(vmsplice, COUNT, F(A_PIPE_START), VECTOR(from_text), X(1), B(0)),
	ROW(copy_file_range, COUNT, F(A_FILE), O(&position, 8), F(A_FILE), O(&elsewhere, 8), N(8),
	    B(0)),
	ROW(fsync, 0, F(A_FILE)),
	ROW(fdatasync, 0, F(A_FILE)),
	ROW(fadvise64, 0, F(A_FILE), OFF(0), N(64), X(0)),
	ROW(ftruncate, 0, F(A_FILE), OFF(8)),
	ROW(fallocate, 0, F(A_FILE), B(0), OFF(0), N(64)),
	ROW(flock, 0, F(A_FILE), B(LOCK_EX | LOCK_NB)),

	/* Descriptors. */
	ROW(close, 0, F(A_FILE)),
	ROW(dup, 0, F(A_FILE)),
	ROW(dup2, 0, F(A_FILE), X(20)),
	ROW(dup3, 0, F(A_FILE), X(20), B(0)),
	ROW(close_range, 0, X(600), X(700), B(0)),
	ROW(pipe, 0, O(pair, 8)),
	ROW(pipe2, 0, O(pair, 8), B(0)),
	ROW(fcntl, 0, F(A_FILE), X(F_GETFD), V(0)),
	AS(dupfd, fcntl, 0, F(A_FILE), V(F_DUPFD), X(3)),
	AS(setfd, fcntl, 0, F(A_FILE), V(F_SETFD), B(0)),
	AS(setfl, fcntl, 0, F(A_FILE), V(F_SETFL), V(O_NONBLOCK)),
	AS(getfl, fcntl, 0, F(A_FILE), V(F_GETFL), V(0)),
	AS(getlk, fcntl, 0, F(A_FILE), V(F_GETLK), O(&lock, 32)),
	AS(setlk, fcntl, 0, F(A_FILE), V(F_SETLK), I(&lock, 32)),
	AS(ofd, fcntl, 0, F(A_FILE), V(F_OFD_SETLK), I(&lock, 32)),
	AS(getown, fcntl, 0, F(A_STREAM), V(F_GETOWN), V(0)),
	AS(pipesize, fcntl, COUNT, F(A_PIPE_END), V(F_SETPIPE_SZ), N(8192)),
	AS(getpipesize, fcntl, COUNT, F(A_PIPE_END), V(F_GETPIPE_SZ), V(0)),
	AS(seals, fcntl, 0, F(A_MEMFD), V(F_ADD_SEALS), B(0)),
	ROW(ioctl, 0, F(A_TTY), X(TCGETS), O(&terminal, 36)),
	AS(tcsets, ioctl, 0, F(A_TTY), V(TCSETSF), I(&terminal, 36)),
	AS(getwinsize, ioctl, 0, F(A_TTY), V(TIOCGWINSZ), O(&window, 8)),
	AS(setwinsize, ioctl, 0, F(A_TTY), V(TIOCSWINSZ), I(&window, 8)),
	AS(getpgrp, ioctl, 0, F(A_TTY), V(TIOCGPGRP), O(&word, 4)),
	AS(setpgrp, ioctl, 0, F(A_TTY), V(TIOCSPGRP), I(&number, 4)),
	AS(getsid, ioctl, 0, F(A_TTY), V(TIOCGSID), O(&word, 4)),
	AS(outq, ioctl, 0, F(A_TTY), V(TIOCOUTQ), O(&word, 4)),
	AS(number, ioctl, 0, F(A_PTMX), V(TIOCGPTN), O(&word, 4)),
	AS(unlock, ioctl, 0, F(A_PTMX), V(TIOCSPTLCK), I(&word, 4)),
	AS(packet, ioctl, 0, F(A_PTMX), V(TIOCPKT), I(&word, 4)),
	AS(fionread, ioctl, 0, F(A_PIPE_END), V(FIONREAD), O(&word, 4)),
	AS(fionbio, ioctl, 0, F(A_PIPE_END), V(FIONBIO), I(&number, 4)),
	AS(fioclex, ioctl, 0, F(A_FILE), V(FIOCLEX), V(0)),

	/* Paths. */
	ROW(open, 0, P("f"), B(O_RDONLY), V(0600)),
	AS(create, open, 0, P("new"), B(O_CREAT | O_RDWR), B(0600)),
	ROW(openat, 0, F(A_FOLDER), P("f"), B(O_RDONLY), V(0600)),
	ROW(openat2, 0, F(A_FOLDER), P("f"), I(&how, 24), N(24)),
	ROW(creat, 0, P("new"), B(0600)),
	ROW(stat, 0, P("f"), O(out, 144)),
	ROW(lstat, 0, P("f"), O(out, 144)),
	ROW(fstat, 0, F(A_FILE), O(out, 144)),
	ROW(newfstatat, 0, F(A_FOLDER), P("f"), O(out, 144), B(0)),
	ROW(statx, 0, F(A_FOLDER), P("f"), B(0), B(0x7ff), O(out, 256)),
	ROW(access, 0, P("f"), B(R_OK)),
	ROW(faccessat, 0, F(A_FOLDER), P("f"), B(R_OK)),
	ROW(faccessat2, 0, F(A_FOLDER), P("f"), B(R_OK), B(0)),
	ROW(readlink, COUNT, P("link"), O(out, 1), N(64)),
	ROW(readlinkat, COUNT, F(A_FOLDER), P("link"), O(out, 1), N(64)),
	ROW(chdir, 0, P("d")),
	ROW(fchdir, 0, F(A_FOLDER)),
	ROW(chroot, 0, P("d")),
	ROW(getcwd, COUNT, O(out, 14), N(64)),
	ROW(mkdir, 0, P("new"), B(0755)),
	ROW(mkdirat, 0, F(A_FOLDER), P("new"), B(0755)),
	ROW(mknod, 0, P("new"), B(S_IFREG | 0600), V(0)),
	ROW(mknodat, 0, F(A_FOLDER), P("new"), B(S_IFIFO | 0600), V(0)),
	ROW(rmdir, 0, P("d")),
	ROW(unlink, 0, P("f")),
	ROW(unlinkat, 0, F(A_FOLDER), P("f"), B(0)),
	ROW(rename, 0, P("f"), P("new")),
	ROW(renameat, 0, F(A_FOLDER), P("f"), F(A_FOLDER), P("new")),
	ROW(renameat2, 0, F(A_FOLDER), P("f"), F(A_FOLDER), P("new"), B(0)),
	ROW(link, 0, P("f"), P("new")),
	ROW(linkat, 0, F(A_FOLDER), P("f"), F(A_FOLDER), P("new"), B(0)),
	ROW(symlink, 0, P("target"), P("new")),
	ROW(symlinkat, 0, P("target"), F(A_FOLDER), P("new")),
	ROW(chmod, 0, P("f"), B(0644)),
	ROW(fchmod, 0, F(A_FILE), B(0644)),
	ROW(fchmodat, 0, F(A_FOLDER), P("f"), B(0644)),
	ROW(chown, 0, P("f"), ID(1), ID(1)),
	ROW(lchown, 0, P("f"), ID(1), ID(1)),
	ROW(fchown, 0, F(A_FILE), ID(1), ID(1)),
	ROW(fchownat, 0, F(A_FOLDER), P("f"), ID(1), ID(1), B(0)),
	ROW(truncate, 0, P("f"), OFF(8)),
	ROW(utime, 0, P("f"), I(&utime_buf, 16)),
	ROW(utimes, 0, P("f"), I(no_timeval, 32)),
	ROW(futimesat, 0, F(A_FOLDER), P("f"), I(no_timeval, 32)),
	ROW(utimensat, 0, F(A_FOLDER), P("f"), T(&none), B(0)),
	ROW(statfs, 0, P("f"), O(out, 120)),
	ROW(fstatfs, 0, F(A_FILE), O(out, 120)),
	ROW(getdents64, 0, F(A_FOLDER), O(dents, 24), N(512)),
	ROW(umask, COUNT, B(022)),
	ROW(sync, 0, V(0)),
	ROW(syncfs, 0, F(A_FILE)),
	ROW(mount, 0, S("none"), I(ELSEWHERE, 13), S("nothing"), V(0), S("size=1m")),
	ROW(umount2, 0, P("d"), B(0)),
	ROW(pivot_root, 0, P("d"), P("d")),

	/* Extended attributes. */
	WITH(a_name, getxattr, COUNT, P("f"), S("trusted.name"), O(out, 5), N(64)),
	WITH(a_name, lgetxattr, COUNT, P("f"), S("trusted.name"), O(out, 5), N(64)),
	WITH(a_name, fgetxattr, COUNT, F(A_FILE), S("trusted.name"), O(out, 5), N(64)),
	ROW(setxattr, 0, P("f"), S("trusted.name"), I(text, 8), N(8), B(0)),
	ROW(lsetxattr, 0, P("f"), S("trusted.name"), I(text, 8), N(8), B(0)),
	ROW(fsetxattr, 0, F(A_FILE), S("trusted.name"), I(text, 8), N(8), B(0)),
	WITH(a_name, listxattr, COUNT, P("f"), O(out, 13), N(64)),
	WITH(a_name, llistxattr, COUNT, P("f"), O(out, 13), N(64)),
	WITH(a_name, flistxattr, COUNT, F(A_FILE), O(out, 13), N(64)),
	WITH(a_name, removexattr, 0, P("f"), S("trusted.name")),
	WITH(a_name, lremovexattr, 0, P("f"), S("trusted.name")),
	WITH(a_name, fremovexattr, 0, F(A_FILE), S("trusted.name")),

	/* Memory. */
	ROW(mmap, 0, A(0, 0), N(8192), B(PROT_READ), B(MAP_PRIVATE), F(A_FILE), OFF(0)),
	AS(anonymous, mmap, 0, A(0, 0), N(8192), B(PROT_READ), B(MAP_PRIVATE | MAP_ANONYMOUS),
	   V(-1), OFF(0)),
	AS(shared, mmap, 0, V(0), V(4096), V(PROT_READ | PROT_WRITE), V(MAP_SHARED), F(A_FILE),
	   OFF(0)),
	ROW(munmap, 0, A(SCRATCH, PAGE), N(4096)),
	ROW(mprotect, 0, A(SCRATCH, PAGE), N(4096), B(PROT_READ)),
	ROW(mremap, 0, A(SCRATCH, PAGE), N(4096), N(8192), B(MREMAP_MAYMOVE), V(0)),
	ROW(madvise, 0, A(SCRATCH, PAGE), N(4096), X(MADV_DONTNEED)),
	ROW(msync, 0, A(SCRATCH, PAGE), N(4096), B(MS_ASYNC)),
	ROW(mincore, 0, A(SCRATCH, PAGE), N(4096), O(out, 1)),
	ROW(mlock, 0, A(SCRATCH, PAGE), N(4096)),
	ROW(mlock2, 0, A(SCRATCH, PAGE), N(4096), B(0)),
	ROW(munlock, 0, A(SCRATCH, PAGE), N(4096)),
	ROW(mlockall, 0, B(MCL_CURRENT)),
	ROW(munlockall, 0, V(0)),
	ROW(brk, 0, A(0, 0)),
	ROW(memfd_create, 0, S("name"), B(0)),
	ROW(membarrier, 0, X(0), B(0)),

	/* Waiting. */
	WITH(polled, poll, 0, O(one_poll, 8), X(1), V(0)),
	WITH(polled, ppoll, 0, O(one_poll, 8), X(1), T(&none), I(&no_signals, 8), N(8)),
	ROW(select, 0, X(1), O(out, 8), O(out, 8), O(out, 8), O(&no_timer, 16)),
	ROW(pselect6, 0, X(1), O(out, 8), O(out, 8), O(out, 8), T(&none), I(&mask_arg, 16)),
	ROW(epoll_create, 0, X(1)),
	ROW(epoll_create1, 0, B(0)),
	ROW(epoll_ctl, 0, F(AN_EPOLL), X(EPOLL_CTL_ADD), F(AN_EVENT), I(&event, 12)),
	ROW(epoll_wait, 0, F(AN_EPOLL), O(out, 12), X(4), V(0)),
	ROW(epoll_pwait, 0, F(AN_EPOLL), O(out, 12), X(4), V(0), I(&no_signals, 8), N(8)),
	ROW(epoll_pwait2, 0, F(AN_EPOLL), O(out, 12), X(4), T(&none), I(&no_signals, 8), N(8)),
	ROW(eventfd, 0, X(1)),
	ROW(eventfd2, 0, X(1), B(0)),
	ROW(signalfd, 0, F(A_SIGNAL), I(&usr2, 8), N(8)),
	ROW(signalfd4, 0, F(A_SIGNAL), I(&usr2, 8), N(8), B(0)),
	ROW(timerfd_create, 0, X(CLOCK_MONOTONIC), B(0)),
	ROW(timerfd_settime, 0, F(A_TIMER), B(0), I(&no_itimer, 32), O(out, 32)),
	ROW(timerfd_gettime, 0, F(A_TIMER), O(out, 32)),
	ROW(nanosleep, 0, T(&soon), O(out, 16)),
	ROW(clock_nanosleep, 0, X(CLOCK_MONOTONIC), B(0), T(&soon), O(out, 16)),
	ROW(futex, 0, A(&word, 4), V(0), V(1), T(&none)),
	AS(op, futex, 0, I(&word, 4), X(1), V(1), V(0)),
	AS(wake, futex, 0, I(&word, 4), V(1), X(1)),
	AS(requeue, futex, 0, A(&word, 4), V(4), X(1), X(1), A(&number, 4), X(0)),
	ROW(pause, 0, V(0)),

	/* Time. */
	ROW(clock_gettime, 0, X(CLOCK_MONOTONIC), O(out, 16)),
	ROW(clock_getres, 0, X(CLOCK_MONOTONIC), O(out, 16)),
	ROW(gettimeofday, 0, O(out, 16), O(out, 8)),
	ROW(time, 0, O(out, 8)),
	ROW(settimeofday, 0, I(&no_time, 16), I(cap_data, 8)),
	ROW(clock_settime, 0, X(CLOCK_REALTIME), I(&no_time, 16)),
	ROW(adjtimex, 0, I(clock_state, 208)),
	ROW(clock_adjtime, 0, X(CLOCK_REALTIME), I(clock_state, 208)),
	ROW(times, 0, O(out, 32)),
	ROW(alarm, 0, V(0)),
	ROW(getitimer, 0, X(ITIMER_REAL), O(out, 32)),
	ROW(setitimer, 0, X(ITIMER_REAL), I(&no_timer, 32), O(out, 32)),
	ROW(timer_create, 0, X(CLOCK_MONOTONIC), I(&quiet, 64), O(out, 4)),
	WITH(a_timer, timer_settime, 0, M(0), B(0), I(&no_itimer, 32), O(out, 32)),
	WITH(a_timer, timer_gettime, 0, M(0), O(out, 32)),
	WITH(a_timer, timer_getoverrun, 0, M(0)),
	WITH(a_timer, timer_delete, 0, M(0)),

	/* Signals. */
	ROW(rt_sigaction, 0, X(SIGUSR1), I(&action, 32), O(out, 32), N(8)),
	ROW(rt_sigprocmask, 0, X(SIG_BLOCK), I(&no_signals, 8), O(out, 8), N(8)),
	ROW(rt_sigpending, 0, O(out, 8), N(8)),
	WITH(usr2_waits, rt_sigtimedwait, COUNT, I(&usr2, 8), O(out, 128), T(&none), N(8)),
	ROW(rt_sigsuspend, 0, I(&no_signals, 8), N(8)),
	ROW(rt_sigreturn, 0, V(0)),
	ROW(sigaltstack, 0, I(&altstack, 24), O(out, 24)),
	ROW(kill, 0, ID(0), V(0)),
	AS(signal, kill, 0, V(999999), X(0)),
	ROW(tkill, 0, ID(1), V(0)),
	ROW(tgkill, 0, ID(1), ID(1), V(0)),
	AS(signal, tkill, 0, V(999999), X(0)),
	AS(signal, tgkill, 0, V(999999), V(999999), X(0)),
	ROW(rt_sigqueueinfo, 0, ID(999999), X(SIGUSR1), I(&info, 128)),
	ROW(rt_tgsigqueueinfo, 0, ID(999999), ID(999999), X(SIGUSR1), I(&info, 128)),

	/* Processes. */
	ROW(fork, FORKS, V(0)),
	ROW(vfork, FORKS, V(0)),
	ROW(clone, FORKS, B(SIGCHLD), V(SCRATCH + 2048), O(&word, 4), O(&number, 4), V(0)),
	ROW(clone3, FORKS, I(clone_args, 64), N(64)),
	WITH(broken_program, execve, 0, P("x"), I(program, 16), I(program, 16)),
	WITH(broken_program, execveat, 0, F(A_FOLDER), P("x"), I(program, 16), I(program, 16),
	     B(0)),
	ROW(exit, 0, X(0)),
	ROW(exit_group, 0, X(0)),
	WITH(a_child, wait4, 0, ID(-1), O(out, 4), V(0), O(out, 144)),
	WITH_AS(a_child, options, wait4, 0, V(-1), V(0), B(0), V(0)),
	WITH(a_child, waitid, 0, X(P_ALL), V(0), O(out, 32), V(WEXITED), O(out, 144)),
	WITH_AS(a_child, options, waitid, 0, V(P_PID), ID(999999), V(0), B(WEXITED)),
	ROW(getpid, 0, V(0)),
	ROW(getppid, 0, V(0)),
	ROW(gettid, 0, V(0)),
	ROW(getpgrp, 0, V(0)),
	ROW(getpgid, 0, ID(0)),
	ROW(getsid, 0, ID(0)),
	ROW(setpgid, 0, ID(0), ID(0)),
	ROW(setsid, 0, V(0)),
	ROW(getuid, COUNT, V(0)),
	ROW(geteuid, COUNT, V(0)),
	ROW(getgid, COUNT, V(0)),
	ROW(getegid, COUNT, V(0)),
	ROW(setuid, 0, ID(0)),
	ROW(setgid, 0, ID(0)),
	ROW(setreuid, 0, ID(0), ID(0)),
	ROW(setregid, 0, ID(0), ID(0)),
	ROW(setresuid, 0, ID(0), ID(0), ID(0)),
	ROW(setresgid, 0, ID(0), ID(0), ID(0)),
	ROW(getresuid, 0, O(out, 4), O(out, 4), O(out, 4)),
	ROW(getresgid, 0, O(out, 4), O(out, 4), O(out, 4)),
	ROW(setfsuid, COUNT, ID(0)),
	ROW(setfsgid, COUNT, ID(0)),
	ROW(getgroups, 0, X(0), O(out, 4)),
	ROW(setgroups, 0, X(2), I(some_groups, 8)),
	ROW(capget, 0, I(cap_header, 8), O(cap_data, 24)),
	ROW(capset, 0, I(cap_header, 8), I(cap_data, 24)),
	ROW(getrlimit, 0, X(RLIMIT_NOFILE), O(out, 16)),
	ROW(setrlimit, 0, X(RLIMIT_NOFILE), I(&limit, 16)),
	ROW(prlimit64, 0, ID(0), X(RLIMIT_NOFILE), I(&limit, 16), O(out, 16)),
	ROW(getrusage, 0, X(RUSAGE_SELF), O(out, 144)),
	ROW(getpriority, COUNT, X(PRIO_PROCESS), ID(0)),
	ROW(setpriority, 0, X(PRIO_PROCESS), ID(0), X(0)),
	ROW(sched_yield, 0, V(0)),
	ROW(sched_getparam, 0, ID(0), O(out, 4)),
	ROW(sched_setparam, 0, ID(0), I(&sched_param, 4)),
	ROW(sched_getscheduler, 0, ID(0)),
	ROW(sched_setscheduler, 0, ID(0), X(0), I(&sched_param, 4)),
	ROW(sched_get_priority_max, COUNT, X(0)),
	ROW(sched_get_priority_min, COUNT, X(0)),
	ROW(sched_rr_get_interval, 0, ID(0), O(out, 16)),
	ROW(sched_getaffinity, COUNT, ID(0), N(128), O(out, 8)),
	ROW(sched_setaffinity, 0, ID(0), N(8), I(&mask_arg.size, 8)),
	ROW(personality, COUNT, V(0xffffffff)),
	ROW(prctl, 0, X(PR_GET_DUMPABLE), V(0), V(0), V(0), V(0)),
	AS(setname, prctl, 0, V(PR_SET_NAME), S("hostile")),
	AS(getname, prctl, 0, V(PR_GET_NAME), O(out, 16)),
	AS(pdeathsig, prctl, 0, V(PR_SET_PDEATHSIG), X(0)),
	AS(getpdeathsig, prctl, 0, V(PR_GET_PDEATHSIG), O(out, 4)),
	AS(dumpable, prctl, 0, V(PR_SET_DUMPABLE), X(1)),
	AS(keepcaps, prctl, 0, V(PR_SET_KEEPCAPS), X(0)),
	AS(subreaper, prctl, 0, V(PR_GET_CHILD_SUBREAPER), O(out, 4)),
	AS(nonewprivs, prctl, 0, V(PR_SET_NO_NEW_PRIVS), X(1), V(0), V(0), V(0)),
	ROW(arch_prctl, 0, X(0x1003), O(out, 8)),
	AS(setgs, arch_prctl, 0, V(0x1001), A(0, 0)),
	ROW(set_tid_address, 0, A(&word, 4)),
	ROW(set_robust_list, 0, A(robust_head, 24), N(24)),
	ROW(get_robust_list, 0, ID(0), O(out, 8), O(out, 8)),
	ROW(getcpu, 0, O(out, 4), O(out, 4), V(0)),
	ROW(uname, 0, O(out, 390)),
	ROW(sysinfo, 0, O(out, 112)),
	ROW(sethostname, 0, I("whitix", 6), N(6)),
	ROW(setdomainname, 0, I("(none)", 6), N(6)),
	ROW(getrandom, COUNT, O(WIDE, 16), N(16), B(0)),
	ROW(syslog, 0, X(10), O(out, 16), X(16)),
	ROW(reboot, 0, X(0xfee1dead), X(672274793), V(-1), V(0)),
	ROW(vhangup, 0, V(0)),
	ROW(init_module, 0, I(WIDE, 64), N(64), S("")),
	ROW(finit_module, 0, F(A_READER), S(""), B(0)),
	ROW(delete_module, 0, S("nothing"), B(O_NONBLOCK)),

	/* Sockets. */
	ROW(socket, 0, X(AF_UNIX), B(SOCK_STREAM), X(0)),
	ROW(socketpair, 0, X(AF_UNIX), B(SOCK_STREAM), X(0), O(pair, 8)),
	ROW(bind, 0, F(A_DGRAM), I(&abstract, 12), N(12)),
	ROW(listen, 0, F(A_LISTENER), X(4)),
	ROW(accept, 0, F(A_LISTENER), O(out, 110), O(&length, 4)),
	ROW(accept4, 0, F(A_LISTENER), O(out, 110), O(&length, 4), B(0)),
	ROW(connect, 0, F(A_DGRAM), I(&abstract, 12), N(12)),
	ROW(getsockname, 0, F(A_STREAM), O(out, 2), O(&length, 4)),
	ROW(getpeername, 0, F(A_STREAM), O(out, 2), O(&length, 4)),
	ROW(sendto, COUNT, F(A_STREAM), I(WIDE, 16), N(16), B(MSG_DONTWAIT), V(0), V(0)),
	AS(name, sendto, COUNT, F(A_DGRAM), V(WIDE), V(8), V(0), I(&abstract, 12), N(12)),
	ROW(recvfrom, COUNT, F(A_STREAM), O(WIDE, 16), N(16), B(MSG_DONTWAIT), O(out, 8),
	    O(&length, 4)),
	ROW(sendmsg, COUNT, F(A_STREAM), I(&send_one, 56), B(MSG_DONTWAIT)),
	ROW(recvmsg, COUNT, F(A_STREAM), O(&receive_one, 56), B(MSG_DONTWAIT)),
	WITH(sockets_ready, sendmmsg, COUNT, F(A_STREAM), O(send_many, 64), X(1), B(MSG_DONTWAIT)),
	WITH(sockets_ready, recvmmsg, COUNT, F(A_STREAM), O(receive_many, 64), X(1),
	     B(MSG_DONTWAIT), V(0)),
	ROW(setsockopt, 0, F(A_STREAM), X(SOL_SOCKET), X(SO_PASSCRED), I(&number, 4), N(4)),
	ROW(getsockopt, 0, F(A_STREAM), X(SOL_SOCKET), X(SO_TYPE), O(out, 4), O(&length, 4)),
	ROW(shutdown, 0, F(A_STREAM), X(SHUT_RD)),

	/* Other processes, and files that change. */
	WITH(self, pidfd_open, 0, M(0), B(0)),
	WITH(a_pidfd, pidfd_send_signal, 0, M(0), X(0), V(0), B(0)),
	WITH(a_pidfd, pidfd_getfd, 0, M(0), X(0), B(0)),
	WITH(self, process_vm_readv, COUNT, M(0), VECTOR(to_wide), X(1), VECTOR(from_text), X(1),
	     B(0)),
	WITH(self, process_vm_writev, COUNT, M(0), VECTOR(from_text), X(1), VECTOR(to_wide), X(1),
	     B(0)),
	WITH(self, kcmp, 0, M(0), ID(999999), X(0), X(0), X(0)),
	ROW(unshare, 0, B(0)),
	ROW(ioprio_get, COUNT, X(1), ID(0)),
	ROW(ioprio_set, 0, X(1), ID(0), X(0)),
	ROW(inotify_init, 0, V(0)),
	ROW(inotify_init1, 0, B(0)),
	WITH(a_watch, inotify_add_watch, 0, M(0), P("f"), B(IN_MODIFY)),
	WITH(a_watch, inotify_rm_watch, 0, M(0), X(1)),
	ROW(futex_waitv, 0, I(&waiter, 24), X(1), B(0), T(&none), X(CLOCK_MONOTONIC)),

	/* Message queues. */
	ROW(mq_open, 0, S("hostile"), B(O_RDWR | O_CREAT), V(0600), I(&queue_attr, 64)),
	ROW(mq_unlink, 0, S("hostile")),
	ROW(mq_timedsend, 0, F(A_QUEUE), I(text, 16), N(16), X(1), T(&none)),
	ROW(mq_timedreceive, COUNT, F(A_QUEUE), O(WIDE, 64), N(64), O(out, 4), T(&none)),
	ROW(mq_notify, 0, F(A_QUEUE), I(&quiet, 64)),
	ROW(mq_getsetattr, 0, F(A_QUEUE), I(&queue_attr, 64), O(out, 64)),
};

#endif
