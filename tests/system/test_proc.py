# SPDX-License-Identifier: MIT
"""/proc and /sys as programs read them: BusyBox's tools, and resets seen in /sys."""

import re

import pytest
import system

SCRIPT = b"""#!/bin/busybox sh
BB=/bin/busybox
for d in proc sys dev tmp; do $BB mkdir -p /$d; done
$BB mount -t proc proc /proc; $BB mount -t sysfs sysfs /sys; $BB mount -t devtmpfs dev /dev
on() { echo "@@ $1"; shift; "$@" 2>&1; echo "@@ end $?"; }
$BB sleep 1000 &
on ps $BB ps -o pid,ppid,pgid,user,stat,vsz,rss,nice,args
on top $BB top -bn1
on free $BB free
on uptime $BB uptime
on pidof $BB pidof sleep
on dmesg $BB dmesg
on lsmod $BB lsmod
on stdin $BB sh -c 'echo through | $BB cat /dev/stdin'
on stderr $BB sh -c 'echo to-err >/dev/stderr'
on module $BB grep -H "" /sys/module/pipe/state /sys/module/pipe/placement /sys/module/pipe/calls
on tty $BB cat /sys/class/tty/ttyS0/dev
on cpus $BB cat /sys/devices/system/cpu/online
exec 5</proc/version 6</dev/kmsg
if [ "$1" = reset ]; then
	on before $BB dd bs=2048 count=1 <&6
	for m in procfs sysfs kmsg boottrace; do
		on "inject-$m" $BB sh -c "echo now >/sys/module/$m/inject"
		on "resets-$m" $BB cat /sys/module/$m/resets
	done
	on open-file $BB cat <&5
	on after $BB dd bs=2048 count=1 <&6
	on wrong $BB sh -c "echo nonsense >/sys/module/vfs/inject"
fi
$BB poweroff -f
"""

PATTERNS = {
    "ps": [r"^ *PID +PPID +PGID +USER +STAT +VSZ +RSS +NI +COMMAND$",
           r"^ *1 +0 +\d+ +(0|root) +S +\d+ +\d+ +0 +.*sh /init",
           r"^ *\d+ +1 +\d+ +(0|root) +S +\d+ +\d+ +0 +/bin/busybox sleep 1000$"],
    "top": [r"^Mem: \d+K used, \d+K free", r"^CPU: +\d+% usr +\d+% sys",
            r"^Load average: \d+\.\d\d \d+\.\d\d \d+\.\d\d \d+/\d+ \d+$",
            r"^ *1 +0 (0|root) +S "],
    "free": [r"^Mem: +\d+ +\d+ +\d+ +\d+ +\d+ +\d+$", r"^Swap: +0 +0 +0$"],
    "uptime": [r"^ \d\d:\d\d:\d\d up 0 min, .* load average: \d+\.\d\d, "],
    "dmesg": [r"^\[ *\d+\.\d{6}\] modules: order "],
    "lsmod": [r"^vfs +\d+ +\d+", r"^procfs "],
    "stdin": [r"^through$"],
    "stderr": [r"^to-err$"],
    "module": [r"state:live$", r"placement:(shared|private|core)$"],
    "tty": [r"^4:64$"],
    "cpus": [r"^0$"],
}


@pytest.fixture(scope="session")
def kernel(layout):
    """Programs do not see the gate: the default one will do."""
    return layout


def boot(kernel, word=""):
    archive = system.cpio.Writer()
    archive.file("init", SCRIPT.replace(b'"$1"', b'"%s"' % word.encode()), 0o755)
    with kernel.pvh("", archive, "proc" + word) as machine:
        status = machine.run_to_end(90)
        return status, machine.buffer.replace("\r", "")


def part(kernel, name, word=""):
    """What a command printed, and its exit status."""
    _, text = kernel.shared("proc" + word, lambda: boot(kernel, word))
    found = re.search(rf"^@@ {name}\n(.*?)^@@ end (\d+)$", text, re.M | re.S)
    assert found, text[-3000:]
    return found.group(1), int(found.group(2))


@pytest.mark.parametrize("name", PATTERNS)
def test_tool(kernel, name):
    text, status = part(kernel, name)
    assert status == 0, text
    for pattern in PATTERNS[name]:
        assert re.search(pattern, text, re.M), (pattern, text)


def test_calls_are_null_where_they_cannot_be_counted(kernel):
    text, _ = part(kernel, "module")
    assert bool(re.search(r"calls:null$", text, re.M)) is not kernel.is_hybrid
    assert bool(re.search(r"calls:down \d+$", text, re.M)) is kernel.is_hybrid


def test_open_files_survive_resets(hybrid):
    for name in ("procfs", "sysfs", "kmsg", "boottrace"):
        assert part(hybrid, f"inject-{name}", "reset")[1] == 0
        assert part(hybrid, f"resets-{name}", "reset")[0] == "1\n"
    assert part(hybrid, "open-file", "reset")[0].startswith("Linux version ")
    lines = [part(hybrid, name, "reset")[0] for name in ("before", "after")]
    numbers = [int(re.search(r"^\d+,(\d+),", line, re.M).group(1)) for line in lines]
    assert numbers[1] == numbers[0] + 1
    assert part(hybrid, "wrong", "reset")[1] != 0
