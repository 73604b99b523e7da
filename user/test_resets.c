// SPDX-License-Identifier: MIT
/*
 * test_resets: the modules of file systems are killed while a program works with
 * files, and it does not notice. (Where modules cannot be reset all is skipped.)
 */
#include <sys/inotify.h>
#include <time.h>

#include "files.h"
#include "resets.h"

#ifndef IN_MASK_CREATE
#define IN_MASK_CREATE 0x10000000
#endif

#define TREES 20		/* made and removed in one round */
#define ROUNDS 2		/* for each module and way */
#define STEP_NS 1700000		/* between the moments at which rounds kill */
#define CALM_NS 900000000	/* a module that fails again sooner has to wait */

static void nap_ns(long ns)
{
	struct timespec t = { 0, ns };

	nanosleep(&t, NULL);
}

static void need_resets(void)
{
	resets_mount();
	if (!line_with("/sys/module/vfs/placement", "shared") &&
	    !line_with("/sys/module/vfs/placement", "private"))
		SKIP("modules are not reset here");
	if (access("/sys/module/vfs/inject", F_OK))
		SKIP("faults cannot be injected");
}

/* What a program does with files, all of it checked. */
static void one_tree(int number)
{
	struct flock lock = { .l_type = F_WRLCK };
	char buf[32], name[16];
	struct stat st;
	int fd, n = 0;
	DIR *d;

	snprintf(name, sizeof(name), "d%d", number);
	CHECK_EQ(mkdir(name, 0755), 0);
	CHECK_EQ(chdir(name), 0);
	fd = open("a", O_CREAT | O_EXCL | O_RDWR, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "hello", 5), 5);
	CHECK_EQ(link("a", "b"), 0);
	CHECK_EQ(stat("b", &st), 0);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_EQ(st.st_size, 5);
	CHECK_EQ(unlink("a"), 0);
	CHECK_EQ(rename("b", "a"), 0);
	CHECK_EQ(symlink("a", "b"), 0);
	CHECK_EQ(readlink("b", buf, sizeof(buf)), 1);
	CHECK_EQ(chmod("b", 0640), 0);
	CHECK_EQ(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 2), 0);
	CHECK_EQ(unlink("a"), 0);
	CHECK_EQ(unlink("b"), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(st.st_mode & 0777, 0640);
	CHECK_EQ(pread(fd, buf, 5, 0), 5);
	CHECK_EQ(fcntl(fd, F_SETLK, &lock), 0);
	CHECK_EQ(close(fd), 0);
	d = opendir(".");
	CHECK(d != NULL);
	while (readdir(d))
		n++;
	closedir(d);
	CHECK_EQ(n, 2);
	fd = open("/dev/zero", O_RDONLY);
	CHECK_EQ(read(fd, buf, 8), 8);
	close(fd);
	CHECK_EQ(chdir(".."), 0);
	CHECK_EQ(rmdir(name), 0);
}

static void work(void)
{
	for (int i = 0; i < TREES; i++)
		one_tree(i);
}

/* Kills `module` at another moment in each round, while a child works. */
static void kill_while_working(const char *module)
{
	int status;
	pid_t pid;

	need_resets();
	fresh("");
	for (int i = 0; i < 2 * ROUNDS; i++) {
		pid = fork();
		if (pid == 0) {
			work();
			fflush(stdout);
			_exit(0);
		}
		nap_ns(1 + i * STEP_NS);
		inject(module, i % 2 ? "inside" : "now");
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		inject(module, "never");
		CHECK_EQ(status, 0);
		nap_ns(CALM_NS);
	}
}

static void vfs_is_killed(void)
{
	kill_while_working("vfs");
}

static void ramfs_is_killed(void)
{
	kill_while_working("ramfs");
}

static void devfs_is_killed(void)
{
	kill_while_working("devfs");
}

static void locks_is_killed(void)
{
	kill_while_working("locks");
}

