// SPDX-License-Identifier: MIT
/*
 * test_conform: what conformance suites written by others found to differ from
 * Linux 6.1. It passes on Linux too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "usertests.h"

#define CLOSE_RANGE_UNSHARE 2u
#define CLOSE_RANGE_CLOEXEC 4u
#define FLAGS_NT 0x4000ul
#define AUTODISARM (1u << 31)
#define POPULATE_READ 22
#define POPULATE_WRITE 23
#ifndef CLOCK_TAI
#define CLOCK_TAI 11
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

static long call3(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

/* ---- registers ----------------------------------------------------------- */

/* Only the low half of the number counts. */
static void call_number_has_32_bits(void)
{
	CHECK_EQ(call3((long)0xdeadbeef00000000 | SYS_getpid, 0, 0, 0), getpid());
	CHECK_EQ(call3(0x100000000, -1, 0, 0), -EBADF);	/* read */
	CHECK_EQ(call3(0xffffffff, 0, 0, 0), -ENOSYS);
}

static void nested_task_flag_is_kept(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq; orq %1, (%%rsp); popfq\n\t"
			 "mov %2, %%eax; syscall\n\t"
			 "pushfq; popq %0; pushfq; andq %3, (%%rsp); popfq"
			 : "=&r"(flags)
			 : "r"(FLAGS_NT), "i"(SYS_getpid), "r"(~FLAGS_NT)
			 : "rax", "rcx", "r11", "memory", "cc");
	CHECK(flags & FLAGS_NT);
}

static volatile uint64_t sent_to, came_from;

/* To a place that no instruction can be at, and away from there. */
static void jump(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	if (sig == SIGUSR1) {
		uc->uc_mcontext.gregs[REG_RIP] = (greg_t)sent_to;
		/* What sysret would want. */
		uc->uc_mcontext.gregs[REG_RCX] = (greg_t)sent_to;
		return;
	}
	came_from = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
	fault_code = info->si_code;
	siglongjmp(back, 1);
}

static void return_to_no_address(void)
{
	struct sigaction sa = { .sa_sigaction = jump, .sa_flags = SA_SIGINFO };
	int bit;

	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	for (bit = 47; bit < 64; bit++) {
		sent_to = 1ul << bit;
		came_from = 0;
		if (sigsetjmp(back, 1) == 0)
			raise(SIGUSR1);
		CHECK_EQ(came_from, sent_to);
		CHECK_EQ(fault_code, SI_KERNEL);
	}
}

/* The handler itself is at no address: found when it would run. */
static void handler_at_no_address(void)
{
	struct sigaction sa = { .sa_sigaction = jump, .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &sa, NULL);
	handle(SIGALRM, (void (*)(int))(1ul << 60), 0);
	came_from = 0;
	if (sigsetjmp(back, 1) == 0) {
		/* It comes while the program runs, not in a system call. */
		ualarm(1000, 0);
		for (;;)
			__asm__ volatile("");
	}
	CHECK_EQ(came_from, 1ul << 60);
}

/* ---- the alternate stack --------------------------------------------------- */

static char stack[64 << 10];
static volatile int disarmed;

static void look_at_stack(int sig)
{
	stack_t now;

	(void)sig;
	sigaltstack(NULL, &now);
	disarmed = now.ss_flags == SS_DISABLE;
}

static void alternate_stack_disarms(void)
{
	stack_t want = { .ss_sp = stack, .ss_size = sizeof(stack),
			 .ss_flags = (int)AUTODISARM }, now;

	CHECK_EQ(sigaltstack(&want, NULL), 0);
	handle(SIGUSR1, look_at_stack, SA_ONSTACK);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK(disarmed);
	CHECK_EQ(sigaltstack(NULL, &now), 0);
	CHECK(now.ss_sp == stack && now.ss_size == sizeof(stack));
	CHECK_EQ((unsigned int)now.ss_flags, AUTODISARM);
	want.ss_flags = SS_ONSTACK | 4;
	CHECK_FAILS(sigaltstack(&want, NULL), EINVAL);
}

static void recurse(int sig)
{
	char use[1500];

	memset(use, sig, sizeof(use));
	__asm__ volatile("" : : "r"(use) : "memory");
	raise(sig);
}

