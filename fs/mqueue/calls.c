/* SPDX-License-Identifier: MIT */
/* The system calls of message queues: errors and their order are Linux's. */
#include "internal.h"

#define NS_PER_S 1000000000ul
#define READ 4
#define WRITE 2

/* The name at `user`: 0, -EFAULT, -ENOENT, -EACCES, -ENAMETOOLONG. */
static long name_read(u64 user, char *name)
{
	long error = 0;
	u32 n;

	for (n = 0; n <= MQ_NAME_MAX; n++) {
		error = user_read(user + n, &name[n], 1);
		if (error || !name[n])
			break;
	}
	if (error)
		return error;
	if (!n)
		return -ENOENT;
	if (n > MQ_NAME_MAX)
		return -ENAMETOOLONG;
	return strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..") ? -EACCES : 0;
}

static bool access_allowed(const struct queue *q, u32 oflags)
{
	static const u32 wanted[] = { READ, WRITE, READ | WRITE, 0 };
	u32 want = wanted[oflags & O_ACCMODE];
	u64 mode = q->mode;

	if (cred_fsuid() == 0)
		return true;
	mode >>= q->uid == cred_fsuid() ? 6 : q->gid == cred_fsgid() ? 3 : 0;
	return (mode & want) == want;
}

/* What a new queue shall be like: 0, -EFAULT, -EINVAL. */
static long attr_read(u64 user, struct linux_mq_attr *attr)
{
	bool root = cred_euid() == 0;

	*attr = (struct linux_mq_attr){ .maxmsg = MQ_MSG_DEFAULT, .msgsize = MQ_SIZE_DEFAULT };
	return user && user_read(user, attr, sizeof(*attr)) ? -EFAULT :
	       attr->maxmsg <= 0 || attr->msgsize <= 0 ||
	       attr->maxmsg > (root ? MQ_MSG_MAX_ROOT : MQ_MSG_MAX) ||
	       attr->msgsize > (root ? MQ_SIZE_MAX_ROOT : MQ_SIZE_MAX) ? -EINVAL : 0;
}

/* Opens one, or makes it: its number, or an error. */
static long queue_open(const char *name, u32 oflags, u64 mode, u64 user_attr)
{
	struct queue *q = queue_named(name);
	struct linux_mq_attr attr;
	long error;

	if (q && (oflags & O_CREAT) && (oflags & O_EXCL))
		return -EEXIST;
	if (q && (oflags & O_ACCMODE) == (O_RDWR | O_WRONLY))
		return -EINVAL;
	if (q && !access_allowed(q, oflags))
		return -EACCES;
	if (q) {
		journal_set(&q->opens, q->opens + 1);
		return journal_commit((long)queue_number(q));
	}
	if (!(oflags & O_CREAT))
		return -ENOENT;
	error = attr_read(user_attr, &attr);
	if (!error)
		error = queue_make(name, mode, &attr);
	return error < 0 ? error : journal_commit(error);
}

/* mq_open(2). */
long call_mq_open(u64 user, u64 oflags, u64 mode, u64 user_attr, u64 e, u64 f)
{
	struct file_install install = {
		.oflags = (u32)oflags & (O_ACCMODE | O_NONBLOCK | O_CLOEXEC),
	};
	char name[MQ_NAME_MAX + 1];
	struct linux_mq_attr attr;
	struct queue *q = NULL;
	long number;

	if (user_attr && ((u32)oflags & O_CREAT) &&
	    user_read(user_attr, &attr, sizeof(attr)))
		return -EFAULT;
	number = name_read(user, name);
	if (number)
		return number;
	install.oflags |= O_CLOEXEC;	/* as Linux does, asked or not */
	mutex_lock(&mqueue_lock);
	if (!journal_done(&number))
		number = queue_open(name, (u32)oflags, mode, user_attr);
	if (number >= 0)
		q = queue_find((u64)number);
	if (q)
		queue_fill_open(q, &install.file);
	mutex_unlock(&mqueue_lock);
	if (!q)
		return number < 0 ? number : -EIO;
	return file_install(THIS_MODULE, &install, sizeof(install), 0);
}

