/* SPDX-License-Identifier: MIT */
/*
 * execve(): everything that can fail is done with a new address space beside
 * the old one; then the old one goes and nothing can fail any more.
 *
 * The module `elf` says how a file is mapped (struct binfmt_plan); what it says
 * is checked here. A script's interpreter takes the script's place, up to
 * SCRIPT_DEPTH times. Arguments are gathered in two page objects, text and
 * offsets, until it is known where the stack begins.
 *
 * Stack as in the System V ABI for x86-64, 3.4.1, with Linux's auxiliary vector.
 */
#include <entropy.h>
#include <errno.h>
#include <events.h>
#include <files.h>
#include <frame.h>
#include <mm.h>
#include <pageobj.h>
#include <printf.h>
#include <process.h>
#include <sched.h>
#include <string.h>
#include <syscall.h>
#include <vdso.h>
#include <vfs.h>
#include <whitix/mman.h>
#include <whitix/stat.h>

#include <binfmt.h>

#define SCRIPT_DEPTH 5
#define PREFIX_MAX (2 * SCRIPT_DEPTH + 1)
#define ARG_STRING_MAX (32 * PAGE_SIZE)		/* Linux's MAX_ARG_STRLEN */
#define ARG_MAX_LEAST (32 * PAGE_SIZE)		/* always allowed in all */
#define ARG_MAX_MOST (6ul << 20)
#define PIE_BASE 0x555555554000ul
#define STACK_FIRST (128ul << 10)		/* mapped at first, beyond arguments */
#define AUXV_MAX 24
#define MIN_SIGNAL_STACK 2048
#define RANDOM_BYTES 16
#define CPUID_FEATURES 1
#define ELF_HEADER_SIZE 64

static const char platform[8] = "x86_64";

/* A program or interpreter file and how to map it. */
struct image {
	struct file *file;
	u64 bias;		/* added to the plan's addresses */
	struct binfmt_plan plan;
};

struct exec {
	struct image program, interp;
	/* a script's arguments in front of argv[1], the last one first */
	char *prefix[PREFIX_MAX];
	u32 nprefix;
	struct pageobj *text, *offsets;
	u64 bytes, limit;	/* of text; with the pointers to it */
	u32 argc, envc;
	struct mm *mm;
	struct fdtable *fds;	/* a copy, when the table is shared */
	struct creds creds;
	bool secure;		/* set-id: AT_SECURE */
	u64 entry, sp, vdso;
	u64 vector[PAGE_SIZE / sizeof(u64)];	/* words to be written at `at` */
	u32 nvector;
	u64 at;
};

/* ---- files ------------------------------------------------------------- */

/* What the module says must be safe to follow: 0, -ENOEXEC. */
static long plan_check(struct binfmt_plan *plan)
{
	u32 i;

	plan->interp[BINFMT_PATH_MAX - 1] = 0;
	plan->interp_arg[BINFMT_PATH_MAX - 1] = 0;
	if (plan->type == BINFMT_SCRIPT)
		return plan->interp[0] ? 0 : -ENOEXEC;
	if (plan->type > BINFMT_SCRIPT || plan->nsegments == 0 ||
	    plan->nsegments > BINFMT_MAX_SEGMENTS)
		return -ENOEXEC;
	for (i = 0; i < plan->nsegments; i++) {
		const struct binfmt_segment *s = &plan->segment[i];

		if (s->vaddr >= USER_END || s->mem_size > USER_END - s->vaddr ||
		    s->file_size > s->mem_size || s->mem_size == 0 ||
		    s->vaddr % PAGE_SIZE != s->file_off % PAGE_SIZE ||
		    s->file_off > PAGEOBJ_SIZE_MAX ||
		    s->prot & ~(BINFMT_READ | BINFMT_WRITE | BINFMT_EXEC))
			return -ENOEXEC;
	}
	return 0;
}

/* Opens a file to be run and gets its plan. */
static long image_open(struct image *image, u64 at, const char *path, u32 oflags)
{
	u32 handle = 0;
	long error = file_open_path(at, path, oflags | O_NONBLOCK | VFS_OPEN_EXEC, 0,
				    &image->file, &handle);	/* a FIFO does not wait */

	if (error)
		return error;
	if (!S_ISREG(image->file->mode) || !handle || !image->file->obj)
		return -EACCES;
	error = file_claim_running(image->file);
	if (!error)
		error = module_result(binfmt_plan(handle, &image->plan), 0);
	return error ? error : plan_check(&image->plan);
}

