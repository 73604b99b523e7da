# SPDX-License-Identifier: MIT
"""
Any one module is killed at a random moment, with a script running and with the
system idle, by /sys/module/NAME/inject; the script's output is right afterwards.
"""

import os
import re

import pytest

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scripts", "resets.sh")
LINE = re.compile(r"^resets: (\w+) (busy|inside|idle) (.*)$", re.M)
LIMIT = 300
SEED = 20
# At least these must have been killed.
NEEDED = ("slab", "vfs", "ramfs", "devfs", "procfs", "pipe", "elf", "tty", "initramfs")


def killed(kernel):
    """{(module, when): verdict} of one boot in which each module is killed twice."""
    def boot():
        archive = kernel.archive()
        with open(SCRIPT, "rb") as source:
            archive.file("test/resets.sh", source.read(), 0o755)
        with kernel.pvh(f"init=/test/resets.sh loglevel=5 -- {SEED}", archive, "resets",
                        limit=LIMIT) as machine:
            machine.run_to_end(LIMIT)
            text = machine.buffer.replace("\r", "")
        return text, {(m[0], m[1]): m[2] for m in LINE.findall(text)}
    return kernel.shared("resets", boot)


@pytest.mark.parametrize("when", ["busy", "inside", "idle"])
def test_each_module_is_killed(hybrid, when):
    text, verdicts = killed(hybrid)
    assert "resets: the script repeats" in text, text[-2000:]
    assert "resets: done" in text, text[-2000:]
    named = {module: verdict for (module, at), verdict in verdicts.items() if at == when}
    assert set(named) >= set(NEEDED)
    wrong = {module: verdict for module, verdict in named.items() if verdict != "ok"}
    assert not wrong, text[-4000:]
