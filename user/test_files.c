// SPDX-License-Identifier: MIT
/*
 * test_files: file systems, mounts and locks, as Linux 6.1 has them. It passes on
 * Linux too, as root.
 */
#include "files.h"

/* ---- mounts ------------------------------------------------------------ */

static void mount_errors(void)
{
	fresh("");
	mkdir("d", 0755);
	put_file("f", "x");
	CHECK_FAILS(mount("x", "d", "nosuchfs", 0, ""), ENODEV);
	CHECK_FAILS(mount("x", "d", NULL, 0, ""), EINVAL);
	CHECK_FAILS(mount("x", "none", "tmpfs", 0, ""), ENOENT);
	CHECK_FAILS(mount("x", "f", "tmpfs", 0, ""), ENOTDIR);
	CHECK_FAILS(mount("x", "d", "tmpfs", 0, "size=many"), EINVAL);
	CHECK_FAILS(mount("x", "d", "tmpfs", 0, "nonsense=1"), EINVAL);
	CHECK_FAILS(mount("x", "d", "rootfs", 0, ""), ENODEV);
	CHECK_EQ(mount("x", "d", "ramfs", 0, "nonsense=1"), 0);
	CHECK_EQ(umount2("d", 0), 0);
	CHECK_FAILS(umount2("d", 0), EINVAL);
	CHECK_FAILS(umount2("f", 0), EINVAL);
	CHECK_FAILS(umount2("none", 0), ENOENT);
	CHECK_FAILS(umount2("d", 0x100), EINVAL);
}

static void mount_needs_root_child(void)
{
	CHECK_FAILS(mount("x", "d", "tmpfs", 0, ""), EPERM);
	CHECK_FAILS(umount2("d", 0), EPERM);
}

static void mount_needs_root(void)
{
	fresh("");
	CHECK_EQ(mkdir("d", 0755), 0);
	as_user(1000, 1000, mount_needs_root_child);
}

static void tmpfs_size(void)
{
	static char page[4096];
	struct statfs fs;
	struct stat st;
	int fd, n;

	fresh("size=64k,nr_inodes=5,mode=1750,uid=3,gid=4");
	CHECK_EQ(stat(TOP, &st), 0);
	CHECK_EQ(st.st_mode, S_IFDIR | 01750);
	CHECK_EQ(st.st_uid, 3);
	CHECK_EQ(st.st_gid, 4);
	expect_line("/proc/mounts", TOP, "none " TOP " tmpfs rw,relatime,size=64k,nr_inodes=5,"
		    "mode=1750,uid=3,gid=4,inode64 0 0");
	CHECK_EQ(statfs(TOP, &fs), 0);
	CHECK_EQ(fs.f_type, TMPFS);
	CHECK_EQ(fs.f_blocks, 16);
	CHECK_EQ(fs.f_bfree, 16);
	CHECK_EQ(fs.f_bavail, 16);
	CHECK_EQ(fs.f_files, 5);
	CHECK_EQ(fs.f_ffree, 4);
	CHECK_EQ(fs.f_bsize, 4096);
	CHECK_EQ(fs.f_namelen, 255);
	fd = open("a", O_CREAT | O_RDWR, 0600);
	for (n = 0; write(fd, page, sizeof(page)) == sizeof(page); n++)
		;
	CHECK_EQ(errno, ENOSPC);
	CHECK_EQ(n, 16);
	CHECK_EQ(statfs(TOP, &fs), 0);
	CHECK_EQ(fs.f_bfree, 0);
	CHECK_EQ(fs.f_ffree, 3);
	CHECK_FAILS(mount("none", TOP, "tmpfs", MS_REMOUNT, "size=32k"), EINVAL);
	CHECK_EQ(mount("none", TOP, "tmpfs", MS_REMOUNT, "size=128k"), 0);
	CHECK_EQ(write(fd, page, sizeof(page)), (long)sizeof(page));
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(statfs(TOP, &fs), 0);
	CHECK_EQ(fs.f_blocks, 32);
	CHECK_EQ(fs.f_bfree, 32);
	CHECK_EQ(mkdir("b", 0700), 0);
	CHECK_EQ(link("a", "c"), 0);
	CHECK_EQ(symlink("x", "d"), 0);
	CHECK_FAILS(open("e", O_CREAT | O_RDWR, 0600), ENOSPC);
	CHECK_FAILS(link("a", "e"), ENOSPC);
	CHECK_FAILS(mkdir("e", 0700), ENOSPC);
	CHECK_EQ(unlink("c"), 0);
	CHECK_EQ(mkdir("e", 0700), 0);
}

