# SPDX-License-Identifier: MIT
"""USERLAND=: what scripts/userland.py puts into the boot archive."""

import os
import subprocess
import sys

import pytest
import system
from whitixlib import debian

SCRIPT = os.path.join(system.ROOT, "scripts", "userland.py")


def listed(*words, cache=None):
    """{name: rest of its line} of what userland.py prints for `words`."""
    done = subprocess.run([sys.executable, SCRIPT, "--cache", cache or os.environ["CACHE"],
                           *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [line.split(" ", 2) for line in done.stdout.splitlines()]
    return {line[1]: f"{line[0]} {line[2]}" for line in lines}


@pytest.fixture
def folder(tmp_path):
    for name, body in (("etc/motd", "mine"), ("opt/own/program", "#!/bin/sh")):
        path = tmp_path / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body)
    (tmp_path / "own/opt/own/program").chmod(0o4755)
    (tmp_path / "own/opt/own/link").symlink_to("program")
    return tmp_path / "own"


def test_default(out):
    files = listed()
    assert files["init"] == "slink bin/busybox"
    assert files["sbin"] == "slink bin"
    assert files["bin/sh"] == "slink busybox"
    assert files["etc/shadow"].startswith("file 600 ")
    assert files["etc/init.d/rcS"].startswith("file 755 ")
    assert files["dev/console"] == "nod 600 c 5 1"


def test_a_folder_is_added(out, folder):
    files = listed(f"{folder}/")
    assert files["etc/motd"].split()[2] == str(folder / "etc/motd")
    assert files["opt/own/program"].startswith("file 4755 ")
    assert files["opt/own"].startswith("dir ")
    assert files["opt/own/link"] == "slink program"
    assert files["init"] == "slink bin/busybox"


def test_a_folder_with_init_stands_alone(folder, tmp_path):
    (folder / "init").write_text("#!/opt/own/program")
    files = listed(f"{folder}/", cache=str(tmp_path))
    assert "bin/busybox" not in files and "etc/inittab" not in files
    assert files["init"].startswith("file ")


def test_no_such_folder(tmp_path):
    done = subprocess.run([sys.executable, SCRIPT, "--cache", str(tmp_path), "no/such"],
                          capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "no/such" in done.stderr


def test_lib_may_be_a_link(kernels):
    """What is put below /lib comes after the userland, whose link /lib may be."""
    lines = system.read(kernels("hybrid").path("generated", "boot.list")).splitlines()
    names = [line.split()[1] for line in lines]
    below = [at for at, name in enumerate(names) if name.startswith("lib/")]
    assert below and min(below) > names.index("init")


def test_what_draws_on_a_terminal_knows_terminals():
    found = debian.with_libraries(["procps"])
    assert "libtinfo6" in found and "ncurses-base" in found


def test_an_unpacked_package_is_merged(tmp_path):
    for name in ("bin/tool", "lib/x86_64-linux-gnu/lib.so.1", "usr/bin/other"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "lib64").mkdir()
    (tmp_path / "lib64/ld.so").symlink_to("/lib/x86_64-linux-gnu/ld.so")
    debian.merge(str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == ["usr"]
    assert sorted(os.listdir(tmp_path / "usr/bin")) == ["other", "tool"]
    assert os.path.islink(tmp_path / "usr/lib64/ld.so")


def test_depends():
    fields = {"Pre-Depends": "libc6 (>= 2.36), libtinfo6 (>= 6)",
              "Depends": "base-files:any (>= 2.1.12), this | that"}
    assert debian.depends_of(fields) == ["libc6", "libtinfo6", "base-files", "this"]
