// SPDX-License-Identifier: MIT
/* test_pidfd: descriptors that name processes, as Linux has them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "ktap.h"
#include "nap.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_send_signal 424
#define SYS_pidfd_open 434
#define SYS_pidfd_getfd 438
#endif
#define CLONE_PIDFD_FLAG 0x1000
#define P_PIDFD_TYPE 3

static int pidfd_open(pid_t pid, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static int send_signal(int fd, int sig, siginfo_t *info)
{
	return (int)syscall(SYS_pidfd_send_signal, fd, sig, info, 0);
}

static int wait_fd(int fd, siginfo_t *info, int options)
{
	memset(info, 0, sizeof(*info));
	return waitid(P_PIDFD_TYPE, (id_t)fd, info, options);
}

static short ready(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	CHECK(poll(&p, 1, ms) >= 0);
	return p.revents;
}

/* A child that waits for signals. */
static pid_t child(void)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		for (;;)
			pause();
	}
	return pid;
}

static void open_arguments(void)
{
	int fd = pidfd_open(getpid(), 0);
	char c;
	struct stat st;

	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDWR);
	CHECK_EQ(fcntl(pidfd_open(getpid(), O_NONBLOCK), F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_FAILS(pidfd_open(getpid(), 1), EINVAL);
	CHECK_FAILS(pidfd_open(0, 0), EINVAL);
	CHECK_FAILS(pidfd_open(-1, 0), EINVAL);
	CHECK_FAILS(pidfd_open(4000000, 0), ESRCH);
	CHECK_FAILS(read(fd, &c, 1), EINVAL);
	CHECK_FAILS(write(fd, "x", 1), EINVAL);
	CHECK_EQ(ready(fd, 0), 0);
}

static void ends_are_polled(void)
{
	pid_t pid = child();
	int fd = pidfd_open(pid, 0), other = pidfd_open(getpid(), 0);
	siginfo_t info;

	CHECK(fd >= 0);
	CHECK_EQ(ready(fd, 0), 0);
	CHECK_EQ(wait_fd(fd, &info, WEXITED | WNOHANG), 0);
	CHECK_EQ(info.si_pid, 0);
	if (fork() == 0) {
		nap_ms(20);
		kill(pid, SIGKILL);
		_exit(0);
	}
	CHECK_EQ(ready(fd, 10000), POLLIN);
	CHECK_EQ(ready(other, 0), 0);
	CHECK_EQ(send_signal(fd, 0, NULL), 0);
	CHECK_EQ(wait_fd(fd, &info, WEXITED | WNOWAIT), 0);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGKILL);
	CHECK_EQ(wait_fd(fd, &info, WEXITED), 0);
	CHECK_EQ(info.si_pid, pid);
	CHECK_FAILS(wait_fd(fd, &info, WEXITED), ECHILD);
	CHECK(ready(fd, 0) & POLLIN);
	CHECK_FAILS(send_signal(fd, 0, NULL), ESRCH);
	CHECK_FAILS(send_signal(fd, SIGKILL, NULL), ESRCH);
}

static void waits_arguments(void)
{
	pid_t pid = child();
	int fd = pidfd_open(pid, 0), lazy = pidfd_open(pid, O_NONBLOCK), pipes[2];
	siginfo_t info;

	CHECK_EQ(pipe(pipes), 0);
	CHECK_FAILS(wait_fd(pipes[0], &info, WEXITED), EBADF);
	CHECK_FAILS(wait_fd(99, &info, WEXITED), EBADF);
	CHECK_FAILS(wait_fd(-1, &info, WEXITED), EINVAL);
	CHECK_FAILS(wait_fd(lazy, &info, WEXITED), EAGAIN);
	CHECK_EQ(wait_fd(lazy, &info, WEXITED | WNOHANG), 0);
	CHECK_FAILS(wait_fd(pidfd_open(getpid(), 0), &info, WEXITED), ECHILD);
	CHECK_EQ(send_signal(fd, SIGTERM, NULL), 0);
	CHECK_EQ(wait_fd(fd, &info, WEXITED), 0);
	CHECK_EQ(info.si_status, SIGTERM);
}

