/* SPDX-License-Identifier: MIT */
/* Terminals: struct termios of the system calls, flags, window size. */
#ifndef UAPI_WHITIX_TERMIOS_H
#define UAPI_WHITIX_TERMIOS_H

#include <types.h>

#define NCCS 19

/* What TCGETS and TCSETS* pass: 36 bytes, no speeds. */
struct linux_termios {
	u32 c_iflag, c_oflag, c_cflag, c_lflag;
	u8 c_line;
	u8 c_cc[NCCS];
};
_Static_assert(sizeof(struct linux_termios) == 36, "Linux's kernel termios");

/* TCGETS2 and TCSETS2*: the same and the speeds in bits a second. */
struct linux_termios2 {
	struct linux_termios base;
	u32 c_ispeed, c_ospeed;
};
_Static_assert(sizeof(struct linux_termios2) == 44, "Linux's termios2");

/* TCGETA and TCSETA*: System V's. */
#define NCC 8
struct linux_termio {
	u16 c_iflag, c_oflag, c_cflag, c_lflag;
	u8 c_line;
	u8 c_cc[NCC];
};

/* TIOCGSERIAL. Pointers are numbers here: nobody follows them. */
struct linux_serial {
	s32 type, line;
	u32 port;
	s32 irq, flags, xmit_fifo_size, custom_divisor, baud_base;
	u16 close_delay;
	u8 io_type, reserved;
	s32 hub6;
	u16 closing_wait, closing_wait2;
	u64 iomem_base;
	u16 iomem_reg_shift;
	u32 port_high;
	u64 iomap_base;
};
_Static_assert(sizeof(struct linux_serial) == 72, "Linux's serial_struct");
#define PORT_16550A 4

/* TIOCGICOUNT. */
struct linux_serial_icounter {
	s32 cts, dsr, rng, dcd, rx, tx, frame, overrun, parity, brk, buf_overrun;
	s32 reserved[9];
};

/* TIOCMGET and its like. */
#define TIOCM_DTR 0x002
#define TIOCM_RTS 0x004
#define TIOCM_CTS 0x020
#define TIOCM_CAR 0x040
#define TIOCM_RNG 0x080
#define TIOCM_DSR 0x100

/* Packet mode: the first byte of what a master reads. */
#define TIOCPKT_DATA 0
#define TIOCPKT_FLUSHREAD 1
#define TIOCPKT_FLUSHWRITE 2
#define TIOCPKT_STOP 4
#define TIOCPKT_START 8
#define TIOCPKT_NOSTOP 16
#define TIOCPKT_DOSTOP 32
#define TIOCPKT_IOCTL 64

struct linux_winsize {
	u16 ws_row, ws_col, ws_xpixel, ws_ypixel;
};

#define VINTR 0
#define VQUIT 1
#define VERASE 2
#define VKILL 3
#define VEOF 4
#define VTIME 5
#define VMIN 6
#define VSWTC 7
#define VSTART 8
#define VSTOP 9
#define VSUSP 10
#define VEOL 11
#define VREPRINT 12
#define VDISCARD 13
#define VWERASE 14
#define VLNEXT 15
#define VEOL2 16

#define IGNBRK 0000001
#define BRKINT 0000002
#define IGNPAR 0000004
#define PARMRK 0000010
#define INPCK 0000020
#define ISTRIP 0000040
#define INLCR 0000100
#define IGNCR 0000200
#define ICRNL 0000400
#define IUCLC 0001000
#define IXON 0002000
#define IXANY 0004000
#define IXOFF 0010000
#define IMAXBEL 0020000
#define IUTF8 0040000

#define OPOST 0000001
#define OLCUC 0000002
#define ONLCR 0000004
#define OCRNL 0000010
#define ONOCR 0000020
#define ONLRET 0000040
#define TABDLY 0014000
#define XTABS 0014000

#define CBAUD 0010017
#define CBAUDEX 0010000
#define B0 0000000
#define BOTHER CBAUDEX
#define IBSHIFT 16
#define B9600 0000015
#define B38400 0000017
#define B57600 0010001
#define B115200 0010002
#define CSIZE 0000060
#define CS5 0000000
#define CS6 0000020
#define CS7 0000040
#define CS8 0000060
#define CSTOPB 0000100
#define CREAD 0000200
#define PARENB 0000400
#define PARODD 0001000
#define HUPCL 0002000
#define CLOCAL 0004000
#define CRTSCTS 020000000000

#define ISIG 0000001
#define ICANON 0000002
#define XCASE 0000004
#define ECHO 0000010
#define ECHOE 0000020
#define ECHOK 0000040
#define ECHONL 0000100
#define NOFLSH 0000200
#define TOSTOP 0000400
#define ECHOCTL 0001000
#define ECHOPRT 0002000
#define ECHOKE 0004000
#define FLUSHO 0010000
#define PENDIN 0040000
#define IEXTEN 0100000

#define TCIFLUSH 0
#define TCOFLUSH 1
#define TCIOFLUSH 2

#endif
