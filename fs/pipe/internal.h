/* SPDX-License-Identifier: MIT */
/*
 * Pipes: pipe.c has the table and their life, ring.c the bytes, file.c the open
 * files, fifo.c named pipes, calls.c system calls.
 *
 * Locks, in this order:
 *   pipe->lock: a pipe's bytes; held over copies from and to programs.
 *   pipes_lock: everything else, and the journal.
 */
#ifndef PIPE_INTERNAL_H
#define PIPE_INTERNAL_H

#include <errno.h>
#include <persist.h>
#include <pipe.h>
#include <runtime.h>
#include <string.h>
#include <vfs.h>
#include <whitix/fcntl.h>
#include <whitix/ioctl.h>
#include <whitix/stat.h>

#ifndef CONFIG_PIPE_BUFFER_KIB
#define CONFIG_PIPE_BUFFER_KIB 64
#endif

#define CHUNK_SIZE 4096u
#define PIPE_ATOMIC 4096u	/* PIPE_BUF: such a write is not torn */
#define CHUNKS_DEFAULT (CONFIG_PIPE_BUFFER_KIB * 1024u / CHUNK_SIZE)
#define CHUNKS_INLINE 16u
#define CHUNKS_MAX 1024u	/* as many as a page has room for */
#define PIPE_SIZE_MAX (1u << 20)	/* for who is not root */

/* What an open file may do, in its number. */
#define END_READ 1u
#define END_WRITE 2u

/*
 * A pipe, in persistent memory. What is above `lock` is changed by the journal.
 * Byte p of the stream is in chunk p / CHUNK_SIZE % chunks. A chunk is a number of
 * the page pool plus 1, 0: none; which chunks there are may be changed without
 * the journal where no bytes are.
 *
 * A packet (O_DIRECT) begins a chunk and takes all of it: its bytes are noted with the
 * chunk (CHUNK_BYTES), and so are those of a chunk in front of it that is not full.
 */
#define CHUNK_PAGE(c) ((c) & 0xffffu)
#define CHUNK_BYTES(c) ((c) >> 16 & 0x1fffu)	/* 0: all of it */
#define CHUNK_WITH(page, bytes, flags) ((page) | (u32)(bytes) << 16 | (flags))
#define CHUNK_PACKET 0x80000000u
struct pipe {
	u64 generation;		/* 0: free */
	u64 last_generation;	/* of this place */
	u64 wait;		/* handle */
	u64 dev, ino;		/* of a FIFO, 0: a pipe */
	u64 readers, writers;	/* open ends */
	u64 reader_opens, writer_opens;	/* so far: a FIFO's open waits for them */
	u64 rpos, wpos;		/* bytes read and written */
	u64 chunks;		/* a power of two */
	u64 map;		/* page with the chunks, plus 1; 0: they are here: */
	union {
		u32 chunk[CHUNKS_INLINE];
		u64 chunk_words[CHUNKS_INLINE / 2];
	};
	struct mutex lock;
	u32 slot;		/* in the table */
	u32 inside;		/* calls that use it; pipes_lock */
	bool want_in, want_out;	/* somebody was told to wait */
	bool polled;		/* a watcher may want to hear of each write */
	bool reading;		/* splice(2) is about to take bytes; p->lock */
	bool packets;		/* chunks may have notes */
	u8 spare[23];
};
_Static_assert(sizeof(struct pipe) % 8 == 0, "a pool's objects are words");

extern struct mutex pipes_lock;
extern long pipe_provider;	/* handle */

/* pipe.c */

/* A pipe without open ends, entered once; pipes_lock is held. NULL: no room. */
struct pipe *pipe_new(u64 dev, u64 ino);
/* The pipe with this place, if there is one. */
struct pipe *pipe_at(u32 slot);
u32 pipe_slots(void);
/* The pipe of an open file, locked; NULL: there is none. */
struct pipe *pipe_enter(u64 number);
void pipe_leave(struct pipe *p);
/* Journals `count` open ends more or less, with `result` of the operation. */
long pipe_count_ends(struct pipe *p, u32 ends, s64 count, long result);
/* Wakes everybody who waits for something of the pipe. p->lock is held. */
void pipe_wake(struct pipe *p);
u64 pipe_number(const struct pipe *p, u32 ends);
void pipe_fill_open(const struct pipe *p, u32 ends, struct file_open *file);
/* A page of the pool, with its number plus 1; NULL: no memory. */
void *page_take(u32 *page);
void page_give(u32 page);
void *page_at(u32 page);

/* ring.c: p->lock is held. */

/* Where bytes go to or come from: a program's or the module's own memory. */
struct place {
	u8 *mem;		/* NULL: user buffer `ubuf` */
	u32 ubuf;
	u64 off;
};

static inline u32 pipe_used(const struct pipe *p)
{
	return (u32)(p->wpos - p->rpos);
}

static inline u32 pipe_room(const struct pipe *p)
{
	return (u32)p->chunks * CHUNK_SIZE - pipe_used(p);
}

/*
 * Copies up to `len` bytes out, from `skip` bytes on; they stay in the pipe. It ends
 * with the first packet.
 */
long ring_peek(struct pipe *p, u64 skip, struct place to, u64 len);
/* How many bytes can be read. */
u64 ring_count(struct pipe *p);
/* The first bytes are a packet's, which a read takes as a whole: how many, 0: no. */
u32 ring_packet(struct pipe *p);
/* Packets of up to `len` bytes, each committed: bytes, -EAGAIN, or an error. */
long ring_put_packets(struct pipe *p, struct place from, u64 len);
/* Copies up to `len` bytes, for which there is room, behind the last: how many. */
long ring_fill(struct pipe *p, struct place from, u64 len);
/*
 * In one step: `in` loses its first bytes, `out` gets those that were filled in,
 * and the operation has come to `result`, which it returns. One may be NULL.
 */
long ring_commit(struct pipe *in, u64 consumed, struct pipe *out, u64 appended, long result);
/* Makes the ring `chunks` large: 0, -EBUSY, -ENOMEM. */
long ring_resize(struct pipe *p, u32 chunks);
void ring_free(struct pipe *p);

/* file.c */
extern const struct file_ops pipe_ops;

/* fifo.c */
extern const struct vfs_special_ops fifo_ops;
u32 ends_of(u32 oflags);

/* calls.c */
long calls_register(void);

#endif
