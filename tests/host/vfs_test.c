/* SPDX-License-Identifier: MIT */
/*
 * vfs with ramfs, devfs, procfs and pipe. Operations on names are compared with
 * what the Linux does that the test runs on (as root only): by a table of
 * cases, and by random sequences. Then what Linux can't show: mounts, special
 * files, resets.
 *
 * SEED=, ROUNDS= choose other or more random sequences.
 */
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <devfs.h>
#include <pipe.h>
#include <ramfs.h>
#include <vfs.h>

#include "vfs_ops.h"

#define RENAME_NOREPLACE_FLAG 1
#define BUFFER 8192

static u64 cwd = VFS_ROOT;
static bool linux_there;

/* ---- the operations, done by vfs --------------------------------------- */

static void put_error(char *result, long ret)
{
	if (ret < 0)
		snprintf(result, RESULT_MAX, "%s", strerrorname_np((int)-ret));
	else
		snprintf(result, RESULT_MAX, "ok");
}

static void put_attr(char *result, const struct vfs_attr *a)
{
	u64 size = a->pageobj ? (u64)pageobj_size(a->pageobj) : a->size;

	snprintf(result, RESULT_MAX, "mode %o nlink %u uid %u gid %u size %llu",
		 a->mode, S_ISDIR(a->mode) && !linux_there ? 0 : a->nlink, a->uid,
		 a->gid, S_ISDIR(a->mode) ? 0ull : (unsigned long long)size);
}

