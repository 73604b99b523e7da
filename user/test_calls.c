// SPDX-License-Identifier: MIT
/*
 * test_calls: the calls on files and names, as Linux 6.1 has them on tmpfs. It
 * passes on Linux too, as root.
 */
#include "files.h"

#ifndef RESOLVE_NO_XDEV
#define RESOLVE_NO_XDEV 1
#define RESOLVE_NO_SYMLINKS 4
#define RESOLVE_BENEATH 8
#define RESOLVE_IN_ROOT 16
#endif

static char page[4096];

/* What musl does not have yet. */
#define STATX_TYPE 1
#define STATX_BASIC_STATS 0x7ff
#define STATX_BTIME 0x800
#define STATX_MNT_ID 0x1000
struct statx {
	uint32_t stx_mask, stx_blksize;
	uint64_t stx_attributes;
	uint32_t stx_nlink, stx_uid, stx_gid;
	uint16_t stx_mode, spare;
	uint64_t stx_ino, stx_size, stx_blocks, stx_attributes_mask;
	struct {
		int64_t tv_sec;
		uint32_t tv_nsec, spare;
	} stx_atime, stx_btime, stx_ctime, stx_mtime;
	uint32_t stx_rdev_major, stx_rdev_minor, stx_dev_major, stx_dev_minor;
	uint64_t stx_mnt_id, spare2[13];
};

static long statx(int dir, const char *path, int flags, unsigned int mask, struct statx *s)
{
	return syscall(SYS_statx, dir, path, flags, mask, s);
}

static long preadv2(int fd, const struct iovec *v, int n, off_t at, int flags)
{
	return syscall(327, fd, v, n, at, 0, flags);
}

static long pwritev2(int fd, const struct iovec *v, int n, off_t at, int flags)
{
	return syscall(328, fd, v, n, at, 0, flags);
}

/* ---- space --------------------------------------------------------------- */

static void holes(void)
{
	struct stat st;
	char c = 1;
	int fd;

	fresh("");
	fd = open("f", O_CREAT | O_RDWR, 0600);
	CHECK_FAILS(lseek(fd, 0, SEEK_DATA), ENXIO);
	CHECK_FAILS(lseek(fd, 0, SEEK_HOLE), ENXIO);
	CHECK_EQ(pwrite(fd, page, 4096, 3 * 4096), 4096);
	CHECK_EQ(pwrite(fd, "x", 1, BIG), 1);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_blocks, 16);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 3 * 4096);
	CHECK_EQ(lseek(fd, 3 * 4096 + 5, SEEK_DATA), 3 * 4096 + 5);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 0);
	CHECK_EQ(lseek(fd, 3 * 4096, SEEK_HOLE), 4 * 4096);
	CHECK_EQ(lseek(fd, 4 * 4096, SEEK_DATA), BIG);
	CHECK_EQ(lseek(fd, BIG, SEEK_HOLE), BIG + 1);
	CHECK_FAILS(lseek(fd, BIG + 1, SEEK_DATA), ENXIO);
	CHECK_FAILS(lseek(fd, -1, SEEK_DATA), ENXIO);
	CHECK_FAILS(lseek(fd, 0, 5), EINVAL);
	CHECK_FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_EQ(pread(fd, &c, 1, 5), 1);
	CHECK_EQ(c, 0);
}

static void allocate(void)
{
	struct stat st;
	char c;
	int fd, ro;

	fresh("size=64k");
	fd = open("f", O_CREAT | O_RDWR, 0600);
	ro = open("f", O_RDONLY);
	CHECK_EQ(fallocate(fd, 0, 0, 8192), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 8192);
	CHECK_EQ(st.st_blocks, 16);
	CHECK_EQ(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4096), 0);
	memset(page, 'x', sizeof(page));
	CHECK_EQ(pwrite(fd, page, 4096, 0), 4096);
	CHECK_EQ(pwrite(fd, page, 4096, 4096), 4096);
	CHECK_EQ(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100, 5000), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_blocks, 16);
	CHECK(pread(fd, &c, 1, 99) == 1 && c == 'x');
	CHECK(pread(fd, &c, 1, 100) == 1 && c == 0);
	CHECK(pread(fd, &c, 1, 5099) == 1 && c == 0);
	CHECK(pread(fd, &c, 1, 5100) == 1 && c == 'x');
	CHECK_EQ(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_blocks, 8);
	CHECK_EQ(st.st_size, 8192);
	CHECK_FAILS(fallocate(fd, 0, 0, BIG), ENOSPC);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 8192);
	CHECK_FAILS(fallocate(fd, 0, -1, 10), EINVAL);
	CHECK_FAILS(fallocate(fd, 0, 0, 0), EINVAL);
	CHECK_FAILS(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 1), EOPNOTSUPP);
	CHECK_FAILS(fallocate(fd, 0x10 /* ZERO_RANGE */, 0, 1), EOPNOTSUPP);
	CHECK_FAILS(fallocate(fd, 0x08 /* COLLAPSE_RANGE */, 0, 4096), EOPNOTSUPP);
	CHECK_FAILS(fallocate(fd, 0x20 /* INSERT_RANGE */, 0, 4096), EOPNOTSUPP);
	CHECK_FAILS(fallocate(fd, 0x28, 0, 4096), EINVAL);
	CHECK_FAILS(fallocate(fd, 0x400, 0, 4096), EOPNOTSUPP);
	CHECK_FAILS(fallocate(fd, 0, INT64_MAX, 10), EFBIG);
	CHECK_FAILS(fallocate(ro, 0, 0, 10), EBADF);
	ro = open(".", O_RDONLY);
	CHECK_FAILS(fallocate(ro, 0, 0, 10), EBADF);
	CHECK_FAILS(fallocate(99, 0, 0, 10), EBADF);
}

