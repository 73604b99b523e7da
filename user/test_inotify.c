// SPDX-License-Identifier: MIT
/* test_inotify: inotify(7), as Linux has it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "ktap.h"
#include "nap.h"

#ifndef IN_MASK_CREATE
#define IN_MASK_CREATE 0x10000000
#endif

static int fd;

/* A directory of the test's own, which is the working directory, and an instance. */
static void begin(void)
{
	char dir[] = "/tmp/inotify.XXXXXX";

	mkdir("/tmp", 01777);
	CHECK(mkdtemp(dir));
	CHECK_EQ(chdir(dir), 0);
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	CHECK(fd >= 0);
}

static int watch(const char *path, unsigned int mask)
{
	int wd = inotify_add_watch(fd, path, mask);

	CHECK(wd > 0);
	return wd;
}

static void make(const char *path)
{
	int file = open(path, O_CREAT | O_WRONLY, 0600);

	CHECK(file >= 0);
	close(file);
}

struct want {
	int wd;
	unsigned int mask;
	const char *name;
};

/* All that is queued, in this order, and nothing else. Gives the last cookie. */
static unsigned int expect(const struct want *want, int count)
{
	char buf[4096] __attribute__((aligned(8)));
	unsigned int cookie = 0;
	ssize_t n, at = 0;
	int queued = -1;

	CHECK_EQ(ioctl(fd, FIONREAD, &queued), 0);
	n = read(fd, buf, sizeof(buf));
	if (n < 0 && errno == EAGAIN)
		n = 0;
	CHECK_EQ(queued, n);
	for (int i = 0; i < count; i++) {
		struct inotify_event *e = (void *)(buf + at);
		const char *name = want[i].name ? want[i].name : "";

		if (at >= n)
			FAIL("event %d is missing: %x", i, want[i].mask);
		if (e->wd != want[i].wd || e->mask != want[i].mask ||
		    strcmp(e->len ? e->name : "", name))
			FAIL("event %d: %d %x %s, not %d %x %s", i, e->wd, e->mask,
			     e->len ? e->name : "", want[i].wd, want[i].mask, name);
		CHECK_EQ(e->len, *name ? (strlen(name) + 16) / 16 * 16 : 0);
		cookie = e->cookie;
		at += sizeof(*e) + e->len;
	}
	if (at < n) {
		struct inotify_event *e = (void *)(buf + at);

		FAIL("one more: %d %x %s", e->wd, e->mask, e->len ? e->name : "");
	}
	return cookie;
}

#define EXPECT(...) \
	expect((struct want[]){ __VA_ARGS__ }, \
	       sizeof((struct want[]){ __VA_ARGS__ }) / sizeof(struct want))
#define EXPECT_NOTHING() expect(NULL, 0)

static void arguments(void)
{
	int pipes[2], file;

	begin();
	CHECK_FAILS(inotify_init1(1), EINVAL);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDONLY | O_NONBLOCK);
	CHECK_EQ(fcntl(inotify_init(), F_GETFL) & O_NONBLOCK, 0);
	CHECK_FAILS(inotify_add_watch(fd, ".", 0), EINVAL);
	CHECK_FAILS(inotify_add_watch(fd, ".", 0x1000), EINVAL);
	CHECK_FAILS(inotify_add_watch(99, ".", IN_OPEN), EBADF);
	CHECK_EQ(pipe(pipes), 0);
	CHECK_FAILS(inotify_add_watch(pipes[0], ".", IN_OPEN), EINVAL);
	CHECK_FAILS(inotify_add_watch(fd, "no", IN_OPEN), ENOENT);
	CHECK_FAILS(inotify_add_watch(fd, "", IN_OPEN), ENOENT);
	CHECK_FAILS(inotify_add_watch(fd, (char *)8, IN_OPEN), EFAULT);
	CHECK_FAILS(inotify_add_watch(fd, ".", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE), EINVAL);
	make("f");
	CHECK_FAILS(inotify_add_watch(fd, "f", IN_OPEN | IN_ONLYDIR), ENOTDIR);
	CHECK_EQ(chmod("f", 0), 0);
	CHECK_EQ(chmod(".", 0755), 0);
	if (geteuid() == 0) {
		CHECK_EQ(seteuid(1000), 0);
		CHECK_FAILS(inotify_add_watch(fd, "f", IN_OPEN), EACCES);
		CHECK_EQ(seteuid(0), 0);
	}
	CHECK_FAILS(inotify_rm_watch(fd, 5), EINVAL);
	CHECK_FAILS(inotify_rm_watch(pipes[0], 1), EINVAL);
	CHECK_FAILS(inotify_rm_watch(99, 1), EBADF);
	CHECK_FAILS(write(fd, "x", 1), EBADF);
	file = inotify_add_watch(fd, "f", IN_OPEN);
	CHECK_EQ(inotify_add_watch(fd, "f", IN_CLOSE), file);
	CHECK_FAILS(inotify_add_watch(fd, "f", IN_CLOSE | IN_MASK_CREATE), EEXIST);
	CHECK_EQ(inotify_rm_watch(fd, file), 0);
	CHECK(inotify_add_watch(fd, "f", IN_CLOSE | IN_MASK_CREATE) > file);
	EXPECT({ file, IN_IGNORED, NULL });
}

