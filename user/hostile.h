/* SPDX-License-Identifier: MIT */
/*
 * How user/hostile.c describes a system call: a row says what each argument is,
 * and the hostile values follow from that.
 */
#ifndef USER_HOSTILE_H
#define USER_HOSTILE_H

/*
 * Memory at a fixed address, the same in each run:
 * WIDE_PAGES of plain memory, then nothing, a page without access, one to be read
 * only, and one of plain memory with nothing behind it.
 */
#define PAGE 4096ul
#define ARENA 0x10000000ul
#define WIDE_PAGES 16
#define UNMAPPED (ARENA + WIDE_PAGES * PAGE)
#define NO_ACCESS (UNMAPPED + PAGE)
#define READ_ONLY (NO_ACCESS + PAGE)
#define SCRATCH (READ_ONLY + PAGE)
#define EDGE (SCRATCH + PAGE)
#define ARENA_END (EDGE + PAGE)

/* What an argument is. */
enum kind {
	VAL,		/* a number that is not attacked */
	FD,		/* a descriptor: `value` is one of enum opened */
	SOME_FD,	/* as FD, but not attacked */
	IN,		/* memory that the kernel reads, `size` bytes */
	OUT,		/* memory that it writes, or reads and writes */
	STR,		/* a string */
	PATH,		/* a string that names a file */
	SIZE,		/* bytes, or how many */
	OFFSET,		/* a place in a file */
	BITS,		/* flags */
	NUM,		/* any other number */
	MADE,		/* a number that `before` has put into `made` */
	PID,		/* a process, a user, a group */
	ADDR,		/* memory that the call is about, `size` bytes */
	TIME,		/* a struct timespec, read */
	VEC,		/* a struct iovec, read */
};

/* What a descriptor is of. None of them blocks. */
enum opened {
	A_FILE, A_READER, A_WRITER, A_FOLDER, A_PATH, A_FOLDER_PATH, A_MEMFD, A_PIPE_END,
	A_PIPE_START, A_FIFO, A_STREAM, A_DGRAM, A_LISTENER, AN_EPOLL, AN_EVENT, A_TIMER,
	A_SIGNAL, A_TTY, A_PTMX, A_NULL, A_ZERO, A_FULL, A_PROC, A_QUEUE, OPENED
};

struct arg {
	enum kind kind;
	long value;
	long size;
};

/* How a row is made and told. */
#define COUNT 1		/* what it returns is told, not only that it went well */
#define FORKS 2		/* a second thread or process comes back */

struct row {
	const char *name;
	short number;
	short how;
	struct arg arg[6];
	void (*before)(void);
	long (*run)(long which);	/* instead of a call; `which` is the first argument */
};

#define V(x) { VAL, (long)(x), 0 }
#define F(what) { FD, what, 0 }
#define SF(what) { SOME_FD, what, 0 }
#define I(p, n) { IN, (long)(p), n }
#define O(p, n) { OUT, (long)(p), n }
#define S(s) { STR, (long)(s), 0 }
#define P(s) { PATH, (long)(s), 0 }
#define N(n) { SIZE, n, 0 }
#define OFF(n) { OFFSET, n, 0 }
#define B(bits) { BITS, bits, 0 }
#define X(n) { NUM, n, 0 }
#define M(n) { MADE, n, 0 }
#define ID(n) { PID, n, 0 }
#define A(addr, n) { ADDR, (long)(addr), n }
#define T(p) { TIME, (long)(p), 16 }
#define VECTOR(p) { VEC, (long)(p), 16 }
#define AT V(AT_FDCWD)
#define WIDE ARENA

#define ROW_OF(name, number, how, before, ...) \
	{ name, number, how, { __VA_ARGS__ }, before, NULL }
#define ROW(name, how, ...) ROW_OF(#name, SYS_##name, how, NULL, __VA_ARGS__)
#define AS(label, name, how, ...) ROW_OF(#name "/" #label, SYS_##name, how, NULL, __VA_ARGS__)
#define WITH(before, name, how, ...) ROW_OF(#name, SYS_##name, how, before, __VA_ARGS__)
#define WITH_AS(before, label, name, how, ...) \
	ROW_OF(#name "/" #label, SYS_##name, how, before, __VA_ARGS__)
#define RUN(label, run, which) \
	{ label, -1, COUNT, { { VAL, (long)(which), 0 } }, NULL, run }

#endif
