/* SPDX-License-Identifier: MIT */
/* What the tests of files share: a tmpfs of their own, small files, other users. */
#ifndef USER_FILES_H
#define USER_FILES_H

#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <time.h>

#include "ktap.h"

#define TOP "/tf"
#define TMPFS 0x01021994
#define RAMFS 0x858458f6
#define BIG (1024 * 1024)

static inline void put_file(const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);

	if (fd < 0)
		FAIL("open %s: errno %d", path, errno);
	CHECK_EQ(write(fd, text, strlen(text)), (long)strlen(text));
	close(fd);
}

static inline int has_text(const char *path, const char *text)
{
	char buf[256] = "";
	int fd = open(path, O_RDONLY);
	long n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	close(fd);
	return n == (long)strlen(text) && memcmp(buf, text, (size_t)n) == 0;
}

/* The first line of a text file that has `what` in it, without its newline. */
static inline const char *line_with(const char *path, const char *what)
{
	static char buf[65536];
	int fd = open(path, O_RDONLY);
	long n, len = 0;
	char *line;

	while ((n = read(fd, buf + len, sizeof(buf) - 1 - (size_t)len)) > 0)
		len += n;
	close(fd);
	buf[len > 0 ? len : 0] = 0;
	for (line = strtok(buf, "\n"); line; line = strtok(NULL, "\n"))
		if (strstr(line, what))
			return line;
	return NULL;
}

static inline void expect_line(const char *path, const char *what, const char *want)
{
	const char *line = line_with(path, what);

	if (!line || strcmp(line, want))
		FAIL("%s has '%s', not '%s'", path, line ? line : "(nothing)", want);
}

/* Runs fn as another user in a child; it ends with 0 or has said what is wrong. */
static inline void as_user(uid_t uid, gid_t gid, void (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		CHECK_EQ(setgroups(0, NULL), 0);
		CHECK_EQ(setresgid(gid, gid, gid), 0);
		CHECK_EQ(setresuid(uid, uid, uid), 0);
		fn();
		fflush(stdout);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* An empty tmpfs of one's own at TOP, where the test is. */
static inline void fresh(const char *options)
{
	while (umount2(TOP, MNT_DETACH) == 0)
		;
	mkdir(TOP, 0755);
	CHECK_EQ(mount("none", TOP, "tmpfs", 0, options), 0);
	CHECK_EQ(chdir(TOP), 0);
}

/* Mounts what the tests need, runs them, and leaves nothing behind. */
static inline int files_main(int argc, char **argv, const struct ktap_test *tests, int count)
{
	int failed;

	mkdir("/proc", 0755);
	if (access("/proc/mounts", F_OK))
		mount("proc", "/proc", "proc", 0, "");
	mkdir("/dev", 0755);
	if (access("/dev/zero", F_OK))
		mount("dev", "/dev", "devtmpfs", 0, "");
	failed = ktap_main(argc, argv, tests, count);
	chdir("/");
	while (umount2(TOP, MNT_DETACH) == 0)
		;
	rmdir(TOP);
	return failed;
}

#endif
