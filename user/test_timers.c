// SPDX-License-Identifier: MIT
/* test_timers: timer_create and its like, setitimer, alarm, clocks, signals in queues. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "ktap.h"
#include "nap.h"

#define MS 1000000l

static volatile int signals, last_code, last_overrun, last_value, last_pid;
static volatile uintptr_t last_address;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	signals++;
	last_code = info->si_code;
	last_overrun = info->si_overrun;
	last_value = info->si_value.sival_int;
	last_pid = info->si_pid;
	last_address = (uintptr_t)info->si_addr;
}

static void handle(int sig, int flags)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | flags };

	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
	signals = 0;
}

static long now_ms(clockid_t clock)
{
	struct timespec t;

	CHECK_EQ(clock_gettime(clock, &t), 0);
	return t.tv_sec * 1000 + t.tv_nsec / MS;
}

static void block(int sig, int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	CHECK_EQ(sigprocmask(how, &set, NULL), 0);
}

/* The system calls themselves: the library's have timers of their own making. */
static int k_create(clockid_t clock, struct sigevent *event, int *id)
{
	return syscall(SYS_timer_create, clock, event, id);
}

static int k_settime(int id, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	return syscall(SYS_timer_settime, id, flags, new, old);
}

static void arm(int id, int flags, long first_ms, long period_ms)
{
	struct itimerspec t = {
		.it_value = { first_ms / 1000, first_ms % 1000 * MS },
		.it_interval = { period_ms / 1000, period_ms % 1000 * MS },
	};

	CHECK_EQ(k_settime(id, flags, &t, NULL), 0);
}

static void wait_for(int count)
{
	for (int i = 0; i < 500 && signals < count; i++)
		nap_ms(10);
	CHECK(signals >= count);
}

/* ---- timer_create ---------------------------------------------------------- */

static void timer_signals(void)
{
	static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec t;
	int id = -1;

	event.sigev_value.sival_int = 4711;
	handle(SIGUSR1, 0);
	for (int i = 0; i < 3; i++) {
		long start = now_ms(clocks[i]);

		signals = 0;
		CHECK_EQ(k_create(clocks[i], &event, &id), 0);
		arm(id, 0, 30, 0);
		wait_for(1);
		CHECK(now_ms(clocks[i]) >= start + 30);
		CHECK_EQ(last_code, SI_TIMER);
		CHECK_EQ(last_value, 4711);
		CHECK_EQ(last_overrun, 0);
		arm(id, TIMER_ABSTIME, now_ms(clocks[i]) + 20, 0);
		wait_for(2);
		CHECK_EQ(syscall(SYS_timer_gettime, id, &t), 0);
		CHECK(!t.it_value.tv_sec && !t.it_value.tv_nsec);
		CHECK_EQ(syscall(SYS_timer_delete, id), 0);
		CHECK_FAILS(syscall(SYS_timer_delete, id), EINVAL);
	}
}

static void timer_overruns(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec t;
	int id = -1;

	handle(SIGUSR1, 0);
	block(SIGUSR1, SIG_BLOCK);
	CHECK_EQ(k_create(CLOCK_MONOTONIC, &event, &id), 0);
	arm(id, 0, 20, 20);
	nap_ms(115);
	block(SIGUSR1, SIG_UNBLOCK);
	CHECK_EQ(signals, 1);
	CHECK(last_overrun >= 3 && last_overrun <= 6);
	CHECK(syscall(SYS_timer_getoverrun, id) >= 3);
	CHECK_EQ(syscall(SYS_timer_gettime, id, &t), 0);
	CHECK(t.it_value.tv_nsec > 0 && t.it_value.tv_nsec <= 20 * MS);
	CHECK_EQ(t.it_interval.tv_nsec, 20 * MS);
	wait_for(3);
	CHECK_EQ(syscall(SYS_timer_delete, id), 0);
	nap_ms(30);
	signals = 0;
	nap_ms(50);
	CHECK_EQ(signals, 0);
}

