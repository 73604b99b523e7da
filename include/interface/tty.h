/* SPDX-License-Identifier: MIT */
/*
 * Terminals. tty has the line discipline; below it are *ports* (serial line,
 * VGA console), which hardware modules register. Keyboards feed the console's
 * port through tty_input(). Each port is a device file that tty makes.
 */
#ifndef INTERFACE_TTY_H
#define INTERFACE_TTY_H

#include <module.h>

struct tty_port_ops {
	/*
	 * Writes what it can take now: bytes, possibly 0 (then it calls
	 * tty_writable() when there is room again).
	 */
	long (*write)(u64 port, const char *buf, size_t len);
	/* Rows << 16 | columns. */
	long (*size)(u64 port);
	/* Line settings of a serial port: baud rate and Linux's c_cflag. */
	long (*configure)(u64 port, u32 baud, u32 cflag);
};
CONTRACT(tty_port_ops__write, 0, ARG_VALUE(port), ARG_IN(buf, len, 4096),
	 ARG_VALUE(len));
CONTRACT(tty_port_ops__size, CALL_RESTARTABLE, ARG_VALUE(port));
CONTRACT(tty_port_ops__configure, CALL_RESTARTABLE, ARG_VALUE(port),
	 ARG_VALUE(baud), ARG_VALUE(cflag));
OPS_TABLE(tty_port_ops, write, size, configure);

INTERFACE_BEGIN

/*
 * Registers port `port` (the caller's number) as /dev/NAME with device number
 * `rdev`. Returns tty's number for tty_input(). Again after a reset: the same.
 */
long tty_port_register(u32 self, const char *name, u64 rdev, u64 port,
		       const struct tty_port_ops *ops);
CONTRACT(tty_port_register, CALL_RESTARTABLE, ARG_SELF(self),
	 ARG_STRING(name, 16), ARG_VALUE(rdev), ARG_VALUE(port),
	 ARG_OPS(ops, tty_port_ops));
/* Bytes that arrived from the hardware. Echo calls back into the port. */
long tty_input(u32 self, u32 tty, const char *buf, size_t len);
CONTRACT(tty_input, 0, ARG_SELF(self), ARG_VALUE(tty), ARG_IN(buf, len, 256),
	 ARG_VALUE(len));
/* There is room again after a short write. */
long tty_writable(u32 self, u32 tty);
CONTRACT(tty_writable, 0, ARG_SELF(self), ARG_VALUE(tty));
/* tty's number of the port called `name`: -ENOENT. For keyboards. */
long tty_port_find(u32 self, const char *name);
CONTRACT(tty_port_find, CALL_RESTARTABLE, ARG_SELF(self), ARG_STRING(name, 16));

INTERFACE_END

#endif
