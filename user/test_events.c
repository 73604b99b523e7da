// SPDX-License-Identifier: MIT
/* test_events: eventfd, timerfd, signalfd, epoll, as Linux has them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>

#include "ktap.h"
#include "nap.h"

#define MS 1000000l

#ifndef EPOLLEXCLUSIVE
#define EPOLLEXCLUSIVE (1u << 28)
#endif

static long now_ms(clockid_t clock)
{
	struct timespec t;

	CHECK_EQ(clock_gettime(clock, &t), 0);
	return t.tv_sec * 1000 + t.tv_nsec / MS;
}

static short ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

static uint64_t get(int fd)
{
	uint64_t value = 0;

	CHECK_EQ(read(fd, &value, sizeof(value)), 8);
	return value;
}

static void put(int fd, uint64_t value)
{
	CHECK_EQ(write(fd, &value, sizeof(value)), 8);
}

/* ---- eventfd ------------------------------------------------------------- */

static void eventfd_counts(void)
{
	int fd = eventfd(5, EFD_NONBLOCK);
	uint64_t value = ~0ull;
	struct stat st;

	CHECK(fd >= 0);
	CHECK_EQ(ready(fd), POLLIN | POLLOUT);
	CHECK_EQ(get(fd), 5);
	CHECK_EQ(ready(fd), POLLOUT);
	CHECK_FAILS(read(fd, &value, 8), EAGAIN);
	CHECK_FAILS(read(fd, &value, 7), EINVAL);
	CHECK_FAILS(write(fd, &value, 7), EINVAL);
	value = ~0ull;
	CHECK_FAILS(write(fd, &value, 8), EINVAL);
	put(fd, ~0ull - 1);
	CHECK_EQ(ready(fd), POLLIN);
	value = 1;
	CHECK_FAILS(write(fd, &value, 8), EAGAIN);
	CHECK_EQ((long long)get(fd), (long long)(~0ull - 1));
	put(fd, 3);
	put(fd, 4);
	CHECK_EQ(get(fd), 7);
	CHECK_FAILS(pread(fd, &value, 8, 0), ESPIPE);
	put(fd, 1);
	CHECK_FAILS(read(fd, (void *)8, 8), EFAULT);
	CHECK_FAILS(write(fd, (void *)8, 8), EFAULT);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode, 0600);
	CHECK_FAILS(eventfd(0, 4), EINVAL);
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE), O_NONBLOCK | O_RDWR);
	CHECK_EQ(fcntl(eventfd(0, EFD_CLOEXEC), F_GETFD), FD_CLOEXEC);
}

static void eventfd_semaphore(void)
{
	int fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	uint64_t value;

	CHECK_EQ(get(fd), 1);
	CHECK_EQ(get(fd), 1);
	CHECK_FAILS(read(fd, &value, 8), EAGAIN);
}

static void eventfd_blocks(void)
{
	int a = eventfd(0, 0), b = eventfd(0, 0), status;
	pid_t pid = fork();

	if (pid == 0) {
		for (int i = 1; i <= 50; i++) {
			if (get(a) != (uint64_t)i)
				_exit(1);
			put(b, ~0ull - 1);
			put(b, i);	/* waits until it was read */
		}
		_exit(0);
	}
	for (int i = 1; i <= 50; i++) {
		put(a, i);
		CHECK(get(b) == ~0ull - 1);
		CHECK_EQ(get(b), i);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* ---- timerfd -------------------------------------------------------------- */

static void timer_set(int fd, int flags, long first_ms, long period_ms)
{
	struct itimerspec t = {
		.it_value = { first_ms / 1000, first_ms % 1000 * MS },
		.it_interval = { period_ms / 1000, period_ms % 1000 * MS },
	};

	CHECK_EQ(timerfd_settime(fd, flags, &t, NULL), 0);
}

static void timerfd_expires(void)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME };
	struct itimerspec t;
	uint64_t value;

	for (int i = 0; i < 3; i++) {
		int fd = timerfd_create(clocks[i], 0);
		long start = now_ms(clocks[i]);

		CHECK(fd >= 0);
		CHECK_EQ(ready(fd), 0);
		CHECK_EQ(timerfd_gettime(fd, &t), 0);
		CHECK(t.it_value.tv_sec == 0 && t.it_value.tv_nsec == 0);
		timer_set(fd, 0, 30, 0);
		CHECK_EQ(get(fd), 1);
		CHECK(now_ms(clocks[i]) >= start + 30);
		timer_set(fd, TFD_TIMER_ABSTIME, now_ms(clocks[i]) + 20, 0);
		CHECK_EQ(get(fd), 1);
		CHECK(now_ms(clocks[i]) >= start + 50);
		timer_set(fd, TFD_TIMER_ABSTIME, 1, 0);	/* long ago */
		CHECK_EQ(get(fd), 1);
		CHECK_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
		CHECK_FAILS(read(fd, &value, 8), EAGAIN);
		CHECK_FAILS(read(fd, &value, 4), EINVAL);
		CHECK_FAILS(write(fd, &value, 8), EINVAL);
		close(fd);
	}
}