/* mq_unlink(2). */
long call_mq_unlink(u64 user, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	char name[MQ_NAME_MAX + 1];
	struct queue *q;
	long error = name_read(user, name);

	if (error)
		return error;
	mutex_lock(&mqueue_lock);
	if (!journal_done(&error)) {
		q = queue_named(name);
		error = !q ? -ENOENT :
			cred_fsuid() && q->uid != cred_fsuid() ? -EPERM : 0;
		if (!error)
			queue_drop_name(q);
	}
	mutex_unlock(&mqueue_lock);
	return error;
}

/* The queue behind a descriptor, with mqueue_lock held; NULL and *error: none. */
static struct queue *queue_enter(u64 fd, u32 refused, u32 *oflags, long *error)
{
	long number = file_own_number(THIS_MODULE, (u32)fd);
	struct descriptor d = { .mode = 0 };
	struct queue *q;

	*error = -EBADF;
	if (number < 0 || descriptor_get(THIS_MODULE, (u32)fd, &d) ||
	    (d.oflags & O_ACCMODE) == refused)
		return NULL;
	*oflags = d.oflags;
	mutex_lock(&mqueue_lock);
	q = queue_find((u64)number);
	if (!q)
		mutex_unlock(&mqueue_lock);
	return q;
}

/* ---- messages ----------------------------------------------------------------- */

/* When a wait ends, by CLOCK_REALTIME; 0: never. 0, -EFAULT, -EINVAL. */
static long deadline_read(u64 user, u64 *deadline)
{
	struct linux_timespec t;

	*deadline = 0;
	if (!user)
		return 0;
	if (user_read(user, &t, sizeof(t)))
		return -EFAULT;
	if (t.tv_sec < 0 || t.tv_nsec < 0 || t.tv_nsec >= (s64)NS_PER_S)
		return -EINVAL;
	if ((u64)t.tv_sec < INT64_MAX / NS_PER_S)
		*deadline = MAX((u64)t.tv_sec * NS_PER_S + (u64)t.tv_nsec, 1ul);
	return 0;
}

/*
 * Leaves the queue and waits until it is woken: 0, -EAGAIN, -ETIMEDOUT,
 * SYSCALL_RESTART. mqueue_lock is not held any more.
 */
static long queue_wait(const struct queue *q, u32 oflags, u64 deadline)
{
	u64 now = krealtime_ns();
	u32 wait = (u32)q->wait;
	long seq = wait_seq(wait), error;

	mutex_unlock(&mqueue_lock);
	if (oflags & O_NONBLOCK)
		return -EAGAIN;
	if (seq < 0)
		return seq;
	if (deadline && deadline <= now)
		return -ETIMEDOUT;
	error = wait_sleep(wait, (u32)seq, deadline ? deadline - now : 0);
	return error == -ETIMEDOUT || !error ? error : SYSCALL_RESTART;
}

/* A message came into the empty queue: who wants to hear of it does, once. */
static void notify(struct queue *q)
{
	struct linux_siginfo info = {
		.si_signo = (s32)q->signal, .si_code = SI_MESGQ,
		.rt = { .pid = (s32)current_pid(), .uid = cred_uid(), .value = q->value },
	};

	if (q->notify_how == SIGEV_SIGNAL && q->signal)
		process_signal(THIS_MODULE, (u32)q->notify, 0, true, &info);
	journal_set(&q->notify, 0);
	journal_commit_only();
}

static long send_now(struct queue *q, u64 user, u64 len, u64 priority)
{
	bool tell = q->notify && !q->count && !q->receivers;
	long error = message_put(q, user, len, priority);

	if (error)
		return error;
	journal_commit(0);
	wait_wake((u32)q->wait);
	if (tell)
		notify(q);
	return 0;
}

/* mq_timedsend(2). */
long call_mq_timedsend(u64 fd, u64 user, u64 len, u64 priority, u64 timeout, u64 f)
{
	u64 deadline;
	u32 oflags;
	struct queue *q;
	long error = deadline_read(timeout, &deadline);

	if (error || (u32)priority >= MQ_PRIO_MAX)
		return error ? error : -EINVAL;
	for (;;) {
		q = queue_enter(fd, O_RDONLY, &oflags, &error);
		if (!q)
			return error;
		if (journal_done(&error) || len > q->msgsize) {
			error = len > q->msgsize ? -EMSGSIZE : error;
			break;
		}
		if (q->count < q->maxmsg) {
			error = send_now(q, user, len, (u32)priority);
			break;
		}
		error = queue_wait(q, oflags, deadline);
		if (error)
			return error;
	}
	mutex_unlock(&mqueue_lock);
	return error;
}

