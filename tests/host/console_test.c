/* SPDX-License-Identifier: MIT */
/* The console's emulator (drivers/console/vt.c and its kin) on cells in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../drivers/console/csi.c"
#include "../../drivers/console/glyph.c"
#include "../../drivers/console/screen.c"
#include "../../drivers/console/sgr.c"
#include "../../drivers/console/vt.c"

#define VT_ROWS 25
#define VT_COLS 80

static u64 memory[16384];
static struct vt *const the_vt = (struct vt *)memory;
#define vt (*the_vt)

static void start(void)
{
	assert_true(vt_size(VT_ROWS, VT_COLS) <= sizeof(memory));
	memset(memory, 0, sizeof(memory));
	vt_setup(&vt, VT_ROWS, VT_COLS);
}

/* What VGA shows there: attribute and character of code page 437. */
static u32 cell(u32 row, u32 col)
{
	u32 c = vt_row(&vt, row)[col];

	return c ? (c >> CELL_ATTRIBUTE) << 8 | vt_glyph(c & CELL_CHAR) : 0x0700 | ' ';
}

static void put(const char *s)
{
	vt_write(&vt, s, strlen(s));
}

/* Row `row` without the spaces at its end. */
static const char *line(u32 row)
{
	static char text[VT_COLS + 1];
	u32 len = 0;

	for (u32 col = 0; col < VT_COLS; col++) {
		text[col] = (char)cell(row, col);
		if (text[col] != ' ')
			len = col + 1;
	}
	text[len] = '\0';
	return text;
}

static void assert_cursor(u32 row, u32 col)
{
	assert_int_equal(vt.s.cursor.row, row);
	assert_int_equal(vt.s.cursor.col, col);
}

/* What is written, what row 0 shows then, where the cursor is. */
static const struct {
	const char *text, *row0;
	u32 row, col;
} cases[] = {
	{ "hello", "hello", 0, 5 },
	{ "a\r\nb", "a", 1, 1 },
	{ "abc\bX", "abX", 0, 3 },
	{ "a\tb", "a       b", 0, 9 },
	{ "\033[5Cx", "     x", 0, 6 },
	{ "abc\033[2Dx", "axc", 0, 2 },
	{ "\033[3;4H", "", 2, 3 },
	{ "\033[99;99H", "", 24, 79 },
	{ "\033[H", "", 0, 0 },
	{ "\033[2;2fx\033[A\033[Dy", " y", 0, 2 },
	{ "abc\033[1K", "", 0, 3 },
	{ "abcdef\033[3G\033[K", "ab", 0, 2 },
	{ "abc\033[2K", "", 0, 3 },
	{ "abcdef\033[1G\033[2P", "cdef", 0, 0 },
	{ "abc\033[1G\033[2@", "  abc", 0, 0 },
	{ "abcdef\033[2G\033[2X", "a  def", 0, 1 },
	{ "abc\033[2J", "", 0, 3 },
	{ "abc\0337\033[10;10H\0338d", "abcd", 0, 4 },
	{ "ab\033[s\033[10;10H\033[uc", "abc", 0, 3 },
	{ "\033[5d", "", 4, 0 },
	{ "\033[4h\033[1Gab\033[1GX\033[4l", "Xab", 0, 1 },
	{ "a\033[4b", "aaaaa", 0, 5 },
	{ "\033]0;title\aok", "ok", 0, 2 },
	{ "\033]0;title\033\\ok", "ok", 0, 2 },
	{ "\033Pdata\033\\ok", "ok", 0, 2 },
	{ "\033[?2004hok\033[?2004l", "ok", 0, 2 },
	/* Linux's palette has no end of its own: what follows is shown */
	{ "\033]Rok", "ok", 0, 2 },
	{ "\033]P0a1b2c3ok", "ok", 0, 2 },
	{ "\033]\aok", "ok", 0, 2 },
	{ "\033[[Aok", "ok", 0, 2 },
	{ "\033[>4;2mok\033[2 q\033[?1c", "ok", 0, 2 },
	{ "\033[4:3mok", "ok", 0, 2 },
	/* a line's last column, then what ends the wrap that is due */
	{ "\033[80Gx\033[Ky", "                                        "
			       "                                       y", 0, 79 },
	{ "main\033[?1049hother\033[?1049lx", "mainx", 0, 5 },
	{ "main\033[?1049h\033[Hother", "other", 0, 5 },
	{ "main\033[?1049h\033[Hother\033c", "", 0, 0 },
	{ "\033[?1049h\033[?1049hx\033[?1049l", "", 0, 0 },
	/* characters of two cells */
	{ "\344\270\200x", "\376 x", 0, 3 },
	{ "\033[79G\344\270\200", "                                        "
				"                                      \376", 0, 79 },
	{ "\033[38;5;196;1mok", "ok", 0, 2 },
	{ "\033[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19mok", "ok", 0, 2 },
	{ "\033[12\030ok", "ok", 0, 2 },
	{ "\033[20I\033[Z", "", 0, 72 },
	{ "\033[Ehe\033[F", "", 0, 0 },
	{ "\303\244", "\204", 0, 1 },
	{ "\342\224\200\342\224\202", "\304\263", 0, 2 },
	{ "\360\237\230\200", "\376", 0, 1 },
	{ "\300\257", "\376", 0, 1 },
	{ "\342\202x", "\376x", 0, 2 },
	{ "e\314\201x", "ex", 0, 2 },
	{ "\033(0lqk\033(Bl", "\332\304\277l", 0, 4 },
	{ "\033)0\016x\017x", "\263x", 0, 2 },
	{ "\016x\017x\033)B\016x", "\263xx", 0, 3 },	/* G1 at first, as on Linux */
};

