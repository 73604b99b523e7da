/* SPDX-License-Identifier: MIT */
/* The modules' runtime: front cache, mutex, log and time, seen through probe. */
#include "test.h"

#include <probe.h>
#include <slab.h>

#define THREADS 4

static struct random rnd;

static int setup(void **state)
{
	shim_clear();
	shim_log_clear();
	rnd.state = env_number("SEED", 1);
	return shim_start("slab") || shim_start("probe");
}

static struct slab_usage usage(void)
{
	struct slab_usage u = { 0 };

	assert_int_equal(slab_usage_get(shim_module("probe"), &u), 0);
	return u;
}

/* ---- memory ---------------------------------------------------------- */

static void test_sizes(void **state)
{
	static const size_t sizes[] = { 1, 16, 17, 32, 100, 512, 513, 4095, 4096,
		4097, 8192, 8193, 20000, 65536, 65537, 1000000 };
	u8 *p;

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = probe_kmalloc(sizes[i]);
		assert_non_null(p);
		assert_int_equal((u64)p % (sizes[i] >= PAGE_SIZE ? PAGE_SIZE : 16), 0);
		assert_true(probe_ksize(p) >= sizes[i]);
		memset(p, 0xa5, probe_ksize(p));
		probe_kfree(p);
		p = probe_kzalloc(sizes[i]);
		for (size_t j = 0; j < sizes[i]; j++)
			assert_int_equal(p[j], 0);
		probe_kfree(p);
	}
	assert_null(probe_kmalloc(0));
	assert_null(probe_kmalloc(~0ul));
	assert_null(probe_kmalloc(1ul << 45));
	assert_null(probe_kcalloc(1ul << 33, 1ul << 33));
	probe_kfree(NULL);
	probe_drain();
	assert_int_equal(usage().objects, 0);
}

/* The usual path stays in the module: slab's books do not move. */
static void test_front_cache(void **state)
{
	void *p[8];
	u64 objects;

	p[0] = probe_kmalloc(64);
	objects = usage().objects;
	assert_true(objects > 4);
	for (u32 i = 1; i < objects; i++)
		p[i] = probe_kmalloc(64);
	assert_int_equal(usage().objects, objects);
	for (u32 i = 0; i < objects; i++)
		probe_kfree(p[i]);
	assert_int_equal(usage().objects, objects);
	for (u32 i = 0; i < 1000; i++)
		probe_kfree(probe_kmalloc(64));
	assert_int_equal(usage().objects, objects);
	probe_drain();
	assert_int_equal(usage().objects, 0);
}

static void test_random(void **state)
{
	struct {
		u8 *data;
		size_t len;
		u8 fill;
	} block[256] = { 0 };
	u64 calls = env_runs("CALLS", 20000);

	for (u64 i = 0; i < calls; i++) {
		u32 n = random_below(&rnd, 256);
		size_t len = random_u64(&rnd) % (8ull << random_below(&rnd, 15));

		for (size_t j = 0; j < block[n].len; j++)
			assert_int_equal(block[n].data[j], block[n].fill);
		if (random_below(&rnd, 4) == 0 && len) {
			size_t kept = MIN(len, block[n].len);

			block[n].data = probe_krealloc(block[n].data, len);
			for (size_t j = 0; j < kept; j++)
				assert_int_equal(block[n].data[j], block[n].fill);
		} else {
			probe_kfree(block[n].data);
			block[n].data = probe_kmalloc(len);
		}
		assert_true(block[n].data || !len);
		block[n].len = len;
		block[n].fill = (u8)i;
		if (len)
			memset(block[n].data, block[n].fill, len);
	}
	for (u32 n = 0; n < 256; n++)
		probe_kfree(block[n].data);
	probe_drain();
	assert_int_equal(usage().objects, 0);
}

static void test_strings(void **state)
{
	char *s = probe_kstrdup("neither here nor there");

	assert_string_equal(s, "neither here nor there");
	assert_null(probe_krealloc(s, 0));
}

