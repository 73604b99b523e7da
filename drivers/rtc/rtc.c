/* SPDX-License-Identifier: MIT */
/*
 * rtc: the battery-backed clock (Motorola MC146818 data sheet). It sets the
 * time of day at start, and serves /dev/rtc0 and /dev/rtc.
 *
 * Its registers are reached through the core (cmos_read()), since its index
 * port also masks the NMI.
 *
 * State: nothing to keep; the time of day is the core's.
 */
#include <devfs.h>
#include <errno.h>
#include <file.h>
#include <runtime.h>
#include <string.h>
#include <whitix/ioctl.h>
#include <whitix/stat.h>

#include "clock.h"

enum cmos_register {
	CMOS_SECOND = 0x00,
	CMOS_MINUTE = 0x02,
	CMOS_HOUR = 0x04,
	CMOS_DAY = 0x07,
	CMOS_MONTH = 0x08,
	CMOS_YEAR = 0x09,
	CMOS_A = 0x0a,
	CMOS_B = 0x0b,
	CMOS_CENTURY = 0x32,	/* where PCs have it; checked for sense */
};

#define CMOS_PORT 0x70		/* index and data: asked for, used by the core */
#define A_UPDATING 0x80
#define B_SET 0x80		/* stops the clock while it is set */
#define READS_MAX 8		/* until two agree */
#define RTC_MAJOR 254
#define RTC_MODE (S_IFCHR | 0600)

static struct mutex lock = MUTEX_INIT;	/* one at a time reads or sets */

static u8 get(u8 reg)
{
	return (u8)cmos_read(THIS_MODULE, reg);
}

static void put(u8 reg, u8 value)
{
	cmos_write(THIS_MODULE, reg, value);
}

static void read_once(struct rtc_registers *r)
{
	r->second = get(CMOS_SECOND);
	r->minute = get(CMOS_MINUTE);
	r->hour = get(CMOS_HOUR);
	r->day = get(CMOS_DAY);
	r->month = get(CMOS_MONTH);
	r->year = get(CMOS_YEAR);
	r->century = get(CMOS_CENTURY);
	r->control = get(CMOS_B);
}

/*
 * An update in the middle of a read shows as two reads that differ, so there
 * is no waiting for the update bit. -EIO: no two agree.
 */
static long read_registers(struct rtc_registers *r)
{
	struct rtc_registers before;

	memset(&before, 0, sizeof(before));
	memset(r, 0, sizeof(*r));
	read_once(&before);
	for (u32 i = 0; i < READS_MAX; i++) {
		bool updating = get(CMOS_A) & A_UPDATING;

		read_once(r);
		if (!updating && !memcmp(&before, r, sizeof(*r)))
			return 0;
		before = *r;
	}
	return -EIO;
}

static long read_clock(struct rtc_calendar *c)
{
	struct rtc_registers r;
	long err;

	mutex_lock(&lock);
	err = read_registers(&r);
	mutex_unlock(&lock);
	return err ? err : rtc_decode(&r, c);
}

static long set_clock(const struct rtc_calendar *c)
{
	struct rtc_registers r;
	long err;

	mutex_lock(&lock);
	r.control = get(CMOS_B);
	err = rtc_encode(c, &r);
	if (!err) {
		put(CMOS_B, r.control | B_SET);
		put(CMOS_SECOND, r.second);
		put(CMOS_MINUTE, r.minute);
		put(CMOS_HOUR, r.hour);
		put(CMOS_DAY, r.day);
		put(CMOS_MONTH, r.month);
		put(CMOS_YEAR, r.year);
		put(CMOS_CENTURY, r.century);
		put(CMOS_B, r.control);
	}
	mutex_unlock(&lock);
	return err;
}

/* ---- /dev/rtc ---------------------------------------------------------- */

/* Reading waits for the clock's interrupts, which are not used. */
static long file_read(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	return -EINVAL;
}

static long file_write(u64 number, u32 ubuf, u64 off, u64 len, u64 pos, u32 oflags)
{
	return -EINVAL;
}

static long get_time(u32 ubuf)
{
	struct rtc_calendar c;
	long n = read_clock(&c);

	if (!n)
		n = ubuf_write(ubuf, 0, &c, sizeof(c));
	if (n < 0)
		return n;
	return n == sizeof(c) ? 0 : -EFAULT;
}

static long set_time(u32 ubuf)
{
	struct rtc_calendar c;
	long n;

	if (cred_euid() != 0)
		return -EACCES;
	n = ubuf_read(ubuf, 0, &c, sizeof(c));
	if (n < 0)
		return n;
	return n == sizeof(c) ? set_clock(&c) : -EFAULT;
}

static long file_ioctl(u64 number, u32 cmd, u64 arg, u32 ubuf)
{
	switch (cmd) {
	case RTC_RD_TIME:
		return get_time(ubuf);
	case RTC_SET_TIME:
		return set_time(ubuf);
	}
	return -ENOTTY;
}

static long file_poll(u64 number)
{
	return 0;
}

static long file_release(u64 number)
{
	return 0;
}

static long publish(void)
{
	static const struct file_ops ops = {
		.read = file_read, .write = file_write, .ioctl = file_ioctl,
		.poll = file_poll, .release = file_release,
	};
	struct file_open file = { .flags = FILE_STREAM };
	long handle = provider_register(THIS_MODULE, &ops);
	long err;

	if (handle < 0)
		return handle;
	file.provider = (u32)handle;
	err = devfs_register(THIS_MODULE, "rtc0", RTC_MODE,
			     LINUX_MAKEDEV(RTC_MAJOR, 0), &file);
	if (err < 0)
		return err;
	return devfs_register(THIS_MODULE, "rtc", RTC_MODE,
			      LINUX_MAKEDEV(RTC_MAJOR, 0), &file);
}

/* After a reset the time of day runs on in the core. */
static long rtc_init(u32 flags)
{
	struct rtc_calendar c;
	long err = read_clock(&c);

	if (err == -EIO)
		return -ENODEV;
	if (err < 0)
		pr_warn("the clock shows no date");
	else if (!(flags & INIT_RECOVERING))
		err = time_set_realtime(THIS_MODULE,
					(u64)rtc_seconds(&c) * NSEC_PER_SEC);
	if (err < 0 && err != -EINVAL)
		return err;
	return publish();
}

MODULE("rtc", .description = "battery-backed clock",
       .init = rtc_init, .rank = RANK_DEVICE,
       .ports = { { CMOS_PORT, 2 } });
