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
#define PALETTE_DIGITS 7	/* a colour's number, and two for each of its parts */
#define ESC 0x1b
#define CAN 0x18
#define SUB 0x1a
#define DEL 0x7f

/* Everything as after power-on, but for the cells. */
void vt_reset(struct vt *vt)
{
	struct vt_state *s = &vt->s;

	s->cursor = (struct vt_cursor){ .graphics = { false, true } };
	vt_sgr_reset(vt);
	s->saved = s->cursor;
	s->top = 0;
	s->bottom = vt->rows;
	s->autowrap = true;
	s->insert = s->newline = s->cursor_hidden = false;
	s->app_cursor = s->app_pad = s->screen_reverse = s->utf8_off = false;
	s->parser = VT_GROUND;
	s->utf8_left = 0;
	s->last = 0;
	vt_alternate(vt, false);
	memset(s->tab_stop, 0, sizeof(s->tab_stop));
	for (u32 col = 0; col < vt->cols; col += VT_TAB_WIDTH)
		s->tab_stop[col / 8] |= 1;
}

/* Blanks the screen, cursor at its beginning. */
static void vt_clear(struct vt *vt)
{
	vt_erase_rows(vt, 0, vt->rows);
	vt_move(vt, 0, 0);
}

/* Makes the present state the kept one. */
static void vt_commit(struct vt *vt)
{
	u32 next = vt->which ^ 1;

	vt->kept[next] = vt->s;
	__atomic_store_n(&vt->which, next, __ATOMIC_RELEASE);
	vt->taken = 0;
	vt->spare = vt->s.free_head - vt->s.free_tail;
}

/* Makes zeroed memory of vt_size() bytes a blank screen. */
void vt_setup(struct vt *vt, u32 rows, u32 cols)
{
	vt->rows = (u16)rows;
	vt->cols = (u16)cols;
	for (u32 i = 0; i < rows; i++)
		vt->s.row[i] = (u16)i;
	for (u32 i = rows; i < vt_lines(rows); i++)
		vt->free[vt->s.free_head++] = (u16)i;
	vt_reset(vt);
	vt_touch(vt, 0, rows);
	vt_commit(vt);
}

/* Goes on from the kept state after a reset. */
void vt_restart(struct vt *vt)
{
	vt->s = vt->kept[vt->which & 1];
	vt->reply_len = 0;
	vt->taken = 0;
	vt->spare = vt->s.free_head - vt->s.free_tail;
	vt->dirty_first = 0;
	vt->dirty_end = vt->rows;
}

/* An answer to a query, if there is room. */
void vt_reply(struct vt *vt, const char *text)
{
	size_t len = strlen(text);

	if (vt->reply_len + len > sizeof(vt->reply))
		return;
	memcpy(vt->reply + vt->reply_len, text, len);
	vt->reply_len += (u32)len;
}

/* ---- characters -------------------------------------------------------- */

/* Down one row, scrolling at the region's end. */
static void line_feed(struct vt *vt)
{
	if (vt->s.cursor.row + 1 == vt->s.bottom)
		vt_scroll_up(vt, vt->s.top, 1);
	else if (vt->s.cursor.row + 1 < vt->rows)
		vt->s.cursor.row++;
	vt->s.cursor.wrap_pending = false;
}

static void reverse_line_feed(struct vt *vt)
{
	if (vt->s.cursor.row == vt->s.top)
		vt_scroll_down(vt, vt->s.top, 1);
	else if (vt->s.cursor.row)
		vt->s.cursor.row--;
	vt->s.cursor.wrap_pending = false;
}

static void carriage_return(struct vt *vt)
{
	vt->s.cursor.col = 0;
	vt->s.cursor.wrap_pending = false;
}

static void put_cell(struct vt *vt, u32 c)
{
	struct vt_cursor *cursor = &vt->s.cursor;

	vt_row(vt, cursor->row)[cursor->col] = vt_cell(vt_attribute(vt), c & CELL_CHAR);
	vt_touch(vt, cursor->row, cursor->row + 1u);
	if (cursor->col + 1 < vt->cols)
		cursor->col++;
	else
		cursor->wrap_pending = true;
}

/* A character of two cells, of which the second is left blank. */
static void draw_wide(struct vt *vt, u32 c)
{
	if (vt->s.insert)
		vt_insert_cells(vt, 1);
	put_cell(vt, c);
	if (!vt->s.cursor.wrap_pending)
		put_cell(vt, ' ');
}

