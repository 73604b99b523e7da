/* SPDX-License-Identifier: MIT */
/*
 * Sending and receiving. Errors and their order are Linux's (unix(7), send(2),
 * recv(2)); urgent data (MSG_OOB) are not there: -EOPNOTSUPP, where Linux 6.1
 * has them for streams if it was built so.
 *
 * A receiver's queue has room while it holds less than the sender's SO_SNDBUF; a
 * datagram socket, besides, for DATAGRAMS_MAX messages of those who are not its
 * peer.
 */
#include "internal.h"

#define DATAGRAMS_MAX 10	/* Linux's net.unix.max_dgram_qlen */
#define DATAGRAM_EXTRA 32	/* a message is so much smaller than SO_SNDBUF */
#define PIECE_MIN BLOCK_SIZE	/* a stream takes this even when it has less room */

/* What is sent. */
struct outgoing {
	u32 ubuf;
	u64 off, len;			/* which part of it */
	struct control *control;	/* NULL: none; its files are taken away */
};

/* The pending error of a socket, which is told once. */
u32 take_error(struct sock *s)
{
	u32 error = s->error;

	s->error = 0;
	return error;
}

/* Where a record's data begin, after its header. */
u64 record_data(const struct record *r)
{
	return sizeof(*r) + r->nfiles * sizeof(u32) + r->name_len;
}

static u32 record_size(u64 bytes)
{
	return (u32)ALIGN_UP(bytes, sizeof(struct record));
}

/* Whether what `s` sends finds room at `to`. */
bool has_room(const struct sock *s, const struct sock *to)
{
	if (queue_used(to) >= s->sndbuf)
		return false;
	return to->type != SOCK_DGRAM || to->peer == s->number || to == s ||
	       to->messages <= DATAGRAMS_MAX;
}

/* ---- sending ----------------------------------------------------------- */

static void fill_creds(const struct sock *from, const struct sock *to,
		       const struct control *c, struct record *r)
{
	if (c && c->creds_given)
		r->creds = c->creds;
	else if (((from->options | to->options) & OPTION_BIT(SO_PASSCRED)) || to->listener)
		r->creds = (struct linux_ucred){ current_pid(), cred_uid(), cred_gid() };
	else
		return;
	r->what |= RECORD_CREDS;
}

/*
 * Adds a record of `len` bytes of o's data to the queue of `to`: bytes, which
 * may be fewer for a stream, or an error.
 */
static long enqueue(struct sock *from, struct sock *to, struct outgoing *o, u64 len)
{
	struct record r = { .sender = from->number };
	u64 at = to->tail;
	long n;

	if (o->control)
		r.nfiles = (u8)o->control->files.count;
	if (o->control)
		r.nsockets = (u8)o->control->files.sockets;
	if (from->type != SOCK_STREAM)
		r.name_len = (u8)from->name_len;
	fill_creds(from, to, o->control, &r);
	r.size = record_size(record_data(&r) + len);
	if (queue_used(to) + r.size > QUEUE_CAPACITY)
		return -EAGAIN;
	n = queue_reserve(to, at + r.size);
	if (n)
		return n;
	n = queue_from_user(to, at + record_data(&r), o->ubuf, o->off, len);
	if (n < (long)len && (n <= 0 || from->type != SOCK_STREAM)) {
		queue_release(to, at, at + r.size);
		queue_moved(to, HEAD_POS(to->head));
		return n < 0 ? n : -EFAULT;
	}
	r.len = (u32)n;
	if (n < (long)len)
		r.size = record_size(record_data(&r) + r.len);
	if (r.nfiles)
		queue_put(to, at + sizeof(r), o->control->files.handle, r.nfiles * 4u);
	if (r.name_len)
		queue_put(to, at + sizeof(r) + r.nfiles * 4u, from->name, r.name_len);
	*queue_record(to, at) = r;
	commit(n, &to->tail, at + r.size);
	if (n < (long)len)
		queue_release(to, to->tail, at + record_size(record_data(&r) + len));
	to->messages += to->type != SOCK_STREAM;
	files_in_flight += r.nfiles;
	sockets_in_flight += r.nsockets;
	if (o->control)
		o->control->files.count = 0;
	sock_wake(to, WANT_IN);
	return n;
}

/* Nobody has room: the sender is told to wait. */
static long wait_for_room(struct sock *s, struct sock *to)
{
	s->want |= WANT_OUT;
	if (to->peer != s->number) {
		s->waits_for = to->number;
		to->awaited = true;
	}
	return -EAGAIN;
}

