/* SPDX-License-Identifier: MIT */
/*
 * tty: terminals. This file owns the table of terminals and the ports below
 * them (tty.h); see internal.h for the parts.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

#define RECORD_ACTIVE "active"

static struct tty *ttys[TTY_MAX];	/* table_lock to add */
static struct mutex table_lock = MUTEX_INIT;
static u32 active = TTY_ACTIVE;		/* index of the console that is shown */
u32 tty_wait;

/* The terminal of that index, or NULL. Terminals are never freed. */
struct tty *tty_at(u32 index)
{
	return index < TTY_MAX ? READ_ONCE(ttys[index]) : NULL;
}

/* The console that is shown, or NULL: there is none. */
struct tty *tty_active(void)
{
	return tty_at(READ_ONCE(active));
}

/* The terminal with a port that has this name, or NULL. */
struct tty *tty_named(const char *name, size_t len)
{
	for (u32 i = 0; i < PORTS_MAX; i++) {
		struct tty *t = tty_at(i);

		if (t && !strncmp(t->name, name, len) && !t->name[len])
			return t;
	}
	return NULL;
}

/* A new terminal in the table: 0, -ENOMEM. */
long tty_add(u32 index, const char *name, u64 rdev, struct tty **out)
{
	*out = state_new(index, name, rdev);
	if (!*out)
		return -ENOMEM;
	WRITE_ONCE(ttys[index], *out);
	return 0;
}

/* Wakes who sleeps on the terminal's files. */
void tty_wake(struct tty *t)
{
	wait_wake(t->wait);
	if (t->shared_wait)
		wait_wake(tty_wait);
}

static long add_port(const char *name, u64 rdev, struct tty **out)
{
	u32 i = 0;

	while (i < PORTS_MAX && ttys[i])
		i++;
	return i == PORTS_MAX ? -ENOSPC : tty_add(i, name, rdev, out);
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
	t = tty_named(name, strlen(name));
	again = t != NULL;
	if (again && t->s.owner && t->s.owner != self)
		goto out;
	err = again ? 0 : add_port(name, rdev, &t);
	if (err)
		goto out;
	mutex_lock(&t->lock);
	t->s.owner = self;
	t->s.port = port;
	t->s.ops = *ops;
	t->reconfigure = again;
	tty_commit(t);
	mutex_unlock(&t->lock);
	err = tty_files_publish(t);
	if (err >= 0)
		err = t->index;
out:
	mutex_unlock(&table_lock);
	return err;
}
SYMBOL_EXPORT(tty_port_register);

/* The terminal that input for number `tty` goes to. NULL: nobody's, or lost. */
static struct tty *input_target(u32 self, u32 tty, bool *lost)
{
	struct tty *t = tty == TTY_ACTIVE ? tty_active() : tty_at(tty);

	*lost = false;
	if (t && tty_mirrored(t)) {
		*lost = self == t->s.owner;
		t = *lost ? NULL : tty_mirror();
	}
	return t;
}

/*
 * Bytes that arrived. Keys of a mirror go to what it shows; what the mirror
 * itself answers (to a query that the other terminal answers too) does not.
 * A call that is run again goes on where it was. Returns `len`, or -EINVAL.
 */
long tty_input(u32 self, u32 tty, u64 ticket, const char *buf, size_t len)
{
	bool lost;
	struct tty *t = input_target(self, tty, &lost);
	size_t done;

	if (!t)
		return lost ? (long)len : -EINVAL;
	mutex_lock(&t->lock);
	if (!CONTEXT->rerun || t->s.input != ticket) {
		t->s.input = ticket;
		t->s.input_done = 0;
	}
	done = MIN((size_t)t->s.input_done, len);
	t->in_time = ktime_ns();
	ldisc_input(t, (const u8 *)buf + done, len - done);
	tty_commit(t);
	tty_flush(t);
	mutex_unlock(&t->lock);
	tty_wake(t);
	return (long)len;
}
SYMBOL_EXPORT(tty_input);

