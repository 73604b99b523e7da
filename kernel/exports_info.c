/* SPDX-License-Identifier: MIT */
/*
 * What the core tells procfs and sysfs (include/interface/info.h has the meaning
 * of each call): copies of its figures, taken under the locks that keep them.
 */
#include <atomic.h>
#include <boot.h>
#include <boundary.h>
#include <core.h>
#include <errno.h>
#include <files.h>
#include <frame.h>
#include <info.h>
#include <irq.h>
#include <kalloc.h>
#include <log.h>
#include <mm.h>
#include <modules.h>
#include <pageobj.h>
#include <process.h>
#include <sched.h>
#include <string.h>
#include <syscall.h>
#include <vdso.h>
#include <vfs.h>
#include <whitix/stat.h>

_Static_assert(sizeof(((struct process_info *)0)->limit) ==
	       sizeof(((struct process *)0)->rlimit), "all limits are told");

/* ---- processes ----------------------------------------------------------- */

/* The process of a process's or thread's id, or NULL. Needs process_lock. */
static struct process *find_id(u32 id, bool thread)
{
	struct thread *t = thread ? thread_find(id) : NULL;

	return thread ? t ? t->process : NULL : process_find(id);
}

/* Linux's rule of who may trace whom, for reading. Needs process_lock. */
static bool visible(const struct process *p)
{
	const struct process *me = current->process;
	const struct creds *o = &p->creds, *c = me ? &me->creds : o;

	return !me || capable(CAP_SYS_PTRACE) || p == me ||
	       (!p->pref[PREF_UNDUMPABLE] &&
		c->fsuid == o->uid && c->fsuid == o->euid && c->fsuid == o->suid &&
		c->fsgid == o->gid && c->fsgid == o->egid && c->fsgid == o->sgid);
}

static void info_signals(struct process_info *info, const struct process *p)
{
	u32 i;

	info->shared_pending = p->sigpending;
	for (i = 0; i < LINUX_NSIG; i++) {
		if (p->action[i].handler == SIG_IGN)
			info->ignored |= 1ul << i;
		else if (p->action[i].handler != SIG_DFL)
			info->caught |= 1ul << i;
	}
}

static void info_threads(struct process_info *info, const struct process *p, u32 tid)
{
	const struct thread *t;

	info->state = 'S';
	list_for_each_entry(t, &p->threads, siblings) {
		if (tid && t->tid != tid)
			continue;
		if (t->tid == info->tid) {
			info->pending = t->sigpending;
			info->blocked = t->sigmask;
			memcpy(info->name, t->name, sizeof(info->name));
		}
		info->utime_ns += t->utime_ns;
		info->stime_ns += t->stime_ns;
		info->faults += t->faults;
		if (t->state != THREAD_BLOCKED)
			info->state = 'R';
	}
	if (p->state == PROCESS_ZOMBIE)
		info->state = 'Z';
	else if (p->stop_signal)
		info->state = 'T';
}

static void info_memory(struct process_info *info, const struct process *p)
{
	const struct mm *mm = p->mm;

	if (p->fds)
		info->fd_size = p->fds->size;
	if (p->fs)
		info->umask = p->fs->umask;
	if (!mm)
		return;
	info->mapped = mm->mapped;
	info->resident = mm->resident;
	info->max_resident = mm->max_resident;
	if (!visible(p))
		return;
	info->heap_start = mm->heap_start;
	info->heap_end = mm->heap_end;
	info->stack_top = mm->stack_top;
	info->arg_start = mm->part[PROCESS_ARGUMENTS].start;
	info->arg_end = mm->part[PROCESS_ARGUMENTS].end;
	info->env_end = mm->part[PROCESS_ENVIRONMENT].end;
}

