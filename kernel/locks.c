// SPDX-License-Identifier: MIT
/*
 * fcntl(2)'s and flock(2)'s locks: waiting, and giving up when a file is closed. What
 * the arguments mean and who holds what is the module `locks`'s.
 *
 * Files and owners are named to it by the physical addresses of the core's objects,
 * files without a page object by their node. A file that was never locked costs
 * nothing: it is not marked.
 */
#include <errno.h>
#include <files.h>
#include <frame.h>
#include <locks.h>
#include <mm.h>
#include <pageobj.h>
#include <process.h>
#include <syscall.h>

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

/* See include/core/files.h. May sleep. */
void file_locks_drop(struct file *f, const void *owner)
{
	if (!(f->flags & FILE_LOCKS) && !(f->obj && f->obj->locks))
		return;
	locks_release(file_key(f), virt_to_phys(owner));
	wait_wake_all(&released);
}

/* Does a call, waiting while it must and `waits`: 0 or an error. */
static long lock_call(struct file *f, struct lock_call *c, bool waits)
{
	long error;

	c->file = file_key(f);
	c->table = virt_to_phys(current->process->fds);
	c->description = virt_to_phys(f);
	c->pid = current->process->pid;
	/* From now on closing the file is told to the module. */
	f->flags |= FILE_LOCKS;
	if (f->obj)
		f->obj->locks = true;
	for (;;) {
		u32 seq = wait_read(&released);

		error = module_result(locks_call(c), 0);
		if (error != -EAGAIN || !waits)
			break;
		if (wait_on(&released, seq, 0, true) != 0) {
			locks_give_up(c->table);
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
	struct lock_call c = { .cmd = LOCKS_FLOCK, .op = op };
	struct file *f = fd_get(fd);
	long error = f && !(f->oflags & O_PATH) ? lock_call(f, &c, !(op & LOCK_NB)) : -EBADF;

	file_put(f);
	return error;
}

/* fcntl(2)'s F_GETLK and its like. */
long file_lock(struct file *f, int fd, u32 cmd, u64 user)
{
	struct lock_call c = { .cmd = cmd, .oflags = f->oflags, .pos = f->pos,
			       .size = f->obj ? f->obj->size : 0 };
	long error;

	if (get_user_bytes(&c.lock, user, sizeof(c.lock)))
		return -EFAULT;
	error = lock_call(f, &c, cmd == F_SETLKW || cmd == F_OFD_SETLKW);
	if (!error && (cmd == F_GETLK || cmd == F_OFD_GETLK))
		return put_user_bytes(user, &c.lock, sizeof(c.lock));
	/* Another thread may have closed it, and found nothing to give up yet. */
	if (!error && !fd_is(fd, f))
		file_locks_drop(f, current->process->fds);
	return error;
}
