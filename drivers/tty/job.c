/* SPDX-License-Identifier: MIT */
/*
 * Job control: which session a terminal controls, its foreground group, what
 * happens to processes of other groups (POSIX.1-2017 11.1.2 to 11.1.4), and
 * hanging up, as Linux does it.
 *
 * The core tells when the leader of a session ends. A session is known by its
 * leader's pid; that it lives is looked up where a terminal changes hands.
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
	if (!t->s.sid || process_lives(t->s.sid))
		return;
	t->s.sid = 0;
	t->s.pgrp = 0;
}

static struct tty *terminal_of(u32 sid)
{
	for (u32 i = 0; i < TTY_MAX; i++) {
		struct tty *t = tty_at(i);

		if (t && sid && t->s.sid == sid)
			return t;
	}
	return NULL;
}

static void take(struct tty *t, const struct caller *c)
{
	t->s.sid = c->sid;
	t->s.pgrp = c->pgrp;
	tty_commit(t);
}

static void signal_group(u32 pgrp, u32 sig)
{
	if (pgrp)
		process_signal_group(THIS_MODULE, pgrp, sig);
}

/* A signal that was typed: to the foreground group. The lock is held. */
void tty_signal(struct tty *t, u32 sig)
{
	signal_group(t->s.pgrp, sig);
}

/*
 * A terminal that nobody controls becomes that of a session leader which has
 * none and opens it for reading (without O_NOCTTY). The lock is held.
 */
void job_adopt(struct tty *t)
{
	struct caller c = caller_get();

	if (!is_leader(&c) || terminal_of(c.sid))
		return;
	drop_dead_session(t);
	if (!t->s.sid)
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

	if (!t->s.sid)
		return 0;
	c = caller_get();
	if (c.sid != t->s.sid || !t->s.pgrp || c.pgrp == t->s.pgrp)
		return 0;
	state = process_signal_state(THIS_MODULE, sig);
	if (state < 0)
		return state;
	if (state & SIGNAL_IGNORED)
		return sig == SIGTTOU ? 0 : -EIO;
	if (state & SIGNAL_ORPHANED)
		return -EIO;
	signal_group(c.pgrp, sig);
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

	if (is_leader(&c) && t->s.sid == c.sid)
		return 0;
	if (!is_leader(&c) || terminal_of(c.sid))
		return -EPERM;
	drop_dead_session(t);
	if (t->s.sid && !(steal == 1 && cred_euid() == 0))
		return -EPERM;
	take(t, &c);
	return 0;
}

/* The session has no terminal any more; its foreground is told. */
static void give_up(struct tty *t, bool go_on)
{
	u32 pgrp = t->s.pgrp;

	t->s.sid = 0;
	t->s.pgrp = 0;
	tty_commit(t);
	signal_group(pgrp, SIGHUP);
	if (go_on)
		signal_group(pgrp, SIGCONT);
}

/*
 * TIOCNOTTY: a leader gives up its session's terminal: 0. A terminal belongs
 * to a session as a whole here, so others get -EPERM; -ENOTTY: not theirs.
 */
long job_give_up(struct tty *t)
{
	struct caller c = caller_get();

	if (!t->s.sid || c.sid != t->s.sid)
		return -ENOTTY;
	if (!is_leader(&c))
		return -EPERM;
	give_up(t, true);
	return 0;
}

/* TIOCGPGRP: 0, or -ENOTTY when it is not the caller's terminal. */
long job_get_group(struct tty *t, bool master, u32 *pgrp)
{
	struct caller c = caller_get();

	if (!master && (!t->s.sid || c.sid != t->s.sid))
		return -ENOTTY;
	*pgrp = t->s.pgrp;
	return 0;
}

