/* SPDX-License-Identifier: MIT */
/*
 * What the file systems' modules do beyond names (vfs_test.c): mounts, special
 * files, pipes, unpacking, and resets: of vfs, of ramfs at every point of an
 * operation, of devfs.
 */
#include "test.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <devfs.h>
#include <pipe.h>
#include <ramfs.h>
#include <vfs.h>

#define DUMP_MAX 65536
#define PIPE_SIZE 65536

/* A provider's call on an open file, with a buffer of its own. */
static long file_read(const struct file_open *f, void *buf, size_t len)
{
	u32 ubuf = shim_ubuf(buf, len, SHIM_UBUF_WRITE);
	long n = shim_provider(f->provider)->read(f->number, ubuf, 0, len, 0, 0);

	shim_ubufs_end();
	return n;
}

static long file_write(const struct file_open *f, const void *buf, size_t len)
{
	u32 ubuf = shim_ubuf((void *)(u64)buf, len, SHIM_UBUF_READ);
	long n = shim_provider(f->provider)->write(f->number, ubuf, 0, len, 0, 0);

	shim_ubufs_end();
	return n;
}

static long file_poll(const struct file_open *f)
{
	return shim_provider(f->provider)->poll(f->number);
}

static void file_close(const struct file_open *f)
{
	assert_int_equal(shim_provider(f->provider)->release(f->number), 0);
}

static long mkdir_at(const char *path, u32 mode)
{
	return vfs_mknod(VFS_ROOT, VFS_ROOT, path, S_IFDIR | mode, 0);
}

static long open_at(const char *path, u32 oflags, struct vfs_opened *opened)
{
	return vfs_open(VFS_ROOT, VFS_ROOT, path, oflags, 0644, opened);
}

static void make_file(const char *path, const char *text)
{
	struct vfs_opened o;
	size_t len = strlen(text);

	assert_int_equal(open_at(path, O_CREAT | O_WRONLY | O_TRUNC, &o), 0);
	assert_int_not_equal(o.file.pageobj, 0);
	assert_int_equal(pageobj_write(o.file.pageobj, 0, text, len), len);
	vfs_release(o.node);
}

static void expect_file(const char *path, const char *text)
{
	struct vfs_opened o;
	char buf[256] = "";

	assert_int_equal(open_at(path, O_RDONLY, &o), 0);
	assert_int_equal(pageobj_read(o.file.pageobj, 0, buf, sizeof(buf) - 1),
			 strlen(text));
	assert_string_equal(buf, text);
	vfs_release(o.node);
}

static void expect_text(const char *path, const char *text)
{
	struct vfs_opened o;
	char buf[1024] = "";

	assert_int_equal(open_at(path, O_RDONLY, &o), 0);
	assert_true(file_read(&o.file, buf, sizeof(buf) - 1) >= 0);
	assert_string_equal(buf, text);
	file_close(&o.file);
	vfs_release(o.node);
}

static long mount_at(const char *source, const char *path, const char *type, u64 flags,
		     const char *options)
{
	u64 node, from = 0;
	long ret = vfs_lookup(VFS_ROOT, VFS_ROOT, path, VFS_FOLLOW, &node);

	if (ret)
		return ret;
	if (flags & (4096 | 8192))
		ret = vfs_lookup(VFS_ROOT, VFS_ROOT, source, VFS_FOLLOW, &from);
	if (!ret)
		ret = vfs_mount(node, from, source, type, flags, options);
	vfs_release(node);
	if (from)
		vfs_release(from);
	return ret;
}

static long unmount_at(const char *path, u32 flags)
{
	u64 node;
	long ret = vfs_lookup(VFS_ROOT, VFS_ROOT, path, VFS_FOLLOW, &node);

	if (ret)
		return ret;
	ret = vfs_unmount(node, flags);
	vfs_release(node);
	return ret;
}

static void expect_path(u64 node, const char *text)
{
	char buf[4096];
	long len = vfs_path(VFS_ROOT, node, buf, sizeof(buf) - 1);

	assert_in_range(len, 1, sizeof(buf));
	buf[len] = 0;
	assert_string_equal(buf, text);
}

static u64 node_of(const char *path)
{
	u64 node;

	assert_int_equal(vfs_lookup(VFS_ROOT, VFS_ROOT, path, 0, &node), 0);
	return node;
}

static int start(void **state)
{
	static const char *const order[] = {
		"vfs", "devfs", "ramfs", "pipe", "procfs",
	};

	shim_clear();
	shim_log_clear();
	shim_context()->umask = 022;
	shim_context()->fsuid = shim_context()->euid = 0;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		assert_int_equal(shim_start(order[i]), 0);
	return 0;
}

static int start_root(void **state)
{
	start(state);
	assert_int_equal(vfs_mount(VFS_ROOT, 0, "rootfs", "rootfs", 0, ""), 0);
	return 0;
}

/* ---- mounts ------------------------------------------------------------ */

static void test_mounts(void **state)
{
	struct vfs_attr attr;
	struct vfs_opened o;
	u64 node;

	assert_int_equal(mkdir_at("/proc", 0755), 0);
	assert_int_equal(mkdir_at("/m", 0755), 0);
	assert_int_equal(mount_at("x", "/m", "none", 0, ""), -ENODEV);
	assert_int_equal(mount_at("x", "/none", "tmpfs", 0, ""), -ENOENT);
	make_file("/f", "text");
	assert_int_equal(mount_at("x", "/f", "tmpfs", 0, ""), -ENOTDIR);
	assert_int_equal(mount_at("proc", "/proc", "proc", 2 | 8, ""), 0);
	assert_int_equal(mount_at("proc", "/proc", "proc", 0, ""), -EBUSY);
	assert_int_equal(mount_at("my disk", "/m", "tmpfs", 0, "mode=0700,uid=7"), 0);
	assert_int_equal(vfs_stat(VFS_ROOT, VFS_ROOT, "/m", 0, &attr), 0);
	assert_int_equal(attr.mode, S_IFDIR | 0700);
	assert_int_equal(attr.uid, 7);
	expect_text("/proc/mounts", "rootfs / rootfs rw 0 0\n"
		    "proc /proc proc rw,nosuid,noexec,relatime 0 0\n"
		    "my\\040disk /m tmpfs rw,relatime,mode=700,uid=7,inode64 0 0\n");

	make_file("/m/f", "in the mount");
	expect_file("/m/../m/f", "in the mount");
	assert_int_equal(vfs_rename(VFS_ROOT, VFS_ROOT, "/f", VFS_ROOT, "/m/x", 0),
			 -EXDEV);
	node = node_of("/f");
	assert_int_equal(vfs_link(VFS_ROOT, node, "", VFS_ROOT, "/m/l", VFS_EMPTY_PATH), -EXDEV);
	vfs_release(node);
	assert_int_equal(vfs_remove(VFS_ROOT, VFS_ROOT, "/m", VFS_REMOVE_DIR), -EBUSY);
	assert_int_equal(vfs_rename(VFS_ROOT, VFS_ROOT, "/m", VFS_ROOT, "/n", 0),
			 -EBUSY);
	node = node_of("/m/f");
	expect_path(node, "/m/f");
	assert_int_equal(unmount_at("/m", 0), -EBUSY);
	vfs_release(node);
	assert_int_equal(unmount_at("/m/f", 0), -EINVAL);
	assert_int_equal(unmount_at("/", 0), -EINVAL);
	assert_int_equal(unmount_at("/m", 0), 0);
	assert_int_equal(open_at("/m/f", O_RDONLY, &o), -ENOENT);
	assert_int_equal(vfs_remove(VFS_ROOT, VFS_ROOT, "/m", VFS_REMOVE_DIR), 0);
}

