/* SPDX-License-Identifier: MIT */
/*
 * Rows of user/hostile.c: programs that are broken, and argument lists that are too
 * long. Each is written into the working folder as "x" and run; the good one ends
 * with 7.
 */
#ifndef USER_HOSTILE_PROGRAMS_H
#define USER_HOSTILE_PROGRAMS_H

#include <elf.h>
#include <stddef.h>

#define CODE_AT 0x200		/* in the file, and in the page */
#define LOADED 0x400000ul
#define PHDRS 4
#define ARG_BYTES 131072	/* Linux's most for one string, with its end */

/* A whole program: headers, and code that exits with 7 wherever it is. */
struct image {
	Elf64_Ehdr e;
	Elf64_Phdr p[PHDRS];
	char interp[CODE_AT - sizeof(Elf64_Ehdr) - PHDRS * sizeof(Elf64_Phdr)];
	unsigned char code[16];
};

static const struct image good_image = {
	.e = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
		.e_entry = LOADED + CODE_AT, .e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1,
	},
	.p = { {
		.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = LOADED,
		.p_filesz = sizeof(struct image), .p_memsz = sizeof(struct image),
		.p_align = 0x1000,
	} },
	.code = { 0xb8, 60, 0, 0, 0, 0xbf, 7, 0, 0, 0, 0x0f, 0x05 },
};

static void put_file(const char *name, const void *bytes, size_t size, int mode)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, mode);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		_exit(99);
	close(fd);
}

static long run_x(void)
{
	char *none[] = { NULL };

	execve("x", program, none);
	return -errno;
}

/* ---- ELF ---------------------------------------------------------------------- */

enum broken_elf {
	GOOD, EMPTY, ONE_BYTE, HALF_HEADER, NO_PHDRS, PHOFF_FAR, PHOFF_MAX, PHOFF_MINUS, PHENTSIZE,
	PHNUM_0, PHNUM_MANY, PHNUM_MOST, CLASS_32, BIG_ENDIAN_DATA, MACHINE, TYPE_REL, TYPE_CORE,
	TYPE_DYN, FILESZ_OVER_MEMSZ, MEMSZ_HUGE, MEMSZ_TB, MEMSZ_TOP, VADDR_CORE, VADDR_MODULE,
	VADDR_NONCANONICAL, VADDR_TOP, VADDR_SHIFTED, OFFSET_FAR, OFFSET_MAX, FILESZ_FAR,
	FILESZ_MINUS, OVERLAP, DISORDER, ALIGN_ODD, ALIGN_0, ALIGN_HUGE, ENTRY_0, ENTRY_CORE,
	ENTRY_NONCANONICAL, NO_LOAD, MEMSZ_0, LOAD_EMPTY, NOT_READABLE, NOT_EXECUTABLE,
	INTERP_MISSING, INTERP_FOLDER, INTERP_SELF, INTERP_SCRIPT, INTERP_UNENDED,
	INTERP_EMPTY_NAME, INTERP_LONG, INTERP_NOTHING, INTERP_BEYOND, INTERP_TWO, INTERP_MODE,
	INTERP_EMPTY, INTERP_HALF, INTERP_DEVICE, INTERP_GOOD, INTERP_REL, INTERP_CORE, INTERP_HUGE,
	VERSION_0,
};

static void name_interp(struct image *x, const char *name)
{
	x->e.e_phnum = 2;
	x->p[1] = x->p[0];
	x->p[0] = (Elf64_Phdr){ .p_type = PT_INTERP, .p_flags = PF_R,
				.p_offset = offsetof(struct image, interp),
				.p_filesz = strlen(name) + 1, .p_memsz = strlen(name) + 1 };
	strcpy(x->interp, name);
}

/* A second segment, of the same bytes. */
static void add_segment(struct image *x, unsigned long at)
{
	x->e.e_phnum = 2;
	x->p[1] = x->p[0];
	x->p[1].p_vaddr = at;
}