static void opens_and_closes(void)
{
	int d, f, file;
	char c;

	begin();
	make("a file");
	CHECK_EQ(mkdir("dir", 0700), 0);
	d = watch(".", IN_ALL_EVENTS);
	f = watch("a file", IN_ALL_EVENTS);
	file = open("a file", O_RDWR);
	EXPECT({ d, IN_OPEN, "a file" }, { f, IN_OPEN, NULL });
	CHECK_EQ(write(file, "xy", 2), 2);
	CHECK_EQ(write(file, "xy", 0), 0);
	EXPECT({ d, IN_MODIFY, "a file" }, { f, IN_MODIFY, NULL });
	CHECK_EQ(pread(file, &c, 1, 0), 1);
	CHECK_EQ(read(file, &c, 1), 0);
	EXPECT({ d, IN_ACCESS, "a file" }, { f, IN_ACCESS, NULL });
	CHECK_EQ(ftruncate(file, 1), 0);
	EXPECT({ d, IN_MODIFY, "a file" }, { f, IN_MODIFY, NULL });
	CHECK_EQ(fchmod(file, 0640), 0);
	EXPECT({ d, IN_ATTRIB, "a file" }, { f, IN_ATTRIB, NULL });
	CHECK_EQ(close(dup(file)), 0);
	EXPECT_NOTHING();
	close(file);
	EXPECT({ d, IN_CLOSE_WRITE, "a file" }, { f, IN_CLOSE_WRITE, NULL });
	file = open("a file", O_RDONLY);
	close(file);
	EXPECT({ d, IN_OPEN, "a file" }, { f, IN_OPEN, NULL },
	       { d, IN_CLOSE_NOWRITE, "a file" }, { f, IN_CLOSE_NOWRITE, NULL });
	close(open("a file", O_PATH));
	EXPECT_NOTHING();
	file = open("dir", O_RDONLY | O_DIRECTORY);
	close(file);
	EXPECT({ d, IN_OPEN | IN_ISDIR, "dir" }, { d, IN_CLOSE_NOWRITE | IN_ISDIR, "dir" });
	file = open(".", O_RDONLY | O_DIRECTORY);
	close(file);
	EXPECT({ d, IN_OPEN | IN_ISDIR, NULL }, { d, IN_CLOSE_NOWRITE | IN_ISDIR, NULL });
	file = open("a file", O_WRONLY | O_TRUNC);
	close(file);
	EXPECT({ d, IN_MODIFY, "a file" }, { f, IN_MODIFY, NULL }, { d, IN_OPEN, "a file" },
	       { f, IN_OPEN, NULL }, { d, IN_CLOSE_WRITE, "a file" }, { f, IN_CLOSE_WRITE, NULL });
	CHECK_EQ(utimensat(AT_FDCWD, "a file", NULL, 0), 0);
	EXPECT({ d, IN_ATTRIB, "a file" }, { f, IN_ATTRIB, NULL });
	CHECK_EQ(truncate("a file", 3), 0);
	EXPECT({ d, IN_MODIFY, "a file" }, { f, IN_MODIFY, NULL });
}

