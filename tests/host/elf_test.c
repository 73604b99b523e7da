/* SPDX-License-Identifier: MIT */
/*
 * The module elf: plans for programs and scripts, and mutated programs: a plan
 * must never hold what the core could not map.
 *
 * SEED=, ROUNDS= choose other or more mutations.
 */
#include "test.h"

#include <binfmt.h>
#include <whitix/elf.h>

#define USER_LIMIT 0x00007ffffffff000ull
#define FILE_MAX 32768

static u8 file[FILE_MAX] __attribute__((aligned(8)));
static size_t file_len;
static struct elf64_ehdr *const eh = (void *)file;
static struct elf64_phdr *const ph = (void *)(file + sizeof(struct elf64_ehdr));

static long plan_of(const void *data, size_t len, struct binfmt_plan *plan)
{
	u32 obj = (u32)pageobj_create(shim_module("elf"));
	long ret = 0;

	for (size_t at = 0; at < len; at += 8192)
		assert_true(pageobj_write(obj, at, (const u8 *)data + at,
					  MIN(len - at, 8192ul)) > 0);
	memset(plan, 0xa5, sizeof(*plan));
	ret = binfmt_plan(obj, plan);
	pageobj_release(obj);
	return ret;
}

static long plan(struct binfmt_plan *p)
{
	return plan_of(file, file_len, p);
}

static void add(u32 type, u32 flags, u64 offset, u64 vaddr, u64 filesz, u64 memsz)
{
	ph[eh->e_phnum++] = (struct elf64_phdr){
		.p_type = type, .p_flags = flags, .p_offset = offset,
		.p_vaddr = vaddr, .p_paddr = vaddr, .p_filesz = filesz,
		.p_memsz = memsz, .p_align = 4096,
	};
}

/* A program like the linker's: headers and text, data with bss. */
static int start(void **state)
{
	shim_clear();
	assert_int_equal(shim_start("elf"), 0);
	memset(file, 0, sizeof(file));
	file_len = 0x3000;
	memcpy(eh->e_ident, ELF_MAGIC "\2\1\1", 7);
	eh->e_type = ET_EXEC;
	eh->e_machine = EM_X86_64;
	eh->e_version = 1;
	eh->e_entry = 0x401000;
	eh->e_phoff = sizeof(*eh);
	eh->e_ehsize = sizeof(*eh);
	eh->e_phentsize = sizeof(*ph);
	add(PT_LOAD, PF_R, 0, 0x400000, 0x800, 0x800);
	add(PT_LOAD, PF_R | PF_X, 0x1000, 0x401000, 0x900, 0x900);
	add(PT_LOAD, PF_R | PF_W, 0x2010, 0x403010, 0x100, 0x5000);
	add(PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0);
	return 0;
}

static void test_static(void **state)
{
	struct binfmt_plan p;

	assert_int_equal(plan(&p), 0);
	assert_int_equal(p.type, BINFMT_STATIC);
	assert_int_equal(p.nsegments, 3);
	assert_int_equal(p.entry, 0x401000);
	assert_int_equal(p.phdr_vaddr, 0x400040);
	assert_int_equal(p.phnum, 4);
	assert_int_equal(p.phent, 56);
	assert_int_equal(p.exec_stack, 0);
	assert_int_equal(p.segment[1].prot, BINFMT_READ | BINFMT_EXEC);
	assert_int_equal(p.segment[2].vaddr, 0x403010);
	assert_int_equal(p.segment[2].file_off, 0x2010);
	assert_int_equal(p.segment[2].file_size, 0x100);
	assert_int_equal(p.segment[2].mem_size, 0x5000);
	assert_string_equal(p.interp, "");
}

static void test_pie_with_interpreter(void **state)
{
	static const char path[] = "/lib64/ld-linux-x86-64.so.2";
	struct binfmt_plan p;

	eh->e_type = ET_DYN;
	for (u32 i = 0; i < 3; i++)
		ph[i].p_vaddr -= 0x400000;
	eh->e_entry -= 0x400000;
	ph[3].p_flags |= PF_X;
	memcpy(file + 0x700, path, sizeof(path));
	add(PT_INTERP, PF_R, 0x700, 0x700, sizeof(path), sizeof(path));
	assert_int_equal(plan(&p), 0);
	assert_int_equal(p.type, BINFMT_PIE);
	assert_string_equal(p.interp, path);
	assert_int_equal(p.exec_stack, 1);
	assert_int_equal(p.segment[0].vaddr, 0);
	/* The path must end in the segment, and fit. */
	ph[4].p_filesz = 10;
	assert_int_equal(plan(&p), -ENOEXEC);
	ph[4].p_filesz = 257;
	assert_int_equal(plan(&p), -ENOEXEC);
	ph[4].p_filesz = 0;
	assert_int_equal(plan(&p), -ENOEXEC);
	ph[4].p_filesz = sizeof(path);
	ph[4].p_offset = ~0ull - 4;
	assert_int_equal(plan(&p), -ENOEXEC);
}

