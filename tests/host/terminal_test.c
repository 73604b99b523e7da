/* SPDX-License-Identifier: MIT */
/*
 * tty as a module: ports below, open files above, job control, and its state
 * over a reset. The line discipline has its own tests (tty_test.c).
 */
#include "test.h"
#include "os.h"

#include <devfs.h>
#include <tty.h>
#include <vfs.h>
#include <whitix/ioctl.h>
#include <whitix/signal.h>
#include <whitix/termios.h>

#define PORT_SERIAL 3
#define PORT_SCREEN 4
#define SELF_SERIAL 7
#define SELF_SCREEN 8
#define SELF_KEYBOARD 9
#define FILES_MAX 16
#define O_NONBLOCK 04000
#define O_NOCTTY 00400
#define OUTPUT_MAX 65536

static struct node {
	char name[16];
	struct file_open file;
	u64 opened;		/* number of the last opening; 0: none */
	u32 wait;
} nodes[FILES_MAX];
static u32 nnodes;

/* What the ports were given. */
static char serial_out[OUTPUT_MAX], screen_out[OUTPUT_MAX];
static size_t serial_len, screen_len;
static size_t serial_room;
static u32 serial_seq;		/* of the next byte, if it is known */
static bool serial_seq_known;
static u32 last_baud;
static long serial_tty, screen_tty;

/* ---- devfs, ports ------------------------------------------------------ */

long devfs_register(u32 self, const char *name, u32 mode, u64 rdev,
		    const struct file_open *file)
{
	u32 i;

	for (i = 0; i < nnodes && strcmp(nodes[i].name, name); i++)
		;
	assert_true(i < FILES_MAX);
	snprintf(nodes[i].name, sizeof(nodes[i].name), "%s", name);
	nodes[i].file = *file;
	nnodes = MAX(nnodes, i + 1);
	return 0;
}

long devfs_register_range(u32 self, u64 rdev, u32 count, const struct file_open *file)
{
	return 0;
}

static struct fs_ops devpts;

long vfs_register_fs(u32 self, const char *name, u32 flags, const struct fs_ops *ops)
{
	assert_string_equal(name, "devpts");
	devpts = *ops;
	return 0;
}

static u64 ticket(void)
{
	static u64 last;

	return ++last;
}

static long port_write(u64 port, u64 seq, const char *buf, size_t len)
{
	size_t had = 0;

	if (port == PORT_SCREEN) {
		memcpy(screen_out + screen_len, buf, len);
		screen_len += len;
		screen_out[screen_len] = '\0';
		/* an answer to a query, as the console gives it */
		if (memchr(buf, '\005', len))
			tty_input(SELF_SCREEN, (u32)screen_tty, ticket(), "answer\r", 7);
		return (long)len;
	}
	if (seq != TTY_NO_SEQ && serial_seq_known && (s32)((u32)seq - serial_seq) < 0)
		had = MIN(serial_seq - (u32)seq, len);
	len = MIN(len - had, serial_room);
	memcpy(serial_out + serial_len, buf + had, len);
	serial_len += len;
	serial_room -= len;
	serial_out[serial_len] = '\0';
	if (seq != TTY_NO_SEQ)
		serial_seq = (u32)(seq + had + len);
	serial_seq_known |= seq != TTY_NO_SEQ;
	return (long)(had + len);
}

static long port_size(u64 port)
{
	return port == PORT_SCREEN ? 25 << 16 | 80 : 0;
}

static long port_configure(u64 port, u32 baud, u32 cflag)
{
	last_baud = baud;
	return 0;
}

static long port_ioctl(u64 port, u32 cmd, u64 arg, u32 ubuf)
{
	return -ENOTTY;
}

static long port_key(u64 port, u32 key, u32 value)
{
	return -ENOTTY;
}

static const struct tty_port_ops ops = {
	port_write, port_size, port_configure, port_ioctl, port_key,
};

/* ---- what a program does ------------------------------------------------ */

static struct node *node(const char *name)
{
	for (u32 i = 0; i < nnodes; i++) {
		if (!strcmp(nodes[i].name, name))
			return &nodes[i];
	}
	fail_msg("no /dev/%s", name);
	return NULL;
}

static const struct file_ops *files(void)
{
	return shim_provider(nodes[0].file.provider);
}

