/* SPDX-License-Identifier: MIT */
/*
 * System calls on the directories of a process (root, working directory, umask,
 * which the core keeps), and access(2).
 */
#include <whitix/capability.h>

#include "calls.h"

/* faccessat2(2). */
long call_faccessat2(u64 dirfd, u64 user, u64 mode, u64 flags, u64 e, u64 f)
{
	struct path p;
	long ret;

	if ((u32)mode & ~(u32)(R_OK | W_OK | X_OK) ||
	    (u32)flags & ~(u32)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	ret = path_get(&p, 0, dirfd, user, flags & AT_EMPTY_PATH);
	if (!ret)
		ret = vfs_access(own_root(), p.at, p.text, (u32)mode,
				 lookup_flags((u32)flags) |
				 (flags & AT_EACCESS ? VFS_EFFECTIVE : 0));
	return path_done(&p, ret);
}

/* faccessat(2). */
long call_faccessat(u64 dirfd, u64 path, u64 mode, u64 d, u64 e, u64 f)
{
	return call_faccessat2(dirfd, path, mode, 0, 0, 0);
}

/* access(2). */
long call_access(u64 path, u64 mode, u64 c, u64 d, u64 e, u64 f)
{
	return call_faccessat2((u64)AT_FDCWD, path, mode, 0, 0, 0);
}

/* A directory that may be entered, with a reference: 0 or an error. */
static long directory_find(u64 user, u64 *node)
{
	struct path p;
	long ret = path_get(&p, 0, (u64)AT_FDCWD, user, false);

	if (!ret)
		ret = vfs_lookup(own_root(), p.at, p.text, VFS_FOLLOW | VFS_DIRECTORY, node);
	return path_done(&p, ret);
}

/*
 * The present call changed a directory already, and a reset came: its path would start
 * somewhere else now.
 */
static bool directory_is_set(void)
{
	return CONTEXT->progress;
}

/* The reference `node` becomes the process's directory, or is given back. */
static long directory_set(u64 node, bool root)
{
	long ret = process_directory_set(THIS_MODULE, node, root);

	if (ret)
		vfs_release(node);
	return ret;
}

/* chdir(2). */
long call_chdir(u64 path, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	u64 node;
	long ret;

	if (directory_is_set())
		return 0;
	ret = directory_find(path, &node);
	return ret ? ret : directory_set(node, false);
}

/* fchdir(2). */
long call_fchdir(u64 fd, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	u64 at, node;
	long ret = descriptor_node(fd, true, &at);

	if (ret)
		return ret;
	if (!at)
		return -ENOTDIR;
	ret = vfs_lookup(own_root(), at, ".", VFS_DIRECTORY, &node);
	return ret ? ret : directory_set(node, false);
}

/* chroot(2). */
long call_chroot(u64 path, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	u64 node;
	long ret;

	if (directory_is_set())
		return 0;
	ret = directory_find(path, &node);
	return ret ? ret : directory_set(node, true);
}

/* getcwd(2): the length with the NUL. */
long call_getcwd(u64 user, u64 size, u64 c, u64 d, u64 e, u64 f)
{
	char *buf = kmalloc(VFS_PATH_MAX);
	u64 root, cwd;
	long n;

	if (!buf)
		return -ENOMEM;
	n = process_directories(THIS_MODULE, &root, &cwd);
	if (!n)
		n = vfs_path(root, cwd, buf, VFS_PATH_MAX - 1);
	if (n >= 0) {
		buf[n++] = 0;
		if ((u64)n > size)
			n = -ERANGE;
		else if (user_write(user, buf, (size_t)n))
			n = -EFAULT;
	}
	kfree(buf);
	return n;
}

/* umask(2). */
long call_umask(u64 mask, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return process_umask_set((u32)mask);
}

/* pivot_root(2). */
long call_pivot_root(u64 new_root, u64 put_old, u64 c, u64 d, u64 e, u64 f)
{
	u64 to, old, root = own_root();
	long ret = cred_capable(CAP_SYS_ADMIN) ? node_of_path(new_root, true, &to) : -EPERM;

	if (ret)
		return ret;
	ret = node_of_path(put_old, true, &old);
	if (!ret) {
		ret = vfs_pivot(root, to, old);
		vfs_release(old);
	}
	if (!ret)
		ret = process_directories_move(root, to);
	vfs_release(to);
	return ret;
}
