// SPDX-License-Identifier: MIT
/*
 * fuzz: system calls with random, hostile arguments.
 *
 *	fuzz [SEED [CALLS [FIRST]]]
 *
 * Child processes make the calls, each from a seed of its own, so that one can
 * be made again alone (FIRST is the number to begin with). Pointers are wild,
 * misaligned, read-only, into the core, into modules, across the end of what is
 * mapped, or to a page that another thread maps and unmaps meanwhile. A child
 * that stands still is killed. What a program may lose is the children's own: they
 * run as a user who owns a folder; now and then as root, without the calls by
 * which root may end the system or this program.
 *
 * At the end as much memory must be free, and as many pages and handles on the
 * modules' accounts, as after a first, small part; no module may have been reset.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <whitix/syscalls.h>

#include "accounts.h"

#define PAGE 4096ul
#define CALLS_DEFAULT 20000
#define CALLS_OF_A_CHILD 1500
#define CALLS_OF_A_GRANDCHILD 20
#define WARM_UP 20000		/* calls before the first look at memory */
#define STUCK_MS 40		/* without a call for so long: killed */
#define USER 4242		/* the children's user */
#define FOLDER "/fuzz"
#define ARENA_PAGES 8
#define ROOT_PATHS 16		/* the first paths: what root may name */
#define NUMBERS 460		/* a little more than Linux has */
/*
 * Memory that may stay: pages that slab keeps for its classes and pools of modules
 * (pipes, sockets), which fill up and then are full: 150 pages in 2 million calls.
 */
#define SLACK_KIB 1024
#define TERMINALS 40		/* more than are ever open at a time */

#define NAME(number, name) [number] = #name,
static const char *const names[NUMBERS] = { SYSCALL_LIST(NAME) };
#undef NAME

/* Shared with the children. */
struct board {
	volatile uint64_t calls;	/* that were begun */
	volatile uint64_t results[NUMBERS][2];	/* failed, succeeded */
	volatile long last;
};

static struct board *board;
static uint64_t state;
static char *arena;		/* ARENA_PAGES, and nothing behind them */
static char *racing;		/* comes and goes */
static int is_root;

/* ---- random values -------------------------------------------------------- */

static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1dull;
}

static uint64_t below(uint64_t n)
{
	return next() % n;
}

