// SPDX-License-Identifier: MIT
/*
 * fileio: files, folders, the console, pipes, memory and time, as an ordinary
 * program uses them.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>

#include "ktap.h"

#define FOLDER "/fileio.tmp"
#define BIG (300 * 1024 + 17)
#define MIB (1024 * 1024)

/* Bytes that tell where they belong. */
static unsigned char pattern(size_t i)
{
	return (unsigned char)(i * 7 + (i >> 8) * 13 + (i >> 16));
}

static int fresh(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd < 0)
		FAIL("open %s: errno %d", path, errno);
	return fd;
}

static void write_then_read(void)
{
	char buf[32] = { 0 };
	int fd = fresh(FOLDER "/a");

	CHECK_EQ(write(fd, "hello, file\n", 12), 12);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 12);
	CHECK(strcmp(buf, "hello, file\n") == 0);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
	CHECK_EQ(close(fd), 0);
	CHECK_FAILS(close(fd), EBADF);
	CHECK_FAILS(write(fd, buf, 1), EBADF);
}

static void big_file(void)
{
	static unsigned char data[BIG], back[BIG];
	int fd = fresh(FOLDER "/big");

	for (size_t i = 0; i < BIG; i++)
		data[i] = pattern(i);
	CHECK_EQ(write(fd, data, BIG), BIG);
	CHECK_EQ(lseek(fd, 0, SEEK_END), BIG);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	for (size_t got = 0; got < BIG;) {
		ssize_t n = read(fd, back + got, 7777);

		CHECK(n > 0);
		got += n;
	}
	CHECK(memcmp(data, back, BIG) == 0);
	CHECK_EQ(pread(fd, back, 5000, 4090), 5000);
	CHECK(memcmp(data + 4090, back, 5000) == 0);
	close(fd);
	CHECK_EQ(unlink(FOLDER "/big"), 0);
}

static void holes_read_as_zero(void)
{
	char buf[8];
	struct stat st;
	int fd = fresh(FOLDER "/hole");

	CHECK_EQ(pwrite(fd, "x", 1, 20000), 1);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 20001);
	CHECK_EQ(pread(fd, buf, 8, 9999), 8);
	CHECK(memcmp(buf, "\0\0\0\0\0\0\0\0", 8) == 0);
	CHECK_EQ(ftruncate(fd, 3), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 3);
	CHECK_EQ(ftruncate(fd, 100), 0);
	CHECK_EQ(pread(fd, buf, 8, 50), 8);
	CHECK_EQ(buf[0], 0);
	close(fd);
}

static void append_and_vectors(void)
{
	struct iovec v[2] = { { (void *)"one", 3 }, { (void *)"three", 5 } };
	char a[4], b[16], path[] = FOLDER "/append";
	struct iovec r[2] = { { a, 4 }, { b, 16 } };
	int fd, fresh_fd = fresh(path);

	CHECK_EQ(write(fresh_fd, "ab", 2), 2);
	close(fresh_fd);
	fd = open(path, O_RDWR | O_APPEND);
	CHECK(fd >= 0);
	CHECK_EQ(writev(fd, v, 2), 8);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(readv(fd, r, 2), 10);
	CHECK(memcmp(a, "abon", 4) == 0 && memcmp(b, "ethree", 6) == 0);
	close(fd);
}

