/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a pipe: a ring of chunks, which are pages that are taken as they
 * are written to. Bytes are copied first; that they are there, or gone, is one
 * change through the journal.
 */
#include "internal.h"

#define KEEP_CHUNKS 1u		/* that an empty pipe keeps */

static u32 *chunk_table(struct pipe *p)
{
	return p->map ? page_at((u32)p->map) : p->chunk;
}

static u32 *chunk_of(struct pipe *p, u64 pos)
{
	return &chunk_table(p)[pos / CHUNK_SIZE % p->chunks];
}

static long copy(struct place *place, void *mem, u64 len, bool out)
{
	long n = (long)len;

	if (place->mem && out)
		memcpy(place->mem + place->off, mem, len);
	else if (place->mem)
		memcpy(mem, place->mem + place->off, len);
	else
		n = out ? ubuf_write(place->ubuf, place->off, mem, len) :
			  ubuf_read(place->ubuf, place->off, mem, len);
	if (n > 0)
		place->off += (u64)n;
	return n;
}

/* Bytes of the chunk with byte `pos` that are there from `pos` on. */
static u64 part_at(struct pipe *p, u64 pos)
{
	u64 at = pos % CHUNK_SIZE, bytes = p->packets ? CHUNK_BYTES(*chunk_of(p, pos)) : 0;

	if (!bytes)
		bytes = CHUNK_SIZE;
	return MIN(bytes - MIN(bytes, at), p->wpos - pos);
}

/* The position `len` bytes behind `pos`; what is left empty in a chunk counts not. */
static u64 advance(struct pipe *p, u64 pos, u64 len)
{
	u64 part;

	if (likely(!p->packets))
		return pos + len;
	while (pos < p->wpos) {
		part = part_at(p, pos);
		if (len < part || (len == part && !CHUNK_BYTES(*chunk_of(p, pos))))
			return pos + len;
		len -= part;
		pos += CHUNK_SIZE - pos % CHUNK_SIZE;
	}
	return MIN(pos, p->wpos);
}

/* See internal.h. */
u64 ring_count(struct pipe *p)
{
	u64 bytes = 0;

	for (u64 pos = p->rpos; pos < p->wpos; pos += CHUNK_SIZE - pos % CHUNK_SIZE)
		bytes += part_at(p, pos);
	return bytes;
}

/* See internal.h. */
u32 ring_packet(struct pipe *p)
{
	u32 chunk = p->packets && pipe_used(p) ? *chunk_of(p, p->rpos) : 0;

	return chunk & CHUNK_PACKET ? (u32)part_at(p, p->rpos) : 0;
}

/* See internal.h: bytes, or an error if there was none. */
long ring_peek(struct pipe *p, u64 skip, struct place to, u64 len)
{
	u64 pos = skip ? advance(p, p->rpos, skip) : p->rpos, done = 0, part;
	bool packet = false;
	long n = 0;

	while (done < len && pos < p->wpos && !packet) {
		u32 chunk = *chunk_of(p, pos);

		packet = chunk & CHUNK_PACKET;
		part = MIN(len - done, part_at(p, pos));
		n = copy(&to, (u8 *)page_at(CHUNK_PAGE(chunk)) + pos % CHUNK_SIZE, part, true);
		if (n <= 0)
			break;
		pos = advance(p, pos, (u64)n);
		done += (u64)n;
		if ((u64)n < part)
			break;
	}
	return done ? (long)done : n;
}

/*
 * Gives the chunks back that lie before the one with byte `upto`. The ring may be
 * so full that the last bytes lie in the first chunk: that one stays.
 */
static void chunks_give(struct pipe *p, u64 from, u64 upto)
{
	u32 *chunk, page;

	for (; from / CHUNK_SIZE < upto / CHUNK_SIZE; from += CHUNK_SIZE) {
		if ((from / CHUNK_SIZE + p->chunks) * CHUNK_SIZE < p->wpos)
			continue;
		chunk = chunk_of(p, from);
		page = CHUNK_PAGE(*chunk);
		*chunk = 0;
		if (page)
			page_give(page);
	}
}

/* Where `p` begins when `len` bytes are gone. */
static u64 consume(struct pipe *p, u64 len)
{
	u64 upto = advance(p, p->rpos, len);

	if (upto == p->wpos && upto <= CHUNK_SIZE * KEEP_CHUNKS) {
		/* Empty, in its first chunk: it begins there again. */
		journal_set(&p->rpos, 0);
		journal_set(&p->wpos, 0);
		return p->rpos;
	}
	journal_set(&p->rpos, upto);
	return upto;
}

/* See internal.h. */
long ring_commit(struct pipe *in, u64 consumed, struct pipe *out, u64 appended, long result)
{
	u64 from = in ? in->rpos : 0, upto = 0;

	mutex_lock(&pipes_lock);
	if (in)
		upto = consume(in, consumed);
	if (out)
		journal_set(&out->wpos, out->wpos + appended);
	journal_commit(result);
	if (in)
		chunks_give(in, from, upto);
	mutex_unlock(&pipes_lock);
	return result;
}

/* Copies up to `len` bytes to where none are yet, from `pos` on: how many. */
static long fill(struct pipe *p, u64 pos, struct place from, u64 len)
{
	u64 done = 0, part;
	long n = 0;

	while (done < len) {
		u32 at = pos % CHUNK_SIZE, *chunk = chunk_of(p, pos), page;

		if (!*chunk) {
			mutex_lock(&pipes_lock);
			*chunk = page_take(&page) ? page : 0;
			mutex_unlock(&pipes_lock);
		}
		/* What a packet that did not come after all had noted. */
		if (p->packets)
			*chunk = CHUNK_PAGE(*chunk);
		part = MIN(len - done, CHUNK_SIZE - at);
		n = *chunk ? copy(&from, (u8 *)page_at(*chunk) + at, part, false) : -ENOMEM;
		if (n <= 0)
			break;
		pos += (u64)n;
		done += (u64)n;
		if ((u64)n < part)
			break;
	}
	return done ? (long)done : n;
}

