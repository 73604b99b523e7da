/* SPDX-License-Identifier: MIT */
/*
 * Pipes: shared by pipes (pipe.c) and FIFOs (fifo.c).
 *
 * Locks, in this order:
 *   pipe->lock: a pipe; held over copies from and to user buffers.
 *   pipes_lock: the table, the list of FIFOs, struct pipe.users.
 */
#ifndef PIPE_INTERNAL_H
#define PIPE_INTERNAL_H

#include <errno.h>
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

#define PIPE_CAPACITY (CONFIG_PIPE_BUFFER_KIB * 1024u)
#define PIPE_ATOMIC 4096u	/* PIPE_BUF: such a write is not torn */
#define CHUNK_SIZE 4096u
#define CHUNKS (PIPE_CAPACITY / CHUNK_SIZE)
#define PIPES_MAX 4096

/* What an open file may do, in its number. */
#define END_READ 1u
#define END_WRITE 2u

struct pipe {
	struct mutex lock;
	u32 slot;		/* in the table; constant */
	u32 generation;		/* constant */
	u32 wait;		/* handle; constant */
	u32 users;		/* open ends and calls inside; pipes_lock */
	u64 dev, ino;		/* of a FIFO, 0: a pipe; constant */
	struct pipe *next_fifo;	/* pipes_lock */
	u32 readers, writers;	/* open ends */
	u32 reader_opens, writer_opens;	/* so far: a FIFO's open waits for them */
	bool want_in, want_out;	/* somebody was told to wait */
	u64 rpos, wpos;		/* bytes read and written */
	u8 *chunk[CHUNKS];	/* byte p of the stream: chunk p / 4096 % CHUNKS */
};

extern struct mutex pipes_lock;
extern long pipe_provider;	/* handle */

/* pipe.c */
struct pipe *pipe_new(u64 dev, u64 ino);
struct pipe *pipe_enter(u64 number);
void pipe_leave(struct pipe *p);
void pipe_wake(struct pipe *p);
void pipe_fill_open(const struct pipe *p, u32 ends, struct file_open *file);

/* fifo.c */
extern const struct vfs_special_ops fifo_ops;
void fifo_gone(struct pipe *p);
u32 ends_of(u32 oflags);
void add_ends(struct pipe *p, u32 ends);

#endif
