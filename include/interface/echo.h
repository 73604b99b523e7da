/* SPDX-License-Identifier: MIT */
/*
 * echo: calls that do nothing, for measuring and checking crossings; and the
 * same calls offered by the core, and by `echo_peer`, so that echo can measure
 * the ways up and across.
 */
#ifndef INTERFACE_ECHO_H
#define INTERFACE_ECHO_H

#include <module.h>

#define ECHO_BUFFER_MAX 8192

enum echo_way { ECHO_WAY_LOCAL, ECHO_WAY_UP, ECHO_WAY_ACROSS };

INTERFACE_BEGIN

/* Return the sum of their arguments. */
long echo_0(void);
CONTRACT(echo_0, CALL_RESTARTABLE);
long echo_1(u64 a);
CONTRACT(echo_1, CALL_RESTARTABLE, ARG_VALUE(a));
long echo_2(u64 a, u64 b);
CONTRACT(echo_2, CALL_RESTARTABLE, ARG_VALUE(a), ARG_VALUE(b));
long echo_3(u64 a, u64 b, u64 c);
CONTRACT(echo_3, CALL_RESTARTABLE, ARG_VALUE(a), ARG_VALUE(b), ARG_VALUE(c));
long echo_4(u64 a, u64 b, u64 c, u64 d);
CONTRACT(echo_4, CALL_RESTARTABLE, ARG_VALUE(a), ARG_VALUE(b), ARG_VALUE(c),
	 ARG_VALUE(d));
long echo_5(u64 a, u64 b, u64 c, u64 d, u64 e);
CONTRACT(echo_5, CALL_RESTARTABLE, ARG_VALUE(a), ARG_VALUE(b), ARG_VALUE(c),
	 ARG_VALUE(d), ARG_VALUE(e));
long echo_6(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);
CONTRACT(echo_6, CALL_RESTARTABLE, ARG_VALUE(a), ARG_VALUE(b), ARG_VALUE(c),
	 ARG_VALUE(d), ARG_VALUE(e), ARG_VALUE(f));
/* Does nothing with `len` bytes of `buf`: returns len. */
long echo_in(const void *buf, size_t len);
CONTRACT(echo_in, CALL_RESTARTABLE, ARG_IN(buf, len, ECHO_BUFFER_MAX),
	 ARG_VALUE(len));
/* Fills `len` bytes of `out` with `in`, each byte plus one: returns len. */
long echo_copy(const void *in, void *out, size_t len);
CONTRACT(echo_copy, CALL_RESTARTABLE, ARG_IN(in, len, ECHO_BUFFER_MAX),
	 ARG_OUT(out, len, ECHO_BUFFER_MAX), ARG_VALUE(len));
/* Length of a string: checks strings. */
long echo_string(const char *s);
CONTRACT(echo_string, CALL_RESTARTABLE, ARG_STRING(s, 256));
/*
 * Runs `count` calls of six arguments (size 0) or with a buffer of `size`
 * bytes to the core or to echo_peer (enum echo_way) and returns the smallest
 * number of TSC ticks that one took. ECHO_WAY_LOCAL: a plain C call.
 */
long echo_measure(u32 way, u32 count, u32 size);
CONTRACT(echo_measure, CALL_RESTARTABLE, ARG_VALUE(way), ARG_VALUE(count),
	 ARG_VALUE(size));

/* The core's end of the way up. */
long core_echo_6(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);
CONTRACT(core_echo_6, CALL_RESTARTABLE, ARG_VALUE(a), ARG_VALUE(b), ARG_VALUE(c),
	 ARG_VALUE(d), ARG_VALUE(e), ARG_VALUE(f));
long core_echo_in(const void *buf, size_t len);
CONTRACT(core_echo_in, CALL_RESTARTABLE | CALL_INPLACE, ARG_IN(buf, len, ECHO_BUFFER_MAX),
	 ARG_VALUE(len));
/* echo_peer's end of the way across. */
long peer_echo_6(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);
CONTRACT(peer_echo_6, CALL_RESTARTABLE, ARG_VALUE(a), ARG_VALUE(b), ARG_VALUE(c),
	 ARG_VALUE(d), ARG_VALUE(e), ARG_VALUE(f));
long peer_echo_in(const void *buf, size_t len);
CONTRACT(peer_echo_in, CALL_RESTARTABLE, ARG_IN(buf, len, ECHO_BUFFER_MAX),
	 ARG_VALUE(len));

INTERFACE_END

#endif
