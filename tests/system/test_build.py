# SPDX-License-Identifier: MIT
"""The build: the same result anywhere, nothing done twice, nothing forgotten."""

import hashlib
import os
import shutil
import subprocess

import pytest
import system
from whitixlib import build

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = ("whitix.elf", "boot.cpio")


def digest(path):
    with open(path, "rb") as source:
        return hashlib.sha256(source.read()).hexdigest()


def results_of(objdir):
    found = {name: digest(os.path.join(objdir, name)) for name in RESULTS}
    modules = os.path.join(objdir, "modules")
    for name in sorted(os.listdir(modules)):
        if name.endswith(".ko"):
            found[name] = digest(os.path.join(modules, name))
    return found


def times(objdir):
    """Modification times of what the build made."""
    found = {}
    for folder, _, names in os.walk(objdir):
        for name in names:
            path = os.path.join(folder, name)
            if not name.endswith((".log", ".cmd")) and not name.startswith("boot-"):
                found[os.path.relpath(path, objdir)] = os.stat(path).st_mtime_ns
    return found


def changed(before, after):
    return sorted(name for name in after if before.get(name) != after[name])


@pytest.fixture(scope="module")
def copy(out):
    """A copy of the tree in another folder, built there (O= not given: build/)."""
    tree = os.path.join(out, "another-folder+name", "tree")
    shutil.rmtree(os.path.dirname(tree), ignore_errors=True)
    shutil.copytree(system.ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns(
        ".git", "build", "__pycache__", "*.pyc"))
    return tree


def make_in(tree, *targets):
    """make without O=: as typed in the root of the tree."""
    return build.make(os.path.join(tree, "build"), *targets, srctree=tree)


def test_second_make_does_nothing(kernel):
    build.make(kernel.objdir, "all", "iso")
    before = times(kernel.objdir)
    build.make(kernel.objdir, "all", "iso")
    assert changed(before, times(kernel.objdir)) == []


def test_memory_that_moves_down_rebuilds_nothing(copied_build, copy, tmp_path):
    """GNU make 4.3 keeps a read file's last newline if its buffer moved down."""
    preload = str(tmp_path / "descend.so")
    subprocess.run(["gcc", "-O1", "-fno-builtin", "-shared", "-fPIC", "-o", preload,
                    os.path.join(HERE, "descend.c")], check=True)
    before = times(copied_build)
    build.make(copied_build, "all", srctree=copy, env={"LD_PRELOAD": preload})
    assert changed(before, times(copied_build)) == []


@pytest.fixture(scope="module")
def copied_build(copy, tmp_path_factory):
    # BusyBox is fetched once: not part of what is compared here.
    make_in(copy, "defconfig")
    make_in(copy, "all")
    return os.path.join(copy, "build")


def test_reproducible(kernels, copied_build):
    """Another folder, built in the tree: the same bits."""
    here, there = results_of(kernels("hybrid").objdir), results_of(copied_build)
    assert [n for n in here if here[n] != there.get(n)] == []
    assert set(here) == set(there)


def test_changed_header_rebuilds_what_uses_it(copy, copied_build):
    before = times(copied_build)
    with open(os.path.join(copy, "include", "interface", "echo.h"), "a",
              encoding="utf-8") as header:
        header.write("\n#define ECHO_TEST_ONLY 1\n")
    make_in(copy, "all")
    names = changed(before, times(copied_build))
    objects = [n for n in names if n.endswith(".o")]
    assert any("drivers/echo/" in n for n in objects), names
    assert any("drivers/echo_peer/" in n for n in objects), names
    assert not any("drivers/rtc/" in n and n.endswith("rtc.o") for n in objects), objects
    assert not any(n.endswith("lib/string.o") for n in objects), objects


def test_changed_option_rebuilds_what_uses_it(copy, copied_build):
    config = os.path.join(copied_build, ".config")
    old = build.read_config(config)["CONFIG_LOG_BUFFER_KIB"]
    before = times(copied_build)
    build.change_config(config, {"CONFIG_LOG_BUFFER_KIB": str(int(old) * 2)})
    make_in(copy, "olddefconfig")
    make_in(copy, "all")
    names = changed(before, times(copied_build))
    assert "whitix.elf" in names, names


def test_warnings_are_errors(copy, copied_build):
    path = os.path.join(copy, "lib", "string.c")
    good = system.read(path)
    try:
        with open(path, "a", encoding="utf-8") as source:
            source.write("\nstatic int nobody_calls_this(void)\n{\n\treturn 1;\n}\n")
        with pytest.raises(build.BuildError, match="nobody_calls_this"):
            make_in(copy, "all")
    finally:
        with open(path, "w", encoding="utf-8") as source:
            source.write(good)
    make_in(copy, "all")


def test_a_cycle_of_imports_is_a_build_error(copy, copied_build):
    """vfs must not call ramfs, which calls vfs."""
    path = os.path.join(copy, "drivers", "echo_peer", "echo_peer.c")
    good = system.read(path)
    try:
        with open(path, "a", encoding="utf-8") as source:
            source.write("\nlong peer_cycle(void);\nlong peer_cycle(void)\n"
                         "{\n\treturn echo_0();\n}\n")
        with pytest.raises(build.BuildError, match="cycle|rank"):
            make_in(copy, "all")
    finally:
        with open(path, "w", encoding="utf-8") as source:
            source.write(good)
    make_in(copy, "all")


@pytest.mark.parametrize("name", ["defconfig", "hybrid_defconfig", "hybrid_private_defconfig",
                                  "drivers_in_kernel_defconfig"])
def test_defconfig_round_trip(out, name):
    """Nothing in a defconfig is dropped, and it says no more than it must."""
    objdir = os.path.join(out, "round-trip")
    build.make(objdir, name)
    build.make(objdir, "savedefconfig")

    def lines(path):
        return sorted(l for l in system.read(path).splitlines() if l and l[0] != "#"
                      or l.endswith("is not set"))
    assert lines(os.path.join(objdir, "defconfig")) == lines(
        os.path.join(system.ROOT, "configs", name))


def test_help_lists_the_targets():
    text = build.make(os.path.join(system.ROOT, "build"), "help")
    for target in ("menuconfig", "defconfig", "drivers_in_kernel_defconfig", "all", "iso",
                   "run", "debug", "compare", "check", "lint", "clean"):
        assert target in text, target


def test_lint():
    build.make(os.path.join(system.ROOT, "build"), "lint")
