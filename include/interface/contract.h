/* SPDX-License-Identifier: MIT */
/*
 * Contracts: what the arguments of a call between modules and core mean.
 *
 * A prototype in include/interface/ is followed by its contract:
 *
 *	long vfs_stat(u64 node, struct vfs_attr *attr);
 *	CONTRACT(vfs_stat, CALL_RESTARTABLE, ARG_VALUE(node),
 *		 ARG_STRUCT_OUT(attr, struct vfs_attr));
 *
 * It lists the parameters by name, in order. The macro makes an unused
 * `static const struct contract vfs_stat__contract` (one packed word an
 * argument) that costs nothing until the provider's SYMBOL_EXPORT(vfs_stat)
 * names it. A length is given by the name of the parameter that holds it, so a
 * wrong name does not compile. tests/host/contracts.py compares every contract
 * with the prototype in the debug information.
 *
 * What crosses is a value, a buffer for the time of the call, or a handle.
 * Never a pointer inside a struct, never a pointer that is kept.
 */
#ifndef INTERFACE_CONTRACT_H
#define INTERFACE_CONTRACT_H

#include <types.h>

#define CONTRACT_MAX_ARGS 6

/* Staging space of one call: all its copied buffers together, in bytes. */
#define CONTRACT_STAGING 16384

/* Kinds of argument: bits 0-7 of an argument word. */
enum arg_kind {
	ARG_KIND_VALUE,		/* an integer; copied as it is */
	ARG_KIND_SELF,		/* the caller's module id; the gate checks it */
	ARG_KIND_STRING,	/* NUL-terminated, copied in; size: most bytes with NUL */
	ARG_KIND_IN,		/* buffer copied in */
	ARG_KIND_OUT,		/* buffer copied back on return */
	ARG_KIND_INOUT,		/* both */
	ARG_KIND_UBUF,		/* index of a user buffer of the current thread */
	ARG_KIND_HANDLE,	/* a core object's handle, lent for the call */
	ARG_KIND_HANDLE_GIVE,	/* a core object's handle, owner becomes the callee */
	ARG_KIND_CALLBACK,	/* function pointer; callee gets a bound stub */
	ARG_KIND_OPS,		/* table of function pointers; bound likewise */
};

/* Where a buffer's length comes from: bits 8-15. */
enum arg_len {
	ARG_LEN_NONE,
	ARG_LEN_CONST,		/* `size` bytes */
	ARG_LEN_PARAM,		/* parameter `len_index`, at most `size` */
	ARG_LEN_RETURN,		/* as PARAM; of an OUT buffer the return value
				 * says how many bytes were written */
};

/* Types of handle: bits 24-31. HANDLE_NONE accepts any. */
enum handle_type {
	HANDLE_NONE,
	HANDLE_WAIT,
	HANDLE_TIMER,
	HANDLE_IRQ,
	HANDLE_MMIO,
	HANDLE_THREAD,
	HANDLE_PAGEOBJ,
	HANDLE_PROVIDER,
	HANDLE_FILE,
	HANDLE_TYPES,
};

#define ARG_WORD_KIND(w) ((enum arg_kind)((w) & 0xff))
#define ARG_WORD_LEN(w) ((enum arg_len)(((w) >> 8) & 0xff))
#define ARG_WORD_LEN_INDEX(w) ((unsigned int)(((w) >> 16) & 0xff))
#define ARG_WORD_HANDLE(w) ((enum handle_type)(((w) >> 24) & 0xff))
#define ARG_WORD_SIZE(w) ((u32)((w) >> 32))

#define ARG_WORD(kind, len, index, handle, size) \
	((u64)(kind) | (u64)(len) << 8 | (u64)(index) << 16 | \
	 (u64)(handle) << 24 | (u64)(size) << 32)

/* What a call is. */
#define CALL_SLEEPS 0x0001	/* may block for other than the scheduler's reasons */
#define CALL_RESTARTABLE 0x0002	/* may be run again after a reset: idempotent, or
				 * logged (struct context_page, `op`) */
#define CALL_REENTRANT 0x0004	/* may be called against the rank order */
#define CALL_VOID 0x0008	/* no return value */
#define CALL_FAIL_ZERO 0x0010	/* 0 means failure; else negative error numbers do */
#define CALL_NORETURN 0x0020
#define CALL_RUNTIME 0x0040	/* used by runtime/: no rank of its own */
#define CALL_INPLACE 0x0080	/* a core function that copies its payload itself */

