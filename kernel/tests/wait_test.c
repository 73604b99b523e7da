/* SPDX-License-Identifier: MIT */
/* Wait objects and the core's mutex. */
#include <errno.h>
#include <ktest.h>

#include "join.h"

#define PRIORITY_HIGH 8
#define SLEEPERS 5
#define ROUNDS 50
#define POLLED 20

static struct group group;
static struct wait event;
static struct core_mutex mutex;
static u32 counter;
static long results[SLEEPERS];

static void waking_thread(void *arg)
{
	test_sleep(20 * MS);
	wait_wake_all(arg);
	group_leave(&group);
}

static void test_wake(void)
{
	u32 seq;

	group_init(&group);
	wait_init(&event);
	seq = wait_read(&event);
	group_start(&group, "waker", waking_thread, &event, PRIORITY_HIGH);
	EXPECT(wait_on(&event, seq, 0, false) == 0);
	EXPECT(wait_read(&event) != seq);
	EXPECT(group_join(&group));
	EXPECT(list_empty(&event.sleepers));
}

static void test_moved_before(void)
{
	u32 seq;

	wait_init(&event);
	seq = wait_read(&event);
	wait_wake_all(&event);
	EXPECT(wait_on(&event, seq, 0, false) == 0);
	EXPECT(list_empty(&event.sleepers));
}

static void test_timeout(void)
{
	u64 start = time_now_ns(), took;

	wait_init(&event);
	EXPECT(wait_on(&event, wait_read(&event), start + 50 * MS, true) ==
	       -ETIMEDOUT);
	took = time_now_ns() - start;
	EXPECT(took >= 50 * MS);
	EXPECT(took < 500 * MS);
	EXPECT(wait_on(&event, wait_read(&event), start, true) == -ETIMEDOUT);
}

static void sleeper_thread(void *arg)
{
	long *result = arg;

	*result = wait_on(&event, wait_read(&event),
			  time_now_ns() + TEST_TIMEOUT, true);
	group_leave(&group);
}

static void test_all_are_woken(void)
{
	u32 i;

	group_init(&group);
	wait_init(&event);
	for (i = 0; i < SLEEPERS; i++) {
		results[i] = 1;
		group_start(&group, "sleeper", sleeper_thread, &results[i],
			    PRIORITY_HIGH);
	}
	wait_wake_all(&event);
	EXPECT(group_join(&group));
	for (i = 0; i < SLEEPERS; i++)
		EXPECT(results[i] == 0);
}

static void test_cancel_and_kill(void)
{
	struct thread *t;

	group_init(&group);
	wait_init(&event);
	t = group_start(&group, "cancelled", sleeper_thread, &results[0],
			PRIORITY_HIGH);
	t->cancel = true;
	thread_wake(t);
	EXPECT(group_join(&group));
	EXPECT(results[0] == -ECANCELED);
	t = group_start(&group, "killed", sleeper_thread, &results[0],
			PRIORITY_HIGH);
	t->kill = true;
	thread_wake(t);
	EXPECT(group_join(&group));
	EXPECT(results[0] == -EINTR);
}

static void test_spurious_wake(void)
{
	struct thread *t;

	group_init(&group);
	wait_init(&event);
	results[0] = 1;
	t = group_start(&group, "sleeper", sleeper_thread, &results[0],
			PRIORITY_HIGH);
	thread_wake(t);
	test_sleep(20 * MS);
	EXPECT(results[0] == 1);
	wait_wake_all(&event);
	EXPECT(group_join(&group));
	EXPECT(results[0] == 0);
}

static void test_any(void)
{
	static struct wait many[POLLED];
	struct wait_poll polls[POLLED];
	u32 i;

	group_init(&group);
	for (i = 0; i < POLLED; i++) {
		wait_init(&many[i]);
		polls[i] = (struct wait_poll){ &many[i], wait_read(&many[i]) };
	}
	EXPECT(wait_on_any(polls, POLLED, time_now_ns() + 20 * MS, true) ==
	       -ETIMEDOUT);
	group_start(&group, "waker", waking_thread, &many[POLLED - 1],
		    PRIORITY_HIGH);
	EXPECT(wait_on_any(polls, POLLED, time_now_ns() + TEST_TIMEOUT, true) == 0);
	EXPECT(group_join(&group));
	for (i = 0; i < POLLED; i++) {
		EXPECT(list_empty(&many[i].sleepers));
		EXPECT((wait_read(&many[i]) != polls[i].seq) == (i == POLLED - 1));
	}
}

static void test_references(void)
{
	struct wait *w = wait_new();

	EXPECT_OR_RETURN(w != NULL);
	wait_get(w);
	wait_put(w);
	EXPECT(w->refs == 1);
	wait_put(w);
}

static void counting_thread(void *arg)
{
	u32 i, seen;

	for (i = 0; i < ROUNDS; i++) {
		core_mutex_lock(&mutex);
		seen = counter;
		if (i % 5 == 0)
			test_sleep(1);
		else
			schedule();
		counter = seen + 1;
		core_mutex_unlock(&mutex);
	}
	group_leave(&group);
}

static void test_mutex_excludes(void)
{
	u32 i;

	group_init(&group);
	core_mutex_init(&mutex);
	counter = 0;
	for (i = 0; i < 3; i++)
		group_start(&group, "counter", counting_thread, NULL, PRIORITY_USER);
	EXPECT(group_join(&group));
	EXPECT(counter == 3 * ROUNDS);
	EXPECT(mutex.state == 0);
}

static void locking_thread(void *arg)
{
	core_mutex_lock(&mutex);
	counter++;
	core_mutex_unlock(&mutex);
	group_leave(&group);
}

/* A thread that is to be killed still gets its lock, and does not spin. */
static void test_mutex_is_not_broken(void)
{
	struct thread *t;

	group_init(&group);
	core_mutex_init(&mutex);
	counter = 0;
	core_mutex_lock(&mutex);
	t = group_start(&group, "locker", locking_thread, NULL, PRIORITY_HIGH);
	t->kill = true;
	t->cancel = true;
	thread_wake(t);
	test_sleep(20 * MS);
	EXPECT(counter == 0);
	core_mutex_unlock(&mutex);
	EXPECT(group_join(&group));
	EXPECT(counter == 1);
}

const struct ktest wait_tests[] = {
	{ "wake", test_wake },
	{ "moved_before", test_moved_before },
	{ "timeout", test_timeout },
	{ "all_are_woken", test_all_are_woken },
	{ "cancel_and_kill", test_cancel_and_kill },
	{ "spurious_wake", test_spurious_wake },
	{ "any", test_any },
	{ "references", test_references },
	{ "mutex_excludes", test_mutex_excludes },
	{ "mutex_is_not_broken", test_mutex_is_not_broken },
	{ NULL, NULL },
};
