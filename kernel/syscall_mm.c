/* SPDX-License-Identifier: MIT */
/* System calls on memory: flags and permissions are checked here, mm/ does it. */
#include <errno.h>
#include <files.h>
#include <mm.h>
#include <pageobj.h>
#include <syscall.h>
#include <whitix/mman.h>

#define PROT_KNOWN (PROT_READ | PROT_WRITE | PROT_EXEC)
#define MAP_PLACE (MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_32BIT | MAP_NORESERVE)
/* What MAP_SHARED_VALIDATE knows; MAP_SYNC is for file systems that we lack. */
#define MAP_VALID \
	(MAP_TYPE | MAP_PLACE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_LOCKED | MAP_POPULATE | \
	 MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | 0x1800 /* DENYWRITE, EXECUTABLE: ignored */)
#define MINCORE_CHUNK 256

/* May `f` be mapped so? 0, -EACCES, -ENODEV; *vma_flags is completed. */
static long map_file_check(const struct file *f, u32 prot, bool shared, u32 *vma_flags)
{
	u32 mode = f->oflags & O_ACCMODE;

	if (f->oflags & O_PATH)
		return -EBADF;
	if (mode == O_WRONLY || (shared && (prot & PROT_WRITE) && mode != O_RDWR))
		return -EACCES;
	if (!f->obj)
		return -ENODEV;
	if (shared && (f->obj->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))) {
		if (prot & PROT_WRITE)
			return -EPERM;
	} else if (shared && mode == O_RDWR) {
		*vma_flags |= VMA_MAYWRITE;
	}
	return 0;
}

static long map_object(u64 addr, u64 len, u32 prot, u32 flags, struct file *f,
		       u64 offset)
{
	bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;
	u32 vma_flags = shared ? VMA_SHARED : 0;
	struct pageobj *obj = f ? f->obj : NULL, *made = NULL;
	long result = f ? map_file_check(f, prot, shared, &vma_flags) : 0;

	if (result)
		return result;
	if (!f && shared) {
		obj = made = pageobj_new();
		if (!made || pageobj_set_size(made, ALIGN_UP(len, PAGE_SIZE))) {
			pageobj_put(made);
			return -ENOMEM;
		}
		vma_flags |= VMA_MAYWRITE;
	}
	if (!f && (flags & MAP_GROWSDOWN))
		vma_flags |= VMA_GROWS;
	if (flags & MAP_LOCKED)
		vma_flags |= VMA_LOCKED;
	result = mm_map(current->mm, addr, len, prot, flags & MAP_PLACE, vma_flags,
			obj, offset);
	pageobj_put(made);
	if (result > 0 && (flags & (MAP_POPULATE | MAP_LOCKED)) && prot)
		mm_fault_in(current->mm, result, len, prot & PROT_WRITE);
	return result;
}

/* Flags and sizes of mmap(2): 0, -EINVAL, -ENOMEM, -EOVERFLOW, -EOPNOTSUPP, -EPERM. */
static long map_check(const struct file *f, u64 len, u32 flags, u64 offset)
{
	u32 type = flags & MAP_TYPE;

	if (len == 0 || (type != MAP_SHARED && type != MAP_PRIVATE &&
			 (type != MAP_SHARED_VALIDATE || !f)) ||
	    (!f && type == MAP_SHARED && (flags & MAP_GROWSDOWN)) ||
	    (f && flags & (MAP_GROWSDOWN | MAP_HUGETLB)))
		return -EINVAL;
	if (type == MAP_SHARED_VALIDATE && (flags & ~MAP_VALID))
		return -EOPNOTSUPP;
	/* There are no huge pages to give. */
	if (len > USER_END || (!f && (flags & MAP_HUGETLB)))
		return -ENOMEM;
	if (f && (offset > PAGEOBJ_SIZE_MAX || offset + len > PAGEOBJ_SIZE_MAX))
		return -EOVERFLOW;
	return (flags & MAP_LOCKED) && !capable(CAP_IPC_LOCK) &&
	       !process_rlimit(current->process, RLIMIT_MEMLOCK) ? -EPERM : 0;
}