/* One field each that makes the program unfit. */
#define REFUSED(change) do { \
	start(state); \
	change; \
	assert_int_equal(plan(&p), -ENOEXEC); \
} while (0)

static void test_refused(void **state)
{
	struct binfmt_plan p;

	REFUSED(eh->e_ident[0] = 0);
	REFUSED(eh->e_ident[EI_CLASS] = 1);
	REFUSED(eh->e_ident[EI_DATA] = 2);
	REFUSED(eh->e_ident[EI_VERSION] = 0);
	REFUSED(eh->e_machine = 3);
	REFUSED(eh->e_type = ET_REL);
	REFUSED(eh->e_phentsize = 32);
	REFUSED(eh->e_phnum = 0);
	REFUSED(eh->e_phnum = 0xffff);
	REFUSED(eh->e_phoff = 0x3000 - 100);
	REFUSED(eh->e_phoff = ~0ull - 55);
	REFUSED(eh->e_entry = USER_LIMIT);
	REFUSED(ph[1].p_filesz = 0x901);
	REFUSED(ph[1].p_offset = 0x3000 - 0x100);
	REFUSED(ph[1].p_offset = ~0xfffull);
	REFUSED(ph[1].p_offset = 0x1001);
	REFUSED(ph[0].p_vaddr = 0);
	REFUSED(ph[0].p_vaddr = 0xf000);
	REFUSED(ph[2].p_vaddr = 0xffffffff80000010ull);
	REFUSED(ph[2].p_memsz = ~0ull);
	REFUSED(ph[2].p_memsz = USER_LIMIT);
	REFUSED(ph[2].p_vaddr = 0x401010);
	REFUSED(ph[1].p_vaddr = 0x500000);
	REFUSED(ph[0].p_memsz = 0x2000);
	REFUSED(ph[0].p_type = ph[1].p_type = ph[2].p_type = 0);
	REFUSED(file_len = 63);
	REFUSED(file_len = 0);
	REFUSED(file_len = 0x2010);
}

static void test_too_many_segments(void **state)
{
	struct binfmt_plan p;

	for (u32 i = 0; i < BINFMT_MAX_SEGMENTS - 3; i++)
		add(PT_LOAD, PF_R, 0x1000, 0x500000 + i * 0x1000, 0x100, 0x100);
	assert_int_equal(plan(&p), 0);
	assert_int_equal(p.nsegments, BINFMT_MAX_SEGMENTS);
	add(PT_LOAD, PF_R, 0x1000, 0x600000, 0x100, 0x100);
	assert_int_equal(plan(&p), -E2BIG);
}

/* The table may lie anywhere in the file; it is read in parts. */
static void test_table_at_the_end(void **state)
{
	struct elf64_phdr copy[4];
	struct binfmt_plan p;

	memcpy(copy, ph, sizeof(copy));
	memset(ph, 0, sizeof(copy));
	eh->e_phnum = 100;
	eh->e_phoff = 0x3000;
	memcpy(file + 0x3000 + 96 * sizeof(*ph), copy, sizeof(copy));
	file_len = 0x3000 + 100 * sizeof(*ph);
	assert_int_equal(plan(&p), 0);
	assert_int_equal(p.nsegments, 3);
	assert_int_equal(p.phdr_vaddr, 0);
	assert_int_equal(p.phnum, 100);
}

static void expect_script(const char *text, size_t len, const char *interp,
			  const char *arg)
{
	struct binfmt_plan p;

	assert_int_equal(plan_of(text, len, &p), 0);
	assert_int_equal(p.type, BINFMT_SCRIPT);
	assert_string_equal(p.interp, interp);
	assert_string_equal(p.interp_arg, arg);
}

