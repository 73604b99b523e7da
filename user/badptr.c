// SPDX-License-Identifier: MIT
/*
 * badptr: passes bad pointers to every system call that takes one.
 *
 * A table lists each call with good arguments and says which of them are
 * pointers, of what size and direction. The call is made once with good
 * arguments (a call that answers ENOSYS is skipped and named), then with each
 * bad pointer in each place: it must fail with EFAULT or EINVAL, leave no
 * descriptor and no change of size behind, and the next good call must work.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "ktap.h"

#define FOLDER "/badptr.tmp"
#define PAGE 4096ul
#define DIRECT_MAP 0xffff800000000000ul
#define KERNEL_STACKS 0xffffc00000000000ul
#define MODULE_HEAPS 0xffffe00000000000ul
#define CORE_IMAGE 0xffffffff80100000ul
#define MODULE_IMAGES 0xffffffffc0000000ul
#define GATE_TEXT 0xffffffffffe00000ul
#define CONTEXT_PAGE 0xffffffffffe01000ul

/* What an argument is. */
enum kind {
	VAL,		/* a number */
	IN,		/* memory that the kernel reads, `size` bytes */
	OUT,		/* memory that it writes */
	STR,		/* a string that it reads */
	IN0, OUT0,	/* as IN and OUT; 0 is allowed and means nothing */
	INOUT,
};

struct arg {
	enum kind kind;
	long value;	/* number, or address of good memory */
	size_t size;
};

struct call {
	const char *name;
	long number;
	struct arg arg[6];
	void (*before)(void);	/* makes what the call needs, or undoes it */
};

static char out[8192], data[8192] = "data";
static struct timespec nap, when;
static struct iovec vec = { data, 4 };
static struct iovec vec_out = { out, 4 };
static struct pollfd pollfd = { .fd = 0, .events = 0 };
static uint64_t set64;
static int number_int = 1;
static long number_long;
static char *args[] = { "x", NULL };
static struct rlimit limit = { 64, 64 };
static struct { void *handler; unsigned long flags; void *restorer; uint64_t mask; }
	action = { SIG_DFL, 0, NULL, 0 };
static stack_t altstack = { .ss_flags = SS_DISABLE };
static int file_fd, pipe_read, pipe_write, dir_fd;
static uint32_t futex_word = 1;

static uint8_t *page_edge;	/* last byte + 1 of a mapped page; none after */
static uint8_t *no_access, *read_only, *unmapped;

static void rewind_fd(void)
{
	lseek(file_fd, 0, SEEK_SET);
	lseek(dir_fd, 0, SEEK_SET);
}

static void fill_pipe(void)
{
	write(pipe_write, "xxxx", 4);
}

static void without_new(void)
{
	unlink(FOLDER "/new");
	rmdir(FOLDER "/new");
}

static void with_old(void)
{
	without_new();
	close(open(FOLDER "/old", O_CREAT | O_WRONLY, 0644));
}

static void with_old_folder(void)
{
	mkdir(FOLDER "/oldd", 0755);
}

/* A file that may be run but is no program: ENOEXEC, after the arguments. */
static void with_broken_program(void)
{
	int fd = open(FOLDER "/exe", O_CREAT | O_WRONLY | O_TRUNC, 0755);

	write(fd, "\x01nothing that runs", 18);
	close(fd);
}

static void with_child(void)
{
	if (fork() == 0)
		_exit(0);
}

#define P(ptr) (long)(ptr)
#define V(x) { VAL, (long)(x), 0 }
#define S(s) { STR, P(s), 0 }
#define I(p, n) { IN, P(p), n }
#define O(p, n) { OUT, P(p), n }
#define AT V(AT_FDCWD)

/* Descriptors are put in by fill_in(): -11 the file, -12 and -13 the pipe, -14 the folder. */
#define FD_FILE V(-11)
#define FD_READ V(-12)
#define FD_WRITE V(-13)
#define FD_DIR V(-14)

