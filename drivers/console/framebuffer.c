/* SPDX-License-Identifier: MIT */
/*
 * A linear framebuffer, as the boot loader set it up (UEFI), with a bitmap font of
 * 8 by 16 points. Cells that are on the screen already are not drawn again.
 *
 * The memory is mapped in parts of whole lines, each in a window of the module's.
 */
#include <runtime.h>

#include "font.h"
#include "internal.h"

#define PART_BYTES (2ul << 20)	/* most that mmio_map() maps */
#define PARTS_MAX 32
#define PAGE 4096ul
#define BRIGHT 0x8

static struct framebuffer_info fb;
static struct display display;
static u8 *part[PARTS_MAX];	/* where the part's first line begins */
static u32 part_lines;
static u32 point_bytes;		/* 2 (15 and 16 bits), 3, 4 */
static u32 *shown;		/* what is on the screen: cell, reversed or not */
static u32 colour[16];		/* points in the framebuffer's format */
static u32 cursor_row, cursor_col;
static bool cursor_on;

#define SHOWN_REVERSE (1u << 22)	/* between a cell's character and attribute */
#define SHOWN_NOTHING (~0u)

static u8 *line_at(u32 y)
{
	return part[y / part_lines] + (size_t)(y % part_lines) * fb.pitch;
}

static u32 channel(u32 value, u8 bits, u8 shift)
{
	return (value >> (8 - MIN(bits, (u8)8))) << shift;
}

/* VGA's colours: 0 black, 1 blue, 2 green, 4 red, 6 brown, 7 light grey. */
static void make_colours(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(colour); i++) {
		u32 low = i & BRIGHT ? 0x55 : 0, high = i & BRIGHT ? 0xff : 0xaa;
		u32 r = i & 4 ? high : low, b = i & 1 ? high : low;
		u32 g = i & 2 ? high : low;

		if (i == 6)
			g = 0x55;
		colour[i] = channel(r, fb.red_bits, fb.red_shift) |
			    channel(g, fb.green_bits, fb.green_shift) |
			    channel(b, fb.blue_bits, fb.blue_shift);
	}
}

/* The font's lines of a character; what it lacks is U+FFFD's. */
static const u8 *glyph_of(u32 c)
{
	for (size_t i = 0; i < ARRAY_SIZE(font_ranges); i++) {
		const struct font_range *r = &font_ranges[i];

		if (c >= r->first && c - r->first < r->count)
			return font_glyphs[r->glyph + c - r->first];
	}
	return font_glyphs[FONT_UNKNOWN];
}

static void put_point(u8 *at, u32 point)
{
	for (u32 i = 0; i < point_bytes; i++)
		((volatile u8 *)at)[i] = (u8)(point >> 8 * i);
}

static void draw_line(u8 *at, u8 bits, u32 fg, u32 bg)
{
	for (u32 x = 0; x < FONT_WIDTH; x++) {
		u32 point = bits & 0x80 >> x ? fg : bg;

		if (point_bytes == sizeof(u32))
			((volatile u32 *)at)[x] = point;
		else
			put_point(at + x * point_bytes, point);
	}
}

static void draw_cell(u32 row, u32 col, u32 cell, bool reverse)
{
	u8 attribute = cell ? (u8)(cell >> CELL_ATTRIBUTE) : ATTRIBUTE_DEFAULT;
	const u8 *glyph = glyph_of(cell ? cell & CELL_CHAR : ' ');
	u32 fg = colour[attribute & 15], bg = colour[attribute >> 4];

	for (u32 y = 0; y < FONT_HEIGHT; y++)
		draw_line(line_at(row * FONT_HEIGHT + y) +
			  (size_t)col * FONT_WIDTH * point_bytes,
			  glyph[y], reverse ? bg : fg, reverse ? fg : bg);
}

static void show_cell(u32 row, u32 col, u32 cell, bool reverse)
{
	u32 *was = &shown[row * display.cols + col];
	u32 now = cell | (reverse ? SHOWN_REVERSE : 0);

	if (*was == now)
		return;
	*was = now;
	draw_cell(row, col, cell, reverse);
}

static void draw(u32 row, u32 col, const u32 *cell, u32 count, bool reverse)
{
	for (u32 i = 0; i < count; i++)
		show_cell(row, col + i, cell[i], reverse);
}

/* The cell under the cursor is shown reversed. */
static void cursor_switch(bool on)
{
	u32 was = shown[cursor_row * display.cols + cursor_col];

	if (was == SHOWN_NOTHING || on == cursor_on)
		return;
	cursor_on = on;
	draw_cell(cursor_row, cursor_col, was & ~SHOWN_REVERSE,
		  on != !!(was & SHOWN_REVERSE));
}

static void cursor(u32 row, u32 col, bool on)
{
	cursor_switch(false);
	cursor_row = row;
	cursor_col = col;
	cursor_switch(on);
}

static bool map_parts(void)
{
	u32 lines = display.rows * FONT_HEIGHT;

	part_lines = (u32)((PART_BYTES - PAGE) / fb.pitch);
	for (u32 i = 0; i * part_lines < lines; i++) {
		u64 begin = fb.phys + (u64)i * part_lines * fb.pitch;
		u64 end = begin + (u64)MIN(part_lines, lines - i * part_lines) * fb.pitch;
		u64 first = begin & ~(PAGE - 1);
		long addr;

		if (i == PARTS_MAX)
			return false;
		addr = mmio_map(THIS_MODULE, first, ALIGN_UP(end - first, PAGE));
		if (is_error(addr))
			return false;
		part[i] = (u8 *)addr + (begin - first);
	}
	return true;
}

/* The framebuffer, or NULL: there is none, or none that is understood. */
const struct display *framebuffer_start(void)
{
	size_t cells;

	if (framebuffer_get(THIS_MODULE, &fb) < 0)
		return NULL;
	point_bytes = DIV_ROUND_UP(fb.bpp, 8u);
	if (point_bytes < 2 || point_bytes > sizeof(u32) || !fb.pitch ||
	    fb.pitch > PART_BYTES / 2 || fb.pitch < (u64)fb.width * point_bytes)
		return NULL;
	display.rows = MIN(fb.height / FONT_HEIGHT, (u32)VT_ROWS_MAX);
	display.cols = MIN(fb.width / FONT_WIDTH, (u32)VT_COLS_MAX);
	display.draw = draw;
	display.cursor = cursor;
	cells = (size_t)display.rows * display.cols;
	shown = kmalloc(cells * sizeof(*shown));
	if (!cells || !shown || !map_parts())
		return NULL;
	for (size_t i = 0; i < cells; i++)
		shown[i] = SHOWN_NOTHING;
	make_colours();
	return &display;
}
