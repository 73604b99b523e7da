/* SPDX-License-Identifier: MIT */
/*
 * VGA's text mode, 80 by 25 (IBM VGA Technical Reference, 2: text modes; 4: CRT
 * and graphics controllers). It is cleared when something is first shown.
 */
#include <io.h>
#include <runtime.h>

#include "internal.h"

#define SCREEN_PHYS 0xb8000
#define SCREEN_BYTES 0x8000
#define COLS 80
#define ROWS 25
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

static u16 *screen;
static bool cursor_shown = true, cursor_known;

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

static u16 vga_cell(u32 cell, bool reverse)
{
	u8 attribute = cell ? (u8)(cell >> CELL_ATTRIBUTE) : ATTRIBUTE_DEFAULT;
	u8 glyph = cell ? vt_glyph(cell & CELL_CHAR) : ' ';

	if (reverse)
		attribute = (u8)(attribute >> 4 | attribute << 4);
	return (u16)(attribute << 8 | glyph);
}

static void draw(u32 row, u32 col, const u32 *cell, u32 count, bool reverse)
{
	volatile u16 *at = screen + row * COLS + col;

	for (u32 i = 0; i < count; i++)
		at[i] = vga_cell(cell[i], reverse);
}

static void cursor(u32 row, u32 col, bool on)
{
	u32 at = row * COLS + col;
	u8 shape;

	crtc_write(CRTC_CURSOR_HIGH, (u8)(at >> 8));
	crtc_write(CRTC_CURSOR_LOW, (u8)at);
	if (cursor_known && on == cursor_shown)
		return;
	cursor_known = true;
	cursor_shown = on;
	shape = crtc_read(CRTC_CURSOR_START) & (u8)~CURSOR_OFF;
	crtc_write(CRTC_CURSOR_START, shape | (on ? 0 : CURSOR_OFF));
}

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

/* The screen, or NULL where it is not there or shows graphics (UEFI). */
const struct display *vga_start(bool recovering)
{
	static const struct display vga = {
		.rows = ROWS, .cols = COLS, .draw = draw, .cursor = cursor,
	};
	long addr = mmio_map(THIS_MODULE, SCREEN_PHYS, SCREEN_BYTES);

	if (is_error(addr))
		return NULL;
	screen = (u16 *)addr;
	if (!is_text_mode())
		return NULL;
	blink_off();
	if (!recovering) {
		crtc_write(CRTC_START_HIGH, 0);
		crtc_write(CRTC_START_LOW, 0);
	}
	return &vga;
}
