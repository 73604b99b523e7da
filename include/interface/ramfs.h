/* SPDX-License-Identifier: MIT */
/* ramfs: reached through vfs, but for its figures. */
#ifndef INTERFACE_RAMFS_H
#define INTERFACE_RAMFS_H

#include <module.h>

INTERFACE_BEGIN

/* How many inodes all mounted instances have together. */
long ramfs_inodes(void);
CONTRACT(ramfs_inodes, CALL_RESTARTABLE);

INTERFACE_END

#endif