static void die_of_full_tmpfs(void)
{
	char *p;
	int fd;

	fresh("size=8k");
	fd = open("a", O_CREAT | O_RDWR, 0600);
	CHECK_EQ(ftruncate(fd, 3 * 4096), 0);
	p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	p[0] = p[4096] = 1;
	CHECK_EQ(write(fd, "x", 1), 1);
	fd = open("b", O_CREAT | O_RDWR, 0600);
	CHECK_FAILS(write(fd, "x", 1), ENOSPC);
	p[8192] = 1;
}

static void statfs_of_others(void)
{
	struct statfs fs;

	fresh("");
	CHECK_EQ(mkdir("r", 0755), 0);
	CHECK_EQ(mount("r", "r", "ramfs", MS_NOSUID | MS_NODEV, ""), 0);
	CHECK_EQ(statfs("r", &fs), 0);
	CHECK_EQ(fs.f_type, RAMFS);
	CHECK_EQ(fs.f_blocks, 0);
	CHECK_EQ(fs.f_flags & 0x103f, 0x20 | MS_NOSUID | MS_NODEV | 0x1000);
	expect_line("/proc/mounts", TOP "/r", "r " TOP "/r ramfs rw,nosuid,nodev,relatime 0 0");
	CHECK_EQ(umount("r"), 0);
}

static void directory_sizes(void)
{
	struct stat st;
	char target[200];

	fresh("");
	CHECK_EQ(stat(".", &st), 0);
	CHECK_EQ(st.st_size, 40);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_EQ(mkdir("d", 0755), 0);
	put_file("f", "abc");
	CHECK_EQ(stat(".", &st), 0);
	CHECK_EQ(st.st_size, 80);
	CHECK_EQ(st.st_nlink, 3);
	CHECK_EQ(st.st_blocks, 0);
	CHECK_EQ(st.st_blksize, 4096);
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(st.st_size, 3);
	CHECK_EQ(st.st_blocks, 8);
	CHECK_EQ(rename("f", "d/f"), 0);
	CHECK_EQ(stat(".", &st), 0);
	CHECK_EQ(st.st_size, 60);
	memset(target, 'x', sizeof(target));
	target[127] = 0;
	CHECK_EQ(symlink(target, "s"), 0);
	CHECK_EQ(lstat("s", &st), 0);
	CHECK_EQ(st.st_blocks, 0);
	target[127] = 'x';
	target[128] = 0;
	CHECK_EQ(symlink(target, "t"), 0);
	CHECK_EQ(lstat("t", &st), 0);
	CHECK_EQ(st.st_size, 128);
	CHECK_EQ(st.st_blocks, 8);
}

