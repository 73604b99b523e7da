/* SPDX-License-Identifier: MIT */
/* The operations of vfs_ops.h, done by Linux in a root directory of their own. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vfs_ops.h"

#define TMPFS 0x01021994

static int old_root = -1, own_root = -1;
static char own_path[64];

static void become(unsigned int uid, unsigned int gid, const char *groups)
{
	gid_t list[16];
	size_t n = 0;
	char *end;

	/* Supplementary groups need root's rights to be set. */
	syscall(SYS_setfsuid, 0);
	for (const char *p = groups ? groups : ""; *p && n < 16; p = *end ? end + 1 : end)
		list[n++] = (gid_t)strtoul(p, &end, 10);
	syscall(SYS_setgroups, n, list);
	syscall(SYS_setresgid, -1, gid, -1);
	syscall(SYS_setresuid, -1, uid, -1);
}

static void become_root(void)
{
	syscall(SYS_setresuid, -1, 0, -1);
	syscall(SYS_setresgid, -1, 0, -1);
	syscall(SYS_setgroups, 0, NULL);
	umask(022);
}

int linux_begin(void)
{
	if (geteuid())
		return 0;
	snprintf(own_path, sizeof(own_path), "/dev/shm/vfs-test-XXXXXX");
	if (!mkdtemp(own_path)) {
		snprintf(own_path, sizeof(own_path), "/tmp/vfs-test-XXXXXX");
		if (!mkdtemp(own_path))
			return 0;
	}
	chmod(own_path, 0755);
	old_root = open("/", O_RDONLY | O_DIRECTORY);
	own_root = open(own_path, O_RDONLY | O_DIRECTORY);
	if (fchdir(own_root) || chroot(".")) {
		rmdir(own_path);
		return 0;
	}
	return 1;
}

static void remove_all(int dir)
{
	DIR *d = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY));
	struct dirent *e;

	while (d && (e = readdir(d))) {
		int sub;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (!unlinkat(dir, e->d_name, 0))
			continue;
		sub = openat(dir, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
		remove_all(sub);
		close(sub);
		unlinkat(dir, e->d_name, AT_REMOVEDIR);
		rewinddir(d);
	}
	if (d)
		closedir(d);
}

void linux_clear(void)
{
	become_root();
	remove_all(own_root);
	if (fchdir(own_root) || fchown(own_root, 0, 0) || fchmod(own_root, 0755))
		abort();
}

void linux_end(void)
{
	if (old_root < 0)
		return;
	linux_clear();
	if (fchdir(old_root) || chroot("."))
		abort();
	rmdir(own_path);
}

static void put_error(char *result, long ret)
{
	if (ret < 0)
		snprintf(result, RESULT_MAX, "%s", strerrorname_np(errno));
	else
		snprintf(result, RESULT_MAX, "ok");
}

static void put_stat(char *result, const struct stat *st)
{
	struct statfs fs;
	unsigned long nlink = st->st_nlink;

	/* Not every file system counts the links of directories. */
	if (S_ISDIR(st->st_mode) && (fstatfs(own_root, &fs) || fs.f_type != TMPFS))
		nlink = 0;
	snprintf(result, RESULT_MAX, "mode %o nlink %lu uid %u gid %u size %ld",
		 st->st_mode, nlink, st->st_uid, st->st_gid,
		 S_ISDIR(st->st_mode) ? 0l : (long)st->st_size);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(char *result, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	char *name[256];
	size_t n = 0, at = 0;
	struct dirent *e;

	if (!d) {
		put_error(result, -1);
		return;
	}
	while ((e = readdir(d)) && n < 256)
		name[n++] = strdup(e->d_name);
	closedir(d);
	qsort(name, n, sizeof(*name), compare);
	for (size_t i = 0; i < n; i++) {
		at += (size_t)snprintf(result + at, RESULT_MAX - at, "%s ", name[i]);
		free(name[i]);
	}
}

static void run_open(const struct op *op, char *result)
{
	int fd = open(op->a, (int)op->x | O_CLOEXEC, op->y);

	put_error(result, fd);
	if (fd >= 0)
		close(fd);
}

/* The operations that say 0 or an error: what the system call gave. */
static long run_simple(const struct op *op)
{
	switch (op->kind) {
	case OP_MKDIR:
		return mkdir(op->a, op->x);
	case OP_RMDIR:
		return rmdir(op->a);
	case OP_MKNOD:
		return mknod(op->a, op->x, 0x103);
	case OP_UNLINK:
		return unlink(op->a);
	case OP_SYMLINK:
		return symlink(op->b, op->a);
	case OP_LINK:
		return linkat(AT_FDCWD, op->a, AT_FDCWD, op->b,
			      op->x ? AT_SYMLINK_FOLLOW : 0);
	case OP_RENAME:
		return syscall(SYS_renameat2, AT_FDCWD, op->a, AT_FDCWD, op->b, op->x);
	case OP_CHMOD:
		return chmod(op->a, op->x);
	case OP_CHOWN:
		return chown(op->a, op->x, op->y);
	case OP_ACCESS:
		return syscall(SYS_faccessat2, AT_FDCWD, op->a, op->x, AT_EACCESS);
	case OP_CD:
		return chdir(op->a);
	case OP_TRUNCATE:
		return truncate(op->a, op->x);
	case OP_TOUCH:
		return utimensat(AT_FDCWD, op->a, NULL, 0);
	default:
		return 0;
	}
}

static void run_stat(const struct op *op, char *result)
{
	struct stat st;

	if (op->kind == OP_STAT ? stat(op->a, &st) : lstat(op->a, &st))
		put_error(result, -1);
	else
		put_stat(result, &st);
}

void linux_run(const struct op *op, char result[RESULT_MAX])
{
	ssize_t n;

	result[0] = 0;
	switch (op->kind) {
	case OP_OPEN:
		run_open(op, result);
		break;
	case OP_STAT:
	case OP_LSTAT:
		run_stat(op, result);
		break;
	case OP_READLINK:
		n = readlink(op->a, result, RESULT_MAX - 1);
		if (n < 0)
			put_error(result, -1);
		else
			result[n] = 0;
		break;
	case OP_LIST:
		list(result, op->a);
		break;
	case OP_GETCWD:
		if (syscall(SYS_getcwd, result, RESULT_MAX) < 0)
			put_error(result, -1);
		break;
	case OP_AS:
		become_root();
		become(op->x, op->y, op->a);
		break;
	case OP_UMASK:
		umask(op->x);
		break;
	default:
		put_error(result, run_simple(op));
	}
}
