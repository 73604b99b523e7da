/* SPDX-License-Identifier: MIT */
/*
 * What the file systems' modules do beyond names (vfs_test.c): mounts, special
 * files, unpacking. Pipes and resets are in pipe_test.c and fs_reset_test.c.
 */
#include "fs_ops.h"

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
		cmocka_unit_test_setup(test_unpack, start_archive),
		cmocka_unit_test_setup(test_unpack_broken, start_archive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
