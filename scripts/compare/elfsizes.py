# SPDX-License-Identifier: MIT
"""
Sizes of a built variant: what the build counted (generated/sizes.json), else
read from the ELF files.
"""

import glob
import json
import os

from elftools.elf.elffile import ELFFile

FIELDS = ("ring0_text", "ring3_text", "ring0_lines")
SHF_EXECINSTR = 4


def text_of(path):
    """Bytes of executable sections of an ELF file."""
    with open(path, "rb") as file:
        return sum(s["sh_size"] for s in ELFFile(file).iter_sections()
                   if s["sh_flags"] & SHF_EXECINSTR and s["sh_type"] == "SHT_PROGBITS")


def sizes_of(objdir, layout):
    """{"ring0_text", "ring3_text", "ring0_lines", "iso"}; None: not known."""
    sizes = dict.fromkeys(FIELDS)
    counted = os.path.join(objdir, "generated", "sizes.json")
    if os.path.exists(counted):
        with open(counted, encoding="utf-8") as source:
            data = json.load(source)
        sizes["ring0_text"] = data["ring0"]["text"]
        sizes["ring3_text"] = data["ring3"]["text"]
        sizes["ring0_lines"] = data["ring0"]["lines"]
    if sizes["ring0_text"] is None:
        sizes["ring0_text"] = text_of(os.path.join(objdir, "whitix.elf"))
    if sizes["ring3_text"] is None:
        with open(os.path.join(objdir, "generated", "module-order.txt"),
                  encoding="utf-8") as f:     # those that are started with the system
            modules = [os.path.join(objdir, "modules", n.strip() + ".ko") for n in f]
        sizes["ring3_text"] = (sum(map(text_of, modules)) if layout == "hybrid" else 0)
    iso = os.path.join(objdir, "whitix.iso")
    sizes["iso"] = os.path.getsize(iso) if os.path.exists(iso) else None
    return sizes
