# SPDX-License-Identifier: MIT
"""make compare-linux: its parts, and a script that does the same on both."""

import os

import linux
import pytest
from whitixlib import debian

SERIAL = ("[    0.1] kernel\r\n@@ compare begins\r\na line\r\n"
          "boottrace: {}\r\nwhitix: prompt\r\n"
          "no newline\r\n@@ compare ends: 3\r\nbye\r\n")

SCRIPT = b"""
echo "words apart" | tr a-z A-Z
for i in 1 2 3; do echo $i; done | sort -r
mkdir /work; cd /work; echo text >a; cp a b; ls; cat a b; rm a; ls
sh -c 'kill -9 $$'; echo killed $?
printf 'no newline'
exit 5
"""
SCRIPT_SAYS = ("WORDS APART\n3\n2\n1\na\nb\ntext\ntext\nb\n"
               "Killed\nkilled 137\nno newline")


def test_outcome():
    outcome = linux.Outcome(SERIAL)
    assert (outcome.text, outcome.status) == ("a line\nno newline", 3)
    assert outcome.lines() == ["a line\n", "no newline[ends with status 3]\n"]


def test_outcome_of_a_script_that_does_not_end():
    outcome = linux.Outcome("@@ compare begins\r\nsome\r\npanic: at once\r\n")
    assert outcome.status is None
    assert "panic: at once" in outcome.text and "panic" in outcome.tail
    assert linux.Outcome("nothing at all").status is None


def test_differences():
    one = linux.Outcome("@@ compare begins\na\nb\n\n@@ compare ends: 0\n")
    other = linux.Outcome("@@ compare begins\na\nc\n\n@@ compare ends: 0\n")
    ended = linux.Outcome("@@ compare begins\na\nb\n\n@@ compare ends: 1\n")
    assert not linux.differences(one, one, "same")
    assert "-b\n" in linux.differences(one, other, "other")
    assert linux.differences(one, ended, "status")


@pytest.fixture(scope="session")
def debian_linux():
    try:
        return debian.linux(os.environ["CACHE"])
    except debian.PackageError as error:
        pytest.skip(f"Debian's kernel can't be had: {error}")


def run(kernel_path, kernel, name):
    return linux.run(kernel_path, kernel.path("boot.cpio"), SCRIPT,
                     kernel.path(f"compare-{name}.log"), "panic=-1")


def test_linux(direct, debian_linux):
    outcome = run(debian_linux, direct, "linux")
    assert (outcome.text, outcome.status) == (SCRIPT_SAYS, 5)


def test_whitix(kernel):
    outcome = run(kernel.path("whitix.elf"), kernel, "whitix")
    assert (outcome.text, outcome.status) == (SCRIPT_SAYS, 5), outcome.tail
