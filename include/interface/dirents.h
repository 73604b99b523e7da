/* SPDX-License-Identifier: MIT */
/* Directory entries in the buffer of a file system's readdir() (runtime/dirents.c). */
#ifndef INTERFACE_DIRENTS_H
#define INTERFACE_DIRENTS_H

#include <types.h>

struct dirents {
	u8 *buf;
	size_t len, done;	/* bytes of buf, and of them those filled */
};

/*
 * Adds an entry, a struct vfs_dirent: `len` bytes of `name`; the type is that of
 * `mode`; `next` is the position of the entry after it. False: no room.
 */
bool dirents_put(struct dirents *d, const char *name, size_t len, u64 ino, u32 mode,
		 u64 next);

#endif
