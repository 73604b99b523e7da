#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
make compare: builds variants of the kernel, boots them, and says where the time
goes, what a call costs and how large each is.

    compare.py [--out build] [--variants 'A B ...'] [--results DIR] [--base old.json]

A variant is the name of a defconfig of configs/ without its ending, or the path
of a .config file. Each is built in OUT/compare/NAME, booted from the BIOS
ISO on the wall clock (all in turn, so that a machine's drift hits all alike)
and, with -kernel, twice under -icount. Writes compare.json, compare.csv and
compare.html. Exit status: 0; 1 when a boot or build fails, or two counted boots
differ; 2 when --base shows a change over its threshold.
"""

import argparse
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import elfsizes  # noqa: E402
import measure  # noqa: E402
import page  # noqa: E402
import report  # noqa: E402
import results  # noqa: E402
from whitixlib import build, qemu  # noqa: E402

DEFAULT_VARIANTS = ("hybrid", "hybrid_private", "drivers_in_kernel")
LEAST_RUNS = 5
COUNTED_RUNS = 2
OTHER_GATE = {"syscall": ("interrupt", {"CONFIG_GATE_SYSCALL": None,
                                        "CONFIG_GATE_INTERRUPT": "y"}),
              "interrupt": ("syscall", {"CONFIG_GATE_INTERRUPT": None,
                                        "CONFIG_GATE_SYSCALL": "y"})}


class Progress:
    """One line a step, with its number and how long it took."""

    def __init__(self, total, out=sys.stderr):
        self.total, self.number, self.out = total, 0, out
        self.tty = out.isatty()

    def step(self, what, action):
        """Runs action() as a step and returns what it returns."""
        self.number += 1
        head = f"[{self.number:{len(str(self.total))}}/{self.total}] {what}"
        if self.tty:
            print(f"\r\033[K{head} ...", end="", file=self.out, flush=True)
        begin = time.monotonic()
        try:
            result = action()
        except Exception:
            print(f"{chr(13) if self.tty else ''}{head}: FAILED", file=self.out)
            raise
        took = time.monotonic() - begin
        start = "\r\033[K" if self.tty else ""
        print(f"{start}{head}: {took:.1f} s", file=self.out, flush=True)
        return result


class Variant:
    """A kernel to be measured: where it is built, and what was measured."""

    def __init__(self, spec, folder, changes=None, name=None):
        self.spec, self.changes = spec, changes
        self.name = name or build.variant_name(spec)
        self.objdir = os.path.join(folder, self.name)
        self.timed, self.counted, self.calls, self.small = [], [], [], {}

    def log(self, name):
        return os.path.join(self.objdir, f"{name}.log")

    def make(self, srctree):
        build.configure(self.objdir, self.spec, self.changes, srctree=srctree,
                        log=self.log("make"))
        build.make(self.objdir, "all", "iso", srctree=srctree, log=self.log("make"),
                   env={"CMDLINE": measure.SHELL})
        self.config = build.layout_of(self.objdir)

    def result(self):
        calls = [results.calls_of(raw) for raw in self.calls]
        unlike = []
        for other in self.calls[1:]:
            unlike += results.differences(self.calls[0], other, "calls")
        return results.variant_result(
            self.name, self.config, self.counted, self.timed, self.calls[0],
            elfsizes.sizes_of(self.objdir, self.config["layout"]), self.small,
            unlike) if calls else None

    def calls_result(self):
        return {"name": self.name, "config": self.config,
                "calls": results.calls_of(self.calls[0])}


def other_gate(variants, folder):
    """The first hybrid variant with its other gate, when no variant has that."""
    hybrids = [v for v in variants if v.config["layout"] == "hybrid"]
    if not hybrids or len({v.config["gate"] for v in hybrids}) > 1:
        return []
    gate, changes = OTHER_GATE[hybrids[0].config["gate"]]
    return [Variant(hybrids[0].spec, folder, changes, f"{hybrids[0].name}_{gate}")]


def measure_all(variants, extras_of, runs, srctree, progress):
    """Builds and boots everything; returns the variants with another gate."""
    for v in variants:
        progress.step(f"build {v.name}", lambda v=v: v.make(srctree))
    extras = extras_of(variants)
    for v in extras:
        progress.step(f"build {v.name}", lambda v=v: v.make(srctree))
    for run in range(runs):
        for v in variants:
            v.timed.append(progress.step(
                f"boot {v.name} from the ISO, {run + 1} of {runs}",
                lambda v=v: measure.boot_timed(v.objdir, v.log("iso"))))
    for run in range(COUNTED_RUNS):
        for v in variants:
            v.counted.append(progress.step(
                f"count {v.name}, {run + 1} of {COUNTED_RUNS}",
                lambda v=v: measure.boot_counted(v.objdir, v.log("icount"))))
        for v in variants + extras:
            v.calls.append(progress.step(
                f"calls of {v.name}, {run + 1} of {COUNTED_RUNS}",
                lambda v=v: measure.measure_calls(v.objdir, v.log("calls"))))
    for v in variants:
        for start in ("pvh", "bios"):
            v.small[start] = progress.step(
                f"boot {v.name} with {measure.SMALL_MIB} MiB, {start.upper()}",
                lambda v=v, s=start: measure.boots_small(v.objdir, s, v.log(f"small-{s}")))
    return extras


def steps(nvariants, runs, extra):
    return nvariants * (1 + runs + COUNTED_RUNS * 2 + 2) + extra * (1 + COUNTED_RUNS)


def first_line(*argv):
    try:
        out = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        return out.splitlines()[0] if out else ""
    except (OSError, subprocess.CalledProcessError):
        return ""


def machine():
    cpu = "unknown CPU"
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
                break
    compiler = os.environ.get("CROSS_COMPILE", "x86_64-linux-gnu-") + "gcc"
    return {"cpu": cpu, "cpus": os.cpu_count(), "qemu": qemu.version(),
            "compiler": first_line(compiler, "--version")
            or first_line("gcc", "--version")}


def source_of(srctree):
    commit = first_line("git", "-C", srctree, "rev-parse", "--short=12", "HEAD")
    if not commit:
        return None
    dirty = first_line("git", "-C", srctree, "status", "--porcelain", "-uno")
    return commit + ("-dirty" if dirty else "")


def document_of(variants, extras, args):
    entries = [v.result() for v in variants]
    others = [v.calls_result() for v in extras]
    document = {
        "version": results.VERSION, "date": time.strftime("%Y-%m-%d %H:%M"),
        "machine": machine(), "source": source_of(args.srctree),
        "memory_mib": measure.MEMORY_MIB, "variants": entries, "others": others,
        "figures": results.figures(entries, others), "base": None, "changes": None,
    }
    if args.base:
        with open(args.base, encoding="utf-8") as old:
            document["changes"] = results.compare_with(json.load(old), entries, args.slack)
        document["base"] = os.path.basename(args.base)
    return document


def write_all(document, out):
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "compare.json"), "w", encoding="utf-8") as target:
        json.dump(document, target, indent=1)
        target.write("\n")
    report.write_csv(document, os.path.join(out, "compare.csv"))
    with open(os.path.join(out, "compare.html"), "w", encoding="utf-8") as target:
        target.write(page.render(document))


def arguments():
    parser = argparse.ArgumentParser(description="Compares variants of the kernel.")
    parser.add_argument("--variants", default=" ".join(DEFAULT_VARIANTS),
                        help="defconfig names or .config files (default: %(default)s)")
    parser.add_argument("--srctree", default=build.SRCTREE)
    parser.add_argument("--out", default="build", help="build folder (O=)")
    parser.add_argument("--results", help="folder for the results (OUT=)")
    parser.add_argument("--base", help="an older compare.json")
    parser.add_argument("--runs", type=int, default=LEAST_RUNS,
                        help=f"boots on the wall clock (default {LEAST_RUNS})")
    parser.add_argument("--slack", type=float, default=1.0,
                        help="multiplies the thresholds of --base")
    args = parser.parse_args()
    args.variants = args.variants.split() or list(DEFAULT_VARIANTS)
    return args


def main():
    args = arguments()
    folder = os.path.join(os.path.abspath(args.out), "compare")
    # What the builds fetch is fetched once.
    os.environ.setdefault("CACHE", os.path.join(os.path.abspath(args.out), "cache"))
    out = os.path.abspath(args.results or os.path.join(folder, "result"))
    variants = [Variant(spec, folder) for spec in args.variants]
    names = [v.name for v in variants]
    if len(set(names)) != len(names):
        sys.exit(f"compare: two variants have one name: {' '.join(names)}")
    progress = Progress(steps(len(variants), args.runs, 1))
    try:
        extras = measure_all(variants, lambda vs: other_gate(vs, folder), args.runs,
                             args.srctree, progress)
    except (build.BuildError, qemu.QemuError) as error:
        sys.exit(f"compare: {error}")
    document = document_of(variants, extras, args)
    write_all(document, out)
    print(report.full_text(document))
    print(f"Written: {out}/compare.html, compare.json, compare.csv")
    if not all(v["counts_agree"] for v in document["variants"]):
        return 1
    if any(c["over"] for c in document["changes"] or []):
        print("compare: over the threshold against the older results", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
