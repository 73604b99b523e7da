# SPDX-License-Identifier: MIT
"""samples/hello, the example of docs/writing-a-module.md, in each layout."""

import re

import pytest
import system
from whitixlib import build

LAYOUTS = ("hybrid", "hybrid_private", "drivers_in_kernel")
for layout in LAYOUTS:
    system.CONFIGS[f"{layout}_hello"] = (layout, {"CONFIG_SAMPLE_HELLO": "y"})

SCRIPT = b"""#!/bin/busybox sh
export PATH=/bin
mount -t proc proc /proc
mount -t devfs devfs /dev
ls -l /dev/hello
exec 3</dev/hello
echo "sample: first $(cat /dev/hello)"
echo "a text of mine" >/dev/hello
echo "sample: then $(cat /dev/hello)"
echo "sample: second byte on $(dd if=/dev/hello bs=1 skip=2 2>/dev/null)"
echo bug >/dev/hello
echo "sample: fault $?"
echo "sample: after $(cat /dev/hello)"
read -r line <&3
echo "sample: opened before $line"
grep hello /proc/accounts
echo "sample: done"
poweroff -f
"""


@pytest.fixture(scope="module", params=LAYOUTS)
def sample(request, kernels):
    """(kernel, serial line, exit status) of a boot that runs the script."""
    kernel = kernels(f"{request.param}_hello")

    def boot():
        archive = system.cpio.Writer()
        archive.file("init", SCRIPT, 0o755)
        with kernel.pvh("", archive, "sample") as machine:
            status = machine.run_to_end(60)
            return machine.buffer.replace("\r", ""), status
    return kernel, *kernel.shared("sample", boot)


def said(text, line):
    assert re.search(rf"^sample: {re.escape(line)}$", text, re.M), text[-3000:]


def test_reads_and_writes(sample):
    _, text, _ = sample
    assert re.search(r"^crw-rw-rw-.* 240, +0 .*/dev/hello$", text, re.M), text[-3000:]
    said(text, "first Hello from a module.")
    said(text, "then a text of mine")
    said(text, "second byte on text of mine")


def test_text_survives_a_reset(sample):
    """In ring 3 the module is reset, its text and an open file go on."""
    kernel, text, status = sample
    report = re.search(r"module hello: fault \(bug\).*told to fail", text)
    assert report, text[-3000:]
    if not kernel.is_hybrid:
        assert re.search(system.PANIC, text) and status == system.qemu.STATUS_PANIC
        return
    said(text, "fault 1")
    said(text, "after a text of mine")
    said(text, "opened before a text of mine")
    said(text, "done")
    assert status == 0


def test_off_by_default():
    for path in ("hybrid", "hybrid_private", "drivers_in_kernel"):
        config = build.read_config(f"{system.ROOT}/configs/{path}_defconfig")
        assert "CONFIG_SAMPLE_HELLO" not in config


def test_is_short():
    lines = system.read(f"{system.ROOT}/samples/hello/hello.c").splitlines()
    assert len(lines) < 100
