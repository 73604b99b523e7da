/* SPDX-License-Identifier: MIT */
/*
 * mqueue: POSIX message queues, mq_overview(7). They have a name space of their
 * own; Linux's file system that shows it is not there.
 *
 * State: transactions (include/interface/persist.h). Queues and messages are in
 * persistent memory and changed through the journal, together with the result of
 * the call. A message that was taken out when a reset interrupts is taken out once.
 * Whom a message wakes is not known any more: it is told twice rather than never.
 */
#include <text.h>
#include <whitix/syscalls.h>

#include "internal.h"

#define TAG_QUEUES 1
#define TAG_PARTS 2
#define QUEUE_PAGES 4
#define PART_PAGES 8
#define INDEX_BITS 24
#define TEXT_SIZE 96

struct mutex mqueue_lock = MUTEX_INIT;
struct pool queues = { .tag = TAG_QUEUES, .size = sizeof(struct queue), .pages = QUEUE_PAGES };
struct pool parts = { .tag = TAG_PARTS, .size = sizeof(struct part), .pages = PART_PAGES };

static long provider;

/* See internal.h. */
struct queue *queue_next(u32 *index)
{
	struct queue *q;

	while (*index < pool_count(&queues)) {
		q = pool_at(&queues, (*index)++);
		if (q && q->used)
			return q;
	}
	return NULL;
}

/* See internal.h. */
struct queue *queue_named(const char *name)
{
	struct queue *q;
	u32 i = 0;

	while ((q = queue_next(&i)))
		if (q->named && strcmp(q->name, name) == 0)
			return q;
	return NULL;
}

/* See internal.h. `used` is the place in the pool, plus 1. */
u64 queue_number(const struct queue *q)
{
	return q->generation << INDEX_BITS | (q->used - 1);
}

/* See internal.h. */
struct queue *queue_find(u64 number)
{
	struct queue *q = pool_at(&queues, number & ((1u << INDEX_BITS) - 1));

	return q && q->used && queue_number(q) == number ? q : NULL;
}

/* See internal.h. What Linux counts for a queue. */
u64 queue_cost(u64 maxmsg, u64 msgsize)
{
	return maxmsg * (msgsize + MQ_MESSAGE_COST) +
	       MIN(maxmsg, (u64)MQ_PRIO_MAX) * MQ_PRIORITY_COST;
}

/* The caller may have another queue that costs so much: 0, -ENOSPC, -EMFILE. */
static long queue_allowed(u64 cost)
{
	u32 i = 0, count = 0;
	struct queue *q;

	while ((q = queue_next(&i))) {
		count++;
		if (q->uid == cred_fsuid())
			cost += queue_cost(q->maxmsg, q->msgsize);
	}
	if (count >= MQ_QUEUES_MAX && cred_euid() != 0)
		return -ENOSPC;
	return cost > MQ_BYTES_MAX ? -EMFILE : 0;
}

/* See internal.h. */
long queue_make(const char *name, u64 mode, const struct linux_mq_attr *attr)
{
	u32 index;
	long wait, error = queue_allowed(queue_cost((u64)attr->maxmsg, (u64)attr->msgsize));
	struct queue *q = error ? NULL : pool_take(&queues, &index);
	u64 generation;

	if (!q)
		return error ? error : -ENOMEM;
	wait = wait_create(THIS_MODULE);
	if (wait < 0)
		return wait;
	generation = q->generation + 1;
	*q = (struct queue){
		.generation = generation, .wait = (u64)wait, .named = 1, .opens = 1,
		.mode = mode & ~(u64)cred_umask() & 0777, .uid = cred_fsuid(),
		.gid = cred_fsgid(), .maxmsg = (u64)attr->maxmsg,
		.msgsize = (u64)attr->msgsize,
	};
	strlcpy(q->name, name, sizeof(q->name));
	journal_set(&q->used, index + 1);
	return (long)(generation << INDEX_BITS | index);
}

/* See internal.h. */
void queue_fill_open(const struct queue *q, struct file_open *file)
{
	*file = (struct file_open){
		.provider = (u32)provider, .wait = (u32)q->wait,
		.flags = FILE_SEEKABLE | FILE_ANONYMOUS, .number = queue_number(q),
	};
}