static void bind_mount(void)
{
	struct stat a, b;

	fresh("");
	CHECK_EQ(mkdir("src", 0755), 0);
	CHECK_EQ(mkdir("src/sub", 0755), 0);
	CHECK_EQ(mkdir("dst", 0755), 0);
	put_file("src/f", "text");
	put_file("one", "1");
	put_file("two", "2");
	CHECK_EQ(mount("src", "dst", NULL, MS_BIND, NULL), 0);
	CHECK(has_text("dst/f", "text"));
	CHECK_EQ(stat("src/f", &a), 0);
	CHECK_EQ(stat("dst/f", &b), 0);
	CHECK(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
	/* What is changed through one is seen through the other. */
	CHECK_EQ(chmod("dst/f", 0600), 0);
	CHECK_EQ(stat("src/f", &a), 0);
	CHECK_EQ(a.st_mode & 0777, 0600);
	CHECK_EQ(rename("src/f", "src/g"), 0);
	CHECK(has_text("dst/g", "text"));
	CHECK_FAILS(open("dst/f", O_RDONLY), ENOENT);
	CHECK_EQ(unlink("dst/g"), 0);
	CHECK_FAILS(open("src/g", O_RDONLY), ENOENT);
	put_file("dst/h", "new");
	CHECK(has_text("src/h", "new"));
	CHECK_FAILS(rename("src/h", "dst/i"), EXDEV);
	CHECK_FAILS(link("src/h", "dst/i"), EXDEV);
	/* A file on a file, not on a directory. */
	CHECK_FAILS(mount("one", "dst", NULL, MS_BIND, NULL), ENOTDIR);
	CHECK_FAILS(mount("src", "two", NULL, MS_BIND, NULL), ENOTDIR);
	CHECK_EQ(mount("one", "two", NULL, MS_BIND, NULL), 0);
	CHECK(has_text("two", "1"));
	CHECK_FAILS(unlink("two"), EBUSY);
	CHECK_FAILS(rename("two", "three"), EBUSY);
	CHECK_EQ(umount("two"), 0);
	CHECK(has_text("two", "2"));
	/* A mount point is busy under each of its names. */
	CHECK_EQ(mount("none", "src/sub", "tmpfs", 0, ""), 0);
	CHECK_FAILS(rmdir("dst/sub"), EBUSY);
	CHECK_FAILS(rename("dst/sub", "dst/gone"), EBUSY);
	CHECK_EQ(umount("src/sub"), 0);
	CHECK_EQ(rmdir("dst/sub"), 0);
	CHECK_FAILS(stat("src/sub", &a), ENOENT);
	CHECK_FAILS(mount("nothing", "dst", NULL, MS_BIND, NULL), ENOENT);
	CHECK_FAILS(mount(NULL, "dst", NULL, MS_BIND, NULL), EINVAL);
	CHECK_EQ(umount("dst"), 0);
	CHECK_FAILS(stat("dst/h", &a), ENOENT);
}

static void bind_recursive(void)
{
	struct stat st;

	fresh("");
	CHECK_EQ(mkdir("src", 0755), 0);
	CHECK_EQ(mkdir("src/m", 0755), 0);
	CHECK_EQ(mkdir("dst", 0755), 0);
	CHECK_EQ(mkdir("flat", 0755), 0);
	CHECK_EQ(mount("m", "src/m", "tmpfs", 0, ""), 0);
	CHECK_EQ(mkdir("src/m/n", 0755), 0);
	CHECK_EQ(mount("n", "src/m/n", "tmpfs", 0, ""), 0);
	put_file("src/m/n/f", "deep");
	CHECK_EQ(mount("src", "dst", NULL, MS_BIND | MS_REC, NULL), 0);
	CHECK_EQ(mount("src", "flat", NULL, MS_BIND, NULL), 0);
	CHECK(has_text("dst/m/n/f", "deep"));
	CHECK_FAILS(stat("flat/m/n", &st), ENOENT);
	CHECK(line_with("/proc/mounts", "n " TOP "/dst/m/n tmpfs rw,relatime") != NULL);
	CHECK_FAILS(umount("dst"), EBUSY);
	CHECK_EQ(umount2("dst", MNT_DETACH), 0);
	CHECK(line_with("/proc/mounts", TOP "/dst") == NULL);
	CHECK(has_text("src/m/n/f", "deep"));
	CHECK_EQ(umount("flat"), 0);
	CHECK_EQ(umount2("src/m", MNT_DETACH), 0);
	CHECK_FAILS(stat("src/m/n", &st), ENOENT);
}

static void bind_read_only(void)
{
	int fd;

	fresh("");
	CHECK_EQ(mkdir("src", 0755), 0);
	CHECK_EQ(mkdir("dst", 0755), 0);
	put_file("src/f", "text");
	CHECK_EQ(mount("src", "dst", NULL, MS_BIND, NULL), 0);
	fd = open("src/f", O_WRONLY);		/* on the other mount: no matter */
	CHECK_EQ(mount(NULL, "dst", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOEXEC, NULL), 0);
	CHECK_FAILS(open("dst/f", O_WRONLY), EROFS);
	CHECK_FAILS(open("dst/g", O_WRONLY | O_CREAT, 0600), EROFS);
	CHECK_FAILS(unlink("dst/f"), EROFS);
	CHECK_FAILS(mkdir("dst/d", 0755), EROFS);
	CHECK_FAILS(chmod("dst/f", 0755), EROFS);
	CHECK_FAILS(truncate("dst/f", 0), EROFS);
	CHECK_FAILS(link("dst/f", "dst/h"), EROFS);
	CHECK_FAILS(symlink("x", "dst/h"), EROFS);
	CHECK_FAILS(access("dst/f", W_OK), EROFS);
	close(fd);
	put_file("src/f", "other");
	CHECK(has_text("dst/f", "other"));
	CHECK(line_with("/proc/mounts", TOP "/dst tmpfs ro,noexec,relatime") != NULL);
	CHECK_EQ(umount("dst"), 0);
}

static void mount_moves(void)
{
	fresh("");
	CHECK_EQ(mkdir("a", 0755), 0);
	CHECK_EQ(mkdir("b", 0755), 0);
	CHECK_EQ(mkdir("c", 0755), 0);
	/* On Linux what lies on a shared mount cannot be moved. */
	CHECK_EQ(mount(NULL, TOP, NULL, MS_PRIVATE, NULL), 0);
	CHECK_EQ(mount("a", "a", "tmpfs", 0, ""), 0);
	put_file("a/f", "moved");
	CHECK_FAILS(mount("c", "b", NULL, MS_MOVE, NULL), EINVAL);
	CHECK_EQ(mkdir("a/d", 0755), 0);
	CHECK_FAILS(mount("a", "a/d", NULL, MS_MOVE, NULL), ELOOP);
	CHECK_EQ(mount("a", "b", NULL, MS_MOVE, NULL), 0);
	CHECK(has_text("b/f", "moved"));
	CHECK_FAILS(open("a/f", O_RDONLY), ENOENT);
	CHECK_FAILS(umount("a"), EINVAL);
	CHECK_EQ(umount("b"), 0);
}

static void mount_stacks(void)
{
	fresh("");
	CHECK_EQ(mkdir("a", 0755), 0);
	CHECK_EQ(mount("1", "a", "tmpfs", 0, ""), 0);
	put_file("a/one", "1");
	CHECK_EQ(mount("2", "a", "tmpfs", 0, ""), 0);
	CHECK_FAILS(open("a/one", O_RDONLY), ENOENT);
	put_file("a/two", "2");
	CHECK_EQ(umount("a"), 0);
	CHECK(has_text("a/one", "1"));
	CHECK_EQ(umount("a"), 0);
}

static void unmount_busy(void)
{
	int fd;

	fresh("");
	CHECK_EQ(mkdir("a", 0755), 0);
	CHECK_EQ(mount("1", "a", "tmpfs", 0, ""), 0);
	fd = open("a/f", O_CREAT | O_RDWR, 0600);
	CHECK(fd >= 0);
	CHECK_FAILS(umount("a"), EBUSY);
	CHECK_FAILS(umount2("a", MNT_FORCE), EBUSY);
	CHECK_FAILS(umount2("a", MNT_EXPIRE | MNT_FORCE), EINVAL);
	CHECK_FAILS(umount2("a", MNT_EXPIRE), EBUSY);
	close(fd);
	CHECK_FAILS(umount2("a", MNT_EXPIRE), EAGAIN);
	CHECK(access("a/f", F_OK) == 0);
	CHECK_FAILS(umount2("a", MNT_EXPIRE), EAGAIN);
	CHECK_EQ(umount2("a", MNT_EXPIRE), 0);
	CHECK_EQ(mount("1", "a", "tmpfs", 0, ""), 0);
	fd = open("a/f", O_CREAT | O_RDWR, 0600);
	CHECK_EQ(umount2("a", MNT_DETACH), 0);
	CHECK_EQ(write(fd, "still", 5), 5);
	close(fd);
	CHECK_EQ(symlink("a", "s"), 0);
	CHECK_EQ(mount("1", "a", "tmpfs", 0, ""), 0);
	CHECK_FAILS(umount2("s", UMOUNT_NOFOLLOW), EINVAL);
	CHECK_EQ(umount2("s", 0), 0);
}

static void mount_flags_remount(void)
{
	int fd;

	fresh("");
	CHECK_EQ(mount(NULL, TOP, NULL, MS_REMOUNT | MS_NODEV | MS_NOATIME, NULL), 0);
	CHECK(line_with("/proc/mounts", "none " TOP " tmpfs rw,nodev,noatime") != NULL);
	CHECK_EQ(mknod("null", S_IFCHR | 0666, makedev(1, 3)), 0);
	CHECK_FAILS(open("null", O_RDONLY), EACCES);
	CHECK_EQ(mount(NULL, TOP, NULL, MS_REMOUNT | MS_STRICTATIME, NULL), 0);
	CHECK(line_with("/proc/mounts", "none " TOP " tmpfs rw,inode64") != NULL);
	fd = open("null", O_RDWR);
	CHECK(fd >= 0);
	close(fd);
	fd = open("writer", O_CREAT | O_WRONLY, 0600);
	CHECK_FAILS(mount(NULL, TOP, NULL, MS_REMOUNT | MS_RDONLY, NULL), EBUSY);
	close(fd);
	CHECK_EQ(mount(NULL, TOP, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	CHECK_FAILS(open("new", O_CREAT | O_RDWR, 0600), EROFS);
	CHECK(line_with("/proc/mounts", "none " TOP " tmpfs ro") != NULL);
	CHECK_EQ(mount(NULL, TOP, NULL, MS_REMOUNT, NULL), 0);
	CHECK_FAILS(mount(NULL, TOP "/null", NULL, MS_REMOUNT, NULL), EINVAL);
	CHECK_EQ(mount(NULL, TOP, NULL, MS_PRIVATE, NULL), 0);
	CHECK_EQ(mount(NULL, TOP, NULL, MS_SLAVE | MS_REC, NULL), 0);
	CHECK_FAILS(mount(NULL, TOP, NULL, MS_PRIVATE | MS_SLAVE, NULL), EINVAL);
	CHECK_EQ(mount(NULL, TOP, NULL, MS_UNBINDABLE, NULL), 0);
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(mkdir("e", 0755), 0);
	CHECK_FAILS(mount("d", "e", NULL, MS_BIND, NULL), EINVAL);
}

static void switch_root_child(void)
{
	struct stat st;
	char cwd[64];

	CHECK_EQ(mount("none", "new", "tmpfs", 0, ""), 0);
	CHECK_EQ(chdir("new"), 0);
	CHECK_EQ(mkdir("proc", 0755), 0);
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(mount("p", "proc", "proc", 0, ""), 0);
	CHECK_EQ(chroot("."), 0);
	CHECK_EQ(chdir("/"), 0);
	CHECK(getcwd(cwd, sizeof(cwd)) != NULL);
	CHECK(strcmp(cwd, "/") == 0);
	CHECK_EQ(stat("/../../d", &st), 0);
	CHECK_EQ(mount("d", "/d", "tmpfs", 0, ""), 0);
	CHECK(line_with("/proc/mounts", "none / tmpfs") != NULL);
	CHECK(line_with("/proc/mounts", "d /d tmpfs") != NULL);
	CHECK(line_with("/proc/mounts", "none " TOP) == NULL);
	CHECK_EQ(umount("/d"), 0);
	CHECK_EQ(umount("/proc"), 0);
}

static void pivot_child(void)
{
	struct stat st;
	char cwd[64];

	CHECK_EQ(mount("none", "new", "tmpfs", 0, ""), 0);
	CHECK_EQ(mount("none", "new", NULL, MS_PRIVATE, ""), 0);
	CHECK_EQ(mkdir("new/next", 0755), 0);
	CHECK_EQ(mkdir("new/dir", 0755), 0);
	CHECK_EQ(chdir("new"), 0);
	CHECK_EQ(chroot("."), 0);
	CHECK_EQ(mount("none", "next", "tmpfs", 0, ""), 0);
	CHECK_EQ(mount("none", "next", NULL, MS_PRIVATE, ""), 0);
	CHECK_EQ(mkdir("next/old", 0755), 0);
	put_file("next/here", "x");
	CHECK_FAILS(syscall(SYS_pivot_root, "dir", "dir"), EBUSY);
	CHECK_FAILS(syscall(SYS_pivot_root, "next", "dir"), EBUSY);
	CHECK_FAILS(syscall(SYS_pivot_root, "next", "next/here"), ENOTDIR);
	CHECK_FAILS(syscall(SYS_pivot_root, "next", "none"), ENOENT);
	CHECK_FAILS(syscall(SYS_pivot_root, "next/old", "next/old"), EINVAL);
	CHECK_EQ(syscall(SYS_pivot_root, "next", "next/old"), 0);
	CHECK_EQ(stat("/here", &st), 0);
	CHECK_EQ(stat("/old/dir", &st), 0);
	CHECK_EQ(stat("here", &st), 0);
	CHECK(getcwd(cwd, sizeof(cwd)) && strcmp(cwd, "/") == 0);
	CHECK_EQ(umount("/old"), 0);
	CHECK_FAILS(stat("/old/dir", &st), ENOENT);
}

static void root_pivots(void)
{
	fresh("");
	CHECK_EQ(mkdir("new", 0755), 0);
	CHECK_FAILS(syscall(SYS_pivot_root, ".", "new"), EINVAL);	/* of the rootfs */
	as_user(0, 0, pivot_child);
	CHECK_EQ(umount("new"), 0);
}

static void mounts_in_chroot(void)
{
	fresh("");
	CHECK_EQ(mkdir("new", 0755), 0);
	as_user(0, 0, switch_root_child);
	CHECK_EQ(umount("new"), 0);
}

static void device_files(void)
{
	static const struct {
		const char *name;
		unsigned int mode, major, minor;
	} devices[] = {
		{ "null", 0666, 1, 3 }, { "zero", 0666, 1, 5 }, { "full", 0666, 1, 7 },
		{ "random", 0666, 1, 8 }, { "urandom", 0666, 1, 9 }, { "tty", 0666, 5, 0 },
		{ "console", 0600, 5, 1 },
	};
	char path[32], buf[16];
	struct stat st;
	int fd;

	fresh("");
	CHECK_EQ(mkdir("dev", 0755), 0);
	CHECK_EQ(mount("dev", "dev", "devtmpfs", 0, ""), 0);
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		snprintf(path, sizeof(path), "dev/%s", devices[i].name);
		if (stat(path, &st))
			FAIL("%s: errno %d", path, errno);
		if (st.st_rdev != makedev(devices[i].major, devices[i].minor) ||
		    st.st_mode != (S_IFCHR | devices[i].mode))
			FAIL("%s has mode %o, device %lx", path, st.st_mode, (long)st.st_rdev);
	}
	fd = open("dev/full", O_RDWR);
	CHECK_FAILS(write(fd, "x", 1), ENOSPC);
	CHECK_EQ(read(fd, buf, 4), 4);
	CHECK(memcmp(buf, "\0\0\0\0", 4) == 0);
	put_file("dev/test-file", "plain");
	CHECK(has_text("dev/test-file", "plain"));
	CHECK_EQ(truncate("dev/test-file", 2), 0);
	CHECK(has_text("dev/test-file", "pl"));
	CHECK_EQ(rename("dev/test-file", "dev/test-other"), 0);
	CHECK_EQ(unlink("dev/test-other"), 0);
	CHECK_EQ(mkdir("dev/test-shm", 0755), 0);
	CHECK_EQ(mount("shm", "dev/test-shm", "tmpfs", 0, ""), 0);
	CHECK_EQ(umount("dev/test-shm"), 0);
	CHECK_EQ(rmdir("dev/test-shm"), 0);
	CHECK_EQ(mknod("dev/test-null", S_IFCHR | 0600, makedev(1, 3)), 0);
	fd = open("dev/test-null", O_RDWR);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(unlink("dev/test-null"), 0);
	CHECK_EQ(umount2("dev", MNT_DETACH), 0);
}

/* ---- permissions ------------------------------------------------------- */

static void groups_child(void)
{
	gid_t groups[2] = { 77, 42 };

	CHECK_FAILS(open("f", O_RDONLY), EACCES);
	(void)groups;
}

static void supplementary_groups(void)
{
	gid_t groups[2] = { 77, 42 };
	int fd, status;
	pid_t pid;

	fresh("");
	put_file("f", "x");
	CHECK_EQ(chown("f", 0, 42), 0);
	CHECK_EQ(chmod("f", 0640), 0);
	as_user(1000, 1000, groups_child);
	pid = fork();
	if (pid == 0) {
		CHECK_EQ(setgroups(2, groups), 0);
		CHECK_EQ(setresgid(1000, 1000, 1000), 0);
		CHECK_EQ(setresuid(1000, 1000, 1000), 0);
		fd = open("f", O_RDONLY);
		CHECK(fd >= 0);
		CHECK_FAILS(open("f", O_RDWR), EACCES);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* ---- locks ------------------------------------------------------------- */

static int lock(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock l = { .l_type = (short)type, .l_whence = SEEK_SET, .l_start = start,
			   .l_len = len };

	return fcntl(fd, cmd, &l);
}

/* Who holds a lock that keeps a child from locking so: its type, pid, range. */
static struct flock seen_by_child(int fd, int type, off_t start, off_t len)
{
	struct flock l = { .l_type = (short)type, .l_whence = SEEK_SET, .l_start = start,
			   .l_len = len };
	int status, ends[2];
	pid_t pid;

	CHECK_EQ(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		CHECK_EQ(fcntl(fd, F_GETLK, &l), 0);
		CHECK_EQ(write(ends[1], &l, sizeof(l)), (long)sizeof(l));
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(read(ends[0], &l, sizeof(l)), (long)sizeof(l));
	close(ends[0]);
	close(ends[1]);
	return l;
}

static void expect_lock(int fd, off_t at, int type, off_t start, off_t len)
{
	struct flock l = seen_by_child(fd, F_WRLCK, at, 1);

	CHECK_EQ(l.l_type, type);
	if (type == F_UNLCK)
		return;
	CHECK_EQ(l.l_start, start);
	CHECK_EQ(l.l_len, len);
	CHECK_EQ(l.l_pid, getpid());
	CHECK_EQ(l.l_whence, SEEK_SET);
}

static void record_locks(void)
{
	int fd, ro, wo;

	fresh("");
	put_file("f", "0123456789");
	fd = open("f", O_RDWR);
	ro = open("f", O_RDONLY);
	wo = open("f", O_WRONLY);
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 10, 10), 0);
	expect_lock(fd, 10, F_WRLCK, 10, 10);
	expect_lock(fd, 9, F_UNLCK, 0, 0);
	expect_lock(fd, 20, F_UNLCK, 0, 0);
	/* Neighbours of one type become one; a piece of another type splits. */
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 20, 10), 0);
	expect_lock(fd, 15, F_WRLCK, 10, 20);
	CHECK_EQ(lock(fd, F_SETLK, F_RDLCK, 15, 5), 0);
	expect_lock(fd, 12, F_WRLCK, 10, 5);
	expect_lock(fd, 16, F_RDLCK, 15, 5);
	expect_lock(fd, 25, F_WRLCK, 20, 10);
	CHECK_EQ(lock(fd, F_SETLK, F_UNLCK, 12, 1), 0);
	expect_lock(fd, 12, F_UNLCK, 0, 0);
	expect_lock(fd, 13, F_WRLCK, 13, 2);
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 0, 0), 0);
	expect_lock(fd, 1000, F_WRLCK, 0, 0);
	CHECK_EQ(lock(fd, F_SETLK, F_UNLCK, 0, 0), 0);
	expect_lock(fd, 15, F_UNLCK, 0, 0);
	/* Access and arguments. */
	CHECK_FAILS(lock(ro, F_SETLK, F_WRLCK, 0, 1), EBADF);
	CHECK_FAILS(lock(wo, F_SETLK, F_RDLCK, 0, 1), EBADF);
	CHECK_FAILS(lock(fd, F_SETLK, 7, 0, 1), EINVAL);
	CHECK_FAILS(lock(fd, F_SETLK, F_RDLCK, -1, 1), EINVAL);
	CHECK_FAILS(lock(fd, F_SETLK, F_RDLCK, 0, -1), EINVAL);
	CHECK_FAILS(lock(fd, F_SETLK, F_RDLCK, 2, INT64_MAX), 75);	/* EOVERFLOW */
	CHECK_FAILS(lock(fd, F_GETLK, F_UNLCK, 0, 1), EINVAL);
	CHECK_FAILS(fcntl(fd, F_SETLK, 16), EFAULT);
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 10, -5), 0);
	expect_lock(fd, 5, F_WRLCK, 5, 5);
	/* Closing any descriptor of the file gives all up. */
	close(ro);
	expect_lock(fd, 5, F_UNLCK, 0, 0);
}

