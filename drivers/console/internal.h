/* SPDX-License-Identifier: MIT */
/*
 * The emulator of a terminal on a grid of character cells (vt.c and its kin),
 * apart from what shows the grid (vga.c, framebuffer.c) and from the consoles
 * that there are (console.c).
 *
 * State: transactions. A struct vt lies in pages that outlive a reset. Its rows
 * are lines of a pool, named by number: scrolling and shifting put another line in
 * a row's place, so what the kept state names is never changed but by drawing,
 * which is the same when it is done again. One store makes the new state the
 * kept one (vt_commit()), with the number of the byte up to which it came; tty
 * writes the rest again.
 */
#ifndef CONSOLE_INTERNAL_H
#define CONSOLE_INTERNAL_H

#include <types.h>

#define VT_COLS_MAX 256
#define VT_ROWS_MAX 100
#define VT_HISTORY 100		/* lines that can be scrolled back to */
#define VT_LINES_MAX (3 * VT_ROWS_MAX + VT_HISTORY)
#define VT_PARAMS 16
#define VT_REPLY_MAX 64
#define VT_TAB_WIDTH 8

/*
 * A cell: the character, and above an attribute as VGA has it (background << 4 |
 * foreground). 0 is a space in the default colours.
 */
#define CELL_CHAR 0x1fffffu
#define CELL_ATTRIBUTE 24	/* shift */
#define ATTRIBUTE_DEFAULT 0x07

enum vt_parser {
	VT_GROUND,
	VT_ESCAPE,
	VT_CSI,
	VT_STRING,		/* OSC and its kin: ignored up to BEL or ST */
	VT_STRING_ESCAPE,
	VT_CHARSET,		/* ESC ( and ESC ): a set follows */
	VT_HASH,		/* ESC # */
	VT_PERCENT,		/* ESC %: UTF-8 on or off */
	VT_OPERATING,		/* ESC ]: what follows says where it ends */
	VT_PALETTE,		/* ESC ] P: seven digits follow */
	VT_FUNCTION_KEY,	/* CSI [: one character follows, as keys send it */
};

/* What ESC 7 saves. */
struct vt_cursor {
	u16 row, col;
	bool wrap_pending;	/* the next character goes to the next line */
	u8 fg, bg;		/* ANSI colours 0-7 */
	bool bold, dim, italic, underline, blink, reverse;
	bool bright_fg, bright_bg;	/* SGR 90-97, 100-107 */
	bool origin;		/* DECOM */
	u8 shift;		/* 0: G0, 1: G1 */
	bool graphics[2];	/* G0, G1: DEC line drawing */
};

struct vt_state {
	u32 seq;		/* number of the next byte that tty writes */
	bool seq_known;

	struct vt_cursor cursor, saved;
	u16 top, bottom;	/* scroll region: rows top..bottom - 1 */
	bool autowrap, insert, newline, cursor_hidden;
	bool app_cursor, app_pad;	/* DECCKM, DECKPAM: what those keys type */
	bool screen_reverse;	/* DECSCNM */
	bool utf8_off;		/* ESC % @ */
	u8 tab_stop[VT_COLS_MAX / 8];

	/* parser */
	u8 parser;		/* enum vt_parser */
	u8 nparams;
	char prefix;		/* '?', '>' and the like; 0: none */
	u8 charset;		/* which of G0, G1 is being set */
	u16 param[VT_PARAMS];
	u8 digits_left;		/* of a palette's entry */
	u32 utf8;		/* bits so far */
	u32 utf8_left, utf8_least;
	u32 last;		/* last character drawn, for REP */

	/* lines: those shown, numbers used of the rings of others */
	u16 row[VT_ROWS_MAX];
	u16 main_row[VT_ROWS_MAX];	/* those of the main screen, meanwhile */
	bool alternate;		/* the other screen is shown (xterm's 1049) */
	u32 free_head, free_tail, history_head, history_tail;
};

struct vt {
	u64 magic;		/* written last: it is whole */
	u32 number;		/* of the console, from 0 */
	u16 rows, cols;
	u32 which;		/* kept[which] holds */
	struct vt_state kept[2];
	struct vt_state s;	/* as it will be kept */

	/* begins anew after a reset */
	u32 dirty_first, dirty_end;	/* rows to show again */
	u32 taken, spare;	/* lines taken since the commit, and free at it */
	char reply[VT_REPLY_MAX];	/* answers to queries, to be typed in */
	u32 reply_len;

	/* rings: entry n lies at n modulo the size, which leaves one unused */
	u16 free[VT_LINES_MAX + 1];
	u16 history[VT_HISTORY + 1];
	u32 cell[];		/* lines, one after the other */
};

/*
 * Lines that a screen of `rows` has (two screens, those that a byte takes, and
 * what left the screen), and bytes of its struct vt.
 */
static inline u32 vt_lines(u32 rows)
{
	return 3 * rows + VT_HISTORY;
}

static inline size_t vt_size(u32 rows, u32 cols)
{
	return sizeof(struct vt) + (size_t)vt_lines(rows) * cols * sizeof(u32);
}

static inline u32 *vt_row(struct vt *vt, u32 row)
{
	return vt->cell + (size_t)vt->s.row[row] * vt->cols;
}

static inline u32 vt_cell(u8 attribute, u32 c)
{
	return (u32)attribute << CELL_ATTRIBUTE | c;
}

/* vt.c */
void vt_setup(struct vt *vt, u32 rows, u32 cols);
void vt_restart(struct vt *vt);
void vt_reset(struct vt *vt);
void vt_write(struct vt *vt, const char *buf, size_t len);
void vt_reply(struct vt *vt, const char *text);
void vt_draw(struct vt *vt, u32 c);

/* screen.c: the grid */
u32 vt_blank(const struct vt *vt);
u8 vt_attribute(const struct vt *vt);
void vt_touch(struct vt *vt, u32 first, u32 end);
void vt_erase(struct vt *vt, u32 row, u32 first, u32 end);
void vt_erase_rows(struct vt *vt, u32 first, u32 end);
void vt_scroll_up(struct vt *vt, u32 top, u32 lines);
void vt_delete_lines(struct vt *vt, u32 row, u32 lines);
void vt_scroll_down(struct vt *vt, u32 top, u32 lines);
void vt_insert_cells(struct vt *vt, u32 count);
void vt_delete_cells(struct vt *vt, u32 count);
const u32 *vt_line_back(struct vt *vt, u32 row, u32 back);
u32 vt_history(const struct vt *vt);
void vt_forget(struct vt *vt);
void vt_alternate(struct vt *vt, bool on);

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
bool vt_is_wide(u32 c);

/* What shows a grid. */
struct display {
	u32 rows, cols;
	/* Cells of a row from `col` on; `reverse`: all colours exchanged. */
	void (*draw)(u32 row, u32 col, const u32 *cell, u32 count, bool reverse);
	/* The cursor; off where it is not wanted. */
	void (*cursor)(u32 row, u32 col, bool on);
};

/* vga.c, framebuffer.c: NULL: there is none */
const struct display *vga_start(bool recovering);
const struct display *framebuffer_start(void);

#endif