static void test_table(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start();
		put(cases[i].text);
		if (strcmp(line(0), cases[i].row0))
			fail_msg("case %zu: row is '%s'", i, line(0));
		if (vt.s.cursor.row != cases[i].row || vt.s.cursor.col != cases[i].col)
			fail_msg("case %zu: cursor at %u, %u", i, vt.s.cursor.row,
				 vt.s.cursor.col);
	}
}

static void test_wrap(void **state)
{
	start();
	for (u32 i = 0; i < VT_COLS; i++)
		put("x");
	assert_cursor(0, VT_COLS - 1);
	put("y");
	assert_cursor(1, 1);
	assert_string_equal(line(1), "y");
	start();
	put("\033[?7l");
	for (u32 i = 0; i < VT_COLS; i++)
		put("x");
	put("y");
	assert_cursor(0, VT_COLS - 1);
	assert_int_equal((u8)cell(0, VT_COLS - 1), 'y');
}

static void test_scroll(void **state)
{
	char text[8];

	start();
	for (u32 i = 0; i < VT_ROWS + 2; i++) {
		snprintf(text, sizeof(text), "%u\r\n", i);
		put(text);
	}
	assert_string_equal(line(0), "3");
	assert_string_equal(line(VT_ROWS - 2), "26");
	assert_cursor(VT_ROWS - 1, 0);
	put("\033[H\033M");
	assert_string_equal(line(0), "");
	assert_string_equal(line(1), "3");
}

static void rows(void)
{
	start();
	put("a\r\nb\r\nc\r\nd\r\ne");
}

static void test_region(void **state)
{
	rows();
	put("\033[2;4r\033[4;1H\n");
	assert_string_equal(line(0), "a");
	assert_string_equal(line(1), "c");
	assert_string_equal(line(2), "d");
	assert_string_equal(line(3), "");
	assert_string_equal(line(4), "e");
	put("\033[2;1H\033M");
	assert_string_equal(line(1), "");
	assert_string_equal(line(2), "c");
	put("\033[?6h\033[1;1H");
	assert_cursor(1, 0);
	put("\033[9;1H");
	assert_cursor(3, 0);
	rows();
	put("\033[2;4r\033[S");
	assert_string_equal(line(1), "c");
	assert_string_equal(line(4), "e");
	put("\033[2T");
	assert_string_equal(line(1), "");
	assert_string_equal(line(3), "c");
}

static void test_lines(void **state)
{
	rows();
	put("\033[2;1H\033[2L");
	assert_string_equal(line(0), "a");
	assert_string_equal(line(1), "");
	assert_string_equal(line(3), "b");
	put("\033[3M");
	assert_string_equal(line(1), "c");
	put("\033[99L");
	assert_string_equal(line(1), "");
	assert_string_equal(line(VT_ROWS - 1), "");
}

static void test_colours(void **state)
{
	start();
	put("\033[31ma\033[1mb\033[0;44mc\033[7md\033[0;90me\033[0;38;5;12mf");
	assert_int_equal(cell(0, 0), 0x0400 | 'a');
	assert_int_equal(cell(0, 1), 0x0c00 | 'b');
	assert_int_equal(cell(0, 2), 0x1700 | 'c');
	assert_int_equal(cell(0, 3), 0x7100 | 'd');
	assert_int_equal(cell(0, 4), 0x0800 | 'e');
	assert_int_equal(cell(0, 5), 0x0900 | 'f');
	put("\033[0m\033[42m\033[K");
	assert_int_equal(cell(0, 10), 0x2700 | ' ');
	put("\033[0;38;2;255;0;0mx");
	assert_int_equal(cell(0, 6), 0x0c00 | 'x');
	put("\033[1;1H\033[0;3ma\033[23;21mb\033[24;2mc\033[1md\033[22;5me\033[0;101mf");
	assert_int_equal(cell(0, 0), 0x0200 | 'a');	/* italic is green */
	assert_int_equal(cell(0, 1), 0x0300 | 'b');	/* underlined is cyan */
	assert_int_equal(cell(0, 2), 0x0800 | 'c');	/* dim, then bold, then neither */
	assert_int_equal(cell(0, 3), 0x0f00 | 'd');
	assert_int_equal(cell(0, 4), 0x8700 | 'e');
	assert_int_equal(cell(0, 5), 0xc700 | 'f');
}