/* Draws one character at the cursor and moves on. */
void vt_draw(struct vt *vt, u32 c)
{
	struct vt_cursor *cursor = &vt->s.cursor;

	if (vt_is_zero_width(c))
		return;
	vt->s.last = c;
	if (cursor->wrap_pending && vt->s.autowrap) {
		carriage_return(vt);
		line_feed(vt);
	}
	if (vt->s.insert)
		vt_insert_cells(vt, 1);
	if (vt_is_wide(c)) {
		draw_wide(vt, c);
		return;
	}
	if (cursor->graphics[cursor->shift] && c < DEL)
		c = vt_line_drawing((u8)c);
	put_cell(vt, c);
}

static bool is_tab_stop(const struct vt *vt, u32 col)
{
	return vt->s.tab_stop[col / 8] >> col % 8 & 1;
}

static void tab(struct vt *vt)
{
	u32 col = vt->s.cursor.col;

	while (col + 1 < vt->cols && !is_tab_stop(vt, ++col))
		;
	vt_move(vt, vt->s.cursor.row, col);
}

/* The first byte of a UTF-8 sequence (RFC 3629). */
static void utf8_begin(struct vt *vt, u8 c)
{
	if ((c & 0xe0) == 0xc0) {
		vt->s.utf8 = c & 0x1f;
		vt->s.utf8_left = 1;
		vt->s.utf8_least = 0x80;
	} else if ((c & 0xf0) == 0xe0) {
		vt->s.utf8 = c & 0x0f;
		vt->s.utf8_left = 2;
		vt->s.utf8_least = 0x800;
	} else if ((c & 0xf8) == 0xf0) {
		vt->s.utf8 = c & 0x07;
		vt->s.utf8_left = 3;
		vt->s.utf8_least = 0x10000;
	} else {
		vt_draw(vt, REPLACEMENT);
	}
}

static void utf8_continue(struct vt *vt, u8 c)
{
	vt->s.utf8 = vt->s.utf8 << 6 | (c & 0x3f);
	if (--vt->s.utf8_left)
		return;
	vt_draw(vt, vt->s.utf8 < vt->s.utf8_least ? REPLACEMENT : vt->s.utf8);
}

/* A byte that is not a control. */
static void printable(struct vt *vt, u8 c)
{
	if (vt->s.utf8_left) {
		if ((c & 0xc0) == 0x80) {
			utf8_continue(vt, c);
			return;
		}
		vt->s.utf8_left = 0;
		vt_draw(vt, REPLACEMENT);
	}
	if (c < 0x80 || vt->s.utf8_off)
		vt_draw(vt, c);
	else
		utf8_begin(vt, c);
}

/* ---- controls ----------------------------------------------------------- */

/* C0 controls, which also work inside sequences. */
static void control(struct vt *vt, u8 c)
{
	switch (c) {
	case '\b':
		if (vt->s.cursor.col)
			vt->s.cursor.col--;
		vt->s.cursor.wrap_pending = false;
		break;
	case '\t':
		tab(vt);
		break;
	case '\n':
	case '\v':
	case '\f':
		line_feed(vt);
		if (vt->s.newline)
			carriage_return(vt);
		break;
	case '\r':
		carriage_return(vt);
		break;
	case '\a':		/* silent; it ends an empty ESC ] */
		if (vt->s.parser == VT_OPERATING)
			vt->s.parser = VT_GROUND;
		break;
	case 0x0e:		/* SO */
		vt->s.cursor.shift = 1;
		break;
	case 0x0f:		/* SI */
		vt->s.cursor.shift = 0;
		break;
	case CAN:
	case SUB:
		vt->s.parser = VT_GROUND;
		break;
	case ESC:
		vt->s.parser = VT_ESCAPE;
		break;
	}
}

static void alignment_test(struct vt *vt)
{
	for (u32 row = 0; row < vt->rows; row++) {
		for (u32 col = 0; col < vt->cols; col++)
			vt_row(vt, row)[col] = vt_cell(vt_attribute(vt), 'E');
	}
	vt_touch(vt, 0, vt->rows);
	vt_move(vt, 0, 0);
}

/* Escape sequences that begin something longer. Returns whether it was one. */
static bool escape_opens(struct vt *vt, u8 c)
{
	switch (c) {
	case '[':
		memset(vt->s.param, 0, sizeof(vt->s.param));
		vt->s.nparams = 1;
		vt->s.prefix = 0;
		vt->s.parser = VT_CSI;
		return true;
	case ']':
		vt->s.parser = VT_OPERATING;
		return true;
	case 'P':
	case 'X':
	case '^':
	case '_':
		vt->s.parser = VT_STRING;
		return true;
	case '(':
	case ')':
		vt->s.charset = c == ')';
		vt->s.parser = VT_CHARSET;
		return true;
	case '#':
		vt->s.parser = VT_HASH;
		return true;
	case '%':
		vt->s.parser = VT_PERCENT;
		return true;
	}
	return false;
}