static void record_lock_conflicts(void)
{
	int fd, status;
	pid_t pid;

	fresh("");
	put_file("f", "x");
	fd = open("f", O_RDWR);
	CHECK_EQ(lock(fd, F_SETLK, F_RDLCK, 0, 10), 0);
	pid = fork();
	if (pid == 0) {
		CHECK_EQ(lock(fd, F_SETLK, F_RDLCK, 5, 10), 0);
		CHECK_FAILS(lock(fd, F_SETLK, F_WRLCK, 5, 1), EAGAIN);
		CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 10, 1), 0);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	/* Its locks went with it. */
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 0, 0), 0);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void record_lock_waits(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	int fd, status, ends[2];
	char c = 0;
	pid_t pid;

	fresh("");
	put_file("f", "x");
	fd = open("f", O_RDWR);
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 0, 1), 0);
	pid = fork();
	if (pid == 0) {
		CHECK_EQ(lock(fd, F_SETLKW, F_WRLCK, 0, 1), 0);
		CHECK_EQ(write(ends[1], "y", 1), 1);
		sigaction(SIGALRM, &sa, NULL);
		pause();
		_exit(0);
	}
	usleep(20000);
	CHECK_EQ(lock(fd, F_SETLK, F_UNLCK, 0, 1), 0);
	CHECK_EQ(read(ends[0], &c, 1), 1);
	/* A signal ends the wait. */
	sigaction(SIGALRM, &sa, NULL);
	ualarm(20000, 0);
	CHECK_FAILS(lock(fd, F_SETLKW, F_WRLCK, 0, 1), EINTR);
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(lock(fd, F_SETLKW, F_WRLCK, 0, 1), 0);
}

