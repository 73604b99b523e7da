/* SPDX-License-Identifier: MIT */
/*
 * Message queues: mqueue.c has the queues, their names and open files, message.c
 * what is in a queue, calls.c the system calls.
 *
 * mqueue_lock protects all of it; it is held while a message is copied, not while
 * somebody waits.
 */
#ifndef MQUEUE_INTERNAL_H
#define MQUEUE_INTERNAL_H

#include <errno.h>
#include <persist.h>
#include <program.h>
#include <runtime.h>
#include <string.h>
#include <whitix/event.h>
#include <whitix/fcntl.h>
#include <whitix/mqueue.h>
#include <whitix/signal.h>

/* A queue, in persistent memory; it is there while it has a name or is open. */
struct queue {
	u64 used;		/* 0: free */
	u64 generation;		/* so many queues had this place */
	u64 wait;		/* handle: woken when a message comes or goes */
	u64 named;		/* 0: unlinked */
	u64 opens;		/* open files */
	u64 mode, uid, gid;
	u64 maxmsg, msgsize;
	u64 count;		/* messages */
	u64 bytes;		/* in all of them */
	u64 first;		/* place of the message that is next, plus 1; 0: none */
	u64 notify;		/* process that wants to hear of a message, 0: none */
	u64 notify_how;		/* SIGEV_* */
	u64 signal, value;
	u64 receivers;		/* threads that wait for a message: void after a reset */
	char name[MQ_NAME_MAX + 1];
};

/* A part of a message. The first has its length and priority. */
#define PART_BYTES 1992
struct part {
	u64 used;
	u64 next;		/* first part of the next message, plus 1 */
	u64 more;		/* next part of this message, plus 1 */
	u64 priority;
	u64 len;
	u8 bytes[PART_BYTES];
};
_Static_assert(sizeof(struct part) % sizeof(u64) == 0, "a pool's objects");

extern struct mutex mqueue_lock;
extern struct pool queues, parts;

/* mqueue.c: mqueue_lock is held */

/* The queue with this name, or of this number; NULL: there is none. */
struct queue *queue_named(const char *name);
struct queue *queue_find(u64 number);
/* The next of all from *index on; NULL: no more. */
struct queue *queue_next(u32 *index);
u64 queue_cost(u64 maxmsg, u64 msgsize);
/* A new one that is open once: its number, or an error. The change is not made yet. */
long queue_make(const char *name, u64 mode, const struct linux_mq_attr *attr);
u64 queue_number(const struct queue *q);
/* Adds a descriptor's open file. */
void queue_fill_open(const struct queue *q, struct file_open *file);
/* Takes the name, or an open file, away: makes the change with `result` 0. */
void queue_drop_name(struct queue *q);
void queue_drop_open(struct queue *q);
/* Somebody still wants to hear of messages. */
bool queue_has_notify(const struct queue *q);

/* message.c: mqueue_lock is held */

/* Puts a message of the program's in: 0, -EFAULT, -ENOMEM. The queue has room. */
long message_put(struct queue *q, u64 user, u64 len, u64 priority);
/* Takes the first out, which is there: its length, -EFAULT. */
long message_take(struct queue *q, u64 user, u64 user_priority);
/* Gives back the parts of the messages from `first` on. */
void messages_free(u64 first);
/* After a reset: parts that belong to no message are free. */
void messages_restore(void);

#define MQUEUE_CALLS(X) \
	X(mq_open) X(mq_unlink) X(mq_timedsend) X(mq_timedreceive) X(mq_notify) \
	X(mq_getsetattr)
#define MQUEUE_CALL(name) long call_##name(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);
MQUEUE_CALLS(MQUEUE_CALL)

#endif
