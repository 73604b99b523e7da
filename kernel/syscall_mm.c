/* SPDX-License-Identifier: MIT */
/* System calls on memory: flags and permissions are checked here, mm/ does it. */
#include <errno.h>
#include <files.h>
#include <mm.h>
#include <pageobj.h>
#include <syscall.h>
#include <whitix/mman.h>

#define PROT_KNOWN (PROT_READ | PROT_WRITE | PROT_EXEC)
#define MAP_PLACE (MAP_FIXED | MAP_FIXED_NOREPLACE)

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
	if (shared && mode == O_RDWR)
		*vma_flags |= VMA_MAYWRITE;
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
	result = mm_map(current->mm, addr, len, prot, flags & MAP_PLACE, vma_flags,
			obj, offset);
	pageobj_put(made);
	if (result > 0 && (flags & (MAP_POPULATE | MAP_LOCKED)) && prot)
		mm_fault_in(current->mm, result, len, prot & PROT_WRITE);
	return result;
}

/* mmap(2). */
long sys_mmap(u64 addr, u64 len, u32 prot, u32 flags, int fd, u64 offset)
{
	u32 type = flags & MAP_TYPE;
	struct file *f = NULL;
	long result;

	if (offset % PAGE_SIZE || len == 0 ||
	    (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE))
		return -EINVAL;
	if (len > USER_END)
		return -ENOMEM;
	if (offset > PAGEOBJ_SIZE_MAX || offset + len > PAGEOBJ_SIZE_MAX)
		return -EOVERFLOW;
	if (!(flags & MAP_ANONYMOUS)) {
		f = fd_get(fd);
		if (!f)
			return -EBADF;
	}
	result = map_object(addr, len, prot & PROT_KNOWN, flags, f, f ? offset : 0);
	file_put(f);
	return result;
}

SYSCALL_AS(munmap, (u64 addr, u64 len), mm_unmap(current->mm, addr, len))

/* mprotect(2). */
long sys_mprotect(u64 addr, u64 len, u32 prot)
{
	if (prot & ~PROT_KNOWN)
		return -EINVAL;
	return mm_protect(current->mm, addr, len, prot);
}

SYSCALL_AS(mremap, (u64 addr, u64 old_len, u64 new_len, u32 flags, u64 new_addr),
	   mm_remap(current->mm, addr, old_len, new_len, flags, new_addr))
SYSCALL_AS(brk, (u64 end), mm_brk(current->mm, end))

/* madvise(2): DONTNEED drops pages; the rest is advice that changes nothing. */
long sys_madvise(u64 addr, u64 len, u32 advice)
{
	switch (advice) {
	case MADV_DONTNEED:
		return mm_discard(current->mm, addr, len);
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_FREE:
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
		return mm_check_mapped(current->mm, addr, len);
	}
	return -EINVAL;
}

/* msync(2): shared pages are the file's own. */
long sys_msync(u64 addr, u64 len, u32 flags)
{
	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) ||
	    (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
		return -EINVAL;
	return mm_check_mapped(current->mm, addr, len);
}

/* mlock(2): nothing is ever paged out; pages are made present. */
long sys_mlock(u64 addr, u64 len)
{
	u64 start = ALIGN_DOWN(addr, PAGE_SIZE), end = ALIGN_UP(addr + len, PAGE_SIZE);
	long error = end < start ? -EINVAL : mm_check_mapped(current->mm, start, end - start);

	if (error)
		return error;
	return mm_fault_in(current->mm, start, end - start, false) == end - start ? 0 : -ENOMEM;
}

/* munlock(2). */
long sys_munlock(u64 addr, u64 len)
{
	u64 start = ALIGN_DOWN(addr, PAGE_SIZE), end = ALIGN_UP(addr + len, PAGE_SIZE);

	return end < start ? -EINVAL : mm_check_mapped(current->mm, start, end - start);
}

SYSCALL_AS(mlockall, (u32 flags), flags == 0 || flags > 7 ? -EINVAL : 0)
SYSCALL_AS(munlockall, (void), 0)
