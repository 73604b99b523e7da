/* SPDX-License-Identifier: MIT */
/*
 * echo_peer: the far end of echo's calls across (echo.h).
 *
 * State: nothing to keep.
 */
#include <echo.h>
#include <module.h>

/* Returns the sum of its arguments. */
long peer_echo_6(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return (long)(a + b + c + d + e + f);
}
SYMBOL_EXPORT(peer_echo_6);

/* Returns `len`; looks at none of the bytes. */
long peer_echo_in(const void *buf, size_t len)
{
	return (long)len;
}
SYMBOL_EXPORT(peer_echo_in);

static long echo_peer_init(u32 flags)
{
	return 0;
}

static void echo_peer_exit(void)
{
}

MODULE("echo_peer", .description = "the far end of echo's calls across",
       .init = echo_peer_init, .exit = echo_peer_exit, .rank = RANK_HARDWARE);
