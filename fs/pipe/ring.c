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

/* See internal.h: bytes, or an error if there was none. */
long ring_peek(struct pipe *p, u64 skip, struct place to, u64 len)
{
	u64 pos = p->rpos + skip, done = 0, part;
	long n = 0;

	len = MIN(len, p->wpos - pos);
	while (done < len) {
		u32 at = pos % CHUNK_SIZE;

		part = MIN(len - done, CHUNK_SIZE - at);
		n = copy(&to, (u8 *)page_at(*chunk_of(p, pos)) + at, part, true);
		if (n <= 0)
			break;
		pos += (u64)n;
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
		page = *chunk;
		*chunk = 0;
		page_give(page);
	}
}

/* Where `p` begins when `len` bytes are gone. */
static u64 consume(struct pipe *p, u64 len)
{
	u64 upto = p->rpos + len;

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

/* See internal.h. */
long ring_fill(struct pipe *p, struct place from, u64 len)
{
	u64 pos = p->wpos, done = 0, part;
	long n = 0;

	while (done < len) {
		u32 at = pos % CHUNK_SIZE, *chunk = chunk_of(p, pos), page;

		if (!*chunk) {
			mutex_lock(&pipes_lock);
			*chunk = page_take(&page) ? page : 0;
			mutex_unlock(&pipes_lock);
		}
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
		page = table[i];
		for (u32 k = 0; k < n && page; k++)
			if (used[k] == page)
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
	memcpy(fresh, page_at(table[last]), end % CHUNK_SIZE);
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
		page = table[i];
		table[i] = 0;
		if (page)
			page_give(page);
	}
	page = (u32)p->map;
	p->map = 0;
	if (page)
		page_give(page);
}
