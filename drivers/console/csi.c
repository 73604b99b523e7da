/* SPDX-License-Identifier: MIT */
/* Control sequences: ESC [ parameters final (ECMA-48 5.4; DEC VT102, Linux). */
#include <printf.h>
#include <string.h>

#include "internal.h"

/* DECSET modes (CSI ? n h) and ANSI modes (CSI n h) that are known. */
enum { DEC_CURSOR_KEYS = 1, DEC_REVERSE = 5, DEC_ORIGIN = 6, DEC_AUTOWRAP = 7,
       DEC_CURSOR = 25, DEC_ALTERNATE = 47, DEC_ALTERNATE_CLEAR = 1047,
       DEC_SAVE_CURSOR = 1048, DEC_ALTERNATE_SAVE = 1049 };
enum { ANSI_INSERT = 4, ANSI_NEWLINE = 20 };
enum { REPORT_STATUS = 5, REPORT_CURSOR = 6 };
enum { ERASE_HISTORY = 3 };

/* A count: parameter `i`, where none or 0 means 1. */
static u32 count_at(const struct vt *vt, u32 i)
{
	return i < vt->s.nparams && vt->s.param[i] ? vt->s.param[i] : 1;
}

/* Sets the cursor, kept on the screen: rows and columns from 0. */
void vt_move(struct vt *vt, u32 row, u32 col)
{
	vt->s.cursor.row = (u16)MIN(row, vt->rows - 1u);
	vt->s.cursor.col = (u16)MIN(col, vt->cols - 1u);
	vt->s.cursor.wrap_pending = false;
}

/* CUP, VPA: rows count from the region's top under DECOM, and stay in it. */
static void move_to(struct vt *vt, u32 row, u32 col)
{
	if (vt->s.cursor.origin)
		row = MIN(row + vt->s.top, vt->s.bottom - 1u);
	vt_move(vt, row, col);
}

/* Up and down stop at the margins of the region, when they begin inside. */
static void move_up(struct vt *vt, u32 n)
{
	u32 row = vt->s.cursor.row;
	u32 least = row >= vt->s.top ? vt->s.top : 0;

	vt_move(vt, row - MIN(n, row - least), vt->s.cursor.col);
}

static void move_down(struct vt *vt, u32 n)
{
	u32 row = vt->s.cursor.row;
	u32 most = row < vt->s.bottom ? vt->s.bottom - 1u : vt->rows - 1u;

	vt_move(vt, MIN(row + n, most), vt->s.cursor.col);
}

static void move_tabs(struct vt *vt, u32 n, bool back)
{
	u32 col = vt->s.cursor.col;

	while (n-- && col != (back ? 0 : vt->cols - 1u)) {
		do {
			col += back ? -1u : 1u;
		} while (col && col < vt->cols - 1u && !(vt->s.tab_stop[col / 8] >> col % 8 & 1));
	}
	vt_move(vt, vt->s.cursor.row, col);
}

static void erase_display(struct vt *vt, u32 what)
{
	u32 row = vt->s.cursor.row, col = vt->s.cursor.col;

	if (what == 0) {
		vt_erase(vt, row, col, vt->cols);
		vt_erase_rows(vt, row + 1, vt->rows);
	} else if (what == 1) {
		vt_erase_rows(vt, 0, row);
		vt_erase(vt, row, 0, col + 1);
	} else {
		vt_erase_rows(vt, 0, vt->rows);
		if (what == ERASE_HISTORY)
			vt_forget(vt);
	}
}

static void erase_line(struct vt *vt, u32 what)
{
	u32 row = vt->s.cursor.row, col = vt->s.cursor.col;

	vt_erase(vt, row, what == 0 ? col : 0, what == 1 ? col + 1 : vt->cols);
}

static void set_region(struct vt *vt)
{
	u32 top = count_at(vt, 0) - 1;
	u32 bottom = vt->s.nparams > 1 && vt->s.param[1] ? vt->s.param[1] : vt->rows;

	bottom = MIN(bottom, (u32)vt->rows);
	if (top + 1 >= bottom)
		return;
	vt->s.top = (u16)top;
	vt->s.bottom = (u16)bottom;
	move_to(vt, 0, 0);
}

/* Saves the cursor, or goes back to what was saved. */
static void save_cursor(struct vt *vt, bool save)
{
	if (save)
		vt->s.saved = vt->s.cursor;
	else
		vt->s.cursor = vt->s.saved;
}

static void set_dec_mode(struct vt *vt, u32 mode, bool on)
{
	switch (mode) {
	case DEC_CURSOR_KEYS:
		vt->s.app_cursor = on;
		break;
	case DEC_REVERSE:
		vt->s.screen_reverse = on;
		vt_touch(vt, 0, vt->rows);
		break;
	case DEC_ORIGIN:
		vt->s.cursor.origin = on;
		move_to(vt, 0, 0);
		break;
	case DEC_AUTOWRAP:
		vt->s.autowrap = on;
		break;
	case DEC_CURSOR:
		vt->s.cursor_hidden = !on;
		break;
	case DEC_ALTERNATE:
	case DEC_ALTERNATE_CLEAR:
		vt_alternate(vt, on);
		break;
	case DEC_SAVE_CURSOR:
		save_cursor(vt, on);
		break;
	case DEC_ALTERNATE_SAVE:
		if (on)
			save_cursor(vt, true);
		vt_alternate(vt, on);
		if (!on)
			save_cursor(vt, false);
		break;
	}
}

