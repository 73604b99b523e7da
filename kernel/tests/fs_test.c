/* SPDX-License-Identifier: MIT */
/*
 * Names and files as the core asks for them: every shape of contract that vfs
 * and the file systems have, and (where modules can be reset) the same names
 * after vfs and ramfs were reset.
 */
#include <boundary.h>
#include <errno.h>
#include <files.h>
#include <ktest.h>
#include <pageobj.h>
#include <modules.h>
#include <pipe.h>
#include <sched.h>
#include <string.h>
#include <thread.h>
#include <vfs.h>
#include <whitix/fcntl.h>
#include <whitix/mount.h>
#include <whitix/stat.h>

#define BUFFER 4096

static u64 words[BUFFER / 8];		/* of the one thread that runs tests */
static char *const buffer = (char *)words;

static long make_dir(const char *path)
{
	return vfs_mknod(VFS_ROOT, VFS_ROOT, path, S_IFDIR | 0755, 0);
}

/* Opens as the first process would; the test's thread belongs to none. */
static long open_file(const char *path, u32 oflags, struct file **f)
{
	struct vfs_opened opened = { 0 };
	long error = vfs_open(VFS_ROOT, VFS_ROOT, path, oflags, 0644, &opened);

	return error ? error : file_new(&opened.file, opened.node, opened.mode,
					oflags, f);
}

/* Bytes at the beginning of a file are `text`. */
static bool file_has(const char *path, const char *text)
{
	struct file *f;
	long n;

	if (open_file(path, O_RDONLY, &f))
		return false;
	n = file_read(f, (u64)words, BUFFER, 0, true);
	file_put(f);
	return n >= (long)strlen(text) && !memcmp(buffer, text, strlen(text));
}

/* A file that is closed within an operation leaves the operation as it was. */
static void test_operations_nest(void)
{
	struct op begun;
	struct file *f;
	u64 number;

	EXPECT_OR_RETURN(open_file("/", O_RDONLY, &f) == 0);
	begun = op_begin();
	number = current->op;
	EXPECT(number != begun.number && number != 0);
	op_set_rerun(true);
	file_put(f);
	EXPECT(current->op == number && context_page->op == number);
	EXPECT(current->op_rerun && context_page->rerun);
	op_end(begun);
	EXPECT(current->op == begun.number && context_page->op == begun.number);
}

static bool path_is(u64 node, const char *path)
{
	long len = vfs_path(VFS_ROOT, node, buffer, BUFFER);

	return len == (long)strlen(path) && !memcmp(buffer, path, (size_t)len);
}

static void test_names(void)
{
	struct vfs_attr attr;
	u64 node = 0, again = 0;

	EXPECT(make_dir("/kt") == 0);
	EXPECT(make_dir("/kt") == -EEXIST);
	EXPECT(make_dir("/kt/a") == 0);
	EXPECT(make_dir("/kt/none/x") == -ENOENT);
	EXPECT(vfs_symlink(VFS_ROOT, VFS_ROOT, "/kt/s", "a/../a") == 0);
	EXPECT(vfs_readlink(VFS_ROOT, VFS_ROOT, "/kt/s", buffer, BUFFER) == 6);
	EXPECT(!memcmp(buffer, "a/../a", 6));
	EXPECT(vfs_lookup(VFS_ROOT, VFS_ROOT, "/kt/s", VFS_FOLLOW, &node) == 0);
	EXPECT(path_is(node, "/kt/a"));
	EXPECT(vfs_lookup(VFS_ROOT, node, "../s", VFS_FOLLOW, &again) == 0);
	EXPECT(node == again);
	EXPECT(vfs_rename(VFS_ROOT, VFS_ROOT, "/kt/a", VFS_ROOT, "/kt/b", 0) == 0);
	EXPECT(path_is(node, "/kt/b"));
	EXPECT(vfs_getattr(node, &attr) == 0);
	EXPECT(attr.mode == (S_IFDIR | 0755) && attr.nlink == 2);
	EXPECT(vfs_stat(VFS_ROOT, VFS_ROOT, "/kt/s", VFS_FOLLOW, &attr) == -ENOENT);
	EXPECT(vfs_release(node) == 0);
	EXPECT(vfs_release(again) == 0);
	EXPECT(vfs_remove(VFS_ROOT, VFS_ROOT, "/kt", VFS_REMOVE_DIR) == -ENOTEMPTY);
}

static void test_files(void)
{
	struct vfs_attr attr = { .mode = 0600 };
	struct file *f;

	EXPECT_OR_RETURN(open_file("/kt/f", O_CREAT | O_RDWR, &f) == 0);
	EXPECT_OR_RETURN(f->obj != NULL);
	EXPECT(pageobj_write_core(f->obj, 0, "some text", 9) == 9);
	EXPECT(file_getattr(f, &attr) == 0);
	EXPECT(attr.size == 9 && S_ISREG(attr.mode));
	EXPECT(file_has("/kt/f", "some text"));
	EXPECT(vfs_link(VFS_ROOT, f->node, "", VFS_ROOT, "/kt/hard", VFS_EMPTY_PATH) == 0);
	EXPECT(vfs_remove(VFS_ROOT, VFS_ROOT, "/kt/f", 0) == 0);
	EXPECT(file_has("/kt/hard", "some text"));
	EXPECT(vfs_access(VFS_ROOT, VFS_ROOT, "/kt/hard", X_OK,
			  VFS_FOLLOW | VFS_EFFECTIVE) == -EACCES);
	file_put(f);
}

