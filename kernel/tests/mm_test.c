/* SPDX-License-Identifier: MIT */
/*
 * Page objects and address spaces: holes, sizes, copies; mapping, splitting,
 * copy on write, and that every page is given back.
 */
#include <errno.h>
#include <frame.h>
#include <ktest.h>
#include <mm.h>
#include <pageobj.h>
#include <string.h>
#include <whitix/mman.h>

#define RW (PROT_READ | PROT_WRITE)
#define BASE 0x10000000ul

static u8 buffer[3 * PAGE_SIZE];

static void test_object_bytes(void)
{
	struct pageobj *obj = pageobj_new();
	u64 far = 5000 * PAGE_SIZE;

	EXPECT_OR_RETURN(obj);
	memset(buffer, 7, sizeof(buffer));
	EXPECT(pageobj_write_core(obj, 100, buffer, 2 * PAGE_SIZE) == 2 * PAGE_SIZE);
	EXPECT(obj->size == 100 + 2 * PAGE_SIZE);
	EXPECT(obj->npages == 3);
	EXPECT(pageobj_read_core(obj, 0, buffer, sizeof(buffer)) == (long)obj->size);
	EXPECT(buffer[99] == 0 && buffer[100] == 7);
	EXPECT(pageobj_write_core(obj, far, "x", 1) == 1);
	EXPECT(obj->npages == 4);
	EXPECT(pageobj_read_core(obj, far - 2, buffer, 8) == 3);
	EXPECT(buffer[0] == 0 && buffer[1] == 0 && buffer[2] == 'x');
	EXPECT(pageobj_read_core(obj, far + 1, buffer, 8) == 0);
	EXPECT(pageobj_write_core(obj, PAGEOBJ_SIZE_MAX, "x", 1) == -EFBIG);
	pageobj_put(obj);
}

/* What was cut off reads as zeroes when the object grows again. */
static void test_object_cut(void)
{
	struct pageobj *obj = pageobj_new();

	EXPECT_OR_RETURN(obj);
	memset(buffer, 9, sizeof(buffer));
	pageobj_write_core(obj, 0, buffer, sizeof(buffer));
	EXPECT(pageobj_set_size(obj, PAGE_SIZE + 10) == 0);
	EXPECT(obj->npages == 2);
	EXPECT(pageobj_set_size(obj, sizeof(buffer)) == 0);
	EXPECT(pageobj_read_core(obj, PAGE_SIZE, buffer, 20) == 20);
	EXPECT(buffer[9] == 9 && buffer[10] == 0);
	pageobj_put(obj);
}

static void test_object_gives_back(void)
{
	u64 before = frame_free_count(), i;
	struct pageobj *obj = pageobj_new();

	EXPECT_OR_RETURN(obj);
	for (i = 0; i < 200; i++)
		pageobj_write_core(obj, i * i * PAGE_SIZE, &i, sizeof(i));
	EXPECT(obj->npages == 200);
	pageobj_set_size(obj, 0);
	EXPECT(obj->npages == 0);
	pageobj_put(obj);
	EXPECT(frame_free_count() + 2 >= before);
}

static void test_space_split_and_join(void)
{
	struct mm *mm = mm_new();
	u32 i;

	EXPECT_OR_RETURN(mm);
	EXPECT(mm_map(mm, BASE, 8 * PAGE_SIZE, RW, MAP_FIXED, 0, NULL, 0) == BASE);
	EXPECT(mm->nvmas == 1);
	EXPECT(mm_unmap(mm, BASE + 2 * PAGE_SIZE, PAGE_SIZE) == 0);
	EXPECT(mm->nvmas == 2 && mm->mapped == 7);
	EXPECT(mm_map(mm, BASE + 2 * PAGE_SIZE, PAGE_SIZE, RW, MAP_FIXED_NOREPLACE, 0,
		      NULL, 0) > 0);
	EXPECT(mm->nvmas == 1 && mm->mapped == 8);
	EXPECT(mm_map(mm, BASE, PAGE_SIZE, RW, MAP_FIXED_NOREPLACE, 0, NULL, 0) == -EEXIST);
	EXPECT(mm_protect(mm, BASE + PAGE_SIZE, PAGE_SIZE, PROT_READ) == 0);
	EXPECT(mm->nvmas == 3);
	EXPECT(mm_protect(mm, BASE, 8 * PAGE_SIZE, RW) == 0);
	EXPECT(mm->nvmas == 1);
	EXPECT(mm_protect(mm, BASE, 9 * PAGE_SIZE, RW) == -ENOMEM);
	for (i = 0; i < 100; i++)
		EXPECT(mm_map(mm, 0, PAGE_SIZE, i & 1 ? RW : PROT_READ, 0, 0, NULL, 0) > 0);
	EXPECT(mm->nvmas == 101);
	EXPECT(mm_unmap(mm, 0x10000, USER_END - 0x10000) == 0);
	EXPECT(mm->nvmas == 0 && mm->mapped == 0);
	mm_put(mm);
}

