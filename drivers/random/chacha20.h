/* SPDX-License-Identifier: MIT */
/* The ChaCha20 block function (RFC 8439, 2.3). */
#ifndef RANDOM_CHACHA20_H
#define RANDOM_CHACHA20_H

#include <types.h>

#define CHACHA_KEY_WORDS 8
#define CHACHA_NONCE_WORDS 3
#define CHACHA_BLOCK_WORDS 16
#define CHACHA_BLOCK_BYTES 64

/* One block of key stream; words are little endian in memory. */
void chacha20_block(const u32 key[CHACHA_KEY_WORDS], u32 counter,
		    const u32 nonce[CHACHA_NONCE_WORDS],
		    u32 out[CHACHA_BLOCK_WORDS]);

#endif
