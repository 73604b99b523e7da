# SPDX-License-Identifier: MIT
"""Modules from user space: BusyBox's insmod, rmmod, modprobe and lsmod, in each layout."""

import re
import subprocess

import pytest
import system

LAYOUTS = ("hybrid", "hybrid_private", "drivers_in_kernel")
LATE = {"CONFIG_ECHO": "m", "CONFIG_ECHO_PEER": "m", "CONFIG_FAULTY": "m",
        "CONFIG_MEASURE": "m"}
for layout in LAYOUTS:
    system.CONFIGS[f"{layout}_late"] = (layout, LATE)

SCRIPT = b"""#!/bin/busybox sh
export PATH=/bin:/sbin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
there=/lib/modules/$(uname -r)
say() { echo "insmod: $*"; }
say begin "$(wc -l </proc/modules)"
insmod $there/kernel/drivers/echo/echo.ko; say without-provider $?
modprobe echo; say modprobe $?
lsmod | sed 's/^/insmod: lsmod /'
rmmod echo_peer; say provider-in-use $?
insmod $there/kernel/drivers/echo/echo.ko; say again $?
modprobe -r echo; say modprobe-r $?
rmmod echo_peer
lsmod | grep echo; say none-left $?
modprobe faulty; say faulty $?
rmmod faulty; say faulty-gone $?
modprobe hello; say hello "$(cat /dev/hello)"
exec 3</dev/hello
rmmod hello; say open-file $?
exec 3<&-
rmmod hello; say closed-file $?
[ -e /dev/hello ]; say device-left $?
insmod $there/kernel/samples/hello/hello.ko 'text="two words"'; say "$(cat /dev/hello)"
rmmod vfs; say at-the-start $?
rmmod nothing; say unknown $?
head -c 5000 $there/kernel/samples/hello/hello.ko >/tmp/cut.ko
insmod /tmp/cut.ko; say cut-off $?
modinfo $there/kernel/samples/hello/hello.ko | sed 's/^/insmod: modinfo /'
say end "$(wc -l </proc/modules)"
echo bug >/dev/hello
say after-fault "$(cat /dev/hello)"
grep '^hello ' /proc/accounts
rmmod hello; say after-reset $?
say done "$(wc -l </proc/modules)"
poweroff -f
"""


@pytest.fixture(scope="module", params=LAYOUTS)
def late(request, kernels):
    """(kernel, serial line, exit status) of a boot that runs the script."""
    kernel = kernels(f"{request.param}_late")

    def boot():
        archive = system.cpio.Writer()
        archive.file("insmod-test", SCRIPT, 0o755)
        with kernel.pvh('init=/insmod-test hello.text="of the command line"', archive,
                        "insmod") as machine:
            status = machine.run_to_end(60)
            return machine.buffer.replace("\r", ""), status
    return kernel, *kernel.shared("insmod", boot)


def said(text, line):
    assert re.search(rf"^insmod: {line}$", text, re.M), text[-4000:]


def test_only_some_are_started(late):
    kernel, text, _ = late
    order = re.search(r"modules: order (.*)", text).group(1).split()
    assert sorted(order) == kernel.module_names()
    assert not {"echo", "echo_peer", "faulty", "hello"} & set(order)
    said(text, f"begin {len(order)}")


def test_dependencies(late):
    _, text, _ = late
    said(text, "without-provider [1-9]")
    assert re.search(r"module echo: nobody exports the import: peer_echo_\w+", text)
    said(text, "modprobe 0")
    said(text, r"lsmod echo_peer +\d+ +1 echo,?.*")
    said(text, r"lsmod echo +\d+ +0.*")
    said(text, "provider-in-use 1")
    said(text, "again 17")
    said(text, "modprobe-r 0")
    said(text, "none-left 1")


def test_devices_and_parameters(late):
    _, text, _ = late
    said(text, "faulty 0")
    said(text, "faulty-gone 0")
    said(text, "hello of the command line")
    said(text, "open-file 1")
    said(text, "closed-file 0")
    said(text, "device-left 1")
    said(text, "two words")


def test_refusals(late):
    _, text, _ = late
    said(text, "at-the-start 1")
    said(text, "unknown 1")
    said(text, "cut-off [1-9]\\d*")


def test_late_module_faults(late):
    """Reset with its parameters in ring 3; in ring 0 a panic that names it."""
    kernel, text, status = late
    assert re.search(r"module hello: fault \(bug\).*told to fail", text), text[-3000:]
    if not kernel.is_hybrid:
        assert re.search(r"panic: module hello", text)
        assert re.search(r"hello_write\+0x\w+ \[hello\]", text)
        assert status == system.qemu.STATUS_PANIC
        return
    said(text, "after-fault two words")
    assert re.search(r"^hello state=live .* resets=[12] ", text, re.M)
    said(text, "after-reset 0")
    begin = re.search(r"^insmod: begin (\d+)$", text, re.M).group(1)
    said(text, f"done {begin}")
    assert status == 0


def test_modinfo(late):
    """What describes a module is in the object, for modinfo of kmod and BusyBox."""
    kernel, _, _ = late
    found = subprocess.run(["strings", "-a", kernel.module_path("hello")], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    assert "description=a sample: /dev/hello" in found
    assert "parm=text:what /dev/hello gives at first (string)" in found
    assert "depends=" in found
    found = subprocess.run(["strings", "-a", kernel.module_path("echo")], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    assert "depends=echo_peer" in found
    assert "name=echo" in found
