// SPDX-License-Identifier: MIT
/*
 * usertests: processes, waits, exec, pipes and the state of the CPU, as Linux has
 * them. (Signals are test_signals', memory is test_maps', bad pointers are badptr's,
 * the gate is gateabuse's.)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "usertests.h"

static const char *self;	/* how this program was called */

/* ---- start ------------------------------------------------------------ */

static void initial_stack(void)
{
	const unsigned char *random = (void *)getauxval(AT_RANDOM);
	int all = 0;

	CHECK_EQ(getauxval(AT_PAGESZ), 4096);
	CHECK(getauxval(AT_PHDR) != 0 && getauxval(AT_PHNUM) > 0);
	CHECK(getauxval(AT_ENTRY) != 0);
	CHECK(random != NULL);
	for (int i = 0; i < 16; i++)
		all |= random[i];
	CHECK(all != 0);
	CHECK(((uintptr_t)__builtin_frame_address(0) & 15) == 0);
}

static void getpid_and_ppid(void)
{
	pid_t parent = getpid(), pid = fork();
	int status;

	if (pid == 0)
		_exit(getppid() == parent && getpid() != parent ? 0 : 1);
	CHECK(pid > parent);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void unknown_calls(void)
{
	CHECK_FAILS(syscall(999), ENOSYS);
	CHECK_FAILS(syscall(-1), ENOSYS);
	CHECK_FAILS(syscall(0x7fffffff), ENOSYS);
}

/*
 * Calls of Linux with arguments that are wrong for each: they fail there with
 * one error or another. A kernel that lacks them says ENOSYS; one that answers
 * with success pretends.
 */
static void nothing_pretends(void)
{
	static const struct {
		const char *name;
		long number, arg;
	} calls[] = {
		{ "ptrace", SYS_ptrace, -1 }, { "semop", SYS_semop, -1 },
		{ "shmat", SYS_shmat, -1 }, { "msgrcv", SYS_msgrcv, -1 },
		{ "timer_settime", SYS_timer_settime, -1 },
		{ "mq_open", SYS_mq_open, 0 }, { "kexec_load", SYS_kexec_load, -1 },
		{ "add_key", SYS_add_key, 0 }, { "inotify_add_watch", SYS_inotify_add_watch, -1 },
		{ "epoll_ctl", SYS_epoll_ctl, -1 }, { "timerfd_create", SYS_timerfd_create, -1 },
		{ "eventfd2", SYS_eventfd2, 0 }, { "perf_event_open", SYS_perf_event_open, 1 },
		{ "setns", SYS_setns, -1 }, { "finit_module", SYS_finit_module, -1 },
		{ "bpf", SYS_bpf, -1 }, { "userfaultfd", SYS_userfaultfd, -1 },
		{ "rseq", SYS_rseq, 1 }, { "io_uring_setup", 425, -1 },
		{ "pidfd_open", 434, -1 }, { "process_madvise", 440, -1 },
		{ "connect", SYS_connect, -1 }, { "quotactl", SYS_quotactl, -1 },
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		long last = calls[i].number == SYS_eventfd2 ? -1 : 0;
		long ret = syscall(calls[i].number, calls[i].arg, last, 0, 0, 0, 0);

		if (ret >= 0)
			FAIL("%s succeeded with wrong arguments: %ld", calls[i].name, ret);
	}
}

/* ---- fork, exec, wait --------------------------------------------------- */

static int shared_value = 1;

static void fork_copies_memory(void)
{
	int *heap = malloc(sizeof(*heap)), status;
	pid_t pid;

	*heap = 10;
	pid = fork();
	if (pid == 0) {
		shared_value = 2;
		*heap = 20;
		_exit(shared_value + *heap == 22 ? 0 : 1);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(shared_value, 1);
	CHECK_EQ(*heap, 10);
}

static void many_forks(void)
{
	for (int i = 0; i < 40; i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			_exit(i);
		CHECK(pid > 0);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFEXITED(status));
		CHECK_EQ(WEXITSTATUS(status), i);
	}
}

static void children_at_once(void)
{
	int sum = 0, status;

	for (int i = 1; i <= 10; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			nap_ms(i % 3);
			_exit(i);
		}
		CHECK(pid > 0);
	}
	for (int i = 0; i < 10; i++) {
		CHECK(wait(&status) > 0);
		sum += WEXITSTATUS(status);
	}
	CHECK_EQ(sum, 55);
	CHECK_FAILS(wait(&status), ECHILD);
}

