# SPDX-License-Identifier: MIT
"""Terminals: sessions on the serial line and on the VGA screen, and resets meanwhile."""

import re
import time

import linux_programs
import pytest
import system
from screen import press, type_text, until, vga_text

# What is typed sooner meets the shell's settings of the terminal, as on Linux.
BEFORE_PROGRAM = 0.5


@pytest.fixture(scope="session")
def kernel(layout):
    """Programs do not see the gate: the default one will do."""
    return layout


# ---- the serial line -------------------------------------------------------------

def run(machine, command, answer, timeout=20):
    machine.send(command + "\n")
    machine.expect(answer, timeout)


def test_serial_session(kernel):
    """Line editing, job control, window size, vi."""
    with kernel.pvh(tag="session") as machine:
        system.log_in(machine)
        run(machine, "tty; echo $((40+2))x", r"/dev/ttyS0\r\n42x")
        run(machine, "stty rows 40 cols 100; stty size", r"^40 100")
        run(machine, "echo wrong\x7f\x7f\x7f\x7f\x7fright", r"^right\r")
        machine.expect(system.PROMPT)
        run(machine, "cat >/tmp/f", r"cat >/tmp/f\r\n")
        time.sleep(BEFORE_PROGRAM)
        run(machine, "one\ntwx\x7fo\n\x04cat /tmp/f", r"^one\r\ntwo\r")
        machine.expect(system.PROMPT)
        run(machine, "sleep 100", r"sleep 100\r\n")
        time.sleep(BEFORE_PROGRAM)
        machine.send("\x1a")
        machine.expect(r"Stopped|\[1\]\+", 10)
        machine.expect(system.PROMPT)
        run(machine, "jobs; bg; jobs", r"Running|sleep 100\r\n.*sleep 100")
        machine.expect(system.PROMPT)
        run(machine, "fg", r"sleep 100")
        time.sleep(BEFORE_PROGRAM)
        machine.send("\x03")
        machine.expect(system.PROMPT)
        run(machine, "echo status $?", r"^status 130")
        machine.expect(system.PROMPT)
        run(machine, "vi /tmp/v", r"/tmp/v\W.*1/1")
        for part in ("ihello\x1b", "ohello again\x1b", ":wq\n"):
            machine.send(part)
            time.sleep(BEFORE_PROGRAM)	# ESC and a letter at once would be Alt
        machine.expect(system.PROMPT, 20)
        run(machine, "cat /tmp/v", r"^hello\r\nhello again\r")
        machine.expect(system.PROMPT)
        run(machine, "stty -echo; read x; stty echo; echo got-$x", r"read x")
        time.sleep(BEFORE_PROGRAM)
        run(machine, "secret", r"^got-secret")
        machine.send("poweroff -f\n")
        assert machine.run_to_end(30) == 0


def typed(machine, *parts):
    """Types each part by itself: ESC and a letter at once would be Alt."""
    for part in parts:
        machine.send(part)
        time.sleep(BEFORE_PROGRAM)


@pytest.fixture
def debian_session(kernel, archive):
    """Debian's bash on the serial line, 30 rows of 90."""
    initrd = linux_programs.with_modules(kernel.objdir, archive)
    argv = system.qemu.command_pvh(kernel.path("whitix.elf"), initrd, system.APPEND,
                                   memory=linux_programs.MEMORY)
    with system.qemu.Machine(argv, log=kernel.path("debian-session.log"),
                             limit=180) as machine:
        machine.expect("login: ", 60)
        typed(machine, "root\n")
        machine.expect(r"[#$] ", 20)
        run(machine, "export PS1='rea''dy> ' TERM=vt100; exec bash --norc", "ready> ")
        run(machine, "bind 'set enable-bracketed-paste off'", "ready> ")
        run(machine, "stty rows 30 cols 90; stty size", r"^30 90\r")
        machine.expect("ready> ", 10)
        yield machine


def test_programs_on_a_terminal(debian_session):
    """bash, less and vim of Debian: drawing and keys."""
    machine = debian_session
    run(machine, "echo abd\x1b[Dc\x05; echo $((6*7))x", r"^abcd\r\n42x\r")
    run(machine, "seq 1000 >/tmp/n; less /tmp/n", r"^(.*\D)?29\r\n")
    typed(machine, "G")
    machine.expect(r"1000\r\n", 10)
    typed(machine, "?^500$\n")
    machine.expect(r"500", 10)
    typed(machine, "q")
    machine.expect("ready> ", 10)
    run(machine, "vim.tiny -u NONE /tmp/v", r'/tmp/v')
    typed(machine, "ione\x1b", "otwo\x1b", "yyp", ":wq\n")
    machine.expect("ready> ", 10)
    run(machine, "cat /tmp/v", r"^one\r\ntwo\r\ntwo\r\n")
    machine.send("/bin/busybox poweroff -f\n")
    assert machine.run_to_end(30) == 0


