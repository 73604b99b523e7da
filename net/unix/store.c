/* SPDX-License-Identifier: MIT */
/*
 * What survives a reset: the root, which names the rest, chunks of sockets and
 * extents of blocks. Which socket or block is free is not kept: a socket says so
 * itself, a block is free that no queue reaches over (recover.c).
 *
 * commit() is the final store of every operation, and remembers its result.
 */
#include "internal.h"
#include <atomic.h>

#define ROOT_MAGIC 0x746f6f7278696e75ull	/* "unixroot" */
#define ROOT_PAGES DIV_ROUND_UP(sizeof(struct root), PAGE_SIZE)
#define BLOCKS_KEPT 64		/* free ones, before an extent is given back */

struct root *root;

static u16 free_sock;		/* slot; linked by hash_next */
static u16 free_block;		/* a free block begins with the next one's number */
static u32 nfree_blocks;
static u8 extent_used[EXTENTS_MAX];	/* blocks that are not free */

/* The root, made at the first socket; false: no memory. */
bool store_open(void)
{
	long addr;

	if (likely(root))
		return true;
	addr = heap_map_persistent(THIS_MODULE, ROOT_PAGES);
	if (is_error(addr))
		return false;
	((struct root *)addr)->magic = ROOT_MAGIC;
	root = (struct root *)addr;
	return true;
}

/* Whether the core has a run of ours there, of so many pages. */
static bool run_exists(u64 addr, u32 npages)
{
	struct heap_run run = { 0 };

	return addr && !heap_run_next(THIS_MODULE, addr - 1, &run) && run.addr == addr &&
	       run.npages == npages && run.owner == THIS_MODULE &&
	       (run.flags & HEAP_RUN_PERSISTENT);
}

static bool run_is_named(u64 addr)
{
	for (u32 i = 0; i < root->nchunks; i++)
		if (root->chunk[i] == addr)
			return true;
	for (u32 i = 0; i < EXTENTS_MAX; i++)
		if (root->extent[i] == addr)
			return true;
	return addr == (u64)root;
}

/* What the root names must be there. */
static void root_check(void)
{
	root->nchunks = MIN(root->nchunks, (u32)CHUNKS_MAX);
	for (u32 i = 0; i < root->nchunks; i++)
		if (!run_exists(root->chunk[i], CHUNK_PAGES)) {
			pr_err("%u chunks of sockets are lost", root->nchunks - i);
			root->nchunks = i;
		}
	for (u32 i = 0; i < EXTENTS_MAX; i++)
		if (root->extent[i] && !run_exists(root->extent[i], EXTENT_BLOCKS))
			root->extent[i] = 0;
}

/* A word that an operation's final store may write to. */
bool store_word(const u64 *word)
{
	for (u32 i = 0; i < root->nchunks; i++)
		if ((u64)word - root->chunk[i] < CHUNK_PAGES * PAGE_SIZE)
			return (u64)word % sizeof(*word) == 0;
	return false;
}

/* Finds the root after a reset; runs that it does not name go. False: none. */
bool store_adopt(void)
{
	struct heap_run run = { 0 };
	u64 after = 0;

	for (; !heap_run_next(THIS_MODULE, after, &run); after = run.addr)
		if (run.owner == THIS_MODULE && (run.flags & HEAP_RUN_PERSISTENT) &&
		    run.npages == ROOT_PAGES && *(u64 *)run.addr == ROOT_MAGIC)
			root = (struct root *)run.addr;
	if (root)
		root_check();
	for (after = 0; !heap_run_next(THIS_MODULE, after, &run); after = run.addr)
		if (run.owner == THIS_MODULE && (run.flags & HEAP_RUN_PERSISTENT) &&
		    !(root && run_is_named(run.addr)))
			heap_unmap(THIS_MODULE, run.addr, run.npages);
	return root;
}

/* ---- sockets ----------------------------------------------------------- */

/* Slots run from 1; a socket's is for life. */
u32 sock_slots(void)
{
	return root->nchunks * CHUNK_SOCKS;
}

struct sock *sock_at(u32 slot)
{
	return (struct sock *)root->chunk[(slot - 1) / CHUNK_SOCKS] + (slot - 1) % CHUNK_SOCKS;
}

/* The socket of a number if it lives (an embryo does), or NULL. */
struct sock *sock_find(u64 number)
{
	u32 slot = (u16)number;
	struct sock *s;

	if (unlikely(!root || !slot || slot > sock_slots()))
		return NULL;
	s = sock_at(slot);
	return s->number == number && s->state == STATE_LIVE ? s : NULL;
}

static void sock_to_free(struct sock *s, u32 slot)
{
	s->hash_next = free_sock;
	free_sock = (u16)slot;
}

static bool chunk_add(void)
{
	u32 slot = sock_slots() + 1;
	long addr;

	if (root->nchunks == CHUNKS_MAX)
		return false;
	addr = heap_map_persistent(THIS_MODULE, CHUNK_PAGES);
	if (is_error(addr))
		return false;
	root->chunk[root->nchunks] = (u64)addr;
	barrier();
	root->nchunks++;
	for (u32 i = 0; i < CHUNK_SOCKS; i++)
		sock_to_free(sock_at(slot + i), slot + i);
	return true;
}

