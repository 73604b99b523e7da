/* SPDX-License-Identifier: MIT */
/* A table of directories and texts, as names and as files (pseudofs.h). */
#include <errno.h>
#include <pseudofs.h>
#include <runtime.h>
#include <string.h>
#include <vfs.h>
#include <whitix/stat.h>

#define UBUF_PART 8192		/* most bytes of one copy to the program */
#define POS_ITEMS 2		/* readdir positions of "." and ".." are 0, 1 */

/* ---- names -------------------------------------------------------------- */

/* See pseudofs.h. */
const struct item *item_of(u64 ino)
{
	u32 index = INO_ITEM(ino) - item_limits.first;

	return index < item_limits.count ? &item_table[index] : NULL;
}

/* See pseudofs.h. */
u32 item_of_dir(u32 self)
{
	u32 i = 0;

	while (item_table[i].self != self)
		i++;
	return i + item_limits.first;
}

static bool item_in(const struct item *item, const struct item_dir *dir)
{
	return item->dir == dir->self && !(item->flags & dir->hidden);
}

/* See pseudofs.h. */
u64 item_find(const struct item_dir *dir, const char *name)
{
	for (u32 i = 0; i < item_limits.count; i++)
		if (item_in(&item_table[i], dir) && !strcmp(item_table[i].name, name))
			return dir->base | (i + item_limits.first);
	return 0;
}

static bool put(struct dirents *d, const char *name, u64 ino, u32 mode, u64 next)
{
	return dirents_put(d, name, strlen(name), ino, mode, next);
}

/* See pseudofs.h. */
bool item_put_all(struct dirents *d, const struct item_dir *dir, u64 pos)
{
	if (pos == 0 && !put(d, ".", dir->ino, S_IFDIR, 1))
		return false;
	if (pos <= 1 && !put(d, "..", dir->parent, S_IFDIR, POS_ITEMS))
		return false;
	for (u32 i = 0; i < item_limits.count; i++) {
		const struct item *item = &item_table[i];
		u64 at = i + POS_ITEMS;

		if (at >= pos && item_in(item, dir) &&
		    !put(d, item->name, dir->base | (i + item_limits.first), item->mode,
			 at + 1))
			return false;
	}
	return true;
}

/* ---- files -------------------------------------------------------------- */

/* Copies a text to the program: bytes, or an error if there was none. */
static long text_copy(const struct text *t, u32 ubuf, u64 off)
{
	size_t done = 0;
	long n = 0;

	while (done < t->len) {
		size_t part = MIN(t->len - done, (size_t)UBUF_PART);

		n = ubuf_write(ubuf, off + done, t->buf + done, part);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done ? (long)done : n;
}

static long item_file_read(u64 ino, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	struct text t = { .size = MIN(len, (u64)item_limits.text_max), .skip = pos };
	long n;

	t.buf = kmalloc(t.size);
	if (!t.buf)
		return -ENOMEM;
	n = item_make(&t, ino);
	if (!n)
		n = text_copy(&t, ubuf, off);
	kfree(t.buf);
	return n;
}

static long item_file_write(u64 ino, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	char *buf;
	long n;

	if (len >= item_limits.store_max)
		return -EINVAL;
	buf = kmalloc(len + 1);
	if (!buf)
		return -ENOMEM;
	n = ubuf_read(ubuf, off, buf, len);
	if (n > 0) {
		size_t end = (size_t)n - (buf[n - 1] == '\n');
		long error;

		buf[end] = '\0';
		error = item_store(ino, buf);
		n = error ? error : n;
	}
	kfree(buf);
	return n;
}

static long item_file_ioctl(u64 ino, u32 cmd, u64 arg, u32 ubuf)
{
	return -ENOTTY;
}

static long item_file_poll(u64 ino)
{
	return FILE_POLLIN | FILE_POLLOUT;
}

static long item_file_release(u64 ino)
{
	return 0;
}

/* See pseudofs.h. */
const struct file_ops item_files = {
	.read = item_file_read, .write = item_file_write, .ioctl = item_file_ioctl,
	.poll = item_file_poll, .release = item_file_release,
};