/* Frames go on down the alternate stack, but not out of it. */
static void alternate_stack_overflows(void)
{
	stack_t want = { .ss_sp = stack + 32768, .ss_size = 16384 };
	pid_t pid;
	int status;

	memset(stack, 0x55, sizeof(stack));
	pid = fork();
	if (pid == 0) {
		sigaltstack(&want, NULL);
		handle(SIGUSR1, recurse, SA_ONSTACK | SA_NODEFER);
		raise(SIGUSR1);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

/* ---- clocks ---------------------------------------------------------------- */

static void clocks_that_sleep(void)
{
	static const struct {
		clockid_t clock;
		int sleeps;
	} clocks[] = {
		{ CLOCK_REALTIME, 0 }, { CLOCK_MONOTONIC, 0 }, { CLOCK_BOOTTIME, 0 },
		{ CLOCK_TAI, 0 }, { CLOCK_MONOTONIC_RAW, EOPNOTSUPP },
		{ CLOCK_REALTIME_COARSE, EOPNOTSUPP }, { CLOCK_THREAD_CPUTIME_ID, EINVAL },
		{ CLOCK_MONOTONIC_COARSE, EOPNOTSUPP }, { 10, EINVAL }, { 12, EINVAL },
	};
	struct timespec t = { .tv_nsec = 1000 }, now;
	unsigned int i;

	for (i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
		CHECK_EQ(clock_nanosleep(clocks[i].clock, 0, &t, NULL), clocks[i].sleeps);
	CHECK_EQ(clock_gettime(CLOCK_TAI, &now), 0);
	CHECK(now.tv_sec >= time(NULL) - 1);
	CHECK_EQ(syscall(SYS_clock_getres, CLOCK_TAI, &t), 0);
	CHECK_EQ(t.tv_nsec, 1);
}

/* A timer that is due all the time leaves the program some. */
static void timer_of_a_microsecond(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct itimerspec often = { { 0, 1000 }, { 0, 1000 } };
	struct timespec begin, now;
	timer_t timer;

	handle(SIGRTMIN, count_signal, 0);
	CHECK_EQ(timer_create(CLOCK_REALTIME, &event, &timer), 0);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	CHECK_EQ(timer_settime(timer, 0, &often, NULL), 0);
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - begin.tv_sec) * 1000000000 + now.tv_nsec - begin.tv_nsec <
		 100000000);
	CHECK_EQ(timer_delete(timer), 0);
	CHECK(signals >= 10);
}

/* ---- memory ---------------------------------------------------------------- */

static void mincore_of_too_much(void)
{
	char *p = map(PAGE, RW, ANON);
	unsigned char vec[1];

	CHECK_FAILS(mincore(p, -1, vec), ENOMEM);
	CHECK_FAILS(mincore(p + 1, PAGE, vec), EINVAL);
	CHECK_FAILS(mincore(p, PAGE, NULL), EFAULT);
	CHECK_EQ(mincore(p, 0, NULL), 0);
	munmap(p, PAGE);
}

static void populate_what_may_not_be(void)
{
	char *p = map(PAGE, PROT_READ, ANON);

	CHECK_EQ(madvise(p, PAGE, POPULATE_READ), 0);
	CHECK_FAILS(madvise(p, PAGE, POPULATE_WRITE), EINVAL);
	CHECK_EQ(mprotect(p, PAGE, PROT_WRITE), 0);
	CHECK_FAILS(madvise(p, PAGE, POPULATE_READ), EINVAL);
	CHECK_EQ(madvise(p, PAGE, POPULATE_WRITE), 0);
	munmap(p, PAGE);
	CHECK_FAILS(madvise(p, PAGE, POPULATE_READ), ENOMEM);
}

/*
 * Each tick of a second finds the module at work: in many short calls, in a long
 * one, and in reads of many pieces. None of these is a call without an end.
 */
static void random_bytes_for_a_second(void)
{
	static char bytes[1 << 20];
	struct timespec begin, now;
	int fd = open("/dev/urandom", O_RDONLY), size = 256;

	CHECK(fd >= 0);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		CHECK_EQ(syscall(SYS_getrandom, bytes, size, 0), size);
		if (size == sizeof(bytes))
			CHECK_EQ(read(fd, bytes, size), size);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec > begin.tv_sec)
			size = sizeof(bytes);
	} while (now.tv_sec < begin.tv_sec + 2);
	close(fd);
}

/* ---- files ------------------------------------------------------------------- */

static void size_limit_tells_by_signal(void)
{
	struct rlimit limit = { .rlim_cur = 4096, .rlim_max = RLIM_INFINITY };
	int fd = open("/tmp/size_limit", O_CREAT | O_RDWR | O_TRUNC, 0600);

	CHECK(fd >= 0);
	unlink("/tmp/size_limit");
	handle(SIGXFSZ, count_signal, 0);
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
	CHECK_EQ(ftruncate(fd, 4096), 0);
	CHECK_EQ(signals, 0);
	CHECK_FAILS(ftruncate(fd, 4097), EFBIG);
	CHECK_EQ(signals, 1);
	CHECK_FAILS(pwrite(fd, "x", 1, 4096), EFBIG);
	CHECK_EQ(signals, 2);
	CHECK_FAILS(syscall(SYS_fallocate, fd, 0, 0, 8192), EFBIG);
	CHECK_EQ(signals, 3);
	CHECK_FAILS(truncate("/proc/self/exe", -1), EINVAL);
	CHECK_EQ(signals, 3);
	close(fd);
}

static void memory_devices_have_one_place(void)
{
	static const char *const names[] = { "/dev/null", "/dev/zero", "/dev/full" };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		int fd = open(names[i], O_RDWR);

		CHECK(fd >= 0);
		CHECK_EQ(lseek(fd, 100, SEEK_SET), 0);
		CHECK_EQ(lseek(fd, -100, SEEK_CUR), 0);
		CHECK_EQ(lseek(fd, -1, SEEK_END), 0);
		CHECK_FAILS(lseek(fd, 0, 99), EINVAL);
		close(fd);
	}
}

