/* SPDX-License-Identifier: MIT */
/* capget(2), capset(2), capabilities(7): those that the core asks for. */
#ifndef UAPI_WHITIX_CAPABILITY_H
#define UAPI_WHITIX_CAPABILITY_H

#define CAPABILITY_VERSION_1 0x19980330
#define CAPABILITY_VERSION_2 0x20071026
#define CAPABILITY_VERSION_3 0x20080522

#define CAP_KILL 5
#define CAP_SETGID 6
#define CAP_SETUID 7
#define CAP_SETPCAP 8
#define CAP_IPC_LOCK 14
#define CAP_SYS_CHROOT 18
#define CAP_SYS_PTRACE 19
#define CAP_SYS_ADMIN 21
#define CAP_SYS_BOOT 22
#define CAP_SYS_NICE 23
#define CAP_SYS_RESOURCE 24
#define CAP_SYS_TIME 25
#define CAP_SYS_TTY_CONFIG 26
#define CAP_SYSLOG 34
#define CAPS 41
#define CAPS_ALL ((1ull << CAPS) - 1)

#endif
