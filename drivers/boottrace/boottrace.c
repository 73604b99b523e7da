/* SPDX-License-Identifier: MIT */
/*
 * boottrace: the boot trace as JSON (boottrace.h), printed once and kept.
 *
 * State: nothing to keep. After a reset /proc/boottrace has the same stages, and
 * the modules' figures of the present.
 */
#include <boottrace.h>
#include <errno.h>
#include <info.h>
#include <runtime.h>
#include <string.h>
#include <text.h>

#define TRACE_VERSION 1
#define KIB(pages) ((unsigned long)((pages) * (PAGE_SIZE / 1024)))
#define TEXT_FIRST 16384	/* bytes; doubled until the text fits */
#define TEXT_MOST 262144

static struct mutex lock = MUTEX_INIT;
static struct text printed;	/* lock; buf NULL: not yet */

/* `"key":"value"` or null; what JSON would have to escape is dropped. */
static void put_string(struct text *t, const char *key, const char *value)
{
	char clean[64];
	size_t n = 0;

	if (!*value) {
		text_printf(t, "\"%s\":null", key);
		return;
	}
	for (; *value && n < sizeof(clean) - 1; value++)
		if (*value >= ' ' && *value < 0x7f && *value != '"' && *value != '\\')
			clean[n++] = *value;
	clean[n] = '\0';
	text_printf(t, "\"%s\":\"%s\"", key, clean);
}

static void put_span(struct text *t, const char *key, const struct trace_span *span)
{
	if (span->ticks)
		text_printf(t, ",\"%s\":{\"ticks\":%lu,\"ns\":%lu}", key, span->ticks,
			    span->ns);
	else
		text_printf(t, ",\"%s\":null", key);
}

static void put_calls(struct text *t, bool counted, const struct trace_calls *c)
{
	if (counted)
		text_printf(t, ",\"calls_down\":%lu,\"calls_up\":%lu,\"calls_across\":%lu,"
			    "\"bytes\":%lu", c->down, c->up, c->across, c->bytes);
	else
		text_puts(t, ",\"calls_down\":null,\"calls_up\":null,"
			  "\"calls_across\":null,\"bytes\":null");
}

static void put_head(struct text *t, const struct trace_info *info,
		     const struct system_info *sys)
{
	u64 used = sys->pages_total - sys->pages_free;

	text_printf(t, "{\"version\":%u,", TRACE_VERSION);
	put_string(t, "layout", sys->layout);
	text_puts(t, ",");
	put_string(t, "domains", info->domains);
	text_puts(t, ",");
	put_string(t, "gate", info->gate);
	text_printf(t, ",\"tsc_khz\":%lu,\"memory_kib\":%lu,\"memory_used_kib\":%lu",
		    sys->tsc_khz, KIB(sys->pages_total), KIB(used));
	put_span(t, "entry_to_user", &info->to_user);
	put_span(t, "entry_to_prompt", &info->to_prompt);
}

static void put_stages(struct text *t, bool counted)
{
	struct trace_stage s;
	const char *comma = "";

	text_puts(t, ",\"stages\":[");
	for (u32 i = 0; !trace_stage_get(i, &s); i++) {
		if (!s.name[0])
			continue;
		text_printf(t, "%s{", comma);
		put_string(t, "name", s.name);
		text_puts(t, ",");
		put_string(t, "module", s.module);
		text_printf(t, ",\"begin_ns\":%lu,\"ticks\":%lu,\"ns\":%lu", s.begin_ns,
			    s.span.ticks, s.span.ns);
		put_calls(t, counted, &s.calls);
		text_puts(t, "}");
		comma = ",";
	}
}

static void put_modules(struct text *t)
{
	struct module_info m = { .id = 0 };
	const char *comma = "";

	text_puts(t, "],\"modules\":[");
	while (!module_info_get(m.id, &m)) {
		struct trace_calls calls = { m.down, m.up, m.across, m.bytes };

		text_printf(t, "%s{", comma);
		put_string(t, "name", m.name);
		text_puts(t, ",");
		put_string(t, "placement", m.placement);
		text_printf(t, ",\"domain\":%u,\"link_ticks\":%lu,\"start_ticks\":%lu",
			    m.domain, m.link_ticks, m.start_ticks);
		put_calls(t, m.counted, &calls);
		text_printf(t, ",\"pages\":%u}", m.pages);
		comma = ",";
	}
}

static long put_all(struct text *t)
{
	struct trace_info info;
	struct system_info sys;
	long error = trace_info_get(&info);

	if (!error)
		error = system_info_get(&sys);
	if (error)
		return error;
	put_head(t, &info, &sys);
	put_stages(t, info.counted);
	put_modules(t);
	text_printf(t, "],\"cr3_loads\":%lu}\n", info.cr3_loads);
	return 0;
}

/* Makes the text in memory of its own: 0, -ENOMEM, or an error. */
static long make(struct text *t)
{
	long error = 0;

	for (size_t size = TEXT_FIRST; !error && size <= TEXT_MOST; size *= 2) {
		*t = (struct text){ .buf = kmalloc(size), .size = size };
		if (!t->buf)
			return -ENOMEM;
		error = put_all(t);
		if (!error && !text_full(t))
			return 0;
		kfree(t->buf);
	}
	t->buf = NULL;
	return error ? error : -ENOMEM;
}

/* Interface: keeps the text as it is now. */
long boottrace_keep(void)
{
	long error;

	mutex_lock(&lock);
	error = printed.buf ? -EBUSY : make(&printed);
	mutex_unlock(&lock);
	return error ? error : (long)printed.len;
}
SYMBOL_EXPORT(boottrace_keep);

/* Interface: a part of the text. */
long boottrace_read(u64 off, char *buf, size_t len)
{
	struct text t = { .buf = NULL };
	long n;

	mutex_lock(&lock);
	n = printed.buf ? 0 : make(&t);
	if (!n) {
		const struct text *from = printed.buf ? &printed : &t;

		n = off < from->len ? (long)MIN(from->len - (size_t)off, len) : 0;
		memcpy(buf, from->buf + MIN(off, (u64)from->len), (size_t)n);
	}
	mutex_unlock(&lock);
	kfree(t.buf);
	return n;
}
SYMBOL_EXPORT(boottrace_read);

static long boottrace_init(u32 flags)
{
	return 0;
}

MODULE("boottrace", .description = "the boot trace as JSON",
       .init = boottrace_init, .rank = RANK_DEVICE);
