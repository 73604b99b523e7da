/* SPDX-License-Identifier: MIT */
/*
 * Links: those that are texts (self, mounts), and those that lead to the very
 * object, whatever its name has become: exe, cwd, root, fd/N. An object without
 * a node of vfs (a pipe, a socket) is an inode of this file system for as long as
 * its descriptor is open.
 */
#include <pidfd.h>
#include <printf.h>

#include "internal.h"

#define LARGEFILE 0100000	/* Linux sets it in the flags of each file */

/* Which file of its process inode `ino` stands for. */
static u32 which_of(u64 ino)
{
	switch (INO_ITEM(ino) - ITEM_FIRST) {
	case ITEM_EXE:
		return PROCESS_EXE;
	case ITEM_CWD:
		return PROCESS_CWD;
	case ITEM_PROCESS_ROOT:
		return PROCESS_ROOT;
	default:
		return INO_FD(ino);
	}
}

/* The open file that an inode stands for: 0, -ENOENT, -EACCES. */
long link_file(const struct subject *s, struct process_file *file)
{
	u32 which = which_of(s->ino);
	long error = process_file_get(s->process.pid, which, file);

	if (error)
		return error == -EACCES ? error : -ENOENT;
	return which != PROCESS_EXE && file->fd != which ? -ENOENT : 0;
}

/* The link leads to an object rather than to a path. */
bool link_is_magic(u64 ino)
{
	const struct item *item = item_of(ino);

	return item && S_ISLNK(item->mode) && item->dir >= DIR_PROCESS;
}

static long file_of(u64 ino, struct process_file *file)
{
	struct subject *s = kmalloc(sizeof(*s));
	long error;

	if (!s)
		return -ENOMEM;
	error = subject_find(ino, s);
	if (!error)
		error = link_file(s, file);
	kfree(s);
	return error;
}

/* fs_ops.follow() of a magic link. */
long link_target(u64 ino, u64 *target)
{
	struct process_file file;
	long error = file_of(ino, &file);

	if (error)
		return error;
	*target = file.node ? file.node : INO_FILE(ino, INO_FD(ino), ITEM_FD_OBJECT);
	return file.node ? 0 : VFS_OWN_INODE;
}

static bool is_pidfd(const struct process_file *file)
{
	return !strcmp(file->provider, PIDFD_MODULE);
}

/* How a file without a node is called. */
static int object_text(const struct process_file *file, char *buf, size_t len)
{
	switch (file->mode & S_IFMT) {
	case S_IFIFO:
		return scnprintf(buf, len, "pipe:[%lu]", file->number);
	case S_IFSOCK:
		return scnprintf(buf, len, "socket:[%lu]", file->number);
	}
	if (!file->provider[0])
		return scnprintf(buf, len, "/memfd: (deleted)");
	return scnprintf(buf, len, "anon_inode:[%s]",
			 is_pidfd(file) ? "pidfd" : file->provider);
}

/* The text of a link: its length, or an error. */
long link_text(u64 ino, char *buf, size_t len)
{
	const struct item *item = item_of(ino);
	struct process_file file;
	char text[64];
	long n;

	if (!item || !S_ISLNK(item->mode))
		return -EINVAL;
	if (link_is_magic(ino)) {
		n = file_of(ino, &file);
		if (!n)
			n = object_text(&file, text, sizeof(text));
	} else if (!strcmp(item->name, "mounts")) {
		n = scnprintf(text, sizeof(text), "self/mounts");
	} else if (!current_pid()) {
		n = -ENOENT;
	} else if (!strcmp(item->name, "self")) {
		n = scnprintf(text, sizeof(text), "%u", current_pid());
	} else {
		n = scnprintf(text, sizeof(text), "%u/task/%u", current_pid(), current_tid());
	}
	if (n > 0) {
		n = MIN(n, (long)len);
		memcpy(buf, text, (size_t)n);
	}
	return n;
}

/* Whose pidfd it is; -1: who has gone. */
static s32 pidfd_shown(u64 number)
{
	struct process_info p;
	u32 pid = PIDFD_PID(number);

	return process_info_get(pid, false, &p) || PIDFD_NUMBER(pid, p.start_ns) != number ?
	       -1 : (s32)pid;
}

void show_fdinfo(struct text *t, const struct subject *s)
{
	struct process_file file;

	if (link_file(s, &file))
		return;
	text_printf(t, "pos:\t%lu\nflags:\t0%o\nmnt_id:\t%lu\nino:\t%lu\n",
		    file.pos, file.oflags | LARGEFILE, file.node >> VFS_INO_BITS,
		    file.node ? file.node & ((1ul << VFS_INO_BITS) - 1) : file.number);
	if (is_pidfd(&file))
		text_printf(t, "Pid:\t%d\nNSpid:\t%d\n", pidfd_shown(file.number),
			    pidfd_shown(file.number));
}
