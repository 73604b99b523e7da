/* SPDX-License-Identifier: MIT */
/*
 * What the core offers to modules about waiting, timers, threads and locks,
 * called as a module would, on account of a module that is there (echo).
 */
#include <core.h>
#include <errno.h>
#include <ktest.h>
#include <mm.h>
#include <modules.h>
#include <program.h>
#include <socket.h>
#include <string.h>
#include <watch.h>

#include "join.h"

#define PRIORITY_HIGH 8

static u32 calls;
static u64 last_cookie;
static struct group group;

/* A module to act for; NULL (and the test is skipped) without any. */
static struct module *borrow_module(void)
{
	struct module *m = module_by_name("echo");

	if (!m)
		ktest_skip("there is no module echo");
	return m;
}

static void note_call(u64 cookie)
{
	calls++;
	last_cookie = cookie;
}

static void test_wait(void)
{
	struct module *m = borrow_module();
	long w, seq;

	if (!m)
		return;
	w = wait_create(m->id);
	EXPECT_OR_RETURN(w > 0);
	seq = wait_seq((u32)w);
	EXPECT(seq >= 0);
	EXPECT(wait_sleep((u32)w, (u32)seq, 20 * MS) == -ETIMEDOUT);
	EXPECT(wait_wake((u32)w) == 0);
	EXPECT(wait_seq((u32)w) != seq);
	EXPECT(wait_sleep((u32)w, (u32)seq, 0) == 0);
	EXPECT(wait_destroy((u32)w) == 0);
	EXPECT(wait_destroy((u32)w) == -EBADF);
	EXPECT(wait_seq((u32)w) == -EBADF);
	EXPECT(wait_sleep((u32)w, 0, 0) == -EBADF);
	EXPECT(wait_wake((u32)w) == -EBADF);
	EXPECT(wait_create(MODULES_MAX + 5) < 0);
}

/* A module's own thread belongs to no program: it is told so, and nothing breaks. */
static void test_without_a_program(void)
{
	struct file_install none = { .file.provider = 1 };
	struct module *m = borrow_module();
	struct linux_siginfo info;
	struct descriptor d;
	u64 root, cwd;
	char byte = 0;
	long w;

	if (!m)
		return;
	w = wait_create(m->id);
	EXPECT(descriptor_get(m->id, 0, &d) == -EBADF);
	EXPECT(descriptor_read(m->id, 0, DESCRIPTOR_POS, &byte, 1) == -EBADF);
	EXPECT(descriptor_write(m->id, 0, DESCRIPTOR_POS, &byte, 1) == -EBADF);
	EXPECT(descriptor_move(m->id, 0, 0) == -EBADF);
	EXPECT(file_own_number(m->id, 0) == -EBADF);
	EXPECT(file_handle_of(m->id, 0) == -EBADF);
	EXPECT(file_handle_install(m->id, 0x7fffffff, 0) < 0);
	EXPECT(file_install(m->id, &none, sizeof(none), 0) == -ESRCH);
	EXPECT(watch_control((u32)w, EPOLL_CTL_ADD, 0, 0, 0) == -EBADF);
	EXPECT(process_directories(m->id, &root, &cwd) == -ESRCH);
	EXPECT(process_mask(m->id, 0) == -ESRCH);
	EXPECT(process_signal_take(m->id, ~0ul, true, &info) == -ESRCH);
	EXPECT(process_has_timers(m->id) == 0);
	EXPECT(user_read(0x1000, &byte, 1) == -EFAULT);
	EXPECT(user_write(0x1000, &byte, 1) == -EFAULT);
	EXPECT(wait_destroy((u32)w) == 0);
}

static void destroying_thread(void *arg)
{
	test_sleep(20 * MS);
	wait_destroy((u32)(uintptr_t)arg);
	group_leave(&group);
}

static void test_destroyed_while_asleep(void)
{
	struct module *m = borrow_module();
	long w;

	if (!m)
		return;
	group_init(&group);
	w = wait_create(m->id);
	EXPECT_OR_RETURN(w > 0);
	group_start(&group, "destroyer", destroying_thread, (void *)w,
		    PRIORITY_HIGH);
	EXPECT(wait_sleep((u32)w, (u32)wait_seq((u32)w), TEST_TIMEOUT) == 0);
	EXPECT(group_join(&group));
}

