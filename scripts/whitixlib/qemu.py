# SPDX-License-Identifier: MIT
"""
Runs Whitix in QEMU and reads its serial line.

A Machine owns one QEMU process from start to end. Serial output comes through
a pipe; each piece that arrives is stamped with the wall clock and with QEMU's
CPU time, so that a mark on the serial line has both. Nothing here sleeps for a
fixed time: whoever waits, waits for a mark or for the end of the process.
"""

import json
import os
import re
import selectors
import shutil
import socket
import subprocess
import tempfile
import time

QEMU = os.environ.get("QEMU", "qemu-system-x86_64")
ICOUNT = ["-icount", "shift=0,sleep=off", "-rtc",
          "clock=vm,base=2020-01-01T00:00:00", "-seed", "1"]
# isa-debug-exit ends QEMU with (code << 1) | 1; the kernel's panic writes 1.
DEBUG_EXIT = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
STATUS_PANIC = 3
FIRMWARE = (("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
            ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"))

MARK_ENTRY = "whitix: entry"
MARK_USER = "whitix: first user instruction"
MARK_PROMPT = "whitix: prompt"


class QemuError(Exception):
    """QEMU ended, or a mark did not come in time. The text has the log's end."""


class Stamp:
    """When a mark was read: seconds of wall clock and of QEMU's CPU time."""

    def __init__(self, wall, cpu):
        self.wall = wall
        self.cpu = cpu


class Mark:
    """An awaited pattern: its match object, the text before it, its stamp."""

    def __init__(self, index, match, before, stamp):
        self.index = index
        self.match = match
        self.before = before
        self.stamp = stamp

    @property
    def text(self):
        return self.match.group(0)


def process_cpu_time(pid):
    """CPU seconds of process `pid` by its CPU clock; None when it is gone."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return None


def version():
    """First line of `qemu --version`."""
    out = subprocess.run([QEMU, "--version"], capture_output=True, text=True,
                         check=True)
    return out.stdout.splitlines()[0]


def command(memory=128, icount=False, extra=()):
    """The part of the command line that all starts share."""
    argv = [QEMU, "-accel", "tcg", "-cpu", "max", "-m", str(memory),
            "-display", "none", "-vga", "std", "-no-reboot", "-nodefaults",
            "-serial", "stdio"]
    argv += DEBUG_EXIT
    if icount:
        argv += ICOUNT
    return argv + list(extra)


def command_pvh(kernel, initrd, append="", **options):
    """`qemu -kernel whitix.elf -initrd boot.cpio`: PVH, no boot loader."""
    argv = command(**options) + ["-kernel", str(kernel)]
    if initrd:
        argv += ["-initrd", str(initrd)]
    if append:
        argv += ["-append", append]
    return argv


def command_bios(iso, **options):
    """The ISO under SeaBIOS."""
    return command(**options) + ["-cdrom", str(iso), "-boot", "d"]


def command_uefi(iso, folder, **options):
    """The ISO under OVMF; `folder` gets a copy of the variable store."""
    code, variables = find_firmware()
    store = os.path.join(str(folder), "ovmf-vars.fd")
    shutil.copyfile(variables, store)
    argv = command(**options)
    return argv + ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}",
                   "-drive", f"if=pflash,format=raw,unit=1,file={store}",
                   "-cdrom", str(iso)]


def find_firmware():
    """(code, variables) of OVMF; QemuError when it is not installed."""
    for code, variables in FIRMWARE:
        if os.path.exists(code) and os.path.exists(variables):
            return code, variables
    raise QemuError("OVMF is not installed (Debian package ovmf)")


class Machine:
    """
    One QEMU process. Use as a context manager; leaving it ends the process.

    `log` names a file that gets a copy of the serial line.
    """

    def __init__(self, argv, log=None, monitor=False, limit=120.0):
        self.argv = list(argv)
        self.folder = None
        self.qmp = None
        if monitor:
            self.folder = tempfile.mkdtemp(prefix="whitix-qemu-")
            self.qmp_path = os.path.join(self.folder, "qmp")
            self.argv += ["-qmp", f"unix:{self.qmp_path},server=on,wait=off"]
        self.buffer = ""  # all that was received
        self.position = 0  # where the next expect() starts to look
        self.pieces = []  # (length of buffer after it, Stamp)
        self.log = open(log, "wb") if log else None
        self.eof = False
        self.deadline = time.monotonic() + limit
        self.process = subprocess.Popen(
            self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True)
        self.start = Stamp(time.monotonic(), 0.0)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        os.set_blocking(self.process.stdout.fileno(), False)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    @property
    def pid(self):
        return self.process.pid

    def now(self):
        return Stamp(time.monotonic(), process_cpu_time(self.pid))

    # ---- serial line

    def _receive(self, until):
        """Reads one piece, waiting at most `until`; False at the end."""
        if self.eof:
            return False
        timeout = until - time.monotonic()
        if timeout <= 0 or not self.selector.select(timeout):
            return True
        stamp = self.now()
        data = os.read(self.process.stdout.fileno(), 65536)
        if not data:
            self.eof = True
            return False
        if self.log:
            self.log.write(data)
            self.log.flush()
        self.buffer += data.decode("latin-1")
        self.pieces.append((len(self.buffer), stamp))
        return True

    def _stamp_at(self, end):
        for length, stamp in self.pieces:
            if length >= end:
                return stamp
        return self.now()

    def expect(self, patterns, timeout=30.0):
        """
        Waits for the earliest of `patterns` (a regular expression, or a list)
        in what follows the last match. QemuError after `timeout` seconds or
        when QEMU ends before.
        """
        if isinstance(patterns, str):
            patterns = [patterns]
        compiled = [re.compile(p, re.MULTILINE) for p in patterns]
        until = min(time.monotonic() + timeout, self.deadline)
        while True:
            found = self._search(compiled)
            if found:
                return found
            if time.monotonic() >= until:
                raise QemuError(self.complaint(
                    f"no {patterns!r} within {timeout:g} s"))
            if not self._receive(until):
                raise QemuError(self.complaint(
                    f"QEMU ended (status {self.wait()}) before {patterns!r}"))

    def _search(self, compiled):
        best = None
        for index, pattern in enumerate(compiled):
            match = pattern.search(self.buffer, self.position)
            if match and (best is None or match.start() < best[1].start()):
                best = (index, match)
        if not best:
            return None
        index, match = best
        before = self.buffer[self.position:match.start()]
        self.position = match.end()
        return Mark(index, match, before, self._stamp_at(match.end()))

    def complaint(self, what):
        errors = ""
        if self.process.poll() is not None:
            errors = self.process.stderr.read().decode("latin-1").strip()
        tail = self.buffer[-2500:]
        return f"{what}\n--- QEMU's errors: {errors}\n--- end of the serial line:\n{tail}"

    def send(self, text):
        """Types `text` on the serial line."""
        self.process.stdin.write(text.encode("latin-1"))
        self.process.stdin.flush()

    def read_line(self, prefix, timeout=30.0):
        """The rest of the next line that starts with `prefix`."""
        return self.expect(f"{re.escape(prefix)}(.*?)\r?\n", timeout).match.group(1)

    def read_json(self, prefix, timeout=30.0):
        """As read_line(), parsed as JSON."""
        return json.loads(self.read_line(prefix, timeout))

    def run_to_end(self, timeout=60.0):
        """Reads until QEMU ends by itself; returns its exit status."""
        until = min(time.monotonic() + timeout, self.deadline)
        while self._receive(until):
            if time.monotonic() >= until:
                raise QemuError(self.complaint(
                    f"QEMU did not end within {timeout:g} s"))
        return self.wait()

    def wait(self):
        """Exit status, after the serial line has ended."""
        try:
            return self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    # ---- monitor

    def monitor(self, execute, **arguments):
        """Runs one QMP command and returns its answer."""
        if self.qmp is None:
            self.qmp = self._qmp_connect()
        self._qmp_send({"execute": execute, "arguments": arguments})
        return self._qmp_answer()

    def _qmp_connect(self):
        until = time.monotonic() + 10
        link = socket.socket(socket.AF_UNIX)
        while True:
            try:
                link.connect(self.qmp_path)
                break
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
                self._receive(time.monotonic() + 0.02)
        link.settimeout(20)
        self.qmp = link.makefile("rw")
        self.qmp.readline()
        self._qmp_send({"execute": "qmp_capabilities"})
        self._qmp_answer()
        return self.qmp

    def _qmp_send(self, message):
        self.qmp.write(json.dumps(message) + "\n")
        self.qmp.flush()

    def _qmp_answer(self):
        while True:
            message = json.loads(self.qmp.readline())
            if "return" in message:
                return message["return"]
            if "error" in message:
                raise QemuError(message["error"]["desc"])

    def screen(self, path):
        """Writes the screen as a PNG (needs monitor=True)."""
        self.monitor("screendump", filename=os.path.abspath(path), format="png")

    # ---- end

    def close(self):
        """Ends QEMU, if it still runs, and lets everything go."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except OSError:
                pass
        self.selector.close()
        if self.log:
            self.log.close()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
