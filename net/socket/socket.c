/* SPDX-License-Identifier: MIT */
/*
 * socket: the system calls on sockets, whichever family has them. A family registers
 * its operations (socket.h); the file of a descriptor says by its provider whose it is.
 *
 * Nothing waits here: a call that must is made again by the core, from its beginning,
 * when the socket's file was woken (SYSCALL_WAIT), and CONTEXT->progress says how far
 * it was.
 *
 * State: who has which family, as records. What a call was doing is known to the core
 * (its operation and progress) and to the family (the operation's result).
 */
#include <printf.h>

#include "internal.h"

#define FAMILIES 8
#define RECORD_PREFIX "family/"

struct family {
	u32 family;		/* AF_* */
	u32 provider, owner;	/* handle; module. 0: a free place */
	struct socket_ops ops;
};

static struct family families[FAMILIES];
static struct mutex lock;	/* registering */

/* See internal.h. */
const struct socket_ops *family_ops(u32 family)
{
	for (u32 i = 0; i < FAMILIES; i++)
		if (families[i].owner && families[i].family == family)
			return &families[i].ops;
	return NULL;
}

static struct family *family_place(u32 family)
{
	struct family *place = NULL;

	for (u32 i = 0; i < FAMILIES; i++) {
		if (families[i].owner && families[i].family == family)
			return &families[i];
		if (!families[i].owner && !place)
			place = &families[i];
	}
	return place;
}

static void place_name(u32 place, char name[RECORD_NAME_MAX])
{
	snprintf(name, RECORD_NAME_MAX, RECORD_PREFIX "%u", place);
}

/* See socket.h. */
long socket_register(u32 self, u32 provider, u32 family, const struct socket_ops *ops)
{
	socket_op *const *op = (socket_op *const *)ops;
	char name[RECORD_NAME_MAX];
	struct family *place;
	long ret;

	for (size_t i = 0; i < sizeof(*ops) / sizeof(*op); i++)
		if (!op[i])
			return -EINVAL;
	mutex_lock(&lock);
	place = family_place(family);
	ret = family >= AF_MAX || !provider ? -EINVAL : !place ? -ENOSPC :
	      place->owner && place->owner != self ? -EEXIST : 0;
	if (!ret) {
		struct family new = { family, provider, self, *ops };

		place_name((u32)(place - families), name);
		ret = record_put(THIS_MODULE, name, &new, sizeof(new));
		if (!ret)
			*place = new;
	}
	mutex_unlock(&lock);
	return ret;
}
SYMBOL_EXPORT(socket_register);

static void families_recover(void)
{
	char name[RECORD_NAME_MAX];

	for (u32 i = 0; i < FAMILIES; i++) {
		struct family f;

		place_name(i, name);
		if (record_get(THIS_MODULE, name, &f, sizeof(f)) == sizeof(f))
			families[i] = f;
	}
}

/* See internal.h. */
long socket_get(u64 fd, struct socket *s)
{
	struct held_file h;
	long ret = file_hold(THIS_MODULE, (u32)fd, &h);

	if (ret)
		return ret;
	if (!S_ISSOCK(h.mode) || !h.provider)
		return -ENOTSOCK;
	for (u32 i = 0; i < FAMILIES; i++) {
		if (!families[i].owner || families[i].provider != h.provider)
			continue;
		*s = (struct socket){ &families[i].ops, h.number, h.flags & FILE_MESSAGES,
				      h.oflags & O_NONBLOCK };
		return 0;
	}
	return -ENOTSOCK;
}

/* See internal.h. */
long socket_try(const struct socket *s, socket_op *op, u64 a, u64 b, u32 flags)
{
	long n;

	if (s->nonblock)
		flags |= MSG_DONTWAIT;
	n = op(s->number, 1, a, b, flags);
	if (n <= 0 || !(n & SOCKET_WAIT(0)))
		return n;
	return flags & MSG_DONTWAIT ? -EIO : SYSCALL_WAIT((u32)n);
}

static long socket_init(u32 flags)
{
#define ENTRY(name) { SYSCALL_##name, call_##name },
	static const struct syscall_entry calls[] = { SOCKET_CALLS(ENTRY) };

	if (flags & INIT_RECOVERING)
		families_recover();
	return syscalls_register(calls, ARRAY_SIZE(calls));
}

MODULE("socket", .description = "system calls on sockets", .init = socket_init,
       .rank = RANK_SOCKET);
