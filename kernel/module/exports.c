// SPDX-License-Identifier: MIT
/* What the core offers to modules about themselves, and to the test modules. */
#include <echo.h>
#include <errno.h>
#include <faulty.h>
#include <log.h>
#include <mm.h>

#include <core.h>

#include "internal.h"

/* See interface/core.h. The boundary ends the module's run. */
long module_bug(u32 self, const char *msg)
{
	struct module *m = module_by_id(self);

	if (!m)
		return -EINVAL;
	module_fault(m, REASON_BUG, NULL, msg);
	return -EIO;
}
SYMBOL_EXPORT(module_bug);

/* See interface/echo.h: the core's end of the way up. */
long core_echo_6(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return a + b + c + d + e + f;
}
SYMBOL_EXPORT(core_echo_6);

long core_echo_in(const void *buf, size_t len)
{
	return len;
}
SYMBOL_EXPORT(core_echo_in);

long core_call_faulty(u32 depth)
{
	return faulty_nest(depth);
}
SYMBOL_EXPORT(core_call_faulty);