/* A reserved socket with nothing in it but a wait object; NULL: no room. */
struct sock *sock_new(u32 type)
{
	struct sock *s;
	u64 number;
	u32 slot;
	long wait;

	if (!free_sock && !chunk_add())
		return NULL;
	wait = wait_create(THIS_MODULE);
	if (wait < 0)
		return NULL;
	slot = free_sock;
	s = sock_at(slot);
	free_sock = s->hash_next;
	number = ((s->number >> 16) + 1) << 16 | slot;
	memset(s, 0, sizeof(*s));
	*s = (struct sock){
		.number = number, .wait = (u32)wait, .type = (u16)type,
		.sndbuf = BUFFER_DEFAULT, .rcvbuf = BUFFER_DEFAULT, .rcvlowat = 1,
		.peercred = { 0, NOBODY, NOBODY },
	};
	barrier();
	s->state = STATE_RESERVED;
	return s;
}

/* Gives back a socket whose queue is empty. */
void sock_free(struct sock *s)
{
	if (s->wait)
		wait_destroy(s->wait);
	s->wait = 0;
	barrier();
	s->state = STATE_FREE;
	sock_to_free(s, slot_of(s));
}

/* After a reset: finds the sockets that are free. */
void socks_recount(void)
{
	for (u32 slot = sock_slots(); slot > 0; slot--)
		if (sock_at(slot)->state == STATE_FREE)
			sock_to_free(sock_at(slot), slot);
}

/* ---- blocks ------------------------------------------------------------ */

/* Blocks are numbered from 1 on. */
void *block_at(u16 block)
{
	u32 i = block - 1u;

	return (void *)(root->extent[i / EXTENT_BLOCKS] + i % EXTENT_BLOCKS * BLOCK_SIZE);
}

static void block_to_free(u16 block)
{
	*(u16 *)block_at(block) = free_block;
	free_block = block;
	nfree_blocks++;
}

static bool extent_add(void)
{
	u32 i;
	long addr;

	for (i = 0; i < EXTENTS_MAX && root->extent[i]; i++)
		;
	if (i == EXTENTS_MAX)
		return false;
	addr = heap_map_persistent(THIS_MODULE, EXTENT_BLOCKS);
	if (is_error(addr))
		return false;
	root->extent[i] = (u64)addr;
	for (u32 k = EXTENT_BLOCKS; k > 0; k--)
		block_to_free((u16)(i * EXTENT_BLOCKS + k));
	return true;
}

/* A block, with anything in it; 0: no memory. */
u16 block_new(void)
{
	u16 block;

	if (!free_block && !extent_add())
		return 0;
	block = free_block;
	free_block = *(u16 *)block_at(block);
	nfree_blocks--;
	extent_used[(block - 1) / EXTENT_BLOCKS]++;
	return block;
}

/* An extent that nobody uses goes back. */
static void extent_remove(u32 i)
{
	u64 addr = root->extent[i];
	u16 *p = &free_block;

	while (*p)
		if ((*p - 1u) / EXTENT_BLOCKS == i)
			*p = *(u16 *)block_at(*p);
		else
			p = block_at(*p);
	nfree_blocks -= EXTENT_BLOCKS;
	root->extent[i] = 0;
	heap_unmap(THIS_MODULE, addr, EXTENT_BLOCKS);
}

void block_free(u16 block)
{
	u32 i = (block - 1u) / EXTENT_BLOCKS;

	block_to_free(block);
	if (--extent_used[i] == 0 && nfree_blocks > BLOCKS_KEPT)
		extent_remove(i);
}

/* After a reset: `used` has a bit for each block that a queue has, less one. */
void blocks_recount(const u64 *used)
{
	for (u32 b = 0; b < BLOCKS_MAX; b++) {
		if (!root->extent[b / EXTENT_BLOCKS])
			continue;
		if (used[b / 64] >> b % 64 & 1)
			extent_used[b / EXTENT_BLOCKS]++;
		else
			block_to_free((u16)(b + 1));
	}
}

/* ---- what was done ----------------------------------------------------- */

/* Where the calling thread's last operation is noted. */
static struct done *done_slot(void)
{
	return &root->done[current_tid() % DONE_SLOTS];
}

/*
 * If the call is run again after a reset and had been done before it: what it
 * had to return. Else NULL.
 */
struct done *done_before(void)
{
	if (likely(!CONTEXT->rerun) || !root || done_slot()->op != CONTEXT->op)
		return NULL;
	return done_slot();
}

/*
 * The final store of an operation that returns `result`: *word = value. Before
 * it nothing has happened, after it everything has. recover.c takes the note
 * back when the store did not come.
 */
void commit(long result, u64 *word, u64 value)
{
	struct done *d = done_slot();

	d->op = 0;
	barrier();
	d->word = word;
	d->value = value;
	d->result = result;
	barrier();
	root->pending = d;
	barrier();
	d->op = CONTEXT->op;
	barrier();
	*word = value;
	barrier();
	root->pending = NULL;
}