static void image_close(struct image *image)
{
	file_put(image->file);
	image->file = NULL;
}

static long prefix_push(struct exec *x, const char *s)
{
	size_t size = strlen(s) + 1;
	char *copy = core_alloc(size);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, s, size);
	x->prefix[x->nprefix++] = copy;
	return 0;
}

/* Opens the program; of a script, its interpreter, and so on. */
static long program_open(struct exec *x, const struct exec_path *path)
{
	struct image *image = &x->program;
	long error = image_open(image, path->at, path->path, path->oflags);
	u32 depth;

	for (depth = 0; !error && image->plan.type == BINFMT_SCRIPT; depth++) {
		if (depth == SCRIPT_DEPTH)
			return -ELOOP;
		image_close(image);
		error = depth ? 0 : prefix_push(x, path->shown);
		if (!error && image->plan.interp_arg[0])
			error = prefix_push(x, image->plan.interp_arg);
		if (!error)
			error = prefix_push(x, image->plan.interp);
		if (!error)
			error = image_open(image, current->process->fs->cwd,
					   x->prefix[x->nprefix - 1], O_RDONLY);
	}
	return error;
}

static long interp_open(struct exec *x)
{
	long error;

	if (!x->program.plan.interp[0])
		return 0;
	error = image_open(&x->interp, current->process->fs->cwd,
			   x->program.plan.interp, O_RDONLY);
	if (error == -ENOEXEC || (!error && x->interp.plan.type == BINFMT_SCRIPT))
		error = x->interp.file->obj->size < ELF_HEADER_SIZE ? -EIO : -ELIBBAD;
	return error;
}

/* ---- arguments --------------------------------------------------------- */

/* Adds bytes to the text: 0, -E2BIG, -ENOMEM. */
static long text_add(struct exec *x, const void *bytes, u64 len)
{
	if (x->bytes + len + (x->argc + x->envc + 2) * sizeof(u64) > x->limit)
		return -E2BIG;
	if (pageobj_write_core(x->text, x->bytes, bytes, len) != (long)len)
		return -ENOMEM;
	x->bytes += len;
	return 0;
}

/* Notes that a string begins here. */
static long string_begin(struct exec *x, u32 number)
{
	return pageobj_write_core(x->offsets, number * sizeof(u64), &x->bytes,
				  sizeof(u64)) == sizeof(u64) ? 0 : -ENOMEM;
}

static long string_add_core(struct exec *x, u32 number, const char *s)
{
	long error = string_begin(x, number);

	return error ? error : text_add(x, s, strlen(s) + 1);
}

static long string_add_user(struct exec *x, u32 number, u64 user)
{
	char *part = (char *)x->vector;
	long error = string_begin(x, number), n = PAGE_SIZE;
	u64 len = 0;

	while (!error && n == PAGE_SIZE) {
		if (len >= ARG_STRING_MAX)
			return -E2BIG;
		n = copy_string_from_user(part, user + len, PAGE_SIZE);
		if (n < 0)
			return n;
		error = text_add(x, part, n < (long)PAGE_SIZE ? n + 1 : n);
		len += n;
	}
	return error;
}

/* Adds the strings of a vector; counts them in *count. */
static long strings_add(struct exec *x, u64 vector, bool kernel, u32 *count)
{
	u64 pointer;
	long error = 0;
	u32 i;

	for (i = 0; vector && !error; i++) {
		u64 at = vector + i * sizeof(u64);

		if (kernel)
			pointer = *(const u64 *)at;
		else if (get_user_bytes(&pointer, at, sizeof(pointer)))
			return -EFAULT;
		if (!pointer)
			break;
		error = kernel ? string_add_core(x, x->argc + x->envc, (char *)pointer) :
				 string_add_user(x, x->argc + x->envc, pointer);
		(*count)++;
	}
	return error;
}

/* Gathers argv, envp and, as AT_EXECFN, the program's own name. */
static long arguments_gather(struct exec *x, const char *path, u64 argv, u64 envp,
			     bool kernel)
{
	u64 quarter = process_rlimit(current->process, RLIMIT_STACK) / 4;
	long error;

	x->limit = MIN(MAX(quarter, ARG_MAX_LEAST), ARG_MAX_MOST);
	x->text = pageobj_new();
	x->offsets = pageobj_new();
	if (!x->text || !x->offsets)
		return -ENOMEM;
	error = strings_add(x, argv, kernel, &x->argc);
	if (!error && !x->argc)
		error = string_add_core(x, x->argc++, "");
	if (!error)
		error = strings_add(x, envp, kernel, &x->envc);
	return error ? error : string_add_core(x, x->argc + x->envc, path);
}

