/* SPDX-License-Identifier: MIT */
/*
 * The calls that vfs makes (fs_ops in vfs.h). Names do not change by them: they
 * come and go with what they stand for.
 */
#include <kmsg.h>
#include <printf.h>

#include "internal.h"

#define BLOCK_SIZE 1024
#define LINK_TEXT 64
#define FD_LINK_SIZE 64		/* as Linux says, whatever the path is */
#define NUMBER_TEXT 12
/* readdir positions: after those of items, numbers from here on. */
#define POS_NUMBERS 512

/* What a descriptor tells of its link, and of what it stands on: 0, -ENOENT. */
static long fill_descriptor(const struct subject *s, struct vfs_attr *attr)
{
	struct process_file file;

	if (link_file(s, &file))
		return -ENOENT;
	if (INO_ITEM(s->ino) == ITEM_FD_OBJECT + ITEM_FIRST)
		attr->mode = (file.mode & S_IFMT ? file.mode & S_IFMT : S_IFREG) | 0600;
	if (INO_ITEM(s->ino) != ITEM_FD_LINK + ITEM_FIRST)
		return 0;
	attr->size = FD_LINK_SIZE;
	attr->mode = S_IFLNK;
	if ((file.oflags & O_ACCMODE) != O_WRONLY)
		attr->mode |= S_IRUSR | S_IXUSR;
	if ((file.oflags & O_ACCMODE) != O_RDONLY)
		attr->mode |= S_IWUSR | S_IXUSR;
	return 0;
}

static long fill_attr(const struct subject *s, struct vfs_attr *attr)
{
	const struct item *item = item_of(s->ino);
	bool dir = dir_of(s->ino) != DIR_NONE;
	u64 now = krealtime_ns();
	char text[LINK_TEXT];
	long len;

	*attr = (struct vfs_attr){
		.ino = s->ino, .mode = item ? item->mode : S_IFDIR | 0555,
		.nlink = dir ? 2 : 1, .blksize = BLOCK_SIZE,
		.atime_ns = now, .mtime_ns = now, .ctime_ns = now,
	};
	if (INO_ID(s->ino)) {
		attr->uid = s->process.uid[1];
		attr->gid = s->process.gid[1];
	}
	if (item && item->dir == DIR_NUMBERED)
		return fill_descriptor(s, attr);
	if (S_ISLNK(attr->mode) && !link_is_magic(s->ino)) {
		len = link_text(s->ino, text, sizeof(text));
		attr->size = len > 0 ? (u64)len : 0;
	}
	return 0;
}

/* Attributes of what the number names, if it is there: 0, -ENOENT. */
static long attr_of(u64 ino, struct vfs_attr *attr)
{
	struct subject *s = kmalloc(sizeof(*s));
	long error;

	if (!s)
		return -ENOMEM;
	error = subject_find(ino, s);
	if (!error)
		error = fill_attr(s, attr);
	kfree(s);
	return error;
}

/* The number that a name is, -1: none. */
static long number_of(const char *name)
{
	const char *end;
	u64 number = string_to_u64(name, &end);

	if (!*name || *end || (name[0] == '0' && name[1]) || number > UINT32_MAX)
		return -1;
	return (long)number;
}

/* The process of a thread, 0: it is gone. */
static u32 process_of(u32 tid)
{
	struct process_info *p = kmalloc(sizeof(*p));
	u32 pid = 0;

	if (p && !process_info_get(tid, true, p))
		pid = p->pid;
	kfree(p);
	return pid;
}

/* It is a thread, and not the first of its process. */
static bool is_other_thread(u32 id)
{
	u32 pid = process_of(id);

	return pid && pid != id;
}

/* The inode of entry `number` of a directory of numbers, 0: it has none such. */
static u64 numbered(u64 dir, u32 number)
{
	bool fits = number && number < 1ul << (VFS_INO_BITS - ID_SHIFT);

	switch (dir_of(dir)) {
	case DIR_ROOT:
		/* A thread is found by its id, but not listed. */
		return fits ? INO_OF(number, is_other_thread(number)) : 0;
	case DIR_TASK:
		return fits && process_of(number) == INO_ID(dir) ? INO_OF(number, true) : 0;
	case DIR_FD:
		return INO_FILE(dir, number, ITEM_FD_LINK);
	case DIR_FDINFO:
		return INO_FILE(dir, number, ITEM_FD_INFO);
	default:
		return 0;
	}
}

static u64 parent_of(u64 dir)
{
	const struct item *item = item_of(dir);
	u32 pid;

	if (!item) {
		if (!(dir & INO_THREAD))
			return PSEUDOFS_ROOT;
		pid = process_of(INO_ID(dir));
		return pid ? INO_WITH(INO_OF(pid, false), item_of_dir(DIR_TASK)) : 0;
	}
	if (item->dir == DIR_ROOT || item->dir == DIR_PROCESS)
		return INO_WITH(dir, ITEM_TOP);
	return INO_WITH(dir, item_of_dir(item->dir));
}

static struct item_dir item_dir(u64 dir)
{
	return (struct item_dir){
		.ino = dir, .base = INO_WITH(dir, 0), .self = dir_of(dir),
		.hidden = dir & INO_THREAD ? ITEM_PROCESS_ONLY : 0,
	};
}

