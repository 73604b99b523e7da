/* SPDX-License-Identifier: MIT */
/*
 * The boot trace: what the start is made of, and what each part costs. Stages
 * are begun and ended by name; the first read of a console by a program ends
 * the trace, which is then formatted once and does not change any more. Times
 * are TSC ticks (under QEMU's -icount: instructions) since kernel entry.
 *
 * Stages come from one thread at a time, the one that starts the system, so
 * there is no lock.
 */
#include <boot.h>
#include <boundary.h>
#include <cpu.h>
#include <frame.h>
#include <log.h>
#include <modules.h>
#include <printf.h>
#include <string.h>
#include <timer.h>

#define TRACE_VERSION 1
#define STAGES_MAX 128
#define STAGE_NAME_MAX 24
#define PIECE_MAX 512		/* longest piece of JSON */

struct stage {
	char name[STAGE_NAME_MAX];
	char module[MODULE_NAME_MAX];
	u64 begin, end;		/* TSC; end 0: open */
	struct boundary_counters cost;	/* while open: what there was before */
};

static struct stage stages[STAGES_MAX];
static u32 nstages;
static u64 user_tsc, prompt_tsc;
static int user_stage = -1;

static char *final_text;	/* once the prompt was reached */
static size_t final_len;

/* Where JSON goes: the part of it that begins at `skip`. */
struct text {
	char *buf;
	size_t room, len;
	u64 skip;
	u64 total;		/* length so far, with what was skipped */
};

/*
 * Begins a stage, about module `module` ("" none). Returns what
 * boottrace_end() takes, -1 when the trace is full. The first stage of all
 * began at kernel entry.
 */
int boottrace_begin(const char *name, const char *module)
{
	struct stage *s = &stages[nstages];

	if (nstages == STAGES_MAX || prompt_tsc)
		return -1;
	strlcpy(s->name, name, sizeof(s->name));
	strlcpy(s->module, module ? module : "", sizeof(s->module));
	boundary_counters_get(&s->cost);
	s->begin = nstages ? time_tsc() : boot_info.entry_tsc;
	return (int)nstages++;
}

/* Ends a stage. */
void boottrace_end(int stage)
{
	struct boundary_counters now;
	struct stage *s;

	if (stage < 0 || stages[stage].end || final_text)
		return;
	s = &stages[stage];
	s->end = time_tsc();
	boundary_counters_get(&now);
	s->cost.down = now.down - s->cost.down;
	s->cost.up = now.up - s->cost.up;
	s->cost.across = now.across - s->cost.across;
	s->cost.bytes = now.bytes - s->cost.bytes;
}

/* ---- JSON --------------------------------------------------------------- */

static void __printf(2, 3) put(struct text *t, const char *fmt, ...)
{
	char piece[PIECE_MAX];
	va_list args;
	size_t n, from = 0;

	va_start(args, fmt);
	n = (size_t)vscnprintf(piece, sizeof(piece), fmt, args);
	va_end(args);
	if (t->skip > t->total)
		from = (size_t)MIN((u64)n, t->skip - t->total);
	t->total += n;
	n = MIN(n - from, t->room - t->len);
	memcpy(t->buf + t->len, piece + from, n);
	t->len += n;
}

/* `"key": "value"` or null; what JSON would have to escape is dropped. */
static void put_string(struct text *t, const char *key, const char *value)
{
	char clean[64];
	size_t n = 0;

	if (!value || !*value) {
		put(t, "\"%s\":null", key);
		return;
	}
	for (; *value && n < sizeof(clean) - 1; value++)
		if (*value >= ' ' && *value < 0x7f && *value != '"' &&
		    *value != '\\')
			clean[n++] = *value;
	clean[n] = '\0';
	put(t, "\"%s\":\"%s\"", key, clean);
}

static void put_span(struct text *t, const char *key, u64 ticks)
{
	if (ticks)
		put(t, ",\"%s\":{\"ticks\":%lu,\"ns\":%lu}", key, ticks,
		    time_tsc_to_ns(ticks));
	else
		put(t, ",\"%s\":null", key);
}

static void put_calls(struct text *t, u64 down, u64 up, u64 across, u64 bytes)
{
	if (boundary_counts())
		put(t, ",\"calls_down\":%lu,\"calls_up\":%lu,\"calls_across\":%lu,"
		    "\"bytes\":%lu", down, up, across, bytes);
	else
		put(t, ",\"calls_down\":null,\"calls_up\":null,"
		    "\"calls_across\":null,\"bytes\":null");
}

