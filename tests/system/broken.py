# SPDX-License-Identifier: MIT
"""
Makes broken modules out of a good one: each breaks one thing that the loader
must notice. The good module should have no exports, so that the copy is refused
for its fault alone.
"""

import io
import struct

from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection

MANIFEST_NAME_AT = 16       # struct module_manifest: magic, abi, size, name
MANIFEST_ABI_AT = 8
NAME_MAX = 24
RELA_SIZE = 24
IMPORT_SIZE = 24            # name, provider, version
IMPORT_VERSION_AT = 16
R_NONSENSE = 250
R_X86_64_16 = 12            # a type that the compiler never makes here
FAR = 0x7fffffff


class Object:
    """A relocatable ELF file in memory, to be changed by the byte."""

    def __init__(self, data):
        self.data = bytearray(data)
        self.elf = ELFFile(io.BytesIO(bytes(data)))

    def section(self, name):
        found = self.elf.get_section_by_name(name)
        if found is None:
            raise ValueError(f"no section {name}")
        return found

    def put(self, offset, fmt, value):
        struct.pack_into(fmt, self.data, offset, value)

    def rename(self, name):
        """A module name of its own, so that it is not refused for that."""
        at = self.section(".whitix.manifest")["sh_offset"] + MANIFEST_NAME_AT
        self.data[at:at + NAME_MAX] = name.encode().ljust(NAME_MAX, b"\0")

    def relocations(self, of=".text"):
        for section in self.elf.iter_sections():
            if isinstance(section, RelocationSection) and section.name == f".rela{of}":
                return section
        raise ValueError(f"no relocations of {of}")


def cut(data, length):
    return data[:length]


def with_relocation(data, name, field, fmt, value, index=3):
    """Changes one field of a relocation of .text: r_offset 0, r_info 8."""
    obj = Object(data)
    obj.rename(name)
    obj.put(obj.relocations()["sh_offset"] + index * RELA_SIZE + field, fmt, value)
    return bytes(obj.data)


def with_import(data, name, change):
    """Breaks the first import: its version, or its name."""
    obj = Object(data)
    obj.rename(name)
    imports = obj.section(".whitix.imports")
    if change == "version":
        obj.data[imports["sh_offset"] + IMPORT_VERSION_AT] ^= 0xff
        return bytes(obj.data)
    # The name is a string that the import's first relocation points at; the
    # undefined symbol has the same name in the string table.
    rela = obj.relocations(".whitix.imports")
    first = next(r for r in rela.iter_relocations() if r["r_offset"] == 0)
    symbol = obj.section(".symtab").get_symbol(first["r_info_sym"])
    strings = obj.elf.get_section(symbol["st_shndx"])
    at = strings["sh_offset"] + symbol["st_value"] + first["r_addend"]
    imported = bytes(obj.data[at:obj.data.index(b"\0", at)]).decode()
    obj.data[at] = ord("Z")
    for undefined in obj.section(".symtab").iter_symbols():
        if undefined.name == imported:
            obj.data[obj.section(".strtab")["sh_offset"] + undefined["st_name"]] = ord("Z")
    return bytes(obj.data)


def with_header(data, offset, fmt, value):
    obj = bytearray(data)
    struct.pack_into(fmt, obj, offset, value)
    return bytes(obj)


def with_manifest(data, name, offset, fmt, value):
    obj = Object(data)
    obj.rename(name)
    obj.put(obj.section(".whitix.manifest")["sh_offset"] + offset, fmt, value)
    return bytes(obj.data)


def with_symbol_section(data, name, section):
    """The symbols of .text lie in a section that does not exist."""
    obj = Object(data)
    obj.rename(name)
    table, text = obj.section(".symtab"), obj.elf.get_section_index(".text")
    for i, symbol in enumerate(table.iter_symbols()):
        if symbol["st_shndx"] == text:
            obj.put(table["sh_offset"] + i * table["sh_entsize"] + 6, "<H", section)
    return bytes(obj.data)


def section_sizes(data, name):
    """Every section claims to be huge."""
    obj = Object(data)
    obj.rename(name)
    for i in range(1, obj.elf.num_sections()):
        at = obj.elf["e_shoff"] + i * obj.elf["e_shentsize"]
        obj.put(at + 32, "<Q", 1 << 40)
    return bytes(obj.data)


def all_of(data):
    """{name: bytes}: the broken copies of a good module."""
    return {
        "bad_empty": b"",
        "bad_text": b"this is no ELF file, only some text\n" * 8,
        "bad_cut_header": cut(data, 40),
        "bad_cut_half": cut(data, len(data) // 2),
        "bad_cut_end": cut(data, len(data) - 100),
        "bad_class": with_header(data, 4, "<B", 1),
        "bad_machine": with_header(data, 18, "<H", 183),
        "bad_type": with_header(data, 16, "<H", 2),
        "bad_shoff": with_header(data, 40, "<Q", 1 << 62),
        "bad_shnum": with_header(data, 60, "<H", 0xfff0),
        "bad_shstrndx": with_header(data, 62, "<H", 0xfff0),
        "bad_reloc_type": with_relocation(data, "bad_reloc_type", 8, "<I", R_NONSENSE),
        "bad_reloc_16": with_relocation(data, "bad_reloc_16", 8, "<I", R_X86_64_16),
        "bad_reloc_symbol": with_relocation(data, "bad_reloc_symbol", 12, "<I", FAR),
        "bad_reloc_offset": with_relocation(data, "bad_reloc_offset", 0, "<Q", 1 << 40),
        "bad_import_name": with_import(data, "bad_import_name", "name"),
        "bad_import_version": with_import(data, "bad_import_version", "version"),
        "bad_magic": with_manifest(data, "bad_magic", 0, "<Q", 0x1234),
        "bad_abi": with_manifest(data, "bad_abi", MANIFEST_ABI_AT, "<I", 99),
        "bad_symbol": with_symbol_section(data, "bad_symbol", 0xff00 - 1),
        "bad_sizes": section_sizes(data, "bad_sizes"),
        "bad_twin": data,
    }
