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

enum lock_kind { LOCK_RECORD, LOCK_DESCRIPTION, LOCK_FLOCK };

/* What is asked for. */
struct request {
	u64 file, owner;
	s64 start, end;		/* bytes, the last included */
	u32 kind;
	u32 type;		/* F_RDLCK, F_WRLCK, F_UNLCK */
	u32 pid;
	bool waits;		/* so look whether that would be for ever */
};

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

/* locks.c: locks_lock is held */
const struct lock *lock_conflict(const struct request *r);
long lock_set_record(const struct request *r);
long lock_set_flock(const struct request *r);

/* table.c: locks_lock is held */
struct locked_file *file_find(u64 file);
long file_store(u64 file, const struct lock *locks, u32 count);
void file_keep(u64 file, const struct lock *locks, u32 count);	/* some of what it has */
void table_recover(void);

#endif
