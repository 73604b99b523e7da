/* SPDX-License-Identifier: MIT */
/*
 * A terminal: its settings, its input and output queues, and the port below.
 *
 * ldisc.c is the line discipline, opost.c its output side: pure, they work on
 * struct tty alone. flow.c moves output into ports. job.c has sessions and
 * background checks. state.c keeps all of it over a reset. file.c serves open
 * files, ioctl.c their ioctl(2), pty.c the masters of pseudo terminals, devpts.c
 * the file system of their slaves, tty.c the ports.
 *
 * State: transactions. A struct tty lies in pages that outlive a reset. What
 * changes in it is struct tty_state, `s`, of which `kept` has two copies; `which`
 * says which one holds. tty_commit() fills the other and switches with one store.
 * The queues are rings: bytes are written outside of what the kept state says is
 * in use, so a crash at any instruction leaves the state of the last commit.
 *
 * Lock order: tty.c's table_lock, then one tty's lock. No lock is held while a
 * port is called, since a port may call tty_input() from there.
 */
#ifndef TTY_INTERNAL_H
#define TTY_INTERNAL_H

#include <runtime.h>
#include <tty.h>
#include <types.h>
#include <whitix/termios.h>

#define PORTS_MAX 16		/* terminals with a port: serial lines, consoles */
#define PTY_FIRST PORTS_MAX	/* their indexes come first */
#define PTY_MAX 256
#define TTY_MAX (PORTS_MAX + PTY_MAX)
#define TTY_NAME_MAX 16
#define TTY_IN_MAX 4096		/* Linux's canonical limit; a power of two */
#define TTY_OUT_MAX 8192	/* a power of two */
#define TTY_OUT_WRITABLE 256	/* poll says writable from this much room on */
#define TTY_ECHO_MAX 16		/* most bytes that one input byte echoes at once */

/*
 * An open file's number: index of the tty, how it was reached, and above a
 * serial number of the opening. Device files have the first two.
 */
#define NUMBER_INDEX 0xffff
#define NUMBER_CONSOLE 0x10000	/* /dev/console: not hung up, never controlling */
#define NUMBER_CURRENT 0x20000	/* /dev/tty: the caller's */
#define NUMBER_ACTIVE 0x40000	/* /dev/tty0: the console that is shown */
#define NUMBER_PTMX 0x80000	/* /dev/ptmx: a new pair */
#define NUMBER_MASTER 0x100000	/* the master's side of a pair */
#define NUMBER_SERIAL 32	/* shift */
#define NUMBER_SERIAL_MAX 0x7fffffffu

/* What tty_readable() says besides a number of bytes. */
#define TTY_NOT_READY (-1)

struct tty_state {
	struct linux_termios termios;
	u32 ispeed, ospeed;	/* bits a second */
	struct linux_winsize winsize;	/* 0 x 0: ask the port */
	u32 sid, pgrp;		/* session that it controls, foreground; 0: none */
	u32 hung_sid, hung_pgrp;	/* the same before the last hang-up */

	/* the port below; owner 0: none */
	u32 owner;		/* id of its module */
	u64 port;		/* its number there */
	struct tty_port_ops ops;

	/*
	 * Input: numbers of bytes since the start, tail <= ready <= end. Whole
	 * lines end at ready. Marks of bytes before mark_from are old; the
	 * byte before push, if it is not 0, counts as marked.
	 */
	u32 in_tail, in_ready, in_end, mark_from, push;
	u32 line_column;	/* output column where the open line began */
	u32 column;
	bool literal_next;	/* VLNEXT was typed */
	bool erasing;		/* ECHOPRT's \ is open */
	bool throttled;		/* VSTOP was sent (IXOFF) */
	bool stopped;		/* VSTOP was typed (IXON) */
	bool suspended;		/* TCOOFF */
	bool exclusive;		/* TIOCEXCL */

	/* pseudo terminals */
	bool used;		/* the pair exists */
	bool locked;		/* its slave cannot be opened yet */
	bool master_open, slave_closed;
	bool packet;		/* TIOCPKT */
	u8 packet_status;	/* TIOCPKT_* that the master has not read */
	u32 uid, gid, mode;	/* of /dev/pts/N */
	u64 atime_ns, mtime_ns, ctime_ns;

	/* output: numbers of bytes since the start */
	u32 out_head, out_tail;

	/* openings */
	u32 opens;		/* those not released; not the master's */
	u32 serial;		/* of the last one */
	u32 hung;		/* those up to this are hung up */

	/* what was done last, not to do it twice (struct context_page) */
	u64 op;
	s64 op_result;
	u64 released;		/* number of the file */
	u64 input;		/* ticket of the last tty_input(), how far it came */
	u32 input_done;
};

struct tty {
	/* constant once `magic` is written */
	u64 magic;
	u64 rdev;
	u32 index;
	u32 wait;		/* handle: what files on it sleep on */
	char name[TTY_NAME_MAX];

	u32 which;		/* kept[which] holds */
	struct tty_state kept[2];
	struct tty_state s;	/* l: as it will be kept */

