/* SPDX-License-Identifier: MIT */
/* faulty: commits the fault that it is told to. Test module. */
#ifndef INTERFACE_FAULTY_H
#define INTERFACE_FAULTY_H

#include <module.h>

enum fault_kind {
	FAULT_NONE,
	FAULT_NULL_READ,
	FAULT_NULL_WRITE,
	FAULT_WILD_READ,	/* a non-canonical address */
	FAULT_WILD_WRITE,
	FAULT_CORE_READ,	/* core text and data */
	FAULT_CORE_WRITE,
	FAULT_TEXT_WRITE,	/* its own code */
	FAULT_RODATA_WRITE,
	FAULT_EXEC_DATA,	/* jumps into its data */
	FAULT_JUMP_NULL,
	FAULT_JUMP_WILD,
	FAULT_STACK_OVERFLOW,
	FAULT_STACK_SMASH,	/* overwrites its return address, then returns */
	FAULT_DIVIDE,
	FAULT_ILLEGAL,		/* ud2 */
	FAULT_PRIVILEGED,	/* hlt */
	FAULT_PORT,		/* out to a port that it does not own */
	FAULT_BREAKPOINT,	/* int3 */
	FAULT_FPU,		/* an SSE instruction */
	FAULT_LOOP,		/* endless */
	FAULT_DEADLOCK,		/* takes its own mutex twice */
	FAULT_BUG,		/* module_bug() */
	FAULT_ABUSE_GATE,	/* `syscall` with a slot that does not exist */
	FAULT_BAD_POINTER_UP,	/* passes a core address to the core */
	FAULT_NESTED,		/* calls itself through the core without end */
	FAULT_LIE,		/* returns more bytes than the buffer has */
	FAULT_QUOTA,		/* allocates without end */
	FAULT_INIT,		/* as FAULT_BUG, and again in each recovering init */
	FAULT_SLEEP_FOREVER,	/* waits on an object that nobody wakes */
	FAULT_ABUSE_INT,	/* as FAULT_ABUSE_GATE, by `int` */
	FAULT_WRONG_STUB,	/* one import's number through another one's stub */
	FAULT_KINDS,
};

INTERFACE_BEGIN

/* Commits `kind` (enum fault_kind). Returns 0 only when nothing happened. */
long faulty_commit(u32 kind);
CONTRACT(faulty_commit, CALL_SLEEPS, ARG_VALUE(kind));
/* As faulty_commit() the first time; the next call (a restart) returns 42. */
long faulty_commit_once(u32 kind);
CONTRACT(faulty_commit_once, CALL_RESTARTABLE, ARG_VALUE(kind));
/* FAULT_LIE: claims to have filled more than `len`. */
long faulty_lie(void *buf, size_t len);
CONTRACT(faulty_lie, 0, ARG_OUT_RETURN(buf, len, 4096), ARG_VALUE(len));
/* Counts calls since the last (re)start: shows that data was reset. */
long faulty_count(void);
CONTRACT(faulty_count, 0);
/* FAULT_NESTED: calls core_call_faulty(depth + 1). */
long faulty_nest(u32 depth);
CONTRACT(faulty_nest, CALL_REENTRANT, ARG_VALUE(depth));
/* The core's part in it: calls faulty_nest(depth) and returns its result. */
long core_call_faulty(u32 depth);
CONTRACT(core_call_faulty, 0, ARG_VALUE(depth));

INTERFACE_END

#endif
