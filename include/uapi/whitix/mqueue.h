/* SPDX-License-Identifier: MIT */
/* POSIX message queues, mq_overview(7). */
#ifndef UAPI_WHITIX_MQUEUE_H
#define UAPI_WHITIX_MQUEUE_H

#include <types.h>

#define MQ_PRIO_MAX 32768
#define MQ_NAME_MAX 255

/* Linux's limits, as they are when nobody changed them: of anyone, of root. */
#define MQ_MSG_DEFAULT 10
#define MQ_SIZE_DEFAULT 8192
#define MQ_MSG_MAX 10
#define MQ_SIZE_MAX 8192
#define MQ_MSG_MAX_ROOT 65536
#define MQ_SIZE_MAX_ROOT (16u << 20)
#define MQ_QUEUES_MAX 256
/* RLIMIT_MSGQUEUE, and what a message costs besides its bytes. */
#define MQ_BYTES_MAX 819200
#define MQ_MESSAGE_COST 48
#define MQ_PRIORITY_COST 48

struct linux_mq_attr {
	s64 flags, maxmsg, msgsize, curmsgs, reserved[4];
};

#endif