/* TIOCSPGRP: 0, -ENOTTY, -EINVAL, -ESRCH, -EPERM, or what job_check() says. */
long job_set_group(struct tty *t, s32 pgrp)
{
	struct caller c = caller_get();
	long err = job_check(t, SIGTTOU), sid;

	if (err)
		return err == -EIO ? -ENOTTY : err;
	if (pgrp < 0)
		return -EINVAL;
	if (!t->s.sid || c.sid != t->s.sid)
		return -ENOTTY;
	sid = process_group_session(THIS_MODULE, (u32)pgrp);
	if (sid < 0)
		return sid;
	if ((u32)sid != c.sid)
		return -EPERM;
	t->s.pgrp = (u32)pgrp;
	return 0;
}

/* TIOCGSID: 0, or -ENOTTY. */
long job_get_session(struct tty *t, bool master, u32 *sid)
{
	struct caller c = caller_get();

	if (!t->s.sid || (!master && c.sid != t->s.sid))
		return -ENOTTY;
	*sid = t->s.sid;
	return 0;
}

/*
 * Hangs up: what has the terminal open is at its end, and the leader of its
 * session is told; so is the foreground when the session ends. Its group of
 * before is remembered until the leader ends. The lock is held.
 */
void job_hang_up(struct tty *t, bool session_ends)
{
	u32 sid = t->s.sid, pgrp = t->s.pgrp;

	t->s.hung = t->s.serial;
	t->s.hung_sid = sid;
	t->s.hung_pgrp = pgrp;
	t->s.sid = t->s.pgrp = 0;
	t->s.stopped = t->s.suspended = false;
	ldisc_flush_input(t);
	ldisc_flush_output(t);
	tty_commit(t);
	if (sid) {
		process_signal_leader(THIS_MODULE, sid, SIGHUP);
		process_signal_leader(THIS_MODULE, sid, SIGCONT);
	}
	if (session_ends)
		signal_group(pgrp, SIGHUP);
	t->out_new = true;
	tty_wake(t);
}

/* The foreground of the terminal that session `sid` lost: hung up now. */
static void end_hung_session(u32 sid)
{
	for (u32 i = 0; i < TTY_MAX; i++) {
		struct tty *t = tty_at(i);
		u32 pgrp;

		if (!t || t->s.hung_sid != sid)
			continue;
		mutex_lock(&t->lock);
		pgrp = t->s.hung_pgrp;
		t->s.hung_sid = t->s.hung_pgrp = 0;
		tty_commit(t);
		mutex_unlock(&t->lock);
		signal_group(pgrp, SIGHUP);
		signal_group(pgrp, SIGCONT);
	}
}

/* The leader of session `sid` has ended (tty.h): 0. */
long tty_session_end(u32 sid)
{
	struct tty *t = terminal_of(sid);

	if (!t) {
		end_hung_session(sid);
		return 0;
	}
	mutex_lock(&t->lock);
	if (t->s.sid == sid && tty_is_pty(t))
		give_up(t, false);
	else if (t->s.sid == sid)
		job_hang_up(t, true);
	t->s.hung_sid = t->s.hung_pgrp = 0;
	tty_commit(t);
	mutex_unlock(&t->lock);
	return 0;
}
SYMBOL_EXPORT(tty_session_end);

/* vhangup(2) (tty.h): 0, also when the session has no terminal. */
long tty_hangup(u32 sid)
{
	struct tty *t = terminal_of(sid);

	if (!t)
		return 0;
	mutex_lock(&t->lock);
	job_hang_up(t, false);
	mutex_unlock(&t->lock);
	return 0;
}
SYMBOL_EXPORT(tty_hangup);

/* What /proc says of a session's terminal: 0, -ENXIO: it has none. */
long tty_session_terminal(u32 sid, struct tty_of_session *of)
{
	struct tty *t = terminal_of(sid);

	if (!t)
		return -ENXIO;
	*of = (struct tty_of_session){ .rdev = t->rdev, .pgrp = t->s.pgrp };
	return 0;
}
SYMBOL_EXPORT(tty_session_terminal);
