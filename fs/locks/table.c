/* SPDX-License-Identifier: MIT */
/* The books: files that have locks, each with a record of all its locks. */
#include <printf.h>

#include "internal.h"

static LIST_HEAD(files);

/* The locks of a file, or NULL: it has none. */
struct locked_file *file_find(u64 file)
{
	struct locked_file *f;

	list_for_each_entry(f, &files, list)
		if (f->file == file)
			return f;
	return NULL;
}

static void record_of(u64 file, char name[RECORD_NAME_MAX])
{
	snprintf(name, RECORD_NAME_MAX, "%lx", file);
}

static struct locked_file *file_make(u64 file)
{
	struct locked_file *f = kzalloc(sizeof(*f));

	if (f) {
		f->file = file;
		list_add_tail(&f->list, &files);
	}
	return f;
}

static void file_forget(struct locked_file *f)
{
	list_del(&f->list);
	kfree(f);
}

/*
 * Makes `locks` those of a file: the record is replaced first, which is the moment
 * of the change. 0, -ENOLCK.
 */
long file_store(u64 file, const struct lock *locks, u32 count)
{
	struct locked_file *f = file_find(file);
	char name[RECORD_NAME_MAX];

	record_of(file, name);
	if (!count) {
		if (f) {
			record_delete(THIS_MODULE, name);
			file_forget(f);
		}
		return 0;
	}
	if (!f)
		f = file_make(file);
	if (!f || record_put(THIS_MODULE, name, locks, count * sizeof(*locks))) {
		if (f && !f->count)
			file_forget(f);
		return -ENOLCK;
	}
	memcpy(f->lock, locks, count * sizeof(*locks));
	f->count = count;
	return 0;
}

/*
 * As file_store() for a part of what the file has, which can't fail: without memory
 * for a new record there is none, and a reset loses the locks that are left.
 */
void file_keep(u64 file, const struct lock *locks, u32 count)
{
	struct locked_file *f = file_find(file);
	char name[RECORD_NAME_MAX];

	if (!f || !file_store(file, locks, count))
		return;
	record_of(file, name);
	record_delete(THIS_MODULE, name);
	memcpy(f->lock, locks, count * sizeof(*locks));
	f->count = count;
}

static u64 number_of(const char *name)
{
	u64 n = 0;

	for (; *name; name++)
		n = n << 4 | (u64)(*name <= '9' ? *name - '0' : *name - 'a' + 10);
	return n;
}

/* Reads the records after a reset. */
void table_recover(void)
{
	char name[RECORD_NAME_MAX];
	struct locked_file *f;
	long len;

	for (u32 i = 0; !record_name(THIS_MODULE, i, name, sizeof(name)); i++) {
		f = file_make(number_of(name));
		if (!f)
			return;
		len = record_get(THIS_MODULE, name, f->lock, sizeof(f->lock));
		f->count = len > 0 ? (u32)len / sizeof(struct lock) : 0;
		if (!f->count)
			file_forget(f);
	}
}
