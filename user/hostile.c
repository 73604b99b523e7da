// SPDX-License-Identifier: MIT
/*
 * hostile: every system call with hostile arguments, one at a time.
 *
 *	hostile			all rows of user/hostile_calls.h
 *	hostile missing		names the calls that are there and have no row
 *	hostile ROW...		these rows only; exec/ means all that begin so
 *
 * A row says what each argument of a call is. The call is made with good arguments,
 * then with each hostile value of each argument in turn, all others being good. Each
 * call has a process of its own. A line tells an argument's results:
 *
 *	read 2: EFAULT null low noncanonical; 32 straddle
 *
 * They must be Linux's, which tests/system/test_hostile.py knows. A call that failed
 * and left a descriptor behind is told as `+fd`. After each few rows the accounts of
 * the modules must be as before.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <whitix/syscalls.h>

#include "accounts.h"
#include "hostile.h"

#define TOP "/hostile"		/* a tmpfs */
#define FOLDER TOP "/work"	/* emptied after each call */
#define ELSEWHERE TOP "/mnt"	/* to mount on */
#define STUCK_MS 60		/* asleep for so long: it blocks */
#define HANG_MS 8000		/* awake for so long: it hangs */
#define ROWS_OF_A_GROUP 32
#define TERMINALS 4
#define CLOSED 777		/* no such descriptor */

static int fd_of[OPENED];

#include "hostile_calls.h"
#include "hostile_programs.h"
#include "hostile_limits.h"

#define COUNT_OF(a) (int)(sizeof(a) / sizeof((a)[0]))
#define ROWS (COUNT_OF(call_rows) + COUNT_OF(program_rows) + COUNT_OF(limit_rows))

static const struct row *row_of(int i)
{
	if (i < COUNT_OF(call_rows))
		return &call_rows[i];
	i -= COUNT_OF(call_rows);
	return i < COUNT_OF(program_rows) ? &program_rows[i] :
					    &limit_rows[i - COUNT_OF(program_rows)];
}

/* ---- what is opened -------------------------------------------------------- */

static int open_pipe(int end)
{
	int fd[2];

	if (pipe2(fd, O_NONBLOCK) != 0)
		return -1;
	write(fd[1], "0123456789abcdef", 16);
	return fd[end];
}

static int open_socket(int type)
{
	int fd[2];

	if (socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, fd) != 0)
		return -1;
	write(fd[1], "0123456789abcdef", 16);
	return fd[0];
}

static int open_listener(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "\0hostile" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (bind(fd, (void *)&name, sizeof(name.sun_family) + 8) != 0 || listen(fd, 4) != 0)
		return -1;
	return fd;
}

static int open_terminal(int want_slave)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK), slave, number, no = 0;
	struct pollfd both[2];
	char name[32];

	if (master < 0 || ioctl(master, TIOCSPTLCK, &no) || ioctl(master, TIOCGPTN, &number))
		return -1;
	snprintf(name, sizeof(name), "/dev/pts/%d", number);
	slave = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
	both[0] = (struct pollfd){ .fd = master, .events = POLLIN };
	both[1] = (struct pollfd){ .fd = slave, .events = POLLIN };
	/* Linux passes what is written on a little later. */
	write(master, "line\n", 5);
	while (poll(both, 1, 0) != 1 || poll(both + 1, 1, 0) != 1)
		poll(NULL, 0, 1);
	return want_slave ? slave : master;
}

static int open_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = epoll_create1(0);

	return epoll_ctl(fd, EPOLL_CTL_ADD, open_pipe(0), &event) ? -1 : fd;
}

static int open_queue(void)
{
	struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = 64 };
	int fd = mq_open("/hostile", O_RDWR | O_CREAT | O_NONBLOCK, 0600, &attr);

	mq_send(fd, "message", 7, 1);
	return fd;
}

static int open_signal(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return signalfd(-1, &set, SFD_NONBLOCK);
}

static int open_memfd(void)
{
	int fd = memfd_create("hostile", 0);

	ftruncate(fd, (long)PAGE);
	return fd;
}

