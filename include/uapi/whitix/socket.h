/* SPDX-License-Identifier: MIT */
/* Sockets: socket(2), send(2), recv(2), socket(7), unix(7), cmsg(3). */
#ifndef UAPI_WHITIX_SOCKET_H
#define UAPI_WHITIX_SOCKET_H

#include <types.h>

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_MAX 46

#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_SEQPACKET 5
#define SOCK_MAX 11
#define SOCK_TYPE_MASK 0xf
#define SOCK_CLOEXEC 02000000
#define SOCK_NONBLOCK 00004000

#define SHUT_RD 0
#define SHUT_WR 1
#define SHUT_RDWR 2
#define SOMAXCONN 4096

#define MSG_OOB 0x1
#define MSG_PEEK 0x2
#define MSG_CTRUNC 0x8
#define MSG_TRUNC 0x20
#define MSG_DONTWAIT 0x40
#define MSG_EOR 0x80
#define MSG_WAITALL 0x100
#define MSG_ERRQUEUE 0x2000
#define MSG_NOSIGNAL 0x4000
#define MSG_WAITFORONE 0x10000
#define MSG_CMSG_CLOEXEC 0x40000000

#define SOL_SOCKET 1

#define SO_DEBUG 1
#define SO_REUSEADDR 2
#define SO_TYPE 3
#define SO_ERROR 4
#define SO_DONTROUTE 5
#define SO_BROADCAST 6
#define SO_SNDBUF 7
#define SO_RCVBUF 8
#define SO_KEEPALIVE 9
#define SO_OOBINLINE 10
#define SO_PRIORITY 12
#define SO_LINGER 13
#define SO_REUSEPORT 15
#define SO_PASSCRED 16
#define SO_PEERCRED 17
#define SO_RCVLOWAT 18
#define SO_SNDLOWAT 19
#define SO_RCVTIMEO 20
#define SO_SNDTIMEO 21
#define SO_ACCEPTCONN 30
#define SO_SNDBUFFORCE 32
#define SO_RCVBUFFORCE 33
#define SO_PROTOCOL 38
#define SO_DOMAIN 39
#define SO_PEEK_OFF 42
#define SO_RCVTIMEO_NEW 66
#define SO_SNDTIMEO_NEW 67

#define SCM_RIGHTS 1
#define SCM_CREDENTIALS 2
#define SCM_MAX_FD 253

struct linux_ucred {
	u32 pid, uid, gid;
};

struct linux_msghdr {
	u64 name;
	s32 namelen;
	u32 pad;
	u64 iov, iovlen;
	u64 control, controllen;
	u32 flags;
	u32 pad2;
};

struct linux_mmsghdr {
	struct linux_msghdr hdr;
	u32 len;
	u32 pad;
};

struct linux_cmsghdr {
	u64 len;		/* with this header */
	s32 level, type;
};
#define CMSG_ALIGN(len) (((len) + 7) & ~7ul)

#define UNIX_PATH_MAX 108

struct linux_sockaddr_un {
	u16 family;
	char path[UNIX_PATH_MAX];
};

struct linux_linger {
	s32 onoff, linger;
};

#endif
