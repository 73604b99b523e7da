/* SPDX-License-Identifier: MIT */
/*
 * Wait objects: event counts. Read the count, look at the condition, and sleep
 * until the count has moved; so no wake-up is lost. kernel/wait.c.
 */
#ifndef CORE_WAIT_H
#define CORE_WAIT_H

#include <atomic.h>
#include <list.h>
#include <spinlock.h>
#include <types.h>

struct wait {
	struct spinlock lock;
	u32 seq;		/* atomic; goes up, with `lock` held if sleepers are woken */
	struct list_head sleepers;	/* struct wait_entry; lock */
	u32 refs;		/* open files and handles that name it; atomic */
	struct watch_set *set;	/* epoll's: kernel/watch.c; NULL: none yet */
};

/* On an object's list: a thread that sleeps, or a struct watch. */
struct wait_entry {
	struct list_head node;		/* wait->lock */
	struct thread *thread;		/* NULL: it is a watch's */
	struct wait *wait;
};

void wait_init(struct wait *w);
/* The count now. Any context. */
static inline u32 wait_read(const struct wait *w)
{
	return READ_ONCE(w->seq);
}
/*
 * Sleeps until w->seq != seq: 0, -ETIMEDOUT (deadline_ns, absolute, 0: none),
 * -EINTR (a signal is pending and `interruptible`), -ECANCELED.
 */
long wait_on(struct wait *w, u32 seq, u64 deadline_ns, bool interruptible);
/* The same for several objects at once (poll): any that moved. */
struct wait_poll {
	struct wait *wait;
	u32 seq;
};
long wait_on_any(struct wait_poll *polls, u32 count, u64 deadline_ns,
		 bool interruptible);
struct wait *wait_from_handle(u32 handle);	/* with a reference; NULL */
void wait_wake_all(struct wait *w);	/* any context; never sleeps */
/* Raises the count without waking anybody. Any context. */
static inline void wait_touch(struct wait *w)
{
	atomic_add(&w->seq, 1);
}
void wait_get(struct wait *w);
void wait_put(struct wait *w);		/* frees a kmalloced one at 0 */
void wait_entry_add(struct wait_entry *e);
void wait_entry_remove(struct wait_entry *e);
struct wait *wait_new(void);		/* refs = 1; NULL: out of memory */

/* ---- watch.c --------------------------------------------------------- */

struct file;
void watch_fire(struct wait_entry *e, bool *given);
void watch_wake_sets(void);
void watch_file_gone(struct file *f);
void watch_set_gone(struct wait *w);

/* A sleeping lock for the core. */
struct core_mutex {
	u32 state;		/* 0 free, 1 held, 2 held and waited for */
	struct wait wait;
	struct thread *owner;
};
void core_mutex_init(struct core_mutex *m);
void core_mutex_lock(struct core_mutex *m);
void core_mutex_unlock(struct core_mutex *m);
/* For core_mutex.c: as wait_on(), and nothing but the count ends it. */
void wait_on_lock(struct wait *w, u32 seq);

#endif
