/* SPDX-License-Identifier: MIT */
/*
 * Interrupt lines, with the CMOS clock's periodic interrupt (Motorola MC146818
 * data sheet): it is there on every PC, and its line falls only when register C
 * is read, so that one interrupt without its handler is the last.
 */
#include <cpu.h>
#include <errno.h>
#include <io.h>
#include <irq.h>
#include <ktest.h>

#include "join.h"

#define LINE_CMOS 8
#define CMOS_INDEX 0x70
#define CMOS_DATA 0x71
#define CMOS_B 0x0b
#define CMOS_C 0x0c
#define CMOS_B_PERIODIC 0x40
#define CMOS_C_PERIODIC 0x40

static u32 handled, idle_calls, overlapping, inside;
static u64 handler_sleep_ns;

static u8 cmos_get(u8 reg)
{
	u64 flags = irq_save();
	u8 value;

	outb(CMOS_INDEX, reg);
	value = inb(CMOS_DATA);
	irq_restore(flags);
	return value;
}

static void cmos_set_periodic(bool on)
{
	u8 b = cmos_get(CMOS_B) & ~CMOS_B_PERIODIC;
	u64 flags = irq_save();

	cmos_get(CMOS_C);	/* what is pending from before */
	outb(CMOS_INDEX, CMOS_B);
	outb(CMOS_DATA, on ? b | CMOS_B_PERIODIC : b);
	irq_restore(flags);
}

static void handler(u64 cookie)
{
	if (inside++)
		overlapping++;
	/* A late call may have served two edges: then one has nothing to do. */
	if (!(cmos_get(CMOS_C) & CMOS_C_PERIODIC))
		idle_calls++;
	if (handler_sleep_ns) {
		/* The line may rise again, and must find itself masked. */
		test_sleep(handler_sleep_ns / 2);
		cmos_get(CMOS_C);
		test_sleep(handler_sleep_ns / 2);
		cmos_get(CMOS_C);
	}
	handled += (u32)cookie;
	inside--;
}

static void reset_counts(u64 sleep_ns)
{
	handled = idle_calls = overlapping = inside = 0;
	handler_sleep_ns = sleep_ns;
}

static void test_handler_is_called(void)
{
	void *attachment;
	u64 count = irq_count(LINE_CMOS);
	u32 last;

	reset_counts(0);
	EXPECT_OR_RETURN(irq_attach_core(LINE_CMOS, handler, 1, NULL,
					 &attachment) == 0);
	cmos_set_periodic(true);
	test_sleep(100 * MS);
	EXPECT(handled - idle_calls > 10);
	EXPECT(overlapping == 0);
	EXPECT(irq_count(LINE_CMOS) - count >= handled);
	irq_detach_core(attachment);
	last = handled;
	test_sleep(50 * MS);
	EXPECT(handled == last);
	cmos_set_periodic(false);
}

static void test_slow_handler(void)
{
	u64 count = irq_count(LINE_CMOS);
	void *attachment;

	reset_counts(20 * MS);
	EXPECT_OR_RETURN(irq_attach_core(LINE_CMOS, handler, 1, NULL,
					 &attachment) == 0);
	cmos_set_periodic(true);
	test_sleep(200 * MS);
	EXPECT(handled >= 2 && handled <= 10);
	EXPECT(overlapping == 0);
	EXPECT(irq_count(LINE_CMOS) - count <= handled + 2);
	irq_detach_core(attachment);	/* most likely while it runs */
	cmos_set_periodic(false);
	test_sleep(50 * MS);
	EXPECT(inside == 0);
}

static void test_attach_again(void)
{
	void *a, *b = NULL;

	reset_counts(0);
	EXPECT_OR_RETURN(irq_attach_core(LINE_CMOS, handler, 1, NULL, &a) == 0);
	EXPECT(irq_attach_core(LINE_CMOS, handler, 1, NULL, &b) == -EBUSY);
	irq_detach_core(a);
	EXPECT_OR_RETURN(irq_attach_core(LINE_CMOS, handler, 1, NULL, &b) == 0);
	cmos_set_periodic(true);
	test_sleep(50 * MS);
	EXPECT(handled > 0);
	irq_detach_core(b);
	cmos_set_periodic(false);
}

static void test_wrong_lines(void)
{
	char owner[MODULE_NAME_MAX];
	void *a;

	EXPECT(irq_attach_core(IRQ_LINES, handler, 1, NULL, &a) == -EINVAL);
	EXPECT(irq_attach_core(~0u, handler, 1, NULL, &a) == -EINVAL);
	EXPECT(irq_attach_core(2, handler, 1, NULL, &a) == -EINVAL);
	irq_owner_name(~0u, owner);
	EXPECT(!owner[0]);
}

const struct ktest irq_tests[] = {
	{ "handler_is_called", test_handler_is_called },
	{ "slow_handler", test_slow_handler },
	{ "attach_again", test_attach_again },
	{ "wrong_lines", test_wrong_lines },
	{ NULL, NULL },
};
