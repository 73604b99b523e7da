# SPDX-License-Identifier: MIT
"""
BusyBox's own tests, from Debian's source package, run by the same busybox on
Debian's Linux and here: what fails is the same.

The source is fetched by `apt-get source` with a list of sources of its own, next
to the machine's; where that cannot be, the tests are skipped.
"""

import glob
import os
import re
import shutil
import subprocess

import linux
import linux_programs as programs
import pytest
from whitixlib import debian

LIMIT = 1200  # seconds for a boot
SCRIPT = b"""#!/bin/sh
cd /suite/testsuite
export tsdir=/suite/testsuite bindir=/suite
./runtest 2>&1
"""
# Need a network; or test the source and not the program.
LEFT_OUT = ("wget", "all_sourcecode.tests", "mount.tests", "mdev.tests")
VERDICT = re.compile(r"^(?:PASS|FAIL|SKIPPED|UNTESTED): .*$", re.M)


def unpack(folder):
    """folder/files/suite: the tests, Debian's configuration, the program."""
    suite = os.path.join(folder, "files", "suite")
    shutil.rmtree(suite, ignore_errors=True)
    os.makedirs(suite)
    source = glob.glob(os.path.join(folder, "busybox_*.orig.tar.bz2"))[0]
    packaging = glob.glob(os.path.join(folder, "busybox_*.debian.tar.xz"))[0]
    debian.run("tar", "-xf", source, "-C", suite, "--strip-components=1", "--wildcards",
               "*/testsuite")
    config = debian.run("tar", "-xOf", packaging, "debian/config/pkg/static")
    with open(os.path.join(suite, ".config"), "w", encoding="utf-8") as target:
        target.write(config)
    for name in LEFT_OUT:
        path = os.path.join(suite, "testsuite", name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.exists(path):
            os.remove(path)
    package = debian.unpack(debian.fetch("busybox-static", os.environ["CACHE"]))
    shutil.copy(os.path.join(package, "usr/bin/busybox"), os.path.join(suite, "busybox"))
    return os.path.join(folder, "files")


@pytest.fixture(scope="module")
def suite(out):
    """Path of a boot archive with the tests and the default userland."""
    folder = os.path.join(out, "busybox-suite")
    try:
        if not glob.glob(os.path.join(folder, "busybox_*.orig.tar.bz2")):
            debian.fetch_source("busybox", folder)
    except debian.PackageError as error:
        pytest.skip(f"BusyBox's source can't be had: {error}")
    return programs.pack(folder, [unpack(folder) + "/"])


def verdicts(kernel, initrd, log, append):
    outcome = linux.run(kernel, initrd, SCRIPT, log, append, 256, LIMIT)
    assert outcome.status is not None, outcome.text[-1500:] + outcome.tail
    return sorted(VERDICT.findall(outcome.text))


@pytest.fixture(scope="module")
def wanted(suite, out):
    try:
        kernel = debian.linux(os.environ["CACHE"])
    except debian.PackageError as error:
        pytest.skip(f"Debian's kernel can't be had: {error}")
    return verdicts(kernel, suite, os.path.join(out, "busybox-suite", "linux.log"),
                    "panic=-1")


@pytest.mark.long
@pytest.mark.parametrize("variant", ["hybrid", "hybrid_private", "drivers_in_kernel"])
def test_same_verdicts_as_on_linux(kernels, suite, wanted, variant):
    kernel = kernels(variant)
    initrd = programs.with_modules(kernel.objdir, suite)
    found = verdicts(kernel.path("whitix.elf"), initrd, kernel.path("busybox-suite.log"),
                     "panic=exit")
    assert len(wanted) > 300
    diff = linux.difflib.unified_diff(wanted, found, "linux", variant, lineterm="", n=0)
    assert found == wanted, "\n".join(diff)