static siginfo_t got;

static void note(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	got = *info;
}

static void signals(void)
{
	struct sigaction sa = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
	int fd = pidfd_open(getpid(), 0), pipes[2];
	siginfo_t info = { 0 };
	pid_t pid;

	CHECK_EQ(sigaction(SIGUSR1, &sa, NULL), 0);
	CHECK_EQ(send_signal(fd, SIGUSR1, NULL), 0);
	CHECK_EQ(got.si_code, SI_USER);
	CHECK_EQ(got.si_pid, getpid());
	CHECK_EQ(got.si_uid, (int)getuid());
	info.si_signo = SIGUSR1;
	info.si_code = SI_QUEUE;
	info.si_value.sival_int = 4711;
	info.si_pid = getpid();
	CHECK_EQ(send_signal(fd, SIGUSR1, &info), 0);
	CHECK_EQ(got.si_code, SI_QUEUE);
	CHECK_EQ(got.si_value.sival_int, 4711);
	CHECK_FAILS(send_signal(fd, SIGUSR2, &info), EINVAL);
	CHECK_FAILS(send_signal(fd, SIGUSR1, (void *)8), EFAULT);
	CHECK_FAILS(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 1), EINVAL);
	CHECK_FAILS(send_signal(fd, 65, NULL), EINVAL);
	CHECK_FAILS(send_signal(99, 0, NULL), EBADF);
	CHECK_EQ(pipe(pipes), 0);
	CHECK_FAILS(send_signal(pipes[0], 0, NULL), EBADF);
	pid = child();
	fd = pidfd_open(pid, 0);
	info.si_code = SI_USER;
	CHECK_FAILS(send_signal(fd, SIGUSR1, &info), EPERM);
	if (geteuid() == 0) {
		CHECK_EQ(setuid(1000), 0);
		CHECK_FAILS(send_signal(fd, SIGKILL, NULL), EPERM);
	}
}

static void proc_directories(void)
{
	pid_t pid = child();
	char path[32];
	int fd, status;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		SKIP("no /proc");
	CHECK_EQ(send_signal(fd, 0, NULL), 0);
	CHECK_FAILS(send_signal(open("/proc", O_RDONLY), 0, NULL), EBADF);
	CHECK_FAILS(send_signal(open("/", O_RDONLY), 0, NULL), EBADF);
	CHECK_FAILS(send_signal(open(path, O_PATH), 0, NULL), EBADF);
	CHECK_EQ(send_signal(fd, SIGTERM, NULL), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, SIGTERM);
	CHECK_FAILS(send_signal(fd, 0, NULL), ESRCH);
}