static void timer_without_signal(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	struct itimerspec t;
	int id = -1;

	CHECK_EQ(k_create(CLOCK_MONOTONIC, &event, &id), 0);
	arm(id, 0, 1000, 0);
	CHECK_EQ(syscall(SYS_timer_gettime, id, &t), 0);
	CHECK(t.it_value.tv_sec == 0 ? t.it_value.tv_nsec > 500 * MS : t.it_value.tv_sec == 1);
	arm(id, 0, 10, 0);
	nap_ms(30);
	CHECK_EQ(syscall(SYS_timer_gettime, id, &t), 0);
	CHECK(!t.it_value.tv_sec && !t.it_value.tv_nsec);
}

static void timer_by_default(void)
{
	int id = -1;

	handle(SIGALRM, 0);
	CHECK_EQ(k_create(CLOCK_MONOTONIC, NULL, &id), 0);
	arm(id, 0, 10, 0);
	wait_for(1);
	CHECK_EQ(last_value, id);
}

static void timer_of_cpu_time(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	int id = -1;

	handle(SIGUSR1, 0);
	CHECK_EQ(k_create(CLOCK_PROCESS_CPUTIME_ID, &event, &id), 0);
	arm(id, 0, 50, 0);
	nap_ms(150);
	CHECK_EQ(signals, 0);
	while (!signals)
		;
	CHECK(now_ms(CLOCK_PROCESS_CPUTIME_ID) >= 40);
}

static void *thread_main(void *arg)
{
	*(int *)arg = syscall(SYS_gettid);
	for (int i = 0; i < 500 && !signals; i++)
		nap_ms(10);
	return NULL;
}

static volatile int signal_tid;

static void note_thread(int sig)
{
	(void)sig;
	signal_tid = syscall(SYS_gettid);
	signals++;
}

static void timer_for_a_thread(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR2 };
	volatile int tid = 0;
	pthread_t thread;
	int id = -1;

	signals = 0;
	signal(SIGUSR2, note_thread);
	CHECK_EQ(pthread_create(&thread, NULL, thread_main, (void *)&tid), 0);
	while (!tid)
		nap_ms(1);
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id __sev_fields.sigev_notify_thread_id
#endif
	event.sigev_notify_thread_id = tid;
	CHECK_EQ(k_create(CLOCK_MONOTONIC, &event, &id), 0);
	arm(id, 0, 20, 0);
	pthread_join(thread, NULL);
	CHECK_EQ(signals, 1);
	CHECK_EQ(signal_tid, tid);
	event.sigev_notify_thread_id = 1;
	CHECK_FAILS(k_create(CLOCK_MONOTONIC, &event, &id), EINVAL);
}

static void timer_refuses(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec t = { .it_value = { 0, 1000000000 } };
	int id = -1;

	CHECK_FAILS(k_create(77, &event, &id), EINVAL);
	CHECK_FAILS(k_create(CLOCK_MONOTONIC_COARSE, &event, &id), EOPNOTSUPP);
	event.sigev_signo = 65;
	CHECK_FAILS(k_create(CLOCK_MONOTONIC, &event, &id), EINVAL);
	event.sigev_signo = SIGUSR1;
	event.sigev_notify = 77;
	CHECK_FAILS(k_create(CLOCK_MONOTONIC, &event, &id), EINVAL);
	CHECK_FAILS(k_create(CLOCK_MONOTONIC, (void *)8, &id), EFAULT);
	CHECK_FAILS(k_create(CLOCK_MONOTONIC, NULL, (void *)8), EFAULT);
	CHECK_EQ(k_create(CLOCK_MONOTONIC, NULL, &id), 0);
	CHECK_FAILS(k_settime(id, 0, &t, NULL), EINVAL);
	CHECK_FAILS(k_settime(id, 0, NULL, NULL), EINVAL);
	CHECK_FAILS(k_settime(id, 0, (void *)8, NULL), EFAULT);
	t.it_value.tv_nsec = 1;
	CHECK_FAILS(k_settime(id + 1000, 0, &t, NULL), EINVAL);
	CHECK_FAILS(syscall(SYS_timer_gettime, -1, &t), EINVAL);
	CHECK_FAILS(syscall(SYS_timer_gettime, id, NULL), EFAULT);
	CHECK_FAILS(syscall(SYS_timer_getoverrun, id + 1000), EINVAL);
}

