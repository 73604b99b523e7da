/* SPDX-License-Identifier: MIT */
/*
 * serial: 16550 compatible serial lines as terminals ttyS0 and ttyS1 (National
 * Semiconductor PC16550D data sheet, 8.0 Registers), interrupt driven both
 * ways.
 *
 * The core writes its log to COM1 too, byte by byte, and polls for it. So
 * nothing is assumed of the transmitter between two looks at LSR, and a burst
 * leaves one place of the FIFO free for a byte that the core slips in.
 *
 * State: nothing to keep. Speed and format are in the chip; bytes in the ring at
 * a reset are lost.
 *
 * A line's lock is not held while tty is called, since tty calls back.
 */
#include <errno.h>
#include <io.h>
#include <runtime.h>
#include <string.h>
#include <tty.h>
#include <whitix/stat.h>
#include <whitix/termios.h>

#define PORTS 8			/* registers of a UART */
#define TX_RING 1024		/* a power of two */
#define RX_CHUNK 64
#define RX_MAX 4096		/* bytes taken in one interrupt: then let others run */
#define FIFO_BURST 15		/* of 16: see above */
#define CLOCK 115200		/* baud at divisor 1 */
#define DEFAULT_DIVISOR 1
#define MAJOR_TTYS 4
#define MINOR_TTYS 64

enum uart_register {
	RBR = 0, THR = 0, DLL = 0,
	IER = 1, DLM = 1,
	IIR = 2, FCR = 2,
	LCR = 3, MCR = 4, LSR = 5, MSR = 6, SCR = 7,
};

#define IER_RX 0x01
#define IER_TX 0x02
#define IER_LINE 0x04
#define IER_MODEM 0x08
#define IIR_NONE 0x01
#define IIR_FIFO 0xc0
#define FCR_ENABLE 0x01
#define FCR_CLEAR 0x06
#define FCR_TRIGGER_8 0x80
#define LCR_BITS 0x03		/* 5 bits + this */
#define LCR_STOP2 0x04
#define LCR_PARITY 0x08
#define LCR_EVEN 0x10
#define LCR_DLAB 0x80
#define MCR_DTR 0x01
#define MCR_RTS 0x02
#define MCR_OUT2 0x08		/* lets the interrupt out */
#define LSR_DATA 0x01
#define LSR_OVERRUN 0x02
#define LSR_PARITY 0x04
#define LSR_FRAMING 0x08
#define LSR_BREAK 0x10
#define LSR_THR_EMPTY 0x20
#define MSR_CTS 0x10

struct line {
	const char *name;
	u16 base;
	u8 irq;
	bool present;
	bool fifo;
	struct mutex lock;
	u32 tty;		/* tty's number */
	u8 ier;			/* l: what is in the register */
	bool flow;		/* l: CRTSCTS */
	bool was_full;		/* l: tty was refused bytes */
	/* l: settings to apply when the ring is empty */
	bool reconfigure;
	u32 baud, cflag;
	u32 set_baud;		/* l: what the divisor is for; 0: not known */
	/* l: transmit ring; numbers only grow */
	u8 ring[TX_RING];
	u32 head, tail;
	/* l: losses since start */
	u32 overruns, framing, parity, breaks, reported;
};

static struct line lines[] = {
	{ .name = "ttyS0", .base = 0x3f8, .irq = 4 },
	{ .name = "ttyS1", .base = 0x2f8, .irq = 3 },
};

static u8 reg_read(const struct line *l, u32 reg)
{
	return inb((u16)(l->base + reg));
}

static void reg_write(const struct line *l, u32 reg, u8 value)
{
	outb((u16)(l->base + reg), value);
}

static void set_ier(struct line *l, u8 ier)
{
	if (l->ier == ier)
		return;
	l->ier = ier;
	reg_write(l, IER, ier);
}

/* ---- settings ---------------------------------------------------------- */

static void set_divisor(const struct line *l, u16 divisor, u8 lcr)
{
	reg_write(l, LCR, lcr | LCR_DLAB);
	reg_write(l, DLL, (u8)divisor);
	reg_write(l, DLM, (u8)(divisor >> 8));
	reg_write(l, LCR, lcr);
}

