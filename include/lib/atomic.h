/* SPDX-License-Identifier: MIT */
/*
 * Atomic operations on plain integers and pointers, sequentially consistent
 * unless the name says otherwise.
 */
#ifndef LIB_ATOMIC_H
#define LIB_ATOMIC_H

#include <types.h>

#define atomic_load(p) __atomic_load_n(p, __ATOMIC_SEQ_CST)
#define atomic_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define atomic_store(p, v) __atomic_store_n(p, v, __ATOMIC_SEQ_CST)
#define atomic_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

/* These return the new value. */
#define atomic_add(p, v) __atomic_add_fetch(p, v, __ATOMIC_SEQ_CST)
#define atomic_sub(p, v) __atomic_sub_fetch(p, v, __ATOMIC_SEQ_CST)

/* These return the old value. */
#define atomic_xchg(p, v) __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#define atomic_or(p, v) __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST)
#define atomic_and(p, v) __atomic_fetch_and(p, v, __ATOMIC_SEQ_CST)

/*
 * Stores `desired` if *p is `expected`. Returns what was found: it was stored
 * if that is `expected`.
 */
#define atomic_cmpxchg(p, expected, desired) __extension__({ \
	__typeof__(*(p)) atomic_old = (expected); \
	__atomic_compare_exchange_n(p, &atomic_old, desired, false, \
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	atomic_old; \
})

/* Stops the compiler, not the CPU, from moving accesses across. */
#define barrier() __asm__ volatile("" : : : "memory")

#endif
