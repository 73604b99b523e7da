/* SPDX-License-Identifier: MIT */
/* Rows of user/hostile.c: what happens at the limits of resources. */
#ifndef USER_HOSTILE_LIMITS_H
#define USER_HOSTILE_LIMITS_H

#define OTHER_USER 4242

static void set_limit(int which, rlim_t soft, rlim_t hard)
{
	struct rlimit r = { soft, hard };

	if (setrlimit(which, &r) != 0)
		_exit(98);
}

static void be_other_user(void)
{
	if (setresgid(OTHER_USER, OTHER_USER, OTHER_USER) || setresuid(OTHER_USER, OTHER_USER,
								     OTHER_USER))
		_exit(97);
}

static long told(long result)
{
	return result == -1 ? -errno : result;
}

/* ---- processes -------------------------------------------------------------------- */

/* Forks as often as it can, up to `most`: how often; -error when not even that. */
static long fork_bomb(long most)
{
	long count = 0, error = 0;
	int gate[2];

	if (pipe(gate) != 0)
		return -errno;
	while (count < most && !error) {
		char c;
		pid_t pid = fork();

		if (pid == 0) {
			close(gate[1]);
			read(gate[0], &c, 1);
			_exit(0);
		}
		error = pid < 0 ? errno : 0;
		count += pid > 0;
	}
	close(gate[0]);
	close(gate[1]);
	while (wait(NULL) > 0)
		;
	return error && error != EAGAIN ? -error : count;
}

static long limit_processes(long most)
{
	set_limit(RLIMIT_NPROC, (rlim_t)most, (rlim_t)most);
	be_other_user();
	return fork_bomb(1000);
}

/* The limit is not for root. */
static long limit_root_processes(long most)
{
	set_limit(RLIMIT_NPROC, (rlim_t)most, (rlim_t)most);
	return fork_bomb(3 * most);
}

/* Who is over the limit after setuid() may not run another program. */
static long limit_exec(long unused)
{
	struct image good = good_image;
	int held = unused == 0 ? 3 : 0;

	put_file("x", &good, sizeof(good), 0755);
	chmod(".", 0777);
	for (int i = 0; i < held; i++)
		if (fork() == 0) {
			be_other_user();
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			pause();
			_exit(0);
		}
	poll(NULL, 0, 20);
	set_limit(RLIMIT_NPROC, 2, 2);
	be_other_user();
	return run_x();
}

/* ---- memory ------------------------------------------------------------------------ */

static long map_some(long kib, int prot)
{
	void *p = mmap(NULL, (size_t)kib << 10, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -errno : 0;
}

static long limit_space(long kib)
{
	set_limit(RLIMIT_AS, 32 << 20, 32 << 20);
	return map_some(kib, PROT_READ);
}

static long limit_space_brk(long kib)
{
	char *end = (char *)syscall(SYS_brk, 0);

	set_limit(RLIMIT_AS, 32 << 20, 32 << 20);
	return (char *)syscall(SYS_brk, end + (kib << 10)) == end + (kib << 10);
}

static long limit_space_remap(long kib)
{
	char *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	set_limit(RLIMIT_AS, 32 << 20, 32 << 20);
	return mremap(p, PAGE, (size_t)kib << 10, MREMAP_MAYMOVE) == MAP_FAILED ? -errno : 0;
}

static long limit_data(long kib)
{
	set_limit(RLIMIT_DATA, 4 << 20, 4 << 20);
	return map_some(kib, PROT_READ | PROT_WRITE);
}

static long limit_data_read_only(long kib)
{
	set_limit(RLIMIT_DATA, 4 << 20, 4 << 20);
	return map_some(kib, PROT_READ);
}

static long limit_data_brk(long kib)
{
	char *end = (char *)syscall(SYS_brk, 0);

	set_limit(RLIMIT_DATA, 4 << 20, 4 << 20);
	return (char *)syscall(SYS_brk, end + (kib << 10)) == end + (kib << 10);
}

static long limit_data_protect(long kib)
{
	size_t size = (size_t)kib << 10;
	char *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	set_limit(RLIMIT_DATA, 4 << 20, 4 << 20);
	return told(mprotect(p, size, PROT_READ | PROT_WRITE));
}

/* Touches the stack so far down. */
static long limit_stack(long kib)
{
	volatile char *here = __builtin_frame_address(0);

	set_limit(RLIMIT_STACK, 1 << 20, 1 << 20);
	for (long k = 1; k <= kib; k++)
		here[-(k << 10)] = 1;
	return 0;
}

static long limit_locked(long kib)
{
	set_limit(RLIMIT_MEMLOCK, 64 << 10, 64 << 10);
	be_other_user();
	return told(mlock((void *)ARENA, (size_t)kib << 10));
}

static long limit_locked_map(long kib)
{
	set_limit(RLIMIT_MEMLOCK, 64 << 10, 64 << 10);
	be_other_user();
	return mmap(NULL, (size_t)kib << 10, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED,
		    -1, 0) == MAP_FAILED ? -errno : 0;
}

/* ---- descriptors and files ----------------------------------------------------------- */

enum at_limit { BY_OPEN, BY_DUP, BY_DUP2, BY_FCNTL, BY_PIPE, BY_SOCKETPAIR, BY_EPOLL, BY_PASSING,
		BY_MEMFD, BY_CREATE, BY_POLL };

/* Passes a descriptor to a process that may have no more: what is there of it. */
static long pass_to_full(int a, int b)
{
	char byte = 'x', control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &a, sizeof(a));
	if (sendmsg(a, &msg, 0) != 1)
		return -errno;
	if (recvmsg(b, &msg, 0) != 1)
		return -errno;
	return msg.msg_flags * 1000 + (long)msg.msg_controllen;
}

