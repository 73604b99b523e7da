/* SPDX-License-Identifier: MIT */
/* Options of SOL_SOCKET (socket(7)), ioctl and poll of sockets. */
#include "internal.h"
#include <whitix/ioctl.h>
#include <whitix/poll.h>

#define BUFFER_MAX 212992u	/* Linux's wmem_max and rmem_max; it doubles what is set */
#define SNDBUF_MIN 4608u	/* Linux's least */
#define RCVBUF_MIN 2304u
#define USEC_PER_MSEC 1000
#define MSEC_PER_SEC 1000

/* Options that only are on or off, and of which only PASSCRED means anything. */
#define SWITCHES (OPTION_BIT(SO_DEBUG) | OPTION_BIT(SO_REUSEADDR) | OPTION_BIT(SO_DONTROUTE) | \
		  OPTION_BIT(SO_BROADCAST) | OPTION_BIT(SO_KEEPALIVE) | \
		  OPTION_BIT(SO_OOBINLINE) | OPTION_BIT(SO_REUSEPORT) | OPTION_BIT(SO_PASSCRED))

static bool is_switch(u32 option)
{
	return option < 32 && (SWITCHES & OPTION_BIT(option));
}

static bool is_timeout(u32 option)
{
	return option == SO_RCVTIMEO || option == SO_SNDTIMEO ||
	       option == SO_RCVTIMEO_NEW || option == SO_SNDTIMEO_NEW;
}

static bool is_send(u32 option)
{
	return option == SO_SNDTIMEO || option == SO_SNDTIMEO_NEW;
}

/* A timeout in ms as the core takes it: 0 none; negative times are the shortest. */
static long set_timeout(struct sock *s, u32 option, const void *value, u64 len)
{
	struct {
		s64 sec, usec;
	} t;
	u32 ms = 0;

	if (len < sizeof(t))
		return -EINVAL;
	memcpy(&t, value, sizeof(t));
	if (t.usec < 0 || t.usec >= 1000000)
		return -EDOM;
	if (t.sec < 0)
		ms = 1;
	else if (t.sec < UINT32_MAX / MSEC_PER_SEC - 1)
		ms = (u32)(t.sec * MSEC_PER_SEC + DIV_ROUND_UP(t.usec, USEC_PER_MSEC));
	s->timeout_ms[is_send(option) ? TIMEOUT_SEND : TIMEOUT_RECEIVE] = ms;
	return 0;
}

static long set_int(struct sock *s, u32 option, u32 value)
{
	u32 size = MIN(value, BUFFER_MAX) * 2;

	if (is_switch(option)) {
		s->options &= ~OPTION_BIT(option);
		s->options |= value ? OPTION_BIT(option) : 0;
		return 0;
	}
	switch (option) {
	case SO_SNDBUFFORCE:
	case SO_RCVBUFFORCE:
		if (cred_euid())
			return -EPERM;
		if (option == SO_SNDBUFFORCE)
			s->sndbuf = MAX(size, SNDBUF_MIN);
		else
			s->rcvbuf = MAX(size, RCVBUF_MIN);
		break;
	case SO_SNDBUF:
		s->sndbuf = MAX(size, SNDBUF_MIN);
		break;
	case SO_RCVBUF:
		s->rcvbuf = MAX(size, RCVBUF_MIN);
		break;
	case SO_RCVLOWAT:
		s->rcvlowat = value ? value : 1;
		break;
	case SO_PEEK_OFF:
		s->peek_off = (s32)value < 0 ? 0 : value + 1;
		break;
	default:
		return -ENOPROTOOPT;
	}
	sock_wake(s, WANT_OUT);
	return 0;
}

static long set(struct sock *s, u32 option, const void *value, u64 len)
{
	u32 number;

	if (len < sizeof(number))
		return -EINVAL;
	if (is_timeout(option))
		return set_timeout(s, option, value, len);
	if (option == SO_LINGER) {
		if (len < sizeof(s->linger))
			return -EINVAL;
		memcpy(&s->linger, value, sizeof(s->linger));
		s->linger.onoff = s->linger.onoff != 0;
		return 0;
	}
	memcpy(&number, value, sizeof(number));
	return set_int(s, option, number);
}

/* socket_ops.setsockopt. */
long unix_setsockopt(u64 number, u32 ubuf, u64 a, u64 b, u32 flags)
{
	u8 value[SOCKET_BUFFER_MAX];
	struct sock *s;
	long ret;

	if (a >> 32 != SOL_SOCKET)
		return -EOPNOTSUPP;
	if (b && ubuf_read(ubuf, 0, value, b) != (long)b)
		return -EFAULT;
	mutex_lock(&lock);
	s = sock_find(number);
	ret = s ? set(s, (u32)a, value, b) : -EBADF;
	mutex_unlock(&lock);
	return ret;
}

/*
 * Fills a counted buffer (interface/socket.h), and says `len`, or (not `whole`)
 * how much fitted: 0, -EFAULT, -EINVAL.
 */
long put_counted(u32 ubuf, const void *from, u32 len, bool whole)
{
	s32 room;
	u32 n;

	if (ubuf_read(ubuf + 1, 0, &room, sizeof(room)) != sizeof(room))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	n = MIN((u32)room, len);
	if (n && ubuf_write(ubuf, 0, from, n) != (long)n)
		return -EFAULT;
	if (!whole)
		len = n;
	return ubuf_write(ubuf + 1, 0, &len, sizeof(len)) == sizeof(len) ? 0 : -EFAULT;
}

