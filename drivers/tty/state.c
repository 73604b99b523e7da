/* SPDX-License-Identifier: MIT */
/*
 * What tty keeps with the core, to be itself again after a reset: for each
 * terminal the records "port.N" (written when its port registers), "set.N"
 * (settings, session) and "in.N" (input that nobody has read yet); and "wait",
 * the handle of the wait object. Output that waits for a port is not kept.
 */
#include <errno.h>
#include <printf.h>
#include <string.h>

#include "internal.h"

struct saved_port {
	char name[TTY_NAME_MAX];
	u64 rdev, port;
	u32 owner;
	struct tty_port_ops ops;
};

struct saved_settings {
	struct linux_termios termios;
	struct linux_winsize winsize;
	u32 sid, pgrp;
	u32 column;
	bool stopped, suspended, throttled;
};

/* `len` bytes, then a bit for each that says whether it is marked. */
struct saved_input {
	u32 len, ready;
	u32 literal_next;
	u8 bytes[TTY_IN_MAX + TTY_IN_MAX / 8];
};
_Static_assert(sizeof(struct saved_input) <= RECORD_MAX, "input fits a record");

static const char record_wait[] = "wait";

/* One at a time: scratch_lock is the innermost lock. */
static struct saved_input scratch;
static struct mutex scratch_lock = MUTEX_INIT;

static void record_title(char *title, const char *kind, const struct tty *t)
{
	scnprintf(title, RECORD_NAME_MAX, "%s.%u", kind, t->index);
}

static void save(const struct tty *t, const char *kind, const void *data, size_t len)
{
	char title[RECORD_NAME_MAX];
	long err;

	record_title(title, kind, t);
	err = record_put(THIS_MODULE, title, data, len);
	if (err < 0)
		pr_warn("record %s is not kept: %ld", title, err);
}

static long load(const struct tty *t, const char *kind, void *data, size_t len)
{
	char title[RECORD_NAME_MAX];

	record_title(title, kind, t);
	return record_get(THIS_MODULE, title, data, len);
}

/* Keeps the port as it registered. The tty's lock is held. */
void state_save_port(const struct tty *t)
{
	struct saved_port saved;

	memset(&saved, 0, sizeof(saved));
	memcpy(saved.name, t->name, sizeof(saved.name));
	saved.rdev = t->rdev;
	saved.port = t->port;
	saved.owner = t->owner;
	saved.ops = t->ops;
	save(t, "port", &saved, sizeof(saved));
}

/* Keeps settings and session. The tty's lock is held. */
void state_save_settings(const struct tty *t)
{
	struct saved_settings saved;

	memset(&saved, 0, sizeof(saved));
	saved.termios = t->termios;
	saved.winsize = t->winsize;
	saved.sid = t->sid;
	saved.pgrp = t->pgrp;
	saved.column = t->column;
	saved.stopped = t->stopped;
	saved.suspended = t->suspended;
	saved.throttled = t->throttled;
	save(t, "set", &saved, sizeof(saved));
}

/* Keeps the input queue, if it changed. The tty's lock is held. */
void state_save_input(struct tty *t)
{
	u32 len = t->in_end - t->in_first;
	u32 marks = DIV_ROUND_UP(len, 8);

	if (!t->in_changed)
		return;
	t->in_changed = false;
	mutex_lock(&scratch_lock);
	scratch.len = len;
	scratch.ready = t->in_ready - t->in_first;
	scratch.literal_next = t->literal_next;
	memset(scratch.bytes + len, 0, marks);
	for (u32 i = 0; i < len; i++) {
		u16 c = t->in[t->in_first + i];

		scratch.bytes[i] = (u8)c;
		if (c & TTY_IN_MARK)
			scratch.bytes[len + i / 8] |= (u8)(1u << i % 8);
	}
	save(t, "in", &scratch, offsetof(struct saved_input, bytes) + len + marks);
	mutex_unlock(&scratch_lock);
}

static bool restore_port(struct tty *t)
{
	struct saved_port saved;

	if (load(t, "port", &saved, sizeof(saved)) != sizeof(saved))
		return false;
	memcpy(t->name, saved.name, sizeof(t->name));
	t->name[TTY_NAME_MAX - 1] = '\0';
	t->rdev = saved.rdev;
	t->port = saved.port;
	t->owner = saved.owner;
	t->ops = saved.ops;
	return true;
}

static void restore_settings(struct tty *t)
{
	struct saved_settings saved;

	if (load(t, "set", &saved, sizeof(saved)) != sizeof(saved))
		return;
	t->termios = saved.termios;
	t->winsize = saved.winsize;
	t->sid = saved.sid;
	t->pgrp = saved.pgrp;
	t->column = saved.column;
	t->stopped = saved.stopped;
	t->suspended = saved.suspended;
	t->throttled = saved.throttled;
}

static void restore_input(struct tty *t)
{
	size_t head = offsetof(struct saved_input, bytes);
	long got = load(t, "in", &scratch, sizeof(scratch));
	u32 len = scratch.len;

	if (got < (long)head || len > TTY_IN_MAX || scratch.ready > len ||
	    (size_t)got != head + len + DIV_ROUND_UP(len, 8))
		return;
	for (u32 i = 0; i < len; i++) {
		bool mark = scratch.bytes[len + i / 8] >> i % 8 & 1;

		t->in[i] = scratch.bytes[i] | (mark ? TTY_IN_MARK : 0);
	}
	t->in_end = len;
	t->in_ready = scratch.ready;
	t->literal_next = scratch.literal_next;
}

/*
 * The wait object of before, which open files sleep on: a handle that outlives
 * resets. 0: there is none.
 */
u32 state_restore_wait(void)
{
	u32 handle;

	if (record_get(THIS_MODULE, record_wait, &handle, sizeof(handle)) !=
	    sizeof(handle) || wait_seq(handle) < 0)
		return 0;
	return handle;
}

void state_save_wait(u32 handle)
{
	if (record_put(THIS_MODULE, record_wait, &handle, sizeof(handle)) < 0)
		pr_warn("the wait object is not kept");
}

/* Makes `t` what its records say. Returns whether there were any. */
bool state_restore(struct tty *t)
{
	if (!restore_port(t))
		return false;
	restore_settings(t);
	restore_input(t);
	return true;
}