static void record_lock_deadlock(void)
{
	int fd, status, ends[2];
	char c;
	pid_t pid;

	fresh("");
	put_file("f", "x");
	fd = open("f", O_RDWR);
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 0, 1), 0);
	pid = fork();
	if (pid == 0) {
		CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 1, 1), 0);
		CHECK_EQ(write(ends[1], "y", 1), 1);
		CHECK_EQ(lock(fd, F_SETLKW, F_WRLCK, 0, 1), 0);
		_exit(0);
	}
	CHECK_EQ(read(ends[0], &c, 1), 1);
	usleep(20000);
	CHECK_FAILS(lock(fd, F_SETLKW, F_WRLCK, 1, 1), EDEADLK);
	CHECK_EQ(lock(fd, F_SETLK, F_UNLCK, 0, 1), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void description_locks(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 5 };
	int a, b, c;

	fresh("");
	put_file("f", "x");
	a = open("f", O_RDWR);
	b = open("f", O_RDWR);
	CHECK_EQ(fcntl(a, F_OFD_SETLK, &l), 0);
	CHECK_FAILS(fcntl(b, F_OFD_SETLK, &l), EAGAIN);
	CHECK_FAILS(lock(b, F_SETLK, F_WRLCK, 0, 1), EAGAIN);
	CHECK_EQ(fcntl(b, F_OFD_GETLK, &l), 0);
	CHECK_EQ(l.l_type, F_WRLCK);
	CHECK_EQ(l.l_pid, -1);
	l.l_pid = 1;
	CHECK_FAILS(fcntl(b, F_OFD_GETLK, &l), EINVAL);
	/* It goes with the last descriptor of the open file. */
	c = dup(a);
	close(a);
	CHECK_FAILS(lock(b, F_SETLK, F_WRLCK, 0, 1), EAGAIN);
	close(c);
	CHECK_EQ(lock(b, F_SETLK, F_WRLCK, 0, 1), 0);
}

