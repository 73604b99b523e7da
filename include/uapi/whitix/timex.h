/* SPDX-License-Identifier: MIT */
/* adjtimex(2), as Linux has it for x86_64. */
#ifndef WHITIX_TIMEX_H
#define WHITIX_TIMEX_H

#include <types.h>

#define ADJ_OFFSET 0x0001
#define ADJ_FREQUENCY 0x0002
#define ADJ_MAXERROR 0x0004
#define ADJ_ESTERROR 0x0008
#define ADJ_STATUS 0x0010
#define ADJ_TIMECONST 0x0020
#define ADJ_TAI 0x0080
#define ADJ_SETOFFSET 0x0100
#define ADJ_MICRO 0x1000
#define ADJ_NANO 0x2000
#define ADJ_TICK 0x4000
/* adjtime(3): bit ADJ_ADJTIME, with the others that it goes with. */
#define ADJ_ADJTIME 0x8000
#define ADJ_OFFSET_SINGLESHOT 0x0001
#define ADJ_OFFSET_READONLY 0x2000

#define STA_UNSYNC 0x0040
#define STA_CLOCKERR 0x1000
#define STA_NANO 0x2000
#define STA_RONLY 0xff00u	/* not for programs to set */

#define TIME_OK 0
#define TIME_ERROR 5
#define TIMEX_TOLERANCE 32768000	/* 500 ppm, in 2^-16 ppm */

struct linux_timex {
	u32 modes;
	s64 offset, freq, max_error, est_error;
	s32 status;
	s64 constant, precision, tolerance;
	s64 time_seconds, time_fraction;	/* us; ns with STA_NANO */
	s64 tick;
	s64 pps_freq, jitter;
	s32 shift;
	s64 stability, jitter_count, calibration_count, error_count, stability_count;
	s32 tai;
	s32 reserved[11];
};

_Static_assert(sizeof(struct linux_timex) == 208, "struct timex");

#endif