static struct call calls[] = {
	{ "read", SYS_read, { FD_FILE, O(out, 4), V(4) }, rewind_fd },
	{ "read_pipe", SYS_read, { FD_READ, O(out, 4), V(4) }, fill_pipe },
	{ "write", SYS_write, { FD_FILE, I(data, 4), V(4) }, rewind_fd },
	{ "write_pipe", SYS_write, { FD_WRITE, I(data, 4), V(4) }, NULL },
	{ "write_console", SYS_write, { V(1), I("# x\n", 4), V(4) }, NULL },
	{ "pread64", SYS_pread64, { FD_FILE, O(out, 4), V(4), V(0) }, NULL },
	{ "pwrite64", SYS_pwrite64, { FD_FILE, I(data, 4), V(4), V(0) }, NULL },
	{ "readv", SYS_readv, { FD_FILE, I(&vec_out, sizeof(vec_out)), V(1) }, rewind_fd },
	{ "writev", SYS_writev, { FD_FILE, I(&vec, sizeof(vec)), V(1) }, rewind_fd },
	{ "preadv", SYS_preadv, { FD_FILE, I(&vec_out, sizeof(vec_out)), V(1) }, NULL },
	{ "pwritev", SYS_pwritev, { FD_FILE, I(&vec, sizeof(vec)), V(1) }, NULL },
	{ "open", SYS_open, { S(FOLDER "/f"), V(O_RDONLY) }, NULL },
	{ "open_create", SYS_open, { S(FOLDER "/new"), V(O_CREAT | O_RDWR), V(0600) },
	  without_new },
	{ "openat", SYS_openat, { AT, S(FOLDER "/f"), V(O_RDONLY) }, NULL },
	{ "creat", SYS_creat, { S(FOLDER "/new"), V(0600) }, without_new },
	{ "stat", SYS_stat, { S("/"), O(out, sizeof(struct stat)) }, NULL },
	{ "lstat", SYS_lstat, { S("/"), O(out, sizeof(struct stat)) }, NULL },
	{ "fstat", SYS_fstat, { FD_FILE, O(out, sizeof(struct stat)) }, NULL },
	{ "newfstatat", SYS_newfstatat, { AT, S("/"), O(out, sizeof(struct stat)), V(0) }, NULL },
	{ "statx", SYS_statx, { AT, S("/"), V(0), V(0x7ff), O(out, 256) }, NULL },
	{ "access", SYS_access, { S("/"), V(F_OK) }, NULL },
	{ "faccessat", SYS_faccessat, { AT, S("/"), V(F_OK) }, NULL },
	{ "readlink", SYS_readlink, { S(FOLDER "/link"), O(out, 1), V(64) }, NULL },
	{ "readlinkat", SYS_readlinkat, { AT, S(FOLDER "/link"), O(out, 1), V(64) }, NULL },
	{ "chdir", SYS_chdir, { S("/") }, NULL },
	{ "getcwd", SYS_getcwd, { O(out, 2), V(64) }, NULL },
	{ "mkdir", SYS_mkdir, { S(FOLDER "/new"), V(0755) }, without_new },
	{ "mkdirat", SYS_mkdirat, { AT, S(FOLDER "/new"), V(0755) }, without_new },
	{ "mknod", SYS_mknod, { S(FOLDER "/new"), V(S_IFREG | 0600), V(0) }, without_new },
	{ "rmdir", SYS_rmdir, { S(FOLDER "/oldd") }, with_old_folder },
	{ "unlink", SYS_unlink, { S(FOLDER "/old") }, with_old },
	{ "unlinkat", SYS_unlinkat, { AT, S(FOLDER "/old"), V(0) }, with_old },
	{ "rename", SYS_rename, { S(FOLDER "/old"), S(FOLDER "/new") }, with_old },
	{ "renameat", SYS_renameat, { AT, S(FOLDER "/old"), AT, S(FOLDER "/new") }, with_old },
	{ "renameat2", SYS_renameat2, { AT, S(FOLDER "/old"), AT, S(FOLDER "/new"), V(0) },
	  with_old },
	{ "link", SYS_link, { S(FOLDER "/old"), S(FOLDER "/new") }, with_old },
	{ "linkat", SYS_linkat, { AT, S(FOLDER "/old"), AT, S(FOLDER "/new"), V(0) },
	  with_old },
	{ "symlink", SYS_symlink, { S("target"), S(FOLDER "/new") }, without_new },
	{ "symlinkat", SYS_symlinkat, { S("target"), AT, S(FOLDER "/new") }, without_new },
	{ "chmod", SYS_chmod, { S(FOLDER "/f"), V(0644) }, NULL },
	{ "fchmodat", SYS_fchmodat, { AT, S(FOLDER "/f"), V(0644) }, NULL },
	{ "chown", SYS_chown, { S(FOLDER "/f"), V(-1), V(-1) }, NULL },
	{ "fchownat", SYS_fchownat, { AT, S(FOLDER "/f"), V(-1), V(-1), V(0) }, NULL },
	{ "truncate", SYS_truncate, { S(FOLDER "/f"), V(4096) }, NULL },
	{ "utimensat", SYS_utimensat, { AT, S(FOLDER "/f"), { IN0, P(out), 32 }, V(0) }, NULL },
	{ "statfs", SYS_statfs, { S("/"), O(out, 120) }, NULL },
	{ "fstatfs", SYS_fstatfs, { FD_FILE, O(out, 120) }, NULL },
	{ "getdents64", SYS_getdents64, { FD_DIR, O(out, 24), V(512) }, rewind_fd },
	{ "pipe", SYS_pipe, { O(out, 8) }, NULL },
	{ "pipe2", SYS_pipe2, { O(out, 8), V(0) }, NULL },
	{ "poll", SYS_poll, { { INOUT, P(&pollfd), sizeof(pollfd) }, V(1), V(0) }, NULL },
	{ "ppoll", SYS_ppoll, { { INOUT, P(&pollfd), sizeof(pollfd) }, V(1),
				{ IN0, P(&when), 16 }, { IN0, P(&set64), 8 }, V(8) }, NULL },
	{ "select", SYS_select, { V(1), { IN0, P(out), 8 }, { IN0, P(out), 8 },
				  { IN0, P(out), 8 }, { IN0, P(&when), 16 } }, NULL },
	{ "nanosleep", SYS_nanosleep, { I(&nap, sizeof(nap)), V(0) }, NULL },
	{ "clock_nanosleep", SYS_clock_nanosleep, { V(1), V(0), I(&nap, sizeof(nap)), V(0) },
	  NULL },
	{ "clock_gettime", SYS_clock_gettime, { V(CLOCK_MONOTONIC), O(out, 16) }, NULL },
	{ "clock_getres", SYS_clock_getres, { V(CLOCK_MONOTONIC), { OUT0, P(out), 16 } }, NULL },
	{ "gettimeofday", SYS_gettimeofday, { { OUT0, P(out), 16 }, { OUT0, P(out), 8 } }, NULL },
	{ "time", SYS_time, { { OUT0, P(out), 8 } }, NULL },
	{ "times", SYS_times, { { OUT0, P(out), 32 } }, NULL },
	{ "uname", SYS_uname, { O(out, 390) }, NULL },
	{ "sysinfo", SYS_sysinfo, { O(out, 112) }, NULL },
	{ "getrlimit", SYS_getrlimit, { V(RLIMIT_NOFILE), O(out, 16) }, NULL },
	{ "prlimit64", SYS_prlimit64, { V(0), V(RLIMIT_NOFILE), { IN0, P(&limit), 16 },
					{ OUT0, P(out), 16 } }, NULL },
	{ "getrusage", SYS_getrusage, { V(RUSAGE_SELF), O(out, 144) }, NULL },
	{ "getrandom", SYS_getrandom, { O(out, 16), V(16), V(1) }, NULL },
	{ "getgroups", SYS_getgroups, { V(0), { OUT0, P(out), 0 } }, NULL },
	{ "getresuid", SYS_getresuid, { O(out, 4), O(out, 4), O(out, 4) }, NULL },
	{ "getresgid", SYS_getresgid, { O(out, 4), O(out, 4), O(out, 4) }, NULL },
	{ "sched_getaffinity", SYS_sched_getaffinity, { V(0), V(128), O(out, 8) }, NULL },
	{ "rt_sigaction", SYS_rt_sigaction, { V(SIGUSR1), { IN0, P(&action), 32 },
					      { OUT0, P(out), 32 }, V(8) }, NULL },
	{ "rt_sigprocmask", SYS_rt_sigprocmask, { V(SIG_BLOCK), { IN0, P(&set64), 8 },
						  { OUT0, P(out), 8 }, V(8) }, NULL },
	{ "rt_sigpending", SYS_rt_sigpending, { O(out, 8), V(8) }, NULL },
	{ "sigaltstack", SYS_sigaltstack, { { IN0, P(&altstack), 24 }, { OUT0, P(out), 24 } },
	  NULL },
	{ "ioctl_FIONREAD", SYS_ioctl, { FD_READ, V(FIONREAD), O(out, 4) }, NULL },
	{ "futex_wait", SYS_futex, { I(&futex_word, 4), V(0), V(0), { IN0, P(&when), 16 } }, NULL },
	{ "wait4", SYS_wait4, { V(-1), { OUT0, P(out), 4 }, V(0), { OUT0, P(out), 144 } },
	  with_child },
	{ "execve", SYS_execve, { S(FOLDER "/exe"), { IN0, P(args), 16 },
				  { IN0, P(args), 16 } }, with_broken_program },
	{ "mount", SYS_mount, { { IN0, P("none"), 5 }, S(FOLDER "/none"), { IN0, P("ramfs"), 6 },
				V(0), V(0) }, NULL },
	{ "umount2", SYS_umount2, { S(FOLDER "/none"), V(0) }, NULL },
	{ "prctl_PR_SET_NAME", SYS_prctl, { V(15), S("badptr") }, NULL },
	{ "prctl_PR_GET_NAME", SYS_prctl, { V(16), O(out, 16) }, NULL },
	{ "arch_prctl_ARCH_GET_FS", SYS_arch_prctl, { V(0x1003), O(out, 8) }, NULL },
	{ "sendfile", SYS_sendfile, { FD_WRITE, FD_FILE, { OUT0, P(&number_long), 8 },
				      V(1) }, NULL },
	{ "sethostname", SYS_sethostname, { I("host", 4), V(4) }, NULL },
	{ "ioctl_FIONBIO", SYS_ioctl, { FD_READ, V(FIONBIO), I(&number_int, 4) }, NULL },
};
#define NCALLS (int)(sizeof(calls) / sizeof(calls[0]))

