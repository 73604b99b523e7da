# SPDX-License-Identifier: MIT
"""A person's session on each kind of terminal: vi, top, less, job control, sizes."""

import os
import re
import shutil
import struct
import subprocess
import time

import pytest
import screen
import system
from test_terminal import BEFORE_PROGRAM, run, typed

# The header's wish for a screen (Multiboot2 3.1.9): columns, lines, bits of a point.
FRAMEBUFFER_TAG = (5, 1, 20)
USUAL = (1024, 768, 32)
WIDTH, HEIGHT = 800, 600
DEPTHS = (("hybrid", 15), ("hybrid", 24), ("drivers_in_kernel", 16))
# Red, green, blue, brown: 0xaa and 0x55 of 0xff.
COLOURS = {1: "500", 2: "050", 4: "005", 3: "520"}


@pytest.fixture(scope="session", params=system.LAYOUTS)
def kernel(request, kernels):
    """Programs do not see the gate: the default one will do."""
    return kernels(request.param)


# ---- the serial line ---------------------------------------------------------------

def interrupted(machine, command, key, status):
    """`command` runs in the foreground until `key`."""
    run(machine, command, r"\r\n")
    time.sleep(BEFORE_PROGRAM)
    machine.send(key)
    machine.expect(system.PROMPT, 10)
    run(machine, "echo status $?", rf"^status {status}\r")
    machine.expect(system.PROMPT)


def test_serial_programs(kernel):
    """vi stopped and continued, top, less, signals of keys, a size that changes."""
    with kernel.pvh(tag="serial-programs") as machine:
        system.log_in(machine)
        run(machine, "vi /tmp/s", r"/tmp/s 1/1")
        typed(machine, "ione two\x1b", ":w\n", "\x1a")
        machine.expect("Stopped", 10)
        machine.expect(system.PROMPT)
        run(machine, "fg", "one two")
        typed(machine, ":q\n")
        machine.expect(system.PROMPT)
        run(machine, "cat /tmp/s", r"^one two\r")
        machine.expect(system.PROMPT)
        run(machine, "top", r"Mem: \d+K used")
        machine.expect("PID +PPID USER", 10)
        machine.send("n")	# sorts by number, and shows at once
        machine.expect(r"Mem: \d+K used", 4)
        machine.send("q")
        machine.expect(system.PROMPT)
        run(machine, "seq 500 | less", r"20")
        typed(machine, "G")
        machine.expect("500", 10)
        typed(machine, "q")
        machine.expect(system.PROMPT)
        interrupted(machine, "while :; do :; done", "\x03", 130)
        interrupted(machine, "sh -c 'while :; do :; done'", "\x03", 130)
        interrupted(machine, "yes >/dev/null", "\x1c", 131)
        interrupted(machine, "cat", "\x04", 0)
        run(machine, "sleep 100 &", r"sleep 100 &\r\n")
        run(machine, "jobs", r"Running +sleep 100")
        run(machine, "fg", "sleep 100\r\n.*sleep 100|fg\r\nsleep 100")
        time.sleep(BEFORE_PROGRAM)
        machine.send("\x1a")
        machine.expect("Stopped", 10)
        run(machine, "bg; kill %1; wait; jobs; echo none left", r"^none left")
        machine.expect(system.PROMPT)
        serial_sizes(machine)
        serial_characters(machine)
        machine.send("\x04")	# the shell's end of input
        machine.expect("login: ", 20)


def serial_sizes(machine):
    """Another size reaches the foreground, which draws itself anew."""
    run(machine, "stty rows 24 cols 80; stty -a", r"speed 115200 baud; rows 24; columns 80;")
    machine.expect(r"intr = \^C; quit = \^\\; erase = \^\?;")
    machine.expect(system.PROMPT)
    run(machine, "(sleep 2; stty rows 17 cols 61 </dev/ttyS0) & vi /tmp/s", r"\x1b\[24;1H")
    machine.expect(r"\x1b\[17;1H", 10)
    typed(machine, ":q\n")
    machine.expect(system.PROMPT)
    run(machine, "sh -c 'trap \"echo re\"\"sized\" WINCH; stty rows 24 cols 80; :'", "^resized")
    machine.expect(system.PROMPT)


def serial_characters(machine):
    """Erasing takes whole characters of UTF-8."""
    run(machine, "stty iutf8; cat >/tmp/u", r"cat >/tmp/u\r\n")
    time.sleep(BEFORE_PROGRAM)
    typed(machine, "a\xc3\xa4\xe2\x82\xac\x7f\x7fb\n\x04")
    run(machine, "od -c /tmp/u", r"^0000000 +a +b +\\n")
    machine.expect(system.PROMPT)


# ---- the console -------------------------------------------------------------------

class Console:
    """A session on a screen: keys, and what it shows."""

    def __init__(self, machine, look):
        self.machine, self.look = machine, look

    def key(self, *names):
        screen.press(self.machine, *names)

    def type(self, text):
        screen.type_text(self.machine, text)

    def until(self, pattern, timeout=20):
        return screen.until(self.look, pattern, timeout)

    def prompt(self):
        return self.until(r"^root@whitix\S+# *\S?\s*\Z")

    def run(self, command, pattern):
        self.type(command + "\n")
        return self.until(pattern)

    def log_in(self):
        self.until("login:")
        self.run("root", "root@whitix")

    def interrupted(self, command, keys, status):
        self.type(f"clear; {command}\n")
        time.sleep(BEFORE_PROGRAM)
        self.key(*keys)
        self.prompt()
        self.run("echo status $?", rf"^status {status}$")