static long stream_send(struct sock *s, struct outgoing *o, bool named)
{
	struct sock *to;
	u64 room;

	if (named)
		return s->connected ? -EISCONN : -EOPNOTSUPP;
	if (!s->peer)
		return -ENOTCONN;
	if (s->shut & SHUT_SEND)
		return -EPIPE;
	if (!o->len)
		return 0;
	if (unlikely(s->error))
		return -(long)take_error(s);
	to = sock_find(s->peer);
	if (!to || (to->shut & SHUT_RECEIVE))
		return -EPIPE;
	if (!has_room(s, to))
		return wait_for_room(s, to);
	room = MAX(s->sndbuf - queue_used(to), PIECE_MIN);
	return enqueue(s, to, o, MIN(o->len, room));
}

/* The receiver of a message: *to, or why there is none. */
static long packet_target(struct sock *s, u64 target, bool named, struct sock **to)
{
	*to = sock_find(target);
	if (!*to && named)
		return -ECONNREFUSED;
	if (!*to && s->type == SOCK_DGRAM) {
		datagram_connect(s, 0);
		return -ECONNREFUSED;
	}
	if (!*to)
		return -EPIPE;
	if ((*to)->peer && (*to)->peer != s->number)
		return -EPERM;
	return (*to)->shut & SHUT_RECEIVE ? -EPIPE : 0;
}

static long packet_send(struct sock *s, struct outgoing *o, bool named, u64 target)
{
	struct sock *to;
	long ret;

	if (s->type == SOCK_SEQPACKET) {
		if (s->error)
			return -(long)take_error(s);
		if (!s->connected)
			return -ENOTCONN;
		named = false;
	}
	if (!named)
		target = s->peer;
	if (!target)
		return -ENOTCONN;
	if (o->len > s->sndbuf - DATAGRAM_EXTRA)
		return -EMSGSIZE;
	if (s->error)
		return -(long)take_error(s);
	if (s->shut & SHUT_SEND)
		return -EPIPE;
	ret = packet_target(s, target, named, &to);
	if (ret)
		return ret;
	ret = has_room(s, to) ? enqueue(s, to, o, o->len) : -EAGAIN;
	return ret == -EAGAIN ? wait_for_room(s, to) : ret;
}

/*
 * Before a message with a name (of `len` bytes), or of one who passes
 * credentials: finds whom it is for, and gives the sender a name. The lock must
 * not be held.
 */
static long send_prepare(u64 number, u32 ubuf, u64 len, u64 *target)
{
	u8 name[SOCKET_BUFFER_MAX];
	bool nameless = false;
	u32 type = 0;
	struct sock *s;
	long ret = 0;

	if (len && ubuf_read(ubuf, 0, name, len) != (long)len)
		return -EFAULT;
	mutex_lock(&lock);
	s = sock_find(number);
	if (s) {
		type = s->type;
		nameless = type != SOCK_STREAM && !s->name_len &&
			   (s->options & OPTION_BIT(SO_PASSCRED));
	}
	mutex_unlock(&lock);
	if (len && type == SOCK_DGRAM)
		ret = name_target(name, len, type, target);
	if (!ret && nameless)
		ret = name_auto(number);
	return ret;
}

static long send_locked(u64 number, struct outgoing *o, bool named, u64 target, u32 flags)
{
	struct done *d = done_before();
	struct sock *s = sock_find(number);
	long ret;

	if (unlikely(d))
		return d->result;
	if (unlikely(!s))
		return -EBADF;
	ret = s->type == SOCK_STREAM ? stream_send(s, o, named) :
				       packet_send(s, o, named, target);
	return or_wait(ret, s, TIMEOUT_SEND, flags);
}

static long send(u64 number, u32 ubuf, u64 off, u64 len, u32 flags)
{
	struct outgoing o = { .ubuf = ubuf, .off = off, .len = len };
	struct sock *s;
	long ret = 0;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	mutex_lock(&lock);
	s = sock_find(number);
	if (unlikely(s && (s->options & OPTION_BIT(SO_PASSCRED)) && !s->name_len)) {
		mutex_unlock(&lock);
		ret = send_prepare(number, ubuf, 0, NULL);
		mutex_lock(&lock);
	}
	if (!ret)
		ret = send_locked(number, &o, false, 0, flags);
	mutex_unlock(&lock);
	return ret;
}

