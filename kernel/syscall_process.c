/* SPDX-License-Identifier: MIT */
/*
 * System calls on what a process is: ids, groups and sessions, limits, figures,
 * prctl.
 */
#include <errno.h>
#include <files.h>
#include <mm.h>
#include <sched.h>
#include <string.h>
#include <syscall.h>
#include <timer.h>
#include <tty.h>


#define ID_KEEP 0xffffffffu
#define MSR_GS_LIMIT USER_END

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

/* ---- changing ids ------------------------------------------------------ */

/* One kind of id: real, effective, saved, for files. */
struct ids {
	u32 *real, *effective, *saved, *fs;
	u32 cap;		/* who has it may set any */
};

static struct ids user_ids(struct creds *c)
{
	return (struct ids){ &c->uid, &c->euid, &c->suid, &c->fsuid, CAP_SETUID };
}

static struct ids group_ids(struct creds *c)
{
	return (struct ids){ &c->gid, &c->egid, &c->sgid, &c->fsgid, CAP_SETGID };
}

static bool id_is_own(const struct ids *i, u32 id, bool saved)
{
	return id == ID_KEEP || id == *i->real || id == *i->effective ||
	       (saved && id == *i->saved);
}

/* Sets real, effective and saved id (ID_KEEP: as it is): 0, -EPERM. */
static long set_res(struct ids i, u32 real, u32 effective, u32 saved)
{
	struct creds *c = &current->process->creds, old = *c;

	if (!capable(i.cap) && (!id_is_own(&i, real, true) ||
				!id_is_own(&i, effective, true) ||
				!id_is_own(&i, saved, true)))
		return -EPERM;
	if (real != ID_KEEP)
		*i.real = real;
	if (effective != ID_KEEP)
		*i.effective = effective;
	if (saved != ID_KEEP)
		*i.saved = saved;
	*i.fs = *i.effective;
	caps_follow_ids(c, &old);
	creds_changed();
	return 0;
}

static long set_id(struct ids i, u32 id)
{
	if (id == ID_KEEP)
		return -EINVAL;
	if (capable(i.cap))
		return set_res(i, id, id, id);
	return id == *i.real || id == *i.saved ? set_res(i, ID_KEEP, id, ID_KEEP) : -EPERM;
}

static long set_re(struct ids i, u32 real, u32 effective)
{
	u32 old = *i.real, now = effective == ID_KEEP ? *i.effective : effective;
	bool save = real != ID_KEEP || (effective != ID_KEEP && effective != old);

	if (!capable(i.cap) && !id_is_own(&i, real, false))
		return -EPERM;
	return set_res(i, real, effective, save ? now : ID_KEEP);
}

static long set_fs(struct ids i, u32 id)
{
	u32 old = *i.fs;

	if (id != ID_KEEP && (capable(i.cap) || id == old || id_is_own(&i, id, true))) {
		*i.fs = id;
		creds_changed();
	}
	return old;
}

static long get_res(struct ids i, u64 real, u64 effective, u64 saved)
{
	return put_user_bytes(real, i.real, sizeof(u32)) ||
	       put_user_bytes(effective, i.effective, sizeof(u32)) ||
	       put_user_bytes(saved, i.saved, sizeof(u32)) ? -EFAULT : 0;
}

SYSCALL_AS(setuid, (u32 id), set_id(user_ids(&current->process->creds), id))
SYSCALL_AS(setgid, (u32 id), set_id(group_ids(&current->process->creds), id))
SYSCALL_AS(setreuid, (u32 real, u32 effective),
	   set_re(user_ids(&current->process->creds), real, effective))
SYSCALL_AS(setregid, (u32 real, u32 effective),
	   set_re(group_ids(&current->process->creds), real, effective))
SYSCALL_AS(setresuid, (u32 real, u32 effective, u32 saved),
	   set_res(user_ids(&current->process->creds), real, effective, saved))
SYSCALL_AS(setresgid, (u32 real, u32 effective, u32 saved),
	   set_res(group_ids(&current->process->creds), real, effective, saved))
SYSCALL_AS(getresuid, (u64 real, u64 effective, u64 saved),
	   get_res(user_ids(&current->process->creds), real, effective, saved))
SYSCALL_AS(getresgid, (u64 real, u64 effective, u64 saved),
	   get_res(group_ids(&current->process->creds), real, effective, saved))
