#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
make compare-linux SCRIPT=file.sh: runs a script on Debian's Linux and on Whitix,
with the same programs, and shows what is different.

    linux.py SCRIPT [--out build] [--variants 'A B ...'] [--userland '...']

Debian's cloud kernel and each variant (a defconfig's name, or a .config file) boot
in QEMU with the same boot archive. Its first program (linux_init) runs SCRIPT as
it is if it begins with #!, else by /bin/sh; both outputs go through one pipe, and
its input is /dev/null. Output of the script on each is left in OUT/compare-linux.
Exit status: 0 when all variants print and return what Linux does, 1 when one
does not, 2 when a build or boot of Linux fails.
"""

import argparse
import difflib
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from whitixlib import build, cpio, debian, qemu  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
DEFAULT_VARIANTS = "hybrid hybrid_private drivers_in_kernel"
# Nothing of the kernels' own between the lines of the script.
QUIET = "console=ttyS0 quiet loglevel=1 init=/compare/init rdinit=/compare/init"
OUTPUT = re.compile(r"^@@ compare begins\n(.*?)(?:\n?^@@ compare ends: (\d+)\n|\Z)",
                    re.M | re.S)
# What Whitix says on the serial line at marks of the start.
MARKS = re.compile(r"^(?:whitix: (?:entry|first user instruction|prompt)|boottrace: .*)\n",
                   re.M)


class Outcome:
    """What a script printed, and its exit status; None if it did not end."""

    def __init__(self, serial):
        found = OUTPUT.search(MARKS.sub("", serial.replace("\r", "")))
        self.text = found.group(1) if found else ""
        self.status = int(found.group(2)) if found and found.group(2) else None
        self.tail = "" if self.status is not None else serial[-1500:]

    def lines(self):
        ended = (f"[ends with status {self.status}]" if self.status is not None
                 else "[does not end]")
        return (self.text + ended + "\n").splitlines(keepends=True)


def script_archive(script):
    """A boot archive that runs the text `script`."""
    if not script.startswith(b"#!"):
        script = b"#!/bin/sh\n" + script
    archive = cpio.Writer()
    with open(os.path.join(HERE, "linux_init"), "rb") as source:
        archive.file("compare/init", source.read(), 0o755)
    archive.file("compare/script", script, 0o755)
    return archive.bytes()


def run(kernel, initrd, script, log, append="", memory=256, timeout=120, **options):
    """
    Boots `kernel` with the archive `initrd` and the script; gives its Outcome. The
    options are QEMU's (qemu.command).
    """
    whole = cpio.concatenate(log + ".cpio", initrd, script_archive(script))
    argv = qemu.command_pvh(kernel, whole, f"{QUIET} {append}".strip(), memory=memory,
                            **options)
    with qemu.Machine(argv, log=log, limit=timeout) as machine:
        try:
            machine.run_to_end(timeout)
        except qemu.QemuError:
            pass
        outcome = Outcome(machine.buffer)
    os.remove(whole)
    return outcome


def differences(linux, other, name):
    """The unified diff of two outcomes, as lines; empty when they are equal."""
    return list(difflib.unified_diff(linux.lines(), other.lines(), "linux", name))


def report(name, linux, outcome):
    """Prints how a variant does; True when it does as Linux."""
    diff = differences(linux, outcome, name)
    sys.stdout.writelines(diff)
    if outcome.status is None:
        print(f"--- the end of {name}'s serial line:\n{outcome.tail}")
    print(f"compare-linux: {name}: " + ("equal" if not diff else "DIFFERENT"))
    return not diff


def arguments():
    parser = argparse.ArgumentParser(description="Runs a script on Linux and on Whitix.")
    parser.add_argument("script")
    parser.add_argument("--out", default="build")
    parser.add_argument("--variants", default=DEFAULT_VARIANTS)
    parser.add_argument("--userland", default="")
    parser.add_argument("--cache", default=os.environ.get("CACHE"))
    parser.add_argument("--memory", type=int, default=256, help="MiB of each machine")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for each boot")
    return parser.parse_args()


def compare(args):
    cache = args.cache or os.path.join(args.out, "cache")
    env = {"CACHE": os.path.abspath(cache), "USERLAND": args.userland}
    with open(args.script, "rb") as source:
        script = source.read()
    results = os.path.join(args.out, "compare-linux")
    os.makedirs(results, exist_ok=True)
    variants = [build.build_variant(spec, os.path.join(args.out, "compare"), "all", env=env)
                for spec in args.variants.split()]

    def outcome_of(name, kernel, initrd, append):
        log = os.path.join(results, f"{name}.log")
        outcome = run(kernel, initrd, script, log, append, args.memory, args.timeout)
        with open(os.path.join(results, f"{name}.txt"), "w", encoding="latin-1") as out:
            out.writelines(outcome.lines())
        return outcome

    linux = outcome_of("linux", debian.linux(cache),
                       os.path.join(variants[0][1], "boot.cpio"), "panic=-1")
    if linux.status is None:
        raise qemu.QemuError(f"the script does not end on Linux\n{linux.tail}")
    equal = True
    for name, objdir in variants:
        outcome = outcome_of(name, os.path.join(objdir, "whitix.elf"),
                             os.path.join(objdir, "boot.cpio"), "panic=exit")
        equal = report(name, linux, outcome) and equal
    return equal


def main():
    args = arguments()
    args.out = os.path.abspath(args.out)
    try:
        equal = compare(args)
    except (OSError, build.BuildError, debian.PackageError, qemu.QemuError) as error:
        print(f"compare-linux: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0 if equal else 1)


if __name__ == "__main__":
    main()