/* What was there before a reset is there, and as much in use as it was. */
static void state_comes_back(void)
{
	static const char *const modules[] = { "vfs", "ramfs", "devfs", "locks" };
	struct flock lock = { .l_type = F_WRLCK, .l_len = 5 };
	int open_file, locked;
	struct stat st;

	need_resets();
	fresh("");
	put_file("f", "text");
	CHECK_EQ(mkdir("m", 0755), 0);
	CHECK_EQ(mkdir("b", 0755), 0);
	CHECK_EQ(mount("t", "m", "tmpfs", MS_NOSUID, "size=64k"), 0);
	CHECK_EQ(mount("m", "b", NULL, MS_BIND, NULL), 0);
	put_file("locked", "");
	put_file("m/g", "mounted");
	open_file = open("m/g", O_RDWR);
	locked = open("locked", O_RDWR);
	CHECK_EQ(fcntl(locked, F_SETLK, &lock), 0);
	for (int i = 0; i < 4; i++)
		inject(modules[i], "now");
	CHECK(has_text("f", "text") && has_text("b/g", "mounted"));
	CHECK(line_with("/proc/mounts", "t " TOP "/m tmpfs rw,nosuid,relatime,size=64k"));
	CHECK(line_with("/proc/mounts", "t " TOP "/b tmpfs rw,nosuid"));
	CHECK_FAILS(umount("m"), EBUSY);
	CHECK_EQ(unlink("m/g"), 0);
	CHECK_EQ(fstat(open_file, &st), 0);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_FAILS(stat("b/g", &st), ENOENT);
	close(open_file);
	CHECK_EQ(umount("b"), 0);
	CHECK_EQ(umount("m"), 0);
	if (fork() == 0)
		_exit(fcntl(locked, F_SETLK, &lock) == 0);
	CHECK(wait(&open_file) > 0);
	CHECK_EQ(open_file, 0);
	nap_ns(CALM_NS);
}

/* The next event of instance `fd` is `mask` of `name`. */
static void told(int fd, unsigned int mask, const char *name)
{
	char buf[512] __attribute__((aligned(8)));
	struct inotify_event *e = (void *)buf;

	CHECK_EQ(read(fd, buf, sizeof(buf)), 32);
	CHECK_EQ(e->mask, mask);
	CHECK(strcmp(e->name, name) == 0);
}

/* inotify: watches and what is queued, over resets of events and of vfs. */
static void watches_come_back(void)
{
	int fd, gone;

	need_resets();
	fresh("");
	fd = inotify_init1(IN_NONBLOCK);
	CHECK_EQ(inotify_add_watch(fd, ".", IN_CREATE | IN_DELETE), 1);
	gone = inotify_init1(IN_NONBLOCK);
	CHECK_EQ(inotify_add_watch(gone, ".", IN_ALL_EVENTS), 1);
	close(gone);
	CHECK_EQ(mkdir("a", 0755), 0);
	inject("events", "now");
	told(fd, IN_CREATE | IN_ISDIR, "a");
	CHECK_EQ(mkdir("b", 0755), 0);
	inject("vfs", "now");
	told(fd, IN_CREATE | IN_ISDIR, "b");
	CHECK_EQ(rmdir("b"), 0);
	told(fd, IN_DELETE | IN_ISDIR, "b");
	put_file("f", "text");
	inject("events", "now");
	told(fd, IN_CREATE, "f");
	CHECK_FAILS(inotify_add_watch(fd, ".", IN_OPEN | IN_MASK_CREATE), EEXIST);
	CHECK_EQ(inotify_add_watch(fd, "a", IN_OPEN), 2);
	CHECK_EQ(inotify_rm_watch(fd, 1), 0);
	nap_ns(CALM_NS);
}

static const struct ktap_test tests[] = {
	TEST(state_comes_back), TEST(watches_come_back), TEST(vfs_is_killed), TEST(ramfs_is_killed),
	TEST(devfs_is_killed), TEST(locks_is_killed),
};

int main(int argc, char **argv)
{
	return files_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
