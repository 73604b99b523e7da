// SPDX-License-Identifier: MIT
/*
 * The module loader's pure part (kernel/module/elf_link.c) on the host: objects
 * of the compiler's own are linked and compared with what they should be, cut
 * and broken ones are refused, and mutated ones must do no harm (sanitizers).
 * FUZZ_RUNS and FUZZ_SEED choose more or other mutations.
 */
#include "test.h"

#include <unistd.h>

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
		"extern long imported(long);\n"
		"static const char text[] = \"hello\";\n"
		"const char *pointer = text;\n"
		"long counter = 42; static long zeroes[100];\n"
		"__attribute__((section(\".whitix.manifest\"))) const long manifest[4] = { 7 };\n"
		"long entry(long x) { zeroes[x & 63]++; return imported(x) + counter; }\n";
	char dir[] = "/tmp/loader-test-XXXXXX", command[512];
	FILE *f;
	size_t room = 1 << 20;

	if (!mkdtemp(dir))
		return -1;
	snprintf(command, sizeof(command),
		 "cd %s && cat > a.c && gcc -O1 -c -mcmodel=kernel -fno-pic -fcf-protection=none "
		 "-fno-asynchronous-unwind-tables a.c -o a.o", dir);
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

static u64 resolve(void *context, const char *name, int *error)
{
	u32 *asked = context;

	if (strcmp(name, "imported") != 0) {
		*error = -ENOENT;
		return 0;
	}
	++*asked;
	return IMPORT_AT;
}

static u64 value_at(const u8 *image, const struct elf_image *img, u32 range, u32 at)
{
	u64 value;

	memcpy(&value, image + img->start[range] + at, 8);
	return value;
}

static void test_links(void **state)
{
	struct elf_image img;
	u8 *image;
	u32 asked = 0, start, offset;
	size_t size;

	assert_int_equal(elf_image_parse(&img, object, object_size), 0);
	image = calloc(1, img.file_bytes);
	elf_image_copy(&img, image);
	assert_int_equal(elf_image_relocate(&img, image, IMAGE_AT, NULL, NULL), 0);
	assert_int_equal(elf_image_relocate(&img, image, IMAGE_AT, resolve, &asked), 0);
	assert_int_equal(asked, 1);
	/* .data: counter and pointer, in either order. */
	assert_true(value_at(image, &img, ELF_DATA, 0) == 42 ||
		    value_at(image, &img, ELF_DATA, 8) == 42);
	assert_true(value_at(image, &img, ELF_DATA, 0) - IMAGE_AT - img.start[ELF_RODATA] <
		    img.bytes[ELF_RODATA] ||
		    value_at(image, &img, ELF_DATA, 8) - IMAGE_AT - img.start[ELF_RODATA] <
		    img.bytes[ELF_RODATA]);
	assert_int_equal(img.bytes[ELF_BSS], 800);
	assert_non_null(elf_image_section(&img, ".whitix.manifest", &size, &offset));
	assert_int_equal(size, 32);
	assert_string_equal(elf_image_function(&img, 4, &start), "entry");
	assert_int_equal(start, 0);
	free(image);
}

static void test_unknown_import(void **state)
{
	struct elf_image img;
	char *name;
	u8 *copy = malloc(object_size), *image;
	u32 asked = 0;

	memcpy(copy, object, object_size);
	name = memmem(copy, object_size, "imported", 9);
	assert_non_null(name);
	name[0] = 'I';
	assert_int_equal(elf_image_parse(&img, copy, object_size), 0);
	image = calloc(1, img.file_bytes);
	elf_image_copy(&img, image);
	assert_int_equal(elf_image_relocate(&img, image, IMAGE_AT, resolve, &asked), -ENOENT);
	assert_string_equal(img.culprit, "Imported");
	free(image);
	free(copy);
}

/* An import more than 2 GiB away: PC32 does not reach. */
static u64 resolve_far(void *context, const char *name, int *error)
{
	return 0x1000;
}

static void test_out_of_reach(void **state)
{
	struct elf_image img;
	u8 *image;

	assert_int_equal(elf_image_parse(&img, object, object_size), 0);
	image = calloc(1, img.file_bytes);
	elf_image_copy(&img, image);
	assert_int_equal(elf_image_relocate(&img, image, 0xffff900000000000ull,
					    resolve_far, NULL), -ENOEXEC);
	assert_non_null(img.error);
	free(image);
}

/* Parses, links, looks up, whatever comes. The buffer has the exact size. */
static int link_whatever(const u8 *bytes, size_t size)
{
	struct elf_image img;
	u8 *copy = malloc(size ? size : 1), *image;
	u32 asked = 0, offset;
	size_t section;
	int error;

	memcpy(copy, bytes, size);
	error = elf_image_parse(&img, copy, size);
	if (!error) {
		image = calloc(1, img.file_bytes ? img.file_bytes : 1);
		elf_image_copy(&img, image);
		elf_image_section(&img, ".whitix.manifest", &section, &offset);
		error = elf_image_relocate(&img, image, IMAGE_AT, NULL, NULL);
		if (!error)
			error = elf_image_relocate(&img, image, IMAGE_AT, resolve, &asked);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_unknown_import),
		cmocka_unit_test(test_out_of_reach),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_mutated),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