static void test_space_copy_on_write(void)
{
	u64 before = frame_free_count();
	struct mm *mm = mm_new(), *child = NULL;
	char c = 'a';

	EXPECT_OR_RETURN(mm);
	mm_map(mm, BASE, 4 * PAGE_SIZE, RW, MAP_FIXED, 0, NULL, 0);
	EXPECT(mm_write(mm, BASE, &c, 1) == 0);
	EXPECT(mm_read(mm, BASE + PAGE_SIZE, &c, 1) == 1 && c == 0);
	child = mm_fork(mm);
	EXPECT(child);
	if (child) {
		EXPECT(child->resident == 2);
		c = 'b';
		EXPECT(mm_write(child, BASE, &c, 1) == 0);
		EXPECT(mm_read(mm, BASE, &c, 1) == 1 && c == 'a');
		EXPECT(mm_read(child, BASE, &c, 1) == 1 && c == 'b');
		EXPECT(mm_write(child, BASE + 4 * PAGE_SIZE, &c, 1) == -EFAULT);
	}
	mm_put(child);
	mm_put(mm);
	EXPECT(frame_free_count() + 2 >= before);
}

static void test_space_object(void)
{
	struct pageobj *obj = pageobj_new();
	struct mm *mm = mm_new();
	char c = 'z';

	if (obj && mm) {
		pageobj_write_core(obj, 0, "abc", 3);
		mm_map(mm, BASE, PAGE_SIZE, RW, MAP_FIXED, 0, obj, 0);
		mm_map(mm, BASE + PAGE_SIZE, 2 * PAGE_SIZE, RW, MAP_FIXED,
		       VMA_SHARED | VMA_MAYWRITE, obj, 0);
		EXPECT(mm_write(mm, BASE, &c, 1) == 0);
		EXPECT(pageobj_read_core(obj, 0, buffer, 1) == 1 && buffer[0] == 'a');
		EXPECT(mm_write(mm, BASE + PAGE_SIZE, &c, 1) == 0);
		EXPECT(pageobj_read_core(obj, 0, buffer, 1) == 1 && buffer[0] == 'z');
		EXPECT(mm_write(mm, BASE + 2 * PAGE_SIZE, &c, 1) == -EFAULT);
		EXPECT(pageobj_set_size(obj, 0) == 0);
		EXPECT(mm_read(mm, BASE + PAGE_SIZE, &c, 1) == 0);
	}
	EXPECT(obj && mm);
	mm_put(mm);
	EXPECT(!obj || (obj->refs == 1 && obj->mappings == 0));
	pageobj_put(obj);
}

static void test_space_remap(void)
{
	struct mm *mm = mm_new();
	char c = 'q';
	long at;

	EXPECT_OR_RETURN(mm);
	mm_map(mm, BASE, 2 * PAGE_SIZE, RW, MAP_FIXED, 0, NULL, 0);
	mm_map(mm, BASE + 2 * PAGE_SIZE, PAGE_SIZE, PROT_READ, MAP_FIXED, 0, NULL, 0);
	mm_write(mm, BASE + PAGE_SIZE, &c, 1);
	EXPECT(mm_remap(mm, BASE, 2 * PAGE_SIZE, 8 * PAGE_SIZE, 0, 0) == -ENOMEM);
	at = mm_remap(mm, BASE, 2 * PAGE_SIZE, 8 * PAGE_SIZE, MREMAP_MAYMOVE, 0);
	EXPECT(at > 0);
	c = 0;
	EXPECT(mm_read(mm, at + PAGE_SIZE, &c, 1) == 1 && c == 'q');
	EXPECT(mm->mapped == 9);
	EXPECT(mm_remap(mm, at, 8 * PAGE_SIZE, PAGE_SIZE, 0, 0) == at);
	EXPECT(mm->mapped == 2);
	mm_put(mm);
}

const struct ktest mm_tests[] = {
	{ "object_bytes", test_object_bytes },
	{ "object_cut", test_object_cut },
	{ "object_gives_back", test_object_gives_back },
	{ "space_split_and_join", test_space_split_and_join },
	{ "space_copy_on_write", test_space_copy_on_write },
	{ "space_object", test_space_object },
	{ "space_remap", test_space_remap },
	{ NULL, NULL },
};
