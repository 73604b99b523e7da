/* SPDX-License-Identifier: MIT */
/* serial as a module, on a model of a 16550 that the test plays. */
#include "test.h"

#include <tty.h>
#include <whitix/termios.h>

#define BASE 0x3f8
#define IRQ 4
#define FIFO 16
#define TTY_NUMBER 5
#define SENT_MAX 65536

enum { THR, IER, FCR, LCR, MCR, LSR, MSR, SCR };
#define IER_TX 0x02
#define LCR_DLAB 0x80
#define LSR_DATA 0x01
#define LSR_OVERRUN 0x02
#define LSR_THRE 0x20
#define MSR_CTS 0x10

static struct uart {
	u8 reg[8];
	u8 dll, dlm;
	u32 pending;		/* bytes in the transmit FIFO */
	u32 overflows;		/* bytes written to a full one */
	bool stuck;		/* sends nothing */
	char sent[SENT_MAX];
	u32 nsent;
	const char *in;		/* what arrives */
	u8 lsr_error;		/* for the next byte */
} uart;

static struct tty_port_ops ops;
static u64 port_number;
static char typed[4096];
static u32 ntyped, writable_calls;

static void uart_drain(void)
{
	uart.pending = 0;
}

static u32 uart_read(u32 reg)
{
	u8 value;

	switch (reg) {
	case THR:
		if (uart.reg[LCR] & LCR_DLAB)
			return uart.dll;
		return uart.in && *uart.in ? (u8)*uart.in++ : 0;
	case IER:
		return uart.reg[LCR] & LCR_DLAB ? uart.dlm : uart.reg[IER];
	case FCR:		/* IIR: FIFO on, nothing pending */
		return 0xc1;
	case LSR:
		if (!uart.stuck)
			uart_drain();
		value = uart.pending ? 0 : LSR_THRE;
		if (uart.in && *uart.in)
			value |= LSR_DATA;
		value |= uart.lsr_error;
		uart.lsr_error = 0;
		return value;
	}
	return uart.reg[reg];
}

static void uart_write(u32 reg, u8 value)
{
	if (reg == THR && (uart.reg[LCR] & LCR_DLAB)) {
		uart.dll = value;
	} else if (reg == IER && (uart.reg[LCR] & LCR_DLAB)) {
		uart.dlm = value;
	} else if (reg == THR) {
		if (++uart.pending > FIFO)
			uart.overflows++;
		uart.sent[uart.nsent++] = (char)value;
	} else {
		uart.reg[reg] = value;
	}
}

static u32 ports(u16 port, bool write, u32 value, u32 bytes)
{
	if (port < BASE || port >= BASE + 8)
		return ~0u;	/* no second line */
	if (!write)
		return uart_read(port - BASE);
	uart_write(port - BASE, (u8)value);
	return 0;
}

/* ---- tty --------------------------------------------------------------- */

long tty_port_register(u32 self, const char *name, u64 rdev, u64 port,
		       const struct tty_port_ops *table)
{
	assert_string_equal(name, "ttyS0");
	ops = *table;
	port_number = port;
	return TTY_NUMBER;
}

long tty_input_error(u32 self, u32 tty, u64 ticket, u32 kind, u8 byte)
{
	return 0;
}

long tty_input(u32 self, u32 tty, u64 ticket, const char *buf, size_t len)
{
	assert_int_equal(tty, TTY_NUMBER);
	memcpy(typed + ntyped, buf, len);
	ntyped += (u32)len;
	typed[ntyped] = '\0';
	return (long)len;
}

long tty_writable(u32 self, u32 tty)
{
	writable_calls++;
	return 0;
}

static int setup(void **state)
{
	shim_clear();
	memset(&uart, 0, sizeof(uart));
	uart.reg[LCR] = 3;
	uart.reg[MSR] = MSR_CTS;
	uart.dll = 12;
	ntyped = writable_calls = 0;
	shim_ports_set(ports);
	assert_int_equal(shim_start("serial"), 0);
	return 0;
}

static long put(const char *text)
{
	return ops.write(port_number, TTY_NO_SEQ, text, strlen(text));
}

/* ---- tests -------------------------------------------------------------- */

static void test_start(void **state)
{
	assert_int_equal(uart.reg[IER], 0x05);
	assert_int_equal(uart.reg[MCR], 0x0b);
	assert_int_equal(uart.dll, 12);	/* left as it was */
	assert_int_equal(uart.reg[LCR], 3);
}

static void test_absent(void **state)
{
	shim_clear();
	shim_ports_set(NULL);
	assert_int_equal(shim_start("serial"), -ENODEV);
}