static void timerfd_period(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct itimerspec t, old;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t n;

	timer_set(fd, 0, 20, 20);
	nap_ms(110);
	CHECK_EQ(ready(fd), POLLIN);
	n = get(fd);
	CHECK(n >= 5);
	CHECK_EQ(ready(fd) & POLLIN, 0);
	CHECK_EQ(poll(&p, 1, 1000), 1);
	CHECK(get(fd) >= 1);
	CHECK_EQ(timerfd_gettime(fd, &t), 0);
	CHECK_EQ(t.it_interval.tv_nsec, 20 * MS);
	CHECK(t.it_value.tv_nsec > 0 && t.it_value.tv_nsec <= 20 * MS);
	t = (struct itimerspec){ .it_value = { 100, 0 } };
	CHECK_EQ(timerfd_settime(fd, 0, &t, &old), 0);
	CHECK_EQ(old.it_interval.tv_nsec, 20 * MS);
	CHECK_EQ(timerfd_gettime(fd, &t), 0);
	CHECK(t.it_value.tv_sec == 99 || t.it_value.tv_sec == 100);
	timer_set(fd, 0, 0, 0);
	CHECK_EQ(timerfd_gettime(fd, &t), 0);
	CHECK(t.it_value.tv_sec == 0 && t.it_value.tv_nsec == 0);
}

static void timerfd_refuses(void)
{
	struct itimerspec t = { .it_value = { 0, 1000000000 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0), event = eventfd(0, 0);

	CHECK_FAILS(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0), EINVAL);
	CHECK_FAILS(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
	CHECK_FAILS(timerfd_settime(fd, 0, &t, NULL), EINVAL);
	t.it_value.tv_nsec = 1;
	CHECK_FAILS(timerfd_settime(fd, 8, &t, NULL), EINVAL);
	CHECK_FAILS(timerfd_settime(event, 0, &t, NULL), EINVAL);
	CHECK_FAILS(timerfd_settime(0, 0, &t, NULL), EINVAL);
	CHECK_FAILS(timerfd_settime(99, 0, &t, NULL), EBADF);
	CHECK_FAILS(timerfd_gettime(event, &t), EINVAL);
	CHECK_FAILS(syscall(SYS_timerfd_settime, fd, 0, NULL, NULL), EFAULT);
	CHECK_FAILS(syscall(SYS_timerfd_gettime, fd, NULL), EFAULT);
}

/* ---- signalfd -------------------------------------------------------------- */

static int block(int a, int b)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, a);
	sigaddset(&set, b);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	return signalfd(-1, &set, SFD_NONBLOCK);
}

static void signalfd_reads(void)
{
	struct signalfd_siginfo info[4];
	union sigval value = { .sival_int = 77 };
	int fd = block(SIGUSR1, SIGRTMIN + 1);
	sigset_t set;

	CHECK(fd >= 0);
	CHECK_EQ(ready(fd), 0);
	CHECK_FAILS(read(fd, info, sizeof(info)), EAGAIN);
	CHECK_FAILS(read(fd, info, 100), EINVAL);
	kill(getpid(), SIGUSR1);
	CHECK_EQ(sigqueue(getpid(), SIGRTMIN + 1, value), 0);
	CHECK_EQ(ready(fd), POLLIN);
	CHECK_EQ(read(fd, info, sizeof(info)), 2 * sizeof(*info));
	CHECK_EQ(info[0].ssi_signo, SIGUSR1);
	CHECK_EQ(info[0].ssi_code, SI_USER);
	CHECK_EQ(info[0].ssi_pid, getpid());
	CHECK_EQ(info[1].ssi_signo, SIGRTMIN + 1);
	CHECK_EQ(info[1].ssi_code, SI_QUEUE);
	CHECK_EQ(info[1].ssi_int, 77);
	CHECK_EQ(ready(fd), 0);
	/* Another set on the same descriptor. */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK_EQ(signalfd(fd, &set, 0), fd);
	kill(getpid(), SIGUSR1);
	CHECK_EQ(ready(fd), 0);
	CHECK_FAILS(signalfd(0, &set, 0), EINVAL);
	CHECK_FAILS(signalfd(99, &set, 0), EBADF);
	CHECK_FAILS(signalfd(-1, &set, 1), EINVAL);
	CHECK_FAILS(syscall(SYS_signalfd4, -1, &set, 4, 0), EINVAL);
}