/* What is wrong with the interpreter, which is a file "i" or another. */
static void break_interp(struct image *x, enum broken_elf how)
{
	struct image i = good_image;
	size_t size = sizeof(i);

	i.e.e_type = ET_DYN;
	i.e.e_entry -= LOADED;
	i.p[0].p_vaddr = 0;
	i.p[0].p_flags |= PF_W;	/* Linux clears behind it */
	name_interp(x, how == INTERP_MISSING ? "missing" : how == INTERP_FOLDER ? "d" :
		    how == INTERP_EMPTY_NAME ? "" : how == INTERP_DEVICE ? "device" : "i");
	if (how == INTERP_SELF)
		name_interp(&i, "i");
	if (how == INTERP_REL)
		i.e.e_type = ET_REL;
	if (how == INTERP_CORE)
		i.p[0].p_vaddr = 0xffffffff80100000;
	if (how == INTERP_HUGE)
		i.p[0].p_memsz = 1ul << 46;
	if (how == INTERP_UNENDED)
		x->p[0].p_filesz = 1;
	if (how == INTERP_LONG)
		x->p[0].p_filesz = PATH_MAX + 1;
	if (how == INTERP_NOTHING)
		x->p[0].p_filesz = 0;
	if (how == INTERP_BEYOND)
		x->p[0].p_offset = 1ul << 40;
	if (how == INTERP_TWO) {
		x->p[2] = x->p[1];
		x->p[1] = x->p[0];
		x->e.e_phnum = 3;
	}
	if (how == INTERP_HALF)
		size = sizeof(i.e) + 8;
	if (how == INTERP_EMPTY)
		size = 0;
	if (how == INTERP_SCRIPT)
		put_file("i", "#!/bin/sh\n", 10, 0755);
	else
		put_file("i", &i, size, how == INTERP_MODE ? 0644 : 0755);
}

static void break_header(struct image *x, enum broken_elf how, size_t *size)
{
	switch (how) {
	case EMPTY: *size = 0; break;
	case ONE_BYTE: *size = 1; break;
	case HALF_HEADER: *size = 40; break;
	case NO_PHDRS: *size = sizeof(x->e); break;
	case PHOFF_FAR: x->e.e_phoff = 1ul << 40; break;
	case PHOFF_MAX: x->e.e_phoff = LONG_MAX; break;
	case PHOFF_MINUS: x->e.e_phoff = ~7ul; break;
	case PHENTSIZE: x->e.e_phentsize = 32; break;
	case PHNUM_0: x->e.e_phnum = 0; break;
	case PHNUM_MANY: x->e.e_phnum = 500; break;
	case PHNUM_MOST: x->e.e_phnum = 0xffff; break;
	case CLASS_32: x->e.e_ident[EI_CLASS] = ELFCLASS32; break;
	case BIG_ENDIAN_DATA: x->e.e_ident[EI_DATA] = ELFDATA2MSB; break;
	case VERSION_0: x->e.e_version = 0; break;
	case MACHINE: x->e.e_machine = EM_AARCH64; break;
	case TYPE_REL: x->e.e_type = ET_REL; break;
	case TYPE_CORE: x->e.e_type = ET_CORE; break;
	case TYPE_DYN: x->e.e_type = ET_DYN; break;
	case ENTRY_0: x->e.e_entry = 0; break;
	case ENTRY_CORE: x->e.e_entry = 0xffffffff80100000; break;
	case ENTRY_NONCANONICAL: x->e.e_entry = 0x800000000000; break;
	default: break;
	}
}