SYSCALL_AS(setfsuid, (u32 id), set_fs(user_ids(&current->process->creds), id))
SYSCALL_AS(setfsgid, (u32 id), set_fs(group_ids(&current->process->creds), id))

/* getgroups(2). */
long sys_getgroups(s32 size, u64 user)
{
	struct creds *c = &current->process->creds;

	if (size < 0 || (size && (u32)size < c->ngroups))
		return -EINVAL;
	if (size && put_user_bytes(user, c->group, c->ngroups * sizeof(u32)))
		return -EFAULT;
	return c->ngroups;
}

/* setgroups(2). */
long sys_setgroups(s32 size, u64 user)
{
	struct creds *c = &current->process->creds;
	u32 group[NGROUPS_MAX];

	if (!capable(CAP_SETGID))
		return -EPERM;
	if (size < 0 || size > NGROUPS_MAX)
		return -EINVAL;
	if (get_user_bytes(group, user, size * sizeof(u32)))
		return -EFAULT;
	memcpy(c->group, group, size * sizeof(u32));
	c->ngroups = size;
	creds_changed();
	return 0;
}

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

	if (pgrp < 0)
		return -EINVAL;
	if (pid == 0)
		pid = current->process->pid;
	flags = spin_lock_irq(&process_lock);
	error = pid < 0 ? -ESRCH : setpgid_locked(pid, pgrp ? pgrp : pid);
	spin_unlock_irq(&process_lock, flags);
	return error;
}

static long id_of(u32 pid, bool session)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p = pid ? process_find(pid) : current->process;
	long id = !p ? -ESRCH : session ? (long)p->sid : (long)p->pgrp;

	spin_unlock_irq(&process_lock, flags);
	return id;
}

SYSCALL_AS(getpgid, (u32 pid), id_of(pid, false))
SYSCALL_AS(getpgrp, (void), id_of(0, false))
SYSCALL_AS(getsid, (u32 pid), id_of(pid, true))

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

/* vhangup(2): of the caller's controlling terminal. */
long sys_vhangup(void)
{
	return privileged() ? module_result(tty_hangup(current->process->sid), 0) : -EPERM;
}

/* ---- limits and figures ------------------------------------------------ */

