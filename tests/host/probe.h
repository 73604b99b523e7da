/* SPDX-License-Identifier: MIT */
/* The runtime, seen from outside: see probe.c. */
#ifndef TESTS_HOST_PROBE_H
#define TESTS_HOST_PROBE_H

#include <module.h>

INTERFACE_BEGIN

void *probe_kmalloc(size_t size);
void *probe_kzalloc(size_t size);
void *probe_kcalloc(size_t n, size_t size);
void *probe_krealloc(void *p, size_t size);
void probe_kfree(void *p);
size_t probe_ksize(void *p);
char *probe_kstrdup(const char *s);
void probe_drain(void);
void probe_count(u64 count);
u64 probe_counter(void);
bool probe_trylock(void);
void probe_lock(bool second);
void probe_unlock(bool second);
void probe_log(const char *text, u32 number);
void probe_bug_on(bool broken);
u64 probe_ktime(void);
u64 probe_realtime(void);

INTERFACE_END

#endif
