/* SPDX-License-Identifier: MIT */
/*
 * runtime/cpio.c: what it reads, what it refuses, and mutated archives: each entry
 * it gives must lie inside the input, and both ways of reading must agree.
 *
 * SEED=, ROUNDS= choose other or more mutations.
 */
#include "test.h"

#include <cpio.h>

#define ARCHIVE_MAX 65536

static u8 archive[ARCHIVE_MAX];
static size_t archive_len;

static void pad(size_t to)
{
	while (archive_len % to)
		archive[archive_len++] = 0;
}

static void entry_padded(u32 mode, const char *name, u32 name_size, const void *data,
			 u32 len)
{
	char header[CPIO_HEADER_SIZE + 1];

	snprintf(header, sizeof(header),
		 "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 1,
		 mode, 2, 3, 4, 5, len, 6, 7, 8, 9, name_size, 0);
	memcpy(archive + archive_len, header, CPIO_HEADER_SIZE);
	archive_len += CPIO_HEADER_SIZE;
	memset(archive + archive_len, 0, name_size);
	memcpy(archive + archive_len, name, MIN(strlen(name), name_size));
	archive_len += name_size;
	pad(4);
	memcpy(archive + archive_len, data, len);
	archive_len += len;
	pad(4);
}

static void entry(u32 mode, const char *name, const char *data)
{
	entry_padded(mode, name, (u32)strlen(name) + 1, data, (u32)strlen(data));
}

static int start(void **state)
{
	memset(archive, 0, sizeof(archive));
	archive_len = 0;
	return 0;
}

static void test_entries(void **state)
{
	struct cpio_reader r;
	struct cpio_entry e;

	entry(0100644, "file", "data");
	entry(0120777, "link", "target");
	entry(0, "TRAILER!!!", "");
	pad(512);
	entry(0100644, "second", "");
	entry(0, "TRAILER!!!", "");
	pad(512);
	cpio_open_memory(&r, archive, archive_len);
	assert_int_equal(cpio_next(&r, &e), 1);
	assert_string_equal(e.name, "file");
	assert_int_equal(e.mode, 0100644);
	assert_int_equal(e.uid, 2);
	assert_int_equal(e.gid, 3);
	assert_int_equal(e.nlink, 4);
	assert_int_equal(e.mtime, 5);
	assert_int_equal(e.dev_major, 6);
	assert_int_equal(e.dev_minor, 7);
	assert_int_equal(e.rdev_major, 8);
	assert_int_equal(e.rdev_minor, 9);
	assert_int_equal(e.size, 4);
	assert_memory_equal(archive + e.data_pos, "data", 4);
	assert_int_equal(e.archive, 0);
	assert_int_equal(cpio_next(&r, &e), 1);
	assert_memory_equal(e.target, "target", 6);
	assert_int_equal(cpio_next(&r, &e), 1);
	assert_string_equal(e.name, "second");
	assert_int_equal(e.archive, 1);
	assert_int_equal(cpio_next(&r, &e), 0);
	assert_int_equal(cpio_next(&r, &e), 0);
}

/* Data on a page's start: the name is padded with zeroes, even beyond a page. */
static void test_padded_name(void **state)
{
	struct cpio_reader r;
	struct cpio_entry e;
	u32 size = 4096 - CPIO_HEADER_SIZE;

	entry_padded(0100644, "padded", size, "data", 4);
	entry_padded(0100644, "more", 5000, "x", 1);
	entry_padded(0100644, "after", 6, "y", 1);
	cpio_open_memory(&r, archive, archive_len);
	assert_int_equal(cpio_next(&r, &e), 1);
	assert_string_equal(e.name, "padded");
	assert_int_equal(e.data_pos, 4096);
	assert_int_equal(cpio_next(&r, &e), 1);
	assert_string_equal(e.name, "more");
	assert_int_equal(cpio_next(&r, &e), 1);
	assert_string_equal(e.name, "after");
	assert_int_equal(cpio_next(&r, &e), 0);
}

static int first_of(const char *text, size_t len)
{
	struct cpio_reader r;
	struct cpio_entry e;

	cpio_open_memory(&r, text, len);
	return cpio_next(&r, &e);
}