static uint64_t number(void)
{
	static const uint64_t edges[] = {
		0, 1, 2, 3, 7, 8, 16, 64, 255, 4095, 4096, 4097, 65536, 0x7fffffff, 0x80000000,
		0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, ~0ull, ~4095ull,
		-2ull, -100ull,
	};

	switch (below(6)) {
	case 0:
		return edges[below(sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return below(16);
	case 2:
		return 1ull << below(64);
	case 3:
		return below(0x10000);
	case 4:
		return next() >> below(64);
	}
	return below(40);		/* most likely a descriptor */
}

static uint64_t hostile_pointer(void)
{
	static const uint64_t places[] = {
		0, 1, 8, 4096, 0x10000, 0x400000, 0x7ffffffff000, 0x7fffffffffff, 0x800000000000,
		0x8000000000000000, 0xffff800000000000, 0xffff888000100000, 0xffffc00000000000,
		0xffffffff80000000, 0xffffffff80100000, 0xffffffff80180000, 0xffffffffa0000000,
		0xffffffffc0000000, 0xfffffffffffff000, 0xffffffffffffffff,
	};
	uint64_t p = places[below(sizeof(places) / sizeof(places[0]))];

	return below(2) ? p : p + below(4096) - 64;
}

static uint64_t pointer(void)
{
	char *end = arena + ARENA_PAGES * PAGE;

	switch (below(10)) {
	case 0:
		return hostile_pointer();
	case 1:
		return (uint64_t)end - below(64);	/* straddles the end */
	case 2:
		return (uint64_t)racing + below(PAGE);
	case 3:
		return (uint64_t)arena + below(PAGE);	/* read-only */
	case 4:
		return (uint64_t)arena + PAGE + below(PAGE);	/* no access at all */
	case 5:
		return (uint64_t)&pointer;
	}
	return (uint64_t)arena + 2 * PAGE + (below((ARENA_PAGES - 3) * PAGE) & ~7ull);
}

static uint64_t path(void)
{
	static const char *const paths[] = {
		"a", "b", "c", "d", "d/a", "d/e", "./a", "../fuzz/b", "", ".", "a/", "a/b",
		"nothing/there", "/proc/self/maps", "/proc/self/stat", "/proc/self",
		"..", "/", "//a", "/dev/null", "/dev/zero", "/dev/full", "/dev/random",
		"/dev/ptmx", "/proc/self/fd/0", "/proc/self/exe", "/proc/mounts",
		"/proc/meminfo", "/proc", "/sys", "/dev/shm",
		"/proc/self/cmdline", "/proc/1/stat", "/dev/fd/0", "/test/hello", "/bin/busybox",
	};
	/* Root may spoil what the others need: its own folder only, and /proc. */
	const char *s = paths[below(is_root ? ROOT_PATHS : sizeof(paths) / sizeof(paths[0]))];
	char *at = arena + 3 * PAGE + (below(3 * PAGE) & ~63ull);

	strcpy(at, s);
	return (uint64_t)at;
}

/* Fills part of the arena with what structures are made of. */
static void fill_arena(void)
{
	uint64_t *word = (uint64_t *)(arena + 2 * PAGE + (below(4 * PAGE) & ~7ull));

	for (int i = 0; i < 16; i++)
		word[i] = below(3) ? number() : pointer();
}

/*
 * What Linux takes for each argument: a file descriptor, a path, a buffer, a
 * size, a small number, options. Most calls are made so, that they get further.
 */
static const struct hint {
	short number;
	const char *kinds;
} hints[] = {
	{ SYS_read, "fbn" }, { SYS_write, "fbn" }, { SYS_open, "poo" }, { SYS_close, "f" },
	{ SYS_stat, "pb" }, { SYS_fstat, "fb" }, { SYS_lstat, "pb" }, { SYS_poll, "bns" },
	{ SYS_lseek, "fns" }, { SYS_mprotect, "bno" }, { SYS_munmap, "bn" }, { SYS_brk, "b" },
	{ SYS_rt_sigprocmask, "sbbn" }, { SYS_ioctl, "fob" }, { SYS_pread64, "fbnn" },
	{ SYS_pwrite64, "fbnn" }, { SYS_readv, "fbs" }, { SYS_writev, "fbs" },
	{ SYS_access, "po" }, { SYS_pipe, "b" }, { SYS_select, "sbbbb" }, { SYS_mremap, "bnno" },
	{ SYS_msync, "bns" }, { SYS_mincore, "bnb" }, { SYS_madvise, "bns" }, { SYS_dup, "f" },
	{ SYS_dup2, "ff" }, { SYS_getitimer, "sb" }, { SYS_sendfile, "ffbn" },
	{ SYS_socket, "sss" }, { SYS_connect, "fbs" }, { SYS_accept, "fbb" },
	{ SYS_sendto, "fbnobn" }, { SYS_recvfrom, "fbnobb" }, { SYS_sendmsg, "fbo" },
	{ SYS_recvmsg, "fbo" }, { SYS_shutdown, "fs" }, { SYS_bind, "fbs" },
	{ SYS_listen, "fs" }, { SYS_getsockname, "fbb" }, { SYS_getpeername, "fbb" },
	{ SYS_socketpair, "sssb" }, { SYS_setsockopt, "fssbn" }, { SYS_getsockopt, "fssbb" },
	{ SYS_wait4, "sbob" }, { SYS_kill, "ss" }, { SYS_uname, "b" }, { SYS_fcntl, "fsn" },
	{ SYS_flock, "fs" }, { SYS_fsync, "f" }, { SYS_fdatasync, "f" }, { SYS_truncate, "pn" },
	{ SYS_ftruncate, "fn" }, { SYS_getdents64, "fbn" }, { SYS_getcwd, "bn" },
	{ SYS_chdir, "p" }, { SYS_fchdir, "f" }, { SYS_rename, "pp" }, { SYS_mkdir, "po" },
	{ SYS_rmdir, "p" }, { SYS_creat, "po" }, { SYS_link, "pp" }, { SYS_unlink, "p" },
	{ SYS_symlink, "pp" }, { SYS_readlink, "pbn" }, { SYS_chmod, "po" },
	{ SYS_fchmod, "fo" }, { SYS_chown, "pss" }, { SYS_fchown, "fss" },
	{ SYS_gettimeofday, "bb" }, { SYS_getrlimit, "sb" }, { SYS_getrusage, "sb" },
	{ SYS_sysinfo, "b" }, { SYS_times, "b" }, { SYS_setpgid, "ss" }, { SYS_getgroups, "sb" },
	{ SYS_rt_sigpending, "bs" }, { SYS_rt_sigtimedwait, "bbbs" },
	{ SYS_rt_sigsuspend, "bs" }, { SYS_sigaltstack, "bb" }, { SYS_utime, "pb" },
	{ SYS_mknod, "poo" }, { SYS_statfs, "pb" }, { SYS_fstatfs, "fb" },
	{ SYS_sched_getparam, "sb" }, { SYS_mlock, "bn" }, { SYS_munlock, "bn" },
	{ SYS_prctl, "snnnn" }, { SYS_arch_prctl, "ob" }, { SYS_setrlimit, "sb" },
	{ SYS_chroot, "p" }, { SYS_mount, "pppob" }, { SYS_futex, "bssbbs" },
	{ SYS_sched_getaffinity, "snb" }, { SYS_epoll_create1, "s" }, { SYS_epoll_ctl, "fsfb" },
	{ SYS_epoll_wait, "fbss" }, { SYS_set_tid_address, "b" }, { SYS_timer_create, "sbb" },
	{ SYS_timer_settime, "ssbb" }, { SYS_timer_gettime, "sb" }, { SYS_timer_delete, "s" },
	{ SYS_clock_gettime, "sb" }, { SYS_clock_nanosleep, "ssbb" }, { SYS_utimes, "pb" },
	{ SYS_waitid, "ssbob" }, { SYS_inotify_init1, "s" }, { SYS_inotify_add_watch, "fpo" },
	{ SYS_openat, "fpoo" }, { SYS_mkdirat, "fpo" }, { SYS_mknodat, "fpoo" },
	{ SYS_fchownat, "fpsso" }, { SYS_newfstatat, "fpbo" }, { SYS_unlinkat, "fpo" },
	{ SYS_renameat, "fpfp" }, { SYS_linkat, "fpfpo" }, { SYS_symlinkat, "pfp" },
	{ SYS_readlinkat, "fpbn" }, { SYS_fchmodat, "fpo" }, { SYS_faccessat, "fpo" },
	{ SYS_pselect6, "sbbbbb" }, { SYS_ppoll, "bsbbs" }, { SYS_set_robust_list, "bn" },
	{ SYS_splice, "fbfbno" }, { SYS_tee, "ffno" }, { SYS_vmsplice, "fbso" },
	{ SYS_utimensat, "fpbo" }, { SYS_epoll_pwait, "fbssbs" }, { SYS_signalfd4, "fbns" },
	{ SYS_timerfd_create, "so" }, { SYS_eventfd2, "so" }, { SYS_timerfd_settime, "fobb" },
	{ SYS_timerfd_gettime, "fb" }, { SYS_fallocate, "fonn" }, { SYS_dup3, "ffo" },
	{ SYS_pipe2, "bo" }, { SYS_preadv, "fbsn" }, { SYS_pwritev, "fbsn" },
	{ SYS_prlimit64, "ssbb" }, { SYS_renameat2, "fpfpo" }, { SYS_getrandom, "bno" },
	{ SYS_memfd_create, "po" }, { SYS_statx, "fpoob" }, { SYS_copy_file_range, "fbfbno" },
	{ SYS_preadv2, "fbsnno" }, { SYS_close_range, "sso" }, { SYS_clone3, "bn" },
	{ SYS_pidfd_open, "ss" }, { SYS_accept4, "fbbo" }, { SYS_recvmmsg, "fbsob" },
	{ SYS_sendmmsg, "fbso" }, { SYS_getxattr, "ppbn" }, { SYS_mlock2, "bns" },
	{ SYS_membarrier, "so" }, { SYS_personality, "n" }, { SYS_execve, "pbb" },
	{ SYS_capget, "bb" }, { SYS_sched_setattr, "sbs" }, { SYS_process_vm_readv, "sbsbsn" },
	{ SYS_kcmp, "ssssn" }, { SYS_faccessat2, "fpoo" }, { SYS_epoll_pwait2, "fbsbb" },
	{ SYS_inotify_rm_watch, "fs" }, { SYS_pidfd_send_signal, "fsbs" },
	{ SYS_pidfd_getfd, "ffs" }, { SYS_process_vm_writev, "sbsbsn" },
	{ SYSCALL_futex_waitv, "bssbs" }, { SYS_execveat, "fpbbo" }, { SYS_ioprio_get, "ss" },
	{ SYS_ioprio_set, "sso" }, { SYS_unshare, "o" }, { SYS_rt_sigqueueinfo, "ssb" },
};

static const char *kinds_of(long n)
{
	for (unsigned i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (hints[i].number == n)
			return hints[i].kinds;
	return "";
}

static uint64_t argument_of(char kind)
{
	static const int flags[] = { 0, O_RDWR | O_CREAT, O_RDWR, O_NONBLOCK, 1, 2, 4, 0777 };

	switch (kind) {
	case 'f':
		return below(8) ? 3 + below(16) : (uint64_t)AT_FDCWD;
	case 'p':
		return path();
	case 'b':
		return pointer();
	case 'n':
		return below(4) ? below(3 * PAGE) : number();
	case 's':
		return below(12);
	}
	return below(2) ? (uint64_t)flags[below(sizeof(flags) / sizeof(flags[0]))] : number();
}

static uint64_t argument(void)
{
	switch (below(8)) {
	case 0:
	case 1:
		return pointer();
	case 2:
		return path();
	}
	return number();
}

/* ---- calls ----------------------------------------------------------------- */

/* Ends the system, this program, or the test's own settings. */
static int never(long n)
{
	switch (n) {
	case SYS_reboot:
	case SYS_exit_group:
	case SYS_exit:
	case SYS_vhangup:
	case SYS_rt_sigreturn:
	case SYS_ptrace:
		return 1;
	}
	return 0;
}

/* What root may not try: others would suffer, rightly. */
static int never_as_root(long n)
{
	static const long calls[] = {
		SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo,
		SYS_pidfd_send_signal, SYS_process_vm_writev,
		SYS_fork, SYS_vfork, SYS_clone, SYS_clone3, SYS_setpriority, SYS_sched_setscheduler,
		SYS_sched_setparam, SYS_sched_setattr, SYS_settimeofday, SYS_clock_settime,
		SYS_adjtimex, SYS_clock_adjtime, SYS_sethostname, SYS_setdomainname, SYS_mount,
		SYS_umount2, SYS_pivot_root, SYS_delete_module, SYS_init_module, SYS_finit_module,
		SYS_syslog, SYS_prlimit64, SYS_ioctl, SYS_execve, SYS_execveat, SYS_setuid,
		SYS_setreuid, SYS_setresuid, SYS_pidfd_send_signal, SYS_unlink, SYS_unlinkat,
		SYS_rmdir, SYS_rename, SYS_renameat, SYS_renameat2, SYS_chmod, SYS_fchmod,
		SYS_fchmodat, SYS_chown, SYS_fchown, SYS_lchown, SYS_fchownat, SYS_truncate,
		SYS_ftruncate, SYS_setpgid, SYS_setsid, SYS_fallocate, SYS_mlockall,
		SYS_chdir, SYS_fchdir, SYS_chroot,
	};

	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i] == n)
			return 1;
	return 0;
}

static long raw_call(long n, const uint64_t a[6])
{
	register uint64_t r10 __asm__("r10") = a[3], r8 __asm__("r8") = a[4],
		 r9 __asm__("r9") = a[5];
	long result;

	__asm__ volatile("syscall" : "=a"(result)
			 : "0"(n), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* Arguments that a call needs to stay harmless, or to do anything at all. */
static void shape(long n, uint64_t a[6])
{
	switch (n) {
	case SYS_clone:
		/* A thread without a stack of its own would run over ours. */
		a[0] &= ~(uint64_t)(CLONE_VM | CLONE_VFORK);
		a[1] = 0;
		break;
	case SYS_vfork:
	case SYS_clone3:
		a[0] = hostile_pointer();
		break;
	case SYS_mmap:
	case SYS_mremap:
	case SYS_munmap:
	case SYS_mprotect:
		if (below(4))
			a[0] = (uint64_t)arena + 2 * PAGE + below(ARENA_PAGES) * PAGE;
		a[1] = below(8) ? below(16) * PAGE : number();
		break;
	case SYS_alarm:
	case SYS_setitimer:
		a[0] = 0;
		a[1] = 0;
		break;
	case SYS_rt_sigaction:
		if (a[0] == SIGALRM)
			a[0] = SIGUSR1;
		break;
	case SYS_rt_sigprocmask:
		if (below(4))
			a[1] = 0;
		break;
	case SYS_nanosleep:
	case SYS_clock_nanosleep:
		a[0] = pointer();
		break;
	}
}

static void fuzz_calls(uint64_t count);

static void one_call(void)
{
	uint64_t a[6];
	long n = below(NUMBERS), result;
	const char *kinds;
	pid_t self = getpid();

	if (never(n) || (is_root && never_as_root(n)))
		return;
	if (below(4) == 0)
		fill_arena();
	kinds = below(4) ? kinds_of(n) : "";
	for (int i = 0; i < 6; i++)
		a[i] = *kinds && below(12) ? argument_of(*kinds++) : argument();
	shape(n, a);
	board->calls++;
	board->last = n;
	if (n == SYS_vfork)
		n = SYS_fork;
	result = raw_call(n, a);
	board->results[n][result >= 0 || result < -4095]++;
	if ((n == SYS_fork || n == SYS_clone) && syscall(SYS_getpid) != self) {
		fuzz_calls(CALLS_OF_A_GRANDCHILD);
		_exit(0);
	}
}

static void fuzz_calls(uint64_t count)
{
	while (count--)
		one_call();
}

/* ---- a child ----------------------------------------------------------------- */

static void *race(void *unused)
{
	(void)unused;
	for (;;) {
		mmap(racing, PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		sched_yield();
		mprotect(racing, PAGE, PROT_READ);
		sched_yield();
		munmap(racing, PAGE);
		sched_yield();
	}
	return NULL;
}

static void nothing(int sig)
{
	(void)sig;
}

static void limit(int which, rlim_t value)
{
	struct rlimit r = { value, value };

	setrlimit(which, &r);
}

static void open_some(void)
{
	int ends[2];

	for (int fd = open("/dev/null", O_RDWR); fd >= 0 && fd < 2; fd = dup(fd))
		;
	pipe2(ends, O_NONBLOCK);
	open("a", O_RDWR | O_CREAT, 0600);
	open(".", O_RDONLY | O_DIRECTORY);
	open("/proc/self/maps", O_RDONLY);
	open("/dev/zero", O_RDWR);
	open("/dev/ptmx", O_RDWR | O_NOCTTY);
	open("a", O_PATH);
	syscall(SYS_epoll_create1, 0);
	syscall(SYS_eventfd2, 0, 0);
	inotify_add_watch(inotify_init1(IN_NONBLOCK), ".", IN_ALL_EVENTS);
	syscall(SYS_pidfd_open, getpid(), 0);
	syscall(SYS_memfd_create, "m", 0);
	syscall(SYS_socketpair, 1, 1, 0, ends);
}

static void child(uint64_t seed)
{
	struct itimerval often = { { 0, 5000 }, { 0, 5000 } };
	struct sigaction ring = { .sa_handler = nothing };
	pthread_t thread;

	state = seed;
	is_root = below(8) == 0;
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	limit(RLIMIT_NPROC, 24);
	limit(RLIMIT_AS, 48 << 20);
	limit(RLIMIT_FSIZE, 1 << 20);
	limit(RLIMIT_NOFILE, 64);
	for (int fd = 0; fd < 16; fd++)
		close(fd);
	chdir(FOLDER);
	if (!is_root && setresuid(USER, USER, USER) != 0)
		_exit(1);
	open_some();
	arena = mmap(NULL, (ARENA_PAGES + 4) * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (arena == MAP_FAILED)
		_exit(1);
	racing = arena + (ARENA_PAGES + 2) * PAGE;
	munmap(arena + ARENA_PAGES * PAGE, 4 * PAGE);
	mprotect(arena, PAGE, PROT_READ);
	mprotect(arena + PAGE, PAGE, PROT_NONE);
	if (below(4) == 0)
		pthread_create(&thread, NULL, race, NULL);
	sigaction(SIGALRM, &ring, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	fuzz_calls(CALLS_OF_A_CHILD);
	_exit(0);
}

/* ---- the master --------------------------------------------------------------- */

/* Ends whatever runs as the children's user. */
static void end_all(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (setresuid(USER, USER, USER) == 0)
			kill(-1, SIGKILL);
		_exit(0);
	}
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/* Runs one child to its end, or until it stands still. */
static void run_child(uint64_t seed)
{
	struct timespec tick = { 0, 5000000 };
	long long since = now_ms();
	uint64_t seen = board->calls;
	sigset_t set;
	pid_t pid = fork();

	if (pid == 0)
		child(seed);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	while (pid > 0 && waitpid(pid, NULL, WNOHANG) == 0) {
		sigtimedwait(&set, NULL, &tick);
		if (board->calls != seen) {
			seen = board->calls;
			since = now_ms();
		} else if (now_ms() - since > STUCK_MS) {
			kill(pid, SIGKILL);
		}
	}
	end_all();
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
			chmod(path, 0700);
			empty_folder(path);
			rmdir(path);
		}
	}
	if (dir)
		closedir(dir);
}

/* ---- what is left ------------------------------------------------------------- */

struct figures {
	long free_kib;
	struct accounts accounts;
};

static void look(const char *when, struct figures *f)
{
	char line[512];
	FILE *file;

	accounts_settle(&f->accounts);
	f->free_kib = 0;
	file = fopen("/proc/meminfo", "r");
	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "MemFree: %ld", &f->free_kib);
	if (file)
		fclose(file);
	printf("fuzz: %s: %ld KiB free; modules have %ld pages, %ld objects and %ld spare "
	       "ones, %ld handles, were reset %ld times\n", when, f->free_kib,
	       accounts_sum(&f->accounts, ACCOUNT_PAGES),
	       accounts_sum(&f->accounts, ACCOUNT_OBJECTS),
	       accounts_sum(&f->accounts, ACCOUNT_CACHED),
	       accounts_sum(&f->accounts, ACCOUNT_HANDLES),
	       accounts_sum(&f->accounts, ACCOUNT_RESETS));
	fflush(stdout);
}

/* Terminals stay, for the next who opens one: now there are as many as it takes. */
static void open_terminals(void)
{
	int fd[TERMINALS];

	for (int i = 0; i < TERMINALS; i++)
		fd[i] = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	for (int i = 0; i < TERMINALS; i++)
		close(fd[i]);
}

/* Calls until the board says `calls`; the number of the next child. */
static uint64_t run_until(uint64_t calls, uint64_t seed, uint64_t number)
{
	uint64_t told = board->calls;

	for (; board->calls < calls; number++) {
		run_child((seed + number) * 0x9e3779b97f4a7c15ull | 1);
		if (number % 16 == 15)
			empty_folder(FOLDER);
		if (board->calls - told >= calls / 10 + 1) {
			told = board->calls;
			printf("fuzz: %llu calls, child %llu\n", (unsigned long long)told,
			       (unsigned long long)number);
			fflush(stdout);
		}
	}
	empty_folder(FOLDER);
	return number;
}

static void print_calls(void)
{
	unsigned called = 0, worked = 0;

	for (int n = 0; n < NUMBERS; n++) {
		called += names[n] && (board->results[n][0] || board->results[n][1]);
		worked += names[n] && board->results[n][1];
	}
	printf("fuzz: %u of Linux's calls returned, %u also without an error\n", called, worked);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	uint64_t calls = argc > 2 ? strtoull(argv[2], NULL, 0) : CALLS_DEFAULT;
	uint64_t first = argc > 3 ? strtoull(argv[3], NULL, 0) : 0;
	struct figures before, after;
	sigset_t set;
	int bad;

	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		     -1, 0);
	if (board == MAP_FAILED)
		return 1;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	mkdir(FOLDER, 0700);
	chown(FOLDER, USER, USER);
	printf("fuzz: seed %llu, %llu calls\n", (unsigned long long)seed,
	       (unsigned long long)calls);
	first = run_until(WARM_UP, seed, first);
	open_terminals();
	look("before", &before);
	run_until(WARM_UP + calls, seed, first);
	look("after", &after);
	print_calls();
	bad = accounts_differ(&before.accounts, &after.accounts) ||
	      after.free_kib + SLACK_KIB < before.free_kib;
	printf("fuzz: %s\n", bad ? "FAILED" : "passed");
	return bad;
}
