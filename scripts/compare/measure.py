# SPDX-License-Identifier: MIT
"""
Boots one built variant and takes the numbers of that boot.

Instructions come from the PVH start under -icount, where the kernel's time
stamp counter counts them; CPU and wall time come from the BIOS ISO, where each
mark on the serial line is stamped as it arrives (whitixlib.qemu).
"""

import json
import os
import re

from whitixlib import qemu

MEMORY_MIB = 128  # what the figures to reach are stated for
SMALL_MIB = 32  # the least that must boot
COMMAND_LINE = "console=ttyS0 panic=exit"
# The prompt that is measured is a shell's: before it asks for a name getty waits
# for 0.1 s, which would be most of the figure.
SHELL = "init=/bin/sh"
TRACE = r"boottrace: (\{.*\})\r?\n"
CALLS = r"calls: (\{.*\})\r?\n"
PANIC = r"\bpanic: .*\n"
BOOT_LIMIT = 60.0  # seconds; a boot takes about one


def files_of(objdir):
    return {name: os.path.join(objdir, name)
            for name in ("whitix.elf", "boot.cpio", "whitix.iso")}


def await_all(machine, wanted, limit=BOOT_LIMIT):
    """{name: Mark} of patterns that may come in any order."""
    found = {}
    while len(found) < len(wanted):
        left = {n: p for n, p in wanted.items() if n not in found}
        names = list(left)
        mark = machine.expect(list(left.values()) + [PANIC], limit)
        if mark.index == len(names):
            raise qemu.QemuError(machine.complaint("the kernel panicked"))
        found[names[mark.index]] = mark
    return found


def _span(begin, end):
    cpu = None
    if begin.cpu is not None and end.cpu is not None:
        cpu = (end.cpu - begin.cpu) * 1000
    return {"wall_ms": (end.wall - begin.wall) * 1000, "cpu_ms": cpu}


def boot_timed(objdir, log=None):
    """One boot from the BIOS ISO: spans in ms, and the kernel's boot trace."""
    iso = files_of(objdir)["whitix.iso"]
    with qemu.Machine(qemu.command_bios(iso, memory=MEMORY_MIB), log=log) as machine:
        marks = await_all(machine, {
            "entry": re.escape(qemu.MARK_ENTRY), "user": re.escape(qemu.MARK_USER),
            "prompt": re.escape(qemu.MARK_PROMPT), "trace": TRACE})
        entry = marks["entry"].stamp
        return {
            "firmware": _span(machine.start, entry),
            "entry_to_user": _span(entry, marks["user"].stamp),
            "entry_to_prompt": _span(entry, marks["prompt"].stamp),
            "trace": json.loads(marks["trace"].match.group(1)),
        }


def _pvh(objdir, append, **options):
    files = files_of(objdir)
    return qemu.command_pvh(files["whitix.elf"], files["boot.cpio"],
                            f"{COMMAND_LINE} {append}".strip(), **options)


def boot_counted(objdir, log=None):
    """The boot trace of one PVH boot under -icount: ticks are instructions."""
    argv = _pvh(objdir, SHELL, memory=MEMORY_MIB, icount=True)
    with qemu.Machine(argv, log=log) as machine:
        marks = await_all(machine, {"trace": TRACE})
        return json.loads(marks["trace"].match.group(1))


def measure_calls(objdir, log=None):
    """What the kernel's own measurement of empty calls gives, under -icount."""
    argv = _pvh(objdir, "echo_measure=1", memory=MEMORY_MIB, icount=True)
    with qemu.Machine(argv, log=log) as machine:
        marks = await_all(machine, {"calls": CALLS})
        return json.loads(marks["calls"].match.group(1))


def boots_small(objdir, start, log=None):
    """Whether it reaches the prompt with 32 MiB; `start` is pvh or bios."""
    if start == "pvh":
        argv = _pvh(objdir, "", memory=SMALL_MIB)
    else:
        argv = qemu.command_bios(files_of(objdir)["whitix.iso"], memory=SMALL_MIB)
    try:
        with qemu.Machine(argv, log=log) as machine:
            await_all(machine, {"prompt": re.escape(qemu.MARK_PROMPT)})
            return True
    except qemu.QemuError:
        return False