static void open_flags(void)
{
	char path[] = FOLDER "/flags", buf[1];
	int fd = fresh(path);

	close(fd);
	CHECK_FAILS(open(path, O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	CHECK_FAILS(open(FOLDER "/none", O_RDONLY), ENOENT);
	CHECK_FAILS(open(FOLDER "/flags/below", O_RDONLY), ENOTDIR);
	CHECK_FAILS(open(FOLDER, O_RDWR), EISDIR);
	CHECK_FAILS(open(path, O_RDONLY | O_DIRECTORY), ENOTDIR);
	fd = open(path, O_RDONLY);
	CHECK_FAILS(write(fd, buf, 1), EBADF);
	close(fd);
	fd = open(path, O_WRONLY);
	CHECK_FAILS(read(fd, buf, 1), EBADF);
	close(fd);
}

static void folders(void)
{
	int seen = 0, others = 0;
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	CHECK_EQ(mkdir(FOLDER "/d", 0755), 0);
	CHECK_FAILS(mkdir(FOLDER "/d", 0755), EEXIST);
	CHECK_EQ(stat(FOLDER "/d", &st), 0);
	CHECK(S_ISDIR(st.st_mode));
	for (int i = 0; i < 40; i++) {
		char name[64];

		snprintf(name, sizeof(name), FOLDER "/d/file-number-%d", i);
		close(fresh(name));
	}
	CHECK_FAILS(rmdir(FOLDER "/d"), ENOTEMPTY);
	dir = opendir(FOLDER "/d");
	CHECK(dir != NULL);
	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, "file-number-", 12) == 0)
			seen++;
		else
			others++;
	}
	closedir(dir);
	CHECK_EQ(seen, 40);
	CHECK_EQ(others, 2);
	for (int i = 0; i < 40; i++) {
		char name[64];

		snprintf(name, sizeof(name), FOLDER "/d/file-number-%d", i);
		CHECK_EQ(unlink(name), 0);
	}
	CHECK_EQ(rmdir(FOLDER "/d"), 0);
	CHECK_FAILS(stat(FOLDER "/d", &st), ENOENT);
}