static void test_readdir(void)
{
	const struct vfs_dirent *d;
	u64 node = 0, seen = 0;
	long len, off;

	EXPECT_OR_RETURN(vfs_lookup(VFS_ROOT, VFS_ROOT, "/kt", 0, &node) == 0);
	len = vfs_readdir(node, 0, words, BUFFER);
	EXPECT(len > 0);
	for (off = 0; off < len; off += d->reclen) {
		d = (const void *)(buffer + off);
		EXPECT_OR_RETURN(d->reclen >= 24);
		seen++;
	}
	EXPECT(seen == 5);	/* . .. s b hard */
	vfs_release(node);
}

static long mount_at(const char *path, const char *type)
{
	u64 node = 0;
	long error = vfs_lookup(VFS_ROOT, VFS_ROOT, path, 0, &node);

	if (error)
		return error;
	error = vfs_mount(node, 0, "none", type, 0, "");
	vfs_release(node);
	return error;
}

static long unmount_at(const char *path)
{
	u64 node = 0;
	long error = vfs_lookup(VFS_ROOT, VFS_ROOT, path, 0, &node);

	if (error)
		return error;
	error = vfs_unmount(node, 0);
	vfs_release(node);
	return error;
}

static void test_mounts(void)
{
	struct vfs_attr attr;

	make_dir("/kt/proc");
	make_dir("/kt/dev");
	EXPECT(mount_at("/kt/proc", "proc") == 0);
	EXPECT(mount_at("/kt/dev", "devtmpfs") == 0);
	EXPECT(vfs_stat(VFS_ROOT, VFS_ROOT, "/kt/dev/null", 0, &attr) == 0);
	EXPECT(attr.rdev == LINUX_MAKEDEV(1, 3));
	EXPECT(vfs_mounts(0, buffer, BUFFER) > 0);
	EXPECT(!memcmp(buffer, "rootfs / rootfs rw 0 0\n", 23));
	EXPECT(file_has("/kt/proc/filesystems", "nodev\t"));
	EXPECT(file_has("/kt/dev/zero", ""));
	EXPECT(unmount_at("/kt/dev") == 0);
	EXPECT(unmount_at("/kt/proc") == 0);
	EXPECT(unmount_at("/kt/proc") == -EINVAL);
}

static void test_pipe(void)
{
	struct file_open reader, writer;
	struct file *r, *w;
	u64 pos = 0;

	EXPECT_OR_RETURN(pipe_create(&reader, &writer) == 0);
	EXPECT_OR_RETURN(file_new(&reader, 0, S_IFIFO, O_RDONLY | O_NONBLOCK, &r) == 0);
	EXPECT_OR_RETURN(file_new(&writer, 0, S_IFIFO, O_WRONLY | O_NONBLOCK, &w) == 0);
	EXPECT(file_read(r, (u64)words, 10, 0, true) == -EAGAIN);
	memcpy(buffer, "abc", 3);
	EXPECT(file_write(w, (u64)words, 3, &pos, true) == 3);
	memset(buffer, 0, 3);
	EXPECT(file_read(r, (u64)words, 10, 0, true) == 3);
	EXPECT(!memcmp(buffer, "abc", 3));
	file_put(w);
	EXPECT(file_read(r, (u64)words, 10, 0, true) == 0);
	file_put(r);
}

/* The file system's state is as it was before `name` was reset. */
static void reset_and_look(const char *name)
{
	struct module *m = module_by_name(name);
	struct file *f;
	u64 node = 0;
	u32 epoch;

	if (!boundary_counts() || !m || strcmp(boundary_layout(), "hybrid")) {
		ktest_skip("modules are not reset in this layout");
		return;
	}
	EXPECT_OR_RETURN(vfs_lookup(VFS_ROOT, VFS_ROOT, "/kt/b", 0, &node) == 0);
	EXPECT_OR_RETURN(open_file("/kt/hard", O_RDONLY, &f) == 0);
	epoch = m->epoch;
	module_fault(m, REASON_INJECTED, NULL, "a test asked for a reset");
	EXPECT(path_is(node, "/kt/b"));
	EXPECT(m->epoch == epoch + 1 && m->state == MODULE_LIVE);
	EXPECT(file_has("/kt/hard", "some text"));
	EXPECT(file_read(f, (u64)words, 4, 5, true) == 4);
	EXPECT(!memcmp(buffer, "text", 4));
	EXPECT(vfs_readlink(VFS_ROOT, VFS_ROOT, "/kt/s", buffer, BUFFER) == 6);
	EXPECT(make_dir("/kt/b/new") == 0);
	EXPECT(vfs_remove(VFS_ROOT, node, "new", VFS_REMOVE_DIR) == 0);
	file_put(f);
	vfs_release(node);
}

static void test_vfs_reset(void)
{
	reset_and_look("vfs");
}

static void test_ramfs_reset(void)
{
	reset_and_look("ramfs");
}

static void test_clean(void)
{
	static const char *const files[] = { "/kt/s", "/kt/hard" };
	static const char *const dirs[] = { "/kt/b", "/kt/dev", "/kt/proc", "/kt" };

	for (u32 i = 0; i < ARRAY_SIZE(files); i++)
		EXPECT(vfs_remove(VFS_ROOT, VFS_ROOT, files[i], 0) == 0);
	for (u32 i = 0; i < ARRAY_SIZE(dirs); i++)
		EXPECT(vfs_remove(VFS_ROOT, VFS_ROOT, dirs[i], VFS_REMOVE_DIR) == 0);
}

const struct ktest fs_tests[] = {
	{ "names", test_names },
	{ "files", test_files },
	{ "readdir", test_readdir },
	{ "mounts", test_mounts },
	{ "pipe", test_pipe },
	{ "operations_nest", test_operations_nest },
	{ "vfs is reset", test_vfs_reset },
	{ "ramfs is reset", test_ramfs_reset },
	{ "removal", test_clean },
	{ 0 },
};
