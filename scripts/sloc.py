#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts lines of C and assembly, without blank lines and comments.

    scripts/sloc.py FILE...        lines of each file, and their sum
"""

import os
import re
import sys

# Comments, and the strings and characters in which they do not count.
TOKENS = re.compile(
    r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*.*?\*/', re.S)


def count_text(text):
    def strip(match):
        token = match.group(0)
        return "\n" * token.count("\n") if token[0] == "/" else token

    return sum(1 for line in TOKENS.sub(strip, text).splitlines() if line.strip())


def count_file(path):
    with open(path, encoding="utf-8") as f:
        return count_text(f.read())


def sources_of(objects, out):
    """The sources in the tree of objects that lie in out/core or out/module."""
    for path in objects:
        relative = os.path.relpath(path, out).split(os.sep, 1)[1]
        stem = os.path.splitext(relative)[0]
        for source in (stem + ".c", stem + ".S"):
            if os.path.exists(source):
                yield source


def count_objects(objects, out):
    return sum(count_file(source) for source in sources_of(objects, out))


def main():
    total = 0
    for path in sys.argv[1:]:
        lines = count_file(path)
        total += lines
        print(f"{lines:6} {path}")
    print(f"{total:6} in all")


if __name__ == "__main__":
    main()