static int is_pointer(const struct arg *a)
{
	return a->kind != VAL;
}

static int is_written(const struct arg *a)
{
	return a->kind == OUT || a->kind == OUT0 || a->kind == INOUT;
}

static void make_pages(void)
{
	uint8_t *p = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		FAIL("mmap: errno %d", errno);
	memset(p, 'x', 8 * PAGE);
	page_edge = p + PAGE;
	unmapped = p + PAGE;
	no_access = p + 3 * PAGE;
	read_only = p + 5 * PAGE;
	if (munmap(unmapped, PAGE) || mprotect(no_access, PAGE, PROT_NONE) ||
	    mprotect(read_only, PAGE, PROT_READ))
		FAIL("munmap or mprotect: errno %d", errno);
}

static void make_files(void)
{
	int fd[2];

	mkdir(FOLDER, 0755);
	file_fd = open(FOLDER "/f", O_RDWR | O_CREAT | O_TRUNC, 0644);
	dir_fd = open(FOLDER, O_RDONLY | O_DIRECTORY);
	symlink("f", FOLDER "/link");
	if (file_fd < 0 || dir_fd < 0 || ftruncate(file_fd, PAGE) || pipe(fd))
		FAIL("cannot make files: errno %d", errno);
	pipe_read = fd[0];
	pipe_write = fd[1];
	fcntl(pipe_read, F_SETFL, O_NONBLOCK);
	fcntl(pipe_write, F_SETFL, O_NONBLOCK);
}