static u64 string_offset(struct pageobj *offsets, u32 number)
{
	u64 offset = 0;

	pageobj_read_core(offsets, number * sizeof(u64), &offset, sizeof(offset));
	return offset;
}

/* Adds all strings of the old text but the first behind those that are there. */
static long strings_append(struct exec *x, struct pageobj *text, u64 bytes,
			   struct pageobj *offsets, u32 count)
{
	u64 from = count > 1 ? string_offset(offsets, 1) : bytes, base = x->bytes;
	u32 i, first = x->argc;
	long error = 0;

	for (i = 1; i < count && !error; i++) {
		u64 at = string_offset(offsets, i) - from + base;

		if (pageobj_write_core(x->offsets, (first + i - 1) * sizeof(u64), &at,
				       sizeof(at)) != sizeof(at))
			error = -ENOMEM;
	}
	while (from < bytes && !error) {
		u64 n = MIN(bytes - from, sizeof(x->vector));

		pageobj_read_core(text, from, x->vector, n);
		error = text_add(x, x->vector, n);
		from += n;
	}
	return error;
}

/* A script: its interpreter's arguments take the place of argv[0]. */
static long arguments_prefix(struct exec *x)
{
	struct pageobj *text = x->text, *offsets = x->offsets;
	u32 i, rest = x->argc - 1, strings = x->argc + x->envc + 1;
	u64 bytes = x->bytes;
	long error = -ENOMEM;

	if (!x->nprefix)
		return 0;
	x->text = pageobj_new();
	x->offsets = pageobj_new();
	x->argc = 0;
	x->bytes = 0;
	if (x->text && x->offsets)
		error = 0;
	for (i = x->nprefix; i > 0 && !error; i--)
		error = string_add_core(x, x->argc++, x->prefix[i - 1]);
	if (!error)
		error = strings_append(x, text, bytes, offsets, strings);
	x->argc += rest;
	pageobj_put(text);
	pageobj_put(offsets);
	return error;
}

/* ---- mapping ----------------------------------------------------------- */

static long segment_map(struct exec *x, const struct image *image,
			const struct binfmt_segment *s)
{
	u64 start = s->vaddr + image->bias, page = ALIGN_DOWN(start, PAGE_SIZE);
	u64 file_end = start + s->file_size, end = start + s->mem_size;
	u64 zero = s->file_size ? ALIGN_UP(file_end, PAGE_SIZE) : page;
	long at = 0;

	if (end > USER_END || end < start)
		return -ENOEXEC;
	if (s->file_size)
		at = mm_map(x->mm, page, zero - page, s->prot, MAP_FIXED, 0,
			    image->file->obj, ALIGN_DOWN(s->file_off, PAGE_SIZE));
	if (at >= 0 && end > zero)
		at = mm_map(x->mm, zero, end - zero, s->prot, MAP_FIXED, 0, NULL, 0);
	if (at < 0)
		return at == -EPERM ? -ENOEXEC : at;
	if (s->file_size && end > file_end && zero > file_end &&
	    (s->prot & BINFMT_WRITE))
		return mm_write(x->mm, file_end, phys_to_virt(zero_page()),
				zero - file_end);
	return 0;
}

/* Lowest and highest address of a plan. */
static void plan_span(const struct binfmt_plan *plan, u64 *low, u64 *high)
{
	u32 i;

	*low = USER_END;
	*high = 0;
	for (i = 0; i < plan->nsegments; i++) {
		const struct binfmt_segment *s = &plan->segment[i];

		*low = MIN(*low, ALIGN_DOWN(s->vaddr, PAGE_SIZE));
		*high = MAX(*high, ALIGN_UP(s->vaddr + s->mem_size, PAGE_SIZE));
	}
}

/* Maps an image; one that can be anywhere, at `base` or (0) in a free place. */
static long image_map(struct exec *x, struct image *image, u64 base, u64 *end)
{
	const struct binfmt_plan *plan = &image->plan;
	u64 low, high;
	long error = 0;
	u32 i;

	plan_span(plan, &low, &high);
	if (plan->type == BINFMT_PIE) {
		if (!base) {
			error = mm_map(x->mm, 0, high - low, PROT_NONE, 0, 0, NULL, 0);
			if (error < 0)
				return error;
			base = error;
			mm_unmap(x->mm, base, high - low);
		}
		image->bias = base - low;
	}
	for (i = 0, error = 0; i < plan->nsegments && !error; i++)
		error = segment_map(x, image, &plan->segment[i]);
	*end = high + image->bias;
	return error;
}

