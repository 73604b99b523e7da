# SPDX-License-Identifier: MIT
"""Words that mark unfinished work, or that have no place in the tree."""

import re

import tree

UNFINISHED = ("TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK")
PLACES = ("/wo" "rk/main", "/wo" "rk/shared", "/tm" "p/w/")
WORDS = re.compile(r"\b(" + "|".join(UNFINISHED) + r")\b|\bfor n" r"ow\b|"
                   + "|".join(PLACES))

found = []
for path in tree.files():
    text = tree.text(path)
    if text is None or path.endswith((".svg", ".html")):
        continue
    for number, line in enumerate(text.splitlines(), 1):
        if WORDS.search(line):
            found.append(f"{path}:{number}: {line.strip()[:80]}")
tree.report(found)
