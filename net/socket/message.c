/* SPDX-License-Identifier: MIT */
/*
 * System calls that send and receive. A stream may take them in parts, and sendmmsg(2)
 * and recvmmsg(2) are many of them: after each the next operation begins, and how far
 * it is goes to the core as one word (messages above bit 32, bytes of the present one).
 */
#include "internal.h"

#define CONTROL_MAX 20480u	/* Linux's optmem_max */
#define NS_PER_S 1000000000ul
#define MESSAGE_SHIFT 32
#define UNTILS 64

/* What is sent or received: data, and what a message has besides. */
struct transfer {
	u64 addr, count;	/* of the data: bytes, or of an iovec array: pieces */
	bool vector, send;
	u32 flags;		/* MSG_* */
	socket_op *op;
	u64 b;			/* as socket_ops says */
	u64 name, name_len;
	u64 control, control_len;
	u64 header;		/* 0: there is none */
	u64 messages, done;	/* before this one; bytes of it */
};

/* The data that are left, as user buffer 1: bytes or an error. */
static long offer_data(const struct transfer *t)
{
	u32 access = t->send ? UBUF_READ : UBUF_WRITE;
	u64 left;
	long ret;

	if (t->vector)
		return ubuf_offer_vector(1, t->addr, t->count, t->done, access);
	left = MIN(t->count, LINUX_TRANSFER_MAX) - t->done;
	ret = ubuf_offer(1, t->addr + t->done, left, access);
	return ret ? ret : (long)left;
}

/* The rest of a message, as those that follow: 0 or an error. */
static long offer_message(const struct transfer *t)
{
	u32 access = t->send ? UBUF_READ : UBUF_WRITE;
	long ret;

	if (!t->send && !t->header)
		return t->name ? offer_counted(2, t->name, t->name_len) : 0;
	ret = ubuf_offer(2, t->name, t->name_len, access);
	if (!ret)
		ret = ubuf_offer(3, t->control, t->control_len, access);
	return ret || !t->header ? ret :
	       ubuf_offer(4, t->header, sizeof(struct linux_msghdr), access);
}

static void broken_pipe(void)
{
	struct linux_siginfo info = { .si_signo = SIGPIPE, .si_code = SI_USER,
				      .rt = { .pid = (s32)current_pid(), .uid = cred_uid() } };

	process_signal(THIS_MODULE, current_pid(), current_tid(), true, &info);
}

