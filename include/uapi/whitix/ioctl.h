/* SPDX-License-Identifier: MIT */
/* ioctl numbers. */
#ifndef UAPI_WHITIX_IOCTL_H
#define UAPI_WHITIX_IOCTL_H

/* Numbers made by the _IOC scheme: direction << 30, size << 16, type << 8, nr. */
#define LINUX_IOC_DIR(cmd) (((cmd) >> 30) & 3)
#define LINUX_IOC_SIZE(cmd) (((cmd) >> 16) & 0x3fff)
#define LINUX_IOC_NONE 0
#define LINUX_IOC_WRITE 1	/* the program gives data */
#define LINUX_IOC_READ 2	/* the program gets data */

#define TCGETS 0x5401
#define TCSETS 0x5402
#define TCSETSW 0x5403
#define TCSETSF 0x5404
#define TCGETA 0x5405
#define TCSETA 0x5406
#define TCSETAW 0x5407
#define TCSETAF 0x5408
#define TCSBRK 0x5409
#define TCXONC 0x540A
#define TCFLSH 0x540B
#define TIOCEXCL 0x540C
#define TIOCNXCL 0x540D
#define TIOCSCTTY 0x540E
#define TIOCGPGRP 0x540F
#define TIOCSPGRP 0x5410
#define TIOCOUTQ 0x5411
#define TIOCSTI 0x5412
#define TIOCGWINSZ 0x5413
#define TIOCSWINSZ 0x5414
#define TIOCMGET 0x5415
#define TIOCMSET 0x5418
#define FIONREAD 0x541B
#define TIOCLINUX 0x541C
#define FIONBIO 0x5421
#define TIOCNOTTY 0x5422
#define TIOCSETD 0x5423
#define TIOCGETD 0x5424
#define TCSBRKP 0x5425
#define TIOCGSID 0x5429
#define TCGETS2 0x802C542A
#define TIOCGPTN 0x80045430
#define TIOCSPTLCK 0x40045431
#define FIONCLEX 0x5450
#define FIOCLEX 0x5451
#define FIOASYNC 0x5452

#define KDGKBTYPE 0x4B33
#define KDSETMODE 0x4B3A
#define KDGETMODE 0x4B3B
#define KDGKBMODE 0x4B44
#define KDSKBMODE 0x4B45
#define VT_OPENQRY 0x5600
#define VT_GETMODE 0x5601
#define VT_GETSTATE 0x5603
#define VT_ACTIVATE 0x5606
#define VT_WAITACTIVE 0x5607
#define KB_101 0x02

#define RNDGETENTCNT 0x80045200
#define RNDADDTOENTCNT 0x40045201
#define RNDADDENTROPY 0x40085203
#define RTC_RD_TIME 0x80247009
#define RTC_SET_TIME 0x4024700a
#define BLKGETSIZE64 0x80081272

#endif
