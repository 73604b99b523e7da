# SPDX-License-Identifier: MIT
"""
Writes the console's font as a C header: glyphs of 8 by 16 points of the PF2 font
that GRUB's package installs (GNU Unifont; the format is described in GRUB's
manual, "PFF2 font format"). Nothing of it is kept in the tree.

usage: font.py [--font FILE] OUT
"""

import argparse
import struct
import sys

FONT = "/usr/share/grub/unicode.pf2"
WIDTH, HEIGHT = 8, 16
UNKNOWN = 0xfffd

# First and last characters: Latin, Greek, Cyrillic, punctuation, arrows, signs of
# mathematics, lines, blocks and shapes.
RANGES = (
    (0x20, 0x7e), (0xa0, 0x17f), (0x391, 0x3c9), (0x400, 0x45f), (0x2010, 0x2027),
    (0x2030, 0x203a), (0x20a0, 0x20bf), (0x2190, 0x2199), (0x2200, 0x220f),
    (0x2211, 0x221f), (0x2227, 0x222b), (0x2248, 0x2248), (0x2260, 0x2267),
    (0x2310, 0x2310), (0x2320, 0x2321), (0x2400, 0x2424), (0x2500, 0x25cf),
    (0x2639, 0x2642), (0x2660, 0x266b), (0x2713, 0x2717), (UNKNOWN, UNKNOWN),
)


def sections(data):
    """The file's sections by name; DATA's glyphs are found by file offset."""
    found, at = {}, 0
    while at + 8 <= len(data):
        name, length = struct.unpack_from(">4sI", data, at)
        if name == b"DATA":
            break
        found[name] = data[at + 8:at + 8 + length]
        at += 8 + length
    return found


def rows(data, at):
    """A glyph as HEIGHT bytes; None: it is wider than a cell."""
    width, height, left, below, _ = struct.unpack_from(">HHhhH", data, at)
    top = HEIGHT - 2 - height - below		# the font's baseline is 2 above the end
    lines = [0] * HEIGHT
    if width + max(left, 0) > WIDTH:
        return None
    for y in range(height):
        for x in range(width):
            bit = y * width + x
            if data[at + 10 + bit // 8] >> (7 - bit % 8) & 1 and 0 <= top + y < HEIGHT:
                lines[top + y] |= 0x80 >> (left + x)
    return lines


def glyphs(data):
    index = sections(data)[b"CHIX"]
    places = {}
    for at in range(0, len(index), 9):
        code, _, offset = struct.unpack_from(">IBI", index, at)
        places[code] = offset
    for first, last in RANGES:
        for code in range(first, last + 1):
            lines = rows(data, places[code]) if code in places else None
            yield code, lines


def write(out, data):
    made = dict(glyphs(data))
    unknown = made[UNKNOWN] or [0, 0, 0x7e] + [0x42] * 10 + [0x7e, 0, 0]
    out.write("/* Made by scripts/font.py. */\n#include <types.h>\n\n"
              f"#define FONT_WIDTH {WIDTH}\n#define FONT_HEIGHT {HEIGHT}\n"
              f"#define FONT_UNKNOWN {len(made) - 1}\n\n"
              "struct font_range {\n\tu32 first, count, glyph;\n};\n\n"
              "static const struct font_range font_ranges[] = {\n")
    at = 0
    for first, last in RANGES:
        out.write(f"\t{{ {first:#x}, {last - first + 1}, {at} }},\n")
        at += last - first + 1
    out.write("};\n\nstatic const u8 font_glyphs[][FONT_HEIGHT] = {\n")
    for lines in made.values():
        out.write("\t{ " + ", ".join(f"{b:#x}" for b in lines or unknown) + " },\n")
    out.write("};\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--font", default=FONT)
    parser.add_argument("out")
    arguments = parser.parse_args()
    try:
        with open(arguments.font, "rb") as source:
            data = source.read()
    except OSError as error:
        sys.exit(f"font.py: {error}; scripts/setup installs grub-common")
    with open(arguments.out, "w", encoding="ascii") as out:
        write(out, data)


if __name__ == "__main__":
    main()