static void test_read_only_mount(void **state)
{
	struct vfs_opened o;
	struct vfs_attr attr = { .mode = 0600 };
	u64 node;

	mkdir_at("/m", 0755);
	assert_int_equal(mount_at("x", "/m", "tmpfs", 0, ""), 0);
	make_file("/m/f", "text");
	assert_int_equal(mount_at("x", "/m", "tmpfs", 32 | 1, ""), 0);
	assert_int_equal(open_at("/m/f", O_WRONLY, &o), -EROFS);
	assert_int_equal(open_at("/m/g", O_CREAT | O_WRONLY, &o), -EROFS);
	assert_int_equal(mkdir_at("/m/d", 0755), -EROFS);
	assert_int_equal(mkdir_at("/m/f", 0755), -EEXIST);
	assert_int_equal(vfs_remove(VFS_ROOT, VFS_ROOT, "/m/f", 0), -EROFS);
	node = node_of("/m/f");
	assert_int_equal(vfs_setattr(node, VFS_SET_MODE, &attr), -EROFS);
	vfs_release(node);
	assert_int_equal(vfs_access(VFS_ROOT, VFS_ROOT, "/m/f", W_OK, VFS_FOLLOW), -EROFS);
	expect_file("/m/f", "text");
	assert_int_equal(mount_at("x", "/m", "tmpfs", 32, ""), 0);
	assert_int_equal(mkdir_at("/m/d", 0755), 0);
}

/* A mount that is detached goes when nobody uses it any more. */
static void test_detached_mount(void **state)
{
	struct vfs_attr attr;
	long before = ramfs_inodes();
	u64 node;

	mkdir_at("/m", 0755);
	assert_int_equal(mount_at("x", "/m", "tmpfs", 0, ""), 0);
	mkdir_at("/m/a", 0755);
	mkdir_at("/m/a/b", 0755);
	node = node_of("/m/a/b");
	assert_int_equal(unmount_at("/m", 0), -EBUSY);
	assert_int_equal(unmount_at("/m", 2), 0);
	assert_int_equal(vfs_getattr(node, &attr), 0);
	assert_true(ramfs_inodes() > before + 1);
	vfs_release(node);
	assert_int_equal(ramfs_inodes(), before + 1);
	assert_int_equal(vfs_getattr(node, &attr), -ESTALE);
}

static void test_chroot(void **state)
{
	struct vfs_attr a, b;
	u64 root, deep;
	char buf[64];
	long len;

	mkdir_at("/r", 0755);
	mkdir_at("/r/d", 0755);
	vfs_symlink(VFS_ROOT, VFS_ROOT, "/r/s", "/d");
	root = node_of("/r");
	deep = node_of("/r/d");
	assert_int_equal(vfs_stat(root, deep, "../../..", 0, &a), 0);
	assert_int_equal(vfs_stat(root, root, "/", 0, &b), 0);
	assert_int_equal(a.ino, b.ino);
	assert_int_equal(vfs_stat(root, root, "s", VFS_FOLLOW, &a), 0);
	assert_int_equal(vfs_stat(root, root, "/d", 0, &b), 0);
	assert_int_equal(a.ino, b.ino);
	len = vfs_path(root, deep, buf, sizeof(buf));
	assert_int_equal(len, 2);
	assert_memory_equal(buf, "/d", 2);
	assert_int_equal(vfs_path(root, deep, buf, 1), -ERANGE);
	len = vfs_path(root, VFS_ROOT, buf, sizeof(buf));
	assert_int_equal(len, 14);
	assert_memory_equal(buf, "(unreachable)/", 14);
	vfs_release(root);
	vfs_release(deep);
}

/* ---- files without a name ----------------------------------------------- */

static void test_unlinked_file_stays_while_open(void **state)
{
	struct vfs_opened o;
	struct vfs_attr attr;
	long before = ramfs_inodes();

	make_file("/f", "text");
	assert_int_equal(open_at("/f", O_RDWR, &o), 0);
	assert_int_equal(vfs_remove(VFS_ROOT, VFS_ROOT, "/f", 0), 0);
	assert_int_equal(vfs_getattr(o.node, &attr), 0);
	assert_int_equal(attr.nlink, 0);
	assert_int_equal(pageobj_size(o.file.pageobj), 4);
	attr.size = 2;
	assert_int_equal(vfs_setattr(o.node, VFS_SET_SIZE, &attr), 0);
	assert_int_equal(vfs_link(VFS_ROOT, o.node, "", VFS_ROOT, "/g", VFS_EMPTY_PATH), -ENOENT);
	assert_int_equal(ramfs_inodes(), before + 1);
	vfs_release(o.node);
	assert_int_equal(ramfs_inodes(), before);
	assert_int_equal(pageobj_size(o.file.pageobj), -EBADF);

	make_file("/a", "a");
	make_file("/b", "b");
	assert_int_equal(open_at("/b", O_RDWR, &o), 0);
	assert_int_equal(vfs_rename(VFS_ROOT, VFS_ROOT, "/a", VFS_ROOT, "/b", 0), 0);
	expect_file("/b", "a");
	assert_int_equal(vfs_getattr(o.node, &attr), 0);
	assert_int_equal(attr.nlink, 0);
	vfs_release(o.node);
	assert_int_equal(ramfs_inodes(), before + 1);
}

/* Nodes that nobody uses are forgotten, and none that is in use. */
static void test_node_cache_is_bounded(void **state)
{
	char path[32];
	u64 node, found;

	mkdir_at("/d", 0755);
	node = node_of("/d");
	for (u32 i = 0; i < 2000; i++) {
		snprintf(path, sizeof(path), "/d/%u", i);
		make_file(path, "x");
	}
	for (u32 i = 0; i < 2000; i++) {
		snprintf(path, sizeof(path), "/d/%u", i);
		expect_file(path, "x");
	}
	expect_path(node, "/d");
	vfs_release(node);
	found = node_of("/d");
	assert_int_equal(found, node);
	vfs_release(found);
}

/* ---- special files ------------------------------------------------------ */

static void test_devices(void **state)
{
	struct file_open file = { .number = 77 };
	struct vfs_opened o;
	struct vfs_attr attr;
	char buf[10] = "123456789";

	assert_int_equal(mkdir_at("/dev", 0755), 0);
	assert_int_equal(mount_at("dev", "/dev", "devtmpfs", 0, ""), 0);
	assert_int_equal(open_at("/dev/null", O_RDWR, &o), 0);
	assert_int_equal(file_read(&o.file, buf, 9), 0);
	assert_int_equal(file_write(&o.file, buf, 9), 9);
	vfs_release(o.node);
	assert_int_equal(open_at("/dev/full", O_RDWR, &o), 0);
	assert_int_equal(file_write(&o.file, buf, 9), -ENOSPC);
	assert_int_equal(file_read(&o.file, buf, 9), 9);
	assert_memory_equal(buf, "\0\0\0\0\0\0\0\0\0", 9);
	vfs_release(o.node);

	assert_int_equal(devfs_register(5, "pts/0", S_IFCHR | 0620, 0x8800, &file), 0);
	assert_int_equal(devfs_register(6, "pts/0", S_IFCHR | 0620, 0x8800, &file),
			 -EEXIST);
	assert_int_equal(open_at("/dev/pts/0", O_RDWR, &o), 0);
	assert_int_equal(o.file.number, 77);
	vfs_release(o.node);
	assert_int_equal(vfs_stat(VFS_ROOT, VFS_ROOT, "/dev/pts/0", 0, &attr), 0);
	assert_int_equal(attr.rdev, 0x8800);
	assert_int_equal(devfs_unregister(6, "pts/0"), -ENOENT);
	assert_int_equal(devfs_unregister(5, "pts/0"), 0);
	assert_int_equal(open_at("/dev/pts/0", O_RDWR, &o), -ENOENT);

	/* A node of any file system is opened by its number. */
	assert_int_equal(vfs_mknod(VFS_ROOT, VFS_ROOT, "/nul", S_IFCHR | 0666, 0x103), 0);
	assert_int_equal(open_at("/nul", O_RDWR, &o), 0);
	assert_int_equal(file_write(&o.file, buf, 9), 9);
	vfs_release(o.node);
	assert_int_equal(vfs_mknod(VFS_ROOT, VFS_ROOT, "/no", S_IFBLK | 0666, 0x103), 0);
	assert_int_equal(open_at("/no", O_RDWR, &o), -ENXIO);
	assert_int_equal(vfs_readlink(VFS_ROOT, VFS_ROOT, "/dev/stdin", buf, 5), 5);
	assert_memory_equal(buf, "/proc", 5);
}

