/* SPDX-License-Identifier: MIT */
/* Directory entries (dirents.h). */
#include <dirents.h>
#include <string.h>
#include <vfs.h>
#include <whitix/stat.h>

#define DIRENT_NAME offsetof(struct vfs_dirent, name)

/* See dirents.h. */
bool dirents_put(struct dirents *d, const char *name, size_t len, u64 ino, u32 mode,
		 u64 next)
{
	struct vfs_dirent *e = (void *)(d->buf + d->done);
	size_t reclen = ALIGN_UP(DIRENT_NAME + len + 1, 8ul);

	if (reclen > d->len - d->done)
		return false;
	e->ino = ino;
	e->next = next;
	e->reclen = (u16)reclen;
	e->type = LINUX_IFTODT(mode);
	memset(e->name + len, 0, reclen - DIRENT_NAME - len);
	memcpy(e->name, name, len);
	d->done += reclen;
	return true;
}
