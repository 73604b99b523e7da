// SPDX-License-Identifier: MIT
/*
 * test_threads: sixteen threads with mutexes, condition variables and what else POSIX
 * has for them; exec and exit among them. The same source is built for musl and for
 * glibc, static and, for Debian's system, dynamic.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#include "ktap.h"

#define THREADS 16
#define ROUNDS 200
#define QUEUE 8
#define ITEMS 500		/* of each producer */

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

/* ---- a bounded queue: 8 producers, 8 consumers ------------------------------ */

static pthread_cond_t put_in = PTHREAD_COND_INITIALIZER, taken = PTHREAD_COND_INITIALIZER;
static int queue[QUEUE], used, head, producing = THREADS / 2;

static void produce(void)
{
	for (int i = 1; i <= ITEMS; i++) {
		pthread_mutex_lock(&mutex);
		while (used == QUEUE)
			pthread_cond_wait(&taken, &mutex);
		queue[(head + used++) % QUEUE] = i;
		pthread_cond_signal(&put_in);
		pthread_mutex_unlock(&mutex);
	}
	pthread_mutex_lock(&mutex);
	if (--producing == 0)
		pthread_cond_broadcast(&put_in);
	pthread_mutex_unlock(&mutex);
}

static intptr_t consume(void)
{
	intptr_t sum = 0;

	pthread_mutex_lock(&mutex);
	for (;;) {
		while (!used && producing)
			pthread_cond_wait(&put_in, &mutex);
		if (!used)
			break;
		sum += queue[head];
		head = (head + 1) % QUEUE;
		used--;
		pthread_cond_signal(&taken);
	}
	pthread_mutex_unlock(&mutex);
	return sum;
}

static void *produce_or_consume(void *arg)
{
	if ((intptr_t)arg % 2 == 0)
		return (void *)consume();
	produce();
	return NULL;
}

static void bounded_queue(void)
{
	pthread_t threads[THREADS];

	start(threads, produce_or_consume);
	CHECK_EQ(join(threads), THREADS / 2 * ITEMS * (ITEMS + 1) / 2);
}

/* ---- barriers, own storage, locks of other kinds ---------------------------- */

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

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int once_runs, destroyed;

static void run_once(void)
{
	once_runs++;
}

static void destroy(void *value)
{
	__atomic_add_fetch(&destroyed, (int)(intptr_t)value, __ATOMIC_RELAXED);
}

static void *keep_own(void *arg)
{
	pthread_once(&once, run_once);
	own = (int)(intptr_t)arg;
	pthread_setspecific(key, (void *)((intptr_t)arg + 1));
	pthread_barrier_wait(&barrier);
	return (void *)(intptr_t)(own == (intptr_t)arg);
}

static void once_and_own_storage(void)
{
	pthread_t threads[THREADS];

	CHECK_EQ(pthread_barrier_init(&barrier, NULL, THREADS), 0);
	CHECK_EQ(pthread_key_create(&key, destroy), 0);
	start(threads, keep_own);
	CHECK_EQ(join(threads), THREADS);
	CHECK_EQ(once_runs, 1);
	CHECK_EQ(destroyed, THREADS * (THREADS + 1) / 2);
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static sem_t semaphore;
static int written[2];

static void *read_or_write(void *arg)
{
	intptr_t wrong = 0;

	for (int i = 0; i < ROUNDS; i++) {
		if ((intptr_t)arg % 4 == 0) {
			pthread_rwlock_wrlock(&rwlock);
			written[0]++;
			sched_yield();
			written[1]++;
		} else {
			pthread_rwlock_rdlock(&rwlock);
			wrong += written[0] != written[1];
		}
		pthread_rwlock_unlock(&rwlock);
		sem_wait(&semaphore);
		sem_post(&semaphore);
	}
	return (void *)wrong;
}

static void read_write_lock(void)
{
	pthread_t threads[THREADS];

	CHECK_EQ(sem_init(&semaphore, 0, 3), 0);
	start(threads, read_or_write);
	CHECK_EQ(join(threads), 0);
	CHECK_EQ(written[0], THREADS / 4 * ROUNDS);
}

static void recursive_mutex(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t recursive;

	pthread_mutexattr_init(&attr);
	CHECK_EQ(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE), 0);
	CHECK_EQ(pthread_mutex_init(&recursive, &attr), 0);
	CHECK_EQ(pthread_mutex_lock(&recursive), 0);
	CHECK_EQ(pthread_mutex_trylock(&recursive), 0);
	CHECK_EQ(pthread_mutex_unlock(&recursive), 0);
	CHECK_EQ(pthread_mutex_unlock(&recursive), 0);
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

/* ---- exit, exec, signals, cancelling ---------------------------------------- */

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
	_exit(127);
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

static void *await_signal(void *arg)
{
	sigset_t set;
	int sig = 0;

	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigwait(&set, &sig);
	return (void *)(intptr_t)(sig == SIGUSR1);
}

static void signals_are_waited_for(void)
{
	pthread_t threads[THREADS];
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	start(threads, await_signal);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_kill(threads[i], SIGUSR1), 0);
	CHECK_EQ(join(threads), THREADS);
}

