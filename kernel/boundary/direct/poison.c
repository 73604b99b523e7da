// SPDX-License-Identifier: MIT
/*
 * CONFIG_DEBUG_POISON where modules are in ring 0: each buffer that a call
 * passes is copied, the callee gets the copy, and the copy is poisoned when the
 * call is over. A module that keeps a pointer to what it was passed reads
 * nonsense here as well, and not only where the hardware would notice.
 */
#include <builtin.h>
#include <frame.h>
#include <log.h>
#include <string.h>

#include "../../module/internal.h"

#define POISON 0xa5
#define WRAPPED_MAX 512

typedef long wrapped_fn(u64, u64, u64, u64, u64, u64);

extern wrapped_fn *const __start_wrap_table[], *const __stop_wrap_table[];
extern struct symbol_export core_exports_start[], core_exports_end[];

static const struct contract *contracts[WRAPPED_MAX];

static const struct contract *find_in(const struct symbol_export *e,
				      const struct symbol_export *end, void *fn)
{
	for (; e < end; e++)
		if ((void *)e->addr == fn)
			return e->contract;
	return NULL;
}

static const struct contract *contract_of(u32 index, void *fn)
{
	if (index >= WRAPPED_MAX)
		panic("more wrapped functions than WRAPPED_MAX");
	if (!contracts[index])
		contracts[index] = find_in(core_exports_start, core_exports_end, fn);
	for (u32 i = 0; i < builtin_modules_count && !contracts[index]; i++)
		contracts[index] = find_in(builtin_modules[i].exports_start,
					   builtin_modules[i].exports_end, fn);
	if (!contracts[index])
		panic("a wrapped function without a contract");
	return contracts[index];
}

struct poisoned {
	void *copy;
	size_t len;
};

static size_t buffer_len(const struct contract *c, u32 i, const u64 *args)
{
	u64 word = c->arg[i], len;

	switch (ARG_WORD_KIND(word)) {
	case ARG_KIND_STRING:
		return strnlen((const char *)args[i], ARG_WORD_SIZE(word) - 1) + 1;
	case ARG_KIND_IN:
	case ARG_KIND_OUT:
	case ARG_KIND_INOUT:
		if (ARG_WORD_LEN(word) == ARG_LEN_CONST)
			return ARG_WORD_SIZE(word);
		len = args[ARG_WORD_LEN_INDEX(word)];
		return len <= ARG_WORD_SIZE(word) ? len : 0;
	case ARG_KIND_OPS:
		return ARG_WORD_SIZE(word);
	default:
		return 0;
	}
}

static void copy_back(const struct contract *c, u32 i, const u64 *args,
		      const struct poisoned *p, long ret)
{
	u64 word = c->arg[i];
	size_t len = p->len;

	if ((ARG_WORD_KIND(word) != ARG_KIND_OUT && ARG_WORD_KIND(word) != ARG_KIND_INOUT) ||
	    ret < 0)
		return;
	if (ARG_WORD_LEN(word) == ARG_LEN_RETURN)
		len = MIN((size_t)ret, len);
	memcpy((void *)args[i], p->copy, len);
}

/* Calls wrapped function number `index` with copies of what args name. */
long poison_call(u32 index, u64 *args)
{
	wrapped_fn *fn = __start_wrap_table[index];
	const struct contract *c = contract_of(index, fn);
	struct poisoned p[CONTRACT_MAX_ARGS] = { 0 };
	u64 a[CONTRACT_MAX_ARGS];
	long ret;

	memcpy(a, args, sizeof(a));
	for (u32 i = 0; i < c->nargs; i++) {
		p[i].len = args[i] ? buffer_len(c, i, args) : 0;
		p[i].copy = p[i].len ? core_alloc(p[i].len) : NULL;
		if (!p[i].copy)
			continue;
		if (ARG_WORD_KIND(c->arg[i]) != ARG_KIND_OUT)
			memcpy(p[i].copy, (void *)args[i], p[i].len);
		a[i] = (u64)p[i].copy;
	}
	ret = fn(a[0], a[1], a[2], a[3], a[4], a[5]);
	for (u32 i = 0; i < c->nargs; i++) {
		if (!p[i].copy)
			continue;
		copy_back(c, i, args, &p[i], ret);
		memset(p[i].copy, POISON, p[i].len);
		core_free(p[i].copy);
	}
	return ret;
}