static void wait_no_hang(void)
{
	int fd[2], status;
	char c;
	pid_t pid;

	CHECK_EQ(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		read(fd[0], &c, 1);
		_exit(3);
	}
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 3);
	CHECK_FAILS(waitpid(pid, &status, 0), ECHILD);
	CHECK_FAILS(waitpid(99999, &status, 0), ECHILD);
}

static void orphans_get_init(void)
{
	int fd[2];
	pid_t seen = 0;

	CHECK_EQ(pipe(fd), 0);
	if (fork() == 0) {
		if (fork() == 0) {
			pid_t parent;

			for (int i = 0; i < 100 && getppid() != 1; i++)
				nap_ms(5);
			parent = getppid();
			write(fd[1], &parent, sizeof(parent));
			_exit(0);
		}
		_exit(0);
	}
	wait(NULL);
	CHECK_EQ(read(fd[0], &seen, sizeof(seen)), sizeof(seen));
	if (seen != 1)
		SKIP("the parent is %d: not below init", (int)seen);
}

static void exec_passes_arguments(void)
{
	char *argv[] = { (char *)self, "--echo", "one", "two words", "", NULL };
	char *envp[] = { "A=1", "B=two", NULL };
	char buf[128] = { 0 };
	int fd[2], status;
	pid_t pid;

	CHECK_EQ(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fd[1], 1);
		execve(self, argv, envp);
		_exit(99);
	}
	close(fd[1]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK(read(fd[0], buf, sizeof(buf) - 1) > 0);
	if (strcmp(buf, "[one][two words][]{A=1}{B=two}") != 0)
		FAIL("the program saw '%s'", buf);
}

static void exec_many_arguments(void)
{
	static char word[1000];
	char *argv[64 + 3] = { (char *)self, "--count" }, *envp[] = { NULL };
	int status;
	pid_t pid;

	memset(word, 'w', sizeof(word) - 1);
	for (int i = 0; i < 64; i++)
		argv[2 + i] = word;
	pid = fork();
	if (pid == 0) {
		execve(self, argv, envp);
		_exit(99);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 64);
}

static void exec_closes_descriptors(void)
{
	char *argv[] = { (char *)self, "--open", NULL, NULL, NULL };
	char *envp[] = { NULL }, a[12], b[12];
	int keep = dup(1), drop = fcntl(1, F_DUPFD_CLOEXEC, 0), status;
	pid_t pid;

	CHECK(keep > 0 && drop > 0);
	snprintf(a, sizeof(a), "%d", keep);
	snprintf(b, sizeof(b), "%d", drop);
	argv[2] = a;
	argv[3] = b;
	pid = fork();
	if (pid == 0) {
		execve(self, argv, envp);
		_exit(99);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 1);	/* bit 0: keep, bit 1: drop */
}

static void exec_refuses(void)
{
	char *argv[] = { "x", NULL }, *envp[] = { NULL };
	int fd = open("/usertests.txt", O_CREAT | O_WRONLY | O_TRUNC, 0755);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "\177ELF but cut short", 18), 18);
	close(fd);
	CHECK_FAILS(execve("/usertests.txt", argv, envp), ENOEXEC);
	CHECK_FAILS(execve("/not-there", argv, envp), ENOENT);
	CHECK_FAILS(execve("/", argv, envp), EACCES);
	CHECK_EQ(chmod("/usertests.txt", 0644), 0);
	CHECK_FAILS(execve("/usertests.txt", argv, envp), EACCES);
	unlink("/usertests.txt");
}

