/* SPDX-License-Identifier: MIT */
/* The locks of one file: all of them in one record with the core. */
#ifndef LOCKS_INTERNAL_H
#define LOCKS_INTERNAL_H

#include <errno.h>
#include <list.h>
#include <locks.h>
#include <runtime.h>
#include <string.h>
#include <whitix/fcntl.h>

struct lock {
	u64 owner;
	s64 start, end;
	u32 kind, type, pid, reserved;
};

/* So many fit into a record. */
#define LOCKS_MAX (RECORD_MAX / sizeof(struct lock))

struct locked_file {
	struct list_head list;
	u64 file;
	u32 count;
	struct lock lock[LOCKS_MAX];
};

extern struct mutex locks_lock;

/* table.c: locks_lock is held */
struct locked_file *file_find(u64 file);
long file_store(u64 file, const struct lock *locks, u32 count);
void table_recover(void);

#endif