static void test_out_of_memory(void **state)
{
	void *p = NULL, *last = NULL;
	u32 n = 0;

	shim_heap_limit(64);
	while ((p = probe_kmalloc(4000)) && n++ < 1000)
		last = p;
	assert_in_range(n, 10, 64);
	assert_null(probe_kmalloc(100000));
	probe_kfree(last);
	assert_non_null(probe_kmalloc(4000));
	shim_heap_limit(0);
	assert_non_null(probe_kmalloc(4000));
}

static void free_it(void *p)
{
	probe_kfree(p);
}

/* Frees `p` and expects the module to be stopped. */
static void expect_fault(void *p, const char *text)
{
	const char *bug = shim_try(free_it, p);

	assert_non_null(bug);
	assert_non_null(strstr(bug, text));
	assert_int_equal(shim_reset("probe"), 0);
}

static void test_wrong_frees(void **state)
{
	u8 *p = probe_kmalloc(40);

	probe_kfree(p);
	expect_fault(p, "free already");
	expect_fault((void *)0x1000, "not an address of this module's heap");
	p = probe_kmalloc(40);
	expect_fault(p + 8, "not an address");
	p = probe_kmalloc(40000);
	expect_fault(p + 4096, "not an address");
	p = probe_kmalloc(400000);
	expect_fault(p + 4096, "not an address");
}

static void free_shifted(void *p)
{
	u8 *object[40];

	for (u32 i = 0; i < 40; i++)
		object[i] = probe_kmalloc(768);
	for (u32 i = 0; i < 40; i++)
		probe_kfree(object[i] + 16);
}

/* What the front cache can't see, slab refuses when it gets the batch. */
static void test_interior_free_is_noticed(void **state)
{
	const char *bug = shim_try(free_shifted, NULL);

	assert_non_null(bug);
	assert_non_null(strstr(bug, "slab does not know"));
	assert_true(shim_log_has("not the start of an object"));
}

/* After a reset the heap is new, and nothing of the old life is on the books. */
static void test_reset(void **state)
{
	for (u32 i = 0; i < 100; i++)
		assert_non_null(probe_kmalloc(10 + i * 20));
	assert_int_equal(shim_reset("probe"), 0);
	assert_int_equal(usage().objects, 0);
	assert_int_equal(shim_heap_pages(shim_module("probe")), 0);
	assert_non_null(probe_kmalloc(10));
}

/* Objects live through slab's reset, and so does the front cache's use of it. */
static void test_slab_reset(void **state)
{
	u8 *p[64];

	for (u32 i = 0; i < 64; i++) {
		p[i] = probe_kmalloc(100 + i);
		memset(p[i], (int)i, 100 + i);
	}
	assert_int_equal(shim_reset("slab"), 0);
	for (u32 i = 0; i < 64; i++) {
		void *other = probe_kmalloc(120);

		assert_int_equal(p[i][0], i);
		assert_int_equal(p[i][99 + i], i);
		probe_kfree(p[i]);
		probe_kfree(other);
	}
	probe_drain();
	assert_int_equal(usage().objects, 0);
}

static void alloc_in_thread(void *arg)
{
	struct random r = { (u64)arg };
	u64 *p[32] = { 0 };

	for (u32 i = 0; i < 5000; i++) {
		u32 n = random_below(&r, 32);

		if (p[n])
			assert_true(*p[n] == ((u64)arg << 32 | n));
		probe_kfree(p[n]);
		p[n] = probe_kmalloc(8 + random_below(&r, 500));
		*p[n] = (u64)arg << 32 | n;
	}
	for (u32 n = 0; n < 32; n++)
		probe_kfree(p[n]);
}

static void test_threads_allocate(void **state)
{
	for (u64 i = 1; i <= THREADS; i++)
		shim_thread_start(alloc_in_thread, (void *)i);
	shim_threads_join();
	probe_drain();
	assert_int_equal(usage().objects, 0);
}

/* ---- mutex ----------------------------------------------------------- */

#define COUNTS 20000

