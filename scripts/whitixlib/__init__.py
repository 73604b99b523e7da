# SPDX-License-Identifier: MIT
"""What `make compare` and the system tests share: builds, QEMU, archives."""