static int open_it(enum opened what)
{
	switch (what) {
	case A_FILE: return open("f", O_RDWR);
	case A_READER: return open("f", O_RDONLY);
	case A_WRITER: return open("f", O_WRONLY);
	case A_FOLDER: return open(".", O_RDONLY | O_DIRECTORY);
	case A_PATH: return open("f", O_PATH);
	case A_FOLDER_PATH: return open(".", O_PATH | O_DIRECTORY);
	case A_MEMFD: return open_memfd();
	case A_PIPE_END: return open_pipe(0);
	case A_PIPE_START: return open_pipe(1);
	case A_FIFO: return open("fifo", O_RDWR | O_NONBLOCK);
	case A_STREAM: return open_socket(SOCK_STREAM);
	case A_DGRAM: return open_socket(SOCK_DGRAM);
	case A_LISTENER: return open_listener();
	case AN_EPOLL: return open_epoll();
	case AN_EVENT: return eventfd(1, EFD_NONBLOCK);
	case A_TIMER: return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	case A_SIGNAL: return open_signal();
	case A_TTY: return open_terminal(1);
	case A_PTMX: return open_terminal(0);
	case A_NULL: return open("/dev/null", O_RDWR);
	case A_ZERO: return open("/dev/zero", O_RDWR);
	case A_FULL: return open("/dev/full", O_RDWR);
	case A_PROC: return open("/proc/self/maps", O_RDONLY);
	case A_QUEUE: return open_queue();
	case OPENED: break;
	}
	return -1;
}

static long opened(enum opened what)
{
	if (!fd_of[what])
		fd_of[what] = open_it(what);
	if (fd_of[what] < 0) {
		printf("hostile: cannot open %d: errno %d\n", what, errno);
		fflush(stdout);
		_exit(1);
	}
	return fd_of[what];
}

/* The folder that paths are about. */
static void make_files(void)
{
	static const char text[] = "some text in a file that has a page of it";
	int fd;

	fd = open("f", O_RDWR | O_CREAT, 0644);
	write(fd, text, sizeof(text));
	ftruncate(fd, (long)PAGE);
	close(fd);
	mkdir("d", 0755);
	symlink("f", "link");
	symlink("nowhere", "dangling");
	symlink("loop", "loop");
	mkfifo("fifo", 0644);
	mknod("device", S_IFCHR | 0644, makedev(1, 3));
}

static void empty_folder(const char *name)
{
	DIR *dir = opendir(name);
	struct dirent *e;
	char path[600];

	while (dir && (e = readdir(dir))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", name, e->d_name);
		if (unlink(path) != 0) {
			empty_folder(path);
			rmdir(path);
		}
	}
	if (dir)
		closedir(dir);
}

/* A call may have made others' folders root's own: ".." and "/" are paths, too. */
static void tidy(void)
{
	static const char *const folders[] = { "/", TOP, FOLDER };

	empty_folder(FOLDER);
	for (int i = 0; i < 3; i++) {
		chown(folders[i], 0, 0);
		chmod(folders[i], 0755);
	}
}

