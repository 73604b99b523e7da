/* SPDX-License-Identifier: MIT */
/*
 * keyboard: the PS/2 keyboard of an i8042 controller, which types into the
 * console that is shown (IBM PS/2 Hardware Interface Technical Reference, keyboard and auxiliary
 * device controller). The controller translates to scan code set 1.
 *
 * Commands go to port 0x64, which is the core's: it refuses those that reset
 * the machine. Nothing waits for the keyboard: its answers to the LED command
 * come in by interrupt and move a small state machine on.
 *
 * State: record "locks" (the lock keys). Keys held down during a reset count as
 * released.
 */
#include <errno.h>
#include <io.h>
#include <runtime.h>
#include <tty.h>

#include "decode.h"

#define DATA_PORT 0x60
#define STATUS_PORT 0x64	/* read; written: commands */
#define STATUS_OUTPUT_FULL 0x01
#define STATUS_INPUT_FULL 0x02
#define STATUS_AUXILIARY 0x20	/* the byte is the mouse's */
#define STATUS_ABSENT 0xff

#define COMMAND_READ_CONFIG 0x20
#define COMMAND_WRITE_CONFIG 0x60
#define CONFIG_KEYBOARD_IRQ 0x01
#define CONFIG_KEYBOARD_OFF 0x10
#define CONFIG_TRANSLATE 0x40

#define KEYBOARD_SET_LEDS 0xed
#define KEYBOARD_ACK 0xfa
#define KEYBOARD_RESEND 0xfe

#define KEYBOARD_IRQ 1
#define FLUSH_MAX 32		/* bytes that may be left from before */
#define LOOKS_MAX 1000		/* at a controller that is busy */
#define BYTES_MAX 256		/* in one interrupt */
#define RECORD_LOCKS "locks"

enum led_state { LED_IDLE, LED_COMMAND_SENT, LED_VALUE_SENT };

static struct keyboard keyboard;
static struct mutex lock = MUTEX_INIT;	/* all but init */
static enum led_state led_state;
static u8 leds;			/* what the keyboard shows or is being told */

static u8 status(void)
{
	return (u8)port_in8(THIS_MODULE, STATUS_PORT);
}

/* Looks until the controller takes a byte. Returns whether it does. */
static bool can_send(void)
{
	for (u32 i = 0; i < LOOKS_MAX; i++) {
		if (!(status() & STATUS_INPUT_FULL))
			return true;
	}
	return false;
}

static bool has_byte(void)
{
	for (u32 i = 0; i < LOOKS_MAX; i++) {
		if (status() & STATUS_OUTPUT_FULL)
			return true;
	}
	return false;
}

static long command(u8 value)
{
	if (!can_send())
		return -EIO;
	return port_out8(THIS_MODULE, STATUS_PORT, value);
}

static void send(u8 value)
{
	if (can_send())
		outb(DATA_PORT, value);
}

/* ---- LEDs -------------------------------------------------------------- */

static void leds_begin(void)
{
	if (led_state != LED_IDLE || leds == keyboard.locks)
		return;
	led_state = LED_COMMAND_SENT;
	send(KEYBOARD_SET_LEDS);
}

/* An acknowledgement. What changed meanwhile is told afterwards. */
static void leds_next(void)
{
	if (led_state == LED_COMMAND_SENT) {
		led_state = LED_VALUE_SENT;
		leds = keyboard.locks;
		send(leds);
	} else {
		led_state = LED_IDLE;
		leds_begin();
	}
}

/* ---- keys -------------------------------------------------------------- */

static void locks_changed(u8 before)
{
	if (keyboard.locks == before)
		return;
	record_put(THIS_MODULE, RECORD_LOCKS, &keyboard.locks, sizeof(keyboard.locks));
	leds_begin();
}

/* One byte of the keyboard. Returns how many bytes of input it made. */
static size_t byte(u8 code, char *out)
{
	u8 before = keyboard.locks;
	size_t n;

	if (led_state != LED_IDLE && (code == KEYBOARD_ACK || code == KEYBOARD_RESEND)) {
		if (code == KEYBOARD_RESEND)
			led_state = LED_IDLE;
		else
			leds_next();
		return 0;
	}
	n = keyboard_decode(&keyboard, code, out);
	locks_changed(before);
	return n;
}

static void type(const char *buf, size_t len)
{
	static u64 ticket;

	ticket = MAX(ktime_ns(), ticket + 1);
	tty_input(THIS_MODULE, TTY_ACTIVE, ticket, buf, len);
}

static void keyboard_interrupt(u64 cookie)
{
	char buf[KEY_BYTES_MAX];

	for (u32 i = 0; i < BYTES_MAX; i++) {
		u8 seen, code;
		u32 key, value;
		size_t n;

		mutex_lock(&lock);
		seen = status();
		if (!(seen & STATUS_OUTPUT_FULL)) {
			mutex_unlock(&lock);
			return;
		}
		code = inb(DATA_PORT);
		keyboard.key = NO_KEY;
		n = seen & STATUS_AUXILIARY ? 0 : byte(code, buf);
		key = keyboard.key;
		value = keyboard.value;
		mutex_unlock(&lock);
		if (key != NO_KEY)
			tty_key(THIS_MODULE, key, value);
		if (n)
			type(buf, n);
	}
}

/* ---- start ------------------------------------------------------------- */

static void flush(void)
{
	for (u32 i = 0; i < FLUSH_MAX && (status() & STATUS_OUTPUT_FULL); i++)
		inb(DATA_PORT);
}

/* Interrupts on, translation on, clock on; the mouse's half stays as it is. */
static long configure(void)
{
	u8 config;
	long err = command(COMMAND_READ_CONFIG);

	if (err < 0)
		return err;
	if (!has_byte())
		return -EIO;
	config = inb(DATA_PORT);
	config |= CONFIG_KEYBOARD_IRQ | CONFIG_TRANSLATE;
	config &= (u8)~CONFIG_KEYBOARD_OFF;
	err = command(COMMAND_WRITE_CONFIG);
	if (err >= 0)
		send(config);
	return err;
}

static long keyboard_init(u32 flags)
{
	long err;

	if (status() == STATUS_ABSENT)
		return -ENODEV;
	flush();
	err = configure();
	if (err < 0)
		return err;
	if (flags & INIT_RECOVERING)
		record_get(THIS_MODULE, RECORD_LOCKS, &keyboard.locks,
			   sizeof(keyboard.locks));
	leds = keyboard.locks;
	err = irq_attach(THIS_MODULE, KEYBOARD_IRQ, keyboard_interrupt, 0);
	return err < 0 ? err : 0;
}

MODULE("keyboard", .description = "PS/2 keyboard",
       .init = keyboard_init, .rank = RANK_TTY_PORT,
       .ports = { { DATA_PORT, 1 }, { STATUS_PORT, 1 } },
       .irqs = { KEYBOARD_IRQ + 1 });
