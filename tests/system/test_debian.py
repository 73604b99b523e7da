# SPDX-License-Identifier: MIT
"""Programs of Debian's packages, unmodified, do what they do on Debian's Linux."""

import os

import linux
import linux_programs as programs
import pytest


@pytest.fixture(scope="session")
def kernel(layout):
    """Programs do not see the gate: the default one will do."""
    return layout


def results(kernel, archive):
    def boot():
        initrd = programs.with_modules(kernel.objdir, archive)
        found, outcome = programs.run_all(kernel.path("whitix.elf"), initrd,
                                          kernel.path("debian.log"), "panic=exit")
        os.remove(initrd)
        return found, outcome
    return kernel.shared("debian", boot)


@pytest.mark.parametrize("name", programs.NAMES)
def test_program(kernel, archive, name):
    found, outcome = results(kernel, archive)
    assert name in found, f"{name} did not end:\n{outcome.text[-2000:]}{outcome.tail}"
    wanted = programs.expected(name).splitlines(keepends=True)
    diff = linux.difflib.unified_diff(wanted, found[name].splitlines(keepends=True),
                                      "linux", "whitix")
    assert found[name] == programs.expected(name), "".join(diff)


def test_all_ended(kernel, archive):
    """Nothing hangs at the end, and nothing was reset."""
    _, outcome = results(kernel, archive)
    assert outcome.status == 0, outcome.tail