/* `n` bytes of `left` are done; true: a stream goes on with the rest. */
static bool goes_on(const struct socket *s, const struct transfer *t, long n, long left)
{
	return n <= INT32_MAX && n < left && !s->messages &&
	       (t->send || (t->flags & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL);
}

/* Sends or receives: bytes or an error number. */
static long move(const struct socket *s, struct transfer *t)
{
	bool more = true;
	long n = 0, left;

	while (more) {
		left = offer_data(t);
		n = left < 0 ? left : t->done && t->send ? 0 : offer_message(t);
		if (!n)
			n = socket_try(s, t->done && t->send ? s->ops->send : t->op, (u64)left,
				       t->b, t->flags);
		if (n <= 0)
			break;
		more = goes_on(s, t, n, left);
		t->done += (u32)n;
		if (more)
			operation_next(t->messages << MESSAGE_SHIFT | t->done,
				       t->messages ? t->messages : t->done);
	}
	if (n == -EPIPE && t->send && !(t->flags & MSG_NOSIGNAL) && !s->messages)
		broken_pipe();
	/* The core waits, and what is done by then counts, as it does without a wait. */
	return n >= 0 || (t->done && n > SYSCALL_WAIT(0)) ? (long)t->done : n;
}

/* sendto(2). */
long call_sendto(u64 fd, u64 data, u64 len, u64 flags, u64 name, u64 name_len)
{
	struct transfer t = { .addr = data, .count = len, .send = true, .flags = (u32)flags,
			      .name = name, .name_len = name ? (u32)name_len : 0 };
	struct socket s;
	long ret = offer_data(&t);

	if (ret >= 0)
		ret = socket_get(fd, &s);
	if (ret)
		return ret;
	if (t.name_len > SOCKET_BUFFER_MAX)
		return -EINVAL;
	t.b = t.name_len;
	t.op = name ? s.ops->sendmsg : s.ops->send;
	t.done = CONTEXT->progress;
	return move(&s, &t);
}

/* recvfrom(2). */
long call_recvfrom(u64 fd, u64 data, u64 len, u64 flags, u64 name, u64 name_len)
{
	struct transfer t = { .addr = data, .count = len, .flags = (u32)flags,
			      .name = name, .name_len = name_len };
	struct socket s;
	long ret = offer_data(&t);

	if (ret >= 0)
		ret = socket_get(fd, &s);
	if (ret)
		return ret;
	t.op = name ? s.ops->recvfrom : s.ops->recv;
	t.done = CONTEXT->progress;
	return move(&s, &t);
}

/* One message of sendmsg(2) or recvmsg(2); `t` says which way, and how far it is. */
static long message(const struct socket *s, u64 user, struct transfer *t)
{
	struct linux_msghdr h;

	if (user_read(user, &h, sizeof(h)))
		return -EFAULT;
	if (h.namelen < 0)
		return -EINVAL;
	if (t->send && h.controllen > CONTROL_MAX)
		return -ENOBUFS;
	if (h.iovlen > LINUX_IOV_MAX)
		return -EMSGSIZE;
	t->vector = true;
	t->addr = h.iov;
	t->count = h.iovlen;
	t->name = h.name;
	t->name_len = h.name ? MIN((u64)h.namelen, (u64)SOCKET_BUFFER_MAX) : 0;
	t->control = h.control;
	t->control_len = h.control ? MIN(h.controllen, (u64)CONTROL_MAX) : 0;
	t->header = user;
	t->b = t->control_len << 32 | t->name_len;
	t->op = t->send ? s->ops->sendmsg : s->ops->recvmsg;
	return move(s, t);
}

static long message_fd(u64 fd, u64 user, u64 flags, bool send)
{
	struct transfer t = { .send = send, .flags = (u32)flags, .done = CONTEXT->progress };
	struct socket s;
	long ret = socket_get(fd, &s);

	return ret ? ret : message(&s, user, &t);
}

/* sendmsg(2). */
long call_sendmsg(u64 fd, u64 user, u64 flags, u64 d, u64 e, u64 f)
{
	return message_fd(fd, user, flags, true);
}

/* recvmsg(2). */
long call_recvmsg(u64 fd, u64 user, u64 flags, u64 d, u64 e, u64 f)
{
	return message_fd(fd, user, flags, false);
}

/* One of many: its bytes, told to the program, or an error. */
static long message_told(const struct socket *s, u64 at, struct transfer *t)
{
	long n = message(s, at, t);
	u32 len = (u32)n;

	if (n >= 0 && user_write(at + offsetof(struct linux_mmsghdr, len), &len, sizeof(len)))
		n = -EFAULT;
	return n;
}

/* sendmmsg(2), recvmmsg(2): how many, or the error of the first. */
static long messages(u64 fd, u64 user, u32 count, u32 flags, u64 until, bool send)
{
	u64 done = CONTEXT->progress >> MESSAGE_SHIFT, bytes = (u32)CONTEXT->progress;
	struct socket s;
	long n = socket_get(fd, &s);

	count = MIN(count, (u32)LINUX_IOV_MAX);
	while (!n && done < count) {
		struct transfer t = { .send = send, .messages = done, .done = bytes,
				      .flags = flags & ~(u32)MSG_WAITFORONE };

		if ((flags & MSG_WAITFORONE) && done)
			t.flags |= MSG_DONTWAIT;
		n = until && done && ktime_ns() >= until ? -EAGAIN :
		    message_told(&s, user + done * sizeof(struct linux_mmsghdr), &t);
		if (n < 0)
			break;
		n = 0;
		bytes = 0;
		done++;
		operation_next(done << MESSAGE_SHIFT, done);
	}
	return done && n > SYSCALL_WAIT(0) ? (long)done : n;
}

/* sendmmsg(2). */
long call_sendmmsg(u64 fd, u64 user, u64 count, u64 flags, u64 e, u64 f)
{
	return messages(fd, user, (u32)count, (u32)flags, 0, true);
}

/* When a recvmmsg(2) that waited in between is to end. */
static struct {
	u32 tid;
	u64 until;
} untils[UNTILS];

/* The deadline of the call, which the first time is `ns` from now. */
static u64 until_of_call(u64 ns)
{
	u32 i = current_tid() % UNTILS;

	if (!CONTEXT->again || untils[i].tid != current_tid()) {
		untils[i].until = ktime_ns() + ns;
		untils[i].tid = current_tid();
	}
	return untils[i].until;
}

/* recvmmsg(2). The timeout is looked at after each message, as on Linux. */
long call_recvmmsg(u64 fd, u64 user, u64 count, u64 flags, u64 timeout, u64 f)
{
	struct linux_timespec t = { 0, 0 };

	if (timeout && user_read(timeout, &t, sizeof(t)))
		return -EFAULT;
	if (t.tv_sec < 0 || t.tv_nsec < 0 || t.tv_nsec >= (s64)NS_PER_S)
		return -EINVAL;
	t.tv_sec = MIN(t.tv_sec, (s64)(INT64_MAX / 2 / (s64)NS_PER_S));
	return messages(fd, user, (u32)count, (u32)flags,
			timeout ? until_of_call((u64)t.tv_sec * NS_PER_S + (u64)t.tv_nsec) : 0,
			false);
}
