/* SPDX-License-Identifier: MIT */
/* Threads and the scheduler: order, preemption, ends, what a switch carries. */
#include <frame.h>
#include <ktest.h>
#include <log.h>

#include "join.h"

#define PRIORITY_LOW 30
#define PRIORITY_HIGH 8
#define MANY 40

static struct group group;
static u32 order[8], norder;
static u64 spins[2];
static u32 stop;

static void note(u32 what)
{
	if (norder < ARRAY_SIZE(order))
		order[norder++] = what;
}

static void noting_thread(void *arg)
{
	note((u32)(uintptr_t)arg);
	group_leave(&group);
}

static void test_run_and_end(void)
{
	struct thread *t;
	u32 tid;

	group_init(&group);
	norder = 0;
	t = thread_create_core("t", noting_thread, (void *)7, PRIORITY_HIGH);
	EXPECT_OR_RETURN(t != NULL);
	tid = t->tid;
	EXPECT(tid != 0 && tid != current->tid);
	EXPECT(thread_find(tid) == t);
	atomic_add(&group.left, 1);
	EXPECT(norder == 0);
	thread_start(t);
	EXPECT(group_join(&group));
	EXPECT(norder == 1 && order[0] == 7);
	test_sleep(20 * MS);
	EXPECT(thread_find(tid) == NULL);
}

static void test_priority_order(void)
{
	group_init(&group);
	norder = 0;
	group_start(&group, "low", noting_thread, (void *)1, PRIORITY_LOW);
	EXPECT(norder == 0);	/* worse than us */
	group_start(&group, "high", noting_thread, (void *)2, PRIORITY_HIGH);
	EXPECT(norder == 1);	/* better: it ran before we went on */
	EXPECT(group_join(&group));
	EXPECT(norder == 2 && order[0] == 2 && order[1] == 1);
}

static void test_preempt_disable(void)
{
	group_init(&group);
	norder = 0;
	preempt_disable();
	group_start(&group, "high", noting_thread, (void *)1, PRIORITY_HIGH);
	EXPECT(norder == 0);
	preempt_enable();
	EXPECT(norder == 1);
	EXPECT(group_join(&group));
}

static void spinning_thread(void *arg)
{
	u64 *count = arg;

	while (!READ_ONCE(stop))
		WRITE_ONCE(*count, *count + 1);
	group_leave(&group);
}

static void test_time_slices(void)
{
	group_init(&group);
	stop = 0;
	spins[0] = spins[1] = 0;
	group_start(&group, "spin0", spinning_thread, &spins[0], PRIORITY_LOW);
	group_start(&group, "spin1", spinning_thread, &spins[1], PRIORITY_LOW);
	test_sleep(200 * MS);
	EXPECT(READ_ONCE(spins[0]) > 0);
	EXPECT(READ_ONCE(spins[1]) > 0);
	WRITE_ONCE(stop, 1);
	EXPECT(group_join(&group));
}

static void sleeping_thread(void *arg)
{
	test_sleep((u64)(uintptr_t)arg * MS);
	group_leave(&group);
}

static void test_many_threads(void)
{
	u64 free_before, i;

	group_init(&group);
	for (i = 0; i < 2; i++) {
		u64 n;

		test_sleep(30 * MS);	/* idle frees the dead */
		free_before = frame_free_count();
		for (n = 0; n < MANY; n++)
			EXPECT(group_start(&group, "many", sleeping_thread,
					   (void *)(n % 4), PRIORITY_HIGH));
		EXPECT(group_join(&group));
		test_sleep(30 * MS);
	}
	/* The first round may have made tables and filled the caches. */
	EXPECT(frame_free_count() == free_before);
}

static void test_wake_is_kept(void)
{
	u64 before = time_now_ns();

	thread_wake(current);
	thread_block(before + TEST_TIMEOUT);
	EXPECT(time_now_ns() - before < TEST_TIMEOUT / 2);
}

static void xmm_write(u64 value)
{
	__asm__ volatile("movq %0, %%xmm0" : : "r"(value));
}

static u64 xmm_read(void)
{
	u64 value;

	__asm__ volatile("movq %%xmm0, %0" : "=r"(value));
	return value;
}

static void fpu_thread(void *arg)
{
	u64 value = (u64)(uintptr_t)arg;
	bool same = true;
	u32 i;

	current->fpu = core_alloc(FPU_STATE_SIZE);
	if (current->fpu) {
		fpu_init_state(current->fpu);
		fpu_load(current);
		xmm_write(value);
		for (i = 0; i < 20; i++) {
			if (i % 4)
				schedule();
			else
				test_sleep(1 * MS);
			same = same && xmm_read() == value;
		}
		fpu_save(current);
		same = same && *(u64 *)((u8 *)current->fpu + 160) == value;
	}
	EXPECT(current->fpu && same);
	group_leave(&group);
}

static void test_fpu_is_the_threads_own(void)
{
	group_init(&group);
	group_start(&group, "fpu1", fpu_thread, (void *)0x1111, PRIORITY_LOW);
	group_start(&group, "fpu2", fpu_thread, (void *)0x2222, PRIORITY_LOW);
	group_start(&group, "fpu3", fpu_thread, (void *)0x3333, PRIORITY_LOW);
	EXPECT(group_join(&group));
}

static void test_context_page(void)
{
	EXPECT(context_page->tid == current->tid);
	test_sleep(10 * MS);
	EXPECT(context_page->tid == current->tid);
	EXPECT(context_page->pid == 0);
}

static void test_idle_time_counts(void)
{
	struct sched_stats before, after;

	sched_stats_get(&before);
	test_sleep(100 * MS);
	sched_stats_get(&after);
	EXPECT(after.idle_ns - before.idle_ns >= 50 * MS);
	EXPECT(after.switches > before.switches);
	EXPECT(after.alive >= 1 && after.ready >= 1);
}

const struct ktest sched_tests[] = {
	{ "run_and_end", test_run_and_end },
	{ "priority_order", test_priority_order },
	{ "preempt_disable", test_preempt_disable },
	{ "time_slices", test_time_slices },
	{ "many_threads", test_many_threads },
	{ "wake_is_kept", test_wake_is_kept },
	{ "fpu_is_the_threads_own", test_fpu_is_the_threads_own },
	{ "context_page", test_context_page },
	{ "idle_time_counts", test_idle_time_counts },
	{ NULL, NULL },
};
