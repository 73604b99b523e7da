/* SPDX-License-Identifier: MIT */
/*
 * sysfs: /sys. Modules with their figures, devices by class, CPUs; in the forms
 * of Linux where it has them. A text is made anew when it is read.
 *
 * State: nothing to keep. Files that are open go on after a reset.
 */
#include "internal.h"

long text_provider;

/* See pseudofs.h. */
long item_make(struct text *t, u64 ino)
{
	const struct item *item = item_of(ino);
	struct subject s;
	long error = subject_find(ino, &s);

	if (error)
		return -ENODEV;
	if (!item || S_ISDIR(item->mode) || !(item->show || item->constant))
		return -EIO;
	if (item->show)
		item->show(t, &s);
	else
		text_printf(t, "%s\n", item->constant);
	return 0;
}

/* See pseudofs.h. */
long item_store(u64 ino, const char *text)
{
	const struct item *item = item_of(ino);
	struct subject s;

	if (subject_find(ino, &s))
		return -ENODEV;
	return item && item->store ? item->store(&s, text) : -EIO;
}

static long sysfs_init(u32 flags)
{
	text_provider = provider_register(THIS_MODULE, &item_files);
	if (text_provider < 0)
		return text_provider;
	return vfs_register_fs(THIS_MODULE, "sysfs", 0, &sysfs_ops);
}

MODULE("sysfs", .description = "/sys: modules, devices, CPUs",
       .init = sysfs_init, .rank = RANK_VFS_CLIENT);
