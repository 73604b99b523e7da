/* SPDX-License-Identifier: MIT */
/*
 * Locks on files: fcntl(2)'s record locks, those of open file descriptions, and
 * flock(2)'s. Files and owners are numbers of the core's: a file's locks are known by
 * `file`; a record lock's owner is a descriptor table, the others' an open file.
 */
#ifndef INTERFACE_LOCKS_H
#define INTERFACE_LOCKS_H

#include <module.h>

enum lock_kind { LOCK_RECORD, LOCK_DESCRIPTION, LOCK_FLOCK };

struct lock_request {
	u64 file, owner;
	s64 start, end;		/* bytes, the last included */
	u32 kind;
	u32 type;		/* F_RDLCK, F_WRLCK, F_UNLCK */
	u32 pid;		/* who F_GETLK is told of */
	u32 waits;		/* will wait, so look whether that would be for ever */
};

INTERFACE_BEGIN

/*
 * Sets or (F_UNLCK) takes away a lock: 0, -EAGAIN: another owner's is in the way,
 * -EDEADLK, -ENOLCK (no memory, or too many locks on one file).
 */
long locks_set(const struct lock_request *request);
CONTRACT(locks_set, CALL_RESTARTABLE, ARG_STRUCT_IN(request, struct lock_request));
/* Puts a lock that is in the way into *request; none: its type becomes F_UNLCK. */
long locks_get(struct lock_request *request);
CONTRACT(locks_get, CALL_RESTARTABLE, ARG_STRUCT_INOUT(request, struct lock_request));
/* The owner has no lock of the file any more, and does not wait for one. */
long locks_release(u64 file, u64 owner);
CONTRACT(locks_release, CALL_RESTARTABLE, ARG_VALUE(file), ARG_VALUE(owner));
/* `owner` waits no longer: a signal came. */
long locks_give_up(u64 owner);
CONTRACT(locks_give_up, CALL_RESTARTABLE, ARG_VALUE(owner));

INTERFACE_END

#endif
