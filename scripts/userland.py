#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Prints what the boot archive has besides modules, as a list for mkcpio.py.

    userland.py --cache CACHE [FOLDER|PACKAGE ...]

The default userland is Debian's busybox-static and the files of user/default.
FOLDER (a word with a slash in it) adds a folder's files, PACKAGE a Debian package
and the libraries that it needs; of two files of one name the later word's wins,
and BusyBox's applets only fill in what is left. BusyBox's shell prefers its own
applets to other programs, so with packages there is another shell (dash, if none is
named). A folder that has a first program
(`init`) of its own stands alone: nothing of the default is added.

With packages /bin, /lib and so on are links to what is below /usr, as in Debian.
"""

import argparse
import os
import shlex
import stat
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from whitixlib import debian  # noqa: E402

BUSYBOX = "busybox-static"
SHELLS = ("dash", "bash")
USER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "user")
DEFAULT = os.path.join(USER, "default")
MODES = {"etc/shadow": 0o600}
APPLETS = os.path.join(USER, "applets")  # the others' links are made by rcS
# Folders that programs expect, with their modes.
FOLDERS = {"bin": 0o755, "dev": 0o755, "etc": 0o755, "mnt": 0o755, "proc": 0o755,
           "root": 0o700, "run": 0o755, "sys": 0o755, "tmp": 0o1777, "usr": 0o755}
NODES = ("nod dev/console 600 c 5 1", "nod dev/null 666 c 1 3")
# Where everything is BusyBox's there is one folder of programs.
LINKS_OF_DEFAULT = {"sbin": "bin", "usr/bin": "../bin", "usr/sbin": "../bin"}
LINKS_OF_DEBIAN = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib",
                   "lib64": "usr/lib64"}
# What update-alternatives would choose: {program: names it gets}.
ALTERNATIVES = {
    "usr/bin/bash": ("usr/bin/sh",),
    "usr/bin/gawk": ("usr/bin/awk",),
    "usr/bin/mawk": ("usr/bin/awk",),
    "usr/bin/vim.tiny": ("usr/bin/vi", "usr/bin/vim", "usr/bin/view", "usr/bin/ex"),
    "usr/bin/less": ("usr/bin/pager",),
    "usr/bin/lua5.4": ("usr/bin/lua",),
    "usr/bin/luac5.4": ("usr/bin/luac",),
    "usr/bin/tcc": ("usr/bin/cc",),
    "usr/bin/nano": ("usr/bin/editor",),
}


class Tree:
    """Files by their names in the archive."""

    def __init__(self, merged):
        self.merged, self.entries = merged, {}
        for name, mode in FOLDERS.items():
            self.entries[name] = f"dir {name} {mode:o}"
        for link, target in (LINKS_OF_DEBIAN if merged else LINKS_OF_DEFAULT).items():
            if merged and "/" not in link:
                self.entries[target] = f"dir {target} 755"
            self.entries[link] = f"slink {link} {target}"

    def place(self, name):
        """Where a file goes: not through the links of folders."""
        top, _, rest = name.partition("/")
        if self.merged:
            moved = rest and top in debian.MERGED
            return f"usr/{name}" if moved else name
        for link, target in (("sbin/", "bin/"), ("usr/bin/", "bin/"), ("usr/sbin/", "bin/")):
            if name.startswith(link):
                return target + name[len(link):]
        return name

    def add_parents(self, name):
        parent = os.path.dirname(name)
        if parent and parent not in self.entries:
            self.add_parents(parent)
            self.entries[parent] = f"dir {shlex.quote(parent)} 755"

    def add(self, name, line):
        name = self.place(name)
        self.add_parents(name)
        self.entries[name] = line.format(shlex.quote(name))

    def add_file(self, name, source, mode, info):
        # The time makes the list differ when the file does.
        self.add(name, f"file {{}} {mode:o} "
                       f"{shlex.quote(source)} {info.st_mtime_ns}")

    def add_link(self, name, target, only_new=False):
        if not (only_new and self.place(name) in self.entries):
            self.add(name, f"slink {{}} {shlex.quote(target)}")

    def add_folder(self, folder):
        """Adds what is in a folder of the build machine."""
        folder = os.path.abspath(folder)
        for at, folders, files in os.walk(folder):
            folders.sort()
            for entry in sorted(folders + files):
                source = os.path.join(at, entry)
                self.add_entry(os.path.relpath(source, folder), source)

    def add_entry(self, name, source):
        info = os.lstat(source)
        if stat.S_ISLNK(info.st_mode):
            self.add_link(name, os.readlink(source))
        elif stat.S_ISDIR(info.st_mode):
            if self.place(name) not in self.entries and name not in self.entries:
                self.add(name, f"dir {{}} {stat.S_IMODE(info.st_mode):o}")
        elif stat.S_ISREG(info.st_mode):
            self.add_file(name, source, stat.S_IMODE(info.st_mode), info)

    def lines(self):
        nodes = [n for n in NODES if n.split()[1] not in self.entries]
        return list(self.entries.values()) + nodes


def add_alternatives(tree):
    for program, names in ALTERNATIVES.items():
        if program in tree.entries:
            for name in names:
                tree.add_link(name, os.path.basename(program), only_new=True)


def add_default_files(tree):
    """The files of user/default, with modes that the tree's checkout may lack."""
    for at, folders, files in os.walk(DEFAULT):
        folders.sort()
        for entry in sorted(files):
            source = os.path.join(at, entry)
            name, info = os.path.relpath(source, DEFAULT), os.stat(source)
            usual = 0o755 if info.st_mode & stat.S_IXUSR else 0o644
            tree.add_file(name, source, MODES.get(name, usual), info)


def add_default(tree, cache):
    """BusyBox, its applets and our files, as far as nothing else gave them."""
    busybox = os.path.join(debian.unpack(debian.fetch(BUSYBOX, cache)),
                           "usr/bin/busybox")
    kept = dict(tree.entries)
    add_default_files(tree)
    tree.add_link("init", "bin/busybox")
    tree.add_file("bin/busybox", busybox, 0o755, os.stat(busybox))
    with open(APPLETS, encoding="utf-8") as source:
        for applet in source.read().split():
            tree.add_link(f"bin/{applet}", "busybox", only_new=True)
    tree.entries.update(kept)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cache", required=True)
    parser.add_argument("words", nargs="*")
    args = parser.parse_args()
    folders = [word for word in args.words if "/" in word]
    named = [word for word in args.words if "/" not in word]
    if named and not set(named) & set(SHELLS):
        named.append(SHELLS[0])
    packages = debian.with_libraries(named)
    tree = Tree(bool(packages))
    for name in packages:
        tree.add_folder(debian.unpack(debian.fetch(name, args.cache)))
    for folder in folders:
        if not os.path.isdir(folder):
            raise debian.PackageError(f"{folder} is no folder")
        tree.add_folder(folder)
    add_alternatives(tree)
    if "init" not in tree.entries:
        add_default(tree, args.cache)
    print("\n".join(tree.lines()))


if __name__ == "__main__":
    try:
        main()
    except debian.PackageError as error:
        sys.exit(f"userland: {error}")
