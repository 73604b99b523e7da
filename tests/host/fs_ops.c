/* SPDX-License-Identifier: MIT */
/* See fs_ops.h. */
#include "fs_ops.h"

/* A provider's call on an open file, with a buffer of its own. */
long file_read(const struct file_open *f, void *buf, size_t len)
{
	u32 ubuf = shim_ubuf(buf, len, SHIM_UBUF_WRITE);
	long n = shim_provider(f->provider)->read(f->number, ubuf, 0, len, 0, 0);

	shim_ubufs_end();
	return n;
}

long file_write(const struct file_open *f, const void *buf, size_t len)
{
	u32 ubuf = shim_ubuf((void *)(u64)buf, len, SHIM_UBUF_READ);
	long n = shim_provider(f->provider)->write(f->number, ubuf, 0, len, 0, 0);

	shim_ubufs_end();
	return n;
}

long file_poll(const struct file_open *f)
{
	return shim_provider(f->provider)->poll(f->number);
}

void file_close(const struct file_open *f)
{
	assert_int_equal(shim_provider(f->provider)->release(f->number), 0);
}

long mkdir_at(const char *path, u32 mode)
{
	return vfs_mknod(VFS_ROOT, VFS_ROOT, path, S_IFDIR | mode, 0);
}

long open_at(const char *path, u32 oflags, struct vfs_opened *opened)
{
	return vfs_open(VFS_ROOT, VFS_ROOT, path, oflags, 0644, opened);
}

void make_file(const char *path, const char *text)
{
	struct vfs_opened o;
	size_t len = strlen(text);

	assert_int_equal(open_at(path, O_CREAT | O_WRONLY | O_TRUNC, &o), 0);
	assert_int_not_equal(o.file.pageobj, 0);
	assert_int_equal(pageobj_write(o.file.pageobj, 0, text, len), len);
	vfs_release(o.node);
}

void expect_file(const char *path, const char *text)
{
	struct vfs_opened o;
	char buf[256] = "";

	assert_int_equal(open_at(path, O_RDONLY, &o), 0);
	assert_int_equal(pageobj_read(o.file.pageobj, 0, buf, sizeof(buf) - 1),
			 strlen(text));
	assert_string_equal(buf, text);
	vfs_release(o.node);
}

void expect_text(const char *path, const char *text)
{
	struct vfs_opened o;
	char buf[1024] = "";

	assert_int_equal(open_at(path, O_RDONLY, &o), 0);
	assert_true(file_read(&o.file, buf, sizeof(buf) - 1) >= 0);
	assert_string_equal(buf, text);
	file_close(&o.file);
	vfs_release(o.node);
}

long mount_at(const char *source, const char *path, const char *type, u64 flags,
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

long unmount_at(const char *path, u32 flags)
{
	u64 node;
	long ret = vfs_lookup(VFS_ROOT, VFS_ROOT, path, VFS_FOLLOW, &node);

	if (ret)
		return ret;
	ret = vfs_unmount(node, flags);
	vfs_release(node);
	return ret;
}

void expect_path(u64 node, const char *text)
{
	char buf[4096];
	long len = vfs_path(VFS_ROOT, node, buf, sizeof(buf) - 1);

	assert_in_range(len, 1, sizeof(buf));
	buf[len] = 0;
	assert_string_equal(buf, text);
}

u64 node_of(const char *path)
{
	u64 node;

	assert_int_equal(vfs_lookup(VFS_ROOT, VFS_ROOT, path, 0, &node), 0);
	return node;
}

int start(void **state)
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

int start_root(void **state)
{
	start(state);
	assert_int_equal(vfs_mount(VFS_ROOT, 0, "rootfs", "rootfs", 0, ""), 0);
	return 0;
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

const char *dump(void)
{
	static char text[2][DUMP_MAX];
	static int turn;

	turn ^= 1;
	text[turn][0] = 0;
	dump_dir(text[turn], "");
	return text[turn];
}

void op_set(u64 op, bool rerun)
{
	shim_context()->op = op;
	shim_context()->rerun = rerun;
}
