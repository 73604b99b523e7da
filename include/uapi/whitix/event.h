/* SPDX-License-Identifier: MIT */
/* eventfd(2), timerfd_create(2), signalfd(2), epoll(7), inotify(7). */
#ifndef UAPI_WHITIX_EVENT_H
#define UAPI_WHITIX_EVENT_H

#include <types.h>
#include <whitix/process.h>

/* The flags CLOEXEC and NONBLOCK of all of them are O_CLOEXEC and O_NONBLOCK. */
#define EFD_SEMAPHORE 1

#define CLOCK_REALTIME_ALARM 8
#define CLOCK_BOOTTIME_ALARM 9
#define TFD_TIMER_ABSTIME 1
#define TFD_TIMER_CANCEL_ON_SET 2

struct linux_itimerspec {
	struct linux_timespec interval, value;
};

#define CLOCK_TAI 11
#define SIGEV_SIGNAL 0
#define SIGEV_NONE 1
#define SIGEV_THREAD 2
#define SIGEV_THREAD_ID 4
/* Clocks of another process or thread: ~id << 3 | THREAD | what. */
#define CPUCLOCK_THREAD 4
#define CPUCLOCK_VIRT 1
#define CPUCLOCK_KINDS 3
#define CPUCLOCK_OWN (-8)	/* of the caller */
#define CPUCLOCK_ID(clock) ((u32)~((s32)(clock) >> 3))

struct linux_sigevent {
	u64 value;
	s32 signo, notify, tid;
	u32 pad[11];
};
_Static_assert(sizeof(struct linux_sigevent) == 64, "Linux's size");

struct linux_signalfd_siginfo {
	u32 ssi_signo;
	s32 ssi_errno, ssi_code;
	u32 ssi_pid, ssi_uid;
	s32 ssi_fd;
	u32 ssi_tid, ssi_band, ssi_overrun, ssi_trapno;
	s32 ssi_status, ssi_int;
	u64 ssi_ptr, ssi_utime, ssi_stime, ssi_addr;
	u16 ssi_addr_lsb, pad2;
	s32 ssi_syscall;
	u64 ssi_call_addr;
	u32 ssi_arch;
	u8 pad[28];
};
_Static_assert(sizeof(struct linux_signalfd_siginfo) == 128, "Linux's size");

#define EPOLL_CTL_ADD 1
#define EPOLL_CTL_DEL 2
#define EPOLL_CTL_MOD 3
#define EPOLLEXCLUSIVE (1u << 28)
#define EPOLLWAKEUP (1u << 29)
#define EPOLLONESHOT (1u << 30)
#define EPOLLET (1u << 31)
#define EPOLL_MODES (EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)

struct linux_epoll_event {
	u32 events;
	u64 data;
} __attribute__((packed));

#endif
