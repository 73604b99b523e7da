/* SPDX-License-Identifier: MIT */
/*
 * Sockets that were sent through each other and closed: each is kept open by a
 * message that nobody can receive any more. A socket can be reached if its file
 * has references besides those on their way, or if it is on its way to one that
 * can. The others' queues are thrown away, and with that they close.
 *
 * Looked for when a socket closes while others are on their way. The lock is
 * held, so nothing arrives or leaves meanwhile.
 */
#include "internal.h"

u32 sockets_in_flight;

/* Calls fn for each file on its way in a queue. */
static void each_file(struct sock *s, bool (*fn)(u32 handle), bool *any)
{
	u64 pos = HEAD_POS(s->head);
	bool taken = HEAD_CONSUMED(s->head);
	struct record *r;
	u32 handle;

	for (; pos < s->tail; pos += r->size, taken = false) {
		r = queue_record(s, pos);
		for (u32 i = 0; !taken && i < r->nfiles; i++) {
			queue_get(s, pos + sizeof(*r) + i * 4, &handle, sizeof(handle));
			*any |= fn(handle);
		}
	}
}

/* The socket that a file on its way is, or NULL; *refs: of the file. */
static struct sock *socket_of(u32 handle, u32 *refs)
{
	u64 number = 0;
	long n = file_handle_socket(THIS_MODULE, handle, &number);

	*refs = n > 0 ? (u32)n : 0;
	return n > 0 ? sock_find(number) : NULL;
}

/* One reference of a socket's file is accounted for. */
static bool count_file(u32 handle)
{
	u32 refs;
	struct sock *t = socket_of(handle, &refs);

	if (!t)
		return false;
	if (!t->in_flight)
		t->others = refs;
	t->in_flight++;
	t->others--;
	return true;
}

/* What is on its way to a socket that can be reached, can. */
static bool reach_file(u32 handle)
{
	u32 refs;
	struct sock *t = socket_of(handle, &refs);

	if (!t || t->reached)
		return false;
	t->reached = true;
	return true;
}

/* Marks what can be reached, from those that their programs hold. */
static void mark(void)
{
	bool more = false;

	for (u32 slot = 1; slot <= sock_slots(); slot++)
		sock_at(slot)->in_flight = 0;
	for (u32 slot = 1; slot <= sock_slots(); slot++)
		if (sock_at(slot)->state == STATE_LIVE)
			each_file(sock_at(slot), count_file, &more);
	for (u32 slot = 1; slot <= sock_slots(); slot++) {
		struct sock *s = sock_at(slot), *listener;

		listener = s->listener ? sock_find(s->listener) : NULL;
		s->reached = s->state == STATE_LIVE && !listener &&
			     (!s->in_flight || s->others);
	}
	do {
		more = false;
		for (u32 slot = 1; slot <= sock_slots(); slot++) {
			struct sock *s = sock_at(slot), *listener;

			listener = s->listener ? sock_find(s->listener) : NULL;
			if (listener)
				s->reached = listener->reached;
			if (s->state == STATE_LIVE && s->reached)
				each_file(s, reach_file, &more);
		}
	} while (more);
}

/* See the head of this file. Drops the lock where queues are thrown away. */
void garbage_collect(void)
{
	u32 slots = sock_slots();

	if (!sockets_in_flight)
		return;
	mark();
	for (u32 slot = 1; slot <= slots; slot++) {
		struct sock *s = sock_at(slot);

		if (s->state == STATE_LIVE && !s->reached)
			queue_discard(s);
	}
}
