# SPDX-License-Identifier: MIT
"""Linux programs: our own test programs, and Debian's BusyBox as /init."""

import re

import pytest
import system

LIST = ["/test/hello one two", *("/test/" + name for name in system.TESTS),
        "/test/nothing-there", "/bin/cat /proc/accounts",
        "/bin/cat /proc/mounts", "/test/bench", "console", "/bin/cat /proc/boottrace",
        "/bin/cat /proc/modules", "/test/hello last"]

SCRIPT = b"""#!/bin/busybox sh
# Everything here is a fork, an exec and a wait of BusyBox.
BB=/bin/busybox
$BB echo "script: begins as $$"
$BB mkdir /work && $BB echo "script: mkdir $?"
$BB echo "first line" >/work/a
$BB echo "second line" >>/work/a
$BB cat /work/a | $BB cat | while read -r line; do echo "script: cat $line"; done
$BB ls / | while read -r name; do echo "script: ls $name"; done
$BB ls -l /work/a
$BB mount -t proc proc /proc; echo "script: mount $?"
$BB mkdir /mem; $BB mount -t ramfs none /mem; echo "script: mount ramfs $?"
$BB echo inside >/mem/file; $BB cat /mem/file
$BB umount /mem; echo "script: umount $? $($BB ls /mem)"
before=$($BB cut -d. -f1 /proc/uptime)
$BB sleep 1
after=$($BB cut -d. -f1 /proc/uptime)
echo "script: sleep $((after - before))"
echo "script: uname $($BB uname -s) $($BB uname -m)"
$BB false; echo "script: false $?"
$BB sh -c 'exit 7'; echo "script: exit $?"
$BB sh -c 'kill -9 $$'; echo "script: killed $?"
$BB cat /no/such/file; echo "script: no file $?"
/work/a; echo "script: not a program $?"
i=0; while [ $i -lt 20 ]; do $BB true || echo bad; i=$((i + 1)); done
echo "script: loop $i"
echo "script: replaced $($BB cat /replaced)"
echo "script: done"
$BB poweroff -f
"""


def run(kernel):
    return kernel.shared("programs", lambda: kernel.run_list(LIST, tag="programs"))


def test_powers_off(kernel):
    result = run(kernel)
    assert "@@ all done" in result.text
    assert result.status == 0


def test_hello(kernel):
    text, end = run(kernel).section("/test/hello one two")
    assert end == "exit 0"
    assert "argc 3" in text and "argv[2] = 'two'" in text
    assert "page size 4096" in text


def test_missing_program(kernel):
    text, end = run(kernel).section("/test/nothing-there")
    assert end == "exit 127" and "errno 2" in text


@pytest.mark.parametrize("program", system.TESTS)
def test_program(kernel, program):
    text, _ = run(kernel).section(f"/test/{program}")
    system.Ktap(text).check()


def test_programs_do_not_notice_resets(kernel):
    """Modules of file systems are killed while a program works with files."""
    result = kernel.run_list(["/test/test_resets"], tag="resets", timeout=120)
    text, _ = result.section("/test/test_resets")
    system.Ktap(text).check()


def test_nothing_was_reset(kernel):
    """Bad pointers and abused gates are no module's fault."""
    text, end = run(kernel).section("/bin/cat /proc/accounts")
    assert end == "exit 0"
    assert not re.search(r"\b(resetting|failed)\b", text), text
    assert "faulty" in text and "slab" in text


def test_unimplemented_calls_are_logged_once(kernel):
    """What is not there says so (-ENOSYS), once for each call."""
    text = run(kernel).text
    names = re.findall(r"system call (\w+) is not there", text)
    assert names, "no program asked for a call that is absent"
    assert len(names) == len(set(names)), names


def test_boottrace_in_proc_is_the_printed_one(kernel):
    result = run(kernel)
    printed = re.search(r"boottrace: (\{.*\})\n", result.text, re.M)
    text, end = result.section("/bin/cat /proc/boottrace")
    assert end == "exit 0"
    assert printed and printed.group(1) in text


def test_proc_modules(kernel):
    text, end = run(kernel).section("/bin/cat /proc/modules")
    assert end == "exit 0"
    names = {line.split()[0] for line in text.splitlines() if line.strip()}
    assert {"slab", "vfs", "tty"} <= names


def test_all_programs_after_all(kernel):
    text, end = run(kernel).section("/test/hello last")
    assert end == "exit 0" and "argv[1] = 'last'" in text


# ---- BusyBox as /init ------------------------------------------------------

