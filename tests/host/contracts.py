#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Compares every export's contract with its prototype in the debug information.

    tests/host/contracts.py OBJDIR

reads OBJDIR/modules/*.ko.debug and OBJDIR/link/core.v.o, whose export sections
name each exported function and its contract. What must hold:

- the contract names the function's parameters, all, in order;
- a pointer has a contract of a pointer (string, buffer, callback, ops table), a
  number has that of a number; what is written is not const, what is read is;
- a buffer's length is another parameter, which is a number; a struct's size is
  the type's; nothing that is passed has a pointer inside;
- buffers of one call fit into the staging space;
- CALL_VOID is said where, and only where, nothing is returned;
- members of ops tables and callbacks likewise (their types have no names).

Prints what is wrong, and how many calls were compared. Exit status 1 if
anything is wrong, or nothing was found to compare.
"""

import glob
import os
import struct
import sys

from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection

EXPORT_SIZE = 32        # struct symbol_export: name, addr, contract, version
MAX_ARGS = 6
CONTRACT = struct.Struct("<6QIIQQ")     # arg, flags, nargs, names, ops
CONTRACT_NAMES_AT = 56
CONTRACT_OPS_AT = 64
OPS = struct.Struct("<QIIQ")            # name, size, ncalls, call
OPS_CALL_AT = 16
STAGING = 16384
CALL_VOID = 0x0008
CALL_NORETURN = 0x0020

KINDS = ("value", "self", "string", "in", "out", "inout", "ubuf", "handle",
         "handle_give", "callback", "ops")
NUMBERS = {"value", "self", "ubuf", "handle", "handle_give"}
BUFFERS = {"string", "in", "out", "inout"}
READ_ONLY = {"string", "in", "ops"}
WRITTEN = {"out", "inout"}
LEN_CONST, LEN_PARAM, LEN_RETURN = 1, 2, 3
QUALIFIERS = ("DW_TAG_const_type", "DW_TAG_volatile_type", "DW_TAG_typedef")


class Word:
    """An argument word, taken apart (include/interface/contract.h)."""

    def __init__(self, word):
        self.kind = KINDS[word & 0xff] if word & 0xff < len(KINDS) else "unknown"
        self.length = word >> 8 & 0xff
        self.index = word >> 16 & 0xff
        self.size = word >> 32


# ---- the object file --------------------------------------------------------

class Object:
    """A relocatable object: its bytes with relocations, and its DWARF."""

    def __init__(self, path):
        self.path = path
        self.file = open(path, "rb")  # pylint: disable=consider-using-with
        self.elf = ELFFile(self.file)
        self.symbols = self.elf.get_section_by_name(".symtab")
        self.targets = {}
        self.data = {}
        for section in self.elf.iter_sections():
            if isinstance(section, RelocationSection):
                self._read_relocations(section)

    def _read_relocations(self, section):
        home = section["sh_info"]
        if not self.elf.get_section(home)["sh_flags"] & 2:
            return
        for reloc in section.iter_relocations():
            symbol = self.symbols.get_symbol(reloc["r_info_sym"])
            place = symbol["st_shndx"]
            if isinstance(place, int):
                self.targets[home, reloc["r_offset"]] = (
                    place, symbol["st_value"] + reloc["r_addend"])

    def bytes_at(self, place, size):
        section, offset = place
        if section not in self.data:
            self.data[section] = self.elf.get_section(section).data()
        return self.data[section][offset:offset + size]

    def pointer_at(self, place):
        """(section, offset) that the pointer stored at `place` leads to, or None."""
        return self.targets.get(tuple(place))

    def string_at(self, place):
        section, offset = place
        self.bytes_at((section, 0), 0)
        data = self.data[section]
        return data[offset:data.index(b"\0", offset)].decode()

    def exports(self):
        """Yields (name, place of the contract)."""
        for index, section in enumerate(self.elf.iter_sections()):
            if section.name != ".whitix.exports":
                continue
            for at in range(0, section["sh_size"], EXPORT_SIZE):
                yield (self.string_at(self.pointer_at((index, at))),
                       self.pointer_at((index, at + 16)))

    def contract(self, place):
        """(words, flags, names, place of the ops contract or None)."""
        section, offset = place
        fields = CONTRACT.unpack(self.bytes_at(place, CONTRACT.size))
        flags, nargs = fields[6], fields[7]
        names_at = self.pointer_at((section, offset + CONTRACT_NAMES_AT))
        names = self.string_at(names_at).rstrip(",").split(",") if names_at else []
        return ([Word(w) for w in fields[:min(nargs, MAX_ARGS)]], flags,
                [n for n in names if n],
                self.pointer_at((section, offset + CONTRACT_OPS_AT)))

    def ops(self, place):
        """(size, places of the members' contracts) of an ops_contract."""
        section, offset = place
        _, size, ncalls, _ = OPS.unpack(self.bytes_at(place, OPS.size))
        calls = self.pointer_at((section, offset + OPS_CALL_AT))
        return size, [self.pointer_at((calls[0], calls[1] + 8 * i)) for i in range(ncalls)]

    def functions(self, names):
        """{name: DIE}: definitions (also of inlined functions) before declarations."""
        found = {}

        def rank(die):
            if "DW_AT_declaration" in die.attributes:
                return 0
            return 2 if "DW_AT_low_pc" in die.attributes else 1

        for unit in self.elf.get_dwarf_info().iter_CUs():
            for die in unit.get_top_DIE().iter_children():
                if die.tag != "DW_TAG_subprogram":
                    continue
                name = name_of(die)
                if name in names and (name not in found or rank(die) > rank(found[name])):
                    found[name] = die
        return found


# ---- types ------------------------------------------------------------------

def name_of(die):
    name = die.attributes.get("DW_AT_name")
    return name.value.decode() if name else ""


def type_of(die):
    if "DW_AT_type" not in die.attributes:
        return None
    return die.get_DIE_from_attribute("DW_AT_type")


def strip(die):
    """(the type under typedefs and qualifiers, whether const was among them)."""
    const = False
    while die is not None and die.tag in QUALIFIERS:
        const |= die.tag == "DW_TAG_const_type"
        die = type_of(die)
    return die, const


def size_of(die):
    """Bytes of a type; 1 for void."""
    die, _ = strip(die)
    if die is None:
        return 1
    if die.tag == "DW_TAG_array_type":
        count = 1
        for sub in die.iter_children():
            if sub.tag == "DW_TAG_subrange_type":
                bound = sub.attributes.get("DW_AT_upper_bound")
                total = sub.attributes.get("DW_AT_count")
                count *= total.value if total else bound.value + 1 if bound else 0
        return count * size_of(type_of(die))
    size = die.attributes.get("DW_AT_byte_size")
    return size.value if size else 0


def parameters(die):
    return [p for p in die.iter_children() if p.tag == "DW_TAG_formal_parameter"]


def has_pointer(die):
    """A pointer lies in the type (a struct's or array's member)."""
    die, _ = strip(die)
    if die is None:
        return False
    if die.tag == "DW_TAG_pointer_type":
        return True
    if die.tag == "DW_TAG_array_type":
        return has_pointer(type_of(die))
    if die.tag in ("DW_TAG_structure_type", "DW_TAG_union_type"):
        return any(has_pointer(type_of(m)) for m in die.iter_children()
                   if m.tag == "DW_TAG_member")
    return False


# ---- the comparison ---------------------------------------------------------

class Checker:
    """Collects what is wrong."""

    def __init__(self):
        self.wrong = []
        self.calls = 0

    def say(self, where, what):
        self.wrong.append(f"{where}: {what}")

    def call(self, obj, where, die, place, named=True):
        """Compares one function or function type with its contract."""
        self.calls += 1
        words, flags, names, ops = obj.contract(place)
        params = parameters(die)
        if len(params) != len(words):
            self.say(where, f"{len(params)} parameters, the contract has {len(words)}")
            return
        if named and [name_of(p) for p in params] != names:
            self.say(where, f"parameters {[name_of(p) for p in params]}, "
                            f"the contract names {names}")
        returns = strip(type_of(die))[0] is not None
        if returns == bool(flags & CALL_VOID) and not flags & CALL_NORETURN:
            self.say(where, "CALL_VOID and the return type do not go together")
        staged = 0
        for i, (param, word) in enumerate(zip(params, words)):
            label = f"{where}, {names[i] if i < len(names) else i}"
            self.argument(obj, label, type_of(param), word, params, ops)
            if word.kind in BUFFERS:
                staged += word.size
        if staged > STAGING:
            self.say(where, f"buffers of {staged} bytes do not fit into {STAGING}")

    def argument(self, obj, where, die, word, params, ops):
        target, _ = strip(die)
        if target is None or target.tag != "DW_TAG_pointer_type":
            if word.kind not in NUMBERS:
                self.say(where, f"a number, but the contract says {word.kind}")
            elif word.kind != "value" and size_of(target) != 4:
                self.say(where, f"{word.kind} in {size_of(target)} bytes, not 4")
            return
        if word.kind in NUMBERS or word.kind == "unknown":
            self.say(where, f"a pointer, but the contract says {word.kind}")
            return
        pointee, const = strip(type_of(target))
        if word.kind in READ_ONLY and not const:
            self.say(where, f"{word.kind}, but not const")
        if word.kind in WRITTEN and const:
            self.say(where, f"{word.kind}, but const")
        if word.kind in ("callback", "ops"):
            self.table(obj, where, pointee, word, ops)
        else:
            self.buffer(where, pointee, word, params)

    def buffer(self, where, pointee, word, params):
        if pointee is not None and pointee.tag == "DW_TAG_subroutine_type":
            self.say(where, f"a function pointer, but the contract says {word.kind}")
        if has_pointer(pointee):
            self.say(where, "a pointer lies in what is passed")
        if word.kind == "string":
            if size_of(pointee) != 1 or pointee is None:
                self.say(where, "a string that is no char pointer")
        elif word.length == LEN_CONST:
            if word.size != size_of(pointee):
                self.say(where, f"{word.size} bytes, the type has {size_of(pointee)}")
        elif word.length in (LEN_PARAM, LEN_RETURN):
            length = (strip(type_of(params[word.index]))[0]
                      if word.index < len(params) else None)
            if length is None or length.tag == "DW_TAG_pointer_type":
                self.say(where, "its length is no parameter that is a number")
        else:
            self.say(where, "a buffer without a length")
        if not word.size:
            self.say(where, "a buffer without a maximum")

    def table(self, obj, where, pointee, word, ops):
        if ops is None:
            self.say(where, f"{word.kind} without the contracts of its calls")
            return
        size, calls = obj.ops(ops)
        if word.kind == "callback":
            if pointee is None or pointee.tag != "DW_TAG_subroutine_type":
                self.say(where, "callback, but no function pointer")
            else:
                self.call(obj, f"{where}()", pointee, calls[0], named=False)
            return
        if size != size_of(pointee) or word.size != size:
            self.say(where, f"ops of {word.size} bytes, the type has {size_of(pointee)}")
        members = [m for m in pointee.iter_children() if m.tag == "DW_TAG_member"]
        if len(members) != len(calls):
            self.say(where, f"{len(members)} members, the contract has {len(calls)}")
            return
        for member, place in zip(members, calls):
            kind, _ = strip(type_of(member))
            inner = (strip(type_of(kind))[0]
                     if kind is not None and kind.tag == "DW_TAG_pointer_type" else None)
            label = f"{where}, {name_of(member)}()"
            if inner is None or inner.tag != "DW_TAG_subroutine_type":
                self.say(label, "no function pointer")
            elif place is None:
                self.say(label, "no contract")
            else:
                self.call(obj, label, inner, place, named=False)

    def object(self, path):
        """All exports of one object."""
        obj = Object(path)
        exports = dict(obj.exports())
        dies = obj.functions(set(exports))
        short = os.path.basename(path).split(".")[0]
        for name, place in exports.items():
            if name not in dies:
                self.say(f"{short}: {name}", "not in the debug information")
            elif place is None:
                self.say(f"{short}: {name}", "no contract")
            else:
                self.call(obj, f"{short}: {name}", dies[name], place)
        obj.file.close()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    objdir = sys.argv[1]
    paths = sorted(glob.glob(os.path.join(objdir, "modules", "*.ko.debug")))
    paths.append(os.path.join(objdir, "link", "core.v.o"))
    checker = Checker()
    for path in paths:
        checker.object(path)
    for line in checker.wrong:
        print(line)
    print(f"{checker.calls} calls of {len(paths)} objects compared, "
          f"{len(checker.wrong)} wrong")
    return 1 if checker.wrong or not checker.calls else 0


if __name__ == "__main__":
    sys.exit(main())