def test_terminals_come_through_resets(kernel):
    """The shell, its job control and what was typed ahead outlive their modules."""
    if not kernel.is_hybrid:
        pytest.skip("a fault in ring 0 is a panic")
    with kernel.pvh(tag="terminal-reset") as machine:
        system.log_in(machine)
        run(machine, "stty rows 41 cols 99", system.PROMPT)
        for module in ("tty", "serial", "console", "keyboard", "tty"):
            run(machine, f"echo now >/sys/module/{module}/inject; echo after-{module[::-1]}",
                rf"^after-{module[::-1]}")
            machine.expect(system.PROMPT)
        run(machine, "stty size; tty", r"^41 99\r\n/dev/ttyS0")
        run(machine, "echo now >/sys/module/tty/inject; sleep 100", r"sleep 100\r\n")
        time.sleep(BEFORE_PROGRAM)
        machine.send("\x03")
        machine.expect(system.PROMPT)
        run(machine, "echo status $?", r"^status 130")
        machine.send("poweroff -f\n")
        assert machine.run_to_end(30) == 0


RESETS = b"""#!/bin/sh
export PATH=/bin:/sbin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
for part in test_pty test_pty_lines test_pty_jobs; do
	/test/$part || exit 1
done >/out 2>&1 &
pid=$!
while kill -0 $pid 2>/dev/null; do
	echo now >/sys/module/tty/inject
	sleep 1
done
wait $pid
echo "@@ exit $? after $(cat /sys/module/tty/resets) resets"
cat /out
poweroff -f
"""


def test_pairs_work_through_resets(kernel):
    """test_pty and its like pass on Linux, and while tty is killed again and again."""
    if not kernel.is_hybrid:
        pytest.skip("a fault in ring 0 is a panic")
    archive = kernel.archive()
    archive.file("resets", RESETS, 0o755)
    with kernel.pvh("init=/resets", archive, "pty-reset") as machine:
        end = machine.expect(r"@@ exit (\d+) after (\d+) resets", 90)
        assert machine.run_to_end(30) == 0
        assert end.match.group(1) == "0", machine.buffer[-3000:]
        assert int(end.match.group(2)) >= 3


# ---- the screen ---------------------------------------------------------------------

def test_vga_session(kernel):
    """Keys through the emulated keyboard, characters out of the screen's memory."""
    with kernel.pvh(tag="vga", monitor=True) as machine:
        machine.expect("boottrace: .*\n", 30)

        def look():
            return vga_text(machine, kernel)
        until(look, r"login:")
        type_text(machine, "root\n")
        until(look, r"root@whitix")
        type_text(machine, "stty size; tty; echo $SHLVL\n")
        text = until(look, r"^25 80\n/dev/tty1")
        assert "login:" in text
        type_text(machine, "vi /tmp/w\n")
        until(look, r"^~\n~")
        type_text(machine, "iscreen")
        press(machine, "esc")
        time.sleep(BEFORE_PROGRAM)
        press(machine, "o")
        type_text(machine, "Second")
        press(machine, "esc")
        time.sleep(BEFORE_PROGRAM)
        type_text(machine, ":wq\n")
        until(look, r"\$|#")
        type_text(machine, "cat /tmp/w\n")
        until(look, r"^screen\nSecond$")
        type_text(machine, "sleep 100\n")
        press(machine, "ctrl", "c")
        type_text(machine, "echo $!$$ done\n")
        until(look, r"\d done$")
        type_text(machine, "seq 60\n")
        until(look, r"^60$")
        press(machine, "shift", "pgup")
        press(machine, "shift", "pgup")
        assert re.search(r"^28$", until(look, r"^25$"), re.M)
        press(machine, "shift", "pgdn")
        press(machine, "shift", "pgdn")
        until(look, r"^60$")
        type_text(machine, "clear; echo on-one; echo two >/dev/tty4\n")
        until(look, r"^on-one$")
        press(machine, "alt", "f4")
        assert "on-one" not in until(look, r"^two$")
        press(machine, "alt", "f1")
        until(look, r"^on-one$")
        type_text(machine, "chvt 3; echo x\n")
        until(look, r"\A\s*\Z")
        press(machine, "alt", "right")
        until(look, r"^two$")
