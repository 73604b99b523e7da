#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Fills the part of the README between its markers with the figures of a run:

    readme.py compare.json README.md

Writes nothing when that part would stay as it is. Exit status 1: the file has
no markers, or compare.json is not a result of make compare.
"""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import report  # noqa: E402

BEGIN, END = "<!-- compare:begin -->", "<!-- compare:end -->"


def median(spread):
    """A time as `median (min to max)`."""
    if spread["median"] is None:
        return "not measured"
    return f"{spread['median']:.0f} ({spread['min']:.0f} to {spread['max']:.0f})"


def million(value):
    return "not measured" if value is None else f"{value / 1e6:.2f} million"


def calls(variant, size):
    """down / up / across."""
    counts = [variant["calls"][f"{kind}_{size}"]["instructions"]
              for kind in report.CALL_KINDS]
    return " / ".join(report.number(count) for count in counts)


# What the README shows of each variant.
ROWS = (
    ("where modules run", lambda v: {
        "shared": "ring 3, one address space", "private": "ring 3, one address space each",
        None: "ring 0"}[v["config"]["domains"]]),
    ("gate", lambda v: v["config"]["gate"] or "none: plain calls"),
    ("kernel entry to first user instruction, instructions",
     lambda v: million(v["boot"]["entry_to_user"]["instructions"])),
    ("the same, ms of QEMU's CPU time",
     lambda v: median(v["boot"]["entry_to_user"]["cpu_ms"])),
    ("kernel entry to a shell's prompt (`init=/bin/sh`), instructions",
     lambda v: million(v["boot"]["entry_to_prompt"]["instructions"])),
    ("the same, ms of QEMU's CPU time",
     lambda v: median(v["boot"]["entry_to_prompt"]["cpu_ms"])),
    ("firmware and GRUB (BIOS), ms", lambda v: median(v["boot"]["firmware"]["wall_ms"])),
    ("empty call down / up / across, instructions added", lambda v: calls(v, "empty")),
    ("call with 4 KiB down / up / across, instructions added", lambda v: calls(v, "4k")),
    ("ring 0, KiB of code", lambda v: f"{v['size']['ring0_text'] / 1024:.0f}"),
    ("ring 3, KiB of code", lambda v: f"{v['size']['ring3_text'] / 1024:.0f}"),
    ("memory in use after boot, KiB", lambda v: report.number(v["memory_used_kib"])),
)


def table(head, rows):
    """A table in Markdown; numbers and the like to the right."""
    lines = ["| " + " | ".join(head) + " |",
             "|" + "---|" + "---:|" * (len(head) - 1)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def figure(f):
    limit = f["limit"]
    if not isinstance(limit, str):
        limit = f"at most {report.number(limit)} {f['unit']}"
    return [f["name"], report.number(f["value"]), limit,
            "yes" if f["reached"] else "**no**"]


def section(document):
    """The lines that go between the markers."""
    variants = document["variants"]
    runs = min(v["boot"]["runs"] for v in variants)
    lines = table([""] + [v["name"] for v in variants],
                  [[name] + [get(v) for v in variants] for name, get in ROWS])
    lines += ["", f"By `make compare` on {document['date']}: "
              f"{document['machine']['qemu']} without KVM, {document['memory_mib']} MiB. Times "
              f"are median, least and most of {runs} boots from the BIOS ISO; instructions are "
              "exact counts (`-icount`) from the PVH start."]
    lines += ["", "The figures that the project set itself:", ""]
    lines += table(["figure", "measured", "limit", "reached"],
                   [figure(f) for f in document["figures"]])
    return lines


def fill(text, document):
    """`text` with the part between the markers written anew; None: no markers."""
    begin, end = text.find(BEGIN), text.find(END)
    if begin < 0 or end < begin:
        return None
    middle = "\n".join([BEGIN, ""] + section(document) + ["", ""])
    return text[:begin] + middle + text[end:]


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: readme.py compare.json README.md")
    with open(sys.argv[1], encoding="utf-8") as source:
        document = json.load(source)
    if "variants" not in document:
        sys.exit(f"readme.py: {sys.argv[1]} is not a result of make compare")
    with open(sys.argv[2], encoding="utf-8") as source:
        old = source.read()
    new = fill(old, document)
    if new is None:
        sys.exit(f"readme.py: {sys.argv[2]} lacks the line {BEGIN} or {END}")
    if new != old:
        with open(sys.argv[2], "w", encoding="utf-8") as target:
            target.write(new)


if __name__ == "__main__":
    main()
