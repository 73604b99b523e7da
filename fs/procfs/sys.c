/* SPDX-License-Identifier: MIT */
/* /proc/sys: names, limits and other values of the system. */
#include <printf.h>

#include "internal.h"

#define UUID_BYTES 16
#define BOOT_ID_RECORD "boot_id"
#define PAGES_PER_THREAD 16	/* as the core's limit of processes */

static void put_name(struct text *t, size_t offset)
{
	struct system_names names;

	if (!system_names_get(&names))
		text_printf(t, "%s\n", (const char *)&names + offset);
}

void show_ostype(struct text *t, const struct subject *s)
{
	put_name(t, offsetof(struct system_names, sysname));
}

void show_osrelease(struct text *t, const struct subject *s)
{
	put_name(t, offsetof(struct system_names, release));
}

void show_sys_version(struct text *t, const struct subject *s)
{
	put_name(t, offsetof(struct system_names, version));
}

void show_hostname(struct text *t, const struct subject *s)
{
	put_name(t, offsetof(struct system_names, nodename));
}

void show_domainname(struct text *t, const struct subject *s)
{
	put_name(t, offsetof(struct system_names, domainname));
}

long store_hostname(const struct subject *s, const char *text)
{
	return system_name_set(false, text);
}

long store_domainname(const struct subject *s, const char *text)
{
	return system_name_set(true, text);
}

void show_threads_max(struct text *t, const struct subject *s)
{
	struct system_info i;

	if (!system_info_get(&i))
		text_printf(t, "%lu\n", i.pages_total / PAGES_PER_THREAD);
}

/* Levels of the console now, of lines without one, the least, the usual one. */
void show_printk(struct text *t, const struct subject *s)
{
	text_printf(t, "%ld\t4\t1\t7\n", log_console(THIS_MODULE, -1) + 1);
}

/* ---- random names ----------------------------------------------------------- */

static u8 boot_id[UUID_BYTES];

/* A UUID of version 4 (RFC 4122): 0 or an error. */
static long uuid_make(u8 uuid[UUID_BYTES])
{
	long error = entropy_get(THIS_MODULE, uuid, UUID_BYTES);

	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
	return error;
}

static void put_uuid(struct text *t, const u8 uuid[UUID_BYTES])
{
	for (u32 i = 0; i < UUID_BYTES; i++)
		text_printf(t, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
			    uuid[i]);
	text_puts(t, "\n");
}

/* See internal.h. */
long boot_id_init(void)
{
	long n = record_get(THIS_MODULE, BOOT_ID_RECORD, boot_id, sizeof(boot_id));

	if (n == sizeof(boot_id))
		return 0;
	n = uuid_make(boot_id);
	return n ? n : record_put(THIS_MODULE, BOOT_ID_RECORD, boot_id, sizeof(boot_id));
}

void show_boot_id(struct text *t, const struct subject *s)
{
	put_uuid(t, boot_id);
}

void show_uuid(struct text *t, const struct subject *s)
{
	u8 uuid[UUID_BYTES];

	if (!uuid_make(uuid))
		put_uuid(t, uuid);
}
