// SPDX-License-Identifier: MIT
/* test_console: ioctls of virtual consoles (ioctl_console(2)), as Linux has them. */
#define _GNU_SOURCE
#include <sys/wait.h>

#include "test_pty.h"

#undef BLKGETSIZE64		/* the C library's is an expression */
#include <whitix/ioctl.h>

#define UNUSED "/dev/tty5"
#define UNUSED_NUMBER 5
#define BEYOND 64
#define LINUX_RELEASE_MS 100	/* Linux lets a closed console go a moment later */
#define NOBODY 65534

struct vt_stat {
	unsigned short v_active, v_signal, v_state;
};

static int console(const char *name)
{
	int fd = open(name, O_RDWR | O_NOCTTY);

	CHECK(fd >= 0);
	return fd;
}

static int shown_number(int fd)
{
	struct vt_stat state;

	CHECK_EQ(ioctl(fd, VT_GETSTATE, &state), 0);
	return state.v_active;
}

/* VT_GETSTATE and VT_OPENQRY go by who has a console open. */
static void used(void)
{
	int fd = console("/dev/tty1"), first, second, other;
	struct vt_stat state;
	char name[32];

	CHECK_EQ(ioctl(fd, VT_OPENQRY, &first), 0);
	CHECK(first > 1);
	snprintf(name, sizeof(name), "/dev/tty%d", first);
	other = console(name);
	CHECK_EQ(ioctl(fd, VT_OPENQRY, &second), 0);
	CHECK(second != first);
	CHECK_EQ(ioctl(fd, VT_GETSTATE, &state), 0);
	CHECK(state.v_state >> first & 1 && state.v_state & 2 && state.v_state & 1);
	close(other);
	CHECK_EQ(ioctl(fd, VT_OPENQRY, &second), 0);
	CHECK_EQ(second, first);
	CHECK_FAILS(ioctl(fd, VT_OPENQRY, NULL), EFAULT);
	close(fd);
}

static void disallocate(void)
{
	int fd = console("/dev/tty1"), other = console(UNUSED);

	CHECK_EQ(write(other, "x", 1), 1);
	CHECK_FAILS(ioctl(fd, VT_DISALLOCATE, UNUSED_NUMBER), EBUSY);
	close(other);
	nap_ms(LINUX_RELEASE_MS);
	CHECK_EQ(ioctl(fd, VT_DISALLOCATE, UNUSED_NUMBER), 0);
	CHECK_FAILS(ioctl(fd, VT_DISALLOCATE, UNUSED_NUMBER), EBUSY);
	CHECK_FAILS(ioctl(fd, VT_DISALLOCATE, BEYOND), ENXIO);
	CHECK_FAILS(ioctl(fd, VT_DISALLOCATE, 1), EBUSY);
	CHECK_EQ(ioctl(fd, VT_DISALLOCATE, 0), 0);
	other = console(UNUSED);	/* it works again */
	CHECK_EQ(write(other, "x", 1), 1);
	close(other);
	close(fd);
}

static void switching(void)
{
	int fd = console("/dev/tty1"), before = shown_number(fd);
	int other = before == UNUSED_NUMBER ? 4 : UNUSED_NUMBER;
	char what = TIOCL_GETFGCONSOLE;

	CHECK_EQ(ioctl(fd, TIOCLINUX, &what), before - 1);
	CHECK_EQ(ioctl(fd, VT_ACTIVATE, other), 0);
	CHECK_EQ(ioctl(fd, VT_WAITACTIVE, other), 0);
	CHECK_EQ(shown_number(fd), other);
	what = TIOCL_GETFGCONSOLE;
	CHECK_EQ(ioctl(fd, TIOCLINUX, &what), other - 1);
	CHECK_EQ(ioctl(fd, VT_LOCKSWITCH, 1), 0);
	CHECK_EQ(ioctl(fd, VT_ACTIVATE, before), 0);
	CHECK_EQ(shown_number(fd), other);
	CHECK_EQ(ioctl(fd, VT_UNLOCKSWITCH, 1), 0);
	CHECK_EQ(ioctl(fd, VT_ACTIVATE, before), 0);
	CHECK_EQ(ioctl(fd, VT_WAITACTIVE, before), 0);
	CHECK_FAILS(ioctl(fd, VT_ACTIVATE, 0), ENXIO);
	CHECK_FAILS(ioctl(fd, VT_ACTIVATE, BEYOND), ENXIO);
	CHECK_FAILS(ioctl(fd, VT_RELDISP, 1), EINVAL);
	close(fd);
}

static void keyboard(void)
{
	int fd = console(UNUSED), mode = -1;
	char what = 99;

	CHECK_EQ(ioctl(fd, KDSKBMODE, K_XLATE), 0);
	CHECK_EQ(ioctl(fd, KDGKBMODE, &mode), 0);
	CHECK_EQ(mode, K_XLATE);
	CHECK_EQ(ioctl(fd, KDSKBMODE, K_UNICODE), 0);
	CHECK_EQ(ioctl(fd, KDGKBMODE, &mode), 0);
	CHECK_EQ(mode, K_UNICODE);
	CHECK_FAILS(ioctl(fd, KDSKBMODE, 77), EINVAL);
	CHECK_EQ(ioctl(fd, KDGKBMETA, &mode), 0);
	CHECK_EQ(mode, K_ESCPREFIX);
	CHECK_EQ(ioctl(fd, KDSKBMETA, K_ESCPREFIX), 0);
	CHECK_FAILS(ioctl(fd, KDSKBMETA, 77), EINVAL);
	CHECK_EQ(ioctl(fd, KDGETMODE, &mode), 0);
	CHECK_EQ(mode, KD_TEXT);
	CHECK_FAILS(ioctl(fd, TIOCLINUX, &what), EINVAL);
	CHECK_FAILS(ioctl(fd, TIOCLINUX, NULL), EFAULT);
	close(fd);
}

/* Who has neither the terminal nor privilege may look, but not change. */
static void strangers(void)
{
	int fd = console(UNUSED), mode;
	char what = TIOCL_GETFGCONSOLE;
	pid_t pid = fork();

	if (pid == 0) {
		CHECK_EQ(setsid() > 0, 1);
		CHECK_EQ(setuid(NOBODY), 0);
		CHECK_EQ(ioctl(fd, KDGKBMODE, &mode), 0);
		CHECK_FAILS(ioctl(fd, KDSKBMODE, K_XLATE), EPERM);
		CHECK_FAILS(ioctl(fd, KDSETMODE, KD_TEXT), EPERM);
		CHECK_FAILS(ioctl(fd, VT_ACTIVATE, 1), EPERM);
		CHECK_FAILS(ioctl(fd, VT_LOCKSWITCH, 1), EPERM);
		CHECK_FAILS(ioctl(fd, TIOCLINUX, &what), EPERM);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &mode, 0), pid);
	CHECK_EQ(mode, 0);
	close(fd);
}

static const struct ktap_test tests[] = {
	TEST(used), TEST(disallocate), TEST(switching), TEST(keyboard), TEST(strangers),
};

int main(int argc, char **argv)
{
	return pty_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