/* open(2): an error, or the number, which the calls below use from now on. */
static long do_open(const char *name, u32 oflags)
{
	struct node *f = node(name);
	long n;

	shim_context()->op++;
	n = files()->open(f->file.number, oflags, &f->wait);
	if (n >= 0)
		f->opened = (u64)n;
	return n;
}

static u64 number(const char *name)
{
	if (!node(name)->opened)
		assert_true(do_open(name, O_NOCTTY) >= 0);
	shim_context()->op++;
	return node(name)->opened;
}

static long do_read(const char *name, char *buf, size_t len, u32 oflags)
{
	u32 ubuf = shim_ubuf(buf, len, SHIM_UBUF_WRITE);
	long n = files()->read(number(name), ubuf, 0, len, 0, oflags);

	shim_ubufs_end();
	return n;
}

static long do_write(const char *name, const char *text)
{
	size_t len = strlen(text);
	u32 ubuf = shim_ubuf((void *)text, len, SHIM_UBUF_READ);
	long n = files()->write(number(name), ubuf, 0, len, 0, 0);

	shim_ubufs_end();
	return n;
}

static long do_ioctl(const char *name, u32 cmd, u64 arg, void *data, size_t len)
{
	u32 ubuf = shim_ubuf(data, len, SHIM_UBUF_READ | SHIM_UBUF_WRITE);
	long n = files()->ioctl(number(name), cmd, arg, ubuf);

	shim_ubufs_end();
	return n;
}

static long do_poll(const char *name)
{
	return files()->poll(number(name));
}

static void assert_reads(const char *name, const char *expected)
{
	char buf[256];
	long n = do_read(name, buf, sizeof(buf) - 1, 0);

	assert_true(n >= 0);
	buf[n] = '\0';
	assert_string_equal(buf, expected);
}

static void type(const char *text)
{
	assert_int_equal(tty_input(SELF_SERIAL, (u32)serial_tty, ticket(), text, strlen(text)),
			 strlen(text));
}

static void outputs_clear(void)
{
	serial_len = screen_len = 0;
	serial_out[0] = screen_out[0] = '\0';
	serial_room = OUTPUT_MAX;
}

static void set_raw(u8 vmin, u8 vtime)
{
	struct linux_termios t;

	assert_int_equal(do_ioctl("ttyS0", TCGETS, 0, &t, sizeof(t)), 0);
	t.c_lflag &= ~(u32)(ICANON | ECHO | ISIG);
	t.c_cc[VMIN] = vmin;
	t.c_cc[VTIME] = vtime;
	assert_int_equal(do_ioctl("ttyS0", TCSETS, 0, &t, sizeof(t)), 0);
}

static int setup(void **state)
{
	shim_clear();
	memset(nodes, 0, sizeof(nodes));
	nnodes = 0;
	outputs_clear();
	last_baud = 0;
	serial_seq_known = false;
	shim_cmdline_set("");
	shim_session_set(0, 0);
	shim_signal_state_set(0);
	shim_context()->pid = 1;
	assert_int_equal(shim_start("tty"), 0);
	serial_tty = tty_port_register(SELF_SERIAL, "ttyS0", 0x440, PORT_SERIAL, &ops);
	screen_tty = tty_port_register(SELF_SCREEN, "tty1", 0x401, PORT_SCREEN, &ops);
	assert_true(serial_tty >= 0 && screen_tty >= 0 && serial_tty != screen_tty);
	assert_int_equal(tty_set_active(SELF_SCREEN, (u32)screen_tty), 0);
	return 0;
}

/* ---- tests -------------------------------------------------------------- */

static void test_line(void **state)
{
	char buf[8];

	assert_int_equal(do_read("ttyS0", buf, sizeof(buf), 0), -EAGAIN);
	assert_int_equal(do_poll("ttyS0"), FILE_POLLOUT);
	type("hello\r");
	assert_string_equal(serial_out, "hello\r\n");
	assert_int_equal(do_poll("ttyS0"), FILE_POLLIN | FILE_POLLOUT);
	assert_reads("ttyS0", "hello\n");
	assert_int_equal(do_write("ttyS0", "a\nb"), 3);
	assert_string_equal(serial_out, "hello\r\na\r\nb");
}

