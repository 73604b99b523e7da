/* SPDX-License-Identifier: MIT */
/* The grid: erasing, scrolling, and shifting of cells, and what became dirty. */
#include <string.h>

#include "internal.h"

#define COLOUR_BLINK 0x8
#define COLOUR_BRIGHT 0x8
#define DIM_COLOUR 0x8		/* dark grey: what a dim or underlined text gets */
#define UNDERLINE_COLOUR 0x3	/* cyan, as VGA has no underline in colour */

/* ANSI's order of colours (bit 0 red, bit 2 blue) is not VGA's. */
static u8 vga_colour(u8 ansi)
{
	return (u8)((ansi & 2) | (ansi & 1) << 2 | (ansi & 4) >> 2);
}

/* VGA attribute of the characters that are drawn now. */
u8 vt_attribute(const struct vt *vt)
{
	const struct vt_cursor *c = &vt->cursor;
	u8 fg = vga_colour(c->fg), bg = vga_colour(c->bg);

	if (c->underline)
		fg = UNDERLINE_COLOUR;
	else if (c->dim)
		fg = DIM_COLOUR;
	if (c->bold || c->bright_fg)
		fg |= COLOUR_BRIGHT;
	if (c->reverse) {
		u8 swap = fg & 7;

		fg = bg | (fg & COLOUR_BRIGHT);
		bg = swap;
	}
	if (c->blink || c->bright_bg)
		bg |= COLOUR_BLINK;
	return (u8)(bg << 4 | fg);
}

/* What erasing leaves: a space in the current background. */
u16 vt_blank(const struct vt *vt)
{
	u8 bg = vga_colour(vt->cursor.bg) | (vt->cursor.bright_bg ? COLOUR_BRIGHT : 0);

	return (u16)((bg << 4 | vga_colour(vt->cursor.fg)) << 8 | ' ');
}

/* Rows first..end-1 are to be shown again. */
void vt_touch(struct vt *vt, u32 first, u32 end)
{
	vt->dirty_first = MIN(vt->dirty_first, first);
	vt->dirty_end = MAX(vt->dirty_end, end);
}

/* Erases cells first..end-1 of a row. */
void vt_erase(struct vt *vt, u32 row, u32 first, u32 end)
{
	u16 blank = vt_blank(vt);

	for (u32 col = first; col < end; col++)
		vt->cell[row][col] = blank;
	vt_touch(vt, row, row + 1);
}

/* Erases rows first..end-1. */
void vt_erase_rows(struct vt *vt, u32 first, u32 end)
{
	if (first >= end)
		return;
	vt_erase(vt, first, 0, VT_COLS);
	for (u32 row = first + 1; row < end; row++)
		memcpy(vt->cell[row], vt->cell[first], sizeof(vt->cell[row]));
	vt_touch(vt, first, end);
}

/* Moves rows of top..bottom up by `lines`; blank ones come in below. */
void vt_scroll_up(struct vt *vt, u32 top, u32 lines)
{
	u32 height = vt->bottom - top;

	lines = MIN(lines, height);
	memmove(vt->cell[top], vt->cell[top + lines],
		(height - lines) * sizeof(vt->cell[0]));
	vt_erase_rows(vt, vt->bottom - lines, vt->bottom);
	vt_touch(vt, top, vt->bottom);
}

/* Moves rows of top..bottom down by `lines`; blank ones come in above. */
void vt_scroll_down(struct vt *vt, u32 top, u32 lines)
{
	u32 height = vt->bottom - top;

	lines = MIN(lines, height);
	memmove(vt->cell[top + lines], vt->cell[top],
		(height - lines) * sizeof(vt->cell[0]));
	vt_erase_rows(vt, top, top + lines);
	vt_touch(vt, top, vt->bottom);
}

/* Shifts the row from the cursor on to the right. */
void vt_insert_cells(struct vt *vt, u32 count)
{
	u32 row = vt->cursor.row, col = vt->cursor.col;

	count = MIN(count, VT_COLS - col);
	memmove(&vt->cell[row][col + count], &vt->cell[row][col],
		(VT_COLS - col - count) * sizeof(vt->cell[0][0]));
	vt_erase(vt, row, col, col + count);
}

/* Shifts the row behind the cursor to the left. */
void vt_delete_cells(struct vt *vt, u32 count)
{
	u32 row = vt->cursor.row, col = vt->cursor.col;

	count = MIN(count, VT_COLS - col);
	memmove(&vt->cell[row][col], &vt->cell[row][col + count],
		(VT_COLS - col - count) * sizeof(vt->cell[0][0]));
	vt_erase(vt, row, VT_COLS - count, VT_COLS);
}
