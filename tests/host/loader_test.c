// SPDX-License-Identifier: MIT
/*
 * The module loader's pure part (kernel/module/elf_link.c) on the host: an object
 * made as the build makes modules is linked and compared with what it should be,
 * cut and broken ones are refused, and mutated ones must do no harm (sanitizers).
 * FUZZ_RUNS and FUZZ_SEED choose more or other mutations.
 */
#include "test.h"

#include <unistd.h>

#include "../../kernel/module/archive.h"
#include "../../kernel/module/elf_link.h"

#define IMAGE_AT 0xffffffffc0000000ull
#define FUZZ_RUNS 20000
#define IMPORT_AT (IMAGE_AT + 0x1000000)

static u8 *object;
static size_t object_size;

/* Compiles a small module-like object and reads it. */
static int setup(void **state)
{
	static const char source[] =
		"extern long imported(long), twice(long);\n"
		"static const char text[] = \"hello\";\n"
		"const char *pointer = text; long (*import)(long) = twice;\n"
		"long counter = 42; static long zeroes[100];\n"
		"__attribute__((section(\".whitix.manifest\"))) const long manifest[4] = { 7 };\n"
		"long entry(long x) { zeroes[x & 63]++; "
		"return imported(x) + twice(x) + counter; }\n"
		"__asm__(\".section .whitix.strings,\\\"\\\"\\n.asciz \\\"imported\\\"\\n"
		".asciz \\\"twice\\\"\\n.section .whitix.imports,\\\"\\\"\\n.balign 8\\n"
		".long 0, 8\\n.quad 1\\n.long 9, 8\\n.quad 2\\n"
		".section .whitix.link,\\\"\\\"\\n.balign 8\\n.quad 0\\n.text\\n\");\n";
	char dir[] = "/tmp/loader-test-XXXXXX", command[1024], *root = getcwd(NULL, 0);
	FILE *f;
	size_t room = 1 << 20;

	if (!mkdtemp(dir) || !root)
		return -1;
	snprintf(command, sizeof(command),
		 "cd %s && cat > a.c && gcc -O1 -c -mcmodel=kernel -fno-pic -fcf-protection=none "
		 "-fno-asynchronous-unwind-tables a.c -o b.o && "
		 "ld -r -T '%s/scripts/module.lds' b.o -o a.o && "
		 "/usr/bin/env python3 '%s/scripts/settle.py' a.o a.link && "
		 "objcopy --update-section .whitix.link=a.link a.o", dir, root, root);
	free(root);
	f = popen(command, "w");
	if (!f)
		return -1;
	fputs(source, f);
	if (pclose(f))
		return -1;
	snprintf(command, sizeof(command), "%s/a.o", dir);
	f = fopen(command, "rb");
	object = malloc(room);
	if (!f || !object)
		return -1;
	object_size = fread(object, 1, room, f);
	fclose(f);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return object_size && !system(command) ? 0 : -1;
}

static int teardown(void **state)
{
	free(object);
	return 0;
}

static const u64 imports[] = { IMPORT_AT, IMPORT_AT + 0x100 };

static u64 value_at(const u8 *image, const struct elf_image *img, u32 range, u32 at)
{
	u64 value;

	memcpy(&value, image + img->start[range] + at, 8);
	return value;
}

static bool value_in_data(const u8 *image, const struct elf_image *img, u64 value)
{
	for (u32 at = 0; at < img->bytes[ELF_DATA]; at += 8)
		if (value_at(image, img, ELF_DATA, at) == value)
			return true;
	return false;
}

/* Whether a call (e8) at some place of the text goes to `target`. */
static bool calls(const u8 *image, const struct elf_image *img, u64 target)
{
	for (u32 at = 0; at + 5 <= img->bytes[ELF_TEXT]; at++) {
		s32 rel;

		memcpy(&rel, image + at + 1, 4);
		if (image[at] == 0xe8 && IMAGE_AT + at + 5 + rel == target)
			return true;
	}
	return false;
}

static void test_links(void **state)
{
	struct elf_image img;
	u8 *image, *again;
	u32 start, offset, size;

	assert_int_equal(elf_image_parse(&img, object, object_size), 0);
	image = malloc(img.file_bytes);
	memset(image, 0xa5, img.file_bytes);
	elf_image_copy(&img, image);
	assert_int_equal(elf_image_link(&img, image, IMAGE_AT, imports, 2), 0);
	assert_true(value_in_data(image, &img, 42));
	assert_true(value_in_data(image, &img, imports[1]));
	/* The pointer's target is the text, the first constant. */
	assert_true(value_in_data(image, &img, IMAGE_AT + img.start[ELF_RODATA]));
	assert_string_equal((char *)image + img.start[ELF_RODATA], "hello");
	assert_true(calls(image, &img, imports[0]));
	assert_true(calls(image, &img, imports[1]));
	assert_int_equal(img.bytes[ELF_BSS], 800);
	assert_non_null(elf_image_table(&img, ELF_MANIFEST, &size, &offset));
	assert_int_equal(size, 32);
	assert_null(elf_image_table(&img, ELF_EXPORTS, &size, &offset));
	assert_string_equal(elf_image_function(&img, 4, &start), "entry");
	assert_int_equal(start, 0);
	/* A reset makes the same again over whatever is there. */
	again = malloc(img.file_bytes);
	memset(again, 0x5a, img.file_bytes);
	elf_image_copy(&img, again);
	assert_int_equal(elf_image_link(&img, again, IMAGE_AT, imports, 2), 0);
	assert_memory_equal(image, again, img.file_bytes);
	free(again);
	free(image);
}

