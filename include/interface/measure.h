/* SPDX-License-Identifier: MIT */
/*
 * What the command line can ask of the test modules before the first program.
 * Module measure reads it and prints; the core makes the calls down.
 */
#ifndef INTERFACE_MEASURE_H
#define INTERFACE_MEASURE_H

#include <module.h>

/* What one call costs in TSC ticks, the smallest of many. */
enum measure_way {
	MEASURE_PLAIN,		/* a C call inside the core */
	MEASURE_DOWN,		/* to echo, six values; less a plain one */
	MEASURE_DOWN_BUFFER,	/* to echo, with MEASURE_BUFFER bytes; likewise */
};
#define MEASURE_CALLS 1000
#define MEASURE_BUFFER 4096

/* What came of a fault that faulty was told to commit. */
#define FAULT_ONCE 0x1
#define FAULT_FRESH 0x2

struct fault_outcome {
	s64 result;		/* of the call */
	s64 count;		/* faulty_count() after it */
	u32 resets;
	char state[24];
};

INTERFACE_BEGIN

/* Of the module: does what the command line says. */
long measure_run(void);
CONTRACT(measure_run, CALL_SLEEPS);
/* Of the core: ticks, or -ENOMEM. */
long core_measure(u32 way);
CONTRACT(core_measure, CALL_RESTARTABLE, ARG_VALUE(way));
/*
 * Calls faulty so that it commits `kind`; flags: FAULT_ONCE: by a restartable
 * call; FAULT_FRESH: former faults are forgotten first. -ENOENT: no such module.
 */
long core_fault(u32 kind, u32 flags, struct fault_outcome *outcome);
CONTRACT(core_fault, CALL_SLEEPS, ARG_VALUE(kind), ARG_VALUE(flags),
	 ARG_STRUCT_OUT(outcome, struct fault_outcome));

INTERFACE_END

#endif
