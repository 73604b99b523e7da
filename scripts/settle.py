#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Settles what is settled in a module's object, and lists the rest.

    scripts/settle.py OBJECT TABLE

Changes OBJECT (ld -r) in place and writes TABLE, the content of its section
.whitix.link. The loader lays a module out in one way only (layout() below and
place_sections() of kernel/module/elf_link.c), so all distances inside a module
are known here. What is left to the loader is to add the address of the image, or
of an imported function, to words that hold the rest of the sum: the table says
which. Its form is in kernel/module/elf_link.h.

The relocations stay, for ld, which links the same object into an image of another
layout and does not look at what the words hold. Only calls between functions of
one section are taken out: nothing changes them.
"""

import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import elf  # pylint: disable=wrong-import-position

R_64, R_PC32, R_PLT32, R_32S = 1, 2, 4, 11
RELA_SIZE = 24
SHDR_SIZE, SHDR_SH_SIZE = 64, 32
PAGE = 4096
TEXT, RODATA, DATA, BSS = range(4)
LINK_MAGIC = 0x4b4e494c     # "LINK"
ABS64, ABS32, REL32 = 1, 2, 3
OWN = 0xffff                # the image itself, not an import


def range_of(section):
    if not section.flags & elf.SHF_ALLOC or not section.size:
        return None
    if section.type == elf.SHT_NOBITS:
        return BSS
    if section.flags & elf.SHF_EXECINSTR:
        return TEXT
    return DATA if section.flags & elf.SHF_WRITE else RODATA


def layout(obj):
    """Image offsets of the sections, by index; and where the ranges begin and end."""
    place, starts, at = {}, [], 0
    for kind in (TEXT, RODATA, DATA, BSS):
        starts.append(at)
        for section in obj.sections:
            if range_of(section) == kind:
                at += -at % max(section.align, 1)
                place[section.index] = at
                at += section.size
        at += -at % PAGE
    return place, starts + [at]


def import_names(obj):
    """Names in the order of the import table."""
    table, strings = obj.section(".whitix.imports"), obj.section(".whitix.strings")
    if not table:
        return {}
    raw, text = obj.bytes_of(table), obj.bytes_of(strings)
    return {elf.cstring(text, name): i
            for i, (name, _, _) in enumerate(struct.iter_unpack("<IIQ", raw))}


class Settler:
    def __init__(self, obj):
        self.obj, self.data = obj, bytearray(obj.data)
        self.place, self.starts = layout(obj)
        self.imports = import_names(obj)
        self.groups = {}    # (import, kind): image offsets

    def word(self, at, form, value):
        struct.pack_into(form, self.data, at, value)

    def own(self, target, offset, kind, value):
        """A reference to the module itself."""
        at, place = target.offset + offset, self.place[target.index] + offset
        if kind in (R_PC32, R_PLT32):
            self.word(at, "<i", value - place)
            return
        if kind == R_64:
            self.word(at, "<q", value)
        elif kind == R_32S:
            self.word(at, "<i", value)
        else:
            sys.exit(f"{self.obj.path}: relocation type {kind} in {target.name}")
        self.groups.setdefault((OWN, ABS64 if kind == R_64 else ABS32), []).append(place)

    def imported(self, target, offset, kind, index, addend):
        at, place = target.offset + offset, self.place[target.index] + offset
        if kind in (R_PC32, R_PLT32):
            self.word(at, "<i", addend - place)
            group = (index, REL32)
        elif kind == R_64:
            self.word(at, "<q", addend)
            group = (index, ABS64)
        elif kind == R_32S:
            self.word(at, "<i", addend)
            group = (index, ABS32)
        else:
            sys.exit(f"{self.obj.path}: relocation type {kind} in {target.name}")
        self.groups.setdefault(group, []).append(place)

    def section(self, table):
        """Applies relocation section `table`."""
        target = self.obj.sections[table.info]
        kept = b""
        raw = self.obj.bytes_of(table)
        for i in range(0, len(raw), RELA_SIZE):
            offset, info, addend = struct.unpack_from("<QQq", raw, i)
            symbol, kind = self.obj.symbols[info >> 32], info & 0xffffffff
            if symbol.section == elf.SHN_UNDEF:
                self.imported(target, offset, kind, self.imports[symbol.name], addend)
            else:
                base = 0 if symbol.section == elf.SHN_ABS else self.place[symbol.section]
                self.own(target, offset, kind, base + symbol.value + addend)
            if kind not in (R_PC32, R_PLT32) or symbol.section != target.index:
                kept += raw[i:i + RELA_SIZE]
        if target.flags & elf.SHF_EXECINSTR:
            self.data[table.offset:table.offset + len(kept)] = kept
            shoff, = struct.unpack_from("<Q", self.data, 40)
            self.word(shoff + table.index * SHDR_SIZE + SHDR_SH_SIZE, "<Q", len(kept))

    def table(self):
        text = struct.pack("<II4I", LINK_MAGIC, len(self.groups),
                           *self.starts[1:])
        for (index, kind), places in sorted(self.groups.items()):
            text += struct.pack(f"<HHI{len(places)}I", kind, index, len(places),
                                *sorted(places))
        return text


def main():
    obj = elf.Elf(sys.argv[1])
    settler = Settler(obj)
    for section in obj.sections:
        if section.type == elf.SHT_RELA and section.info in settler.place:
            settler.section(section)
    with open(sys.argv[1], "wb") as f:
        f.write(settler.data)
    with open(sys.argv[2], "wb") as f:
        f.write(settler.table())


main()
