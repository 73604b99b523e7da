/* SPDX-License-Identifier: MIT */
/* random: a ChaCha20 generator behind /dev/random, /dev/urandom, getrandom(2). */
#ifndef INTERFACE_RANDOM_H
#define INTERFACE_RANDOM_H

#include <module.h>

INTERFACE_BEGIN

/* Fills `buf` with `len` random bytes (at most 256). */
long random_bytes(void *buf, size_t len);
CONTRACT(random_bytes, 0, ARG_OUT(buf, len, 256), ARG_VALUE(len));

INTERFACE_END

#endif
