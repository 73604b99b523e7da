/* SPDX-License-Identifier: MIT */
/*
 * What the core offers to modules about interrupts, the ports that it keeps to
 * itself, the log, the command line and random bytes (include/interface/core.h).
 */
#include <boot.h>
#include <core.h>
#include <cpu.h>
#include <entropy.h>
#include <errno.h>
#include <io.h>
#include <irq.h>
#include <log.h>
#include <modules.h>
#include <string.h>

#define ENTROPY_MAX 256
#define LOG_MESSAGE_MAX 512

#define PORT_KEYBOARD_COMMAND 0x64
#define PORT_CMOS_INDEX 0x70
#define PORT_CMOS_DATA 0x71
#define CMOS_REGISTERS 128

/*
 * Commands of the keyboard controller (IBM PC AT Technical Reference, 8042)
 * that neither reset the machine nor touch its A20 line: configuration byte,
 * tests, enabling and disabling of both ports, output to either device.
 */
static const u8 keyboard_commands[] = {
	0x20, 0x60, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xad, 0xae, 0xd2, 0xd3, 0xd4,
};

/* ---- interrupts ------------------------------------------------------------ */

static bool manifest_has_irq(const struct module *m, u32 line)
{
	u32 i;

	for (i = 0; i < MODULE_MAX_IRQS && m->manifest.irqs[i]; i++)
		if (m->manifest.irqs[i] == line + 1)
			return true;
	return false;
}

static bool manifest_has_port(const struct module *m, u16 port)
{
	u32 i;

	for (i = 0; i < MODULE_MAX_PORTS && m->manifest.ports[i].count; i++) {
		const struct port_range *r = &m->manifest.ports[i];

		if (port >= r->first && port - r->first < r->count)
			return true;
	}
	return false;
}

static void irq_release(void *object)
{
	irq_detach_core(object);
}

/* Interface: a handle, or -EPERM, -EBUSY, -EINVAL, -ENOMEM, -EMFILE. */
long irq_attach(u32 self, u32 line, irq_handler *fn, u64 cookie)
{
	struct module *m = module_by_id(self);
	void *attachment;
	long result;

	if (!m || !fn || line >= IRQ_LINES)
		return -EINVAL;
	if (!manifest_has_irq(m, line))
		return -EPERM;
	result = irq_attach_core(line, fn, cookie, m, &attachment);
	if (result)
		return result;
	result = handle_new(m, HANDLE_IRQ, attachment, irq_release);
	if (result < 0)
		irq_detach_core(attachment);
	return result;
}
SYMBOL_EXPORT(irq_attach);

/* Interface: a handler that runs goes on to its end. 0, -EBADF. */
long irq_detach(u32 irq)
{
	return handle_close(irq, HANDLE_IRQ, NULL);
}
SYMBOL_EXPORT(irq_detach);

/* ---- the core's ports ------------------------------------------------------- */

static bool may_use_port(u32 self, u16 port)
{
	struct module *m = module_by_id(self);

	return m && port == PORT_KEYBOARD_COMMAND && manifest_has_port(m, port);
}

/* Interface: the byte, or -EPERM. */
long port_in8(u32 self, u16 port)
{
	if (!may_use_port(self, port))
		return -EPERM;
	return inb(port);
}
SYMBOL_EXPORT(port_in8);

/* Interface: 0, -EPERM. */
long port_out8(u32 self, u16 port, u8 value)
{
	if (!may_use_port(self, port) ||
	    !memchr(keyboard_commands, value, sizeof(keyboard_commands)))
		return -EPERM;
	outb(port, value);
	return 0;
}
SYMBOL_EXPORT(port_out8);

static bool may_use_cmos(u32 self, u8 reg)
{
	struct module *m = module_by_id(self);

	return m && reg < CMOS_REGISTERS && manifest_has_port(m, PORT_CMOS_INDEX);
}

/* Interface: the byte, or -EPERM. NMI stays on: bit 7 of the index is 0. */
long cmos_read(u32 self, u8 reg)
{
	u64 flags;
	u8 value;

	if (!may_use_cmos(self, reg))
		return -EPERM;
	flags = irq_save();
	outb(PORT_CMOS_INDEX, reg);
	value = inb(PORT_CMOS_DATA);
	irq_restore(flags);
	return value;
}
SYMBOL_EXPORT(cmos_read);

/* Interface: 0, -EPERM. */
long cmos_write(u32 self, u8 reg, u8 value)
{
	u64 flags;

	if (!may_use_cmos(self, reg))
		return -EPERM;
	flags = irq_save();
	outb(PORT_CMOS_INDEX, reg);
	outb(PORT_CMOS_DATA, value);
	irq_restore(flags);
	return 0;
}
SYMBOL_EXPORT(cmos_write);

/* ---- log, command line, random bytes ---------------------------------------- */

static bool is_kmsg(u32 self)
{
	struct module *m = module_by_id(self);

	return m && strcmp(m->name, "kmsg") == 0;
}

/* Interface: 0, -EINVAL. */
long log_write(u32 self, u32 level, const char *msg, size_t len)
{
	struct module *m = module_by_id(self);

	if (!m || len > LOG_MESSAGE_MAX)
		return -EINVAL;
	if (!is_kmsg(self))
		level = MIN(MAX(level, (u32)LOG_ERROR), (u32)LOG_DEBUG);
	log_module(level, is_kmsg(self) ? NULL : m->name, msg, len);
	return 0;
}
SYMBOL_EXPORT(log_write);

/* Interface: bytes, 0 at the end. */
long log_fetch(u64 *pos, char *buf, size_t len)
{
	return log_read(pos, buf, len);
}
SYMBOL_EXPORT(log_fetch);

/* Interface: 0, -EPERM, -EBADF. */
long log_watch(u32 self, u32 wait)
{
	struct wait *w = is_kmsg(self) ? wait_from_handle(wait) : NULL;

	if (!w)
		return is_kmsg(self) ? -EBADF : -EPERM;
	log_set_readers(w);
	return 0;
}
SYMBOL_EXPORT(log_watch);

/* Interface: the old level, or -EPERM. */
long log_console(u32 self, s32 level)
{
	return level < 0 || is_kmsg(self) ? log_level(level) : -EPERM;
}
SYMBOL_EXPORT(log_console);

/* Interface: the value's length (it is cut to `len` - 1), or -ENOENT. */
long cmdline_get(u32 self, const char *key, char *buf, size_t len)
{
	memset(buf, 0, len);
	if (!*key)
		return (long)strlcpy(buf, boot_info.cmdline, len);
	if (!cmdline_find(key, buf, len))
		return -ENOENT;
	return (long)strlen(buf);
}
SYMBOL_EXPORT(cmdline_get);

/* Interface: 0, -ENODEV. */
long framebuffer_get(u32 self, struct framebuffer_info *info)
{
	*info = boot_info.framebuffer;
	return info->phys ? 0 : -ENODEV;
}
SYMBOL_EXPORT(framebuffer_get);

/* Interface: 0, -EINVAL. */
long entropy_get(u32 self, void *buf, size_t len)
{
	if (len > ENTROPY_MAX)
		return -EINVAL;
	entropy_fill(buf, len);
	return 0;
}
SYMBOL_EXPORT(entropy_get);