static long images_map(struct exec *x)
{
	u64 end, interp_end;
	long error, at;

	x->mm = mm_new();
	if (!x->mm)
		return -ENOMEM;
	error = image_map(x, &x->program, PIE_BASE, &end);
	if (error)
		return error;
	x->mm->heap_start = x->mm->heap_end = end;
	x->entry = x->program.plan.entry + x->program.bias;
	if (x->interp.file) {
		error = image_map(x, &x->interp, 0, &interp_end);
		x->entry = x->interp.plan.entry + x->interp.bias;
	}
	if (error)
		return error;
	at = vdso_map(x->mm);
	x->vdso = at;
	return at < 0 ? at : x->entry >= USER_END ? -ENOEXEC : 0;
}

/* ---- the stack --------------------------------------------------------- */

static long vector_flush(struct exec *x)
{
	u64 len = x->nvector * sizeof(u64), at = x->at;

	x->at += len;
	x->nvector = 0;
	return mm_write(x->mm, at, x->vector, len);
}

static long vector_add(struct exec *x, u64 word)
{
	x->vector[x->nvector++] = word;
	return x->nvector == ARRAY_SIZE(x->vector) ? vector_flush(x) : 0;
}

/* Pointers to `count` strings from number `first` on, and a null pointer. */
static long vector_add_strings(struct exec *x, u32 first, u32 count, u64 base)
{
	long error = 0;
	u32 i;

	for (i = 0; i < count && !error; i++)
		error = vector_add(x, base + string_offset(x->offsets, first + i));
	return error ? error : vector_add(x, 0);
}

static u32 cpu_hwcap(void)
{
	u32 a = CPUID_FEATURES, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return d;
}

/* Fills the auxiliary vector; returns its words. */
static u32 auxv_fill(const struct exec *x, u64 *auxv, u64 text, u64 random,
		     u64 platform_at)
{
	const struct binfmt_plan *plan = &x->program.plan;
	const u64 words[] = {
		AT_SYSINFO_EHDR, x->vdso, AT_MINSIGSTKSZ, MIN_SIGNAL_STACK,
		AT_HWCAP, cpu_hwcap(), AT_PAGESZ, PAGE_SIZE,
		AT_CLKTCK, LINUX_CLK_TCK,
		AT_PHDR, plan->phdr_vaddr ? plan->phdr_vaddr + x->program.bias : 0,
		AT_PHENT, plan->phent, AT_PHNUM, plan->phnum,
		AT_BASE, x->interp.file ? x->interp.bias : 0, AT_FLAGS, 0,
		AT_ENTRY, plan->entry + x->program.bias,
		AT_UID, x->creds.uid, AT_EUID, x->creds.euid,
		AT_GID, x->creds.gid, AT_EGID, x->creds.egid,
		AT_SECURE, x->secure, AT_RANDOM, random, AT_HWCAP2, 0,
		AT_EXECFN, 0, AT_PLATFORM, platform_at, AT_NULL, 0,
	};
	u32 i, n = ARRAY_SIZE(words);

	memcpy(auxv, words, sizeof(words));
	for (i = 0; i < n; i += 2)
		if (auxv[i] == AT_EXECFN)
			auxv[i + 1] = text + string_offset(x->offsets, x->argc + x->envc);
	return n;
}

/* Copies the text of all strings to `to`. */
static long text_copy(struct exec *x, u64 to)
{
	u64 done = 0;
	long error = 0;

	while (done < x->bytes && !error) {
		u64 n = MIN(x->bytes - done, sizeof(x->vector));

		pageobj_read_core(x->text, done, x->vector, n);
		error = mm_write(x->mm, to + done, x->vector, n);
		done += n;
	}
	return error;
}

/* Where arguments, environment and auxiliary vector are. */
static void parts_tell(struct exec *x, u64 text, u64 auxv_size)
{
	u64 args_end = text + string_offset(x->offsets, x->argc);
	struct mm *mm = x->mm;

	mm->part[PROCESS_ARGUMENTS].start = text;
	mm->part[PROCESS_ARGUMENTS].end = args_end;
	mm->part[PROCESS_ENVIRONMENT].start = args_end;
	mm->part[PROCESS_ENVIRONMENT].end = text + string_offset(x->offsets, x->argc + x->envc);
	mm->part[PROCESS_AUXV].start = x->at - auxv_size;
	mm->part[PROCESS_AUXV].end = x->at;
}

