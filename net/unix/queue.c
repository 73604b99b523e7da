/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a queue. Blocks are there for positions between its head and its
 * tail, and, while something is being added, for those behind the tail.
 */
#include "internal.h"

static u16 *block_of(struct sock *s, u64 pos)
{
	return &s->block[pos / BLOCK_SIZE % QUEUE_BLOCKS];
}

static u8 *byte_at(struct sock *s, u64 pos)
{
	return (u8 *)block_at(*block_of(s, pos)) + pos % BLOCK_SIZE;
}

/* How many of `len` bytes at `pos` lie in one block. */
static u32 part_at(u64 pos, u64 len)
{
	return (u32)MIN(len, BLOCK_SIZE - pos % BLOCK_SIZE);
}

/* Gives back the blocks of positions [from, to), whole blocks only. */
void queue_release(struct sock *s, u64 from, u64 to)
{
	for (u64 pos = ALIGN_UP(from, BLOCK_SIZE); pos < to; pos += BLOCK_SIZE) {
		u16 *block = block_of(s, pos);

		if (*block)
			block_free(*block);
		*block = 0;
	}
}

/* Makes blocks for what comes between the tail and `end`: 0, -ENOBUFS. */
long queue_reserve(struct sock *s, u64 end)
{
	for (u64 pos = ALIGN_DOWN(s->tail, BLOCK_SIZE); pos < end; pos += BLOCK_SIZE) {
		u16 *block = block_of(s, pos);

		if (*block)
			continue;
		*block = block_new();
		if (*block)
			continue;
		queue_release(s, s->tail, pos);
		queue_moved(s, s->tail);
		return -ENOBUFS;
	}
	return 0;
}

/*
 * The head has moved from position `from`: blocks before it go, and the last one
 * when nothing is left.
 */
void queue_moved(struct sock *s, u64 from)
{
	u64 head = HEAD_POS(s->head), end = ALIGN_DOWN(head, BLOCK_SIZE);

	if (head == s->tail)
		end = head;
	queue_release(s, ALIGN_DOWN(from, BLOCK_SIZE), end);
}

struct record *queue_record(struct sock *s, u64 pos)
{
	return (struct record *)byte_at(s, pos);
}

void queue_put(struct sock *s, u64 pos, const void *data, u32 len)
{
	for (u32 done = 0, part; done < len; done += part) {
		part = part_at(pos + done, len - done);
		memcpy(byte_at(s, pos + done), (const u8 *)data + done, part);
	}
}

void queue_get(struct sock *s, u64 pos, void *data, u32 len)
{
	for (u32 done = 0, part; done < len; done += part) {
		part = part_at(pos + done, len - done);
		memcpy((u8 *)data + done, byte_at(s, pos + done), part);
	}
}

/* Copies from the program: bytes, fewer than `len` or -EFAULT if it cannot. */
long queue_from_user(struct sock *s, u64 pos, u32 ubuf, u64 off, u64 len)
{
	u64 done = 0;

	while (done < len) {
		u32 part = part_at(pos + done, len - done);
		long n = ubuf_read(ubuf, off + done, byte_at(s, pos + done), part);

		if (n < (long)part) {
			done += n > 0 ? (u64)n : 0;
			return done ? (long)done : n < 0 ? n : -EFAULT;
		}
		done += part;
	}
	return (long)done;
}

/* As queue_from_user(), to the program. */
long queue_to_user(struct sock *s, u64 pos, u32 ubuf, u64 off, u64 len)
{
	u64 done = 0;

	while (done < len) {
		u32 part = part_at(pos + done, len - done);
		long n = ubuf_write(ubuf, off + done, byte_at(s, pos + done), part);

		if (n < (long)part) {
			done += n > 0 ? (u64)n : 0;
			return done ? (long)done : n < 0 ? n : -EFAULT;
		}
		done += part;
	}
	return (long)done;
}
