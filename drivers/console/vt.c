/* SPDX-License-Identifier: MIT */
/*
 * A terminal as programs see it: bytes in, cells out. UTF-8, the controls and
 * escape sequences of ECMA-48 and the VT102 that Linux's console knows.
 *
 * Pure: it works on a struct vt, and calls nothing outside.
 */
#include <string.h>

#include "internal.h"

#define REPLACEMENT 0xfffd
#define PARAM_MAX 9999
#define ESC 0x1b
#define CAN 0x18
#define SUB 0x1a
#define DEL 0x7f

/* Everything as after power-on, but for the cells. */
void vt_reset(struct vt *vt)
{
	vt->cursor = (struct vt_cursor){ 0 };
	vt_sgr_reset(vt);
	vt->saved = vt->cursor;
	vt->top = 0;
	vt->bottom = VT_ROWS;
	vt->autowrap = true;
	vt->insert = vt->newline = vt->cursor_hidden = false;
	vt->state = VT_GROUND;
	vt->utf8_left = 0;
	vt->last = 0;
	vt->reply_len = 0;
	for (u32 col = 0; col < VT_COLS; col++)
		vt->tab_stop[col] = col % VT_TAB_WIDTH == 0;
}

/* Blanks the screen, cursor at its beginning. */
void vt_clear(struct vt *vt)
{
	vt_erase_rows(vt, 0, VT_ROWS);
	vt_move(vt, 0, 0);
}

/* ---- characters -------------------------------------------------------- */

/* Down one row, scrolling at the region's end. */
static void line_feed(struct vt *vt)
{
	if (vt->cursor.row + 1 == vt->bottom)
		vt_scroll_up(vt, vt->top, 1);
	else if (vt->cursor.row + 1 < VT_ROWS)
		vt->cursor.row++;
	vt->cursor.wrap_pending = false;
}

static void reverse_line_feed(struct vt *vt)
{
	if (vt->cursor.row == vt->top)
		vt_scroll_down(vt, vt->top, 1);
	else if (vt->cursor.row)
		vt->cursor.row--;
	vt->cursor.wrap_pending = false;
}

static void carriage_return(struct vt *vt)
{
	vt->cursor.col = 0;
	vt->cursor.wrap_pending = false;
}

/* Draws one character at the cursor and moves on. */
static void draw(struct vt *vt, u32 c)
{
	struct vt_cursor *cursor = &vt->cursor;

	if (vt_is_zero_width(c))
		return;
	vt->last = c;
	if (cursor->wrap_pending && vt->autowrap) {
		carriage_return(vt);
		line_feed(vt);
	}
	if (vt->insert)
		vt_insert_cells(vt, 1);
	if (cursor->graphics[cursor->shift] && c < DEL)
		c = vt_line_drawing((u8)c);
	vt->cell[cursor->row][cursor->col] =
		(u16)(vt_attribute(vt) << 8 | vt_glyph(c));
	vt_touch(vt, cursor->row, cursor->row + 1);
	if (cursor->col + 1 < VT_COLS)
		cursor->col++;
	else
		cursor->wrap_pending = true;
}

static void tab(struct vt *vt)
{
	u32 col = vt->cursor.col;

	while (col + 1 < VT_COLS && !vt->tab_stop[++col])
		;
	vt_move(vt, vt->cursor.row, col);
}

/* The first byte of a UTF-8 sequence (RFC 3629). */
static void utf8_begin(struct vt *vt, u8 c)
{
	if ((c & 0xe0) == 0xc0) {
		vt->utf8 = c & 0x1f;
		vt->utf8_left = 1;
		vt->utf8_least = 0x80;
	} else if ((c & 0xf0) == 0xe0) {
		vt->utf8 = c & 0x0f;
		vt->utf8_left = 2;
		vt->utf8_least = 0x800;
	} else if ((c & 0xf8) == 0xf0) {
		vt->utf8 = c & 0x07;
		vt->utf8_left = 3;
		vt->utf8_least = 0x10000;
	} else {
		draw(vt, REPLACEMENT);
	}
}

static void utf8_continue(struct vt *vt, u8 c)
{
	vt->utf8 = vt->utf8 << 6 | (c & 0x3f);
	if (--vt->utf8_left)
		return;
	draw(vt, vt->utf8 < vt->utf8_least ? REPLACEMENT : vt->utf8);
}

/* A byte that is not a control. */
static void printable(struct vt *vt, u8 c)
{
	if (vt->utf8_left) {
		if ((c & 0xc0) == 0x80) {
			utf8_continue(vt, c);
			return;
		}
		vt->utf8_left = 0;
		draw(vt, REPLACEMENT);
	}
	if (c < 0x80)
		draw(vt, c);
	else
		utf8_begin(vt, c);
}

/* ---- controls ----------------------------------------------------------- */

