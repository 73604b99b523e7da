// SPDX-License-Identifier: MIT
/*
 * test_pty_jobs: controlling terminals, sessions, job control and hang-ups, as Linux
 * has them.
 */
#define _GNU_SOURCE
#include <signal.h>

#include "test_pty.h"

static volatile int seen[65];

static void note(int sig)
{
	seen[sig]++;
}

static void handle(int sig, void (*fn)(int))
{
	struct sigaction sa = { .sa_handler = fn };

	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

/* Runs fn in a child that leads a session with the slave as its terminal. */
static pid_t session(int m, void (*fn)(int m, int s))
{
	pid_t pid = fork();
	int s;

	if (pid)
		return pid;
	CHECK_EQ(setsid(), getpid());
	s = open(ptsname(m), O_RDWR);
	CHECK(s >= 0);
	fn(m, s);
	fflush(stdout);
	_exit(0);
}

static void in_session(void (*fn)(int m, int s))
{
	CHECK_EQ(reap(session(master(), fn)), 0);
}

/* ---- sessions ------------------------------------------------------------------ */

static void becomes_controlling(int m, int s)
{
	pid_t id;
	int t;

	CHECK_EQ(tcgetpgrp(s), getpid());
	CHECK_EQ(tcgetsid(s), getpid());
	t = open("/dev/tty", O_RDWR);
	CHECK(t >= 0);
	put(t, "hello");
	echoed(m, "hello");
	CHECK_EQ(ioctl(m, TIOCGSID, &id), 0);
	CHECK_EQ(id, getpid());
	CHECK_EQ(ioctl(s, TIOCSCTTY, 0), 0);
	CHECK_FAILS(ioctl(slave_of(master()), TIOCSCTTY, 0), EPERM);
}

static void controlling(void)
{
	in_session(becomes_controlling);
}

static void no_terminal(void)
{
	pid_t pid = fork();
	int m, s, id;

	if (pid == 0) {
		CHECK_EQ(setsid(), getpid());
		CHECK_FAILS(open("/dev/tty", O_RDWR), ENXIO);
		pair(&m, &s);	/* with O_NOCTTY */
		CHECK_FAILS(open("/dev/tty", O_RDWR), ENXIO);
		CHECK_FAILS(tcgetpgrp(s), ENOTTY);
		CHECK_FAILS(tcgetsid(s), ENOTTY);
		CHECK_EQ(ioctl(m, TIOCGPGRP, &id), 0);
		CHECK_EQ(id, 0);
		CHECK_EQ(ioctl(s, TIOCSCTTY, 0), 0);
		CHECK_EQ(tcgetpgrp(s), getpid());
		CHECK_EQ(ioctl(s, TIOCNOTTY), 0);
		_exit(0);
	}
	CHECK_EQ(reap(pid) & ~SIGHUP, 0);	/* TIOCNOTTY hangs up its own group */
}

/* For a session that does nothing. */
static void nothing_at_all(int m, int s)
{
	(void)m;
	(void)s;
}

static void not_by_writing(void)
{
	pid_t pid = fork();
	int m = master();

	if (pid == 0) {
		CHECK_EQ(setsid(), getpid());
		CHECK(open(ptsname(m), O_WRONLY) >= 0);
		CHECK_FAILS(open("/dev/tty", O_RDWR), ENXIO);
		_exit(0);
	}
	CHECK_EQ(reap(pid), 0);
}

/* It came `times` times, if need be a moment later. */
static void came(int sig, int times)
{
	for (int i = 0; i < WAIT_MS / 5 && seen[sig] < times; i++)
		nap_ms(5);
	CHECK_EQ(seen[sig], times);
}

static void signal_keys(int m, int s)
{
	handle(SIGINT, note);
	handle(SIGQUIT, note);
	handle(SIGTSTP, note);
	handle(SIGWINCH, note);
	put(m, "abc\003");
	came(SIGINT, 1);
	put(m, "\034");
	came(SIGQUIT, 1);
	put(m, "\032");
	came(SIGTSTP, 1);
	echoed(m, "^C^\\^Z");
	nothing(s);
	CHECK_EQ(ioctl(m, TIOCSIG, SIGINT), 0);
	came(SIGINT, 2);
	CHECK_FAILS(ioctl(m, TIOCSIG, SIGKILL), EINVAL);
	struct winsize w = { .ws_row = 10, .ws_col = 10 };
	CHECK_EQ(ioctl(m, TIOCSWINSZ, &w), 0);
	came(SIGWINCH, 1);
	CHECK_EQ(ioctl(m, TIOCSWINSZ, &w), 0);
	came(SIGWINCH, 1);
}

static void signals(void)
{
	in_session(signal_keys);
}

/* A child in a group of its own; fn runs once the group is made. */
static pid_t background(int s, void (*fn)(int s))
{
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		fn(s);
		_exit(0);
	}
	setpgid(pid, pid);
	return pid;
}

static void read_one(int s)
{
	char c;

	_exit(read(s, &c, 1) == 1 && c == 'x' ? 0 : 1);
}

static void read_ignoring(int s)
{
	char c;

	signal(SIGTTIN, SIG_IGN);
	CHECK_FAILS(read(s, &c, 1), EIO);
}