/* socket_ops.send. */
long unix_send(u64 number, u32 ubuf, u64 a, u64 b, u32 flags)
{
	return send(number, ubuf, 0, a, flags);
}

/* socket_ops.sendmsg. */
long unix_sendmsg(u64 number, u32 ubuf, u64 a, u64 b, u32 flags)
{
	struct outgoing o = { .ubuf = ubuf, .len = a };
	u64 name_len = (u32)b, target = 0;
	struct control control;
	long ret = 0;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (done_before())
		return done_before()->result;
	if (b >> 32) {
		ret = control_read(ubuf + 2, b >> 32, &control);
		if (ret)
			return ret;
		o.control = &control;
	}
	ret = send_prepare(number, ubuf + 1, name_len, &target);
	mutex_lock(&lock);
	if (!ret)
		ret = send_locked(number, &o, name_len, target, flags);
	mutex_unlock(&lock);
	if (o.control)
		files_release(&control.files);
	return ret;
}

/* ---- receiving --------------------------------------------------------- */

/* Who asks, and so what besides data is told. */
enum asking { RECV, RECVFROM, RECVMSG };

/* What is received. */
struct incoming {
	enum asking asking;
	u32 ubuf;			/* and those that follow, see socket_ops */
	u64 off, len;			/* which part of the first */
	u32 flags;			/* MSG_* */
	u32 name_room;
	u64 control_room;
	/* what came */
	u32 told;			/* MSG_* for the program */
	u32 name_len;
	u8 name[NAME_MAX_LEN];
	bool creds_told;
	struct linux_ucred creds;
	struct files files;
};

static void take_creds(struct incoming *in, const struct record *r)
{
	static const struct linux_ucred nobody = { 0, 65534, 65534 };

	in->creds = r->what & RECORD_CREDS ? r->creds : nobody;
}

static void take_files(struct sock *s, u64 pos, const struct record *r, struct incoming *in)
{
	in->files.count = r->nfiles;
	in->files.sockets = r->nsockets;
	if (r->nfiles)
		queue_get(s, pos + sizeof(*r), in->files.handle, r->nfiles * 4u);
}

static bool same_creds(const struct record *r, const struct linux_ucred *c)
{
	return (r->what & RECORD_CREDS) ? r->creds.pid == c->pid && r->creds.uid == c->uid &&
					  r->creds.gid == c->gid : !c->pid;
}

static long tell_header(struct incoming *in)
{
	struct __packed {
		u64 controllen;
		u32 flags;
	} tail;
	const u32 header = in->ubuf + 3, room = MIN(in->name_room, in->name_len);
	long ok = 1;

	tail.controllen = control_write(in->ubuf + 2, in->control_room,
					in->creds_told ? &in->creds : NULL, &in->files,
					in->flags, &in->told);
	tail.flags = in->told;
	if (room)
		ok &= ubuf_write(in->ubuf + 1, 0, in->name, room) == (long)room;
	if (in->name_room)
		ok &= ubuf_write(header, offsetof(struct linux_msghdr, namelen), &in->name_len,
				 sizeof(in->name_len)) > 0;
	ok &= ubuf_write(header, offsetof(struct linux_msghdr, controllen), &tail,
			 sizeof(tail)) > 0;
	return ok ? 0 : -EFAULT;
}

/* Tells the program what came besides data: 0, -EFAULT, -EINVAL. */
static long tell(struct incoming *in)
{
	if (in->asking == RECVFROM)
		return put_counted(in->ubuf + 1, in->name, in->name_len, true);
	return in->asking == RECVMSG ? tell_header(in) : 0;
}

/* The final store of receiving: the queue begins at `head` now. */
static long received(struct sock *s, struct incoming *in, u64 head, long result)
{
	u64 from = HEAD_POS(s->head);
	struct sock *o;
	long error;

	in->creds_told = s->options & OPTION_BIT(SO_PASSCRED);
	error = tell(in);
	if (error || (in->flags & MSG_PEEK)) {
		in->files.count = 0;
		return error ? error : result;
	}
	if (in->files.count || in->creds_told)
		result = SOCKET_ENOUGH(result);
	commit(result, &s->head, head);
	files_in_flight -= in->files.count;
	sockets_in_flight -= in->files.sockets;
	queue_moved(s, from);
	o = sock_find(s->peer);
	if (o && (o->want & WANT_OUT) && queue_used(s) * 4 <= o->sndbuf)
		sock_wake(o, WANT_OUT);
	sock_wake_awaiting(s);
	return result;
}