static long stack_fill(struct exec *x)
{
	u64 text = ALIGN_DOWN(USER_STACK_TOP - sizeof(u64) - x->bytes, 16);
	u64 platform_at = text - sizeof(platform), random = platform_at - RANDOM_BYTES;
	u64 auxv[2 * AUXV_MAX], words;
	u8 bytes[RANDOM_BYTES];
	u32 nauxv, i;
	long error;

	entropy_fill(bytes, sizeof(bytes));
	nauxv = auxv_fill(x, auxv, text, random, platform_at);
	words = 1 + x->argc + 1 + x->envc + 1 + nauxv;
	x->sp = ALIGN_DOWN(random - words * sizeof(u64), 16);
	error = text_copy(x, text);
	if (!error)
		error = mm_write(x->mm, platform_at, platform, sizeof(platform));
	if (!error)
		error = mm_write(x->mm, random, bytes, sizeof(bytes));
	x->at = x->sp;
	if (!error)
		error = vector_add(x, x->argc);
	if (!error)
		error = vector_add_strings(x, 0, x->argc, text);
	if (!error)
		error = vector_add_strings(x, x->argc, x->envc, text);
	for (i = 0; i < nauxv && !error; i++)
		error = vector_add(x, auxv[i]);
	if (!error)
		error = vector_flush(x);
	parts_tell(x, text, nauxv * sizeof(u64));
	return error;
}

static long stack_map(struct exec *x)
{
	u64 need = x->bytes + (x->argc + x->envc + 2 * AUXV_MAX) * sizeof(u64);
	u64 size = ALIGN_UP(need, PAGE_SIZE) + STACK_FIRST;
	u32 prot = PROT_READ | PROT_WRITE;
	long at;

	if (x->program.plan.exec_stack)
		prot |= PROT_EXEC;
	x->mm->stack_top = USER_STACK_TOP;
	at = mm_map(x->mm, USER_STACK_TOP - size, size, prot, MAP_FIXED, VMA_GROWS,
		    NULL, 0);
	return at < 0 ? at : stack_fill(x);
}

/* ---- identity ---------------------------------------------------------- */

/* What a new program of these ids may do: capabilities(7), without files'. */
static void caps_choose(struct creds *c)
{
	bool root = !c->uid || !c->euid;

	c->cap_permitted = root ? c->cap_inheritable | c->cap_bounding : 0;
	c->cap_effective = c->euid ? 0 : c->cap_permitted;
	c->keep_caps = 0;
}

