# SPDX-License-Identifier: MIT
"""Every source, script and build file says its licence first."""

import os

import tree

SUFFIXES = (".c", ".h", ".S", ".py", ".mk", ".lds", ".sh")
NAMES = ("Makefile", "Kconfig", ".gitignore", ".gitattributes")

found = []
for path in tree.files():
    text = tree.text(path)
    if text is None or not (path.endswith(SUFFIXES) or text.startswith("#!")
                            or os.path.basename(path) in NAMES):
        continue
    lines = text.splitlines() + ["", ""]
    first = lines[1] if lines[0].startswith("#!") else lines[0]
    if "SPDX-License-Identifier: MIT" not in first:
        found.append(f"{path}: the first line is not the licence's")
tree.report(found)