/* Nothing is queued: an error, the end, or the receiver is told to wait. */
static long nothing_queued(struct sock *s, struct incoming *in)
{
	if (s->error)
		return -(long)take_error(s);
	if (s->shut & SHUT_RECEIVE) {
		/* A datagram socket that does not wait does not see the end. */
		if (s->type != SOCK_DGRAM || !(in->flags & MSG_DONTWAIT))
			return tell(in);
	}
	s->want |= WANT_IN;
	return -EAGAIN;
}

/*
 * Copies from the records of a stream until the buffer is full, another sender's
 * or files come: bytes or -EFAULT; *head is where the rest begins.
 */
static long stream_copy(struct sock *s, struct incoming *in, u64 *head)
{
	bool pass = s->options & OPTION_BIT(SO_PASSCRED);
	u64 pos = HEAD_POS(*head), consumed = HEAD_CONSUMED(*head), done = 0;

	while (done < in->len && pos < s->tail) {
		struct record *r = queue_record(s, pos);
		u64 part = MIN(in->len - done, r->len - consumed);
		long n;

		if (done && pass && !same_creds(r, &in->creds))
			break;
		n = queue_to_user(s, pos + record_data(r) + consumed, in->ubuf,
				  in->off + done, part);
		if (n <= 0)
			return done ? (long)done : n;
		if (!done)
			take_creds(in, r);
		if (!consumed)
			take_files(s, pos, r, in);
		done += (u64)n;
		consumed += (u64)n;
		if (consumed == r->len) {
			pos += r->size;
			consumed = 0;
		}
		*head = HEAD(pos, consumed);
		if (in->files.count || (u64)n < part)
			break;
	}
	return (long)done;
}

/* How many bytes a look at the queue leaves out (SO_PEEK_OFF). */
static u64 peek_skip(const struct sock *s, const struct incoming *in)
{
	return (in->flags & MSG_PEEK) && s->peek_off ? s->peek_off - 1 : 0;
}

/* `n` bytes were looked at, or taken: the next look begins there. */
static void peek_moved(struct sock *s, const struct incoming *in, u64 n)
{
	if (s->peek_off && (in->flags & MSG_PEEK))
		s->peek_off += (u32)n;
	else if (s->peek_off)
		s->peek_off -= (u32)MIN(n, (u64)s->peek_off - 1);
}

/* Moves `head` on by `skip` bytes: false when there are not more than that. */
static bool stream_skip(struct sock *s, u64 *head, u64 skip)
{
	u64 pos = HEAD_POS(*head), consumed = HEAD_CONSUMED(*head), left;

	while (skip && pos < s->tail) {
		left = queue_record(s, pos)->len - consumed;
		if (skip < left) {
			consumed += skip;
			break;
		}
		skip -= left;
		pos += queue_record(s, pos)->size;
		consumed = 0;
	}
	*head = HEAD(pos, consumed);
	return pos < s->tail;
}

static long stream_recv(struct sock *s, struct incoming *in)
{
	struct sock *o;
	u64 head = s->head;
	long n, result;

	if (!s->connected)
		return -EINVAL;
	if (!stream_skip(s, &head, peek_skip(s, in)))
		return nothing_queued(s, in);
	if (!in->len)
		return 0;
	n = stream_copy(s, in, &head);
	if (n <= 0)
		return n;
	o = in->asking == RECV ? NULL : sock_find(s->peer);
	if (o) {
		in->name_len = o->name_len;
		memcpy(in->name, o->name, o->name_len);
	}
	result = received(s, in, head, n);
	if (result >= 0)
		peek_moved(s, in, (u64)n);
	return result;
}

/*
 * Who sent a message: the name that the sender has now, or had when it sent if
 * it is gone. Without one nothing is told.
 */
static void take_sender(struct sock *s, u64 pos, const struct record *r, struct incoming *in)
{
	struct sock *from = sock_find(r->sender);

	in->name_len = from ? from->name_len : r->name_len;
	if (from)
		memcpy(in->name, from->name, from->name_len);
	else
		queue_get(s, pos + sizeof(*r) + r->nfiles * 4u, in->name, r->name_len);
}

