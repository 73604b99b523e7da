// SPDX-License-Identifier: MIT
/* test_linux: calls that few programs make, and conformance suites do, as Linux has them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "ktap.h"
#include "nap.h"

#define SYS_CLOSE_RANGE 436
#define SYS_FUTEX_WAITV 449
#define SYS_KCMP 312
#define RANGE_UNSHARE 2
#define RANGE_CLOEXEC 4
#define EMPTY_PATH 0x1000

static pid_t start(int (*fn)(void))
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0)
		_exit(fn());
	return pid;
}

static int end_of(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#define PRIVATE 128
#define FUTEX_WAIT_PRIVATE (0 | PRIVATE)
#define FUTEX_WAKE_PRIVATE (1 | PRIVATE)
#define FUTEX_WAKE_OP_PRIVATE (5 | PRIVATE)
enum { FUTEX_OP_SET, FUTEX_OP_ADD, FUTEX_OP_OR, FUTEX_OP_ANDN, FUTEX_OP_XOR };
enum { FUTEX_OP_CMP_EQ, FUTEX_OP_CMP_NE, FUTEX_OP_CMP_LT, FUTEX_OP_CMP_LE, FUTEX_OP_CMP_GT,
       FUTEX_OP_CMP_GE };
#define FUTEX_OP_OPARG_SHIFT 8

/* ---- futexes ------------------------------------------------------------- */

static uint32_t words[4];

static long futex(uint32_t *at, int op, uint32_t value, long value2, uint32_t *to, uint32_t value3)
{
	return syscall(SYS_futex, at, op, value, value2, to, value3);
}

static uint32_t how(uint32_t op, uint32_t arg, uint32_t compare, uint32_t with)
{
	return op << 28 | compare << 24 | (arg & 0xfff) << 12 | (with & 0xfff);
}

static long wake_op(uint32_t op, uint32_t arg, uint32_t compare, uint32_t with)
{
	return futex(&words[0], FUTEX_WAKE_OP_PRIVATE, 1, 1, &words[1],
		     how(op, arg, compare, with));
}

static void futex_wake_op_changes(void)
{
	words[1] = 5;
	CHECK_EQ(wake_op(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0), 0);
	CHECK_EQ(words[1], 8);
	CHECK_EQ(wake_op(FUTEX_OP_OR, 1, 0, 0), 0);
	CHECK_EQ(words[1], 9);
	CHECK_EQ(wake_op(FUTEX_OP_ANDN, 8, 0, 0), 0);
	CHECK_EQ(words[1], 1);
	CHECK_EQ(wake_op(FUTEX_OP_XOR, 3, 0, 0), 0);
	CHECK_EQ(words[1], 2);
	CHECK_EQ(wake_op(FUTEX_OP_SET, (uint32_t)-1, 0, 0), 0);
	CHECK_EQ(words[1], 0xffffffff);
	CHECK_EQ(wake_op(FUTEX_OP_SET | FUTEX_OP_OPARG_SHIFT, 4, 0, 0), 0);
	CHECK_EQ(words[1], 16);
	CHECK_FAILS(wake_op(5, 0, 0, 0), ENOSYS);
	CHECK_FAILS(wake_op(FUTEX_OP_ADD, 0, 9, 0), ENOSYS);
	CHECK_FAILS(futex(&words[0], FUTEX_WAKE_OP_PRIVATE, 1, 1, (uint32_t *)8, 0), EFAULT);
	CHECK_FAILS(futex(&words[0], FUTEX_WAKE_OP_PRIVATE, 1, 1, (uint32_t *)5, 0), EINVAL);
}

static void *wait_word(void *at)
{
	uint32_t *word = at;

	return (void *)(futex(word, FUTEX_WAIT_PRIVATE, *word, 0, NULL, 0) ? (long)errno : 0l);
}

