// SPDX-License-Identifier: MIT
/*
 * Space in files: fallocate(2), memory files and their seals (memfd_create(2)), and
 * looking for holes. All of it concerns page objects, as Linux's tmpfs has it.
 */
#include <errno.h>
#include <files.h>
#include <mm.h>
#include <pageobj.h>
#include <process.h>
#include <program.h>
#include <signals.h>
#include <syscall.h>
#include <vfs.h>
#include <whitix/stat.h>

#define MEMFD_NAME_MAX 249
#define SEALS_ALL (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | \
		   F_SEAL_FUTURE_WRITE)

/* ---- fallocate ----------------------------------------------------------- */

#define FALLOC_OWN (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)
#define FALLOC_MOVES (FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE)

/* include/interface/program.h. */
long file_size_check(u64 size)
{
	if ((s64)size < 0)
		return -EINVAL;
	if (size <= process_rlimit(current->process, RLIMIT_FSIZE))
		return 0;
	signal_self(SIGXFSZ);
	return -EFBIG;
}
SYMBOL_EXPORT(file_size_check);

/* May bytes of `f` be given space so? As Linux's vfs asks, in its order. */
static long fallocate_check(const struct file *f, u32 mode, s64 off, s64 len)
{
	u32 type = f->mode & S_IFMT;

	if (off < 0 || len <= 0)
		return -EINVAL;
	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_OWN | FALLOC_MOVES) ||
	    (mode & FALLOC_OWN) == FALLOC_OWN || (mode & ~FALLOC_MOVES) == FALLOC_FL_PUNCH_HOLE)
		return -EOPNOTSUPP;
	if ((mode & FALLOC_MOVES) && (mode & (mode - 1)))
		return -EINVAL;
	if ((f->oflags & O_PATH) || (f->oflags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	if (type != S_IFREG)
		return type == S_IFIFO || !type ? -ESPIPE : -ENODEV;
	if (off > INT64_MAX - len)
		return -EFBIG;
	if (!f->obj || (mode & (FALLOC_FL_ZERO_RANGE | FALLOC_MOVES)))
		return -EOPNOTSUPP;
	return mode & FALLOC_FL_PUNCH_HOLE ? 0 : file_size_check(off + len);
}

static long object_allocate(struct pageobj *obj, u32 mode, u64 off, u64 end)
{
	if (mode & FALLOC_FL_PUNCH_HOLE)
		return obj->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) ? -EPERM :
		       pageobj_punch(obj, off, end);
	if (!(mode & FALLOC_FL_KEEP_SIZE) && end > obj->size && (obj->seals & F_SEAL_GROW))
		return -EPERM;
	return pageobj_fill(obj, off, end, mode & FALLOC_FL_KEEP_SIZE);
}

/* fallocate(2). */
long sys_fallocate(int fd, u32 mode, s64 off, s64 len)
{
	struct file *f = fd_get(fd);
	long error = f ? fallocate_check(f, mode, off, len) : -EBADF;

	if (!error) {
		core_mutex_lock(&f->obj->write_lock);
		error = object_allocate(f->obj, mode, off, off + len);
		core_mutex_unlock(&f->obj->write_lock);
		if (!error)
			file_event(f, IN_MODIFY);
	}
	file_put(f);
	return error;
}

/* ---- seals ----------------------------------------------------------------- */

/* memfd_create(2). */
long sys_memfd_create(u64 user, u32 flags)
{
	struct vfs_opened opened = { 0 };
	char name[MEMFD_NAME_MAX + 1];
	struct file *f;
	long error;

	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
		return -EINVAL;
	error = copy_string_from_user(name, user, sizeof(name));
	if (error < 0 || error == sizeof(name))
		return error < 0 ? error : -EINVAL;
	error = module_result(vfs_memfd(name, &opened), 0);
	if (!error)
		error = file_new(&opened.file, opened.node, opened.mode, O_RDWR, &f);
	if (error)
		return error;
	if ((flags & MFD_ALLOW_SEALING) && f->obj)
		f->obj->seals = 0;
	return fd_new(f, flags & MFD_CLOEXEC);
}

/* fcntl(2)'s F_GET_SEALS and F_ADD_SEALS. */
long file_seals(struct file *f, u32 cmd, u64 seals)
{
	struct pageobj *obj = f->obj;
	long error = 0;

	if (cmd == F_GET_SEALS)
		return obj ? (long)obj->seals : -EINVAL;
	if ((f->oflags & O_ACCMODE) == O_RDONLY)
		return -EPERM;
	if (!obj || seals & ~(u64)SEALS_ALL)
		return -EINVAL;
	core_mutex_lock(&obj->write_lock);
	if (obj->seals & F_SEAL_SEAL)
		error = -EPERM;
	else if ((seals & F_SEAL_WRITE) && READ_ONCE(obj->writable))
		error = -EBUSY;
	else
		obj->seals |= seals;
	core_mutex_unlock(&obj->write_lock);
	return error;
}
