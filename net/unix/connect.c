/* SPDX-License-Identifier: MIT */
/*
 * Making, connecting and closing sockets.
 *
 * The final store that makes a connection is the embryo's state: its client and
 * its listener's list follow from it. Closing is put off when a file that is
 * given back turns out to be a socket's last: the outermost unix_release() works
 * off the list of sockets that are closing, so that a chain of sockets that were
 * sent through each other does not nest.
 */
#include "internal.h"

static u16 closing;		/* slots of sockets that are closing; lock */
static bool closing_busy;	/* a thread works them off; lock */

/* Wakes who waits for one of `want`, after something has changed. */
void sock_wake(struct sock *s, u32 want)
{
	if (!(s->want & want))
		return;
	s->want = 0;
	wait_wake(s->wait);
}

/* What an operation on `s` (NULL: it failed) returns that would have to wait. */
long or_wait(long ret, const struct sock *s, u32 which, u32 flags)
{
	return ret != -EAGAIN || (flags & MSG_DONTWAIT) ? ret : SOCKET_WAIT(s->timeout_ms[which]);
}

/* There is room at `s` now, or never again: for connect(), or datagrams. */
void sock_wake_awaiting(struct sock *s)
{
	struct sock *o;

	if (likely(!s->awaited))
		return;
	s->awaited = false;
	for (u32 slot = 1; slot <= sock_slots(); slot++) {
		o = sock_at(slot);
		if (o->state != STATE_LIVE || o->waits_for != s->number)
			continue;
		o->waits_for = 0;
		sock_wake(o, WANT_OUT);
	}
}

/* socket_ops.open. */
long unix_open(u64 number, bool other, struct file_open *file)
{
	struct sock *s;

	mutex_lock(&lock);
	s = sock_find(number);
	if (s && other)
		s = sock_find(s->peer);
	if (s)
		*file = (struct file_open){
			.provider = (u32)unix_provider, .wait = s->wait, .number = s->number,
			.flags = FILE_STREAM | (s->type == SOCK_STREAM ? 0 : FILE_MESSAGES),
		};
	mutex_unlock(&lock);
	return s ? 0 : -EBADF;
}

/* The calling program, as SO_PEERCRED tells others. */
static struct linux_ucred own_creds(void)
{
	return (struct linux_ucred){ current_pid(), cred_euid(), cred_egid() };
}

static long type_check(u32 *type, u32 protocol)
{
	if (protocol && protocol != AF_UNIX)
		return -EPROTONOSUPPORT;
	if (*type == SOCK_RAW)
		*type = SOCK_DGRAM;
	return *type == SOCK_STREAM || *type == SOCK_DGRAM || *type == SOCK_SEQPACKET ?
	       0 : -ESOCKTNOSUPPORT;
}

/* ---- making ------------------------------------------------------------ */

static long create(u32 type)
{
	struct done *d = done_before();
	struct sock *s;

	if (d)
		return d->result;
	s = store_open() ? sock_new(type) : NULL;
	if (!s)
		return -ENFILE;
	commit((long)s->number, &s->state, STATE_LIVE);
	return (long)s->number;
}

/* socket_ops.create. */
long unix_create(u64 number, u32 ubuf, u64 a, u64 b, u32 flags)
{
	u32 type = (u32)a;
	long ret = type_check(&type, (u32)b);

	if (ret)
		return ret;
	mutex_lock(&lock);
	ret = create(type);
	mutex_unlock(&lock);
	return ret;
}

static void become_peers(struct sock *s, struct sock *t)
{
	s->peer = t->number;
	t->peer = s->number;
	s->peercred = t->peercred = own_creds();
	s->connected = t->connected = keeps_peer(s);
}

/* Recovery makes the second live when it finds the first so. */
static long pair(u32 type)
{
	struct done *d = done_before();
	struct sock *s, *t;

	if (d)
		return d->result;
	s = store_open() ? sock_new(type) : NULL;
	t = s ? sock_new(type) : NULL;
	if (!t) {
		if (s)
			sock_free(s);
		return -ENFILE;
	}
	become_peers(s, t);
	commit((long)s->number, &s->state, STATE_LIVE);
	t->state = STATE_LIVE;
	return (long)s->number;
}

/* socket_ops.pair. */
long unix_pair(u64 number, u32 ubuf, u64 a, u64 b, u32 flags)
{
	u32 type = (u32)a;
	long ret = type_check(&type, (u32)b);

	if (ret)
		return ret;
	mutex_lock(&lock);
	ret = pair(type);
	mutex_unlock(&lock);
	return ret;
}

/* ---- listening --------------------------------------------------------- */

