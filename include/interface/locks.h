/* SPDX-License-Identifier: MIT */
/*
 * Locks on files: fcntl(2)'s record locks, those of open file descriptions, and
 * flock(2)'s. Files and owners are numbers of the core's: a file's locks are known by
 * `file`; a record lock's owner is a descriptor table, the others' an open file.
 */
#ifndef INTERFACE_LOCKS_H
#define INTERFACE_LOCKS_H

#include <module.h>
#include <whitix/fcntl.h>

struct lock_call {
	u64 file;
	u64 table, description;	/* possible owners */
	s64 pos, size;		/* of the file: what l_whence counts from */
	u32 cmd;		/* F_GETLK and so on, LOCKS_FLOCK */
	u32 op;			/* of flock(2) */
	u32 oflags;		/* the file was opened with */
	u32 pid;		/* who F_GETLK is told of */
	struct linux_flock lock;	/* of fcntl(2) */
};
#define LOCKS_FLOCK 0x10000

INTERFACE_BEGIN

/*
 * fcntl(2) on locks, or flock(2): 0; -EAGAIN: another owner's lock is in the way, and
 * who is to wait asks again when one was given up; -EDEADLK, -ENOLCK, -EINVAL, ...
 * F_GETLK and F_OFD_GETLK fill `lock`.
 */
long locks_call(struct lock_call *call);
CONTRACT(locks_call, CALL_RESTARTABLE, ARG_STRUCT_INOUT(call, struct lock_call));
/* The owner has no lock of the file any more. */
long locks_release(u64 file, u64 owner);
CONTRACT(locks_release, CALL_RESTARTABLE, ARG_VALUE(file), ARG_VALUE(owner));
/* `owner` waits no longer: a signal came. */
long locks_give_up(u64 owner);
CONTRACT(locks_give_up, CALL_RESTARTABLE, ARG_VALUE(owner));

INTERFACE_END

#endif
