/* SPDX-License-Identifier: MIT */
/*
 * The core's exports on the host: log, waits, time, threads, interrupts,
 * devices, records, page objects. See shim.h; user buffers are in ubuf.c, what it tells of
 * processes and the machine in process.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os.h"
#include "shim.h"
#include <vfs.h>

static void die(const char *what)
{
	fprintf(stderr, "shim: %s\n", what);
	abort();
}

static void *must(void *p)
{
	if (!p)
		die("out of memory");
	return p;
}

/* ---- log ------------------------------------------------------------- */

#define LOG_BYTES (1 << 16)

static char log_text[LOG_BYTES];
static size_t log_len;

long log_write(u32 self, u32 level, const char *msg, size_t len)
{
	if (len > 512)
		return -EINVAL;
	if (getenv("SHIM_LOG"))
		fprintf(stderr, "# <%u> module %u: %.*s\n", level, self, (int)len, msg);
	os_lock();
	if (log_len + len + 2 > LOG_BYTES)
		log_len = 0;
	memcpy(log_text + log_len, msg, len);
	log_len += len;
	log_text[log_len++] = '\n';
	log_text[log_len] = 0;
	os_unlock();
	return 0;
}

bool shim_log_has(const char *text)
{
	return strstr(log_text, text);
}

void shim_log_clear(void)
{
	log_len = 0;
	log_text[0] = 0;
}

/* ---- threads and the context page ------------------------------------ */

#define CLOCK_SHIFT 22
#define CLOCK_SAMPLE_NS 2000000
#define CLOCK_TRIES 16

struct host_thread {
	struct host_thread *next;	/* all; os_lock */
	struct context_page context;
	u32 waits_for;			/* tid that holds what it waits for */
	u64 waits_at;			/* the lock's address */
};

struct start {
	void (*fn)(void *);
	void *arg;
};

static struct host_thread *threads;	/* os_lock */
static u32 last_tid;
static struct context_page first_context;
static _Thread_local struct host_thread *self_thread;

static u64 tsc(void)
{
	return __builtin_ia32_rdtsc();
}

/*
 * Both clocks at one moment: of several tries the one with the TSC's readings on
 * both sides closest together, as the process may be preempted between them.
 */
static void moment_take(u64 *ns, u64 *ticks)
{
	u64 best = UINT64_MAX;

	for (int i = 0; i < CLOCK_TRIES; i++) {
		u64 before = tsc(), at = os_ns(), width = tsc() - before;

		if (width >= best)
			continue;
		best = width;
		*ns = at;
		*ticks = before + width / 2;
	}
}

static void __attribute__((constructor)) clock_init(void)
{
	u64 ns, ticks, end_ns, end_ticks;
	struct context_page *c = &first_context;

	moment_take(&ns, &ticks);
	while (os_ns() - ns < CLOCK_SAMPLE_NS)
		;
	moment_take(&end_ns, &end_ticks);
	c->tsc_shift = CLOCK_SHIFT;
	c->tsc_mult = (u32)(((end_ns - ns) << CLOCK_SHIFT) / (end_ticks - ticks));
	c->tsc_base = ticks;
	c->realtime_base_ns = os_realtime_ns();
	c->memory_kib = 65536;
	c->umask = 022;
}

static struct host_thread *thread_self(void)
{
	struct host_thread *t = self_thread;

	if (t)
		return t;
	t = must(calloc(1, sizeof(*t)));
	t->context = first_context;
	os_lock();
	t->context.tid = ++last_tid;
	t->context.pid = 1;
	t->next = threads;
	threads = t;
	os_unlock();
	self_thread = t;
	return t;
}

unsigned long shim_context_addr(void)
{
	return (unsigned long)&thread_self()->context;
}

struct context_page *shim_context(void)
{
	return &thread_self()->context;
}

static void thread_main(void *data)
{
	struct start start = *(struct start *)data;
	struct host_thread *t = thread_self(), **link = &threads;

	free(data);
	start.fn(start.arg);
	os_lock();
	while (*link != t)
		link = &(*link)->next;
	*link = t->next;
	os_unlock();
	free(t);
}

