/* SPDX-License-Identifier: MIT */
/*
 * Demand paging. A page appears at its first use: the page of zeroes or a new
 * one for anonymous memory, the file's page for a mapping of an object (shared,
 * or private until it is written), a copy at the first write to a private page
 * that more than one holds. Stacks grow downwards.
 *
 * A page of an object is fetched without mm->lock, since a file system may have
 * to be asked; then the VMA is looked at again.
 *
 * A fault that cannot be repaired becomes SIGSEGV or SIGBUS of the program; in
 * the core it is left to the exception table.
 */
#include <asm/trap.h>
#include <errno.h>
#include <frame.h>
#include <log.h>
#include <mm.h>
#include <pageobj.h>
#include <process.h>
#include <string.h>
#include <whitix/mman.h>

/* With fewer free pages than that the system is out of memory. */
#define OOM_FREE_PAGES 64

/* What became of a fault. */
enum outcome {
	FAULT_DONE,
	FAULT_AGAIN,		/* the VMA changed meanwhile */
	FAULT_UNMAPPED,		/* SIGSEGV, SEGV_MAPERR */
	FAULT_DENIED,		/* SIGSEGV, SEGV_ACCERR */
	FAULT_BEYOND,		/* SIGBUS: behind the file's end */
	FAULT_NO_MEMORY,
};

/* See include/core/mm.h. */
u64 zero_page(void)
{
	static u64 page;

	if (!page)
		page = frame_alloc_zeroed(0);
	return page;
}

/* Lowest address that a stack may grow to below `v`. */
static bool stack_grow(struct mm *mm, struct vma *v, u64 addr)
{
	u64 page = ALIGN_DOWN(addr, PAGE_SIZE);
	u64 limit = process_rlimit(current->process, RLIMIT_STACK);
	u64 grown = (v->start - page) / PAGE_SIZE;

	if (!(v->flags & VMA_GROWS) || v->end - page > limit)
		return false;
	if (v > mm->vma && page < v[-1].end + STACK_GUARD)
		return false;
	v->start = page;
	mm->mapped += grown;
	return true;
}

/* The VMA for an access; NULL and *why. Needs mm->lock. */
static struct vma *vma_for_access(struct mm *mm, u64 addr, u32 access,
				  enum outcome *why)
{
	struct vma *v = vma_find(mm, addr);

	*why = FAULT_UNMAPPED;
	if (!v || (addr < v->start && !stack_grow(mm, v, addr)))
		return NULL;
	*why = FAULT_DENIED;
	/* As on the hardware, what can be written or run can be read. */
	if (access & PROT_READ ? !v->prot : (v->prot & access) != access)
		return NULL;
	return v;
}

/* As on the hardware, what is mapped at all can be read. */
static enum outcome page_map(struct mm *mm, u64 addr, u64 phys, u32 prot)
{
	if (view_map_user(&mm->view, addr, phys, prot | PROT_READ) != 0) {
		frame_put(phys);
		return FAULT_NO_MEMORY;
	}
	if (++mm->resident > mm->max_resident)
		mm->max_resident = mm->resident;
	return FAULT_DONE;
}

/* A private page of its own with the contents of `from` (0: zeroes). */
static u64 page_duplicate(u64 from)
{
	u64 page;

	if (!from || from == zero_page())
		return frame_alloc_zeroed(0);
	page = frame_alloc(0);
	if (page)
		memcpy(phys_to_virt(page), phys_to_virt(from), PAGE_SIZE);
	return page;
}

/* A write to a page that is mapped read-only in a writable VMA. */
static enum outcome fault_write(struct mm *mm, const struct vma *v, u64 addr,
				u64 phys)
{
	u64 page;

	if (v->flags & VMA_SHARED)
		v->obj->mtime_ns = time_realtime_ns();
	if ((v->flags & VMA_SHARED) ||
	    (phys != zero_page() && frame_of(phys)->refs == 1)) {
		view_protect_user(&mm->view, addr, v->prot);
		return FAULT_DONE;
	}
	page = page_duplicate(phys);
	if (!page)
		return FAULT_NO_MEMORY;
	view_unmap_user(&mm->view, addr);
	mm->resident--;
	frame_put(phys);
	return page_map(mm, addr, page, v->prot);
}

/* First access to an anonymous page. */
static enum outcome fault_anonymous(struct mm *mm, const struct vma *v, u64 addr,
				    bool write)
{
	u64 page = write ? frame_alloc_zeroed(0) : zero_page();

	if (!page)
		return FAULT_NO_MEMORY;
	if (!write)
		frame_get(page);
	return page_map(mm, addr, page, write ? v->prot : v->prot & ~PROT_WRITE);
}

