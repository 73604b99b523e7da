/* SPDX-License-Identifier: MIT */
/*
 * console: six consoles, tty1 to tty6, of which one is shown: on the VGA screen in
 * text mode, or on a framebuffer. Alt with a function key shows another one;
 * Shift with PageUp and PageDown goes through what has left the screen
 * (console_ioctl(4), vt(4)).
 *
 * State: transactions, for each console (internal.h). Its memory is mapped when
 * the console is first used. Which one is shown is the record "shown". The
 * screen is drawn anew after a reset. What the keyboard's mode was set to, and a
 * lock of the switching, are not kept.
 *
 * Where there is nothing to show on init returns -ENODEV.
 */
#include <errno.h>
#include <printf.h>
#include <runtime.h>
#include <string.h>
#include <tty.h>
#include <whitix/ioctl.h>
#include <whitix/stat.h>

#include "internal.h"

#define CONSOLES 6
#define TTY_MAJOR 4
#define PAGE 4096ul
#define VT_MAGIC 0x6c6f736e6f43ull
#define RECORD_SHOWN "shown"

static struct vt *vts[CONSOLES];	/* lock; NULL: not used yet */
static u32 tty[CONSOLES];	/* tty's numbers */
static u32 shown;		/* lock */
static u32 back;		/* lock; lines that the shown one is scrolled back by */
static u8 keyboard[CONSOLES];	/* K_XLATE, or 0 for K_UNICODE: what was set */
static bool locked;		/* VT_LOCKSWITCH: the same console stays */
static bool graphics[CONSOLES];	/* lock; a program draws itself: KD_GRAPHICS */
static const struct display *display;
static struct mutex lock = MUTEX_INIT;	/* the consoles and the display */

static u32 vt_pages(void)
{
	return (u32)(DIV_ROUND_UP(vt_size(display->rows, display->cols), PAGE));
}

/* The console's screen, made if need be; NULL: no memory. The lock is held. */
static struct vt *vt_of(u32 number)
{
	struct vt *vt = vts[number];
	long addr;

	if (vt)
		return vt;
	addr = heap_map_persistent(THIS_MODULE, vt_pages());
	if (is_error(addr))
		return NULL;
	vt = (struct vt *)addr;
	vt->number = number;
	vt_setup(vt, display->rows, display->cols);
	__atomic_store_n(&vt->magic, VT_MAGIC, __ATOMIC_RELEASE);
	return vts[number] = vt;
}

/* ---- showing ---------------------------------------------------------------- */

/* Brings what changed of the shown console to the screen. The lock is held. */
static void show(void)
{
	struct vt *vt = vts[shown];

	if (!vt || graphics[shown])
		return;
	for (u32 row = vt->dirty_first; row < vt->dirty_end; row++)
		display->draw(row, 0, vt_line_back(vt, row, back), vt->cols,
			      vt->s.screen_reverse);
	vt->dirty_first = vt->rows;
	vt->dirty_end = 0;
	display->cursor(vt->s.cursor.row, vt->s.cursor.col,
			!vt->s.cursor_hidden && !back);
}

static void show_all(void)
{
	if (vts[shown])
		vt_touch(vts[shown], 0, vts[shown]->rows);
	show();
}

/* Shows console `number`: 0 (also where that is locked), -ENXIO, -ENOMEM. */
static long switch_to(u32 number)
{
	struct vt *vt;

	if (number >= CONSOLES)
		return -ENXIO;
	if (locked)
		return 0;
	mutex_lock(&lock);
	vt = vt_of(number);
	if (vt) {
		shown = number;
		back = 0;
		record_put(THIS_MODULE, RECORD_SHOWN, &shown, sizeof(shown));
		show_all();
	}
	mutex_unlock(&lock);
	return vt ? tty_set_active(THIS_MODULE, tty[number]) : -ENOMEM;
}

/* Goes `lines` back (or forth) in what the shown console remembers. */
static void scroll(bool backwards)
{
	u32 half = display->rows / 2;

	mutex_lock(&lock);
	if (vts[shown]) {
		back = backwards ? MIN(back + half, vt_history(vts[shown])) :
				   back - MIN(back, half);
		show_all();
	}
	mutex_unlock(&lock);
}

/* ---- the port ------------------------------------------------------------------ */

/* How many of the bytes from `seq` on this console has had before a reset. */
static u32 had_before(struct vt *vt, u64 seq, size_t len)
{
	u32 done = 0;

	if (seq == TTY_NO_SEQ) {
		vt->s.seq_known = false;
		return 0;
	}
	if (vt->s.seq_known && (s32)(vt->s.seq - (u32)seq) > 0)
		done = MIN(vt->s.seq - (u32)seq, (u32)len);
	vt->s.seq = (u32)seq + done;
	vt->s.seq_known = true;
	return done;
}