static void test_replies(void **state)
{
	start();
	put("\033[3;7H\033[6n\033[5n\033[c\033Z");
	vt.reply[vt.reply_len] = '\0';
	assert_string_equal(vt.reply, "\033[3;7R\033[0n\033[?6c\033[?6c");
	/* more than fit are dropped, whole */
	for (u32 i = 0; i < 100; i++)
		put("\033[5n");
	assert_true(vt.reply_len <= VT_REPLY_MAX);
	assert_int_equal(vt.reply[vt.reply_len - 1], 'n');
}

static void test_dirty(void **state)
{
	start();
	vt.dirty_first = VT_ROWS;
	vt.dirty_end = 0;
	put("\033[4;1Hx");
	assert_int_equal(vt.dirty_first, 3);
	assert_int_equal(vt.dirty_end, 4);
	assert_false(vt.s.cursor_hidden);
	put("\033[?25l");
	assert_true(vt.s.cursor_hidden);
}

/* Lines that left the screen are still there, up to VT_HISTORY of them. */
static void test_history(void **state)
{
	char text[8];

	start();
	for (u32 i = 0; i < VT_ROWS + 300; i++) {
		snprintf(text, sizeof(text), "%u\r\n", i);
		put(text);
	}
	assert_int_equal(vt_history(&vt), VT_HISTORY);
	assert_string_equal(line(0), "301");
	for (u32 back = 1; back <= VT_HISTORY; back++) {
		const u32 *at = vt_line_back(&vt, 0, back);

		snprintf(text, sizeof(text), "%u", 301 - back);
		for (u32 i = 0; text[i]; i++)
			assert_int_equal(at[i] & CELL_CHAR, text[i]);
	}
	put("\033[H\033[3M");	/* nor are those that are deleted */
	put("\033[?1049h\033[25;1H\n\n\n\033[?1049l");	/* nor the other screen's */
	assert_int_equal(vt_line_back(&vt, 0, 1)[2] & CELL_CHAR, '0');
	put("\033[2;5r\033[5;1H\n\n");	/* a region's lines are not kept */
	assert_int_equal(vt_history(&vt), VT_HISTORY);
	put("\033[3J");
	assert_int_equal(vt_history(&vt), 0);
	assert_string_equal(line(0), "");
}

/*
 * A reset in the middle of a write: the screen of the last commit, onto which the
 * rest is written again, is the one that an undisturbed write gives.
 */
static void test_write_again(void **state)
{
	static const char text[] = "one\r\ntwo\033[31mred\033[2;1H\033[Lnew\033[24;1H"
				   "\r\n\r\n\r\nlow\033[1;1H\033[2P\033[3@x\033[4hy\033[4l";
	static u32 wanted[VT_ROWS][VT_COLS];

	start();
	put(text);
	for (u32 row = 0; row < VT_ROWS; row++)
		memcpy(wanted[row], vt_row(&vt, row), sizeof(wanted[row]));
	for (size_t cut = 0; cut < sizeof(text) - 1; cut++) {
		u32 begin;

		start();
		for (size_t i = 0; i < cut; i++) {	/* not committed */
			byte(&vt, (u8)text[i]);
			vt.s.seq++;
		}
		vt_restart(&vt);
		begin = vt.s.seq;
		assert_true(begin <= cut);
		vt_write(&vt, text + begin, sizeof(text) - 1 - begin);
		for (u32 row = 0; row < VT_ROWS; row++)
			assert_memory_equal(wanted[row], vt_row(&vt, row),
					    sizeof(wanted[row]));
	}
}

static void test_modes(void **state)
{
	start();
	put("\033[?1h\033=\033[?5h");
	assert_true(vt.s.app_cursor && vt.s.app_pad && vt.s.screen_reverse);
	put("\033[?1l\033>\033[?5l");
	assert_false(vt.s.app_cursor || vt.s.app_pad || vt.s.screen_reverse);
	put("\033%@\344\033%G");
	assert_int_equal(vt_row(&vt, 0)[0] & CELL_CHAR, 0xe4);
}

/* Any bytes keep the cursor on the screen (and the sanitizers quiet). */
static void test_noise(void **state)
{
	static const char letters[] = "\033\033[[[[?;;0123456789ABCDHJKLMPXSTdmrsuhln\n\r\t\b";

	start();
	srand(1);
	for (u32 i = 0; i < 300000; i++) {
		char c = rand() % 4 ? letters[rand() % (sizeof(letters) - 1)] :
			 (char)rand();

		vt_write(&vt, &c, 1);
		assert_true(vt.s.cursor.row < VT_ROWS && vt.s.cursor.col < VT_COLS);
		assert_true(vt.s.top < vt.s.bottom && vt.s.bottom <= VT_ROWS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_scroll),
		cmocka_unit_test(test_region),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_dirty),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_write_again),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
