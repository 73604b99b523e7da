/* SPDX-License-Identifier: MIT */
/*
 * slab in the running system: the core's arena, the modules' books, and (where
 * modules can be reset) both after a reset of slab. The allocator's own tests
 * are tests/host/slab_test.c.
 */
#include <arena.h>
#include <boundary.h>
#include <errno.h>
#include <ktest.h>
#include <modules.h>
#include <slab.h>
#include <string.h>
#include <vfs.h>
#include <whitix/stat.h>

#define OBJECTS 100

static struct {
	u8 *data;
	size_t size;
} object[OBJECTS];

static bool objects_hold(void)
{
	for (u32 i = 0; i < OBJECTS; i++)
		for (size_t j = 0; j < object[i].size; j++)
			if (object[i].data[j] != (u8)i)
				return false;
	return true;
}

static void objects_free(u32 step)
{
	for (u32 i = 0; i < OBJECTS; i += step) {
		arena_free(object[i].data, object[i].size);
		object[i].data = NULL;
		object[i].size = 0;
	}
}

/* Sizes from a byte to 64 KiB; what was there is left alone. */
static void objects_make(void)
{
	for (u32 i = 0; i < OBJECTS; i++) {
		if (object[i].data)
			continue;
		object[i].size = MIN(1u << i % 17, 1 + i * 131u);
		object[i].data = arena_alloc(object[i].size);
		EXPECT_OR_RETURN(object[i].data != NULL);
		memset(object[i].data, (int)i, object[i].size);
	}
}

static u64 core_objects(void)
{
	struct slab_usage usage = { 0 };

	EXPECT(slab_usage_get(SLAB_OWNER_CORE, &usage) == 0);
	return usage.objects;
}

static void test_arena(void)
{
	u64 before = core_objects();

	EXPECT(arena_alloc(0) == NULL);
	EXPECT(arena_alloc(SLAB_OBJECT_MAX + 1) == NULL);
	objects_make();
	EXPECT(objects_hold());
	EXPECT(core_objects() == before + OBJECTS);
	objects_free(3);
	objects_make();
	EXPECT(objects_hold());
	objects_free(1);
	EXPECT(core_objects() == before);
}

static void test_refused(void)
{
	u64 offset = 0;

	EXPECT(slab_core_free(~0ull, 1, &offset, sizeof(offset)) == -EINVAL);
	EXPECT(slab_core_alloc(~0ull, 64, 0, &offset, sizeof(offset)) == -EINVAL);
	EXPECT(slab_core_grow(1, 1) == -EINVAL);
	EXPECT(slab_size(SLAB_OWNERS, 0) == -EINVAL);
}

/* Every module that allocates is on the books; none has pages without. */
static void test_books(void)
{
	struct slab_usage usage;
	u64 objects = 0;

	for (u32 id = 1; id < SLAB_OWNERS; id++) {
		EXPECT(slab_usage_get(id, &usage) == 0);
		EXPECT(usage.bytes <= usage.pages * PAGE_SIZE);
		objects += usage.objects;
	}
	EXPECT(objects > 0);
}

static long make_dir(const char *name)
{
	return vfs_mknod(VFS_ROOT, VFS_ROOT, name, S_IFDIR | 0755, 0);
}

static void test_reset(void)
{
	static struct slab_usage before[SLAB_OWNERS], after;
	struct module *slab = module_by_name("slab");
	u32 epoch;

	if (!boundary_counts() || !slab || strcmp(boundary_layout(), "hybrid")) {
		ktest_skip("modules are not reset in this layout");
		return;
	}
	EXPECT(make_dir("/slab-test") == 0);
	objects_make();
	for (u32 id = 0; id < SLAB_OWNERS; id++)
		EXPECT(slab_usage_get(id, &before[id]) == 0);
	epoch = slab->epoch;
	module_fault(slab, REASON_INJECTED, NULL, "a test asked for a reset");
	for (u32 id = 0; id < SLAB_OWNERS; id++) {
		EXPECT(slab_usage_get(id, &after) == 0);
		EXPECT(!memcmp(&after, &before[id], sizeof(after)));
	}
	EXPECT(slab->epoch == epoch + 1 && slab->state == MODULE_LIVE);
	EXPECT(objects_hold());
	objects_free(2);
	objects_make();
	EXPECT(objects_hold());
	objects_free(1);
	EXPECT(make_dir("/slab-test") == -EEXIST);
	EXPECT(vfs_remove(VFS_ROOT, VFS_ROOT, "/slab-test", VFS_REMOVE_DIR) == 0);
}

const struct ktest slab_tests[] = {
	{ "the arena", test_arena },
	{ "wrong calls are refused", test_refused },
	{ "the books", test_books },
	{ "slab is reset", test_reset },
	{ 0 },
};
