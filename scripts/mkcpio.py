#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a cpio archive (newc) from a list, the same bytes for the same input.

    scripts/mkcpio.py LIST OUTPUT

A line of the list is one of

    dir   PATH MODE
    file  PATH MODE SOURCE [ANYTHING]
    slink PATH TARGET
    nod   PATH MODE c|b MAJOR MINOR

with quotes, as in a shell, round names that have blanks. Owner is root, times are 0, entries are written in the list's order. The data of
larger files starts at a multiple of a page in the archive: the name is padded
with zeroes, which all readers of the format accept.
"""

import os
import shlex
import stat
import sys

PAGE = 4096
ALIGN_FROM = 16384	# files from this size on start on a page
HEADER = 110


class Archive:
    def __init__(self):
        self.data = bytearray()
        self.inode = 0

    def add(self, path, mode, data=b"", rdev=(0, 0)):
        self.inode += 1
        name = path.encode() + b"\0"
        if len(data) >= ALIGN_FROM:
            end = len(self.data) + HEADER + len(name)
            name += bytes(-end % PAGE)
        fields = (self.inode, mode, 0, 0, 2 if stat.S_ISDIR(mode) else 1, 0,
                  len(data), 0, 0, rdev[0], rdev[1], len(name), 0)
        self.data += b"070701" + b"".join(b"%08x" % f for f in fields) + name
        self.pad(4)
        self.data += data
        self.pad(4)

    def pad(self, to):
        self.data += bytes(-len(self.data) % to)

    def finish(self):
        self.inode = -1
        self.add("TRAILER!!!", 0)
        self.pad(512)
        return bytes(self.data)


def add_line(archive, words):
    kind, path = words[0], words[1].lstrip("/")
    if kind == "dir":
        archive.add(path, stat.S_IFDIR | int(words[2], 8))
    elif kind == "file":
        with open(words[3], "rb") as f:
            archive.add(path, stat.S_IFREG | int(words[2], 8), f.read())
    elif kind == "slink":
        archive.add(path, stat.S_IFLNK | 0o777, words[2].encode())
    elif kind == "nod":
        form = stat.S_IFCHR if words[3] == "c" else stat.S_IFBLK
        archive.add(path, form | int(words[2], 8),
                    rdev=(int(words[4]), int(words[5])))
    else:
        raise ValueError(f"unknown kind '{kind}'")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: mkcpio.py LIST OUTPUT")
    archive = Archive()
    with open(sys.argv[1], encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            words = shlex.split(line, comments=True)
            if not words:
                continue
            try:
                add_line(archive, words)
            except (ValueError, IndexError, OSError) as e:
                sys.exit(f"{sys.argv[1]}:{number}: {e}")
    with open(sys.argv[2] + ".tmp", "wb") as f:
        f.write(archive.finish())
    os.replace(sys.argv[2] + ".tmp", sys.argv[2])


main()