static long limit_set(struct process *p, u32 which, const struct linux_rlimit *new)
{
	if (new->cur > new->max)
		return -EINVAL;
	if (which == RLIMIT_NOFILE && new->max > FD_LIMIT)
		return -EPERM;
	if (new->max > p->rlimit[which].max && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	p->rlimit[which] = *new;
	return 0;
}

/* prlimit64(2). */
long sys_prlimit64(u32 pid, u32 which, u64 new, u64 old)
{
	struct linux_rlimit limit, was;
	struct process *p;
	u64 flags;
	long error = 0;

	if (which >= RLIMITS)
		return -EINVAL;
	if (new && get_user_bytes(&limit, new, sizeof(limit)))
		return -EFAULT;
	flags = spin_lock_irq(&process_lock);
	p = pid ? process_find(pid) : current->process;
	if (!p)
		error = -ESRCH;
	else if (p != current->process && !capable(CAP_SYS_RESOURCE) &&
		 (p->creds.uid != current->process->creds.uid ||
		  p->creds.euid != p->creds.uid || p->creds.suid != p->creds.uid))
		error = -EPERM;
	if (!error) {
		was = p->rlimit[which];
		if (new)
			error = limit_set(p, which, &limit);
	}
	spin_unlock_irq(&process_lock, flags);
	return error || !old ? error : put_user_bytes(old, &was, sizeof(was));
}

SYSCALL_AS(getrlimit, (u32 which, u64 user), user ? sys_prlimit64(0, which, 0, user) : -EFAULT)
SYSCALL_AS(setrlimit, (u32 which, u64 user), user ? sys_prlimit64(0, which, user, 0) : -EFAULT)

/* getrusage(2). */
long sys_getrusage(s32 who, u64 user)
{
	struct process *p = current->process;
	struct linux_rusage r = { 0 };
	u64 utime = current->utime_ns, stime = current->stime_ns, flags;
	u64 resident = current->mm->max_resident, faults = current->faults;
	struct thread *t;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	flags = spin_lock_irq(&process_lock);
	if (who == RUSAGE_CHILDREN) {
		utime = p->child_utime_ns;
		stime = p->child_stime_ns;
		resident = p->child_max_resident;
		faults = p->child_faults;
	} else if (who == RUSAGE_SELF) {
		utime = p->utime_ns;
		stime = p->stime_ns;
		faults = p->faults;
		list_for_each_entry(t, &p->threads, siblings) {
			faults += t->faults;
			utime += t->utime_ns;
			stime += t->stime_ns;
		}
	}
	spin_unlock_irq(&process_lock, flags);
	r.ru_utime = ns_to_timeval(utime);
	r.ru_stime = ns_to_timeval(stime);
	r.ru_maxrss = resident * (PAGE_SIZE / 1024);
	r.ru_minflt = faults;
	return put_user_bytes(user, &r, sizeof(r));
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

static long set_name(u64 user)
{
	char name[THREAD_NAME_MAX];
	long len = copy_string_from_user(name, user, sizeof(name) - 1);

	if (len < 0)
		return len;
	name[len] = 0;
	strlcpy(current->name, name, sizeof(current->name));
	if (current->tid == current->process->pid)
		strlcpy(current->process->name, name, sizeof(name));
	return 0;
}

/* Reaper and signals of a parent's end; what is only kept: 0, a value, -EINVAL. */
static long prctl_process(struct process *p, u32 option, u64 a)
{
	switch (option) {
	case PR_SET_PDEATHSIG:
		if (a > LINUX_NSIG)
			return -EINVAL;
		p->pdeath_signal = a;
		return 0;
	case PR_GET_PDEATHSIG:
		return put_user_bytes(a, &p->pdeath_signal, sizeof(u32));
	case PR_SET_CHILD_SUBREAPER:
		p->subreaper = a;
		return 0;
	case PR_GET_CHILD_SUBREAPER:
		return put_user_bytes(a, &p->subreaper, sizeof(u32));
	case PR_GET_DUMPABLE:
		return !p->undumpable;
	case PR_SET_DUMPABLE:
		if (a > 1)
			return -EINVAL;
		p->undumpable = !a;
		return 0;
	case PR_GET_KEEPCAPS:
		return p->creds.keep_caps;
	case PR_SET_KEEPCAPS:
		if (a > 1)
			return -EINVAL;
		p->creds.keep_caps = a;
		return 0;
	case PR_CAPBSET_READ:
	case PR_CAPBSET_DROP:
		return caps_bounding(a, option == PR_CAPBSET_DROP);
	case PR_GET_TIMERSLACK:
		return p->timer_slack_ns;
	case PR_SET_TIMERSLACK:
		p->timer_slack_ns = (s64)a > 0 ? a : TIMER_SLACK_NS;
		return 0;
	}
	return -EINVAL;
}

/* prctl(2). */
long sys_prctl(u32 option, u64 a, u64 b, u64 c, u64 d)
{
	struct process *p = current->process;

	switch (option) {
	case PR_SET_NAME:
		return set_name(a);
	case PR_GET_NAME:
		return put_user_bytes(a, current->name, THREAD_NAME_MAX);
	case PR_SET_NO_NEW_PRIVS:
		if (a != 1 || b || c || d)
			return -EINVAL;
		p->no_new_privs = true;
		return 0;
	case PR_GET_NO_NEW_PRIVS:
		return a || b || c || d ? -EINVAL : p->no_new_privs;
	case PR_GET_TID_ADDRESS:
		return put_user_bytes(a, &current->clear_child_tid, sizeof(u64));
	}
	return prctl_process(p, option, a);
}

/* membarrier(2): with one CPU started, every switch of threads is a barrier. */
long sys_membarrier(s32 command, u32 flags)
{
	enum { QUERY, GLOBAL, EXPEDITED, REGISTER = 4, PRIVATE = 8, REGISTER_PRIVATE = 16 };
	struct process *p = current->process;

	if (flags)
		return -EINVAL;
	switch (command) {
	case QUERY:
		return GLOBAL | EXPEDITED | REGISTER | PRIVATE | REGISTER_PRIVATE;
	case PRIVATE:
		return p->membarrier ? 0 : -EPERM;
	case REGISTER_PRIVATE:
		p->membarrier = true;
		/* fallthrough */
	case GLOBAL:
	case EXPEDITED:
	case REGISTER:
		return 0;
	}
	return -EINVAL;
}

/* personality(2): kept and told; there is only Linux's own. */
long sys_personality(u32 persona)
{
	struct process *p = current->process;
	u32 old = p->personality;

	if (persona != ID_KEEP)
		p->personality = persona;
	return old;
}
