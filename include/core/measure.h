/* SPDX-License-Identifier: MIT */
/* kernel/measure.c: costs of calls and faults on demand, by the command line. */
#ifndef CORE_MEASURE_H
#define CORE_MEASURE_H

void measure_run(void);

#endif
