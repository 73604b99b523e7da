/* SPDX-License-Identifier: MIT */
/*
 * Operations on names, done twice: by vfs and ramfs (vfs_test.c) and by the
 * Linux that the test runs on (vfs_linux.c). Each gives its result as a text.
 */
#ifndef TESTS_HOST_VFS_OPS_H
#define TESTS_HOST_VFS_OPS_H

#include <stddef.h>

#define RESULT_MAX 4096

enum op_kind {
	OP_MKDIR,	/* a, x: mode */
	OP_RMDIR,	/* a */
	OP_MKNOD,	/* a, x: mode with type */
	OP_OPEN,	/* a, x: flags, y: mode; closed again */
	OP_UNLINK,	/* a */
	OP_SYMLINK,	/* b: target, a: the link */
	OP_LINK,	/* a: old, b: new, x: follow */
	OP_RENAME,	/* a: old, b: new, x: flags */
	OP_STAT,	/* a */
	OP_LSTAT,	/* a */
	OP_CHMOD,	/* a, x: mode */
	OP_CHOWN,	/* a, x: uid, y: gid, -1: leave it */
	OP_ACCESS,	/* a, x: mode */
	OP_READLINK,	/* a */
	OP_LIST,	/* a: the names in it */
	OP_CD,		/* a */
	OP_GETCWD,
	OP_AS,		/* x: uid, y: gid; a: "100,200" more groups, or NULL */
	OP_UMASK,	/* x */
	OP_TRUNCATE,	/* a, x: length */
	OP_TOUCH,	/* a; times are the present */
	OP_KINDS,
};

struct op {
	enum op_kind kind;
	const char *a, *b;
	unsigned int x, y;
};

/* Linux in an empty directory of its own as the root. False: not as root. */
int linux_begin(void);
void linux_end(void);
/* Makes the root empty again, with the credentials of root. */
void linux_clear(void);
void linux_run(const struct op *op, char result[RESULT_MAX]);

#endif