static void exec_script(void)
{
	char line[300], *argv[] = { "script", "arg", NULL }, *envp[] = { NULL };
	int fd = open("/usertests.sh", O_CREAT | O_WRONLY | O_TRUNC, 0755);
	int status, n;
	pid_t pid;

	CHECK(fd >= 0);
	n = snprintf(line, sizeof(line), "#!%s --count\n", self);
	CHECK_EQ(write(fd, line, n), n);
	close(fd);
	pid = fork();
	if (pid == 0) {
		execve("/usertests.sh", argv, envp);
		_exit(99);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 2);	/* the script's path, and `arg` */
	unlink("/usertests.sh");
}

static void vfork_waits(void)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0)
		_exit(5);
	CHECK(pid > 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 5);
}

/* ---- pipes -------------------------------------------------------------- */

static void pipe_between_processes(void)
{
	static unsigned char buf[5000];
	unsigned long sum = 0, want = 0;
	int fd[2], status;
	ssize_t n;
	pid_t pid;

	CHECK_EQ(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		close(fd[0]);
		for (int i = 0; i < 60; i++) {
			memset(buf, i, sizeof(buf));
			if (write(fd[1], buf, sizeof(buf)) != sizeof(buf))
				_exit(1);
		}
		_exit(0);
	}
	close(fd[1]);
	while ((n = read(fd[0], buf, 3333)) > 0)
		for (ssize_t i = 0; i < n; i++)
			sum += buf[i];
	CHECK_EQ(n, 0);
	for (int i = 0; i < 60; i++)
		want += 5000ul * i;
	CHECK_EQ(sum, want);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void pipe_without_reader(void)
{
	int fd[2];

	CHECK_EQ(pipe(fd), 0);
	close(fd[0]);
	handle(SIGPIPE, count_signal, 0);
	CHECK_FAILS(write(fd[1], "x", 1), EPIPE);
	CHECK_EQ(signals, 1);
	handle(SIGPIPE, SIG_IGN, 0);
	CHECK_FAILS(write(fd[1], "x", 1), EPIPE);
}

static void pipe_fills_up(void)
{
	static char buf[4096];
	size_t total = 0;
	ssize_t n;
	int fd[2];

	CHECK_EQ(pipe2(fd, O_NONBLOCK), 0);
	while ((n = write(fd[1], buf, sizeof(buf))) > 0)
		total += n;
	CHECK(n == -1 && errno == EAGAIN);
	CHECK(total >= 4096);
	while (total > 0) {
		n = read(fd[0], buf, sizeof(buf));
		CHECK(n > 0);
		total -= n;
	}
	CHECK_FAILS(read(fd[0], buf, 1), EAGAIN);
}

static void poll_wakes(void)
{
	struct pollfd p;
	int fd[2];
	pid_t pid;

	CHECK_EQ(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		nap_ms(10);
		write(fd[1], "x", 1);
		_exit(0);
	}
	p = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK(p.revents & POLLIN);
	waitpid(pid, NULL, 0);
	p.fd = 77;
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLNVAL);
}

/* ---- state ------------------------------------------------------------- */