void shim_thread_start(void (*fn)(void *arg), void *arg)
{
	struct start *start = must(malloc(sizeof(*start)));

	*start = (struct start){ fn, arg };
	os_thread_start(thread_main, start);
}

void shim_threads_join(void)
{
	os_threads_join();
}

/* A core thread of a module: entry and cookie. */
struct module_thread {
	thread_entry *fn;
	u64 cookie;
};

static void module_thread_main(void *data)
{
	struct module_thread t = *(struct module_thread *)data;

	free(data);
	shim_context()->pid = 0;
	t.fn(t.cookie);
}

/* ---- mutexes --------------------------------------------------------- */

/* Does `tid` wait, over any number of mutexes, for `me`? os_lock held. */
static bool waits_for(u32 tid, u32 me)
{
	for (u32 steps = 0; tid && steps < 1000; steps++) {
		struct host_thread *t = threads;

		if (tid == me)
			return true;
		while (t && t->context.tid != tid)
			t = t->next;
		tid = t ? t->waits_for : 0;
	}
	return false;
}

long lock_wait(u32 self, u64 addr, u32 expected, u32 holder)
{
	struct host_thread *t = thread_self();
	long err = 0;

	os_lock();
	if (__atomic_load_n((u32 *)addr, __ATOMIC_SEQ_CST) != expected) {
		err = -EAGAIN;
	} else if (waits_for(holder, t->context.tid)) {
		err = -EDEADLK;
	} else {
		t->waits_for = holder;
		t->waits_at = addr;
		while (__atomic_load_n((u32 *)addr, __ATOMIC_SEQ_CST) == expected)
			os_wait(0);
		t->waits_for = 0;
	}
	os_unlock();
	return err;
}

long lock_wake(u32 self, u64 addr, u32 count)
{
	os_lock();
	/* Who is woken waits for nobody, though it may not run yet. */
	for (struct host_thread *t = threads; t; t = t->next)
		if (t->waits_at == addr)
			t->waits_for = 0;
	os_broadcast();
	os_unlock();
	return 0;
}

/* ---- handles --------------------------------------------------------- */

#define HANDLES_MAX 4096
#define HANDLE_GENERATION 0x10000u

struct pages {
	u8 *data;
	u64 size, room;
	u32 refs;
	bool read_only;
};

struct handle {
	enum handle_type type;		/* HANDLE_NONE: free */
	u32 owner;
	u32 generation;
	u32 seq;			/* wait: its count */
	bool armed;			/* timer */
	u32 line;			/* irq */
	void (*fn)(u64 cookie);		/* timer, irq */
	u64 cookie;
	struct pages *pages;		/* page object */
	struct file_ops ops;		/* provider */
	bool unclaimed;			/* file: its owner was reset */
};

static struct handle handles[HANDLES_MAX];

static long handle_new(u32 owner, enum handle_type type, struct handle **out)
{
	for (u32 i = 1; i < HANDLES_MAX; i++) {
		struct handle *h = &handles[i];

		if (h->type != HANDLE_NONE)
			continue;
		*h = (struct handle){ .type = type, .owner = owner,
			.generation = h->generation + HANDLE_GENERATION };
		h->generation &= 0x7fffffff;
		*out = h;
		return (long)(h->generation | i);
	}
	return -EMFILE;
}

static struct handle *handle_find(u32 handle, enum handle_type type)
{
	struct handle *h = &handles[handle % HANDLE_GENERATION % HANDLES_MAX];

	return h->type == type && type != HANDLE_NONE &&
	       h->generation == (handle & ~(HANDLE_GENERATION - 1)) ? h : NULL;
}

static void pages_put(struct pages *p)
{
	if (!p || --p->refs)
		return;
	if (!p->read_only)
		free(p->data);
	free(p);
}

static void handle_free(struct handle *h)
{
	pages_put(h->pages);
	h->pages = NULL;
	h->type = HANDLE_NONE;
}

