/* SPDX-License-Identifier: MIT */
/*
 * The messages of a queue: a list by priority, and among equals by time. A message
 * is a chain of parts. Parts are taken and given back without the journal: those
 * that no queue leads to are found again after a reset.
 */
#include "internal.h"

static struct part *part_at(u64 place)
{
	return place ? pool_at(&parts, (u32)place - 1) : NULL;
}

static void message_free(u64 place)
{
	struct part *p;

	for (; (p = part_at(place)); place = p->more)
		p->used = 0;
}

/* See internal.h. */
void messages_free(u64 first)
{
	struct part *p;
	u64 next;

	for (; (p = part_at(first)); first = next) {
		next = p->next;
		message_free(first);
	}
}

/* A part with up to PART_BYTES of the program's: its place, -EFAULT, -ENOMEM. */
static long part_fill(u64 user, u64 len)
{
	u32 index;
	struct part *p = pool_take(&parts, &index);

	if (!p)
		return -ENOMEM;
	p->next = 0;
	p->more = 0;
	if (len && user_read(user, p->bytes, MIN(len, (u64)PART_BYTES)))
		return -EFAULT;
	p->used = 1;
	return index + 1;
}

/* A message that is in no queue yet: its place, or an error. */
static long message_make(u64 user, u64 len, u64 priority)
{
	long first = part_fill(user, len), place = first;
	struct part *p = first < 0 ? NULL : part_at((u64)first), *last = p;

	if (!p)
		return first;
	p->priority = priority;
	p->len = len;
	for (u64 done = PART_BYTES; done < len; done += PART_BYTES) {
		place = part_fill(user + done, len - done);
		if (place < 0) {
			message_free((u64)first);
			return place;
		}
		last->more = (u64)place;
		last = part_at((u64)place);
	}
	return first;
}

/* See internal.h. */
long message_put(struct queue *q, u64 user, u64 len, u64 priority)
{
	long place = message_make(user, len, priority);
	u64 *link = &q->first;
	struct part *other;

	if (place < 0)
		return place;
	while ((other = part_at(*link)) && other->priority >= priority)
		link = &other->next;
	part_at((u64)place)->next = *link;
	journal_set(link, (u64)place);
	journal_set(&q->count, q->count + 1);
	journal_set(&q->bytes, q->bytes + len);
	return 0;
}

/* See internal.h. */
long message_take(struct queue *q, u64 user, u64 user_priority)
{
	u64 place = q->first, done = 0;
	struct part *first = part_at(place), *p;
	u32 priority = first ? (u32)first->priority : 0;

	if (!first)
		return -EIO;
	for (p = first; p && done < first->len; p = part_at(p->more)) {
		u64 n = MIN(first->len - done, (u64)PART_BYTES);

		if (user_write(user + done, p->bytes, n))
			return -EFAULT;
		done += n;
	}
	if (user_priority && user_write(user_priority, &priority, sizeof(priority)))
		return -EFAULT;
	journal_set(&q->first, first->next);
	journal_set(&q->count, q->count - 1);
	journal_set(&q->bytes, q->bytes - first->len);
	journal_commit((long)done);
	message_free(place);
	return (long)done;
}

static void mark(u64 place)
{
	struct part *first, *p;

	for (; (first = part_at(place)); place = first->next)
		for (p = first; p; p = part_at(p->more))
			p->used = 1;
}

/* See internal.h. */
void messages_restore(void)
{
	struct part *p;
	struct queue *q;
	u32 i, at = 0;

	for (i = 0; i < pool_count(&parts); i++) {
		p = pool_at(&parts, i);
		if (p)
			p->used = 0;
	}
	while ((q = queue_next(&at)))
		mark(q->first);
}
