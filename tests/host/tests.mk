# SPDX-License-Identifier: MIT
# More tests: name them in `tests`, and the modules that they need.

# Which flush a change of page tables needs.
tests += tlb
tlb-extra := arch/x86/mm/tlb_rules.c

# Drivers: what is pure in them, and tty as a whole.
tests += tty console drivers terminal serial
terminal-modules := tty
serial-modules := serial

# The module loader's pure part.
tests += loader
loader-extra := kernel/module/elf_link.c kernel/module/archive.c

# Names and files; operations are compared with the host's.
tests += vfs
vfs-modules := vfs ramfs devfs procfs pipe
vfs-extra := tests/host/vfs_linux.c tests/host/no_slab.c
tests += fs pipe fs_reset
fs-modules := vfs ramfs devfs procfs pipe initramfs
fs-extra := tests/host/fs_ops.c tests/host/no_slab.c
pipe-modules := $(fs-modules)
pipe-extra := $(fs-extra)
fs_reset-modules := $(fs-modules)
fs_reset-extra := $(fs-extra)

# What reads foreign files.
cpio-extra := runtime/cpio.c
tests += cpio elf
elf-modules := elf

# Sockets: every operation is left at every point, and run again.
tests += unix
unix-modules := unix vfs ramfs initramfs