/* socket_ops.listen. */
long unix_listen(u64 number, u32 ubuf, u64 a, u64 b, u32 flags)
{
	struct sock *s;
	long ret = 0;

	mutex_lock(&lock);
	s = sock_find(number);
	if (!s)
		ret = -EBADF;
	else if (!keeps_peer(s))
		ret = -EOPNOTSUPP;
	else if (!s->name_len || s->connected)
		ret = -EINVAL;
	if (!ret) {
		s->backlog = MIN((u32)a, (u32)SOMAXCONN);
		s->peercred = own_creds();
		s->listening = 1;
		sock_wake_awaiting(s);
	}
	mutex_unlock(&lock);
	return ret;
}

/* An embryo joins its listener's list, in the order in which they were made. */
void pending_add(struct sock *listener, struct sock *s)
{
	u16 *p = &listener->pending_first;

	if (listener->pending_last && sock_at(listener->pending_last)->order < s->order)
		p = &sock_at(listener->pending_last)->pending_next;
	else
		while (*p && sock_at(*p)->order < s->order)
			p = &sock_at(*p)->pending_next;
	s->pending_next = *p;
	*p = (u16)slot_of(s);
	if (!s->pending_next)
		listener->pending_last = (u16)slot_of(s);
	listener->pending++;
}

static struct sock *pending_take(struct sock *listener)
{
	struct sock *s = sock_at(listener->pending_first);

	listener->pending_first = s->pending_next;
	if (!s->pending_next)
		listener->pending_last = 0;
	s->pending_next = 0;
	listener->pending--;
	return s;
}

static long accept_next(struct sock *listener)
{
	struct sock *s;

	if (!keeps_peer(listener))
		return -EOPNOTSUPP;
	if (!listener->listening)
		return -EINVAL;
	if (!listener->pending_first) {
		listener->want |= WANT_IN;
		return listener->shut & SHUT_RECEIVE ? -EINVAL : -EAGAIN;
	}
	s = sock_at(listener->pending_first);
	commit((long)s->number, &s->listener, 0);
	pending_take(listener);
	sock_wake_awaiting(listener);
	return (long)s->number;
}

/* socket_ops.accept. */
long unix_accept(u64 number, u32 ubuf, u64 a, u64 b, u32 flags)
{
	struct done *d;
	struct sock *s;
	long ret;

	mutex_lock(&lock);
	d = done_before();
	s = sock_find(number);
	ret = d ? d->result : s ? accept_next(s) : -EBADF;
	ret = or_wait(ret, s, TIMEOUT_RECEIVE, flags);
	mutex_unlock(&lock);
	return ret;
}

/* ---- connecting -------------------------------------------------------- */

static long connect_allowed(struct sock *s, struct sock *listener)
{
	if (!listener || !listener->listening || (listener->shut & SHUT_RECEIVE))
		return -ECONNREFUSED;
	if (listener->pending > listener->backlog) {
		s->want |= WANT_OUT;
		s->waits_for = listener->number;
		listener->awaited = true;
		return -EAGAIN;
	}
	return s->connected ? -EISCONN : s->listening ? -EINVAL : 0;
}

static long connect_listener(struct sock *s, struct sock *listener)
{
	long ret = connect_allowed(s, listener);
	struct sock *e = ret ? NULL : sock_new(s->type);

	if (!e)
		return ret ? ret : -ENOMEM;
	e->peer = s->number;
	e->peercred = own_creds();
	e->connected = 1;
	e->listener = listener->number;
	e->order = ++root->order;
	e->dev = listener->dev;
	e->ino = listener->ino;
	memcpy(e->name, listener->name, listener->name_len);
	e->name_len = listener->name_len;
	s->peercred = listener->peercred;
	commit(0, &e->state, STATE_LIVE);
	s->peer = e->number;
	s->connected = 1;
	pending_add(listener, e);
	sock_wake(listener, WANT_IN);
	sock_wake(s, WANT_OUT);
	return 0;
}

/*
 * A datagram socket turns away from `old`: what is queued is lost, and `old`,
 * if it was its friend, hears of that.
 */
static void forget_peer(struct sock *s, u64 old)
{
	struct sock *o;

	if (!queue_used(s))
		return;
	queue_discard(s);
	sock_wake_awaiting(s);
	o = sock_find(old);
	if (o && o->peer == s->number) {
		o->error = ECONNRESET;
		sock_wake(o, WANT_IN | WANT_OUT);
	}
}

/* Makes `target` (0: nobody) the receiver of a datagram socket. */
long datagram_connect(struct sock *s, u64 target)
{
	struct sock *o = target ? sock_find(target) : NULL;
	u64 old = s->peer;

	if (target && !o)
		return -ECONNREFUSED;
	if (o && o->peer && o->peer != s->number)
		return -EPERM;
	s->peer = target;
	if (old && old != target)
		forget_peer(s, old);
	return 0;
}

