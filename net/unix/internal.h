/* SPDX-License-Identifier: MIT */
/*
 * UNIX sockets: what the files of this folder share.
 *
 * `lock` protects everything here. It is held over copies from and to user
 * buffers, and not over calls of vfs and what may close a file.
 *
 * Fields marked (d) are derived: after a reset recover.c makes them anew from
 * the others. All else is state, changed as unix.c says.
 */
#ifndef UNIX_INTERNAL_H
#define UNIX_INTERNAL_H

#include <errno.h>
#include <runtime.h>
#include <program.h>
#include <socket.h>
#include <string.h>
#include <vfs.h>
#include <whitix/fcntl.h>
#include <whitix/stat.h>

/* ---- queues (queue.c) -------------------------------------------------- */

#define BLOCK_SIZE PAGE_SIZE
#define QUEUE_BLOCKS 128	/* most that one queue reaches over */
#define QUEUE_CAPACITY ((QUEUE_BLOCKS - 1) * BLOCK_SIZE)

/*
 * Where a queue begins: the position of its first record and, below this bit,
 * how many bytes of that record's data have been read.
 */
#define HEAD_BITS 20
#define HEAD(pos, consumed) ((u64)(pos) << HEAD_BITS | (consumed))
#define HEAD_POS(head) ((head) >> HEAD_BITS)
#define HEAD_CONSUMED(head) ((u32)((head) & ((1u << HEAD_BITS) - 1)))

/*
 * A message, or a piece of a stream, in a queue: this, handles of files, the
 * sender's name, data; all in a row, but for the bounds of blocks, which lie at
 * multiples of its size.
 */
struct record {
	u32 size;		/* of all, a multiple of sizeof(struct record) */
	u32 len;		/* of the data */
	u8 nfiles;
	u8 name_len;
	u8 nsockets;		/* so many of the files are ours */
	u8 what;		/* RECORD_* */
	struct linux_ucred creds;
	u64 sender;
};
_Static_assert(BLOCK_SIZE % sizeof(struct record) == 0, "headers are not torn");
#define RECORD_CREDS 1		/* `creds` are known */

/* ---- sockets ----------------------------------------------------------- */

enum sock_state {
	STATE_FREE,
	STATE_RESERVED,		/* being made */
	STATE_LIVE,		/* an open file's, or an embryo: nobody accepted it yet */
	STATE_CLOSING,		/* its file is gone; what it holds is being given back */
};

#define SHUT_RECEIVE 1u
#define SHUT_SEND 2u
#define WANT_IN 1u		/* somebody was told to wait for data */
#define WANT_OUT 2u		/* ... for room */

#define NOBODY 0xffffffffu	/* id in `peercred` as long as there is none */
#define TIMEOUT_RECEIVE 0	/* index of timeout_ms */
#define TIMEOUT_SEND 1

/* Flags of SOL_SOCKET that are one bit: 1 << option. */
#define OPTION_BIT(option) (1u << (option))

#define NAME_PATH offsetof(struct linux_sockaddr_un, path)
#define NAME_MAX_LEN (sizeof(struct linux_sockaddr_un) + 1)	/* with a NUL added */

struct sock {
	u64 state;		/* enum sock_state */
	u64 number;		/* generation << 16 | slot */
	u32 wait;		/* handle, 0: none */
	u16 type;		/* SOCK_* */
	u8 shut;		/* SHUT_* */
	u8 want;		/* (d) WANT_* */
	u32 options;		/* OPTION_BIT() */
	u32 error;		/* SO_ERROR, positive */
	u32 sndbuf, rcvbuf, rcvlowat;
	u32 peek_off;		/* SO_PEEK_OFF and 1; 0: it is not on */
	u32 timeout_ms[2];	/* TIMEOUT_*; 0: none */
	struct linux_linger linger;
	u64 peer;		/* number of a socket, that may be gone; 0: none */
	struct linux_ucred peercred;
	u32 connected;		/* a stream or SEQPACKET that has or had a peer */
	u32 listening;
	u32 backlog;
	u64 listener;		/* not 0: an embryo of that socket */
	u64 order;		/* among the embryos */
	u16 pending_first, pending_last, pending_next;	/* (d) slots */
	u16 hash_next;		/* (d) slot */
	u32 pending;		/* (d) embryos */
	u32 messages;		/* (d) records in the queue */
	bool awaited;		/* (d) somebody's waits_for is this socket */
	bool hashed;		/* (d) */
	bool bound;		/* the name is its own, not its listener's */
	u16 closing_next;	/* (d) slot */
	bool reached;		/* (d) garbage.c */
	u32 in_flight, others;	/* (d) garbage.c: references of its file */
	u64 waits_for;		/* (d) number of the socket that has no room */
	u64 bind_op;		/* the operation that bound it, or tried to */
	u64 node, dev, ino;	/* of a path name: node is a reference */
	u64 head, tail;		/* HEAD() and position of the queue's ends */
	u16 block[QUEUE_BLOCKS];	/* of position p: p / BLOCK_SIZE % QUEUE_BLOCKS */
	u32 name_len;		/* as getsockname() gives it; 0: no name */
	u8 name[NAME_MAX_LEN];
};