static void futex_wake_op_wakes(void)
{
	pthread_t a, b;
	long woken = 0;

	words[0] = words[1] = 0;
	CHECK_EQ(pthread_create(&a, NULL, wait_word, &words[0]), 0);
	CHECK_EQ(pthread_create(&b, NULL, wait_word, &words[1]), 0);
	nap_ms(30);
	/* It does not compare so: only the first word's is woken. */
	CHECK_EQ(wake_op(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_GT, 0), 1);
	CHECK_EQ(pthread_join(a, NULL), 0);
	while (woken == 0)
		woken = wake_op(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_GE, (uint32_t)-1);
	CHECK_EQ(woken, 1);
	CHECK_EQ(pthread_join(b, NULL), 0);
}

struct waiter {
	uint64_t value, address;
	uint32_t flags, reserved;
};

static void *waitv_any(void *arg)
{
	struct waiter w[3] = { { 0 } };
	long n;

	(void)arg;
	for (int i = 0; i < 3; i++)
		w[i] = (struct waiter){ 0, (uintptr_t)&words[i], 2 | PRIVATE, 0 };
	n = syscall(SYS_FUTEX_WAITV, w, 3, 0, NULL, 0);
	return (void *)(n < 0 ? -(long)errno : n);
}

static void futex_waitv_waits(void)
{
	struct timespec t;
	struct waiter w = { 0, (uintptr_t)&words[0], 2 | PRIVATE, 0 };
	pthread_t thread;
	void *result;

	memset(words, 0, sizeof(words));
	CHECK_EQ(pthread_create(&thread, NULL, waitv_any, NULL), 0);
	while (futex(&words[2], FUTEX_WAKE_PRIVATE, 1, 0, NULL, 0) == 0)
		nap_ms(1);
	CHECK_EQ(pthread_join(thread, &result), 0);
	CHECK_EQ((long)result, 2);
	w.value = 1;
	CHECK_FAILS(syscall(SYS_FUTEX_WAITV, &w, 1, 0, NULL, 0), EAGAIN);
	w.value = 0;
	CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	t.tv_nsec += 10000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	CHECK_FAILS(syscall(SYS_FUTEX_WAITV, &w, 1, 0, &t, CLOCK_MONOTONIC), ETIMEDOUT);
	CHECK_FAILS(syscall(SYS_FUTEX_WAITV, &w, 1, 0, &t, 7), EINVAL);
	CHECK_FAILS(syscall(SYS_FUTEX_WAITV, &w, 1, 1, NULL, 0), EINVAL);
	CHECK_FAILS(syscall(SYS_FUTEX_WAITV, &w, 0, 0, NULL, 0), EINVAL);
	CHECK_FAILS(syscall(SYS_FUTEX_WAITV, &w, 129, 0, NULL, 0), EINVAL);
	CHECK_FAILS(syscall(SYS_FUTEX_WAITV, NULL, 1, 0, NULL, 0), EINVAL);
	CHECK_FAILS(syscall(SYS_FUTEX_WAITV, 8, 1, 0, NULL, 0), EFAULT);
	w.flags = 1;
	CHECK_FAILS(syscall(SYS_FUTEX_WAITV, &w, 1, 0, NULL, 0), EINVAL);
	w.flags = 2;
	w.reserved = 1;
	CHECK_FAILS(syscall(SYS_FUTEX_WAITV, &w, 1, 0, NULL, 0), EINVAL);
	w.reserved = 0;
	w.address = 4096;
	CHECK_FAILS(syscall(SYS_FUTEX_WAITV, &w, 1, 0, NULL, 0), EFAULT);
	w.address = (uintptr_t)words + 1;
	CHECK_FAILS(syscall(SYS_FUTEX_WAITV, &w, 1, 0, NULL, 0), EINVAL);
}

/* ---- programs by descriptor ------------------------------------------------- */

static char *const no_words[] = { NULL };

