/* SPDX-License-Identifier: MIT */
/*
 * Ids, groups and capabilities of the calling process: setresuid(2) and its kin,
 * capabilities(7) but for those of files. The core has them, and lets nobody gain
 * what the rules forbid; which call may do what, and what follows from it, is here.
 */
#include "internal.h"

#define ID_KEEP 0xffffffffu

/* One kind of id: real, effective, saved, for files. */
struct ids {
	u32 *real, *effective, *saved, *fs;
	u32 cap;		/* who has it may set any */
};

static struct ids user_ids(struct creds *c)
{
	return (struct ids){ &c->uid, &c->euid, &c->suid, &c->fsuid, CAP_SETUID };
}

static struct ids group_ids(struct creds *c)
{
	return (struct ids){ &c->gid, &c->egid, &c->sgid, &c->fsgid, CAP_SETGID };
}

static bool id_is_own(const struct ids *i, u32 id, bool saved)
{
	return id == ID_KEEP || id == *i->real || id == *i->effective ||
	       (saved && id == *i->saved);
}

static bool has_root(const struct creds *c)
{
	return !c->uid || !c->euid || !c->suid;
}

/* The user ids were `old`'s: the capabilities follow. */
static void caps_follow_ids(struct creds *c, const struct creds *old)
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

/* Real, effective and saved id of a kind (ID_KEEP: as it is): 0, -EPERM. */
static long set_res(struct creds *c, const struct ids *i, u32 real, u32 effective, u32 saved)
{
	struct creds old = *c;

	if (!cred_capable(i->cap) && (!id_is_own(i, real, true) ||
				      !id_is_own(i, effective, true) ||
				      !id_is_own(i, saved, true)))
		return -EPERM;
	if (real != ID_KEEP)
		*i->real = real;
	if (effective != ID_KEEP)
		*i->effective = effective;
	if (saved != ID_KEEP)
		*i->saved = saved;
	*i->fs = *i->effective;
	caps_follow_ids(c, &old);
	return 0;
}

static long set_id(struct creds *c, const struct ids *i, u32 id)
{
	if (id == ID_KEEP)
		return -EINVAL;
	if (cred_capable(i->cap))
		return set_res(c, i, id, id, id);
	return id == *i->real || id == *i->saved ? set_res(c, i, ID_KEEP, id, ID_KEEP) : -EPERM;
}

static long set_re(struct creds *c, const struct ids *i, u32 real, u32 effective)
{
	u32 old = *i->real, now = effective == ID_KEEP ? *i->effective : effective;
	bool save = real != ID_KEEP || (effective != ID_KEEP && effective != old);

	if (!cred_capable(i->cap) && !id_is_own(i, real, false))
		return -EPERM;
	return set_res(c, i, real, effective, save ? now : ID_KEEP);
}

/* One of the calls: its arguments go to `how` 1 (an id), 2 (re) or 3 (res). */
static long change(bool group, u32 how, u64 x, u64 y, u64 z)
{
	struct creds c;
	struct ids i = group ? group_ids(&c) : user_ids(&c);
	long ret = process_creds_get(&c);

	if (!ret)
		ret = how == 1 ? set_id(&c, &i, (u32)x) :
		      how == 2 ? set_re(&c, &i, (u32)x, (u32)y) :
				 set_res(&c, &i, (u32)x, (u32)y, (u32)z);
	return ret ? ret : process_creds_set(THIS_MODULE, &c);
}

/* setuid(2). */
long call_setuid(u64 id, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return change(false, 1, id, 0, 0);
}

/* setgid(2). */
long call_setgid(u64 id, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return change(true, 1, id, 0, 0);
}

/* setreuid(2). */
long call_setreuid(u64 real, u64 effective, u64 c, u64 d, u64 e, u64 f)
{
	return change(false, 2, real, effective, 0);
}

/* setregid(2). */
long call_setregid(u64 real, u64 effective, u64 c, u64 d, u64 e, u64 f)
{
	return change(true, 2, real, effective, 0);
}

/* setresuid(2). */
long call_setresuid(u64 real, u64 effective, u64 saved, u64 d, u64 e, u64 f)
{
	return change(false, 3, real, effective, saved);
}

/* setresgid(2). */
long call_setresgid(u64 real, u64 effective, u64 saved, u64 d, u64 e, u64 f)
{
	return change(true, 3, real, effective, saved);
}

static long tell(bool group, u64 real, u64 effective, u64 saved)
{
	struct creds c;
	struct ids i = group ? group_ids(&c) : user_ids(&c);
	long ret = process_creds_get(&c);

	if (!ret)
		ret = user_write(real, i.real, sizeof(u32));
	if (!ret)
		ret = user_write(effective, i.effective, sizeof(u32));
	return ret ? ret : user_write(saved, i.saved, sizeof(u32));
}

/* getresuid(2). */
long call_getresuid(u64 real, u64 effective, u64 saved, u64 d, u64 e, u64 f)
{
	return tell(false, real, effective, saved);
}

/* getresgid(2). */
long call_getresgid(u64 real, u64 effective, u64 saved, u64 d, u64 e, u64 f)
{
	return tell(true, real, effective, saved);
}

/* setfsuid(2), setfsgid(2): the id before, whether it was changed or not. */
static long set_fs(bool group, u32 id)
{
	struct creds c;
	struct ids i = group ? group_ids(&c) : user_ids(&c);
	long old, ret = process_creds_get(&c);

	if (ret)
		return ret;
	old = *i.fs;
	if (id == ID_KEEP || !(cred_capable(i.cap) || id == *i.fs || id_is_own(&i, id, true)))
		return old;
	*i.fs = id;
	ret = process_creds_set(THIS_MODULE, &c);
	return ret ? ret : old;
}

