#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints what lies in ring 0 and what in ring 3, and writes GEN/sizes.json.

Sizes are bytes of code, constants, data and cleared data. Lines are those of C
and assembly that a unit is made of, without blank lines and comments; the core's
include its headers (include/core, arch/x86/include), a module's those in its
folder; lib/ and runtime/ count where they are linked to the core, and apart.
"""

import argparse
import glob
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
import elf
import sloc

KINDS = ("text", "rodata", "data", "bss")


def sizes(path):
    """Bytes of each kind in an object or image."""
    found = dict.fromkeys(KINDS, 0)
    for s in elf.Elf(path).sections:
        if not s.flags & elf.SHF_ALLOC:
            continue
        if s.flags & elf.SHF_EXECINSTR:
            kind = "text"
        elif s.type == elf.SHT_NOBITS:
            kind = "bss"
        elif s.flags & elf.SHF_WRITE and not s.name.startswith(".whitix"):
            kind = "data"
        else:
            kind = "rodata"
        found[kind] += s.size
    return found


def headers_of(folders):
    return sorted(h for folder in folders for h in glob.glob(folder + "/*.h"))


def read_config(path):
    with open(path, encoding="utf-8") as f:
        return dict(re.findall(r'(\w+) := *(.*)', f.read()))


def measure(args):
    config = read_config(os.path.join(args.out, "generated", "config.mk"))
    direct = config.get("CONFIG_DRIVERS_IN_KERNEL") == "y"
    core = {"name": "core", "ring": 0,
            **sizes(os.path.join(args.out, "whitix.elf"))}
    units = [core]
    with open(args.plan, encoding="utf-8") as f:
        plan = [line.split() for line in f if line.strip()]
    for words in plan:
        if words[0] == "core":
            sources = list(sloc.sources_of(words[2:], args.out))
            folders = {os.path.dirname(s) for s in sources} | {
                "include/core", "arch/x86/include/asm"}
            folders -= {"lib"}
            core["lines"] = sum(map(sloc.count_file, sources))
            core["header_lines"] = sum(map(sloc.count_file, headers_of(folders)))
        if words[0] in ("module", "late"):
            name, objects = words[1], words[3:]
            place = config.get(f"CONFIG_{name.upper()}_PLACEMENT", "default")
            sources = list(sloc.sources_of(objects, args.out))
            unit = {"name": name, "ring": 0 if direct or place == "core" else 3,
                    **sizes(os.path.join(args.out, "modules", name + ".ko")),
                    "lines": sum(map(sloc.count_file, sources)),
                    "header_lines": sum(map(sloc.count_file, headers_of(
                        {os.path.dirname(s) for s in sources})))}
            units.append(unit)
            if direct and words[0] == "module":
                for kind in KINDS:
                    core[kind] -= unit[kind]
    return units


def table(units):
    print(f"\n{'':10}{'':14}{'text':>9}{'rodata':>9}{'data':>9}{'bss':>9}"
          f"{'lines':>9}")
    result = {"units": units}
    for ring in (0, 3):
        total = dict.fromkeys(KINDS + ("lines",), 0)
        mine = [u for u in units if u["ring"] == ring]
        for u in mine:
            row = {k: u[k] for k in KINDS}
            row["lines"] = u["lines"] + u["header_lines"]
            for k, v in row.items():
                total[k] += v
            print(f"  ring {ring}    {u['name']:<13}"
                  + "".join(f"{v:>9,}" for v in row.values()))
        if mine:
            print(f"  ring {ring}    {'in all':<13}"
                  + "".join(f"{v:>9,}" for v in total.values()))
        result[f"ring{ring}"] = total
    print()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    parser.add_argument("--plan", required=True)
    args = parser.parse_args()
    result = table(measure(args))
    with open(os.path.join(args.out, "generated", "sizes.json"), "w",
              encoding="utf-8") as f:
        json.dump(result, f, indent=1)
        f.write("\n")


main()