/* Needs process_lock. `tid` 0: the process as a whole. */
static void info_fill(struct process_info *info, const struct process *p, u32 tid)
{
	const struct creds *c = &p->creds;

	*info = (struct process_info){
		.pid = p->pid, .tid = tid ? tid : p->pid,
		.ppid = p->parent ? p->parent->pid : 0,
		.pgrp = p->pgrp, .sid = p->sid, .nthreads = p->nthreads,
		.visible = visible(p), .no_new_privs = p->pref[PREF_NO_NEW_PRIVS],
		.uid = { c->uid, c->euid, c->suid, c->fsuid },
		.gid = { c->gid, c->egid, c->sgid, c->fsgid },
		.cap = { c->cap_inheritable, c->cap_permitted, c->cap_effective,
			 c->cap_bounding },
		.ngroups = c->ngroups, .exit_signal = p->exit_signal,
		.exit_status = p->exit_status, .nice = p->nice,
		.child_utime_ns = p->child_utime_ns,
		.child_stime_ns = p->child_stime_ns, .start_ns = p->start_ns,
		.child_faults = p->child_faults, .child_max_resident = p->child_max_resident,
		.shared = { (u64)p->mm, (u64)p->fds, (u64)p->fs }, .oom_adjust = p->oom_adjust,
	};
	if (!tid) {
		info->utime_ns = p->utime_ns;
		info->stime_ns = p->stime_ns;
		info->faults = p->faults;
	}
	memcpy(info->name, p->name, sizeof(info->name));
	memcpy(info->group, c->group, sizeof(info->group));
	memcpy(info->io_calls, p->io_calls, sizeof(info->io_calls));
	memcpy(info->io_bytes, p->io_bytes, sizeof(info->io_bytes));
	memcpy(info->limit, p->rlimit, sizeof(info->limit));
	info_signals(info, p);
	info_threads(info, p, tid);
	info_memory(info, p);
}

long process_info_get(u32 id, u32 thread, struct process_info *info)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p = find_id(id, thread);
	struct process_info told;

	if (p)
		info_fill(&told, p, thread ? id : 0);
	spin_unlock_irq(&process_lock, flags);
	if (!p)
		return -ESRCH;
	return copy_module_to(info, &told, sizeof(told)) ? -EFAULT : 0;
}
SYMBOL_EXPORT(process_info_get);

long process_next(u32 after)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p;
	long pid = -ENOENT;

	list_for_each_entry(p, &process_list, all) {
		if (p->pid > after) {
			pid = p->pid;
			break;
		}
	}
	spin_unlock_irq(&process_lock, flags);
	return pid;
}
SYMBOL_EXPORT(process_next);

long process_thread_next(u32 pid, u32 after)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p = process_find(pid);
	u32 next = ~0u;
	struct thread *t;

	if (p)
		list_for_each_entry(t, &p->threads, siblings)
			if (t->tid > after)
				next = MIN(next, t->tid);
	spin_unlock_irq(&process_lock, flags);
	return next == ~0u ? -ENOENT : (long)next;
}
SYMBOL_EXPORT(process_thread_next);

long process_name_set(u32 tid, const char *name)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p = find_id(tid, true);
	long error = p && p == current->process ? 0 : -EINVAL;

	if (!error) {
		strlcpy(thread_find(tid)->name, name, THREAD_NAME_MAX);
		if (tid == p->pid)
			strlcpy(p->name, name, sizeof(p->name));
	}
	spin_unlock_irq(&process_lock, flags);
	return error;
}
SYMBOL_EXPORT(process_name_set);

/* A process's memory with a reference: 0, -ESRCH (or it has none), -EACCES. */
static long memory_get(u32 pid, bool all_may, struct mm **mm)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p = process_find(pid);
	long error = 0;

	if (!p || !p->mm)
		error = -ESRCH;
	else if (!all_may && !visible(p))
		error = -EACCES;
	else
		mm_get(*mm = p->mm);
	spin_unlock_irq(&process_lock, flags);
	return error;
}