static void test_scripts(void **state)
{
	static char text[400];
	struct binfmt_plan p;

#define SCRIPT(text, interp, arg) expect_script(text, sizeof(text) - 1, interp, arg)
	SCRIPT("#!/bin/sh\necho", "/bin/sh", "");
	SCRIPT("#! \t/bin/sh  -e  \n", "/bin/sh", "-e");
	SCRIPT("#!/bin/awk -f -x y\n", "/bin/awk", "-f -x y");
	SCRIPT("#!/bin/sh", "/bin/sh", "");
	SCRIPT("#!/bin/sh -x", "/bin/sh", "-x");
	SCRIPT("#!/bin/sh\0junk\n", "/bin/sh", "");
	SCRIPT("#!sh\n", "sh", "");
	assert_int_equal(plan_of("#!\n", 3, &p), -ENOEXEC);
	assert_int_equal(plan_of("#!  \t\n/bin/sh", 13, &p), -ENOEXEC);
	assert_int_equal(plan_of("#!", 2, &p), -ENOEXEC);
	assert_int_equal(plan_of("#", 1, &p), -ENOEXEC);

	/* 256 bytes are looked at: a name that is cut is refused. */
	memset(text, 'a', sizeof(text));
	memcpy(text, "#!/", 3);
	text[300] = '\n';
	assert_int_equal(plan_of(text, sizeof(text), &p), -ENOEXEC);
	text[255] = '\n';
	assert_int_equal(plan_of(text, sizeof(text), &p), 0);
	assert_int_equal(strlen(p.interp), 253);
	text[255] = ' ';
	assert_int_equal(plan_of(text, sizeof(text), &p), 0);
	/* An argument that is cut is taken as it is. */
	text[255] = 'a';
	text[10] = ' ';
	assert_int_equal(plan_of(text, sizeof(text), &p), 0);
	assert_int_equal(strlen(p.interp), 8);
	assert_int_equal(strlen(p.interp_arg), 244);
}

/* What the core relies on, checked from scratch. */
static void check_plan(const struct binfmt_plan *p)
{
	u64 end = 0;

	assert_true(p->nsegments <= BINFMT_MAX_SEGMENTS);
	assert_non_null(memchr(p->interp, 0, sizeof(p->interp)));
	assert_non_null(memchr(p->interp_arg, 0, sizeof(p->interp_arg)));
	if (p->type == BINFMT_SCRIPT) {
		assert_true(p->interp[0]);
		return;
	}
	assert_true(p->nsegments && p->entry < USER_LIMIT);
	for (u32 i = 0; i < p->nsegments; i++) {
		const struct binfmt_segment *s = &p->segment[i];

		assert_true(s->mem_size && s->file_size <= s->mem_size);
		assert_true(s->vaddr < USER_LIMIT && s->mem_size <= USER_LIMIT - s->vaddr);
		assert_int_equal(s->vaddr % PAGE_SIZE, s->file_off % PAGE_SIZE);
		assert_true(s->file_off <= file_len &&
			    s->file_size <= file_len - s->file_off);
		assert_true(ALIGN_DOWN(s->vaddr, PAGE_SIZE) >= end);
		end = ALIGN_UP(s->vaddr + s->mem_size, PAGE_SIZE);
	}
}

static void test_mutated(void **state)
{
	static const u64 interesting[] = {
		0, 1, 0xfff, 0x1000, 0x7fffffff, 0x80000000, 0xffffffff, ~0ull,
		1ull << 63, USER_LIMIT, USER_LIMIT - 0x1000, 0x3000, ~0xfffull,
	};
	u64 seed = env_number("SEED", 1), rounds = env_runs("ROUNDS", 30000);
	u64 good = 0;
	struct binfmt_plan p;

	for (u64 round = 0; round < rounds; round++) {
		struct random r = { seed + round };

		if (round % 64 == 0)
			start(state);
		else
			memset(file, 0, 1024);
		start(state);
		for (u32 i = 1 + random_below(&r, 4); i; i--) {
			u32 at = random_below(&r, 64 + 4 * 56) & ~7u;

			if (random_below(&r, 3))
				memcpy(file + at, &interesting[random_below(&r,
				       ARRAY_SIZE(interesting))], 8);
			else
				file[at + random_below(&r, 8)] = (u8)random_u64(&r);
		}
		if (!random_below(&r, 8))
			file_len = random_below(&r, (u32)file_len + 1);
		if (!random_below(&r, 16))
			memcpy(file, "#!", 2);
		if (plan(&p))
			continue;
		check_plan(&p);
		good++;
	}
	assert_true(good > rounds / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_static, start),
		cmocka_unit_test_setup(test_pie_with_interpreter, start),
		cmocka_unit_test_setup(test_refused, start),
		cmocka_unit_test_setup(test_too_many_segments, start),
		cmocka_unit_test_setup(test_table_at_the_end, start),
		cmocka_unit_test_setup(test_scripts, start),
		cmocka_unit_test_setup(test_mutated, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