/* setfsuid(2). */
long call_setfsuid(u64 id, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return set_fs(false, (u32)id);
}

/* setfsgid(2). */
long call_setfsgid(u64 id, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return set_fs(true, (u32)id);
}

/* getgroups(2). */
long call_getgroups(u64 size, u64 user, u64 c, u64 d, u64 e, u64 f)
{
	struct creds creds;
	s32 room = (s32)size;
	long ret = process_creds_get(&creds);

	if (ret)
		return ret;
	if (room < 0 || (room && (u32)room < creds.ngroups))
		return -EINVAL;
	if (room && creds.ngroups &&
	    user_write(user, creds.group, creds.ngroups * sizeof(u32)))
		return -EFAULT;
	return (long)creds.ngroups;
}

/* setgroups(2). */
long call_setgroups(u64 size, u64 user, u64 c, u64 d, u64 e, u64 f)
{
	struct creds creds;
	s32 count = (s32)size;
	long ret = process_creds_get(&creds);

	if (ret)
		return ret;
	if (!cred_capable(CAP_SETGID))
		return -EPERM;
	if (count < 0 || count > CONTEXT_GROUPS)
		return -EINVAL;
	memset(creds.group, 0, sizeof(creds.group));
	if (count && user_read(user, creds.group, (size_t)count * sizeof(u32)))
		return -EFAULT;
	creds.ngroups = (u32)count;
	return process_creds_set(THIS_MODULE, &creds);
}

/* ---- capabilities ---------------------------------------------------------- */

struct caps_header {
	u32 version;
	s32 pid;
};

struct caps_words {
	u32 effective, permitted, inheritable;
};

/* Reads a header; *words is how many each set has. 0, -EFAULT, -EINVAL. */
static long header_get(u64 user, struct caps_header *h, u32 *words)
{
	u32 latest = CAPABILITY_VERSION_3;

	if (user_read(user, h, sizeof(*h)))
		return -EFAULT;
	*words = h->version == CAPABILITY_VERSION_1 ? 1 : 2;
	if (h->version == CAPABILITY_VERSION_1 || h->version == CAPABILITY_VERSION_2 ||
	    h->version == CAPABILITY_VERSION_3)
		return 0;
	return user_write(user, &latest, sizeof(latest)) ? -EFAULT : -EINVAL;
}

/* capget(2). */
long call_capget(u64 header, u64 data, u64 c, u64 d, u64 e, u64 f)
{
	struct process_info info;
	struct caps_words w[2];
	struct caps_header h;
	u32 words;
	long ret = header_get(header, &h, &words);

	if (ret || !data)
		return ret == -EINVAL && !data ? 0 : ret;
	if (h.pid < 0)
		return -EINVAL;
	ret = process_info_get(h.pid ? (u32)h.pid : current_pid(), false, &info);
	if (ret)
		return ret;
	for (u32 i = 0; i < ARRAY_SIZE(w); i++)
		w[i] = (struct caps_words){ .inheritable = (u32)(info.cap[0] >> (32 * i)),
					    .permitted = (u32)(info.cap[1] >> (32 * i)),
					    .effective = (u32)(info.cap[2] >> (32 * i)) };
	return user_write(data, w, words * sizeof(w[0]));
}

/* capset(2): of the caller only. */
long call_capset(u64 header, u64 data, u64 c, u64 d, u64 e, u64 f)
{
	struct caps_words w[2] = { { 0 } };
	struct caps_header h;
	struct creds creds;
	u32 words;
	long ret = header_get(header, &h, &words);

	if (ret)
		return ret;
	if (h.pid && (u32)h.pid != current_pid())
		return -EPERM;
	if (user_read(data, w, words * sizeof(w[0])))
		return -EFAULT;
	ret = process_creds_get(&creds);
	if (ret)
		return ret;
	creds.cap_effective = (w[0].effective | (u64)w[1].effective << 32) & CAPS_ALL;
	creds.cap_permitted = (w[0].permitted | (u64)w[1].permitted << 32) & CAPS_ALL;
	creds.cap_inheritable = (w[0].inheritable | (u64)w[1].inheritable << 32) & CAPS_ALL;
	return process_creds_set(THIS_MODULE, &creds);
}

/* See internal.h: prctl(2)'s PR_CAPBSET_READ and PR_CAPBSET_DROP. */
long caps_bounding(u64 cap, bool drop)
{
	struct creds c;
	long ret = process_creds_get(&c);

	if (ret)
		return ret;
	if (drop && !cred_capable(CAP_SETPCAP))
		return -EPERM;
	if (cap >= CAPS)
		return -EINVAL;
	if (!drop)
		return c.cap_bounding >> cap & 1;
	c.cap_bounding &= ~(1ul << cap);
	return process_creds_set(THIS_MODULE, &c);
}

/* See internal.h. */
long keep_caps_get(void)
{
	struct creds c;
	long ret = process_creds_get(&c);

	return ret ? ret : (long)c.keep_caps;
}

/* See internal.h. */
long keep_caps_set(u64 keep)
{
	struct creds c;
	long ret = keep > 1 ? -EINVAL : process_creds_get(&c);

	if (ret)
		return ret;
	c.keep_caps = (u32)keep;
	return process_creds_set(THIS_MODULE, &c);
}
