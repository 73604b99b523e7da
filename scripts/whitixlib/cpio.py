# SPDX-License-Identifier: MIT
"""Reads and writes cpio archives of the format newc, as boot archives are."""

import os
import stat

MAGIC = b"070701"
HEADER = 110
TRAILER = "TRAILER!!!"


class Writer:
    """Collects entries; bytes() gives the archive."""

    def __init__(self):
        self.data = bytearray()
        self.inode = 1
        self.folders = set()

    def _entry(self, name, mode, body=b"", rdev=(0, 0)):
        name_bytes = name.encode() + b"\0"
        fields = [self.inode, mode, 0, 0, 1, 0, len(body), 0, 0, rdev[0], rdev[1],
                  len(name_bytes), 0]
        self.inode += 1
        self.data += MAGIC + b"".join(b"%08X" % f for f in fields)
        self.data += name_bytes
        self._pad()
        self.data += body
        self._pad()

    def _pad(self):
        self.data += b"\0" * (-len(self.data) % 4)

    def folder(self, name, mode=0o755):
        """Adds a folder and those above it, each once."""
        name = name.strip("/")
        if not name or name in self.folders:
            return
        self.folder(os.path.dirname(name))
        self.folders.add(name)
        self._entry(name, stat.S_IFDIR | mode)

    def file(self, name, body, mode=0o644):
        name = name.strip("/")
        self.folder(os.path.dirname(name))
        self._entry(name, stat.S_IFREG | mode, body)

    def device(self, name, major, minor, mode=0o600):
        """Adds a character device."""
        self.folder(os.path.dirname(name.strip("/")))
        self._entry(name.strip("/"), stat.S_IFCHR | mode, rdev=(major, minor))

    def link(self, name, target):
        name = name.strip("/")
        self.folder(os.path.dirname(name))
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def bytes(self):
        """The archive with its trailer, padded to a block of 512 bytes."""
        out = Writer()
        out.data = bytearray(self.data)
        out.inode = 0
        out._entry(TRAILER, 0)
        return bytes(out.data + b"\0" * (-len(out.data) % 512))


def read(data):
    """Yields (name, mode, body) of every entry of one or several archives."""
    pos = 0
    while pos + HEADER <= len(data):
        if data[pos:pos + 6] != MAGIC:
            if data[pos:pos + 4].strip(b"\0"):
                raise ValueError(f"no cpio header at byte {pos}")
            pos += 4
            continue
        fields = [int(data[pos + 6 + 8 * i:pos + 14 + 8 * i], 16) for i in range(13)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = data[pos + HEADER:pos + HEADER + name_size - 1].decode()
        body_at = (pos + HEADER + name_size + 3) & ~3
        pos = (body_at + size + 3) & ~3
        if name != TRAILER:
            yield name, mode, data[body_at:body_at + size]


def concatenate(path, *archives):
    """Writes archives (paths or bytes) one after the other to `path`."""
    with open(path, "wb") as out:
        for archive in archives:
            if not isinstance(archive, (bytes, bytearray)):
                with open(archive, "rb") as source:
                    archive = source.read()
            out.write(archive)
            out.write(b"\0" * (-out.tell() % 4))
    return path
