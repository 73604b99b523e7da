// SPDX-License-Identifier: MIT
/*
 * threads: 16 threads with mutexes, condition variables and what else POSIX has
 * for them; built by musl (static) and by glibc (dynamic). Prints a line a test,
 * the same on every system; status 0 if all went well.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS 16
#define ROUNDS 2000
#define QUEUE 8
#define ITEMS 500		/* of each producer */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_cond_t taken = PTHREAD_COND_INITIALIZER;
static int failures;

static void check(const char *name, long got, long wanted)
{
	if (got == wanted) {
		printf("%s: %ld\n", name, got);
	} else {
		printf("%s: %ld, not %ld\n", name, got, wanted);
		failures++;
	}
}

/* Runs `run` in 16 threads, with numbers from 0; the sum of what they return. */
static long with_threads(void *(*run)(void *))
{
	pthread_t threads[THREADS];
	long sum = 0;
	void *result;

	for (long i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, run, (void *)i))
			exit(2);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		sum += (long)result;
	}
	return sum;
}

/* ---- one counter, one mutex ---- */

static long counter;

static void *count(void *number)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		long seen = counter;

		if (i % 100 == 0)
			sched_yield();
		counter = seen + 1;
		pthread_mutex_unlock(&lock);
	}
	return number;
}

/* ---- a bounded queue: 8 producers, 8 consumers ---- */

static int queue[QUEUE], used, head, producing = THREADS / 2;

static long produce(void)
{
	for (int i = 1; i <= ITEMS; i++) {
		pthread_mutex_lock(&lock);
		while (used == QUEUE)
			pthread_cond_wait(&taken, &lock);
		queue[(head + used++) % QUEUE] = i;
		pthread_cond_signal(&changed);
		pthread_mutex_unlock(&lock);
	}
	pthread_mutex_lock(&lock);
	if (--producing == 0)
		pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return 0;
}

static long consume(void)
{
	long sum = 0;

	pthread_mutex_lock(&lock);
	for (;;) {
		while (!used && producing)
			pthread_cond_wait(&changed, &lock);
		if (!used)
			break;
		sum += queue[head];
		head = (head + 1) % QUEUE;
		used--;
		pthread_cond_signal(&taken);
	}
	pthread_mutex_unlock(&lock);
	return sum;
}

static void *either(void *number)
{
	return (void *)((long)number % 2 ? produce() : consume());
}

/* ---- turns: each thread waits for its own ---- */

static long turn;

static void *in_turn(void *number)
{
	for (int round = 0; round < 20; round++) {
		pthread_mutex_lock(&lock);
		while (turn % THREADS != (long)number)
			pthread_cond_wait(&changed, &lock);
		turn++;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

/* ---- barrier, once, read-write lock, semaphore, own storage ---- */

static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_key_t key;
static sem_t semaphore;
static __thread long own;
static long once_runs, destroyed, pair[2];

static void run_once(void)
{
	once_runs++;
}

static void destroy(void *value)
{
	__atomic_add_fetch(&destroyed, (long)value, __ATOMIC_RELAXED);
}

static void *meet(void *number)
{
	long serial = 0;

	pthread_once(&once, run_once);
	own = (long)number;
	pthread_setspecific(key, (void *)((long)number + 1));
	for (int i = 0; i < 10; i++)
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			serial++;
	return (void *)(own == (long)number ? serial : -1000);
}

static void *read_write(void *number)
{
	long wrong = 0;

	for (int i = 0; i < 200; i++) {
		if ((long)number % 4 == 0) {
			pthread_rwlock_wrlock(&rwlock);
			pair[0]++;
			sched_yield();
			pair[1]++;
		} else {
			pthread_rwlock_rdlock(&rwlock);
			wrong += pair[0] != pair[1];
		}
		pthread_rwlock_unlock(&rwlock);
		sem_wait(&semaphore);
		sem_post(&semaphore);
	}
	return (void *)wrong;
}

/* ---- cancelling, signals to threads, time-outs, kinds of mutex ---- */

static void *sleep_long(void *number)
{
	sleep(1000);
	return number;
}

static long cancelled(void)
{
	pthread_t threads[THREADS];
	void *result;
	long n = 0;

	for (long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, sleep_long, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_cancel(threads[i]);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		n += result == PTHREAD_CANCELED;
	}
	return n;
}

static void *await_signal(void *number)
{
	sigset_t set;
	int sig = 0;

	(void)number;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigwait(&set, &sig);
	return (void *)(long)(sig == SIGUSR1);
}

static long signalled(void)
{
	pthread_t threads[THREADS];
	sigset_t set;
	void *result;
	long n = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, await_signal, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_kill(threads[i], SIGUSR1);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		n += (long)result;
	}
	return n;
}

static long times_out(void)
{
	struct timespec when;
	int error = 0;

	clock_gettime(CLOCK_REALTIME, &when);
	when.tv_nsec += 20000000;
	if (when.tv_nsec >= 1000000000) {
		when.tv_sec++;
		when.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&lock);
	while (!error)
		error = pthread_cond_timedwait(&changed, &lock, &when);
	pthread_mutex_unlock(&lock);
	return error;
}

static void *die_with_it(void *mutex)
{
	pthread_mutex_lock(mutex);
	return NULL;
}

static long owner_died(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t mutex;
	pthread_t thread;
	long error;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&mutex, &attr);
	pthread_create(&thread, NULL, die_with_it, &mutex);
	pthread_join(thread, NULL);
	error = pthread_mutex_lock(&mutex);
	if (pthread_mutex_consistent(&mutex))
		return -1;
	pthread_mutex_unlock(&mutex);
	return error;
}

static long recursive(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t mutex;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&mutex, &attr);
	pthread_mutex_lock(&mutex);
	return pthread_mutex_trylock(&mutex) + pthread_mutex_unlock(&mutex) +
	       pthread_mutex_unlock(&mutex);
}

int main(void)
{
	check("numbers", with_threads(count), THREADS * (THREADS - 1) / 2);
	check("counter", counter, (long)THREADS * ROUNDS);
	check("queue", with_threads(either), (long)THREADS / 2 * ITEMS * (ITEMS + 1) / 2);
	with_threads(in_turn);
	check("turns", turn, THREADS * 20);
	pthread_barrier_init(&barrier, NULL, THREADS);
	pthread_key_create(&key, destroy);
	check("barrier", with_threads(meet), 10);
	check("once", once_runs, 1);
	check("own storage", destroyed, THREADS * (THREADS + 1) / 2);
	sem_init(&semaphore, 0, 3);
	check("read-write lock", with_threads(read_write), 0);
	check("written", pair[0], THREADS / 4 * 200);
	check("cancelled", cancelled(), THREADS);
	check("signalled", signalled(), THREADS);
	check("timed out", times_out(), ETIMEDOUT);
	check("owner died", owner_died(), EOWNERDEAD);
	check("recursive", recursive(), 0);
	puts(failures ? "failed" : "all well");
	return failures != 0;
}