static void escape(struct vt *vt, u8 c)
{
	if (escape_opens(vt, c))
		return;
	vt->s.parser = VT_GROUND;
	switch (c) {
	case '7':
		vt->s.saved = vt->s.cursor;
		break;
	case '8':
		vt->s.cursor = vt->s.saved;
		break;
	case '=':
	case '>':
		vt->s.app_pad = c == '=';
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
		vt->s.tab_stop[vt->s.cursor.col / 8] |= (u8)(1u << vt->s.cursor.col % 8);
		break;
	case 'Z':
		vt_reply(vt, "\033[?6c");
		break;
	case 'c':
		vt_reset(vt);
		vt_clear(vt);
		break;
	}
}

static void csi_byte(struct vt *vt, u8 c)
{
	u16 *param = &vt->s.param[vt->s.nparams - 1];

	if (c == '[' && vt->s.nparams == 1 && !*param && !vt->s.prefix) {
		vt->s.parser = VT_FUNCTION_KEY;
	} else if (c >= '0' && c <= '9') {
		*param = (u16)MIN(*param * 10u + (c - '0'), (u32)PARAM_MAX);
	} else if (c == ';' || c == ':') {
		if (vt->s.nparams < VT_PARAMS)
			vt->s.nparams++;
	} else if (c >= '<' && c <= '?') {
		vt->s.prefix = (char)c;
	} else if (c >= ' ' && c <= '/') {
		vt->s.prefix = (char)c;	/* intermediates: none is known */
	} else {
		vt->s.parser = VT_GROUND;
		vt_csi(vt, (char)c);
	}
}

/* After ESC ]: Linux's palette, set (P) or reset (R), else a string. */
static void operating_byte(struct vt *vt, u8 c)
{
	vt->s.digits_left = PALETTE_DIGITS;
	if (c == 'P')
		vt->s.parser = VT_PALETTE;
	else if (c == 'R')
		vt->s.parser = VT_GROUND;
	else
		vt->s.parser = VT_STRING;
}

static bool is_hex(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The palette stays as it is; its digits are not shown. */
static void palette_byte(struct vt *vt, u8 c)
{
	if (!is_hex(c) || !--vt->s.digits_left)
		vt->s.parser = VT_GROUND;
}

/* A byte inside a sequence. */
static void sequence_byte(struct vt *vt, u8 c)
{
	switch (vt->s.parser) {
	case VT_ESCAPE:
		escape(vt, c);
		break;
	case VT_CSI:
		csi_byte(vt, c);
		break;
	case VT_OPERATING:
		operating_byte(vt, c);
		break;
	case VT_PALETTE:
		palette_byte(vt, c);
		break;
	case VT_FUNCTION_KEY:
		vt->s.parser = VT_GROUND;
		break;
	case VT_CHARSET:
		vt->s.cursor.graphics[vt->s.charset] = c == '0';
		vt->s.parser = VT_GROUND;
		break;
	case VT_PERCENT:
		vt->s.utf8_off = c == '@';
		vt->s.parser = VT_GROUND;
		break;
	case VT_HASH:
		vt->s.parser = VT_GROUND;
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
	if (vt->s.parser == VT_STRING_ESCAPE) {
		vt->s.parser = VT_GROUND;
		if (c != '\\') {
			vt->s.parser = VT_ESCAPE;
			escape(vt, c);
		}
	} else if (c == ESC) {
		vt->s.parser = VT_STRING_ESCAPE;
	} else if (c == '\a' || c == CAN || c == SUB) {
		vt->s.parser = VT_GROUND;
	}
}

static void byte(struct vt *vt, u8 c)
{
	if (vt->s.parser == VT_STRING || vt->s.parser == VT_STRING_ESCAPE) {
		string_byte(vt, c);
	} else if (c < ' ') {
		vt->s.utf8_left = 0;
		control(vt, c);
	} else if (vt->s.parser != VT_GROUND) {
		sequence_byte(vt, c);
	} else if (c != DEL) {
		printable(vt, c);
	}
}

/*
 * Shows `len` bytes, counted by `seq`, and commits. Answers to queries among them
 * are left in vt->reply.
 */
void vt_write(struct vt *vt, const char *buf, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		byte(vt, (u8)buf[i]);
		vt->s.seq++;
		/* a byte takes at most a screen of lines: as many are to be free */
		if (vt->taken && vt->taken + vt->rows > vt->spare)
			vt_commit(vt);
	}
	vt_commit(vt);
}
