/* SPDX-License-Identifier: MIT */
/*
 * What reads files that anybody may bring, guided by coverage: the binary
 * formats and the archive reader. The sanitizers judge; elf_test.c and
 * cpio_test.c look at what comes out.
 */
#include "fuzz.h"

#include <binfmt.h>
#include <cpio.h>
#include <whitix/elf.h>

#define RUNS 30000
#define INPUT_MAX 16384
#define FILL_MAX 8192		/* bytes of one pageobj_write() */

static int setup(void **state)
{
	shim_clear();
	return shim_start("elf");
}

/* ---- programs -------------------------------------------------------- */

static void plan(const u8 *data, size_t len)
{
	static struct binfmt_plan p;
	long obj = pageobj_create(shim_module("elf")), ret;

	assert_true(obj > 0);
	for (size_t at = 0; at < len; at += FILL_MAX)
		pageobj_write((u32)obj, at, data + at, MIN(len - at, FILL_MAX));
	memset(&p, 0xa5, sizeof(p));
	ret = binfmt_plan((u32)obj, &p);
	assert_true(ret <= 0);
	if (!ret)
		assert_true(p.nsegments <= BINFMT_MAX_SEGMENTS &&
			    memchr(p.interp, 0, sizeof(p.interp)) &&
			    memchr(p.interp_arg, 0, sizeof(p.interp_arg)));
	pageobj_release((u32)obj);
}

struct program {
	struct elf64_ehdr eh;
	struct elf64_phdr ph[3];
	char interp[16];
	u8 rest[3500];
};

static const struct program program = {
	.eh = {
		.e_ident = "\177ELF\2\1\1", .e_type = ET_DYN,
		.e_machine = EM_X86_64, .e_version = 1, .e_entry = 0x1000,
		.e_phoff = offsetof(struct program, ph),
		.e_ehsize = sizeof(struct elf64_ehdr),
		.e_phentsize = sizeof(struct elf64_phdr), .e_phnum = 3,
	},
	.ph = {
		{ .p_type = PT_INTERP, .p_flags = PF_R,
		  .p_offset = offsetof(struct program, interp),
		  .p_filesz = 8, .p_memsz = 8 },
		{ .p_type = PT_LOAD, .p_flags = PF_R | PF_X,
		  .p_filesz = sizeof(struct program), .p_memsz = 0x2000,
		  .p_align = 4096 },
		{ .p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_vaddr = 0x3000,
		  .p_filesz = 100, .p_memsz = 0x1000, .p_align = 4096 },
	},
	.interp = "/ld.so.1",
};

static void test_programs(void **state)
{
	static const char script[] = "#! /bin/sh -e\necho hello\n";
	const struct fuzz_input seeds[] = {
		{ &program, sizeof(program) },
		{ script, sizeof(script) - 1 },
	};

	fuzz("elf", seeds, ARRAY_SIZE(seeds), INPUT_MAX, RUNS, plan);
}

/* ---- archives -------------------------------------------------------- */

struct input {
	const u8 *data;
	size_t len;
};

static long input_read(void *context, u64 pos, void *buf, size_t len)
{
	const struct input *in = context;

	assert_true(pos <= in->len && len <= in->len - pos);
	memcpy(buf, in->data + pos, len);
	return (long)len;
}

/* In memory and through a window: the same entries, inside the input. */
static void unpack(const u8 *data, size_t len)
{
	static u8 window[CPIO_BUFFER_MIN];
	struct input in = { data, len };
	struct cpio_reader memory, stream;
	struct cpio_entry a, b;
	int ret;

	cpio_open_memory(&memory, data, len);
	cpio_open(&stream, len, input_read, &in, window, sizeof(window));
	do {
		ret = cpio_next(&memory, &a);
		assert_int_equal(cpio_next(&stream, &b), ret);
		if (ret != 1)
			break;
		assert_string_equal(a.name, b.name);
		assert_int_equal(a.data_pos, b.data_pos);
		if (a.size)
			assert_true(a.size <= len && a.data_pos <= len - a.size);
	} while (true);
}

static void test_archives(void **state)
{
	static const char archive[] =
		"070701000000010000a1ff0000000000000000000000010000000000000003"
		"0000000000000000000000000000000000000002" "00000000" "l\0"
		"etc\0"
		"070701000000020000816400000000000000000000000100000000"
		"00000005000000000000000000000000000000000000000200000000" "f\0"
		"hello\0\0\0"
		"0707010000000000000000000000000000000000000001000000000000000000"
		"0000000000000000000000000000000000000b00000000" "TRAILER!!!\0\0\0\0";
	const struct fuzz_input seeds[] = {
		{ archive, sizeof(archive) - 1 },
		{ "\x1f\x8b", 2 },
	};

	struct cpio_reader r;
	struct cpio_entry e;

	/* The seed is a good archive: a link, a file, the end. */
	cpio_open_memory(&r, archive, sizeof(archive) - 1);
	assert_int_equal(cpio_next(&r, &e), 1);
	assert_memory_equal(e.target, "etc", 3);
	assert_int_equal(cpio_next(&r, &e), 1);
	assert_string_equal(e.name, "f");
	assert_int_equal(cpio_next(&r, &e), 0);
	fuzz("cpio", seeds, ARRAY_SIZE(seeds), INPUT_MAX, RUNS, unpack);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fuzz_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_programs),
		TEST(test_archives),
	};

	return cmocka_run_group_tests_name("fuzz", tests, NULL, NULL);
}