struct ops_contract;

/* The meaning of one call. Constant data in the provider's rodata. */
struct contract {
	u64 arg[CONTRACT_MAX_ARGS];
	u32 flags;		/* CALL_* */
	u32 nargs;
	const char *names;	/* "node,attr,": checked against debug info */
	const struct ops_contract *ops;	/* of the one OPS or CALLBACK argument */
};

/* The meanings of the members of a table of function pointers, in order. */
struct ops_contract {
	const char *name;
	u32 size;		/* of the struct, bytes; size / 8 members */
	u32 ncalls;
	const struct contract *const *call;
};

/*
 * Argument descriptions. Each expands to a tuple
 * (kind, name, length kind, length parameter, size, handle type, ops)
 * which the CT_* macros below take apart.
 */
#define ARG_VALUE(name) (VALUE, name, NONE, CT_NOLEN, 0, HANDLE_NONE, )
#define ARG_SELF(name) (SELF, name, NONE, CT_NOLEN, 0, HANDLE_NONE, )
#define ARG_STRING(name, max) (STRING, name, CONST, CT_NOLEN, max, HANDLE_NONE, )
#define ARG_IN(name, len, max) (IN, name, PARAM, len, max, HANDLE_NONE, )
#define ARG_OUT(name, len, max) (OUT, name, PARAM, len, max, HANDLE_NONE, )
#define ARG_OUT_RETURN(name, len, max) (OUT, name, RETURN, len, max, HANDLE_NONE, )
#define ARG_INOUT(name, len, max) (INOUT, name, PARAM, len, max, HANDLE_NONE, )
#define ARG_STRUCT_IN(name, type) \
	(IN, name, CONST, CT_NOLEN, sizeof(type), HANDLE_NONE, )
#define ARG_STRUCT_OUT(name, type) \
	(OUT, name, CONST, CT_NOLEN, sizeof(type), HANDLE_NONE, )
#define ARG_STRUCT_INOUT(name, type) \
	(INOUT, name, CONST, CT_NOLEN, sizeof(type), HANDLE_NONE, )
