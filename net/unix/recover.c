/* SPDX-License-Identifier: MIT */
/*
 * After a reset: everything that is derived is made anew, what was cut off is
 * taken back or finished, and what cannot be right (the module may have written
 * over its own memory) is thrown away with a word in the log.
 *
 *  1. the operation whose final store did not come was not done;
 *  2. reserved sockets go, but for the second of a pair;
 *  3. sockets that were closing empty their queues and tell their peers;
 *  4. queues are checked; blocks that none has are free; files in them are ours;
 *  5. names can be found, embryos stand at their listeners, clients know them;
 *  6. closing is finished, and everybody who sleeps looks again.
 */
#include "internal.h"

static u64 used_blocks[BLOCKS_MAX / 64];

static void settle_pending(void)
{
	struct done *d = root->pending;

	if (d >= root->done && d < root->done + DONE_SLOTS &&
	    (!store_word(d->word) || *d->word != d->value))
		d->op = 0;
	root->pending = NULL;
}

static void forget_derived(struct sock *s)
{
	s->want = 0;
	s->pending_first = s->pending_last = s->pending_next = s->hash_next = 0;
	s->pending = s->messages = 0;
	s->awaited = s->hashed = false;
	s->closing_next = 0;
	s->waits_for = 0;
}

/* A slot that does not say what it must. */
static bool broken(const struct sock *s, u32 slot)
{
	return s->state > STATE_CLOSING || (u16)s->number != slot ||
	       (s->type != SOCK_STREAM && s->type != SOCK_DGRAM && s->type != SOCK_SEQPACKET) ||
	       s->name_len > NAME_MAX_LEN || s->sndbuf > 2 * BUFFER_DEFAULT;
}

/* What was being made is not there; the second of a pair is if the first is. */
static void settle_reserved(struct sock *s)
{
	struct sock *first = sock_find(s->peer);

	if (first && first->peer == s->number) {
		s->state = STATE_LIVE;
		return;
	}
	if (s->wait)
		wait_destroy(s->wait);
	s->wait = 0;
	s->state = STATE_FREE;
}

/* Takes a queue's blocks; false: they cannot be its own. */
static bool claim_blocks(struct sock *s)
{
	u64 from = ALIGN_DOWN(HEAD_POS(s->head), BLOCK_SIZE);
	u16 block[QUEUE_BLOCKS];

	memcpy(block, s->block, sizeof(block));
	memset(s->block, 0, sizeof(s->block));
	if (HEAD_POS(s->head) > s->tail || queue_used(s) > QUEUE_CAPACITY ||
	    HEAD_POS(s->head) % sizeof(struct record))
		return false;
	for (u64 pos = from; queue_used(s) && pos < s->tail; pos += BLOCK_SIZE) {
		u32 i = pos / BLOCK_SIZE % QUEUE_BLOCKS, b = block[i] - 1u;

		if (!block[i] || b >= BLOCKS_MAX || !root->extent[b / EXTENT_BLOCKS] ||
		    (used_blocks[b / 64] >> b % 64 & 1))
			return false;
		used_blocks[b / 64] |= 1ull << b % 64;
		s->block[i] = block[i];
	}
	return true;
}

/* Walks the records: false when they do not lead to the tail. */
static bool claim_records(struct sock *s)
{
	u64 pos = HEAD_POS(s->head);
	u32 consumed = HEAD_CONSUMED(s->head), handle;
	struct record *r;

	for (; pos < s->tail; pos += r->size, consumed = 0) {
		r = queue_record(s, pos);
		if (!r->size || r->size % sizeof(*r) || r->size > s->tail - pos ||
		    record_data(r) + r->len > r->size || consumed > r->len ||
		    r->nfiles > SCM_MAX_FD || r->name_len > NAME_MAX_LEN)
			return false;
		s->messages += s->type != SOCK_STREAM;
		for (u32 i = 0; !consumed && i < r->nfiles; i++) {
			queue_get(s, pos + sizeof(*r) + i * 4, &handle, sizeof(handle));
			file_handle_claim(THIS_MODULE, handle);
			files_in_flight++;
		}
		sockets_in_flight += consumed ? 0 : r->nsockets;
	}
	return pos == s->tail && !consumed;
}

static void drop_queue(struct sock *s)
{
	memset(s->block, 0, sizeof(s->block));
	s->head = HEAD(s->tail, 0);
	s->messages = 0;
}

static void check_queue(struct sock *s)
{
	if (claim_blocks(s) && claim_records(s))
		return;
	pr_err("socket %u: what was sent to it is damaged, and lost", slot_of(s));
	drop_queue(s);
	s->error = EIO;
}

/* An embryo's client knows it, and its listener has it on its list. */
static void settle_embryo(struct sock *s)
{
	struct sock *listener = sock_find(s->listener), *client = sock_find(s->peer);

	if (client && (!client->peer || client->peer == s->number)) {
		client->peer = s->number;
		client->connected = 1;
		if (listener)
			client->peercred = listener->peercred;
	}
	if (listener)
		pending_add(listener, s);
	else
		closing_again(s);
}

static void settle_links(struct sock *s)
{
	if (s->bound && s->name_len)
		name_hash(s);
	if (s->listener)
		settle_embryo(s);
}

/* Calls `fn` for the sockets in a state. */
static void each(u64 state, void (*fn)(struct sock *))
{
	for (u32 slot = 1; slot <= sock_slots(); slot++)
		if (sock_at(slot)->state == state)
			fn(sock_at(slot));
}

static void settle_closing(struct sock *s)
{
	tell_peer(s);
	drop_queue(s);
	closing_again(s);
}

static void wake(struct sock *s)
{
	wait_wake(s->wait);
}

/* See the head of this file. */
void recover(void)
{
	if (!store_adopt())
		return;
	settle_pending();
	for (u32 slot = 1; slot <= sock_slots(); slot++) {
		struct sock *s = sock_at(slot);

		if (s->state != STATE_FREE && broken(s, slot)) {
			pr_err("socket %u is damaged, and lost", slot);
			s->state = STATE_FREE;
		}
		forget_derived(s);
	}
	each(STATE_RESERVED, settle_reserved);
	each(STATE_CLOSING, settle_closing);
	each(STATE_LIVE, check_queue);
	blocks_recount(used_blocks);
	socks_recount();
	each(STATE_LIVE, settle_links);
	closing_work();
	each(STATE_LIVE, wake);
}