static long packet_recv(struct sock *s, struct incoming *in)
{
	u64 pos = HEAD_POS(s->head), skip = peek_skip(s, in), len;
	struct record r;
	long n = 0;

	if (s->type == SOCK_SEQPACKET && !s->connected)
		return -ENOTCONN;
	if (s->error && s->type == SOCK_DGRAM)
		return -(long)take_error(s);
	for (; skip && pos < s->tail && skip >= queue_record(s, pos)->len;
	     pos += queue_record(s, pos)->size)
		skip -= queue_record(s, pos)->len;
	if (pos >= s->tail)
		return nothing_queued(s, in);
	r = *queue_record(s, pos);
	len = r.len - skip;
	if (in->len && len)
		n = queue_to_user(s, pos + record_data(&r) + skip, in->ubuf, in->off,
				  MIN(in->len, len));
	if (n < (long)MIN(in->len, len))
		return n < 0 ? n : -EFAULT;
	take_creds(in, &r);
	take_files(s, pos, &r, in);
	if (in->asking != RECV)
		take_sender(s, pos, &r, in);
	if (len > in->len)
		in->told = MSG_TRUNC;
	skip = in->flags & MSG_PEEK ? (u64)n : r.len;
	n = received(s, in, HEAD(pos + r.size, 0), in->flags & MSG_TRUNC ? (long)len : n);
	if (n >= 0)
		peek_moved(s, in, skip);
	if (n >= 0 && !(in->flags & MSG_PEEK))
		s->messages--;
	return n;
}

/* Throws away what is queued. Drops the lock when there are files in it. */
void queue_discard(struct sock *s)
{
	struct files files;

	while (queue_used(s)) {
		u64 from = HEAD_POS(s->head);
		struct record *r = queue_record(s, from);

		files.count = HEAD_CONSUMED(s->head) ? 0 : r->nfiles;
		files.sockets = HEAD_CONSUMED(s->head) ? 0 : r->nsockets;
		queue_get(s, from + sizeof(*r), files.handle, files.count * 4);
		s->head = HEAD(from + r->size, 0);
		queue_moved(s, from);
		if (!files.count)
			continue;
		files_in_flight -= files.count;
		sockets_in_flight -= files.sockets;
		mutex_unlock(&lock);
		files_release(&files);
		mutex_lock(&lock);
	}
	s->messages = 0;
}

static long receive(u64 number, struct incoming *in)
{
	struct done *d;
	struct sock *s;
	long ret;

	if (in->flags & (MSG_OOB | MSG_ERRQUEUE))
		return -EOPNOTSUPP;
	in->told = in->name_len = in->files.count = in->files.sockets = 0;
	in->creds_told = false;
	mutex_lock(&lock);
	d = done_before();
	s = sock_find(number);
	if (unlikely(d || !s)) {
		ret = d ? d->result : -EBADF;
	} else {
		ret = s->type == SOCK_STREAM ? stream_recv(s, in) : packet_recv(s, in);
		ret = or_wait(ret, s, TIMEOUT_RECEIVE, in->flags);
	}
	mutex_unlock(&lock);
	/* The program has its own references now, if it wanted any. */
	if (in->files.count)
		files_release(&in->files);
	return ret;
}

static long ask(enum asking asking, u64 number, u32 ubuf, u64 off, u64 len, u64 rooms,
		u32 flags)
{
	struct incoming in;

	in.asking = asking;
	in.ubuf = ubuf;
	in.off = off;
	in.len = len;
	in.flags = flags;
	in.name_room = (u32)rooms;
	in.control_room = rooms >> 32;
	return receive(number, &in);
}

/* socket_ops.recv, recvfrom, recvmsg. */
long unix_recv(u64 number, u32 ubuf, u64 a, u64 b, u32 flags)
{
	return ask(RECV, number, ubuf, 0, a, 0, flags);
}

long unix_recvfrom(u64 number, u32 ubuf, u64 a, u64 b, u32 flags)
{
	return ask(RECVFROM, number, ubuf, 0, a, 0, flags);
}

long unix_recvmsg(u64 number, u32 ubuf, u64 a, u64 b, u32 flags)
{
	return ask(RECVMSG, number, ubuf, 0, a, b, flags);
}

static u32 message_flags(u32 oflags)
{
	return oflags & O_NONBLOCK ? MSG_DONTWAIT : 0;
}

/* file_ops.read. That what was read ends there (SOCKET_ENOUGH) is no news. */
long unix_read(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	long n = ask(RECV, number, ubuf, off, len, 0, message_flags(oflags));

	return n >= SOCKET_ENOUGH(0) ? (long)(u32)n : n;
}

/* file_ops.write. */
long unix_write(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	return send(number, ubuf, off, len, message_flags(oflags));
}
