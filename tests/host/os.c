/* SPDX-License-Identifier: MIT */
/* Threads, time and pages of the host, for the shim (os.h). */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "os.h"

#define THREADS_MAX 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved;
static pthread_t thread[THREADS_MAX];
static u32 nthreads;		/* started and not joined; lock */
static u32 running = 1;		/* not ended; lock */
static u32 sleeping;		/* in os_wait() without limit; lock */

struct start {
	void (*fn)(void *);
	void *arg;
};

static void check(int err, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "shim: %s: error %d\n", what, err);
	abort();
}

static void __attribute__((constructor)) os_init(void)
{
	pthread_condattr_t attr;

	check(pthread_condattr_init(&attr), "condattr");
	check(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC), "clock");
	check(pthread_cond_init(&moved, &attr), "cond");
}

void os_lock(void)
{
	check(pthread_mutex_lock(&lock), "lock");
}

void os_unlock(void)
{
	check(pthread_mutex_unlock(&lock), "unlock");
}

bool os_wait(u64 timeout_ns)
{
	struct timespec until;
	u64 ns = os_ns() + timeout_ns;
	int err;

	if (timeout_ns) {
		until.tv_sec = (time_t)(ns / NSEC_PER_SEC);
		until.tv_nsec = (long)(ns % NSEC_PER_SEC);
		err = pthread_cond_timedwait(&moved, &lock, &until);
		if (err && err != ETIMEDOUT)
			check(err, "wait");
		return !err;
	}
	if (++sleeping == running) {
		fprintf(stderr, "shim: every thread sleeps for ever\n");
		abort();
	}
	check(pthread_cond_wait(&moved, &lock), "wait");
	sleeping--;
	return true;
}

void os_broadcast(void)
{
	check(pthread_cond_broadcast(&moved), "broadcast");
}

static void *thread_main(void *data)
{
	struct start start = *(struct start *)data;

	free(data);
	start.fn(start.arg);
	os_lock();
	running--;
	os_unlock();
	return NULL;
}

void os_thread_start(void (*fn)(void *), void *arg)
{
	struct start *start = malloc(sizeof(*start));

	if (!start || nthreads == THREADS_MAX)
		check(ENOMEM, "thread");
	*start = (struct start){ fn, arg };
	os_lock();
	running++;
	check(pthread_create(&thread[nthreads++], NULL, thread_main, start),
	      "thread");
	os_unlock();
}

void os_threads_join(void)
{
	while (nthreads)
		check(pthread_join(thread[--nthreads], NULL), "join");
}

void os_sleep(u64 ns)
{
	struct timespec t = { (time_t)(ns / NSEC_PER_SEC), (long)(ns % NSEC_PER_SEC) };

	nanosleep(&t, NULL);
}

static u64 clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (u64)t.tv_sec * NSEC_PER_SEC + (u64)t.tv_nsec;
}

u64 os_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

u64 os_realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

bool os_pages_map(u64 addr, u64 len)
{
	return mmap((void *)addr, len, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == (void *)addr;
}

/* The addresses stay reserved, so that a stray access is noticed. */
void os_pages_unmap(u64 addr, u64 len)
{
	if (mmap((void *)addr, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
		 MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED)
		check(errno, "munmap");
}

void os_pages_protect(u64 addr, u64 len, bool writable)
{
	if (mprotect((void *)addr, len, PROT_READ | (writable ? PROT_WRITE : 0)))
		check(errno, "mprotect");
}
