# SPDX-License-Identifier: MIT
"""Symbols that choose a layout occur in the boundary's folders only."""

import re

import tree

SYMBOL = re.compile(r"\bCONFIG_(DRIVERS_IN_KERNEL|HYBRID|DOMAINS_\w+|GATE_\w+|"
                    r"\w+_PLACEMENT)\b")
ALLOWED = ("kernel/boundary/", "arch/x86/gate/")

found = []
for path in tree.files(*tree.SOURCES):
    if path.startswith(ALLOWED):
        continue
    for number, line in enumerate(tree.text(path).splitlines(), 1):
        if SYMBOL.search(line):
            found.append(f"{path}:{number}: {line.strip()}")
tree.report(found)
