# SPDX-License-Identifier: MIT
"""Keys of a machine's keyboard, and the characters on its screen."""

import re
import time

import font

VGA_TEXT = 0xb8000
COLS, ROWS = 80, 25
PLAIN = {" ": "spc", "\n": "ret", "-": "minus", "/": "slash", ".": "dot", "=": "equal",
         ";": "semicolon", "'": "apostrophe", ",": "comma", "\\": "backslash",
         "[": "bracket_left"}
SHIFTED = {"|": "backslash", "&": "7", "$": "4", "_": "minus", '"': "apostrophe",
           ">": "dot", "<": "comma", ":": "semicolon", "!": "1", "%": "5", "*": "8",
           "(": "9", ")": "0", "?": "slash"}


def keys_of(char):
    if char in PLAIN:
        return [PLAIN[char]]
    if char in SHIFTED:
        return ["shift", SHIFTED[char]]
    return ["shift", char.lower()] if char.isupper() else [char]


def press(machine, *keys):
    machine.monitor("send-key", keys=[{"type": "qcode", "data": key} for key in keys],
                    **{"hold-time": 20})
    time.sleep(0.03)


def type_text(machine, text):
    for char in text:
        press(machine, *keys_of(char))


def vga_text(machine, kernel):
    path = kernel.path("vga.bin")
    machine.monitor("pmemsave", val=VGA_TEXT, size=COLS * ROWS * 2, filename=path)
    with open(path, "rb") as source:
        cells = source.read()[::2]
    lines = [cells[row * COLS:(row + 1) * COLS].decode("cp437") for row in range(ROWS)]
    return "\n".join(line.rstrip() for line in lines)


def glyph_table():
    with open(font.FONT, "rb") as source:
        table = font.glyphs(source.read())
        return {bytes(lines): chr(code) for code, lines in reversed(list(table)) if lines}


def framebuffer_text(machine, kernel, glyphs):
    """The screen's characters, recognised by the font's glyphs; reversed spaces are █."""
    path = kernel.path("screen.ppm")
    machine.monitor("screendump", filename=path)
    with open(path, "rb") as source:
        data = source.read()
    head = re.match(rb"P6\n(\d+) (\d+)\n255\n", data)
    width, height = int(head.group(1)), int(head.group(2))
    red = data[head.end()::3]
    lines = []
    for row in range(height // font.HEIGHT):
        text = ""
        for col in range(width // font.WIDTH):
            bits = bytearray()
            for y in range(font.HEIGHT):
                at = (row * font.HEIGHT + y) * width + col * font.WIDTH
                bits.append(sum(0x80 >> x for x in range(font.WIDTH) if red[at + x] > 0x60))
            reverse = bytes(line ^ 0xff for line in bits)
            text += glyphs.get(bytes(bits)) or glyphs.get(reverse, "?")
        lines.append(text.rstrip())
    return "\n".join(lines)


def until(look, pattern, timeout=20.0):
    """Looks at a screen until it shows `pattern`."""
    end = time.monotonic() + timeout
    text = look()
    while not re.search(pattern, text, re.M):
        assert time.monotonic() < end, f"the screen does not show {pattern!r}:\n{text}"
        time.sleep(0.1)
        text = look()
    return text