static void makes_and_removes(void)
{
	int d, f, file;

	begin();
	d = watch(".", IN_ALL_EVENTS & ~(IN_OPEN | IN_CLOSE));
	file = open("f", O_CREAT | O_RDWR, 0600);
	EXPECT({ d, IN_CREATE, "f" });
	f = watch("f", IN_ALL_EVENTS & ~(IN_OPEN | IN_CLOSE));
	CHECK_EQ(mkdir("dir", 0700), 0);
	CHECK_EQ(symlink("f", "symbolic"), 0);
	CHECK_EQ(mkfifo("fifo", 0600), 0);
	EXPECT({ d, IN_CREATE | IN_ISDIR, "dir" }, { d, IN_CREATE, "symbolic" },
	       { d, IN_CREATE, "fifo" });
	CHECK_EQ(link("f", "g"), 0);
	EXPECT({ f, IN_ATTRIB, NULL }, { d, IN_CREATE, "g" });
	CHECK_EQ(unlink("f"), 0);
	EXPECT({ f, IN_ATTRIB, NULL }, { d, IN_DELETE, "f" });
	close(file);
	CHECK_EQ(unlink("g"), 0);
	EXPECT({ f, IN_ATTRIB, NULL }, { f, IN_DELETE_SELF, NULL }, { f, IN_IGNORED, NULL },
	       { d, IN_DELETE, "g" });
	CHECK_EQ(rmdir("dir"), 0);
	CHECK_EQ(unlink("symbolic"), 0);
	CHECK_EQ(unlink("fifo"), 0);
	EXPECT({ d, IN_DELETE | IN_ISDIR, "dir" }, { d, IN_DELETE, "symbolic" },
	       { d, IN_DELETE, "fifo" });
}

/* The end of what is watched; the order among watches is as on Linux. */
static void ends(void)
{
	int d, f, dir, file;

	begin();
	file = open("f", O_CREAT | O_RDWR, 0600);
	CHECK_EQ(mkdir("dir", 0700), 0);
	f = watch("f", IN_ALL_EVENTS);
	dir = watch("dir", IN_ALL_EVENTS);
	CHECK_EQ(unlink("f"), 0);
	EXPECT({ f, IN_ATTRIB, NULL });
	CHECK_EQ(write(file, "x", 1), 1);
	EXPECT({ f, IN_MODIFY, NULL });
	close(file);
	EXPECT({ f, IN_CLOSE_WRITE, NULL }, { f, IN_DELETE_SELF, NULL }, { f, IN_IGNORED, NULL });
	CHECK_FAILS(inotify_rm_watch(fd, f), EINVAL);
	make("dir/x");
	CHECK_EQ(unlink("dir/x"), 0);
	EXPECT({ dir, IN_CREATE, "x" }, { dir, IN_OPEN, "x" }, { dir, IN_CLOSE_WRITE, "x" },
	       { dir, IN_DELETE, "x" });
	CHECK_EQ(rmdir("dir"), 0);
	EXPECT({ dir, IN_DELETE_SELF, NULL }, { dir, IN_IGNORED, NULL });
	make("g");
	d = watch(".", IN_DELETE);
	f = watch("g", IN_ATTRIB | IN_DELETE_SELF);
	CHECK_EQ(unlink("g"), 0);
	EXPECT({ f, IN_ATTRIB, NULL }, { f, IN_DELETE_SELF, NULL }, { f, IN_IGNORED, NULL },
	       { d, IN_DELETE, "g" });
	/* Asked for nothing of the kind, it is told all the same that it is over. */
	make("h");
	f = watch("h", IN_ACCESS);
	CHECK_EQ(unlink("h"), 0);
	EXPECT({ f, IN_IGNORED, NULL }, { d, IN_DELETE, "h" });
}