/* tty_port_ops.write: takes all. Answers to queries are typed in afterwards. */
static long console_write(u64 port, u64 seq, const char *buf, size_t len)
{
	char reply[VT_REPLY_MAX];
	u32 reply_len, done;
	struct vt *vt;

	if (port >= CONSOLES || !display)
		return -ENODEV;
	mutex_lock(&lock);
	vt = vt_of((u32)port);
	if (!vt) {
		mutex_unlock(&lock);
		return (long)len;	/* no memory for a screen: nobody sees it */
	}
	done = had_before(vt, seq, len);
	vt_write(vt, buf + done, len - done);
	if (port == shown && back) {
		back = 0;
		vt_touch(vt, 0, vt->rows);
	}
	if (port == shown)
		show();
	reply_len = vt->reply_len;
	memcpy(reply, vt->reply, reply_len);
	vt->reply_len = 0;
	mutex_unlock(&lock);
	if (reply_len)
		tty_input(THIS_MODULE, tty[port], ktime_ns(), reply, reply_len);
	return (long)len;
}

static long console_size(u64 port)
{
	return (long)(display->rows << 16 | display->cols);
}

/* tty_port_ops.configure: a screen has no line settings. */
static long console_configure(u64 port, u32 baud, u32 cflag)
{
	return 0;
}

/* A cursor key, as the mode has it: CSI or SS3, and a letter. */
static long type_cursor(u64 port, u32 letter)
{
	char text[3] = { '\033', '[', (char)letter };

	mutex_lock(&lock);
	if (vts[port] && vts[port]->s.app_cursor)
		text[1] = 'O';
	mutex_unlock(&lock);
	return tty_input(THIS_MODULE, tty[port], ktime_ns(), text, sizeof(text));
}

/* tty_port_ops.key. */
static long console_key(u64 port, u32 key, u32 value)
{
	if (port >= CONSOLES)
		return -ENODEV;
	switch (key) {
	case TTY_KEY_SWITCH:
		return switch_to(value - 1);
	case TTY_KEY_STEP:
		return switch_to((shown + (value ? 1 : CONSOLES - 1)) % CONSOLES);
	case TTY_KEY_SCROLL:
		scroll(value != 0);
		return 0;
	case TTY_KEY_CURSOR:
		return type_cursor(port, value);
	}
	return -EINVAL;
}

/* ---- ioctl ----------------------------------------------------------------------- */

static long give(u32 ubuf, const void *value, size_t size)
{
	long n = ubuf_write(ubuf, 0, value, size);

	return n < 0 ? n : (size_t)n == size ? 0 : -EFAULT;
}

/* Some program has the console open. */
static bool is_open(u32 number)
{
	return tty_openings(THIS_MODULE, tty[number]) > 0;
}

/* VT_GETSTATE: which is shown, and a bit for each that is used. */
static long get_state(u32 ubuf)
{
	u16 state[3] = { (u16)(shown + 1), 0, 1 };	/* bit 0: tty0 */

	for (u32 i = 0; i < CONSOLES; i++)
		if (is_open(i))
			state[2] |= (u16)(1u << (i + 1));
	return give(ubuf, state, sizeof(state));
}

/* VT_OPENQRY: the first that nobody uses, or -1. */
static long get_unused(u32 ubuf)
{
	s32 number = -1;

	for (s32 i = CONSOLES - 1; i >= 0; i--)
		if (!is_open((u32)i))
			number = i + 1;
	return give(ubuf, &number, sizeof(number));
}

/* Gives back the screen of a console that nobody uses. */
static long give_up(u32 number)
{
	struct vt *vt = NULL;
	bool busy = is_open(number);

	mutex_lock(&lock);
	busy |= number == shown || !vts[number];	/* none: busy on Linux, too */
	if (!busy) {
		vt = vts[number];
		vts[number] = NULL;
	}
	mutex_unlock(&lock);
	if (vt)
		heap_unmap(THIS_MODULE, (u64)vt, vt_pages());
	return busy ? -EBUSY : 0;
}

/* VT_DISALLOCATE: console `which`, from 1, but the first keeps its own; 0: all. */
static long disallocate(u64 which)
{
	if (which > CONSOLES)
		return -ENXIO;
	if (which == 1)
		return is_open(0) || shown == 0 ? -EBUSY : 0;
	if (which)
		return give_up((u32)which - 1);
	for (u32 i = 1; i < CONSOLES; i++)
		give_up(i);
	return 0;
}

static long set_locked(bool on)
{
	if (cred_euid() != 0)
		return -EPERM;
	locked = on;
	return 0;
}

/* TIOCLINUX: the first byte says what. */
static long ask(u32 ubuf)
{
	u8 what;
	long n = ubuf_read(ubuf, 0, &what, sizeof(what));

	if (n <= 0)
		return n < 0 ? n : -EFAULT;
	switch (what) {
	case TIOCL_GETFGCONSOLE:
		return shown;
	case TIOCL_BLANKEDSCREEN:	/* it is never blanked */
	case TIOCL_GETKMSGREDIRECT:	/* /dev/console is not moved */
		return 0;
	}
	return -EINVAL;
}

/* VT_SETMODE: switching is not asked for from programs. */
static long set_mode(u32 ubuf)
{
	u8 mode;
	long n = ubuf_read(ubuf, 0, &mode, sizeof(mode));

	return n < 0 ? n : mode ? -EINVAL : 0;
}

