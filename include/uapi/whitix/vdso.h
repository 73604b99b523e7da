/* SPDX-License-Identifier: MIT */
/*
 * The page that the core keeps for the vDSO, just below it in each process.
 * Only realtime_base_ns changes once programs run: one store, so that a reader
 * sees the one time or the other and needs no lock.
 */
#ifndef UAPI_WHITIX_VDSO_H
#define UAPI_WHITIX_VDSO_H

#include <types.h>

struct vdso_data {
	u64 tsc_base;		/* TSC at kernel entry */
	u32 tsc_mult, tsc_shift;	/* ns = (tsc - tsc_base) * mult >> shift */
	u64 realtime_base_ns;	/* CLOCK_REALTIME minus time since kernel entry */
};

#endif
