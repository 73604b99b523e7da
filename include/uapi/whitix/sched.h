/* SPDX-License-Identifier: MIT */
/* Scheduling: sched(7), getpriority(2). */
#ifndef UAPI_WHITIX_SCHED_H
#define UAPI_WHITIX_SCHED_H

#define SCHED_OTHER 0
#define SCHED_FIFO 1
#define SCHED_RR 2
#define SCHED_BATCH 3
#define SCHED_IDLE 5
#define SCHED_DEADLINE 6
#define SCHED_RESET_ON_FORK 0x40000000
#define SCHED_BEST 99		/* most of sched_priority, from 1 */

#define PRIO_PROCESS 0
#define PRIO_PGRP 1
#define PRIO_USER 2
#define NICE_LEAST (-20)
#define NICE_MOST 19

#endif