static void put_stage(struct text *t, const struct stage *s)
{
	u64 ticks = s->end - s->begin;

	put(t, "{");
	put_string(t, "name", s->name);
	put(t, ",");
	put_string(t, "module", s->module);
	put(t, ",\"begin_ns\":%lu,\"ticks\":%lu,\"ns\":%lu",
	    time_tsc_to_ns(s->begin - boot_info.entry_tsc), ticks,
	    time_tsc_to_ns(ticks));
	put_calls(t, s->cost.down, s->cost.up, s->cost.across, s->cost.bytes);
	put(t, "}");
}

static void put_module(struct text *t, const struct module *m)
{
	struct boundary_counters c;
	u32 domain = 0;
	const char *placement = boundary_placement(m, &domain);

	put(t, "{");
	put_string(t, "name", m->name);
	put(t, ",");
	put_string(t, "placement", placement);
	put(t, ",\"domain\":%u,\"link_ticks\":%lu,\"start_ticks\":%lu", domain,
	    m->link_instr, m->start_instr);
	boundary_module_counters(m, &c);
	put_calls(t, c.down, c.up, c.across, c.bytes);
	put(t, ",\"pages\":%u}", m->pages);
}

static void put_head(struct text *t)
{
	u64 total = frame_total_count(), left = frame_free_count();

	put(t, "{\"version\":%u,", TRACE_VERSION);
	put_string(t, "layout", boundary_layout());
	put(t, ",");
	put_string(t, "domains", boundary_domains());
	put(t, ",");
	put_string(t, "gate", boundary_gate());
	put(t, ",\"tsc_khz\":%lu", time_tsc_khz());
	put(t, ",\"memory_kib\":%lu,\"memory_used_kib\":%lu",
	    total * (PAGE_SIZE / 1024), (total - left) * (PAGE_SIZE / 1024));
	put_span(t, "entry_to_user", user_tsc ? user_tsc - boot_info.entry_tsc : 0);
	put_span(t, "entry_to_prompt",
		 prompt_tsc ? prompt_tsc - boot_info.entry_tsc : 0);
}

static void put_all(struct text *t)
{
	const char *comma = "";
	u32 i;

	put_head(t);
	put(t, ",\"stages\":[");
	for (i = 0; i < nstages; i++) {
		if (!stages[i].end)
			continue;
		put(t, "%s", comma);
		put_stage(t, &stages[i]);
		comma = ",";
	}
	put(t, "],\"modules\":[");
	comma = "";
	for (i = 1; i < MODULES_MAX; i++) {
		struct module *m = module_by_id(i);

		if (!m)
			continue;
		put(t, "%s", comma);
		put_module(t, m);
		comma = ",";
	}
	put(t, "],\"cr3_loads\":%lu}\n", this_cpu()->cr3_loads);
}

/* See include/core/boot.h. The text ends with a newline. */
size_t boottrace_text(u64 off, char *buf, size_t len)
{
	struct text t = { .buf = buf, .room = len, .skip = off };
	size_t n;

	if (!final_text) {
		put_all(&t);
		return t.len;
	}
	if (off >= final_len)
		return 0;
	n = MIN(len, final_len - (size_t)off);
	memcpy(buf, final_text + off, n);
	return n;
}

/* Formats the trace for good. Without memory it stays as it is. */
static void freeze(void)
{
	struct text t = { .buf = NULL };
	char *text;

	put_all(&t);
	/* A few bytes more: what is measured changes by what is allocated. */
	text = core_alloc((size_t)t.total + PIECE_MAX);
	if (!text)
		return;
	t = (struct text){ .buf = text, .room = (size_t)t.total + PIECE_MAX };
	put_all(&t);
	final_len = t.len;
	final_text = text;
}

/* ---- marks --------------------------------------------------------------- */

static void print_line(const char *line)
{
	log_raw(line, strlen(line));
}

/* The first user instruction is next: ends all stages. Counts once. */
void boottrace_mark_user(void)
{
	u32 i;

	if (user_tsc)
		return;
	user_tsc = time_tsc();
	for (i = 0; i < nstages; i++)
		boottrace_end((int)i);
	print_line("whitix: first user instruction\n");
	user_stage = boottrace_begin("userland", "");
}

/* A program waits for a console for the first time: prints the trace. */
void boottrace_mark_prompt(void)
{
	char piece[PIECE_MAX];
	u64 off = 0;
	size_t n;

	if (prompt_tsc)
		return;
	boottrace_end(user_stage);
	prompt_tsc = time_tsc();
	freeze();
	print_line("\nwhitix: prompt\nboottrace: ");
	while ((n = boottrace_text(off, piece, sizeof(piece)))) {
		log_raw(piece, n);
		off += n;
	}
}