static long handle_close(u32 handle, enum handle_type type)
{
	struct handle *h = handle_find(handle, type);

	if (!h)
		return -EBADF;
	handle_free(h);
	return 0;
}

u32 shim_handles(u32 owner, enum handle_type type)
{
	u32 n = 0;

	for (u32 i = 1; i < HANDLES_MAX; i++)
		n += handles[i].type != HANDLE_NONE && handles[i].owner == owner &&
		     (type == HANDLE_NONE || handles[i].type == type);
	return n;
}

static void records_drop(void);

/* What outlives its owner's reset, as with the core. */
static bool survives(const struct handle *h)
{
	return h->type == HANDLE_PAGEOBJ || h->type == HANDLE_WAIT || h->type == HANDLE_FILE ||
	       h->type == HANDLE_PROVIDER;
}

void shim_handles_drop(u32 owner)
{
	for (u32 i = 1; i < HANDLES_MAX; i++) {
		if (handles[i].type == HANDLE_NONE)
			continue;
		handles[i].unclaimed |= handles[i].owner == owner;
		if (owner && (handles[i].owner != owner || survives(&handles[i])))
			continue;
		handle_free(&handles[i]);
	}
	if (!owner)
		records_drop();
}

/* Open files that a recovering init() did not claim. */
void shim_handles_sweep(u32 owner)
{
	for (u32 i = 1; i < HANDLES_MAX; i++)
		if (handles[i].type == HANDLE_FILE && handles[i].owner == owner &&
		    handles[i].unclaimed)
			handle_free(&handles[i]);
}

/* ---- waiting --------------------------------------------------------- */

#define WAIT_SEQ_MASK 0x3fffffffu

long wait_create(u32 self)
{
	struct handle *h;
	long handle;

	os_lock();
	handle = handle_new(self, HANDLE_WAIT, &h);
	os_unlock();
	return handle;
}

long wait_destroy(u32 wait)
{
	return handle_close(wait, HANDLE_WAIT);
}

long wait_seq(u32 wait)
{
	struct handle *h = handle_find(wait, HANDLE_WAIT);

	return h ? (long)(h->seq & WAIT_SEQ_MASK) : -EBADF;
}

long wait_sleep(u32 wait, u32 seq, u64 timeout_ns)
{
	struct handle *h = handle_find(wait, HANDLE_WAIT);
	u64 end = os_ns() + timeout_ns, now;
	long err = 0;

	if (!h)
		return -EBADF;
	os_lock();
	while (!err && (h->seq & WAIT_SEQ_MASK) == seq) {
		now = os_ns();
		if (timeout_ns && now >= end)
			err = -ETIMEDOUT;
		else
			os_wait(timeout_ns ? end - now : 0);
	}
	os_unlock();
	return err;
}

long wait_wake(u32 wait)
{
	struct handle *h = handle_find(wait, HANDLE_WAIT);

	if (!h)
		return -EBADF;
	os_lock();
	h->seq++;
	os_broadcast();
	os_unlock();
	return 0;
}

u32 shim_wait_count(u32 handle)
{
	struct handle *h = handle_find(handle, HANDLE_WAIT);

	return h ? h->seq : 0;
}

/* ---- time, threads, interrupts --------------------------------------- */

long time_sleep(u32 self, u64 ns)
{
	os_sleep(ns);
	return 0;
}

long time_set_realtime(u32 self, u64 ns)
{
	first_context.realtime_base_ns = ns;
	shim_context()->realtime_base_ns = ns;
	return 0;
}

static long callback_new(u32 self, enum handle_type type, void (*fn)(u64),
			 u64 cookie, u32 line)
{
	struct handle *h;
	long handle;

	os_lock();
	handle = handle_new(self, type, &h);
	if (handle > 0) {
		h->fn = fn;
		h->cookie = cookie;
		h->line = line;
	}
	os_unlock();
	return handle;
}

long timer_create(u32 self, timer_callback *fn, u64 cookie)
{
	return callback_new(self, HANDLE_TIMER, fn, cookie, 0);
}