/* A child has none of its parent's timers, and alarms neither. */
static void timers_are_not_inherited(void)
{
	struct itimerval v = { .it_value = { 100, 0 } };
	int id = -1, status;
	pid_t pid;

	CHECK_EQ(k_create(CLOCK_MONOTONIC, NULL, &id), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &v, NULL), 0);
	pid = fork();
	if (pid == 0) {
		if (syscall(SYS_timer_delete, id) == 0)
			_exit(1);
		getitimer(ITIMER_REAL, &v);
		_exit(v.it_value.tv_sec ? 2 : 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(syscall(SYS_timer_delete, id), 0);
}

/* ---- setitimer --------------------------------------------------------------- */

static void itimer_real(void)
{
	struct itimerval v = { .it_value = { 0, 20000 }, .it_interval = { 0, 20000 } }, old;

	handle(SIGALRM, 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &v, NULL), 0);
	wait_for(3);
	CHECK_EQ(getitimer(ITIMER_REAL, &v), 0);
	CHECK_EQ(v.it_interval.tv_usec, 20000);
	CHECK(v.it_value.tv_usec <= 20000);
	memset(&v, 0, sizeof(v));
	CHECK_EQ(setitimer(ITIMER_REAL, &v, &old), 0);
	CHECK_EQ(old.it_interval.tv_usec, 20000);
	CHECK_EQ(getitimer(ITIMER_REAL, &v), 0);
	CHECK(!v.it_value.tv_sec && !v.it_value.tv_usec);
	CHECK_EQ(alarm(100), 0);
	CHECK_EQ(getitimer(ITIMER_REAL, &v), 0);
	CHECK(v.it_value.tv_sec == 99 || v.it_value.tv_sec == 100);
	CHECK_EQ(alarm(0), 100);
	CHECK_EQ(alarm(0), 0);
	v.it_value.tv_usec = 1000000;
	CHECK_FAILS(setitimer(ITIMER_REAL, &v, NULL), EINVAL);
	CHECK_FAILS(syscall(SYS_setitimer, 3, NULL, NULL), EINVAL);
	CHECK_FAILS(syscall(SYS_getitimer, 3, &v), EINVAL);
	CHECK_FAILS(syscall(SYS_getitimer, ITIMER_REAL, 8), EFAULT);
	CHECK_FAILS(syscall(SYS_setitimer, ITIMER_REAL, 8, NULL), EFAULT);
}

static void itimer_of_cpu_time(void)
{
	struct itimerval v = { .it_value = { 0, 30000 } };

	handle(SIGVTALRM, 0);
	handle(SIGPROF, 0);
	CHECK_EQ(setitimer(ITIMER_VIRTUAL, &v, NULL), 0);
	nap_ms(100);
	CHECK_EQ(signals, 0);
	while (signals < 1)
		;
	CHECK_EQ(setitimer(ITIMER_PROF, &v, NULL), 0);
	while (signals < 2)
		;
}

/* ---- signals --------------------------------------------------------------------- */

static void signals_wait_in_queues(void)
{
	union sigval value = { .sival_int = 5 };
	struct timespec none = { 0, 0 };
	siginfo_t info;
	sigset_t set;
	long start;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_FAILS(sigtimedwait(&set, &info, &none), EAGAIN);
	for (int i = 0; i < 3; i++) {
		value.sival_int = i;
		CHECK_EQ(sigqueue(getpid(), SIGRTMIN, value), 0);
		kill(getpid(), SIGUSR1);
	}
	CHECK_EQ(sigtimedwait(&set, &info, &none), SIGUSR1);
	CHECK_EQ(info.si_code, SI_USER);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
		CHECK_EQ(info.si_value.sival_int, i);
		CHECK_EQ(info.si_code, SI_QUEUE);
		CHECK_EQ(info.si_pid, getpid());
	}
	none.tv_nsec = 30 * MS;
	start = now_ms(CLOCK_MONOTONIC);
	CHECK_FAILS(sigtimedwait(&set, &info, &none), EAGAIN);
	CHECK(now_ms(CLOCK_MONOTONIC) >= start + 30);
	none.tv_nsec = 1000000000;
	CHECK_FAILS(sigtimedwait(&set, &info, &none), EINVAL);
}