static long set_graphics(u64 port, u64 mode)
{
	if (mode > KD_GRAPHICS)
		return -EINVAL;
	mutex_lock(&lock);
	graphics[port] = mode == KD_GRAPHICS;
	if (port == shown)
		show_all();
	mutex_unlock(&lock);
	return 0;
}

static long ioctl_keyboard(u64 port, u32 cmd, u64 arg, u32 ubuf)
{
	u32 value = 0;

	switch (cmd) {
	case KDGKBTYPE:
		value = KB_101;
		return give(ubuf, &value, 1);
	case KDGETMODE:
		value = graphics[port] ? KD_GRAPHICS : KD_TEXT;
		return give(ubuf, &value, sizeof(value));
	case KDSETMODE:
		return set_graphics(port, arg);
	case KDGKBMODE:
		value = keyboard[port] ? keyboard[port] : K_UNICODE;
		return give(ubuf, &value, sizeof(value));
	case KDSKBMODE:		/* keys give characters; no raw codes */
		if (arg != K_UNICODE && arg != K_XLATE)
			return -EINVAL;
		keyboard[port] = (u8)arg;
		return 0;
	case KDSKBMETA:
		return arg == K_ESCPREFIX ? 0 : -EINVAL;
	case KDGKBMETA:
		value = K_ESCPREFIX;	/* Alt puts ESC before a character */
		return give(ubuf, &value, sizeof(value));
	}
	return -ENOTTY;
}

/* tty_port_ops.ioctl. */
static long console_ioctl(u64 port, u32 cmd, u64 arg, u32 ubuf)
{
	static const u8 automatic[8];	/* struct vt_mode: VT_AUTO */

	if (port >= CONSOLES)
		return -ENODEV;
	switch (cmd) {
	case VT_OPENQRY:
		return get_unused(ubuf);
	case VT_GETSTATE:
		return get_state(ubuf);
	case VT_GETMODE:
		return give(ubuf, automatic, sizeof(automatic));
	case VT_SETMODE:
		return set_mode(ubuf);
	case VT_RELDISP:	/* for VT_PROCESS only */
		return -EINVAL;
	case VT_DISALLOCATE:
		return disallocate(arg);
	case VT_LOCKSWITCH:
	case VT_UNLOCKSWITCH:
		return set_locked(cmd == VT_LOCKSWITCH);
	case TIOCLINUX:
		return ask(ubuf);
	case VT_ACTIVATE:
		return arg ? switch_to((u32)MIN(arg - 1, (u64)CONSOLES)) : -ENXIO;
	case VT_WAITACTIVE:
		if (!arg || arg > CONSOLES)
			return -ENXIO;
		return shown + 1 == arg ? 0 : -EAGAIN;
	}
	return ioctl_keyboard(port, cmd, arg, ubuf);
}

/* ---- start ----------------------------------------------------------------------- */

/* Finds the consoles that came through a reset, and shows the same again. */
static void recover(void)
{
	struct heap_run run;
	u64 after = 0;

	if (record_get(THIS_MODULE, RECORD_SHOWN, &shown, sizeof(shown)) !=
	    sizeof(shown) || shown >= CONSOLES)
		shown = 0;
	while (heap_run_next(THIS_MODULE, after, &run) == 0) {
		struct vt *vt = (struct vt *)run.addr;

		after = run.addr;
		if (run.owner != THIS_MODULE || !(run.flags & HEAP_RUN_PERSISTENT))
			continue;
		if (vt->magic == VT_MAGIC && vt->number < CONSOLES &&
		    run.npages == vt_pages()) {
			vt_restart(vt);
			vts[vt->number] = vt;
		} else {
			heap_unmap(THIS_MODULE, run.addr, run.npages);
		}
	}
	show_all();
}

static long register_ports(void)
{
	static const struct tty_port_ops ops = {
		.write = console_write,
		.size = console_size,
		.configure = console_configure,
		.ioctl = console_ioctl,
		.key = console_key,
	};

	for (u32 i = 0; i < CONSOLES; i++) {
		char name[8];
		long number;

		scnprintf(name, sizeof(name), "tty%u", i + 1);
		number = tty_port_register(THIS_MODULE, name,
					   LINUX_MAKEDEV(TTY_MAJOR, i + 1), i, &ops);
		if (number < 0)
			return number;
		tty[i] = (u32)number;
		if (i == shown)
			tty_set_active(THIS_MODULE, tty[i]);
	}
	return 0;
}

static long console_init(u32 flags)
{
	bool recovering = flags & INIT_RECOVERING;

	display = framebuffer_start();
	if (!display)
		display = vga_start(recovering);
	if (!display)
		return -ENODEV;
	if (recovering)
		recover();
	return register_ports();
}

MODULE("console", .description = "consoles on the VGA screen or a framebuffer",
       .init = console_init, .rank = RANK_TTY_PORT, .quota_pages = 2048,
       .ports = { { 0x3ce, 2 }, { 0x3d4, 2 }, { 0x3c0, 2 }, { 0x3da, 1 } });