/* Set-id bits of the program change the ids: 0 or an error of the vfs. */
static long creds_choose(struct exec *x)
{
	const struct file *f = x->program.file;
	struct process *p = current->process;
	struct vfs_attr attr = { 0 };
	long error = 0;

	x->creds = p->creds;
	if ((f->mode & (S_ISUID | S_ISGID)) && !p->pref[PREF_NO_NEW_PRIVS] &&
	    !(f->flags & FILE_NOSUID))
		error = module_result(vfs_getattr(f->node, &attr), 0);
	if (error)
		return error;
	if (attr.mode & S_ISUID)
		x->creds.euid = attr.uid;
	if ((attr.mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		x->creds.egid = attr.gid;
	x->creds.suid = x->creds.fsuid = x->creds.euid;
	x->creds.sgid = x->creds.fsgid = x->creds.egid;
	caps_choose(&x->creds);
	x->secure = x->creds.euid != x->creds.uid || x->creds.egid != x->creds.gid;
	return 0;
}

/* Ends the process's other threads: 0, or -EINTR when the caller dies too. */
static long threads_end(struct process *p)
{
	u64 mask = current->sigmask, flags = spin_lock_irq(&process_lock);
	struct thread *t;
	long error = 0;
	u32 seq;

	list_for_each_entry(t, &p->threads, siblings) {
		if (t == current)
			continue;
		WRITE_ONCE(t->kill, true);
		WRITE_ONCE(t->task->notify, 1);
		thread_wake(t);
	}
	spin_unlock_irq(&process_lock, flags);
	current->sigmask = ~0ul;
	while (!error) {
		seq = wait_read(&p->change);
		if (READ_ONCE(p->nthreads) == 1)
			break;
		error = wait_on(&p->change, seq, 0, true);
	}
	signal_set_mask(mask);
	return error ? -EINTR : 0;
}

/* ---- the change -------------------------------------------------------- */

static void name_set(struct process *p, const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	strlcpy(p->name, base, sizeof(p->name));
	strlcpy(current->name, base, sizeof(current->name));
}

static void registers_set(const struct exec *x, struct regs *regs)
{
	struct thread *t = current;
	u64 vector = regs->vector, flags = irq_save();

	fpu_init_state(t->fpu);
	t->fs_base = 0;
	t->gs_base = 0;
	fpu_load(t);
	irq_restore(flags);
	*regs = (struct regs){
		.vector = vector, .rip = x->entry, .rsp = x->sp,
		.cs = SEL_USER_CODE, .ss = SEL_USER_DATA,
		.rflags = RFLAGS_FIXED | RFLAGS_IF,
	};
}

/* Becomes the new program. Nothing fails from here on. */
static void exec_commit(struct exec *x, const char *path, struct regs *regs)
{
	struct process *p = current->process;
	u64 flags = spin_lock_irq(&process_lock);

	SWAP(p->mm, x->mm);
	SWAP(p->exe, x->program.file);
	if (x->fds)
		SWAP(p->fds, x->fds);
	spin_unlock_irq(&process_lock, flags);
	mm_switch(p->mm);
	fdtable_exec(p->fds);
	signal_exec(p);
	if (p->timers)
		events_process_end(p->pid, true);
	current->clear_child_tid = 0;
	current->task->robust_list = 0;
	current->tid = p->pid;
	if (x->secure)
		p->pref[PREF_DEATH_SIGNAL] = 0;
	p->pref[PREF_UNDUMPABLE] = x->secure;
	p->pref[PREF_MEMBARRIER] = 0;
	p->creds = x->creds;
	name_set(p, path);
	preempt_disable();
	context_page_update(current);
	preempt_enable();
	registers_set(x, regs);
	p->executed = true;
	if (p->vforked) {
		p->vforked = false;
		wait_wake_all(&p->vfork);
	}
}

static void exec_free(struct exec *x)
{
	u32 i;

	image_close(&x->program);
	image_close(&x->interp);
	for (i = 0; i < x->nprefix; i++)
		core_free(x->prefix[i]);
	pageobj_put(x->text);
	pageobj_put(x->offsets);
	if (x->fds)
		fdtable_put(x->fds);
	mm_put(x->mm);
	core_free(x);
}

/* See include/core/process.h. May sleep. Linux's errors of execve(2). */
long process_exec(const struct exec_path *path, u64 argv, u64 envp, bool kernel,
		  struct regs *regs)
{
	struct process *p = current->process;
	struct exec *x = core_alloc(sizeof(*x));
	long error;

	if (!x)
		return -ENOMEM;
	error = arguments_gather(x, path->shown, argv, envp, kernel);
	if (!error)
		error = program_open(x, path);
	if (!error)
		error = interp_open(x);
	if (!error)
		error = arguments_prefix(x);
	if (!error)
		error = creds_choose(x);
	if (!error)
		error = images_map(x);
	if (!error)
		error = stack_map(x);
	if (!error && p->fds->refs > 1 && !(x->fds = fdtable_copy(p->fds)))
		error = -ENOMEM;
	if (!error)
		error = threads_end(p);
	if (!error)
		exec_commit(x, path->shown, regs);
	exec_free(x);
	return error;
}

static long exec_user(int dirfd, u64 path, u64 argv, u64 envp, u32 flags)
{
	struct exec_path e = { .oflags = flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0 };
	struct file *hold;
	char *name, shown[32];
	long error = path_get(path, flags & AT_EMPTY_PATH, &name);

	if (error)
		return error;
	e.path = e.shown = name;
	error = path_at(dirfd, name, &e.at, &hold);
	if (!error && hold && !name[0]) {
		snprintf(shown, sizeof(shown), "/dev/fd/%d", dirfd);
		e.shown = shown;
		error = e.at ? 0 : -EACCES;
	}
	if (!error) {
		op_begin();
		error = process_exec(&e, argv, envp, false, current->user_regs);
		file_put(hold);
	}
	path_put(name);
	return error;
}

/* execve(2). */
long sys_execve(u64 path, u64 argv, u64 envp)
{
	return exec_user(AT_FDCWD, path, argv, envp, 0);
}

/* execveat(2). The path of one below `dirfd` is shown as it was given. */
long sys_execveat(int dirfd, u64 path, u64 argv, u64 envp, u32 flags)
{
	return flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) ? -EINVAL :
	       exec_user(dirfd, path, argv, envp, flags);
}
