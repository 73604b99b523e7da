/* SPDX-License-Identifier: MIT */
/* The grid: lines, erasing, scrolling, shifting of cells, and what became dirty. */
#include <string.h>

#include "internal.h"

#define COLOUR_BLINK 0x8
#define COLOUR_BRIGHT 0x8
#define DIM_COLOUR 0x8		/* dark grey: what a dim or underlined text gets */
#define ITALIC_COLOUR 0x2	/* green, as Linux shows it */
#define UNDERLINE_COLOUR 0x3	/* cyan, as VGA has no underline in colour */

/* ANSI's order of colours (bit 0 red, bit 2 blue) is not VGA's. */
static u8 vga_colour(u8 ansi)
{
	return (u8)((ansi & 2) | (ansi & 1) << 2 | (ansi & 4) >> 2);
}

/* VGA attribute of the characters that are drawn now. */
u8 vt_attribute(const struct vt *vt)
{
	const struct vt_cursor *c = &vt->s.cursor;
	u8 fg = vga_colour(c->fg), bg = vga_colour(c->bg);

	if (c->italic)
		fg = ITALIC_COLOUR;
	else if (c->underline)
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
u32 vt_blank(const struct vt *vt)
{
	const struct vt_cursor *c = &vt->s.cursor;
	u8 bg = vga_colour(c->bg) | (c->bright_bg ? COLOUR_BRIGHT : 0);
	u8 attribute = (u8)(bg << 4 | vga_colour(c->fg));

	return attribute == ATTRIBUTE_DEFAULT ? 0 : vt_cell(attribute, ' ');
}

/* Rows first..end-1 are to be shown again. */
void vt_touch(struct vt *vt, u32 first, u32 end)
{
	vt->dirty_first = MIN(vt->dirty_first, first);
	vt->dirty_end = MAX(vt->dirty_end, end);
}

/* ---- lines ---------------------------------------------------------------- */

/* A line that nothing kept names. */
static u16 line_take(struct vt *vt)
{
	vt->taken++;
	return vt->free[vt->s.free_tail++ % ARRAY_SIZE(vt->free)];
}

static void line_give(struct vt *vt, u16 line)
{
	vt->free[vt->s.free_head++ % ARRAY_SIZE(vt->free)] = line;
}

/* A line that left the screen at its top; the oldest one goes. */
static void line_remember(struct vt *vt, u16 line)
{
	u32 size = ARRAY_SIZE(vt->history);

	if (vt_history(vt) == VT_HISTORY)
		line_give(vt, vt->history[vt->s.history_tail++ % size]);
	vt->history[vt->s.history_head++ % size] = line;
}

/* Lines that can be scrolled back to. */
u32 vt_history(const struct vt *vt)
{
	return vt->s.history_head - vt->s.history_tail;
}

/* What row `row` shows with the screen scrolled back by `back` lines. */
const u32 *vt_line_back(struct vt *vt, u32 row, u32 back)
{
	u32 size = ARRAY_SIZE(vt->history);

	if (row >= back)
		return vt_row(vt, row - back);
	return vt->cell + (size_t)vt->history[(vt->s.history_head - (back - row)) % size] *
			  vt->cols;
}

static void fill(u32 *cell, u32 first, u32 end, u32 blank)
{
	for (u32 col = first; col < end; col++)
		cell[col] = blank;
}

/* A blank line in a row's place. */
static void row_renew(struct vt *vt, u32 row)
{
	vt->s.row[row] = line_take(vt);
	fill(vt_row(vt, row), 0, vt->cols, vt_blank(vt));
}

/* ---- erasing, scrolling ------------------------------------------------------ */

/* Erases cells first..end-1 of a row. */
void vt_erase(struct vt *vt, u32 row, u32 first, u32 end)
{
	fill(vt_row(vt, row), first, end, vt_blank(vt));
	vt_touch(vt, row, row + 1);
}

/* Erases rows first..end-1. */
void vt_erase_rows(struct vt *vt, u32 first, u32 end)
{
	for (u32 row = first; row < end; row++)
		vt_erase(vt, row, 0, vt->cols);
}

/* Forgets what left the screen. */
void vt_forget(struct vt *vt)
{
	while (vt_history(vt))
		line_give(vt, vt->history[vt->s.history_tail++ % ARRAY_SIZE(vt->history)]);
}

/* Shows the other screen, blank at first, or the main one as it was. */
void vt_alternate(struct vt *vt, bool on)
{
	if (vt->s.alternate == on)
		return;
	vt->s.alternate = on;
	for (u32 row = 0; row < vt->rows; row++) {
		if (on) {
			vt->s.main_row[row] = vt->s.row[row];
			row_renew(vt, row);
		} else {
			line_give(vt, vt->s.row[row]);
			vt->s.row[row] = vt->s.main_row[row];
		}
	}
	vt_touch(vt, 0, vt->rows);
}

/* Moves rows of top..bottom up by `lines`; `keep`: they can be scrolled back to. */
static void rows_up(struct vt *vt, u32 top, u32 lines, bool keep)
{
	u32 height = vt->s.bottom - top;

	lines = MIN(lines, height);
	for (u32 i = 0; i < lines; i++) {
		u16 line = vt->s.row[top + i];

		if (keep)
			line_remember(vt, line);
		else
			line_give(vt, line);
	}
	memmove(&vt->s.row[top], &vt->s.row[top + lines],
		(height - lines) * sizeof(vt->s.row[0]));
	for (u32 row = vt->s.bottom - lines; row < vt->s.bottom; row++)
		row_renew(vt, row);
	vt_touch(vt, top, vt->s.bottom);
}

/*
 * Scrolls rows of top..bottom up; blank ones come in below. What leaves the main
 * screen at its top is remembered.
 */
void vt_scroll_up(struct vt *vt, u32 top, u32 lines)
{
	rows_up(vt, top, lines, top == 0 && !vt->s.alternate);
}

/* Takes `lines` out at `row`; those below, up to the region's end, move up. */
void vt_delete_lines(struct vt *vt, u32 row, u32 lines)
{
	rows_up(vt, row, lines, false);
}

/* Moves rows of top..bottom down by `lines`; blank ones come in above. */
void vt_scroll_down(struct vt *vt, u32 top, u32 lines)
{
	u32 height = vt->s.bottom - top;

	lines = MIN(lines, height);
	for (u32 i = 0; i < lines; i++)
		line_give(vt, vt->s.row[vt->s.bottom - 1 - i]);
	memmove(&vt->s.row[top + lines], &vt->s.row[top],
		(height - lines) * sizeof(vt->s.row[0]));
	for (u32 row = top; row < top + lines; row++)
		row_renew(vt, row);
	vt_touch(vt, top, vt->s.bottom);
}

/* The cursor's row on another line, for a shift: returns the old cells. */
static const u32 *row_copy(struct vt *vt)
{
	u32 row = vt->s.cursor.row;
	const u32 *old = vt_row(vt, row);
	u16 line = vt->s.row[row];

	vt->s.row[row] = line_take(vt);
	memcpy(vt_row(vt, row), old, vt->cols * sizeof(*old));
	line_give(vt, line);
	vt_touch(vt, row, row + 1);
	return old;
}

/* Shifts the row from the cursor on to the right. */
void vt_insert_cells(struct vt *vt, u32 count)
{
	u32 row = vt->s.cursor.row, col = vt->s.cursor.col;
	const u32 *old = row_copy(vt);

	count = MIN(count, (u32)vt->cols - col);
	memcpy(vt_row(vt, row) + col + count, old + col,
	       (vt->cols - col - count) * sizeof(*old));
	vt_erase(vt, row, col, col + count);
}

/* Shifts the row behind the cursor to the left. */
void vt_delete_cells(struct vt *vt, u32 count)
{
	u32 row = vt->s.cursor.row, col = vt->s.cursor.col;
	const u32 *old = row_copy(vt);

	count = MIN(count, (u32)vt->cols - col);
	memcpy(vt_row(vt, row) + col, old + col + count,
	       (vt->cols - col - count) * sizeof(*old));
	vt_erase(vt, row, vt->cols - count, vt->cols);
}