	/* from here to the queues: begins anew after a reset */
	struct mutex lock;
	bool must_commit;	/* l: what is in use of a queue became less */
	bool reconfigure;	/* l: line settings are to be told to the port */
	u8 priority;		/* l: goes before all else, not 0 */
	bool flushing;		/* l: a thread is in the port with our bytes */
	bool want_room;		/* l: somebody was told to wait for room */
	bool want_drain;	/* l: somebody waits for an empty queue */
	bool out_new;		/* l: a master has something new to read */
	bool shared_wait;	/* l: opened as /dev/tty: wakes tty_wait, too */
	u32 echo_begin;		/* l: output position when the present input began */
	u32 out_epoch;		/* l: counts discards */
	u64 in_time;		/* l: ktime of the last byte */
	u32 timer;		/* l: handle; 0: none yet */
	u64 deadline;		/* l: of the read with VTIME; 0: none */

	/* l: the queues; byte n lies at n modulo the size */
	u8 in[TTY_IN_MAX];
	u8 mark[TTY_IN_MAX / 8];	/* a bit for each: it ends a line */
	u8 out[TTY_OUT_MAX];
};
#define TTY_PAGES 4		/* sizeof(struct tty) in pages */
_Static_assert(sizeof(struct tty) <= TTY_PAGES * 4096ul, "a terminal fits its pages");

extern u32 tty_wait;		/* what /dev/tty and VT_WAITACTIVE sleep on */
extern u32 tty_provider;	/* handle of file.c's operations */

/* tty.c */
struct tty *tty_at(u32 index);
long tty_add(u32 index, const char *name, u64 rdev, struct tty **out);
struct tty *tty_named(const char *name, size_t len);
struct tty *tty_active(void);
void tty_wake(struct tty *t);

/* ldisc.c, opost.c */
void ldisc_init(struct tty *t, bool pty);
size_t ldisc_input(struct tty *t, const u8 *buf, size_t len);
void ldisc_input_error(struct tty *t, u32 kind, u8 c);
size_t ldisc_in_room(const struct tty *t);
long ldisc_readable(const struct tty *t, size_t len);
size_t ldisc_peek(const struct tty *t, size_t skip, u8 *buf, size_t len);
void ldisc_consume(struct tty *t, size_t len);
size_t ldisc_waiting(const struct tty *t);
void ldisc_flush_input(struct tty *t);
void ldisc_set_termios(struct tty *t, const struct linux_termios *termios);
void ldisc_start(struct tty *t);
void ldisc_stop(struct tty *t);
size_t ldisc_output(struct tty *t, const u8 *buf, size_t len);
void ldisc_flush_output(struct tty *t);
void ldisc_flush_echo(struct tty *t);
u32 ldisc_out_room(const struct tty *t);
u32 ldisc_out_len(const struct tty *t);
bool ldisc_continuation(const struct tty *t, u8 c);
void opost_put(struct tty *t, u8 c);
void opost_echo(struct tty *t, u8 c);
/* Called for ISIG characters; job.c, or a test. The lock is held. */
void tty_signal(struct tty *t, u32 sig);

static inline bool tty_is_pty(const struct tty *t)
{
	return t->index >= PTY_FIRST;
}

/* flow.c */
void tty_flush(struct tty *t);
bool tty_mirrored(const struct tty *t);
struct tty *tty_mirror(void);
void tty_mirror_set(struct tty *from, struct tty *to);
void tty_mirror_end(const struct tty *t);

/* job.c */
long job_check(struct tty *t, u32 sig);
void job_adopt(struct tty *t);
struct tty *job_current(void);
long job_set_controlling(struct tty *t, u64 steal);
long job_give_up(struct tty *t);
long job_get_group(struct tty *t, bool master, u32 *pgrp);
long job_set_group(struct tty *t, s32 pgrp);
long job_get_session(struct tty *t, bool master, u32 *sid);
void job_hang_up(struct tty *t, bool session_ends);

/* state.c */
struct tty *state_new(u32 index, const char *name, u64 rdev);
struct tty *state_next(u64 *after);
void tty_commit(struct tty *t);
bool state_is_rerun(const struct tty *t, long *result);
long state_done(struct tty *t, long result);
void state_save_wait(u32 handle);
u32 state_restore_wait(void);

/* file.c */
long tty_files_init(void);
long tty_files_publish(struct tty *t);
u64 tty_number(struct tty *t, u64 flags);
long tty_get(u32 ubuf, void *value, size_t size);
long tty_put(u32 ubuf, const void *value, size_t size);

/* ioctl.c */
long tty_ioctl(struct tty *t, u64 number, u32 cmd, u64 arg, u32 ubuf);

/* pty.c: the lock is held, but for pty_new() */
long pty_new(struct tty **out);
struct tty *pty_at(u32 number);
u32 pty_number(const struct tty *t);
long pty_read(struct tty *t, u32 ubuf, u64 off, u64 len);
long pty_write(struct tty *t, u32 ubuf, u64 off, u64 len);
long pty_poll(const struct tty *t);
void pty_close_master(struct tty *t);
long pty_ioctl(struct tty *t, u32 cmd, u64 arg, u32 ubuf);
void pty_packet(struct tty *t, u8 set, u8 clear);

/* devpts.c */
long devpts_init(bool recovering);
void devpts_owner(u32 *gid, u32 *mode);

#endif
