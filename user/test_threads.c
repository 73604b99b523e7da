// SPDX-License-Identifier: MIT
/*
 * test_threads: sixteen threads with mutexes, condition variables, barriers and
 * robust mutexes; exec and exit among them. The same source is built for musl and
 * for glibc.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#include "ktap.h"

#define THREADS 16
#define ROUNDS 200

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static int turn, counter;
static __thread int own;

static void start(pthread_t *threads, void *(*fn)(void *))
{
	for (intptr_t i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, fn, (void *)i), 0);
}

static intptr_t join(pthread_t *threads)
{
	intptr_t sum = 0;
	void *result;

	for (int i = 0; i < THREADS; i++) {
		CHECK_EQ(pthread_join(threads[i], &result), 0);
		sum += (intptr_t)result;
	}
	return sum;
}

static void *count(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		own++;
		if (++counter % 7 == 0)
			sched_yield();
		pthread_mutex_unlock(&mutex);
	}
	return (void *)(intptr_t)(own == ROUNDS ? (intptr_t)arg : -1000000);
}

static void mutexes(void)
{
	pthread_t threads[THREADS];

	start(threads, count);
	CHECK_EQ(join(threads), THREADS * (THREADS - 1) / 2);
	CHECK_EQ(counter, THREADS * ROUNDS);
}

/* Each waits for its turn; all are woken at each change. */
static void *take_turns(void *arg)
{
	for (int i = 0; i < ROUNDS / 4; i++) {
		pthread_mutex_lock(&mutex);
		while (turn % THREADS != (intptr_t)arg)
			pthread_cond_wait(&turn_changed, &mutex);
		turn++;
		pthread_cond_broadcast(&turn_changed);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void condition_variables(void)
{
	struct timespec soon;
	pthread_t threads[THREADS];

	start(threads, take_turns);
	join(threads);
	CHECK_EQ(turn, THREADS * (ROUNDS / 4));
	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_nsec += 1000000;
	soon.tv_sec += soon.tv_nsec / 1000000000;
	soon.tv_nsec %= 1000000000;
	pthread_mutex_lock(&mutex);
	CHECK_EQ(pthread_cond_timedwait(&turn_changed, &mutex, &soon), ETIMEDOUT);
	pthread_mutex_unlock(&mutex);
}

static void *meet(void *arg)
{
	intptr_t serial = 0;

	(void)arg;
	for (int i = 0; i < ROUNDS / 8; i++)
		serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
	return (void *)serial;
}

static void barriers(void)
{
	pthread_t threads[THREADS];

	CHECK_EQ(pthread_barrier_init(&barrier, NULL, THREADS), 0);
	start(threads, meet);
	CHECK_EQ(join(threads), ROUNDS / 8);
}

static void *die_with_it(void *arg)
{
	pthread_mutex_lock(arg);
	return NULL;
}

static void robust_mutex(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t robust;
	pthread_t thread;

	pthread_mutexattr_init(&attr);
	CHECK_EQ(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST), 0);
	CHECK_EQ(pthread_mutex_init(&robust, &attr), 0);
	CHECK_EQ(pthread_create(&thread, NULL, die_with_it, &robust), 0);
	pthread_join(thread, NULL);
	CHECK_EQ(pthread_mutex_lock(&robust), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(&robust), 0);
	CHECK_EQ(pthread_mutex_unlock(&robust), 0);
}

static void *sleep_long(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

static void *leave(void *arg)
{
	(void)arg;
	syscall(SYS_exit_group, 7);
	return NULL;
}

static void *exec_true(void *arg)
{
	char *const args[] = { "busybox", "true", NULL };

	(void)arg;
	execve("/bin/busybox", args, NULL);
	return NULL;
}

/* Runs `last` beside sleeping threads in a child: its wait status. */
static int beside_sleepers(void *(*last)(void *))
{
	pthread_t threads[THREADS];
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		start(threads, sleep_long);
		pthread_create(&threads[0], NULL, last, NULL);
		sleep_long(NULL);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static void exit_group_in_a_thread(void)
{
	CHECK_EQ(beside_sleepers(leave), 7 << 8);
}

static void exec_in_a_thread(void)
{
	CHECK_EQ(beside_sleepers(exec_true), 0);
}

static volatile int seen_by;

static void note(int sig)
{
	(void)sig;
	seen_by = (int)syscall(SYS_gettid);
}

static void *wait_for_signal(void *arg)
{
	*(volatile int *)arg = (int)syscall(SYS_gettid);
	while (!seen_by)
		usleep(1000);
	return NULL;
}

static void signal_to_a_thread(void)
{
	volatile int tid = 0;
	pthread_t thread;

	signal(SIGUSR1, note);
	CHECK_EQ(pthread_create(&thread, NULL, wait_for_signal, (void *)&tid), 0);
	while (!tid)
		usleep(1000);
	CHECK_EQ(pthread_kill(thread, SIGUSR1), 0);
	pthread_join(thread, NULL);
	CHECK_EQ(seen_by, tid);
}

static void *cancelled(void *arg)
{
	sleep(100);
	return arg;
}

static void cancelling(void)
{
	pthread_t thread;
	void *result;

	CHECK_EQ(pthread_create(&thread, NULL, cancelled, NULL), 0);
	CHECK_EQ(pthread_cancel(thread), 0);
	CHECK_EQ(pthread_join(thread, &result), 0);
	CHECK(result == PTHREAD_CANCELED);
}

static const struct ktap_test tests[] = {
	TEST(mutexes), TEST(condition_variables), TEST(barriers), TEST(robust_mutex),
	TEST(exit_group_in_a_thread), TEST(exec_in_a_thread), TEST(signal_to_a_thread),
	TEST(cancelling),
};

int main(int argc, char **argv)
{
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
