/* SPDX-License-Identifier: MIT */
/*
 * What processes, files and memory offer to modules (include/interface/core.h,
 * file.h has the meaning of each call), and the list of these exports.
 */
#include <core.h>
#include <errno.h>
#include <file.h>
#include <mm.h>
#include <modules.h>
#include <process.h>
#include <program.h>
#include <signals.h>

long process_signal_group(u32 self, u32 pgrp, u32 sig)
{
	if (sig < 1 || sig > LINUX_NSIG)
		return -EINVAL;
	return signal_send_group(pgrp, sig, NULL, false);
}

long process_signal_leader(u32 self, u32 sid, u32 sig)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p = process_find(sid);

	if (p && sig >= 1 && sig <= LINUX_NSIG)
		signal_send_process(p, sig, NULL);
	spin_unlock_irq(&process_lock, flags);
	return p ? 0 : -ESRCH;
}

long process_group_session(u32 self, u32 pgrp)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p;
	long sid = -ESRCH;

	list_for_each_entry(p, &process_list, all)
		if (p->pgrp == pgrp)
			sid = p->sid;
	spin_unlock_irq(&process_lock, flags);
	return sid;
}

long process_session(u32 self, u32 *sid, u32 *pgrp)
{
	struct process *p = current->process;
	u32 ids[2];
	u64 flags;

	if (!p)
		return -ESRCH;
	flags = spin_lock_irq(&process_lock);
	ids[0] = p->sid;
	ids[1] = p->pgrp;
	spin_unlock_irq(&process_lock, flags);
	return copy_module_to(sid, &ids[0], sizeof(u32)) ||
	       copy_module_to(pgrp, &ids[1], sizeof(u32)) ? -EFAULT : 0;
}

long process_signal_state(u32 self, u32 sig)
{
	struct process *p = current->process;
	long state = 0;
	u64 flags;

	if (!p || sig < 1 || sig > LINUX_NSIG)
		return -EINVAL;
	flags = spin_lock_irq(&process_lock);
	if (p->action[sig - 1].handler == SIG_IGN ||
	    (current->sigmask & SIGNAL_BIT(sig)))
		state |= SIGNAL_IGNORED;
	if (process_is_orphaned(p))
		state |= SIGNAL_ORPHANED;
	spin_unlock_irq(&process_lock, flags);
	return state;
}

static long wait_named(struct wait **which, u32 wait)
{
	struct wait *old = *which;

	*which = wait_from_handle(wait);
	if (old)
		wait_put(old);
	return *which ? 0 : -EBADF;
}

long process_signal_wait(u32 wait)
{
	return wait_named(&signal_wait, wait);
}

long process_end_wait(u32 wait)
{
	return wait_named(&end_wait, wait);
}
SYMBOL_EXPORT(process_end_wait);

long process_signal_take(u32 self, u64 set, bool take, struct linux_siginfo *info)
{
	struct linux_siginfo taken = { 0 };
	long sig;
	u64 flags;

	if (!current->process)
		return -ESRCH;
	flags = spin_lock_irq(&process_lock);
	if (take)
		sig = signal_take(set, &taken);
	else
		sig = ((current->sigpending | current->process->sigpending) & set) != 0;
	spin_unlock_irq(&process_lock, flags);
	return copy_module_to(info, &taken, sizeof(taken)) ? -EFAULT : sig;
}

SYMBOL_EXPORT(process_signal_wait);
SYMBOL_EXPORT(process_signal_take);
SYMBOL_EXPORT(pageobj_create);
SYMBOL_EXPORT(pageobj_create_in);
SYMBOL_EXPORT(pageobj_limit);
SYMBOL_EXPORT(pageobj_forget_time);
SYMBOL_EXPORT(pageobj_release);
SYMBOL_EXPORT(pageobj_size);
SYMBOL_EXPORT(pageobj_resize);
SYMBOL_EXPORT(pageobj_read);
SYMBOL_EXPORT(pageobj_write);
SYMBOL_EXPORT(pageobj_copy);
SYMBOL_EXPORT(boot_archive_get);
SYMBOL_EXPORT(ubuf_read);
SYMBOL_EXPORT(ubuf_write);
SYMBOL_EXPORT(provider_register);
SYMBOL_EXPORT(file_handle_claim);
SYMBOL_EXPORT(file_handle_release);
SYMBOL_EXPORT(process_signal_group);
SYMBOL_EXPORT(process_signal_leader);
SYMBOL_EXPORT(process_group_session);
SYMBOL_EXPORT(process_session);
SYMBOL_EXPORT(process_signal_state);