static void test_port_names(void **state)
{
	assert_int_equal(tty_port_find(SELF_KEYBOARD, "tty1"), screen_tty);
	assert_int_equal(tty_port_find(SELF_KEYBOARD, "tty9"), -ENOENT);
	assert_int_equal(tty_port_register(SELF_SCREEN, "ttyS0", 0, 0, &ops), -EBUSY);
	assert_int_equal(tty_port_register(SELF_SERIAL, "ttyS0", 0x440, PORT_SERIAL,
					   &ops), serial_tty);
	assert_int_equal(tty_input(SELF_SERIAL, 99, ticket(), "x", 1), -EINVAL);
	assert_int_equal(tty_writable(SELF_SCREEN, (u32)serial_tty), -EINVAL);
}

/* A slow port: what it does not take waits, and the writer with it. */
static void test_slow_port(void **state)
{
	static char text[20000];
	long n;

	memset(text, 'x', sizeof(text) - 1);
	serial_room = 10;
	n = do_write("ttyS0", text);
	assert_true(n > 10 && n < (long)sizeof(text) - 1);
	assert_int_equal(do_write("ttyS0", text), 10);	/* what the port has taken */
	assert_int_equal(do_write("ttyS0", text), -EAGAIN);
	assert_int_equal(do_poll("ttyS0"), 0);
	assert_int_equal(serial_len, 10);
	serial_room = 1000;
	assert_int_equal(tty_writable(SELF_SERIAL, (u32)serial_tty), 0);
	assert_int_equal(serial_len, 1010);
	assert_int_equal(do_poll("ttyS0"), FILE_POLLOUT);
	assert_true(shim_wait_count(node("ttyS0")->wait) > 0);
	serial_room = OUTPUT_MAX - 1010 - 1;
	tty_writable(SELF_SERIAL, (u32)serial_tty);
	assert_int_equal(serial_len, n + 10);
}

static void test_stop_and_go(void **state)
{
	type("\023");
	assert_int_equal(do_write("ttyS0", "x"), 1);
	assert_int_equal(serial_len, 0);
	type("\021");
	assert_string_equal(serial_out, "x");
	assert_int_equal(do_ioctl("ttyS0", TCXONC, 0, NULL, 0), 0);
	assert_int_equal(do_write("ttyS0", "y"), 1);
	assert_string_equal(serial_out, "x");
	assert_int_equal(do_ioctl("ttyS0", TCXONC, 1, NULL, 0), 0);
	assert_string_equal(serial_out, "xy");
}

static void test_raw(void **state)
{
	char buf[8];

	set_raw(3, 0);
	type("ab");
	assert_int_equal(do_read("ttyS0", buf, 8, 0), -EAGAIN);
	assert_int_equal(do_poll("ttyS0"), FILE_POLLOUT);
	assert_int_equal(do_read("ttyS0", buf, 8, O_NONBLOCK), 2);
	type("abc");
	assert_int_equal(do_read("ttyS0", buf, 8, 0), 3);
	set_raw(0, 0);
	assert_int_equal(do_read("ttyS0", buf, 8, 0), 0);
}

static void test_raw_time(void **state)
{
	char buf[8];
	u64 begin = os_ns();

	set_raw(0, 1);
	assert_int_equal(do_read("ttyS0", buf, 8, 0), -EAGAIN);
	assert_int_equal(shim_handles(shim_module("tty"), HANDLE_TIMER), 1);
	while (do_read("ttyS0", buf, 8, 0) == -EAGAIN)
		;
	/*
	 * The module counts with the TSC, whose speed is measured over 2 ms at the
	 * start (shim.c's clock_init()): a millisecond in 100 covers its error.
	 */
	assert_true(os_ns() - begin + NSEC_PER_MSEC >= NSEC_PER_SEC / 10);
	assert_int_equal(do_read("ttyS0", buf, 8, 0), -EAGAIN);
	type("x");
	assert_int_equal(do_read("ttyS0", buf, 8, 0), 1);

	set_raw(5, 1);
	type("xy");
	assert_int_equal(do_read("ttyS0", buf, 8, 0), -EAGAIN);
	while (do_read("ttyS0", buf, 8, 0) == -EAGAIN)
		;
	assert_memory_equal(buf, "xy", 2);
}