static void set_modes(struct vt *vt, bool on)
{
	for (u32 i = 0; i < vt->s.nparams; i++) {
		u32 mode = vt->s.param[i];

		if (vt->s.prefix == '?')
			set_dec_mode(vt, mode, on);
		else if (mode == ANSI_INSERT)
			vt->s.insert = on;
		else if (mode == ANSI_NEWLINE)
			vt->s.newline = on;
	}
}

static void report(struct vt *vt)
{
	char text[24];
	u32 row = vt->s.cursor.row - (vt->s.cursor.origin ? vt->s.top : 0);

	if (vt->s.param[0] == REPORT_STATUS) {
		vt_reply(vt, "\033[0n");
	} else if (vt->s.param[0] == REPORT_CURSOR) {
		scnprintf(text, sizeof(text), "\033[%u;%uR", row + 1,
			  vt->s.cursor.col + 1);
		vt_reply(vt, text);
	}
}

static void clear_tabs(struct vt *vt)
{
	u32 col = vt->s.cursor.col;

	if (vt->s.param[0] == 0)
		vt->s.tab_stop[col / 8] &= (u8)~(1u << col % 8);
	else if (vt->s.param[0] == 3)
		memset(vt->s.tab_stop, 0, sizeof(vt->s.tab_stop));
}

/* IL and DL work inside the region only, and go to its first column. */
static void shift_lines(struct vt *vt, bool insert, u32 n)
{
	u32 row = vt->s.cursor.row;

	if (row < vt->s.top || row >= vt->s.bottom)
		return;
	if (insert)
		vt_scroll_down(vt, row, n);
	else
		vt_delete_lines(vt, row, n);
	vt_move(vt, row, 0);
}

/* Cursor movement. Returns whether `final` was one. */
static bool csi_move(struct vt *vt, char final, u32 n)
{
	u32 row = vt->s.cursor.row, col = vt->s.cursor.col;

	switch (final) {
	case 'A':
		move_up(vt, n);
		break;
	case 'B':
	case 'e':
		move_down(vt, n);
		break;
	case 'C':
	case 'a':
		vt_move(vt, row, MIN(col + n, vt->cols - 1u));
		break;
	case 'D':
		vt_move(vt, row, col - MIN(n, col));
		break;
	case 'E':
		move_down(vt, n);
		vt_move(vt, vt->s.cursor.row, 0);
		break;
	case 'F':
		move_up(vt, n);
		vt_move(vt, vt->s.cursor.row, 0);
		break;
	case 'G':
	case '`':
		vt_move(vt, row, n - 1);
		break;
	case 'H':
	case 'f':
		move_to(vt, n - 1, count_at(vt, 1) - 1);
		break;
	case 'd':
		move_to(vt, n - 1, col);
		break;
	case 'I':
		move_tabs(vt, n, false);
		break;
	case 'Z':
		move_tabs(vt, n, true);
		break;
	default:
		return false;
	}
	return true;
}

/* Changes of the grid. Returns whether `final` was one. */
static bool csi_edit(struct vt *vt, char final, u32 n)
{
	switch (final) {
	case '@':
		vt_insert_cells(vt, n);
		break;
	case 'P':
		vt_delete_cells(vt, n);
		break;
	case 'X':
		vt_erase(vt, vt->s.cursor.row, vt->s.cursor.col,
			 MIN(vt->s.cursor.col + n, (u32)vt->cols));
		break;
	case 'J':
		erase_display(vt, vt->s.param[0]);
		break;
	case 'K':
		erase_line(vt, vt->s.param[0]);
		break;
	case 'L':
		shift_lines(vt, true, n);
		break;
	case 'M':
		shift_lines(vt, false, n);
		break;
	case 'S':
		vt_scroll_up(vt, vt->s.top, n);
		break;
	case 'T':
		vt_scroll_down(vt, vt->s.top, n);
		break;
	default:
		return false;
	}
	vt->s.cursor.wrap_pending = false;
	return true;
}

static void csi_other(struct vt *vt, char final)
{
	switch (final) {
	case 'm':
		vt_sgr(vt);
		break;
	case 'r':
		set_region(vt);
		break;
	case 's':
	case 'u':
		save_cursor(vt, final == 's');
		break;
	case 'n':
		report(vt);
		break;
	case 'b':
		for (u32 i = MIN(count_at(vt, 0), (u32)vt->cols); i && vt->s.last; i--)
			vt_draw(vt, vt->s.last);
		break;
	case 'c':
		if (!vt->s.param[0])
			vt_reply(vt, "\033[?6c");	/* a VT102, as Linux's console says */
		break;
	case 'g':
		clear_tabs(vt);
		break;
	}
}

/*
 * Acts on a whole control sequence: vt->s.param, at least one of them there (0
 * where none was given). Unknown ones do nothing.
 */
void vt_csi(struct vt *vt, char final)
{
	u32 n = count_at(vt, 0);

	if (final == 'h' || final == 'l') {
		set_modes(vt, final == 'h');
		return;
	}
	if (vt->s.prefix)
		return;
	if (!csi_move(vt, final, n) && !csi_edit(vt, final, n))
		csi_other(vt, final);
}
