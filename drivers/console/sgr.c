/* SPDX-License-Identifier: MIT */
/* CSI m: colours and attributes (ECMA-48 8.3.117; 38 and 48: ISO 8613-6). */
#include "internal.h"

#define DEFAULT_FG 7
#define DEFAULT_BG 0
#define BRIGHT 8
#define COLOUR_INDEXED 5
#define COLOUR_RGB 2

/* Back to light grey on black. */
void vt_sgr_reset(struct vt *vt)
{
	struct vt_cursor *c = &vt->s.cursor;

	c->fg = DEFAULT_FG;
	c->bg = DEFAULT_BG;
	c->bold = c->dim = c->italic = c->underline = c->blink = c->reverse = false;
	c->bright_fg = c->bright_bg = false;
}

/* The nearest of the 16 colours; BRIGHT is its upper half. */
static u8 nearest(u32 r, u32 g, u32 b)
{
	u32 most = MAX(r, MAX(g, b));
	u32 half = most / 2;
	u8 colour;

	if (most < 0x30)
		return 0;
	colour = (u8)((r > half) | (g > half) << 1 | (b > half) << 2);
	if (colour == 7 && most < 0xc0)	/* greys */
		return most < 0x80 ? BRIGHT : 7;
	return most > 0xc0 ? colour | BRIGHT : colour;
}

/* A colour of the table of 256: 16, a cube of 6 x 6 x 6, and 24 greys. */
static u8 from_index(u32 index)
{
	static const u8 level[] = { 0, 95, 135, 175, 215, 255 };

	if (index < 16)
		return (u8)index;
	if (index < 232) {
		index -= 16;
		return nearest(level[index / 36], level[index / 6 % 6],
			       level[index % 6]);
	}
	index = MIN(index, 255u) - 232;
	return nearest(8 + 10 * index, 8 + 10 * index, 8 + 10 * index);
}

/* 38 and 48 at parameter `i`. Returns the last parameter that belongs to it. */
static u32 extended(struct vt *vt, u32 i, u8 *colour, bool *bright)
{
	u8 found;

	if (i + 2 < vt->s.nparams && vt->s.param[i + 1] == COLOUR_INDEXED) {
		found = from_index(vt->s.param[i + 2]);
		i += 2;
	} else if (i + 4 < vt->s.nparams && vt->s.param[i + 1] == COLOUR_RGB) {
		found = nearest(vt->s.param[i + 2], vt->s.param[i + 3], vt->s.param[i + 4]);
		i += 4;
	} else {
		return vt->s.nparams;
	}
	*colour = found & 7;
	*bright = found & BRIGHT;
	return i;
}

static void attribute(struct vt *vt, u32 p)
{
	struct vt_cursor *c = &vt->s.cursor;

	switch (p) {
	case 0:
		vt_sgr_reset(vt);
		break;
	case 1:
	case 2:
		c->bold = p == 1;
		c->dim = p == 2;
		break;
	case 3:
	case 23:
		c->italic = p == 3;
		break;
	case 4:
	case 21:		/* twice underlined */
		c->underline = true;
		break;
	case 5:
		c->blink = true;
		break;
	case 7:
		c->reverse = true;
		break;
	case 22:
		c->bold = c->dim = false;
		break;
	case 24:
		c->underline = false;
		break;
	case 25:
		c->blink = false;
		break;
	case 27:
		c->reverse = false;
		break;
	}
}

static void colour(struct vt *vt, u32 p)
{
	struct vt_cursor *c = &vt->s.cursor;

	if ((p >= 30 && p <= 37) || (p >= 90 && p <= 97)) {
		c->fg = (u8)(p % 10);
		c->bright_fg = p >= 90;
	} else if ((p >= 40 && p <= 47) || (p >= 100 && p <= 107)) {
		c->bg = (u8)(p % 10);
		c->bright_bg = p >= 100;
	} else if (p == 39) {
		c->fg = DEFAULT_FG;
		c->bright_fg = false;
	} else if (p == 49) {
		c->bg = DEFAULT_BG;
		c->bright_bg = false;
	}
}

/* The parameters of a CSI m, in order. */
void vt_sgr(struct vt *vt)
{
	struct vt_cursor *c = &vt->s.cursor;

	for (u32 i = 0; i < vt->s.nparams; i++) {
		u32 p = vt->s.param[i];

		if (p == 38)
			i = extended(vt, i, &c->fg, &c->bright_fg);
		else if (p == 48)
			i = extended(vt, i, &c->bg, &c->bright_bg);
		else if (p < 30)
			attribute(vt, p);
		else
			colour(vt, p);
	}
}