static void signalfd_waits(void)
{
	struct signalfd_siginfo info;
	int fd = block(SIGCHLD, SIGUSR2), status;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	pid_t pid = fork();

	if (pid == 0) {
		nap_ms(30);
		_exit(3);
	}
	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK_EQ(fcntl(fd, F_SETFL, 0), 0);
	CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGCHLD);
	CHECK_EQ(info.ssi_pid, pid);
	CHECK_EQ(info.ssi_status, 3);
	CHECK_EQ(info.ssi_code, CLD_EXITED);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	pid = fork();
	if (pid == 0) {
		nap_ms(30);
		kill(getppid(), SIGUSR2);
		_exit(0);
	}
	CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGUSR2);
	waitpid(pid, &status, 0);
}

/* ---- epoll ------------------------------------------------------------------ */

static int set_add(int epfd, int op, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = { .events = events, .data.u64 = data };

	return epoll_ctl(epfd, op, fd, &e);
}

/* Waits for one event: its bits, 0: none came. */
static uint32_t next(int epfd, int ms, uint64_t *data)
{
	struct epoll_event e = { 0 };
	int n = epoll_wait(epfd, &e, 1, ms);

	CHECK(n >= 0);
	if (n && data)
		*data = e.data.u64;
	return n ? e.events : 0;
}