#define ARG_UBUF(name) (UBUF, name, NONE, CT_NOLEN, 0, HANDLE_NONE, )
#define ARG_HANDLE(name, type) (HANDLE, name, NONE, CT_NOLEN, 0, type, )
#define ARG_HANDLE_GIVE(name, type) (HANDLE_GIVE, name, NONE, CT_NOLEN, 0, type, )
#define ARG_CALLBACK(name, cb) \
	(CALLBACK, name, CONST, CT_NOLEN, 8, HANDLE_NONE, .ops = &cb##__ops,)
#define ARG_OPS(name, type) \
	(OPS, name, CONST, CT_NOLEN, sizeof(struct type), HANDLE_NONE, \
	 .ops = &type##__ops,)

#define CT_FIELD_(kind, name, ...) u64 name;
#define CT_FIELD(fn, tuple) CT_FIELD_ tuple
#define CT_NAME_(kind, name, ...) #name ","
#define CT_NAME(fn, tuple) CT_NAME_ tuple
#define CT_OPS_(kind, name, len, lenparam, size, handle, ...) __VA_ARGS__
#define CT_OPS(fn, tuple) CT_OPS_ tuple
#define CT_UNPACK(...) __VA_ARGS__
#define CT_WORD(fn, tuple) CT_WORD_1(fn, CT_UNPACK tuple)
#define CT_WORD_1(...) CT_WORD_(__VA_ARGS__)
#define CT_WORD_(fn, kind, name, len, lenparam, size, handle, ...) \
	[offsetof(struct fn##__args, name) / 8] = \
		ARG_WORD(ARG_KIND_##kind, ARG_LEN_##len, \
			 offsetof(struct fn##__args, lenparam) / 8, handle, size),

#define CT_COUNT(...) CT_COUNT_(__VA_ARGS__ __VA_OPT__(, ) 6, 5, 4, 3, 2, 1, 0)
#define CT_COUNT_(a, b, c, d, e, f, n, ...) n
#define CT_EACH_0(m, fn)
#define CT_EACH_1(m, fn, a) m(fn, a)
#define CT_EACH_2(m, fn, a, ...) m(fn, a) CT_EACH_1(m, fn, __VA_ARGS__)
#define CT_EACH_3(m, fn, a, ...) m(fn, a) CT_EACH_2(m, fn, __VA_ARGS__)
#define CT_EACH_4(m, fn, a, ...) m(fn, a) CT_EACH_3(m, fn, __VA_ARGS__)
#define CT_EACH_5(m, fn, a, ...) m(fn, a) CT_EACH_4(m, fn, __VA_ARGS__)
#define CT_EACH_6(m, fn, a, ...) m(fn, a) CT_EACH_5(m, fn, __VA_ARGS__)
#define CT_EACH__(n, m, fn, ...) CT_EACH_##n(m, fn __VA_OPT__(, ) __VA_ARGS__)
#define CT_EACH_N(n, m, fn, ...) CT_EACH__(n, m, fn __VA_OPT__(, ) __VA_ARGS__)
#define CT_EACH(m, fn, ...) \
	CT_EACH_N(CT_COUNT(__VA_ARGS__), m, fn __VA_OPT__(, ) __VA_ARGS__)

/* The contract of function (or `struct type` member type__member) `fn`. */
#define CONTRACT(fn, callflags, ...) \
	struct fn##__args { \
		CT_EACH(CT_FIELD, fn __VA_OPT__(, ) __VA_ARGS__) \
		u64 CT_NOLEN; \
	}; \
	static const struct contract fn##__contract __unused = { \
		.arg = { CT_EACH(CT_WORD, fn __VA_OPT__(, ) __VA_ARGS__) }, \
		.flags = (callflags), \
		.nargs = CT_COUNT(__VA_ARGS__), \
		.names = "" CT_EACH(CT_NAME, fn __VA_OPT__(, ) __VA_ARGS__), \
		CT_EACH(CT_OPS, fn __VA_OPT__(, ) __VA_ARGS__) \
	}

/*
 * The contract of a table of function pointers: `struct type` has only
 * function pointers, and each member m has CONTRACT(type__m, ...). List all
 * members in order (up to 24).
 */
#define OPS_TABLE(type, ...) \
	static const struct contract *const type##__calls[] __unused = { \
		OT_EACH(type, __VA_ARGS__) \
	}; \
	_Static_assert(sizeof(type##__calls) == sizeof(struct type), \
		       "an ops table lists each member once"); \
	static const struct ops_contract type##__ops __unused = { \
		.name = #type, .size = sizeof(struct type), \
		.ncalls = ARRAY_SIZE(type##__calls), .call = type##__calls, \
	}
#define OT_ONE(type, m) [offsetof(struct type, m) / 8] = &type##__##m##__contract,
#define OT_EACH(type, ...) OT_EXPAND(OT_STEP(type, __VA_ARGS__))
#define OT_STEP(type, m, ...) \
	OT_ONE(type, m) __VA_OPT__(OT_AGAIN OT_PARENS(type, __VA_ARGS__))
#define OT_AGAIN() OT_STEP
#define OT_PARENS ()
#define OT_EXPAND(...) OT_E3(OT_E3(OT_E3(__VA_ARGS__)))
#define OT_E3(...) OT_E2(OT_E2(OT_E2(__VA_ARGS__)))
#define OT_E2(...) OT_E1(OT_E1(OT_E1(__VA_ARGS__)))
#define OT_E1(...) __VA_ARGS__

/* The contract of a single callback of function type `cb`: as CONTRACT. */
#define CALLBACK_CONTRACT(cb, callflags, ...) \
	CONTRACT(cb, callflags, __VA_ARGS__); \
	static const struct contract *const cb##__calls[] __unused = { \
		&cb##__contract \
	}; \
	static const struct ops_contract cb##__ops __unused = { \
		.name = #cb, .size = 8, .ncalls = 1, .call = cb##__calls, \
	}

/* One exported function: an entry of section .whitix.exports. */
struct symbol_export {
	const char *name;
	void (*addr)(void);
	const struct contract *contract;
	u64 version;		/* filled in by scripts/modpost */
};

/* Offers `fn`, whose contract is in a header of include/interface/. */
#define SYMBOL_EXPORT(fn) \
	static const struct symbol_export export__##fn __used \
		__section(".whitix.exports") = { \
		.name = #fn, .addr = (void (*)(void))fn, \
		.contract = &fn##__contract, \
	}

#endif
