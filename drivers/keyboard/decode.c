/* SPDX-License-Identifier: MIT */
/*
 * Scan code set 1 (IBM PS/2 Hardware Interface Technical Reference, keyboards)
 * to the bytes that Linux's console gives: US layout, xterm-like sequences for
 * cursor and function keys, ESC before what is typed with Alt.
 *
 * Pure: it works on a struct keyboard alone.
 */
#include <string.h>

#include <tty.h>

#include "decode.h"

#define RELEASED 0x80
#define PREFIX_EXTENDED 0xe0
#define PREFIX_PAUSE 0xe1
#define PAUSE_BYTES 2		/* after each 0xe1 */
#define ESC 0x1b
#define DEL 0x7f

enum {
	KEY_BACKSPACE = 0x0e, KEY_TAB = 0x0f, KEY_ENTER = 0x1c, KEY_CTRL = 0x1d,
	KEY_SHIFT_LEFT = 0x2a, KEY_SHIFT_RIGHT = 0x36, KEY_PAD_STAR = 0x37,
	KEY_ALT = 0x38, KEY_SPACE = 0x39, KEY_CAPS = 0x3a, KEY_F1 = 0x3b,
	KEY_F10 = 0x44, KEY_NUM = 0x45, KEY_SCROLL = 0x46, KEY_PAD_FIRST = 0x47,
	KEY_PAD_LAST = 0x53, KEY_102 = 0x56, KEY_F11 = 0x57, KEY_F12 = 0x58,
	KEY_SLASH = 0x35, KEY_UP = 0x48, KEY_PAGE_UP = 0x49, KEY_PAD_MINUS = 0x4a,
	KEY_LEFT = 0x4b, KEY_RIGHT = 0x4d, KEY_PAD_PLUS = 0x4e, KEY_DOWN = 0x50,
	KEY_PAGE_DOWN = 0x51,
};

/* Codes 0x01 to 0x39, without and with shift; 0: no character. */
static const char plain[] =
	"\0\0331234567890-=\177\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] =
	"\0\033!@#$%^&*()_+\177\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

/* The key pad from 0x47 on, with NumLock. */
static const char pad_digits[] = "789-456+1230.";

/* The same keys as cursor keys. */
static const char *const pad_keys[] = {
	"\033[1~", "\033[A", "\033[5~", "-", "\033[D", "\033[G", "\033[C", "+",
	"\033[4~", "\033[B", "\033[6~", "\033[2~", "\033[3~",
};

/* F1 to F12, and with shift F13 to F24 as far as terminals know them. */
static const char *const function_keys[] = {
	"\033[[A", "\033[[B", "\033[[C", "\033[[D", "\033[[E", "\033[17~",
	"\033[18~", "\033[19~", "\033[20~", "\033[21~", "\033[23~", "\033[24~",
};
static const char *const shifted_function_keys[] = {
	"\033[25~", "\033[26~", "\033[28~", "\033[29~", "\033[31~", "\033[32~",
	"\033[33~", "\033[34~",
};

static bool has_shift(const struct keyboard *k)
{
	return k->shift_left || k->shift_right;
}

static bool has_ctrl(const struct keyboard *k)
{
	return k->ctrl_left || k->ctrl_right;
}

static bool has_alt(const struct keyboard *k)
{
	return k->alt_left || k->alt_right;
}

/* Modifier keys. Returns whether `key` was one. */
static bool modifier(struct keyboard *k, u8 key, bool extended, bool down)
{
	switch (key) {
	case KEY_SHIFT_LEFT:
	case KEY_SHIFT_RIGHT:
		if (extended)	/* sent around cursor keys: not a shift */
			return true;
		*(key == KEY_SHIFT_LEFT ? &k->shift_left : &k->shift_right) = down;
		return true;
	case KEY_CTRL:
		*(extended ? &k->ctrl_right : &k->ctrl_left) = down;
		return true;
	case KEY_ALT:
		*(extended ? &k->alt_right : &k->alt_left) = down;
		return true;
	}
	return false;
}

/* Lock keys. Returns whether `key` was one. */
static bool lock(struct keyboard *k, u8 key)
{
	switch (key) {
	case KEY_CAPS:
		k->locks ^= LOCK_CAPS;
		return true;
	case KEY_NUM:
		k->locks ^= LOCK_NUM;
		return true;
	case KEY_SCROLL:
		k->locks ^= LOCK_SCROLL;
		return true;
	}
	return false;
}

static size_t put_string(char *out, const char *s)
{
	size_t len = strlen(s);

	memcpy(out, s, len);
	return len;
}