long timer_arm(u32 timer, u64 ns, u64 period_ns)
{
	struct handle *h = handle_find(timer, HANDLE_TIMER);

	if (!h)
		return -EBADF;
	h->armed = ns != 0;
	return 0;
}

long timer_destroy(u32 timer)
{
	return handle_close(timer, HANDLE_TIMER);
}

bool shim_timer_fire(u32 handle)
{
	struct handle *h = handle_find(handle, HANDLE_TIMER);

	if (!h || !h->armed)
		return false;
	h->armed = false;
	h->fn(h->cookie);
	return true;
}

bool shim_timers_fire(void)
{
	bool any = false;

	for (u32 i = 1; i < HANDLES_MAX; i++)
		if (handles[i].type == HANDLE_TIMER)
			any |= shim_timer_fire(handles[i].generation | i);
	return any;
}

long thread_create(u32 self, thread_entry *fn, u64 cookie, const char *name)
{
	struct module_thread *t = must(malloc(sizeof(*t)));
	struct handle *h;

	*t = (struct module_thread){ fn, cookie };
	shim_thread_start(module_thread_main, t);
	return handle_new(self, HANDLE_THREAD, &h);
}

long irq_attach(u32 self, u32 line, irq_handler *fn, u64 cookie)
{
	return line > 15 ? -EINVAL : callback_new(self, HANDLE_IRQ, fn, cookie, line);
}

long irq_detach(u32 irq)
{
	return handle_close(irq, HANDLE_IRQ);
}

bool shim_irq(u32 line)
{
	bool any = false;

	for (u32 i = 1; i < HANDLES_MAX; i++) {
		if (handles[i].type != HANDLE_IRQ || handles[i].line != line)
			continue;
		handles[i].fn(handles[i].cookie);
		any = true;
	}
	return any;
}

/* ---- devices --------------------------------------------------------- */

static shim_port_fn *ports;
static u8 cmos[128];

void shim_ports_set(shim_port_fn *fn)
{
	ports = fn;
}

u32 shim_port_in(u16 port, u32 bytes)
{
	return ports ? ports(port, false, 0, bytes) : ~0u;
}

void shim_port_out(u16 port, u32 value, u32 bytes)
{
	if (ports)
		ports(port, true, value, bytes);
}

long port_in8(u32 self, u16 port)
{
	return shim_port_in(port, 1) & 0xff;
}

long port_out8(u32 self, u16 port, u8 value)
{
	shim_port_out(port, value, 1);
	return 0;
}

long cmos_read(u32 self, u8 reg)
{
	return cmos[reg & 127];
}

long cmos_write(u32 self, u8 reg, u8 value)
{
	cmos[reg & 127] = value;
	return 0;
}

u8 *shim_cmos(void)
{
	return cmos;
}

long mmio_map(u32 self, u64 phys, u64 len)
{
	return heap_map(self, self, (u32)(len / PAGE_SIZE));
}

long entropy_get(u32 self, void *buf, size_t len)
{
	static u64 state = 0x243f6a8885a308d3ull;
	u8 *p = buf;

	if (len > 256)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		state = state * 6364136223846793005ull + 1442695040888963407ull;
		p[i] = (u8)(state >> 56);
	}
	return 0;
}

/* ---- records --------------------------------------------------------- */

struct record {
	struct record *next;
	u32 owner;
	char name[RECORD_NAME_MAX];
	size_t len;
	u8 data[RECORD_MAX];
};

static struct record *records;

static struct record **record_find(u32 owner, const char *name)
{
	struct record **link = &records;

	while (*link && ((*link)->owner != owner || strcmp((*link)->name, name)))
		link = &(*link)->next;
	return link;
}

long record_put(u32 self, const char *name, const void *data, size_t len)
{
	struct record **link = record_find(self, name), *r = *link;

	if (len > RECORD_MAX || strlen(name) >= RECORD_NAME_MAX)
		return -EINVAL;
	shim_crash_point();
	if (!r) {
		r = must(calloc(1, sizeof(*r)));
		r->owner = self;
		strcpy(r->name, name);
		*link = r;
	}
	memcpy(r->data, data, len);
	r->len = len;
	shim_crash_point();
	return 0;
}