static u8 lcr_of(u32 cflag)
{
	u8 lcr = (u8)((cflag & CSIZE) >> 4) & LCR_BITS;	/* CS5 is 0 */

	if (cflag & CSTOPB)
		lcr |= LCR_STOP2;
	if (cflag & PARENB)
		lcr |= LCR_PARITY;
	if (!(cflag & PARODD))
		lcr |= LCR_EVEN;
	return lcr;
}

/* Baud 0 hangs up; what the clock can't be divided to is left as it is. */
static void apply_settings(struct line *l)
{
	u8 lcr = lcr_of(l->cflag);

	l->reconfigure = false;
	l->flow = l->cflag & CRTSCTS;
	if (!l->baud) {
		reg_write(l, MCR, MCR_OUT2);
		return;
	}
	reg_write(l, MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
	if (l->baud <= CLOCK && l->baud != l->set_baud)
		set_divisor(l, (u16)(CLOCK / l->baud), lcr);
	else
		reg_write(l, LCR, lcr);
	l->set_baud = l->baud;
	set_ier(l, l->flow ? l->ier | IER_MODEM : l->ier & ~IER_MODEM);
}

/* ---- transmitting ------------------------------------------------------ */

static u32 ring_len(const struct line *l)
{
	return l->head - l->tail;
}

static bool may_send(const struct line *l)
{
	if (!(reg_read(l, LSR) & LSR_THR_EMPTY))
		return false;
	return !l->flow || (reg_read(l, MSR) & MSR_CTS);
}

/* Fills the FIFO while it is empty, and asks for an interrupt if more waits. */
static void transmit(struct line *l)
{
	u32 burst = l->fifo ? FIFO_BURST : 1;

	while (ring_len(l) && may_send(l)) {
		for (u32 i = 0; i < burst && ring_len(l); i++)
			reg_write(l, THR, l->ring[l->tail++ % TX_RING]);
	}
	if (!ring_len(l) && l->reconfigure && (reg_read(l, LSR) & LSR_THR_EMPTY))
		apply_settings(l);
	if (ring_len(l) || l->reconfigure)
		set_ier(l, l->ier | IER_TX);
	else
		set_ier(l, l->ier & ~IER_TX);
}

static struct line *line_of(u64 port)
{
	return port < ARRAY_SIZE(lines) && lines[port].present ? &lines[port] : NULL;
}

/* tty_port_ops.write: bytes that went into the ring. */
static long serial_write(u64 port, const char *buf, size_t len)
{
	struct line *l = line_of(port);
	size_t done = 0;

	if (!l)
		return -ENODEV;
	mutex_lock(&l->lock);
	while (done < len) {
		size_t begin = l->head % TX_RING;
		size_t part = MIN(len - done, (size_t)(TX_RING - ring_len(l)));

		part = MIN(part, TX_RING - begin);
		if (!part)
			break;
		memcpy(l->ring + begin, buf + done, part);
		l->head += (u32)part;
		done += part;
		transmit(l);
	}
	l->was_full |= done < len;
	mutex_unlock(&l->lock);
	return (long)done;
}

/* tty_port_ops.size: a line does not know. */
static long serial_size(u64 port)
{
	return 0;
}

/* tty_port_ops.configure: holds for what is written from now on. */
static long serial_configure(u64 port, u32 baud, u32 cflag)
{
	struct line *l = line_of(port);

	if (!l)
		return -ENODEV;
	mutex_lock(&l->lock);
	l->baud = baud;
	l->cflag = cflag;
	l->reconfigure = true;
	transmit(l);
	mutex_unlock(&l->lock);
	return 0;
}

/* ---- receiving --------------------------------------------------------- */

static void count_losses(struct line *l, u8 lsr)
{
	l->overruns += (lsr & LSR_OVERRUN) != 0;
	l->parity += (lsr & LSR_PARITY) != 0;
	l->framing += (lsr & LSR_FRAMING) != 0;
	l->breaks += (lsr & LSR_BREAK) != 0;
}

/* A line in the log each time that the losses have doubled. */
static void report_losses(struct line *l)
{
	u32 lost = l->overruns + l->framing + l->parity;

	if (!lost || lost < 2 * l->reported)
		return;
	l->reported = lost;
	pr_warn("%s: %u overruns, %u framing, %u parity errors, %u breaks", l->name,
		l->overruns, l->framing, l->parity, l->breaks);
}

/* Takes at most a chunk out of the receiver. */
static size_t receive(struct line *l, char *buf)
{
	size_t n = 0;

	while (n < RX_CHUNK) {
		u8 lsr = reg_read(l, LSR);
		u8 byte;

		count_losses(l, lsr);
		if (!(lsr & LSR_DATA))
			break;
		byte = reg_read(l, RBR);
		if (!(lsr & LSR_BREAK))	/* a break reads as a NUL */
			buf[n++] = (char)byte;
	}
	return n;
}

/* Makes a new edge of what is still pending, so that there is an interrupt. */
static void raise_again(struct line *l)
{
	mutex_lock(&l->lock);
	reg_write(l, IER, 0);
	reg_write(l, IER, l->ier);
	mutex_unlock(&l->lock);
}

/*
 * All causes are looked at each time: the line is edge triggered, and a cause
 * left behind would keep it high for good.
 */
static void serial_interrupt(u64 port)
{
	struct line *l = line_of(port);
	char buf[RX_CHUNK];
	bool room;
	size_t n, total = 0;

	if (!l)
		return;
	do {
		mutex_lock(&l->lock);
		n = receive(l, buf);
		report_losses(l);
		reg_read(l, MSR);
		transmit(l);
		room = l->was_full && ring_len(l) <= TX_RING / 2;
		l->was_full &= !room;
		mutex_unlock(&l->lock);
		if (n)
			tty_input(THIS_MODULE, l->tty, buf, n);
		if (room)
			tty_writable(THIS_MODULE, l->tty);
		total += n;
	} while ((n || room || !(reg_read(l, IIR) & IIR_NONE)) && total < RX_MAX);
	if (total >= RX_MAX)
		raise_again(l);
}

/* ---- start ------------------------------------------------------------- */

/* A UART keeps what is written to SCR; the upper bits of its IER are 0. */
static bool detect(const struct line *l)
{
	static const u8 patterns[] = { 0x5a, 0xa5 };

	for (u32 i = 0; i < ARRAY_SIZE(patterns); i++) {
		reg_write(l, SCR, patterns[i]);
		if (reg_read(l, SCR) != patterns[i])
			return false;
	}
	return !(reg_read(l, IER) & 0xf0);
}

/*
 * Speed and format stay what they are: reaching the divisor hides the
 * transmitter for a moment, which the core may be using. Only a chip that
 * nobody ever programmed (LCR is 0 after power-on) gets the default.
 */
static void program(struct line *l)
{
	l->ier = 0;
	reg_write(l, IER, 0);
	if (!reg_read(l, LCR))
		set_divisor(l, DEFAULT_DIVISOR, LCR_BITS);
	reg_write(l, FCR, FCR_ENABLE | FCR_TRIGGER_8);
	l->fifo = (reg_read(l, IIR) & IIR_FIFO) == IIR_FIFO;
	reg_write(l, MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
}

static long start(struct line *l, u32 index, bool recovering)
{
	static const struct tty_port_ops ops = {
		.write = serial_write,
		.size = serial_size,
		.configure = serial_configure,
	};
	long tty, irq;

	program(l);
	l->present = true;
	tty = tty_port_register(THIS_MODULE, l->name,
				LINUX_MAKEDEV(MAJOR_TTYS, MINOR_TTYS + index),
				index, &ops);
	if (tty < 0)
		return tty;
	l->tty = (u32)tty;
	irq = irq_attach(THIS_MODULE, l->irq, serial_interrupt, index);
	if (irq < 0)
		return irq;
	/* after a reset the first interrupt asks tty for what it has */
	l->was_full = recovering;
	set_ier(l, IER_RX | IER_LINE | (recovering ? IER_TX : 0));
	return 0;
}

static long serial_init(u32 flags)
{
	u32 found = 0;

	for (u32 i = 0; i < ARRAY_SIZE(lines); i++) {
		long err;

		if (!detect(&lines[i]))
			continue;
		err = start(&lines[i], i, flags & INIT_RECOVERING);
		if (err < 0)
			return err;
		found++;
	}
	return found ? 0 : -ENODEV;
}

MODULE("serial", .description = "16550 serial lines",
       .init = serial_init, .rank = RANK_TTY_PORT,
       .ports = { { 0x3f8, PORTS }, { 0x2f8, PORTS } },
       .irqs = { 4 + 1, 3 + 1 });