static int exec_at(int dirfd, const char *path, int flags)
{
	static char *const argv[] = { "test_linux", "--name", NULL };

	return (int)syscall(SYS_execveat, dirfd, path, argv, no_words, flags);
}

static int by_descriptor(void)
{
	exec_at(open("/proc/self/exe", O_PATH), "", EMPTY_PATH);
	return errno;
}

static int by_link(void)
{
	exec_at(AT_FDCWD, "/tmp/test_linux.link", AT_SYMLINK_NOFOLLOW);
	return errno;
}

static int by_nothing(void)
{
	exec_at(open("/proc/self/exe", O_PATH), "", 0);
	return errno;
}

static int below_file(void)
{
	exec_at(open("/proc/self/exe", O_PATH), "x", 0);
	return errno;
}

static int memory_program(void)
{
	int fd = (int)syscall(SYS_memfd_create, "program", 1);
	int in = open("/proc/self/exe", O_RDONLY);
	char buf[4096];
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(fd, buf, (size_t)n) != n)
			return 99;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	/* It can't be written to any more. */
	in = open("/proc/self/fd/3", O_RDONLY);
	close(fd);
	exec_at(in, "", EMPTY_PATH);
	return errno;
}

static void execveat_by_descriptor(void)
{
	mkdir("/tmp", 01777);
	CHECK_EQ(end_of(start(by_descriptor)), 42);
	CHECK_EQ(end_of(start(by_nothing)), ENOENT);
	CHECK_EQ(end_of(start(below_file)), ENOTDIR);
	unlink("/tmp/test_linux.link");
	CHECK_EQ(symlink("/proc/self/exe", "/tmp/test_linux.link"), 0);
	CHECK_EQ(end_of(start(by_link)), ELOOP);
	CHECK_EQ(unlink("/tmp/test_linux.link"), 0);
	CHECK_FAILS(exec_at(99, "", EMPTY_PATH), EBADF);
	CHECK_FAILS(exec_at(AT_FDCWD, "x", 1), EINVAL);
	CHECK_FAILS(exec_at(open("/", O_RDONLY), "", EMPTY_PATH), EACCES);
	for (int fd = 3; fd < 20; fd++)
		close(fd);
	CHECK_EQ(end_of(start(memory_program)), 42);
}

/* A script's interpreter gets the descriptor's name. */
static int run_script(void)
{
	exec_at(open("/tmp/test_linux.script", O_RDONLY), "", EMPTY_PATH);
	return errno;
}

static void execveat_of_a_script(void)
{
	char self[256], text[300];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int fd;

	CHECK(n > 0);
	self[n] = 0;
	snprintf(text, sizeof(text), "#!%s --script\n", self);
	mkdir("/tmp", 01777);
	fd = open("/tmp/test_linux.script", O_CREAT | O_TRUNC | O_WRONLY, 0700);
	CHECK_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	CHECK_EQ(end_of(start(run_script)), 43);
	unlink("/tmp/test_linux.script");
}

/* ---- what is shared ----------------------------------------------------------- */

static char stack[16384] __attribute__((aligned(16)));

static int open_fd;

static int unshares_files(void *arg)
{
	(void)arg;
	if (unshare(CLONE_FILES))
		return 1;
	close(open_fd);
	return 0;
}

static int ranges(void *arg)
{
	(void)arg;
	return syscall(SYS_CLOSE_RANGE, open_fd, open_fd, RANGE_UNSHARE) ? 1 : 0;
}

static int unshares_directories(void *arg)
{
	(void)arg;
	return unshare(CLONE_FS) || chdir("/") ? 1 : 0;
}

static void shares(int (*fn)(void *), int flags)
{
	pid_t pid = clone(fn, stack + sizeof(stack), flags | SIGCHLD, NULL);

	CHECK(pid > 0);
	CHECK_EQ(end_of(pid), 0);
}

