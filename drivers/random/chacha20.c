/* SPDX-License-Identifier: MIT */
/* The ChaCha20 block function (RFC 8439, 2.1 to 2.3). Pure. */
#include "chacha20.h"

#define DOUBLE_ROUNDS 10

static u32 rotate(u32 v, u32 by)
{
	return v << by | v >> (32 - by);
}

static __always_inline void quarter_round(u32 *a, u32 *b, u32 *c, u32 *d)
{
	*a += *b;
	*d = rotate(*d ^ *a, 16);
	*c += *d;
	*b = rotate(*b ^ *c, 12);
	*a += *b;
	*d = rotate(*d ^ *a, 8);
	*c += *d;
	*b = rotate(*b ^ *c, 7);
}

void chacha20_block(const u32 key[CHACHA_KEY_WORDS], u32 counter,
		    const u32 nonce[CHACHA_NONCE_WORDS],
		    u32 out[CHACHA_BLOCK_WORDS])
{
	/* "expand 32-byte k" */
	const u32 initial[CHACHA_BLOCK_WORDS] = {
		0x61707865, 0x3320646e, 0x79622d32, 0x6b206574,
		key[0], key[1], key[2], key[3], key[4], key[5], key[6], key[7],
		counter, nonce[0], nonce[1], nonce[2],
	};
	u32 s[CHACHA_BLOCK_WORDS];

	for (u32 i = 0; i < CHACHA_BLOCK_WORDS; i++)
		s[i] = initial[i];
	for (u32 i = 0; i < DOUBLE_ROUNDS; i++) {
		quarter_round(&s[0], &s[4], &s[8], &s[12]);
		quarter_round(&s[1], &s[5], &s[9], &s[13]);
		quarter_round(&s[2], &s[6], &s[10], &s[14]);
		quarter_round(&s[3], &s[7], &s[11], &s[15]);
		quarter_round(&s[0], &s[5], &s[10], &s[15]);
		quarter_round(&s[1], &s[6], &s[11], &s[12]);
		quarter_round(&s[2], &s[7], &s[8], &s[13]);
		quarter_round(&s[3], &s[4], &s[9], &s[14]);
	}
	for (u32 i = 0; i < CHACHA_BLOCK_WORDS; i++)
		out[i] = s[i] + initial[i];
}
