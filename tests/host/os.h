/* SPDX-License-Identifier: MIT */
/*
 * What the shim needs of Linux, apart from it: some of the core's names are
 * also names of the C library's headers.
 */
#ifndef TESTS_HOST_OS_H
#define TESTS_HOST_OS_H

#include <types.h>

/* The one lock of the shim. */
void os_lock(void);
void os_unlock(void);
/*
 * Lets go of the lock, sleeps until os_broadcast() or for `timeout_ns` (0: no
 * limit), and takes it again. False: the time is over. When every thread would
 * sleep without limit the test ends with a message.
 */
bool os_wait(u64 timeout_ns);
void os_broadcast(void);

/* Runs fn(arg) in a thread of its own. Ended ones are waited for by join. */
void os_thread_start(void (*fn)(void *), void *arg);
void os_threads_join(void);
void os_sleep(u64 ns);

u64 os_ns(void);		/* a clock that only goes forward */
u64 os_realtime_ns(void);

/* Pages at a fixed address; zeroed. False: Linux does not give them. */
bool os_pages_map(u64 addr, u64 len);
void os_pages_unmap(u64 addr, u64 len);
void os_pages_protect(u64 addr, u64 len, bool writable);

#endif