static void unshare_divides(void)
{
	char before[256], after[256];

	open_fd = open("/", O_RDONLY);
	CHECK(open_fd >= 0);
	shares(unshares_files, CLONE_FILES);
	CHECK(fcntl(open_fd, F_GETFD) >= 0);
	shares(ranges, CLONE_FILES);
	CHECK(fcntl(open_fd, F_GETFD) >= 0);
	mkdir("/tmp", 01777);
	CHECK_EQ(chdir("/tmp"), 0);
	CHECK(getcwd(before, sizeof(before)));
	shares(unshares_directories, CLONE_FS);
	CHECK(getcwd(after, sizeof(after)));
	CHECK(strcmp(before, after) == 0);
	CHECK_EQ(unshare(0), 0);
	CHECK_EQ(unshare(CLONE_FILES | CLONE_FS), 0);
	CHECK_EQ(unshare(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD), 0);
	CHECK_FAILS(unshare(0x1), EINVAL);
}

static void close_range_closes(void)
{
	int a = open("/", O_RDONLY), b = dup(a), c = dup(a);

	CHECK(c >= 0);
	CHECK_EQ(syscall(SYS_CLOSE_RANGE, b, c, RANGE_CLOEXEC), 0);
	CHECK_EQ(fcntl(b, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(a, F_GETFD), 0);
	CHECK_EQ(syscall(SYS_CLOSE_RANGE, b, ~0u, RANGE_UNSHARE), 0);
	CHECK_FAILS(fcntl(c, F_GETFD), EBADF);
	CHECK(fcntl(a, F_GETFD) >= 0);
	CHECK_FAILS(syscall(SYS_CLOSE_RANGE, 5, 4, 0), EINVAL);
	CHECK_FAILS(syscall(SYS_CLOSE_RANGE, 3, 4, 1), EINVAL);
}

/* ---- other processes ------------------------------------------------------------ */

#define IOPRIO(class, level) ((class) << 13 | (level))

static long ioprio_get(int which, int who)
{
	return syscall(SYS_ioprio_get, which, who);
}

static long ioprio_set(int which, int who, int priority)
{
	return syscall(SYS_ioprio_set, which, who, priority);
}

static void ioprio_is_kept(void)
{
	pid_t pid;

	CHECK_EQ(ioprio_get(1, 0), 0);
	CHECK_EQ(ioprio_set(1, 0, IOPRIO(2, 5)), 0);
	CHECK_EQ(ioprio_get(1, getpid()), IOPRIO(2, 5));
	pid = fork();
	if (pid == 0)
		_exit(ioprio_get(1, 0) == IOPRIO(2, 5) ? 7 : 8);
	CHECK_EQ(end_of(pid), 7);
	CHECK_EQ(setpgid(0, 0), 0);
	CHECK_EQ(ioprio_get(2, 0), IOPRIO(2, 5));
	CHECK_EQ(ioprio_set(2, 0, IOPRIO(3, 0)), 0);
	CHECK_EQ(ioprio_get(1, 0), IOPRIO(3, 0));
	CHECK_EQ(ioprio_set(1, 0, 0), 0);
	CHECK_EQ(ioprio_get(2, 0), IOPRIO(2, 4));
	CHECK_EQ(setpriority(PRIO_PROCESS, 0, 10), 0);
	CHECK_EQ(ioprio_get(2, 0), IOPRIO(2, 6));
	CHECK_FAILS(ioprio_set(1, 0, 1), EINVAL);
	CHECK_FAILS(ioprio_set(1, 0, IOPRIO(4, 0)), EINVAL);
	CHECK_FAILS(ioprio_set(4, 0, IOPRIO(2, 0)), EINVAL);
	CHECK_FAILS(ioprio_get(0, 0), EINVAL);
	CHECK_FAILS(ioprio_get(1, 4000000), ESRCH);
	if (geteuid() == 0) {
		CHECK_EQ(ioprio_set(1, 0, IOPRIO(1, 0)), 0);
		CHECK_EQ(setuid(1000), 0);
		CHECK_FAILS(ioprio_set(1, 0, IOPRIO(1, 0)), EPERM);
		CHECK_FAILS(ioprio_set(1, 1, IOPRIO(2, 0)), EPERM);
	}
}

static long kcmp(pid_t a, pid_t b, int type, unsigned long i, unsigned long j)
{
	return syscall(SYS_KCMP, a, b, type, i, j);
}

enum { OF_FILE, OF_VM, OF_FILES, OF_FS, OF_SIGHAND, OF_IO, OF_SYSVSEM };

static int sleeps(void *arg)
{
	(void)arg;
	while (pause())
		;
	return 0;
}

static void kcmp_compares(void)
{
	int a = open("/", O_RDONLY), b = dup(a), c = open("/", O_RDONLY);
	pid_t pid = clone(sleeps, stack + sizeof(stack), CLONE_VM | CLONE_FS | SIGCHLD, NULL);
	pid_t me = getpid();

	CHECK(pid > 0);
	CHECK_EQ(kcmp(me, me, OF_FILE, a, b), 0);
	CHECK(kcmp(me, me, OF_FILE, a, c) > 0);
	CHECK_EQ(kcmp(me, me, OF_FILE, a, c) + kcmp(me, me, OF_FILE, c, a), 3);
	CHECK_EQ(kcmp(me, pid, OF_FILE, a, a), 0);
	CHECK_EQ(kcmp(me, pid, OF_VM, 0, 0), 0);
	CHECK_EQ(kcmp(me, pid, OF_FS, 0, 0), 0);
	CHECK(kcmp(me, pid, OF_FILES, 0, 0) > 0);
	CHECK(kcmp(me, pid, OF_SIGHAND, 0, 0) > 0);
	CHECK_EQ(kcmp(me, me, OF_SIGHAND, 0, 0), 0);
	CHECK_EQ(kcmp(me, pid, OF_SYSVSEM, 0, 0), 0);
	CHECK(kcmp(me, getppid(), OF_VM, 0, 0) > 0);
	CHECK_FAILS(kcmp(me, me, OF_FILE, a, 99), EBADF);
	CHECK_FAILS(kcmp(me, me, 9, 0, 0), EINVAL);
	CHECK_FAILS(kcmp(me, 4000000, OF_VM, 0, 0), ESRCH);
	kill(pid, SIGKILL);
	CHECK_EQ(end_of(pid), -SIGKILL);
	if (geteuid() == 0) {
		CHECK_EQ(setuid(1000), 0);
		CHECK_FAILS(kcmp(me, 1, OF_VM, 0, 0), EPERM);
	}
}

static char *far;

static int fills(void)
{
	memset(far, 'c', 3 * 4096);
	while (pause())
		;
	return 0;
}

static void process_vm_copies(void)
{
	char *own = malloc(3 * 4096);
	struct iovec local[2] = { { own, 5000 }, { own + 5000, 3 * 4096 - 5000 } };
	struct iovec remote[3], bad = { (void *)8, 10 };
	pid_t pid;

	far = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(far != MAP_FAILED);
	memset(far, 'p', 3 * 4096);
	pid = start(fills);
	nap_ms(20);
	remote[0] = (struct iovec){ far + 1, 100 };
	remote[1] = (struct iovec){ far + 101, 0 };
	remote[2] = (struct iovec){ far + 101, 3 * 4096 - 101 };
	CHECK_EQ(process_vm_readv(pid, local, 2, remote, 3, 0), 3 * 4096 - 1);
	CHECK(own[0] == 'c' && own[3 * 4096 - 2] == 'c' && far[0] == 'p');
	memset(own, 'w', 3 * 4096);
	CHECK_EQ(process_vm_writev(pid, local, 1, remote, 3, 0), 5000);
	memset(own, 0, 3 * 4096);
	CHECK_EQ(process_vm_readv(pid, local, 2, remote, 3, 0), 3 * 4096 - 1);
	CHECK(own[0] == 'w' && own[4999] == 'w' && own[5000] == 'c' && far[1] == 'p');
	/* As much as there is. */
	remote[0] = (struct iovec){ far + 4096, 2 * 4096 };
	remote[1] = bad;
	CHECK_EQ(process_vm_readv(pid, local, 2, remote, 2, 0), 2 * 4096);
	CHECK_FAILS(process_vm_readv(pid, local, 2, &bad, 1, 0), EFAULT);
	CHECK_FAILS(process_vm_writev(pid, local, 2, &bad, 1, 0), EFAULT);
	CHECK_FAILS(process_vm_readv(pid, &bad, 1, remote, 1, 0), EFAULT);
	CHECK_FAILS(process_vm_readv(pid, local, 2, remote, 1, 1), EINVAL);
	CHECK_FAILS(process_vm_readv(pid, local, 1025, remote, 1, 0), EINVAL);
	CHECK_FAILS(process_vm_readv(pid, (void *)8, 1, remote, 1, 0), EFAULT);
	CHECK_FAILS(process_vm_readv(4000000, local, 2, remote, 1, 0), ESRCH);
	CHECK_EQ(process_vm_readv(pid, local, 0, remote, 1, 0), 0);
	if (geteuid() == 0) {
		CHECK_EQ(setuid(1000), 0);
		CHECK_FAILS(process_vm_readv(1, local, 1, remote, 1, 0), EPERM);
		CHECK_EQ(process_vm_readv(getpid(), local, 1, local + 1, 1, 0), 5000);
	}
	kill(pid, SIGKILL);
}

static void *stays(void *id)
{
	*(int *)id = (int)syscall(SYS_gettid);
	while (pause())
		;
	return 0;
}

static void threads_are_in_proc(void)
{
	char path[64], text[64];
	volatile int tid = 0;
	pthread_t thread;
	struct stat st;
	int fd;

	CHECK_EQ(pthread_create(&thread, NULL, stays, (void *)&tid), 0);
	while (!tid)
		nap_ms(1);
	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	CHECK_EQ(stat(path, &st), 0);
	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	fd = open(path, O_RDONLY);
	CHECK(read(fd, text, sizeof(text)) > 0);
	CHECK_EQ(atoi(text), tid);
}

static void put_text(const char *path, const char *text, int error)
{
	int fd = open(path, O_WRONLY);

	CHECK(fd >= 0);
	if (error)
		CHECK_FAILS(write(fd, text, strlen(text)), error);
	else
		CHECK_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static int number_in(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY);

	CHECK(fd >= 0);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return atoi(text);
}

static void oom_score_is_adjusted(void)
{
	static const char path[] = "/proc/self/oom_score_adj";
	pid_t pid;

	CHECK_EQ(number_in(path), 0);
	put_text(path, "500\n", 0);
	CHECK_EQ(number_in(path), 500);
	CHECK(number_in("/proc/self/oom_score") >= 990);
	pid = fork();
	if (pid == 0)
		_exit(number_in(path) == 500 ? 0 : 1);
	CHECK_EQ(end_of(pid), 0);
	put_text(path, "1001", EINVAL);
	put_text(path, "-1001", EINVAL);
	put_text(path, "x", EINVAL);
	if (geteuid() == 0) {
		put_text(path, "-1000", 0);
		CHECK_EQ(number_in(path), -1000);
		CHECK_EQ(number_in("/proc/self/oom_score"), 0);
	}
}

static unsigned long io_of(const char *key)
{
	char text[512] = "", *at;
	int fd = open("/proc/self/io", O_RDONLY);

	CHECK(fd >= 0);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	at = strstr(text, key);
	CHECK(at);
	return strtoul(at + strlen(key), NULL, 10);
}

static void io_is_counted(void)
{
	unsigned long bytes = io_of("wchar: "), calls = io_of("syscw: ");
	int p[2];
	char c[10];

	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(write(p[1], "0123456789", 10), 10);
	CHECK_EQ(io_of("wchar: "), bytes + 10);
	CHECK_EQ(io_of("syscw: "), calls + 1);
	bytes = io_of("rchar: ");
	calls = io_of("syscr: ");
	CHECK_EQ(read(p[0], c, 10), 10);
	CHECK(io_of("rchar: ") >= bytes + 10);
	CHECK_EQ(io_of("syscr: "), calls + 3);
}

/* ---- sizes ----------------------------------------------------------------------- */

static int grows_too_large(void)
{
	struct rlimit limit = { 100, RLIM_INFINITY };
	int fd = open("/tmp/test_linux.size", O_CREAT | O_RDWR, 0600);

	return setrlimit(RLIMIT_FSIZE, &limit) ? 1 : ftruncate(fd, 101) ? 2 : 3;
}

static void truncates(void)
{
	struct rlimit limit = { 100, RLIM_INFINITY };
	int fd, pipes[2];
	struct stat st;

	mkdir("/tmp", 01777);
	fd = open("/tmp/test_linux.size", O_CREAT | O_RDWR, 0600);
	CHECK_EQ(ftruncate(fd, 1000), 0);
	CHECK_EQ(truncate("/tmp/test_linux.size", 10), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 10);
	CHECK_FAILS(ftruncate(fd, -1), EINVAL);
	CHECK_FAILS(truncate("/tmp/test_linux.size", -1), EINVAL);
	CHECK_FAILS(truncate("/tmp", 0), EISDIR);
	CHECK_FAILS(truncate("/tmp/no", 0), ENOENT);
	CHECK_FAILS(ftruncate(open("/tmp/test_linux.size", O_RDONLY), 0), EINVAL);
	CHECK_FAILS(ftruncate(open("/tmp/test_linux.size", O_PATH), 0), EBADF);
	CHECK_EQ(pipe(pipes), 0);
	CHECK_FAILS(ftruncate(pipes[1], 0), EINVAL);
	CHECK_FAILS(ftruncate(99, 0), EBADF);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(fdatasync(fd), 0);
	CHECK_EQ(fsync(open("/tmp", O_RDONLY)), 0);
	CHECK_FAILS(fsync(pipes[0]), EINVAL);
	CHECK_FAILS(fsync(99), EBADF);
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED), 0);
	CHECK_EQ(posix_fadvise(fd, 0, 0, 6), EINVAL);
	CHECK_EQ(posix_fadvise(pipes[0], 0, 0, 0), ESPIPE);
	CHECK_EQ(posix_fadvise(99, 0, 0, 0), EBADF);
	CHECK_EQ(end_of(start(grows_too_large)), -SIGXFSZ);
	signal(SIGXFSZ, SIG_IGN);
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
	CHECK_FAILS(ftruncate(fd, 101), EFBIG);
	CHECK_EQ(ftruncate(fd, 100), 0);
	unlink("/tmp/test_linux.size");
}

static const struct ktap_test tests[] = {
	TEST(futex_wake_op_changes),
	TEST(futex_wake_op_wakes),
	TEST(futex_waitv_waits),
	TEST(execveat_by_descriptor),
	TEST(execveat_of_a_script),
	TEST(unshare_divides),
	TEST(close_range_closes),
	TEST(ioprio_is_kept),
	TEST(kcmp_compares),
	TEST(process_vm_copies),
	TEST(threads_are_in_proc),
	TEST(oom_score_is_adjusted),
	TEST(io_is_counted),
	TEST(truncates),
};

int main(int argc, char **argv)
{
	/* This program, run by a test of it. */
	if (argc > 1 && !strcmp(argv[1], "--name"))
		return 42;
	if (argc > 2 && !strcmp(argv[1], "--script"))
		return strncmp(argv[2], "/dev/fd/", 8) ? 44 : 43;
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(*tests));
}
