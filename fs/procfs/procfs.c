/* SPDX-License-Identifier: MIT */
/*
 * procfs: /proc. The core, vfs and others tell their figures as structures
 * (info.h); here they become texts, in the formats of proc(5), and names. An
 * open file has its inode's number, and its text is made anew when it is read.
 *
 * State: a record with what boot_id says; else there is nothing to keep. Files
 * that are open go on after a reset.
 */
#include "internal.h"

long text_provider;

/* See internal.h. */
void text_from(struct text *t, reader_fn *read, u32 arg)
{
	long n = 1;

	while (n > 0 && !text_full(t)) {
		size_t room = MIN(t->size - t->len, (size_t)PAGE_SIZE);

		n = read(arg, t->skip + t->len, t->buf + t->len, room);
		if (n > 0)
			t->len += MIN((size_t)n, room);
	}
}

/* See pseudofs.h. */
long item_make(struct text *t, u64 ino)
{
	const struct item *item = item_of(ino);
	struct subject *s = kmalloc(sizeof(*s));
	long error;

	if (!s)
		return -ENOMEM;
	error = subject_find(ino, s);
	if (error)
		error = -ESRCH;
	else if (!item || S_ISDIR(item->mode))
		error = -EISDIR;
	else if ((item->flags & ITEM_PROTECTED) && !s->process.visible)
		error = -EACCES;
	else if (item->show)
		item->show(t, s);
	else
		text_printf(t, "%s\n", item->constant);
	kfree(s);
	return error;
}

/* See pseudofs.h. */
long item_store(u64 ino, const char *text)
{
	const struct item *item = item_of(ino);
	struct subject *s = kmalloc(sizeof(*s));
	long error;

	if (!s)
		return -ENOMEM;
	error = subject_find(ino, s);
	if (!error)
		error = item && item->store ? item->store(s, text) : -EINVAL;
	kfree(s);
	return error;
}

static long procfs_init(u32 flags)
{
	text_provider = provider_register(THIS_MODULE, &item_files);
	if (text_provider < 0)
		return text_provider;
	if (boot_id_init())
		pr_warn("boot_id is not known");
	return vfs_register_fs(THIS_MODULE, "proc", VFS_FS_OPENS, &procfs_ops);
}

MODULE("procfs", .description = "/proc: processes, modules, the boot trace",
       .init = procfs_init, .rank = RANK_VFS_CLIENT);
