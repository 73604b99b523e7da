# SPDX-License-Identifier: MIT
"""
Programs of Debian's packages, run by the scripts of tests/system/programs: what a
script prints and returns is compared with NAME.out beside it, which was taken from
Debian's Linux by

    tests/system/linux_programs.py OUT [NAME...]

All scripts run in one boot, one after the other.
"""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(ROOT, "scripts"), os.path.join(ROOT, "scripts", "compare")]

import linux  # noqa: E402
from whitixlib import build, cpio, debian  # noqa: E402

PROGRAMS = os.path.join(HERE, "programs")
PACKAGES = ("bash", "coreutils", "dash", "findutils", "gawk", "grep", "gzip", "less",
            "libc6-dev", "lua5.4", "procps", "sed", "sqlite3", "tar", "tcc", "vim-tiny",
            "xz-utils")
NAMES = sorted(name[:-3] for name in os.listdir(PROGRAMS) if name.endswith(".sh"))
MEMORY = 384  # MiB: the archive is 70 MiB
BOOT_LIMIT = 400
PROGRAM_LIMIT = 120  # seconds

# What the boot runs: each script with a temporary folder and a time limit.
DRIVER = """#!/bin/bash
for name in {names}; do
    cd /tmp
    echo "@@ program $name"
    /bin/busybox timeout {limit} /test/programs/$name.sh 2>&1
    status=$?; echo
    echo "@@ status $status"
done
"""
SECTION = re.compile(r"^@@ program (\S+)\n(.*?)\n?^@@ status (\d+)\n", re.M | re.S)


def compile_threads(folder):
    """user/test_threads.c as a static musl program and as a dynamic glibc program."""
    source = os.path.join(ROOT, "user", "test_threads.c")
    for compiler, options in (("musl-gcc", ["-static"]), ("gcc", ["-pthread"])):
        name = "threads-musl" if compiler == "musl-gcc" else "threads-glibc"
        subprocess.run([compiler, "-std=gnu11", "-O2", *options, source, "-o",
                        os.path.join(folder, "test", name)], check=True)


def make_archive(out, names=NAMES):
    """Path of a boot archive without modules: packages, scripts, our programs."""
    folder = os.path.join(out, "debian")
    files = os.path.join(folder, "files")
    os.makedirs(os.path.join(files, "test", "programs"), exist_ok=True)
    compile_threads(files)
    for name in names:
        script = os.path.join(PROGRAMS, f"{name}.sh")
        copy = os.path.join(files, "test", "programs", f"{name}.sh")
        with open(script, "rb") as source, open(copy, "wb") as target:
            target.write(source.read())
        os.chmod(copy, 0o755)
    return pack(folder, [files + "/", *PACKAGES])


def pack(folder, words):
    """Path of folder/userland.cpio: what USERLAND= would pack of `words`."""
    archive = os.path.join(folder, "userland.cpio")
    listed = subprocess.run(
        [sys.executable, os.path.join(ROOT, "scripts", "userland.py"), "--cache",
         os.environ["CACHE"], *words], check=False, capture_output=True, text=True)
    if listed.returncode:
        raise debian.PackageError(listed.stderr)
    with open(os.path.join(folder, "list"), "w", encoding="utf-8") as target:
        target.write(listed.stdout)
    subprocess.run([sys.executable, os.path.join(ROOT, "scripts", "mkcpio.py"),
                    os.path.join(folder, "list"), archive], check=True)
    return archive


def run_all(kernel, initrd, log, append="", names=NAMES):
    """{name: what it printed, and a line with its status} of a boot of `kernel`."""
    driver = DRIVER.format(names=" ".join(names), limit=PROGRAM_LIMIT)
    outcome = linux.run(kernel, initrd, driver.encode(), log, append, MEMORY, BOOT_LIMIT)
    found = {m.group(1): f"{m.group(2)}[status {m.group(3)}]\n"
             for m in SECTION.finditer(outcome.text)}
    return found, outcome


def expected(name):
    with open(os.path.join(PROGRAMS, f"{name}.out"), encoding="latin-1") as source:
        return source.read()


def record(out, names):
    """Runs the scripts on Debian's Linux and writes what they print."""
    os.environ.setdefault("CACHE", os.path.join(out, "cache"))
    archive = make_archive(out, names)
    found, outcome = run_all(debian.linux(os.environ["CACHE"]), archive,
                             os.path.join(out, "debian", "linux.log"), "panic=-1", names)
    for name in names:
        if name not in found:
            sys.exit(f"{name} did not end on Linux:\n{outcome.text[-2000:]}")
        with open(os.path.join(PROGRAMS, f"{name}.out"), "w", encoding="latin-1") as target:
            target.write(found[name])


def with_modules(objdir, archive):
    """The archive after the modules that were built in `objdir`."""
    modules = cpio.Writer()
    folder = os.path.join(objdir, "modules")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".ko"):
            with open(os.path.join(folder, name), "rb") as source:
                modules.file(f"modules/{name}", source.read())
    return cpio.concatenate(os.path.join(objdir, "boot-debian.cpio"), modules.bytes(),
                            archive)


def try_variant(out, variant, names):
    """Builds a variant and prints how it differs; for use by hand."""
    objdir = os.path.join(out, variant)
    build.configure(objdir, variant)
    build.make(objdir, "all")
    found, _ = run_all(os.path.join(objdir, "whitix.elf"),
                       with_modules(objdir, make_archive(out, names)),
                       os.path.join(objdir, "debian.log"), "panic=exit", names)
    for name in names:
        sys.stdout.writelines(linux.difflib.unified_diff(
            expected(name).splitlines(keepends=True),
            found.get(name, "did not end\n").splitlines(keepends=True), "linux", name))


if __name__ == "__main__":
    os.environ.setdefault("CACHE", os.path.join(os.path.abspath(sys.argv[1]), "cache"))
    if os.environ.get("VARIANT"):
        try_variant(os.path.abspath(sys.argv[1]), os.environ["VARIANT"],
                    sys.argv[2:] or NAMES)
    else:
        record(os.path.abspath(sys.argv[1]), sys.argv[2:] or NAMES)