static void moves(void)
{
	char buf[512] __attribute__((aligned(8)));
	struct inotify_event *first = (void *)buf, *second;
	int a, b, f, x, file;

	begin();
	CHECK_EQ(mkdir("a", 0700), 0);
	CHECK_EQ(mkdir("b", 0700), 0);
	make("a/f");
	make("b/x");
	a = watch("a", IN_ALL_EVENTS);
	b = watch("b", IN_ALL_EVENTS);
	f = watch("a/f", IN_MOVE_SELF);
	file = open("a/f", O_RDWR);
	EXPECT({ a, IN_OPEN, "f" });
	CHECK_EQ(rename("a/f", "b/g"), 0);
	CHECK(read(fd, buf, sizeof(buf)) > 0);
	second = (void *)(first->name + first->len);
	CHECK_EQ(first->mask, IN_MOVED_FROM);
	CHECK_EQ(first->wd, a);
	CHECK_EQ(second->mask, IN_MOVED_TO);
	CHECK_EQ(second->wd, b);
	CHECK(first->cookie && first->cookie == second->cookie);
	/* It belongs to its new directory now. */
	CHECK_EQ(write(file, "x", 1), 1);
	EXPECT({ b, IN_MODIFY, "g" });
	x = watch("b/x", IN_ATTRIB | IN_DELETE_SELF);
	CHECK_EQ(rename("b/g", "b/x"), 0);
	EXPECT({ b, IN_MOVED_FROM, "g" }, { b, IN_MOVED_TO, "x" }, { x, IN_ATTRIB, NULL },
	       { f, IN_MOVE_SELF, NULL }, { x, IN_DELETE_SELF, NULL }, { x, IN_IGNORED, NULL });
	CHECK_EQ(rename("b/x", "b/x"), 0);
	EXPECT_NOTHING();
	CHECK_EQ(mkdir("b/dir", 0700), 0);
	x = watch("b/dir", IN_MOVE_SELF);
	CHECK_EQ(rename("b/dir", "a/dir"), 0);
	EXPECT({ b, IN_CREATE | IN_ISDIR, "dir" }, { b, IN_MOVED_FROM | IN_ISDIR, "dir" },
	       { a, IN_MOVED_TO | IN_ISDIR, "dir" }, { x, IN_MOVE_SELF, NULL });
	CHECK_EQ(syscall(SYS_renameat2, AT_FDCWD, "a/dir", AT_FDCWD, "b/x",
			 2 /* RENAME_EXCHANGE */), 0);
	EXPECT({ a, IN_MOVED_FROM | IN_ISDIR, "dir" }, { b, IN_MOVED_TO | IN_ISDIR, "x" },
	       { x, IN_MOVE_SELF, NULL }, { b, IN_MOVED_FROM, "x" }, { a, IN_MOVED_TO, "dir" },
	       { f, IN_MOVE_SELF, NULL });
}

static void flags(void)
{
	int d, f, file;

	begin();
	make("f");
	CHECK_EQ(symlink("f", "l"), 0);
	f = watch("f", IN_OPEN);
	CHECK_EQ(watch("f", IN_ATTRIB | IN_MASK_ADD), f);
	close(open("f", O_RDONLY));
	CHECK_EQ(chmod("f", 0600), 0);
	EXPECT({ f, IN_OPEN, NULL }, { f, IN_ATTRIB, NULL });
	CHECK_EQ(watch("f", IN_ATTRIB), f);
	close(open("f", O_RDONLY));
	EXPECT_NOTHING();
	CHECK_EQ(watch("l", IN_ATTRIB), f);
	d = watch("l", IN_ALL_EVENTS | IN_DONT_FOLLOW);
	CHECK(d != f);
	CHECK_EQ(unlink("l"), 0);
	EXPECT({ d, IN_ATTRIB, NULL }, { d, IN_DELETE_SELF, NULL }, { d, IN_IGNORED, NULL });
	CHECK_EQ(watch("f", IN_OPEN | IN_ONESHOT), f);
	close(open("f", O_RDONLY));
	EXPECT({ f, IN_OPEN, NULL }, { f, IN_IGNORED, NULL });
	/* What has lost its name is still told to its directory, or not. */
	d = watch(".", IN_MODIFY | IN_ONLYDIR);
	file = open("f", O_RDWR);
	CHECK_EQ(unlink("f"), 0);
	CHECK_EQ(write(file, "x", 1), 1);
	EXPECT({ d, IN_MODIFY, "f" });
	CHECK_EQ(watch(".", IN_MODIFY | IN_EXCL_UNLINK), d);
	CHECK_EQ(write(file, "x", 1), 1);
	EXPECT_NOTHING();
}

