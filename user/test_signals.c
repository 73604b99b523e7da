// SPDX-License-Identifier: MIT
/* test_signals: signals, faults and deaths of processes, as Linux has them. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "usertests.h"

/* Runs fn in a child; its wait status. */
static int in_child(void (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		fn();
		_exit(0);
	}
	CHECK(pid > 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static void signal_handler_runs(void)
{
	handle(SIGUSR1, count_signal, 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(signals, 1);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(signals, 2);
	CHECK_EQ(kill(getpid(), 0), 0);
	CHECK_FAILS(kill(99999, 0), ESRCH);
	CHECK_FAILS(kill(getpid(), 65), EINVAL);
}

static void signal_kills(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	nap_ms(2);
	CHECK_EQ(kill(pid, SIGTERM), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void signal_kills_a_loop(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			__asm__ volatile("pause");
	nap_ms(5);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void signal_blocked(void)
{
	sigset_t set, old, pending;

	handle(SIGUSR1, count_signal, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, &old), 0);
	raise(SIGUSR1);
	raise(SIGUSR1);
	CHECK_EQ(signals, 0);
	CHECK_EQ(sigpending(&pending), 0);
	CHECK(sigismember(&pending, SIGUSR1) == 1);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &old, NULL), 0);
	CHECK_EQ(signals, 1);
}

static void signal_keeps_registers(void)
{
	unsigned long in = 0x123456789abcdef0ul, out;
	double d = 1.5;

	handle(SIGUSR1, count_signal, 0);
	__asm__ volatile("movq %2, %%xmm3; mov %3, %%r12; mov %3, %%r15;"
			 "mov %4, %%rax; mov %5, %%rdi; mov %6, %%rsi; syscall;"
			 "cmp %%r12, %%r15; jne 1f; mov %%r12, %0; 1: movq %%xmm3, %1"
			 : "=&r"(out), "=x"(d)
			 : "x"(d), "r"(in), "i"(SYS_kill), "r"((long)getpid()),
			   "i"(SIGUSR1)
			 : "rax", "rdi", "rsi", "rcx", "r11", "r12", "r15", "xmm3",
			   "memory");
	CHECK_EQ(signals, 1);
	CHECK(out == in);
	CHECK(d == 1.5);
}

static void signal_interrupts_read(void)
{
	pid_t me = getpid(), pid;
	int fd[2];
	char c;

	CHECK_EQ(pipe(fd), 0);
	handle(SIGUSR1, count_signal, 0);
	pid = fork();
	if (pid == 0) {
		nap_ms(10);
		kill(me, SIGUSR1);
		_exit(0);
	}
	CHECK_FAILS(read(fd[0], &c, 1), EINTR);
	CHECK_EQ(signals, 1);
	waitpid(pid, NULL, 0);
}

static void signal_restarts_read(void)
{
	pid_t me = getpid(), pid;
	int fd[2];
	char c;

	CHECK_EQ(pipe(fd), 0);
	handle(SIGUSR1, count_signal, SA_RESTART);
	pid = fork();
	if (pid == 0) {
		nap_ms(10);
		kill(me, SIGUSR1);
		nap_ms(10);
		write(fd[1], "x", 1);
		_exit(0);
	}
	CHECK_EQ(read(fd[0], &c, 1), 1);
	CHECK_EQ(signals, 1);
	waitpid(pid, NULL, 0);
}

static void signal_of_child(void)
{
	sigset_t set, old;
	pid_t pid;

	handle(SIGCHLD, count_signal, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &old);
	pid = fork();
	if (pid == 0)
		_exit(0);
	while (!signals)
		sigsuspend(&old);
	CHECK_EQ(signals, 1);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

static void alarm_rings(void)
{
	struct timespec t = { 5, 0 };

	handle(SIGALRM, count_signal, 0);
	errno = 0;
	alarm(1);
	if (errno == ENOSYS)
		SKIP("no alarm");
	CHECK_FAILS(nanosleep(&t, &t), EINTR);
	CHECK_EQ(signals, 1);
	CHECK(t.tv_sec >= 2 && t.tv_sec <= 4);
}

static void segv_tells_the_address(void)
{
	char *p = map(2 * PAGE, RW, ANON);

	CHECK_EQ(fault_of(NULL, 0), SIGSEGV);
	CHECK(fault_address == NULL && fault_code == SEGV_MAPERR);
	CHECK_EQ(mprotect(p, PAGE, PROT_READ), 0);
	CHECK_EQ(fault_of(p + 5, 1), SIGSEGV);
	CHECK(fault_address == p + 5 && fault_code == SEGV_ACCERR);
	CHECK_EQ(fault_of(p, 0), 0);
	CHECK_EQ(fault_of(p + PAGE, 1), 0);
}

static void die_of_null(void)
{
	volatile uintptr_t address = 8;

	*(volatile int *)address = 1;
}

static void die_of_illegal(void)
{
	__asm__ volatile("ud2");
}

static void die_of_division(void)
{
	__asm__ volatile("xor %%edx, %%edx; mov $1, %%eax; div %%edx"
			 : : : "eax", "edx");
}

static void die_of_abort(void)
{
	abort();
}

static void on_other_stack(int sig)
{
	(void)sig;
	_exit(7);
}

/* A stack overflow is a SIGSEGV, handled on the other stack. */
static int __attribute__((noinline)) dig(volatile char *last)
{
	volatile char here[1024];

	here[0] = last ? *last : 0;
	if (here[0] < 0)	/* never: the compiler cannot know */
		return 0;
	return dig(here) + here[0];
}

static void overflow_the_stack(void)
{
	struct rlimit limit = { 256 * 1024, 256 * 1024 };

	setrlimit(RLIMIT_STACK, &limit);
	_exit(dig(NULL));
}

static void overflow_with_other_stack(void)
{
	stack_t other = { .ss_sp = map(32 * 1024, RW, ANON), .ss_size = 32 * 1024 };

	if (sigaltstack(&other, NULL))
		_exit(77);
	handle(SIGSEGV, on_other_stack, SA_ONSTACK);
	overflow_the_stack();
}

static void stack_overflow(void)
{
	int status = in_child(overflow_the_stack);

	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	status = in_child(overflow_with_other_stack);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 7);
}

static const struct ktap_test tests[] = {
	TEST(signal_handler_runs), TEST(signal_kills), TEST(signal_kills_a_loop),
	TEST(signal_blocked), TEST(signal_keeps_registers), TEST(signal_interrupts_read),
	TEST(signal_restarts_read), TEST(signal_of_child), TEST(alarm_rings),
	TEST(segv_tells_the_address), TEST_DIES(die_of_null, SIGSEGV),
	TEST_DIES(die_of_illegal, SIGILL), TEST_DIES(die_of_division, SIGFPE),
	TEST_DIES(die_of_abort, SIGABRT), TEST(stack_overflow),
};

int main(int argc, char **argv)
{
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
