# SPDX-License-Identifier: MIT
"""What a module may not import, and what an option may not be: each is refused
by the build, with a message that names module, symbol, and what to do."""

import os
import shutil
import subprocess

import pytest
import system
from whitixlib import build

BAD_MODULE = """/* SPDX-License-Identifier: MIT */
#include <module.h>
%s
static long bad_init(u32 flags)
{
	%s
}
MODULE("bad", .init = bad_init, .rank = RANK_TOP);
"""

BAD = {
    "data of the core": ("extern long boot_info;", "return boot_info;",
                         "data of the core cannot be imported"),
    "weak symbol": ("__attribute__((weak)) long maybe(void);", "return maybe();",
                    "weak symbols cannot be imported"),
    "section bounds": ("extern char __start_x[];", "return (long)__start_x;",
                       "section bounds do not exist in modules"),
    "core function that is not exported": ("long kernel_main(void);",
                                           "return kernel_main();",
                                           "does not export it"),
    "unknown function": ("long nobody(void);", "return nobody();",
                         "neither the core nor a module exports it"),
}


@pytest.fixture(scope="module")
def tree(out):
    """A copy of the tree, to which bad modules are added."""
    copy = os.path.join(out, "modpost", "tree")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(system.ROOT, copy, symlinks=True, ignore=shutil.ignore_patterns(
        ".git", "build*", "__pycache__", "*.pyc"))
    build.make(os.path.join(copy, "build"), "defconfig", srctree=copy)
    return copy


@pytest.mark.parametrize("what", BAD)
def test_bad_import_is_refused(tree, what):
    declaration, statement, message = BAD[what]
    folder = os.path.join(tree, "drivers", "bad")
    os.makedirs(folder, exist_ok=True)
    try:
        with open(os.path.join(folder, "Makefile"), "w", encoding="utf-8") as f:
            f.write("modules-y += bad\nbad-objs := bad.o\n")
        with open(os.path.join(folder, "bad.c"), "w", encoding="utf-8") as f:
            f.write(BAD_MODULE % (declaration, statement))
        with pytest.raises(build.BuildError) as refusal:
            build.make(os.path.join(tree, "build"), "binaries", srctree=tree)
        assert "module bad: undefined symbol" in str(refusal.value)
        assert message in str(refusal.value)
    finally:
        shutil.rmtree(folder)


def test_option_with_unmet_dependency_is_refused(tmp_path):
    config = tmp_path / "my.config"
    config.write_text("# CONFIG_ECHO is not set\nCONFIG_MEASURE=y\n",
                      encoding="utf-8")
    done = subprocess.run(["scripts/kconfig.py", "--out", str(tmp_path / "out"),
                           "defconfig", str(config)], cwd=system.ROOT, text=True,
                          capture_output=True, check=False)
    assert done.returncode != 0
    assert "CONFIG_MEASURE=y has no effect" in done.stderr