static void fill_in(struct call *c)
{
	for (int i = 0; i < 6; i++) {
		struct arg *a = &c->arg[i];

		if (a->kind != VAL)
			continue;
		a->value = a->value == -11 ? file_fd : a->value == -12 ? pipe_read :
			   a->value == -13 ? pipe_write : a->value == -14 ? dir_fd :
			   a->value;
	}
}

/* The raw call: the C library must not look at the pointers first. */
static long raw(long n, const long *a)
{
	register long r10 __asm__("r10") = a[3];
	register long r8 __asm__("r8") = a[4];
	register long r9 __asm__("r9") = a[5];
	long ret;

	__asm__ volatile("syscall" : "=a"(ret)
			 : "a"(n), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 64; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void close_above(int fd)
{
	while (fd < 64)
		close(fd++);
}

static long file_size(void)
{
	struct stat st;

	return fstat(file_fd, &st) ? -1 : (long)st.st_size;
}

static void good_args(const struct call *c, long *a)
{
	for (int i = 0; i < 6; i++)
		a[i] = c->arg[i].value;
}

/* Calls that may do the part that can be done, and say how much that was. */
static int does_parts(long number)
{
	return number == SYS_read || number == SYS_write || number == SYS_pread64 ||
	       number == SYS_pwrite64 || number == SYS_getrandom;
}

static void try_bad(const struct call *c, int place, unsigned long bad,
		    const char *what)
{
	int fds = open_descriptors();
	long size, ret, a[6];

	if (c->before)
		c->before();
	size = file_size();
	good_args(c, a);
	a[place] = (long)bad;
	ret = raw(c->number, a);
	if (ret != -EFAULT && ret != -EINVAL &&
	    !(does_parts(c->number) && ret > 0 && ret < (long)c->arg[place].size))
		FAIL("%s, argument %d %s (0x%lx): %ld, not -EFAULT", c->name,
		     place + 1, what, bad, ret);
	if (open_descriptors() != fds)
		FAIL("%s, argument %d %s: a descriptor was left open", c->name,
		     place + 1, what);
	if (file_size() != size)
		FAIL("%s, argument %d %s: the file's size changed", c->name,
		     place + 1, what);
}

static const struct {
	unsigned long addr;
	const char *what;
} wild[] = {
	{ 1, "almost null" },
	{ PAGE - 1, "in page 0" },
	{ 0x00007ffffffff000ul, "end of user space" },
	{ 0x00007ffffffffffful, "last canonical low" },
	{ 0x0000800000000000ul, "non-canonical" },
	{ 0x7f00000000000000ul, "far non-canonical" },
	{ 0xfffe000000000000ul, "negative non-canonical" },
	{ DIRECT_MAP, "direct map" },
	{ DIRECT_MAP + 0x100000, "direct map of the kernel" },
	{ KERNEL_STACKS, "kernel stacks" },
	{ MODULE_HEAPS, "module heap" },
	{ MODULE_HEAPS + 0x1000, "module heap, page 1" },
	{ CORE_IMAGE, "core text" },
	{ MODULE_IMAGES, "module image" },
	{ MODULE_IMAGES + 0x1000, "module image, page 1" },
	{ GATE_TEXT, "gate text" },
	{ CONTEXT_PAGE, "context page" },
	{ ~0ul, "-1" },
	{ ~7ul, "-8" },
};

static void bad_in_place(const struct call *c, int place)
{
	const struct arg *a = &c->arg[place];
	unsigned long straddle;

	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++)
		try_bad(c, place, wild[i].addr, wild[i].what);
	if (a->kind != IN0 && a->kind != OUT0)
		try_bad(c, place, 0, "null");
	try_bad(c, place, (unsigned long)unmapped, "unmapped");
	try_bad(c, place, (unsigned long)no_access, "no access");
	if (is_written(a))
		try_bad(c, place, (unsigned long)read_only, "read only");
	if (a->kind == STR || a->size > 1) {
		straddle = (unsigned long)page_edge - (a->kind == STR ? 3 : a->size / 2);
		if (!is_written(a) && a->kind != STR)
			memcpy((void *)straddle, (void *)a->value, a->size / 2);
		try_bad(c, place, straddle, "straddling");
	}
}

static const struct call *chosen;

static void run_chosen(void)
{
	const struct call *c = chosen;
	long ret, a[6];

	make_pages();
	make_files();
	fill_in((struct call *)c);
	if (c->before)
		c->before();
	good_args(c, a);
	ret = raw(c->number, a);
	if (ret == -ENOSYS)
		SKIP("%s is not implemented", c->name);
	if (ret == -EFAULT)
		FAIL("%s with good pointers: EFAULT", c->name);
	close_above(pipe_write + 1);
	for (int i = 0; i < 6; i++)
		if (is_pointer(&c->arg[i]) && c->arg[i].size + (c->arg[i].kind == STR))
			bad_in_place(c, i);
	if (c->before)
		c->before();
	good_args(c, a);
	if (raw(c->number, a) != ret && (ret < 0 || c->number == SYS_read))
		FAIL("%s with good pointers, again: another result", c->name);
}

int main(void)
{
	int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..%d\n", NCALLS);
	for (int i = 0; i < NCALLS; i++) {
		struct ktap_test test = { calls[i].name, run_chosen, 0 };

		chosen = &calls[i];
		failed += !ktap_run(i + 1, &test);
	}
	printf("# failed: %d\n", failed);
	return failed != 0;
}