/* Links an object whose word number `index` of the link table was changed. */
static const char *with_word(u32 index, u32 value)
{
	struct elf_image img;
	u8 *copy = malloc(object_size), *image;
	u32 size, offset, *words;
	const char *error = NULL;

	memcpy(copy, object, object_size);
	assert_int_equal(elf_image_parse(&img, copy, object_size), 0);
	words = (u32 *)elf_image_table(&img, ELF_LINK, &size, &offset);
	assert_true(size > index * 4);
	words[index] = value;
	image = malloc(img.file_bytes);
	elf_image_copy(&img, image);
	if (elf_image_link(&img, image, IMAGE_AT, imports, 2))
		error = img.error;
	free(image);
	free(copy);
	return error;
}

static void test_broken_link_table(void **state)
{
	const u32 groups = sizeof(struct link_header) / 4;

	assert_string_equal(with_word(0, 1), "no link table, or one of another version");
	assert_string_equal(with_word(1, 1000), "the link table is cut off");
	assert_string_equal(with_word(2, 0x5000), "the link table is for other sections");
	assert_string_equal(with_word(groups, (u32)LINK_OWN << 16 | 9),
			    "a word to be linked is of an unknown type");
	assert_string_equal(with_word(groups, LINK_ABS64 | 2 << 16),
			    "a word to be linked names no import");
	assert_string_equal(with_word(groups + 1, 0x40000000), "the link table is cut off");
	assert_string_equal(with_word(groups + 2, 0xfffffffe),
			    "a word to be linked lies outside the image");
}

/* Parses, links, looks up, whatever comes. The buffer has the exact size. */
static int link_whatever(const u8 *bytes, size_t size)
{
	struct elf_image img;
	u8 *copy = malloc(size ? size : 1), *image;
	u32 offset, section;
	int error;

	memcpy(copy, bytes, size);
	error = elf_image_parse(&img, copy, size);
	if (!error) {
		image = malloc(img.file_bytes ? img.file_bytes : 1);
		elf_image_copy(&img, image);
		elf_image_table(&img, ELF_MANIFEST, &section, &offset);
		error = elf_image_link(&img, image, IMAGE_AT, imports, 2);
		elf_image_function(&img, 16, &offset);
		free(image);
	} else {
		assert_non_null(img.error);
	}
	free(copy);
	return error;
}

static void test_cut_short(void **state)
{
	for (size_t size = 0; size < object_size; size++)
		assert_true(link_whatever(object, size) < 0);
}

static void test_mutated(void **state)
{
	struct random r = { env_number("FUZZ_SEED", 1) };
	u64 runs = env_number("FUZZ_RUNS", FUZZ_RUNS), refused = 0;
	u8 *copy = malloc(object_size);

	for (u64 n = 0; n < runs; n++) {
		memcpy(copy, object, object_size);
		for (u32 k = 1 + random_below(&r, 8); k; k--)
			copy[random_below(&r, object_size)] = (u8)random_u64(&r);
		refused += link_whatever(copy, object_size) < 0;
	}
	free(copy);
	assert_true(refused > 0);
}

/* An entry of a cpio archive, appended at `to`. */
static size_t entry(char *to, const char *name, const char *body)
{
	size_t len = (size_t)sprintf(to, "070701%0*x%08zx%0*x%08zx%08x%s", 48, 0, strlen(body),
				     32, 0, strlen(name) + 1, 0, name) + 1;

	for (; len % 4; len++)
		to[len] = 0;
	memcpy(to + len, body, strlen(body));
	for (len += strlen(body); len % 4; len++)
		to[len] = 0;
	return len;
}

static size_t archives(char *to)
{
	size_t len = entry(to, "modules/a.ko", "first");

	len += entry(to + len, "TRAILER!!!", "");
	memset(to + len, 0, 512);
	len += 512;
	len += entry(to + len, "empty", "");
	return len + entry(to + len, "b", "second, longer");
}

static void test_archives(void **state)
{
	static char bytes[4096];
	struct archive a = { .data = (u8 *)bytes, .size = archives(bytes) };

	assert_true(archive_next(&a));
	assert_string_equal(a.name, "modules/a.ko");
	assert_int_equal(a.entry_size, 5);
	assert_memory_equal(a.entry, "first", 5);
	assert_true(archive_next(&a));
	assert_string_equal(a.name, "TRAILER!!!");
	assert_true(archive_next(&a));
	assert_int_equal(a.entry_size, 0);
	assert_true(archive_next(&a));
	assert_string_equal(a.name, "b");
	assert_memory_equal(a.entry, "second, longer", 14);
	assert_false(archive_next(&a));
	assert_false(archive_next(&a));
}

static void test_archives_mutated(void **state)
{
	struct random r = { env_number("FUZZ_SEED", 1) };
	static char bytes[4096];
	size_t size = archives(bytes);

	for (u64 n = 0; n < env_number("FUZZ_RUNS", FUZZ_RUNS); n++) {
		size_t cut = random_below(&r, 4) ? size : random_below(&r, (u32)size + 1);
		u8 *copy = malloc(cut + 1);
		struct archive a = { .data = copy, .size = cut };
		u32 found = 0, sum = 0;

		memcpy(copy, bytes, cut);
		for (u32 k = cut ? random_below(&r, 6) : 0; k; k--)
			copy[random_below(&r, (u32)cut)] = "0f9A\0\xff"[random_below(&r, 6)];
		copy = realloc(copy, cut ? cut : 1);
		a.data = copy;
		while (archive_next(&a)) {
			sum += (u32)strlen(a.name);
			for (u64 i = 0; i < a.entry_size; i++)
				sum += a.entry[i];
			assert_true(++found <= cut / 110);
		}
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_broken_link_table),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_mutated),
		cmocka_unit_test(test_archives),
		cmocka_unit_test(test_archives_mutated),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