/* See include/core/files.h. */
long process_file(u32 pid, u32 *which, struct file **file, u64 *node)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p = process_find(pid);
	struct fdtable *fds = NULL;
	long error = 0;

	*file = NULL;
	if (!p)
		error = -ESRCH;
	else if (!visible(p))
		error = -EACCES;
	else if (*which == PROCESS_EXE)
		*file = p->exe;
	else if (*which < PROCESS_EXE)
		fds = p->fds;
	else if (p->fs)
		*node = *which == PROCESS_CWD ? p->fs->cwd : p->fs->root;
	if (*file)
		file_get(*file);
	if (fds)
		atomic_add(&fds->refs, 1);
	spin_unlock_irq(&process_lock, flags);
	if (fds) {
		*file = fdtable_next(fds, which);
		fdtable_put(fds);
	}
	return error ? error : *file || *node ? 0 : -ENOENT;
}

static void info_file(struct process_file *info, struct file *f)
{
	struct module *m = f->provider ? module_by_id(f->provider->module) : NULL;
	struct vfs_attr attr = { 0 };

	*info = (struct process_file){
		.mode = f->mode, .oflags = f->oflags, .node = f->node, .pos = f->pos,
	};
	if (m)
		memcpy(info->provider, m->name, sizeof(info->provider));
	if (f->node || file_getattr(f, &attr))
		return;
	info->mode = attr.mode;
	info->number = attr.ino;
}

long process_file_get(u32 pid, u32 which, struct process_file *info)
{
	struct process_file told = { .mode = S_IFDIR };
	struct file *f;
	long error = process_file(pid, &which, &f, &told.node);

	if (error)
		return error;
	if (f)
		info_file(&told, f);
	told.id = f ? virt_to_phys(f) : (u64)pid << 32 | which;
	file_put(f);
	told.fd = which;
	return copy_module_to(info, &told, sizeof(told)) ? -EFAULT : 0;
}
SYMBOL_EXPORT(process_file_get);

static void map_fill(struct process_map *map, const struct vma *v)
{
	*map = (struct process_map){
		.start = v->start, .end = v->end, .prot = v->prot,
		.flags = (v->flags & VMA_SHARED ? MAP_INFO_SHARED : 0) |
			 (v->flags & VMA_LOCKED ? MAP_INFO_LOCKED : 0) |
			 (v->flags & VMA_GROWS ? MAP_INFO_STACK : 0),
	};
	if (v->obj) {
		map->flags |= MAP_INFO_FILE | (vdso_is(v->obj) ? MAP_INFO_VDSO : 0);
		map->offset = v->offset;
		map->node = v->obj->node;
	}
}

/* Counts a mapping's pages. An object holds its page too. Needs mm->lock. */
static void map_count(struct process_map *map, struct mm *mm, const struct vma *v)
{
	u64 addr = v->start;

	while ((addr = user_page_next(&mm->view, addr, v->end)) < v->end) {
		u64 phys = view_lookup_user(&mm->view, addr, NULL);
		u32 refs = frame_of(phys) ? READ_ONCE(frame_of(phys)->refs) : 0;
		bool own = !v->obj || refs == 1;
		u32 users = own ? MAX(refs, 1u) : MAX(refs, 2u) - 1;

		addr += PAGE_SIZE;
		if (!phys || phys == zero_page())
			continue;
		map->resident++;
		map->shared += users > 1;
		map->anonymous += own;
		map->proportion += PAGE_SIZE / users;
	}
}

long process_maps_get(u32 pid, u64 after, void *maps, size_t len, u32 count)
{
	struct process_map *to = maps, map;
	size_t room = len / sizeof(map), n = 0;
	struct mm *mm;
	long error = memory_get(pid, false, &mm);
	u32 i;

	if (error)
		return error;
	core_mutex_lock(&mm->lock);
	for (i = 0; i < mm->nvmas && n < room && !error; i++) {
		if (mm->vma[i].end <= after)
			continue;
		map_fill(&map, &mm->vma[i]);
		if (count)
			map_count(&map, mm, &mm->vma[i]);
		if (copy_module_to(&to[n++], &map, sizeof(map)))
			error = -EFAULT;
	}
	core_mutex_unlock(&mm->lock);
	mm_put(mm);
	return error ? error : (long)(n * sizeof(map));
}
SYMBOL_EXPORT(process_maps_get);

