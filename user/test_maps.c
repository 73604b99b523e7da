// SPDX-License-Identifier: MIT
/*
 * test_maps: mappings, their protection, brk and shared memory, as Linux has them.
 * (What is less usual is test_memory's.)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "usertests.h"

#define MIB (1024 * 1024)

static void mmap_is_zeroed(void)
{
	unsigned char *p = map(16 * PAGE, RW, ANON);

	for (size_t i = 0; i < 16 * PAGE; i++)
		CHECK_EQ(p[i], 0);
	memset(p, 1, 16 * PAGE);
	CHECK_EQ(munmap(p, 16 * PAGE), 0);
	CHECK_EQ(fault_of((char *)p, 0), SIGSEGV);
}

static void mmap_with_holes(void)
{
	char *p = map(5 * PAGE, RW, ANON), *q;

	memset(p, 'a', 5 * PAGE);
	CHECK_EQ(munmap(p + 2 * PAGE, PAGE), 0);
	CHECK_EQ(p[2 * PAGE - 1], 'a');
	CHECK_EQ(p[3 * PAGE], 'a');
	CHECK_EQ(fault_of(p + 2 * PAGE, 0), SIGSEGV);
	q = mmap(p + 2 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0);
	CHECK(q == p + 2 * PAGE);
	CHECK_EQ(*q, 0);
	CHECK_FAILS(munmap(p + 1, PAGE), EINVAL);
	CHECK(mmap(NULL, 0, RW, ANON, -1, 0) == MAP_FAILED && errno == EINVAL);
}

static void mprotect_takes_effect(void)
{
	char *p = map(3 * PAGE, RW, ANON);

	p[PAGE] = 1;
	CHECK_EQ(mprotect(p + PAGE, PAGE, PROT_NONE), 0);
	CHECK_EQ(fault_of(p + PAGE, 0), SIGSEGV);
	CHECK_EQ(fault_of(p, 1), 0);
	CHECK_EQ(mprotect(p + PAGE, PAGE, RW), 0);
	CHECK_EQ(p[PAGE], 1);
	CHECK_FAILS(mprotect((void *)0x10000, PAGE, PROT_READ), ENOMEM);
}

static void no_execute(void)
{
	unsigned char *p = map(PAGE, RW, ANON);
	int (*fn)(void) = (int (*)(void))(uintptr_t)p;
	struct sigaction sa = { .sa_sigaction = on_fault,
				.sa_flags = SA_SIGINFO | SA_NODEFER };

	memcpy(p, "\xb8\x2a\0\0\0\xc3", 6);	/* mov $42, %eax; ret */
	sigaction(SIGSEGV, &sa, NULL);
	signals = 0;
	if (sigsetjmp(back, 1) == 0)
		fn();
	CHECK_EQ(signals, SIGSEGV);
	CHECK(fault_address == p);
	CHECK_EQ(mprotect(p, PAGE, PROT_READ | PROT_EXEC), 0);
	CHECK_EQ(fn(), 42);
}

static void mmap_of_a_file(void)
{
	char *p, buf[8];
	int fd = open("/test_maps.map", O_RDWR | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, 2 * PAGE), 0);
	CHECK_EQ(pwrite(fd, "start", 5, 0), 5);
	CHECK_EQ(pwrite(fd, "page1", 5, PAGE), 5);
	p = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK(memcmp(p, "start", 5) == 0 && memcmp(p + PAGE, "page1", 5) == 0);
	memcpy(p, "local", 5);
	CHECK_EQ(pread(fd, buf, 5, 0), 5);
	CHECK(memcmp(buf, "start", 5) == 0);
	munmap(p, 2 * PAGE);
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, PAGE);
	if (p == MAP_FAILED && (errno == ENODEV || errno == ENOSYS || errno == EINVAL))
		SKIP("no shared mappings: errno %d", errno);
	CHECK(p != MAP_FAILED);
	memcpy(p, "SHARE", 5);
	CHECK_EQ(pread(fd, buf, 5, PAGE), 5);
	CHECK(memcmp(buf, "SHARE", 5) == 0);
	close(fd);
	unlink("/test_maps.map");
}

static void shared_memory(void)
{
	volatile int *p = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	if (p == MAP_FAILED)
		SKIP("no shared anonymous memory: errno %d", errno);
	pid = fork();
	if (pid == 0) {
		*p = 1234;
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(*p, 1234);
}

static void brk_grows(void)
{
	char *start = (char *)syscall(SYS_brk, 0);
	char *end = (char *)syscall(SYS_brk, start + 3 * PAGE + 5);

	CHECK(end == start + 3 * PAGE + 5);
	start[0] = 1;
	end[-1] = 1;
	CHECK((char *)syscall(SYS_brk, start) == start);
	CHECK((char *)syscall(SYS_brk, start + PAGE) == start + PAGE);
	CHECK_EQ(start[0], 0);
}

/* Memory that is given back can be had again: nothing leaks. */
static void memory_comes_back(void)
{
	for (int i = 0; i < 24; i++) {
		char *p = map(4 * MIB, RW, ANON);

		for (size_t at = 0; at < 4 * MIB; at += PAGE)
			p[at] = i;
		CHECK_EQ(munmap(p, 4 * MIB), 0);
	}
}

static void too_much_memory(void)
{
	void *p = mmap(NULL, 1ul << 46, RW, ANON, -1, 0);

	if (p != MAP_FAILED)
		CHECK_EQ(munmap(p, 1ul << 46), 0);
	else
		CHECK_EQ(errno, ENOMEM);
}

static const struct ktap_test tests[] = {
	TEST(mmap_is_zeroed), TEST(mmap_with_holes), TEST(mprotect_takes_effect),
	TEST(no_execute), TEST(mmap_of_a_file), TEST(shared_memory), TEST(brk_grows),
	TEST(memory_comes_back), TEST(too_much_memory),
};

int main(int argc, char **argv)
{
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
