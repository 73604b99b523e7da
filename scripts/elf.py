# SPDX-License-Identifier: MIT
"""A small reader of ELF64 relocatable objects: sections, symbols, relocations.

Only what scripts/modpost.py and its neighbours need, and fast: one object takes
a few milliseconds. Debug information is read with pyelftools elsewhere.
"""

import struct

SHN_UNDEF = 0
SHN_ABS = 0xfff1
SHN_COMMON = 0xfff2
STB_LOCAL, STB_GLOBAL, STB_WEAK = 0, 1, 2
STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_SECTION, STT_FILE = 0, 1, 2, 3, 4
STV_DEFAULT, STV_INTERNAL, STV_HIDDEN = 0, 1, 2
SHT_SYMTAB, SHT_RELA, SHT_NOBITS = 2, 4, 8
SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR = 1, 2, 4


class Section:
    __slots__ = ("index", "name", "type", "flags", "addr", "offset", "size",
                 "link", "info", "align")


class Symbol:
    __slots__ = ("name", "bind", "type", "visibility", "section", "value",
                 "size")


def cstring(data, offset):
    return data[offset:data.index(b"\0", offset)].decode()


class Elf:
    """An ELF64 file in memory."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as f:
            self.data = f.read()
        data = self.data
        if data[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{path}: not a little-endian ELF64 file")
        self.type = struct.unpack_from("<H", data, 16)[0]
        shoff, = struct.unpack_from("<Q", data, 40)
        shnum, shstrndx = struct.unpack_from("<HH", data, 60)
        self.sections = []
        for i in range(shnum):
            s = Section()
            (name, s.type, s.flags, s.addr, s.offset, s.size, s.link, s.info,
             s.align) = struct.unpack_from("<IIQQQQIIQ", data, shoff + i * 64)
            s.index, s.name = i, name
            self.sections.append(s)
        names = self.bytes_of(self.sections[shstrndx])
        for s in self.sections:
            s.name = cstring(names, s.name)
        self._symbols = None
        self._relocations = {}

    def section(self, name):
        """The first section called `name`, or None."""
        return next((s for s in self.sections if s.name == name), None)

    def bytes_of(self, section):
        if section.type == SHT_NOBITS:
            return bytes(section.size)
        return self.data[section.offset:section.offset + section.size]

    @property
    def symbols(self):
        if self._symbols is None:
            self._symbols = []
            table = next((s for s in self.sections if s.type == SHT_SYMTAB), None)
            if table:
                names = self.bytes_of(self.sections[table.link])
                for name, info, other, shndx, value, size in struct.iter_unpack(
                        "<IBBHQQ", self.bytes_of(table)):
                    s = Symbol()
                    s.name = cstring(names, name) if name else ""
                    s.bind, s.type = info >> 4, info & 15
                    s.visibility = other & 3
                    s.section, s.value, s.size = shndx, value, size
                    self._symbols.append(s)
        return self._symbols

    def relocations(self, section):
        """{offset: (symbol, type, addend)} of what applies to `section`."""
        if section.index not in self._relocations:
            found = {}
            for r in self.sections:
                if r.type == SHT_RELA and r.info == section.index:
                    for offset, info, addend in struct.iter_unpack(
                            "<QQq", self.bytes_of(r)):
                        found[offset] = (self.symbols[info >> 32],
                                         info & 0xffffffff, addend)
            self._relocations[section.index] = found
        return self._relocations[section.index]

    def pointer(self, section, offset):
        """What the pointer at `offset` of `section` points to.

        (section, offset) in this object, a Symbol when it is undefined here,
        or None for a null pointer.
        """
        target = self.relocations(section).get(offset)
        if not target:
            return None
        symbol, _, addend = target
        if symbol.section == SHN_UNDEF:
            return symbol
        return self.sections[symbol.section], symbol.value + addend

    def string(self, where):
        section, offset = where
        return cstring(self.data, section.offset + offset)

    def words(self, where, form):
        section, offset = where
        return struct.unpack_from(form, self.data, section.offset + offset)
