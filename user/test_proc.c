// SPDX-License-Identifier: MIT
/*
 * test_proc: /proc, /dev/fd, /dev/kmsg and syslog(2), as Linux 6.1 has them. It
 * passes on Linux too, as root, with /proc mounted.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "ktap.h"

static char text[65536];

/* Reads a file into `text`: its length. */
static size_t slurp(const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		FAIL("%s: errno %d", path, errno);
	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		FAIL("%s: read: errno %d", path, errno);
	text[len] = 0;
	close(fd);
	return len;
}

static void put(const char *path, const char *what)
{
	int fd = open(path, O_WRONLY);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, what, strlen(what)), (ssize_t)strlen(what));
	close(fd);
}

/* The value behind "KEY:" of the text, -1: there is none. */
static long value_of(const char *key)
{
	const char *p = text;
	size_t len = strlen(key);

	for (; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, key, len) && p[len] == ':')
			return strtol(p + len + 1, NULL, 10);
	}
	return -1;
}

static void must_be_link(const char *path, const char *want)
{
	char got[4096];
	ssize_t n = readlink(path, got, sizeof(got) - 1);

	if (n < 0)
		FAIL("%s: errno %d", path, errno);
	got[n] = 0;
	if (strcmp(got, want) != 0)
		FAIL("%s leads to '%s', not '%s'", path, got, want);
}