static void test_ioctls(void **state)
{
	struct linux_winsize size = { 0 };
	struct linux_termios t;
	u32 value = 7;

	assert_int_equal(do_ioctl("tty0", TIOCGWINSZ, 0, &size, sizeof(size)), 0);
	assert_int_equal(size.ws_row, 25);
	assert_int_equal(size.ws_col, 80);
	size.ws_row = 50;
	assert_int_equal(do_ioctl("ttyS0", TIOCSWINSZ, 0, &size, sizeof(size)), 0);
	size.ws_row = 0;
	assert_int_equal(do_ioctl("ttyS0", TIOCGWINSZ, 0, &size, sizeof(size)), 0);
	assert_int_equal(size.ws_row, 50);
	type("abc\r");
	assert_int_equal(do_ioctl("ttyS0", FIONREAD, 0, &value, sizeof(value)), 0);
	assert_int_equal(value, 4);
	assert_int_equal(do_ioctl("ttyS0", TCFLSH, TCIFLUSH, NULL, 0), 0);
	assert_int_equal(do_ioctl("ttyS0", FIONREAD, 0, &value, sizeof(value)), 0);
	assert_int_equal(value, 0);
	assert_int_equal(do_ioctl("ttyS0", TCGETS, 0, &t, sizeof(t)), 0);
	t.c_cflag = (t.c_cflag & ~CBAUD) | B9600;
	assert_int_equal(do_ioctl("ttyS0", TCSETSW, 0, &t, sizeof(t)), 0);
	assert_int_equal(last_baud, 9600);
	t.c_cflag = (t.c_cflag & ~CBAUD) | B57600;
	assert_int_equal(do_ioctl("ttyS0", TCSETSF, 0, &t, sizeof(t)), 0);
	assert_int_equal(last_baud, 57600);
	assert_int_equal(do_ioctl("ttyS0", 0x1234, 0, NULL, 0), -ENOTTY);
	assert_int_equal(do_ioctl("ttyS0", TCGETS, 0, &t, 4), -EFAULT);
}

static void test_sessions(void **state)
{
	u32 value = 0;

	assert_int_equal(do_open("tty", 0), -ENXIO);
	assert_true(do_open("ttyS0", 0) >= 0);
	assert_int_equal(do_ioctl("ttyS0", TIOCGPGRP, 0, &value, 4), -ENOTTY);
	shim_session_set(1, 1);		/* a leader that opens it gets it */
	assert_true(do_open("console", 0) >= 0);
	assert_true(do_open("ttyS0", O_NOCTTY) >= 0);
	assert_int_equal(do_ioctl("ttyS0", TIOCGPGRP, 0, &value, 4), -ENOTTY);
	assert_true(do_open("ttyS0", 0) >= 0);
	assert_true(do_open("tty", 0) >= 0);
	assert_int_equal(do_ioctl("ttyS0", TIOCGPGRP, 0, &value, 4), 0);
	assert_int_equal(value, 1);
	assert_int_equal(do_ioctl("tty", TIOCGSID, 0, &value, 4), 0);
	assert_int_equal(value, 1);
	assert_int_equal(do_ioctl("tty0", TIOCSCTTY, 0, NULL, 0), -EPERM);
	value = 40;
	assert_int_equal(do_ioctl("ttyS0", TIOCSPGRP, 0, &value, 4), 0);
	type("\003");
	assert_true(shim_last_signal() == (40ull << 32 | SIGINT));
	assert_int_equal(do_ioctl("ttyS0", TIOCNOTTY, 0, NULL, 0), 0);
	assert_int_equal(do_open("tty", 0), -ENXIO);
}

