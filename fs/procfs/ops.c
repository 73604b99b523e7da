/* SPDX-License-Identifier: MIT */
/* The calls that vfs makes (fs_ops in vfs.h). Everything here is read-only. */
#include <printf.h>

#include "internal.h"

#define SUPER 1			/* the one instance's number */
#define DIRENT_NAME offsetof(struct vfs_dirent, name)
#define BLOCK_SIZE 1024
#define PID_TEXT 12		/* a process's number as a name */
/* readdir positions: ".", "..", items, and processes from here on. */
#define POS_PROCESSES 256

static long procfs_mount(const char *source, const char *options, u64 flags, u64 *root)
{
	*root = ROOT_INO;
	return SUPER;
}

static long procfs_unmount(u64 sb)
{
	return 0;
}

static size_t self_text(char text[PID_TEXT])
{
	return (size_t)scnprintf(text, PID_TEXT, "%u", current_pid());
}

static bool is_dir(u64 ino)
{
	return ino == ROOT_INO || (INO_PID(ino) && !INO_ITEM(ino));
}

/* Attributes of what the number names, if it is there: 0, -ENOENT. */
static long fill_attr(u64 ino, struct vfs_attr *attr)
{
	const struct item *item = item_of(ino);
	u64 now = krealtime_ns();
	char text[PID_TEXT];

	if ((!is_dir(ino) && !item) ||
	    (INO_PID(ino) && !process_exists(INO_PID(ino))))
		return -ENOENT;
	*attr = (struct vfs_attr){
		.ino = ino, .mode = item ? item->mode : S_IFDIR | 0555,
		.nlink = item ? 1 : 2, .blksize = BLOCK_SIZE,
		.atime_ns = now, .mtime_ns = now, .ctime_ns = now,
	};
	if (S_ISLNK(attr->mode))
		attr->size = self_text(text);
	return 0;
}

/* The process that a name is the number of, 0: none. */
static u32 pid_of(const char *name)
{
	const char *end;
	u64 pid = string_to_u64(name, &end);

	return *name == '0' || *end || pid > 0xffffffff ? 0 : (u32)pid;
}

static u64 find(u64 dir, const char *name)
{
	u32 count, pid = INO_PID(dir);
	const struct item *table = items(pid, &count);

	if (!strcmp(name, ".."))
		return ROOT_INO;
	for (u32 i = 0; i < count; i++)
		if (!strcmp(table[i].name, name))
			return INO(pid, i + ITEM_FIRST);
	return pid ? 0 : INO(pid_of(name), 0);
}

static long procfs_lookup(u64 sb, u64 dir, const char *name, struct vfs_attr *attr)
{
	u64 ino = is_dir(dir) ? find(dir, name) : 0;

	return ino ? fill_attr(ino, attr) : -ENOENT;
}

static long procfs_getattr(u64 sb, u64 ino, struct vfs_attr *attr)
{
	return fill_attr(ino, attr);
}

static long procfs_setattr(u64 sb, u64 ino, u32 which, const struct vfs_attr *attr)
{
	return -EPERM;
}

static long procfs_create(u64 sb, u64 dir, const char *name, u32 mode, u64 rdev,
			  struct vfs_attr *attr)
{
	return -ENOENT;		/* as Linux's /proc says */
}

static long procfs_symlink(u64 sb, u64 dir, const char *name, const char *target)
{
	return -ENOENT;
}

static long procfs_readlink(u64 sb, u64 ino, char *buf, size_t len)
{
	const struct item *item = item_of(ino);
	char text[PID_TEXT];

	if (!item || item->what != TEXT_LINK_SELF)
		return -EINVAL;
	if (!current_pid())
		return -ENOENT;
	len = MIN(len, self_text(text));
	memcpy(buf, text, len);
	return (long)len;
}

static long procfs_link(u64 sb, u64 ino, u64 dir, const char *name)
{
	return -EPERM;
}