/* Runs fn as another user and says that it went well. */
static void as_user(unsigned int id, void (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setgid(id) || setuid(id))
			FAIL("setuid: errno %d", errno);
		fn();
		fflush(stdout);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* ---- processes ---------------------------------------------------------- */

static void stat_fields(void)
{
	char comm[32], state;
	int pid, ppid, pgrp, sid, tty, tpgid, n;
	long fields[44] = { 0 };
	char *p;

	CHECK_EQ(prctl(PR_SET_NAME, "a) b (c", 0, 0, 0), 0);
	slurp("/proc/self/stat");
	CHECK_EQ(sscanf(text, "%d (%15[^\n]", &pid, comm), 2);
	p = strrchr(text, ')');
	CHECK(p && !strncmp(strchr(text, '('), "(a) b (c)", 9));
	CHECK_EQ(sscanf(p, ") %c %d %d %d %d %d%n", &state, &ppid, &pgrp, &sid, &tty,
			&tpgid, &n), 6);
	CHECK_EQ(pid, getpid());
	CHECK_EQ(ppid, getppid());
	CHECK_EQ(pgrp, getpgrp());
	CHECK_EQ(sid, getsid(0));
	CHECK_EQ(state, 'R');
	p += n;
	for (n = 0; n < 44 && *p && *p != '\n'; n++)
		fields[n] = (long)strtoul(p, &p, 10);
	CHECK_EQ(n, 44);
	CHECK_EQ(fields[9], 20);		/* priority */
	CHECK_EQ(fields[11], 1);		/* threads */
	CHECK(fields[14] > 0 && fields[15] > 0);	/* size, resident */
}

static void status_fields(void)
{
	mode_t old = umask(027);

	slurp("/proc/self/status");
	umask(old);
	CHECK(!strncmp(text, "Name:\ttest_proc\n", 16));
	CHECK(strstr(text, "\nUmask:\t0027\n"));
	CHECK(strstr(text, "\nState:\tR (running)\n"));
	CHECK_EQ(value_of("Tgid"), getpid());
	CHECK_EQ(value_of("Pid"), getpid());
	CHECK_EQ(value_of("PPid"), getppid());
	CHECK_EQ(value_of("Uid"), getuid());
	CHECK_EQ(value_of("Threads"), 1);
	CHECK(value_of("VmSize") > 0 && value_of("VmRSS") > 0);
	CHECK(value_of("VmStk") > 0 && value_of("VmExe") > 0);
	CHECK(strstr(text, "\nSigBlk:\t0000000000000000\n"));
}

static void statm_fields(void)
{
	long size, resident, shared, code;

	slurp("/proc/self/statm");
	CHECK_EQ(sscanf(text, "%ld %ld %ld %ld 0 ", &size, &resident, &shared, &code), 4);
	CHECK(size > resident && resident > 0 && code > 0);
}

static void cmdline_and_environ(void)
{
	char *const argv[] = { "/proc/self/exe", "first", "two words", "", NULL };
	char *const envp[] = { "A=1", "B=two", NULL };
	int fds[2], status;
	ssize_t n, len = 0;
	pid_t pid;

	CHECK_EQ(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		dup2(fds[1], 1);
		execve("/proc/self/exe", argv, envp);
		_exit(9);
	}
	close(fds[1]);
	while ((n = read(fds[0], text + len, 100)) > 0)
		len += n;
	CHECK_EQ(len, 42);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK(!memcmp(text, "/proc/self/exe\0first\0two words\0\0A=1\0B=two\0", 42));
}

/* What the program above does when it is run with arguments. */
static int show_own(void)
{
	size_t n = slurp("/proc/self/cmdline");

	if (write(1, text, n) != (ssize_t)n)
		return 1;
	n = slurp("/proc/self/environ");
	return write(1, text, n) != (ssize_t)n;
}

static void comm_is_writable(void)
{
	put("/proc/self/comm", "another-name-that-is-long\n");
	slurp("/proc/self/comm");
	CHECK(!strcmp(text, "another-name-th\n"));
	slurp("/proc/self/task/../stat");
	CHECK(strstr(text, " (another-name-th) "));
}

static void auxv_is_the_programs(void)
{
	Elf64_auxv_t *v = (Elf64_auxv_t *)text;
	size_t n = slurp("/proc/self/auxv") / sizeof(*v), seen = 0;

	for (size_t i = 0; i < n; i++)
		if (v[i].a_type == AT_ENTRY || v[i].a_type == AT_RANDOM) {
			CHECK_EQ(v[i].a_un.a_val, getauxval(v[i].a_type));
			seen++;
		}
	CHECK_EQ(seen, 2);
}

static void maps_have_names(void)
{
	long heap = syscall(SYS_brk, syscall(SYS_brk, 0) + 4096);
	void *shared;
	char range[64];
	char *line;

	shared = mmap(NULL, 8192, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(heap > 0 && shared != MAP_FAILED);
	slurp("/proc/self/maps");
	CHECK(strstr(text, " [heap]\n"));
	CHECK(strstr(text, " [stack]\n"));
	line = strstr(text, " r-xp ");
	CHECK(line && strstr(line, "/test_proc\n"));
	snprintf(range, sizeof(range), "\n%08lx-%08lx r--s 00000000 ", (long)shared,
		 (long)shared + 8192);
	CHECK(strstr(text, range));
	line = strstr(text, "/test_proc\n");
	while (line[-1] != '\n' && line > text)
		line--;
	CHECK_EQ(strchr(line, '/') - line, 73);
}

/* Pages in memory are counted, by whose they are. */
static void smaps_count_pages(void)
{
	size_t size = 64 * 4096;
	char *own = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	char range[64], *at;

	CHECK(own != MAP_FAILED);
	memset(own, 1, size / 2);
	slurp("/proc/self/smaps_rollup");
	CHECK(value_of("Rss") >= 128 && value_of("Pss") <= value_of("Rss"));
	CHECK(value_of("Private_Dirty") >= 128 && value_of("Anonymous") >= 128);
	CHECK_EQ(mprotect(own, size, PROT_READ), 0);	/* a mapping of its own */
	slurp("/proc/self/smaps");
	snprintf(range, sizeof(range), "%08lx-", (long)own);
	at = strstr(text, range);
	CHECK(at && strstr(at, "\nRss:                 128 kB\n"));
	CHECK(at && strstr(at, "\nPrivate_Dirty:       128 kB\n"));
	CHECK_EQ(munmap(own, size), 0);
}

/* Files are in memory, and counted. */
static void meminfo_counts_files(void)
{
	static char block[65536];
	long before;
	int fd;

	memset(block, 1, sizeof(block));
	slurp("/proc/meminfo");
	before = value_of("Cached");
	fd = memfd_create("counted", 0);
	for (int i = 0; i < 16; i++)
		CHECK_EQ(write(fd, block, sizeof(block)), (long)sizeof(block));
	slurp("/proc/meminfo");
	CHECK(value_of("Cached") >= before + 900 && value_of("Shmem") >= 1024);
	close(fd);
}

static void limits_table(void)
{
	struct rlimit r = { 77, 99 };

	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &r), 0);
	slurp("/proc/self/limits");
	CHECK(!strncmp(text, "Limit                     Soft Limit           Hard Limit"
		       "           Units     \n", 79));
	CHECK(strstr(text, "\nMax open files            77                   99"
		     "                   files     \n"));
}