static void epoll_level(void)
{
	int epfd = epoll_create1(EPOLL_CLOEXEC), pair[2], event = eventfd(0, EFD_NONBLOCK);
	struct epoll_event all[8];
	uint64_t data = 0;
	char c;

	CHECK(epfd >= 0);
	CHECK_EQ(fcntl(epfd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(next(epfd, 0, NULL), 0);
	CHECK_EQ(pipe(pair), 0);
	CHECK_EQ(set_add(epfd, EPOLL_CTL_ADD, pair[0], EPOLLIN, 11), 0);
	CHECK_EQ(set_add(epfd, EPOLL_CTL_ADD, pair[1], EPOLLOUT, 22), 0);
	CHECK_EQ(next(epfd, -1, &data), EPOLLOUT);
	CHECK_EQ(data, 22);
	CHECK_EQ(write(pair[1], "ab", 2), 2);
	CHECK_EQ(epoll_wait(epfd, all, 8, -1), 2);
	CHECK_EQ(epoll_wait(epfd, all, 8, -1), 2);
	CHECK_EQ(all[0].data.u64 + all[1].data.u64, 33);
	CHECK_EQ(set_add(epfd, EPOLL_CTL_DEL, pair[1], 0, 0), 0);
	CHECK_EQ(next(epfd, 0, &data), EPOLLIN);
	CHECK_EQ(data, 11);
	CHECK_EQ(read(pair[0], &c, 1), 1);
	CHECK_EQ(next(epfd, 0, NULL), EPOLLIN);
	CHECK_EQ(read(pair[0], &c, 1), 1);
	CHECK_EQ(next(epfd, 0, NULL), 0);
	close(pair[1]);
	CHECK_EQ(next(epfd, 0, NULL), EPOLLHUP);
	CHECK_EQ(set_add(epfd, EPOLL_CTL_MOD, pair[0], 0, 12), 0);
	CHECK_EQ(next(epfd, 0, &data), EPOLLHUP);
	CHECK_EQ(data, 12);
	CHECK_EQ(set_add(epfd, EPOLL_CTL_ADD, event, EPOLLIN, 5), 0);
	put(event, 1);
	CHECK_EQ(epoll_wait(epfd, all, 1, 0), 1);
	CHECK_EQ(epoll_wait(epfd, all + 1, 1, 0), 1);
	CHECK(all[0].data.u64 != all[1].data.u64);	/* in turn */
	CHECK_EQ(ready(epfd), POLLIN);
	CHECK_EQ(fcntl(pair[0], F_GETFD), 0);
}

static void epoll_edge_and_oneshot(void)
{
	int epfd = epoll_create(1), event = eventfd(0, EFD_NONBLOCK);

	CHECK_EQ(set_add(epfd, EPOLL_CTL_ADD, event, EPOLLIN | EPOLLET, 1), 0);
	CHECK_EQ(next(epfd, 0, NULL), 0);
	put(event, 1);
	CHECK_EQ(next(epfd, 0, NULL), EPOLLIN);
	CHECK_EQ(next(epfd, 0, NULL), 0);
	put(event, 1);
	CHECK_EQ(next(epfd, 0, NULL), EPOLLIN);
	CHECK_EQ(next(epfd, 0, NULL), 0);
	CHECK_EQ(set_add(epfd, EPOLL_CTL_MOD, event, EPOLLIN | EPOLLET, 1), 0);
	CHECK_EQ(next(epfd, 0, NULL), EPOLLIN);
	CHECK_EQ(set_add(epfd, EPOLL_CTL_MOD, event, EPOLLIN | EPOLLONESHOT, 1), 0);
	CHECK_EQ(next(epfd, 0, NULL), EPOLLIN);
	put(event, 1);
	CHECK_EQ(next(epfd, 0, NULL), 0);
	CHECK_EQ(set_add(epfd, EPOLL_CTL_MOD, event, EPOLLIN | EPOLLONESHOT, 1), 0);
	CHECK_EQ(next(epfd, 0, NULL), EPOLLIN);
	CHECK_EQ(next(epfd, 0, NULL), 0);
}

/* A pipe that is not drained gives an edge for each write. */
static void epoll_edge_of_a_pipe(void)
{
	int epfd = epoll_create(1), pair[2];

	CHECK_EQ(pipe(pair), 0);
	CHECK_EQ(set_add(epfd, EPOLL_CTL_ADD, pair[0], EPOLLIN | EPOLLET, 1), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(write(pair[1], "x", 1), 1);
		CHECK_EQ(next(epfd, 0, NULL), EPOLLIN);
		CHECK_EQ(next(epfd, 0, NULL), 0);
	}
}

static void epoll_waits(void)
{
	int epfd = epoll_create(1), event = eventfd(0, 0), status;
	struct timespec t = { 0, 50 * MS };
	struct epoll_event e;
	long start = now_ms(CLOCK_MONOTONIC);
	pid_t pid;

	CHECK_EQ(next(epfd, 40, NULL), 0);
	CHECK(now_ms(CLOCK_MONOTONIC) >= start + 40);
	start = now_ms(CLOCK_MONOTONIC);
	if (syscall(SYS_epoll_pwait2, epfd, &e, 1, &t, NULL, 0) == 0)
		CHECK(now_ms(CLOCK_MONOTONIC) >= start + 50);
	else
		CHECK_EQ(errno, ENOSYS);
	CHECK_EQ(set_add(epfd, EPOLL_CTL_ADD, event, EPOLLIN, 9), 0);
	pid = fork();
	if (pid == 0) {
		nap_ms(30);
		put(event, 1);
		_exit(0);
	}
	CHECK_EQ(next(epfd, 5000, NULL), EPOLLIN);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
}

static void on_signal(int sig)
{
	(void)sig;
}

static void epoll_is_interrupted(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	int epfd = epoll_create(1);
	struct epoll_event e;
	sigset_t empty, alarmed;

	CHECK_EQ(sigaction(SIGALRM, &sa, NULL), 0);
	alarm(1);
	CHECK_FAILS(epoll_wait(epfd, &e, 1, -1), EINTR);
	sigemptyset(&empty);
	sigemptyset(&alarmed);
	sigaddset(&alarmed, SIGALRM);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &alarmed, NULL), 0);
	raise(SIGALRM);
	CHECK_EQ(epoll_wait(epfd, &e, 1, 20), 0);
	CHECK_FAILS(epoll_pwait(epfd, &e, 1, 1000, &empty), EINTR);
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &empty), 0);
	CHECK(sigismember(&empty, SIGALRM));
}

