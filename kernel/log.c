/* SPDX-License-Identifier: MIT */
/*
 * The kernel log: a ring of text lines "[    0.012345] name: text". Each line
 * of the wanted level also goes to the serial line at once, polled, so that
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

#define LOG_SIZE (CONFIG_LOG_BUFFER_KIB * 1024u)
_Static_assert((LOG_SIZE & (LOG_SIZE - 1)) == 0, "LOG_BUFFER_KIB: a power of two");
#define LINE_MAX 640		/* log_write()'s 512 bytes and a prefix */
#define LOG_LEVEL_ALL 7

static struct spinlock log_lock = SPINLOCK("log", LOCK_LOG);
static char ring[LOG_SIZE];	/* log_lock */
static u64 written;		/* log_lock */
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

/* Adds a complete line. */
static void emit(int level, const char *line, size_t len)
{
	u64 flags = lock();

	ring_write(line, len);
	if (level <= level_wanted)
		serial_write(line, len);
	unlock(flags);
}

/* Time in microseconds' precision; the length that it took. */
static size_t stamp(char *line, size_t size)
{
	u64 us = time_now_ns() / NSEC_PER_USEC;

	return scnprintf(line, size, "[%5lu.%06lu] ", us / 1000000, us % 1000000);
}

static void log_vprintf(int level, const char *fmt, va_list args)
{
	char line[LINE_MAX];
	size_t len = stamp(line, sizeof(line));

	len += vscnprintf(line + len, sizeof(line) - len - 1, fmt, args);
	if (line[len - 1] != '\n')
		line[len++] = '\n';
	emit(level, line, len);
}

/* Adds a line (the newline is added), cut to LINE_MAX. Any context. */
void log_printf(int level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_vprintf(level, fmt, args);
	va_end(args);
}

/*
 * Adds `len` bytes as a line of module `module`. What is not printable is
 * replaced: a module must not fake lines or control a terminal. Any context.
 */
void log_module(int level, const char *module, const char *msg, size_t len)
{
	char line[LINE_MAX];
	size_t at = stamp(line, sizeof(line));

	at += scnprintf(line + at, sizeof(line) - at, "%s: ", module);
	for (; len && at < sizeof(line) - 1; msg++, len--)
		line[at++] = *msg >= ' ' && *msg <= '~' ? *msg : '?';
	line[at++] = '\n';
	emit(level, line, at);
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
