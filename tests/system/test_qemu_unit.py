# SPDX-License-Identifier: MIT
"""
The library that runs QEMU, on a kernel of a few instructions: it prints what
Whitix prints, and ends through isa-debug-exit. No build of the tree is needed.
"""

import struct
import subprocess

import measure
import pytest
from whitixlib import qemu

# PVH: an ELF note (type 18, "Xen") holds the 32-bit entry point.
SOURCE = r"""
	.section .note, "a", @note
	.long 4, 4, 18
	.asciz "Xen"
	.long start
	.text
	.code32
	.globl start
start:	mov $text, %esi
1:	lodsb
	test %al, %al
	jz 2f
	mov $0x3f8, %edx
	out %al, %dx
	jmp 1b
2:	mov $0x3fd, %edx
	in %dx, %al
	test $1, %al
	jz 2b
	mov $0xf4, %edx
	mov $STATUS, %eax
	out %eax, %dx
	hlt
	.data
text:	.asciz "TEXT"
"""


def fake_kernel(tmp_path, text, status=1):
    source = SOURCE.replace("TEXT", text.replace("\n", "\\n")).replace(
        "STATUS", str(status))
    (tmp_path / "k.s").write_text(source)
    subprocess.run(["as", "--32", "-o", tmp_path / "k.o", tmp_path / "k.s"], check=True)
    subprocess.run(["ld", "-m", "elf_i386", "-Ttext=0x100000", "-e", "start", "-n",
                    "-o", tmp_path / "k.elf", tmp_path / "k.o"], check=True)
    return tmp_path / "k.elf"


def machine(tmp_path, text, **options):
    return qemu.Machine(qemu.command_pvh(fake_kernel(tmp_path, text), None, memory=16),
                        limit=20, **options)


def test_marks_are_found_in_order_with_stamps(tmp_path):
    with machine(tmp_path, "first\nsecond 12\n") as m:
        first = m.expect("first")
        second = m.expect(r"second (\d+)\n")
        assert second.match.group(1) == "12"
        assert m.start.wall <= first.stamp.wall <= second.stamp.wall
        assert 0 < first.stamp.cpu <= second.stamp.cpu


def test_the_earliest_of_several_patterns(tmp_path):
    with machine(tmp_path, "b then a\n") as m:
        mark = m.expect(["a", "b"])
        assert (mark.index, mark.text) == (1, "b")
        assert m.expect(["a"]).before == " then "


def test_exit_status_and_log(tmp_path):
    with machine(tmp_path, "line\n", log=tmp_path / "log") as m:
        m.expect("line")
        m.send("x")
        assert m.run_to_end() == qemu.STATUS_PANIC
    assert (tmp_path / "log").read_bytes() == b"line\n"


def test_no_mark_in_time_shows_the_serial_line(tmp_path):
    with machine(tmp_path, "what it said\n") as m:
        m.expect("what")
        with pytest.raises(qemu.QemuError, match="it said"):
            m.expect("never", timeout=0.3)


def test_end_before_the_mark_is_an_error(tmp_path):
    with machine(tmp_path, "x\n") as m:
        m.expect("x")
        m.send("y")
        with pytest.raises(qemu.QemuError, match="QEMU ended"):
            m.expect("never")


def test_leaving_ends_qemu(tmp_path):
    with machine(tmp_path, "x\n") as m:
        pid = m.pid
    assert qemu.process_cpu_time(pid) is None


def test_screen(tmp_path):
    with machine(tmp_path, "x\n", monitor=True) as m:
        m.expect("x")
        m.screen(tmp_path / "screen.png")
    assert (tmp_path / "screen.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_json_line(tmp_path):
    with machine(tmp_path, "calls: {\\\"down_empty\\\":7}\n") as m:
        assert m.read_json("calls: ") == {"down_empty": 7}


def test_marks_in_any_order(tmp_path):
    with machine(tmp_path, "two\none\n") as m:
        found = measure.await_all(m, {"one": "one", "two": "two"})
        assert set(found) == {"one", "two"}


def test_panic_is_noticed_at_once(tmp_path):
    with machine(tmp_path, "kernel panic: no\n") as m:
        with pytest.raises(qemu.QemuError, match="panicked"):
            measure.await_all(m, {"one": "never"})


def test_a_run_does_not_outlive_its_limit(tmp_path):
    argv = qemu.command_pvh(fake_kernel(tmp_path, "x\n"), None, memory=16)
    with qemu.Machine(argv, limit=0.5) as m:
        with pytest.raises(qemu.QemuError, match="did not end"):
            m.run_to_end(10)


def test_uefi_has_a_variable_store_of_its_own(tmp_path):
    argv = qemu.command_uefi("x.iso", tmp_path)
    assert any(str(tmp_path) in word for word in argv)
    assert (tmp_path / "ovmf-vars.fd").stat().st_size > struct.calcsize("I")
