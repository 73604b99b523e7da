/* SPDX-License-Identifier: MIT */
/*
 * The kernel log: a ring of lines in the format of Linux's /dev/kmsg,
 * "PRIORITY,NUMBER,MICROSECONDS,-;name: text", which module kmsg hands out. Each
 * line of the wanted level also goes to the serial line at once, polled, so that
 * what happened just before the machine stopped can be read there.
 *
 * Positions in the log count bytes since the start; the ring holds the last
 * LOG_SIZE of them. Locking: log_lock, innermost of all, and not taken any more
 * once a panic has begun.
 */
#include <boot.h>
#include <cpu.h>
#include <log.h>
#include <modules.h>
#include <printf.h>
#include <spinlock.h>
#include <string.h>
#include <timer.h>
#include <wait.h>

#define LOG_SIZE (CONFIG_LOG_BUFFER_KIB * 1024u)
_Static_assert((LOG_SIZE & (LOG_SIZE - 1)) == 0, "LOG_BUFFER_KIB: a power of two");
#define LINE_MAX 600		/* log_write()'s 512 bytes and a name */
#define HEAD_MAX 64
#define LEVEL_MASK 7u
#define LOG_LEVEL_ALL 7

static struct spinlock log_lock = SPINLOCK("log", LOCK_LOG);
static char ring[LOG_SIZE];	/* log_lock */
static u64 written;		/* log_lock */
static u64 records;		/* log_lock */
static bool fresh;		/* readers have not been woken since the last line */
static struct wait *readers;	/* what they sleep on, or NULL */
static int level_wanted = CONFIG_LOG_LEVEL;
static bool panicking;

static u64 lock(void)
{
	return READ_ONCE(panicking) ? irq_save() : spin_lock_irq(&log_lock);
}

static void unlock(u64 flags)
{
	if (READ_ONCE(panicking))
		irq_restore(flags);
	else
		spin_unlock_irq(&log_lock, flags);
}

static void serial_write(const char *s, size_t len)
{
	for (; len; s++, len--) {
		if (*s == '\n')
			log_serial_putc('\r');
		log_serial_putc(*s);
	}
}

static void ring_write(const char *s, size_t len)
{
	size_t at = written % LOG_SIZE;
	size_t first = MIN(len, LOG_SIZE - at);

	memcpy(ring + at, s, first);
	memcpy(ring, s + first, len - first);
	written += len;
}

/*
 * Adds a line. `priority` is a level, and a facility of syslog(3) above it. What
 * is not printable is replaced: nobody must fake lines or control a terminal.
 */
static void emit(u32 priority, char *text, size_t len)
{
	u64 us = time_now_ns() / NSEC_PER_USEC, flags = lock();
	char head[HEAD_MAX];
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			text[i] = text[i] < ' ' && text[i] > 0 ? ' ' : '?';
	ring_write(head, scnprintf(head, sizeof(head), "%u,%lu,%lu,-;", priority, records++, us));
	ring_write(text, len);
	ring_write("\n", 1);
	if ((int)(priority & LEVEL_MASK) <= level_wanted) {
		serial_write(head, scnprintf(head, sizeof(head), "[%5lu.%06lu] ",
					     us / 1000000, us % 1000000));
		serial_write(text, len);
		serial_write("\n", 1);
	}
	fresh = true;
	unlock(flags);
}

/* Adds a line, cut to LINE_MAX, without its newline if it has one. Any context. */
void log_printf(int level, const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list args;
	size_t len;

	va_start(args, fmt);
	len = vscnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (len && line[len - 1] == '\n')
		len--;
	emit((u32)level, line, len);
}

/* Adds `len` bytes as a line of module `name` (NULL: of a program). Any context. */
void log_module(u32 priority, const char *name, const char *msg, size_t len)
{
	char line[LINE_MAX];
	size_t at = name ? scnprintf(line, sizeof(line), "%s: ", name) : 0;

	len = MIN(len, sizeof(line) - at);
	memcpy(line + at, msg, len);
	emit(priority, line, at + len);
}

/* Bytes to the serial line alone, as they are (KTAP, boottrace). Any context. */
void log_raw(const char *s, size_t len)
{
	u64 flags = lock();

	serial_write(s, len);
	unlock(flags);
}

/*
 * Copies log text from position *off (moved up to the oldest that is kept) and
 * advances it. Returns the number of bytes, 0 at the end. Any context.
 */
size_t log_read(u64 *off, char *buf, size_t len)
{
	u64 flags = lock();
	u64 oldest = written > LOG_SIZE ? written - LOG_SIZE : 0;
	size_t at, first;

	*off = MIN(MAX(*off, oldest), written);
	len = MIN(len, written - *off);
	at = *off % LOG_SIZE;
	first = MIN(len, LOG_SIZE - at);
	memcpy(buf, ring + at, first);
	memcpy(buf + first, ring, len - first);
	*off += len;
	unlock(flags);
	return len;
}

/*
 * Each timer tick: wakes who waits for lines. Whoever adds one may hold any lock,
 * so that it cannot be done there.
 */
void log_tick(void)
{
	if (!READ_ONCE(fresh) || !readers)
		return;
	fresh = false;
	wait_wake_all(readers);
}

/* Makes log_tick() wake `w`, whose reference is taken over. */
void log_set_readers(struct wait *w)
{
	struct wait *old = readers;

	WRITE_ONCE(readers, w);
	if (old)
		wait_put(old);
}

/* Which lines go to the serial line: up to `level`; below 0: as before. The old one. */
int log_level(int level)
{
	int old = level_wanted;

	if (level >= 0)
		level_wanted = level;
	return old;
}

/* Takes loglevel= from the command line. */
void log_init(void)
{
	level_wanted = cmdline_number("loglevel", CONFIG_LOG_LEVEL);
}

/* From now on no lock is taken and every line is printed. For panic.c. */
void log_panic(void)
{
	WRITE_ONCE(panicking, true);
	level_wanted = LOG_LEVEL_ALL;
}
