/* SPDX-License-Identifier: MIT */
/* poll(2), select(2). */
#ifndef UAPI_WHITIX_POLL_H
#define UAPI_WHITIX_POLL_H

#include <types.h>

#define POLLIN 0x001
#define POLLPRI 0x002
#define POLLOUT 0x004
#define POLLERR 0x008
#define POLLHUP 0x010
#define POLLNVAL 0x020
#define POLLRDNORM 0x040
#define POLLRDBAND 0x080
#define POLLWRNORM 0x100
#define POLLWRBAND 0x200
#define POLLRDHUP 0x2000

struct linux_pollfd {
	s32 fd;
	s16 events, revents;
};

#define LINUX_FD_SETSIZE 1024

#endif
