/* SPDX-License-Identifier: MIT */
/*
 * sysfs: /sys. Modules with their figures, devices by class, CPUs; in the forms
 * of Linux where it has them. A text is made anew when it is read.
 *
 * State: nothing to keep. Files that are open go on after a reset.
 */
#include "internal.h"

#define PART_MAX 4096		/* no text is longer */
#define UBUF_PART 8192		/* most bytes of one copy to the program */
#define STORE_MAX 256

long text_provider;

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
	struct subject s;
	long error = subject_find(number, &s);

	if (error)
		return -ENODEV;
	if (!item || S_ISDIR(item->mode) || !(item->show || item->constant))
		return -EIO;
	if (item->show)
		item->show(t, &s);
	else
		text_printf(t, "%s\n", item->constant);
	return 0;
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
	struct subject s;

	if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	if (subject_find(number, &s))
		return -ENODEV;
	return item && item->store ? item->store(&s, buf) : -EIO;
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

static long sysfs_init(u32 flags)
{
	text_provider = provider_register(THIS_MODULE, &text_ops);
	if (text_provider < 0)
		return text_provider;
	return vfs_register_fs(THIS_MODULE, "sysfs", 0, &sysfs_ops);
}

MODULE("sysfs", .description = "/sys: modules, devices, CPUs",
       .init = sysfs_init, .rank = RANK_VFS_CLIENT);