static void test_refused(void **state)
{
	struct cpio_reader r;
	struct cpio_entry e;

	assert_int_equal(first_of("", 0), 0);
	assert_int_equal(first_of("\0\0\0\0\0", 5), 0);
	assert_int_equal(first_of("x", 1), -EINVAL);
	assert_int_equal(first_of("070701", 6), -EINVAL);
	assert_int_equal(first_of("070707", 6), -EINVAL);
	assert_int_equal(first_of("\x1f\x8b\x08\0", 4), -EOPNOTSUPP);
	assert_int_equal(first_of("\xfd" "7zXZ", 5), -EOPNOTSUPP);
	assert_int_equal(first_of("\x28\xb5\x2f\xfd", 4), -EOPNOTSUPP);
	entry(0100644, "file", "data");
	for (size_t len = 1; len < archive_len; len++)
		assert_true(first_of((char *)archive, len) == -EINVAL ||
			    len > archive_len - 4);
	archive[10] = 'g';
	assert_int_equal(first_of((char *)archive, archive_len), -EINVAL);
	start(state);
	entry_padded(0100644, "no end", 6, "", 0);
	assert_int_equal(first_of((char *)archive, archive_len), -EINVAL);
	start(state);
	entry_padded(0100644, "", 0, "", 0);
	assert_int_equal(first_of((char *)archive, archive_len), -EINVAL);
	start(state);
	entry(0120777, "link without target", "");
	assert_int_equal(first_of((char *)archive, archive_len), -EINVAL);
	start(state);
	entry(0100644, "good", "");
	entry(0100644, "size", "");
	memcpy(archive + 116 + 6 + 6 * 8, "FFFFFFFF", 8);
	cpio_open_memory(&r, archive, archive_len);
	assert_int_equal(cpio_next(&r, &e), 1);
	assert_int_equal(cpio_next(&r, &e), -EINVAL);
	assert_int_equal(cpio_next(&r, &e), 0);
}

static long read_archive(void *context, u64 pos, void *buf, size_t len)
{
	assert_true(pos <= archive_len && len <= archive_len - pos);
	memcpy(buf, archive + pos, len);
	return (long)len;
}

static void check_entry(const struct cpio_entry *e)
{
	assert_true(strlen(e->name) < CPIO_NAME_MAX);
	if (e->size)
		assert_true(e->data_pos <= archive_len &&
			    e->size <= archive_len - e->data_pos);
	if (e->target)
		assert_memory_equal(e->target, archive + e->data_pos, e->size);
}

/* Reads the archive in memory and through a small window. */
static void read_both(void)
{
	static u8 window[CPIO_BUFFER_MIN];
	struct cpio_reader a, b;
	struct cpio_entry x, y;
	int ret, same, count = 0;

	cpio_open_memory(&a, archive, archive_len);
	cpio_open(&b, archive_len, read_archive, NULL, window, sizeof(window));
	do {
		ret = cpio_next(&a, &x);
		same = cpio_next(&b, &y);
		assert_int_equal(ret, same);
		if (ret == 1) {
			check_entry(&x);
			check_entry(&y);
			assert_string_equal(x.name, y.name);
			assert_int_equal(x.data_pos, y.data_pos);
		}
		assert_true(count++ < 2000);
	} while (ret == 1);
}

static void build_random(struct random *r)
{
	static char data[3000];
	char name[300];

	for (u32 i = 1 + random_below(r, 8); i; i--) {
		u32 len = 1 + random_below(r, random_below(r, 4) ? 20 : 290);

		memset(name, 'n', len);
		name[len] = 0;
		if (random_below(r, 3) == 0)
			entry(0120777, name, "some/target");
		else
			entry_padded(0100644, name, len + 1 + random_below(r, 600), data,
				     random_below(r, sizeof(data)));
		if (!random_below(r, 4)) {
			entry(0, "TRAILER!!!", "");
			pad(512);
		}
	}
}

static void test_mutated(void **state)
{
	static const char interesting[] = "00000000FFFFFFFF7FFFFFFF80000000fffffffc0000100g";
	u64 seed = env_number("SEED", 1), rounds = env_runs("ROUNDS", 20000);

	for (u64 round = 0; round < rounds; round++) {
		struct random r = { seed + round };

		start(NULL);
		build_random(&r);
		read_both();
		for (u32 i = random_below(&r, 4); i; i--) {
			size_t at = random_below(&r, (u32)archive_len);

			if (random_below(&r, 2))
				archive[at] = (u8)random_u64(&r);
			else
				memcpy(archive + at, interesting +
				       random_below(&r, sizeof(interesting) - 9), 8);
		}
		if (!random_below(&r, 3))
			archive_len = random_below(&r, (u32)archive_len + 1);
		read_both();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_entries, start),
		cmocka_unit_test_setup(test_padded_name, start),
		cmocka_unit_test_setup(test_refused, start),
		cmocka_unit_test_setup(test_mutated, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