static void test_background(void **state)
{
	struct linux_termios t;
	u32 value = 40;
	char buf[8];

	shim_session_set(1, 1);
	assert_int_equal(do_ioctl("ttyS0", TIOCSCTTY, 0, NULL, 0), 0);
	assert_int_equal(do_ioctl("ttyS0", TIOCSPGRP, 0, &value, 4), 0);
	shim_session_set(1, 30);
	assert_int_equal(do_read("ttyS0", buf, 8, 0), -EINTR);
	assert_true(shim_last_signal() == (30ull << 32 | SIGTTIN));
	assert_int_equal(do_write("ttyS0", "x"), 1);
	assert_int_equal(do_ioctl("ttyS0", TIOCSPGRP, 0, &value, 4), -EINTR);
	assert_true(shim_last_signal() == (30ull << 32 | SIGTTOU));
	shim_signal_state_set(SIGNAL_IGNORED);
	assert_int_equal(do_read("ttyS0", buf, 8, 0), -EIO);
	assert_int_equal(do_ioctl("ttyS0", TCGETS, 0, &t, sizeof(t)), 0);
	t.c_lflag |= TOSTOP;
	assert_int_equal(do_ioctl("ttyS0", TCSETS, 0, &t, sizeof(t)), 0);
	assert_int_equal(do_write("ttyS0", "x"), 1);
	shim_signal_state_set(0);
	assert_int_equal(do_write("ttyS0", "x"), -EINTR);
	shim_signal_state_set(SIGNAL_ORPHANED);
	assert_int_equal(do_read("ttyS0", buf, 8, 0), -EIO);
	shim_session_set(2, 2);		/* another session: no job control */
	assert_int_equal(do_write("ttyS0", "x"), 1);
}

/* Nobody chose a console: the screen shows and types the same. */
static void test_mirror(void **state)
{
	assert_int_equal(do_write("console", "both\005"), 5);
	assert_string_equal(serial_out, "both\005");
	assert_string_equal(screen_out, "both\005");
	tty_input(SELF_KEYBOARD, (u32)screen_tty, ticket(), "k\r", 2);
	assert_reads("console", "k\n");	/* and not the screen's answer */
	outputs_clear();
	assert_int_equal(do_write("tty0", "own"), 3);
	assert_string_equal(screen_out, "own");
	do_write("console", "one");
	assert_string_equal(serial_out, "one");
	assert_string_equal(screen_out, "own");
	tty_input(SELF_KEYBOARD, (u32)screen_tty, ticket(), "s\r", 2);
	assert_reads("tty0", "s\n");
}

static void test_chosen_console(void **state)
{
	shim_cmdline_set("console=tty0");
	serial_tty = tty_port_register(SELF_SERIAL, "ttyS0", 0x440, PORT_SERIAL, &ops);
	assert_int_equal(do_open("console", 0) & 0xffff, screen_tty);
	shim_cmdline_set("console=ttyS0,115200");
	serial_tty = tty_port_register(SELF_SERIAL, "ttyS0", 0x440, PORT_SERIAL, &ops);
	assert_int_equal(do_open("console", 0) & 0xffff, serial_tty);
}

/* The screen's answer to a query comes while its port is being written. */
static void test_answer(void **state)
{
	do_write("tty0", "\005");
	assert_reads("tty0", "answer\n");
	assert_string_equal(screen_out, "\005answer\r\n");
}

static void test_reset(void **state)
{
	u64 before;
	u32 value = 40;
	struct linux_termios t;

	shim_session_set(1, 1);
	assert_true(do_open("ttyS0", 0) >= 0);
	assert_int_equal(do_ioctl("ttyS0", TIOCSPGRP, 0, &value, 4), 0);
	shim_session_set(1, 40);
	assert_int_equal(do_ioctl("ttyS0", TCGETS, 0, &t, sizeof(t)), 0);
	t.c_cc[VINTR] = 'q';
	assert_int_equal(do_ioctl("ttyS0", TCSETS, 0, &t, sizeof(t)), 0);
	type("first\rsec");
	outputs_clear();
	before = node("ttyS0")->file.number;
	assert_int_equal(shim_reset("tty"), 0);
	assert_int_equal(node("ttyS0")->file.number, before);
	type("ond\r");
	assert_string_equal(serial_out, "ond\r\n");
	assert_reads("ttyS0", "first\n");
	assert_int_equal(shim_reset("tty"), 0);
	assert_reads("ttyS0", "second\n");
	type("q");
	assert_true(shim_last_signal() == (40ull << 32 | SIGINT));
	assert_int_equal(tty_port_find(SELF_KEYBOARD, "tty1"), screen_tty);
	assert_int_equal(tty_port_register(SELF_SERIAL, "ttyS0", 0x440, PORT_SERIAL,
					   &ops), serial_tty);
}

/* ---- a reset at any moment ------------------------------------------------ */

/* One operation, its result, and what a read then gives. */
static long done;
static u64 file;
static char got[64];