/* C0 controls, which also work inside sequences. */
static void control(struct vt *vt, u8 c)
{
	switch (c) {
	case '\b':
		if (vt->cursor.col)
			vt->cursor.col--;
		vt->cursor.wrap_pending = false;
		break;
	case '\t':
		tab(vt);
		break;
	case '\n':
	case '\v':
	case '\f':
		line_feed(vt);
		if (vt->newline)
			carriage_return(vt);
		break;
	case '\r':
		carriage_return(vt);
		break;
	case 0x0e:		/* SO */
		vt->cursor.shift = 1;
		break;
	case 0x0f:		/* SI */
		vt->cursor.shift = 0;
		break;
	case CAN:
	case SUB:
		vt->state = VT_GROUND;
		break;
	case ESC:
		vt->state = VT_ESCAPE;
		break;
	}
}

static void alignment_test(struct vt *vt)
{
	for (u32 row = 0; row < VT_ROWS; row++) {
		for (u32 col = 0; col < VT_COLS; col++)
			vt->cell[row][col] = (u16)(vt_attribute(vt) << 8 | 'E');
	}
	vt_touch(vt, 0, VT_ROWS);
	vt_move(vt, 0, 0);
}

/* Escape sequences that begin something longer. Returns whether it was one. */
static bool escape_opens(struct vt *vt, u8 c)
{
	switch (c) {
	case '[':
		memset(vt->param, 0, sizeof(vt->param));
		vt->nparams = 1;
		vt->prefix = 0;
		vt->state = VT_CSI;
		return true;
	case ']':
	case 'P':
	case 'X':
	case '^':
	case '_':
		vt->state = VT_STRING;
		return true;
	case '(':
	case ')':
		vt->charset = c == ')';
		vt->state = VT_CHARSET;
		return true;
	case '#':
		vt->state = VT_HASH;
		return true;
	}
	return false;
}

static void escape(struct vt *vt, u8 c)
{
	static const char identity[] = "\033[?6c";

	if (escape_opens(vt, c))
		return;
	vt->state = VT_GROUND;
	switch (c) {
	case '7':
		vt->saved = vt->cursor;
		break;
	case '8':
		vt->cursor = vt->saved;
		break;
	case 'D':
		line_feed(vt);
		break;
	case 'E':
		carriage_return(vt);
		line_feed(vt);
		break;
	case 'M':
		reverse_line_feed(vt);
		break;
	case 'H':
		vt->tab_stop[vt->cursor.col] = true;
		break;
	case 'Z':
		if (vt->reply_len + sizeof(identity) - 1 <= sizeof(vt->reply)) {
			memcpy(vt->reply + vt->reply_len, identity,
			       sizeof(identity) - 1);
			vt->reply_len += sizeof(identity) - 1;
		}
		break;
	case 'c':
		vt_reset(vt);
		vt_clear(vt);
		break;
	}
}

static void csi_byte(struct vt *vt, u8 c)
{
	u32 *param = &vt->param[vt->nparams - 1];

	if (c >= '0' && c <= '9') {
		*param = MIN(*param * 10 + (c - '0'), (u32)PARAM_MAX);
	} else if (c == ';' || c == ':') {
		if (vt->nparams < VT_PARAMS)
			vt->nparams++;
	} else if (c >= '<' && c <= '?') {
		vt->prefix = (char)c;
	} else if (c >= ' ' && c <= '/') {
		vt->prefix = (char)c;	/* intermediates: none is known */
	} else if (c == 'b' && !vt->prefix) {
		vt->state = VT_GROUND;
		for (u32 n = MIN(MAX(*param, 1u), (u32)VT_COLS); n && vt->last; n--)
			draw(vt, vt->last);
	} else {
		vt->state = VT_GROUND;
		vt_csi(vt, (char)c);
	}
}

/* A byte inside a sequence. */
static void sequence_byte(struct vt *vt, u8 c)
{
	switch (vt->state) {
	case VT_ESCAPE:
		escape(vt, c);
		break;
	case VT_CSI:
		csi_byte(vt, c);
		break;
	case VT_CHARSET:
		vt->cursor.graphics[vt->charset] = c == '0';
		vt->state = VT_GROUND;
		break;
	case VT_HASH:
		vt->state = VT_GROUND;
		if (c == '8')
			alignment_test(vt);
		break;
	default:
		break;
	}
}

/* Strings end with BEL or with ESC \. */
static void string_byte(struct vt *vt, u8 c)
{
	if (vt->state == VT_STRING_ESCAPE) {
		vt->state = VT_GROUND;
		if (c != '\\') {
			vt->state = VT_ESCAPE;
			escape(vt, c);
		}
	} else if (c == ESC) {
		vt->state = VT_STRING_ESCAPE;
	} else if (c == '\a' || c == CAN || c == SUB) {
		vt->state = VT_GROUND;
	}
}

/* Shows `len` bytes. Answers to queries among them are left in vt->reply. */
void vt_write(struct vt *vt, const char *buf, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		u8 c = (u8)buf[i];

		if (vt->state == VT_STRING || vt->state == VT_STRING_ESCAPE) {
			string_byte(vt, c);
		} else if (c < ' ') {
			vt->utf8_left = 0;
			control(vt, c);
		} else if (vt->state != VT_GROUND) {
			sequence_byte(vt, c);
		} else if (c != DEL) {
			printable(vt, c);
		}
	}
}
