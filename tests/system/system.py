# SPDX-License-Identifier: MIT
"""
What the system tests are written with: built kernels, boots of them, and the
programs and scripts that a boot runs.

A boot costs about a second, so tests share boots: Kernel.shared(key, run) keeps
what run() gave. A boot that failed fails each test that asks for it, with the
end of the serial line.
"""

import functools
import os
import re

from whitixlib import build, cpio, qemu

ROOT = build.SRCTREE
GATE_INTERRUPT = {"CONFIG_GATE_SYSCALL": None, "CONFIG_GATE_INTERRUPT": "y"}
DEBUG = {"CONFIG_KTEST": "y", "CONFIG_DEBUG_LOCKS": "y", "CONFIG_DEBUG_POISON": "y",
         "CONFIG_DEBUG_FAILALLOC": "y"}
# name: (defconfig, changes)
CONFIGS = {
    "hybrid": ("hybrid", None),
    "hybrid_interrupt": ("hybrid", GATE_INTERRUPT),
    "hybrid_private": ("hybrid_private", None),
    "hybrid_private_interrupt": ("hybrid_private", GATE_INTERRUPT),
    "drivers_in_kernel": ("drivers_in_kernel", None),
    "hybrid_debug": ("hybrid", DEBUG),
    "hybrid_private_debug": ("hybrid_private", DEBUG),
    "drivers_in_kernel_debug": ("drivers_in_kernel", DEBUG),
}
DEBUG_VARIANTS = [name for name in CONFIGS if name.endswith("_debug")]
VARIANTS = [name for name in CONFIGS if name not in DEBUG_VARIANTS]
LAYOUTS = ["hybrid", "hybrid_private", "drivers_in_kernel"]
HYBRIDS = [name for name in VARIANTS if name.startswith("hybrid")]

APPEND = "console=ttyS0 panic=exit"
RUN_LIST = "init=/test/runtests"
# Programs of tests in KTAP, one a line: each runs in every variant.
TESTS = (
    "fileio",
    "test_pty",
    "test_pty_lines",
    "test_pty_jobs",
    "test_console",
    "test_socket",
    "test_socket_data",
    "test_socket_passing",
    "usertests",
    "test_signals",
    "test_maps",
    "test_files",
    "test_calls",
    "test_memory",
    "test_process",
    "test_threads",
    "threads_glibc",
    "test_modules",
    "test_events",
    "test_inotify",
    "test_pidfd",
    "test_linux",
    "test_mqueue",
    "test_conform",
    "test_timers",
    "test_pipes",
    "test_proc",
    "badptr",
    "gateabuse",
)
PROGRAMS = ("hello", *TESTS, "sockreset", "resets", "test_resets", "runtests", "poweroff",
            "bench", "fuzz", "failnth")
PANIC = r"\bpanic: "
PROMPT = r"root@whitix:\S+# "


def read(path):
    with open(path, encoding="utf-8") as source:
        return source.read()


class Kernel:
    """A built variant."""

    def __init__(self, name, out):
        self.name, self.out = name, out
        self.objdir = os.path.join(out, name)
        os.makedirs(self.objdir, exist_ok=True)
        defconfig, changes = CONFIGS[name]
        log = self.path("make.log")
        build.configure(self.objdir, defconfig, changes, log=log)
        build.make(self.objdir, "all", "iso", "programs", log=log)
        self.config = build.layout_of(self.objdir)
        self.is_hybrid = self.config["layout"] == "hybrid"
        self.kept = {}

    def path(self, *parts):
        return os.path.join(self.objdir, *parts)

    def option(self, name):
        """Value of an option of its .config; None when it is off."""
        return build.read_config(self.path(".config")).get(name)

    def module_path(self, name):
        return self.path("modules", f"{name}.ko")

    def module_names(self):
        with open(self.path("generated", "module-order.txt"), encoding="utf-8") as order:
            return sorted(order.read().split())

    # ---- archives

    def archive(self):
        """A new archive with our programs below /test."""
        writer = cpio.Writer()
        for name in PROGRAMS:
            with open(self.path("user", name), "rb") as program:
                writer.file(f"test/{name}", program.read(), 0o755)
        return writer

    def initrd(self, extra=None, name="extra"):
        """Path of boot.cpio, with the archive `extra` appended if given."""
        if extra is None:
            return self.path("boot.cpio")
        return cpio.concatenate(self.path(f"boot-{name}.cpio"), self.path("boot.cpio"),
                                extra.bytes())

    # ---- boots

    def pvh(self, append="", extra=None, tag="pvh", **options):
        """A Machine started by -kernel; `extra` is appended to boot.cpio."""
        limit = options.pop("limit", 120.0)
        monitor = options.pop("monitor", False)
        options["extra"] = options.pop("extra_args", ())
        argv = qemu.command_pvh(self.path("whitix.elf"), self.initrd(extra, tag),
                                f"{APPEND} {append}".strip(), **options)
        return qemu.Machine(argv, log=self.path(f"{tag}.log"), limit=limit,
                            monitor=monitor)

    def bios(self, tag="bios", **options):
        return qemu.Machine(qemu.command_bios(self.path("whitix.iso"), **options),
                            log=self.path(f"{tag}.log"))

    def uefi(self, tag="uefi", **options):
        return qemu.Machine(qemu.command_uefi(self.path("whitix.iso"), self.objdir, **options),
                            log=self.path(f"{tag}.log"))

    def shared(self, key, run):
        """What run() gives; run once, its exception kept as well."""
        if key not in self.kept:
            try:
                self.kept[key] = (run(), None)
            except Exception as error:  # pylint: disable=broad-except
                self.kept[key] = (None, error)
        value, error = self.kept[key]
        if error:
            raise error
        return value

    def run_list(self, lines, append="", files=None, tag="list", timeout=120.0, **options):
        """
        Boots, runs the commands of `lines` by /test/runtests, powers off.
        `files` are {path: (bytes, mode)} to add. Returns a ProgramRun.
        """
        archive = self.archive()
        archive.file("test/list", ("\n".join(lines) + "\n").encode())
        for path, (body, mode) in (files or {}).items():
            archive.file(path, body, mode)
        with self.pvh(f"{RUN_LIST} {append}", archive, tag, limit=timeout,
                      **options) as machine:
            if "console" in lines:
                # What is typed is echoed: not into the middle of the trace.
                machine.expect("@@ console", timeout)
                machine.expect("boottrace: .*\n", timeout)
                machine.send("\n")
            status = machine.run_to_end(timeout)
            return ProgramRun(machine.buffer, status)


