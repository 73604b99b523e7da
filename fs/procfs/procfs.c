/* SPDX-License-Identifier: MIT */
/*
 * procfs: /proc. The core, vfs and others tell their figures as structures
 * (info.h); here they become texts, in the formats of proc(5), and names. An
 * open file has its inode's number, and its text is made anew when it is read.
 *
 * State: a record with what boot_id says; else there is nothing to keep. Files
 * that are open go on after a reset.
 */
#include "internal.h"

#define PART_MAX 16384		/* of a text, made at once */
#define UBUF_PART 8192		/* most bytes of one copy to the program */
#define STORE_MAX 4096

long text_provider;

/* See internal.h. */
void text_from(struct text *t, reader_fn *read, u32 arg)
{
	long n = 1;

	while (n > 0 && !text_full(t)) {
		size_t room = MIN(t->size - t->len, (size_t)PAGE_SIZE);

		n = read(arg, t->skip + t->len, t->buf + t->len, room);
		if (n > 0)
			t->len += MIN((size_t)n, room);
	}
}

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

/* The text of inode `number` into `t`: 0 or an error. */
static long text_make(struct text *t, u64 number)
{
	const struct item *item = item_of(number);
	struct subject *s = kmalloc(sizeof(*s));
	long error;

	if (!s)
		return -ENOMEM;
	error = subject_find(number, s);
	if (error)
		error = -ESRCH;
	else if (!item || S_ISDIR(item->mode))
		error = -EISDIR;
	else if ((item->flags & ITEM_PROTECTED) && !s->process.visible)
		error = -EACCES;
	else if (item->show)
		item->show(t, s);
	else
		text_printf(t, "%s\n", item->constant);
	kfree(s);
	return error;
}

static long text_read(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	struct text t = { .size = MIN(len, (u64)PART_MAX), .skip = pos };
	long n;

	t.buf = kmalloc(t.size);
	if (!t.buf)
		return -ENOMEM;
	n = text_make(&t, number);
	if (!n)
		n = text_copy(&t, ubuf, off);
	kfree(t.buf);
	return n;
}

static long store_text(u64 number, char *buf, size_t len)
{
	const struct item *item = item_of(number);
	struct subject *s = kmalloc(sizeof(*s));
	long error;

	if (!s)
		return -ENOMEM;
	if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	error = subject_find(number, s);
	if (!error)
		error = item && item->store ? item->store(s, buf) : -EINVAL;
	kfree(s);
	return error;
}

static long text_write(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	char *buf;
	long n;

	if (len >= STORE_MAX)
		return -EINVAL;
	buf = kmalloc(len + 1);
	if (!buf)
		return -ENOMEM;
	n = ubuf_read(ubuf, off, buf, len);
	if (n > 0) {
		long error = store_text(number, buf, (size_t)n);

		n = error ? error : n;
	}
	kfree(buf);
	return n;
}

static long text_ioctl(u64 number, u32 cmd, u64 arg, u32 ubuf)
{
	return -ENOTTY;
}

static long text_poll(u64 number)
{
	return FILE_POLLIN | FILE_POLLOUT;
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
	if (boot_id_init())
		pr_warn("boot_id is not known");
	return vfs_register_fs(THIS_MODULE, "proc", VFS_FS_OPENS, &procfs_ops);
}

MODULE("procfs", .description = "/proc: processes, modules, the boot trace",
       .init = procfs_init, .rank = RANK_VFS_CLIENT);
