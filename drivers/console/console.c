/* SPDX-License-Identifier: MIT */
/*
 * console: the VGA screen in text mode, 80 by 25, as terminal tty1 (IBM VGA
 * Technical Reference, 2: text modes; 4: CRT and graphics controllers).
 *
 * The emulator (vt.c) works on cells in memory; rows that changed are copied to
 * the screen after each write. The screen itself is the state that survives a
 * reset: cells and cursor are read back from it.
 *
 * Without VGA text mode (UEFI) init returns -ENODEV.
 */
#include <errno.h>
#include <io.h>
#include <runtime.h>
#include <string.h>
#include <tty.h>
#include <whitix/stat.h>

#include "internal.h"

#define SCREEN_PHYS 0xb8000
#define SCREEN_BYTES 0x8000
#define PROBE_CELL 0x1e2d	/* any that an absent memory would not give back */

#define GRAPHICS_INDEX 0x3ce
#define GRAPHICS_DATA 0x3cf
#define GRAPHICS_MISC 6
#define MISC_MODE 0x0f		/* memory map, odd/even chain, graphics */
#define MISC_TEXT 0x0e		/* text, at 0xb8000 */
#define CRTC_INDEX 0x3d4
#define CRTC_DATA 0x3d5
#define CRTC_CURSOR_START 0x0a
#define CURSOR_OFF 0x20
#define CRTC_START_HIGH 0x0c
#define CRTC_START_LOW 0x0d
#define CRTC_CURSOR_HIGH 0x0e
#define CRTC_CURSOR_LOW 0x0f
#define ATTRIBUTE_PORT 0x3c0
#define ATTRIBUTE_READ 0x3c1
#define ATTRIBUTE_MODE 0x10
#define ATTRIBUTE_VIDEO_ON 0x20
#define MODE_BLINK 0x08		/* bit 7 of a cell blinks, instead of being bright */
#define STATUS_PORT 0x3da	/* reading it sets ATTRIBUTE_PORT to index */

#define TTY_MAJOR 4
#define THE_PORT 0

static struct vt vt;
static struct mutex lock = MUTEX_INIT;	/* vt, screen, registers */
static u16 *screen;
static u32 tty;
static bool shown_hidden;	/* the cursor is switched off in the CRTC */

static u8 crtc_read(u8 index)
{
	outb(CRTC_INDEX, index);
	return inb(CRTC_DATA);
}

static void crtc_write(u8 index, u8 value)
{
	outb(CRTC_INDEX, index);
	outb(CRTC_DATA, value);
}

static void show_cursor(void)
{
	u32 at = vt.cursor.row * VT_COLS + vt.cursor.col;
	u8 shape;

	crtc_write(CRTC_CURSOR_HIGH, (u8)(at >> 8));
	crtc_write(CRTC_CURSOR_LOW, (u8)at);
	if (vt.cursor_hidden == shown_hidden)
		return;
	shown_hidden = vt.cursor_hidden;
	shape = crtc_read(CRTC_CURSOR_START) & ~CURSOR_OFF;
	crtc_write(CRTC_CURSOR_START, shape | (shown_hidden ? CURSOR_OFF : 0));
}

/* Copies what changed to the screen. */
static void show(void)
{
	if (vt.dirty_first < vt.dirty_end)
		memcpy(screen + vt.dirty_first * VT_COLS, vt.cell[vt.dirty_first],
		       (vt.dirty_end - vt.dirty_first) * sizeof(vt.cell[0]));
	vt.dirty_first = VT_ROWS;
	vt.dirty_end = 0;
	show_cursor();
}

/* tty_port_ops.write: takes all. Answers to queries are typed in afterwards. */
static long console_write(u64 port, u64 seq, const char *buf, size_t len)
{
	char reply[VT_REPLY_MAX];
	u32 reply_len;

	if (port != THE_PORT || !screen)
		return -ENODEV;
	mutex_lock(&lock);
	vt_write(&vt, buf, len);
	show();
	reply_len = vt.reply_len;
	memcpy(reply, vt.reply, reply_len);
	vt.reply_len = 0;
	mutex_unlock(&lock);
	if (reply_len)
		tty_input(THIS_MODULE, tty, ktime_ns(), reply, reply_len);
	return (long)len;
}

static long console_size(u64 port)
{
	return VT_ROWS << 16 | VT_COLS;
}

/* tty_port_ops.configure: a screen has no line settings. */
static long console_configure(u64 port, u32 baud, u32 cflag)
{
	return 0;
}

static long console_ioctl(u64 port, u32 cmd, u64 arg, u32 ubuf)
{
	return -ENOTTY;
}

static long console_key(u64 port, u32 key, u32 value)
{
	return -ENOTTY;
}

/* ---- start ------------------------------------------------------------- */

/* The adapter says text mode, and its memory is there. */
static bool is_text_mode(void)
{
	volatile u16 *cell = screen;
	u16 old;
	bool same;

	outb(GRAPHICS_INDEX, GRAPHICS_MISC);
	if ((inb(GRAPHICS_DATA) & MISC_MODE) != MISC_TEXT)
		return false;
	old = *cell;
	*cell = PROBE_CELL;
	same = *cell == PROBE_CELL;
	*cell = old;
	return same;
}

/* Lets bit 7 of an attribute mean a bright background. */
static void blink_off(void)
{
	u8 mode;

	inb(STATUS_PORT);
	outb(ATTRIBUTE_PORT, ATTRIBUTE_MODE | ATTRIBUTE_VIDEO_ON);
	mode = inb(ATTRIBUTE_READ);
	outb(ATTRIBUTE_PORT, mode & ~MODE_BLINK);
	inb(STATUS_PORT);
}

/* The screen as it was before the reset. */
static void read_back(void)
{
	u32 at = crtc_read(CRTC_CURSOR_HIGH) << 8 | crtc_read(CRTC_CURSOR_LOW);

	memcpy(vt.cell, screen, sizeof(vt.cell));
	vt_move(&vt, at / VT_COLS, at % VT_COLS);
	shown_hidden = crtc_read(CRTC_CURSOR_START) & CURSOR_OFF;
	vt.cursor_hidden = shown_hidden;
}

static void begin(void)
{
	shown_hidden = true;	/* whatever it is: switch it on */
	crtc_write(CRTC_START_HIGH, 0);
	crtc_write(CRTC_START_LOW, 0);
	vt_clear(&vt);
}

static long console_init(u32 flags)
{
	static const struct tty_port_ops ops = {
		.write = console_write,
		.size = console_size,
		.configure = console_configure,
		.ioctl = console_ioctl,
		.key = console_key,
	};
	long number = mmio_map(THIS_MODULE, SCREEN_PHYS, SCREEN_BYTES);

	if (is_error(number))
		return number;
	screen = (u16 *)number;
	if (!is_text_mode()) {
		screen = NULL;
		return -ENODEV;
	}
	vt_reset(&vt);
	blink_off();
	if (flags & INIT_RECOVERING)
		read_back();
	else
		begin();
	show();
	number = tty_port_register(THIS_MODULE, "tty1", LINUX_MAKEDEV(TTY_MAJOR, 1),
				   THE_PORT, &ops);
	if (number < 0)
		return number;
	tty = (u32)number;
	return tty_set_active(THIS_MODULE, tty);
}

MODULE("console", .description = "VGA text screen",
       .init = console_init, .rank = RANK_TTY_PORT,
       .ports = { { GRAPHICS_INDEX, 2 }, { CRTC_INDEX, 2 },
		  { ATTRIBUTE_PORT, 2 }, { STATUS_PORT, 1 } });