static void epoll_files_leave(void)
{
	int epfd = epoll_create(1), event = eventfd(1, 0), copy = dup(event);

	CHECK_EQ(set_add(epfd, EPOLL_CTL_ADD, event, EPOLLIN, 1), 0);
	CHECK_EQ(set_add(epfd, EPOLL_CTL_ADD, copy, EPOLLIN, 2), 0);
	CHECK_FAILS(set_add(epfd, EPOLL_CTL_ADD, copy, EPOLLIN, 2), EEXIST);
	close(event);
	CHECK(next(epfd, 0, NULL) == EPOLLIN);	/* open by its copy */
	close(copy);
	CHECK_EQ(next(epfd, 0, NULL), 0);
	event = eventfd(1, 0);
	CHECK_EQ(set_add(epfd, EPOLL_CTL_ADD, event, EPOLLIN, 3), 0);
	CHECK_EQ(next(epfd, 0, NULL), EPOLLIN);
	close(epfd);
	CHECK_EQ(get(event), 1);
}

static void epoll_refuses(void)
{
	int epfd = epoll_create(1), event = eventfd(0, 0), other = epoll_create(1);
	int file = open("/test_events.tmp", O_CREAT | O_RDWR, 0600);
	struct epoll_event e;

	CHECK_FAILS(syscall(SYS_epoll_create, 0), EINVAL);
	CHECK_FAILS(epoll_create1(1), EINVAL);
	CHECK_FAILS(set_add(epfd, EPOLL_CTL_ADD, 99, EPOLLIN, 0), EBADF);
	CHECK_FAILS(set_add(99, EPOLL_CTL_ADD, event, EPOLLIN, 0), EBADF);
	CHECK_FAILS(set_add(event, EPOLL_CTL_ADD, epfd, EPOLLIN, 0), EINVAL);
	CHECK_FAILS(set_add(epfd, EPOLL_CTL_ADD, epfd, EPOLLIN, 0), EINVAL);
	CHECK_FAILS(set_add(epfd, EPOLL_CTL_ADD, file, EPOLLIN, 0), EPERM);
	CHECK_FAILS(set_add(epfd, EPOLL_CTL_MOD, event, EPOLLIN, 0), ENOENT);
	CHECK_FAILS(set_add(epfd, EPOLL_CTL_DEL, event, EPOLLIN, 0), ENOENT);
	CHECK_FAILS(set_add(epfd, 77, event, EPOLLIN, 0), EINVAL);
	CHECK_FAILS(syscall(SYS_epoll_ctl, epfd, EPOLL_CTL_ADD, event, NULL), EFAULT);
	CHECK_FAILS(epoll_wait(event, &e, 1, 0), EINVAL);
	CHECK_FAILS(epoll_wait(epfd, &e, 0, 0), EINVAL);
	CHECK_FAILS(epoll_wait(epfd, &e, -1, 0), EINVAL);
	CHECK_FAILS(epoll_wait(99, &e, 1, 0), EBADF);
	CHECK_FAILS(set_add(epfd, EPOLL_CTL_ADD, other, EPOLLIN | EPOLLEXCLUSIVE, 0), EINVAL);
	CHECK_FAILS(set_add(epfd, EPOLL_CTL_ADD, event,
			    EPOLLIN | EPOLLRDHUP | EPOLLEXCLUSIVE, 0), EINVAL);
	CHECK_EQ(set_add(epfd, EPOLL_CTL_ADD, event, EPOLLIN | EPOLLEXCLUSIVE, 0), 0);
	CHECK_FAILS(set_add(epfd, EPOLL_CTL_MOD, event, EPOLLIN, 0), EINVAL);
	CHECK_FAILS(set_add(epfd, EPOLL_CTL_MOD, event, EPOLLIN | EPOLLEXCLUSIVE, 0), EINVAL);
	CHECK_FAILS(read(epfd, &e, sizeof(e)), EINVAL);
	CHECK_FAILS(write(epfd, &e, sizeof(e)), EINVAL);
	unlink("/test_events.tmp");
}

static void epoll_nests(void)
{
	int event = eventfd(0, EFD_NONBLOCK), set[6], pair[2];

	for (int i = 0; i < 6; i++)
		set[i] = epoll_create(1);
	CHECK_EQ(set_add(set[0], EPOLL_CTL_ADD, event, EPOLLIN, 1), 0);
	for (int i = 1; i < 5; i++)
		CHECK_EQ(set_add(set[i], EPOLL_CTL_ADD, set[i - 1], EPOLLIN, 1), 0);
	CHECK_FAILS(set_add(set[5], EPOLL_CTL_ADD, set[4], EPOLLIN, 1), ELOOP);
	CHECK_FAILS(set_add(set[0], EPOLL_CTL_ADD, set[4], EPOLLIN, 1), ELOOP);
	CHECK_FAILS(set_add(set[0], EPOLL_CTL_ADD, set[1], EPOLLIN, 1), ELOOP);
	CHECK_EQ(next(set[4], 0, NULL), 0);
	put(event, 1);
	CHECK_EQ(next(set[4], 1000, NULL), EPOLLIN);
	CHECK_EQ(next(set[2], 0, NULL), EPOLLIN);
	CHECK_EQ(get(event), 1);
	CHECK_EQ(next(set[4], 0, NULL), 0);
	CHECK_EQ(ready(set[4]), 0);
	CHECK_EQ(pipe(pair), 0);
}

