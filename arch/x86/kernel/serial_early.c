/* SPDX-License-Identifier: MIT */
/*
 * The core's own serial output: a 16550 on COM1, polled, never interrupts. The
 * `serial` module drives the same UART for programs; log lines and panics come
 * through here at all times. National Semiconductor PC16550D, 8.
 */
#include <asm/machine.h>
#include <io.h>
#include <log.h>

#include "isa_ports.h"

/* A byte takes 87 us at 115200 baud; a stuck UART must not stop the kernel. */
#define POLLS_MAX 100000

static bool present;

/* 115200 baud, 8N1, FIFOs on, no interrupts; nothing when there is no UART. */
void serial_early_init(void)
{
	outb(COM1 + UART_SCRATCH, SCRATCH_PATTERN);
	if (inb(COM1 + UART_SCRATCH) != SCRATCH_PATTERN)
		return;
	outb(COM1 + UART_IER, 0);
	outb(COM1 + UART_LCR, LCR_8N1 | LCR_DLAB);
	outb(COM1 + UART_DATA, DIVISOR_115200);
	outb(COM1 + UART_IER, 0);
	outb(COM1 + UART_LCR, LCR_8N1);
	outb(COM1 + UART_FCR, FCR_ENABLE_CLEAR);
	outb(COM1 + UART_MCR, MCR_DTR_RTS);
	present = true;
}

static void wait_for(u8 status)
{
	unsigned int i;

	for (i = 0; i < POLLS_MAX; i++)
		if ((inb(COM1 + UART_LSR) & status) == status)
			return;
}

/* Sends a byte when the UART has room. Any context; a panic's, too. */
void log_serial_putc(char c)
{
	if (!present)
		return;
	wait_for(LSR_THR_EMPTY);
	outb(COM1 + UART_DATA, c);
}

/* Waits until the last byte has left the UART. */
void serial_early_drain(void)
{
	if (present)
		wait_for(LSR_THR_EMPTY | LSR_ALL_SENT);
}
