/* SPDX-License-Identifier: MIT */
/*
 * Paths of system calls: copied from the program once, and where they start.
 * The calls that take paths are in syscall_fs.c.
 */
#include <errno.h>
#include <files.h>
#include <frame.h>
#include <mm.h>
#include <modules.h>
#include <process.h>
#include <program.h>
#include <sched.h>
#include <string.h>
#include <syscall.h>
#include <vfs.h>
#include <whitix/stat.h>

_Static_assert(sizeof(((struct task *)0)->path_hold) == PATH_SLOTS * sizeof(struct file *),
	       "a place for each slot");

#define PATH_SHORT 256		/* most paths fit; the long buffer is a page */

/* See include/core/files.h. path_put() gives the buffer back. May sleep. */
long path_get(u64 user, bool empty, char **path)
{
	size_t size = PATH_SHORT;
	char *buf;
	long len;

	for (;;) {
		buf = core_alloc(size);
		if (!buf)
			return -ENOMEM;
		len = copy_string_from_user(buf, user, size);
		if (len < (long)size || size == VFS_PATH_MAX)
			break;
		core_free(buf);
		size = VFS_PATH_MAX;
	}
	if (len == VFS_PATH_MAX)
		len = -ENAMETOOLONG;
	else if (len == 0 && !empty)
		len = -ENOENT;
	if (len < 0) {
		core_free(buf);
		return len;
	}
	*path = buf;
	return 0;
}

void path_put(char *path)
{
	core_free(path);
}

/* Where absolute paths of the calling process start. */
u64 path_root(void)
{
	return current->process->fs->root;
}

/*
 * The node at which `path` starts: the working directory for AT_FDCWD, else
 * what `dirfd` names, 0 for a file without one when the path is empty; *hold
 * keeps it. 0, -EBADF, -ENOTDIR.
 */
long path_at(int dirfd, const char *path, u64 *node, struct file **hold)
{
	struct file *f;

	*hold = NULL;
	*node = current->process->fs->cwd;
	if (dirfd == AT_FDCWD || path[0] == '/')
		return 0;
	f = fd_get(dirfd);
	if (!f)
		return -EBADF;
	if (path[0] && (!f->node || !S_ISDIR(f->mode))) {
		file_put(f);
		return -ENOTDIR;
	}
	*node = f->node;
	*hold = f;
	return 0;
}

/* What `arg` names, on the part of a module: its text in *path, or none. */
static long path_arg_open(struct path_arg *arg, char **path, struct file **hold)
{
	long error;

	if (!(arg->how & PATH_NONE)) {
		error = path_get(arg->user, arg->how & PATH_EMPTY, path);
		return error ? error : path_at(arg->dirfd, *path, &arg->at, hold);
	}
	*hold = fd_get(arg->dirfd);
	if (!*hold)
		return -EBADF;
	arg->at = (*hold)->node;
	arg->oflags = (*hold)->oflags;
	return 0;
}

/* include/interface/program.h. */
long path_read(u32 self, struct path_arg *arg, char *buf, size_t len)
{
	struct file *hold = NULL;
	struct path_arg a;
	char *path = NULL;
	long error;

	if (copy_module_from(&a, arg, sizeof(a)))
		return -EFAULT;
	if (!current->task || a.slot >= PATH_SLOTS)
		return -EINVAL;
	error = path_arg_open(&a, &path, &hold);
	if (!error && path) {
		size_t size = strlen(path) + 1;

		error = size > len ? -ENAMETOOLONG :
			copy_module_to(buf, path, size) ? -EFAULT : (long)size;
	}
	path_put(path);
	file_put(current->task->path_hold[a.slot]);
	current->task->path_hold[a.slot] = hold;
	return copy_module_to(arg, &a, sizeof(a)) ? -EFAULT : error;
}
SYMBOL_EXPORT(path_read);

/* ---- directories of a process: include/interface/program.h ----------------- */

long process_directories(u32 self, u64 *root, u64 *cwd)
{
	struct fs_context *fs = current->process ? current->process->fs : NULL;

	if (!fs)
		return -ESRCH;
	return copy_module_to(root, &fs->root, sizeof(*root)) ||
	       copy_module_to(cwd, &fs->cwd, sizeof(*cwd)) ? -EFAULT : 0;
}

long process_directory_set(u32 self, u64 node, bool root)
{
	struct fs_context *fs = current->process ? current->process->fs : NULL;
	u64 flags;

	if (!fs || (root && !capable(CAP_SYS_CHROOT)))
		return fs ? -EPERM : -ESRCH;
	flags = spin_lock_irq(&process_lock);
	SWAP(*(root ? &fs->root : &fs->cwd), node);
	current->progress = context_page->progress = 1;	/* a path means another now */
	spin_unlock_irq(&process_lock, flags);
	creds_changed();
	if (node != VFS_ROOT)
		vfs_release(node);
	return 0;
}

long process_directories_move(u64 from, u64 to)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p;
	u32 moved = 0;

	list_for_each_entry(p, &process_list, all) {
		if (p->fs && p->fs->root == from && ++moved)
			p->fs->root = to;
		if (p->fs && p->fs->cwd == from && ++moved)
			p->fs->cwd = to;
	}
	spin_unlock_irq(&process_lock, flags);
	creds_changed();
	for (; moved; moved--) {
		vfs_hold(to);
		vfs_release(from);
	}
	return 0;
}

long process_umask_set(u32 mask)
{
	struct fs_context *fs = current->process ? current->process->fs : NULL;

	if (!fs)
		return -ESRCH;
	mask &= 0777;
	SWAP(fs->umask, mask);
	creds_changed();
	return mask;
}

SYMBOL_EXPORT(process_directories);
SYMBOL_EXPORT(process_directory_set);
SYMBOL_EXPORT(process_directories_move);
SYMBOL_EXPORT(process_umask_set);

/* See include/core/files.h. */
void path_release(struct task *task)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(task->path_hold); i++) {
		file_put(task->path_hold[i]);
		task->path_hold[i] = NULL;
	}
	core_free(task->iov);
	task->iov = NULL;
}