static void equal_ones_are_one(void)
{
	int f, g, file, other;

	begin();
	file = open("f", O_CREAT | O_RDWR, 0600);
	other = open("g", O_CREAT | O_RDWR, 0600);
	f = watch("f", IN_MODIFY);
	g = watch("g", IN_MODIFY);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(write(file, "x", 1), 1);
	CHECK_EQ(write(other, "x", 1), 1);
	CHECK_EQ(write(file, "x", 1), 1);
	EXPECT({ f, IN_MODIFY, NULL }, { g, IN_MODIFY, NULL }, { f, IN_MODIFY, NULL });
}

static void reads(void)
{
	struct pollfd p;
	char buf[64] __attribute__((aligned(8)));
	int status, f;
	pid_t pid;

	begin();
	p = (struct pollfd){ .fd = fd, .events = POLLIN | POLLOUT };
	CHECK_FAILS(read(fd, buf, sizeof(buf)), EAGAIN);
	CHECK_EQ(poll(&p, 1, 0), 0);
	watch(".", IN_CREATE);
	make("0123456789abcdef");	/* a name of 16 takes 32 bytes */
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN);
	CHECK_FAILS(read(fd, buf, 16), EINVAL);
	CHECK_FAILS(read(fd, buf, 47), EINVAL);
	CHECK_EQ(read(fd, buf, 48), 48);
	make("a");
	make("b");
	CHECK_EQ(read(fd, buf, 63), 32);
	CHECK_EQ(read(fd, buf, 63), 32);
	CHECK_FAILS(read(fd, buf, 63), EAGAIN);
	/* It waits. */
	CHECK_EQ(fcntl(fd, F_SETFL, 0), 0);
	f = watch(".", IN_DELETE);
	pid = fork();
	if (pid == 0) {
		struct inotify_event *e = (void *)buf;

		_exit(read(fd, buf, sizeof(buf)) == 32 && e->wd == f && e->mask == IN_DELETE ?
		      0 : 1);
	}
	nap_ms(20);
	CHECK_EQ(unlink("a"), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void long_names(void)
{
	char name[NAME_MAX + 1];
	int d;

	begin();
	d = watch(".", IN_CREATE | IN_DELETE);
	for (int len = 1; len <= NAME_MAX; len += 31) {
		memset(name, 'n', sizeof(name));
		name[len] = 0;
		CHECK_EQ(mkdir(name, 0700), 0);
		CHECK_EQ(rmdir(name), 0);
		EXPECT({ d, IN_CREATE | IN_ISDIR, name }, { d, IN_DELETE | IN_ISDIR, name });
	}
}

static int read_limit(const char *name)
{
	char path[64], text[32] = "";
	int file, n;

	snprintf(path, sizeof(path), "/proc/sys/fs/inotify/%s", name);
	file = open(path, O_RDONLY);
	CHECK(file >= 0);
	n = read(file, text, sizeof(text) - 1);
	CHECK(n > 0);
	close(file);
	return atoi(text);
}

static void overflow(void)
{
	char buf[16 * 256] __attribute__((aligned(8)));
	struct inotify_event *e;
	int a, b, max = read_limit("max_queued_events"), count = 0, n, last = 0;

	if (max > 20000)
		SKIP("the queue is too long: %d", max);
	begin();
	a = open("a", O_CREAT | O_RDWR, 0600);
	b = open("b", O_CREAT | O_RDWR, 0600);
	watch("a", IN_MODIFY);
	watch("b", IN_MODIFY);
	for (int i = 0; i < max + 10; i++)
		CHECK_EQ(write(i % 2 ? a : b, "x", 1), 1);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (int at = 0; at < n; at += sizeof(*e), count++) {
			e = (void *)(buf + at);
			last = e->mask;
			CHECK_EQ(e->wd, e->mask == IN_Q_OVERFLOW ? -1 : e->wd);
		}
	CHECK_EQ(count, max + 1);
	CHECK_EQ(last, IN_Q_OVERFLOW);
	CHECK_EQ(write(a, "x", 1), 1);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 16);
}

