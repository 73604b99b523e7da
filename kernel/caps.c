/* SPDX-License-Identifier: MIT */
/*
 * Capabilities, as capabilities(7) has them but for those of files: what a
 * program may do follows from its sets; user ids and exec change these. (Files
 * are the modules' matter; these go by the user id alone.)
 */
#include <errno.h>
#include <mm.h>
#include <string.h>
#include <syscall.h>
#include <whitix/capability.h>

struct header {
	u32 version;
	s32 pid;
};

struct words {
	u32 effective, permitted, inheritable;
};

static bool has_root(const struct creds *c)
{
	return !c->uid || !c->euid || !c->suid;
}

/* The user ids were `old`'s: the sets follow. */
void caps_follow_ids(struct creds *c, const struct creds *old)
{
	if (has_root(old) && !has_root(c)) {
		c->cap_effective = 0;
		if (!c->keep_caps)
			c->cap_permitted = 0;
	}
	if (!old->euid && c->euid)
		c->cap_effective = 0;
	else if (old->euid && !c->euid)
		c->cap_effective = c->cap_permitted;
}

/* What a new program has. */
void caps_follow_exec(struct creds *c)
{
	bool root = !c->uid || !c->euid;

	c->cap_permitted = root ? c->cap_inheritable | c->cap_bounding : 0;
	c->cap_effective = c->euid ? 0 : c->cap_permitted;
	c->keep_caps = false;
}

/* Reads a header; *words is how many each set has. 0, -EFAULT, -EINVAL. */
static long header_get(u64 user, struct header *h, u32 *words)
{
	u32 latest = CAPABILITY_VERSION_3;

	if (get_user_bytes(h, user, sizeof(*h)))
		return -EFAULT;
	*words = h->version == CAPABILITY_VERSION_1 ? 1 : 2;
	if (h->version == CAPABILITY_VERSION_1 || h->version == CAPABILITY_VERSION_2 ||
	    h->version == CAPABILITY_VERSION_3)
		return 0;
	return put_user_bytes(user, &latest, sizeof(latest)) ? -EFAULT : -EINVAL;
}

/* capget(2). */
long sys_capget(u64 header, u64 data)
{
	struct words w[2];
	struct process *p;
	struct header h;
	u32 i, words;
	long error = header_get(header, &h, &words);
	u64 flags;

	if (error || !data)
		return error == -EINVAL && !data ? 0 : error;
	if (h.pid < 0)
		return -EINVAL;
	flags = spin_lock_irq(&process_lock);
	p = h.pid ? process_find(h.pid) : current->process;
	for (i = 0; p && i < ARRAY_SIZE(w); i++)
		w[i] = (struct words){ p->creds.cap_effective >> (32 * i),
				       p->creds.cap_permitted >> (32 * i),
				       p->creds.cap_inheritable >> (32 * i) };
	spin_unlock_irq(&process_lock, flags);
	return p ? put_user_bytes(data, w, words * sizeof(w[0])) : -ESRCH;
}

/* capset(2): of the caller only. */
long sys_capset(u64 header, u64 data)
{
	struct creds *c = &current->process->creds;
	struct words w[2] = { 0 };
	struct header h;
	u32 words;
	long error = header_get(header, &h, &words);
	u64 effective, permitted, inheritable;

	if (error)
		return error;
	if (h.pid && (u32)h.pid != current->process->pid)
		return -EPERM;
	if (get_user_bytes(w, data, words * sizeof(w[0])))
		return -EFAULT;
	effective = (w[0].effective | (u64)w[1].effective << 32) & CAPS_ALL;
	permitted = (w[0].permitted | (u64)w[1].permitted << 32) & CAPS_ALL;
	inheritable = (w[0].inheritable | (u64)w[1].inheritable << 32) & CAPS_ALL;
	if ((inheritable & ~(c->cap_inheritable |
			     (capable(CAP_SETPCAP) ? c->cap_bounding : c->cap_permitted))) ||
	    (permitted & ~c->cap_permitted) || (effective & ~permitted))
		return -EPERM;
	c->cap_effective = effective;
	c->cap_permitted = permitted;
	c->cap_inheritable = inheritable;
	creds_changed();
	return 0;
}

/* prctl(2)'s PR_CAPBSET_READ and PR_CAPBSET_DROP. */
long caps_bounding(u64 cap, bool drop)
{
	struct creds *c = &current->process->creds;

	if (cap >= CAPS)
		return drop && !capable(CAP_SETPCAP) ? -EPERM : -EINVAL;
	if (!drop)
		return c->cap_bounding >> cap & 1;
	if (!capable(CAP_SETPCAP))
		return -EPERM;
	c->cap_bounding &= ~(1ul << cap);
	return 0;
}
