/* SPDX-License-Identifier: MIT */
/*
 * hello: a sample module (docs/writing-a-module.md). /dev/hello gives a text;
 * what is written to it becomes the text. Writing the line "bug" makes the
 * module fail, to see a reset.
 *
 * State: record "text", so that the text survives a reset.
 */
#include <devfs.h>
#include <errno.h>
#include <file.h>
#include <runtime.h>
#include <string.h>
#include <whitix/stat.h>

#define TEXT_MAX 256
#define RECORD_TEXT "text"
#define HELLO_MODE (S_IFCHR | 0666)
#define MAJOR_LOCAL 240		/* Linux keeps 240-254 for local use */

static struct mutex lock = MUTEX_INIT;
static char text[TEXT_MAX] = "Hello from a module.\n";	/* lock */
static size_t text_len;		/* lock */
PARAM(text, PARAM_STRING, "what /dev/hello gives at first");

static long hello_read(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	char copy[TEXT_MAX];
	size_t n = 0;

	mutex_lock(&lock);
	if (pos < text_len) {
		n = MIN((u64)text_len - pos, len);
		memcpy(copy, text + pos, n);
	}
	mutex_unlock(&lock);
	return n ? ubuf_write(ubuf, off, copy, n) : 0;
}

/* The record is the commit: it is written before the module's own copy. */
static long hello_write(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	char fresh[TEXT_MAX];
	long n = ubuf_read(ubuf, off, fresh, MIN(len, (u64)sizeof(fresh))), err;

	if (n <= 0)
		return n;
	if (n == 4 && memcmp(fresh, "bug\n", 4) == 0)
		BUG("told to fail");
	mutex_lock(&lock);
	err = record_put(THIS_MODULE, RECORD_TEXT, fresh, (size_t)n);
	if (!err) {
		memcpy(text, fresh, (size_t)n);
		text_len = (size_t)n;
	}
	mutex_unlock(&lock);
	return err < 0 ? err : n;
}

static long hello_ioctl(u64 number, u32 cmd, u64 arg, u32 ubuf)
{
	return -ENOTTY;
}

static long hello_poll(u64 number)
{
	return FILE_POLLIN | FILE_POLLOUT;
}

static long hello_release(u64 number)
{
	return 0;
}

static long hello_init(u32 flags)
{
	static const struct file_ops ops = {
		.read = hello_read, .write = hello_write, .ioctl = hello_ioctl,
		.poll = hello_poll, .release = hello_release,
	};
	struct file_open file = { .flags = FILE_SEEKABLE };
	long n = record_get(THIS_MODULE, RECORD_TEXT, text, sizeof(text));

	text_len = n >= 0 ? (size_t)n : strlen(text);
	n = provider_register(THIS_MODULE, &ops);
	if (n < 0)
		return n;
	file.provider = (u32)n;
	return devfs_register(THIS_MODULE, "hello", HELLO_MODE,
			      LINUX_MAKEDEV(MAJOR_LOCAL, 0), &file);
}

static void hello_exit(void)
{
	devfs_unregister(THIS_MODULE, "hello");
}

MODULE("hello", .description = "a sample: /dev/hello",
       .init = hello_init, .exit = hello_exit, .rank = RANK_DEVICE);