static void memory_file(void)
{
	struct stat st;
	char text[64] = "", *p;
	char path[32];
	int fd = memfd_create("name", MFD_CLOEXEC), copy;

	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0777);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(fchmod(fd, 0600), 0);
	CHECK_EQ(ftruncate(fd, 5000), 0);
	CHECK_EQ(pwrite(fd, "hello", 5, 4998), 5);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 5003);
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED && memcmp(p + 4998, "hello", 5) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK(readlink(path, text, sizeof(text)) > 0);
	CHECK(strcmp(text, "/memfd:name (deleted)") == 0);
	copy = open(path, O_RDONLY);
	CHECK(copy >= 0);
	CHECK_EQ(pread(copy, text, 5, 4998), 5);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_FAILS(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), EPERM);
	CHECK_FAILS(memfd_create("x", 0x100), EINVAL);
	CHECK_FAILS(memfd_create((char *)16, 0), EFAULT);
	memset(page, 'n', 250);
	page[249] = 0;
	fd = memfd_create(page, 0);
	CHECK(fd >= 0);
	page[249] = 'n';
	page[250] = 0;
	CHECK_FAILS(memfd_create(page, 0), EINVAL);
}

static void seals(void)
{
	int fd = memfd_create("s", MFD_ALLOW_SEALING);
	char *p;

	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	CHECK_EQ(ftruncate(fd, 8192), 0);
	CHECK_FAILS(fcntl(fd, F_ADD_SEALS, 0x100), EINVAL);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	CHECK_FAILS(ftruncate(fd, 8193), EPERM);
	CHECK_EQ(pwrite(fd, "xy", 2, 8191), 1);
	CHECK_FAILS(pwrite(fd, "xy", 2, 8192), EPERM);
	CHECK_EQ(pwrite(fd, "x", 1, 8191), 1);
	CHECK_FAILS(fallocate(fd, 0, 0, 8193), EPERM);
	CHECK_EQ(ftruncate(fd, 4096), 0);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	CHECK_FAILS(ftruncate(fd, 4095), EPERM);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_FAILS(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	CHECK_EQ(munmap(p, 4096), 0);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	CHECK_FAILS(pwrite(fd, "x", 1, 0), EPERM);
	CHECK_FAILS(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1), EPERM);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, EPERM);
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_FAILS(mprotect(p, 4096, PROT_READ | PROT_WRITE), EACCES);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	*p = 1;
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL), 0);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	CHECK_FAILS(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), EPERM);
	CHECK_FAILS(fcntl(0, F_GET_SEALS), EINVAL);
}

static void truncation(void)
{
	struct rlimit limit = { 10000, RLIM_INFINITY };
	int fd, ro;

	fresh("");
	put_file("f", "0123456789");
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(mkfifo("p", 0644), 0);
	fd = open("f", O_RDWR);
	ro = open("f", O_RDONLY);
	CHECK_FAILS(truncate("d", 0), EISDIR);
	CHECK_FAILS(truncate("p", 0), EINVAL);
	CHECK_FAILS(truncate("f", -1), EINVAL);
	CHECK_FAILS(truncate("none", 0), ENOENT);
	CHECK_FAILS(truncate("f/x", 0), ENOTDIR);
	CHECK_FAILS(ftruncate(ro, 0), EINVAL);
	CHECK_FAILS(ftruncate(99, 0), EBADF);
	CHECK_FAILS(ftruncate(fd, -1), EINVAL);
	CHECK_EQ(truncate("f", 3), 0);
	CHECK(has_text("f", "012"));
	CHECK_EQ(ftruncate(fd, 5), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 5);
	signal(SIGXFSZ, SIG_IGN);
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
	CHECK_FAILS(ftruncate(fd, 10001), EFBIG);
	CHECK_EQ(ftruncate(fd, 10000), 0);
	CHECK_FAILS(pwrite(fd, "x", 1, 10000), EFBIG);
	CHECK_EQ(pwrite(fd, "xyz", 3, 9998), 2);
}

/* ---- opening --------------------------------------------------------------- */

static void temporary_file(void)
{
	struct stat st;
	char path[64];
	int fd, n = 0;
	DIR *d;

	fresh("");
	fd = open(".", O_TMPFILE | O_RDWR, 0640);
	CHECK(fd >= 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(write(fd, "nameless", 8), 8);
	d = opendir(".");
	while (readdir(d))
		n++;
	closedir(d);
	CHECK_EQ(n, 2);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_EQ(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW), 0);
	CHECK(has_text("named", "nameless"));
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_EQ(unlink("named"), 0);
	CHECK_FAILS(linkat(AT_FDCWD, path, AT_FDCWD, "again", AT_SYMLINK_FOLLOW), ENOENT);
	close(fd);
	fd = open(".", O_TMPFILE | O_WRONLY, 0600);
	CHECK_EQ(linkat(fd, "", AT_FDCWD, "other", AT_EMPTY_PATH), 0);
	CHECK_EQ(stat("other", &st), 0);
	close(fd);
	fd = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
	CHECK(fd >= 0);
	CHECK_FAILS(linkat(fd, "", AT_FDCWD, "excl", AT_EMPTY_PATH), ENOENT);
	CHECK_FAILS(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);
	CHECK_FAILS(open(".", O_TMPFILE | O_RDWR | O_CREAT, 0600), EINVAL);
	put_file("f", "x");
	CHECK_FAILS(open("f", O_TMPFILE | O_RDWR, 0600), ENOTDIR);
	CHECK_FAILS(open("none", O_TMPFILE | O_RDWR, 0600), ENOENT);
}