/* One character, with what Ctrl and Alt make of it. */
static size_t put_char(const struct keyboard *k, char c, char *out)
{
	size_t n = 0;

	if (has_alt(k))
		out[n++] = ESC;
	out[n++] = c;
	return n;
}

static char with_ctrl(char c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 1;
	if (c >= '@' && c <= '_')
		return c - '@';
	switch (c) {
	case ' ':
	case '2':
		return 0;
	case '3':
		return ESC;
	case '4':
		return 0x1c;
	case '5':
		return 0x1d;
	case '6':
		return 0x1e;
	case '7':
	case '/':
	case '-':
		return 0x1f;
	case '8':
	case '?':
		return DEL;
	case DEL:
		return '\b';
	}
	return c;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Keys of the main block. */
static size_t character(const struct keyboard *k, u8 key, char *out)
{
	bool shift = has_shift(k);
	char c;

	if (key == KEY_102)
		c = shift ? '>' : '<';
	else if (key >= sizeof(plain) - 1)
		return 0;
	else
		c = plain[key];
	if (!c)
		return 0;
	if (is_letter(c) && (k->locks & LOCK_CAPS))
		shift = !shift;
	if (shift && key != KEY_102)
		c = shifted[key];
	if (key == KEY_TAB && shift)
		return put_string(out, "\033[Z");
	if (has_ctrl(k))
		c = with_ctrl(c);
	return put_char(k, c, out);
}

/* The console is to act on this key. */
static size_t console_key(struct keyboard *k, u32 key, u32 value)
{
	k->key = key;
	k->value = value;
	return 0;
}

static size_t function_key(struct keyboard *k, u32 index, char *out)
{
	if (has_alt(k))
		return console_key(k, TTY_KEY_SWITCH, index + 1);
	if (has_shift(k) && index < ARRAY_SIZE(shifted_function_keys))
		return put_string(out, shifted_function_keys[index]);
	return put_string(out, function_keys[index]);
}

/* Cursor keys and their neighbours, on the pad or apart. */
static size_t cursor_key(struct keyboard *k, u8 key, char *out)
{
	u32 index = key - KEY_PAD_FIRST;
	const char *text = pad_keys[index];

	if (has_shift(k) && (key == KEY_PAGE_UP || key == KEY_PAGE_DOWN))
		return console_key(k, TTY_KEY_SCROLL, key == KEY_PAGE_UP);
	if (has_alt(k) && (key == KEY_LEFT || key == KEY_RIGHT))
		return console_key(k, TTY_KEY_STEP, key == KEY_RIGHT);
	if (key == KEY_UP || key == KEY_DOWN || key == KEY_LEFT || key == KEY_RIGHT)
		return console_key(k, TTY_KEY_CURSOR, (u32)text[2]);
	return put_string(out, text);
}

static size_t pad_key(struct keyboard *k, u8 key, bool extended, char *out)
{
	bool digits = (k->locks & LOCK_NUM) && !has_shift(k);

	if (!extended && digits)
		return put_char(k, pad_digits[key - KEY_PAD_FIRST], out);
	if (!extended && (key == KEY_PAD_MINUS || key == KEY_PAD_PLUS))
		return put_char(k, pad_digits[key - KEY_PAD_FIRST], out);
	return cursor_key(k, key, out);
}

static size_t pressed(struct keyboard *k, u8 key, bool extended, char *out)
{
	if (!extended && lock(k, key))
		return 0;
	if (key >= KEY_PAD_FIRST && key <= KEY_PAD_LAST)
		return pad_key(k, key, extended, out);
	if (extended)
		return key == KEY_ENTER || key == KEY_SLASH ?
			put_char(k, plain[key], out) : 0;
	if (key >= KEY_F1 && key <= KEY_F10)
		return function_key(k, key - KEY_F1, out);
	if (key == KEY_F11 || key == KEY_F12)
		return function_key(k, 10 + key - KEY_F11, out);
	return character(k, key, out);
}

size_t keyboard_decode(struct keyboard *k, u8 code, char *out)
{
	bool extended = k->extended;
	u8 key = code & (u8)~RELEASED;
	bool down = !(code & RELEASED);

	k->key = NO_KEY;
	if (k->skip) {
		k->skip--;
		return 0;
	}
	if (code == PREFIX_EXTENDED || code == PREFIX_PAUSE) {
		k->extended = code == PREFIX_EXTENDED;
		k->skip = code == PREFIX_PAUSE ? PAUSE_BYTES : 0;
		return 0;
	}
	k->extended = 0;
	if (modifier(k, key, extended, down) || !down)
		return 0;
	return pressed(k, key, extended, out);
}
