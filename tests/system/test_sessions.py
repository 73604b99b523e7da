# SPDX-License-Identifier: MIT
"""What runs on the whole screen, and what stops it: top, vi, job control, window size."""

import re
import time

import pytest
import system
from test_terminal import BEFORE_PROGRAM, press, run, type_text, typed, until, vga_text

TOP_HEAD = r"Mem: \d+K used"


@pytest.fixture(scope="session")
def kernel(layout):
    """Programs do not see the gate: the default one will do."""
    return layout


def test_top_on_the_serial_line(kernel):
    """It draws, takes keys, and sees another size of the window."""
    with kernel.pvh(tag="top") as machine:
        system.log_in(machine)
        run(machine, "stty rows 24 cols 80", system.PROMPT)
        run(machine, "top -d 1", TOP_HEAD)
        machine.expect(r"PID.*COMMAND", 10)
        machine.expect(r"\d+ +\d+ root .*top", 10)
        machine.send("n")			# sorted by process ids
        machine.expect(r"\n +\d{2,} [^\n]*\n[^\n]*\n[\s\S]*\n +1 +0 root", 10)
        machine.send("\x03")			# BusyBox's top takes it as a key
        machine.expect(system.PROMPT, 10)
        # A window that changes while it runs: as many lines as there is room for.
        run(machine, "(sleep 2; stty -F /dev/ttyS0 rows 9 cols 40) & top -d 5", TOP_HEAD)
        machine.expect(r"\x1b\[H[\s\S]*\x1b\[H", 20)
        time.sleep(BEFORE_PROGRAM)
        screen = machine.buffer.rsplit("\x1b[H", 1)[1]
        lines = [line for line in screen.replace("\x1b[J", "").split("\r\n")]
        assert len(lines) <= 9 and max(len(re.sub(r"\x1b\[[\d;]*\w", "", line))
                                       for line in lines) <= 40, screen
        machine.send("q")
        machine.expect(system.PROMPT, 10)
        machine.send("poweroff -f\n")
        assert machine.run_to_end(30) == 0


def test_vi_is_stopped_and_goes_on(kernel):
    """Ctrl-Z in vi, fg, and another size of the window; what was typed is there."""
    with kernel.pvh(tag="vi") as machine:
        system.log_in(machine)
        run(machine, "stty rows 24 cols 80", system.PROMPT)
        run(machine, "vi /tmp/v", r"/tmp/v\W.*1/1")
        typed(machine, "ibefore\x1b", "\x1a")
        machine.expect(r"Stopped|\[1\]\+", 10)
        machine.expect(system.PROMPT)
        run(machine, "stty rows 10; echo here", r"^here\r")
        machine.expect(system.PROMPT)
        run(machine, "fg", r"before")
        typed(machine, "oafter\x1b", ":wq\n")
        machine.expect(system.PROMPT, 10)
        run(machine, "cat /tmp/v", r"^before\r\nafter\r")
        machine.send("poweroff -f\n")
        assert machine.run_to_end(30) == 0


def test_window_size_is_told(kernel):
    """SIGWINCH goes to the foreground group, once for each change."""
    with kernel.pvh(tag="winch") as machine:
        system.log_in(machine)
        run(machine, "sh -c 'trap \"stty size\" WINCH; echo wai''ting; "
            "while read x; do echo got-$x; done'", r"^waiting")
        time.sleep(BEFORE_PROGRAM)
        machine.send("\x03")
        machine.expect(system.PROMPT)
        run(machine, "sh -c 'trap \"echo winch; stty size\" WINCH; stty rows 33 cols 77; "
            "stty rows 33 cols 77; stty rows 34 cols 78; sleep 1'",
            r"^winch\r\n33 77\r\n[\s\S]*winch\r\n34 78\r")
        text = machine.buffer
        machine.expect(system.PROMPT)
        assert machine.buffer.count("winch\r\n") + text.count("winch\r\n") <= 4
        machine.send("poweroff -f\n")
        assert machine.run_to_end(30) == 0


def test_job_control_on_the_screen(kernel):
    """The same on the console: keys of the keyboard, characters out of its memory."""
    with kernel.pvh(tag="vga-jobs", monitor=True) as machine:
        machine.expect("boottrace: .*\n", 30)

        def look():
            return vga_text(machine, kernel)

        def control(key):
            time.sleep(BEFORE_PROGRAM)
            press(machine, "ctrl", key)
        until(look, r"login:")
        type_text(machine, "root\n")
        until(look, r"root@whitix")
        type_text(machine, "top\n")
        text = until(look, TOP_HEAD)
        until(look, r"PID +PPID USER")
        assert "login:" not in text
        press(machine, "q")
        until(look, r"[#$] *$")
        type_text(machine, "clear\n")
        type_text(machine, "vi /tmp/v\n")
        until(look, r"^~\n~")
        type_text(machine, "ishown")
        press(machine, "esc")
        control("z")
        until(look, r"Stopped")
        type_text(machine, "clear; jobs; fg\n")
        until(look, r"^shown\n~\n")
        type_text(machine, ":wq\n")
        until(look, r"[#$] *$")
        type_text(machine, "clear; cat /tmp/v; sleep 100\n")
        until(look, r"^shown$")
        control("z")
        until(look, r"Stopped")
        type_text(machine, "bg; jobs\n")
        until(look, r"Running|sleep 100 *&?$")
        type_text(machine, "fg\n")
        control("c")
        type_text(machine, "echo status $?\n")
        until(look, r"^status 130$")
        machine.screen(kernel.path("console.png"))
