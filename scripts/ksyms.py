#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the table of function names that kernel/ksyms.c searches.

    scripts/ksyms.py [IMAGE]             writes assembly; an empty table without IMAGE
    scripts/ksyms.py --check A B         fails when a function's address differs

Offsets from core_text_start, sorted; names one after the other, and the place
of every 16th name.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import elf  # pylint: disable=wrong-import-position

NAMES_STEP = 16		# KSYMS_STEP in kernel/ksyms.c


def functions(path):
    """Sorted (address, name) of the functions in the image's text."""
    image = elf.Elf(path)
    text = image.section(".text")
    found = {}
    for s in image.symbols:
        if s.section != text.index or not s.name:
            continue
        code_label = s.type == elf.STT_NOTYPE and s.bind == elf.STB_GLOBAL \
            and not s.name.endswith(("_start", "_end"))
        if s.type == elf.STT_FUNC or code_label:
            # Of several names the first in the alphabet, functions before labels.
            rank = (s.type != elf.STT_FUNC, s.name)
            found[s.value] = min(found.get(s.value, rank), rank)
    return [(address, rank[1]) for address, rank in sorted(found.items())]


def table(symbols):
    text = "/* Made by scripts/ksyms.py */\n"
    text += '\t.section .ksyms, "a", @progbits\n\t.balign 4\n'
    for name in ("ksyms_count", "ksyms_offsets", "ksyms_places", "ksyms_names"):
        text += f"\t.globl {name}\n"
    text += f"ksyms_count:\n\t.long {len(symbols)}\nksyms_offsets:\n"
    for address, _ in symbols:
        text += f"\t.long {address:#x}\n"
    places, place = [], 0
    for i, (_, name) in enumerate(symbols):
        if i % NAMES_STEP == 0:
            places.append(place)
        place += len(name) + 1
    text += "ksyms_places:\n"
    for place in places:
        text += f"\t.long {place}\n"
    text += "ksyms_names:\n"
    for _, name in symbols:
        text += f'\t.asciz "{name}"\n'
    return text + '\t.section .note.GNU-stack, "", @progbits\n'


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "--check":
        if functions(sys.argv[2]) != functions(sys.argv[3]):
            sys.exit("ksyms: functions moved between the first link and the last")
        return
    symbols = []
    if len(sys.argv) == 2:
        symbols = functions(sys.argv[1])
        start = elf.Elf(sys.argv[1]).section(".text").addr
        symbols = [(address - start, name) for address, name in symbols]
    sys.stdout.write(table(symbols))


main()
