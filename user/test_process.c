// SPDX-License-Identifier: MIT
/* test_process: ids, capabilities, scheduling, limits and figures, as Linux has them. */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "ktap.h"

#define NOBODY 65534
#define NONE 99999		/* no process has this id */
#define CAP_VERSION_3 0x20080522
#define CAP_KILL 5
#define CAP_LAST 40
#define PAGES 100
#define HOLE ((void *)0x200000000000ul)	/* nothing is ever mapped there */
/* futex(2): musl has no header of it. */
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_CMP_REQUEUE 4
#define FUTEX_CLOCK_REALTIME 256

struct cap_sets {
	uint32_t effective, permitted, inheritable;
};

static long cap_call(long number, struct cap_sets sets[2])
{
	struct { uint32_t version; int pid; } header = { CAP_VERSION_3, 0 };

	return syscall(number, &header, sets);
}

static uint32_t effective(void)
{
	struct cap_sets sets[2];

	CHECK_EQ(cap_call(SYS_capget, sets), 0);
	return sets[0].effective;
}

static void capabilities_follow_ids(void)
{
	struct cap_sets sets[2];

	CHECK_EQ(effective(), 0xffffffff);
	CHECK_EQ(setresuid(-1, 1000, -1), 0);
	CHECK_EQ(effective(), 0);
	CHECK_EQ(setresuid(-1, 0, -1), 0);
	CHECK_EQ(effective(), 0xffffffff);
	CHECK_EQ(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), 0);
	CHECK_EQ(setresuid(1000, 1000, 1000), 0);
	CHECK_EQ(cap_call(SYS_capget, sets), 0);
	CHECK_EQ(sets[0].effective, 0);
	CHECK_EQ(sets[0].permitted, 0xffffffff);
	sets[0].effective = sets[0].permitted = 1 << CAP_KILL;
	sets[1] = (struct cap_sets){ 0 };
	CHECK_EQ(cap_call(SYS_capset, sets), 0);
	sets[0].permitted = 0xffffffff;
	CHECK_FAILS(cap_call(SYS_capset, sets), EPERM);
	CHECK_EQ(kill(1, 0), 0);
}

static void capabilities_dropped(void)
{
	struct cap_sets none[2] = { 0 };

	CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_LAST, 0, 0, 0), 1);
	CHECK_FAILS(prctl(PR_CAPBSET_READ, CAP_LAST + 1, 0, 0, 0), EINVAL);
	CHECK_EQ(cap_call(SYS_capset, none), 0);
	CHECK_FAILS(setuid(5), EPERM);
	CHECK_FAILS(syscall(SYS_sethostname, "x", 1), EPERM);
	CHECK_FAILS(setpriority(PRIO_PROCESS, 0, -3), EACCES);
	CHECK_FAILS(prctl(PR_CAPBSET_DROP, 1, 0, 0, 0), EPERM);
}

static void scheduling_is_kept(void)
{
	struct sched_param p = { .sched_priority = 5 };
	struct timespec t;

	CHECK_EQ(syscall(SYS_sched_setscheduler, 0, SCHED_RR, &p), 0);
	CHECK_EQ(syscall(SYS_sched_getscheduler, 0), SCHED_RR);
	CHECK_EQ(syscall(SYS_sched_rr_get_interval, 0, &t), 0);
	CHECK_EQ(t.tv_nsec, 100000000);
	p.sched_priority = 0;
	CHECK_FAILS(syscall(SYS_sched_setparam, 0, &p), EINVAL);
	CHECK_EQ(syscall(SYS_sched_setscheduler, 0, SCHED_IDLE, &p), 0);
	CHECK_FAILS(syscall(SYS_sched_setscheduler, -1, SCHED_OTHER, &p), EINVAL);
	CHECK_FAILS(syscall(SYS_sched_setscheduler, NONE, SCHED_OTHER, &p), ESRCH);
	CHECK_EQ(setresuid(NOBODY, NOBODY, NOBODY), 0);
	CHECK_FAILS(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &p), EPERM);
	p.sched_priority = 1;
	CHECK_FAILS(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p), EPERM);
}

static void priorities(void)
{
	CHECK_EQ(setpriority(PRIO_PROCESS, 0, 100), 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 19);
	CHECK_EQ(setpgid(0, 0), 0);
	CHECK_EQ(setpriority(PRIO_PGRP, 0, 3), 0);
	CHECK_EQ(getpriority(PRIO_PGRP, 0), 3);
	CHECK_FAILS(setpriority(PRIO_PROCESS, NONE, 0), ESRCH);
	CHECK_FAILS(setpriority(PRIO_USER + 1, 0, 0), EINVAL);
	CHECK_EQ(setresuid(NOBODY, NOBODY, NOBODY), 0);
	CHECK_FAILS(setpriority(PRIO_PROCESS, 0, 1), EACCES);
	CHECK_FAILS(setpriority(PRIO_PROCESS, 1, 19), EPERM);
}