static void break_segment(struct image *x, enum broken_elf how)
{
	Elf64_Phdr *p = &x->p[0];

	switch (how) {
	case FILESZ_OVER_MEMSZ: p->p_memsz = 0x100; break;
	case MEMSZ_HUGE: p->p_memsz = 1ul << 62; break;
	case MEMSZ_TB: p->p_memsz = 1ul << 40; break;
	case MEMSZ_TOP: p->p_memsz = ~0ul - LOADED; break;
	case VADDR_CORE: p->p_vaddr = 0xffffffff80100000; break;
	case VADDR_MODULE: p->p_vaddr = 0xffffffffc0001000; break;
	case VADDR_NONCANONICAL: p->p_vaddr = 0x800000000000; break;
	case VADDR_TOP: p->p_vaddr = 0x7ffffffff000; break;
	case VADDR_SHIFTED: p->p_vaddr = LOADED + 0x10; break;
	case OFFSET_FAR: p->p_offset = 1ul << 40; break;
	case OFFSET_MAX: p->p_offset = LONG_MAX - 4095; break;
	case FILESZ_FAR: p->p_filesz = p->p_memsz = 0x100000; break;
	case FILESZ_MINUS: p->p_filesz = p->p_memsz = ~0ul; break;
	case OVERLAP: add_segment(x, LOADED); break;
	case DISORDER: add_segment(x, LOADED - 0x10000); break;
	case ALIGN_ODD: p->p_align = 3; break;
	case ALIGN_0: p->p_align = 0; break;
	case ALIGN_HUGE: p->p_align = 1ul << 62; break;
	case NO_LOAD: p->p_type = PT_NOTE; break;
	case MEMSZ_0: p->p_memsz = 0; break;
	case LOAD_EMPTY: p->p_memsz = p->p_filesz = 0; break;
	case NOT_READABLE: p->p_flags = 0; break;
	case NOT_EXECUTABLE: p->p_flags = PF_R | PF_W; break;
	default: break;
	}
}

static long exec_elf(long how)
{
	struct image x = good_image;
	size_t size = sizeof(x);

	break_header(&x, (enum broken_elf)how, &size);
	break_segment(&x, (enum broken_elf)how);
	if (how >= INTERP_MISSING && how <= INTERP_HUGE)
		break_interp(&x, (enum broken_elf)how);
	put_file("x", &x, size, 0755);
	return run_x();
}

/* ---- scripts, and files that are none ------------------------------------------- */

static long exec_text(long text)
{
	struct image good = good_image;

	put_file("good", &good, sizeof(good), 0755);
	put_file("sh1", "#!good\n", 7, 0755);
	put_file("sh2", "#!sh1\n", 6, 0755);
	put_file("sh3", "#!sh2\n", 6, 0755);
	put_file("sh4", "#!sh3\n", 6, 0755);
	put_file("plain", "#!good\n", 7, 0644);
	put_file("x", (char *)text, strlen((char *)text), 0755);
	return run_x();
}

/* A first line of so many bytes, its end among them. */
static long exec_line(long size)
{
	char line[600];

	memset(line, ' ', sizeof(line));
	memcpy(line, "#!/bin/false", 12);
	line[size - 1] = '\n';
	put_file("x", line, (size_t)size, 0755);
	return run_x();
}

/* The name of the program ends where Linux stops to read, or goes on. */
static long exec_name(long size)
{
	struct image good = good_image;
	char line[600];

	memset(line, '/', sizeof(line));
	line[0] = '#';
	line[1] = '!';
	line[2] = '.';
	memcpy(line + size - 5, "good", 4);
	line[size - 1] = '\n';
	put_file("good", &good, sizeof(good), 0755);
	put_file("x", line, (size_t)size, 0755);
	return run_x();
}

enum no_program { A_DIRECTORY, A_PIPE, A_CHARACTER, A_LINK, A_LOOP, BEING_WRITTEN, NO_MODE,
		  UNDER_FILE, NO_PERMISSION };

