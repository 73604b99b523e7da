/* SPDX-License-Identifier: MIT */
/* Scan codes to bytes: decode.c, apart from the controller (keyboard.c). */
#ifndef KEYBOARD_DECODE_H
#define KEYBOARD_DECODE_H

#include <types.h>

#define KEY_BYTES_MAX 8

/* Bits of `locks`, as the keyboard's LED command numbers them. */
#define LOCK_SCROLL 0x1
#define LOCK_NUM 0x2
#define LOCK_CAPS 0x4

struct keyboard {
	u8 extended;		/* 0xe0 was seen */
	u8 skip;		/* bytes of Pause (0xe1) still to come */
	bool shift_left, shift_right;
	bool ctrl_left, ctrl_right;
	bool alt_left, alt_right;
	u8 locks;
	/* a key for the console itself: enum tty_key and its value; NO_KEY: none */
	u32 key, value;
};
#define NO_KEY (~0u)

/*
 * Takes one byte of scan code set 1. Returns how many bytes of input it made
 * (0 to KEY_BYTES_MAX), in `out`; or sets `key`.
 */
size_t keyboard_decode(struct keyboard *k, u8 code, char *out);

#endif