static void faults_are_counted(void)
{
	struct rusage r;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		char *p = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		memset(p, 1, PAGES * 4096);
		_exit(0);
	}
	CHECK_EQ(syscall(SYS_wait4, pid, &status, 0, &r), pid);
	CHECK(r.ru_minflt > PAGES && r.ru_maxrss > PAGES * 4);
	CHECK_EQ(getrusage(RUSAGE_CHILDREN, &r), 0);
	CHECK(r.ru_minflt > PAGES && r.ru_maxrss > PAGES * 4);
}

/* An orphan goes to the next process above that takes them. */
static void subreaper(void)
{
	int status;
	pid_t pid;

	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	pid = fork();
	if (pid == 0) {
		if (fork() == 0)
			_exit(5);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(waitpid(-1, &status, 0) > 0);
	CHECK_EQ(WEXITSTATUS(status), 5);
}

static void parent_death_signal(void)
{
	int ends[2];
	char byte;
	pid_t pid;

	CHECK_EQ(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
			write(ends[1], "r", 1);
			for (;;)
				pause();
		}
		read(ends[0], &byte, 1);
		_exit(0);
	}
	close(ends[1]);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_EQ(read(ends[0], &byte, 1), 0);	/* nobody holds the other end */
}

/* CLONE_PARENT: the sibling's end is told as the maker's would be. */
static void a_sibling_sends_sigchld(void)
{
	pid_t pid = fork();
	int status, ends = 0;

	if (pid == 0) {
		if (syscall(SYS_clone, CLONE_PARENT | SIGILL, 0, 0, 0, 0) == 0)
			_exit(0);
		_exit(0);
	}
	while (waitpid(-1, &status, __WALL) > 0)
		ends++;
	CHECK_EQ(ends, 2);
}

/* A FIFO is no program, and running it does not wait for a writer. */
static void exec_of_a_fifo(void)
{
	char *const args[] = { "fifo", NULL };

	CHECK_EQ(mkfifo("/fifo", 0777), 0);
	CHECK_FAILS(execve("/fifo", args, NULL), EACCES);
	unlink("/fifo");
}

static void futex_refuses(void)
{
	static int words[2];

	CHECK_FAILS(syscall(SYS_futex, HOLE, FUTEX_WAKE, 1, 0, 0, 0), EFAULT);
	CHECK_FAILS(syscall(SYS_futex, words, FUTEX_CMP_REQUEUE, 1, -1, words + 1, 0), EINVAL);
	CHECK_FAILS(syscall(SYS_futex, words, FUTEX_CMP_REQUEUE, 1, 1, words + 1, 5), EAGAIN);
	CHECK_FAILS(syscall(SYS_futex, words, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 0, 0, 0, 0),
		    ENOSYS);
	CHECK_FAILS(syscall(SYS_futex, (char *)words + 1, FUTEX_WAKE, 1, 0, 0, 0), EINVAL);
}

/* A program that runs is not written, one that is being written not run. */
static void text_busy(void)
{
	char *const args[] = { "busy", NULL };
	char name[256] = { 0 };
	int fd = open("/busy", O_CREAT | O_WRONLY, 0755);

	CHECK(readlink("/proc/self/exe", name, sizeof(name) - 1) > 0);
	CHECK_FAILS(open(name, O_RDWR), ETXTBSY);
	CHECK_FAILS(open(name, O_WRONLY | O_TRUNC), ETXTBSY);
	CHECK_FAILS(truncate(name, 0), ETXTBSY);
	CHECK_FAILS(execve("/busy", args, NULL), ETXTBSY);
	close(fd);
	CHECK_FAILS(execve("/busy", args, NULL), ENOEXEC);
	CHECK((fd = open("/busy", O_WRONLY)) >= 0);
	unlink("/busy");
}

static void barriers_are_registered(void)
{
	CHECK_EQ(syscall(SYS_membarrier, 1, 0), 0);
	CHECK_FAILS(syscall(SYS_membarrier, 8, 0), EPERM);
	CHECK_EQ(syscall(SYS_membarrier, 16, 0), 0);
	CHECK_EQ(syscall(SYS_membarrier, 8, 0), 0);
	CHECK_FAILS(syscall(SYS_membarrier, 3, 0), EINVAL);
	CHECK_FAILS(syscall(SYS_membarrier, 0, 1), EINVAL);
}

static void small_answers(void)
{
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	CHECK_FAILS(prctl(PR_SET_DUMPABLE, 2, 0, 0, 0), EINVAL);
	CHECK_EQ(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), 50000);
	CHECK_EQ(syscall(SYS_personality, 0x40000), 0);
	CHECK_EQ(syscall(SYS_personality, 0xffffffff), 0x40000);
	CHECK_FAILS(syscall(SYS_reboot, 0xfee1dead, 672274793, 0xa1b2c3d4, 8), EFAULT);
}