static void test_procfs(void **state)
{
	struct vfs_attr attr;
	char buf[9];
	struct vfs_opened o;

	mkdir_at("/proc", 0755);
	assert_int_equal(mount_at("proc", "/proc", "proc", 0, ""), 0);
	expect_text("/proc/boottrace", "trace\n");
	expect_text("/proc/1/comm", "init\n");
	expect_text("/proc/thread-self/comm", "init\n");
	expect_text("/proc/self/statm", "3 2 0 3 0 0 0\n");
	expect_text("/proc/1/task/../maps", "00400000-00403000 r-xp 00000000 00:00 0 \n");
	expect_text("/proc/1/task/1/../1/maps", "00400000-00403000 r-xp 00000000 00:00 0 \n");
	expect_text("/proc/sys/kernel/hostname", "host\n");
	expect_text("/proc/sys/kernel/random/../pid_max", "32768\n");
	expect_text("/proc/filesystems", "nodev\tdevtmpfs\nnodev\tdevfs\nnodev\tramfs\n"
		    "nodev\ttmpfs\nnodev\tproc\n");
	assert_int_equal(vfs_stat(VFS_ROOT, VFS_ROOT, "/proc/2", 0, &attr), -ENOENT);

	/* Links that lead to the object, with a node and without one. */
	expect_text("/proc/1/cwd/proc/1/root/proc/self/fd/0/proc/self/comm", "init\n");
	assert_int_equal(vfs_readlink(VFS_ROOT, VFS_ROOT, "/proc/self/fd/0", buf, 9), 1);
	assert_int_equal(vfs_readlink(VFS_ROOT, VFS_ROOT, "/proc/self/fd/1", buf, 9), 9);
	assert_memory_equal(buf, "pipe:[77]", 9);
	assert_int_equal(vfs_readlink(VFS_ROOT, VFS_ROOT, "/proc/self/fd/2", buf, 9), -ENOENT);
	assert_int_equal(vfs_readlink(VFS_ROOT, VFS_ROOT, "/proc/self/exe", buf, 9), -ENOENT);
	assert_int_equal(vfs_stat(VFS_ROOT, VFS_ROOT, "/proc/self/fd/1", VFS_FOLLOW, &attr), 0);
	assert_int_equal(attr.mode, S_IFIFO | 0600);
	assert_int_equal(open_at("/proc/self/fd/1", O_RDONLY, &o), 0);
	assert_int_equal(o.file.flags, FILE_REOPEN);
	assert_int_equal(o.file.number, 1ull << 32 | 1);
	vfs_release(o.node);
	assert_int_equal(open_at("/proc/self/fd/1/x", O_RDONLY, &o), -ENOTDIR);

	assert_int_equal(vfs_stat(VFS_ROOT, VFS_ROOT, "/proc/01", 0, &attr), -ENOENT);
	assert_int_equal(vfs_stat(VFS_ROOT, VFS_ROOT, "/proc/1x", 0, &attr), -ENOENT);
	assert_int_equal(vfs_stat(VFS_ROOT, VFS_ROOT, "/proc/1/../1", 0, &attr), 0);
	assert_int_equal(attr.mode, S_IFDIR | 0555);
	assert_int_equal(open_at("/proc/new", O_CREAT | O_WRONLY, &o), -ENOENT);
	assert_int_equal(open_at("/proc/meminfo", O_WRONLY, &o), 0);
	assert_int_equal(file_write(&o.file, "x", 1), -EINVAL);
	vfs_release(o.node);
	assert_int_equal(vfs_remove(VFS_ROOT, VFS_ROOT, "/proc/meminfo", 0), -EPERM);
}

/* ---- pipes -------------------------------------------------------------- */

static void test_pipe(void **state)
{
	static char big[PIPE_SIZE + 5000], back[PIPE_SIZE + 5000];
	struct file_open r, w;
	u32 wakes, count = 0, ubuf;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 + i / 251);
	assert_int_equal(pipe_create(&r, &w), 0);
	assert_int_equal(r.wait, w.wait);
	assert_int_equal(file_poll(&r), 0);
	assert_int_equal(file_poll(&w), FILE_POLLOUT);
	assert_int_equal(file_read(&r, back, 10), -EAGAIN);
	wakes = shim_wait_count(r.wait);
	assert_int_equal(file_write(&w, "hello", 5), 5);
	assert_int_equal(shim_wait_count(r.wait), wakes + 1);
	/* It was polled: an edge-triggered watcher hears of each write. */
	assert_int_equal(file_write(&w, " you", 4), 4);
	assert_int_equal(shim_wait_count(r.wait), wakes + 2);
	ubuf = shim_ubuf(&count, sizeof(count), SHIM_UBUF_WRITE);
	assert_int_equal(shim_provider(r.provider)->ioctl(r.number, FIONREAD, 0, ubuf), 0);
	shim_ubufs_end();
	assert_int_equal(count, 9);
	assert_int_equal(file_poll(&r), FILE_POLLIN);
	assert_int_equal(file_read(&r, back, 100), 9);
	assert_memory_equal(back, "hello you", 9);

	/* Full: a large write is cut, a small one is whole or waits. */
	assert_int_equal(file_write(&w, big, sizeof(big)), PIPE_SIZE);
	assert_int_equal(file_write(&w, big, 1), -EAGAIN);
	assert_int_equal(file_poll(&w), 0);
	wakes = shim_wait_count(r.wait);
	assert_int_equal(file_read(&r, back, 1000), 1000);
	assert_int_equal(shim_wait_count(r.wait), wakes + 1);
	assert_int_equal(file_write(&w, big + PIPE_SIZE, 1001), -EAGAIN);
	assert_int_equal(file_write(&w, big + PIPE_SIZE, 1000), 1000);
	assert_int_equal(file_read(&r, back + 1000, PIPE_SIZE), PIPE_SIZE);
	assert_memory_equal(back, big, PIPE_SIZE + 1000);

	file_write(&w, "end", 3);
	file_close(&w);
	assert_int_equal(file_poll(&r), FILE_POLLIN | FILE_POLLHUP);
	assert_int_equal(file_read(&r, back, 100), 3);
	assert_int_equal(file_read(&r, back, 100), 0);
	assert_int_equal(file_poll(&r), FILE_POLLHUP);
	file_close(&r);
	assert_int_equal(file_read(&r, back, 1), -EIO);

	assert_int_equal(pipe_create(&r, &w), 0);
	file_close(&r);
	assert_int_equal(file_poll(&w), FILE_POLLOUT | FILE_POLLERR);
	assert_int_equal(file_write(&w, "x", 1), -EPIPE);
	file_close(&w);
	assert_int_equal(shim_handles(shim_module("pipe"), HANDLE_WAIT), 0);
}

/* Random sizes through a pipe: what goes in comes out. */
static void test_pipe_random(void **state)
{
	static u8 buf[80000];
	struct random r = { env_number("SEED", 1) };
	struct file_open in, out;
	u64 written = 0, seen = 0;
	long n;

	assert_int_equal(pipe_create(&out, &in), 0);
	for (u32 round = 0; round < 3000; round++) {
		size_t len = 1 + random_below(&r, random_below(&r, 4) ? 5000 : 80000);

		if (random_below(&r, 2)) {
			for (size_t i = 0; i < len; i++)
				buf[i] = (u8)((written + i) * 31 >> 3);
			n = file_write(&in, buf, len);
			assert_true(n == -EAGAIN || n > 0);
			assert_true(n == (long)len || len > 4096 || n == -EAGAIN);
			written += n > 0 ? (u64)n : 0;
		} else {
			n = file_read(&out, buf, len);
			assert_true(n == -EAGAIN ? written == seen : n > 0);
			for (long i = 0; i < n; i++)
				assert_int_equal(buf[i], (u8)((seen + (u64)i) * 31 >> 3));
			seen += n > 0 ? (u64)n : 0;
		}
		assert_true(written - seen <= PIPE_SIZE);
	}
	file_close(&in);
	file_close(&out);
}

static struct vfs_opened opened_there;
static long open_result;

static void open_for_writing(void *arg)
{
	open_result = open_at("/p", O_WRONLY, &opened_there);
}