def busybox(kernel):
    def boot():
        archive = system.cpio.Writer()
        archive.file("replaced", b"first\n")
        archive.file("replaced", b"second\n")
        archive.file("init", SCRIPT, 0o755)
        with kernel.pvh("", archive, "busybox") as machine:
            return system.ProgramRun("", machine.run_to_end(60)), machine.buffer.replace("\r", "")
    return kernel.shared("busybox", boot)


@pytest.mark.parametrize("line", [
    "script: begins as 1", "script: mkdir 0", "script: cat first line",
    "script: cat second line", "script: ls bin", "script: ls init", "script: mount 0",
    "script: mount ramfs 0", "inside", "script: uname Linux x86_64", "script: false 1",
    "script: exit 7", "script: killed 137", "script: no file 1",
    "script: not a program 126", "script: loop 20", "script: done"])
def test_busybox_script(kernel, line):
    _, text = busybox(kernel)
    assert re.search(rf"^{re.escape(line)}$", text, re.M), text[-3000:]


def test_busybox_sleeps_a_second(kernel):
    _, text = busybox(kernel)
    assert re.search(r"^script: sleep [12]$", text, re.M), text[-3000:]


def test_unmount_hides_the_files(kernel):
    _, text = busybox(kernel)
    assert re.search(r"^script: umount 0 *$", text, re.M), text[-3000:]


def test_a_later_archive_replaces_files(kernel):
    """/init is the appended archive's, and of two /replaced the last one."""
    _, text = busybox(kernel)
    assert "script: replaced second" in text


def test_busybox_powers_off(kernel):
    result, _ = busybox(kernel)
    assert result.status == 0


def test_shell_on_the_serial_line(kernel):
    """The default userland: log in, type a command, read its answer, switch off."""
    with kernel.pvh(tag="shell") as machine:
        system.log_in(machine)
        machine.send("echo $((6 * 7)) is the answer\n")
        machine.expect(r"^42 is the answer", 20)
        machine.send("cat /proc/accounts\n")
        machine.expect("slab", 20)
        machine.send("sh -c 'echo rea''dy; exec sleep 100'\n")
        machine.expect("^ready", 20)
        machine.send("\x03")
        machine.expect(system.PROMPT, 20)
        machine.send("echo back $?\n")
        machine.expect("^back 130", 20)
        machine.send("exit\n")
        machine.expect("login: ", 20)
        machine.send("root\n")
        machine.expect(system.PROMPT, 20)
        machine.send("poweroff\n")
        assert machine.run_to_end(30) == 0
        assert "going down" in machine.buffer


def test_greeting_says_which_layout_runs(kernel):
    with kernel.pvh(tag="greeting") as machine:
        words = machine.expect(r"Linux \S+, (.*), on /dev/ttyS0", 30)
        named = [v for v in kernel.config.values() if v and v != kernel.config["gate"]]
        assert words.match.group(1).split()[2:] == named


def test_init_starts_the_machine_again(kernel):
    """reboot goes the way of poweroff: QEMU ends at the reset (-no-reboot)."""
    with kernel.pvh(tag="reboot") as machine:
        system.log_in(machine)
        machine.send("reboot\n")
        assert machine.run_to_end(30) == 0
        assert "Requesting system reboot" in machine.buffer


def without_programs(kernel):
    """Path of a boot archive that has the modules alone."""
    archive = system.cpio.Writer()
    with open(kernel.path("boot.cpio"), "rb") as source:
        for name, mode, body in system.cpio.read(source.read()):
            if name.startswith("modules/") and body:
                archive.file(name, body, mode & 0o777)
    with open(kernel.path("modules-only.cpio"), "wb") as out:
        out.write(archive.bytes())
    return kernel.path("modules-only.cpio")


@pytest.mark.parametrize("way, status", [("exit", system.qemu.STATUS_PANIC), ("reboot", 0)])
def test_panic_without_a_program(kernel, way, status):
    """Without a first program the kernel panics; panic= says what then."""
    argv = system.qemu.command_pvh(kernel.path("whitix.elf"), without_programs(kernel),
                                   f"console=ttyS0 panic={way}")
    with system.qemu.Machine(argv, log=kernel.path(f"panic-{way}.log")) as machine:
        assert machine.run_to_end(30) == status
        assert re.search(system.PANIC, machine.buffer), machine.buffer[-2000:]


def test_init_that_cannot_be_run_panics(direct):
    """As on Linux: no other program is tried when init= names one."""
    with direct.pvh("init=/bin/missing", tag="missing-init") as machine:
        status = machine.run_to_end(30)
        assert "init=/bin/missing cannot be run" in machine.buffer
        assert status == 3, machine.buffer[-1000:]