static void become(u32 uid, u32 gid, const char *groups)
{
	struct context_page *c = shim_context();
	char *end;

	c->uid = 0;
	c->gid = 0;
	c->euid = c->fsuid = uid;
	c->egid = c->fsgid = gid;
	c->ngroups = 0;
	for (const char *p = groups ? groups : ""; *p; p = *end ? end + 1 : end)
		c->groups[c->ngroups++] = (u32)strtoul(p, &end, 10);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All names in a directory, in the order of the alphabet, read in small parts. */
static void list(char *result, const char *path)
{
	struct vfs_opened opened;
	char *name[512];
	size_t n = 0, at = 0;
	u64 buf[40], pos = 0;
	long len = vfs_open(VFS_ROOT, cwd, path, O_RDONLY | O_DIRECTORY, 0, &opened);

	if (len) {
		put_error(result, len);
		return;
	}
	while ((len = vfs_readdir(opened.node, pos, buf, sizeof(buf))) > 0)
		for (long off = 0; off < len;) {
			struct vfs_dirent *d = (void *)((char *)buf + off);

			assert_true(d->reclen % 8 == 0 && off + d->reclen <= len);
			assert_true(d->next > pos && n < 512);
			pos = d->next;
			name[n++] = strdup(d->name);
			off += d->reclen;
		}
	assert_int_equal(len, 0);
	vfs_release(opened.node);
	qsort(name, n, sizeof(*name), compare);
	for (size_t i = 0; i < n; i++) {
		at += (size_t)snprintf(result + at, RESULT_MAX - at, "%s ", name[i]);
		free(name[i]);
	}
}

static long do_open(const struct op *op)
{
	struct vfs_opened opened;
	long ret = vfs_open(VFS_ROOT, cwd, op->a, op->x, op->y, &opened);

	if (!ret)
		vfs_release(opened.node);
	return ret;
}

static long do_link(const struct op *op)
{
	u64 node;
	long ret = vfs_lookup(VFS_ROOT, cwd, op->a, op->x ? VFS_FOLLOW : 0, &node);

	if (ret)
		return ret;
	ret = vfs_link(VFS_ROOT, node, "", cwd, op->b, VFS_EMPTY_PATH);
	vfs_release(node);
	return ret;
}

static long do_setattr(const char *path, u32 which, const struct vfs_attr *attr)
{
	u64 node;
	long ret = vfs_lookup(VFS_ROOT, cwd, path, VFS_FOLLOW, &node);

	if (ret)
		return ret;
	ret = vfs_setattr(node, which, attr);
	vfs_release(node);
	return ret;
}

static long do_chown(const struct op *op)
{
	struct vfs_attr attr = { .uid = op->x, .gid = op->y };

	return do_setattr(op->a, (op->x != ~0u ? VFS_SET_UID : 0) |
			  (op->y != ~0u ? VFS_SET_GID : 0), &attr);
}

/* As the core does truncate(2): a directory is refused before its permissions. */
static long do_truncate(const struct op *op)
{
	struct vfs_attr attr = { .size = op->x }, found;
	long ret = vfs_stat(VFS_ROOT, cwd, op->a, VFS_FOLLOW, &found);

	if (ret)
		return ret;
	if (!S_ISREG(found.mode))
		return S_ISDIR(found.mode) ? -EISDIR : -EINVAL;
	ret = vfs_access(VFS_ROOT, cwd, op->a, W_OK, VFS_FOLLOW | VFS_EFFECTIVE);
	return ret ? ret : do_setattr(op->a, VFS_SET_SIZE, &attr);
}

static long do_touch(const struct op *op)
{
	struct vfs_attr attr = { .mtime_ns = 1, .atime_ns = 1 };

	return do_setattr(op->a, VFS_SET_MTIME | VFS_SET_ATIME, &attr);
}

static long do_cd(const struct op *op)
{
	struct vfs_attr attr;
	u64 node;
	long ret = vfs_lookup(VFS_ROOT, cwd, op->a, VFS_FOLLOW, &node);

	if (ret)
		return ret;
	ret = vfs_getattr(node, &attr);
	if (!ret && !S_ISDIR(attr.mode))
		ret = -ENOTDIR;
	if (!ret)
		ret = vfs_access(VFS_ROOT, node, ".", X_OK, VFS_FOLLOW | VFS_EFFECTIVE);
	vfs_release(ret ? node : cwd);
	if (!ret)
		cwd = node;
	return ret;
}

static void kernel_run(const struct op *op, char result[RESULT_MAX])
{
	struct vfs_attr attr = { .mode = op->x };
	long ret = 0;

	result[0] = 0;
	switch (op->kind) {
	case OP_MKDIR:
		ret = vfs_mknod(VFS_ROOT, cwd, op->a, S_IFDIR | op->x, 0);
		break;
	case OP_RMDIR:
		ret = vfs_remove(VFS_ROOT, cwd, op->a, VFS_REMOVE_DIR);
		break;
	case OP_MKNOD:
		ret = vfs_mknod(VFS_ROOT, cwd, op->a, op->x, 0x103);
		break;
	case OP_OPEN:
		ret = do_open(op);
		break;
	case OP_UNLINK:
		ret = vfs_remove(VFS_ROOT, cwd, op->a, 0);
		break;
	case OP_SYMLINK:
		ret = vfs_symlink(VFS_ROOT, cwd, op->a, op->b);
		break;
	case OP_LINK:
		ret = do_link(op);
		break;
	case OP_RENAME:
		ret = vfs_rename(VFS_ROOT, cwd, op->a, cwd, op->b, op->x);
		break;
	case OP_STAT:
	case OP_LSTAT:
		ret = vfs_stat(VFS_ROOT, cwd, op->a,
			       op->kind == OP_STAT ? VFS_FOLLOW : 0, &attr);
		if (!ret)
			put_attr(result, &attr);
		break;
	case OP_CHMOD:
		ret = do_setattr(op->a, VFS_SET_MODE, &attr);
		break;
	case OP_CHOWN:
		ret = do_chown(op);
		break;
	case OP_ACCESS:
		ret = vfs_access(VFS_ROOT, cwd, op->a, op->x, VFS_FOLLOW | VFS_EFFECTIVE);
		break;
	case OP_READLINK:
		ret = vfs_readlink(VFS_ROOT, cwd, op->a, result, RESULT_MAX - 1);
		if (ret >= 0)
			result[ret] = 0;
		break;
	case OP_LIST:
		list(result, op->a);
		return;
	case OP_CD:
		ret = do_cd(op);
		break;
	case OP_GETCWD:
		ret = vfs_path(VFS_ROOT, cwd, result, RESULT_MAX - 1);
		if (ret >= 0)
			result[ret] = 0;
		break;
	case OP_AS:
		become(op->x, op->y, op->a);
		return;
	case OP_UMASK:
		shim_context()->umask = op->x;
		return;
	case OP_TRUNCATE:
		ret = do_truncate(op);
		break;
	case OP_TOUCH:
		ret = do_touch(op);
		break;
	case OP_KINDS:
		break;
	}
	if (!result[0] || ret < 0)
		put_error(result, ret);
}

static void op_print(const struct op *op)
{
	static const char *const names[OP_KINDS] = {
		"mkdir", "rmdir", "mknod", "open", "unlink", "symlink", "link",
		"rename", "stat", "lstat", "chmod", "chown", "access", "readlink",
		"list", "cd", "getcwd", "as", "umask", "truncate", "touch",
	};

	printf("#   %s %s %s %o %o\n", names[op->kind], op->a ? op->a : "-",
	       op->b ? op->b : "-", op->x, op->y);
}

/* Does `count` operations twice; the number of the first that differs, or -1. */
static int differ(const struct op *ops, int count)
{
	static char ours[RESULT_MAX], theirs[RESULT_MAX];

	for (int i = 0; i < count; i++) {
		kernel_run(&ops[i], ours);
		linux_run(&ops[i], theirs);
		if (!strcmp(ours, theirs))
			continue;
		printf("# vfs says \"%.200s\", Linux \"%.200s\" to the last of\n", ours,
		       theirs);
		for (int k = 0; k <= i; k++)
			op_print(&ops[k]);
		return i;
	}
	return -1;
}

static int start(void **state)
{
	shim_clear();
	shim_archive_set(NULL, 0);
	cwd = VFS_ROOT;
	become(0, 0, NULL);
	shim_context()->umask = 022;
	assert_int_equal(shim_start_all(), 0);
	assert_int_equal(vfs_mount(VFS_ROOT, 0, "rootfs", "rootfs", 0, ""), 0);
	if (linux_there)
		linux_clear();
	return 0;
}

/* What is left out in the table is 0. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

/* ---- the table --------------------------------------------------------- */

#define LONG_50 "01234567890123456789012345678901234567890123456789"
#define NAME_255 LONG_50 LONG_50 LONG_50 LONG_50 LONG_50 "abcde"
#define NAME_256 NAME_255 "f"

struct path_case {
	const char *name;
	struct op op[20];
};

#define CREATE (O_CREAT | O_WRONLY)

static const struct path_case cases[] = {
	{ "empty paths", {
		{ OP_STAT, "" }, { OP_OPEN, "", .x = CREATE, .y = 0644 },
		{ OP_MKDIR, "", .x = 0755 }, { OP_UNLINK, "" }, { OP_RMDIR, "" },
		{ OP_SYMLINK, "s", "" }, { OP_SYMLINK, "", "x" },
		{ OP_RENAME, "", "x" }, { OP_READLINK, "" }, { OP_ACCESS, "" } } },
	{ "dots and slashes", {
		{ OP_MKDIR, "d", .x = 0755 }, { OP_STAT, "d/." }, { OP_STAT, "./d//" },
		{ OP_STAT, "d/.." }, { OP_STAT, "d/../d/../d" }, { OP_STAT, "//d///." },
		{ OP_STAT, "/.." }, { OP_STAT, "/../../d" }, { OP_STAT, "..." },
		{ OP_MKDIR, "...", .x = 0700 }, { OP_STAT, "..." }, { OP_STAT, ".../.." } } },
	{ "a file is no directory", {
		{ OP_OPEN, "f", .x = CREATE, .y = 0644 }, { OP_STAT, "f/" },
		{ OP_STAT, "f/." }, { OP_STAT, "f/.." }, { OP_STAT, "f/x" },
		{ OP_OPEN, "f/x", .x = CREATE, .y = 0644 }, { OP_MKDIR, "f/x", .x = 0755 },
		{ OP_UNLINK, "f/" }, { OP_RMDIR, "f/" }, { OP_RMDIR, "f" },
		{ OP_RENAME, "f/", "g" }, { OP_RENAME, "f", "g/" }, { OP_STAT, "f" } } },
	{ "making with a slash behind", {
		{ OP_MKDIR, "d/", .x = 0755 }, { OP_MKDIR, "d/", .x = 0755 },
		{ OP_OPEN, "f/", .x = CREATE, .y = 0644 },
		{ OP_MKNOD, "f/", .x = S_IFREG | 0644 }, { OP_SYMLINK, "s/", "d" },
		{ OP_LINK, "d", "x/" }, { OP_OPEN, "d/", .x = CREATE, .y = 0644 },
		{ OP_MKNOD, "d/", .x = S_IFREG | 0644 }, { OP_LIST, "." } } },
	{ "making what is there", {
		{ OP_MKDIR, "d", .x = 0755 }, { OP_MKDIR, "d", .x = 0755 },
		{ OP_MKDIR, ".", .x = 0755 }, { OP_MKDIR, "..", .x = 0755 },
		{ OP_MKDIR, "/", .x = 0755 }, { OP_MKDIR, "d/.", .x = 0755 },
		{ OP_SYMLINK, "d", "x" }, { OP_MKNOD, "d", .x = S_IFIFO | 0644 },
		{ OP_OPEN, "d", .x = CREATE, .y = 0644 },
		{ OP_OPEN, "d", .x = CREATE | O_EXCL, .y = 0644 },
		{ OP_OPEN, ".", .x = CREATE, .y = 0644 },
		{ OP_OPEN, "/", .x = CREATE, .y = 0644 },
		{ OP_OPEN, "d/..", .x = O_CREAT, .y = 0644 } } },
	{ "removing what can't be", {
		{ OP_MKDIR, "d", .x = 0755 }, { OP_MKDIR, "d/e", .x = 0755 },
		{ OP_RMDIR, "d" }, { OP_RMDIR, "d/." }, { OP_RMDIR, "d/.." },
		{ OP_RMDIR, "." }, { OP_RMDIR, "/" }, { OP_RMDIR, ".." },
		{ OP_UNLINK, "d" }, { OP_UNLINK, "d/" }, { OP_UNLINK, "." },
		{ OP_UNLINK, "/" }, { OP_UNLINK, "x" }, { OP_UNLINK, "x/" },
		{ OP_RMDIR, "x" }, { OP_RMDIR, "d/e/" }, { OP_RMDIR, "d" },
		{ OP_STAT, "d" } } },
	{ "symbolic links", {
		{ OP_MKDIR, "d", .x = 0755 }, { OP_OPEN, "d/f", .x = CREATE, .y = 0644 },
		{ OP_SYMLINK, "s", "d" }, { OP_STAT, "s" }, { OP_LSTAT, "s" },
		{ OP_LSTAT, "s/" }, { OP_STAT, "s/f" }, { OP_READLINK, "s" },
		{ OP_READLINK, "s/" }, { OP_SYMLINK, "d/up", "../s/f" },
		{ OP_STAT, "d/up" }, { OP_SYMLINK, "abs", "/d/f" }, { OP_STAT, "abs" },
		{ OP_STAT, "abs/" }, { OP_SYMLINK, "slash", "d/f/" },
		{ OP_STAT, "slash" }, { OP_SYMLINK, "dots", "d/.." },
		{ OP_STAT, "dots/d" }, { OP_READLINK, "d" }, { OP_RMDIR, "s" } } },
	{ "links in circles", {
		{ OP_SYMLINK, "a", "b" }, { OP_SYMLINK, "b", "a" }, { OP_STAT, "a" },
		{ OP_LSTAT, "a" }, { OP_LSTAT, "a/" }, { OP_SYMLINK, "self", "self/x" },
		{ OP_STAT, "self" }, { OP_OPEN, "a", .x = CREATE, .y = 0644 },
		{ OP_OPEN, "a", .x = CREATE | O_EXCL, .y = 0644 }, { OP_UNLINK, "a" },
		{ OP_OPEN, "b", .x = CREATE, .y = 0644 }, { OP_STAT, "a" } } },
	{ "links that lead nowhere", {
		{ OP_SYMLINK, "s", "none" }, { OP_STAT, "s" }, { OP_OPEN, "s" },
		{ OP_OPEN, "s", .x = O_NOFOLLOW }, { OP_MKDIR, "s", .x = 0755 },
		{ OP_OPEN, "s", .x = CREATE | O_EXCL, .y = 0644 },
		{ OP_OPEN, "s", .x = CREATE | O_NOFOLLOW, .y = 0644 },
		{ OP_OPEN, "s/", .x = CREATE, .y = 0644 },
		{ OP_OPEN, "s", .x = CREATE, .y = 0644 }, { OP_STAT, "none" },
		{ OP_SYMLINK, "t", "no/ne" }, { OP_OPEN, "t", .x = CREATE, .y = 0644 },
		{ OP_MKDIR, "t/", .x = 0755 }, { OP_UNLINK, "s/" }, { OP_RMDIR, "s/" } } },
	{ "open flags", {
		{ OP_MKDIR, "d", .x = 0755 }, { OP_OPEN, "f", .x = CREATE, .y = 0644 },
		{ OP_SYMLINK, "s", "f" }, { OP_OPEN, "d", .x = O_WRONLY },
		{ OP_OPEN, "d", .x = O_RDWR }, { OP_OPEN, "d", .x = O_TRUNC },
		{ OP_OPEN, "f", .x = O_DIRECTORY }, { OP_OPEN, "d", .x = O_DIRECTORY },
		{ OP_OPEN, "s", .x = O_NOFOLLOW }, { OP_OPEN, "s", .x = O_NOFOLLOW | O_PATH },
		{ OP_OPEN, "s", .x = O_NOFOLLOW | O_DIRECTORY },
		{ OP_OPEN, "s", .x = O_DIRECTORY }, { OP_OPEN, "f", .x = CREATE | O_EXCL },
		{ OP_OPEN, "f", .x = O_EXCL }, { OP_OPEN, "none", .x = O_PATH },
		{ OP_OPEN, "f/", .x = O_PATH } } },
	{ "truncating", {
		{ OP_OPEN, "f", .x = CREATE, .y = 0644 }, { OP_TRUNCATE, "f", .x = 1000 },
		{ OP_STAT, "f" }, { OP_OPEN, "f", .x = O_RDONLY | O_TRUNC },
		{ OP_STAT, "f" }, { OP_TRUNCATE, "f", .x = 10 }, { OP_TRUNCATE, ".", .x = 1 },
		{ OP_OPEN, "f", .x = CREATE, .y = 0644 }, { OP_STAT, "f" },
		{ OP_OPEN, "f", .x = CREATE | O_TRUNC, .y = 0600 }, { OP_STAT, "f" },
		{ OP_MKNOD, "p", .x = S_IFIFO | 0644 }, { OP_TRUNCATE, "p", .x = 1 } } },
	{ "long names", {
		{ OP_MKDIR, NAME_255, .x = 0755 }, { OP_STAT, NAME_255 },
		{ OP_STAT, NAME_256 }, { OP_MKDIR, NAME_256, .x = 0755 },
		{ OP_STAT, NAME_256 "/x" }, { OP_SYMLINK, "s", NAME_256 },
		{ OP_STAT, "s" }, { OP_RENAME, NAME_255, NAME_256 },
		{ OP_MKDIR, NAME_255 "/" NAME_255, .x = 0755 },
		{ OP_LIST, NAME_255 }, { OP_CD, NAME_255 }, { OP_GETCWD } } },
	{ "hard links", {
		{ OP_OPEN, "f", .x = CREATE, .y = 0644 }, { OP_LINK, "f", "g" },
		{ OP_STAT, "g" }, { OP_LINK, "f", "g" }, { OP_MKDIR, "d", .x = 0755 },
		{ OP_LINK, "d", "e" }, { OP_LINK, "none", "x" }, { OP_LINK, "f", "d" },
		{ OP_LINK, "f", "d/h" }, { OP_STAT, "f" }, { OP_CHMOD, "g", .x = 0600 },
		{ OP_STAT, "d/h" }, { OP_UNLINK, "f" }, { OP_STAT, "g" },
		{ OP_RENAME, "g", "d/h" }, { OP_LIST, "." }, { OP_SYMLINK, "s", "g" },
		{ OP_LINK, "s", "t" }, { OP_LSTAT, "t" }, { OP_LINK, "s", "u", .x = 1 } } },
	{ "renames", {
		{ OP_MKDIR, "a", .x = 0755 }, { OP_MKDIR, "a/b", .x = 0755 },
		{ OP_MKDIR, "c", .x = 0755 }, { OP_OPEN, "f", .x = CREATE, .y = 0644 },
		{ OP_OPEN, "g", .x = CREATE, .y = 0600 }, { OP_RENAME, "a", "a/x" },
		{ OP_RENAME, "a", "a/b/x" }, { OP_RENAME, "a/b", "a" },
		{ OP_RENAME, "c", "a" }, { OP_RENAME, "a", "c" }, { OP_STAT, "c/b" },
		{ OP_RENAME, "f", "c" }, { OP_RENAME, "c", "f" }, { OP_RENAME, "f", "f" },
		{ OP_RENAME, "f", "g", .x = RENAME_NOREPLACE_FLAG },
		{ OP_RENAME, "f", "g" }, { OP_STAT, "g" }, { OP_RENAME, "c/b", "b/" },
		{ OP_LIST, "c" }, { OP_LIST, "." } } },
	{ "renames of dots and roots", {
		{ OP_MKDIR, "d", .x = 0755 }, { OP_OPEN, "f", .x = CREATE, .y = 0644 },
		{ OP_RENAME, ".", "x" }, { OP_RENAME, "d/.", "x" }, { OP_RENAME, "/", "x" },
		{ OP_RENAME, "d/..", "x" }, { OP_RENAME, "f", "." },
		{ OP_RENAME, "f", "d/.." }, { OP_RENAME, "f", "/" },
		{ OP_RENAME, "f", ".", .x = RENAME_NOREPLACE_FLAG },
		{ OP_RENAME, "none", "x" }, { OP_RENAME, "f", "no/x" },
		{ OP_RENAME, "none", "no/x" }, { OP_RENAME, "f", "x", .x = 8 },
		{ OP_RENAME, "f", "f/x" }, { OP_RENAME, "d", "f" }, { OP_RENAME, "f", "d" } } },
	{ "where a directory is after it moved", {
		{ OP_MKDIR, "a", .x = 0755 }, { OP_MKDIR, "a/b", .x = 0755 },
		{ OP_MKDIR, "a/b/c", .x = 0755 }, { OP_MKDIR, "z", .x = 0755 },
		{ OP_CD, "a/b/c" }, { OP_GETCWD }, { OP_RENAME, "/a/b", "/z/y" },
		{ OP_GETCWD }, { OP_STAT, ".." }, { OP_STAT, "../../y" }, { OP_CD, ".." },
		{ OP_GETCWD }, { OP_CD, "../.." }, { OP_GETCWD }, { OP_CD, "z/y/c" },
		{ OP_RMDIR, "/z/y/c" }, { OP_GETCWD }, { OP_STAT, "." },
		{ OP_MKDIR, "x", .x = 0755 }, { OP_CD, "/" } } },
	{ "permissions of a file", {
		{ OP_OPEN, "f", .x = CREATE, .y = 0640 }, { OP_CHOWN, "f", .x = 1000, .y = 100 },
		{ OP_AS, .x = 1000, .y = 1000 }, { OP_OPEN, "f", .x = O_RDWR },
		{ OP_ACCESS, "f", .x = X_OK }, { OP_AS, .x = 1001, .y = 100 },
		{ OP_OPEN, "f" }, { OP_OPEN, "f", .x = O_WRONLY },
		{ OP_OPEN, "f", .x = O_TRUNC }, { OP_AS, .x = 1001, .y = 1001 },
		{ OP_OPEN, "f" }, { OP_AS, "5,100", .x = 1001, .y = 1001 },
		{ OP_OPEN, "f" }, { OP_ACCESS, "f", .x = W_OK }, { OP_AS },
		{ OP_OPEN, "f", .x = O_RDWR }, { OP_ACCESS, "f", .x = X_OK },
		{ OP_CHMOD, "f", .x = 0001 }, { OP_ACCESS, "f", .x = R_OK | W_OK | X_OK } } },
	{ "permissions of directories", {
		{ OP_MKDIR, "d", .x = 0755 }, { OP_MKDIR, "d/e", .x = 0755 },
		{ OP_OPEN, "d/e/f", .x = CREATE, .y = 0666 }, { OP_CHMOD, "d/e", .x = 0700 },
		{ OP_AS, .x = 1000, .y = 1000 }, { OP_STAT, "d/e/f" }, { OP_STAT, "d/e" },
		{ OP_STAT, "d/e/" }, { OP_STAT, "d/e/." }, { OP_STAT, "d/e/.." },
		{ OP_STAT, "d/e/none" }, { OP_LIST, "d/e" }, { OP_OPEN, "d/x", .x = CREATE },
		{ OP_MKDIR, "d/x", .x = 0755 }, { OP_MKDIR, "d/e", .x = 0755 },
		{ OP_RMDIR, "d/e" }, { OP_RENAME, "d/e", "d/x" }, { OP_CD, "d/e" },
		{ OP_CD, "d" }, { OP_SYMLINK, "x", "y" } } },
	{ "the sticky bit", {
		{ OP_MKDIR, "t", .x = 0777 }, { OP_CHMOD, "t", .x = 01777 },
		{ OP_AS, .x = 1000, .y = 1000 }, { OP_OPEN, "t/a", .x = CREATE, .y = 0666 },
		{ OP_MKDIR, "t/d", .x = 0777 }, { OP_AS, .x = 1001, .y = 1001 },
		{ OP_UNLINK, "t/a" }, { OP_RMDIR, "t/d" }, { OP_RENAME, "t/a", "t/b" },
		{ OP_OPEN, "t/c", .x = CREATE, .y = 0644 }, { OP_RENAME, "t/c", "t/a" },
		{ OP_UNLINK, "t/d" }, { OP_AS, .x = 1000, .y = 1000 }, { OP_UNLINK, "t/a" },
		{ OP_RMDIR, "t/d" }, { OP_AS }, { OP_UNLINK, "t/c" }, { OP_LIST, "t" } } },
	{ "chmod and chown", {
		{ OP_OPEN, "f", .x = CREATE, .y = 0644 }, { OP_CHOWN, "f", .x = 1000, .y = 100 },
		{ OP_AS, "100", .x = 1000, .y = 1000 }, { OP_CHMOD, "f", .x = 06755 },
		{ OP_STAT, "f" }, { OP_CHOWN, "f", .x = ~0u, .y = 1000 }, { OP_STAT, "f" },
		{ OP_CHOWN, "f", .x = 1001, .y = ~0u }, { OP_CHOWN, "f", .x = ~0u, .y = 55 },
		{ OP_CHOWN, "f", .x = 1000, .y = ~0u }, { OP_AS, .x = 1001, .y = 1001 },
		{ OP_CHMOD, "f", .x = 0777 }, { OP_TOUCH, "f" }, { OP_AS },
		{ OP_CHMOD, "f", .x = 02666 }, { OP_CHOWN, "f", .x = 7, .y = 8 },
		{ OP_STAT, "f" }, { OP_CHMOD, "f", .x = 06777 },
		{ OP_CHOWN, "f", .x = 9, .y = ~0u }, { OP_STAT, "f" } } },
	{ "set-group-id directories", {
		{ OP_MKDIR, "d", .x = 0777 }, { OP_CHOWN, "d", .x = 0, .y = 50 },
		{ OP_CHMOD, "d", .x = 02777 }, { OP_AS, .x = 1000, .y = 1000 },
		{ OP_OPEN, "d/f", .x = CREATE, .y = 0644 }, { OP_STAT, "d/f" },
		{ OP_MKDIR, "d/e", .x = 0755 }, { OP_STAT, "d/e" },
		{ OP_SYMLINK, "d/s", "x" }, { OP_LSTAT, "d/s" },
		{ OP_CHMOD, "d/f", .x = 02755 }, { OP_STAT, "d/f" } } },
	{ "umask and special bits", {
		{ OP_UMASK, .x = 077 }, { OP_MKDIR, "d", .x = 07777 }, { OP_STAT, "d" },
		{ OP_OPEN, "f", .x = CREATE, .y = 07777 }, { OP_STAT, "f" },
		{ OP_UMASK, .x = 0 }, { OP_MKNOD, "p", .x = S_IFIFO | 0622 },
		{ OP_STAT, "p" }, { OP_MKNOD, "s", .x = S_IFSOCK | 0777 }, { OP_STAT, "s" },
		{ OP_OPEN, "s" }, { OP_MKNOD, "m", .x = 0644 }, { OP_STAT, "m" },
		{ OP_MKNOD, "d2", .x = 0300755 },
		{ OP_OPEN, "p", .x = O_WRONLY | O_NONBLOCK }, { OP_SYMLINK, "l", "x" },
		{ OP_LSTAT, "l" } } },
	{ "nodes for root alone", {
		{ OP_CHMOD, ".", .x = 0777 }, { OP_AS, .x = 1000, .y = 1000 },
		{ OP_MKNOD, "c", .x = S_IFCHR | 0666 }, { OP_MKNOD, "p", .x = S_IFIFO | 0666 },
		{ OP_MKNOD, "p", .x = S_IFCHR | 0666 }, { OP_AS },
		{ OP_MKNOD, "c", .x = S_IFCHR | 0666 }, { OP_STAT, "c" } } },
	{ "renames need rights", {
		{ OP_MKDIR, "a", .x = 0777 }, { OP_MKDIR, "b", .x = 0777 },
		{ OP_CHMOD, "a", .x = 0777 }, { OP_CHMOD, "b", .x = 0777 },
		{ OP_MKDIR, "a/d", .x = 0755 }, { OP_OPEN, "a/f", .x = CREATE, .y = 0600 },
		{ OP_AS, .x = 1000, .y = 1000 }, { OP_RENAME, "a/d", "b/d" },
		{ OP_RENAME, "a/d", "a/e" }, { OP_RENAME, "a/f", "b/f" }, { OP_AS },
		{ OP_CHMOD, "b", .x = 0755 }, { OP_AS, .x = 1000, .y = 1000 },
		{ OP_RENAME, "b/f", "a/f" }, { OP_RENAME, "a/e", "b/e" },
		{ OP_LINK, "a/none", "b/x" }, { OP_LIST, "a" }, { OP_LIST, "b" } } },
};

static void test_cases_as_linux(void **state)
{
	int bad = 0;

	if (!linux_there)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int count = 0;

		start(NULL);
		for (const struct op *op = cases[i].op;
		     count < (int)ARRAY_SIZE(cases[i].op) &&
		     (op->a || op->kind); op++)
			count++;
		if (differ(cases[i].op, count) >= 0) {
			printf("# in case \"%s\"\n", cases[i].name);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

/* ---- random sequences --------------------------------------------------- */

static const char *random_path(struct random *r)
{
	static const char *const parts[] = {
		"a", "b", "c", "a", "b", "s", "t", ".", "..", "", "a", "b",
	};
	static char ring[64][32];
	static u32 next;
	char *p = ring[next++ % 64];
	u32 n = 1 + random_below(r, 3);

	p[0] = 0;
	if (!random_below(r, 8))
		strcat(p, "/");
	for (u32 i = 0; i < n; i++) {
		if (i)
			strcat(p, "/");
		strcat(p, parts[random_below(r, ARRAY_SIZE(parts))]);
	}
	if (!random_below(r, 10))
		strcat(p, "/");
	return p;
}

static u32 random_flags(struct random *r)
{
	static const u32 flags[] = {
		O_CREAT, O_EXCL, O_TRUNC, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_CREAT,
	};
	u32 result = random_below(r, 3);

	for (u32 i = random_below(r, 3); i; i--)
		result |= flags[random_below(r, ARRAY_SIZE(flags))];
	/* Newer kernels refuse what older ones took. */
	if (result & O_CREAT)
		result &= ~(u32)O_DIRECTORY;
	return result;
}

static struct op random_op(struct random *r, u32 *uid)
{
	static const u32 modes[] = { 0777, 0755, 0700, 0644, 0600, 0711, 01777, 02775, 0 };
	static const u32 ids[] = { 0, 1000, 1001 };
	struct op op = { .kind = random_below(r, OP_TRUNCATE + 1) };

	/*
	 * The working directory stays: Linux keeps removed ones alive. Links
	 * of others' files depend on a setting of the host.
	 */
	if (op.kind == OP_CD || (op.kind == OP_LINK && *uid) ||
	    op.kind == OP_UMASK || op.kind == OP_GETCWD)
		op.kind = OP_LIST;
	op.a = random_path(r);
	op.b = random_path(r);
	op.x = modes[random_below(r, ARRAY_SIZE(modes))];
	switch (op.kind) {
	case OP_OPEN:
		op.y = op.x;
		op.x = random_flags(r);
		break;
	case OP_RENAME:
		op.x = random_below(r, 4) ? 0 : 1;
		break;
	case OP_LINK:
		op.x = random_below(r, 2);
		break;
	case OP_MKNOD:
		op.x |= S_IFREG;
		break;
	case OP_CHOWN:
		op.x = ids[random_below(r, 3)];
		op.y = ids[random_below(r, 3)];
		break;
	case OP_ACCESS:
		op.x &= 7;
		break;
	case OP_AS:
		op.a = NULL;
		op.x = random_below(r, 3) ? 0 : ids[random_below(r, 3)];
		op.y = *uid = op.x;
		break;
	default:
		break;
	}
	return op;
}

#define SEQUENCE 60

static void test_random_as_linux(void **state)
{
	u64 seed = env_number("SEED", 1), rounds = env_runs("ROUNDS", 600);
	struct op ops[SEQUENCE];
	char paths[2 * SEQUENCE][32];
	int bad = 0;

	if (!linux_there)
		skip();
	for (u64 round = 0; round < rounds && bad < 3; round++) {
		struct random r = { seed + round };
		u32 uid = 0;

		start(NULL);
		for (u32 i = 0; i < SEQUENCE; i++) {
			ops[i] = random_op(&r, &uid);
			if (ops[i].a)
				ops[i].a = strcpy(paths[2 * i], ops[i].a);
			ops[i].b = strcpy(paths[2 * i + 1], ops[i].b);
		}
		if (differ(ops, SEQUENCE) >= 0) {
			printf("# SEED=%llu\n", (unsigned long long)(seed + round));
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_cases_as_linux, start),
		cmocka_unit_test_setup(test_random_as_linux, start),
	};
	int failed;

	linux_there = linux_begin();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	linux_end();
	return failed;
}
