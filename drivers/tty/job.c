/* SPDX-License-Identifier: MIT */
/*
 * Job control: which session a terminal controls, its foreground group, and
 * what happens to processes of other groups (POSIX.1-2017 11.1.2 to 11.1.4).
 *
 * The core does not tell when a session ends. A session lives as long as its
 * leader, whose pid is the session's id; that is looked up where it matters.
 */
#include <errno.h>
#include <whitix/signal.h>

#include "internal.h"

struct caller {
	u32 sid, pgrp;
};

/* The caller's session and group; both 0 for a thread without a process. */
static struct caller caller_get(void)
{
	struct caller c = { 0, 0 };

	if (process_session(THIS_MODULE, &c.sid, &c.pgrp) < 0)
		c = (struct caller){ 0, 0 };
	return c;
}

static bool is_leader(const struct caller *c)
{
	return c->sid && c->sid == current_pid();
}

static bool process_lives(u32 pid)
{
	return process_next(pid - 1) == (long)pid;
}

/* Forgets a session whose leader is gone. */
static void drop_dead_session(struct tty *t)
{
	if (!t->sid || process_lives(t->sid))
		return;
	t->sid = 0;
	t->pgrp = 0;
	state_save_settings(t);
}

static struct tty *terminal_of(u32 sid)
{
	for (u32 i = 0; i < TTY_MAX; i++) {
		struct tty *t = tty_at(i);

		if (t && sid && t->sid == sid)
			return t;
	}
	return NULL;
}

static void take(struct tty *t, const struct caller *c)
{
	t->sid = c->sid;
	t->pgrp = c->pgrp;
	state_save_settings(t);
}

/* A signal that was typed: to the foreground group. The lock is held. */
void tty_signal(struct tty *t, u32 sig)
{
	if (t->pgrp)
		process_signal_group(THIS_MODULE, t->pgrp, sig);
}

/*
 * A terminal that nobody controls becomes that of a session leader which has
 * none and opens it (without O_NOCTTY). The lock is held.
 */
void job_adopt(struct tty *t)
{
	struct caller c = caller_get();

	if (!is_leader(&c) || terminal_of(c.sid))
		return;
	if (!t->sid || !process_lives(t->sid))
		take(t, &c);
}

/*
 * Whether the caller may go on with what sends `sig` (SIGTTIN or SIGTTOU) to
 * background processes: 0, -EIO, or -EINTR after the signal. The lock
 * is held.
 */
long job_check(struct tty *t, u32 sig)
{
	struct caller c;
	long state;

	if (!t->sid)
		return 0;
	c = caller_get();
	if (c.sid != t->sid || !t->pgrp || c.pgrp == t->pgrp)
		return 0;
	state = process_signal_state(THIS_MODULE, sig);
	if (state < 0)
		return state;
	if (state & SIGNAL_IGNORED)
		return sig == SIGTTOU ? 0 : -EIO;
	if (state & SIGNAL_ORPHANED)
		return -EIO;
	process_signal_group(THIS_MODULE, c.pgrp, sig);
	return -EINTR;
}

/* The caller's controlling terminal, or NULL: /dev/tty. */
struct tty *job_current(void)
{
	struct caller c = caller_get();

	return terminal_of(c.sid);
}

/* TIOCSCTTY: 0, or -EPERM. `steal` is 1 where root takes it from a session. */
long job_set_controlling(struct tty *t, u64 steal)
{
	struct caller c = caller_get();
	struct tty *has = terminal_of(c.sid);

	if (is_leader(&c) && has == t)
		return 0;
	if (!is_leader(&c) || has)
		return -EPERM;
	drop_dead_session(t);
	if (t->sid && !(steal == 1 && cred_euid() == 0))
		return -EPERM;
	take(t, &c);
	return 0;
}

/*
 * TIOCNOTTY: a leader gives up its session's terminal: 0. A terminal belongs
 * to a session as a whole here, so others get -EPERM; -ENOTTY: not theirs.
 */
long job_give_up(struct tty *t)
{
	struct caller c = caller_get();
	u32 pgrp = t->pgrp;

	if (!t->sid || c.sid != t->sid)
		return -ENOTTY;
	if (!is_leader(&c))
		return -EPERM;
	t->sid = 0;
	t->pgrp = 0;
	state_save_settings(t);
	if (pgrp) {
		process_signal_group(THIS_MODULE, pgrp, SIGHUP);
		process_signal_group(THIS_MODULE, pgrp, SIGCONT);
	}
	return 0;
}

/* TIOCGPGRP: 0, or -ENOTTY when it is not the caller's terminal. */
long job_get_group(struct tty *t, u32 *pgrp)
{
	struct caller c = caller_get();

	if (!t->sid || c.sid != t->sid)
		return -ENOTTY;
	*pgrp = t->pgrp;
	return 0;
}

/* TIOCSPGRP: 0, -ENOTTY, -EINVAL, -ESRCH, or what job_check() says. */
long job_set_group(struct tty *t, s32 pgrp)
{
	struct caller c = caller_get();
	long err = job_check(t, SIGTTOU);

	if (err)
		return err;
	if (!t->sid || c.sid != t->sid)
		return -ENOTTY;
	if (pgrp <= 0)
		return -EINVAL;
	if (process_signal_group(THIS_MODULE, (u32)pgrp, 0) == -ESRCH)
		return -ESRCH;
	t->pgrp = (u32)pgrp;
	state_save_settings(t);
	return 0;
}

/* TIOCGSID: 0, or -ENOTTY. */
long job_get_session(struct tty *t, u32 *sid)
{
	struct caller c = caller_get();

	if (!t->sid || c.sid != t->sid)
		return -ENOTTY;
	*sid = t->sid;
	return 0;
}
