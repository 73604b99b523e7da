/* SPDX-License-Identifier: MIT */
/* What the tests of the file systems' modules share: calls by path, and the tree as text. */
#ifndef HOST_FS_OPS_H
#define HOST_FS_OPS_H

#include "test.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <devfs.h>
#include <pipe.h>
#include <ramfs.h>
#include <vfs.h>

/* Calls of an open file's provider, with a buffer of their own. */
long file_read(const struct file_open *f, void *buf, size_t len);
long file_write(const struct file_open *f, const void *buf, size_t len);
long file_poll(const struct file_open *f);
void file_close(const struct file_open *f);

/* Calls on absolute paths. */
long mkdir_at(const char *path, u32 mode);
long open_at(const char *path, u32 oflags, struct vfs_opened *opened);
void make_file(const char *path, const char *text);
void expect_file(const char *path, const char *text);
void expect_text(const char *path, const char *text);
long mount_at(const char *source, const char *path, const char *type, u64 flags,
		     const char *options);
long unmount_at(const char *path, u32 flags);

/* The path of a node, and the node of a path, with a reference. */
void expect_path(u64 node, const char *text);
u64 node_of(const char *path);

/* Set-up: all modules start; start_root() has a root file system besides. */
int start(void **state);
int start_root(void **state);

#define DUMP_MAX 65536
/* The whole tree as a text; good until the call after the next. */
const char *dump(void);

/* The operation that calls are in, and whether they are run again. */
void op_set(u64 op, bool rerun);

#endif