static void write_one(int s)
{
	_exit(write(s, "x", 1) == 1 ? 0 : 1);
}

static void set_foreground(int s)
{
	_exit(tcsetpgrp(s, getpid()) == 0 ? 0 : 1);
}

static void background_rules(int m, int s)
{
	int status;
	pid_t pid;

	CHECK_EQ(reap(background(s, read_ignoring)), 0);
	pid = background(s, read_one);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
	signal(SIGTTOU, SIG_IGN);
	CHECK_EQ(tcsetpgrp(s, pid), 0);
	CHECK_EQ(kill(-pid, SIGCONT), 0);
	put(m, "x\n");
	CHECK_EQ(reap(pid), 0);
	CHECK_EQ(tcsetpgrp(s, getpid()), 0);
	signal(SIGTTOU, SIG_DFL);
	CHECK_EQ(reap(background(s, write_one)), 0);
	flags(s, 0, 0, 0, 0, TOSTOP, 0);
	pid = background(s, write_one);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU);
	kill(pid, SIGKILL);
	reap(pid);
	pid = background(s, set_foreground);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU);
	kill(pid, SIGKILL);
	reap(pid);
	CHECK_FAILS(tcsetpgrp(s, 99999), ESRCH);
	pid = fork();
	if (pid == 0) {
		setsid();
		pause();
	}
	nap_ms(20);
	CHECK_FAILS(tcsetpgrp(s, pid), EPERM);
	kill(pid, SIGKILL);
	reap(pid);
	CHECK_FAILS(tcsetpgrp(s, -3), EINVAL);
}

static void job_control(void)
{
	in_session(background_rules);
}

/* ---- hang-up --------------------------------------------------------------------- */

static int report[2];

static void wait_for_hangup(int m, int s)
{
	char c = 0;

	close(m);
	handle(SIGHUP, note);
	handle(SIGCONT, note);
	write(report[1], "r", 1);
	while (!seen[SIGHUP])
		nap_ms(5);
	nap_ms(20);
	CHECK_EQ(seen[SIGCONT], 1);
	CHECK_EQ(read(s, &c, 1), 0);
	CHECK_FAILS(write(s, &c, 1), EIO);
	CHECK_FAILS(open("/dev/tty", O_RDWR), ENXIO);
}

static void hangup_of_a_session(void)
{
	int m = master();
	char c;
	pid_t pid;

	CHECK_EQ(pipe(report), 0);
	pid = session(m, wait_for_hangup);
	CHECK_EQ(read(report[0], &c, 1), 1);
	close(m);
	CHECK_EQ(reap(pid), 0);
}

static void wait_as_foreground(int s)
{
	(void)s;
	handle(SIGHUP, note);
	handle(SIGCONT, note);
	write(report[1], "r", 1);
	while (!seen[SIGHUP])
		nap_ms(5);
	write(report[1], "h", 1);
}

static void leader_leaves(int m, int s)
{
	char c;
	pid_t pid;

	(void)m;
	signal(SIGTTOU, SIG_IGN);
	pid = background(s, wait_as_foreground);
	CHECK_EQ(tcsetpgrp(s, pid), 0);
	CHECK_EQ(read(report[0], &c, 1), 1);
}

static void leader_ends(void)
{
	int m = master();
	char c = 0;

	CHECK_EQ(pipe(report), 0);
	CHECK_EQ(reap(session(m, leader_leaves)), 0);
	CHECK(ready(report[0], POLLIN, WAIT_MS) & POLLIN);
	CHECK_EQ(read(report[0], &c, 1), 1);
	CHECK_EQ(c, 'h');
}

static void terminal_is_free_after(void)
{
	int m = master(), s = slave_of(m);
	pid_t pid = session(m, nothing_at_all);

	CHECK_EQ(reap(pid), 0);
	CHECK_EQ(ioctl(m, TIOCGPGRP, &pid), 0);
	CHECK_EQ(pid, 0);
	pid = session(m, becomes_controlling);
	CHECK_EQ(reap(pid), 0);
	close(s);
}

static void hang_up_self(int m, int s)
{
	char c;

	(void)m;
	signal(SIGHUP, SIG_IGN);
	CHECK_EQ(vhangup(), 0);
	CHECK_EQ(read(s, &c, 1), 0);
	CHECK_FAILS(write(s, &c, 1), EIO);
	CHECK_FAILS(open("/dev/tty", O_RDWR), ENXIO);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	CHECK(s >= 0);
	put(s, "new");
}

static void vhangup_ends_openings(void)
{
	in_session(hang_up_self);
}

static void type_into(int m, int s)
{
	CHECK_EQ(ioctl(s, TIOCSTI, "h"), 0);
	CHECK_EQ(ioctl(s, TIOCSTI, "\n"), 0);
	get(s, "h\n");
	echoed(m, "h\r\n");
}

static void tiocsti(void)
{
	in_session(type_into);
}

static const struct ktap_test tests[] = {
	TEST(controlling), TEST(no_terminal), TEST(not_by_writing), TEST(signals),
	TEST(job_control), TEST(hangup_of_a_session), TEST(leader_ends),
	TEST(terminal_is_free_after), TEST(vhangup_ends_openings), TEST(tiocsti),
};

int main(int argc, char **argv)
{
	return pty_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