static void op_read(void *arg)
{
	u32 ubuf = shim_ubuf(got, sizeof(got), SHIM_UBUF_WRITE);

	done = files()->read(file, ubuf, 0, sizeof(got), 0, O_NONBLOCK);
}

static void op_write(void *arg)
{
	u32 ubuf = shim_ubuf((void *)"ab\ncd", 5, SHIM_UBUF_READ);

	done = files()->write(file, ubuf, 0, 5, 0, 0);
}

static void op_type(void *arg)
{
	done = tty_input(SELF_SERIAL, (u32)serial_tty, 77, "xy\177z\rq\025w", 8);
}

static void op_open(void *arg)
{
	u32 wait;

	done = files()->open(node("ttyS0")->file.number, O_NOCTTY, &wait);
}

static void op_new_pair(void *arg)
{
	u32 wait;

	done = files()->open(node("ptmx")->file.number, O_NOCTTY, &wait);
}

static void op_release(void *arg)
{
	done = files()->release(file);
}

static void op_settings(void *arg)
{
	static struct linux_termios raw = { .c_cc = { [VMIN] = 1 } };
	u32 ubuf = shim_ubuf(&raw, sizeof(raw), SHIM_UBUF_READ);

	done = files()->ioctl(file, TCSETS, 0, ubuf);
}

static const struct operation {
	const char *name;
	void (*run)(void *arg);
	long result;		/* negative: not looked at */
	const char *out, *in;	/* written to the port, left to be read */
} operations[] = {
	{ "read", op_read, 5, "", "more\n" },
	{ "write", op_write, 5, "ab\r\ncd", "line\nmore\n" },
	{ "type", op_type, 8, "xy\b \bz\r\nq\b \bw", "line\nmore\nxz\n" },
	{ "open", op_open, -1, "", "line\nmore\n" },
	{ "new pair", op_new_pair, -1, "", "line\nmore\n" },
	{ "release", op_release, 0, "", "line\nmore\n" },
	{ "settings", op_settings, 0, "", "line\nmore\n" },
};

static void check(const struct operation *o, u32 at)
{
	char in[128] = "";
	size_t n = 0;
	long part;

	if (o->result >= 0 && done != o->result)
		fail_msg("%s, event %u: result %ld", o->name, at, done);
	if (strcmp(serial_out, o->out))
		fail_msg("%s, event %u: '%s' is written", o->name, at, serial_out);
	node("ttyS0")->opened = 0;
	while ((part = do_read("ttyS0", in + n, sizeof(in) - 1 - n, O_NONBLOCK)) > 0)
		n += (size_t)part;
	if (strcmp(in, o->in))
		fail_msg("%s, event %u: '%s' is to be read", o->name, at, in);
}

/* Runs `o`, left at event `at` if there are as many; then a reset, and again. */
static bool crash_once(const struct operation *o, u32 at)
{
	bool left;

	setup(NULL);
	type("line\rmore\r");
	outputs_clear();
	file = number("ttyS0");
	shim_context()->op++;
	left = shim_crash_at(at, o->run, NULL);
	shim_ubufs_end();
	if (left) {
		assert_int_equal(shim_reset("tty"), 0);
		shim_context()->rerun = 1;
		o->run(NULL);
		shim_context()->rerun = 0;
		shim_ubufs_end();
	}
	check(o, at);
	return left;
}

static void test_crash_points(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		u32 at = 1;

		while (crash_once(&operations[i], at))
			at++;
		assert_true(at > 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_line, setup),
		cmocka_unit_test_setup(test_port_names, setup),
		cmocka_unit_test_setup(test_slow_port, setup),
		cmocka_unit_test_setup(test_stop_and_go, setup),
		cmocka_unit_test_setup(test_raw, setup),
		cmocka_unit_test_setup(test_raw_time, setup),
		cmocka_unit_test_setup(test_ioctls, setup),
		cmocka_unit_test_setup(test_sessions, setup),
		cmocka_unit_test_setup(test_background, setup),
		cmocka_unit_test_setup(test_mirror, setup),
		cmocka_unit_test_setup(test_chosen_console, setup),
		cmocka_unit_test_setup(test_answer, setup),
		cmocka_unit_test_setup(test_reset, setup),
		cmocka_unit_test(test_crash_points),
	};

	return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
