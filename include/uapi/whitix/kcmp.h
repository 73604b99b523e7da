/* SPDX-License-Identifier: MIT */
/* kcmp(2): what is compared. */
#ifndef UAPI_WHITIX_KCMP_H
#define UAPI_WHITIX_KCMP_H

enum { KCMP_FILE, KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND, KCMP_IO, KCMP_SYSVSEM,
       KCMP_EPOLL_TFD };

#endif