/* A break, or a byte that did not arrive well: 0, -EINVAL. */
long tty_input_error(u32 self, u32 tty, u64 ticket, u32 kind, u8 byte)
{
	struct tty *t = tty_at(tty);

	if (!t || t->s.owner != self || kind > TTY_INPUT_PARITY)
		return -EINVAL;
	mutex_lock(&t->lock);
	if (!CONTEXT->rerun || t->s.input != ticket) {
		t->s.input = ticket;
		t->s.input_done = 1;
		ldisc_input_error(t, kind, byte);
		tty_commit(t);
	}
	tty_flush(t);
	mutex_unlock(&t->lock);
	tty_wake(t);
	return 0;
}
SYMBOL_EXPORT(tty_input_error);

/* A key for the console that is shown itself: 0, -ENODEV: there is none. */
long tty_key(u32 self, u32 key, u32 value)
{
	struct tty *t = tty_active();

	if (!t || !t->s.owner)
		return -ENODEV;
	return t->s.ops.key(t->s.port, key, value);
}
SYMBOL_EXPORT(tty_key);

/* Which of the caller's terminals is shown and typed on: 0, -EINVAL. */
long tty_set_active(u32 self, u32 tty)
{
	struct tty *t = tty_at(tty);

	if (!t || t->s.owner != self)
		return -EINVAL;
	WRITE_ONCE(active, tty);
	record_put(THIS_MODULE, RECORD_ACTIVE, &tty, sizeof(tty));
	wait_wake(tty_wait);
	return 0;
}
SYMBOL_EXPORT(tty_set_active);

/* How many open files the caller's terminal has, or -EINVAL. */
long tty_openings(u32 self, u32 tty)
{
	struct tty *t = tty_at(tty);

	return t && t->s.owner == self ? (long)READ_ONCE(t->s.opens) : -EINVAL;
}
SYMBOL_EXPORT(tty_openings);

/* The port takes bytes again: gives it some. Returns 0, or -EINVAL. */
long tty_writable(u32 self, u32 tty)
{
	struct tty *t = tty_at(tty);

	if (!t || t->s.owner != self)
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
	t = tty_named(name, strlen(name));
	mutex_unlock(&table_lock);
	return t ? (long)t->index : -ENOENT;
}
SYMBOL_EXPORT(tty_port_find);

/* What waited for ports at the reset goes on: ports may not be called before. */
static void flush_all(u64 cookie)
{
	for (u32 i = 0; i < PORTS_MAX; i++) {
		struct tty *t = tty_at(i);

		if (!t)
			continue;
		mutex_lock(&t->lock);
		tty_flush(t);
		mutex_unlock(&t->lock);
	}
}

static void flush_soon(void)
{
	long timer = timer_create(THIS_MODULE, flush_all, 0);

	if (timer < 0 || timer_arm((u32)timer, 1, 0) < 0)
		pr_warn("output that waits goes on with the next");
}

/* Brings back the terminals that came through the reset. */
static void recover(void)
{
	u64 after = 0;
	struct tty *t;

	if (record_get(THIS_MODULE, RECORD_ACTIVE, &active, sizeof(active)) < 0)
		active = TTY_ACTIVE;
	while ((t = state_next(&after)))
		WRITE_ONCE(ttys[t->index], t);
	for (u32 i = 0; i < PORTS_MAX; i++) {
		t = tty_at(i);
		if (t && t->s.owner && tty_files_publish(t) < 0)
			pr_err("%s has no device file", t->name);
	}
	for (u32 i = 0; i < TTY_MAX; i++)
		if (tty_at(i))
			wait_wake(tty_at(i)->wait);
	wait_wake(tty_wait);
	flush_soon();
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
	bool recovering = flags & INIT_RECOVERING;
	long err = make_wait(recovering);

	if (!err)
		err = tty_files_init();
	if (!err)
		err = devpts_init(recovering);
	if (err < 0)
		return err;
	if (recovering) {
		mutex_lock(&table_lock);
		recover();
		mutex_unlock(&table_lock);
	}
	return 0;
}

MODULE("tty", .description = "terminals: line discipline, job control, pseudo terminals",
       .init = tty_init, .rank = RANK_TTY, .quota_pages = 2048);