long process_memory_get(u32 pid, u32 part, u64 off, void *buf, size_t len)
{
	u64 start, end, n;
	struct mm *mm;
	long error;

	if (part > PROCESS_PARTS)
		return -EINVAL;
	error = memory_get(pid, part == PROCESS_ARGUMENTS, &mm);
	if (error)
		return error;
	start = part < PROCESS_PARTS ? mm->part[part].start : 0;
	end = part < PROCESS_PARTS ? mm->part[part].end : USER_END;
	n = off < end - start ? MIN(end - start - off, len) : 0;
	n = mm_read(mm, start + off, buf, n);
	mm_put(mm);
	return n;
}
SYMBOL_EXPORT(process_memory_get);

long process_memory_set(u32 pid, u64 addr, const void *buf, size_t len)
{
	struct mm *mm;
	long error = addr >= USER_END || len > USER_END - addr ? -EFAULT :
		     memory_get(pid, false, &mm);

	if (!error) {
		error = mm_write(mm, addr, buf, len);
		mm_put(mm);
	}
	return error;
}
SYMBOL_EXPORT(process_memory_set);

/* ---- the system ---------------------------------------------------------- */

long system_info_get(struct system_info *info)
{
	struct sched_stats s;
	u32 i;
	struct system_info told = {
		.pages_total = frame_total_count(), .pages_free = frame_free_count(),
		.pages_slab = kalloc_counters().pages, .tsc_khz = time_tsc_khz(),
		.pages_cached = pageobj_cached(),
		.ticks = irq_count(IRQ_LINES), .last_tid = thread_last(),
	};

	sched_stats_get(&s);
	told.user_ns = s.user_ns;
	told.system_ns = s.system_ns;
	told.idle_ns = s.idle_ns;
	told.switches = s.switches;
	told.ready = s.ready;
	told.alive = s.alive;
	memcpy(told.load, s.load, sizeof(told.load));
	strlcpy(told.layout, boundary_layout(), sizeof(told.layout));
	for (i = 0; i < IRQ_LINES; i++) {
		told.irq[i].count = irq_count(i);
		irq_owner_name(i, told.irq[i].owner);
	}
	return copy_module_to(info, &told, sizeof(told)) ? -EFAULT : 0;
}
SYMBOL_EXPORT(system_info_get);

/* ---- modules -------------------------------------------------------------- */

static void info_module(struct module_info *info, const struct module *m)
{
	struct boundary_counters c;
	u32 i;

	*info = (struct module_info){
		.id = m->id, .address = m->range[RANGE_TEXT].start, .epoch = m->epoch,
		.resets = m->resets, .faults = m->faults, .pages = m->pages,
		.quota_pages = m->quota_pages, .handles = m->handles,
		.cached = m->state == MODULE_LIVE ? READ_ONCE(module_self_of(m)->cached) : 0,
		.link_ticks = m->link_instr, .start_ticks = m->start_instr,
		.counted = boundary_counts(),
	};
	info->users = module_users(m, info->used_by, sizeof(info->used_by)) +
		      provider_in_use(m->id);
	boundary_module_counters(m, &c);
	info->down = c.down;
	info->up = c.up;
	info->across = c.across;
	info->bytes = c.bytes;
	for (i = 0; i < RANGES; i++)
		info->size += m->range[i].size;
	memcpy(info->name, m->name, sizeof(info->name));
	strlcpy(info->state, module_state_name(m), sizeof(info->state));
	strlcpy(info->placement, boundary_placement(m, &info->domain),
		sizeof(info->placement));
}

long module_info_get(u32 after, struct module_info *info)
{
	struct module_info told;
	struct module *m = NULL;
	u64 id;

	for (id = (u64)after + 1; !m && id < MODULES_MAX; id++)
		m = module_by_id(id);
	if (!m)
		return -ENOENT;
	info_module(&told, m);
	return copy_module_to(info, &told, sizeof(told)) ? -EFAULT : 0;
}
SYMBOL_EXPORT(module_info_get);
