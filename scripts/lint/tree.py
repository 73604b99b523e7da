# SPDX-License-Identifier: MIT
"""What checkers share: the tree's files, and how to report."""

import os
import subprocess
import sys

SOURCES = (".c", ".h", ".S")


def files(*suffixes):
    """The tree's files (not what is built), all or those with a suffix."""
    try:
        names = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], check=True,
            capture_output=True, text=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        names = []
        for folder, folders, here in os.walk("."):
            folders[:] = [f for f in folders if f not in (".git", "__pycache__")
                          and not f.startswith("build")]
            names += [os.path.relpath(os.path.join(folder, n)) for n in here]
    return [n for n in sorted(set(names)) if os.path.isfile(n)
            and (not suffixes or n.endswith(suffixes))]


def text(path):
    """A file's text, or None if it is no text."""
    try:
        with open(path, encoding="utf-8", newline="") as f:
            return f.read()
    except UnicodeDecodeError:
        return None


def report(problems, limit=40):
    """Prints the problems and ends the checker."""
    for line in problems[:limit]:
        print(line)
    if len(problems) > limit:
        print(f"and {len(problems) - limit} more")
    sys.exit(1 if problems else 0)