static long procfs_unlink(u64 sb, u64 dir, const char *name, u32 flags)
{
	return -EPERM;
}

static long procfs_rename(u64 sb, u64 dir, const char *name, u64 newdir,
			  const char *newname, u32 flags)
{
	return -EPERM;
}

struct dirents {
	u8 *buf;
	size_t len, done;
};

static bool put_dirent(struct dirents *d, const char *name, u64 ino, u32 mode,
		       u64 next)
{
	struct vfs_dirent *e = (void *)(d->buf + d->done);
	size_t len = strlen(name);
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

/* The entries of the tables: false when the buffer is full. */
static bool put_items(struct dirents *d, u64 dir, u64 pos)
{
	u32 count, pid = INO_PID(dir);
	const struct item *table = items(pid, &count);

	if (pos == 0 && !put_dirent(d, ".", dir, S_IFDIR, 1))
		return false;
	if (pos <= 1 && !put_dirent(d, "..", ROOT_INO, S_IFDIR, ITEM_FIRST))
		return false;
	for (u32 i = 0; i < count; i++) {
		u64 at = i + ITEM_FIRST;

		if (at >= pos && !put_dirent(d, table[i].name, INO(pid, at),
					     table[i].mode, at + 1))
			return false;
	}
	return true;
}

static void put_processes(struct dirents *d, u64 pos)
{
	long pid = pos > POS_PROCESSES ? (long)(pos - POS_PROCESSES) - 1 : 0;
	char text[PID_TEXT];

	while ((pid = process_next((u32)pid)) > 0) {
		scnprintf(text, sizeof(text), "%ld", pid);
		if (!put_dirent(d, text, INO(pid, 0), S_IFDIR,
				POS_PROCESSES + (u64)pid + 1))
			return;
	}
}

static long procfs_readdir(u64 sb, u64 dir, u64 pos, void *buf, size_t len)
{
	struct dirents d = { .buf = buf, .len = len };

	if (!is_dir(dir))
		return -ENOTDIR;
	if (INO_PID(dir) && !process_exists(INO_PID(dir)))
		return -ENOENT;
	if (put_items(&d, dir, pos) && dir == ROOT_INO)
		put_processes(&d, pos);
	return (long)d.done;
}

static long procfs_open(u64 sb, u64 ino, u32 oflags, struct file_open *file)
{
	if (!item_of(ino))
		return -ENXIO;
	if ((oflags & O_ACCMODE) != O_RDONLY)
		return -EACCES;
	*file = (struct file_open){
		.provider = (u32)text_provider, .flags = FILE_SEEKABLE, .number = ino,
	};
	return 0;
}

static long procfs_hold(u64 sb, u64 ino, s64 count)
{
	return 0;
}

static long procfs_statfs(u64 sb, void *buf, size_t len)
{
	struct linux_statfs fs = {
		.f_type = PROC_SUPER_MAGIC, .f_bsize = PAGE_SIZE,
		.f_frsize = PAGE_SIZE, .f_namelen = VFS_NAME_MAX - 1,
	};

	memcpy(buf, &fs, MIN(len, sizeof(fs)));
	return 0;
}

static long procfs_write_from(u64 sb, u64 ino, u64 pos, u32 src, u64 src_pos, u64 len)
{
	return -EINVAL;
}

const struct fs_ops procfs_ops = {
	.mount = procfs_mount, .unmount = procfs_unmount,
	.lookup = procfs_lookup, .getattr = procfs_getattr,
	.setattr = procfs_setattr, .create = procfs_create,
	.symlink = procfs_symlink, .readlink = procfs_readlink,
	.link = procfs_link, .unlink = procfs_unlink, .rename = procfs_rename,
	.readdir = procfs_readdir, .open = procfs_open, .hold = procfs_hold,
	.statfs = procfs_statfs, .write_from = procfs_write_from,
};