/* mmap(2). */
long sys_mmap(u64 addr, u64 len, u32 prot, u32 flags, int fd, u64 offset)
{
	struct file *f = NULL;
	long result;

	if (offset % PAGE_SIZE)
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		f = fd_get(fd);
		if (!f)
			return -EBADF;
	}
	result = map_check(f, len, flags, offset);
	/* No file is behind what /dev/zero maps. */
	if (!result)
		result = map_object(addr, len, prot & PROT_KNOWN, flags,
				    f && (f->flags & FILE_ZERO) ? NULL : f, f ? offset : 0);
	if (result > 0 && f && f->obj)
		file_note_read(f);
	file_put(f);
	return result;
}

SYSCALL_AS(munmap, (u64 addr, u64 len), mm_unmap(current->mm, addr, len))

/* mprotect(2). */
long sys_mprotect(u64 addr, u64 len, u64 prot)
{
	if (prot & ~(u64)(PROT_KNOWN | PROT_SEM))
		return -EINVAL;
	return mm_protect(current->mm, addr, len, prot & PROT_KNOWN);
}

SYSCALL_AS(mremap, (u64 addr, u64 old_len, u64 new_len, u64 flags, u64 new_addr),
	   mm_remap(current->mm, addr, old_len, new_len, flags, new_addr))
SYSCALL_AS(brk, (u64 end), mm_brk(current->mm, end))

/* A page-aligned range as madvise(2) and its kin take it: 0, -EINVAL, -ENOMEM. */
static long range_get(u64 addr, u64 len, u64 *end)
{
	u64 size = ALIGN_UP(len, PAGE_SIZE);

	if (addr % PAGE_SIZE || size < len || addr + size < addr)
		return -EINVAL;
	*end = addr + size;
	return *end > USER_END && size ? -ENOMEM : 0;
}

/* What an advice does to VMAs; those that are not here do nothing that is seen. */
static const struct range_change changes[] = {
	[MADV_DONTNEED] = { .discard = true, .refuse = VMA_LOCKED },
	[MADV_FREE] = { .anonymous = true, .refuse = VMA_SHARED },
	[MADV_DONTFORK] = { .set = VMA_DONTFORK },
	[MADV_DOFORK] = { .clear = VMA_DONTFORK },
	[MADV_WIPEONFORK] = { .set = VMA_WIPEONFORK, .anonymous = true, .refuse = VMA_SHARED },
	[MADV_KEEPONFORK] = { .clear = VMA_WIPEONFORK },
	[MADV_COLD] = { .refuse = VMA_LOCKED },
	[MADV_PAGEOUT] = { .refuse = VMA_LOCKED },
	[MADV_POPULATE_READ] = { .need = PROT_READ },
	[MADV_POPULATE_WRITE] = { .need = PROT_WRITE },
	[MADV_DONTNEED_LOCKED] = { .discard = true },
};

/* madvise(2): what changes nothing that a program can see is only checked. */
long sys_madvise(u64 addr, u64 len, u32 advice)
{
	bool known = advice < ARRAY_SIZE(changes) &&
		     (advice <= MADV_DONTNEED || advice >= MADV_FREE);
	u64 end;
	long error = known ? range_get(addr, len, &end) : -EINVAL;

	if (error || end == addr)
		return error;
	if (advice == MADV_REMOVE)
		return mm_punch(current->mm, addr, end);
	error = mm_change(current->mm, addr, end, &changes[advice]);
	if (error || (advice != MADV_POPULATE_READ && advice != MADV_POPULATE_WRITE))
		return error;
	return mm_fault_in(current->mm, addr, end - addr, advice == MADV_POPULATE_WRITE) ==
	       end - addr ? 0 : -EFAULT;
}