static void zombie(void)
{
	char path[64];
	siginfo_t info;
	pid_t pid = fork();

	if (!pid)
		_exit(3);
	CHECK_EQ(waitid(P_PID, (unsigned int)pid, &info, WEXITED | WNOWAIT), 0);
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	slurp(path);
	CHECK(strstr(text, ") Z "));
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	CHECK_EQ(slurp(path), 0);
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	CHECK_FAILS(readlink(path, text, 9), ENOENT);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_FAILS(readlink(path, text, 9), ENOENT);
	snprintf(path, sizeof(path), "/proc/%d", pid);
	CHECK_FAILS(access(path, F_OK), ENOENT);
}

static int thread_body(void *stop)
{
	while (!*(volatile int *)stop)
		sched_yield();
	syscall(SYS_exit, 0);
	return 0;
}

static void threads_are_in_task(void)
{
	static char stack[16384];
	static volatile int stop;
	char path[64];
	struct dirent *d;
	int tid, seen = 0;
	DIR *dir;

	tid = clone(thread_body, stack + sizeof(stack), CLONE_VM | CLONE_FS | CLONE_FILES |
		    CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, (void *)&stop);
	CHECK(tid > 0);
	dir = opendir("/proc/self/task");
	CHECK(dir != NULL);
	while ((d = readdir(dir)))
		seen += atoi(d->d_name) == tid || atoi(d->d_name) == getpid();
	CHECK_EQ(seen, 2);
	snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	slurp(path);
	CHECK_EQ(value_of("Pid"), tid);
	CHECK_EQ(value_of("Tgid"), getpid());
	CHECK_EQ(value_of("Threads"), 2);
	stop = 1;
}

/* ---- links --------------------------------------------------------------- */

static void self_links(void)
{
	char want[64];

	snprintf(want, sizeof(want), "%d", getpid());
	must_be_link("/proc/self", want);
	snprintf(want, sizeof(want), "%d/task/%d", getpid(), getpid());
	must_be_link("/proc/thread-self", want);
	must_be_link("/proc/mounts", "self/mounts");
	must_be_link("/proc/self/root", "/");
	CHECK_EQ(chdir("/proc"), 0);
	must_be_link("/proc/self/cwd", "/proc");
}

