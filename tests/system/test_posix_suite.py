# SPDX-License-Identifier: MIT
"""
The Open POSIX Test Suite, Debian's source package posixtestsuite, compiled with
musl and with glibc, on Debian's Linux and here: which verdicts may differ is known.

    tests/system/test_posix_suite.py OUT LIBC KERNEL [PATTERN]

runs it by hand, KERNEL being `linux` or a folder with a built variant, and prints a
line for each test. The source is fetched by `apt-get source` with a list of sources
of its own; where that cannot be, the tests are skipped.
"""

import concurrent.futures
import fnmatch
import glob
import os
import re
import shutil
import subprocess
import sys

import pytest

if __name__ == "__main__":
    HERE = os.path.dirname(os.path.abspath(__file__))
    ROOT = os.path.dirname(os.path.dirname(HERE))
    sys.path[:0] = [os.path.join(ROOT, "scripts"), os.path.join(ROOT, "scripts", "compare")]

# pylint: disable=wrong-import-position
import linux  # noqa: E402
import linux_programs as programs  # noqa: E402
from whitixlib import debian  # noqa: E402

ROOT = programs.ROOT
INTERFACES = "conformance/interfaces"
LIBCS = {"musl": ["musl-gcc", "-static"], "glibc": ["gcc"]}
# The suite's own options; -w: its warnings are not ours to mend.
OPTIONS = ["-O1", "-w", "-s", "-std=gnu99", "-D_POSIX_C_SOURCE=200112L",
           "-D_XOPEN_SOURCE=600", "-D_GNU_SOURCE", "-include", "fcntl.h"]
LIBRARIES = ["-pthread", "-lrt", "-lm"]
TEST = re.compile(r"^(?:speculative/)?\d+-\d+\.c$")
VERDICT = re.compile(r"^(\S+/\S+): (.+)$", re.M)
TEST_LIMIT = 30   # seconds of the machine's clock, for a test
BOOT_LIMIT = 2400  # seconds of the host's, for a boot
MEMORY = 512
# Time goes by instructions, and jumps to the next timer when there is nothing to do.
# At 32 ns each a test that spins until its limit costs the host little.
CLOCK = ["-icount", "shift=5,sleep=off", "-rtc", "clock=vm,base=2020-01-01T00:00:00"]

# What may differ from Linux, and why. All else is equal.
MAY_DIFFER = {
    "clock/1-1": "spins for a time that only a fast machine has in the limit",
    "clock_gettime/4-1": "as clock/1-1",
    "mmap/10-1": "as clock/1-1",
    "mmap/24-1": "as clock/1-1: 65,530 mappings, each of which moves those above it here",
    "pthread_cond_broadcast/1-2": "as clock/1-1",
    "pthread_cond_init/4-2": "killed by a signal of its own, unless it ends before",
    "pthread_equal/2-1": "as clock/1-1",
    "pthread_join/speculative/6-1": "joins a thread that has been joined: undefined",
    "pthread_mutex_init/1-2": "with musl hangs unless the woken thread runs at once",
    "pthread_mutex_init/3-2": "as pthread_mutex_init/1-2",
    "pthread_mutex_init/5-3": "as pthread_cond_init/4-2",
    "pthread_mutex_lock/3-1": "as pthread_cond_init/4-2",
    "shm_open/23-1": "a thousand processes, as clock/1-1",
    "sigaction/10-1": "two SIGCHLD in a row, of which the second may be lost; not here",
    # With glibc only.
    "mq_timedreceive/5-2": "compares whole seconds of a clock that lags by a tick on Linux",
    "pthread_barrier_wait/6-1": "a barrier that was never made: glibc aborts or divides by it",
    "pthread_cond_init/1-2": "sets the clock under a timed wait: such waits here do not look again",
    "pthread_cond_init/2-2": "as pthread_cond_init/1-2",
    "pthread_cond_signal/1-2": "126 on Linux: its initramfs lacks this one file of the archive",
    "pthread_create/1-6": "a loop at a low priority against a spinning one; hangs on Linux, at times here",
    "sched_setparam/9-1": "wants shmget(): there is no System V IPC",
    "sched_setparam/10-1": "as sched_setparam/9-1",
    "sigaction/4-64": "not examined: could not be run once here, can when run again",
    "sigaction/4-95": "as sigaction/4-64",
    "sigqueue/9-1": "RLIMIT_SIGPENDING does not limit here",
    "sem_post/8-1": "the order of real-time processes: fails on Linux, passes here",
    "timer_getoverrun/2-3": "wants the expirations of a 2 ns timer within 1 %",
}


def unpack(folder):
    """The suite's source, fetched and patched as Debian builds it."""
    tree = os.path.join(folder, "source")
    if not os.path.isdir(tree):
        debian.fetch_source("posixtestsuite", folder)
        debian.run("dpkg-source", "--no-check", "-x",
                   glob.glob(os.path.join(folder, "posixtestsuite_*.dsc"))[0], tree)
    return tree


