# SPDX-License-Identifier: MIT
"""
What user/hostile.c prints: run on Debian's Linux and here, and compared call by
call. What Linux says stands in hostile.out beside this file, which

    tests/system/hostile.py OUT linux [ROW...]

takes anew, of all rows or of some;  tests/system/hostile.py OUT VARIANT [ROW...]
tells how a variant differs. `exec/` means all rows that begin so.
"""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(ROOT, "scripts"), os.path.join(ROOT, "scripts", "compare")]

import linux  # noqa: E402
from whitixlib import build, cpio, debian  # noqa: E402

RECORDED = os.path.join(HERE, "hostile.out")
KNOWN = os.path.join(HERE, "hostile.known")
LINE = re.compile(r"^(\S+ (?:\d|good)): (.*)$", re.M)
BOOT_LIMIT = 900
MEMORY = 256
# Linux, too, shall have 47 bits of addresses for programs.
ON_LINUX = "panic=-1 no5lvl"


def results(text):
    """{"read 2 null": "EFAULT", ..., "read good": "64"} of what hostile printed."""
    found = {}
    for call, told in LINE.findall(text):
        if call.endswith("good"):
            found[call] = told
            continue
        for one in told.split("; "):
            result, _, values = one.partition(": ")
            found.update({f"{call} {value}": result for value in values.split()})
    return found


def run(kernel, objdir, log, append, arguments=""):
    """Boots `kernel` with the boot archive of a built variant: linux.Outcome."""
    extra = cpio.Writer()
    with open(os.path.join(objdir, "user", "hostile"), "rb") as program:
        extra.file("test/hostile", program.read(), 0o755)
    initrd = cpio.concatenate(log + ".initrd", os.path.join(objdir, "boot.cpio"), extra.bytes())
    script = f"#!/bin/sh\nexec /test/hostile {arguments}\n"
    outcome = linux.run(kernel, initrd, script.encode(), log, append, MEMORY, BOOT_LIMIT)
    os.remove(initrd)
    return outcome


def read(path):
    with open(path, encoding="ascii") as source:
        return source.read()


def recorded():
    return read(RECORDED)


def differences(wanted, found):
    """{call: (on Linux, here)} of those that differ."""
    return {call: (wanted.get(call), found.get(call)) for call in {**wanted, **found}
            if wanted.get(call) != found.get(call)}


def record(out, objdir, rows):
    """Takes what Linux says anew, of some rows or of all."""
    outcome = run(debian.linux(os.environ["CACHE"]), objdir,
                  os.path.join(out, "hostile-linux.log"), ON_LINUX, " ".join(rows))
    if outcome.status != 0:
        sys.exit(f"it did not end well on Linux:\n{outcome.text[-2000:]}{outcome.tail}")
    lines = dict(LINE.findall(recorded() if rows else ""))
    lines.update(LINE.findall(outcome.text))
    with open(RECORDED, "w", encoding="ascii") as target:
        target.writelines(f"{call}: {told}\n" for call, told in lines.items())


def chosen(call, rows):
    """Whether a call is of a row that was asked for."""
    name = call.split()[0]
    return not rows or any(name == row or row.endswith("/") and name.startswith(row)
                           for row in rows)


def by_hand(out, variant, *rows):
    os.environ.setdefault("CACHE", os.path.join(out, "cache"))
    built = "drivers_in_kernel" if variant == "linux" else variant
    objdir = os.path.join(out, built)
    build.configure(objdir, built)
    build.make(objdir, "all", "programs")
    if variant == "linux":
        record(out, objdir, rows)
        return
    outcome = run(os.path.join(objdir, "whitix.elf"), objdir,
                  os.path.join(objdir, "hostile.log"), "panic=exit", " ".join(rows))
    wanted = {call: told for call, told in results(recorded()).items() if chosen(call, rows)}
    listed = results(read(KNOWN))
    for call, (there, here) in differences(wanted, results(outcome.text)).items():
        if listed.get(call) != here:
            print(f"{call}: {there} on Linux, {here} here")
    print("\n".join(re.findall(r"^(?:#|hostile:|missing:).*", outcome.text, re.M)))
    if outcome.status != 0:
        print(outcome.tail)


if __name__ == "__main__":
    by_hand(os.path.abspath(sys.argv[1]), *sys.argv[2:])
