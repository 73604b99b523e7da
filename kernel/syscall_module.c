// SPDX-License-Identifier: MIT
/* System calls about modules: init_module(2), finit_module(2), delete_module(2). */
#include <errno.h>
#include <files.h>
#include <frame.h>
#include <mm.h>
#include <modules.h>
#include <string.h>
#include <syscall.h>
#include <vfs.h>
#include <whitix/stat.h>

#define MODULE_FILE_MAX 0x400000	/* the largest block of frames, bytes */
#define ELF_HEADER_SIZE 64
#define PARAMS_MAX 4096			/* with NUL */
#define INIT_IGNORE_VERSIONS 3		/* MODULE_INIT_IGNORE_MODVERSIONS, _VERMAGIC */
#define INIT_COMPRESSED 4

/* Loads `object` with the parameters at `user`: takes it over. */
static long load(void *object, u64 size, u64 user)
{
	char *params = core_alloc(PARAMS_MAX);
	long len = params ? copy_string_from_user(params, user, PARAMS_MAX) : -ENOMEM;

	if (len >= 0 && len < PARAMS_MAX)
		return module_load(object, size, params);
	core_free(params);
	core_free(object);
	return len < 0 ? len : -EINVAL;
}

long sys_init_module(u64 image, u64 len, u64 params)
{
	void *object;

	if (!privileged())
		return -EPERM;
	if (len < ELF_HEADER_SIZE)
		return -ENOEXEC;
	object = len <= MODULE_FILE_MAX ? core_alloc(len) : NULL;
	if (!object)
		return -ENOMEM;
	if (!get_user_bytes(object, image, len))
		return load(object, len, params);
	core_free(object);
	return -EFAULT;
}

/* The whole of a file, core_alloc()'s. */
static long read_whole(struct file *f, void **object, u64 *len)
{
	struct vfs_attr attr;
	long n = file_getattr(f, &attr);

	if (n)
		return n;
	if (!S_ISREG(f->mode) || !attr.size)
		return -EINVAL;
	*len = attr.size;
	*object = attr.size <= MODULE_FILE_MAX ? core_alloc(attr.size) : NULL;
	if (!*object)
		return -ENOMEM;
	n = file_read(f, (u64)*object, *len, 0, true);
	if (n == (long)*len)
		return 0;
	core_free(*object);
	return n < 0 ? n : -EIO;
}

long sys_finit_module(u32 fd, u64 params, u32 flags)
{
	void *object = NULL;
	struct file *f;
	u64 len = 0;
	long error;

	if (!privileged())
		return -EPERM;
	if (flags & ~(u32)(INIT_IGNORE_VERSIONS | INIT_COMPRESSED))
		return -EINVAL;
	f = fd_get(fd);
	if (!f)
		return -EBADF;
	error = (f->oflags & O_ACCMODE) == O_WRONLY || f->oflags & O_PATH ? -EBADF :
		read_whole(f, &object, &len);
	file_put(f);
	if (error)
		return error;
	/* As a Linux without forced loading and without decompression. */
	if (flags) {
		core_free(object);
		return flags & INIT_COMPRESSED ? -EOPNOTSUPP : -ENOEXEC;
	}
	return load(object, len, params);
}

/* Nothing is forced (O_TRUNC), and nothing is waited for (O_NONBLOCK or not). */
long sys_delete_module(u64 user, u32 flags)
{
	char name[MODULE_NAME_MAX];
	long len;

	if (!privileged())
		return -EPERM;
	len = copy_string_from_user(name, user, sizeof(name));
	if (len < 0)
		return len;
	return len == sizeof(name) ? -ENOENT : module_unload(name);
}