/* Maps page `phys` (a reference; 0: a hole) of the VMA's object. */
static enum outcome object_page_map(struct mm *mm, const struct vma *v, u64 addr,
				    u64 phys, bool write)
{
	u64 copy;

	if ((v->flags & VMA_SHARED) && write)
		v->obj->mtime_ns = time_realtime_ns();
	if (v->flags & VMA_SHARED)
		return page_map(mm, addr, phys,
				write ? v->prot : v->prot & ~PROT_WRITE);
	if (!phys)
		return fault_anonymous(mm, v, addr, write);
	if (!write)
		return page_map(mm, addr, phys, v->prot & ~PROT_WRITE);
	copy = page_duplicate(phys);
	frame_put(phys);
	return copy ? page_map(mm, addr, copy, v->prot) : FAULT_NO_MEMORY;
}

/* First access to a page of an object. mm->lock is given up and taken again. */
static enum outcome fault_object(struct mm *mm, const struct vma *v, u64 addr,
				 u32 access)
{
	struct pageobj *obj = v->obj;
	u64 offset = v->offset + (addr - v->start), phys;
	bool shared = v->flags & VMA_SHARED, write = access & PROT_WRITE;
	enum outcome outcome;
	long error;

	pageobj_get(obj);
	core_mutex_unlock(&mm->lock);
	phys = pageobj_page(obj, offset / PAGE_SIZE, shared, &error);
	if (error == -EPERM && !write)
		phys = pageobj_page(obj, offset / PAGE_SIZE, false, &error);
	core_mutex_lock(&mm->lock);
	v = error ? NULL : vma_for_access(mm, addr, access, &outcome);
	if (error) {
		outcome = error == -ENOMEM ? FAULT_NO_MEMORY : FAULT_BEYOND;
	} else if (!v || v->obj != obj ||
		   v->offset + (addr - v->start) != offset ||
		   !!(v->flags & VMA_SHARED) != shared ||
		   view_lookup_user(&mm->view, addr, NULL)) {
		outcome = FAULT_AGAIN;
		if (phys)
			frame_put(phys);
	} else {
		outcome = object_page_map(mm, v, addr, phys, write);
	}
	pageobj_put(obj);
	return outcome;
}

/* Makes the page at `addr` usable for `access`. Needs mm->lock. */
static enum outcome fault_locked(struct mm *mm, u64 addr, u32 access)
{
	enum outcome outcome;
	struct vma *v = vma_for_access(mm, addr, access, &outcome);
	unsigned int prot = 0;
	u64 phys;

	if (!v)
		return outcome;
	addr = ALIGN_DOWN(addr, PAGE_SIZE);
	phys = view_lookup_user(&mm->view, addr, &prot);
	if (phys) {
		if ((access & PROT_WRITE) && !(prot & PROT_WRITE))
			return fault_write(mm, v, addr, phys);
		return FAULT_DONE;
	}
	if (v->obj)
		return fault_object(mm, v, addr, access);
	return fault_anonymous(mm, v, addr, access & PROT_WRITE);
}

/*
 * Who has most pages, by oom_score_adj; process 1 and who is ending are spared. Needs
 * process_lock.
 */
static struct process *largest_process(void)
{
	struct process *p, *largest = current->process;
	s64 most = 0;

	list_for_each_entry(p, &process_list, all) {
		s64 pages = p->mm && p->parent ? READ_ONCE(p->mm->resident) : 0;

		if (pages)
			pages += (s64)frame_total_count() * p->oom_adjust / OOM_ADJUST_ALL;
		if (pages > most && p->oom_adjust != -OOM_ADJUST_ALL) {
			most = pages;
			largest = p;
		}
	}
	return largest;
}

/*
 * Memory is out: the largest process goes, so that the others can stay; the
 * caller alone when there is memory, but not for it. True: the caller is to try
 * again, which it may have to do until the other one has ended.
 */
static bool out_of_memory(void)
{
	struct process *p = current->process;
	u64 flags = spin_lock_irq(&process_lock);

	if (frame_free_count() < OOM_FREE_PAGES)
		p = largest_process();
	if (!p->exiting) {
		pr_err("Out of memory: Killed process %u (%s) total-vm:%lukB, rss:%lukB, UID:%u",
		       p->pid, p->name, p->mm->mapped * (PAGE_SIZE / 1024),
		       p->mm->resident * (PAGE_SIZE / 1024), p->creds.uid);
		signal_send_process(p, SIGKILL, NULL);
	}
	spin_unlock_irq(&process_lock, flags);
	if (p == current->process || current->kill)
		return false;
	sched_yield_cpu();
	return true;
}

/* Repairs until it is done, or cannot be. Needs mm->lock; may give it up meanwhile. */
static enum outcome fault_repair(struct mm *mm, u64 addr, u32 access)
{
	enum outcome outcome;

	do {
		outcome = fault_locked(mm, addr, access);
		if (outcome == FAULT_NO_MEMORY && mm == current->mm) {
			core_mutex_unlock(&mm->lock);
			if (out_of_memory())
				outcome = FAULT_AGAIN;
			core_mutex_lock(&mm->lock);
		}
	} while (outcome == FAULT_AGAIN);
	current->faults++;
	return outcome;
}