/* See internal.h. */
long ring_fill(struct pipe *p, struct place from, u64 len)
{
	return fill(p, p->wpos, from, len);
}

/* One packet: its bytes, -EAGAIN, or an error. */
static long put_packet(struct pipe *p, struct place *from, u64 len, long before)
{
	u64 gap = -p->wpos % CHUNK_SIZE;
	u32 *last, *chunk;
	long n;

	if (pipe_room(p) < gap + CHUNK_SIZE)
		return -EAGAIN;
	p->packets = true;
	last = gap ? chunk_of(p, p->wpos) : NULL;
	chunk = chunk_of(p, p->wpos + gap);
	n = fill(p, p->wpos + gap, *from, len);
	if (n <= 0)
		return n;
	*chunk = CHUNK_WITH(CHUNK_PAGE(*chunk), n, CHUNK_PACKET);
	if (last)
		*last = CHUNK_WITH(CHUNK_PAGE(*last), CHUNK_SIZE - gap, 0);
	from->off += (u64)n;
	return ring_commit(NULL, 0, p, gap + CHUNK_SIZE, before + n) - before;
}

/* See internal.h. */
long ring_put_packets(struct pipe *p, struct place from, u64 len)
{
	u64 done = 0;
	long n = -EAGAIN;

	while (done < len) {
		n = put_packet(p, &from, MIN(len - done, (u64)PIPE_ATOMIC), (long)done);
		if (n <= 0)
			break;
		done += (u64)n;
	}
	return done ? (long)done : n;
}

/* Chunks of the bytes that are there, in order from the first: how many. */
static u32 chunks_gather(struct pipe *p, u32 *to)
{
	u64 first = p->rpos / CHUNK_SIZE, last = (p->wpos + CHUNK_SIZE - 1) / CHUNK_SIZE;
	u32 n = 0;

	for (u64 i = first; i < last; i++)
		to[n++] = *chunk_of(p, i * CHUNK_SIZE);
	return n;
}

static void words_set(struct pipe *p, const u64 *words)
{
	for (u32 i = 0; i < ARRAY_SIZE(p->chunk_words); i++)
		journal_set(&p->chunk_words[i], words[i]);
}

/* Chunks without bytes are given back, so that all that are there can be named. */
static void spare_give(struct pipe *p)
{
	u32 *table = chunk_table(p), used[CHUNKS_MAX], n = chunks_gather(p, used), page;

	for (u32 i = 0; i < p->chunks; i++) {
		page = CHUNK_PAGE(table[i]);
		for (u32 k = 0; k < n && page; k++)
			if (CHUNK_PAGE(used[k]) == page)
				page = 0;
		if (!page)
			continue;
		table[i] = 0;
		page_give(page);
	}
}

/*
 * A ring that is full to the brim has its last bytes in its first chunk: they get
 * one of their own. False: no memory.
 */
static bool last_chunk_split(struct pipe *p, u32 *table, u64 end)
{
	u32 last = (u32)(end / CHUNK_SIZE), page;
	void *fresh;

	if (!last || end % CHUNK_SIZE == 0 || table[last] != table[0])
		return true;
	fresh = page_take(&page);
	if (!fresh)
		return false;
	memcpy(fresh, page_at(CHUNK_PAGE(table[last])), end % CHUNK_SIZE);
	table[last] = page;
	return true;
}

/* See internal.h. The new table is complete before it is named. */
long ring_resize(struct pipe *p, u32 chunks)
{
	u64 start = p->rpos % CHUNK_SIZE, used = pipe_used(p);
	u64 words[CHUNKS_INLINE / 2] = { 0 };
	u32 map = 0, old = (u32)p->map, *table = (u32 *)words;

	if ((start + used + CHUNK_SIZE - 1) / CHUNK_SIZE > chunks)
		return -EBUSY;
	mutex_lock(&pipes_lock);
	if (chunks > CHUNKS_INLINE)
		table = page_take(&map);
	if (table) {
		spare_give(p);
		if (map)
			memset(table, 0, CHUNK_SIZE);
		chunks_gather(p, table);
		if (!last_chunk_split(p, table, start + used)) {
			if (map)
				page_give(map);
			mutex_unlock(&pipes_lock);
			return -ENOMEM;
		}
		if (map)
			memset(words, 0, sizeof(words));
		words_set(p, words);
		journal_set(&p->map, map);
		journal_set(&p->chunks, chunks);
		journal_set(&p->rpos, start);
		journal_set(&p->wpos, start + used);
		journal_commit((long)chunks * CHUNK_SIZE);
		if (old)
			page_give(old);
	}
	mutex_unlock(&pipes_lock);
	return table ? (long)chunks * CHUNK_SIZE : -ENOMEM;
}

/* The pipe is gone: its pages go back. pipes_lock is held. */
void ring_free(struct pipe *p)
{
	u32 *table = chunk_table(p), page;

	for (u32 i = 0; i < p->chunks; i++) {
		page = CHUNK_PAGE(table[i]);
		table[i] = 0;
		if (page)
			page_give(page);
	}
	page = (u32)p->map;
	p->map = 0;
	if (page)
		page_give(page);
}