static void count_in_thread(void *arg)
{
	probe_count(COUNTS);
}

static void test_mutex_excludes(void **state)
{
	for (u32 i = 0; i < THREADS; i++)
		shim_thread_start(count_in_thread, NULL);
	shim_threads_join();
	assert_int_equal(probe_counter(), THREADS * COUNTS);
	assert_true(probe_trylock());
	assert_false(probe_trylock());
	probe_unlock(false);
}

static void lock_twice(void *arg)
{
	probe_lock(false);
	probe_lock(false);
}

static void test_relock_is_a_fault(void **state)
{
	const char *bug = shim_try(lock_twice, NULL);

	assert_non_null(bug);
	assert_non_null(strstr(bug, "deadlock"));
	assert_int_equal(shim_reset("probe"), 0);
	assert_true(probe_trylock());
}

static void unlock(void *arg)
{
	probe_unlock(false);
}

static void lock_in_thread(void *arg)
{
	probe_lock(false);
}

static void test_unlock_by_another_is_a_fault(void **state)
{
	assert_non_null(shim_try(unlock, NULL));
	assert_int_equal(shim_reset("probe"), 0);
	shim_thread_start(lock_in_thread, NULL);
	shim_threads_join();
	assert_non_null(shim_try(unlock, NULL));
	assert_int_equal(shim_reset("probe"), 0);
}

/* Thread 1 takes A then B, thread 2 B then A: one of them is told. */
static u32 first_taken, deadlocks;

static void lock_both(void *arg)
{
	bool second = arg != NULL;

	probe_lock(second);
	__atomic_add_fetch(&first_taken, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&first_taken, __ATOMIC_SEQ_CST) < 2)
		;
	probe_lock(!second);
	probe_unlock(!second);
}

static void lock_both_catching(void *arg)
{
	const char *bug = shim_try(lock_both, arg);

	if (bug && strstr(bug, "deadlock"))
		__atomic_add_fetch(&deadlocks, 1, __ATOMIC_SEQ_CST);
	probe_unlock(arg != NULL);
}

static void test_cycle_is_a_fault(void **state)
{
	first_taken = 0;
	deadlocks = 0;
	shim_thread_start(lock_both_catching, NULL);
	shim_thread_start(lock_both_catching, (void *)1);
	shim_threads_join();
	assert_int_equal(deadlocks, 1);
}

/* ---- the rest -------------------------------------------------------- */

static void bug(void *arg)
{
	probe_bug_on(true);
}

static void test_log_and_bug(void **state)
{
	const char *text;

	probe_log("counted", 42);
	assert_true(shim_log_has("counted: 42\n"));
	assert_false(shim_log_has("counted: 42\n\n"));
	probe_bug_on(false);
	text = shim_try(bug, NULL);
	assert_non_null(text);
	assert_non_null(strstr(text, "tests/host/probe.c:"));
	assert_non_null(strstr(text, "'broken' must not be"));
}

static void test_time(void **state)
{
	u64 last = probe_ktime(), begin = last, now;

	for (u32 i = 0; i < 1000; i++) {
		now = probe_ktime();
		assert_true(now >= last);
		last = now;
	}
	assert_true(last - begin < 10 * NSEC_PER_SEC);
	assert_true(probe_realtime() > 1600000000 * NSEC_PER_SEC);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sizes),
		TEST(test_front_cache),
		TEST(test_random),
		TEST(test_strings),
		TEST(test_out_of_memory),
		TEST(test_wrong_frees),
		TEST(test_interior_free_is_noticed),
		TEST(test_reset),
		TEST(test_slab_reset),
		TEST(test_threads_allocate),
		TEST(test_mutex_excludes),
		TEST(test_relock_is_a_fault),
		TEST(test_unlock_by_another_is_a_fault),
		TEST(test_cycle_is_a_fault),
		TEST(test_log_and_bug),
		TEST(test_time),
	};

	return cmocka_run_group_tests_name("runtime", tests, NULL, NULL);
}