/* An option that is a number: true and *value. */
static bool get_int(struct sock *s, u32 option, u32 *value)
{
	if (is_switch(option)) {
		*value = s->options & OPTION_BIT(option) ? 1 : 0;
		return true;
	}
	switch (option) {
	case SO_TYPE:
		*value = s->type;
		break;
	case SO_DOMAIN:
		*value = AF_UNIX;
		break;
	case SO_PROTOCOL:
		*value = 0;
		break;
	case SO_ERROR:
		*value = take_error(s);
		break;
	case SO_ACCEPTCONN:
		*value = s->listening;
		break;
	case SO_SNDBUF:
		*value = s->sndbuf;
		break;
	case SO_RCVBUF:
		*value = s->rcvbuf;
		break;
	case SO_RCVLOWAT:
		*value = s->rcvlowat;
		break;
	case SO_SNDLOWAT:
		*value = 1;
		break;
	case SO_PEEK_OFF:
		*value = s->peek_off - 1;
		break;
	default:
		return false;
	}
	return true;
}

/* Fills `value`, of SOCKET_BUFFER_MAX bytes: its length, or -ENOPROTOOPT. */
static long get(struct sock *s, u32 option, void *value)
{
	u32 ms = s->timeout_ms[is_send(option) ? TIMEOUT_SEND : TIMEOUT_RECEIVE];
	s64 time[2] = { ms / MSEC_PER_SEC, ms % MSEC_PER_SEC * USEC_PER_MSEC };
	const void *from = time;
	u32 size = sizeof(time), number;

	if (option == SO_PEERCRED) {
		from = &s->peercred;
		size = sizeof(s->peercred);
	} else if (option == SO_LINGER) {
		from = &s->linger;
		size = sizeof(s->linger);
	} else if (!is_timeout(option)) {
		if (!get_int(s, option, &number))
			return -ENOPROTOOPT;
		from = &number;
		size = sizeof(number);
	}
	memcpy(value, from, size);
	return size;
}

/* socket_ops.getsockopt. */
long unix_getsockopt(u64 number, u32 ubuf, u64 a, u64 b, u32 flags)
{
	u8 value[SOCKET_BUFFER_MAX];
	struct sock *s;
	long ret;

	if (a >> 32 != SOL_SOCKET)
		return -EOPNOTSUPP;
	mutex_lock(&lock);
	s = sock_find(number);
	ret = s ? get(s, (u32)a, value) : -EBADF;
	mutex_unlock(&lock);
	return ret < 0 ? ret : put_counted(ubuf, value, (u32)ret, false);
}

/* ---- ioctl, poll ------------------------------------------------------- */

/* Bytes that can be read; of datagrams those of the next one. */
static u32 readable_bytes(struct sock *s)
{
	u64 pos = HEAD_POS(s->head);
	u32 bytes = 0;

	for (; pos < s->tail; pos += queue_record(s, pos)->size) {
		bytes += queue_record(s, pos)->len;
		if (s->type == SOCK_DGRAM)
			break;
	}
	return bytes - HEAD_CONSUMED(s->head);
}

/* file_ops.ioctl. */
long unix_ioctl(u64 number, u32 cmd, u64 arg, u32 ubuf)
{
	struct sock *s, *o;
	u32 value = 0;
	long ret = 0;

	if (cmd != FIONREAD && cmd != TIOCOUTQ)
		return -ENOTTY;
	mutex_lock(&lock);
	s = sock_find(number);
	o = s ? sock_find(s->peer) : NULL;
	if (!s)
		ret = -EBADF;
	else if (cmd == FIONREAD && s->listening)
		ret = -EINVAL;
	else if (cmd == FIONREAD)
		value = readable_bytes(s);
	else if (o)
		value = (u32)queue_used(o);
	mutex_unlock(&lock);
	if (!ret)
		ret = ubuf_write(ubuf, 0, &value, sizeof(value));
	return ret == sizeof(value) ? 0 : ret < 0 ? ret : -EFAULT;
}

/* Linux says that a socket can be written to while a quarter is in use. */
static bool writable(struct sock *s)
{
	struct sock *o = sock_find(s->peer);

	if (s->listening)
		return false;
	if (!o || (queue_used(o) * 4 <= s->sndbuf && has_room(s, o)))
		return true;
	s->want |= WANT_OUT;
	if (o->peer != s->number) {
		s->waits_for = o->number;
		o->awaited = true;
	}
	return false;
}

/* file_ops.poll. */
long unix_poll(u64 number)
{
	struct sock *s;
	long ready = 0;

	mutex_lock(&lock);
	s = sock_find(number);
	if (!s) {
		mutex_unlock(&lock);
		return POLLERR | POLLHUP;
	}
	s->want |= WANT_IN;
	if (s->error)
		ready |= POLLERR;
	if (s->shut == (SHUT_RECEIVE | SHUT_SEND))
		ready |= POLLHUP;
	if (s->shut & SHUT_RECEIVE)
		ready |= POLLRDHUP | POLLIN;
	if (queue_used(s) || s->pending_first)
		ready |= POLLIN;
	if (keeps_peer(s) && !s->connected && !s->listening)
		ready |= POLLHUP;
	if (writable(s))
		ready |= POLLOUT | POLLWRBAND;
	mutex_unlock(&lock);
	return ready;
}
