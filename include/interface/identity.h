/* SPDX-License-Identifier: MIT */
/*
 * Who the calling process is, what it may do, and what is only kept for it: for a
 * module that provides the system calls on these.
 */
#ifndef INTERFACE_IDENTITY_H
#define INTERFACE_IDENTITY_H

#include <module.h>

/* Ids, supplementary groups and capabilities (BIT(CAP_*)) of a process. */
struct creds {
	u32 uid, euid, suid, fsuid;
	u32 gid, egid, sgid, fsgid;
	u32 ngroups;
	u32 group[CONTEXT_GROUPS];
	u32 keep_caps;		/* 1: when no user id is 0 any more */
	u64 cap_effective, cap_permitted, cap_inheritable, cap_bounding;
};

/* What a process has set with prctl(2) and its like, each one number. */
enum process_pref {
	PREF_DEATH_SIGNAL,	/* when the parent ends; 0: none */
	PREF_SUBREAPER,		/* 1: orphans below it become its children */
	PREF_UNDUMPABLE,	/* 1: others may not look into it */
	PREF_NO_NEW_PRIVS,	/* 1: for good */
	PREF_TIMER_SLACK,	/* ns */
	PREF_PERSONALITY,
	PREF_MEMBARRIER,	/* the private barriers that it asked for */
	PREFS,
	PREF_TID_ADDRESS = PREFS,	/* set_tid_address(2)'s; to be read only */
};

/* How the machine is to end. */
enum machine_end { MACHINE_RESTART, MACHINE_POWER_OFF, MACHINE_HALT };

INTERFACE_BEGIN

/* The caller's: 0, -ESRCH (no process). */
long process_creds_get(struct creds *c);
CONTRACT(process_creds_get, CALL_RESTARTABLE, ARG_STRUCT_OUT(c, struct creds));
/*
 * Sets the caller's: 0, -EINVAL, or -EPERM: without CAP_SETUID and CAP_SETGID ids
 * can only change places, and capabilities are never gained.
 */
long process_creds_set(u32 self, const struct creds *c);
CONTRACT(process_creds_set, CALL_RESTARTABLE, ARG_SELF(self),
	 ARG_STRUCT_IN(c, struct creds));

/* The caller's PREF_*: its value, -EINVAL. */
long process_pref_get(u32 which);
CONTRACT(process_pref_get, CALL_RESTARTABLE, ARG_VALUE(which));
/* 0, -EINVAL: no such, or it can't have the value. */
long process_pref_set(u32 which, u64 value);
CONTRACT(process_pref_set, CALL_RESTARTABLE, ARG_VALUE(which), ARG_VALUE(value));

/*
 * Sets RLIMIT_* of process `pid`: 0, -ESRCH, -EINVAL, -EPERM (a hard limit is
 * raised without CAP_SYS_RESOURCE). Who may do it to another is the module's matter.
 */
long process_limit_set(u32 pid, u32 which, u64 cur, u64 max);
CONTRACT(process_limit_set, CALL_RESTARTABLE, ARG_VALUE(pid), ARG_VALUE(which),
	 ARG_VALUE(cur), ARG_VALUE(max));

/* Ends all (enum machine_end): -EPERM without CAP_SYS_BOOT, -EINVAL. */
long machine_end(u32 how);
CONTRACT(machine_end, CALL_RESTARTABLE, ARG_VALUE(how));

INTERFACE_END

#endif