static void map_fixed(unsigned long at, unsigned long pages)
{
	if (mmap((void *)at, pages * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		_exit(1);
	memset((void *)at, 'x', pages * PAGE);
}

static void make_arena(void)
{
	map_fixed(ARENA, WIDE_PAGES);
	map_fixed(NO_ACCESS, 1);
	map_fixed(READ_ONLY, 1);
	map_fixed(SCRATCH, 1);
	mprotect((void *)NO_ACCESS, PAGE, PROT_NONE);
	mprotect((void *)READ_ONLY, PAGE, PROT_READ);
}

/* ---- hostile values ---------------------------------------------------------- */

struct value {
	const char *name;
	long value;
};

static const struct value wild[] = {
	{ "null", 0 }, { "low", 1 }, { "page0", PAGE - 1 },
	{ "top", 0x7ffffffff000 }, { "last", 0x7fffffffffff },
	{ "noncanonical", 0x800000000000 }, { "far", 0x7f00000000000000 },
	{ "memory", (long)0xffff800000100000 },		/* Whitix: all of memory */
	{ "stacks", (long)0xffffc00000000000 },
	{ "heap", (long)0xffffe00000001000 },		/* of modules */
	{ "core", (long)0xffffffff80100000 },
	{ "module", (long)0xffffffffc0001000 },
	{ "gate", (long)0xffffffffffe00000 },
	{ "minus1", -1 }, { "minus8", -8 }, { "unmapped", UNMAPPED }, { "noaccess", NO_ACCESS },
};

static const struct value sizes[] = {
	{ "0", 0 }, { "1", 1 }, { "7fffffff", 0x7fffffff }, { "80000000", 0x80000000 },
	{ "ffffffff", 0xffffffff }, { "100000000", 0x100000000 }, { "max", LONG_MAX },
	{ "min", LONG_MIN }, { "-1", -1 }, { "-4096", -4096 },
};

static const struct value offsets[] = {
	{ "0", 0 }, { "-1", -1 }, { "1", 1 }, { "4096", 4096 }, { "4097", 4097 },
	{ "max", LONG_MAX }, { "max-4095", LONG_MAX - 4095 }, { "min", LONG_MIN },
	{ "100000000", 0x100000000 },
};

static const struct value numbers[] = {
	{ "0", 0 }, { "1", 1 }, { "-1", -1 }, { "64", 64 }, { "65", 65 }, { "1000", 1000 },
	{ "7fffffff", 0x7fffffff }, { "80000000", 0x80000000 }, { "100000000", 0x100000000 },
	{ "min", LONG_MIN },
};

static const struct value ids[] = {
	{ "0", 0 }, { "-1", -1 }, { "none", 999999 }, { "7fffffff", 0x7fffffff },
	{ "80000000", 0x80000000 }, { "100000000", 0x100000000 },
};

static const struct value addresses[] = {
	{ "null", 0 }, { "odd", ARENA + 1 }, { "unmapped", UNMAPPED },
	{ "across", UNMAPPED - PAGE },
	{ "noaccess", NO_ACCESS }, { "readonly", READ_ONLY }, { "top", 0x7ffffffff000 },
	{ "noncanonical", 0x800000000000 }, { "core", (long)0xffffffff80100000 },
	{ "module", (long)0xffffffffc0001000 }, { "-4096", -4096 },
};

static const struct value descriptors[] = {
	{ "-1", -1 }, { "cwd", AT_FDCWD }, { "closed", CLOSED }, { "7fffffff", 0x7fffffff },
	{ "80000000", 0x80000000 },
};

static const char *const opened_names[OPENED] = {
	"file", "reader", "writer", "folder", "path", "folderpath", "memfd", "pipe", "pipestart",
	"fifo", "stream", "dgram", "listener", "epoll", "event", "timer", "signal", "tty", "ptmx",
	"null", "zero", "full", "proc", "queue",
};

static char long_path[PATH_MAX + 2], long_name[NAME_MAX + 2];
static const struct value paths[] = {
	{ "empty", (long)"" }, { "dot", (long)"." }, { "dotdot", (long)".." },
	{ "root", (long)"/" }, { "missing", (long)"missing" }, { "missing/", (long)"missing/" },
	{ "under", (long)"missing/f" }, { "f", (long)"f" }, { "f/", (long)"f/" },
	{ "f/f", (long)"f/f" }, { "d", (long)"d" }, { "d/", (long)"d/" }, { "d/.", (long)"d/." },
	{ "d/..", (long)"d/.." }, { "link", (long)"link" }, { "link/", (long)"link/" },
	{ "loop", (long)"loop" },
	{ "loop/f", (long)"loop/f" }, { "dangling", (long)"dangling" }, { "fifo", (long)"fifo" },
	{ "longpath", (long)long_path }, { "longname", (long)long_name },
	{ "device", (long)"device" }, { "proc", (long)"/proc/self/stat" },
};

static const struct timespec times[] = {
	{ -1, 0 }, { 0, -1 }, { 0, 1000000000 }, { LONG_MAX, 0 }, { LONG_MIN, 0 }, { 0, LONG_MAX },
};
static const char *const times_names[] = {
	"sec-1", "nsec-1", "nsec1e9", "secmax", "secmin", "nsecmax",
};

static const struct iovec vectors[] = {
	{ NULL, 16 }, { NULL, 0 }, { (void *)0xffffffff80100000, 16 }, { (void *)UNMAPPED, 16 },
	{ (void *)(UNMAPPED - 8), 16 }, { (void *)ARENA, (size_t)-1 },
	{ (void *)ARENA, 0x80000000 }, { (void *)ARENA, LONG_MAX }, { (void *)READ_ONLY, 16 },
	{ (void *)NO_ACCESS, 16 },
};
static const char *const vectors_names[] = {
	"base0", "base0len0", "basecore", "baseunmapped", "baseedge", "len-1", "len80000000",
	"lenmax", "basereadonly", "basenoaccess",
};

/* Takes entry `*n` of a table, or takes its length from *n. */
static const char *take(const struct value *table, int count, int *n, long *value)
{
	if (*n < count) {
		*value = table[*n].value;
		return table[*n].name;
	}
	*n -= count;
	return NULL;
}
#define TAKE(table) take(table, COUNT_OF(table), &n, value)

/* Copies what a pointer points to, so that it begins or ends elsewhere. */
static const char *moved(const struct arg *a, int n, long *value)
{
	int is_text = a->kind == STR || a->kind == PATH;
	long size = is_text ? (long)strlen((char *)a->value) + 1 : a->size;

	switch (n) {
	case 0:
		*value = (long)SCRATCH + 1;
		memcpy((void *)*value, (void *)a->value, (size_t)size);
		return "odd";
	case 1:
		*value = (long)EDGE - size / 2;
		memcpy((void *)*value, (void *)a->value, (size_t)(size / 2));
		return "straddle";
	case 2:
		*value = (long)EDGE - size;
		memcpy((void *)*value, (void *)a->value, (size_t)size);
		return "edge";
	case 3:
		*value = (long)READ_ONLY;
		return a->kind == OUT ? "readonly" : NULL;
	}
	return NULL;
}

static const char *bits(int n, long good, long *value)
{
	static char name[16];

	if (n < 32) {
		*value = good | 1l << n;
		snprintf(name, sizeof(name), "b%d", n);
		return name;
	}
	*value = n == 32 ? 0xffffffff : n == 33 ? good | 1l << 32 : good | LONG_MIN;
	return n == 32 ? "ones" : n == 33 ? "b32" : n == 34 ? "b63" : NULL;
}

static const char *content(const void *table, const char *const *names, int count, int n,
			   long size, long *value)
{
	if (n >= count)
		return NULL;
	*value = (long)SCRATCH;
	memcpy((void *)SCRATCH, (const char *)table + n * size, (size_t)size);
	return names[n];
}

/* The hostile value number n of an argument; NULL when there are no more. */
static const char *hostile(const struct arg *a, int n, long *value)
{
	const char *name;

	switch (a->kind) {
	case VAL:
	case SOME_FD:
		return NULL;
	case SIZE:
		return TAKE(sizes);
	case OFFSET:
		return TAKE(offsets);
	case MADE:
	case NUM:
		return TAKE(numbers);
	case PID:
		return TAKE(ids);
	case ADDR:
		return TAKE(addresses);
	case BITS:
		return bits(n, a->value, value);
	case FD:
		name = TAKE(descriptors);
		if (name || n >= OPENED)
			return name;
		*value = opened(n);
		return opened_names[n];
	case PATH:
		name = TAKE(paths);
		if (name)
			return name;
		break;
	case TIME:
		name = content(times, times_names, COUNT_OF(times), n, sizeof(times[0]), value);
		if (name)
			return name;
		n -= COUNT_OF(times);
		break;
	case VEC:
		name = content(vectors, vectors_names, COUNT_OF(vectors), n, sizeof(vectors[0]),
			       value);
		if (name)
			return name;
		n -= COUNT_OF(vectors);
		break;
	case IN:
	case OUT:
	case STR:
		break;
	}
	name = TAKE(wild);
	return name ? name : moved(a, n, value);
}

/* ---- one call ------------------------------------------------------------------ */

/* Shared with the child. */
static struct board {
	volatile int made;
	volatile int descriptors;	/* that it left */
	volatile long result;
} *board;

static long raw(long n, const long *a)
{
	register long r10 __asm__("r10") = a[3];
	register long r8 __asm__("r8") = a[4];
	register long r9 __asm__("r9") = a[5];
	long result;

	__asm__ volatile("syscall" : "=a"(result)
			 : "0"(n), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* As raw(); whoever else comes back, on whatever stack, exits at once. */
static long raw_fork(long n, const long *a)
{
	register long r10 __asm__("r10") = a[3];
	register long r8 __asm__("r8") = a[4];
	register long r9 __asm__("r9") = a[5];
	long result;

	__asm__ volatile("syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\tmov $60, %%eax\n\t"
			 "xor %%edi, %%edi\n\tsyscall\n1:" : "=a"(result)
			 : "0"(n), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory", "cc");
	return result;
}

static int needs_files(const struct row *r)
{
	int needs = r->before || r->run;

	for (int i = 0; i < 6; i++)
		needs |= r->arg[i].kind == PATH || r->arg[i].kind == FD ||
			 (r->arg[i].kind == SOME_FD && r->arg[i].value <= A_FOLDER_PATH);
	return needs;
}

static int lowest_free(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

/* In a child: the call with hostile value n of argument `place`; -1: all are good. */
static void make_call(const struct row *r, int place, int n)
{
	sigset_t all;
	int before;
	long a[6], result;

	if (chdir(FOLDER) != 0)
		_exit(1);
	if (needs_files(r))
		make_files();
	for (int i = 0; i < 6; i++)
		a[i] = r->arg[i].kind == FD || r->arg[i].kind == SOME_FD ?
		       opened((enum opened)r->arg[i].value) : r->arg[i].value;
	if (place >= 0)
		hostile(&r->arg[place], n, &a[place]);
	if (r->before)
		r->before();
	if (r->arg[0].kind == MADE && place)
		a[0] = made;
	/* With the signal of another's end, whenever that is. */
	sigfillset(&all);
	if (r->how & FORKS)
		sigprocmask(SIG_BLOCK, &all, NULL);
	before = lowest_free();
	board->made = 1;
	result = r->run ? r->run(r->arg[0].value) :
		 r->how & FORKS ? raw_fork(r->number, a) : raw(r->number, a);
	board->result = result;
	board->descriptors = !r->run && result < 0 && result > -4096 && lowest_free() != before;
	board->made = 2;
	_exit(0);
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/* Whether all that the child has to do is to wait. */
static int sleeps(pid_t pid)
{
	char path[32], text[256] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return 0;
	close(fd);
	return strstr(text, ") S ") || strstr(text, ") T ") || strstr(text, ") D ");
}

/* Waits for the child; what became of it if it had to be ended. */
static const char *await(pid_t pid, int stuck_ms, int *status)
{
	struct timespec tick = { 0, 20 * 1000000 };
	long long since = now_ms();
	const char *told = NULL;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	while (waitpid(pid, status, WNOHANG) == 0) {
		sigtimedwait(&set, NULL, &tick);
		if (now_ms() - since > stuck_ms && board->made == 1 && sleeps(pid))
			told = "blocks";
		else if (now_ms() - since > HANG_MS)
			told = "hangs";
		if (told) {
			kill(pid, SIGKILL);
			waitpid(pid, status, 0);
			break;
		}
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return told;
}

static const char *error_name(long error)
{
	static const char *const names[] = {
		[EPERM] = "EPERM", [ENOENT] = "ENOENT", [ESRCH] = "ESRCH", [EINTR] = "EINTR",
		[EIO] = "EIO", [ENXIO] = "ENXIO", [E2BIG] = "E2BIG", [ENOEXEC] = "ENOEXEC",
		[EBADF] = "EBADF", [ECHILD] = "ECHILD", [EAGAIN] = "EAGAIN", [ENOMEM] = "ENOMEM",
		[EACCES] = "EACCES", [EFAULT] = "EFAULT", [ENOTBLK] = "ENOTBLK", [EBUSY] = "EBUSY",
		[EEXIST] = "EEXIST", [EXDEV] = "EXDEV", [ENODEV] = "ENODEV", [ENOTDIR] = "ENOTDIR",
		[EISDIR] = "EISDIR", [EINVAL] = "EINVAL", [ENFILE] = "ENFILE", [EMFILE] = "EMFILE",
		[ENOTTY] = "ENOTTY", [ETXTBSY] = "ETXTBSY", [EFBIG] = "EFBIG", [ENOSPC] = "ENOSPC",
		[ESPIPE] = "ESPIPE", [EROFS] = "EROFS", [EMLINK] = "EMLINK", [EPIPE] = "EPIPE",
		[EDOM] = "EDOM", [ERANGE] = "ERANGE", [EDEADLK] = "EDEADLK",
		[ENAMETOOLONG] = "ENAMETOOLONG", [ENOLCK] = "ENOLCK", [ENOSYS] = "ENOSYS",
		[ENOTEMPTY] = "ENOTEMPTY", [ELOOP] = "ELOOP", [ENODATA] = "ENODATA",
		[EOVERFLOW] = "EOVERFLOW", [ENOTSOCK] = "ENOTSOCK",
		[EDESTADDRREQ] = "EDESTADDRREQ", [EMSGSIZE] = "EMSGSIZE",
		[EPROTOTYPE] = "EPROTOTYPE", [ENOPROTOOPT] = "ENOPROTOOPT",
		[EPROTONOSUPPORT] = "EPROTONOSUPPORT", [ESOCKTNOSUPPORT] = "ESOCKTNOSUPPORT",
		[EOPNOTSUPP] = "EOPNOTSUPP", [EAFNOSUPPORT] = "EAFNOSUPPORT",
		[EADDRINUSE] = "EADDRINUSE", [EISCONN] = "EISCONN", [ENOTCONN] = "ENOTCONN",
		[ETOOMANYREFS] = "ETOOMANYREFS", [ETIMEDOUT] = "ETIMEDOUT",
		[ECONNREFUSED] = "ECONNREFUSED", [EALREADY] = "EALREADY", [ESTALE] = "ESTALE",
	};
	static char other[24];

	if (error < COUNT_OF(names) && names[error])
		return names[error];
	snprintf(other, sizeof(other), "E%ld", error);
	return other;
}

/* Makes a call in a child and writes what came of it into `text`. */
static void try_call(const struct row *r, int place, int n, char *text, size_t size)
{
	const char *told;
	int status = 0;
	long result;
	pid_t pid;

	memset(board, 0, sizeof(*board));
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		make_call(r, place, n);
	told = await(pid, r->run ? HANG_MS : STUCK_MS, &status);
	if (needs_files(r))
		tidy();
	mq_unlink("/hostile");
	result = board->result;
	if (told)
		snprintf(text, size, "%s", told);
	else if (!board->made)
		snprintf(text, size, "not made: 0x%x", status);
	else if (WIFSIGNALED(status))
		snprintf(text, size, "signal%d", WTERMSIG(status));
	else if (board->made == 1)
		snprintf(text, size, "exit%d", WEXITSTATUS(status));
	else if (result < 0 && result > -4096)
		snprintf(text, size, "%.16s%s", error_name(-result),
			 board->descriptors ? "+fd" : "");
	else if (r->how & COUNT)
		snprintf(text, size, "%ld", result);
	else
		snprintf(text, size, "ok");
}

/* ---- rows ------------------------------------------------------------------------ */

#define RESULTS 96
#define RESULT_SIZE 24

/* One line: each result, with the names of the values that have it. */
static void print_results(const struct row *r, int place, int count,
			  char (*name)[RESULT_SIZE], char (*result)[RESULT_SIZE])
{
	const char *sep = "";

	printf("%s %d:", r->name, place + 1);
	for (int i = 0; i < count; i++) {
		if (!result[i][0])
			continue;
		printf("%s %s:", sep, result[i]);
		sep = ";";
		for (int j = i; j < count; j++) {
			if (strcmp(result[j], result[i]) != 0)
				continue;
			printf(" %s", name[j]);
			if (j != i)
				result[j][0] = '\0';
		}
	}
	printf("\n");
}

static void try_argument(const struct row *r, int place)
{
	static char name[RESULTS][RESULT_SIZE], result[RESULTS][RESULT_SIZE];
	int count = 0;
	long value;

	/* The names only: descriptors are opened by the child. */
	for (;;) {
		const char *s;

		if (r->arg[place].kind == FD && count >= COUNT_OF(descriptors))
			s = count < COUNT_OF(descriptors) + OPENED ?
			    opened_names[count - COUNT_OF(descriptors)] : NULL;
		else
			s = hostile(&r->arg[place], count, &value);
		if (!s || count == RESULTS)
			break;
		snprintf(name[count], RESULT_SIZE, "%s", s);
		try_call(r, place, count, result[count], RESULT_SIZE);
		count++;
	}
	if (count)
		print_results(r, place, count, name, result);
}

static void try_row(const struct row *r)
{
	char text[RESULT_SIZE];

	try_call(r, -1, 0, text, sizeof(text));
	printf("%s good: %s\n", r->name, text);
	for (int i = 0; i < 6; i++)
		try_argument(r, i);
}

static int wanted(int argc, char **argv, const char *name)
{
	for (int i = 1; i < argc; i++) {
		size_t len = strlen(argv[i]);

		if (strcmp(argv[i], name) == 0 ||
		    (len && argv[i][len - 1] == '/' && strncmp(argv[i], name, len) == 0))
			return 1;
	}
	return argc < 2;
}

/* Linux keeps no accounts; here a group of rows leaves them as they were. */
static void compare_accounts(struct accounts *before, const char *until)
{
	struct accounts after;

	if (!before->count)
		return;
	accounts_settle(&after);
	if (accounts_differ(before, &after))
		printf("# accounts: differ after the rows until %s\n", until);
	*before = after;
}

/*
 * What stays from the first use on: terminals, as many as a call has here, for the
 * next who opens one; the file system of memfds; what pidfds wait on.
 */
static void warm_up(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		for (int i = 0; i < TERMINALS; i++)
			open_terminal(0);
		open_memfd();
		syscall(SYS_pidfd_open, getpid(), 0);
		_exit(0);
	}
	waitpid(pid, &status, 0);
}

static int try_all(int argc, char **argv)
{
	struct accounts before;
	int done = 0;

	accounts_get(&before);
	warm_up();
	if (before.count)
		accounts_settle(&before);
	for (int i = 0; i < ROWS; i++) {
		const struct row *r = row_of(i);

		if (!wanted(argc, argv, r->name))
			continue;
		try_row(r);
		if (++done % ROWS_OF_A_GROUP == 0)
			compare_accounts(&before, r->name);
	}
	compare_accounts(&before, "the end");
	printf("hostile: %d rows%s\n", done, before.count ? ", accounts compared" : "");
	return 0;
}

/* ---- rows that are missing -------------------------------------------------------- */

#define NAME(number, name) [number] = #name,
static const char *const names[SYSCALLS] = { SYSCALL_LIST(NAME) };
#undef NAME

static int has_row(int number)
{
	for (int i = 0; i < ROWS; i++)
		if (row_of(i)->number == number)
			return 1;
	return 0;
}

/* What answers anything but ENOSYS is there, and must have a row. */
static int name_missing(void)
{
	static const struct arg bad = { VAL, -1, 0 };
	int missing = 0;

	for (int n = 0; n < SYSCALLS; n++) {
		struct row r = { "missing", (short)n, 0, { bad, bad, bad, bad, bad, bad },
				 NULL, NULL };
		char text[RESULT_SIZE];

		if (has_row(n))
			continue;
		try_call(&r, -1, 0, text, sizeof(text));
		if (strcmp(text, "ENOSYS") == 0)
			continue;
		printf("missing: %s: %s\n", names[n] ? names[n] : "?", text);
		missing++;
	}
	printf("hostile: %d calls have no row\n", missing);
	return missing != 0;
}

int main(int argc, char **argv)
{
	sigset_t set;
	int result;

	setvbuf(stdout, NULL, _IOLBF, 0);
	board = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED)
		return 1;
	memset(long_path, '/', sizeof(long_path) - 1);
	memset(long_name, 'n', sizeof(long_name) - 1);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	mkdir(TOP, 0755);
	if (mount("none", TOP, "tmpfs", 0, "size=8m") != 0) {
		printf("hostile: no tmpfs: errno %d\n", errno);
		return 1;
	}
	mkdir(FOLDER, 0755);
	mkdir(ELSEWHERE, 0755);
	make_arena();
	if (argc == 2 && strcmp(argv[1], "missing") == 0)
		result = name_missing();
	else
		result = try_all(argc, argv);
	umount2(TOP, MNT_DETACH);
	rmdir(TOP);
	return result;
}
