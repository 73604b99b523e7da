// SPDX-License-Identifier: MIT
/*
 * fcntl(2)'s and flock(2)'s locks: what the arguments mean, waiting, and giving up
 * when a file is closed. Who holds what is the module `locks`'s.
 *
 * Files and owners are named to it by the physical addresses of the core's objects,
 * files without a page object by their node. A file that was never locked costs
 * nothing: it is not marked.
 */
#include <errno.h>
#include <boot.h>
#include <files.h>
#include <frame.h>
#include <locks.h>
#include <mm.h>
#include <pageobj.h>
#include <process.h>
#include <syscall.h>
#include <whitix/fcntl.h>

#define OFFSET_MAX INT64_MAX

static struct wait released = {
	.lock = SPINLOCK("file locks", LOCK_WAIT),
	.sleepers = LIST_HEAD_INIT(released.sleepers),
	.refs = 1,
};

static u64 file_key(const struct file *f)
{
	if (f->obj)
		return virt_to_phys(f->obj);
	return f->node ? f->node : virt_to_phys(f);
}

/* From now on closing the file is told to the module. */
static void mark(struct file *f)
{
	f->flags |= FILE_LOCKS;
	if (f->obj)
		f->obj->locks = true;
}

/* See include/core/files.h. May sleep. */
void file_locks_drop(struct file *f, const void *owner)
{
	if (!(f->flags & FILE_LOCKS) && !(f->obj && f->obj->locks))
		return;
	locks_release(file_key(f), virt_to_phys(owner));
	wait_wake_all(&released);
}

/* Sets a lock, waiting for it if the request says so: 0 or an error. */
static long lock_set(struct file *f, const struct lock_request *r)
{
	long error;

	mark(f);
	for (;;) {
		u32 seq = wait_read(&released);

		error = module_result(locks_set(r), 0);
		if (error != -EAGAIN || !r->waits)
			break;
		if (wait_on(&released, seq, 0, true) != 0) {
			locks_give_up(r->owner);
			return -ERESTARTSYS;
		}
	}
	if (!error)
		wait_wake_all(&released);
	return error == -ENOSYS || error == -ENODEV || error == -EIO ? -ENOLCK : error;
}

/* flock(2). */
long sys_flock(int fd, u32 op)
{
	static const u8 types[] = { [LOCK_SH] = F_RDLCK, [LOCK_EX] = F_WRLCK,
				    [LOCK_UN] = F_UNLCK };
	struct lock_request r = { .kind = LOCK_FLOCK, .end = OFFSET_MAX,
				  .waits = !(op & LOCK_NB), .pid = current->process->pid };
	struct file *f = fd_get(fd);
	long error = -EINVAL;

	op &= ~LOCK_NB;
	if (!f || (f->oflags & O_PATH)) {
		error = -EBADF;
	} else if (op == LOCK_SH || op == LOCK_EX || op == LOCK_UN) {
		r.file = file_key(f);
		r.owner = virt_to_phys(f);
		r.type = types[op];
		error = lock_set(f, &r);
	}
	file_put(f);
	return error;
}

/* The bytes that a program's struct flock names: 0, -EINVAL, -EOVERFLOW. */
static long lock_range(const struct file *f, const struct linux_flock *l,
		       struct lock_request *r)
{
	s64 base = l->l_whence == SEEK_CUR ? (s64)f->pos :
		   l->l_whence == SEEK_END && f->obj ? (s64)f->obj->size : 0;

	if ((u16)l->l_whence > SEEK_END)
		return -EINVAL;
	if (l->l_start > OFFSET_MAX - base)
		return -EOVERFLOW;
	r->start = base + l->l_start;
	r->end = OFFSET_MAX;
	if (r->start < 0)
		return -EINVAL;
	if (l->l_len > 0) {
		if (l->l_len - 1 > OFFSET_MAX - r->start)
			return -EOVERFLOW;
		r->end = r->start + l->l_len - 1;
	} else if (l->l_len < 0) {
		if (r->start + l->l_len < 0)
			return -EINVAL;
		r->end = r->start - 1;
		r->start += l->l_len;
	}
	return 0;
}

static long lock_get(struct lock_request *r, struct linux_flock *l, u64 user)
{
	long error = module_result(locks_get(r), 0);

	if (error)
		return error;
	l->l_type = r->type;
	if (r->type != F_UNLCK) {
		l->l_whence = SEEK_SET;
		l->l_start = r->start;
		l->l_len = r->end == OFFSET_MAX ? 0 : r->end - r->start + 1;
		l->l_pid = r->kind == LOCK_DESCRIPTION ? -1 : (s32)r->pid;
	}
	return put_user_bytes(user, l, sizeof(*l));
}

/* fcntl(2)'s F_GETLK and its like. */
long file_lock(struct file *f, int fd, u32 cmd, u64 user)
{
	bool of_file = cmd >= F_OFD_GETLK, get = cmd == F_GETLK || cmd == F_OFD_GETLK;
	u32 access = f->oflags & O_ACCMODE;
	struct lock_request r = {
		.file = file_key(f), .pid = current->process->pid,
		.kind = of_file ? LOCK_DESCRIPTION : LOCK_RECORD,
		.owner = virt_to_phys(of_file ? (void *)f : (void *)current->process->fds),
		.waits = cmd == F_SETLKW || cmd == F_OFD_SETLKW,
	};
	struct linux_flock l;
	long error;

	if (get_user_bytes(&l, user, sizeof(l)))
		return -EFAULT;
	if (l.l_type > F_UNLCK || l.l_type < 0 || (get && l.l_type == F_UNLCK) ||
	    (of_file && l.l_pid))
		return -EINVAL;
	error = lock_range(f, &l, &r);
	if (error)
		return error;
	r.type = l.l_type;
	if (get)
		return lock_get(&r, &l, user);
	if ((r.type == F_RDLCK && access == O_WRONLY) ||
	    (r.type == F_WRLCK && access == O_RDONLY))
		return -EBADF;
	error = lock_set(f, &r);
	/* Another thread may have closed it, and found nothing to give up yet. */
	if (!error && !fd_is(fd, f))
		file_locks_drop(f, current->process->fds);
	return error;
}