def log_in(machine, timeout=30.0):
    """Logs in as root on the serial line, after the boot trace; at the prompt then."""
    machine.expect("login: ", timeout)
    machine.expect("boottrace: .*\n", timeout)
    machine.send("root\n")
    machine.expect(PROMPT, timeout)


class ProgramRun:
    """The serial line of a boot that ran a list of programs."""

    def __init__(self, text, status):
        self.text = text.replace("\r", "")
        self.status = status

    def section(self, command):
        """(output, how it ended) of the first command that starts so."""
        begin = re.search(rf"^@@ begin ({re.escape(command)}.*)$", self.text, re.M)
        assert begin, f"{command} did not begin:\n{self.text[-2500:]}"
        end = re.compile(rf"^@@ end {re.escape(begin.group(1))}: (.*)$", re.M).search(
            self.text, begin.end())
        assert end, f"{command} did not end:\n{self.text[-2500:]}"
        return self.text[begin.end() + 1:end.start()], end.group(1)


class Ktap:
    """Results of a KTAP run: {name: (ok, directive)}, and the plan."""

    LINE = re.compile(r"^\s*(ok|not ok) (\d+)(?: -)? ?([^#\n]*?)\s*(?:# ?(.*))?$", re.M)

    def __init__(self, text):
        self.text = text
        plan = re.search(r"^1\.\.(\d+)$", text, re.M)
        self.plan = int(plan.group(1)) if plan else None
        self.results = {m.group(3): (m.group(1) == "ok", m.group(4) or "")
                        for m in self.LINE.finditer(text)}

    def failures(self):
        """Text of what failed, each with the diagnostics above it; '' if none."""
        lines, bad, notes = self.text.splitlines(), [], []
        for line in lines:
            if re.match(r"\s*not ok ", line):
                bad += notes + [line]
            if re.match(r"\s*(not )?ok ", line):
                notes = []
            elif line.lstrip().startswith("#"):
                notes.append(line)
        return "\n".join(bad)

    def skipped(self):
        return [name for name, (_, directive) in self.results.items()
                if directive.upper().startswith("SKIP")]

    def check(self):
        """Everything that was planned ran and passed."""
        assert self.plan, f"no plan:\n{self.text[-2000:]}"
        assert not self.failures(), self.failures()
        assert len(self.results) == self.plan, (
            f"{len(self.results)} of {self.plan} tests ran:\n{self.text[-2000:]}")


@functools.lru_cache(maxsize=None)
def fault_kinds():
    """Names of enum fault_kind, lower case, without FAULT_."""
    header = read(os.path.join(ROOT, "include", "interface", "faulty.h"))
    body = re.search(r"enum fault_kind \{(.*?)\};", header, re.S).group(1)
    names = re.findall(r"\bFAULT_(\w+)\b(?=[^*]*?(?:,|$))", re.sub(r"/\*.*?\*/", "", body,
                                                                  flags=re.S))
    return tuple(n.lower() for n in names if n not in ("NONE", "KINDS"))