static void *cancelled(void *arg)
{
	sleep(100);
	return arg;
}

static void cancelling(void)
{
	pthread_t threads[THREADS];
	void *result;

	start(threads, cancelled);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_cancel(threads[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		CHECK_EQ(pthread_join(threads[i], &result), 0);
		CHECK(result == PTHREAD_CANCELED);
	}
}

/* ---- mutexes that the kernel hands over (FUTEX_LOCK_PI) ----------------------- */

#ifndef FUTEX_LOCK_PI
#define FUTEX_LOCK_PI 6
#define FUTEX_UNLOCK_PI 7
#define FUTEX_TRYLOCK_PI 8
#endif

static long futex_pi(uint32_t *word, int op, const struct timespec *until)
{
	return syscall(SYS_futex, word, op, 0, until, NULL, 0);
}

static void pi_errors(void)
{
	uint32_t word = 0, me = (uint32_t)syscall(SYS_gettid);
	struct timespec past = { 1, 0 };

	CHECK_FAILS(futex_pi(&word, FUTEX_UNLOCK_PI, NULL), EPERM);
	CHECK_EQ(futex_pi(&word, FUTEX_LOCK_PI, NULL), 0);
	CHECK_EQ(word, me);
	CHECK_FAILS(futex_pi(&word, FUTEX_LOCK_PI, NULL), EDEADLK);
	CHECK_FAILS(futex_pi(&word, FUTEX_TRYLOCK_PI, NULL), EDEADLK);
	CHECK_EQ(futex_pi(&word, FUTEX_UNLOCK_PI, NULL), 0);
	CHECK_EQ(word, 0);
	word = 0x3ffffffe;	/* no such thread */
	CHECK_FAILS(futex_pi(&word, FUTEX_LOCK_PI, NULL), ESRCH);
	word = 1;
	CHECK_FAILS(futex_pi(&word, FUTEX_LOCK_PI, &past), ETIMEDOUT);
	CHECK_FAILS(futex_pi((uint32_t *)8, FUTEX_LOCK_PI, NULL), EFAULT);
	CHECK_FAILS(futex_pi((uint32_t *)((char *)&word + 1), FUTEX_LOCK_PI, NULL), EINVAL);
}

static uint32_t *pi_word;
static volatile long *pi_sum;

static void *pi_thread(void *arg)
{
	uint32_t me = (uint32_t)syscall(SYS_gettid);

	for (int i = 0; i < 2000; i++) {
		uint32_t zero = 0;

		if (!__atomic_compare_exchange_n(pi_word, &zero, me, 0, __ATOMIC_ACQUIRE,
						 __ATOMIC_RELAXED) &&
		    futex_pi(pi_word, FUTEX_LOCK_PI, NULL))
			return arg;
		long was = *pi_sum;

		if (i % 8 == 0)
			sched_yield();
		*pi_sum = was + 1;
		if (!__atomic_compare_exchange_n(pi_word, &me, 0, 0, __ATOMIC_RELEASE,
						 __ATOMIC_RELAXED)) {
			me = (uint32_t)syscall(SYS_gettid);
			if (futex_pi(pi_word, FUTEX_UNLOCK_PI, NULL))
				return arg;
		}
	}
	return NULL;
}

static void pi_excludes(void)
{
	pthread_t threads[4];
	uint32_t word = 0;
	long sum = 0;
	void *failed;

	pi_word = &word;
	pi_sum = &sum;
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, pi_thread, &word), 0);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(pthread_join(threads[i], &failed), 0);
		CHECK(!failed);
	}
	CHECK_EQ(sum, 8000);
	CHECK_EQ(word, 0);
}

static const struct ktap_test tests[] = {
	TEST(mutexes), TEST(condition_variables), TEST(bounded_queue), TEST(barriers),
	TEST(once_and_own_storage), TEST(read_write_lock), TEST(recursive_mutex),
	TEST(robust_mutex), TEST(exit_group_in_a_thread), TEST(exec_in_a_thread),
	TEST(signal_to_a_thread), TEST(signals_are_waited_for), TEST(cancelling),
	TEST(pi_errors), TEST(pi_excludes),
};

int main(int argc, char **argv)
{
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