static void flock_locks(void)
{
	int a, b, c;

	fresh("");
	put_file("f", "x");
	a = open("f", O_RDONLY);
	b = open("f", O_RDWR);
	c = open("f", O_PATH);
	CHECK_FAILS(flock(c, LOCK_SH), EBADF);
	CHECK_FAILS(flock(a, LOCK_SH | LOCK_EX), EINVAL);
	CHECK_FAILS(flock(a, 0), EINVAL);
	CHECK_EQ(flock(a, LOCK_SH), 0);
	CHECK_EQ(flock(b, LOCK_SH), 0);
	CHECK_FAILS(flock(a, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	/* What it had went with the try. */
	CHECK_EQ(flock(b, LOCK_EX | LOCK_NB), 0);
	CHECK_FAILS(flock(a, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	CHECK_EQ(lock(b, F_SETLK, F_WRLCK, 0, 0), 0);
	CHECK_EQ(flock(b, LOCK_UN), 0);
	CHECK_EQ(flock(a, LOCK_EX | LOCK_NB), 0);
	close(a);
	CHECK_EQ(flock(b, LOCK_EX | LOCK_NB), 0);
	a = open(".", O_RDONLY | O_DIRECTORY);
	b = open(".", O_RDONLY | O_DIRECTORY);
	CHECK_EQ(flock(a, LOCK_EX), 0);
	CHECK_FAILS(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK);
}

static const struct ktap_test tests[] = {
	TEST(mount_errors), TEST(mount_needs_root), TEST(tmpfs_size),
	TEST_DIES(die_of_full_tmpfs, SIGBUS), TEST(statfs_of_others), TEST(directory_sizes),
	TEST(bind_mount), TEST(bind_recursive), TEST(bind_read_only), TEST(mount_moves),
	TEST(mount_stacks), TEST(unmount_busy), TEST(mount_flags_remount),
	TEST(mounts_in_chroot), TEST(root_pivots), TEST(device_files),
	TEST(supplementary_groups), TEST(record_locks), TEST(record_lock_conflicts),
	TEST(record_lock_waits), TEST(record_lock_deadlock), TEST(description_locks),
	TEST(flock_locks),
};

int main(int argc, char **argv)
{
	return files_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