static void epoll_many(void)
{
	enum { MANY = 200 };
	int epfd = epoll_create(1), fd[MANY];
	struct epoll_event e[MANY];
	uint64_t sum = 0;

	for (int i = 0; i < MANY; i++) {
		fd[i] = eventfd(0, EFD_NONBLOCK);
		CHECK_EQ(set_add(epfd, EPOLL_CTL_ADD, fd[i], EPOLLIN, i), 0);
	}
	for (int i = 0; i < MANY; i += 2)
		put(fd[i], 1);
	CHECK_EQ(epoll_wait(epfd, e, MANY, 0), MANY / 2);
	for (int i = 0; i < MANY / 2; i++)
		sum += e[i].data.u64;
	CHECK_EQ(sum, (MANY / 2) * (MANY / 2 - 1));
	for (int i = 0; i < MANY; i += 4)
		close(fd[i]);
	CHECK_EQ(epoll_wait(epfd, e, MANY, 0), MANY / 4);
}

/* Timers and signals in a set. */
static void epoll_of_events(void)
{
	int epfd = epoll_create(1), timer = timerfd_create(CLOCK_MONOTONIC, 0);
	int signals = block(SIGUSR1, SIGUSR2);
	uint64_t data;

	CHECK_EQ(set_add(epfd, EPOLL_CTL_ADD, timer, EPOLLIN, 1), 0);
	CHECK_EQ(set_add(epfd, EPOLL_CTL_ADD, signals, EPOLLIN, 2), 0);
	timer_set(timer, 0, 30, 0);
	CHECK_EQ(next(epfd, 5000, &data), EPOLLIN);
	CHECK_EQ(data, 1);
	CHECK_EQ(get(timer), 1);
	kill(getpid(), SIGUSR2);
	CHECK_EQ(next(epfd, 5000, &data), EPOLLIN);
	CHECK_EQ(data, 2);
}

#define WAITERS 4

/* How many of several epoll descriptors are told of one write. */
static int told_of_a_write(uint32_t mode)
{
	int ends[2], told[2], count = 0;
	pid_t pids[WAITERS];
	char c;

	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(pipe2(told, O_NONBLOCK), 0);
	for (int i = 0; i < WAITERS; i++) {
		struct epoll_event e = { .events = EPOLLIN | mode };
		int ep = epoll_create1(0);

		CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &e), 0);
		pids[i] = fork();
		if (pids[i] == 0) {
			if (epoll_wait(ep, &e, 1, -1) == 1)
				write(told[1], "x", 1);
			for (;;)
				pause();
		}
		close(ep);
	}
	nap_ms(60);
	CHECK_EQ(write(ends[1], "x", 1), 1);
	nap_ms(60);
	while (read(told[0], &c, 1) == 1)
		count++;
	for (int i = 0; i < WAITERS; i++) {
		kill(pids[i], SIGKILL);
		CHECK_EQ(waitpid(pids[i], NULL, 0), pids[i]);
	}
	return count;
}

static void epoll_exclusive_tells_one(void)
{
	CHECK_EQ(told_of_a_write(0), WAITERS);
	CHECK_EQ(told_of_a_write(EPOLLEXCLUSIVE), 1);
}

static const struct ktap_test tests[] = {
	TEST(epoll_exclusive_tells_one),
	TEST(eventfd_counts), TEST(eventfd_semaphore), TEST(eventfd_blocks),
	TEST(timerfd_expires), TEST(timerfd_period), TEST(timerfd_refuses),
	TEST(signalfd_reads), TEST(signalfd_waits),
	TEST(epoll_level), TEST(epoll_edge_and_oneshot), TEST(epoll_edge_of_a_pipe),
	TEST(epoll_waits), TEST(epoll_is_interrupted), TEST(epoll_files_leave),
	TEST(epoll_refuses), TEST(epoll_nests), TEST(epoll_many), TEST(epoll_of_events),
};

int main(int argc, char **argv)
{
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