/* SSE state is each process's own, over many switches. */
static void fpu_state(void)
{
	int status, bad = 0;
	pid_t pid = fork();
	unsigned long mark = pid ? 0x1111222233334444ul : 0x9999888877776666ul, got;

	for (int i = 0; i < 200; i++) {
		__asm__ volatile("movq %1, %%xmm7; mov %2, %%eax; syscall;"
				 "movq %%xmm7, %0"
				 : "=r"(got) : "r"(mark), "i"(SYS_sched_yield)
				 : "rax", "rcx", "r11", "xmm7", "memory");
		bad += got != mark;
	}
	if (pid == 0)
		_exit(bad != 0);
	CHECK_EQ(bad, 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void fs_base(void)
{
	unsigned long base = 0;

	CHECK_EQ(syscall(SYS_arch_prctl, 0x1003 /* ARCH_GET_FS */, &base), 0);
	CHECK(base != 0);
	CHECK_EQ(*(unsigned long *)base, base);	/* musl's thread pointer */
	CHECK_FAILS(syscall(SYS_arch_prctl, 0x1002 /* ARCH_SET_FS */,
			    0xffff800000000000ul), EPERM);
}

static void preemption(void)
{
	struct timespec start, now;
	int status;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			__asm__ volatile("pause");
	clock_gettime(CLOCK_MONOTONIC, &start);
	nap_ms(20);
	clock_gettime(CLOCK_MONOTONIC, &now);
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	if ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000
	    > 2000)
		FAIL("a sleeper was not woken while another process runs");
}

static void umask_applies(void)
{
	struct stat st;
	mode_t old = umask(077);
	int fd = open("/usertests.mask", O_CREAT | O_RDWR | O_TRUNC, 0666);

	CHECK(fd >= 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	CHECK_EQ(umask(old), 077);
	close(fd);
	unlink("/usertests.mask");
}

/* ---- AVX: the upper halves are the process's own, also over a signal ---- */

#define CPUID_OSXSAVE_AVX (1u << 27 | 1u << 28)

static void upper_set(unsigned long value)
{
	__asm__ volatile("vmovq %0, %%xmm5; vinsertf128 $1, %%xmm5, %%ymm5, %%ymm5"
			 : : "r"(value) : "xmm5");
}

static unsigned long upper_get(void)
{
	unsigned long value;

	__asm__ volatile("vextractf128 $1, %%ymm5, %%xmm6; vmovq %%xmm6, %0"
			 : "=r"(value) : : "xmm6");
	return value;
}

static void spoil_upper(int sig)
{
	upper_set(sig);
}

static void avx_state(void)
{
	unsigned int eax = 1, ebx, ecx, edx;
	int status;
	pid_t child;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
	if ((ecx & CPUID_OSXSAVE_AVX) != CPUID_OSXSAVE_AVX)
		SKIP("no AVX");
	signal(SIGUSR1, spoil_upper);
	upper_set(0x1234567);
	raise(SIGUSR1);
	CHECK_EQ(upper_get(), 0x1234567);
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 50; i++) {
			upper_set(i);
			syscall(SYS_sched_yield);
			if (upper_get() != (unsigned long)i)
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < 50; i++) {
		syscall(SYS_sched_yield);
		CHECK_EQ(upper_get(), 0x1234567);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

static const struct ktap_test tests[] = {
	TEST(initial_stack), TEST(getpid_and_ppid), TEST(unknown_calls), TEST(nothing_pretends),
	TEST(fork_copies_memory), TEST(many_forks), TEST(children_at_once), TEST(wait_no_hang),
	TEST(orphans_get_init), TEST(exec_passes_arguments), TEST(exec_many_arguments),
	TEST(exec_closes_descriptors), TEST(exec_refuses), TEST(exec_script), TEST(vfork_waits),
	TEST(pipe_between_processes), TEST(pipe_without_reader), TEST(pipe_fills_up),
	TEST(poll_wakes), TEST(fpu_state), TEST(avx_state), TEST(fs_base), TEST(preemption),
	TEST(umask_applies),
};

/* What the exec tests run: --echo, --count, --open. */
static int as_child(int argc, char **argv, char **envp)
{
	int result = 0;

	if (strcmp(argv[1], "--count") == 0)
		return argc - 2;
	if (strcmp(argv[1], "--open") == 0) {
		for (int i = 2; i < argc; i++)
			result |= (fcntl(atoi(argv[i]), F_GETFD) >= 0) << (i - 2);
		return result;
	}
	for (int i = 2; i < argc; i++)
		printf("[%s]", argv[i]);
	for (int i = 0; envp[i]; i++)
		printf("{%s}", envp[i]);
	return 0;
}

int main(int argc, char **argv, char **envp)
{
	self = argv[0];
	if (argc > 1 && strncmp(argv[1], "--", 2) == 0)
		return as_child(argc, argv, envp);
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
