/* SPDX-License-Identifier: MIT */
/*
 * The calls that vfs makes (fs_ops in vfs.h). Names do not change by them: they
 * come and go with what they stand for.
 */
#include <kmsg.h>
#include <printf.h>

#include "internal.h"

#define SUPER 1			/* the one instance's number */
#define DIRENT_NAME offsetof(struct vfs_dirent, name)
#define BLOCK_SIZE 1024
#define LINK_TEXT 64
#define FD_LINK_SIZE 64		/* as Linux says, whatever the path is */
#define NUMBER_TEXT 12
/* readdir positions: ".", "..", items, and numbers from here on. */
#define POS_NUMBERS 512

static long procfs_mount(const char *source, const char *options, u64 flags, u64 *root)
{
	*root = ROOT_INO;
	return SUPER;
}

static long procfs_unmount(u64 sb)
{
	return 0;
}

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

/* The inode of entry `number` of a directory of numbers, 0: it has none such. */
static u64 numbered(u64 dir, u32 number)
{
	bool fits = number && number < 1ul << (VFS_INO_BITS - ID_SHIFT);

	switch (dir_of(dir)) {
	case DIR_ROOT:
		return fits ? INO_OF(number, false) : 0;
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

/* The table's index of the item that is directory `dir`. */
static u32 item_of_dir(enum dir dir)
{
	u32 i = 0;

	while (item_at(i)->self != dir)
		i++;
	return i + ITEM_FIRST;
}

static u64 parent_of(u64 dir)
{
	const struct item *item = item_of(dir);
	u32 pid;

	if (!item) {
		if (!(dir & INO_THREAD))
			return ROOT_INO;
		pid = process_of(INO_ID(dir));
		return pid ? INO_WITH(INO_OF(pid, false), item_of_dir(DIR_TASK)) : 0;
	}
	if (item->dir == DIR_ROOT || item->dir == DIR_PROCESS)
		return INO_WITH(dir, ITEM_TOP);
	return INO_WITH(dir, item_of_dir(item->dir));
}

static bool item_shown(const struct item *item, u64 dir)
{
	return item->dir == dir_of(dir) &&
	       !((item->flags & ITEM_PROCESS_ONLY) && (dir & INO_THREAD));
}

static u64 find(u64 dir, const char *name)
{
	const struct item *item;
	long number = number_of(name);

	if (!strcmp(name, ".."))
		return parent_of(dir);
	if (number >= 0)
		return numbered(dir, (u32)number);
	for (u32 i = 0; (item = item_at(i)); i++)
		if (item_shown(item, dir) && !strcmp(item->name, name))
			return INO_WITH(dir, i + ITEM_FIRST);
	return 0;
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

/* Opening with O_TRUNC, and times, do nothing: texts are not stored. */
static long procfs_setattr(u64 sb, u64 ino, u32 which, const struct vfs_attr *attr)
{
	return which & (VFS_SET_MODE | VFS_SET_UID | VFS_SET_GID) ? -EPERM : 0;
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

/* The entries of the table: false when the buffer is full. */
static bool put_items(struct dirents *d, u64 dir, u64 pos)
{
	const struct item *item;

	if (pos == 0 && !put_dirent(d, ".", dir, S_IFDIR, 1))
		return false;
	if (pos <= 1 && !put_dirent(d, "..", parent_of(dir), S_IFDIR, ITEM_FIRST))
		return false;
	for (u32 i = 0; (item = item_at(i)); i++) {
		u64 at = i + ITEM_FIRST;

		if (at >= pos && item_shown(item, dir) &&
		    !put_dirent(d, item->name, INO_WITH(dir, at), item->mode, at + 1))
			return false;
	}
	return true;
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

	for (; (number = number_next(dir, (u32)number)) >= 0; number++) {
		u64 ino = numbered(dir, (u32)number);
		const struct item *item = item_of(ino);

		scnprintf(text, sizeof(text), "%ld", number);
		if (ino && !put_dirent(d, text, ino, item ? item->mode : S_IFDIR,
				       POS_NUMBERS + (u64)number + 1))
			return;
	}
}

static long procfs_readdir(u64 sb, u64 dir, u64 pos, void *buf, size_t len)
{
	struct dirents d = { .buf = buf, .len = len };
	struct vfs_attr attr;
	long error = attr_of(dir, &attr);

	if (error)
		return error;
	if (dir_of(dir) == DIR_NONE)
		return -ENOTDIR;
	if (put_items(&d, dir, pos))
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
	.follow = procfs_follow,
};
