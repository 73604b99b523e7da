/* SPDX-License-Identifier: MIT */
/*
 * tty: terminals. This file owns the table of terminals and the ports below
 * them (tty.h); see internal.h for the parts.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

static struct tty *ttys[TTY_MAX];	/* filled in order; table_lock to add */
static struct mutex table_lock = MUTEX_INIT;
u32 tty_wait;

struct tty *tty_at(u32 index)
{
	return index < TTY_MAX ? READ_ONCE(ttys[index]) : NULL;
}

static struct tty *find(const char *name)
{
	for (u32 i = 0; i < TTY_MAX; i++) {
		struct tty *t = tty_at(i);

		if (t && !strcmp(t->name, name))
			return t;
	}
	return NULL;
}

/* A terminal that is not in the table yet. NULL: no memory. */
static struct tty *make(u32 index)
{
	struct tty *t = kzalloc(sizeof(*t));

	if (!t)
		return NULL;
	t->index = index;
	ldisc_init(t);
	return t;
}

/* The same, put into the table. */
static long add(const char *name, u64 rdev, struct tty **out)
{
	u32 i = 0;

	while (i < TTY_MAX && ttys[i])
		i++;
	if (i == TTY_MAX)
		return -ENOSPC;
	*out = make(i);
	if (!*out)
		return -ENOMEM;
	strlcpy((*out)->name, name, sizeof((*out)->name));
	(*out)->rdev = rdev;
	WRITE_ONCE(ttys[i], *out);
	return 0;
}

/*
 * Registers a port, or the same again after its module's reset: it is told its
 * settings and given what waits for it at the next use. Returns the
 * terminal's number; -EBUSY: another module's; -ENOSPC; -ENOMEM. Calls no port.
 */
long tty_port_register(u32 self, const char *name, u64 rdev, u64 port,
		       const struct tty_port_ops *ops)
{
	struct tty *t;
	bool again;
	long err = -EBUSY;

	mutex_lock(&table_lock);
	t = find(name);
	again = t != NULL;
	if (again && t->owner && t->owner != self)
		goto out;
	err = again ? 0 : add(name, rdev, &t);
	if (err)
		goto out;
	mutex_lock(&t->lock);
	t->owner = self;
	t->port = port;
	t->ops = *ops;
	t->reconfigure = again;
	state_save_port(t);
	mutex_unlock(&t->lock);
	err = tty_files_publish(t);
	if (err >= 0)
		err = t->index;
out:
	mutex_unlock(&table_lock);
	return err;
}
SYMBOL_EXPORT(tty_port_register);

/*
 * Bytes that arrived. Keys of a mirror go to what it shows; what the mirror
 * itself answers (to a query that the other terminal answers too) does not.
 * Returns `len`, or -EINVAL.
 */
long tty_input(u32 self, u32 tty, const char *buf, size_t len)
{
	struct tty *t = tty_at(tty);

	if (!t)
		return -EINVAL;
	if (tty_mirrored(t)) {
		if (self == t->owner)
			return (long)len;
		t = tty_mirror();
	}
	mutex_lock(&t->lock);
	t->in_time = ktime_ns();
	ldisc_input(t, (const u8 *)buf, len);
	state_save_input(t);
	tty_flush(t);
	mutex_unlock(&t->lock);
	wait_wake(tty_wait);
	return (long)len;
}
SYMBOL_EXPORT(tty_input);

/* The port takes bytes again: gives it some. Returns 0, or -EINVAL. */
long tty_writable(u32 self, u32 tty)
{
	struct tty *t = tty_at(tty);

	if (!t || t->owner != self)
		return -EINVAL;
	mutex_lock(&t->lock);
	tty_flush(t);
	mutex_unlock(&t->lock);
	return 0;
}
SYMBOL_EXPORT(tty_writable);

/* Returns the number of the terminal called `name`, or -ENOENT. */
long tty_port_find(u32 self, const char *name)
{
	struct tty *t;

	mutex_lock(&table_lock);
	t = find(name);
	mutex_unlock(&table_lock);
	return t ? (long)t->index : -ENOENT;
}
SYMBOL_EXPORT(tty_port_find);

/* Brings back the terminals of the records. */
static void recover(void)
{
	mutex_lock(&table_lock);
	for (u32 i = 0; i < TTY_MAX; i++) {
		struct tty *t = make(i);

		if (!t || !state_restore(t)) {
			kfree(t);
			break;
		}
		WRITE_ONCE(ttys[i], t);
		if (tty_files_publish(t) < 0)
			pr_err("%s has no device file", t->name);
	}
	mutex_unlock(&table_lock);
	wait_wake(tty_wait);
}

static long make_wait(bool recovering)
{
	long wait;

	if (recovering)
		tty_wait = state_restore_wait();
	if (tty_wait)
		return 0;
	wait = wait_create(THIS_MODULE);
	if (wait < 0)
		return wait;
	tty_wait = (u32)wait;
	state_save_wait(tty_wait);
	return 0;
}

static long tty_init(u32 flags)
{
	long err = make_wait(flags & INIT_RECOVERING);

	if (!err)
		err = tty_files_init();
	if (err < 0)
		return err;
	if (flags & INIT_RECOVERING)
		recover();
	return 0;
}

MODULE("tty", .description = "terminals: line discipline and job control",
       .init = tty_init, .rank = RANK_TTY);
