/* SPDX-License-Identifier: MIT */
/*
 * Paths of system calls: copied from the program once, and where they start.
 * The calls that take paths are in syscall_fs.c.
 */
#include <errno.h>
#include <files.h>
#include <frame.h>
#include <mm.h>
#include <process.h>
#include <sched.h>
#include <string.h>
#include <vfs.h>
#include <whitix/stat.h>

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
	op_begin();
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