/* msync(2): shared pages are the file's own. */
long sys_msync(u64 addr, u64 len, u32 flags)
{
	struct range_change check = { 0 };
	u64 end;
	long error;

	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) ||
	    (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
		return -EINVAL;
	error = range_get(addr, len, &end);
	if (error || end == addr)
		return addr % PAGE_SIZE ? -EINVAL : error ? -ENOMEM : 0;
	if (flags & MS_INVALIDATE)
		check.refuse = VMA_LOCKED;
	error = mm_change(current->mm, addr, end, &check);
	return error == -EINVAL ? -EBUSY : error;
}

/* mincore(2). */
long sys_mincore(u64 addr, u64 len, u64 user)
{
	u64 end, n;
	u8 vec[MINCORE_CHUNK];
	long error = range_get(addr, len, &end);

	if (error && addr % PAGE_SIZE == 0)
		return -ENOMEM;
	for (; !error && addr < end; addr += n * PAGE_SIZE, user += n) {
		n = MIN((end - addr) / PAGE_SIZE, sizeof(vec));
		error = mm_resident(current->mm, addr, vec, n);
		if (!error)
			error = put_user_bytes(user, vec, n);
	}
	return error;
}

static const struct range_change lock = { .set = VMA_LOCKED };
static const struct range_change unlock = { .clear = VMA_LOCKED };

/* May so many more pages be locked? 0, -EPERM, -ENOMEM. */
static long lock_check(u64 addr, u64 end)
{
	struct mm *mm = current->mm;
	u64 limit = process_rlimit(current->process, RLIMIT_MEMLOCK) / PAGE_SIZE, locked;

	if (capable(CAP_IPC_LOCK))
		return 0;
	if (!limit)
		return -EPERM;
	core_mutex_lock(&mm->lock);
	locked = mm_count(mm, 0, USER_END, VMA_LOCKED) - mm_count(mm, addr, end, VMA_LOCKED);
	core_mutex_unlock(&mm->lock);
	return locked + (end - addr) / PAGE_SIZE > limit ? -ENOMEM : 0;
}

/* mlock2(2): nothing is ever paged out; pages are made present and counted. */
long sys_mlock2(u64 addr, u64 len, u32 flags)
{
	u64 start = ALIGN_DOWN(addr, PAGE_SIZE), end;
	long error = flags & ~MLOCK_ONFAULT ? -EINVAL :
		     range_get(start, len + (addr - start), &end);

	if (!error)
		error = lock_check(start, end);
	if (!error && end != start)
		error = mm_change(current->mm, start, end, &lock);
	if (error || (flags & MLOCK_ONFAULT))
		return error;
	return mm_fault_in(current->mm, start, end - start, false) == end - start ? 0 : -ENOMEM;
}

SYSCALL_AS(mlock, (u64 addr, u64 len), sys_mlock2(addr, len, 0))

/* munlock(2). */
long sys_munlock(u64 addr, u64 len)
{
	u64 start = ALIGN_DOWN(addr, PAGE_SIZE), end;
	long error = range_get(start, len + (addr - start), &end);

	return error || start == end ? error : mm_change(current->mm, start, end, &unlock);
}

/* mlockall(2): pages come when they are used; there is nowhere else for them. */
long sys_mlockall(u32 flags)
{
	struct mm *mm = current->mm;
	u64 limit = process_rlimit(current->process, RLIMIT_MEMLOCK) / PAGE_SIZE;

	if (!flags || flags == MCL_ONFAULT || flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		return -EINVAL;
	if (!capable(CAP_IPC_LOCK) && (!limit || ((flags & MCL_CURRENT) && mm->mapped > limit)))
		return limit ? -ENOMEM : -EPERM;
	WRITE_ONCE(mm->map_flags, flags & MCL_FUTURE ? VMA_LOCKED : 0);
	if (flags & MCL_CURRENT)
		mm_change(mm, 0, USER_END, &lock);
	return 0;
}

/* munlockall(2). */
long sys_munlockall(void)
{
	WRITE_ONCE(current->mm->map_flags, 0);
	mm_change(current->mm, 0, USER_END, &unlock);
	return 0;
}