static void test_fifo(void **state)
{
	struct vfs_opened o, p;
	char buf[10];

	assert_int_equal(vfs_mknod(VFS_ROOT, VFS_ROOT, "/p", S_IFIFO | 0644, 0), 0);
	assert_int_equal(open_at("/p", O_WRONLY | O_NONBLOCK, &o), -ENXIO);
	assert_int_equal(open_at("/p", O_RDONLY | O_NONBLOCK, &o), 0);
	assert_int_equal(file_poll(&o.file), 0);
	assert_int_equal(file_read(&o.file, buf, 10), 0);
	assert_int_equal(open_at("/p", O_WRONLY, &p), 0);
	assert_int_equal(file_write(&p.file, "text", 4), 4);
	file_close(&p.file);
	vfs_release(p.node);
	assert_int_equal(file_read(&o.file, buf, 10), 4);
	file_close(&o.file);
	vfs_release(o.node);

	/* Each waits for the other. */
	shim_thread_start(open_for_writing, NULL);
	assert_int_equal(open_at("/p", O_RDONLY, &o), 0);
	shim_threads_join();
	assert_int_equal(open_result, 0);
	assert_int_equal(o.file.wait, opened_there.file.wait);
	file_close(&o.file);
	file_close(&opened_there.file);
	vfs_release(o.node);
	vfs_release(opened_there.node);
	assert_int_equal(open_at("/p", O_RDWR, &o), 0);
	file_close(&o.file);
	vfs_release(o.node);
	assert_int_equal(shim_handles(shim_module("pipe"), HANDLE_WAIT), 0);
}

/* An operation of this thread, run for the first time or again. */
static void op_set(u64 op, bool rerun)
{
	shim_context()->op = op;
	shim_context()->rerun = rerun;
}

static void test_pipe_reset(void **state)
{
	static u8 big[PIPE_SIZE], back[PIPE_SIZE];
	struct file_open r, w;

	for (u32 i = 0; i < sizeof(big); i++)
		big[i] = (u8)(i * 7 >> 2);
	assert_int_equal(pipe_create(&r, &w), 0);
	assert_int_equal(file_write(&w, big, 60000), 60000);
	assert_int_equal(file_read(&r, back, 50000), 50000);
	assert_int_equal(file_write(&w, big, 50000), 50000);
	assert_int_equal(shim_reset("pipe"), 0);
	assert_int_equal(file_poll(&r), FILE_POLLIN);
	assert_int_equal(file_read(&r, back, PIPE_SIZE), 60000);
	assert_memory_equal(back, big + 50000, 10000);
	assert_memory_equal(back + 10000, big, 50000);
	file_close(&w);
	assert_int_equal(shim_reset("pipe"), 0);
	assert_int_equal(file_read(&r, back, 1), 0);
	file_close(&r);
	assert_int_equal(file_read(&r, back, 1), -EIO);
	assert_int_equal(shim_handles(shim_module("pipe"), HANDLE_WAIT), 0);
}

#define LEFT_OP 77		/* the operation that is left in the middle */

static struct file_open left_r, left_w;
static u8 left_buf[2 * PIPE_SIZE];
static u32 left_size;
static long left_result;

static void left_write(void *arg)
{
	left_result = file_write(&left_w, left_buf, left_size);
}

static void left_read(void *arg)
{
	left_result = file_read(&left_r, left_buf, left_size);
}

static void left_close(void *arg)
{
	left_result = shim_provider(left_w.provider)->release(left_w.number);
}

/* Leaves `op` at each event in turn, resets, runs it again: it was done once. */
static void pipe_left(void (*op)(void *arg), u32 before, u32 size)
{
	static u8 bytes[PIPE_SIZE], back[2 * PIPE_SIZE];
	bool left = true;

	for (u32 i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * 13 >> 1);
	for (u32 at = 1; left; at++) {
		u64 seen = 0;

		op_set(0, false);
		assert_int_equal(pipe_create(&left_r, &left_w), 0);
		if (before)
			assert_int_equal(file_write(&left_w, bytes, before), before);
		memcpy(left_buf, bytes, sizeof(bytes));
		left_size = size;
		op_set(LEFT_OP + at, false);
		left = shim_crash_at(at, op, NULL);
		if (left) {
			shim_ubufs_end();
			shim_reset_image("pipe");
			assert_int_equal(shim_recover("pipe"), 0);
			op_set(LEFT_OP + at, true);
			op(NULL);
		}
		op_set(0, false);
		if (op == left_read) {
			assert_int_equal(left_result, MIN(before, size));
			assert_memory_equal(left_buf, bytes, left_result);
			seen = (u64)left_result;
		}
		assert_int_equal(file_read(&left_r, back, sizeof(back)),
				 op == left_read && before == seen ? -EAGAIN :
				 op == left_read ? (long)(before - seen) :
				 op == left_write ? (long)(before + size) : (long)before);
		if (op == left_read && before > seen)
			assert_memory_equal(back, bytes + seen, before - seen);
		if (op == left_write) {
			assert_int_equal(left_result, size);
			assert_memory_equal(back, bytes, before);
			assert_memory_equal(back + before, bytes, size);
		}
		if (op == left_close)
			assert_int_equal(file_read(&left_r, back, 1), 0);
		else
			file_close(&left_w);
		file_close(&left_r);
		assert_int_equal(shim_handles(shim_module("pipe"), HANDLE_WAIT), 0);
		assert_true(at < 3000);
	}
}

static void test_pipe_left_anywhere(void **state)
{
	pipe_left(left_write, 0, 1);
	pipe_left(left_write, 40, 30);
	pipe_left(left_write, 4090, 20);
	pipe_left(left_read, 1, 10);
	pipe_left(left_read, 10000, 5000);
	pipe_left(left_read, 10000, 20000);
	pipe_left(left_close, 5, 0);
}

/* ---- the whole tree as a text ------------------------------------------ */

static void dump_dir(char *text, const char *path);