static void test_write(void **state)
{
	assert_int_equal(put("hello"), 5);
	assert_int_equal(uart.nsent, 5);
	assert_memory_equal(uart.sent, "hello", 5);
	assert_int_equal(uart.reg[IER] & IER_TX, 0);
}

/* The FIFO never overflows, and one place of it is left to the core. */
static void test_burst(void **state)
{
	static char text[4096];
	u32 done;

	memset(text, 'x', sizeof(text) - 1);
	uart.stuck = true;
	done = (u32)put(text);
	assert_int_equal(uart.pending, FIFO - 1);
	assert_true(done < sizeof(text) - 1);
	assert_true(uart.reg[IER] & IER_TX);
	assert_int_equal(put("more"), 0);
	for (u32 i = 0; i < 1000 && uart.nsent < done; i++) {
		uart_drain();
		assert_true(shim_irq(IRQ));
		assert_int_equal(uart.overflows, 0);
	}
	assert_int_equal(uart.nsent, done);
	assert_true(writable_calls > 0);
	uart_drain();
	shim_irq(IRQ);
	assert_int_equal(uart.reg[IER] & IER_TX, 0);
}

/* The core's byte is in the FIFO: nothing is added before it is out. */
static void test_core_byte(void **state)
{
	uart.stuck = true;
	uart.pending = 1;
	assert_int_equal(put("abc"), 3);
	assert_int_equal(uart.nsent, 0);
	uart_drain();
	shim_irq(IRQ);
	assert_int_equal(uart.nsent, 3);
}

static void test_receive(void **state)
{
	char text[200];

	uart.in = "typed";
	assert_true(shim_irq(IRQ));
	assert_string_equal(typed, "typed");
	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ntyped = 0;
	uart.in = text;
	shim_irq(IRQ);
	assert_string_equal(typed, text);
}

static void test_losses(void **state)
{
	uart.in = "a";
	uart.lsr_error = LSR_OVERRUN;
	shim_irq(IRQ);
	assert_string_equal(typed, "a");
	assert_true(shim_log_has("1 overruns"));
}

static void test_configure(void **state)
{
	assert_int_equal(ops.configure(port_number, 9600, CS7 | PARENB | CSTOPB), 0);
	assert_int_equal(uart.dll, 12);
	assert_int_equal(uart.dlm, 0);
	assert_int_equal(uart.reg[LCR], 0x1e);
	assert_int_equal(ops.configure(port_number, 50, CS8), 0);
	assert_int_equal(uart.dll | uart.dlm << 8, 2304);
	assert_int_equal(uart.reg[LCR] & 0x0f, 3);
	assert_int_equal(ops.configure(port_number, 0, CS8), 0);
	assert_int_equal(uart.reg[MCR], 0x08);
}

/* New settings hold for what is written after them. */
static void test_configure_waits(void **state)
{
	uart.stuck = true;
	uart.pending = 1;
	put("before");
	ops.configure(port_number, 50, CS8);
	assert_int_equal(uart.dlm, 0);
	uart_drain();
	shim_irq(IRQ);
	assert_int_equal(uart.nsent, 6);
	assert_int_equal(uart.dlm, 0);
	uart_drain();
	shim_irq(IRQ);
	assert_int_equal(uart.dlm, 2304 >> 8);
}

static void test_hardware_flow(void **state)
{
	ops.configure(port_number, 9600, CS8 | CRTSCTS);
	uart.reg[MSR] = 0;
	put("abc");
	assert_int_equal(uart.nsent, 0);
	uart.reg[MSR] = MSR_CTS;
	shim_irq(IRQ);
	assert_int_equal(uart.nsent, 3);
}

static void test_reset(void **state)
{
	ops.configure(port_number, 50, CS8);
	assert_int_equal(shim_reset("serial"), 0);
	assert_int_equal(uart.dlm, 2304 >> 8);
	put("x");
	assert_int_equal(uart.nsent, 1);
	writable_calls = 0;
	shim_irq(IRQ);
	assert_int_equal(writable_calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_start, setup),
		cmocka_unit_test_setup(test_absent, setup),
		cmocka_unit_test_setup(test_write, setup),
		cmocka_unit_test_setup(test_burst, setup),
		cmocka_unit_test_setup(test_core_byte, setup),
		cmocka_unit_test_setup(test_receive, setup),
		cmocka_unit_test_setup(test_losses, setup),
		cmocka_unit_test_setup(test_configure, setup),
		cmocka_unit_test_setup(test_configure_waits, setup),
		cmocka_unit_test_setup(test_hardware_flow, setup),
		cmocka_unit_test_setup(test_reset, setup),
	};

	return cmocka_run_group_tests_name("serial", tests, NULL, NULL);
}