static void sigqueue_refuses(void)
{
	siginfo_t info = { .si_code = SI_USER };

	CHECK_FAILS(syscall(SYS_rt_sigqueueinfo, 1, SIGUSR1, &info), EPERM);
	info.si_code = SI_TKILL;
	CHECK_FAILS(syscall(SYS_rt_sigqueueinfo, 1, SIGUSR1, &info), EPERM);
	info.si_code = SI_QUEUE;
	CHECK_FAILS(syscall(SYS_rt_sigqueueinfo, getpid(), 65, &info), EINVAL);
	CHECK_FAILS(syscall(SYS_rt_sigqueueinfo, 999999, SIGUSR1, &info), ESRCH);
	CHECK_FAILS(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, 8), EFAULT);
	CHECK_FAILS(syscall(SYS_rt_tgsigqueueinfo, 0, getpid(), SIGUSR1, &info), EINVAL);
	CHECK_FAILS(syscall(SYS_rt_tgsigqueueinfo, getpid(), 999999, SIGUSR1, &info), ESRCH);
	CHECK_EQ(syscall(SYS_rt_sigqueueinfo, getpid(), 0, &info), 0);
}

static jmp_buf after;
static void *stack_seen;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	last_code = info->si_code;
	last_address = (uintptr_t)info->si_addr;
	stack_seen = &sig;
	longjmp(after, 1);
}

static int fault_code(void (*fn)(void))
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
	struct sigaction sa = { .sa_sigaction = on_fault,
				.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK };

	for (int i = 0; i < 5; i++)
		CHECK_EQ(sigaction(faults[i], &sa, NULL), 0);
	last_code = -1;
	if (!setjmp(after))
		fn();
	return last_code;
}

static char *page;

static void touch_page(void)
{
	*(volatile char *)page = 1;
}

static void divide(void)
{
	volatile int zero = 0, one = 1;

	one /= zero;
}

static void illegal(void)
{
	__asm__ volatile("ud2");
}

static void trap(void)
{
	__asm__ volatile("int3");
}

static void privileged(void)
{
	__asm__ volatile("hlt");
}

static void far_away(void)
{
	*(volatile char *)0x8000000000000000ul = 1;
}

static void fault_codes(void)
{
	int fd = open("/test_timers.tmp", O_CREAT | O_RDWR | O_TRUNC, 0600);

	page = NULL;
	CHECK_EQ(fault_code(touch_page), SEGV_MAPERR);
	CHECK_EQ(last_address, 0);
	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_EQ(fault_code(touch_page), SEGV_ACCERR);
	CHECK_EQ(last_address, (uintptr_t)page);
	CHECK(fd >= 0);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(page != MAP_FAILED);
	CHECK_EQ(fault_code(touch_page), BUS_ADRERR);
	CHECK_EQ(last_address, (uintptr_t)page);
	unlink("/test_timers.tmp");
	CHECK_EQ(fault_code(divide), FPE_INTDIV);
	CHECK(last_address != 0);
	CHECK_EQ(fault_code(illegal), ILL_ILLOPN);
	CHECK_EQ(last_address, (uintptr_t)illegal + (*(unsigned char *)illegal == 0x0f ? 0 :
							last_address - (uintptr_t)illegal));
	CHECK_EQ(fault_code(trap), SI_KERNEL);
	CHECK_EQ(fault_code(privileged), SI_KERNEL);
	CHECK_EQ(last_address, 0);
	CHECK_EQ(fault_code(far_away), SI_KERNEL);
	CHECK_EQ(last_address, 0);
}

