/* SPDX-License-Identifier: MIT */
/*
 * procfs: /proc. Texts are the core's and vfs's; this module gives them names.
 * Opening a file gives its inode number as the open file's, so any text is made
 * anew when it is read.
 *
 * State: nothing to keep.
 */
#include "internal.h"

#define TEXT_CHUNK 4096

long text_provider;

static const struct item root_items[] = {
	{ "self", S_IFLNK | 0777, TEXT_LINK_SELF },
	{ "accounts", S_IFREG | 0444, CORE_TEXT_ACCOUNTS },
	{ "boottrace", S_IFREG | 0444, CORE_TEXT_BOOTTRACE },
	{ "cmdline", S_IFREG | 0444, CORE_TEXT_CMDLINE },
	{ "cpuinfo", S_IFREG | 0444, CORE_TEXT_CPUINFO },
	{ "filesystems", S_IFREG | 0444, TEXT_FILESYSTEMS },
	{ "interrupts", S_IFREG | 0444, CORE_TEXT_INTERRUPTS },
	{ "kmsg", S_IFREG | 0400, CORE_TEXT_KMSG },
	{ "loadavg", S_IFREG | 0444, CORE_TEXT_LOADAVG },
	{ "meminfo", S_IFREG | 0444, CORE_TEXT_MEMINFO },
	{ "modules", S_IFREG | 0444, CORE_TEXT_MODULES },
	{ "mounts", S_IFREG | 0444, TEXT_MOUNTS },
	{ "stat", S_IFREG | 0444, CORE_TEXT_STAT },
	{ "uptime", S_IFREG | 0444, CORE_TEXT_UPTIME },
	{ "version", S_IFREG | 0444, CORE_TEXT_VERSION },
};

static const struct item process_items[] = {
	{ "cmdline", S_IFREG | 0444, CORE_TEXT_PID_CMDLINE },
	{ "comm", S_IFREG | 0444, CORE_TEXT_PID_COMM },
	{ "maps", S_IFREG | 0444, CORE_TEXT_PID_MAPS },
	{ "mounts", S_IFREG | 0444, TEXT_MOUNTS },
	{ "stat", S_IFREG | 0444, CORE_TEXT_PID_STAT },
	{ "status", S_IFREG | 0444, CORE_TEXT_PID_STATUS },
};

_Static_assert(ARRAY_SIZE(root_items) + ITEM_FIRST <= 1u << ITEM_BITS, "items fit");

/* See internal.h. */
const struct item *items(u32 pid, u32 *count)
{
	*count = pid ? ARRAY_SIZE(process_items) : ARRAY_SIZE(root_items);
	return pid ? process_items : root_items;
}

/* See internal.h. */
const struct item *item_of(u64 ino)
{
	u32 count, item = INO_ITEM(ino);
	const struct item *table = items(INO_PID(ino), &count);

	return item >= ITEM_FIRST && item - ITEM_FIRST < count ?
	       &table[item - ITEM_FIRST] : NULL;
}

/* See internal.h. */
bool process_exists(u32 pid)
{
	return pid && process_next(pid - 1) == (long)pid;
}

/* A part of the text of inode `ino`: bytes, 0 at the end, or an error. */
static long text_part(u64 ino, u64 pos, char *buf, size_t len)
{
	const struct item *item = item_of(ino);

	if (!item)
		return -EIO;
	switch (item->what) {
	case TEXT_MOUNTS:
		return vfs_mounts(pos, buf, len);
	case TEXT_FILESYSTEMS:
		return vfs_filesystems(pos, buf, len);
	default:
		return core_text_read(item->what, INO_PID(ino), pos, buf, len);
	}
}

static long text_read(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	char *buf = kmalloc(TEXT_CHUNK);
	u64 done = 0;
	long n = 0;

	if (!buf)
		return -ENOMEM;
	while (done < len) {
		long got = text_part(number, pos + done, buf,
				     MIN(len - done, (u64)TEXT_CHUNK));

		n = got > 0 ? ubuf_write(ubuf, off + done, buf, (size_t)got) : got;
		if (n <= 0)
			break;
		done += (u64)n;
		if (n < got)
			break;
	}
	kfree(buf);
	return done ? (long)done : n;
}

static long text_write(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	return -EIO;
}

static long text_ioctl(u64 number, u32 cmd, u64 arg, u32 ubuf)
{
	return -ENOTTY;
}

static long text_poll(u64 number)
{
	return FILE_POLLIN;
}

static long text_release(u64 number)
{
	return 0;
}

static const struct file_ops text_ops = {
	.read = text_read, .write = text_write, .ioctl = text_ioctl,
	.poll = text_poll, .release = text_release,
};

static long procfs_init(u32 flags)
{
	text_provider = provider_register(THIS_MODULE, &text_ops);
	if (text_provider < 0)
		return text_provider;
	return vfs_register_fs(THIS_MODULE, "proc", 0, &procfs_ops);
}

MODULE("procfs", .description = "/proc: processes, modules, the boot trace",
       .init = procfs_init, .rank = RANK_VFS_CLIENT);
