/* SPDX-License-Identifier: MIT */
/* What the arguments of fcntl(2) and flock(2) mean: errors and their order are Linux's. */
#include "internal.h"

/* The bytes that a program's struct flock names: 0, -EINVAL, -EOVERFLOW. */
static long range_of(const struct lock_call *c, struct request *r)
{
	const struct linux_flock *l = &c->lock;
	s64 base = l->l_whence == SEEK_CUR ? c->pos : l->l_whence == SEEK_END ? c->size : 0;

	if ((u16)l->l_whence > SEEK_END)
		return -EINVAL;
	if (l->l_start > INT64_MAX - base)
		return -EOVERFLOW;
	r->start = base + l->l_start;
	r->end = INT64_MAX;
	if (r->start < 0)
		return -EINVAL;
	if (l->l_len > 0) {
		if (l->l_len - 1 > INT64_MAX - r->start)
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

static long get(const struct request *r, struct linux_flock *l)
{
	const struct lock *other = lock_conflict(r);

	l->l_type = F_UNLCK;
	if (!other)
		return 0;
	l->l_type = (s16)other->type;
	l->l_whence = SEEK_SET;
	l->l_start = other->start;
	l->l_len = other->end == INT64_MAX ? 0 : other->end - other->start + 1;
	l->l_pid = other->kind == LOCK_DESCRIPTION ? -1 : (s32)other->pid;
	return 0;
}

static long record_call(struct lock_call *c, struct request *r)
{
	bool of_file = c->cmd >= F_OFD_GETLK;
	bool is_get = c->cmd == F_GETLK || c->cmd == F_OFD_GETLK;
	struct linux_flock *l = &c->lock;
	u32 access = c->oflags & O_ACCMODE;
	long ret;

	if (l->l_type > F_UNLCK || l->l_type < 0 || (is_get && l->l_type == F_UNLCK) ||
	    (of_file && l->l_pid))
		return -EINVAL;
	r->kind = of_file ? LOCK_DESCRIPTION : LOCK_RECORD;
	r->owner = of_file ? c->description : c->table;
	r->type = (u32)l->l_type;
	r->waits = c->cmd == F_SETLKW;
	ret = range_of(c, r);
	if (ret || is_get)
		return ret ? ret : get(r, l);
	if ((r->type == F_RDLCK && access == O_WRONLY) ||
	    (r->type == F_WRLCK && access == O_RDONLY))
		return -EBADF;
	return lock_set_record(r);
}

static long flock_call(const struct lock_call *c, struct request *r)
{
	r->kind = LOCK_FLOCK;
	r->owner = c->description;
	r->end = INT64_MAX;
	switch (c->op & ~(u32)LOCK_NB) {
	case LOCK_SH:
		r->type = F_RDLCK;
		break;
	case LOCK_EX:
		r->type = F_WRLCK;
		break;
	case LOCK_UN:
		r->type = F_UNLCK;
		break;
	default:
		return -EINVAL;
	}
	return lock_set_flock(r);
}

/* See locks.h. */
long locks_call(struct lock_call *call)
{
	struct request r = { .file = call->file, .pid = call->pid };
	long ret;

	mutex_lock(&locks_lock);
	ret = call->cmd == LOCKS_FLOCK ? flock_call(call, &r) : record_call(call, &r);
	mutex_unlock(&locks_lock);
	return ret;
}
SYMBOL_EXPORT(locks_call);
