// SPDX-License-Identifier: MIT
/* test_memory: mmap, mremap, madvise, mlock, mincore and limits, as Linux has them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "ktap.h"

#define PAGE 4096ul
#define HOLE ((void *)0x200000000000ul)	/* nothing is ever mapped there */
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)
/* Advice that musl's header may not have. */
#define WIPEONFORK 18
#define COLD 20
#define POPULATE_WRITE 23
#define DONTNEED_LOCKED 24
#define NO_ADVICE 99

static char *map(size_t pages, int flags)
{
	char *p = mmap(NULL, pages * PAGE, RW, flags, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static char *map_filled(size_t pages, int flags)
{
	return memset(map(pages, flags), 5, pages * PAGE);
}

static int file(const char *name, off_t size)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0);
	unlink(name);
	CHECK_EQ(ftruncate(fd, size), 0);
	return fd;
}

static void limit(int which, rlim_t value)
{
	struct rlimit r = { value, value };

	CHECK_EQ(setrlimit(which, &r), 0);
}

static void mmap_refuses(void)
{
	CHECK_FAILS(mmap(NULL, 0, RW, ANON, -1, 0), EINVAL);
	CHECK_FAILS(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_FAILS(mmap(NULL, PAGE, RW, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_FAILS(mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0),
		    EINVAL);
	CHECK_FAILS(mmap(NULL, PAGE, RW, ANON | MAP_HUGETLB, -1, 0), ENOMEM);
	CHECK_FAILS(mmap(NULL, PAGE, RW, MAP_PRIVATE, 99, 0), EBADF);
	CHECK_FAILS(mmap(map(1, ANON), PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	CHECK(mmap(NULL, PAGE, RW, ANON, -1, -(off_t)PAGE) != MAP_FAILED);
	CHECK((unsigned long)mmap(NULL, PAGE, RW, ANON | MAP_32BIT, -1, 0) < 1ul << 31);
}

/* What can be written can be read, whichever comes first, and for the core too. */
static void write_only_memory_is_read(void)
{
	volatile char *p = mmap(NULL, 2 * PAGE, PROT_WRITE, ANON, -1, 0);
	int ends[2];

	CHECK_EQ(p[0], 0);
	CHECK_EQ(mprotect((void *)p, 2 * PAGE, PROT_READ), 0);
	CHECK_EQ(p[PAGE], 0);
	CHECK_EQ(mprotect((void *)p, 2 * PAGE, PROT_WRITE), 0);
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(write(ends[1], (void *)(p + PAGE), 1), 1);
	p[0] = 1;
	CHECK_EQ(p[0] + p[PAGE], 1);
}

static void dev_zero_is_memory(void)
{
	int fd = open("/dev/zero", O_RDWR);
	char *p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);

	CHECK(p != MAP_FAILED);
	p[1] = 1;
	CHECK_EQ(p[0] + p[1], 1);
}

static void mremap_keeps_the_data(void)
{
	char *p = map_filled(4, ANON), *q;

	q = mremap(p, 4 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(q[0] + q[4 * PAGE - 1] + q[4 * PAGE], 10);
	CHECK_FAILS(mremap(q + 1, PAGE, PAGE, 0), EINVAL);
	CHECK_FAILS(mremap(q, 0, PAGE, MREMAP_MAYMOVE), EINVAL);
	CHECK_FAILS(mremap(HOLE, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT);
	CHECK_FAILS(mremap(q, PAGE, 1ul << 47, MREMAP_MAYMOVE), ENOMEM);
}

/* MREMAP_DONTUNMAP leaves an empty mapping; an old length of 0 makes a second one. */
static void mremap_twice(void)
{
	char *p = map_filled(2, ANON), *q, *shared = map_filled(2, MAP_SHARED | MAP_ANONYMOUS);

	q = mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | 4 /* MREMAP_DONTUNMAP */, NULL);
	CHECK(q != MAP_FAILED && q != p);
	CHECK_EQ(q[PAGE], 5);
	CHECK_EQ(p[PAGE], 0);
	q = mremap(shared, 0, 2 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q != shared);
	shared[PAGE] = 7;
	CHECK_EQ(q[PAGE], 7);
}

static void madvise_discards(void)
{
	char *p = map_filled(3, ANON), *shared = map_filled(1, MAP_SHARED | MAP_ANONYMOUS);

	CHECK_EQ(madvise(p + PAGE, PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(p[0] + p[PAGE] + p[2 * PAGE], 10);
	CHECK_EQ(madvise(shared, PAGE, MADV_REMOVE), 0);
	CHECK_EQ(shared[0], 0);
	CHECK_FAILS(madvise(p, PAGE, MADV_REMOVE), EINVAL);
	CHECK_FAILS(madvise(shared, PAGE, MADV_FREE), EINVAL);
	CHECK_FAILS(madvise(p + 1, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_FAILS(madvise(p, PAGE, NO_ADVICE), EINVAL);
	CHECK_FAILS(madvise(HOLE, PAGE, MADV_NORMAL), ENOMEM);
	CHECK_EQ(madvise(HOLE, 0, MADV_NORMAL), 0);
	CHECK_EQ(madvise(p, PAGE, COLD), 0);
}

static void madvise_on_fork(void)
{
	char *p = map_filled(3, ANON);
	int status;
	pid_t pid;

	CHECK_EQ(madvise(p, PAGE, WIPEONFORK), 0);
	CHECK_EQ(madvise(p + PAGE, PAGE, MADV_DONTFORK), 0);
	pid = fork();
	if (pid == 0) {
		if (p[0] != 0 || p[2 * PAGE] != 5)
			_exit(1);
		_exit(p[PAGE]);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, SIGSEGV);
	CHECK_EQ(p[0] + p[PAGE], 10);
}

static void mincore_tells(void)
{
	unsigned char vec[4];
	char *p = map(4, ANON);

	p[PAGE] = 1;
	CHECK_EQ(madvise(p + 3 * PAGE, PAGE, POPULATE_WRITE), 0);
	CHECK_EQ(mincore(p, 4 * PAGE, vec), 0);
	CHECK(!vec[0] && vec[1] == 1 && !vec[2] && vec[3] == 1);
	CHECK_FAILS(mincore(p + 1, PAGE, vec), EINVAL);
	CHECK_FAILS(mincore(HOLE, PAGE, vec), ENOMEM);
	CHECK_FAILS(mincore(p, PAGE, (void *)8), EFAULT);
}

static void locked_pages(void)
{
	char *p = map_filled(2, ANON);

	CHECK_EQ(mlock(p, PAGE), 0);
	CHECK_FAILS(madvise(p, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_FAILS(msync(p, PAGE, MS_INVALIDATE), EBUSY);
	CHECK_EQ(p[0], 5);
	CHECK_EQ(madvise(p, PAGE, DONTNEED_LOCKED), 0);
	CHECK_EQ(p[0], 0);
	CHECK_EQ(munlock(p, PAGE), 0);
	CHECK_EQ(madvise(p, PAGE, MADV_DONTNEED), 0);
	CHECK_FAILS(mlock(HOLE, PAGE), ENOMEM);
	CHECK_FAILS(mlockall(0), EINVAL);
}

static void lock_limit(void)
{
	char *p = map(4, ANON);

	limit(RLIMIT_MEMLOCK, 2 * PAGE);
	CHECK_EQ(setresuid(1000, 1000, 1000), 0);
	CHECK_EQ(mlock(p, 2 * PAGE), 0);
	CHECK_EQ(mlock(p, PAGE), 0);
	CHECK_FAILS(mlock(p + 2 * PAGE, PAGE), ENOMEM);
	CHECK_FAILS(mmap(NULL, PAGE, RW, ANON | MAP_LOCKED, -1, 0), EAGAIN);
	CHECK_EQ(munlock(p, PAGE), 0);
	CHECK_EQ(mlock(p + 2 * PAGE, PAGE), 0);
	limit(RLIMIT_MEMLOCK, 0);
	CHECK_FAILS(mlock(p, PAGE), EPERM);
	CHECK_FAILS(mlockall(MCL_FUTURE), EPERM);
}

static void limit_of_address_space(void)
{
	limit(RLIMIT_AS, 64 << 20);
	CHECK(mmap(NULL, 32 << 20, RW, ANON, -1, 0) != MAP_FAILED);
	CHECK_FAILS(mmap(NULL, 64 << 20, PROT_NONE, ANON, -1, 0), ENOMEM);
	CHECK_FAILS(brk((char *)sbrk(0) + (64 << 20)), ENOMEM);
}

static void limit_of_data(void)
{
	limit(RLIMIT_DATA, 8 << 20);
	CHECK(mmap(NULL, 4 << 20, RW, ANON, -1, 0) != MAP_FAILED);
	CHECK_FAILS(mmap(NULL, 8 << 20, RW, ANON, -1, 0), ENOMEM);
	CHECK(mmap(NULL, 8 << 20, PROT_READ, ANON, -1, 0) != MAP_FAILED);
	CHECK(mmap(NULL, 8 << 20, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static void die_beyond_the_file(void)
{
	int fd = file("/test_memory.a", PAGE);
	char *p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);

	p[0] = 1;
	CHECK_EQ(ftruncate(fd, 0), 0);
	p[0] = 2;
}

/* A private copy of a page goes with the page's end of the file. */
static void die_of_a_cut_copy(void)
{
	int fd = file("/test_memory.b", PAGE);
	char *p = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);

	p[0] = 1;
	CHECK_EQ(ftruncate(fd, 0), 0);
	_exit(p[0]);
}

static void brk_stops_at_a_mapping(void)
{
	char *start = (char *)syscall(SYS_brk, 0);

	CHECK_EQ(syscall(SYS_brk, start + 6 * PAGE), (long)(start + 6 * PAGE));
	CHECK(mmap(start + 8 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) != MAP_FAILED);
	CHECK_EQ(syscall(SYS_brk, start + 10 * PAGE), (long)(start + 6 * PAGE));
	CHECK_EQ(syscall(SYS_brk, -1ul), (long)(start + 6 * PAGE));
}

/* Memory is out: who has most goes, though another asks. */
static void the_largest_is_killed(void)
{
	int ends[2], status;
	char byte;
	pid_t large;

	CHECK_EQ(pipe(ends), 0);
	large = fork();
	if (large == 0) {
		/* As large as there is room for, in parts, but for the last MiB. */
		FILE *info = fopen("/proc/meminfo", "r");
		long free_kib = 0;
		char line[100];

		while (info && fgets(line, sizeof(line), info))
			sscanf(line, "MemFree: %ld", &free_kib);
		for (; free_kib > 4096; free_kib -= 1024)
			map_filled(256, ANON);
		write(ends[1], "f", 1);
		for (;;)
			pause();
	}
	CHECK_EQ(read(ends[0], &byte, 1), 1);
	for (int i = 0; i < 8; i++)
		map_filled(256, ANON);
	CHECK_EQ(waitpid(large, &status, 0), large);
	CHECK_EQ(status, SIGKILL);
}

static const struct ktap_test tests[] = {
	TEST(mmap_refuses), TEST(write_only_memory_is_read), TEST(dev_zero_is_memory),
	TEST(mremap_keeps_the_data),
	TEST(mremap_twice), TEST(madvise_discards), TEST(madvise_on_fork),
	TEST(mincore_tells), TEST(locked_pages), TEST(lock_limit),
	TEST(limit_of_address_space), TEST(limit_of_data),
	TEST_DIES(die_beyond_the_file, SIGBUS), TEST_DIES(die_of_a_cut_copy, SIGBUS),
	TEST(brk_stops_at_a_mapping), TEST(the_largest_is_killed),
};

int main(int argc, char **argv)
{
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