def suite_tests(tree):
    """Names of the tests that have a program: interface/number-number."""
    top = os.path.join(tree, INTERFACES)
    paths = (os.path.join(where, name) for where, _, names in os.walk(top)
             for name in names)
    found = (os.path.relpath(path, top) for path in paths)
    return sorted(name[:-2] for name in found if TEST.match(name.partition("/")[2]))


def compile_all(tree, libc, target):
    """Compiles each test into target/suite; gives the names of those that can be."""
    def compile_one(name):
        source = os.path.join(tree, INTERFACES, name + ".c")
        program = os.path.join(target, "suite", name)
        os.makedirs(os.path.dirname(program), exist_ok=True)
        return subprocess.run([*LIBCS[libc], *OPTIONS, f"-I{tree}/include",
                               f"-I{os.path.dirname(source)}", source, "-o", program,
                               *LIBRARIES], check=False, capture_output=True).returncode

    names = suite_tests(tree)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(compile_one, names))
    return [name for name, status in zip(names, results) if status == 0]


def make_archive(folder, libc):
    """Path of a boot archive with the compiled suite and a runner as /suite/run."""
    target = os.path.join(folder, libc)
    archive = os.path.join(target, "userland.cpio")
    if os.path.exists(archive):
        return archive
    files = os.path.join(target, "files")
    shutil.rmtree(files, ignore_errors=True)
    names = compile_all(unpack(folder), libc, files)
    with open(os.path.join(files, "suite", "list"), "w", encoding="utf-8") as listed:
        listed.write("".join(name + "\n" for name in names))
    subprocess.run(["musl-gcc", "-static", "-O2", os.path.join(ROOT, "user", "suite.c"),
                    "-o", os.path.join(files, "suite", "run")], check=True)
    return programs.pack(target, [files + "/"] + (["libc6"] if libc == "glibc" else []))


def verdicts(kernel, initrd, log, append, pattern="*"):
    """{test: how it ended} of a boot."""
    script = f"""#!/bin/sh
while read -r name; do
    case $name in {pattern}) echo "$name";; esac
done </suite/list >/tmp/list
/suite/run /suite {TEST_LIMIT} /tmp/list
"""
    outcome = linux.run(kernel, initrd, script.encode(), log, append, MEMORY, BOOT_LIMIT,
                        extra=CLOCK)
    found = dict(VERDICT.findall(outcome.text))
    assert outcome.status is not None, outcome.text[-1500:] + outcome.tail
    return found


def differences(wanted, found):
    """{test: (on Linux, here)} of those that differ."""
    return {name: (wanted.get(name), found.get(name)) for name in sorted(wanted | found)
            if wanted.get(name) != found.get(name)}


@pytest.fixture(scope="module", params=sorted(LIBCS))
def suite(request, out):
    """A boot archive, and what its tests come to on Linux."""
    folder = os.path.join(out, "posix-suite")
    try:
        archive = make_archive(folder, request.param)
        kernel = debian.linux(os.environ["CACHE"])
    except debian.PackageError as error:
        pytest.skip(f"the suite or Debian's kernel can't be had: {error}")
    wanted = verdicts(kernel, archive, os.path.join(folder, f"{request.param}.log"),
                      "panic=-1")
    assert len(wanted) > 1000
    return request.param, archive, wanted


@pytest.mark.long
@pytest.mark.parametrize("variant", ["hybrid", "drivers_in_kernel"])
def test_same_verdicts_as_on_linux(kernels, suite, variant):
    libc, archive, wanted = suite
    kernel = kernels(variant)
    found = verdicts(kernel.path("whitix.elf"),
                     programs.with_modules(kernel.objdir, archive),
                     kernel.path(f"posix-{libc}.log"), "panic=exit")
    differ = differences(wanted, found)
    assert {name: how for name, how in differ.items() if name not in MAY_DIFFER} == {}


def by_hand(out, libc, where, pattern="*"):
    os.environ.setdefault("CACHE", os.path.join(out, "cache"))
    archive = make_archive(os.path.join(out, "posix-suite"), libc)
    log = os.path.join(out, "posix-suite", f"{libc}-{os.path.basename(where)}.log")
    if where == "linux":
        found = verdicts(debian.linux(os.environ["CACHE"]), archive, log, "panic=-1",
                         pattern)
    else:
        found = verdicts(os.path.join(where, "whitix.elf"),
                         programs.with_modules(where, archive), log, "panic=exit", pattern)
    for name, how in found.items():
        print(f"{name}: {how}")


if __name__ == "__main__":
    by_hand(os.path.abspath(sys.argv[1]), *sys.argv[2:])