static u64 find(u64 dir, const char *name)
{
	struct item_dir of = item_dir(dir);
	long number = number_of(name);

	if (!strcmp(name, ".."))
		return parent_of(dir);
	if (number >= 0)
		return numbered(dir, (u32)number);
	return item_find(&of, name);
}

static long procfs_lookup(u64 sb, u64 dir, const char *name, struct vfs_attr *attr)
{
	u64 ino = dir_of(dir) ? find(dir, name) : 0;

	return ino ? attr_of(ino, attr) : -ENOENT;
}

static long procfs_getattr(u64 sb, u64 ino, struct vfs_attr *attr)
{
	return attr_of(ino, attr);
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
	return link_text(ino, buf, len);
}

static long procfs_follow(u64 sb, u64 ino, u64 *target)
{
	return link_is_magic(ino) ? link_target(ino, target) : -EINVAL;
}

static long descriptor_next(u64 dir, u32 from)
{
	u32 pid = dir & INO_THREAD ? process_of(INO_ID(dir)) : INO_ID(dir);
	struct process_file file;
	long error = process_file_get(pid, from, &file);

	return error ? error : (long)file.fd;
}

/* The first number from `from` on in a directory of numbers, or an error. */
static long number_next(u64 dir, u32 from)
{
	switch (dir_of(dir)) {
	case DIR_ROOT:
		return process_next(from ? from - 1 : 0);
	case DIR_TASK:
		return process_thread_next(INO_ID(dir), from ? from - 1 : 0);
	case DIR_FD:
	case DIR_FDINFO:
		return descriptor_next(dir, from);
	default:
		return -ENOENT;
	}
}

static void put_numbers(struct dirents *d, u64 dir, u64 pos)
{
	long number = pos > POS_NUMBERS ? (long)(pos - POS_NUMBERS) : 0;
	char text[NUMBER_TEXT];
	size_t len;

	for (; (number = number_next(dir, (u32)number)) >= 0; number++) {
		u64 ino = numbered(dir, (u32)number);
		const struct item *item = item_of(ino);

		len = (size_t)scnprintf(text, sizeof(text), "%ld", number);
		if (ino && !dirents_put(d, text, len, ino, item ? item->mode : S_IFDIR,
					POS_NUMBERS + (u64)number + 1))
			return;
	}
}

static long procfs_readdir(u64 sb, u64 dir, u64 pos, void *buf, size_t len)
{
	struct dirents d = { .buf = buf, .len = len };
	struct item_dir of = item_dir(dir);
	struct vfs_attr attr;
	long error = attr_of(dir, &attr);

	if (error)
		return error;
	if (dir_of(dir) == DIR_NONE)
		return -ENOTDIR;
	if (pos <= 1)
		of.parent = parent_of(dir);
	if (item_put_all(&d, &of, pos))
		put_numbers(&d, dir, pos);
	return (long)d.done;
}

/* May the caller read a file that shows a process's inside? 0, or why not. */
static long open_allowed(u64 ino)
{
	struct subject *s = kmalloc(sizeof(*s));
	long error;

	if (!s)
		return -ENOMEM;
	error = subject_find(ino, s);
	if (!error && !s->process.visible)
		error = -EACCES;
	kfree(s);
	return error;
}

/* What a descriptor stands on is opened anew; the core has it. */
static long open_object(u64 ino, struct file_open *file)
{
	u32 pid = ino & INO_THREAD ? process_of(INO_ID(ino)) : INO_ID(ino);

	*file = (struct file_open){
		.flags = FILE_REOPEN, .number = (u64)pid << 32 | INO_FD(ino),
	};
	return 0;
}

static long procfs_open(u64 sb, u64 ino, u32 oflags, struct file_open *file)
{
	const struct item *item = item_of(ino);
	long error = 0;

	if (!item)
		return -ENXIO;
	if (INO_ITEM(ino) == ITEM_KMSG + ITEM_FIRST)
		return kmsg_stream(file);
	if (INO_ITEM(ino) == ITEM_FD_OBJECT + ITEM_FIRST)
		return open_object(ino, file);
	if (item->flags & ITEM_PROTECTED)
		error = open_allowed(ino);
	*file = (struct file_open){
		.provider = (u32)text_provider, .flags = FILE_SEEKABLE, .number = ino,
	};
	return error;
}

static long procfs_statfs(u64 sb, void *buf, size_t len)
{
	return pseudofs_statfs(buf, len, PROC_SUPER_MAGIC, PAGE_SIZE);
}

const struct fs_ops procfs_ops = {
	.mount = pseudofs_mount, .unmount = pseudofs_unmount,
	.lookup = procfs_lookup, .getattr = procfs_getattr,
	.setattr = pseudofs_setattr, .create = procfs_create,
	.symlink = procfs_symlink, .readlink = procfs_readlink,
	.link = pseudofs_link, .unlink = pseudofs_unlink, .rename = pseudofs_rename,
	.readdir = procfs_readdir, .open = procfs_open, .hold = pseudofs_hold,
	.statfs = procfs_statfs, .write_from = pseudofs_write_from,
	.follow = procfs_follow,
};
