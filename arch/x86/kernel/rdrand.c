/* SPDX-License-Identifier: MIT */
/* Random numbers of the CPU. Intel SDM vol. 1, 7.3.17. */
#include <asm/tsc.h>
#include <cpu.h>

#define TRIES 10		/* what Intel says is enough */

/* See asm/tsc.h. */
bool rdrand64(u64 *value)
{
	bool ok = false;
	int i;

	for (i = 0; cpu_features.rdrand && !ok && i < TRIES; i++)
		__asm__ volatile("rdrand %0; setc %1"
				 : "=r"(*value), "=qm"(ok) : : "cc");
	return ok;
}