/* ---- the vDSO ------------------------------------------------------------ */

/* A symbol of the vDSO by its name, through the dynamic section's tables. */
static void *vdso_symbol(const char *name)
{
	const char *base = (const char *)getauxval(AT_SYSINFO_EHDR), *strings = NULL;
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)base;
	const Elf64_Phdr *phdr;
	const Elf64_Dyn *dynamic = NULL;
	const Elf64_Sym *symbols = NULL;
	const Elf32_Word *hash = NULL;

	CHECK(base != NULL && memcmp(base, ELFMAG, SELFMAG) == 0);
	phdr = (const Elf64_Phdr *)(base + header->e_phoff);
	for (int i = 0; i < header->e_phnum; i++)
		if (phdr[i].p_type == PT_DYNAMIC)
			dynamic = (const Elf64_Dyn *)(base + phdr[i].p_vaddr);
	CHECK(dynamic != NULL);
	for (; dynamic->d_tag != DT_NULL; dynamic++) {
		const char *at = base + dynamic->d_un.d_ptr;

		if (dynamic->d_tag == DT_STRTAB)
			strings = at;
		else if (dynamic->d_tag == DT_SYMTAB)
			symbols = (const Elf64_Sym *)at;
		else if (dynamic->d_tag == DT_HASH)
			hash = (const Elf32_Word *)at;
	}
	CHECK(strings && symbols && hash);
	for (Elf32_Word i = 0; i < hash[1]; i++)
		if (strcmp(strings + symbols[i].st_name, name) == 0)
			return (void *)(base + symbols[i].st_value);
	FAIL("the vDSO has no %s", name);
}

static long long ns(struct timespec t)
{
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void vdso_agrees_with_the_calls(void)
{
	long (*get)(int, struct timespec *) = vdso_symbol("__vdso_clock_gettime");
	static const int clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME,
				      CLOCK_MONOTONIC_RAW, CLOCK_PROCESS_CPUTIME_ID };
	struct timespec before, inside, after;

	for (unsigned int i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		CHECK_EQ(syscall(SYS_clock_gettime, clocks[i], &before), 0);
		CHECK_EQ(get(clocks[i], &inside), 0);
		CHECK_EQ(syscall(SYS_clock_gettime, clocks[i], &after), 0);
		CHECK(ns(before) <= ns(inside) && ns(inside) <= ns(after));
	}
	CHECK_EQ(get(NONE, &inside), -EINVAL);
}

static void vdso_follows_the_set_time(void)
{
	long (*get)(int, struct timespec *) = vdso_symbol("__vdso_clock_gettime");
	time_t (*seconds)(time_t *) = (time_t (*)(time_t *))vdso_symbol("__vdso_time");
	struct timespec now, then;

	CHECK_EQ(get(CLOCK_REALTIME, &now), 0);
	then = (struct timespec){ now.tv_sec + 1000000, 0 };
	CHECK_EQ(syscall(SYS_clock_settime, CLOCK_REALTIME, &then), 0);
	CHECK(seconds(NULL) - now.tv_sec >= 1000000);
	get(CLOCK_REALTIME, &then);
	then.tv_sec -= 1000000;
	CHECK_EQ(syscall(SYS_clock_settime, CLOCK_REALTIME, &then), 0);
	CHECK(seconds(&now.tv_sec) - now.tv_sec < 10);
}

static void vdso_others(void)
{
	long (*getcpu)(unsigned *, unsigned *, void *) = vdso_symbol("__vdso_getcpu");
	long (*day)(struct timeval *, void *) = vdso_symbol("__vdso_gettimeofday");
	long (*res)(int, struct timespec *) = vdso_symbol("__vdso_clock_getres");
	struct timeval t = { 0 };
	struct timespec r;
	unsigned cpu = 9, node = 9;

	CHECK_EQ(getcpu(&cpu, &node, NULL), 0);
	CHECK(cpu == 0 && node == 0);
	CHECK_EQ(day(&t, NULL), 0);
	CHECK(t.tv_sec - time(NULL) <= 1 && t.tv_usec < 1000000);
	CHECK_EQ(res(CLOCK_MONOTONIC, &r), 0);
	CHECK_EQ(r.tv_nsec, 1);
}

static const struct ktap_test tests[] = {
	TEST(capabilities_follow_ids), TEST(capabilities_dropped), TEST(scheduling_is_kept),
	TEST(priorities), TEST(faults_are_counted), TEST(subreaper),
	TEST(parent_death_signal), TEST(a_sibling_sends_sigchld), TEST(text_busy),
	TEST(exec_of_a_fifo), TEST(futex_refuses), TEST(barriers_are_registered),
	TEST(small_answers),
	TEST(vdso_agrees_with_the_calls), TEST(vdso_follows_the_set_time), TEST(vdso_others),
};

int main(int argc, char **argv)
{
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