/* What kind of socket `number` is; one that passes credentials gets a name. */
static long connect_begin(u64 number, u32 *type, bool unbind)
{
	bool nameless;
	struct sock *s;

	mutex_lock(&lock);
	s = sock_find(number);
	if (s)
		*type = s->type;
	nameless = s && !unbind && (s->options & OPTION_BIT(SO_PASSCRED)) && !s->name_len;
	mutex_unlock(&lock);
	if (nameless)
		return name_auto(number);
	return s ? 0 : -EBADF;
}

/* socket_ops.connect. */
long unix_connect(u64 number, u32 ubuf, u64 a, u64 b, u32 flags)
{
	u8 name[SOCKET_BUFFER_MAX];
	u16 family = 0;
	u64 target = 0;
	u32 type = 0;
	struct sock *s;
	long ret;

	if (a && ubuf_read(ubuf, 0, name, a) != (long)a)
		return -EFAULT;
	if (a < sizeof(family))
		return -EINVAL;
	memcpy(&family, name, sizeof(family));
	ret = connect_begin(number, &type, family == AF_UNSPEC);
	if (ret || done_before())
		return ret;
	if (family != AF_UNSPEC || type != SOCK_DGRAM)
		ret = name_target(name, a, type, &target);
	if (ret)
		return ret;
	mutex_lock(&lock);
	s = sock_find(number);
	ret = !s ? -EBADF : type == SOCK_DGRAM ? datagram_connect(s, target) :
						 connect_listener(s, sock_find(target));
	ret = or_wait(ret, s, TIMEOUT_SEND, flags);
	mutex_unlock(&lock);
	return ret;
}

/* ---- ending ------------------------------------------------------------ */

/* socket_ops.shutdown. Linux does not ask whether it is connected. */
long unix_shutdown(u64 number, u32 ubuf, u64 a, u64 b, u32 flags)
{
	u8 mode = (u8)(a + 1), others = 0;
	struct sock *s, *o;

	if ((u32)a > SHUT_RDWR)
		return -EINVAL;
	mutex_lock(&lock);
	s = sock_find(number);
	if (s) {
		s->shut |= mode;
		o = keeps_peer(s) ? sock_find(s->peer) : NULL;
		if (mode & SHUT_RECEIVE)
			others |= SHUT_SEND;
		if (mode & SHUT_SEND)
			others |= SHUT_RECEIVE;
		if (o) {
			o->shut |= others;
			sock_wake(o, WANT_IN | WANT_OUT);
		}
		sock_wake(s, WANT_IN | WANT_OUT);
		sock_wake_awaiting(s);
	}
	mutex_unlock(&lock);
	return s ? 0 : -EBADF;
}

/* From here on nobody finds the socket. */
static void closing_add(struct sock *s)
{
	s->state = STATE_CLOSING;
	s->closing_next = closing;
	closing = (u16)slot_of(s);
}

/* What a socket's end means to the one that it is connected with. */
void tell_peer(struct sock *s)
{
	struct sock *o = keeps_peer(s) ? sock_find(s->peer) : NULL;

	if (!o)
		return;
	o->shut = SHUT_RECEIVE | SHUT_SEND;
	if (queue_used(s) || s->listener)
		o->error = ECONNRESET;
	sock_wake(o, WANT_IN | WANT_OUT);
}

/* Gives all back that a closing socket has. Drops the lock meanwhile. */
static void close_one(struct sock *s)
{
	u64 node = s->node;

	name_unhash(s);
	s->node = 0;
	tell_peer(s);
	while (s->pending_first)
		closing_add(pending_take(s));
	sock_wake_awaiting(s);
	queue_discard(s);
	if (node) {
		mutex_unlock(&lock);
		vfs_release(node);
		mutex_lock(&lock);
	}
	sock_free(s);
}

/* Closes what is to be closed, unless another call is at it. Lock is held. */
void closing_work(void)
{
	struct sock *s;

	if (closing_busy)
		return;
	closing_busy = true;
	while (closing) {
		s = sock_at(closing);
		closing = s->closing_next;
		close_one(s);
		if (!closing)
			garbage_collect();
	}
	closing_busy = false;
}

/* file_ops.release. A socket that is gone already is no error. */
long unix_release(u64 number)
{
	struct sock *s;

	mutex_lock(&lock);
	s = sock_find(number);
	if (s && !s->listener) {
		closing_add(s);
		closing_work();
	}
	mutex_unlock(&lock);
	return 0;
}

/* After a reset: a socket whose file is gone, or whose making was cut off. */
void closing_again(struct sock *s)
{
	closing_add(s);
}
