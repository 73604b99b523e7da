/* SPDX-License-Identifier: MIT */
/*
 * What a process is: the calls that programs make all the time, or that change its
 * place among the others; and what modules that have the other calls may see and
 * set (include/interface/identity.h).
 */
#include <boot.h>
#include <errno.h>
#include <files.h>
#include <identity.h>
#include <log.h>
#include <mm.h>
#include <modules.h>
#include <sched.h>
#include <string.h>
#include <syscall.h>


/* See include/core/syscall.h. */
void creds_changed(void)
{
	preempt_disable();
	context_page_update(current);
	preempt_enable();
}

SYSCALL_AS(getpid, (void), current->process->pid)
SYSCALL_AS(gettid, (void), current->tid)

long sys_getppid(void)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *parent = current->process->parent;
	long pid = parent ? parent->pid : 0;

	spin_unlock_irq(&process_lock, flags);
	return pid;
}

SYSCALL_AS(getuid, (void), current->process->creds.uid)
SYSCALL_AS(geteuid, (void), current->process->creds.euid)
SYSCALL_AS(getgid, (void), current->process->creds.gid)
SYSCALL_AS(getegid, (void), current->process->creds.egid)

/* ---- groups and sessions ----------------------------------------------- */

static bool group_in_session(u32 pgrp, u32 sid)
{
	struct process *p;

	list_for_each_entry(p, &process_list, all)
		if (p->pgrp == pgrp && p->sid == sid)
			return true;
	return false;
}

static long setpgid_locked(u32 pid, u32 pgrp)
{
	struct process *self = current->process;
	struct process *p = process_find(pid);

	if (!p || p->state != PROCESS_ALIVE || (p != self && p->parent != self))
		return -ESRCH;
	if (p->sid != self->sid || p->pid == p->sid)
		return -EPERM;
	if (p != self && p->executed)
		return -EACCES;
	if (pgrp != pid && !group_in_session(pgrp, self->sid))
		return -EPERM;
	p->pgrp = pgrp;
	return 0;
}

/* setpgid(2). */
long sys_setpgid(s32 pid, s32 pgrp)
{
	u64 flags;
	long error;

	if (pid < 0 || pgrp < 0)
		return -EINVAL;
	if (pid == 0)
		pid = current->process->pid;
	flags = spin_lock_irq(&process_lock);
	error = setpgid_locked(pid, pgrp ? pgrp : pid);
	spin_unlock_irq(&process_lock, flags);
	return error;
}

/* setsid(2). */
long sys_setsid(void)
{
	struct process *self = current->process, *p;
	u64 flags = spin_lock_irq(&process_lock);
	long result = self->pid;

	list_for_each_entry(p, &process_list, all)
		if (p->pgrp == self->pid)
			result = -EPERM;
	if (result > 0)
		self->pgrp = self->sid = self->pid;
	spin_unlock_irq(&process_lock, flags);
	return result;
}

/* ---- odds and ends of a thread ------------------------------------------ */

/* arch_prctl(2): the FS and GS bases. */
long sys_arch_prctl(u32 code, u64 addr)
{
	struct thread *t = current;

	switch (code) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		if (addr >= USER_END)
			return -EPERM;
		if (code == ARCH_SET_FS)
			t->fs_base = addr;
		else
			t->gs_base = addr;
		thread_bases_load(t);
		return 0;
	case ARCH_GET_FS:
		return put_user_bytes(addr, &t->fs_base, sizeof(u64));
	case ARCH_GET_GS:
		return put_user_bytes(addr, &t->gs_base, sizeof(u64));
	}
	return -EINVAL;
}

/* ---- for modules: include/interface/identity.h ---------------------------- */

long process_creds_get(struct creds *c)
{
	if (!current->process)
		return -ESRCH;
	return copy_module_to(c, &current->process->creds, sizeof(*c)) ? -EFAULT : 0;
}

/* Whether each of the four ids at `new` is among those at `old`. */
static bool ids_are_among(const u32 *new, const u32 *old)
{
	u32 i;

	for (i = 0; i < 4; i++)
		if (new[i] != old[0] && new[i] != old[1] && new[i] != old[2] && new[i] != old[3])
			return false;
	return true;
}

/* The rule of process_creds_set(). */
static bool creds_may_become(const struct creds *old, const struct creds *new)
{
	u64 inherit = old->cap_inheritable | old->cap_permitted |
		      (capable(CAP_SETPCAP) ? old->cap_bounding : 0);

	if (!capable(CAP_SETUID) && !ids_are_among(&new->uid, &old->uid))
		return false;
	if (!capable(CAP_SETGID) &&
	    (!ids_are_among(&new->gid, &old->gid) || new->ngroups != old->ngroups ||
	     memcmp(new->group, old->group, sizeof(new->group))))
		return false;
	return !(new->cap_permitted & ~old->cap_permitted) &&
	       !(new->cap_effective & ~new->cap_permitted) &&
	       !(new->cap_bounding & ~old->cap_bounding) && !(new->cap_inheritable & ~inherit);
}

long process_creds_set(u32 self, const struct creds *c)
{
	struct process *p = current->process;
	struct creds new;

	if (!p)
		return -ESRCH;
	if (copy_module_from(&new, c, sizeof(new)))
		return -EFAULT;
	if (new.ngroups > CONTEXT_GROUPS)
		return -EINVAL;
	if (!creds_may_become(&p->creds, &new))
		return -EPERM;
	p->creds = new;
	creds_changed();
	return 0;
}

long process_pref_get(u32 which)
{
	if (!current->process)
		return -ESRCH;
	return which < PREFS ? (long)current->process->pref[which] :
	       which == PREF_TID_ADDRESS ? (long)current->clear_child_tid : -EINVAL;
}

long process_pref_set(u32 which, u64 value)
{
	struct process *p = current->process;

	if (!p)
		return -ESRCH;
	if (which >= PREFS || (s64)value < 0 || (which == PREF_NO_NEW_PRIVS && !value) ||
	    (which == PREF_DEATH_SIGNAL && value > LINUX_NSIG))
		return -EINVAL;
	p->pref[which] = value;
	return 0;
}

long process_limit_set(u32 pid, u32 which, u64 cur, u64 max)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p = pid ? process_find(pid) : current->process;
	long error = !p ? -ESRCH : which >= RLIMITS || cur > max ? -EINVAL :
		     (which == RLIMIT_NOFILE && max > FD_LIMIT) ||
		     (max > p->rlimit[which].max && !capable(CAP_SYS_RESOURCE)) ? -EPERM : 0;

	if (!error)
		p->rlimit[which] = (struct linux_rlimit){ cur, max };
	spin_unlock_irq(&process_lock, flags);
	return error;
}

long machine_end(u32 how)
{
	static void (*const end[])(void) = { machine_reboot, machine_power_off, machine_halt };
	static const char *const text[] = { "restarting", "powering off", "halted" };

	if (how >= ARRAY_SIZE(end))
		return -EINVAL;
	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	pr_notice("%s", text[how]);
	end[how]();
	return 0;
}

SYMBOL_EXPORT(process_creds_get);
SYMBOL_EXPORT(process_creds_set);
SYMBOL_EXPORT(process_pref_get);
SYMBOL_EXPORT(process_pref_set);
SYMBOL_EXPORT(process_limit_set);
SYMBOL_EXPORT(machine_end);