/* VmLck of /proc/self/status, in KiB. */
static int locked_kib(void)
{
	char line[200];
	FILE *f = fopen("/proc/self/status", "r");
	int kib = -1;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmLck: %d", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

static void status_tells_locked_memory(void)
{
	char *p = map(4 * PAGE, RW, ANON);

	CHECK_EQ(locked_kib(), 0);
	CHECK_EQ(mlock(p + PAGE, 2 * PAGE), 0);
	CHECK_EQ(locked_kib(), 8);
	munmap(p, 4 * PAGE);
	CHECK_EQ(locked_kib(), 0);
}

static void clock_tells_its_state(void)
{
	struct timex t = { 0 };

	CHECK(adjtimex(&t) >= 0);
	CHECK_EQ(t.tolerance, 32768000);
	CHECK_EQ(t.precision, 1);
	CHECK(t.tick >= 9000 && t.tick <= 11000);
	CHECK(t.time.tv_sec - time(NULL) <= 1);
	t.modes = 0x8000;	/* adjtime(), but not of one shot */
	CHECK_FAILS(adjtimex(&t), EINVAL);
	t.modes = ADJ_TICK;
	t.tick = 8999;
	if (geteuid() == 0)
		CHECK_FAILS(adjtimex(&t), EINVAL);
	t.modes = 0;
	CHECK_FAILS(clock_adjtime(CLOCK_MONOTONIC, &t), EOPNOTSUPP);
	CHECK_FAILS(clock_adjtime(12, &t), EINVAL);
}

/* ---- groups ------------------------------------------------------------------ */

/* A child that stops itself; 0: in the caller's group. */
static pid_t stopped_child(int own_group)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (own_group)
			setpgid(0, 0);
		raise(SIGSTOP);
		pause();
	}
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	return pid;
}

/* Nobody's link goes with a member whose parent is in its group. */
static void group_that_was_orphaned_is_left_alone(void)
{
	pid_t pid, stopped;
	int status;

	setsid();
	handle(SIGHUP, count_signal, 0);
	stopped = stopped_child(0);
	pid = fork();
	if (pid == 0)
		_exit(0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(signals, 0);
	CHECK_EQ(kill(stopped, SIGKILL), 0);
	CHECK_EQ(waitpid(stopped, &status, 0), stopped);
}

static void group_that_is_orphaned_is_hung_up(void)
{
	int ends[2], status;
	pid_t pid;
	char c;

	setsid();
	CHECK_EQ(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		setpgid(0, 0);
		stopped_child(1);
		_exit(0);	/* the child is init's now, of another session */
	}
	close(ends[1]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	alarm(5);
	CHECK_EQ(read(ends[0], &c, 1), 0);	/* it died of SIGHUP */
}

/* ---- descriptors, barriers --------------------------------------------------- */

static int close_shared(void *flags)
{
	return (int)syscall(SYS_close_range, 100, 200, (unsigned long)flags) ? errno : 0;
}

static int in_clone(unsigned int flags)
{
	int status;
	pid_t pid = clone(close_shared, stack + sizeof(stack), CLONE_FILES | SIGCHLD,
			  (void *)(unsigned long)flags);

	CHECK(pid > 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void close_range_unshares(void)
{
	CHECK_EQ(dup2(0, 101), 101);
	CHECK_EQ(in_clone(CLOSE_RANGE_UNSHARE), 0);
	CHECK_EQ(fcntl(101, F_GETFD), 0);
	CHECK_EQ(in_clone(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC), 0);
	CHECK_EQ(fcntl(101, F_GETFD), 0);
	CHECK_EQ(in_clone(CLOSE_RANGE_CLOEXEC), 0);
	CHECK_EQ(fcntl(101, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(in_clone(0), 0);
	CHECK_FAILS(fcntl(101, F_GETFD), EBADF);
	CHECK_EQ(in_clone(1), EINVAL);
}

static void barriers_of_code(void)
{
	CHECK_FAILS(syscall(SYS_membarrier, 32, 0), EPERM);
	CHECK_EQ(syscall(SYS_membarrier, 64, 0), 0);
	CHECK_EQ(syscall(SYS_membarrier, 32, 0), 0);
	CHECK_FAILS(syscall(SYS_membarrier, 8, 0), EPERM);
}

static const struct ktap_test tests[] = {
	TEST(call_number_has_32_bits), TEST(nested_task_flag_is_kept),
	TEST(return_to_no_address), TEST(handler_at_no_address),
	TEST(alternate_stack_disarms), TEST(alternate_stack_overflows),
	TEST(clocks_that_sleep), TEST(timer_of_a_microsecond),
	TEST(mincore_of_too_much), TEST(populate_what_may_not_be),
	TEST(random_bytes_for_a_second), TEST(size_limit_tells_by_signal),
	TEST(memory_devices_have_one_place), TEST(status_tells_locked_memory),
	TEST(clock_tells_its_state), TEST(group_that_was_orphaned_is_left_alone),
	TEST(group_that_is_orphaned_is_hung_up), TEST(close_range_unshares),
	TEST(barriers_of_code),
};

int main(int argc, char **argv)
{
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