def use_console(console):
    """What a person does first on a screen of any kind."""
    console.log_in()
    console.run("vi /tmp/s", r"^~\n~")
    console.type("ione two")
    console.key("esc")
    time.sleep(BEFORE_PROGRAM)
    console.run(":w", r"/tmp/s.*1L")
    console.key("ctrl", "z")
    console.until("Stopped")
    console.run("fg", r"\Aone tw.\n~")	# the cursor is on a letter
    console.run(":q", r"root@whitix")
    console.run("clear; top", r"PID[ █]+PPID[ █]USER")
    console.type("nR")
    console.until(r"PPID.USER.*\n +1 +0 root")
    console.type("q")
    console.prompt()
    console.run("seq 500 | less", r"^20$")
    console.key("shift", "g")
    console.until(r"^500$")
    console.type("q")
    console.interrupted("while :; do :; done", ("ctrl", "c"), 130)
    console.interrupted("yes >/dev/null", ("ctrl", "backslash"), 131)
    console.interrupted("cat", ("ctrl", "d"), 0)
    console.type("clear; sleep 100\n")
    time.sleep(BEFORE_PROGRAM)
    console.key("ctrl", "z")
    console.until("Stopped")
    console.run("bg; jobs", r"Running +sleep 100")
    console.type("fg\n")
    time.sleep(BEFORE_PROGRAM)
    console.key("ctrl", "c")
    console.run("echo status $?", r"^status 130$")


def test_console_programs(kernel):
    with kernel.pvh(tag="console-programs", monitor=True) as machine:
        machine.expect("boottrace: .*\n", 30)
        console = Console(machine, lambda: screen.vga_text(machine, kernel))
        use_console(console)
        # The size is the console's own until a program says another.
        console.run("(sleep 2; stty rows 17 cols 61 </dev/tty1) & vi /tmp/s", r"^- /tmp/s")
        text = console.until(r"\A(.*\n){16}- /tmp/s")
        assert re.search(r"\Aone two\n~", text)
        console.run(":q", r"root@whitix")
        console.run("stty rows 25 cols 80; clear; printf '\\303\\244\\342\\224\\200\\033[31mx\\n'",
                    "^ä─x$")
        console.key("alt", "f2")
        console.log_in()
        console.run("tty", r"^/dev/tty2$")
        console.key("alt", "f1")
        console.until("^ä─x$")
        console.key("ctrl", "d")
        console.until(r"login: *\S?\s*\Z")


# ---- framebuffers --------------------------------------------------------------------

def framebuffer_iso(kernel, bits):
    """An ISO whose kernel asks GRUB for a screen of so many bits a point, on BIOS."""
    folder = kernel.path(f"framebuffer{bits}")
    os.makedirs(folder, exist_ok=True)
    with open(kernel.path("whitix.elf"), "rb") as source:
        image = source.read()
    usual = struct.pack("<HHIIII", *FRAMEBUFFER_TAG, *USUAL)
    assert image.count(usual) == 1
    with open(os.path.join(folder, "whitix.elf"), "wb") as target:
        target.write(image.replace(
            usual, struct.pack("<HHIIII", *FRAMEBUFFER_TAG, WIDTH, HEIGHT, bits)))
    shutil.copy(kernel.path("boot.cpio"), folder)
    subprocess.run([os.path.join(system.ROOT, "scripts", "mkiso"), folder, system.APPEND],
                   env=dict(os.environ, BIOS_MODULES="vbe"), check=True, capture_output=True)
    return os.path.join(folder, "whitix.iso")


def colour(machine, kernel):
    """A point of the screen's last row, each part of it as one digit of three bits."""
    path = kernel.path("screen.ppm")
    machine.monitor("screendump", filename=path)
    with open(path, "rb") as source:
        data = source.read()
    assert re.match(rb"P6\n%d %d\n255\n" % (WIDTH, HEIGHT), data)
    at = len(data) - (HEIGHT % 16 + 1) * WIDTH * 3	# below are half a row's lines
    return "".join(str(part >> 5) for part in data[at:at + 3])


@pytest.mark.parametrize("kernel, bits", DEPTHS, indirect=["kernel"])
def test_framebuffer_depths(kernel, bits):
    """Colours are right with two and three bytes a point, and text is legible."""
    argv = system.qemu.command_bios(framebuffer_iso(kernel, bits))
    glyphs = screen.glyph_table()
    with system.qemu.Machine(argv, log=kernel.path(f"framebuffer{bits}.log"),
                             monitor=True) as machine:
        machine.expect("boottrace: .*\n", 60)
        console = Console(machine,
                          lambda: screen.framebuffer_text(machine, kernel, glyphs))
        console.log_in()
        console.run("stty size", rf"^{HEIGHT // 16} {WIDTH // 8}$")
        for number, wanted in COLOURS.items():
            console.type(f"clear; printf '\\033[4{number}m\\033[2J'\n")
            screen.until(lambda: colour(machine, kernel), wanted)


def test_framebuffer_session(kernel):
    """Under UEFI the console is on the framebuffer: its glyphs are recognised."""
    if kernel.name not in ("hybrid", "drivers_in_kernel"):
        pytest.skip("UEFI takes seconds: one of each layout")
    argv = system.qemu.command_uefi(kernel.path("whitix.iso"), kernel.objdir, memory=256)
    glyphs = screen.glyph_table()
    with system.qemu.Machine(argv, log=kernel.path("framebuffer.log"),
                             monitor=True) as machine:
        machine.expect("boottrace: .*\n", 60)
        console = Console(machine,
                          lambda: screen.framebuffer_text(machine, kernel, glyphs))
        if kernel.is_hybrid:
            use_console(console)
        else:
            console.log_in()
        text = console.run("clear; stty size; seq 100", r"^100\nroot@whitix\S+ *\S?$")
        assert re.search(r"^99\n100\n", text, re.M) and not re.search(r"^50$", text, re.M)
        machine.screen(kernel.path("framebuffer.png"))