static inline u64 queue_used(const struct sock *s)
{
	return s->tail - HEAD_POS(s->head);
}

static inline bool keeps_peer(const struct sock *s)
{
	return s->type != SOCK_DGRAM;
}

/* ---- what was done ----------------------------------------------------- */

/* The last operation of a thread that changed something, and what it returned. */
struct done {
	u64 op;			/* CONTEXT->op; 0: none */
	u64 *word;		/* its final store: *word = value */
	u64 value;
	long result;
};

extern struct mutex lock;
extern long unix_provider;	/* handle */

/* store.c: memory that survives a reset */
#define CHUNKS_MAX 64
#define CHUNK_PAGES 8
#define CHUNK_SOCKS (CHUNK_PAGES * PAGE_SIZE / sizeof(struct sock))
#define EXTENTS_MAX 512
#define EXTENT_BLOCKS 16	/* pages that are mapped at once */
#define BLOCKS_MAX (EXTENTS_MAX * EXTENT_BLOCKS)
#define DONE_SLOTS 64		/* by thread id */

struct root {
	u64 magic;
	struct done *pending;	/* its final store may or may not have happened */
	u64 order;		/* of the last embryo */
	u32 nchunks;
	u32 autobind;
	u64 chunk[CHUNKS_MAX];
	u64 extent[EXTENTS_MAX];	/* 0: none */
	struct done done[DONE_SLOTS];
};

extern struct root *root;	/* NULL: there never was a socket */

bool store_open(void);
bool store_adopt(void);
bool store_word(const u64 *word);
struct sock *sock_at(u32 slot);
u32 sock_slots(void);
struct sock *sock_find(u64 number);
struct sock *sock_new(u32 type);
void sock_free(struct sock *s);
void *block_at(u16 block);
u16 block_new(void);
void block_free(u16 block);
void blocks_recount(const u64 *used);
void socks_recount(void);

static inline u32 slot_of(const struct sock *s)
{
	return (u16)s->number;
}

struct done *done_before(void);
void commit(long result, u64 *word, u64 value);

/* queue.c: lock is held */
long queue_reserve(struct sock *s, u64 end);
void queue_release(struct sock *s, u64 from, u64 to);
struct record *queue_record(struct sock *s, u64 pos);
void queue_put(struct sock *s, u64 pos, const void *data, u32 len);
void queue_get(struct sock *s, u64 pos, void *data, u32 len);
long queue_from_user(struct sock *s, u64 pos, u32 ubuf, u64 off, u64 len);
long queue_to_user(struct sock *s, u64 pos, u32 ubuf, u64 off, u64 len);
void queue_moved(struct sock *s, u64 from);

/* name.c */
long unix_bind(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
long unix_getname(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
long name_target(const void *name, u64 len, u32 type, u64 *number);
long name_auto(u64 number);
void name_hash(struct sock *s);
void name_unhash(struct sock *s);

/* connect.c */
long unix_create(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
long unix_pair(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
long unix_listen(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
long unix_open(u64 number, bool other, struct file_open *file);
long unix_accept(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
long unix_connect(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
long unix_shutdown(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
long unix_release(u64 number);
void sock_wake(struct sock *s, u32 want);
long or_wait(long ret, const struct sock *s, u32 which, u32 flags);
void sock_wake_awaiting(struct sock *s);
void pending_add(struct sock *listener, struct sock *s);
long datagram_connect(struct sock *s, u64 target);
void tell_peer(struct sock *s);
void closing_again(struct sock *s);
void closing_work(void);

/* message.c */
long unix_send(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
long unix_recv(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
long unix_sendmsg(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
long unix_recvfrom(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
long unix_recvmsg(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
long unix_read(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags);
long unix_write(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags);
bool has_room(const struct sock *s, const struct sock *to);
u32 take_error(struct sock *s);
u64 record_data(const struct record *r);
void queue_discard(struct sock *s);

/* control.c */
struct files {
	u32 count;
	u32 sockets;		/* so many of them are ours */
	u32 handle[SCM_MAX_FD];
};

/* What a program's control messages say. */
struct control {
	bool creds_given;
	struct linux_ucred creds;
	struct files files;
};
long control_read(u32 ubuf, u64 len, struct control *c);
u64 control_write(u32 ubuf, u64 room, const struct linux_ucred *creds,
		  const struct files *files, u32 call_flags, u32 *flags);
void files_release(const struct files *files);
extern u32 sockets_in_flight;	/* (d) handles of sockets in queues */
extern u32 files_in_flight;	/* (d) handles in queues */

/* garbage.c */
void garbage_collect(void);

/* option.c */
long unix_setsockopt(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
long unix_getsockopt(u64 number, u32 ubuf, u64 a, u64 b, u32 flags);
long put_counted(u32 ubuf, const void *from, u32 len, bool whole);
long unix_ioctl(u64 number, u32 cmd, u64 arg, u32 ubuf);
long unix_poll(u64 number);
#define BUFFER_DEFAULT 212992u	/* Linux's wmem_default */

/* recover.c */
void recover(void);

#endif
