#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
make bench: what operations cost a program on Whitix and on Debian's Linux.

    bench.py [--out build] [--results folder] [--readme README.md]

One static program (user/bench.c) is the first program of each kernel, in the
same QEMU under -icount, so its ticks are instructions. Rows that cross between
core and modules in the hybrid layout may need LIMIT_CROSSES times what Linux
needs, others no more than Linux. Rows that miss stay in the table, with the
reason where it is known. Writes bench.json; --readme puts the table between the
markers of a README. Exit status 0 also when rows miss; 2: something did not run.
"""

import argparse
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from whitixlib import build, cpio, debian, qemu  # noqa: E402

VARIANTS = ("hybrid", "hybrid_private", "drivers_in_kernel")
KERNELS = ("linux",) + VARIANTS
LIMIT_CROSSES = 1.5
CROSSES = 0.5		# crossings per operation from which on a row crosses
MEMORY = 256		# MiB
BOOT_LIMIT = 600	# seconds
QUIET = "console=ttyS0 quiet loglevel=1 init=/bench rdinit=/bench"
ROW = re.compile(r"^bench: (\{.*\})\s*$", re.M)
COMPLAINT = re.compile(r"^bench: (?!\{|done)(.*?)\s*$", re.M)
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
# Why a row misses, where that is known.
PIPES = "each read and write stores its state and result, to outlive a reset"
REASONS = {"pipe round trip": PIPES, "context switch, 2 processes": PIPES}


def archive(program):
    """A boot archive with `program` as /bench and what it needs."""
    writer = cpio.Writer()
    for folder in ("dev", "proc", "tmp"):
        writer.folder(folder)
    writer.device("dev/console", 5, 1)
    with open(program, "rb") as source:
        writer.file("bench", source.read(), 0o755)
    return writer.bytes()


def run(name, kernel, initrd, append, log):
    """{row: {"ticks", "crossings"}} of one kernel."""
    argv = qemu.command_pvh(kernel, initrd, f"{QUIET} {append}", memory=MEMORY, icount=True)
    with qemu.Machine(argv, log=log, limit=BOOT_LIMIT) as machine:
        try:
            machine.expect(r"^bench: done", BOOT_LIMIT)
        except qemu.QemuError as error:
            raise qemu.QemuError(f"{name}: the program did not end\n{error}") from error
        text = machine.buffer.replace("\r", "")
    for complaint in COMPLAINT.findall(text):
        print(f"bench: {name}: {complaint}", file=sys.stderr)
    return {row["name"]: row for row in map(json.loads, ROW.findall(text))}


def prepare(args):
    """[(name, kernel, initrd, append)] of all kernels, built or fetched."""
    cache = args.cache or os.path.join(args.out, "cache")
    env = {"CACHE": os.path.abspath(cache)}
    found, program = [], None
    for variant in VARIANTS:
        print(f"bench: building {variant}", flush=True)
        _, objdir = build.build_variant(variant, os.path.join(args.out, "compare"), "all",
                                        "programs", env=env)
        program = program or os.path.join(objdir, "user", "bench")
        initrd = cpio.concatenate(os.path.join(args.results, f"{variant}.cpio"),
                                  os.path.join(objdir, "boot.cpio"), archive(program))
        found.append((variant, os.path.join(objdir, "whitix.elf"), initrd, "panic=exit"))
    linux = os.path.join(args.results, "linux.cpio")
    with open(linux, "wb") as out:
        out.write(archive(program))
    return [("linux", debian.linux(cache), linux, "panic=-1")] + found


def document_of(results):
    """What bench.json has."""
    rows = []
    for name in results["linux"]:
        of = {kernel: results[kernel].get(name, {}) for kernel in KERNELS}
        row = {"name": name,
               "crosses": (of["hybrid"].get("crossings") or 0) >= CROSSES,
               "crossings": of["hybrid"].get("crossings")}
        row.update({kernel: of[kernel].get("ticks") for kernel in KERNELS})
        row["missed"] = [kernel for kernel in VARIANTS if missed(row, kernel)]
        row["reason"] = REASONS.get(name) if row["missed"] else None
        rows.append(row)
    return {"version": 1, "unit": "instructions per operation",
            "qemu": qemu.version(), "memory_mib": MEMORY, "rows": rows}


def limit_of(row, kernel):
    """The most that `kernel` may need in this row."""
    crosses = row["crosses"] and kernel != "drivers_in_kernel"
    return row["linux"] * (LIMIT_CROSSES if crosses else 1)


def missed(row, kernel):
    return row[kernel] is None or row[kernel] > limit_of(row, kernel)


def cell(row, kernel):
    if row[kernel] is None:
        return "did not run"
    text = f"{row[kernel]:,.0f}"
    return f"**{text}**" if kernel in row["missed"] else text


def table(document):
    """The table in Markdown; what misses is bold."""
    lines = ["| operation | crossings in hybrid | " + " | ".join(KERNELS) + " | |",
             "|---|---:|" + "---:|" * len(KERNELS) + "---|"]
    for row in document["rows"]:
        crossings = "0" if not row["crosses"] else f"{row['crossings']:.1f}"
        lines.append("| " + " | ".join(
            [row["name"], crossings] + [cell(row, kernel) for kernel in KERNELS] +
            [row["reason"] or ("missed" if row["missed"] else "")]) + " |")
    return lines


def summary(document):
    lost = [row for row in document["rows"] if row["missed"]]
    return (f"bench: {len(document['rows'])} rows, {len(lost)} missed" +
            "".join(f"\n  {row['name']}: {', '.join(row['missed'])}" for row in lost))


def fill_readme(path, document):
    with open(path, encoding="utf-8") as source:
        text = source.read()
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        sys.exit(f"bench: {path} has no markers {BEGIN} and {END}")
    with open(path, "w", encoding="utf-8") as out:
        out.write("\n".join([before + BEGIN, "", *table(document), "", END + after]))


def arguments():
    parser = argparse.ArgumentParser(description="Whitix and Linux, operation by operation.")
    parser.add_argument("--out", default="build")
    parser.add_argument("--results", help="folder for bench.json (OUT/bench)")
    parser.add_argument("--cache", default=os.environ.get("CACHE"))
    parser.add_argument("--readme")
    args = parser.parse_args()
    args.out = os.path.abspath(args.out)
    args.results = os.path.abspath(args.results or os.path.join(args.out, "bench"))
    return args


def main():
    args = arguments()
    os.makedirs(args.results, exist_ok=True)
    results = {}
    try:
        for name, kernel, initrd, append in prepare(args):
            print(f"bench: running on {name}", flush=True)
            log = os.path.join(args.results, f"{name}.log")
            results[name] = run(name, kernel, initrd, append, log)
    except (OSError, build.BuildError, debian.PackageError, qemu.QemuError) as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(2)
    document = document_of(results)
    path = os.path.join(args.results, "bench.json")
    with open(path, "w", encoding="utf-8") as out:
        json.dump(document, out, indent=1)
        out.write("\n")
    print("\n".join(table(document)))
    if args.readme:
        fill_readme(args.readme, document)
    print(summary(document))
    print(f"bench: wrote {os.path.relpath(path)}")


if __name__ == "__main__":
    main()
