/* SPDX-License-Identifier: MIT */
/* Calls that are alike in file systems without names of their own (pseudofs.h). */
#include <errno.h>
#include <pseudofs.h>
#include <string.h>
#include <vfs.h>
#include <whitix/stat.h>

long pseudofs_mount(const char *source, const char *options, u64 flags, u64 *root)
{
	*root = PSEUDOFS_ROOT;
	return PSEUDOFS_SUPER;
}

long pseudofs_unmount(u64 sb)
{
	return 0;
}

long pseudofs_hold(u64 sb, u64 ino, s64 count)
{
	return 0;
}

/* Opening with O_TRUNC, and times, do nothing. */
long pseudofs_setattr(u64 sb, u64 ino, u32 which, const struct vfs_attr *attr)
{
	return which & (VFS_SET_MODE | VFS_SET_UID | VFS_SET_GID) ? -EPERM : 0;
}

/* As Linux's /sys says. */
long pseudofs_create(u64 sb, u64 dir, const char *name, u32 mode, u64 rdev,
		     struct vfs_attr *attr)
{
	return S_ISREG(mode) ? -EACCES : -EPERM;
}

long pseudofs_symlink(u64 sb, u64 dir, const char *name, const char *target)
{
	return -EPERM;
}

long pseudofs_readlink(u64 sb, u64 ino, char *buf, size_t len)
{
	return -EINVAL;
}

long pseudofs_link(u64 sb, u64 ino, u64 dir, const char *name)
{
	return -EPERM;
}

long pseudofs_unlink(u64 sb, u64 dir, const char *name, u32 flags)
{
	return -EPERM;
}

long pseudofs_rename(u64 sb, u64 dir, const char *name, u64 newdir,
		     const char *newname, u32 flags)
{
	return -EPERM;
}

long pseudofs_write_from(u64 sb, u64 ino, u64 pos, u32 src, u64 src_pos, u64 len)
{
	return -EINVAL;
}

/* See pseudofs.h. */
long pseudofs_statfs(void *buf, size_t len, u32 magic, u32 block)
{
	struct linux_statfs fs = {
		.f_type = magic, .f_bsize = block, .f_frsize = block,
		.f_namelen = VFS_NAME_MAX - 1,
	};

	memcpy(buf, &fs, MIN(len, sizeof(fs)));
	return 0;
}