static long exec_other(long what)
{
	static const char *const names[] = { "d", "fifo", "device", "link", "loop" };
	struct image good = good_image;

	put_file("x", &good, sizeof(good), what == NO_MODE ? 0644 : 0755);
	if (what == BEING_WRITTEN && open("x", O_WRONLY) < 0)
		return -errno;
	if (what == UNDER_FILE) {
		execve("f/x", program, NULL);
		return -errno;
	}
	if (what == NO_PERMISSION) {
		chmod("x", 0611);
		if (setresuid(4242, 4242, 4242) != 0)
			return -errno;
	}
	if (what < BEING_WRITTEN) {
		execve(names[what], program, NULL);
		return -errno;
	}
	return run_x();
}

/* ---- arguments -------------------------------------------------------------------- */

static char *make_string(size_t size)
{
	char *s = malloc(size);

	memset(s, 'a', size);
	s[size - 1] = '\0';
	return s;
}

/* One argument of so many bytes. */
static long exec_argument(long size)
{
	struct image good = good_image;
	char *args[] = { "x", make_string((size_t)size), NULL };

	put_file("x", &good, sizeof(good), 0755);
	execve("x", args, NULL);
	return -errno;
}

/* So many KiB of arguments and environment, with the given stack. */
static long exec_total(size_t kib, rlim_t stack)
{
	struct image good = good_image;
	struct rlimit r = { stack, stack };
	char **args = calloc(kib + 2, sizeof(*args));
	char **env = args;

	put_file("x", &good, sizeof(good), 0755);
	for (size_t i = 0; i < kib; i++)
		args[i] = make_string(1024 - sizeof(char *));
	if (setrlimit(RLIMIT_STACK, &r) != 0)
		return -errno;
	execve("x", args + kib / 2, NULL);
	env[kib / 2] = NULL;
	execve("x", args + kib / 2 + 1, env);
	return -errno;
}

static long exec_most(long kib)
{
	return exec_total((size_t)kib, 8 << 20);
}

static long exec_small_stack(long kib)
{
	return exec_total((size_t)kib, 256 << 10);
}

static long exec_no_limit(long kib)
{
	return exec_total((size_t)kib, RLIM_INFINITY);
}

/* Lists of arguments that end in nothing. */
static long exec_list(long which)
{
	struct image good = good_image;
	char **edge = (char **)(EDGE - 16);

	put_file("x", &good, sizeof(good), 0755);
	edge[0] = edge[1] = "x";
	switch (which) {
	case 0: execve("x", edge, NULL); break;
	case 1: execve("x", NULL, edge); break;
	case 2: execve("x", NULL, NULL); break;
	case 3: edge[1] = (char *)0xffffffff80100000; execve("x", edge, NULL); break;
	case 4: edge[1] = (char *)EDGE - 1; execve("x", edge, NULL); break;
	}
	return -errno;
}

#define ELF(name) RUN("exec/elf_" #name, exec_elf, name)
#define TEXT(name, text) RUN("exec/text_" name, exec_text, text)