long record_get(u32 self, const char *name, void *buf, size_t len)
{
	struct record *r = *record_find(self, name);

	if (!r)
		return -ENOENT;
	if (r->len > len)
		return -ERANGE;
	memcpy(buf, r->data, r->len);
	return (long)r->len;
}

long record_delete(u32 self, const char *name)
{
	struct record **link = record_find(self, name), *r = *link;

	if (!r)
		return -ENOENT;
	shim_crash_point();
	*link = r->next;
	free(r);
	shim_crash_point();
	return 0;
}

long record_name(u32 self, u32 index, char *buf, size_t len)
{
	for (struct record *r = records; r; r = r->next) {
		if (r->owner != self || index--)
			continue;
		snprintf(buf, len, "%s", r->name);
		return 0;
	}
	return -ENOENT;
}

static void records_drop(void)
{
	struct record *r;

	while ((r = records)) {
		records = r->next;
		free(r);
	}
}

/* ---- page objects ---------------------------------------------------- */

#define PAGES_SIZE_MAX (1ull << 30)

static struct pages *pages_of(u32 obj)
{
	struct handle *h = handle_find(obj, HANDLE_PAGEOBJ);

	return h ? h->pages : NULL;
}

static long pages_new(u32 self, u8 *data, u64 size)
{
	struct handle *h;
	long handle = handle_new(self, HANDLE_PAGEOBJ, &h);

	if (handle < 0)
		return handle;
	h->pages = must(calloc(1, sizeof(*h->pages)));
	h->pages->refs = 1;
	h->pages->data = data;
	h->pages->size = size;
	h->pages->read_only = data != NULL;
	return handle;
}

long pageobj_create(u32 self)
{
	return pages_new(self, NULL, 0);
}

/* Groups count nothing here: limits are the core's. */
long pageobj_create_in(u32 self, u32 group)
{
	return pages_of(group) ? pageobj_create(self) : -EBADF;
}

long pageobj_limit(u32 group, u64 pages)
{
	return pages_of(group) ? 0 : -EBADF;
}

long pageobj_forget_time(u32 obj, u32 read)
{
	return pages_of(obj) ? 0 : -EBADF;
}

long pageobj_release(u32 obj)
{
	return handle_close(obj, HANDLE_PAGEOBJ);
}

long pageobj_size(u32 obj)
{
	struct pages *p = pages_of(obj);

	return p ? (long)p->size : -EBADF;
}

static long pages_resize(struct pages *p, u64 size)
{
	if (p->read_only)
		return -EPERM;
	if (size > PAGES_SIZE_MAX)
		return -EFBIG;
	if (size > p->room) {
		p->room = MAX(size, 2 * p->room);
		p->data = must(realloc(p->data, p->room));
	}
	if (size > p->size)
		memset(p->data + p->size, 0, size - p->size);
	p->size = size;
	return 0;
}

long pageobj_resize(u32 obj, u64 size)
{
	struct pages *p = pages_of(obj);

	return p ? pages_resize(p, size) : -EBADF;
}

long pageobj_read(u32 obj, u64 pos, void *buf, size_t len)
{
	struct pages *p = pages_of(obj);

	if (!p)
		return -EBADF;
	if (pos >= p->size)
		return 0;
	len = MIN(len, p->size - pos);
	memcpy(buf, p->data + pos, len);
	return (long)len;
}

long pageobj_write(u32 obj, u64 pos, const void *buf, size_t len)
{
	struct pages *p = pages_of(obj);
	long err = 0;

	if (!p)
		return -EBADF;
	if (pos + len < pos)
		return -EFBIG;
	if (pos + len > p->size)
		err = pages_resize(p, pos + len);
	else if (p->read_only)
		err = -EPERM;
	if (err)
		return err;
	if (len)
		memcpy(p->data + pos, buf, len);
	return (long)len;
}

