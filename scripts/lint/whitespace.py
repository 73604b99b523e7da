# SPDX-License-Identifier: MIT
"""Trailing blanks, spaces where C wants tabs, long lines, missing last newline."""

import tree

WIDTH = 100
TAB = 8

found = []
for path in tree.files():
    text = tree.text(path)
    if text is None or not text or path.endswith((".svg", ".html")):
        continue
    if not text.endswith("\n") or text.endswith("\n\n"):
        found.append(f"{path}: must end in one newline")
    if "\r" in text:
        found.append(f"{path}: has carriage returns")
    code = path.endswith(tree.SOURCES)
    for number, line in enumerate(text.split("\n"), 1):
        if line != line.rstrip():
            found.append(f"{path}:{number}: blanks at the end of the line")
        if code and line.startswith(" " * TAB):
            found.append(f"{path}:{number}: indented with spaces")
        if code and len(line.expandtabs(TAB)) > WIDTH:
            found.append(f"{path}:{number}: longer than {WIDTH} columns")
tree.report(found)