static void getfd(void)
{
	int pipes[2], fd, copy, status;
	char c = 0;
	pid_t pid;

	CHECK_EQ(pipe(pipes), 0);
	pid = child();
	fd = pidfd_open(pid, 0);
	copy = (int)syscall(SYS_pidfd_getfd, fd, pipes[0], 0);
	CHECK(copy >= 0 && copy != pipes[0]);
	CHECK_EQ(fcntl(copy, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(write(pipes[1], "x", 1), 1);
	CHECK_EQ(read(copy, &c, 1), 1);
	CHECK_EQ(c, 'x');
	CHECK_FAILS(syscall(SYS_pidfd_getfd, fd, 99, 0), EBADF);
	CHECK_FAILS(syscall(SYS_pidfd_getfd, fd, -1, 0), EBADF);
	CHECK_FAILS(syscall(SYS_pidfd_getfd, fd, pipes[0], 1), EINVAL);
	CHECK_FAILS(syscall(SYS_pidfd_getfd, pipes[0], 0, 0), EBADF);
	if (geteuid() == 0) {
		if (fork() == 0) {
			CHECK_EQ(setuid(1000), 0);
			CHECK_FAILS(syscall(SYS_pidfd_getfd, fd, pipes[0], 0), EPERM);
			_exit(0);
		}
		CHECK(wait(&status) > 0);
		CHECK_EQ(status, 0);
	}
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(ready(fd, 10000), POLLIN);
	CHECK_FAILS(syscall(SYS_pidfd_getfd, fd, pipes[0], 0), ESRCH);
}

struct args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

static void clones(void)
{
	struct args args = { .flags = CLONE_PIDFD_FLAG, .exit_signal = SIGCHLD };
	siginfo_t info;
	int fd = -1;
	long pid;

	pid = syscall(SYS_clone, CLONE_PIDFD_FLAG | SIGCHLD, 0, &fd, 0, 0);
	if (pid == 0)
		_exit(5);
	CHECK(pid > 0 && fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(wait_fd(fd, &info, WEXITED), 0);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_status, 5);
	close(fd);
	args.pidfd = (uintptr_t)&fd;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		_exit(6);
	CHECK(pid > 0 && fd >= 0);
	CHECK_EQ(wait_fd(fd, &info, WEXITED), 0);
	CHECK_EQ(info.si_status, 6);
	CHECK(ready(fd, 0) & POLLIN);
	close(fd);
	CHECK_FAILS(syscall(SYS_clone, CLONE_PIDFD_FLAG | CLONE_PARENT_SETTID | SIGCHLD, 0, &fd,
			    0, 0), EINVAL);
	CHECK_FAILS(syscall(SYS_clone, CLONE_PIDFD_FLAG | CLONE_THREAD | CLONE_VM | CLONE_SIGHAND |
			    CLONE_FS | CLONE_FILES, 8, &fd, 0, 0), EINVAL);
	args.pidfd = 8;
	CHECK_FAILS(syscall(SYS_clone3, &args, sizeof(args)), EFAULT);
	/* Nothing was left open. */
	CHECK_EQ(dup(0), fd);
	CHECK_FAILS(waitpid(-1, NULL, 0), ECHILD);
}

static int line_of(int fd, const char *key)
{
	char path[64], text[512] = "", *at;
	int file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = open(path, O_RDONLY);
	if (file < 0)
		SKIP("no /proc");
	CHECK(read(file, text, sizeof(text) - 1) > 0);
	close(file);
	at = strstr(text, key);
	CHECK(at);
	return atoi(at + strlen(key));
}

static void shown(void)
{
	char text[64] = "", path[64];
	pid_t pid = child();
	int fd = pidfd_open(pid, 0), status;

	CHECK_EQ(line_of(fd, "\nPid:\t"), pid);
	CHECK_EQ(line_of(fd, "\nNSpid:\t"), pid);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK(readlink(path, text, sizeof(text) - 1) > 0);
	CHECK(strcmp(text, "anon_inode:[pidfd]") == 0);
	CHECK_EQ(send_signal(fd, SIGKILL, NULL), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(line_of(fd, "\nPid:\t"), -1);
}

static void execs_keep_it(void)
{
	pid_t pid = fork();
	siginfo_t info;
	int fd;

	if (pid == 0) {
		close(1);	/* its report is nobody's */
		execl("/proc/self/exe", "test_pidfd", "open_arguments", NULL);
		_exit(1);
	}
	fd = pidfd_open(pid, 0);
	CHECK(fd >= 0);
	CHECK_EQ(ready(fd, 10000), POLLIN);
	CHECK_EQ(wait_fd(fd, &info, WEXITED), 0);
	CHECK_EQ(info.si_status, 0);
}

static const struct ktap_test tests[] = {
	TEST(open_arguments),
	TEST(ends_are_polled),
	TEST(waits_arguments),
	TEST(signals),
	TEST(proc_directories),
	TEST(getfd),
	TEST(clones),
	TEST(shown),
	TEST(execs_keep_it),
};

int main(int argc, char **argv)
{
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(*tests));
}