static void fd_of_pipe(void)
{
	struct stat a, b, link;
	char path[64], want[64];
	int fds[2], again;
	char c;

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(fstat(fds[0], &a), 0);
	CHECK_EQ(fstat(fds[1], &b), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	snprintf(want, sizeof(want), "pipe:[%lu]", (unsigned long)a.st_ino);
	must_be_link(path, want);
	CHECK_EQ(lstat(path, &link), 0);
	CHECK_EQ(link.st_mode, S_IFLNK | 0500);
	CHECK_EQ(stat(path, &link), 0);
	CHECK(S_ISFIFO(link.st_mode));
	/* The other end of the same pipe, by the name of this one. */
	again = open(path, O_WRONLY);
	CHECK(again >= 0);
	close(fds[1]);
	CHECK_EQ(write(again, "x", 1), 1);
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_EQ(c, 'x');
	close(again);
	CHECK_EQ(read(fds[0], &c, 1), 0);
}

static void fd_of_deleted_file(void)
{
	char path[64], cwd[256], want[300];
	int fd, again;

	CHECK_EQ(chdir("/tmp") ? chdir("/") : 0, 0);
	CHECK(getcwd(cwd, sizeof(cwd)) != NULL);
	fd = open("deleted-file", O_RDWR | O_CREAT, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "text", 4), 4);
	CHECK_EQ(unlink("deleted-file"), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	snprintf(want, sizeof(want), "%s/deleted-file (deleted)", cwd[1] ? cwd : "");
	must_be_link(path, want);
	again = open(path, O_RDONLY);
	CHECK(again >= 0);
	CHECK_EQ(read(again, want, sizeof(want)), 4);
	CHECK_EQ(close(again), 0);
	CHECK_FAILS(open("/proc/self/fd/999", O_RDONLY), ENOENT);
	CHECK_FAILS(open("/proc/self/fd/0x", O_RDONLY), ENOENT);
}

static void fd_directory_lists_all(void)
{
	int fd = open("/dev/null", O_RDWR), found = 0;
	struct dirent *d;
	DIR *dir;

	CHECK_EQ(dup2(fd, 50), 50);
	CHECK_EQ(dup2(fd, 60), 60);
	dir = opendir("/proc/self/fd");
	CHECK(dir != NULL);
	while ((d = readdir(dir)))
		if (!strcmp(d->d_name, "50") || !strcmp(d->d_name, "60"))
			found += d->d_type == DT_LNK;
	CHECK_EQ(found, 2);
	must_be_link("/proc/self/fd/50", "/dev/null");
	slurp("/proc/self/fdinfo/50");
	CHECK(!strncmp(text, "pos:\t0\nflags:\t0100002\n", 22));
}

static void exe_is_the_program(void)
{
	struct stat a, b;
	int fd = open("/proc/self/exe", O_RDONLY);

	CHECK(fd >= 0);
	CHECK_EQ(fstat(fd, &a), 0);
	CHECK_EQ(stat("/proc/self/exe", &b), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(read(fd, text, 4), 4);
	CHECK(!memcmp(text, ELFMAG, 4));
	CHECK_FAILS(open("/proc/self/exe/x", O_RDONLY), ENOTDIR);
}

/* ---- who may see what ------------------------------------------------------ */

static void stranger(void)
{
	char path[64];

	CHECK_FAILS(open("/proc/1/environ", O_RDONLY), EACCES);
	CHECK_FAILS(open("/proc/1/maps", O_RDONLY), EACCES);
	CHECK_FAILS(readlink("/proc/1/exe", path, sizeof(path)), EACCES);
	CHECK_FAILS(readlink("/proc/1/cwd", path, sizeof(path)), EACCES);
	CHECK_FAILS(open("/proc/1/fd", O_RDONLY), EACCES);
	CHECK_FAILS(open("/proc/1/fd/0", O_RDONLY), EACCES);
	CHECK(slurp("/proc/1/stat") > 0);
	CHECK(slurp("/proc/1/status") > 0);
	CHECK(slurp("/proc/1/cmdline") > 0);
}

static void strangers_see_little(void)
{
	if (geteuid())
		SKIP("needs root");
	as_user(1000, stranger);
}

static void owners_and_modes(void)
{
	static const struct {
		const char *name;
		mode_t mode;
	} want[] = {
		{ "", S_IFDIR | 0555 }, { "/environ", S_IFREG | 0400 },
		{ "/auxv", S_IFREG | 0400 }, { "/maps", S_IFREG | 0444 },
		{ "/comm", S_IFREG | 0644 }, { "/fd", S_IFDIR | 0500 },
		{ "/task", S_IFDIR | 0555 }, { "/exe", S_IFLNK | 0777 },
		{ "/status", S_IFREG | 0444 }, { "/limits", S_IFREG | 0444 },
	};
	char path[64];
	struct stat st;

	for (unsigned int i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d%s", getpid(), want[i].name);
		CHECK_EQ(lstat(path, &st), 0);
		CHECK_EQ(st.st_mode, want[i].mode);
		CHECK_EQ(st.st_uid, geteuid());
	}
	CHECK_FAILS(write(open("/proc/self/status", O_WRONLY), "x", 1), EINVAL);
	CHECK_FAILS(mkdir("/proc/x", 0755), ENOENT);
	CHECK_FAILS(unlink("/proc/version"), EPERM);
}

/* ---- the system ------------------------------------------------------------ */

static void system_files(void)
{
	struct utsname u;
	double up, idle;
	char start[sizeof(u) + 16];

	slurp("/proc/meminfo");
	CHECK(value_of("MemTotal") >= value_of("MemFree"));
	CHECK(value_of("MemFree") > 0 && value_of("MemAvailable") >= 0);
	CHECK_EQ(value_of("SwapTotal") < 0, 0);
	slurp("/proc/uptime");
	CHECK_EQ(sscanf(text, "%lf %lf", &up, &idle), 2);
	CHECK(up > 0);
	slurp("/proc/stat");
	CHECK(!strncmp(text, "cpu  ", 5) && strstr(text, "\ncpu0 ") &&
	      strstr(text, "\nbtime ") && strstr(text, "\nprocs_running "));
	CHECK_EQ(uname(&u), 0);
	slurp("/proc/version");
	snprintf(start, sizeof(start), "%s version %s ", u.sysname, u.release);
	CHECK(!strncmp(text, start, strlen(start)));
	slurp("/proc/cpuinfo");
	CHECK(!strncmp(text, "processor\t: 0\nvendor_id\t: ", 26));
	CHECK(strstr(text, "\nflags\t\t: fpu "));
	slurp("/proc/filesystems");
	CHECK(strstr(text, "nodev\tproc\n") && strstr(text, "nodev\ttmpfs\n"));
	CHECK(slurp("/proc/loadavg") > 0 && slurp("/proc/cmdline") > 0);
}

static void sysctl_files(void)
{
	struct utsname u;
	char want[80], first[64];

	CHECK_EQ(uname(&u), 0);
	slurp("/proc/sys/kernel/osrelease");
	snprintf(want, sizeof(want), "%s\n", u.release);
	CHECK(!strcmp(text, want));
	slurp("/proc/sys/kernel/random/boot_id");
	CHECK_EQ(strlen(text), 37);
	memcpy(first, text, 38);
	slurp("/proc/sys/kernel/random/boot_id");
	CHECK(!strcmp(text, first));
	slurp("/proc/sys/kernel/random/uuid");
	CHECK(strcmp(text, first) != 0);
	CHECK_EQ(text[14], '4');
	slurp("/proc/sys/kernel/overflowuid");
	CHECK(!strcmp(text, "65534\n"));
}

static void hostname_is_writable(void)
{
	struct utsname before, u;

	if (geteuid())
		SKIP("needs root");
	CHECK_EQ(uname(&before), 0);
	put("/proc/sys/kernel/hostname", "written\n");
	CHECK_EQ(uname(&u), 0);
	CHECK_EQ(sethostname(before.nodename, strlen(before.nodename)), 0);
	CHECK(!strcmp(u.nodename, "written"));
}

/* ---- the log ---------------------------------------------------------------- */

static void kmsg_records(void)
{
	int fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK), n;
	unsigned long prio, seq, us, last;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char line[1024];

	CHECK(fd >= 0);
	CHECK_EQ(read(fd, line, 4), -1);
	CHECK_EQ(errno, EINVAL);
	n = (int)read(fd, line, sizeof(line));
	CHECK(n > 0 && line[n - 1] == '\n');
	CHECK_EQ(sscanf(line, "%lu,%lu,%lu,", &prio, &seq, &us), 3);
	last = seq;
	n = (int)read(fd, line, sizeof(line));
	CHECK(n > 0);
	CHECK_EQ(sscanf(line, "%lu,%lu,", &prio, &seq), 2);
	CHECK_EQ(seq, last + 1);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	CHECK_FAILS(read(fd, line, sizeof(line)), EAGAIN);
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(write(fd, "<5>test_proc was here\n", 22), 22);
	CHECK_EQ(poll(&p, 1, 1000), 1);
	n = (int)read(fd, line, sizeof(line) - 1);
	CHECK(n > 0);
	line[n] = 0;
	CHECK(!strncmp(line, "13,", 3));
	CHECK(strstr(line, ";test_proc was here\n"));
	CHECK_FAILS(lseek(fd, 1, SEEK_SET), ESPIPE);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
}

static void syslog_stranger(void)
{
	char buf[16];

	CHECK_FAILS(klogctl(5, NULL, 0), EPERM);
	CHECK_FAILS(klogctl(8, NULL, 4), EPERM);
	CHECK_FAILS(klogctl(2, buf, 16), EPERM);
}

static void syslog_calls(void)
{
	int size, n, cut;

	if (geteuid())
		SKIP("needs root");
	size = klogctl(10, NULL, 0);
	CHECK(size >= 4096);
	put("/dev/kmsg", "<6>for syslog");
	n = klogctl(3, text, sizeof(text) - 1);
	CHECK(n > 0);
	text[n] = 0;
	CHECK_EQ(text[0], '<');
	CHECK(strstr(text, "] for syslog\n") && strstr(text, "<14>["));
	cut = klogctl(3, text, 100);
	CHECK(cut > 0 && cut <= 100);
	CHECK_FAILS(klogctl(3, NULL, 10), EINVAL);
	CHECK_FAILS(klogctl(3, text, -1), EINVAL);
	CHECK_FAILS(klogctl(99, text, 1), EINVAL);
	CHECK_FAILS(klogctl(8, NULL, 0), EINVAL);
	CHECK_FAILS(klogctl(8, NULL, 9), EINVAL);
	CHECK_FAILS(klogctl(3, (char *)8, 4096), EFAULT);
	as_user(1000, syslog_stranger);
}

static const struct ktap_test tests[] = {
	TEST(stat_fields), TEST(status_fields), TEST(statm_fields), TEST(cmdline_and_environ),
	TEST(comm_is_writable), TEST(auxv_is_the_programs), TEST(maps_have_names),
	TEST(smaps_count_pages), TEST(meminfo_counts_files),
	TEST(limits_table), TEST(zombie), TEST(threads_are_in_task), TEST(self_links),
	TEST(fd_of_pipe), TEST(fd_of_deleted_file), TEST(fd_directory_lists_all),
	TEST(exe_is_the_program), TEST(strangers_see_little), TEST(owners_and_modes),
	TEST(system_files), TEST(sysctl_files), TEST(hostname_is_writable),
	TEST(kmsg_records), TEST(syslog_calls),
};

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "first"))
		return show_own();
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