/* Waits for a message; counted among those who do. */
static long receive_wait(struct queue *q, u32 oflags, u64 deadline)
{
	u64 number = queue_number(q);
	long error;

	q->receivers++;
	error = queue_wait(q, oflags, deadline);
	mutex_lock(&mqueue_lock);
	q = queue_find(number);
	if (q && q->receivers)
		q->receivers--;
	mutex_unlock(&mqueue_lock);
	return error;
}

/* mq_timedreceive(2). */
long call_mq_timedreceive(u64 fd, u64 user, u64 len, u64 user_priority, u64 timeout, u64 f)
{
	u64 deadline;
	u32 oflags;
	struct queue *q;
	long result = deadline_read(timeout, &deadline);

	if (result)
		return result;
	for (;;) {
		q = queue_enter(fd, O_WRONLY, &oflags, &result);
		if (!q)
			return result;
		if (journal_done(&result) || len < q->msgsize) {
			result = len < q->msgsize ? -EMSGSIZE : result;
			break;
		}
		if (q->count) {
			result = message_take(q, user, user_priority);
			wait_wake((u32)q->wait);
			break;
		}
		result = receive_wait(q, oflags, deadline);
		if (result)
			return result;
	}
	mutex_unlock(&mqueue_lock);
	return result;
}

/* ---- notification and attributes ------------------------------------------------ */

static long notify_set(struct queue *q, const struct linux_sigevent *event)
{
	if (!event && q->notify != current_pid())
		return 0;
	if (event && queue_has_notify(q))
		return -EBUSY;
	journal_set(&q->notify, event ? current_pid() : 0);
	if (event) {
		journal_set(&q->notify_how, (u64)event->notify);
		journal_set(&q->signal, (u64)event->signo);
		journal_set(&q->value, event->value);
	}
	return journal_commit(0);
}

/* mq_notify(2). Its SIGEV_THREAD takes a netlink socket, and there are none. */
long call_mq_notify(u64 fd, u64 user, u64 c, u64 d, u64 e, u64 f)
{
	struct linux_sigevent event;
	struct queue *q;
	u32 oflags;
	long error;

	if (user && user_read(user, &event, sizeof(event)))
		return -EFAULT;
	if (user && event.notify == SIGEV_THREAD)
		return -EBADF;
	if (user && event.notify != SIGEV_NONE &&
	    (event.notify != SIGEV_SIGNAL || (u32)event.signo > LINUX_NSIG))
		return -EINVAL;
	q = queue_enter(fd, O_ACCMODE, &oflags, &error);
	if (!q)
		return error;
	if (!journal_done(&error))
		error = notify_set(q, user ? &event : NULL);
	mutex_unlock(&mqueue_lock);
	return error;
}

/* mq_getsetattr(2). */
long call_mq_getsetattr(u64 fd, u64 new, u64 old, u64 d, u64 e, u64 f)
{
	struct linux_mq_attr wanted, now;
	struct queue *q;
	u32 oflags;
	long error;

	if (new && user_read(new, &wanted, sizeof(wanted)))
		return -EFAULT;
	if (new && (wanted.flags & ~(s64)O_NONBLOCK))
		return -EINVAL;
	q = queue_enter(fd, O_ACCMODE, &oflags, &error);
	if (!q)
		return error;
	now = (struct linux_mq_attr){
		.flags = oflags & O_NONBLOCK, .maxmsg = (s64)q->maxmsg,
		.msgsize = (s64)q->msgsize, .curmsgs = (s64)q->count,
	};
	mutex_unlock(&mqueue_lock);
	if (new)
		error = descriptor_nonblock(THIS_MODULE, (u32)fd, wanted.flags != 0);
	else
		error = 0;
	return error || !old ? error : user_write(old, &now, sizeof(now));
}
