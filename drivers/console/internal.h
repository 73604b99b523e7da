/* SPDX-License-Identifier: MIT */
/*
 * The emulator of a terminal on a grid of character cells (vt.c), apart from the
 * hardware that shows the grid (console.c).
 */
#ifndef CONSOLE_INTERNAL_H
#define CONSOLE_INTERNAL_H

#include <types.h>

#define VT_COLS 80
#define VT_ROWS 25
#define VT_PARAMS 16
#define VT_REPLY_MAX 64
#define VT_TAB_WIDTH 8

enum vt_state {
	VT_GROUND,
	VT_ESCAPE,
	VT_CSI,
	VT_STRING,		/* OSC and its kin: ignored up to BEL or ST */
	VT_STRING_ESCAPE,
	VT_CHARSET,		/* ESC ( and ESC ): a set follows */
	VT_HASH,		/* ESC # */
};

/* What ESC 7 saves. */
struct vt_cursor {
	u32 row, col;
	bool wrap_pending;	/* the next character goes to the next line */
	u8 fg, bg;		/* ANSI colours 0-7 */
	bool bold, dim, underline, blink, reverse;
	bool bright_fg, bright_bg;	/* SGR 90-97, 100-107 */
	bool origin;		/* DECOM */
	u8 shift;		/* 0: G0, 1: G1 */
	bool graphics[2];	/* G0, G1: DEC line drawing */
};

struct vt {
	/* VGA cells: code page 437 below, attribute above */
	u16 cell[VT_ROWS][VT_COLS];
	u32 dirty_first, dirty_end;	/* rows to show again */

	struct vt_cursor cursor, saved;
	u32 top, bottom;	/* scroll region: rows top..bottom - 1 */
	bool autowrap, insert, newline, cursor_hidden;
	bool tab_stop[VT_COLS];

	/* parser */
	enum vt_state state;
	u32 param[VT_PARAMS];
	u32 nparams;
	char prefix;		/* '?', '>' and the like; 0: none */
	u8 charset;		/* which of G0, G1 is being set */
	u32 utf8;		/* bits so far */
	u32 utf8_left, utf8_least;
	u32 last;		/* last character drawn, for REP */

	/* answers to queries, to be typed in */
	char reply[VT_REPLY_MAX];
	u32 reply_len;
};

/* vt.c */
void vt_reset(struct vt *vt);
void vt_clear(struct vt *vt);
void vt_write(struct vt *vt, const char *buf, size_t len);

/* screen.c: the grid */
u16 vt_blank(const struct vt *vt);
u8 vt_attribute(const struct vt *vt);
void vt_touch(struct vt *vt, u32 first, u32 end);
void vt_erase(struct vt *vt, u32 row, u32 first, u32 end);
void vt_erase_rows(struct vt *vt, u32 first, u32 end);
void vt_scroll_up(struct vt *vt, u32 top, u32 lines);
void vt_scroll_down(struct vt *vt, u32 top, u32 lines);
void vt_insert_cells(struct vt *vt, u32 count);
void vt_delete_cells(struct vt *vt, u32 count);

/* csi.c */
void vt_csi(struct vt *vt, char final);
void vt_move(struct vt *vt, u32 row, u32 col);

/* sgr.c */
void vt_sgr(struct vt *vt);
void vt_sgr_reset(struct vt *vt);

/* glyph.c */
u8 vt_glyph(u32 c);
u32 vt_line_drawing(u8 c);
bool vt_is_zero_width(u32 c);

#endif