static void fault_signal(struct regs *regs, enum outcome outcome, u64 addr,
			 u64 error)
{
	struct task *task = current->task;

	task->trap_vector = TRAP_PAGE_FAULT;
	task->trap_error = error;
	task->trap_address = addr;
	current->user_regs = regs;
	switch (outcome) {
	case FAULT_BEYOND:
		signal_force(SIGBUS, BUS_ADRERR, addr);
		break;
	case FAULT_DENIED:
		signal_force(SIGSEGV, SEGV_ACCERR, addr);
		break;
	default:
		signal_force(SIGSEGV, SEGV_MAPERR, addr);
		break;
	}
}

static u32 fault_access(u64 error)
{
	if (error & FAULT_FETCH)
		return PROT_EXEC;
	return error & FAULT_WRITE ? PROT_WRITE : PROT_READ;
}

/*
 * A page fault at a user address, of the program or of the core's copy
 * routines. True: go on (repaired, or a signal is pending). A copy with
 * preemption off may not sleep: false. The copy's own switch-off is undone for
 * the time of the fault; afterwards its view is the loaded one again.
 */
bool mm_fault(struct regs *regs, u64 addr, u64 error)
{
	struct thread *t = current;
	bool copying = !regs_ring3(regs);
	enum outcome outcome;

	if (!t->mm || addr >= USER_END || (error & FAULT_RESERVED) ||
	    t->preempt_count != (copying ? 1 : 0))
		return false;
	if (copying)
		preempt_enable();
	irq_enable();
	core_mutex_lock(&t->mm->lock);
	outcome = fault_repair(t->mm, addr, fault_access(error));
	core_mutex_unlock(&t->mm->lock);
	if (outcome != FAULT_DONE && outcome != FAULT_NO_MEMORY && !copying)
		fault_signal(regs, outcome, addr, error);
	if (copying) {
		preempt_disable();
		view_enter(&t->mm->view);
	}
	return outcome == FAULT_DONE || !copying;
}

/* Is the page at `addr` there for `access` as it is? Needs mm->lock. */
static bool is_mapped(struct mm *mm, u64 addr, u32 access)
{
	unsigned int prot = 0;

	return view_lookup_user(&mm->view, ALIGN_DOWN(addr, PAGE_SIZE), &prot) &&
	       (prot & access);
}

/* See include/core/mm.h. */
u64 mm_fault_in(struct mm *mm, u64 addr, u64 len, bool write)
{
	u64 at = addr, end = addr + len;
	u32 access = write ? PROT_WRITE : PROT_READ;

	if (addr >= USER_END || len > USER_END - addr)
		return 0;
	core_mutex_lock(&mm->lock);
	while (at < end) {
		if (!is_mapped(mm, at, access) && fault_repair(mm, at, access) != FAULT_DONE)
			break;
		at = ALIGN_DOWN(at, PAGE_SIZE) + PAGE_SIZE;
	}
	core_mutex_unlock(&mm->lock);
	return MIN(at, end) - addr;
}

/* A page of another address space with a reference; 0: there is none, and why. */
static u64 foreign_page(struct mm *mm, u64 addr, u32 access, enum outcome *why)
{
	u64 phys = 0;

	core_mutex_lock(&mm->lock);
	*why = fault_repair(mm, addr, access);
	if (*why == FAULT_DONE)
		phys = view_lookup_user(&mm->view, ALIGN_DOWN(addr, PAGE_SIZE), NULL);
	if (phys)
		frame_get(phys);
	core_mutex_unlock(&mm->lock);
	return phys;
}

/* Writes to an address space, loaded or not: 0, -EFAULT, -ENOMEM. May sleep. */
long mm_write(struct mm *mm, u64 addr, const void *buf, u64 len)
{
	enum outcome why;

	while (len) {
		u64 offset = addr % PAGE_SIZE, n = MIN(len, PAGE_SIZE - offset);
		u64 phys = foreign_page(mm, addr, PROT_WRITE, &why);

		if (!phys)
			return why == FAULT_NO_MEMORY ? -ENOMEM : -EFAULT;
		memcpy((u8 *)phys_to_virt(phys) + offset, buf, n);
		frame_put(phys);
		addr += n;
		buf = (const u8 *)buf + n;
		len -= n;
	}
	return 0;
}

/* Reads from an address space, loaded or not: bytes. May sleep. */
u64 mm_read(struct mm *mm, u64 addr, void *buf, u64 len)
{
	enum outcome why;
	u64 done = 0;

	while (done < len && addr + done < USER_END) {
		u64 offset = (addr + done) % PAGE_SIZE;
		u64 n = MIN(len - done, PAGE_SIZE - offset);
		u64 phys = foreign_page(mm, addr + done, PROT_READ, &why);

		if (!phys)
			break;
		memcpy((u8 *)buf + done, (u8 *)phys_to_virt(phys) + offset, n);
		frame_put(phys);
		done += n;
	}
	return done;
}