long pageobj_copy(u32 dst, u64 dst_pos, u32 src, u64 src_pos, u64 len)
{
	struct pages *from = pages_of(src);
	u8 *copy;
	long done;

	if (!from || !pages_of(dst))
		return -EBADF;
	if (src_pos >= from->size)
		return 0;
	len = MIN(len, from->size - src_pos);
	copy = must(malloc(len));
	memcpy(copy, from->data + src_pos, len);
	done = pageobj_write(dst, dst_pos, copy, len);
	free(copy);
	return done;
}

static const void *archive;
static size_t archive_len;

void shim_archive_set(const void *data, size_t len)
{
	archive = data;
	archive_len = len;
}

long boot_archive_get(u32 self)
{
	return archive ? pages_new(self, (u8 *)(u64)archive, archive_len) : -ENOENT;
}

/* ---- providers ------------------------------------------------------- */

long provider_register(u32 self, const struct file_ops *ops)
{
	struct handle *h;
	long handle;

	os_lock();
	for (u32 i = 1; i < HANDLES_MAX; i++)
		if (handles[i].type == HANDLE_PROVIDER && handles[i].owner == self &&
		    !memcmp(&handles[i].ops, ops, sizeof(*ops))) {
			os_unlock();
			return (long)(handles[i].generation | i);
		}
	handle = handle_new(self, HANDLE_PROVIDER, &h);
	if (handle > 0)
		h->ops = *ops;
	os_unlock();
	return handle;
}

const struct file_ops *shim_provider(u32 handle)
{
	struct handle *h = handle_find(handle, HANDLE_PROVIDER);

	if (!h)
		die("not a live provider");
	return &h->ops;
}

/* A handle that the core would make of an open file. */
u32 shim_file_handle(u32 owner)
{
	struct handle *h;
	long handle;

	os_lock();
	handle = handle_new(owner, HANDLE_FILE, &h);
	os_unlock();
	return handle > 0 ? (u32)handle : 0;
}

/* Processes here have no such values. */
long process_value_set(u32 id, u32 which, s32 value)
{
	return 0;
}

/* Nobody watches files here. */
long files_watched(u32 self, u32 mask)
{
	return 0;
}

long file_handle_claim(u32 self, u32 file)
{
	struct handle *h = handle_find(file, HANDLE_FILE);

	if (!h || h->owner != self)
		return -EBADF;
	h->unclaimed = false;
	return 0;
}

long file_handle_release(u32 file)
{
	return handle_close(file, HANDLE_FILE);
}

/* ---- sockets ----------------------------------------------------------- */

static struct {
	u32 provider;
	struct socket_ops ops;
} families[AF_MAX];

long socket_register(u32 self, u32 provider, u32 family, const struct socket_ops *ops)
{
	if (family >= AF_MAX || !handle_find(provider, HANDLE_PROVIDER))
		return -EINVAL;
	families[family].provider = provider;
	families[family].ops = *ops;
	return 0;
}

const struct socket_ops *shim_socket_ops(u32 family)
{
	return &families[family].ops;
}

u32 shim_socket_provider(u32 family)
{
	return families[family].provider;
}

long process_directories(u32 self, u64 *root, u64 *cwd)
{
	*root = *cwd = VFS_ROOT;
	return 0;
}

/* Any descriptor is an open file. */
long file_handle_of(u32 self, u32 fd)
{
	u32 handle = shim_file_handle(self);

	return handle ? (long)handle : -EMFILE;
}

long file_handle_install(u32 self, u32 file, u32 oflags)
{
	struct handle *h = handle_find(file, HANDLE_FILE);
	static u32 fd = 100;

	return h && h->owner == self ? (long)fd++ : -EBADF;
}

/* Which handles are sockets: all of them `shim_handle_socket`, or none. */
static u64 handle_socket;

void shim_handle_is_socket(u64 number)
{
	handle_socket = number;
}

long file_handle_socket(u32 self, u32 file, u64 *number)
{
	*number = handle_socket;
	return handle_socket ? 1 : 0;
}