static void names(void)
{
	char buf[64] = { 0 };
	struct stat a, b;

	close(fresh(FOLDER "/n1"));
	CHECK_EQ(rename(FOLDER "/n1", FOLDER "/n2"), 0);
	CHECK_FAILS(stat(FOLDER "/n1", &a), ENOENT);
	CHECK_EQ(link(FOLDER "/n2", FOLDER "/n3"), 0);
	CHECK_EQ(stat(FOLDER "/n2", &a), 0);
	CHECK_EQ(stat(FOLDER "/n3", &b), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(a.st_nlink, 2);
	CHECK_EQ(symlink("n3", FOLDER "/n4"), 0);
	CHECK_EQ(readlink(FOLDER "/n4", buf, sizeof(buf)), 2);
	CHECK(strcmp(buf, "n3") == 0);
	CHECK_EQ(stat(FOLDER "/n4", &b), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(lstat(FOLDER "/n4", &b), 0);
	CHECK(S_ISLNK(b.st_mode));
	CHECK_EQ(symlink("loop", FOLDER "/loop"), 0);
	CHECK_FAILS(stat(FOLDER "/loop", &b), ELOOP);
	CHECK_EQ(unlink(FOLDER "/loop"), 0);
	CHECK_EQ(unlink(FOLDER "/n2"), 0);
	CHECK_EQ(unlink(FOLDER "/n3"), 0);
	CHECK_EQ(unlink(FOLDER "/n4"), 0);
}

static void unlinked_file_lives_on(void)
{
	char buf[4];
	int fd = fresh(FOLDER "/gone");

	CHECK_EQ(write(fd, "data", 4), 4);
	CHECK_EQ(unlink(FOLDER "/gone"), 0);
	CHECK_EQ(pread(fd, buf, 4, 0), 4);
	CHECK(memcmp(buf, "data", 4) == 0);
	close(fd);
}

static void working_folder(void)
{
	char buf[64];

	CHECK_EQ(chdir(FOLDER), 0);
	CHECK(getcwd(buf, sizeof(buf)) != NULL);
	CHECK(strcmp(buf, FOLDER) == 0);
	close(fresh("relative"));
	CHECK_EQ(access(FOLDER "/relative", F_OK), 0);
	CHECK_EQ(chdir(".."), 0);
	CHECK(getcwd(buf, sizeof(buf)) != NULL && strcmp(buf, "/") == 0);
	CHECK_FAILS(chdir(FOLDER "/relative"), ENOTDIR);
}

static void descriptors(void)
{
	int fd = fresh(FOLDER "/dup"), other, flags;

	other = dup(fd);
	CHECK(other > fd);
	CHECK_EQ(write(fd, "ab", 2), 2);
	CHECK_EQ(lseek(other, 0, SEEK_CUR), 2);
	CHECK_EQ(dup2(fd, 17), 17);
	close(fd);
	CHECK_EQ(lseek(17, 0, SEEK_CUR), 2);
	CHECK_EQ(fcntl(17, F_SETFD, FD_CLOEXEC), 0);
	CHECK_EQ(fcntl(17, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(other, F_GETFD), 0);
	flags = fcntl(other, F_GETFL);
	CHECK_EQ(flags & O_ACCMODE, O_RDWR);
	CHECK_FAILS(dup2(60, 5), EBADF);
}

static void pipes(void)
{
	struct pollfd p;
	char buf[16];
	int fd[2];

	CHECK_EQ(pipe(fd), 0);
	p.fd = fd[0];
	p.events = POLLIN;
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(write(fd[1], "through", 7), 7);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN);
	CHECK_EQ(read(fd[0], buf, sizeof(buf)), 7);
	CHECK(memcmp(buf, "through", 7) == 0);
	CHECK_FAILS(lseek(fd[0], 0, SEEK_SET), ESPIPE);
	CHECK_EQ(fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
	CHECK_FAILS(read(fd[0], buf, 1), EAGAIN);
	close(fd[1]);
	CHECK_EQ(read(fd[0], buf, 1), 0);
}

static void console(void)
{
	const char line[] = "# this line went to the console by write(2)\n";

	CHECK_EQ(write(1, line, sizeof(line) - 1), (ssize_t)sizeof(line) - 1);
}

static void memory(void)
{
	const size_t size = 4 * MIB;
	unsigned char *p = malloc(size), *q;

	CHECK(p != NULL);
	for (size_t i = 0; i < size; i += 4096)
		p[i] = pattern(i);
	for (size_t i = 0; i < size; i += 4096)
		CHECK_EQ(p[i], pattern(i));
	free(p);
	q = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		 -1, 0);
	CHECK(q != MAP_FAILED);
	for (size_t i = 0; i < MIB; i += 997)
		CHECK_EQ(q[i], 0);
	CHECK_EQ(munmap(q, MIB), 0);
}

static long long nanoseconds(clockid_t clock)
{
	struct timespec t;

	CHECK_EQ(clock_gettime(clock, &t), 0);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void the_time(void)
{
	const long long nap = 20 * 1000 * 1000;
	struct timespec t = { 0, nap };
	long long before = nanoseconds(CLOCK_MONOTONIC), after;

	CHECK_EQ(nanosleep(&t, NULL), 0);
	after = nanoseconds(CLOCK_MONOTONIC);
	if (after - before < nap || after - before > nap + 2000000000ll)
		FAIL("a sleep of %lld ns took %lld", nap, after - before);
	if (nanoseconds(CLOCK_REALTIME) < 1500000000ll * 1000000000)
		FAIL("the clock is before 2017");
	t.tv_nsec = 1000000000;
	CHECK_FAILS(nanosleep(&t, NULL), EINVAL);
}

static void system_name(void)
{
	struct utsname u;

	CHECK_EQ(uname(&u), 0);
	CHECK(u.sysname[0] && u.release[0]);
	CHECK(strcmp(u.machine, "x86_64") == 0);
	printf("# uname: %s %s\n", u.sysname, u.release);
}

static void devices(void)
{
	char buf[16];
	int fd = open("/dev/null", O_RDWR);

	if (fd < 0)
		SKIP("no /dev/null: errno %d", errno);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(read(fd, buf, 1), 0);
	close(fd);
	fd = open("/dev/zero", O_RDONLY);
	CHECK(fd >= 0);
	memset(buf, 1, sizeof(buf));
	CHECK_EQ(read(fd, buf, 16), 16);
	CHECK(memcmp(buf, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16) == 0);
	close(fd);
}

static const struct ktap_test tests[] = {
	TEST(write_then_read), TEST(big_file), TEST(holes_read_as_zero),
	TEST(append_and_vectors), TEST(open_flags), TEST(folders), TEST(names),
	TEST(unlinked_file_lives_on), TEST(working_folder), TEST(descriptors),
	TEST(pipes), TEST(console), TEST(memory), TEST(the_time),
	TEST(system_name), TEST(devices),
};

int main(int argc, char **argv)
{
	mkdir(FOLDER, 0755);
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
