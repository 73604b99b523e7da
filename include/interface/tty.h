/* SPDX-License-Identifier: MIT */
/*
 * Terminals. tty has the line discipline and pseudo terminals; below it are
 * *ports* (serial lines, consoles), which hardware modules register. A keyboard
 * feeds the console that is shown. Each port is a device file that tty makes.
 */
#ifndef INTERFACE_TTY_H
#define INTERFACE_TTY_H

#include <module.h>

/* Number of the console that is shown: for keyboards. */
#define TTY_ACTIVE 0xffff
/* tty_port_ops.write: the bytes do not belong to the stream that seq counts. */
#define TTY_NO_SEQ (~0ull)

/* What the console itself does with a key (tty_key()). */
enum tty_key {
	TTY_KEY_SWITCH,		/* show console number `value`, from 1 */
	TTY_KEY_STEP,		/* the next one (value 1), the one before (0) */
	TTY_KEY_SCROLL,		/* half a screen back (value 1) or forth (0) */
	TTY_KEY_CURSOR,		/* type cursor key `value`: A, B, C, D, as the
				 * console's mode has it */
};

/* tty_input_error() */
enum tty_input_error { TTY_INPUT_BREAK, TTY_INPUT_PARITY };

struct tty_port_ops {
	/*
	 * Writes what it can take now: bytes, possibly 0 (then it calls
	 * tty_writable() when there is room again). `seq` is the number of the
	 * first byte in the stream (32 bits): bytes that the port has had
	 * already, since tty was reset in between, count as written.
	 */
	long (*write)(u64 port, u64 seq, const char *buf, size_t len);
	/* Rows << 16 | columns; 0: not known. */
	long (*size)(u64 port);
	/* Line settings of a serial port: bits a second and Linux's c_cflag. */
	long (*configure)(u64 port, u32 baud, u32 cflag);
	/*
	 * ioctl(2) that concerns the device: as file_ops. -ENOTTY: unknown;
	 * -EAGAIN: again when another console is shown.
	 */
	long (*ioctl)(u64 port, u32 cmd, u64 arg, u32 ubuf);
	/* enum tty_key: 0. */
	long (*key)(u64 port, u32 key, u32 value);
};
CONTRACT(tty_port_ops__write, CALL_RESTARTABLE, ARG_VALUE(port), ARG_VALUE(seq),
	 ARG_IN(buf, len, 4096), ARG_VALUE(len));
CONTRACT(tty_port_ops__size, CALL_RESTARTABLE, ARG_VALUE(port));
CONTRACT(tty_port_ops__configure, CALL_RESTARTABLE, ARG_VALUE(port),
	 ARG_VALUE(baud), ARG_VALUE(cflag));
CONTRACT(tty_port_ops__ioctl, CALL_RESTARTABLE, ARG_VALUE(port), ARG_VALUE(cmd),
	 ARG_VALUE(arg), ARG_UBUF(ubuf));
CONTRACT(tty_port_ops__key, CALL_RESTARTABLE, ARG_VALUE(port), ARG_VALUE(key),
	 ARG_VALUE(value));
OPS_TABLE(tty_port_ops, write, size, configure, ioctl, key);

INTERFACE_BEGIN

/* ---- for ports ---------------------------------------------------------- */

/*
 * Registers port `port` (the caller's number) as /dev/NAME with device number
 * `rdev`. Returns tty's number for tty_input(). Again after a reset: the same.
 */
long tty_port_register(u32 self, const char *name, u64 rdev, u64 port,
		       const struct tty_port_ops *ops);
CONTRACT(tty_port_register, CALL_RESTARTABLE, ARG_SELF(self),
	 ARG_STRING(name, 16), ARG_VALUE(rdev), ARG_VALUE(port),
	 ARG_OPS(ops, tty_port_ops));
/*
 * Bytes that arrived from the hardware. Echo calls back into the port. `ticket`
 * is another number for each call: it is run again after tty's reset.
 */
long tty_input(u32 self, u32 tty, u64 ticket, const char *buf, size_t len);
CONTRACT(tty_input, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(tty),
	 ARG_VALUE(ticket), ARG_IN(buf, len, 256), ARG_VALUE(len));
/* A break, or a byte with a parity or framing error. */
long tty_input_error(u32 self, u32 tty, u64 ticket, u32 kind, u8 byte);
CONTRACT(tty_input_error, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(tty),
	 ARG_VALUE(ticket), ARG_VALUE(kind), ARG_VALUE(byte));
/* There is room again after a short write. */
long tty_writable(u32 self, u32 tty);
CONTRACT(tty_writable, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(tty));
/* tty's number of the port called `name`: -ENOENT. */
long tty_port_find(u32 self, const char *name);
CONTRACT(tty_port_find, CALL_RESTARTABLE, ARG_SELF(self), ARG_STRING(name, 16));
/* A console says which of its terminals is shown: /dev/tty0, TTY_ACTIVE. */
long tty_set_active(u32 self, u32 tty);
CONTRACT(tty_set_active, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(tty));
/* How many open files the caller's terminal has: -EINVAL. */
long tty_openings(u32 self, u32 tty);
CONTRACT(tty_openings, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(tty));
/* A keyboard's key that the console acts on itself: enum tty_key. */
long tty_key(u32 self, u32 key, u32 value);
CONTRACT(tty_key, CALL_RESTARTABLE, ARG_SELF(self), ARG_VALUE(key), ARG_VALUE(value));

/* ---- for the core and procfs ---------------------------------------------- */

/* The leader of session `sid` has ended: its terminal hangs up. */
long tty_session_end(u32 sid);
CONTRACT(tty_session_end, 0, ARG_VALUE(sid));
/* vhangup(2) in session `sid`. */
long tty_hangup(u32 sid);
CONTRACT(tty_hangup, 0, ARG_VALUE(sid));
/* Device number of session `sid`'s terminal, its foreground group: 0, -ENXIO. */
struct tty_of_session {
	u64 rdev;
	u32 pgrp;
};
long tty_session_terminal(u32 sid, struct tty_of_session *of);
CONTRACT(tty_session_terminal, CALL_RESTARTABLE, ARG_VALUE(sid),
	 ARG_STRUCT_OUT(of, struct tty_of_session));

INTERFACE_END

#endif