static void alternate_stack(void)
{
	static char memory[65536];
	stack_t stack = { .ss_sp = memory, .ss_size = sizeof(memory) }, old;

	CHECK_EQ(sigaltstack(&stack, &old), 0);
	CHECK_EQ(old.ss_flags, SS_DISABLE);
	page = NULL;
	CHECK_EQ(fault_code(touch_page), SEGV_MAPERR);
	CHECK((char *)stack_seen >= memory && (char *)stack_seen < memory + sizeof(memory));
	CHECK_EQ(sigaltstack(NULL, &old), 0);
	CHECK(old.ss_sp == memory && old.ss_size == sizeof(memory));
	stack.ss_size = 100;
	CHECK_FAILS(sigaltstack(&stack, NULL), ENOMEM);
	stack.ss_size = sizeof(memory);
	stack.ss_flags = 77;
	CHECK_FAILS(sigaltstack(&stack, NULL), EINVAL);
	stack.ss_flags = SS_DISABLE;
	CHECK_EQ(sigaltstack(&stack, NULL), 0);
	CHECK_FAILS(syscall(SYS_sigaltstack, 8, NULL), EFAULT);
}

/* ---- restarts ----------------------------------------------------------------------- */

static void interrupt_soon(int flags)
{
	struct itimerval v = { .it_value = { 0, 30000 } };

	handle(SIGALRM, flags);
	CHECK_EQ(setitimer(ITIMER_REAL, &v, NULL), 0);
}

static void restarts(void)
{
	struct timespec t = { 0, 100 * MS }, rest;
	long start = now_ms(CLOCK_MONOTONIC);
	struct pollfd p = { .fd = -1 };
	int pair[2], status;
	pid_t pid;
	char c;

	/* Sleeping is never restarted when a handler runs; what is left is told. */
	interrupt_soon(SA_RESTART);
	CHECK_FAILS(nanosleep(&t, &rest), EINTR);
	CHECK(rest.tv_nsec > 0 && rest.tv_nsec < 100 * MS);
	interrupt_soon(SA_RESTART);
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &rest), EINTR);
	interrupt_soon(SA_RESTART);
	t.tv_sec += start / 1000 + 100;
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), EINTR);
	interrupt_soon(SA_RESTART);
	CHECK_FAILS(poll(&p, 1, 1000), EINTR);
	/* Reading is, if SA_RESTART says so. */
	CHECK_EQ(pipe(pair), 0);
	interrupt_soon(0);
	CHECK_FAILS(read(pair[0], &c, 1), EINTR);
	pid = fork();
	if (pid == 0) {
		nap_ms(100);
		_exit(write(pair[1], "x", 1) != 1);
	}
	interrupt_soon(SA_RESTART);
	CHECK_EQ(read(pair[0], &c, 1), 1);
	CHECK_EQ(signals, 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
}

/* A stop and going on without a handler: the sleep goes on to its first end. */
static void sleep_survives_a_stop(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct timespec t = { 0, 200 * MS };
		long start = now_ms(CLOCK_MONOTONIC);

		if (nanosleep(&t, NULL) != 0)
			_exit(1);
		_exit(now_ms(CLOCK_MONOTONIC) < start + 200 ? 2 : 0);
	}
	nap_ms(50);
	kill(pid, SIGSTOP);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	nap_ms(30);
	kill(pid, SIGCONT);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* Another process's CPU time, and a thread's own. */
static void cpu_clocks_of_others(void)
{
	struct timespec t;
	clockid_t clock;
	pid_t child = fork();

	if (child == 0) {
		pause();
		_exit(0);
	}
	CHECK_EQ(clock_getcpuclockid(child, &clock), 0);
	CHECK_EQ(clock_gettime(clock, &t), 0);
	CHECK_EQ(t.tv_sec, 0);
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, NULL, 0), child);
	CHECK_FAILS(clock_gettime(clock, &t), EINVAL);
	CHECK_EQ(clock_getcpuclockid(0, &clock), 0);
	CHECK_EQ(clock_gettime(clock, &t), 0);
	CHECK_EQ(pthread_getcpuclockid(pthread_self(), &clock), 0);
	CHECK_EQ(clock_gettime(clock, &t), 0);
	CHECK_FAILS(clock_gettime(clock | 3, &t), EINVAL);
}

