/* SPDX-License-Identifier: MIT */
/*
 * A terminal: its settings, its input and output queues, and the port below.
 *
 * ldisc.c is the line discipline: pure, works on struct tty alone. flow.c moves
 * output into ports. job.c has sessions and background checks. state.c keeps
 * the records. file.c serves open files, tty.c the ports.
 *
 * State: records (state.c), so that a shell does not notice a reset.
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

#define TTY_MAX 8
#define TTY_NAME_MAX 16
#ifdef CONFIG_TTY_BUFFER_BYTES
#define TTY_IN_MAX CONFIG_TTY_BUFFER_BYTES
#else
#define TTY_IN_MAX 3584		/* with its marks it fits a record */
#endif
#define TTY_OUT_MAX 8192	/* a power of two */
#define TTY_OUT_WRITABLE 256	/* poll says writable from this much room on */
#define TTY_ECHO_MAX 16		/* most bytes that one input byte echoes at once */

/* An open file's number: index of the tty, and how it was reached. */
#define TTY_NUMBER_INDEX 0xff
#define TTY_NUMBER_NOCTTY 0x100	/* /dev/console: never becomes controlling */
#define TTY_NUMBER_CURRENT 0x200	/* /dev/tty: the caller's */

/* A byte of the input queue; a mark ends a line. A marked NUL is an EOF. */
#define TTY_IN_MARK 0x100

/* What tty_readable() says besides a number of bytes. */
#define TTY_NOT_READY (-1)

struct tty {
	/* constant once it is in the table; l: lock */
	u32 index;
	char name[TTY_NAME_MAX];
	u64 rdev;
	struct mutex lock;

	/* the port below; owner 0: none yet */
	u32 owner;		/* l: id of its module */
	u64 port;		/* l: its number there */
	struct tty_port_ops ops;	/* l */
	bool reconfigure;	/* l: line settings are to be told to the port */

	/* settings */
	struct linux_termios termios;	/* l */
	struct linux_winsize winsize;	/* l: 0 x 0: ask the port */
	u32 sid;		/* l: session that it controls; 0: none */
	u32 pgrp;		/* l: foreground process group; 0: none */

	/* input: in[in_first..in_end); whole lines end at in_ready */
	u16 in[TTY_IN_MAX];	/* l */
	u32 in_first, in_ready, in_end;	/* l */
	bool in_changed;	/* l: differs from its record */
	bool literal_next;	/* l: VLNEXT was typed */
	bool throttled;		/* l: VSTOP was sent (IXOFF) */
	u32 line_column;	/* l: output column where the open line began */
	u64 in_time;		/* l: ktime of the last byte */

	/* output: bytes out_tail..out_head of a ring; numbers only grow */
	u8 out[TTY_OUT_MAX];	/* l */
	u32 out_head, out_tail;	/* l */
	u32 out_epoch;		/* l: counts discards */
	u32 column;		/* l */
	u8 priority;		/* l: goes before all else, not 0 */
	bool stopped;		/* l: VSTOP was typed (IXON) */
	bool suspended;		/* l: TCOOFF */
	bool flushing;		/* l: a thread is in the port with our bytes */
	bool want_room;		/* l: somebody was told to wait for room */
	bool want_drain;	/* l: somebody waits for an empty queue */

	/* VTIME */
	u32 timer;		/* l: handle; 0: none yet */
	u64 deadline;		/* l: of the read with VMIN 0; 0: none */
};

extern u32 tty_wait;		/* what all open terminals wait on */

/* tty.c: the terminal of that index, or NULL. Terminals are never freed. */
struct tty *tty_at(u32 index);

/* ldisc.c */
void ldisc_init(struct tty *t);
void ldisc_input(struct tty *t, const u8 *buf, size_t len);
size_t ldisc_output(struct tty *t, const u8 *buf, size_t len);
long ldisc_readable(const struct tty *t, size_t len);
size_t ldisc_peek(const struct tty *t, u8 *buf, size_t len);
void ldisc_consume(struct tty *t, size_t len);
size_t ldisc_waiting(const struct tty *t);
void ldisc_flush_input(struct tty *t);
void ldisc_flush_output(struct tty *t);
void ldisc_set_termios(struct tty *t, const struct linux_termios *termios);
u32 ldisc_out_room(const struct tty *t);
u32 ldisc_out_len(const struct tty *t);
/* Called for ISIG characters; job.c, or a test. The lock is held. */
void tty_signal(struct tty *t, u32 sig);

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
long job_get_group(struct tty *t, u32 *pgrp);
long job_set_group(struct tty *t, s32 pgrp);
long job_get_session(struct tty *t, u32 *sid);

/* state.c */
void state_save_port(const struct tty *t);
void state_save_settings(const struct tty *t);
void state_save_input(struct tty *t);
bool state_restore(struct tty *t);
void state_save_wait(u32 handle);
u32 state_restore_wait(void);

/* file.c */
long tty_files_init(void);
long tty_files_publish(struct tty *t);

#endif