static void test_timer(void)
{
	struct module *m = borrow_module();
	long t;

	if (!m)
		return;
	calls = 0;
	t = timer_create(m->id, note_call, 0x1234567890);
	EXPECT_OR_RETURN(t > 0);
	EXPECT(timer_arm((u32)t, 10 * MS, 0) == 0);
	EXPECT(time_sleep(m->id, 60 * MS) == 0);
	EXPECT(calls == 1 && last_cookie == 0x1234567890);
	EXPECT(timer_arm((u32)t, 10 * MS, 20 * MS) == 0);
	time_sleep(m->id, 150 * MS);
	EXPECT(calls >= 4 && calls <= 9);
	EXPECT(timer_arm((u32)t, 0, 0) == 0);
	calls = 0;
	time_sleep(m->id, 50 * MS);
	EXPECT(calls == 0);
	/* Shorter than a tick: neither hangs nor floods. */
	EXPECT(timer_arm((u32)t, 1, 1) == 0);
	time_sleep(m->id, 50 * MS);
	EXPECT(calls >= 1 && calls <= 50 * MS / SHORTEST + 1);
	EXPECT(timer_arm((u32)t, UINT64_MAX, UINT64_MAX) == 0);
	EXPECT(timer_destroy((u32)t) == 0);
	EXPECT(timer_arm((u32)t, 10 * MS, 0) == -EBADF);
	EXPECT(timer_create(m->id, NULL, 0) == -EINVAL);
}

static long destroyed_timer;

static void destroy_itself(u64 cookie)
{
	calls++;
	timer_destroy((u32)destroyed_timer);
}

static void test_timer_destroys_itself(void)
{
	struct module *m = borrow_module();

	if (!m)
		return;
	calls = 0;
	destroyed_timer = timer_create(m->id, destroy_itself, 0);
	EXPECT_OR_RETURN(destroyed_timer > 0);
	timer_arm((u32)destroyed_timer, 1, 10 * MS);
	time_sleep(m->id, 60 * MS);
	EXPECT(calls == 1);
	EXPECT(timer_destroy((u32)destroyed_timer) == -EBADF);
}

static void test_thread(void)
{
	struct module *m = borrow_module();
	long t;

	if (!m)
		return;
	calls = 0;
	t = thread_create(m->id, note_call, 99, "ktest");
	EXPECT_OR_RETURN(t > 0);
	time_sleep(m->id, 30 * MS);
	EXPECT(calls == 1 && last_cookie == 99);
	/* It ended, and its handle with it. */
	EXPECT(handle_object((u32)t, HANDLE_THREAD, NULL) == NULL);
	EXPECT(thread_create(m->id, NULL, 0, "none") == -EINVAL);
}

struct lock_arg {
	u32 module;
	u64 addr;
	u32 word;
	long result;
};

static void lock_thread(void *arg)
{
	struct lock_arg *a = arg;

	a->result = lock_wait(a->module, a->addr, a->word, 0);
	group_leave(&group);
}

/* Only reads the module's memory: a word that does not change. */
static void test_lock_wait(void)
{
	struct module *m = borrow_module();
	struct lock_arg a = { 0 };

	if (!m)
		return;
	a.module = m->id;
	a.addr = m->range[RANGE_TEXT].start;
	EXPECT_OR_RETURN(!copy_module_from(&a.word, (void *)a.addr, sizeof(a.word)));
	a.result = 1;
	group_init(&group);
	EXPECT(lock_wait(a.module, a.addr, ~a.word, 0) == -EAGAIN);
	EXPECT(lock_wait(a.module, a.addr + 1, a.word, 0) == -EFAULT);
	EXPECT(lock_wait(a.module, (u64)&a.word, a.word, 0) == -EFAULT);
	EXPECT(lock_wait(a.module, 0, 0, 0) == -EFAULT);
	EXPECT(lock_wake(a.module, (u64)&a.word, 1) == -EFAULT);
	group_start(&group, "locker", lock_thread, &a, PRIORITY_HIGH);
	test_sleep(20 * MS);
	EXPECT(a.result == 1);
	EXPECT(lock_wake(a.module, a.addr, 1) == 1);
	EXPECT(group_join(&group));
	EXPECT(a.result == 0);
	EXPECT(lock_wake(a.module, a.addr, 1) == 0);
	EXPECT(current->waiting_tid == 0);
}

static void test_not_permitted(void)
{
	struct module *m = borrow_module();
	char buf[8];

	if (!m)
		return;
	EXPECT(time_set_realtime(m->id, 0) == -EPERM);
	EXPECT(irq_attach(m->id, 8, note_call, 0) == -EPERM);
	EXPECT(irq_attach(m->id, 99, note_call, 0) == -EINVAL);
	EXPECT(port_out8(m->id, 0x64, 0xfe) == -EPERM);
	EXPECT(port_in8(m->id, 0xcf8) == -EPERM);
	EXPECT(cmos_write(m->id, 0x0f, 0) == -EPERM);
	EXPECT(cmdline_get(m->id, "not-there", buf, sizeof(buf)) == -ENOENT);
	EXPECT(cmdline_get(m->id, "ktest", buf, sizeof(buf)) == 1);
	EXPECT(strcmp(buf, "1") == 0);
}

const struct ktest exports_tests[] = {
	{ "wait", test_wait },
	{ "destroyed_while_asleep", test_destroyed_while_asleep },
	{ "timer", test_timer },
	{ "timer_destroys_itself", test_timer_destroys_itself },
	{ "thread", test_thread },
	{ "lock_wait", test_lock_wait },
	{ "not_permitted", test_not_permitted },
	{ "without_a_program", test_without_a_program },
	{ NULL, NULL },
};