static void move_clock(long seconds)
{
	struct timespec t;

	CHECK_EQ(clock_gettime(CLOCK_REALTIME, &t), 0);
	t.tv_sec += seconds;
	if (clock_settime(CLOCK_REALTIME, &t))
		SKIP("the clock can't be set");
}

/* Setting the clock is nothing to a duration, and ends a sleep until a time. */
static void sleeps_when_the_clock_is_set(void)
{
	struct itimerspec value = { .it_value.tv_nsec = 300 * MS };
	struct timespec until;
	long began;
	timer_t timer;
	int status;

	move_clock(0);
	handle(SIGALRM, 0);
	CHECK_EQ(timer_create(CLOCK_REALTIME, NULL, &timer), 0);
	CHECK_EQ(timer_settime(timer, 0, &value, NULL), 0);
	move_clock(-5);
	nap_ms(500);
	CHECK_EQ(signals, 1);
	CHECK_EQ(timer_settime(timer, 0, &value, NULL), 0);
	move_clock(5);
	CHECK_EQ(signals, 1);
	CHECK_EQ(clock_gettime(CLOCK_REALTIME, &until), 0);
	until.tv_sec += 60;
	began = now_ms(CLOCK_MONOTONIC);
	if (fork() == 0) {
		nap_ms(200);
		move_clock(60);
		_exit(0);
	}
	while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
	CHECK(now_ms(CLOCK_MONOTONIC) - began < 30000);
	CHECK(wait(&status) > 0);
	move_clock(-60);
}

/* A mapping that is made counts as a read, a page that is written as a write. */
static void mapped_files_have_times(void)
{
	char *page;
	struct stat was, now;
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	if (fd < 0)
		fd = memfd_create("times", 0);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "hello", 5), 5);
	CHECK_EQ(fstat(fd, &was), 0);
	nap_ms(20);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(page != MAP_FAILED);
	nap_ms(20);
	page[0] = 'j';
	CHECK_EQ(fstat(fd, &now), 0);
	CHECK(now.st_mtim.tv_sec > was.st_mtim.tv_sec ||
	      now.st_mtim.tv_nsec > was.st_mtim.tv_nsec);
}

/* The signal is there when the call returns, and shortens no sleep after it. */
static void time_that_has_passed(void)
{
	struct itimerspec value = { .it_value.tv_sec = 1 };
	timer_t timer;

	handle(SIGALRM, 0);
	CHECK_EQ(timer_create(CLOCK_REALTIME, NULL, &timer), 0);
	for (int i = 1; i <= 5; i++) {
		CHECK_EQ(timer_settime(timer, TIMER_ABSTIME, &value, NULL), 0);
		CHECK_EQ(signals, i);
	}
}

static void stack_flags(void)
{
	static char memory[65536];
	stack_t stack = { .ss_sp = memory, .ss_size = sizeof(memory),
			  .ss_flags = SS_ONSTACK | SS_DISABLE };

	CHECK_FAILS(syscall(SYS_sigaltstack, &stack, NULL), EINVAL);
}

static const struct ktap_test tests[] = {
	TEST(stack_flags),
	TEST(time_that_has_passed), TEST(cpu_clocks_of_others), TEST(sleeps_when_the_clock_is_set),
	TEST(mapped_files_have_times),
	TEST(timer_signals), TEST(timer_overruns), TEST(timer_without_signal),
	TEST(timer_by_default), TEST(timer_of_cpu_time), TEST(timer_for_a_thread),
	TEST(timer_refuses), TEST(timers_are_not_inherited),
	TEST(itimer_real), TEST(itimer_of_cpu_time),
	TEST(signals_wait_in_queues), TEST(sigqueue_refuses), TEST(fault_codes),
	TEST(alternate_stack), TEST(restarts), TEST(sleep_survives_a_stop),
};

int main(int argc, char **argv)
{
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
