# SPDX-License-Identifier: MIT
"""Options: each has help; defconfigs are minimal; layouts differ in nothing else.

The header that modules are compiled with must be the same for all defconfigs,
or modules would not be the same in all layouts.
"""

import os
import re
import subprocess
import tempfile

import tree

KCONFIG = ["/usr/bin/env", "python3", "scripts/kconfig.py"]
found = []


def values(text):
    return sorted(l for l in text.splitlines() if l and not l.startswith("#"))


for path in tree.files("Kconfig"):
    for block in re.split(r"^(?=config |choice)", tree.text(path), flags=re.M)[1:]:
        if not re.search(r"^\thelp$", block, re.M):
            found.append(f"{path}: no help: {block.splitlines()[0]}")

headers = {}
for path in tree.files("defconfig"):
    if not path.startswith("configs/"):
        continue
    with tempfile.TemporaryDirectory() as out:
        for step in (["defconfig", path], ["sync"], ["savedefconfig"]):
            done = subprocess.run(KCONFIG + ["--out", out] + step, text=True,
                                  capture_output=True, check=False)
            if done.returncode:
                found.append(f"{path}: {done.stderr.strip()}")
                break
        else:
            saved = tree.text(os.path.join(out, "defconfig"))
            if values(saved) != values(tree.text(path)):
                found.append(f"{path}: differs from what savedefconfig writes")
            headers[path] = tree.text(os.path.join(out, "generated", "config.h"))
for path, text in headers.items():
    if text != next(iter(headers.values())):
        found.append(f"{path}: options other than the layout differ from "
                     + next(iter(headers)))
    if re.search(r"CONFIG_(HYBRID|DRIVERS_IN_KERNEL|DOMAINS_|GATE_)|_PLACEMENT",
                 text):
        found.append(f"{path}: config.h names a layout")
tree.report(found)