/* One of `named` and `opens` goes down; the queue goes when both are 0. */
static void queue_drop(struct queue *q, u64 *word)
{
	bool last = q->named + q->opens == 1;
	u64 first = q->first;
	u32 wait = (u32)q->wait;

	journal_set(word, *word - 1);
	if (last)
		journal_set(&q->used, 0);
	journal_commit(0);
	if (!last)
		return;
	messages_free(first);
	wait_destroy(wait);
}

/* See internal.h. */
void queue_drop_name(struct queue *q)
{
	queue_drop(q, &q->named);
}

/* See internal.h. */
void queue_drop_open(struct queue *q)
{
	if (q->opens)
		queue_drop(q, &q->opens);
}

/* See internal.h: a process that has ended does not. */
bool queue_has_notify(const struct queue *q)
{
	struct linux_siginfo none = { .si_signo = SIGCHLD };

	return q->notify &&
	       process_signal(THIS_MODULE, (u32)q->notify, 0, false, &none) != -ESRCH;
}

/* ---- the open file ---------------------------------------------------------- */

/* What cat(1) shows of a queue. */
static long queue_read(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	char buf[TEXT_SIZE];
	struct text t = { .buf = buf, .size = sizeof(buf) };
	struct queue *q;

	mutex_lock(&mqueue_lock);
	q = queue_find(number);
	if (q)
		text_printf(&t, "QSIZE:%-10lu NOTIFY:%-5lu SIGNO:%-5lu NOTIFY_PID:%-6lu\n",
			    q->bytes, q->notify ? q->notify_how : 0,
			    q->notify && q->notify_how == SIGEV_SIGNAL ? q->signal : 0,
			    q->notify);
	mutex_unlock(&mqueue_lock);
	if (!q)
		return -EIO;
	if (pos >= t.len)
		return 0;
	return ubuf_write(ubuf, off, buf + pos, MIN(len, t.len - pos));
}

static long queue_write(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	return -EINVAL;
}

static long queue_ioctl(u64 number, u32 cmd, u64 arg, u32 ubuf)
{
	return -ENOTTY;
}

static long queue_poll(u64 number)
{
	struct queue *q;
	long ready = FILE_POLLERR;

	mutex_lock(&mqueue_lock);
	q = queue_find(number);
	if (q)
		ready = (q->count ? FILE_POLLIN : 0) |
			(q->count < q->maxmsg ? FILE_POLLOUT : 0);
	mutex_unlock(&mqueue_lock);
	return ready;
}

static long queue_release(u64 number)
{
	struct queue *q;
	long done;

	mutex_lock(&mqueue_lock);
	q = queue_find(number);
	if (q && !journal_done(&done)) {
		if (q->notify == current_pid())
			journal_set(&q->notify, 0);
		queue_drop_open(q);
	}
	mutex_unlock(&mqueue_lock);
	return 0;
}

static const struct file_ops queue_ops = {
	.read = queue_read, .write = queue_write, .ioctl = queue_ioctl,
	.poll = queue_poll, .release = queue_release,
};

static long calls_register(void)
{
#define MQUEUE_ENTRY(name) { SYSCALL_##name, call_##name },
	static const struct syscall_entry calls[] = { MQUEUE_CALLS(MQUEUE_ENTRY) };

	return syscalls_register(calls, ARRAY_SIZE(calls));
}

static long mqueue_init(u32 flags)
{
	struct pool *pools[] = { &queues, &parts };
	struct queue *q;
	u32 i = 0;
	long error = journal_init(pools, ARRAY_SIZE(pools));

	if (error)
		return error;
	messages_restore();
	while ((q = queue_next(&i))) {
		q->receivers = 0;
		wait_wake((u32)q->wait);
	}
	provider = provider_register(THIS_MODULE, &queue_ops);
	return provider < 0 ? provider : calls_register();
}

MODULE("mqueue", .description = "POSIX message queues", .init = mqueue_init,
       .rank = RANK_VFS_CLIENT);
