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
#include <whitix/ioctl.h>
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
#define LCR_BREAK 0x40
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
#define MSR_DSR 0x20
#define MSR_RI 0x40
#define MSR_DCD 0x80

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
	u32 seq;		/* l: number of the next byte that tty writes */
	bool seq_known;		/* l */
	/* l: losses since start */
	u32 overruns, framing, parity, breaks, reported;
	u32 received;
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
static long serial_write(u64 port, u64 seq, const char *buf, size_t len)
{
	struct line *l = line_of(port);
	size_t done = 0;

	if (!l)
		return -ENODEV;
	mutex_lock(&l->lock);
	if (seq != TTY_NO_SEQ && l->seq_known && (s32)((u32)seq - l->seq) < 0)
		done = MIN(l->seq - (u32)seq, len);
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
	if (seq != TTY_NO_SEQ) {
		l->seq = (u32)seq + (u32)done;
		l->seq_known = true;
	}
	mutex_unlock(&l->lock);
	return (long)done;
}

/* tty_port_ops.size: a line does not know. */
static long serial_size(u64 port)
{
	return 0;
}

/* tty_port_ops.key: a serial line is no console with keys. */
static long serial_key(u64 port, u32 key, u32 value)
{
	return -ENOTTY;
}

static u32 modem_lines(const struct line *l)
{
	u8 mcr = reg_read(l, MCR), msr = reg_read(l, MSR);

	return (mcr & MCR_DTR ? TIOCM_DTR : 0) | (mcr & MCR_RTS ? TIOCM_RTS : 0) |
	       (msr & MSR_CTS ? TIOCM_CTS : 0) | (msr & MSR_DSR ? TIOCM_DSR : 0) |
	       (msr & MSR_RI ? TIOCM_RNG : 0) | (msr & MSR_DCD ? TIOCM_CAR : 0);
}

static void set_modem_lines(const struct line *l, u32 lines)
{
	reg_write(l, MCR, MCR_OUT2 | (lines & TIOCM_DTR ? MCR_DTR : 0) |
			  (lines & TIOCM_RTS ? MCR_RTS : 0));
}

static long give(u32 ubuf, const void *value, size_t size)
{
	long n = ubuf_write(ubuf, 0, value, size);

	return n < 0 ? n : (size_t)n == size ? 0 : -EFAULT;
}

static long get_serial(const struct line *l, u64 port, u32 ubuf)
{
	struct linux_serial s = {
		.type = PORT_16550A, .line = (s32)port, .port = l->base,
		.irq = l->irq, .xmit_fifo_size = FIFO_BURST + 1,
		.baud_base = CLOCK, .close_delay = 50, .closing_wait = 3000,
	};

	return give(ubuf, &s, sizeof(s));
}

static long get_counts(const struct line *l, u32 ubuf)
{
	struct linux_serial_icounter c = {
		.frame = (s32)l->framing, .overrun = (s32)l->overruns,
		.parity = (s32)l->parity, .brk = (s32)l->breaks,
		.rx = (s32)l->received, .tx = (s32)l->tail,
	};

	return give(ubuf, &c, sizeof(c));
}

static long change_modem_lines(const struct line *l, u32 cmd, u32 ubuf)
{
	u32 now = modem_lines(l), value;
	long n = ubuf_read(ubuf, 0, &value, sizeof(value));

	if (n != sizeof(value))
		return n < 0 ? n : -EFAULT;
	set_modem_lines(l, cmd == TIOCMBIS ? now | value :
			   cmd == TIOCMBIC ? now & ~value : value);
	return 0;
}

static long ioctl_locked(struct line *l, u64 port, u32 cmd, u32 ubuf)
{
	u32 value;
	u8 lcr;

	switch (cmd) {
	case TIOCMGET:
		value = modem_lines(l);
		return give(ubuf, &value, sizeof(value));
	case TIOCMSET:
	case TIOCMBIS:
	case TIOCMBIC:
		return change_modem_lines(l, cmd, ubuf);
	case TIOCSBRK:
	case TIOCCBRK:
		lcr = reg_read(l, LCR) & (u8)~LCR_BREAK;
		reg_write(l, LCR, lcr | (cmd == TIOCSBRK ? LCR_BREAK : 0));
		return 0;
	case TIOCGSERIAL:
		return get_serial(l, port, ubuf);
	case TIOCGICOUNT:
		return get_counts(l, ubuf);
	}
	return -ENOTTY;
}

/* tty_port_ops.ioctl: modem lines, break, what the chip is. */
static long serial_ioctl(u64 port, u32 cmd, u64 arg, u32 ubuf)
{
	struct line *l = line_of(port);
	long result;

	if (!l)
		return -ENODEV;
	mutex_lock(&l->lock);
	result = ioctl_locked(l, port, cmd, ubuf);
	mutex_unlock(&l->lock);
	return result;
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

/* What the receiver gave: bytes that are well, then perhaps one event. */
struct received {
	char buf[RX_CHUNK];
	size_t len;
	bool bad;		/* then comes a break or a byte with an error */
	u32 kind;		/* TTY_INPUT_* */
	u8 byte;
};

/* Takes at most a chunk out of the receiver, up to what is not well. */
static void receive(struct line *l, struct received *r)
{
	r->len = 0;
	r->bad = false;
	while (r->len < RX_CHUNK && !r->bad) {
		u8 lsr = reg_read(l, LSR);
		u8 byte;

		count_losses(l, lsr);
		if (!(lsr & LSR_DATA))
			break;
		byte = reg_read(l, RBR);
		l->received++;
		r->bad = lsr & (LSR_BREAK | LSR_PARITY | LSR_FRAMING);
		if (!r->bad) {
			r->buf[r->len++] = (char)byte;
			continue;
		}
		r->kind = lsr & LSR_BREAK ? TTY_INPUT_BREAK : TTY_INPUT_PARITY;
		r->byte = byte;
	}
}

/* Another number for each call of tty_input(), also after a reset. */
static u64 ticket(void)
{
	static u64 last;
	u64 now = ktime_ns();

	return last = MAX(now, last + 1);
}

static void deliver(const struct line *l, const struct received *r)
{
	if (r->len)
		tty_input(THIS_MODULE, l->tty, ticket(), r->buf, r->len);
	if (r->bad)
		tty_input_error(THIS_MODULE, l->tty, ticket(), r->kind, r->byte);
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
	struct received got;
	bool room;
	size_t n, total = 0;

	if (!l)
		return;
	do {
		mutex_lock(&l->lock);
		receive(l, &got);
		report_losses(l);
		reg_read(l, MSR);
		transmit(l);
		room = l->was_full && ring_len(l) <= TX_RING / 2;
		l->was_full &= !room;
		mutex_unlock(&l->lock);
		n = got.len + got.bad;
		deliver(l, &got);
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
		.ioctl = serial_ioctl,
		.key = serial_key,
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
