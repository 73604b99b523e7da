#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
make fuzz: random system calls with hostile arguments, in every layout.

    fuzz.py [--out build] [--variants 'A B ...'] [--seed N] [--calls N]

Builds each variant (a defconfig's name, or a .config file) in a folder of its own,
boots it in QEMU with user/fuzz.c's program and prints what that says: how far it
is, and memory and accounts before and after. The last line of each variant says
whether it passed. Exit status: 0 when all did, 1 when one did not, 2 when a build
fails. OUT/fuzz/VARIANT.log has the serial line.
"""

import argparse
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from whitixlib import build, cpio, qemu  # noqa: E402

DEFAULT_VARIANTS = "hybrid hybrid_private drivers_in_kernel"
DEFAULT_CALLS = 10_000_000
# The programs that die are not told one by one; resets and panics are.
APPEND = "console=ttyS0 panic=exit loglevel=4 init=/test/runtests"
PROGRAMS = ("runtests", "fuzz", "hello")
CALLS_A_SECOND = 500		# a machine slower than this hangs
START = 120			# seconds besides


def archive(objdir, seed, calls):
    """The boot archive with the fuzzer and what it is told."""
    extra = cpio.Writer()
    for program in PROGRAMS:
        with open(os.path.join(objdir, "user", program), "rb") as source:
            extra.file(f"test/{program}", source.read(), 0o755)
    extra.file("test/list", f"/test/fuzz {seed} {calls}\n".encode())
    path = os.path.join(objdir, "fuzz.cpio")
    with open(os.path.join(objdir, "boot.cpio"), "rb") as base, open(path, "wb") as out:
        out.write(base.read() + extra.bytes())
    return path


def run(name, objdir, args):
    """Boots one variant; True when the fuzzer passed."""
    limit = START + args.calls / CALLS_A_SECOND
    command = qemu.command_pvh(os.path.join(objdir, "whitix.elf"),
                               archive(objdir, args.seed, args.calls), APPEND)
    with qemu.Machine(command, log=objdir + ".log", limit=limit) as machine:
        while True:
            seen = machine.expect(r"(fuzz: .*|@@ end .*|.*panic: .*|.*resetting .*)\r?\n", limit)
            line = seen.match.group(1).strip()
            if line.startswith("@@ end"):
                return line.endswith(": exit 0")
            print(f"{name}: {line}", flush=True)
            if re.search("panic: |resetting ", line):
                return False


def main():
    parser = argparse.ArgumentParser(description="Random system calls in every layout.")
    parser.add_argument("--out", default="build")
    parser.add_argument("--variants", default=DEFAULT_VARIANTS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calls", type=int, default=DEFAULT_CALLS)
    args = parser.parse_args()
    out = os.path.abspath(args.out)
    env = {"CACHE": os.environ.get("CACHE", os.path.join(out, "cache"))}
    passed = True
    try:
        for spec in args.variants.split():
            name, objdir = build.build_variant(spec, os.path.join(out, "fuzz"), "all",
                                               "programs", env=env)
            try:
                good = run(name, objdir, args)
            except qemu.QemuError as error:
                print(f"{name}: {error}")
                good = False
            print(f"fuzz: {name}: {'passed' if good else 'FAILED'} "
                  f"(seed {args.seed}, {args.calls} calls)", flush=True)
            passed = passed and good
    except (OSError, build.BuildError) as error:
        print(f"fuzz: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
