/* SPDX-License-Identifier: MIT */
/* Resets of vfs, ramfs and devfs: also at every point of an operation; and what is lost. */
#include "fs_ops.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
