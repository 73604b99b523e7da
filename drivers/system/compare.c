/* SPDX-License-Identifier: MIT */
/* kcmp(2), process_vm_readv(2) and process_vm_writev(2): other processes' insides. */
#include <string.h>
#include <whitix/kcmp.h>
#include <whitix/process.h>

#include "internal.h"

#define CHUNK 4096ul

/* ---- kcmp ------------------------------------------------------------------ */

/* What it is that thread `tid` has: its number, or an error. */
static long thing(u32 tid, u32 type, u64 fd, u64 *number)
{
	struct process_info p;
	struct process_file file;

	if (process_info_get(tid, true, &p) && process_info_get(tid, false, &p))
		return -ESRCH;
	if (!p.visible)
		return -EPERM;
	switch (type) {
	case KCMP_FILE:
		if (fd >= PROCESS_EXE || process_file_get(p.pid, (u32)fd, &file) ||
		    file.fd != fd)
			return -EBADF;
		*number = file.id;
		return 0;
	case KCMP_VM:
	case KCMP_FILES:
	case KCMP_FS:
		*number = p.shared[type - KCMP_VM];
		return 0;
	case KCMP_SIGHAND:
		*number = p.pid;
		return 0;
	case KCMP_IO:
	case KCMP_SYSVSEM:
		*number = 0;	/* nobody has any */
		return 0;
	}
	return type == KCMP_EPOLL_TFD ? -EOPNOTSUPP : -EINVAL;
}

long call_kcmp(u64 one, u64 other, u64 type, u64 index, u64 other_index, u64 f)
{
	u64 a, b;
	long ret = thing((u32)one, (u32)type, index, &a);

	if (!ret)
		ret = thing((u32)other, (u32)type, other_index, &b);
	return ret ? ret : a < b ? 1 : a > b ? 2 : 0;
}

/* ---- memory ---------------------------------------------------------------- */

/* Where a list of pieces is. */
struct pieces {
	u64 user;		/* the next of them */
	u64 left;		/* of them, with the present one */
	struct linux_iovec at;	/* what is left of it */
};

/* All pieces of a list are checked: their bytes, -EINVAL, -EFAULT. */
static long pieces_check(u64 user, u64 count)
{
	struct linux_iovec v;
	u64 total = 0;

	if (count > LINUX_IOV_MAX)
		return -EINVAL;
	for (u64 i = 0; i < count; i++) {
		if (user_read(user + i * sizeof(v), &v, sizeof(v)))
			return -EFAULT;
		total += v.len;
		if ((s64)v.len < 0 || (s64)total < 0)
			return -EINVAL;
	}
	return (long)total;
}

/* Goes on to a piece that has bytes: how many, 0: the end, -EFAULT. */
static long pieces_next(struct pieces *p)
{
	while (!p->at.len && p->left) {
		if (user_read(p->user, &p->at, sizeof(p->at)))
			return -EFAULT;
		p->user += sizeof(p->at);
		p->left--;
	}
	return (long)MIN(p->at.len, CHUNK);
}

/* Copies a part of a page: bytes, or an error. */
static long part_copy(u32 pid, u64 own, u64 other, size_t len, bool write, u8 *buf)
{
	long n;

	if (write) {
		if (user_read(own, buf, len))
			return -EFAULT;
		n = process_memory_set(pid, other, buf, len);
		return n ? n : (long)len;
	}
	n = process_memory_get(pid, PROCESS_PARTS, other, buf, len);
	if (n <= 0)
		return n ? n : -EFAULT;
	return user_write(own, buf, (size_t)n) ? -EFAULT : n;
}

static long pieces_copy(u32 pid, struct pieces *own, struct pieces *other, bool write)
{
	u8 *buf = kmalloc(CHUNK);
	long done = 0, n = buf ? 1 : -ENOMEM, m;

	while (n > 0) {
		n = pieces_next(own);
		m = n > 0 ? pieces_next(other) : 0;
		n = n <= 0 || m <= 0 ? MIN(n, m) : MIN(n, m);
		/* What is in another page may not be there. */
		if (n > 0)
			n = MIN(n, (long)(CHUNK - other->at.base % CHUNK));
		if (n > 0)
			n = part_copy(pid, own->at.base, other->at.base, (size_t)n, write, buf);
		if (n <= 0)
			break;
		own->at.base += (u64)n;
		own->at.len -= (u64)n;
		other->at.base += (u64)n;
		other->at.len -= (u64)n;
		done += n;
	}
	kfree(buf);
	return done ? done : n;
}

static long transfer(u64 pid, const u64 own[2], const u64 other[2], bool write)
{
	struct pieces a = { own[0], own[1], { 0 } }, b = { other[0], other[1], { 0 } };
	struct process_info p;
	long ret = pieces_check(own[0], own[1]);

	if (ret > 0) {
		ret = pieces_check(other[0], other[1]);
		if (!ret)
			return 0;
	}
	if (ret <= 0)
		return ret;
	if (process_info_get((u32)pid, true, &p) && process_info_get((u32)pid, false, &p))
		return -ESRCH;
	return p.visible ? pieces_copy(p.pid, &a, &b, write) : -EPERM;
}

/* process_vm_readv(2). */
long call_process_vm_readv(u64 pid, u64 own, u64 n, u64 other, u64 m, u64 flags)
{
	return flags ? -EINVAL :
	       transfer(pid, (u64[]){ own, n }, (u64[]){ other, m }, false);
}

/* process_vm_writev(2). */
long call_process_vm_writev(u64 pid, u64 own, u64 n, u64 other, u64 m, u64 flags)
{
	return flags ? -EINVAL :
	       transfer(pid, (u64[]){ own, n }, (u64[]){ other, m }, true);
}