static void instances_are_limited(void)
{
	int max = read_limit("max_user_instances"), n = 0;

	if (max > 1000)
		SKIP("there may be many: %d", max);
	while (n <= max && inotify_init() >= 0)
		n++;
	CHECK_EQ(errno, EMFILE);
	CHECK(n <= max && n > max / 2);
}

static void two_instances(void)
{
	int first, a, b;

	begin();
	first = fd;
	a = watch(".", IN_CREATE);
	fd = inotify_init1(IN_NONBLOCK);
	b = watch(".", IN_CREATE | IN_DELETE);
	make("f");
	EXPECT({ b, IN_CREATE, "f" });
	close(fd);
	fd = first;
	EXPECT({ a, IN_CREATE, "f" });
	CHECK_EQ(unlink("f"), 0);
	EXPECT_NOTHING();
}

static void bind_mount_shows_the_same(void)
{
	int d;

	begin();
	if (geteuid())
		SKIP("root only");
	CHECK_EQ(mkdir("a", 0700), 0);
	CHECK_EQ(mkdir("b", 0700), 0);
	if (mount("a", "b", NULL, MS_BIND, NULL))
		SKIP("no mounts here: errno %d", errno);
	d = watch("a", IN_CREATE);
	CHECK_EQ(watch("b", IN_CREATE), d);
	make("b/f");
	EXPECT({ d, IN_CREATE, "f" });
	CHECK_EQ(umount("b"), 0);
	EXPECT_NOTHING();
}

static void unmounted(void)
{
	int d, f;

	begin();
	CHECK_EQ(mkdir("m", 0700), 0);
	if (geteuid() || mount("none", "m", "tmpfs", 0, NULL))
		SKIP("no mounts here: errno %d", errno);
	make("m/f");
	d = watch("m", IN_CREATE);
	CHECK_EQ(umount("m"), 0);
	EXPECT({ d, IN_UNMOUNT | IN_ISDIR, NULL }, { d, IN_IGNORED, NULL });
	f = watch(".", IN_CREATE);
	make("x");
	EXPECT({ f, IN_CREATE, "x" });
}

static void attributes(void)
{
	int f;

	begin();
	make("f");
	f = watch("f", IN_ATTRIB);
	if (setxattr("f", "trusted.a", "b", 1, 0))
		SKIP("no extended attributes here: errno %d", errno);
	EXPECT({ f, IN_ATTRIB, NULL });
	CHECK_EQ(removexattr("f", "trusted.a"), 0);
	EXPECT({ f, IN_ATTRIB, NULL });
	CHECK_EQ(chown("f", geteuid(), getegid()), 0);
	EXPECT({ f, IN_ATTRIB, NULL });
}

static const struct ktap_test tests[] = {
	TEST(arguments),
	TEST(opens_and_closes),
	TEST(makes_and_removes),
	TEST(ends),
	TEST(moves),
	TEST(flags),
	TEST(equal_ones_are_one),
	TEST(reads),
	TEST(long_names),
	TEST(overflow),
	TEST(instances_are_limited),
	TEST(two_instances),
	TEST(bind_mount_shows_the_same),
	TEST(unmounted),
	TEST(attributes),
};

int main(int argc, char **argv)
{
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(*tests));
}
