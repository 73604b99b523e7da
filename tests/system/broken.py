# SPDX-License-Identifier: MIT
"""
Makes broken modules out of a good one: each breaks one thing that the loader
must notice. The good module should have no exports, so that the copy is refused
for its fault alone.
"""

import io
import struct

from elftools.elf.elffile import ELFFile

MANIFEST_NAME_AT = 16       # struct module_manifest: magic, abi, size, name
MANIFEST_ABI_AT = 8
MANIFEST_RANK_AT = 72
NAME_MAX = 24
IMPORT_SIZE = 16            # name, provider, version
IMPORT_VERSION_AT = 8
LINK_HEADER = 24            # struct link_header: magic, groups, ends of the ranges
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


def cut(data, length):
    return data[:length]


def with_link(data, name, at, fmt, value):
    """Changes one field of the link table: header, then the first group."""
    obj = Object(data)
    obj.rename(name)
    obj.put(obj.section(".whitix.link")["sh_offset"] + at, fmt, value)
    return bytes(obj.data)


def with_import(data, name, change):
    """Breaks the first import: its version, or its name."""
    obj = Object(data)
    obj.rename(name)
    imports = obj.section(".whitix.imports")["sh_offset"]
    if change == "version":
        obj.data[imports + IMPORT_VERSION_AT] ^= 0xff
    elif change == "string":
        obj.put(imports, "<I", FAR)
    else:
        text, = struct.unpack_from("<I", obj.data, imports)
        obj.data[obj.section(".whitix.strings")["sh_offset"] + text] = ord("Z")
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
        "bad_link_magic": with_link(data, "bad_link_magic", 0, "<I", 1),
        "bad_link_groups": with_link(data, "bad_link_groups", 4, "<I", FAR),
        "bad_link_range": with_link(data, "bad_link_range", 8, "<I", 1 << 20),
        "bad_link_type": with_link(data, "bad_link_type", LINK_HEADER, "<H", 250),
        "bad_link_import": with_link(data, "bad_link_import", LINK_HEADER + 2, "<H", 5000),
        "bad_link_count": with_link(data, "bad_link_count", LINK_HEADER + 4, "<I", FAR),
        "bad_link_offset": with_link(data, "bad_link_offset", LINK_HEADER + 8, "<I", FAR),
        "bad_import_string": with_import(data, "bad_import_string", "string"),
        "bad_import_name": with_import(data, "bad_import_name", "name"),
        "bad_import_version": with_import(data, "bad_import_version", "version"),
        "bad_magic": with_manifest(data, "bad_magic", 0, "<Q", 0x1234),
        "bad_abi": with_manifest(data, "bad_abi", MANIFEST_ABI_AT, "<I", 99),
        "bad_rank": with_manifest(data, "bad_rank", MANIFEST_RANK_AT, "<I", 1000),
        "bad_sizes": section_sizes(data, "bad_sizes"),
        "bad_twin": data,
    }