static long limit_descriptors(long by)
{
	struct pollfd many[9] = { { .fd = -1 } };
	int fd[2], sv[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
	set_limit(RLIMIT_NOFILE, 8, 8);
	while (dup(0) >= 0)
		;
	switch (by) {
	case BY_OPEN: return told(open("f", O_RDONLY));
	case BY_DUP: return told(dup(0));
	case BY_DUP2: return told(dup2(0, 8));
	case BY_FCNTL: return told(fcntl(0, F_DUPFD, 8));
	case BY_PIPE: return told(pipe(fd));
	case BY_SOCKETPAIR: return told(socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
	case BY_EPOLL: return told(epoll_create1(0));
	case BY_PASSING: return pass_to_full(sv[0], sv[1]);
	case BY_MEMFD: return told(memfd_create("m", 0));
	case BY_CREATE: return told(open("new", O_RDWR | O_CREAT, 0600)) * 1000 -
			       access("new", F_OK);
	case BY_POLL: return told(poll(many, 9, 0));
	}
	return 0;
}

static volatile int signals_seen;

static void seen(int sig)
{
	signals_seen += sig;
}

enum grow { BY_WRITE, BY_LAST_WRITE, BY_PWRITE, BY_TRUNCATE, BY_FALLOCATE, BY_SENDFILE, BY_KILL,
	    BY_COPY, BY_WRITEV, BY_SPLICE };

/* A file may have 8,000 bytes: what a call that wants 16,000 gives, and its signal. */
static long limit_size(long by)
{
	static char bytes[16000];
	struct iovec iov[2] = { { bytes, 8000 }, { bytes, 8000 } };
	int fd = open("f", O_RDWR | O_TRUNC), from = open("from", O_RDWR | O_CREAT, 0600), p[2];
	long result = 0;

	write(from, bytes, sizeof(bytes));
	pipe2(p, O_NONBLOCK);
	write(p[1], bytes, sizeof(bytes));
	lseek(from, 0, SEEK_SET);
	set_limit(RLIMIT_FSIZE, 8000, 8000);
	if (by != BY_KILL)
		signal(SIGXFSZ, seen);
	switch (by) {
	case BY_WRITE: result = told(write(fd, bytes, 16000)); break;
	case BY_LAST_WRITE: lseek(fd, 8000, SEEK_SET);
		result = told(write(fd, bytes, 1)); break;
	case BY_PWRITE: result = told(pwrite(fd, bytes, 10, 7995)); break;
	case BY_TRUNCATE: result = told(ftruncate(fd, 8001)); break;
	case BY_FALLOCATE: result = told(fallocate(fd, 0, 0, 8001)); break;
	case BY_SENDFILE: result = told(sendfile(fd, from, NULL, 16000)); break;
	case BY_KILL: return told(pwrite(fd, bytes, 1, 8000));
	case BY_COPY: result = told(copy_file_range(from, NULL, fd, NULL, 16000, 0)); break;
	case BY_WRITEV: result = told(writev(fd, iov, 2)); break;
	case BY_SPLICE: result = told(splice(p[0], NULL, fd, NULL, 16000, 0)); break;
	}
	return result < 0 ? result : result + 1000000 * signals_seen;
}

/* The call that fails also sends the signal. */
static long limit_size_signal(long by)
{
	limit_size(by);
	return signals_seen;
}

/* ---- the rest -------------------------------------------------------------------------- */

static long limit_priority(long nice)
{
	set_limit(RLIMIT_NICE, 20, 20);
	be_other_user();
	setpriority(PRIO_PROCESS, 0, 5);
	return told(setpriority(PRIO_PROCESS, 0, (int)nice));
}

static long limit_real_time(long priority)
{
	struct { int priority; } param = { (int)priority };

	set_limit(RLIMIT_RTPRIO, 3, 3);
	be_other_user();
	return told(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param));
}

static long limit_pending(long count)
{
	union sigval value = { 0 };
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	set_limit(RLIMIT_SIGPENDING, 4, 4);
	be_other_user();
	for (long i = 0; i < count; i++)
		if (sigqueue(getpid(), SIGRTMIN, value) != 0)
			return -errno;
	return count;
}

/* Limits are raised by root alone. */
static long limit_raise(long root)
{
	struct rlimit r = { 100, 100 }, more = { 100, 101 }, odd = { 101, 100 };

	setrlimit(RLIMIT_NOFILE, &r);
	if (!root)
		be_other_user();
	if (setrlimit(RLIMIT_NOFILE, &odd) == 0 || errno != EINVAL)
		return -1;
	return told(setrlimit(RLIMIT_NOFILE, &more));
}

static const struct row limit_rows[] = {
	RUN("limit/processes", limit_processes, 10), RUN("limit/root", limit_root_processes, 10),
	RUN("limit/exec", limit_exec, 0), RUN("limit/exec_few", limit_exec, 1),
	RUN("limit/space", limit_space, 16 << 10), RUN("limit/space_over", limit_space, 40 << 10),
	RUN("limit/brk", limit_space_brk, 1 << 10),
	RUN("limit/brk_over", limit_space_brk, 40 << 10),
	RUN("limit/remap", limit_space_remap, 40 << 10),
	RUN("limit/data", limit_data, 2 << 10), RUN("limit/data_over", limit_data, 5 << 10),
	RUN("limit/data_read_only", limit_data_read_only, 5 << 10),
	RUN("limit/data_brk", limit_data_brk, 5 << 10),
	RUN("limit/data_protect", limit_data_protect, 5 << 10),
	RUN("limit/stack", limit_stack, 512), RUN("limit/stack_over", limit_stack, 1100),
	RUN("limit/locked", limit_locked, 64), RUN("limit/locked_over", limit_locked, 68),
	RUN("limit/locked_map", limit_locked_map, 68),
	RUN("limit/open", limit_descriptors, BY_OPEN), RUN("limit/dup", limit_descriptors, BY_DUP),
	RUN("limit/dup2", limit_descriptors, BY_DUP2),
	RUN("limit/dupfd", limit_descriptors, BY_FCNTL),
	RUN("limit/pipe", limit_descriptors, BY_PIPE),
	RUN("limit/socketpair", limit_descriptors, BY_SOCKETPAIR),
	RUN("limit/epoll", limit_descriptors, BY_EPOLL),
	RUN("limit/passing", limit_descriptors, BY_PASSING),
	RUN("limit/memfd", limit_descriptors, BY_MEMFD),
	RUN("limit/create", limit_descriptors, BY_CREATE),
	RUN("limit/poll", limit_descriptors, BY_POLL),
	RUN("limit/size_write", limit_size, BY_WRITE),
	RUN("limit/size_last", limit_size, BY_LAST_WRITE),
	RUN("limit/size_pwrite", limit_size, BY_PWRITE),
	RUN("limit/size_truncate", limit_size, BY_TRUNCATE),
	RUN("limit/size_fallocate", limit_size, BY_FALLOCATE),
	RUN("limit/size_sendfile", limit_size, BY_SENDFILE),
	RUN("limit/size_copy", limit_size, BY_COPY),
	RUN("limit/size_writev", limit_size, BY_WRITEV),
	RUN("limit/size_splice", limit_size, BY_SPLICE),
	RUN("limit/size_kill", limit_size, BY_KILL),
	RUN("limit/signal_last", limit_size_signal, BY_LAST_WRITE),
	RUN("limit/signal_truncate", limit_size_signal, BY_TRUNCATE),
	RUN("limit/signal_fallocate", limit_size_signal, BY_FALLOCATE),
	RUN("limit/signal_write", limit_size_signal, BY_WRITE),
	RUN("limit/nice", limit_priority, 1), RUN("limit/nice_over", limit_priority, -1),
	RUN("limit/real_time", limit_real_time, 3),
	RUN("limit/real_time_over", limit_real_time, 4),
	RUN("limit/pending", limit_pending, 4), RUN("limit/pending_over", limit_pending, 5),
	RUN("limit/raise_root", limit_raise, 1), RUN("limit/raise", limit_raise, 0),
};

#endif