static void open_flags(void)
{
	struct stat st;
	char c;
	int fd;

	fresh("");
	put_file("f", "text");
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(symlink("f", "s"), 0);
	CHECK_EQ(symlink("loop", "loop"), 0);
	CHECK_EQ(symlink("nothing", "dangling"), 0);
	CHECK_FAILS(open("s", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_FAILS(open("loop", O_RDONLY), ELOOP);
	CHECK_FAILS(open("dangling", O_RDONLY), ENOENT);
	CHECK_FAILS(open("dangling", O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
	CHECK_FAILS(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_FAILS(open("d", O_RDWR), EISDIR);
	CHECK_FAILS(open("d", O_CREAT | O_RDONLY, 0600), EISDIR);
	CHECK_FAILS(open("new/", O_CREAT | O_RDWR, 0600), EISDIR);
	CHECK_FAILS(open("f/", O_RDONLY), ENOTDIR);
	CHECK_FAILS(open("f/x", O_RDONLY), ENOTDIR);
	CHECK_FAILS(open("", O_RDONLY), ENOENT);
	CHECK_FAILS(open("f", O_RDWR | O_DIRECT), EINVAL);
	fd = open("s", O_PATH | O_NOFOLLOW);
	CHECK(fd >= 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_EQ(readlinkat(fd, "", &c, 1), 1);
	CHECK_EQ(c, 'f');
	CHECK_FAILS(read(fd, &c, 1), EBADF);
	CHECK_FAILS(syscall(SYS_fchmod, fd, 0600), EBADF);
	CHECK_FAILS(fchmod(fd, 0600), EOPNOTSUPP);	/* musl asks by a path */
	CHECK_FAILS(fcntl(fd, F_SETFL, 0), EBADF);
	CHECK_FAILS(ftruncate(fd, 0), EBADF);
	CHECK_FAILS(ioctl(fd, 0x5401, &c), EBADF);
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_PATH | O_NOFOLLOW), O_PATH | O_NOFOLLOW);
	close(fd);
	fd = open("f", O_RDONLY | O_TRUNC);
	CHECK(fd >= 0);
	CHECK(has_text("f", ""));
	close(fd);
	fd = open("f", O_WRONLY | O_APPEND);
	CHECK_EQ(write(fd, "ab", 2), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(write(fd, "cd", 2), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
	CHECK_EQ(fcntl(fd, F_SETFL, 0), 0);
	CHECK_EQ(pwrite(fd, "X", 1, 0), 1);
	CHECK(has_text("f", "Xbcd"));
	CHECK_FAILS(fcntl(fd, F_SETFL, O_DIRECT), EINVAL);
	CHECK_FAILS(openat(fd, "x", O_RDONLY), ENOTDIR);
	CHECK_FAILS(openat(99, "x", O_RDONLY), EBADF);
	CHECK_EQ(fcntl(fd, F_SETOWN, getpid()), 0);
	CHECK_EQ(fcntl(fd, F_GETOWN), getpid());
	CHECK_FAILS(fcntl(fd, 999), EINVAL);
}

static long open2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct {
		uint64_t flags, mode, resolve, more;
	} how = { flags, mode, resolve, 0 };
	long fd = syscall(437, dir, path, &how, 24);

	if (fd >= 0)
		close((int)fd);
	return fd;
}

static void open_within(void)
{
	uint64_t how[4] = { O_RDONLY, 0, 0, 1 };
	int dir;

	fresh("");
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(mkdir("d/m", 0755), 0);
	CHECK_EQ(mkdir("d/e", 0755), 0);
	put_file("out", "x");
	put_file("d/in", "x");
	CHECK_EQ(symlink("../out", "d/up"), 0);
	CHECK_EQ(symlink("/in", "d/root"), 0);
	CHECK_EQ(symlink("in", "d/flat"), 0);
	CHECK_EQ(mount("m", "d/m", "tmpfs", 0, ""), 0);
	put_file("d/m/f", "x");
	dir = open("d", O_PATH);
	CHECK(open2(dir, "in", O_RDONLY, 0, RESOLVE_BENEATH) >= 0);
	CHECK(open2(dir, "e/../in", O_RDONLY, 0, RESOLVE_BENEATH) >= 0);
	CHECK_FAILS(open2(dir, "../out", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
	CHECK_FAILS(open2(dir, "e/../../out", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
	CHECK_FAILS(open2(dir, "up", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
	CHECK_FAILS(open2(dir, "root", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
	CHECK_FAILS(open2(dir, "/in", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
	CHECK(open2(dir, "/in", O_RDONLY, 0, RESOLVE_IN_ROOT) >= 0);
	CHECK(open2(dir, "/../in", O_RDONLY, 0, RESOLVE_IN_ROOT) >= 0);
	CHECK(open2(dir, "root", O_RDONLY, 0, RESOLVE_IN_ROOT) >= 0);
	CHECK(open2(dir, "/", O_RDONLY, 0, RESOLVE_IN_ROOT) >= 0);
	CHECK_FAILS(open2(dir, "up", O_RDONLY, 0, RESOLVE_IN_ROOT), ENOENT);
	CHECK_FAILS(open2(dir, "flat", O_RDONLY, 0, RESOLVE_NO_SYMLINKS), ELOOP);
	CHECK(open2(dir, "flat", O_RDONLY, 0, 0) >= 0);
	CHECK(open2(dir, "m/f", O_RDONLY, 0, 0) >= 0);
	CHECK_FAILS(open2(dir, "m/f", O_RDONLY, 0, RESOLVE_NO_XDEV), EXDEV);
	CHECK_FAILS(open2(dir, "m", O_RDONLY, 0, RESOLVE_NO_XDEV), EXDEV);
	CHECK(open2(dir, "new", O_CREAT | O_RDWR, 0600, RESOLVE_BENEATH) >= 0);
	CHECK_FAILS(open2(dir, "in", O_RDONLY, 0600, 0), EINVAL);
	CHECK_FAILS(open2(dir, "in", O_CREAT, 010000, 0), EINVAL);
	CHECK_FAILS(open2(dir, "in", 1ul << 40, 0, 0), EINVAL);
	CHECK_FAILS(open2(dir, "in", O_RDONLY, 0, 0x100), EINVAL);
	CHECK_FAILS(open2(dir, "in", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT), EINVAL);
	CHECK_FAILS(open2(dir, "in", O_PATH | O_RDWR, 0, 0), EINVAL);
	CHECK_FAILS(syscall(437, dir, "in", how, 16), EINVAL);
	CHECK_FAILS(syscall(437, dir, "in", how, 32), E2BIG);
	CHECK_FAILS(syscall(437, dir, "in", 16, 24), EFAULT);
	how[3] = 0;
	CHECK(syscall(437, dir, "in", how, 32) >= 0);
}

static void vectors_with_flags(void)
{
	struct iovec v = { page, 4 };
	int fd;

	fresh("");
	put_file("f", "0123456789");
	fd = open("f", O_RDWR);
	CHECK_EQ(preadv2(fd, &v, 1, 2, 0), 4);
	CHECK(memcmp(page, "2345", 4) == 0);
	CHECK_EQ(preadv2(fd, &v, 1, -1, 0), 4);
	CHECK(memcmp(page, "0123", 4) == 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
	memcpy(page, "abcd", 4);
	CHECK_EQ(pwritev2(fd, &v, 1, 0, 0x10 /* RWF_APPEND */), 4);
	CHECK(has_text("f", "0123456789abcd"));
	CHECK_EQ(pwritev2(fd, &v, 1, 0, 2 /* RWF_DSYNC */), 4);
	CHECK(has_text("f", "abcd456789abcd"));
	CHECK_FAILS(preadv2(fd, &v, 1, 0, 0x100), EOPNOTSUPP);
	CHECK_FAILS(preadv2(fd, &v, 1, -2, 0), EINVAL);
	CHECK_FAILS(preadv2(fd, &v, 1, 0, 8 /* RWF_NOWAIT */), EOPNOTSUPP);
}

/* ---- attributes ------------------------------------------------------------ */

static void extended_stat(void)
{
	struct statx s, t;
	struct stat st;

	fresh("");
	put_file("f", "text");
	CHECK_EQ(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS | STATX_BTIME, &s), 0);
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(s.stx_mask & 0xfff, STATX_BASIC_STATS | STATX_BTIME);
	CHECK_EQ(s.stx_mask & STATX_MNT_ID, STATX_MNT_ID);
	CHECK_EQ(s.stx_size, 4);
	CHECK_EQ(s.stx_ino, st.st_ino);
	CHECK_EQ(s.stx_mode, st.st_mode);
	CHECK_EQ(makedev(s.stx_dev_major, s.stx_dev_minor), st.st_dev);
	CHECK(s.stx_btime.tv_sec > 0 && s.stx_btime.tv_sec <= st.st_mtime);
	CHECK_EQ(s.stx_attributes, 0);
	CHECK_EQ(s.stx_attributes_mask & ~0x200000ul, 0x3070);
	CHECK_EQ(statx(AT_FDCWD, ".", 0, STATX_BASIC_STATS, &t), 0);
	CHECK_EQ(t.stx_attributes, 0x2000);
	CHECK_EQ(t.stx_mask & 0x800, 0);
	CHECK(s.stx_mnt_id == t.stx_mnt_id);
	CHECK_FAILS(statx(AT_FDCWD, "f", 0x10000, 0, &s), EINVAL);
	CHECK_FAILS(statx(AT_FDCWD, "f", 0, 0x80000000u, &s), EINVAL);
	CHECK_FAILS(statx(AT_FDCWD, "", 0, 0, &s), ENOENT);
	CHECK_EQ(statx(AT_FDCWD, "", AT_EMPTY_PATH, STATX_TYPE, &s), 0);
	CHECK(S_ISDIR(s.stx_mode));
}

static int times(const char *path, time_t a, long an, time_t m, long mn)
{
	struct timespec t[2] = { { a, an }, { m, mn } };

	return utimensat(AT_FDCWD, path, t, 0);
}

static void times_as_user(void)
{
	struct timespec t[2] = { { 1, UTIME_NOW }, { 1, UTIME_NOW } };

	CHECK_EQ(utimensat(AT_FDCWD, "w", NULL, 0), 0);
	CHECK_EQ(utimensat(AT_FDCWD, "w", t, 0), 0);
	CHECK_FAILS(times("w", 1, UTIME_NOW, 1, UTIME_OMIT), EPERM);
	CHECK_FAILS(times("w", 5, 0, 5, 0), EPERM);
	CHECK_FAILS(utimensat(AT_FDCWD, "r", NULL, 0), EACCES);
	CHECK_EQ(times("r", 1, UTIME_OMIT, 1, UTIME_OMIT), 0);
}

static void file_times(void)
{
	struct stat a, b;
	char c;
	int fd;

	fresh("");
	put_file("f", "x");
	CHECK_EQ(times("f", 100, 5, 200, 6), 0);
	CHECK_EQ(stat("f", &a), 0);
	CHECK_EQ(a.st_atime, 100);
	CHECK_EQ(a.st_atim.tv_nsec, 5);
	CHECK_EQ(a.st_mtime, 200);
	CHECK(a.st_ctime > 1000);
	CHECK_EQ(times("f", 300, UTIME_OMIT, 400, 0), 0);
	CHECK_EQ(stat("f", &a), 0);
	CHECK_EQ(a.st_atime, 100);
	CHECK_EQ(a.st_mtime, 400);
	CHECK_FAILS(times("f", 1, 1000000000, 1, 0), EINVAL);
	CHECK_FAILS(times("none", 1, 0, 1, 0), ENOENT);
	CHECK_EQ(times("none", 1, UTIME_OMIT, 1, UTIME_OMIT), 0);
	/* relatime: the first read after a write moves the time of access. */
	fd = open("f", O_RDWR);
	usleep(20000);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(stat("f", &a), 0);
	CHECK(a.st_atime > 1000);
	CHECK_EQ(a.st_mtime, 400);
	usleep(20000);
	CHECK_EQ(pread(fd, &c, 1, 0), 1);
	CHECK_EQ(stat("f", &b), 0);
	CHECK(a.st_atim.tv_nsec == b.st_atim.tv_nsec);
	CHECK_EQ(pwrite(fd, "y", 1, 0), 1);
	CHECK_EQ(stat("f", &a), 0);
	CHECK(a.st_mtime > 1000 && a.st_mtim.tv_nsec == a.st_ctim.tv_nsec);
	usleep(20000);
	CHECK_EQ(chmod("f", 0644), 0);
	CHECK_EQ(stat("f", &b), 0);
	CHECK(b.st_mtim.tv_nsec == a.st_mtim.tv_nsec && b.st_ctim.tv_nsec != a.st_ctim.tv_nsec);
	/* Those of a directory: of its entries, and of reading them. */
	CHECK_EQ(times(".", 100, 0, 100, 0), 0);
	put_file("g", "x");
	CHECK_EQ(stat(".", &a), 0);
	CHECK(a.st_mtime > 1000 && a.st_ctime > 1000);
	CHECK_EQ(a.st_atime, 100);
	closedir(({ DIR *d = opendir("."); readdir(d); d; }));
	CHECK_EQ(stat(".", &a), 0);
	CHECK(a.st_atime > 1000);
	CHECK_EQ(symlink("g", "s"), 0);
	CHECK_EQ(utimensat(AT_FDCWD, "s", (struct timespec[2]){ { 7, 0 }, { 8, 0 } },
			   AT_SYMLINK_NOFOLLOW), 0);
	CHECK_EQ(lstat("s", &a), 0);
	CHECK_EQ(a.st_atime, 7);
	CHECK_EQ(readlink("s", &c, 1), 1);
	CHECK_EQ(lstat("s", &a), 0);
	CHECK(a.st_atime > 1000);
	CHECK_EQ(mount(NULL, TOP, NULL, MS_REMOUNT | MS_NOATIME, NULL), 0);
	CHECK_EQ(times("g", 100, 0, 200, 0), 0);
	CHECK(has_text("g", "x"));
	CHECK_EQ(stat("g", &a), 0);
	CHECK_EQ(a.st_atime, 100);
	put_file("w", "x");
	put_file("r", "x");
	CHECK_EQ(chmod("w", 0666), 0);
	as_user(1000, 1000, times_as_user);
}

static void set_id_child(void)
{
	struct stat st;
	int fd = open("w", O_WRONLY);

	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(stat("w", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0777);
	CHECK_EQ(truncate("t", 0), 0);
	CHECK_EQ(stat("t", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0777);
	close(open("o", O_WRONLY | O_TRUNC));
	CHECK_EQ(stat("o", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0777);
	CHECK_EQ(chmod("mine", 02755), 0);
	CHECK_EQ(stat("mine", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0755);
	CHECK_FAILS(chown("mine", 0, -1), EPERM);
	CHECK_FAILS(chown("mine", -1, 6), EPERM);
	CHECK_EQ(chown("mine", -1, 1000), 0);
	CHECK_FAILS(chmod("w", 0600), EPERM);
}

static void set_id_bits(void)
{
	static const char *const names[] = { "w", "t", "o", "mine", "root" };
	struct stat st;
	int fd;

	fresh("");
	umask(0);
	for (int i = 0; i < 5; i++) {
		put_file(names[i], "x");
		CHECK_EQ(chmod(names[i], i < 3 ? 06777 : 06755), 0);
	}
	CHECK_EQ(chown("mine", 1000, 5), 0);
	CHECK_EQ(stat("mine", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0755);
	fd = open("root", O_WRONLY);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(stat("root", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 06755);
	CHECK_EQ(chmod(".", 0777), 0);
	as_user(1000, 1000, set_id_child);
	/* A set-group-id directory gives its group on. */
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(chown("d", 0, 77), 0);
	CHECK_EQ(chmod("d", 02777), 0);
	CHECK_EQ(mkdir("d/sub", 0755), 0);
	CHECK_EQ(stat("d/sub", &st), 0);
	CHECK_EQ(st.st_gid, 77);
	CHECK_EQ(st.st_mode & 07777, 02755);
	put_file("d/f", "x");
	CHECK_EQ(stat("d/f", &st), 0);
	CHECK_EQ(st.st_gid, 77);
}

static void sticky_child(void)
{
	CHECK_FAILS(unlink("tmp/root"), EPERM);
	CHECK_FAILS(rename("tmp/root", "tmp/x"), EPERM);
	CHECK_FAILS(rename("tmp/own", "tmp/root"), EPERM);
	CHECK_EQ(rename("tmp/own", "tmp/other"), 0);
	CHECK_EQ(unlink("tmp/other"), 0);
	CHECK_FAILS(mkdir("no", 0755), EACCES);
	CHECK_FAILS(unlink("tmp/none"), ENOENT);
}

static void sticky_directory(void)
{
	fresh("");
	CHECK_EQ(chmod(".", 0755), 0);
	CHECK_EQ(mkdir("tmp", 0755), 0);
	CHECK_EQ(chmod("tmp", 01777), 0);
	put_file("tmp/root", "x");
	put_file("tmp/own", "x");
	CHECK_EQ(chown("tmp/own", 1000, 1000), 0);
	as_user(1000, 1000, sticky_child);
}

static void access_child(void)
{
	CHECK_EQ(faccessat(AT_FDCWD, "f", R_OK, 0), 0);
	CHECK_FAILS(faccessat(AT_FDCWD, "f", W_OK, 0), EACCES);
	CHECK_FAILS(faccessat(AT_FDCWD, "x", X_OK, 0), EACCES);
	CHECK_EQ(syscall(439, AT_FDCWD, "s", W_OK, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_FAILS(syscall(439, AT_FDCWD, "s", W_OK, 0), EACCES);
	CHECK_FAILS(access("d/f", F_OK), EACCES);
}

static void run(const char *path, int want)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl(path, path, "--ids", NULL);
		_exit(100 + errno);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), want);
}

static void run_child(void)
{
	run("./x", 1007 % 100);		/* needs no permission to read */
	run("./s", 0);
	run("./r", 100 + EACCES);
	CHECK_FAILS(open("x", O_RDONLY), EACCES);
}

static void run_child_nosuid(void)
{
	run("./s", 1007 % 100);
}

static void running(void)
{
	int from, to;
	long n;

	fresh("");
	from = open("/proc/self/exe", O_RDONLY);
	to = open("x", O_CREAT | O_WRONLY, 0700);
	while ((n = read(from, page, sizeof(page))) > 0)
		CHECK_EQ(write(to, page, (size_t)n), n);
	close(to);
	put_file("r", "text");
	CHECK_EQ(link("x", "s"), 0);
	CHECK_EQ(chmod("x", 0711), 0);
	CHECK_EQ(chmod("r", 0644), 0);
	run("./r", 100 + EACCES);
	CHECK_EQ(unlink("s"), 0);
	CHECK_EQ(lseek(from, 0, SEEK_SET), 0);
	to = open("s", O_CREAT | O_WRONLY, 0700);
	while ((n = read(from, page, sizeof(page))) > 0)
		CHECK_EQ(write(to, page, (size_t)n), n);
	close(to);
	CHECK_EQ(chmod("s", 04711), 0);
	as_user(1007, 1007, run_child);
	CHECK_EQ(mount(NULL, TOP, NULL, MS_REMOUNT | MS_NOSUID, NULL), 0);
	as_user(1007, 1007, run_child_nosuid);
	CHECK_EQ(mount(NULL, TOP, NULL, MS_REMOUNT | MS_NOEXEC, NULL), 0);
	run("./x", 100 + EACCES);
}

static void access_checks(void)
{
	int fd;

	fresh("");
	put_file("f", "x");
	put_file("x", "x");
	CHECK_EQ(mkdir("d", 0700), 0);
	CHECK_EQ(symlink("f", "s"), 0);
	CHECK_FAILS(access("f", X_OK), EACCES);
	CHECK_EQ(chmod("x", 0744), 0);
	CHECK_EQ(access("x", X_OK | R_OK | W_OK), 0);
	CHECK_FAILS(access("f", 8), EINVAL);
	CHECK_FAILS(access("none", F_OK), ENOENT);
	fd = open("f", O_PATH);
	CHECK_EQ(syscall(439, fd, "", R_OK, AT_EMPTY_PATH), 0);
	CHECK_FAILS(syscall(439, fd, "", X_OK, AT_EMPTY_PATH), EACCES);
	CHECK_FAILS(syscall(439, fd, "", R_OK, 0), ENOENT);
	CHECK_FAILS(syscall(439, fd, "", R_OK, 0x10000), EINVAL);
	as_user(1000, 1000, access_child);
}

/* ---- names --------------------------------------------------------------- */

static long rename2(const char *from, const char *to, unsigned int flags)
{
	return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static void rename_flags(void)
{
	struct stat st;

	fresh("");
	put_file("a", "A");
	put_file("b", "B");
	CHECK_EQ(mkdir("d", 0755), 0);
	put_file("d/x", "X");
	CHECK_FAILS(rename2("a", "b", 1), EEXIST);
	CHECK_EQ(rename2("a", "c", 1), 0);
	CHECK_FAILS(rename2("b", "none", 2), ENOENT);
	CHECK_EQ(rename2("b", "c", 2), 0);
	CHECK(has_text("b", "A") && has_text("c", "B"));
	CHECK_EQ(rename2("b", "d", 2), 0);
	CHECK(has_text("d", "A") && has_text("b/x", "X"));
	CHECK_EQ(mkdir("e", 0755), 0);
	CHECK_EQ(rename2("b", "e", 2), 0);
	CHECK(has_text("e/x", "X"));
	CHECK_EQ(stat("e/..", &st), 0);
	CHECK_FAILS(rename2("e", "e/x", 2), EINVAL);
	CHECK_FAILS(rename2("c", "d", 3), EINVAL);
	CHECK_FAILS(rename2("c", "d", 8), EINVAL);
	CHECK_EQ(rename2("c", "w", 4), 0);
	CHECK(has_text("w", "B"));
	CHECK_EQ(lstat("c", &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(st.st_rdev, 0);
	CHECK_EQ(unlink("c"), 0);
	CHECK_FAILS(rename2("w", "d", 6), EINVAL);
	CHECK_EQ(rename("w", "w"), 0);
	CHECK_EQ(link("w", "v"), 0);
	CHECK_EQ(rename("w", "v"), 0);
	CHECK_EQ(stat("w", &st), 0);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_FAILS(rename("e", "w"), ENOTDIR);
	CHECK_FAILS(rename("w", "e"), EISDIR);
	CHECK_FAILS(rename("e", "e/f"), EINVAL);
	CHECK_EQ(mkdir("full", 0755), 0);
	put_file("full/x", "x");
	CHECK_FAILS(rename("e", "full"), ENOTEMPTY);
	CHECK_FAILS(rename(".", "x"), EBUSY);
}

static void name_lengths(void)
{
	static char long_name[300], long_path[5000], buf[8];
	struct stat st;

	fresh("");
	memset(long_name, 'n', 255);
	CHECK_EQ(mkdir(long_name, 0755), 0);
	long_name[255] = 'n';
	CHECK_FAILS(mkdir(long_name, 0755), ENAMETOOLONG);
	CHECK_FAILS(stat(long_name, &st), ENAMETOOLONG);
	CHECK_FAILS(symlink("x", long_name), ENAMETOOLONG);
	CHECK_FAILS(rename("x", long_name), ENOENT);
	for (int i = 0; i < 4095; i += 2)
		memcpy(long_path + i, "./", 2);
	long_path[4095] = 0;
	CHECK_EQ(stat(long_path, &st), 0);
	long_path[4095] = '.';
	long_path[4096] = 0;
	CHECK_FAILS(stat(long_path, &st), ENAMETOOLONG);
	CHECK_FAILS(symlink(long_path, "s"), ENAMETOOLONG);
	long_path[4095] = 0;
	CHECK_EQ(symlink(long_path, "s"), 0);
	CHECK_EQ(lstat("s", &st), 0);
	CHECK_EQ(st.st_size, 4095);
	CHECK_EQ(readlink("s", buf, 3), 3);
	CHECK_FAILS(syscall(SYS_readlink, "s", buf, 0), EINVAL);
	CHECK_FAILS(readlink(".", buf, 8), EINVAL);
	CHECK_FAILS(readlink("none", buf, 8), ENOENT);
	CHECK_FAILS(symlink("", "e"), ENOENT);
	CHECK_FAILS(symlink("x", ""), ENOENT);
	for (int i = 0; i < 41; i++) {
		char from[8], to[8];

		snprintf(from, sizeof(from), "l%d", i);
		snprintf(to, sizeof(to), i ? "l%d" : ".", i - 1);
		CHECK_EQ(symlink(to, from), 0);
	}
	CHECK_EQ(stat("l39", &st), 0);
	CHECK_FAILS(stat("l40", &st), ELOOP);
}

static void hard_links(void)
{
	struct stat st;

	fresh("");
	put_file("f", "x");
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(symlink("f", "s"), 0);
	CHECK_EQ(link("f", "g"), 0);
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_FAILS(link("f", "g"), EEXIST);
	CHECK_FAILS(link("d", "e"), EPERM);
	CHECK_FAILS(link("none", "e"), ENOENT);
	CHECK_FAILS(link("f", "none/e"), ENOENT);
	CHECK_EQ(link("s", "t"), 0);
	CHECK_EQ(lstat("t", &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_EQ(linkat(AT_FDCWD, "s", AT_FDCWD, "h", AT_SYMLINK_FOLLOW), 0);
	CHECK_EQ(lstat("h", &st), 0);
	CHECK(S_ISREG(st.st_mode));
	CHECK_FAILS(linkat(AT_FDCWD, "f", AT_FDCWD, "i", 0x10000), EINVAL);
	CHECK_FAILS(unlink("d"), EISDIR);
	CHECK_FAILS(rmdir("f"), ENOTDIR);
	CHECK_FAILS(rmdir("d/."), EINVAL);
	CHECK_FAILS(rmdir("d/.."), ENOTEMPTY);
	put_file("d/f", "x");
	CHECK_FAILS(rmdir("d"), ENOTEMPTY);
	CHECK_FAILS(unlinkat(AT_FDCWD, "f", 0x10000), EINVAL);
	CHECK_FAILS(mkdir("f", 0755), EEXIST);
	CHECK_FAILS(mkdir("none/x", 0755), ENOENT);
	CHECK_FAILS(mkdir("f/x", 0755), ENOTDIR);
	CHECK_FAILS(mknod("n", S_IFDIR, 0), EPERM);
	CHECK_FAILS(mknod("n", 0170000, 0), EINVAL);
	CHECK_EQ(mknod("n", 0600, 0), 0);
	CHECK_EQ(stat("n", &st), 0);
	CHECK(S_ISREG(st.st_mode));
}

static void directory_positions(void)
{
	char names[40][8];
	long at[40];
	struct dirent *e;
	struct stat st;
	int n = 0, fd;
	DIR *d;

	fresh("");
	for (int i = 0; i < 30; i++) {
		char name[8];

		snprintf(name, sizeof(name), "f%d", i);
		put_file(name, "");
	}
	d = opendir(".");
	for (;; n++) {
		at[n] = telldir(d);
		e = readdir(d);
		if (!e)
			break;
		memcpy(names[n], e->d_name, sizeof(names[n]));
	}
	CHECK_EQ(n, 32);
	for (int i = n - 1; i >= 0; i -= 5) {
		seekdir(d, at[i]);
		e = readdir(d);
		CHECK(e && strcmp(e->d_name, names[i]) == 0);
	}
	rewinddir(d);
	/* Removing while reading loses none of the others. */
	for (n = 0; (e = readdir(d)); n++)
		if (e->d_name[0] != '.')
			CHECK_EQ(unlink(e->d_name), 0);
	CHECK_EQ(n, 32);
	closedir(d);
	CHECK_EQ(mkdir("gone", 0755), 0);
	fd = open("gone", O_RDONLY);
	CHECK_FAILS(syscall(SYS_getdents64, fd, page, 8), EINVAL);
	CHECK_FAILS(syscall(SYS_getdents64, 99, page, 4096), EBADF);
	CHECK_FAILS(read(fd, page, 1), EISDIR);
	CHECK_EQ(rmdir("gone"), 0);
	CHECK_FAILS(syscall(SYS_getdents64, fd, page, 4096), ENOENT);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_FAILS(openat(fd, "x", O_CREAT | O_RDWR, 0600), ENOENT);
	fd = open("/dev/null", O_RDONLY);
	CHECK_FAILS(syscall(SYS_getdents64, fd, page, 4096), ENOTDIR);
}

static void deleted_names(void)
{
	char path[32], text[64] = "";
	int fd;

	fresh("");
	put_file("f", "x");
	fd = open("f", O_RDONLY);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK(readlink(path, text, sizeof(text)) > 0);
	CHECK(strcmp(text, TOP "/f") == 0);
	CHECK_EQ(unlink("f"), 0);
	memset(text, 0, sizeof(text));
	CHECK(readlink(path, text, sizeof(text)) > 0);
	CHECK(strcmp(text, TOP "/f (deleted)") == 0);
	put_file("f", "new");
	memset(text, 0, sizeof(text));
	CHECK(readlink(path, text, sizeof(text)) > 0);
	CHECK(strcmp(text, TOP "/f (deleted)") == 0);
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(chdir("d"), 0);
	CHECK_EQ(rmdir("../d"), 0);
	CHECK(getcwd(text, sizeof(text)) == NULL);
	CHECK_EQ(errno, ENOENT);
	CHECK_EQ(chdir(".."), 0);
}

static void xattrs(void)
{
	char buf[64];
	int fd;

	fresh("");
	put_file("f", "x");
	CHECK_EQ(symlink("f", "s"), 0);
	CHECK_FAILS(setxattr("f", "user.x", "1", 1, 0), EOPNOTSUPP);
	CHECK_FAILS(getxattr("f", "user.x", buf, 64), EOPNOTSUPP);
	CHECK_FAILS(getxattr("f", "trusted.a", buf, 64), ENODATA);
	CHECK_EQ(setxattr("f", "trusted.a", "one", 3, 0), 0);
	CHECK_EQ(getxattr("f", "trusted.a", buf, 64), 3);
	CHECK(memcmp(buf, "one", 3) == 0);
	CHECK_EQ(getxattr("f", "trusted.a", NULL, 0), 3);
	CHECK_FAILS(getxattr("f", "trusted.a", buf, 2), ERANGE);
	CHECK_FAILS(setxattr("f", "trusted.a", "two", 3, XATTR_CREATE), EEXIST);
	CHECK_FAILS(setxattr("f", "trusted.b", "two", 3, XATTR_REPLACE), ENODATA);
	CHECK_EQ(setxattr("f", "trusted.a", "longer", 6, XATTR_REPLACE), 0);
	fd = open("f", O_RDONLY);
	CHECK_EQ(fgetxattr(fd, "trusted.a", buf, 64), 6);
	CHECK_EQ(setxattr("f", "security.z", "", 0, 0), 0);
	CHECK_EQ(getxattr("f", "security.z", buf, 64), 0);
	CHECK_EQ(listxattr("f", NULL, 0), 21);
	CHECK_EQ(listxattr("f", buf, 64), 21);
	CHECK_FAILS(listxattr("f", buf, 10), ERANGE);
	CHECK_EQ(lsetxattr("s", "trusted.l", "x", 1, 0), 0);
	CHECK_FAILS(getxattr("f", "trusted.l", buf, 64), ENODATA);
	CHECK_EQ(removexattr("f", "trusted.a"), 0);
	CHECK_FAILS(removexattr("f", "trusted.a"), ENODATA);
	CHECK_FAILS(setxattr("f", "nonsense", "1", 1, 0), EOPNOTSUPP);
	CHECK_FAILS(setxattr("f", "trusted.", "1", 1, 0), EINVAL);
	CHECK_FAILS(setxattr("f", "", "1", 1, 0), ERANGE);
	CHECK_FAILS(setxattr("f", "trusted.a", "1", 1, 8), EINVAL);
	CHECK_FAILS(setxattr("none", "trusted.a", "1", 1, 0), ENOENT);
	CHECK_FAILS(fgetxattr(99, "trusted.a", buf, 64), EBADF);
}

static const struct ktap_test tests[] = {
	TEST(holes), TEST(allocate), TEST(memory_file), TEST(seals), TEST(truncation),
	TEST(temporary_file), TEST(open_flags), TEST(open_within), TEST(vectors_with_flags),
	TEST(extended_stat), TEST(file_times), TEST(set_id_bits), TEST(sticky_directory),
	TEST(access_checks), TEST(running), TEST(rename_flags), TEST(name_lengths),
	TEST(hard_links), TEST(directory_positions), TEST(deleted_names), TEST(xattrs),
};

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--ids") == 0)
		return (int)(geteuid() % 100);
	return files_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