static const struct row program_rows[] = {
	ELF(GOOD), ELF(EMPTY), ELF(ONE_BYTE), ELF(HALF_HEADER), ELF(NO_PHDRS), ELF(PHOFF_FAR),
	ELF(PHOFF_MAX), ELF(PHOFF_MINUS), ELF(PHENTSIZE), ELF(PHNUM_0), ELF(PHNUM_MANY),
	ELF(PHNUM_MOST), ELF(CLASS_32), ELF(BIG_ENDIAN_DATA), ELF(MACHINE), ELF(TYPE_REL),
	ELF(TYPE_CORE), ELF(TYPE_DYN), ELF(FILESZ_OVER_MEMSZ), ELF(MEMSZ_HUGE), ELF(MEMSZ_TB),
	ELF(MEMSZ_TOP), ELF(VADDR_CORE), ELF(VADDR_MODULE), ELF(VADDR_NONCANONICAL),
	ELF(VADDR_TOP), ELF(VADDR_SHIFTED), ELF(OFFSET_FAR), ELF(OFFSET_MAX), ELF(FILESZ_FAR),
	ELF(FILESZ_MINUS), ELF(OVERLAP), ELF(DISORDER), ELF(ALIGN_ODD), ELF(ALIGN_0),
	ELF(ALIGN_HUGE), ELF(ENTRY_0), ELF(ENTRY_CORE), ELF(ENTRY_NONCANONICAL), ELF(NO_LOAD),
	ELF(MEMSZ_0), ELF(LOAD_EMPTY), ELF(NOT_READABLE), ELF(NOT_EXECUTABLE),
	ELF(INTERP_MISSING), ELF(INTERP_FOLDER), ELF(INTERP_SELF), ELF(INTERP_SCRIPT),
	ELF(INTERP_UNENDED), ELF(INTERP_EMPTY_NAME), ELF(INTERP_LONG), ELF(INTERP_NOTHING),
	ELF(INTERP_BEYOND), ELF(INTERP_TWO), ELF(INTERP_MODE), ELF(INTERP_EMPTY),
	ELF(INTERP_HALF), ELF(INTERP_DEVICE), ELF(INTERP_GOOD), ELF(INTERP_REL),
	ELF(INTERP_CORE), ELF(INTERP_HUGE), ELF(VERSION_0),
	TEXT("none", "#!"), TEXT("line", "#!\n"), TEXT("blanks", "#! \t \n"),
	TEXT("self", "#!x\n"), TEXT("program", "#!good\n"), TEXT("unended", "#!good"),
	TEXT("blanks_before", "#! \t good\n"), TEXT("argument", "#!good and more \n"),
	TEXT("depth2", "#!sh1\n"), TEXT("depth4", "#!sh3\n"), TEXT("depth5", "#!sh4\n"),
	TEXT("missing", "#!missing\n"), TEXT("folder", "#!d\n"), TEXT("plain", "#!plain\n"),
	TEXT("device", "#!device\n"), TEXT("loop", "#!loop\n"), TEXT("no_script", "echo\n"),
	TEXT("return", "#!good\r\n"),
	RUN("exec/line_255", exec_line, 255), RUN("exec/line_256", exec_line, 256),
	RUN("exec/line_257", exec_line, 257), RUN("exec/line_600", exec_line, 600),
	RUN("exec/name_255", exec_name, 255), RUN("exec/name_256", exec_name, 256),
	RUN("exec/name_257", exec_name, 257), RUN("exec/name_300", exec_name, 300),
	RUN("exec/folder", exec_other, A_DIRECTORY), RUN("exec/pipe", exec_other, A_PIPE),
	RUN("exec/character", exec_other, A_CHARACTER), RUN("exec/link", exec_other, A_LINK),
	RUN("exec/loop", exec_other, A_LOOP), RUN("exec/busy", exec_other, BEING_WRITTEN),
	RUN("exec/no_mode", exec_other, NO_MODE), RUN("exec/under_file", exec_other, UNDER_FILE),
	RUN("exec/only_x", exec_other, NO_PERMISSION),
	RUN("exec/argument_most", exec_argument, ARG_BYTES),
	RUN("exec/argument_more", exec_argument, ARG_BYTES + 1),
	RUN("exec/total_2000k", exec_most, 2000), RUN("exec/total_2052k", exec_most, 2052),
	RUN("exec/total_4000k", exec_most, 4000),
	RUN("exec/small_stack_120k", exec_small_stack, 120),
	RUN("exec/small_stack_300k", exec_small_stack, 300),
	RUN("exec/no_limit_6000k", exec_no_limit, 6000),
	RUN("exec/no_limit_6200k", exec_no_limit, 6200),
	RUN("exec/no_limit_16000k", exec_no_limit, 16000),
	RUN("exec/list_unended", exec_list, 0), RUN("exec/environment_unended", exec_list, 1),
	RUN("exec/list_none", exec_list, 2), RUN("exec/list_core", exec_list, 3),
	RUN("exec/string_unended", exec_list, 4),
};

#endif