static void dump_one(char *text, const char *dir, const char *name)
{
	char path[512], target[256];
	struct vfs_attr a;
	size_t at = strlen(text);
	long n = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (vfs_stat(VFS_ROOT, VFS_ROOT, path, 0, &a)) {
		snprintf(text + at, DUMP_MAX - at, "%s: no attributes\n", path);
		return;
	}
	if (S_ISLNK(a.mode))
		n = vfs_readlink(VFS_ROOT, VFS_ROOT, path, target, sizeof(target));
	assert_true(n >= 0);
	snprintf(text + at, DUMP_MAX - at, "%s %o %u %u %u %ld %.*s\n", path, a.mode,
		 a.uid, a.gid, a.nlink,
		 a.pageobj ? pageobj_size(a.pageobj) : (long)a.size, (int)n, target);
	if (S_ISDIR(a.mode))
		dump_dir(text, path);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void dump_dir(char *text, const char *path)
{
	u64 buf[512], node = node_of(*path ? path : "/"), pos = 0;
	char *name[256];
	u32 n = 0;
	long len;

	while ((len = vfs_readdir(node, pos, buf, sizeof(buf))) > 0)
		for (long off = 0; off < len;) {
			struct vfs_dirent *d = (void *)((char *)buf + off);

			if (strcmp(d->name, ".") && strcmp(d->name, ".."))
				name[n++] = strdup(d->name);
			off += d->reclen;
			pos = d->next;
		}
	assert_int_equal(len, 0);
	vfs_release(node);
	qsort(name, n, sizeof(*name), compare);
	for (u32 i = 0; i < n; i++) {
		dump_one(text, path, name[i]);
		free(name[i]);
	}
}

static const char *dump(void)
{
	static char text[2][DUMP_MAX];
	static int turn;

	turn ^= 1;
	text[turn][0] = 0;
	dump_dir(text[turn], "");
	return text[turn];
}

/* ---- resets ------------------------------------------------------------- */

static void build_tree(void)
{
	u64 node;

	mkdir_at("/a", 0755);
	mkdir_at("/a/b", 0700);
	mkdir_at("/a/b/c", 0755);
	make_file("/a/f", "one");
	make_file("/a/b/g", "three");
	node = node_of("/a/f");
	vfs_link(VFS_ROOT, node, "", VFS_ROOT, "/a/b/hard", VFS_EMPTY_PATH);
	vfs_link(VFS_ROOT, node, "", VFS_ROOT, "/hard", VFS_EMPTY_PATH);
	vfs_release(node);
	vfs_symlink(VFS_ROOT, VFS_ROOT, "/a/s", "b/g");
	vfs_mknod(VFS_ROOT, VFS_ROOT, "/a/p", S_IFIFO | 0600, 0);
}

static void test_vfs_reset(void **state)
{
	char before[DUMP_MAX];
	u64 deep, file, covered;
	struct vfs_attr attr;
	struct vfs_opened o;

	build_tree();
	mkdir_at("/m", 0755);
	mkdir_at("/m/x", 0755);
	assert_int_equal(mount_at("d", "/m/x", "tmpfs", 0, ""), 0);
	mkdir_at("/m/x/sub", 0755);
	strcpy(before, dump());
	deep = node_of("/a/b/c");
	file = node_of("/a/f");
	covered = node_of("/m/x/sub");

	assert_int_equal(shim_reset("vfs"), 0);
	expect_path(deep, "/a/b/c");
	expect_path(covered, "/m/x/sub");
	assert_int_equal(vfs_getattr(file, &attr), 0);
	assert_int_equal(attr.nlink, 3);
	assert_int_equal(vfs_stat(VFS_ROOT, deep, "../g", 0, &attr), 0);
	assert_int_equal(vfs_stat(VFS_ROOT, covered, "../../../a", 0, &attr), 0);
	assert_string_equal(dump(), before);
	assert_int_equal(node_of("/a/b/c"), deep);
	vfs_release(deep);
	vfs_release(deep);
	vfs_release(file);
	vfs_release(covered);
	assert_int_equal(open_at("/a/b/new", O_CREAT | O_EXCL, &o), 0);
	vfs_release(o.node);
	assert_int_equal(vfs_mknod(VFS_ROOT, VFS_ROOT, "/nul", S_IFCHR | 0666, 0x103), 0);
	assert_int_equal(open_at("/nul", O_RDONLY, &o), 0);
	vfs_release(o.node);
	assert_int_equal(unmount_at("/m/x", 0), 0);
	assert_int_equal(shim_reset("vfs"), 0);
	assert_int_equal(vfs_stat(VFS_ROOT, VFS_ROOT, "/m/x/sub", 0, &attr), -ENOENT);
	assert_int_equal(mount_at("d", "/m/x", "tmpfs", 0, ""), 0);
}

/* Files without a name go when they are closed, though vfs forgot them. */
static void test_vfs_reset_with_unlinked_files(void **state)
{
	long before = ramfs_inodes();
	struct vfs_opened a, b, named;
	struct vfs_attr attr;

	make_file("/a", "a");
	make_file("/b", "b");
	make_file("/named", "n");
	assert_int_equal(open_at("/a", O_RDWR, &a), 0);
	assert_int_equal(open_at("/b", O_RDWR, &b), 0);
	assert_int_equal(open_at("/named", O_RDWR, &named), 0);
	assert_int_equal(vfs_remove(VFS_ROOT, VFS_ROOT, "/a", 0), 0);
	assert_int_equal(vfs_remove(VFS_ROOT, VFS_ROOT, "/b", 0), 0);
	assert_int_equal(ramfs_inodes(), before + 3);
	assert_int_equal(shim_reset("vfs"), 0);
	assert_int_equal(vfs_getattr(a.node, &attr), 0);
	assert_int_equal(vfs_getattr(a.node, &attr), 0);
	assert_int_equal(attr.nlink, 0);
	vfs_release(a.node);
	assert_int_equal(ramfs_inodes(), before + 2);
	assert_int_equal(vfs_getattr(a.node, &attr), -ESTALE);
	vfs_release(b.node);
	vfs_release(named.node);
	assert_int_equal(ramfs_inodes(), before + 1);
	expect_file("/named", "n");
}

/* Open files count after a reset as before: unlinking leaves them, unmounting waits. */
static void test_vfs_reset_with_open_files(void **state)
{
	long before = ramfs_inodes();
	struct vfs_opened a, again, m;
	struct vfs_attr attr;
	u64 nodes[3];

	mkdir_at("/m", 0755);
	assert_int_equal(mount_at("x", "/m", "tmpfs", 0, ""), 0);
	make_file("/a", "a");
	make_file("/m/f", "f");
	assert_int_equal(open_at("/a", O_RDWR, &a), 0);
	assert_int_equal(open_at("/a", O_RDWR, &again), 0);
	assert_int_equal(open_at("/m/f", O_RDWR, &m), 0);
	nodes[0] = a.node;
	nodes[1] = again.node;
	nodes[2] = m.node;
	shim_files_set(nodes, 3);
	assert_int_equal(shim_reset("vfs"), 0);
	assert_int_equal(unmount_at("/m", 0), -EBUSY);
	assert_int_equal(vfs_remove(VFS_ROOT, VFS_ROOT, "/a", 0), 0);
	assert_int_equal(vfs_getattr(a.node, &attr), 0);
	assert_int_equal(attr.nlink, 0);
	shim_files_set(nodes, 0);
	vfs_release(a.node);
	assert_int_equal(vfs_getattr(again.node, &attr), 0);
	vfs_release(again.node);
	assert_int_equal(vfs_getattr(again.node, &attr), -ESTALE);
	vfs_release(m.node);
	assert_int_equal(unmount_at("/m", 0), 0);
	assert_int_equal(ramfs_inodes(), before + 1);
}

static void test_ramfs_reset(void **state)
{
	char before[DUMP_MAX];
	struct vfs_opened o;
	struct vfs_attr attr;
	long inodes;

	build_tree();
	make_file("/gone", "still open");
	assert_int_equal(open_at("/gone", O_RDWR, &o), 0);
	assert_int_equal(vfs_remove(VFS_ROOT, VFS_ROOT, "/gone", 0), 0);
	strcpy(before, dump());
	inodes = ramfs_inodes();

	assert_int_equal(shim_reset("ramfs"), 0);
	assert_int_equal(ramfs_inodes(), inodes);
	assert_string_equal(dump(), before);
	expect_file("/a/b/hard", "one");
	attr.mode = 0600;
	assert_int_equal(vfs_setattr(o.node, VFS_SET_MODE, &attr), 0);
	assert_int_equal(vfs_getattr(o.node, &attr), 0);
	vfs_release(o.node);
	assert_int_equal(ramfs_inodes(), inodes - 1);
	/* And without what vfs remembers. */
	assert_int_equal(shim_reset("vfs"), 0);
	assert_string_equal(dump(), before);
	assert_int_equal(vfs_remove(VFS_ROOT, VFS_ROOT, "/a/f", 0), 0);
	assert_int_equal(shim_reset("ramfs"), 0);
	expect_file("/hard", "one");
	assert_int_equal(vfs_remove(VFS_ROOT, VFS_ROOT, "/hard", 0), 0);
	expect_file("/a/b/hard", "one");
}

static void test_devfs_reset(void **state)
{
	struct file_open file = { .number = 5 };
	char before[DUMP_MAX];
	struct vfs_opened o;

	mkdir_at("/dev", 0755);
	assert_int_equal(mount_at("dev", "/dev", "devtmpfs", 0, ""), 0);
	assert_int_equal(devfs_register(9, "pts/0", S_IFCHR | 0620, 0x8800, &file), 0);
	assert_int_equal(mkdir_at("/dev/shm", 0777), 0);
	assert_int_equal(vfs_symlink(VFS_ROOT, VFS_ROOT, "/dev/log", "null"), 0);
	assert_int_equal(vfs_rename(VFS_ROOT, VFS_ROOT, "/dev/log", VFS_ROOT,
				    "/dev/pts/l", 0), 0);
	strcpy(before, dump());
	assert_int_equal(shim_reset("devfs"), 0);
	assert_string_equal(dump(), before);
	assert_int_equal(open_at("/dev/pts/0", O_RDWR, &o), 0);
	assert_int_equal(o.file.number, 5);
	vfs_release(o.node);
	assert_int_equal(vfs_remove(VFS_ROOT, VFS_ROOT, "/dev/shm", VFS_REMOVE_DIR), 0);
	assert_int_equal(shim_reset("devfs"), 0);
	assert_true(!strstr(dump(), "shm"));
}

/* ---- ramfs is left in the middle of an operation ------------------------- */

static long op_result;

static void op_create(void *arg)
{
	struct vfs_opened o;

	op_result = open_at("/a/new", O_CREAT | O_EXCL | O_WRONLY, &o);
	if (!op_result)
		vfs_release(o.node);
}

static void op_mkdir(void *arg)
{
	op_result = mkdir_at("/a/b/newdir", 0755);
}

static void op_symlink(void *arg)
{
	static char target[2000];

	memset(target, 'x', sizeof(target) - 1);
	op_result = vfs_symlink(VFS_ROOT, VFS_ROOT, "/a/long", target);
}

static void op_link(void *arg)
{
	u64 node;

	if (!vfs_lookup(VFS_ROOT, VFS_ROOT, "/a/b/g", 0, &node)) {
		op_result = vfs_link(VFS_ROOT, node, "", VFS_ROOT, "/again", VFS_EMPTY_PATH);
		vfs_release(node);
	}
}

static void op_unlink(void *arg)
{
	op_result = vfs_remove(VFS_ROOT, VFS_ROOT, "/a/b/g", 0);
}

static void op_unlink_first(void *arg)
{
	op_result = vfs_remove(VFS_ROOT, VFS_ROOT, "/a/f", 0);
}

static void op_unlink_other(void *arg)
{
	op_result = vfs_remove(VFS_ROOT, VFS_ROOT, "/hard", 0);
}

static void op_rmdir(void *arg)
{
	op_result = vfs_remove(VFS_ROOT, VFS_ROOT, "/a/b/c", VFS_REMOVE_DIR);
}

static void op_rename(void *arg)
{
	op_result = vfs_rename(VFS_ROOT, VFS_ROOT, "/a/b", VFS_ROOT, "/moved", 0);
}

static void op_rename_over(void *arg)
{
	op_result = vfs_rename(VFS_ROOT, VFS_ROOT, "/a/b/g", VFS_ROOT, "/a/p", 0);
}

static void op_rename_link_over(void *arg)
{
	op_result = vfs_rename(VFS_ROOT, VFS_ROOT, "/a/b/g", VFS_ROOT, "/a/f", 0);
}

static void op_rename_other_link(void *arg)
{
	op_result = vfs_rename(VFS_ROOT, VFS_ROOT, "/hard", VFS_ROOT, "/a/b/g", 0);
}

static void op_chmod(void *arg)
{
	struct vfs_attr attr = { .mode = 0123 };
	u64 node;

	if (!vfs_lookup(VFS_ROOT, VFS_ROOT, "/a/b/hard", 0, &node)) {
		op_result = vfs_setattr(node, VFS_SET_MODE, &attr);
		vfs_release(node);
	}
}

static void op_exchange(void *arg)
{
	op_result = vfs_rename(VFS_ROOT, VFS_ROOT, "/a/b/g", VFS_ROOT, "/a/p", 2);
}

static void op_exchange_dirs(void *arg)
{
	op_result = vfs_rename(VFS_ROOT, VFS_ROOT, "/a/b/c", VFS_ROOT, "/hard", 2);
}

static void op_whiteout(void *arg)
{
	op_result = vfs_rename(VFS_ROOT, VFS_ROOT, "/a/f", VFS_ROOT, "/a/b/g", 4);
}

static void reset_both(void)
{
	shim_reset_image("vfs");
	shim_reset_image("ramfs");
	assert_int_equal(shim_recover("vfs"), 0);
	assert_int_equal(shim_recover("ramfs"), 0);
}

/* The operation is run again, as the boundary does it: it is done, and well. */
static void run_again(const char *name, void (*op)(void *arg), u32 at, const char *after)
{
	shim_context()->rerun = 1;
	op(NULL);
	shim_context()->rerun = 0;
	if (op_result || strcmp(dump(), after)) {
		print_error("%s, left at event %u and run again (%ld):\n%s", name, at,
			    op_result, dump());
		fail();
	}
}

/* Hard links' modes are in the dump thrice; sizes too: all or nothing is seen. */
static void crash_everywhere(const char *name, void (*op)(void *arg))
{
	static u64 last_op;

	char before[DUMP_MAX], after[DUMP_MAX];
	long inodes_before, inodes_after, inodes;
	const char *now;

	start_root(NULL);
	build_tree();
	strcpy(before, dump());
	inodes_before = ramfs_inodes();
	op(NULL);
	strcpy(after, dump());
	inodes_after = ramfs_inodes();
	assert_string_not_equal(before, after);
	for (u32 at = 1;; at++) {
		bool left;

		start_root(NULL);
		build_tree();
		shim_context()->op = ++last_op;
		left = shim_crash_at(at, op, NULL);
		if (left)
			reset_both();
		now = dump();
		inodes = ramfs_inodes();
		if (strcmp(now, before) && strcmp(now, after)) {
			print_error("%s, left at event %u:\n%s", name, at, now);
			fail();
		}
		/* One that lost its last name may be held for the vfs of before. */
		assert_true(inodes >= MIN(inodes_before, inodes_after) &&
			    inodes <= MAX(inodes_before, inodes_after) + 1);
		if (!left)
			break;
		run_again(name, op, at, after);
		assert_true(at < 50);
	}
}

/* ---- the same of devfs --------------------------------------------------- */

static void op_dev_mkdir(void *arg)
{
	op_result = mkdir_at("/dev/d/new", 0755);
}

static void op_dev_mknod(void *arg)
{
	op_result = vfs_mknod(VFS_ROOT, VFS_ROOT, "/dev/node", S_IFCHR | 0600, 0x103);
}

static void op_dev_create(void *arg)
{
	struct vfs_opened o;

	op_result = open_at("/dev/text", O_CREAT | O_EXCL | O_RDWR, &o);
	if (!op_result)
		vfs_release(o.node);
}

static void op_dev_symlink(void *arg)
{
	op_result = vfs_symlink(VFS_ROOT, VFS_ROOT, "/dev/link", "null");
}

static void op_dev_unlink(void *arg)
{
	op_result = vfs_remove(VFS_ROOT, VFS_ROOT, "/dev/a", 0);
}

static void op_dev_rename(void *arg)
{
	op_result = vfs_rename(VFS_ROOT, VFS_ROOT, "/dev/a", VFS_ROOT, "/dev/d/c", 0);
}

static void op_dev_rename_over(void *arg)
{
	op_result = vfs_rename(VFS_ROOT, VFS_ROOT, "/dev/a", VFS_ROOT, "/dev/b", 0);
}

static void op_dev_chmod(void *arg)
{
	struct vfs_attr attr = { .mode = 0711 };
	u64 node = node_of("/dev");

	op_result = vfs_setattr(node, VFS_SET_MODE, &attr);
	vfs_release(node);
}

static void build_dev(void)
{
	start_root(NULL);
	mkdir_at("/dev", 0755);
	assert_int_equal(mount_at("dev", "/dev", "devtmpfs", 0, ""), 0);
	mkdir_at("/dev/d", 0755);
	vfs_symlink(VFS_ROOT, VFS_ROOT, "/dev/a", "first");
	vfs_symlink(VFS_ROOT, VFS_ROOT, "/dev/b", "second");
}

static void crash_devfs(const char *name, void (*op)(void *arg))
{
	static u64 last_op = 1000;
	char before[DUMP_MAX], after[DUMP_MAX];
	bool left = true;

	build_dev();
	strcpy(before, dump());
	op(NULL);
	strcpy(after, dump());
	assert_string_not_equal(before, after);
	for (u32 at = 1; left; at++) {
		build_dev();
		shim_context()->op = ++last_op;
		left = shim_crash_at(at, op, NULL);
		if (left) {
			shim_reset_image("vfs");
			shim_reset_image("devfs");
			assert_int_equal(shim_recover("vfs"), 0);
			assert_int_equal(shim_recover("devfs"), 0);
			if (strcmp(dump(), before) && strcmp(dump(), after)) {
				print_error("%s, left at event %u:\n%s", name, at, dump());
				fail();
			}
			run_again(name, op, at, after);
		}
		assert_true(at < 50);
	}
}

static void test_devfs_left_anywhere(void **state)
{
#define CRASH_DEV(op) crash_devfs(#op, op)
	CRASH_DEV(op_dev_mkdir);
	CRASH_DEV(op_dev_mknod);
	CRASH_DEV(op_dev_create);
	CRASH_DEV(op_dev_symlink);
	CRASH_DEV(op_dev_unlink);
	CRASH_DEV(op_dev_rename);
	CRASH_DEV(op_dev_rename_over);
	CRASH_DEV(op_dev_chmod);
}

/* ---- mounts --------------------------------------------------------------- */

static void op_mount(void *arg)
{
	op_result = mount_at("new", "/a", "tmpfs", 2, "size=4k");
}

static void op_unmount(void *arg)
{
	static u64 node;	/* run again, the boundary passes what it passed before */

	if (!shim_context()->rerun)
		vfs_lookup(VFS_ROOT, VFS_ROOT, "/m", VFS_FOLLOW, &node);
	op_result = vfs_unmount(node, 0);
	vfs_release(node);
}

static void op_bind(void *arg)
{
	op_result = mount_at("/m", "/a", "", 4096, "");
}

static void op_move(void *arg)
{
	op_result = mount_at("/m", "/a", "", 8192, "");
}

static void op_remount(void *arg)
{
	op_result = mount_at("m", "/m", "", 32 | 1 | 8, "");
}

static void build_mounts(void)
{
	start_root(NULL);
	mkdir_at("/a", 0755);
	mkdir_at("/m", 0755);
	assert_int_equal(mount_at("m", "/m", "tmpfs", 0, ""), 0);
	mkdir_at("/m/sub", 0755);
}

/* All that is mounted, and what can be seen there. */
static const char *mounts_text(char *buf)
{
	long len = vfs_mountinfo(0, buf, 4096);

	assert_in_range(len, 1, 4095);
	strcpy(buf + len, dump());
	return buf;
}

static void crash_mounts(const char *name, void (*op)(void *arg))
{
	static char before[DUMP_MAX], after[DUMP_MAX], now[DUMP_MAX];
	static u64 last_op = 2000;
	bool left = true;

	build_mounts();
	mounts_text(before);
	op(NULL);
	assert_int_equal(op_result, 0);
	mounts_text(after);
	assert_string_not_equal(before, after);
	for (u32 at = 1; left; at++) {
		build_mounts();
		shim_context()->op = ++last_op;
		left = shim_crash_at(at, op, NULL);
		if (!left)
			break;
		reset_both();
		mounts_text(now);
		shim_context()->rerun = 1;
		if (strcmp(now, before) && strcmp(now, after))
			op_result = 1;
		else
			op(NULL);
		shim_context()->rerun = 0;
		if (op_result || strcmp(mounts_text(now), after)) {
			print_error("%s, left at event %u (%ld):\n%s", name, at, op_result, now);
			fail();
		}
		assert_true(at < 50);
	}
}

static void test_mounts_left_anywhere(void **state)
{
#define CRASH_MOUNT(op) crash_mounts(#op, op)
	CRASH_MOUNT(op_mount);
	CRASH_MOUNT(op_unmount);
	CRASH_MOUNT(op_bind);
	CRASH_MOUNT(op_move);
	CRASH_MOUNT(op_remount);
}

static void test_ramfs_left_anywhere(void **state)
{
#define CRASH(op) crash_everywhere(#op, op)
	CRASH(op_create);
	CRASH(op_mkdir);
	CRASH(op_symlink);
	CRASH(op_link);
	CRASH(op_unlink);
	CRASH(op_unlink_first);
	CRASH(op_unlink_other);
	CRASH(op_rmdir);
	CRASH(op_rename);
	CRASH(op_rename_over);
	CRASH(op_rename_link_over);
	CRASH(op_rename_other_link);
	CRASH(op_chmod);
	CRASH(op_exchange);
	CRASH(op_exchange_dirs);
	CRASH(op_whiteout);
}

static void random_change(struct random *r)
{
	static const char *const names[] = { "a", "b", "c", "a/a", "a/b", "b/a", "b/c/d" };
	const char *p = names[random_below(r, ARRAY_SIZE(names))];
	const char *q = names[random_below(r, ARRAY_SIZE(names))];
	struct vfs_opened o;
	u64 node;

	switch (random_below(r, 7)) {
	case 0:
		mkdir_at(p, 0755);
		break;
	case 1:
		if (!open_at(p, O_CREAT | O_WRONLY, &o))
			vfs_release(o.node);
		break;
	case 2:
		vfs_remove(VFS_ROOT, VFS_ROOT, p, 0);
		break;
	case 3:
		vfs_remove(VFS_ROOT, VFS_ROOT, p, VFS_REMOVE_DIR);
		break;
	case 4:
		vfs_rename(VFS_ROOT, VFS_ROOT, p, VFS_ROOT, q, 0);
		break;
	case 5:
		if (!vfs_lookup(VFS_ROOT, VFS_ROOT, p, 0, &node)) {
			vfs_link(VFS_ROOT, node, "", VFS_ROOT, q, VFS_EMPTY_PATH);
			vfs_release(node);
		}
		break;
	default:
		vfs_symlink(VFS_ROOT, VFS_ROOT, p, q);
	}
}

static void change_much(void *arg)
{
	struct random r = { (u64)arg };
	struct vfs_attr attr;
	char buf[256];
	u64 node;

	shim_context()->fsuid = 0;
	for (u32 i = 0; i < 4000; i++) {
		random_change(&r);
		vfs_stat(VFS_ROOT, VFS_ROOT, i % 2 ? "b/c/d" : "a/b", VFS_FOLLOW, &attr);
		if (vfs_lookup(VFS_ROOT, VFS_ROOT, "b/c", 0, &node))
			continue;
		vfs_getattr(node, &attr);
		vfs_path(VFS_ROOT, node, buf, sizeof(buf));
		vfs_release(node);
	}
}

/* Threads that change the same names: what is left is the same for all. */
static void test_threads(void **state)
{
	char before[DUMP_MAX];

	for (u64 i = 0; i < 4; i++)
		shim_thread_start(change_much, (void *)(i + env_number("SEED", 1)));
	shim_threads_join();
	strcpy(before, dump());
	assert_int_equal(shim_reset("vfs"), 0);
	assert_string_equal(dump(), before);
	assert_int_equal(shim_reset("ramfs"), 0);
	assert_string_equal(dump(), before);
}

/* Random changes, and a reset of ramfs after each few: nothing is lost. */
static void test_ramfs_random_resets(void **state)
{
	u64 seed = env_number("SEED", 1), rounds = env_runs("ROUNDS", 60);
	char before[DUMP_MAX];

	for (u64 round = 0; round < rounds; round++) {
		struct random r = { seed + round };

		start_root(NULL);
		for (u32 i = 0; i < 120; i++) {
			random_change(&r);
			if (random_below(&r, 20))
				continue;
			strcpy(before, dump());
			assert_int_equal(shim_reset("ramfs"), 0);
			if (random_below(&r, 2))
				assert_int_equal(shim_reset("vfs"), 0);
			assert_string_equal(dump(), before);
		}
	}
}

/* ---- memory -------------------------------------------------------------- */

/* Of the address sanitizer. */
size_t __sanitizer_get_current_allocated_bytes(void);

static void remove_tree(void)
{
	static const char *const files[] = {
		"/a/f", "/a/b/g", "/a/b/hard", "/hard", "/a/s", "/a/p", "/a/long",
		"/a/b/pipe", "/a/x",
	};
	static const char *const dirs[] = { "/a/b/c", "/a/b", "/a", "/m" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		vfs_remove(VFS_ROOT, VFS_ROOT, files[i], 0);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		assert_int_equal(vfs_remove(VFS_ROOT, VFS_ROOT, dirs[i],
					    VFS_REMOVE_DIR), 0);
}

static void use_everything(void)
{
	char long_name[300] = "/a/";
	struct vfs_opened o;
	struct file_open r, w;
	struct vfs_attr attr;

	build_tree();
	op_symlink(NULL);
	memset(long_name + 3, 'n', 200);
	make_file(long_name, "long");
	assert_int_equal(vfs_rename(VFS_ROOT, VFS_ROOT, long_name, VFS_ROOT, "/a/x",
				    0), 0);
	assert_int_equal(vfs_stat(VFS_ROOT, VFS_ROOT, "/a/long", VFS_FOLLOW, &attr),
			 -ENAMETOOLONG);
	assert_int_equal(vfs_rename(VFS_ROOT, VFS_ROOT, "/a/x", VFS_ROOT, "/a/b/g",
				    0), 0);
	assert_int_equal(open_at("/a/s/", O_RDONLY, &o), -ENOTDIR);
	assert_int_equal(open_at("/a/s", O_RDONLY, &o), 0);
	mkdir_at("/m", 0755);
	assert_int_equal(mount_at("x", "/m", "tmpfs", 0, ""), 0);
	make_file("/m/f", "f");
	mkdir_at("/m/d", 0755);
	vfs_symlink(VFS_ROOT, VFS_ROOT, "/m/d/s", "/a/f");
	assert_int_equal(unmount_at("/m", 0), 0);
	assert_int_equal(pipe_create(&r, &w), 0);
	file_write(&w, "text", 4);
	file_close(&r);
	file_close(&w);
	vfs_release(o.node);
	remove_tree();
}

static void test_nothing_is_lost(void **state)
{
	long inodes = ramfs_inodes();
	u32 handles = shim_handles(shim_module("ramfs"), HANDLE_NONE);
	size_t bytes;

	use_everything();
	bytes = __sanitizer_get_current_allocated_bytes();
	for (u32 i = 0; i < 100; i++)
		use_everything();
	assert_int_equal(__sanitizer_get_current_allocated_bytes(), bytes);
	assert_int_equal(ramfs_inodes(), inodes);
	assert_int_equal(shim_handles(shim_module("ramfs"), HANDLE_NONE), handles);
	assert_int_equal(shim_handles(shim_module("pipe"), HANDLE_WAIT), 0);
}

/* ---- unpacking ----------------------------------------------------------- */

static u8 archive[1 << 20];
static size_t archive_len;

static void put(const void *data, size_t len)
{
	memcpy(archive + archive_len, data, len);
	archive_len += len;
	while (archive_len % 4)
		archive[archive_len++] = 0;
}

static void entry(u32 ino, u32 mode, u32 nlink, u32 mtime, const char *name,
		  const void *data, u32 len)
{
	char header[111];

	snprintf(header, sizeof(header),
		 "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", ino,
		 mode, 0, 0, nlink, mtime, len, 0, 0, 5, 1, (u32)strlen(name) + 1, 0);
	memcpy(archive + archive_len, header, 110);
	archive_len += 110;
	put(name, strlen(name) + 1);
	put(data, len);
}

static void trailer(void)
{
	entry(0, 0, 1, 0, "TRAILER!!!", "", 0);
	while (archive_len % 512)
		archive[archive_len++] = 0;
}

static int start_archive(void **state)
{
	start(state);
	memset(archive, 0, sizeof(archive));
	archive_len = 0;
	return 0;
}

static void test_unpack(void **state)
{
	static char big[100000];
	struct vfs_attr attr;
	struct vfs_opened o;
	char buf[64];

	memset(big, 'b', sizeof(big));
	entry(1, S_IFDIR | 0755, 2, 1000, "etc", "", 0);
	entry(2, S_IFREG | 0644, 1, 2000, "etc/passwd", "root", 4);
	entry(3, S_IFREG | 0755, 1, 0, "./init", big, sizeof(big));
	entry(4, S_IFLNK | 0777, 1, 0, "bin", "usr/bin", 7);
	entry(5, S_IFREG | 04755, 1, 0, "no/parent/here", "x", 1);
	entry(6, S_IFREG | 0644, 2, 0, "first", "", 0);
	entry(6, S_IFREG | 0644, 2, 0, "second", "shared", 6);
	entry(7, S_IFCHR | 0600, 1, 0, "dev/con", "", 0);
	trailer();
	entry(6, S_IFREG | 0644, 2, 0, "other", "not linked", 10);
	entry(1, S_IFREG | 0600, 1, 0, "etc/passwd", "replaced", 8);
	entry(2, S_IFDIR | 0700, 2, 0, "etc", "", 0);
	entry(3, S_IFREG | 0644, 1, 0, "bin", "a file now", 10);
	entry(4, S_IFLNK | 0777, 1, 0, "init", "second", 6);
	trailer();
	shim_archive_set(archive, archive_len);
	assert_int_equal(shim_start("initramfs"), 0);

	expect_file("/etc/passwd", "replaced");
	expect_file("/bin", "a file now");
	expect_file("/init", "shared");
	expect_file("/first", "shared");
	expect_file("/other", "not linked");
	expect_file("/no/parent/here", "x");
	assert_int_equal(vfs_stat(VFS_ROOT, VFS_ROOT, "/first", 0, &attr), 0);
	assert_int_equal(attr.nlink, 2);
	assert_int_equal(vfs_stat(VFS_ROOT, VFS_ROOT, "/no/parent/here", 0, &attr), 0);
	assert_int_equal(attr.mode, S_IFREG | 04755);
	assert_int_equal(vfs_stat(VFS_ROOT, VFS_ROOT, "/etc", 0, &attr), 0);
	assert_int_equal(attr.mode, S_IFDIR | 0700);
	assert_int_equal(attr.mtime_ns, 1000 * NSEC_PER_SEC);
	assert_int_equal(vfs_stat(VFS_ROOT, VFS_ROOT, "/dev/con", 0, &attr), 0);
	assert_int_equal(attr.rdev, 0x501);
	assert_int_equal(vfs_stat(VFS_ROOT, VFS_ROOT, "/dev/console", 0, &attr), 0);
	assert_int_equal(open_at("/none", O_RDONLY, &o), -ENOENT);
	assert_int_equal(vfs_readlink(VFS_ROOT, VFS_ROOT, "/init", buf, 64), 6);

	/* It is done once. */
	assert_int_equal(vfs_remove(VFS_ROOT, VFS_ROOT, "/first", 0), 0);
	assert_int_equal(shim_reset("initramfs"), 0);
	assert_int_equal(open_at("/first", O_RDONLY, &o), -ENOENT);
}

static void test_unpack_broken(void **state)
{
	static const char zeroes[1000];

	entry(1, S_IFREG | 0644, 1, 0, "good", "x", 1);
	put("\x1f\x8b\x08", 3);
	shim_archive_set(archive, archive_len);
	assert_int_equal(shim_start("initramfs"), 0);
	assert_true(shim_log_has("is compressed"));
	expect_file("/good", "x");

	start_archive(state);
	entry(1, S_IFREG | 0644, 1, 0, "good", "x", 1);
	entry(2, S_IFREG | 0644, 1, 0, "cut", zeroes, sizeof(zeroes));
	shim_archive_set(archive, archive_len - 500);
	assert_int_equal(shim_start("initramfs"), 0);
	assert_true(shim_log_has("is broken"));
	expect_file("/good", "x");

	start_archive(state);
	shim_archive_set(NULL, 0);
	assert_int_equal(shim_start("initramfs"), 0);
	assert_true(shim_log_has("no boot archive"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_mounts, start_root),
		cmocka_unit_test_setup(test_read_only_mount, start_root),
		cmocka_unit_test_setup(test_detached_mount, start_root),
		cmocka_unit_test_setup(test_chroot, start_root),
		cmocka_unit_test_setup(test_unlinked_file_stays_while_open, start_root),
		cmocka_unit_test_setup(test_node_cache_is_bounded, start_root),
		cmocka_unit_test_setup(test_devices, start_root),
		cmocka_unit_test_setup(test_procfs, start_root),
		cmocka_unit_test_setup(test_pipe, start_root),
		cmocka_unit_test_setup(test_pipe_random, start_root),
		cmocka_unit_test_setup(test_fifo, start_root),
		cmocka_unit_test_setup(test_pipe_reset, start_root),
		cmocka_unit_test_setup(test_pipe_left_anywhere, start_root),
		cmocka_unit_test_setup(test_vfs_reset, start_root),
		cmocka_unit_test_setup(test_vfs_reset_with_unlinked_files, start_root),
		cmocka_unit_test_setup(test_vfs_reset_with_open_files, start_root),
		cmocka_unit_test_setup(test_ramfs_reset, start_root),
		cmocka_unit_test_setup(test_devfs_reset, start_root),
		cmocka_unit_test_setup(test_mounts_left_anywhere, start_root),
		cmocka_unit_test_setup(test_devfs_left_anywhere, start_root),
		cmocka_unit_test_setup(test_ramfs_left_anywhere, start_root),
		cmocka_unit_test_setup(test_ramfs_random_resets, start_root),
		cmocka_unit_test_setup(test_threads, start_root),
		cmocka_unit_test_setup(test_nothing_is_lost, start_root),
		cmocka_unit_test_setup(test_unpack, start_archive),
		cmocka_unit_test_setup(test_unpack_broken, start_archive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
